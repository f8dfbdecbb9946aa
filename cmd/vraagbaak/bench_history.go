package main

import (
	"context"
	"errors"
	"sync"

	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/research"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

type benchHistoryCommand struct {
	Dictionary   string `help:"Word list that titles and documents are made of, and that compounds are split by." default:"/usr/share/dict/dutch" env:"VRAAGBAAK_DICTIONARY" placeholder:"FILE"`
	Publications int    `help:"Publications of the catalogue." default:"100000"`
	Chunks       int    `help:"Chunks of the documents beside them." default:"20000"`
	Queries      int    `help:"Queries of each measurement." default:"100"`
	Seed         uint64 `help:"The same seed makes the same catalogue." default:"1"`
	JSON         bool   `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*benchHistoryCommand) Help() string {
	return "Catalogue and documents are made up, in a schema of their own that is removed afterwards.\n\nExample:\n\n  vraagbaak bench history --publications 100000"
}

func (c *benchHistoryCommand) Run(ctx context.Context, e *env) (err error) {
	if c.Publications < 100 || c.Chunks < 100 || c.Queries < 10 {
		return usagef("--publications and --chunks must be at least 100, --queries 10")
	}
	limitGarbage() // as serve does
	db, err := e.reach(ctx, 4)
	if err != nil {
		return err
	}
	defer db.Close(e.log)
	place, err := postgres.NewEvaluationCorpus(ctx, db.url, postgres.Options{Logger: e.log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	list := e.wordList(c.Dictionary)
	defer func() { _ = list.Close() }() // it was only read
	analyzer, err := e.newAnalyzer(SearchSettings{Dictionary: c.Dictionary})
	if err != nil {
		return err
	}
	made, err := evaluate.NewMadeCorpus(list, c.Chunks, 16, c.Seed)
	if err != nil {
		return err
	}
	e.notef("storing %d chunks and %d publications\n", made.Chunks(), c.Publications)
	if err := place.Fill(ctx, made, retrieval.StoredEmbedder{}); err != nil {
		return err
	}
	search, err := retrieval.NewService(retrieval.Config{Store: place, Analyzer: analyzer, Logger: e.log})
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	var follower sync.WaitGroup
	defer follower.Wait()
	defer stop()
	follower.Go(func() { _ = search.Run(following) }) // ends with following
	select {
	case <-search.Loaded():
	case <-ctx.Done():
		return ctx.Err()
	}
	r, err := research.Scale{Store: place.Research(), Search: search, Analyse: analyzer.Terms, Words: contentWords(made.Words()),
		Publications: c.Publications, Queries: c.Queries, Seed: c.Seed}.Run(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(r)
	}
	e.printf("%d publications stored in %.1f s, %d documents beside them; the catalogue loads in %.2f s\n", r.Publications, r.StoreSeconds, r.Documents, r.LoadSeconds)
	e.printf("%-24s %9s %9s %9s %9s\n", "", "P50 MS", "P95 MS", "CPU MS", "FOUND")
	for _, t := range r.Times {
		e.printf("%-24s %9.1f %9.1f %9.1f %9.1f\n", t.Name, t.P50, t.P95, t.CPU, t.Found)
	}
	e.printf("%-24s %9.1f %9.1f\n", r.During.Name, r.During.P50, r.During.P95)
	e.printf("one changed entry is found after %.1f s, of which loading took %.2f s (%.2f s of processor); meanwhile the catalogue of before serves\n", r.ReloadSeconds, r.ReloadWork, r.ReloadCPU)
	return nil
}

// contentWords are the words that titles are made of: the rarer half of at most 4,000.
func contentWords(words []string) []string {
	words = words[len(words)/2:]
	return words[:min(len(words), 2000)]
}
