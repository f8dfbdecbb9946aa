package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

var _ office.SetStore = (*Sets)(nil)

// Sets keeps question sets and their versions.
type Sets struct{ db *DB }

// NewSets returns the question sets of a migrated database.
func NewSets(db *DB) *Sets { return &Sets{db} }

// selectSets reads sets with their versions, newest first; $1 is one set, or 0 for all.
const selectSets = `
	SELECT s.id, s.name, s.about, s.created_at, v.id, v.number, v.created_at, v.used_at,
	       (SELECT count(*) FROM set_cases c WHERE c.version_id = v.id)
	FROM question_sets s JOIN question_set_versions v ON v.set_id = s.id
	WHERE $1::bigint = 0 OR s.id = $1
	ORDER BY lower(s.name), s.id, v.number DESC`

func (s *Sets) read(ctx context.Context, id int64) ([]evaluate.Set, error) {
	rows, err := s.db.pool.Query(ctx, selectSets, id)
	if err != nil {
		return nil, fmt.Errorf("reading question sets: %w", err)
	}
	var (
		all  []evaluate.Set
		set  evaluate.Set
		v    evaluate.SetVersion
		used *time.Time
	)
	_, err = pgx.ForEachRow(rows, []any{&set.ID, &set.Name, &set.About, &set.Created, &v.ID, &v.Number, &v.Created, &used, &v.Cases}, func() error {
		v.Used = time.Time{}
		if used != nil {
			v.Used = *used
		}
		if n := len(all); n == 0 || all[n-1].ID != set.ID {
			all = append(all, set)
		}
		last := &all[len(all)-1]
		last.Versions = append(last.Versions, v)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading question sets: %w", err)
	}
	return all, nil
}

// Sets implements office.SetStore.
func (s *Sets) Sets(ctx context.Context) ([]evaluate.Set, error) { return s.read(ctx, 0) }

// Set implements office.SetStore.
func (s *Sets) Set(ctx context.Context, id int64) (evaluate.Set, error) {
	if id == 0 {
		return evaluate.Set{}, evaluate.ErrNoSet
	}
	all, err := s.read(ctx, id)
	if err != nil {
		return evaluate.Set{}, err
	}
	if len(all) == 0 {
		return evaluate.Set{}, evaluate.ErrNoSet
	}
	return all[0], nil
}

// Named is the set of a name, in capitals or not.
func (s *Sets) Named(ctx context.Context, name string) (evaluate.Set, error) {
	var id int64
	err := s.db.pool.QueryRow(ctx, `SELECT id FROM question_sets WHERE lower(name) = lower($1)`, name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return evaluate.Set{}, evaluate.ErrNoSet
	}
	if err != nil {
		return evaluate.Set{}, fmt.Errorf("looking for a question set: %w", err)
	}
	return s.Set(ctx, id)
}

// Cases implements office.SetStore.
func (s *Sets) Cases(ctx context.Context, version int64) ([]evaluate.Case, error) {
	return casesOf(ctx, s.db.pool, version)
}

// reads is a pool or a transaction.
type reads interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func casesOf(ctx context.Context, q reads, version int64) ([]evaluate.Case, error) {
	rows, err := q.Query(ctx, `SELECT line FROM set_cases WHERE version_id = $1 ORDER BY position, key`, version)
	if err != nil {
		return nil, fmt.Errorf("reading the cases of a set: %w", err)
	}
	cases, err := pgx.CollectRows(rows, pgx.RowTo[evaluate.Case])
	if err != nil {
		return nil, fmt.Errorf("reading the cases of a set: %w", err)
	}
	return cases, nil
}

// Make implements office.SetStore.
func (s *Sets) Make(ctx context.Context, by staff.User, name, about string) (id int64, err error) {
	err = s.db.inTx(ctx, func(tx pgx.Tx) error {
		// Set makes the set, version its first draft.
		if err := tx.QueryRow(ctx, `
			WITH made AS (INSERT INTO question_sets (name, about) VALUES ($1, $2) RETURNING id),
			version AS (INSERT INTO question_set_versions (set_id, number) SELECT id, 1 FROM made)
			SELECT id FROM made`, name, about).Scan(&id); err != nil {
			return sameName(err)
		}
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: "set.make", Object: setObject(id), Detail: map[string]any{"name": name}})
	})
	if err != nil {
		return 0, fmt.Errorf("making a question set: %w", err)
	}
	return id, nil
}

func setObject(id int64) string { return fmt.Sprintf("set:%d", id) }

// sameName tells that a name is taken.
func sameName(err error) error {
	var violated *pgconn.PgError
	if errors.As(err, &violated) && violated.ConstraintName == "question_sets_name" {
		return evaluate.ErrSetNamed
	}
	return err
}

// Describe implements office.SetStore.
func (s *Sets) Describe(ctx context.Context, by staff.User, id int64, name, about string) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE question_sets SET name = $2, about = $3 WHERE id = $1`, id, name, about)
		if err != nil {
			return sameName(err)
		}
		if tag.RowsAffected() == 0 {
			return evaluate.ErrNoSet
		}
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: "set.describe", Object: setObject(id), Detail: map[string]any{"name": name}})
	})
	if err != nil {
		return fmt.Errorf("changing a question set: %w", err)
	}
	return nil
}

// Delete implements office.SetStore.
func (s *Sets) Delete(ctx context.Context, by staff.User, id int64) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		var name string
		var used bool
		err := tx.QueryRow(ctx, `
			SELECT name, EXISTS (SELECT FROM question_set_versions v WHERE v.set_id = s.id AND v.used_at IS NOT NULL)
			FROM question_sets s WHERE id = $1 FOR UPDATE`, id).Scan(&name, &used)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return evaluate.ErrNoSet
		case err != nil:
			return err
		case used:
			return evaluate.ErrSetUsed
		}
		if _, err := tx.Exec(ctx, `DELETE FROM question_sets WHERE id = $1`, id); err != nil {
			return err
		}
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: "set.delete", Object: setObject(id), Detail: map[string]any{"name": name}})
	})
	if err != nil {
		return fmt.Errorf("deleting a question set: %w", err)
	}
	return nil
}

// change runs do on the draft of a set, which is made of the last version when a run
// used that. Changes of one set wait for each other and for the start of a run.
func (s *Sets) change(ctx context.Context, set int64, do func(tx pgx.Tx, draft int64) (staff.Entry, error)) error {
	return s.db.inTx(ctx, func(tx pgx.Tx) error {
		draft, number, err := draftOf(ctx, tx, set)
		if err != nil {
			return err
		}
		entry, err := do(tx, draft)
		if err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM set_cases WHERE version_id = $1`, draft).Scan(&n); err != nil {
			return err
		}
		if n > evaluate.MaxCases {
			return evaluate.ErrSetFull
		}
		entry.Object = setObject(set)
		if entry.Detail == nil {
			entry.Detail = make(map[string]any)
		}
		entry.Detail["version"] = number
		return recordAudit(ctx, tx, entry)
	})
}

func draftOf(ctx context.Context, tx pgx.Tx, set int64) (draft int64, number int, err error) {
	version, number, used, err := lockNewest(ctx, tx, set)
	if err != nil || !used {
		return version, number, err
	}
	err = tx.QueryRow(ctx, `INSERT INTO question_set_versions (set_id, number) VALUES ($1, $2) RETURNING id`, set, number+1).Scan(&draft)
	if err == nil {
		_, err = tx.Exec(ctx, `INSERT INTO set_cases (version_id, position, key, line) SELECT $2, position, key, line FROM set_cases WHERE version_id = $1`, version, draft)
	}
	return draft, number + 1, err
}

// lockNewest locks a set and finds its last version.
func lockNewest(ctx context.Context, tx pgx.Tx, set int64) (version int64, number int, used bool, err error) {
	if err := tx.QueryRow(ctx, `SELECT id FROM question_sets WHERE id = $1 FOR UPDATE`, set).Scan(&set); errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, false, evaluate.ErrNoSet
	} else if err != nil {
		return 0, 0, false, err
	}
	err = tx.QueryRow(ctx, `
		SELECT id, number, used_at IS NOT NULL FROM question_set_versions WHERE set_id = $1 ORDER BY number DESC LIMIT 1`, set).Scan(&version, &number, &used)
	return version, number, used, err
}

// Import implements office.SetStore.
func (s *Sets) Import(ctx context.Context, by staff.User, set int64, cases []evaluate.Case, replace bool) (out office.Imported, err error) {
	err = s.change(ctx, set, func(tx pgx.Tx, draft int64) (staff.Entry, error) {
		out = office.Imported{}
		before, err := casesOf(ctx, tx, draft)
		if err != nil {
			return staff.Entry{}, err
		}
		lines := make(map[string]string, len(before))
		for _, c := range before {
			if lines[c.ID], err = lineOf(c); err != nil {
				return staff.Entry{}, err
			}
		}
		batch, keys := &pgx.Batch{}, make([]string, 0, len(cases))
		for _, c := range cases {
			line, err := lineOf(c)
			if err != nil {
				return staff.Entry{}, err
			}
			keys = append(keys, c.ID)
			switch was, known := lines[c.ID]; {
			case known && was == line:
				out.Same++
				continue
			case known:
				out.Changed++
			default:
				out.Added++
			}
			batch.Queue(putCase, draft, c.ID, line)
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return staff.Entry{}, err
		}
		if replace {
			tag, err := tx.Exec(ctx, `DELETE FROM set_cases WHERE version_id = $1 AND key <> ALL ($2)`, draft, keys)
			if err != nil {
				return staff.Entry{}, err
			}
			out.Removed = int(tag.RowsAffected())
			// The file's order is the set's.
			if _, err := tx.Exec(ctx, `
				UPDATE set_cases c SET position = k.n FROM unnest($2::text[]) WITH ORDINALITY AS k(key, n)
				WHERE c.version_id = $1 AND c.key = k.key AND c.position <> k.n`, draft, keys); err != nil {
				return staff.Entry{}, err
			}
		}
		return staff.Entry{User: by, Action: "set.import", Detail: map[string]any{
			"added": out.Added, "changed": out.Changed, "removed": out.Removed, "replace": replace,
		}}, nil
	})
	if err != nil {
		return office.Imported{}, fmt.Errorf("importing into a question set: %w", err)
	}
	return out, nil
}

// putCase adds a case at the end, or puts it in the place of the one with its key.
const putCase = `
	INSERT INTO set_cases (version_id, position, key, line)
	VALUES ($1, (SELECT coalesce(max(position), 0) + 1 FROM set_cases WHERE version_id = $1), $2, $3::text::json)
	ON CONFLICT (version_id, key) DO UPDATE SET line = excluded.line`

func lineOf(c evaluate.Case) (string, error) {
	line, err := c.MarshalJSON()
	if err != nil {
		return "", fmt.Errorf("case %q: %w", c.ID, err)
	}
	return string(line), nil
}

// Save implements office.SetStore.
func (s *Sets) Save(ctx context.Context, by staff.User, set int64, was string, c evaluate.Case) error {
	line, err := lineOf(c)
	if err != nil {
		return err
	}
	err = s.change(ctx, set, func(tx pgx.Tx, draft int64) (staff.Entry, error) {
		entry := staff.Entry{User: by, Action: "set.case.add", Detail: map[string]any{"case": c.ID}}
		if c.Origin != nil && c.Origin.Judgement != 0 {
			entry.Detail["judgement"] = c.Origin.Judgement
		}
		var tag pgconn.CommandTag
		var err error
		if was == "" {
			tag, err = tx.Exec(ctx, `
				INSERT INTO set_cases (version_id, position, key, line)
				VALUES ($1, (SELECT coalesce(max(position), 0) + 1 FROM set_cases WHERE version_id = $1), $2, $3::text::json)`, draft, c.ID, line)
		} else {
			entry.Action = "set.case.change"
			tag, err = tx.Exec(ctx, `UPDATE set_cases SET key = $3, line = $4::text::json WHERE version_id = $1 AND key = $2`, draft, was, c.ID, line)
		}
		var violated *pgconn.PgError
		switch {
		case errors.As(err, &violated) && violated.Code == uniqueViolation:
			return entry, &evaluate.Fault{Code: evaluate.FaultTwice, Detail: fmt.Sprintf("%q, set", c.ID)}
		case err == nil && tag.RowsAffected() == 0:
			return entry, evaluate.ErrNoCase
		}
		return entry, err
	})
	if err != nil {
		return fmt.Errorf("storing a case: %w", err)
	}
	return nil
}

// Remove implements office.SetStore.
func (s *Sets) Remove(ctx context.Context, by staff.User, set int64, key string) error {
	err := s.change(ctx, set, func(tx pgx.Tx, draft int64) (staff.Entry, error) {
		tag, err := tx.Exec(ctx, `DELETE FROM set_cases WHERE version_id = $1 AND key = $2`, draft, key)
		if err == nil && tag.RowsAffected() == 0 {
			err = evaluate.ErrNoCase
		}
		return staff.Entry{User: by, Action: "set.case.remove", Detail: map[string]any{"case": key}}, err
	})
	if err != nil {
		return fmt.Errorf("removing a case: %w", err)
	}
	return nil
}

// Judged implements office.JudgedStore: the judged answer with what the judgement says of
// it. Once the turn is gone there is nothing left to make a case of.
func (s *Sets) Judged(ctx context.Context, judgement int64) (evaluate.Judged, error) {
	j := evaluate.Judged{Judgement: judgement}
	var body []byte
	err := s.db.pool.QueryRow(ctx, `
		SELECT j.verdict, j.judged_at, t.question, j.lang, coalesce(t.answer, '{}')::text
		FROM judgements j JOIN turns t ON t.id = j.turn_id
		WHERE j.id = $1`, judgement).Scan(&j.Verdict, &j.Date, &j.Question, &j.Lang, &body)
	if errors.Is(err, pgx.ErrNoRows) {
		return j, &corpus.UserError{Code: corpus.CodeNotFound, Message: "this judgement is not there, or its conversation was deleted"}
	}
	if err != nil {
		return j, fmt.Errorf("reading a judged answer: %w", err)
	}
	if err := json.Unmarshal(body, &j.Answer); err != nil {
		return j, fmt.Errorf("reading a judged answer: %w", err)
	}
	rows, err := s.db.pool.Query(ctx, `SELECT sentence, verdict FROM sentence_judgements WHERE judgement_id = $1`, judgement)
	if err != nil {
		return j, fmt.Errorf("reading a judgement: %w", err)
	}
	j.Sentences = make(map[int]evaluate.Verdict)
	var n int
	var v evaluate.Verdict
	if _, err := pgx.ForEachRow(rows, []any{&n, &v}, func() error { j.Sentences[n] = v; return nil }); err != nil {
		return j, fmt.Errorf("reading a judgement: %w", err)
	}
	rows, err = s.db.pool.Query(ctx, `
		SELECT v.document_id, s.page, substring(p.text FROM s.start_at + 1 FOR s.end_at - s.start_at)
		FROM judgement_sources s
		JOIN versions v ON v.id = s.version_id
		JOIN pages p ON p.version_id = s.version_id AND p.number = s.page
		WHERE s.judgement_id = $1 ORDER BY s.position`, judgement)
	if err != nil {
		return j, fmt.Errorf("reading the sources of a judgement: %w", err)
	}
	j.Sources, err = pgx.CollectRows(rows, pgx.RowToStructByPos[evaluate.JudgedSource])
	if err != nil {
		return j, fmt.Errorf("reading the sources of a judgement: %w", err)
	}
	return j, nil
}
