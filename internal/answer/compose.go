package answer

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// The extractive composer says sentences of the documents and nothing else. A
// sentence answers when it covers the question and has what the question's form
// asks for. The numbers below were set on a development set of questions over the
// demo corpus; what keeps a wrong sentence out is mostly hard: names, years and
// numbers of the question have to be in the sentence or right beside it.
const (
	// leastCoverage is the least weighted share of the question's terms that the
	// best sentence and its context say. At 0.57 questions are answered that the
	// documents leave open; at 0.63 more right answers are held back.
	leastCoverage = 0.60
	// leastOwn is the least share the sentence says itself.
	leastOwn = 0.3
	// leastNearFact is the same where a fact is asked for, a number or a date, by
	// sentence, heading and the sentence before.
	leastNearFact = 0.5
	// leastOwnRow and leastNearRow are the same for a table's row.
	leastOwnRow  = 0.4
	leastNearRow = 0.75
	// margin is how far behind the best sentence a further one may be.
	margin = 0.22
)

// ownFloor is leastOwn, and less for a sentence that leans on what stands around it
// and is well covered with that: "De feestdag wordt gesponsord door veertien
// bedrijven", after the name of the day.
func ownFloor(c *candidate) float64 {
	if c.coverage >= wellCovered {
		return leaningOwn
	}
	return leastOwn
}

const (
	wellCovered = 0.7
	leaningOwn  = 0.20
)

// composed is a sentence chosen for the answer.
type composed struct {
	candidate *candidate
	lead      bool   // taken along because the next one points at it
	label     string // the year or publication it is of, said before it
}

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

// ordersOther reports whether a sentence, or a heading above it, is about another one in
// a row than the question: the first advice, where it asks after the second.
func (c *candidate) ordersOther(n dutch.Number) bool {
	return slices.ContainsFunc(slices.Concat(c.numbers, c.inHeadings), func(m dutch.Number) bool {
		return m.Kind == dutch.Ordinal && m.Value != n.Value && m.Value < mostOrdinal
	})
}

// mostOrdinal is above the ordinals that tell things in a row apart; beyond it they
// are of centuries and dates.
const mostOrdinal = 13

// dated reports whether a question is about a year or a date.
func (u *Understanding) dated() bool {
	return slices.ContainsFunc(u.numbers, func(n dutch.Number) bool { return n.Kind == dutch.Year || n.Kind == dutch.CalDate })
}

// datedIn reports whether what opens a list, or a heading above it, has a year of the
// question: that one of its items has it does not put the others in that year.
func (u *Understanding) datedIn(c *candidate) bool {
	opening, _, _ := strings.Cut(c.text, "\n")
	has := slices.Concat(dutch.Numbers(opening), c.inHeadings)
	return slices.ContainsFunc(u.numbers, func(n dutch.Number) bool {
		return slices.ContainsFunc(has, func(m dutch.Number) bool { return n.Same(m) })
	})
}

// asksAfter reports whether the question names what a candidate names after the
// Council: a question after the SER's building is answered by "het SER-gebouw".
func (u *Understanding) asksAfter(c *candidate) bool {
	for _, i := range c.modifies {
		next := c.words[i+1 : i+2]
		for _, t := range u.terms {
			if !t.council && t.says(next) >= 0.7 {
				return true
			}
		}
	}
	return false
}

// aside reports whether a candidate is on something else than the Council, which the
// question is after: it begins with another name, and the Council does not stand
// beside a number that answers.
func (u *Understanding) aside(c *candidate) bool {
	if !u.ofCouncil() || slices.ContainsFunc(u.terms, func(t *term) bool { return t.name }) {
		return false
	}
	other := false
	for i, w := range c.words[:min(len(c.words), 7)] {
		if slices.Contains(c.modifies, i) {
			if u.asksAfter(c) {
				return false
			}
			other = true
			break
		}
		if w.text == "ser" || w.text == "raad" || u.mentions(c, w) && (w.capital && !w.opening || w.acronym) {
			return false
		}
		if !w.number && !w.stop && !calendarWords[w.text] && (w.acronym || w.capital && !w.opening) {
			other = true
			break
		}
	}
	if !other {
		return false
	}
	for i, w := range c.words {
		if (w.text == "ser" || w.text == "raad") && !slices.Contains(c.modifies, i) {
			for _, n := range c.numbers {
				if segmentOf(c.words, wordAt(c.words, n)) == segmentOf(c.words, i) && n.Kind != dutch.Ordinal {
					return false
				}
			}
		}
	}
	return true
}

// predicate is what a yes-or-no question asks of its subject: the last of its words
// with content.
func (u *Understanding) predicate() int {
	for i := len(u.terms) - 1; i >= 0; i-- {
		if t := u.terms[i]; !t.council && !t.name && t.weight >= 0.5 {
			return i
		}
	}
	if slices.ContainsFunc(u.terms, func(t *term) bool { return t.council }) || u.FollowUp {
		return -1
	}
	// A question with names alone asks something of them: is it nice to live there?
	for i := len(u.terms) - 1; i >= 0; i-- {
		if t := u.terms[i]; !t.name && !generic[t.text] {
			return i
		}
	}
	return -1
}

// saysAny reports whether a candidate says any of a question's words with content
// itself, words for publications left out.
func (u *Understanding) saysAny(c *candidate) bool {
	for i, t := range u.terms {
		if t.weight >= 0.5 && !u.publicationWord(t) && c.says[i] >= 0.6 {
			return true
		}
	}
	return false
}

// joinSplit lets two words that people write apart count as the compound that the
// passages have: ondernemings raden, jongeren platform.
func (u *Understanding) joinSplit() {
	v := &u.vocabulary
	for i := 0; i+1 < len(u.terms); i++ {
		a, b := u.terms[i], u.terms[i+1]
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

// rate scores a candidate for the question.
func (u *Understanding) rate(c *candidate, passages int) {
	total, covered, own, near, headed := 0.0, 0.0, 0.0, 0.0, 0.0
	restricted := u.ofPublication()
	for i, t := range u.terms {
		s := c.in(i, t)
		if t.name && s < 0.65 || t.held && s < 0.6 || t.role && c.says[i] < 0.7 && !(u.wordAsked && s >= 0.6) || restricted && t.weight >= 0.5 && t.known >= 0.7 && u.topical(t) && u.besides(c, i) < 0.6 {
			c.missing = t.text
		}
		switch {
		case u.factual() && !u.assumed && s < 0.45 && u.headNoun(t):
			c.missing = t.text // of the publication, not of the answer to it
		case (u.speaks(t) || u.Form == FormDefinition && u.attribute(t)) && max(c.says[i], c.headed[i]) < 0.6 && !(c.points && c.prev != nil && c.prev.says[i] >= 0.6):
			c.missing = t.text // someone else says so, or it is another thing's
		case u.speaks(t) && c.only(t, behindSaying):
			c.missing = t.text // it is said to them, or of them
		}
		total += t.weight
		covered += t.weight * s
		own += t.weight * c.says[i]
		headed += t.weight * c.headed[i]
		beside := max(c.says[i], 0.9*c.headed[i], 0.75*c.titled[i])
		if c.prev != nil && !c.item {
			beside = max(beside, 0.6*c.prev.says[i])
		}
		near += t.weight * beside
	}
	for _, n := range u.numbers {
		k := 0.6
		if n.Kind == dutch.Ordinal || n.Kind == dutch.Code {
			k = 1
		}
		total += k
		switch s := u.numberIn(c, n); {
		case s == 0 && u.slot.many > 1 && n.Kind == dutch.Quantity && n.Unit == "" && int(n.Value) == u.slot.many && u.slot.names:
			total -= k // what names them need not count them
		case s == 0 && n.Kind == dutch.Ordinal && u.dateOrNumber() && n.Value == 1:
			c.missing = corpus.Slice(u.Question, n.Start, n.End)
		case s == 0 && (n.Kind != dutch.Ordinal || u.Form != FormYesNo && c.ordersOther(n)):
			c.missing = corpus.Slice(u.Question, n.Start, n.End)
		default:
			covered += k * s
			near += k * s
			if s == 1 {
				own += k
			}
		}
	}
	if total > 0 {
		c.coverage, c.own, near, headed = covered/total, own/total, near/total, headed/total
	}
	// What stands under a heading that asks the question need not say it again.
	under := u.explains() && (headed >= 0.8 || u.Form == FormWhy && u.underReason(c))
	if under {
		c.own = max(c.own, 0.6)
	}
	c.score = c.coverage + 0.35*c.own + 0.12*(1-float64(c.rank)/float64(max(passages, 1)))
	if c.missing != "" || c.coverage < leastCoverage || c.own < ownFloor(c) || !c.usable {
		return
	}
	form, fits := u.form(c)
	c.open = u.slotOpen(c)
	if c.open == "" && u.achieved && aimed.MatchString(c.plain) && !achievedSaid.MatchString(c.plain) {
		c.open = "aim"
	}
	c.fits = fits && c.open == ""
	c.score += form
	if c.under = under; under && c.prev == nil {
		c.score += 0.08
	}
	if !c.ofCouncil {
		c.score -= 0.15 // in a mixed corpus the SER's own documents come first
	}
	if c.row {
		c.score -= 0.15
		if u.Form == FormOpen {
			c.score -= 0.15 // it tells little
		}
		if near < leastNearRow || c.own < leastOwnRow {
			c.fits = false // a row says too little to lean on what stands around it
		}
	}
	if c.meta {
		c.score -= 0.5
	}
	if u.Form == FormNumber {
		c.score += u.total(c)
	}
	if c.footnote {
		c.score -= 0.1
	}
	if u.Form == FormList && whichPublication.MatchString(u.plain) && (quotes.MatchString(c.text) && !quotes.MatchString(u.Question) || slices.ContainsFunc(c.numbers, func(n dutch.Number) bool { return n.Kind == dutch.Code && !u.asked(n) })) {
		c.score += 0.1 // it names one
	}
	if titleAsked.MatchString(u.plain) && quotes.MatchString(c.text) && !quotes.MatchString(u.Question) {
		c.score += 0.2
	}
	switch u.Form {
	case FormNumber, FormDate, FormDuration:
		if u.Form == FormNumber && u.deedInTitle(c) {
			c.fits = false // counts something of a publication
		}
		if near < leastNearFact || u.Form == FormNumber && u.ofAnother(c) {
			c.fits = false
		}
	}
	switch u.Form {
	case FormWho:
		if !u.saysVerb(c) {
			c.fits = false
		}
	case FormFrequency:
		if !u.saysVerb(c) && (c.next == nil || !u.saysVerb(c.next)) {
			c.fits = false
		}
	case FormDate, FormNumber, FormDuration:
		if u.aside(c) {
			c.fits = false
		}
	case FormDefinition:
		if u.aside(c) || u.withinName(c) {
			c.score -= 0.2
		}
	case FormYesNo:
		if i := u.predicate(); i >= 0 {
			if max(c.says[i], 0.9*c.headed[i]) < 0.6 && !(u.ofPublication() && u.saysAny(c)) {
				c.fits = false
			} else if slices.ContainsFunc(c.words, func(w word) bool { return w.text == u.terms[i].text }) {
				c.score += 0.08 // "is onafhankelijk", not "onafhankelijke leden"
			}
		}
		if len(u.numbers) == 0 && !quotes.MatchString(u.Question) {
			if c.single || thisOne.MatchString(c.plain) && !u.FollowUp {
				c.score -= 0.15 // one case does not decide how it is
			}
			if u.Present && slices.ContainsFunc(c.numbers, func(n dutch.Number) bool { return n.Kind == dutch.CalDate }) {
				c.score -= 0.1
			}
		}
	}
	switch u.Form {
	case FormDate, FormNumber, FormWho, FormDuration, FormFrequency, FormWhere:
	default:
		if c.appeared && !appeared.MatchString(u.Question) && c.coverage < 0.97 {
			c.score -= 0.2 // that a publication appeared is not what it says
		}
	}
	if strings.HasSuffix(c.text, "?") && !questionsAsked.MatchString(u.plain) {
		c.fits = false // a question answers none
	}
	if c.points {
		c.score -= 0.08
	}
	if n := len(c.words); n > 45 || n < 4 {
		c.score -= 0.1
	}
	if u.Form == FormOpen && u.whatDone(c) {
		c.score += 0.2
	}
	if viewAsked.MatchString(u.plain) {
		switch {
		case u.ofCouncil() && slices.ContainsFunc(c.words[:min(len(c.words), leastDoer)], func(w word) bool { return governments[w.text] }):
			c.score -= 0.3 // what others think
		case viewSaid.MatchString(c.plain):
			c.score += 0.1
		case listsWritten.MatchString(c.plain):
			c.score -= 0.1
		}
	}
	if whatFollows.MatchString(u.plain) {
		if said := afterwards.MatchString(c.text); said {
			c.score += 0.3
		} else if c.prev == nil || !c.points {
			c.score -= 0.1
		}
	}
	switch {
	case u.Form == FormYesNo && stillAsked.MatchString(u.plain) && noLonger.MatchString(c.plain):
		c.score += 0.1 // that it was so until a year says that it is not any more
	case u.Present:
		c.score += now(c)
	}
	if len(u.numbers) > 0 {
		c.score += u.order(c)
		if yearRange.MatchString(c.plain) && !yearRange.MatchString(u.plain) {
			c.score -= 0.15 // of a stretch of years, where the question asks after one
		}
	}
	if u.ofCouncil() && !c.council {
		c.score -= 0.35 // another council's report
		if !c.ofCouncil {
			c.fits = false
		}
	}
	if u.explains() && len(u.numbers) == 0 {
		if (c.single || u.Form == FormDefinition && thisOne.MatchString(c.plain) && !u.FollowUp) && !quotes.MatchString(u.Question) && !whichPublication.MatchString(u.plain) {
			c.score -= 0.1 // one case, where the question asks how it is in general
			if u.Form == FormDefinition && kindQuestion.MatchString(u.plain) {
				c.score -= 0.2
			}
		}
		if u.Form == FormHow && c.list {
			c.score += 0.1 // the steps
		}
		if u.Form == FormDefinition {
			if c.passage.Page == 1 {
				c.score += 0.04 // texts begin with what their subject is
			}
			if c.prev == nil && !c.row && u.headedByQuestion(c) {
				c.score += 0.3
			}
			if kindQuestion.MatchString(u.plain) && form <= 0 && headed < 0.7 {
				c.fits = false // it uses the word and does not say what it is
			}
		}
		if u.Form == FormWhy {
			switch {
			case u.underReason(c):
				c.score += 0.35
			case reasons.MatchString(c.text):
			case reasonAfter(c) != nil:
				c.score += 0.2
			default:
				c.score -= 0.1
				if !u.reasonBeside(c) {
					c.fits = false
				}
			}
		}
	}
	if u.composition {
		if consists.MatchString(c.text) {
			c.score += 0.25
			named := 0
			for _, w := range c.words {
				if groups[w.text] && !u.mentions(c, w) {
					named++
				}
			}
			if named >= 3 {
				c.score += 0.15
			}
		} else {
			c.score -= 0.1
		}
	}
	if c.list && (!u.explains() || u.dated() && !u.datedIn(c)) {
		c.fits = false // its items are candidates of their own
	}
	if u.Form == FormDate && against.MatchString(c.plain) && !against.MatchString(u.plain) {
		c.score -= 0.15
	}
	if u.Form != FormYesNo && c.denies && !negated.MatchString(u.Question) {
		c.score -= 0.1
		if u.composition {
			c.score -= 0.3 // who is not in it
		}
	}
}

// governments are those whom the Council speaks to.
var governments = set(`kabinet regering minister staatssecretaris parlement kamer government cabinet parliament`)

// thisOne points at one publication that was named before.
var thisOne = re(`\b(dit|dat|this|that) (advies|rapport|briefadvies|akkoord|advice|report|agreement)\b`)

// deedInTitle reports whether a candidate says a verb of the question within a title only:
// "Samen werken aan taal" is not who works where.
func (u *Understanding) deedInTitle(c *candidate) bool {
	titles := quotes.FindAllStringIndex(c.text, -1)
	if len(titles) == 0 || quotes.MatchString(u.Question) {
		return false
	}
	within := func(w word) bool {
		return slices.ContainsFunc(titles, func(title []int) bool {
			return w.start >= utf8.RuneCountInString(c.text[:title[0]]) && w.end <= utf8.RuneCountInString(c.text[:title[1]])
		})
	}
	for i, t := range u.terms {
		if c.says[i] < 0.6 || t.name || t.council || infinitiveOf(t.text) == "" {
			continue
		}
		if !slices.ContainsFunc(c.words, func(w word) bool { return !within(w) && t.says([]word{w}) >= 0.6 }) {
			return true
		}
	}
	return false
}

// questionsAsked asks for questions that documents put.
var questionsAsked = re(`\b(vraag|vragen|adviesvraag|adviesvragen|vraagt|vroeg|stelt|stelde|question|questions|ask|asks|asked)\b`)

// behindSaying are prepositions before those who hear what is said, or of whom.
var behindSaying = set(`voor aan over met naar for to about with`)

// only reports whether a sentence has a term nowhere but behind one of some prepositions.
func (c *candidate) only(t *term, behind map[string]bool) bool {
	found := false
	for i := range c.words {
		if t.support(c.view, c.words[i:i+1]) < 0.7 {
			continue
		}
		j := i - 1
		for j >= 0 && articles[c.words[j].text] {
			j--
		}
		if j < 0 || !behind[c.words[j].text] {
			return false
		}
		found = true
	}
	return found
}

// What was reached is not what was aimed at: achievedAsked asks for the one, aimed says
// the other.
var (
	achievedAsked = re(`\b(is|was|zijn|waren|werd|werden|heeft|hebben|has|have|were) .*\b(gehaald|behaald|bereikt|gerealiseerd|gelukt|achieved|reached|realised|realized)\b`)
	achievedSaid  = re(`\b(gehaald|haalde|haalden|behaald|behaalde|bereikt|bereikte|gerealiseerd|gelukt|lukte|uitgekomen|kwam uit|achieved|reached|realised|realized)\b`)
	aimed         = re(`\b(moest|moesten|moet|moeten|doel|doelen|doelstelling|streven|streefde|streefcijfer|zou|zouden|goal|target|aim|should|must)\b`)
)

// ofPublication reports whether a question is about publications that it names by
// their numbers: what stands elsewhere does not answer it.
func (u *Understanding) ofPublication() bool {
	return slices.ContainsFunc(u.numbers, func(n dutch.Number) bool { return n.Kind == dutch.Code })
}

// topical reports whether a term is what a question about a publication wants to know
// what it says of: advies 14/04 over convenanten.
func (u *Understanding) topical(t *term) bool {
	_, topic, ok := strings.Cut(u.plain, " over ")
	if !ok {
		_, topic, ok = strings.Cut(u.plain, " about ")
	}
	return ok && len(t.text) >= 5 && !u.publicationWord(t) && strings.Contains(" "+topic+" ", " "+t.text+" ")
}

// publicationWord reports whether a term is a word for a publication or for what one
// does: advies 14/04 zegt.
func (u *Understanding) publicationWord(t *term) bool {
	return t.council || publicationWords[t.text] || weak[t.text] || generic[t.text]
}

var publicationWords = set(`advies rapport verkenning briefadvies publicatie akkoord nummer titel datum onderwerp commissie advice report publication number title date committee subject`)

// besides is how well a candidate's passage, headings and title say term i.
func (u *Understanding) besides(c *candidate, i int) float64 {
	return max(c.says[i], c.headed[i], c.outered[i], c.titled[i], c.around[i])
}

// explains reports whether the question asks for an explanation, not for a fact.
func (u *Understanding) explains() bool {
	switch u.Form {
	case FormDefinition, FormHow, FormOpen, FormList, FormWhy:
		return true
	}
	return false
}

// ofCouncil reports whether the question names the SER.
func (u *Understanding) ofCouncil() bool {
	return slices.ContainsFunc(u.terms, func(t *term) bool { return t.council })
}

var (
	against  = re(`\b(tegen|voorstander|tegenstander|against|in favour)\b`)
	negated  = re(`(?i)\b(niet|geen|nooit|zonder|tegen|not|no|never|without)\b`)
	footnote = re(`^[¹²³⁴-⁹]`)
	appeared = re(`(?i)\b(verscheen|verschenen|is vastgesteld|gepubliceerd|bracht .{0,40} uit|uitgebracht|nummer van|isbn|heet|published|appeared)\b`)
)

// titleAsked asks for the title of a publication.
var titleAsked = re(`\b(titel|ondertitel|title|subtitle)\b|\bhoe (heet|heette) (het|de|dat|dit) (\w+ )?(advies|rapport|brochure|verkenning|boek|briefadvies)\b`)

// whichPublication asks for a publication.
var whichPublication = re(`\b(welke?|which|what) (advies|rapport|verkenning|publicatie|brochure|briefadvies|advice|report|publication)\b`)

// quotes are titles and other quoted words.
var quotes = regexp.MustCompile(`['‘"“][\p{L}\d][^'’"”]*[\s][^'’"”]*['’"”]`)

// numberIn is how well a candidate says a number of the question: 1 in the sentence,
// less beside it, 0 not at all or when the sentence has another one in its place.
func (u *Understanding) numberIn(c *candidate, n dutch.Number) float64 {
	in := func(ns []dutch.Number) bool {
		return slices.ContainsFunc(ns, func(m dutch.Number) bool { return n.Same(m) && !u.ordersAnother(n, m) })
	}
	if in(c.numbers) {
		return 1
	}
	temporal := n.Kind == dutch.Year || n.Kind == dutch.CalDate || n.Kind == dutch.Decade
	if temporal && slices.ContainsFunc(c.numbers, func(m dutch.Number) bool { return anotherTime(n, m) }) {
		return 0 // about another year
	}
	if n.Kind == dutch.Year && u.spans(c) {
		return 0.8
	}
	d := c.passage.Document
	if in(c.inHeadings) {
		return 0.9
	}
	if temporal && slices.ContainsFunc(c.inHeadings, func(m dutch.Number) bool { return anotherTime(n, m) }) {
		return 0 // stands under another year
	}
	if in(c.inTitle) {
		return 0.8
	}
	if n.Kind == dutch.Code && in(c.inNumber) {
		return 0.9
	}
	if c.prev != nil && !c.item && in(c.prev.numbers) {
		return 0.8
	}
	if temporal && !c.item {
		// A year goes for what follows in the passage until another one is named.
		for p, i := c.prev, 0; p != nil && i < yearReach; p, i = p.prev, i+1 {
			if in(p.numbers) {
				return 0.7
			}
			if slices.ContainsFunc(p.numbers, func(m dutch.Number) bool {
				return anotherTime(n, m) && !u.asked(m)
			}) {
				break
			}
		}
	}
	if u.premise && n.Kind == dutch.Quantity && len(n.Noun) > 0 && slices.ContainsFunc(c.numbers, func(m dutch.Number) bool {
		return m.Kind == dutch.Quantity && m.Unit == n.Unit && len(m.Noun) > 0 && dutch.Key(m.Noun[0]) == dutch.Key(n.Noun[0])
	}) {
		return 0.7 // how many there are instead
	}
	if n.Kind == dutch.Year && d.Date.Year() == int(n.Value) && (d.Type == "jaarverslag" || strings.Contains(strings.ToLower(d.Title), "jaarverslag")) {
		return 0.7
	}
	return 0
}

// ordersAnother reports whether an ordinal is of another kind of thing than that of the
// question: the first chapter, where it asks after the first advice.
func (u *Understanding) ordersAnother(n, m dutch.Number) bool {
	if n.Kind != dutch.Ordinal || len(n.Noun) == 0 || len(m.Noun) == 0 || u.Asked != "nl" {
		return false
	}
	has := m.Noun[0]
	return !slices.ContainsFunc(n.Noun, func(asked string) bool {
		return strings.HasSuffix(has, asked) || strings.HasSuffix(asked, has) || dutch.Distance(asked, has, mostMisspelt) <= mostMisspelt ||
			closest(words(asked, "nl")[0], words(has, "nl")) >= 0.6
	})
}

// mostMisspelt is by how many letters a word of a question may differ from what it means.
const mostMisspelt = 2

// anotherTime reports whether m is a year or date outside the year, date or decade n.
func anotherTime(n, m dutch.Number) bool {
	year := m.Year
	switch {
	case m.Kind == dutch.Year:
		year = int(m.Value)
	case m.Kind != dutch.CalDate || m.Year == 0:
		return false
	}
	switch n.Kind {
	case dutch.CalDate:
		return n.Year != 0 && n.Year != year || m.Month != 0 && n.Month != 0 && n.Month != m.Month
	case dutch.Decade:
		return year < int(n.Value) || year >= int(n.Value)+10
	}
	return year != int(n.Value)
}

// dateOrNumber reports whether a question asks when or how many.
func (u *Understanding) dateOrNumber() bool { return u.Form == FormDate || u.Form == FormNumber }

// spans reports whether a candidate tells of as many years as lie between the two years
// of the question: "in dertien jaar", of 1996 and 2009.
func (u *Understanding) spans(c *candidate) bool {
	var asked []dutch.Number
	for _, n := range u.numbers {
		if n.Kind == dutch.Year {
			asked = append(asked, n)
		}
	}
	return len(asked) == 2 && slices.ContainsFunc(c.numbers, func(n dutch.Number) bool {
		return n.Kind == dutch.Quantity && n.Unit == "jaar" && n.Value >= 2 && n.Value == math.Abs(asked[1].Value-asked[0].Value)
	})
}

// yearReach is how many sentences a year is looked for before one without.
const yearReach = 5

// now prefers how things are to how they were.
func now(c *candidate) float64 {
	v := 0.0
	for i, w := range c.words {
		switch w.text {
		case "telde", "telden", "was", "waren", "had", "hadden", "werd", "werden":
			v = min(v, -0.06)
		case "destijds", "vroeger", "toen", "formerly":
			v = min(v, -0.25)
		case "tot", "until":
			if i+1 < len(c.words) && c.words[i+1].number && len(c.words[i+1].text) == 4 {
				v = min(v, -0.15)
			}
		case "sinds", "since", "nu", "inmiddels":
			if v == 0 {
				v = 0.06
			}
		}
	}
	return v
}

var (
	afterYear  = re(`\b(na|sinds|vanaf|after|since|from) (\w+ )?(1[5-9]|20)\d\d\b`)
	beforeYear = re(`\b(voor|tot|until|before|till) (1[5-9]|20)\d\d\b`)
	thereafter = re(`(?i)^(daarna|vervolgens|toen|since then|afterwards)\b`)
)

// order is what a candidate gains or loses by saying something of the time before a
// year where the question asks for the time after it, or the reverse.
func (u *Understanding) order(c *candidate) float64 {
	q, s := u.plain, c.plain
	switch {
	case afterYear.MatchString(q) && !beforeYear.MatchString(q):
		if thereafter.MatchString(c.text) {
			return 0.1
		}
		if beforeYear.MatchString(s) && !afterYear.MatchString(s) {
			return -0.25
		}
		if afterYear.MatchString(s) {
			return 0.1
		}
	case beforeYear.MatchString(q) && !afterYear.MatchString(q):
		if afterYear.MatchString(s) && !beforeYear.MatchString(s) || thereafter.MatchString(c.text) {
			return -0.25
		}
		if beforeYear.MatchString(s) {
			return 0.1
		}
	}
	return 0
}

// whatFollows asks what comes after something, afterwards says it.
var (
	whatFollows = re(`^(en )?(wat|what) (gebeurt|gebeurde|volgt|volgde|komt|kwam|doet|deed|happens|happened|comes|came|follows|followed)\b.{0,20}\b(na|nadat|daarna|erna|vervolgens|after|afterwards|next)\b`)
	afterwards  = re(`(?i)\b(daarna|vervolgens|hierna|daaropvolgend\w*|afterwards|subsequently)\b`)
)

// viewAsked asks what the Council thinks or wants, viewSaid tells it, and listsWritten that
// it wrote about it.
var (
	viewAsked    = re(`^(en |and )?(wat|what) (vindt|vond|wil|wilde|adviseert|adviseerde|stelt|stelde|vraagt|vroeg|denkt|dacht|bepleit|bepleitte|(does|did) the (ser|council) (think|want|advise|recommend|propose)) ?(de |the )?(ser|raad|council)?\b`)
	viewSaid     = re(`\b(wil|wilde|vindt|vond|pleit|pleitte|adviseert|adviseerde|vraagt|vroeg|stelt|stelde|koos|kiest|waarschuwt|waarschuwde|voorstander|nodig|wants|wanted)\b`)
	listsWritten = re(`\b(schreef|schreven|bracht|verscheen|verschenen|gaat over|ging over|wrote|published)\b`)
)

// stillAsked asks whether something is still so, noLonger denies it.
var (
	stillAsked = re(`\b(nog|still)\b`)
	noLonger   = re(`\b(tot|until) (1[5-9]|20)\d\d\b|\b(geen|niet) (\w+ ){0,3}(meer|langer)\b|\b(afgeschaft|opgeheven|vervallen|verdwenen|no longer|abolished)\b`)
)

// yearRange is a stretch between two years.
var yearRange = re(`\b(tussen|between) (1[5-9]|20)\d\d (en|and) (1[5-9]|20)\d\d\b`)

// dayAsked marks questions that a year does not answer.
var dayAsked = re(`\b(welke (dag|datum)|wat (is|was) de datum|(which|what) (day|date))\b`)

var (
	// composed marks questions after the members of a body, consists what answers them.
	compositionAsked = re(`\b(wie|welke \w+) (er )?(zit|zitten|zijn vertegenwoordigd)\b|\b(waaruit|uit wie|uit welke \w+) bestaa|\b(wie|welke \w+) werk(t|en) (er )?(\w+ ){0,2}?samen (in|binnen)\b|\bhoe is .{1,60} samengesteld\b|\bsamenstelling van\b|\bwho (sits?|is|are) (on|in|represented|the members|members)\b|\bwho are the members\b|\b(composed|made up|composition of|consist)\b`)
	consists         = re(`(?i)\b(bestaa(t|n) uit|samengesteld|zitten|zit|zetels?|leden|ledental|samenwerken|werken .{1,40} samen|vertegenwoordigd|members|consists)\b`)

	newAsked = re(`\b(nieuwe?|erbij|bijgekomen|bij kwamen|kwamen .{0,60}\bbij|toegetreden|new|joined)\b`)
	newSaid  = re(`(?i)\b(nieuwe?|erbij|verwelkom\w*|kwamen .{0,60}\bbij|sloten .{0,60}\baan|onderteken(t|en|de|den)|groeide met|steeg met|new|joined|welcomed)\b`)
	cameIn   = re(`(?i)\b(kwam|kwamen) (er )?.{0,30}\bbij\b|\berbij\b`)
	allAsked = re(`\b(in totaal|totaal|totale|alles bij elkaar|alles samen|bij elkaar|tezamen|opgeteld|in total|altogether|all together|overall)\b`)
	inAll    = re(`(?i)\b(totaal|totale|in totaal|daarmee (op|naar)|total)\b`)
	happened = re(`(?i)^in (januari |februari |maart |april |mei |juni |juli |augustus |september |oktober |november |december )?(1[5-9]|20)\d\d \w+(d|t|de|te|den|ten)\b`)
)

// total tells what came to be within a year from how many there are in all.
func (u *Understanding) total(c *candidate) float64 {
	asksNew := newAsked.MatchString(u.plain)
	switch {
	case allAsked.MatchString(u.plain) && inAll.MatchString(c.text):
		return 0.25
	case allAsked.MatchString(u.plain):
		return -0.1
	case asksNew && inAll.MatchString(c.text):
		return -0.15
	case asksNew && newSaid.MatchString(c.text):
		return 0.15
	case asksNew:
		return -0.15
	case cameIn.MatchString(c.text):
		return -0.2 // how many came in, where the question asks how many there are
	case !asksNew && u.Present && len(u.numbers) == 0 && happened.MatchString(c.text):
		return -0.35 // one year's, where the question asks for all
	}
	return 0
}

// saysDeed reports whether a candidate says what the question's verb says.
func (u *Understanding) saysDeed(c *candidate) bool {
	for i, t := range u.terms {
		if t.verb && !t.light && !weak[t.text] && t.weight >= 0.6 && c.says[i] >= 0.85 {
			return true
		}
	}
	return false
}

// whatIsDone asks what somebody or something does.
var whatIsDone = re(`^(?:en |and )?(?:wat|what) (\w+)\b`)

// whatDone reports whether a candidate says the very verb of a question after what somebody
// does: wat verkoopt de winnaar.
func (u *Understanding) whatDone(c *candidate) bool {
	m := whatIsDone.FindStringSubmatch(u.plain)
	if m == nil || weak[m[1]] || generic[m[1]] || infinitiveOf(m[1]) == "" {
		return false
	}
	for i, t := range u.terms {
		if t.text == m[1] {
			return !t.light && c.says[i] >= 0.95
		}
	}
	return false
}

// whenItself asks when something is, not when something befell it; takesPlace says so.
var (
	whenItself = re(`^(en |and )?(wanneer|when) (is|was|zijn|waren|valt|viel|are|were) (de |het |een |the )?[\w-]+( [\w-]+)?$`)
	takesPlace = re(`\b(is|was|zijn|waren|valt|viel|vielen|plaats|are|were) (elk jaar |ieder jaar |altijd |every year )?(op|in|on)\b`)
)

// heightAsked asks how high something is, which years and counted things are not.
var (
	heightAsked = re(`\b(hoe hoog|how high)\b`)
	timeUnits   = set(`jaar maand week dag uur minuut kwartaal`)
)

// asked reports whether a number stands in the question already.
func (u *Understanding) asked(n dutch.Number) bool {
	return slices.ContainsFunc(u.numbers, func(q dutch.Number) bool {
		return q.Same(n) && n.Same(q) || q.Kind == dutch.Year && q.Same(n) && n.Day == 0
	})
}

// form is what a candidate gains or loses by the form of the question, and whether
// it has what the form asks for.
func (u *Understanding) form(c *candidate) (bonus float64, fits bool) {
	switch {
	case u.slot.office:
		if u.givesOffice(c) {
			return 0.3, true
		}
		return -0.4, false
	case u.slot.month:
		if u.givesMonth(c) {
			return 0.3, true
		}
		return -0.4, false
	}
	switch u.Form {
	case FormNumber:
		best := -1.0
		for _, n := range c.numbers {
			if n.Kind != dutch.Quantity || u.asked(n) || strings.HasPrefix(corpusSlice(c.text, n.Start, n.End), "0") && n.Value >= 1 {
				continue // 010 counts nothing
			}
			if heightAsked.MatchString(u.plain) && (timeUnits[n.Unit] || n.Unit == "") {
				continue // no height: from 21 to 65 years, two things
			}
			v := 0.1
			switch {
			case u.measure != "" && n.Unit == u.measure:
				v = 0.3
			case u.measure != "":
				continue
			case u.counted != nil && n.Unit != "" && n.Unit != "%":
				continue
			case u.counted != nil && u.nouns(n):
				v = 0.3
			case u.countsOther(c, n):
				continue // twelve of another kind of thing
			case u.counted != nil && allAsked.MatchString(u.plain) && inAll.MatchString(c.text) && len(n.Noun) == 0:
				v = 0.2 // the total of what the sentences are about
			case u.counted != nil && inAll.MatchString(c.text) && len(n.Noun) == 0 && u.saysDeed(c):
				v = 0.25 // "het totale aantal ondertekenaars", of those who signed
			case u.counted != nil && u.counted.support(c.view, c.words) < 0.7:
				continue // counts something else
			case u.counted != nil && u.counted.support(c.view, c.words) >= 0.95 && strings.Contains(c.plain, "aantal"):
				v = 0.25
			case u.counted != nil && len(n.Noun) > 0:
				v = 0.05
			case u.counted != nil && n.Unit == "" && u.counted.support(c.view, clauseAround(c.words, n)) < 0.7:
				continue // stands beside something else
			}
			if u.counted != nil && u.counted.support(c.view, c.words) < 0.95 {
				v -= 0.1
			}
			best = max(best, v)
		}
		if best < -0.5 {
			return -0.4, false // it counts nothing that was asked
		}
		return best, true
	case FormDate:
		for _, n := range c.numbers {
			switch n.Kind {
			case dutch.Year, dutch.CalDate, dutch.Decade:
				if dayAsked.MatchString(u.plain) && n.Day == 0 {
					continue
				}
				if !u.asked(n) {
					worth := 0.25
					if n.Day != 0 {
						worth = 0.32
					}
					if whenItself.MatchString(u.plain) && takesPlace.MatchString(c.plain) {
						worth += 0.1
					}
					bonus = max(bonus, worth)
				}
			case dutch.Ordinal:
				if strings.Contains(u.plain, "hoeveelste") {
					return 0.3, true
				}
			}
		}
		if bonus > 0 {
			return bonus, true
		}
		return -0.4, false
	case FormDuration, FormFrequency:
		for _, n := range c.numbers {
			if u.Form == FormFrequency && n.Kind == dutch.Ordinal && len(n.Noun) > 0 && (n.Noun[0] == "keer" || n.Noun[0] == "maal" || n.Noun[0] == "time") {
				return 0.3, true
			}
			if n.Kind != dutch.Quantity || u.asked(n) {
				continue
			}
			switch n.Unit {
			case "jaar", "maand", "week", "dag", "uur", "minuut", "kwartaal":
				if u.Form == FormDuration && offset(c, n) {
					continue
				}
				return 0.3, true
			}
			if u.Form == FormFrequency {
				return 0.1, true
			}
		}
		if u.Form == FormFrequency && frequency.MatchString(c.text) {
			return 0.3, true
		}
		if u.Form == FormDuration && noTerm.MatchString(c.text) {
			return 0.25, true
		}
		if u.Form == FormDuration && since.MatchString(c.text) {
			for _, n := range c.numbers {
				if n.Kind == dutch.Year || n.Kind == dutch.CalDate {
					return 0.05, true // sinds 1950: how long is for the reader to count
				}
			}
		}
		return -0.4, false
	case FormWho:
		if i := slices.IndexFunc(u.terms, func(t *term) bool { return t.role }); i >= 0 && !u.holds(c, u.terms[i]) {
			return -0.4, false
		}
		if m := toWhom.FindStringSubmatch(u.plain); m != nil && !withAsked.MatchString(u.plain) && u.behind(c, m[1]) {
			return 0.3, true
		}
		if benefits.MatchString(u.plain) && anyone.MatchString(c.plain) {
			return 0.5, true
		}
		if u.slot.kind || u.namesSomeone(c) {
			if withAsked.MatchString(u.plain) && together.MatchString(c.text) {
				return 0.35, true
			}
			if byGroup.MatchString(c.text) {
				return 0.25, true
			}

			return 0.15, true
		}
		return -0.3, benefits.MatchString(u.plain)
	case FormWhere:
		for i, w := range c.words {
			if (places[w.text] || locations[w.text]) && !u.mentions(c, w) {
				if bonus = max(bonus, 0.15); standsAt(c.words, i) {
					return 0.3, true
				}
			}
		}
		if bonus > 0 {
			return bonus, true
		}
		return -0.1, !residence.MatchString(u.plain)
	case FormWhy:
		if reasons.MatchString(c.text) {
			return 0.2, true
		}
		return 0, true
	case FormYesNo:
		return u.decides(c), true
	case FormDefinition:
		if deedsAsked.MatchString(u.plain) {
			return u.deed(c), true
		}
		return u.defines(c), true
	case FormOpen:
		if deedsAsked.MatchString(u.plain) {
			return u.deed(c), true
		}
	case FormList:
		if (c.list || announces(c) > 0) && u.saysType(c) {
			return 0.3, true // "vier onderwerpen:", where the question asks which subjects
		}
		if c.list && u.asksOne() {
			return -0.1, true
		}
		if strings.Count(c.text, ",") >= 2 || strings.HasSuffix(c.text, ":") {
			return 0.1, true
		}
		return 0, true
	}
	return 0, true
}

// standsAt reports whether a preposition of place stands before the name that word i is
// of: in Den Haag, op de website.
func standsAt(ws []word, i int) bool {
	for i--; i >= 0 && (articles[ws[i].text] || ws[i].capital); i-- {
	}
	return i >= 0 && (ws[i].text == "in" || ws[i].text == "te" || ws[i].text == "aan" || ws[i].text == "op" || ws[i].text == "at" || ws[i].text == "on")
}

// pluralNoun is the form of most Dutch nouns for several things.
var pluralNoun = re(`(en|s|'s)$`)

// asksOne reports whether a question asks which one it is: welke wet.
func (u *Understanding) asksOne() bool {
	m := typeWord.FindStringSubmatch(u.spelled)
	return m != nil && u.Asked == "nl" && !pluralNoun.MatchString(m[1])
}

// saysType reports whether a candidate says the word for what a list question asks:
// welke onderwerpen.
func (u *Understanding) saysType(c *candidate) bool {
	m := typeWord.FindStringSubmatch(u.spelled)
	if m == nil || u.asksOne() {
		return false
	}
	opening := c.words
	if line, _, ok := strings.Cut(c.text, "\n"); ok && c.list {
		n := utf8.RuneCountInString(line)
		opening = slices.DeleteFunc(slices.Clone(c.words), func(w word) bool { return w.start >= n })
	}
	for i, t := range u.terms {
		if t.text == m[1] && (c.headed[i] >= 0.85 || t.support(c.view, opening) >= 0.85) {
			return true
		}
	}
	return false
}

// headedByQuestion reports whether a heading above a candidate asks what the question
// asks: "1 Wat is het Arboplatform?".
func (u *Understanding) headedByQuestion(c *candidate) bool {
	for _, h := range append([]string{c.passage.Document.Title}, c.passage.Heading...) {
		if !definitionHeading.MatchString(h) {
			continue
		}
		ws, all := words(h, "nl"), true
		for _, t := range u.terms {
			all = all && (t.weight < 0.3 || t.says(ws) >= 0.85)
		}
		// "Wat is SER Diversiteit in Bedrijf?" does not ask what diversity is.
		all = all && !slices.ContainsFunc(ws, func(w word) bool {
			return w.capital && !w.stop && !w.acronym && !slices.ContainsFunc(u.terms, func(t *term) bool { return t.says([]word{w}) >= 0.85 })
		})
		if all {
			return true
		}
	}
	return false
}

// underReason reports whether a heading above a candidate asks why, about what the
// question asks.
func (u *Understanding) underReason(c *candidate) bool {
	for _, h := range c.passage.Heading {
		if !reasonHeading.MatchString(h) {
			continue
		}
		ws := words(h, "nl")
		for _, t := range u.terms {
			if t.weight >= 0.2 && !t.council && !weak[t.text] && !t.light && t.says(ws) >= 0.7 {
				return true
			}
		}
	}
	return false
}

var reasonHeading = re(`(?i)^[\d.\s]*(waarom|why)\b`)

var definitionHeading = re(`(?i)^[\d.\s]*(wat|wie|what|who) (is|zijn|are|betekent|doet|does)\b`)

// reasonAfter is the sentence within two after a candidate that gives its reason.
func reasonAfter(c *candidate) *candidate {
	for n, i := c.next, 0; n != nil && i < 2; n, i = n.next, i+1 {
		if givesReason.MatchString(n.text) && n.usable {
			return n
		}
	}
	return nil
}

// reasonBeside reports whether the sentence before or after a candidate tells a reason,
// purpose or cause.
func (u *Understanding) reasonBeside(c *candidate) bool {
	for _, n := range []*candidate{c.prev, c.next} {
		if n != nil && n.usable && (reasons.MatchString(n.text) || thereby.MatchString(n.text)) {
			return true
		}
	}
	return thereby.MatchString(c.text)
}

// thereby are words of cause and purpose besides those of reasons.
var thereby = re(`(?i)\b(door|dankzij|zo|dan|dus|helpt|zorgt|voorkomt|wil|wilde|nodig|belangrijk|due|thanks|thus|so that|needed)\b`)

var givesReason = re(`(?i)^(de|die|een) reden\b|^(dat|dit) (komt|kwam|gebeurt|gebeurde|is|was) (doordat|omdat|vanwege|door)\b|^(daarvoor|hiervoor) (is|zijn|was|waren)\b|^the reason\b`)

// offset reports whether a stretch of time is how long before or after something else
// happened, not how long something took: vijf jaar na de oprichting.
func offset(c *candidate, n dutch.Number) bool {
	at := wordAt(c.words, n)
	for i := at; i < len(c.words) && i <= at+2; i++ {
		switch c.words[i].text {
		case "na", "later", "eerder", "geleden", "nadat", "voordat", "ago", "earlier", "after":
			return true
		}
	}
	return false
}

// clauseAround are the words of the clause that a number stands in.
func clauseAround(ws []word, n dutch.Number) []word {
	at := wordAt(ws, n)
	from, to := at, at+1
	for from > 0 && ws[from-1].clause == ws[at].clause {
		from--
	}
	for to < len(ws) && ws[to].clause == ws[at].clause {
		to++
	}
	return ws[from:to]
}

var (
	about      = re(`(?i)\b(gaat|gaan|ging|gingen|draait|draaide) (\w+ )?(over|om)\b|\bonderwerp\b|\bis about\b`)
	aboutAsked = re(`\b(over|om|about)$|\bwaarover\b`)
	since      = re(`(?i)\b(sinds|vanaf|opgericht|bestaat|since|founded)\b`)
	noTerm     = re(`(?i)\b(geen (\w+ )?(termijn|tijd|duur|einddatum)|(termijn|tijd|duur|looptijd) .{0,40}\b(verschilt|wisselt|hangt af|ligt niet vast)|no (fixed|set) (term|time|period))\b`)
	frequency  = re(`(?i)\b(jaarlijks\w*|maandelijks\w*|wekelijks\w*|dagelijks\w*|tweewekelijks\w*|halfjaarlijks\w*|elk(e)? (jaar|maand|week|dag|kwartaal)|ieder(e)? (jaar|maand|week|dag)|per (jaar|maand|week|dag)|(een|twee|drie|vier|\d+) keer|om de \w+ weken|yearly|annual\w*|monthly|weekly|once|twice|every)\b`)
	byGroup    = re(`(?i)\b(door|namens|van|with|by|met) (de |het |the )?(bedrijfsleven|werkgevers|werknemers|bedrijven|ondernemers|regering|overheid|minister|koning|commissie|vakbonden)\b`)
	withAsked  = re(`\b(met (wie|welke)|with (whom|which)|who with)\b`)
	together   = re(`\b([Ss]amen|[Tt]ogether) (met|with) (de |het |the )?\p{Lu}`)
	reasons    = re(`(?i)\b(want|omdat|doordat|zodat|daarom|daardoor|vanwege|wegens|namelijk|om .{3,80} te|reden|doel|bedoeld|because|since|therefore|in order to|so that|reason)\b`)
	locations  = set(`gebouw adres gevestigd landelijk regio plaats locatie zaal kantoor haag website internet online bezuidenhoutseweg brancheniveau arboplatform databank site platform`)
)

// nouns reports whether a number counts what the question asks for.
func (u *Understanding) nouns(n dutch.Number) bool {
	if len(n.Noun) == 0 {
		return false
	}
	ws := words(strings.Join(n.Noun, " "), "nl")
	return u.counted.says(ws) >= 0.7
}

// mentions reports whether the question itself has a word of a candidate.
func (u *Understanding) mentions(c *candidate, w word) bool {
	at := c.of[w.nth]
	for _, t := range u.terms {
		for _, a := range t.alts {
			for _, memo := range a.memo {
				if memo[at] >= 0.9 {
					return true
				}
			}
		}
	}
	return false
}

// holds reports whether a sentence gives the name of who holds an office, and the
// office is the one asked for: what the question names beside it stands beside it.
func (u *Understanding) holds(c *candidate, role *term) bool {
	at := -1
	for i := range c.words {
		if role.support(c.view, c.words[i:i+1]) >= 0.7 {
			at = i
			break
		}
	}
	if at < 0 {
		return false
	}
	named := false
	for _, w := range c.words {
		named = named || (w.capital && !w.opening || w.opening && w.capital && !w.stop) && !w.number && !w.stop && !u.mentions(c, w) && !groups[w.text]
	}
	if !named {
		return false
	}
	near := c.words[max(0, at-4):min(len(c.words), at+10)]
	for _, t := range u.terms {
		if t == role || t.light || t.weight < 0.3 || weak[t.text] {
			continue
		}
		i := slices.Index(u.terms, t)
		if t.support(c.view, near) < 0.7 && !(c.refers() && c.prev != nil && c.prev.says != nil && c.prev.says[i] >= 0.6) {
			return false
		}
	}
	// "voorzitter van de commissie" is not the chair of the Council.
	for i := at + 1; i < min(len(c.words), at+5); i++ {
		if w := c.words[i]; (w.text == "van" || w.text == "of") && !c.refers() {
			for j := i + 1; j < len(c.words); j++ {
				if !c.words[j].stop {
					return u.mentions(c, c.words[j])
				}
			}
		}
	}
	return true
}

// groups are words for someone: persons, organisations and parties.
var groups = set(`werkgevers werknemers ondernemers kroonleden vakbonden bedrijfsleven regering kabinet parlement minister ondernemingsraad bedrijfsleiding
	werkgeversorganisaties deskundigen voorzitter directeur commissie raad stichting bonden organisaties bedrijven jongeren leden overheid bestuur koning kroon kamers partijen deelnemers arbeidsinspectie
	jongerenorganisaties ondernemersorganisaties secretaris foundation koninklijk wetgever`)

// abbreviated are abbreviations that name nobody.
var abbreviated = set(`ri e ai imvo mvo cao aow ww wao wia zzp llo lll sdg sdgs isbn segv mlt arbo`)

// ofIt reports whether the name at i only says whose or where: het gebouw van de SER.
func ofIt(ws []word, i int) bool {
	if i < 2 || ws[i-1].text != "de" && ws[i-1].text != "the" {
		return false
	}
	switch ws[i-2].text {
	case "van", "bij", "in", "over", "binnen", "aan", "of", "at", "about":
		return true
	}
	return false
}

// benefits asks for whom something is, which may be a thing: voor wie.
var benefits = re(`\b(voor|aan|for|to) (wie|whom)\b|\bwho .{1,60} for$`)

// someone reports whether a word is for persons or organisations, or a compound of such
// a word: arbodeskundigen.
func someone(w word) bool {
	if groups[w.text] {
		return true
	}
	for n := 3; n+5 < len(w.text); n++ {
		if groups[w.text[n:]] {
			return true
		}
	}
	return false
}

// anyone says whom something is there for.
var anyone = re(`\b(iedereen|bedoeld voor|bestemd voor|doelgroep\w*|meant for|intended for|everyone|anyone)\b|\b(kan|kunnen|kon|konden) .*\bterecht\b`)

// toWhom asks whom something is for, or done to.
var toWhom = re(`\b(voor|namens|met|aan|tegen|for|with|to) (?:wie|whom)\b`)

// behind reports whether a candidate has a word behind a preposition that the question
// does not have.
func (u *Understanding) behind(c *candidate, preposition string) bool {
	for i, w := range c.words {
		if w.text != preposition {
			continue
		}
		for _, x := range c.words[i+1 : min(len(c.words), i+4)] {
			if x.wide || x.number {
				break
			}
			if !x.stop && !u.mentions(c, x) {
				return true
			}
		}
	}
	return false
}

// namesSomeone reports whether a candidate names persons, organisations or parties that the
// question does not have.
func (u *Understanding) namesSomeone(c *candidate) bool {
	runes := []rune(c.text)
	for i, w := range c.words {
		if u.mentions(c, w) || abbreviated[w.text] || w.text == "ser" && ofIt(c.words, i) || w.capital && !someone(w) && quoted(runes, w.start) {
			continue
		}
		if someone(w) || (w.capital && !w.opening || w.acronym) && !w.stop && !w.number {
			return true
		}
		if w.opening && w.capital && !w.stop && !w.number && i+1 < len(c.words) && (c.words[i+1].capital || nameVerbs[c.words[i+1].text]) {
			return true
		}
	}
	return false
}

// nameVerbs follow a name that opens a sentence: Stedin won.
var nameVerbs = set(`is was won wint wonnen werd wordt maakte heeft had hield sprak schreef leidde leidt kreeg deed bereidde presenteerde zei`)

// defines is what a sentence gains by defining the question's subject: "X is een",
// "X zijn", "X betekent", "onder X verstaan we", "X: …".
func (u *Understanding) defines(c *candidate) float64 {
	if first, rest, ok := strings.Cut(c.text, " | "); ok && c.row && !strings.Contains(rest, "|") {
		// A row of a list of words: the word, and what it means.
		n, all := utf8.RuneCountInString(first), true
		for _, w := range c.words {
			all = all && (w.start >= n || w.stop || u.mentions(c, w))
		}
		if all {
			return 0.4
		}
	}
	for _, t := range u.terms {
		if !shortAsked.MatchString(u.plain) {
			break
		}
		if long := abbreviations[t.text]; long != "" && strings.Contains(dutch.Fold(c.text), long) && strings.Contains(" "+c.plain+" ", " "+t.text+" ") {
			return 0.35
		}
		if expands(c.text, t.text) {
			return 0.3
		}
	}
	if aboutAsked.MatchString(u.plain) && about.MatchString(c.text) {
		return 0.3
	}
	if u.wordAsked {
		return u.naming(c)
	}
	if m := kindDefined.FindStringSubmatch(c.plain); m != nil && strings.Contains(u.plain, "een "+m[2]) {
		if m[1] == "" {
			return 0.32
		}
		return 0.25 // "in een advies staat wat de SER vindt"
	}
	for i, w := range c.words {
		switch w.text {
		case "heet", "heten", "noemen", "noemt", "genoemd", "called":
			for _, x := range c.words[i:min(len(c.words), i+6)] {
				if u.mentions(c, x) {
					return 0.25
				}
			}
		}
	}
	last := -1
	for i, w := range c.words {
		if i > 8 {
			break
		}
		if u.mentions(c, w) && !(last >= 0 && defining[w.text]) {
			if !u.ofLongerName(c, i) && (last >= 0 || !underPreposition(c.words, i) || i <= 2) {
				last = i
			}
			continue
		}
		if last >= 0 && i > last {
			switch w.text {
			case "betekent", "means":
				if i == last+1 && last <= 2 {
					return 0.32
				}
			}
			switch w.text {
			case "is", "zijn", "betekent", "heet", "was", "waren", "are", "means", "helpt", "staat", "vormen":
				if i <= last+2 && (w.text != "zijn" || last <= 2) { // else it is whose
					if after := afterSource(c.words[i+1:]); len(after) > 0 {
						switch after[0].text {
						case "een", "het", "de", "a", "an", "the", "voor":
							if partOf(after) {
								return 0.1 // one of several says little of it
							}
							if last <= 2 {
								return 0.32 // it begins with what it defines
							}
							return 0.25
						case "in", "op", "sinds", "niet", "geen", "bij":
							return 0.05
						}
					}
					return 0.18
				}
			}
		}
	}
	for i, w := range c.words {
		if i == 3 {
			break
		}
		if u.mentions(c, w) {
			return 0.08 // it is about the subject
		}
	}
	if len(c.heading) > 0 && c.prev == nil {
		hits := 0
		for _, t := range u.terms {
			if t.weight >= 0.3 && t.support(c.view, c.heading) >= 0.7 {
				hits++
			}
		}
		if hits > 0 {
			return 0.12 // the first sentence under a heading of that name
		}
	}
	return 0
}

// deedsAsked asks what somebody does, or what for.
var deedsAsked = re(`^(en |and )?(wat (doet|doen|deed|deden)\b|what (do|does|did) .*\bdo\b|(wat|what|welke|which) .*\b(rol|taak|taken|functie|role|task|tasks) (van|of|heeft|hebben|had|hadden|has|have)\b)`)

// Words of what somebody is there for, and verbs that say what somebody is and not what
// it does.
var (
	purposes  = set(`rol rollen taak taken functie functies doel doelen role roles task tasks aim purpose`)
	copulas   = set(`is zijn was waren heet heten heette heetten wordt worden werd werden telt tellen telde telden bestaat bestaan bestond zit zitten zat zaten hoort horen kent ligt liggen staat staan stond stonden betekent betekenen are were stands means counts consists belongs called`)
	leastDoer = 5 // words before which a sentence names who does it
)

// headedBySubject reports whether the heading above a candidate names what the question is
// about.
func (u *Understanding) headedBySubject(c *candidate) bool {
	for i, t := range u.terms {
		if t.weight >= 0.3 && c.headed[i] >= 0.7 {
			return true
		}
	}
	return false
}

// underPreposition reports whether a word hangs on a preposition before it: over de dialoog.
func underPreposition(ws []word, i int) bool {
	for i--; i >= 0 && articles[ws[i].text]; i-- {
	}
	return i >= 0 && prepositions[ws[i].text]
}

// besides marks what is told as more of the same.
var besides = re(`\b(ook|daarnaast|bovendien|also|too)\b`)

// deed is what a sentence gains by saying what the question's subject does: it begins
// with the subject and goes on with a verb, or speaks of its task.
func (u *Understanding) deed(c *candidate) float64 {
	doer := -1
	for i, w := range c.words[:min(len(c.words), leastDoer)] {
		if u.mentions(c, w) && !generic[w.text] && !u.ofLongerName(c, i) && !underPreposition(c.words, i) {
			doer = i
		}
	}
	if doer < 0 {
		return 0
	}
	bonus := 0.25
	if u.headedBySubject(c) {
		bonus += 0.1
	}
	if besides.MatchString(c.plain) {
		bonus -= 0.15 // what it does too is not the first to say
	}
	for _, w := range c.words {
		if purposes[w.text] {
			return bonus
		}
	}
	for _, w := range c.words[doer+1 : min(len(c.words), doer+4)] {
		switch {
		case copulas[w.text]:
			return -0.1
		case !w.stop && infinitiveOf(w.text) != "":
			return bonus
		}
	}
	return 0.08
}

// defining are verbs between a word and what it means.
var defining = set(`is zijn betekent betekende betekenen heet are means`)

// afterSource are the words after whom a definition is of: "volgens advies 2010/04", "voor
// de SER".
func afterSource(ws []word) []word {
	if len(ws) == 0 || ws[0].text != "volgens" && ws[0].text != "voor" {
		return ws
	}
	for i := 1; i < min(len(ws), 6); i++ {
		if ws[i].text == "ser" || ws[i].text == "raad" || ws[i].number && (i+1 == len(ws) || !ws[i+1].number) {
			return ws[i+1:]
		}
	}
	return ws
}

// ofLongerName reports whether word i of a candidate is part of a name that goes on
// with words that the question does not have: Diversiteit in Bedrijf.
func (u *Understanding) ofLongerName(c *candidate, i int) bool {
	if w := c.words[i]; !w.capital || w.opening {
		return false
	}
	for j := i + 1; j < len(c.words) && j <= i+2; j++ {
		switch w := c.words[j]; {
		case w.wide:
			return false
		case w.capital:
			return !u.mentions(c, w)
		case !w.stop:
			return false
		}
	}
	return false
}

// residence asks for where somebody lives.
var residence = re(`\b(woont|wonen|woonde|live|lives|lived)\b`)

// kindQuestion asks what a kind of thing is.
var kindQuestion = re(`^(wat|what) (is|zijn|betekent|s) (een|a|an)\b`)

// kindDefined opens sentences on what a kind of thing is: een X is, in een X staat.
var kindDefined = re(`^(in |bij |met |onder )?een (\w+) (is|was|staat|staan|betekent|heeft|gaat|verstaan|verstaat|let|vinden|legt)\b`)

// withinName reports whether a candidate has the names of the question only within a longer
// one: the Charter, in "Monitor Charter Diversiteit".
func (u *Understanding) withinName(c *candidate) bool {
	within := false
	for i, w := range c.words {
		if !w.capital || w.opening || i == 0 || !u.mentions(c, w) {
			continue
		}
		before := c.words[i-1]
		if u.mentions(c, before) {
			continue
		}
		if !before.capital || before.opening || before.acronym || before.wide || before.stop {
			return false
		}
		within = true
	}
	return within
}

// partOf reports whether words say that something is one of many: een van de, one of
// the.
func partOf(ws []word) bool {
	return len(ws) > 2 && (ws[0].text == "een" && ws[1].text == "van" || ws[0].text == "one" && ws[1].text == "of")
}

// decides is what a sentence gains by saying yes or no: the question's verb near its
// start, or a denial.
func (u *Understanding) decides(c *candidate) float64 {
	verb, _, _ := strings.Cut(u.plain, " ")
	bonus := 0.0
	for i, w := range c.words {
		if i < 7 && w.text == verb {
			bonus = 0.2
		}
	}
	if i := u.predicate(); i >= 0 && c.says[i] >= 0.6 && judging.MatchString(c.text) {
		bonus += 0.25 // "is geen overheidsinstelling", where the question asks whether it is of the overheid
	}
	if len(negatorsOf(c.words)) > 0 || strings.Contains(" "+c.plain+" ", " ook ") || strings.Contains(" "+c.plain+" ", " wel ") {
		bonus += 0.06
	}
	return bonus
}

// judging are sentences that say outright whether something is so.
var judging = re(`(?i)\b(is|zijn|heeft|hebben|was|waren|hoeft|hoeven|mag|mogen) (dus |ook |wel )?(geen|niet)\b|\b(is|are|was|were|has|have|does) (not|no)\b`)

// shortAsked marks questions after what an abbreviation stands for.
var shortAsked = re(`\b(afkorting|staat|staan|betekent|betekenen|stand|stands|abbreviation|short for|mean|means)\b`)

// expands reports whether a sentence says what an abbreviation is short for.
func expands(sentence, abbreviation string) bool {
	if len(abbreviation) < 2 || len(abbreviation) > 6 {
		return false
	}
	lower := strings.ToLower(sentence)
	return strings.Contains(lower, "("+abbreviation+")") || strings.Contains(lower, "afkorting") && strings.Contains(" "+plain(sentence)+" ", " "+abbreviation+" ")
}

// compose chooses the sentences of an answer, the most direct first, or none when
// nothing answers. The string says why.
func (s *Service) compose(u *Understanding, passages []corpus.Passage) ([]composed, string) {
	cs, views := s.reader.candidates(passages)
	u.prepare(cs, views)
	u.views = views
	var fit []*candidate
	var nearest *candidate
	for _, c := range cs {
		u.rate(c, len(passages))
		if nearest == nil || c.score > nearest.score {
			nearest = c
		}
		if c.usable && c.missing == "" && c.fits && c.coverage >= leastCoverage && c.own >= ownFloor(c) {
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 {
		if nearest == nil {
			return nil, "no passages"
		}
		if j := u.joint(cs, len(passages)); j != nil {
			return j.inOrder(), fmt.Sprintf("two sentences, best %.2f: %.60q fills %.60q", j.score, j.fills.text, j.about.text)
		}
		return nil, fmt.Sprintf("nearest: coverage %.2f, own %.2f, fits %v, missing %q, open %q: %.80q", nearest.coverage, nearest.own, nearest.fits && nearest.usable, nearest.missing, nearest.open, nearest.text)
	}
	slices.SortStableFunc(fit, func(a, b *candidate) int { return cmp.Compare(b.score, a.score) })
	best := fit[0]
	limit := s.limit(u)
	var out []composed
	for _, c := range fit {
		if len(out) >= limit || c.score < best.score-margin {
			break
		}
		if c != best && !u.explains() && u.Form != FormYesNo && u.lessThan(c, best) {
			continue // answers something else
		}
		if c != best && (c.coverage < best.coverage-0.15 || c.own < 0.6*best.own || c.ofCouncil != best.ofCouncil) || u.repeated(c, out) || (u.Form == FormNumber || u.Form == FormDate) && repeats(c, best) {
			continue
		}
		if c != best && c.points && !slices.ContainsFunc(out, func(o composed) bool { return o.candidate == c.prev }) && !u.explains() {
			continue // points at something that was not said
		}
		if c.points && c.prev != nil && c.prev.usable && len(out)+1 < max(limit, 2) && !u.repeated(c.prev, out) {
			out = append(out, composed{candidate: c.prev, lead: true})
		}
		out = append(out, composed{candidate: c})
	}
	out = s.continueWith(u, out, limit)
	if !u.tellsAll(out) {
		return nil, fmt.Sprintf("tells fewer than the %d asked for: %.80q", u.slot.many, best.text)
	}
	out = u.overTime(out, fit)
	out = u.withDivision(out, cs)
	return out, fmt.Sprintf("%d of %d fit; best %.2f: coverage %.2f, own %.2f", len(fit), len(cs), best.score, best.coverage, best.own)
}

// lessThan reports whether a candidate leaves out something that the question asks
// and the best one says.
func (u *Understanding) lessThan(c, best *candidate) bool {
	for i, t := range u.terms {
		if t.weight >= 0.5 && best.says[i] >= 0.7 && c.in(i, t) < 0.65 {
			return true
		}
	}
	return false
}

// limit is how many sentences a form of question gets.
func (s *Service) limit(u *Understanding) int {
	switch u.Form {
	case FormNumber, FormDate, FormDuration, FormFrequency, FormYesNo:
		return min(2, s.sentences)
	case FormWho, FormWhere:
		return min(3, s.sentences)
	}
	return min(4, s.sentences)
}

// wholeOwn is the share of a question's terms above which a sentence says by itself
// all that is asked.
const wholeOwn = 0.9

// continueWith adds what follows the best sentence where a reader needs it: the
// items after a colon, and the next sentence of an explanation.
func (s *Service) continueWith(u *Understanding, out []composed, limit int) []composed {
	if len(out) == 0 {
		return out
	}
	at := len(out) - 1
	for i, o := range out {
		if !o.lead {
			at = i
			break
		}
	}
	best := out[at].candidate
	if items := following(best); len(items) > 0 && !best.list && (strings.HasSuffix(best.text, ":") || u.Form == FormList) {
		var with []composed
		with = append(with, out[:at+1]...)
		for _, it := range items {
			if len(with) < maxItems && !u.repeated(it, with) {
				with = append(with, composed{candidate: it})
			}
		}
		return with
	}
	if u.Form == FormWhy && !reasons.MatchString(best.text) {
		if n := reasonAfter(best); n != nil && !u.repeated(n, out) {
			out = slices.Insert(out, at+1, composed{candidate: n})
			return out[:min(len(out), limit)]
		}
	}
	switch u.Form {
	case FormDefinition, FormWhy, FormHow, FormOpen, FormList:
		more := 1
		if best.under {
			more = limit // the section answers, not one sentence of it
		}
		for n := best.next; n != nil && more > 0 && len(out) < limit; n = n.next {
			if !n.usable || n.row || n.meta || u.repeated(n, out) || strings.HasSuffix(n.text, "?") || !best.under && !u.goesOn(n) {
				break
			}
			at++
			more--
			out = slices.Insert(out, at, composed{candidate: n})
		}
	}
	if u.Form == FormYesNo && u.Present && now(best) < 0 {
		if n := holdsNow(best); n != nil {
			out = slices.DeleteFunc(out, func(o composed) bool { return o.candidate == n })
			out = slices.Insert(out, min(at+1, len(out)), composed{candidate: n})
			return out[:min(len(out), max(limit, 2))]
		}
	}
	// Where the sentence itself leaves out part of what is asked, the one after it
	// often says it.
	if n := best.next; len(out) < max(limit, 2)+1 && best.own < wholeOwn && n != nil && n.usable && !n.row && !n.meta && u.goesOn(n) && !u.repeated(n, out) && !strings.HasSuffix(n.text, "?") {
		out = slices.Insert(out, at+1, composed{candidate: n})
	}
	return u.withLists(out)
}

// withLists says lists whole of which sentences of the answer are part, where the
// question asks for several things or a sentence announces them.
func (u *Understanding) withLists(out []composed) []composed {
	many := u.asksForMany()
	if !many && !u.explains() && u.Form != FormWho {
		return out
	}
	var kept []composed
	for _, o := range out {
		if !many && announces(o.candidate) == 0 {
			if !overlaps(o.candidate, kept) {
				kept = append(kept, o)
			}
			continue
		}
		for _, c := range u.wholeList(o.candidate) {
			if len(kept) < maxItems && !overlaps(c, kept) {
				kept = append(kept, composed{candidate: c, lead: o.lead && c == o.candidate})
			}
		}
	}
	return kept
}

// holdsNow is the sentence beside one on how things were that says how they are.
func holdsNow(c *candidate) *candidate {
	for _, n := range []*candidate{c.next, c.prev} {
		if n != nil && n.usable && !n.row && !n.meta && now(n) >= 0 && sinceYear.MatchString(n.plain) {
			return n
		}
	}
	return nil
}

var sinceYear = re(`\b(sinds|vanaf|since) (1[5-9]|20)\d\d\b|\b(nu|tegenwoordig|inmiddels|niet meer|geen .{0,30}meer|now|no longer)\b`)

// goesOn reports whether a sentence goes on about what the question asks: it points at
// the one before, or says one of the question's words.
func (u *Understanding) goesOn(c *candidate) bool {
	if c.points || aboutAsked.MatchString(u.plain) && about.MatchString(c.text) || slices.ContainsFunc(c.numbers, u.asked) {
		return true
	}
	for i, t := range u.terms {
		if t.weight >= 0.3 && c.says[i] >= 0.65 {
			return !u.aside(c)
		}
	}
	return false
}

// maxItems bounds an answer that takes a whole list.
const maxItems = 12

// following are the list items that come after a sentence.
func following(c *candidate) []*candidate {
	var out []*candidate
	for n := c.next; n != nil && n.row && n.passage.Kind != corpus.BlockTable; n = n.next {
		out = append(out, n)
	}
	return out
}

// overlaps reports whether a candidate's stretch of text was said already.
func overlaps(c *candidate, said []composed) bool {
	return slices.ContainsFunc(said, func(s composed) bool {
		o := s.candidate
		return o.passage.VersionID == c.passage.VersionID && o.passage.Page == c.passage.Page && o.passage.Document.ID == c.passage.Document.ID && c.start < o.end && o.start < c.end
	})
}

// redundant reports whether a candidate says nothing that was not said already.
func redundant(c *candidate, said []composed) bool {
	return overlaps(c, said) || slices.ContainsFunc(said, func(s composed) bool { return contained(c.words, s.candidate.words) >= leastSame })
}

// leastSame is the share of a sentence that another one has to say for it to say nothing
// new, and leastSameBesides that of what it adds to the question.
const (
	leastSame        = 0.8
	leastSameBesides = 0.6
)

// repeated reports whether a candidate tells nothing of what is asked that was not said
// already: two sentences that share the question's words may still answer it differently.
func (u *Understanding) repeated(c *candidate, said []composed) bool {
	if !redundant(c, said) || overlaps(c, said) {
		return redundant(c, said)
	}
	besides := slices.DeleteFunc(slices.Clone(c.words), func(w word) bool { return u.mentions(c, w) })
	return slices.ContainsFunc(said, func(s composed) bool {
		return contained(c.words, s.candidate.words) >= leastSame && contained(besides, s.candidate.words) >= leastSameBesides
	})
}

// leastRepeated is the share of a sentence's content above which it repeats another,
// where it has no number or name of its own.
const leastRepeated = 0.7

// repeats reports whether a candidate tells the same fact as the best one in slightly
// other words.
func repeats(c, best *candidate) bool {
	if c == best || contained(c.words, best.words) < leastRepeated {
		return false
	}
	for _, w := range c.words {
		if (w.number || w.capital && !w.opening || w.acronym) && closest(w, best.words) < 0.9 {
			return false
		}
	}
	return true
}

// contained is the share of a's content that b says.
func contained(a, b []word) float64 {
	total, found := 0.0, 0.0
	for _, w := range a {
		k := weight(w)
		if w.number {
			k = 1
		}
		if k == 0 {
			continue
		}
		total += k
		if closest(w, b) >= 0.9 {
			found += k
		}
	}
	if total == 0 {
		return 1
	}
	return found / total
}
