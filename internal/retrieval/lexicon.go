package retrieval

import (
	"maps"

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
	highest := wordID(len(v.words) - 1)
	for id := range fresh {
		highest = max(highest, id)
	}
	if n := int(highest) + 1 - len(next.words); n > 0 {
		next.words = append(next.words, make([]word, n)...)
	} else {
		// An id below the highest comes late (ids are taken before they are
		// committed): readers of v must not see the slice change under them.
		next.words = append([]word(nil), next.words...)
	}
	for id, text := range fresh {
		w := word{text: text, term: term(stemOf(text)), partsFrom: uint32(len(next.parts)), stop: isStop(text), short: v.analyzer.isShort(text), letters: letters(text)}
		if !w.stop {
			for _, part := range v.analyzer.parts(text) {
				next.parts = append(next.parts, term(stemOf(part)))
				w.partsLen++
			}
		}
		next.words[id] = w
		newWords[text] = id
	}
	next.wordIDs = v.wordIDs.with(newWords)
	next.termIDs = v.termIDs.with(newTerms)
	return &next
}

// partsOf are the terms of a compound's parts, nil for other words.
func (v *lexicon) partsOf(w *word) []termID {
	return v.parts[w.partsFrom : w.partsFrom+uint32(w.partsLen)]
}

func isStop(text string) bool { return dutch.IsStopWord(text, "nl") }

func stemOf(text string) string { return dutch.Stem(text) }

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
