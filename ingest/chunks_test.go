package ingest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// pageOf builds a page from blocks written as "kind[level]: text".
func pageOf(number int, blocks ...corpus.Block) func(texts ...string) corpus.Page {
	return func(texts ...string) corpus.Page {
		p := corpus.Page{Number: number, Label: fmt.Sprint(number), Reader: "text"}
		at := 0
		var text strings.Builder
		for i, s := range texts {
			if i > 0 {
				text.WriteByte('\n')
				at++
			}
			b := blocks[i]
			b.Start = at
			text.WriteString(s)
			at += len([]rune(s))
			b.End = at
			p.Blocks = append(p.Blocks, b)
		}
		p.Text = text.String()
		return p
	}
}

var (
	h1        = corpus.Block{Kind: corpus.BlockHeading, Level: 1}
	h2        = corpus.Block{Kind: corpus.BlockHeading, Level: 2}
	paragraph = corpus.Block{Kind: corpus.BlockParagraph}
	item      = corpus.Block{Kind: corpus.BlockList}
	table     = corpus.Block{Kind: corpus.BlockTable}
	caption   = corpus.Block{Kind: corpus.BlockCaption}
	footer    = corpus.Block{Kind: corpus.BlockFooter}
	footnote  = corpus.Block{Kind: corpus.BlockFootnote}
)

// words gives a sentence of n words.
func words(n int, first string) string {
	return first + strings.Repeat(" woord", n-1) + "."
}

type brief struct {
	Heading string
	Page    int
	Kind    corpus.BlockKind
	Text    string
}

func briefs(chunks []corpus.Chunk) []brief {
	var out []brief
	for _, c := range chunks {
		out = append(out, brief{strings.Join(c.Heading, " > "), c.Page, c.Kind, c.Text})
	}
	return out
}

func TestChunksFollowHeadings(t *testing.T) {
	pages := []corpus.Page{
		pageOf(1, h1, paragraph, h2, paragraph, footer)("Over de SER", "De SER adviseert.", "Wie betaalt", "Het bedrijfsleven betaalt.", "SER 3"),
		pageOf(2, paragraph, h2, paragraph, h1, paragraph)("Via het Awf.", "Wie zit erin", "Drie groepen.", "Slot", "Klaar."),
	}
	want := []brief{
		{"Over de SER", 1, "paragraph", "De SER adviseert."},
		{"Over de SER > Wie betaalt", 1, "paragraph", "Het bedrijfsleven betaalt."},
		{"Over de SER > Wie betaalt", 2, "paragraph", "Via het Awf."},
		{"Over de SER > Wie zit erin", 2, "paragraph", "Drie groepen."},
		{"Slot", 2, "paragraph", "Klaar."},
	}
	if diff := cmp.Diff(want, briefs(Chunks(pages))); diff != "" {
		t.Error(diff)
	}
}

func TestChunksBreakAtWhatIsNotCitable(t *testing.T) {
	page := pageOf(1, paragraph, footer, paragraph, footnote)("Voor de voet.", "voettekst 12", "Na de voet.", "1 Een noot.")
	want := []brief{
		{"", 1, "paragraph", "Voor de voet."},
		{"", 1, "paragraph", "Na de voet."},
		{"", 1, "footnote", "1 Een noot."},
	}
	if diff := cmp.Diff(want, briefs(Chunks([]corpus.Page{page}))); diff != "" {
		t.Error(diff)
	}
}

func TestChunksLeaveOutRepeatedParagraphs(t *testing.T) {
	var pages []corpus.Page
	for n := 1; n <= 4; n++ {
		pages = append(pages, pageOf(n, paragraph, paragraph)(fmt.Sprintf("Zin %d van dit stuk.", n), "Sociaal-Economische  Raad, Den Haag."))
	}
	for _, c := range Chunks(pages) {
		if strings.Contains(c.Text, "Den Haag") {
			t.Errorf("page %d holds the boilerplate: %q", c.Page, c.Text)
		}
	}
	if n := len(Chunks(pages)); n != 4 {
		t.Errorf("%d chunks, want 4", n)
	}
	if n := len(Chunks(pages[:2])); n != 2 || !strings.Contains(Chunks(pages[:2])[0].Text, "Den Haag") {
		t.Error("on two pages it is no boilerplate yet")
	}
}

// Boilerplate stands in chunks of its own, with the few words between and after it; the
// rest of the page is as it was.
func TestChunksKeepBoilerplateApart(t *testing.T) {
	const address = "De Sociaal-Economische Raad is gevestigd aan de Bezuidenhoutseweg 60 in Den Haag, naast het station."
	const order = "Deze publicatie is te bestellen bij de afdeling verkoop van het secretariaat in Den Haag, ook per post."
	page := pageOf(1, paragraph, paragraph, paragraph, paragraph, paragraph, paragraph, footnote)(
		"De raad adviseert het kabinet over de regeling voor scholing.", address, "Juni 2014", order, "Een vraag?", "De raad wil dat iedereen zich zijn hele leven kan scholen.", "1 "+address)
	apart := []uint64{corpus.Fingerprint(address), corpus.Fingerprint(order)}
	want := []brief{
		{"", 1, "paragraph", "De raad adviseert het kabinet over de regeling voor scholing."},
		{"", 1, "paragraph", address + "\nJuni 2014\n" + order},
		{"", 1, "paragraph", "Een vraag?\nDe raad wil dat iedereen zich zijn hele leven kan scholen."},
		{"", 1, "footnote", "1 " + address},
	}
	chunks := Chunks([]corpus.Page{page}, apart...)
	if diff := cmp.Diff(want, briefs(chunks)); diff != "" {
		t.Error(diff)
	}
	for i, c := range chunks {
		for _, f := range c.Paragraphs {
			if slices.Contains(apart, f) != (i == 1) {
				t.Errorf("chunk %d: %q", i, c.Text)
			}
		}
	}
	if n := len(Chunks([]corpus.Page{page})); n != 2 {
		t.Errorf("%d chunks without boilerplate, want 2", n)
	}
}

func TestChunksKeepAListWithItsLeadIn(t *testing.T) {
	// 130 words would be cut off at the paragraph end without the lead-in.
	page := pageOf(1, paragraph, paragraph, item, item, item)(
		words(130, "Eerst"), "De SER bestaat uit:", words(40, "ondernemers"), words(40, "werknemers"), words(40, "kroonleden"))
	chunks := Chunks([]corpus.Page{page})
	for _, c := range chunks {
		if strings.HasSuffix(c.Text, "uit:") {
			t.Errorf("chunk ends in a lead-in: %q", c.Text)
		}
		if strings.Contains(c.Text, "bestaat uit:") && !strings.Contains(c.Text, "kroonleden") {
			t.Errorf("lead-in without its whole list: %q", c.Text)
		}
	}
	if len(chunks) != 2 {
		t.Errorf("%d chunks, want 2", len(chunks))
	}
}

func TestChunksKeepTableRowsWhole(t *testing.T) {
	rows := make([]string, 30)
	for i := range rows {
		rows[i] = fmt.Sprintf("Rij %d. Waarde 3,%d. %s", i, i, strings.TrimSuffix(words(20, "Cel"), "."))
	}
	page := pageOf(1, caption, table)("Tabel 1. Leden", strings.Join(rows, "\n"))
	var got []string
	for i, c := range Chunks([]corpus.Page{page}) {
		if c.Kind != corpus.BlockTable {
			t.Errorf("kind %s", c.Kind)
		}
		text := c.Text
		if i == 0 {
			var found bool
			if text, found = strings.CutPrefix(text, "Tabel 1. Leden\n"); !found {
				t.Errorf("the caption is not with its table: %q", c.Text)
			}
		}
		got = append(got, strings.Split(text, "\n")...)
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Error(diff)
	}
}

func TestChunksKeepTheHeaderOfATable(t *testing.T) {
	long := func(from, to int) string {
		var rows []string
		for i := from; i < to; i++ {
			rows = append(rows, fmt.Sprintf("Sector %d | %s | %d", i, words(30, "omvang"), 2000+i))
		}
		return strings.Join(rows, "\n")
	}
	const head = "Sector | Omvang van de sector | Jaar"
	pages := []corpus.Page{
		pageOf(1, h1, table, footnote, footer)("Bedragen", head+"\n"+long(0, 12), "1 Een noot bij de tabel.", "SER 3"),
		pageOf(2, table)(long(12, 14)),           // the table goes on
		pageOf(3, table)("Naam | Plaats\nA | B"), // another one
		pageOf(4, table)("Naam | Plaats\nC | D"), // its header again
		pageOf(5, paragraph, table)("De raad zegt iets.", "Soort | Aantal\nE | 5"),
	}
	for _, c := range Chunks(pages) {
		if c.Kind != corpus.BlockTable {
			continue
		}
		want := []string{"Bedragen"}
		if strings.HasPrefix(c.Text, "Sector ") && !strings.HasPrefix(c.Text, head) {
			want = append(want, head)
		}
		if diff := cmp.Diff(want, c.Heading); diff != "" {
			t.Errorf("page %d, %.20q: %s", c.Page, c.Text, diff)
		}
	}
}

func TestChunksSizes(t *testing.T) {
	var sentences []string
	for i := range 60 {
		sentences = append(sentences, words(12+i%9, "Zin"))
	}
	page := pageOf(1, paragraph)(strings.Join(sentences, " "))
	for _, c := range Chunks([]corpus.Page{page}) {
		if n := len(strings.Fields(c.Text)); n < 110 || n > 210 {
			t.Errorf("chunk of %d words", n)
		}
	}
}

func TestChunksDivideASentenceThatIsTooLong(t *testing.T) {
	for name, text := range map[string]string{
		"commas":   strings.Repeat("woord woord woord, ", 300) + "eind.",
		"words":    words(900, "Begin"),
		"no space": strings.Repeat("é", 9000),
	} {
		t.Run(name, func(t *testing.T) {
			chunks := Chunks([]corpus.Page{pageOf(1, paragraph)(text)})
			if len(chunks) < 3 {
				t.Fatalf("%d chunks", len(chunks))
			}
			for i, c := range chunks {
				if n := countWords([]rune(c.Text)); n > maxWords {
					t.Errorf("chunk of %d words", n)
				}
				if name == "commas" && i < len(chunks)-1 && !strings.HasSuffix(c.Text, ",") {
					t.Errorf("cut within a clause: …%q", c.Text[len(c.Text)-20:])
				}
			}
		})
	}
}

// A header of more than one row, where the document says so, is the header of every row
// below it, and another table with as many columns has its own.
func TestChunksKeepAHeaderOfMoreRows(t *testing.T) {
	rows := func(n int) string { return strings.Repeat("\nZorg | "+words(30, "omvang")+" | ", n) }
	page := pageOf(1, table, table)("Sector | Uitgaven | \n| 2013 | 2014"+rows(8), "Naam | Plaats | Jaar"+rows(8))
	page.Blocks[0].Head, page.Blocks[1].Head = 2, 1
	got := map[string]int{}
	for _, c := range Chunks([]corpus.Page{page}) {
		got[strings.Join(c.Heading, " > ")]++
		if strings.Contains(c.Text, "2013") && len(c.Heading) > 0 {
			t.Errorf("the header has a header: %q", c.Heading)
		}
	}
	if got["Sector | Uitgaven | | 2013 | 2014"] == 0 || got["Naam | Plaats | Jaar"] == 0 || len(got) != 3 {
		t.Errorf("%v", got)
	}
}

func TestChunksOfAPageWithoutBlocks(t *testing.T) {
	page := corpus.Page{Number: 3, Text: "Eerste regel.\n\nTweede regel."}
	want := []brief{{"", 3, "paragraph", "Eerste regel.\n\nTweede regel."}}
	if diff := cmp.Diff(want, briefs(Chunks([]corpus.Page{page}))); diff != "" {
		t.Error(diff)
	}
}

// drawPages makes pages as a reader might, well-formed or not quite.
func drawPages(t *rapid.T) []corpus.Page {
	kinds := []corpus.BlockKind{corpus.BlockHeading, corpus.BlockParagraph, corpus.BlockParagraph, corpus.BlockList, corpus.BlockTable, corpus.BlockCaption,
		corpus.BlockFootnote, corpus.BlockHeader, corpus.BlockFooter, corpus.BlockBoilerplate}
	sentences := []string{"De raad adviseert o.a. het kabinet.", "Wie betaalt? ", "𝔄é 3,5 procent.", "Dit zijn:", " ", "Rij\nrij 2\n", words(40, "Zin"), words(300, "Lang"),
		strings.Repeat("x", 4000), "Raad."}
	pages := make([]corpus.Page, rapid.IntRange(0, 4).Draw(t, "pages"))
	for i := range pages {
		blocks := rapid.IntRange(0, 12).Draw(t, "blocks")
		text := []rune{}
		for range blocks {
			parts := rapid.SliceOfN(rapid.SampledFrom(sentences), 0, 8).Draw(t, "sentences")
			body := []rune(strings.Join(parts, " "))
			gap := rapid.SampledFrom([]string{"\n", "\n", "\n", "", "los\n"}).Draw(t, "gap")
			text = append(text, []rune(gap)...)
			at := len(text)
			text = append(text, body...)
			pages[i].Blocks = append(pages[i].Blocks, corpus.Block{
				Kind:  rapid.SampledFrom(kinds).Draw(t, "kind"),
				Level: rapid.IntRange(0, 4).Draw(t, "level"),
				Start: at + rapid.SampledFrom([]int{0, 0, 0, 0, 0, 1, -1}).Draw(t, "shift"),
				End:   len(text),
			})
		}
		pages[i].Number, pages[i].Text = i+1, string(text)
	}
	return pages
}

func TestChunksProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pages := drawPages(t)
		repeats := repeatedParagraphs(pages)
		var apart []uint64 // some of what they say
		for _, page := range pages {
			for _, b := range blocksOf(page, []rune(page.Text)) {
				if rapid.IntRange(0, 3).Draw(t, "apart") == 0 {
					apart = append(apart, corpus.Fingerprint(corpus.Slice(page.Text, b.Start, b.End)))
				}
			}
		}
		apart = slices.DeleteFunc(apart, func(f uint64) bool { return f == 0 })
		chunks := Chunks(pages, apart...)
		for _, c := range chunks {
			boilerplate := 0
			for _, f := range c.Paragraphs {
				if slices.Contains(apart, f) {
					boilerplate++
				}
			}
			if boilerplate > 0 && len(c.Paragraphs) > boilerplate+1 { // one may be the few words beside a piece of it
				t.Fatalf("boilerplate beside other text: %q", c.Text)
			}
		}
		next := 0
		for _, page := range pages {
			text := []rune(page.Text)
			in := make([]bool, len(text))
			at := 0
			for ; next < len(chunks) && chunks[next].Page == page.Number; next++ {
				c := chunks[next]
				if got := corpus.Slice(page.Text, c.Start, c.End); got != c.Text {
					t.Fatalf("slice %q, chunk %q", got, c.Text)
				}
				if c.Start < at || c.End <= c.Start || c.Ordinal != next {
					t.Fatalf("chunk %d [%d,%d) after %d", c.Ordinal, c.Start, c.End, at)
				}
				if strings.TrimSpace(c.Text) != c.Text {
					t.Fatalf("not trimmed: %q", c.Text)
				}
				if n := countWords([]rune(c.Text)); n > maxWords {
					t.Fatalf("%d words", n)
				}
				for i := c.Start; i < c.End; i++ {
					in[i] = true
				}
				at = c.End
			}
			for _, b := range blocksOf(page, text) {
				excluded := b.Kind == corpus.BlockHeading || !b.Kind.Citable() || repeats[oneLine(text[b.Start:b.End])]
				for _, s := range dutch.Sentences(string(text[b.Start:b.End])) {
					for i := b.Start + s.Start; i < b.Start+s.End; i++ {
						if !unicode.IsSpace(text[i]) && in[i] == excluded {
							t.Fatalf("%s block %q: in a chunk: %v", b.Kind, string(text[b.Start:b.End]), in[i])
						}
					}
				}
			}
		}
		if next != len(chunks) {
			t.Fatalf("%d chunks on no page", len(chunks)-next)
		}
	})
}

func BenchmarkChunks(b *testing.B) {
	var sentences []string
	for i := range 40 {
		sentences = append(sentences, words(10+i%15, "De"))
	}
	var pages []corpus.Page
	for n := range 100 {
		pages = append(pages, pageOf(n+1, h1, paragraph)(fmt.Sprintf("Hoofdstuk %d", n), strings.Join(sentences, " ")))
	}
	for b.Loop() {
		Chunks(pages)
	}
}

func TestChunksKeepBoxesApart(t *testing.T) {
	const before, box, after = "De raad vraagt om rust.", "Een voorbeeld uit een bedrijf.", "Daarna gaat de tekst verder."
	text := before + "\n" + box + "\n" + after
	at := len(before) + 1
	pages := []corpus.Page{{Number: 1, Text: text, Blocks: []corpus.Block{
		{Kind: corpus.BlockParagraph, Start: 0, End: len(before)},
		{Kind: corpus.BlockParagraph, Start: at, End: at + len(box), Box: true},
		{Kind: corpus.BlockParagraph, Start: at + len(box) + 1, End: len(text)},
	}}}
	var got []string
	for _, c := range Chunks(pages) {
		got = append(got, c.Text)
	}
	if len(got) != 3 || got[0] != before || got[1] != box || got[2] != after {
		t.Errorf("%q", got)
	}
}

// A heading in a box is that of the box only; a title in a coloured panel is that of all.
func TestChunksKeepHeadingsOfABoxInIt(t *testing.T) {
	page := pageOf(1, h1, paragraph, h2, paragraph, paragraph)("Werk", "De raad schrijft.", "Een voorbeeld", "Het bedrijf leert.", "De raad gaat verder.")
	for i := 2; i < 4; i++ {
		page.Blocks[i].Box = true
	}
	want := []brief{
		{"Werk", 1, "paragraph", "De raad schrijft."},
		{"Werk > Een voorbeeld", 1, "paragraph", "Het bedrijf leert."},
		{"Werk", 1, "paragraph", "De raad gaat verder."},
	}
	if diff := cmp.Diff(want, briefs(Chunks([]corpus.Page{page}))); diff != "" {
		t.Error(diff)
	}
	cover := pageOf(1, h1, paragraph, paragraph)("Werk", "Een advies.", "De raad schrijft.")
	cover.Blocks[0].Box, cover.Blocks[1].Box = true, true
	want = []brief{{"Werk", 1, "paragraph", "Een advies."}, {"Werk", 1, "paragraph", "De raad schrijft."}}
	if diff := cmp.Diff(want, briefs(Chunks([]corpus.Page{cover}))); diff != "" {
		t.Error(diff)
	}
}
