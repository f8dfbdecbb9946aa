package answer

import (
	"slices"
	"strings"
	"sync"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// What was so until some time is not so. The check here tells whether a claim speaks of
// the present, and whether the only place of the passage that says as much is in the past
// tense and bounded by an end.

// strongTenses are the present and past forms of strong verbs: -1 for past, 1 for present.
var strongTenses = sync.OnceValue(func() map[string]int {
	m := make(map[string]int)
	for f := range set(`was waren had hadden moest moesten mocht mochten`) {
		m[f] = -1
	}
	for line := range strings.Lines(strongVerbs) {
		for i, f := range strings.Fields(line) {
			switch {
			case i == 1:
				m[f] = 1
			case i == 2, i > 2 && !strings.HasPrefix(f, "ge"):
				m[f] = -1
			}
		}
	}
	return m
})

// strongTense is the tense of word i as a form of a strong verb. What can be parted from
// its verb stands before it only at the end of a clause: elsewhere "afspraken" are things.
func strongTense(ws []word, i int) int {
	w := ws[i]
	if t := strongTenses()[w.text]; t != 0 {
		return t
	}
	if w.verb == "" {
		return 0
	}
	for _, p := range prefixes {
		rest, ok := strings.CutPrefix(w.text, p)
		if !ok || strongTenses()[rest] == 0 {
			continue
		}
		if fixed[p] || i+1 == len(ws) || ws[i+1].clause != w.clause {
			return strongTenses()[rest]
		}
	}
	return 0
}

// fixed are the prefixes that stay before their verb, determiners the words after which no
// verb comes.
var (
	fixed       = set(`be ver ont her mis onder over voor door`)
	determiners = set(`de het een deze the a an haar hun its their`)
)

// Forms that tell the tense, English ones too where no rule does.
var (
	presentForms = set(`is zijn heeft hebben wordt worden kan kunnen mag moet zal hoeft wil gaat staat is are has have does do`)
	havingForms  = set(`heeft hebben has have`)
	beingForms   = set(`is zijn`)
	englishPasts = set(`was were had did became began brought built came chose fell found gave went grew heard held kept led left lost made met paid ran rose said saw sought sent spoke stood told took thought used won wrote consisted counted`)
	// enduring verbs tell how things are, others what happened, which lasts.
	enduring = set(`was waren had hadden telde telden gold golden bestond bestonden werd werden moest moesten mocht mochten kon konden stond stonden lag lagen bedroeg bedroegen were could consisted counted`)
)

// pastAt reports whether word i of a text in lang is a verb in the past tense.
func pastAt(ws []word, i int, lang string) bool {
	w := ws[i]
	if w.capital && !w.opening || w.number || i > 0 && determiners[ws[i-1].text] {
		return false
	}
	if lang == "en" {
		if englishPasts[w.text] {
			return true
		}
		return strings.HasSuffix(w.text, "ed") && englishVerbKeys[w.stem] && !w.opening
	}
	if t := strongTense(ws, i); t != 0 {
		return t < 0
	}
	weak := w.verb != "" && w.text != w.verb && !strings.HasPrefix(w.text, "ge") && isPastEnding.MatchString(w.text)
	return weak && (i == 0 || !prepositions[ws[i-1].text])
}

// presentAt reports whether word i is, as far as its form tells, a verb in the present
// tense. A plural looks like an infinitive, and does not count.
func presentAt(ws []word, i int, lang string) bool {
	w := ws[i]
	if w.capital && !w.opening || i > 0 && (determiners[ws[i-1].text] || ws[i-1].text == "to") {
		return false
	}
	if presentForms[w.text] {
		return !(w.text == "zijn" && i > 0 && prepositions[ws[i-1].text]) // met zijn leden
	}
	if lang == "en" {
		return strings.HasSuffix(w.text, "s") && englishVerbKeys[w.stem]
	}
	if t := strongTense(ws, i); t != 0 {
		return t > 0
	}
	// "Benoemt" is no participle: that is "benoemd".
	if w.stop || prepositions[w.text] {
		return false
	}
	root, t := strings.CutSuffix(w.text, "t")
	return t && w.verb != "" && w.text != w.verb && (!participle.MatchString(w.text) || infinitiveOf(root+"d") == w.verb)
}

// ofThePresent reports whether a clause of a claim is in the present tense: it has a verb,
// none in the past, and no perfect. What "is samengesteld" was samengesteld before: a
// state, no perfect.
func ofThePresent(ws []word, lang string, states map[string]bool) bool {
	verb, having, being, done := false, false, false, false
	for i, w := range ws {
		if pastAt(ws, i, lang) && !(lang == "en" && strings.HasSuffix(w.text, "ed")) {
			return false
		}
		verb = verb || presentAt(ws, i, lang) || w.verb != "" && w.text == w.verb || lang == "en" && englishVerbKeys[w.stem] && w.stem == w.text
		having, being = having || havingForms[w.text], being || beingForms[w.text] && lang == "nl"
		if lang == "en" {
			done = done || w.text == "been" || strings.HasSuffix(w.text, "ed") && englishVerbKeys[w.stem] || i > 0 && havingForms[ws[i-1].text] && englishPasts[w.text]
		} else {
			done = done || w.verb != "" && w.text != w.verb && !presentAt(ws, i, lang) && (participle.MatchString(w.text) || inseparable.MatchString(w.text) || strings.Contains(w.text, "ge") && strings.HasSuffix(w.text, "aan")) && !states[w.text] || w.text == "gehad" || w.text == "geweest"
		}
	}
	if lang == "en" && done && !having {
		// "Members are appointed" tells of now, "they advised" does not.
		return verb && slices.ContainsFunc(ws, func(w word) bool { return w.text == "are" || w.text == "is" })
	}
	return verb && !(done && (having || being))
}

// stretch is a part of a sentence that has a verb of its own.
type stretch struct {
	sentence int
	words    []word
}

// stretches cuts a sentence at the breaks between clauses, and at "en" if joined, keeping
// what has no verb with what has.
func stretches(in []word, lang string, joined bool) (out []stretch) {
	from, verb := 0, false
	for i := range in {
		told := pastAt(in, i, lang) || presentAt(in, i, lang)
		if told && verb {
			cut := i
			for cut > from && in[cut-1].clause == in[i].clause && !(joined && (in[cut].text == "en" || in[cut].text == "and")) {
				cut--
			}
			if cut > from {
				out = append(out, stretch{in[from].sentence, in[from:cut]})
				from = cut
			}
		}
		verb = verb || told
	}
	if from < len(in) {
		out = append(out, stretch{in[from].sentence, in[from:]})
	}
	return out
}

// Words by which a time has an end behind it. Those of lapsed say so by themselves; those
// of thenWords do beside a verb that tells how things were.
var (
	endings   = set(`tot voor until till before`) // vóór loses its accents
	lapsed    = set(`vroeger voorheen indertijd eertijds formerly`)
	thenWords = set(`toen destijds then`)
	bygone    = set(`voormalig voormalige vorig vorige former previous oud ex`)
	reopened  = set(`daarna sindsdien sinds vanaf nu inmiddels thans since now afterwards`)
)

// end is how a stretch of a passage is bounded.
type end struct {
	over  bool // it is in the past tense, and an end is told
	dated bool // by a date
	loose bool // only by a word as "toen", which what happened may have beside it too
	until int  // the word at which something else begins: daarna, sindsdien
}

// ended tells how a stretch is bounded.
func (g *ground) ended(t stretch) end {
	ws, e := t.words, end{until: len(t.words)}
	if !g.past(ws) {
		return e
	}
	at := -1
	for i, w := range ws {
		before := func(n int) string {
			if i >= n {
				return ws[i-n].text
			}
			return ""
		}
		after := ""
		if i+1 < len(ws) {
			after = ws[i+1].text
		}
		switch {
		case g.endsAt(ws, i):
			at, e.dated, e.loose = i, true, false
		case endings[w.text] && w.text != "voor" && (after == "dan" || after == "toen" || after == "then" || after == "recently" || after == "die" && i+2 < len(ws) && ws[i+2].text == "tijd" || after == "voor" && i+2 < len(ws) && ws[i+2].text == "kort"):
			at = i
		case lapsed[w.text] && before(1) != "dan" && before(1) != "than" && sideless(before(1)), w.text == "used" && after == "to":
			at = i
		case at < 0 && (thenWords[w.text] && (w.text != "toen" || i > 0 && ws[i-1].clause == w.clause || i+1 < len(ws) && pastAt(ws, i+1, g.lang)) || // "toen" opens clauses too
			w.text == "tijd" && before(1) == "die" && before(2) == "in" || w.text == "time" && before(1) == "the" && before(2) == "at"):
			at, e.loose = i, true
		}
		if at >= 0 && at < i && reopened[w.text] {
			e.until = i
			break
		}
	}
	e.over = at >= 0
	return e
}

// sideless reports that a word is no measure of time, with which "vroeger" is a comparison:
// een jaar vroeger.
func sideless(text string) bool {
	return periods[text] == "" && text != "jaren" && text != "dagen" && text != "maanden"
}

// endsAt reports whether word i is the last time of a stretch of time: tot 1996, tussen
// 1950 en 1996, 1950-1996.
func (g *ground) endsAt(ws []word, i int) bool {
	time := func(j int) bool {
		return slices.ContainsFunc(g.numbers, func(n dutch.Number) bool {
			return (n.Kind == dutch.Year || n.Kind == dutch.CalDate || n.Kind == dutch.Decade) && ws[j].start >= n.Start && ws[j].end <= n.End
		})
	}
	if !time(i) {
		return false
	}
	first := i - 1
	for first >= 0 && i-first <= 6 && (articles[ws[first].text] || months[ws[first].text] != "" || ws[first].number || slices.Contains([]string{"en", "met", "in", "eind", "begin", "aan", "and", "end", "jaren", "mid"}, ws[first].text)) {
		first--
	}
	if first >= 0 && endings[ws[first].text] && (ws[first].text != "voor" || strings.Contains(corpusSlice(g.text, ws[first].start, ws[first].end), "ó")) {
		return true
	}
	// Tot de wijziging van 1996 was het anders.
	if endings[ws[0].text] && ws[0].text != "voor" && i <= 6 && i+1 < len(ws) && pastAt(ws, i+1, g.lang) && ws[i].clause == ws[0].clause && ws[i+1].verb != "behoren" {
		return true
	}
	earlier := -1
	for j := i - 1; j >= 0 && i-j <= 8; j-- {
		if time(j) {
			earlier = j
			break
		}
	}
	if earlier < 0 {
		return false
	}
	if earlier == i-1 {
		return strings.ContainsAny(corpusSlice(g.text, ws[earlier].end, ws[i].start), "-–—")
	}
	return ws[i-1].text == "en" && prepositionOf(ws, earlier) == "tussen" || ws[i-1].text == "and" && prepositionOf(ws, earlier) == "between" || ws[i-1].text == "to" && prepositionOf(ws, earlier) == "from"
}

// gone reports whether a word of the passage is "bestaat" in "niet meer bestaat".
func (g *ground) gone(w word) bool {
	if w.verb != "bestaan" && w.verb != "gelden" && w.stem != "exist" {
		return false
	}
	no, more := false, false
	for _, o := range g.sentences[w.sentence] {
		if o.clause == w.clause {
			no = no || negators[o.text]
			more = more || o.text == "meer" || o.text == "langer" || o.text == "longer"
		}
	}
	return no && more
}

// past reports whether words tell of the past alone: in the past tense, or as what has been.
func (g *ground) past(ws []word) bool {
	was, has, been := false, false, false
	for i, w := range ws {
		switch {
		case havingForms[w.text] || beingForms[w.text]:
			has = has || presentAt(ws, i, g.lang)
		case presentAt(ws, i, g.lang):
			return false
		}
		was = was || pastAt(ws, i, g.lang)
		been = been || w.text == "gehad" || w.text == "geweest" || w.text == "geteld" || w.text == "been" || w.text == "had" && g.lang == "en"
	}
	return has && been || was && !has
}

// placed reports whether a part of a claim names the time of which a sentence of the
// passage tells, as a time and not as the beginning of what still is.
func (g *ground) placed(c *claim, ws []word, s int, dated bool) bool {
	for _, w := range ws {
		if lapsed[w.text] || thenWords[w.text] || bygone[w.text] {
			return true
		}
	}
	for _, n := range c.numbers {
		if n.Kind != dutch.Year && n.Kind != dutch.CalDate && n.Kind != dutch.Decade || n.End <= ws[0].start || n.Start >= ws[len(ws)-1].end {
			continue
		}
		if p := prepositionOf(c.words, wordAt(c.words, n)); sides[p] == 1 && p != "van" && p != "from" {
			continue
		}
		if slices.ContainsFunc(g.numbers, func(m dutch.Number) bool {
			of := g.sentenceAt(m.Start)
			return (of == s || !dated) && (n.Same(m) || m.Same(n))
		}) {
			return true
		}
	}
	return false
}

// checkEnded objects to "telt 45 leden" for "telde tot 1996 45 leden".
func (g *ground) checkEnded(c *claim, add report) {
	own := g
	if g.lang == "en" && c.lang == "nl" { // without the Dutch beside its words
		own = &ground{text: g.text, lang: g.lang, numbers: g.numbers, spans: g.spans}
		own.sentences = make([][]word, len(g.sentences))
		for s, in := range g.sentences {
			own.sentences[s] = slices.DeleteFunc(slices.Clone(in), func(w word) bool { return w.start == w.end })
		}
	}
	var parts []stretch
	var ends []end
	states := make(map[string]bool)
	for s, in := range own.sentences {
		gone := slices.ContainsFunc(in, own.gone)
		for _, t := range stretches(in, own.lang, false) {
			e := own.ended(t)
			e.over = e.over || gone && own.past(t.words)
			parts, ends = append(parts, stretch{s, t.words[:e.until]}), append(ends, e)
			if e.until < len(t.words) {
				parts, ends = append(parts, stretch{s, t.words[e.until:]}), append(ends, end{})
			}
			if e.over && slices.ContainsFunc(t.words, func(w word) bool { return w.text == "was" || w.text == "waren" }) {
				for _, w := range t.words {
					states[w.text] = true
				}
			}
		}
	}
	if !slices.ContainsFunc(ends, func(e end) bool { return e.over }) {
		return
	}
	in := make([][]word, len(parts))
	for p, t := range parts {
		if in[p] = t.words; own != g { // with the Dutch for them
			first, last := t.words[0].start, t.words[len(t.words)-1].end
			in[p] = slices.DeleteFunc(slices.Clone(g.sentences[t.sentence]), func(w word) bool { return w.start < first || w.end > last })
		}
	}
	for _, t := range stretches(c.words, c.lang, true) {
		if ofThePresent(t.words, c.lang, states) && g.onlyEnded(c, t, parts, in, ends) {
			add(CheckModality, "the passage says that it was so until some time, the sentence that it is")
			return
		}
	}
}

// onlyEnded reports whether all parts of the passage that say most of what a part of a
// claim says are over; in has their words.
func (g *ground) onlyEnded(c *claim, of stretch, parts []stretch, in [][]word, ends []end) bool {
	said, best, total := make([]float64, len(parts)), 0.0, 0.0
	for i, w := range c.words {
		if w.start < of.words[0].start || w.end > of.words[len(of.words)-1].end {
			continue
		}
		k := weight(w)
		if w.number {
			k = 3 // a number tells best what a sentence is from
		}
		total += k
		for p := range parts {
			if k > 0 {
				said[p] += k * c.support(i, in[p])
			}
		}
	}
	for _, s := range said {
		best = max(best, s)
	}
	if total == 0 || best < 0.5*total {
		return false
	}
	for p, t := range parts {
		if said[p] < 0.9*best {
			continue
		}
		// What grew until then is so much since.
		grew := slices.ContainsFunc(t.words, func(w word) bool { return rising[w.text] || falling[w.text] })
		if !ends[p].over || grew || ends[p].loose && !sameState(of.words, t.words) || g.placed(c, of.words, t.sentence, ends[p].dated) || len(negatorsOf(of.words)) != len(negatorsOf(t.words)) {
			return false
		}
	}
	return true
}

// sameState reports whether a claim says with the same verb, or of what tells how things
// were, that it is: what happened then may last.
func sameState(claim, ground []word) bool {
	return slices.ContainsFunc(ground, func(w word) bool {
		return enduring[w.text] || w.verb != "" && !w.stop && slices.ContainsFunc(claim, func(o word) bool { return o.verb == w.verb })
	})
}
