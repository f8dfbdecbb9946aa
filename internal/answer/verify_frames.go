package answer

import (
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// A text is read here in frames: a verb with who does it, to whom, and how sure it is.
// The framing is shallow. It knows verbs by a list, parties and names by their form,
// and takes the first of them without a preposition for who acts, as Dutch and English
// main and subordinate clauses have it, turned round in the passive. What it cannot
// tell it leaves open.

// auxiliaries carry a clause without saying what happens.
var auxiliaries = set(`is was zijn waren wordt word worden werd werden geworden heeft hebben had hadden kan kunnen kon konden mag mogen mocht mochten moet moeten moest moesten dient dienen hoeft hoeven zal zullen zou zouden wil willen wilde wilden wou blijft blijven bleef
	are were be been being has have does did do can could may might must shall should will would`)

// wanting auxiliaries may stand before what is wanted: de raad wil dat.
var wanting = set(`wil willen wilde wilden wou`)

// force is how sure, or how binding, a frame is.
type force int

const (
	forceFact force = iota
	forceMay
	forceMust
	forceWill
	forceOpen // would be, threatens to be, is proposed
)

// forces are the words that give a frame its force.
var forces = func() map[string]force {
	m := make(map[string]force)
	for f, list := range map[force]string{
		forceMay:  `kan kunnen kon konden mag mogen mocht mochten can could may might`,
		forceMust: `moet moeten moest moesten dient dienen diende dienden hoeft hoeven hoefde hoefden verplicht verplichte verplichten must shall obliged obligatory mandatory`,
		forceWill: `zal zullen will`,
		forceOpen: `zou zouden dreigt dreigen dreigde dreigden would should`,
	} {
		for w := range set(list) {
			m[w] = f
		}
	}
	return m
}()

// actor is someone in a frame.
type actor struct {
	from, to int // words
	role     role
	prep     string
}

type role int

const (
	roleOther   role = iota // under a preposition
	roleSubject             // acts
	roleObject              // is acted on
	roleUnclear
)

// frame is one verb's part of a sentence.
type frame struct {
	from, to int // words
	sentence int
	verbs    []word // what happens: those in two pieces joined
	actors   []actor
	force    force
	forced   bool // has words of more than one force
	denied   bool
	late     bool // denied only by a time that "pas" calls late
	turned   bool // denied, counting words that deny by what they mean
	passive  bool
	link     string // the word that joins it to what stands before it
	pronoun  bool   // who acts is named elsewhere
}

func (f *frame) subjects() (out []actor) {
	for _, a := range f.actors {
		if a.role == roleSubject {
			out = append(out, a)
		}
	}
	return out
}

// isVerb reports whether word i is a verb as far as its form and place tell.
func isVerb(ws []word, i int, lang string) bool {
	w := ws[i]
	if w.number || w.acronym || w.capital && !w.opening {
		return false
	}
	if auxiliaries[w.text] {
		// Zijn is also his.
		return w.text != "zijn" || !possessive(ws, i)
	}
	if lang == "en" {
		if !englishVerbKeys[w.stem] {
			return false
		}
	} else if !isVerbForm(w) || w.text == "beleid" {
		return false
	}
	if i == 0 || ws[i-1].sentence != w.sentence {
		return lang != "en" // a question, or a participle in front
	}
	p := ws[i-1]
	switch {
	case p.text == "te" || p.text == "to":
		return true
	case articles[p.text] && p.text != "die" && p.text != "dat" || prepositions[p.text] || possessives[p.text] && (p.text != "zijn" || possessive(ws, i-1)):
		return false
	case p.number && len(p.text) != 4, counted[p.text], quantifiers[p.text] != 0:
		return !strings.HasSuffix(w.text, "en") && !strings.HasSuffix(w.text, "s") // drie plannen, but advies 14/04 vond
	case lang == "nl" && attributive(p) && !p.stop && !isVerb(ws, i-1, lang) && !parties[p.text] && strings.HasSuffix(w.text, "en"):
		return false // grote kosten
	}
	return true
}

var possessives = set(`zijn haar hun ons onze mijn uw its his her their our`)

// possessive reports whether "zijn" stands before a noun.
func possessive(ws []word, i int) bool {
	if i+1 >= len(ws) || ws[i+1].sentence != ws[i].sentence || ws[i+1].clause != ws[i].clause {
		return false
	}
	if i > 0 && ws[i-1].sentence == ws[i].sentence && prepositions[ws[i-1].text] {
		return true
	}
	n := ws[i+1]
	return i > 0 && ws[i-1].sentence == ws[i].sentence && isVerbForm(ws[i-1]) && !n.stop && !isVerbForm(n)
}

func isVerbForm(w word) bool {
	return auxiliaries[w.text] || len(w.text) >= 3 && !prepositions[w.text] && !articles[w.text] && w.verb != ""
}

// clauseLinks begin a clause of their own.
var clauseLinks = set(`omdat doordat zodat waardoor waarmee waarbij waarin waaraan waarover waarvan waar waarop waarna als indien wanneer mits tenzij hoewel terwijl zolang voordat nadat totdat zoals om of dat die wie
	because so although while unless until before after when if which who that whether`)

// subordinating pronouns and particles that are also articles, prepositions or
// demonstratives.
var linkAlso = set(`dat die om of so before after until that`)

// frames reads a text.
func frames(ws []word, lang string) []frame {
	var out []frame
	for from := 0; from < len(ws); {
		to := from + 1
		for to < len(ws) && ws[to].sentence == ws[from].sentence {
			to++
		}
		out = append(out, framesOf(ws, from, to, lang)...)
		from = to
	}
	return out
}

// framesOf reads one sentence.
func framesOf(ws []word, from, to int, lang string) []frame {
	var cuts []int
	verbAfter := func(i, most int) bool {
		for j := i; j < to && j < i+most && ws[j].clause == ws[i].clause; j++ {
			if isVerb(ws, j, lang) {
				return true
			}
		}
		return false
	}
	for i := from; i < to; i++ {
		switch w := ws[i]; {
		case i == from:
			cuts = append(cuts, i)
		case w.clause != ws[i-1].clause:
			cuts = append(cuts, i)
		case w.text == "om":
			if slices.ContainsFunc(ws[i:to], func(o word) bool { return o.text == "te" }) {
				cuts = append(cuts, i)
			}
		case clauseLinks[w.text] && (!linkAlso[w.text] || verbAfter(i+1, 20) && !prepositions[ws[i-1].text] && !(w.text == "die" || w.text == "dat" || w.text == "that") || (w.text == "die" || w.text == "dat" || w.text == "that") && verbAfter(i+1, 20) && i > from+1 && !prepositions[ws[i-1].text] && !(w.text == "dat" && auxiliaries[ws[i-1].text] && !wanting[ws[i-1].text])):
			cuts = append(cuts, i)
		case (w.text == "en" || w.text == "and" || w.text == "but") && i+1 < to && verbAfter(i+1, 2):
			cuts = append(cuts, i)
		}
	}
	cuts = append(cuts, to)
	// What has no verb goes with what stands before it, or after it in front.
	var parts [][2]int
	pending := -1
	for k := 0; k+1 < len(cuts); k++ {
		a, b := cuts[k], cuts[k+1]
		if pending >= 0 {
			a = pending
			pending = -1
		}
		has := false
		for i := a; i < b; i++ {
			has = has || isVerb(ws, i, lang)
		}
		if elides := ws[b-1].text == "wel" || ws[b-1].text == "niet"; elides && !has && len(parts) > 0 && ws[a].clause != ws[a-1].clause { // de SER niet, de Stichting wel
			for i := a; i < b; i++ {
				has = has || actorAt(ws, i, b) >= 0
			}
		}
		switch {
		case has:
			parts = append(parts, [2]int{a, b})
		case len(parts) > 0:
			parts[len(parts)-1][1] = b
		default:
			pending = a
		}
	}
	if pending >= 0 {
		parts = append(parts, [2]int{pending, to})
	}
	var out []frame
	for k, p := range parts {
		f := frameOf(ws, p[0], p[1], lang)
		if first := ws[p[0]].text; k > 0 {
			f.link = first
			if before := ws[out[k-1].from:out[k-1].to]; (first == "dat" || first == "that") && f.force == forceFact && slices.ContainsFunc(before, func(w word) bool { return proposing[w.text] || wanting[w.text] }) {
				f.force = forceOpen // what is wanted
			}
			// "… en adviseert de raad": who acts stands before it.
			if (first == "en" || first == "and" || first == "maar" || first == "but" || first == "om") && !slices.ContainsFunc(ws[p[0]+1:min(p[0]+2, p[1])], func(w word) bool { return !isVerbForm(w) && lang == "nl" && first != "om" }) {
				inherit(&f, out[k-1])
			} else if lang == "en" && (first == "and" || first == "but") && p[0]+1 < p[1] && isVerb(ws, p[0]+1, lang) {
				inherit(&f, out[k-1])
			}
		}
		out = append(out, f)
	}
	return out
}

// inherit gives a frame the subject of the one before it; what it has without a
// preposition is acted on.
func inherit(f *frame, before frame) {
	for i := range f.actors {
		if f.actors[i].role == roleSubject && !f.passive {
			f.actors[i].role = roleObject
		}
	}
	subjects := before.subjects()
	f.pronoun = len(subjects) == 0
	f.actors = append(f.actors, subjects...)
}

var subjectPronouns = set(`hij zij ze men we wij ik jij je u he she it they we one you wie who zich`)

func frameOf(ws []word, from, to int, lang string) frame {
	f := frame{from: from, to: to, sentence: ws[from].sentence}
	part := ws[from:to]
	by, become, be, participle := false, false, false, false
	firstVerb := -1
	for i := from; i < to; i++ {
		w := ws[i]
		if x, ok := forces[w.text]; ok && !(w.text == "can" && lang == "nl") && !(w.text == "may" && w.capital && !w.opening) {
			switch {
			case f.force == forceFact || f.force == forceOpen:
				f.force = x
			case f.force != x:
				f.forced = true
			}
		}
		switch w.text {
		case "door", "by":
			by = true
		case "wordt", "worden", "werd", "werden", "geworden":
			become = true
		case "is", "zijn", "was", "waren", "are", "were", "been", "be":
			be = true
		}
		if isVerb(ws, i, lang) {
			if firstVerb < 0 {
				firstVerb = i
			}
			if !auxiliaries[w.text] {
				f.verbs = append(f.verbs, w)
				participle = participle || strings.HasPrefix(w.text, "ge") || strings.HasSuffix(w.text, "d") || strings.HasSuffix(w.text, "en") || strings.HasSuffix(w.text, "t")
			}
		}
	}
	for _, n := range negatorsOf(part) {
		if part[n].text != "zonder" && part[n].text != "without" {
			f.denied = !f.denied
		}
	}
	// Pas als: niet totdat.
	if at := slices.IndexFunc(part, func(w word) bool { return w.text == "pas" }); at >= 0 {
		f.denied = !f.denied
		f.late = lateAt(part, at)
	}
	f.turned = f.denied
	for i, w := range part {
		if denying[w.text] && !contrasting(part, i) {
			f.turned = !f.turned
		}
	}
	for _, v := range joinedVerbs(part, lang) {
		f.verbs = append(f.verbs, v)
		if at := wordAt(part, dutch.Number{Start: v.start}); denying[v.verb] && !denying[part[at].text] {
			f.turned = !f.turned
		}
	}
	if lang == "nl" {
		for _, e := range expressionsIn(part) {
			f.verbs = append(f.verbs, e.word)
			if denying[e.text] && !slices.ContainsFunc(e.of, func(i int) bool { return negators[part[i].text] }) {
				f.turned = !f.turned
			}
		}
	}
	f.passive = participle && (become || be && by)
	unclear := participle && be && !by && !become
	// Who stands where.
	subject, relative := false, false
	if first := part[0].text; first == "die" || first == "dat" || first == "which" || first == "who" || first == "that" {
		relative = from > 0 && ws[from-1].sentence == f.sentence
	}
	bare := 0
	last := -1
	for i := from; i < to; i++ {
		w := ws[i]
		if subjectPronouns[w.text] && !subject && w.text != "zich" {
			subject, f.pronoun = true, true
		}
		end := actorAt(ws, i, to)
		if end < 0 {
			continue
		}
		a := actor{from: i, to: end, prep: overArticles(ws, i, from)}
		joint := last >= 0 && i-f.actors[last].to <= 5 && (ws[i].clause != ws[f.actors[last].to-1].clause || slices.ContainsFunc(ws[f.actors[last].to:i], func(t word) bool {
			return t.text == "en" || t.text == "of" || t.text == "and" || t.text == "or" || t.text == "als"
		}))
		for j := range max(i-max(0, lastTo(f.actors, last)), 0) {
			t := ws[lastTo(f.actors, last)+j]
			joint = joint && (t.text == "en" || t.text == "of" || t.text == "and" || t.text == "or" || t.text == "als" || articles[t.text] || attributive(t) && !prepositions[t.text] && !isVerbForm(t))
		}
		switch {
		case joint && a.prep == "" || joint && a.prep == f.actors[max(last, 0)].prep:
			a.role, a.prep = f.actors[last].role, f.actors[last].prep
		case a.prep == "" && i > from && (ws[i-1].text == "en" || ws[i-1].text == "and") && subject && !slices.ContainsFunc(ws[i:to], isVerbForm) && slices.ContainsFunc(ws[from:i], isVerbForm):
			a.role = roleUnclear // "Amsterdam kreeg twee, en Rotterdam een"
		case (a.prep == "door" || a.prep == "by") && f.passive:
			a.role = roleSubject
		case a.prep != "":
			a.role = roleOther
		case i > from && ws[i-1].text == "als":
			a.role = roleUnclear // what somebody is
		case unclear:
			a.role = roleUnclear
		case f.passive:
			a.role = roleObject
			subject = true
		case !subject:
			a.role = roleSubject
			subject = true
			bare++
		default:
			a.role = roleObject
			bare++
		}
		f.actors = append(f.actors, a)
		last = len(f.actors) - 1
		i = end - 1
	}
	if relative && bare > 0 {
		// "Dat de raad vaststelde" and "die de raad adviseert" look alike: only of a
		// thing can it be told.
		thing := from > 0 && actorAt(ws, from-1, from) < 0
		for k := range f.actors {
			if f.actors[k].role == roleSubject && !f.passive && !thing {
				f.actors[k].role = roleUnclear
			}
		}
	}
	return f
}

func lastTo(list []actor, i int) int {
	if i < 0 {
		return 0
	}
	return list[i].to
}

// overArticles is the preposition that an actor stands under, over articles, numbers
// and adjectives.
func overArticles(ws []word, i, from int) string {
	for j := i - 1; j >= from && j >= i-5; j-- {
		w := ws[j]
		switch {
		case prepositions[w.text] && w.text != "die":
			return w.text
		case articles[w.text], possessives[w.text], w.number, counted[w.text], quantifiers[w.text] != 0, boundWords[w.text] != 0, w.text == "dan", w.text == "ongeveer", w.text == "circa", w.text == "andere", w.text == "other", w.text == "beide", len(w.text) >= 4 && strings.HasSuffix(w.text, "e") && !w.stop && !isVerbForm(w):
			continue
		}
		return ""
	}
	return ""
}

// agentives are endings of words for people who do something.
var agentives = []string{"gevers", "nemers", "leden", "bonden", "raad", "commissie", "organisaties", "organisatie", "verenigingen", "bureau", "bureaus", "ondernemer", "ondernemers", "platform", "inspectie", "secretaris", "voorzitter", "minister", "deskundigen", "wetenschappers", "onderzoekers", "deelnemers", "bestuur", "lid", "werker", "werkers", "gever", "nemer", "houders", "houder", "scholen", "beweging", "autoriteit", "ministerie", "instituut", "fonds", "fondsen", "coalitie", "partijen"}

var people = set(`mensen jongeren ouderen vrouwen mannen ouders migranten burgers inwoners studenten kinderen zelfstandigen zzp'ers scholieren leraren patienten klanten huurders bedrijven bedrijf ondernemingen onderneming gemeenten gemeente provincies provincie rijk overheid kabinet regering parlement kamer kamers minister staatssecretaris ministerie inspectie arbeidsinspectie vakbonden vakbond vakbeweging bonden bond
	kroon kroonleden kroonlid werkgevers werkgever werknemers werknemer ondernemers ondernemer leden lid raad ser commissie werkgroep platform stichting secretariaat bestuur voorzitter voorzitters secretaris regio's regio scholen school universiteiten banken verzekeraars pensioenfonds pensioenfondsen fonds uitzendbureaus uitzendbureau bureau onderzoeksbureau toezichthouder toezichthouders rechter deelnemers partijen organisaties organisatie branches branche sectoren sector
	council members member employers employer employees employee workers worker unions union government cabinet parliament minister committee board companies company municipalities crown young people women men platform foundation secretariat chair bureau inspectorate`)

// actorAt is where the actor that begins at word i ends, or -1.
func actorAt(ws []word, i, to int) int {
	w := ws[i]
	if w.quoted {
		return -1
	}
	name := func(w word) bool {
		return !w.quoted && !w.number && !w.stop && months[w.text] == "" && !calendarWords[w.text] && !demonyms[w.text] && len(w.text) > 1 && (w.acronym || w.capital && !w.opening)
	}
	if name(w) || w.capital && w.opening && unknown(w) && i+1 < to && isVerbForm(ws[i+1]) {
		end := i + 1
		if strings.HasSuffix(w.text, "se") && end < to && !ws[end].stop && !ws[end].capital {
			return -1 // het Rotterdamse netwerk
		}
		for end < to && ws[end].clause == w.clause {
			switch {
			case name(ws[end]) && !ws[end].wide:
				end++
			case joining[ws[end].text] && ws[end].text != "en" && ws[end].text != "and" && end+1 < to && (name(ws[end+1]) && !ws[end+1].wide):
				end += 2
			case (ws[end].text == "van" || ws[end].text == "voor") && end+2 < to && articles[ws[end+1].text] && name(ws[end+2]) && !ws[end+2].acronym:
				end += 3
			default:
				return end
			}
		}
		return end
	}
	if w.number || w.stop && w.text != "kamer" {
		return -1
	}
	if known := func(w word) bool {
		return people[w.text] || parties[w.text] || actors[w.text] || holders[w.text] != ""
	}; known(w) {
		end := i + 1
		for end < to && ws[end].clause == w.clause && known(ws[end]) {
			end++ // Crown members
		}
		return end
	}
	if len(w.text) >= 6 {
		for _, suffix := range agentives {
			if strings.HasSuffix(w.text, suffix) {
				return i + 1
			}
		}
		if strings.HasSuffix(w.text, "ers") && !strings.HasSuffix(w.text, "cijfers") && !strings.HasSuffix(w.text, "nummers") && !attributive(w) {
			return i + 1
		}
	}
	return -1
}

// unknown reports whether a word in front is none that the lists know: a name, then.
func unknown(w word) bool {
	s := sayings()
	return !w.stop && !w.number && !counted[w.text] && len(w.text) > 2 && !isVerbForm(w) && !articles[w.text] && !prepositions[w.text] && s.claim[w.text] == nil && s.claim[w.key] == nil && weight(w) > 0 &&
		!generic[w.text] && !weak[w.text] && !carrying[w.text] && !dutch.IsEveryday(w.text, "nl") && len(dutch.Synonyms(w.key)) == 0 && months[w.text] == "" && periods[w.text] == "" && len(general()[w.stem]) == 0
}

// framing is a claim beside its passage, both in frames.
type framing struct {
	g            *ground
	c            *claim
	mine, theirs []frame
	joined       []word         // the verbs in two pieces of the passage, joined
	measured     []dutch.Number // compounds of the claim that hold a number
	own          []word         // those of the claim
	says         []said         // the expressions of the claim
	same         []bool         // words of the claim that another check has borne out
	settled      bool           // the force of all of the claim's frames was found in the passage
}

func (g *ground) read(c *claim) *framing {
	r := &framing{g: g, c: c, mine: frames(c.words, c.lang), theirs: g.frames(), joined: joinedVerbs(g.words, g.lang), own: joinedVerbs(c.words, c.lang), measured: measured(c.text), same: make([]bool, len(c.words))}
	if c.lang == "nl" {
		r.says = expressionsIn(c.words)
	}
	if g.lang == "nl" {
		for _, e := range expressionsIn(g.words) {
			r.joined = append(r.joined, e.word)
		}
	}
	return r
}

func (g *ground) frames() []frame {
	if g.framed == nil {
		g.framed = frames(g.words, g.lang)
	}
	return g.framed
}

// content reports whether word i of the claim says something of its own.
func (r *framing) content(i int) bool {
	w := r.c.words[i]
	if months[w.text] != "" || slices.ContainsFunc(r.c.numbers, func(n dutch.Number) bool { return w.start >= n.Start && w.end <= n.End }) {
		return false
	}
	return weight(w) > 0 && !w.number && forces[w.text] == 0 && !auxiliaries[w.text] && !generic[w.text] || isVerbForm(w) && !auxiliaries[w.text] && !w.stop
}

// overlap is the share of a claim's frame, without some of its words, that words of
// the passage bear.
func (r *framing) overlap(f frame, in []word, left func(int) bool) float64 {
	total, found := 0.0, 0.0
	for i := f.from; i < f.to; i++ {
		if !r.content(i) || left != nil && left(i) {
			continue
		}
		k := max(weight(r.c.words[i]), 0.5)
		total += k
		if r.anchored(i, in) {
			found += k
		}
	}
	last := 0
	for _, o := range in {
		last = max(last, o.end)
	}
	for _, n := range r.c.numbers {
		if at := wordAt(r.c.words, n); at >= f.from && at < f.to && !trivial(n) {
			total += 0.7
			for _, m := range r.g.numbers {
				if n.Same(m) && len(in) > 0 && m.Start >= in[0].start && m.Start < last {
					found += 0.7
					break
				}
			}
		}
	}
	if total == 0 {
		return 0
	}
	return found / total
}

// anchored reports whether some words bear word i of the claim, as the verb in two
// pieces that it may be a part of.
func (r *framing) anchored(i int, in []word) bool {
	for _, o := range r.own {
		if o.start == r.c.words[i].start {
			if nearly(o, in) {
				return true
			}
			if r.inWords(i, in) {
				return true
			}
			return exact(r.c.words[i], in) && !slices.ContainsFunc(in, func(x word) bool { return strings.HasSuffix(x.text, r.c.words[i].text) && x.text != r.c.words[i].text })
		}
	}
	return r.c.anchored(i, in) || r.inWords(i, in)
}

// inWords reports whether word i of the claim is part of an expression that some words
// bear.
func (r *framing) inWords(i int, in []word) bool {
	return slices.ContainsFunc(r.says, func(e said) bool { return slices.Contains(e.of, i) && nearly(e.word, in) })
}

// wordsOf are the words of a frame of the passage, its joined verbs among them.
func (r *framing) wordsOf(f frame) []word {
	return append(slices.Clone(r.g.words[f.from:f.to]), f.verbs...)
}

// sameActor reports whether an actor of the claim is one of the passage.
func (r *framing) sameActor(a, b actor) bool {
	for i := a.from; i < a.to; i++ {
		w := r.c.words[i]
		if w.stop && !w.acronym {
			continue
		}
		for j := b.from; j < b.to; j++ {
			o := r.g.words[j]
			if o.stop && !o.acronym {
				continue
			}
			if bears(w, o) || holders[w.text] != "" && holders[w.text] == holders[o.text] && holders[w.text] != corpus.SpeakerEmployers && holders[w.text] != corpus.SpeakerWorkers || len(o.text) >= 4 && strings.HasSuffix(w.text, o.text) || len(w.text) >= 4 && strings.HasSuffix(o.text, w.text) {
				return true
			}
		}
		if (&ground{lang: r.g.lang, words: r.g.words[b.from:b.to]}).spellsOut(w) || inFull(w, r.g.words[max(b.from-1, 0):b.to]) > 0 || r.c.anchored(i, r.g.words[b.from:b.to]) || alikeWord(w, r.g.words[b.from:b.to]) > 0 {
			return true
		}
	}
	return false
}

// states are verbs that tell what is, not what someone does to another: whose place in
// front says little.
var states = set(`bestaan bestaat bestond bestonden tellen telt telde telden vormen vormt vormde vormden horen hoort hoorde behoren behoort komen komt kwam kwamen gekomen staan staat stond stonden gaan gaat ging gingen liggen ligt lag heten heet heette luidt luiden
	gelden geldt gold zitten zit zat zaten blijken blijkt bleek heeft hebben hadden had vallen valt viel betreft betreffen bevat bevatten omvat omvatten bedraagt duurt duren duurde loopt lopen liep verschijnen verschijnt verscheen verschenen gebeurt betekent genoemd noemt gevestigd
	stijgt stijgen steeg daalt dalen daalde groeit groeien groeide consist consists exist exists go goes went gone run runs`)

// sameVerb reports whether two frames tell the same act.
func (r *framing) sameVerb(f, t frame) bool {
	for _, v := range f.verbs {
		if states[v.text] {
			continue
		}
		for _, o := range t.verbs {
			if bears(v, o) && !states[o.text] {
				return true
			}
		}
		if r.c.dutch != nil {
			for i := f.from; i < f.to; i++ {
				if r.c.words[i].start == v.start && r.c.anchored(i, t.verbs) {
					return true
				}
			}
		}
	}
	return false
}

// checkActors objects when the passage tells the same act of another than the claim
// does, or has who acts as the one that is acted on.
func (r *framing) checkActors(add report) bool {
	if len(r.c.compared) > 0 {
		return false // what is compared changes places freely
	}
	for _, f := range r.mine {
		if len(f.actors) == 0 {
			continue
		}
		acting := func(i int) bool {
			return slices.ContainsFunc(f.actors, func(a actor) bool { return a.role == roleSubject && i >= a.from && i < a.to })
		}
		if r.said(f, acting) < 1 {
			continue
		}
		best := 0.0
		scores := make([]float64, len(r.theirs))
		for k, t := range r.theirs {
			if r.sameVerb(f, t) || len(f.verbs) == 0 && len(t.verbs) == 0 && f.denied == t.denied && len(t.subjects()) > 0 && !opensPointing[r.g.words[t.from].text] && r.g.words[t.from].text != "het" && r.predicate(f, t) {
				scores[k] = r.overlap(f, r.wordsOf(t), acting)
				best = max(best, scores[k])
			}
		}
		if best < 0.4 {
			continue
		}
		fits, open, other := false, false, ""
		for k, t := range r.theirs {
			if scores[k] == 0 || scores[k] < 0.93*best {
				continue
			}
			what, named := r.contradicts(f, t, k)
			switch {
			case what == "" && named:
				fits = true
			case what == "":
				open = true
			case other == "" || named:
				other = what
			}
		}
		if !fits && other != "" && (!open || r.exchanged(f)) {
			add(CheckRoles, "the passage says this of another than %q", other)
			return true
		}
	}
	return false
}

// predicate reports whether two frames without a verb of their own say that somebody is
// the same: voorstander.
func (r *framing) predicate(f, t frame) bool {
	is := func(ws []word, of frame) (out []word) {
		for i := of.from; i < of.to; i++ {
			if beings[ws[i].text] {
				for j := i + 1; j < of.to && !prepositions[ws[j].text]; j++ {
					if weight(ws[j]) > 0 && !ws[j].number && !carrying[ws[j].text] {
						out = append(out, ws[j])
					}
				}
				break
			}
		}
		return out
	}
	mine, theirs := is(r.c.words, f), is(r.g.words, t)
	return len(mine) > 0 && len(theirs) > 0 && !slices.ContainsFunc(mine, func(w word) bool { return !nearly(w, theirs) })
}

var beings = set(`is was zijn waren wordt worden werd werden are were`)

// exchanged reports whether a frame of the passage has an actor of the claim's frame in
// front that is acted on there, and the other way round.
func (r *framing) exchanged(f frame) bool {
	for _, t := range r.theirs {
		for _, a := range f.actors {
			for _, b := range f.actors {
				if a.role != roleSubject || b.role == roleSubject {
					continue
				}
				there := func(x actor, subject bool) bool {
					return slices.ContainsFunc(t.actors, func(o actor) bool {
						return r.sameActor(x, o) && (o.role == roleSubject) == subject && o.role != roleUnclear
					})
				}
				if there(a, false) && there(b, true) && !there(a, true) && !there(b, false) && r.sameVerb(f, t) {
					return true
				}
			}
		}
	}
	return false
}

// contrasting reports whether "tegen" stands before a number: 87 procent, tegen 85
// procent een jaar eerder.
func contrasting(ws []word, i int) bool {
	return ws[i].text == "tegen" && i+1 < len(ws) && (ws[i+1].number || counted[ws[i+1].text])
}

// denying are words that deny by what they mean: afgeschaft is no longer, against is
// not for.
var denying = set(`tegen tegenstander tegenstanders afschaffen afschaft afgeschaft schafte schaft afschaffing schrappen schrapt schrapte geschrapt opheffen opgeheven hief opheffing vervallen verviel verdwijnen verdwijnt verdween verdwenen beeindigd beeindigen afwijzen afgewezen wees verwerpen verwierp verworpen verboden verbiedt verbieden verbod verdeeld oneens weigert weigerde geweigerd uitgezonderd uitzondering vrijgesteld vrijstelling ontbreekt ontbrak ontbreken
	vrijwillig vrijwillige onnodig against abolish abolished abolishing abolition opposed rejected banned divided voluntary`)

// What there is not enough of is too little.
var (
	enough        = set(`genoeg voldoende enough sufficient`)
	scarce        = set(`onvoldoende ontoereikend tekort gebrek insufficient shortage lack`)
	dimensionDown = set(`laag lage weinig klein kleine kort korte langzaam traag trage smal smalle zwak zwakke laat low little few small short slow weak late`)
)

// deniesInOtherWords reports whether the passage denies what negator n of the claim
// denies by a word that means so: "niet meer verplicht" for "afgeschaft".
func (r *framing) deniesInOtherWords(n int) bool {
	for _, f := range r.mine {
		if n < f.from || n >= f.to || !f.turned && f.denied {
			continue
		}
		if f.turned { // niet gewenst for ongewenst
			for _, h := range heads(r.c.words, n) {
				on := "on" + r.c.words[h].text
				if nearly(wordOf(on), r.g.words) {
					return true
				}
			}
		}
		// "Nog niet vastgesteld" for "voordat het is vastgesteld".
		if n > 0 && r.c.words[n-1].text == "nog" || r.c.words[n].text == "not" && slices.ContainsFunc(r.c.words[n:], func(o word) bool { return o.text == "yet" }) {
			for _, t := range r.theirs {
				if (t.link == "voordat" || t.link == "before" || t.link == "totdat") && r.overlap(f, r.wordsOf(t), nil) >= 0.5 {
					return true
				}
			}
		}
		// Zonder vergunning geen werk: een vergunning is nodig.
		if w := r.c.words[n].text; len(negatorsOf(r.c.words)) > 1 && slices.ContainsFunc(r.c.words, func(o word) bool { return o.text == "zonder" || o.text == "without" }) {
			if slices.ContainsFunc(r.g.words, func(o word) bool { return obliging[o.text] || modals[o.text] == "must" }) {
				return true
			}
		} else if w == "zonder" || w == "without" {
			asked := slices.ContainsFunc(r.c.words[n:], func(o word) bool { return strings.HasPrefix(o.text, "vra") || o.text == "verzoek" })
			return asked && slices.ContainsFunc(r.g.words, func(o word) bool {
				return o.text == "initiatief" || o.text == "beweging" || o.text == "ongevraagd" || o.text == "ongevraagde"
			})
		}
		if short := func(ws []word, at int) bool { // te laag, onvoldoende
			return scarce[ws[at].text] || at > 0 && (ws[at-1].text == "te" || ws[at-1].text == "too") && dimensionDown[ws[at].text]
		}; slices.ContainsFunc(r.c.words[f.from:f.to], func(o word) bool { return enough[o.text] }) {
			for j := range r.g.words {
				if short(r.g.words, j) {
					return true
				}
			}
		}
		for i := f.from; i < f.to; i++ {
			if r.content(i) && f.denied && r.deniesOpposite(i) {
				return true
			}
		}
		for _, t := range r.theirs {
			if !t.turned || t.denied {
				continue
			}
			in := r.g.words[t.from:t.to]
			from, to := f.from, f.to
			if r.said(f, func(i int) bool { return holders[r.c.words[i].text] != "" || opinions[r.c.words[i].text] }) == 0 {
				from, to = 0, len(r.c.words) // "Een quotum dat verplicht is, wil de raad niet."
			}
			for i := from; i < to; i++ {
				if (r.content(i) || strings.HasPrefix(r.c.words[i].text, "verplicht")) && !denying[r.c.words[i].text] && (!carrying[r.c.words[i].text] || strings.HasPrefix(r.c.words[i].text, "verplicht")) && holders[r.c.words[i].text] == "" && r.c.anchored(i, in) {
					return true
				}
			}
		}
	}
	return false
}

// contradicts is the actor of the claim's frame whose part a frame of the passage gives
// to another, or ""; named is whether it says who acts.
func (r *framing) contradicts(f, t frame, k int) (other string, named bool) {
	theirs := t.subjects()
	if len(theirs) == 0 && t.pronoun {
		// Who acts was named before.
		for j := k - 1; j >= 0 && j >= k-3 && r.theirs[k].sentence-r.theirs[j].sentence <= 1; j-- {
			theirs = r.theirs[j].subjects()
			if r.theirs[j].passive { // "De commissie werd ingesteld. Zij …"
				for _, a := range r.theirs[j].actors {
					if a.role == roleObject {
						theirs = append(theirs, a)
					}
				}
			}
			if len(theirs) > 0 {
				break
			}
		}
	}
	named = len(theirs) > 0
	shown := func(a actor) string {
		return corpusSlice(r.c.text, r.c.words[a.from].start, r.c.words[a.to-1].end)
	}
	is := func(a actor, roles ...role) bool {
		return slices.ContainsFunc(t.actors, func(o actor) bool { return slices.Contains(roles, o.role) && r.sameActor(a, o) })
	}
	for _, a := range f.actors {
		switch a.role {
		case roleSubject:
			if len(theirs) == 0 {
				if is(a, roleObject) && !is(a, roleSubject, roleUnclear) {
					return shown(a), named
				}
				continue
			}
			w := r.c.words[a.from].text
			if (w == "ser" || w == "raad" || w == "council") && a.to-a.from == 1 && r.g.council() && slices.ContainsFunc(theirs, func(o actor) bool {
				return holders[r.g.words[o.from].text] == corpus.SpeakerCouncil || holders[r.g.words[o.from].text] == "" && !people[r.g.words[o.from].text]
			}) {
				continue
			}
			if !is(a, roleUnclear) && !slices.ContainsFunc(theirs, func(o actor) bool { return r.sameActor(a, o) }) && !slices.ContainsFunc(t.actors, func(o actor) bool {
				return (o.prep == "met" || o.prep == "with" || o.prep == "tussen") && r.sameActor(a, o)
			}) {
				return shown(a), named
			}
		case roleObject:
			if is(a, roleSubject) && !is(a, roleObject, roleUnclear, roleOther) {
				return shown(a), named
			}
		}
	}
	return "", named
}

// lateAt reports whether "pas" at a place says only that a time is late, and not that
// something has to happen first: pas in februari 2022, pas vanaf 2028.
func lateAt(part []word, at int) bool {
	for i := at + 1; i < len(part) && i <= at+4; i++ {
		switch w := part[i]; {
		case w.number:
			return true
		case w.text == "als" || w.text == "na" || w.text == "wanneer" || w.text == "nadat" || w.text == "indien" || w.text == "zodra":
			return false
		}
	}
	return false
}
