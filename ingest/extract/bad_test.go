package extract

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-pdf/fpdf"

	"github.com/ser-nl/vraagbaak/internal/pdftest"
)

var fixedTime = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// Every kind of bad input ends in a failure of its own or in what can be read,
// with either reader, and the extractor goes on.
func TestBadInput(t *testing.T) {
	p, _ := newPDF()
	p.SetProtection(fpdf.CnProtectPrint, "geheim", "eigenaar")
	p.AddPage()
	p.SetFont("Times", "", 11)
	p.MultiCell(0, 5, "Achter een wachtwoord staat deze tekst en die kan niemand zomaar lezen.", "", "L", false)
	password := pdfBytes(t, p)
	whole := plainPDF(t, 3)

	cases := []struct {
		name, file string
		content    []byte
		code       string // "" when it must be read
		says       string
	}{
		{"empty", "leeg.pdf", nil, CodeEmpty, "leeg"},
		{"only white space", "leeg.txt", []byte(" \n\n \t"), CodeEmpty, "leeg"},
		{"html as pdf", "pagina.pdf", []byte("<!DOCTYPE html><html><body>Niet gevonden</body></html>"), CodeNotPDF, "webpagina"},
		{"word as pdf", "brief.pdf", []byte("PK\x03\x04 iets anders"), CodeNotPDF, "geen PDF"},
		{"garbage after the signature", "rommel.pdf", append(append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte{0xde, 0xad, 0xbe, 0xef}, 5000)...), "%%EOF"...), CodeDamaged, "beschadigd"},
		{"password", "slot.pdf", password, CodePassword, "wachtwoord"},
		{"truncated", "half.pdf", whole[:len(whole)/3], CodeDamaged, "afgebroken"},
		{"without its end", "staart.pdf", whole[:len(whole)-20], "", ""},
		{"junk before the signature", "voor.pdf", append(bytes.Repeat([]byte("x"), 300), whole...), "", ""},
		{"circular page tree", "kring.pdf", pdftest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2/Parent 2 0 R>>"), CodeDamaged, "lijst met pagina's"},
		{"a count beyond belief", "aantal.pdf", pdftest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 9999999999>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"), "bad", ""},
		{"many pages claimed", "veel.pdf", pdftest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 900000>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"), CodeTooManyPages, "meer dan 1000 pagina's"},
		{"decompression bomb", "bom.pdf", pdftest.Bomb(), "bad", ""},
		{"no text", "wit.pdf", pdftest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"), CodeNoText, "tesseract"},
		{"unknown kind", "plaatje.png", []byte("\x89PNG\r\n\x1a\n"), CodeUnsupported, "Markdown"},
		{"binary text", "x.txt", []byte("a\x00b\x00c"), CodeUnsupported, "tekst"},
		{"huge", "groot.txt", bytes.Repeat([]byte("a"), 3<<20), CodeTooLarge, "groot"},
	}
	for _, reader := range []string{ReaderPDFium, ReaderLight} {
		e := newExtractor(t, func(o *Options) {
			o.Reader, o.MaxPages, o.MaxBytes, o.MemoryPages, o.Deadline = reader, 1000, 2<<20, 4096, 12*time.Second
		})
		for _, c := range cases {
			t.Run(reader+"/"+c.name, func(t *testing.T) {
				doc, err := e.Extract(context.Background(), c.file, c.content)
				if c.code == "" {
					if err != nil {
						t.Fatal(err)
					}
					checkPages(t, doc.Pages)
					return
				}
				f, ok := AsFailure(err)
				if !ok {
					t.Fatalf("got %v, want a Failure", err)
				}
				if c.code != "bad" && f.Code != c.code {
					t.Errorf("code %s (%v), want %s", f.Code, f.Err, c.code)
				}
				t.Logf("%s (%v)", f.Code, f.Err)
				if f.Message == "" || !strings.Contains(f.Message, c.says) {
					t.Errorf("message %q does not say %q", f.Message, c.says)
				}
			})
		}
		if doc := extractOK(t, e, "goed.pdf", whole); len(doc.Pages) != 3 {
			t.Errorf("%s: %d pages after all the bad input, want 3", reader, len(doc.Pages))
		}
	}
}

func TestTooManyPages(t *testing.T) {
	e := newExtractor(t, func(o *Options) { o.MaxPages = 2 })
	_, err := e.Extract(context.Background(), "x.pdf", plainPDF(t, 3))
	if f, ok := AsFailure(err); !ok || f.Code != CodeTooManyPages {
		t.Fatalf("got %v", err)
	}
}

// An encrypted file that opens without a password is read like any other.
func TestOpenEncryption(t *testing.T) {
	e := newExtractor(t, nil)
	p, _ := newPDF()
	p.SetProtection(fpdf.CnProtectPrint, "", "eigenaar")
	p.AddPage()
	p.SetFont("Times", "", 11)
	p.MultiCell(0, 5, "Deze tekst is versleuteld maar staat voor iedereen open om te lezen.", "", "L", false)
	if doc := extractOK(t, e, "open.pdf", pdfBytes(t, p)); !strings.Contains(doc.Pages[0].Text, "voor iedereen open") {
		t.Errorf("read %q", doc.Pages[0].Text)
	}
	content, err := os.ReadFile(filepath.Join(shared(t, "bench/extraction"), "v_aes256.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if doc := extractOK(t, e, "aes.pdf", content); len(doc.Pages) != 10 {
		t.Errorf("%d pages, want 10", len(doc.Pages))
	}
}
