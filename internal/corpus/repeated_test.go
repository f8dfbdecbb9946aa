package corpus

import (
	"slices"
	"strings"
	"testing"
)

const address = "De Sociaal-Economische Raad is gevestigd aan de Bezuidenhoutseweg 60 in Den Haag."

func TestFingerprint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{address, "de Sociaal-economische raad is gevestigd  aan de Bezuidenhoutseweg 60 in den haag", true},
		{address, strings.Replace(address, "Bezuidenhoutseweg", "Lange Voorhout", 1), false},
		{address, strings.Replace(address, "60", "594", 1), false},
		{"In 2023 bracht de raad 14 adviezen uit over het werk van morgen.", "In 2022 bracht de raad 14 adviezen uit over het werk van morgen.", false},
		{"Van de leden wonen er 1 23 kilometer van Den Haag vandaan.", "Van de leden wonen er 12 3 kilometer van Den Haag vandaan.", false},
	} {
		if got := Fingerprint(c.a) == Fingerprint(c.b); got != c.same {
			t.Errorf("%q and %q: same %v, want %v", c.a, c.b, got, c.same)
		}
	}
	if Fingerprint("Dit is een kort zinnetje.") != 0 {
		t.Error("a short paragraph has a fingerprint")
	}
}

func TestParagraphs(t *testing.T) {
	t.Parallel()
	const own = "Dit eerste advies gaat over het inkomen van werkenden zonder vast contract."
	const table = "Jaar | Leden van de raad | Adviezen van de raad\n1950 | vijfenveertig | twaalf"
	block := func(kind BlockKind, text string) Page {
		return Page{Text: text, Blocks: []Block{{Kind: kind, End: len([]rune(text))}}}
	}
	join := func(pages ...Page) Page {
		var out Page
		for _, p := range pages {
			at := len([]rune(out.Text))
			for _, b := range p.Blocks {
				b.Start, b.End = b.Start+at, b.End+at
				out.Blocks = append(out.Blocks, b)
			}
			out.Text += p.Text + "\n"
		}
		return out
	}
	of := func(p Page) []uint64 {
		text := []rune(p.Text)
		return Paragraphs(text, p.Blocks, 0, len(text))
	}
	a, b := Fingerprint(address), Fingerprint(own)
	for name, c := range map[string]struct {
		page Page
		want []uint64
	}{
		"one":              {block(BlockParagraph, address), []uint64{a}},
		"two":              {join(block(BlockParagraph, address), block(BlockList, own)), []uint64{a, b}},
		"twice":            {join(block(BlockParagraph, address), block(BlockFootnote, address)), []uint64{a}},
		"with a date":      {join(block(BlockParagraph, address), block(BlockParagraph, "Oktober 2010")), []uint64{a}},
		"only a few words": {block(BlockParagraph, "Oktober 2010"), nil},
	} {
		if got := of(c.page); !slices.Equal(got, c.want) {
			t.Errorf("%s: %x, want %x", name, got, c.want)
		}
	}
	// What is more than an aside is compared too: a chunk with a table of its own is
	// no boilerplate.
	beside := join(block(BlockParagraph, address), block(BlockTable, table))
	other := join(block(BlockParagraph, address), block(BlockTable, strings.Replace(table, "1950", "1951", 1)))
	if x, y := of(beside), of(other); len(x) != 2 || len(y) != 2 || x[0] != y[0] || x[1] == y[1] {
		t.Errorf("with a table: %x and %x", x, y)
	}
	// A paragraph that is divided between chunks is itself in both.
	text := []rune(address)
	blocks := []Block{{Kind: BlockParagraph, End: len(text)}}
	if got := Paragraphs(text, blocks, 20, len(text)); !slices.Equal(got, []uint64{a}) {
		t.Errorf("half of it: %x, want %x", got, a)
	}
}
