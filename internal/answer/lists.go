package answer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Lists are said whole: all items after a colon, all rows of a table, the sentences
// that follow "drie taken", and neighbours that are built alike.

// manyAsked marks questions after several things: noem de taken. Those with a plural,
// as in "welke bedrijven", pluralAsked finds.
var (
	manyAsked   = re(`\b(wie (zijn|waren|hebben|wonnen|doen|deden|zitten)|noem|som op|opsomming|lijst|alle|allemaal|wat zijn|wat waren|what are|what were|name (all|the)|list)\b`)
	pluralAsked = re(`\b(?:welke|which)(?: (?:twee|drie|vier|vijf|zes|zeven|two|three|four|five|six|\w+e|\w+al|\w+ic))? (\w{3,}(?:en|s|a))\b`)
)

// asksForMany reports whether a question wants all of several things.
func (u *Understanding) asksForMany() bool {
	switch u.Form {
	case FormList, FormWho, FormOpen, FormDefinition:
		if m := pluralAsked.FindStringSubmatch(u.plain); m != nil && !dutch.IsStopWord(m[1], "nl") && !dutch.IsEveryday(m[1], "nl") && !weak[m[1]] {
			return true
		}
		return manyAsked.MatchString(u.plain)
	}
	return false
}

// mostAnnounced is the longest list that a sentence announces by a number.
const mostAnnounced = 8

var announcing = re(`(?i)\b(drie|twee|vier|vijf|zes|zeven|acht|verschillende|meerdere|een aantal|enkele|volgende|two|three|four|five|six|several|various|following) (\w+ )?\w+(en|s|ers|'s)\b`)

// backward is a group that was named before: "de drie groepen" announces none.
var backward = re(`(?i)\b(de|deze|die|alle|beide|onze|hun|zijn|the|these|those|all|their|its) (drie|twee|vier|vijf|zes|zeven|acht|verschillende|andere|two|three|four|five|six|several|various) `)

// announces is how many things a sentence says will follow: "heeft drie taken". It is
// 0 when it announces nothing, and mostAnnounced when it does not say how many.
func announces(c *candidate) int {
	if c.list || c.row || len(c.words) > 14 || !announcing.MatchString(c.text) || backward.MatchString(c.text) || strings.Contains(c.text, ": ") {
		return 0
	}
	for _, n := range c.numbers {
		if n.Kind == dutch.Quantity && n.Unit == "" && n.Value >= 2 && n.Value <= mostAnnounced {
			return int(n.Value)
		}
	}
	return mostAnnounced
}

// wholeList is the list that a candidate opens or belongs to, itself included, in the
// order of the text; only itself when it is of none.
func (u *Understanding) wholeList(best *candidate) []*candidate {
	out := []*candidate{best}
	if best.list {
		return append(out, u.overPage(best)...)
	}
	if best.row || best.item {
		if all := siblings(best); u.Form != FormDefinition || u.headedBySubject(best) {
			return all
		}
		return out // the others are of something else
	}
	n := announces(best)
	after := best.next
	if n > 0 {
		// A table or list may stand a sentence further, or in the passage after this one.
		last := best
		for c, i := best, 0; c != nil && i < 3; c, i = c.next, i+1 {
			last = c
			if c != best && c.row {
				return append(out, siblings(c)...)
			}
		}
		if last.next == nil || last == best {
			if f := u.following(last); f != nil && f.row {
				return append(out, siblings(f)...)
			}
		}
	}
	if n > 0 && after != nil {
		for c := after; c != nil && len(out) <= n; c = c.next {
			if !c.usable || c.meta || strings.HasSuffix(c.text, "?") {
				break
			}
			if c.row && !c.item {
				out = append(out, siblings(c)...)
				break
			}
			// Without a number only what is built like the first goes on with the list.
			if n == mostAnnounced && len(out) > 1 && !alikeBuilt(out[1], c) {
				break
			}
			out = append(out, c)
		}
		if len(out) > 1 {
			return out
		}
	}
	// Neighbours that are built like the best; what is said of one may stand between them.
	for c, gap := best.prev, 0; c != nil && gap <= mostBetween; c, gap = c.prev, gap+1 {
		if c.usable && alikeBuilt(best, c) {
			out, gap = slices.Insert(out, 0, c), -1
		}
	}
	for c, gap := best.next, 0; c != nil && gap <= mostBetween; c, gap = c.next, gap+1 {
		if c.usable && alikeBuilt(best, c) {
			out, gap = append(out, c), -1
		}
	}
	return out
}

// mostBetween is how many other sentences may stand between two that are built alike.
const mostBetween = 1

// overPage are the items of a numbered list that stand on the page after the one where it
// begins.
func (u *Understanding) overPage(c *candidate) []*candidate {
	last := c.text[strings.LastIndexByte(c.text, '\n')+1:]
	n := itemNumber(last)
	if n == 0 || !endsPassage(c) {
		return nil
	}
	for _, v := range u.views {
		p := v.passage
		if p.Document.ID != c.passage.Document.ID || p.Version != c.passage.Version || p.Page != c.passage.Page+1 || v.first == nil || itemNumber(v.first.text) != n+1 {
			continue
		}
		var out []*candidate
		for o := v.first; o != nil && o.usable && itemNumber(o.text) == n+1+len(out); o = o.next {
			out = append(out, o)
		}
		return out
	}
	return nil
}

// endsPassage reports whether no sentence of its passage follows on a list.
func endsPassage(c *candidate) bool {
	n := c.next
	for n != nil && n.item {
		n = n.next
	}
	return n == nil
}

// itemNumber is the number that an item of a numbered list begins with, 0 for none.
func itemNumber(text string) int {
	m := numbered.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1]) // two digits at most
	return n
}

var numbered = regexp.MustCompile(`^\s*(\d{1,2})[.)]\s`)

// siblings are the rows of a candidate's table or the items of its list, itself
// included.
func siblings(c *candidate) []*candidate {
	first := c
	same := func(o *candidate) bool {
		return o != nil && o.usable && (o.row && c.row || o.item && c.item || bullet.MatchString(o.text) && bullet.MatchString(c.text))
	}
	for same(first.prev) {
		first = first.prev
	}
	var out []*candidate
	for o := first; o == first || same(o); o = o.next {
		out = append(out, o)
	}
	if c.passage.Kind == corpus.BlockTable && len(out) > 1 && len(c.passage.Heading) > 0 && tableHead(out[0], out[1:]) {
		out = out[1:]
	}
	return out
}

// tableHead reports whether the first row of a table names its columns: it has no
// numbers where the rows below have them, or its cells are single words.
func tableHead(head *candidate, rows []*candidate) bool {
	if len(head.numbers) > 0 || !strings.Contains(head.text, " | ") {
		return false
	}
	longer := 0
	for _, r := range rows {
		if len(r.numbers) > 0 || len(r.words) > len(head.words) {
			longer++
		}
	}
	return 2*longer >= len(rows)
}

// following is the first sentence of the passage that comes after a candidate's on
// the same page, under the same heading: a table after the sentence that announces it.
func (u *Understanding) following(c *candidate) *candidate {
	var best *candidate
	for _, v := range u.views {
		p := v.passage
		if p.Document.ID != c.passage.Document.ID || p.Version != c.passage.Version || p.Page != c.passage.Page || p.Start < c.end || p.Start > c.end+3 || !slices.Equal(p.Heading, c.passage.Heading) {
			continue
		}
		if v.first != nil {
			best = v.first
		}
	}
	return best
}

// alikeBuilt reports whether two sentences are built alike, so that they say the same
// of different things: KPN was gastheer van de bijeenkomst over …, Olympia was
// gastheer van de bijeenkomst over ….
func alikeBuilt(a, b *candidate) bool {
	if a.row != b.row || len(a.words) < 4 || len(b.words) < 4 {
		return false
	}
	pairs := func(ws []word) map[string]bool {
		m := make(map[string]bool)
		for i := 1; i < len(ws); i++ {
			m[ws[i-1].text+" "+ws[i].text] = true
		}
		return m
	}
	pa, n := pairs(a.words), 0
	for p := range pairs(b.words) {
		if pa[p] {
			n++
		}
	}
	return n >= 2 && 3*n >= min(len(a.words), len(b.words))-1
}
