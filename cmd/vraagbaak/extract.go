package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

type extractCommand struct {
	PDFSettings
	File string `arg:"" help:"PDF, Markdown or text file." type:"path"`
	JSON bool   `help:"Print pages with headings and footnotes as JSON." name:"json"`
}

// Help is the command's example.
func (*extractCommand) Help() string {
	return "Example:\n\n  vraagbaak extract --json advies.pdf"
}

func (c *extractCommand) Run(ctx context.Context, e *env) error {
	content, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	x, err := e.extractor(c.PDFSettings, 1)
	if err != nil {
		return err
	}
	defer func() { _ = x.Close() }() // the child has nothing to lose
	doc, err := x.Extract(ctx, filepath.Base(c.File), content)
	if failure, ok := extract.AsFailure(err); ok {
		return fmt.Errorf("%s: %s: %w", c.File, failure.Code, err)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(doc.Report())
	}
	for _, warning := range doc.Warnings {
		e.notef("%s\n", warning)
	}
	printPages(e.out, doc.Pages)
	return nil
}

// printPages writes pages for people: page numbers in the margin, headings marked.
func printPages(w io.Writer, pages []corpus.Page) {
	for _, p := range pages {
		_, _ = fmt.Fprintf(w, "--- page %d (%s), %s\n", p.Number, p.Label, p.Reader)
		for _, b := range p.Blocks {
			_, _ = fmt.Fprintf(w, "%-11s %s\n", b.Kind, corpus.Slice(p.Text, b.Start, b.End))
		}
	}
}
