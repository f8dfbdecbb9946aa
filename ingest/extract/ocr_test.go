package extract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/go-pdf/fpdf"

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

// standIn is a program in the place of tesseract.
func standIn(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tesseract")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// blankScan is a document of n pages with a picture of a line of letters, which are
// squares, and no text.
func blankScan(t *testing.T, n int) []byte {
	t.Helper()
	p, _ := newPDF()
	var b bytes.Buffer
	sheet := image.NewGray(image.Rect(0, 0, 80, 120))
	for i := range sheet.Pix {
		sheet.Pix[i] = 255
	}
	for x := 10; x < 60; x += 2 {
		sheet.Pix[30*sheet.Stride+x] = 0
	}
	if err := png.Encode(&b, sheet); err != nil {
		t.Fatal(err)
	}
	p.RegisterImageOptionsReader("scan", fpdf.ImageOptions{ImageType: "PNG"}, &b)
	for range n {
		p.AddPage()
		p.ImageOptions("scan", 20, 20, 170, 250, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	}
	return pdfBytes(t, p)
}

// found is what the stand-in says it read: enough words to pass for language.
const found = "printf '5\\t1\\t1\\t1\\t1\\t1\\t100\\t100\\t50\\t20\\t91\\tDe\\n5\\t1\\t1\\t1\\t1\\t2\\t160\\t100\\t90\\t20\\t91\\traadsvergadering\\n5\\t1\\t1\\t1\\t1\\t3\\t260\\t100\\t90\\t20\\t91\\tadviseerde\\n'\n"

// Over all documents no more pages are read at once than was asked for, and every
// page keeps how sure its reader was.
func TestOCRParallel(t *testing.T) {
	dir := t.TempDir()
	// mkdir succeeds for one alone: two places, and a third who comes in says so.
	path := standIn(t, `cat >/dev/null
for n in 1 2; do
  if mkdir `+dir+`/$n 2>/dev/null; then sleep 0.1; rmdir `+dir+`/$n; `+found+`exit 0; fi
done
touch `+dir+`/third
`+found)
	e := newExtractor(t, func(o *Options) { o.OCR = OCROptions{Command: path, Parallel: 2}; o.Workers = 2 })
	content := blankScan(t, 5)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			doc, err := e.Extract(t.Context(), "scan.pdf", content)
			if err != nil || len(doc.Pages) != 5 {
				t.Errorf("%d pages, %v", len(doc.Pages), err)
				return
			}
			for _, p := range doc.Pages {
				if p.Reader != ReaderOCR || p.Confidence != 91 || len(p.Places) != 3 {
					t.Errorf("page %d: %s, %v, %d places", p.Number, p.Reader, p.Confidence, len(p.Places))
				}
			}
		})
	}
	wg.Wait()
	if _, err := os.Stat(filepath.Join(dir, "third")); err == nil {
		t.Error("three pages were read at once")
	}
}

// readByOCR is how many pages of doc OCR read.
func readByOCR(doc Document) int {
	n := 0
	for _, p := range doc.Pages {
		if p.Reader == ReaderOCR {
			n++
		}
	}
	return n
}

// A page that takes for ever is given up, with all that the program started, and
// the others of the document are read.
func TestOCRDeadline(t *testing.T) {
	dir := t.TempDir()
	path := standIn(t, `cat >/dev/null
if mkdir `+dir+`/first 2>/dev/null; then sleep 600 & echo $! >`+dir+`/child; wait; fi
`+found)
	e := newExtractor(t, func(o *Options) { o.OCR = OCROptions{Command: path, Deadline: 2 * time.Second, Parallel: 1} })
	doc, err := e.Extract(t.Context(), "scan.pdf", blankScan(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	read := readByOCR(doc)
	if read != 1 || len(doc.NeedsOCR) != 1 || !slices.ContainsFunc(doc.Warnings, func(s string) bool { return strings.HasPrefix(s, "OCR lukte niet op pagina ") }) {
		t.Errorf("%d pages read, %v left, %q", read, doc.NeedsOCR, doc.Warnings)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "child"))
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); alive(child); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(child, syscall.SIGKILL)
			t.Fatal("what the program started lives on")
		}
	}
}

// The time for a whole document ends what is being read: pages that were not are
// named, those that were are kept.
func TestOCRWholeDocument(t *testing.T) {
	dir := t.TempDir()
	path := standIn(t, `cat >/dev/null
mkdir `+dir+`/first 2>/dev/null || exec sleep 600
`+found)
	e := newExtractor(t, func(o *Options) { o.OCR = OCROptions{Command: path, Whole: 5 * time.Second, Parallel: 1} })
	doc, err := e.Extract(t.Context(), "scan.pdf", blankScan(t, 6))
	if err != nil {
		t.Fatal(err)
	}
	read := readByOCR(doc)
	if read != 1 || len(doc.NeedsOCR) != 5 || len(doc.Warnings) != 1 || !strings.HasPrefix(doc.Warnings[0], "Niet met OCR gelezen, ") {
		t.Errorf("%d pages read, %v left, %q", read, doc.NeedsOCR, doc.Warnings)
	}
}

// alive reports a process that has not ended; one that nobody waited for has.
func alive(process int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}
