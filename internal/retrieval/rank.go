package retrieval

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// candidate is a chunk in the second stage, with where the question meets it.
type candidate struct {
	hit
	chunk   chunk
	length  int // words, all fields
	matches []match
	grams   []uint8 // by index in the question's gramSet: occurrences
	vector  float32 // cosine, 0 when unknown
	total   float32
}

// match is a word of a chunk that is a word of the question or has a part of one.
type match struct {
	position int32
	term     uint8 // index in question.terms
	part     bool  // only by a part of the chunk's word
}

// ranking is the second stage of one query.
type ranking struct {
	s          *snapshot
	q          question
	grams      *gramSet
	termOf     []uint8 // by termID: 1 + the index in q.terms, 0 for terms not asked for
	candidates []candidate
}

// signal is one reason to rank a chunk higher. Its scores are divided by the best
// score among the candidates and summed by weight.
type signal struct {
	name   string
	weight float32
	score  func(r *ranking, c *candidate) float32
}

// Names of the two signals that bring candidates.
const (
	LexicalSignal = "bm25"
	VectorSignal  = "vectors"
)

// maxQuestionTerms is how many terms of a question the second stage looks at.
const maxQuestionTerms = 250

// termTables lends tables of zeros by termID.
var termTables = sync.Pool{New: func() any { return new([]uint8) }}

// addNear joins what the vectors found to the lexical candidates, whose chunk ids
// are ids.
func (r *ranking) addNear(near []Near, ids []int64, allowed []bool) {
	at := make(map[int64]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	for _, n := range near {
		if i, ok := at[n.ChunkID]; ok {
			r.candidates[i].vector = float32(n.Similarity)
			continue
		}
		// A chunk that is newer than the snapshot, or gone from it, is left to the
		// next query.
		if h, ok := r.s.locate(n.ChunkID); ok && (allowed == nil || allowed[r.s.chunkOf(h).document]) {
			at[n.ChunkID] = len(r.candidates)
			r.candidates = append(r.candidates, candidate{hit: h, vector: float32(n.Similarity)})
		}
	}
}

// read fills the candidates from the forward index.
func (r *ranking) read() {
	s, v := r.s, r.s.vocab
	r.grams = s.questionGrams(r.q.stems)
	grams := make([]uint8, len(r.candidates)*len(r.grams.idf))
	matches := make([]match, 0, 8*len(r.candidates))
	ends := make([]int, len(r.candidates))
	for ci := range r.candidates {
		c := &r.candidates[ci]
		seg := s.segments[c.segment]
		c.chunk = seg.chunks[c.local]
		c.grams, grams = grams[:len(r.grams.idf)], grams[len(r.grams.idf):]
		eachWord(seg.stream(c.local), func(position int, id wordID) {
			c.length++
			if int(id) >= len(v.words) {
				return
			}
			w := &v.words[id]
			if w.stop || w.term == 0 {
				return
			}
			if t := r.termOf[w.term]; t != 0 {
				matches = append(matches, match{int32(position), t - 1, false})
			}
			for _, p := range v.partsOf(w) {
				if t := r.termOf[p]; t != 0 {
					matches = append(matches, match{int32(position), t - 1, true})
				}
			}
			r.grams.count(v.terms[w.term], c.grams)
		})
		ends[ci] = len(matches)
	}
	from := 0
	for ci, end := range ends {
		r.candidates[ci].matches = matches[from:end]
		from = end
	}
}

func scoreBM25(_ *ranking, c *candidate) float32 { return c.score }

func scoreVector(_ *ranking, c *candidate) float32 { return c.vector }

// scoreGrams is BM25 over character 4-grams.
func scoreGrams(r *ranking, c *candidate) float32 {
	norm := k1 * (1 - b + b*float32(c.length)/r.s.averageLength())
	var sum float32
	for i, n := range c.grams {
		if n > 0 {
			sum += r.grams.idf[i] * float32(n) / (float32(n) + norm)
		}
	}
	return sum
}

// scoreProximity rewards different words of the question standing close together:
// for each pair of terms the inverse of their smallest distance.
func scoreProximity(r *ranking, c *candidate) float32 {
	n := len(r.q.terms)
	if n > 32 {
		n = 32
	}
	var nearest [32 * 32]int32
	var last [32]int32
	for i := range last {
		last[i] = -1
	}
	for _, m := range c.matches {
		if m.part || int(m.term) >= n {
			continue
		}
		t := int(m.term)
		for o := range n {
			if o == t || last[o] < 0 {
				continue
			}
			d := m.position - last[o] + 1
			k := min(o, t)*32 + max(o, t)
			if nearest[k] == 0 || d < nearest[k] {
				nearest[k] = d
			}
		}
		last[t] = m.position
	}
	var sum float32
	for i := range n {
		for j := i + 1; j < n; j++ {
			if d := nearest[i*32+j]; d > 0 {
				a, b := r.q.terms[i], r.q.terms[j]
				sum += a.weight * b.weight * min(r.s.idf(a.term), r.s.idf(b.term)) / float32(d)
			}
		}
	}
	return sum
}

// none is what 0 in termOf becomes as an index.
const none = 255

// scoreBigrams counts neighbouring words of the question that are neighbours in the
// chunk, in order, with at most two words between them.
func scoreBigrams(r *ranking, c *candidate) float32 {
	var sum float32
	for i := 1; i < len(r.q.words); i++ {
		a, b := r.q.words[i-1], r.q.words[i]
		ta, tb := r.termOf[a.term]-1, r.termOf[b.term]-1
		if ta == tb || ta == none || tb == none {
			continue
		}
		last := int32(-10)
		for _, m := range c.matches {
			if m.part {
				continue
			}
			if m.term == ta {
				last = m.position
			} else if m.term == tb && m.position-last <= 3 {
				sum += min(a.idf, b.idf) / float32(m.position-last)
				break
			}
		}
	}
	return sum
}

// scoreEarly rewards words of the question that stand early in the text.
func scoreEarly(r *ranking, c *candidate) float32 {
	var seen [256]bool
	var sum float32
	for _, m := range c.matches {
		if seen[m.term] {
			continue
		}
		seen[m.term] = true
		t := r.q.terms[m.term]
		sum += t.weight * r.s.idf(t.term) / float32(1+math.Log1p(float64(m.position)))
	}
	return sum
}

// seen reports whether a term of the question is among those seen, by index.
func (r *ranking) seen(seen *[256]bool, t termID) bool {
	i := r.termOf[t]
	return i != 0 && seen[i-1]
}

// scoreCoverage is the share of the question's words that the chunk has as words.
func scoreCoverage(r *ranking, c *candidate) float32 {
	var seen [256]bool
	for _, m := range c.matches {
		if !m.part {
			seen[m.term] = true
		}
	}
	var have, all float32
	for _, w := range r.q.words {
		all += w.idf * w.weight
		if r.seen(&seen, w.term) {
			have += w.idf * w.weight
		}
	}
	if all == 0 {
		return 0
	}
	return have / all
}

// scoreParts is the share of the question's words that the chunk has, as a whole word, or
// else through the parts of compounds on either side.
func scoreParts(r *ranking, c *candidate) float32 {
	var seen [256]bool
	for _, m := range c.matches {
		seen[m.term] = true
	}
	var have, all float32
	for _, w := range r.q.words {
		all += w.idf * w.weight
		if r.seen(&seen, w.term) {
			have += w.idf * w.weight
			continue
		}
		n := 0
		for _, p := range w.parts {
			if r.seen(&seen, p) {
				n++
			}
		}
		if n > 0 {
			have += w.idf * w.weight * float32(n) / float32(len(w.parts))
		}
	}
	if all == 0 {
		return 0
	}
	return have / all
}

var allSignals = []signal{
	{LexicalSignal, 1, scoreBM25},
	{"grams", .8, scoreGrams},
	{VectorSignal, .8, scoreVector},
	{"proximity", .4, scoreProximity},
	{"bigrams", .8, scoreBigrams},
	{"early", .8, scoreEarly},
	{"coverage", 1.2, scoreCoverage},
	{"parts", 2.2, scoreParts},
}

// rank scores the candidates by all signals and sorts them, best first.
func (r *ranking) rank(signals []signal) {
	table := termTables.Get().(*[]uint8)
	defer termTables.Put(table)
	if len(*table) < len(r.s.vocab.terms) {
		*table = make([]uint8, len(r.s.vocab.terms)+1024)
	}
	r.termOf = *table
	for i, t := range r.q.terms[:min(len(r.q.terms), maxQuestionTerms)] {
		r.termOf[t.term] = uint8(i + 1)
	}
	defer func() {
		for _, t := range r.q.terms {
			r.termOf[t.term] = 0
		}
	}()
	r.read()
	r.combine(signals)
}

// combine sums the signals.
func (r *ranking) combine(signals []signal) {
	for i := range r.candidates {
		r.candidates[i].total = 0
	}
	scores := make([]float32, len(r.candidates))
	for _, sig := range signals {
		var most float32
		for i := range r.candidates {
			scores[i] = sig.score(r, &r.candidates[i])
			most = max(most, scores[i])
		}
		if most <= 0 {
			continue
		}
		for i := range r.candidates {
			r.candidates[i].total += sig.weight * scores[i] / most
		}
	}
	slices.SortFunc(r.candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.chunk.id, b.chunk.id))
	})
}
