package main

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

type askCommand struct {
	AnswerSettings
	Question []string          `arg:"" help:"The question."`
	Lang     string            `help:"Language of the answer: nl or en; by default that of the question." enum:",nl,en" default:"" placeholder:"LANG"`
	Filter   map[string]string `help:"Answer only from these: document=ID, type=TYPE, year=2014 or year=2010-2015." placeholder:"K=V" mapsep:"none"`
	JSON     bool              `help:"Print the whole answer as JSON." name:"json"`
}

// Help is the command's example.
func (*askCommand) Help() string {
	return "Example:\n\n  vraagbaak ask \"Hoeveel leden heeft de SER?\""
}

// askTimeout bounds one question on the command line.
const askTimeout = 2 * time.Minute

func (c *askCommand) Run(ctx context.Context, e *env) error {
	question := oneLine(c.Question)
	if question == "" {
		return usagef("what is the question? Example: vraagbaak ask \"Wat is de SER?\"")
	}
	if n := utf8.RuneCountInString(question); n > chat.MaxQuestion {
		return usagef("the question has %d characters; at most %d are allowed", n, chat.MaxQuestion)
	}
	filter, err := parseFilters(c.Filter)
	if err != nil {
		return err
	}
	x, err := e.loaded(ctx, c.AnswerSettings, 4)
	if err != nil {
		return err
	}
	defer x.close(e)
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := x.editorial.Refresh(ctx); err != nil {
		return err
	}
	masked, kinds := chat.Mask(question)
	a, err := x.answers.Answer(ctx, answer.Request{
		ID: uuid.NewString(), Conversation: uuid.NewString(), Question: masked, Lang: c.Lang, Filter: filter,
	}, nil)
	if err != nil {
		return err
	}
	a.Masked = kinds
	if c.JSON {
		return e.printJSON(a)
	}
	e.printAnswer(a)
	return nil
}

// printAnswer shows an answer with its sources and notes in a terminal.
func (e *env) printAnswer(a corpus.Answer) {
	e.printf("%s\n", a.Text)
	heading, page, ocr := "Bronnen", "p.", "tekst door OCR, %.0f%% zeker"
	if a.Lang == "en" {
		heading, ocr = "Sources", "text read by OCR, %.0f%% certain"
	}
	if len(a.Citations) > 0 {
		e.printf("\n%s\n", heading)
	}
	for _, c := range a.Citations {
		e.printf("[%d] %s, %s %s", c.N, c.Document.Title, page, c.PageLabel)
		if c.Document.Date != "" {
			e.printf(" (%s)", c.Document.Date)
		}
		if c.Reader == corpus.ReaderOCR {
			e.printf(" ["+ocr+"]", c.OCRConfidence)
		}
		e.printf("\n    “%s”\n", shorten(c.Quote, 400))
	}
	if notes := chat.Notes(a); len(notes) > 0 {
		e.printf("\n%s\n", strings.Join(notes, "\n"))
	}
}
