package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEveryMessageSpeaksEveryLanguage(t *testing.T) {
	catalogue, err := LoadMessages()
	if err != nil {
		t.Fatal(err)
	}
	for key := range catalogue["nl"] {
		if strings.Count(catalogue["nl"][key], "{") != strings.Count(catalogue["en"][key], "{") {
			t.Errorf("%q takes other values in Dutch than in English", key)
		}
	}
	if _, err := catalogue["nl"].Text("no.such.key"); err == nil {
		t.Error("an unknown key is not an error")
	}
	got, err := catalogue["nl"].Text("passage.page", "number", 2, "pages", 3)
	if err != nil || got != "Bladzijde 2 van 3" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAssets(t *testing.T) {
	a, err := LoadAssets()
	if err != nil {
		t.Fatal(err)
	}
	if !a.Built() {
		t.Skip("NOT TESTED: the styles and scripts are not built (make build)")
	}
	const firstView = 60 << 10 // bytes of script and style together, compressed
	if size := a.Size("main.js") + a.Size("style.css"); size == 0 || size > firstView {
		t.Errorf("script and style take %d bytes of %d", size, firstView)
	}
	for name, mediaType := range map[string]string{"main.js": "text/javascript; charset=utf-8", "style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		for accept, encoding := range map[string]string{"": "", "gzip, br": "gzip", "gzip;q=0": "", "gzip;q=0.5": "gzip"} {
			r := httptest.NewRequest(http.MethodGet, a.Path(name), nil)
			r.Header.Set("Accept-Encoding", accept)
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			h := w.Header()
			if w.Code != http.StatusOK || h.Get("Content-Type") != mediaType || h.Get("Content-Encoding") != encoding || !strings.Contains(h.Get("Cache-Control"), "immutable") {
				t.Fatalf("%s with %q: %d %v", name, accept, w.Code, h)
			}
			var body io.Reader = w.Body
			if encoding == "gzip" {
				if body, err = gzip.NewReader(w.Body); err != nil {
					t.Fatal(err)
				}
			}
			b, err := io.ReadAll(body)
			if err != nil || len(b) == 0 || len(b) != len(a.files[a.byName[name]]) {
				t.Errorf("%s with %q: %d bytes, %v", name, accept, len(b), err)
			}
		}
	}
	for _, path := range []string{"/static/", "/static/manifest.json", "/static/../web.go", "/static/.gitkeep"} {
		r := httptest.NewRequest(http.MethodGet, "/static/x", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
}
