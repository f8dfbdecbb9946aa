package extract

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/pdftest"
)

// taggedPDF is a page of lines in one size and weight, each tagged as said.
func taggedPDF(lines [][2]string) []byte {
	var content, kids, parents strings.Builder
	var elements []string
	const firstElement = 8
	for i, l := range lines {
		fmt.Fprintf(&content, "/%s <</MCID %d>> BDC BT /F1 11 Tf 60 %d Td (%s) Tj ET EMC\n", l[0], i, 780-14*i, l[1])
		fmt.Fprintf(&kids, "%d 0 R ", firstElement+i)
		fmt.Fprintf(&parents, "%d 0 R ", firstElement+i)
		elements = append(elements, fmt.Sprintf("<</Type/StructElem/S/%s/P 6 0 R/Pg 3 0 R/K %d>>", l[0], i))
	}
	return structured(content.String(), kids.String(), parents.String(), elements)
}

// structured is a page with a tree of tags: its roots, the parents of its marked
// contents, and the elements from object 8 on.
func structured(content, roots, parents string, elements []string) []byte {
	return pdftest.Objects(append([]string{
		"<</Type/Catalog/Pages 2 0 R/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/StructParents 0/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		pdftest.Stream("", content),
		pdftest.Helvetica,
		"<</Type/StructTreeRoot/K[" + roots + "]/ParentTree 7 0 R/RoleMap<</Tussenkop/H3>>>>",
		"<</Nums[0[" + parents + "]]>>",
	}, elements...)...)
}

// Headings that only their tags tell are found, types of the producer's own by
// its role map; where every line is tagged as one, tags are not believed.
func TestTags(t *testing.T) {
	const text = "De raad schrijft hier over het werk en het inkomen van mensen in Nederland, nu en straks."
	e := newExtractor(t, nil)
	doc := extractOK(t, e, "a.pdf", taggedPDF([][2]string{
		{"H1", "Werk en inkomen"}, {"P", text}, {"P", text}, {"H2", "Wat de raad ziet"}, {"P", text}, {"Tussenkop", "Meer werk"}, {"P", text}, {"P", text},
	}))
	var got []string
	for _, b := range doc.Pages[0].Blocks {
		if b.Kind == corpus.BlockHeading {
			got = append(got, fmt.Sprint(b.Level, " ", corpus.Slice(doc.Pages[0].Text, b.Start, b.End)))
		}
	}
	if d := cmp.Diff([]string{"1 Werk en inkomen", "2 Wat de raad ziet", "3 Meer werk"}, got); d != "" {
		t.Error(d)
	}
	doc = extractOK(t, e, "a.pdf", taggedPDF([][2]string{{"H1", "Werk en inkomen"}, {"H1", text}, {"H1", text}, {"P", text}}))
	if got := blocksOf(doc.Pages, corpus.BlockHeading); len(got) > 0 {
		t.Errorf("tags of a program that tags all lines are believed: %q", got)
	}
}

// Paragraphs are divided where their tags are, though nothing in the type says so; the
// text of a box stays out of the running text. Tags around every line are not believed.
func TestTaggedParagraphs(t *testing.T) {
	const (
		full  = "De raad schrijft hier over het werk en het inkomen van mensen in Nederland, nu en straks."
		begin = "Het kabinet vraagt de raad om een advies over het werk en het inkomen van mensen in het"
		rest  = "hele land en daarbuiten, zodat er tijd is om met iedereen te spreken die er mee werkt."
		box   = "In een kader staat een voorbeeld van een bedrijf dat mensen al jaren lang laat leren."
	)
	e := newExtractor(t, nil)
	paragraphs := func(lines [][2]string) []string {
		return blocksOf(extractOK(t, e, "a.pdf", taggedPDF(lines)).Pages, corpus.BlockParagraph)
	}
	if d := cmp.Diff([]string{full, full, full}, paragraphs([][2]string{{"P", full}, {"P", full}, {"P", full}})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{begin + " " + rest}, paragraphs([][2]string{{"P", begin}, {"P", rest}})); d != "" {
		t.Error(d)
	}
	doc := extractOK(t, e, "a.pdf", taggedPDF([][2]string{{"P", full}, {"Aside", box}, {"P", full}, {"BlockQuote", box}}))
	var boxes []string
	for _, b := range doc.Pages[0].Blocks {
		if b.Box {
			boxes = append(boxes, corpus.Slice(doc.Pages[0].Text, b.Start, b.End))
		}
	}
	if d := cmp.Diff([]string{box, box}, boxes); d != "" {
		t.Error(d)
	}
}

// element is an element of a structure tree: one with text is marked content of a page.
type element struct {
	kind string
	text string
	x, y int // of the text, points
	kids []element
}

// structuredPDF is a page with a structure tree; text is drawn in the order of the tree.
func structuredPDF(elements ...element) []byte {
	var content, parents strings.Builder
	var objects []string
	const first = 8
	marked := 0
	var write func(e element, parent int) int
	write = func(e element, parent int) int {
		at := len(objects)
		objects = append(objects, "")
		var kids strings.Builder
		if e.text != "" {
			fmt.Fprintf(&content, "/%s <</MCID %d>> BDC BT /F1 11 Tf %d %d Td (%s) Tj ET EMC\n", e.kind, marked, e.x, e.y, e.text)
			fmt.Fprintf(&kids, "%d ", marked)
			fmt.Fprintf(&parents, "%d 0 R ", first+at)
			marked++
		}
		for _, k := range e.kids {
			fmt.Fprintf(&kids, "%d 0 R ", write(k, first+at))
		}
		objects[at] = fmt.Sprintf("<</Type/StructElem/S/%s/P %d 0 R/Pg 3 0 R/K[%s]>>", e.kind, parent, kids.String())
		return first + at
	}
	var roots strings.Builder
	for _, e := range elements {
		fmt.Fprintf(&roots, "%d 0 R ", write(e, 6))
	}
	return structured(content.String(), roots.String(), parents.String(), objects)
}

// table is a table of rows of cells, each cell of lines; the first heads rows have headers.
// A cell without lines is empty.
func tableOf(y, heads int, rows ...[][]string) element {
	t := element{kind: "Table"}
	for i, row := range rows {
		r := element{kind: "TR"}
		most := 1
		for k, lines := range row {
			c := element{kind: "TD"}
			if i < heads {
				c.kind = "TH"
			}
			for n, text := range lines {
				c.kids = append(c.kids, element{kind: "P", text: text, x: 60 + 140*k, y: y - 13*n})
			}
			most = max(most, len(lines))
			r.kids = append(r.kids, c)
		}
		y -= 13 * most
		t.kids = append(t.kids, r)
	}
	return t
}

// Rows and cells of a table are what its tags say: cells of several lines, cells without
// text, cells that stand close together, a header of two rows. Tables that lay out a page
// are none.
func TestTaggedTables(t *testing.T) {
	const text = "De raad schrijft hier over het werk en het inkomen van mensen in Nederland, nu en straks."
	e := newExtractor(t, nil)
	cell := func(lines ...string) []string { return lines }
	tables := func(elements ...element) []corpus.Block {
		t.Helper()
		doc := extractOK(t, e, "a.pdf", structuredPDF(elements...))
		var out []corpus.Block
		for _, b := range doc.Pages[0].Blocks {
			if b.Kind == corpus.BlockTable {
				out = append(out, b)
				t.Logf("%q", corpus.Slice(doc.Pages[0].Text, b.Start, b.End))
			}
		}
		return out
	}
	content := structuredPDF(element{kind: "P", text: text, x: 60, y: 780},
		tableOf(740, 2,
			[][]string{cell("Sector"), cell("Uitgaven"), nil, cell("Oordeel")},
			[][]string{nil, cell("2013"), cell("2014"), nil},
			[][]string{cell("De zorg en het welzijn", "van ouderen"), cell("165"), cell("170"), cell("Dit gaat goed, want er", "komt meer geld bij.")},
			[][]string{cell("Het onderwijs"), cell("80"), nil, cell("Dit gaat minder.")},
			[][]string{cell("De bouw"), nil, cell("90"), nil}),
		element{kind: "P", text: text, x: 60, y: 500})
	doc := extractOK(t, e, "a.pdf", content)
	want := []simple{
		{corpus.BlockParagraph, 0, text},
		{corpus.BlockTable, 0, "Sector | Uitgaven | | Oordeel\n| 2013 | 2014\nDe zorg en het welzijn van ouderen | 165 | 170 | Dit gaat goed, want er komt meer geld bij.\n" +
			"Het onderwijs | 80 | | Dit gaat minder.\nDe bouw | | 90"},
		{corpus.BlockParagraph, 0, text},
	}
	if d := cmp.Diff(want, simpleBlocks(doc.Pages)); d != "" {
		t.Error(d)
	}
	if b := doc.Pages[0].Blocks[1]; b.Head != 2 {
		t.Errorf("the header has %d rows, want 2", b.Head)
	}
	if got := tables(tableOf(740, 0, [][]string{cell("Jaar"), cell("Leden")}, [][]string{cell("2014"), cell("33")})); len(got) != 1 || got[0].Head != 0 {
		t.Errorf("a table without headers: %+v", got)
	}
	if got := tables(tableOf(740, 0, [][]string{cell(text)}, [][]string{cell(text)})); len(got) != 0 {
		t.Errorf("a frame of one column: %+v", got)
	}
	long := slices.Repeat(cell("De raad schrijft hier over het"), 24)
	if got := tables(tableOf(800, 0, [][]string{long, long}, [][]string{cell("Meer"), long})); len(got) != 0 {
		t.Errorf("a page laid out by a table: %+v", got)
	}
}
