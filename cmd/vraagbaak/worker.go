package main

import (
	"context"

	"github.com/ser-nl/vraagbaak/ingest"
)

type workerCommand struct {
	SearchSettings
	ReadSettings
}

// Help is the command's example.
func (*workerCommand) Help() string {
	return "Example:\n\n  vraagbaak worker --workers 4 --database-url postgres://vraagbaak@db/vraagbaak"
}

func (c *workerCommand) Run(ctx context.Context, e *env) error {
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
	e.log.Info("working on ingest jobs", "workers", workers)
	if err := in.Work(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}
