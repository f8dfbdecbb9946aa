package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// ranker is a Reranker of a server that answers so.
func ranker(t *testing.T, path string, handle http.HandlerFunc) *Reranker {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	r, err := NewReranker(RerankerConfig{BaseURL: s.URL + path, APIKey: "geheim", Model: "test", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	r.doer.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return r
}

type rerankRequest struct {
	Model, Query     string
	Documents, Texts []string
	TopN             int `json:"top_n"`
}

func TestRerankerSpeaksBothForms(t *testing.T) {
	for path, form := range map[string]struct{ at, answer string }{
		"/v1":        {"/v1/rerank", `{"results":[{"index":2,"relevance_score":0.5},{"index":0,"relevance_score":-3},{"index":1,"relevance_score":1}]}`},
		"/v2/rerank": {"/v2/rerank", `{"results":[{"index":2,"relevance_score":0.5},{"index":0,"relevance_score":-3},{"index":1,"relevance_score":1}]}`},
		"":           {"/rerank", `[{"index":1,"score":1},{"index":2,"score":0.5},{"index":0,"score":-3}]`},
	} {
		r := ranker(t, path, func(w http.ResponseWriter, req *http.Request) {
			var asked rerankRequest
			if err := json.NewDecoder(req.Body).Decode(&asked); err != nil {
				t.Error(err)
			}
			texts := append(asked.Documents, asked.Texts...)
			if req.URL.Path != form.at || !slices.Equal(texts, []string{"a", "b", "c"}) || asked.Query != "vraag" || asked.Model != "test" {
				t.Errorf("%s: %s got %+v", path, req.URL.Path, asked)
			}
			if (path == "") != (len(asked.Texts) > 0) || req.Header.Get("Authorization") != "Bearer geheim" {
				t.Errorf("%s: %+v, %v", path, asked, req.Header)
			}
			_, _ = io.WriteString(w, form.answer)
		})
		got, err := r.Rerank(t.Context(), "vraag", []string{"a", "b", "c"})
		if err != nil || !slices.Equal(got, []float64{-3, 1, 0.5}) {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
	if got, err := ranker(t, "/v1", nil).Rerank(t.Context(), "vraag", nil); got != nil || err != nil {
		t.Errorf("no texts: %v, %v", got, err)
	}
}

// Whatever comes from a server, it is a whole list of scores or an error.
func TestRerankerAgainstAHostileServer(t *testing.T) {
	say := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, s) }
	}
	for name, tt := range map[string]struct {
		handle http.HandlerFunc
		want   string
	}{
		"missing":      {say(`{"results":[{"index":0,"relevance_score":1}]}`), "2 texts got 1"},
		"twice":        {say(`{"results":[{"index":0,"relevance_score":1},{"index":0,"relevance_score":2}]}`), "which text"},
		"out of range": {say(`{"results":[{"index":0,"relevance_score":1},{"index":7,"relevance_score":2}]}`), "which text"},
		"negative":     {say(`{"results":[{"index":0,"relevance_score":1},{"index":-1,"relevance_score":2}]}`), "which text"},
		"no index":     {say(`{"results":[{"relevance_score":1},{"relevance_score":2}]}`), "which text"},
		"null":         {say(`{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":null}]}`), "no score"},
		"NaN":          {say(`{"results":[{"index":0,"relevance_score":NaN},{"index":1,"relevance_score":1}]}`), "not JSON"},
		"overflow":     {say(`[{"index":0,"score":1e999},{"index":1,"score":1}]`), "no list"},
		"html":         {say(`<html>`), "not JSON"},
		"empty":        {say(``), "not JSON"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.example/", http.StatusTemporaryRedirect)
		}, "307"},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			for range maxResponse/(1<<20) + 1 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}, "too large"},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"results":[`)
		}, "read answer"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ranker(t, "/v1", tt.handle).Rerank(t.Context(), "q", []string{"a", "b"})
			var failure *Error
			if !errors.As(err, &failure) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestRerankerCutsWhatIsTooLarge(t *testing.T) {
	r := ranker(t, "/v1", func(w http.ResponseWriter, req *http.Request) {
		var asked rerankRequest
		_ = json.NewDecoder(req.Body).Decode(&asked)
		if len(asked.Documents[0]) > 1000 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		_, _ = fmt.Fprintf(w, `{"results":[{"index":0,"relevance_score":%d}]}`, len(asked.Documents[0]))
	})
	got, err := r.Rerank(t.Context(), "q", []string{strings.Repeat("a", 5000)})
	if want := float64(r.cfg.MaxTokens / 2 * runesPerToken); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%v, %v; want the length %g", got, err, want)
	}
}

// A server that is busy is asked again when it says so soon, and left alone when it
// does not; after a few failures it is not asked at all.
func TestRerankerLeavesAFailingServerAlone(t *testing.T) {
	var calls atomic.Int32
	busy := ranker(t, "/v1", func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = io.WriteString(w, `{"results":[{"index":0,"relevance_score":1}]}`)
	})
	if got, err := busy.Rerank(t.Context(), "q", []string{"a"}); err != nil || calls.Load() != 2 {
		t.Errorf("%v, %v after %d calls", got, err, calls.Load())
	}
	calls.Store(0)
	away := ranker(t, "/v1", func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	for range 3 {
		_, err := away.Rerank(t.Context(), "q", []string{"a"})
		var failure *Error
		if !errors.As(err, &failure) || failure.RetryAfter == 0 {
			t.Errorf("got %v", err)
		}
	}
	if calls.Load() != 1 {
		t.Errorf("a server that asked for an hour was called %d times", calls.Load())
	}
}

func TestRerankerHasADeadline(t *testing.T) {
	release := make(chan struct{})
	r := ranker(t, "/v1", func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	r.cfg.Timeout = 50 * time.Millisecond
	for range breakAfter {
		if _, err := r.Rerank(t.Context(), "q", []string{"a"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := r.Rerank(t.Context(), "q", []string{"a"}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a server that hangs is asked again: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fresh := ranker(t, "/v1", func(http.ResponseWriter, *http.Request) {})
	if _, err := fresh.Rerank(ctx, "q", []string{"a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestRerankerNeedsAnAddress(t *testing.T) {
	for _, address := range []string{"", "localhost:8080", "ftp://x/v1", "http://"} {
		if _, err := NewReranker(RerankerConfig{BaseURL: address}); err == nil {
			t.Errorf("%q is taken for an address", address)
		}
	}
}

func FuzzRerankScores(f *testing.F) {
	for _, s := range []string{`{"results":[{"index":1,"relevance_score":1},{"index":0,"relevance_score":2}]}`, `[{"index":0,"score":1},{"index":1,"score":2}]`, `[`, `{}`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if scores, err := rerankScores(body, 2); err == nil && len(scores) != 2 {
			t.Errorf("%d scores of %q", len(scores), body)
		}
	})
}
