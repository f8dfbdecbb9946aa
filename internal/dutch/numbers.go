package dutch

import (
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode"
)

// NumberKind says what a number in a text stands for.
type NumberKind int

// The kinds of number.
const (
	Quantity  NumberKind = iota // an amount or count: Value in Unit
	Ordinal                     // vijfde, 5e, 3rd: Value
	Year                        // 1950: Value is the year
	Decade                      // jaren zestig, 1960s: Value is its first year
	CalDate                     // a calendar date: Year, Month, Day, 0 where the text is silent
	Clock                       // 10.30 uur: Value in minutes after midnight
	Code                        // a publication number such as 14/04: Year and Value
	Reference                   // hoofdstuk 8, artikel 3: Unit names what is referred to
)

// Bound says how a text limits a quantity.
type Bound int

// The bounds: "ruim 5.600" is AtLeast, "bijna 5.600" is AtMost.
const (
	Exact Bound = iota
	AtLeast
	AtMost
)

// Number is one number in a text. 1.250.000, 1,25 miljoen and "een miljoen
// tweehonderdvijftigduizend" have the same Value.
type Number struct {
	Kind  NumberKind
	Value float64
	// Unit is the measure in canonical form: "%" for procent, "pp" for
	// procentpunt, "euro", "jaar", "maand", "uur" … and "" for a plain count. For a
	// Reference it is the canonical word before it: "hoofdstuk", "artikel" ….
	Unit string
	// Per is the measure after "per": 1,5 procent per jaar has Per "jaar".
	Per string
	// Noun holds up to three lower-case words that follow a number directly, the
	// things counted among them: "drie onafhankelijke leden".
	Noun  []string
	Bound Bound
	// Year, Month and Day of a CalDate; Year also of a Code.
	Year, Month, Day int
	// Fraction marks a share named in words ("een derde"), whose Value in percent
	// is rounded.
	Fraction bool
	// Start and End are code points into the text.
	Start, End int
}

// lexeme is a stretch of the text that the number grammar looks at.
type lexeme struct {
	text       string // lower case, diaereses and accents folded
	start, end int    // code points
	digit      bool   // starts with a digit
	word       bool
	gap        bool // white space before it
	upper      bool // starts with a capital
	newline    bool // a line break before it
}

// Numbers finds the numbers of a Dutch or English text, in order: figures and
// number words with unit and magnitude, ordinals, years, dates, times, publication
// numbers and references to parts of a text. Digits inside a name (CO2, ChatGPT-4)
// are not numbers.
func Numbers(text string) []Number {
	lex := lexemes(text)
	p := numberParser{lex: lex}
	for _, l := range lex {
		// The two readings that depend on the language: 1,250 and "ten".
		if l.text == "ten" || l.digit && strings.ContainsRune(l.text, ',') {
			p.english = Detect(text) == "en"
			break
		}
	}
	for p.at < len(p.lex) {
		if !p.next() {
			p.at++
		}
	}
	p.shareUnits()
	return p.found
}

// Same reports whether two numbers say the same: value, measure, date or reference.
// A is the claim, b the ground: b may be more precise than a, never less.
func (a Number) Same(b Number) bool {
	switch a.Kind {
	case Quantity:
		switch b.Kind {
		case Quantity:
		case Ordinal, Reference, Code, Clock, CalDate, Decade, Year:
			return false
		}
		if a.Bound != Exact && b.Bound != Exact && a.Bound != b.Bound {
			return false
		}
		if a.Per != "" && b.Per != "" && a.Per != b.Per {
			return false
		}
		av, au := baseUnit(a.Value, a.Unit)
		bv, bu := baseUnit(b.Value, b.Unit)
		if au != bu {
			// "24,4 miljoen" may leave out a currency that stands in the ground, but
			// a count of things is never a measure.
			return au == "" && len(a.Noun) == 0 && equal(av, bv)
		}
		if a.Fraction != b.Fraction {
			return math.Abs(av-bv) <= 0.5
		}
		return equal(av, bv)
	case Ordinal, Decade, Clock:
		return b.Kind == a.Kind && a.Value == b.Value
	case Year:
		switch b.Kind {
		case Year:
			return a.Value == b.Value
		case CalDate, Code:
			return int(a.Value) == b.Year
		}
		return false
	case CalDate:
		if b.Kind != CalDate {
			return false
		}
		return (a.Year == 0 || a.Year == b.Year) && (a.Month == 0 || a.Month == b.Month) && (a.Day == 0 || a.Day == b.Day)
	case Code:
		return b.Kind == Code && a.Year == b.Year && a.Value == b.Value
	case Reference:
		return b.Kind == Reference && a.Unit == b.Unit && a.Value == b.Value
	}
	return false
}

func equal(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))
}

// baseUnit brings measures that convert exactly to one base.
func baseUnit(v float64, unit string) (float64, string) {
	switch unit {
	case "jaar":
		return v * 12, "maand"
	case "kwartaal":
		return v * 3, "maand"
	case "week":
		return v * 7, "dag"
	case "eurocent":
		return v / 100, "euro"
	}
	return v, unit
}

type numberParser struct {
	lex     []lexeme
	at      int
	found   []Number
	english bool
}

func (p *numberParser) peek(i int) lexeme {
	if i < 0 || i >= len(p.lex) {
		return lexeme{}
	}
	return p.lex[i]
}

// next tries to read a number at the current lexeme and moves past it.
func (p *numberParser) next() bool {
	return p.reference() || p.date() || p.decade() || p.code() || p.clock() || p.fraction() || p.ordinal() || p.quantity()
}

func (p *numberParser) add(n Number, from, to int) bool {
	n.Start, n.End = p.lex[from].start, p.lex[to-1].end
	p.found = append(p.found, n)
	p.at = to
	return true
}

// referenceWords lead to the canonical name of what a following figure points at.
var referenceWords = map[string]string{
	"hoofdstuk": "hoofdstuk", "hoofdstukken": "hoofdstuk", "hfst": "hoofdstuk", "chapter": "hoofdstuk", "chapters": "hoofdstuk",
	"paragraaf": "paragraaf", "paragrafen": "paragraaf", "par": "paragraaf", "§": "paragraaf", "section": "paragraaf", "sections": "paragraaf", "sectie": "paragraaf",
	"pagina": "pagina", "pagina's": "pagina", "blz": "pagina", "bladzijde": "pagina", "p": "pagina", "pp": "pagina", "pag": "pagina", "page": "pagina", "pages": "pagina",
	"artikel": "artikel", "artikelen": "artikel", "art": "artikel", "article": "artikel", "articles": "artikel",
	"lid": "lid", "bijlage": "bijlage", "appendix": "bijlage", "annex": "bijlage", "deel": "deel", "part": "deel",
	"tabel": "tabel", "table": "tabel", "figuur": "figuur", "fig": "figuur", "figure": "figuur",
	"voetnoot": "voetnoot", "noot": "voetnoot", "footnote": "voetnoot", "stap": "stap", "step": "stap",
	"nr": "nummer", "nrs": "nummer", "nummer": "nummer", "no": "nummer", "number": "nummer", "nummers": "nummer",
	"kamerstuk": "kamerstuk", "versie": "versie", "version": "versie", "isbn": "isbn", "issn": "isbn",
	"fase": "fase", "phase": "fase", "versienummer": "versie", "aanbeveling": "aanbeveling", "recommendation": "aanbeveling",
}

func (p *numberParser) reference() bool {
	word, ok := referenceWords[p.lex[p.at].text]
	if !ok {
		return false
	}
	i := p.at + 1
	if p.peek(i).text == "." {
		i++
	}
	if p.peek(i).text == "-" && word == "isbn" {
		i++
	}
	first := p.peek(i)
	if !first.digit {
		return false
	}
	// "in deel 2 miljoen" does not exist, "lid 3" does; "no 3" after a verb is
	// taken as a number of something all the same.
	from := p.at
	for {
		v, ok := plain(p.lex[i].text, false)
		if !ok {
			v = float64(len(p.lex[i].text))
		}
		if word == "nummer" || word == "artikel" {
			if n, isCode := p.codeAt(i); isCode {
				p.add(n, from, i+1)
				return true
			}
		}
		p.add(Number{Kind: Reference, Value: v, Unit: word}, from, i+1)
		// "artikel 3, 4 en 5", "pagina 3-5", and the groups of an ISBN.
		sep := p.peek(i + 1).text
		next := p.peek(i + 2)
		if !next.digit || next.newline {
			break
		}
		if sep == "-" || sep == "–" || (sep == "," || sep == "en" || sep == "and" || sep == "tot" || sep == "t/m" || sep == "&") && !p.counts(i+2) {
			from, i = i+2, i+2
			continue
		}
		break
	}
	return true
}

// counts reports whether the figure at i is followed by what it counts.
func (p *numberParser) counts(i int) bool {
	next := p.peek(i + 1)
	if next.text == "%" {
		return true
	}
	_, unit := units[next.text]
	_, magnitude := magnitudes[next.text]
	return next.word && !next.newline && (unit || magnitude || !functionWord[next.text])
}

var months = map[string]int{
	"januari": 1, "februari": 2, "maart": 3, "april": 4, "mei": 5, "juni": 6, "juli": 7, "augustus": 8, "september": 9, "oktober": 10, "november": 11, "december": 12,
	"jan": 1, "feb": 2, "mrt": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "okt": 10, "nov": 11, "dec": 12,
	"january": 1, "february": 2, "march": 3, "may": 5, "june": 6, "july": 7, "august": 8, "october": 10, "oct": 10, "mar": 3,
}

func dayOf(s string) int {
	s = strings.TrimRight(s, "stndrhe")
	d, err := strconv.Atoi(s)
	if err != nil || d < 1 || d > 31 {
		return 0
	}
	return d
}

func yearOf(s string) int {
	if len(s) != 4 {
		return 0
	}
	y, err := strconv.Atoi(s)
	if err != nil || y < 1500 || y > 2199 {
		return 0
	}
	return y
}

// date reads 3 oktober 2023, 3 oktober, oktober 2023, October 3rd, 2023, 3-10-2023,
// 3/10/2023 and 2023-10-03.
func (p *numberParser) date() bool {
	l := p.lex[p.at]
	if l.digit {
		if y, m, d := numericDate(l.text); y != 0 {
			return p.add(Number{Kind: CalDate, Year: y, Month: m, Day: d}, p.at, p.at+1)
		}
		day := dayOf(l.text)
		if day == 0 {
			return false
		}
		i := p.at + 1
		// "7 en 8 maart 2019": the first day borrows the month of the second.
		if s := p.peek(i).text; (s == "en" || s == "and" || s == "-" || s == "–" || s == "tot" || s == "/") && dayOf(p.peek(i+1).text) != 0 {
			if n, end := p.monthAt(i + 2); end > 0 {
				n.Day = day
				p.add(n, p.at, p.at+1)
				p.at = i + 1
				n.Day = dayOf(p.peek(i + 1).text)
				return p.add(n, i+1, end)
			}
		}
		if p.peek(i).text == "of" {
			i++
		}
		n, end := p.monthAt(i)
		if end == 0 {
			return false
		}
		n.Day = day
		return p.add(n, p.at, end)
	}
	m, ok := months[l.text]
	if !ok {
		return false
	}
	i := p.at + 1
	if p.peek(i).text == "." {
		i++
	}
	// October 3, 2023
	if d := dayOf(p.peek(i).text); d != 0 && p.peek(i).digit {
		j := i + 1
		if p.peek(j).text == "," {
			j++
		}
		if y := yearOf(p.peek(j).text); y != 0 {
			return p.add(Number{Kind: CalDate, Year: y, Month: m, Day: d}, p.at, j+1)
		}
		if l.upper {
			return p.add(Number{Kind: CalDate, Month: m, Day: d}, p.at, i+1)
		}
	}
	n, end := p.monthAt(p.at)
	if n.Year == 0 {
		return false // a month alone is no date: "maart", "may"
	}
	return p.add(n, p.at, end)
}

// monthAt reads a month and its year when there is one; end 0 means no month.
func (p *numberParser) monthAt(i int) (n Number, end int) {
	m, ok := months[p.peek(i).text]
	if !ok {
		return Number{}, 0
	}
	n = Number{Kind: CalDate, Month: m}
	end = i + 1
	j := end
	for _, skip := range []string{".", ",", "of", "'"} {
		if p.peek(j).text == skip {
			j++
		}
	}
	if y := yearOf(p.peek(j).text); y != 0 && !p.peek(j).newline {
		n.Year, end = y, j+1
	}
	return n, end
}

func numericDate(s string) (y, m, d int) {
	for _, sep := range []string{"-", "/", "."} {
		parts := strings.Split(s, sep)
		if len(parts) != 3 {
			continue
		}
		a, errA := strconv.Atoi(parts[0])
		b, errB := strconv.Atoi(parts[1])
		c, errC := strconv.Atoi(parts[2])
		if errA != nil || errB != nil || errC != nil {
			continue
		}
		if len(parts[0]) == 4 {
			a, c = c, a
		} else if len(parts[2]) != 4 {
			continue
		}
		if c >= 1500 && c < 2200 && b >= 1 && b <= 12 && a >= 1 && a <= 31 {
			return c, b, a
		}
	}
	return 0, 0, 0
}

// decade reads "jaren zestig", "jaren '60" and "the 1960s".
func (p *numberParser) decade() bool {
	l := p.lex[p.at]
	if l.digit && len(l.text) == 5 && l.text[4] == 's' {
		if y := yearOf(l.text[:4]); y != 0 {
			return p.add(Number{Kind: Decade, Value: float64(y)}, p.at, p.at+1)
		}
	}
	if l.text != "jaren" {
		return false
	}
	i := p.at + 1
	if t := p.peek(i).text; t == "'" || t == "’" || t == "‘" {
		i++
	}
	next := p.peek(i)
	v, ok := cardinal(next.text)
	if next.digit {
		v, ok = plain(strings.TrimSuffix(next.text, "er"), false)
	}
	if ok && v >= 10 && v < 100 && int(v)%10 == 0 {
		century := 1900.0
		p.add(Number{Kind: Decade, Value: century + v}, p.at, i+1)
		// "de jaren zestig en zeventig" are two decades.
		if t := p.peek(i + 1).text; t == "en" || t == "of" || t == "tot" {
			if w, ok := cardinal(p.peek(i + 2).text); ok && w > v && w < 100 && int(w)%10 == 0 {
				p.add(Number{Kind: Decade, Value: century + w}, i+2, i+3)
			}
		}
		return true
	}
	return false
}

// code reads publication numbers: 14/04, 2014/04, 1953/05.
func (p *numberParser) code() bool {
	n, ok := p.codeAt(p.at)
	if ok {
		return p.add(n, p.at, p.at+1)
	}
	l := p.lex[p.at]
	if l.digit && strings.Count(l.text, "/") == 1 {
		// 2021/2022 is two years.
		a, b, _ := strings.Cut(l.text, "/")
		if ya, yb := yearOf(a), yearOf(b); ya != 0 && yb != 0 {
			p.add(Number{Kind: Year, Value: float64(ya)}, p.at, p.at+1)
			return p.add(Number{Kind: Year, Value: float64(yb)}, p.at-1, p.at)
		}
	}
	return false
}

func (p *numberParser) codeAt(i int) (Number, bool) {
	l := p.peek(i)
	if !l.digit || strings.Count(l.text, "/") != 1 {
		return Number{}, false
	}
	a, b, _ := strings.Cut(l.text, "/")
	year, err := strconv.Atoi(a)
	num, err2 := strconv.Atoi(b)
	if err != nil || err2 != nil || len(b) > 3 || l.text == "24/7" {
		return Number{}, false
	}
	switch {
	case len(a) == 4 && yearOf(a) != 0:
	case len(a) == 2 && len(b) == 2 && year >= 50:
		year += 1900
	case len(a) == 2 && len(b) == 2:
		year += 2000
	default:
		return Number{}, false
	}
	return Number{Kind: Code, Year: year, Value: float64(num)}, true
}

// clock reads 10:30 and 10.30 uur.
func (p *numberParser) clock() bool {
	l := p.lex[p.at]
	if !l.digit {
		return false
	}
	sep := ":"
	if strings.Contains(l.text, ".") {
		sep = "."
	}
	a, b, ok := strings.Cut(l.text, sep)
	if !ok || len(b) != 2 || len(a) > 2 {
		return false
	}
	h, err := strconv.Atoi(a)
	m, err2 := strconv.Atoi(b)
	if err != nil || err2 != nil || h > 24 || m > 59 {
		return false
	}
	if sep == "." && p.peek(p.at+1).text != "uur" {
		return false
	}
	return p.add(Number{Kind: Clock, Value: float64(h*60 + m)}, p.at, p.at+1)
}

// numerators are the counts that shares in words begin with.
var numerators = map[string]float64{"een": 1, "a": 1, "one": 1, "twee": 2, "two": 2, "drie": 3, "three": 3, "vier": 4, "four": 4}

// fraction reads shares in words: de helft, een derde van, driekwart, half of.
func (p *numberParser) fraction() bool {
	l := p.lex[p.at]
	share := func(v float64, to int) bool {
		return p.add(Number{Kind: Quantity, Value: v, Unit: "%", Fraction: true, Bound: p.boundBefore(p.at)}, p.at, to)
	}
	switch l.text {
	case "helft":
		return share(50, p.at+1)
	case "driekwart":
		return share(75, p.at+1)
	case "half":
		if p.peek(p.at+1).text == "of" {
			return share(50, p.at+2)
		}
		if u, ok := units[p.peek(p.at+1).text]; ok {
			return p.add(Number{Kind: Quantity, Value: 0.5, Unit: u}, p.at, p.at+2)
		}
		return false
	case "kwart", "quarter":
		if t := p.peek(p.at + 1).text; t == "van" || t == "of" {
			return share(25, p.at+1)
		}
		return false
	case "anderhalf", "anderhalve":
		return p.amount(1.5, p.at, p.at+1)
	}
	count, ok := numerators[l.text]
	if !ok {
		return false
	}
	next := p.peek(p.at + 1)
	if next.text == "-" {
		next = p.peek(p.at + 2)
	}
	den, ok := ordinal(strings.TrimSuffix(next.text, "s"))
	if !ok || den < 3 {
		return false
	}
	// "een derde advies" is the third; only "een derde van/deel" is a share.
	end := p.at + 2
	if p.peek(p.at+1).text == "-" {
		end++
	}
	if t := p.peek(end).text; count > 1 || t == "van" || t == "of" || t == "deel" {
		return share(100*count/den, end)
	}
	return false
}

func (p *numberParser) ordinal() bool {
	l := p.lex[p.at]
	v, ok := ordinal(l.text)
	if !ok {
		return false
	}
	next := p.peek(p.at + 1)
	prev := p.peek(p.at - 1)
	// The chambers of parliament and "ten eerste" count nothing.
	if next.text == "kamer" || prev.text == "ten" && l.gap {
		p.at++
		return true
	}
	// "een derde" and "twee derde" were read as shares; "second" may be time.
	return p.add(Number{Kind: Ordinal, Value: v, Noun: p.nouns(p.at + 1)}, p.at, p.at+1)
}

var magnitudes = map[string]float64{
	"honderd": 1e2, "duizend": 1e3, "miljoen": 1e6, "mln": 1e6, "miljard": 1e9, "mrd": 1e9, "mld": 1e9, "biljoen": 1e12,
	"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "bn": 1e9,
}

var units = map[string]string{
	"%": "%", "procent": "%", "percent": "%", "pct": "%", "cent": "eurocent", "cents": "eurocent",
	"procentpunt": "pp", "procentpunten": "pp", "%-punt": "pp", "percentagepunt": "pp", "percentagepunten": "pp",
	"euro": "euro", "euro's": "euro", "euros": "euro", "eur": "euro", "€": "euro",
	"dollar": "dollar", "dollars": "dollar", "$": "dollar", "usd": "dollar", "gulden": "gulden", "guilders": "gulden", "ƒ": "gulden", "pond": "pond", "£": "pond", "pounds": "pond",
	"jaar": "jaar", "jaren": "jaar", "jr": "jaar", "year": "jaar", "years": "jaar", "jarig": "jaar", "jarige": "jaar", "year-old": "jaar",
	"maand": "maand", "maanden": "maand", "month": "maand", "months": "maand", "kwartaal": "kwartaal", "kwartalen": "kwartaal",
	"week": "week", "weken": "week", "weeks": "week", "dag": "dag", "dagen": "dag", "day": "dag", "days": "dag", "daagse": "dag", "daags": "dag",
	"uur": "uur", "uren": "uur", "hour": "uur", "hours": "uur", "minuut": "minuut", "minuten": "minuut", "minutes": "minuut", "minute": "minuut", "seconde": "seconde", "seconden": "seconde",
	"km": "km", "kilometer": "km", "kilometers": "km", "kilometres": "km", "m": "m", "meter": "m", "meters": "m", "cm": "cm", "centimeter": "cm", "mm": "mm",
	"m2": "m2", "m²": "m2", "hectare": "ha", "hectaren": "ha", "ha": "ha", "kg": "kg", "kilo": "kg", "kilogram": "kg", "gram": "gram", "ton": "ton", "tonnen": "ton", "megaton": "megaton", "mton": "megaton", "kiloton": "kiloton", "liter": "liter",
	"kw": "kw", "mw": "mw", "megawatt": "mw", "gw": "gw", "gigawatt": "gw", "kwh": "kwh", "gwh": "gwh", "twh": "twh", "pj": "pj", "petajoule": "pj",
	"graad": "graad", "graden": "graad", "degrees": "graad", "fte": "fte", "fte's": "fte",
	"wekelijks": "week", "wekelijkse": "week", "maandelijks": "maand", "maandelijkse": "maand", "jaarlijks": "jaar", "jaarlijkse": "jaar",
}

var currency = map[string]bool{"€": true, "$": true, "£": true, "ƒ": true, "eur": true, "usd": true, "euro": true}

var bounds = map[string]Bound{
	"ruim": AtLeast, "minstens": AtLeast, "minimaal": AtLeast, "boven": AtLeast, "vanaf": AtLeast, "over": AtLeast,
	"bijna": AtMost, "hooguit": AtMost, "maximaal": AtMost, "hoogstens": AtMost, "onder": AtMost, "nearly": AtMost, "almost": AtMost, "krap": AtMost,
}

// boundBefore looks at the words in front of a number.
func (p *numberParser) boundBefore(i int) Bound {
	a, b := p.peek(i-1).text, p.peek(i-2).text
	switch a {
	case "dan", "than":
		switch b {
		case "meer", "hoger", "groter", "more", "higher":
			return AtLeast
		case "minder", "lager", "kleiner", "less", "fewer", "lower":
			return AtMost
		}
	case "minste", "least":
		return AtLeast
	case "hoogste", "most":
		return AtMost
	case "over", "boven", "onder", "vanaf":
		return Exact // "over 5 jaar", "onder 12 leden": too often no bound
	}
	return bounds[a]
}

// quantity reads figures and number words with their magnitude and unit, and years.
func (p *numberParser) quantity() bool {
	l := p.lex[p.at]
	if l.digit {
		return p.figure()
	}
	if l.text == "½" || l.text == "¼" || l.text == "¾" {
		return p.amount(vulgar[l.text], p.at, p.at+1)
	}
	if !l.word {
		return false
	}
	if unit, v, ok := derived(l.text); ok {
		n := Number{Kind: Quantity, Value: v, Unit: unit, Bound: p.boundBefore(p.at)}
		n.Noun = p.nouns(p.at + 1)
		return p.add(n, p.at, p.at+1)
	}
	v, ok := cardinal(l.text)
	if !ok {
		return false
	}
	next := p.peek(p.at + 1)
	switch l.text {
	case "ten":
		if !p.english {
			return false // "ten minste"
		}
	case "een", "one", "a":
		// An article or a pronoun, unless a magnitude or a percentage follows.
		percent := units[next.text] == "%" || next.text == "per" && p.peek(p.at+2).text == "cent"
		if _, m := magnitudes[next.text]; !m && !percent {
			return false
		}
	case "acht", "vier":
		// "De raad acht het": a verb.
		if !next.word || functionWord[next.text] && next.text != "van" && next.text != "tot" && next.text != "en" {
			return false
		}
	}
	// Number words in several words: tweeduizend vijfhonderd, twenty-three, one
	// hundred and five.
	end := p.at + 1
	for {
		i := end
		if t := p.peek(i).text; (t == "-" || t == "and" || t == "en") && !p.peek(i).newline {
			i++
		}
		w := p.peek(i)
		wv, ok := cardinal(w.text)
		if !ok || w.newline || w.text == "een" || w.text == "one" || w.text == "a" && wv == 1 {
			break
		}
		if m, isM := magnitudes[w.text]; isM && i == end {
			v *= m
		} else if i > end && p.peek(end).text != "-" && p.peek(end).text != "and" || p.peek(end).text == "and" && v < 100 {
			break // "drie en vier" are two numbers
		} else if v >= 20 && wv < scale(v) {
			v += wv
		} else {
			break
		}
		end = i + 1
	}
	return p.amount(v, p.at, end)
}

// scale is the place value of v's last figure that is not zero.
func scale(v float64) float64 {
	s := 1.0
	for v >= 10 && math.Mod(v, 10) == 0 {
		v /= 10
		s *= 10
	}
	return s
}

var vulgar = map[string]float64{"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1.0 / 3, "⅔": 2.0 / 3}

// figure reads a quantity or year written in digits.
func (p *numberParser) figure() bool {
	l := p.lex[p.at]
	text := l.text
	prev := p.peek(p.at - 1)
	before := p.peek(p.at - 2)
	money := currency[prev.text] && (prev.text != "euro" || !before.digit)
	// 2010-2015 and 3-5 arrive as one lexeme.
	if a, b, ok := cutRange(text); ok {
		if ya, yb := yearOf(a), yearOf(b); ya != 0 && yb != 0 && !money {
			p.add(Number{Kind: Year, Value: float64(ya)}, p.at, p.at+1)
			p.found[len(p.found)-1].End = l.start + len(a)
			p.add(Number{Kind: Year, Value: float64(yb)}, p.at-1, p.at)
			p.found[len(p.found)-1].Start = l.start + len(a) + 1
			return true
		}
		if ya := yearOf(a); ya != 0 && len(b) == 2 && !money {
			yb, _ := strconv.Atoi(b)
			p.add(Number{Kind: Year, Value: float64(ya)}, p.at, p.at+1)
			return p.add(Number{Kind: Year, Value: float64(ya/100*100 + yb)}, p.at-1, p.at)
		}
		va, okA := plain(a, p.english)
		vb, okB := plain(b, p.english)
		if okA && okB {
			at := p.at
			p.amount(vb, at, at+1)
			last := p.found[len(p.found)-1]
			first := last
			first.Value = va
			// A magnitude after the range counts for both ends: 3-5 miljoen.
			if vb != 0 {
				first.Value *= last.Value / vb
			}
			first.End = l.start + len([]rune(a))
			p.found = append(p.found[:len(p.found)-1], first, last)
			return true
		}
		p.at++
		return true
	}
	v, ok := plain(text, p.english)
	if !ok {
		// 5e, 3rd were read as ordinals; 2023b and the like are names.
		p.at++
		return true
	}
	next := p.peek(p.at + 1)
	if vul, isV := vulgar[next.text]; isV && !next.gap {
		return p.amount(v+vul, p.at, p.at+2)
	}
	if y := yearOf(text); y != 0 && !money {
		_, isMag := magnitudes[next.text]
		u, isUnit := units[next.text]
		if !isMag && (!isUnit || u == "jaar" && next.text != "jaar") && (next.newline || !counted[next.text]) {
			return p.add(Number{Kind: Year, Value: v}, p.at, p.at+1)
		}
	}
	return p.amount(v, p.at, p.at+1)
}

// counted are words after four figures that make them a count, not a year.
var counted = map[string]bool{
	"leden": true, "mensen": true, "personen": true, "werknemers": true, "bedrijven": true, "ondernemingen": true, "organisaties": true,
	"abonnees": true, "deelnemers": true, "adviezen": true, "members": true, "people": true, "companies": true, "employees": true, "euro": true,
	"jongeren": true, "ondertekenaars": true, "vennootschappen": true, "bezoekers": true, "keer": true, "times": true, "woningen": true, "banen": true, "jobs": true,
}

// amount reads magnitude, unit and nouns after the value that ends before lexeme end.
func (p *numberParser) amount(v float64, from, end int) bool {
	n := Number{Kind: Quantity, Value: v}
	start := from
	if prev := p.peek(from - 1); currency[prev.text] && !prev.newline && (prev.text != "euro" || !p.peek(from-2).digit) {
		n.Unit = units[prev.text]
		start = from - 1
		if len(p.found) > 0 && p.found[len(p.found)-1].End > p.lex[start].start {
			start, n.Unit = from, ""
		}
	}
	if p.peek(end).text == "," && p.peek(end+1).text == "-" { // € 35,-
		end += 2
	}
	for m, ok := magnitudes[p.peek(end).text]; ok && !p.peek(end).newline; m, ok = magnitudes[p.peek(end).text] {
		n.Value *= m
		end++
		if t := p.lex[end-1].text; (t == "mln" || t == "mrd" || t == "mld" || t == "bn") && p.peek(end).text == "." {
			end++
		}
	}
	next := p.peek(end)
	if (next.text == "-" || next.text == "+") && !next.gap && !p.peek(end+1).gap {
		if u, ok := units[p.peek(end+1).text]; ok {
			n.Unit = u
			end += 2
		}
	}
	next = p.peek(end)
	switch {
	case next.newline:
	case next.text == "per" && p.peek(end+1).text == "cent":
		n.Unit = "%"
		end += 2
	case (next.text == "percentage" || next.text == "percent") && strings.HasPrefix(p.peek(end+1).text, "point"):
		n.Unit = "pp"
		end += 2
	case next.text == "%" && p.peek(end+1).text == "-" && p.peek(end+2).text == "punt":
		n.Unit = "pp"
		end += 3
	case next.text == "vierkante" && p.peek(end+1).text == "meter":
		n.Unit = "m2"
		end += 2
	default:
		// "m" and "ha" are measures only when they stand close: "5 m".
		if u, ok := units[next.text]; ok && n.Unit == "" {
			n.Unit = u
			end++
		}
	}
	if t := p.peek(end).text; t == "per" || t == "/" {
		if u, ok := units[p.peek(end+1).text]; ok {
			n.Per = u
			end += 2
		}
	}
	n.Bound = p.boundBefore(start)
	n.Noun = p.nouns(end)
	return p.add(n, start, end)
}

// nouns collects the words after a number that may name what it counts.
func (p *numberParser) nouns(i int) []string {
	var out []string
	for ; len(out) < 3; i++ {
		l := p.peek(i)
		if (l.text == "-" || l.text == "+") && !l.gap {
			continue
		}
		if !l.word || l.newline || functionWord[l.text] {
			break
		}
		out = append(out, l.text)
	}
	return out
}

// shareUnits gives the first end of a range or list the unit and the magnitude
// words of the second: 3 tot 5 procent, van 45 naar 33 leden.
func (p *numberParser) shareUnits() {
	p.inheritCurrency()
	for i := len(p.found) - 2; i >= 0; i-- {
		a, b := &p.found[i], p.found[i+1]
		if a.Kind != Quantity || b.Kind != Quantity || a.Unit != "" || len(a.Noun) > 0 {
			continue
		}
		switch between := p.between(a.End, b.Start); between {
		case "-", "–", "tot", "à", "a", "en", "of", "naar", "to", "and", "or", ",", "tot en met", "t/m", "respectievelijk":
			a.Unit, a.Noun = b.Unit, b.Noun
			if a.Per == "" {
				a.Per = b.Per
			}
		}
	}
}

// inheritCurrency gives the later amounts of a list the currency of the first:
// 16,2 miljoen euro in 2021, 17,5 miljoen in 2022.
func (p *numberParser) inheritCurrency() {
	last := -1
	for i := range p.found {
		n := &p.found[i]
		if n.Kind != Quantity {
			continue
		}
		if n.Unit != "" {
			last = i
			continue
		}
		if last < 0 || len(n.Noun) > 0 || n.Value < 1e6 || !currency[p.found[last].Unit] && p.found[last].Unit != "gulden" && p.found[last].Unit != "dollar" {
			continue
		}
		if !p.sentenceEnds(p.found[last].End, n.Start) {
			n.Unit = p.found[last].Unit
		}
	}
}

// sentenceEnds reports whether a full stop or a line break stands between two places.
func (p *numberParser) sentenceEnds(from, to int) bool {
	first := sort.Search(len(p.lex), func(i int) bool { return p.lex[i].start >= from })
	for _, l := range p.lex[first:] {
		if l.start > to {
			return false
		}
		if l.newline || l.text == "." || l.text == ";" {
			return true
		}
	}
	return false
}

func (p *numberParser) between(from, to int) string {
	first := sort.Search(len(p.lex), func(i int) bool { return p.lex[i].start >= from })
	var b []string
	for _, l := range p.lex[first:min(len(p.lex), first+4)] {
		if l.end <= to {
			b = append(b, l.text)
		}
	}
	return strings.Join(b, " ")
}

// cutRange splits 3-5 and 2010–2015.
func cutRange(s string) (a, b string, ok bool) {
	for _, sep := range []string{"-", "–"} {
		if a, b, ok = strings.Cut(s, sep); ok && a != "" && b != "" && !strings.ContainsAny(b, "-–") {
			return a, b, true
		}
	}
	return "", "", false
}

// plain reads one figure: 1.250.000, 0,8, 5.600, 1,250,000.50.
func plain(s string, english bool) (float64, bool) {
	dots, commas := strings.Count(s, "."), strings.Count(s, ",")
	clean := s
	switch {
	case dots > 0 && commas > 0:
		if strings.LastIndexByte(s, '.') > strings.LastIndexByte(s, ',') {
			clean = strings.ReplaceAll(s, ",", "")
		} else {
			clean = strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), ",", ".")
		}
	case dots > 0:
		if grouped(s, '.') {
			clean = strings.ReplaceAll(s, ".", "")
		} else if dots > 1 {
			return 0, false // 2.1.3 is a section
		}
	case commas > 0:
		if grouped(s, ',') && (english || commas > 1) {
			clean = strings.ReplaceAll(s, ",", "")
		} else if commas > 1 {
			return 0, false
		} else {
			clean = strings.ReplaceAll(s, ",", ".")
		}
	}
	for _, r := range clean {
		if r != '.' && (r < '0' || r > '9') {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(clean, 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

// grouped reports whether sep stands before every group of exactly three digits.
func grouped(s string, sep byte) bool {
	parts := strings.Split(s, string(sep))
	if len(parts) < 2 || parts[0] == "" || len(parts[0]) > 3 || parts[0] == "0" {
		return false
	}
	for _, p := range parts[1:] {
		if len(p) != 3 {
			return false
		}
	}
	return true
}

var cardinals = map[string]float64{
	"nul": 0, "een": 1, "twee": 2, "drie": 3, "vier": 4, "vijf": 5, "zes": 6, "zeven": 7, "acht": 8, "negen": 9, "tien": 10,
	"elf": 11, "twaalf": 12, "dertien": 13, "veertien": 14, "vijftien": 15, "zestien": 16, "zeventien": 17, "achttien": 18, "negentien": 19,
	"twintig": 20, "dertig": 30, "veertig": 40, "vijftig": 50, "zestig": 60, "zeventig": 70, "tachtig": 80, "negentig": 90,
	"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
	"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "zero": 0,
	"honderd": 100, "duizend": 1000, "hundred": 100, "thousand": 1000, "dozijn": 12, "dozen": 12,
}

// cardinal reads a number word of either language, compounds included:
// drieentwintig, honderdvijfenzestig, tweeduizendvijfhonderd. Accents are folded.
func cardinal(w string) (float64, bool) {
	if v, ok := cardinals[w]; ok {
		return v, true
	}
	if len(w) < 6 || len(w) > 60 {
		return 0, false
	}
	if head, tail, ok := cutMagnitude(w, "duizend"); ok {
		return combine(head, tail, 1000)
	}
	if head, tail, ok := cutMagnitude(w, "honderd"); ok {
		return combine(head, tail, 100)
	}
	return tens(w)
}

func cutMagnitude(w, magnitude string) (head, tail string, ok bool) {
	return strings.Cut(w, magnitude)
}

func combine(head, tail string, magnitude float64) (float64, bool) {
	v := magnitude
	if head != "" {
		h, ok := cardinal(head)
		if !ok || h < 2 || h >= magnitude {
			return 0, false
		}
		v *= h
	}
	if tail = strings.TrimPrefix(tail, "en"); tail != "" {
		t, ok := cardinal(tail)
		if !ok || t >= magnitude {
			return 0, false
		}
		v += t
	}
	return v, true
}

// tens reads drieentwintig: a unit, "en" and a ten.
func tens(w string) (float64, bool) {
	for _, unit := range []string{"een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"} {
		rest, ok := strings.CutPrefix(w, unit+"en")
		if !ok {
			continue
		}
		if t, ok := cardinals[rest]; ok && t >= 20 && t <= 90 {
			return t + cardinals[unit], true
		}
	}
	return 0, false
}

var ordinals = map[string]float64{
	"eerste": 1, "tweede": 2, "derde": 3, "vierde": 4, "vijfde": 5, "zesde": 6, "zevende": 7, "achtste": 8, "negende": 9, "tiende": 10,
	"elfde": 11, "twaalfde": 12, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
	"eleventh": 11, "twelfth": 12, "twentieth": 20, "fiftieth": 50,
}

// ordinal reads vijfde, eenentwintigste, 5e, 19de, 20ste, 3rd.
func ordinal(w string) (float64, bool) {
	if v, ok := ordinals[w]; ok {
		return v, true
	}
	if w != "" && w[0] >= '0' && w[0] <= '9' {
		for _, suffix := range []string{"ste", "de", "e", "st", "nd", "rd", "th"} {
			if n, ok := strings.CutSuffix(w, suffix); ok {
				v, err := strconv.Atoi(n)
				return float64(v), err == nil
			}
		}
		return 0, false
	}
	for _, suffix := range []string{"ste", "de"} {
		if stem, ok := strings.CutSuffix(w, suffix); ok {
			if v, ok := cardinal(stem); ok && v >= 13 {
				return v, true
			}
		}
	}
	return 0, false
}

// derived reads adjectives and nouns made of a number word: vijfjarig, tweetal.
func derived(w string) (unit string, v float64, ok bool) {
	for _, d := range derivations {
		if head, found := strings.CutSuffix(w, d.suffix); found && head != "" {
			if v, ok := cardinal(head); ok {
				return d.unit, v, true
			}
		}
	}
	return "", 0, false
}

var derivations = []struct{ suffix, unit string }{
	{"jarige", "jaar"}, {"jarig", "jaar"}, {"jaarlijkse", "jaar"}, {"jaarlijks", "jaar"},
	{"maandelijkse", "maand"}, {"maandelijks", "maand"}, {"wekelijkse", "week"}, {"wekelijks", "week"},
	{"daagse", "dag"}, {"daags", "dag"}, {"tal", ""},
}

// functionWord are words after a number that end what it counts.
var functionWord = map[string]bool{
	"de": true, "het": true, "een": true, "en": true, "of": true, "van": true, "in": true, "op": true, "tot": true, "is": true, "zijn": true, "was": true, "waren": true, "werd": true, "worden": true, "wordt": true,
	"die": true, "dat": true, "deze": true, "dit": true, "met": true, "voor": true, "door": true, "om": true, "te": true, "naar": true, "bij": true, "aan": true, "als": true, "dan": true, "heeft": true, "hebben": true, "zich": true, "er": true, "uit": true, "per": true, "maar": true, "zij": true, "hij": true, "ook": true, "niet": true, "respectievelijk": true,
	"the": true, "a": true, "an": true, "and": true, "or": true, "to": true, "from": true, "by": true, "at": true, "on": true, "for": true, "with": true, "are": true, "were": true, "has": true, "have": true, "which": true, "that": true, "who": true, "à": true,
}

// lexemes splits a text for the number grammar. A figure keeps its inner points,
// commas, slashes, colons and dashes; a letter before a digit glues it to a name.
func lexemes(text string) []lexeme {
	runes := []rune(text)
	var out []lexeme
	gap, newline := false, false
	for i := 0; i < len(runes); {
		r := runes[i]
		start := i
		l := lexeme{gap: gap, newline: newline}
		switch {
		case unicode.IsSpace(r):
			gap = true
			newline = newline || r == '\n'
			i++
			continue
		case r >= '0' && r <= '9':
			for i < len(runes) && figureRune(runes, i) {
				i++
			}
			l.digit = true
		case unicode.IsLetter(r):
			for i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]) || unicode.IsMark(runes[i]) ||
				(runes[i] == '\'' || runes[i] == '’') && i+1 < len(runes) && unicode.IsLetter(runes[i+1]) && i > start) {
				i++
			}
			l.word = true
			l.upper = unicode.IsUpper(r)
			// ChatGPT-4, covid-19: the figure belongs to the name.
			if i+1 < len(runes) && runes[i] == '-' && unicode.IsDigit(runes[i+1]) {
				for i++; i < len(runes) && (unicode.IsDigit(runes[i]) || unicode.IsLetter(runes[i])); i++ {
				}
			}
		default:
			i++
		}
		l.start, l.end = start, i
		l.text = plainWord(string(runes[start:i]))
		out = append(out, l)
		gap, newline = false, false
	}
	return out
}

// figureRune reports whether the rune at i continues a figure.
func figureRune(runes []rune, i int) bool {
	r := runes[i]
	switch {
	case r >= '0' && r <= '9':
		return true
	case unicode.IsLetter(r):
		// 5e, 20ste, 1960s, but not 5procent.
		return true
	case r == '.' || r == ',' || r == '/' || r == ':' || r == '-' || r == '–':
		return i+1 < len(runes) && runes[i+1] >= '0' && runes[i+1] <= '9' && i > 0 && runes[i-1] >= '0' && runes[i-1] <= '9'
	}
	return false
}

var accents = strings.NewReplacer("ë", "e", "é", "e", "è", "e", "ê", "e", "ï", "i", "í", "i", "ö", "o", "ó", "o", "ü", "u", "á", "a", "ä", "a", "’", "'", "‘", "'", "ç", "c")

// plainWord lower-cases and takes off the accents that number words and months
// carry; unlike Fold it keeps currency and fraction signs.
func plainWord(s string) string {
	return accents.Replace(strings.ToLower(s))
}
