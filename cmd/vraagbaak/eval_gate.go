package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"

	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// RunSettings are what a measurement changes in how questions are answered.
type RunSettings struct {
	Extractive bool `help:"Leave the language model out."`
	Passages   int  `help:"Passages that a turn reads; 0 is the default." default:"0" placeholder:"N"`
	Sentences  int  `help:"Most sentences of an answer; 0 is the default." default:"0" placeholder:"N"`
	Vectors    bool `help:"Search by meaning too." default:"true" negatable:""`
	Reranker   bool `help:"Use the reranking model when there is one." default:"true" negatable:""`
}

func (s RunSettings) settings() (evaluate.Settings, error) {
	out := evaluate.Settings{Extractive: s.Extractive, Passages: s.Passages, Sentences: s.Sentences, NoVectors: !s.Vectors, NoReranker: !s.Reranker}
	if err := out.Check(); err != nil {
		return out, usagef("%v", err)
	}
	return out, nil
}

// Configured is everything that an answer depends on but the documents.
type Configured struct {
	AnswerSettings
	RunSettings
}

// with is the configuration with other flags, given as on a command line, and settings of
// an environment file. What neither says stays as it is.
func (c Configured) with(flags, envFile string) (Configured, error) {
	given := make(map[string]string)
	if envFile != "" {
		content, err := os.ReadFile(envFile) // #nosec G304 -- the user names the file
		if err != nil {
			return c, usagef("--against-env: %v", err)
		}
		for n, line := range strings.Split(string(content), "\n") {
			line = strings.TrimPrefix(strings.TrimSpace(line), "export ")
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			name, value, ok := strings.Cut(line, "=")
			if !ok {
				return c, usagef("%s, line %d: write NAME=value", envFile, n+1)
			}
			given[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	args, err := words(flags)
	if err != nil {
		return c, usagef("--against: %v", err)
	}
	known := make(map[string]bool)
	var before, other struct{ Configured }
	before.Configured = c
	now, err := kong.New(&before, kong.Name("--against"))
	if err != nil {
		return c, err
	}
	present := make(map[string]any)
	for _, flag := range now.Model.Flags {
		if flag.Target.IsValid() && flag.Target.CanInterface() {
			present[flag.Name] = flag.Target.Interface()
		}
		for _, name := range flag.Envs {
			known[name] = true
		}
	}
	for name := range given {
		if !known[name] {
			return c, usagef("%s: no setting of answers is called %s", envFile, name)
		}
	}
	parser, err := kong.New(&other, kong.Name("--against"), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard),
		kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
			for _, name := range flag.Envs {
				if value, ok := given[name]; ok {
					return value, nil
				}
			}
			switch value := present[flag.Name].(type) {
			case nil:
				return nil, nil
			case time.Duration:
				return value.String(), nil
			default:
				return fmt.Sprint(value), nil
			}
		})))
	if err != nil {
		return c, err
	}
	if _, err := parser.Parse(args); err != nil {
		return c, usagef("%v", err)
	}
	return other.Configured, nil
}

// words divides a line at its spaces, but for those between quotation marks.
func words(line string) ([]string, error) {
	var out []string
	var word strings.Builder
	inside, mark := false, rune(0)
	for _, r := range line {
		switch {
		case mark != 0 && r == mark:
			mark = 0
		case mark != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			mark, inside = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if inside {
				out = append(out, word.String())
				word.Reset()
				inside = false
			}
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	if mark != 0 {
		return nil, fmt.Errorf("a quotation mark %c is not closed", mark)
	}
	if inside {
		out = append(out, word.String())
	}
	return out, nil
}

// sameEngine reports whether two configurations can share one engine: they differ in
// what a run sets at most.
func (c Configured) sameEngine(other Configured) bool {
	return reflect.DeepEqual(c.AnswerSettings, other.AnswerSettings)
}

// configure gives what answers under a configuration, on an engine of its own when that
// of x will not do. done ends what was opened.
func (e *env) configure(ctx context.Context, x measured, c Configured) (answerer evaluate.Answerer, config evaluate.Configuration, done func(), err error) {
	done = func() {}
	if !(Configured{AnswerSettings: x.settings}).sameEngine(c) {
		beside := *e
		beside.DatabaseURL = x.db.url
		another, err := beside.filled(ctx, c.AnswerSettings, 8)
		if err != nil {
			return nil, config, done, err
		}
		x, done = measured{another, c.AnswerSettings}, func() { another.close(e) }
	}
	s, err := c.settings()
	if err != nil {
		return nil, config, done, err
	}
	answerer, config, err = x.Configure(ctx, s)
	return answerer, config, done, err
}

// readSet reads a question set: a file, or "set:NAME" or "set:NAME@VERSION" of the
// database.
func (e *env) readSet(ctx context.Context, name string) ([]evaluate.Question, error) {
	of, ok := strings.CutPrefix(name, "set:")
	if !ok {
		return readFile(name, evaluate.ReadQuestions)
	}
	var cases []evaluate.Case
	if err := e.withSets(ctx, func(sets *postgres.Sets) error {
		_, version, err := findVersion(ctx, sets, of)
		if err == nil {
			cases, err = sets.Cases(ctx, version.ID)
		}
		return err
	}); err != nil {
		return nil, err
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("%s has no questions", name)
	}
	for i := range cases {
		if err := cases[i].Check(); err != nil {
			return nil, fmt.Errorf("%s, %s: %w", name, cases[i].ID, err)
		}
	}
	return evaluate.Questions(cases), nil
}

// withSets opens the question sets of the database for a moment.
func (e *env) withSets(ctx context.Context, do func(*postgres.Sets) error) error {
	db, err := e.connect(ctx, 4)
	if err != nil {
		return err
	}
	defer db.Close(e.log)
	return do(postgres.NewSets(db.DB))
}

// findVersion finds NAME or NAME@VERSION.
func findVersion(ctx context.Context, sets *postgres.Sets, name string) (evaluate.Set, evaluate.SetVersion, error) {
	number := 0
	if at := strings.LastIndexByte(name, '@'); at > 0 {
		n, err := strconv.Atoi(name[at+1:])
		if err == nil {
			name, number = name[:at], n
		}
	}
	set, err := sets.Named(ctx, name)
	if err != nil {
		return set, evaluate.SetVersion{}, fmt.Errorf("the question set %q is not there: see vraagbaak eval sets list", name)
	}
	version := set.Newest()
	if number != 0 {
		var ok bool
		if version, ok = set.Version(number); !ok {
			return set, version, fmt.Errorf("the question set %q has no version %d: the newest is %d", name, number, set.Newest().Number)
		}
	}
	return set, version, nil
}

type evalGateCommand struct {
	AskedSettings
	Set      string             `arg:"" optional:"" help:"Question set to ask now: a file, or set:NAME or set:NAME@VERSION of the database."`
	Result   string             `help:"Result to judge instead of asking now: a file of eval answers --json, or run:N." placeholder:"RESULT"`
	Baseline string             `help:"What it is held against: a file, run:N, or published for the last figures that staff made public." required:"" placeholder:"RESULT"`
	Level    float64            `help:"Chance of a false alarm that is accepted, over all figures together." default:"0.05" placeholder:"P"`
	Floor    map[string]float64 `help:"What a figure must reach: right, answers, citations or declined; for wrongly_declined, what it must not pass." placeholder:"FIGURE=SHARE"`
	Save     string             `help:"Keep the result that was asked now in this file, as a later baseline." type:"path" placeholder:"FILE"`
}

// Help is the command's example.
func (*evalGateCommand) Help() string {
	return "Fails (exit 1) when a figure fell by more than chance (McNemar's exact test over the cases, one-sided, adjusted by Holm for all figures), or is below its floor.\n\n" +
		"Example:\n\n  vraagbaak eval answers --json ingest/demo/questions.jsonl > baseline.json\n" +
		"  vraagbaak eval gate --baseline baseline.json --floor answers=0.95 --floor wrongly_declined=0.03 ingest/demo/questions.jsonl\n" +
		"  vraagbaak eval gate --baseline published --result run:14"
}

func (c *evalGateCommand) Run(ctx context.Context, e *env) error {
	if (c.Set == "") == (c.Result == "") {
		return usagef("name a question set to ask now, or a result with --result, and not both")
	}
	if c.Level <= 0 || c.Level > 0.5 {
		return usagef("--level %g: use more than 0 and at most 0.5", c.Level)
	}
	floors, err := evaluate.ParseFloors(c.Floor)
	if err != nil {
		return usagef("--floor: %v", err)
	}
	baseline, err := e.readResult(ctx, c.Baseline)
	if err != nil {
		return err
	}
	var result evaluate.Answers
	if c.Result != "" {
		result, err = e.readResult(ctx, c.Result)
	} else {
		result, err = c.askNow(ctx, e)
	}
	if err != nil {
		return err
	}
	gate, err := evaluate.HoldAgainst(baseline, result, evaluate.GateOptions{Level: c.Level, Floors: floors, Seed: 1})
	if err != nil {
		return err
	}
	if c.JSON {
		err = e.printJSON(gate)
	} else {
		err = e.printGate(gate)
	}
	if err == nil && !gate.Pass {
		err = errReported
	}
	return err
}

func (c *evalGateCommand) askNow(ctx context.Context, e *env) (evaluate.Answers, error) {
	questions, err := e.readSet(ctx, c.Set)
	if err != nil {
		return evaluate.Answers{}, err
	}
	result, err := c.ask(ctx, e, len(questions), func(cfg evaluate.AnswersConfig) (evaluate.Answers, error) {
		return evaluate.RunAnswers(ctx, questions, cfg)
	})
	if err != nil || c.Save == "" {
		return result, err
	}
	f, err := os.Create(c.Save)
	if err != nil {
		return result, fmt.Errorf("keep the result: %w", err)
	}
	beside := *e
	beside.out = f
	return result, errors.Join(beside.printJSON(result), f.Close())
}

// readResult reads a file of eval answers --json, a run of the database, or the run that
// was made public last.
func (e *env) readResult(ctx context.Context, name string) (evaluate.Answers, error) {
	number, isRun := strings.CutPrefix(name, "run:")
	if !isRun && name != "published" {
		return readFile(name, evaluate.ReadAnswers)
	}
	db, err := e.connect(ctx, 4)
	if err != nil {
		return evaluate.Answers{}, err
	}
	defer db.Close(e.log)
	runs := postgres.NewRuns(db.DB)
	id, err := strconv.ParseInt(number, 10, 64)
	if !isRun {
		public, ok, err := runs.LatestPublished(ctx)
		if err != nil {
			return evaluate.Answers{}, err
		}
		if !ok {
			return evaluate.Answers{}, errors.New("no figures are public yet: make a run public on its page, or name a file or run:N")
		}
		id = public.Run
	} else if err != nil {
		return evaluate.Answers{}, usagef("%s: write run: and the number of a run", name)
	}
	run, err := runs.Run(ctx, id)
	if err != nil {
		return evaluate.Answers{}, err
	}
	if run.State != evaluate.RunDone {
		return evaluate.Answers{}, fmt.Errorf("run %d is %s: only a run that is done can be compared", id, run.State)
	}
	results, err := runs.Results(ctx, id)
	if err != nil {
		return evaluate.Answers{}, err
	}
	return evaluate.Summarise(results, evaluate.Prices{}), nil
}

// printGate says what was held against what, and how it came out.
func (e *env) printGate(g evaluate.Gate) error {
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush reports errors
	line("FIGURE\tBASELINE\tNOW\tDIFFERENCE (95%%)\tMENDED\tBROKEN\tP\t")
	for _, c := range g.Checks {
		verdict := "ok"
		if c.Fall {
			verdict = "FALL"
		}
		line("%s\t%.1f%%\t%.1f%%\t%s\t%d\t%d\t%.4f\t%s", c.Metric, 100*c.Before, 100*c.After, interval(c.MetricChange), c.Mended, c.Broken, c.Adjusted, verdict)
	}
	for _, f := range g.Floors {
		verdict, rule := "ok", "at least"
		if f.Metric.LessIsBetter() {
			rule = "at most"
		}
		if !f.Pass {
			verdict = "BELOW ITS FLOOR"
			if f.Metric.LessIsBetter() {
				verdict = "ABOVE ITS CEILING"
			}
		}
		line("%s\t%s %.1f%%\t%.1f%%\t\t\t\t\t%s", f.Metric, rule, 100*f.Floor, 100*f.Rate, verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, d := range g.Broken {
		e.printf("  - %s  %s\n      was: %s\n      is:  %s\n", d.ID, d.Question, shorten(d.Was, 200), shorten(cmp.Or(d.Is, d.WhyIs), 200))
	}
	if n := len(g.Unmatched); n > 0 {
		e.printf("%d cases were left out: only one has them, or their question differs\n", n)
	}
	if g.Pass {
		e.printf("passed: over %d cases no figure fell by more than chance (level %g)\n", g.Matched, g.Level)
	} else {
		e.printf("FAILED over %d cases (level %g)\n", g.Matched, g.Level)
	}
	return nil
}

// interval is a difference with its bounds, in points.
func interval(c evaluate.MetricChange) string {
	return fmt.Sprintf("%+.1f (%+.1f to %+.1f)", 100*c.Difference, 100*c.Interval.Low, 100*c.Interval.High)
}

// printComparison shows two results beside each other.
func (e *env) printComparison(c evaluate.Comparison) {
	e.printf("\ncompared: both right %d, neither %d, now right %d, now wrong %d, otherwise said %d (McNemar's exact test: p = %.4f)\n",
		c.Both, c.Neither, len(c.Better), len(c.Worse), len(c.Changed), c.Chance)
	for _, m := range c.Metrics {
		e.printf("  %-17s%6.1f%% → %5.1f%%  %s\n", m.Metric, 100*m.Before, 100*m.After, interval(m))
	}
	for _, d := range c.Better {
		e.printf("  + %s  %s\n      %s\n", d.ID, d.Question, marked(d.Text()))
	}
	for _, d := range c.Worse {
		e.printf("  - %s  %s\n      %s\n", d.ID, d.Question, marked(d.Text()))
	}
	if n := len(c.Unmatched); n > 0 {
		e.printf("  %d cases were left out: only one has them, or their question differs\n", n)
	}
}

// marked is a difference for a terminal, as wdiff writes it.
func marked(edits []evaluate.Edit) string {
	var b strings.Builder
	for _, edit := range edits {
		text := strings.ReplaceAll(edit.Text, "\n", " ")
		switch edit.Kind {
		case evaluate.EditDeleted:
			b.WriteString("[-" + text + "-]")
		case evaluate.EditInserted:
			b.WriteString("{+" + text + "+}")
		default:
			b.WriteString(text)
		}
	}
	return b.String()
}

type evalSetsCommand struct {
	List   setsListCommand   `cmd:"" help:"List the question sets of the database with their versions."`
	Import setsImportCommand `cmd:"" help:"Put a file into a question set, which is made when it is not there, or take over the sets of the demo."`
	Export setsExportCommand `cmd:"" help:"Print a question set as JSON Lines."`
}

type setsListCommand struct {
	JSON bool `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*setsListCommand) Help() string { return "Example:\n\n  vraagbaak eval sets list" }

func (c *setsListCommand) Run(ctx context.Context, e *env) error {
	type version struct {
		Number int    `json:"number"`
		Cases  int    `json:"cases"`
		Used   string `json:"used,omitempty"`
	}
	type listed struct {
		Name     string    `json:"name"`
		About    string    `json:"about,omitempty"`
		Versions []version `json:"versions"`
	}
	out := []listed{}
	err := e.withSets(ctx, func(sets *postgres.Sets) error {
		all, err := sets.Sets(ctx)
		for _, s := range all {
			one := listed{Name: s.Name, About: s.About}
			for _, v := range s.Versions {
				used := ""
				if !v.Draft() {
					used = v.Used.Format(time.RFC3339)
				}
				one.Versions = append(one.Versions, version{v.Number, v.Cases, used})
			}
			out = append(out, one)
		}
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(out)
	}
	for _, s := range out {
		e.printf("%s\n", s.Name)
		for _, v := range s.Versions {
			e.printf("  version %d  %d questions  %s\n", v.Number, v.Cases, cmp.Or(v.Used, "draft"))
		}
	}
	return nil
}

type setsImportCommand struct {
	Name    string `arg:"" optional:"" help:"Name of the set."`
	File    string `arg:"" optional:"" help:"Question set as JSON Lines; - is standard input."`
	About   string `help:"What a new set is about." placeholder:"TEXT"`
	Replace bool   `help:"Replace all questions of the set by those of the file."`
	Demo    bool   `help:"Take over the sets of the demo."`
}

// Help is the command's example.
func (*setsImportCommand) Help() string {
	return "Nothing is changed when a line has a mistake; every mistake is told with its line.\n\nExample:\n\n  vraagbaak eval sets import \"Leden\" leden.jsonl\n  vraagbaak eval sets import --demo"
}

func (c *setsImportCommand) Run(ctx context.Context, e *env) error {
	if c.Demo != (c.Name == "" && c.File == "") || !c.Demo && c.File == "" {
		return usagef("name a set and a file, or use --demo")
	}
	if c.Demo {
		own, err := demoSets()
		if err != nil {
			return err
		}
		return e.withSets(ctx, func(sets *postgres.Sets) error {
			for _, d := range own {
				switch _, err := office.ImportDemo(ctx, sets, terminal, d); {
				case errors.Is(err, evaluate.ErrSetNamed):
					e.printf("%s: there already\n", d.Name)
				case err != nil:
					return err
				default:
					e.printf("%s: taken over\n", d.Name)
				}
			}
			return nil
		})
	}
	var content []byte
	var err error
	name := filepath.Base(c.File)
	if c.File == "-" {
		content, err = io.ReadAll(io.LimitReader(e.in, 64<<20))
		name = ""
	} else {
		content, err = os.ReadFile(c.File)
	}
	if err != nil {
		return err
	}
	origin := evaluate.OriginOn(evaluate.OriginFile, time.Now())
	origin.File = name
	cases, err := evaluate.ReadCases(bytes.NewReader(content), origin)
	if err != nil {
		return fmt.Errorf("%s, nothing was changed:\n%w", c.File, err)
	}
	return e.withSets(ctx, func(sets *postgres.Sets) error {
		all, err := sets.Sets(ctx)
		if err != nil {
			return err
		}
		var id int64
		if i := slices.IndexFunc(all, func(s evaluate.Set) bool { return strings.EqualFold(s.Name, c.Name) }); i >= 0 {
			id = all[i].ID
		} else if id, err = sets.Make(ctx, terminal, c.Name, c.About); err != nil {
			return err
		}
		in, err := sets.Import(ctx, terminal, id, cases, c.Replace)
		if err != nil {
			return err
		}
		e.printf("%d added, %d changed, %d the same, %d removed\n", in.Added, in.Changed, in.Same, in.Removed)
		return nil
	})
}

// terminal is who changes something by a command.
var terminal = staff.User{}

type setsExportCommand struct {
	Name string `arg:"" help:"Name of the set, with @VERSION for an older one."`
}

// Help is the command's example.
func (*setsExportCommand) Help() string {
	return "Example:\n\n  vraagbaak eval sets export Leden@2 > leden.jsonl"
}

func (c *setsExportCommand) Run(ctx context.Context, e *env) error {
	return e.withSets(ctx, func(sets *postgres.Sets) error {
		_, version, err := findVersion(ctx, sets, c.Name)
		if err != nil {
			return err
		}
		cases, err := sets.Cases(ctx, version.ID)
		if err != nil {
			return err
		}
		return evaluate.WriteCases(e.out, cases)
	})
}
