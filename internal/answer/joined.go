package answer

import (
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// What is asked and what it is asked of often stand in two sentences: "De workshop over
// data was in september 2023. De SER hield die workshop samen met het Rathenau
// Instituut." Where no sentence answers by itself, two that stand together may: one is
// about what the question is about, the other has what its form asks for.

// joint are two sentences that answer together.
type joint struct {
	about, fills *candidate
	score        float64
}

// Bounds on sentences that answer together.
const (
	jointReach  = 2    // sentences between which one may stand
	jointOwn    = 0.62 // least share of the question that the two say themselves
	jointAbout  = 0.4  // least share that the one says which does not fill the slot
	sharedFloor = 0.85 // least likeness of a word that both have
)

// factual are the forms that ask for one thing which a sentence has or has not.
func (u *Understanding) factual() bool {
	if u.slot.office {
		return true
	}
	switch u.Form {
	case FormNumber, FormDate, FormDuration, FormFrequency, FormWho, FormWhere:
		return true
	}
	return false
}

// joint is the best pair of sentences that answer together, or nil.
func (u *Understanding) joint(cs []*candidate, passages int) *joint {
	if !u.factual() {
		return nil
	}
	var best *joint
	for _, c := range cs {
		if !c.usable || c.row || c.meta || c.list || strings.HasSuffix(c.text, "?") || u.Form == FormNumber && u.deedInTitle(c) {
			continue
		}
		for _, n := range c.besideIt() {
			if j := u.join(c, n, passages); j != nil && (best == nil || j.score > best.score) {
				best = j
			}
		}
	}
	return best
}

// besideIt are the sentences within reach of a candidate, in its passage.
func (c *candidate) besideIt() []*candidate {
	var out []*candidate
	for n, i := c.next, 0; n != nil && i < jointReach; n, i = n.next, i+1 {
		out = append(out, n)
	}
	for n, i := c.prev, 0; n != nil && i < jointReach; n, i = n.prev, i+1 {
		out = append(out, n)
	}
	return out
}

// join reads two sentences as one answer: c is about the question's subject, n has what
// is asked. It is nil where they do not answer it.
func (u *Understanding) join(c, n *candidate, passages int) *joint {
	if !n.usable || n.row || n.meta || n.list || n.says == nil || strings.HasSuffix(n.text, "?") || !u.linked(c, n) || u.aside(n) {
		return nil
	}
	bonus, fits := u.form(n)
	if !fits || bonus <= 0 || u.slotOpen(n) != "" || !u.saysVerb(c) && !u.saysVerb(n) {
		return nil
	}
	if n.itself && !u.ofCouncil() && !n.refers() && u.ofAnother(n) {
		return nil
	}
	if !n.points && !n.refers() && (!u.saysHeavy(n) || n.start > c.start && u.refersBack(c)) {
		return nil // of something else that happened
	}
	total, own, about := 0.0, 0.0, 0.0
	for i, t := range u.terms {
		s := max(c.says[i], n.says[i])
		head := max(s, inHeading*c.headed[i], inOuter*c.outered[i], inTitle*c.titled[i])
		if t.name && head < 0.65 || t.held && head < 0.6 || t.role && n.says[i] < 0.7 {
			return nil
		}
		if t.weight >= 0.5 && !t.light && !t.council && max(head, u.besides(c, i)) < 0.6 {
			return nil // asks for something besides
		}
		total += t.weight
		own += t.weight * max(s, 0.8*head)
		about += t.weight * c.says[i]
	}
	for _, x := range u.numbers {
		total += 0.6
		a, b := u.numberIn(c, x), u.numberIn(n, x)
		if a < 1 && b < 1 && len(c.inHeadings) > 1 {
			return nil // a heading of several years says which of them nowhere
		}
		switch {
		case max(a, b) == 0, a == 0 && x.Kind == dutch.Year && u.Form != FormDate:
			return nil
		default:
			own += 0.6 * max(a, b)
			about += 0.6 * a
		}
	}
	if total == 0 || own/total < jointOwn || about/total < jointAbout {
		return nil
	}
	score := own/total + bonus + 0.12*(1-float64(c.rank)/float64(max(passages, 1)))
	if u.ofCouncil() && !c.council {
		score -= 0.35
	}
	return &joint{about: c, fills: n, score: score}
}

// saysHeavy reports whether a sentence says any of what the question is about.
func (u *Understanding) saysHeavy(n *candidate) bool {
	for i, t := range u.terms {
		if t.weight >= 0.5 && !t.light && !t.council && n.says[i] >= 0.6 {
			return true
		}
	}
	return false
}

// linked reports whether the later of two sentences goes on about what the earlier one
// is about: it points at it, or says one of its words again.
func (u *Understanding) linked(a, b *candidate) bool {
	first, last := a, b
	if last.start < first.start {
		first, last = last, first
	}
	if last.points || last.refers() {
		return true
	}
	for _, w := range last.words {
		if !w.stop && !w.number && len(w.text) > 3 && w.text != "raad" && closest(w, first.words) >= sharedFloor {
			return true
		}
	}
	return false
}

// refers reports whether a sentence says again what was named before it: die workshop.
func (s *sentence) refers() bool {
	return slices.ContainsFunc(s.words, func(w word) bool { return demonstrative[w.text] })
}

// refersBack reports whether a candidate says a thing of the question with a word that
// points at where it was named before: die workshop. What comes after it is another one.
func (u *Understanding) refersBack(c *candidate) bool {
	for i, w := range c.words[:max(len(c.words)-1, 0)] {
		if pointingAtThing[w.text] && !c.words[i+1].stop && u.mentions(c, c.words[i+1]) {
			return true
		}
	}
	return false
}

// pointingAtThing are words that only stand before what they point at: "dat" may begin a
// clause.
var pointingAtThing = set(`die deze dit these those`)

// demonstrative are words before what was named already.
var demonstrative = set(`die dat deze dit toen daarbij daarvan daarmee daarvoor hij zij this that these those`)

// inOrder are the two sentences as they stand.
func (j *joint) inOrder() []composed {
	first, last := j.about, j.fills
	if last.start < first.start {
		first, last = last, first
	}
	return []composed{{candidate: first}, {candidate: last}}
}

// saysVerb reports whether a candidate says what the question's verb says, where it has
// one that tells something: who presents a programme is not who speaks in it.
func (u *Understanding) saysVerb(c *candidate) bool {
	for i, t := range u.terms {
		if !t.verb || t.name || t.light || t.council || t.weight < 0.6 || weak[t.text] || generic[t.text] {
			continue
		}
		if max(c.says[i], c.headed[i]) < 0.6 && (c.prev == nil || !c.points || c.prev.says[i] < 0.6) {
			return false
		}
	}
	return true
}
