package chat

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The kinds of personal data that Mask finds.
const (
	MaskBSN   = "bsn"
	MaskIBAN  = "iban"
	MaskEmail = "email"
	MaskPhone = "phone"
)

// What stands in the place of masked data.
var maskText = map[string]string{
	MaskBSN:   "[bsn]",
	MaskIBAN:  "[iban]",
	MaskEmail: "[e-mail]",
	MaskPhone: "[telefoon]",
}

// Mask replaces personal data by its kind in brackets: e-mail addresses, bank
// accounts (IBAN with a right check number, mod 97), citizen service numbers (nine
// digits that pass the eleven-test, or eight that are called one) and telephone numbers
// (Dutch, or international with + or 00). It returns the kinds it found, sorted, each
// once. Masking a masked text changes nothing.
func Mask(text string) (masked string, kinds []string) {
	read, at := folded(text)
	spans := emails(read)
	spans = append(spans, ibans(read)...)
	spans = append(spans, numbers(read)...)
	if len(spans) == 0 {
		return text, nil
	}
	slices.SortStableFunc(spans, func(a, b maskSpan) int { return a.from - b.from })
	var b strings.Builder
	done := 0
	for _, s := range spans {
		from, to := at[s.from], at[s.to]
		if from < done { // inside what is masked already
			done = max(done, to)
			continue
		}
		b.WriteString(text[done:from])
		b.WriteString(maskText[s.kind])
		done = to
		if !slices.Contains(kinds, s.kind) {
			kinds = append(kinds, s.kind)
		}
	}
	b.WriteString(text[done:])
	slices.Sort(kinds)
	return b.String(), kinds
}

// folded is a text as people see it, so that no other sign for the same hides what it
// says: full-width signs as ASCII, every space but a line break as a space, every dash
// as a hyphen, and without signs that are not shown. at tells for each byte of it, and
// for its end, where in the text that came from.
func folded(text string) (out string, at []int) {
	var b strings.Builder
	for i, r := range text {
		size := utf8.RuneLen(r)
		switch {
		case r == utf8.RuneError: // perhaps a byte that is no character
			_, size = utf8.DecodeRuneInString(text[i:])
			b.WriteString(text[i : i+size])
		case unicode.Is(unicode.Cf, r):
			size = 0
		case r >= '\uff01' && r <= '\uff5e':
			size, _ = b.WriteRune(r - '\uff01' + '!')
		case r != '\n' && r != ' ' && unicode.IsSpace(r):
			size, _ = b.WriteRune(' ')
		case r == '\u2212' || unicode.Is(unicode.Pd, r):
			size, _ = b.WriteRune('-')
		default:
			b.WriteRune(r)
		}
		for range size {
			at = append(at, i)
		}
	}
	return b.String(), append(at, len(text))
}

// MaskNotice tells a visitor that personal data was masked.
func MaskNotice(lang string) string {
	if lang == "en" {
		return "Your question held personal data. We replaced it and do not keep it."
	}
	return "In uw vraag stonden persoonsgegevens. Die hebben we vervangen en bewaren we niet."
}

// maskSpan is a stretch of text in bytes.
type maskSpan struct {
	from, to int
	kind     string
}

// emailPattern is an address as people write it: RFC 5322's local part, and the at and
// the last dot also in words between brackets, against those who collect addresses.
var emailPattern = regexp.MustCompile(`(?i)(?:"[^"\n]{1,64}"|[\p{L}\p{N}.!#$%&'*+/=?^_` + "`" + `{|}~\-]+)` +
	`(?:@ ?| @ |%40| ?[(\[{](?:at|a|apenstaartje)[)\]}] ?)` +
	`(?:\[[\da-f.:]+\]|[\p{L}\p{N}_\-]+(?:\.[\p{L}\p{N}_\-]+)*(?:\.| ?[(\[{](?:dot|punt)[)\]}] ?)\p{L}[\p{L}\p{N}\-]*[\p{L}\p{N}])`)

func emails(text string) []maskSpan {
	var spans []maskSpan
	for _, m := range emailPattern.FindAllStringIndex(text, -1) {
		spans = append(spans, maskSpan{m[0], m[1], MaskEmail})
	}
	return spans
}

// ibanLength is the length of an IBAN by country: SWIFT's IBAN registry, release 99,
// and countries around the Mediterranean that use its form outside of it.
var ibanLength = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28,
	"CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
	"FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
	"IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
	"LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
	"NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
	"SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26,
	"UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
	"DZ": 26, "IR": 26, "MA": 28,
}

// leastIBANDigits keeps words out: the shortest accounts that are letters otherwise have
// more digits, and a sentence that begins with "de 10" has fewer.
const leastIBANDigits = 10

// ibans finds an IBAN wherever one begins, whatever separates its characters, and glued
// to a word too: its check number tells it from other text.
func ibans(text string) []maskSpan {
	var spans []maskSpan
	for i := 0; i < len(text); i++ {
		if !isLetter(text[i]) || i > 0 && isDigit(text[i-1]) {
			continue
		}
		var chars []byte
		length, digits, end := 2, 0, i
		for j := i; j < len(text) && len(chars) < length; j++ {
			c := text[j]
			switch {
			case !isDigit(c) && !isLetter(c) && j-end < 4:
				continue
			case !isDigit(c) && !isLetter(c), !joins(text[end:j]), len(chars) < 2 && isDigit(c), (len(chars) == 2 || len(chars) == 3) && !isDigit(c):
				length = 0
				continue
			case isDigit(c):
				digits++
			default:
				c &^= 0x20 // in capitals
			}
			chars, end = append(chars, c), j+1
			if len(chars) == 2 {
				length = ibanLength[string(chars)]
			}
		}
		if length > 2 && len(chars) == length && digits >= leastIBANDigits && (end == len(text) || !isDigit(text[end])) && mod97(chars) {
			spans = append(spans, maskSpan{i, end, MaskIBAN})
			i = end - 1
		}
	}
	return spans
}

// mod97 is the check of ISO 7064 as ISO 13616 uses it: the first four characters
// go last, letters count from 10, and the remainder by 97 is 1.
func mod97(iban []byte) bool {
	rest := 0
	for i := range iban {
		c := iban[(i+4)%len(iban)]
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case i >= len(iban)-2:
			return false // the check number is digits
		default:
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest == 1
}

// digitRun is a run of digits in text[from:to].
type digitRun struct{ from, to int }

// numbers finds citizen service numbers and telephone numbers: sequences of digit
// runs with short separators between them.
func numbers(text string) []maskSpan {
	var runs []digitRun
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		from := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		runs = append(runs, digitRun{from, i})
	}
	var spans []maskSpan
	for i := 0; i < len(runs); i++ {
		if wordBefore(text, runs[i].from) && !glued.MatchString(tail(text[:runs[i].from])) {
			continue
		}
		digits := ""
		best := maskSpan{}
		last := i
		for j := i; j < len(runs) && len(digits) <= 15; j++ {
			if j > i && !joins(text[runs[j-1].to:runs[j].from]) {
				break
			}
			digits += text[runs[j].from:runs[j].to]
			if wordAfter(text, runs[j].to) && !ofVAT.MatchString(text[runs[j].to:]) {
				continue
			}
			s := text[runs[i].from:runs[j].to]
			if kind, from := classify(text, runs[i].from, digits, s); kind != "" {
				best, last = maskSpan{from, runs[j].to, kind}, j
				if strings.Count(s, "(") > strings.Count(s, ")") && strings.HasPrefix(text[best.to:], ")") {
					best.to++
				}
			}
		}
		if best.kind != "" {
			spans = append(spans, best)
			i = last
		}
	}
	return spans
}

var (
	// glued is a word that numbers are written against.
	glued = regexp.MustCompile(`(?i)(?:^|[^\p{L}\p{N}])(?:bsn|sofi|burgerservice|tel|telefoon|mobiel|nl)(?:nr|nummer)?$`)
	// ofVAT ends the VAT number of a person, which holds the citizen service number.
	ofVAT = regexp.MustCompile(`^B\d\d(?:[^\p{L}\p{N}]|$)`)
	// called comes before a number that is called a citizen service number.
	called = regexp.MustCompile(`(?i)(?:bsn|sofi|burgerservice|citizen service)[ -]?(?:nr|nummer|number)?\.?(?: is| was)?[ :=#(-]*$`)
	// dated is a day with more digits behind it.
	dated = regexp.MustCompile(`^\d\d?[-./ ]\d\d?[-./ ](?:19|20)\d\d(?:\D|$)`)
)

// tail is the end of a text, as long as what comes before a number matters.
func tail(text string) string { return text[max(0, len(text)-64):] }

// classify says what digits, written as s and starting at from, are, and where
// they start with their prefix.
func classify(text string, from int, digits, s string) (kind string, start int) {
	before := text[:from]
	opened := strings.HasSuffix(before, "(") && strings.Count(s, ")") > strings.Count(s, "(")
	plus := strings.TrimRight(before, " ")
	switch {
	case strings.HasSuffix(before, "+") && len(digits) >= 8 && len(digits) <= 15 && digits[0] != '0':
		if strings.HasSuffix(before, "(+") && strings.Count(s, ")") > strings.Count(s, "(") {
			return MaskPhone, from - 2
		}
		return MaskPhone, from - 1
	case strings.HasSuffix(plus, "+") && strings.HasPrefix(digits, "31") && len(digits) == 11:
		return MaskPhone, len(plus) - 1
	case strings.HasPrefix(digits, "316") && len(digits) == 11 && !strings.ContainsAny(s, "./"):
		return MaskPhone, from
	case strings.HasPrefix(digits, "00") && digits[2:] != "" && digits[2] != '0' && len(digits) >= 11 && len(digits) <= 15 && !strings.Contains(s, "/"):
		return MaskPhone, from
	case dated.MatchString(s):
		return "", 0
	case len(digits) == 9 && elevenTest(digits) && !isMoney(before, s) && !isAmount(s, text[from+len(s):]),
		len(digits) == 8 && elevenTest("0"+digits) && called.MatchString(tail(before)):
		return MaskBSN, from
	case len(digits) == 10 && digits[0] == '0' && digits[1] != '0' && (!strings.Contains(s, "/") || areaSlash.MatchString(s)) && !isPublicNumber(digits):
		if opened {
			return MaskPhone, from - 1
		}
		return MaskPhone, from
	}
	return "", 0
}

// isPublicNumber: 0800, 0900 and the like belong to no person.
func isPublicNumber(digits string) bool {
	return strings.HasPrefix(digits, "0800") || strings.HasPrefix(digits, "090")
}

// areaSlash is an area code with a slash behind it: 070/3499499.
var areaSlash = regexp.MustCompile(`^0\d{1,3} ?/ ?\d[\d .-]*$`)

var (
	thousands = regexp.MustCompile(`^\d{3}[. ]\d{3}[. ]\d{3}$`)
	counted   = regexp.MustCompile(`^ ?(?i)(euro|eur|gulden|dollar|ton|kilo|uur|mensen|personen|inwoners|banen|werknemers|werkenden|werkgevers|leden|deelnemers|woningen|huishoudens|bedrijven|burgers|kinderen|jobs|people|inhabitants|workers|employees|members|households)\b`)
)

// isAmount tells a number in groups of three that counts something from a number of a
// person.
func isAmount(s, after string) bool { return thousands.MatchString(s) && counted.MatchString(after) }

// isMoney tells amounts in groups of three from numbers of people.
func isMoney(before, s string) bool {
	before = strings.TrimRight(before, " ")
	return strings.Count(s, ".") == 2 && len(s) == 11 && s[3] == '.' && s[7] == '.' &&
		(strings.HasSuffix(before, "€") || strings.HasSuffix(strings.ToLower(before), "eur") || strings.HasSuffix(strings.ToLower(before), "euro"))
}

// elevenTest is the check of a citizen service number: 9a+8b+…+2h−i is a multiple
// of eleven (Logisch Ontwerp BSN, paragraph 3.2).
func elevenTest(digits string) bool {
	sum, nonzero := 0, false
	for i := range 9 {
		d := int(digits[i] - '0')
		nonzero = nonzero || d != 0
		if i == 8 {
			sum -= d
		} else {
			sum += (9 - i) * d
		}
	}
	return nonzero && sum%11 == 0
}

// joins reports whether digits on both sides of s can be one number.
func joins(s string) bool {
	if len(s) > 4 {
		return false
	}
	marks := 0
	for _, r := range s {
		switch r {
		case ' ':
		case '.', '-', '/', '(', ')', '_', '·':
			marks++
		default:
			return false
		}
	}
	return marks <= 2
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func wordBefore(text string, at int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:at])
	return at > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func wordAfter(text string, at int) bool {
	r, _ := utf8.DecodeRuneInString(text[at:])
	return at < len(text) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
