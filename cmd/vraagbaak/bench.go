package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/ser-nl/vraagbaak/ingest/extract"
)

type benchCommand struct {
	Extract   benchExtractCommand   `cmd:"" help:"Measure extraction beside pdftotext and the light reader."`
	Chat      benchChatCommand      `cmd:"" help:"Measure the time to the first sentence with many conversations at once, beside a bare SQL round trip."`
	Retrieval benchRetrievalCommand `cmd:"" help:"Measure search on a made corpus of any size, beside bare searches of the vector graph."`
}

type benchExtractCommand struct {
	Dir  string `arg:"" help:"Folder with PDF files and truth.json." type:"path"`
	JSON bool   `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*benchExtractCommand) Help() string {
	return "Example:\n\n  vraagbaak bench extract data/extraction"
}

func (c *benchExtractCommand) Run(ctx context.Context, e *env) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	table, err := extract.Evaluate(ctx, c.Dir, extract.Options{Command: []string{program, extractChild}, CacheDir: filepath.Join(e.DataDir, "cache"), Logger: e.log})
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(table)
	}
	e.printf("%s", table)
	return nil
}
