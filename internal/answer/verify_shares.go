package answer

import (
	"regexp"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// A share or an amount is of a group: "Van de huurders heeft 61 procent geen vertrouwen.
// Bij kopers is dat 43 procent." Given to another group, or to all where the passage gives
// it to one, the sentence says something else with words that are all in the passage.

// ofGroup introduces the group that a share is of.
var ofGroup = set(`bij onder van in voor among of for`)

// checkShares objects to a share or amount of a group to which the passage gives another
// one, and to one without the group that the passage gives it to.
func (g *ground) checkShares(c *claim, add report) {
	if c.lang != g.lang {
		return
	}
	for _, n := range c.numbers {
		if n.Kind != dutch.Quantity || n.Unit != "%" && n.Unit != "pp" && n.Unit != "euro" {
			continue
		}
		mine := g.sentencesWith(n)
		if len(mine) != 1 {
			continue // it is nowhere, or the passage says it more than once
		}
		for i, w := range c.words {
			if w.stop || w.number || i == 0 || !groupBefore(c.words, i) {
				continue
			}
			if other := g.givesOther(w, n, mine[0]); other {
				add(CheckNumber, "the passage gives %q another share than %q", w.text, c.slice(n))
				return
			}
		}
		if w, ok := g.onlyOf(c, n, mine[0]); ok {
			add(CheckNumber, "the passage says %q of %q only", c.slice(n), w.text)
			return
		}
	}
}

func (c *claim) slice(n dutch.Number) string { return corpusSlice(c.text, n.Start, n.End) }

// groupBefore reports whether word i stands in a phrase that names a group: van de kopers.
func groupBefore(ws []word, i int) bool {
	if ofGroup[ws[i-1].text] {
		return true
	}
	return i > 1 && ofGroup[ws[i-2].text] && (ws[i-1].text == "de" || ws[i-1].text == "het" || ws[i-1].text == "the")
}

// sentencesWith are the sentences of the passage that have a number.
func (g *ground) sentencesWith(n dutch.Number) []int {
	var out []int
	for _, m := range g.numbers {
		if n.Same(m) {
			if s := g.sentenceAt(m.Start); len(out) == 0 || out[len(out)-1] != s {
				out = append(out, s)
			}
		}
	}
	return out
}

func (g *ground) sentenceAt(at int) int {
	for s, span := range g.spans {
		if at < span.End {
			return s
		}
	}
	return len(g.spans) - 1
}

// givesOther reports whether the passage names a group in one sentence only, another than
// where it has the number, and gives it another number of the same unit there.
func (g *ground) givesOther(w word, n dutch.Number, at int) bool {
	found := -1
	for s, ws := range g.sentences {
		for i, o := range ws {
			if o.text != w.text && (o.key != w.key || len(w.key) < 4) {
				continue
			}
			if found >= 0 && found != s || s == at || i == 0 || !groupBefore(ws, i) {
				return false
			}
			found = s
		}
	}
	if found < 0 {
		return false
	}
	for _, m := range g.numbers {
		if m.Kind == n.Kind && m.Unit == n.Unit && g.sentenceAt(m.Start) == found && !n.Same(m) {
			return true
		}
	}
	return false
}

// onlyOf is the group that opens the sentence of a number in the passage, where the claim
// leaves it out and the passage has another number of that unit for all.
func (g *ground) onlyOf(c *claim, n dutch.Number, at int) (word, bool) {
	ws := g.sentences[at]
	if at == 0 || len(ws) < 3 || ws[0].text != "onder" && ws[0].text != "bij" && ws[0].text != "among" {
		return word{}, false
	}
	group := ws[1]
	if group.stop && len(ws) > 3 {
		group = ws[2]
	}
	if group.stop || group.number {
		return word{}, false
	}
	for i := range c.words {
		if c.says(i, group) {
			return word{}, false
		}
	}
	for _, m := range g.numbers {
		if m.Kind == n.Kind && m.Unit == n.Unit && g.sentenceAt(m.Start) != at && !n.Same(m) {
			return group, true
		}
	}
	return word{}, false
}

// What a passage says is still being made, and words of a claim by which it is there.
var (
	inTheMaking = regexp.MustCompile(`(?i)\b(in de maak|in voorbereiding|in ontwikkeling|in aanbouw|op komst|gepland|in de planning|op stapel|voorgenomen|in preparation|planned|scheduled|under development|being prepared)\b`)
	madeAlready = regexp.MustCompile(`(?i)\b(verschenen|verscheen|uitgebracht|gepubliceerd|uitgekomen|klaar|gereed|afgerond|voltooid|published|appeared|finished|completed)\b`)
)

// checkFinished objects to a claim that something is there which the passage says is
// being made.
func (g *ground) checkFinished(c *claim, add report) {
	if !madeAlready.MatchString(c.text) || len(c.aligned) == 0 || len(negatorsOf(c.words)) > 0 {
		return
	}
	span := g.spans[c.aligned[0]]
	said := corpusSlice(g.text, span.Start, span.End)
	if m := inTheMaking.FindString(said); m != "" && !strings.Contains(strings.ToLower(c.text), strings.ToLower(m)) && !madeAlready.MatchString(said) {
		add(CheckModality, "the passage says %q, the sentence that it is there", m)
	}
}
