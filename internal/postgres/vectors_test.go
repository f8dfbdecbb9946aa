package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// addDocuments stores current documents of one page and one chunk each, and
// returns the chunk ids in order. Document ids are the prefix and a number.
func addDocuments(t *testing.T, db *postgres.DB, prefix string, texts []string) []int64 {
	t.Helper()
	ids := make([]int64, len(texts))
	for i, text := range texts {
		err := db.Pool().QueryRow(t.Context(), `
			WITH o AS (INSERT INTO originals VALUES (sha256($1::bytea), 'text/plain', $1::bytea) ON CONFLICT DO NOTHING),
			d AS (INSERT INTO documents (id, source) VALUES ($2, $2) RETURNING id),
			v AS (INSERT INTO versions (document_id, number, digest, status, title, date, type, published_at)
				SELECT id, 1, sha256($1::bytea), 'current', 'T', $4, $5, now() FROM d RETURNING id),
			p AS (INSERT INTO pages (version_id, number, label, text, reader) SELECT id, 1, '1', $3, 'text' FROM v RETURNING version_id)
			INSERT INTO chunks (version_id, ordinal, page, start_at, end_at) SELECT version_id, 0, 1, 0, char_length($3) FROM p RETURNING id`,
			[]byte(text), fmt.Sprintf("%s-%d", prefix, i), text, fmt.Sprintf("%d", 1950+i%70), []string{"advies", "rapport"}[i%2]).Scan(&ids[i])
		if err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

func topicText(rng *rand.Rand, topic int) string {
	words := make([]string, 15)
	for i := range words {
		words[i] = fmt.Sprintf("t%dw%d", topic, rng.IntN(12))
	}
	return strings.Join(words, " ")
}

func words(text string) map[string]float32 {
	terms := make(map[string]float32)
	for _, w := range strings.Fields(text) {
		terms[w]++
	}
	return terms
}

// nearest asks vectors as a search does.
func nearest(ctx context.Context, v *retrieval.Vectors, query string, f corpus.Filter, n int) ([]retrieval.Near, error) {
	m, err := v.Embed(ctx, query)
	if m == nil || err != nil {
		return nil, err
	}
	return m.Nearest(ctx, retrieval.Among{Filter: f}, n)
}

func TestVectorsFollowTheCorpus(t *testing.T) {
	db := postgrestest.New(t)
	rng := rand.New(rand.NewPCG(1, 1))
	texts := make([]string, 60)
	for i := range texts {
		texts[i] = topicText(rng, i%6)
	}
	ids := addDocuments(t, db, "doc", texts)
	store := postgres.NewVectorStore(db)
	v := retrieval.NewVectors(retrieval.VectorsConfig{Store: store, Analyse: words, Logger: slog.New(slog.DiscardHandler)})

	if near, err := nearest(t.Context(), v, texts[0], corpus.Filter{}, 5); err != nil || near != nil {
		t.Fatalf("without a model: %v, %v", near, err)
	}
	if err := v.EmbedPending(t.Context()); err != nil {
		t.Fatal(err)
	}
	near, err := nearest(t.Context(), v, "t2w1 t2w3", corpus.Filter{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	topics := map[int]int{}
	for _, n := range near {
		topics[slices.Index(ids, n.ChunkID)%6]++
	}
	if topics[2] != 10 {
		t.Errorf("the ten nearest to topic 2 are of topics %v", topics)
	}
	meaning, err := v.Embed(t.Context(), "t2w1 t2w3")
	if err != nil {
		t.Fatal(err)
	}
	similar, err := meaning.Similar(t.Context(), []int64{ids[0], near[0].ChunkID, -1})
	if err != nil || len(similar) != 2 || similar[0] != near[0] || similar[1].ChunkID != ids[0] {
		t.Errorf("similarity of chunks asked for: %v, %v", similar, err)
	}

	// A filter gives exactly the allowed ones, nearest first.
	near, err = nearest(t.Context(), v, "t2w1 t2w3", corpus.Filter{Documents: []string{"doc-0", "doc-2", "doc-9"}}, 10)
	if err != nil || len(near) != 3 || near[0].ChunkID != ids[2] {
		t.Errorf("filtered: %v, %v", near, err)
	}
	if near, err = nearest(t.Context(), v, "t2w1", corpus.Filter{Types: []string{"advies"}, YearFrom: 1952, YearTo: 1952}, 10); err != nil || len(near) != 1 || near[0].ChunkID != ids[2] {
		t.Errorf("filtered by year: %v, %v", near, err)
	}

	// A chunk that comes later is embedded with the same model; withdrawn ones vanish.
	if _, err := db.Pool().Exec(t.Context(), "UPDATE documents SET withdrawn_at = now() WHERE id = 'doc-2'"); err != nil {
		t.Fatal(err)
	}
	near, err = nearest(t.Context(), v, "t2w1 t2w3", corpus.Filter{}, 60)
	if err != nil || len(near) != 59 {
		t.Errorf("after a withdrawal: %d, %v", len(near), err)
	}

	// When the corpus outgrows the model, a new one takes over and the old one goes.
	more := make([]string, 80)
	for i := range more {
		more[i] = "nieuw " + topicText(rng, 6+i%2)
	}
	before, err := store.Embedders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	addDocuments(t, db, "new", more)
	if err := v.EmbedPending(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := store.Embedders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(after) != 2 || after[0].State != retrieval.PresentEmbedder || after[1].State != retrieval.PastEmbedder || after[1].ID != before[0].ID {
		t.Errorf("embedders after growth: %+v", after)
	}
	if err := store.DropPast(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	var vectors, indexes int
	if err := db.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM embeddings), (SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'embeddings_hnsw_%')`).Scan(&vectors, &indexes); err != nil {
		t.Fatal(err)
	}
	if vectors != 139 || indexes != 0 {
		t.Errorf("%d vectors and %d indexes are left, want 139 and none", vectors, indexes)
	}
}

// Only one process makes vectors at a time, and the lock does not outlive it.
func TestEmbeddingIsExclusive(t *testing.T) {
	store := postgres.NewVectorStore(postgrestest.New(t))
	ran, err := store.Exclusive(t.Context(), func(ctx context.Context) error {
		again, err := store.Exclusive(ctx, func(context.Context) error { return nil })
		if again || err != nil {
			t.Errorf("a second one ran: %v, %v", again, err)
		}
		return nil
	})
	if !ran || err != nil {
		t.Fatal(ran, err)
	}
	if ran, err = store.Exclusive(t.Context(), func(context.Context) error { return nil }); !ran || err != nil {
		t.Errorf("the lock was kept: %v, %v", ran, err)
	}
}

// On random vectors the graph finds what an exact comparison finds.
func TestNearestAgreesWithExact(t *testing.T) {
	db := postgrestest.New(t)
	rng := rand.New(rand.NewPCG(5, 5))
	texts := make([]string, 400)
	for i := range texts {
		texts[i] = fmt.Sprintf("tekst %d", i)
	}
	ids := addDocuments(t, db, "doc", texts)
	store := postgres.NewVectorStore(db)
	e := retrieval.StoredEmbedder{Name: "random", Dimensions: 32, Digest: "x", State: retrieval.FutureEmbedder}
	var err error
	if e.ID, err = store.AddEmbedder(t.Context(), e, nil); err != nil {
		t.Fatal(err)
	}
	vectors := make([][]float32, len(ids))
	for i := range vectors {
		vectors[i] = randomUnit(rng, e.Dimensions)
	}
	vectors[7] = nil
	if err := store.SaveVectors(t.Context(), e, ids, vectors); err != nil {
		t.Fatal(err)
	}
	if err := store.BuildGraph(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	e.Graph = true
	if err := store.Promote(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	hits, wanted := 0, 0
	for range 20 {
		q := randomUnit(rng, e.Dimensions)
		near, err := store.Nearest(t.Context(), e, q, corpus.Filter{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		exact := slices.Clone(ids)
		exact = slices.DeleteFunc(exact, func(id int64) bool { return id == ids[7] })
		similarity := func(id int64) (s float64) {
			for d, x := range vectors[slices.Index(ids, id)] {
				s += float64(x) * float64(q[d])
			}
			return s
		}
		slices.SortFunc(exact, func(a, b int64) int { return -compareFloat(similarity(a), similarity(b)) })
		for _, n := range near {
			wanted++
			if slices.Contains(exact[:10], n.ChunkID) {
				hits++
			}
			if n.ChunkID == ids[7] {
				t.Error("a chunk without a vector was found")
			} else if math.Abs(n.Similarity-similarity(n.ChunkID)) > 0.01 {
				t.Errorf("similarity %.4f, want %.4f", n.Similarity, similarity(n.ChunkID))
			}
		}
	}
	if wanted != 200 || hits < 195 {
		t.Errorf("%d of %d neighbours are the exact ones", hits, wanted)
	}
}

// There is a graph when the vectors may be too many for memory, built anew when enough of
// them were replaced, and none else; searches give the same either way.
func TestGraphComesAndGoes(t *testing.T) {
	db := postgrestest.New(t)
	rng := rand.New(rand.NewPCG(6, 6))
	texts := make([]string, 80)
	for i := range texts {
		texts[i] = topicText(rng, i%6)
	}
	addDocuments(t, db, "doc", texts)
	store := postgres.NewVectorStore(db)
	config := retrieval.VectorsConfig{Store: store, Analyse: words, Logger: slog.New(slog.DiscardHandler)}
	roomy := retrieval.NewVectors(config)
	config.Held = 1
	tight := retrieval.NewVectors(config)
	var built uint32
	check := func(v *retrieval.Vectors, graph bool) {
		t.Helper()
		if err := v.EmbedPending(t.Context()); err != nil {
			t.Fatal(err)
		}
		var file *uint32
		if err := db.Pool().QueryRow(t.Context(), `
			SELECT (SELECT pg_relation_filenode(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
				WHERE c.relname LIKE 'embeddings_hnsw_%' AND c.relnamespace = current_schema()::regnamespace AND i.indisvalid)`).Scan(&file); err != nil {
			t.Fatal(err)
		}
		if e, _ := v.Present(); e.Graph != graph || (file != nil) != graph {
			t.Errorf("graph %v, told %t, want %t", file, e.Graph, graph)
		}
		built = 0
		if file != nil {
			built = *file
		}
		near, err := nearest(t.Context(), v, "t2w1 t2w3", corpus.Filter{}, 3)
		if err != nil || len(near) != 3 || near[0].Similarity < near[2].Similarity {
			t.Errorf("nearest: %v, %v", near, err)
		}
		if near, err = nearest(t.Context(), v, "t2w1", corpus.Filter{YearFrom: 1953, YearTo: 1953}, 1); err != nil || len(near) != 1 {
			t.Errorf("nearest with a filter: %v, %v", near, err)
		}
	}
	check(roomy, false)
	check(tight, true)
	first := built
	check(tight, true)
	if built != first {
		t.Error("the graph was built anew when nothing had changed")
	}
	if _, err := db.Pool().Exec(t.Context(), `UPDATE documents SET withdrawn_at = now() WHERE id IN (SELECT id FROM documents WHERE id <> 'doc-2' LIMIT 15)`); err != nil {
		t.Fatal(err)
	}
	check(tight, true)
	if built == first {
		t.Error("the graph was not built anew when many vectors were gone")
	}
	check(roomy, false)
}

func compareFloat(a, b float64) int {
	if a < b {
		return -1
	}
	return 1
}

func randomUnit(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	var norm float64
	for i := range v {
		v[i] = float32(rng.NormFloat64())
		norm += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(norm))
	}
	return v
}
