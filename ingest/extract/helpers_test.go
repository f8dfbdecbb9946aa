package extract

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-pdf/fpdf"
	"golang.org/x/text/unicode/norm"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// newExtractor is an Extractor whose children are this test binary, without
// OCR unless asked for.
func newExtractor(t testing.TB, change func(*Options)) *Extractor {
	t.Helper()
	o := Options{CacheDir: cacheDir(t), OCR: OCROptions{Off: true}}
	if change != nil {
		change(&o)
	}
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// cacheDir is kept between runs, because compiling PDFium takes seconds.
func cacheDir(t testing.TB) string {
	t.Helper()
	base, err := os.UserCacheDir()
	if err != nil {
		return t.TempDir()
	}
	return filepath.Join(base, "vraagbaak", "wasm")
}

func extractOK(t testing.TB, e *Extractor, name string, content []byte) Document {
	t.Helper()
	doc, err := e.Extract(context.Background(), name, content)
	if err != nil {
		t.Fatalf("extract %s: %v", name, err)
	}
	checkPages(t, doc.Pages)
	return doc
}

// checkPages holds what every reader promises about its pages.
func checkPages(t testing.TB, pages []corpus.Page) {
	t.Helper()
	if err := pagesError(pages); err != nil {
		t.Fatal(err)
	}
}

func pagesError(pages []corpus.Page) error {
	for i, p := range pages {
		if p.Number != i+1 {
			return fmt.Errorf("page %d has number %d", i+1, p.Number)
		}
		if p.Label == "" {
			return fmt.Errorf("page %d has no label", p.Number)
		}
		if !utf8.ValidString(p.Text) || !norm.NFC.IsNormalString(p.Text) {
			return fmt.Errorf("page %d is not NFC: %q", p.Number, p.Text)
		}
		runes := []rune(p.Text)
		for j, r := range runes {
			if r != '\n' && (unicode.IsControl(r) || r == '\u00ad' || r == utf8.RuneError || r >= 0xfb00 && r <= 0xfb06) {
				return fmt.Errorf("page %d has %U at %d", p.Number, r, j)
			}
		}
		at := 0
		for _, b := range p.Blocks {
			if b.Start < at || b.End <= b.Start || b.End > len(runes) {
				return fmt.Errorf("page %d: block [%d,%d) after %d in %d", p.Number, b.Start, b.End, at, len(runes))
			}
			if s := strings.Trim(string(runes[at:b.Start]), "\n"); s != "" {
				return fmt.Errorf("page %d: %q is in no block", p.Number, s)
			}
			if b.Kind == "" {
				return fmt.Errorf("page %d: a block without a kind", p.Number)
			}
			if (b.Kind == corpus.BlockHeading) != (b.Level > 0) {
				return fmt.Errorf("page %d: %s of level %d", p.Number, b.Kind, b.Level)
			}
			if b.Kind != corpus.BlockTable && b.Kind != corpus.BlockContents && strings.ContainsRune(string(runes[b.Start:b.End]), '\n') {
				return fmt.Errorf("page %d: line break in a %s", p.Number, b.Kind)
			}
			at = b.End
		}
		if s := strings.Trim(string(runes[at:]), "\n"); s != "" {
			return fmt.Errorf("page %d: %q is in no block", p.Number, s)
		}
	}
	return nil
}

// blocksOf are the texts of the blocks of a kind.
func blocksOf(pages []corpus.Page, kind corpus.BlockKind) []string {
	var out []string
	for _, p := range pages {
		for _, b := range p.Blocks {
			if b.Kind == kind {
				out = append(out, corpus.Slice(p.Text, b.Start, b.End))
			}
		}
	}
	return out
}

// newPDF starts a document in which Dutch letters can be written.
func newPDF() (*fpdf.Fpdf, func(string) string) {
	p := fpdf.New("P", "mm", "A4", "")
	p.SetCreationDate(fixedTime)
	p.SetModificationDate(fixedTime)
	p.SetMargins(25, 25, 25)
	p.SetAutoPageBreak(true, 25)
	return p, p.UnicodeTranslatorFromDescriptor("")
}

func pdfBytes(t testing.TB, p *fpdf.Fpdf) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// plainPDF has n pages of the same running text.
func plainPDF(t testing.TB, n int) []byte {
	t.Helper()
	p, tr := newPDF()
	for i := range n {
		p.AddPage()
		p.SetFont("Times", "", 11)
		p.MultiCell(0, 5, tr(fmt.Sprintf("Dit is bladzijde %d van het document. ", i+1)+strings.Repeat("De raad adviseert het kabinet over het beleid en werkt daarvoor samen met anderen. ", 12)), "", "L", false)
	}
	return pdfBytes(t, p)
}

// shared is a folder of test data beside the repository.
func shared(t testing.TB, path string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", path)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: no test data at %s", dir)
	}
	return dir
}
