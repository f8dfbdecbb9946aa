package answer

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// A question leaves a slot that its answer fills: names, a number of one kind of thing,
// a time of day. A sentence may be about all that the question is about and leave the
// slot open: that eleven organisations are members does not say which. Such sentences
// are told here from those that answer.

// wanted is what a question wants filled beyond its form.
type wanted struct {
	names  bool // proper names: hoe heten, noem de namen, welke vakbonden
	people bool // of persons or organisations, which lower-case words never name
	many   int  // how many things the question says there are, or 0
	clock  bool // a time of day
	street bool // an address
	next   bool // what comes next
	cost   bool // what something costs
	office bool // an office or profession
	month  bool // a month
	origin bool // when something began to be
	title  bool // the title of a publication
	kind   bool // a body of a kind that its name says: welke commissie
}

var (
	namesAsked  = re(`\b(namen|hoe (heet|heten|heetten|heette|noem|noemt|noemen|noemde)|their names|the names|names of|by name|met name genoemd|(named|called) what|what (is|are|was|were) .{1,40} called)\b`)
	countedList = re(`\b(?:welke|which|what are|noem|som|list|name|geef|wie (?:zijn|waren)|who (?:are|were)|wat (?:zijn|waren))(?: the| de| alle| all| dan| die| namen| names| van| of)* (\w+) (?:\w+(?:e|al|ic) )?(\w{4,})\b`)
	whoAll      = re(`\b(?:wie (?:zijn|waren)|who (?:are|were))(?: the| de| alle| all)? (\w+) (\w{4,})\b`)
	hoeHeten    = re(`\bhoe (?:heet|heten|heetten|heette) (?:de|het|die|deze)? ?(\w+)`)
	clockAsked  = re(`\b(hoe laat|what time|at what time)\b`)
	clockTime   = re(`(?i)\b([01]?\d|2[0-4])([.:][0-5]\d)? ?(uur|u\b|a\.?m|p\.?m|o.clock)`)
	saysNone    = re(`\b(geen|niet|nooit|iets anders dan|no|not|never|none|something else than)\b`)
	streetAsked = re(`\b(straat|adres|postcode|street|address)\b`)
	street      = re(`(?i)\b(\w+(straat|weg|laan|plein|kade|gracht|singel|dijk) \d+|\d{4} ?(?-i:[A-Z]{2})\b)`)
	nextAsked   = re(`\b(de|het|zijn|hun|haar|the|its|their|your) (eerst)?(volgende|next)\b|\b(when|wanneer) (will|zal|zullen|gaat|gaan|komt|komen|verschijnt) .{2,60}\b(next|new|volgende|nieuwe?)\b`)
	nextSaid    = re(`\b(volgende|next|gepland|komt er|zal|zullen)\b`)
	officeAsked = re(`\b(welke|wat voor|wat (?:is|was)(?: de| het)?|which|what)(?: \w+(?:e|al))? (functie|functies|beroep|ambt|baan|post|rang|titel heeft|position|role|job|profession)( |$)|\bwat (is|was) .{2,60} (van beroep|voor iemand)\b|\bwat (doet|deed) .{2,60} voor werk\b`)
	monthAsked  = re(`\b(welke maand|which month|what month)\b`)
	monthSaid   = re(`(?i)\b(januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december|january|february|march|may|june|july|august|october)`)
	kindsNamed  = re(`\b(?:welke?|which|what) (commissie|committee|minister|staatssecretaris|ministerie|ministry|fonds|fund|wet|law|act|stichting|foundation)\b`)
	originAsked = re(`\b(begonnen|begon|gestart|startte|opgericht|ontstaan|ontstond|ingesteld|founded|started|begun|begin|established|set up|created)\b`)
	originSaid  = re(`\b(sinds|vanaf|beg(in|on)\w*|(ge)?start\w*|(op)?gericht|oprichting|richt\w*|ontsta\w*|ontstond\w*|eerste?|ingesteld|instelling|kwam\w*|bestaat|since|founded|startte|totstand\w*|stand|tot)\b`)
	titled      = re(`['‘"“]\p{Lu}[^'’"”]{2,}['’"”]`)
	titleWanted = re(`\b(?:wat (?:is|was)|welke|hoe luidt?|what (?:is|was))(?: de| the)? (?:\w+ )?(?:titel|title|ondertitel|subtitle)\b|^(?:en )?hoe (?:heet|heette) (?:het|de|dat|dit) (?:\w+ )?(?:advies|rapport|brochure|verkenning|boek|briefadvies)\b`)
	costAsked   = re(`\b(hoe duur|(wat|what) (is|was|zijn|waren|are|were) (de |het |the )?(kosten|prijs|begroting|budget|costs?|price)\b|wat kost(te)?|(hoeveel|welk bedrag|what|how much) .*\b(kost|kosten|kostte|costs?))\b`)
	costSaid    = re(`(kost|prijs|prijzen|uitga|uitgegeven|begroting|budget|betaal|contributie|bijdrage|premie|heffing|gratis|cost|price|budget|spen[dt]|pa(y|id)|fee|free)`)
	verbal      = re(`(de|den|te|ten|d|t)$`)
	nameableOf  = re(`\b(?:welke?|which|what) (\w+)(?: (\w+))?`)
)

// nameable are kinds of things that have proper names, so that a sentence without one
// leaves open which they are.
var nameable = set(`vakbond vakbonden bonden bedrijf bedrijven ondernemingen clubs verenigingen universiteit hogescholen scholen instituten ministeries partijen deelnemers
	ondertekenaars productschappen bedrijfschappen beursfondsen sponsoren banken fondsen gemeente provincie provincies regio regios sectoren talen onderzoekers hoogleraren experts
	schools institutes ministries parties participants signatories banks funds provinces regions sectors languages kroonlid kroonleden stad steden gemeente gemeenten land landen ministers persoon personen
	universiteit universiteiten sponsor sponsors winnaar winnaars jongerenorganisaties politici
	union unions company companies city cities country countries persons universities sponsor sponsors winner winners ministers`)

// ofKinds reports whether a word is of a kind of things that have proper names, or a
// compound of such a word: werkgeversorganisaties.
func ofKinds(word string) bool {
	if nameable[word] {
		return true
	}
	for n := 3; n+6 < len(word); n++ {
		if nameable[word[n:]] || word[n:] == "organisaties" {
			return true
		}
	}
	return false
}

// persons are kinds of persons and organisations, in the plural.
var persons = set(`leden kroonleden personen mensen bestuursleden voorzitters sponsors winnaars organisaties jongerenorganisaties bedrijven vakbonden partijen
	clubs ministers deelnemers ondertekenaars instellingen deskundigen landen steden gemeenten clusters auteurs onderzoekers commissieleden
	members people persons organisations organizations companies unions parties sponsors winners countries cities participants signatories experts authors clusters`)

// readSlot finds what a question wants filled.
func (u *Understanding) readSlot() {
	q := u.plain
	s := &u.slot
	s.clock = clockAsked.MatchString(q)
	s.street, s.next = streetAsked.MatchString(q), nextAsked.MatchString(q)
	s.cost = costAsked.MatchString(q)
	s.origin = u.Form == FormDate && originAsked.MatchString(q)
	s.title = titleWanted.MatchString(q)
	s.office = officeAsked.MatchString(q) && slices.ContainsFunc(u.terms, func(t *term) bool { return t.name })
	if s.office {
		for _, t := range u.terms {
			if officeWords[t.text] {
				t.weight, t.light = min(t.weight, 0.2), true
			}
		}
	}
	s.month = u.Form == FormDate && monthAsked.MatchString(q)
	s.kind = (u.Form == FormWho || u.Form == FormList) && kindsNamed.MatchString(q)
	s.names = namesAsked.MatchString(q)
	numbers := dutch.Numbers(u.Question)
	count := func(text string) int {
		for _, n := range numbers {
			if n.Kind == dutch.Quantity && n.Unit == "" && n.Value >= 2 && n.Value < 1000 && plain(corpusSlice(u.Question, n.Start, n.End)) == text {
				return int(n.Value)
			}
		}
		return 0
	}
	if m := countedList.FindStringSubmatch(q); m != nil {
		s.many = count(m[1])
	}
	if m := whoAll.FindStringSubmatch(q); m != nil && count(m[1]) > 0 {
		s.names, s.people = true, true
	}
	if m := nameableOf.FindStringSubmatch(q); m != nil && (ofKinds(m[1]) || ofKinds(m[2])) && (u.Form == FormList || u.Form == FormWho) {
		s.names, s.people = true, true
	}
	if m := countedList.FindStringSubmatch(q); m != nil && s.many > 0 && persons[m[2]] {
		s.names, s.people = true, true
	}
	// "Hoe heten de deskundigen?" may ask for a word: kroonleden.
	if s.names && !s.people && (!hoeHeten.MatchString(q) || countedPeople(q, count)) {
		for w := range strings.FieldsSeq(q) {
			for p := range persons {
				s.people = s.people || strings.HasSuffix(w, p)
			}
		}
	}
}

// wantsPeopleNamed reports whether a question asks what persons are called: hoe heten de
// leden.
func (u *Understanding) wantsPeopleNamed() bool {
	m := hoeHeten.FindStringSubmatch(u.plain)
	return m != nil && persons[m[1]]
}

// countedPeople reports whether a question says how many persons it wants named: hoe
// heten de drie leden.
func countedPeople(q string, count func(string) int) bool {
	m := hoeHeten.FindStringSubmatch(q)
	return m != nil && count(m[1]) > 0
}

// leastNaming is the least share of the question that a sentence says itself which is
// to name persons or organisations.
const leastNaming = 0.5

// leastNamingCovered is the same for a sentence that is covered as well as wellNamed by what
// stands around it.
const (
	leastNamingCovered = 0.4
	wellNamed          = 0.85
)

// fills reports whether a candidate, with the list it opens, may fill the question's
// slot.
func (u *Understanding) fills(c *candidate) bool {
	s := &u.slot
	if s.clock && !clockTime.MatchString(c.text) || s.street && !street.MatchString(c.text) || s.next && !nextAsked.MatchString(c.plain) && !nextSaid.MatchString(c.plain) {
		return false
	}
	if s.kind && !u.namesKind(c) {
		return false
	}
	if s.origin && !originSaid.MatchString(c.plain) {
		return false
	}
	if s.title && !titled.MatchString(c.text) && !c.row {
		return false
	}
	if s.cost && !costSaid.MatchString(c.plain) {
		return false
	}
	if s.many > 1 && (u.onlyCounts(c, s.many) || !u.saysCounted(c)) {
		return false
	}
	if n := u.howMany(c); n > 1 && u.onlyCounts(c, n) {
		return false
	}
	if !s.names {
		return true
	}
	if c.list && (s.people || s.many > 0) && !u.opensWithType(c) {
		return false // lists other things
	}
	if s.people && groupsAsked.MatchString(u.plain) && namedGroups(c) >= leastGroups {
		return !saysNone.MatchString(c.plain)
	}
	if s.people && !u.saysKind(c) {
		return false
	}
	if s.people {
		return !saysNone.MatchString(c.plain) && (c.own >= leastNaming || c.own >= leastNamingCovered && c.coverage >= wellNamed) && u.saysAny(c) && u.properNames(c) > 0
	}
	if u.wordAsked {
		return u.naming(c) > 0
	}
	if !u.wantsPeopleNamed() && u.properNames(c) > 0 {
		return true
	}
	for _, w := range c.words {
		switch w.text {
		case "heet", "heten", "heette", "heetten", "noemen", "noemt", "genoemd", "naam", "namen", "called", "named":
			return true
		}
	}
	return len(c.numbers) == 0 && (enumerates(c) && !hoeHeten.MatchString(u.plain) || strings.Contains(c.text, "("))
}

// onlyCounts reports whether a candidate says that there are so many things, and neither
// it nor what follows tells which: "met vier hoofdaanbevelingen".
func (u *Understanding) onlyCounts(c *candidate, many int) bool {
	at := slices.IndexFunc(c.numbers, func(n dutch.Number) bool {
		return n.Kind == dutch.Quantity && n.Unit == "" && int(n.Value) == many
	})
	if at < 0 || c.list || c.item || separates(c.text) >= many-1 {
		return false
	}
	if c.row {
		return true
	}
	alike := 1
	for n, i := c.next, 0; n != nil && i < many; n, i = n.next, i+1 {
		if strings.HasSuffix(n.text, ":") && !n.list && slices.ContainsFunc(n.numbers, func(x dutch.Number) bool { return x.Kind == dutch.Quantity && int(x.Value) != many }) {
			break // announces a list of something else
		}
		switch {
		case n.item: // its list was looked at
		case i < listWithin && (n.row || n.list && 2*listed(n) >= many), separates(n.text) >= many-1, i == 0 && opensSeries.MatchString(n.text):
			return false
		case n.next != nil && alikeBuilt(n, n.next):
			alike++
		}
	}
	f := u.following(c)
	return alike < many-1 && (f == nil || !f.row && !f.item)
}

// listed is how many items a candidate's list has.
func listed(c *candidate) int {
	return len(strings.FieldsFunc(c.text, func(r rune) bool { return r == '\n' })) - 1
}

// listWithin is within how many sentences a list follows on what announces it.
const listWithin = 3

// howMany is how many of what a question wants told a candidate says there are, 0 where it
// does not count them: "elf jongerenorganisaties", where it asks which organisations.
func (u *Understanding) howMany(c *candidate) int {
	m := pluralAsked.FindStringSubmatch(u.plain)
	if m == nil || !u.asksForMany() {
		return 0
	}
	for _, n := range c.numbers {
		if n.Kind == dutch.Quantity && n.Unit == "" && len(n.Noun) > 0 && strings.HasSuffix(n.Noun[0], m[1]) {
			return int(n.Value)
		}
	}
	return 0
}

// saysCounted reports whether a candidate, or what it stands under, says what the question
// wants several of.
func (u *Understanding) saysCounted(c *candidate) bool {
	m := countedList.FindStringSubmatch(u.plain)
	if m == nil || slices.ContainsFunc(c.numbers, func(n dutch.Number) bool { return n.Kind == dutch.Quantity && int(n.Value) == u.slot.many }) {
		return true
	}
	for i, t := range u.terms {
		if t.has(m[2], u.Asked) && !t.light && !generic[t.text] && !weak[t.text] {
			return max(c.says[i], c.headed[i]) >= 0.65 || c.prev != nil && c.prev.says[i] >= 0.65 && !u.onlyCounts(c.prev, u.slot.many)
		}
	}
	return true
}

// opensSeries begins the first of several things.
var opensSeries = re(`(?i)^(ten eerste|het eerste|de eerste|eerst|allereerst|om te beginnen|één daarvan|first|the first)\b`)

// separates counts what stands between the things that a text tells, titles left out.
func separates(text string) int {
	text = quotes.ReplaceAllString(text, "")
	return strings.Count(text, ",") + strings.Count(text, ";") + strings.Count(text, "\n") + strings.Count(text, " en ") + strings.Count(text, " and ")
}

// offices are words for what somebody is or does for a living.
var offices = set(`lid voorzitter vicevoorzitter secretaris directeur directrice minister staatssecretaris premier hoogleraar professor econoom jurist onderzoeker bestuurder
	bestuursvoorzitter wethouder burgemeester kamerlid raadslid kroonlid commissaris ambtenaar adviseur woordvoerder medewerker docent leraar arts ondernemer schrijver
	director chair chairman professor economist researcher member secretary mayor adviser advisor`)

// officeWords ask for an office; its text seldom says them.
var officeWords = set(`functie functies beroep ambt baan post rang position role job profession`)

// givesOffice reports whether a candidate says of somebody what office they hold: "Zij is
// directeur van".
func (u *Understanding) givesOffice(c *candidate) bool {
	for _, w := range c.words {
		if offices[w.text] && !u.mentions(c, w) {
			return true
		}
	}
	return false
}

// givesMonth reports whether a candidate names a month.
func (u *Understanding) givesMonth(c *candidate) bool {
	for _, n := range c.numbers {
		if n.Kind == dutch.CalDate && n.Month != 0 && !u.asked(n) {
			return true
		}
	}
	return monthSaid.MatchString(c.text)
}

// namesKind reports whether a candidate names a body of the kind that the question asks
// for: the commissie of some name, the Wet op something.
func (u *Understanding) namesKind(c *candidate) bool {
	m := kindsNamed.FindStringSubmatch(u.plain)
	for i, t := range u.terms {
		if t.text != m[1] {
			continue
		}
		if c.says[i] < 0.7 {
			return false
		}
		for j := range c.words {
			if t.support(c.view, c.words[j:j+1]) < 0.7 {
				continue
			}
			for k := j; k < min(len(c.words), j+4); k++ {
				if w := c.words[k]; (w.capital && !w.opening || w.acronym || k == j && len(w.text) > len(t.text)+2) && (k == j+1 || !u.mentionsOther(c, w, t)) {
					return true
				}
			}
		}
		return false
	}
	return true
}

// mentionsOther reports whether the question has a word of a candidate in another term
// than t.
func (u *Understanding) mentionsOther(c *candidate, w word, t *term) bool {
	for _, o := range u.terms {
		if o != t && !o.light && o.support(c.view, []word{w}) >= 0.9 {
			return true
		}
	}
	return false
}

// broadKinds are kinds whose names a text gives without saying what they are.
var broadKinds = set(`bedrijf bedrijven onderneming ondernemingen organisatie organisaties partij partijen persoon personen stad steden land landen gemeente gemeenten leden lid deelnemers
	company companies organisation organisations party parties person persons city cities country countries members winnaar winnaars winner winners sponsor sponsors sponsoren`)

// saysKind reports whether a candidate, or what stands around it, speaks of the kind of
// things that the question wants named.
func (u *Understanding) saysKind(c *candidate) bool {
	for i, t := range u.terms {
		if t.kind && !broadKinds[t.text] && nameable[t.text] {
			return u.besides(c, i) >= 0.7
		}
	}
	return true
}

// opensWithType reports whether what opens a list, or a heading above it, says what kind
// of thing the question wants listed.
func (u *Understanding) opensWithType(c *candidate) bool {
	opening, _, _ := strings.Cut(c.text, ":")
	n := utf8.RuneCountInString(opening)
	for i, t := range u.terms {
		if !strings.Contains(u.plain, "welke") && !strings.Contains(u.plain, "which") || t.council || weak[t.text] || generic[t.text] {
			continue
		}
		for j, w := range c.words {
			if w.start < n && t.support(c.view, c.words[j:j+1]) >= 0.7 {
				return true
			}
		}
		return max(c.headed[i], c.outered[i]) >= 0.7 // the first such term is the type
	}
	return true
}

// enumerates reports whether a sentence or the list it opens tells several things.
func enumerates(c *candidate) bool {
	return c.list || c.item || strings.HasSuffix(c.text, ":") || strings.Contains(c.text, ":") && strings.Count(c.text, ",") >= 1 || strings.Count(c.text, ",") >= 2
}

// placesAsked marks questions after places.
var placesAsked = re(`\b(stad|steden|gemeenten?|landen|land|provincies?|plaatsen|dorpen|cit(y|ies)|countr(y|ies)|provinces?|towns?)\b`)

// properNames counts the names in a candidate that the question does not have: runs of
// words with capitals, the Council's own left out.
func (u *Understanding) properNames(c *candidate) int {
	n, within := 0, false
	wantsPlaces := placesAsked.MatchString(u.plain)
	segment := u.kindSegment(c)
	for i, w := range c.words {
		if segment != nil && !slices.Contains(segment, i) {
			continue
		}
		if !wantsPlaces && (w.text == "haag" || w.text == "den" && i+1 < len(c.words) && c.words[i+1].text == "haag") {
			continue
		}
		if u.slot.people && places[w.text] != wantsPlaces && (wantsPlaces || i == 0 || !c.words[i-1].capital || c.words[i-1].wide) {
			continue // Den Haag is no trade union, KPN no city
		}
		named := (w.capital && (!w.opening && !(u.slot.people && opensPart(c, w)) || i+1 < len(c.words) && nameVerbs[c.words[i+1].text]) || w.acronym) &&
			!w.stop && !w.number && w.text != "ser" && w.text != "raad" && w.text != "sociaal-economische" && w.text != "sociaal" && w.text != "economische" && !calendarWords[w.text] && !demonyms[w.text] && !ofPlace(w.text) && !groups[w.text] && !u.mentions(c, w)
		if named && !within {
			n++
		}
		within = named && i+1 < len(c.words) && !c.words[i+1].wide
	}
	return n
}

// ofPlace reports whether a word says of which place something is: Rotterdamse.
func ofPlace(text string) bool {
	place, ok := strings.CutSuffix(text, "se")
	return ok && places[place]
}

// kindSegment are the words of a table's row between the bars or semicolons where it says
// the kind of things that the question wants named, or nil where it is no row or says it
// nowhere: what stands beside it is something else.
func (u *Understanding) kindSegment(c *candidate) []int {
	if !c.row {
		return nil
	}
	var part []int
	said := false
	for i, w := range c.words {
		if i > 0 && strings.ContainsAny(corpus.Slice(c.text, c.words[i-1].end, w.start), "|;") {
			if said {
				return part
			}
			part = nil
		}
		part = append(part, i)
		for _, t := range u.terms {
			said = said || t.kind && t.support(c.view, c.words[i:i+1]) >= 0.85
		}
	}
	if said {
		return part
	}
	return nil
}

// opensPart reports whether a word is the first of a quotation, or of a table's cell or
// an item after its number: a capital says little there.
func opensPart(c *candidate, w word) bool {
	before := strings.TrimRight(corpus.Slice(c.text, 0, w.start), " 0123456789/.)-")
	if before == "" {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(before)
	return strings.ContainsRune("|'‘\"“•;:", r)
}

// tellsAll reports whether an answer tells about as many things as the question says
// there are: half of them at least, since a text may join two.
func (u *Understanding) tellsAll(out []composed) bool {
	many := u.slot.many
	if many < 5 && !(u.slot.names && u.slot.people && many >= 2) {
		return true
	}
	told := 0
	groups := groupsAsked.MatchString(u.plain)
	for _, o := range out {
		c := o.candidate
		if u.slot.names && u.slot.people {
			if told += u.properNames(c); groups {
				told += namedGroups(c)
			}
			continue
		}
		told += 1 + strings.Count(c.text, ",") + strings.Count(c.text, ";") + strings.Count(c.text, "\n") + strings.Count(c.plain, " en ")
	}
	if u.slot.names && u.slot.people {
		return told >= many-1
	}
	return 2*told >= many
}

// topic is the one thing that an open question is about: what the Council thinks of
// X. It is -1 where a question has none or several.
func (u *Understanding) topic() int {
	at := -1
	for i, t := range u.terms {
		if t.council || t.light || weak[t.text] || generic[t.text] || t.weight < 0.6 || publicationWords[t.text] {
			continue
		}
		if at >= 0 {
			return -1
		}
		at = i
	}
	return at
}

// leastTopic is how well the one thing that a question is about has to be said: a part
// of a compound is about something wider. Energy is not nuclear energy.
const leastTopic = 0.8

// offTopic reports whether a candidate and its headings say only part of the one thing
// that a question is about.
func (u *Understanding) offTopic(c *candidate) bool {
	i := u.topic()
	if i < 0 || len(u.numbers) > 0 || u.wordAsked {
		return false
	}
	t := u.terms[i]
	if t.name || !u.partOnly(c, t) {
		return false
	}
	return true
}

// partOnly reports whether all that a candidate and its context say of a term are
// words that are shorter parts of it.
func (u *Understanding) partOnly(c *candidate, t *term) bool {
	for _, ws := range [][]word{c.words, c.heading, c.outer, c.title} {
		for j := range ws {
			for _, a := range t.alts {
				if len(a.words) != 1 {
					if t.support(c.view, ws) >= leastTopic {
						return false // its parts are said beside each other
					}
					continue
				}
				at := c.of[ws[j].nth]
				r := a.memo[0][at]
				if r >= leastTopic {
					return false
				}
				if r > 0 && len(ws[j].key) > len(a.words[0].key) {
					return false // more of it than the question says
				}
			}
		}
	}
	return true
}

// countsOther reports whether a number counts another kind of thing than the question
// does: twelve of the 36 seats, where it asks after employees. What counts may also be
// said by a verb: "fourteen companies sponsored".
func (u *Understanding) countsOther(c *candidate, n dutch.Number) bool {
	if u.counted == nil || len(n.Noun) == 0 || n.Unit != "" || u.nouns(n) {
		return false
	}
	at := wordAt(c.words, n)
	whole := false
	for i := range c.words {
		v := c.of[c.words[i].nth]
		for _, a := range u.counted.alts {
			for k, memo := range a.memo {
				r := memo[v]
				if r < 0.7 {
					continue
				}
				if i >= at && i < at+5 && c.words[i].clause == c.words[at].clause {
					return false // "12 van de 36 leden": it follows a little further
				}
				if verbal.MatchString(c.words[i].text) && !verbal.MatchString(a.words[k].text) && (r >= 0.85 || strings.HasPrefix(c.words[i].text, a.words[k].key)) {
					return false // its verb: those who sponsored are sponsors
				}
				whole = true
			}
		}
	}
	return whole
}

// countsFor reports whether what the question counts only stands behind a number as those
// that the number is for: "12 namens de werknemers" counts seats, not employees.
func (u *Understanding) countsFor(c *candidate, n dutch.Number) bool {
	at := wordAt(c.words, n)
	if u.counted == nil || at+1 >= len(c.words) || !prepositions[c.words[at+1].text] || partitive[c.words[at+1].text] {
		return false
	}
	end := at + 2
	for end < len(c.words) && c.words[end].clause == c.words[at].clause {
		end++
	}
	return u.counted.support(c.view, c.words[at+2:end]) >= 0.7 && u.counted.support(c.view, c.words[:at]) < 0.7
}

// partitive are prepositions between a part and its whole.
var partitive = set(`van uit of from`)

// ofAnother reports whether a number may be of someone else than the question names:
// the sentence and its headings leave the name out, and only the one before says it.
func (u *Understanding) ofAnother(c *candidate) bool {
	for i, t := range u.terms {
		if !t.name && !t.long || places[t.text] || t.council || c.says[i] >= 0.65 {
			continue
		}
		if !c.points && !slices.ContainsFunc(c.words, func(w word) bool { return pronominal[w.text] }) && max(c.headed[i], c.outered[i], c.titled[i]) < 0.65 || c.itself && !u.ofCouncil() {
			return true
		}
	}
	return false
}

// future are questions after what is still to come, which no document tells.
var future = re(`\b(wordt|worden|gaat|gaan|zal|zullen|komt|komen|is|zijn|kan|regent|sneeuwt|will|is|are)\b.{0,40}\b(morgen|overmorgen|vanavond|volgende (week|maand)|tomorrow|tonight|next (week|month))\b`)

// ofTomorrow are things that are named after the future.
var ofTomorrow = re(`\b(van|voor|of|for) (morgen|overmorgen|tomorrow)\b`)

// slotOpen reports why a candidate leaves the question's slot open, or "".
func (u *Understanding) slotOpen(c *candidate) string {
	switch {
	case !u.fills(c):
		return "names"
	case u.offTopic(c):
		return "topic"
	case u.achieved && !achievedSaid.MatchString(c.plain):
		return "aim"
	}
	return ""
}

// groupsAsked asks for parties that need have no names of their own, and leastGroups is
// how many of them an answer says.
var groupsAsked = re(`\b(welke|which) (drie |twee |three |two )?(partijen|groepen|geledingen|kanten|parties|groups|sides)\b`)

const leastGroups = 2

// namedGroups counts the groups that a candidate names: ondernemers, werknemers.
func namedGroups(c *candidate) int {
	seen := make(map[string]bool)
	for _, w := range c.words {
		if groups[w.text] && w.text != "partijen" { // which ones is what is asked
			seen[w.text] = true
		}
	}
	return len(seen)
}
