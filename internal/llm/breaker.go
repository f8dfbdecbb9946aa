package llm

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// ErrUnavailable is the cause when a server is not asked because it failed too
// often just now.
var ErrUnavailable = errors.New("the model server is left alone for a while after failing")

const (
	breakAfter   = 3                // failures in a row that open the breaker
	breakFor     = 30 * time.Second // how long it stays open when the server does not say
	longestBreak = 5 * time.Minute  // however long the server asks for
)

// breaker keeps calls from a server that fails, so that visitors do not wait for
// it: after breakAfter failures in a row, or for as long as the server asks with
// Retry-After. When the time is over one call is let through to see.
type breaker struct {
	mu       sync.Mutex
	failures int
	until    time.Time
	probing  bool
}

// allow returns nil when a call may be made; every allowed call has to be
// recorded.
func (b *breaker) allow() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	wait := time.Until(b.until)
	if b.until.IsZero() {
		return nil
	}
	if wait <= 0 && !b.probing {
		b.probing = true
		return nil
	}
	return &Error{RetryAfter: max(wait, time.Second), Err: ErrUnavailable}
}

// record takes in how an allowed call ended. Calls that say nothing about the
// server, because the visitor went away or the request was at fault, count neither
// way.
func (b *breaker) record(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	var failure *Error
	switch {
	case err == nil:
		b.failures, b.until = 0, time.Time{}
		return
	case !errors.As(err, &failure), errors.Is(err, context.Canceled), !serverAtFault(failure):
		return
	}
	b.failures++
	switch {
	case failure.RetryAfter > 0:
		b.until = time.Now().Add(min(failure.RetryAfter, longestBreak))
	case b.failures >= breakAfter:
		b.until = time.Now().Add(breakFor)
	}
}

// serverAtFault tells failures that every other call would meet as well.
func serverAtFault(e *Error) bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound:
		return true
	}
	return e.Status < http.StatusBadRequest || e.Temporary()
}
