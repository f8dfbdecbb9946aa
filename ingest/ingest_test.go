package ingest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// notebook is a Store that writes down what becomes of one version.
type notebook struct {
	Store
	pending   error // of Pending
	broken    int   // calls of Submit that fail
	published *Reading
	failed    *corpus.Failure
}

func (n *notebook) Pending(context.Context, int64) (Unread, error) {
	return Unread{Source: "test:stuk_een.pdf", Name: "stuk_een.pdf", Content: []byte("x"), Hints: corpus.Metadata{Type: "advies"}}, n.pending
}

func (n *notebook) Publish(_ context.Context, _ int64, r Reading) error {
	n.published = &r
	return nil
}

func (n *notebook) Fail(ctx context.Context, _ int64, f corpus.Failure) error {
	n.failed = &f
	return ctx.Err()
}

func (n *notebook) Submit(context.Context, Submission) (Receipt, error) {
	if n.broken--; n.broken >= 0 {
		return Receipt{}, errors.New("the database is starting up")
	}
	return Receipt{Document: "x", Result: Unchanged}, nil
}

func (n *notebook) StartBatch(context.Context, int) (int64, error)           { return 1, nil }
func (n *notebook) UpdateBatch(context.Context, int64, int, int, bool) error { return nil }
func (n *notebook) Unopened(context.Context, string, corpus.Failure) error   { return nil }

// idle is a Queue without jobs.
type idle struct{}

func (idle) Work(ctx context.Context, _ WorkOptions, _ Jobs) error {
	<-ctx.Done()
	return nil
}
func (idle) Embedding(context.Context) (bool, error) { return false, nil }

type reader func(ctx context.Context) (extract.Document, error)

func (r reader) Extract(ctx context.Context, _ string, _ []byte) (extract.Document, error) {
	return r(ctx)
}

type noTerms struct{}

func (noTerms) Words() []string                  { return nil }
func (noTerms) Length() int                      { return 0 }
func (noTerms) Encode(func(string) int32) []byte { return nil }

func newTestIngester(t *testing.T, store Store, r reader) *Ingester {
	t.Helper()
	in, err := New(Config{Store: store, Queue: idle{}, Extractor: r, Index: func(string, []string, string) Terms { return noTerms{} }, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestReadDecidesWhatIsFinal(t *testing.T) {
	page := func(p corpus.Page) reader {
		return func(context.Context) (extract.Document, error) { return extract.Document{Pages: []corpus.Page{p}}, nil }
	}
	fails := func(err error) reader {
		return func(context.Context) (extract.Document, error) { return extract.Document{}, err }
	}
	hangs := reader(func(ctx context.Context) (extract.Document, error) {
		<-ctx.Done()
		return extract.Document{}, ctx.Err()
	})
	cases := map[string]struct {
		reader  reader
		pending error
		last    bool
		stop    bool   // the worker stops meanwhile
		failed  string // the code that is recorded
		again   bool   // the job comes back
		done    bool   // the version is published
	}{
		"good":                     {reader: page(corpus.Page{Number: 1, Text: "Tekst.", Reader: "text"}), done: true},
		"settled by another":       {reader: hangs, pending: ErrSettled},
		"store away":               {reader: hangs, pending: errors.New("gone"), again: true},
		"damaged":                  {reader: fails(&extract.Failure{Code: extract.CodeDamaged, Message: "Kapot."}), failed: extract.CodeDamaged},
		"passing fault":            {reader: fails(errors.New("killed")), again: true},
		"passing fault, last time": {reader: fails(errors.New("killed")), last: true, failed: CodeInternal},
		"too long":                 {reader: hangs, failed: extract.CodeTimeout},
		"worker stops":             {reader: hangs, stop: true, again: true},
		"worker stops, last time":  {reader: hangs, stop: true, last: true, again: true},
		"zero byte":                {reader: page(corpus.Page{Number: 1, Text: "a\x00b"}), last: true, failed: CodeInternal},
		"block outside the page": {reader: page(corpus.Page{Number: 1, Text: "abc", Blocks: []corpus.Block{{Kind: "paragraph", Start: 0, End: 4}}}),
			last: true, failed: CodeInternal},
		"page without number": {reader: page(corpus.Page{Text: "abc"}), last: true, failed: CodeInternal},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &notebook{pending: c.pending}
				in := newTestIngester(t, store, c.reader)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if c.stop {
					time.AfterFunc(time.Second, cancel)
				}
				err := in.read(ctx, 1, c.last)
				if (err != nil) != c.again {
					t.Errorf("error %v", err)
				}
				code := ""
				if store.failed != nil {
					code = store.failed.Code
					if store.failed.Message == "" {
						t.Error("a failure without a message")
					}
				}
				if code != c.failed || (store.published != nil) != c.done {
					t.Errorf("failed %q, published %+v", code, store.published)
				}
			})
		})
	}
}

func TestReadingIsComplete(t *testing.T) {
	pages := []corpus.Page{{Number: 1, Text: "The council advises the government and the parliament on work.", Reader: "text"}}
	for name, c := range map[string]struct{ hints, said, want corpus.Metadata }{
		"nothing known": {want: corpus.Metadata{Title: "stuk een", Language: "en"}},
		"hints first": {
			hints: corpus.Metadata{Title: "Van de catalogus", Date: "2014"},
			said:  corpus.Metadata{Title: "Van het stuk", Number: " 14/04 ", Date: "2015-01-01", Language: "nl"},
			want:  corpus.Metadata{Title: "Van de catalogus", Number: "14/04", Date: "2014", Language: "nl"},
		},
		"nonsense is not kept": {said: corpus.Metadata{Title: " ", Date: "31 februari", Language: "xx"}, want: corpus.Metadata{Title: "stuk een", Language: "en"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, complete(c.hints, c.said, "stuk_een.pdf", pages)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIngestWaitsForAStoreThatStarts(t *testing.T) {
	source := []Source{{Name: "test:x", open: func(context.Context, int64) (file, error) { return file{Name: "x.txt", Content: []byte("x")}, nil }}}
	synctest.Test(t, func(t *testing.T) {
		in := newTestIngester(t, &notebook{broken: 5}, nil)
		summary, err := in.Ingest(t.Context(), source, nil)
		if err != nil || summary.Count(Unchanged) != 1 {
			t.Errorf("%+v, %v", summary, err)
		}
		in = newTestIngester(t, &notebook{broken: 1 << 30}, nil)
		began := time.Now()
		if _, err := in.Ingest(t.Context(), source, nil); err == nil || !strings.Contains(err.Error(), "starting up") {
			t.Errorf("%v", err)
		}
		if waited := time.Since(began); waited < patience || waited > 2*patience {
			t.Errorf("waited %v", waited)
		}
	})
}
