package answer

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Each form of question asks for something of its own: a number, a date, someone, what
// something is. What a sentence gains by having it is set here.

// form is what a candidate gains or loses by the form of the question, and whether
// it has what the form asks for.
func (u *Understanding) form(c *candidate) (bonus float64, fits bool) {
	switch {
	case u.slot.office:
		if u.givesOffice(c) {
			return 0.3, true
		}
		return -0.4, false
	case u.slot.month:
		if u.givesMonth(c) {
			return 0.3, true
		}
		return -0.4, false
	case (u.Form == FormDefinition || u.Form == FormOpen) && deedsAsked.MatchString(u.plain):
		return u.deed(c), true
	}
	switch u.Form {
	case FormNumber:
		best := -1.0
		for _, n := range c.numbers {
			if n.Kind != dutch.Quantity || u.asked(n) || strings.HasPrefix(corpusSlice(c.text, n.Start, n.End), "0") && n.Value >= 1 {
				continue // 010 counts nothing
			}
			if heightAsked.MatchString(u.plain) && (timeUnits[n.Unit] || n.Unit == "") {
				continue // no height: from 21 to 65 years, two things
			}
			v := 0.1
			switch {
			case u.measure != "" && n.Unit == u.measure:
				v = 0.3
			case u.measure != "":
				continue
			case u.counted != nil && n.Unit != "" && n.Unit != "%":
				continue
			case u.counted != nil && u.nouns(n), u.countsOfAsked(c, n):
				v = 0.3
			case u.countsOther(c, n), u.countsFor(c, n):
				continue // twelve of another kind of thing
			case u.counted != nil && allAsked.MatchString(u.plain) && inAll.MatchString(c.text) && len(n.Noun) == 0:
				v = 0.2 // the total of what the sentences are about
			case u.counted != nil && inAll.MatchString(c.text) && len(n.Noun) == 0 && u.saysDeed(c):
				v = 0.25 // "het totale aantal ondertekenaars", of those who signed
			case u.counted != nil && anybody[u.counted.text] && n.Unit == "%" && (!u.ofCouncil() || accordingTo.MatchString(u.plain)) && ofPopulation.MatchString(c.text):
				v = 0.2 // how many people: a share of those there are
			case u.counted != nil && u.counted.support(c.view, c.words) < 0.7:
				continue // counts something else
			case u.counted != nil && u.counted.support(c.view, c.words) >= 0.95 && strings.Contains(c.plain, "aantal"):
				v = 0.25
			case u.counted != nil && len(n.Noun) > 0:
				v = 0.05
			case u.counted != nil && n.Unit == "" && u.counted.support(c.view, clauseAround(c.words, n)) < 0.7:
				continue // stands beside something else
			}
			if u.counted != nil && u.counted.support(c.view, c.words) < 0.95 {
				v -= 0.1
			}
			best = max(best, v)
		}
		if best < -0.5 {
			return -0.4, false // it counts nothing that was asked
		}
		return best, true
	case FormDate:
		for _, n := range c.numbers {
			switch n.Kind {
			case dutch.Year, dutch.CalDate, dutch.Decade:
				if dayAsked.MatchString(u.plain) && n.Day == 0 {
					continue
				}
				if !u.asked(n) {
					worth := 0.25
					if n.Day != 0 {
						worth = 0.32
					}
					if whenItself.MatchString(u.plain) && takesPlace.MatchString(c.plain) {
						worth += 0.1
					}
					bonus = max(bonus, worth)
				}
			case dutch.Ordinal:
				if strings.Contains(u.plain, "hoeveelste") {
					return 0.3, true
				}
			}
		}
		if bonus > 0 {
			return bonus, true
		}
		return -0.4, false
	case FormDuration, FormFrequency:
		for _, n := range c.numbers {
			if u.Form == FormFrequency && n.Kind == dutch.Ordinal && len(n.Noun) > 0 && (n.Noun[0] == "keer" || n.Noun[0] == "maal" || n.Noun[0] == "time") {
				return 0.3, true
			}
			if n.Kind != dutch.Quantity || u.asked(n) {
				continue
			}
			switch n.Unit {
			case "jaar", "maand", "week", "dag", "uur", "minuut", "kwartaal":
				if u.Form == FormDuration && offset(c, n) {
					continue
				}
				return 0.3, true
			}
			if u.Form == FormFrequency {
				return 0.1, true
			}
		}
		if u.Form == FormFrequency && frequency.MatchString(c.text) {
			return 0.3, true
		}
		if u.Form == FormDuration && noTerm.MatchString(c.text) {
			return 0.25, true
		}
		if u.Form == FormDuration && since.MatchString(c.text) {
			for _, n := range c.numbers {
				if n.Kind == dutch.Year || n.Kind == dutch.CalDate {
					return 0.05, true // sinds 1950: how long is for the reader to count
				}
			}
		}
		return -0.4, false
	case FormWho:
		if i := slices.IndexFunc(u.terms, func(t *term) bool { return t.role }); i >= 0 && !u.holds(c, u.terms[i]) {
			return -0.4, false
		}
		if m := toWhom.FindStringSubmatch(u.plain); m != nil && !withAsked.MatchString(u.plain) && u.behind(c, m[1]) {
			return 0.3, true
		}
		if benefits.MatchString(u.plain) && anyone.MatchString(c.plain) {
			return 0.5, true
		}
		if existsSince.MatchString(c.plain) {
			return -0.3, false // since when, not by whom
		}
		if u.slot.kind || u.namesSomeone(c) {
			if withAsked.MatchString(u.plain) && together.MatchString(c.text) {
				return 0.35, true
			}
			if byGroup.MatchString(c.text) {
				return 0.25, true
			}

			return 0.15, true
		}
		return -0.3, benefits.MatchString(u.plain)
	case FormWhere:
		for i, w := range c.words {
			if (places[w.text] || locations[w.text]) && !u.mentions(c, w) {
				if bonus = max(bonus, 0.15); standsAt(c.words, i) {
					return 0.3, true
				}
			}
		}
		if bonus > 0 {
			return bonus, true
		}
		if whereToFind.MatchString(u.plain) {
			return -0.3, true
		}
		return -0.1, !residence.MatchString(u.plain) && !placeOfEvent.MatchString(u.plain)
	case FormWhy:
		if reasons.MatchString(c.text) {
			return 0.2, true
		}
		return 0, true
	case FormYesNo:
		return u.decides(c), true
	case FormDefinition:
		return u.defines(c), true
	case FormList:
		if (c.list || announces(c) > 0) && u.saysType(c) {
			return 0.3, true // "vier onderwerpen:", where the question asks which subjects
		}
		if c.list && u.asksOne() {
			return -0.1, true
		}
		if strings.Count(c.text, ",") >= 2 || strings.HasSuffix(c.text, ":") {
			return 0.1, true
		}
		return 0, true
	}
	return 0, true
}

// anybody are words for anyone at all; ofPopulation is a share of all there are.
var (
	anybody      = set(`mensen personen people persons`)
	ofPopulation = re(`(?i)(%|procent|per ?cent) (van|of) (de |alle |the |all )?(\w*bevolking|werkenden|werknemers|mensen|nederlanders|\w*population|workers|employees|people)\b`)
)

// existsSince tells when something came to be.
var existsSince = re(`\b(bestaat|bestaan|bestond|exists|existed) (al |ook )?(sinds|since)\b`)

// standsAt reports whether a preposition of place stands before the name that word i is
// of: in Den Haag, op de website.
func standsAt(ws []word, i int) bool {
	for i = beforeArticles(ws, i); i >= 0 && ws[i].capital; i = beforeArticles(ws, i) {
	}
	return i >= 0 && placing[ws[i].text]
}

// placing are prepositions of place.
var placing = set(`in te aan op at on`)

// pluralNoun is the form of most Dutch nouns for several things.
var pluralNoun = re(`(en|s|'s)$`)

// asksOne reports whether a question asks which one it is: welke wet.
func (u *Understanding) asksOne() bool {
	m := typeWord.FindStringSubmatch(u.spelled)
	return m != nil && u.Asked == "nl" && !pluralNoun.MatchString(m[1])
}

// saysType reports whether a candidate says the word for what a list question asks:
// welke onderwerpen.
func (u *Understanding) saysType(c *candidate) bool {
	m := typeWord.FindStringSubmatch(u.spelled)
	if m == nil || u.asksOne() {
		return false
	}
	opening := c.words
	if line, _, ok := strings.Cut(c.text, "\n"); ok && c.list {
		n := utf8.RuneCountInString(line)
		opening = slices.DeleteFunc(slices.Clone(c.words), func(w word) bool { return w.start >= n })
	}
	for i, t := range u.terms {
		if t.text == m[1] && (c.headed[i] >= 0.85 || t.support(c.view, opening) >= 0.85) {
			return true
		}
	}
	return false
}

// headedByQuestion reports whether a heading above a candidate asks what the question
// asks: "1 Wat is het Arboplatform?".
func (u *Understanding) headedByQuestion(c *candidate) bool {
	for _, h := range append([]string{c.passage.Document.Title}, c.passage.Heading...) {
		if !definitionHeading.MatchString(h) {
			continue
		}
		ws, all := words(h, "nl"), true
		for _, t := range u.terms {
			all = all && (t.weight < 0.3 || t.says(ws) >= 0.85)
		}
		// "Wat is SER Diversiteit in Bedrijf?" does not ask what diversity is.
		all = all && !slices.ContainsFunc(ws, func(w word) bool {
			return w.capital && !w.stop && !w.acronym && !slices.ContainsFunc(u.terms, func(t *term) bool { return t.says([]word{w}) >= 0.85 })
		})
		if all {
			return true
		}
	}
	return false
}

// underReason reports whether a heading above a candidate asks why, about what the
// question asks.
func (u *Understanding) underReason(c *candidate) bool {
	for _, h := range c.passage.Heading {
		if !reasonHeading.MatchString(h) {
			continue
		}
		ws := words(h, "nl")
		for _, t := range u.terms {
			if t.weight >= 0.2 && !t.council && !weak[t.text] && !t.light && t.says(ws) >= 0.7 {
				return true
			}
		}
	}
	return false
}

var reasonHeading = re(`(?i)^[\d.\s]*(waarom|why)\b`)

var definitionHeading = re(`(?i)^[\d.\s]*(wat|wie|what|who) (is|zijn|are|betekent|doet|does)\b`)

// reasonAfter is the sentence within two after a candidate that gives its reason.
func reasonAfter(c *candidate) *candidate {
	for n, i := c.next, 0; n != nil && i < 2; n, i = n.next, i+1 {
		if givesReason.MatchString(n.text) && n.usable {
			return n
		}
	}
	return nil
}

// reasonBeside reports whether the sentence before or after a candidate tells a reason,
// purpose or cause.
func (u *Understanding) reasonBeside(c *candidate) bool {
	for _, n := range []*candidate{c.prev, c.next} {
		if n != nil && n.usable && (reasons.MatchString(n.text) || thereby.MatchString(n.text)) {
			return true
		}
	}
	return thereby.MatchString(c.text)
}

// thereby are words of cause and purpose besides those of reasons.
var thereby = re(`(?i)\b(door|dankzij|zo|dan|dus|helpt|zorgt|voorkomt|wil|wilde|nodig|belangrijk|due|thanks|thus|so that|needed)\b`)

var givesReason = re(`(?i)^(de|die|een) reden\b|^(dat|dit) (komt|kwam|gebeurt|gebeurde|is|was) (doordat|omdat|vanwege|door)\b|^(daarvoor|hiervoor) (is|zijn|was|waren)\b|^the reason\b`)

// offset reports whether a stretch of time is how long before or after something else
// happened, not how long something took: vijf jaar na de oprichting.
func offset(c *candidate, n dutch.Number) bool {
	at := wordAt(c.words, n)
	for i := at; i < len(c.words) && i <= at+2; i++ {
		switch c.words[i].text {
		case "na", "later", "eerder", "geleden", "nadat", "voordat", "ago", "earlier", "after":
			return true
		}
	}
	return false
}

// clauseAround are the words of the clause that a number stands in.
func clauseAround(ws []word, n dutch.Number) []word {
	at := wordAt(ws, n)
	from, to := at, at+1
	for from > 0 && ws[from-1].clause == ws[at].clause {
		from--
	}
	for to < len(ws) && ws[to].clause == ws[at].clause {
		to++
	}
	return ws[from:to]
}

var (
	about      = re(`(?i)\b(gaat|gaan|ging|gingen|draait|draaide) (\w+ )?(over|om)\b|\bonderwerp\b|\bis about\b`)
	aboutAsked = re(`\b(over|om|about)$|\bwaarover\b`)
	since      = re(`(?i)\b(sinds|vanaf|opgericht|bestaat|since|founded)\b`)
	noTerm     = re(`(?i)\b(geen (\w+ )?(termijn|tijd|duur|einddatum)|(termijn|tijd|duur|looptijd) .{0,40}\b(verschilt|wisselt|hangt af|ligt niet vast)|no (fixed|set) (term|time|period))\b`)
	frequency  = re(`(?i)\b(jaarlijks\w*|maandelijks\w*|wekelijks\w*|dagelijks\w*|tweewekelijks\w*|halfjaarlijks\w*|elk(e)? (jaar|maand|week|dag|kwartaal)|ieder(e)? (jaar|maand|week|dag)|per (jaar|maand|week|dag)|(een|twee|drie|vier|\d+) keer|om de \w+ weken|yearly|annual\w*|monthly|weekly|once|twice|every)\b`)
	byGroup    = re(`(?i)\b(door|namens|van|with|by|met) (de |het |the )?(bedrijfsleven|werkgevers|werknemers|bedrijven|ondernemers|regering|overheid|minister|koning|commissie|vakbonden)\b`)
	withAsked  = re(`\b(met (wie|welke)|with (whom|which)|who with)\b`)
	together   = re(`\b([Ss]amen|[Tt]ogether) (met|with) (de |het |the )?\p{Lu}`)
	reasons    = re(`(?i)\b(want|omdat|doordat|zodat|daarom|daardoor|vanwege|wegens|namelijk|om .{3,80} te|reden|doel|bedoeld|because|since|therefore|in order to|so that|reason)\b`)
	locations  = set(`gebouw adres gevestigd landelijk regio plaats locatie zaal kantoor haag website internet online bezuidenhoutseweg brancheniveau arboplatform databank site platform bijlage catalogus colofon omslag archief annex catalogue archive`)
)

// countsOfAsked reports whether a number counts those of the year or decade that the
// question names: "vijf uit de jaren vijftig".
func (u *Understanding) countsOfAsked(c *candidate, n dutch.Number) bool {
	at := wordAt(c.words, n)
	if n.Unit != "" || len(n.Noun) > 0 || at+1 >= len(c.words) || !partitive[c.words[at+1].text] {
		return false
	}
	return slices.ContainsFunc(c.numbers, func(m dutch.Number) bool {
		i := wordAt(c.words, m)
		return u.asked(m) && m.Kind != dutch.Quantity && i > at && i <= at+4
	})
}

// nouns reports whether a number counts what the question asks for.
func (u *Understanding) nouns(n dutch.Number) bool {
	if len(n.Noun) == 0 {
		return false
	}
	ws := words(strings.Join(n.Noun, " "), "nl")
	return u.counted.says(ws) >= 0.7
}

// mentions reports whether the question itself has a word of a candidate.
func (u *Understanding) mentions(c *candidate, w word) bool {
	at := c.of[w.nth]
	for _, t := range u.terms {
		for _, a := range t.alts {
			for _, memo := range a.memo {
				if memo[at] >= 0.9 {
					return true
				}
			}
		}
	}
	return false
}

// holds reports whether a sentence gives the name of who holds an office, and the
// office is the one asked for: what the question names beside it stands beside it.
func (u *Understanding) holds(c *candidate, role *term) bool {
	at := -1
	for i := range c.words {
		if role.support(c.view, c.words[i:i+1]) >= 0.7 {
			at = i
			break
		}
	}
	if at < 0 {
		return false
	}
	named := false
	for _, w := range c.words {
		named = named || (w.capital && !w.opening || w.opening && w.capital && !w.stop) && !w.number && !w.stop && !u.mentions(c, w) && !groups[w.text]
	}
	if !named {
		return false
	}
	near := c.words[max(0, at-4):min(len(c.words), at+10)]
	for _, t := range u.terms {
		if t == role || t.light || t.weight < 0.3 || weak[t.text] {
			continue
		}
		i := slices.Index(u.terms, t)
		if t.support(c.view, near) < 0.7 && !(c.refers() && c.prev != nil && c.prev.says != nil && c.prev.says[i] >= 0.6) {
			return false
		}
	}
	// "voorzitter van de commissie" is not the chair of the Council.
	for i := at + 1; i < min(len(c.words), at+5); i++ {
		if w := c.words[i]; (w.text == "van" || w.text == "of") && !c.refers() {
			for j := i + 1; j < len(c.words); j++ {
				if !c.words[j].stop {
					return u.mentions(c, c.words[j])
				}
			}
		}
	}
	return true
}

// groups are words for someone: persons, organisations and parties.
var groups = set(`werkgevers werknemers ondernemers kroonleden vakbonden bedrijfsleven regering kabinet parlement minister ondernemingsraad bedrijfsleiding
	werkgeversorganisaties deskundigen voorzitter directeur commissie raad stichting bonden organisaties bedrijven jongeren leden overheid bestuur koning kroon kamers partijen deelnemers arbeidsinspectie
	jongerenorganisaties ondernemersorganisaties secretaris foundation koninklijk wetgever`)

// abbreviated are abbreviations that name nobody.
var abbreviated = set(`ri e ai imvo mvo cao aow ww wao wia zzp llo lll sdg sdgs isbn segv mlt arbo`)

// ofIt reports whether the name at i only says whose or where: het gebouw van de SER.
func ofIt(ws []word, i int) bool {
	if i < 2 || ws[i-1].text != "de" && ws[i-1].text != "the" {
		return false
	}
	switch ws[i-2].text {
	case "van", "bij", "in", "over", "binnen", "aan", "of", "at", "about":
		return true
	}
	return false
}

// benefits asks for whom something is, which may be a thing: voor wie.
var benefits = re(`\b(voor|aan|for|to) (wie|whom)\b|\bwho .{1,60} for$`)

// someone reports whether a word is for persons or organisations, or a compound of such
// a word: arbodeskundigen.
func someone(w word) bool {
	if groups[w.text] {
		return true
	}
	for n := 3; n+5 < len(w.text); n++ {
		if groups[w.text[n:]] {
			return true
		}
	}
	return false
}

// anyone says whom something is there for.
var anyone = re(`\b(iedereen|bedoeld voor|bestemd voor|doelgroep\w*|meant for|intended for|everyone|anyone)\b|\b(kan|kunnen|kon|konden) .*\bterecht\b`)

// toWhom asks whom something is for, or done to.
var toWhom = re(`\b(voor|namens|met|aan|tegen|for|with|to) (?:wie|whom)\b`)

// behind reports whether a candidate has a word behind a preposition that the question
// does not have.
func (u *Understanding) behind(c *candidate, preposition string) bool {
	for i, w := range c.words {
		if w.text != preposition {
			continue
		}
		for _, x := range c.words[i+1 : min(len(c.words), i+4)] {
			if x.wide || x.number {
				break
			}
			if !x.stop && !u.mentions(c, x) {
				return true
			}
		}
	}
	return false
}

// namesSomeone reports whether a candidate names persons, organisations or parties that the
// question does not have.
func (u *Understanding) namesSomeone(c *candidate) bool {
	runes := []rune(c.text)
	for i, w := range c.words {
		if u.mentions(c, w) || abbreviated[w.text] || w.text == "ser" && ofIt(c.words, i) || w.capital && !someone(w) && quoted(runes, w.start) {
			continue
		}
		if someone(w) || (w.capital && !w.opening || w.acronym) && !w.stop && !w.number {
			return true
		}
		if w.opening && w.capital && !w.stop && !w.number && i+1 < len(c.words) && (c.words[i+1].capital || nameVerbs[c.words[i+1].text]) {
			return true
		}
	}
	return false
}

// nameVerbs follow a name that opens a sentence: Stedin won.
var nameVerbs = set(`is was won wint wonnen werd wordt maakte heeft had hield sprak schreef leidde leidt kreeg deed bereidde presenteerde zei`)

// describedIn begins a cell of a row that tells what the one before it is.
var describedIn = re(`^(Een|Het|De|A|An|The) `)

// opensWithSubject reports whether a candidate opens with the first thing that the question
// is about.
func (u *Understanding) opensWithSubject(c *candidate) bool {
	for _, t := range u.terms {
		if !t.light && !t.council && t.weight >= 0.3 {
			return t.support(c.view, c.words[:1]) >= 0.85
		}
	}
	return true
}

// leastDefining is what a sentence gains at least that says what something is.
const leastDefining = 0.25

// explainedRow is what a row gains that explains the word it begins with.
const explainedRow = 0.4

// defines is what a sentence gains by defining the question's subject: "X is een",
// "X zijn", "X betekent", "onder X verstaan we", "X: …".
func (u *Understanding) defines(c *candidate) float64 {
	if first, rest, ok := strings.Cut(c.text, " | "); ok && c.row && (!strings.Contains(rest, "|") || describedIn.MatchString(rest)) {
		// A row of a list of words: the word, and what it means.
		n, all := utf8.RuneCountInString(first), u.opensWithSubject(c)
		for _, w := range c.words {
			all = all && (w.start >= n || w.stop || u.mentions(c, w))
		}
		if all {
			return explainedRow
		}
	}
	for _, t := range u.terms {
		if !shortAsked.MatchString(u.plain) {
			break
		}
		if long := abbreviations[t.text]; long != "" && strings.Contains(dutch.Fold(c.text), long) && strings.Contains(" "+c.plain+" ", " "+t.text+" ") {
			return 0.35
		}
		if expands(c.text, t.text) {
			return 0.3
		}
	}
	if aboutAsked.MatchString(u.plain) && about.MatchString(c.text) {
		return 0.3
	}
	if u.wordAsked {
		return u.naming(c)
	}
	if m := kindDefined.FindStringSubmatch(c.plain); m != nil && strings.Contains(u.plain, "een "+m[2]) {
		if m[1] == "" {
			return 0.32
		}
		return 0.25 // "in een advies staat wat de SER vindt"
	}
	runes := []rune(c.text)
	for i, w := range c.words {
		switch w.text {
		case "heet", "heten", "noemen", "noemt", "genoemd", "called":
			for _, x := range c.words[i:min(len(c.words), i+6)] {
				if u.mentions(c, x) && !quoted(runes, x.start) {
					return 0.25
				}
			}
		}
	}
	last := -1
	for i, w := range c.words {
		if i > 8 {
			break
		}
		if u.mentions(c, w) && !(last >= 0 && defining[w.text]) {
			if !u.ofLongerName(c, i) && (last >= 0 || !underPreposition(c.words, i) || i <= 2) {
				last = i
			}
			continue
		}
		if last >= 0 && i > last {
			switch w.text {
			case "betekent", "means":
				if i == last+1 && last <= 2 {
					return 0.32
				}
			}
			switch w.text {
			case "is", "zijn", "betekent", "heet", "was", "waren", "are", "means", "helpt", "staat", "vormen":
				if i <= last+2 && (w.text != "zijn" || last <= 2) { // else it is whose
					if after := afterSource(c.words[i+1:]); len(after) > 0 {
						switch after[0].text {
						case "een", "het", "de", "a", "an", "the", "voor":
							if partOf(after) {
								return 0.1 // one of several says little of it
							}
							if last <= 2 {
								return 0.32 // it begins with what it defines
							}
							return 0.25
						case "in", "op", "sinds", "niet", "geen", "bij":
							return 0.05
						}
					}
					return 0.18
				}
			}
		}
	}
	for i, w := range c.words {
		if i == 3 {
			break
		}
		if u.mentions(c, w) {
			return 0.08 // it is about the subject
		}
	}
	if len(c.heading) > 0 && c.prev == nil {
		hits := 0
		for _, t := range u.terms {
			if t.weight >= 0.3 && t.support(c.view, c.heading) >= 0.7 {
				hits++
			}
		}
		if hits > 0 {
			return 0.12 // the first sentence under a heading of that name
		}
	}
	return 0
}

// deedsAsked asks what somebody does, or what for.
var deedsAsked = re(`^(en |and )?(wat (doet|doen|deed|deden)\b|what (do|does|did) .*\bdo\b|(wat|what|welke|which) .*\b(rol|taak|taken|functie|role|task|tasks) (van|of|heeft|hebben|had|hadden|has|have)\b)`)

// Words of what somebody is there for, and verbs that say what somebody is and not what
// it does.
var (
	purposes   = set(`rol rollen taak taken functie functies doel doelen role roles task tasks aim purpose`)
	copulas    = set(`is zijn was waren heet heten heette heetten wordt worden werd werden telt tellen telde telden bestaat bestaan bestond zit zitten zat zaten hoort horen kent ligt liggen staat staan stond stonden betekent betekenen are were stands means counts consists belongs called`)
	doerWithin = 5 // words that a sentence opens with, of which one is who does it
)

// headedBySubject reports whether the heading above a candidate names what the question is
// about.
func (u *Understanding) headedBySubject(c *candidate) bool {
	for i, t := range u.terms {
		if t.weight >= 0.3 && c.headed[i] >= 0.7 {
			return true
		}
	}
	return false
}

// underPreposition reports whether a word hangs on a preposition before it: over de dialoog.
func underPreposition(ws []word, i int) bool {
	i = beforeArticles(ws, i)
	return i >= 0 && prepositions[ws[i].text]
}

// asWell marks what is told as more of the same.
var asWell = re(`\b(ook|daarnaast|bovendien|also|too)\b`)

// deed is what a sentence gains by saying what the question's subject does: it begins
// with the subject and goes on with a verb, or speaks of its task.
func (u *Understanding) deed(c *candidate) float64 {
	doer := -1
	for i, w := range c.words[:min(len(c.words), doerWithin)] {
		if u.mentions(c, w) && !generic[w.text] && !u.ofLongerName(c, i) && !underPreposition(c.words, i) {
			doer = i
		}
	}
	if doer < 0 {
		return 0
	}
	bonus := 0.25
	if u.headedBySubject(c) {
		bonus += 0.1
	}
	if asWell.MatchString(c.plain) {
		bonus -= 0.15 // what it does too is not the first to say
	}
	for _, w := range c.words {
		if purposes[w.text] {
			return bonus
		}
	}
	for _, w := range c.words[doer+1 : min(len(c.words), doer+4)] {
		switch {
		case copulas[w.text]:
			return -0.1
		case !w.stop && infinitiveOf(w.text) != "":
			return bonus
		}
	}
	return 0.08
}

// defining are verbs between a word and what it means.
var defining = set(`is zijn betekent betekende betekenen heet are means`)

// afterSource are the words after whom a definition is of: "volgens advies 2010/04", "voor
// de SER".
func afterSource(ws []word) []word {
	if len(ws) == 0 || ws[0].text != "volgens" && ws[0].text != "voor" {
		return ws
	}
	for i := 1; i < min(len(ws), 6); i++ {
		if ws[i].text == "ser" || ws[i].text == "raad" || ws[i].number && (i+1 == len(ws) || !ws[i+1].number) {
			return ws[i+1:]
		}
	}
	return ws
}

// ofLongerName reports whether word i of a candidate is part of a name that goes on
// with words that the question does not have: Diversiteit in Bedrijf.
func (u *Understanding) ofLongerName(c *candidate, i int) bool {
	if w := c.words[i]; !w.capital || w.opening {
		return false
	}
	for j := i + 1; j < len(c.words) && j <= i+2; j++ {
		switch w := c.words[j]; {
		case w.wide:
			return false
		case w.capital:
			return !u.mentions(c, w)
		case !w.stop:
			return false
		}
	}
	return false
}

// residence asks for where somebody lives.
var residence = re(`\b(woont|wonen|woonde|live|lives|lived)\b`)

// placeOfEvent asks where something took place.
var placeOfEvent = re(`^(en |and )?(waar|where) (was|waren|were|vond|vonden|did)\b`)

// whereToFind asks in what a reader finds something.
var whereToFind = re(`^(en |and )?(waar|where) (kun|kan|can|vind|vinden|lees|zie|do|could)\b.*\b(zien|vinden|lezen|opzoeken|nalezen|bekijken|vind|lees|zie|find|read|see|look)\b`)

// kindQuestion asks what a kind of thing is.
var kindQuestion = re(`^(wat|what) (is|zijn|betekent|s) (een|a|an)\b`)

// kindDefined opens sentences on what a kind of thing is: een X is, in een X staat.
var kindDefined = re(`^(in |bij |met |onder )?een (\w+) (is|was|staat|staan|betekent|heeft|gaat|verstaan|verstaat|let|vinden|legt)\b`)

// withinName reports whether a candidate has the names of the question only within a longer
// one: the Charter, in "Monitor Charter Diversiteit".
func (u *Understanding) withinName(c *candidate) bool {
	within := false
	for i, w := range c.words {
		if !w.capital || w.opening || i == 0 || !u.mentions(c, w) {
			continue
		}
		before := c.words[i-1]
		if u.mentions(c, before) {
			continue
		}
		if !before.capital || before.opening || before.acronym || before.wide || before.stop {
			return false
		}
		within = true
	}
	return within
}

// partOf reports whether words say that something is one of many: een van de, one of
// the.
func partOf(ws []word) bool {
	return len(ws) > 2 && (ws[0].text == "een" && ws[1].text == "van" || ws[0].text == "one" && ws[1].text == "of")
}

// decides is what a sentence gains by saying yes or no: the question's verb near its
// start, or a denial.
func (u *Understanding) decides(c *candidate) float64 {
	verb, _, _ := strings.Cut(u.plain, " ")
	bonus := 0.0
	for i, w := range c.words {
		if i < 7 && w.text == verb {
			bonus = 0.2
		}
	}
	if i := u.predicate(); i >= 0 && c.says[i] >= 0.6 && judging.MatchString(c.text) {
		bonus += 0.25 // "is geen overheidsinstelling", where the question asks whether it is of the overheid
	}
	if len(negatorsOf(c.words)) > 0 || strings.Contains(" "+c.plain+" ", " ook ") || strings.Contains(" "+c.plain+" ", " wel ") {
		bonus += 0.06
	}
	return bonus
}

// judging are sentences that say outright whether something is so.
var judging = re(`(?i)\b(is|zijn|heeft|hebben|was|waren|hoeft|hoeven|mag|mogen) (dus |ook |wel )?(geen|niet)\b|\b(is|are|was|were|has|have|does) (not|no)\b`)

// shortAsked marks questions after what an abbreviation stands for.
var shortAsked = re(`\b(afkorting|staat|staan|betekent|betekenen|stand|stands|abbreviation|short for|mean|means)\b`)

// expands reports whether a sentence says what an abbreviation is short for.
func expands(sentence, abbreviation string) bool {
	if len(abbreviation) < 2 || len(abbreviation) > 6 {
		return false
	}
	lower := strings.ToLower(sentence)
	return strings.Contains(lower, "("+abbreviation+")") || strings.Contains(lower, "afkorting") && strings.Contains(" "+plain(sentence)+" ", " "+abbreviation+" ")
}
