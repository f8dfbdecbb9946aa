package answer

import (
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// A claim says one thing in each of its clauses, and each has to come from one place of
// the passage. The checks here look at what a claim adds, at the part that each of its
// words has in its clause, and at whether what stands in one clause of the claim stands
// in sentences of the passage that speak of different things.

// clauses holds a claim against its passage clause by clause.
type clauses struct {
	g *ground
	c *claim
	// said is how far the whole passage has each word of the claim.
	said []float64
}

func (g *ground) checkClauses(c *claim, add report) {
	k := &clauses{g: g, c: c, said: make([]float64, len(c.words))}
	for i := range c.words {
		k.said[i] = c.support(i, g.words)
	}
	for _, check := range []func(report) bool{k.checkFact, k.checkExchanged, k.checkCounted, k.checkBeforeAfter, k.checkStitched} {
		if check(add) {
			return
		}
	}
}

// carrying are verbs and nouns that carry a sentence without saying much: "er kwamen
// twaalf adviezen", "het aantal was", "de Award ging naar". A paraphrase brings them.
var carrying = set(`is was zijn waren wordt werd worden werden heeft hebben had hadden gaat ging gingen gegaan komt komen kwam kwamen gekomen staat staan stond stonden ligt liggen lag lagen zit zitten zat zaten geeft geven gaf gaven gegeven
	krijgt krijgen kreeg kregen gekregen ontvangt ontving ontvingen ontvangen loopt lopen liep liepen valt vallen viel vielen telt tellen telde telden geldt gelden gold golden bestaat bestaan bestond bestonden blijft bleef maakt maken maakte maakten gemaakt
	doet deed hoort horen hoorde hoorden behoort toont laat zegt zeggen zei vertelt blijkt luidt heet heten duurt duurde vormt vormen vormde stelt stelde stelden vindt vinden vond vonden houdt houden hield hielden neemt nemen nam namen brengt bracht brachten
	begint begon ontstond ontstaan ontstaat stijgt steeg stegen gestegen daalt daalde daalden groeit groeide groeiden gegroeid hoeft hoeven moest moesten kunnen konden spreekt spreken sprak zet zette geworden gebeurt gebeurde verscheen verschenen verschijnt
	noemt noemde noemen schrijft schreef schreven geschreven reageerde reageert let letten bespreekt bespraken volgt volgde betekent betreft
	aantal aandeel keer maal manier zaak zaken mensen personen iets doel deel geld plaats vorm mening reactie uitspraak totaal terwijl vroeger nieuw nieuwe eigen goed last lid leden jaar jaren dag week weken tijd eens later eerder opzicht mogelijk verplicht meestal jaarlijks mogen`)

// attributive: unanieme, Europese, betere, as adjectives stand before a noun.
func attributive(w word) bool {
	return len(w.text) >= 5 && strings.HasSuffix(w.text, "e") && !strings.HasSuffix(w.text, "de") && !strings.HasSuffix(w.text, "te") && !strings.HasSuffix(w.text, "ie") && !strings.HasSuffix(w.text, "ere")
}

// wishes are words by which a claim leaves open whether what is said is so.
var wishes = set(`doel doelen doelstelling doelstellingen streefcijfer streefcijfers streven streeft plan plannen voornemen afspraak afspraken afgesproken bedoeld bedoeling beoogt beoogd ambitie eist eisen vraagt vragen vroeg gevraagd voorstel stelt
	te om voorgesteld voorgeschreven voorwaarde gaat zullen wordt should ought needs target aim goal to plan`)

// proposing verbs ask for what is not yet so.
var proposing = set(`wil willen wilde wilden pleit pleiten pleitte pleitten bepleit bepleitte adviseert adviseren adviseerde adviseerden beveelt bevelen beval wenst wensen vraagt vroeg vroegen verzoekt verzocht overweegt`)

// checkFact objects to "was in 2020 hernieuwbaar" for "moest in 2020 hernieuwbaar
// zijn": what must be is not yet so.
func (k *clauses) checkFact(add report) bool {
	c, g := k.c, k.g
	if len(c.aligned) == 0 || c.share[c.aligned[0]] <= 0 {
		return false
	}
	for _, w := range c.words {
		if modals[w.text] != "" || obliging[w.text] || hedging[w.text] || wishes[w.text] || opinions[w.text] {
			return false
		}
	}
	named := slices.ContainsFunc(c.words, func(w word) bool { return w.text == "volgens" || w.text == "according" })
	for _, w := range g.words {
		if proposing[w.text] && !named && w.sentence == c.aligned[0] {
			total, found := 0.0, 0.0
			for _, o := range g.sentences[w.sentence] {
				if weight(o) > 0 && o.clause == w.clause && !opinions[o.text] && holders[o.text] == "" && !proposing[o.text] {
					total += weight(o)
					if c.find(o) >= 0 {
						found += weight(o)
					}
				}
			}
			if total >= 2 && found >= 0.65*total && c.lang == g.lang && !slices.ContainsFunc(c.words, func(o word) bool { return holders[o.text] != "" }) {
				add(CheckModality, "the passage says that it is proposed (%q), the sentence that it is", w.text)
				return true
			}
		}
		if w.sentence != c.aligned[0] || modals[w.text] != "must" || w.text == "hoeft" || w.text == "hoeven" || obliging[w.text] {
			continue
		}
		total, found, words := 0.0, 0.0, 0
		for _, o := range g.words {
			if o.sentence == w.sentence && o.clause == w.clause && weight(o) > 0 && !opinions[o.text] && holders[o.text] == "" && modals[o.text] == "" {
				total += weight(o)
				if c.find(o) >= 0 {
					found += weight(o)
					words++
				}
			}
		}
		if words >= 2 && found >= 0.7*total {
			add(CheckModality, "the passage says that it must be, the sentence that it is")
			return true
		}
	}
	return false
}

// counted are numbers in words that stand before what they count.
var counted = set(`twee drie vier vijf zes zeven acht negen tien elf twaalf twintig dertig veertig vijftig honderd duizend two three four five six seven eight nine ten eleven twelve twenty hundred`)

// part is the part that word i has: the preposition over it, "" for none. In a
// passive clause "door" marks who does it, as the front does in an active one.
func part(ws []word, i int, passive bool) string {
	for j := i - 1; j >= 0 && j >= i-4 && ws[j].clause == ws[i].clause && ws[j].sentence == ws[i].sentence; j-- {
		w := ws[j]
		switch {
		case w.text == "door" || w.text == "by":
			if passive {
				return ""
			}
			return w.text
		case prepositions[w.text]:
			return w.text
		case articles[w.text], w.number, counted[w.text], attributive(w) && weight(w) > 0, boundWords[w.text] != 0, w.text == "ongeveer", w.text == "circa":
			continue
		case (w.text == "en" || w.text == "of" || w.text == "and" || w.text == "or") && j > 0:
			return part(ws, j-1, passive) // of werkgevers en werknemers
		case w.capital && ws[i].capital && !w.opening:
			continue // inside one name
		}
		return ""
	}
	return ""
}

var passives = set(`wordt worden werd werden is zijn was waren geworden were are been being be`)

func passive(ws []word) bool {
	by, aux := false, false
	for _, w := range ws {
		by = by || w.text == "door" || w.text == "by"
		aux = aux || passives[w.text]
	}
	return by && aux
}

// checkExchanged objects when two things of the claim have each the part that the other
// has in the passage's sentence: "de SER haalde een heffing op voor de Kamers" for "de
// Kamers haalden een heffing op voor de SER".
func (k *clauses) checkExchanged(add report) bool {
	c, g := k.c, k.g
	if c.lang != g.lang || len(c.aligned) == 0 {
		return false
	}
	minePassive := passive(c.words)
	for _, s := range c.near() {
		in := g.sentences[s]
		theirsPassive := passive(in)
		type place struct {
			i, j         int
			mine, theirs string
		}
		var moved []place
		for i, w := range c.words {
			if weight(w) < 0.5 || w.number || months[w.text] != "" || periods[w.text] != "" || opinions[w.text] || carrying[w.text] || magnitude[w.text] || len(w.text) < 3 {
				continue
			}
			at := -1
			for j, o := range in {
				if sameWord(w, o) || inFull(w, in[j:min(j+1, len(in))]) > 0 {
					if at >= 0 {
						at = -2
						break
					}
					at = j
				}
			}
			if at < 0 || slices.ContainsFunc(c.words, func(o word) bool { return o.start != w.start && sameWord(o, w) }) {
				continue
			}
			mine, theirs := part(c.words, i, minePassive), part(in, at, theirsPassive)
			if (mine == "van" || theirs == "van") && !(parties[w.text] || actors[w.text] || holders[w.text] != "" || w.capital) {
				continue // "de bijdrage van" is "draagt bij"
			}
			if mine != theirs && mine != "volgens" && theirs != "volgens" {
				moved = append(moved, place{i, at, mine, theirs})
			}
		}
		for a, x := range moved {
			for _, y := range moved[a+1:] {
				// What stands under no preposition in both is told by their order.
				if x.mine == y.theirs && x.theirs == y.mine && c.words[x.i].sentence == c.words[y.i].sentence && !slices.ContainsFunc(c.words[min(x.i, y.i):max(x.i, y.i)], func(o word) bool { return strings.HasPrefix(o.text, "waar") || o.text == "die" || o.text == "dat" }) {
					add(CheckRoles, "%q and %q have each other's part in the passage", c.words[x.i].text, c.words[y.i].text)
					return true
				}
			}
		}
	}
	return false
}

// yearIn is the year of a number that has one.
func yearIn(n dutch.Number) int {
	switch n.Kind {
	case dutch.Year, dutch.Decade:
		return int(n.Value)
	case dutch.CalDate, dutch.Code:
		return n.Year
	}
	return 0
}

// governed is a preposition with the content words it governs.
type governed struct {
	prep string
	at   []int
}

// governedIn finds them, over articles, numbers and adverbs of degree.
func governedIn(ws []word, numbers []dutch.Number) (out []governed) {
	dated := func(w word) bool {
		return slices.ContainsFunc(numbers, func(n dutch.Number) bool { return n.Kind != dutch.Quantity && w.start >= n.Start && w.end <= n.End })
	}
	for i, w := range ws {
		if !prepositions[w.text] || w.text == "volgens" || w.text == "van" || w.text == "of" {
			continue
		}
		p := governed{prep: w.text}
		for j := i + 1; j < len(ws) && j <= i+5 && ws[j].clause == w.clause && !prepositions[ws[j].text] && len(p.at) < 2; j++ {
			if dated(ws[j]) {
				break
			}
			switch {
			case weight(ws[j]) > 0 && !ws[j].number && !counted[ws[j].text] && months[ws[j].text] == "" && !magnitude[ws[j].text]:
				p.at = append(p.at, j)
				if !attributive(ws[j]) {
					j = len(ws)
				}
			case articles[ws[j].text], ws[j].number, ws[j].stop:
			}
		}
		if len(p.at) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// inCompound reports whether a word ends a compound of a text: raad in ondernemingsraad.
func inCompound(w word, in []word) bool {
	return len(w.text) >= 4 && slices.ContainsFunc(in, func(o word) bool { return strings.HasSuffix(o.text, w.text) })
}

// linked reports whether a sentence points back at the one before it.
func (k *clauses) linked(s int) bool {
	if k.defines(s) {
		return true
	}
	own := false // something in it that a possessive may mean
	for i, w := range k.g.sentences[s] {
		switch w.text {
		case "haar", "hun", "zijn", "its", "their", "his", "her":
			if i <= 6 && !own {
				return true
			}
		case "die", "dat", "deze", "dit", "hij", "zij", "ze", "toen", "daar", "daarmee", "daarvoor", "daarna", "daarbij", "waarvan", "zo", "this", "these", "that", "it", "they", "he", "she":
			if i == 0 && opensPointing[w.text] || i <= 6 && (i == 0 || k.g.sentences[s][i-1].clause == w.clause && !(w.text == "die" || w.text == "dat") || i <= 3) {
				return true
			}
		}
		own = own || weight(w) > 0
	}
	return false
}

// defines reports whether a sentence tells what a word of the one before it is: "Een
// convenant is een afspraak".
func (k *clauses) defines(s int) bool {
	if s == 0 {
		return false
	}
	in := k.g.sentences[s]
	if len(in) > 3 && (in[0].text == "een" || in[0].text == "a") && (in[2].text == "is" || in[2].text == "betekent") {
		return slices.ContainsFunc(k.g.sentences[s-1], func(o word) bool { return sameWord(o, in[1]) })
	}
	// "Een structurele herziening is …"
	if len(in) > 4 && in[0].text == "een" && in[3].text == "is" {
		return slices.ContainsFunc(k.g.sentences[s-1], func(o word) bool { return sameWord(o, in[2]) })
	}
	return false
}

// checkStitched objects to a claim of one clause that is put together from two
// sentences of the passage which say different things: one has a thing under a
// preposition where the claim has what the other has there, or stands under a time
// of its own.
func (k *clauses) checkStitched(add report) bool {
	c, g := k.c, k.g
	if c.lang != g.lang || len(g.sentences) < 2 || len(c.words) == 0 || c.words[len(c.words)-1].clause != c.words[0].clause {
		return false
	}
	var items []int
	for i, w := range c.words {
		if weight(w) >= 0.5 && !w.number && !generic[w.text] && !weak[w.text] && !carrying[w.text] && months[w.text] == "" && k.said[i] >= 0.9 {
			items = append(items, i)
		}
	}
	has := make([][]bool, len(g.sentences))
	best, most, full := -1, 0.0, false
	units := make([][]word, len(g.sentences)) // each sentence with what it points back at
	for s := range units {
		from, to := s, s
		for from > 0 && k.linked(from) {
			from--
		}
		for to+1 < len(units) && k.linked(to+1) {
			to++
		}
		for ; from <= to; from++ {
			units[s] = append(units[s], g.sentences[from]...)
		}
	}
	for s, in := range units {
		has[s] = make([]bool, len(items))
		n, sum := 0, 0.0
		for x, i := range items {
			if has[s][x] = c.support(i, in) >= 0.65; has[s][x] {
				n++
			}
		}
		full = full || n == len(items)
		for i, w := range c.words {
			k := weight(w)
			if generic[w.text] || weak[w.text] || carrying[w.text] {
				k = 0.3
			}
			sum += k * c.support(i, in)
		}
		if sum > most {
			best, most = s, sum
		}
	}
	if best < 0 || full {
		return false
	}
	mine := governedIn(c.words, c.numbers)
	// competes reports whether sentence t has, under a preposition of the claim, other
	// things than the claim, whose own are only in sentence s.
	competes := func(t, s int) string {
		for _, p := range mine {
			here, there := false, false
			for _, i := range p.at {
				here = here || c.support(i, g.sentences[s]) >= 0.65
				there = there || c.support(i, g.sentences[t]) >= 0.65
			}
			if !here || there {
				continue
			}
			for _, q := range governedIn(g.sentences[t], g.numbers) {
				if q.prep == p.prep && !slices.ContainsFunc(q.at, func(j int) bool {
					return nearestTo(g.sentences[t][j], c.words) >= 0.65 || inCompound(g.sentences[t][j], c.words)
				}) {
					return c.words[p.at[0]].text
				}
			}
		}
		return ""
	}
	years := func(s int) (own, others bool) {
		for _, m := range g.numbers {
			if g.words[wordAt(g.words, m)].sentence == s && yearIn(m) != 0 && m.Kind != dutch.Code {
				if slices.ContainsFunc(c.numbers, func(n dutch.Number) bool { return yearIn(n) == yearIn(m) }) {
					own = true
				} else {
					others = true
				}
			}
		}
		return own, others
	}
	for t := range g.sentences {
		if t == best || len(units[t]) > len(g.sentences[t]) || len(units[best]) > len(g.sentences[best]) {
			continue
		}
		only, lacks := 0, 0
		for x := range items {
			if has[t][x] && !has[best][x] {
				only++
			}
			if has[best][x] && !has[t][x] {
				lacks++
			}
		}
		if only == 0 {
			continue
		}
		bestOwn, _ := years(best)
		tOwn, tOthers := years(t)
		if bestOwn && !tOwn && tOthers {
			add(CheckNumber, "the passage says a part of this of another time")
			return true
		}
		if lacks == 0 {
			continue
		}
		if w := competes(t, best); w != "" {
			add(CheckSupport, "the passage says a part of this of something else than %q", w)
			return true
		}
		if w := competes(best, t); w != "" {
			add(CheckSupport, "the passage has something else in the place of %q", w)
			return true
		}
	}
	return false
}

// checkCounted objects when a word of the claim stands, in the passage, only in
// sentences that have another number of the kind, and the sentence with the claim's
// number has none that those lack: "het bankenconvenant liep vijf jaar" for "het
// bankenconvenant liep drie jaar" beside another that ran five.
func (k *clauses) checkCounted(add report) bool {
	c, g := k.c, k.g
	if c.lang != g.lang {
		return false
	}
	exactIn := func(i, s int) bool {
		return slices.ContainsFunc(g.sentences[s], func(o word) bool { return sameWord(c.words[i], o) })
	}
	for _, n := range c.numbers {
		if n.Kind != dutch.Quantity || trivial(n) {
			continue
		}
		with, other := make(map[int]bool), make(map[int]bool)
		for _, m := range g.numbers {
			s := g.words[wordAt(g.words, m)].sentence
			switch {
			case n.Same(m):
				with[s] = true
				// What a sentence points at belongs to it.
				if s > 0 && (k.linked(s) || g.pointsBack(s)) {
					with[s-1] = true
				}
				if s+1 < len(g.sentences) && (k.linked(s+1) || g.pointsBack(s+1)) {
					with[s+1] = true
				}
			case m.Kind == dutch.Quantity && m.Unit == n.Unit && (n.Unit != "" || len(n.Noun) > 0 && len(m.Noun) > 0 && n.Noun[0] == m.Noun[0]) && !slices.ContainsFunc(c.numbers, m.Same):
				other[s] = true
			}
		}
		for s := range other {
			if with[s] || len(with) == 0 {
				continue
			}
			there, here := 0, 0
			for i, w := range c.words {
				if weight(w) < 1 || w.number || generic[w.text] || weak[w.text] || carrying[w.text] || magnitude[w.text] || counted[w.text] || holders[w.text] == corpus.SpeakerCouncil {
					continue
				}
				x, y := exactIn(i, s), false
				for o := range with {
					y = y || exactIn(i, o)
				}
				switch {
				case x && !y:
					there++
				case y && !x:
					here++
				}
			}
			if there > 0 && here == 0 {
				add(CheckNumber, "%q is said of something else in the passage", strings.TrimSpace(corpusSlice(c.text, n.Start, n.End)))
				return true
			}
		}
	}
	return false
}

// sideOf says on which side of a moment a length of time lies.
var sideOf = map[string]int{"voor": -1, "vóór": -1, "vooraf": -1, "tevoren": -1, "eerder": -1, "vroeger": -1, "daarvoor": -1, "before": -1, "earlier": -1, "na": 1, "achteraf": 1, "daarna": 1, "later": 1, "nadien": 1, "after": 1, "afterwards": 1}

// checkBeforeAfter objects to "tien dagen na" for "tien dagen vooraf".
func (k *clauses) checkBeforeAfter(add report) bool {
	side := func(ws []word, n dutch.Number) int {
		at := wordAt(ws, n)
		for at < len(ws) && ws[at].start < n.End {
			at++
		}
		for j := at; j < len(ws) && j < at+2 && ws[j].clause == ws[at-1].clause; j++ {
			if s := sideOf[ws[j].text]; s != 0 {
				return s
			}
		}
		return 0
	}
	for _, n := range k.c.numbers {
		if n.Kind != dutch.Quantity || !timed[n.Unit] {
			continue
		}
		mine, turned, held := side(k.c.words, n), false, false
		for _, m := range k.g.numbers {
			if n.Same(m) && mine != 0 {
				theirs := side(k.g.words, m)
				turned = turned || theirs == -mine
				held = held || theirs == mine
			}
		}
		if turned && !held {
			add(CheckOpposite, "the passage has %q on the other side", strings.TrimSpace(corpusSlice(k.c.text, n.Start, n.End)))
			return true
		}
	}
	return false
}

// timed are the units of time.
var timed = set("dag week maand jaar uur minuut kwartaal")
