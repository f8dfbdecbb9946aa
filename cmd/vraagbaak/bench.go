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
	History   benchHistoryCommand   `cmd:"" help:"Measure facets, search and timelines over a made catalogue of any size."`
	Retrieval benchRetrievalCommand `cmd:"" help:"Measure search on a made corpus of any size, beside bare searches of the vector graph."`
	Staff     benchStaffCommand     `cmd:"" help:"Measure the pages of the staff area over many made conversations."`
}

type benchExtractCommand struct {
	Dirs []string `arg:"" help:"Folders with PDF files; words and structure are measured where truth.json says what they hold." type:"existingdir"`
	JSON bool     `help:"Print JSON." name:"json"`
}

// Help says what is measured, with an example.
func (*benchExtractCommand) Help() string {
	return "Speed is processor time (user and system) of all processes that take part: for PDFium and the light reader this one and the child, with structure found; the least of three reads counts. " +
		"Files with pages that went to OCR are left out of the speed of every reader, because drawing and recognising pages says nothing of reading text, and pdftotext finds nothing on them. " +
		"The start of a child is told apart: it is paid once for all documents that the child reads.\n\n" +
		"Example:\n\n  vraagbaak bench extract data/extraction"
}

func (c *benchExtractCommand) Run(ctx context.Context, e *env) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	opts := extract.Options{Command: []string{program, extractChild}, CacheDir: filepath.Join(e.DataDir, "cache"), Logger: e.log}
	var all []extract.Evaluation
	for _, dir := range c.Dirs {
		table, err := extract.Evaluate(ctx, dir, opts)
		if err != nil {
			return err
		}
		if !c.JSON {
			e.printf("%s\n", table)
		}
		all = append(all, table)
	}
	if c.JSON {
		return e.printJSON(all)
	}
	if len(all) > 1 {
		e.printf("all folders together\n%s", extract.Together(all).Speeds())
	}
	return nil
}
