package extract

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/ser-nl/vraagbaak/ingest/pdfium"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// openPDF reads a whole document in this process and leaves it open.
func readPDF(t testing.TB, runtime *pdfium.Runtime, content []byte) (*pdfiumDoc, []corpus.Page, [][]pageRune) {
	t.Helper()
	d, err := openPDF(runtime, content)
	if err != nil {
		t.Fatal(err)
	}
	raw := d.info()
	var all []rawPage
	for n := 1; n <= d.count; n++ {
		p, err := d.page(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	pages, runes, _ := assemble(raw, all)
	return d, pages, runes
}

// textOf loads the characters of a page, until the document is closed.
func textOf(t testing.TB, d *pdfiumDoc, page int) shown {
	t.Helper()
	p := d.calls.call("FPDF_LoadPage", d.calls.doc, uint64(page-1))
	text := d.calls.call("FPDFText_LoadPage", p)
	if text == 0 {
		t.Fatal("no text page:", d.calls.err())
	}
	return shown{c: d.calls, ref: text, frame: d.calls.frame(p)}
}

// under is the text that PDFium finds under a box. The box is drawn in a little:
// PDFium counts every character that is touched.
func (t shown) under(tb testing.TB, b Box) string {
	tb.Helper()
	f := t.frame
	in := min(0.1*b.Height*f.h, 1)
	inX := min(0.1, 0.2*b.Width*f.w)
	x0, x1 := b.X*f.w+inX, (b.X+b.Width)*f.w-inX
	y0, y1 := (1-b.Y-b.Height)*f.h+in, (1-b.Y)*f.h-in
	if f.turn&1 == 1 {
		x0, x1, y0, y1 = x0-inX+in, x1+inX-in, y0-in+inX, y1+in-inX
	}
	ax, ay := f.back(x0, y0)
	bx, by := f.back(x1, y1)
	const size = scratchSize / 2
	n := t.c.number("FPDFText_GetBoundedText", t.ref, math.Float64bits(min(ax, bx)), math.Float64bits(max(ay, by)),
		math.Float64bits(max(ax, bx)), math.Float64bits(min(ay, by)), t.c.scratch, size)
	if t.c.err() != nil || n > size {
		tb.Fatal("bounded text:", n, t.c.err())
	}
	return strings.TrimRight(string(decodeUTF16(t.c.bytes(0, uint64(2*n)))), "\x00")
}

// back undoes point.
func (f frame) back(x, y float64) (float64, float64) {
	switch f.turn {
	case 1:
		x, y = f.w0-y, x
	case 2:
		x, y = f.w0-x, f.h0-y
	case 3:
		x, y = y, f.h0-x
	}
	return x + f.left, y + f.bottom
}

// tally counts words of passages and what stands under their boxes.
type tally struct {
	spans, exact, words, found int
	keys, extra                int
}

// words is the share of words that are under the boxes and, of all words there,
// belong to the passage: the harmonic mean of the two.
func (c tally) share() float64 {
	recall := float64(c.found) / float64(max(c.words, 1))
	precision := 1 - float64(c.extra)/float64(max(c.keys, 1))
	return 2 * recall * precision / (recall + precision)
}

func (c *tally) add(passage, under string) bool {
	want, got := string(keysOf([]rune(passage)).runes), string(keysOf([]rune(under)).runes)
	c.spans++
	c.keys += len(want)
	c.extra += max(0, len(got)-len(want))
	if want == got {
		c.exact++
	}
	for _, w := range strings.Fields(passage) {
		k := string(keysOf([]rune(w)).runes)
		if k == "" {
			continue
		}
		c.words++
		if i := strings.Index(got, k); i >= 0 {
			c.found++
			got = got[i+len(k):]
		}
	}
	return want == string(keysOf([]rune(under)).runes)
}

// randomSpan is a passage of whole words within the page's text.
func randomSpan(rnd *rand.Rand, text []rune) (int, int) {
	start := rnd.IntN(len(text))
	end := min(len(text), start+1+rnd.IntN(600))
	for start > 0 && !unicode.IsSpace(text[start-1]) {
		start--
	}
	for end < len(text) && !unicode.IsSpace(text[end]) {
		end++
	}
	return start, end
}

// TestPassagesAreUnderTheirBoxes draws random passages from random pages of real
// documents, and holds that the words under the boxes are those of the passage.
func TestPassagesAreUnderTheirBoxes(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared(t, "corpus"), "*", "*.pdf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	runtime, err := newPDFium(context.Background(), cacheDir(t), defaultMemoryPages)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = runtime.Close() }()
	rnd := rand.New(rand.NewPCG(7, 21))
	var all tally
	aligned, wrong := 0, 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, pages, runes := readPDF(t, runtime, content)
		var one tally
		for range 40 {
			k := rnd.IntN(len(pages))
			text := []rune(pages[k].Text)
			if len(text) == 0 {
				continue
			}
			page := textOf(t, d, k+1)
			start, end := randomSpan(rnd, text)
			boxes := page.boxes(text, start, end)
			var under []string
			for _, b := range boxes {
				under = append(under, page.under(t, b))
			}
			passage := string(text[start:end])
			if !one.add(passage, strings.Join(under, " ")) && testing.Verbose() && os.Getenv("SHOW") != "" {
				t.Logf("%s page %d [%d,%d)\n  passage %q\n  under   %q", filepath.Base(file), k+1, start, end, passage, under)
			}
			// The assembler knows which character each rune came from.
			a, b := keysOf(text), keysOf(page.c.chars(page.ref))
			for i, place := range alignKeys(a, b) {
				if want := int(runes[k][a.at[i]].index); want >= 0 {
					aligned++
					if place < 0 || b.at[place] != want {
						wrong++
					}
				}
			}
		}
		d.close()
		t.Logf("%-45s %3d passages, %5d words: %.4f right (%d passages exactly)", filepath.Base(file), one.spans, one.words, one.share(), one.exact)
		all.spans, all.exact, all.words, all.found = all.spans+one.spans, all.exact+one.exact, all.words+one.words, all.found+one.found
		all.keys, all.extra = all.keys+one.keys, all.extra+one.extra
	}
	t.Logf("%d passages, %d words: %.4f right, %d passages to the letter; %.5f of %d characters at the very place the assembler took them from",
		all.spans, all.words, all.share(), all.exact, 1-float64(wrong)/float64(aligned), aligned)
	if all.share() < 0.995 {
		t.Errorf("only %.4f of the words are under the boxes of their passage", all.share())
	}
	if all.spans < 200 {
		t.Errorf("only %d passages", all.spans)
	}
}

// FuzzPassageRuns holds the bounds of what is found, whatever text and page say.
func FuzzPassageRuns(f *testing.F) {
	f.Add("Het kabinet neemt het besluit.", "Het kabi\u0002net neemt het be-\r\nsluit. 12", 4, 20)
	f.Add("¹ Noot\n12", "12\r\n1 Noot", 0, 9)
	f.Add("a | b", "a b", 0, 5)
	f.Add(strings.Repeat("aa", 100), strings.Repeat("a", 300), 3, 150)
	f.Fuzz(func(t *testing.T, text, chars string, start, end int) {
		if len(text) > 2000 || len(chars) > 2000 {
			t.Skip()
		}
		n := len([]rune(chars))
		for _, r := range passageRuns([]rune(text), []rune(chars), start, end) {
			if r[0] < 0 || r[1] <= r[0] || r[1] > n {
				t.Fatalf("run %v of %d characters", r, n)
			}
		}
	})
}

// TestPassageRuns: text leads back to its characters however it was cleaned and
// moved.
func TestPassageRuns(t *testing.T) {
	const chars = "SER Jaarverslag 12\r\nDe raad advi\u0002seert het kabi-\r\nnet over o\ufb03ci\u00eble zaken.1 Daarna\r\n• volgt een lijst\r\n1 Dit is een noot. De raad"
	const text = "SER Jaarverslag\nDe raad adviseert het kabinet over offici\u00eble zaken.\u00b9 Daarna\nvolgt een lijst\n\u00b9 Dit is een noot. De raad\n12"
	tests := []struct{ passage, want string }{
		{"SER Jaarverslag", "SER Jaarverslag"},
		{"adviseert het kabinet", "advi\u0002seert het kabi-\r\nnet"},
		{"over offici\u00eble zaken.", "over o\ufb03ci\u00eble zaken."},
		{"zaken.\u00b9 Daarna\nvolgt", "zaken.1 Daarna\r\n• volgt"},
		{"\u00b9 Dit is een noot.", "1 Dit is een noot."},
		{"noot. De raad", "noot. De raad"},
		{"De raad\n12", "De raad|12"},
		{"12", "12"},
		{"lijst\n\u00b9 Dit", "lijst\r\n1 Dit"},
	}
	for _, tt := range tests {
		at := strings.Index(text, tt.passage)
		start := len([]rune(text[:at]))
		var got []string
		for _, r := range passageRuns([]rune(text), []rune(chars), start, start+len([]rune(tt.passage))) {
			got = append(got, string([]rune(chars)[r[0]:r[1]]))
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%q is %q, want %q", tt.passage, s, tt.want)
		}
	}
	if got := passageRuns([]rune("heel andere woorden"), []rune(chars), 0, 19); got != nil {
		t.Errorf("found %v of a text that is not there", got)
	}
}
