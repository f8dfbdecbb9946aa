package extract

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
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
		if len(doc.Pages) > 1 && (doc.Pages[1].Text != "" || len(doc.Warnings) == 0) {
			t.Errorf("%s: the second page is past the limit: %q, %q", name, doc.Pages[1].Text, doc.Warnings)
		}
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
