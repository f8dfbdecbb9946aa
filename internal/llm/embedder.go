package llm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// Both the embedder trained on the corpus and those of a server have the method
// set of langchaingo's Embedder: one can stand in for the other.
var (
	_ embeddings.Embedder = (*retrieval.LSA)(nil)
	_ embeddings.Embedder = (*Embedder)(nil)
	_ retrieval.Embedder  = (*Embedder)(nil)
)

// EmbedderConfig says which model of which server to use.
type EmbedderConfig struct {
	BaseURL        string        // of the OpenAI-compatible API, ending in /v1
	APIKey         string        // may be empty for servers on one's own network
	Model          string        //
	QueryPrefix    string        // e.g. "query: " for the E5 family
	DocumentPrefix string        // e.g. "passage: "
	Timeout        time.Duration // per call with documents; default 60 s
	QueryTimeout   time.Duration // per question; default 1.5 s
	BatchTokens    int           // estimated tokens per call; default 8,000
	MaxTokens      int           // estimated tokens per text, longer ones are cut; default 512
	Client         *http.Client  // default: a new one
}

// Embedder turns texts into vectors with a model server. It is safe for
// concurrent use.
type Embedder struct {
	cfg     EmbedderConfig
	client  *embeddings.EmbedderImpl // of documents: nobody waits
	asking  *embeddings.EmbedderImpl // of questions: a visitor waits
	breaker breaker                  // of questions
	dims    int
}

// NewEmbedder connects to a server and learns the model's dimension by embedding
// one word. It fails when the server cannot be reached or has no such model.
func NewEmbedder(ctx context.Context, cfg EmbedderConfig) (*Embedder, error) {
	if cfg.BaseURL == "" || cfg.Model == "" {
		return nil, errors.New("embeddings need both an address and a model name")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Minute
	}
	if cfg.QueryTimeout == 0 {
		cfg.QueryTimeout = 1500 * time.Millisecond
	}
	if cfg.BatchTokens == 0 {
		cfg.BatchTokens = 8000
	}
	if cfg.MaxTokens == 0 {
		cfg.MaxTokens = 512
	}
	key := cfg.APIKey
	if key == "" {
		key = "none" // langchaingo refuses an empty key
	}
	patient, soon := newTransport(cfg.Client), newTransport(cfg.Client)
	soon.attempts, soon.backoff, soon.patience = 2, 100*time.Millisecond, 500*time.Millisecond
	client := func(doer *transport) (*embeddings.EmbedderImpl, error) {
		api, err := openai.New(
			openai.WithBaseURL(strings.TrimRight(cfg.BaseURL, "/")),
			openai.WithToken(key),
			openai.WithModel(cfg.Model),
			openai.WithEmbeddingModel(cfg.Model),
			openai.WithHTTPClient(doer),
		)
		if err != nil {
			return nil, err
		}
		// Batching is done here, by tokens; stripping new lines would rewrite the caller's slice.
		return embeddings.NewEmbedder(api, embeddings.WithStripNewLines(false), embeddings.WithBatchSize(1<<20))
	}
	e := &Embedder{cfg: cfg}
	var err error
	if e.client, err = client(patient); err != nil {
		return nil, fmt.Errorf("set up embeddings: %w", err)
	}
	if e.asking, err = client(soon); err != nil {
		return nil, fmt.Errorf("set up embeddings: %w", err)
	}
	probe, err := e.call(ctx, e.client, cfg.Timeout, []string{cfg.QueryPrefix + "overleg"})
	if err != nil {
		return nil, fmt.Errorf("ask %s for model %s: %w", cfg.BaseURL, cfg.Model, err)
	}
	e.dims = len(probe[0])
	if e.dims == 0 || e.dims > 4000 {
		return nil, fmt.Errorf("model %s gives vectors of %d numbers; between 1 and 4000 can be stored", cfg.Model, e.dims)
	}
	return e, nil
}

// Name is the model's name.
func (e *Embedder) Name() string { return e.cfg.Model }

// Dimensions is the length of the vectors.
func (e *Embedder) Dimensions() int { return e.dims }

// Digest names the model, its dimension and its prefixes: a change of any makes
// other vectors.
func (e *Embedder) Digest() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %q %q", e.cfg.Model, e.dims, e.cfg.QueryPrefix, e.cfg.DocumentPrefix))
	return hex.EncodeToString(sum[:])
}

// EmbedQuery is the vector of a question. A server that fails is left alone for a
// while: searching goes on without vectors, and does not wait for it every time.
func (e *Embedder) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	if err := e.breaker.allow(); err != nil {
		return nil, fmt.Errorf("embed query: %w", err)
	}
	out, err := e.call(ctx, e.asking, e.cfg.QueryTimeout, []string{e.cfg.QueryPrefix + e.cut(text)})
	e.breaker.record(err)
	if err != nil {
		return nil, fmt.Errorf("embed query: %w", err)
	}
	return out[0], nil
}

// EmbedDocuments gives each text its vector, in calls of at most BatchTokens.
func (e *Embedder) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	var batch []string
	tokens := 0
	flush := func() error {
		vectors, err := e.smaller(ctx, batch)
		out, batch, tokens = append(out, vectors...), batch[:0], 0
		return err
	}
	for _, text := range texts {
		text = e.cfg.DocumentPrefix + e.cut(text)
		cost := estimate(text)
		if len(batch) > 0 && tokens+cost > e.cfg.BatchTokens {
			if err := flush(); err != nil {
				return nil, fmt.Errorf("embed documents: %w", err)
			}
		}
		batch, tokens = append(batch, text), tokens+cost
	}
	if len(batch) > 0 {
		if err := flush(); err != nil {
			return nil, fmt.Errorf("embed documents: %w", err)
		}
	}
	return out, nil
}

// smaller embeds a batch, and in two halves when the server calls it too large;
// servers say so with 400, 413 or 500.
func (e *Embedder) smaller(ctx context.Context, texts []string) ([][]float32, error) {
	out, err := e.call(ctx, e.client, e.cfg.Timeout, texts)
	var failure *Error
	if err == nil || !errors.As(err, &failure) {
		return out, err
	}
	if !tooLarge(failure.Status) {
		return nil, err
	}
	if len(texts) == 1 {
		half := cutRunes(texts[0], utf8.RuneCountInString(texts[0])/2)
		if utf8.RuneCountInString(half) < 100 {
			return nil, err
		}
		return e.smaller(ctx, []string{half})
	}
	first, err := e.smaller(ctx, texts[:len(texts)/2])
	if err != nil {
		return nil, err
	}
	second, err := e.smaller(ctx, texts[len(texts)/2:])
	return append(first, second...), err
}

// call embeds texts in one request and checks the answer's shape.
func (e *Embedder) call(ctx context.Context, client *embeddings.EmbedderImpl, timeout time.Duration, texts []string) ([][]float32, error) {
	vectors, err := guarded(ctx, timeout, func(ctx context.Context) ([][]float32, error) {
		return client.EmbedDocuments(ctx, texts)
	})
	if err != nil {
		return nil, err
	}
	if len(vectors) != len(texts) {
		return nil, &Error{Message: fmt.Sprintf("%d texts gave %d vectors", len(texts), len(vectors))}
	}
	for _, v := range vectors {
		if e.dims != 0 && len(v) != e.dims {
			return nil, &Error{Message: fmt.Sprintf("a vector of %d numbers came where the model gives %d: was the model changed on the server?", len(v), e.dims)}
		}
		if !hasDirection(v) {
			return nil, &Error{Message: "a vector of nothing but zeros, or with a number that is none, came"}
		}
	}
	return vectors, nil
}

// hasDirection reports whether a vector can be compared by cosine.
func hasDirection(v []float32) bool {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return sum > 0 && !math.IsNaN(sum) && !math.IsInf(sum, 0)
}

// runesPerToken is on the low side for Dutch, where common tokenizers make 3 to
// 4 characters a token, so that estimates are never too small by much.
const runesPerToken = 3

func estimate(text string) int { return utf8.RuneCountInString(text)/runesPerToken + 1 }

func (e *Embedder) cut(text string) string { return cutRunes(text, e.cfg.MaxTokens*runesPerToken) }
