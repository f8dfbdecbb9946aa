package answer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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
		if c.usable && !u.wasTold(c) && c.missing == "" && c.fits && c.coverage >= leastCoverage && c.own >= ownFloor(c) {
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
	if (u.slot.people || u.howMany(nearest) > 1) && nearest.open != "" && nearest.own >= wholeOwn && best.own < nearest.own-openMargin && best.score < nearest.score-openMargin {
		return nil, fmt.Sprintf("what is asked is left open: %.80q", nearest.text)
	}
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
		if c != best && best.form >= leastDefining && c.form < leastDefining/2 && kindQuestion.MatchString(u.plain) {
			continue // uses the word, where another one says what it means
		}
		if c != best && c.points && !slices.ContainsFunc(out, func(o composed) bool { return o.candidate == c.prev }) && !u.explains() {
			continue // points at something that was not said
		}
		if (c.points || u.leavesUnnamed(c)) && c.prev != nil && c.prev.usable && len(out)+1 < max(limit, 2) && !u.repeated(c.prev, out) {
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

// leavesUnnamed reports whether the question wants a publication that only the sentence
// before a candidate names.
func (u *Understanding) leavesUnnamed(c *candidate) bool {
	return whichPublication.MatchString(u.plain) && !c.namesPublication() && c.prev != nil && c.prev.namesPublication()
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

// openMargin is by how much a sentence says less of a question than one that says all of it
// and leaves open what is asked, for it to be about something else.
const openMargin = 0.2

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
			if !n.usable || n.row || n.meta || u.repeated(n, out) || strings.HasSuffix(n.text, "?") || !best.under && !u.goesOn(n) || kindQuestion.MatchString(u.plain) && listsWritten.MatchString(n.plain) {
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
	if n := best.next; len(out) < max(limit, 2)+1 && best.own < wholeOwn && n != nil && n.usable && !n.row && !n.meta && u.continues(n, best) && !u.repeated(n, out) && !strings.HasSuffix(n.text, "?") {
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

// continues reports whether a sentence goes on about what the question asks. After a number
// or a date, which answers by itself, it says something that is asked and that the best one
// leaves out.
func (u *Understanding) continues(c, best *candidate) bool {
	if !u.goesOn(c) || c.points || !u.dateOrNumber() {
		return u.goesOn(c)
	}
	for i, t := range u.terms {
		if t.weight >= 0.3 && c.says[i] >= 0.65 && best.says[i] < 0.65 {
			return true
		}
	}
	return slices.ContainsFunc(c.numbers, func(n dutch.Number) bool {
		return u.asked(n) && !slices.ContainsFunc(best.numbers, func(m dutch.Number) bool { return n.Same(m) })
	})
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
