package retrieval

import (
	"maps"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// abbreviations are short forms that the corpus explains itself, such as
// "Sociaal-Economische Raad (SER)": words followed by their initials. It never
// changes once it is in a snapshot.
type abbreviations struct {
	long  map[string][]string // short form → the words it stands for, stop words left out
	short map[string]string   // the stems of the long form, joined by spaces → short form
}

// Bounds of short and long forms.
const (
	minShort    = 3 // letters
	maxShort    = 7
	maxLongForm = 8 // words, stop words included
	minSeen     = 2 // times that the same words stand before the same initials
)

// abbreviationCounter finds abbreviations in chunks: how often a long form
// stands directly before its short form.
type abbreviationCounter map[string]map[string]int // short → long form, words joined by spaces → times

// read looks through the words of an encoded chunk.
func (c abbreviationCounter) read(v *lexicon, tv []byte, buf []wordID) []wordID {
	buf = buf[:0]
	eachWord(tv, func(_ int, id wordID) { buf = append(buf, id) })
	for i, id := range buf {
		if i == 0 || int(id) >= len(v.words) || !v.words[id].short {
			continue
		}
		if long := v.spells(buf[max(0, i-maxLongForm):i], v.words[id].text); long != "" {
			short := v.words[id].text
			if c[short] == nil {
				c[short] = make(map[string]int)
			}
			c[short][long]++
		}
	}
	return buf
}

// isShort reports whether a word may be an abbreviation: a few letters that are no
// word themselves.
func (a *Analyzer) isShort(word string) bool {
	if len(word) < minShort || len(word) > maxShort || isStop(word) {
		return false
	}
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return false
		}
	}
	return !a.knows(word)
}

// spells is the end of before, without stop words, when its initials are short:
// those of its words, or of the parts of its compounds (Algemeen
// werkloosheidsfonds, awf). Stop words may be passed over.
func (v *lexicon) spells(before []wordID, short string) string {
	var long []string
	rest := short
	for i := len(before) - 1; i >= 0 && rest != ""; i-- {
		if int(before[i]) >= len(v.words) || v.words[before[i]].text == "" {
			return ""
		}
		w := &v.words[before[i]]
		switch {
		case w.partsLen > 0 && strings.HasSuffix(rest, v.initials(w)):
			rest = rest[:len(rest)-int(w.partsLen)]
			long = append(long, w.text)
		case rest[len(rest)-1] == w.text[0]:
			rest = rest[:len(rest)-1]
			long = append(long, w.text)
		case w.stop && len(long) > 0:
		default:
			return ""
		}
	}
	long = slices.DeleteFunc(long, isStop)
	if rest != "" || len(long) < 2 {
		return ""
	}
	slices.Reverse(long)
	return strings.Join(long, " ")
}

// initials are the first letters of a compound's parts.
func (v *lexicon) initials(w *word) string {
	var b strings.Builder
	for _, p := range v.partsOf(w) {
		b.WriteByte(v.terms[p][0])
	}
	return b.String()
}

// with adds what was counted in new chunks. Of several long forms the most frequent
// one is believed, when it was seen often enough.
func (a abbreviations) with(counted abbreviationCounter) abbreviations {
	if len(counted) == 0 {
		return a
	}
	next := abbreviations{long: maps.Clone(a.long), short: maps.Clone(a.short)}
	if next.long == nil {
		next.long, next.short = make(map[string][]string), make(map[string]string)
	}
	for short, longs := range counted {
		var best string
		for long, n := range longs {
			if n >= minSeen && (best == "" || n > longs[best] || n == longs[best] && long < best) {
				best = long
			}
		}
		if best == "" || next.long[short] != nil {
			continue
		}
		next.long[short] = strings.Fields(best)
		next.short[stemsOf(next.long[short])] = short
	}
	return next
}

// shortOf is the abbreviation of the first n words of a text, or "".
func (a abbreviations) shortOf(texts []string) (short string, n int) {
	if len(a.short) == 0 {
		return "", 0
	}
	var content []string
	for i, t := range texts[:min(len(texts), maxLongForm)] {
		if isStop(t) {
			continue
		}
		content = append(content, t)
		if len(content) > 1 {
			if short := a.short[stemsOf(content)]; short != "" {
				return short, i + 1
			}
		}
	}
	return "", 0
}

func stemsOf(texts []string) string {
	stems := make([]string, len(texts))
	for i, t := range texts {
		stems[i] = dutch.Stem(t)
	}
	return strings.Join(stems, " ")
}
