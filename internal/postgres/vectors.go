package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

var _ retrieval.VectorStore = (*VectorStore)(nil)

// VectorStore keeps embedders and vectors in halfvec columns with one HNSW index
// per embedder.
type VectorStore struct{ db *DB }

// NewVectorStore returns the vectors of a database.
func NewVectorStore(db *DB) *VectorStore { return &VectorStore{db: db} }

// embeddingLock is the advisory lock of whoever makes vectors: "vraagbaa" + 1.
const embeddingLock = 0x7672616167626101

const (
	// Parameters of the HNSW graph: with 128 candidates at build time recall@10 is
	// 0.98 where 64 gives 0.95.
	hnswM, hnswBuild = 16, 128
	// hnswSearch candidates at search time give recall@10 0.99 on 60,000 made chunks
	// where 100 give 0.94, and 0.92 on 500,000 (`bench retrieval`).
	hnswSearch = 200
	// exactRows is up to where sorting all that a filter lets through costs less
	// than a graph search that must skip what it does not.
	exactRows = 40_000
)

// Exclusive runs f while holding a session lock, which a crash releases.
func (s *VectorStore) Exclusive(ctx context.Context, f func(context.Context) error) (bool, error) {
	conn, err := s.db.pool.Acquire(ctx)
	if err != nil {
		return false, fmt.Errorf("lock embedding: %w", err)
	}
	defer conn.Release()
	var locked bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(embeddingLock)).Scan(&locked); err != nil || !locked {
		return false, err
	}
	defer func() {
		// The lock must go even when ctx ended, or the pooled connection would keep it.
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := conn.Exec(release, "SELECT pg_advisory_unlock($1)", int64(embeddingLock)); err != nil {
			_ = conn.Conn().Close(release) // closing it releases the lock too
		}
	}()
	return true, f(ctx)
}

// Embedders returns all embedders, the newest first.
func (s *VectorStore) Embedders(ctx context.Context) ([]retrieval.StoredEmbedder, error) {
	rows, err := s.db.pool.Query(ctx, "SELECT id, name, dimension, digest, state, trained_on, indexed > 0 FROM embedders ORDER BY id DESC")
	if err != nil {
		return nil, fmt.Errorf("list embedders: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e retrieval.StoredEmbedder, err error) {
		err = row.Scan(&e.ID, &e.Name, &e.Dimensions, &e.Digest, &e.State, &e.TrainedOn, &e.Graph)
		return e, err
	})
}

// AddEmbedder stores a future embedder and removes earlier ones that never became
// present.
func (s *VectorStore) AddEmbedder(ctx context.Context, e retrieval.StoredEmbedder, weights []byte) (id int, err error) {
	if err := s.drop(ctx, "state = 'future'"); err != nil {
		return 0, fmt.Errorf("add embedder: %w", err)
	}
	err = s.db.pool.QueryRow(ctx, `
		INSERT INTO embedders (name, dimension, digest, state, model, trained_on)
		VALUES ($1, $2, $3, 'future', $4, $5) RETURNING id`,
		e.Name, e.Dimensions, e.Digest, weights, e.TrainedOn).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("add embedder: %w", err)
	}
	return id, nil
}

// Weights returns the saved model of an embedder.
func (s *VectorStore) Weights(ctx context.Context, id int) (weights []byte, err error) {
	if err := s.db.pool.QueryRow(ctx, "SELECT model FROM embedders WHERE id = $1", id).Scan(&weights); err != nil {
		return nil, fmt.Errorf("weights of embedder %d: %w", id, err)
	}
	return weights, nil
}

// Promote makes a future embedder the present one.
func (s *VectorStore) Promote(ctx context.Context, id int) error {
	// Thousands of new rows that the planner knows nothing of make it choose wrongly.
	if _, err := s.db.pool.Exec(ctx, "ANALYZE embeddings"); err != nil {
		return fmt.Errorf("promote embedder %d: %w", id, err)
	}
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE embedders SET state = 'past', retired_at = now() WHERE state = 'present'"); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, "UPDATE embedders SET state = 'present' WHERE id = $1 AND state = 'future'", id)
		if err == nil && tag.RowsAffected() != 1 {
			err = errors.New("it is no longer a future embedder")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("promote embedder %d: %w", id, err)
	}
	return nil
}

// Churn is what came and went since the graph was built, as a share of what it was
// built of.
func (s *VectorStore) Churn(ctx context.Context, id int) (share float64, err error) {
	err = s.db.pool.QueryRow(ctx, `
		WITH stored AS ( -- vectors from before the graph was built that are still there, and later ones
			SELECT count(*) FILTER (WHERE v.chunk_id <= e.last_chunk) AS old, count(*) FILTER (WHERE v.chunk_id > e.last_chunk) AS new
			FROM embedders e LEFT JOIN embeddings v ON v.embedder_id = e.id
			WHERE e.id = $1
		)
		SELECT (new + greatest(e.indexed - old, 0))::float8 / greatest(e.indexed, 1)
		FROM embedders e, stored WHERE e.id = $1`, id).Scan(&share)
	if err != nil {
		return 0, fmt.Errorf("churn of embedder %d: %w", id, err)
	}
	return share, nil
}

// BuildGraph builds an embedder's graph, or builds it anew while the old one is searched
// on. No search waits for it.
func (s *VectorStore) BuildGraph(ctx context.Context, id int) error {
	err := s.build(ctx, id, func(e embedderSize) []string {
		name := indexName(id)
		if e.Indexed {
			return []string{
				// What broken-off rebuilding left.
				"DROP INDEX CONCURRENTLY IF EXISTS " + name + "_ccnew", "DROP INDEX CONCURRENTLY IF EXISTS " + name + "_ccold",
				"REINDEX INDEX CONCURRENTLY " + name,
			}
		}
		return []string{
			"DROP INDEX CONCURRENTLY IF EXISTS " + name, // a broken-off build leaves an invalid one
			fmt.Sprintf(`CREATE INDEX CONCURRENTLY %s ON embeddings USING hnsw ((embedding::halfvec(%d)) halfvec_cosine_ops)
				WITH (m = %d, ef_construction = %d) WHERE embedder_id = %d`, name, e.Dimension, hnswM, hnswBuild, id),
		}
	})
	if err != nil {
		return fmt.Errorf("build the graph of embedder %d: %w", id, err)
	}
	return nil
}

// DropGraph removes an embedder's graph: searches compare all vectors from then on.
func (s *VectorStore) DropGraph(ctx context.Context, id int) error {
	for _, statement := range []string{
		// Nobody counts on it any more when it goes.
		fmt.Sprintf("UPDATE embedders SET indexed = 0 WHERE id = %d", id),
		"DROP INDEX CONCURRENTLY IF EXISTS " + indexName(id),
		"ALTER TABLE embeddings RESET (vacuum_index_cleanup)", // see build
	} {
		if _, err := s.db.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("drop the graph of embedder %d: %w", id, err)
		}
	}
	return nil
}

func indexName(id int) string { return fmt.Sprintf("embeddings_hnsw_%d", id) }

// embedderSize is what building an index must know.
type embedderSize struct {
	Dimension int
	Vectors   int64
	LastChunk int64
	Indexed   bool // there is a graph already
}

const (
	// What the graph takes in memory beside the vectors, per vector: pgvector builds it
	// several times slower when it does not fit.
	graphOverhead = 1000
	// Bounds of maintenance_work_mem, in bytes.
	leastBuildMemory, mostBuildMemory = 64 << 20, 4 << 30
)

// build runs statements that make an index, and notes what it was made of.
func (s *VectorStore) build(ctx context.Context, id int, statements func(embedderSize) []string) error {
	var e embedderSize
	err := s.db.pool.QueryRow(ctx, `
		SELECT e.dimension, count(v.chunk_id), coalesce(max(v.chunk_id), 0), e.indexed > 0
		FROM embedders e LEFT JOIN embeddings v ON v.embedder_id = e.id
		WHERE e.id = $1 GROUP BY e.id`, id).Scan(&e.Dimension, &e.Vectors, &e.LastChunk, &e.Indexed)
	if err != nil {
		return err
	}
	conn, err := s.db.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	// The settings below must not leak to the pool's next user.
	defer func() { _ = conn.Hijack().Close(context.WithoutCancel(ctx)) }()
	var version string
	if err := conn.QueryRow(ctx, `SELECT extversion FROM pg_extension WHERE extname = 'vector'`).Scan(&version); err != nil {
		return err
	}
	memory := min(max(e.Vectors*int64(2*e.Dimension+graphOverhead), leastBuildMemory), mostBuildMemory)
	settings := []string{
		fmt.Sprintf("SET maintenance_work_mem = '%dkB'", memory>>10),
		// Vacuum may damage a graph: below 0.8.4 it keeps off, which leaves rows that
		// were deleted in the graph until it is built anew.
		fmt.Sprintf("ALTER TABLE embeddings SET (vacuum_index_cleanup = %s)", map[bool]string{true: "off", false: "auto"}[olderThan(version, safeVacuum)]),
	}
	for _, statement := range append(settings, statements(e)...) {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, "UPDATE embedders SET indexed = $2, last_chunk = $3 WHERE id = $1", id, e.Vectors, e.LastChunk)
	return err
}

// DropPast deletes replaced embedders, their vectors and their index.
func (s *VectorStore) DropPast(ctx context.Context, grace time.Duration) error {
	if err := s.drop(ctx, "state = 'past' AND retired_at < now() - $1::interval", grace); err != nil {
		return fmt.Errorf("drop past embedders: %w", err)
	}
	return nil
}

// drop deletes the embedders for which a condition holds. Index first: one left
// without its embedder would cost every later insert.
func (s *VectorStore) drop(ctx context.Context, condition string, args ...any) error {
	rows, err := s.db.pool.Query(ctx, "SELECT id FROM embedders WHERE "+condition, args...)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := s.db.pool.Exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+indexName(id)); err != nil {
			return err
		}
		if _, err := s.db.pool.Exec(ctx, "DELETE FROM embedders WHERE id = $1", id); err != nil {
			return err
		}
	}
	return nil
}

// LastChange is the number of the last corpus change.
func (s *VectorStore) LastChange(ctx context.Context) (change int64, err error) {
	if err := s.db.pool.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM corpus_changes`).Scan(&change); err != nil {
		return 0, fmt.Errorf("read the last corpus change: %w", err)
	}
	return change, nil
}

// changedSince limits chunks c to versions that changed after the corpus change that is
// the numbered parameter; 0 stands for all.
func changedSince(parameter int, since int64) string {
	if since == 0 {
		return fmt.Sprintf(" $%d::bigint = 0", parameter)
	}
	return fmt.Sprintf(" c.version_id IN (SELECT version_id FROM corpus_changes WHERE id > $%d)", parameter)
}

// DropDead deletes the vectors of chunks that are no longer live or have become
// boilerplate: those that were being made when their document was replaced.
func (s *VectorStore) DropDead(ctx context.Context, since int64) error {
	_, err := s.db.pool.Exec(ctx, `
		DELETE FROM embeddings e USING chunks c
		WHERE e.chunk_id = c.id AND`+changedSince(1, since)+` AND (c.repeated OR NOT EXISTS (
			SELECT FROM versions v JOIN documents d ON d.id = v.document_id AND d.withdrawn_at IS NULL
			WHERE v.id = c.version_id AND v.status = 'current'))`, since)
	if err != nil {
		return fmt.Errorf("drop vectors of dead chunks: %w", err)
	}
	return nil
}

// LiveChunks counts the chunks that answers come from.
func (s *VectorStore) LiveChunks(ctx context.Context) (n int64, err error) {
	err = s.db.pool.QueryRow(ctx, `
		SELECT count(*) FROM chunks c
		JOIN versions v ON v.id = c.version_id AND v.status = 'current'
		JOIN documents d ON d.id = v.document_id AND d.withdrawn_at IS NULL`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count chunks: %w", err)
	}
	return n, nil
}

// chunkTexts selects live chunks as they are embedded; the caller adds to WHERE.
const chunkTexts = `
	SELECT c.id, v.title, c.heading, substring(p.text, c.start_at + 1, c.end_at - c.start_at)
	FROM chunks c
	JOIN versions v ON v.id = c.version_id AND v.status = 'current'
	JOIN documents d ON d.id = v.document_id AND d.withdrawn_at IS NULL
	JOIN pages p ON p.version_id = c.version_id AND p.number = c.page`

func scanChunkText(row pgx.CollectableRow) (c retrieval.ChunkText, err error) {
	err = row.Scan(&c.ID, &c.Title, &c.Heading, &c.Text)
	return c, err
}

// Chunks streams every live chunk in a stable order, so that the same corpus
// trains the same model.
func (s *VectorStore) Chunks(ctx context.Context) iter.Seq2[retrieval.ChunkText, error] {
	return func(yield func(retrieval.ChunkText, error) bool) {
		rows, err := s.db.pool.Query(ctx, chunkTexts+" ORDER BY c.id")
		if err != nil {
			yield(retrieval.ChunkText{}, fmt.Errorf("read chunks: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			c, err := scanChunkText(rows)
			if !yield(c, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(retrieval.ChunkText{}, fmt.Errorf("read chunks: %w", err))
		}
	}
}

// Unembedded returns live chunks beyond a chunk, boilerplate left out, that have no vector
// of this embedder yet, in order of id.
func (s *VectorStore) Unembedded(ctx context.Context, embedder int, since, after int64, limit int) ([]retrieval.ChunkText, error) {
	rows, err := s.db.pool.Query(ctx, chunkTexts+`
		WHERE c.id > $3 AND NOT c.repeated AND`+changedSince(4, since)+`
			AND NOT EXISTS (SELECT FROM embeddings e WHERE e.chunk_id = c.id AND e.embedder_id = $1)
		ORDER BY c.id LIMIT $2`, embedder, limit, after, since)
	if err != nil {
		return nil, fmt.Errorf("read chunks without vectors: %w", err)
	}
	return pgx.CollectRows(rows, scanChunkText)
}

// SaveVectors stores vectors; a nil one is stored as zeros, which no search
// finds, so that its chunk is not tried again. Chunks that are gone by now are
// passed over.
func (s *VectorStore) SaveVectors(ctx context.Context, e retrieval.StoredEmbedder, ids []int64, vectors [][]float32) error {
	halves := make([]pgvector.HalfVector, len(vectors))
	for i, v := range vectors {
		if v == nil {
			v = make([]float32, e.Dimensions)
		}
		if len(v) != e.Dimensions {
			return fmt.Errorf("save vectors: one has %d numbers, embedder %d has %d", len(v), e.ID, e.Dimensions)
		}
		halves[i] = pgvector.NewHalfVector(v)
	}
	_, err := s.db.pool.Exec(ctx, `
		INSERT INTO embeddings (embedder_id, chunk_id, embedding)
		SELECT $1, new.chunk_id, new.embedding
		FROM unnest($2::bigint[], $3::halfvec[]) AS new (chunk_id, embedding)
		JOIN chunks c ON c.id = new.chunk_id
		ON CONFLICT DO NOTHING`, e.ID, ids, halves)
	if err != nil {
		return fmt.Errorf("save vectors: %w", err)
	}
	return nil
}

// Nearest searches the HNSW graph, or everything when there is none, or what a filter
// lets through when that is little enough to sort: a graph search with a narrow filter
// silently loses neighbours. Vectors go with their version, in its transaction, so without a filter
// no look at versions is needed.
func (s *VectorStore) Nearest(ctx context.Context, e retrieval.StoredEmbedder, query []float32, f corpus.Filter, n int) ([]retrieval.Near, error) {
	if len(query) != e.Dimensions {
		return nil, fmt.Errorf("nearest: the query has %d numbers, embedder %d has %d", len(query), e.ID, e.Dimensions)
	}
	pool, statement, args := s.db.search, graphStatement(e), []any{pgvector.NewHalfVector(query), n}
	narrow := !e.Graph
	if !f.IsZero() && e.Graph {
		var err error
		if narrow, err = s.narrow(ctx, f); err != nil {
			return nil, fmt.Errorf("nearest: %w", err)
		}
	}
	switch {
	case !f.IsZero():
		var condition string
		condition, args = filterSQL(f, args)
		if narrow {
			pool, statement = s.db.pool, fmt.Sprintf(`
				SELECT e.chunk_id, 1 - (e.embedding::halfvec(%[1]d) <=> $1) AS similarity
				FROM (SELECT c.id FROM chunks c `+current+` WHERE %[3]s OFFSET 0) AS allowed
				JOIN embeddings e ON e.chunk_id = allowed.id AND e.embedder_id = %[2]d
				ORDER BY (e.embedding::halfvec(%[1]d) <=> $1) + 0, e.chunk_id LIMIT $2`, e.Dimensions, e.ID, condition)
		} else {
			statement = fmt.Sprintf(`
				SELECT e.chunk_id, 1 - (e.embedding::halfvec(%[1]d) <=> $1) AS similarity
				FROM embeddings e JOIN chunks c ON c.id = e.chunk_id `+current+`
				WHERE e.embedder_id = %[2]d AND %[3]s
				ORDER BY e.embedding::halfvec(%[1]d) <=> $1 LIMIT $2`, e.Dimensions, e.ID, condition)
		}
	case narrow:
		pool, statement = s.db.pool, fmt.Sprintf(`
			SELECT chunk_id, 1 - (embedding::halfvec(%[1]d) <=> $1) AS similarity
			FROM (SELECT chunk_id, embedding FROM embeddings WHERE embedder_id = %[2]d OFFSET 0) AS stored
			ORDER BY (embedding::halfvec(%[1]d) <=> $1) + 0, chunk_id LIMIT $2`, e.Dimensions, e.ID)
	}
	near, err := s.collectNear(ctx, pool, statement, args...)
	if err != nil {
		return nil, fmt.Errorf("nearest: %w", err)
	}
	return near, nil
}

// Similar is the similarity of those of the chunks that have a vector, in any order.
func (s *VectorStore) Similar(ctx context.Context, e retrieval.StoredEmbedder, query []float32, chunks []int64) ([]retrieval.Near, error) {
	if len(query) != e.Dimensions {
		return nil, fmt.Errorf("similar: the query has %d numbers, embedder %d has %d", len(query), e.ID, e.Dimensions)
	}
	near, err := s.collectNear(ctx, s.db.search, fmt.Sprintf(`
		SELECT chunk_id, 1 - (embedding::halfvec(%[1]d) <=> $1) AS similarity
		FROM embeddings WHERE embedder_id = %[2]d AND chunk_id = ANY ($2)`, e.Dimensions, e.ID), pgvector.NewHalfVector(query), chunks)
	if err != nil {
		return nil, fmt.Errorf("similar: %w", err)
	}
	return near, nil
}

// EachVector calls do with the vectors of chunks beyond one, of these chunks only when
// chunks is not nil, in order of chunk id, at most limit.
func (s *VectorStore) EachVector(ctx context.Context, e retrieval.StoredEmbedder, after int64, chunks []int64, limit int, do func(chunk int64, vector []float32)) error {
	// The search connections read along the primary key: sorting half a million vectors
	// would write them to disk first.
	statement, args := `
		SELECT chunk_id, embedding FROM embeddings
		WHERE embedder_id = $1 AND chunk_id > $2 ORDER BY chunk_id LIMIT $3`, []any{e.ID, after, limit}
	if chunks != nil {
		statement, args = `
		WITH found AS MATERIALIZED ( -- first, so that the order is not taken from reading all
			SELECT chunk_id, embedding FROM embeddings WHERE embedder_id = $1 AND chunk_id > $2 AND chunk_id = ANY ($4)
		)
		SELECT chunk_id, embedding FROM found ORDER BY chunk_id LIMIT $3`, append(args, chunks)
	}
	rows, err := s.db.search.Query(ctx, statement, args...)
	if err != nil {
		return fmt.Errorf("read vectors: %w", err)
	}
	var id int64
	var vector pgvector.HalfVector
	if _, err := pgx.ForEachRow(rows, []any{&id, &vector}, func() error { do(id, vector.Slice()); return nil }); err != nil {
		return fmt.Errorf("read vectors: %w", err)
	}
	return nil
}

// narrow reports whether a filter lets so little through that all of it can be sorted.
func (s *VectorStore) narrow(ctx context.Context, f corpus.Filter) (bool, error) {
	condition, args := filterSQL(f, []any{exactRows + 1})
	var rows int
	err := s.db.pool.QueryRow(ctx, `
		SELECT count(*) FROM (SELECT FROM chunks c `+current+` WHERE `+condition+` LIMIT $1) AS allowed`, args...).Scan(&rows)
	return rows <= exactRows, err
}

// queryer is a pool or a transaction.
type queryer interface {
	QueryRow(ctx context.Context, statement string, args ...any) pgx.Row
}

// collectNear runs a search whose rows are chunk and similarity. The rows are packed
// into two arrays: a row of a result costs as much as a comparison of two vectors. A
// vector of zeros is like nothing.
func (s *VectorStore) collectNear(ctx context.Context, on queryer, statement string, args ...any) ([]retrieval.Near, error) {
	var ids []int64
	var similarities []float64
	err := on.QueryRow(ctx, `SELECT coalesce(array_agg(chunk_id), '{}'), coalesce(array_agg(similarity), '{}') FROM (`+statement+`) AS found
		WHERE similarity <> 'NaN'`, args...).Scan(&ids, &similarities)
	if err != nil {
		return nil, err
	}
	near := make([]retrieval.Near, len(ids))
	for i, id := range ids {
		near[i] = retrieval.Near{ChunkID: id, Similarity: similarities[i]}
	}
	// The graph gives them nearly in order.
	slices.SortFunc(near, func(a, b retrieval.Near) int {
		return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(a.ChunkID, b.ChunkID))
	})
	return near, nil
}

// current joins to chunks c their version v and document d when they are live and no
// boilerplate.
const current = `
	JOIN versions v ON v.id = c.version_id AND v.status = 'current' AND NOT c.repeated
	JOIN documents d ON d.id = v.document_id AND d.withdrawn_at IS NULL`

// graphStatement searches the graph of an embedder: $1 is the query, $2 how many are
// wanted. Embedder and dimension are numbers of ours, written into the statement so
// that the planner sees the partial index.
func graphStatement(e retrieval.StoredEmbedder) string {
	return fmt.Sprintf(`
		SELECT chunk_id, 1 - (embedding::halfvec(%[1]d) <=> $1) AS similarity
		FROM embeddings WHERE embedder_id = %[2]d
		ORDER BY embedding::halfvec(%[1]d) <=> $1 LIMIT $2`, e.Dimensions, e.ID)
}

// filterSQL is a corpus.Filter as a condition on versions v, and args with the values
// that it names by number.
func filterSQL(f corpus.Filter, args []any) (string, []any) {
	condition := "true"
	and := func(format string, value any) {
		args = append(args, value)
		condition += fmt.Sprintf(" AND "+format, len(args))
	}
	if len(f.Documents) > 0 {
		and("v.document_id = ANY ($%d)", f.Documents)
	}
	if len(f.Types) > 0 {
		and("v.type = ANY ($%d)", f.Types)
	}
	if f.YearFrom != 0 {
		and("v.year >= $%d", f.YearFrom)
	}
	if f.YearTo != 0 {
		and("v.year BETWEEN 1 AND $%d", f.YearTo)
	}
	return condition, args
}
