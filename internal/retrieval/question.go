package retrieval

import (
	"math/bits"
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

// question is an analysed query.
type question struct {
	words   []asked    // in order; what expansions add stands last
	terms   []weighted // distinct, for BM25
	texts   []string   // of words, for 4-grams
	phrases [][]wordID // quoted: what must stand together
	numbers []string   // publication numbers, as PublicationNumber writes them
}

// Weights of what a question implies, against 1 for its own words.
const (
	partWeight        = 0.5 // a part of a compound
	correctedWeight   = 0.8 // what a word was probably meant to be
	longFormWeight    = 0.4 // a word of what an abbreviation stands for
	abbreviatedWeight = 0.6 // the abbreviation of what is written out
)

// analyse reads a query against the words of the corpus.
func (s *snapshot) analyse(q Query) question {
	var out question
	texts := words(q.Text)
	for i, text := range texts {
		if isStop(text) {
			continue
		}
		out.words = append(out.words, s.ask(text, 1))
		if strings.Contains(text, "/") {
			out.numbers = append(out.numbers, text)
		}
		for _, long := range s.abbreviations.long[text] {
			out.words = append(out.words, s.ask(long, longFormWeight))
		}
		if short := s.abbreviations.shortOf(texts[i:]); short != "" {
			out.words = append(out.words, s.ask(short, abbreviatedWeight))
		}
	}
	for _, e := range q.Expansions {
		for _, text := range words(e.Term) {
			if !isStop(text) && e.Weight > 0 {
				out.words = append(out.words, s.ask(text, float32(e.Weight)))
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
	for _, phrase := range quoted(q.Text) {
		if ids := s.phrase(phrase); len(ids) > 1 {
			out.phrases = append(out.phrases, ids)
		}
	}
	return out
}

// ask looks a word up. A word that the corpus does not have, in no form and in no part,
// is taken for the most frequent word of the corpus that is spelt nearly alike.
func (s *snapshot) ask(text string, weight float32) asked {
	a := s.lookUp(text, weight)
	if a.idf == 0 && len(a.parts) == 0 {
		if corrected := s.correct(text); corrected != "" {
			return s.lookUp(corrected, weight*correctedWeight)
		}
		a.idf = s.idf(0)
	}
	return a
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
		a.term, _ = v.termIDs.get(stemOf(text))
		for _, part := range v.analyzer.parts(text) {
			if t, ok := v.termIDs.get(stemOf(part)); ok {
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
	for _, e := range q.Expansions {
		parts = append(parts, e.Term)
	}
	return strings.Join(parts, "\n")
}
