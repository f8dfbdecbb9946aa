package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

var _ retrieval.Store = (*RetrievalStore)(nil)

// RetrievalStore reads the corpus for searching.
type RetrievalStore struct {
	db   *DB
	kept passageCache
}

// NewRetrievalStore returns the store that retrieval.Service reads from.
func NewRetrievalStore(db *DB) *RetrievalStore { return &RetrievalStore{db: db} }

// State is the number of the last corpus change. Writers hold a lock from taking a
// number to committing it, so a lower one cannot appear later.
func (s *RetrievalStore) State(ctx context.Context) (state int64, err error) {
	err = s.db.pool.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM corpus_changes`).Scan(&state)
	if err != nil {
		return 0, fmt.Errorf("read the state of the corpus: %w", err)
	}
	return state, nil
}

// Changes are the changes after a state, oldest first.
func (s *RetrievalStore) Changes(ctx context.Context, after int64, limit int) ([]retrieval.VersionChange, error) {
	rows, err := s.db.pool.Query(ctx, `SELECT id, version_id, live FROM corpus_changes WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read corpus changes: %w", err)
	}
	changes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[retrieval.VersionChange])
	if err != nil {
		return nil, fmt.Errorf("read corpus changes: %w", err)
	}
	return changes, nil
}

// Entries reads the forward index.
func (s *RetrievalStore) Entries(ctx context.Context, versions []int64, do func(retrieval.Entry) error) error {
	// No ORDER BY for the whole corpus: the index sorts, and sorting here would
	// write half a million entries to disk first.
	rows, err := s.db.pool.Query(ctx, `
		WITH live AS ( -- the versions to read
			SELECT v.id, v.document_id, v.publication, v.type, v.year
			FROM versions v JOIN documents d ON d.id = v.document_id
			WHERE CASE WHEN $1::bigint[] IS NULL THEN v.status = 'current' AND d.withdrawn_at IS NULL
				ELSE v.id = ANY ($1) END
		)
		SELECT c.id, live.id, live.document_id, live.publication, live.type, live.year, c.ordinal, t.tv
		FROM live
		JOIN chunks c ON c.version_id = live.id AND NOT c.repeated
		JOIN chunk_terms t ON t.chunk_id = c.id`, versions)
	if err != nil {
		return fmt.Errorf("read the forward index: %w", err)
	}
	var e retrieval.Entry
	_, err = pgx.ForEachRow(rows, []any{&e.ChunkID, &e.VersionID, &e.Document, &e.Number, &e.Type, &e.Year, &e.Ordinal, &e.Terms}, func() error {
		given := e
		e.Terms = nil // the next row gets bytes of its own
		return do(given)
	})
	if err != nil {
		return fmt.Errorf("read the forward index: %w", err)
	}
	return nil
}

// Words reads the vocabulary.
func (s *RetrievalStore) Words(ctx context.Context, ids []int32, do func(id int32, word string) error) error {
	rows, err := s.db.pool.Query(ctx, `SELECT id, term FROM terms WHERE $1::int[] IS NULL OR id = ANY ($1)`, ids)
	if err != nil {
		return fmt.Errorf("read the vocabulary: %w", err)
	}
	var id int32
	var word string
	if _, err := pgx.ForEachRow(rows, []any{&id, &word}, func() error { return do(id, word) }); err != nil {
		return fmt.Errorf("read the vocabulary: %w", err)
	}
	return nil
}

// Passages returns those of the chunks that are live and no boilerplate, in any
// order. What a chunk says never changes, so the database is asked for the text of
// the new ones only, and of the others whether they still are live.
func (s *RetrievalStore) Passages(ctx context.Context, chunks []int64) ([]corpus.Passage, error) {
	kept, known := s.kept.find(chunks)
	// The tables are joined in this order: see openSearchPool.
	rows, err := s.db.search.Query(ctx, `
		SELECT c.id, v.document_id, v.title, v.publication, v.type, v.date, v.language, v.id, v.number,
			c.page, coalesce(p.label, ''), c.heading, c.kind, c.section, c.start_at, c.end_at,
			coalesce(p.text, ''), coalesce(p.reader, ''), coalesce(p.confidence, 0)
		FROM chunks c
		JOIN versions v ON v.id = c.version_id AND v.status = 'current'
		JOIN documents d ON d.id = v.document_id AND d.withdrawn_at IS NULL
		LEFT JOIN pages p ON p.version_id = c.version_id AND p.number = c.page AND c.id <> ALL ($2)
		WHERE c.id = ANY ($1) AND NOT c.repeated`, chunks, known)
	if err != nil {
		return nil, fmt.Errorf("read passages: %w", err)
	}
	found := make([]corpus.Passage, 0, len(chunks))
	var fresh []corpus.Passage
	var p corpus.Passage
	var section *corpus.SectionKind
	d := &p.Document
	_, err = pgx.ForEachRow(rows, []any{
		&p.ChunkID, &d.ID, &d.Title, &d.Number, &d.Type, &d.Date, &p.Language, &p.VersionID, &p.Version,
		&p.Page, &p.PageLabel, &p.Heading, &p.Kind, &section, &p.Start, &p.End, &p.PageText, &p.Reader, &p.OCRConfidence,
	}, func() error {
		if old, ok := kept[p.ChunkID]; ok {
			found = append(found, old)
			return nil
		}
		read := p
		read.Text = corpus.Slice(p.PageText, p.Start, p.End)
		if section == nil { // written by a program that knew no sections
			read.Section = corpus.Section(p.Heading)
		} else {
			read.Section = *section
		}
		p.Heading = nil // the next row gets a slice of its own
		fresh = append(fresh, read)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read passages: %w", err)
	}
	s.kept.add(fresh)
	return append(found, fresh...), nil
}

// mostPassages bounds the passages kept: with the text of their pages, about 4 kB
// each.
const mostPassages = 4096

// passageCache keeps passages that were read lately.
type passageCache struct {
	mu       sync.Mutex
	passages map[int64]corpus.Passage
}

// find returns those of the chunks that are kept, by id, and their ids.
func (c *passageCache) find(chunks []int64) (kept map[int64]corpus.Passage, known []int64) {
	known = make([]int64, 0, len(chunks))
	kept = make(map[int64]corpus.Passage, len(chunks))
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range chunks {
		if p, ok := c.passages[id]; ok {
			kept[id] = p
			known = append(known, id)
		}
	}
	return kept, known
}

// add keeps passages, in place of any others when there are too many.
func (c *passageCache) add(passages []corpus.Passage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.passages == nil {
		c.passages = make(map[int64]corpus.Passage, mostPassages)
	}
	for _, p := range passages {
		c.passages[p.ChunkID] = p
	}
	for id := range c.passages {
		if len(c.passages) <= mostPassages {
			break
		}
		delete(c.passages, id)
	}
}

// Listen calls wake when it begins to listen and at every corpus change from then
// on, on a connection of its own, until ctx ends or the connection is lost.
func (s *RetrievalStore) Listen(ctx context.Context, wake func()) error {
	pooled, err := s.db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("listen for corpus changes: %w", err)
	}
	conn := pooled.Hijack() // a listener would hold a place in the pool for good
	defer func() {
		closing, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer stop()
		_ = conn.Close(closing) // there is nothing to lose on it
	}()
	if _, err := conn.Exec(ctx, `LISTEN corpus_changes`); err != nil {
		return fmt.Errorf("listen for corpus changes: %w", err)
	}
	for {
		wake()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return fmt.Errorf("listen for corpus changes: %w", err)
		}
	}
}
