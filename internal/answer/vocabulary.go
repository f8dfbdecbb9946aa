package answer

import (
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// lemma is a word as a passage writes it, with what comparing it takes. Passages
// share their lemmas.
type lemma struct {
	word
	sound string
}

// mostLemmas bounds the lemmas that passages share, at about 200 bytes each. Beyond
// it a new set is begun; that a word then has two lemmas does no harm.
const mostLemmas = 100_000

// share gives the words of a passage their lemmas: word.nth is where a word's lemma
// stands in the list that is returned. The reader's lock is held.
func (r *reader) share(lang string, lists ...[]word) []*lemma {
	var out []*lemma
	at := make(map[*lemma]int32)
	for _, ws := range lists {
		for i := range ws {
			// A word is a name or not wherever it was read first.
			key := lemmaKey{lang, ws[i].text, ws[i].capital && !ws[i].opening || ws[i].acronym}
			l := r.lemmas[key]
			if l == nil {
				if len(r.lemmas) >= mostLemmas {
					clear(r.lemmas)
				}
				l = &lemma{ws[i], dutch.Sound(ws[i].text)}
				l.capital = key.name
				r.lemmas[key] = l
			}
			n, ok := at[l]
			if !ok {
				n = int32(len(out)) // #nosec G115 -- far fewer words
				at[l] = n
				out = append(out, l)
			}
			ws[i].nth = n
		}
	}
	return out
}

type lemmaKey struct {
	lang, text string
	name       bool
}

// vocabulary holds the lemmas of the passages of one turn.
type vocabulary struct {
	lemmas []*lemma
	at     map[*lemma]int32
}

// add takes in the lemmas of a passage, and returns where they stand.
func (v *vocabulary) add(lemmas []*lemma) []int32 {
	out := make([]int32, len(lemmas))
	for i, l := range lemmas {
		n, ok := v.at[l]
		if !ok {
			n = int32(len(v.lemmas)) // #nosec G115 -- far fewer words
			v.at[l] = n
			v.lemmas = append(v.lemmas, l)
		}
		out[i] = n
	}
	return out
}

// find is the lemma with this text, or nil.
func (v *vocabulary) find(text string) *lemma {
	for _, l := range v.lemmas {
		if l.text == text {
			return l
		}
	}
	return nil
}

// beginning is a lemma that is or begins with this text, or nil.
func (v *vocabulary) beginning(text string) *lemma {
	for _, l := range v.lemmas {
		if strings.HasPrefix(l.text, text) {
			return l
		}
	}
	return nil
}

// holds reports whether a word, or one that may stand for it, is in the vocabulary.
func (v *vocabulary) holds(w word) bool {
	c := newComparer(w)
	return slices.ContainsFunc(v.lemmas, func(l *lemma) bool { return c.related(&l.word) >= 0.9 })
}

// comparer compares one word with many, as related does.
type comparer struct {
	word
	synonyms []string
	first    uint64   // the first letters of the synonyms, a bit each
	texts    []string // keys of the words that texts have for it
	heads    []string // synonyms that may end a compound: clubs, and jongerenorganisaties
	strict   bool     // a name: nothing stands for it but its own forms and compounds
}

func newComparer(w word) comparer {
	c := comparer{word: w, synonyms: dutch.Synonyms(w.key)}
	for _, t := range dutch.AskedWords(w.key) {
		key := dutch.Key(dutch.Fold(t))
		c.texts = append(c.texts, key)
		c.first |= letterBit(key)
	}
	noun := infinitiveOf(w.text) == ""
	for _, s := range c.synonyms {
		c.first |= letterBit(s)
		if noun && len(s) >= leastHead {
			c.heads = append(c.heads, s)
		}
	}
	return c
}

// inTexts is how far a text's word supports the word that questions have for it.
const inTexts = 0.85

func letterBit(s string) uint64 {
	if s == "" {
		return 0
	}
	return 1 << (s[0] & 63)
}

func (c *comparer) related(b *word) float64 {
	switch {
	case b.text == "een" && c.text != "een", b.text == "volgens" && c.text != "volgens", b.text == "volgende" && c.text == "volgen":
		return 0 // no forms of "eens" and "volgen"
	case c.english && !b.english && c.text != b.text && len(c.key) < leastCognate:
		return 0 // "won" is no form of "wonen"; "objective" is one of "objectief"
	case c.text == b.text, c.stem == b.stem, c.key == b.key && len(c.key) >= 3:
		return 1
	case publicationWords[b.text] && len(c.text) >= len(b.text)+3 && strings.HasSuffix(c.text, b.text):
		return ofAnyKind
	case c.number || b.number:
		return 0
	case c.strict:
		if len(b.text) < len(c.text) {
			return 0 // a prize is not the Nobelprijs
		}
		return compound(c.text, b.text)
	case c.first&letterBit(b.key) != 0 && slices.Contains(c.synonyms, b.key):
		return 0.9
	case c.first&letterBit(b.key) != 0 && slices.Contains(c.texts, b.key):
		return inTexts
	}
	if s := compound(c.key, b.key); s > 0 {
		return s
	}
	if derived(c.key, b.key) {
		return 0.7
	}
	for _, s := range c.heads {
		if len(b.key) >= len(s)+3 && strings.HasSuffix(b.key, s) {
			return 0.7
		}
	}
	if len(c.key) < 4 && len(c.text) >= 5 {
		if s := compound(c.text, b.text); s > 0 {
			return s // leden in netwerkleden: their stem is too short to compare
		}
	}
	if len(b.key) < 4 && len(b.text) >= 5 && len(c.synonyms) == 0 {
		if s := compound(b.text, c.text); s > 0 {
			return s
		}
	}
	return twoParts(c.key, b.key)
}

// ofAnyKind is how far a word for publications says a compound that ends in it: an advice
// need not be the advice on pensions.
const ofAnyKind = 0.5

// derived reports whether two words are made of one verb: begrenzen and begrenzing,
// adviseren and adviseerde, sponsoren and sponsor.
func derived(a, b string) bool {
	ra, rb := verbRoot(a), verbRoot(b)
	return ra == rb && len(ra) >= leastRoot && (ra != a || rb != b)
}

// leastCognate is the least length of an English word that a Dutch one may be a form of.
const leastCognate = 5

// leastHead is the least length of a synonym that is looked for at the end of compounds.
const leastHead = 6

// leastRoot is the least length of what words made of one verb share.
const leastRoot = 5

// verbRoot is a key without an ending that makes a noun of a verb or a verb of a noun.
func verbRoot(key string) string {
	for _, ending := range [...]string{"eer", "ing", "er"} {
		if r, ok := strings.CutSuffix(key, ending); ok && len(r) >= leastRoot {
			return r
		}
	}
	return key
}

// Least lengths of the parts of compounds that are compared part by part.
const (
	leastShared = 5
	leastPart   = 4
)

// twoParts is how far two compounds support each other that have one part in common
// and another that may stand for the other's: jongerenclub and
// jongerenorganisatie.
func twoParts(a, b string) float64 {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	// The parts may begin with the same letters.
	for at := n; at >= leastShared && at >= n-2; at-- {
		x, y := a[at:], b[at:]
		if len(x) >= leastPart && len(y) >= leastPart && slices.Contains(dutch.Synonyms(x), y) {
			return 0.8
		}
	}
	n = 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	for at := n; at >= leastShared && at >= n-2; at-- {
		x, y := strings.TrimSuffix(a[:len(a)-at], "s"), strings.TrimSuffix(b[:len(b)-at], "s")
		if len(x) >= leastPart && len(y) >= leastPart && slices.Contains(dutch.Synonyms(dutch.Key(x)), dutch.Key(y)) {
			return 0.8
		}
	}
	return 0
}

// compare notes how far every lemma of the vocabulary supports the words of the
// alternatives that were not compared yet.
func (t *term) compare(v *vocabulary) {
	for a := range t.alts {
		alt := &t.alts[a]
		if alt.memo != nil {
			continue
		}
		n := len(v.lemmas)
		all := make([]float64, n*len(alt.words))
		alt.memo = make([][]float64, len(alt.words))
		for i, w := range alt.words {
			c := newComparer(w)
			c.strict = t.name || t.role || t.long // staff is not who has none
			memo := all[i*n : (i+1)*n]
			for j, l := range v.lemmas {
				memo[j] = float64(c.related(&l.word))
			}
			alt.memo[i] = memo
		}
	}
}

// touches reports whether any word of a passage supports the term.
func (t *term) touches(v *view) bool {
	for a := range t.alts {
		for _, memo := range t.alts[a].memo {
			for _, at := range v.of {
				if memo[at] > 0 {
					return true
				}
			}
		}
	}
	return false
}

// support is how well words of a passage of this turn say a term, 0 to 1.
func (t *term) support(v *view, in []word) float64 {
	best := 0.0
	for a := range t.alts {
		alt := &t.alts[a]
		if len(alt.words) == 0 {
			continue
		}
		total, least := float64(0), float64(1)
		for _, memo := range alt.memo {
			s := float64(0)
			for j := range in {
				if r := memo[v.of[in[j].nth]]; r > s {
					s = r
				}
			}
			total += s
			least = min(least, s)
		}
		s := alt.factor * float64(total) / float64(len(alt.words))
		if least < 0.5 {
			s *= 0.5 // part of a phrase is not the phrase
		}
		best = max(best, s)
	}
	return best
}

// says is how well words that are of no passage say a term, 0 to 1.
func (t *term) says(in []word) float64 {
	best := 0.0
	for _, alt := range t.alts {
		if len(alt.words) == 0 {
			continue
		}
		total, least := 0.0, 1.0
		for _, w := range alt.words {
			c, s := newComparer(w), 0.0
			for i := range in {
				s = max(s, c.related(&in[i]))
			}
			total += s
			least = min(least, s)
		}
		s := alt.factor * total / float64(len(alt.words))
		if least < 0.5 {
			s *= 0.5
		}
		best = max(best, s)
	}
	return best
}
