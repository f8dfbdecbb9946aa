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
		i, ok := seg.position(id)
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

// accumulator is what one segment's chunks get while a query is summed.
type accumulator struct {
	most  [maxSegment]uint16      // not less than a chunk's score, in parts of the most that any has
	score [maxSegment]float32     // of chunks in found
	marks [maxSegment / 64]uint64 // a bit per chunk
	found []uint16                // chunks that may be among the best, in order
	steps [256]uint16             // what a count adds to most
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
	least float32 // base + slope · length of the shortest chunk
	most  int     // the highest count
	left  bool    // chunks that it alone brings cannot be among the best
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
// of allowed documents. Segment by segment the most that a chunk may get is summed in
// whole numbers, a step of each count, without looking at how long chunks are; only
// those that may be among the best so far are scored. Frequent terms that cannot bring
// a chunk among the best by themselves are left out of the sums (Turtle and Flood 1995).
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
				least := q.base + q.slope*seg.minLen[at]
				from, to := seg.start[at], seg.start[at+1]
				lists = append(lists, postings{
					local: seg.local[from:to], count: seg.count[from:to], scale: scale[i],
					bound: scale[i] * most / (most + least), least: least, most: int(seg.maxCount[at]),
				})
			}
		}
		slices.SortFunc(lists, func(a, b postings) int { return cmp.Compare(b.bound, a.bound) })
		var rest float32
		for i := len(lists) - 1; i >= 0; i-- {
			rest += lists[i].bound
			lists[i].rest = rest
		}
		if len(lists) > 0 && !cannot(0, rest, q.top.floor()) {
			q.segment(si, lists)
		}
	}
	return q.top.sorted()
}

// roundingSlack is beyond what rounding does to a score.
const roundingSlack = 1.0001

// cannot reports whether a score is below the floor even with what may come.
func cannot(score, rest, floor float32) bool { return (score+rest)*roundingSlack < floor }

// shortList is up to how many postings a term is summed though it need not be: that
// costs less than looking up the chunks which it would have shown to be too low.
const shortList = 1024

// segment offers the best chunks of one segment.
func (q *search) segment(si int, lists []postings) {
	seg, acc, floor := q.s.segments[si], q.acc, q.top.floor()
	var sum, left float32
	summed := 0
	for i := range lists {
		l := &lists[i]
		if l.left = cannot(0, l.rest, floor) && len(l.local) > max(summed, shortList); l.left {
			left += l.bound
			continue
		}
		summed += len(l.local)
		sum += l.bound
	}
	// Every step is rounded up.
	unit := float32(math.MaxUint16-len(lists)) / (sum * roundingSlack)
	for i := range lists {
		if l := &lists[i]; !l.left {
			acc.add(l, unit)
		}
	}
	threshold := func(floor float32) uint16 {
		return uint16(max(1, min((floor/roundingSlack-left)*unit, math.MaxUint16))) // #nosec G115 -- just bounded
	}
	from := threshold(floor)
	if floor == 0 {
		// What the best of them have tells what the last of the best has at least.
		if from = q.enough(si); from > 1 {
			q.score(si, lists, from, 0)
			if n := len(acc.found); n >= q.top.n {
				scores := make([]float32, n)
				for i, d := range acc.found {
					scores[i] = acc.score[d]
				}
				slices.Sort(scores)
				floor = scores[n-q.top.n]
			}
			acc.forget()
			from = threshold(floor)
		}
	}
	q.score(si, lists, from, floor)
	for _, d := range acc.found {
		if score := acc.score[d]; score >= q.top.floor() {
			q.top.offer(hit{si, int(d), score})
		}
	}
	acc.forget()
	clear(acc.most[:len(seg.chunks)])
}

// add sums the steps of a term.
func (a *accumulator) add(l *postings, unit float32) {
	steps := &a.steps
	for c := 1; c <= l.most; c++ {
		half := float32(c) / 2
		steps[c] = uint16(l.scale*half/(half+l.least)*unit) + 1 // #nosec G115 -- see unit
	}
	count := l.count[:len(l.local)]
	for j, d := range l.local {
		a.most[d] += steps[count[j]]
	}
}

// forget makes nothing found.
func (a *accumulator) forget() {
	for _, d := range a.found {
		a.score[d] = 0
	}
	a.found = a.found[:0]
}

// enough is a number that most of so many chunks reaches as are sought, 1 when there
// are not so many.
func (q *search) enough(si int) uint16 {
	const shift = 6
	var counts [1 << (16 - shift)]int32
	acc := q.acc
	marks := acc.marks[:(len(q.s.segments[si].chunks)+63)/64]
	atLeast(acc.most[:64*len(marks)], 1, marks)
	for w, bitset := range marks {
		for ; bitset != 0; bitset &= bitset - 1 {
			if d := w*64 + bits.TrailingZeros64(bitset); q.wanted(si, d) {
				counts[acc.most[d]>>shift]++
			}
		}
	}
	have := 0
	for step := len(counts) - 1; step > 0; step-- {
		if have += int(counts[step]); have >= q.top.n {
			return uint16(step << shift) // #nosec G115 -- below 65536
		}
	}
	return 1
}

// score finds and scores the wanted chunks whose most is not less than from, but for
// those that fall below the floor on the way.
func (q *search) score(si int, lists []postings, from uint16, floor float32) {
	seg, acc := q.s.segments[si], q.acc
	marks := acc.marks[:(len(seg.chunks)+63)/64]
	atLeast(acc.most[:64*len(marks)], from, marks)
	found := acc.found[:0]
	for w, bitset := range marks {
		for ; bitset != 0; bitset &= bitset - 1 {
			d := w*64 + bits.TrailingZeros64(bitset)
			if !q.wanted(si, d) {
				acc.most[d] = 0
				continue
			}
			found = append(found, uint16(d)) // #nosec G115 -- below maxSegment
		}
	}
	for i := range lists {
		l := &lists[i]
		// Looking one up takes about as long as passing by so many.
		const perLookUp = 16
		if len(found)*perLookUp >= len(l.local) {
			count, length := l.count[:len(l.local)], seg.length
			for j, d := range l.local {
				if acc.most[d] >= from {
					c := float32(count[j]) / 2
					acc.score[d] += l.scale * c / (c + q.base + q.slope*length[d])
				}
			}
			continue
		}
		kept := found[:0]
		for _, d := range found {
			if cannot(acc.score[d], l.rest, floor) {
				acc.score[d], acc.most[d] = 0, 0
				continue
			}
			kept = append(kept, d)
		}
		found = kept
		q.lookUp(seg, l, found)
	}
	acc.found = found
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

// atLeastGeneric is atLeast for every processor.
func atLeastGeneric(values []uint16, from uint16, marks []uint64) {
	for w := range marks {
		var mark uint64
		for i, x := range values[64*w:][:64] {
			if x >= from {
				mark |= 1 << i
			}
		}
		marks[w] = mark
	}
}
