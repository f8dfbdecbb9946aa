package answer

import (
	"slices"
	"strings"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// word is a token of a text with what comparing texts needs.
type word struct {
	text     string // as dutch.Tokens writes it
	stem     string
	key      string // looser stem, see dutch.Key
	start    int    // code points
	end      int
	stop     bool // carries no subject of its own
	number   bool // starts with a digit
	capital  bool // starts with a capital
	acronym  bool // two capitals or more, or a capital inside
	opening  bool // first word of a sentence, where a capital says nothing
	clause   int  // number of the clause within the text
	sentence int
	quoted   bool    // in claims and passages: between quotation marks
	verb     string  // in claims and passages: the infinitive of the Dutch verb it is a form of, "" for none
	root     string  // in claims and passages: what a word and its derivations share, see rootOf
	says     *saysOf // in claims and passages: the groups of words that say the same in which it stands
	wide     bool    // a break of more than white space or a hyphen stands before it
	english  bool    // of an English text or question
	nth      int32   // in a passage: its lemma's place among those of the passage
}

// words analyses a text in lang.
func words(text, lang string) []word {
	runes := []rune(text)
	tokens := dutch.Tokens(text)
	out := make([]word, len(tokens))
	spans := dutch.Sentences(text)
	sentence, clause, last := -1, 0, 0
	for i, t := range tokens {
		raw := runes[t.Start:t.End]
		w := word{text: t.Text, start: t.Start, end: t.End, number: t.Text[0] >= '0' && t.Text[0] <= '9'}
		for sentence+1 < len(spans) && spans[sentence+1].Start <= t.Start {
			sentence++
			w.opening = true
		}
		w.sentence = max(sentence, 0)
		between := string(runes[last:t.Start])
		if w.opening || strings.ContainsAny(between, ",;:()–—") {
			clause++
		}
		w.wide = strings.TrimFunc(between, func(r rune) bool {
			return unicode.IsSpace(r) || r == '-' || r == '\'' || r == '’' || r == '.' || r == '&'
		}) != ""
		last = t.End
		switch w.text {
		case "maar", "terwijl", "echter", "hoewel", "but", "while", "whereas", "although":
			clause++
		}
		w.clause = clause
		w.capital = unicode.IsUpper(raw[0])
		inner := 0
		for _, r := range raw[1:] {
			if unicode.IsUpper(r) {
				inner++
			}
		}
		w.acronym = inner > 0 && (w.capital || len(raw) > 2)
		w.stop = dutch.IsStopWord(w.text, lang) || light[w.text] || pronominal[w.text]
		if lang == "en" {
			w.english = true
			w.stem = dutch.StemEnglish(w.text)
			w.key = w.stem
		} else {
			w.stem = dutch.Stem(w.text)
			w.key = dutch.Key(w.text)
		}
		out[i] = w
	}
	return out
}

// light are words that say too little to count as content.
var light = func() map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(`ook daarmee daarnaast daarbij daarom hierbij hiermee hiervan daarvan ervan waarmee waarbij tevens onder meer andere
		zoals bijvoorbeeld namelijk immers zowel wel zelf eigen elk iedere ieder alle allemaal veel vele weer reeds inmiddels
		sinds tijdens volgens binnen tussen zonder gaat gaan doet doen deed gedaan laat laten komt komen kwam
		steeds dus echter verder vooral zeer erg heel mede dezelfde hetzelfde opzichte vergeleken ten samen onderling elkaar
		niet geen nooit noch mogen mag moeten moet wil willen blijft blijven
		not no never also such both each every other others only very more most less well own same
		been being having may might shall must get gets got
		ruim circa ongeveer bijna rond minstens about around nearly almost`) {
		m[w] = true
	}
	return m
}()

// pronominal are daarin, hiervan, waarmee: words that point, with a preposition.
var pronominal = func() map[string]bool {
	m := make(map[string]bool)
	for _, first := range []string{"daar", "hier", "waar", "er"} {
		for last := range strings.FieldsSeq("aan achter bij boven door in langs mee na naar naast om onder op over tegen toe tot tussen uit van voor") {
			m[first+last] = true
		}
	}
	return m
}()

// related says how far word b of a text supports word a: 1 for the same word, less
// for a synonym or a part of a compound, 0 for nothing.
func related(a, b word) float64 {
	switch {
	case a.text == b.text, a.stem == b.stem, a.key == b.key && len(a.key) >= 3:
		return 1
	case a.number || b.number:
		return 0
	case slices.Contains(dutch.Synonyms(a.key), b.key):
		return 0.9
	}
	return compound(a.key, b.key)
}

// compound is how far two words share a part of a compound: arbeidsmarkt and
// arbeidsmarktbeleid, overleg and overlegeconomie. The common part stands at the
// start or the end of the longer word, so that "onafhankelijk" does not support
// "afhankelijk" it may not be what is left of a word without its "on".
func compound(a, b string) float64 {
	long, short := a, b
	if len(short) > len(long) {
		long, short = short, long
	}
	if len(short) < 4 || len(long)-len(short) < 2 {
		return 0
	}
	if strings.HasPrefix(long, short) {
		return 0.7
	}
	if head, ok := strings.CutSuffix(long, short); ok && len(head) >= 3 && !negating(head) {
		return 0.7
	}
	return 0
}

// negating reports whether a prefix turns a word around.
func negating(prefix string) bool {
	switch prefix {
	case "on", "non", "anti", "niet", "in", "im", "un", "dis", "wan":
		return true
	}
	return false
}

// closest is the best support that any of the words gives to w.
func closest(w word, in []word) float64 {
	best := 0.0
	for _, o := range in {
		if r := related(w, o); r > best {
			best = r
			if best == 1 {
				break
			}
		}
	}
	return best
}
