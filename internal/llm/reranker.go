package llm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

var _ retrieval.Reranker = (*Reranker)(nil)

// RerankerConfig says which reranking model of which server to use.
type RerankerConfig struct {
	// BaseURL is the API's address: ending in /v1 or /v2 for Jina, Cohere, vLLM and
	// llama.cpp, otherwise that of text-embeddings-inference. /rerank is added when it
	// does not end so.
	BaseURL   string
	APIKey    string        // may be empty for servers on one's own network
	Model     string        // may be empty where the server has one model
	Timeout   time.Duration // of a whole call, tries included; default 3 s, because a visitor waits
	MaxTokens int           // estimated tokens per text, longer ones are cut; default 512
	Client    *http.Client  // default: a new one
}

// Reranker scores texts by how well they answer a question, with a model that reads
// both together. A server that fails is left alone for a while. It is safe for
// concurrent use.
type Reranker struct {
	cfg     RerankerConfig
	url     string
	texts   string // what the server calls the texts
	doer    *transport
	breaker breaker
}

// NewReranker checks a configuration. It does not call the server: searching goes
// on without it when it is down.
func NewReranker(cfg RerankerConfig) (*Reranker, error) {
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("the address of the reranker, %q, is not of the form https://host/v1", cfg.BaseURL)
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, 3*time.Second)
	cfg.MaxTokens = cmp.Or(cfg.MaxTokens, 512)
	r := &Reranker{cfg: cfg, texts: "documents", doer: newTransport(cfg.Client)}
	r.doer.attempts, r.doer.backoff, r.doer.patience = 2, 100*time.Millisecond, time.Second
	r.url = strings.TrimRight(cfg.BaseURL, "/")
	if !strings.HasSuffix(r.url, "/rerank") {
		r.url += "/rerank"
	}
	if !strings.Contains(u.Path, "/v1") && !strings.Contains(u.Path, "/v2") {
		r.texts = "texts"
	}
	return r, nil
}

// Rerank gives every text its score for the query; higher is better, and scores
// compare within one call only. Its errors are *Error, or the context's own.
func (r *Reranker) Rerank(ctx context.Context, query string, texts []string) ([]float64, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	if err := r.breaker.allow(); err != nil {
		return nil, fmt.Errorf("rerank: %w", err)
	}
	scores, err := guarded(ctx, r.cfg.Timeout, func(ctx context.Context) ([]float64, error) {
		scores, err := r.call(ctx, query, texts, r.cfg.MaxTokens)
		var failure *Error
		if errors.As(err, &failure) && tooLarge(failure.Status) {
			// Tokens are estimated: texts of half the length surely fit.
			return r.call(ctx, query, texts, r.cfg.MaxTokens/2)
		}
		return scores, err
	})
	r.breaker.record(err)
	if err != nil {
		return nil, fmt.Errorf("rerank: %w", err)
	}
	return scores, nil
}

// tooLarge reports whether a status may mean that a request was too large: servers
// say so with 400, 413 or 500.
func tooLarge(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusInternalServerError:
		return true
	}
	return false
}

// call asks once.
func (r *Reranker) call(ctx context.Context, query string, texts []string, tokens int) ([]float64, error) {
	cut := make([]string, len(texts))
	for i, text := range texts {
		cut[i] = cutRunes(strings.ToValidUTF8(text, ""), tokens*runesPerToken)
	}
	request := map[string]any{"query": cutRunes(strings.ToValidUTF8(query, ""), tokens*runesPerToken), r.texts: cut}
	if r.cfg.Model != "" {
		request["model"] = r.cfg.Model
	}
	if r.texts == "documents" {
		request["top_n"] = len(texts)
	}
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if r.cfg.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+r.cfg.APIKey)
	}
	// Only the last try's failure counts, not one that a retry mended.
	response, err := r.doer.Do(req.WithContext(context.WithValue(ctx, outcomeKey{}, nil)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, &Error{Err: err}
	}
	return rerankScores(answer, len(texts))
}

// rerankScores reads an answer in either form: {"results": [{"index",
// "relevance_score"}]} or [{"index", "score"}]. Every one of n texts must have one
// finite score; they may come in any order.
func rerankScores(body []byte, n int) ([]float64, error) {
	type result struct {
		Index     *int     `json:"index"`
		Relevance *float64 `json:"relevance_score"`
		Score     *float64 `json:"score"`
	}
	var results []result
	if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && trimmed[0] == '[' {
		if err := json.Unmarshal(body, &results); err != nil {
			return nil, &Error{Status: http.StatusOK, Err: fmt.Errorf("the answer is no list of scores: %w", err)}
		}
	} else {
		var wrapped struct {
			Results []result `json:"results"`
		}
		if err := json.Unmarshal(body, &wrapped); err != nil {
			return nil, &Error{Status: http.StatusOK, Err: fmt.Errorf("the answer is not JSON: %w", err)}
		}
		results = wrapped.Results
	}
	if len(results) != n {
		return nil, &Error{Status: http.StatusOK, Message: fmt.Sprintf("%d texts got %d scores", n, len(results))}
	}
	scores, seen := make([]float64, n), make([]bool, n)
	for _, one := range results {
		score := one.Relevance
		if score == nil {
			score = one.Score
		}
		switch {
		case one.Index == nil || *one.Index < 0 || *one.Index >= n || seen[*one.Index]:
			return nil, &Error{Status: http.StatusOK, Message: "the scores do not say which text each is of"}
		case score == nil || math.IsNaN(*score) || math.IsInf(*score, 0):
			return nil, &Error{Status: http.StatusOK, Message: fmt.Sprintf("text %d has no score", *one.Index)}
		}
		scores[*one.Index], seen[*one.Index] = *score, true
	}
	return scores, nil
}

// Check asks the model for scores, to see whether it can be reached.
func (r *Reranker) Check(ctx context.Context) error {
	_, err := r.Rerank(ctx, "overleg", []string{"De raad overlegt.", "Een andere zin."})
	return err
}

// Name is the model's name, or the server's address.
func (r *Reranker) Name() string { return cmp.Or(r.cfg.Model, r.url) }

// cutRunes is the first n code points of a text.
func cutRunes(text string, n int) string {
	if n >= len(text) || utf8.RuneCountInString(text) <= n {
		return text
	}
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}
