package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
)

type documentsCommand struct {
	Failed bool `help:"Only the documents that could not be read."`
	JSON   bool `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*documentsCommand) Help() string {
	return "Example:\n\n  vraagbaak documents --failed"
}

// documentsResult is what documents --json prints.
type documentsResult struct {
	Documents []corpus.Document `json:"documents"`
}

func (c *documentsCommand) Run(ctx context.Context, e *env) error {
	d, err := e.connect(ctx, 2)
	if err != nil {
		return err
	}
	defer d.Close(e.log)
	store, err := postgres.NewIngestStore(d.DB)
	if err != nil {
		return err
	}
	all, err := store.Documents(ctx)
	if err != nil {
		return err
	}
	shown := []corpus.Document{}
	for _, doc := range all {
		if !c.Failed || doc.Failure != nil {
			shown = append(shown, doc)
		}
	}
	if c.JSON {
		return e.printJSON(documentsResult{shown})
	}
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) } // Flush reports
	row("ID\tTITLE\tNUMBER\tDATE\tVERSION\tPAGES\tCHUNKS\tSTATUS\n")
	for _, doc := range shown {
		row("%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", doc.ID, shorten(doc.Title, 50), doc.Number, doc.Date, doc.Version, doc.Pages, doc.Chunks, doc.Status)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, doc := range shown {
		if doc.Failure != nil {
			e.printf("\n%s (%s)\n  %s: %s\n", doc.ID, doc.Source, doc.Failure.Code, doc.Failure.Message)
		}
	}
	return nil
}
