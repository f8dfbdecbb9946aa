package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

var _ evaluate.MadePlace = (*MadeStaff)(nil)

// MadeStaff is a schema of its own with made conversations, in which the staff area is
// measured.
type MadeStaff struct {
	*EvaluationCorpus
	*Monitor
	*Reviews
}

// NewMadeStaff makes the schema in the database at url. Close removes it.
func NewMadeStaff(ctx context.Context, url string, opts Options) (*MadeStaff, error) {
	place, err := NewEvaluationCorpus(ctx, url, opts)
	if err != nil {
		return nil, err
	}
	return &MadeStaff{EvaluationCorpus: place, Monitor: NewMonitor(place.db), Reviews: NewReviews(place.db)}, nil
}

// MadeStates is how many states the corpus of made conversations has been in.
const MadeStates = 40

// madeBatch is how many conversations are stored at a time.
const madeBatch = 2000

// FillConversations stores conversations as they come: with their events, feedback,
// judgements and rechecks.
func (m *MadeStaff) FillConversations(ctx context.Context, next func() (evaluate.MadeConversation, bool)) error {
	if err := m.fillCorpus(ctx); err != nil {
		return err
	}
	for {
		var batch []evaluate.MadeConversation
		for len(batch) < madeBatch {
			c, ok := next()
			if !ok {
				break
			}
			batch = append(batch, c)
		}
		if len(batch) > 0 {
			if err := m.store(ctx, batch); err != nil {
				return fmt.Errorf("storing made conversations: %w", err)
			}
		}
		if len(batch) < madeBatch {
			break
		}
	}
	if err := (evaluate.Figures{Store: m.Monitor}).Once(ctx); err != nil {
		return err
	}
	if _, err := (evaluate.Topics{Store: m.Monitor}).Once(ctx, 0); err != nil {
		return err
	}
	_, err := m.EvaluationCorpus.db.pool.Exec(ctx, `VACUUM ANALYZE`)
	if err != nil {
		return fmt.Errorf("cleaning up after storing: %w", err)
	}
	return nil
}

// fillCorpus makes a document with as many changes as conversations name.
func (m *MadeStaff) fillCorpus(ctx context.Context) error {
	return m.EvaluationCorpus.db.inTx(ctx, func(tx pgx.Tx) error {
		for _, statement := range []string{
			`INSERT INTO staff_users (email, name, role) VALUES ('een@example.org', 'Een', 'reviewer'), ('twee@example.org', 'Twee', 'reviewer')`,
			`INSERT INTO originals (digest, media_type, content) VALUES (decode(repeat('00', 32), 'hex'), 'text/plain', '')`,
			`INSERT INTO documents (id, source) VALUES ('made', 'made')`,
			`INSERT INTO versions (document_id, number, digest, status, published_at) VALUES ('made', 1, decode(repeat('00', 32), 'hex'), 'current', now())`,
			`INSERT INTO corpus_changes (version_id, live, at)
				SELECT v.id, true, now() - make_interval(days => (` + fmt.Sprint(MadeStates) + ` - i)) FROM versions v, generate_series(1, ` + fmt.Sprint(MadeStates) + `) AS i ORDER BY i`,
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("making a corpus: %w", err)
			}
		}
		return nil
	})
}

const madeJudgements = `
WITH reviewers AS ( -- numbered from 1
    SELECT id, row_number() OVER (ORDER BY id) AS place FROM staff_users
)
INSERT INTO judgements (item, turn_id, reviewer_id, verdict, lang, status, corpus, model, prompt, asked_on)
SELECT f.id, f.turn_id, r.id, CASE WHEN (f.id + r.id) % 5 = 0 THEN 'wrong' ELSE 'right' END, f.lang, f.status, f.corpus, f.model, f.prompt, f.asked_at::date
FROM unnest($1::uuid[], $2::int[]) AS j (turn, verdicts)
JOIN turn_facts f ON f.turn_id = j.turn
JOIN reviewers r ON r.place <= j.verdicts`

func (m *MadeStaff) store(ctx context.Context, batch []evaluate.MadeConversation) error {
	var conversations, turns, events, feedback, rechecks [][]any
	var judged []uuid.UUID
	var verdicts []int
	for _, c := range batch {
		id := uuid.New()
		last := c.Turns[len(c.Turns)-1].Asked
		conversations = append(conversations, []any{id, c.Turns[0].Asked, last})
		for _, t := range c.Turns {
			turn := uuid.Must(uuid.NewV7())
			t.Answer.ID, t.Answer.Conversation = turn.String(), id.String()
			answer, err := json.Marshal(t.Answer)
			if err != nil {
				return err
			}
			ended := t.Asked.Add(time.Duration(t.Answer.Timing.Total) * time.Millisecond)
			turns = append(turns, []any{turn, id, t.Answer.Question, t.Answer.Lang, json.RawMessage(`{}`), string(t.Answer.Status), json.RawMessage(answer), ended, t.Asked, ended})
			seq := 0
			event := func(kind string, payload any) error {
				b, err := json.Marshal(payload)
				seq++
				events = append(events, []any{turn, seq, kind, json.RawMessage(b)})
				return err
			}
			err = errors.Join(event("accepted", map[string]string{"conversation": id.String(), "question": t.Answer.Question}), event("progress", map[string]string{"stage": "searching"}))
			for _, cite := range t.Answer.Citations {
				err = errors.Join(err, event("citation", cite))
			}
			for i, s := range t.Answer.Sentences {
				err = errors.Join(err, event("sentence", map[string]any{"index": i, "text": s.Text, "citations": s.Citations}))
			}
			if err := errors.Join(err, event("done", t.Answer)); err != nil {
				return err
			}
			if t.Feedback != "" {
				feedback = append(feedback, []any{turn, t.Feedback == "useful", t.Comment, ended, ended})
			}
			if t.Verdicts > 0 {
				judged, verdicts = append(judged, turn), append(verdicts, t.Verdicts)
			}
			if t.Recheck != "" {
				rechecks = append(rechecks, []any{turn, string(evaluate.CheckerVerifier), 1, ended, "made", string(t.Recheck), json.RawMessage(`[]`)})
			}
		}
	}
	return m.EvaluationCorpus.db.inTx(ctx, func(tx pgx.Tx) error {
		for _, t := range []struct {
			table   string
			columns []string
			rows    [][]any
		}{
			{"conversations", []string{"id", "created_at", "updated_at"}, conversations},
			{"turns", []string{"id", "conversation_id", "question", "lang", "filters", "status", "answer", "lease_until", "created_at", "finished_at"}, turns},
			{"turn_events", []string{"turn_id", "seq", "type", "payload"}, events},
			{"feedback", []string{"turn_id", "useful", "comment", "created_at", "updated_at"}, feedback},
			{"rechecks", []string{"turn_id", "checker", "attempts", "done_at", "version", "outcome", "sentences"}, rechecks},
		} {
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.table}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
				return fmt.Errorf("%s: %w", t.table, err)
			}
		}
		if _, err := tx.Exec(ctx, madeJudgements, judged, verdicts); err != nil {
			return fmt.Errorf("judgements: %w", err)
		}
		// What checking again found, as it is counted where it is found.
		_, err := tx.Exec(ctx, `
			INSERT INTO figure_events (at, lang, status, model, prompt, corpus, figure, detail, version, n)
			SELECT t.finished_at, t.lang, t.status, t.answer->>'model', coalesce(t.answer->>'prompt', ''), t.answer->>'corpus', 'verifier', r.outcome, r.version, 2
			FROM rechecks r JOIN turns t ON t.id = r.turn_id WHERE t.conversation_id = ANY ($1)`, ids(conversations))
		return err
	})
}

// Baseline reads one row by its key: what a round trip to the database costs.
func (m *MadeStaff) Baseline(ctx context.Context) error {
	var one int
	return m.EvaluationCorpus.db.pool.QueryRow(ctx, `SELECT 1 FROM documents WHERE id = 'made'`).Scan(&one)
}

// Stored counts what was made: conversations, turns and events.
func (m *MadeStaff) Stored(ctx context.Context) (conversations, turns, events int64, err error) {
	err = m.EvaluationCorpus.db.pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM turns), (SELECT count(*) FROM turn_events)`).
		Scan(&conversations, &turns, &events)
	return conversations, turns, events, err
}

// Turns are the addresses of some answers, spread over all.
func (m *MadeStaff) Turns(ctx context.Context, n int) ([][2]string, error) {
	rows, err := m.EvaluationCorpus.db.pool.Query(ctx, `SELECT conversation_id::text, id::text FROM turns TABLESAMPLE SYSTEM (1) REPEATABLE (1) LIMIT $1`, n)
	if err != nil {
		return nil, fmt.Errorf("choosing answers: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t [2]string, err error) {
		err = row.Scan(&t[0], &t[1])
		return t, err
	})
}

func ids(conversations [][]any) []uuid.UUID {
	out := make([]uuid.UUID, len(conversations))
	for i, c := range conversations {
		out[i], _ = c[0].(uuid.UUID)
	}
	return out
}
