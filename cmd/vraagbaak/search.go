package main

import (
	"context"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

type searchCommand struct {
	SearchSettings
	Query  []string          `arg:"" help:"What to look for."`
	Limit  int               `help:"At most so many passages, 1 to 1000." default:"10" placeholder:"N"`
	Filter map[string]string `help:"Narrow the search: document=ID, type=TYPE, year=2014 or year=2010-2015." placeholder:"K=V" mapsep:"none"`
	Lang   string            `help:"Language of the query: nl or en." default:"nl" enum:"nl,en"`
	JSON   bool              `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*searchCommand) Help() string {
	return "Example:\n\n  vraagbaak search --limit 5 --filter year=2010-2020 flexibele arbeid"
}

// searchResult is what search --json prints.
type searchResult struct {
	Query    string           `json:"query"`
	Corpus   string           `json:"corpus"`
	Passages []corpus.Passage `json:"passages"`
}

func (c *searchCommand) Run(ctx context.Context, e *env) error {
	query := oneLine(c.Query)
	if query == "" {
		return usagef("what should be looked for? Example: vraagbaak search overlegeconomie")
	}
	if c.Limit < 1 || c.Limit > 1000 {
		return usagef("--limit %d: use a number from 1 to 1000", c.Limit)
	}
	filter, err := parseFilters(c.Filter)
	if err != nil {
		return err
	}
	x, err := e.loaded(ctx, AnswerSettings{SearchSettings: c.SearchSettings}, 4)
	if err != nil {
		return err
	}
	defer x.close(e)
	passages, err := x.search.Search(ctx, retrieval.Query{Text: query, Lang: c.Lang, Filter: filter, Limit: c.Limit})
	if err != nil {
		return err
	}
	if c.JSON {
		if passages == nil {
			passages = []corpus.Passage{}
		}
		return e.printJSON(searchResult{Query: query, Corpus: x.search.State(), Passages: passages})
	}
	if len(passages) == 0 {
		e.notef("Nothing found.\n")
	}
	for i, p := range passages {
		e.printf("%d. %s — p. %s  (%.3f)", i+1, p.Document.Title, p.PageLabel, p.Score)
		if p.Reader == corpus.ReaderOCR {
			e.printf("  [text read by OCR, %.0f%% certain]", p.OCRConfidence)
		}
		e.printf("\n")
		if len(p.Heading) > 0 {
			e.printf("   %s\n", strings.Join(p.Heading, " › "))
		}
		e.printf("   %s\n\n", shorten(strings.ReplaceAll(p.Text, "\n", " "), 300))
	}
	return nil
}

// shorten cuts text to at most n characters, at a space.
func shorten(text string, n int) string {
	cut := corpus.Slice(text, 0, n)
	if len(cut) == len(text) {
		return text
	}
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return cut + " …"
}
