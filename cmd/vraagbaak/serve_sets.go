package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/google/uuid"

	"github.com/ser-nl/vraagbaak/ingest/demo"
	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// PriceSettings are what a language model costs.
type PriceSettings struct {
	PricePrompt     float64 `help:"Euros for a million tokens that the model reads, for the cost of a run." name:"price-prompt" default:"0" env:"VRAAGBAAK_PRICE_PROMPT" placeholder:"EUROS"`
	PriceCompletion float64 `help:"Euros for a million tokens that the model writes." name:"price-completion" default:"0" env:"VRAAGBAAK_PRICE_COMPLETION" placeholder:"EUROS"`
}

func (s PriceSettings) prices() (evaluate.Prices, error) {
	if s.PricePrompt < 0 || s.PriceCompletion < 0 {
		return evaluate.Prices{}, usagef("--price-prompt and --price-completion cannot be less than nothing")
	}
	return evaluate.Prices{Prompt: s.PricePrompt, Completion: s.PriceCompletion}, nil
}

// measured is an engine whose answers are measured. It implements evaluate.Engine.
type measured struct {
	*engine

	settings AnswerSettings
}

// Configure implements evaluate.Engine. It waits until the index is loaded.
func (m measured) Configure(ctx context.Context, s evaluate.Settings) (evaluate.Answerer, evaluate.Configuration, error) {
	fail := func(err error) (evaluate.Answerer, evaluate.Configuration, error) {
		return nil, evaluate.Configuration{}, fmt.Errorf("configure a run: %w", err)
	}
	if err := s.Check(); err != nil {
		return fail(err)
	}
	select {
	case <-m.search.Loaded():
	case <-ctx.Done():
		return fail(ctx.Err())
	}
	making := m.making
	c := evaluate.Configuration{Settings: s, Model: answer.ModelExtractive, Corpus: m.search.State(), Program: version()}
	if m.writer != nil && !s.Extractive {
		c.Model, c.Prompt = m.writer.Name(), answer.PromptVersion()
	} else {
		making.Writer, making.Rewriter = nil, nil
	}
	var without []string
	if s.NoVectors {
		without = append(without, retrieval.VectorSignal)
	} else if stored, model := m.vectors.Present(); model != nil {
		c.Vectors = fmt.Sprintf("%s, %d", stored.Name, stored.Dimensions)
	}
	if s.NoReranker {
		without = append(without, retrieval.RerankStep)
	} else if m.settings.RerankURL != "" {
		c.Reranker = m.settings.RerankModel
		if c.Reranker == "" {
			c.Reranker = m.settings.RerankURL
		}
	}
	if len(without) > 0 {
		search, err := m.search.Without(without...)
		if err != nil {
			return fail(err)
		}
		making.Retriever = search
	}
	making.Passages, making.Sentences = s.Passages, s.Sentences
	if s.Passages == 0 {
		c.Passages = answer.DefaultPassages
	}
	standing, err := postgres.NewCatalogue(m.db.DB).Standing(ctx)
	if err != nil {
		return fail(err)
	}
	c.CorpusDate = standing.ReferenceDate
	return answer.New(making), c, nil
}

// evaluation lets staff keep question sets and have them asked, by this process, one run
// at a time.
func (c *serveCommand) evaluation(ctx context.Context, e *env, x *engine, team *staffArea, wg *sync.WaitGroup) error {
	prices, err := c.prices()
	if err != nil {
		return err
	}
	sets, runs := postgres.NewSets(x.db.DB), postgres.NewRuns(x.db.DB)
	asked := measured{x, c.AnswerSettings}
	own, err := demoSets()
	if err != nil {
		return err
	}
	choices := office.RunChoices{Passages: answer.DefaultPassages}
	if x.writer != nil {
		choices.Model = x.writer.Name()
	}
	if c.RerankURL != "" {
		choices.Reranker = c.RerankModel
		if choices.Reranker == "" {
			choices.Reranker = c.RerankURL
		}
	}
	team.Kinds.Kind(office.KindRun, postgres.ApplyRunPublication)
	team.Evaluation = &office.Evaluation{Sets: sets, Runs: runs, Judged: sets, Engine: asked, Demo: own, Choices: choices}
	host, err := os.Hostname()
	if err != nil {
		host = "server"
	}
	runner := evaluate.NewRunner(evaluate.RunnerConfig{
		Store: runs, Engine: asked, Name: host + "-" + uuid.NewString(), Prices: prices, Logger: e.log,
	})
	wg.Go(func() { runner.Work(ctx) })
	return nil
}

// demoSets are the question sets that come with the program.
func demoSets() ([]office.DemoSet, error) {
	abouts := map[string]string{
		"questions.jsonl":      "Rol, samenstelling, geschiedenis en advies: vragen van alle soorten over de voorbeelddocumenten.",
		"questions_dev2.jsonl": "Tweede lijst over de voorbeelddocumenten.",
		"questions_dev3.jsonl": "Derde lijst, geschreven zonder het programma te kennen.",
		"questions_dev4.jsonl": "Vierde lijst, geschreven zonder het programma te kennen.",
		"questions_dev5.jsonl": "Vijfde lijst, geschreven zonder het programma te kennen.",
		"questions_dev6.jsonl": "Zesde lijst, geschreven zonder het programma te kennen.",
		"questions_dev7.jsonl": "Zevende lijst, geschreven zonder het programma te kennen.",
		"questions_dev8.jsonl": "Achtste lijst, geschreven zonder het programma te kennen.",
	}
	files, err := fs.Glob(demo.Questions(), "*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("question sets of the demo: %w", err)
	}
	var out []office.DemoSet
	for i, file := range files {
		lines, err := fs.ReadFile(demo.Questions(), file)
		if err != nil {
			return nil, fmt.Errorf("question sets of the demo: %w", err)
		}
		out = append(out, office.DemoSet{Name: fmt.Sprintf("Voorbeeldvragen %d", i+1), About: abouts[file], File: file, Lines: lines})
	}
	return out, nil
}
