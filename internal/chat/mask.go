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
// digits that pass the eleven-test) and telephone numbers (Dutch, or international
// with + or 00). It returns the kinds it found, sorted, each once. Masking a masked text
// changes nothing.
func Mask(text string) (masked string, kinds []string) {
	spans := emails(text)
	spans = append(spans, ibans(text)...)
	spans = append(spans, numbers(text)...)
	if len(spans) == 0 {
		return text, nil
	}
	slices.SortStableFunc(spans, func(a, b maskSpan) int { return a.from - b.from })
	var b strings.Builder
	at := 0
	for _, s := range spans {
		if s.from < at { // inside what is masked already
			if s.to > at {
				at = s.to
			}
			continue
		}
		b.WriteString(text[at:s.from])
		b.WriteString(maskText[s.kind])
		at = s.to
		if !slices.Contains(kinds, s.kind) {
			kinds = append(kinds, s.kind)
		}
	}
	b.WriteString(text[at:])
	slices.Sort(kinds)
	return b.String(), kinds
}

func maskNotice(lang string) string {
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

var emailPattern = regexp.MustCompile(`[\p{L}\p{N}._%+'\-]+@[\p{L}\p{N}\-]+(\.[\p{L}\p{N}\-]+)*\.\p{L}{2,}`)

func emails(text string) []maskSpan {
	var spans []maskSpan
	for _, m := range emailPattern.FindAllStringIndex(text, -1) {
		spans = append(spans, maskSpan{m[0], m[1], MaskEmail})
	}
	return spans
}

// ibanLength is the length of an IBAN by country: SWIFT's IBAN registry, release
// 99, for the countries of SEPA and the Dutch Caribbean's neighbours in payments.
var ibanLength = map[string]int{
	"AD": 24, "AL": 28, "AT": 20, "BA": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28,
	"CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
	"GB": 22, "GI": 23, "GL": 18, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26,
	"IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22,
	"MK": 19, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22,
	"SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29, "VA": 22, "XK": 20,
}

// ibans finds an IBAN at every place where a country code starts a word, with a
// single space, dot or hyphen allowed between its characters.
func ibans(text string) []maskSpan {
	var spans []maskSpan
	for i := 0; i+1 < len(text); i++ {
		length, ok := ibanLength[strings.ToUpper(text[i:i+2])]
		if !ok || wordBefore(text, i) {
			continue
		}
		chars := make([]byte, 0, length)
		end := i
		for j := i; j < len(text) && len(chars) < length; j++ {
			c := text[j]
			if isSeparator(c) && j > end-1 && j == end && j > i {
				continue
			}
			if c >= 'a' && c <= 'z' {
				c -= 'a' - 'A'
			}
			if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
				break
			}
			if j > end+1 { // more than one separator
				break
			}
			chars = append(chars, c)
			end = j + 1
		}
		if len(chars) == length && !wordAfter(text, end) && mod97(chars) {
			spans = append(spans, maskSpan{i, end, MaskIBAN})
			i = end - 1
		}
	}
	return spans
}

func isSeparator(c byte) bool { return c == ' ' || c == '.' || c == '-' }

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
		if wordBefore(text, runs[i].from) {
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
			if wordAfter(text, runs[j].to) {
				continue
			}
			if kind, from := classify(text, runs[i].from, digits, text[runs[i].from:runs[j].to]); kind != "" {
				best, last = maskSpan{from, runs[j].to, kind}, j
			}
		}
		if best.kind != "" {
			spans = append(spans, best)
			i = last
		}
	}
	return spans
}

// classify says what digits, written as s and starting at from, are, and where
// they start with their prefix.
func classify(text string, from int, digits, s string) (kind string, start int) {
	before := text[:from]
	switch {
	case strings.HasSuffix(before, "+") && len(digits) >= 8 && len(digits) <= 15 && digits[0] != '0':
		return MaskPhone, from - 1
	case strings.HasSuffix(before, "(+") && len(digits) >= 9 && len(digits) <= 15 && digits[0] != '0':
		return MaskPhone, from - 2
	case strings.HasPrefix(digits, "00") && digits[2:] != "" && digits[2] != '0' && len(digits) >= 11 && len(digits) <= 15 && !strings.ContainsAny(s, "/,"):
		return MaskPhone, from
	case len(digits) == 9 && elevenTest(digits) && !isMoney(before, s) && !isAmount(s, text[from+len(s):]):
		return MaskBSN, from
	case len(digits) == 10 && digits[0] == '0' && digits[1] != '0' && (!strings.ContainsAny(s, "/,") || areaSlash.MatchString(s)) && !isPublicNumber(digits):
		if strings.HasSuffix(before, "(") && strings.Contains(s, ")") {
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
	thousands = regexp.MustCompile(`^\d{3}[. \x{00a0}]\d{3}[. \x{00a0}]\d{3}$`)
	counted   = regexp.MustCompile(`^[ \x{00a0}]?(?i)(euro|eur|gulden|dollar|ton|kilo|uur|mensen|personen|inwoners|banen|werknemers|werkenden|werkgevers|leden|deelnemers|woningen|huishoudens|bedrijven|burgers|kinderen|jobs|people|inhabitants|workers|employees|members|households)\b`)
)

// isAmount tells a number in groups of three that counts something from a number of a
// person.
func isAmount(s, after string) bool { return thousands.MatchString(s) && counted.MatchString(after) }

// isMoney tells amounts in groups of three from numbers of people.
func isMoney(before, s string) bool {
	before = strings.TrimRight(before, " \u00a0")
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
		case ' ', '\u00a0':
		case '.', '-', '/', '(', ')', '\u2011', '\u2013':
			marks++
		default:
			return false
		}
	}
	return marks <= 2
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func wordBefore(text string, at int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:at])
	return at > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func wordAfter(text string, at int) bool {
	r, _ := utf8.DecodeRuneInString(text[at:])
	return at < len(text) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
