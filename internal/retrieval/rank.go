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
	start   int32 // position of the text's first word, behind title and headings
	length  int   // words, all fields
	matches []match
	whole   termSet // terms it has as words
	some    termSet // and those it has as words or as parts of them
	phrases int     // quoted phrases it has
	section bool    // it is under a heading of a summary or a conclusion
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
	words      *wordTable
	weights    []float32    // of q.terms: weight · idf
	most       [256]float32 // see placed
	candidates []candidate
	youngest   int      // year of the youngest candidate, once it was asked for
	sections   []wordID // words of headings over summaries and conclusions
	learnt     bool     // the vectors were made by a model that learnt from other texts too
	*desk
}

// desk is the memory that the second stage of a query works in.
type desk struct {
	held    []candidate // of ranking.candidates, while no query is ranked
	other   []candidate // what they are put in order in
	order   []place
	matches []match
	counts  []uint8 // of candidates' 4-grams
	ends    []int
	scores  []float32
	set     gramSet
}

// place is a candidate's place in the order.
type place struct {
	total float32
	index int32
	id    int64
}

// desks lends them.
var desks = sync.Pool{New: func() any { return new(desk) }}

// zeros are n bytes of a desk that nobody uses.
func (d *desk) zeros(n int) []uint8 {
	from := len(d.counts)
	if from+n > cap(d.counts) {
		d.counts, from = make([]uint8, 0, 2*(from+n)), 0
	}
	d.counts = d.counts[:from+n]
	clear(d.counts[from:])
	return d.counts[from:]
}

// newRanking begins the second stage of a query, without candidates.
func (s *Service) newRanking(snap *snapshot, q Query) *ranking {
	r := &ranking{s: snap, q: snap.analyse(q, s.off), sections: snap.sectionWords(), desk: desks.Get().(*desk)}
	r.candidates = r.held[:0]
	if v, ok := s.cfg.Neighbours.(*Vectors); ok {
		r.learnt = v.LSA() == nil
	}
	return r
}

// release gives the memory of a ranking back, with its candidates.
func (r *ranking) release() {
	r.held, r.candidates = r.candidates[:0], nil
	r.matches, r.counts = r.matches[:0], r.counts[:0]
	desks.Put(r.desk)
}

// signal is one reason to rank a chunk higher. Its scores are divided by the best
// score among the candidates and summed by weight.
type signal struct {
	name   string
	weight float32
	score  func(r *ranking, c *candidate) float32
	// trust, when set, is what the weight is multiplied by for a question, 0 to 1.
	trust func(r *ranking) float32
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

// numberedCandidates is how many chunks of the publications that a question names by
// number are looked at.
const numberedCandidates = 50

// addNumbered joins the best chunks of publications that the question names by
// number to the candidates.
func (r *ranking) addNumbered(allowed []bool) {
	if len(r.q.numbers) == 0 {
		return
	}
	named := make([]bool, len(r.s.documents))
	some := false
	for i, d := range r.s.documents {
		if d.number != "" && slices.Contains(r.q.numbers, d.number) && (allowed == nil || allowed[i]) {
			named[i], some = true, true
		}
	}
	if !some {
		return
	}
	have := make(map[int64]bool, len(r.candidates))
	for _, c := range r.candidates {
		have[r.s.chunkOf(c.hit).id] = true
	}
	found := r.s.bm25(r.q.terms, named, numberedCandidates)
	if len(found) == 0 { // only the number was asked for: the publication's beginning
		found = r.s.first(named, numberedCandidates)
	}
	for _, h := range found {
		if !have[r.s.chunkOf(h).id] {
			r.candidates = append(r.candidates, candidate{hit: h})
		}
	}
}

// Of the best phraseLooked chunks for the words of quoted phrases, the first
// phraseCandidates that have a phrase word for word become candidates.
const (
	phraseLooked     = 5000
	phraseCandidates = 50
)

// addQuoted joins chunks that have a quoted phrase word for word to the candidates,
// so that the rest of a question cannot keep them out.
func (r *ranking) addQuoted(allowed []bool) {
	if len(r.q.quoted) == 0 {
		return
	}
	have := make(map[int64]bool, len(r.candidates))
	for _, c := range r.candidates {
		have[r.s.chunkOf(c.hit).id] = true
	}
	n := 0
	for _, h := range r.s.bm25(r.q.quoted, allowed, phraseLooked) {
		stream := r.s.segments[h.segment].stream(h.local)
		if have[r.s.chunkOf(h).id] || !slices.ContainsFunc(r.q.phrases, func(p []wordID) bool { return hasPhrase(stream, p) }) {
			continue
		}
		h.score = 0 // of the phrase, not of the question
		r.candidates = append(r.candidates, candidate{hit: h})
		if n++; n == phraseCandidates {
			return
		}
	}
}

// hasPhrase reports whether encoded Terms have these words in a row.
func hasPhrase(tv []byte, phrase []wordID) bool {
	recent := make([]wordID, 0, 64)
	found := false
	eachWord(tv, func(_ int, id wordID) {
		if len(recent) == len(phrase) {
			copy(recent, recent[1:])
			recent = recent[:len(phrase)-1]
		}
		recent = append(recent, id)
		found = found || slices.Equal(recent, phrase)
	})
	return found
}

// scorePhrases counts the quoted phrases that the chunk has word for word.
func scorePhrases(_ *ranking, c *candidate) float32 { return float32(c.phrases) }

// scoreNumbers is 1 for chunks of a publication whose number is asked for.
func scoreNumbers(r *ranking, c *candidate) float32 {
	if n := r.s.documents[c.chunk.document].number; n != "" && slices.Contains(r.q.numbers, n) {
		return 1
	}
	return 0
}

// scoreRecent rewards young publications when the question asks for what holds now:
// 1 for the youngest candidate, half for one ten years older.
func scoreRecent(r *ranking, c *candidate) float32 {
	if !r.q.recent {
		return 0
	}
	if r.youngest == 0 {
		for i := range r.candidates {
			r.youngest = max(r.youngest, r.s.documents[r.candidates[i].chunk.document].year)
		}
	}
	year := r.s.documents[c.chunk.document].year
	if year == 0 {
		return 0
	}
	return 10 / float32(10+r.youngest-year)
}

// sectionHeadings are the words of headings over what says the whole in short.
var sectionHeadings = [...]string{"samenvatting", "samengevat", "conclusie", "conclusies", "aanbevelingen", "slotbeschouwing", "summary", "conclusions", "recommendations"}

func (s *snapshot) sectionWords() []wordID {
	var ids []wordID
	for _, text := range sectionHeadings {
		if id, ok := s.vocab.wordIDs.get(text); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// scoreSection is how much of the question a summary or conclusion has, 0 for other
// sections.
func scoreSection(r *ranking, c *candidate) float32 {
	if !c.section {
		return 0
	}
	return scoreCoverage(r, c)
}

func scoreBM25(_ *ranking, c *candidate) float32 { return c.score }

func scoreVector(_ *ranking, c *candidate) float32 { return c.vector }

// leastLearnt is the least that vectors count for when their model learnt from more
// than this corpus.
const leastLearnt = 0.5

// trustVectors is how far the words of the question are from being found: 1 less the
// best coverage of any candidate. Vectors of the corpus itself know nothing that its
// words do not say: beside a chunk that has all words of the question they only
// blur, while they are all there is for a question in other words.
func trustVectors(r *ranking) float32 {
	var most float32
	for i := range r.candidates {
		most = max(most, scoreCoverage(r, &r.candidates[i]))
	}
	if r.learnt {
		return max(1-most, leastLearnt)
	}
	return 1 - most
}

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

// scoreEarly rewards words of the question that stand early, title and headings
// first. It falls slowly with the position: 1, 0.59, 0.48, … 0.18 at 100.
func scoreEarly(r *ranking, c *candidate) float32 {
	return r.placed(c, func(position int32) float32 { return earlyness[min(int(position), len(earlyness)-1)] })
}

// scoreOpening rewards words of the question near where the text begins: in the
// innermost heading and the first sentence. It halves at 20 words.
func scoreOpening(r *ranking, c *candidate) float32 {
	return r.placed(c, func(position int32) float32 {
		return 20 / float32(20+max(position-c.start, c.start-position))
	})
}

// placed sums over the terms of the question the best place that the chunk has each
// in.
func (r *ranking) placed(c *candidate, worth func(position int32) float32) float32 {
	most := r.most[:len(r.weights)]
	clear(most)
	var sum float32
	for _, m := range c.matches {
		w := worth(m.position)
		if m.part {
			w *= placedPart
		}
		if w > most[m.term] {
			sum += (w - most[m.term]) * r.weights[m.term]
			most[m.term] = w
		}
	}
	return sum
}

// placedPart is what a part of a compound counts for against a whole word.
const placedPart = 0.7

var earlyness = func() (t [512]float32) {
	for i := range t {
		t[i] = float32(1 / (1 + math.Log1p(float64(i))))
	}
	return t
}()

// seen reports whether a term of the question is among those seen, by index.
func (r *ranking) seen(seen *termSet, t termID) bool {
	i := r.termOf[t]
	return i != 0 && seen.has(i-1)
}

// scoreCoverage is the share of the question's words that the chunk has as words, or
// by weight what stands for them.
func scoreCoverage(r *ranking, c *candidate) float32 {
	seen := &c.whole
	var have, all float32
	for i, w := range r.q.words {
		all += w.idf * w.weight
		if r.seen(seen, w.term) {
			have += w.idf * w.weight
		} else {
			have += w.idf * w.weight * r.standIn(seen, i)
		}
	}
	if all == 0 {
		return 0
	}
	return have / all
}

// standIn is the highest weight of what was seen of the words that may stand for
// word i of the question.
func (r *ranking) standIn(seen *termSet, i int) float32 {
	var most float32
	for j := range r.q.implied {
		if m := &r.q.implied[j]; m.from <= i && i < m.to && m.to-m.from < len(r.q.words) && r.seen(seen, m.term) {
			most = max(most, m.weight)
		}
	}
	return most
}

// scoreParts is the share of the question's words that the chunk has, as a whole word, or
// else through the parts of compounds on either side.
func scoreParts(r *ranking, c *candidate) float32 {
	seen := &c.some
	var have, all float32
	for i, w := range r.q.words {
		all += w.idf * w.weight
		if r.seen(seen, w.term) {
			have += w.idf * w.weight
			continue
		}
		n := 0
		for _, p := range w.parts {
			if r.seen(seen, p) {
				n++
			}
		}
		share := r.standIn(seen, i)
		if n > 0 {
			share = max(share, float32(n)/float32(len(w.parts)))
		}
		have += w.idf * w.weight * share
	}
	if all == 0 {
		return 0
	}
	return have / all
}

// The weights were chosen on random halves of Dutch government questions and law
// titles and kept when the other halves gained as well; tuning all of them together
// gained on the one half and lost on the other.
var allSignals = []signal{
	{name: LexicalSignal, weight: 1, score: scoreBM25},
	{name: "grams", weight: 2.4, score: scoreGrams},
	{name: VectorSignal, weight: 2.8, score: scoreVector, trust: trustVectors},
	{name: "bigrams", weight: .8, score: scoreBigrams},
	{name: "early", weight: 2.4, score: scoreEarly},
	{name: "opening", weight: .6, score: scoreOpening},
	{name: "coverage", weight: .4, score: scoreCoverage},
	{name: "parts", weight: 2, score: scoreParts},
	{name: "section", weight: .2, score: scoreSection},
	{name: "recent", weight: 1.5, score: scoreRecent},
	// What is asked for by number or word for word goes before what is only alike.
	{name: "numbers", weight: 12, score: scoreNumbers},
	{name: "phrases", weight: 12, score: scorePhrases},
}

// rank scores the candidates by all signals and sorts them, best first. late is called
// when those there are have been read, and may add more.
func (r *ranking) rank(signals []signal, late func()) {
	table := termTables.Get().(*[]uint8)
	defer termTables.Put(table)
	if len(*table) < len(r.s.vocab.terms) {
		*table = make([]uint8, len(r.s.vocab.terms)+1024)
	}
	r.termOf = *table
	r.q.terms = r.q.terms[:min(len(r.q.terms), maxQuestionTerms)]
	for i, t := range r.q.terms {
		r.termOf[t.term] = uint8(i + 1)
		r.weights = append(r.weights, t.weight*r.s.idf(t.term))
	}
	defer func() {
		for _, t := range r.q.terms {
			r.termOf[t.term] = 0
		}
	}()
	r.s.questionGrams(r.q.texts, &r.set)
	r.grams = &r.set
	r.words = r.mark()
	defer r.giveBack()
	r.read(r.candidates)
	early := len(r.candidates)
	late()
	r.read(r.candidates[early:])
	r.combine(signals)
}

// combine sums the signals.
func (r *ranking) combine(signals []signal) {
	for i := range r.candidates {
		r.candidates[i].total = 0
	}
	r.scores = slices.Grow(r.scores[:0], len(r.candidates))
	scores := r.scores[:len(r.candidates)]
	for _, sig := range signals {
		weight := sig.weight
		if sig.trust != nil {
			weight *= sig.trust(r)
		}
		if weight <= 0 {
			continue
		}
		var most float32
		for i := range r.candidates {
			scores[i] = sig.score(r, &r.candidates[i])
			most = max(most, scores[i])
		}
		if most <= 0 {
			continue
		}
		for i := range r.candidates {
			r.candidates[i].total += weight * scores[i] / most
		}
	}
	// Candidates are large: their places are sorted.
	r.order = r.order[:0]
	for i := range r.candidates {
		c := &r.candidates[i]
		r.order = append(r.order, place{c.total, int32(i), c.chunk.id}) // #nosec G115 -- of one query
	}
	slices.SortFunc(r.order, func(a, b place) int {
		switch {
		case a.total > b.total:
			return -1
		case a.total < b.total:
			return 1
		}
		return cmp.Compare(a.id, b.id)
	})
	sorted := r.other[:0]
	for _, p := range r.order {
		sorted = append(sorted, r.candidates[p.index])
	}
	r.candidates, r.other = sorted, r.candidates
}
