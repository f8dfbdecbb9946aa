package extract

import (
	"fmt"
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
	return pdftest.Objects(append([]string{
		"<</Type/Catalog/Pages 2 0 R/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/StructParents 0/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		pdftest.Stream("", content.String()),
		pdftest.Helvetica,
		"<</Type/StructTreeRoot/K[" + kids.String() + "]/ParentTree 7 0 R/RoleMap<</Tussenkop/H3>>>>",
		"<</Nums[0[" + parents.String() + "]]>>",
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
