package answer

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// A comparison is answered by what the documents say of each side, each sentence with
// the year or publication it is of, after the sentences that compare the two
// themselves.

// comparison is what a question wants compared: two years or publications, or two
// things.
type comparison struct {
	questions [2]string // what is asked of each side
	labels    [2]string // the year or publication before its sentences; "" for things
	sides     [2]string // as the visitor wrote them
}

var comparisons = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\bverschil(?:len)? (?:er )?tussen (.+?) en (.+?)\s*[?.!]*$`),
	regexp.MustCompile(`(?i)\bvergelijk(?:en)? (.+?) (?:met|en) (.+?)\s*[?.!]*$`),
	regexp.MustCompile(`(?i)\b(?:waarin|waardoor|hoe) verschil(?:t|len|de|den) (.+?\b(?:19|20)\d\d) (?:van|met|en) (.+?)(?: van elkaar)?\s*[?.!]*$`),
	regexp.MustCompile(`(?i)\b(?:waarin|waardoor|hoe) verschil(?:t|len|de|den) (.+?) (?:van|met|en) (.+?)(?: van elkaar)?\s*[?.!]*$`),
	regexp.MustCompile(`(?i)\b(?:veranderde|veranderden|veranderd|verandert)(?: er)? tussen (.+?) en (.+?)\s*[?.!]*$`),
	regexp.MustCompile(`(?i)\bcompare (.+?) (?:with|to|and) (.+?)\s*[?.!]*$`),
	regexp.MustCompile(`(?i)\bdifferences? between (.+?) and (.+?)\s*[?.!]*$`),
	regexp.MustCompile(`(?i)\bchanged? between (.+?) and (.+?)\s*[?.!]*$`),
}

var comparing = re(`\b(verschil|verschillen|vergelijk|vergelijken|verschilt|verschilde|verschilden|veranderde|veranderden|veranderd|verandert|compare|difference|differences|changed|change)\b`)

// readComparison finds what a question wants compared, or nil.
func readComparison(question string) *comparison {
	if !comparing.MatchString(plain(question)) {
		return nil
	}
	for _, p := range comparisons {
		m := p.FindStringSubmatch(question)
		if m == nil {
			continue
		}
		c := &comparison{sides: [2]string{m[1], m[2]}}
		a, b := markOf(m[1]), markOf(m[2])
		if a == nil || b == nil {
			if a != nil || b != nil {
				continue
			}
			whatIs := "Wat is "
			if dutch.Detect(question) == "en" {
				whatIs = "What is "
			}
			for i, side := range c.sides {
				c.questions[i] = whatIs + side + "?"
			}
			return c
		}
		// The side that says more than its year or number tells what is compared.
		texts := [2]string{corpusSlice(m[1], a.Start, a.End), corpusSlice(m[2], b.Start, b.End)}
		template, mark := m[1], a
		if extra(m[2], b) > extra(m[1], a) {
			template, mark = m[2], b
		}
		if mark.Kind == dutch.Year && extra(template, mark) == 0 {
			template += " de SER" // two bare years: of the Council
			mark = markOf(template)
		}
		r := []rune(template)
		for i, text := range texts {
			c.labels[i] = text
			side := string(r[:mark.Start]) + text + string(r[mark.End:])
			if mark.Kind == dutch.Code && extra(template, mark) == 0 {
				c.labels[i] = "Advies " + text
				c.questions[i] = "Waar gaat advies " + text + " over?"
				continue
			}
			c.questions[i] = side + "?"
		}
		return c
	}
	return nil
}

// markOf is the one year or publication number of a side, or nil.
func markOf(side string) *dutch.Number {
	var found *dutch.Number
	for _, n := range dutch.Numbers(side) {
		if n.Kind == dutch.Year || n.Kind == dutch.Code {
			if found != nil {
				return nil
			}
			found = &n
		}
	}
	return found
}

// extra counts the words of a side that say what is compared.
func extra(side string, mark *dutch.Number) int {
	n := 0
	for _, w := range words(side, dutch.Detect(side)) {
		if !w.stop && !w.number && (w.start < mark.Start || w.start >= mark.End) && !publicationWords[w.text] && !comparedWords[w.text] {
			n++
		}
	}
	return n
}

var comparedWords = set(`jaar jaren year years`)

// mostPerSide bounds the sentences on one side of a comparison.
const mostPerSide = 2

// compare answers a comparison. It returns nothing when the documents leave a side
// open that has to be there.
func (t *turn) compare(ctx context.Context, u *Understanding) ([]composed, string, error) {
	var out []composed
	if u.comparison.labels[0] == "" {
		out = t.service.saysBoth(u, t.passages)
		if len(out) > 0 {
			return out, "a sentence compares both", nil
		}
	}
	found := 0
	for i, q := range u.comparison.questions {
		side := understand(Request{Question: q, Lang: u.Lang})
		if side.Intent != IntentAsk || side.comparison != nil {
			continue
		}
		side.Present = false
		passages, err := t.search(ctx, &side)
		if err != nil {
			return nil, "", err
		}
		if u.comparison.labels[0] == "" {
			// What speaks of both things often says what each is.
			passages = append(passages, t.passages...)
		}
		chosen, _ := t.service.compose(&side, passages)
		n := 0
		for _, c := range u.comparison.withSubstance(chosen) {
			if n == mostPerSide || redundant(c.candidate, out) {
				continue
			}
			c.label = u.comparison.labels[i]
			if c.label != "" && strings.Contains(c.candidate.text, c.label) {
				c.label = ""
			}
			out = append(out, c)
			n++
		}
		if n > 0 {
			found++
		}
	}
	if found < 2 {
		return nil, "one side is not in the documents", nil
	}
	return out, fmt.Sprintf("%d sentences on both sides", len(out)), nil
}

// stance are sentences that say what a publication holds or a body thinks; naming ones
// only that there is a publication.
var (
	stance = re(`(?i)\b(wilde|wil|vond|vindt|vroeg|vraagt|koos|kiest|noemde|noemt|stelde|pleitte|pleit|verdeeld|unaniem|eens|ging het|moet|moest|tegen|wants|wanted)\b`)
	naming = re(`(?i)\b(verscheen|heet|titel|bereidde|site|nummer|gericht)\b`)
)

// withSubstance orders what a side's publication holds before what it is called, and
// takes along the rest of the best sentence's passage when that says more of it.
func (c *comparison) withSubstance(chosen []composed) []composed {
	if len(chosen) == 0 || c.labels[0] == "" {
		return chosen
	}
	var holds, about, named []composed
	add := func(o composed) {
		switch {
		case stance.MatchString(o.candidate.text) && !o.candidate.row:
			holds = append(holds, o)
		case naming.MatchString(o.candidate.text) || o.candidate.row:
			named = append(named, o)
		default:
			about = append(about, o)
		}
	}
	for _, o := range chosen {
		add(o)
	}
	best := chosen[0].candidate
	if publicationSide.MatchString(c.questions[0]) && !best.row {
		first := best
		for first.prev != nil {
			first = first.prev
		}
		for o := first; o != nil; o = o.next {
			taken := slices.ContainsFunc(chosen, func(x composed) bool { return x.candidate == o })
			if !taken && o.usable && !o.row && stance.MatchString(o.text) {
				add(composed{candidate: o})
			}
		}
	}
	return slices.Concat(holds, about, named)
}

// publicationSide marks questions after what a publication says.
var publicationSide = re(`(?i)\b(\w*advies|\w*adviezen|rapport|rapporten|verkenning|verkenningen|\w*akkoord|advice|report)\b`)

// tellsApart are words of sentences that hold two things against each other. That a
// programme is for both does not tell them apart.
var tellsApart = re(`\b(verschil\w*|anders|ander|andere|terwijl|maar|geen|niet|wel|dan|beide|allebei|hetzelfde|zelfde|gelijk|tegenover|different\w*|differs?|while|whereas|but|not|no|than|both|same|other)\b`)

// mostOfBoth bounds the sentences that compare two things themselves.
const mostOfBoth = 3

// saysBoth are the best sentences that name both things of a comparison and tell them
// apart.
func (s *Service) saysBoth(u *Understanding, found []corpus.Passage) []composed {
	chosen, _ := s.compose(u, found)
	var out []composed
	for _, c := range chosen {
		both := true
		for _, side := range u.comparison.sides {
			says := false
			for _, w := range words(side, u.Asked) {
				if w.stop {
					continue
				}
				for _, o := range c.candidate.words {
					says = says || related(w, o) >= 0.7
				}
			}
			both = both && says
		}
		if both && len(out) < mostOfBoth && !c.candidate.list && !c.candidate.points && tellsApart.MatchString(c.candidate.plain) {
			out = append(out, c)
		}
	}
	return out
}
