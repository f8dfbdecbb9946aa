package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/web"
)

// fakePictures shows version 2 of the test's document; err stands for every fault.
type fakePictures struct {
	err   error
	boxes []Box
}

func (f *fakePictures) Picture(_ context.Context, document string, version, page, scale int) (Picture, error) {
	switch {
	case f.err != nil:
		return Picture{}, f.err
	case document != "financiering" || version != 2 || page > 3:
		return Picture{}, notFoundErr
	}
	return Picture{Digest: "abc", PNG: fmt.Appendf(nil, "\x89PNG page %d at %d", page, scale)}, nil
}

func (f *fakePictures) Sheet(_ context.Context, _ SourcePage, start, end int) (Sheet, error) {
	s := Sheet{Width: 893, Height: 1263}
	if end > start {
		s.Boxes = f.boxes
	}
	return s, f.err
}

// changedSite is the test's site with other pages.
type changedSite struct {
	*fakeSite
	change func(*SourcePage)
}

func (f changedSite) Page(ctx context.Context, document string, version, page int) (SourcePage, error) {
	s, err := f.fakeSite.Page(ctx, document, version, page)
	f.change(&s)
	return s, err
}

func newPrintedPages(t *testing.T, pictures PagePictures, change func(*SourcePage)) http.Handler {
	t.Helper()
	site := &fakeSite{}
	p, err := NewPages(PagesConfig{Asker: site, Conversations: site, Library: changedSite{site, change}, Pictures: pictures})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	p.Register(mux)
	return mux
}

func same(*SourcePage) {}

func TestPrintedPassage(t *testing.T) {
	const citation = "/citaat/financiering/2/2/15-59"
	boxes := []Box{{X: 0.1, Y: 0.2, Width: 0.5, Height: 0.01}, {X: 0.1, Y: 0.215, Width: 0.25, Height: 0.01}}
	withdrawn := func(s *SourcePage) { s.Withdrawn = time.Date(2024, 4, 25, 12, 0, 0, 0, time.UTC) }
	tests := []struct {
		name, path string
		pictures   *fakePictures
		change     func(*SourcePage)
		status     int
		want, not  []string
	}{
		{"marked", citation, &fakePictures{boxes: boxes}, same, 200, []string{
			`src="/beeld/financiering/2/2.png" srcset="/beeld/financiering/2/2.png 1x, /beeld/financiering/2/2.png?schaal=2 2x" width="893" height="1263"`,
			`alt="Beeld van bladzijde 2 zoals die gedrukt is, met het citaat gemarkeerd.`, `viewBox="0 0 893 1263"`,
			`<rect class="vb-leaf__mark" x="87.8" y="251.1" width="449.5" height="15.7"/>`, `<mark class="nl-mark" id="citaat"`,
			`De SER &amp; zijn geld, uitleg 14/04, 25 april 2014, bladzijde ii. http://example.com` + citation, `href="/bron/financiering/2#page=2"`,
		}, []string{"niet gevonden", "is een scan"}},
		{"English", "/en" + citation, &fakePictures{boxes: boxes}, same, 200, []string{"Picture of page 2 as it was printed, with the quote marked.",
			`src="/beeld/financiering/2/2.png"`, "Copy the reference", "http://example.com/en/citaat/"}, nil},
		{"no quote", "/documenten/financiering/2/2", &fakePictures{boxes: boxes}, same, 200, []string{`alt="Beeld van bladzijde 2 zoals die gedrukt is. De`}, []string{"<svg class=\"vb-leaf__marks", "niet gevonden"}},
		{"not found on the page", citation, &fakePictures{}, same, 200, []string{"op dit beeld niet gevonden", `data-picture`, `id="citaat"`}, []string{"vb-leaf__marks"}},
		{"scan", citation, &fakePictures{}, func(s *SourcePage) { s.Page.Reader, s.Page.Confidence = "ocr", 91.4 }, 200,
			[]string{"Deze bladzijde is een scan.", "Tekst door OCR", "91%"}, nil},
		{"marked scan", citation, &fakePictures{boxes: boxes}, func(s *SourcePage) { s.Page.Reader, s.Page.Confidence = "ocr", 91.4 }, 200,
			[]string{"vb-leaf__mark", "Tekst door OCR", "91%", `href="/bron/financiering/2#page=2"`}, []string{"is een scan"}},
		{"scan in English", "/en" + citation, &fakePictures{boxes: boxes}, func(s *SourcePage) { s.Page.Reader, s.Page.Confidence = "ocr", 91.4 }, 200,
			[]string{"Text read by OCR", "91%"}, nil},
		{"from the web", citation, &fakePictures{boxes: boxes}, func(s *SourcePage) { s.Document.Source = "https://www.ser.example/a.pdf" }, 200,
			[]string{`href="https://www.ser.example/a.pdf#page=2" rel="external noreferrer"`}, nil},
		{"web page", citation, &fakePictures{err: ErrNoPicture}, func(s *SourcePage) {
			s.Document.Source, s.Page.Reader, s.Page.Label = "https://www.ser.example/nl/advies?a=1", "html", "in-het-kort"
		}, 200, []string{`href="https://www.ser.example/nl/advies?a=1#in-het-kort"`, "(onderdeel in-het-kort)", ", onderdeel in-het-kort. http://example.com", `href="/bron/financiering/2"`}, []string{"gedrukt nummer", "#page="}},
		{"file", citation, &fakePictures{err: ErrNoPicture}, func(s *SourcePage) { s.Document.Source, s.Page.Reader = "/srv/javascript:x.docx", "docx" }, 200,
			[]string{`href="/bron/financiering/2"`}, []string{"external", "/srv/"}},
		{"cannot be drawn", citation, &fakePictures{err: errors.New("geheim")}, same, 200, []string{"kan nu niet worden getoond", `id="citaat"`}, []string{"data-picture", "geheim"}},
		{"no printed pages", citation, &fakePictures{err: ErrNoPicture}, same, 200, []string{`id="citaat"`}, []string{"data-picture", "vb-evidence", "kan nu niet"}},
		{"withdrawn", citation, &fakePictures{boxes: boxes}, withdrawn, 200, []string{"ingetrokken op 25 april 2024", `id="citaat"`, "vb-leaf__mark"},
			[]string{`href="/bron/`, `href="/documenten/financiering`, "oudere versie"}},
		{"browsing what is withdrawn", "/documenten/financiering/2/2", &fakePictures{}, withdrawn, 404, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(newPrintedPages(t, tt.pictures, tt.change), tt.path)
			if w.Code != tt.status {
				t.Fatalf("status %d", w.Code)
			}
			body := w.Body.String()
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("misses %q in\n%s", want, body)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(body, not) {
					t.Errorf("has %q", not)
				}
			}
			if strings.Contains(body, " style=") {
				t.Error("has an inline style, which the content security policy forbids")
			}
		})
	}
}

// A source says how its text was read, and what of a web page it is.
func TestSourceSaysHowItWasRead(t *testing.T) {
	messages, err := web.LoadMessages()
	if err != nil {
		t.Fatal(err)
	}
	l := &locale{lang: "nl", messages: messages["nl"]}
	if got := l.source("https://vraagbaak.example", corpus.Citation{Document: corpus.DocumentRef{ID: "a"}, Version: 1, Page: 2, Start: 3, End: 4}); got.Address != "https://vraagbaak.example"+got.URL || got.URL == "" {
		t.Errorf("the address in full is %q", got.Address)
	}
	for _, tt := range []struct {
		cite corpus.Citation
		want string
	}{
		{corpus.Citation{Page: 3, PageLabel: "ii", Reader: "pdfium"}, "bladzijde ii"},
		{corpus.Citation{Page: 3, PageLabel: "3", Heading: "Kop", Reader: corpus.ReaderOCR, OCRConfidence: 93.7}, "bladzijde 3 · Kop · tekst door OCR (93% zeker)"},
		{corpus.Citation{Page: 2, PageLabel: "in-het-kort", Reader: "html"}, "onderdeel in-het-kort"},
		{corpus.Citation{Page: 2, PageLabel: "2", Reader: "html"}, "bladzijde 2"},
		{corpus.Citation{Page: 2, PageLabel: "2"}, "bladzijde 2"}, // of an answer from before
	} {
		if got := l.source("https://vraagbaak.example", tt.cite).Where; got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.cite, got, tt.want)
		}
	}
}

func TestPicture(t *testing.T) {
	ok := &fakePictures{}
	tests := []struct {
		path     string
		pictures *fakePictures
		status   int
		body     string
	}{
		{"/beeld/financiering/2/3.png", ok, 200, "\x89PNG page 3 at 1"},
		{"/beeld/financiering/2/3.png?schaal=1", ok, 200, "\x89PNG page 3 at 1"},
		{"/beeld/financiering/2/3.png?schaal=2", ok, 200, "\x89PNG page 3 at 2"},
		{"/beeld/financiering/2/3.png?schaal=3", ok, 404, "Het adres klopt niet"},
		{"/beeld/financiering/2/3.png?schaal=-1", ok, 404, ""},
		{"/beeld/financiering/2/4.png", ok, 404, ""},
		{"/beeld/financiering/9/1.png", ok, 404, ""},
		{"/beeld/financiering/2/1.jpg", ok, 404, ""},
		{"/beeld/financiering/2/0.png", ok, 404, ""},
		{"/beeld/financiering/2/01.png", ok, 404, ""},
		{"/beeld/weg/1/1.png", ok, 404, ""},
		{"/beeld/financiering/2/1.png", &fakePictures{err: ErrNoPicture}, 404, ""},
		{"/beeld/financiering/2/1.png", &fakePictures{err: &corpus.UserError{Code: corpus.CodeBusy, RetryAfter: 1500 * time.Millisecond}}, 503, "druk"},
		{"/beeld/financiering/2/1.png", &fakePictures{err: errors.New("geheim")}, 502, "kan nu niet worden getoond"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			w := get(newPrintedPages(t, tt.pictures, same), tt.path)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) || strings.Contains(w.Body.String(), "geheim") {
				t.Errorf("%d %q", w.Code, w.Body)
			}
			h := w.Header()
			if tt.status == 200 {
				if h.Get("Content-Type") != "image/png" || !strings.Contains(h.Get("Cache-Control"), "immutable") || !strings.HasPrefix(h.Get("ETag"), `"abc-3-`) {
					t.Errorf("headers %v", h)
				}
			} else if h.Get("Cache-Control") != "no-store" || !strings.HasPrefix(h.Get("Content-Type"), "text/plain") {
				t.Errorf("headers %v", h)
			}
			if tt.status == 503 && h.Get("Retry-After") != "2" {
				t.Errorf("Retry-After %q", h.Get("Retry-After"))
			}
		})
	}

	t.Run("known already", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodGet, "/beeld/financiering/2/3.png", nil)
		r.Header.Set("If-None-Match", `"abc-3-1"`)
		w := httptest.NewRecorder()
		newPrintedPages(t, ok, same).ServeHTTP(w, r)
		if w.Code != http.StatusNotModified || w.Body.Len() != 0 {
			t.Errorf("%d with %d bytes", w.Code, w.Body.Len())
		}
	})
	t.Run("without pictures", func(t *testing.T) {
		if w := get(newTestPages(t, &fakeSite{}), "/beeld/financiering/2/3.png"); w.Code != http.StatusNotFound {
			t.Errorf("status %d", w.Code)
		}
	})
}
