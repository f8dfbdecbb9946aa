package answer

import (
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// A claim can have every word of its passage and still be false: with the number of
// one thing beside the name of another. The checks here look at what stands with
// what. They know no grammar; they measure how far apart two things stand, and object
// only when each of them stands nearer to another of the other's kind.

// slotKind is a kind of thing that has others of its kind beside it.
type slotKind int

const (
	quantitySlot slotKind = iota
	timeSlot
	nameSlot
)

// slot is a number, a time, a name or a party in a text.
type slot struct {
	kind     slotKind
	from, to int          // words
	number   dutch.Number // of a quantity or time
	month    string       // of a time that is a month alone
	parts    []word       // of a name: its words that tell it from others
	preps    string       // the preposition it stands under
}

// months by their names in either language.
var months = map[string]string{
	"januari": "01", "februari": "02", "maart": "03", "april": "04", "mei": "05", "juni": "06", "juli": "07", "augustus": "08", "september": "09", "oktober": "10", "november": "11", "december": "12",
	"january": "01", "february": "02", "march": "03", "may": "05", "june": "06", "july": "07", "august": "08", "october": "10",
}

// joining words stand inside names.
var joining = set(`van de den der het ten ter voor en of the and for & in`)

// prepositions say what part a name has.
var prepositions = set(`door aan namens tegen van naar met in op bij voor uit over via per volgens binnen onder tussen sinds vanaf na tot by to against from with of on behalf in at for under between since until before after per through about into during`)

// groupPreps stand before a group or place that others stand beside: in de bouw, onder
// de jongeren.
var groupPreps = set(`in bij onder binnen among`)

var articles = set(`de het een the a an deze dit die dat heer mevrouw mr dr prof drs minister-president alle`)

// slots finds them all. A capital at the start of a sentence counts when known says
// that the word is a name elsewhere.
func slots(ws []word, numbers []dutch.Number, lang string, known func(word) bool) []slot {
	var out []slot
	taken := make([]bool, len(ws))
	for _, n := range numbers {
		from := wordAt(ws, n)
		to := from
		for to < len(ws) && ws[to].start < n.End {
			taken[to] = true
			to++
		}
		s := slot{from: from, to: max(to, from+1), number: n}
		switch {
		case trivial(n):
			continue
		case n.Kind == dutch.Quantity && ws[from].text[0] == '0' && s.to < len(ws) && ws[s.to].capital && !ws[s.to].wide:
			continue // part of a name: 010 Inclusief
		case n.Kind == dutch.Quantity:
			s.kind = quantitySlot
		case n.Kind == dutch.Year && from > 0 && ws[from-1].capital && !ws[from-1].opening && !ws[from-1].stop && months[ws[from-1].text] == "" && !ws[from].wide:
			continue // a year in a name: Arbovisie 2040
		case n.Kind == dutch.Year, n.Kind == dutch.CalDate, n.Kind == dutch.Decade:
			s.kind = timeSlot
		default:
			continue
		}
		s.preps = prepositionOf(ws, from)
		out = append(out, s)
	}
	isName := func(i int) bool {
		w := ws[i]
		if taken[i] || w.number || len(w.text) < 2 || months[w.text] != "" || calendarWords[w.text] || demonyms[w.text] {
			return false
		}
		if w.acronym || places[w.text] && w.capital {
			return true
		}
		return w.capital && !w.stop && (!w.opening || known(w))
	}
	for i := 0; i < len(ws); i++ {
		w := ws[i]
		if m := months[w.text]; m != "" && !taken[i] && (lang != "en" || w.capital) {
			out = append(out, slot{kind: timeSlot, from: i, to: i + 1, month: m, preps: prepositionOf(ws, i)})
			continue
		}
		if !isName(i) {
			if i > 0 && !taken[i] && weight(w) > 0 && groupPreps[prepositionOf(ws, i)] && articles[ws[i-1].text] {
				out = append(out, slot{kind: nameSlot, from: i, to: i + 1, parts: []word{w}, preps: prepositionOf(ws, i)})
				continue
			}
			if parties[w.text] || actors[w.text] {
				out = append(out, slot{kind: nameSlot, from: i, to: i + 1, parts: []word{w}, preps: prepositionOf(ws, i)})
			}
			continue
		}
		s := slot{kind: nameSlot, from: i, to: i + 1, parts: []word{w}, preps: prepositionOf(ws, i)}
		for j := i + 1; j < len(ws) && ws[j].clause == w.clause && ws[j].sentence == w.sentence; j++ {
			if isName(j) && !ws[j].wide {
				s.parts, s.to = append(s.parts, ws[j]), j+1
				continue
			}
			// "Karen van der Zee", "Stichting van de Arbeid": a particle goes with the
			// capital that follows it.
			if !joining[ws[j].text] || ws[j].text == "en" || j > s.to+2 {
				break
			}
		}
		out = append(out, s)
		i = s.to - 1
	}
	return out
}

// prepositionOf is the preposition that stands before word i, over articles.
func prepositionOf(ws []word, i int) string {
	for j := i - 1; j >= 0 && j >= i-3 && ws[j].sentence == ws[i].sentence; j-- {
		if prepositions[ws[j].text] {
			return ws[j].text
		}
		if !articles[ws[j].text] {
			break
		}
	}
	return ""
}

// sameSlot reports whether slot a of a claim is slot b of the passage.
func (c *claim) sameSlot(a, b slot) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case nameSlot:
		for i := range a.parts {
			k := a.from + slices.IndexFunc(c.words[a.from:a.to], func(w word) bool { return w.start == a.parts[i].start })
			for _, p := range b.parts {
				if c.says(k, p) && (related(c.words[k], p) >= 0.9 || c.dutch != nil) || inhabits(c.words[k], []word{p}) {
					return true
				}
			}
			if inFull(c.words[k], b.parts) > 0 || c.words[k].text == "ser" && b.parts[0].text == "raad" || c.words[k].text == "raad" && b.parts[0].text == "ser" {
				return true
			}
		}
		return false
	case timeSlot:
		if a.month != "" || b.month != "" {
			return a.month == b.month && a.month != "" ||
				a.month != "" && b.number.Month != 0 && months2(b.number.Month) == a.month
		}
	}
	return a.number.Same(b.number) || a.kind == timeSlot && b.number.Same(a.number)
}

func months2(m int) string { return string([]byte{byte('0' + m/10), byte('0' + m%10)}) }

// comparable reports whether two slots could stand in each other's place.
func comparableSlots(a, b slot) bool {
	if a.kind != b.kind {
		return false
	}
	return a.kind != quantitySlot || a.number.Unit == b.number.Unit
}

// What stands between two words, as distances: a word counts 1.
const (
	farComma    = 3
	farColon    = 3
	farSemi     = 8
	farDash     = 2
	farJoin     = 2 // en, and
	farTurn     = 4 // maar, terwijl, tegen
	farOut      = 8 // out of brackets
	farPoint    = 20
	farPointing = 8 // a full stop before a sentence that points back
)

// layout holds how far apart the words of a passage stand.
type layout struct {
	gap   []int // before each word
	group []int // the brackets a word stands in; 0 is none
	// counts says which brackets hold a number: those go with the number before them,
	// where a name in brackets is another name for what stands before them.
	counts map[int]bool
}

func lay(text string, ws []word) layout {
	runes := []rune(text)
	l := layout{gap: make([]int, len(ws)), group: make([]int, len(ws)), counts: make(map[int]bool)}
	last, group, groups := 0, 0, 0
	for i, w := range ws {
		cost := 1
		for _, r := range runes[last:w.start] {
			switch r {
			case ',':
				cost += farComma
			case ':':
				cost += farColon
			case ';':
				cost += farSemi
			case '–', '—':
				cost += farDash
			case '(':
				groups++
				group = groups
			case ')':
				group = 0
			}
		}
		switch w.text {
		case "en", "and", "of", "or":
			cost += farJoin
		case "maar", "terwijl", "tegen", "while", "but", "whereas", "echter":
			cost += farTurn
		}
		if w.opening && i > 0 {
			cost += farPoint
			if opensPointing[w.text] {
				cost += farPointing - farPoint
			}
			group = 0
		}
		l.gap[i], l.group[i] = cost, group
		l.counts[group] = l.counts[group] || w.number
		last = w.end
	}
	return l
}

// between is how far word j stands from word i. Brackets belong to what stands before
// them, and what is in others is not in between.
func (l layout) between(i, j int) int {
	if i > j {
		i, j = j, i
	}
	d := 0
	for k := i + 1; k <= j; k++ {
		if g := l.group[k]; g != 0 && g != l.group[i] && g != l.group[j] {
			continue
		}
		d += l.gap[k]
	}
	if g := l.group[i]; g != 0 && l.group[j] != g && l.counts[g] {
		d += farOut
	}
	return d
}

func (l layout) apart(a, b slot) int {
	if a.from < b.from {
		return l.between(a.to-1, b.from)
	}
	return l.between(b.to-1, a.from)
}

// bindings are the slots of a claim and its passage.
type bindings struct {
	g             *ground
	c             *claim
	mine, theirs  []slot
	claimed, laid layout
}

func (g *ground) checkBindings(c *claim, add report) {
	capital := make(map[string]bool)
	for _, ws := range [][]word{g.words, c.words} {
		for _, w := range ws {
			if w.capital && !w.opening || w.acronym {
				capital[w.text] = true
			}
		}
	}
	known := func(w word) bool { return capital[w.text] }
	b := &bindings{g: g, c: c, mine: slots(c.words, c.numbers, c.lang, known), theirs: slots(g.words, g.numbers, g.lang, known), claimed: lay(c.text, c.words), laid: lay(g.text, g.words)}
	b.checkMonths(add)
	for _, check := range []func(report) bool{b.checkSides, b.checkPairs, b.checkPlace, b.checkQuantity, b.checkFromTo, b.checkPhrases, b.checkOrder, b.checkFirst} {
		if check(add) {
			return
		}
	}
}

func (b *bindings) shown(s slot) string {
	return corpusSlice(b.c.text, b.c.words[s.from].start, b.c.words[s.to-1].end)
}

// find are the slots of the passage that are slot s of the claim, and those that are
// not but could stand in its place.
func (b *bindings) find(s slot) (same, others []slot) {
	defer func() {
		if len(same) > 0 || s.kind != nameSlot {
			return
		}
		// A party inside a compound: overheid in overheidsinstelling.
		for j, w := range b.g.words {
			if b.c.support(s.from, []word{w}) >= 0.65 {
				same = append(same, slot{kind: nameSlot, from: j, to: j + 1, parts: []word{w}, preps: prepositionOf(b.g.words, j)})
			}
		}
	}()
	for _, t := range b.theirs {
		switch {
		case b.c.sameSlot(s, t):
			same = append(same, t)
		case comparableSlots(s, t):
			others = append(others, t)
		}
	}
	// A publication number holds its year: advies 1992/15.
	if len(same) == 0 && s.kind == timeSlot && s.number.Kind == dutch.Year {
		for _, n := range b.g.numbers {
			if n.Kind == dutch.Code && n.Year == int(s.number.Value) {
				at := wordAt(b.g.words, n)
				same = append(same, slot{kind: timeSlot, from: at, to: at + 1, number: s.number, preps: prepositionOf(b.g.words, at)})
			}
		}
	}
	// "Sinds 2023" is another time than "tot 2023" where the passage has both.
	if side := sides[s.preps]; s.kind == timeSlot && side != 0 && slices.ContainsFunc(same, func(t slot) bool { return sides[t.preps] == side }) {
		for _, t := range same {
			if sides[t.preps] == -side {
				others = append(others, t)
			}
		}
		same = slices.DeleteFunc(same, func(t slot) bool { return sides[t.preps] == -side })
	}
	return same, others
}

// sides are prepositions of time: before (-1) or after (1) it.
var sides = map[string]int{"sinds": 1, "vanaf": 1, "na": 1, "van": 1, "since": 1, "after": 1, "from": 1, "tot": -1, "voor": -1, "until": -1, "before": -1, "by": -1}

// checkSides objects to "vanaf 2013" for "tot 2013".
func (b *bindings) checkSides(add report) bool {
	if len(negatorsOf(b.c.words)) > 0 && (len(b.c.aligned) == 0 || len(b.g.negatorsIn(b.c.aligned[0])) == 0) {
		return false // "sinds 1995 niet meer" is "tot 1995"
	}
	for _, s := range b.mine {
		side := sides[s.preps]
		if s.kind != timeSlot || side == 0 {
			continue
		}
		same, _ := b.find(s)
		turned := 0
		for _, t := range same {
			if sides[t.preps] == -side {
				turned++
			}
		}
		if turned > 0 && turned == len(same) {
			add(CheckNumber, "the passage has %q from the other side", b.shown(s))
			return true
		}
	}
	return false
}

// inClaim reports whether the claim has a slot of the passage too.
func (b *bindings) inClaim(t slot) bool {
	return slices.ContainsFunc(b.mine, func(s slot) bool { return b.c.sameSlot(s, t) })
}

// checkMonths objects to a month that the passage does not have, and to a year that
// it has only inside a name while it gives another one.
func (b *bindings) checkMonths(add report) {
	for _, s := range b.mine {
		same, others := b.find(s)
		if len(same) > 0 {
			continue
		}
		if s.month != "" || s.kind == timeSlot && s.number.Kind == dutch.Year && len(others) > 0 && slices.ContainsFunc(b.g.numbers, s.number.Same) {
			add(CheckNumber, "%q is not in the passage", b.shown(s))
		}
	}
}

// nearestOf is the slot of a kind that stands nearest to s in the claim.
func (b *bindings) nearestOf(s slot, kind slotKind) (slot, bool) {
	best, at := 1<<30, -1
	for i, o := range b.mine {
		if o.kind != kind || o.from == s.from || b.c.words[o.from].sentence != b.c.words[s.from].sentence {
			continue
		}
		if d := b.claimed.apart(s, o); d < best {
			best, at = d, i
		}
	}
	if at < 0 {
		return slot{}, false
	}
	return b.mine[at], true
}

// checkPairs objects when two things that the claim puts together stand in the
// passage each nearer to another of the other's kind: "Rotterdam heeft 163 leden" for
// "Amsterdam heeft 163 leden, Rotterdam 66".
func (b *bindings) checkPairs(add report) bool {
	for _, x := range b.mine {
		for kind := range slotKind(3) {
			if kind <= x.kind {
				continue
			}
			y, ok := b.nearestOf(x, kind)
			if !ok {
				continue
			}
			if back, _ := b.nearestOf(y, x.kind); back.from != x.from {
				continue
			}
			xs, otherX := b.find(x)
			ys, otherY := b.find(y)
			if x.kind == quantitySlot && b.g.became(b.c, x.number) {
				continue
			}
			if len(xs) == 0 || len(ys) == 0 || b.council(x) || b.council(y) {
				continue
			}
			// The pair of the passage that stands nearest.
			best, px, py := 1<<30, slot{}, slot{}
			for _, p := range xs {
				for _, q := range ys {
					if p.from == q.from {
						continue
					}
					if d := b.laid.apart(p, q); d < best {
						best, px, py = d, p, q
					}
				}
			}
			if best <= 2 {
				continue
			}
			const margin = 2
			nearer := func(s slot, others []slot) bool {
				return slices.ContainsFunc(others, func(o slot) bool { return b.laid.apart(s, o)+margin < best })
			}
			if x.kind == timeSlot && kind == nameSlot && best < farPoint {
				continue // a date and a name in one sentence: the verb joins them
			}
			if nearer(px, otherY) && nearer(py, otherX) {
				add(CheckNumber, "%q and %q do not stand together in the passage", b.shown(x), b.shown(y))
				return true
			}
		}
	}
	return false
}

// coverage is, by sentence of the passage, how much of the claim's content without
// some slots it has; total is all of it.
func (b *bindings) coverage(left ...slot) (cover []float64, total float64) {
	cover = make([]float64, len(b.g.sentences))
	for i, w := range b.c.words {
		k := weight(w)
		if k == 0 || slices.ContainsFunc(left, func(x slot) bool { return i >= x.from && i < x.to }) {
			continue
		}
		if generic[w.text] || weak[w.text] {
			k /= 2
		}
		total += k
		for s, ws := range b.g.sentences {
			cover[s] += k * b.c.support(i, ws)
		}
	}
	return cover, total
}

// checkPlace objects when one sentence of the passage says what the claim says, but
// of another time, number or party, and where the claim's own stands it says little
// of it.
func (b *bindings) checkPlace(add report) bool {
	sentenceOf := func(t slot) int { return b.g.words[t.from].sentence }
	for _, x := range b.mine {
		cover, total := b.coverage(b.mine...)
		if total < 1.5 { // little but names: those then
			cover, total = b.coverage(x)
		}
		if total < 1.5 || len(cover) < 2 {
			continue
		}
		best := 0
		for s := range cover {
			if cover[s] > cover[best] {
				best = s
			}
		}
		if cover[best] < 0.6*total {
			continue
		}
		same, others := b.find(x)
		if len(same) == 0 {
			continue
		}
		with := 0.0
		for _, t := range same {
			s := sentenceOf(t)
			with = max(with, cover[min(s, len(cover)-1)])
			// What a sentence points back at belongs to it.
			if s+1 == best && b.g.pointsBack(best) || s == best+1 && b.g.pointsBack(s) {
				with = cover[best]
			}
		}
		least := 0.5
		if x.kind == nameSlot {
			least = 0.4
		}
		council := b.council(x)
		if with > least*cover[best] || x.kind == quantitySlot && b.anchored(x, same, others) {
			continue
		}
		for _, o := range others {
			if council && (o.preps != "" || cover[best] < 0.7*total || with > 0.3*total) {
				continue
			}
			if sentenceOf(o) == best && !b.inClaim(o) && (x.kind != nameSlot || actorLike(o) && actorLike(x)) {
				check := CheckNumber
				if x.kind == nameSlot {
					check = CheckName
				}
				add(check, "%q is not where the passage says this", b.shown(x))
				return true
			}
		}
	}
	return false
}

// actorLike: names and parties that can do something, not titles of things.
func actorLike(s slot) bool {
	for _, p := range s.parts {
		if p.acronym || parties[p.text] || actors[p.text] || places[p.text] || p.capital {
			return true
		}
	}
	return s.kind != nameSlot
}

// pointsBack reports whether a sentence begins with a word that points at the one
// before it, or soon says zijn, haar, hun.
func (g *ground) pointsBack(s int) bool {
	for i, w := range g.sentences[s] {
		if i == 0 && opensPointing[w.text] {
			return true
		}
		if w.text == "dat" && i > 0 && i <= 6 { // "in de bouw is dat 61 procent"
			switch g.sentences[s][i-1].text {
			case "is", "was", "zijn", "waren", "geldt", "gold":
				return true
			}
		}
		switch w.text {
		case "haar", "hun", "hij", "zij", "ze", "daarmee", "daarvoor", "daarna", "daarbij", "dit", "deze", "die", "its", "his", "her", "their", "it", "he", "she", "they", "this", "these":
			if i <= 6 {
				return true
			}
		}
	}
	return false
}

// anchored reports whether slot x stands, in claim and passage alike, with a time or
// name that no comparable slot stands nearer to.
func (b *bindings) anchored(x slot, same, others []slot) bool {
	for _, y := range b.mine {
		if y.from == x.from || y.kind == x.kind || x.kind == nameSlot || b.council(y) {
			continue
		}
		ys, _ := b.find(y)
		nearest := func(list []slot) int {
			best := 1 << 30
			for _, t := range list {
				for _, o := range ys {
					if t.from != o.from {
						best = min(best, b.laid.apart(t, o))
					}
				}
			}
			return best
		}
		if d := nearest(same); d < farPoint && d <= nearest(others) {
			return true
		}
	}
	return false
}

// council reports whether a name of the claim is the Council, which a text names in
// many ways and speaks of without naming it.
func (b *bindings) council(s slot) bool {
	w := b.c.words[s.from].text
	return s.kind == nameSlot && (w == "ser" || w == "raad" || w == "council") && s.to-s.from == 1 && b.g.council()
}

// roleOf are the prepositions that say what a number is in a change.
var roleOf = map[string]string{"met": "by", "by": "by", "naar": "to", "tot": "to", "op": "to", "to": "to", "van": "from", "from": "from"}

// checkQuantity objects when the words around a number of the claim stand much nearer
// to another number of the same sentence, and to a number that is what a thing grew
// by where the passage says what it grew to.
func (b *bindings) checkQuantity(add report) bool {
	changing := slices.ContainsFunc(b.c.words, func(w word) bool { return rising[w.text] || falling[w.text] })
	for _, x := range b.mine {
		if x.kind == nameSlot {
			continue
		}
		same, others := b.find(x)
		if len(same) == 0 || b.g.became(b.c, x.number) {
			continue
		}
		role := func(ws []word, at int) string {
			for j := at - 1; j >= 0 && j >= at-2; j-- {
				r := roleOf[ws[j].text]
				if r == "from" && !slices.ContainsFunc(ws[at:min(at+8, len(ws))], func(w word) bool { return roleOf[w.text] == "to" }) {
					return "" // a rise of ten: by
				}
				if r != "" {
					return r
				}
			}
			return ""
		}
		mine := role(b.c.words, x.from)
		agree, against := false, false
		for _, t := range same {
			theirs := role(b.g.words, t.from)
			agree = agree || mine != "" && mine == theirs
			against = against || mine != "" && theirs != "" && mine != theirs
		}
		if changing && against && !agree && (mine == "by" || slices.ContainsFunc(same, func(t slot) bool { return role(b.g.words, t.from) == "by" })) {
			add(CheckNumber, "%q is what it changed to in the one and by in the other", b.shown(x))
			return true
		}
		if mine == "by" && x.number.Unit == "%" && x.from > 0 && slices.ContainsFunc(b.c.words[max(0, x.from-8):x.from], func(w word) bool { return rising[w.text] || falling[w.text] }) && !slices.ContainsFunc(same, func(t slot) bool {
			return role(b.g.words, t.from) != "" || slices.ContainsFunc(b.g.sentences[b.g.words[t.from].sentence], func(w word) bool {
				return changesIn(w)
			})
		}) {
			add(CheckNumber, "%q is not what it changed by in the passage", b.shown(x))
			return true
		}
		if b.countsOther(x, same, others) {
			add(CheckNumber, "%q counts something else in the passage", b.shown(x))
			return true
		}
		if agree || len(b.mine) > 3 || b.anchored(x, same, others) {
			continue
		}
		score := func(t slot) float64 {
			sum := 0.0
			for i, w := range b.c.words {
				k := weight(w)
				if k == 0 || generic[w.text] || weak[w.text] || i >= x.from && i < x.to || b.claimed.between(min(i, x.from), max(i, x.from)) > 14 {
					continue
				}
				near := 0.0
				for j, o := range b.g.words {
					if o.sentence == b.g.words[t.from].sentence && b.c.says(i, o) && (j < t.from || j >= t.to) {
						from, to := j, t.from
						if j >= t.to {
							from, to = t.to-1, j
						}
						d := b.laid.between(from, to)
						near = max(near, 1/(1+float64(d)/4))
					}
				}
				sum += k * near
			}
			return sum
		}
		most := 0.0
		for _, t := range same {
			most = max(most, score(t))
		}
		for _, o := range others {
			if b.inClaim(o) || x.kind == quantitySlot && !slices.ContainsFunc(same, func(t slot) bool { return b.g.words[t.from].sentence == b.g.words[o.from].sentence }) {
				continue
			}
			times := 2.0
			if x.kind == timeSlot {
				times = 1.6
			}
			if s := score(o); s > times*most && s > 0.8 {
				add(CheckNumber, "%q stands for something else in the passage", b.shown(x))
				return true
			}
		}
	}
	return false
}

// changesIn reports whether a word tells of a change: groeide, stijging, hoger.
func changesIn(w word) bool {
	if rising[w.text] || falling[w.text] || dimensions[w.text].name != "" {
		return true
	}
	for _, v := range [...]string{"stijgen", "dalen", "groeien", "krimpen", "toenemen", "afnemen"} {
		if w.verb == v || sameSaying(wordOf(v), w) {
			return true
		}
	}
	return false
}

// countsOther reports whether the claim counts with x what the passage counts with
// another number, where the sentence of x's equal does not speak of it.
func (b *bindings) countsOther(x slot, same, others []slot) bool {
	if x.kind != quantitySlot || x.to >= len(b.c.words) || x.number.Unit != "" {
		return false
	}
	noun := b.c.words[x.to]
	if weight(noun) < 1 || noun.clause != b.c.words[x.from].clause || noun.wide {
		return false
	}
	counts := func(t slot) (word, bool) {
		if t.to >= len(b.g.words) || b.g.words[t.to].wide || b.g.words[t.to].clause != b.g.words[t.from].clause || weight(b.g.words[t.to]) < 1 || attributive(b.g.words[t.to]) {
			return word{}, false
		}
		return b.g.words[t.to], true
	}
	// "11.000 exemplaren" for "11.000 abonnees".
	at := x.to
	for at+1 < len(b.c.words) && attributive(b.c.words[at]) && b.c.words[at+1].clause == b.c.words[at].clause {
		at++
	}
	if n := b.c.words[at]; len(same) > 0 && weight(n) >= 1 && !generic[n.text] && !carrying[n.text] && b.c.lang == b.g.lang && exact(n, b.g.words) && !slices.ContainsFunc(same, func(t slot) bool {
		m, ok := counts(t)
		return !ok || generic[m.text] || carrying[m.text] || b.c.support(at, b.g.sentences[b.g.words[t.from].sentence]) >= 0.65 || slices.ContainsFunc(b.c.words, func(w word) bool { return bears(w, m) || bears(m, w) }) || b.g.pointsBack(b.g.words[t.from].sentence)
	}) {
		return true
	}
	for _, t := range same {
		// "24 medewerkers, onder wie drie onderzoekers"
		if n, ok := counts(t); ok && !bears(noun, n) && !inCompound(n, []word{noun}) && b.c.support(x.to, []word{n}) == 0 && slices.ContainsFunc(others, func(o slot) bool {
			m, ok := counts(o)
			return ok && !b.inClaim(o) && b.g.words[o.from].sentence == b.g.words[t.from].sentence && related(noun, m) == 1
		}) {
			continue
		}
		s := b.g.words[t.from].sentence
		if b.c.support(x.to, b.g.sentences[s]) >= 0.65 {
			return false
		}
		// "Tien jaar eerder waren dat er 40": what is counted was said before.
		if _, ok := counts(t); !ok && s > 0 && b.c.support(x.to, b.g.sentences[s-1]) >= 0.65 && slices.ContainsFunc(b.g.sentences[s], func(w word) bool { return w.text == "er" || w.text == "dat" || w.text == "overige" }) {
			return false
		}
	}
	return slices.ContainsFunc(others, func(o slot) bool {
		return o.to < len(b.g.words) && !b.inClaim(o) && related(noun, b.g.words[o.to]) == 1
	})
}

// best is the sentence of the passage that has most of the claim, and how much.
func (b *bindings) best() (sentence int, share float64) {
	cover, total := b.coverage()
	for s := range cover {
		if cover[s] > cover[sentence] {
			sentence = s
		}
	}
	if total == 0 || len(cover) == 0 {
		return 0, 0
	}
	return sentence, cover[sentence] / total
}

// checkFromTo objects to "van inclusie naar diversiteit" for "van diversiteit naar
// inclusie".
func (b *bindings) checkFromTo(add report) bool {
	pairs := func(ws []word) (out [][2]int) {
		for i := 0; i+1 < len(ws); i++ {
			if ws[i].text != "van" && ws[i].text != "from" {
				continue
			}
			from := -1
			for j := i + 1; j < len(ws) && j < i+9 && ws[j].sentence == ws[i].sentence; j++ {
				if ws[j].text == "naar" || ws[j].text == "to" {
					for k := j + 1; k < len(ws) && k < j+4; k++ {
						if from >= 0 && (weight(ws[k]) > 0 || ws[k].number) {
							out = append(out, [2]int{from, k})
							break
						}
					}
					break
				}
				if from < 0 && (weight(ws[j]) > 0 || ws[j].number) {
					from = j
				}
			}
		}
		return out
	}
	for _, m := range pairs(b.c.words) {
		for _, t := range pairs(b.g.words) {
			from, to := b.c.words[m[0]], b.c.words[m[1]]
			is := func(i, j int) bool { return b.c.anchored(i, b.g.words[j:j+1]) }
			if related(from, to) < 0.9 && is(m[0], t[1]) && is(m[1], t[0]) && !is(m[0], t[0]) {
				add(CheckRoles, "the sentence goes from %q to %q, the passage back", from.text, to.text)
				return true
			}
		}
	}
	return false
}

// boundWords limit a number from one side.
var boundWords = map[string]dutch.Bound{
	"minstens": dutch.AtLeast, "tenminste": dutch.AtLeast, "minimaal": dutch.AtLeast, "minimum": dutch.AtLeast, "minste": dutch.AtLeast, "ruim": dutch.AtLeast, "meer": dutch.AtLeast, "boven": dutch.AtLeast, "vanaf": dutch.AtLeast, "least": dutch.AtLeast, "more": dutch.AtLeast, "over": dutch.AtLeast, "above": dutch.AtLeast,
	"hoogstens": dutch.AtMost, "maximaal": dutch.AtMost, "maximum": dutch.AtMost, "hoogste": dutch.AtMost, "hooguit": dutch.AtMost, "minder": dutch.AtMost, "bijna": dutch.AtMost, "onder": dutch.AtMost, "krap": dutch.AtMost, "most": dutch.AtMost, "less": dutch.AtMost, "fewer": dutch.AtMost, "under": dutch.AtMost, "nearly": dutch.AtMost, "almost": dutch.AtMost, "below": dutch.AtMost,
}

// boundBefore is the limit that the words before a number set.
func boundBefore(ws []word, at int) dutch.Bound {
	for j := at - 1; j >= 0 && j >= at-3 && ws[j].sentence == ws[at].sentence; j-- {
		if bound, ok := boundWords[ws[j].text]; ok {
			if j > 0 && (ws[j-1].text == "niet" || ws[j-1].text == "not" || ws[j-1].text == "no") && ws[j].sentence == ws[j-1].sentence {
				return map[dutch.Bound]dutch.Bound{dutch.AtLeast: dutch.AtMost, dutch.AtMost: dutch.AtLeast}[bound]
			}
			return bound
		}
		if ws[j].text == "tot" && j+1 == at && !slices.ContainsFunc(ws[max(0, j-4):j], func(w word) bool { return w.text == "van" || w.text == "vanaf" }) || ws[j].text == "to" && j > 0 && ws[j-1].text == "up" {
			return dutch.AtMost
		}
		if ws[j].text == "geen" && j > 0 && ws[j-1].text == "nog" {
			return dutch.AtMost
		}
		if ws[j].text != "dan" && ws[j].text != "than" && ws[j].text != "de" && ws[j].text != "het" && ws[j].text != "the" {
			break
		}
	}
	return dutch.Exact
}

// checkBounds objects to "hoogstens 15" for "ten minste 15".
func (g *ground) checkBounds(c *claim, add report) {
	for _, n := range c.numbers {
		if n.Kind != dutch.Quantity {
			continue
		}
		mine := boundBefore(c.words, wordAt(c.words, n))
		if mine == dutch.Exact {
			continue
		}
		turned, held := false, false
		for _, m := range g.numbers {
			if m.Kind == dutch.Quantity && m.Value == n.Value {
				theirs := boundBefore(g.words, wordAt(g.words, m))
				turned = turned || theirs != dutch.Exact && theirs != mine
				held = held || theirs == mine
			}
		}
		if turned && !held {
			add(CheckNumber, "the passage limits %q from the other side", strings.TrimSpace(corpusSlice(c.text, n.Start, n.End)))
			return
		}
	}
}

// measured are compounds that hold a number and a measure: vijfjarig, tweewekelijks.
func measured(text string) []dutch.Number {
	var out []dutch.Number
	tokens := dutch.Tokens(text)
	for i, t := range tokens {
		if unit := ones[t.Text]; unit != "" && i > 0 && (tokens[i-1].Text == "een" || tokens[i-1].Text == "één" || tokens[i-1].Text == "a" || tokens[i-1].Text == "one") {
			out = append(out, dutch.Number{Value: 1, Unit: unit, Start: t.Start, End: t.End})
		}
		if strings.HasPrefix(t.Text, "gehalveerd") || strings.HasPrefix(t.Text, "halve") && len(t.Text) > 5 || t.Text == "halved" {
			out = append(out, dutch.Number{Value: 50, Unit: "%", Fraction: true, Start: t.Start, End: t.End})
		}
		if t.Text == "halfjaar" || t.Text == "halfjaarlijks" {
			out = append(out, dutch.Number{Value: 6, Unit: "maand", Start: t.Start, End: t.End})
		}
		if t.Text == "kwartaal" || t.Text == "quarterly" {
			out = append(out, dutch.Number{Value: 3, Unit: "maand", Start: t.Start, End: t.End})
		}
		for head := range thirds {
			if i := strings.Index(t.Text, head); i > 2 && i+len(head) < len(t.Text) { // tweederdemeerderheid
				for _, n := range dutch.Numbers(t.Text[:i] + " " + head) {
					n.Start, n.End = t.Start, t.End
					out = append(out, n)
				}
			}
		}
		for suffix, unit := range measures {
			head, ok := strings.CutSuffix(t.Text, suffix)
			if !ok || head == "" {
				continue
			}
			for _, n := range dutch.Numbers(head + " " + unit) {
				if n.Kind == dutch.Quantity && n.Unit != "" {
					n.Start, n.End = t.Start, t.End
					out = append(out, n)
				}
			}
		}
	}
	return out
}

// ones are the measures that an article counts: een jaar is one.
var ones = map[string]string{"jaar": "jaar", "maand": "maand", "week": "week", "dag": "dag", "uur": "uur", "year": "jaar", "month": "maand", "day": "dag", "hour": "uur"}

var measures = map[string]string{
	"jarig": "jaar", "jarige": "jaar", "jaarlijks": "jaar", "jaarlijkse": "jaar", "maandelijks": "maanden", "maandelijkse": "maanden", "wekelijks": "weken", "wekelijkse": "weken", "daags": "dagen", "daagse": "dagen", "urige": "uur", "urig": "uur",
}

// phrase is a preposition with the word it governs.
type phrase struct {
	prep string
	at   int // the word
}

func phrases(ws []word) (out []phrase) {
	for i, w := range ws {
		if !prepositions[w.text] {
			continue
		}
		for j := i + 1; j < len(ws) && j <= i+3 && ws[j].clause == w.clause; j++ {
			if ws[j].number {
				break
			}
			if weight(ws[j]) > 0 {
				out = append(out, phrase{w.text, j})
				break
			}
			if !articles[ws[j].text] {
				break
			}
		}
	}
	return out
}

// checkPhrases objects when a phrase of the claim, "voor de bouw", "op nationaal
// niveau", stands in another sentence of the passage, while its own sentence has
// another thing in that place.
func (b *bindings) checkPhrases(add report) bool {
	s, share := b.best()
	if share < 0.5 || len(b.g.sentences) < 2 || b.g.pointsBack(s) || b.c.lang != b.g.lang {
		return false
	}
	in := b.g.sentences[s]
	theirs := phrases(in)
	for _, m := range phrases(b.c.words) {
		front := m.at <= 3 && b.c.words[0].text == m.prep
		if b.c.support(m.at, in) >= 0.65 || b.c.support(m.at, b.g.words) < 0.9 || b.c.words[m.at].capital {
			continue // it is there, or it is in other words
		}
		linked := false
		for o, ws := range b.g.sentences {
			linked = linked || o != s && b.c.support(m.at, ws) >= 0.9 && (b.g.pointsBack(o) || o == s+1 && b.g.pointsBack(s))
		}
		for _, w := range in { // "de raad" for de ondernemingsraad
			linked = linked || len(w.text) >= 4 && strings.HasSuffix(b.c.words[m.at].text, w.text)
		}
		if linked {
			continue
		}
		for _, t := range theirs {
			same := t.prep == m.prep || front && t.at <= 3 && in[0].text == t.prep
			if same && b.c.find(in[t.at]) < 0 {
				add(CheckSupport, "%q is where the passage says something else", b.c.words[m.at].text)
				return true
			}
		}
	}
	return false
}

// checkOrder objects when two parties that no preposition marks stand in the claim in
// the other order than in the passage's sentence: who asks whom.
func (b *bindings) checkOrder(add report) bool {
	s, share := b.best()
	if len(b.c.compared) > 0 || share < 0.75 || b.c.lang != "nl" || b.g.lang != "nl" {
		return false
	}
	for _, w := range append(slices.Clone(b.c.words), b.g.sentences[s]...) {
		switch w.text {
		case "door", "wordt", "werd", "worden", "werden", "volgens", "is", "was", "zijn", "waren", "en", "die", "dat":
			return false // passive, joined or with a clause inside
		}
	}
	bare := func(list []slot, ws []word, sentence int) (out []slot) {
		for _, t := range list {
			if t.kind == nameSlot && t.preps == "" && ws[t.from].sentence == sentence {
				out = append(out, t)
			}
		}
		return out
	}
	mine, theirs := bare(b.mine, b.c.words, 0), bare(b.theirs, b.g.words, s)
	if len(mine) != 2 || len(theirs) != 2 {
		return false
	}
	if b.c.sameSlot(mine[0], theirs[1]) && b.c.sameSlot(mine[1], theirs[0]) && !b.c.sameSlot(mine[0], theirs[0]) {
		add(CheckRoles, "%q and %q have changed places", b.shown(mine[0]), b.shown(mine[1]))
		return true
	}
	return false
}

// checkFirst objects when the claim has first what the passage has after.
func (b *bindings) checkFirst(add report) bool {
	after := func(ws []word, first string) *word {
		for i, w := range ws {
			if w.text != first {
				continue
			}
			for j := i + 1; j < len(ws) && j < i+8 && ws[j].sentence == w.sentence; j++ {
				if weight(ws[j]) > 0 && !weak[ws[j].text] && !generic[ws[j].text] {
					return &ws[j]
				}
			}
		}
		return nil
	}
	for _, pair := range [][2]string{{"eerst", "daarna"}, {"first", "then"}} {
		mine, theirs, later := after(b.c.words, pair[0]), after(b.g.words, pair[0]), after(b.c.words, pair[1])
		if mine != nil && theirs != nil && later != nil && related(*mine, *theirs) < 0.65 && related(*later, *theirs) >= 0.9 {
			add(CheckRoles, "%q comes later in the passage", mine.text)
			return true
		}
	}
	return false
}
