package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// Two servers on one database see what anybody writes to it, with SQL of their own too:
// what comes, what is replaced, withdrawn and restored, and what is deleted for good.
func TestEveryServerFollowsEveryWriter(t *testing.T) {
	url := postgrestest.URL(t)
	var servers []*retrieval.Service
	var db *postgres.DB
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	for range 2 {
		var err error
		if db, err = postgres.Open(t.Context(), url, postgres.Options{MaxConns: 4}); err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		s := newService(t, db)
		running.Go(func() {
			if err := s.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("following ended with %v", err)
			}
		})
		select {
		case <-s.Loaded():
		case <-time.After(time.Minute):
			t.Fatal("the index was not loaded")
		}
		servers = append(servers, s)
	}
	defer stop() // before the databases close
	see := func(what, want string) {
		t.Helper()
		deadline := time.Now().Add(time.Minute)
		for _, s := range servers {
			for {
				passages, err := s.Search(t.Context(), retrieval.Query{Text: "loon"})
				if err != nil {
					t.Fatal(err)
				}
				var ids []string
				for _, p := range passages {
					ids = append(ids, p.Document.ID)
				}
				slices.Sort(ids)
				if got := strings.Join(ids, " "); got == want && s.Stats().Chunks == len(ids) {
					break
				} else if time.Now().After(deadline) {
					t.Fatalf("%s: a server finds %q of %d chunks, want %q", what, got, s.Stats().Chunks, want)
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
	}
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := db.Pool().Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	texts := []string{"Het loon van een.", "Het loon van twee.", "Het loon van drie."}
	ids := addDocuments(t, db, "doc", texts)
	index(t, db, ids, texts)
	see("after inserting", "doc-0 doc-1 doc-2")
	exec(`UPDATE versions SET status = 'superseded' WHERE document_id = 'doc-0'`)
	see("after superseding", "doc-1 doc-2")
	exec(`UPDATE documents SET withdrawn_at = now() WHERE id = 'doc-1'`)
	see("after withdrawing", "doc-2")
	exec(`UPDATE documents SET withdrawn_at = NULL WHERE id = 'doc-1'`)
	see("after restoring", "doc-1 doc-2")
	exec(`DELETE FROM documents WHERE id = 'doc-2'`)
	see("after deleting", "doc-1")
	// One transaction that does and undoes says nothing.
	before := servers[0].State()
	exec(`WITH gone AS (UPDATE documents SET withdrawn_at = now() WHERE id = 'nobody' RETURNING id) SELECT count(*) FROM gone`)
	if now := servers[0].State(); now != before {
		t.Errorf("nothing changed, but the state went from %s to %s", before, now)
	}
}

// A version takes its vectors with it, and gets new ones when it comes back.
func TestVectorsGoWithTheirVersion(t *testing.T) {
	db := postgrestest.New(t)
	texts := make([]string, 20)
	for i := range texts {
		texts[i] = fmt.Sprintf("onderwerp%d", i)
	}
	addDocuments(t, db, "doc", texts)
	v := retrieval.NewVectors(retrieval.VectorsConfig{Store: postgres.NewVectorStore(db), Model: &signedModel{"a", 1}, Logger: slog.New(slog.DiscardHandler)})
	count := func(want int) {
		t.Helper()
		var n int
		if err := db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM embeddings`).Scan(&n); err != nil || n != want {
			t.Errorf("%d vectors, want %d; %v", n, want, err)
		}
	}
	embed := func() {
		t.Helper()
		if err := v.EmbedPending(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	embed()
	count(20)
	for sql, left := range map[string]int{
		`UPDATE documents SET withdrawn_at = now() WHERE id IN ('doc-1', 'doc-2')`:                                                                                             18,
		`WITH v AS (SELECT id FROM versions LIMIT 3) INSERT INTO corpus_changes (version_id, live) SELECT id, said FROM v, (VALUES (false), (true)) AS s (said) ORDER BY said`: 20, // still live: announced anew
	} {
		if _, err := db.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		count(left)
		if _, err := db.Pool().Exec(t.Context(), `UPDATE documents SET withdrawn_at = NULL`); err != nil {
			t.Fatal(err)
		}
		embed()
		count(20)
	}
}

// signedModel gives every text one of a few directions, or its opposite: compared within
// one model the same text is like itself, across two it is the opposite of itself.
type signedModel struct {
	name string
	sign float32
}

func (m *signedModel) Name() string    { return m.name }
func (m *signedModel) Dimensions() int { return 16 }
func (m *signedModel) Digest() string  { return m.name }
func (m *signedModel) EmbedQuery(_ context.Context, text string) ([]float32, error) {
	v := make([]float32, 16)
	fields := strings.Fields(text)
	v[len(fields[len(fields)-1])%16] = m.sign
	return v, nil
}

func (m *signedModel) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		out[i], _ = m.EmbedQuery(ctx, text)
	}
	return out, nil
}

// While one model takes over from another, every query is compared with vectors of its
// own model, and none goes without.
func TestModelsNeverMix(t *testing.T) {
	db := postgrestest.New(t)
	texts := make([]string, 300)
	for i := range texts {
		texts[i] = strings.Repeat("x", 1+i%15) + "a"
	}
	addDocuments(t, db, "doc", texts)
	store := postgres.NewVectorStore(db)
	log := slog.New(slog.DiscardHandler)
	models := []*signedModel{{"a", 1}, {"b", -1}}
	var servers []*retrieval.Vectors
	for _, m := range models {
		servers = append(servers, retrieval.NewVectors(retrieval.VectorsConfig{Store: store, Model: m, Logger: log}))
	}
	old, fresh := servers[0], servers[1]
	if err := old.EmbedPending(t.Context()); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var asking sync.WaitGroup
	var asked [2]int
	for i, v := range servers {
		asking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				meaning, err := v.Embed(t.Context(), "xxxxa")
				if err != nil {
					t.Errorf("embedding: %v", err)
					return
				}
				if meaning == nil {
					continue // the new server before its model took over
				}
				asked[i]++
				near, err := meaning.Nearest(t.Context(), retrieval.Among{}, 5)
				if err != nil || len(near) != 5 {
					t.Errorf("server %d found %v, %v", i, near, err)
					return
				}
				for _, n := range near {
					if n.Similarity < 0.99 {
						t.Errorf("server %d compared with vectors of another model: %v", i, near)
						return
					}
				}
			}
		})
	}
	if err := fresh.EmbedPending(t.Context()); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		if m, err := fresh.Embed(t.Context(), "xxxxa"); err != nil {
			t.Fatal(err)
		} else if m != nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal("the new model never took over")
		}
	}
	time.Sleep(50 * time.Millisecond) // some queries with the new one
	close(done)
	asking.Wait()
	if asked[0] == 0 || asked[1] == 0 {
		t.Errorf("queries asked: %v", asked)
	}
	// The server that is configured with the old model says so and searches without.
	if err := old.Refresh(t.Context()); !errors.Is(err, retrieval.ErrOtherModel) {
		t.Errorf("refreshing the old server: %v", err)
	}
	if m, err := old.Embed(t.Context(), "xxxxa"); m != nil || err != nil {
		t.Errorf("the old server still embeds: %v, %v", m, err)
	}
}

// countingModel is a model that tells what it was given.
type countingModel struct {
	signedModel
	texts []string
}

func (m *countingModel) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	m.texts = append(m.texts, texts...)
	return m.signedModel.EmbedDocuments(ctx, texts)
}

// When a document is read anew, only the chunks that say something else are embedded.
func TestVectorsOfUnchangedChunksStay(t *testing.T) {
	db := postgrestest.New(t)
	ids := addDocuments(t, db, "doc", []string{"aa bbb. cccc dd", "ander document"})
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	model := &countingModel{signedModel: signedModel{"a", 1}}
	v := retrieval.NewVectors(retrieval.VectorsConfig{Store: postgres.NewVectorStore(db), Model: model, Logger: slog.New(slog.DiscardHandler)})
	embed := func(want ...string) {
		t.Helper()
		model.texts = nil
		if err := v.EmbedPending(t.Context()); err != nil {
			t.Fatal(err)
		}
		slices.Sort(model.texts)
		if !slices.Equal(model.texts, want) {
			t.Errorf("embedded %q, want %q", model.texts, want)
		}
	}
	embed("T\naa bbb. cccc dd", "T\nander document")
	replace := func(title string, number int) {
		t.Helper()
		exec(fmt.Sprintf(`
			WITH old AS (UPDATE versions SET status = 'superseded' WHERE document_id = 'doc-0' AND status = 'current' RETURNING digest)
			INSERT INTO versions (document_id, number, digest, status, title, published_at) SELECT 'doc-0', %[2]d, digest, 'pending', '%[1]s', NULL FROM old;
			INSERT INTO pages (version_id, number, label, text, reader) SELECT id, 1, '1', 'Nieuw. aa bbb. cccc dd', 'text' FROM versions WHERE status = 'pending';
			INSERT INTO chunks (version_id, ordinal, page, start_at, end_at, heading)
				SELECT v.id, n, 1, s, e, h::text[] FROM versions v, (VALUES (0, 0, 6, '{}'), (1, 7, 22, '{}'), (2, 7, 22, '{K}')) AS c (n, s, e, h) WHERE v.status = 'pending';
			UPDATE versions SET status = 'current', published_at = now() WHERE status = 'pending'`, title, number))
	}
	replace("T", 2)
	embed("T\nK\naa bbb. cccc dd", "T\nNieuw.")
	var same bool
	var n int
	if err := db.Pool().QueryRow(t.Context(), `
		SELECT count(*), bool_and(e.embedding = expected.embedding)
		FROM embeddings e JOIN chunks c ON c.id = e.chunk_id JOIN versions v ON v.id = c.version_id AND v.document_id = 'doc-0',
			(SELECT $1::halfvec AS embedding) AS expected
		WHERE c.ordinal = 1`, "[0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0]").Scan(&n, &same); err != nil || n != 1 || !same {
		t.Errorf("%d vectors for the unchanged chunk, the same %t; %v", n, same, err)
	}
	replace("Andere titel", 3)
	embed("Andere titel\nK\naa bbb. cccc dd", "Andere titel\nNieuw.", "Andere titel\naa bbb. cccc dd")

	// What citations were made from stays as it is, whoever would change it.
	for _, sql := range []string{
		fmt.Sprintf(`UPDATE chunks SET end_at = end_at - 1 WHERE id = %d`, ids[1]),
		`UPDATE pages SET text = 'iets anders' WHERE text = 'ander document'`,
	} {
		if _, err := db.Pool().Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "never changes") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	exec(`UPDATE chunks SET kind = 'list', end_at = end_at`)
}
