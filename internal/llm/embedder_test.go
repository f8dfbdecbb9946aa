package llm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// server answers embedding calls with vectors that tell which text they are of.
func server(t *testing.T, handle http.HandlerFunc) EmbedderConfig {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return EmbedderConfig{BaseURL: s.URL + "/v1", Model: "test", Timeout: 5 * time.Second}
}

func inputs(t *testing.T, r *http.Request) []string {
	t.Helper()
	var body struct{ Input []string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		t.Error(err)
	}
	return body.Input
}

// reversed writes a correct answer in the wrong order, as the protocol allows.
func reversed(w http.ResponseWriter, texts []string) {
	type item struct {
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	}
	var data []item
	for i, text := range slices.Backward(texts) {
		data = append(data, item{i, []float32{float32(len(text)), 1, 2}})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}

func TestEmbedderKeepsOrderAndLeavesTextsAlone(t *testing.T) {
	e, err := NewEmbedder(t.Context(), server(t, func(w http.ResponseWriter, r *http.Request) { reversed(w, inputs(t, r)) }))
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"a", "bb\nb", "cccccc"}
	got, err := e.EmbedDocuments(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if int(v[0]) != len(texts[i]) {
			t.Errorf("text %d of length %d got the vector of length %v", i, len(texts[i]), v[0])
		}
	}
	if texts[1] != "bb\nb" {
		t.Errorf("the caller's text was changed to %q", texts[1])
	}
	if e.Dimensions() != 3 {
		t.Errorf("%d dimensions", e.Dimensions())
	}
}

func TestEmbedderDigestTellsModelsApart(t *testing.T) {
	cfg := server(t, func(w http.ResponseWriter, r *http.Request) { reversed(w, inputs(t, r)) })
	plain, err := NewEmbedder(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.QueryPrefix = "query: "
	prefixed, err := NewEmbedder(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if plain.Digest() == prefixed.Digest() {
		t.Error("another prefix gave the same digest")
	}
	if v, err := prefixed.EmbedQuery(t.Context(), "abc"); err != nil || int(v[0]) != len("query: abc") {
		t.Errorf("the prefix is not sent: %v, %v", v, err)
	}
}

func TestEmbedderSplitsWhatIsTooLarge(t *testing.T) {
	var calls atomic.Int32
	cfg := server(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		texts := inputs(t, r)
		if len(texts) > 2 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"message":"input is too large"}}`)
			return
		}
		reversed(w, texts)
	})
	e, err := NewEmbedder(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg"}
	got, err := e.EmbedDocuments(t.Context(), texts)
	if err != nil || len(got) != len(texts) {
		t.Fatal(got, err)
	}
	for i, v := range got {
		if int(v[0]) != len(texts[i]) {
			t.Errorf("text %d got the vector of length %v", i, v[0])
		}
	}
	if n := calls.Load(); n > 12 {
		t.Errorf("%d calls", n)
	}
}

func TestEmbedderBatchesByTokens(t *testing.T) {
	var largest atomic.Int64
	cfg := server(t, func(w http.ResponseWriter, r *http.Request) {
		texts := inputs(t, r)
		n := int64(len(strings.Join(texts, "")))
		for old := largest.Load(); n > old && !largest.CompareAndSwap(old, n); old = largest.Load() {
		}
		reversed(w, texts)
	})
	cfg.BatchTokens = 100
	e, err := NewEmbedder(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	texts := slices.Repeat([]string{strings.Repeat("woord ", 20)}, 10)
	if _, err := e.EmbedDocuments(t.Context(), texts); err != nil {
		t.Fatal(err)
	}
	if got := largest.Load(); got > 100*runesPerToken {
		t.Errorf("a batch had %d characters", got)
	}
}

func TestEmbedderErrors(t *testing.T) {
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		want   string
		status int
	}{
		"unknown model": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":{"message":"no model test"}}`)
		}, "no model test", 404},
		"html":       {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>login</html>") }, "not JSON", 200},
		"no vectors": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"data":[]}`) }, "empty", 0},
		"gap": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":[{"index":3,"embedding":[1]}]}`)
		}, "index 3", 200},
		"twice": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`)
		}, "index 0", 200},
		"some without index": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":[{"index":0,"embedding":[1]},{"embedding":[1]}]}`)
		}, "some have none", 200},
		"too many": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1]}]}`)
		}, "unexpected length", 0},
		"NaN": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":[{"index":0,"embedding":[NaN,1]}]}`)
		}, "not JSON", 200},
		"nothing but zeros": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":[{"index":0,"embedding":[0,null]}]}`)
		}, "zeros", 0},
		"overflow": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":[{"index":0,"embedding":[1e300]}]}`)
		}, "cannot unmarshal", 0},
		"too many numbers": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":[{"index":0,"embedding":[1`+strings.Repeat(",1", 4000)+`]}]}`)
		}, "4001 numbers", -1},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			for range maxResponse/(1<<20) + 1 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}, "too large", 200},
		"busy for long": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		}, "429", 429},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewEmbedder(t.Context(), server(t, test.handle))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q in it", err, test.want)
			}
			var failure *Error
			if test.status < 0 { // refused for what it is, not a failed call
				return
			}
			if !errors.As(err, &failure) || failure.Status != test.status {
				t.Errorf("got %#v, want status %d", err, test.status)
			}
			if test.status == 429 && failure.RetryAfter != time.Hour {
				t.Errorf("Retry-After came through as %s", failure.RetryAfter)
			}
		})
	}
}

func TestEmbedderTriesAgainAfterRetryAfter(t *testing.T) {
	var calls atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		reversed(w, inputs(t, r))
	}))
	defer s.Close()
	var waited time.Duration
	d := newTransport(nil)
	d.sleep = func(_ context.Context, wait time.Duration) error { waited += wait; return nil }
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/embeddings", strings.NewReader(`{"input":["a"]}`))
	if err != nil {
		t.Fatal(err)
	}
	response, err := d.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if waited != 7*time.Second || calls.Load() != 2 {
		t.Errorf("waited %s, called %d times", waited, calls.Load())
	}
}

func TestEmbedderHasADeadline(t *testing.T) {
	release := make(chan struct{})
	cfg := server(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	cfg.Timeout = 50 * time.Millisecond
	if _, err := NewEmbedder(t.Context(), cfg); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewEmbedder(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

// A model that was changed on the server is found out, and a server that is down does
// not keep every question waiting.
func TestEmbedderFindsOutAnotherModel(t *testing.T) {
	var dims atomic.Int32
	dims.Store(3)
	cfg := server(t, func(w http.ResponseWriter, _ *http.Request) {
		if dims.Load() == 0 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, `{"data":[{"index":0,"embedding":[1`+strings.Repeat(",1", int(dims.Load())-1)+`]}]}`)
	})
	e, err := NewEmbedder(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	dims.Store(4)
	if _, err := e.EmbedQuery(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "was the model changed") {
		t.Errorf("another dimension: %v", err)
	}
	dims.Store(0)
	for range breakAfter {
		if _, err := e.EmbedQuery(t.Context(), "a"); err == nil {
			t.Error("a gateway without a server gave a vector")
		}
	}
	if _, err := e.EmbedQuery(t.Context(), "a"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a server that is down is asked again: %v", err)
	}
}

func FuzzOrderByIndex(f *testing.F) {
	f.Add([]byte(`{"data":[{"index":1,"embedding":[1]},{"index":0,"embedding":[2]}]}`))
	f.Add([]byte(`{"data":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if out, err := orderByIndex(body); err == nil && !json.Valid(out) {
			t.Errorf("made invalid JSON of %q", body)
		}
	})
}

// A real server of the protocol, where one is at hand.
func TestEmbedderWithLlamaServer(t *testing.T) {
	ctx := t.Context()
	llama := startLlama(t, "--", "--embeddings", "--pooling", "mean", "-b", "4096", "-ub", "4096")
	e, err := NewEmbedder(ctx, EmbedderConfig{BaseURL: llama.url, Model: "tiny"})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"de raad adviseert de regering", "een heel andere tekst over pensioenen", "de raad adviseert de regering"}
	vectors, err := e.EmbedDocuments(ctx, texts)
	if err != nil {
		t.Fatal(err)
	}
	if len(vectors) != 3 || !slices.Equal(vectors[0], vectors[2]) || slices.Equal(vectors[0], vectors[1]) {
		t.Error("equal texts must have equal vectors and different texts different ones")
	}
}
