package postgres

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

var (
	_ office.SessionStore = (*Sessions)(nil)
	_ staff.AttemptStore  = (*Attempts)(nil)
)

// Sessions keeps who is signed in.
type Sessions struct{ db *DB }

// NewSessions returns the sessions of a migrated database.
func NewSessions(db *DB) *Sessions { return &Sessions{db} }

// Find implements office.SessionStore.
func (s *Sessions) Find(ctx context.Context, hash string) (data []byte, found bool, err error) {
	err = s.db.pool.QueryRow(ctx, `SELECT data FROM staff_sessions WHERE token_hash = $1 AND expires_at > now()`, hash).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading a session: %w", err)
	}
	return data, true, nil
}

// sessionPrecision is how much later a session must expire for the row to be written
// again: otherwise every request would write.
const sessionPrecision = time.Minute

// Add implements office.SessionStore.
func (s *Sessions) Add(ctx context.Context, hash string, user int64, data []byte, expires time.Time) error {
	_, err := s.db.pool.Exec(ctx, `INSERT INTO staff_sessions (token_hash, user_id, data, expires_at) VALUES ($1, $2, $3, $4)`, hash, user, data, expires)
	if err != nil {
		return fmt.Errorf("adding a session: %w", err)
	}
	return nil
}

// Keep implements office.SessionStore.
func (s *Sessions) Keep(ctx context.Context, hash string, data []byte, expires time.Time) error {
	_, err := s.db.pool.Exec(ctx, `
		UPDATE staff_sessions SET data = $2, expires_at = $3
		WHERE token_hash = $1
		  AND (data <> $2 OR expires_at < $3::timestamptz - make_interval(secs => $4))`,
		hash, data, expires, sessionPrecision.Seconds())
	if err != nil {
		return fmt.Errorf("keeping a session: %w", err)
	}
	return nil
}

// End implements office.SessionStore. What is over goes with it.
func (s *Sessions) End(ctx context.Context, hash string) error {
	if _, err := s.db.pool.Exec(ctx, `DELETE FROM staff_sessions WHERE token_hash = $1 OR expires_at < now()`, hash); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// Attempts counts failed attempts to sign in.
type Attempts struct {
	db  *DB
	max int // rows
}

// maxAttempts bounds the rows: an attacker with many addresses makes the oldest go.
const maxAttempts = 50_000

// NewAttempts returns the counts of a migrated database.
func NewAttempts(db *DB) *Attempts { return &Attempts{db, maxAttempts} }

const (
	// attemptKeyLife is how long one key hides addresses and accounts. With the next,
	// earlier rows mean nothing any more.
	attemptKeyLife = 24 * time.Hour
	// attemptRowLife is how long a row is kept after its last failure.
	attemptRowLife = 2 * time.Hour
	// sweepOneIn is how many attempts there are to a look at all rows.
	sweepOneIn = 50
)

// attemptKey is the key of today, made when there is none.
func attemptKey(ctx context.Context, tx pgx.Tx) (key []byte, err error) {
	fresh := make([]byte, sha256.Size)
	_, _ = rand.Read(fresh) // never fails
	const read = `SELECT key FROM staff_attempt_key WHERE made_at > now() - make_interval(secs => $1)`
	err = tx.QueryRow(ctx, read, attemptKeyLife.Seconds()).Scan(&key)
	if !errors.Is(err, pgx.ErrNoRows) {
		return key, err
	}
	// Of two servers that find it old the second finds it new.
	_, err = tx.Exec(ctx, `
		INSERT INTO staff_attempt_key (key, made_at) VALUES ($1, now())
		ON CONFLICT (one) DO UPDATE SET key = excluded.key, made_at = excluded.made_at
		WHERE staff_attempt_key.made_at <= now() - make_interval(secs => $2)`, fresh, attemptKeyLife.Seconds())
	if err != nil {
		return nil, err
	}
	err = tx.QueryRow(ctx, read, attemptKeyLife.Seconds()).Scan(&key)
	return key, err
}

// hashed are keys as they are stored.
func hashed(secret []byte, keys []string) [][]byte {
	out := make([][]byte, len(keys))
	for i, k := range keys {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(k))
		out[i] = mac.Sum(nil)
	}
	return out
}

// Count implements staff.AttemptStore.
func (s *Attempts) Count(ctx context.Context, keys []string, change func([]staff.Attempts) error) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		secret, err := attemptKey(ctx, tx)
		if err != nil {
			return err
		}
		rows := hashed(secret, keys)
		if err := lockAttempts(ctx, tx, rows); err != nil {
			return err
		}
		held := make([]staff.Attempts, len(rows))
		for i, row := range rows {
			err := tx.QueryRow(ctx, `SELECT failures, failed_at, closed_until FROM staff_attempts WHERE key = $1`, row).
				Scan(&held[i].Failures, &held[i].Last, &held[i].Closed)
			if err != nil && !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
		}
		if err := change(held); err != nil {
			return err
		}
		for i, row := range rows {
			_, err := tx.Exec(ctx, `
				INSERT INTO staff_attempts (key, failures, failed_at, closed_until) VALUES ($1, $2, $3, $4)
				ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, failed_at = excluded.failed_at, closed_until = excluded.closed_until`,
				row, held[i].Failures, held[i].Last, held[i].Closed)
			if err != nil {
				return err
			}
		}
		if mathrand.N(sweepOneIn) == 0 { // #nosec G404 -- not a secret
			return s.sweep(ctx, tx)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("counting attempts to sign in: %w", err)
	}
	return nil
}

// lockAttempts keeps others from the keys until the transaction ends, rows or none; in
// one order, so that nobody waits for each other.
func lockAttempts(ctx context.Context, tx pgx.Tx, rows [][]byte) error {
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, bytes.Compare)
	for _, row := range sorted {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('staff_attempts'), hashtext(encode($1, 'hex')))`, row); err != nil {
			return err
		}
	}
	return nil
}

// sweep deletes what no longer counts, and the oldest of what is too much.
func (s *Attempts) sweep(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		WITH newest AS ( -- what comes after the last that has room
		    SELECT failed_at FROM staff_attempts ORDER BY failed_at DESC OFFSET $1 LIMIT 1
		), over AS ( -- but what somebody counts now stays
		    SELECT key FROM staff_attempts
		    WHERE failed_at < now() - make_interval(secs => $2)
		       OR failed_at <= (SELECT failed_at FROM newest)
		    FOR UPDATE SKIP LOCKED
		)
		DELETE FROM staff_attempts a USING over WHERE a.key = over.key`, s.max, attemptRowLife.Seconds())
	return err
}

// Sweep ends the sessions that are over. It is for a job that runs now and then.
func (s *Sessions) Sweep(ctx context.Context) error { return s.End(ctx, "") }

// Sweep deletes what no longer counts. It is for a job that runs now and then: on a quiet
// service no attempt does it.
func (s *Attempts) Sweep(ctx context.Context) error {
	if err := s.db.inTx(ctx, func(tx pgx.Tx) error { return s.sweep(ctx, tx) }); err != nil {
		return fmt.Errorf("forgetting attempts to sign in: %w", err)
	}
	return nil
}

// Forget implements staff.AttemptStore.
func (s *Attempts) Forget(ctx context.Context, keys []string) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		secret, err := attemptKey(ctx, tx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM staff_attempts WHERE key = ANY ($1)`, hashed(secret, keys))
		return err
	})
	if err != nil {
		return fmt.Errorf("forgetting attempts to sign in: %w", err)
	}
	return nil
}
