package answer

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// What a sentence says has to come from its passage word by word: each word of content
// is anchored in it, by the same word, a derivation of it (uitvoering, uitvoeren), a
// reviewed synonym, an abbreviation, or a term of the glossaries. One that is not is
// something the passage does not say.

// The lists say in their first lines how they are written.
var (
	//go:embed verify_synonyms.tsv
	sameSayingFile string
	//go:embed verify_expressions.tsv
	expressionsFile string
	//go:embed verify_glossary.tsv
	generalGlossaryFile string
)

// sayings are, by key, the numbers of the groups in which a word of a claim stands,
// and those in which a word of a passage does.
var sayings = sync.OnceValue(func() (s struct{ claim, ground map[string][]int }) {
	s.claim, s.ground = make(map[string][]int), make(map[string][]int)
	n := 0
	for line := range strings.Lines(sameSayingFile) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		n++
		special, general, _ := strings.Cut(line, ">")
		for w := range strings.FieldsSeq(special) {
			for _, k := range lookups(dutch.Fold(w)) {
				s.claim[k], s.ground[k] = append(s.claim[k], n), append(s.ground[k], n)
			}
		}
		for w := range strings.FieldsSeq(general) {
			for _, k := range lookups(dutch.Fold(w)) {
				s.claim[k] = append(s.claim[k], n)
			}
		}
	}
	return s
})

// lookups are what a word of a group is found by.
func lookups(w string) []string {
	if k := dutch.Key(w); k != w && len(k) >= 3 {
		return []string{w, k}
	}
	return []string{w}
}

// expression is some words that say together what others say: in dienst nemen, aannemen.
type expression struct {
	first  string   // the word it is found by
	others []string // what else it needs
	says   []word
}

// expressions are those of the list by their first words.
var expressions = sync.OnceValue(func() map[string][]expression {
	m := make(map[string][]expression)
	for line := range strings.Lines(expressionsFile) {
		says, list, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		var words []word
		for w := range strings.FieldsSeq(says) {
			words = append(words, wordOf(w))
		}
		for one := range strings.SplitSeq(list, ";") {
			if parts := strings.Fields(one); len(parts) > 1 {
				m[parts[0]] = append(m[parts[0]], expression{parts[0], parts[1:], words})
			}
		}
	}
	return m
})

// farthest is how many words an expression may stand apart.
const farthest = 12

// said is an expression of a text: what it says, as a word, and the words it takes.
type said struct {
	word
	of []int
}

// expressionsIn finds the expressions of a text and what they say.
func expressionsIn(ws []word) (out []said) {
	list := expressions()
	is := func(w word, part string) bool { return w.text == part || w.verb == part }
	for i, w := range ws {
		if w.quoted {
			continue // a title
		}
		found := list[w.text]
		if w.verb != "" && w.verb != w.text {
			found = append(slices.Clip(found), list[w.verb]...)
		}
	next:
		for _, e := range found {
			of := []int{i}
			for _, part := range e.others {
				at := -1
				for d := 1; d <= farthest && at < 0; d++ {
					for _, j := range [2]int{i - d, i + d} {
						if j >= 0 && j < len(ws) && ws[j].sentence == w.sentence && !slices.Contains(of, j) && is(ws[j], part) {
							at = j
							break
						}
					}
				}
				if at < 0 {
					continue next
				}
				of = append(of, at)
			}
			for _, says := range e.says {
				says.start, says.end, says.sentence, says.clause = w.start, w.end, w.sentence, w.clause
				out = append(out, said{says, of})
			}
		}
	}
	return out
}

// asSaid are the lines of the general glossary in which an English stem stands.
var asSaid = sync.OnceValue(func() map[string][]int {
	m := make(map[string][]int)
	n := 0
	for line := range strings.Lines(generalGlossaryFile) {
		english, _, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		n++
		for e := range strings.FieldsSeq(english) {
			for _, t := range dutch.Tokens(e) {
				stem := dutch.StemEnglish(t.Text)
				m[stem] = append(m[stem], n)
			}
		}
	}
	return m
})

// general are the Dutch words of the general glossary by English stem.
var general = sync.OnceValue(func() map[string][]word {
	m := make(map[string][]word)
	for line := range strings.Lines(generalGlossaryFile) {
		english, nl, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		ws := withVerbs(saidWords(nl, "nl"))
		for e := range strings.FieldsSeq(english) {
			for _, t := range dutch.Tokens(e) {
				stem := dutch.StemEnglish(t.Text)
				m[stem] = append(m[stem], ws...)
			}
		}
	}
	return m
})

// saysOf are the groups in which a word stands as one of a claim, and as one of a passage.
type saysOf struct{ claim, ground []int }

// sayingsOf finds the groups of a word by its form, its key and its verb.
func sayingsOf(w word) *saysOf {
	s := sayings()
	var out *saysOf
	forms := [3]string{w.text, w.key, w.verb}
	for i, k := range forms {
		if k == "" || i > 0 && k == forms[0] || i > 1 && k == forms[1] {
			continue
		}
		claim, ground := s.claim[k], s.ground[k]
		if len(claim) == 0 && len(ground) == 0 {
			continue
		}
		if out == nil {
			out = &saysOf{claim, ground}
			continue
		}
		out.claim, out.ground = slices.Concat(out.claim, claim), slices.Concat(out.ground, ground)
	}
	return out
}

// sameSaying reports whether a word of a claim says what a word of its passage says.
func sameSaying(claim, ground word) bool {
	if claim.says == nil || ground.says == nil {
		return false
	}
	for _, n := range claim.says.claim {
		if slices.Contains(ground.says.ground, n) {
			return true
		}
	}
	return false
}

// rootOf is what a Dutch word and its derivations share, as a key: uitvoering and
// uitvoeren, thuiswerkers and thuiswerken, zorgelijk and zorg, organisatie and organiseren.
func rootOf(w word) string {
	if w.number || w.acronym || len(w.text) < 5 {
		return w.key
	}
	base := w.text
	if w.verb != "" {
		base = w.verb
	} else {
		for _, d := range derivations {
			r, ok := strings.CutSuffix(base, d.suffix)
			if ok && len(r) >= d.least {
				return dutch.Key(r + d.verb)
			}
		}
		return w.key
	}
	return dutch.Key(base)
}

// derivations are suffixes by which a noun or adjective is made of a verb or noun, with
// the least that has to be left and what makes that a word.
var derivations = []struct {
	suffix string
	least  int
	verb   string
}{
	{"isaties", 4, "iseren"}, {"isatie", 4, "iseren"}, {"aties", 4, "eren"}, {"atie", 4, "eren"},
	{"ingen", 4, "en"}, {"ing", 4, "en"}, {"heden", 4, ""}, {"heid", 4, ""},
	{"ders", 5, "en"}, {"ers", 5, "en"}, {"elijke", 4, ""}, {"elijk", 4, ""}, {"lijke", 5, ""}, {"lijk", 5, ""}, {"ende", 4, "en"}, {"end", 4, "en"},
}

// wordOf is a Dutch word by itself, as it would stand in a text.
func wordOf(text string) word {
	w := word{text: text, stem: dutch.Stem(text), key: dutch.Key(text), verb: infinitiveOf(text)}
	w.root, w.says = rootOf(w), sayingsOf(w)
	return w
}

// bears reports whether word b of a passage bears word a of a claim: it says the same,
// or something narrower.
func bears(a, b word) bool {
	switch {
	case a.text == b.text, a.stem == b.stem && !a.number, a.key == b.key && len(a.key) >= 3:
		return true
	case a.number || b.number:
		return false
	case len(a.root) >= 4 && a.root == b.root:
		return true
	case b.stop && !a.stop, a.stop && !b.stop:
		return sameSaying(a, b) && !pointers[a.text] && !pointers[b.text]
	case sameSaying(a, b):
		return true
	}
	if one, ok := strings.CutSuffix(a.text, "lid"); ok && b.text == one+"leden" {
		return true
	}
	if many, ok := strings.CutSuffix(a.text, "leden"); ok && b.text == many+"lid" {
		return true
	}
	if a.verb != "" && a.verb == b.verb || latinate(a.key, b.key) || latinate(b.key, a.key) {
		return true
	}
	// What a compound is a kind of, or is about: convenant for sectorconvenant.
	if len(a.key) >= 4 && len(b.key)-len(a.key) >= 2 {
		if strings.HasPrefix(b.key, a.key) {
			return true
		}
		if head, ok := strings.CutSuffix(b.key, a.key); ok && len(head) >= 3 && !negating(head) {
			return true
		}
	}
	if shortHeads[a.text] && len(b.text) >= 7 && strings.HasSuffix(b.text, a.text) {
		return true
	}
	return likeCompound(a, b)
}

// shortHeads are nouns of three letters that end compounds.
var shortHeads = set(`app wet cao les eis job gas zee bos weg bus tol pas wal bon lid`)

// likeCompound reports whether two compounds have the same first part and last parts
// that say the same: werksfeer and werkklimaat.
func likeCompound(a, b word) bool {
	n := 0
	for n < len(a.key) && n < len(b.key) && a.key[n] == b.key[n] {
		n++
	}
	for ; n >= 4; n-- {
		x, y := a.key[n:], b.key[n:]
		if len(x) < 3 || len(y) < 3 {
			continue
		}
		if p, q := wordOf(x), wordOf(y); sameSaying(p, q) && !pointers[x] && !pointers[y] {
			return true
		}
	}
	return false
}

// beginningVerbs say that something begins.
var beginningVerbs = set(`beginnen starten`)

// latinate reports whether a verb is made of a noun by -eren: subsidiëren of subsidie,
// evalueren of evaluatie.
func latinate(verb, noun string) bool {
	r, ok := strings.CutSuffix(verb, "eer")
	if !ok || len(r) < 5 {
		return false
	}
	rest, ok := strings.CutPrefix(noun, r)
	switch rest {
	case "", "e", "ie", "atie", "ering", "ement":
		return ok
	}
	return false
}

// pointers are words too common to say anything by themselves.
var pointers = set(`de het een en of van in op te aan voor met door bij is was zijn waren er die dat dit deze hij zij ze zich als dan ook nog al om tot uit`)

// anchored reports whether some words bear word i of the claim.
func (c *claim) anchored(i int, in []word) bool {
	w := c.words[i]
	for _, o := range in {
		if bears(w, o) {
			return true
		}
	}
	if beginningVerbs[w.verb] && slices.ContainsFunc(in, func(o word) bool { return o.text == "sinds" || o.text == "since" }) {
		return true // what runs since a year began in it
	}
	if inFull(w, in) > 0 || inhabits(w, in) || alikeWord(w, in) > 0 || shortened(w, in) {
		return true
	}
	if c.dutch != nil {
		for _, d := range c.dutch[i] {
			for _, o := range in {
				if (!d.stop || d.text == o.text) && bears(d, o) {
					return true
				}
			}
			if shortened(d, in) {
				return true
			}
		}
		for _, d := range general()[dutch.StemEnglish(w.text)] {
			for _, o := range in {
				if bears(d, o) {
					return true
				}
			}
			if shortened(d, in) {
				return true
			}
		}
		return false
	}
	if c.lang == "en" {
		for _, n := range asSaid()[w.stem] {
			for _, o := range in {
				if slices.Contains(asSaid()[o.stem], n) {
					return true
				}
			}
		}
	}
	return compoundOf(w, in)
}

// shortened reports whether a word is part of what an abbreviation of the passage
// stands for: leven for LLO.
func shortened(w word, in []word) bool {
	for _, o := range in {
		if long := abbreviations[o.text]; long != "" {
			for p := range strings.FieldsSeq(strings.ReplaceAll(long, "-", " ")) {
				if p == w.text || dutch.Key(p) == w.key {
					return true
				}
			}
		}
	}
	return false
}

// compoundOf reports whether all parts of a compound are in a text: loonstijging where
// it says that wages rise.
func compoundOf(w word, in []word) bool {
	if len(w.key) < 8 {
		return false
	}
	for _, o := range in {
		if o.stop || o.number || len(o.text) < 3 {
			continue
		}
		for _, cut := range [3]cutting{cutPrefix(w.key, o.key), cutSuffix(w.key, o.key), cutSuffix(w.text, o.text)} {
			if cut.ok && len(cut.rest) >= 2 && otherPart(cut.rest, cut.tail, in) {
				return true
			}
		}
	}
	return false
}

// cutting is what is left of a compound without a part of it.
type cutting struct {
	rest string // "" for all of it
	ok   bool
	tail bool // the last part is left
}

func cutPrefix(w, part string) (c cutting) {
	if len(part) < 3 {
		return c
	}
	c.rest, c.ok = strings.CutPrefix(w, part)
	c.tail = true
	return c
}

func cutSuffix(w, part string) (c cutting) {
	if len(part) >= 4 || len(part) == 3 && len(w) >= 8 {
		c.rest, c.ok = strings.CutSuffix(w, part)
	}
	return c
}

// otherPart reports whether a text has the other part of a compound, but for the letters
// that join them: the last part, or the first.
func otherPart(rest string, tail bool, in []word) bool {
	for _, joint := range []string{"", "s", "en", "e"} {
		part := rest
		if joint != "" {
			var cut bool
			if tail {
				part, cut = strings.CutPrefix(rest, joint)
			} else {
				part, cut = strings.CutSuffix(rest, joint)
			}
			if !cut {
				continue
			}
		}
		if verbParticles[part] && slices.ContainsFunc(in, func(o word) bool { return o.text == part }) {
			return true
		}
		if len(part) < 3 {
			continue
		}
		p := wordOf(part)
		for _, other := range in {
			if !other.stop && !other.number && bears(p, other) {
				return true
			}
		}
	}
	return false
}

// joined are the verbs of a text that stand in two pieces, as one word: "haalde …
// op" is ophaalde.
func joinedVerbs(ws []word, lang string) []word {
	if lang != "nl" {
		return nil
	}
	var out []word
	for i, p := range ws {
		if !verbParticles[p.text] {
			continue
		}
		if p.text != "om" && i+2 < len(ws) && ws[i+1].text == "te" && ws[i+2].sentence == p.sentence { // aan te passen
			out = appendJoined(out, p, ws[i+2])
			continue
		}
		if i == 0 {
			continue
		}
		// At the end of its clause, or before what closes it.
		if i+1 < len(ws) && ws[i+1].sentence == p.sentence && ws[i+1].clause == p.clause && !closing[ws[i+1].text] && !isVerb(ws, i+1, "nl") {
			continue
		}
		for j := i - 1; j >= 0 && ws[j].sentence == p.sentence && j >= i-25; j-- {
			if !isVerb(ws, j, "nl") || auxiliaries[ws[j].text] || counted[ws[j].text] {
				continue
			}
			out = appendJoined(out, p, ws[j])
			break
		}
	}
	return out
}

// appendJoined adds the verb that a particle and another verb make, if it is one.
func appendJoined(out []word, particle, v word) []word {
	v.text = particle.text + v.text
	v.stem, v.key, v.verb, v.stop = dutch.Stem(v.text), dutch.Key(v.text), infinitiveOf(v.text), false
	v.root, v.says = rootOf(v), sayingsOf(v)
	if s := sayings(); v.verb != "" || s.claim[v.text] != nil || s.claim[v.key] != nil || s.ground[v.key] != nil {
		out = append(out, v)
	}
	return out
}

var (
	// verbParticles are what separable verbs put at the end of a clause.
	verbParticles = set(`aan achter af bij bijeen door in mee na neer om onder op open over plaats samen tegen terug thuis toe uit vast voor voort vooruit weg tekort deel omhoog omlaag kwijt`)
	// closing words begin another part of a sentence.
	closing = set(`en of maar dan om dat die als omdat zodat terwijl waardoor voor in van bij met tot per sinds vanaf naar op door aan over onder na tijdens volgens uit tegen wie wat waar hoe welke welk waarom wanneer hoeveel waarmee waarover waarvoor waarbij`)
)
