package retrieval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// zipfIndex is an index of chunks of made words whose frequencies fall as those of
// text do, in a few segments, with documents of ten chunks of which some went.
func zipfIndex(t rapid.TB, chunks, segments int, gone float64, rng *rand.Rand) (*Index, []termID) {
	t.Helper()
	x, vocab := NewIndex(NewAnalyzer(nil)), vocabularyOf{}
	zipf := rand.NewZipf(rng, 1.1, 4, 3000)
	words := make([]string, 3001)
	for i := range words {
		words[i] = fmt.Sprintf("w%dx", i)
	}
	var version int64
	for part := range segments {
		change := Change{State: int64(part + 1)}
		for i := range chunks / segments {
			if i%10 == 0 {
				version++
			}
			text := make([]string, 5+rng.IntN(60))
			for j := range text {
				text[j] = words[zipf.Uint64()]
			}
			change.Add = append(change.Add, Entry{ChunkID: int64(part*chunks/segments + i + 1), VersionID: version, Document: fmt.Sprint("d", version),
				Year: 1950 + int(version%7), Terms: Terms{Text: text}.Encode(vocab.id)})
		}
		change.Words = vocab.words()
		if err := x.Apply(change); err != nil {
			t.Fatal(err)
		}
	}
	change := Change{State: int64(segments + 1)}
	for v := range version {
		if rng.Float64() < gone {
			change.Remove = append(change.Remove, v+1)
		}
	}
	if err := x.Apply(change); err != nil {
		t.Fatal(err)
	}
	s := x.current.Load()
	terms := make([]termID, len(words))
	for i, w := range words {
		terms[i], _ = s.vocab.termIDs.get(s.vocab.analyzer.stem(w)) // 0 for those that nobody drew
	}
	return x, terms
}

// scoreAll is BM25 of all wanted chunks: every posting of every term is summed.
func scoreAll(s *snapshot, terms []weighted, allowed []bool, do func(h hit)) {
	base, slope := float32(k1*(1-b)), k1*b/s.averageLength()
	for si, seg := range s.segments {
		scores := make([]float32, len(seg.chunks))
		for _, t := range terms {
			at := seg.find(t.term)
			if at < 0 {
				continue
			}
			scale := t.weight * s.idf(t.term) * (k1 + 1)
			for j := seg.start[at]; j < seg.start[at+1]; j++ {
				d, c := seg.local[j], float32(seg.count[j])/2
				scores[d] += scale * c / (c + base + slope*seg.length[d])
			}
		}
		for d, score := range scores {
			if score > 0 && !s.isDead(si, d) && (allowed == nil || allowed[seg.chunks[d].document]) {
				do(hit{si, d, score})
			}
		}
	}
}

// However frequent the terms of a query, what is not scored is not among the best.
func TestBM25LeavesNoneOfTheBestOut(t *testing.T) {
	type made struct {
		s     *snapshot
		terms []termID
	}
	var indexes []made
	rng := rand.New(rand.NewPCG(3, 1))
	for _, like := range []struct {
		chunks, segments int
		gone             float64
	}{{200, 1, 0}, {3000, 3, .1}, {12_000, 1, 0}, {12_000, 2, .9}} {
		x, terms := zipfIndex(t, like.chunks, like.segments, like.gone, rng)
		indexes = append(indexes, made{x.current.Load(), terms})
	}
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		index := indexes[rapid.IntRange(0, len(indexes)-1).Draw(t, "index")]
		s, all := index.s, index.terms
		for range 3 {
			var terms []weighted
			for range rapid.IntRange(1, 30).Draw(t, "terms") {
				// Frequent terms and rare ones alike.
				term := all[int(math.Pow(float64(len(all)), rng.Float64()))-1]
				if term != 0 && !slices.ContainsFunc(terms, func(w weighted) bool { return w.term == term }) {
					terms = append(terms, weighted{term, rapid.SampledFrom([]float32{.1, .5, 1, 2}).Draw(t, "weight")})
				}
			}
			filter := rapid.SampledFrom([]corpus.Filter{{}, {}, {YearFrom: 1952, YearTo: 1953}, {Documents: []string{"d3", "d5"}}}).Draw(t, "filter")
			n := rapid.SampledFrom([]int{1, 10, 150, 5000}).Draw(t, "n")
			want := make(map[hit]bool)
			var scores []float32
			scoreAll(s, terms, s.allowed(filter), func(h hit) {
				want[hit{h.segment, h.local, 0}] = true
				scores = append(scores, h.score)
			})
			slices.Sort(scores)
			slices.Reverse(scores)
			got := s.bm25(terms, s.allowed(filter), n)
			if len(got) != min(n, len(scores)) {
				t.Fatalf("%d found, want %d of %d", len(got), n, len(scores))
			}
			for i, h := range got {
				if !want[hit{h.segment, h.local, 0}] {
					t.Fatalf("found %v, which is not wanted or was found before", h)
				}
				delete(want, hit{h.segment, h.local, 0})
				if math.Abs(float64(h.score-scores[i])) > 1e-4*float64(scores[i]) {
					t.Fatalf("number %d has %v, want %v", i, h.score, scores[i])
				}
			}
		}
		acc := accumulators.Get().(*accumulator)
		defer accumulators.Put(acc)
		if len(acc.found) > 0 || slices.ContainsFunc(acc.most[:], func(x uint16) bool { return x != 0 }) || slices.ContainsFunc(acc.score[:], func(x float32) bool { return x != 0 }) {
			t.Fatal("an accumulator was given back with scores")
		}
	})
}

// against reports how many times as long plain takes as fast does, in turns.
func against(b *testing.B, fast, plain func(i int)) {
	b.Helper()
	var slow time.Duration
	for i := 0; b.Loop(); i++ {
		fast(i)
		b.StopTimer()
		began := time.Now()
		plain(i)
		slow += time.Since(began)
		b.StartTimer()
	}
	b.ReportMetric(float64(slow)/float64(b.Elapsed()), "×plain")
}

// BenchmarkBM25 searches beside summing all postings.
func BenchmarkBM25(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	x, all := zipfIndex(b, 130_000, 2, 0, rng)
	s := x.current.Load()
	queries := make([][]weighted, 50)
	for i := range queries {
		for range 8 {
			term := all[int(math.Pow(float64(len(all)), .4+.6*rng.Float64()))-1]
			if !slices.ContainsFunc(queries[i], func(w weighted) bool { return w.term == term }) {
				queries[i] = append(queries[i], weighted{term, 1})
			}
		}
	}
	against(b, func(i int) { s.bm25(queries[i%len(queries)], nil, 150) }, func(i int) {
		top := best{s: s, n: 150}
		scoreAll(s, queries[i%len(queries)], nil, top.offer)
		top.sorted()
	})
}

// BenchmarkDistances compares a query with 64,000 half sketches beside doing so without
// the processor's own instructions.
func BenchmarkDistances(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	groups, tables := make([]sketchGroup, 2000), new(halfTables)
	for i := range groups {
		for j := range groups[i] {
			for k := range groups[i][j] {
				groups[i][j][k] = uint8(rng.Uint32())
			}
		}
	}
	for i := range tables {
		for j := range tables[i] {
			tables[i][j] = uint8(rng.IntN(mostEntry))
		}
	}
	out := make([]uint8, len(groups)*groupSize)
	against(b, func(int) { distances(groups, tables, out) }, func(int) { distancesGeneric(groups, tables, out) })
}

// BenchmarkRead reads candidates beside looking at every word of them.
func BenchmarkRead(b *testing.B) {
	x, _ := zipfIndex(b, 60_000, 1, 0, rand.New(rand.NewPCG(1, 1)))
	s := x.current.Load()
	service := &Service{signals: allSignals}
	r := service.newRanking(s, Query{Text: "w900x en w1200x over w77x"})
	for d := range 250 {
		r.candidates = append(r.candidates, candidate{hit: hit{local: d * 200}})
	}
	r.rank(nil, func() {
		r.matches = r.matches[:0]
		candidates := r.candidates
		against(b, func(int) {
			r.matches, r.counts = r.matches[:0], r.counts[:0]
			r.read(candidates)
		}, func(int) {
			for i := range candidates {
				plainRead(r, &candidates[i])
			}
		})
	})
}
