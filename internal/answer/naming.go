package answer

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Some questions describe a thing and want the word for it: hoe heet het antwoord van de
// regering op een advies? Texts give it in a few ways: they say that something is called
// so, they define the word, a list of words explains it, or they just use a compound of
// the words that describe it.

// calledSo is in sentences that give the word for something, definesA begins them.
var (
	calledSo = re(`(?i)\b(heet|heten|heette|heetten|genoemd|noem(t|en) (men|we|wij|je|ze|zij)|noemt de ser|bekend als|called|known as)\b`)
	definesA = re(`(?i)^(?:(?:een|de|het|an?|the) ([\pL-]+) (?:is|zijn|was|waren|betekent|are|means)|([\pL-]+) (?:zijn|betekent|are|means)) `)
)

// inBrackets is a word or two after what they are the word for: deskundigen (kroonleden).
var inBrackets = re(`\(((?:de |het |the )?[\pL-]+(?: [\pL-]+)?)\)`)

// naming is what a candidate gains by giving the word for what a question describes, or 0.
func (u *Understanding) naming(c *candidate) float64 {
	if first, rest, ok := strings.Cut(c.text, " | "); ok && c.row {
		if strings.Contains(rest, "|") || u.ofPublication() {
			return 0 // the row tells of a publication
		}
		// A row of a list of words, the word not the question's.
		n := utf8.RuneCountInString(first)
		for _, w := range c.words {
			if w.start < n && !w.stop && !w.number && !u.mentions(c, w) {
				return 0.6
			}
		}
		return 0
	}
	if calledSo.MatchString(c.text) {
		for i, w := range c.words {
			switch w.text {
			case "heet", "heten", "heette", "heetten", "genoemd", "noemt", "noemen", "als", "called", "as":
			default:
				continue
			}
			said := c.words[i+1 : min(len(c.words), i+8)]
			if len(said) == 0 || w.text[0] != 'h' || said[0].clause != w.clause {
				said = slices.Concat(c.words[max(0, i-4):i], said)
			}
			for _, x := range said {
				if !x.stop && !x.number && !u.asksWord(x) {
					return 0.35
				}
			}
		}
	}
	if u.wantsPeopleNamed() {
		return 0 // a name in a sentence about them need not be one of theirs
	}
	if m := definesA.FindStringSubmatch(c.text); m != nil {
		if ws := words(cmp.Or(m[1], m[2]), "nl"); len(ws) == 1 && !u.says(ws) {
			return 0.3
		}
	}
	if u.madeOf(c) {
		return 0.3
	}
	if m := inBrackets.FindStringSubmatch(c.text); m != nil {
		for _, w := range words(m[1], "nl") {
			if !w.stop && !w.number && !u.says([]word{w}) {
				return 0.2
			}
		}
	}
	if titled.MatchString(c.text) || u.properNames(c) > 0 && !u.described() {
		return 0.1
	}
	return 0
}

// described reports whether the question describes a kind of thing: een, and not de.
func (u *Understanding) described() bool {
	return strings.Contains(" "+u.plain+" ", " een ") || strings.Contains(" "+u.plain+" ", " a ")
}

// says reports whether the question has one of the words.
func (u *Understanding) says(ws []word) bool {
	return slices.ContainsFunc(u.terms, func(t *term) bool { return t.says(ws) >= 0.9 })
}

// leastNamePart is the least length of the parts of a compound that names what its parts
// describe.
const leastNamePart = 4

// madeOf reports whether a candidate has a compound of two of the question's words, or of
// words that may stand for them: kabinetsreactie, for the answer of the government.
func (u *Understanding) madeOf(c *candidate) bool {
	for _, w := range c.words {
		if w.stop || w.number || len(w.text) < 2*leastNamePart || u.asksWord(w) {
			continue
		}
		for at := leastNamePart; at <= len(w.text)-leastNamePart; at++ {
			first, last := strings.TrimSuffix(w.text[:at], "s"), w.text[at:]
			if len(first) < leastNamePart || !utf8.ValidString(first) || !utf8.ValidString(last) {
				continue
			}
			a, b := u.sayer(first), u.sayer(last)
			if a >= 0 && b >= 0 && a != b {
				return true
			}
		}
	}
	return false
}

// asksWord reports whether a word stands in the question itself.
func (u *Understanding) asksWord(w word) bool {
	return slices.ContainsFunc(u.terms, func(t *term) bool {
		return t.text == w.text || len(t.alts) > 0 && len(t.alts[0].words) == 1 && t.alts[0].words[0].key == w.key
	})
}

// sayer is the place of the term that a part of a compound says, or -1.
func (u *Understanding) sayer(part string) int {
	key := dutch.Key(part)
	for i, t := range u.terms {
		for _, a := range t.alts {
			if len(a.words) == 1 && !t.council && (a.words[0].key == key || slices.Contains(dutch.Synonyms(a.words[0].key), key)) {
				return i
			}
		}
	}
	return -1
}
