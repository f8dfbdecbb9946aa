package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/postgres"
)

type benchRetrievalCommand struct {
	Dictionary string `help:"Word list that the documents are made of, and that compounds are split by." default:"/usr/share/dict/dutch" env:"VRAAGBAAK_DICTIONARY" placeholder:"FILE"`
	Chunks     int    `help:"Chunks to make and search." default:"50000"`
	Dimensions int    `help:"Dimensions of the vectors." default:"256"`
	Queries    int    `help:"Queries of each measurement." default:"1000"`
	Seed       uint64 `help:"The same seed makes the same documents and questions." default:"1"`
	Changes    bool   `help:"Measure replacing documents too: 1% during queries, recall after 12%." default:"true" negatable:""`
	Graph      bool   `help:"Build a graph of the vectors, which the product does without at this size, and measure bare searches of it too." default:"true" negatable:""`
	Growth     bool   `help:"Measure a tenth of the chunks first, to tell what growing costs." default:"true" negatable:""`
	Curve      bool   `help:"Measure the cost at 1k, 5k, 20k, 50k, 200k and 500k chunks instead, without changes."`
	CPUProfile string `help:"Write a processor profile of the measuring to this file." name:"cpu-profile" type:"path" placeholder:"FILE"`
	JSON       bool   `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*benchRetrievalCommand) Help() string {
	return "The documents are made up, in a schema of their own that is removed afterwards.\n\nExample:\n\n  vraagbaak bench retrieval --chunks 500000"
}

// curve are the sizes at which --curve measures.
var curve = []int{1000, 5000, 20_000, 50_000, 200_000, 500_000}

func (c *benchRetrievalCommand) Run(ctx context.Context, e *env) error {
	if c.Chunks < 100 || c.Queries < 20 || c.Dimensions < 8 || c.Dimensions > 4000 {
		return usagef("--chunks must be at least 100, --queries 20 and --dimensions between 8 and 4000")
	}
	limitGarbage()             // as serve does
	db, err := e.reach(ctx, 8) // the measuring has a schema of its own
	if err != nil {
		return err
	}
	defer db.Close(e.log)
	if c.CPUProfile != "" {
		f, err := os.Create(c.CPUProfile)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	sizes := []int{c.Chunks}
	switch {
	case c.Curve:
		sizes = curve
	case c.Growth && c.Chunks >= 10*leastGrown:
		sizes = []int{c.Chunks / 10, c.Chunks}
	}
	var results []evaluate.ScaleResult
	for _, chunks := range sizes {
		last := chunks == c.Chunks && !c.Curve
		r, err := c.measure(ctx, e, db.url, chunks, last)
		if err != nil {
			return err
		}
		if results = append(results, r); !c.JSON {
			e.printScale(r)
		}
	}
	r := results[len(results)-1]
	if len(results) > 1 && !c.Curve {
		r.Growth = results[0].Growing(r)
	}
	if c.JSON {
		if c.Curve {
			return e.printJSON(results)
		}
		return e.printJSON(r)
	}
	if g := r.Growth; g != nil {
		e.printf("growing from %d chunks to %d: p50 from %.2f to %.2f ms (%.2f times), p95 from %.2f to %.2f ms (%.2f times)\n",
			g.Chunks, r.Chunks, g.P50, r.Concurrent[0].Hybrid.P50, g.RatioP50, g.P95, r.Concurrent[0].Hybrid.P95, g.RatioP95)
	}
	if c.Curve {
		e.printf("\n%10s  %9s  %9s  %11s  %s\n", "CHUNKS", "P50 MS", "P95 MS", "QUERIES/S 8", "P95 AGAINST 50k")
		var base float64
		for _, r := range results {
			if r.Chunks == 50_000 {
				base = r.Concurrent[0].Hybrid.P95
			}
		}
		for _, r := range results {
			one, eight := r.Concurrent[0].Hybrid, r.Concurrent[1].Hybrid
			e.printf("%10d  %9.2f  %9.2f  %11.0f  %.2f\n", r.Chunks, one.P50, one.P95, eight.PerSecond, one.P95/base)
		}
	}
	return nil
}

// leastGrown is the fewest chunks that growth is measured from.
const leastGrown = 5000

// measure makes a corpus, measures it and removes it, also when it is interrupted. all
// is false when only searches of an unchanging corpus are of interest.
func (c *benchRetrievalCommand) measure(ctx context.Context, e *env, url string, chunks int, all bool) (result evaluate.ScaleResult, err error) {
	place, err := postgres.NewEvaluationCorpus(ctx, url, postgres.Options{Logger: e.log})
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	list := e.wordList(c.Dictionary)
	defer func() { _ = list.Close() }() // it was only read
	analyzer, err := e.newAnalyzer(SearchSettings{Dictionary: c.Dictionary})
	if err != nil {
		return result, err
	}
	began := time.Now()
	return evaluate.Scale{
		Corpus: place, Analyzer: analyzer, WordList: list, Chunks: chunks, Dimensions: c.Dimensions,
		Queries: c.Queries, Connections: []int{1, 8, 32}, Seed: c.Seed, Graph: c.Graph && all, Changes: c.Changes && all, Logger: e.log,
		Progress: func(format string, args ...any) {
			e.notef("%6s  %s\n", time.Since(began).Round(time.Second), fmt.Sprintf(format, args...))
		},
	}.Run(ctx)
}

// wordList is what the words of made documents are taken from; it is empty, and said to
// be, where there is none.
func (e *env) wordList(path string) io.ReadCloser {
	f, err := os.Open(path) // #nosec G304 -- named by whoever runs the command
	if err != nil {
		e.notef("no word list (%v): words are made of syllables\n", err)
		return io.NopCloser(strings.NewReader(""))
	}
	return f
}

func (e *env) printScale(r evaluate.ScaleResult) {
	const mb = 1e6
	e.printf("%d chunks of %d documents, vectors of %d dimensions\n", r.Chunks, r.Documents, r.Dimensions)
	e.printf("load         %.1f s (%.0f chunks/s), graph %.1f s, index into memory %.1f s, of that vectors %.1f s\n", r.LoadSeconds, r.RowsPerSecond, r.GraphSeconds, r.IndexSeconds, r.HoldSeconds)
	e.printf("on disk      forward index %.0f MB, vectors %.0f MB, graph %.0f MB\n", float64(r.TermsBytes)/mb, float64(r.VectorsBytes)/mb, float64(r.GraphBytes)/mb)
	e.printf("in memory    index %.0f MB, vectors %.0f MB, heap %.0f MB, process %.0f MB\n", float64(r.IndexBytes)/mb, float64(r.HeldBytes)/mb, float64(r.HeapBytes)/mb, float64(r.ResidentBytes)/mb)
	e.printf("%s\n", scaleHead)
	for _, c := range r.Concurrent {
		hybrid := latencyRow(fmt.Sprintf("hybrid ×%d", c.Connections), c.Hybrid)
		if c.Ratio == 0 {
			e.printf("%s\n", hybrid)
			continue
		}
		e.printf("%s%10.2f\n%s\n", hybrid, c.Ratio, latencyRow(fmt.Sprintf("bare   ×%d", c.Connections), c.Bare))
	}
	e.printf("vectors      recall@10 %.3f, intrinsic dimension %.1f; a filter that keeps %.2f%% gives %s\n", r.Recall, r.Intrinsic, 100*r.FilterShare, map[bool]string{true: "what the exact search gives", false: "OTHER RESULTS THAN THE EXACT SEARCH"}[r.FilterExact])
	for _, t := range r.Trade {
		e.printf("             %d candidates of the graph: recall@10 %.3f, %.2f ms of the database's processor\n", t.Candidates, t.Recall, t.DatabaseCPU)
	}
	if p := r.Replacing; p != nil {
		e.printf("%d documents replaced in %.1f s during %d queries: %d failed, %d deleted texts returned, p95 %.2f ms beside %.2f (%.2f times)\n",
			p.Documents, p.Seconds, p.Queries, p.Failed, p.Deleted, p.During.P95, p.Quiet.P95, p.Ratio)
		e.printf("%d more chunks replaced in %.1f s during queries: %d failed, p95 %.2f times: recall@10 %.3f; process %.0f MB\n",
			r.Churned, r.ChurnSeconds, r.ChurnFailed, r.ChurnRatio, r.ChurnRecall, float64(r.ChurnResident)/mb)
	}
}

const scaleHead = "             P50 MS   P95 MS  QUERIES/S  CPU MS  DB CPU MS  OTHERS  RATIO P95"

func latencyRow(name string, l evaluate.Latencies) string {
	return fmt.Sprintf("%-11s%8.2f %8.2f %10.0f %7.2f %10.2f %6.0f%% ", name, l.P50, l.P95, l.PerSecond, l.CPU, l.DatabaseCPU, 100*l.Others)
}
