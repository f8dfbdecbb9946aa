package retrieval

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// BM25's parameters (Robertson and Zaragoza 2009), measured on Dutch government
// text.
const (
	k1 = 0.6
	b  = 0.5
)

// document is what filters look at.
type document struct {
	id, kind string
	year     int
	number   string // of the publication, as PublicationNumber writes it
}

// snapshot is one state of the index. It never changes, so readers need no lock.
type snapshot struct {
	state         int64 // the last corpus change in it
	vocab         *lexicon
	documents     []document
	segments      []*segment
	dead          [][]uint64 // per segment, a bit per chunk that is gone; nil when none is
	df            []uint32   // by termID: live chunks that hold the term
	live          int
	words         float64  // sum of the lengths of live chunks
	gramDF        []uint32 // by hash of a 4-gram: about how many live chunks hold it
	gramLive      int      // live when gramDF was counted
	abbreviations abbreviations
}

// isDead reports whether a chunk is gone.
func (s *snapshot) isDead(segment, local int) bool {
	dead := s.dead[segment]
	return dead != nil && dead[local/64]&(1<<(local%64)) != 0
}

// chunkOf is the chunk of a hit.
func (s *snapshot) chunkOf(h hit) chunk { return s.segments[h.segment].chunks[h.local] }

// locate finds a live chunk by id.
func (s *snapshot) locate(id int64) (hit, bool) {
	for si, seg := range s.segments {
		if n := len(seg.chunks); n == 0 || id < seg.chunks[0].id || id > seg.chunks[n-1].id {
			continue
		}
		i, ok := slices.BinarySearchFunc(seg.chunks, id, func(c chunk, id int64) int { return cmp.Compare(c.id, id) })
		if ok && !s.isDead(si, i) {
			return hit{segment: si, local: i}, true
		}
	}
	return hit{}, false
}

// weighted is a query term with its weight.
type weighted struct {
	term   termID
	weight float32
}

// idf is BM25's inverse document frequency, never negative.
func (s *snapshot) idf(t termID) float32 {
	var df float64
	if int(t) < len(s.df) {
		df = float64(s.df[t])
	}
	return float32(math.Log(1 + (float64(s.live)-df+0.5)/(df+0.5)))
}

// averageLength is the mean length of a live chunk, in words.
func (s *snapshot) averageLength() float32 {
	if s.live == 0 {
		return 1
	}
	return float32(s.words / float64(s.live))
}

// allowed is which documents a filter lets through; nil means all.
func (s *snapshot) allowed(f corpus.Filter) []bool {
	if f.IsZero() {
		return nil
	}
	ok := make([]bool, len(s.documents))
	for i, d := range s.documents {
		ok[i] = f.Allows(d.id, d.kind, d.year)
	}
	return ok
}

// among is the live chunks of allowed documents, as searches by vector want them.
func (s *snapshot) among(f corpus.Filter, allowed []bool) Among {
	return Among{
		Filter: f,
		Has: func(id int64) bool {
			h, ok := s.locate(id)
			return ok && (allowed == nil || allowed[s.chunkOf(h).document])
		},
		Each: func(yield func(int64) bool) {
			for si, seg := range s.segments {
				for d, c := range seg.chunks {
					if (allowed == nil || allowed[c.document]) && !s.isDead(si, d) && !yield(c.id) {
						return
					}
				}
			}
		},
	}
}

// first is the first n live chunks of allowed documents, without scores.
func (s *snapshot) first(allowed []bool, n int) []hit {
	var out []hit
	for si, seg := range s.segments {
		for d, c := range seg.chunks {
			if allowed[c.document] && !s.isDead(si, d) {
				out = append(out, hit{segment: si, local: d})
			}
		}
	}
	slices.SortFunc(out, func(a, b hit) int { return int(s.chunkOf(a).ordinal) - int(s.chunkOf(b).ordinal) })
	return out[:min(n, len(out))]
}

// accumulator holds the scores of one segment's chunks while they are summed.
type accumulator struct {
	score [maxSegment]float32
	some  [maxSegment / 64]uint64 // a bit per chunk with a score
	found []uint16                // chunks that may still be among the best, in order
}

// accumulators lends empty ones.
var accumulators = sync.Pool{New: func() any { return new(accumulator) }}

// postings are those of one query term in one segment.
type postings struct {
	local []uint16
	count []uint8
	scale float32 // weight · idf · (k1+1)
	bound float32 // the most that a chunk gets from it
	rest  float32 // the most that a chunk gets from it and those that follow
}

// search is one query by BM25.
type search struct {
	s           *snapshot
	allowed     []bool
	base, slope float32 // what a count is compared with: base + slope · length
	top         best
	acc         *accumulator
}

// bm25 is the n best chunks for the terms by exact BM25, best first, of live chunks
// of allowed documents. Terms are taken one at a time, the strongest first (Turtle
// and Flood 1995): once what is left cannot bring a chunk among the best, only
// chunks already found are looked up in it, and of those only the ones that can
// still be among the best.
func (s *snapshot) bm25(terms []weighted, allowed []bool, n int) []hit {
	q := search{s: s, allowed: allowed, base: k1 * (1 - b), slope: k1 * b / s.averageLength(), top: best{s: s, n: n}}
	q.acc = accumulators.Get().(*accumulator)
	defer accumulators.Put(q.acc)
	scale := make([]float32, len(terms))
	for i, t := range terms {
		if t.weight > 0 && t.term != 0 {
			scale[i] = t.weight * s.idf(t.term) * (k1 + 1)
		}
	}
	lists := make([]postings, 0, len(terms))
	for si, seg := range s.segments {
		lists = lists[:0]
		for i, t := range terms {
			if scale[i] == 0 {
				continue
			}
			if at := seg.find(t.term); at >= 0 {
				most := float32(seg.maxCount[at]) / 2
				from, to := seg.start[at], seg.start[at+1]
				lists = append(lists, postings{
					local: seg.local[from:to], count: seg.count[from:to], scale: scale[i],
					bound: scale[i] * most / (most + q.base + q.slope*seg.minLen[at]),
				})
			}
		}
		slices.SortFunc(lists, func(a, b postings) int { return cmp.Compare(b.bound, a.bound) })
		var rest float32
		for i := len(lists) - 1; i >= 0; i-- {
			rest += lists[i].bound
			lists[i].rest = rest
		}
		q.segment(si, lists)
	}
	return q.top.sorted()
}

// cannot reports whether a score is below the floor even with what may come, beyond
// what rounding does.
func cannot(score, rest, floor float32) bool { return (score+rest)*1.0001 < floor }

// segment offers the best chunks of one segment.
func (q *search) segment(si int, lists []postings) {
	seg, acc, floor := q.s.segments[si], q.acc, q.top.floor()
	var most float32
	if len(lists) > 0 {
		most = lists[0].rest
	}
	for summed, looks := 0, 0; len(lists) > 0 && !cannot(0, lists[0].rest, floor); lists = lists[1:] {
		l := &lists[0]
		for j, d := range l.local {
			c := float32(l.count[j]) / 2
			acc.score[d] += l.scale * c / (c + q.base + q.slope*seg.length[d])
			acc.some[d/64] |= 1 << (d % 64)
		}
		// Where no other segment gave enough, what is summed so far tells what the last
		// of the best has at least.
		if summed += len(l.local); q.top.floor() == 0 && looks < floorLooks && summed >= 2*q.top.n && len(lists) > 1 {
			floor = max(floor, q.least(si, most))
			looks++
		}
	}
	var rest float32
	if len(lists) > 0 {
		rest = lists[0].rest
	}
	found := acc.found[:0]
	for w, bitset := range acc.some[:(len(seg.chunks)+63)/64] {
		for ; bitset != 0; bitset &= bitset - 1 {
			d := w*64 + bits.TrailingZeros64(bitset)
			if cannot(acc.score[d], rest, floor) || !q.wanted(si, d) {
				acc.score[d] = 0
				continue
			}
			found = append(found, uint16(d)) // #nosec G115 -- below maxSegment
		}
		acc.some[w] = 0
	}
	for i := range lists {
		l := &lists[i]
		q.lookUp(seg, l, found)
		if rest = 0; i+1 < len(lists) {
			rest = lists[i+1].rest
		}
		kept := found[:0]
		for _, d := range found {
			if cannot(acc.score[d], rest, floor) {
				acc.score[d] = 0
				continue
			}
			kept = append(kept, d)
		}
		found = kept
	}
	for _, d := range found {
		if score := acc.score[d]; score >= q.top.floor() {
			q.top.offer(hit{si, int(d), score})
		}
		acc.score[d] = 0
	}
	acc.found = found[:0]
}

// floorLooks bounds how often the first segment looks what it has so far.
const floorLooks = 4

// least is a score that the last of the best of one segment has at least, 0 when there
// are not enough chunks. most is more than any has.
func (q *search) least(si int, most float32) float32 {
	const steps = 1024
	var counts [steps + 1]int32
	per := steps / most
	for w, bitset := range q.acc.some {
		for ; bitset != 0; bitset &= bitset - 1 {
			if d := w*64 + bits.TrailingZeros64(bitset); q.wanted(si, d) {
				counts[min(int(q.acc.score[d]*per), steps)]++
			}
		}
	}
	have := 0
	for step := steps; step > 0; step-- {
		if have += int(counts[step]); have >= q.top.n {
			// A step lower, for what rounding did to the steps.
			return float32(step-1) / per
		}
	}
	return 0
}

// wanted reports whether a chunk is live and of an allowed document.
func (q *search) wanted(si, local int) bool {
	return !q.s.isDead(si, local) && (q.allowed == nil || q.allowed[q.s.segments[si].chunks[local].document])
}

// lookUp adds what a term gives the chunks that were found.
func (q *search) lookUp(seg *segment, l *postings, found []uint16) {
	at := 0
	for _, d := range found {
		// Galloping: the next is near when many were found and far when few were.
		step := 1
		for at+step < len(l.local) && l.local[at+step] < d {
			at += step
			step *= 2
		}
		i, ok := slices.BinarySearch(l.local[at:min(at+step+1, len(l.local))], d)
		if at += i; ok {
			c := float32(l.count[at]) / 2
			q.acc.score[d] += l.scale * c / (c + q.base + q.slope*seg.length[d])
		}
		if at == len(l.local) {
			return
		}
	}
}
