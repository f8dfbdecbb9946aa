package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

var (
	_ evaluate.RecheckStore = (*Monitor)(nil)
	_ evaluate.TopicStore   = (*Monitor)(nil)
	_ evaluate.FigureStore  = (*Monitor)(nil)
)

// Monitor keeps figures of what the service does, answers that are checked again, and
// the topics of questions.
type Monitor struct{ db *DB }

// NewMonitor returns the monitoring of a migrated database.
func NewMonitor(db *DB) *Monitor { return &Monitor{db} }

const addFigures = `
WITH taken AS ( -- each event once: what another server is adding is its business
    DELETE FROM figure_events
    WHERE id IN (SELECT id FROM figure_events ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
    RETURNING *
), events AS (
    SELECT *, (at AT TIME ZONE $2)::date AS day FROM taken
), figures AS ( -- in one order everywhere, so that two servers never wait for each other
    INSERT INTO daily_figures (day, lang, status, model, prompt, corpus, figure, detail, version, n)
    SELECT day, lang, status, model, prompt, corpus, figure, detail, version, sum(n)
    FROM events
    GROUP BY day, lang, status, model, prompt, corpus, figure, detail, version
    ORDER BY day, figure, detail, version, status, model, prompt, corpus, lang
    ON CONFLICT (day, figure, detail, version, status, model, prompt, corpus, lang)
    DO UPDATE SET n = daily_figures.n + excluded.n
), latencies AS (
    INSERT INTO daily_latencies (day, step, model, lang, bucket, n)
    SELECT day, step, model, lang, bucket, count(*)
    FROM (
        SELECT day, step, model, lang, width_bucket(ms, $3::float8[]) AS bucket
        FROM events CROSS JOIN LATERAL (VALUES ('first', first_ms::float8), ('total', total_ms::float8)) AS t (step, ms)
        WHERE ms IS NOT NULL
    ) counted
    GROUP BY day, step, model, lang, bucket
    ORDER BY day, step, model, lang, bucket
    ON CONFLICT (day, step, model, lang, bucket) DO UPDATE SET n = daily_latencies.n + excluded.n
)
SELECT count(*) FROM taken`

// AddFigures implements evaluate.FigureStore.
func (m *Monitor) AddFigures(ctx context.Context, limit int, zone string) (int, error) {
	var n int
	if err := m.db.pool.QueryRow(ctx, addFigures, limit, zone, evaluate.LatencyBounds()).Scan(&n); err != nil {
		return 0, fmt.Errorf("adding up figures: %w", err)
	}
	return n, nil
}

// Rechecks that nobody came to in recheckPatience are given up: the answers that are
// checked should be those of now.
const (
	recheckWindow   = "1 day"
	recheckPatience = "2 days"
)

const sampleRechecks = `
WITH given_up AS (
    DELETE FROM rechecks WHERE checker = $1 AND done_at IS NULL AND created_at < now() - interval '` + recheckPatience + `'
)
INSERT INTO rechecks (turn_id, checker)
SELECT t.id, $1
FROM turns t
WHERE t.finished_at > now() - interval '` + recheckWindow + `' AND t.status IN ('answered', 'partial')
    AND hashtextextended(t.id::text, 0) & 1048575 < $2::float8 * 1048576 -- the same ones whoever asks
    AND NOT EXISTS (SELECT FROM rechecks r WHERE r.turn_id = t.id AND r.checker = $1)
ORDER BY t.finished_at
LIMIT greatest($3 - (SELECT count(*) FROM rechecks WHERE checker = $1 AND done_at IS NULL), 0)
FOR KEY SHARE OF t SKIP LOCKED
ON CONFLICT DO NOTHING`

// SampleRechecks implements evaluate.RecheckStore.
func (m *Monitor) SampleRechecks(ctx context.Context, c evaluate.Checker, share float64, limit int) (int, error) {
	tag, err := m.db.pool.Exec(ctx, sampleRechecks, string(c), share, limit)
	if err != nil {
		return 0, fmt.Errorf("choosing answers to check again: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

const takeRechecks = `
WITH taken AS (
    UPDATE rechecks r SET attempts = attempts + 1, taken_until = now() + make_interval(secs => $4)
    FROM (
        SELECT turn_id FROM rechecks
        WHERE checker = $1 AND done_at IS NULL AND taken_until <= now()
        ORDER BY created_at, turn_id
        LIMIT $2
        FOR UPDATE SKIP LOCKED
    ) free
    WHERE r.turn_id = free.turn_id AND r.checker = $1
    RETURNING r.turn_id, r.attempts
), counted AS ( -- the hour is locked by the caller
    UPDATE recheck_hours SET taken = taken + (SELECT count(*) FROM taken)
    WHERE checker = $1 AND hour = $3
)
SELECT t.id::text, taken.attempts, t.question, t.answer
FROM taken JOIN turns t ON t.id = taken.turn_id
ORDER BY t.id`

// TakeRechecks implements evaluate.RecheckStore.
func (m *Monitor) TakeRechecks(ctx context.Context, c evaluate.Checker, limit, perHour int, hold time.Duration) ([]evaluate.RecheckTask, error) {
	var tasks []evaluate.RecheckTask
	err := m.db.inTx(ctx, func(tx pgx.Tx) error {
		var hour time.Time
		var taken int
		// The row of the hour is the turnstile: who holds it counts and takes.
		err := tx.QueryRow(ctx, `
			INSERT INTO recheck_hours (checker, hour) VALUES ($1, date_trunc('hour', now()))
			ON CONFLICT (checker, hour) DO UPDATE SET taken = recheck_hours.taken
			RETURNING hour, taken`, string(c)).Scan(&hour, &taken)
		if err != nil {
			return err
		}
		if taken == 0 {
			if _, err := tx.Exec(ctx, `DELETE FROM recheck_hours WHERE checker = $1 AND hour < now() - interval '2 days'`, string(c)); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, takeRechecks, string(c), max(0, min(limit, perHour-taken)), hour, hold.Seconds())
		if err != nil {
			return err
		}
		tasks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (evaluate.RecheckTask, error) {
			task := evaluate.RecheckTask{Checker: c}
			var question string
			var answer []byte
			if err := row.Scan(&task.Turn, &task.Attempt, &question, &answer); err != nil {
				return task, err
			}
			if err := json.Unmarshal(answer, &task.Answer); err != nil {
				return task, fmt.Errorf("answer of turn %s: %w", task.Turn, err)
			}
			task.Answer.Question = question // masked
			return task, nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("taking answers to check again: %w", err)
	}
	return tasks, nil
}

const finishRecheck = `
WITH done AS ( -- not when it was handed out again, or is done
    UPDATE rechecks SET done_at = now(), version = $4, outcome = $5, sentences = $6::jsonb
    WHERE turn_id = $1 AND checker = $2 AND attempts = $3 AND done_at IS NULL
    RETURNING turn_id
), counted AS (
    INSERT INTO figure_events (at, lang, status, model, prompt, corpus, figure, detail, version, n)
    SELECT t.finished_at, t.lang, t.status, coalesce(t.answer->>'model', ''), coalesce(t.answer->>'prompt', ''), coalesce(t.answer->>'corpus', ''),
        f.figure, f.detail, $4, f.n
    FROM done JOIN turns t ON t.id = done.turn_id,
        unnest($7::text[], $8::text[], $9::int[]) AS f (figure, detail, n)
)
SELECT EXISTS (SELECT FROM done)`

// FinishRecheck implements evaluate.RecheckStore.
func (m *Monitor) FinishRecheck(ctx context.Context, task evaluate.RecheckTask, version string, outcome evaluate.Outcome, sentences []evaluate.CheckedSentence) (bool, error) {
	if sentences == nil {
		sentences = []evaluate.CheckedSentence{}
	}
	details, err := json.Marshal(sentences)
	if err != nil {
		return false, fmt.Errorf("encoding the recheck of turn %s: %w", task.Turn, err)
	}
	figures, outcomes, numbers := []string{string(task.Checker) + "_answers"}, []string{string(outcome)}, []int32{1}
	each := make(map[evaluate.Outcome]int32)
	for _, s := range sentences {
		each[s.Outcome]++
	}
	for o, n := range each {
		figures, outcomes, numbers = append(figures, string(task.Checker)), append(outcomes, string(o)), append(numbers, n)
	}
	var done bool
	err = m.db.pool.QueryRow(ctx, finishRecheck, task.Turn, string(task.Checker), task.Attempt, version, string(outcome), string(details),
		figures, outcomes, numbers).Scan(&done)
	if err != nil {
		return false, fmt.Errorf("storing the recheck of turn %s: %w", task.Turn, err)
	}
	return done, nil
}

// DelayRecheck implements evaluate.RecheckStore.
func (m *Monitor) DelayRecheck(ctx context.Context, task evaluate.RecheckTask, wait time.Duration) error {
	_, err := m.db.pool.Exec(ctx, `
		UPDATE rechecks SET taken_until = now() + make_interval(secs => $4)
		WHERE turn_id = $1 AND checker = $2 AND attempts = $3 AND done_at IS NULL`,
		task.Turn, string(task.Checker), task.Attempt, wait.Seconds())
	if err != nil {
		return fmt.Errorf("putting off the recheck of turn %s: %w", task.Turn, err)
	}
	return nil
}

const citedPlaces = `
SELECT p.version_id IS NOT NULL,
    coalesce(substring(p.text FROM greatest(c.start_at, 0) + 1 FOR greatest(c.end_at - greatest(c.start_at, 0), 0)), ''),
    k.heading, coalesce(k.section, '')
FROM unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::int[]) WITH ORDINALITY AS c (document, version, page, start_at, end_at, place)
LEFT JOIN versions v ON v.document_id = c.document AND v.number = c.version
LEFT JOIN pages p ON p.version_id = v.id AND p.number = c.page
LEFT JOIN LATERAL ( -- the chunk it was found in says under which headings it stands
    SELECT heading, section FROM chunks
    WHERE version_id = v.id AND page = c.page AND start_at <= c.start_at AND end_at > c.start_at
    ORDER BY ordinal
    LIMIT 1
) k ON true
ORDER BY c.place`

// Cited implements evaluate.RecheckStore.
func (m *Monitor) Cited(ctx context.Context, citations []corpus.Citation) ([]evaluate.CitedPlace, error) {
	if len(citations) == 0 {
		return nil, nil
	}
	var documents []string
	var versions, pages, starts, ends []int
	for _, c := range citations {
		documents = append(documents, c.Document.ID)
		versions, pages = append(versions, c.Version), append(pages, c.Page)
		starts, ends = append(starts, c.Start), append(ends, c.End)
	}
	rows, err := m.db.pool.Query(ctx, citedPlaces, documents, versions, pages, starts, ends)
	if err != nil {
		return nil, fmt.Errorf("reading what is cited: %w", err)
	}
	places, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p evaluate.CitedPlace, err error) {
		err = row.Scan(&p.Found, &p.Text, &p.Heading, &p.Section)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what is cited: %w", err)
	}
	return places, nil
}

// topicStatuses are the turns whose questions are grouped.
var topicStatuses = map[evaluate.TopicKind][]string{
	evaluate.TopicsAsked:      {string(corpus.Answered), string(corpus.Partial), string(corpus.NoAnswer), string(corpus.OutOfScope)},
	evaluate.TopicsUnanswered: {string(corpus.NoAnswer)},
}

const topicQuestions = `
SELECT id::text, question, lang FROM turns
WHERE finished_at IS NOT NULL AND status = ANY ($1)
ORDER BY finished_at DESC, id
LIMIT $2`

const addTopic = `
WITH topic AS (
    INSERT INTO topics (kind) VALUES ($1) RETURNING id
), questions AS ( -- a conversation that is deleted meanwhile is left out
    SELECT t.id, t.conversation_id, t.created_at, t.status IN ('answered', 'partial') AS answered
    FROM turns t WHERE t.id = ANY ($2::text[]::uuid[])
    FOR KEY SHARE SKIP LOCKED
), stored AS (
    INSERT INTO topic_questions (topic_id, turn_id, asked_at, answered, closeness, former)
    SELECT topic.id, q.id, q.created_at, q.answered, g.closeness,
        coalesce(lag(q.created_at) OVER (PARTITION BY q.conversation_id ORDER BY q.created_at, q.id), '-infinity')
    FROM topic, questions q
    JOIN unnest($2::text[]::uuid[], $3::real[]) AS g (turn, closeness) ON g.turn = q.id
)
INSERT INTO topic_words (topic_id, turn_id, stem, word, weight, asked_at, former)
SELECT topic.id, q.id, w.stem, w.word, w.weight, q.created_at,
    coalesce(lag(q.created_at) OVER (PARTITION BY w.stem, q.conversation_id ORDER BY q.created_at, q.id), '-infinity')
FROM topic, questions q
JOIN unnest($4::text[]::uuid[], $5::text[], $6::text[], $7::real[]) AS w (turn, stem, word, weight) ON w.turn = q.id`

// Regroup implements evaluate.TopicStore.
func (m *Monitor) Regroup(ctx context.Context, every time.Duration, limit int, group func(evaluate.TopicKind, []evaluate.AskedQuestion) []evaluate.Topic) (bool, error) {
	did := false
	err := m.db.inTx(ctx, func(tx pgx.Tx) error {
		var due bool
		// Held to the end of the transaction; when this server dies it is free again.
		err := tx.QueryRow(ctx, `
			SELECT pg_try_advisory_xact_lock(hashtextextended('vraagbaak topics ' || current_schema(), 0))
				AND NOT EXISTS (SELECT FROM monitor_jobs WHERE job = 'topics' AND done_at > now() - make_interval(secs => $1)
					AND (EXISTS (SELECT FROM topics) OR NOT EXISTS (SELECT FROM turns WHERE finished_at IS NOT NULL)))`, every.Seconds()).Scan(&due)
		if err != nil || !due {
			return err
		}
		for kind, statuses := range topicStatuses {
			rows, err := tx.Query(ctx, topicQuestions, statuses, limit)
			if err != nil {
				return err
			}
			questions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[evaluate.AskedQuestion])
			if err != nil {
				return err
			}
			topics := group(kind, questions)
			if _, err := tx.Exec(ctx, `DELETE FROM topics WHERE kind = $1`, string(kind)); err != nil {
				return err
			}
			for _, t := range topics {
				if err := insertTopic(ctx, tx, kind, t); err != nil {
					return err
				}
			}
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO monitor_jobs (job, done_at) VALUES ('topics', now())
			ON CONFLICT (job) DO UPDATE SET done_at = excluded.done_at`)
		did = err == nil
		return err
	})
	if err != nil {
		return false, fmt.Errorf("storing topics: %w", err)
	}
	return did, nil
}

func insertTopic(ctx context.Context, tx pgx.Tx, kind evaluate.TopicKind, t evaluate.Topic) error {
	n := len(t.Questions)
	turns, closeness := make([]string, n), make([]float32, n)
	var having, stems, words []string
	var weights []float32
	for i, q := range t.Questions {
		turns[i], closeness[i] = q.Turn, float32(q.Closeness)
		for _, w := range q.Words {
			having, stems, words, weights = append(having, q.Turn), append(stems, w.Stem), append(words, w.Word), append(weights, float32(w.Weight))
		}
	}
	_, err := tx.Exec(ctx, addTopic, string(kind), turns, closeness, having, stems, words, weights)
	return err
}

// RechecksWaiting is how many answers wait to be checked again.
func (m *Monitor) RechecksWaiting(ctx context.Context) (int, error) {
	var n int
	if err := m.db.pool.QueryRow(ctx, `SELECT count(*) FROM rechecks WHERE done_at IS NULL`).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting rechecks that wait: %w", err)
	}
	return n, nil
}
