package answer

import (
	"slices"
)

// Who says it is part of what is said. "De SER vindt" is false of what only the
// employers find, or a minority, or the cabinet that the Council answers.

// holder is who can hold a view in these documents.
type holder string

const (
	holdCouncil    holder = "council"
	holdPart       holder = "part" // of the Council: some members, a minority, a majority
	holdEmployers  holder = "employers"
	holdWorkers    holder = "workers"
	holdCrown      holder = "crown members"
	holdCabinet    holder = "cabinet"
	holdParliament holder = "parliament"
	holdCommittee  holder = "committee"
	holdPlatform   holder = "platform"
)

var holders = func() map[string]holder {
	m := make(map[string]holder)
	for h, list := range map[holder]string{
		holdCouncil:    `ser raad council`,
		holdEmployers:  `werkgevers werkgeversleden werkgeversorganisaties werkgeverskant ondernemers ondernemersleden ondernemersorganisaties vno mkb lto employers`,
		holdWorkers:    `werknemers werknemersleden werknemersorganisaties werknemerskant vakbonden vakbeweging vakcentrales vakorganisaties bonden fnv cnv vcp unions employees workers`,
		holdCrown:      `kroonleden kroonlid`,
		holdCabinet:    `kabinet regering minister ministers staatssecretaris bewindslieden cabinet government minister`,
		holdParliament: `parlement kamer volksvertegenwoordiging parliament`,
		holdCommittee:  `commissie werkgroep committee`,
		holdPlatform:   `platform jongerenplatform arboplatform`,
	} {
		for w := range set(list) {
			m[w] = h
		}
	}
	return m
}()

// opinions are verbs of holding and giving a view.
var opinions = set(`vindt vinden vond vonden wil willen wilde wilden pleit pleiten pleitte pleitten bepleit bepleiten bepleitte bepleitten adviseert adviseren adviseerde adviseerden acht achten achtte meent menen meende meenden
	denkt denken dacht verwacht verwachten verwachtte wenst wensen steunt steunen steunde kiest kiezen koos kozen raadt raden beveelt bevelen waarschuwt waarschuwen waarschuwde stelt stellen stelde stelden
	noemt noemen noemde ziet zien zag concludeert concluderen concludeerde constateert constateren constateerde benadrukt benadrukken oordeelt oordelen oordeelde onderschrijft onderschrijven verwerpt verwerpen verwierp
	thinks think thought wants want wanted recommends recommend recommended advises advise advised argues argue argued believes believe believed finds favours favour favoured supports support supported proposes propose proposed
	concludes concluded opposes opposed rejects rejected warns warned calls called`)

// partial are heads of "… van de raad" that make it less than the Council.
var partial = set(`deel minderheid meerderheid helft sommige enkele aantal part minority majority some half members leden lid`)

// holderAt is who word i names, or "".
func holderAt(ws []word, i int) holder {
	w := ws[i]
	switch w.text {
	case "minderheid", "minority":
		return holdPart
	case "deel", "part":
		// Alone it is a part of the Council when it goes on to hold a view.
		if i > 0 && (ws[i-1].text == "ander" || ws[i-1].text == "een" || ws[i-1].text == "other") {
			return holdPart
		}
		return ""
	case "lid", "leden", "members":
		if i > 0 && (ws[i-1].text == "sommige" || ws[i-1].text == "enkele" || ws[i-1].text == "some" || ws[i-1].text == "andere") {
			return holdPart
		}
		if i > 0 && ws[i-1].text == "crown" {
			return holdCrown
		}
		return ""
	}
	h := holders[w.text]
	if h != holdCouncil {
		return h
	}
	// "Een deel van de raad", "de leden van de SER".
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		if ws[j].text == "van" || ws[j].text == "of" {
			if j > 0 && partial[ws[j-1].text] {
				return holdPart
			}
			return "" // the Council's something
		}
	}
	if i+1 < len(ws) && ws[i+1].capital && !ws[i+1].wide && !ws[i+1].opening {
		return "" // SER Diversiteit in Bedrijf
	}
	return h
}

// opinion is that a holder says something, by a verb or after "volgens".
type opinion struct {
	by holder
	at int // word
}

// viewsIn are the views that words ws tell.
func viewsIn(ws []word) []opinion {
	var out []opinion
	add := func(i int) bool {
		h := holderAt(ws, i)
		if h == "" {
			return false
		}
		if !slices.ContainsFunc(out, func(v opinion) bool { return v.by == h }) {
			out = append(out, opinion{h, i})
		}
		return true
	}
	for i, w := range ws {
		switch {
		case w.text == "volgens" || w.text == "according":
			for j := i + 1; j < len(ws) && j <= i+6 && ws[j].clause == w.clause; j++ {
				if add(j) {
					break
				}
			}
		case opinions[w.text]:
			found := false
			for j := i - 1; j >= 0 && ws[j].clause == w.clause && !found; j-- {
				if under := prepositionOf(ws, j); under == "" || under == "van" {
					found = add(j)
				}
			}
			for j := i + 1; j < len(ws) && j <= i+4 && ws[j].clause == w.clause && !found; j++ {
				if prepositionOf(ws, j) == "" {
					found = add(j)
				}
			}
		}
	}
	return out
}

// clauseOf is the part of a sentence that says most of the claim, when that part tells
// a view of its own, or else the whole of it.
func (g *ground) clauseOf(c *claim, sentence int, total float64) []word {
	in := g.sentences[sentence]
	said := make(map[int]float64)
	clauses := make(map[int][]word)
	for _, w := range in {
		clauses[w.clause] = append(clauses[w.clause], w)
	}
	for n, ws := range clauses {
		for i, w := range c.words {
			if k := weight(w); k > 0 && holders[w.text] == "" && !opinions[w.text] {
				said[n] += k * c.support(i, ws)
			}
		}
		if said[n] >= 0.8*total && len(viewsIn(ws)) > 0 {
			return ws
		}
	}
	return in
}

// checkAttribution objects when the claim gives a view to another than the passage
// does, and when it gives as a fact what the passage gives as the view of one side.
func (g *ground) checkAttribution(c *claim, add report) {
	best, most, total := -1, 0.0, 0.0
	for s, in := range g.sentences {
		sum := 0.0
		total = 0
		for i, w := range c.words {
			k := weight(w)
			if k == 0 || holders[w.text] != "" || opinions[w.text] {
				continue
			}
			total += k
			sum += k * c.support(i, in)
		}
		if sum > most {
			best, most = s, sum
		}
	}
	if best < 0 || most < 0.5*total {
		return
	}
	theirs := viewsIn(g.clauseOf(c, best, total))
	mine := viewsIn(c.words)
	if len(theirs) == 0 && g.minority {
		theirs = []opinion{{by: holdPart}}
	}
	if len(theirs) == 0 {
		return
	}
	if len(mine) == 0 {
		side := !slices.ContainsFunc(theirs, func(v opinion) bool {
			return v.by != holdEmployers && v.by != holdWorkers && v.by != holdCrown && v.by != holdPart
		})
		named := false
		for i, w := range c.words {
			named = named || w.text == "deel" || w.text == "minderheid" || holders[w.text] != "" && prepositionOf(c.words, i) == ""
		}
		if side && !named && !g.minority && most >= 0.75*total {
			add(CheckAttribution, "the passage gives this as the view of the %s", theirs[0].by)
		}
		return
	}
	for _, m := range mine {
		if slices.ContainsFunc(theirs, func(v opinion) bool { return v.by == m.by }) {
			return
		}
		// "De commissie" of the Council may be meant by the Council itself, not the
		// other way round.
	}
	// Elsewhere the passage may say the same of the claim's own.
	for s, in := range g.sentences {
		if s == best {
			continue
		}
		sum := 0.0
		for i, w := range c.words {
			if k := weight(w); k > 0 && holders[w.text] == "" && !opinions[w.text] {
				sum += k * c.support(i, in)
			}
		}
		if sum >= 0.8*most && slices.ContainsFunc(viewsIn(in), func(v opinion) bool { return v.by == mine[0].by }) {
			return
		}
	}
	add(CheckAttribution, "the passage gives this as the view of the %s, the sentence of the %s", theirs[0].by, mine[0].by)
}
