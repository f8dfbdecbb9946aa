package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-pdf/fpdf"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// textPDF is a page with a heading and paragraphs.
func textPDF(t testing.TB, heading string, paragraphs ...string) []byte {
	t.Helper()
	p := fpdf.New("P", "mm", "A4", "")
	p.SetMargins(25, 25, 25)
	p.AddPage()
	p.SetFont("Helvetica", "B", 16)
	p.MultiCell(0, 8, heading, "", "L", false)
	p.SetFont("Times", "", 12)
	for _, s := range paragraphs {
		p.Ln(3)
		p.MultiCell(0, 6, s, "", "L", false)
	}
	return finished(t, p)
}

func finished(t testing.TB, p *fpdf.Fpdf) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// scanPDF is a PDF that has a picture of the page and no text.
func scanPDF(t testing.TB, heading string, paragraphs ...string) []byte {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	e, err := extract.New(extract.Options{Command: []string{self, extractChild}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }() // the test has what it wants
	picture, err := e.Picture(t.Context(), textPDF(t, heading, paragraphs...), 1, extract.MaxScale)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil {
		t.Fatal(err)
	}
	p := fpdf.New("P", "mm", "A4", "")
	p.AddPage()
	p.RegisterImageOptionsReader("scan", fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(picture))
	p.ImageOptions("scan", 0, 0, 210, 297, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	return finished(t, p)
}

// wordFile is a Word document with a heading and paragraphs.
func wordFile(t testing.TB, heading string, paragraphs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(w, `<w:document xmlns:w="x"><w:body><w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>%s</w:t></w:r></w:p>`, heading) // into memory
	for _, s := range paragraphs {
		_, _ = fmt.Fprintf(w, `<w:p><w:r><w:t>%s</w:t></w:r></w:p>`, s)
	}
	_, _ = fmt.Fprint(w, `</w:body></w:document>`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webPage is a page of a website: menus and a footer around an article whose
// sections have anchors.
func webPage(heading, anchor string, paragraphs ...string) []byte {
	filler := strings.Repeat("Over dit onderwerp heeft de raad lang gesproken met mensen uit het hele land en uit alle sectoren. ", 20)
	return fmt.Appendf(nil, `<!DOCTYPE html><html lang="nl"><head><title>%[1]s | Website</title></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/zoek">Zoeken in alle pagina's van de website</a></li></ul></nav>
<main><article><h1>%[1]s</h1><p>%[2]s</p><h2 id="%[3]s">Vergoedingen in het kort</h2><p>%[4]s</p></article></main>
<footer>Cookies en voorwaarden van deze website</footer></body></html>`, heading, filler, anchor, strings.Join(paragraphs, "</p><p>"))
}

// kind is one kind of document, with a fact that changes in its second version.
type kind struct {
	name, subject string
	old, new      string // what is said of the subject
	make          func(t testing.TB, heading string, paragraphs ...string) []byte
	reader        string
	shows         []string // on the page of the citation
}

// TestEveryKindOfFile follows a document of every kind through its life in the
// real program: read, asked after and cited; changed, with its old citation whole;
// withdrawn.
func TestEveryKindOfFile(t *testing.T) {
	t.Parallel()
	plain := func(mark string) func(testing.TB, string, ...string) []byte {
		return func(_ testing.TB, heading string, paragraphs ...string) []byte {
			return []byte(mark + heading + "\n\n" + strings.Join(paragraphs, "\n\n") + "\n")
		}
	}
	html := func(_ testing.TB, heading string, paragraphs ...string) []byte {
		return webPage(heading, "vergoedingen", paragraphs...)
	}
	kinds := []kind{
		{"fietsen.md", "fietsers", "23", "27", plain("# "), "markdown", nil},
		{"lopen.txt", "wandelaars", "11", "13", plain(""), "text", nil},
		{"varen.docx", "schippers", "41", "43", wordFile, "docx", nil},
		{"rijden.pdf", "automobilisten", "17", "19", textPDF, "pdfium", []string{"data-picture", "vb-leaf__mark", "#page=1"}},
		{"vliegen.html", "piloten", "61", "67", html, "html", []string{"onderdeel vergoedingen"}},
		{"/nl/reizen", "treinreizigers", "31", "37", html, "html", []string{"onderdeel vergoedingen", "/nl/reizen#vergoedingen"}},
	}
	if _, err := exec.LookPath("tesseract"); err == nil {
		kinds = append(kinds, kind{"roeien.pdf", "roeiers", "71", "73", scanPDF, corpus.ReaderOCR, []string{"data-picture", "vb-leaf__mark", "Tekst door OCR"}})
	} else {
		t.Log("SKIPPED: the scan, because tesseract is not installed")
	}
	folder := t.TempDir()
	dir := filepath.Join(t.TempDir(), "data")
	var page atomic.Pointer[[]byte]
	website := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/nl/reizen" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(*page.Load())
	}))
	defer website.Close()
	place := func(k kind) string {
		if strings.HasPrefix(k.name, "/") {
			return website.URL + k.name
		}
		return filepath.Join(folder, k.name)
	}
	offer := func(version string) ingest.Summary {
		args := []string{"ingest", "--data-dir", dir, "--json", "--allow-private", "--delay", "1ms"}
		for _, k := range kinds {
			cents := k.old
			if version == "new" {
				cents = k.new
			}
			content := k.make(t, "De vergoeding voor "+k.subject,
				fmt.Sprintf("De reiskostenvergoeding voor %s bedraagt %s cent per kilometer.", k.subject, cents),
				fmt.Sprintf("De raad vindt dat %s met deze vergoeding goed naar het werk kunnen reizen.", k.subject))
			if strings.HasPrefix(k.name, "/") {
				page.Store(&content)
			} else if err := os.WriteFile(place(k), content, 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, place(k))
		}
		return result[ingest.Summary](t, args...)
	}

	first := offer("old")
	s, err := serve(dir, "--no-demo")
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	ask := func(k kind, until func(corpus.Answer) bool) corpus.Answer {
		t.Helper()
		return askUntil(t, s, fmt.Sprintf("Hoe hoog is de reiskostenvergoeding voor %s?", k.subject), until)
	}
	quotes := func(cents string, version int) func(corpus.Answer) bool {
		return func(a corpus.Answer) bool {
			return len(a.Citations) > 0 && a.Citations[0].Version == version && strings.Contains(a.Citations[0].Quote, cents+" cent")
		}
	}
	cited := map[string]corpus.Citation{}
	for i, k := range kinds {
		if e := first.Entries[i]; e.Result != ingest.Added || e.Pages < 1 {
			t.Fatalf("%s: %+v", k.name, e)
		}
		a := ask(k, quotes(k.old, 1))
		checkAnswer(t, a)
		c := a.Citations[0]
		if c.Reader != k.reader || (c.OCRConfidence > 80) != (k.reader == corpus.ReaderOCR) {
			t.Errorf("%s: read by %s, confidence %.0f", k.name, c.Reader, c.OCRConfidence)
		}
		status, shown := get(t, s.url+c.URL)
		for _, want := range append(k.shows, `<mark class="nl-mark" id="citaat"`, k.old+" cent") {
			if status != http.StatusOK || !strings.Contains(shown, want) {
				t.Errorf("%s: %s has status %d or misses %q", k.name, c.URL, status, want)
			}
		}
		if status, _ := get(t, fmt.Sprintf("%s/bron/%s/1", s.url, c.Document.ID)); status != http.StatusOK {
			t.Errorf("%s: the original has status %d", k.name, status)
		}
		cited[k.name] = c
	}
	if scan := kinds[len(kinds)-1]; scan.reader == corpus.ReaderOCR {
		out, _, _ := vraagbaak(t, "ask", "--data-dir", dir, "Hoe hoog is de reiskostenvergoeding voor "+scan.subject+"?")
		found, _, _ := vraagbaak(t, "search", "--data-dir", dir, "--limit", "1", "reiskostenvergoeding", scan.subject)
		if !strings.Contains(out, "[tekst door OCR, ") || !strings.Contains(found, "[text read by OCR, ") {
			t.Errorf("the terminal does not say that it was read by OCR:\n%s\n%s", out, found)
		}
	}

	second := offer("new")
	for i, k := range kinds {
		if e := second.Entries[i]; e.Result != ingest.Replaced || e.Version != 2 {
			t.Fatalf("%s: %+v", k.name, e)
		}
		a := ask(k, quotes(k.new, 2))
		if strings.Contains(a.Text, k.old+" cent") {
			t.Errorf("%s: the old version still answers: %s", k.name, a.Text)
		}
		old := cited[k.name]
		status, shown := get(t, s.url+old.URL)
		for _, want := range []string{"oudere versie", k.old + " cent", `id="citaat"`} {
			if status != http.StatusOK || !strings.Contains(shown, want) {
				t.Errorf("%s: the old citation has status %d or misses %q", k.name, status, want)
			}
		}
	}

	for _, k := range kinds {
		old := cited[k.name]
		result[statusResult](t, "documents", "--data-dir", dir, "--json", "--withdraw", old.Document.ID)
		ask(k, func(a corpus.Answer) bool { return !strings.Contains(a.Text, k.new+" cent") })
		status, shown := get(t, s.url+old.URL)
		for _, want := range []string{"ingetrokken op", k.old + " cent", `id="citaat"`} {
			if status != http.StatusOK || !strings.Contains(shown, want) {
				t.Errorf("%s: withdrawn, the old citation has status %d or misses %q", k.name, status, want)
			}
		}
		if status, _ := get(t, fmt.Sprintf("%s/bron/%s/1", s.url, old.Document.ID)); status != http.StatusNotFound {
			t.Errorf("%s: withdrawn, the original has status %d", k.name, status)
		}
	}
}

// askUntil asks a site until the answer is what is waited for: a site follows
// changes of the corpus by itself.
func askUntil(t testing.TB, s *site, question string, until func(corpus.Answer) bool) corpus.Answer {
	t.Helper()
	body, err := json.Marshal(map[string]string{"question": question})
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 2 * time.Minute}
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		response, err := client.Post(s.url+"/api/ask", "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		var a corpus.Answer
		err = json.NewDecoder(response.Body).Decode(&a)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if until(a) {
			return a
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s\n%s: %s\n%+v", question, a.Status, a.Text, a.Citations)
		}
	}
}
