package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

var _ evaluate.RetrievalCorpus = (*EvaluationCorpus)(nil)

// EvaluationCorpus is a schema of its own with all of the product's tables, in which
// a retrieval set is measured.
type EvaluationCorpus struct {
	*RetrievalStore
	*VectorStore
	db     *DB
	schema string
	lock   *pgx.Conn // holds the advisory lock that says the schema is in use
}

// evaluationSchemas are the names of evaluations' schemas, as a regular expression
// of PostgreSQL.
const evaluationSchemas = `^evaluation_[0-9a-f]{8}$`

// NewEvaluationCorpus makes a schema in the database at url. Close removes it. It
// first removes those of evaluations that were killed: their connection is gone, and
// with it the lock on their schema.
func NewEvaluationCorpus(ctx context.Context, url string, opts Options) (*EvaluationCorpus, error) {
	opts.Schema = "evaluation_" + uuid.NewString()[:8]
	lock, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect for an evaluation: %w", err)
	}
	c := &EvaluationCorpus{schema: opts.Schema, lock: lock}
	// Before the schema is there: another evaluation that starts now must not take it
	// for left behind.
	if _, err := lock.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, opts.Schema); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the evaluation's schema: %w", err), c.Close())
	}
	if err := sweepEvaluations(ctx, lock); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if c.db, err = Open(ctx, url, opts); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.RetrievalStore, c.VectorStore = NewRetrievalStore(c.db), NewVectorStore(c.db)
	if err := c.db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// sweepEvaluations drops the schemas of evaluations that nobody runs any more.
func sweepEvaluations(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `SELECT nspname::text FROM pg_namespace WHERE nspname ~ $1 ORDER BY nspname`, evaluationSchemas)
	if err != nil {
		return fmt.Errorf("look for evaluations left behind: %w", err)
	}
	schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look for evaluations left behind: %w", err)
	}
	for _, schema := range schemas {
		var free bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended($1, 0))`, schema).Scan(&free); err != nil {
			return fmt.Errorf("remove evaluation %s left behind: %w", schema, err)
		}
		if !free {
			continue
		}
		if err := dropSchema(ctx, conn, schema); err != nil {
			return fmt.Errorf("remove evaluation %s left behind: %w", schema, err)
		}
		if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, schema); err != nil {
			return fmt.Errorf("remove evaluation %s left behind: %w", schema, err)
		}
	}
	return nil
}

func dropSchema(ctx context.Context, conn *pgx.Conn, schema string) error {
	_, err := conn.Exec(ctx, `DROP SCHEMA IF EXISTS `+pgx.Identifier{schema}.Sanitize()+` CASCADE`)
	return err
}

// Close drops the schema and everything in it, also when the work was cut off. What
// cannot be dropped now the next evaluation removes.
func (c *EvaluationCorpus) Close() error {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	if c.db != nil {
		c.db.Close()
	}
	defer func() { _ = c.lock.Close(ctx) }() // the lock goes with it
	if err := dropSchema(ctx, c.lock, c.schema); err != nil {
		return fmt.Errorf("remove the evaluation's schema %s: %w", c.schema, err)
	}
	return nil
}

// Load stores every passage as a page with one chunk, under its title as heading, in
// the order given.
func (c *EvaluationCorpus) Load(ctx context.Context, passages []evaluate.Passage, index func(title string, heading []string, text string) retrieval.Terms) ([]int64, error) {
	var (
		documents, versions, pages, chunks, entries, words [][]any
		version                                            = map[string]int64{}
		next                                               = map[int64]int{} // passages of a version so far
		number                                             = map[string]int32{}
		ids                                                = make([]int64, len(passages))
		now                                                = time.Now()
		digest                                             = make([]byte, 32)
	)
	for i, p := range passages {
		v, ok := version[p.Doc]
		if !ok {
			v = int64(len(version) + 1)
			version[p.Doc] = v
			slug := fmt.Sprintf("d%d", v)
			documents = append(documents, []any{slug, slug})
			versions = append(versions, []any{v, slug, 1, digest, "current", now})
		}
		text := plainText(p.Text)
		terms := index("", []string{p.Title}, text)
		for _, w := range terms.Words() {
			if number[w] == 0 {
				number[w] = int32(len(number) + 1) // #nosec G115 -- a vocabulary
				words = append(words, []any{number[w], w})
			}
		}
		ids[i] = int64(i + 1)
		ordinal := next[v]
		next[v]++
		pages = append(pages, []any{v, ordinal + 1, fmt.Sprint(ordinal + 1), text, "text"})
		chunks = append(chunks, []any{ids[i], v, ordinal, ordinal + 1, 0, len([]rune(text)), []string{plainText(p.Title)}})
		entries = append(entries, []any{ids[i], float32(terms.Length()), terms.Encode(func(w string) int32 { return number[w] })})
	}
	err := c.db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO originals (digest, media_type, content) VALUES ($1, 'text/plain', '')`, digest); err != nil {
			return err
		}
		for _, t := range []struct {
			table   string
			columns []string
			rows    [][]any
		}{
			{"documents", []string{"id", "source"}, documents},
			{"versions", []string{"id", "document_id", "number", "digest", "status", "published_at"}, versions},
			{"pages", []string{"version_id", "number", "label", "text", "reader"}, pages},
			{"chunks", []string{"id", "version_id", "ordinal", "page", "start_at", "end_at", "heading"}, chunks},
			{"terms", []string{"id", "term"}, words},
			{"chunk_terms", []string{"chunk_id", "dl", "tv"}, entries},
		} {
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.table}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
				return fmt.Errorf("%s: %w", t.table, err)
			}
		}
		_, err := tx.Exec(ctx, `INSERT INTO corpus_changes (version_id, live) SELECT id, true FROM versions ORDER BY id`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load passages: %w", err)
	}
	if _, err := c.db.pool.Exec(ctx, `ANALYZE documents, versions, pages, chunks, chunk_terms`); err != nil {
		return nil, fmt.Errorf("load passages: %w", err)
	}
	return ids, nil
}

// plainText leaves out what PostgreSQL cannot store.
func plainText(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
}

// TextSearch ranks by ts_rank over any of the query's words, as PostgreSQL's own
// full text search for Dutch would.
func (c *EvaluationCorpus) TextSearch(ctx context.Context, query string, limit int) ([]retrieval.Ranked, error) {
	if err := c.indexText(ctx); err != nil {
		return nil, err
	}
	rows, err := c.db.pool.Query(ctx, `
		WITH asked AS ( -- the query's words, any of which may be there
			SELECT replace(plainto_tsquery('dutch', $1)::text, '&', '|')::tsquery AS words
		)
		SELECT t.chunk_id, ts_rank(t.words, asked.words)::float8 AS score
		FROM text_search t, asked
		WHERE t.words @@ asked.words
		ORDER BY score DESC, t.chunk_id LIMIT $2`, query, limit)
	if err != nil {
		return nil, fmt.Errorf("text search: %w", err)
	}
	ranked, err := pgx.CollectRows(rows, pgx.RowToStructByPos[retrieval.Ranked])
	if err != nil {
		return nil, fmt.Errorf("text search: %w", err)
	}
	return ranked, nil
}

// indexText makes the full text index once.
func (c *EvaluationCorpus) indexText(ctx context.Context) error {
	var there bool
	if err := c.db.pool.QueryRow(ctx, `SELECT to_regclass('text_search') IS NOT NULL`).Scan(&there); err != nil || there {
		return err
	}
	err := c.db.inTx(ctx, func(tx pgx.Tx) error {
		for _, statement := range []string{
			`CREATE TABLE text_search AS
				SELECT c.id AS chunk_id, to_tsvector('dutch', array_to_string(c.heading, ' ') || ' ' || p.text) AS words
				FROM chunks c JOIN pages p ON p.version_id = c.version_id AND p.number = c.page`,
			`CREATE INDEX ON text_search USING gin (words)`,
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("index for text search: %w", err)
	}
	return nil
}
