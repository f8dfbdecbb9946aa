package extract

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// simple is a block as the tests write it down.
type simple struct {
	Kind  corpus.BlockKind
	Level int
	Text  string
}

func simpleBlocks(pages []corpus.Page) []simple {
	var out []simple
	for _, p := range pages {
		for _, b := range p.Blocks {
			out = append(out, simple{b.Kind, b.Level, corpus.Slice(p.Text, b.Start, b.End)})
		}
	}
	return out
}

func TestMarkdown(t *testing.T) {
	const in = `---
title: Advies over leren
number: 2014/4
type: Advies
date: 2014-04-25
language: nl
---
# Leren

De raad *adviseert* het [kabinet](https://example.org)
over [^1] leren.

## Plan

- eerste punt
- tweede punt
  vervolgd
  1. genummerd

1. een
2. twee

| Sector | Bedrag |
|--------|--------|
| Zorg   | € 5    |

Tabel 1 Bedragen

` + "```\ncode blijft\n```" + `

<div>weg</div>

> Een citaat.

[^1]: De noot.
`
	doc := extractOK(t, newExtractor(t, nil), "a.md", []byte(in))
	want := []simple{
		{corpus.BlockHeading, 1, "Leren"},
		{corpus.BlockParagraph, 0, "De raad adviseert het kabinet over ¹ leren."},
		{corpus.BlockHeading, 2, "Plan"},
		{corpus.BlockList, 0, "eerste punt"},
		{corpus.BlockList, 0, "tweede punt vervolgd"},
		{corpus.BlockList, 0, "1. genummerd"},
		{corpus.BlockList, 0, "1. een"},
		{corpus.BlockList, 0, "2. twee"},
		{corpus.BlockTable, 0, "Sector | Bedrag\nZorg | € 5"},
		{corpus.BlockCaption, 0, "Tabel 1 Bedragen"},
		{corpus.BlockParagraph, 0, "code blijft"},
		{corpus.BlockParagraph, 0, "Een citaat."},
		{corpus.BlockFootnote, 0, "¹ De noot."},
	}
	if d := cmp.Diff(want, simpleBlocks(doc.Pages)); d != "" {
		t.Error(d)
	}
	meta := corpus.Metadata{Title: "Advies over leren", Number: "14/04", Type: "advies", Date: "2014-04-25", Language: "nl"}
	if d := cmp.Diff(meta, doc.Metadata); d != "" {
		t.Error(d)
	}
	if doc.Pages[0].Reader != ReaderMarkdown {
		t.Errorf("reader %q", doc.Pages[0].Reader)
	}
}

func TestMarkdownPages(t *testing.T) {
	e := newExtractor(t, nil)
	if doc := extractOK(t, e, "a.md", []byte("# Een\n\nTekst een.\f# Twee\n\nTekst twee.")); len(doc.Pages) != 2 {
		t.Errorf("%d pages at one form feed, want 2", len(doc.Pages))
	}
	var b strings.Builder
	for range 30 {
		b.WriteString("## Kop\n\n" + strings.Repeat("Een zin van de tekst. ", 50) + "\n\n")
	}
	doc := extractOK(t, e, "a.md", []byte(b.String()))
	if len(doc.Pages) < 3 {
		t.Fatalf("%d pages", len(doc.Pages))
	}
	for _, p := range doc.Pages {
		if p.Blocks[0].Kind != corpus.BlockHeading {
			t.Errorf("page %d begins with a %s", p.Number, p.Blocks[0].Kind)
		}
		if n := len([]rune(p.Text)); n > hardPage {
			t.Errorf("page %d has %d characters", p.Number, n)
		}
	}
}

func TestFrontMatter(t *testing.T) {
	cases := []struct{ name, in, title, body string }{
		{"none", "Tekst", "", "Tekst"},
		{"head", "---\ntitle: X\n---\nTekst", "X", "Tekst"},
		{"dutch keys", "---\ntitel: X\n---\nTekst", "X", "Tekst"},
		{"only a head", "---\ntitle: X\n---", "X", ""},
		{"a rule", "---\nTekst\n", "", "---\nTekst\n"},
		{"not yaml", "---\na: [\n---\nTekst", "", "---\na: [\n---\nTekst"},
		{"a list is no head", "---\n- a\n---\nTekst", "", "---\n- a\n---\nTekst"},
	}
	for _, c := range cases {
		m, body, _, _ := frontMatter(c.in)
		if m.Title != c.title || body != c.body {
			t.Errorf("%s: title %q body %q", c.name, m.Title, body)
		}
	}
	_, _, _, warnings := frontMatter("---\ndate: gisteren\n---\nTekst")
	if len(warnings) != 1 || !strings.Contains(warnings[0], "datum") {
		t.Errorf("warnings %q", warnings)
	}
}

func TestText(t *testing.T) {
	const in = "Wat doet de raad?\r\n\r\nDe raad advi-\r\nseert het kabinet\r\nover beleid.\r\n\r\n2.1 Taken\r\n\r\n- eerste taak\r\n- tweede taak\r\n\fTweede blad.\r\n"
	doc := extractOK(t, newExtractor(t, nil), "a.txt", []byte(in))
	want := []simple{
		{corpus.BlockHeading, 1, "Wat doet de raad?"},
		{corpus.BlockParagraph, 0, "De raad adviseert het kabinet over beleid."},
		{corpus.BlockHeading, 2, "2.1 Taken"},
		{corpus.BlockList, 0, "eerste taak"},
		{corpus.BlockList, 0, "tweede taak"},
		{corpus.BlockParagraph, 0, "Tweede blad."},
	}
	if d := cmp.Diff(want, simpleBlocks(doc.Pages)); d != "" {
		t.Error(d)
	}
	if len(doc.Pages) != 2 || doc.Title != "Wat doet de raad?" {
		t.Errorf("%d pages, title %q", len(doc.Pages), doc.Title)
	}
}

// Lines as long as paragraphs are paragraphs.
func TestUnwrappedText(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("De raad adviseert over het beleid. ", 8))
	doc := extractOK(t, newExtractor(t, nil), "a.txt", []byte("Arboplatform\n"+long+"\n"+long+"\n"))
	want := []simple{{corpus.BlockHeading, 1, "Arboplatform"}, {corpus.BlockParagraph, 0, long}, {corpus.BlockParagraph, 0, long}}
	if d := cmp.Diff(want, simpleBlocks(doc.Pages)); d != "" {
		t.Error(d)
	}
}

func TestEncodings(t *testing.T) {
	e := newExtractor(t, nil)
	latin, err := charmap.Windows1252.NewEncoder().String("Eén coördinatie kost € 5 – ‘zo’.")
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]string{
		"utf-8":        "Eén coördinatie kost € 5 – ‘zo’.",
		"bom":          "\ufeffEén coördinatie kost € 5 – ‘zo’.",
		"windows-1252": latin,
		"decomposed":   "Ee\u0301n coo\u0308rdinatie kost € 5 – ‘zo’.",
		"utf-16":       "\xff\xfe" + utf16le("Eén coördinatie kost € 5 – ‘zo’."),
		"soft hyphens": "Eén coör\u00addinatie\u200b kost\u00a0€ 5 – ‘zo’.",
	} {
		if doc := extractOK(t, e, "a.txt", []byte(in)); doc.Pages[0].Text != "Eén coördinatie kost € 5 – ‘zo’." {
			t.Errorf("%s: %q", name, doc.Pages[0].Text)
		}
	}
}

func utf16le(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestHyphenJoint(t *testing.T) {
	v := vocabulary{}
	v.addLine("De reïntegratie-inspanningen en het museum, de werkgroep.", false)
	cases := []struct {
		left, right string
		want        joint
	}{
		{"het be", "leid van", jointClosed},
		{"De Sociaal", "Economische Raad", jointHyphen},
		{"de reïntegratie", "inspanningen van", jointHyphen},
		{"de energie", "intensieve industrie", jointHyphen},
		{"het muse", "um in", jointClosed},
		{"de fi", "nanciële", jointClosed},
		{"be", "ëindiging", jointClosed},
		{"het EU", "beleid", jointHyphen},
		{"2010", "2014", jointHyphen},
		{"het midden", "en kleinbedrijf", jointSpace},
		{"land", "en tuinbouw", jointSpace},
		{"de arbeids", "markt.", jointClosed},
		{"een zin ", "gaat door", jointSpace},
	}
	for _, c := range cases {
		if got := v.hyphenJoint(c.left, c.right); got != c.want {
			t.Errorf("%q + %q: %d, want %d", c.left, c.right, got, c.want)
		}
	}
}

func TestGate(t *testing.T) {
	dutch := strings.Repeat("De raad adviseert het kabinet over het beleid dat op de agenda staat. ", 6)
	shifted := strings.Map(func(r rune) rune {
		if r >= 'a' && r < 'z' {
			return r + 1
		}
		return r
	}, dutch)
	cases := []struct {
		name, text string
		want       bool
	}{
		{"dutch", dutch, true},
		{"english", strings.Repeat("The council advises the government on the policy that is on the agenda. ", 6), true},
		{"shifted letters", shifted, false},
		{"single letters", strings.Repeat("d e r a a d ", 20), false},
		{"no spaces", strings.ReplaceAll(dutch, " ", "") + " " + strings.Repeat("deraadadviseerthetkabinet ", 45), false},
		{"control characters", strings.Repeat("de r\x01aad ad\x02viseert het \x03kabinet ", 12), false},
		{"short", "Voorwoord", false},
		{"a few lines", "Advies over de toekomst van het werk", true},
	}
	for _, c := range cases {
		if got := readable(c.text); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestCoverMetadata(t *testing.T) {
	cases := []struct {
		line string
		want corpus.Metadata
	}{
		{"ADVIES 21/08 | Juni 2021", corpus.Metadata{Number: "21/08", Type: "advies", Date: "2021-06"}},
		{"Advies nr. 2014/4 – 25 april 2014", corpus.Metadata{Number: "14/04", Type: "advies", Date: "2014-04-25"}},
		{"00/11", corpus.Metadata{Number: "00/11"}},
		{"Jaarverslag 2023", corpus.Metadata{Type: "jaarverslag", Date: "2023"}},
		{"Verkenning 16/03, maart 2016", corpus.Metadata{Number: "16/03", Type: "verkenning", Date: "2016-03"}},
		{"ONTWERPADVIES 21/08", corpus.Metadata{Number: "21/08", Type: "ontwerpadvies"}},
		{"In 1999/2000 was alles anders", corpus.Metadata{}},
		{"ISBN 90-6587-731-6 / CIP", corpus.Metadata{}},
	}
	for _, c := range cases {
		var m corpus.Metadata
		fillFromLine(&m, c.line)
		if d := cmp.Diff(c.want, m); d != "" {
			t.Errorf("%s: %s", c.line, d)
		}
	}
	for line, want := range map[string]string{
		"NR.4": "nr. 4", "Nr. 12, 20 oktober 1995": "nr. 12", "Publicatienummer 10, 20 oktober 2008": "nr. 10", "ADVIES NR. 7": "nr. 7",
		"Nr. 4 van de werkgroep die het onderzoek heeft gedaan": "", "Kamerstuk 35000, nr. 4": "", "Advies 14/04": "", "Nr. 4 2008-2009": "", "Noten 4": "",
	} {
		if got := numberOfYear(line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	doc := Document{Pages: []corpus.Page{{Number: 1, Label: "1", Reader: ReaderPDFium, Text: "Advies\nNR.4\n21 maart 2008", Blocks: []corpus.Block{
		{Kind: corpus.BlockParagraph, End: 6}, {Kind: corpus.BlockParagraph, Start: 7, End: 11}, {Kind: corpus.BlockParagraph, Start: 12, End: 25}}}}}
	fillFromCover(&doc, nil)
	if d := cmp.Diff(corpus.Metadata{Number: "08/04", Type: "advies", Date: "2008-03-21"}, doc.Metadata); d != "" {
		t.Error(d)
	}
	var m corpus.Metadata
	stated, w := keywordFields(&m, "type=advies; number=14/04; date=2014-04-25; taal=")
	if len(w) > 0 {
		t.Error(w)
	}
	if !stated["number"] || !stated["language"] || stated["title"] {
		t.Errorf("stated %v", stated)
	}
	if d := cmp.Diff(corpus.Metadata{Number: "14/04", Type: "advies", Date: "2014-04-25"}, m); d != "" {
		t.Error(d)
	}
	for _, title := range []string{"Microsoft Word - brief.doc", "dviot1.dvi", "scan_0001", "Untitled", "rapport_def.pdf", "x", "  "} {
		if got := usableTitle(title); got != "" {
			t.Errorf("title %q taken for %q", title, got)
		}
	}
	if got := usableTitle("Zekerheid en flexibiliteit"); got == "" {
		t.Error("a good title was refused")
	}
}

// The lines of the cover are no text to cite, and a number that a document says
// it has not is not guessed from the numbers it mentions.
func TestCover(t *testing.T) {
	pdf := func(keywords string) []byte {
		p, tr := newPDF()
		p.SetKeywords(keywords, true)
		p.AddPage()
		p.SetFont("Helvetica", "", 11)
		p.MultiCell(0, 6, "Overzicht", "", "L", false)
		p.SetFont("Helvetica", "B", 22)
		p.MultiCell(0, 12, "Adviezen over arbeid en zorg", "", "L", false)
		p.SetFont("Helvetica", "", 11)
		p.MultiCell(0, 6, "9 november 2026", "", "L", false)
		p.Ln(8)
		p.MultiCell(0, 6, tr("Dit overzicht noemt een keuze uit de adviezen van de raad over arbeid en zorg in de jaren negentig en daarna."), "", "L", false)
		p.Ln(4)
		p.MultiCell(0, 6, tr("Advies 1990/25 gaat over het minimumloon."), "", "L", false)
		p.SetFont("Helvetica", "B", 13)
		p.MultiCell(0, 8, "Advies 1990/25", "", "L", false)
		p.SetFont("Helvetica", "", 11)
		p.MultiCell(0, 6, tr("De raad was verdeeld over de hoogte van het minimumloon en de koppeling aan de andere lonen in de markt."), "", "L", false)
		return pdfBytes(t, p)
	}
	e := newExtractor(t, nil)
	doc := extractOK(t, e, "a.pdf", pdf("type=overzicht; number=; date=2026-11-09; language=nl"))
	if d := cmp.Diff(corpus.Metadata{Title: "Adviezen over arbeid en zorg", Type: "overzicht", Date: "2026-11-09", Language: "nl"}, doc.Metadata); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"Overzicht", "9 november 2026"}, blocksOf(doc.Pages, corpus.BlockBoilerplate)); d != "" {
		t.Error(d)
	}
	if doc := extractOK(t, e, "a.pdf", pdf("")); doc.Number != "1990/25" || doc.Date != "2026-11-09" {
		t.Errorf("%+v", doc.Metadata)
	}
}

func TestReport(t *testing.T) {
	doc := extractOK(t, newExtractor(t, nil), "a.md", []byte("# Kop\n\nTekst[^1].\n\n[^1]: Noot."))
	r := doc.Report()
	if len(r.Pages) != 1 || !slices.Equal(r.Pages[0].Footnotes, []string{"Noot."}) ||
		!slices.Equal(r.Pages[0].Headings, []HeadingReport{{1, "Kop"}}) || !slices.Equal(r.Pages[0].Notes, []NoteReport{{"1", "Noot.", 9}}) {
		t.Errorf("%+v", r)
	}
}

func FuzzMarkdown(f *testing.F) {
	f.Add("# Kop\n\nTekst met `code` en [link](x).\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
	f.Add("---\ntitle: x\n---\n- a\n  - b\n> c\f[^1]: d")
	f.Add("\xff\xfea\x00")
	f.Fuzz(func(t *testing.T, s string) { fuzzText(t, "a.md", s) })
}

func FuzzText(f *testing.F) {
	f.Add("Kop\n\nTekst af-\nbreken.\n\n- punt\n\fblad")
	f.Add("\xe9\xe8 latin\r\nregel")
	f.Add("Kop\n" + strings.Repeat("lang ", 60))
	f.Fuzz(func(t *testing.T, s string) { fuzzText(t, "a.txt", s) })
}

func fuzzText(t *testing.T, name, s string) {
	e := &Extractor{opts: Options{MaxBytes: 1 << 20}.withDefaults()}
	doc, err := e.Extract(context.Background(), name, []byte(s))
	if err != nil {
		if _, ok := AsFailure(err); !ok {
			t.Fatal(err)
		}
		return
	}
	checkPages(t, doc.Pages)
}

func FuzzFrontMatter(f *testing.F) {
	f.Add("---\ntitle: x\ndate: 2014\n---\nbody")
	f.Add("---\n&a [*a]\n---\n")
	f.Fuzz(func(t *testing.T, s string) {
		m, body, _, _ := frontMatter(s)
		if len(body) > len(s) {
			t.Errorf("body is longer than the text")
		}
		if _, err := corpus.ParseDate(string(m.Date)); err != nil {
			t.Error(err)
		}
	})
}
