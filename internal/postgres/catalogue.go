package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// catalogueLock lets one transaction at a time write the catalogue: two in a
// different order would wait for each other.
const catalogueLock = 0x636174616c6f67 // "catalog"

// SavePublications writes entries of the catalogue over those with the same id
// and ties publications to the documents that have their number.
func (s *IngestStore) SavePublications(ctx context.Context, publications []corpus.Publication) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(catalogueLock)); err != nil {
			return err
		}
		if err := savePublications(ctx, tx, publications); err != nil {
			return err
		}
		if err := saveRelations(ctx, tx, publications); err != nil {
			return err
		}
		return tiePublications(ctx, tx, "")
	})
	if err != nil {
		return fmt.Errorf("storing the catalogue: %w", err)
	}
	return nil
}

func savePublications(ctx context.Context, tx pgx.Tx, publications []corpus.Publication) error {
	_, err := tx.Exec(ctx, `
		CREATE TEMP TABLE offered (
			id text, number text, edition text, title text, type text, date text, language text, commission text,
			themes text[], summary text, original text, seen text
		) ON COMMIT DROP`)
	if err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"offered"},
		[]string{"id", "number", "edition", "title", "type", "date", "language", "commission", "themes", "summary", "original", "seen"},
		pgx.CopyFromSlice(len(publications), func(i int) ([]any, error) {
			p := publications[i]
			themes := p.Themes
			if themes == nil {
				themes = []string{}
			}
			return []any{p.ID, p.Number, string(p.Edition), p.Title, p.Type, string(p.Date), p.Language, p.Commission, themes, p.Summary, p.Original, p.Seen}, nil
		}))
	if err != nil {
		return fmt.Errorf("sending publications: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO publications (id, number, edition, title, type, date, language, commission, themes, summary, original, seen)
		SELECT DISTINCT ON (id) * FROM offered ORDER BY id
		ON CONFLICT (id) DO UPDATE SET
			number = excluded.number, edition = excluded.edition, title = excluded.title, type = excluded.type,
			date = excluded.date, language = excluded.language, commission = excluded.commission, themes = excluded.themes,
			summary = excluded.summary, original = excluded.original, seen = excluded.seen, updated_at = now()`)
	if err != nil {
		return fmt.Errorf("writing publications: %w", err)
	}
	return nil
}

func saveRelations(ctx context.Context, tx pgx.Tx, publications []corpus.Publication) error {
	ids := make([]string, len(publications))
	var rows [][]any
	seen := make(map[string]bool)
	for i, p := range publications {
		if ids[i] = p.ID; seen[p.ID] {
			continue
		}
		seen[p.ID] = true
		for n, r := range p.Relations {
			rows = append(rows, []any{p.ID, n, string(r.Kind), r.Target})
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM publication_relations WHERE publication_id = ANY ($1)`, ids); err != nil {
		return fmt.Errorf("removing relations: %w", err)
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"publication_relations"},
		[]string{"publication_id", "ordinal", "kind", "target"}, pgx.CopyFromRows(rows))
	if err != nil {
		return fmt.Errorf("writing relations: %w", err)
	}
	return nil
}

// tiePublications ties publications without a document to the one document that
// has their number and language; of one document only, or of all when document
// is "". Only final editions: not every document of a draft tells that it is one.
// One that does (ontwerpadvies) never takes the place of the final edition.
func tiePublications(ctx context.Context, tx pgx.Tx, document string) error {
	_, err := tx.Exec(ctx, `
		WITH numbered AS ( -- current documents by number and language, when there is one only
			SELECT publication, language, min(document_id) AS document_id
			FROM versions
			WHERE status = 'current' AND publication <> '' AND type NOT LIKE 'ontwerp%'
				AND ($1 = '' OR publication IN (SELECT publication FROM versions WHERE document_id = $1 AND status = 'current'))
			GROUP BY publication, language
			HAVING count(*) = 1
		)
		UPDATE publications p SET document_id = n.document_id
		FROM numbered n
		WHERE p.document_id IS NULL AND p.edition = '' AND p.number = n.publication
			AND n.language = CASE p.language WHEN '' THEN 'nl' ELSE p.language END
			AND NOT EXISTS (SELECT FROM publications other WHERE other.document_id = n.document_id)`, document)
	if err != nil {
		return fmt.Errorf("tying publications to documents: %w", err)
	}
	return nil
}

// namedPublications is a CTE: what the target of a relation can be called, when one
// publication only is called so.
const namedPublications = `named AS ( -- names that tell one publication: id, number, title, address
			SELECT name, min(id) AS id
			FROM (
				SELECT id AS name, id FROM publications
				UNION SELECT number, id FROM publications WHERE number <> '' AND edition = '' AND language <> 'en'
				UNION SELECT lower(title), id FROM publications
				UNION SELECT original, id FROM publications WHERE original <> ''
			) AS names
			GROUP BY name HAVING count(*) = 1
		)`

// Publications lists the catalogue by date, the oldest first, with relations
// resolved as far as the catalogue has what they name.
func (s *IngestStore) Publications(ctx context.Context) ([]corpus.Publication, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT id, number, edition, title, type, date, language, commission, themes, summary, original, seen, coalesce(document_id, '')
		FROM publications ORDER BY date, id`)
	if err != nil {
		return nil, fmt.Errorf("listing the catalogue: %w", err)
	}
	places := make(map[string]int)
	publications, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p corpus.Publication, err error) {
		err = row.Scan(&p.ID, &p.Number, &p.Edition, &p.Title, &p.Type, &p.Date, &p.Language, &p.Commission, &p.Themes, &p.Summary, &p.Original, &p.Seen, &p.Document)
		if len(p.Themes) == 0 {
			p.Themes = nil
		}
		places[p.ID] = len(places)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the catalogue: %w", err)
	}
	rows, err = s.db.pool.Query(ctx, `
		WITH `+namedPublications+`
		SELECT r.publication_id, r.kind, r.target, coalesce(direct.id, titled.id, '')
		FROM publication_relations r
		LEFT JOIN named direct ON direct.name = r.target
		LEFT JOIN named titled ON titled.name = lower(r.target)
		ORDER BY r.publication_id, r.ordinal`)
	if err != nil {
		return nil, fmt.Errorf("listing the relations of the catalogue: %w", err)
	}
	var from string
	var r corpus.Relation
	_, err = pgx.ForEachRow(rows, []any{&from, &r.Kind, &r.Target, &r.Publication}, func() error {
		if i, ok := places[from]; ok {
			publications[i].Relations = append(publications[i].Relations, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing the relations of the catalogue: %w", err)
	}
	return publications, nil
}

// Fetched is what an address gave the last time, as long as those bytes are in a
// current, held or pending version of a document that was not withdrawn.
func (s *IngestStore) Fetched(ctx context.Context, address string) (f ingest.Fetched, err error) {
	err = s.db.pool.QueryRow(ctx, `
		SELECT f.digest, f.file_name, f.etag, f.last_modified
		FROM fetches f
		WHERE f.address = $1 AND EXISTS (
			SELECT FROM versions v JOIN documents d ON d.id = v.document_id
			WHERE v.digest = f.digest AND v.status IN ('current', 'pending', 'held') AND (d.source = $1 OR d.withdrawn_at IS NULL))`, address).
		Scan(&f.Digest, &f.Name, &f.ETag, &f.LastModified)
	if errors.Is(err, pgx.ErrNoRows) {
		return ingest.Fetched{}, nil
	}
	if err != nil {
		return ingest.Fetched{}, fmt.Errorf("looking up what %s gave before: %w", address, err)
	}
	return f, nil
}

// SetFetched remembers what an address gave.
func (s *IngestStore) SetFetched(ctx context.Context, address string, f ingest.Fetched) error {
	_, err := s.db.pool.Exec(ctx, `
		INSERT INTO fetches (address, digest, file_name, etag, last_modified) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (address) DO UPDATE SET
			digest = excluded.digest, file_name = excluded.file_name, etag = excluded.etag, last_modified = excluded.last_modified,
			fetched_at = CASE WHEN fetches.digest = excluded.digest THEN fetches.fetched_at ELSE now() END, checked_at = now()`,
		address, f.Digest, f.Name, f.ETag, f.LastModified)
	if err != nil {
		return fmt.Errorf("remembering what %s gave: %w", address, err)
	}
	return nil
}

// Unopened remembers a source that could not be opened.
func (s *IngestStore) Unopened(ctx context.Context, source string, f corpus.Failure) error {
	_, err := s.db.pool.Exec(ctx, `
		INSERT INTO unopened (source, code, message) VALUES ($1, $2, $3)
		ON CONFLICT (source) DO UPDATE SET code = excluded.code, message = excluded.message, at = now()`, source, f.Code, f.Message)
	if err != nil {
		return fmt.Errorf("remembering that %s could not be opened: %w", source, err)
	}
	return nil
}

// UnopenedSources are the sources that could not be opened.
func (s *IngestStore) UnopenedSources(ctx context.Context) ([]string, error) {
	documents, err := s.UnopenedDocuments(ctx)
	sources := make([]string, len(documents))
	for i, d := range documents {
		sources[i] = d.Source
	}
	return sources, err
}

// UnopenedDocuments are those sources with the reason why, as documents without
// an id.
func (s *IngestStore) UnopenedDocuments(ctx context.Context) ([]corpus.Document, error) {
	rows, err := s.db.pool.Query(ctx, `SELECT source, code, message FROM unopened ORDER BY source`)
	if err != nil {
		return nil, fmt.Errorf("listing what could not be opened: %w", err)
	}
	documents, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (corpus.Document, error) {
		d := corpus.Document{Status: "failed", Failure: &corpus.Failure{}}
		return d, row.Scan(&d.Source, &d.Failure.Code, &d.Failure.Message)
	})
	if err != nil {
		return nil, fmt.Errorf("listing what could not be opened: %w", err)
	}
	return documents, nil
}

// Requeue makes every failed version pending again, with its job.
func (s *IngestStore) Requeue(ctx context.Context) (queued []ingest.Requeued, err error) {
	err = s.db.inTx(ctx, func(tx pgx.Tx) error {
		// Documents first, in order, as everybody else locks them.
		rows, err := tx.Query(ctx, `
			SELECT v.id, d.id, d.source
			FROM documents d JOIN versions v ON v.document_id = d.id
			WHERE v.status = 'failed' ORDER BY d.id FOR UPDATE OF d`)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ingest.Requeued])
		if err != nil {
			return err
		}
		queued = nil
		for _, q := range found {
			tag, err := tx.Exec(ctx, `
				UPDATE versions SET status = 'pending', failure_code = NULL, failure_message = NULL
				WHERE id = $1 AND status = 'failed'`, q.Version)
			if err != nil {
				return err
			}
			if tag.RowsAffected() == 0 {
				continue // it was offered again meanwhile
			}
			if err := s.insertRead(ctx, tx, q.Version); err != nil {
				return err
			}
			queued = append(queued, q)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("queueing the failed documents: %w", err)
	}
	return queued, nil
}

// Versions lists the versions of a document, the newest first. An unknown id is a
// *corpus.UserError.
func (s *IngestStore) Versions(ctx context.Context, document string) ([]corpus.DocumentVersion, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT v.number, v.status, v.title, v.publication, v.type, v.date, v.language, v.isbn, v.warnings, v.digest, length(o.content),
			(SELECT count(*) FROM pages WHERE version_id = v.id),
			(SELECT count(*) FROM chunks WHERE version_id = v.id),
			v.created_at, v.published_at, coalesce(v.failure_code, ''), coalesce(v.failure_message, '')
		FROM versions v JOIN originals o USING (digest)
		WHERE v.document_id = $1 ORDER BY v.number DESC`, document)
	if err != nil {
		return nil, fmt.Errorf("listing the versions of %s: %w", document, err)
	}
	versions, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v corpus.DocumentVersion, err error) {
		var digest []byte
		var f corpus.Failure
		err = row.Scan(&v.Version, &v.Status, &v.Title, &v.Number, &v.Type, &v.Date, &v.Language, &v.ISBN, &v.Warnings, &digest, &v.Bytes,
			&v.Pages, &v.Chunks, &v.Created, &v.Published, &f.Code, &f.Message)
		v.Warnings = unlessEmpty(v.Warnings)
		v.Digest = hex.EncodeToString(digest)
		if f.Code != "" {
			v.Failure = &f
		}
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the versions of %s: %w", document, err)
	}
	if len(versions) == 0 {
		return nil, notFound(document)
	}
	return versions, nil
}

// StartBatch writes down that an ingest of total documents begins.
func (s *IngestStore) StartBatch(ctx context.Context, total int) (batch int64, err error) {
	err = s.db.pool.QueryRow(ctx, `INSERT INTO batches (total) VALUES ($1) RETURNING id`, total).Scan(&batch)
	if err != nil {
		return 0, fmt.Errorf("writing down the beginning of an ingest: %w", err)
	}
	return batch, nil
}

// UpdateBatch writes down how far an ingest is.
func (s *IngestStore) UpdateBatch(ctx context.Context, batch int64, done, failed int, finished bool) error {
	_, err := s.db.pool.Exec(ctx, `
		UPDATE batches SET done = $2, failed = $3, seen_at = now(), finished_at = CASE WHEN $4 THEN now() END
		WHERE id = $1`, batch, done, failed, finished)
	if err != nil {
		return fmt.Errorf("writing down how far an ingest is: %w", err)
	}
	return nil
}

// Progress is how far the reading of documents is.
type Progress struct {
	Pending int     `json:"pending"` // documents that are still to be read or being read
	Failed  int     `json:"failed"`
	Batches []Batch `json:"batches"` // the newest first, at most 20
}

// Batch is how far one ingest is, or was when it broke off.
type Batch struct {
	ID       int64      `json:"id"`
	Total    int        `json:"total"`
	Done     int        `json:"done"`
	Failed   int        `json:"failed"`
	Started  time.Time  `json:"started"`
	Seen     time.Time  `json:"seen"` // when it was last heard of
	Finished *time.Time `json:"finished,omitempty"`
}

// Progress tells how far the reading of documents is.
func (s *IngestStore) Progress(ctx context.Context) (p Progress, err error) {
	err = s.db.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'failed') + (SELECT count(*) FROM unopened)
		FROM versions WHERE status IN ('pending', 'failed')`).Scan(&p.Pending, &p.Failed)
	if err != nil {
		return Progress{}, fmt.Errorf("looking how far documents are: %w", err)
	}
	rows, err := s.db.pool.Query(ctx, `
		SELECT id, total, done, failed, started_at, seen_at, finished_at FROM batches ORDER BY id DESC LIMIT 20`)
	if err != nil {
		return Progress{}, fmt.Errorf("looking how far documents are: %w", err)
	}
	if p.Batches, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Batch]); err != nil {
		return Progress{}, fmt.Errorf("looking how far documents are: %w", err)
	}
	return p, nil
}
