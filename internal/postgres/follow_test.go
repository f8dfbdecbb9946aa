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
		`UPDATE documents SET withdrawn_at = now() WHERE id IN ('doc-1', 'doc-2')`:                                          18,
		`WITH v AS (SELECT id FROM versions LIMIT 3) INSERT INTO corpus_changes (version_id, live) SELECT id, false FROM v`: 20, // still live: announced, no more
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
