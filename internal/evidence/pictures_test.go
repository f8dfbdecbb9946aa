package evidence

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/server"
)

var errNotFound = &corpus.UserError{Code: corpus.CodeNotFound, Message: "weg"}

// fakeLibrary has one PDF of nine pages and one text.
type fakeLibrary struct{ reads int }

func (l *fakeLibrary) PageOriginal(_ context.Context, document string, version, page int) (string, string, error) {
	switch {
	case version != 1 || page > 9:
		return "", "", errNotFound
	case document == "pdf":
		return "application/pdf", "digest", nil
	case document == "tekst":
		return "text/plain", "other", nil
	}
	return "", "", errNotFound
}

func (l *fakeLibrary) Content(_ context.Context, digest string) ([]byte, error) {
	l.reads++
	return []byte("%PDF of " + digest), nil
}

// fakeDrawer draws when it is let.
type fakeDrawer struct {
	mu     sync.Mutex
	drawn  int
	asked  []string
	let    chan struct{} // nil: at once
	err    error
	sheets []extract.Box
}

func (d *fakeDrawer) wait(ctx context.Context, what string) error {
	d.mu.Lock()
	d.drawn++
	d.asked = append(d.asked, what)
	err := d.err
	d.mu.Unlock()
	if d.let != nil {
		select {
		case <-d.let:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

func (d *fakeDrawer) Picture(ctx context.Context, content []byte, page, scale int) ([]byte, error) {
	if err := d.wait(ctx, fmt.Sprintf("draw %d x%d", page, scale)); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%s, page %d at %d", content, page, scale), nil
}

func (d *fakeDrawer) Locate(ctx context.Context, _ []byte, page int, text string, start, end int) (extract.Sheet, error) {
	if err := d.wait(ctx, fmt.Sprintf("locate %d %q %d-%d", page, text, start, end)); err != nil {
		return extract.Sheet{}, err
	}
	return extract.Sheet{Width: 893, Height: 1263, Boxes: d.sheets}, nil
}

func newTest(t *testing.T, d *fakeDrawer, change func(*Config)) (*Pictures, *fakeLibrary) {
	t.Helper()
	l := &fakeLibrary{}
	cfg := Config{Library: l, Drawer: d}
	if change != nil {
		change(&cfg)
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p, l
}

func source(document, reader string) server.SourcePage {
	return server.SourcePage{Document: corpus.Document{ID: document, Version: 1}, Page: corpus.Page{Number: 2, Text: "De tekst.", Reader: reader}}
}

func TestPictureIsDrawnOnce(t *testing.T) {
	d := &fakeDrawer{}
	p, l := newTest(t, d, nil)
	for range 3 {
		got, err := p.Picture(t.Context(), "pdf", 1, 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(server.Picture{Digest: "digest", PNG: []byte("%PDF of digest, page 2 at 1")}, got); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := p.Picture(t.Context(), "pdf", 1, 2, 2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"draw 2 x1", "draw 2 x2"}, d.asked); diff != "" || l.reads != 1 {
		t.Errorf("%d reads of the original; %s", l.reads, diff)
	}
}

func TestOnlyTheCorpusIsDrawn(t *testing.T) {
	d := &fakeDrawer{}
	p, _ := newTest(t, d, nil)
	for _, tt := range []struct {
		document      string
		version, page int
		want          error
	}{
		{"weg", 1, 1, errNotFound}, {"pdf", 2, 1, errNotFound}, {"pdf", 1, 10, errNotFound}, {"tekst", 1, 1, server.ErrNoPicture},
	} {
		if _, err := p.Picture(t.Context(), tt.document, tt.version, tt.page, 1); !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	if _, err := p.Sheet(t.Context(), source("tekst", "text"), 0, 2); !errors.Is(err, server.ErrNoPicture) {
		t.Errorf("the sheet of a text: %v", err)
	}
	if d.drawn != 0 {
		t.Errorf("asked for %q", d.asked)
	}
}

func TestSheet(t *testing.T) {
	d := &fakeDrawer{sheets: []extract.Box{{X: 0.1, Y: 0.2, Width: 0.3, Height: 0.04}}}
	p, _ := newTest(t, d, nil)
	for range 2 {
		got, err := p.Sheet(t.Context(), source("pdf", "pdfium"), 3, 8)
		if err != nil {
			t.Fatal(err)
		}
		want := server.Sheet{Width: 893, Height: 1263, Boxes: []server.Box{{X: 0.1, Y: 0.2, Width: 0.3, Height: 0.04}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	// The places of a scan's words are kept with its page, whatever its picture says.
	d.sheets = nil
	scan := source("pdf", corpus.ReaderOCR)
	scan.Page.Places = []corpus.Place{{Start: 0, End: 2, X: 0.1, Y: 0.1, Width: 0.1, Height: 0.02}, {Start: 3, End: 9, X: 0.21, Y: 0.1, Width: 0.2, Height: 0.02}}
	for _, span := range [][3]int{{0, 9, 1}, {3, 8, 1}, {2, 3, 0}, {0, 0, 0}} {
		got, err := p.Sheet(t.Context(), scan, span[0], span[1])
		if err != nil || len(got.Boxes) != span[2] || got.Width != 893 {
			t.Errorf("%v: %+v, %v", span, got, err)
		}
		if span == [3]int{3, 8, 1} && got.Boxes[0] != (server.Box{X: 0.21, Y: 0.1, Width: 0.2, Height: 0.02}) {
			t.Errorf("%+v", got.Boxes)
		}
	}
	want := []string{`locate 2 "De tekst." 3-8`, `locate 2 "De tekst." 0-0`} // a scan is measured once
	if diff := cmp.Diff(want, d.asked); diff != "" {
		t.Error(diff)
	}
}

// Many who ask for the same page wait for one drawing, also when the first goes.
func TestOneDrawingForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDrawer{let: make(chan struct{})}
		p, _ := newTest(t, d, func(c *Config) { c.Waiting = 1 })
		first, leave := context.WithCancel(t.Context())
		errs := make(chan error, 5)
		ask := func(ctx context.Context) { _, err := p.Picture(ctx, "pdf", 1, 1, 1); errs <- err }
		go ask(first)
		synctest.Wait()
		for range 4 {
			go ask(t.Context())
		}
		synctest.Wait()
		leave()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
		var busy *corpus.UserError
		if _, err := p.Picture(t.Context(), "pdf", 1, 2, 1); !errors.As(err, &busy) || busy.Code != corpus.CodeBusy || busy.RetryAfter <= 0 {
			t.Errorf("another page beyond the queue: %v", err)
		}
		close(d.let)
		for range 4 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if d.drawn != 1 {
			t.Errorf("drawn %d times", d.drawn)
		}
		if _, err := p.Picture(t.Context(), "pdf", 1, 2, 1); err != nil {
			t.Errorf("when there is room again: %v", err)
		}
	})
}

// What is wrong with a page is remembered for a while; a fault of ours is not.
func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDrawer{err: &extract.Failure{Code: extract.CodeDamaged}}
		p, _ := newTest(t, d, nil)
		for range 3 {
			if _, err := p.Picture(t.Context(), "pdf", 1, 1, 1); err == nil {
				t.Fatal("a damaged page was drawn")
			}
		}
		if d.drawn != 1 {
			t.Errorf("tried %d times", d.drawn)
		}
		time.Sleep(3 * time.Minute)
		d.err = errors.New("the child died")
		for range 2 {
			if _, err := p.Picture(t.Context(), "pdf", 1, 1, 1); err == nil {
				t.Fatal("drawn")
			}
		}
		if d.drawn != 3 {
			t.Errorf("tried %d times", d.drawn)
		}
		d.err = nil
		if _, err := p.Picture(t.Context(), "pdf", 1, 1, 1); err != nil {
			t.Error(err)
		}
	})
}

// Drawing ends at its deadline, and its place in the queue is free again.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDrawer{let: make(chan struct{})}
		p, _ := newTest(t, d, func(c *Config) { c.Waiting = 1; c.Deadline = time.Second })
		if _, err := p.Picture(t.Context(), "pdf", 1, 1, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		close(d.let)
		if _, err := p.Picture(t.Context(), "pdf", 1, 1, 1); err != nil {
			t.Error(err)
		}
	})
}

func TestNewNeedsItsParts(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("made without a library")
	}
}
