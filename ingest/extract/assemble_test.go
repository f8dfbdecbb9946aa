package extract

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Whatever a reader hands over, blocks cover the text in order, the text is
// clean, and the page runes spell it.
func TestAssembleProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var pages []rawPage
		reader := rapid.SampledFrom([]string{ReaderPDFium, ReaderOCR}).Draw(t, "reader")
		for n := range rapid.IntRange(1, 6).Draw(t, "pages") {
			pages = append(pages, rawPage{Number: n + 1, Width: 595, Height: 842, Reader: reader, Lines: drawLines(t)})
		}
		if err := assembleError(pages); err != nil {
			t.Fatal(err)
		}
	})
}

func assembleError(pages []rawPage) error {
	out, runes, _ := assemble(rawDocument{Pages: len(pages)}, pages)
	if err := pagesError(out); err != nil {
		return err
	}
	for i, p := range out {
		if got := runesText(runes[i]); got != p.Text {
			return fmt.Errorf("page %d: runes spell %q, text is %q", p.Number, got, p.Text)
		}
	}
	return nil
}

func drawLines(t *rapid.T) []rawLine {
	words := rapid.SliceOfN(rapid.SampledFrom([]string{"de", "raad", "Advies", "1", "2.1", "12", "€", "1.250,5", "•", "-", "–", "o",
		"ﬁnanci¨ele", "e\u0301n", "\u00adx", "....", "Tabel 1", "Inhoud", "werk-", "\x00", "\uf0b7", "a.", "(b)", "*", "³", "𝒳"}), 1, 9)
	var lines []rawLine
	first := 0
	for range rapid.IntRange(0, 12).Draw(t, "lines") {
		ws := words.Draw(t, "words")
		l := rawLine{Text: strings.Join(ws, " "), First: first,
			X0:   float64(rapid.SampledFrom([]int{0, 50, 50, 50, 62, 300, 310}).Draw(t, "x")),
			Y:    float64(rapid.IntRange(10, 830).Draw(t, "y")),
			Size: float64(rapid.SampledFrom([]int{0, 6, 8, 10, 10, 10, 10, 14, 20}).Draw(t, "size")),
			Bold: rapid.Bool().Draw(t, "bold"), Cut: rapid.Bool().Draw(t, "cut"), Turned: rapid.IntRange(0, 9).Draw(t, "turned") == 0}
		l.X1 = l.X0 + float64(len(l.Text))*l.Size/2
		runes := len([]rune(l.Text))
		if rapid.Bool().Draw(t, "mark") {
			l.Marks = []mark{{From: 0, To: 1}, {From: runes - 1, To: runes}}
		}
		if rapid.Bool().Draw(t, "measured") {
			at, x := 0, l.X0
			for _, w := range ws {
				n := len([]rune(w))
				l.Words = append(l.Words, rawWord{From: at, X0: x, X1: x + float64(n)*5})
				at += n + 1
				x += float64(n)*5 + float64(rapid.SampledFrom([]int{3, 3, 40}).Draw(t, "gap"))
			}
			l.X1 = x
		}
		first += runes + 2
		lines = append(lines, l)
	}
	return lines
}

// Lines from bytes: six numbers and the text to each.
func FuzzAssemble(f *testing.F) {
	f.Add([]byte("\x05\x32\x0a\x01\x00\x00De raad\n\x05\x30\x0a\x00\x01\x00adviseert\n"))
	f.Add([]byte("\x05\x08\x06\x00\x00\x01\x31Noot\n\x05\x90\x14\x01\x00\x001.2 Kop"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := rawPage{Number: 1, Width: 595, Height: 842}
		first := 0
		for s := range strings.SplitSeq(string(b), "\n") {
			if len(s) < 7 {
				continue
			}
			l := rawLine{X0: float64(s[0]) * 2, Y: float64(s[1]) * 4, Size: float64(s[2]) / 4, Bold: s[3]&1 == 1, Cut: s[4]&1 == 1,
				Text: strings.ToValidUTF8(s[6:], ""), First: first}
			n := len([]rune(l.Text))
			l.X1 = l.X0 + float64(n)*l.Size/2
			if s[5]&1 == 1 && n > 0 {
				l.Marks = []mark{{0, 1}}
				l.Words = []rawWord{{0, l.X0, l.X0 + 5}, {n - 1, l.X1 - 5, l.X1}}
			}
			first += n + 2
			p.Lines = append(p.Lines, l)
		}
		if err := assembleError([]rawPage{p}); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzTSV(f *testing.F) {
	f.Add("5\t1\t1\t1\t1\t1\t100\t200\t50\t20\t96.5\tDe\n5\t1\t1\t1\t1\t2\t160\t200\t50\t20\t90\traad\n")
	f.Add("5\t1\t1\t1\t1\t1\t100\t200\t20\t50\t96.5\tDe\n5\t1\t1\t1\t1\t2\t100\t140\t20\t50\t90\traad\n")
	f.Add("5\t1\t1\t1\t1\t1\tNaN\t1e300\t-5\t0\t-1\t1Zie\n")
	f.Fuzz(func(t *testing.T, s string) {
		lines, places, turn, confidence := parseTSV(strings.ToValidUTF8(s, ""), 0.24, 2480, 3500)
		if confidence < 0 || confidence > 1e6 {
			t.Errorf("confidence %v", confidence)
		}
		if turn < textRight || turn > textUp {
			t.Errorf("turn %d", turn)
		}
		for _, p := range places {
			if b := p.Box; p.First < 0 || p.Len < 1 || !(b.X >= 0 && b.Y >= 0 && b.Width > 0 && b.Height > 0 && b.X+b.Width <= 1+1e-9 && b.Y+b.Height <= 1+1e-9) {
				t.Errorf("an impossible place: %+v", p)
			}
		}
		if err := assembleError([]rawPage{{Number: 1, Width: 595, Height: 842, Reader: ReaderOCR, Lines: lines}}); err != nil {
			t.Fatal(err)
		}
	})
}

// A document with everything on its pages comes out in its parts.
func TestStructure(t *testing.T) {
	p, tr := newPDF()
	p.SetTitle("Leren in de toekomst", true)
	p.SetKeywords("type=advies; number=14/04; date=2014-04-25", true)
	p.SetHeaderFunc(func() {
		p.SetFont("Helvetica", "", 8)
		p.SetXY(25, 10)
		p.CellFormat(0, 5, tr("Raad voor het voorbeeld"), "", 0, "L", false, 0, "")
		p.SetXY(25, 30)
	})
	p.SetFooterFunc(func() {
		p.SetFont("Helvetica", "", 9)
		p.SetXY(25, 285)
		p.CellFormat(0, 5, fmt.Sprint(p.PageNo()+10), "", 0, "C", false, 0, "")
	})
	line := "De raad adviseert het kabinet over leren en werken in de komende jaren, want dat is van belang voor alle mensen die daarmee te maken krijgen. "
	subject := []string{"leren", "werken", "wonen"}
	for n := range 3 {
		text := strings.ReplaceAll(line, "leren", subject[n])
		p.AddPage()
		p.SetFont("Helvetica", "B", 16)
		p.MultiCell(0, 8, tr(fmt.Sprintf("%d Hoofdstuk over %s", p.PageNo(), subject[n])), "", "L", false)
		p.SetFont("Helvetica", "B", 12)
		p.MultiCell(0, 8, tr(fmt.Sprintf("%d.1 Aanleiding tot %s", p.PageNo(), subject[n])), "", "L", false)
		p.SetFont("Times", "", 11)
		p.MultiCell(0, 5, tr(strings.Repeat(text, 4)), "", "L", false)
		p.Ln(4)
		p.MultiCell(0, 5, tr("• Het eerste punt van de lijst."), "", "L", false)
		p.MultiCell(0, 5, tr("• Het tweede punt van de lijst."), "", "L", false)
		p.Ln(4)
		p.MultiCell(0, 5, tr("Tabel 1 Bedragen per sector"), "", "L", false)
		for _, row := range [][]string{{"Sector", "Bedrag", "Jaar"}, {"Zorg", "€ 165 miljoen", "2014"}, {"Onderwijs", "€ 80 miljoen", "2015"}} {
			for _, c := range row {
				p.CellFormat(50, 5, tr(c), "", 0, "L", false, 0, "")
			}
			p.Ln(5)
		}
		p.Ln(4)
		p.MultiCell(0, 5, tr(text), "", "L", false)
		p.SetXY(25, 265)
		p.SetFont("Times", "", 8)
		p.MultiCell(0, 4, tr(fmt.Sprintf("%d Zie het verslag van de raad over %s, blz. 12.", p.PageNo(), subject[n])), "", "L", false)
	}
	doc := extractOK(t, newExtractor(t, nil), "a.pdf", pdfBytes(t, p))
	if d := cmp.Diff(corpus.Metadata{Title: "Leren in de toekomst", Number: "14/04", Type: "advies", Date: "2014-04-25", Language: "nl"}, doc.Metadata); d != "" {
		t.Error(d)
	}
	if len(doc.Pages) != 3 {
		t.Fatalf("%d pages", len(doc.Pages))
	}
	line = strings.ReplaceAll(line, "leren", "werken")
	body := strings.TrimSpace(line)
	want := []simple{
		{corpus.BlockHeader, 0, "Raad voor het voorbeeld"},
		{corpus.BlockHeading, 1, "2 Hoofdstuk over werken"},
		{corpus.BlockHeading, 2, "2.1 Aanleiding tot werken"},
		{corpus.BlockParagraph, 0, strings.TrimSpace(strings.Repeat(line, 4))},
		{corpus.BlockList, 0, "Het eerste punt van de lijst."},
		{corpus.BlockList, 0, "Het tweede punt van de lijst."},
		{corpus.BlockCaption, 0, "Tabel 1 Bedragen per sector"},
		{corpus.BlockTable, 0, "Sector | Bedrag | Jaar\nZorg | € 165 miljoen | 2014\nOnderwijs | € 80 miljoen | 2015"},
		{corpus.BlockParagraph, 0, body},
		{corpus.BlockFootnote, 0, "² Zie het verslag van de raad over werken, blz. 12."},
		{corpus.BlockPageNumber, 0, "12"},
	}
	if d := cmp.Diff(want, simpleBlocks(doc.Pages[1:2])); d != "" {
		t.Error(d)
	}
	if doc.Pages[1].Label != "12" {
		t.Errorf("label %q, want 12", doc.Pages[1].Label)
	}
}

// The shared test documents, those that need no OCR, at the measures asked for.
func TestEvaluate(t *testing.T) {
	dir := shared(t, "bench/extraction")
	small := t.TempDir()
	for _, name := range []string{"truth.json", "chromium_doc2.pdf", "dvips_type1.pdf", "groff2.pdf", "lo2_tagged.pdf",
		"v_aes256.pdf", "v_badxref.pdf", "weasy1.pdf", "xelatex1.pdf"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(small, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e, err := Evaluate(t.Context(), small, Options{CacheDir: cacheDir(t), OCR: OCROptions{Off: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + e.String())
	m := e.Mean(ReaderPDFium)
	if m.Words < 0.985 || m.InOrder < 0.97 || m.Headings < 0.9 || m.Footnotes < 0.9 {
		t.Errorf("below the thresholds: %+v", m)
	}
	for _, s := range e.Scores {
		if s.Reader == ReaderPDFium && (s.Error != "" || s.Words < 0.985 || s.InOrder < 0.97) {
			t.Errorf("%s: %+v", s.File, s)
		}
		if s.Error == "" && s.Reader != readerPDFToText && (s.CPU <= 0 || s.Memory < 1<<20) {
			t.Errorf("%s by %s: no cost: %+v", s.File, s.Reader, s)
		}
	}
}

// Real documents keep the promises of every page, and all of them are read.
func TestCorpus(t *testing.T) {
	dir := shared(t, "corpus")
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.pdf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no PDFs in %s: %v", dir, err)
	}
	e := newExtractor(t, nil)
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		doc := extractOK(t, e, f, content)
		if doc.Title == "" || doc.Language != "nl" {
			t.Errorf("%s: %+v", filepath.Base(f), doc.Metadata)
		}
		if len(blocksOf(doc.Pages, corpus.BlockHeading)) == 0 {
			t.Errorf("%s: no headings", filepath.Base(f))
		}
	}
}
