package retrieval

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// asked is one word of a question that carries meaning.
type asked struct {
	text   string // as the index knows it: corrected when it was misspelt
	term   termID // 0: no chunk has it
	parts  []termID
	weight float32
	idf    float32
}

// implied is a word that may stand for one or more words of the question.
type implied struct {
	asked
	from, to int // question.words[from:to]
}

// question is an analysed query.
type question struct {
	words   []asked    // in order; what expansions add stands last
	implied []implied  // what those words imply: synonyms, abbreviations, other spellings
	terms   []weighted // distinct, for BM25
	texts   []string   // of words, for 4-grams
	phrases [][]wordID // quoted: what must stand together
	quoted  []weighted // the terms of phrases
	numbers []string   // publication numbers, as PublicationNumber writes them
	recent  bool       // asks for what holds now
}

// Weights of what a question implies, against 1 for its own words.
const (
	partWeight        = 0.5 // a part of a compound
	correctedWeight   = 0.8 // what a word was probably meant to be
	suspectedWeight   = 0.4 // what a rare word was perhaps meant to be
	longFormWeight    = 0.4 // a word of what an abbreviation stands for
	abbreviatedWeight = 0.6 // the abbreviation of what is written out
	joinedWeight      = 0.5 // words written as one
	numberWeight      = 0.5 // a number or a month in figures or in words
	synonymWeight     = 0.2
	translatedWeight  = 1.0 // the first Dutch term of an English one
	variantWeight     = 0.4 // its other ones
)

// analyse reads a query against the words of the corpus, without the steps that are
// off.
func (s *snapshot) analyse(q Query, off steps) question {
	out := question{recent: asksForNow(q.Text)}
	texts := words(q.Text)
	at := make([]int, len(texts)+1) // the first of out.words from each text on
	for i, text := range texts {
		at[i] = len(out.words)
		if isStop(text) || q.Lang == "en" && dutch.IsStopWord(text, "en") {
			continue
		}
		out.words = append(out.words, s.ask(text, 1, off))
		if strings.Contains(text, "/") {
			out.numbers = append(out.numbers, text)
		}
	}
	at[len(texts)] = len(out.words)
	s.imply(&out, q, texts, at, off)
	for _, e := range expansions(q) {
		for _, text := range words(e.Term) {
			if !isStop(text) && e.Weight > 0 {
				out.words = append(out.words, s.ask(text, float32(e.Weight), off))
			}
		}
	}
	add := func(t termID, w float32) {
		if t == 0 {
			return
		}
		for i := range out.terms {
			if out.terms[i].term == t {
				out.terms[i].weight += w
				return
			}
		}
		out.terms = append(out.terms, weighted{t, w})
	}
	for _, w := range out.words {
		add(w.term, w.weight)
		for _, p := range w.parts {
			add(p, w.weight*partWeight)
		}
		out.texts = append(out.texts, w.text)
	}
	own := len(out.terms)
	for _, w := range out.implied {
		// What the question says itself is not asked for twice.
		if w.term != 0 && !slices.ContainsFunc(out.terms[:own], func(t weighted) bool { return t.term == w.term }) {
			add(w.term, w.weight)
		}
	}
	for _, phrase := range quoted(q.Text) {
		ids := s.phrase(phrase)
		if len(ids) < 2 {
			continue
		}
		out.phrases = append(out.phrases, ids)
		for _, id := range ids {
			if w := s.vocab.words[id]; !w.stop {
				out.quoted = append(out.quoted, weighted{w.term, 1})
			}
		}
	}
	return out
}

// maxImplied bounds the words that a question implies.
const maxImplied = 60

// imply adds what the words of a question imply. at[i] is the first of q.words that
// comes from texts[i:].
func (s *snapshot) imply(out *question, q Query, texts []string, at []int, off steps) {
	add := func(text string, weight float32, from, to int) {
		if from >= to || len(out.implied) >= maxImplied {
			return
		}
		if t := s.attested(text); t != 0 {
			out.implied = append(out.implied, implied{asked{text: text, term: t, weight: weight, idf: s.idf(t)}, from, to})
		}
	}
	for i, text := range texts {
		from := at[i]
		if from == at[i+1] {
			continue
		}
		if !off.abbreviations {
			for _, long := range s.abbreviations.long[text] {
				add(long, longFormWeight, from, from+1)
			}
			if short, n := s.abbreviations.shortOf(texts[i:]); short != "" {
				add(short, abbreviatedWeight, from, at[i+n])
			}
		}
		if !off.spellings && i+1 < len(texts) && at[i+1] < at[i+2] && isLetters(text) && isLetters(texts[i+1]) {
			add(text+texts[i+1], joinedWeight, from, at[i+2])
		}
		if !off.synonyms && q.Lang != "en" {
			for _, synonym := range dutch.SearchSynonyms(text) {
				add(synonym, synonymWeight, from, from+1)
			}
		}
		if !off.typingErrors {
			if suspected := s.suspect(out.words[from]); suspected != "" {
				add(suspected, suspectedWeight, from, from+1)
			}
		}
	}
	for _, n := range namedNumbers(q.Text) {
		if !slices.Contains(out.numbers, n) {
			out.numbers = append(out.numbers, n)
			add(n, 1, 0, len(out.words))
		}
	}
	if !off.numbers {
		for _, text := range otherNumbers(q.Text) {
			if !slices.Contains(texts, text) {
				add(text, numberWeight, 0, len(out.words))
			}
		}
	}
}

// expansions are those of the query and, for an English one without any, the Dutch
// terms of the glossary.
func expansions(q Query) []Expansion {
	if len(q.Expansions) > 0 || q.Lang != "en" {
		return q.Expansions
	}
	var out []Expansion
	tokens := dutch.Tokens(q.Text)
	for _, tr := range dutch.Translate(tokens) {
		if tr.To-tr.From == 1 && dutch.IsStopWord(tokens[tr.From].Text, "en") {
			continue
		}
		for i, term := range tr.Dutch {
			weight := translatedWeight
			if i > 0 {
				weight = variantWeight
			}
			out = append(out, Expansion{Term: term, Weight: weight})
		}
	}
	return out
}

func isLetters(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return len(s) >= 3
}

// ask looks a word up. A word that the corpus does not have, in no form and in no part,
// is taken for the most frequent word of the corpus that is spelt nearly alike.
func (s *snapshot) ask(text string, weight float32, off steps) asked {
	a := s.lookUp(text, weight)
	if a.idf == 0 && len(a.parts) == 0 {
		if corrected := s.correct(text); corrected != "" && !off.typingErrors {
			return s.lookUp(corrected, weight*correctedWeight)
		}
		a.idf = s.idf(0)
	}
	return a
}

// attested is a word's term when live chunks have it, else 0.
func (s *snapshot) attested(text string) (t termID) {
	if id, ok := s.vocab.wordIDs.get(text); ok {
		t = s.vocab.words[id].term
	} else {
		t, _ = s.vocab.termIDs.get(s.vocab.analyzer.stem(text))
	}
	if t == 0 || s.df[t] == 0 {
		return 0
	}
	return t
}

// lookUp finds a word's term and parts among those that live chunks have. idf is 0
// when there is neither.
func (s *snapshot) lookUp(text string, weight float32) asked {
	a := asked{text: text, weight: weight}
	v := s.vocab
	attested := func(t termID) bool { return t != 0 && s.df[t] > 0 }
	if id, ok := v.wordIDs.get(text); ok {
		w := &v.words[id]
		a.term, a.parts = w.term, v.partsOf(w)
	} else {
		a.term, _ = v.termIDs.get(v.analyzer.stem(text))
		for _, part := range v.analyzer.parts(text) {
			if t, ok := v.termIDs.get(v.analyzer.stem(part)); ok {
				a.parts = append(a.parts, t)
			}
		}
	}
	if !attested(a.term) {
		a.term = 0
		some := false
		for _, p := range a.parts {
			some = some || attested(p)
		}
		if !some {
			a.parts = nil
			return a
		}
	}
	a.idf = s.idf(a.term)
	return a
}

// Bounds of spelling correction.
const (
	minCorrected = 5 // letters; shorter words have too many neighbours
	twoEditsFrom = 9 // letters from which two edits are believed
	minAttested  = 2 // chunks that must have the word
)

// correct is the word of the corpus that a misspelt one was meant to be, or "": at
// most one edit away (two for long words), letters changed places counting as one; the
// nearest, then the one in most chunks.
func (s *snapshot) correct(text string) string {
	if len(text) < minCorrected || len(text) > maxEdited || strings.ContainsAny(text, "0123456789") || s.vocab.analyzer.knows(text) {
		return "" // a word that the corpus does not have is not misspelt
	}
	most := 1
	if len(text) >= twoEditsFrom {
		most = 2
	}
	set := letters(text)
	var found string
	var foundDF uint32
	for i := range s.vocab.words {
		w := &s.vocab.words[i]
		if d := len(w.text) - len(text); d > most || -d > most || w.stop || bits.OnesCount32(set^w.letters) > 2*most {
			continue
		}
		df := s.df[w.term]
		if df < minAttested {
			continue
		}
		d := edits(text, w.text, most)
		if d > most || d == most && found != "" && df <= foundDF {
			continue
		}
		found, foundDF = w.text, df
		if d < most {
			most = d
		}
	}
	return found
}

// Bounds of doubting a word that the corpus has.
const (
	rareDF       = 1   // chunks that have it, at most
	rarityFactor = 100 // how many times as many must have what it was perhaps meant to be
)

// suspect is the word that a rare word of the corpus was perhaps meant to be: a
// typing error that the corpus makes as well. It is "" for words of the dictionary
// and for what has known parts.
func (s *snapshot) suspect(a asked) string {
	if a.term == 0 || len(a.parts) > 0 || s.df[a.term] > rareDF || s.live < rarityFactor {
		return ""
	}
	meant := s.correct(a.text)
	if meant == "" || s.df[s.lookUp(meant, 1).term] < rareDF*rarityFactor {
		return ""
	}
	return meant
}

const maxEdited = 40

// edits is dutch.Distance for words that are short enough to be a typing error
// of one another.
func edits(a, b string, limit int) int {
	if len(b) > maxEdited || len(a) > maxEdited {
		return limit + 1
	}
	return dutch.Distance(a, b, limit)
}

// quoted are the stretches of a query between quotation marks.
func quoted(text string) []string {
	var out []string
	var open rune
	from := 0
	for i, r := range text {
		switch {
		case open == 0 && (r == '"' || r == '“' || r == '„' || r == '«'):
			open, from = r, i+len(string(r))
		case open != 0 && (r == '"' || r == '”' || r == '“' || r == '»'):
			out = append(out, text[from:i])
			open = 0
		}
	}
	return out
}

// phrase are the ids of all words of a phrase, stop words too, or nil when the corpus
// does not have one of them.
func (s *snapshot) phrase(text string) []wordID {
	var ids []wordID
	for _, w := range words(text) {
		id, ok := s.vocab.wordIDs.get(w)
		if !ok {
			return nil
		}
		ids = append(ids, id)
	}
	return ids
}

// vectorText is what the vectors look for: the question with what it implies.
func vectorText(q Query) string {
	parts := []string{q.Text}
	for _, e := range expansions(q) {
		parts = append(parts, e.Term)
	}
	return strings.Join(parts, "\n")
}
