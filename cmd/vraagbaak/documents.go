package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
)

type documentsCommand struct {
	Failed    bool   `help:"Only the documents that could not be read." xor:"what"`
	Retry     bool   `help:"Read the failed documents again." xor:"what"`
	Withdraw  string `help:"Take a document out of the answers; its citations keep resolving." xor:"what" placeholder:"ID"`
	Restore   string `help:"Undo --withdraw." xor:"what" placeholder:"ID"`
	Versions  string `help:"The versions of a document." xor:"what" placeholder:"ID"`
	Catalogue bool   `help:"The publications of the catalogue, with or without a document." xor:"what"`
	Progress  bool   `help:"How far the reading of documents is." xor:"what"`
	JSON      bool   `help:"Print JSON." name:"json"`

	SearchSettings
	ReadSettings
	WebSettings
}

// Help is the command's example.
func (*documentsCommand) Help() string {
	return "Example:\n\n  vraagbaak documents --failed\n  vraagbaak documents --retry\n  vraagbaak documents --withdraw een-advies\n\n" +
		"The flags from --embeddings-url on are for --retry, which reads addresses with those given and not with those of the\n" +
		"ingest that failed. Documents that an older version of the program read are read again by serve and worker themselves."
}

// documentsResult is what documents --json prints.
type documentsResult struct {
	Documents []corpus.Document `json:"documents"`
}

// versionsResult is what documents --versions --json prints.
type versionsResult struct {
	Document string                   `json:"document"`
	Versions []corpus.DocumentVersion `json:"versions"`
}

// catalogueResult is what documents --catalogue --json prints.
type catalogueResult struct {
	Publications []corpus.Publication `json:"publications"`
}

// statusResult is what documents --withdraw and --restore print with --json.
type statusResult struct {
	Document string `json:"document"`
	Status   string `json:"status"`
}

func (c *documentsCommand) Run(ctx context.Context, e *env) error {
	if c.Retry {
		return c.retry(ctx, e)
	}
	d, err := e.connect(ctx, 2)
	if err != nil {
		return err
	}
	defer d.Close(e.log)
	store, err := postgres.NewIngestStore(d.DB)
	if err != nil {
		return err
	}
	switch {
	case c.Withdraw != "":
		return c.setStatus(e, c.Withdraw, "withdrawn", store.Withdraw(ctx, c.Withdraw))
	case c.Restore != "":
		return c.setStatus(e, c.Restore, "restored", store.Restore(ctx, c.Restore))
	case c.Versions != "":
		return c.versions(ctx, e, store)
	case c.Catalogue:
		return c.catalogue(ctx, e, store)
	case c.Progress:
		return c.progress(ctx, e, store)
	}
	return c.list(ctx, e, store)
}

func (c *documentsCommand) list(ctx context.Context, e *env, store *postgres.IngestStore) error {
	shown, err := store.Documents(ctx)
	if err != nil {
		return err
	}
	if c.Failed {
		all := shown
		shown = []corpus.Document{}
		for _, doc := range all {
			if doc.Failure != nil {
				shown = append(shown, doc)
			}
		}
		unopened, err := store.UnopenedDocuments(ctx)
		if err != nil {
			return err
		}
		shown = append(shown, unopened...)
	}
	if c.JSON {
		if shown == nil {
			shown = []corpus.Document{}
		}
		return e.printJSON(documentsResult{shown})
	}
	err = e.table("ID\tTITLE\tNUMBER\tISBN\tDATE\tTYPE\tCOMMISSION\tTHEMES\tVERSION\tPAGES\tCHUNKS\tSTATUS\n", func(row func(string, ...any)) {
		for _, doc := range shown {
			if doc.ID != "" {
				row("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", doc.ID, shorten(doc.Title, 50), doc.Number, doc.ISBN, doc.Date, doc.Type,
					shorten(doc.Commission, 30), shorten(strings.Join(doc.Themes, ", "), 30), doc.Version, doc.Pages, doc.Chunks, doc.Status)
			}
		}
	})
	if err != nil {
		return err
	}
	for _, doc := range shown {
		if len(doc.Warnings) > 0 {
			e.printf("\n%s (%s) was not read in full\n  %s\n", doc.ID, doc.Source, strings.Join(doc.Warnings, "\n  "))
		}
		switch {
		case doc.Failure == nil:
		case doc.ID == "":
			e.printf("\n%s (not opened)\n  %s: %s\n", doc.Source, doc.Failure.Code, doc.Failure.Message)
		default:
			e.printf("\n%s (%s)\n  %s: %s\n", doc.ID, doc.Source, doc.Failure.Code, doc.Failure.Message)
		}
	}
	return nil
}

// table prints rows in columns under a heading.
func (e *env) table(heading string, fill func(row func(format string, args ...any))) error {
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) } // Flush reports
	row("%s", heading)
	fill(row)
	return w.Flush()
}

func (c *documentsCommand) setStatus(e *env, document, status string, err error) error {
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(statusResult{document, status})
	}
	e.printf("%s: %s\n", document, status)
	return nil
}

func (c *documentsCommand) versions(ctx context.Context, e *env, store *postgres.IngestStore) error {
	versions, err := store.Versions(ctx, c.Versions)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(versionsResult{c.Versions, versions})
	}
	return e.table("VERSION\tSTATUS\tTITLE\tPAGES\tCHUNKS\tBYTES\tRECEIVED\tSHA-256\n", func(row func(string, ...any)) {
		for _, v := range versions {
			row("%d\t%s\t%s\t%d\t%d\t%d\t%s\t%.12s\n", v.Version, v.Status, shorten(v.Title, 50), v.Pages, v.Chunks, v.Bytes, v.Created.Format(time.DateTime), v.Digest)
		}
	})
}

func (c *documentsCommand) catalogue(ctx context.Context, e *env, store *postgres.IngestStore) error {
	publications, err := store.Publications(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		if publications == nil {
			publications = []corpus.Publication{}
		}
		return e.printJSON(catalogueResult{publications})
	}
	return e.table("ID\tNUMBER\tDATE\tTYPE\tTITLE\tCOMMISSION\tTHEMES\tDOCUMENT\n", func(row func(string, ...any)) {
		for _, p := range publications {
			document := p.Document
			if document == "" {
				document = "-"
			}
			row("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ID, p.Number, p.Date, p.Type, shorten(p.Title, 50), shorten(p.Commission, 30),
				shorten(strings.Join(p.Themes, ", "), 30), document)
		}
	})
}

// brokenOff is after how long without a sign of life an ingest is taken to have
// broken off.
const brokenOff = time.Minute

func (c *documentsCommand) progress(ctx context.Context, e *env, store *postgres.IngestStore) error {
	p, err := store.Progress(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(p)
	}
	e.printf("%d to be read, %d failed\n", p.Pending, p.Failed)
	if len(p.Batches) == 0 {
		return nil
	}
	return e.table("\nINGEST\tSTARTED\tDONE\tFAILED\tSTATUS\n", func(row func(string, ...any)) {
		for _, b := range p.Batches {
			status := "running"
			switch {
			case b.Finished != nil:
				status = "finished"
			case time.Since(b.Seen) > brokenOff:
				status = "broken off"
			}
			row("%d\t%s\t%d of %d\t%d\t%s\n", b.ID, b.Started.Format(time.DateTime), b.Done, b.Total, b.Failed, status)
		}
	})
}

func (c *documentsCommand) retry(ctx context.Context, e *env) error {
	return e.reading(ctx, c.SearchSettings, c.ReadSettings, c.web(), func(in *ingest.Ingester) error {
		progress, finish := e.progress()
		summary, err := in.Retry(ctx, progress)
		finish()
		if err != nil {
			return err
		}
		return e.report(summary, c.JSON)
	})
}
