package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

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
			SELECT a.id, bool_and(n.documents >= $2 AND n.keeper <> a.document_id) AS repeated
			FROM affected a JOIN paragraphs p ON p.chunk_id = a.id JOIN counted n USING (fingerprint)
			GROUP BY a.id
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
