package extract

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// One page of a scan, and one whose letters have no Unicode values, are read by
// OCR at the measure asked for. The rest is for the bench: a page takes seconds.
func TestOCR(t *testing.T) {
	if _, err := exec.LookPath("tesseract"); err != nil {
		t.Skip("SKIPPED: tesseract is not installed")
	}
	if testing.Short() {
		t.Skip("SKIPPED: OCR takes seconds a page")
	}
	dir := shared(t, "bench/extraction")
	raw, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want truth
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	e := newExtractor(t, func(o *Options) { o.OCR = OCROptions{MaxPages: 1} })
	for _, name := range []string{"scan_dirty.pdf", "v_notounicode.pdf"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		doc := extractOK(t, e, name, content)
		page := doc.Pages[0]
		body := benchWords(strings.Join(want.Body, "\n"))
		got := benchWords(page.Text)
		body = body[:lastMatch(body, got)]
		recall := multisetRecall(body, got)
		t.Logf("%s: %d words, recall %.4f, confidence %.1f", name, len(body), recall, page.Confidence)
		if len(body) < 150 || recall < 0.98 || page.Reader != ReaderOCR || page.Confidence < 80 || page.Confidence > 100 {
			t.Errorf("%s: %d words, recall %.4f, reader %s, confidence %.1f", name, len(body), recall, page.Reader, page.Confidence)
		}
		checkPlaces(t, page)
		if len(doc.Pages) > 1 && (doc.Pages[1].Text != "" || len(doc.Warnings) == 0) {
			t.Errorf("%s: the second page is past the limit: %q, %q", name, doc.Pages[1].Text, doc.Warnings)
		}
	}
}

// checkPlaces holds that every word of a scanned page has its place, and that of
// all words on the page those of a passage lie under its marks.
func checkPlaces(t *testing.T, page corpus.Page) {
	t.Helper()
	text := []rune(page.Text)
	placed := make([]bool, len(text))
	for i, p := range page.Places {
		if p.Start < 0 || p.End <= p.Start || p.End > len(text) || i > 0 && p.Start < page.Places[i-1].End {
			t.Fatalf("place %d is [%d,%d) of %d", i, p.Start, p.End, len(text))
		}
		for k := p.Start; k < p.End; k++ {
			placed[k] = true
		}
	}
	missing := 0
	for i, r := range text {
		if !placed[i] && !unicode.IsSpace(r) && !isPassed(r) {
			missing++
		}
	}
	if 200*missing > len(text) {
		t.Errorf("%d of %d characters have no place", missing, len(text))
	}
	rnd := rand.New(rand.NewPCG(7, 21))
	var all tally
	sheet := Sheet{Width: 893, Height: 1263}
	for range 200 {
		start, end := randomSpan(rnd, text)
		sheet.Mark(page.Places, start, end)
		if err := sheet.check(); err != nil {
			t.Fatal(err)
		}
		var under []string
		for _, p := range page.Places {
			x, y := p.X+p.Width/2, p.Y+p.Height/2
			for _, b := range sheet.Boxes {
				if x >= b.X && x <= b.X+b.Width && y >= b.Y && y <= b.Y+b.Height {
					under = append(under, string(text[p.Start:p.End]))
					break
				}
			}
		}
		all.add(string(text[start:end]), strings.Join(under, " "))
	}
	t.Logf("%d passages, %d words: %.4f under their marks", all.spans, all.words, all.share())
	if all.share() < 0.995 {
		t.Errorf("only %.4f of the words are under the marks of their passage", all.share())
	}
}

// A document may not keep OCR busy for longer than its time: the pages after
// that stay unread, and the document says so.
func TestOCRWhole(t *testing.T) {
	if _, err := exec.LookPath("cat"); err != nil {
		t.Skip("SKIPPED: there is no program to stand in for tesseract")
	}
	content, err := os.ReadFile(filepath.Join(shared(t, "bench/extraction"), "scan_dirty.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	e := newExtractor(t, func(o *Options) { o.OCR = OCROptions{Command: "cat", Whole: 1} })
	_, err = e.Extract(t.Context(), "scan.pdf", content)
	if f, ok := AsFailure(err); !ok || f.Code != CodeNoText {
		t.Errorf("%v", err)
	}
}
