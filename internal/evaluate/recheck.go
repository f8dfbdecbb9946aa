package evaluate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Outcome is what checking a sentence again came to.
type Outcome string

// The outcomes of a sentence, from the best to the worst; an answer has the worst of
// its sentences. OutcomeFailed is of whole answers: the checker could not be reached.
const (
	OutcomeSupported     Outcome = "supported"
	OutcomeUnclear       Outcome = "unclear"        // the judge gave no judgement
	OutcomeUnsupported   Outcome = "unsupported"    // the cited words do not say it
	OutcomeWrongCitation Outcome = "wrong_citation" // what it cites is not on that page, is another subject, or is nothing
	OutcomeFailed        Outcome = "failed"
)

// outcomes are those a sentence may have, from the best to the worst.
var outcomes = []Outcome{OutcomeSupported, OutcomeUnclear, OutcomeUnsupported, OutcomeWrongCitation}

// Checker names what checks an answer again.
type Checker string

// The checkers.
const (
	CheckerVerifier Checker = "verifier" // the code that every sentence passed before it was shown
	CheckerJudge    Checker = "judge"    // a language model
)

// CheckedSentence is the outcome of one sentence of an answer.
type CheckedSentence struct {
	Index   int             `json:"index"` // in Answer.Sentences, from 0
	Outcome Outcome         `json:"outcome"`
	Reasons []answer.Reason `json:"reasons,omitempty"`
}

// Worst is the outcome of an answer with these sentences; OutcomeSupported for none.
func Worst(sentences []CheckedSentence) Outcome {
	worst := 0
	for _, s := range sentences {
		worst = max(worst, slices.Index(outcomes, s.Outcome))
	}
	return outcomes[worst]
}

// CitedPlace is what is stored where a citation points now.
type CitedPlace struct {
	Found   bool   // there is such a page
	Text    string // the page's text between the citation's offsets
	Heading []string
	Section corpus.SectionKind
}

// The reasons that a recheck adds to those of the verifier.
const (
	checkCitation answer.Check = "citation" // what is cited, whatever the sentence says
	checkFrame    answer.Check = "frame"    // the words around a quotation in an answer
	checkJudge    answer.Check = "judge"    // what a language model found
)

// Recheck holds every sentence of a stored answer against the stored pages, as
// answer.VerifyIn did before it was shown. places are those of the citations of a, in
// their order. A sentence fails when its quote is not what the page holds now, and when
// the quote does not say it.
func Recheck(a *corpus.Answer, places []CitedPlace) []CheckedSentence {
	checked := make([]CheckedSentence, 0, len(a.Sentences))
	for i, s := range a.Sentences {
		c := CheckedSentence{Index: i, Outcome: OutcomeSupported}
		cited, reasons := grounds(a, s, places)
		if len(reasons) > 0 {
			c.Outcome, c.Reasons = OutcomeWrongCitation, reasons
			checked = append(checked, c)
			continue
		}
		if reasons := supported(a, i, cited, places); len(reasons) > 0 {
			c.Outcome, c.Reasons = OutcomeUnsupported, reasons
		}
		checked = append(checked, c)
	}
	return checked
}

// grounds are the places in a.Citations that a sentence cites, or why they do not hold.
func grounds(a *corpus.Answer, s corpus.Sentence, places []CitedPlace) (cited []int, reasons []answer.Reason) {
	wrong := func(format string, args ...any) {
		reasons = append(reasons, answer.Reason{Check: checkCitation, Detail: fmt.Sprintf(format, args...)})
	}
	for _, n := range s.Citations {
		at := slices.IndexFunc(a.Citations, func(c corpus.Citation) bool { return c.N == n })
		switch {
		case at < 0 || at >= len(places):
			wrong("[%d] is not among the citations", n)
		case !places[at].Found:
			wrong("[%d]: there is no such page", n)
		case a.Citations[at].Quote == "" || places[at].Text != a.Citations[at].Quote:
			wrong("[%d]: the page does not hold the quote at its place", n)
		default:
			cited = append(cited, at)
		}
	}
	if len(s.Citations) == 0 {
		wrong("it cites nothing")
	}
	return cited, reasons
}

// supported is why sentence i is not what its quotes say; nil when it is.
func supported(a *corpus.Answer, i int, cited []int, places []CitedPlace) []answer.Reason {
	first := a.Citations[cited[0]]
	in := answer.Context{Title: first.Document.Title, Heading: places[cited[0]].Heading, Section: places[cited[0]].Section}
	if in.Heading == nil && first.Heading != "" {
		in.Heading = []string{first.Heading}
	}
	quotes := make([]string, len(cited))
	for k, at := range cited {
		quotes[k] = places[at].Text
		if places[at].Section == corpus.SectionMinority {
			in.Section = corpus.SectionMinority
		}
	}
	quote := strings.Join(quotes, "\n")
	said, wrong := unframed(a, i, first)
	if wrong != "" {
		return []answer.Reason{{Check: checkFrame, Detail: wrong}}
	}
	if oneLine(said) == oneLine(quote) && in.Section != corpus.SectionMinority {
		return nil
	}
	v := answer.VerifyIn(said, quote, in)
	if !v.OK && len(v.Reasons) == 0 {
		return []answer.Reason{{Check: answer.CheckSupport, Detail: "the quote does not say it"}}
	}
	return v.Reasons
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// How answers say a Dutch sentence to whoever asked in English, and what stands before
// a sentence of one side of a comparison.
var (
	quotedIn   = regexp.MustCompile(`(?s)^According to “(.*)” \(p\. ([^,]*), in Dutch\): “(.*)”$`)
	quotedAlso = regexp.MustCompile(`(?s)^It also says: “(.*)”$`)
	labelled   = regexp.MustCompile(`(?s)^(?:Advies )?(\d{4}|\d{1,4}/\d{1,2}): (.*)$`)
)

// unframed is what sentence i says without the words that an answer puts around it, or
// why those words are wrong.
func unframed(a *corpus.Answer, i int, c corpus.Citation) (said, wrong string) {
	said = a.Sentences[i].Text
	if m := labelled.FindStringSubmatch(said); m != nil {
		// A label is of what was asked: a year or publication that both sides have.
		if !strings.Contains(a.Question, m[1]) && c.Document.Number != m[1] && !strings.HasPrefix(string(c.Document.Date), m[1]) {
			return "", fmt.Sprintf("%q is neither asked about nor of the document", m[1])
		}
		said = m[2]
	}
	page := c.PageLabel
	if page == "" {
		page = fmt.Sprint(c.Page)
	}
	if m := quotedIn.FindStringSubmatch(said); m != nil {
		switch {
		case m[1] != c.Document.Title:
			return "", "it names another title than that of the document it cites"
		case m[2] != page:
			return "", fmt.Sprintf("it names page %s and cites page %s", m[2], page)
		}
		return m[3], ""
	}
	if m := quotedAlso.FindStringSubmatch(said); m != nil {
		return m[1], ""
	}
	return said, ""
}

// Opinion is what a judge thinks of a sentence.
type Opinion struct {
	Outcome Outcome
	Why     string // at most a sentence; may be empty
}

// Judge is a language model that says whether quotes support a sentence.
type Judge interface {
	// Judge returns within a deadline of its own. An error is of the call; a judge that
	// answers something else than a judgement gives OutcomeUnclear.
	Judge(ctx context.Context, sentence string, quotes []string) (Opinion, error)
	// Version names model and prompt.
	Version() string
}

// RecheckTask is an answer to check again.
type RecheckTask struct {
	Turn    string
	Checker Checker
	Attempt int // counts from 1
	Answer  corpus.Answer
}

// RecheckStore keeps the sample and what came of it.
type RecheckStore interface {
	// SampleRechecks puts a share, 0 to 1, of the answers of the last day into the queue
	// of a checker, at most while fewer than limit wait; the same answers whoever asks
	// and however often. It returns how many are new.
	SampleRechecks(ctx context.Context, c Checker, share float64, limit int) (int, error)
	// TakeRechecks hands out waiting answers, each to one taker for as long as hold, and
	// no more than perHour over all takers in a clock hour.
	TakeRechecks(ctx context.Context, c Checker, limit, perHour int, hold time.Duration) ([]RecheckTask, error)
	// FinishRecheck stores the result and counts it, once: of a task that was handed out
	// again, or whose turn is gone, it does nothing and reports false.
	FinishRecheck(ctx context.Context, task RecheckTask, version string, outcome Outcome, sentences []CheckedSentence) (bool, error)
	// DelayRecheck lets a task be taken again after a while.
	DelayRecheck(ctx context.Context, task RecheckTask, wait time.Duration) error
	// Cited is what stands where citations point, in their order.
	Cited(ctx context.Context, citations []corpus.Citation) ([]CitedPlace, error)
}

// RecheckConfig is what a Rechecker needs. Store is required.
type RecheckConfig struct {
	Store   RecheckStore
	Judge   Judge // nil: the verifier alone checks
	Version string
	Share   float64 // of the answers, 0 to 1; 0 checks none
	// PerHour and JudgePerHour bound the answers checked in a clock hour by all servers
	// together. Default 600 and 60.
	PerHour, JudgePerHour int
	Every                 time.Duration // between two looks for answers; default 15 s
	Logger                *slog.Logger  // default: discards
}

const (
	recheckBatch   = 20
	recheckHold    = 10 * time.Minute
	recheckTries   = 5
	recheckTimeout = 30 * time.Second // of each call of the store
	recheckWaiting = 10_000           // answers of a checker that wait at most
	recheckBackoff = time.Minute      // after a failed call, times the attempts
)

// Rechecker checks a sample of the answers again, in the background.
type Rechecker struct {
	cfg      RecheckConfig
	log      *slog.Logger
	answers  map[Checker]map[Outcome]*atomic.Int64
	failures map[Checker]*atomic.Int64
}

// NewRechecker returns a Rechecker with the defaults of its config filled in.
func NewRechecker(cfg RecheckConfig) *Rechecker {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.PerHour <= 0 {
		cfg.PerHour = 600
	}
	if cfg.JudgePerHour <= 0 {
		cfg.JudgePerHour = 60
	}
	if cfg.Every <= 0 {
		cfg.Every = 15 * time.Second
	}
	r := &Rechecker{cfg: cfg, log: cfg.Logger, answers: make(map[Checker]map[Outcome]*atomic.Int64), failures: make(map[Checker]*atomic.Int64)}
	for _, c := range r.checkers() {
		r.failures[c] = new(atomic.Int64)
		r.answers[c] = make(map[Outcome]*atomic.Int64)
		for _, o := range append(slices.Clone(outcomes), OutcomeFailed) {
			r.answers[c][o] = new(atomic.Int64)
		}
	}
	return r
}

func (r *Rechecker) checkers() []Checker {
	if r.cfg.Judge == nil {
		return []Checker{CheckerVerifier}
	}
	return []Checker{CheckerVerifier, CheckerJudge}
}

// Checked is how many answers this process checked with an outcome since it started.
func (r *Rechecker) Checked(c Checker, o Outcome) int64 {
	if n, ok := r.answers[c][o]; ok {
		return n.Load()
	}
	return 0
}

// Failures is how many attempts of a checker failed since the start.
func (r *Rechecker) Failures(c Checker) int64 {
	if n, ok := r.failures[c]; ok {
		return n.Load()
	}
	return 0
}

// Run checks answers until ctx ends, the checkers beside each other and each one
// answer at a time, so that visitors keep the processors.
func (r *Rechecker) Run(ctx context.Context) {
	if r.cfg.Share <= 0 {
		return
	}
	done := make(chan struct{})
	for _, c := range r.checkers() {
		go func() {
			defer func() { done <- struct{}{} }()
			ticker := time.NewTicker(r.cfg.Every)
			defer ticker.Stop()
			for {
				if err := r.Once(ctx, c); err != nil && ctx.Err() == nil {
					r.log.WarnContext(ctx, "checking answers again failed", "checker", c, "error", err)
				}
				select {
				case <-ticker.C:
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	for range r.checkers() {
		<-done
	}
}

// Once samples and checks until nothing waits or the hour's limit is reached.
func (r *Rechecker) Once(ctx context.Context, c Checker) error {
	if err := r.sample(ctx, c); err != nil {
		return err
	}
	limit := r.cfg.PerHour
	if c == CheckerJudge {
		limit = r.cfg.JudgePerHour
	}
	for {
		tasks, err := r.take(ctx, c, limit)
		if err != nil || len(tasks) == 0 {
			return err
		}
		for _, task := range tasks {
			if err := r.check(ctx, task); err != nil {
				return err
			}
		}
	}
}

func (r *Rechecker) sample(ctx context.Context, c Checker) error {
	ctx, cancel := context.WithTimeout(ctx, recheckTimeout)
	defer cancel()
	_, err := r.cfg.Store.SampleRechecks(ctx, c, r.cfg.Share, recheckWaiting)
	return err
}

func (r *Rechecker) take(ctx context.Context, c Checker, perHour int) ([]RecheckTask, error) {
	ctx, cancel := context.WithTimeout(ctx, recheckTimeout)
	defer cancel()
	batch := recheckBatch
	if c == CheckerJudge {
		batch = 1 // a model takes its time: what is held is worked on
	}
	return r.cfg.Store.TakeRechecks(ctx, c, batch, perHour, recheckHold)
}

// check checks one answer. Only an error of the store is returned.
func (r *Rechecker) check(ctx context.Context, task RecheckTask) error {
	reading, cancel := context.WithTimeout(ctx, recheckTimeout)
	places, err := r.cfg.Store.Cited(reading, task.Answer.Citations)
	cancel()
	if err != nil {
		return err
	}
	version, outcome := r.cfg.Version, OutcomeFailed
	var sentences []CheckedSentence
	switch task.Checker {
	case CheckerJudge:
		version = r.cfg.Judge.Version()
		sentences, err = r.judge(ctx, &task.Answer, places)
	default:
		sentences = Recheck(&task.Answer, places)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	storing, cancel := context.WithTimeout(ctx, recheckTimeout)
	defer cancel()
	if err != nil {
		r.failures[task.Checker].Add(1)
		r.log.WarnContext(ctx, "an answer could not be checked again", "checker", task.Checker, "turn", task.Turn, "attempt", task.Attempt, "error", err)
		if task.Attempt < recheckTries {
			return r.cfg.Store.DelayRecheck(storing, task, time.Duration(task.Attempt)*recheckBackoff)
		}
		sentences = nil
	} else {
		outcome = Worst(sentences)
	}
	stored, err := r.cfg.Store.FinishRecheck(storing, task, version, outcome, sentences)
	if err != nil {
		return err
	}
	if stored {
		r.answers[task.Checker][outcome].Add(1)
		if outcome == OutcomeUnsupported || outcome == OutcomeWrongCitation {
			r.log.WarnContext(ctx, "an answer did not pass when it was checked again", "checker", task.Checker, "turn", task.Turn, "outcome", outcome)
		}
	}
	return nil
}

// judge asks the model about every sentence whose citations hold.
func (r *Rechecker) judge(ctx context.Context, a *corpus.Answer, places []CitedPlace) ([]CheckedSentence, error) {
	checked := make([]CheckedSentence, 0, len(a.Sentences))
	for i, s := range a.Sentences {
		c := CheckedSentence{Index: i}
		cited, reasons := grounds(a, s, places)
		if len(reasons) > 0 {
			c.Outcome, c.Reasons = OutcomeWrongCitation, reasons
			checked = append(checked, c)
			continue
		}
		quotes := make([]string, len(cited))
		for k, at := range cited {
			quotes[k] = places[at].Text
		}
		said, wrong := unframed(a, i, a.Citations[cited[0]])
		if wrong != "" {
			c.Outcome, c.Reasons = OutcomeUnsupported, []answer.Reason{{Check: checkFrame, Detail: wrong}}
			checked = append(checked, c)
			continue
		}
		o, err := r.cfg.Judge.Judge(ctx, said, quotes)
		if err != nil {
			return nil, fmt.Errorf("judge sentence %d: %w", i+1, err)
		}
		if !slices.Contains(outcomes, o.Outcome) {
			return nil, errors.New("judge: unknown outcome " + string(o.Outcome))
		}
		c.Outcome = o.Outcome
		if o.Outcome != OutcomeSupported {
			c.Reasons = []answer.Reason{{Check: checkJudge, Detail: o.Why}}
		}
		checked = append(checked, c)
	}
	return checked, nil
}
