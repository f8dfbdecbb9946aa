package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
)

var _ office.MonitorStore = (*Monitor)(nil)

const readFigures = `
WITH figures AS (
    SELECT date_trunc($3, day::timestamp)::date AS period, lang, status, model, prompt, corpus, figure, detail, version, n
    FROM daily_figures
    WHERE day BETWEEN $1 AND $2 AND ($4 = '' OR lang = $4) AND ($5 = '' OR model = $5)
)
SELECT CASE -- what the row is by
        WHEN grouping(period) = 0 THEN 'period' WHEN grouping(model) = 0 THEN 'model' WHEN grouping(corpus) = 0 THEN 'corpus'
        WHEN grouping(lang) = 0 THEN 'lang' ELSE 'version' END,
    period, coalesce(model, ''), coalesce(prompt, ''), coalesce(corpus, ''), coalesce(lang, ''), coalesce(version, ''),
    coalesce(status, ''), figure, detail, sum(n)::bigint
FROM figures
GROUP BY GROUPING SETS (
    (period, status, figure, detail), (model, prompt, status, figure, detail), (corpus, status, figure, detail),
    (lang, status, figure, detail), (version, figure, detail))
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`

const readLatencies = `
WITH latencies AS (
    SELECT date_trunc($3, day::timestamp)::date AS period, step, model, bucket, n
    FROM daily_latencies
    WHERE day BETWEEN $1 AND $2 AND ($4 = '' OR lang = $4) AND ($5 = '' OR model = $5)
)
SELECT CASE WHEN grouping(period) = 0 THEN 'period' ELSE 'model' END, period, coalesce(model, ''), step, bucket, sum(n)::bigint
FROM latencies
GROUP BY GROUPING SETS ((period, step, bucket), (model, step, bucket))`

// Figures implements office.MonitorStore.
func (m *Monitor) Figures(ctx context.Context, q office.FigureQuery) (office.FigureReport, error) {
	var report office.FigureReport
	args := []any{q.From, q.To, q.Step, q.Lang, q.Model}
	rows, err := m.db.pool.Query(ctx, readFigures, args...)
	if err != nil {
		return report, fmt.Errorf("reading figures: %w", err)
	}
	report.Figures, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (f office.FigureRow, err error) {
		var period *time.Time
		err = row.Scan(&f.By, &period, &f.Model, &f.Prompt, &f.Corpus, &f.Lang, &f.Version, &f.Status, &f.Figure, &f.Detail, &f.N)
		if period != nil {
			f.Period = *period
		}
		return f, err
	})
	if err != nil {
		return report, fmt.Errorf("reading figures: %w", err)
	}
	rows, err = m.db.pool.Query(ctx, readLatencies, args...)
	if err != nil {
		return report, fmt.Errorf("reading latencies: %w", err)
	}
	report.Latencies, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l office.LatencyRow, err error) {
		var period *time.Time
		err = row.Scan(&l.By, &period, &l.Model, &l.Step, &l.Bucket, &l.N)
		if period != nil {
			l.Period = *period
		}
		return l, err
	})
	if err != nil {
		return report, fmt.Errorf("reading latencies: %w", err)
	}
	err = m.db.pool.QueryRow(ctx, `
		SELECT ARRAY(SELECT DISTINCT model FROM daily_figures WHERE day BETWEEN $1 AND $2 AND figure = 'turns' AND model <> '' ORDER BY model),
			(SELECT min(day) FROM daily_figures),
			(SELECT count(*) FROM rechecks WHERE done_at IS NULL)`, q.From, q.To).Scan(&report.Models, &report.Since, &report.Waiting)
	if err != nil {
		return report, fmt.Errorf("reading what there are figures of: %w", err)
	}
	return report, m.corpusDates(ctx, &report)
}

// corpusDates looks up when the corpus came into the states that figures are by.
func (m *Monitor) corpusDates(ctx context.Context, report *office.FigureReport) error {
	var states []string
	for _, f := range report.Figures {
		if f.By == "corpus" && f.Corpus != "" {
			states = append(states, f.Corpus)
		}
	}
	report.CorpusAt = make(map[string]time.Time)
	rows, err := m.db.pool.Query(ctx, `SELECT id::text, at FROM corpus_changes WHERE id = ANY (
		SELECT DISTINCT state::bigint FROM unnest($1::text[]) AS state WHERE state ~ '^\d{1,18}$')`, states)
	if err != nil {
		return fmt.Errorf("reading states of the corpus: %w", err)
	}
	var state string
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&state, &at}, func() error {
		report.CorpusAt[state] = at
		return nil
	}); err != nil {
		return fmt.Errorf("reading states of the corpus: %w", err)
	}
	return nil
}

// Of the questions of a period one of each conversation has its former one before it:
// conversations are counted without comparing them.
const readTopics = `
SELECT q.topic_id, count(*), count(*) FILTER (WHERE q.former < $2), count(*) FILTER (WHERE NOT q.answered)
FROM topics p JOIN topic_questions q ON q.topic_id = p.id
WHERE p.kind = $1 AND q.asked_at >= $2 AND q.asked_at < $3
GROUP BY q.topic_id
ORDER BY 2 DESC, 1`

const readTopicWords = `
SELECT p.id, form.word, told.weight, told.conversations
FROM topics p
CROSS JOIN LATERAL ( -- the stems that tell most, by an index in their order
    SELECT w.stem, sum(w.weight::float8) AS weight, count(*) FILTER (WHERE w.former < $2) AS conversations
    FROM topic_words w
    WHERE w.topic_id = p.id AND w.asked_at >= $2 AND w.asked_at < $3
    GROUP BY w.stem
    HAVING count(*) FILTER (WHERE w.former < $2) >= $4
    ORDER BY 2 DESC, 1
    LIMIT $5
) told
CROSS JOIN LATERAL ( -- and the form of each that tells most
    SELECT w.word
    FROM topic_words w
    WHERE w.topic_id = p.id AND w.stem = told.stem AND w.asked_at >= $2 AND w.asked_at < $3
    GROUP BY w.word
    ORDER BY sum(w.weight::float8) DESC, w.word
    LIMIT 1
) form
WHERE p.kind = $1
ORDER BY p.id, told.weight DESC, told.stem`

const readTopicExamples = `
SELECT p.id, t.question
FROM topics p
CROSS JOIN LATERAL ( -- the nearest to the middle, before any turn is read; some of them are alike
    SELECT q.turn_id, q.closeness
    FROM topic_questions q
    WHERE q.topic_id = p.id AND q.asked_at >= $2 AND q.asked_at < $3
    ORDER BY q.closeness DESC, q.turn_id
    LIMIT 12
) near
JOIN turns t ON t.id = near.turn_id
WHERE p.kind = $1
ORDER BY p.id, near.closeness DESC, near.turn_id`

// Topics implements office.MonitorStore.
func (m *Monitor) Topics(ctx context.Context, kind evaluate.TopicKind, from, to time.Time, conversations int) (office.TopicReport, error) {
	report := office.TopicReport{}
	args := []any{string(kind), from, to}
	at := make(map[int64]int)
	var id int64
	err := m.each(ctx, readTopics, args, func(row pgx.CollectableRow) error {
		var t office.TopicView
		if err := row.Scan(&id, &t.Questions, &t.Conversations, &t.Unanswered); err != nil {
			return err
		}
		at[id] = len(report.Topics)
		report.Topics = append(report.Topics, t)
		return nil
	})
	if err == nil {
		err = m.each(ctx, readTopicWords, append(args, conversations, evaluate.NameWords), func(row pgx.CollectableRow) error {
			var w evaluate.TopicWord
			if err := row.Scan(&id, &w.Word, &w.Weight, &w.Conversations); err != nil {
				return err
			}
			if i, ok := at[id]; ok {
				report.Topics[i].Words = append(report.Topics[i].Words, w)
			}
			return nil
		})
	}
	if err == nil {
		err = m.each(ctx, readTopicExamples, args, func(row pgx.CollectableRow) error {
			var question string
			if err := row.Scan(&id, &question); err != nil {
				return err
			}
			if i, ok := at[id]; ok {
				report.Topics[i].Examples = append(report.Topics[i].Examples, question)
			}
			return nil
		})
	}
	if err == nil {
		err = m.db.pool.QueryRow(ctx, `SELECT max(done_at) FROM monitor_jobs WHERE job = 'topics'`).Scan(&report.MadeAt)
	}
	if err != nil {
		return report, fmt.Errorf("reading topics: %w", err)
	}
	return report, nil
}

func (m *Monitor) each(ctx context.Context, query string, args []any, row func(pgx.CollectableRow) error) error {
	rows, err := m.db.pool.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

const readWrong = `
SELECT t.conversation_id::text, r.turn_id::text, t.question, t.answer, r.checker, r.version, r.outcome, r.sentences, r.done_at
FROM rechecks r JOIN turns t ON t.id = r.turn_id
WHERE r.outcome IN ('unsupported', 'wrong_citation') AND r.done_at >= $1 AND r.done_at < $2
ORDER BY r.done_at DESC, r.turn_id
LIMIT $3`

// WrongAnswers implements office.MonitorStore.
func (m *Monitor) WrongAnswers(ctx context.Context, from, to time.Time, limit int) ([]office.WrongAnswer, error) {
	var wrong []office.WrongAnswer
	err := m.each(ctx, readWrong, []any{from, to, limit}, func(row pgx.CollectableRow) error {
		var w office.WrongAnswer
		var answer, sentences []byte
		if err := row.Scan(&w.Conversation, &w.Turn, &w.Question, &answer, &w.Checker, &w.Version, &w.Outcome, &sentences, &w.At); err != nil {
			return err
		}
		var a corpus.Answer
		if err := json.Unmarshal(answer, &a); err != nil {
			return fmt.Errorf("answer of turn %s: %w", w.Turn, err)
		}
		var checked []evaluate.CheckedSentence
		if err := json.Unmarshal(sentences, &checked); err != nil {
			return fmt.Errorf("recheck of turn %s: %w", w.Turn, err)
		}
		for _, c := range checked {
			if c.Outcome != evaluate.OutcomeSupported && c.Index >= 0 && c.Index < len(a.Sentences) {
				w.Sentences = append(w.Sentences, office.WrongSentence{Text: a.Sentences[c.Index].Text, Checked: c})
			}
		}
		wrong = append(wrong, w)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading answers that did not pass: %w", err)
	}
	return wrong, nil
}
