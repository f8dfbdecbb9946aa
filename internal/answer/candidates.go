package answer

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// candidate is a sentence that may be said, with what surrounds it.
type candidate struct {
	passage    *corpus.Passage
	rank       int // of its passage, from 0
	text       string
	start, end int // code points into the page's text
	words      []word
	numbers    []dutch.Number
	prev, next *candidate // within the passage
	heading    []word     // of the innermost heading
	outer      []word     // of the headings above it
	title      []word
	around     []word // of the whole passage
	row        bool   // a table's row or a list's item: not a sentence of its own
	usable     bool   // a whole sentence
	list       bool   // a sentence with the list that it opens
	item       bool   // an item of such a list

	coverage float64 // share of the question covered, 0 to 1, by sentence and context
	own      float64 // by the sentence alone
	score    float64
	fits     bool // it has what the question's form asks for
	missing  string
}

// candidates cuts passages into sentences. The same sentence from several documents
// (the text and the PDF of one publication) comes once, from the newest.
func candidates(passages []corpus.Passage, lang string) []*candidate {
	var out []*candidate
	seen := make(map[string]int)
	for rank := range passages {
		p := &passages[rank]
		plang := p.Language
		if plang != "en" {
			plang = "nl"
		}
		if lang == "" {
			lang = plang
		}
		var heading, outer []word
		for i, h := range p.Heading {
			if i == len(p.Heading)-1 {
				heading = words(h, plang)
			} else {
				outer = append(outer, words(h, plang)...)
			}
		}
		title := words(p.Document.Title, plang)
		around := words(p.Text, plang)
		runes := []rune(p.Text)
		var last *candidate
		listEnd := 0
		for _, span := range dutch.Sentences(p.Text) {
			c := &candidate{
				passage: p, rank: rank, text: string(runes[span.Start:span.End]),
				start: p.Start + span.Start, end: p.Start + span.End,
				heading: heading, outer: outer, title: title, around: around,
			}
			c.item = c.start < listEnd
			if strings.HasSuffix(c.text, ":") {
				if end := items(p.PageText, c.end); end > c.end {
					c.end, listEnd = end, end
					c.text = corpus.Slice(p.PageText, c.start, c.end)
					c.list = true
				}
			}
			c.words = words(c.text, plang)
			if len(c.words) == 0 {
				continue
			}
			c.numbers = dutch.Numbers(c.text)
			if mark := bullet.FindString(c.text); mark != "" {
				// The number of an item counts nothing.
				c.numbers = slices.DeleteFunc(c.numbers, func(n dutch.Number) bool { return n.Start < len([]rune(mark)) })
			}
			c.row = p.Kind == corpus.BlockTable || (p.Kind == corpus.BlockList || bullet.MatchString(c.text)) && !strings.HasSuffix(c.text, ".")
			c.usable = whole(c.text) || c.row || c.list
			c.prev = last
			if last != nil {
				last.next = c
			}
			last = c
			key := plain(c.text)
			if first, ok := seen[key]; ok {
				if o := out[first]; better(c, o) {
					c.rank = min(c.rank, o.rank)
					out[first] = c
				}
				continue
			}
			seen[key] = len(out)
			out = append(out, c)
		}
	}
	return out
}

// better reports whether a is the better place to cite for a sentence than b: the
// newer document, then the one with page numbers of its own.
func better(a, b *candidate) bool {
	da, db := a.passage.Document.Date, b.passage.Document.Date
	if da != db {
		return da > db
	}
	return a.passage.Page > 1 && b.passage.Page == 1 && a.passage.Document.ID != b.passage.Document.ID
}

// Bounds on a list that is said whole.
const (
	mostItems     = 20
	longestItem   = 300 // code points
	longestListed = 1500
)

// items is where the list ends that begins after offset at of a page, or at when
// none does. An item stands on a line of its own, and has a bullet or number, ends
// with a semicolon or a comma, or starts with a small letter; the last one of a list
// with semicolons may end with a full stop.
func items(page string, at int) int {
	rest := []rune(corpus.Slice(page, at, at+longestListed))
	end, n := at, 0
	open := false // the item before announced another one
	for pos := 0; pos < len(rest) && n < mostItems; {
		if rest[pos] != '\n' && rest[pos] != ' ' {
			if n == 0 && pos == 0 || rest[max(pos-1, 0)] != '\n' {
				return end
			}
			stop := pos
			for stop < len(rest) && rest[stop] != '\n' {
				stop++
			}
			line := strings.TrimSpace(string(rest[pos:stop]))
			r := []rune(line)
			marked := bullet.MatchString(line)
			going := strings.HasSuffix(line, ";") || strings.HasSuffix(line, ",") || strings.HasSuffix(line, " en") || strings.HasSuffix(line, " of")
			if len(r) > longestItem || !(marked || going || open || unicode.IsLower(r[0])) {
				return end
			}
			open = going
			end = at + pos + len([]rune(strings.TrimRight(string(rest[pos:stop]), " ")))
			n++
			pos = stop
			continue
		}
		pos++
	}
	return end
}

var bullet = regexp.MustCompile(`^\s*([•●▪■◦‣∙·►▶✓*–-]|\d{1,2}[.)]|[a-z][.)])\s`)

// whole reports whether a text is a sentence from its first word to its end mark:
// what a page break cut off is not.
func whole(s string) bool {
	r := []rune(strings.TrimSpace(s))
	if len(r) < 12 {
		return false
	}
	i := 0
	for i < len(r) && !unicode.IsLetter(r[i]) && !unicode.IsDigit(r[i]) {
		i++
	}
	if i == len(r) || unicode.IsLower(r[i]) && !(i > 0 && (r[i-1] == '\'' || r[i-1] == '’')) {
		return false
	}
	last := r[len(r)-1]
	if strings.ContainsRune(".!?…:;", last) {
		return true
	}
	// A closing quote or bracket after the end mark, or a footnote mark.
	for j := len(r) - 1; j > 0 && len(r)-j <= 5; j-- {
		if strings.ContainsRune(".!?", r[j]) {
			return true
		}
		if !strings.ContainsRune(`"'”’»)]`, r[j]) && !unicode.IsDigit(r[j]) {
			return false
		}
	}
	return false
}

// meta are sentences about the text itself instead of its subject.
var meta = regexp.MustCompile(`(?i)\b(deze|dit|de|this|the) (demotekst|tekst|hoofdstuk|paragraaf|document|publicatie|bijlage|pagina|text|chapter|section|page) (legt|beschrijft|geeft|gaat|behandelt|bevat|is|explains|describes|gives)\b|\bin (dit|deze) (hoofdstuk|paragraaf|tekst|document)\b|\b(is een demotekst|leesvervolg|lees (meer|verder|ook)|zie ook|meer (informatie|toelichting)|read more|see also)\b`)

// opensPointing are first words that point at the sentence before.
var opensPointing = set(`dit deze die dat daarmee daarnaast daarbij daarom daarvoor daarvan daaruit daarin daarover hierbij hiermee hiervan hiervoor hierin hij zij ze dat' this these that those it they he she there`)

// shortFor opens sentences that give the abbreviation of what was just named.
var shortFor = regexp.MustCompile(`(?i)^de afkorting (daarvan |hiervan )?is\b`)

// points reports whether a sentence cannot be understood without the one before.
func (c *candidate) points() bool {
	if len(c.words) == 0 {
		return false
	}
	first := c.words[0].text
	if opensPointing[first] || shortFor.MatchString(c.text) {
		return true
	}
	if first == "het" && len(c.words) > 1 {
		switch c.words[1].text {
		case "is", "was", "gaat", "heeft", "had", "zijn", "wordt", "werd", "kan", "bestaat", "geeft", "richt", "helpt", "biedt", "bevat", "maakt", "telt":
			return true
		}
	}
	return false
}

// support is how well words say a term, 0 to 1.
func (t *term) support(in []word) float64 {
	best := 0.0
	for _, a := range t.alts {
		total, least := 0.0, 1.0
		for _, w := range a.words {
			s := closest(w, in)
			total += s
			least = min(least, s)
		}
		if len(a.words) == 0 {
			continue
		}
		s := a.factor * total / float64(len(a.words))
		if least < 0.5 {
			s *= 0.5 // part of a phrase is not the phrase
		}
		if s > best {
			best = s
		}
	}
	return best
}

// What a term counts for when it is not in the sentence but beside it.
const (
	inHeading   = 0.9
	inOuter     = 0.75
	inTitle     = 0.75
	inNeighbour = 0.75
	inPassage   = 0.5
)

// namesOther reports whether a sentence names someone or something but the Council
// and what the term names.
func (c *candidate) namesOther(t *term) bool {
	for _, w := range c.words {
		if (w.capital && !w.opening || w.acronym) && !w.number && !w.stop && w.text != "ser" && t.support([]word{w}) < 0.7 {
			return true
		}
	}
	return false
}

// in is how well a candidate says a term, with the place it says it.
func (c *candidate) in(t *term) float64 {
	best := t.support(c.words)
	if best >= 0.95 {
		return best
	}
	try := func(factor float64, ws []word) {
		if factor > best && len(ws) > 0 {
			best = max(best, factor*t.support(ws))
		}
	}
	try(inHeading, c.heading)
	try(inOuter, c.outer)
	try(inTitle, c.title)
	if t.name {
		// A name beside the sentence may be someone else's, if this one names someone.
		if c.prev != nil && !c.item && (c.points() || !c.namesOther(t)) {
			try(inNeighbour, c.prev.words)
		}
		return best
	}
	if c.prev != nil {
		try(inNeighbour, c.prev.words)
	}
	if c.next != nil {
		try(inNeighbour-0.1, c.next.words)
	}
	try(inPassage, c.around)
	return best
}
