package retrieval

import "math"

// Character 4-grams find what stems and compounds miss: inflections, spellings and
// the insides of long words. They are made of words with their borders marked.
const (
	gramLength = 4
	gramBits   = 19 // their frequencies are kept by hash: half a million counters
)

// eachGram calls do with every 4-gram of a word, packed.
func eachGram(word string, do func(gram uint32)) {
	gram := uint32('^')
	n := 1
	for i := 0; i <= len(word); i++ {
		c := byte('$')
		if i < len(word) {
			c = word[i]
		}
		gram = gram<<8 | uint32(c)
		if n++; n >= gramLength {
			do(gram)
		}
	}
}

func gramHash(gram uint32) uint32 { return gram * 2654435769 >> (32 - gramBits) }

// measureGrams counts in how many chunks each 4-gram is, at most, unless the counts
// of an earlier snapshot are still near enough.
func (s *snapshot) measureGrams(old *snapshot) {
	if d := s.live - old.gramLive; old.gramDF != nil && d*d*100 <= old.gramLive*old.gramLive {
		return
	}
	s.gramDF, s.gramLive = make([]uint32, 1<<gramBits), s.live
	// Only stems are counted in the index: a stem's chunks are divided over its words.
	forms := make([]uint32, len(s.df))
	for i := range s.vocab.words {
		forms[s.vocab.words[i].term]++
	}
	for i := range s.vocab.words {
		if w := &s.vocab.words[i]; w.term != 0 && !w.stop {
			n := (s.df[w.term] + forms[w.term] - 1) / forms[w.term]
			eachGram(w.text, func(g uint32) { s.gramDF[gramHash(g)] += n })
		}
	}
}

// gramIDF is the inverse document frequency of a 4-gram, as idf for terms.
func (s *snapshot) gramIDF(gram uint32) float32 {
	df := min(float64(s.gramDF[gramHash(gram)]), float64(s.live))
	return float32(math.Log(1 + (float64(s.live)-df+0.5)/(df+0.5)))
}

// gramSet is the 4-grams of a question: a small hash table of them.
type gramSet struct {
	table [1024]struct {
		gram  uint32
		index uint8 // from 1
	}
	idf   []float32 // by index-1
	total float32
}

const maxGrams = 250

func (g *gramSet) slot(gram uint32) uint32 {
	i := gram * 2654435769 >> 22
	for g.table[i].index != 0 && g.table[i].gram != gram {
		i = (i + 1) % uint32(len(g.table))
	}
	return i
}

// questionGrams fills a set with the 4-grams of the words of a question.
func (s *snapshot) questionGrams(words []string, g *gramSet) {
	clear(g.table[:])
	g.idf, g.total = g.idf[:0], 0
	for _, word := range words {
		eachGram(word, func(gram uint32) {
			if i := g.slot(gram); g.table[i].index == 0 && len(g.idf) < maxGrams {
				g.idf = append(g.idf, s.gramIDF(gram))
				g.total += g.idf[len(g.idf)-1]
				g.table[i].gram, g.table[i].index = gram, uint8(len(g.idf))
			}
		})
	}
}
