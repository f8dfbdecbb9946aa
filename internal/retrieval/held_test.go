package retrieval

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// vectorShelf is a VectorStore of one present embedder with vectors in memory. What
// holding them does not need is missing.
type vectorShelf struct {
	VectorStore
	embedder StoredEmbedder
	vectors  map[int64][]float32
	asked    []int64 // chunks that Similar was asked for
}

type plainModel struct{ dims int }

func (m plainModel) Name() string    { return "plain" }
func (m plainModel) Dimensions() int { return m.dims }
func (m plainModel) Digest() string  { return "plain" }
func (m plainModel) EmbedDocuments(context.Context, []string) ([][]float32, error) {
	return nil, nil
}

func (m plainModel) EmbedQuery(context.Context, string) ([]float32, error) {
	v := make([]float32, m.dims)
	for i := range v {
		v[i] = float32(i%3) - .7
	}
	return v, nil
}

func (s *vectorShelf) Embedders(context.Context) ([]StoredEmbedder, error) {
	return []StoredEmbedder{s.embedder}, nil
}

func (s *vectorShelf) EachVector(_ context.Context, _ StoredEmbedder, after int64, limit int, do func(int64, []float32)) error {
	var ids []int64
	for id := range s.vectors {
		if id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids[:min(len(ids), limit)] {
		do(id, s.vectors[id])
	}
	return nil
}

func (s *vectorShelf) Similar(_ context.Context, _ StoredEmbedder, query []float32, chunks []int64) ([]Near, error) {
	s.asked = append(s.asked, chunks...)
	var out []Near
	for _, id := range chunks {
		if c, ok := cosine(query, s.vectors[id]); ok {
			out = append(out, Near{id, c})
		}
	}
	return out, nil
}

func (s *vectorShelf) Nearest(context.Context, StoredEmbedder, []float32, corpus.Filter, int) ([]Near, error) {
	return nil, nil
}

func cosine(a, b []float32) (float64, bool) {
	var ab, aa, bb float64
	for i := range b {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb), aa > 0 && bb > 0
}

// However vectors come, all at once or a few at a time, each is held or asked for, and
// compared as exactly as ranking needs.
func TestHeldVectorsCompareAsTheStoreDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := rapid.IntRange(1, 70).Draw(t, "dims")
		store := &vectorShelf{embedder: StoredEmbedder{ID: 1, Name: "plain", Dimensions: dims, Digest: "plain", State: PresentEmbedder}, vectors: map[int64][]float32{}}
		fits := rapid.SampledFrom([]int{1 << 20, 40 * heldRow(dims)}).Draw(t, "fits")
		v := NewVectors(VectorsConfig{Store: store, Model: plainModel{dims}, Held: fits, Logger: slog.New(slog.DiscardHandler)})
		if err := v.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		var last int64
		for range rapid.IntRange(1, 6).Draw(t, "rounds") {
			for range rapid.IntRange(0, 20).Draw(t, "new") {
				last += int64(rapid.IntRange(1, 3).Draw(t, "gap"))
				vector := rapid.SliceOfN(rapid.Float32Range(-1, 1), dims, dims).Draw(t, "vector")
				store.vectors[last] = vector
			}
			if rapid.Bool().Draw(t, "hold") {
				if err := v.Hold(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if v.HeldBytes() > fits {
				t.Fatalf("%d bytes held, of %d", v.HeldBytes(), fits)
			}
			m, err := v.Embed(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			ids := []int64{last + 5}
			for id := range last + 1 {
				ids = append(ids, id)
			}
			near, err := m.Similar(t.Context(), ids)
			if err != nil {
				t.Fatal(err)
			}
			got := map[int64]float64{}
			for _, n := range near {
				got[n.ChunkID] = n.Similarity
			}
			query, _ := plainModel{dims}.EmbedQuery(t.Context(), "")
			for id, vector := range store.vectors {
				want, ok := cosine(query, vector)
				similarity, found := got[id]
				if ok != found || math.Abs(want-similarity) > .02 {
					t.Fatalf("chunk %d is %v (found %t) like the query, want %v (%t)", id, similarity, found, want, ok)
				}
				delete(got, id)
			}
			if len(got) > 0 {
				t.Fatalf("chunks without a vector are like the query: %v", got)
			}
		}
	})
}

// What is held is not asked for, and what came later is.
func TestHeldVectorsSpareTheStore(t *testing.T) {
	store := &vectorShelf{embedder: StoredEmbedder{ID: 1, Name: "plain", Dimensions: 2, Digest: "plain", State: PresentEmbedder},
		vectors: map[int64][]float32{1: {1, 0}, 2: {0, 1}}}
	v := NewVectors(VectorsConfig{Store: store, Model: plainModel{2}, Logger: slog.New(slog.DiscardHandler)})
	if err := v.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		hold  bool
		asked []int64
	}{{false, []int64{1, 2}}, {true, nil}, {false, []int64{3}}, {true, nil}} {
		if step.hold {
			if err := v.Hold(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		store.asked = nil
		m, err := v.Embed(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		chunks := make([]int64, 0, 3)
		for id := range int64(len(store.vectors)) {
			chunks = append(chunks, id+1)
		}
		near, err := m.Similar(t.Context(), chunks)
		if err != nil || len(near) != len(chunks) || !slices.Equal(store.asked, step.asked) {
			t.Errorf("%d of %d compared, %v asked for, want %v (%v)", len(near), len(chunks), store.asked, step.asked, err)
		}
		if i == 1 {
			store.vectors[3] = []float32{1, 1}
		}
	}
}

func BenchmarkHeldSimilar(b *testing.B) {
	h := &heldVectors{dims: 256}
	vector := make([]float32, 256)
	for id := range int64(100_000) {
		for i := range vector {
			vector[i] = float32((int(id)*7+i*13)%101) - 50
		}
		h.add(id, vector)
	}
	chunks := make([]int64, 300)
	for i := range chunks {
		chunks[i] = int64(i * 331)
	}
	b.ReportAllocs()
	for b.Loop() {
		if near, missing := h.similar(vector, chunks); len(near) != len(chunks) || len(missing) > 0 {
			b.Fatal("not all compared")
		}
	}
}
