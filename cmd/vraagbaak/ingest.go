package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/ser-nl/vraagbaak/ingest"
)

// ReadSettings are the flags of commands that work on ingest jobs.
type ReadSettings struct {
	PDFSettings
	Workers int `help:"Documents read at the same time; 0 is the number of processors." default:"0" env:"VRAAGBAAK_WORKERS" placeholder:"N"`
}

func (s ReadSettings) workers() int {
	if s.Workers > 0 {
		return s.Workers
	}
	return runtime.GOMAXPROCS(0)
}

type ingestCommand struct {
	SearchSettings
	ReadSettings
	Paths []string `arg:"" name:"path" help:"Files, folders or addresses."`
	JSON  bool     `help:"Print the summary as JSON." name:"json"`
}

// Help is the command's example.
func (*ingestCommand) Help() string {
	return "Example:\n\n  vraagbaak ingest ~/adviezen https://example.org/advies.pdf"
}

func (c *ingestCommand) Run(ctx context.Context, e *env) error {
	workers := c.workers()
	x, err := e.open(ctx, AnswerSettings{SearchSettings: c.SearchSettings}, workers+6)
	if err != nil {
		return err
	}
	defer x.close(e)
	in, extractor, err := x.ingester(e, c.PDFSettings, ingest.FetchOptions{}, workers)
	if err != nil {
		return err
	}
	defer func() { _ = extractor.Close() }() // the children have nothing to lose
	sources, err := in.Find(c.Paths)
	if err != nil {
		return err
	}
	summary, err := e.ingest(ctx, in, sources)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := e.printJSON(summary); err != nil {
			return err
		}
	} else {
		printSummary(e.out, summary)
	}
	if summary.Count(ingest.Failed) > 0 {
		return errReported
	}
	return nil
}

// ingest reads sources with a progress bar on a terminal.
func (e *env) ingest(ctx context.Context, in *ingest.Ingester, sources []ingest.Source) (ingest.Summary, error) {
	bar := e.bar(len(sources), "reading")
	summary, err := in.Ingest(ctx, sources, func(p ingest.Progress) {
		if p.Entry == nil {
			bar.Describe("making vectors")
			return
		}
		_ = bar.Set(p.Done) // a bar that cannot be drawn is no reason to stop
	})
	_ = bar.Finish()
	return summary, err
}

// bar is a progress bar on a terminal, and nothing elsewhere.
func (e *env) bar(n int, doing string) *progressbar.ProgressBar {
	return progressbar.NewOptions(n,
		progressbar.OptionSetWriter(e.err), progressbar.OptionSetVisibility(isTerminal(e.err)),
		progressbar.OptionSetDescription(doing), progressbar.OptionShowCount(), progressbar.OptionSetElapsedTime(true),
		progressbar.OptionClearOnFinish())
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func printSummary(w io.Writer, s ingest.Summary) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
	for _, d := range s.Entries {
		switch {
		case d.Failure != nil:
			line("%-9s  %s\n           %s: %s\n", d.Result, d.Source, d.Failure.Code, d.Failure.Message)
		case d.SameAs != "":
			line("%-9s  %s (the same file as %s)\n", d.Result, d.Source, d.SameAs)
		case d.Result == ingest.Unchanged:
			line("%-9s  %s\n", d.Result, d.Source)
		default:
			line("%-9s  %s: %d pages, %d chunks\n", d.Result, d.Source, d.Pages, d.Chunks)
		}
	}
	line("%d added, %d replaced, %d unchanged, %d failed\n",
		s.Count(ingest.Added), s.Count(ingest.Replaced), s.Count(ingest.Unchanged), s.Count(ingest.Failed))
}
