package answer

import (
	"slices"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Two things that a passage sets side by side may change places in a sentence which has
// every word from it: "in de zorg is het aandeel het hoogst" for "in de landbouw is het
// aandeel het hoogst, in de zorg het laagst". The checks here look at what stands with
// which of two words that exclude each other, and under which preposition.

// checkContrast objects to a word of the claim beside what the passage sets with its
// opposite.
func (r *framing) checkContrast(add report) bool {
	c, g := r.c, r.g
	for i, w := range c.words {
		ordinal := ordinalAt(c.numbers, w)
		if ordinal == 0 && (w.stop && quantifiers[w.text] == 0 || w.number || len(w.text) < 4 || parties[w.text] || people[w.text] || len(r.turnsOf(i)) == 0) || slices.Contains(c.compared, i) {
			continue
		}
		var same, other []int
		for j, o := range g.words {
			switch {
			case ordinal != 0:
				if n := ordinalAt(g.numbers, o); n == ordinal {
					same = append(same, j)
				} else if n != 0 {
					other = append(other, j)
				}
			case o.text == w.text || o.key == w.key || c.dutch != nil && c.anchored(i, g.words[j:j+1]):
				same = append(same, j)
			case slices.Contains(r.turnsOf(i), o.key) && !c.beside(i, o):
				other = append(other, j)
			}
		}
		if len(same) == 0 || len(other) == 0 {
			continue
		}
		segment := segmentOf(c.words, i)
		fits := false
		for _, x := range same {
			against := false
			for _, y := range other {
				if compares(g.sentences[g.words[x].sentence]) || segmentOf(g.words, x) == segmentOf(g.words, y) {
					continue
				}
				mine, theirs := g.segmentWords(x), g.segmentWords(y)
				groupsMine, groupsTheirs, allMine, allTheirs := 0, 0, 0, 0
				for k, d := range c.words {
					if k == i || segmentOf(c.words, k) != segment || weight(d) == 0 || d.number || carrying[d.text] || generic[d.text] {
						continue
					}
					a, b := c.anchored(k, mine), c.anchored(k, theirs)
					if a == b {
						continue
					}
					group := prepositionOf(c.words, k) != "" && prepositionOf(c.words, k) != "volgens" || parties[d.text] || d.capital && !d.opening || places[d.text]
					switch {
					case a:
						allMine++
						if group {
							groupsMine++
						}
					default:
						allTheirs++
						if group {
							groupsTheirs++
						}
					}
				}
				if groupsTheirs > groupsMine || groupsMine == 0 && groupsTheirs == 0 && allMine == 0 && (allTheirs > 1 || allTheirs > 0 && (rising[w.text] || falling[w.text])) {
					against = true
				}
			}
			fits = fits || !against
		}
		if !fits {
			add(CheckOpposite, "the passage says %q of something else", w.text)
			return true
		}
	}
	return false
}

// turnsOf are the keys of the words of the passage's language that turn word i around.
func (r *framing) turnsOf(i int) []string {
	w := r.c.words[i]
	if r.c.dutch == nil {
		if r.c.lang != r.g.lang {
			return nil
		}
		return turns(w.key)
	}
	var out []string
	for _, d := range slices.Concat(r.c.dutch[i], general()[dutch.StemEnglish(w.text)]) {
		if !d.stop {
			out = append(out, turns(d.key)...)
		}
	}
	return out
}

// beside reports whether the claim has a word of the passage in the segment of word i.
func (c *claim) beside(i int, o word) bool {
	for k, x := range c.words {
		if x.key == o.key && segmentOf(c.words, k) == segmentOf(c.words, i) {
			return true
		}
	}
	return false
}

// ordinalAt is the value of the ordinal that a word is, or 0.
func ordinalAt(numbers []dutch.Number, w word) int {
	for _, n := range numbers {
		if n.Kind == dutch.Ordinal && w.start >= n.Start && w.end <= n.End {
			return int(n.Value)
		}
	}
	return 0
}

// compares reports whether a sentence compares with "dan": what it says of either side
// is read elsewhere.
func compares(ws []word) bool {
	return slices.ContainsFunc(ws, func(w word) bool { return w.text == "dan" || w.text == "than" })
}

// heading is a noun with the noun that a preposition puts behind it: biomassa voor energie.
type heading struct {
	head, at int // words
	prep     string
}

func headings(ws []word) (out []heading) {
	for _, p := range phrases(ws) {
		for j := p.at - 1; j > 0 && j >= p.at-3; j-- {
			if ws[j].text != p.prep {
				continue
			}
			if h := ws[j-1]; !h.quoted && !ws[p.at].quoted && h.clause == ws[j].clause && weight(h) > 0 && !h.number && !carrying[h.text] && h.verb == "" {
				out = append(out, heading{j - 1, p.at, p.prep})
			}
			break
		}
	}
	return out
}

// fronts reports whether word j of the passage stands in a phrase that opens its sentence,
// and so tells of something else than the sentence before: "Bij een reorganisatie …".
func (g *ground) fronts(j int) bool {
	from := j
	for from > 0 && g.words[from-1].sentence == g.words[j].sentence {
		from--
	}
	return j-from <= 3 && prepositions[g.words[from].text]
}

// checkFront objects when the claim says under one phrase in front what a sentence of the
// passage says under another: "Over werktijden werden zij het niet eens" for "Over
// pensioenen werden zij het niet eens".
func (r *framing) checkFront(add report) bool {
	c, g := r.c, r.g
	if c.lang != g.lang || len(c.words) == 0 {
		return false
	}
	front := func(ws []word) int {
		if list := phrases(ws); len(list) > 0 && list[0].at <= 3 && list[0].prep == ws[0].text && ws[0].text != "volgens" && months[ws[list[0].at].text] == "" && periods[ws[list[0].at].text] == "" {
			return list[0].at
		}
		return -1
	}
	mine := front(c.words)
	if mine < 0 {
		return false
	}
	rival := ""
	for _, in := range g.sentences {
		if len(in) == 0 {
			continue
		}
		total, found := 0.0, 0.0
		for i, w := range c.words {
			if i > mine && weight(w) > 0 {
				total += weight(w)
				if r.anchored(i, in) {
					found += weight(w)
				}
			}
		}
		if total < 1 || found < 0.8*total {
			continue
		}
		if c.anchored(mine, in) {
			return false
		}
		if at := front(in); at >= 0 && in[0].text == c.words[0].text && !slices.ContainsFunc(c.words, func(w word) bool { return bears(w, in[at]) }) {
			rival = in[at].text
		}
	}
	if rival != "" && c.anchored(mine, g.words) {
		add(CheckSupport, "the passage says this of %q, not of %q", rival, c.words[mine].text)
		return true
	}
	return false
}

// behindHeads are prepositions that say what something is for or about.
var behindHeads = set(`voor in bij op over aan tot tegen naar for in on about to`)

// checkHeads objects when the claim puts behind a noun what the passage has elsewhere,
// where the passage puts something else behind that noun: "het gebruik van biomassa in de
// chemie" for "het gebruik van biomassa voor energie".
func (r *framing) checkHeads(add report) bool {
	c, g := r.c, r.g
	theirs := headings(g.words)
	for _, m := range headings(c.words) {
		noun := c.words[m.at]
		if !behindHeads[m.prep] || months[noun.text] != "" || periods[noun.text] != "" || generic[noun.text] || carrying[noun.text] {
			continue
		}
		rival, held := "", false
		for _, t := range theirs {
			if !c.anchored(m.head, g.words[t.head:t.head+1]) || !behindHeads[t.prep] {
				continue
			}
			o := g.words[t.at]
			if c.anchored(m.at, g.words[t.at:t.at+1]) || inCompound(noun, []word{o}) || inCompound(o, []word{noun}) {
				held = true
				break
			}
			if months[o.text] == "" && periods[o.text] == "" && weight(o) > 0 {
				rival = o.text
			}
		}
		if held || rival == "" {
			continue
		}
		there := false
		for j, o := range g.words {
			if !c.anchored(m.at, []word{o}) {
				continue
			}
			there = true
			// It stands with the noun somewhere, or the sentence goes on about it.
			near := g.segmentWords(j)
			held = held || slices.ContainsFunc(near, func(x word) bool { return x.start != o.start && !x.quoted && c.anchored(m.head, []word{x}) }) || g.pointsBack(o.sentence) && !g.fronts(j)
		}
		if there && !held && !slices.ContainsFunc(c.words, func(w word) bool { return w.text == rival }) {
			add(CheckSupport, "the passage has %q where the sentence has %q", rival, noun.text)
			return true
		}
	}
	return false
}

// spans are verbs that begin or end something, by which side of a span of years that is.
var spans = map[string]int{"beginnen": 1, "starten": 1, "eindigen": -1, "stoppen": -1, "aflopen": -1, "ophouden": -1}

// checkWished objects to "werknemers hebben een leerrecht" where the passage has that right
// only as what somebody asks for or fears.
func (r *framing) checkWished(add report) bool {
	c, g := r.c, r.g
	if c.lang != g.lang || len(viewsIn(c.words)) > 0 || slices.ContainsFunc(c.words, func(w word) bool {
		return viewing[w.text] || proposing[w.text] || fearing[w.text] || hedging[w.text] || modals[w.text] != "" || forces[w.text] != 0 || wanting[w.text] || opinions[w.text] || negators[w.text]
	}) {
		return false
	}
	for _, f := range r.mine {
		if slices.ContainsFunc(f.verbs, func(v word) bool { return !carrying[v.text] }) || f.link != "" {
			continue
		}
		for i := f.from; i < f.to; i++ {
			w := c.words[i]
			// What there is stands behind an article that says it is new.
			if weight(w) < 1 || w.capital && !w.opening || i == 0 || c.words[i-1].text != "een" && c.words[i-1].text != "a" || generic[w.text] || carrying[w.text] || attributive(w) {
				continue
			}
			wished, so := false, false
			for _, t := range r.theirs {
				if !slices.ContainsFunc(g.words[t.from:t.to], func(o word) bool { return sameWord(w, o) }) {
					continue
				}
				asked := t.force == forceOpen || slices.ContainsFunc(g.words[t.from:t.to], func(o word) bool { return proposing[o.text] || fearing[o.text] || wanting[o.text] })
				wished, so = wished || asked, so || !asked
			}
			if wished && !so {
				add(CheckModality, "the passage leaves %q open, the sentence says that it is", w.text)
				return true
			}
		}
	}
	return false
}

// checkSpan objects to "begon in 2021" where something ran until 2021, and the reverse.
func (r *framing) checkSpan(add report) bool {
	for _, f := range r.mine {
		side := 0
		for _, v := range f.verbs {
			side += spans[v.verb]
		}
		for _, n := range r.c.numbers {
			if at := wordAt(r.c.words, n); side == 0 || n.Kind != dutch.Year || at < f.from || at >= f.to || sides[prepositionOf(r.c.words, at)] != 0 {
				continue
			}
			turned, held := false, false
			for _, m := range r.g.numbers {
				if !n.Same(m) {
					continue
				}
				at := sides[prepositionOf(r.g.words, wordAt(r.g.words, m))]
				turned, held = turned || at == -side, held || at != -side
			}
			if turned && !held {
				add(CheckOpposite, "the passage has %q from the other side", corpusSlice(r.c.text, n.Start, n.End))
				return true
			}
		}
	}
	return false
}

// amounting verbs stand between a thing and its number, whatever the thing is.
var amounting = set(`kosten bedragen tellen duren betalen meten wegen`)

// checkLone objects to a number of the claim when where the passage has it, it has nothing
// else of the claim, and has all of that in other places.
func (r *framing) checkLone(add report) bool {
	c, g := r.c, r.g
	if len(g.sentences) < 2 {
		return false
	}
	for _, n := range c.numbers {
		if n.Kind != dutch.Quantity || trivial(n) || n.Fraction {
			continue
		}
		var with []word
		for _, m := range g.numbers {
			if !n.Same(m) {
				continue
			}
			s := g.words[wordAt(g.words, m)].sentence
			with = append(with, g.sentences[s]...)
			if s > 0 && (g.pointsBack(s) || slices.ContainsFunc(g.sentences[s], func(w word) bool {
				return w.text == "daarvan" || w.text == "dat" || w.text == "er" || w.text == "ervan"
			})) {
				with = append(with, g.sentences[s-1]...)
			}
			if s+1 < len(g.sentences) && g.pointsBack(s+1) {
				with = append(with, g.sentences[s+1]...)
			}
		}
		if len(with) == 0 {
			continue
		}
		here, there := 0, 0
		for i, w := range c.words {
			if weight(w) == 0 || w.number || magnitude[w.text] || w.start >= n.Start && w.end <= n.End || months[w.text] != "" {
				continue
			}
			switch {
			case amounting[w.verb] && w.verb != "":
			case r.anchored(i, with):
				here++
			case weight(w) >= 1 && !generic[w.text] && !carrying[w.text] && holders[w.text] == "" && c.anchored(i, g.words):
				there++
			}
		}
		if here == 0 && there > 0 {
			add(CheckNumber, "the passage has %q of something else", corpusSlice(c.text, n.Start, n.End))
			return true
		}
	}
	return false
}

// checkTrend objects when a claim says that something rose or fell between two years of
// which the passage has the numbers, and they tell otherwise.
func (r *framing) checkTrend(add report) bool {
	c, g := r.c, r.g
	up := slices.ContainsFunc(c.words, func(w word) bool { return rising[w.text] })
	if up == slices.ContainsFunc(c.words, func(w word) bool { return falling[w.text] }) {
		return false
	}
	var years []int
	for _, n := range c.numbers {
		if y := yearIn(n); y != 0 && n.Kind == dutch.Year {
			years = append(years, y)
		}
	}
	if len(years) != 2 || years[0] >= years[1] {
		return false
	}
	at := func(year int) (found []dutch.Number) {
		for _, y := range g.numbers {
			if y.Kind != dutch.Year || int(y.Value) != year {
				continue
			}
			clause := g.words[wordAt(g.words, y)]
			for _, m := range g.numbers {
				if w := g.words[wordAt(g.words, m)]; m.Kind == dutch.Quantity && !trivial(m) && m.Unit != "jaar" && w.sentence == clause.sentence && w.clause == clause.clause {
					found = append(found, m)
				}
			}
			if len(found) == 1 {
				return found
			}
			found = nil
			for _, m := range g.numbers {
				// A length of time beside a year may tell how far it is from another.
				if m.Kind == dutch.Quantity && !trivial(m) && g.words[wordAt(g.words, m)].sentence == g.words[wordAt(g.words, y)].sentence && !(m.Unit == "jaar" && m.End < y.End && y.Start-m.End <= 2) {
					found = append(found, m)
				}
			}
		}
		return found
	}
	a, b := at(years[0]), at(years[1])
	if len(a) != 1 || len(b) != 1 || a[0].Unit != b[0].Unit || a[0].Value == b[0].Value {
		return false
	}
	if (b[0].Value > a[0].Value) != up {
		add(CheckOpposite, "the numbers of the passage go the other way")
		return true
	}
	return false
}

// ways are prepositions of place that tell where something goes, comes from or is.
var ways = set(`naar uit van in tot to from in`)

// checkWays objects to "verhuisde naar Utrecht" where the passage goes from or is in
// Utrecht, and goes somewhere else.
func (r *framing) checkWays(add report) bool {
	c, g := r.c, r.g
	if c.lang != g.lang {
		return false
	}
	for _, m := range phrases(c.words) {
		if w := c.words[m.at]; m.prep != "naar" && m.prep != "uit" && m.prep != "to" && m.prep != "from" || !w.capital && !places[w.text] {
			continue
		}
		same, other, rival := false, false, false
		for _, t := range phrases(g.words) {
			o := g.words[t.at]
			is := c.anchored(m.at, []word{o})
			same = same || is && t.prep == m.prep
			other = other || is && ways[t.prep] && t.prep != m.prep
			rival = rival || !is && t.prep == m.prep && (o.capital || places[o.text])
		}
		if other && rival && !same {
			add(CheckRoles, "the passage has %q under another preposition", c.words[m.at].text)
			return true
		}
	}
	return false
}

// checkUndergone objects when the passage says that somebody else undergoes the same act
// of the same.
func (r *framing) checkUndergone(add report) bool {
	undergoing := func(f frame) (out []actor) {
		for _, a := range f.actors {
			if a.role == roleObject {
				out = append(out, a)
			}
		}
		return out
	}
	for _, f := range r.mine {
		mine := undergoing(f)
		if !f.passive || len(mine) != 1 {
			continue
		}
		other, held := false, false
		for _, t := range r.theirs {
			if !r.sameVerb(f, t) {
				continue
			}
			theirs := undergoing(t)
			if len(theirs) == 0 { // who undergoes it is not known for someone, and stands in front
				verb := t.from
				for verb < t.to && !isVerb(r.g.words, verb, r.g.lang) {
					verb++
				}
				front := r.g.words[t.from:verb]
				if slices.ContainsFunc(front, func(w word) bool { return weight(w) > 0 && !w.number }) && !slices.ContainsFunc(front, func(w word) bool {
					return subjectPronouns[w.text] || opensPointing[w.text] || slices.ContainsFunc(r.c.words[mine[0].from:mine[0].to], func(m word) bool { return bears(m, w) || bears(w, m) })
				}) && t.passive && r.c.lang == "en" && r.g.lang == "en" {
					other = true
					continue
				}
			}
			if !t.passive || t.pronoun || len(theirs) == 0 || slices.ContainsFunc(t.actors, func(a actor) bool { return r.sameActor(mine[0], a) }) {
				held = true
				break
			}
			other = true
		}
		if other && !held {
			add(CheckRoles, "the passage says this of another than %q", corpusSlice(r.c.text, r.c.words[mine[0].from].start, r.c.words[mine[0].to-1].end))
			return true
		}
	}
	return false
}
