package extract

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A child that is killed in the middle of a document, in the middle of a page
// as well, costs nothing: another one reads on where it died.
func TestChildKilled(t *testing.T) {
	content := plainPDF(t, 400)
	whole := extractOK(t, newExtractor(t, nil), "heel.pdf", content)
	const pages = 50_000 // bytes: enough for some pages, so that no two die on the same
	for range 3 {
		dir, lives := t.TempDir(), make([]string, 3)
		for i := range lives {
			lives[i] = strconv.Itoa(pages + rand.IntN(pages))
		}
		e := newExtractor(t, func(o *Options) { o.Command = append([]string{os.Args[0], "mortal-child", dir}, lives...) })
		got := extractOK(t, e, "gedood.pdf", content)
		if _, err := os.Stat(filepath.Join(dir, strconv.Itoa(len(lives)-1))); err != nil {
			t.Fatalf("not all of %v died: %v", lives, err)
		}
		if len(got.Pages) != len(whole.Pages) {
			t.Fatalf("killed after %v bytes: %d pages, want %d", lives, len(got.Pages), len(whole.Pages))
		}
		for i := range got.Pages {
			if got.Pages[i].Text != whole.Pages[i].Text {
				t.Fatalf("killed after %v bytes: page %d differs", lives, i+1)
			}
		}
	}
}

// A page that kills the child twice is passed over, with a warning; the other
// pages are kept.
func TestPageThatKills(t *testing.T) {
	e := newExtractor(t, func(o *Options) { o.Command = []string{os.Args[0], "crashing-child"} })
	doc := extractOK(t, e, "x.pdf", []byte("%PDF-1.4 kept away from the readers"))
	if len(doc.Pages) != 3 || doc.Pages[0].Text == "" || doc.Pages[1].Text != "" || doc.Pages[2].Text == "" {
		t.Fatalf("pages %+v", doc.Pages)
	}
	if !slices.ContainsFunc(doc.Warnings, func(w string) bool { return w == "Beschadigd en niet gelezen: pagina 2." }) {
		t.Errorf("warnings %q", doc.Warnings)
	}
	if !slices.Equal(doc.NeedsOCR, []int{2}) {
		t.Errorf("needs OCR: %v", doc.NeedsOCR)
	}
}

// A child that cannot be started is our fault, not the document's.
func TestChildThatDoesNotStart(t *testing.T) {
	e := newExtractor(t, func(o *Options) { o.Command = []string{"/nonexistent/vraagbaak"} })
	_, err := e.Extract(context.Background(), "x.pdf", []byte("%PDF-1.4"))
	if err == nil {
		t.Fatal("no error")
	}
	if f, ok := AsFailure(err); ok {
		t.Fatalf("blames the document: %v", f)
	}
}

func TestDeadline(t *testing.T) {
	e := newExtractor(t, nil)
	content := plainPDF(t, 300)
	_ = extractOK(t, e, "warm.pdf", plainPDF(t, 1)) // the child is up
	e.opts.Deadline = time.Millisecond
	_, err := e.Extract(context.Background(), "lang.pdf", content)
	if f, ok := AsFailure(err); !ok || f.Code != CodeTimeout {
		t.Fatalf("got %v, want a timeout", err)
	}
	e.opts.Deadline = time.Minute
	_ = extractOK(t, e, "weer.pdf", plainPDF(t, 1))
}

// The caller's own end is not the document's fault.
func TestCancel(t *testing.T) {
	e := newExtractor(t, nil)
	_ = extractOK(t, e, "warm.pdf", plainPDF(t, 1))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Extract(ctx, "x.pdf", plainPDF(t, 1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	_ = extractOK(t, e, "weer.pdf", plainPDF(t, 1))
}

func TestClosed(t *testing.T) {
	e, err := New(Options{CacheDir: cacheDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	_ = extractOK(t, e, "x.pdf", plainPDF(t, 1))
	ch, err := e.children.acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	pid := ch.cmd.Process.Pid
	e.children.release(ch, true)
	if err := errors.Join(e.Close(), e.Close()); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(pid, 0); !errors.Is(err, unix.ESRCH) {
		t.Errorf("the child lives on: %v", err)
	}
	if _, err := e.Extract(context.Background(), "x.pdf", plainPDF(t, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// Documents are read at the same time by as many children as allowed.
func TestParallel(t *testing.T) {
	e := newExtractor(t, func(o *Options) { o.Workers = 2 })
	content := plainPDF(t, 5)
	var wg sync.WaitGroup
	docs := make([]Document, 6)
	errs := make([]error, len(docs))
	for i := range docs {
		wg.Go(func() { docs[i], errs[i] = e.Extract(context.Background(), "x.pdf", content) })
	}
	wg.Wait()
	for i := range docs {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if len(docs[i].Pages) != 5 || docs[i].Pages[4].Text != docs[0].Pages[4].Text {
			t.Errorf("document %d differs", i)
		}
	}
}
