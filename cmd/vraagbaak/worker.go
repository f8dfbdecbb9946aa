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
	return e.reading(ctx, c.SearchSettings, c.ReadSettings, ingest.FetchOptions{}, func(in *ingest.Ingester) error {
		e.log.Info("working on ingest jobs", "workers", c.workers())
		if err := in.Work(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		return nil
	})
}
