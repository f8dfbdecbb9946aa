package evaluate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

// said is an answer of one sentence with what stands where it points.
func said(sentence, quote string) (*corpus.Answer, []evaluate.CitedPlace) {
	a := &corpus.Answer{
		Question:  "Wat vond de SER in 2014?",
		Sentences: []corpus.Sentence{{Text: sentence, Citations: []int{1}}},
		Citations: []corpus.Citation{{N: 1, Document: corpus.DocumentRef{ID: "a", Title: "De leden", Number: "14/04", Date: "2014-04-25"}, Page: 3, PageLabel: "iii", Quote: quote, End: len(quote)}},
	}
	return a, []evaluate.CitedPlace{{Found: true, Text: quote, Heading: []string{"De raad"}}}
}

func TestRecheck(t *testing.T) {
	t.Parallel()
	const quote = "De raad telt 33 leden en vergadert elke maand in Den Haag."
	for _, test := range []struct {
		name     string
		sentence string
		alter    func(*corpus.Answer, []evaluate.CitedPlace)
		want     evaluate.Outcome
	}{
		{name: "as it stands", sentence: quote, want: evaluate.OutcomeSupported},
		{name: "in other words", sentence: "De raad vergadert elke maand.", want: evaluate.OutcomeSupported},
		{name: "another number", sentence: "De raad telt 44 leden en vergadert elke maand in Den Haag.", want: evaluate.OutcomeUnsupported},
		{name: "denied", sentence: "De raad vergadert niet elke maand.", want: evaluate.OutcomeUnsupported},
		{name: "another subject", sentence: "Het minimumloon stijgt in Amsterdam.", want: evaluate.OutcomeUnsupported},
		{name: "the page was altered", sentence: quote, alter: func(_ *corpus.Answer, p []evaluate.CitedPlace) {
			p[0].Text = strings.Replace(p[0].Text, "33", "44", 1)
		}, want: evaluate.OutcomeWrongCitation},
		{name: "the quote was altered", sentence: "De raad telt 44 leden.", alter: func(a *corpus.Answer, _ []evaluate.CitedPlace) {
			a.Citations[0].Quote = "De raad telt 44 leden."
		}, want: evaluate.OutcomeWrongCitation},
		{name: "the page is gone", sentence: quote, alter: func(_ *corpus.Answer, p []evaluate.CitedPlace) { p[0].Found = false }, want: evaluate.OutcomeWrongCitation},
		{name: "no citation", sentence: quote, alter: func(a *corpus.Answer, _ []evaluate.CitedPlace) { a.Sentences[0].Citations = nil }, want: evaluate.OutcomeWrongCitation},
		{name: "a number without a citation", sentence: quote, alter: func(a *corpus.Answer, _ []evaluate.CitedPlace) { a.Sentences[0].Citations = []int{1, 2} }, want: evaluate.OutcomeWrongCitation},
		{name: "an empty quote", sentence: quote, alter: func(a *corpus.Answer, p []evaluate.CitedPlace) { a.Citations[0].Quote, p[0].Text = "", "" }, want: evaluate.OutcomeWrongCitation},
		{name: "quoted in an English answer", sentence: "According to “De leden” (p. iii, in Dutch): “" + quote + "”", want: evaluate.OutcomeSupported},
		{name: "quoted once more", sentence: "It also says: “" + quote + "”", want: evaluate.OutcomeSupported},
		{name: "quoted with an altered number", sentence: "According to “De leden” (p. iii, in Dutch): “" + strings.Replace(quote, "33", "34", 1) + "”", want: evaluate.OutcomeUnsupported},
		{name: "quoted from another title", sentence: "According to “De kroon” (p. iii, in Dutch): “" + quote + "”", want: evaluate.OutcomeUnsupported},
		{name: "quoted from another page", sentence: "According to “De leden” (p. 4, in Dutch): “" + quote + "”", want: evaluate.OutcomeUnsupported},
		{name: "one side of a comparison", sentence: "2014: " + quote, want: evaluate.OutcomeSupported},
		{name: "by its publication", sentence: "Advies 14/04: " + quote, want: evaluate.OutcomeSupported},
		{name: "a side that nobody asked for", sentence: "1996: " + quote, want: evaluate.OutcomeUnsupported},
		{name: "in a minority's note", sentence: "De Raad telt 33 leden.", alter: func(_ *corpus.Answer, p []evaluate.CitedPlace) { p[0].Section = corpus.SectionMinority }, want: evaluate.OutcomeSupported},
		{name: "a view of a minority as the Council's", sentence: "De SER vindt dat de raad elke maand vergadert.", alter: func(_ *corpus.Answer, p []evaluate.CitedPlace) {
			p[0].Section = corpus.SectionMinority
		}, want: evaluate.OutcomeUnsupported},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, places := said(test.sentence, quote)
			if test.alter != nil {
				test.alter(a, places)
			}
			checked := evaluate.Recheck(a, places)
			if len(checked) != 1 || checked[0].Outcome != test.want {
				t.Fatalf("checked %+v, want %s", checked, test.want)
			}
			if (test.want == evaluate.OutcomeSupported) != (len(checked[0].Reasons) == 0) {
				t.Errorf("reasons %v for %s", checked[0].Reasons, test.want)
			}
		})
	}
}

func TestWorst(t *testing.T) {
	t.Parallel()
	of := func(outcomes ...evaluate.Outcome) (all []evaluate.CheckedSentence) {
		for _, o := range outcomes {
			all = append(all, evaluate.CheckedSentence{Outcome: o})
		}
		return all
	}
	for _, test := range []struct {
		sentences []evaluate.CheckedSentence
		want      evaluate.Outcome
	}{
		{nil, evaluate.OutcomeSupported},
		{of("supported", "unclear"), evaluate.OutcomeUnclear},
		{of("unsupported", "supported", "unclear"), evaluate.OutcomeUnsupported},
		{of("wrong_citation", "unsupported"), evaluate.OutcomeWrongCitation},
	} {
		if got := evaluate.Worst(test.sentences); got != test.want {
			t.Errorf("worst of %v is %s, want %s", test.sentences, got, test.want)
		}
	}
}

// queue is a store in memory of one waiting answer.
type queue struct {
	task     evaluate.RecheckTask
	places   []evaluate.CitedPlace
	free     time.Time
	done     evaluate.Outcome
	version  string
	delays   []time.Duration
	perHours []int
}

func (q *queue) SampleRechecks(context.Context, evaluate.Checker, float64, int) (int, error) {
	return 0, nil
}

func (q *queue) TakeRechecks(_ context.Context, c evaluate.Checker, _, perHour int, hold time.Duration) ([]evaluate.RecheckTask, error) {
	if !slices.Contains(q.perHours, perHour) {
		q.perHours = append(q.perHours, perHour)
	}
	if q.done != "" || time.Now().Before(q.free) || c != q.task.Checker {
		return nil, nil
	}
	q.free = time.Now().Add(hold)
	q.task.Attempt++
	return []evaluate.RecheckTask{q.task}, nil
}

func (q *queue) FinishRecheck(_ context.Context, _ evaluate.RecheckTask, version string, outcome evaluate.Outcome, _ []evaluate.CheckedSentence) (bool, error) {
	q.done, q.version = outcome, version
	return true, nil
}

func (q *queue) DelayRecheck(_ context.Context, _ evaluate.RecheckTask, wait time.Duration) error {
	q.delays = append(q.delays, wait)
	q.free = time.Now().Add(wait)
	return nil
}

func (q *queue) Cited(context.Context, []corpus.Citation) ([]evaluate.CitedPlace, error) {
	return q.places, nil
}

// moody is a judge that fails a number of times.
type moody struct {
	failures int
	opinion  evaluate.Outcome
	saw      *string
}

func (moody) Version() string { return "proef v1" }

func (m *moody) Judge(_ context.Context, sentence string, quotes []string) (evaluate.Opinion, error) {
	if m.failures > 0 {
		m.failures--
		return evaluate.Opinion{}, errors.New("overloaded")
	}
	if m.saw != nil {
		*m.saw = sentence + "|" + strings.Join(quotes, "|")
	}
	return evaluate.Opinion{Outcome: m.opinion}, nil
}

// A judge that fails is tried again, longer and longer after, and given up in the end.
func TestRecheckerWithAJudge(t *testing.T) {
	t.Parallel()
	const quote = "De raad telt 33 leden."
	for _, test := range []struct {
		name     string
		failures int
		want     evaluate.Outcome
		delays   int
	}{
		{"at once", 0, evaluate.OutcomeUnsupported, 0},
		{"the third time", 2, evaluate.OutcomeUnsupported, 2},
		{"never", 100, evaluate.OutcomeFailed, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, places := said("According to “De leden” (p. iii, in Dutch): “"+quote+"”", quote)
				q := &queue{task: evaluate.RecheckTask{Turn: "t", Checker: evaluate.CheckerJudge, Answer: *a}, places: places}
				saw := ""
				r := evaluate.NewRechecker(evaluate.RecheckConfig{Store: q, Judge: &moody{test.failures, evaluate.OutcomeUnsupported, &saw}, Share: 0.05, PerHour: 7, JudgePerHour: 3})
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				r.Run(ctx)
				if q.done != test.want || q.version != "proef v1" || len(q.delays) != test.delays || !slices.IsSorted(q.delays) {
					t.Errorf("done %q by %q after delays %v", q.done, q.version, q.delays)
				}
				if test.want != evaluate.OutcomeFailed && saw != quote+"|"+quote {
					t.Errorf("the judge saw %q", saw)
				}
				if got := r.Checked(evaluate.CheckerJudge, test.want); got != 1 {
					t.Errorf("%d answers counted", got)
				}
				if got := r.Failures(evaluate.CheckerJudge); got != int64(min(test.failures, 5)) {
					t.Errorf("%d failures counted", got)
				}
				slices.Sort(q.perHours)
				if !slices.Equal(q.perHours, []int{3, 7}) {
					t.Errorf("asked for at most %v an hour", q.perHours)
				}
			})
		})
	}
}

// With no share nothing is checked, and Run ends.
func TestRecheckerOff(t *testing.T) {
	t.Parallel()
	q := &queue{}
	evaluate.NewRechecker(evaluate.RecheckConfig{Store: q}).Run(t.Context())
	if q.perHours != nil {
		t.Error("answers were taken")
	}
}
