package evaluate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Settings are what a run changes in how the service answers. The zero Settings leave it
// as it is configured.
type Settings struct {
	// Extractive leaves the language model out.
	Extractive bool `json:"extractive,omitempty"`
	// Passages is how many passages a turn reads, and Sentences the most that an answer
	// has; 0 is the default of the service.
	Passages  int `json:"passages,omitempty"`
	Sentences int `json:"sentences,omitempty"`
	// NoVectors searches by words alone, NoReranker without the reranking model.
	NoVectors  bool `json:"no_vectors,omitempty"`
	NoReranker bool `json:"no_reranker,omitempty"`
}

// Bounds of Settings.
const (
	MaxPassages  = 200
	MaxSentences = 20
)

// Check reports what is out of bounds.
func (s Settings) Check() error {
	if s.Passages < 0 || s.Passages > MaxPassages {
		return fmt.Errorf("passages: use 1 to %d, or 0 for the default", MaxPassages)
	}
	if s.Sentences < 0 || s.Sentences > MaxSentences {
		return fmt.Errorf("sentences: use 1 to %d, or 0 for the default", MaxSentences)
	}
	return nil
}

// Configuration is what answered the cases of a run.
type Configuration struct {
	Settings
	Model    string `json:"model"`              // the language model, or "extractive"
	Prompt   string `json:"prompt,omitempty"`   // version of the prompts the model was asked with
	Vectors  string `json:"vectors,omitempty"`  // what made the vectors; "" without
	Reranker string `json:"reranker,omitempty"` // "" without
	Corpus   string `json:"corpus"`             // state of the corpus when the run began
	// CorpusDate is the date of the newest document then.
	CorpusDate corpus.Date `json:"corpus_date,omitempty"`
	Program    string      `json:"program,omitempty"` // version of the program
}

// Engine gives what answers under settings. It is called once for every run.
type Engine interface {
	Configure(ctx context.Context, s Settings) (Answerer, Configuration, error)
}

// RunState is where a run stands.
type RunState string

// The states of a run.
const (
	RunWaiting   RunState = "waiting"
	RunRunning   RunState = "running"
	RunDone      RunState = "done"
	RunCancelled RunState = "cancelled"
	RunFailed    RunState = "failed"
)

// Ended reports whether nothing more will come.
func (s RunState) Ended() bool { return s == RunDone || s == RunCancelled || s == RunFailed }

// Run is a question set asked under a configuration.
type Run struct {
	ID        int64
	Set       int64
	SetName   string
	Version   int   // number of the set's version
	VersionID int64 // and its id
	Note      string
	By        string // who started it
	Settings  Settings
	Config    Configuration // zero until it began
	State     RunState
	Error     string // of a run that failed
	Done, Of  int
	Created   time.Time
	Started   time.Time
	Finished  time.Time
	Published time.Time // zero: not public
	// Summary has no cases; nil until the run is done.
	Summary *Answers
	// CorpusChanged: documents changed while it ran.
	CorpusChanged bool
}

// ErrRunLost is returned to a runner whose run was cancelled or taken over.
var ErrRunLost = errors.New("the run was stopped or is worked on elsewhere")

// Ending is how a run ended.
type Ending struct {
	State         RunState
	Error         string
	Summary       *Answers // without cases
	CorpusChanged bool
}

// RunStore keeps runs. internal/postgres implements it.
type RunStore interface {
	// Claim takes a run that waits, or one whose runner has not been heard of for its
	// lease, for a runner. False when there is none.
	Claim(ctx context.Context, runner string, lease time.Duration) (Run, bool, error)
	// Begin stores what will answer. When the run began before with something else, what
	// was asked then is forgotten.
	Begin(ctx context.Context, run int64, runner string, c Configuration) error
	// Asked are the cases of the set's version, and the results that are there already.
	Asked(ctx context.Context, run int64) ([]Case, map[string]AnswerCase, error)
	// Keep stores results and renews the lease. ErrRunLost means: stop.
	Keep(ctx context.Context, run int64, runner string, lease time.Duration, results []AnswerCase) error
	// End ends a run, or with state RunWaiting gives it back.
	End(ctx context.Context, run int64, runner string, e Ending) error
}

// RunnerConfig is what a Runner needs. Store, Engine and Name are required.
type RunnerConfig struct {
	Store  RunStore
	Engine Engine
	// Name tells runners apart: no two have the same.
	Name   string
	Prices Prices
	// Parallel is how many questions are asked at once. Default 2.
	Parallel int
	// Poll is how often the runner looks for work. Default 1 s.
	Poll time.Duration
	// Lease is how long a runner may be silent before another takes its run over.
	// Default 20 s; results are stored every twentieth of it.
	Lease  time.Duration
	Logger *slog.Logger
}

// Runner works on runs, one at a time.
type Runner struct{ cfg RunnerConfig }

// NewRunner returns a Runner with the defaults filled in.
func NewRunner(cfg RunnerConfig) *Runner {
	if cfg.Poll <= 0 {
		cfg.Poll = time.Second
	}
	if cfg.Lease <= 0 {
		cfg.Lease = 20 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Runner{cfg}
}

// storeTimeout bounds every call of the store.
const storeTimeout = 30 * time.Second

// Work works on runs until ctx ends. A run that is cut off by that is given back and goes
// on where it was; what goes wrong is logged, and ends the run when it is the run's own.
func (r *Runner) Work(ctx context.Context) {
	tick := time.NewTicker(r.cfg.Poll)
	defer tick.Stop()
	for {
		for ctx.Err() == nil && r.one(ctx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// one works on a run when there is one.
func (r *Runner) one(ctx context.Context) bool {
	run, ok, err := r.claim(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.cfg.Logger.WarnContext(ctx, "looking for runs failed; trying again", "error", err)
		}
		return false
	}
	if !ok {
		return false
	}
	r.cfg.Logger.InfoContext(ctx, "a question set is asked", "run", run.ID, "set", run.SetName, "version", run.Version, "cases", run.Of)
	ending, err := r.ask(ctx, run)
	switch {
	case errors.Is(err, ErrRunLost):
		r.cfg.Logger.InfoContext(ctx, "the run was stopped", "run", run.ID)
		return true
	case err != nil && ctx.Err() != nil:
		ending = Ending{State: RunWaiting} // it goes on after the next start
	case err != nil:
		r.cfg.Logger.ErrorContext(ctx, "the run failed", "run", run.ID, "error", err)
		ending = Ending{State: RunFailed, Error: err.Error()}
	}
	bounded, stop := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer stop()
	if err := r.cfg.Store.End(bounded, run.ID, r.cfg.Name, ending); err != nil && !errors.Is(err, ErrRunLost) {
		// The lease runs out, and the run goes on from what was stored.
		r.cfg.Logger.ErrorContext(ctx, "the end of the run could not be stored", "run", run.ID, "error", err)
		return false
	}
	return true
}

func (r *Runner) claim(ctx context.Context) (Run, bool, error) {
	bounded, stop := context.WithTimeout(ctx, storeTimeout)
	defer stop()
	return r.cfg.Store.Claim(bounded, r.cfg.Name, r.cfg.Lease)
}

// ask asks what was not asked yet, and stores results as they come.
func (r *Runner) ask(ctx context.Context, run Run) (Ending, error) {
	answerer, config, err := r.cfg.Engine.Configure(ctx, run.Settings)
	if err != nil {
		return Ending{}, err
	}
	if err := r.cfg.Store.Begin(ctx, run.ID, r.cfg.Name, config); err != nil {
		return Ending{}, err
	}
	cases, results, err := r.cfg.Store.Asked(ctx, run.ID)
	if err != nil {
		return Ending{}, err
	}
	var open []Question
	for _, c := range cases {
		if _, done := results[c.ID]; done {
			continue
		}
		if err := c.Check(); err != nil {
			return Ending{}, fmt.Errorf("case %q: %w", c.ID, err)
		}
		open = append(open, c.Question)
	}
	asking, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	k := &keeper{runner: r, run: run.ID, lost: lost}
	keeping, done := context.WithCancel(asking)
	var wg sync.WaitGroup
	wg.Go(func() { k.work(keeping) })
	cfg := AnswersConfig{Answerer: answerer, Parallel: r.cfg.Parallel}.withDefaults()
	changed := false
	var mu sync.Mutex
	err = cfg.each(asking, len(open), func(i int) {
		c, state := runCase(asking, open[i], nil, cfg)
		if asking.Err() != nil {
			return // cut off: asked again
		}
		mu.Lock()
		results[c.ID] = c
		changed = changed || state != "" && state != config.Corpus
		mu.Unlock()
		k.add(c)
	})
	done()
	wg.Wait()
	if err != nil {
		if cause := context.Cause(asking); cause != nil {
			err = cause
		}
	}
	// What was asked is kept, also when the run is given back.
	rest, stop := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer stop()
	if kept := k.keep(rest); err == nil {
		err = kept
	}
	if err != nil {
		return Ending{}, fmt.Errorf("run %d: %w", run.ID, err)
	}
	all := make([]AnswerCase, 0, len(cases))
	for _, c := range cases {
		all = append(all, results[c.ID])
	}
	summary := Summarise(all, r.cfg.Prices)
	summary.Cases, summary.Configuration = nil, &config
	return Ending{State: RunDone, Summary: &summary, CorpusChanged: changed}, nil
}

// keeper stores results now and then, which also says that the runner is alive.
type keeper struct {
	runner *Runner
	run    int64
	lost   context.CancelCauseFunc

	mu      sync.Mutex
	results []AnswerCase
	storing sync.Mutex
}

func (k *keeper) add(c AnswerCase) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.results = append(k.results, c)
}

// work stores until ctx ends. When the database is away for longer than the lease,
// another runner may have the run: Keep says so once it is back.
func (k *keeper) work(ctx context.Context) {
	tick := time.NewTicker(k.runner.cfg.Lease / 20)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := k.keep(ctx); errors.Is(err, ErrRunLost) {
			k.lost(err)
			return
		} else if err != nil && ctx.Err() == nil {
			k.runner.cfg.Logger.WarnContext(ctx, "results could not be stored; trying again", "run", k.run, "error", err)
		}
	}
}

// keep stores what there is; what could not be stored stays for the next time.
func (k *keeper) keep(ctx context.Context) error {
	k.storing.Lock()
	defer k.storing.Unlock()
	k.mu.Lock()
	results := k.results
	k.results = nil
	k.mu.Unlock()
	bounded, stop := context.WithTimeout(ctx, storeTimeout)
	defer stop()
	err := k.runner.cfg.Store.Keep(bounded, k.run, k.runner.cfg.Name, k.runner.cfg.Lease, results)
	if err != nil {
		k.mu.Lock()
		k.results = append(results, k.results...)
		k.mu.Unlock()
	}
	return err
}

// Published is what the public may know of the last run that staff made public: the
// figures, and how they were measured.
type Published struct {
	Run       int64     `json:"run"`
	Set       string    `json:"set"`     // name of the question set
	Version   int       `json:"version"` // of that set
	Measured  time.Time `json:"measured"`
	Published time.Time `json:"published"`
	// Config is what answered: model, prompt, corpus and its date.
	Config Configuration `json:"configuration"`
	// Questions counts the cases; Answerable are those that the documents answer.
	Questions  int `json:"questions"`
	Answerable int `json:"answerable"`
	// Rates are the figures, in the order in which they are shown; those over no cases
	// are left out.
	Rates   []PublishedRate `json:"rates"`
	Timings []StepTiming    `json:"timings,omitempty"` // "total" last
}

// PublishedRate is one figure with its uncertainty.
type PublishedRate struct {
	Metric Metric  `json:"metric"`
	Hits   int     `json:"hits"`
	Of     int     `json:"of"`
	Rate   float64 `json:"rate"` // Hits/Of
	// Interval is the interval of Wilson, with a confidence of 95%.
	Interval Interval `json:"interval"`
}

// PublicRates are the figures of cases with their intervals.
func PublicRates(cases []AnswerCase) []PublishedRate {
	var out []PublishedRate
	for _, m := range Metrics() {
		hits, of := m.count(cases)
		if of == 0 {
			continue
		}
		out = append(out, PublishedRate{Metric: m, Hits: hits, Of: of, Rate: float64(hits) / float64(of), Interval: Wilson(hits, of, 0.95)})
	}
	return out
}

// Publication is what the public may know of a run.
func Publication(run Run, cases []AnswerCase) Published {
	p := Published{
		Run: run.ID, Set: run.SetName, Version: run.Version, Measured: run.Finished, Published: run.Published,
		Config: run.Config, Questions: len(cases), Rates: PublicRates(cases),
	}
	for _, c := range cases {
		if c.Answerable {
			p.Answerable++
		}
	}
	if run.Summary != nil {
		p.Timings = run.Summary.Timings
	}
	return p
}
