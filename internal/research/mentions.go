package research

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// mentionRules is the number of the rules by which documents are read for mentions
// and divisions: raise it when they change, and every document is read again.
const mentionRules = 3

// Mention is a reference to a publication in a text: by its number, its date, its
// title or an abbreviation. One of Number, Date, Title and Abbreviation is set.
type Mention struct {
	Start int `json:"start"` // code points into the text, End exclusive
	End   int `json:"end"`
	// Number is a normalised publication number.
	Number string `json:"number,omitempty"`
	// Date is that of "zijn advies van 20 maart 1953", of a month or of a day.
	Date corpus.Date `json:"date,omitempty"`
	// Title is a title in quotes, as it is written.
	Title string `json:"title,omitempty"`
	// Abbreviation is MLT in MLT-advies; Year the year beside it, or 0.
	Abbreviation string `json:"abbreviation,omitempty"`
	Year         int    `json:"year,omitempty"`
	// Unsure: it is a mention only when the catalogue has such a publication. Titles
	// and abbreviations always are, and numbers without a word that says what they are.
	Unsure bool `json:"unsure,omitempty"`
	// Carried: the sentence names no publication but goes on about the one that the
	// sentences before it in its paragraph name.
	Carried bool `json:"carried,omitempty"`
}

const (
	kindWord = `(?:(?:SER|S\.E\.R\.)[- ]?)?(?:(?:brief|ontwerp|mlt-?)?advie(?:s(?:tekst)?|zen)|publi[ck]aties?|publi[ck]atie-?(?:nummers?|nrs?\.?)|rapport(?:en)?|verkenning(?:en)?|(?:advisory )?reports?)`
	months   = `januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december|january|february|march|may|june|july|august|october`
)

var (
	slashed = regexp.MustCompile(`(\d{4}|\d{2}) ?([/-]) ?(\d{1,2})(?:([a-zA-Z])\b|\b)`)
	// What stands before a number. All are looked for at the end of what precedes it.
	afterKind   = regexp.MustCompile(`(?i)(?:^|[^\p{L}\d-])((?:` + kindWord + `)(?:\s*,?\s*(?:met )?(?:de |het )?(?:publi[ck]atie)?(?:nrs?\.?|no\.?|nummers?|number))?\s*:?\s*)$`)
	afterNumber = regexp.MustCompile(`(?i)(?:^|[^\p{L}\d])((?:nrs?\.|nos?\.|nummers?)\s*)$`)
	afterOther  = regexp.MustCompile(`^(?:\s*(?:,|;|/|en|and|of|or|&|t/m|tot en met|,\s*(?:en|and))\s*(?:(?:ook )?(?:nrs?\.?|nummer)\s*)?\(?)$`)
	afterSER    = regexp.MustCompile(`(?:^|[^\p{L}\d])(SER,?\s*\(?)$`)
	sayingKind  = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:` + kindWord + `|SER)(?:$|[^\p{L}])`)
	ofElse      = regexp.MustCompile(`(?i)(?:richtlijn(?:en)?|verordening(?:en)?|directive|regulation|kamerstuk(?:ken)?(?: ii| i)?|vergaderjaar|besluit|verdrag|zaak|wet|stb\.?|staatscourant|stcrt\.?|artikel|art\.|pagina|blz\.|pp?\.|tabel|figuur|agendapunt|seizoen|studiejaar|schooljaar|jaargang|periode|jaren)\s*(?:\(e[ug]\)\s*)?(?:nr\.?\s*)?$`)
	// Others that publish advice: theirs is not the Council's.
	otherBody = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:gezondheidsraad|raad van state|onderwijsraad|raad voor [\p{L}]+|wrr|cpb|scp|cbs|pbl|rli|rmo|rvs|awti|adviesraad [\p{L}]+|rekenkamer|ombudsman|ilo|oeso|autoriteit|denktank|parlementaire|enquêtecommissie)[^\p{L}]`)
	ownBody   = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:ser|raad)[^\p{L}]`)

	yearless   = regexp.MustCompile(`(?i)(?:` + kindWord + `)\s*(?:nr\.?|no\.?|nummer)?\s*(\d{1,2})(?:,? (?:uit|van|of|from) (\d{4})\b| ?\((\d{4})\))`)
	yearBefore = regexp.MustCompile(`(?i)\bSER[ ,]*\(((?:19|20)\d\d)\)[^\n]{0,200}?\b(publi[ck]atie-?(?: ?nr\.?|nummer)\s*(\d{1,2}))(?:[^\d/-]|$)`)
	cover      = regexp.MustCompile(`(?m)^(NR\.? ?(\d{1,2}))\b[^\n\d]{0,30}((?:19|20)\d\d)\s*$`)
	dated      = regexp.MustCompile(`(?i)(?:^|[^\p{L}])((?:(?:het|zijn|haar|hun|dit|dat|een|the|its)\s+)(?:(?:eerdere?|vorige|laatste|earlier)\s+)?(?:SER-?\s?)?(?:brief|ontwerp)?(?:advies|rapport|verkenning|(?:advisory )?report)\s+(?:van|uit|of)\s+(?:(\d{1,2})\s+)?(` + months + `)\s+((?:19|20)\d\d))\b`)
	datedFirst = regexp.MustCompile(`(?i)(?:^|[^\p{L}])((?:het|zijn|haar|een)\s+(?:op|in)\s+(?:(\d{1,2})\s+)?(` + months + `)\s+((?:19|20)\d\d)\s+(?:uitgebrachte?|vastgestelde?|verschenen|aangeboden)\s+(?:SER-?\s?)?(?:brief|ontwerp)?(?:advies|rapport|verkenning))\b`)
	accord     = regexp.MustCompile(`(?:^|[^\p{L}])(\p{Lu}\p{L}+akkoord)(?:$|[^\p{L}])`)
	shortName  = regexp.MustCompile(`\b([A-Z]{2,6})-advie(?:s|zen)\b(?:\s+(?:uit|van)?\s*((?:19|20)\d\d)\b)?`)
)

// monthOf is the number of a month by its first letters, Dutch or English.
var monthOf = map[string]int{"jan": 1, "feb": 2, "maa": 3, "mar": 3, "apr": 4, "mei": 5, "may": 5, "jun": 6, "jul": 7,
	"aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "dec": 12}

// Mentions finds every reference to a publication of the Council in a text, in
// order. What is no reference of the Council's (years, fractions, dates, laws,
// directives, papers of Parliament, publications of others) is passed over.
func Mentions(text string) []Mention {
	f := finder{text: text}
	f.numbers()
	f.yearless()
	f.dates()
	f.titles()
	f.abbreviations()
	f.accords()
	slices.SortFunc(f.found, func(a, b Mention) int { return cmp.Compare(a.Start, b.Start) })
	f.toCodePoints()
	return f.found
}

// finder collects mentions; until the end their offsets count bytes.
type finder struct {
	text  string
	found []Mention
}

func (f *finder) add(m Mention) {
	if !slices.ContainsFunc(f.found, func(o Mention) bool { return m.Start < o.End && o.Start < m.End }) {
		f.found = append(f.found, m)
	}
}

// before is what precedes a place in its line, at most n bytes.
func (f *finder) before(at, n int) string {
	from := max(0, at-n)
	for from > 0 && !utf8.RuneStart(f.text[from]) {
		from++
	}
	s := f.text[from:at]
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		s = s[i+1:]
	}
	return s
}

// byOther reports whether the sentence up to a place speaks of another body that
// publishes, and not of the Council after it.
func (f *finder) byOther(at int) bool {
	s := f.before(at, 100)
	if i := strings.LastIndex(s, ". "); i >= 0 {
		s = s[i+2:]
	}
	all := otherBody.FindAllStringIndex(s+" ", -1)
	return len(all) > 0 && !ownBody.MatchString(s[min(all[len(all)-1][1], len(s)):]+" ")
}

// numbers finds 14/04 and its kin.
func (f *finder) numbers() {
	last := Mention{End: -1}
	for _, m := range slashed.FindAllStringSubmatchIndex(f.text, -1) {
		start, end := m[0], m[1]
		if !f.standsAlone(start, end) {
			continue
		}
		year, mark, number := f.text[m[2]:m[3]], f.text[m[4]:m[5]], f.text[m[6]:m[7]]
		letter := ""
		if m[8] >= 0 {
			letter = f.text[m[8]:m[9]]
		}
		value := corpus.PublicationNumber(year+"/"+number+letter, 0)
		if value == "" {
			continue
		}
		before := f.before(start, 90)
		found := Mention{Start: start, End: end, Number: value}
		kind := afterKind.FindStringSubmatchIndex(before)
		switch {
		case kind != nil:
			if f.byOther(start) {
				continue
			}
			found.Start = start - len(before) + kind[2]
		case ofElse.MatchString(before):
			continue
		case last.End >= 0 && last.End <= start && afterOther.MatchString(f.text[last.End:start]) && mark == "/":
		case mark == "-":
			continue
		case f.before(start, 200) != "" && f.numbered(before, start, &found):
		case strings.HasSuffix(before, "(") && strings.HasPrefix(f.text[end:], ")") && f.inBrackets(start, year):
		case len(year) == 4 && !season(year, number):
			found.Unsure = true
		default:
			continue
		}
		f.add(found)
		if !found.Unsure {
			last = found
		}
	}
}

// numbered reports whether a number stands after "nr." or "SER", and takes that in.
func (f *finder) numbered(before string, start int, found *Mention) bool {
	for _, re := range []*regexp.Regexp{afterNumber, afterSER} {
		if m := re.FindStringSubmatchIndex(before); m != nil && !ofElse.MatchString(before[:m[2]]) && !f.byOther(start) {
			found.Start = start - len(before) + m[2]
			return true
		}
	}
	return false
}

// inBrackets reports whether a number within brackets follows what is called an
// advice, or a title in quotes.
func (f *finder) inBrackets(start int, year string) bool {
	before := strings.TrimRight(f.before(start, 160), "( ")
	if before == "" || f.byOther(start) {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(before)
	return strings.ContainsRune(`'"’”»`, r) || sayingKind.MatchString(before) || len(year) == 4
}

// standsAlone reports whether a number is no part of a longer one or of a word.
func (f *finder) standsAlone(start, end int) bool {
	if start > 0 {
		r, size := utf8.DecodeLastRuneInString(f.text[:start])
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("€$/_", r) {
			return false
		}
		if r == ' ' && start > size {
			if p, _ := utf8.DecodeLastRuneInString(f.text[:start-size]); strings.ContainsRune("€$", p) {
				return false
			}
		}
		if strings.ContainsRune(".,-:–", r) && start > size {
			if p, _ := utf8.DecodeLastRuneInString(f.text[:start-size]); unicode.IsDigit(p) || r == '-' && unicode.IsLetter(p) {
				return false
			}
		}
	}
	rest := f.text[end:]
	if rest == "" {
		return true
	}
	r, size := utf8.DecodeRuneInString(rest)
	if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '%' {
		return false
	}
	if strings.ContainsRune("/-–,.:", r) && len(rest) > size {
		if n, _ := utf8.DecodeRuneInString(rest[size:]); unicode.IsDigit(n) || r != '.' && r != ',' && r != ':' && unicode.IsLetter(n) {
			return false
		}
	}
	return true
}

// season reports whether a pair of numbers is a school or sitting year: 2013/14.
func season(year, number string) bool {
	y, _ := strconv.Atoi(year[len(year)-2:])
	n, _ := strconv.Atoi(number)
	return n == (y+1)%100
}

// yearless finds numbers that another part of the text gives the year of.
func (f *finder) yearless() {
	for _, m := range yearless.FindAllStringSubmatchIndex(f.text, -1) {
		if m[0] > 0 {
			if r, _ := utf8.DecodeLastRuneInString(f.text[:m[0]]); unicode.IsLetter(r) || r == '-' {
				continue
			}
		}
		year := f.group(m, 2) + f.group(m, 3)
		if value := corpus.PublicationNumber(year+"/"+f.group(m, 1), 0); value != "" && !f.byOther(m[0]) {
			f.add(Mention{Start: m[0], End: m[1], Number: value})
		}
	}
	for _, m := range yearBefore.FindAllStringSubmatchIndex(f.text, -1) {
		if value := corpus.PublicationNumber(f.group(m, 1)+"/"+f.group(m, 3), 0); value != "" {
			f.add(Mention{Start: m[4], End: m[5], Number: value})
		}
	}
	for _, m := range cover.FindAllStringSubmatchIndex(f.text, -1) {
		if value := corpus.PublicationNumber(f.group(m, 3)+"/"+f.group(m, 2), 0); value != "" {
			f.add(Mention{Start: m[2], End: m[3], Number: value})
		}
	}
}

func (f *finder) group(m []int, n int) string {
	if m[2*n] < 0 {
		return ""
	}
	return f.text[m[2*n]:m[2*n+1]]
}

// dates finds "zijn advies van 20 maart 1953" and "het op 23 september 1966
// uitgebrachte advies".
func (f *finder) dates() {
	for _, re := range []*regexp.Regexp{dated, datedFirst} {
		for _, m := range re.FindAllStringSubmatchIndex(f.text, -1) {
			month := monthOf[strings.ToLower(f.group(m, 3))[:3]]
			written := fmt.Sprintf("%s-%02d", f.group(m, 4), month)
			if day, err := strconv.Atoi(f.group(m, 2)); err == nil {
				written += fmt.Sprintf("-%02d", day)
			}
			date, err := corpus.ParseDate(written)
			if err != nil || f.byOther(m[2]) {
				continue
			}
			f.add(Mention{Start: m[2], End: m[3], Date: date})
		}
	}
}

// Bounds of a title, in code points.
const (
	minTitle = 3
	maxTitle = 160
)

var closers = map[rune]string{'\'': "'’", '‘': "’'", '"': `"”`, '“': `”"`, '„': `”“"`, '«': "»", '’': "’'"}

// titles finds what stands in quotes and may be a title.
func (f *finder) titles() {
	for at := 0; at < len(f.text); {
		r, size := utf8.DecodeRuneInString(f.text[at:])
		ends, opens := closers[r]
		if !opens || !f.opens(at, size) {
			at += size
			continue
		}
		if end, after := f.closing(at+size, ends); end > 0 {
			title := strings.Join(strings.Fields(f.text[at+size:end]), " ")
			if n := utf8.RuneCountInString(title); n >= minTitle {
				f.add(Mention{Start: at, End: after, Title: title, Unsure: true})
				at = after
				continue
			}
		}
		at += size
	}
}

// opens reports whether a quote mark opens: nothing glued before it, a word after.
func (f *finder) opens(at, size int) bool {
	if at > 0 {
		if r, _ := utf8.DecodeLastRuneInString(f.text[:at]); unicode.IsLetter(r) || unicode.IsDigit(r) {
			return false
		}
	}
	rest := f.text[at+size:]
	r, n := utf8.DecodeRuneInString(rest)
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return false
	}
	// 's avonds, 't, 'n
	next, _ := utf8.DecodeRuneInString(rest[n:])
	return len(rest) <= n || !strings.ContainsRune("stn", r) || unicode.IsLetter(next) || unicode.IsDigit(next)
}

// closing is where a quotation ends and what comes after it starts, or 0: the first
// closing mark with no letter after it, so that the one of zzp'er is none. Marks
// within, as of 'Vraagstuk van de 'vergeten groepen”, are taken in.
func (f *finder) closing(from int, ends string) (end, after int) {
	n, depth := 0, 0
	for i, r := range f.text[from:] {
		if n++; r == '\n' || n > maxTitle {
			return 0, 0
		}
		at := from + i
		next, _ := utf8.DecodeRuneInString(f.text[at+utf8.RuneLen(r):])
		glued := unicode.IsLetter(next) || unicode.IsDigit(next)
		switch {
		case closers[r] != "" && glued && strings.HasSuffix(f.text[:at], " "):
			depth++
		case strings.ContainsRune(ends, r) && !glued && !strings.HasSuffix(f.text[:at], " "):
			if depth > 0 {
				depth--
				continue
			}
			return at, at + utf8.RuneLen(r)
		}
	}
	return 0, 0
}

// abbreviations finds MLT-advies.
func (f *finder) abbreviations() {
	for _, m := range shortName.FindAllStringSubmatchIndex(f.text, -1) {
		short := f.group(m, 1)
		if short == "SER" {
			continue
		}
		year, _ := strconv.Atoi(f.group(m, 2))
		f.add(Mention{Start: m[0], End: m[1], Abbreviation: short, Year: year, Unsure: true})
	}
}

// accords finds agreements by their name: Energieakkoord.
func (f *finder) accords() {
	for _, m := range accord.FindAllStringSubmatchIndex(f.text, -1) {
		f.add(Mention{Start: m[2], End: m[3], Title: f.group(m, 1), Unsure: true})
	}
}

// toCodePoints turns offsets in bytes into offsets in code points.
func (f *finder) toCodePoints() {
	places := make([]int, 0, 2*len(f.found))
	for _, m := range f.found {
		places = append(places, m.Start, m.End)
	}
	slices.Sort(places)
	of := make(map[int]int, len(places))
	n, next := 0, 0
	for i := range f.text {
		for next < len(places) && places[next] <= i {
			of[places[next]] = n
			next++
		}
		n++
	}
	for ; next < len(places); next++ {
		of[places[next]] = n
	}
	for i := range f.found {
		f.found[i].Start, f.found[i].End = of[f.found[i].Start], of[f.found[i].End]
	}
}

// titleKey is what spellings of one title have in common.
func titleKey(title string) string {
	tokens := dutch.Tokens(strings.NewReplacer("’", "'", "‘", "'").Replace(title))
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.Text
	}
	return strings.Join(words, " ")
}
