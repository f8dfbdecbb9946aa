package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
)

var _ research.Store = (*ResearchStore)(nil)

// ResearchStore reads catalogue and corpus for research, and keeps what was read in
// documents.
type ResearchStore struct {
	*IngestStore // for Publications
}

// NewResearchStore returns the store that research.Service reads from.
func NewResearchStore(db *DB) *ResearchStore { return &ResearchStore{&IngestStore{db: db}} }

// Research is the store of research on the documents of an evaluation.
func (c *EvaluationCorpus) Research() *ResearchStore { return NewResearchStore(c.db) }

// State names the state of the catalogue and of the corpus.
func (s *ResearchStore) State(ctx context.Context) (state string, err error) {
	err = s.db.pool.QueryRow(ctx, `
		SELECT (SELECT coalesce(max(id), 0) FROM corpus_changes) || '.' ||
			(SELECT count(*) || '.' || coalesce(sum(id), 0) FROM catalogue_changes)`).Scan(&state)
	if err != nil {
		return "", fmt.Errorf("reading the state of the catalogue: %w", err)
	}
	return state, nil
}

// Held lists the live documents.
func (s *ResearchStore) Held(ctx context.Context) ([]research.Held, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT d.id, v.title, v.publication, v.type, v.date, v.id, v.number, v.language, found.sections
		FROM documents d
		JOIN versions v ON v.document_id = d.id AND v.status = 'current'
		LEFT JOIN LATERAL (
			SELECT array_agg(DISTINCT coalesce(c.section, '')) AS sections FROM chunks c WHERE c.version_id = v.id
		) found ON true
		WHERE d.withdrawn_at IS NULL ORDER BY d.id`)
	if err != nil {
		return nil, fmt.Errorf("listing live documents: %w", err)
	}
	held, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h research.Held, err error) {
		var sections []string
		err = row.Scan(&h.Document.ID, &h.Document.Title, &h.Document.Number, &h.Document.Type, &h.Document.Date,
			&h.Version, &h.Number, &h.Language, &sections)
		for _, s := range sections {
			h.Sections = append(h.Sections, corpus.SectionKind(s))
		}
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing live documents: %w", err)
	}
	return held, nil
}

// Unread lists live versions that were not read with these rules.
func (s *ResearchStore) Unread(ctx context.Context, rules, limit int) (versions []int64, total int, err error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT v.id, count(*) OVER ()
		FROM versions v
		JOIN documents d ON d.id = v.document_id AND d.withdrawn_at IS NULL
		WHERE v.status = 'current' AND NOT EXISTS (SELECT FROM readings r WHERE r.version_id = v.id AND r.rules = $1)
		ORDER BY v.id LIMIT $2`, rules, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("listing documents to read for mentions: %w", err)
	}
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&id, &total}, func() error {
		versions = append(versions, id)
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("listing documents to read for mentions: %w", err)
	}
	return versions, total, nil
}

// VersionPages are the pages of a version.
func (s *ResearchStore) VersionPages(ctx context.Context, version int64) ([]corpus.Page, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT number, label, text, reader, blocks, confidence FROM pages WHERE version_id = $1 ORDER BY number`, version)
	if err != nil {
		return nil, fmt.Errorf("reading the pages of version %d: %w", version, err)
	}
	pages, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p corpus.Page, err error) {
		return p, row.Scan(&p.Number, &p.Label, &p.Text, &p.Reader, &p.Blocks, &p.Confidence)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the pages of version %d: %w", version, err)
	}
	return pages, nil
}

// SaveReading keeps what was read in a version. Of two that read it at once the
// later is kept, which found the same.
func (s *ResearchStore) SaveReading(ctx context.Context, version int64, r research.Reading) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		// The row is the lock of whoever writes this version's findings.
		if _, err := tx.Exec(ctx, `
			INSERT INTO readings (version_id, rules) VALUES ($1, $2)
			ON CONFLICT (version_id) DO UPDATE SET rules = excluded.rules, read_at = now()`, version, r.Rules); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM findings WHERE version_id = $1`, version); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"findings"},
			[]string{"version_id", "ordinal", "kind", "page", "start_at", "end_at", "sentence_start", "sentence_end", "tabular", "section", "mention", "division", "relation", "subject"},
			pgx.CopyFromSlice(len(r.Findings), func(i int) ([]any, error) {
				f := r.Findings[i]
				mention, err := json.Marshal(f.Mention)
				if err != nil {
					return nil, err
				}
				var subject []byte
				if f.Subject != nil {
					if subject, err = json.Marshal(f.Subject); err != nil {
						return nil, err
					}
				}
				return []any{version, i, string(f.Kind), f.Page, f.Start, f.End, f.SentenceStart, f.SentenceEnd, f.Row, string(f.Section), mention, f.Division, string(f.Relation), subject}, nil
			}))
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping what version %d mentions: %w", version, err)
	}
	return nil
}

// Findings lists what was read in the live versions, in the order of the text.
func (s *ResearchStore) Findings(ctx context.Context) ([]research.Finding, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT f.version_id, f.kind, f.page, f.start_at, f.end_at, f.sentence_start, f.sentence_end, f.tabular, f.section,
			f.mention, f.division, f.relation, f.subject
		FROM findings f
		JOIN versions v ON v.id = f.version_id AND v.status = 'current'
		JOIN documents d ON d.id = v.document_id AND d.withdrawn_at IS NULL
		ORDER BY f.version_id, f.ordinal`)
	if err != nil {
		return nil, fmt.Errorf("listing mentions: %w", err)
	}
	findings, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f research.Finding, err error) {
		return f, row.Scan(&f.Version, &f.Kind, &f.Page, &f.Start, &f.End, &f.SentenceStart, &f.SentenceEnd, &f.Row, &f.Section,
			&f.Mention, &f.Division, &f.Relation, &f.Subject)
	})
	if err != nil {
		return nil, fmt.Errorf("listing mentions: %w", err)
	}
	return findings, nil
}

// PageTexts are the texts of live pages.
func (s *ResearchStore) PageTexts(ctx context.Context, keys []research.PageKey) (map[research.PageKey]research.PageText, error) {
	versions, numbers := make([]int64, len(keys)), make([]int32, len(keys))
	for i, k := range keys {
		versions[i], numbers[i] = k.Version, int32(k.Page) // #nosec G115 -- a page number
	}
	rows, err := s.db.pool.Query(ctx, `
		SELECT p.version_id, p.number, p.label, p.text, p.reader, p.confidence
		FROM unnest($1::bigint[], $2::int[]) AS wanted (version_id, number)
		JOIN pages p USING (version_id, number)
		JOIN versions v ON v.id = p.version_id AND v.status = 'current'
		JOIN documents d ON d.id = v.document_id AND d.withdrawn_at IS NULL`, versions, numbers)
	if err != nil {
		return nil, fmt.Errorf("reading pages: %w", err)
	}
	out := make(map[research.PageKey]research.PageText, len(keys))
	var k research.PageKey
	var p research.PageText
	_, err = pgx.ForEachRow(rows, []any{&k.Version, &k.Page, &p.Label, &p.Text, &p.Reader, &p.Confidence}, func() error {
		out[k] = p
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading pages: %w", err)
	}
	return out, nil
}
