package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

var _ office.AccountabilityDesk = (*Account)(nil)

// Account keeps what the account of the service is made from.
type Account struct {
	db        *DB
	retention time.Duration
}

// NewAccount returns the account of a migrated database. Conversations are kept for
// retention after their last turn; negative keeps them for ever.
func NewAccount(db *DB, retention time.Duration) *Account { return &Account{db, retention} }

// Register implements office.AccountabilityDesk.
func (s *Account) Register(ctx context.Context) (map[string]string, error) {
	said := make(map[string]string)
	_, err := setting(ctx, s.db, settingRegister, &said)
	return said, err
}

// SetRegister implements office.AccountabilityDesk.
func (s *Account) SetRegister(ctx context.Context, by staff.User, said map[string]string) error {
	return saveSetting(ctx, s.db, settingRegister, said, staff.Entry{User: by, Action: "register.set", Object: "register", Detail: map[string]any{"after": said}})
}

// Figures implements office.AccountabilityDesk.
func (s *Account) Figures(ctx context.Context) (documents, conversations int, err error) {
	err = s.db.pool.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM versions v JOIN documents d ON d.id = v.document_id WHERE v.status = 'current' AND d.withdrawn_at IS NULL),
			(SELECT count(*) FROM conversations)`).Scan(&documents, &conversations)
	if err != nil {
		return 0, 0, fmt.Errorf("counting documents and conversations: %w", err)
	}
	return documents, conversations, nil
}

// RecordConfiguration keeps with what answers are made, and returns the name that
// stands in them. The same configuration has the same name on every server.
func (s *Account) RecordConfiguration(ctx context.Context, c office.Configuration) (string, error) {
	settings, err := json.Marshal(notNilMap(c.Settings))
	if err != nil {
		return "", fmt.Errorf("writing settings: %w", err)
	}
	prompts, err := json.Marshal(notNilMap(c.Prompts))
	if err != nil {
		return "", fmt.Errorf("writing prompts: %w", err)
	}
	// Maps are encoded in the order of their keys.
	whole, err := json.Marshal([]json.RawMessage{json.RawMessage(strconv.Quote(c.Program)), settings, prompts})
	if err != nil {
		return "", fmt.Errorf("writing a configuration: %w", err)
	}
	sum := sha256.Sum256(whole)
	id := hex.EncodeToString(sum[:8])
	_, err = s.db.pool.Exec(ctx, `
		INSERT INTO configurations (id, program, settings, prompts) VALUES ($1, $2, $3::jsonb, $4::jsonb)
		ON CONFLICT (id) DO NOTHING`, id, c.Program, string(settings), string(prompts))
	if err != nil {
		return "", fmt.Errorf("keeping a configuration: %w", err)
	}
	return id, nil
}

func notNilMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// Reconstruct implements office.AccountabilityDesk.
func (s *Account) Reconstruct(ctx context.Context, turn string) (r office.Reconstruction, err error) {
	var id, conversation string
	var given, filters, read []byte
	var updated time.Time
	var state int64
	err = s.db.pool.QueryRow(ctx, `
		SELECT t.id::text, t.conversation_id::text, t.question, t.lang, t.filters, t.created_at, t.answer, t.passages, c.updated_at,
			coalesce((SELECT max(id) FROM corpus_changes), 0)
		FROM turns t JOIN conversations c ON c.id = t.conversation_id
		WHERE t.id::text = $1 AND t.answer IS NOT NULL`, turn).Scan(
		&id, &conversation, &r.Question, &r.Lang, &filters, &r.At, &given, &read, &updated, &state)
	if err != nil {
		return r, readError("answer", err)
	}
	r.Turn, r.Corpus = id, strconv.FormatInt(state, 10)
	if s.retention >= 0 {
		r.Retention = updated.Add(s.retention)
	}
	if err := json.Unmarshal(given, &r.Answer); err != nil {
		return r, fmt.Errorf("reading the answer of turn %s: %w", turn, err)
	}
	if err := json.Unmarshal(filters, &r.Filter); err != nil {
		return r, fmt.Errorf("reading the filters of turn %s: %w", turn, err)
	}
	if r.History, err = s.before(ctx, conversation, r.At); err != nil {
		return r, err
	}
	refs := make([]corpus.Reference, 0, len(r.Answer.Citations))
	if r.Recorded = read != nil; r.Recorded {
		if err := json.Unmarshal(read, &refs); err != nil {
			return r, fmt.Errorf("reading the passages of turn %s: %w", turn, err)
		}
	} else {
		for _, c := range r.Answer.Citations {
			refs = append(refs, corpus.Reference{Document: c.Document.ID, Version: c.Version, Page: c.Page, Start: c.Start, End: c.End})
		}
	}
	if r.Passages, err = NewPins(s.db).Sources(ctx, refs); err != nil {
		return r, err
	}
	if r.Answer.Configuration != "" {
		c := office.Configuration{ID: r.Answer.Configuration}
		var settings, prompts []byte
		err := s.db.pool.QueryRow(ctx, `SELECT program, settings, prompts, first_used_at FROM configurations WHERE id = $1`, c.ID).
			Scan(&c.Program, &settings, &prompts, &c.First)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return r, nil
		case err == nil:
			err = errors.Join(json.Unmarshal(settings, &c.Settings), json.Unmarshal(prompts, &c.Prompts))
		}
		if err != nil {
			return r, fmt.Errorf("reading the configuration of turn %s: %w", turn, err)
		}
		r.Configuration = &c
	}
	return r, nil
}

// historyTurns is how many earlier turns a follow-up question sees, as in chat.
const historyTurns = 3

// before is what was said in a conversation before a moment, oldest first.
func (s *Account) before(ctx context.Context, conversation string, at time.Time) ([]answer.Exchange, error) {
	rows, err := s.db.pool.Query(ctx, `
		WITH last AS ( -- the last turns with an answer
			SELECT question, answer->>'text' AS text, created_at FROM turns
			WHERE conversation_id = $1::uuid AND created_at < $2 AND answer IS NOT NULL
			ORDER BY created_at DESC LIMIT $3
		)
		SELECT question, coalesce(text, '') FROM last ORDER BY created_at`, conversation, at, historyTurns)
	if err != nil {
		return nil, fmt.Errorf("reading what was said before: %w", err)
	}
	history, err := pgx.CollectRows(rows, pgx.RowToStructByPos[answer.Exchange])
	if err != nil {
		return nil, fmt.Errorf("reading what was said before: %w", err)
	}
	return history, nil
}
