package postgres

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

var _ evaluate.ScaleCorpus = (*EvaluationCorpus)(nil)

// madeAtOnce is how many documents are stored in one transaction.
const madeAtOnce = 100

// Fill stores the first version of all documents with their vectors, two batches at
// once: one is made while the other is written.
func (c *EvaluationCorpus) Fill(ctx context.Context, m *evaluate.MadeCorpus, e retrieval.StoredEmbedder) error {
	err := c.db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO originals (digest, media_type, content) VALUES ($1, 'text/plain', '')`, make([]byte, 32)); err != nil {
			return err
		}
		words := m.Words()
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"terms"}, []string{"id", "term"}, pgx.CopyFromSlice(len(words), func(i int) ([]any, error) {
			return []any{int32(i + 1), words[i]}, nil // #nosec G115 -- a vocabulary
		}))
		return err
	})
	if err != nil {
		return fmt.Errorf("fill: words: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	batches := make(chan []madeVersion, 1)
	go func() {
		defer close(batches)
		for from := 0; from < m.Documents(); from += madeAtOnce {
			var batch []madeVersion
			for d := from; d < min(from+madeAtOnce, m.Documents()); d++ {
				batch = append(batch, madeVersion{id: int64(d + 1), number: 1, slug: m.Slug(d), first: m.FirstChunk(d), MadeDocument: m.Document(d, 1)})
			}
			select {
			case batches <- batch:
			case <-ctx.Done():
				return
			}
		}
	}()
	for batch := range batches {
		err := c.db.inTx(ctx, func(tx pgx.Tx) error {
			_, err := tx.CopyFrom(ctx, pgx.Identifier{"documents"}, []string{"id", "source"}, pgx.CopyFromSlice(len(batch), func(i int) ([]any, error) {
				return []any{batch[i].slug, batch[i].slug}, nil
			}))
			if err != nil {
				return err
			}
			return copyMade(ctx, tx, batch, e.ID)
		})
		if err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	for _, statement := range []string{
		`SELECT setval(pg_get_serial_sequence('versions', 'id'), max(id)) FROM versions`,
		`SELECT setval(pg_get_serial_sequence('chunks', 'id'), max(id)) FROM chunks`,
		`SELECT setval(pg_get_serial_sequence('terms', 'id'), max(id)) FROM terms`,
		`VACUUM (ANALYZE) documents, versions, pages, chunks, chunk_terms, embeddings`,
	} {
		if _, err := c.db.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	return ctx.Err()
}

// madeVersion is a version on its way into the tables.
type madeVersion struct {
	id    int64
	slug  string
	first int64 // id of its first chunk
	evaluate.MadeDocument
	number int
}

// copyMade writes versions with all they hold. With embedder 0 they get no vectors.
func copyMade(ctx context.Context, tx pgx.Tx, batch []madeVersion, embedder int) error {
	var versions, pages, chunks, entries, vectors [][]any
	now := time.Now()
	for _, v := range batch {
		versions = append(versions, []any{v.id, v.slug, v.number, make([]byte, 32), "current", v.Title, v.Type, strconv.Itoa(v.Year), now})
		ordinal := 0
		for i, p := range v.Pages {
			pages = append(pages, []any{v.id, i + 1, strconv.Itoa(i + 1), p.Text, "text"})
			for _, k := range p.Chunks {
				id := v.first + int64(ordinal)
				chunks = append(chunks, []any{id, v.id, ordinal, i + 1, k.Start, k.End, []string{}, ""})
				entries = append(entries, []any{id, float32(k.Words), k.Terms})
				if embedder != 0 && k.Vector != nil {
					vectors = append(vectors, []any{embedder, id, pgvector.NewHalfVector(k.Vector)})
				}
				ordinal++
			}
		}
	}
	for _, t := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"versions", []string{"id", "document_id", "number", "digest", "status", "title", "type", "date", "published_at"}, versions},
		{"pages", []string{"version_id", "number", "label", "text", "reader"}, pages},
		{"chunks", []string{"id", "version_id", "ordinal", "page", "start_at", "end_at", "heading", "section"}, chunks},
		{"chunk_terms", []string{"chunk_id", "dl", "tv"}, entries},
		{"embeddings", []string{"embedder_id", "chunk_id", "embedding"}, vectors},
	} {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.table}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
			return fmt.Errorf("%s: %w", t.table, err)
		}
	}
	return nil
}

// Renew puts another version of a document in place of its current one, as ingest does:
// in one transaction, announced to all servers. Its vectors are left to the worker. It
// returns the version that was replaced.
func (c *EvaluationCorpus) Renew(ctx context.Context, slug string, d evaluate.MadeDocument) (old int64, err error) {
	err = c.db.inTx(ctx, func(tx pgx.Tx) error {
		v := madeVersion{slug: slug, MadeDocument: d}
		if err := tx.QueryRow(ctx, `
			UPDATE versions SET status = 'superseded' WHERE document_id = $1 AND status = 'current'
			RETURNING id, number + 1`, v.slug).Scan(&old, &v.number); err != nil {
			return err
		}
		n := 0
		for _, p := range v.Pages {
			n += len(p.Chunks)
		}
		// The ids of its chunks follow one another: documents are renewed one at a time.
		if err := tx.QueryRow(ctx, `
			SELECT nextval(pg_get_serial_sequence('versions', 'id')),
				setval(pg_get_serial_sequence('chunks', 'id'), nextval(pg_get_serial_sequence('chunks', 'id')) + $1) - $1`, n).Scan(&v.id, &v.first); err != nil {
			return err
		}
		if err := copyMade(ctx, tx, []madeVersion{v}, 0); err != nil {
			return err
		}
		return announce(ctx, tx, change{old, false}, change{v.id, true})
	})
	if err != nil {
		return 0, fmt.Errorf("renew %s: %w", slug, err)
	}
	return old, nil
}

// Bare reads the n nearest from the graph and does nothing else: what a search by
// vector costs at least.
func (c *EvaluationCorpus) Bare(ctx context.Context, e retrieval.StoredEmbedder, query []float32, n int) error {
	if _, err := c.collectNear(ctx, c.db.search, graphStatement(e), pgvector.NewHalfVector(query), n); err != nil {
		return fmt.Errorf("bare search: %w", err)
	}
	return nil
}

// NearestWith reads the n nearest from the graph with this many candidates.
func (c *EvaluationCorpus) NearestWith(ctx context.Context, e retrieval.StoredEmbedder, query []float32, n, candidates int) (near []retrieval.Near, err error) {
	err = pgx.BeginFunc(ctx, c.db.search, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('hnsw.ef_search', $1, true)`, strconv.Itoa(candidates)); err != nil {
			return err
		}
		near, err = c.collectNear(ctx, tx, graphStatement(e), pgvector.NewHalfVector(query), n)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("search with %d candidates: %w", candidates, err)
	}
	return near, nil
}

// Exact compares the query with every live chunk that the filter allows.
func (c *EvaluationCorpus) Exact(ctx context.Context, e retrieval.StoredEmbedder, query []float32, f corpus.Filter, n int) ([]retrieval.Near, error) {
	allowed, args := filterSQL(f, []any{pgvector.NewHalfVector(query), n, e.ID})
	near, err := c.collectNear(ctx, c.db.pool, `
		WITH scored AS MATERIALIZED ( -- materialised, so that no index answers
			SELECT e.chunk_id, 1 - (e.embedding <=> $1) AS similarity
			FROM embeddings e JOIN chunks c ON c.id = e.chunk_id `+current+`
			WHERE e.embedder_id = $3 AND `+allowed+`
		)
		SELECT chunk_id, similarity FROM scored WHERE similarity <> 'NaN' ORDER BY similarity DESC, chunk_id LIMIT $2`, args...)
	if err != nil {
		return nil, fmt.Errorf("exact search: %w", err)
	}
	return near, nil
}

// Sizes are the bytes on disk of the forward index, the vectors and their graph.
func (c *EvaluationCorpus) Sizes(ctx context.Context, embedder int) (terms, vectors, graph int64, err error) {
	err = c.db.pool.QueryRow(ctx, `
		SELECT pg_total_relation_size('chunk_terms'), pg_table_size('embeddings'), coalesce(pg_relation_size(to_regclass($1)), 0)`,
		indexName(embedder)).Scan(&terms, &vectors, &graph)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("measure the indexes: %w", err)
	}
	return terms, vectors, graph, nil
}

// ServerCPU is the processor time that the database's processes for our connections
// have used so far, and false when the database is on another machine.
func (c *EvaluationCorpus) ServerCPU(ctx context.Context) (time.Duration, bool) {
	rows, err := c.db.pool.Query(ctx, `
		SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type IN ('client backend', 'parallel worker')`)
	if err != nil {
		return 0, false
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return 0, false
	}
	var sum time.Duration
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // #nosec G304 -- a number of the database's
		if err != nil {
			return 0, false
		}
		// Behind the name in parentheses: the 12th and 13th are user and system time.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) < 13 || !strings.HasPrefix(string(stat), strconv.Itoa(pid)+" (postgres)") {
			return 0, false
		}
		for _, f := range fields[11:13] {
			n, _ := strconv.Atoi(f)
			sum += time.Duration(n) * evaluate.ClockTick
		}
	}
	return sum, true
}
