package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

type evalLearnCommand struct {
	AnswerSettings
	Sets            []string `arg:"" help:"Question sets as JSON Lines." type:"path"`
	WronglyDeclined float64  `help:"Most of the answerable questions, as a share, that may be declined in the cross-validation." name:"wrongly-declined" default:"0.07"`
	Weights         string   `help:"Write the weights to this file, instead of printing them." type:"path" placeholder:"FILE"`
	JSON            bool     `help:"Print the rates and every case of the cross-validation as JSON instead of the weights." name:"json"`
}

// Help is the command's example.
func (*evalLearnCommand) Help() string {
	return "Learns how the signals of a sentence count from question sets, and prints the weights; the rates on standard error are those of " +
		"a cross-validation in which no question is judged by weights learned from its own document.\n\nExample:\n\n" +
		"  vraagbaak eval learn ingest/demo/questions*.jsonl > internal/answer/weights.tsv"
}

func (c *evalLearnCommand) Run(ctx context.Context, e *env) error {
	if c.WronglyDeclined <= 0 || c.WronglyDeclined >= 1 {
		return usagef("--wrongly-declined %v: use a share between 0 and 1", c.WronglyDeclined)
	}
	x, err := e.filled(ctx, c.AnswerSettings, 8)
	if err != nil {
		return err
	}
	defer x.close(e)
	var sets []evaluate.NamedSet
	n := 0
	for _, path := range c.Sets {
		set, err := c.read(ctx, x, path)
		if err != nil {
			return err
		}
		n += len(set.Questions)
		sets = append(sets, set)
	}
	bar := e.bar(n, "asking")
	learned, err := evaluate.Learn(ctx, sets, evaluate.LearnConfig{
		Sampler: x.answers, WronglyDeclined: c.WronglyDeclined,
		Progress: func(done, _ int) { _ = bar.Set(done) }, // a bar that cannot be drawn is no reason to stop
	})
	_ = bar.Finish()
	if err != nil {
		return err
	}
	if c.Weights != "" {
		if err := os.WriteFile(c.Weights, []byte(learned.Weights.String()), 0o644); err != nil { // #nosec G306 -- no secret
			return err
		}
	}
	if c.JSON {
		return e.printJSON(learned)
	}
	if c.Weights == "" {
		e.printf("%s", learned.Weights.String())
	}
	for _, s := range learned.Sets {
		e.notef("%-18s %4d answerable  reachable %.3f  first right %.3f  wrongly declined %.3f  wrongly answered %.3f  %4d unanswerable  declined %.3f\n", s.Set, s.Answerable, s.Reachable, s.First, s.WronglyDeclined, s.WronglyAnswered, s.Unanswerable, s.Declined)
	}
	for _, p := range learned.Curve {
		e.notef("least %.2f  declined %.3f  wrongly declined %.3f  wrongly answered %.3f\n", p.Least, p.Declined, p.WronglyDeclined, p.WronglyAnswered)
	}
	return nil
}

// read reads a question set, or holds the conversations of a set of those.
func (c *evalLearnCommand) read(ctx context.Context, x *engine, path string) (evaluate.NamedSet, error) {
	name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
	conversations, err := readFile(path, evaluate.ReadConversations)
	if err == nil {
		held, err := evaluate.RunConversations(ctx, conversations, evaluate.AnswersConfig{Answerer: x.answers})
		return evaluate.FromConversations(name, conversations, held), err
	}
	questions, err := readFile(path, evaluate.ReadQuestions)
	return evaluate.NamedSet{Name: name, Questions: questions}, err
}
