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
// says when both are about the same, and leastAlike the share of its words that stand in
// the same order.
const (
	leastCommon = 0.4
	leastAlike  = 0.75
)

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

// withRivals adds to the sentence that answers best what documents of other years say in
// its place, when the question names neither a year nor what they differ in. Where most
// of two long sentences is the same, the choice of sentences takes them for one.
func (t *turn) withRivals(chosen []composed) []composed {
	at := slices.IndexFunc(chosen, func(o composed) bool { return !o.lead })
	if at < 0 || chosen[at].label != "" || chosen[at].candidate.points || len(years(t.u.Question)) > 0 || len(t.also) > 0 {
		return chosen
	}
	best := chosen[at].candidate
	asked := words(t.u.Question, t.u.Lang)
	others, _ := t.service.reader.candidates(t.passages)
	var rivals []composed
	for _, c := range others {
		named := func(w word) bool { return closest(w, asked) >= 0.9 && closest(w, c.words) < 0.9 }
		if len(rivals) < mostEarlier && c.usable && !c.meta && !c.points && best.disagrees(c) && !overlaps(c, chosen) && !slices.ContainsFunc(best.words, named) {
			rivals = append(rivals, composed{candidate: c})
		}
	}
	return slices.Insert(slices.Clone(chosen), at+1, rivals...)
}

// documentYear is the year of a candidate's document, or "".
func documentYear(c *candidate) string {
	date := string(c.passage.Document.Date)
	return date[:min(len(date), len("2006"))]
}

// disagrees reports whether two sentences of documents of different years say the same in
// the same order, with another number or name in it, both of their own time.
func (c *candidate) disagrees(o *candidate) bool {
	a, b := documentYear(c), documentYear(o)
	if a == "" || b == "" || a == b || c.row || o.row || now(c) < 0 || now(o) < 0 || latestYear(c) > 0 && latestYear(o) > 0 ||
		contained(c.words, o.words) < leastCommon || contained(o.words, c.words) < leastCommon {
		return false
	}
	mine, theirs := c.outline(o), o.outline(c)
	return slices.Contains(mine, "") && slices.Contains(theirs, "") && float64(common(mine, theirs)) >= leastAlike*float64(max(len(mine), len(theirs)))
}

// outline are the stems of a sentence's content, with "" for the numbers and names that
// another one does not say; its years are left out.
func (c *candidate) outline(other *candidate) []string {
	var out []string
	for _, w := range c.words {
		at := slices.IndexFunc(c.numbers, func(n dutch.Number) bool { return n.Start < w.end && w.start < n.End })
		mark := at >= 0 || w.number || w.acronym || w.capital && !w.opening
		switch {
		case at >= 0 && (c.numbers[at].Kind == dutch.Year || c.numbers[at].Kind == dutch.CalDate), !mark && weight(w) == 0:
		case !mark || closest(w, other.words) >= 0.9:
			out = append(out, w.stem)
		case len(out) == 0 || out[len(out)-1] != "": // a name of several words is one
			out = append(out, "")
		}
	}
	return out
}

// common is the length of the longest common subsequence.
func common(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(row[j], above)
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

// timed is what comes before a sentence of the model on one of several rivals: the year
// of its document, when the sentence does not tell one. The rivals of newer documents
// are said first.
func (g *generation) timed(said string, ground []*source) (label string, err error) {
	for _, r := range g.turn.rivals {
		at, own := -1, 0
		for i, o := range r {
			if o.among(ground) {
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
		if slices.ContainsFunc(r, func(o composed) bool { return o.among(g.grounds) }) {
			if err := g.sayRivals(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// among reports whether one of the sources is a chosen sentence, or part of it.
func (o composed) among(sources []*source) bool {
	return slices.ContainsFunc(sources, func(s *source) bool { return overlaps(o.candidate, []composed{{candidate: s.candidate()}}) })
}

// sayRivals says those that were not said yet, in the documents' own words.
func (g *generation) sayRivals(r rivals) error {
	for _, o := range r {
		if o.among(g.grounds) {
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
	}
	return nil
}
