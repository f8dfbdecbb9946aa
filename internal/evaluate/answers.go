package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Question is one line of a question set.
type Question struct {
	ID         string     `json:"id"`
	Lang       string     `json:"lang"` // "nl", "en" or "" to let the service detect it
	Question   string     `json:"question"`
	Answerable bool       `json:"answerable"`
	Expect     [][]string `json:"expect,omitempty"` // groups of regular expressions
	Cite       [][]string `json:"cite,omitempty"`   // Expect when empty
	Sources    []Source   `json:"sources,omitempty"`
	Tags       []string   `json:"tags,omitempty"`
	Kind       string     `json:"kind,omitempty"`

	expect, cite []group
}

// Source is where the answer to a question stands; for people, not a rule.
type Source struct {
	Document string `json:"document"`
	Page     int    `json:"page"`
}

// group holds alternatives: one of them has to be found.
type group []*regexp.Regexp

func (g group) found(text string) bool {
	return slices.ContainsFunc(g, func(re *regexp.Regexp) bool { return re.MatchString(text) })
}

// missing is the first group without a match in text, or "".
func missing(groups []group, text string) string {
	for _, g := range groups {
		if !g.found(text) {
			names := make([]string, len(g))
			for i, re := range g {
				names[i] = strings.TrimPrefix(re.String(), "(?i)")
			}
			return strings.Join(names, " | ")
		}
	}
	return ""
}

// ReadQuestions reads a question set and checks it whole: every error names the
// line it stands on.
func ReadQuestions(r io.Reader) ([]Question, error) {
	var questions []Question
	seen := make(map[string]int)
	err := eachLine(r, func(line int, raw struct {
		Question
		Answerable *bool `json:"answerable"`
	}) error {
		q := raw.Question
		if q.ID == "" {
			q.ID = fmt.Sprintf("line-%d", line)
		}
		if raw.Answerable == nil {
			if strings.TrimSpace(q.Question) == "" {
				return &Fault{Code: FaultQuestion}
			}
			return &Fault{Code: FaultAnswerable}
		}
		q.Answerable = *raw.Answerable
		if err := q.Prepare(); err != nil {
			return err
		}
		if first, ok := seen[q.ID]; ok {
			return &Fault{Code: FaultTwice, Detail: fmt.Sprintf("%q, line %d", q.ID, first)}
		}
		seen[q.ID] = line
		questions = append(questions, q)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read questions: %w", err)
	}
	if len(questions) == 0 {
		return nil, errors.New("read questions: the set is empty")
	}
	return questions, nil
}

// Prepare checks a question and readies its rules for passing; an error is a *Fault. A
// question that was not prepared passes and fails by no rules.
func (q *Question) Prepare() error {
	switch {
	case strings.TrimSpace(q.Question) == "":
		return &Fault{Code: FaultQuestion}
	case q.Lang != "" && q.Lang != "nl" && q.Lang != "en":
		return &Fault{Code: FaultLang, Detail: q.Lang}
	case q.Answerable && len(q.Expect) == 0:
		return &Fault{Code: FaultExpect}
	}
	var err error
	if q.expect, err = compile("expect", q.Expect); err != nil {
		return err
	}
	if q.cite, err = compile("cite", q.Cite); err != nil {
		return err
	}
	if len(q.cite) == 0 {
		q.cite = q.expect
	}
	return nil
}

func compile(field string, groups [][]string) ([]group, error) {
	var out []group
	for i, patterns := range groups {
		if len(patterns) == 0 {
			return nil, &Fault{Code: FaultGroup, Detail: fmt.Sprintf("%s, %d", field, i+1)}
		}
		var g group
		for _, p := range patterns {
			re, err := regexp.Compile("(?i)" + p)
			if err != nil {
				return nil, &Fault{Code: FaultPattern, Detail: fmt.Sprintf("%s, %d: %s", field, i+1, p)}
			}
			g = append(g, re)
		}
		out = append(out, g)
	}
	return out, nil
}

// Answerer answers questions. *answer.Service is one; a client of a running server
// is another.
type Answerer interface {
	Answer(ctx context.Context, req answer.Request, emit func(answer.Event) error) (corpus.Answer, error)
}

// runner also tells its steps, as *answer.Service does.
type runner interface {
	Run(ctx context.Context, req answer.Request, emit func(answer.Event) error) (answer.Result, error)
}

// AnswersConfig is how a question set is run.
type AnswersConfig struct {
	Answerer Answerer
	Filter   corpus.Filter
	// Parallel is how many questions run at once. Default 2.
	Parallel int
	// Timeout bounds one question. Default 30 s.
	Timeout time.Duration
	// Progress, when set, is called after every question, one call at a time.
	Progress func(done, of int)
	// Prices are what a language model costs.
	Prices Prices
}

// Rates are the figures of a set or a part of it, 0 to 1; a rate over nothing is 1,
// but WronglyDeclined is 0 then.
type Rates struct {
	Questions int `json:"questions"`
	// Answers is the share of the answerable questions whose answer passes.
	Answers float64 `json:"answers"`
	// Citations is the share of the answered answerable questions whose cited quotes
	// hold what the answer has to say.
	Citations float64 `json:"citations"`
	// Declined is the share of the unanswerable questions that were declined.
	Declined float64 `json:"declined"`
	// WronglyDeclined is the share of the answerable questions that were declined.
	WronglyDeclined float64 `json:"wrongly_declined"`
}

// Answers is the result of running a question set.
type Answers struct {
	Rates
	Tags  map[string]Rates `json:"tags"`
	Kinds map[string]Rates `json:"kinds"`
	Cases []AnswerCase     `json:"cases"`
	Steps Steps            `json:"steps"`
	// Timings are how long the steps of a turn took, in their order, "total" last.
	Timings []StepTiming `json:"timings,omitempty"`
	// Cost is what a language model took; nil when none was asked.
	Cost *Cost `json:"cost,omitempty"`
	// Configuration is what answered, when that is known.
	Configuration *Configuration `json:"configuration,omitempty"`
	// Verifier is what the verifier makes of sentences that were altered, when that was
	// asked for too.
	Verifier *Verification `json:"verifier,omitempty"`
	// Repeated and Comparison are set when the set was run more than once, or beside
	// another result.
	Repeated   *Repeated   `json:"repeated,omitempty"`
	Comparison *Comparison `json:"comparison,omitempty"`
}

// AnswerCase is one question with its answer.
type AnswerCase struct {
	ID         string        `json:"id"`
	Question   string        `json:"question"`
	Answerable bool          `json:"answerable"`
	Tags       []string      `json:"tags,omitempty"`
	Kind       string        `json:"kind,omitempty"`
	Status     corpus.Status `json:"status"`
	Text       string        `json:"text"`
	Quotes     []string      `json:"quotes,omitempty"`
	Pass       bool          `json:"pass"`
	Cited      bool          `json:"cited"`
	Why        string        `json:"why,omitempty"` // what a case that fails lacks
	Steps      []StepReport  `json:"steps,omitempty"`
	TotalMS    float64       `json:"total_ms"`
	// Retrieved: the passages found hold all that the citations have to say. Nil when
	// they were not seen.
	Retrieved *bool `json:"retrieved,omitempty"`
	// SourcesNamed and SourcesFound count the sources of the question, and those among
	// the passages.
	SourcesNamed int           `json:"sources_named,omitempty"`
	SourcesFound int           `json:"sources_found,omitempty"`
	Dropped      int           `json:"dropped,omitempty"` // sentences that verification took out
	Usage        *corpus.Usage `json:"usage,omitempty"`
}

// StepReport is a step of the turn, for looking into it.
type StepReport struct {
	Name       string  `json:"name"`
	DurationMS float64 `json:"duration_ms"`
	Decision   string  `json:"decision"`
}

func (cfg AnswersConfig) withDefaults() AnswersConfig {
	if cfg.Parallel <= 0 {
		cfg.Parallel = 2
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	return cfg
}

// each calls do for 0 to n-1, Parallel at a time, and reports progress. It stops
// early only when ctx ends.
func (cfg AnswersConfig) each(ctx context.Context, n int, do func(i int)) error {
	next := make(chan int)
	var (
		workers sync.WaitGroup
		mu      sync.Mutex
		done    int
	)
	for range min(cfg.Parallel, n) {
		workers.Go(func() {
			for i := range next {
				do(i)
				mu.Lock()
				done++
				if cfg.Progress != nil {
					cfg.Progress(done, n)
				}
				mu.Unlock()
			}
		})
	}
feed:
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	workers.Wait()
	return ctx.Err()
}

// RunAnswers asks every question of a set and counts. A question that fails with an
// error is a case with status error; RunAnswers itself fails only when ctx ends.
func RunAnswers(ctx context.Context, questions []Question, cfg AnswersConfig) (Answers, error) {
	cfg = cfg.withDefaults()
	cases := make([]AnswerCase, len(questions))
	if err := cfg.each(ctx, len(questions), func(i int) { cases[i], _ = runCase(ctx, questions[i], nil, cfg) }); err != nil {
		return Answers{}, fmt.Errorf("run questions: %w", err)
	}
	return Summarise(cases, cfg.Prices), nil
}

// Summarise counts cases that were asked.
func Summarise(cases []AnswerCase, prices Prices) Answers {
	out := Answers{
		Rates: rates(cases), Cases: cases, Steps: stepsOf(cases), Tags: make(map[string]Rates), Kinds: make(map[string]Rates),
		Timings: timingsOf(cases), Cost: prices.of(cases),
	}
	tags, kinds := make(map[string][]AnswerCase), make(map[string][]AnswerCase)
	for _, c := range cases {
		for _, tag := range c.Tags {
			tags[tag] = append(tags[tag], c)
		}
		if c.Kind != "" {
			kinds[c.Kind] = append(kinds[c.Kind], c)
		}
	}
	for tag, part := range tags {
		out.Tags[tag] = rates(part)
	}
	for kind, part := range kinds {
		out.Kinds[kind] = rates(part)
	}
	return out
}

// runCase asks one question; state is that of the corpus that answered.
func runCase(ctx context.Context, q Question, history []answer.Exchange, cfg AnswersConfig) (c AnswerCase, state string) {
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	c = AnswerCase{ID: q.ID, Question: q.Question, Answerable: q.Answerable, Tags: q.Tags, Kind: q.Kind}
	req := answer.Request{ID: q.ID, Question: q.Question, Lang: q.Lang, Filter: cfg.Filter, History: history}
	var (
		a   corpus.Answer
		err error
	)
	if r, ok := cfg.Answerer.(runner); ok {
		var result answer.Result
		result, err = r.Run(ctx, req, nil)
		a = result.Answer
		c.Dropped = result.Dropped
		if result.Passages != nil {
			c.sawPassages(q, result.Passages)
		}
		for _, s := range result.Steps {
			c.Steps = append(c.Steps, StepReport{s.Name, float64(s.Duration) / float64(time.Millisecond), s.Decision})
		}
	} else {
		a, err = cfg.Answerer.Answer(ctx, req, nil)
	}
	if err != nil {
		c.Status, c.Why = corpus.Error, err.Error()
		return c, ""
	}
	c.Status, c.Text, c.TotalMS, c.Usage = a.Status, a.Text, a.Timing.Total, a.Usage
	for _, cite := range a.Citations {
		c.Quotes = append(c.Quotes, cite.Quote)
	}
	judge(&c, q)
	return c, a.Corpus
}

// sawPassages notes whether the passages hold what the answer needs.
func (c *AnswerCase) sawPassages(q Question, passages []corpus.Passage) {
	var all strings.Builder
	for _, p := range passages {
		all.WriteString(p.Text)
		all.WriteByte('\n')
	}
	held := missing(q.cite, all.String()) == ""
	c.Retrieved, c.SourcesNamed = &held, len(q.Sources)
	for _, s := range q.Sources {
		if slices.ContainsFunc(passages, func(p corpus.Passage) bool {
			document := p.Document.ID == s.Document || p.Document.Title == s.Document || strings.HasPrefix(p.Document.ID, strings.TrimSuffix(s.Document, ".pdf"))
			return document && (s.Page == 0 || s.Page == p.Page)
		}) {
			c.SourcesFound++
		}
	}
}

// answered reports whether a status claims something.
func answered(s corpus.Status) bool { return s == corpus.Answered || s == corpus.Partial }

// What a case that fails lacks, or what that begins with.
const (
	WhyAnswered = "should have been declined"
	WhyDeclined = "wrongly declined"
	WhyAnswer   = "the answer lacks " // and the group
	WhyQuotes   = "the quotes lack "
)

// Right reports whether the case passes whole: the answer with its citations, or the
// decline.
func (c AnswerCase) Right() bool { return right(c) }

// judge applies the rules for passing.
func judge(c *AnswerCase, q Question) {
	if !q.Answerable {
		c.Pass = !answered(c.Status) && c.Status != corpus.Error
		if !c.Pass {
			c.Why = WhyAnswered
		}
		return
	}
	if !answered(c.Status) {
		c.Why = WhyDeclined
		return
	}
	if m := missing(q.expect, c.Text); m != "" {
		c.Why = WhyAnswer + m
	} else {
		c.Pass = true
	}
	if m := missing(q.cite, strings.Join(c.Quotes, "\n")); m == "" {
		c.Cited = true
	} else if c.Why == "" {
		c.Why = WhyQuotes + m
	}
}

func rates(cases []AnswerCase) Rates {
	var answerable, passed, replied, cited, declinedWrong, unanswerable, declined int
	for _, c := range cases {
		if !c.Answerable {
			unanswerable++
			if c.Pass {
				declined++
			}
			continue
		}
		answerable++
		if c.Pass {
			passed++
		}
		if answered(c.Status) {
			replied++
			if c.Cited {
				cited++
			}
		} else if c.Status != corpus.Error {
			declinedWrong++
		}
	}
	r := Rates{
		Questions: len(cases), Answers: share(passed, answerable), Citations: share(cited, replied),
		Declined: share(declined, unanswerable),
	}
	if answerable > 0 {
		r.WronglyDeclined = float64(declinedWrong) / float64(answerable)
	}
	return r
}
