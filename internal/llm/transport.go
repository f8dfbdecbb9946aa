package llm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Error is a failed call to a model server.
type Error struct {
	Status     int           // HTTP status; 0 when no whole answer came
	RetryAfter time.Duration // what the server asked for; 0 when it did not
	Message    string        // what the server said, at most maxMessage bytes
	Err        error         // cause; may be nil
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("model server")
	if e.Status != 0 {
		fmt.Fprintf(&b, " answered %d", e.Status)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether the same call may succeed later.
func (e *Error) Temporary() bool {
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return e.Status == 0 && !errors.Is(e.Err, context.Canceled)
}

const (
	maxMessage  = 500      // bytes of a server's error message worth keeping
	maxResponse = 64 << 20 // bytes of an unstreamed answer: 2,000 vectors of 4,000 numbers
	maxAttempts = 3
	maxWait     = 20 * time.Second // the longest Retry-After worth waiting for inside one call
)

// ErrCutShort is the cause when a stream ended without saying it was complete.
var ErrCutShort = errors.New("the stream ended before it was complete")

// outcome carries a call's real error past langchaingo, which flattens some
// errors to text and swallows others.
type outcome struct {
	mu  sync.Mutex
	err error
}

func (o *outcome) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
}

func (o *outcome) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

type outcomeKey struct{}

// guarded runs one langchaingo call and returns what really went wrong, in this
// order: the caller's own cancellation, what the transport saw, what langchaingo
// says.
func guarded[T any](ctx context.Context, timeout time.Duration, call func(context.Context) (T, error)) (T, error) {
	var zero T
	deadline, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	seen := &outcome{}
	result, err := call(context.WithValue(deadline, outcomeKey{}, seen))
	if cause := context.Cause(ctx); cause != nil {
		return zero, cause
	}
	if deadline.Err() != nil {
		return zero, &Error{Err: fmt.Errorf("no answer within %s: %w", timeout, context.DeadlineExceeded)}
	}
	if real := seen.failure(); real != nil {
		return zero, real
	}
	if err != nil {
		return zero, &Error{Err: err}
	}
	return result, nil
}

// transport is the Doer given to langchaingo.
type transport struct {
	client *http.Client
	sleep  func(context.Context, time.Duration) error
}

func newTransport(client *http.Client) *transport {
	return &transport{client: cmp.Or(client, &http.Client{}), sleep: sleep}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Do sends a request, again after passing faults, and checks what comes back.
func (t *transport) Do(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	var last *Error
	for attempt := range maxAttempts {
		if attempt > 0 {
			wait := cmp.Or(last.RetryAfter, time.Duration(attempt)*500*time.Millisecond)
			if wait > maxWait {
				break
			}
			if err := t.sleep(ctx, wait); err != nil {
				break
			}
			body, err := req.GetBody()
			if err != nil {
				return nil, fmt.Errorf("send again: %w", err)
			}
			req.Body = body
		}
		response, err := t.client.Do(req)
		if err != nil {
			last = &Error{Err: err}
			if ctx.Err() != nil {
				break
			}
			continue
		}
		if response.StatusCode == http.StatusOK {
			return t.check(req, response)
		}
		last = failed(response)
		if !last.Temporary() {
			break
		}
	}
	return nil, t.fail(ctx, last)
}

func (t *transport) fail(ctx context.Context, err error) error {
	if seen, ok := ctx.Value(outcomeKey{}).(*outcome); ok {
		seen.fail(err)
	}
	return err
}

// failed reads an answer other than 200 and closes it.
func failed(response *http.Response) *Error {
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // a cut message is still a message
	return &Error{
		Status:     response.StatusCode,
		RetryAfter: retryAfter(response.Header.Get("Retry-After"), time.Now()),
		Message:    serverMessage(text),
	}
}

// serverMessage is the message in an OpenAI error object, or the start of the text.
func serverMessage(text []byte) string {
	var body struct {
		Error json.RawMessage `json:"error"`
	}
	message := strings.TrimSpace(string(text))
	if json.Unmarshal(text, &body) == nil && len(body.Error) > 0 {
		var inner struct {
			Message string `json:"message"`
		}
		var plain string
		switch {
		case json.Unmarshal(body.Error, &inner) == nil && inner.Message != "":
			message = inner.Message
		case json.Unmarshal(body.Error, &plain) == nil:
			message = plain
		}
	}
	return strings.ToValidUTF8(message[:min(len(message), maxMessage)], "")
}

// retryAfter reads both forms of the header (RFC 9110, 10.2.3).
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// check replaces the body by one that cannot pass for whole when it is not.
func (t *transport) check(req *http.Request, response *http.Response) (*http.Response, error) {
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		seen, _ := req.Context().Value(outcomeKey{}).(*outcome)
		response.Body = &streamGuard{body: response.Body, seen: seen}
		return response, nil
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxResponse+1))
	if err != nil {
		return nil, t.fail(req.Context(), &Error{Err: fmt.Errorf("read answer: %w", err)})
	}
	if len(body) > maxResponse {
		return nil, t.fail(req.Context(), &Error{Status: response.StatusCode, Message: "the answer is too large"})
	}
	if strings.HasSuffix(req.URL.Path, "/embeddings") {
		if body, err = orderByIndex(body); err != nil {
			return nil, t.fail(req.Context(), &Error{Status: response.StatusCode, Err: err})
		}
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// orderByIndex puts the vectors in the order of their texts: the protocol allows
// any order and langchaingo does not look.
func orderByIndex(body []byte) ([]byte, error) {
	type vector struct {
		Index     int             `json:"index"`
		Embedding json.RawMessage `json:"embedding"`
	}
	var answer struct {
		Object string   `json:"object"`
		Model  string   `json:"model"`
		Data   []vector `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w", err)
	}
	slices.SortStableFunc(answer.Data, func(a, b vector) int { return cmp.Compare(a.Index, b.Index) })
	// Some servers leave the index out; theirs is the order of the texts.
	unnumbered := !slices.ContainsFunc(answer.Data, func(d vector) bool { return d.Index != 0 })
	for i, d := range answer.Data {
		if d.Index != i && !unnumbered {
			return nil, fmt.Errorf("vector %d of the answer has index %d", i, d.Index)
		}
	}
	return json.Marshal(answer)
}

// streamGuard watches server-sent events go by and records an error when they
// hold one or end without [DONE].
type streamGuard struct {
	body io.ReadCloser
	seen *outcome
	line []byte
	done bool
}

// maxLine is the longest event line kept for inspection; langchaingo refuses
// longer ones itself.
const maxLine = 64 << 10

func (g *streamGuard) Read(p []byte) (int, error) {
	n, err := g.body.Read(p)
	for rest := p[:n]; len(rest) > 0; {
		head, tail, whole := bytes.Cut(rest, []byte{'\n'})
		if room := maxLine - len(g.line); room > 0 {
			g.line = append(g.line, head[:min(len(head), room)]...)
		}
		if whole {
			g.inspect()
		}
		rest = tail
	}
	if err != nil {
		g.inspect()
		if !g.done {
			cause := ErrCutShort
			if !errors.Is(err, io.EOF) {
				cause = fmt.Errorf("%w: %w", ErrCutShort, err)
			}
			g.fail(&Error{Err: cause})
		}
	}
	return n, err
}

func (g *streamGuard) inspect() {
	data, ok := bytes.CutPrefix(bytes.TrimSpace(g.line), []byte("data:"))
	g.line = g.line[:0]
	if !ok {
		return
	}
	data = bytes.TrimSpace(data)
	if string(data) == "[DONE]" {
		g.done = true
		return
	}
	var event struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(data, &event) == nil && len(event.Error) > 0 && string(event.Error) != "null" {
		g.fail(&Error{Message: serverMessage(data)})
	}
}

func (g *streamGuard) fail(err error) {
	if g.seen != nil {
		g.seen.fail(err)
	}
}

func (g *streamGuard) Close() error { return g.body.Close() }
