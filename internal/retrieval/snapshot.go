package retrieval

import (
	"cmp"
	"math"
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

// scores lends arrays of maxSegment zeros.
var scores = sync.Pool{New: func() any { return new([maxSegment]float32) }}

// bm25 is the n best chunks for the terms by exact BM25, best first, of live chunks
// of allowed documents. Terms are taken one at a time, the strongest first (Turtle
// and Flood 1995): once what is left cannot bring a chunk among the best, only
// chunks already found are scored on.
func (s *snapshot) bm25(terms []weighted, allowed []bool, n int) []hit {
	type list struct {
		scale float32 // weight · idf · (k1+1)
		term  termID
	}
	lists := make([]list, 0, len(terms))
	for _, t := range terms {
		if t.weight > 0 && t.term != 0 {
			lists = append(lists, list{t.weight * s.idf(t.term) * (k1 + 1), t.term})
		}
	}
	base, slope := float32(k1*(1-b)), k1*b/s.averageLength()
	top := &best{s: s, n: n}
	acc := scores.Get().(*[maxSegment]float32)
	defer scores.Put(acc)
	type found struct {
		at    int
		scale float32
		bound float32
	}
	var here []found
	for si, seg := range s.segments {
		here = here[:0]
		for _, l := range lists {
			if at := seg.find(l.term); at >= 0 {
				most := float32(seg.maxCount[at]) / 2
				here = append(here, found{at, l.scale, l.scale * most / (most + base + slope*seg.minLen[at])})
			}
		}
		slices.SortFunc(here, func(a, b found) int {
			if a.bound > b.bound {
				return -1
			}
			return 1
		})
		var rest float32
		for _, f := range here {
			rest += f.bound
		}
		floor := top.floor()
		for _, f := range here {
			// Rounding may not cost a hit: the bound must fail clearly.
			onlyKnown := rest*1.0001 < floor
			from, to := seg.start[f.at], seg.start[f.at+1]
			local, count := seg.local[from:to], seg.count[from:to]
			if onlyKnown {
				for j, d := range local {
					if acc[d] != 0 {
						c := float32(count[j]) / 2
						acc[d] += f.scale * c / (c + base + slope*seg.length[d])
					}
				}
			} else {
				for j, d := range local {
					c := float32(count[j]) / 2
					acc[d] += f.scale * c / (c + base + slope*seg.length[d])
				}
			}
			rest -= f.bound
		}
		for d := range seg.chunks {
			score := acc[d]
			if score == 0 {
				continue
			}
			acc[d] = 0
			if score < top.floor() || s.isDead(si, d) || allowed != nil && !allowed[seg.chunks[d].document] {
				continue
			}
			top.offer(hit{si, d, score})
		}
	}
	return top.sorted()
}
