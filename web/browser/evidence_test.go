package browser_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/ser-nl/vraagbaak/ingest/demo"
	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evidence"
	"github.com/ser-nl/vraagbaak/internal/postgres"
)

// newPictures draws pages as serve does; its child starts with the first page.
func newPictures(t *testing.T, db *postgres.DB) (*evidence.Pictures, *extract.Extractor) {
	t.Helper()
	cache := t.TempDir()
	if base, err := os.UserCacheDir(); err == nil { // kept between runs: compiling takes seconds
		cache = filepath.Join(base, "vraagbaak", "wasm")
	}
	drawer, err := extract.New(extract.Options{CacheDir: cache, OCR: extract.OCROptions{Off: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drawer.Close(); err != nil {
			t.Error(err)
		}
	})
	pictures, err := evidence.New(evidence.Config{Library: postgres.NewLibrary(db), Drawer: drawer})
	if err != nil {
		t.Fatal(err)
	}
	return pictures, drawer
}

// printed puts a PDF of the demo corpus into the site's, and gives a citation of
// its longest paragraph on a page.
func (s *site) printed(t *testing.T, name string, page int) corpus.Citation {
	t.Helper()
	content, err := fs.ReadFile(demo.FS(), name)
	if err != nil {
		t.Fatal(err)
	}
	return s.ingest(t, name, "application/pdf", content, page)
}

// ingest reads a document as the ingester does and puts it into the site's corpus. It
// gives a citation of its longest paragraph on a page.
func (s *site) ingest(t *testing.T, name, mediaType string, content []byte, page int) corpus.Citation {
	t.Helper()
	doc, err := s.drawer.Extract(t.Context(), name, content)
	if err != nil {
		t.Fatal(err)
	}
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := s.db.Pool().Exec(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	id := strings.TrimSuffix(name, filepath.Ext(name))
	digest := sha256.Sum256(content)
	exec(`INSERT INTO originals (digest, media_type, content) VALUES ($1, $2, $3)`, digest[:], mediaType, content)
	exec(`INSERT INTO documents (id, source) VALUES ($1, 'test:' || $1)`, id)
	exec(`INSERT INTO versions (document_id, number, digest, status, title, publication, type, language, date, published_at)
		VALUES ($1, 1, $2, 'current', $3, '', $4, 'nl', $5, '2024-05-01 12:00Z')`, id, digest[:], doc.Title, doc.Type, string(doc.Date))
	for _, p := range doc.Pages {
		exec(`INSERT INTO pages (version_id, number, label, text, reader, blocks)
			SELECT id, $2, $3, $4, $5, $6 FROM versions WHERE document_id = $1`, id, p.Number, p.Label, p.Text, p.Reader, p.Blocks)
	}
	exec(`UPDATE corpus_changes SET at = '2024-05-01 12:00Z'`)
	p := doc.Pages[page-1]
	var longest corpus.Block
	for _, b := range p.Blocks {
		if b.Kind == corpus.BlockParagraph && b.End-b.Start > longest.End-longest.Start {
			longest = b
		}
	}
	return corpus.Citation{N: 1, Document: corpus.DocumentRef{ID: id, Title: doc.Title, Type: doc.Type, Date: doc.Date},
		Version: 1, Page: page, PageLabel: p.Label, Quote: corpus.Slice(p.Text, longest.Start, longest.End), Start: longest.Start, End: longest.End,
		URL: corpus.CitationURL(id, 1, page, longest.Start, longest.End)}
}

const drawn = `(() => { const i = document.querySelector("[data-picture]"); return i && i.complete && i.naturalWidth > 0 })()`

// markedWell holds that the marks lie within the picture and over something that
// is not white: the darkest point under each is a letter.
func markedWell(ctx context.Context, t *testing.T, where string) {
	t.Helper()
	until(ctx, t, "the picture is there", drawn)
	type found struct {
		Marks, Outside, Blank int
		Same                  bool
	}
	f := evaluate[found](ctx, t, `(async () => {
		const image = [...document.querySelectorAll("[data-picture]")].at(-1), svg = image.parentElement.querySelector("svg");
		await image.decode();
		const at = image.getBoundingClientRect(), over = svg.getBoundingClientRect();
		const canvas = document.createElement("canvas");
		canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
		const paint = canvas.getContext("2d");
		paint.drawImage(image, 0, 0);
		let outside = 0, blank = 0;
		const marks = [...svg.querySelectorAll("rect")];
		for (const m of marks) {
			const r = m.getBoundingClientRect();
			if (r.left < at.left - 1 || r.right > at.right + 1 || r.top < at.top - 1 || r.bottom > at.bottom + 1) outside++;
			const x = canvas.width / at.width, y = canvas.height / at.height;
			const pixels = paint.getImageData((r.left - at.left) * x, (r.top - at.top) * y, Math.max(r.width * x, 1), Math.max(r.height * y, 1)).data;
			if (Math.min(...pixels.filter((_, i) => i % 4 === 0)) > 100) blank++;
		}
		return {Marks: marks.length, Outside: outside, Blank: blank,
			Same: Math.abs(at.width - over.width) < 1.5 && Math.abs(at.height - over.height) < 1.5};
	})()`)
	if f.Marks == 0 || f.Outside > 0 || f.Blank > 0 || !f.Same {
		t.Errorf("%s: %+v", where, f)
	}
}

func TestPrintedPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	c := s.printed(t, "wat-is-de-ser.pdf", 1)
	ctx := tab(t, desktop)
	for name, v := range map[string]view{
		"320": {width: 320, height: 640}, "1440": desktop, "768": {width: 768, height: 1024},
		"1440-dark": {width: 1440, height: 900, dark: true}, "320-noscript": {width: 320, height: 640, noScript: true},
		"1440-forced": {width: 1440, height: 900, forced: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := anew(ctx, t, v)
			open(ctx, t, s.url+c.URL)
			markedWell(ctx, t, name)
			noSidewaysScroll(ctx, t, name)
			axe(ctx, t, "printed page at "+name)
			picture(ctx, t, "printed-"+name, true)
			beside := evaluate[bool](ctx, t, `document.querySelector(".vb-sheet").getBoundingClientRect().left >= document.querySelector("[data-picture]").getBoundingClientRect().right`)
			if beside != (v.width >= 1024) {
				t.Errorf("the text stands beside the picture: %v", beside)
			}
			if visible := evaluate[bool](ctx, t, `document.querySelector("[data-copy-reference]").checkVisibility()`); visible == v.noScript {
				t.Errorf("the button that copies is shown: %v", visible)
			}
			reference := text(ctx, t, "[data-reference]")
			if !strings.Contains(reference, c.Document.Title) || !strings.HasSuffix(reference, s.url+c.URL) {
				t.Errorf("the reference is %q", reference)
			}
		})
	}

	t.Run("turning pages and copying", func(t *testing.T) {
		ctx := anew(ctx, t, desktop)
		open(ctx, t, s.url+c.URL)
		until(ctx, t, "the script runs", `"script" in document.documentElement.dataset`)
		do(ctx, t, "copying", click("[data-copy-reference]"))
		until(ctx, t, "it is said", `document.querySelector("[data-copied]").textContent !== ""`)
		do(ctx, t, "folding the text", click(".vb-fold:nth-child(2) > summary"))
		if evaluate[bool](ctx, t, `document.querySelector(".vb-sheet").checkVisibility()`) {
			t.Error("the text does not fold")
		}
		do(ctx, t, "going to the quote", click("[data-passage-jump]"))
		until(ctx, t, "the quote is shown", `document.querySelector("#citaat").checkVisibility()`)
		do(ctx, t, "turning the page", click("a[rel=next]"))
		until(ctx, t, "the next page is there", `location.pathname.endsWith("/1/2") && !!document.querySelector("[data-picture]")`)
		until(ctx, t, "its picture is there", drawn)
		if evaluate[bool](ctx, t, `document.querySelector("[data-marks]") !== null`) {
			t.Error("a page without a quote has marks")
		}
		do(ctx, t, "enlarging", click(".vb-leaf__caption a"))
		until(ctx, t, "the large picture is there", `document.contentType === "image/png" && document.images[0].naturalWidth > 1500`)
	})

	t.Run("beside the conversation", func(t *testing.T) {
		s.scripted.printed = c
		for _, width := range widths {
			ctx := anew(ctx, t, view{width: width, height: 900})
			openLive(ctx, t, s.url+"/")
			ask(ctx, t, askPrinted)
			until(ctx, t, "the answer is there", answered)
			// By keyboard: on small screens the form may lie over the place to click.
			do(ctx, t, "opening the source", chromedp.Focus(chromedp.CSS("a.vb-cite")), press("Enter"))
			until(ctx, t, "the source is open", `!!document.querySelector("[data-panel] [data-picture]")`)
			markedWell(ctx, t, fmt.Sprint("panel at ", width))
			inSight(ctx, t, "the button that closes the source", "[data-panel-close]")
			quote := "[data-marks] > *"
			if width < 480 {
				quote = "#citaat" // print is too small to read there
			}
			until(ctx, t, "the quote is in sight", `(() => { const r = document.querySelector("`+quote+`").getBoundingClientRect(), b = document.querySelector("[data-panel-body]").getBoundingClientRect(); return r.top >= b.top && r.top < b.bottom - 40 })()`)
			noSidewaysScroll(ctx, t, "panel")
			axe(ctx, t, "printed page in the panel")
			picture(ctx, t, fmt.Sprintf("printed-panel-%d", width), false)
		}
	})

	t.Run("cannot be drawn", func(t *testing.T) {
		bad := s.printed(t, "samenstelling.pdf", 1)
		if _, err := s.db.Pool().Exec(t.Context(), `UPDATE originals SET content = 'no longer a PDF' WHERE digest =
			(SELECT digest FROM versions WHERE document_id = 'samenstelling')`); err != nil {
			t.Fatal(err)
		}
		ctx := anew(ctx, t, desktop)
		open(ctx, t, s.url+bad.URL)
		if got := text(ctx, t, ".vb-leaf__failed"); !strings.Contains(got, "kan nu niet worden getoond") {
			t.Errorf("says %q", got)
		}
		if !evaluate[bool](ctx, t, `!!document.querySelector("#citaat")`) {
			t.Error("the text is not shown")
		}
		axe(ctx, t, "a page that cannot be drawn")

		// A picture that is lost on the way.
		open(ctx, t, s.url+c.URL)
		until(ctx, t, "the script runs", `"script" in document.documentElement.dataset`)
		evaluate[*string](ctx, t, `(() => { const i = document.querySelector("[data-picture]"); i.srcset = ""; i.src = "/beeld/weg/1/1.png"; return null })()`)
		until(ctx, t, "the loss is said", `document.querySelector(".vb-leaf__failed")?.innerText.includes("kan nu niet worden getoond")`)
	})

	t.Run("withdrawn", func(t *testing.T) {
		if _, err := s.db.Pool().Exec(t.Context(), `UPDATE documents SET withdrawn_at = now() WHERE id = $1`, c.Document.ID); err != nil {
			t.Fatal(err)
		}
		ctx := anew(ctx, t, desktop)
		open(ctx, t, s.url+c.URL)
		if got := text(ctx, t, ".utrecht-alert"); !strings.Contains(got, "ingetrokken") {
			t.Errorf("says %q", got)
		}
		markedWell(ctx, t, "withdrawn")
		axe(ctx, t, "withdrawn")
		picture(ctx, t, "printed-withdrawn", true)
	})
}
