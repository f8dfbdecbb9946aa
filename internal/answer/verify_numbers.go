package answer

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Ways of writing a number that a text of its own does not need and a comparison does:
// two words for one share, a month and a year in figures.
var (
	shareOf   = regexp.MustCompile(`(?i)^\s*(op|in|out of|van)( de| elke| every)?\s*$`)
	monthYear = regexp.MustCompile(`\b(0?[1-9]|1[0-2])[-/]((?:19|20)\d\d)\b`)
	fractions = regexp.MustCompile(`(?i)\b(?:een|één|a|one) (kwart|quarter)\b`)
	lessThird = regexp.MustCompile(`(?i)\b(?:een|één|a|one) (derde|vierde|vijfde|tiende|third|fourth|fifth|tenth) (?:minder|meer|lager|hoger|kleiner|groter|less|fewer|more|lower|higher)\b`)
)

var thirds = map[string]float64{"derde": 100.0 / 3, "vierde": 25, "vijfde": 20, "tiende": 10, "kwart": 25, "quarter": 25, "third": 100.0 / 3, "fourth": 25, "fifth": 20, "tenth": 10}

// numbersIn are the numbers of a text for comparing: those of package dutch, with
// "negen op de tien" as 90%, "een kwart" as 25% and 03-2017 as a month.
func numbersIn(text string) []dutch.Number {
	found := dutch.Numbers(text)
	replace := func(n dutch.Number) {
		var out []dutch.Number
		put := false
		for _, m := range found {
			if m.End > n.Start && m.Start < n.End {
				continue
			}
			if !put && m.Start >= n.End {
				out, put = append(out, n), true
			}
			out = append(out, m)
		}
		if !put {
			out = append(out, n)
		}
		found = out
	}
	point := func(at int) int { return utf8.RuneCountInString(text[:at]) }
	lower := strings.ToLower(text) // what the patterns need is looked for first: they cost more
	for _, m := range matches(monthYear, text, strings.ContainsAny(text, "-/")) {
		if m[0] > 0 && strings.ContainsRune("-/0123456789", rune(text[m[0]-1])) {
			continue // the end of a whole date
		}
		month, _ := strconv.Atoi(text[m[2]:m[3]])
		year, _ := strconv.Atoi(text[m[4]:m[5]])
		replace(dutch.Number{Kind: dutch.CalDate, Month: month, Year: year, Start: point(m[0]), End: point(m[1])})
	}
	for _, pattern := range [2]*regexp.Regexp{fractions, lessThird} {
		if !containsAny(lower, "kwart", "quarter", "derde ", "vierde ", "vijfde ", "tiende ", "third ", "fourth ", "fifth ", "tenth ") {
			break
		}
		list := pattern.FindAllStringSubmatchIndex(text, -1)
		for _, m := range list {
			replace(dutch.Number{Unit: "%", Value: thirds[strings.ToLower(text[m[2]:m[3]])], Fraction: true, Start: point(m[0]), End: point(m[3])})
		}
	}
	for _, m := range matches(partsOf, text, containsAny(lower, "miljoen", "miljard", "million", "billion")) {
		n := dutch.Number{Kind: dutch.Quantity, Value: partValues[strings.ToLower(text[m[2]:m[3]])] * largeNumbers[strings.ToLower(text[m[4]:m[5]])], Start: point(m[0]), End: point(m[5])}
		if m[6] >= 0 {
			n.Unit, n.End = "euro", point(m[1])
		}
		replace(n)
	}
	runes := []rune(text)
	for i := 1; i < len(found); i++ {
		a, b := found[i-1], found[i]
		if a.End > b.Start || a.End > len(runes) {
			continue
		}
		between := string(runes[a.End:b.Start])
		whole := func(n dutch.Number) bool {
			return n.Kind == dutch.Quantity && n.Unit == "" && n.Value >= 1 && n.Value == math.Trunc(n.Value)
		}
		switch {
		case a.Kind == dutch.Quantity && b.Kind == dutch.Quantity && a.Unit == "" && len(a.Noun) == 0 && a.Value < 1000 && b.End <= len(runes) && spanning.MatchString(between):
			// "Van 1,5 naar 3 miljoen": what follows the second number goes for both.
			large, unit := 1.0, b.Unit
			for w := range strings.FieldsSeq(strings.ToLower(string(runes[b.Start:b.End]))) {
				if v, ok := largeNumbers[w]; ok {
					large = v
				}
			}
			if large > 1 && a.Value*large <= b.Value*100 {
				found[i-1].Value, found[i-1].Unit, found[i-1].Noun = a.Value*large, unit, b.Noun
			}
		case whole(a) && whole(b) && a.Value < b.Value && b.Value <= 10 && shareOf.MatchString(between) && !strings.HasPrefix(strings.TrimSpace(between), "van"):
			replace(dutch.Number{Unit: "%", Value: 100 * a.Value / b.Value, Fraction: true, Start: a.Start, End: b.End, Bound: a.Bound})
			i = 0
		case a.Kind == dutch.Quantity && a.Unit == "euro" && b.Kind == dutch.Quantity && (b.Unit == "" || b.Unit == "euro") && strings.TrimSpace(between) == "" && a.End > 0 && runes[a.End-1] == '€' || a.Kind == dutch.Quantity && a.Unit == "euro" && (b.Unit == "" || b.Unit == "euro") && strings.TrimSpace(between) == "" && strings.HasSuffix(strings.TrimSpace(string(runes[a.Start:a.End])), "€"):
			// The sign belongs to the amount behind it: "in 2021 € 2,4 miljoen".
			figure := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(runes[a.Start:a.End])), "€"))
			a.Unit, a.End = "", a.Start+utf8.RuneCountInString(figure)
			if a.Value >= 1800 && a.Value <= 2100 && a.Value == math.Trunc(a.Value) && len(figure) == 4 {
				a.Kind = dutch.Year
			}
			b.Unit = "euro"
			found[i-1], found[i] = a, b
		}
	}
	// "Een op de drie": its first number is said by an article.
	for _, m := range matches(oneIn, text, containsAny(lower, " op ", " in ")) {
		for _, n := range found {
			if n.Start == point(m[2]) && n.Kind == dutch.Quantity && n.Unit == "" && n.Value >= 2 && n.Value <= 10 {
				replace(dutch.Number{Unit: "%", Value: 100 / n.Value, Fraction: true, Start: point(m[0]), End: n.End})
				break
			}
		}
	}
	return found
}

// Parts of large numbers, and what joins the ends of a span.
var (
	partsOf      = regexp.MustCompile(`(?i)\b(een kwart|een half|een halve|anderhalf|a quarter of a|half a) (miljoen|miljard|million|billion)\b( euro\b)?`)
	partValues   = map[string]float64{"een kwart": 0.25, "een half": 0.5, "een halve": 0.5, "anderhalf": 1.5, "a quarter of a": 0.25, "half a": 0.5}
	largeNumbers = map[string]float64{"duizend": 1e3, "miljoen": 1e6, "miljard": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9}
	spanning     = regexp.MustCompile(`(?i)^\s*(naar|tot|à|a|of|to|[-–])\s*$`)
)

var oneIn = regexp.MustCompile(`(?i)\b(?:een|één|1|one) (?:op|in)(?: de)? (\pL+|\d+)`)

// ton of money is a hundred thousand euros; the amount decides whether it is money.
func asMoney(numbers, other []dutch.Number) []dutch.Number {
	for i, n := range numbers {
		if n.Unit != "ton" {
			continue
		}
		for _, m := range other {
			if m.Unit == "euro" && math.Abs(m.Value-n.Value*1e5) < 1 {
				numbers[i].Unit, numbers[i].Value = "euro", m.Value
			}
		}
	}
	return numbers
}

// matches are those of a pattern in a text that may have them.
func matches(pattern *regexp.Regexp, text string, may bool) [][]int {
	if !may {
		return nil
	}
	return pattern.FindAllStringSubmatchIndex(text, -1)
}

func containsAny(s string, list ...string) bool {
	return slices.ContainsFunc(list, func(part string) bool { return strings.Contains(s, part) })
}

// yearsFrom finds a year that a text gives by its distance from another: "in 2019 … tien
// jaar eerder".
var yearsFrom = regexp.MustCompile(`(?i)\b(?:(\pL+|\d+) jaar|(?:het )?jaar|(\pL+|\d+) years?|the year) (eerder|daarvoor|ervoor|tevoren|later|daarna|erna|erop|earlier|before|after)\b`)

// withYears adds to the numbers of a passage the years that it gives in that way, at the
// word that tells on which side they lie.
func withYears(text string, numbers []dutch.Number) []dutch.Number {
	for _, m := range matches(yearsFrom, text, containsAny(text, "jaar ", "year")) {
		far := 1.0
		for _, k := range [2]int{2, 4} {
			if m[k] < 0 {
				continue
			}
			switch w := strings.ToLower(text[m[k]:m[k+1]]); w {
			case "een", "één", "a", "one", "het", "the":
			default:
				found := dutch.Numbers(w + " jaar")
				if len(found) != 1 || found[0].Kind != dutch.Quantity || found[0].Unit != "jaar" {
					far = 0
					break
				}
				far = found[0].Value
			}
		}
		if far == 0 || far != math.Trunc(far) {
			continue
		}
		from := 0
		for _, n := range numbers {
			if y := yearIn(n); y != 0 && n.Kind != dutch.Code && n.End <= utf8.RuneCountInString(text[:m[6]]) {
				from = y
			}
		}
		if from == 0 {
			continue
		}
		switch strings.ToLower(text[m[6]:m[7]]) {
		case "later", "daarna", "erna", "erop", "after":
		default:
			far = -far
		}
		start := utf8.RuneCountInString(text[:m[6]])
		year := dutch.Number{Kind: dutch.Year, Value: float64(from) + far, Start: start, End: start + utf8.RuneCountInString(text[m[6]:m[7]])}
		at := 0
		for at < len(numbers) && numbers[at].Start < start {
			at++
		}
		numbers = slices.Insert(numbers, at, year)
	}
	return numbers
}

// hedged are words by which a share is given roughly, with the side on which the share
// itself lies.
var hedged = map[string]int{"bijna": -1, "krap": -1, "nearly": -1, "almost": -1, "ruim": 1, "goed": 1, "over": 1, "ongeveer": 0, "circa": 0, "rond": 0, "about": 0, "roughly": 0}

// roughest is how many percentage points a share may lie from a fraction that is said to
// be near it: "bijna een derde" for 32 procent.
const roughest = 3

// inOtherMeasure reports whether the passage has a number of the claim in another
// measure: months for years, a share for a fraction near it, the years between two.
func (g *ground) inOtherMeasure(c *claim, n dutch.Number) bool {
	if n.Kind != dutch.Quantity {
		return false
	}
	at := wordAt(c.words, n)
	side, rough := 0, false
	if at > 0 {
		side, rough = hedged[c.words[at-1].text]
	}
	if !rough { // the word may be part of the number
		side, rough = hedged[strings.ToLower(strings.SplitN(strings.TrimSpace(corpusSlice(c.text, n.Start, n.End)), " ", 2)[0])]
	}
	var years []int
	for _, m := range g.numbers {
		if n.Fraction && rough && m.Unit == "%" && !m.Fraction && math.Abs(m.Value-n.Value) <= roughest && (side == 0 || float64(side)*(m.Value-n.Value) > 0) {
			return true
		}
		if m.Kind == dutch.Quantity && n.Unit != m.Unit && lengths[n.Unit].of != "" && lengths[n.Unit].of == lengths[m.Unit].of && n.Value*lengths[n.Unit].times == m.Value*lengths[m.Unit].times {
			return true
		}
		// "Van de 80 miljoen euro was 62 miljoen uitgegeven."
		if n.Unit == "euro" && m.Kind == dutch.Quantity && m.Unit == "" && m.Value == n.Value && m.Value >= 1e5 && slices.ContainsFunc(g.numbers, func(o dutch.Number) bool {
			return o.Unit == "euro" && g.words[wordAt(g.words, o)].sentence == g.words[wordAt(g.words, m)].sentence
		}) {
			return true
		}
		if m.Kind == dutch.Year {
			years = append(years, int(m.Value))
		}
	}
	for i := 1; n.Unit == "%" && i < len(g.numbers); i++ { // acht van de tien
		a, b := g.numbers[i-1], g.numbers[i]
		if a.Unit == "" && b.Unit == "" && b.Value > a.Value && b.Value <= 100 && 100*a.Value/b.Value == n.Value && strings.TrimSpace(corpusSlice(g.text, a.End, b.Start)) == "van de" {
			return true
		}
	}
	if n.Unit == "jaar" && len(years) == 2 && math.Abs(float64(years[0]-years[1])) == n.Value {
		return true
	}
	// Beide is two of them.
	return n.Value == 2 && n.Unit == "" && slices.ContainsFunc(g.words, func(w word) bool { return w.text == "beide" || w.text == "allebei" || w.text == "both" })
}

// lengths of time that are so many times another.
var lengths = map[string]struct {
	of    string
	times float64
}{"jaar": {"maand", 12}, "kwartaal": {"maand", 3}, "maand": {"maand", 1}, "week": {"dag", 7}, "dag": {"dag", 1}}
