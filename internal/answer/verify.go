package answer

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Check names one of the verifier's checks.
type Check string

// The checks of Verify, in the order they run.
const (
	CheckEmpty    Check = "empty"    // there is nothing to verify, or nothing to verify it against
	CheckNumber   Check = "number"   // numbers, amounts, dates and years, with unit and magnitude
	CheckName     Check = "name"     // names and abbreviations
	CheckNegation Check = "negation" // affirmed against denied
	CheckOpposite Check = "opposite" // stijgt against daalt
	CheckModality Check = "modality" // moet against kan
	CheckRoles    Check = "roles"    // who does what to whom
	CheckSupport  Check = "support"  // enough of the content
	// CheckAttribution: whose view it is.
	CheckAttribution Check = "attribution"
)

// Reason is why a sentence is not supported.
type Reason struct {
	Check  Check  `json:"check"`
	Detail string `json:"detail"`
}

// Verdict is the verifier's judgement of one sentence.
type Verdict struct {
	OK      bool     `json:"ok"`
	Reasons []Reason `json:"reasons,omitempty"`
	// Support is the share of the sentence's content found in the passage, 0 to 1.
	Support float64 `json:"support"`
}

// Least share of a sentence's content that its passage has to hold. They were set
// on the pairs in testdata: summaries in other words reach 0.6 and more, sentences
// held against a passage on another subject stay under 0.4. An English sentence
// over Dutch text is compared through the glossary, which knows fewer words.
const (
	leastSupport        = 0.30
	leastSupportEnglish = 0.38
)

// Verify judges whether passage says what sentence says. It does not understand
// either: it checks by code what most often goes wrong, and refuses when in doubt.
// Every number, date and year of the sentence must be in the passage with the same
// value and unit, and with the same things around it; every name and every other word
// of content must be in it, by stem, derivation, reviewed synonym or part of a
// compound; what the passage denies may not be affirmed, nor what it says of one be
// said of another, what may or must be be said to be, nor what was until some time, a
// comparison be turned round or an effect be given as the cause. A sentence that stands in the passage word for word
// passes; of texts longer than a few pages only such sentences do. Both texts may be
// Dutch or English.
func Verify(sentence, passage string) Verdict {
	if len(sentence) > longestChecked || len(passage) > longestGround {
		if says := wholly(sentence, passage); says {
			return Verdict{OK: true, Support: 1}
		}
		return Verdict{Reasons: []Reason{{CheckSupport, "too long to be checked, and not word for word in the passage"}}}
	}
	if sentence == passage && strings.ContainsFunc(sentence, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return Verdict{OK: true, Support: 1}
	}
	return newGround(passage).verify(sentence)
}

// A sentence or a passage that is longer, in bytes, is not read: the sentence passes
// when it stands in the passage as it is. Checking takes time in proportion to both.
const (
	longestChecked = 4_000
	longestGround  = 200_000
)

// wholly reports whether a sentence stands in a passage from the start of one of its
// sentences to the end of one.
func wholly(sentence, passage string) bool {
	sentence = strings.TrimSpace(sentence)
	for at := 0; sentence != ""; {
		i := strings.Index(passage[at:], sentence)
		if i < 0 {
			return false
		}
		i += at
		before, after := strings.TrimSpace(passage[max(0, i-8):i]), strings.TrimSpace(passage[i+len(sentence):min(len(passage), i+len(sentence)+8)])
		if (i == 0 || before == "" || strings.ContainsAny(before[len(before)-1:], ".?!")) && (after == "" || strings.ContainsAny(sentence[len(sentence)-1:], ".?!")) {
			return true
		}
		at = i + len(sentence)
	}
	return false
}

// ground is a passage prepared for verifying sentences against it.
type ground struct {
	text      string
	lang      string
	words     []word
	sentences [][]word // words by sentence
	numbers   []dutch.Number
	spans     []dutch.Span
	minority  bool // it stands in a minority's note
	ours      bool // title or headings say that it is the Council's text
	framed    []frame
	nl        *ground // an English passage with the Dutch for its words beside them
}

func newGround(passage string) *ground {
	g := &ground{text: passage, lang: spoken(passage), spans: dutch.Sentences(passage), numbers: withYears(passage, numbersIn(passage))}
	g.words = withVerbs(bracketed(passage, saidWords(passage, g.lang)))
	g.sentences = make([][]word, len(g.spans))
	for _, w := range g.words {
		if w.sentence < len(g.sentences) {
			g.sentences[w.sentence] = append(g.sentences[w.sentence], w)
		}
	}
	return g
}

// spoken is the language of a text by its function words, of which a whole sentence
// has more than a question.
func spoken(text string) string {
	nl, en := 0, 0
	for _, t := range dutch.Tokens(text) {
		switch inDutch, inEnglish := dutch.IsStopWord(t.Text, "nl"), dutch.IsStopWord(t.Text, "en"); {
		case inDutch && !inEnglish:
			nl++
		case inEnglish && !inDutch:
			en++
		}
	}
	switch {
	case nl > en:
		return "nl"
	case en > nl:
		return "en"
	}
	return dutch.Detect(text)
}

// bracketed joins what stands in brackets to the clause before them: "108,5% (eind
// 2022) tot 115,4%" says 2022 of the first.
func bracketed(text string, ws []word) []word {
	runes := []rune(text)
	last, fewer := 0, 0
	for i := range ws {
		between := string(runes[last:ws[i].start])
		if i > 0 && !ws[i].opening && strings.Contains(between, "(") && !strings.ContainsAny(between, ",;:)–—") {
			fewer++
		}
		ws[i].clause -= fewer
		last = ws[i].end
	}
	return ws
}

// claim is a sentence prepared for verification.
type claim struct {
	text    string
	lang    string
	words   []word
	numbers []dutch.Number
	dutch   [][]word // per word: the words its translation gives, when the languages differ
	// aligned holds the passage's sentences by how much they share with the claim,
	// most first; share is parallel.
	aligned []int
	share   []float64
	// compared are the comparatives that the passage bears out.
	compared []int
}

func (g *ground) verify(sentence string) Verdict {
	sentence = strings.TrimSpace(sentence)
	c := &claim{text: sentence, numbers: asMoney(numbersIn(sentence), g.numbers)}
	c.lang = spoken(sentence)
	c.words = withVerbs(bracketed(sentence, saidWords(sentence, c.lang)))
	if len(c.words) == 0 || len(g.words) == 0 {
		return Verdict{Reasons: []Reason{{CheckEmpty, "no words to compare"}}}
	}
	if g.verbatim(c) {
		return Verdict{OK: true, Support: 1}
	}
	if c.lang == "en" && g.lang == "nl" {
		c.translate()
	}
	if c.lang == "nl" && g.lang == "en" {
		g = g.inDutch()
	}
	g.align(c)
	var v Verdict
	add := func(check Check, format string, args ...any) {
		v.Reasons = append(v.Reasons, Reason{check, fmt.Sprintf(format, args...)})
	}
	r := g.read(c)
	r.checkComparison(add)
	g.checkNumbers(c, add)
	g.checkBounds(c, add)
	g.checkShares(c, add)
	g.checkFinished(c, add)
	g.checkEnded(c, add)
	g.checkNames(c, add)
	g.checkBindings(c, add)
	g.checkNegation(r, add)
	g.checkOpposites(c, add)
	g.checkTotals(c, add)
	r.check(add)
	if !r.settled {
		g.checkModality(c, add)
	}
	if len(c.compared) == 0 {
		g.checkRoles(c, add)
	}
	g.checkAttribution(c, add)
	g.checkParticles(c, add)
	g.checkDenied(r, add)
	g.checkClauses(c, add)
	least := leastSupport
	if c.dutch != nil {
		least = leastSupportEnglish
	}
	if v.Support = g.support(c); v.Support < least && c.dutch == nil {
		add(CheckSupport, "%.0f%% of the content is in the passage, less than %.0f%%", 100*v.Support, 100*least)
	}
	v.OK = len(v.Reasons) == 0
	return v
}

// verbatim reports whether the claim is, word for word, whole sentences of the
// passage.
func (g *ground) verbatim(c *claim) bool {
	n := len(c.words)
	for at := 0; at+n <= len(g.words); at++ {
		if !g.words[at].opening || at+n < len(g.words) && !g.words[at+n].opening {
			continue
		}
		same := true
		for i := range n {
			if g.words[at+i].text != c.words[i].text {
				same = false
				break
			}
		}
		// Tokens drop signs; a sign can change a number: 5% and 5, € and $.
		if same && signs(c.text) == signs(string([]rune(g.text)[g.words[at].start:g.words[at+n-1].end])) {
			return true
		}
	}
	return false
}

// signs are the characters of a text that carry meaning without being words.
func signs(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("%€$£½¼¾+§", r) {
			return r
		}
		return -1
	}, s)
}

// inDutch is an English passage with, behind each of its words, the Dutch words that it may
// stand for.
func (g *ground) inDutch() *ground {
	if g.nl != nil {
		return g.nl
	}
	tokens := make([]dutch.Token, len(g.words))
	nl := make([][]word, len(g.words))
	for i, w := range g.words {
		tokens[i] = dutch.Token{Text: w.text}
		nl[i] = slices.Clone(general()[w.stem])
	}
	for _, t := range dutch.Translate(tokens) {
		for _, d := range t.Dutch {
			nl[t.From] = append(nl[t.From], withVerbs(saidWords(d, "nl"))...)
		}
	}
	x := *g
	x.words, x.framed = nil, nil
	for i, w := range g.words {
		x.words = append(x.words, w)
		for _, d := range nl[i] {
			d.start, d.end, d.sentence, d.clause, d.capital, d.opening, d.quoted, d.wide = w.end, w.end, w.sentence, w.clause, w.capital, false, w.quoted, w.wide
			x.words = append(x.words, d)
		}
	}
	x.sentences = make([][]word, len(g.sentences))
	for _, w := range x.words {
		if w.sentence < len(x.sentences) {
			x.sentences[w.sentence] = append(x.sentences[w.sentence], w)
		}
	}
	g.nl = &x
	return g.nl
}

// translate gives every English word of the claim the Dutch words it may stand for.
func (c *claim) translate() {
	c.dutch = make([][]word, len(c.words))
	tokens := make([]dutch.Token, len(c.words))
	for i, w := range c.words {
		tokens[i] = dutch.Token{Text: w.text}
	}
	for _, t := range dutch.Translate(tokens) {
		var nl []word
		for _, d := range t.Dutch {
			nl = append(nl, withVerbs(saidWords(d, "nl"))...)
		}
		for i := t.From; i < t.To; i++ {
			c.dutch[i] = nl
		}
	}
}

// backs is how far word b backs word a, where a word without a subject of its own
// backs only itself: "over" is no "overheid", whatever their stems.
func backs(a, b word) float64 {
	if a.stop != b.stop && a.text != b.text && (len(a.text) < 4 || len(b.text) < 4 || a.key != b.key) {
		return 0
	}
	return related(a, b)
}

// nearestTo is the best that any of the words backs w.
func nearestTo(w word, in []word) float64 {
	best := 0.0
	for _, o := range in {
		if r := backs(w, o); r > best {
			if best = r; best == 1 {
				break
			}
		}
	}
	return best
}

// support is how far the passage's words back word i of the claim.
func (c *claim) support(i int, in []word) float64 {
	best := nearestTo(c.words[i], in)
	if best < 1 {
		best = max(best, inFull(c.words[i], in), alikeWord(c.words[i], in))
	}
	if best < 0.85 && !c.words[i].stop && c.lang == "nl" && slices.ContainsFunc(in, func(o word) bool { return sameSaying(c.words[i], o) }) {
		best = 0.85
	}
	if c.dutch != nil && best < 1 {
		for _, d := range c.dutch[i] {
			if !d.stop {
				best = max(best, 0.95*nearestTo(d, in))
			}
		}
	}
	return best
}

// inFull is how well a text says an abbreviation by writing it out, or the Council
// by calling it the Council.
func inFull(w word, in []word) float64 {
	long := abbreviations[w.text]
	if long == "" {
		return 0
	}
	parts := strings.Fields(strings.ReplaceAll(long, "-", " "))
	for at := 0; at+len(parts) <= len(in); at++ {
		same := true
		for i, p := range parts {
			if !strings.HasPrefix(in[at+i].text, p) {
				same = false
				break
			}
		}
		if same {
			return 1
		}
	}
	if w.text == "ser" {
		for _, o := range in {
			if o.text == "raad" || o.text == "council" {
				return 0.9
			}
		}
	}
	return 0
}

// weight is what a word counts for in comparing content.
func weight(w word) float64 {
	switch {
	case w.stop, w.number:
		return 0 // numbers have a check of their own
	case w.capital && !w.opening || w.acronym:
		return 1
	case len(w.text) <= 3:
		return 0.5
	case len(w.text) >= 9:
		return 1.3
	}
	return 1
}

func (g *ground) support(c *claim) float64 {
	total, found := 0.0, 0.0
	for _, n := range c.numbers {
		if trivial(n) {
			continue
		}
		total += 0.7
		if slices.ContainsFunc(g.numbers, n.Same) {
			found += 0.7
		}
	}
	for i, w := range c.words {
		k := weight(w)
		switch {
		case k == 0, totals[w.text] != 0, quantifiers[w.text] != 0:
			continue // these have checks of their own
		case w.number, slices.ContainsFunc(c.numbers, func(n dutch.Number) bool { return w.start >= n.Start && w.end <= n.End }):
			continue
		case weak[w.text], generic[w.text], months[w.text] != "":
			k /= 2
		}
		total += k
		found += k * c.support(i, g.words)
	}
	if total == 0 {
		return 1 // numbers only
	}
	return found / total
}

// align orders the passage's sentences by what they share with the claim.
func (g *ground) align(c *claim) {
	c.share = make([]float64, len(g.sentences))
	for s, in := range g.sentences {
		for i, w := range c.words {
			if k := weight(w); k > 0 {
				c.share[s] += k * c.support(i, in)
			} else if w.number {
				c.share[s] += 0.5 * closest(w, in)
			}
		}
		for _, n := range c.numbers {
			if figure := corpusSlice(c.text, n.Start, n.End); trivial(n) || figure != "" && figure[0] >= '0' && figure[0] <= '9' && slices.ContainsFunc(in, func(w word) bool { return w.number && strings.HasPrefix(figure, w.text) }) {
				continue // counted as a word
			}
			if slices.ContainsFunc(g.numbers, func(m dutch.Number) bool { return n.Same(m) && g.words[wordAt(g.words, m)].sentence == s }) {
				c.share[s] += 0.5
			}
		}
		// Of two sentences that share as much, the one that says less else is nearer.
		c.share[s] -= 0.01 * float64(len(in))
		c.aligned = append(c.aligned, s)
	}
	slices.SortStableFunc(c.aligned, func(a, b int) int {
		switch {
		case c.share[a] > c.share[b]:
			return -1
		case c.share[a] < c.share[b]:
			return 1
		}
		return 0
	})
}

// near are the passage's sentences that say most of what the claim says: the best
// and those that come close to it.
func (c *claim) near() []int {
	if len(c.aligned) == 0 {
		return nil
	}
	n := 1
	for n < len(c.aligned) && n < 3 && c.share[c.aligned[n]] >= 0.75*c.share[c.aligned[0]] {
		n++
	}
	return c.aligned[:n]
}

type report func(check Check, format string, args ...any)

// checkNumbers holds every number of the claim against the passage: its value and
// unit must be there, in a sentence on the same subject, and not bound to something
// else there.
func (g *ground) checkNumbers(c *claim, add report) {
	for _, w := range c.words {
		// A figure that is no number as far as is known has to be there as it is.
		if w.number && !slices.ContainsFunc(c.numbers, func(n dutch.Number) bool { return w.start >= n.Start && w.end <= n.End }) && !slices.ContainsFunc(g.words, func(o word) bool { return o.text == w.text }) {
			add(CheckNumber, "%q is not in the passage", w.text)
			return
		}
	}
	for i, n := range c.numbers {
		// A range does not end where it begins, and a list has each thing once.
		if i > 0 && n.Same(c.numbers[i-1]) && wordAt(c.words, n)-wordAt(c.words, c.numbers[i-1]) <= 5 && !twice(g.numbers, n) {
			add(CheckNumber, "%q stands there once in the passage", corpusSlice(c.text, n.Start, n.End))
			return
		}
		if trivial(n) {
			continue
		}
		shown := corpusSlice(c.text, n.Start, n.End)
		if at := wordAt(c.words, n); n.Kind == dutch.Ordinal && c.words[at].text == "vierde" && at+1 < len(c.words) && c.words[at+1].stop {
			continue // of vieren
		}
		var same []dutch.Number
		for _, m := range g.numbers {
			if n.Same(m) {
				same = append(same, m)
			}
		}
		if n.Kind == dutch.Year && g.sameName(c, n) {
			continue
		}
		if n.Kind == dutch.Year && slices.ContainsFunc(g.numbers, func(m dutch.Number) bool {
			return m.Kind == dutch.Code && m.Year == int(n.Value) && slices.Contains(c.near(), g.words[wordAt(g.words, m)].sentence)
		}) {
			continue // what a publication says, was said in its year
		}
		if n.Kind == dutch.Year && !slices.ContainsFunc(same, func(m dutch.Number) bool { return m.Kind != dutch.Code }) && slices.ContainsFunc(g.numbers, func(m dutch.Number) bool { return m.Kind == dutch.Code && m.Year == int(n.Value) }) {
			continue // the year of a publication number
		}
		if len(same) == 0 && (g.inOtherMeasure(c, n) || g.dateFromParts(n) || slices.ContainsFunc(measured(g.text), n.Same)) {
			continue
		}
		if len(same) == 0 {
			add(CheckNumber, "%q is not in the passage", shown)
			continue
		}
		if g.became(c, n) {
			continue
		}
		if !g.bound(c, n, same) {
			add(CheckNumber, "%q belongs to something else in the passage", shown)
		}
	}
}

// twice reports whether a number stands twice in a row.
func twice(numbers []dutch.Number, n dutch.Number) bool {
	for i := 1; i < len(numbers); i++ {
		if n.Same(numbers[i]) && n.Same(numbers[i-1]) {
			return true
		}
	}
	return false
}

// sameName reports whether a year stands behind the same name in claim and passage:
// Demografische Ontwikkelingen 2050.
func (g *ground) sameName(c *claim, n dutch.Number) bool {
	i := wordAt(c.words, n)
	if i == 0 || !c.words[i-1].capital || c.words[i-1].opening || months[c.words[i-1].text] != "" {
		return false
	}
	return slices.ContainsFunc(g.numbers, func(m dutch.Number) bool {
		j := wordAt(g.words, m)
		return n.Same(m) && j > 0 && g.words[j-1].text == c.words[i-1].text
	})
}

// became reports whether n is one end of "van vijf naar drie" in the claim, and the
// passage has both ends in that order.
func (g *ground) became(c *claim, n dutch.Number) bool {
	first := func(x dutch.Number) int {
		for i, m := range g.numbers {
			if x.Same(m) {
				return i
			}
		}
		return -1
	}
	for i, a := range c.numbers {
		for _, b := range c.numbers[i+1:] {
			if a.Kind != dutch.Quantity || b.Kind != dutch.Quantity || a.Start != n.Start && b.Start != n.Start {
				continue
			}
			from, to := wordAt(c.words, a), wordAt(c.words, b)
			if from == 0 || c.words[from-1].text != "van" && c.words[from-1].text != "from" || to == 0 || roleOf[c.words[to-1].text] != "to" {
				continue
			}
			if x, y := first(a), first(b); x >= 0 && y > x {
				return true
			}
		}
	}
	return false
}

// trivial numbers are said in passing: "één van de", "the first".
func trivial(n dutch.Number) bool {
	return n.Kind == dutch.Quantity && n.Value == 1 && n.Unit == ""
}

// dateFromParts accepts 3 oktober 2023 when the passage has 3 oktober without a
// year, and 2023.
func (g *ground) dateFromParts(n dutch.Number) bool {
	if n.Kind != dutch.CalDate || n.Year == 0 || n.Month == 0 {
		return false
	}
	day, year := false, false
	for _, m := range g.numbers {
		day = day || m.Kind == dutch.CalDate && m.Year == 0 && m.Month == n.Month && m.Day == n.Day
		year = year || m.Kind == dutch.Year && int(m.Value) == n.Year
	}
	return day && year
}

func corpusSlice(s string, start, end int) string {
	r := []rune(s)
	return string(r[max(start, 0):min(end, len(r))])
}

// alike reports whether two numbers could be mistaken for each other.
func alike(a, b dutch.Number) bool {
	if a.Kind == dutch.CalDate || a.Kind == dutch.Year {
		return b.Kind == dutch.CalDate || b.Kind == dutch.Year
	}

	return a.Kind == b.Kind && (a.Unit == b.Unit || lengths[a.Unit].of != "" && lengths[b.Unit].of != "" || a.Unit == "" && len(a.Noun) == 0 && a.Value >= 1e6 && b.Unit == "euro")
}

// bound reports whether number n of the claim stands with the same things as one of
// its equals in the passage. It objects when a name, a year or a time word beside n
// stands beside another comparable number there; when the nearest sentence has
// another number in its place; and when the other words around n do.
func (g *ground) bound(c *claim, n dutch.Number, same []dutch.Number) bool {
	held := false // by something that stands beside n in both
	for _, a := range c.anchors(n) {
		if a.word < 0 && g.became(c, a.number) {
			continue
		}
		agrees, conflicts := false, false
		for _, at := range g.occurrences(c, a) {
			if a.part && !slices.ContainsFunc(same, func(m dutch.Number) bool { return g.words[wordAt(g.words, m)].sentence == g.words[at].sentence }) {
				continue
			}
			found, equal := g.beside(at, n, same)
			agrees = agrees || equal
			conflicts = conflicts || found && !equal && !(a.word >= 0 && g.covered(c, same))
		}
		if conflicts && !agrees && g.rival(c, a, same) && !(a.word >= 0 && g.only(c, n, same, g.occurrences(c, a))) {
			return false
		}
		held = held || agrees
	}
	return held || g.inNearest(c, n, same) && g.exclusive(c, n, same)
}

// rival reports whether n's equal has another anchor of a's kind beside it, so that
// its own is not a: a year that stands in the sentence before goes for what follows.
func (g *ground) rival(c *claim, a anchor, same []dutch.Number) bool {
	time := a.word < 0 && (a.number.Kind == dutch.Year || a.number.Kind == dutch.CalDate)
	name := a.word >= 0 && !a.part && !timeWords[c.words[a.word].text]
	if !time && !name {
		return true
	}
	for _, m := range same {
		at := wordAt(g.words, m)
		s := g.words[at].sentence
		if time && slices.ContainsFunc(g.numbers, func(o dutch.Number) bool {
			return (o.Kind == dutch.Year || o.Kind == dutch.CalDate) && !a.number.Same(o) && g.words[wordAt(g.words, o)].sentence == s
		}) {
			return true
		}
		for _, w := range g.sentences[s] {
			if name && (w.capital && !w.opening || w.acronym || places[w.text]) && !w.stop && !w.number && !c.says(a.word, w) {
				return true
			}
			if time && timeWords[w.text] {
				return true
			}
		}
	}
	return false
}

// only reports whether a word of the claim stands beside n's equal and nowhere else in
// the passage, and what is looked at in other sentences only: "in de horeca 28
// procent" leaves out what the sentence before said of.
func (g *ground) only(c *claim, n dutch.Number, same []dutch.Number, elsewhere []int) bool {
	for _, m := range same {
		at := wordAt(g.words, m)
		if slices.ContainsFunc(elsewhere, func(i int) bool { return g.words[i].sentence == g.words[at].sentence }) {
			continue
		}
		beside := g.segmentWords(at)
		for _, k := range c.around(n) {
			if c.support(k, beside) < 0.9 {
				continue
			}
			times := 0
			for _, w := range g.words {
				if c.says(k, w) {
					times++
				}
			}
			if times == 1 {
				return true
			}
		}
	}
	return false
}

// covered reports whether the claim says all of the segment of n's equal: then what
// stands elsewhere was left out there because it goes for all.
func (g *ground) covered(c *claim, same []dutch.Number) bool {
	for _, m := range same {
		content, missing := 0, false
		for _, w := range g.segmentWords(wordAt(g.words, m)) {
			if weight(w) > 0 && !magnitude[w.text] {
				content++
				missing = missing || c.find(w) < 0
			}
		}
		if content > 0 && !missing {
			return true
		}
	}
	return false
}

// magnitude are words that belong to a number.
var magnitude = set(`ton mln mld procent percent procentpunt miljoen miljard duizend honderd euro million billion thousand`)

// anchor is something in a claim that tells numbers apart: a word, or a number of
// another kind.
type anchor struct {
	word   int // index in the claim, -1 for a number
	number dutch.Number
	part   bool // what a percentage is a part of
}

// timeWords tell one time from another without a year.
var timeWords = set(`eerder later vorig vorige daarvoor daarna nu volgend volgende previous earlier later next`)

// anchors are what stands in n's segment of the claim, or in all of it when nothing
// does.
func (c *claim) anchors(n dutch.Number) []anchor {
	at := wordAt(c.words, n)
	segment := segmentOf(c.words, at)
	var in, all []anchor
	add := func(a anchor, i int) {
		all = append(all, a)
		if segmentOf(c.words, i) == segment {
			in = append(in, a)
		}
	}
	for i, w := range c.words {
		name := (w.capital && !w.opening || w.acronym || places[w.text]) && w.text != "ser" && !w.stop && !w.number && !calendarWords[w.text]
		if name || timeWords[w.text] {
			add(anchor{word: i}, i)
		}
	}
	for _, m := range c.numbers {
		if m.Start == n.Start || trivial(m) || alike(n, m) {
			continue
		}
		i := wordAt(c.words, m)
		if m.Kind != dutch.Year && m.Kind != dutch.CalDate && segmentOf(c.words, i) != segment {
			continue // a quantity beside another subject
		}
		add(anchor{word: -1, number: m}, i)
	}
	if n.Unit == "%" {
		if i := c.partOf(at); i >= 0 {
			add(anchor{word: i, part: true}, i)
		}
	}
	if len(in) > 0 {
		return in
	}
	return all
}

// partOf is the word for what a percentage is a part of: the first noun after "van
// de" in its segment, or -1.
func (c *claim) partOf(at int) int {
	segment := segmentOf(c.words, at)
	for i := 0; i+2 < len(c.words); i++ {
		if w := c.words[i].text; (w == "van" || w == "onder" || w == "of" || w == "among") && segmentOf(c.words, i) == segment {
			for j := i + 1; j <= i+2 && j < len(c.words); j++ {
				if j == at {
					break // "een doel van 16%": what it is, not what it is of
				}
				if weight(c.words[j]) > 0 && !c.words[j].number {
					return j
				}
			}
		}
	}
	return -1
}

// wordAt is the index of the first word of a number, or of the last word.
func wordAt(ws []word, n dutch.Number) int {
	for i, w := range ws {
		if w.end > n.Start {
			return i
		}
	}
	return len(ws) - 1
}

// occurrences are the indexes of the passage's words where an anchor stands.
func (g *ground) occurrences(c *claim, a anchor) []int {
	var out []int
	if a.word < 0 {
		for _, m := range g.numbers {
			if a.number.Same(m) {
				out = append(out, wordAt(g.words, m))
			}
		}
		return out
	}
	for i, w := range g.words {
		if c.says(a.word, w) {
			out = append(out, i)
		}
	}
	return out
}

// beside looks at the numbers comparable with n in the segment of the passage where
// word at stands, or in its sentence when the segment has none: whether there are
// any, and whether one of them is n's equal.
func (g *ground) beside(at int, n dutch.Number, same []dutch.Number) (found, equal bool) {
	segment := segmentOf(g.words, at)
	sentenceEqual, sentenceFound := false, false
	for _, m := range g.numbers {
		if !alike(n, m) {
			continue
		}
		i := wordAt(g.words, m)
		if g.words[i].sentence != g.words[at].sentence || g.named(m) {
			continue
		}
		is := isIn(m, same)
		sentenceFound = true
		sentenceEqual = sentenceEqual || is
		if segmentOf(g.words, i) == segment {
			found = true
			equal = equal || is
		}
	}
	if found {
		return found, equal
	}
	return sentenceFound && sentenceEqual, sentenceEqual
}

// named reports whether a number is a year in a name: Arbovisie 2040.
func (g *ground) named(n dutch.Number) bool {
	from := wordAt(g.words, n)
	return n.Kind == dutch.Year && from > 0 && g.words[from-1].capital && !g.words[from-1].opening && !g.words[from-1].stop && months[g.words[from-1].text] == "" && !g.words[from].wide
}

func isIn(m dutch.Number, list []dutch.Number) bool {
	return slices.ContainsFunc(list, func(s dutch.Number) bool { return s.Start == m.Start && s.End == m.End })
}

// inNearest objects when the sentence that says most of the claim has a comparable
// number but not n, and the sentences with n say much less of it.
func (g *ground) inNearest(c *claim, n dutch.Number, same []dutch.Number) bool {
	content := make([]float64, len(g.sentences))
	for s, in := range g.sentences {
		for i, w := range c.words {
			content[s] += weight(w) * c.support(i, in)
		}
	}
	best, with := 0, 0.0
	for s := range content {
		if content[s] > content[best] {
			best = s
		}
	}
	has, hasEqual := false, false
	for _, m := range g.numbers {
		if !alike(n, m) || len(content) == 0 {
			continue
		}
		s := min(g.words[wordAt(g.words, m)].sentence, len(content)-1)
		is := isIn(m, same)
		if is {
			with = max(with, content[s])
			if s == best+1 && g.pointsBack(s) {
				with = content[best]
			}
		}
		if s == best {
			// A number that the claim has as well is not in n's place.
			has = has || !slices.ContainsFunc(c.numbers, func(x dutch.Number) bool { return x.Same(m) })
			hasEqual = hasEqual || is
		}
	}
	return hasEqual || !has || with >= 0.6*content[best]
}

// exclusive objects when more of the claim's words stand only in the segment of
// another comparable number than only in the segment of n's equal.
func (g *ground) exclusive(c *claim, n dutch.Number, same []dutch.Number) bool {
	around := c.around(n)
	for _, m := range g.numbers {
		if !isIn(m, same) {
			continue
		}
		at := wordAt(g.words, m)
		mine := segmentOf(g.words, at)
		ok := true
		for _, o := range g.numbers {
			if !alike(n, o) || isIn(o, same) || slices.ContainsFunc(c.numbers, func(x dutch.Number) bool { return x.Same(o) }) {
				continue
			}
			i := wordAt(g.words, o)
			theirs := segmentOf(g.words, i)
			if g.words[i].sentence != g.words[at].sentence || mine == theirs {
				continue
			}
			a, b := g.segmentWords(at), g.segmentWords(i)
			inMine, inTheirs := 0, 0
			// "Acht bedrijven kregen een waarschuwing en twee een boete": the part without a
			// verb takes it, and what stands before it, from the other.
			gapped := n.Kind == dutch.Quantity && c.lang == "nl" && g.lang == "nl" && hasVerb(a) != hasVerb(b)
			if gapped {
				a, b = behindVerb(a), behindVerb(b)
			}
			for _, k := range around {
				x, y := c.support(k, a) >= 0.7, c.support(k, b) >= 0.7
				if x && !y {
					inMine++
				}
				if y && !x {
					inTheirs++
				}
			}
			// A shared noun may be left out the second time: "1.180 meldingen, later
			// 1.250". What happened in a year is told by one verb.
			least := 2
			if gapped && inMine == 0 && len(a) > 0 && len(b) > 0 {
				least = 1
			}
			if n.Kind == dutch.Year || n.Kind == dutch.CalDate || n.Kind == dutch.Ordinal {
				least = 1
			}
			if inTheirs-inMine >= least {
				ok = false
			}
		}
		if ok {
			return true
		}
	}
	return false
}

func hasVerb(ws []word) bool {
	return slices.ContainsFunc(ws, func(w word) bool { return auxiliaries[w.text] || w.verb != "" && w.verb != w.text })
}

// behindVerb is what stands behind the last verb of a stretch that is not its last word, or
// all of it when a preposition opens it: "bij grote bedrijven is dat".
func behindVerb(ws []word) []word {
	if len(ws) == 0 || prepositions[ws[0].text] {
		return ws
	}
	for i := len(ws) - 2; i >= 0; i-- {
		if hasVerb(ws[i : i+1]) {
			return ws[i+1:]
		}
	}
	return ws
}

func (g *ground) segmentWords(at int) []word {
	s := segmentOf(g.words, at)
	var out []word
	for i, w := range g.words {
		if w.clause == g.words[at].clause && segmentOf(g.words, i) == s {
			out = append(out, w)
		}
	}
	return out
}

// around are the indexes of the claim's content words that n stands with: those of
// its clause, or of the whole claim when the clause has none.
func (c *claim) around(n dutch.Number) []int {
	segment := segmentOf(c.words, wordAt(c.words, n))
	var in, all []int
	for i, w := range c.words {
		if weight(w) == 0 || w.start >= n.Start && w.end <= n.End {
			continue
		}
		all = append(all, i)
		if segmentOf(c.words, i) == segment {
			in = append(in, i)
		}
	}
	if len(in) > 0 {
		return in
	}
	return all
}

// segmentOf numbers the stretches of a text between clause breaks and "en": what
// stands in one of them belongs together.
func segmentOf(ws []word, i int) int {
	s := ws[i].clause * 100
	for j := i; j >= 0 && ws[j].clause == ws[i].clause; j-- {
		switch ws[j].text {
		case "en", "and", "tegen", "versus", "naar", "to":
			s++
		}
	}
	return s
}

// council reports whether the passage speaks of the Council, by whatever word.
func (g *ground) council() bool {
	if g.ours {
		return true
	}
	if slices.ContainsFunc(g.numbers, func(n dutch.Number) bool { return n.Kind == dutch.Code }) {
		return true // an advice by its number
	}
	for _, w := range g.words {
		switch w.text {
		case "ser", "raad", "council", "we", "wij", "adviesorgaan", "ons", "onze", "our":
			return true
		}
	}
	return g.advice()
}

// advice reports whether the passage tells what "het advies" says, and names nobody
// else whose advice that may be.
func (g *ground) advice() bool {
	said := false
	for i, w := range g.words {
		if (w.capital && !w.opening || w.acronym) && !w.number && !w.stop && !calendarWords[w.text] {
			return false
		}
		said = said || w.text == "advies" && i > 0 && g.words[i-1].opening && (g.words[i-1].text == "het" || g.words[i-1].text == "dit")
	}
	return said
}

// checkNames holds the claim's names against the passage.
func (g *ground) checkNames(c *claim, add report) {
	for i, w := range c.words {
		if !c.isName(i, g) || w.number {
			continue
		}
		if w.text == "ser" && g.council() {
			continue
		}
		if c.support(i, g.words) >= 0.7 || g.hasName(w) || inhabits(w, g.words) {
			continue
		}
		if long := abbreviations[w.text]; long != "" && strings.Contains(dutch.Fold(g.text), long) || g.spellsOut(w) {
			continue
		}
		if c.partOfKnown(i, g) {
			continue
		}
		add(CheckName, "%q is not in the passage", corpusSlice(c.text, w.start, w.end))
	}
	// Parties are as good as names: who pays, who negotiates.
	for i, w := range c.words {
		if actors[w.text] && c.support(i, g.words) < 0.65 && !(w.text == "raad" && g.council()) {
			add(CheckName, "%q is not in the passage", w.text)
			return
		}
	}
	if len(c.compared) == 0 {
		g.checkNameSwap(c, add)
	}
}

// actors are parties that a claim may not put in another's place.
var actors = set(`overheid regering kabinet parlement gemeente gemeenten provincie provincies rijk minister ministerie werkgevers werknemers werkgeversorganisaties vakbonden
	kroonleden bedrijfsleven ondernemingsraad burgers consumenten gemeenteraad rechter koning koningin pensioenfondsen banken verzekeraars commissie stichting
	government parliament cabinet minister employers employees unions municipalities`)

// hasName looks for a name inside the passage's compounds: Charter in
// Charterondertekenaars, and in names written with a hyphen.
func (g *ground) hasName(w word) bool {
	for _, o := range g.words {
		if len(w.text) >= 4 && strings.HasPrefix(o.text, w.text) || len(w.text) >= 4 && len(o.text) >= 4 && strings.HasPrefix(w.text, o.text) && o.capital {
			return true
		}
	}
	return false
}

// spellsOut reports whether the passage has a name or a phrase whose initials an
// abbreviation is: Raad van State is RvS. One that is known stands for nothing else.
func (g *ground) spellsOut(w word) bool {
	if !w.acronym || len(w.text) < 2 || len(w.text) > 6 || abbreviations[w.text] != "" && g.lang == "nl" {
		return false
	}
	for at := range g.words {
		if g.initials(w.text, g.words[at:]) {
			return true
		}
	}
	return false
}

// initials reports whether words that stand together begin with the letters of short: a
// name that has capitals, with or without its small words, or in lower case a phrase
// without "en", of two words only an adjective with its noun.
func (g *ground) initials(short string, ws []word) bool {
	i, n, named, plain := 0, 0, true, true
	for j, w := range ws {
		if j > 0 && w.start == w.end {
			continue // the Dutch for a word
		}
		inner := j > 0 && joining[w.text]
		if w.number || w.text == "" || j > 0 && (w.wide || w.opening || w.clause != ws[0].clause) {
			return false
		}
		n++
		if w.text[0] != short[i] || inner && i == len(short)-1 {
			if !inner {
				return false
			}
			plain = plain && w.text != "en" && w.text != "and"
			continue
		}
		if i++; !inner {
			named = named && w.capital && !(w.opening && w.stop)
			plain = plain && (!w.stop || j > 0 && i < len(short))
		}
		if i == len(short) {
			return named || plain && (i > 2 || n == 2 && (g.lang == "en" || len(ws[0].text) > 3 && strings.HasSuffix(ws[0].text, "e")))
		}
	}
	return false
}

// abbreviations of the corpus with what they stand for, folded as dutch.Fold does.
var abbreviations = map[string]string{
	"ser": "sociaal-economische raad", "stvda": "stichting van de arbeid", "awf": "algemeen werkloosheidsfonds", "llo": "leven lang ontwikkelen",
	"imvo": "internationaal maatschappelijk verantwoord ondernemen", "mvo": "maatschappelijk verantwoord ondernemen", "ai": "kunstmatige intelligentie",
	"ri": "risico-inventarisatie", "or": "ondernemingsraad", "cao": "collectieve arbeidsovereenkomst", "cpb": "centraal planbureau", "scp": "sociaal en cultureel planbureau",
	"cbs": "centraal bureau voor de statistiek", "dnb": "de nederlandsche bank", "eu": "europese unie", "mkb": "midden- en kleinbedrijf", "dib": "diversiteit in bedrijf",
	"zzp": "zelfstandige zonder personeel", "wor": "wet op de ondernemingsraden", "aow": "algemene ouderdomswet", "ww": "werkloosheidswet", "kvk": "kamer van koophandel",
}

// partOfKnown reports whether a name is an English rendering of something the
// passage has: "Youth Platform" for Jongerenplatform.
func (c *claim) partOfKnown(i int, g *ground) bool {
	if c.dutch == nil {
		return false
	}
	for _, d := range c.dutch[i] {
		if closest(d, g.words) >= 0.7 {
			return true
		}
	}
	return false
}

// isName reports whether word i of the claim is a name: a capital inside a
// sentence, an abbreviation, a known place, or an opening capital that another
// capital follows.
func (c *claim) isName(i int, g *ground) bool {
	w := c.words[i]
	if w.stop && !w.acronym || len(w.text) < 2 {
		return false
	}
	if w.acronym {
		return true
	}
	if !w.capital {
		return false
	}
	if places[w.text] {
		return true
	}
	if c.lang == "en" && (calendarWords[w.text] || demonyms[w.text]) {
		return false
	}
	if w.opening {
		return i+1 < len(c.words) && c.words[i+1].capital && !c.words[i+1].wide && !c.words[i+1].opening && c.support(i, g.words) < 0.7 && len(w.text) > 3
	}
	return true
}

var calendarWords = set(`january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday`)

var demonyms = set(`dutch european english german french`)

// places are names of places that may open a sentence, where their capital says
// nothing.
var places = set(`amsterdam rotterdam utrecht eindhoven groningen tilburg almere breda nijmegen apeldoorn haarlem arnhem enschede amersfoort zaanstad
	leiden dordrecht zoetermeer zwolle deventer delft alkmaar maastricht leeuwarden venlo heerlen hilversum assen middelburg lelystad emmen
	helmond oss roosendaal hoorn gouda purmerend vlaardingen schiedam almelo hengelo zeeland limburg brabant gelderland overijssel drenthe friesland flevoland
	nederland belgie duitsland frankrijk engeland spanje italie luxemburg denemarken zweden noorwegen finland oostenrijk zwitserland portugal polen ierland
	europa amerika china japan india brussel berlijn parijs londen geneve straatsburg antwerpen gent
	netherlands belgium germany france spain italy brussels berlin paris london geneva europe america`)

func set(list string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}

// hunk is a stretch of the claim that replaces a stretch of a passage's sentence.
type hunk struct {
	claim, ground []word
}

// differences aligns the claim with a sentence of the passage word by word and
// returns what was replaced, and the share of the claim that stayed the same.
func differences(a, b []word) (hunks []hunk, same float64) {
	// The longest common subsequence; sentences are short.
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
	}
	equal := func(i, j int) bool { return a[i].text == b[j].text || a[i].stem == b[j].stem }
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if equal(i, j) {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	var h hunk
	flush := func() {
		if len(h.claim) > 0 || len(h.ground) > 0 {
			hunks = append(hunks, h)
		}
		h = hunk{}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && equal(i, j):
			flush()
			i++
			j++
		case j == len(b) || i < len(a) && table[i+1][j] >= table[i][j+1]:
			h.claim = append(h.claim, a[i])
			i++
		default:
			h.ground = append(h.ground, b[j])
			j++
		}
	}
	flush()
	return hunks, float64(table[0][0]) / float64(max(len(a), 1))
}

// checkNameSwap objects when the claim is nearly a sentence of the passage with a
// name in the place of another name, or another thing counted.
func (g *ground) checkNameSwap(c *claim, add report) {
	for _, s := range c.near() {
		hunks, same := differences(c.words, g.sentences[s])
		if same < 0.6 {
			continue
		}
		if same >= 0.75 && c.lang == g.lang {
			if check, detail := turned(hunks); check != "" {
				add(check, "%s", detail)
				return
			}
		}
		if w, o := g.replaced(c, hunks, same); w != "" {
			add(CheckSupport, "the passage has %q where the sentence has %q", o, w)
			return
		}
		for _, h := range hunks {
			claimed, grounded := nameIn(h.claim), nameIn(h.ground)
			if claimed == nil || grounded == nil || len(h.claim) > 5 || len(h.ground) > 6 {
				continue
			}
			if closest(*claimed, h.ground) > 0 || closest(*grounded, h.claim) > 0 || sameName(*claimed, h.ground) || sameName(*grounded, h.claim) {
				continue
			}
			if g.spellsOut(*claimed) || g.inOtherSegment(*claimed, h.ground) {
				continue // told of in a part of the sentence of its own
			}
			if len(h.claim) > 1 && fronted[h.claim[0].text] && closest(*claimed, g.sentences[s]) == 1 {
				continue // moved to the front: "In Utrecht was"
			}
			if claimed.text == "ser" || claimed.text == "raad" {
				// "De SER" for "het platform" is a matter of support, "de SER" for
				// another organisation is not.
				if !grounded.acronym && !grounded.capital {
					continue
				}
			}
			add(CheckName, "the passage has %q where the sentence has %q", grounded.text, claimed.text)
			return
		}
	}
}

// inOtherSegment reports whether the sentence of some words of the passage has a name
// in another segment than those.
func (g *ground) inOtherSegment(name word, ground []word) bool {
	at := wordAt(g.words, dutch.Number{Start: ground[0].start})
	for j, w := range g.words {
		if w.sentence == g.words[at].sentence && w.text == name.text && segmentOf(g.words, j) != segmentOf(g.words, at) {
			return true
		}
	}
	return false
}

// turned finds a difference that turns a sentence around: a denial put in or taken
// out, or a word in the place of its opposite.
func turned(hunks []hunk) (Check, string) {
	for _, h := range hunks {
		if len(h.claim) > 2 || len(h.ground) > 2 {
			continue
		}
		mine, theirs := negatorsOf(h.claim), negatorsOf(h.ground)
		if len(mine) != len(theirs) && len(contentWords(h.claim)) == 0 && len(contentWords(h.ground)) == 0 {
			return CheckNegation, "a denial is put in or taken out"
		}
		for _, a := range h.claim {
			for _, b := range h.ground {
				if slices.Contains(turns(a.key), b.key) || turning[[2]string{a.text, b.text}] || turning[[2]string{b.text, a.text}] {
					return CheckOpposite, fmt.Sprintf("the sentence says %q, the passage %q", a.text, b.text)
				}
			}
		}
	}
	return "", ""
}

// turning are pairs of prepositions that turn a sentence around, too common to be
// looked for anywhere but in each other's place.
var turning = map[[2]string]bool{
	{"voor", "tegen"}: true, {"voor", "na"}: true, {"binnen", "buiten"}: true, {"boven", "onder"}: true, {"met", "zonder"}: true, {"tot", "vanaf"}: true, {"vóór", "na"}: true,
	{"for", "against"}: true, {"before", "after"}: true, {"above", "below"}: true, {"with", "without"}: true, {"until", "since"}: true, {"tot", "sinds"}: true,
}

// replaced finds the one thing in which a claim differs from a sentence of the
// passage, when that is a word of content in the place of another that means
// something else.
func (g *ground) replaced(c *claim, hunks []hunk, same float64) (claimed, grounded string) {
	if same < 0.7 || c.lang != g.lang {
		return "", ""
	}
	for _, h := range hunks {
		mine, theirs := contentWords(h.claim), contentWords(h.ground)
		if len(mine) != 1 || len(theirs) != 1 || len(h.claim) > 2 || len(h.ground) > 2 {
			continue
		}
		if magnitude[mine[0].text] || g.changes(c, mine[0]) || weak[mine[0].text] || generic[mine[0].text] || weak[theirs[0].text] || related(mine[0], theirs[0]) > 0 || sameSaying(mine[0], theirs[0]) || closest(mine[0], g.words) >= 0.7 || inFull(mine[0], g.words) > 0 || sameName(mine[0], h.ground) || sameName(theirs[0], h.claim) || alikeWord(mine[0], theirs) > 0 {
			continue
		}
		return mine[0].text, theirs[0].text
	}
	return "", ""
}

// rising and falling are verbs for a number that changes.
var (
	rising  = set(`groeide groeiden groeit groeien steeg stegen stijgt stijgen toegenomen gestegen gegroeid grew grows rose rises increased`)
	falling = set(`daalde daalden daalt dalen kromp krimpt afgenomen gedaald gekrompen zakte fell falls dropped decreased`)
)

// changes reports whether a verb of the claim says of two of its numbers, which the
// passage lists, that the first became the second: "groeide van 16 naar 18" for "was
// 16 in 2021 en 18 in 2022".
func (g *ground) changes(c *claim, verb word) bool {
	if !rising[verb.text] && !falling[verb.text] {
		return false
	}
	var of []dutch.Number
	for _, n := range c.numbers {
		if n.Kind == dutch.Quantity && slices.ContainsFunc(g.numbers, n.Same) {
			of = append(of, n)
		}
	}
	return len(of) == 2 && of[0].Unit == of[1].Unit && rising[verb.text] == (of[0].Value < of[1].Value)
}

// shortMonths stand in dates, which are compared as dates.
var shortMonths = set(`jan feb mrt apr jun jul aug sep sept okt nov dec`)

func contentWords(ws []word) []word {
	return slices.DeleteFunc(slices.Clone(ws), func(w word) bool { return weight(w) == 0 || shortMonths[w.text] })
}

// sameName reports whether an abbreviation and its long form are the same.
func sameName(w word, in []word) bool {
	var b strings.Builder
	for _, o := range in {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(o.text)
	}
	long := strings.ReplaceAll(abbreviations[w.text], "-", " ")
	return long != "" && strings.Contains(b.String(), long) || w.text == "ser" && strings.Contains(b.String(), "raad") ||
		w.text == "raad" && strings.Contains(b.String(), "ser") || w.text == "council" && strings.Contains(b.String(), "ser")
}

func nameIn(ws []word) *word {
	for i, w := range ws {
		if (w.capital && !w.opening || w.acronym || places[w.text]) && !w.stop && !w.number && len(w.text) > 1 {
			return &ws[i]
		}
	}
	return nil
}

// negators deny what stands beside them.
var negators = set(`niet geen nooit noch niemand niets nergens zonder evenmin nauwelijks amper zelden geenszins allerminst
	not no never neither nor none nobody nothing without cannot hardly rarely seldom isn aren wasn weren doesn don didn won hasn haven hadn couldn wouldn shouldn can't`)

// negatorsOf are the indexes of the words that deny something. "Niet alleen" does
// not, and "al dan niet" neither.
func negatorsOf(ws []word) []int {
	var out []int
	for i, w := range ws {
		if !negators[w.text] {
			continue
		}
		next, prev := "", ""
		if i+1 < len(ws) {
			next = ws[i+1].text
		}
		if i > 0 {
			prev = ws[i-1].text
		}
		switch {
		case (w.text == "niet" || w.text == "not") && (next == "alleen" || next == "slechts" || next == "enkel" || next == "only"),
			w.text == "niet" && (prev == "dan" || prev == "of" || next == "uit" && slices.ContainsFunc(ws[max(0, i-7):i], func(o word) bool { return o.text == "maakt" || o.text == "maakte" })), // al dan niet; het maakt niet uit
			w.text == "geen" && prev == "nog" && next != "" && (ws[i+1].number || counted[next] || magnitude[next] || next == "helft" || next == "kwart"),                                        // nog geen 1%: less
			(w.text == "niet" || w.text == "not" || w.text == "no") && boundWords[next] != 0 && i+3 < len(ws) && (ws[i+2].text == "dan" || ws[i+2].text == "than") && (ws[i+3].number || counted[ws[i+3].text]),
			(w.text == "won" || w.text == "don") && next != "t", // won de prijs
			w.text == "no" && next != "" && ws[i+1].number:
			continue
		}
		out = append(out, i)
	}
	return out
}

// heads are the indexes of the content words a negator denies: up to two after it
// in its clause, or else up to two before it.
func heads(ws []word, at int) []int {
	var out []int
	for i := at + 1; i < len(ws) && ws[i].clause == ws[at].clause && len(out) < 2 && i <= at+5; i++ {
		if weight(ws[i]) > 0 || ws[i].number {
			out = append(out, i)
		}
	}
	for i := at - 1; i >= 0 && ws[i].clause == ws[at].clause && len(out) < 2 && i >= at-5; i-- {
		if weight(ws[i]) > 0 {
			out = append(out, i)
		}
	}
	return out
}

// checkNegation compares what claim and passage deny.
func (g *ground) checkNegation(r *framing, add report) {
	c := r.c
	mine := negatorsOf(c.words)
	var theirs []int
	for _, s := range c.near() {
		theirs = append(theirs, g.negatorsIn(s)...)
	}
	if len(mine) == 0 && len(theirs) == 0 {
		return
	}
	if len(mine) > 0 {
		all := negatorsOf(g.words)
		for _, n := range mine {
			if alone := c.words[n].text == "zonder" || c.words[n].text == "without"; alone && (slices.ContainsFunc(g.words, func(w word) bool { return strings.HasPrefix(w.text, "zzp") }) || g.alsoWithout(c, n)) {
				continue // zelfstandigen zonder personeel
			}
			if !g.denies(c, n, all) && !r.deniesInOtherWords(n) {
				add(CheckNegation, "the sentence denies (%q) what the passage does not", c.words[n].text)
				return
			}
		}
	}
	// What the nearest sentence denies may not be affirmed.
	if len(c.aligned) == 0 {
		return
	}
	for _, n := range g.negatorsIn(c.aligned[0]) {
		hs := heads(g.words, n)
		if len(hs) == 0 {
			continue
		}
		for i, h := range hs {
			at := c.find(g.words[h])
			if at < 0 && c.lang == g.lang {
				at = slices.IndexFunc(c.words, func(w word) bool { return !w.stop && sameSaying(w, g.words[h]) })
			}
			if at < 0 {
				if i == 0 {
					break // the claim leaves out what is denied
				}
				continue
			}
			denied := slices.ContainsFunc(mine, func(m int) bool { return c.words[m].clause == c.words[at].clause }) || len(mine) > 0 && c.dutch != nil
			if !denied && !c.oppositeOf(g.words[h]) && c.covers(g, n) {
				add(CheckNegation, "the passage denies %q, the sentence affirms it", g.words[h].text)
				return
			}
			break
		}
	}
}

// alsoWithout reports whether the passage says what a claim says from "zonder" on.
func (g *ground) alsoWithout(c *claim, n int) bool {
	hs := heads(c.words, n)
	if len(hs) == 0 || hs[0] < n {
		return false
	}
	for j, w := range g.words {
		if w.text == c.words[n].text && slices.ContainsFunc(g.words[j:min(j+4, len(g.words))], func(o word) bool { return bears(c.words[hs[0]], o) }) {
			return true
		}
	}
	return false
}

// covers reports whether the claim says enough of the negated clause to affirm it:
// the first head, and at least half of the clause's content.
func (c *claim) covers(g *ground, negator int) bool {
	total, found := 0.0, 0.0
	for _, w := range g.words {
		if w.sentence != g.words[negator].sentence || w.clause != g.words[negator].clause {
			continue
		}
		if k := weight(w); k > 0 {
			total += k
			if c.find(w) >= 0 {
				found += k
			}
		}
	}
	return total == 0 || found/total >= 0.5
}

// find is the index of a claim's word that says w, or -1.
func (c *claim) find(w word) int {
	for i, o := range c.words {
		if backs(o, w) >= 0.9 {
			return i
		}
		if c.dutch != nil {
			// A translation is a word among several; a part of a compound is enough.
			for _, d := range c.dutch[i] {
				if related(d, w) >= 0.7 {
					return i
				}
			}
		}
	}
	return -1
}

// oppositeOf reports whether the claim puts a denial as its opposite: "niet
// hoger" as "lager".
func (c *claim) oppositeOf(w word) bool {
	for _, o := range c.words {
		if slices.Contains(turns(w.key), o.key) {
			return true
		}
	}
	return false
}

func (g *ground) negatorsIn(sentence int) []int {
	var out []int
	for _, n := range negatorsOf(g.words) {
		if g.words[n].sentence == sentence {
			out = append(out, n)
		}
	}
	return out
}

// denies reports whether the passage denies what negator n of the claim denies.
func (g *ground) denies(c *claim, n int, negators []int) bool {
	hs := heads(c.words, n)
	if len(negators) == 0 {
		return g.deniesByPrefix(c, hs)
	}
	if len(hs) == 0 {
		return true
	}
	near := c.near()
	for _, m := range negators {
		if !slices.Contains(near, g.words[m].sentence) {
			continue
		}
		// One of the denied words stands in the negated clause of the passage.
		for _, h := range hs {
			for _, w := range g.words {
				if w.sentence == g.words[m].sentence && w.clause == g.words[m].clause && (c.says(h, w) || bears(c.words[h], w)) {
					return true
				}
			}
		}
	}
	if g.deniesByPrefix(c, hs) {
		return true
	}
	for _, m := range negators {
		if slices.Contains(near, g.words[m].sentence) && c.covers(g, m) {
			return true // the negated clause itself, in other words
		}
	}
	// The denied words are nowhere affirmed: a paraphrase of the denial.
	for _, h := range hs {
		for _, s := range near {
			if c.support(h, g.sentences[s]) >= 0.7 {
				return false
			}
		}
	}
	return slices.ContainsFunc(negators, func(m int) bool { return slices.Contains(near, g.words[m].sentence) })
}

func (c *claim) says(i int, w word) bool {
	if backs(c.words[i], w) >= 0.7 {
		return true
	}
	if c.dutch != nil {
		for _, d := range c.dutch[i] {
			if related(d, w) >= 0.7 {
				return true
			}
		}
	}
	return false
}

// deniesByPrefix accepts "niet afhankelijk" for "onafhankelijk" and "niet verdeeld"
// for "unaniem".
func (g *ground) deniesByPrefix(c *claim, hs []int) bool {
	for _, h := range hs {
		w := c.words[h]
		if len(c.aligned) == 0 {
			return false
		}
		in := g.sentences[c.aligned[0]]
		said := exact(w, in)
		for _, o := range in {
			if o.text == "on"+w.text || o.key == "on"+w.key || !said && slices.Contains(turns(w.key), o.key) {
				return true
			}
			if c.dutch != nil {
				for _, d := range c.dutch[h] {
					if o.key == "on"+d.key {
						return true
					}
				}
			}
		}
	}
	return false
}

// checkOpposites objects to a word whose opposite stands in the nearest sentence,
// where the word itself does not.
func (g *ground) checkOpposites(c *claim, add report) {
	if len(c.aligned) == 0 {
		return
	}
	in := g.sentences[c.aligned[0]]
	denied := len(negatorsOf(c.words)) != len(g.negatorsIn(c.aligned[0]))
	for i, w := range c.words {
		opposites := turns(w.key)
		if len(opposites) == 0 && !strings.HasPrefix(w.text, "on") && !onPrefixed(w, in) {
			continue
		}
		if exact(w, in) || c.lang != g.lang || slices.Contains(c.compared, i) {
			continue
		}
		if (parties[w.text] || actorAt(c.words, i, len(c.words)) >= 0) && exact(w, g.words) {
			continue // who does it is looked at by frames
		}
		if slices.ContainsFunc(c.near(), func(s int) bool { return exact(w, g.sentences[s]) && c.share[s] >= 0.9*c.share[c.aligned[0]] }) {
			continue // a sentence as near has it
		}
		for _, o := range in {
			opposite := slices.Contains(opposites, o.key) && !exactIn(o, c.words)
			opposite = opposite || len(w.key) >= 5 && (o.key == "on"+w.key || w.key == "on"+o.key)
			if !opposite || denied {
				continue
			}
			// Synonyms of the word may stand there as well.
			if c.support(i, without(in, o)) >= 0.9 {
				continue
			}
			add(CheckOpposite, "the sentence says %q, the passage %q", w.text, o.text)
			return
		}
	}
	g.checkPeriods(c, in, add)
	g.checkWithout(c, in, add)
	g.checkQuantifiers(c, in, add)
}

// periods are the measures of time by which something returns.
var periods = map[string]string{
	"jaar": "jaar", "jaarlijks": "jaar", "jaarlijkse": "jaar", "maand": "maand", "maandelijks": "maand", "maandelijkse": "maand", "week": "week", "weken": "week", "wekelijks": "week", "wekelijkse": "week", "tweewekelijks": "2 week", "tweewekelijkse": "2 week",
	"dag": "dag", "dagelijks": "dag", "dagelijkse": "dag", "kwartaal": "kwartaal", "year": "jaar", "yearly": "jaar", "annual": "jaar", "annually": "jaar", "month": "maand", "monthly": "maand", "weekly": "week", "daily": "dag",
}

// checkPeriods objects to "elke maand" where the passage says "elk jaar".
func (g *ground) checkPeriods(c *claim, in []word, add report) {
	theirs := make(map[string]bool)
	for _, w := range g.words {
		if p := periods[w.text]; p != "" {
			theirs[p] = true
		}
	}
	near := false
	for _, w := range in {
		near = near || periods[w.text] != ""
	}
	for _, w := range c.words {
		if p := periods[w.text]; p != "" && near && !theirs[p] && !w.number {
			measured := slices.ContainsFunc(c.numbers, func(n dutch.Number) bool { return w.start >= n.Start && w.end <= n.End })
			if !measured {
				add(CheckOpposite, "the passage has another period than %q", w.text)
				return
			}
		}
	}
}

// checkWithout objects to "met personeel" where the passage says "zonder personeel".
func (g *ground) checkWithout(c *claim, in []word, add report) {
	follows := func(ws []word, first string) map[string]bool {
		m := make(map[string]bool)
		for i, w := range ws {
			if w.text == first && i+1 < len(ws) {
				m[ws[i+1].key] = true
			}
		}
		return m
	}
	for _, pair := range [][2]string{{"met", "zonder"}, {"zonder", "met"}, {"with", "without"}, {"without", "with"}} {
		mine, other, same := follows(c.words, pair[0]), follows(in, pair[1]), follows(g.words, pair[0])
		for k := range mine {
			if other[k] && !same[k] {
				add(CheckOpposite, "the sentence says %q, the passage %q", pair[0], pair[1])
				return
			}
		}
	}
}

// checkParticles objects to "nam af" for "nam toe", "gingen er af" for "kwamen erbij":
// verbs whose meaning is in a word at the end.
func (g *ground) checkParticles(c *claim, add report) {
	if len(c.aligned) == 0 || c.lang != g.lang {
		return
	}
	in := g.sentences[c.aligned[0]]
	has := func(ws []word, particle string) bool {
		for i, w := range ws {
			// Elsewhere "bij" is a preposition.
			if w.text == particle && (particle != "bij" || i+1 == len(ws) || ws[i+1].clause != w.clause) || particle == "bij" && w.text == "erbij" {
				return true
			}
		}
		return false
	}
	for _, pair := range [][2]string{{"toe", "af"}, {"af", "toe"}, {"af", "bij"}, {"bij", "af"}} {
		if has(c.words, pair[0]) && !has(c.words, pair[1]) && has(in, pair[1]) && !has(in, pair[0]) {
			add(CheckOpposite, "the sentence says %q, the passage %q", pair[0], pair[1])
			return
		}
	}
}

// checkDenied objects to a word that the passage has only right behind a denial, in a
// claim that denies nothing.
func (g *ground) checkDenied(r *framing, add report) {
	c := r.c
	if len(negatorsOf(c.words)) > 0 || c.lang != g.lang {
		return
	}
	denied := make(map[int]bool)
	for _, n := range negatorsOf(g.words) {
		for j := n + 1; j < len(g.words) && j <= n+2 && g.words[j].clause == g.words[n].clause; j++ {
			if weight(g.words[j]) > 0 {
				denied[j] = true
				break
			}
		}
	}
	if len(denied) == 0 {
		return
	}
	for _, w := range c.words {
		if weight(w) == 0 || len(w.text) < 5 || generic[w.text] || weak[w.text] || w.capital && !w.opening {
			continue
		}
		only, some := true, false
		for j, o := range g.words {
			if related(w, o) == 1 {
				some = true
				only = only && denied[j]
			}
		}
		affirmed := slices.ContainsFunc(r.theirs, func(t frame) bool { return !t.denied && nearly(w, t.verbs) })
		if some && only && !affirmed && !c.oppositeOf(w) {
			add(CheckNegation, "the passage denies %q", w.text)
			return
		}
	}
}

func onPrefixed(w word, in []word) bool {
	for _, o := range in {
		if o.key == "on"+w.key {
			return true
		}
	}
	return false
}

func exact(w word, in []word) bool {
	return slices.ContainsFunc(in, func(o word) bool { return o.text == w.text || o.key == w.key && len(w.key) >= 4 })
}

func exactIn(w word, in []word) bool { return exact(w, in) }

func without(in []word, w word) []word {
	return slices.DeleteFunc(slices.Clone(in), func(o word) bool { return o.start == w.start })
}

// quantifiers by how much they claim. A claim may not say more than its passage.
var quantifiers = map[string]int{
	"alle": 4, "ieder": 4, "iedere": 4, "elk": 4, "elke": 4, "allemaal": 4, "all": 4, "every": 4, "each": 4,
	"meeste": 3, "meerderheid": 3, "most": 3, "majority": 3,
	"sommige": 2, "enkele": 2, "some": 2, "minderheid": 2,
	"weinig": 1, "few": 1,
}

// checkQuantifiers objects to "alle" where the passage says "sommige".
func (g *ground) checkQuantifiers(c *claim, in []word, add report) {
	level := func(ws []word) (int, string) {
		best, text := 0, ""
		for _, w := range ws {
			if q := quantifiers[w.text]; q > best {
				best, text = q, w.text
			}
		}
		return best, text
	}
	mine, said := level(c.words)
	theirs, there := level(in)
	if mine == 0 || theirs == 0 || mine == theirs {
		return
	}
	for _, w := range in {
		if quantifiers[w.text] == mine {
			return
		}
	}
	add(CheckOpposite, "the sentence says %q, the passage %q", said, there)
}

// modals by what they make of a statement.
var modals = map[string]string{
	"moet": "must", "obliged": "must", "obligatory": "must", "mandatory": "must", "moeten": "must", "verplicht": "must", "verplichte": "must", "must": "must", "dient": "must", "dienen": "must", "hoeft": "must", "hoeven": "must",
	"kan": "may", "kunnen": "may", "mag": "may", "mogen": "may", "can": "may", "may": "may", "could": "may",
	"moest": "must", "moesten": "must", "mocht": "may", "mochten": "may", "kon": "may", "konden": "may",
	"zal": "will", "zullen": "will", "will": "will",
}

// checkModality objects to "moet" where the passage says "kan", and the reverse; to
// what must or will be where the passage does not say so; and to "is" for "kan zijn".
func (g *ground) checkModality(c *claim, add report) {
	if len(c.aligned) == 0 || c.share[c.aligned[0]] <= 0 {
		return
	}
	all := func(ws []word) map[string]bool {
		m := make(map[string]bool)
		for _, w := range ws {
			if k := modals[w.text]; k != "" {
				m[k] = true
			}
		}
		return m
	}
	only := func(m map[string]bool) string {
		if len(m) == 1 {
			for k := range m {
				return k
			}
		}
		return ""
	}
	nearest := g.sentences[c.aligned[0]]
	mine, theirs := all(c.words), all(nearest)
	x, y := only(mine), only(theirs)
	switch {
	case x == "must" && y == "may" && len(negatorsOf(c.words)) > 0: // niet meer verplicht is mogen
	case x != "" && y != "" && x != y && y != "need":
		add(CheckModality, "the sentence says it %s be, the passage that it %s be", x, y)
	case mine["must"] && len(mine) == 1 && len(negatorsOf(c.words)) == 0 && !slices.ContainsFunc(g.words, func(w word) bool {
		return (obliging[w.text] || modals[w.text] == "must") && !g.freed(w) || proposing[w.text] && len(viewsIn(c.words)) > 0 // what somebody wants, must be according to him
	}):
		add(CheckModality, "the sentence says it must be, the passage does not")
	case len(mine) == 0 && y == "may" && c.lang == g.lang && !slices.ContainsFunc(c.words, func(w word) bool { return hedging[w.text] || obliging[w.text] }):
		for i, w := range g.words {
			if w.sentence == c.aligned[0] && modals[w.text] == y && g.clauseIn(c, i) >= 0.75 {
				add(CheckModality, "the passage says that it %s be, the sentence that it is", y)
				return
			}
		}
	}
}

// freed reports whether a denial stands right before a word of the passage: niet verplicht.
func (g *ground) freed(w word) bool {
	i := wordAt(g.words, dutch.Number{Start: w.start})
	return i > 0 && (g.words[i-1].text == "niet" || g.words[i-1].text == "geen" || g.words[i-1].text == "not") || strings.HasPrefix(w.text, "niet-") || strings.HasPrefix(w.text, "non-")
}

// clauseIn is how much of the clause of word at the claim has, without negators
// between them; 0 when the clause has too little to tell.
func (g *ground) clauseIn(c *claim, at int) float64 {
	total, found := 0.0, 0.0
	for _, w := range g.words {
		if w.sentence == g.words[at].sentence && w.clause == g.words[at].clause {
			if k := weight(w); k > 0 {
				total += k
				if c.find(w) >= 0 {
					found += k
				}
			}
		}
	}
	if total < 2.5 {
		return 0
	}
	return found / total
}

// obliging words say that something must be, beside the modal verbs; hedging words
// that it may be.
var (
	obliging = set(`recht right rights verplichting verplichtingen plicht vereist vereisen vereiste eis eisen nodig noodzakelijk noodzaak behoren behoort hoort horen wettelijk wet voorwaarde voorwaarden opdracht bindend
		required requires obliged obligation necessary need needs shall have`)
	hedging = set(`mogelijk mogelijke wellicht misschien waarschijnlijk eventueel vermoedelijk zou zouden possibly perhaps probably likely might would mogelijkheid staat recht toegestaan able allowed`)
)

// checkRoles objects when the claim is a sentence of the passage with two parties
// exchanged: "de regering adviseert de SER" for "de SER adviseert de regering".
func (g *ground) checkRoles(c *claim, add report) {
	for _, s := range c.near() {
		x, y, ok := exchanged(c.words, g.sentences[s])
		if ok {
			add(CheckRoles, "%q and %q have changed places", x, y)
			return
		}
	}
	if mine, theirs := g.otherParty(c); mine != "" {
		add(CheckRoles, "the sentence says of %q what the passage says of %q", mine, theirs)
	}
}

// parties do things: groups and offices.
var parties = func() map[string]bool {
	m := set(`wethouder burgemeester kroonlid kroonleden vakbond werkgever werknemer gastheer bestuurder ondernemers jongeren ouderen vrouwen mannen`)
	for _, list := range []map[string]bool{actors, roles} {
		for w := range list {
			m[w] = true
		}
	}
	return m
}()

// otherParty finds a claim that begins with one party where the clause of the
// passage that says the rest of it has another one: "werkgevers wilden A, vakbonden
// B" does not say that werkgevers wanted B.
func (g *ground) otherParty(c *claim) (mine, theirs string) {
	first := -1
	for i, w := range c.words {
		if parties[w.text] {
			if first < 0 && i <= 2 {
				first = i
			} else if first < 0 || c.words[i].clause == c.words[first].clause && related(w, c.words[first]) < 0.9 {
				return "", "" // several parties: who does what is not told by words alone
			}
		}
		if w.text == "door" || w.text == "by" || w.text == "wordt" || w.text == "werd" || w.text == "worden" || w.text == "werden" {
			return "", ""
		}
	}
	if first < 0 || c.lang != g.lang {
		return "", ""
	}
	type clauseKey struct{ sentence, clause int }
	said := make(map[clauseKey]float64)
	total := 0.0
	clauses := make(map[clauseKey][]word)
	for _, w := range g.words {
		k := clauseKey{w.sentence, w.clause}
		clauses[k] = append(clauses[k], w)
	}
	for i, w := range c.words {
		k := weight(w)
		if quantifiers[w.text] > 0 {
			k = 0.5
		}
		if i == first || k == 0 {
			continue
		}
		total += k
		for key, in := range clauses {
			said[key] += k * c.support(i, in)
		}
	}
	best, most := clauseKey{}, 0.0
	has := false // the claim's party stands in a clause that says as much
	for key, s := range said {
		if s > most {
			best, most = key, s
		}
	}
	for key, in := range clauses {
		if said[key] >= most-0.01 || said[key] >= 0.78*most {
			has = has || c.support(first, in) >= 0.65
		}
	}
	if has || total == 0 || most/total < 0.6 {
		return "", ""
	}
	for i, w := range clauses[best] {
		if i > 3 {
			break
		}
		if parties[w.text] && related(c.words[first], w) < 0.65 {
			return c.words[first].text, w.text
		}
	}
	return "", ""
}

// exchanged finds a = P X M Y S where b = P Y M X S, and tells whether X and Y are
// parties: names or nouns with at most an article, no phrase that may go to the
// front of a sentence freely, and not joined by "en" or "of".
func exchanged(a, b []word) (x, y string, ok bool) {
	if len(a) != len(b) || len(a) < 3 {
		return "", "", false
	}
	p := 0
	for p < len(a) && sameWord(a[p], b[p]) {
		p++
	}
	s := len(a)
	for s > p && sameWord(a[s-1], b[s-1]) {
		s--
	}
	n := s - p
	if n < 3 {
		return "", "", false
	}
	ma, mb := a[p:s], b[p:s]
	for lx := 1; lx <= 4 && lx < n-1; lx++ {
		for ly := 1; ly <= 4 && lx+ly < n; ly++ {
			if !sameWords(ma[:lx], mb[n-lx:]) || !sameWords(ma[n-ly:], mb[:ly]) || !sameWords(ma[lx:n-ly], mb[ly:n-lx]) {
				continue
			}
			middle := ma[lx : n-ly]
			if len(middle) == 1 && (middle[0].text == "en" || middle[0].text == "of" || middle[0].text == "and" || middle[0].text == "or") {
				return "", "", false
			}
			if !party(ma[:lx]) || !party(ma[n-ly:]) {
				return "", "", false
			}
			return join(ma[:lx]), join(ma[n-ly:]), true
		}
	}
	return "", "", false
}

func sameWords(a, b []word) bool { return slices.EqualFunc(a, b, sameWord) }

func sameWord(a, b word) bool {
	return a.text == b.text || a.stem == b.stem || a.key == b.key && len(a.key) >= 4
}

var fronted = set(`zonder without volgens in op bij voor na sinds tijdens met door aan van naar uit om tot binnen tussen over onder ook daarnaast daarmee hier daar nu dan at on by for after since during with from to`)

// party reports whether a phrase names someone or something.
func party(ws []word) bool {
	content := 0
	for _, w := range ws {
		if fronted[w.text] || w.number || periods[w.text] != "" { // "elk jaar" may go anywhere
			return false
		}
		if weight(w) > 0 {
			content++
		}
	}
	return content > 0
}

func join(ws []word) string {
	parts := make([]string, len(ws))
	for i, w := range ws {
		parts[i] = w.text
	}
	return strings.Join(parts, " ")
}
