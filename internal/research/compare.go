package research

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Bounds of a comparison.
const (
	minSides = 2
	maxSides = 6
	// minTerm is the shortest word that is marked, in code points.
	minTerm = 4
)

// Compare lays publications side by side on a topic: the sentences that state their
// positions, with the numbers and words marked that no other of them has. Without a
// topic it compares what states their positions most clearly. Bad input is a
// *corpus.UserError.
func (s *Service) Compare(ctx context.Context, about string, ids []string) (Comparison, error) {
	q := Query{Text: about}
	if err := q.check(); err != nil {
		return Comparison{}, err
	}
	q.Text = s.cfg.Mask(q.Text)
	n, err := s.refresh(ctx)
	if err != nil {
		return Comparison{}, err
	}
	var pubs []int
	for _, id := range ids {
		i, err := n.find(id)
		if err != nil {
			return Comparison{}, err
		}
		if !slices.Contains(pubs, i) {
			pubs = append(pubs, i)
		}
	}
	if len(pubs) < minSides || len(pubs) > maxSides {
		return Comparison{}, &corpus.UserError{Code: corpus.CodeBadMessage,
			Message: fmt.Sprintf("Kies %d tot %d verschillende publicaties om te vergelijken.", minSides, maxSides)}
	}
	slices.Sort(pubs) // by date
	t, _ := n.readTopic(q.Text)
	positions, err := s.positions(ctx, n, cmp.Or(q.Text, "standpunt"), t, pubs)
	if err != nil {
		return Comparison{}, err
	}
	divisions, err := s.divisions(ctx, n, t, pubs)
	if err != nil {
		return Comparison{}, err
	}
	out := Comparison{Topic: q.Text, Shared: []string{}, Corpus: n.state}
	var read []sideWords
	for _, i := range pubs {
		side := Side{Publication: n.pubs[i], Positions: []Position{}, Marks: [][]Mark{}, Numbers: []string{}, Terms: []string{}, Division: chief(divisions[i])}
		var w sideWords
		for _, p := range positions[i][:min(len(positions[i]), positionsShown)] {
			side.Positions = append(side.Positions, p.Position)
			w.add(p.Citation.Quote)
		}
		out.Sides = append(out.Sides, side)
		read = append(read, w)
	}
	for i := range out.Sides {
		read[i].mark(&out.Sides[i], append(slices.Clone(read[:i]), read[i+1:]...))
	}
	out.Shared = shared(read)
	return out, nil
}

// binding are words that tell nothing by themselves.
var binding = map[string]bool{"niet": true, "geen": true, "eigen": true, "ander": true, "andere": true, "anders": true, "zoals": true, "onder": true, "tegen": true, "tussen": true, "tijdens": true, "volgens": true, "daarbij": true, "daarom": true, "hierbij": true}

// sideWords are the numbers and words of one side of a comparison.
type sideWords struct {
	sentences []sentenceWords
	stems     map[string]string // stem → as written first
	order     []string
	numbers   []dutch.Number
}

type sentenceWords struct {
	text    []rune
	numbers []dutch.Number
	tokens  []dutch.Token
}

// add reads a sentence. The names of publications are no difference in substance.
func (w *sideWords) add(sentence string) {
	if w.stems == nil {
		w.stems = make(map[string]string)
	}
	mentions := Mentions(sentence)
	named := func(start, end int) bool {
		return slices.ContainsFunc(mentions, func(m Mention) bool { return start < m.End && m.Start < end })
	}
	said := sentenceWords{text: []rune(sentence)}
	for _, x := range dutch.Numbers(sentence) {
		if x.Kind != dutch.Code && !named(x.Start, x.End) {
			said.numbers = append(said.numbers, x)
		}
	}
	for _, tok := range dutch.Tokens(sentence) {
		numeric := slices.ContainsFunc(said.numbers, func(x dutch.Number) bool { return tok.Start < x.End && x.Start < tok.End })
		if numeric || named(tok.Start, tok.End) || len([]rune(tok.Text)) < minTerm || dutch.IsStopWord(tok.Text, "nl") || dutch.IsEveryday(tok.Text, "nl") || binding[tok.Text] || asking[tok.Text] || statesPosition.MatchString(tok.Text) {
			continue
		}
		said.tokens = append(said.tokens, tok)
		if stem := dutch.Stem(tok.Text); w.stems[stem] == "" {
			w.stems[stem] = string(said.text[tok.Start:tok.End])
			w.order = append(w.order, stem)
		}
	}
	w.numbers = append(w.numbers, said.numbers...)
	w.sentences = append(w.sentences, said)
}

// mark marks on a side what none of the others has.
func (w *sideWords) mark(side *Side, others []sideWords) {
	for _, said := range w.sentences {
		marks := []Mark{}
		for _, x := range said.numbers {
			if slices.ContainsFunc(others, func(o sideWords) bool { return slices.ContainsFunc(o.numbers, x.Same) }) {
				continue
			}
			marks = append(marks, Mark{x.Start, x.End, "number"})
			if written := string(said.text[x.Start:x.End]); !slices.Contains(side.Numbers, written) {
				side.Numbers = append(side.Numbers, written)
			}
		}
		for _, tok := range said.tokens {
			stem := dutch.Stem(tok.Text)
			if slices.ContainsFunc(others, func(o sideWords) bool { return o.stems[stem] != "" }) {
				continue
			}
			marks = append(marks, Mark{tok.Start, tok.End, "term"})
			if written := w.stems[stem]; !slices.Contains(side.Terms, written) {
				side.Terms = append(side.Terms, written)
			}
		}
		slices.SortFunc(marks, func(a, b Mark) int { return cmp.Compare(a.Start, b.Start) })
		side.Marks = append(side.Marks, marks)
	}
}

// shared are the words that all sides use, as the first writes them.
func shared(sides []sideWords) []string {
	out := []string{}
	for _, stem := range sides[0].order {
		if !slices.ContainsFunc(sides[1:], func(o sideWords) bool { return o.stems[stem] == "" }) {
			out = append(out, strings.ToLower(sides[0].stems[stem]))
		}
	}
	return out
}
