package extract

import (
	"bytes"
	"context"
	"image"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/ingest/pdfium"
	"github.com/ser-nl/vraagbaak/internal/pdftest"
)

// Every engine reads the same from the same bytes, damaged ones included, to the last
// digit, and draws the same.
func TestEnginesAgree(t *testing.T) {
	engines := pdfium.Engines()
	if len(engines) < 2 {
		t.Skipf("SKIPPED: this program has one engine, %s", engines[0])
	}
	var runtimes []*pdfium.Runtime
	for _, name := range engines {
		r, err := pdfium.New(context.Background(), pdfium.Options{CacheDir: cacheDir(t), MemoryLimit: 256 << 20, Engine: name})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
		runtimes = append(runtimes, r)
	}
	whole := plainPDF(t, 3)
	cases := map[string][]byte{
		"plain":              whole,
		"half":               whole[:len(whole)/3],
		"without its end":    whole[:len(whole)-20],
		"circular page tree": pdftest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2/Parent 2 0 R>>"),
		"bomb":               pdftest.Bomb(),
		"broken JPEG":        brokenJPEG(),
	}
	for _, pattern := range []string{"../../../shared/bench/extraction/*.pdf", "../../../shared/corpus/*/*.pdf", "../demo/*.pdf"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			content, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			cases[f] = content
		}
	}
	for name, content := range cases {
		t.Run(filepath.Base(name), func(t *testing.T) {
			want := readBy(runtimes[0], content)
			for i, r := range runtimes[1:] {
				if got := readBy(r, content); !reflect.DeepEqual(got, want) {
					t.Errorf("%s and %s differ:\n%s\n%s", engines[0], engines[i+1], want, got)
				}
			}
		})
	}
}

// reading is all that an engine made of a document.
type reading struct {
	err     string // the beginning; the rest is the engine's own words
	info    rawDocument
	pages   []rawPage
	picture *image.Gray // of the first page
}

// String is for messages.
func (r reading) String() string {
	var b strings.Builder
	b.WriteString(r.err)
	for _, p := range r.pages {
		b.WriteString(p.text())
		b.WriteString(p.Broken)
	}
	return b.String()
}

func readBy(r *pdfium.Runtime, content []byte) (out reading) {
	d, err := openPDF(r, content)
	if err != nil {
		out.err, _, _ = strings.Cut(err.Error(), ":")
		return out
	}
	defer d.close()
	out.info = d.info()
	const most = 40 // pages
	reopened := 0
	for n := 1; n <= min(d.count, most); n++ {
		p, err := d.safePage(n, &reopened)
		p.Broken, _, _ = strings.Cut(p.Broken, ":")
		out.pages = append(out.pages, p)
		if err != nil {
			out.err, _, _ = strings.Cut(err.Error(), ":")
			return out
		}
	}
	if page := d.calls.call("FPDF_LoadPage", d.calls.doc, 0); page != 0 {
		if out.picture, err = d.render(page, 40); err != nil {
			out.err, _, _ = strings.Cut(err.Error(), ":")
		}
	}
	return out
}

// brokenJPEG is a page with a JPEG whose tables are missing: the decoder gives up in the
// middle by longjmp.
func brokenJPEG() []byte {
	jpeg := "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" +
		"\xff\xc0\x00\x0b\x08\x00\x40\x00\x40\x01\x01\x11\x00" + // a grey picture of 64 by 64
		"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + strings.Repeat("\x12\x34\x56", 100) + "\xff\xd9"
	return pdftest.Objects(
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>/Font<</F1 6 0 R>>>>>>",
		pdftest.Stream("", "q 100 0 0 100 20 20 cm /I Do Q BT /F1 11 Tf 20 150 Td (Na het beeld) Tj ET"),
		pdftest.Stream("/Type/XObject/Subtype/Image/Width 64/Height 64/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode", jpeg),
		pdftest.Helvetica)
}

// A picture that cannot be decoded costs the picture and not the page: what the decoder
// jumps out of is caught where it should be.
func TestBrokenPicture(t *testing.T) {
	for _, engine := range pdfium.Engines() {
		r, err := pdfium.New(context.Background(), pdfium.Options{CacheDir: cacheDir(t), MemoryLimit: 256 << 20, Engine: engine})
		if err != nil {
			t.Fatal(err)
		}
		d, err := openPDF(r, brokenJPEG())
		if err != nil {
			t.Fatal(engine, err)
		}
		page := d.calls.call("FPDF_LoadPage", d.calls.doc, 0)
		img, err := d.render(page, 72)
		if err != nil {
			t.Fatal(engine, err)
		}
		if bytes.Count(img.Pix, []byte{255}) == len(img.Pix) {
			t.Errorf("%s: the text beside the picture is not drawn", engine)
		}
		p, err := d.page(1)
		if err != nil || !strings.Contains(p.text(), "Na het beeld") {
			t.Errorf("%s: read %q, %v", engine, p.text(), err)
		}
		d.close()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
