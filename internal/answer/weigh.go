package answer

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// How much each word of a question counts is settled by the passages: what all of them
// say tells them apart less, and a misspelt word takes the one it comes closest to.

// prepare weighs the question's terms by the passages: what every passage says
// tells them apart less, and a misspelt word gets the word it comes close to. It
// also notes what every sentence, heading and title says of each term.
func (u *Understanding) prepare(cs []*candidate, views []*view) {
	u.reread()
	v := &u.vocabulary
	v.at = make(map[*lemma]int32, 2048)
	n := len(u.terms)
	all := make([]*candidate, 0, len(cs)+16)
	council := make(map[string]bool)
	for _, x := range views {
		council[x.passage.Document.ID] = council[x.passage.Document.ID] || x.council
	}
	for _, x := range views {
		x.ofCouncil = council[x.passage.Document.ID]
		x.of = v.add(x.lemmas)
		notes := make([]float64, 4*n)
		x.headed, x.outered, x.titled, x.around = notes[:n:n], notes[n:2*n:2*n], notes[2*n:3*n:3*n], notes[3*n:]
	}
	for _, c := range cs {
		// Neighbours may be sentences that stand elsewhere too and are no candidates.
		for _, x := range []*candidate{c, c.prev, c.next} {
			if x != nil && x.says == nil {
				x.says = make([]float64, len(u.terms))
				all = append(all, x)
			}
		}
	}
	u.title = u.titleNamed(all)
	u.joinSplit()
	for i, t := range u.terms {
		t.known = u.note(i, t, all, views)
		if t.known < 0.75 && !t.name && !t.light && dutch.LooksEveryday(t.text, u.Asked) {
			t.weight, t.light = everydayWeight, true
			continue
		}
		if t.known < 0.75 && u.splitInto(t) {
			t.known = max(t.known, u.note(i, t, all, views))
		}
		if t.known < 0.75 {
			spelled := u.usual(correct(t, v, t.known > 0.7), views)
			if len(spelled) == 0 && t.known <= 0.7 && u.Asked == "nl" {
				if w, ok := dutch.Spell(t.text); ok {
					for _, w := range words(w, "nl") {
						if v.holds(w) {
							spelled = append(spelled, &lemma{word: w})
						}
					}
				}
			}
			for _, w := range spelled {
				t.alts = append(t.alts, alternative{words: []word{w.word}, factor: 0.95})
			}
			if len(spelled) > 0 {
				t.known = max(0.95, u.note(i, t, all, views))
				continue
			}
		}
		if t.weight >= 1 {
			hits := 0
			for _, x := range views {
				if max(x.around[i], x.headed[i], x.titled[i]) >= 0.75 {
					hits++
				}
			}
			t.weight *= 1.2 - 0.8*float64(hits)/float64(max(len(views), 1))
		}
		switch {
		case t.kind && t.known < 0.5 && (u.Form == FormList || u.Form == FormDefinition) && !dutch.IsEveryday(t.text, u.Asked) && !ofKinds(t.text):
			t.weight, t.light = 1.5, false // no document speaks of any such thing
		case t.known >= 0.5 || t.weight < 0.5 || t.light || weak[t.text]:
		case u.assumed && !t.name:
			t.weight = describingWeight // it may be what was wrong
		case u.Asked == "nl" && !t.name && describing(t.text), u.Asked == "en" && !t.name && participial(t.text):
			t.weight = describingWeight
		default:
			t.weight = 1.5 // what no passage says is what the question is about
		}
	}
}

// reread takes the question's terms as they were understood, so that a question may be
// put to several sets of passages: each weighs and compares them by its own words.
func (u *Understanding) reread() {
	if u.asRead == nil {
		u.asRead, u.countedAsRead = u.terms, u.counted
	}
	u.vocabulary, u.terms = vocabulary{}, make([]*term, len(u.asRead))
	for i, t := range u.asRead {
		own := *t
		own.alts = slices.Clone(t.alts)
		if t == u.countedAsRead {
			u.counted = &own
		}
		u.terms[i] = &own
	}
}

// describingWeight is what a word counts for that says how the question's subject
// is, where no passage says it.
const describingWeight = 0.3

// participial reports whether a word that the glossary does not have looks like a
// present participle. The Dutch text says it in a way of its own.
func participial(word string) bool {
	return len(word) >= 6 && strings.HasSuffix(word, "ing")
}

// describing reports whether a Dutch word looks like an adverb or an adjective that
// does not stand before a noun: uiteindelijk, nuttig. Texts that answer often leave it
// out.
func describing(word string) bool {
	return strings.HasSuffix(word, "lijk") || strings.HasSuffix(word, "tig") || strings.HasSuffix(word, "erwijs") || strings.HasSuffix(word, "zaam") || strings.HasSuffix(word, "baar")
}

// note fills in what sentences, headings and titles say of term i, and returns the
// best of it.
func (u *Understanding) note(i int, t *term, cs []*candidate, views []*view) float64 {
	t.compare(&u.vocabulary)
	known := 0.0
	for _, v := range views {
		v.headed[i], v.outered[i], v.titled[i], v.around[i] = 0, 0, 0, 0
		if v.touched = t.touches(v); !v.touched {
			continue
		}
		v.headed[i], v.outered[i], v.titled[i] = t.support(v, v.heading), t.support(v, v.outer), t.support(v, v.title)
		known = max(known, v.headed[i], v.titled[i])
	}
	for _, c := range cs {
		if !c.touched && !t.council {
			c.says[i] = 0
			continue
		}
		c.says[i] = t.support(c.view, c.words)
		if c.says[i] < 0.85 && t.council && c.council {
			// "De raad" in a text on the SER.
			for _, w := range c.words {
				if w.text == "raad" {
					c.says[i] = 0.85
				}
			}
		}
		if t.council && !c.itself && len(c.modifies) > 0 && !u.asksAfter(c) {
			c.says[i] = min(c.says[i], 0.6) // the SER-gebouw is not the SER
		}
		c.around[i] = max(c.around[i], c.says[i])
		known = max(known, c.says[i])
	}
	return known
}

// titleNamed is the longest title of several words that the passages put between quotation
// marks and the question names, with such marks or without, folded; "" for none.
func (u *Understanding) titleNamed(cs []*candidate) string {
	longest := ""
	for _, c := range cs {
		for _, title := range c.titles {
			if len(title) > len(longest) && strings.Contains(" "+u.plain+" ", " "+title+" ") {
				longest = title
			}
		}
	}
	return longest
}

// ofTitle reports whether a candidate is about the publication that the question names by
// its title: it has the title, stands under it, or follows on a sentence that has it.
func (u *Understanding) ofTitle(c *candidate) bool {
	for _, text := range append([]string{c.passage.Document.Title}, c.passage.Heading...) {
		if strings.Contains(plain(text), u.title) {
			return true
		}
	}
	if c.footnote && strings.Contains(plain(c.passage.PageText), u.title) {
		return true
	}
	for p, i := c, 0; p != nil && i <= titleReach; p, i = p.prev, i+1 {
		if strings.Contains(p.plain, u.title) {
			return true
		}
		if quotes.MatchString(p.text) && !titleGiven.MatchString(p.plain) {
			return false // of another one
		}
	}
	return false
}

// titleGiven tells another title of the same publication.
var titleGiven = re(`\b(titel|title)\b`)

// titleReach is how many sentences a title is looked for before one without.
const titleReach = 4

// joinSplit lets two words that people write apart count as the compound that the
// passages have: ondernemings raden, jongeren platform.
func (u *Understanding) joinSplit() {
	v := &u.vocabulary
	for i := 0; i+1 < len(u.terms); i++ {
		a, b := u.terms[i], u.terms[i+1]
		if u.speaks(a) || u.speaks(b) {
			continue // the cabinet is not its letter
		}
		l := v.find(a.text + b.text)
		if l == nil {
			l = v.find(a.text + "s" + b.text)
		}
		if l == nil && len(a.text) >= 4 && len(b.text) >= 4 {
			joined := words(a.text+b.text, "nl")
			if near := correct(&term{alts: []alternative{{words: joined}}}, v, true); len(joined) == 1 && len(near) > 0 {
				l = near[0]
			}
		}
		if l != nil {
			a.alts = append(a.alts, alternative{words: []word{l.word}, factor: 1})
			b.alts = append(b.alts, alternative{words: []word{l.word}, factor: 1})
		}
	}
}

// Bounds on a compound that is taken apart into two words of the passages.
const (
	leastSplit = 8
	splitPart  = 4
)

// splitInto lets a compound that no passage has count as its two parts, where the
// passages have both: loonstelsel, and "het loonpolitieke stelsel".
func (u *Understanding) splitInto(t *term) bool {
	if u.Asked != "nl" || t.name || t.role || len(t.text) < leastSplit || len(t.alts) == 0 || len(t.alts[0].words) != 1 {
		return false
	}
	v := &u.vocabulary
	for at := splitPart; at <= len(t.text)-splitPart; at++ {
		last := v.find(t.text[at:])
		if last == nil || last.stop {
			continue
		}
		for _, first := range []string{t.text[:at], strings.TrimSuffix(t.text[:at], "s")} {
			if len(first) < splitPart || dutch.IsStopWord(first, "nl") || slices.Contains(notParts, first) {
				continue
			}
			if l := v.beginning(first); l != nil {
				t.alts = append(t.alts, alternative{words: append(words(first, "nl"), last.word), factor: 0.9})
				return true
			}
		}
	}
	return false
}

// notParts are words that begin a word without being part of a compound.
var notParts = []string{"over", "onder", "voor", "tegen", "door", "achter", "boven", "binnen", "buiten", "tussen", "samen", "mede", "niet"}

// correct finds the words of the passages that a misspelt one comes closest to. A
// word that is part of a compound there may be right: it is only taken for another
// one that sounds the same.
func correct(t *term, v *vocabulary, bySoundOnly bool) []*lemma {
	if len(t.alts) == 0 || len(t.alts[0].words) != 1 {
		return nil
	}
	asked := t.alts[0].words[0]
	n := utf8.RuneCountInString(asked.text)
	if n < 3 || asked.number || n == 4 && len(dutch.Synonyms(asked.key)) > 0 {
		return nil
	}
	allowed := 1
	if n >= 8 {
		allowed = 2
	}
	var best []*lemma
	bestDistance := allowed + 1
	if v.find(asked.text) != nil {
		return nil
	}
	sound := dutch.Sound(asked.text)
	for _, w := range v.lemmas {
		text := w.text
		m := utf8.RuneCountInString(text)
		if m < 3 || m < 4 && !w.capital || n == 3 && m != n || m-n > allowed+2 || n-m > allowed+2 || text[0] != asked.text[0] || w.number {
			continue
		}
		if bySoundOnly && w.sound != sound {
			continue
		}
		d := dutch.Distance(asked.text, text, allowed)
		if d > 1 {
			if s := w.sound; s == sound {
				d = 1
			} else if n >= 7 && dutch.Distance(sound, s, 1) == 1 {
				d = min(d, 2)
				if allowed < 2 {
					d = allowed
				}
			}
		}
		switch {
		case d > allowed:
		case d < bestDistance:
			best, bestDistance = []*lemma{w}, d
		case d == bestDistance:
			best = append(best, w)
		}
	}
	return best
}

// usual are the words of a list that more passages have than three times as many as
// the others.
func (u *Understanding) usual(list []*lemma, views []*view) []*lemma {
	if len(list) < 2 {
		return list
	}
	counts, most := make([]int, len(list)), 0
	for i, l := range list {
		at, ok := u.vocabulary.at[l]
		if !ok {
			continue
		}
		for _, x := range views {
			if slices.Contains(x.of, at) {
				counts[i]++
			}
		}
		most = max(most, counts[i])
	}
	var out []*lemma
	for i, l := range list {
		if 3*counts[i] >= most {
			out = append(out, l)
		}
	}
	return out
}
