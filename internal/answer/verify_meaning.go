package answer

import (
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// check holds a claim against its passage frame by frame and word by word.
func (r *framing) check(add report) {
	for _, check := range []func(report) bool{r.checkAnchors, r.checkActors, r.checkForce, r.checkPlaces, r.checkAssigned, r.checkAll, r.checkTurned, r.checkWhen, r.checkSequence, r.checkReasons, r.checkContrast, r.checkHeads, r.checkWays, r.checkTrend, r.checkWished, r.checkFront, r.checkSpan, r.checkLone, r.checkUndergone, r.checkDegree, r.checkHalves, r.checkAhead, r.checkCounts} {
		if check(add) {
			return
		}
	}
}

// unsaid are words that need no ground of their own: they carry a sentence, or other
// checks look at them.
func (r *framing) unsaid(i int) bool {
	w := r.c.words[i]
	if weight(w) == 0 || w.number || asides[w.text] || negators[w.text] || r.aged(i) || (w.capital && !w.opening || w.acronym) && r.c.isName(i, r.g) || slices.ContainsFunc(r.measured, func(n dutch.Number) bool { return n.Start == w.start }) || carrying[w.text] || generic[w.text] || forces[w.text] != 0 || modals[w.text] != "" || months[w.text] != "" || boundWords[w.text] != 0 || magnitude[w.text] || totals[w.text] != 0 || quantifiers[w.text] != 0 || counted[w.text] || r.same[i] || bland[w.verb] || bland[w.text] || anaphoric[w.text] && r.definite(i) {
		return true
	}
	if documents[w.text] && i+1 < len(r.c.words) && (r.c.words[i+1].quoted || r.c.words[i+1].number) {
		return true // of what follows: its number or title
	}
	return slices.ContainsFunc(r.c.numbers, func(n dutch.Number) bool { return w.start >= n.Start && w.end <= n.End })
}

// aged reports whether word i limits an age that the passage limits in another way: jonger
// dan vier jaar for tot vier jaar, 18 jaar en ouder for vanaf 18 jaar.
func (r *framing) aged(i int) bool {
	limit := map[string]dutch.Bound{"jonger": dutch.AtMost, "ouder": dutch.AtLeast, "younger": dutch.AtMost, "older": dutch.AtLeast}[r.c.words[i].text]
	if limit == dutch.Exact {
		return false
	}
	for _, n := range r.c.numbers {
		if at := wordAt(r.c.words, n); n.Kind != dutch.Quantity || at > i+3 || at < i-4 {
			continue
		}
		for _, m := range r.g.numbers {
			if m.Kind == dutch.Quantity && m.Value == n.Value && boundBefore(r.g.words, wordAt(r.g.words, m)) == limit {
				return true
			}
		}
	}
	return false
}

// bland are words that assert nothing by themselves: verbs by their infinitive, and adverbs
// that only shade what is said.
var bland = set(`kijken spreken zoeken weten denken proberen gebruiken letten merken lukken doen gaan komen zien horen kennen zitten liggen krijgen maken nemen geven houden blijven passen steken
	geweest dicht blijkbaar dichtbij echter anders zogeheten alvast evengoed ineens meteen verderop rondom tussentijds voortaan tenslotte toen daarin daarop daaraan daarna daarvoor daarom daarbij erna ertoe
	looking comes gets gets makes longer`)

// anaphoric are nouns that, with an article, only point at what was said.
var anaphoric = set(`maatregel maatregelen regeling regelingen plan plannen voorstel afspraak afspraken project projecten onderzoek besluit uitkomst uitkomsten resultaat resultaten situatie ontwikkeling onderwerp kwestie bedrag instantie
	organisatie gebeurtenis activiteit activiteiten onderdeel aanpak werkwijze methode stap stappen proces systeem fonds stuk tekst publicatie document
	measure measures scheme plan plans proposal project study decision outcome result results situation subject issue organisation document publication event`)

// definite reports whether word i has an article or demonstrative right before it, and is
// not told apart from others of its kind by what follows.
func (r *framing) definite(i int) bool {
	ws := r.c.words
	if i == 0 {
		return false
	}
	switch ws[i-1].text {
	case "de", "het", "die", "dat", "deze", "dit", "the", "this", "that", "these", "those":
	default:
		return false
	}
	return i+1 >= len(ws) || ws[i+1].clause != ws[i].clause || ws[i+1].text != "van" && ws[i+1].text != "of" && ws[i+1].text != "voor" && ws[i+1].text != "for"
}

// documents are words for publications.
var documents = set(`advies rapport verkenning publicatie briefadvies brochure akkoord report advice publication`)

// asides are words that link sentences, or say only that something is.
var asides = set(`verleent verlenen verleende verleend verricht verrichten verrichtte fungeert fungeren voert voeren voerde bezig blijkt bleek hierin overigens natuurlijk uiteraard juist daadwerkelijk werkelijk feitelijk inderdaad slot betreffende inzake aangaande omtrent desgewenst daartoe hiertoe zodanig zoiets sowieso hoe waarom help helps helped find finds found actually indeed regarding concerning hoewel ofschoon allerlei weliswaar althans kortom zelfs toch intussen ondertussen daarentegen enerzijds anderzijds respectievelijk opnieuw eigenlijk immers zodoende zogenoemde zogeheten bepaalde desondanks hierna beide kortweg although though however naast behalve bovendien sowieso eveneens tevens bovendien verder daarnaast namelijk overigens inmiddels tegenwoordig destijds toentertijd bevat bevatten bevatte bedraagt bedragen bedroeg bedroegen dateert dateren dates date dated luidt beschikt beschikken amounts
	contains contained hem hen erom daarom gone held reached reach reaches reached people persons own liet lieten laten erover daarvan waarvan sprake daarover hierover waarover dergelijke zulke`)

// checkAnchors objects to a word of content that the passage does not bear.
func (r *framing) checkAnchors(add report) bool {
	c, g := r.c, r.g
	in := append(slices.Clone(g.words), r.joined...)
	own := r.own
	missing, unknown, total := "", 0, 0
	for i, w := range c.words {
		if r.unsaid(i) {
			continue
		}
		total++
		if c.anchored(i, in) {
			continue
		}
		if w.text == "ser" || w.text == "raad" || w.text == "council" {
			if g.council() || g.advice() {
				continue
			}
		}
		// Niet gewenst for ongewenst: which of them, other checks tell.
		if on := "on" + w.text; c.lang == "nl" && len(negatorsOf(c.words)) > 0 && nearly(wordOf(on), in) {
			continue
		}
		if r.inWords(i, in) || c.lang == g.lang && r.deniesOpposite(i) {
			continue
		}
		// The first piece of a verb in two pieces.
		if slices.ContainsFunc(own, func(o word) bool { return o.start == w.start && nearly(o, in) }) {
			continue
		}
		if c.dutch != nil {
			if c.dutch[i] == nil && general()[dutch.StemEnglish(w.text)] == nil {
				unknown++
				continue
			}
		}
		missing = w.text
	}
	// What comes back every year, and verbs in two pieces.
	for i, w := range c.words {
		if p := periods[w.text]; p != "" && missing == "" && (strings.HasSuffix(w.text, "lijks") || strings.HasSuffix(w.text, "lijkse") || i > 0 && returning[c.words[i-1].text]) && !slices.ContainsFunc(g.words, func(o word) bool { return periods[o.text] == p || sameSaying(w, o) }) {
			missing = w.text
		}
	}
	for _, o := range own {
		if missing == "" && sayings().claim[o.key] != nil && !nearly(o, in) && !slices.ContainsFunc(in, func(x word) bool {
			return x.text == c.words[slices.IndexFunc(c.words, func(y word) bool { return y.start == o.start })].text
		}) {
			missing = o.text
		}
	}
	if missing == "" && unknown > 0 && 4*unknown > total {
		add(CheckSupport, "too many words of the sentence are unknown")
		return true
	}
	if missing != "" {
		add(CheckSupport, "the passage does not say %q", missing)
		return true
	}
	return false
}

// returning words go before a measure of time in which something comes back.
var returning = set(`elk elke ieder iedere per every each`)

func nearly(w word, in []word) bool {
	return slices.ContainsFunc(in, func(o word) bool { return bears(w, o) })
}

// findings are verbs of holding a view that more often say something else: een plek
// vinden, een stap zien.
var findings = set(`vindt vinden vond vonden ziet zien zag stelt stellen stelde stelden noemt noemen noemde kiest kiezen koos kozen calls called finds`)

// viewing words give a sentence as what somebody holds, asks or intends.
var viewing = set(`volgens according doel doelen doelstelling plan plannen voornemen voorstel wens eis bedoeld bedoeling beoogd voorgesteld gevraagd should ought aim goal proposal voorstander tegenstander voor tegen eens oneens`)

// aligned are the frames of the passage that say most of a frame of the claim, those
// with the same act first, and how much they do.
func (r *framing) aligned(f frame, within float64) (out []frame, best float64) {
	scores := make([]float64, len(r.theirs))
	for k, t := range r.theirs {
		var left func(int) bool
		if t.pronoun && len(t.subjects()) == 0 { // who acts was named before
			left = func(i int) bool {
				return slices.ContainsFunc(f.actors, func(a actor) bool { return a.role != roleOther && i >= a.from && i < a.to })
			}
		}
		scores[k] = r.overlap(f, r.wordsOf(t), left)
		if scores[k] > 0 && r.sameVerb(f, t) {
			scores[k] += 0.15
		}
		best = max(best, scores[k])
	}
	for k, t := range r.theirs {
		if best > 0 && scores[k] >= within*best {
			out = append(out, t)
		}
	}
	return out, best
}

// checkForce objects when the passage says that something may or must be, or is
// proposed, and the claim that it is, or the other way round; and when the one denies
// what the other says.
func (r *framing) checkForce(add report) bool {
	c, g := r.c, r.g
	view := len(viewsIn(c.words)) > 0 || slices.ContainsFunc(c.words, func(w word) bool {
		return viewing[w.text] || proposing[w.text] || opinions[w.text] && !findings[w.text]
	})
	r.settled = true
	for _, f := range r.mine {
		if len(f.verbs) > 0 && !slices.ContainsFunc(f.verbs, func(v word) bool { return !opinions[v.text] }) && f.link == "" && len(r.mine) > 1 {
			continue // who holds it
		}
		list, best := r.aligned(f, 0.95)
		if best < 0.55 || r.said(f, nil) < 2 && (best < 1.1 || r.said(f, nil) < 1) {
			r.settled = false
			continue
		}
		r.settled = r.settled && best >= 0.7
		fits, reason, check := false, "", CheckModality
		for _, t := range list {
			why := forceful(c, g, f, t, view)
			if why == "" && f.force == forceMay && t.force == forceFact && best >= 1 && r.sameVerb(f, t) && !slices.ContainsFunc(g.words, func(w word) bool { return hedging[w.text] || w.text == "recht" }) {
				why = "the passage says that it is, the sentence that it may be"
			}
			is := CheckModality
			if why == "" && best >= 0.65 && !relative(f) && t.link != "voordat" && t.link != "before" && f.turned != t.turned && (f.denied != t.denied || best >= 0.7 && saysAgainst(c.words[f.from:f.to]) != saysAgainst(g.words[t.from:t.to])) && !r.faced(f, t) && !(t.late && !f.denied) && !(f.late && !t.denied) && !slices.ContainsFunc(g.words[t.from:t.to], func(w word) bool { return w.text == "zonder" || w.text == "without" }) {
				why, is = "the one denies what the other says", CheckNegation
			}
			if why == "" {
				fits = true
				break
			}
			reason, check = why, is
		}
		if !fits && check == CheckModality && f.force != forceFact {
			// What the claim says may or must be stands in a frame beside the nearest, which
			// tells another act.
			if !slices.ContainsFunc(list, func(t frame) bool { return r.sameVerb(f, t) }) {
				fits = slices.ContainsFunc(r.theirs, func(t frame) bool {
					return t.force == f.force && t.denied == f.denied && r.sameVerb(f, t) && r.overlap(f, r.wordsOf(t), nil) >= 0.5*best
				})
			}
		}
		if !fits {
			r.settled = false
			add(check, "%s", reason)
			return true
		}
	}
	return false
}

// said is the weight of the content of a frame of the claim without some of its words.
func (r *framing) said(f frame, left func(int) bool) (sum float64) {
	for i := f.from; i < f.to; i++ {
		if r.content(i) && (left == nil || !left(i)) {
			sum += max(weight(r.c.words[i]), 0.5)
		}
	}
	return sum
}

func saysAgainst(ws []word) bool {
	for i, w := range ws {
		if (w.text == "tegen" || w.text == "against") && !contrasting(ws, i) {
			return true
		}
	}
	return false
}

// relative reports whether a frame tells only which of them is meant.
func relative(f frame) bool {
	return f.link == "die" || f.link == "who" || f.link == "which"
}

// faced reports whether a frame of the claim has a word that turns one of the passage
// around.
func (r *framing) faced(f, t frame) bool {
	theirs := r.wordsOf(t)
	for i := f.from; i < f.to; i++ {
		a := r.c.words[i]
		if exact(a, theirs) {
			continue
		}
		for _, b := range theirs {
			if slices.Contains(turns(a.key), b.key) || b.key == "on"+a.key || a.key == "on"+b.key {
				return true
			}
		}
	}
	return false
}

// fearing verbs have what is not yet so.
var fearing = set(`vreest vrezen vreesde vreesden hoopt hopen hoopte hoopten verwacht verwachten verwachtte verwachtten voorspelt voorspellen voorspelde fears fear feared hopes hope hoped expects expect expected`)

// lacking words say that something is not yet so.
var lacking = set(`wenselijk gewenst noodzakelijk nodig vereist desirable needed necessary required`)

// needless is what need not be.
var needless = set(`hoeft hoeven hoefde hoefden`)

// forceful tells how the force of a claim's frame is not that of the passage's.
func forceful(c *claim, g *ground, f, t frame, view bool) string {
	if f.forced || t.forced || f.denied != t.denied {
		return "" // may have to: left to the other checks
	}
	has := func(ws []word, list map[string]bool) bool {
		return slices.ContainsFunc(ws, func(w word) bool { return list[w.text] })
	}
	mine, theirs := c.words[f.from:f.to], g.words[t.from:t.to]
	soft := slices.ContainsFunc(mine, func(w word) bool {
		return obliging[w.text] && !slices.ContainsFunc(theirs, func(o word) bool { return o.text == w.text })
	}) || has(mine, hedging) || f.force == forceFact && slices.ContainsFunc(c.words, func(w word) bool { return t.force != forceFact && forces[w.text] == t.force && w.start != 0 })
	theirForce := t.force
	if f.force == forceFact && t.force == forceFact && has(theirs, lacking) && !has(c.words, lacking) && !has(c.words, obliging) && !view {
		return "the passage says that it is wanted, the sentence that it is"
	}
	if theirForce == forceFact && (t.link == "om" || slices.ContainsFunc(theirs, func(w word) bool {
		// What is said is the proposing itself where the claim tells of it.
		if !proposing[w.text] && !fearing[w.text] {
			return false
		}
		for i := f.from; i < f.to; i++ {
			if c.anchored(i, []word{w}) {
				return false
			}
		}
		return true
	})) {
		theirForce = forceOpen
	}
	if f.force == forceFact && (f.link == "om" || has(mine, proposing)) {
		return ""
	}
	switch {
	case f.force == theirForce:
		return ""
	case f.force == forceFact && theirForce == forceMay && !soft:
		return "the passage says that it may be, the sentence that it is"
	case f.force == forceFact && theirForce == forceOpen && !soft && !view:
		return "the passage leaves it open, the sentence says that it is"
	case f.force == forceFact && theirForce == forceMust && !soft && !view && !has(theirs, needless):
		return "the passage says that it must be, the sentence that it is"
	case f.force == forceMust && theirForce == forceFact && !view && !has(theirs, obliging) && !slices.ContainsFunc(g.words, func(w word) bool {
		return w.sentence == t.sentence && (viewing[w.text] || proposing[w.text] || opinions[w.text])
	}):
		return "the passage says that it is, the sentence that it must be"
	case f.force == forceMust && theirForce == forceMay, f.force == forceMay && theirForce == forceMust, f.force == forceWill && (theirForce == forceMay || theirForce == forceMust):
		return "the passage and the sentence differ in what may, must or will be"
	}
	return ""
}

// compared is "higher in A than in B".
type compared struct {
	sentence  int
	at        int // the comparative
	dimension string
	up        bool
	left      []int // words on the side of what is compared
	right     []int // words after dan
}

// dimensions are comparatives that turn each other around; the first of a pair is up.
var dimensions = func() map[string]struct {
	name string
	up   bool
} {
	m := make(map[string]struct {
		name string
		up   bool
	})
	for line := range strings.SplitSeq(strings.TrimSpace(`hoger hogere higher | lager lagere lower
		meer more | minder less fewer
		groter grotere larger bigger | kleiner kleinere smaller
		langer langere longer | korter kortere shorter
		later | eerder vroeger earlier
		vaker | zeldener
		duurder duurdere | goedkoper goedkopere cheaper
		beter betere better | slechter slechtere worse
		sneller snellere faster | langzamer trager slower
		sterker sterkere stronger | zwakker zwakkere weaker
		ouder oudere older | jonger jongere younger
		makkelijker eenvoudiger easier simpler | moeilijker lastiger harder
		veiliger safer | gevaarlijker
		rijker richer | armer poorer
		gezonder healthier | ongezonder`), "\n") {
		up, down, _ := strings.Cut(line, "|")
		name := strings.Fields(up)[0]
		for w := range strings.FieldsSeq(up) {
			m[w] = struct {
				name string
				up   bool
			}{name, true}
		}
		for w := range strings.FieldsSeq(down) {
			m[w] = struct {
				name string
				up   bool
			}{name, false}
		}
	}
	return m
}()

// comparedIn finds them.
func comparedIn(ws []word) (out []compared) {
	for i, w := range ws {
		if w.text != "dan" && w.text != "than" || i == 0 {
			continue
		}
		k := compared{sentence: w.sentence, at: -1}
		for j := i - 1; j >= 0 && ws[j].sentence == w.sentence && j >= i-14; j-- {
			if d, ok := dimensions[ws[j].text]; ok {
				k.at, k.dimension, k.up = j, d.name, d.up
				// minder vaak, meer kosten
				if d.name == "meer" && j+1 < i {
					switch n := ws[j+1].text; {
					case n == "vaak":
						k.dimension = "vaker"
					case dimensions[n+"er"].name != "":
						k.dimension = dimensions[n+"er"].name
						k.up = k.up == dimensions[n+"er"].up
					}
				}
				break
			}
		}
		if k.at < 0 || i+1 < len(ws) && (ws[i+1].number || counted[ws[i+1].text]) {
			continue
		}
		for j := range ws {
			if ws[j].sentence != w.sentence || weight(ws[j]) == 0 || j == k.at || ws[j].number || j == k.at+1 && ws[j].text == "vaak" {
				continue
			}
			if j < i {
				k.left = append(k.left, j)
			} else if ws[j].clause == w.clause {
				k.right = append(k.right, j)
			}
		}
		out = append(out, k)
	}
	return out
}

// checkComparison objects when the claim compares the same two things as the passage
// with the other outcome, and takes note of comparisons that say the same.
func (r *framing) checkComparison(add report) bool {
	c, g := r.c, r.g
	if c.lang != g.lang {
		return false
	}
	theirs := comparedIn(g.words)
	if len(theirs) > 0 && !compares(c.words) && r.checkOtherSide(theirs, add) {
		return true
	}
	for _, m := range comparedIn(c.words) {
		for _, t := range theirs {
			if m.dimension != t.dimension && m.dimension != "meer" && t.dimension != "meer" {
				continue
			}
			words := func(at []int) (out []word) {
				for _, j := range at {
					out = append(out, g.words[j])
				}
				return out
			}
			share := func(mine []int, theirs []int) float64 {
				in, n := words(theirs), 0
				for _, i := range mine {
					if c.anchored(i, in) {
						n++
					}
				}
				return float64(n) / float64(max(len(mine), 1))
			}
			straight, crossed := share(m.right, t.right), share(m.right, t.left)
			turned := crossed > straight
			if max(straight, crossed) < 0.5 || turned && share(m.left, t.right) == 0 {
				continue
			}
			if (m.up == t.up) == turned {
				add(CheckOpposite, "the passage compares %q the other way round", c.words[m.at].text)
				return true
			}
			r.same[m.at] = true
			if turned {
				c.compared = append(c.compared, m.at)
			}
		}
	}
	return false
}

// checkOtherSide objects when the claim says of what stands behind "dan" in the passage
// what the passage says of what stands before it, and takes note where it says the
// opposite: "op kantoor is meer stress" for "thuis is minder stress dan op kantoor".
func (r *framing) checkOtherSide(theirs []compared, add report) bool {
	c, g := r.c, r.g
	for i, w := range c.words {
		d, ok := dimensions[w.text]
		if !ok {
			continue
		}
		for _, t := range theirs {
			if t.dimension != d.name || len(t.right) == 0 {
				continue
			}
			has := func(j int, in []int) bool {
				return slices.ContainsFunc(in, func(k int) bool { return bears(g.words[j], g.words[k]) })
			}
			said := func(j int) bool {
				return slices.ContainsFunc(c.words, func(x word) bool { return x.start != w.start && !x.stop && bears(x, g.words[j]) })
			}
			behind, before, timed := 0, 0, true
			for _, j := range t.right {
				if !has(j, t.left) {
					timed = timed && (periods[g.words[j].text] != "" || timeWords[g.words[j].text])
					if said(j) {
						behind++
					} else if periods[g.words[j].text] != "" || timeWords[g.words[j].text] {
						behind -= len(t.right) // another time
					}
				}
			}
			verb := t.at
			for k := t.at; k >= 0 && g.words[k].sentence == t.sentence; k-- {
				if isVerb(g.words, k, g.lang) {
					verb = k
				}
			}
			for _, j := range t.left {
				if j < verb && !has(j, t.right) && said(j) {
					before++
				}
			}
			if behind <= 0 || before > 0 && !timed {
				continue
			}
			if d.up == t.up {
				add(CheckOpposite, "the passage compares %q the other way round", w.text)
				return true
			}
			r.same[i] = true
			c.compared = append(c.compared, i)
		}
	}
	return false
}

// facing are prepositions that say the opposite of each other.
var facing = map[string]string{
	"voor": "na", "na": "voor", "boven": "onder", "achter": "voor", "onder": "boven", "met": "zonder", "zonder": "met", "binnen": "buiten", "buiten": "binnen", "tegen": "voor", "vóór": "na", "sinds": "tot", "vanaf": "tot", "tot": "sinds",
	"before": "after", "after": "before", "above": "below", "below": "above", "with": "without", "without": "with", "against": "for", "since": "until", "until": "since", "under": "above",
}

// opposites are prepositions that face each other in more than one way.
var facingToo = map[[2]string]bool{{"voor", "tegen"}: true, {"for", "against"}: true, {"tot", "vanaf"}: true, {"na", "vóór"}: true, {"above", "under"}: true, {"boven", "achter"}: true, {"achter", "boven"}: true, {"voor", "achter"}: true, {"achter", "voor"}: true}

// checkPlaces objects to "boven de vereiste dekkingsgraad" where the passage says onder.
func (r *framing) checkPlaces(add report) bool {
	c, g := r.c, r.g
	if c.lang != g.lang || len(negatorsOf(c.words)) > 0 {
		return false
	}
	theirs := phrasesOver(g.words)
	for _, m := range phrasesOver(c.words) {
		turned, same := false, false
		for _, t := range theirs {
			if c.words[m.at].key != g.words[t.at].key {
				continue
			}
			same = same || t.prep == m.prep
			turned = turned || facing[m.prep] == t.prep || facingToo[[2]string{m.prep, t.prep}]
		}
		if turned && !same {
			add(CheckOpposite, "%q stands under another preposition in the passage", m.prep+" "+c.words[m.at].text)
			return true
		}
	}
	return false
}

// phrasesOver are the prepositions of a text with the noun that each governs, over
// articles and adjectives.
func phrasesOver(ws []word) (out []phrase) {
	for i, w := range ws {
		if !prepositions[w.text] && facing[w.text] == "" {
			continue
		}
		for j := i + 1; j < len(ws) && j <= i+5 && ws[j].clause == w.clause && ws[j].sentence == w.sentence && !prepositions[ws[j].text]; j++ {
			if ws[j].number || counted[ws[j].text] {
				break
			}
			if weight(ws[j]) == 0 && !articles[ws[j].text] && !possessives[ws[j].text] {
				break
			}
			if weight(ws[j]) > 0 && (!attributive(ws[j]) || j+1 >= len(ws) || ws[j+1].stop || ws[j+1].clause != w.clause) {
				out = append(out, phrase{w.text, j})
				break
			}
		}
	}
	return out
}

// checkAssigned objects when the claim gives two numbers each to what the passage gives
// the other.
func (r *framing) checkAssigned(add report) bool {
	c, g := r.c, r.g
	type counted struct {
		n    dutch.Number
		mine []int
		at   int
	}
	var list []counted
	for _, n := range c.numbers {
		if n.Kind != dutch.Quantity || trivial(n) {
			continue
		}
		at := -1
		for _, m := range g.numbers {
			if n.Same(m) {
				if at >= 0 {
					at = -2
					break
				}
				at = wordAt(g.words, m)
			}
		}
		if at < 0 {
			continue
		}
		i := wordAt(c.words, n)
		k := counted{n: n, at: at}
		for _, f := range r.mine {
			if i >= f.from && i < f.to {
				for j := f.from; j < f.to; j++ {
					if weight(c.words[j]) > 0 && !c.words[j].number {
						k.mine = append(k.mine, j)
					}
				}
			}
		}
		list = append(list, k)
	}
	around := func(at, other int) []word {
		var out []word
		same := g.words[at].sentence == g.words[other].sentence
		for j, w := range g.words {
			if w.sentence == g.words[at].sentence && (!same || segmentOf(g.words, j) == segmentOf(g.words, at)) {
				out = append(out, w)
			}
		}
		return out
	}
	for i, a := range list {
		for _, b := range list[i+1:] {
			if a.n.Unit != b.n.Unit || len(a.mine) == 0 || len(b.mine) == 0 || a.mine[0] == b.mine[0] || g.became(c, a.n) {
				continue
			}
			score := func(mine []int, in []word) float64 {
				sum := 0.0
				for _, j := range mine {
					if c.anchored(j, in) {
						sum += weight(c.words[j])
					}
				}
				return sum
			}
			x, y := around(a.at, b.at), around(b.at, a.at)
			straight, crossed := score(a.mine, x)+score(b.mine, y), score(a.mine, y)+score(b.mine, x)
			if crossed >= straight+1 {
				add(CheckNumber, "%q and %q have changed places", corpusSlice(c.text, a.n.Start, a.n.End), corpusSlice(c.text, b.n.Start, b.n.End))
				return true
			}
		}
	}
	return false
}

// everyOne are words that say something of all.
var everyOne = set(`alle elke ieder iedere all every each`)

// checkAll objects to "alle leden" where the passage says nothing of all of them.
func (r *framing) checkAll(add report) bool {
	c, g := r.c, r.g
	for i, w := range c.words {
		if !everyOne[w.text] || i+1 >= len(c.words) {
			continue
		}
		noun := -1
		for j := i + 1; j < len(c.words) && j <= i+3 && c.words[j].clause == w.clause; j++ {
			if c.words[j].number || counted[c.words[j].text] || periods[c.words[j].text] != "" {
				noun = -1
				break
			}
			if weight(c.words[j]) > 0 {
				noun = j
				if !attributive(c.words[j]) {
					break
				}
			}
		}
		if noun < 0 {
			continue
		}
		found := false
		for j, o := range g.words {
			if totals[o.text]&(1<<2|1<<0) == 0 && o.text != "unaniem" && o.text != "geen" && o.text != "niet" {
				continue
			}
			if w := c.words[noun]; (o.text == "iedereen" || o.text == "allen" || o.text == "everyone" || o.text == "everybody") && !people[w.text] && !parties[w.text] {
				continue
			}
			for k := max(0, j-4); k < len(g.words) && k <= j+5; k++ {
				if g.words[k].sentence == o.sentence && c.anchored(noun, g.words[k:k+1]) {
					found = true
				}
			}
			found = found || (o.text == "unaniem" || o.text == "iedereen" || o.text == "allemaal" || o.text == "everyone") && len(c.aligned) > 0 && c.aligned[0] == o.sentence
		}
		if !found {
			add(CheckOpposite, "the passage does not say this of %q", w.text+" "+c.words[noun].text)
			return true
		}
	}
	// "De aanbevelingen" where the passage says it of three of them.
	for i, w := range c.words {
		if i == 0 || c.words[i-1].text != "de" && c.words[i-1].text != "the" || weight(w) == 0 || !strings.HasSuffix(w.text, "en") && !strings.HasSuffix(w.text, "s") || i > 1 && (prepositions[c.words[i-2].text] || totals[c.words[i-2].text] != 0) {
			continue
		}
		some, whole := false, false
		for j, o := range g.words {
			if o.text != w.text {
				continue
			}
			of := false
			for k := max(1, j-4); k < j; k++ {
				if (g.words[k].text == "van" || g.words[k].text == "of") && (g.words[k-1].number || counted[g.words[k-1].text] || quantifiers[g.words[k-1].text] != 0 || g.words[k-1].text == "deel" || g.words[k-1].text == "helft" || g.words[k-1].text == "derde") {
					of = true
				}
			}
			some, whole = some || of, whole || !of
		}
		if some && !whole {
			add(CheckOpposite, "the passage says this of some of %q", w.text)
			return true
		}
	}
	return false
}

// checkTurned objects when the passage says the opposite of the same things: "vermindert
// de kans" for "vergroot de kans".
func (r *framing) checkTurned(add report) bool {
	for _, f := range r.mine {
		verb := func(i int) bool {
			return slices.ContainsFunc(f.verbs, func(v word) bool { return v.start == r.c.words[i].start })
		}
		best := 0.0
		scores := make([]float64, len(r.theirs))
		for k, t := range r.theirs {
			scores[k] = r.overlap(f, r.wordsOf(t), verb)
			best = max(best, scores[k])
		}
		if best < 0.5 {
			continue
		}
		opposite, same := "", false
		// A frame that only says what is tells nothing against another that says how it went.
		level := func(k int) bool {
			return scores[k] >= 0.95*best || scores[k] >= 0.75*best && !slices.ContainsFunc(r.theirs, func(t frame) bool {
				return r.overlap(f, r.wordsOf(t), verb) > scores[k] && slices.ContainsFunc(t.verbs, func(v word) bool { return !states[v.text] && !carrying[v.text] })
			})
		}
		for k, t := range r.theirs {
			for _, v := range f.verbs {
				for _, o := range t.verbs {
					yes, whole := excludes(v, o)
					if r.c.dutch != nil {
						yes = r.turnedAcross(v, o)
					}
					if level(k) && yes && (f.denied == t.denied || !whole && t.denied) {
						opposite = o.text
					}
					same = same || scores[k] >= 0.95*best && (bears(v, o) || r.c.dutch != nil && r.sameVerb(f, t))
				}
			}
		}
		if opposite != "" && !same {
			add(CheckOpposite, "the passage says %q of this", opposite)
			return true
		}
	}
	return false
}

// turnedAcross reports whether a verb of an English claim turns a word of a Dutch passage
// around.
func (r *framing) turnedAcross(v, o word) bool {
	for i, w := range r.c.words {
		if w.start == v.start {
			return slices.Contains(r.turnsOf(i), o.key)
		}
	}
	return false
}

// checkWhen objects when the claim has a number or time of one thing where the passage
// has another, and its own stands where much less of the claim is said.
func (r *framing) checkWhen(add report) bool {
	c, g := r.c, r.g
	for _, f := range r.mine {
		for _, n := range c.numbers {
			at := wordAt(c.words, n)
			if at < f.from || at >= f.to || trivial(n) || n.Kind == dutch.Code || n.Kind == dutch.Ordinal || g.became(c, n) {
				continue
			}
			with, best, at := 0.0, 0.0, -1
			for s := range g.sentences {
				unit := slices.Clone(g.sentences[s])
				if s > 0 && g.pointsBack(s) {
					unit = append(unit, g.sentences[s-1]...)
				}
				if s+1 < len(g.sentences) && g.pointsBack(s+1) {
					unit = append(unit, g.sentences[s+1]...)
				}
				score := r.plainOverlap(f, unit)
				has := slices.ContainsFunc(g.numbers, func(m dutch.Number) bool {
					return (n.Same(m) || yearIn(m) != 0 && yearIn(m) == yearIn(n) && n.Kind == dutch.Year) && slices.ContainsFunc(unit, func(w word) bool { return w.start == g.words[wordAt(g.words, m)].start })
				})
				if has {
					with = max(with, score)
				}
				if score > best {
					best, at = score, s
				}
			}
			if with == 0 || at < 0 || best < 0.6 || best-with < 0.3 {
				continue
			}
			rival := slices.ContainsFunc(g.numbers, func(m dutch.Number) bool {
				return g.words[wordAt(g.words, m)].sentence == at && !n.Same(m) && !trivial(m) && (alike(n, m) || yearIn(n) != 0 && yearIn(m) != 0 && yearIn(m) != yearIn(n)) && !slices.ContainsFunc(c.numbers, m.Same)
			})
			if rival {
				add(CheckNumber, "the passage says this with another number than %q", corpusSlice(c.text, n.Start, n.End))
				return true
			}
		}
	}
	return false
}

// plainOverlap is overlap without numbers, and without the Council, of which texts
// speak without naming it.
func (r *framing) plainOverlap(f frame, in []word) float64 {
	total, found := 0.0, 0.0
	for i := f.from; i < f.to; i++ {
		if !r.content(i) || holders[r.c.words[i].text] == corpus.SpeakerCouncil {
			continue
		}
		k := max(weight(r.c.words[i]), 0.5)
		total += k
		if r.c.anchored(i, in) {
			found += k
		}
	}
	if total == 0 {
		return 0
	}
	return found / total
}

// checkSequence objects to "eerst A, daarna B" where the passage tells B before A.
func (r *framing) checkSequence(add report) bool {
	c, g := r.c, r.g
	at := func(words map[string]bool) int {
		return slices.IndexFunc(c.words, func(w word) bool { return words[w.text] })
	}
	first, then := at(set(`eerst first`)), at(set(`daarna vervolgens then afterwards`))
	if first < 0 || then < first || c.lang != g.lang || slices.ContainsFunc(g.words, func(w word) bool { return w.text == "eerst" || w.text == "first" }) {
		return false
	}
	place := func(from, to int) (sum, n int) {
		for i := from; i < to; i++ {
			if !r.content(i) || carrying[c.words[i].text] {
				continue
			}
			for j := range g.words {
				if c.anchored(i, g.words[j:j+1]) {
					sum += j
					n++
					break
				}
			}
		}
		return sum, n
	}
	a, na := place(0, then)
	b, nb := place(then, len(c.words))
	if na > 0 && nb > 0 && a*nb > b*na {
		add(CheckRoles, "the passage tells these in another order")
		return true
	}
	return false
}

// A cause stands behind some connectives and before others.
var (
	causeBehind = set(`omdat doordat want dankzij vanwege wegens aangezien because`)
	causeBefore = set(`waardoor daardoor zodat hierdoor daarom dus therefore thus`)
	// causeOver are prepositions.
	causeOver = set(`dankzij vanwege wegens`)
	// caused are all words by which a text may give a reason.
	caused = set(`omdat doordat waardoor daardoor daarom door want dankzij vanwege wegens zodat dus aangezien reden redenen oorzaak oorzaken gevolg gevolgen leidt leiden leidde leidden komt kwam daarmee hierdoor om zorgt zorgen maakt because therefore thus due cause leads result since`)
)

// reason is a cause and its effect in a text, as words.
type reason struct{ cause, effect []int }

// reasonsIn finds those that a connective joins within a sentence, or with the sentence
// before it.
func reasonsIn(ws []word, lang string) (out []reason) {
	for i, w := range ws {
		behind := causeBehind[w.text] || lang == "en" && w.text == "since" && i+1 < len(ws) && !ws[i+1].number
		if !behind && !causeBefore[w.text] || w.text == "daarom" && slices.ContainsFunc(ws[i:min(i+5, len(ws))], func(o word) bool { return o.verb == "vragen" || o.verb == "verzoeken" }) {
			continue // gevraagd om
		}
		var k reason
		end := i + 1
		for end < len(ws) && ws[end].sentence == w.sentence && (ws[end].clause == w.clause || !behind) {
			end++
		}
		if causeOver[w.text] { // what it governs stands before the verb
			for j := i + 1; j < end; j++ {
				if isVerb(ws, j, lang) {
					end = j
				}
			}
		}
		start := i
		for start > 0 && ws[start-1].sentence == w.sentence && (ws[start-1].clause == w.clause || behind) {
			start--
		}
		for j := range ws {
			in := j > i && j < end
			switch {
			case behind && in:
				k.cause = append(k.cause, j)
			case behind && ws[j].sentence == w.sentence && j != i:
				k.effect = append(k.effect, j)
			case !behind && in:
				k.effect = append(k.effect, j)
			case !behind && j < i && (ws[j].sentence == w.sentence || i-start <= 3 && ws[j].sentence == w.sentence-1):
				k.cause = append(k.cause, j)
			}
		}
		if len(k.cause) > 0 && len(k.effect) > 0 {
			out = append(out, k)
		}
	}
	return out
}

// checkReasons objects to a reason where the passage gives none, and to an effect given
// as the cause of its cause.
func (r *framing) checkReasons(add report) bool {
	c, g := r.c, r.g
	mine := reasonsIn(c.words, c.lang)
	if len(mine) == 0 {
		return false
	}
	if !slices.ContainsFunc(g.words, func(o word) bool { return caused[o.text] || fearing[o.text] }) {
		add(CheckSupport, "the passage gives no reason")
		return true
	}
	theirs := reasonsIn(g.words, g.lang)
	for _, m := range mine {
		share := func(at, in []int) float64 {
			var ws []word
			for _, j := range in {
				ws = append(ws, g.words[j])
			}
			total, found := 0.0, 0.0
			for _, i := range at {
				if r.content(i) {
					total++
					if r.anchored(i, ws) {
						found++
					}
				}
			}
			if total == 0 {
				return 0
			}
			return found / total
		}
		straight, crossed := 0.0, 0.0
		for _, t := range theirs {
			straight = max(straight, share(m.cause, t.cause)+share(m.effect, t.effect))
			crossed = max(crossed, share(m.cause, t.effect)+share(m.effect, t.cause))
		}
		if crossed >= 1 && crossed > straight+0.3 {
			add(CheckRoles, "the passage gives the effect as the cause")
			return true
		}
	}
	return false
}

// well and badly are how something was done, and how far.
var (
	well  = set(`goed volledig ruim voldoende genoeg vaak veel uitstekend well fully often sufficiently much`)
	badly = set(`slecht weinig onvoldoende nauwelijks amper zelden matig gebrekkig slechts badly poorly hardly rarely insufficiently little`)
)

// checkDegree objects to "goed opgevolgd" where the passage says te weinig opgevolgd.
func (r *framing) checkDegree(add report) bool {
	side := func(ws []word) (w string, s int) {
		if len(negatorsOf(ws)) > 0 {
			return "", 0
		}
		for _, o := range ws {
			switch {
			case well[o.text]:
				w, s = o.text, s+1
			case badly[o.text]:
				w, s = o.text, s-1
			}
		}
		return w, s
	}
	for _, f := range r.mine {
		w, mine := side(r.c.words[f.from:f.to])
		if mine == 0 {
			continue
		}
		turned, held := false, false
		for _, t := range r.theirs {
			_, theirs := side(r.g.words[t.from:t.to])
			if !r.sameVerb(f, t) || r.overlap(f, r.wordsOf(t), nil) < 0.5 {
				continue
			}
			turned, held = turned || theirs*mine < 0, held || theirs*mine > 0
		}
		if turned && !held {
			add(CheckOpposite, "the passage does not say this is so %q", w)
			return true
		}
	}
	return false
}

// checkHalves objects to "met een jaar" where the passage has half a year, or another
// number of them.
func (r *framing) checkHalves(add report) bool {
	c, g := r.c, r.g
	if c.lang != "nl" || g.lang != "nl" {
		return false
	}
	for i, w := range c.words {
		if i < 2 || !timed[w.text] || c.words[i-1].text != "een" || !lasting[c.words[i-2].text] {
			continue
		}
		half, whole := false, false
		for j, o := range g.words {
			before := ""
			if j > 0 {
				before = g.words[j-1].text
			}
			half = half || o.text == "half"+w.text || o.text == w.text && (before == "half" || before == "anderhalf")
			whole = whole || o.text == w.text && (before == "een" || before == "1" || before == "het" || before == "per")
		}
		if half && !whole {
			add(CheckNumber, "the passage has half of %q", w.text)
			return true
		}
	}
	return false
}

// lasting are prepositions before a length of time.
var lasting = set(`met na binnen voor tot over`)

// ahead are words by which a text tells of what is still to come.
var ahead = set(`volgend volgende komend komende binnenkort straks toekomst voornemens zal zullen next coming soon will`)

// checkAhead objects to "heeft gecontroleerd" where the passage tells that of next year.
func (r *framing) checkAhead(add report) bool {
	c, g := r.c, r.g
	has := func(ws []word) bool {
		return slices.ContainsFunc(ws, func(w word) bool { return ahead[w.text] })
	}
	if has(c.words) || slices.ContainsFunc(c.words, func(w word) bool { return forces[w.text] != 0 || wishes[w.text] || viewing[w.text] }) {
		return false
	}
	for _, f := range r.mine {
		past := slices.ContainsFunc(c.words[f.from:f.to], func(w word) bool { return perfects[w.text] }) && len(f.verbs) > 0
		if !past || f.denied {
			continue
		}
		list, best := r.aligned(f, 0.9)
		if best < 0.5 {
			continue
		}
		later, so := false, false
		for _, t := range list {
			if !r.sameVerb(f, t) {
				continue
			}
			if has(g.words[t.from:t.to]) {
				later = true
			} else {
				so = true
			}
		}
		if later && !so {
			add(CheckModality, "the passage says that it is to come, the sentence that it is done")
			return true
		}
	}
	return false
}

// perfects are the auxiliaries by which a claim says that something is done.
var perfects = set(`heeft hebben is zijn had hadden was waren werd werden has have had`)

// checkCounts objects to "meer werknemers dan werkgevers" where the numbers of the passage
// beside them tell otherwise.
func (r *framing) checkCounts(add report) bool {
	c, g := r.c, r.g
	if c.lang != g.lang {
		return false
	}
	for _, m := range comparedIn(c.words) {
		if m.at+1 >= len(c.words) || len(m.right) == 0 || m.dimension != "meer" {
			continue
		}
		count := func(i int) (n dutch.Number, ok bool) {
			at := -1
			for j := range g.words {
				if c.says(i, g.words[j]) {
					if at >= 0 {
						return n, false
					}
					at = j
				}
			}
			if at < 0 {
				return n, false
			}
			for _, k := range g.numbers {
				if j := wordAt(g.words, k); k.Kind == dutch.Quantity && g.words[j].clause == g.words[at].clause && g.words[j].sentence == g.words[at].sentence && segmentOf(g.words, j) == segmentOf(g.words, at) {
					if ok {
						return n, false
					}
					n, ok = k, true
				}
			}
			return n, ok
		}
		a, ok := count(m.at + 1)
		b, too := count(m.right[0])
		if ok && too && a.Unit == b.Unit && (a.Value > b.Value) != m.up {
			add(CheckOpposite, "the numbers of the passage tell otherwise than %q", c.words[m.at].text)
			return true
		}
	}
	return false
}
