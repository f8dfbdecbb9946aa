package staff

import (
	"context"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Attempts are the failed attempts to sign in that are counted under one key.
type Attempts struct {
	Failures int
	Last     time.Time
	Closed   time.Time // no attempt is looked at until then
}

// AttemptStore counts failed attempts. It is implemented by *postgres.Attempts.
type AttemptStore interface {
	// Count gives change what is held under the keys, which nobody else changes
	// meanwhile, and stores what change makes of it.
	Count(ctx context.Context, keys []string, change func(held []Attempts) error) error
	// Forget drops what is held under the keys.
	Forget(ctx context.Context, keys []string) error
}

// throttle slows guessing down: by account and address together first, and far later by
// an account or an address alone, so that nobody can shut another out from elsewhere
// for long and an office behind one address can work.
type throttle struct {
	store AttemptStore
	now   func() time.Time
}

// patience is how many failures are free under a key, and how long it is closed at most
// after that. Each further failure doubles the time, from a second.
type patience struct {
	free    int
	longest time.Duration
}

// patiences are for the keys of throttleKeys, in their order.
var patiences = []patience{
	{free: 5, longest: 15 * time.Minute},  // account and address
	{free: 50, longest: time.Minute},      // account
	{free: 50, longest: 15 * time.Minute}, // address
}

// attemptLife is how long failures count after the last of them.
const attemptLife = time.Hour

// throttleKeys are what an attempt is counted under.
func throttleKeys(email, address string) []string {
	email = strings.ToLower(strings.TrimSpace(email))
	return []string{"both " + email + " " + address, "account " + email, "address " + address}
}

// begin counts an attempt as failed before it is looked at, so that many at once gain
// nothing. The error tells how long to wait.
func (t *throttle) begin(ctx context.Context, keys []string) error {
	now := t.now()
	return t.store.Count(ctx, keys, func(held []Attempts) error {
		var wait time.Duration
		for _, h := range held {
			wait = max(wait, h.Closed.Sub(now))
		}
		if wait > 0 {
			return &corpus.UserError{Code: corpus.CodeRateLimited, Message: "too many failed attempts to sign in", RetryAfter: wait.Truncate(time.Second) + time.Second}
		}
		for i := range held {
			held[i] = patiences[i].failed(held[i], now)
		}
		return nil
	})
}

// failed is what is held after one more failure.
func (p patience) failed(a Attempts, now time.Time) Attempts {
	if now.Sub(a.Last) > attemptLife {
		a.Failures = 0
	}
	a.Failures++
	a.Last = now
	a.Closed = now
	if over := a.Failures - p.free; over >= 0 {
		wait := p.longest
		if over < 20 { // no overflow
			wait = min(wait, time.Second<<over)
		}
		a.Closed = now.Add(wait)
	}
	return a
}

// succeeded forgets the failures of the account. Those of the address stay: one good
// password must not pay for guessing others.
func (t *throttle) succeeded(ctx context.Context, keys []string) error {
	return t.store.Forget(ctx, keys[:2])
}
