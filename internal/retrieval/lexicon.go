package retrieval

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// wordID numbers a word as written, termID a stem; both count from 1, 0 is none.
// Word ids are those of the terms table, term ids belong to this process.
type (
	wordID = int32
	termID = int32
)

// word is what the index knows of a word.
type word struct {
	text      string // "" for an id that was never used
	term      termID
	partsFrom uint32 // into lexicon.parts
	partsLen  uint8
	stop      bool
	short     bool   // may be an abbreviation
	letters   uint32 // see letters
}

// lexicon is everything known about words: an immutable view, so that readers
// need no lock. A later view shares the slices of an earlier one and only adds.
type lexicon struct {
	analyzer *Analyzer
	words    []word   // by wordID
	parts    []termID // of compounds
	terms    []string // by termID: the stems
	wordIDs  layered
	termIDs  layered
	lists    wordLists
}

// wordLists are the words by what they are made of. They are made anew when enough
// words have come: those from upTo on are in none, nor are late ones.
type wordLists struct {
	upTo      wordID
	late      []wordID // below upTo, but known after the lists were made
	termAt    []uint32 // by termID, into termWords
	termWords []wordID // that have the term, as their stem or as a part
	gramAt    []uint32 // by gramHash, into gramWords
	gramWords []wordID // that have a 4-gram with this hash
}

func (l *wordLists) ofTerm(t termID) []wordID {
	if int(t)+1 >= len(l.termAt) {
		return nil
	}
	return l.termWords[l.termAt[t]:l.termAt[t+1]]
}

func (l *wordLists) ofGram(gram uint32) []wordID {
	if len(l.gramAt) == 0 {
		return nil
	}
	h := gramHash(gram)
	return l.gramWords[l.gramAt[h]:l.gramAt[h+1]]
}

// list makes the lists of all words.
func (v *lexicon) list() {
	l := wordLists{upTo: wordID(len(v.words)), termAt: make([]uint32, len(v.terms)+1), gramAt: make([]uint32, 1<<gramBits+1)} // #nosec G115 -- ids are int32
	each := func(term func(t termID, id wordID), gram func(hash uint32, id wordID)) {
		for i := range v.words {
			w := &v.words[i]
			if w.stop || w.term == 0 {
				continue
			}
			id := wordID(i) // #nosec G115 -- ids are int32
			term(w.term, id)
			for _, p := range v.partsOf(w) {
				term(p, id)
			}
			eachGram(w.text, func(g uint32) { gram(gramHash(g), id) })
		}
	}
	// Counted first, then filled from the back, as counting sort does.
	each(func(t termID, _ wordID) { l.termAt[t]++ }, func(h uint32, _ wordID) { l.gramAt[h]++ })
	sum := func(at []uint32) uint32 {
		var n uint32
		for i := range at {
			n += at[i]
			at[i] = n
		}
		return n
	}
	l.termWords, l.gramWords = make([]wordID, sum(l.termAt)), make([]wordID, sum(l.gramAt))
	each(func(t termID, id wordID) {
		l.termAt[t]--
		l.termWords[l.termAt[t]] = id
	}, func(h uint32, id wordID) {
		l.gramAt[h]--
		l.gramWords[l.gramAt[h]] = id
	})
	v.lists = l
}

// layered is a map of strings that grows without disturbing those who read it: a
// large base and a small top, which is copied for each addition.
type layered struct{ base, top map[string]int32 }

func (l layered) get(s string) (int32, bool) {
	if id, ok := l.top[s]; ok {
		return id, true
	}
	id, ok := l.base[s]
	return id, ok
}

// with returns l and the entries of more. The cost is that of the small map, until it
// has grown to a part of the large one.
func (l layered) with(more map[string]int32) layered {
	if len(more) == 0 {
		return l
	}
	if len(l.top)+len(more) < len(l.base)/8+1024 {
		top := make(map[string]int32, len(l.top)+len(more))
		maps.Copy(top, l.top)
		maps.Copy(top, more)
		return layered{base: l.base, top: top}
	}
	if len(l.base) == 0 {
		return layered{base: more}
	}
	base := make(map[string]int32, len(l.base)+len(l.top)+len(more))
	maps.Copy(base, l.base)
	maps.Copy(base, l.top)
	maps.Copy(base, more)
	return layered{base: base}
}

func newLexicon(a *Analyzer) *lexicon {
	return &lexicon{analyzer: a, words: make([]word, 1), terms: make([]string, 1)}
}

// with returns a lexicon that also knows these words. Only one goroutine may
// extend a lexicon at a time; any number may read the earlier views meanwhile.
func (v *lexicon) with(fresh map[wordID]string) *lexicon {
	next := *v
	newWords := make(map[string]int32, len(fresh))
	newTerms := make(map[string]int32)
	term := func(stem string) termID {
		if id, ok := v.termIDs.get(stem); ok {
			return id
		}
		if id, ok := newTerms[stem]; ok {
			return id
		}
		id := termID(len(next.terms))
		next.terms = append(next.terms, stem)
		newTerms[stem] = id
		return id
	}
	highest, shared := wordID(len(v.words)-1), true // #nosec G115 -- ids are int32
	var late []wordID
	for id := range fresh {
		highest = max(highest, id)
		shared = shared && int(id) >= len(v.words)
		if id < v.lists.upTo {
			late = append(late, id)
		}
	}
	if !shared {
		// An id below the highest comes late (ids are taken before they are
		// committed): readers of v must not see the slice change under them.
		next.words = append([]word(nil), next.words...)
	}
	if n := int(highest) + 1 - len(next.words); n > 0 {
		next.words = append(next.words, make([]word, n)...)
	}
	for _, n := range v.derive(fresh) {
		w := word{text: n.text, term: term(n.stem), partsFrom: uint32(len(next.parts)), stop: n.stop, short: n.short, letters: letters(n.text)}
		for _, stem := range n.parts {
			next.parts = append(next.parts, term(stem))
			w.partsLen++
		}
		next.words[n.id] = w
		newWords[n.text] = n.id
	}
	next.wordIDs = v.wordIDs.with(newWords)
	next.termIDs = v.termIDs.with(newTerms)
	next.lists.late = append(slices.Clip(v.lists.late), late...)
	if len(next.lists.late)+len(next.words)-int(v.lists.upTo) > int(v.lists.upTo)/8+4096 {
		next.list()
	}
	return &next
}

// derived is what the analysis makes of a word.
type derived struct {
	id          wordID
	text, stem  string
	parts       []string // stems
	stop, short bool
}

// derive analyses words, in order of their ids, on all processors: splitting the
// compounds of a large vocabulary takes most of the time of building an index.
func (v *lexicon) derive(fresh map[wordID]string) []derived {
	out := make([]derived, 0, len(fresh))
	for id, text := range fresh {
		out = append(out, derived{id: id, text: text})
	}
	slices.SortFunc(out, func(a, b derived) int { return cmp.Compare(a.id, b.id) })
	var wg sync.WaitGroup
	for part := range slices.Chunk(out, max(1000, (len(out)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))) {
		wg.Go(func() {
			for i := range part {
				d := &part[i]
				d.stem, d.stop, d.short = v.analyzer.stem(d.text), isStop(d.text), v.analyzer.isShort(d.text)
				if d.stop {
					continue
				}
				for _, p := range v.analyzer.parts(d.text) {
					d.parts = append(d.parts, v.analyzer.stem(p))
				}
			}
		})
	}
	wg.Wait()
	return out
}

// partsOf are the terms of a compound's parts, nil for other words.
func (v *lexicon) partsOf(w *word) []termID {
	return v.parts[w.partsFrom : w.partsFrom+uint32(w.partsLen)]
}

func isStop(text string) bool { return dutch.IsStopWord(text, "nl") }

// letters is a set of the letters and digits of a word: two words within k edits
// differ in at most 2k of its bits.
func letters(text string) uint32 {
	var set uint32
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z':
			set |= 1 << (c - 'a')
		case '0' <= c && c <= '9':
			set |= 1 << (26 + c%5)
		default:
			set |= 1 << 31
		}
	}
	return set
}
