package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// copyParagraphs writes what chunks say, for markRepeated.
func copyParagraphs(ctx context.Context, tx pgx.Tx, ids []int64, chunks []corpus.Chunk) error {
	var rows [][]any
	for i, c := range chunks {
		for _, f := range c.Paragraphs {
			rows = append(rows, []any{ids[i], int64(f)}) // #nosec G115 -- any 64 bits will do
		}
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"paragraphs"}, []string{"chunk_id", "fingerprint"}, pgx.CopyFromRows(rows)); err != nil {
		return fmt.Errorf("writing paragraphs: %w", err)
	}
	return nil
}

// markRepeated brings chunks.repeated up to date after versions became live or
// stopped being live: a chunk is boilerplate when each of its paragraphs stands in
// corpus.RepeatedDocuments live documents or more and its own document is not the
// newest of them, which keeps its copy. It returns the changes with those versions
// added that have to be read again. The caller holds corpusLock, so that every
// transaction sees the documents of those before it.
func markRepeated(ctx context.Context, tx pgx.Tx, changes []change) ([]change, error) {
	changed := make([]int64, len(changes))
	for i, c := range changes {
		changed[i] = c.version
	}
	if err := planForMany(ctx, tx, changed); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `
		WITH live AS NOT MATERIALIZED ( -- the versions that answers come from
			SELECT v.id, v.document_id, v.date
			FROM versions v JOIN documents d ON d.id = v.document_id
			WHERE v.status = 'current' AND d.withdrawn_at IS NULL
		), touched AS ( -- the paragraphs of what changed
			SELECT DISTINCT p.fingerprint
			FROM chunks c JOIN paragraphs p ON p.chunk_id = c.id
			WHERE c.version_id = ANY ($1)
		), affected AS ( -- the live chunks with such a paragraph
			SELECT DISTINCT c.id, live.document_id
			FROM touched JOIN paragraphs p USING (fingerprint)
			JOIN chunks c ON c.id = p.chunk_id
			JOIN live ON live.id = c.version_id
		), said AS ( -- all that those chunks say, and which live documents say it
			SELECT DISTINCT p.fingerprint, live.document_id, live.date
			FROM (SELECT DISTINCT fingerprint FROM affected JOIN paragraphs ON chunk_id = id) AS f
			JOIN paragraphs p USING (fingerprint)
			JOIN chunks c ON c.id = p.chunk_id
			JOIN live ON live.id = c.version_id
		), counted AS ( -- in how many documents, and the newest of them
			SELECT fingerprint, count(*) AS documents,
				(array_agg(document_id ORDER BY date DESC, document_id COLLATE "C" DESC))[1] AS keeper
			FROM said GROUP BY fingerprint
		), marks AS ( -- boilerplate is what says nothing else
			SELECT a.id, bool_and(n.documents >= $2 AND n.keeper <> a.document_id) AS repeated,
				bool_or(n.documents >= $2 AND n.keeper <> a.document_id) AS partly
			FROM affected a JOIN paragraphs p ON p.chunk_id = a.id JOIN counted n USING (fingerprint)
			GROUP BY a.id
		), divided AS ( -- what says something else besides is to be divided
			INSERT INTO undivided (version_id)
			SELECT DISTINCT c.version_id
			FROM marks m JOIN chunks c USING (id)
			WHERE m.partly AND NOT m.repeated AND NOT EXISTS (SELECT FROM undivided u WHERE u.version_id = c.version_id)
		)
		UPDATE chunks c SET repeated = m.repeated
		FROM marks m WHERE c.id = m.id AND c.repeated <> m.repeated
		RETURNING c.version_id`, changed, corpus.RepeatedDocuments)
	if err != nil {
		return nil, fmt.Errorf("marking boilerplate: %w", err)
	}
	again, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("marking boilerplate: %w", err)
	}
	if _, err := tx.Exec(ctx, `SET LOCAL enable_nestloop TO DEFAULT`); err != nil {
		return nil, fmt.Errorf("marking boilerplate: %w", err)
	}
	slices.Sort(again)
	for _, version := range slices.Compact(again) {
		if !slices.Contains(changed, version) {
			changes = append(changes, change{version, false}, change{version, true})
		}
	}
	return changes, nil
}

// planForMany keeps the planner from comparing all paragraphs of a large document
// with each other one by one: rows of this transaction are in no statistics yet, so
// it takes them for a few. A document of 10,000 pages would take many minutes.
func planForMany(ctx context.Context, tx pgx.Tx, versions []int64) error {
	const many = 2000 // paragraphs
	var found int
	err := tx.QueryRow(ctx, `
		SELECT count(*) FROM (
			SELECT FROM chunks c JOIN paragraphs p ON p.chunk_id = c.id WHERE c.version_id = ANY ($1) LIMIT $2
		) AS p`, versions, many).Scan(&found)
	if err == nil && found == many {
		_, err = tx.Exec(ctx, `SET LOCAL enable_nestloop = off`)
	}
	if err != nil {
		return fmt.Errorf("marking boilerplate: %w", err)
	}
	return nil
}

// Undivided returns a live version that markRepeated found boilerplate in beside other
// text, with all of its paragraphs that are boilerplate now.
func (s *IngestStore) Undivided(ctx context.Context, version int64) (u ingest.Undivided, err error) {
	u.Version = version
	err = s.db.pool.QueryRow(ctx, `
		SELECT v.title, (SELECT max(id) FROM undivided WHERE version_id = v.id)
		FROM versions v JOIN documents d ON d.id = v.document_id
		WHERE v.id = $1 AND v.status = 'current' AND d.withdrawn_at IS NULL
			AND EXISTS (SELECT FROM undivided WHERE version_id = v.id)`, version).Scan(&u.Title, &u.Mark)
	if errors.Is(err, pgx.ErrNoRows) {
		// What comes back to life is looked at again.
		_, err = s.db.pool.Exec(ctx, `
			DELETE FROM undivided u WHERE version_id = $1 AND NOT EXISTS (
				SELECT FROM versions v JOIN documents d ON d.id = v.document_id
				WHERE v.id = u.version_id AND v.status = 'current' AND d.withdrawn_at IS NULL)`, version)
		if err == nil {
			err = ingest.ErrSettled
		}
	}
	if err != nil {
		return u, fmt.Errorf("reading version %d to divide it: %w", version, err)
	}
	rows, err := s.db.pool.Query(ctx, `
		WITH own AS ( -- what it says
			SELECT DISTINCT p.fingerprint FROM chunks c JOIN paragraphs p ON p.chunk_id = c.id WHERE c.version_id = $1
		), said AS ( -- and which live documents say it
			SELECT DISTINCT p.fingerprint, v.document_id, v.date
			FROM own JOIN paragraphs p USING (fingerprint)
			JOIN chunks c ON c.id = p.chunk_id
			JOIN versions v ON v.id = c.version_id AND v.status = 'current'
			JOIN documents d ON d.id = v.document_id AND d.withdrawn_at IS NULL
		)
		SELECT fingerprint FROM said GROUP BY fingerprint
		HAVING count(*) >= $2 AND (array_agg(document_id ORDER BY date DESC, document_id COLLATE "C" DESC))[1] <>
			(SELECT document_id FROM versions WHERE id = $1)`, version, corpus.RepeatedDocuments)
	if err != nil {
		return u, fmt.Errorf("reading the boilerplate of version %d: %w", version, err)
	}
	if u.Repeated, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (uint64, error) {
		var f int64
		err := row.Scan(&f)
		return uint64(f), err // #nosec G115 -- as it was written
	}); err != nil {
		return u, fmt.Errorf("reading the boilerplate of version %d: %w", version, err)
	}
	rows, err = s.db.pool.Query(ctx, `SELECT number, text, blocks FROM pages WHERE version_id = $1 ORDER BY number`, version)
	if err != nil {
		return u, fmt.Errorf("reading the pages of version %d: %w", version, err)
	}
	if u.Pages, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p corpus.Page, err error) {
		return p, row.Scan(&p.Number, &p.Text, &p.Blocks)
	}); err != nil {
		return u, fmt.Errorf("reading the pages of version %d: %w", version, err)
	}
	return u, nil
}

// Divide puts chunks in place of those of a live version, in one transaction. Chunks
// that stay as they are keep their vectors.
func (s *IngestStore) Divide(ctx context.Context, u ingest.Undivided, chunks []corpus.Chunk, terms []ingest.Terms) error {
	if len(terms) != len(chunks) {
		return fmt.Errorf("dividing version %d: %d chunks with terms of %d", u.Version, len(chunks), len(terms))
	}
	numbers, err := s.number(ctx, terms)
	if err != nil {
		return fmt.Errorf("dividing version %d: %w", u.Version, err)
	}
	err = s.db.inTx(ctx, func(tx pgx.Tx) error { return s.divide(ctx, tx, u, chunks, terms, numbers) })
	if err != nil {
		return fmt.Errorf("dividing version %d: %w", u.Version, err)
	}
	return nil
}

func (s *IngestStore) divide(ctx context.Context, tx pgx.Tx, u ingest.Undivided, chunks []corpus.Chunk, terms []ingest.Terms, numbers map[string]int32) error {
	var live bool
	err := tx.QueryRow(ctx, `
		SELECT d.withdrawn_at IS NULL AND EXISTS (SELECT FROM versions v WHERE v.id = $1 AND v.status = 'current')
		FROM documents d WHERE id = (SELECT document_id FROM versions WHERE id = $1) FOR UPDATE`, u.Version).Scan(&live)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !live {
		return ingest.ErrSettled
	}
	if err != nil {
		return fmt.Errorf("locking the document: %w", err)
	}
	// Before the chunks are touched: whoever has it may be marking them.
	if err := s.insertEmbed(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(corpusLock)); err != nil {
		return fmt.Errorf("locking the corpus: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM undivided WHERE version_id = $1 AND id <= $2`, u.Version, u.Mark); err != nil {
		return fmt.Errorf("striking it off the list: %w", err)
	}
	type span struct{ page, start, end int }
	type old struct {
		id      int64
		ordinal int
	}
	rows, err := tx.Query(ctx, `SELECT id, ordinal, page, start_at, end_at FROM chunks WHERE version_id = $1`, u.Version)
	if err != nil {
		return fmt.Errorf("reading its chunks: %w", err)
	}
	there := map[span]old{}
	var o old
	var at span
	if _, err := pgx.ForEachRow(rows, []any{&o.id, &o.ordinal, &at.page, &at.start, &at.end}, func() error {
		there[at] = o
		return nil
	}); err != nil {
		return fmt.Errorf("reading its chunks: %w", err)
	}
	var fresh ingest.Reading
	var kept []int64
	var places []int
	for i, c := range chunks {
		if o, ok := there[span{c.Page, c.Start, c.End}]; ok {
			kept, places = append(kept, o.id), append(places, c.Ordinal)
			continue
		}
		fresh.Chunks, fresh.Terms = append(fresh.Chunks, c), append(fresh.Terms, terms[i])
	}
	if len(fresh.Chunks) == 0 && len(kept) == len(there) {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM chunks WHERE version_id = $1 AND id <> ALL (coalesce($2::bigint[], '{}'))`, u.Version, kept); err != nil {
		return fmt.Errorf("removing chunks: %w", err)
	}
	// In two steps: no two chunks may have the same place in between.
	for _, query := range []string{
		`UPDATE chunks c SET ordinal = new.ordinal + 1000000000 FROM unnest($1::bigint[], $2::int[]) AS new(id, ordinal) WHERE c.id = new.id`,
		`UPDATE chunks c SET ordinal = new.ordinal FROM unnest($1::bigint[], $2::int[]) AS new(id, ordinal) WHERE c.id = new.id`,
	} {
		if _, err := tx.Exec(ctx, query, kept, places); err != nil {
			return fmt.Errorf("moving chunks: %w", err)
		}
	}
	if err := copyChunks(ctx, tx, u.Version, fresh, numbers); err != nil {
		return err
	}
	return announce(ctx, tx, change{u.Version, false}, change{u.Version, true})
}
