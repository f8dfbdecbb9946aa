package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"time"

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

// WebSettings are the flags of commands that read from the web.
type WebSettings struct {
	AllowHost []string      `help:"Another host that may be redirected to or named by a sitemap." placeholder:"HOST"`
	Private   bool          `help:"Also fetch from addresses inside the own network." name:"allow-private"`
	Delay     time.Duration `help:"Between two requests to one host, at least; a website may ask for more in robots.txt." default:"1s" placeholder:"TIME"`
	UserAgent string        `help:"Name to go by on the web and in robots.txt." default:"vraagbaak" env:"VRAAGBAAK_USER_AGENT" placeholder:"NAME"`
}

func (s WebSettings) web() ingest.FetchOptions {
	return ingest.FetchOptions{Hosts: s.AllowHost, AllowPrivate: s.Private, Delay: s.Delay, UserAgent: s.UserAgent}
}

// FetchSettings are the flags of commands that find documents on the web.
type FetchSettings struct {
	WebSettings
	Match   string `help:"Of a sitemap, only the addresses that match this regular expression." placeholder:"REGEXP"`
	NoFetch bool   `help:"Do not fetch the documents that a catalogue has an address of."`
}

func (s FetchSettings) options() (ingest.FetchOptions, error) {
	o := s.web()
	o.Never = s.NoFetch
	if s.Match != "" {
		match, err := regexp.Compile(s.Match)
		if err != nil {
			return o, usagef("--match: %v", err)
		}
		o.Match = match
	}
	return o, nil
}

type ingestCommand struct {
	SearchSettings
	ReadSettings
	FetchSettings
	Hold  bool     `help:"Read new versions, but keep them out of the answers until somebody publishes them in the staff area."`
	Paths []string `arg:"" name:"path" help:"Files, folders, addresses, sitemaps (addresses of .xml) or catalogues (.csv, .json, .yaml)."`
	JSON  bool     `help:"Print the summary as JSON." name:"json"`
}

// Help is the command's example.
func (*ingestCommand) Help() string {
	return "Example:\n\n  vraagbaak ingest ~/adviezen https://example.org/advies.pdf\n" +
		"  vraagbaak ingest --match '/adviezen/' https://example.org/sitemap.xml\n  vraagbaak ingest catalogus.csv\n  vraagbaak ingest --hold nieuwe-versie.pdf"
}

func (c *ingestCommand) Run(ctx context.Context, e *env) error {
	fetch, err := c.options()
	if err != nil {
		return err
	}
	return e.reading(ctx, c.SearchSettings, c.ReadSettings, fetch, func(in *ingest.Ingester) error {
		sources, err := in.Find(ctx, c.Paths)
		if err != nil {
			return err
		}
		for i := range sources {
			sources[i].Hold = c.Hold
		}
		summary, err := e.ingest(ctx, in, sources)
		if err != nil {
			return err
		}
		return e.report(summary, c.JSON)
	})
}

// report prints what became of documents; failures make the command fail.
func (e *env) report(summary ingest.Summary, asJSON bool) error {
	if asJSON {
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
	progress, finish := e.progress()
	defer finish()
	return in.Ingest(ctx, sources, progress)
}

// progress shows on a terminal how far documents are.
func (e *env) progress() (show func(ingest.Progress), finish func()) {
	bar := e.bar(-1, "reading")
	show = func(p ingest.Progress) {
		if p.Entry == nil {
			bar.Describe("making vectors")
			return
		}
		bar.ChangeMax(p.Total)
		_ = bar.Set(p.Done) // a bar that cannot be drawn is no reason to stop
	}
	return show, func() { _ = bar.Finish() }
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
			held := ""
			if d.Held {
				held = ", held until it is published"
			}
			line("%-9s  %s: %d pages, %d chunks%s\n", d.Result, d.Source, d.Pages, d.Chunks, held)
		}
		for _, w := range d.Warnings {
			line("           %s\n", w)
		}
	}
	if len(s.Entries) > 0 || s.Publications == 0 {
		line("%d added, %d replaced, %d unchanged, %d failed\n",
			s.Count(ingest.Added), s.Count(ingest.Replaced), s.Count(ingest.Unchanged), s.Count(ingest.Failed))
	}
	if n := s.Count(ingest.Skipped); n > 0 {
		line("%d skipped: their addresses do not give the document\n", n)
	}
	if s.Publications > 0 {
		line("%d publications in the catalogue\n", s.Publications)
	}
}
