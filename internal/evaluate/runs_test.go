package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

func TestTimingsByHand(t *testing.T) {
	t.Parallel()
	var cases []AnswerCase
	for i := 1; i <= 20; i++ { // 1 to 20 ms
		c := AnswerCase{TotalMS: float64(10 * i), Steps: []StepReport{{Name: "understand", DurationMS: float64(i)}}}
		if i <= 3 {
			c.Steps = append(c.Steps, StepReport{Name: "retrieve", DurationMS: float64(5 - i)})
		}
		cases = append(cases, c)
	}
	cases = append(cases, AnswerCase{Status: corpus.Error})
	// The tenth and the nineteenth of twenty; the second and the third of 2, 3, 4.
	want := []StepTiming{{"understand", 20, 10, 19}, {"retrieve", 3, 3, 4}, {"total", 20, 100, 190}}
	if diff := cmp.Diff(want, timingsOf(cases)); diff != "" {
		t.Error(diff)
	}
	if got := Summarise(cases, Prices{}).Median(); got != 100 {
		t.Errorf("half within %v", got)
	}
	if got := Summarise(nil, Prices{}); len(got.Timings) != 0 || got.Median() != 0 || got.Cost != nil {
		t.Errorf("%+v", got)
	}
}

func TestCostByHand(t *testing.T) {
	t.Parallel()
	cost := Prices{Prompt: 2, Completion: 6}.of([]AnswerCase{
		{Usage: &corpus.Usage{PromptTokens: 1000, CompletionTokens: 50}}, {}, {Usage: &corpus.Usage{PromptTokens: 500, CompletionTokens: 150, Estimated: true}},
	})
	// 1500 at 2 and 200 at 6 euros a million.
	if cost == nil || cost.PromptTokens != 1500 || cost.CompletionTokens != 200 || !cost.Estimated || math.Abs(cost.Euros-0.0042) > 1e-12 {
		t.Errorf("%+v", cost)
	}
}

func TestComparisonSaysWhatChanged(t *testing.T) {
	t.Parallel()
	before, after := results(6, 0, 1), results(6, 5)
	after.Cases[3].Text = "anders gezegd"
	after.Cases[4].Question = "een andere vraag"
	c := Compare(before, after)
	if len(c.Better) != 2 || len(c.Worse) != 1 || c.Both != 2 || len(c.Changed) != 1 || c.Changed[0].ID != "3" || len(c.Unmatched) != 1 || c.Unmatched[0] != "4" {
		t.Errorf("%+v", c)
	}
	if diff := cmp.Diff([]Edit{{EditDeleted, "goed"}, {EditInserted, "fout"}}, c.Worse[0].Text()); diff != "" {
		t.Error(diff)
	}
	// Of the five that both have: 3 right before, 4 after.
	if m := c.Metrics[0]; m.Metric != MetricRight || m.Before != 0.6 || m.After != 0.8 || m.Mended != 2 || m.Broken != 1 || m.Interval.Low > 0.2 || m.Interval.High < 0.2 {
		t.Errorf("%+v", m)
	}
	for _, m := range c.Metrics {
		if m.Metric == MetricDeclined {
			t.Error("there is nothing to decline, and it has a figure")
		}
	}
}

func TestPublication(t *testing.T) {
	t.Parallel()
	p := Publication(Run{ID: 3, SetName: "Set", Version: 2}, append(results(10, 0).Cases, AnswerCase{ID: "u", Status: corpus.Refused, Pass: true}))
	if p.Questions != 11 || p.Answerable != 10 || p.Version != 2 || len(p.Rates) != 5 {
		t.Errorf("%+v", p)
	}
	if r := p.Rates[1]; r.Metric != MetricAnswers || r.Hits != 9 || r.Of != 10 || r.Interval != Wilson(9, 10, 0.95) {
		t.Errorf("%+v", r)
	}
}

// shelf is a RunStore with one run.
type shelf struct {
	mu      sync.Mutex
	cases   []Case
	state   RunState
	runner  string
	leased  time.Time
	config  Configuration
	results map[string]AnswerCase
	ending  Ending
	broken  int // calls of Keep that fail
	keeps   int
}

func (s *shelf) Claim(_ context.Context, runner string, lease time.Duration) (Run, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != RunWaiting && !(s.state == RunRunning && s.leased.Before(time.Now())) {
		return Run{}, false, nil
	}
	s.state, s.runner, s.leased = RunRunning, runner, time.Now().Add(lease)
	return Run{ID: 1, Of: len(s.cases)}, true, nil
}

func (s *shelf) held(runner string) error {
	if s.state != RunRunning || s.runner != runner {
		return ErrRunLost
	}
	return nil
}

func (s *shelf) Begin(_ context.Context, _ int64, runner string, c Configuration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config = c
	return s.held(runner)
}

func (s *shelf) Asked(context.Context, int64) ([]Case, map[string]AnswerCase, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := make(map[string]AnswerCase)
	for id, r := range s.results {
		done[id] = r
	}
	return s.cases, done, nil
}

func (s *shelf) Keep(_ context.Context, _ int64, runner string, lease time.Duration, results []AnswerCase) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keeps++
	if s.broken > 0 {
		s.broken--
		return errors.New("the database is away")
	}
	if err := s.held(runner); err != nil {
		return err
	}
	for _, r := range results {
		s.results[r.ID] = r
	}
	s.leased = time.Now().Add(lease)
	return nil
}

func (s *shelf) End(_ context.Context, _ int64, runner string, e Ending) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.held(runner); err != nil {
		return err
	}
	s.state, s.ending = e.State, e
	return nil
}

// slow answers after a second and counts how often each question is asked.
type slow struct {
	mu     sync.Mutex
	asked  map[string]int
	corpus string
	fails  error
}

func (s *slow) Configure(context.Context, Settings) (Answerer, Configuration, error) {
	return s, Configuration{Model: "slow", Corpus: "1"}, s.fails
}

func (s *slow) Answer(ctx context.Context, req answer.Request, _ func(answer.Event) error) (corpus.Answer, error) {
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return corpus.Answer{}, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[req.ID]++
	a := said(corpus.Answered, "goed", "goed")
	a.Corpus = s.corpus
	return a, nil
}

func manyCases(t *testing.T, n int) []Case {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"%d","question":"Vraag %d?","answerable":true,"expect":[["goed"]]}`+"\n", i, i)
	}
	cases, err := ReadCases(strings.NewReader(b.String()), fromFile)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestRunnerGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{cases: manyCases(t, 20), state: RunWaiting, results: make(map[string]AnswerCase), broken: 2}
		e := &slow{asked: make(map[string]int), corpus: "1"}
		start := func(name string, after time.Duration) {
			ctx, stop := context.WithTimeout(t.Context(), after)
			defer stop()
			NewRunner(RunnerConfig{Store: s, Engine: e, Name: name, Parallel: 2}).Work(ctx)
		}
		start("een", 5500*time.Millisecond)
		if s.state != RunWaiting || len(s.results) < 8 || len(s.results) > 12 {
			t.Fatalf("cut off it is %s with %d results", s.state, len(s.results))
		}
		start("twee", time.Minute)
		if s.state != RunDone || s.ending.Summary.Answers != 1 || s.ending.Summary.Questions != 20 || s.ending.Summary.Cases != nil || s.ending.CorpusChanged || s.config.Model != "slow" {
			t.Errorf("%s, %+v", s.state, s.ending)
		}
		for id, n := range e.asked {
			if n != 1 {
				t.Errorf("%s was asked %d times", id, n)
			}
		}
	})
}

func TestRunnerStopsWhenItsRunIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{cases: manyCases(t, 100), state: RunWaiting, results: make(map[string]AnswerCase)}
		e := &slow{asked: make(map[string]int), corpus: "2"}
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		go func() {
			time.Sleep(10500 * time.Millisecond)
			s.mu.Lock()
			s.state = RunCancelled
			s.mu.Unlock()
			time.Sleep(3 * time.Second)
			s.mu.Lock()
			asked := len(e.asked)
			s.mu.Unlock()
			if asked > 26 {
				t.Errorf("%d questions were asked after it was stopped", asked)
			}
			stop()
		}()
		NewRunner(RunnerConfig{Store: s, Engine: e, Name: "een"}).Work(ctx)
		if s.state != RunCancelled || s.ending.State != "" {
			t.Errorf("%s, %+v", s.state, s.ending)
		}
	})
}

func TestRunnerTellsWhatWentWrong(t *testing.T) {
	for name, tt := range map[string]struct {
		engine *slow
		state  RunState
		says   string
	}{
		"no engine":          {&slow{fails: errors.New("geen model"), asked: map[string]int{}}, RunFailed, "geen model"},
		"the corpus changed": {&slow{corpus: "2", asked: map[string]int{}}, RunDone, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &shelf{cases: manyCases(t, 3), state: RunWaiting, results: make(map[string]AnswerCase)}
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			defer stop()
			NewRunner(RunnerConfig{Store: s, Engine: tt.engine, Name: "een"}).Work(ctx)
			if s.ending.State != tt.state || !strings.Contains(s.ending.Error, tt.says) || s.ending.CorpusChanged != (tt.engine.corpus == "2") {
				t.Errorf("%s: %+v", name, s.ending)
			}
		})
	}
}

func TestRunBesideAsksBoth(t *testing.T) {
	t.Parallel()
	questions := Questions(manyCases(t, 7))
	right := &scripted{answers: map[string]corpus.Answer{}}
	wrong := &scripted{answers: map[string]corpus.Answer{}}
	for _, q := range questions {
		right.answers[q.ID], wrong.answers[q.ID] = said(corpus.Answered, "goed", "goed"), said(corpus.Answered, "fout", "fout")
	}
	steps := 0
	one, two, err := RunBeside(t.Context(), questions, AnswersConfig{Answerer: wrong, Progress: func(int, int) { steps++ }}, AnswersConfig{Answerer: right})
	if err != nil || one.Answers != 0 || two.Answers != 1 || len(two.Comparison.Better) != 7 || steps != 7 {
		t.Errorf("%v and %v after %d steps, %v", one.Answers, two.Answers, steps, err)
	}
}

func TestPropose(t *testing.T) {
	t.Parallel()
	a := corpus.Answer{
		Status: corpus.Answered, Sentences: []corpus.Sentence{{Text: "De SER telt 36 leden. [1]", Citations: []int{1}}, {Text: "Kim Putters is voorzitter. [2]", Citations: []int{2}}},
		Citations: []corpus.Citation{{N: 1, Document: corpus.DocumentRef{ID: "samenstelling"}, Page: 2}, {N: 2, Document: corpus.DocumentRef{ID: "bestuur"}, Page: 1}},
	}
	day := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		judged  Judged
		able    bool
		expect  string // of all groups
		sources string
	}{
		"right": {Judged{Verdict: Right, Answer: a, Question: "Hoeveel leden telt de SER?"}, true, `[[\b36\b] [kim putters] [voorzitter]]`, "[{samenstelling 2} {bestuur 1}]"},
		"one sentence right": {Judged{Verdict: Partly, Answer: a, Question: "Hoeveel leden?", Sentences: map[int]Verdict{1: Right, 2: Wrong}}, true,
			`[[\b36\b]]`, "[{samenstelling 2}]"},
		"the reviewer knows better": {Judged{Verdict: Wrong, Answer: a, Question: "Hoeveel leden?", Sources: []JudgedSource{{"nieuw", 4, "Vanaf 2027 zijn er 42 zetels in Den Haag."}}}, true,
			`[[\b2027\b] [\b42\b] [den haag]]`, "[{nieuw 4}]"},
		"nothing to answer":      {Judged{Verdict: ShouldHaveDeclined, Answer: a, Question: "Op wie moet ik stemmen?"}, false, "[]", "[]"},
		"rightly declined":       {Judged{Verdict: Right, Answer: corpus.Answer{Status: corpus.Refused}, Question: "Op wie moet ik stemmen?"}, false, "[]", "[]"},
		"wrongly declined":       {Judged{Verdict: ShouldHaveAnswered, Answer: corpus.Answer{Status: corpus.NoAnswer}, Question: "Wie?", Sources: []JudgedSource{{"b", 1, "Het is Kim Putters."}}}, true, "[[kim putters]]", "[{b 1}]"},
		"right, another source":  {Judged{Verdict: WrongSource, Answer: a, Question: "Hoeveel leden telt de SER?"}, true, `[[\b36\b] [kim putters] [voorzitter]]`, "[]"},
		"nothing that was right": {Judged{Verdict: Wrong, Answer: a, Question: "Hoeveel?"}, true, "[]", "[]"},
	} {
		tt.judged.Judgement, tt.judged.Date, tt.judged.Lang = 12, day, "nl"
		c := Propose(tt.judged)
		if c.Answerable != tt.able || fmt.Sprint(c.Expect) != tt.expect || fmt.Sprint(c.Sources) != tt.sources {
			t.Errorf("%s: answerable %v, expect %v, sources %v", name, c.Answerable, c.Expect, c.Sources)
		}
		if c.Origin == nil || *c.Origin != (Origin{Kind: OriginJudgement, Date: "2026-11-22", Judgement: 12}) || c.ID != "oordeel-12" {
			t.Errorf("%s: %+v", name, c.Origin)
		}
	}
}
