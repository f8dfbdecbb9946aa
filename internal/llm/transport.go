package llm

import (
	"bufio"
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
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	if e.Status >= http.StatusInternalServerError { // 529 too, with which Anthropic says it is overloaded
		return true
	}
	return e.Status == 0 && !errors.Is(e.Err, context.Canceled)
}

const (
	maxMessage  = 500      // bytes of a server's error message worth keeping
	maxResponse = 64 << 20 // bytes of an unstreamed answer: 2,000 vectors of 4,000 numbers
	maxLine     = 60 << 10 // bytes of one line of a stream; langchaingo refuses lines of 64 KB
)

// ErrCutShort is the cause when a stream ended without saying it was complete.
var ErrCutShort = errors.New("the stream ended before it was complete")

// outcome carries a call's real error past langchaingo, which flattens some
// errors to text and swallows others.
type outcome struct {
	mu     sync.Mutex
	err    error
	finish string // why the model stopped, as a stream says it: stop, length, end_turn, …
}

func (o *outcome) finished(reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finish = reason
}

func (o *outcome) finishReason() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.finish
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
	if failure := seen.failure(); failure != nil {
		return zero, failure
	}
	if err != nil {
		var failure *Error
		if errors.As(err, &failure) {
			return zero, failure
		}
		return zero, &Error{Err: err}
	}
	return result, nil
}

// transport is the Doer given to langchaingo.
type transport struct {
	client   *http.Client
	sleep    func(context.Context, time.Duration) error
	attempts int           // tries of one call, the first included
	backoff  time.Duration // before the second try; twice that before the third
	patience time.Duration // the longest Retry-After worth waiting for inside one call
}

func newTransport(client *http.Client) *transport {
	// A redirect would carry keys and questions to a server nobody configured.
	follow := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &transport{
		client: cmp.Or(client, &http.Client{CheckRedirect: follow}), sleep: sleep,
		attempts: 3, backoff: 500 * time.Millisecond, patience: 20 * time.Second,
	}
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
	for attempt := range t.attempts {
		if attempt > 0 {
			wait := cmp.Or(last.RetryAfter, time.Duration(attempt)*t.backoff)
			if wait > t.patience {
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
		response.Body = newStreamGuard(response.Body, seen)
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
		Index     *int            `json:"index,omitempty"`
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
	// Some servers leave the index out; theirs is the order of the texts.
	if slices.ContainsFunc(answer.Data, func(d vector) bool { return d.Index != nil }) {
		if slices.ContainsFunc(answer.Data, func(d vector) bool { return d.Index == nil }) {
			return nil, errors.New("some vectors of the answer have an index, some have none")
		}
		slices.SortStableFunc(answer.Data, func(a, b vector) int { return cmp.Compare(*a.Index, *b.Index) })
		for i, d := range answer.Data {
			if *d.Index != i {
				return nil, fmt.Errorf("vector %d of the answer has index %d", i, *d.Index)
			}
		}
	}
	return json.Marshal(answer)
}

// streamGuard hands on server-sent events line by line and ends the stream with an
// error, which it also records, at the first line that holds one or cannot be
// understood, and when the stream ends without [DONE] (OpenAI) or message_stop
// (Anthropic). What it does not know to be whole never passes for whole.
type streamGuard struct {
	body  io.ReadCloser
	lines *bufio.Reader
	seen  *outcome // may be nil
	ready []byte   // of a line, not yet read
	err   error    // what Read returns when ready is empty
}

func newStreamGuard(body io.ReadCloser, seen *outcome) *streamGuard {
	return &streamGuard{body: body, lines: bufio.NewReaderSize(body, maxLine), seen: seen}
}

func (g *streamGuard) Read(p []byte) (int, error) {
	for len(g.ready) == 0 {
		if g.err != nil {
			return 0, g.err
		}
		g.next()
	}
	n := copy(p, g.ready)
	g.ready = g.ready[n:]
	return n, nil
}

// next reads a line. The buffer it points ready into stays until the next call.
func (g *streamGuard) next() {
	line, err := g.lines.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		g.fail(&Error{Message: fmt.Sprintf("the stream has a line of more than %d KB", maxLine>>10)})
		return
	case err != nil && !errors.Is(err, io.EOF):
		g.fail(&Error{Err: fmt.Errorf("%w: %w", ErrCutShort, err)})
		return
	}
	data, ok := bytes.CutPrefix(line, []byte("data:"))
	if ok {
		if !g.inspect(bytes.TrimSpace(data)) {
			return
		}
		g.ready = line
		if err != nil {
			g.ready = append(slices.Clone(line), '\n')
		}
	}
	if err != nil && g.err == nil {
		g.fail(&Error{Err: ErrCutShort})
	}
}

// inspect reports whether a data line may be handed on.
func (g *streamGuard) inspect(data []byte) bool {
	if string(data) == "[DONE]" {
		g.err = io.EOF
		return true
	}
	var event struct {
		Type    string          `json:"type"`
		Error   json.RawMessage `json:"error"`
		Choices []struct {
			FinishReason string `json:"finish_reason"`
		} `json:"choices"`
		Delta json.RawMessage `json:"delta"`
	}
	if err := json.Unmarshal(data, &event); err != nil {
		g.fail(&Error{Message: "the stream has a line that is not JSON"})
		return false
	}
	if event.Type == "error" || len(event.Error) > 0 && string(event.Error) != "null" {
		g.fail(&Error{Status: inBand(event.Error), Message: serverMessage(data)})
		return false
	}
	for _, choice := range event.Choices {
		g.finish(choice.FinishReason)
	}
	switch event.Type {
	case "message_delta":
		var delta struct {
			StopReason string `json:"stop_reason"`
		}
		if json.Unmarshal(event.Delta, &delta) == nil {
			g.finish(delta.StopReason)
		}
	case "message_stop":
		g.err = io.EOF
	}
	return true
}

// inBand is the HTTP status that an error inside a stream would have had: servers
// put it in code, or name its type.
func inBand(body json.RawMessage) int {
	var numbered struct {
		Code int `json:"code"`
	}
	if json.Unmarshal(body, &numbered) == nil && numbered.Code >= 400 && numbered.Code < 600 {
		return numbered.Code
	}
	var named struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(body, &named) != nil {
		return 0
	}
	switch named.Type {
	case "overloaded_error":
		return http.StatusServiceUnavailable
	case "rate_limit_error":
		return http.StatusTooManyRequests
	case "authentication_error", "permission_error":
		return http.StatusForbidden
	}
	return 0
}

func (g *streamGuard) finish(reason string) {
	if g.seen != nil && reason != "" {
		g.seen.finished(reason)
	}
}

// fail ends the stream: what comes after a fault is not read.
func (g *streamGuard) fail(err error) {
	g.err = err
	if g.seen != nil {
		g.seen.fail(err)
	}
}

func (g *streamGuard) Close() error { return g.body.Close() }
