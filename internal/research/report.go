package research

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Period is a stretch of years of a report with what the publications of it hold.
type Period struct {
	From      int               `json:"from"`
	To        int               `json:"to"`
	Sentences []corpus.Sentence `json:"sentences"`
	// Publications are those that the sentences are about, parallel to Sentences.
	Publications []string `json:"publications"`
}

// Report answers a question period by period. Every sentence is verbatim in the
// passage it cites.
type Report struct {
	Question     string              `json:"question"`
	Lang         string              `json:"lang"`
	Status       corpus.Status       `json:"status"`
	Completeness corpus.Completeness `json:"completeness"`
	// Text says why there is no report; with one it is empty.
	Text      string            `json:"text,omitempty"`
	Periods   []Period          `json:"periods"`
	Citations []corpus.Citation `json:"citations"`
	Gaps      []Gap             `json:"gaps"`
	// Without are publications on the subject that no sentence of the corpus tells the
	// position of.
	Without []Publication `json:"without"`
	Divided bool          `json:"divided,omitempty"`
	// Partly: no publication is about the whole question; these have the most of it.
	Partly bool `json:"partly,omitempty"`
	// Left is how many publications were found besides the MaxLimit that say the most.
	Left   int    `json:"left,omitempty"`
	Corpus string `json:"corpus"`
}

// decade is how many years a period of a report has.
const decade = 10

// errNoAnswers says that a Service was made without Config.Answers.
var errNoAnswers = errors.New("research: reports need an answer service")

// Answer answers a question in research mode: by period, the oldest first, each
// publication in the sentences that state its position and what shows that the Council
// was divided, every sentence verified against its citation. The filters of q apply.
// A question that is refused or out of scope is so here too.
func (s *Service) Answer(ctx context.Context, question string, q Query) (Report, error) {
	if s.cfg.Answers == nil {
		return Report{}, errNoAnswers
	}
	q.Text = question
	if err := q.check(); err != nil {
		return Report{}, err
	}
	q.Text = s.cfg.Mask(q.Text)
	if q.Text == "" {
		return Report{}, &corpus.UserError{Code: corpus.CodeBadMessage, Message: "Stel een vraag, bijvoorbeeld: Wat vond de SER van de loonpolitiek?"}
	}
	plain, err := s.cfg.Answers.Answer(ctx, answer.Request{Question: q.Text}, nil)
	if err != nil {
		return Report{}, fmt.Errorf("reading the question: %w", err)
	}
	out := Report{Question: q.Text, Lang: plain.Lang, Status: plain.Status, Completeness: corpus.None, Text: plain.Text,
		Periods: []Period{}, Citations: []corpus.Citation{}, Gaps: []Gap{}, Without: []Publication{}}
	if plain.Status == corpus.Refused || plain.Status == corpus.OutOfScope {
		out.Corpus = plain.Corpus
		return out, nil
	}
	q.Limit, q.Page = MaxLimit, 1
	h, err := s.history(ctx, q.Text, q, func(n *snapshot, fit []int, found *matched) []int {
		n.order(fit, ByRelevance, found)
		out.Left = max(0, len(fit)-MaxLimit)
		fit = fit[:len(fit)-out.Left]
		n.order(fit, ByDate, nil)
		return fit
	})
	if err != nil {
		return Report{}, err
	}
	out.Partly = h.Partly
	out.Corpus, out.Gaps = h.Corpus, h.Gaps
	numbers := make(map[string]int) // address → number of the citation
	for _, e := range h.Entries {
		said := false
		say := func(sentence string, c corpus.Citation, speaker corpus.Speaker) {
			if !strings.Contains(c.Quote, sentence) || !answer.Verify(sentence, c.Quote).OK {
				return
			}
			said = true
			if numbers[c.URL] != 0 {
				return // it was said
			}
			c.N = len(out.Citations) + 1
			numbers[c.URL] = c.N
			out.Citations = append(out.Citations, c)
			out.period(e.Publication.Date.Year()).add(corpus.Sentence{Text: sentence, Citations: []int{c.N}, Speaker: speaker}, e.Publication)
		}
		for _, p := range e.Positions {
			say(p.Sentence, p.Citation, p.Speaker)
		}
		if e.Division != nil {
			out.Divided = out.Divided || e.Division.Kind != Unanimous
			say(e.Division.Citation.Quote, e.Division.Citation, "")
		}
		if !said {
			out.Without = append(out.Without, e.Publication)
		}
	}
	switch {
	case len(out.Periods) == 0:
		out.Status = corpus.NoAnswer
		if plain.Status != corpus.NoAnswer {
			out.Text = map[bool]string{
				true:  "Over dit onderwerp vind ik in deze documenten geen standpunten. Probeer andere woorden of minder filters.",
				false: "I find no positions on this subject in these documents. Try other words or fewer filters."}[strings.ToLower(cmp.Or(out.Lang, "nl")) == "nl"]
		}
	case len(out.Without) > 0:
		out.Status, out.Completeness, out.Text = corpus.Partial, corpus.Incomplete, ""
	default:
		out.Status, out.Completeness, out.Text = corpus.Answered, corpus.Complete, ""
	}
	return out, nil
}

// period is the period of a year, the last one or a new one: publications come in
// order of date.
func (r *Report) period(year int) *Period {
	from := year - year%decade
	if n := len(r.Periods); n > 0 && r.Periods[n-1].From == from {
		return &r.Periods[n-1]
	}
	r.Periods = append(r.Periods, Period{From: from, To: from + decade - 1})
	return &r.Periods[len(r.Periods)-1]
}

func (p *Period) add(s corpus.Sentence, of Publication) {
	p.Sentences = append(p.Sentences, s)
	p.Publications = append(p.Publications, of.ID)
}
