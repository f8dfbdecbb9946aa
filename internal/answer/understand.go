package answer

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Form is the kind of answer a question asks for.
type Form string

// The forms of question.
const (
	FormNumber     Form = "number"     // hoeveel
	FormDate       Form = "date"       // wanneer, welk jaar
	FormDuration   Form = "duration"   // hoe lang
	FormFrequency  Form = "frequency"  // hoe vaak
	FormWho        Form = "who"        // persons, organisations
	FormDefinition Form = "definition" // wat is een …
	FormWhere      Form = "where"
	FormWhy        Form = "why"
	FormHow        Form = "how"
	FormList       Form = "list" // welke, noem
	FormYesNo      Form = "yes_no"
	FormOpen       Form = "open"
)

// Understanding is what a turn makes of its question before it looks anything up.
type Understanding struct {
	Intent   Intent
	Lang     string // of the reply: "nl" or "en"
	Asked    string // language of the question
	Question string // the whole question; a follow-up is completed from the history
	FollowUp bool
	Form     Form
	// Present is set when the question asks how things are now, so that a newer
	// state of affairs goes before an older one.
	Present bool
	// Subject is what a definition question wants defined: its content words.
	Subject    []string
	plain      string // the question folded, for patterns
	terms      []*term
	numbers    []dutch.Number // of the question: years, dates, publication numbers, amounts
	premise    bool           // it asks whether something is so
	comparison *comparison    // what it wants compared, or nil
	inContext  *Understanding // a question that names nothing, about what the conversation was about
	instead    *Understanding // the same without the number it takes for true, see without
	otherwise  *Understanding // the same without whom or what place it takes for true
	placeOnly  bool           // but for the Council it names nothing but a place
	alone      *Understanding // a follow-up that may stand on its own, without the conversation
	told       []string       // answers whose sentences are not to be said again, or nil
	// assumed: it was made of a question that takes for true what it does not say.
	assumed bool
	// composition: it asks who or what a body is made up of.
	composition bool
	achieved    bool // it asks what was reached
	wordAsked   bool // it describes a thing and wants the word for it
	// What it asks of another thing, and of whom, as readHeads finds it.
	heads                               []string
	speaker, speakerEnglish, attributed string
	slot                                wanted
	measure                             string  // unit that the answer must have: "%", "euro"; "" for any
	counted                             *term   // what is counted in a hoeveel question
	asRead                              []*term // the terms and what is counted, before passages weighed them
	countedAsRead                       *term
	spelled                             string     // the question folded, its question words mended
	vocabulary                          vocabulary // of the passages
	title                               string     // of a publication that it names, as the passages give it
	views                               []*view    // the passages, as they were read for this question
}

// term is something the question is about, that its answer has to cover.
type term struct {
	text   string
	alts   []alternative
	weight float64
	name   bool // names and places: an answer without it answers something else
	// known is how well the retrieved passages know the term at best, 0 to 1.
	known   float64
	light   bool // names the type of the answer only
	council bool // the SER itself
	held    bool // what a follow-up is about
	long    bool // of a name that has an abbreviation
	role    bool // an office or function: someone else's is another question
	kind    bool // names the kind of thing that is asked for: welke stad
	verb    bool // what the subject does or what is done with it
}

// alternative is one way to say a term: all its words.
type alternative struct {
	words  []word
	factor float64
	memo   [][]float64 // per word: how far the lemmas of the turn's vocabulary support it
}

// generic words of questions say little about what the answer contains.
var generic = set(`precies eigenlijk weten weet vertel vertellen leg uitleggen uitleg noem noemen geef geven graag kort even soort soorten naam heet heten
	genoemd bedoeld bedoelt bedoelen betekent betekenis betekenen informatie iets dingen ding zaken zaak manier manieren vraag antwoord
	onder inhoud houdt inhouden heeft hebben had bestaat bestaan maken maakt gemaakt doet doen gedaan ligt staat staan zit zitten gaat gaan zeggen zegt
	allemaal huidige nu tegenwoordig momenteel vandaag vroeger ooit totaal ongeveer globaal namelijk verschillende belangrijk belangrijke belangrijkste rol
	jaar jaren keer aantal gebeurde gebeurt gebeuren gebeurd eens dus wel nog meest afkorting woord term begrip omschrijving definitie voorbeeld
	hoi hallo dag alsjeblieft svp aub please mag kunt kun kan kon wilt wil zou ben bent waarover waaruit waarmee waartoe waardoor waarvoor hiervan daarvan
	tell know explain describe name names called mean means meaning kind type kinds types exactly actually information something things way short give list
	happen happened stand stands say says does did current currently total roughly different important main year years time times much many abbreviation definition word
	since until before after first main whole still ever yet already really current official regarding via via
	through via per within during against under into between among upon toward across over off
	gewoon stukje eigenlijke echt zo'n zo n helemaal best wel hoor joh toch nou gast dingetje spul hele paar beetje iemand moment tijd elkaar bijeen vandaan vandoor vandaag mee heen af voordat nadat waarna destijds toenmalig bus d erom erover ervoor erin erbij eraan ermee steeds altijd
	gaan ging zich laten luidde luidt luiden ook weer ff effe es is ie zn hebt
	there get got take takes took place been make made part like used use take exist exists consist involve involved about content concern concerns deal deals according
	vanaf volgens omstreeks rondom centraal betreft betreffen betrof betroffen`)

// questionWords that people misspell, by their sound.
var questionWords = func() map[string]string {
	m := make(map[string]string)
	for w := range strings.FieldsSeq("wanneer hoeveel waarom welke welk waar hoelang waarvoor waarover hoeveelste datum afkorting betekent betekenen") {
		m[dutch.Sound(w)] = w
	}
	m["wnr"] = "wanneer"
	return m
}()

// questionSounds are their sounds, in one order.
var questionSounds = slices.Sorted(maps.Keys(questionWords))

// spellQuestionWords folds a question and mends its misspelt question words.
func spellQuestionWords(question string) string {
	fields := strings.Fields(plain(question))
	for i, f := range fields {
		if len(f) < 3 {
			continue
		}
		sound := dutch.Sound(f)
		if w, ok := questionWords[sound]; ok {
			fields[i] = w
			continue
		}
		for _, s := range questionSounds {
			w := questionWords[s]
			if (len(w) >= 6 && len(f) >= 5 || w == "datum") && dutch.Distance(sound, s, 1) <= 1 && f[0] == w[0] {
				fields[i] = w
			}
		}
	}
	return strings.Join(fields, " ")
}

// weak are common verbs: a question's "kreeg" is seldom in the words of the answer.
var weak = func() map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(`komen kwam komt kwamen gekomen krijgen krijg krijgt kreeg kregen gekregen halen haalt haalde haalden gehaald vallen valt viel geven gaf gaven gegeven
		nemen neemt nam namen genomen houden houd houdt hield hielden gehouden vinden vind vindt vond vonden gevonden gebruiken gebruikt brengen brengt bracht gebracht
		beginnen begint begon begonnen lopen loopt liep gelopen blijven bleef zetten zet gezet leggen legt legde gelegd liggen lag zien ziet zag gezien zeggen zei schrijven schrijft schreef
		werken werkt werkte draaien draait spelen speelt speelde speelden helpen helpt hielp willen wilde wilden moesten moest mocht mochten kon konden horen hoort hoorde vragen vraagt vroeg vroegen
		noemen noemt noemde noemden luiden ontstaan ontstond ontvangen ontvangt ontving sturen stuurt stuurde regelen regelt richten richt gebeurt vertelde adviseert adviseerde kiezen koos gekozen
		gelden geldt gold staan stond stonden zaten zat voeren voert voerde doen deden deed gebeuren veranderde worden duren duurt duurde kosten kost kostte verschijnen verschijnt verscheen verschenen
		ask asks asked hold held give gave given come came bring brought find found use used need needed want wanted help helped work works worked see saw seen keep kept put write wrote written run ran show showed
		receive received become became happen call called propose proposed choose chose mention mentioned present presented publish published appear appeared change changed set win won`) {
		m[w] = true
	}
	return m
}()

// formOf tells the form of a question.
func formOf(question string) Form {
	text := spellQuestionWords(question)
	for _, f := range forms {
		if f.pattern.MatchString(text) {
			return f.form
		}
	}
	first, rest, _ := strings.Cut(text, " ")
	if verbFirst[first] || opensWithVerb(first, rest) {
		return FormYesNo
	}
	return FormOpen
}

// opensWithVerb reports whether a question opens with a verb and its subject: vond de
// SER dat nodig. Verbs that ask for an answer are none: noem de taken.
func opensWithVerb(first, rest string) bool {
	next, _, _ := strings.Cut(rest, " ")
	return subjectFirst[next] && !tellingVerbs[first] && !particles[first] && infinitiveOf(first) != "" && (isPast(first) || strings.HasSuffix(first, "t"))
}

var (
	subjectFirst = set(`de het een je u men ze zij er ser iemand iedereen elk elke the`)
	tellingVerbs = set(`geeft vertelt noemt weet zoekt`)
	isPastEnding = re(`(te|de|ten|den)$`)
)

// pastPlural is the form of most Dutch verbs for what several did, of borrowed ones too:
// sponsorden.
var pastPlural = re(`^\w{4,}[^e](den|ten)$`)

// isPast reports whether a word is the past form of a Dutch verb, as far as its form
// tells.
func isPast(form string) bool { return isPastEnding.MatchString(form) || isStrong(form) }

var forms = []struct {
	form    Form
	pattern *pattern
}{
	{FormDate, re(`\b(sinds wanneer|since when)\b`)},
	{FormDefinition, re(`^wat (staat|betekent|is|staan) (de |het )?(afkorting |letters? )?\w+( voor)?$|\b(waar|wat) staa(t|n) .{1,40} voor\b|\bstand for\b|\b(betekent|betekenen) .{0,20}\bafkorting\b`)},
	{FormDefinition, re(`^(en )?waar (gaat|gaan|ging|gingen|draait|draaide) .+ (over|om)$|\bwaarover (gaat|gaan|ging)\b|^what (is|are|was) .+ about$|^wat voor (een |soort )?\w+ (is|zijn|was|waren)\b`)},
	{FormDuration, re(`\b(hoe ?lang|how long|hoe oud|how old|hoeveel (jaar|maanden|weken|dagen|uur)|how many (years|months|weeks|days|hours))\b`)},
	{FormFrequency, re(`\b(hoe vaak|hoe dikwijls|hoe regelmatig|om de hoeveel \w+|how often|how many times|hoeveel keer)\b`)},
	{FormDate, re(`\b(hoeveelste|wanneer|welk(e)? (jaar|datum|maand|dag|jaartal)|wat voor jaar|when|which (year|date|month|day)|what (year|date|month|day)|sinds wanneer|hoe laat|since when)\b`)},
	{FormNumber, re(`\b(hoeveel\w*|hoe veel|hoe groot|hoe hoog|welk (aantal|percentage|bedrag|deel)|welke leeftijd|(what|which) age|wat kost\w*|aantal|how many|how much|how large|how big|how high|(what|wat) ((is|was|are|were|zijn|waren) (the|het|de) )?(number|percentage|share|amount|size|aandeel|bedrag|omvang)|number of)\b`)},
	{FormWhy, re(`\b(waarom|waardoor|hoezo|wat is de reden|om welke reden|why|for what reason|what is the reason)\b`)},
	{FormWho, re(`^(en |and )?(door |met |van |aan |voor |namens |bij |by |with |from |to )?(wie|wiens|who|whose|whom)\b|\b(door wie|met wie|van wie|aan wie|bij wie|namens wie|by whom|with whom|welke (persoon|organisatie|organisaties|partij|partijen|instantie|bedrijf|bedrijven|minister|commissie)|which (person|organisation|organisations|organization|company|companies|body|committee)|who)\b`)},
	{FormWho, re(`^(en |and )?hoe (heet|heette|heten|heetten) (die|deze|de (voorzitter|directeur|secretaris|minister|oprichter|leider))\b`)},
	{FormDefinition, namingAsked},
	{FormWhere, re(`^(en |and )?(waar|where)\b|\b(in|uit|bij|naar) (welke|wat voor) (stad|plaats|regio|steden|gemeente|gebouw|land)\b|\bin (which|what) (city|place|town|building|country)\b`)},
	{FormList, re(`\b(welke|welk|noem|geef een lijst|opsomming|which|list|name the|what are the|wat zijn de)\b`)},
	{FormHow, re(`^(en |and )?(hoe|op welke manier|how|in what way)\b`)},
	{FormDefinition, re(`^(wat|what)( (is|zijn|was|waren|are|s|were|betekent|betekenen|betekende|houdt|doet|wordt|does|do))\b|\bwhat (does|do) .* (mean|stand for|do)\b|\b(leg uit wat|uitleg over|definitie van|definition of|wat (bedoel\w*|versta\w*|wordt bedoeld|wordt verstaan) (\w+ )?(met|onder)|wat is|what is)\b`)},
}

// namingAsked asks for the word or name for what it describes.
var namingAsked = re(`^(en |and )?hoe (noem|noemt|noemen|noemde|heet|heten|heette|heetten)\b|\bwhat (is|are|was|were) .{3,80} called\b|^what do (you|we|they) call\b`)

var verbFirst = set(`is zijn was waren heeft hebben had kan kunnen mag moet moeten wordt worden werd werden doet doen gaat bestaat bestaan hoort telt krijgt geeft klopt zit zitten staat adviseert betaalt vergadert maakt does do did is are was were has have had can could may must will would should`)

// What makes a question one whether something is so: premise opens it, surely closes
// it, and between them stands what somebody takes for true. stillSo is a statement
// that asks to be confirmed: "de SER maakt toch wetten?"
var (
	premise = re(`(?i)^\s*(klopt het( nou| nog| eigenlijk)*,? dat|is het( nou| echt| eigenlijk)* (waar|zo|juist|correct),? dat|heb ik het goed,? dat|het (is|was) toch( zeker| wel)? (zo|waar),? dat|ik (dacht|meende|hoorde|las|begreep|begrijp|heb gehoord|heb gelezen)( altijd)?,? dat|is it (true|correct|right) that|i (thought|heard|read) that)\s+`)
	surely  = re(`(?i)(,? (klopt dat|klopt het|is dat (zo|juist|waar|correct)|of niet|nietwaar|is that (right|true|correct|so)|isn't it|right)|,? toch)( nog| nou| eigenlijk)*\s*\?*\s*$`)
	stillSo = re(`(?i)\btoch( ook| wel| nog| zeker)?\s`)
)

// asPremise is the statement that a question wants confirmed.
func asPremise(question string) (statement string, ok bool) {
	statement = premise.ReplaceAllString(question, "")
	ok = statement != question
	if closed := surely.ReplaceAllString(statement, "?"); closed != statement && (ok || formOf(closed) == FormOpen || formOf(closed) == FormYesNo) {
		statement, ok = closed, true
	}
	if !ok && formOf(question) == FormOpen && stillSo.MatchString(question) {
		statement, ok = stillSo.ReplaceAllString(question, ""), true
	}
	return statement, ok
}

// without is a question whether something is so, asked without the number or year it
// takes for true: how many, or when. What the documents say then confirms or corrects
// it. The question "klopt het dat de SER 45 leden heeft" is answered by how many
// members there are.
func (u *Understanding) without(statement string) (question string, ok bool) {
	r := []rune(statement)
	var years []dutch.Number
	for _, n := range u.numbers {
		switch {
		case n.Kind == dutch.Quantity && (len(n.Noun) > 0 && n.Unit == "" || n.Unit == "%"):
			how := "hoeveel"
			if u.Asked == "en" {
				how = "how many"
			}
			if n.Unit == "%" {
				how += " procent"
			}
			return string(r[:n.Start]) + how + string(r[n.End:]), true
		case n.Kind == dutch.Year || n.Kind == dutch.CalDate:
			years = append(years, n)
		case n.Kind == dutch.Ordinal:
		default:
			return "", false
		}
	}
	if len(years) != 1 {
		return "", false
	}
	before := strings.TrimRight(string(r[:years[0].Start]), " ")
	for _, small := range []string{" in", " op", " sinds", " vanaf", " on", " since"} {
		before = strings.TrimSuffix(before, small)
	}
	when := "wanneer "
	if u.Asked == "en" {
		when = "when "
	}
	return when + before + string(r[years[0].End:]), true
}

// splitter finds where one message asks a second question: after a question mark, or
// after "en" before a question word.
var splitter = re(`(?i)(\?\s+(?:en\s+|and\s+)?|,?\s+(?:en|and)\s+)((?:(?:op|in|met|door|voor|van|uit|aan|bij|sinds|tot|on|with|by|for|from|since|of)\s+)?(?:hoeveel|wie|wat|wanneer|waar|waarom|hoe|welke?|who|what|when|where|why|how|which)(?:\s|\?))`)

// mostParts bounds the questions that one message is taken apart into; leastAsked is how
// many words each has at least.
const (
	mostParts  = 3
	leastAsked = 3
)

// parts are the questions of a message that asks several, or the message.
func parts(message string) []string {
	var out []string
	rest := message
	for len(out) < mostParts-1 {
		m := splitter.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		first, next := strings.TrimSpace(rest[:m[2]]), rest[m[4]:]
		least := leastAsked
		if strings.HasPrefix(rest[m[2]:], "?") {
			least-- // "En sinds wanneer?" is a question of its own
		}
		if len(strings.Fields(first)) < leastAsked || len(strings.Fields(next)) < least {
			break
		}
		out = append(out, first+"?")
		rest = next
	}
	return append(out, rest)
}

// markup in a question asks nothing.
var markup = re(`</?[a-zA-Z!][^<>]{0,80}>`)

// ownStory opens a sentence on the visitor: it asks nothing.
var ownStory = re(`(?i)^(ik|wij|we|mijn|ons|onze|i|my|our|dat|dit|die|het) (ben|heb|had|was|zit|zoek|haal|moet|wil|wou|zou|werk|woon|snap|begrijp|weet|kom|lees|las|hoor|hoorde|dacht|twijfel|vraag|vroeg|schrijf|maak|zijn|hebben|hadden|zoeken|moeten|willen|werken|am|have|had|was|need|want|work|live|always|keep|mix|am|school|docent|teacher|baas|collega|dochter|zoon)\b`)

// withoutStory is a message without the sentences in which the visitor tells of
// themselves, where another one asks.
func withoutStory(message string) string {
	if !strings.Contains(message, "?") {
		return message
	}
	r := []rune(message)
	spans := dutch.Sentences(message)
	var kept []string
	asks := false
	for _, span := range spans {
		s := strings.TrimSpace(string(r[span.Start:span.End]))
		if !strings.HasSuffix(s, "?") && ownStory.MatchString(s) {
			continue
		}
		asks = asks || strings.HasSuffix(s, "?") && len(strings.Fields(s)) >= 4
		kept = append(kept, s)
	}
	if !asks || len(kept) == len(spans) {
		return message
	}
	return strings.Join(kept, " ")
}

// understand reads a request.
func understand(req Request) Understanding {
	u := Understanding{Question: withoutMasked(strings.TrimSpace(markup.ReplaceAllString(req.Question, " "))), Lang: req.Lang}
	u.Asked = dutch.Detect(u.Question)
	if u.Lang != "nl" && u.Lang != "en" {
		u.Lang = u.Asked
	}
	if text := plain(u.Question); len(req.History) > 0 && (again.MatchString(text) || sourceAsked.MatchString(text) || explainAsked.MatchString(text)) {
		switch {
		case intoEnglish.MatchString(text):
			u.Lang = "en"
		case intoDutch.MatchString(text):
			u.Lang = "nl"
		}
	} else if u.Intent = intent(u.Question); u.Intent != IntentAsk {
		return u
	}
	u.Intent = IntentAsk
	u.Question = withoutStory(u.Question)
	from := complete(asked(u.Question), u.Asked, req.History)
	whole, form, followUp := from.question, from.form, from.followUp
	if statement, ok := asPremise(whole); ok {
		// What a question takes for true is what the documents have to say or deny.
		whole, form, u.premise = statement, FormYesNo, true
	}
	u.Question, u.FollowUp = whole, followUp
	if from.more {
		for _, e := range req.History {
			u.told = append(u.told, e.Answer)
		}
		form = FormOpen
	}
	if followUp {
		u.Asked = dutch.Detect(titlePattern.ReplaceAllString(whole, " "))
	}
	u.Form, u.plain, u.spelled = form, plain(whole), spellQuestionWords(whole)
	u.Present = !pastQuestion.MatchString(u.plain)
	u.readHeads()
	u.numbers = questionNumbers(whole)
	u.readTerms()
	u.hold(from.about)
	if followUp && form == FormYesNo && doneTo(from.own) {
		// "Is dat gehaald?" asks after nothing but that.
		last := words(from.own, u.Asked)
		for _, t := range u.terms {
			if t.text == last[len(last)-1].text {
				t.weight, t.light = 1, false
			}
		}
	}
	u.readMeasure()
	u.achieved = u.Form == FormNumber && achievedAsked.MatchString(u.plain)
	u.composition = compositionAsked.MatchString(u.plain)
	u.wordAsked = u.Form == FormDefinition && namingAsked.MatchString(u.plain) && !shortAsked.MatchString(u.plain)
	u.readSlot()
	if len(u.terms) == 0 && len(u.numbers) == 0 {
		u.Intent = IntentUnclear
	}
	u.comparison = readComparison(whole)
	if subject := u.lacksSubject(req.History); subject != "" {
		inContext := understand(Request{Question: whole + " " + subject, Lang: u.Lang})
		if inContext.Intent == IntentAsk {
			inContext.Form = form
			inContext.hold(subject)
			u.inContext = &inContext
		}
	}
	if from.bare {
		if alone := understand(Request{Question: from.own, Lang: u.Lang}); alone.Intent == IntentAsk {
			u.alone = &alone
		}
	}
	if u.Form == FormYesNo {
		u.allowOpposites()
		if q, ok := u.without(whole); ok {
			if instead := understand(Request{Question: q, Lang: u.Lang}); instead.Intent == IntentAsk && instead.instead == nil {
				instead.assumed = true
				u.instead = &instead
			}
		}
	}
	if u.Form == FormYesNo {
		if q, ok := withoutAgent(whole, u.Asked); ok {
			if otherwise := understand(Request{Question: q, Lang: u.Lang}); otherwise.Intent == IntentAsk {
				otherwise.assumed = true
				u.otherwise = &otherwise
				u.placeOnly = u.namesOnlyPlace()
			}
		}
	}
	return u
}

// wasTold reports whether a sentence was said before in a conversation that now wants
// to hear more.
func (u *Understanding) wasTold(c *candidate) bool {
	if u.told == nil {
		return false
	}
	said := strings.Join(strings.Fields(c.text), " ")
	return slices.ContainsFunc(u.told, func(t string) bool { return strings.Contains(t, said) })
}

// byAgent is whom a question takes to have done something, and inPlace where it takes
// something to be.
var (
	byAgent = regexp.MustCompile(`\b((?i:door|by)) ((?:(?i:de|het|een|the|a) )?[\pL\d’'-]+(?: \p{Lu}[\pL\d’'-]*)*)`)
	inPlace = regexp.MustCompile(`\b((?i:in|te|at)) (\p{Lu}[\pL-]+(?: \p{Lu}[\pL-]+)?)`)
)

// withoutAgent is a question whether something is so, asked after who did it or where it
// is: the documents then name the right one.
func withoutAgent(statement, lang string) (string, bool) {
	who, where := "door wie", "waar"
	if lang == "en" {
		who, where = "by whom", "where"
	}
	if m := byAgent.FindStringIndex(statement); m != nil {
		return statement[:m[0]] + who + statement[m[1]:], true
	}
	if m := inPlace.FindStringSubmatchIndex(statement); m != nil && places[dutch.Fold(statement[m[4]:m[5]])] {
		head := strings.TrimRight(statement[:m[0]], " ")
		if first, _, _ := strings.Cut(head, " "); verbFirst[dutch.Fold(first)] {
			head = strings.ToLower(first) + head[len(first):]
		}
		return strings.TrimRight(where+" "+head, " ") + statement[m[1]:], true
	}
	return "", false
}

// namesOnlyPlace reports whether a question is about the Council and a place and says no
// more of them: zit de SER in Rotterdam?
func (u *Understanding) namesOnlyPlace() bool {
	place, council := false, false
	for _, t := range u.terms {
		switch {
		case places[t.text]:
			place = true
		case t.council:
			council = true
		case t.weight > 0.5 || t.name:
			return false
		}
	}
	return place && council
}

// hold makes what a follow-up takes from the conversation something that its answer
// has to be about.
func (u *Understanding) hold(about string) {
	if about == "" {
		return
	}
	taken := " " + plain(about) + " "
	for _, t := range u.terms {
		t.held = strings.Contains(taken, " "+t.text+" ") && !t.council && !t.light && t.weight >= 0.5 && !weak[t.text]
	}
}

// fewTerms is how many words with content a question has at most that may well be
// about what the conversation was about.
const fewTerms = 2

// lacksSubject is what the conversation was about, for a short question that names
// nothing itself: "is het verplicht om mee te doen?". It is "" where there is none.
func (u *Understanding) lacksSubject(history []Exchange) string {
	if u.FollowUp || len(u.numbers) > 0 || u.Form == FormDefinition || u.Form == FormOpen || u.comparison != nil {
		return ""
	}
	heavy := 0
	for _, t := range u.terms {
		if t.name || t.council {
			return ""
		}
		if !t.light && t.weight >= 0.5 {
			heavy++
		}
	}
	if heavy > fewTerms {
		return ""
	}
	for i, e := range slices.Backward(history) {
		if i < len(history)-mostResolved {
			break
		}
		if subject := subjectOf(e.Question); subject != "" && !strings.EqualFold(subject, "ser") {
			return subject
		}
	}
	return ""
}

// opposed is what a word counts for that says the opposite of a question's: whether
// the meetings are secret is answered by that they are public.
const opposed = 0.85

// allowOpposites lets the opposites of the words of a yes-or-no question count.
func (u *Understanding) allowOpposites() {
	for _, t := range u.terms {
		if len(t.alts) == 0 || len(t.alts[0].words) != 1 || t.name || t.council {
			continue
		}
		if comparatives[t.text] {
			t.weight, t.light = 1, false // it is what the question is about
		}
		for _, key := range dutch.Antonyms(t.alts[0].words[0].key) {
			t.alts = append(t.alts, alternative{words: []word{{text: key, stem: key, key: key}}, factor: opposed})
		}
	}
}

// comparatives say which of two it is: groter, kleiner.
var comparatives = set(`groter kleiner ouder jonger hoger lager sneller langzamer beter slechter duurder goedkoper rijker armer sterker zwakker bigger larger smaller older younger higher lower`)

// pastQuestion marks questions about how things were.
var pastQuestion = re(`\b(was|waren|werd|werden|had|hadden|telde|vroeger|destijds|toen|voor 19\d\d|tot 19\d\d|were|did|used to|formerly)\b`)

// questionNumbers are the numbers an answer has to cover: not "een".
func questionNumbers(q string) []dutch.Number {
	var out []dutch.Number
	for _, n := range dutch.Numbers(q) {
		if !trivial(n) {
			out = append(out, n)
		}
	}
	return out
}

// everydayWeight is what a word that says how people ask counts beside one that
// says what about: with it colloquial questions are answered that were declined
// before, and no more that should be declined.
const everydayWeight = 0.15

// readTerms finds what the question is about.
func (u *Understanding) readTerms() {
	ws := words(u.Question, u.Asked)
	numeric := func(w word) bool {
		return slices.ContainsFunc(u.numbers, func(n dutch.Number) bool { return w.start >= n.Start && w.end <= n.End })
	}
	taken := make([]bool, len(ws))
	if u.Asked == "en" {
		tokens := make([]dutch.Token, len(ws))
		for i, w := range ws {
			tokens[i] = dutch.Token{Text: w.text}
		}
		for _, t := range dutch.Translate(tokens) {
			first := ws[t.From]
			if t.To-t.From == 1 && (first.stop || numeric(first)) {
				continue
			}
			out := &term{text: t.English, weight: 1}
			// What says little in Dutch says little in English: role of, rol van.
			says, dutchSays := contentOf(ws[t.From:t.To]), contentOf(words(t.Dutch[0], "nl"))
			little := func(list map[string]bool) bool {
				return t.To-t.From == 1 && list[first.text] || len(says) == 1 && len(dutchSays) == 1 && list[dutchSays[0].text]
			}
			switch {
			case little(generic):
				out.weight = 0.3
			case little(weak):
				out.weight = 0.6
			}
			if t.To-t.From == 1 && dutch.IsEveryday(first.text, "en") {
				out.weight, out.light = min(out.weight, everydayWeight), true
			}
			for i := t.From; i < t.To; i++ {
				taken[i] = true
			}
			out.role = roles[first.text] && t.To-t.From == 1
			out.verb = t.To-t.From == 1 && englishVerbKeys[dutch.StemEnglish(first.text)]
			out.long = t.To-t.From > 1 && !first.opening && first.capital && ws[t.To-1].capital
			for i, d := range t.Dutch {
				out.alts = append(out.alts, alternative{words: contentOf(words(d, "nl")), factor: 1 - 0.02*float64(i)})
			}
			// The English words themselves, for English text and for names.
			out.alts = append(out.alts, alternative{words: contentOf(ws[t.From:t.To]), factor: 1})
			u.terms = append(u.terms, out)
		}
	}
	spelled := strings.Fields(u.spelled)
	for i, w := range ws {
		if i < len(spelled) && spelled[i] != w.text {
			taken[i] = true // a misspelt question word
		}
		if taken[i] || w.stop || numeric(w) || w.number || len(w.text) < 2 && !w.capital {
			continue
		}
		t := &term{text: w.text, weight: 1, alts: []alternative{{words: []word{w}, factor: 1}}}
		t.name = nameInQuestion(ws, i)
		if t.name && appended(u.Question, ws, i) {
			t.name, t.weight = false, 0.4
		}
		t.role = roles[w.text]
		afterWhich := i > 1 && asksWhich[ws[i-2].text] && !ws[i-1].stop
		t.verb = infinitiveOf(w.text) != "" && (i > 0 && asksWho[ws[i-1].text] || afterWhich && isPast(w.text) || participle.MatchString(w.text) || inseparable.MatchString(w.text)) ||
			afterWhich && pastPlural.MatchString(w.text)
		if generic[w.text] && !t.name {
			t.weight = 0.25
		}
		if weak[w.text] && !t.name {
			t.weight = 0.5
		}
		if dutch.IsEveryday(w.text, u.Asked) && !t.name {
			t.weight, t.light = min(t.weight, everydayWeight), true
		}
		if w.text == "raad" && !ofOther(ws, i) {
			t.alts = append(t.alts, alternative{words: words("SER", "nl"), factor: 0.9})
		}
		if long := abbreviations[w.text]; long != "" {
			t.alts = append(t.alts, alternative{words: contentOf(words(long, "nl")), factor: 1})
		}
		u.terms = append(u.terms, t)
	}
	if u.Asked == "nl" {
		u.joinParticles(ws)
		u.undiminish()
	}
	u.joinLongForms()
	u.joinPhrases()
	for _, t := range u.terms {
		for _, a := range t.alts {
			t.council = t.council || len(a.words) == 1 && a.words[0].text == "ser"
		}
	}
	u.weighTypeWord()
	u.weighInstead()
	u.weighAgreement()
	u.weighSaying()
	u.weighNamed()
	u.weighVerbs()
	for _, t := range u.terms {
		if len(t.alts) > 0 {
			u.Subject = append(u.Subject, t.text)
		}
	}
}

// ofOther reports whether the "Raad" at i is another one than the Council: Raad van
// State, Raad van de Toekomst.
func ofOther(ws []word, i int) bool {
	for j := i + 1; j < len(ws) && j <= i+3; j++ {
		if !ws[j].stop {
			return j > i+1 && ws[j].capital && ws[i+1].text == "van"
		}
	}
	return false
}

// appended reports whether word i is what follows a dash or an ampersand in a long
// name, such as "Amsterdam – Divers & Inclusief": a text may well leave it out.
func appended(question string, ws []word, i int) bool {
	if i == 0 || places[ws[i].text] {
		return false
	}
	between := corpusSlice(question, ws[i-1].end, ws[i].start)
	return (strings.Contains(between, " – ") || strings.Contains(between, " - ") || strings.Contains(between, " & ")) && ws[i-1].capital
}

// particles are what separable verbs leave at the end of a clause.
var particles = set(`aan af bij binnen door in mee na om op over samen tegen terug toe uit vast voor weg plaats deel`)

// joinParticles lets a verb with its particle count as one word: "haalde … op" is
// ophalen, "komt tot stand" is totstandkomen.
func (u *Understanding) joinParticles(ws []word) {
	for i, w := range ws {
		last := i == len(ws)-1 || ws[i+1].opening || ws[i+1].clause != w.clause
		particle := w.text
		switch {
		case w.text == "stand" && i > 0 && ws[i-1].text == "tot":
			for _, t := range u.terms {
				if t.text == "stand" {
					t.weight, t.light = 1, false
					t.alts = append(t.alts, alternative{words: words("totstandkoming", "nl"), factor: 1}, alternative{words: words("voorbereiden", "nl"), factor: 0.6})
				}
			}
			continue
		case !last || !particles[w.text]:
			continue
		}
		for _, t := range u.terms {
			if v := t.alts[0].words[0]; !t.name && v.start < w.start && !v.capital && len(t.alts[0].words) == 1 {
				t.alts = append(t.alts, alternative{words: []word{{text: particle + v.text, stem: particle + v.stem, key: particle + v.key}}, factor: 1})
				if t.light && verbForms()[particle+t.text] != "" {
					t.weight, t.light = 0.7, false // vaststellen says more than stellen
				}
			}
		}
	}
}

// undiminish lets a diminutive count for its word: werkgroepje, clubje, stadje.
func (u *Understanding) undiminish() {
	for _, t := range u.terms {
		text := strings.TrimSuffix(t.text, "s")
		if t.name || !strings.HasSuffix(text, "je") {
			continue
		}
		for _, ending := range []string{"je", "tje", "pje", "etje"} {
			if base, ok := strings.CutSuffix(text, ending); ok && len(base) >= 4 {
				t.alts = append(t.alts, alternative{words: words(base, "nl"), factor: 1})
			}
		}
	}
}

// typeWord finds what a question word asks for: welke stad, in which year.
var typeWord = re(`\b(?:welke?|wat voor|wat voor een|which|what|hoe|how)(?: (?:twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf|two|three|four|five|six|seven|eight|nine|ten|\d{1,2}))?(?: \w+(?:lijke|ische|ale|iele|ieve|ende|ste|nieuwe|grote|kleine|oude|jonge|andere|ic|al|ish))? (\w+)`)

// weighTypeWord makes light the word that only names the type of the answer: "in
// welke stad" wants Den Haag, which a text seldom calls a city.
func (u *Understanding) weighTypeWord() {
	m := typeWord.FindStringSubmatch(u.spelled)
	if m == nil {
		return
	}
	weight := 1.0
	switch u.Form {
	case FormWhere, FormDate, FormWho:
		weight = 0.2
	case FormNumber, FormDuration, FormFrequency:
		if u.counted == nil && measuring[m[1]] {
			weight = 0.2
		}
	case FormList, FormDefinition:
		weight = 0.5
	}
	for _, t := range u.terms {
		if t.text == m[1] || t.alts[len(t.alts)-1].words[0].text == m[1] {
			t.weight = min(t.weight, weight)
			t.light = t.weight < 1
			t.kind = t.text == m[1]
		}
	}
}

// weighInstead makes light the place of "in plaats van", which is none.
func (u *Understanding) weighInstead() {
	if !strings.Contains(u.plain, "in plaats van") {
		return
	}
	for _, t := range u.terms {
		if t.text == "plaats" {
			t.weight, t.light = everydayWeight, true
		}
	}
}

// agreeing asks about being of one mind, and disagreeing about not being so.
var (
	agreeing    = re(`\beens (is|zijn|was|waren|wordt|worden|werd|werden|bent)\b|\b(is|zijn|was|waren|wordt|worden|werd|werden) .*\beens\b`)
	disagreeing = re(`\b(niet|geen|nooit|oneens)\b`)
)

// weighAgreement makes weigh that people are of one mind, which texts say in words of their
// own.
func (u *Understanding) weighAgreement() {
	asked := u.Question[strings.LastIndexByte(u.Question, ',')+1:] // what went before may stand before a comma
	if !agreeing.MatchString(plain(asked)) {
		return
	}
	others := "unaniem eensgezind"
	if disagreeing.MatchString(u.plain) {
		others = "verdeeld minderheid oneens"
	}
	for _, t := range u.terms {
		if t.text != "eens" {
			continue
		}
		t.weight, t.light = 1, false
		for w := range strings.FieldsSeq(others) {
			t.alts = append(t.alts, alternative{words: words(w, "nl"), factor: 0.9})
		}
	}
}

// weighVerbs makes common verbs lighter where a fact is asked for: when, how often
// and how many tell themselves what happened.
func (u *Understanding) weighVerbs() {
	switch u.Form {
	case FormFrequency, FormDuration:
	default:
		return
	}
	for _, t := range u.terms {
		if weak[t.text] && len(u.terms) > 1 {
			t.weight = min(t.weight, 0.3)
		}
	}
}

// headNamed is the noun that a question wants the word for: hoe heet het antwoord op.
var headNamed = re(`^(?:en )?hoe (?:noem|noemt|noemen|noemde|heet|heten|heette|heetten) (?:je|men|ze|we|u|wij)? ?(?:de|het|een)? ?(\w+) (?:van|op|voor|in|waar|die|dat|om|met|over|tussen)\b`)

// weighNamed makes weigh what a question wants the word for, however everyday it is.
func (u *Understanding) weighNamed() {
	m := headNamed.FindStringSubmatch(u.plain)
	if m == nil {
		return
	}
	for _, t := range u.terms {
		if t.text == m[1] && (!generic[t.text] || t.text == "vraag" || t.text == "antwoord") {
			t.weight, t.light = 1, false
		}
	}
}

// weighSaying makes light who says it, where that is the Council as ever: wat is een
// zzp'er volgens de SER. A text of the Council need not say it again.
func (u *Understanding) weighSaying() {
	if !accordingTo.MatchString(u.plain) {
		return
	}
	heavy := slices.ContainsFunc(u.terms, func(t *term) bool { return !t.council && !t.light && t.weight >= 0.5 })
	for _, t := range u.terms {
		if t.council && heavy {
			t.weight = min(t.weight, 0.2)
		}
	}
}

var accordingTo = re(`\b(volgens de (ser|raad|sociaal-economische raad)|according to the (ser|council))\b`)

var measuring = set(`leeftijd age groot hoog lang vaak oud duur veel breed ver snel laat large big high long often old expensive wide far fast`)

func contentOf(ws []word) []word {
	out := slices.DeleteFunc(slices.Clone(ws), func(w word) bool { return w.stop })
	if len(out) == 0 {
		return ws
	}
	return out
}

// longForms are the abbreviations' long forms of several words, folded.
var longForms = func() map[string]string {
	m := make(map[string]string)
	for short, long := range abbreviations {
		if folded := plain(long); strings.Contains(folded, " ") {
			m[short] = folded
		}
	}
	return m
}()

// joinLongForms lets the words of "Sociaal-Economische Raad" count for SER too.
func (u *Understanding) joinLongForms() {
	for short, long := range longForms {
		parts := strings.Fields(long)
		many := parts[0] + "n"
		switch {
		case strings.Contains(u.plain, long):
		case strings.Contains(u.plain, many+strings.TrimPrefix(long, parts[0])): // zelfstandigen zonder personeel
			parts[0] = many
		default:
			continue
		}
		for _, t := range u.terms {
			if slices.Contains(parts, t.text) {
				t.alts = append(t.alts, alternative{words: words(short, "nl"), factor: 1})
				t.name, t.long = false, true
			}
		}
	}
}

// shortNames are names of several words for which a text may say one.
var shortNames = map[string]string{
	"tweede kamer": "parlement", "eerste kamer": "parlement", "staten generaal": "parlement", "house of representatives": "parlement",
	"sociale partners": "werkgevers", "social partners": "werkgevers", "derde wereld": "ontwikkelingslanden",
}

// joinPhrases lets such a word count for each word of the phrase.
func (u *Understanding) joinPhrases() {
	for phrase, short := range shortNames {
		if !strings.Contains(u.plain, phrase) {
			continue
		}
		for _, t := range u.terms {
			if slices.Contains(strings.Fields(phrase), t.text) {
				t.alts = append(t.alts, alternative{words: words(short, "nl"), factor: 0.9})
				t.name = false
			}
		}
	}
}

// nameInQuestion reports whether word i is a name whose absence makes an answer one
// to another question. The Council itself is not: the corpus is about it.
func nameInQuestion(ws []word, i int) bool {
	w := ws[i]
	if w.text == "ser" || w.text == "raad" || w.text == "council" || len(w.text) < 2 {
		return false
	}
	if places[w.text] {
		return !homeland[w.text]
	}
	if abbreviations[w.text] != "" {
		return false // an ordinary term with several ways to say it
	}
	if w.opening || calendarWords[w.text] {
		return false
	}
	if demonyms[w.text] || dutchDemonyms[w.text] {
		// The Europese Commissie, but a European law.
		return w.capital && i+1 < len(ws) && ws[i+1].capital && !ws[i+1].wide && !calendarWords[ws[i+1].text]
	}
	if strings.HasSuffix(w.text, "talig") || strings.HasSuffix(w.text, "talige") {
		return false // Engelstalige
	}
	return w.capital || w.acronym
}

// roles are offices and functions. A question after one is answered by a sentence
// that names it.
var roles = set(`voorzitter vicevoorzitter secretaris directeur minister staatssecretaris premier penningmeester oprichter woordvoerder burgemeester koning koningin
	president chair chairman chairperson chairwoman chaired chairs secretary director founder spokesperson ceo lobbyist adres telefoonnummer salaris`)

var homeland = set(`nederland netherlands`)

// dutchDemonyms say of which country something is. What a text says instead may be
// just what the question is after: a European law, not a Dutch one.
var dutchDemonyms = set(`nederlands nederlandse europees europese duits duitse engels engelse frans franse belgisch belgische amerikaans amerikaanse internationaal internationale`)

// readMeasure finds out in what the answer has to be counted.
func (u *Understanding) readMeasure() {
	text := plain(u.Question)
	switch {
	case pointsAsked.MatchString(text):
		u.measure = "pp"
	case percentAsked.MatchString(text):
		u.measure = "%"
	case u.Form == FormNumber && moneyAsked.MatchString(text):
		u.measure = "euro"
	case u.Form == FormNumber && ageAsked.MatchString(text):
		u.measure = "jaar"
	}
	if u.Form != FormNumber {
		return
	}
	m := countedPattern.FindStringSubmatch(text)
	if m == nil || amountAsked.MatchString(text) {
		return
	}
	for w := range strings.FieldsSeq(m[1]) {
		if u.counted != nil || adjectiveLike(w) || comparative[w] {
			continue
		}
		for _, t := range u.terms {
			if u.counted == nil && t.has(w, u.Asked) {
				u.counted = t
			}
		}
	}
}

// has reports whether a word of a question is one of a term's.
func (t *term) has(word, lang string) bool {
	for own := range strings.FieldsSeq(t.text) {
		if own == word || lang == "en" && dutch.StemEnglish(own) == dutch.StemEnglish(word) {
			return true
		}
	}
	return false
}

var (
	countedPattern = re(`\b(?:hoeveel|hoe veel|aantal|how many|number of)((?: \w+){1,3})`)
	amountAsked    = re(`\bhoeveel (bedraagt|bedragen|bedroeg|bedroegen|is|was|zijn|waren|kost|kosten|kostte) (de|het|een|die|dat)\b|\bhow much (is|was|are|were) (the|a|an)\b`)
	pointsAsked    = re(`\b(hoeveel procentpunt(en)?|how many percentage points?)\b`)
	percentAsked   = re(`\b(hoeveel|welk) (procent|percentage)\b|\bpercentage\b|\bhow many percent\b|\bper cent\b`)
	ageAsked       = re(`\b(welke leeftijd|(what|which) age)\b`)
	moneyAsked     = re(`\b(hoeveel (euro|geld)|wat kost\w*|hoe duur|welk bedrag|how much (money|does .* cost)|how many euros?|kosten|budget|begroting)\b`)
)

// comparative are words between "hoeveel" and what is counted.
var comparative = set(`minder meer extra andere nieuwe verschillende zulke less fewer more extra other new different such`)

func adjectiveLike(w string) bool {
	return strings.HasSuffix(w, "lijke") || strings.HasSuffix(w, "ische") || strings.HasSuffix(w, "nieuwe")
}

// mostResolved bounds how far back a conversation is looked at.
const mostResolved = 5

// completed is a question made whole by the conversation.
type completed struct {
	question string
	form     Form
	followUp bool
	about    string // what was taken from the conversation: an answer has to be about it
	own      string // the question without what was added to it from the conversation
	topic    string // what was added, or "": what the conversation is about
	focus    string // what took the place of its like in the question before, when it is a name
	instead  string // of what it took the place
	put      string // the same as it stands in the question
	bare     bool   // it may well stand on its own, when the conversation has no answer to it
	more     bool   // it asks for what was not said yet
}

// asking are the exchanges of a conversation that asked something of the documents: a
// greeting, thanks or what was refused is nothing that a follow-up follows on.
func asking(history []Exchange) []Exchange {
	return slices.DeleteFunc(slices.Clone(history), func(e Exchange) bool {
		return intent(e.Question) != IntentAsk && !again.MatchString(plain(e.Question))
	})
}

// complete makes a follow-up a whole question by what the conversation was about.
func complete(question, lang string, history []Exchange) completed {
	if at := otherSubject.FindStringIndex(question); at != nil {
		question, history = question[at[1]:], nil
	}
	form := formOf(question)
	whole := completed{question: question, form: form, own: question}
	if history = asking(history); len(history) == 0 {
		return whole
	}
	history = history[max(0, len(history)-mostResolved):]
	last := len(history) - 1
	meant, corrected := correction(question)
	back, returned := backTo(question, history)
	nth := ordinalAsked.FindStringSubmatch(plain(question))
	if !corrected && !returned && nth == nil && !dependent(question, lang) && !pointsBack(question, lang, history[last]) {
		return whole
	}
	// The question before may itself lean on the one before it.
	earlier := asked(history[last].Question)
	before := complete(earlier, dutch.Detect(earlier), history[:last])
	if !before.followUp && before.form != FormDefinition && before.form != FormOpen && subjectOf(before.own) == "" && contents(before.own, lang) <= fewTerms {
		// It may have been about what came before, without pointing at it.
		for _, e := range slices.Backward(history[:last]) {
			if subject := subjectOf(e.Question); subject != "" && !ofCouncil(subject) {
				before.topic = subject
				break
			}
		}
	}
	previous, text := before.question, plain(question)
	with := func(question, topic string, form Form) completed {
		return completed{question: question + " " + topic, form: form, followUp: true, about: before.about + " " + topic, own: question, topic: topic}
	}
	like := func(whole string, form Form, about string) completed {
		named := question
		if corrected {
			named = meant
		}
		return completed{question: whole, form: form, followUp: true, about: about, own: whole, focus: focusOf(named)}
	}
	merged := func(question string, form Form, about string) completed {
		c := like(merge(previous, question), form, about)
		c.own, c.topic = merge(before.own, question), before.topic
		return c
	}
	switch {
	case returned:
		before = complete(asked(back.earlier), lang, nil)
		return with(back.question, strings.TrimSpace(topicOf(before, back.question)+" "+back.subject), formOf(back.question))
	case inWhich.MatchString(text) && before.form == FormDefinition:
		return with(question, allOf(before, question), form)
	case existsStill.MatchString(text):
		return with(question, withoutCouncil(withoutYears(allOf(before, question))), FormYesNo)
	case sinceWhen.MatchString(text) && len(years(previous)) > 0 && namesIn(before) != "":
		return with(question, withoutYears(allOf(before, question)), form)
	case inWhich.MatchString(text):
		return merged(question, form, before.about)
	case sourceAsked.MatchString(text):
		before.followUp = true
		return before
	case again.MatchString(text):
		before.followUp, before.more = true, moreAsked.MatchString(text)
		return before
	case explainAsked.MatchString(text):
		if topic := topicOf(before, question); topic != "" && len(strings.Fields(topic)) <= fewTerms+1 {
			return completed{question: "Wat is " + topic + "?", form: FormDefinition, followUp: true, about: topic, own: "Wat is " + topic + "?", topic: topic}
		}
		before.followUp, before.more = true, true
		return before
	case corrected:
		if f := formOf(meant); f != FormOpen && contents(meant, lang) > 0 && followed.MatchString(plain(meant)) {
			return completed{question: meant, form: f, followUp: true, own: meant}
		}
		if replaced, ok := replace(previous, "en "+meant, lang); ok {
			return like(replaced, before.form, meant)
		}
		if replaced, ok := replaceLast(previous, meant); ok {
			return like(replaced, before.form, meant)
		}
		return merged(meant, before.form, before.about+" "+contentPhrase(meant))
	}
	if nth != nil {
		if topic := nthOf(nth[1], before, history); topic != "" {
			own := question
			if contents(question, lang) == 0 && form == FormOpen {
				own, form = before.own, before.form
			} else if at := ordinalSaid.FindStringSubmatchIndex(question); at != nil {
				c := with(question[:at[2]]+topic+question[at[3]:], topic, form)
				c.question = c.own
				return c
			}
			return with(own, topic, form)
		}
	}
	if earlierThan.MatchString(text) {
		if ys := years(history[last].Answer); len(ys) > 0 {
			r := []rune(history[last].Answer)
			form := before.form
			if form == FormDate {
				form = FormOpen // how it was, not when
			}
			then := strings.TrimLeft(asItWas.ReplaceAllString(previous, ""), " ?,")
			return like(merge(then, "tot "+string(r[ys[0].Start:ys[0].End])), form, "")
		}
	}
	if m := yearsOn.FindStringSubmatch(text); m != nil {
		if from, err := strconv.Atoi(yearOf(before, history[last])); err == nil {
			by, known := fewYears[m[1]]
			if !known {
				by, _ = strconv.Atoi(m[1]) // two digits at most
			}
			if backInTime[m[2]] {
				by = -by
			}
			return merged("in "+strconv.Itoa(from+by), before.form, before.about)
		}
	}
	if totalAsked.MatchString(text) {
		return like(strings.TrimRight(withoutYears(previous), " ?.,")+" "+strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "en "), "and ")), before.form, before.about)
	}
	opened := followStart.MatchString(text)
	if nowAsked.MatchString(text) {
		// "En nu?" asks the same of today.
		then := withoutYears(atThatTime.ReplaceAllString(previous, ""))
		then = wasVerb.ReplaceAllStringFunc(then, func(w string) string { return isNow[strings.ToLower(w)] })
		return like(strings.TrimRight(then, " ?.,")+" nu", before.form, before.about)
	}
	then := atThatTime.MatchString(text)
	if year := yearOf(before, history[last]); then && year != "" && form != FormDate {
		if then, year = false, "in "+year; len(years(question)) > 0 {
			year = "" // it says its own
		}
		question = atThatTime.ReplaceAllString(question, year)
	}
	bare := question
	if opened {
		bare = strings.TrimSpace(question[min(len(question), len(followStart.FindString(strings.ToLower(question)))):])
	}
	if f := formOf(bare); opened && form == FormOpen && (f == FormYesNo || followed.MatchString(plain(bare))) {
		form = f
	}
	alone := contents(question, lang) >= fewTerms && (!pointing.MatchString(text) || ownNoun(question, lang)) && (form != FormOpen || opensWithQuestion(bare))
	own := form != FormOpen && form != FormYesNo || form == FormOpen && ownQuestion.MatchString(plain(bare)) && len(strings.Fields(text)) >= 4
	if own && (!opened || contents(question, lang) == 0 || form != before.form || pointing.MatchString(text)) {
		if kind := kindAsked.FindStringSubmatch(text); kind != nil {
			// "Wat is dat voor bedrijf?" asks after who was just named.
			if name := namedIn(history[last]); name != "" {
				return like("Wat is "+name+"? "+kind[1], FormDefinition, name)
			}
		}
		// A question of its own about what the one before was about.
		topic := ""
		if form != FormWho || contents(question, lang) > 0 {
			topic = publicationIn(previous, history[last])
		}
		if when := form == FormDate || form == FormDuration || form == FormWhere || thereAsked.MatchString(text); topic == "" && contents(question, lang) == 0 && !(when && namesIn(before) != "" && !ofCouncil(namesIn(before))) {
			topic = fitting(allOf(before, question), before, question)
		}
		if topic == "" {
			topic = topicOf(before, question)
		}
		if topic != "" {
			c := with(bare, topic, form)
			c.bare = alone || fragmentAsked.MatchString(text)
			return c
		}
	}
	if form == FormYesNo && (contents(question, lang) > 0 || doneTo(question) || len(strings.Fields(question)) >= 5 && pointsAtOne.MatchString(text)) {
		topic := publicationIn(previous, history[last])
		if topic == "" {
			topic = namesIn(before)
			if topic == "" || ofCouncil(topic) && contents(question, lang) < fewTerms || then {
				topic = allOf(before, question)
				if ws := words(question, lang); slices.ContainsFunc(ws, func(w word) bool { return groups[w.text] }) {
					topic = withoutGroups(topic) // "moet de regering dat nog?", after what the parliament may
				}
			}
		}
		if topic != "" && (!opened || alone) {
			c := with(atThatTime.ReplaceAllString(bare, ""), topic, form)
			c.bare = alone
			return c
		}
	}
	if form == FormOpen || form == FormYesNo && len(strings.Fields(question)) < 5 {
		form = before.form
	}
	if focus := focusOf(question); focus != "" && before.topic != "" && len(years(question)) == 0 && contents(question, lang) <= len(strings.Fields(focus)) && pointing.MatchString(plain(before.own)) && subjectOf(before.topic) != "" {
		return with(before.own, focus, before.form)
	}
	if ws := words(question, lang); before.put != "" && strings.Contains(previous, before.put) && years(question) == nil {
		// A group takes the place of the name before it: en de werknemers?
		if from, to := run(ws, isGroup); from >= 0 {
			r := []rune(question)
			return like(strings.Replace(previous, before.put, string(r[ws[from].start:ws[to].end]), 1), form, before.about)
		}
	}
	if replaced, ok := replace(previous, question, lang); ok {
		c := like(replaced, form, before.about+" "+contentPhrase(question))
		c.instead = subjectOf(before.own)
		if ws := words(question, lang); c.focus != "" {
			if from, to := run(ws, isName); from >= 0 {
				r := []rune(question)
				c.put = string(r[ws[from].start:ws[to].end])
			}
		}
		return c
	}
	return merged(question, form, before.about+" "+contentPhrase(question))
}

// otherSubject opens a question that leaves the conversation behind.
var otherSubject = regexp.MustCompile(`(?i)^\s*(?:(?:nu |now |dan |nog |en )?(?:(?:even |een )?(?:iets|wat) (?:heel |totaal )?anders|(?:een )?(?:heel )?andere vraag|(?:een )?ander onderwerp|nieuwe vraag|something else|(?:a )?(?:different|another|new) (?:question|subject|topic)))\s*[,:;.!-]+\s*`)

// pointsBack reports whether a question names by a demonstrative what the exchange before
// named: aan welke adviezen werkte die commissie?
func pointsBack(question, lang string, before Exchange) bool {
	ws, said := words(question, lang), words(before.Question+" "+before.Answer, lang)
	for i, w := range ws {
		if i+1 >= len(ws) || !pointsAtNoun.MatchString(w.text) || ws[i+1].clause != w.clause || ws[i+1].stop || ws[i+1].capital {
			continue
		}
		if slices.ContainsFunc(said, func(s word) bool { return s.key == ws[i+1].key }) {
			return true
		}
	}
	return false
}

var pointsAtNoun = re(`^(die|dat|deze|dit|this|that|these|those)$`)

// ownNoun reports whether a follow-up names what its demonstrative points at: die
// streefcijfers.
func ownNoun(question, lang string) bool {
	ws := words(question, lang)
	for i, w := range ws {
		if pointsAtLast.MatchString(w.text) && i+1 < len(ws) && ws[i+1].clause == w.clause && contents(ws[i+1].text, lang) > 0 && infinitiveOf(ws[i+1].text) == "" {
			return true
		}
	}
	return false
}

// replaceLast puts what was meant in the place of the only word that a question is
// about.
func replaceLast(previous, meant string) (string, bool) {
	lang := dutch.Detect(previous)
	at := slices.DeleteFunc(words(previous, lang), func(w word) bool {
		return w.stop || w.number || generic[w.text] || weak[w.text] || dutch.IsEveryday(w.text, lang)
	})
	if len(at) != 1 || len(dutch.Numbers(meant)) > 0 {
		return "", false
	}
	r := []rune(previous)
	return string(r[:at[0].start]) + strings.TrimRight(meant, " ?!.") + string(r[at[0].end:]), true
}

// doneTo reports whether a question ends in a participle: is dat gehaald.
func doneTo(question string) bool {
	ws := words(question, "nl")
	return len(ws) > 1 && participle.MatchString(ws[len(ws)-1].text)
}

// asked is a question in plain words, but for what asks after the last answer.
func asked(question string) string {
	if text := plain(question); sourceAsked.MatchString(text) || explainAsked.MatchString(text) {
		return question
	}
	return inPlainWords(question)
}

// opensWithQuestion reports whether a text opens with a verb and its subject.
func opensWithQuestion(text string) bool { return formOf(text) == FormYesNo }

// followed is what a whole question opens with.
var followed = re(`^(wie|wat|waar|wanneer|waarom|hoe\w*|welke?|who|what|where|when|why|how|which)\b`)

// corrects opens a message that says what was meant: "nee, ik bedoel het
// Jongerenplatform". bedoel je asks whether something was.
var corrects = regexp.MustCompile(`(?i)^\s*(?:(?:nee|neen|no|sorry|pardon|oh|ah|nou|hm+|wacht|wait)\b[\s,.!]*)*(?:(?:ik )?bedoel(?:de)?(?: ik)?(?: je| u)?(?: eigenlijk| dus)?|bedoelt u|i mean(?:t)?|(?:do|did) you mean)\b[\s,:]*(.+)$`)

// correction is what a message says was meant.
func correction(question string) (meant string, ok bool) {
	m := corrects.FindStringSubmatch(question)
	if m == nil {
		return "", false
	}
	meant = strings.TrimSpace(m[1])
	return meant, len(strings.Trim(meant, " ?!.,")) > 1
}

// comeback is a message that goes back to something earlier: what it asks, what it
// goes back to, and the earlier question about that.
type comeback struct {
	question, subject, earlier string
}

var goesBack = regexp.MustCompile(`(?i)^\s*(?:en |and )?(?:nog )?(?:even |nu )?(?:terug naar|terugkomend op|om terug te komen op|back to|going back to|over|about)\s+(.{2,60}?)\s*[:,;.]\s+(?:nog even )?(.{4,})$`)

// backTo reads a message that goes back to something earlier.
func backTo(question string, history []Exchange) (comeback, bool) {
	m := goesBack.FindStringSubmatch(question)
	if m == nil || formOf(m[2]) == FormOpen && !followed.MatchString(plain(m[2])) {
		return comeback{}, false
	}
	r := comeback{question: m[2], subject: contentPhrase(m[1])}
	for _, e := range slices.Backward(history) {
		asked := words(e.Question+" "+e.Answer, "nl")
		if slices.ContainsFunc(words(r.subject, "nl"), func(w word) bool {
			return slices.ContainsFunc(asked, func(a word) bool { return a.key == w.key })
		}) {
			r.earlier = e.Question
			return r, true
		}
	}
	return r, r.subject != ""
}

// ordinalAsked points at one of several that were named: het tweede, de eerste van die
// twee, that last one.
var ordinalAsked = re(`\b(?:de|het|die|dat|the|that) (eerste|tweede|derde|vierde|laatste|first|second|third|last)(?: (?:van (?:die|de|deze) (?:twee|drie|vier)|van beide|of (?:those|the|these) (?:two|three)|one)\b.*| (?:advies|verkenning|rapport)$|$)`)

// ordinalSaid is the same as it was written, of several that were named.
var ordinalSaid = regexp.MustCompile(`(?i)\b((?:de|het|die|dat|the|that) (?:eerste|tweede|derde|vierde|laatste|first|second|third|last) (?:van (?:die|de|deze) (?:twee|drie|vier)|van beide|of (?:those|the|these) (?:two|three)))\b`)

var ordinalWords = map[string]int{"eerste": 0, "first": 0, "tweede": 1, "second": 1, "derde": 2, "third": 2, "vierde": 3}

// nthOf is which one an ordinal points at: of what the question before called by
// another ordinal, of the publications that the conversation asked about, or of those that
// the last answer named, in order.
func nthOf(ordinal string, before completed, history []Exchange) string {
	if m := anyOrdinal.FindString(strings.ToLower(before.question)); m != "" && m != ordinal {
		topic := contentPhrase(before.own)
		if before.topic != "" {
			topic = before.topic
		}
		return regexp.MustCompile(`(?i)\b`+m+`\b`).ReplaceAllString(topic, ordinal)
	}
	var named []string
	for i, e := range history {
		whole := complete(asked(e.Question), dutch.Detect(e.Question), history[:i]).question
		for _, n := range publicationsIn(whole) {
			if !slices.Contains(named, n) {
				named = append(named, n)
			}
		}
	}
	if len(named) < 2 {
		named = publicationsIn(history[len(history)-1].Answer)
	}
	n, ok := ordinalWords[ordinal]
	if !ok {
		n = len(named) - 1
	}
	if len(named) < 2 || n >= len(named) {
		return ""
	}
	return named[n]
}

var anyOrdinal = re(`\b(eerste|tweede|derde|vierde|first|second|third)\b`)

// publicationsIn are the publications that a text names, each once: by number, or by
// title where it has no number.
func publicationsIn(text string) []string {
	var codes, titles []string
	r := []rune(text)
	for _, n := range dutch.Numbers(text) {
		if c := "advies " + string(r[min(n.Start, len(r)):min(n.End, len(r))]); n.Kind == dutch.Code && !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	for _, t := range titlePattern.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(titles, t[1]) {
			titles = append(titles, t[1])
		}
	}
	if len(codes) > 0 {
		return codes
	}
	return titles
}

// titlePattern is a title between quotation marks, apostrophes within it.
var titlePattern = regexp.MustCompile(`(?:^|[\s(])(['‘]\p{Lu}(?:[^'’"”]|['’]\p{L})+['’])`)

// publicationAsked asks which publication it was.
var publicationAsked = re(`\b(welke?|which|what) (ser )?(advies|briefadvies|adviezen|verkenning|rapport|publicatie|akkoord|brochure|advice|report|publication|exploration|agreement)\b|\b(noem|name) .{0,10}(voorbeeld|example)|\bhoe heet(te)? (dat|dit|het|die|deze) (advies|verkenning|rapport|akkoord|brochure|briefadvies)\b|^(wat (deed|deden|gebeurde|organiseerden?)|what (did .* do|happened))\b`)

// publicationIn is the publication that the last answer named first, when its question
// asked which one it was, or "".
func publicationIn(previous string, e Exchange) string {
	if !publicationAsked.MatchString(plain(previous)) {
		return ""
	}
	r := []rune(e.Answer)
	for _, span := range dutch.Sentences(e.Answer) {
		if named := publicationsIn(string(r[span.Start:span.End])); len(named) > 0 {
			return named[0]
		}
	}
	return ""
}

// yearOf is the year that a question before was about, or else the only one that the
// first sentence of its answer gives, or "".
func yearOf(before completed, e Exchange) string {
	text := before.question
	ys := years(text)
	if len(ys) == 0 {
		text = e.Answer
		if spans := dutch.Sentences(text); len(spans) > 0 {
			r := []rune(text)
			text = string(r[spans[0].Start:spans[0].End])
		}
		for _, n := range dutch.Numbers(text) {
			if n.Kind == dutch.Year || n.Kind == dutch.CalDate && n.Year != 0 {
				ys = append(ys, n)
			}
		}
	}
	if len(ys) != 1 {
		return ""
	}
	if ys[0].Year != 0 {
		return strconv.Itoa(ys[0].Year)
	}
	r := []rune(text)
	return string(r[ys[0].Start:ys[0].End])
}

// namesIn are the names that a question is about: those it says itself, or else, where
// that is no more than the Council, those that it took from the conversation.
func namesIn(c completed) string {
	if c.focus != "" {
		return c.focus
	}
	own := subjectOf(c.own)
	if !slices.ContainsFunc(strings.Fields(own), func(w string) bool { return !dutchDemonyms[dutch.Fold(w)] && !languages[dutch.Fold(w)] }) {
		own = "" // an English brochure is no English
	}
	if named := publicationNamed.FindString(c.own); named != "" && len(publicationsIn(c.own)) == 0 {
		return contentPhrase(c.own) // a title without quotation marks goes on after its first word
	}
	if taken := subjectOf("over " + c.topic); own == "" || ofCouncil(own) && taken != "" && !ofCouncil(taken) {
		return taken
	}
	return own
}

var publicationNamed = regexp.MustCompile(`\b(?:[Vv]erkenning|[Aa]dvies|[Bb]riefadvies|[Rr]apport|[Bb]rochure|[Aa]dvice|[Rr]eport) \p{Lu}\pL+`)

// focusOf is what a follow-up names of its own, or "".
func focusOf(question string) string {
	if subject := subjectOf(question); subject != "" {
		return subject
	}
	for _, w := range words(question, "nl") {
		if w.text == "ser" {
			return "SER"
		}
	}
	return ""
}

// languages are no names that a question is about either.
var languages = set(`nederlands engels duits frans dutch english german french`)

// ofCouncil reports whether a subject is no more than the Council, which all of this is
// about.
func ofCouncil(subject string) bool { return strings.EqualFold(subject, "ser") }

// allOf are the words that say what a question is about, with what it took from the
// conversation, as far as a follow-up can point at them: what was counted is no it.
func allOf(c completed, question string) string {
	own := contentPhrase(c.own)
	if m := countedPattern.FindStringSubmatch(plain(c.own)); m != nil && c.form == FormNumber && (pointingIt(plain(question)) || pointsAtOne.MatchString(plain(question))) {
		counted := strings.Fields(m[1])[0]
		if rest := strings.Join(slices.DeleteFunc(strings.Fields(own), func(w string) bool { return dutch.Fold(w) == counted }), " "); rest != "" && !ofCouncil(rest) {
			own = rest
		}
	}
	if len(strings.Fields(own)) > 1 && c.form == FormDefinition {
		own = withoutCouncil(own)
	}
	if c.topic == "" || strings.Contains(own, c.topic) {
		return own
	}
	return strings.TrimSpace(own + " " + c.topic)
}

// withoutCouncil is a phrase without the Council, which is in all of them.
func withoutCouncil(phrase string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(phrase), ofCouncil), " ")
}

var pointsAtOne = re(`\b(hij|hem|it)\b`)

// topicOf is what a question was about, for a follow-up that names something itself: its
// names, or else its content. What the follow-up says of its own kind, a year or a
// place, is left out.
func topicOf(before completed, question string) string {
	topic, text := namesIn(before), plain(question)
	if ofTheTwo.MatchString(text) && before.instead != "" && before.focus != "" {
		return before.instead + " " + before.focus
	}
	if topic == "" || ofTheTwo.MatchString(text) || ofCouncil(topic) && pointsAtThat.MatchString(text) || before.form == FormDefinition && len(strings.Fields(allOf(before, question))) <= fewTerms || pointsAtLast.MatchString(text) && before.topic != "" {
		topic = allOf(before, question)
	}
	if len(publicationsIn(question)) > 0 && len(publicationsIn(topic)) > 0 {
		return ""
	}
	return fitting(topic, before, question)
}

// fitting is a topic without what the follow-up says of its own kind.
func fitting(topic string, before completed, question string) string {
	if len(years(question)) > 0 {
		topic = withoutYears(topic)
	}
	if slices.ContainsFunc(words(question, "nl"), func(w word) bool { return places[w.text] }) {
		topic = cmp.Or(withoutPlaces(topic), withoutPlaces(allOf(before, question)))
	}
	return topic
}

// withoutPlaces is a text without the names of places.
func withoutPlaces(text string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(text), func(w string) bool { return places[dutch.Fold(w)] }), " ")
}

// pointsAtLast are words that point at what was said last, pointsAtThat those that point
// at what was said and not at who did it.
var (
	pointsAtLast = re(`\b(die|deze|dit|those|these|that one)\b`)
	pointsAtThat = re(`\b(dat|die|dit|deze|daar\w*|er(van|over|in|bij|voor|mee|om)|hier(van|over|in|bij|voor|mee|om)|that|those|this|these)\b`)
)

// yearOpener are the small words that a year takes with it.
var yearOpener = regexp.MustCompile(`(?i)[\s,]*\b(?:(?:in|uit|over|during|van) (?:de|het|the) (?:jaren|jaar|periode|years?|period)|tot en met|in|sinds|vanaf|tot|voor|na|van|per|uit|until|since|from|by|before|after)?$`)

// withoutYears is a text without its years and the small words before them.
func withoutYears(text string) string {
	for _, y := range slices.Backward(years(text)) {
		r := []rune(text)
		head := yearOpener.ReplaceAllString(strings.TrimRight(string(r[:y.Start]), " "), "")
		text = strings.TrimSpace(head + " " + strings.TrimLeft(string(r[y.End:]), " "))
	}
	return text
}

// earlierThan asks for the time before the year that the last answer gave.
var earlierThan = re(`^(en |and )?((hoe|wat) (ging|was|zat|werkte|liep|gebeurde|gold) (dat |het |er )?|how (was|did) (it|that) (work |go )?)?(dan )?(daarvoor|ervoor|voordien|voor die tijd|before that|before)$`)

// asItWas are the words of a question after the time that something began, and by what way
// it went since, which say nothing of the time before.
var asItWas = re(`(?i)\b(sinds|vanaf) (wanneer|welk jaar)\b,?|\bsince when\b|\b(via|langs|daarlangs|through) ?(de |het |the )?([\pL-]+)?`)

// yearsOn asks for some years later or earlier.
var (
	yearsOn    = re(`^(?:en |and )?(?:hoe was dat )?(een|twee|drie|vier|vijf|zes|tien|one|two|three|four|five|six|ten|\d{1,2}) (?:jaar|years?) (later|daarna|erna|eerder|daarvoor|ervoor|earlier|before|after)$`)
	fewYears   = map[string]int{"een": 1, "one": 1, "twee": 2, "two": 2, "drie": 3, "three": 3, "vier": 4, "four": 4, "vijf": 5, "five": 5, "zes": 6, "six": 6, "tien": 10, "ten": 10}
	backInTime = set(`eerder daarvoor ervoor earlier before`)
)

// totalAsked asks for all years together.
var totalAsked = re(`^(en |and )?(hoeveel )?(in totaal|alles bij elkaar|bij elkaar|altogether|in total|overall)( dan)?$`)

// nowAsked asks for how things are, after how they were.
var (
	nowAsked = re(`^(en |and )?(nu|tegenwoordig|vandaag de dag|nowadays|now|today)( dan| nog)?$`)
	wasVerb  = regexp.MustCompile(`(?i)\b(waren|was|werd|werden|had|hadden|telde|telden|zat|zaten|were|did)\b`)
	isNow    = map[string]string{"waren": "zijn", "was": "is", "werd": "wordt", "werden": "worden", "had": "heeft", "hadden": "hebben",
		"telde": "telt", "telden": "tellen", "zat": "zit", "zaten": "zitten", "were": "are", "did": "does"}
)

// withoutGroups is a phrase without the words for persons and parties.
func withoutGroups(phrase string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(phrase), func(w string) bool { return groups[dutch.Fold(w)] }), " ")
}

// atThatTime points at the time of the question before; kindAsked asks what somebody
// or something just named is.
var (
	ownQuestion = re(`^(wat|what)\b`)
	atThatTime  = re(`\b(toen|destijds|in datzelfde jaar|in dat jaar|at (the|that) time|in that year|that year)\b`)
	kindAsked   = re(`^(?:en |and )?(?:wat is (?:dat|dit|het) (?:eigenlijk )?voor (?:een )?|what kind of )(\w+)`)
)

// namedIn is the name that an answer gives and its question did not have, or "".
func namedIn(e Exchange) string {
	asked := plain(e.Question)
	for _, span := range dutch.Sentences(e.Answer) {
		r := []rune(e.Answer)
		ws := words(string(r[span.Start:span.End]), "nl")
		for i, w := range ws {
			named := w.acronym || w.capital && (!w.opening || i+1 < len(ws) && nameVerbs[ws[i+1].text])
			if named && !w.stop && !w.number && len(w.text) > 2 && !strings.Contains(asked, w.text) {
				return string(r[span.Start+w.start : span.Start+w.end])
			}
		}
	}
	return ""
}

// again asks for the same once more: in another language, or more of it.
var again = re(`^(en |and |maar |graag |now |nu )?(kan dat |kunt u dat |kun je dat |can you say that |say that |zeg dat )?(ook )?((in|op) (het )?(engels|english|nederlands|dutch))( (graag|please|alstublieft|svp))?$|` + moreOf)

// moreAsked asks for what was not said yet.
var moreAsked = re(moreOf)

const moreOf = `^(vertel (me |mij |ons )?(eens |nog |er )*(meer|verder)|en verder|ga verder|(graag )?meer( informatie)?( graag)?|more|tell me more|go on|wat nog meer|nog meer|what else|anything else|(weet|weten|heb|hebt|is|zijn|staat) (je|u|er) (hier |daar |er |nog |misschien )*(meer|iets meer|nog iets)( (over|van))?)( (daarover|hierover|about (it|that|this)))?( (graag|please|alstublieft|svp))?$`

// sourceAsked asks where the last answer comes from: it is said again, with its source.
var sourceAsked = re(`^(en |and |maar )?((uit )?(welke|wat voor) bron (is|komt|heb je|was) (dat|dit|het)( vandaan)?|wat is (je|jouw|uw|de|daarvan de|hiervan de) bron( (daarvan|hiervan|daarvoor|hiervoor))?|waar (haal|haalt|heb|hebt|vind) (je|u|jij) (dat|dit|het)( vandaan)?|waar komt (dat|dit) vandaan|hoe weet (je|u|jij) (dat|dit)|waar (staat|stond|lees ik) (dat|dit)( (precies|ergens|te lezen))?|bron(nen)?|what is (the|your) source( (for|of) (that|this))?|(which|what) source is (that|this)|where (does it say that|did you get that|do you get that from|is that from|does that come from)|how do you know( that)?|sources?|klopt dat( (wel|echt|ook))?|is dat (wel |echt )?(zo|waar|juist)|is that (really )?(true|right|correct|so))( (please|graag))?$`)

// existsStill asks whether something still is, sinceWhen from when on.
var (
	existsStill = re(`^(en |and )?((is|zijn|bestaat|bestaan|geldt|gelden) (die|dat|dit|het|deze|hij|zij|ze)( er)? (nu )?nog( steeds)?( altijd)?|(is|are|does|do) (it|that|this|they|those) still( (exist|there|valid|in force|apply|apply today))?)( nu| today)?$`)
	sinceWhen   = re(`^(en |and )?(sinds|vanaf|tot) wanneer( (dan|niet meer|al|precies|gold dat|geldt dat|was dat|is dat))*$|^(and )?(since|until) when$`)
)

// inWhich asks in which publication it stands.
var inWhich = re(`^(en |and )?(in|uit|bij|volgens|from|according to) (welke?|which|what) (advies|verkenning|rapport|publicatie|document|brochure|briefadvies|advice|report|publication)( (is|was|staat|stond|komt|kwam|zei|schreef|vind|lees|did|does) ?(de ser |the ser |it |ik |je )?(dat|dit|that|this|it)?( (vandaan|precies|say that|say this|say|stand))?)?$`)

// explainAsked asks what was just said to be made clear.
var explainAsked = re(`^(en |and )?((kun|kan|kunt|zou|wil) (je|jij|u|iemand) (dat|dit|het) ((nog|eens|even|verder|nader|wat|beter|me|mij|kunnen) )*(uitleggen|toelichten|verduidelijken|uit leggen)|leg (dat|dit|het) ((nog|eens|even|verder|nader|mij|me) )*uit|wat (betekent|bedoel je met|bedoelt u met) (dat|dit)( (precies|eigenlijk))?|wat (bedoel|bedoelt) (je|u) (daarmee|hiermee)|(can|could) you explain( (that|this|it))?|please explain( (that|this|it))?|explain( (that|this|it))?|what does (that|this|it) mean)( (please|graag|alstublieft))?$`)

// intoEnglish and intoDutch ask for a language.
var (
	intoEnglish = re(`\b(in|op) (het )?(engels|english)\b`)
	intoDutch   = re(`\b(in|op) (het )?(nederlands|dutch)\b`)
)

// contents counts the words of a question that say what it is about.
func contents(question, lang string) int {
	n := 0
	for _, w := range words(question, lang) {
		if !w.stop && !w.number && !generic[w.text] && !dutch.IsEveryday(w.text, lang) {
			n++
		}
	}
	return n
}

// noSubject are words that stand for others, and ways to compare.
var noSubject = set(`daar hier iedereen iemand niemand allebei beide anders lang vaak groot hoog verschil verschillen overeenkomst everyone someone nobody both difference`)

// contentPhrase are the words of a question that say what it is about, numbers too.
func contentPhrase(question string) string {
	lang := dutch.Detect(question)
	r := []rune(question)
	var out []string
	numbers := dutch.Numbers(question)
	for _, w := range words(question, lang) {
		if i := slices.IndexFunc(numbers, func(n dutch.Number) bool { return w.start >= n.Start && w.end <= n.End }); i >= 0 {
			if w.start == numbers[i].Start { // 1968/13 is one number
				out = append(out, string(r[w.start:numbers[i].End]))
			}
			continue
		}
		if w.number || !w.stop && !generic[w.text] && !weak[w.text] && !noSubject[w.text] {
			out = append(out, string(r[w.start:w.end]))
		}
	}
	return strings.Join(out, " ")
}

// replace puts what a follow-up names in the place of its like in the question
// before: "en de werknemers?", "en het Arboplatform?". It reports false when there is
// nothing of its kind.
func replace(previous, question, lang string) (string, bool) {
	if !followStart.MatchString(plain(question)) || len(years(question)) > 0 {
		return "", false
	}
	if titles := titlePattern.FindAllStringSubmatchIndex(previous, -1); len(titles) == 1 {
		if name := focusOf(question); name != "" && !ofCouncil(name) {
			if !strings.ContainsAny(name, "'‘") {
				name = "'" + name + "'"
			}
			return previous[:titles[0][2]] + name + previous[titles[0][3]:], true
		}
	}
	if replaced, ok := replaceAfter(previous, question, lang); ok {
		return replaced, true
	}
	kinds := []func(word) bool{
		func(w word) bool { return places[w.text] },
		isGroup,
		isName,
	}
	ws, before := words(question, lang), words(previous, dutch.Detect(previous))
	for _, kind := range kinds {
		from, to := run(ws, kind)
		at, end := run(before, kind)
		if from < 0 || at < 0 {
			continue
		}
		q, p := []rune(question), []rune(previous)
		return string(p[:before[at].start]) + string(q[ws[from].start:ws[to].end]) + string(p[before[end].end:]), true
	}
	return "", false
}

// isGroup and isName tell what a word stands for.
func isGroup(w word) bool { return !w.capital && (parties[w.text] || groups[w.text]) }

func isName(w word) bool { return w.capital && !w.opening || w.acronym || places[w.text] }

// replaceAfter puts what follows a word that both questions have in the place of what
// follows it in the question before: "en in de categorie grootbedrijf?".
func replaceAfter(previous, question, lang string) (string, bool) {
	ws, before := words(question, lang), words(previous, dutch.Detect(previous))
	for i, w := range ws {
		if w.stop || w.number || generic[w.text] || i+1 >= len(ws) {
			continue
		}
		for j, b := range before {
			if b.text == w.text && j+1 < len(before) {
				return string([]rune(previous)[:b.end]) + string([]rune(question)[w.end:]), true
			}
		}
	}
	return "", false
}

// run is the last stretch of words of a kind, small words between them included, or
// -1.
func run(ws []word, kind func(word) bool) (from, to int) {
	to = -1
	for i := len(ws) - 1; i >= 0; i-- {
		if kind(ws[i]) {
			to = i
			break
		}
	}
	if to < 0 {
		return -1, -1
	}
	from = to
	for i := to - 1; i >= 0 && (kind(ws[i]) || ws[i].stop && !ws[i].opening && ws[i].text != "en" && ws[i].text != "in"); i-- {
		if kind(ws[i]) {
			from = i
		}
	}
	return from, to
}

// subjectOf are the names of a question with the words they belong to.
func subjectOf(question string) string {
	r := []rune(question)
	out := quotes.FindAllString(question, -1) // a title is one name
	for _, w := range words(question, dutch.Detect(question)) {
		if len(out) > 0 && quoted(r, w.start) {
			continue
		}
		if (w.capital && !w.opening || w.acronym || places[w.text]) && !w.stop {
			out = append(out, string(r[w.start:w.end]))
		}
	}
	for _, n := range dutch.Numbers(question) {
		if n.Kind == dutch.Code {
			out = append(out, "advies "+string(r[n.Start:n.End]))
		}
	}
	return strings.Join(out, " ")
}

var (
	followStart = re(`^((ok|oke|oké|okay|ja|goed|yes|hm+) )?(en|and|maar|but|of|or|what about|how about|hoe zit het met|wat dan met|en hoe zit)\b`)
	pointing    = re(`\b(dat|die|dit|deze|daar|daarvan|daarover|daarmee|daarvoor|daarbij|daarin|hij|ie|zij|ze|hem|hen|hun|ervan|erover|erin|erbij|ervoor|ermee|daaraan|daarna|er|toen|destijds|it|they|them|that|those|this|he|she|there|its|their)\b`)
)

// dependent reports whether a question cannot be understood without the one before.
func dependent(question, lang string) bool {
	text := plain(question)
	content := contents(question, lang)
	if followStart.MatchString(text) && content <= 3 || again.MatchString(text) || sourceAsked.MatchString(text) || explainAsked.MatchString(text) || yearsOn.MatchString(text) || totalAsked.MatchString(text) {
		return true
	}
	if content <= 1 && fragmentAsked.MatchString(text) {
		return true
	}
	if content <= 3 && ofTheTwo.MatchString(text) {
		return true
	}
	return content == 0 || content <= 2 && (pointing.MatchString(text) || pointingIt(text))
}

// thereAsked asks what is in, on or of something: wat staat er zoal op.
var thereAsked = re(`^(en |and )?(wat|what) (staat|zit|stond|zat|is|was|komt) (er|there)\b`)

// ofTheTwo asks which of what was named.
var ofTheTwo = re(`^(en |and )?(wie|welke?|who|which)( one)? (van|of) (de|die|deze|the|those|these) (twee|beide|two)\b`)

// fragmentAsked is no whole question: in welk advies, welke is ouder.
var fragmentAsked = re(`^((in|van|uit|voor|met|door|bij|op|over|volgens|naar|namens|of|from|by|for|with|on) )?(welke?|which|what|hoeveel|how many) \w+$|^(welke|which|which one) (is|was|zijn|waren|are|were) \w+$`)

// pointingIt reports whether "het" stands for something said before: no noun can
// follow it at the end, before a small word, or before a participle.
func pointingIt(text string) bool {
	fields := strings.Fields(text)
	for i, f := range fields {
		if f != "het" || i == 0 {
			continue
		}
		if i+1 == len(fields) || dutch.IsStopWord(fields[i+1], "nl") || participle.MatchString(fields[i+1]) && i+2 == len(fields) {
			return true
		}
	}
	return false
}

// asksWho are words after which a verb says what somebody does.
var asksWho = set(`wie who`)

// asksWhich are words after which a noun and then a verb says what it did: welke partij stemde.
var asksWhich = set(`welke welk which`)

// participle is the form of most Dutch participles.
var participle = re(`^((aan|af|bij|door|in|mee|na|om|op|over|samen|toe|uit|vast|voor|weg)?ge\w+(t|d|en)|(be|ver|ont|her)\w+(t|d|en))$`)

// inseparable are participles that "ge" does not begin: ondertekend, overwogen.
var inseparable = re(`^(onder|over|door|mis)\w{3,}(d|t|en)$`)

// monthNamed marks follow-ups after another month.
var monthNamed = re(`\b(januari|februari|maart|april|juni|juli|augustus|september|oktober|november|december|january|february|march|june|july|august|october)\b`)

// merge puts a follow-up into the previous question: its year or place takes the
// place of the old one, everything else is added.
func merge(previous, question string) string {
	out := previous
	newYears := years(question)
	if len(newYears) > 0 || monthNamed.MatchString(plain(question)) {
		for _, y := range slices.Backward(dutch.Numbers(previous)) {
			if y.Kind != dutch.Year && y.Kind != dutch.CalDate || y.Kind == dutch.Year && len(newYears) == 0 {
				continue
			}
			r := []rune(out)
			kept, head := " ", strings.TrimSpace(string(r[:y.Start]))
			if y.Kind == dutch.CalDate && len(newYears) == 0 && y.Year != 0 {
				kept = " " + strconv.Itoa(y.Year) + " " // another month of the same year
			} else {
				head = yearOpener.ReplaceAllString(head, "")
			}
			out = head + kept + strings.TrimSpace(string(r[y.End:]))
		}
	}
	for _, w := range words(question, "nl") {
		if !places[w.text] {
			continue
		}
		ws := words(out, "nl")
		for i := len(ws) - 1; i >= 0; i-- {
			if places[ws[i].text] {
				r := []rune(out)
				out = string(r[:ws[i].start]) + string(r[ws[i].end:])
			}
		}
	}
	out = strings.TrimRight(out, " ?!.,:;")
	// Its first word is no name for its capital.
	if first, rest, _ := strings.Cut(question, " "); generic[dutch.Fold(first)] || weak[dutch.Fold(first)] || dutch.IsStopWord(dutch.Fold(first), "nl") {
		question = strings.ToLower(first) + " " + rest
	}
	return out + ", " + question
}

func years(text string) []dutch.Number {
	var out []dutch.Number
	for _, n := range dutch.Numbers(text) {
		if n.Kind == dutch.Year {
			out = append(out, n)
		}
	}
	return out
}

// readHeads reads off the question what it asks of another thing, and of whom.
func (u *Understanding) readHeads() {
	for _, m := range headOf.FindAllStringSubmatch(u.plain, -1) {
		if m[2] == "" { // "het plan van 1954" is no part of something else
			u.heads = append(u.heads, m[1])
		}
	}
	if m := speakerAsked.FindStringSubmatch(u.plain); m != nil {
		u.speaker, u.speakerEnglish = m[1], m[2]
	}
	if m := attributeAsked.FindStringSubmatch(u.plain); m != nil {
		u.attributed = m[1]
	}
}

var (
	headOf         = re(`\b(?:de|het|een|the|an?) (?:\w+ )?(\w+) (?:van|op|over|voor|bij|aan|tegen|of|for|on|about)\b( \d{4}\b)?`)
	speakerAsked   = re(`^(?:en )?wat (?:vond|vindt|vonden|vinden|zei|zegt|zeiden|dacht|denkt|adviseerde|antwoordde|concludeerde|wil|willen|wilde|wilden|pleit|pleitte|stelt|stelde) (?:de |het |een )?(\w+)\b|^what (?:did|does|do) (?:the )?(?:\w+ )?(\w+) (?:say|think|answer|advise|conclude|want|propose)\b`)
	attributeAsked = re(`^(?:en )?(?:wat|what) (?:is|was|zijn|waren|are|were) (?:de|het|the) (?:\w+ )?(\w+) (?:van|of) (?:de|het|een|the|a|an)\b`)
)

// headNoun reports whether a term is what a question asks about another thing: "de
// kabinetsreactie" in "wanneer verscheen de kabinetsreactie op dit advies".
func (u *Understanding) headNoun(t *term) bool {
	return t.weight >= 0.9 && !t.light && !t.name && !t.council && !t.verb && slices.Contains(u.heads, t.text)
}

// speaks reports whether a term is who the question asks the opinion of: what the cabinet
// thought is not what the Council did.
func (u *Understanding) speaks(t *term) bool {
	if t.council || t.light || weak[t.text] || generic[t.text] {
		return false
	}
	en := u.speakerEnglish
	return u.speaker != "" && u.speaker == t.text || en != "" && (en == t.text || strings.HasPrefix(t.text, en+" ") || strings.HasSuffix(t.text, " "+en))
}

// attribute reports whether a term is what a question asks of another thing: the age of
// the chair.
func (u *Understanding) attribute(t *term) bool {
	return u.attributed != "" && u.attributed == t.text && !t.light && !t.council && !t.name && !weak[t.text] && !generic[t.text]
}
