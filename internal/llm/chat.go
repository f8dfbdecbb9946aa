package llm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/anthropic"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

var _ answer.Writer = (*Chat)(nil)

// Kind is the protocol a chat server speaks.
type Kind string

// The kinds of chat server.
const (
	KindOpenAI    Kind = "openai" // and everything compatible: Ollama, vLLM, llama.cpp, Mistral
	KindAnthropic Kind = "anthropic"
)

// ChatConfig says which model of which server writes, and how long it may take.
type ChatConfig struct {
	Kind       Kind   // default KindOpenAI
	BaseURL    string // ending in /v1; may be empty for KindAnthropic
	APIKey     string // may be empty for servers on one's own network
	Model      string
	Window     int           // tokens of prompt and text together; default 8,192
	MaxTokens  int           // of the text; default 800
	FirstToken time.Duration // from the request to the first text; default 30 s
	Idle       time.Duration // between two pieces of text; default 15 s
	Total      time.Duration // default 90 s, which leaves a turn of two minutes time to go on without the model
	Client     *http.Client  // default: a new one that follows no redirects
}

// Chat writes text with a model server. It is safe for concurrent use.
type Chat struct {
	cfg     ChatConfig
	model   llms.Model
	doer    *transport
	options []llms.CallOption
	breaker breaker
	budget  atomic.Int64
	// What all calls took, in tokens.
	promptTokens, completionTokens atomic.Int64
}

// Errors of a call that took too long; both are context.DeadlineExceeded.
var (
	errFirstToken = fmt.Errorf("the model wrote nothing in time: %w", context.DeadlineExceeded)
	errIdle       = fmt.Errorf("the model fell silent: %w", context.DeadlineExceeded)
	errTotal      = fmt.Errorf("the model did not finish in time: %w", context.DeadlineExceeded)
)

// NewChat checks a configuration. It does not call the server: one that is down
// when we start may be up when we need it. Check calls it.
func NewChat(cfg ChatConfig) (*Chat, error) {
	cfg.Kind = cmp.Or(cfg.Kind, KindOpenAI)
	cfg.Window = cmp.Or(cfg.Window, 8192)
	cfg.MaxTokens = cmp.Or(cfg.MaxTokens, 800)
	cfg.FirstToken = cmp.Or(cfg.FirstToken, 30*time.Second)
	cfg.Idle = cmp.Or(cfg.Idle, 15*time.Second)
	cfg.Total = cmp.Or(cfg.Total, 90*time.Second)
	if cfg.Model == "" {
		return nil, errors.New("a language model needs a name")
	}
	if cfg.Window < 1024 || cfg.MaxTokens < 16 || cfg.MaxTokens > cfg.Window/2 {
		return nil, fmt.Errorf("a window of %d tokens of which %d for the text: the window must be at least 1024, and the text at least 16 and at most half of it", cfg.Window, cfg.MaxTokens)
	}
	if cfg.BaseURL != "" {
		u, err := url.Parse(cfg.BaseURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("the address of the language model, %q, is not of the form https://host/v1", cfg.BaseURL)
		}
	}
	c := &Chat{cfg: cfg, doer: newTransport(cfg.Client)}
	// Some tokens go to the roles and marks that a server puts around messages.
	c.budget.Store(int64(cfg.Window - cfg.MaxTokens - 64))
	// A visitor waits: a call is tried again only when that is soon.
	c.doer.backoff, c.doer.patience = 200*time.Millisecond, 2*time.Second

	c.options = []llms.CallOption{llms.WithModel(cfg.Model), llms.WithTemperature(0), llms.WithMaxTokens(cfg.MaxTokens)}
	var err error
	switch cfg.Kind {
	case KindOpenAI:
		if cfg.BaseURL == "" {
			return nil, errors.New("a language model needs the address of its server, ending in /v1")
		}
		if !strings.Contains(cfg.BaseURL, "//api.openai.com") {
			// Ollama and Mistral do not know max_completion_tokens.
			c.options = append(c.options, openai.WithLegacyMaxTokensField())
		}
		c.model, err = openai.New(
			openai.WithBaseURL(strings.TrimRight(cfg.BaseURL, "/")), openai.WithModel(cfg.Model),
			openai.WithToken(cmp.Or(cfg.APIKey, "none")), // langchaingo refuses an empty key
			openai.WithHTTPClient(c.doer),
		)
	case KindAnthropic:
		if cfg.APIKey == "" {
			return nil, errors.New("the Anthropic API needs a key")
		}
		options := []anthropic.Option{anthropic.WithToken(cfg.APIKey), anthropic.WithModel(cfg.Model), anthropic.WithHTTPClient(c.doer)}
		if cfg.BaseURL != "" {
			options = append(options, anthropic.WithBaseURL(strings.TrimRight(cfg.BaseURL, "/")))
		}
		c.model, err = anthropic.New(options...)
	default:
		return nil, fmt.Errorf("a language model of kind %q is unknown; known are %q and %q", cfg.Kind, KindOpenAI, KindAnthropic)
	}
	if err != nil {
		return nil, fmt.Errorf("set up language model: %w", err)
	}
	return c, nil
}

// Name is the model's name.
func (c *Chat) Name() string { return c.cfg.Model }

// Budget is how many tokens a prompt may have. It falls when the server refuses a
// prompt as too long.
func (c *Chat) Budget() int { return int(c.budget.Load()) }

// Tokens is what all calls of Write took since the start: what the server said, or else
// an estimate by characters.
func (c *Chat) Tokens() (prompt, completion int64) {
	return c.promptTokens.Load(), c.completionTokens.Load()
}

// Check asks the model for a word, to see whether it can be reached.
func (c *Chat) Check(ctx context.Context) error {
	enough := errors.New("enough")
	_, err := c.write(ctx, answer.Prompt{System: "Antwoord met één woord.", User: "Zeg: ja"}, func(string) error { return enough })
	if errors.Is(err, enough) {
		return nil
	}
	return err
}

// Write asks the model and calls text with every piece of what it writes, from the
// calling goroutine. It returns within the deadlines of ChatConfig, and at once when
// ctx ends or text returns an error, with the connection closed. Failures of the
// server are *Error; only a text that the server declared finished ends without.
func (c *Chat) Write(ctx context.Context, p answer.Prompt, text func(delta string) error) (answer.Written, error) {
	if err := c.breaker.allow(); err != nil {
		return answer.Written{}, err
	}
	var taken error
	written, err := c.write(ctx, p, func(delta string) error {
		taken = text(delta)
		return taken
	})
	c.promptTokens.Add(int64(written.Usage.PromptTokens))
	c.completionTokens.Add(int64(written.Usage.CompletionTokens))
	if taken != nil {
		c.breaker.record(nil) // it wrote; we had enough
		return written, taken
	}
	c.breaker.record(err)
	return written, c.learn(p, err)
}

// piece is what the model sent: text, or a sign that it is thinking.
type piece struct {
	text     string
	thinking bool
}

type ended struct {
	response *llms.ContentResponse
	err      error
}

func (c *Chat) write(parent context.Context, p answer.Prompt, text func(string) error) (answer.Written, error) {
	written := answer.Written{Usage: corpus.Usage{PromptTokens: answer.EstimateTokens(p.System + p.User), Estimated: true}}
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	total := time.AfterFunc(c.cfg.Total, func() { cancel(errTotal) })
	defer total.Stop()
	first := time.AfterFunc(c.cfg.FirstToken, func() { cancel(errFirstToken) })
	defer first.Stop()

	seen := &outcome{}
	pieces, end := make(chan piece), make(chan ended, 1)
	hand := func(p piece) error {
		select {
		case pieces <- p:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	options := append(c.options[:len(c.options):len(c.options)],
		llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error { return hand(piece{text: string(chunk)}) }),
		llms.WithStreamingReasoningFunc(func(_ context.Context, thought, _ []byte) error {
			if len(thought) == 0 {
				return nil
			}
			return hand(piece{thinking: true})
		}))
	messages := []llms.MessageContent{
		llms.TextParts(llms.ChatMessageTypeSystem, p.System),
		llms.TextParts(llms.ChatMessageTypeHuman, p.User),
	}
	go func() {
		response, err := c.model.GenerateContent(context.WithValue(ctx, outcomeKey{}, seen), messages, options...)
		end <- ended{response, err}
	}()

	runes := 0
	silence := first
	for {
		select {
		case got := <-pieces:
			if got.text == "" && !got.thinking {
				continue // a server that only keeps the line open is silent
			}
			silence.Stop()
			if got.text != "" {
				runes += utf8.RuneCountInString(got.text)
				written.Usage.CompletionTokens = runes/runesPerToken + 1
				if err := text(got.text); err != nil {
					cancel(err)
					return written, err
				}
			}
			if silence == first {
				silence = time.AfterFunc(c.cfg.Idle, func() { cancel(errIdle) })
				defer silence.Stop()
			} else {
				silence.Reset(c.cfg.Idle)
			}
		case done := <-end:
			if cause := c.cause(parent, ctx, seen, done.err); cause != nil {
				return written, cause
			}
			return finish(written, done.response, seen.finishReason())
		case <-ctx.Done():
			return written, c.cause(parent, ctx, seen, context.Cause(ctx))
		}
	}
}

// cause is what really ended a call, in this order: the caller's own cancellation,
// a deadline, what the transport saw, what langchaingo says.
func (c *Chat) cause(parent, ctx context.Context, seen *outcome, err error) error {
	if parent.Err() != nil {
		return context.Cause(parent)
	}
	if late := context.Cause(ctx); late != nil {
		return &Error{Err: late}
	}
	if failure := seen.failure(); failure != nil {
		return failure
	}
	if err != nil {
		return &Error{Err: err}
	}
	return nil
}

// finish reads usage and the reason why the model stopped. A stream that gives no
// reason is not whole.
func finish(written answer.Written, response *llms.ContentResponse, reason string) (answer.Written, error) {
	if response != nil {
		for _, choice := range response.Choices {
			prompt := count(choice.GenerationInfo, "PromptTokens", "InputTokens")
			completion := count(choice.GenerationInfo, "CompletionTokens", "OutputTokens")
			if prompt > 0 {
				written.Usage = corpus.Usage{PromptTokens: prompt, CompletionTokens: completion}
			}
		}
	}
	switch reason {
	case "stop", "end_turn", "stop_sequence", "eos":
		return written, nil
	case "length", "max_tokens", "model_context_window_exceeded":
		written.Cut = true
		return written, nil
	case "":
		return written, &Error{Err: fmt.Errorf("%w: it gives no reason for its end", ErrCutShort)}
	}
	return written, &Error{Status: http.StatusUnprocessableEntity, Message: fmt.Sprintf("the model stopped for reason %q", reason)}
}

func count(info map[string]any, keys ...string) int {
	for _, key := range keys {
		if n, ok := info[key].(int); ok && n > 0 {
			return n
		}
	}
	return 0
}

var (
	tooLong     = regexp.MustCompile(`(?i)context (size|length|window)|too long|too many (input )?tokens|maximum (number of )?tokens`)
	windowSize  = regexp.MustCompile(`(?i)(?:context (?:size|length|window)|> )\D{0,30}(\d{3,})`)
	tokenCounts = regexp.MustCompile(`\d{3,}`)
)

// learn lowers the budget when a server refused a prompt for its length: to what
// fits by the numbers it gave, or else to half.
func (c *Chat) learn(p answer.Prompt, err error) error {
	var failure *Error
	if !errors.As(err, &failure) || !tooLong.MatchString(failure.Message) {
		return err
	}
	switch failure.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusInternalServerError:
	default:
		return err
	}
	estimated := answer.EstimateTokens(p.System) + answer.EstimateTokens(p.User)
	budget := estimated / 2
	if m := windowSize.FindStringSubmatch(failure.Message); m != nil {
		window, most := number(m[1]), 0
		for _, n := range tokenCounts.FindAllString(failure.Message, -1) {
			most = max(most, number(n))
		}
		if room := window - c.cfg.MaxTokens; room > 0 && most > window {
			budget = min(estimated*room/most*9/10, estimated-1)
		}
	}
	for old := c.budget.Load(); int64(budget) < old; old = c.budget.Load() {
		if c.budget.CompareAndSwap(old, int64(budget)) {
			break
		}
	}
	return fmt.Errorf("%w: %w", answer.ErrPromptTooLong, err)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
