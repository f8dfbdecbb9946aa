package retrieval

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Publication numbers as questions write them, beside yy/nn, which words reads: with
// the publication before it, or with number and year apart.
var (
	numberAfterKind = regexp.MustCompile(`(?i)\b(?:(?:brief)?advie(?:s|zen)|publicatie(?:nummer)?|rapport|verkenning|uitgave|advice|report|nummer|number|nr\.?|no\.)\s*(?:nr\.?|no\.?|nummer|number)?\s*:?\s*((?:19|20)?\d\d)\s?[-–./]\s?(\d{1,2})(?:\D|$)`)
	numberThenYear  = regexp.MustCompile(`(?i)\b(?:(?:brief)?advies|publicatie|rapport|advice|report|nummer|number|nr\.?|no\.)\s*(?:nr\.?|no\.?|nummer|number)?\s*(\d{1,2})\s*[,(]?\s*(?:(?:uit|van|in|of|from)\s+)?(?:het jaar\s+)?((?:19|20)\d\d)\b`)
	yearThenNumber  = regexp.MustCompile(`(?i)\b((?:19|20)\d\d)\s*,?\s*(?:nr\.?|no\.|nummer|number)\s*(\d{1,2})\b`)
)

// namedNumbers are the publication numbers that a question writes in other ways
// than 14/04: advies 14-04, nr. 4 uit 2014, 2014, nr. 4.
func namedNumbers(text string) []string {
	if !strings.ContainsAny(text, "0123456789") {
		return nil // what follows looks at each letter three times
	}
	var out []string
	add := func(year, number string) {
		if n := PublicationNumber(year + "/" + number); n != "" {
			out = append(out, n)
		}
	}
	for _, m := range numberAfterKind.FindAllStringSubmatch(text, -1) {
		add(m[1], m[2])
	}
	for _, m := range numberThenYear.FindAllStringSubmatch(text, -1) {
		add(m[2], m[1])
	}
	for _, m := range yearThenNumber.FindAllStringSubmatch(text, -1) {
		add(m[1], m[2])
	}
	return out
}

var (
	months     = [...]string{"", "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}
	smallWords = [...]string{"nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf"}
)

// otherNumbers are the numbers and dates of a text in the way that it does not
// write them: dertig for 30 and, up to twelve, the other way round; april for
// 25-04-2014 and 04 for 25 april 2014.
func otherNumbers(text string) []string {
	var out []string
	for _, n := range dutch.Numbers(text) {
		switch n.Kind {
		case dutch.Quantity:
			if n.Value != float64(int64(n.Value)) || n.Value < 2 || n.Value > 1e12 {
				continue
			}
			out = append(out, strconv.FormatInt(int64(n.Value), 10))
			if v := int(n.Value); v < len(smallWords) {
				out = append(out, smallWords[v])
			}
		case dutch.CalDate:
			if n.Month < 1 || n.Month >= len(months) {
				continue
			}
			out = append(out, months[n.Month], fmt.Sprintf("%02d", n.Month))
			if n.Day > 0 {
				out = append(out, strconv.Itoa(n.Day))
			}
			if n.Year > 0 {
				out = append(out, strconv.Itoa(n.Year))
			}
		case dutch.Ordinal, dutch.Year, dutch.Decade, dutch.Clock, dutch.Code, dutch.Reference:
		}
	}
	return out
}

var nowWords = regexp.MustCompile(`(?i)\b(?:nu|momenteel|huidige?|tegenwoordig|thans|op dit moment|vandaag|actuele?|recente?(?:ste|lijk)?|laatste|nieuwste|currently?|now|nowadays|today|at present|latest|most recent)\b`)

// asksForNow reports whether a question asks for what holds now or is newest.
func asksForNow(text string) bool { return nowWords.MatchString(text) }
