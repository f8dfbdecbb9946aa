package dutch

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// The glossaries are data: glossary_en_nl.tsv, synonyms_nl.tsv, asked_nl.tsv and antonyms.tsv say
// in their first lines how they are written.
var (
	//go:embed glossary_en_nl.tsv
	glossaryFile string
	//go:embed synonyms_nl.tsv
	synonymsFile string
	//go:embed asked_nl.tsv
	askedFile string
	//go:embed antonyms.tsv
	antonymsFile string
)

// Translation is an English term of a text with its Dutch terms.
type Translation struct {
	From, To int      // tokens of the text, To exclusive
	English  string   // as the glossary writes it
	Dutch    []string // most usual first; words or short phrases, proper names with capitals
}

// maxPhrase is the most words an English term of the glossary has.
const maxPhrase = 8

// glossary holds the terms by their exact words and by their stems. Exact words go
// first: "public" and "publications" have one stem.
var glossary = sync.OnceValue(func() (g struct{ exact, stems map[string]Translation }) {
	g.exact, g.stems = make(map[string]Translation), make(map[string]Translation)
	for line := range strings.Lines(glossaryFile) {
		line = strings.TrimSpace(line)
		english, dutch, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		t := Translation{English: english}
		for d := range strings.SplitSeq(dutch, ",") {
			t.Dutch = append(t.Dutch, strings.TrimSpace(d))
		}
		tokens := Tokens(english)
		g.exact[exactKey(tokens)] = t
		if key := phraseKey(tokens); g.stems[key].English == "" {
			g.stems[key] = t
		}
	}
	return g
})

// exactKey joins tokens as they are written.
func exactKey(tokens []Token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

// phraseKey joins the English stems of some tokens.
func phraseKey(tokens []Token) string {
	stems := make([]string, len(tokens))
	for i, t := range tokens {
		stems[i] = StemEnglish(t.Text)
	}
	return strings.Join(stems, " ")
}

// Translate finds the glossary's English terms in the tokens of a text, left to
// right, the longest first; they do not overlap.
func Translate(tokens []Token) []Translation {
	terms := glossary()
	find := func(part []Token) (Translation, bool) {
		if t, ok := terms.exact[exactKey(part)]; ok {
			return t, true
		}
		t, ok := terms.stems[phraseKey(part)]
		return t, ok
	}
	var out []Translation
	for i := 0; i < len(tokens); {
		n := 0
		for length := min(maxPhrase, len(tokens)-i); length > 0; length-- {
			if t, ok := find(tokens[i : i+length]); ok {
				t.From, t.To = i, i+length
				out = append(out, t)
				n = length
				break
			}
		}
		i += max(n, 1)
	}
	return out
}

// relations hold word groups by the key of each of their words.
type relations map[string][]string

var synonyms = sync.OnceValue(func() relations {
	r := make(relations)
	for line := range strings.Lines(synonymsFile) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		r.join(keys(line), keys(line))
	}
	return r
})

var antonyms = sync.OnceValue(func() relations {
	r := make(relations)
	for line := range strings.Lines(antonymsFile) {
		left, right, ok := strings.Cut(line, "|")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		l, rt := keys(left), keys(right)
		r.join(l, rt)
		r.join(rt, l)
	}
	return r
})

func keys(words string) []string {
	var out []string
	for w := range strings.FieldsSeq(words) {
		out = append(out, Key(Fold(w)))
	}
	return out
}

func (r relations) join(from, to []string) {
	for _, a := range from {
		for _, b := range to {
			if a != b {
				r[a] = append(r[a], b)
			}
		}
	}
}

// asked are the words of texts, as the list writes them, by the keys of the words that
// questions have for them.
var asked = sync.OnceValue(func() map[string][]string {
	m := make(map[string][]string)
	for line := range strings.Lines(askedFile) {
		questions, texts, ok := strings.Cut(strings.TrimSpace(line), "|")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for q := range strings.FieldsSeq(questions) {
			key := Key(Fold(q))
			for t := range strings.FieldsSeq(texts) {
				if !slices.Contains(m[key], t) {
					m[key] = append(m[key], t)
				}
			}
		}
	}
	return m
})

// AskedWords are the words with which texts may say what a question says with the word
// that has this key, as the list writes them: fonds, for potje. It holds in that
// direction only.
func AskedWords(key string) []string { return asked()[key] }

// SynonymWords are the Dutch words that may stand for a word, as the list writes
// them, without the forms of the word itself.
func SynonymWords(word string) []string {
	key := Key(word)
	var out []string
	for _, w := range synonymWords()[key] {
		if Key(w) != key && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// SearchSynonyms are the Dutch terms of the Council's field that mean nearly the
// same as a word, as Tokens writes them, for searching. SynonymWords, for comparing a
// sentence with its source, is wider.
func SearchSynonyms(word string) []string {
	all := SynonymWords(word)
	out := make([]string, 0, maxSearched)
	for _, w := range all {
		folded := Fold(w)
		// Inflections are found by their stem.
		if len(folded) < 4 || IsEveryday(folded, "nl") || slices.ContainsFunc(out, func(o string) bool { return Stem(o) == Stem(folded) }) {
			continue
		}
		if out = append(out, folded); len(out) == maxSearched {
			break
		}
	}
	return out
}

// maxSearched is how many synonyms of one word are searched for: each costs a pass
// over the chunks that have it.
const maxSearched = 4

var synonymWords = sync.OnceValue(func() map[string][]string {
	m := make(map[string][]string)
	for line := range strings.Lines(synonymsFile) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		for _, w := range fields {
			k := Key(Fold(w))
			m[k] = append(m[k], fields...)
		}
	}
	return m
})

// lexicon holds the Dutch words of the glossaries by their sound.
var lexicon = sync.OnceValue(func() (l struct{ words, sounds map[string]string }) {
	l.words, l.sounds = make(map[string]string), make(map[string]string)
	add := func(text string) {
		for _, t := range Tokens(text) {
			if len(t.Text) >= 4 {
				l.words[t.Text] = t.Text
				if s := Sound(t.Text); l.sounds[s] == "" {
					l.sounds[s] = t.Text
				}
			}
		}
	}
	for _, t := range glossary().exact {
		for _, d := range t.Dutch {
			add(d)
		}
	}
	for line := range strings.Lines(synonymsFile) {
		if !strings.HasPrefix(line, "#") {
			add(line)
		}
	}
	return l
})

// Spell finds the glossaries' word that a misspelt Dutch word sounds like, or is one
// letter of its sound away from. It reports false for words it knows and words that
// sound like none.
func Spell(word string) (string, bool) {
	l := lexicon()
	if len(word) < 4 || l.words[word] != "" {
		return "", false
	}
	s := Sound(word)
	if w := l.sounds[s]; w != "" {
		return w, true
	}
	best := ""
	for sound, w := range l.sounds {
		if len(w) >= 5 && w[0] == word[0] && oneApart(s, sound) && (best == "" || w < best) {
			best = w
		}
	}
	return best, best != ""
}

// oneApart reports whether a becomes b by adding, dropping or changing one letter.
func oneApart(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return i < len(a) && a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}

// Synonyms are the keys (see Key) of the Dutch words that may stand for a word.
func Synonyms(key string) []string { return synonyms()[key] }

// Antonyms are the keys (see Key) of the words that turn a statement with this
// word around.
func Antonyms(key string) []string { return antonyms()[key] }

// Key is a looser stem than Stem, for comparing words of a question or a claim
// with those of a text: it also joins the forms of Dutch verbs, so that betaalt,
// betalen and betaald, opgericht and oprichten, financiert and gefinancierd are
// one. The word is as Tokens writes it. Short words and words with digits are
// their own key.
func Key(word string) string {
	if len(word) < 4 || strings.ContainsAny(word, "0123456789") {
		return word
	}
	if living[word] {
		return "woon" // not the "won" of winnen
	}
	w := withoutGe(word)
	for _, suffix := range []string{"heden", "en", "es", "s", "e"} {
		if stem, ok := strings.CutSuffix(w, suffix); ok && len(stem) >= 3 {
			if suffix == "s" && !strings.ContainsRune("rlmnktpgdb", rune(stem[len(stem)-1])) {
				continue // prijs, proces: the s belongs to the word
			}
			if suffix == "heden" {
				stem += "heid"
			}
			w = stem
			break
		}
	}
	for _, suffix := range []string{"tt", "dd", "te", "de", "t", "d"} {
		if stem, ok := strings.CutSuffix(w, suffix); ok && len(stem) >= 4 {
			w = stem
			break
		}
	}
	return single(w)
}

// living are forms of wonen.
var living = map[string]bool{"wonen": true, "woont": true, "woonde": true, "woonden": true, "gewoond": true}

// separable are verb prefixes that "ge" follows in a participle: op-ge-richt.
var separable = []string{"aan", "achter", "af", "bij", "binnen", "deel", "in", "mee", "na", "om", "onder", "op", "over", "plaats", "samen", "tegen", "terug", "toe", "uit", "vast", "voor", "weg"}

// geNouns are nouns whose ge- is no mark of a participle: gevolgen is not volgen.
var geNouns = map[string]bool{"gevolgen": true, "gebieden": true, "gebouwen": true, "gevallen": true, "gevaren": true}

// withoutGe takes the ge- off a participle.
func withoutGe(w string) string {
	participle := strings.HasSuffix(w, "d") || strings.HasSuffix(w, "t") || strings.HasSuffix(w, "en") || strings.HasSuffix(w, "de") || strings.HasSuffix(w, "te")
	if !participle {
		return w
	}
	if geNouns[w] {
		return w
	}
	if rest, ok := strings.CutPrefix(w, "ge"); ok && len(rest) >= 5 && !strings.HasPrefix(rest, "meen") && !strings.HasPrefix(rest, "zond") && !strings.HasPrefix(rest, "bruik") {
		return rest
	}
	for _, prefix := range separable {
		if rest, ok := strings.CutPrefix(w, prefix+"ge"); ok && len(rest) >= 4 {
			return prefix + rest
		}
	}
	return w
}

// single undoubles the last vowel pair and final consonants and makes final v and
// z what they are at a word's end: betaal, betal; steunn, steun; prijz, prijs.
func single(w string) string {
	n := len(w)
	if n < 4 {
		return w
	}
	if w[n-1] == w[n-2] && !strings.ContainsRune("aeiou", rune(w[n-1])) {
		w = w[:n-1]
		n--
	}
	switch w[n-1] {
	case 'v':
		w = w[:n-1] + "f"
	case 'z':
		w = w[:n-1] + "s"
	}
	if n >= 4 && w[n-2] == w[n-3] && strings.ContainsRune("aeou", rune(w[n-2])) {
		w = w[:n-2] + w[n-1:]
	}
	return w
}
