package answer

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// A candidate is scored by how much of the question it and what stands around it say.
// What keeps a wrong sentence out is mostly hard: see rate.

// ordersOther reports whether a sentence, or a heading above it, is about another one in
// a row than the question: the first advice, where it asks after the second.
func (c *candidate) ordersOther(n dutch.Number) bool {
	return slices.ContainsFunc(slices.Concat(c.numbers, c.inHeadings), func(m dutch.Number) bool {
		return m.Kind == dutch.Ordinal && m.Value != n.Value && m.Value < mostOrdinal
	})
}

// mostOrdinal is above the ordinals that tell things in a row apart; beyond it they
// are of centuries and dates.
const mostOrdinal = 13

// dated reports whether a question is about a year or a date.
func (u *Understanding) dated() bool {
	return slices.ContainsFunc(u.numbers, func(n dutch.Number) bool { return n.Kind == dutch.Year || n.Kind == dutch.CalDate })
}

// datedIn reports whether what opens a list, or a heading above it, has a year of the
// question: that one of its items has it does not put the others in that year.
func (u *Understanding) datedIn(c *candidate) bool {
	opening, _, _ := strings.Cut(c.text, "\n")
	has := slices.Concat(dutch.Numbers(opening), c.inHeadings)
	return slices.ContainsFunc(u.numbers, func(n dutch.Number) bool {
		return slices.ContainsFunc(has, func(m dutch.Number) bool { return n.Same(m) })
	})
}

// asksAfter reports whether the question names what a candidate names after the
// Council: a question after the SER's building is answered by "het SER-gebouw".
func (u *Understanding) asksAfter(c *candidate) bool {
	for _, i := range c.modifies {
		next := c.words[i+1 : i+2]
		for _, t := range u.terms {
			if !t.council && t.says(next) >= 0.7 {
				return true
			}
		}
	}
	return false
}

// aside reports whether a candidate is on something else than the Council, which the
// question is after: it begins with another name, and the Council does not stand
// beside a number that answers.
func (u *Understanding) aside(c *candidate) bool {
	if !u.ofCouncil() || slices.ContainsFunc(u.terms, func(t *term) bool { return t.name }) {
		return false
	}
	other := false
	for i, w := range c.words[:min(len(c.words), 7)] {
		if slices.Contains(c.modifies, i) {
			if u.asksAfter(c) {
				return false
			}
			other = true
			break
		}
		if w.text == "ser" || w.text == "raad" || u.mentions(c, w) && (w.capital && !w.opening || w.acronym) {
			return false
		}
		if !w.number && !w.stop && !calendarWords[w.text] && (w.acronym || w.capital && !w.opening) {
			other = true
			break
		}
	}
	if !other {
		return false
	}
	for i, w := range c.words {
		if (w.text == "ser" || w.text == "raad") && !slices.Contains(c.modifies, i) {
			for _, n := range c.numbers {
				if segmentOf(c.words, wordAt(c.words, n)) == segmentOf(c.words, i) && n.Kind != dutch.Ordinal {
					return false
				}
			}
		}
	}
	return true
}

// predicate is what a yes-or-no question asks of its subject: the last of its words
// with content.
func (u *Understanding) predicate() int {
	for i := len(u.terms) - 1; i >= 0; i-- {
		if t := u.terms[i]; !t.council && !t.name && t.weight >= 0.5 {
			return i
		}
	}
	if slices.ContainsFunc(u.terms, func(t *term) bool { return t.council }) || u.FollowUp {
		return -1
	}
	// A question with names alone asks something of them: is it nice to live there?
	for i := len(u.terms) - 1; i >= 0; i-- {
		if t := u.terms[i]; !t.name && !generic[t.text] {
			return i
		}
	}
	return -1
}

// saysAny reports whether a candidate says any of a question's words with content
// itself, words for publications left out.
func (u *Understanding) saysAny(c *candidate) bool {
	for i, t := range u.terms {
		if t.weight >= 0.5 && !u.publicationWord(t) && c.says[i] >= 0.6 {
			return true
		}
	}
	return false
}

// rate scores a candidate for the question.
func (u *Understanding) rate(c *candidate, passages int) {
	total, covered, own, near, headed := 0.0, 0.0, 0.0, 0.0, 0.0
	restricted := u.ofPublication()
	ofTitle := u.title != "" && u.ofTitle(c)
	for i, t := range u.terms {
		s := c.in(i, t)
		if ofTitle && slices.Contains(strings.Fields(u.title), t.text) {
			s = max(s, inHeading)
		}
		if t.name && s < 0.65 || t.held && s < 0.6 || t.role && c.says[i] < 0.7 && !(u.wordAsked && s >= 0.6) || restricted && t.weight >= 0.5 && t.known >= 0.7 && u.topical(t) && u.besides(c, i) < 0.6 {
			c.missing = t.text
		}
		switch {
		case u.factual() && !u.assumed && s < 0.45 && u.headNoun(t):
			c.missing = t.text // of the publication, not of the answer to it
		case u.speaks(t) && (!c.namedAs(i, leastSpeaker) || u.ofOtherLand(c, i)), u.Form == FormDefinition && u.attribute(t) && !c.namedAs(i, 0.6):
			c.missing = t.text // someone else says so, or it is another thing's
		case u.speaks(t) && c.only(t, behindSaying):
			c.missing = t.text // it is said to them, or of them
		}
		total += t.weight
		covered += t.weight * s
		own += t.weight * c.says[i]
		headed += t.weight * c.headed[i]
		beside := max(c.says[i], 0.9*c.headed[i], 0.75*c.titled[i])
		if c.prev != nil && !c.item {
			beside = max(beside, 0.6*c.prev.says[i])
		}
		near += t.weight * beside
	}
	if newestAsked.MatchString(u.plain) && !newestSaid.MatchString(c.plain) || oldestAsked.MatchString(u.plain) && !oldestSaid.MatchString(c.plain) {
		c.missing = "which of all" // one of many is not the newest
	}
	if m := inRole.FindStringSubmatch(u.plain); m != nil && u.Form == FormWho {
		for i, t := range u.terms {
			if t.text == m[1] && !c.namedAs(i, 0.6) {
				c.missing = t.text // whoever else wrote it
			}
		}
	}
	if u.title != "" && u.factual() && !ofTitle {
		c.missing = u.title
	}
	for _, n := range u.numbers {
		k := 0.6
		if n.Kind == dutch.Ordinal || n.Kind == dutch.Code {
			k = 1
		}
		total += k
		switch s := u.numberIn(c, n); {
		case s == 0 && u.slot.many > 1 && n.Kind == dutch.Quantity && n.Unit == "" && int(n.Value) == u.slot.many && u.slot.names:
			total -= k // what names them need not count them
		case s == 0 && n.Kind == dutch.Ordinal && n.Value == 1 && (u.dateOrNumber() || ofTheCouncil.MatchString(u.plain)):
			c.missing = corpus.Slice(u.Question, n.Start, n.End)
		case s == 0 && (n.Kind != dutch.Ordinal || u.Form != FormYesNo && c.ordersOther(n)):
			c.missing = corpus.Slice(u.Question, n.Start, n.End)
		default:
			covered += k * s
			near += k * s
			if s == 1 {
				own += k
			}
		}
	}
	if total > 0 {
		c.coverage, c.own, near, headed = covered/total, own/total, near/total, headed/total
	}
	// What stands under a heading that asks the question need not say it again.
	under := u.explains() && (headed >= 0.8 || u.Form == FormWhy && u.underReason(c))
	if under {
		c.own = max(c.own, 0.6)
	}
	c.score = c.coverage + 0.35*c.own + 0.12*(1-float64(c.rank)/float64(max(passages, 1)))
	if c.missing != "" || c.coverage < leastCoverage || c.own < ownFloor(c) || !c.usable {
		return
	}
	form, fits := u.form(c)
	c.open = u.slotOpen(c)
	c.fits = fits && c.open == ""
	c.form = form
	c.score += form
	if c.under = under; under && c.prev == nil {
		c.score += 0.08
	}
	if !c.ofCouncil {
		c.score -= 0.15 // in a mixed corpus the SER's own documents come first
	}
	if c.row {
		c.score -= 0.15
		if u.Form == FormOpen {
			c.score -= 0.15 // it tells little
		}
		if near < leastNearRow || c.own < leastOwnRow && !(u.Form == FormDefinition && form >= explainedRow) {
			c.fits = false // a row says too little to lean on what stands around it
		}
	}
	if c.meta {
		c.score -= 0.5
	}
	if u.Form == FormNumber {
		c.score += u.total(c)
	}
	if c.footnote {
		c.score -= 0.1
	}
	if u.Form == FormList && whichPublication.MatchString(u.plain) && (quotes.MatchString(c.text) && !quotes.MatchString(u.Question) || slices.ContainsFunc(c.numbers, func(n dutch.Number) bool { return n.Kind == dutch.Code && !u.asked(n) })) {
		c.score += 0.1 // it names one
	}
	if titleAsked.MatchString(u.plain) && quotes.MatchString(c.text) && !quotes.MatchString(u.Question) {
		c.score += 0.2
	}
	switch u.Form {
	case FormNumber, FormDate, FormDuration:
		if u.Form == FormNumber && u.deedInTitle(c) {
			c.fits = false // counts something of a publication
		}
		if near < leastNearFact || u.Form != FormDuration && u.ofAnother(c) {
			c.fits = false
		}
	}
	switch u.Form {
	case FormWho:
		if !u.saysVerb(c) {
			c.fits = false
		}
	case FormFrequency:
		if !u.saysVerb(c) && (c.next == nil || !u.saysVerb(c.next)) {
			c.fits = false
		}
	case FormDate, FormNumber, FormDuration:
		if u.aside(c) {
			c.fits = false
		}
	case FormDefinition:
		if u.aside(c) || u.withinName(c) {
			c.score -= 0.2
		}
	case FormYesNo:
		if !c.itself && (u.aside(c) || u.isCouncil(c)) || mustAsked.MatchString(u.plain) && !mustSaid.MatchString(c.plain) {
			c.fits = false // that it was done does not say that it must be
		}
		if comparesTwo.MatchString(u.plain) && comparesTwo.MatchString(c.plain) {
			c.score += 0.25 // it says which of the two is more
		}
		if i := u.predicate(); i >= 0 {
			if max(c.says[i], 0.9*c.headed[i]) < 0.6 && !(u.ofPublication() && u.saysAny(c)) {
				c.fits = false
			} else if slices.ContainsFunc(c.words, func(w word) bool { return w.text == u.terms[i].text }) {
				c.score += 0.08 // "is onafhankelijk", not "onafhankelijke leden"
			}
		}
		if len(u.numbers) == 0 && !quotes.MatchString(u.Question) {
			if c.single || thisOne.MatchString(c.plain) && !u.FollowUp {
				c.score -= 0.15 // one case does not decide how it is
			}
			if u.Present && slices.ContainsFunc(c.numbers, func(n dutch.Number) bool { return n.Kind == dutch.CalDate }) {
				c.score -= 0.1
			}
		}
	}
	switch u.Form {
	case FormDate, FormNumber, FormWho, FormDuration, FormFrequency, FormWhere:
	default:
		if c.appeared && !appeared.MatchString(u.Question) && c.coverage < 0.97 {
			c.score -= 0.2 // that a publication appeared is not what it says
		}
	}
	if strings.HasSuffix(c.text, "?") && !questionsAsked.MatchString(u.plain) {
		c.fits = false // a question answers none
	}
	if c.points {
		c.score -= 0.08
	}
	if n := len(c.words); n > 45 || n < 4 {
		c.score -= 0.1
	}
	if u.Form == FormOpen && u.whatDone(c) {
		c.score += 0.2
	}
	if viewAsked.MatchString(u.plain) {
		switch {
		case u.ofCouncil() && slices.ContainsFunc(c.words[:min(len(c.words), doerWithin)], func(w word) bool { return governments[w.text] }):
			c.score -= 0.3 // what others think
		case viewSaid.MatchString(c.plain):
			c.score += 0.1
		case listsWritten.MatchString(c.plain):
			c.score -= 0.1
		}
	}
	if whatFollows.MatchString(u.plain) {
		if said := afterwards.MatchString(c.text); said {
			c.score += 0.3
		} else if c.prev == nil || !c.points {
			c.score -= 0.1
		}
	}
	if formerlyAsked.MatchString(u.plain) {
		switch {
		case formerlySaid.MatchString(c.plain):
			c.score += 0.2
		case noLonger.MatchString(c.plain):
			c.score -= 0.2 // how it is now
		}
	}
	switch {
	case u.Form == FormYesNo && stillAsked.MatchString(u.plain) && noLonger.MatchString(c.plain):
		c.score += 0.1 // that it was so until a year says that it is not any more
	case u.Present:
		c.score += now(c)
	}
	if len(u.numbers) > 0 {
		c.score += u.order(c)
		if yearRange.MatchString(c.plain) && !yearRange.MatchString(u.plain) {
			c.score -= 0.15 // of a stretch of years, where the question asks after one
		}
	}
	if u.ofCouncil() && !c.council {
		c.score -= 0.35 // another council's report
		if !c.ofCouncil {
			c.fits = false
		}
	}
	if u.explains() && len(u.numbers) == 0 {
		if (c.single && !(u.Form == FormDefinition && form >= leastDefining) || u.Form == FormDefinition && thisOne.MatchString(c.plain) && !u.FollowUp) && !quotes.MatchString(u.Question) && !whichPublication.MatchString(u.plain) {
			c.score -= 0.1 // one case, where the question asks how it is in general
			if u.Form == FormDefinition && kindQuestion.MatchString(u.plain) {
				c.score -= 0.2
			}
		}
		if u.Form == FormHow && c.list {
			c.score += 0.1 // the steps
		}
		if u.Form == FormDefinition {
			if c.passage.Page == 1 {
				c.score += 0.04 // texts begin with what their subject is
			}
			if c.prev == nil && !c.row && u.headedByQuestion(c) {
				c.score += 0.3
			}
			if c.item && c.row && form < leastDefining {
				c.score -= 0.3 // an item of a list that is about something else
			}
			if kindQuestion.MatchString(u.plain) {
				switch {
				case form <= 0 && headed < 0.7:
					c.fits = false // it uses the word and does not say what it is
				case form < 0.15 && listsWritten.MatchString(c.plain):
					c.score -= 0.2 // that the Council wrote of it is not what it is
				case form >= leastDefining:
					c.score += form
				}
			}
		}
		if u.Form == FormWhy {
			if goodAsked.MatchString(u.plain) && !goodFor.MatchString(c.plain) {
				c.fits = false
			}
			switch {
			case u.underReason(c):
				c.score += 0.35
			case reasons.MatchString(c.text):
			case reasonAfter(c) != nil:
				c.score += 0.2
			default:
				c.score -= 0.25
				if !u.reasonBeside(c) {
					c.fits = false
				}
			}
		}
	}
	if u.composition {
		if consists.MatchString(c.text) {
			c.score += 0.25
			named := 0
			for _, w := range c.words {
				if groups[w.text] && !u.mentions(c, w) {
					named++
				}
			}
			if named >= 3 {
				c.score += 0.15
			}
		} else {
			c.score -= 0.1
		}
	}
	if c.list && (!u.explains() && !benefits.MatchString(u.plain) || u.dated() && !u.datedIn(c)) {
		c.fits = false // its items are candidates of their own
	}
	if u.Form == FormDate && against.MatchString(c.plain) && !against.MatchString(u.plain) {
		c.score -= 0.15
	}
	if u.Form != FormYesNo && c.denies && !negated.MatchString(u.Question) {
		c.score -= 0.1
		if u.composition {
			c.score -= 0.3 // who is not in it
		}
	}
}

// goodAsked asks what something is good for, goodFor says it.
var (
	goodAsked = re(`\b(waarom|why) (is|zijn|was|are) .*\b(belangrijk|nodig|nuttig|goed|zinvol|important|needed|useful|good)\b`)
	goodFor   = re(`\b(belangrijk|belang|nodig|nuttig|help\w*|voordel\w*|voordeel|beter|zodat|zorgt|zorgen|draagt|dragen|leidt|goed voor|reden|want|omdat)\b`)
)

// isCouncil reports whether a question asks whether the Council is something, and a candidate
// tells of something else: neither it nor what it points at names the Council.
func (u *Understanding) isCouncil(c *candidate) bool {
	return councilIs.MatchString(u.plain) && !(c.points && c.prev != nil && c.prev.itself)
}

var councilIs = re(`^(en |and )?(is|was) (de |the )?(ser|raad|council) (eigenlijk |nu |dan )?(een|a|an)\b`)

// mustAsked asks whether somebody has to do something, mustSaid tells.
var (
	mustAsked = re(`^(en |and )?(moet|moeten|moest|moesten|hoeft|hoeven|must|does .* have to|do .* have to)\b`)
	mustSaid  = re(`\b(moet|moeten|moest|moesten|hoeft|hoeven|hoefde|verplicht\w*|plicht|\w+plicht|mag|mogen|mocht|kan|kunnen|kiest|kiezen|nodig|altijd|vrijwillig|bindend|niet|geen|wil|wilde|vindt|vond|must|may|can|need\w*|oblig\w*|free)\b`)
)

// comparesTwo holds one of two things against the other: minder leden dan, kleiner dan.
var comparesTwo = re(`\b(minder|meer|groter|kleiner|hoger|lager|langer|korter|ouder|jonger|later|eerder|vroeger|beter|slechter|less|fewer|more|\w+er) (\w+ ){0,3}(dan|than)\b`)

// governments are those whom the Council speaks to.
var governments = set(`kabinet regering minister staatssecretaris parlement kamer government cabinet parliament`)

// thisOne points at one publication that was named before.
var thisOne = re(`\b(dit|dat|this|that) (advies|rapport|briefadvies|akkoord|advice|report|agreement)\b`)

// deedInTitle reports whether a candidate says a verb of the question within a title only:
// "Samen werken aan taal" is not who works where.
func (u *Understanding) deedInTitle(c *candidate) bool {
	titles := quotes.FindAllStringIndex(c.text, -1)
	if len(titles) == 0 || quotes.MatchString(u.Question) {
		return false
	}
	within := func(w word) bool {
		return slices.ContainsFunc(titles, func(title []int) bool {
			return w.start >= utf8.RuneCountInString(c.text[:title[0]]) && w.end <= utf8.RuneCountInString(c.text[:title[1]])
		})
	}
	for i, t := range u.terms {
		if c.says[i] < 0.6 || t.name || t.council || infinitiveOf(t.text) == "" {
			continue
		}
		if !slices.ContainsFunc(c.words, func(w word) bool { return !within(w) && t.says([]word{w}) >= 0.6 }) {
			return true
		}
	}
	return false
}

// questionsAsked asks for questions that documents put.
var questionsAsked = re(`\b(vraag|vragen|adviesvraag|adviesvragen|vraagt|vroeg|stelt|stelde|question|questions|ask|asks|asked)\b`)

// newestAsked and oldestAsked ask for the newest or oldest of all publications, newestSaid
// and oldestSaid tell it.
var (
	newestAsked = re(`\b(nieuwste|recentste|meest recente|newest|latest|most recent) (advies|adviezen|rapport|rapporten|verkenning|publicaties?|advice|reports?|publications?)\b`)
	newestSaid  = re(`\b(nieuwste|recentste|recente|laatste|newest|latest)\b`)
	oldestAsked = re(`\b(oudste|oldest) (advies|adviezen|rapport|rapporten|verkenning|publicaties?|advice|reports?|publications?)\b`)
	oldestSaid  = re(`\b(oudste|oldest)\b`)
)

// inRole names the part that the one who is asked for had: als redacteur.
var inRole = re(`\b(?:als|as an?|as the) (\w+)`)

// namedAs reports whether a candidate, its heading or what it points at says term i this
// well.
func (c *candidate) namedAs(i int, least float64) bool {
	return max(c.says[i], c.headed[i]) >= least || c.points && c.prev != nil && c.prev.says[i] >= least
}

// ofOtherLand reports whether the question says of which land or union term i is, and the
// candidate names the thing without it: a commission, where it asks after the European one.
func (u *Understanding) ofOtherLand(c *candidate, i int) bool {
	if i == 0 || !demonyms[u.terms[i-1].text] && !dutchDemonyms[u.terms[i-1].text] {
		return false
	}
	for j := range c.words {
		if u.terms[i].support(c.view, c.words[j:j+1]) >= leastSpeaker && (j == 0 || u.terms[i-1].support(c.view, c.words[j-1:j]) < leastSpeaker) {
			return true
		}
	}
	return false
}

// leastSpeaker is how well the one has to be named whose opinion a question asks: what the
// cabinet thought is not told where its letter is only dated.
const leastSpeaker = 0.75

// behindSaying are prepositions before those who hear what is said, or of whom.
var behindSaying = set(`voor aan over met naar for to about with`)

// only reports whether a sentence has a term nowhere but behind one of some prepositions.
func (c *candidate) only(t *term, behind map[string]bool) bool {
	found := false
	for i := range c.words {
		if t.support(c.view, c.words[i:i+1]) < 0.7 {
			continue
		}
		j := beforeArticles(c.words, i)
		if j < 0 || !behind[c.words[j].text] {
			return false
		}
		found = true
	}
	return found
}

// beforeArticles is the place of the word before word i and its articles, -1 for none.
func beforeArticles(ws []word, i int) int {
	for i--; i >= 0 && articles[ws[i].text]; i-- {
	}
	return i
}

// What was reached is not what was aimed at: achievedAsked asks for it, achievedSaid says it.
var (
	achievedAsked = re(`\b(is|was|zijn|waren|werd|werden|heeft|hebben|has|have|were) .*\b(gehaald|behaald|bereikt|gerealiseerd|gelukt|achieved|reached|realised|realized)\b`)
	achievedSaid  = re(`\b(gehaald|haalde|haalden|behaald|behaalde|bereikt|bereikte|gerealiseerd|gelukt|lukte|uitgekomen|kwam uit|achieved|reached|realised|realized)\b`)
)

// ofPublication reports whether a question is about publications that it names by
// their numbers: what stands elsewhere does not answer it.
func (u *Understanding) ofPublication() bool {
	return slices.ContainsFunc(u.numbers, func(n dutch.Number) bool { return n.Kind == dutch.Code })
}

// topical reports whether a term is what a question about a publication wants to know
// what it says of: advies 14/04 over convenanten.
func (u *Understanding) topical(t *term) bool {
	_, topic, ok := strings.Cut(u.plain, " over ")
	if !ok {
		_, topic, ok = strings.Cut(u.plain, " about ")
	}
	return ok && len(t.text) >= 5 && !u.publicationWord(t) && strings.Contains(" "+topic+" ", " "+t.text+" ")
}

// publicationWord reports whether a term is a word for a publication or for what one
// does: advies 14/04 zegt.
func (u *Understanding) publicationWord(t *term) bool {
	return t.council || publicationWords[t.text] || weak[t.text] || generic[t.text]
}

var publicationWords = set(`advies rapport verkenning briefadvies publicatie akkoord nummer titel datum onderwerp commissie advice report publication number title date committee subject`)

// besides is how well a candidate's passage, headings and title say term i.
func (u *Understanding) besides(c *candidate, i int) float64 {
	return max(c.says[i], c.headed[i], c.outered[i], c.titled[i], c.around[i])
}

// explains reports whether the question asks for an explanation, not for a fact.
func (u *Understanding) explains() bool {
	switch u.Form {
	case FormDefinition, FormHow, FormOpen, FormList, FormWhy:
		return true
	}
	return false
}

// ofCouncil reports whether the question names the SER.
func (u *Understanding) ofCouncil() bool {
	return slices.ContainsFunc(u.terms, func(t *term) bool { return t.council })
}

var (
	against  = re(`\b(tegen|voorstander|tegenstander|against|in favour)\b`)
	negated  = re(`(?i)\b(niet|geen|nooit|zonder|tegen|not|no|never|without)\b`)
	footnote = re(`^[¹²³⁴-⁹]`)
	appeared = re(`(?i)\b(verscheen|verschenen|is vastgesteld|gepubliceerd|bracht .{0,40} uit|uitgebracht|nummer van|isbn|heet|published|appeared)\b`)
)

// titleAsked asks for the title of a publication.
var titleAsked = re(`\b(titel|ondertitel|title|subtitle)\b|\bhoe (heet|heette) (het|de|dat|dit) (\w+ )?(advies|rapport|brochure|verkenning|boek|briefadvies)\b`)

// whichPublication asks for a publication, or several.
var whichPublication = re(`\b(welke?|which|what) (advies|adviezen|rapport|rapporten|verkenning|verkenningen|publicaties?|brochures?|briefadvies|briefadviezen|advice|reports?|publications?)\b`)

// quotes are titles and other quoted words.
var quotes = regexp.MustCompile(`['‘"“][\p{L}\d][^'’"”]*[\s][^'’"”]*['’"”]`)

// numberIn is how well a candidate says a number of the question: 1 in the sentence,
// less beside it, 0 not at all or when the sentence has another one in its place.
func (u *Understanding) numberIn(c *candidate, n dutch.Number) float64 {
	in := func(ns []dutch.Number) bool {
		return slices.ContainsFunc(ns, func(m dutch.Number) bool {
			return n.Same(m) && !u.ordersAnother(n, m) && !(n.Kind == dutch.Ordinal && u.ofSeries(c))
		})
	}
	if in(c.numbers) {
		return 1
	}
	if n.Kind == dutch.Ordinal && ofTheCouncil.MatchString(u.plain) {
		return 0 // what stands beside it is another one
	}
	temporal := n.Kind == dutch.Year || n.Kind == dutch.CalDate || n.Kind == dutch.Decade
	if temporal && slices.ContainsFunc(c.numbers, func(m dutch.Number) bool { return anotherTime(n, m) }) {
		return 0 // about another year
	}
	if u.Form == FormYesNo && n.Kind == dutch.CalDate && n.Day == 0 && slices.ContainsFunc(c.numbers, func(m dutch.Number) bool {
		return m.Kind == dutch.Year && int(m.Value) == n.Year || m.Kind == dutch.Code && m.Year == n.Year
	}) {
		return 0.7 // of the same year, without the month
	}
	if n.Kind == dutch.Year && u.spans(c) {
		return 0.8
	}
	d := c.passage.Document
	if in(c.inHeadings) {
		return 0.9
	}
	if temporal && slices.ContainsFunc(c.inHeadings, func(m dutch.Number) bool { return anotherTime(n, m) }) {
		return 0 // stands under another year
	}
	if in(c.inTitle) {
		return 0.8
	}
	if n.Kind == dutch.Code && in(c.inNumber) {
		return 0.9
	}
	if c.prev != nil && !c.item && in(c.prev.numbers) {
		return 0.8
	}
	if temporal && !c.item {
		// A year goes for what follows in the passage until another one is named.
		for p, i := c.prev, 0; p != nil && i < yearReach; p, i = p.prev, i+1 {
			if in(p.numbers) {
				return 0.7
			}
			if slices.ContainsFunc(p.numbers, func(m dutch.Number) bool {
				return anotherTime(n, m) && !u.asked(m)
			}) {
				break
			}
		}
	}
	if u.premise && n.Kind == dutch.Quantity && len(n.Noun) > 0 && slices.ContainsFunc(c.numbers, func(m dutch.Number) bool {
		return m.Kind == dutch.Quantity && m.Unit == n.Unit && len(m.Noun) > 0 && dutch.Key(m.Noun[0]) == dutch.Key(n.Noun[0])
	}) {
		return 0.7 // how many there are instead
	}
	if n.Kind == dutch.Year && d.Date.Year() == int(n.Value) && (d.Type == "jaarverslag" || strings.Contains(strings.ToLower(d.Title), "jaarverslag")) {
		return 0.7
	}
	return 0
}

// ordersAnother reports whether an ordinal is of another kind of thing than that of the
// question: the first chapter, where it asks after the first advice.
func (u *Understanding) ordersAnother(n, m dutch.Number) bool {
	if n.Kind != dutch.Ordinal || len(n.Noun) == 0 || len(m.Noun) == 0 || u.Asked != "nl" {
		return false
	}
	has := m.Noun[0]
	return !slices.ContainsFunc(n.Noun, func(asked string) bool {
		return strings.HasSuffix(has, asked) || strings.HasSuffix(asked, has) || dutch.Distance(asked, has, mostMisspelt) <= mostMisspelt ||
			closest(words(asked, "nl")[0], words(has, "nl")) >= 0.6
	})
}

// ofTheCouncil is what comes first or last of all that the Council made, ofSubject what
// does of those on one subject.
var (
	ofTheCouncil = re(`\b(?:eerste|tweede|laatste|first|second|last) (\w+) (?:van|of) (?:de|the) (?:ser|raad|council)\b`)
	ofSubject    = re(`\b(eerste|tweede|laatste) \w+ (over|voor|op|tegen|uit) `)
)

// ofSeries reports whether a candidate orders those on one subject or of one kind, where
// the question asks what came first of all: the first advice on fishing.
func (u *Understanding) ofSeries(c *candidate) bool {
	asked, said := ofTheCouncil.FindStringSubmatch(u.plain), ofTheCouncil.FindStringSubmatch(c.plain)
	switch {
	case asked == nil:
		return false
	case said == nil:
		return ofSubject.MatchString(c.plain)
	}
	return len(said[1]) > len(asked[1])+2 && strings.HasSuffix(said[1], asked[1])
}

// mostMisspelt is by how many letters a word of a question may differ from what it means.
const mostMisspelt = 2

// anotherTime reports whether m is a year or date outside the year, date or decade n.
func anotherTime(n, m dutch.Number) bool {
	year := m.Year
	switch {
	case m.Kind == dutch.Year:
		year = int(m.Value)
	case m.Kind != dutch.CalDate || m.Year == 0:
		return false
	}
	switch n.Kind {
	case dutch.CalDate:
		return n.Year != 0 && n.Year != year || m.Month != 0 && n.Month != 0 && n.Month != m.Month
	case dutch.Decade:
		return year < int(n.Value) || year >= int(n.Value)+10
	}
	return year != int(n.Value)
}

// dateOrNumber reports whether a question asks when or how many.
func (u *Understanding) dateOrNumber() bool { return u.Form == FormDate || u.Form == FormNumber }

// spans reports whether a candidate tells of as many years as lie between the two years
// of the question: "in dertien jaar", of 1996 and 2009.
func (u *Understanding) spans(c *candidate) bool {
	var asked []dutch.Number
	for _, n := range u.numbers {
		if n.Kind == dutch.Year {
			asked = append(asked, n)
		}
	}
	return len(asked) == 2 && slices.ContainsFunc(c.numbers, func(n dutch.Number) bool {
		return n.Kind == dutch.Quantity && n.Unit == "jaar" && n.Value >= 2 && n.Value == math.Abs(asked[1].Value-asked[0].Value)
	})
}

// yearReach is how many sentences a year is looked for before one without.
const yearReach = 5

// now prefers how things are to how they were.
func now(c *candidate) float64 {
	v := 0.0
	for i, w := range c.words {
		switch w.text {
		case "telde", "telden", "was", "waren", "had", "hadden", "werd", "werden":
			v = min(v, -0.06)
		case "destijds", "vroeger", "toen", "formerly":
			v = min(v, -0.25)
		case "tot", "until":
			if i+1 < len(c.words) && c.words[i+1].number && len(c.words[i+1].text) == 4 {
				v = min(v, -0.15)
			}
		case "sinds", "since", "nu", "inmiddels":
			if v == 0 {
				v = 0.06
			}
		}
	}
	return v
}

var (
	afterYear  = re(`\b(na|sinds|vanaf|after|since|from) (\w+ )?(1[5-9]|20)\d\d\b`)
	beforeYear = re(`\b(voor|tot|until|before|till) (1[5-9]|20)\d\d\b`)
	thereafter = re(`(?i)^(daarna|vervolgens|toen|since then|afterwards)\b`)
)

// order is what a candidate gains or loses by saying something of the time before a
// year where the question asks for the time after it, or the reverse.
func (u *Understanding) order(c *candidate) float64 {
	q, s := u.plain, c.plain
	switch {
	case afterYear.MatchString(q) && !beforeYear.MatchString(q):
		if thereafter.MatchString(c.text) {
			return 0.1
		}
		if beforeYear.MatchString(s) && !afterYear.MatchString(s) {
			return -0.25
		}
		if afterYear.MatchString(s) {
			return 0.1
		}
	case beforeYear.MatchString(q) && !afterYear.MatchString(q):
		if afterYear.MatchString(s) && !beforeYear.MatchString(s) || thereafter.MatchString(c.text) {
			return -0.25
		}
		if beforeYear.MatchString(s) {
			return 0.1
		}
	}
	return 0
}

// whatFollows asks what comes after something, afterwards says it.
var (
	whatFollows = re(`^(en )?wat gebeurt er met .* (klaar|af|gegeven|vastgesteld|aangeboden) (is|zijn)$|^(en )?(wat|what) (gebeurt|gebeurde|volgt|volgde|komt|kwam|doet|deed|happens|happened|comes|came|follows|followed)\b.{0,20}\b(na|nadat|daarna|erna|vervolgens|after|afterwards|next)\b`)
	afterwards  = re(`(?i)\b(daarna|vervolgens|hierna|daaropvolgend\w*|afterwards|subsequently)\b`)
)

// viewAsked asks what the Council thinks or wants, viewSaid tells it, and listsWritten that
// it wrote about it.
var (
	viewAsked    = re(`^(en |and )?(wat|what) (vindt|vond|wil|wilde|adviseert|adviseerde|stelt|stelde|vraagt|vroeg|denkt|dacht|bepleit|bepleitte|(does|did) the (ser|council) (think|want|advise|recommend|propose)) ?(de |the )?(ser|raad|council)?\b`)
	viewSaid     = re(`\b(wil|wilde|vindt|vond|pleit|pleitte|adviseert|adviseerde|vraagt|vroeg|stelt|stelde|koos|kiest|waarschuwt|waarschuwde|voorstander|nodig|wants|wanted)\b`)
	listsWritten = re(`\b(bereidde|schreef|schreven|bracht|verscheen|verschenen|gaat over|ging over|wrote|published)\b`)
)

// formerlyAsked asks how things were, formerlySaid tells it.
var (
	formerlyAsked = re(`\b(vroeger|destijds|voorheen|in het verleden|formerly|in the past|used to)\b`)
	formerlySaid  = re(`\b(vroeger|destijds|voorheen|toen|formerly)\b|\b(tot|until) (1[5-9]|20)\d\d\b`)
)

// stillAsked asks whether something is still so, noLonger denies it.
var (
	stillAsked = re(`\b(nog|still)\b`)
	noLonger   = re(`\b(tot|until) (1[5-9]|20)\d\d\b|\b(geen|niet) (\w+ ){0,3}(meer|langer)\b|\b(afgeschaft|opgeheven|vervallen|verdwenen|no longer|abolished)\b`)
)

// yearRange is a stretch between two years.
var yearRange = re(`\b(tussen|between) (1[5-9]|20)\d\d (en|and) (1[5-9]|20)\d\d\b`)

// dayAsked marks questions that a year does not answer.
var dayAsked = re(`\b(welke (dag|datum)|wat (is|was) de datum|(which|what) (day|date))\b`)

var (
	// composed marks questions after the members of a body, consists what answers them.
	compositionAsked = re(`\b(wie|welke \w+) (er )?(zit|zitten|zijn vertegenwoordigd)\b|\b(waaruit|uit wie|uit welke \w+) bestaa|\b(wie|welke \w+) werk(t|en) (er )?(\w+ ){0,2}?samen (in|binnen)\b|\b(wie|welke (\w+ ){1,2})(vormen|vormt) (\w+ )?de\b|\bhoe is .{1,60} samengesteld\b|\bsamenstelling van\b|\bwho (sits?|is|are) (on|in|represented|the members|members)\b|\bwho are the members\b|\b(composed|made up|composition of|consist)\b`)
	consists         = re(`(?i)\b(bestaa(t|n) uit|samengesteld|zitten|zit|zetels?|leden|ledental|samenwerken|werken .{1,40} samen|vertegenwoordigd|members|consists)\b`)

	newAsked = re(`\b(nieuwe?|erbij|bijgekomen|bij kwamen|kwamen .{0,60}\bbij|toegetreden|new|joined)\b`)
	newSaid  = re(`(?i)\b(nieuwe?|erbij|verwelkom\w*|kwamen .{0,60}\bbij|sloten .{0,60}\baan|onderteken(t|en|de|den)|groeide met|steeg met|new|joined|welcomed)\b`)
	cameIn   = re(`(?i)\b(kwam|kwamen) (er )?.{0,30}\bbij\b|\berbij\b`)
	allAsked = re(`\b(in totaal|totaal|totale|alles bij elkaar|alles samen|bij elkaar|tezamen|opgeteld|in total|altogether|all together|overall)\b`)
	inAll    = re(`(?i)\b(totaal|totale|in totaal|daarmee (op|naar)|total)\b`)
	happened = re(`(?i)^in (januari |februari |maart |april |mei |juni |juli |augustus |september |oktober |november |december )?(1[5-9]|20)\d\d \w+(d|t|de|te|den|ten)\b`)
)

// total tells what came to be within a year from how many there are in all.
func (u *Understanding) total(c *candidate) float64 {
	asksNew := newAsked.MatchString(u.plain)
	switch {
	case allAsked.MatchString(u.plain) && inAll.MatchString(c.text):
		return 0.25
	case allAsked.MatchString(u.plain):
		return -0.1
	case asksNew && inAll.MatchString(c.text):
		return -0.15
	case asksNew && newSaid.MatchString(c.text):
		return 0.15
	case asksNew:
		return -0.15
	case cameIn.MatchString(c.text):
		return -0.2 // how many came in, where the question asks how many there are
	case !asksNew && u.Present && len(u.numbers) == 0 && happened.MatchString(c.text):
		return -0.35 // one year's, where the question asks for all
	}
	return 0
}

// saysDeed reports whether a candidate says what the question's verb says.
func (u *Understanding) saysDeed(c *candidate) bool {
	for i, t := range u.terms {
		if t.verb && !t.light && !weak[t.text] && t.weight >= 0.6 && c.says[i] >= 0.85 {
			return true
		}
	}
	return false
}

// whatIsDone asks what somebody or something does.
var whatIsDone = re(`^(?:en |and )?(?:wat|what) (\w+)\b`)

// whatDone reports whether a candidate says the very verb of a question after what somebody
// does: wat verkoopt de winnaar.
func (u *Understanding) whatDone(c *candidate) bool {
	m := whatIsDone.FindStringSubmatch(u.plain)
	if m == nil || weak[m[1]] || generic[m[1]] || infinitiveOf(m[1]) == "" {
		return false
	}
	for i, t := range u.terms {
		if t.text == m[1] {
			return !t.light && c.says[i] >= 0.95
		}
	}
	return false
}

// whenItself asks when something is, not when something befell it; takesPlace says so.
var (
	whenItself = re(`^(en |and )?(wanneer|when) (is|was|zijn|waren|valt|viel|are|were) (de |het |een |the )?[\w-]+( [\w-]+)?$`)
	takesPlace = re(`\b(is|was|zijn|waren|valt|viel|vielen|plaats|are|were) (elk jaar |ieder jaar |altijd |every year )?(op|in|on)\b`)
)

// heightAsked asks how high something is, which years and counted things are not.
var (
	heightAsked = re(`\b(hoe hoog|how high)\b`)
	timeUnits   = set(`jaar maand week dag uur minuut kwartaal`)
)

// asked reports whether a number stands in the question already.
func (u *Understanding) asked(n dutch.Number) bool {
	return slices.ContainsFunc(u.numbers, func(q dutch.Number) bool {
		return q.Same(n) && n.Same(q) || q.Kind == dutch.Year && q.Same(n) && n.Day == 0
	})
}
