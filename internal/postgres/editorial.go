package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

var (
	_ answer.Editorial  = (*Editorial)(nil)
	_ office.PublicDesk = (*Editorial)(nil)
)

// Editorial keeps in memory what the staff decided for visitors: pinned answers, scope
// terms, the off-switch and the banner. Follow looks for changes twice a second, so
// every server has them within two seconds, with or without notices.
type Editorial struct {
	db         *DB
	refreshing sync.Mutex
	state      atomic.Pointer[editorialState]
}

// editorialState is one state of it. It never changes.
type editorialState struct {
	number, corpus int64 // what it was read from
	public         office.PublicState
	pins           map[pinQuestion]answer.Pin
	terms          []answer.ScopeTerm
}

type pinQuestion struct{ lang, key string }

const (
	editorialEvery   = 500 * time.Millisecond
	editorialTimeout = 5 * time.Second
)

// NewEditorial returns what the staff decided, of a migrated database: nothing until it
// is refreshed.
func NewEditorial(db *DB) *Editorial {
	e := &Editorial{db: db}
	e.state.Store(&editorialState{number: -1})
	return e
}

// Follow refreshes until ctx ends. When the database does not answer, what was last
// known holds.
func (e *Editorial) Follow(ctx context.Context) {
	tick := time.NewTicker(editorialEvery)
	defer tick.Stop()
	failing := false
	for {
		reading, cancel := context.WithTimeout(ctx, editorialTimeout)
		err := e.Refresh(reading)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			e.db.logger.WarnContext(ctx, "what the staff decided could not be read; what was last known holds", "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Refresh reads what changed since the last time, if anything did.
func (e *Editorial) Refresh(ctx context.Context) error {
	// One after the other: what was read earlier must not take the place of what was
	// read later.
	e.refreshing.Lock()
	defer e.refreshing.Unlock()
	next := &editorialState{}
	// The numbers first: what changes while the rest is read is found the next time.
	// The corpus too: a source that is withdrawn takes its pins along.
	err := e.db.pool.QueryRow(ctx, `
		SELECT (SELECT number FROM editorial_state), coalesce((SELECT max(id) FROM corpus_changes), 0)`).Scan(&next.number, &next.corpus)
	if err != nil {
		return fmt.Errorf("looking for what the staff decided: %w", err)
	}
	if was := e.state.Load(); was.number == next.number && was.corpus == next.corpus {
		return nil
	}
	if next.public, err = e.Public(ctx); err != nil {
		return err
	}
	if next.pins, err = e.livePins(ctx); err != nil {
		return err
	}
	terms, err := NewPins(e.db).ScopeTerms(ctx)
	if err != nil {
		return err
	}
	for _, t := range terms {
		next.terms = append(next.terms, answer.ScopeTerm{Phrase: t.Phrase, Message: map[string]string{"nl": t.Message.NL, "en": t.Message.EN}})
	}
	e.state.Store(next)
	return nil
}

// livePins are the pins whose sources all can be shown, by each of their questions.
func (e *Editorial) livePins(ctx context.Context) (map[pinQuestion]answer.Pin, error) {
	desk := NewPins(e.db)
	items, err := desk.read(ctx, `WHERE p.current = v.number`)
	if err != nil {
		return nil, err
	}
	pins := make(map[pinQuestion]answer.Pin)
	for _, item := range items {
		if !item.Shown() {
			continue
		}
		pin := answer.Pin{Lang: item.Lang, Written: corpus.Date(item.At.Format(time.DateOnly))}
		known := make(map[corpus.Reference]int)
		next := 0
		for _, s := range item.Sentences {
			said := corpus.Sentence{Text: s.Text}
			for range s.Citations {
				source := item.Sources[next]
				cited := item.cited[next]
				next++
				n, twice := known[source.Reference]
				if !twice {
					n = len(pin.Citations) + 1
					known[source.Reference] = n
					cited.N = n
					pin.Citations, pin.Years = append(pin.Citations, cited), append(pin.Years, cited.Document.Date.Year())
				}
				said.Citations = append(said.Citations, n)
			}
			pin.Sentences = append(pin.Sentences, said)
		}
		for _, q := range item.Questions {
			pins[pinQuestion{item.Lang, answer.PinKey(q, item.Lang)}] = pin
		}
	}
	return pins, nil
}

// Pinned implements answer.Editorial.
func (e *Editorial) Pinned(lang, key string) (answer.Pin, bool) {
	pin, ok := e.state.Load().pins[pinQuestion{lang, key}]
	return pin, ok
}

// ScopeTerms implements answer.Editorial.
func (e *Editorial) ScopeTerms() []answer.ScopeTerm { return e.state.Load().terms }

// Current is what visitors are told, as this server last read it.
func (e *Editorial) Current() office.PublicState { return e.state.Load().public }

// Closed tells in a language why no questions are taken; "" when they are.
func (e *Editorial) Closed(lang string) string { return e.Current().ClosedIn(lang) }

// Public implements office.PublicDesk.
func (e *Editorial) Public(ctx context.Context) (s office.PublicState, err error) {
	_, err = setting(ctx, e.db, settingPublic, &s)
	return s, err
}

// SetPublic implements office.PublicDesk.
func (e *Editorial) SetPublic(ctx context.Context, by staff.User, s office.PublicState) error {
	action := "public.set"
	was, err := e.Public(ctx)
	if err != nil {
		return err
	}
	switch {
	case s.Closed && !was.Closed:
		action = "public.close"
	case was.Closed && !s.Closed:
		action = "public.open"
	}
	return saveSetting(ctx, e.db, settingPublic, s, staff.Entry{User: by, Action: action, Object: "public", Detail: map[string]any{"before": was, "after": s}})
}

// The names of settings.
const (
	settingPublic   = "public"
	settingHold     = "hold"
	settingRegister = "register"
)

// rower is a pool or a transaction.
type rower interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// setting reads a setting into value; false when it was never set.
func setting(ctx context.Context, db *DB, name string, value any) (bool, error) {
	return settingIn(ctx, db.pool, name, value)
}

func settingIn(ctx context.Context, q rower, name string, value any) (bool, error) {
	var text []byte
	err := q.QueryRow(ctx, `SELECT value FROM site_settings WHERE name = $1`, name).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, value)
	}
	if err != nil {
		return false, fmt.Errorf("reading the setting %s: %w", name, err)
	}
	return true, nil
}

// saveSetting stores a setting with its entry in the log of changes.
func saveSetting(ctx context.Context, db *DB, name string, value any, entry staff.Entry) error {
	text, err := json.Marshal(value)
	if err == nil {
		err = db.inTx(ctx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `
				INSERT INTO site_settings (name, value) VALUES ($1, $2::jsonb)
				ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()`, name, string(text))
			if err != nil {
				return err
			}
			return recordAudit(ctx, tx, entry)
		})
	}
	if err != nil {
		return fmt.Errorf("saving the setting %s: %w", name, err)
	}
	return nil
}

// holdsAll reports whether every new version is held until somebody publishes it.
func holdsAll(ctx context.Context, tx pgx.Tx) (hold bool, err error) {
	_, err = settingIn(ctx, tx, settingHold, &hold)
	return hold, err
}
