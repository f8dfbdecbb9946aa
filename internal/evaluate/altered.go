package evaluate

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Alter makes pairs of a sentence that its passage supports: the sentence with one
// thing changed, so that the passage no longer supports it, and harmless rewrites
// that it still does. The kinds are number, unit, year, name, negation, opposite and
// citation (the sentence held against other, a passage on another subject), and
// "" for what stays supported. What a sentence has no place for is left out.
func Alter(id, sentence, passage, other string, names []string, rng *rand.Rand) []Pair {
	var pairs []Pair
	add := func(kind, changed string) {
		changed = strings.TrimSpace(changed)
		if changed == "" || kind != "citation" && changed == sentence || kind != "" && kind != "citation" && strings.Contains(passage, changed) {
			return
		}
		against := passage
		if kind == "citation" {
			against = other
		}
		name := kind
		if name == "" {
			name = "true"
		}
		pairs = append(pairs, Pair{
			ID: fmt.Sprintf("%s-%s-%d", id, name, len(pairs)), Sentence: changed, Passage: against, Supported: kind == "", Altered: kind,
		})
	}
	for _, n := range dutch.Numbers(sentence) {
		alterNumber(sentence, passage, n, rng, add)
	}
	alterName(sentence, passage, names, rng, add)
	negate(sentence, add)
	for _, pair := range opposites {
		if changed, ok := replaceWord(sentence, pair[0], pair[1]); ok {
			add("opposite", changed)
		}
	}
	for _, pair := range equals {
		if changed, ok := replaceWord(sentence, pair[0], pair[1]); ok {
			add("", changed)
		}
	}
	if other != "" && !strings.Contains(other, sentence) {
		add("citation", sentence)
	}
	return pairs
}

// splice puts text in the place of code points [start,end) of s.
func splice(s string, start, end int, text string) string {
	r := []rune(s)
	return string(r[:start]) + text + string(r[end:])
}

// digits is a figure with its thousands and decimals.
var digits = regexp.MustCompile(`\d+(?:\.\d{3})*(?:,\d+)?`)

// alterNumber changes a number, its unit or its year, and writes it in another way.
func alterNumber(sentence, passage string, n dutch.Number, rng *rand.Rand, add func(kind, changed string)) {
	text := string([]rune(sentence)[n.Start:n.End])
	m := digits.FindStringIndex(text)
	if m == nil {
		return
	}
	figure := text[m[0]:m[1]]
	with := func(f string) string { return splice(sentence, n.Start, n.End, text[:m[0]]+f+text[m[1]:]) }
	absent := func(f string) bool {
		return !regexp.MustCompile(`(^|\D)` + regexp.QuoteMeta(f) + `(\D|$)`).MatchString(passage)
	}
	switch n.Kind {
	case dutch.Year, dutch.CalDate, dutch.Code:
		kind := "year"
		if n.Kind != dutch.Year {
			kind = "number"
		}
		v, err := strconv.Atoi(figure)
		if err != nil {
			return
		}
		if f := strconv.Itoa(v + 1 + rng.IntN(4)); absent(f) {
			add(kind, with(f))
		}
	case dutch.Quantity:
		bare := strings.ReplaceAll(figure, ".", "")
		if v, err := strconv.Atoi(bare); err == nil {
			if f := thousands(v + 1 + rng.IntN(max(v/3, 3))); absent(f) {
				add("number", with(f))
			}
			if v > 12 && v%11 != 0 && v < 100 {
				if f := string([]byte{bare[1], bare[0]}); bare[1] != '0' && absent(f) {
					add("number", with(f))
				}
			}
			switch {
			case v >= 1000 && strings.Contains(figure, "."):
				add("", with(bare))
			case v >= 1000:
				add("", with(thousands(v)))
			case n.Unit == "" && inWords[v] != "":
				add("", with(inWords[v]))
			}
		} else if whole, part, ok := strings.Cut(figure, ","); ok {
			if f := part + "," + whole; absent(f) && f != figure {
				add("number", with(f))
			}
		}
		for _, pair := range units {
			if strings.Contains(text, pair[0]) && !strings.Contains(passage, pair[1]) {
				add("unit", splice(sentence, n.Start, n.End, strings.Replace(text, pair[0], pair[1], 1)))
			}
		}
		if n.Unit == "%" && strings.Contains(text, " procent") {
			add("", splice(sentence, n.Start, n.End, strings.Replace(text, " procent", "%", 1)))
		}
	}
}

var inWords = map[int]string{2: "twee", 3: "drie", 4: "vier", 5: "vijf", 6: "zes", 7: "zeven", 8: "acht", 9: "negen", 10: "tien", 11: "elf", 12: "twaalf"}

// units and what they are mistaken for.
var units = [][2]string{
	{"procentpunt", "procent"}, {" procent", " procentpunt"}, {"%", " euro"}, {"miljoen", "miljard"}, {"miljard", "miljoen"},
	{"euro", "dollar"}, {"€", "$"}, {" jaar", " maanden"}, {" maanden", " jaar"}, {" weken", " maanden"}, {" uur", " dagen"},
}

func thousands(v int) string {
	s := strconv.Itoa(v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s
}

// alterName puts another name in the place of one of the sentence's.
func alterName(sentence, passage string, names []string, rng *rand.Rand, add func(kind, changed string)) {
	for _, name := range names {
		at := strings.Index(sentence, name)
		if at < 0 || !boundary(sentence, at, at+len(name)) {
			continue
		}
		for try := range names {
			other := names[(rng.IntN(len(names))+try)%len(names)]
			if other != name && !strings.Contains(passage, other) && !strings.Contains(other, name) && !strings.Contains(name, other) {
				add("name", sentence[:at]+other+sentence[at+len(name):])
				break
			}
		}
	}
}

func boundary(s string, from, to int) bool {
	r := func(b byte) bool { return b == '-' || unicode.IsLetter(rune(b)) || unicode.IsDigit(rune(b)) }
	return (from == 0 || !r(s[from-1])) && (to == len(s) || !r(s[to]))
}

// negate takes a denial away or puts one in.
func negate(sentence string, add func(kind, changed string)) {
	for _, word := range []string{" niet", " geen"} {
		if at := strings.Index(sentence, word+" "); at >= 0 && !strings.HasPrefix(sentence[at:], " niet alleen") {
			rest := sentence[at+len(word):]
			if word == " geen" {
				rest = " een" + rest
			}
			add("negation", sentence[:at]+rest)
			return
		}
	}
	for _, verb := range []string{" is ", " was ", " heeft ", " werd ", " zijn ", " kan ", " moet "} {
		if at := strings.Index(sentence, verb); at > 0 && !strings.Contains(sentence, "nooit") && !strings.Contains(sentence, "zonder") {
			rest := sentence[at+len(verb):]
			switch {
			case strings.HasPrefix(rest, "een "):
				add("negation", sentence[:at]+verb+"geen "+strings.TrimPrefix(rest, "een "))
			default:
				add("negation", sentence[:at]+verb+"niet "+rest)
			}
			return
		}
	}
}

// opposites turn a sentence around, equals leave it what it is.
var (
	opposites = [][2]string{
		{"meer", "minder"}, {"minder", "meer"}, {"unaniem", "verdeeld"}, {"verdeeld", "unaniem"}, {"stijgt", "daalt"}, {"groeide", "kromp"}, {"opgericht", "opgeheven"}, {"afgeschaft", "ingevoerd"},
		{"openbaar", "besloten"}, {"onafhankelijk", "afhankelijk"}, {"onafhankelijke", "afhankelijke"}, {"eerste", "laatste"}, {"verplicht", "vrijwillig"}, {"meerderheid", "minderheid"}, {"minderheid", "meerderheid"},
		{"indirect", "direct"}, {"alle", "sommige"}, {"voorstander", "tegenstander"}, {"werkgevers", "werknemers"}, {"privaat", "publiek"}, {"verhogen", "verlagen"}, {"altijd", "nooit"},
	}
	equals = [][2]string{
		{"verscheen", "werd gepubliceerd"}, {"telt", "heeft"}, {"telde", "had"}, {"onderneming", "bedrijf"}, {"opgericht", "ingesteld"}, {"bijeenkomst", "vergadering"}, {"ook", "eveneens"}, {"daarom", "dus"}, {"jaarlijkse", "jaarlijks terugkerende"},
	}
)

func replaceWord(sentence, from, to string) (string, bool) {
	at := strings.Index(sentence, from)
	if at < 0 || !boundary(sentence, at, at+len(from)) {
		return "", false
	}
	return sentence[:at] + to + sentence[at+len(from):], true
}
