package retrieval

import (
	"strings"
)

// asked is one word of a question that carries meaning.
type asked struct {
	text   string
	term   termID // 0: no chunk has it
	parts  []termID
	weight float32
	idf    float32
}

// question is an analysed query.
type question struct {
	words []asked    // in order
	terms []weighted // distinct, for BM25
	stems []string   // of words, for 4-grams
}

// partWeight is what a part of a compound weighs against the whole word.
const partWeight = 0.5

// analyse reads a query against the words of the corpus.
func (s *snapshot) analyse(q Query) question {
	var out question
	texts := words(q.Text)
	for _, text := range texts {
		if !isStop(text) {
			out.words = append(out.words, s.ask(text, 1))
		}
	}
	for _, e := range q.Expansions {
		for _, text := range words(e.Term) {
			if !isStop(text) {
				out.words = append(out.words, s.ask(text, float32(e.Weight)))
			}
		}
	}
	add := func(t termID, w float32) {
		if t == 0 || w <= 0 {
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
		out.stems = append(out.stems, stemOf(w.text))
	}
	return out
}

// ask looks a word up.
func (s *snapshot) ask(text string, weight float32) asked {
	a := asked{text: text, weight: weight}
	v := s.vocab
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
	a.idf = s.idf(a.term)
	return a
}

// vectorText is what the vectors look for: the question with what it implies.
func vectorText(q Query) string {
	parts := []string{q.Text}
	for _, e := range q.Expansions {
		parts = append(parts, e.Term)
	}
	return strings.Join(parts, "\n")
}
