package answer

import (
	"slices"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Who says it is part of what is said. "De SER vindt" is false of what only the
// employers find, or a minority, or the cabinet that the Council answers.

// holders are the words for who can hold a view in these documents.
var holders = func() map[string]corpus.Speaker {
	m := make(map[string]corpus.Speaker)
	for h, list := range map[corpus.Speaker]string{
		corpus.SpeakerCouncil:    `ser raad council`,
		corpus.SpeakerEmployers:  `werkgevers werkgeversleden werkgeversorganisaties werkgeverskant ondernemers ondernemersleden ondernemersorganisaties vno mkb lto employers`,
		corpus.SpeakerWorkers:    `werknemers werknemersleden werknemersorganisaties werknemerskant vakbonden vakbeweging vakcentrales vakorganisaties bonden fnv cnv vcp unions employees workers`,
		corpus.SpeakerCrown:      `kroonleden kroonlid`,
		corpus.SpeakerCabinet:    `kabinet regering minister ministers staatssecretaris bewindslieden cabinet government minister`,
		corpus.SpeakerParliament: `parlement kamer volksvertegenwoordiging parliament`,
		corpus.SpeakerCommission: `commissie werkgroep committee`,
		corpus.SpeakerPlatform:   `platform jongerenplatform arboplatform`,
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
func holderAt(ws []word, i int) corpus.Speaker {
	w := ws[i]
	switch w.text {
	case "minderheid", "minority":
		return corpus.SpeakerMinority
	case "deel", "part":
		// Alone it is a part of the Council when it goes on to hold a view.
		if i > 0 && (ws[i-1].text == "ander" || ws[i-1].text == "een" || ws[i-1].text == "other") {
			return corpus.SpeakerMinority
		}
		return ""
	case "lid", "leden", "members":
		if i > 0 && (ws[i-1].text == "sommige" || ws[i-1].text == "enkele" || ws[i-1].text == "some" || ws[i-1].text == "andere") {
			return corpus.SpeakerMinority
		}
		if i > 0 && ws[i-1].text == "crown" {
			return corpus.SpeakerCrown
		}
		return ""
	}
	h := holders[w.text]
	if h != corpus.SpeakerCouncil {
		return h
	}
	// "Een deel van de raad", "de leden van de SER".
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		if ws[j].text == "van" || ws[j].text == "of" {
			if j > 0 && partial[ws[j-1].text] {
				return corpus.SpeakerMinority
			}
			return "" // the Council's something
		}
	}
	if i+1 < len(ws) && ws[i+1].capital && !ws[i+1].wide && !ws[i+1].opening {
		return "" // SER Diversiteit in Bedrijf
	}
	return h
}

// opinion is that somebody says something, by a verb or after "volgens".
type opinion struct {
	by corpus.Speaker
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
			// "Hij vindt dat werkgevers …": whose view it is was named before.
			found = found || i > 0 && subjectPronouns[ws[i-1].text] && ws[i-1].clause == w.clause
			for j := i + 1; j < len(ws) && j <= i+4 && ws[j].clause == w.clause && ws[j].text != "dat" && ws[j].text != "that" && !found; j++ {
				if prepositionOf(ws, j) == "" {
					found = add(j)
				}
			}
		}
	}
	return out
}

// told is how much some words of a passage say of what a claim tells beside whose view
// it is, and how much there is to say.
func (c *claim) told(in []word) (said, total float64) {
	for i, w := range c.words {
		k := weight(w)
		if k == 0 || holders[w.text] != "" || opinions[w.text] {
			continue
		}
		total += k
		said += k * c.support(i, in)
	}
	return said, total
}

// clauseOf is the part of a sentence that says most of the claim, when that part tells
// a view of its own, or else the whole of it. Of several the first is meant.
func (g *ground) clauseOf(c *claim, sentence int) []word {
	in := g.sentences[sentence]
	for from := 0; from < len(in); {
		to := from + 1
		for to < len(in) && in[to].clause == in[from].clause {
			to++
		}
		if said, total := c.told(in[from:to]); said >= 0.8*total && len(viewsIn(in[from:to])) > 0 {
			return in[from:to]
		}
		from = to
	}
	return in
}

// checkAttribution objects when the claim gives a view to another than the passage
// does, and when it gives as a fact what the passage gives as the view of one side.
func (g *ground) checkAttribution(c *claim, add report) {
	best, most, total := -1, 0.0, 0.0
	for s, in := range g.sentences {
		sum, all := c.told(in)
		if total = all; sum > most {
			best, most = s, sum
		}
	}
	if best < 0 || most < 0.5*total {
		return
	}
	theirs := viewsIn(g.clauseOf(c, best))
	mine := viewsIn(c.words)
	if len(theirs) == 0 && g.minority {
		theirs = []opinion{{by: corpus.SpeakerMinority}}
	}
	if len(theirs) == 0 {
		return
	}
	if len(mine) == 0 {
		side := !slices.ContainsFunc(theirs, func(v opinion) bool {
			return v.by != corpus.SpeakerEmployers && v.by != corpus.SpeakerWorkers && v.by != corpus.SpeakerCrown && v.by != corpus.SpeakerMinority
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
		sum, _ := c.told(in)
		if sum >= 0.8*most && slices.ContainsFunc(viewsIn(in), func(v opinion) bool { return v.by == mine[0].by }) {
			return
		}
	}
	add(CheckAttribution, "the passage gives this as the view of the %s, the sentence of the %s", theirs[0].by, mine[0].by)
}
