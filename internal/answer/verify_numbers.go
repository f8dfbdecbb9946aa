package answer

import (
	"math"
	"regexp"
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
	for _, m := range monthYear.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > 0 && strings.ContainsRune("-/0123456789", rune(text[m[0]-1])) {
			continue // the end of a whole date
		}
		month, _ := strconv.Atoi(text[m[2]:m[3]])
		year, _ := strconv.Atoi(text[m[4]:m[5]])
		replace(dutch.Number{Kind: dutch.CalDate, Month: month, Year: year, Start: point(m[0]), End: point(m[1])})
	}
	for _, list := range [][][]int{fractions.FindAllStringSubmatchIndex(text, -1), lessThird.FindAllStringSubmatchIndex(text, -1)} {
		for _, m := range list {
			replace(dutch.Number{Unit: "%", Value: thirds[strings.ToLower(text[m[2]:m[3]])], Fraction: true, Start: point(m[0]), End: point(m[3])})
		}
	}
	for _, m := range partsOf.FindAllStringSubmatchIndex(text, -1) {
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
		case a.Kind == dutch.Quantity && a.Unit == "euro" && b.Kind == dutch.Quantity && b.Unit == "" && strings.TrimSpace(between) == "" && a.End > 0 && runes[a.End-1] == '€' || a.Kind == dutch.Quantity && a.Unit == "euro" && b.Unit == "" && strings.TrimSpace(between) == "" && strings.HasSuffix(strings.TrimSpace(string(runes[a.Start:a.End])), "€"):
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
	for _, m := range oneIn.FindAllStringSubmatchIndex(text, -1) {
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
