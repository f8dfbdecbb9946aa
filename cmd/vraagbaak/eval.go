package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

type evalCommand struct {
	Answers       evalAnswersCommand       `cmd:"" help:"Run a question set and print answer, citation and decline rates."`
	Conversations evalConversationsCommand `cmd:"" help:"Hold conversations with follow-up questions and print the same rates."`
	Retrieval     evalRetrievalCommand     `cmd:"" help:"Rank a data folder and print nDCG@10, recall and MRR."`
	History       evalHistoryCommand       `cmd:"" help:"Ask research questions and print recall, precision and quoted positions."`
	Verify        evalVerifyCommand        `cmd:"" help:"Run the sentence verifier on labelled pairs."`
	Gate          evalGateCommand          `cmd:"" help:"Hold a result against a baseline, and fail when it fell or is below a floor."`
	Sets          evalSetsCommand          `cmd:"" help:"Question sets of the database: list, import, export."`
}

// AskedSettings are the flags of measuring answers.
type AskedSettings struct {
	Configured
	PriceSettings
	Filter map[string]string `help:"Answer only from these: document=ID, type=TYPE, year=2014 or year=2010-2015." placeholder:"K=V" mapsep:"none"`
	JSON   bool              `help:"Print rates and every case as JSON." name:"json"`
}

// measure asks n questions of the corpus and prints the rates.
func (s AskedSettings) measure(ctx context.Context, e *env, n int, run func(evaluate.AnswersConfig) (evaluate.Answers, error)) error {
	result, err := s.ask(ctx, e, n, run)
	if err != nil {
		return err
	}
	return s.print(e, result)
}

func (s AskedSettings) print(e *env, result evaluate.Answers) error {
	if s.JSON {
		return e.printJSON(result)
	}
	e.printRates(result)
	e.printSteps(result)
	return nil
}

// ask asks n questions of the corpus.
func (s AskedSettings) ask(ctx context.Context, e *env, n int, run func(evaluate.AnswersConfig) (evaluate.Answers, error)) (evaluate.Answers, error) {
	return s.askWith(ctx, e, n, func(_ measured, cfg evaluate.AnswersConfig, config evaluate.Configuration) (evaluate.Answers, error) {
		result, err := run(cfg)
		result.Configuration = &config
		return result, err
	})
}

// askWith is ask for what needs the engine too.
func (s AskedSettings) askWith(ctx context.Context, e *env, n int, run func(measured, evaluate.AnswersConfig, evaluate.Configuration) (evaluate.Answers, error)) (evaluate.Answers, error) {
	filter, err := parseFilters(s.Filter)
	if err != nil {
		return evaluate.Answers{}, err
	}
	prices, err := s.prices()
	if err != nil {
		return evaluate.Answers{}, err
	}
	if _, err := s.settings(); err != nil {
		return evaluate.Answers{}, err
	}
	engine, err := e.filled(ctx, s.AnswerSettings, 8)
	if err != nil {
		return evaluate.Answers{}, err
	}
	defer engine.close(e)
	x := measured{engine, s.AnswerSettings}
	answerer, config, done, err := e.configure(ctx, x, s.Configured)
	if err != nil {
		return evaluate.Answers{}, err
	}
	defer done()
	bar := e.bar(n, "asking")
	result, err := run(x, evaluate.AnswersConfig{
		Answerer: answerer, Filter: filter, Prices: prices,
		Progress: func(done, _ int) { _ = bar.Set(done) }, // a bar that cannot be drawn is no reason to stop
	}, config)
	_ = bar.Finish()
	return result, err
}

type evalConversationsCommand struct {
	AskedSettings
	Set string `arg:"" help:"Conversations as JSON Lines: {id, turns: [lines of a question set]}." type:"path"`
}

// Help is the command's example.
func (*evalConversationsCommand) Help() string {
	return "Example:\n\n  vraagbaak eval conversations ingest/demo/conversations.jsonl"
}

func (c *evalConversationsCommand) Run(ctx context.Context, e *env) error {
	set, err := readFile(c.Set, evaluate.ReadConversations)
	if err != nil {
		return err
	}
	turns := 0
	for _, conversation := range set {
		turns += len(conversation.Turns)
	}
	return c.measure(ctx, e, turns, func(cfg evaluate.AnswersConfig) (evaluate.Answers, error) {
		return evaluate.RunConversations(ctx, set, cfg)
	})
}

type evalAnswersCommand struct {
	AskedSettings
	Set         string `arg:"" help:"Question set as JSON Lines, or set:NAME or set:NAME@VERSION of the database."`
	Repeat      int    `help:"Run the set so many times and print mean and spread: models differ from run to run." default:"1"`
	Compare     string `help:"Earlier result (what --json printed, or run:N) to set beside this one, case by case." placeholder:"RESULT"`
	Against     string `help:"Run a second configuration beside this one and compare: the flags that are different, in one argument." placeholder:"FLAGS"`
	Adversarial bool   `help:"Also run the sentence verifier on the documents at hand, altered and with instructions in them, as eval verify does."`
	AgainstEnv  string `help:"The same with settings from an environment file." name:"against-env" type:"path" placeholder:"FILE"`
}

// Help is the command's example.
func (*evalAnswersCommand) Help() string {
	return "Example:\n\n  vraagbaak eval answers ingest/demo/questions.jsonl\n\nTwo configurations, each question to one right after the other:\n\n" +
		"  vraagbaak eval answers --against=\"--no-vectors --passages 20\" ingest/demo/questions.jsonl\n" +
		"  vraagbaak eval answers --model NAME --model-url URL --against=\"--extractive\" ingest/demo/questions.jsonl\n\n" +
		"With a result of before:\n\n" +
		"  vraagbaak eval answers --json ingest/demo/questions.jsonl > before.json\n" +
		"  vraagbaak eval answers --compare before.json ingest/demo/questions.jsonl"
}

func (c *evalAnswersCommand) Run(ctx context.Context, e *env) error {
	questions, err := e.readSet(ctx, c.Set)
	if err != nil {
		return err
	}
	if c.Repeat < 1 || c.Repeat > 100 {
		return usagef("--repeat %d: use 1 to 100", c.Repeat)
	}
	if c.Against != "" || c.AgainstEnv != "" {
		if c.Repeat > 1 || c.Compare != "" || c.Adversarial {
			return usagef("--against runs both once: leave --repeat, --compare and --adversarial out")
		}
		return c.beside(ctx, e, questions)
	}
	var other *evaluate.Answers
	if c.Compare != "" {
		before, err := e.readResult(ctx, c.Compare)
		if err != nil {
			return err
		}
		other = &before
	}
	var verifier *evaluate.Verification
	if c.Adversarial {
		v, err := e.adversarial(ctx, mostAdversarial, 1)
		if err != nil {
			return err
		}
		verifier = &v
	}
	return c.measure(ctx, e, len(questions)*c.Repeat, func(cfg evaluate.AnswersConfig) (evaluate.Answers, error) {
		var runs []evaluate.Answers
		progress := cfg.Progress
		for i := range c.Repeat {
			cfg.Progress = func(done, of int) { progress(i*of+done, c.Repeat*of) }
			run, err := evaluate.RunAnswers(ctx, questions, cfg)
			if err != nil {
				return evaluate.Answers{}, err
			}
			runs = append(runs, run)
		}
		result := runs[len(runs)-1]
		result.Verifier = verifier
		if len(runs) > 1 {
			repeated := evaluate.Repeat(runs)
			result.Repeated = &repeated
		}
		if other != nil {
			comparison := evaluate.Compare(*other, result)
			result.Comparison = &comparison
		}
		return result, nil
	})
}

// beside asks the questions under two configurations. What is printed is the second one,
// compared with the first; with --json the first is there too.
func (c *evalAnswersCommand) beside(ctx context.Context, e *env, questions []evaluate.Question) error {
	second, err := c.with(c.Against, c.AgainstEnv)
	if err != nil {
		return err
	}
	var first evaluate.Answers
	result, err := c.askWith(ctx, e, len(questions), func(x measured, cfg evaluate.AnswersConfig, config evaluate.Configuration) (evaluate.Answers, error) {
		answerer, otherConfig, done, err := e.configure(ctx, x, second)
		if err != nil {
			return evaluate.Answers{}, err
		}
		defer done()
		other := cfg
		other.Answerer = answerer
		one, two, err := evaluate.RunBeside(ctx, questions, cfg, other)
		one.Configuration, two.Configuration = &config, &otherConfig
		first = one
		return two, err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(struct {
			First  evaluate.Answers `json:"first"`
			Second evaluate.Answers `json:"second"`
		}{first, result})
	}
	for _, part := range []struct {
		name string
		of   evaluate.Answers
	}{{"first", first}, {"second", result}} {
		k := part.of.Configuration
		e.printf("%-7s answers %.1f%%  citations %.1f%%  declined %.1f%%  wrongly declined %.1f%%  p50 %.0f ms\n", part.name,
			100*part.of.Answers, 100*part.of.Citations, 100*part.of.Declined, 100*part.of.WronglyDeclined, part.of.Median())
		e.printf("        model %s, vectors %s, reranker %s, passages %d\n", k.Model, cmp.Or(k.Vectors, "off"), cmp.Or(k.Reranker, "off"), k.Passages)
	}
	e.printComparison(*result.Comparison)
	return nil
}

// printSteps shows where right answers are lost, how runs differ, and what another
// configuration made of the same cases.
func (e *env) printSteps(result evaluate.Answers) {
	s := result.Steps
	e.printf("\nunderstanding\n")
	for _, expected := range slices.Sorted(maps.Keys(s.Understanding)) {
		e.printf("  %-8s", expected)
		for _, status := range slices.Sorted(maps.Keys(s.Understanding[expected])) {
			e.printf("  %s %d", status, s.Understanding[expected][status])
		}
		e.printf("\n")
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Understood)) {
		e.printf("  %-16s", cmp.Or(kind, "-"))
		for _, as := range slices.Sorted(maps.Keys(s.Understood[kind])) {
			e.printf("  %s %d", as, s.Understood[kind][as])
		}
		e.printf("\n")
	}
	e.printf("retrieval      %.1f%% of the answerable questions have all they need among the passages", 100*s.Retrieval)
	if slices.ContainsFunc(result.Cases, func(c evaluate.AnswerCase) bool { return c.SourcesNamed > 0 }) {
		e.printf(", %.1f%% of the named pages", 100*s.Sources)
	}
	e.printf("\n")
	e.printf("composition    %d had it there and not in the answer\n", s.LostInComposition)
	e.printf("verification   %d sentences dropped\n", s.Dropped)
	if result.Verifier != nil {
		e.printVerification(*result.Verifier)
	}
	if r := result.Repeated; r != nil {
		e.printf("\n%d runs         mean    deviation  least   most\n", r.Runs)
		for _, row := range []struct {
			name string
			of   evaluate.Spread
		}{{"answers", r.Answers}, {"citations", r.Citations}, {"declined", r.Declined}, {"wrongly declined", r.WronglyDeclined}} {
			e.printf("%-17s%5.1f%%  %5.1f%%     %5.1f%%  %5.1f%%\n", row.name, 100*row.of.Mean, 100*row.of.Deviation, 100*row.of.Least, 100*row.of.Most)
		}
		e.printf("unsteady: %s\n", strings.Join(r.Unsteady, " "))
	}
	for _, t := range result.Timings {
		e.printf("%-14s p50 %.1f ms, p95 %.1f ms\n", t.Name, t.P50, t.P95)
	}
	if k := result.Cost; k != nil {
		e.printf("cost           %d tokens read, %d written, %.4f euros\n", k.PromptTokens, k.CompletionTokens, k.Euros)
	}
	if c := result.Comparison; c != nil {
		e.printComparison(*c)
	}
}

// printRates shows what failed, and then the rates by kind, by tag and in all.
func (e *env) printRates(result evaluate.Answers) {
	for _, k := range result.Cases {
		if k.Pass && (k.Cited || !k.Answerable) {
			continue
		}
		e.printf("%s  %s\n    %s: %s\n    %s\n", k.ID, k.Question, k.Status, k.Why, shorten(k.Text, 300))
	}
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
	row := func(name string, r evaluate.Rates) { // Flush reports errors
		_, _ = fmt.Fprintf(w, "%s\t%d\t%.1f%%\t%.1f%%\t%.1f%%\t%.1f%%\n", name, r.Questions, 100*r.Answers, 100*r.Citations, 100*r.Declined, 100*r.WronglyDeclined)
	}
	_, _ = fmt.Fprint(w, "\t\t\t\t\t\nTOPIC\tQUESTIONS\tANSWERS\tCITATIONS\tDECLINED\tWRONGLY DECLINED\n")
	for _, name := range slices.Sorted(maps.Keys(result.Tags)) {
		row(name, result.Tags[name])
	}
	_, _ = fmt.Fprint(w, "\t\t\t\t\t\nKIND\t\t\t\t\t\n")
	for _, name := range slices.Sorted(maps.Keys(result.Kinds)) {
		row(name, result.Kinds[name])
	}
	_, _ = fmt.Fprint(w, "\t\t\t\t\t\n")
	row("ALL", result.Rates)
	if err := w.Flush(); err != nil {
		e.log.Error("the table could not be printed", "error", err)
	}
}

type evalRetrievalCommand struct {
	SearchSettings
	Dir     string `arg:"" help:"Folder with queries.jsonl, qrels.tsv and corpus.jsonl or corpus.jsonl.gz." type:"path"`
	Corpus  string `help:"Corpus file when it lies elsewhere." type:"path" placeholder:"FILE"`
	Compare bool   `help:"Measure PostgreSQL's full text search, plain BM25 and ours without vectors beside it."`
	Ablate  bool   `help:"Measure what each step of the analysis and each signal brings, added in turn to plain BM25 and left out of the whole."`
	LSA     int    `help:"Dimensions of the vectors that are trained on the corpus." name:"lsa-dimensions" default:"256"`
	SVG     string `help:"Draw the results as a chart in this file." name:"svg" type:"path" placeholder:"FILE"`
	JSON    bool   `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*evalRetrievalCommand) Help() string {
	return "Example:\n\n  vraagbaak eval retrieval --compare --ablate --svg chart.svg data/govfaq\n\n" +
		"Beside a difference in nDCG@10 stands p: how probable one as large would be by chance (paired randomisation over the queries). Below 0.05 is worth believing."
}

func (c *evalRetrievalCommand) Run(ctx context.Context, e *env) (err error) {
	set, err := evaluate.OpenRetrievalSet(c.Dir, c.Corpus)
	if err != nil {
		return err
	}
	var chart *os.File
	if c.SVG != "" { // before measuring for minutes
		if chart, err = os.Create(c.SVG); err != nil {
			return usagef("the chart cannot be written: %v", err)
		}
		defer func() { err = errors.Join(err, chart.Close()) }()
	}
	analyzer, err := e.newAnalyzer(c.SearchSettings)
	if err != nil {
		return err
	}
	if c.LSA < 2 || c.LSA > 4000 {
		return usagef("--lsa-dimensions must be between 2 and 4000")
	}
	model, err := c.model(ctx)
	if err != nil {
		return err
	}
	reranker, err := c.reranker()
	if err != nil {
		return err
	}
	db, err := e.reach(ctx, 4) // the measuring has a schema of its own
	if err != nil {
		return err
	}
	defer db.Close(e.log)
	place, err := postgres.NewEvaluationCorpus(ctx, db.url, postgres.Options{Logger: e.log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	result, err := evaluate.RunRetrieval(ctx, evaluate.RetrievalRun{
		Set: set, Corpus: place, Analyzer: analyzer, Model: model, LSA: retrieval.LSAOptions{Dimensions: c.LSA},
		Reranker: reranker, Logger: e.log, Compare: c.Compare, Ablate: c.Ablate,
	})
	if err != nil {
		return err
	}
	if chart != nil {
		if err := evaluate.WriteChart(chart, filepath.Base(c.Dir), result); err != nil {
			return err
		}
	}
	if c.JSON {
		return e.printJSON(result)
	}
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
	// Flush reports errors.
	_, _ = fmt.Fprintf(w, "%d queries, %d passages\t\t\t\t\t\t\n", result.Queries, result.Passages)
	heads := map[evaluate.Part]string{evaluate.PartCompare: "RANKING", evaluate.PartAdded: "ONE BY ONE", evaluate.PartWithout: "ALL BUT ONE"}
	var part evaluate.Part
	head := func(name string) {
		_, _ = fmt.Fprintf(w, "%s\tNDCG@10\tRECALL@10\tRECALL@100\tMRR@10\tDIFFERENCE\tP\n", name)
	}
	row := func(name string, s evaluate.RetrievalScores, difference string) {
		_, _ = fmt.Fprintf(w, "%s\t%.4f\t%.4f\t%.4f\t%.4f\t%s\n", name, s.NDCG10, s.Recall10, s.Recall100, s.MRR10, difference)
	}
	for _, r := range result.Rankings {
		if r.Part != part {
			head(heads[r.Part])
			part = r.Part
		}
		difference := "\t"
		if r.P < 1 {
			difference = fmt.Sprintf("%+.4f\t%.4f", r.Difference, r.P)
		}
		row(r.Ranking, r.RetrievalScores, difference)
	}
	if len(result.Rankings) == 0 {
		head("RANKING")
	}
	row("ours", result.RetrievalScores, "\t")
	_, _ = fmt.Fprintf(w, "vectors: searches find %.1f%% of the ten nearest; intrinsic dimension %.1f\t\t\t\t\t\t\n", 100*result.Recall, result.Intrinsic)
	return w.Flush()
}

type evalVerifyCommand struct {
	Pairs       string `arg:"" optional:"" help:"JSON Lines of {id, sentence, passage, supported}." type:"path"`
	Adversarial bool   `help:"Make the pairs of the documents in the database: altered numbers, units, years and names, names exchanged, denials, wrong citations; and put instructions into documents."`
	Most        int    `help:"Most pairs that --adversarial makes." default:"2000" placeholder:"N"`
	Seed        uint64 `help:"Another seed makes other pairs." default:"1" placeholder:"N"`
	JSON        bool   `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*evalVerifyCommand) Help() string {
	return "Example:\n\n  vraagbaak eval verify pairs.jsonl\n  vraagbaak eval verify --adversarial"
}

// mostAdversarial is how many pairs eval answers makes of the documents.
const mostAdversarial = 2000

func (c *evalVerifyCommand) Run(ctx context.Context, e *env) error {
	var v evaluate.Verification
	var err error
	switch {
	case c.Adversarial && c.Pairs != "":
		return usagef("give a file of pairs or --adversarial, not both")
	case c.Adversarial && (c.Most < 10 || c.Most > 100_000):
		return usagef("--most %d: use 10 to 100000", c.Most)
	case c.Adversarial:
		v, err = e.adversarial(ctx, c.Most, c.Seed)
	case c.Pairs == "":
		return usagef("name a file of pairs, or use --adversarial")
	default:
		pairs, read := readFile(c.Pairs, evaluate.ReadPairs)
		if read != nil {
			return read
		}
		v, err = evaluate.Verify(ctx, pairs, answer.Verify)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(v)
	}
	e.printVerification(v)
	return nil
}

// adversarial runs the verifier on at most most pairs made of the documents in the
// database, and asks about documents with instructions in them.
func (e *env) adversarial(ctx context.Context, most int, seed uint64) (evaluate.Verification, error) {
	passages, err := e.passages(ctx)
	if err != nil {
		return evaluate.Verification{}, err
	}
	pairs := evaluate.Adversarial(passages, most, seed)
	if len(pairs) == 0 {
		return evaluate.Verification{}, errors.New("there are no documents to make pairs of: run vraagbaak ingest or serve first")
	}
	injected, err := evaluate.Inject(ctx, passages, max(most/20, 1))
	if err != nil {
		return evaluate.Verification{}, err
	}
	v, err := evaluate.Verify(ctx, pairs, answer.Verify)
	v.Injected = &injected
	return v, err
}

// printVerification shows what the verifier judged wrongly, and then its rates.
func (e *env) printVerification(v evaluate.Verification) {
	for _, k := range v.Cases {
		if !k.Pass {
			e.printf("%s  judged supported=%t, is %t: %s\n", k.ID, k.Judged, k.Supported, k.Sentence)
			for _, r := range k.Reasons {
				e.printf("    %s: %s\n", r.Check, r.Detail)
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(v.ByAltered)) {
		e.printf("  %-12s recall %.3f  precision %.3f\n", kind, v.ByAltered[kind], v.PrecisionByAltered[kind])
	}
	e.printf("%d pairs: recall of wrong sentences %.3f, precision %.3f\n", v.Pairs, v.RecallWrong, v.PrecisionWrong)
	if v.Injected != nil {
		e.printf("%d turns with an instruction in the document: %d showed it or did as it says\n", v.Injected.Turns, v.Injected.Shown)
		for _, said := range v.Injected.Cases {
			e.printf("    %s\n", shorten(said, 200))
		}
	}
}

// passages are those of all documents that can be found.
func (e *env) passages(ctx context.Context) ([]corpus.Passage, error) {
	db, err := e.connect(ctx, 4)
	if err != nil {
		return nil, err
	}
	defer db.Close(e.log)
	store := postgres.NewRetrievalStore(db.DB)
	var ids []int64
	if err := store.Entries(ctx, nil, func(entry retrieval.Entry) error {
		ids = append(ids, entry.ChunkID)
		return nil
	}); err != nil {
		return nil, err
	}
	var out []corpus.Passage
	for batch := range slices.Chunk(ids, 500) {
		found, err := store.Passages(ctx, batch)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b corpus.Passage) int { return cmp.Compare(a.ChunkID, b.ChunkID) })
	return out, nil
}

// readFile reads a file with a reader of its format, and names it in errors.
func readFile[T any](path string, read func(io.Reader) (T, error)) (T, error) {
	f, err := os.Open(path) // #nosec G304 -- the user names the file
	if err != nil {
		var zero T
		return zero, err
	}
	defer func() { _ = f.Close() }() // it was only read
	out, err := read(f)
	if err != nil {
		return out, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}
