package answer

import (
	"cmp"
	"slices"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// rivals are chosen sentences that say different things of the same, because their
// documents are of different years: newest first.
type rivals []composed

// leastCommon is the share of a sentence, names and numbers included, that another one
// says when both are about the same.
const leastCommon = 0.4

// inTime puts rivals among the chosen sentences newest first, each with the year of its
// document before it where it names none itself.
func inTime(chosen []composed) ([]composed, []rivals) {
	group := make([]int, len(chosen))
	var places [][]int // in chosen, by group
	for i, o := range chosen {
		group[i] = -1
		if o.lead || o.label != "" || o.candidate.points {
			continue
		}
		for j := range i {
			if group[j] >= 0 && o.candidate.disagrees(chosen[j].candidate) {
				group[i] = group[j]
				break
			}
		}
		if group[i] < 0 {
			group[i] = len(places)
			places = append(places, nil)
		}
		places[group[i]] = append(places[group[i]], i)
	}
	out := slices.Clone(chosen)
	var all []rivals
	for _, at := range places {
		if len(at) < 2 {
			continue
		}
		var r rivals
		for _, i := range at {
			o := chosen[i]
			if latestYear(o.candidate) == 0 {
				o.label = documentYear(o.candidate)
			}
			r = append(r, o)
		}
		slices.SortStableFunc(r, func(a, b composed) int {
			return cmp.Compare(b.candidate.passage.Document.Date, a.candidate.passage.Document.Date)
		})
		for k, i := range at {
			out[i] = r[k]
		}
		all = append(all, r)
	}
	return out, all
}

// documentYear is the year of a candidate's document, or "".
func documentYear(c *candidate) string {
	date := string(c.passage.Document.Date)
	return date[:min(len(date), len("2006"))]
}

// disagrees reports whether two sentences of documents of different years say the same
// with other numbers or names.
func (c *candidate) disagrees(o *candidate) bool {
	a, b := documentYear(c), documentYear(o)
	if a == "" || b == "" || a == b || latestYear(c) > 0 && latestYear(o) > 0 {
		return false
	}
	mine, rest := c.marks()
	theirs, others := o.marks()
	lacks := func(ws, in []word) bool {
		return slices.ContainsFunc(ws, func(w word) bool { return closest(w, in) < 0.9 })
	}
	return lacks(mine, theirs) && lacks(theirs, mine) && len(rest) > 0 && len(others) > 0 &&
		contained(rest, others) >= leastSame && contained(others, rest) >= leastSame &&
		contained(c.words, o.words) >= leastCommon && contained(o.words, c.words) >= leastCommon
}

// marks are the numbers and names of a sentence, and rest its other content; its years
// are neither.
func (c *candidate) marks() (marks, rest []word) {
	for _, w := range c.words {
		at := slices.IndexFunc(c.numbers, func(n dutch.Number) bool { return n.Start < w.end && w.start < n.End })
		switch {
		case at >= 0 && (c.numbers[at].Kind == dutch.Year || c.numbers[at].Kind == dutch.CalDate):
		case at >= 0, w.number, w.acronym, w.capital && !w.opening:
			marks = append(marks, w)
		case weight(w) > 0:
			rest = append(rest, w)
		}
	}
	return marks, rest
}

// timed is what comes before a sentence of the model on one of several rivals: the year
// of its document, when the sentence does not tell one. The rivals of newer documents
// are said first.
func (g *generation) timed(said string, ground []*source) (label string, err error) {
	for _, r := range g.turn.rivals {
		at, own := -1, 0
		for i, o := range r {
			if slices.ContainsFunc(ground, func(s *source) bool { return overlaps(o.candidate, []composed{{candidate: s.candidate()}}) }) {
				at = i
				own++
			}
		}
		if own != 1 {
			continue // it tells nothing of them, or how they differ
		}
		if err := g.sayRivals(r[:at]); err != nil {
			return "", err
		}
		if len(years(said)) == 0 {
			label = r[at].label
		}
	}
	return label, nil
}

// tellRivals says the rivals that the model left out of which it said one.
func (g *generation) tellRivals() error {
	for _, r := range g.turn.rivals {
		if slices.ContainsFunc(r, g.told) {
			if err := g.sayRivals(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *generation) told(o composed) bool {
	return slices.ContainsFunc(g.grounds, func(s *source) bool { return overlaps(o.candidate, []composed{{candidate: s.candidate()}}) })
}

// sayRivals says those that were not said yet, in the documents' own words.
func (g *generation) sayRivals(r rivals) error {
	for _, o := range r {
		if g.told(o) || g.said >= maxWritten {
			continue
		}
		c := o.candidate
		s := &source{passage: c.passage, text: c.text, start: c.start, end: c.end}
		if _, ok := g.bears([]*source{s}, s.text); !ok {
			continue
		}
		text := g.turn.framed(s.text, s)
		if o.label != "" {
			text = o.label + ": " + text
		}
		if err := g.show(text, []*source{s}); err != nil {
			return err
		}
		g.said++
	}
	return nil
}
