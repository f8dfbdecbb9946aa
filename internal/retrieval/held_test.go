package retrieval

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
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

func (s *vectorShelf) EachVector(_ context.Context, _ StoredEmbedder, after int64, chunks []int64, limit int, do func(int64, []float32)) error {
	var ids []int64
	for id := range s.vectors {
		if id > after && (chunks == nil || slices.Contains(chunks, id)) {
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

// Nearest lets chunks of odd ids through any filter.
func (s *vectorShelf) Nearest(_ context.Context, _ StoredEmbedder, query []float32, f corpus.Filter, n int) ([]Near, error) {
	var out []Near
	for id, v := range s.vectors {
		if c, ok := cosine(query, v); ok && (f.IsZero() || odd(id)) {
			out = append(out, Near{id, c})
		}
	}
	slices.SortFunc(out, nearer)
	return out[:min(len(out), n)], nil
}

func odd(id int64) bool { return id%2 == 1 }

func cosine(a, b []float32) (float64, bool) {
	var ab, aa, bb float64
	for i := range b {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb), aa > 0 && bb > 0
}

// liveChunks are the chunks of an index.
type liveChunks []int64

// Live gives every set of chunks another state.
func (l liveChunks) Live() (int64, iter.Seq[int64]) {
	var state int64 = 1
	for _, id := range l {
		state = state*31 + id
	}
	return state, slices.Values(l)
}

func (l liveChunks) among(f corpus.Filter, has func(int64) bool) Among {
	return Among{Filter: f, Has: func(id int64) bool { return slices.Contains(l, id) && has(id) }, Each: func(yield func(int64) bool) {
		for _, id := range l {
			if has(id) && !yield(id) {
				return
			}
		}
	}}
}

// However vectors come and go, in order or late, one is held for every live chunk that
// has one or the store is asked, and queries are compared as exactly as ranking needs.
func TestHeldVectorsFollowTheStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := rapid.IntRange(1, 70).Draw(t, "dims")
		store := &vectorShelf{embedder: StoredEmbedder{ID: 1, Name: "plain", Dimensions: dims, Digest: "plain", State: PresentEmbedder}, vectors: map[int64][]float32{}}
		fits := rapid.SampledFrom([]int{1 << 20, 40 * heldRow(dims)}).Draw(t, "fits")
		v := NewVectors(VectorsConfig{Store: store, Model: plainModel{dims}, Held: fits, Logger: slog.New(slog.DiscardHandler)})
		if err := v.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		var last int64
		var late []int64
		for range rapid.IntRange(1, 6).Draw(t, "rounds") {
			vector := func() []float32 { return rapid.SliceOfN(rapid.Float32Range(-1, 1), dims, dims).Draw(t, "vector") }
			for _, id := range late {
				store.vectors[id] = vector()
			}
			late = nil
			for range rapid.IntRange(0, 20).Draw(t, "new") {
				last += int64(rapid.IntRange(1, 3).Draw(t, "gap"))
				if rapid.IntRange(0, 4).Draw(t, "late") == 0 {
					late = append(late, last)
				} else {
					store.vectors[last] = vector()
				}
			}
			for range rapid.IntRange(0, 5).Draw(t, "gone") {
				delete(store.vectors, rapid.Int64Range(0, last).Draw(t, "which"))
			}
			live := liveChunks(slices.Sorted(maps.Keys(store.vectors)))
			held := rapid.Bool().Draw(t, "hold")
			if held {
				if err := v.Hold(t.Context(), live); err != nil {
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
			query, _ := plainModel{dims}.EmbedQuery(t.Context(), "")
			check := func(near []Near, allowed func(id int64) bool) {
				got := map[int64]float64{}
				for _, n := range near {
					got[n.ChunkID] = n.Similarity
				}
				for _, id := range live {
					want, ok := cosine(query, store.vectors[id])
					similarity, found := got[id]
					if ok = ok && allowed(id); ok != found || ok && math.Abs(want-similarity) > .02 {
						t.Fatalf("chunk %d is %v (found %t) like the query, want %v (%t)", id, similarity, found, want, ok)
					}
					delete(got, id)
				}
				if len(got) > 0 {
					t.Fatalf("chunks without a vector are like the query: %v", got)
				}
			}
			all := func(int64) bool { return true }
			near, err := m.Similar(t.Context(), append(slices.Clone(live), last+5))
			if err != nil {
				t.Fatal(err)
			}
			check(near, all)
			if !held {
				continue
			}
			if near, err = m.Nearest(t.Context(), live.among(corpus.Filter{}, all), 1000); err != nil {
				t.Fatal(err)
			}
			check(near, all)
			if !slices.IsSortedFunc(near, nearer) {
				t.Fatalf("not in order: %v", near)
			}
			if near, err = m.Nearest(t.Context(), live.among(corpus.Filter{YearFrom: 1}, odd), 1000); err != nil {
				t.Fatal(err)
			}
			check(near, odd)
			// The best few, with a filter, are exactly those of the store.
			few := rapid.IntRange(1, 10).Draw(t, "few")
			if near, err = m.Nearest(t.Context(), live.among(corpus.Filter{YearFrom: 1}, odd), few); err != nil {
				t.Fatal(err)
			}
			var want []Near
			for _, id := range live {
				if c, ok := cosine(query, store.vectors[id]); ok && odd(id) {
					want = append(want, Near{id, c})
				}
			}
			slices.SortFunc(want, nearer)
			if want = want[:min(few, len(want))]; !slices.Equal(near, want) {
				t.Fatalf("with a filter %v are nearest, want %v", near, want)
			}
		}
	})
}

// What went and what came late changes blocks in the middle, and leaves the others alone.
func TestHeldVectorsAreRewrittenByBlocks(t *testing.T) {
	const dims, n = 8, 3 * heldBlockRows
	store := &vectorShelf{embedder: StoredEmbedder{ID: 1, Name: "plain", Dimensions: dims, Digest: "plain", State: PresentEmbedder}, vectors: map[int64][]float32{}}
	rng := rand.New(rand.NewPCG(1, 1))
	random := func() []float32 {
		v := make([]float32, dims)
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		return v
	}
	late := int64(heldBlockRows + 100)
	for id := int64(1); id <= n; id++ {
		if id != late {
			store.vectors[id] = random()
		}
	}
	v := NewVectors(VectorsConfig{Store: store, Model: plainModel{dims}, Logger: slog.New(slog.DiscardHandler)})
	if err := v.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	hold := func() *heldVectors {
		t.Helper()
		if err := v.Hold(t.Context(), liveChunks(slices.Sorted(maps.Keys(store.vectors)))); err != nil {
			t.Fatal(err)
		}
		return v.present.Load().held.Load()
	}
	first := hold()
	if len(first.blocks) != 3 || first.rows != n-1 {
		t.Fatalf("%d vectors in %d blocks", first.rows, len(first.blocks))
	}
	if again := hold(); again != first {
		t.Error("holding the same again changed what is held")
	}
	store.vectors[late] = random()
	second := hold()
	if second.rows != n || second.blocks[0] != first.blocks[0] || second.blocks[2] != first.blocks[2] {
		t.Errorf("a vector that came late: %d held, blocks %v beside %v", second.rows, second.blocks, first.blocks)
	}
	for id := int64(1); id <= heldBlockRows/5; id++ {
		delete(store.vectors, id)
	}
	third := hold()
	if third.rows != n-heldBlockRows/5 || third.blocks[0] == second.blocks[0] || third.blocks[1] != second.blocks[1] {
		t.Errorf("after a part went: %d held, blocks %v beside %v", third.rows, third.blocks, second.blocks)
	}
	for _, b := range third.blocks {
		for i, id := range b.ids {
			unit := make([]float32, dims)
			for j := range unit {
				unit[j] = float32(b.values[i*dims+j]) * b.scale[i]
			}
			if want, _ := cosine(unit, store.vectors[id]); want < .99 || third.sketcher.sketch(unit, make([]float32, third.sketcher.size())) != b.sketches.at(i) {
				t.Fatalf("chunk %d is held with the vector or sketch of another", id)
			}
		}
	}
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
			if err := v.Hold(t.Context(), liveChunks{1, 2, 3}); err != nil {
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

// madeHeld are vectors around centres, as those of texts lie around subjects, with
// queries of the same kind.
func madeHeld(n, dims, queries int) (*heldVectors, [][]float32, map[int64][]float32) {
	rng := rand.New(rand.NewPCG(2, 2))
	around := func(centre []float32, spread float64) []float32 {
		v := make([]float32, dims)
		for i := range v {
			v[i] = float32(spread * rng.NormFloat64() * math.Pow(float64(i+1), -.3))
			if centre != nil {
				v[i] += centre[i]
			}
		}
		return v
	}
	common := around(nil, 1)
	centres := make([][]float32, n/50+1)
	for i := range centres {
		centres[i] = around(common, 1)
	}
	h, vectors := &heldVectors{dims: dims}, make(map[int64][]float32, n)
	for id := range int64(n) {
		vectors[id] = around(centres[rng.IntN(len(centres))], .7)
		h.add(0, id, vectors[id])
	}
	h.sketchFrom(0)
	asked := make([][]float32, queries)
	for i := range asked {
		asked[i] = around(centres[rng.IntN(len(centres))], .7)
	}
	return h, asked, vectors
}

// The sketches bring what is nearest, whatever the number of dimensions, and only what
// is live.
func TestSketchesFindTheNearest(t *testing.T) {
	for _, dims := range []int{16, 256, 384} {
		h, queries, vectors := madeHeld(30_000, dims, 20)
		found, wanted := 0, 0
		for _, q := range queries {
			live := func(id int64) bool { return id%10 != 0 }
			var exact []Near
			for id, v := range vectors {
				if c, _ := cosine(q, v); live(id) {
					exact = append(exact, Near{id, c})
				}
			}
			slices.SortFunc(exact, nearer)
			if few := h.nearest(q, 100, func(id int64) bool { return id%10 == 0 }); len(few) != 100 || few[0].ChunkID%10 != 0 {
				t.Fatalf("%d dimensions: when most are gone, found %v", dims, few)
			}
			near := h.nearest(q, 100, live)
			if len(near) != 100 || slices.ContainsFunc(near, func(n Near) bool { return !live(n.ChunkID) }) {
				t.Fatalf("%d dimensions: found %v", dims, near)
			}
			for _, e := range exact[:10] {
				wanted++
				if slices.ContainsFunc(near[:10], func(n Near) bool { return n.ChunkID == e.ChunkID }) {
					found++
				}
			}
		}
		if recall := float64(found) / float64(wanted); recall < .95 {
			t.Errorf("%d dimensions: recall@10 is %.3f", dims, recall)
		}
	}
}

// The processor's own instructions give what the plain loops give.
func TestInstructionsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		n := rapid.IntRange(0, 70).Draw(t, "n")
		groups, tables := make([]sketchGroup, n), new(halfTables)
		for i := range groups {
			for j := range groups[i] {
				for k := range groups[i][j] {
					groups[i][j][k] = uint8(rng.Uint32())
				}
			}
		}
		most := rapid.IntRange(0, mostEntry).Draw(t, "most")
		for i := range tables {
			for j := range tables[i] {
				tables[i][j] = uint8(rng.IntN(most + 1))
			}
		}
		got, want := make([]uint8, n*groupSize), make([]uint8, n*groupSize)
		distancesGeneric(groups, tables, want)
		for name, distances := range distancesBy {
			if distances(groups, tables, got); !slices.Equal(got, want) {
				t.Fatalf("distances by %s %v, want %v", name, got, want)
			}
		}
		bound := uint8(rng.Uint32())
		masks, plain := make([]uint32, n), make([]uint32, n)
		masksAtMost(got, bound, masks)
		masksGeneric(want, bound, plain)
		if !slices.Equal(masks, plain) {
			t.Fatalf("masks %x, want %x", masks, plain)
		}
		values, from := make([]uint16, 64*n), uint16(rng.Uint32())
		for i := range values {
			values[i] = from - 2 + uint16(rng.IntN(5))
		}
		marks, plainMarks := make([]uint64, n), make([]uint64, n)
		atLeast(values, from, marks)
		atLeastGeneric(values, from, plainMarks)
		if !slices.Equal(marks, plainMarks) {
			t.Fatalf("marks %x, want %x", marks, plainMarks)
		}
		dims := rapid.SampledFrom([]int{0, 1, 31, 32, 33, 256, 1000, 4096}).Draw(t, "dims")
		extreme := rapid.Bool().Draw(t, "extreme")
		v, w := make([]int8, dims), make([]int16, dims)
		var product int64
		for i := range v {
			v[i], w[i] = int8(rng.IntN(255)-127), int16(rng.IntN(1<<16-1)-math.MaxInt16)
			if extreme {
				v[i], w[i] = -127, math.MaxInt16
			}
			product += int64(v[i]) * int64(w[i])
		}
		if dotBytes(v, w) != product || dotGeneric(v, w) != product {
			t.Fatalf("%d dimensions: %d and %d, want %d", dims, dotBytes(v, w), dotGeneric(v, w), product)
		}
	})
}

// The bound lets through about as many as are wanted, and each of those once.
func TestDifferencesAreSelected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		all := make([]uint8, rapid.SampledFrom([]int{0, 1, 9, 1000, 70_000}).Draw(t, "n"))
		base := rng.IntN(200)
		for i := range all {
			all[i] = uint8(min(255, base+rng.IntN(56)))
		}
		want := rapid.IntRange(1, 3000).Draw(t, "want")
		bound := atMost(all, want)
		let := 0
		for _, d := range all {
			if d <= bound {
				let++
			}
		}
		if let < min(want, len(all))*4/5 {
			t.Fatalf("%d of %d, want %d", let, len(all), want)
		}
	})
}

// A distance is what the tables are made for: how much less the signs agree with the
// query's distances to the planes than its own do, up to rounding.
func TestTablesTellHowAlikeSketchesAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		dims := rapid.IntRange(1, 600).Draw(t, "dims")
		centre, variance, query := make([]float32, dims), make([]float64, dims), make([]float32, dims)
		for i := range query {
			centre[i], variance[i], query[i] = float32(rng.NormFloat64()), rng.Float64(), float32(rng.NormFloat64())
		}
		s := newSketcher(centre, variance)
		if s.size() == 0 {
			t.Fatal("a sketch of nothing")
		}
		halves := s.rotate(query, make([]float32, s.size()))
		own := s.sketch(query, make([]float32, s.size()))
		tables := new(sketchTables)
		tables.fill(s, query, make([]float32, s.size()))
		var all sketches
		for range rapid.IntRange(1, 40).Draw(t, "sketches") {
			var k sketch
			for h := range k {
				for i := range k[h] {
					k[h][i] = uint8(rng.Uint32())
				}
			}
			all.add(k)
			if got := all.at(len(all.second) - 1); got != k {
				t.Fatalf("sketch %v became %v", k, got)
			}
		}
		all.add(own)
		first := make([]uint8, len(all.first)*groupSize)
		distances(all.first, &tables.first, first)
		var most float64
		for h, planes := range halves {
			for _, x := range planes {
				most += math.Abs(float64(x * s.weight[h]))
			}
		}
		if last := len(all.second) - 1; first[last] != 0 || tables.sum(&own[1]) != 0 {
			t.Fatalf("a query lies %d and %d from its own sketch", first[last], tables.sum(&own[1]))
		}
		// A half as far as it can be tells what the entries of the tables are scaled by.
		for i := range all.second {
			k := all.at(i)
			var apart [2]float64
			for h, planes := range halves {
				for j, x := range planes {
					if (k[h][j/8]^own[h][j/8])>>(j%8)&1 == 1 {
						apart[h] += math.Abs(float64(x * s.weight[h]))
					}
				}
			}
			// Shares of the most that there is: the tables may use less of their range where one
			// of their entries bounds the scale, and every entry is rounded.
			const whole, rounding = 1<<sumBits - 1, sketchBits/8/2 + 1<<distanceShift
			got := [2]float64{float64(first[i]) * (1 << distanceShift), float64(tables.sum(&k[1]))}
			for h := range got {
				if want := whole * apart[h] / most; got[h] > want+rounding || got[h] < 255<<distanceShift && apart[0] > 0 && apart[1] > 0 &&
					math.Abs(got[h]*apart[1-h]-got[1-h]*apart[h]) > rounding*(apart[0]+apart[1]) && first[i] < 255 {
					t.Fatalf("sketch %d is %v away, want as %v", i, got, apart)
				}
			}
		}
	})
}

func BenchmarkHeldNearest(b *testing.B) {
	h, queries, _ := madeHeld(100_000, 256, 100)
	live := func(int64) bool { return true }
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if near := h.nearest(queries[i%len(queries)], 100, live); len(near) != 100 {
			b.Fatal("not all found")
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
		h.add(0, id, vector)
	}
	chunks := make([]int64, 300)
	for i := range chunks {
		chunks[i] = int64(i * 331)
	}
	b.ReportAllocs()
	for b.Loop() {
		if near, missing := h.similar(vector, slices.Values(chunks)); len(near) != len(chunks) || len(missing) > 0 {
			b.Fatal("not all compared")
		}
	}
}
