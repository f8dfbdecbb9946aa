package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

var (
	_ evaluate.RunStore = (*Runs)(nil)
	_ office.RunStore   = (*Runs)(nil)
)

// Runs keeps what question sets were answered.
type Runs struct{ db *DB }

// NewRuns returns the runs of a migrated database.
func NewRuns(db *DB) *Runs { return &Runs{db} }

// runColumns are what scanRun reads, of eval_runs r, its version v and set s.
const runColumns = `
	SELECT r.id, s.id, s.name, v.id, v.number, r.note, r.by_name, r.settings, coalesce(r.config, '{}'), r.state, r.error,
	       (SELECT count(*) FROM eval_run_cases c WHERE c.run_id = r.id), r.cases,
	       r.created_at, r.started_at, r.finished_at, r.published_at, r.summary, r.corpus_changed
	FROM eval_runs r JOIN question_set_versions v ON v.id = r.version_id JOIN question_sets s ON s.id = v.set_id`

func scanRun(row pgx.CollectableRow) (r evaluate.Run, err error) {
	var started, finished, published *time.Time
	var summary []byte
	err = row.Scan(&r.ID, &r.Set, &r.SetName, &r.VersionID, &r.Version, &r.Note, &r.By, &r.Settings, &r.Config, &r.State, &r.Error,
		&r.Done, &r.Of, &r.Created, &started, &finished, &published, &summary, &r.CorpusChanged)
	if err != nil {
		return r, err
	}
	for to, at := range map[*time.Time]*time.Time{&r.Started: started, &r.Finished: finished, &r.Published: published} {
		if at != nil {
			*to = *at
		}
	}
	if summary != nil {
		r.Summary = new(evaluate.Answers)
		err = json.Unmarshal(summary, r.Summary)
	}
	return r, err
}

// Runs implements office.RunStore.
func (s *Runs) Runs(ctx context.Context, set int64, limit int) ([]evaluate.Run, error) {
	rows, err := s.db.pool.Query(ctx, runColumns+` WHERE $1::bigint = 0 OR s.id = $1 ORDER BY r.id DESC LIMIT $2`, set, limit)
	if err != nil {
		return nil, fmt.Errorf("reading runs: %w", err)
	}
	runs, err := pgx.CollectRows(rows, scanRun)
	if err != nil {
		return nil, fmt.Errorf("reading runs: %w", err)
	}
	return runs, nil
}

// Run implements office.RunStore.
func (s *Runs) Run(ctx context.Context, id int64) (evaluate.Run, error) {
	return runWhere(ctx, s.db.pool, `r.id = $1`, id)
}

func runWhere(ctx context.Context, q reads, where string, args ...any) (evaluate.Run, error) {
	rows, err := q.Query(ctx, runColumns+` WHERE `+where, args...)
	if err != nil {
		return evaluate.Run{}, fmt.Errorf("reading a run: %w", err)
	}
	run, err := pgx.CollectExactlyOneRow(rows, scanRun)
	if errors.Is(err, pgx.ErrNoRows) {
		return evaluate.Run{}, &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such run"}
	}
	if err != nil {
		return evaluate.Run{}, fmt.Errorf("reading a run: %w", err)
	}
	return run, nil
}

// Results implements office.RunStore.
func (s *Runs) Results(ctx context.Context, run int64) ([]evaluate.AnswerCase, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT c.result
		FROM eval_run_cases c
		JOIN eval_runs r ON r.id = c.run_id
		JOIN set_cases k ON k.version_id = r.version_id AND k.key = c.key
		WHERE c.run_id = $1 ORDER BY k.position, k.key`, run)
	if err != nil {
		return nil, fmt.Errorf("reading the results of a run: %w", err)
	}
	results, err := pgx.CollectRows(rows, pgx.RowTo[evaluate.AnswerCase])
	if err != nil {
		return nil, fmt.Errorf("reading the results of a run: %w", err)
	}
	return results, nil
}

func runObject(id int64) string { return fmt.Sprintf("run:%d", id) }

// Start implements office.RunStore.
func (s *Runs) Start(ctx context.Context, by staff.User, set int64, number int, note string, settings evaluate.Settings) (id int64, err error) {
	err = s.db.inTx(ctx, func(tx pgx.Tx) error {
		newest, last, _, err := lockNewest(ctx, tx, set)
		if err != nil {
			return err
		}
		version := newest
		if number != 0 && number != last {
			err := tx.QueryRow(ctx, `SELECT id FROM question_set_versions WHERE set_id = $1 AND number = $2`, set, number).Scan(&version)
			if errors.Is(err, pgx.ErrNoRows) {
				return evaluate.ErrNoSet
			} else if err != nil {
				return err
			}
		}
		var cases int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM set_cases WHERE version_id = $1`, version).Scan(&cases); err != nil {
			return err
		}
		if cases == 0 {
			return evaluate.ErrSetEmpty
		}
		if _, err := tx.Exec(ctx, `UPDATE question_set_versions SET used_at = now() WHERE id = $1 AND used_at IS NULL`, version); err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			INSERT INTO eval_runs (version_id, note, by_user, by_name, settings, cases)
			VALUES ($1, $2, nullif($3, 0), $4, $5, $6) RETURNING id`, version, note, by.ID, by.Name, settings, cases).Scan(&id)
		if err != nil {
			return err
		}
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: "run.start", Object: runObject(id), Detail: map[string]any{
			"set": set, "settings": settings, "cases": cases,
		}})
	})
	if err != nil {
		return 0, fmt.Errorf("starting a run: %w", err)
	}
	return id, nil
}

// Cancel implements office.RunStore.
func (s *Runs) Cancel(ctx context.Context, by staff.User, id int64) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE eval_runs SET state = 'cancelled', runner = NULL, leased_until = NULL, finished_at = now()
			WHERE id = $1 AND state IN ('waiting', 'running')`, id)
		if err != nil || tag.RowsAffected() == 0 { // it ended meanwhile
			return err
		}
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: "run.cancel", Object: runObject(id)})
	})
	if err != nil {
		return fmt.Errorf("stopping a run: %w", err)
	}
	return nil
}

func publishRun(ctx context.Context, tx pgx.Tx, id int64, public bool) error {
	tag, err := tx.Exec(ctx, `
		UPDATE eval_runs SET published_at = CASE WHEN $2 THEN now() END WHERE id = $1 AND state = 'done'`, id, public)
	if err == nil && tag.RowsAffected() == 0 {
		err = evaluate.ErrRunOpen
	}
	return err
}

// ApplyRunPublication is the ApplyProposal of office.KindRun.
func ApplyRunPublication(ctx context.Context, tx pgx.Tx, p staff.Proposal) error {
	var change office.RunPublication
	if err := json.Unmarshal(p.Change, &change); err != nil {
		return fmt.Errorf("reading the proposal: %w", err)
	}
	return publishRun(ctx, tx, change.Run, change.Public)
}

// Claim implements evaluate.RunStore.
func (s *Runs) Claim(ctx context.Context, runner string, lease time.Duration) (run evaluate.Run, ok bool, err error) {
	err = s.db.inTx(ctx, func(tx pgx.Tx) error {
		var id int64
		err := tx.QueryRow(ctx, `
			WITH open AS ( -- the run that waits longest, or whose runner is silent
				SELECT id FROM eval_runs
				WHERE state = 'waiting' OR state = 'running' AND leased_until < clock_timestamp()
				ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
			)
			UPDATE eval_runs r
			SET state = 'running', runner = $1, leased_until = clock_timestamp() + $2::interval, started_at = coalesce(started_at, now())
			FROM open WHERE r.id = open.id RETURNING r.id`, runner, lease).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		run, err = runWhere(ctx, tx, `r.id = $1`, id)
		ok = err == nil
		return err
	})
	if err != nil {
		return evaluate.Run{}, false, fmt.Errorf("taking a run: %w", err)
	}
	return run, ok, nil
}

// held locks a run and makes sure that the runner still has it.
func held(ctx context.Context, tx pgx.Tx, run int64, runner string) error {
	var mine bool
	err := tx.QueryRow(ctx, `SELECT coalesce(state = 'running' AND runner = $2, false) FROM eval_runs WHERE id = $1 FOR UPDATE`, run, runner).Scan(&mine)
	if err == nil && !mine {
		err = evaluate.ErrRunLost
	}
	return err
}

// Begin implements evaluate.RunStore.
func (s *Runs) Begin(ctx context.Context, run int64, runner string, c evaluate.Configuration) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		if err := held(ctx, tx, run, runner); err != nil {
			return err
		}
		// What was answered by something else is not put together with this.
		if _, err := tx.Exec(ctx, `
			DELETE FROM eval_run_cases c USING eval_runs r
			WHERE c.run_id = $1 AND r.id = $1 AND r.config IS DISTINCT FROM $2::jsonb`, run, c); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE eval_runs SET config = $2 WHERE id = $1`, run, c)
		return err
	})
	if err != nil {
		return fmt.Errorf("beginning a run: %w", err)
	}
	return nil
}

// Asked implements evaluate.RunStore.
func (s *Runs) Asked(ctx context.Context, run int64) ([]evaluate.Case, map[string]evaluate.AnswerCase, error) {
	var version int64
	if err := s.db.pool.QueryRow(ctx, `SELECT version_id FROM eval_runs WHERE id = $1`, run).Scan(&version); err != nil {
		return nil, nil, fmt.Errorf("reading a run: %w", err)
	}
	cases, err := casesOf(ctx, s.db.pool, version)
	if err != nil {
		return nil, nil, err
	}
	results, err := s.Results(ctx, run)
	if err != nil {
		return nil, nil, err
	}
	done := make(map[string]evaluate.AnswerCase, len(results))
	for _, r := range results {
		done[r.ID] = r
	}
	return cases, done, nil
}

// Keep implements evaluate.RunStore.
func (s *Runs) Keep(ctx context.Context, run int64, runner string, lease time.Duration, results []evaluate.AnswerCase) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		if err := held(ctx, tx, run, runner); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE eval_runs SET leased_until = clock_timestamp() + $2::interval WHERE id = $1`, run, lease)
		for _, r := range results {
			line, err := json.Marshal(r)
			if err != nil {
				return err
			}
			batch.Queue(`INSERT INTO eval_run_cases (run_id, key, result) VALUES ($1, $2, $3::text::json) ON CONFLICT (run_id, key) DO UPDATE SET result = excluded.result`,
				run, r.ID, string(line))
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("storing results of a run: %w", err)
	}
	return nil
}

// End implements evaluate.RunStore.
func (s *Runs) End(ctx context.Context, run int64, runner string, e evaluate.Ending) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		if err := held(ctx, tx, run, runner); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			UPDATE eval_runs SET state = $2, error = $3, summary = $4, corpus_changed = $5, runner = NULL, leased_until = NULL,
				finished_at = CASE WHEN $2 <> 'waiting' THEN now() END
			WHERE id = $1`, run, e.State, plainText(e.Error), e.Summary, e.CorpusChanged)
		return err
	})
	if err != nil {
		return fmt.Errorf("ending a run: %w", err)
	}
	return nil
}

// LatestPublished is what the public may know of the run that was made public last;
// false when none is public.
func (s *Runs) LatestPublished(ctx context.Context) (evaluate.Published, bool, error) {
	run, err := runWhere(ctx, s.db.pool, `r.published_at IS NOT NULL ORDER BY r.published_at DESC, r.id DESC LIMIT 1`)
	var user *corpus.UserError
	if errors.As(err, &user) {
		return evaluate.Published{}, false, nil
	}
	if err != nil {
		return evaluate.Published{}, false, err
	}
	results, err := s.Results(ctx, run.ID)
	if err != nil {
		return evaluate.Published{}, false, err
	}
	return evaluate.Publication(run, results), true, nil
}
