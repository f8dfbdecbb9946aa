package main

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/research"
)

// research is the part of the engine that follows subjects through the years.
func (x *engine) research(e *env) *research.Service {
	return research.New(research.Config{
		Store: postgres.NewResearchStore(x.db.DB), Lists: postgres.NewLists(x.db.DB), Search: x.search, Analyse: x.analyzer.Terms, Answers: x.answers, Mask: masked, Logger: e.log,
	})
}

// masked is a text without personal data, as conversations are stored.
func masked(text string) string {
	text, _ = chat.Mask(text)
	return text
}

type historyCommand struct {
	SearchSettings
	Topic  []string          `arg:"" help:"The subject to follow."`
	Filter map[string]string `help:"Narrow the history: year=1953-1969, type, commission, theme, section, speaker, language or division=unanimous|divided; several values with commas." placeholder:"K=V" mapsep:"none"`
	Page   int               `help:"Part of a long history, from 1." default:"1"`
	JSON   bool              `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*historyCommand) Help() string {
	return "Example:\n\n  vraagbaak history --filter year=1953-1969 loonpolitiek"
}

func (c *historyCommand) Run(ctx context.Context, e *env) error {
	topic := oneLine(c.Topic)
	if topic == "" {
		return usagef("which subject? Example: vraagbaak history loonpolitiek")
	}
	q, err := research.ParseFilters(c.Filter)
	if err != nil {
		return usagef("%v", err)
	}
	if c.Page < 1 {
		return usagef("--page counts from 1")
	}
	q.Page = c.Page
	x, err := e.loaded(ctx, AnswerSettings{SearchSettings: c.SearchSettings}, 4)
	if err != nil {
		return err
	}
	defer x.close(e)
	r := x.research(e)
	h, err := r.History(ctx, topic, q)
	for err == nil && h.Unread > 0 { // documents that nobody read for mentions yet
		e.notef("Reading %d more documents for mentions …\n", h.Unread)
		h, err = r.History(ctx, topic, q)
	}
	var user *corpus.UserError
	if errors.As(err, &user) && (user.Code == corpus.CodeBadMessage || user.Code == corpus.CodeTooLong) {
		return usagef("%s", user.Message)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(h)
	}
	e.printHistory(h)
	return nil
}

type evalHistoryCommand struct {
	SearchSettings
	Set  string `arg:"" help:"Research questions as JSON Lines." type:"path"`
	JSON bool   `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*evalHistoryCommand) Help() string {
	return "Example:\n\n  vraagbaak eval history ingest/demo/research.jsonl"
}

func (c *evalHistoryCommand) Run(ctx context.Context, e *env) error {
	set, err := readFile(c.Set, research.ReadQuestions)
	if err != nil {
		return err
	}
	x, err := e.loaded(ctx, AnswerSettings{SearchSettings: c.SearchSettings}, 4)
	if err != nil {
		return err
	}
	defer x.close(e)
	result, err := x.research(e).Evaluate(ctx, set)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(result)
	}
	for _, one := range result.Cases {
		for name, list := range map[string][]string{"missed": one.Missed, "wrong": one.Wrong, "not quoted": one.Unquoted, "division": one.Division} {
			if len(list) > 0 {
				e.printf("%-24s %s: %s\n", one.ID, name, strings.Join(list, "; "))
			}
		}
		if !one.Order {
			e.printf("%-24s not in order: %s\n", one.ID, strings.Join(one.Found, ", "))
		}
	}
	e.printf("%d questions: recall %.3f, precision %.3f, in order %.3f, positions quoted %.3f, division right %.3f\n",
		result.Questions, result.Recall, result.Precision, result.Ordered, result.Quoted, result.Division)
	return nil
}

// printHistory shows a history as a table of years, for people.
func (e *env) printHistory(h research.History) {
	if len(h.Entries) == 0 {
		e.notef("Nothing found about %s.\n", h.Topic)
		return
	}
	if h.Partly {
		e.notef("No publication is about all of %s; these are about a part of it.\n", h.Topic)
	}
	if h.Pages > 1 {
		e.notef("Part %d of %d; --page shows another one.\n", h.Page, h.Pages)
	}
	gaps := h.Gaps
	for _, entry := range h.Entries {
		p := entry.Publication
		for len(gaps) > 0 && gaps[0].To < p.Date.Year() {
			e.printf("%d–%d  (geen publicatie in de catalogus)\n\n", gaps[0].From, gaps[0].To)
			gaps = gaps[1:]
		}
		e.printf("%-10s  %s\n", cmp.Or(string(p.Date), "?"), nameOf(p))
		var about []string
		if p.Type != "" {
			about = append(about, p.Type)
		}
		if p.Commission != "" {
			about = append(about, "commissie "+p.Commission)
		}
		switch {
		case p.DemoSummary:
			about = append(about, "alleen als demosamenvatting in het corpus")
		case !p.InCorpus:
			about = append(about, "niet in het corpus")
		}
		if len(about) > 0 {
			e.printf("            %s\n", strings.Join(about, " · "))
		}
		for _, position := range entry.Positions {
			e.printf("            “%s”%s\n", strings.ReplaceAll(position.Sentence, "\n", " "), whoSays(position.Speaker))
			e.printf("              %s, p. %s  %s\n", position.Citation.Document.Title, position.Citation.PageLabel, position.Citation.URL)
		}
		if len(entry.Positions) == 0 && p.Summary != "" {
			e.printf("            Volgens de catalogus: %s\n", p.Summary)
		}
		for _, d := range entry.Divisions {
			e.printf("            %s: “%s”  %s\n", divisionNames[d.Kind], strings.ReplaceAll(d.Citation.Quote, "\n", " "), d.Citation.URL)
		}
		for _, l := range entry.Links {
			e.printf("            %s %s%s\n", linkName(l), nameOf(l.Target), map[bool]string{true: " (catalogus)"}[l.InCatalogue])
		}
		e.printf("\n")
	}
	for _, g := range gaps {
		e.printf("%d–%d  (geen publicatie in de catalogus)\n\n", g.From, g.To)
	}
}

var divisionNames = map[string]string{research.Unanimous: "Unaniem", research.Divided: "Verdeeld", research.Minority: "Minderheid"}

// nameOf is what a publication is called: its number and title, or its address.
func nameOf(p research.Publication) string {
	name := cmp.Or(p.Title, p.Original, "publicatie")
	if p.Number != "" && p.Title != "" {
		return p.Number + "  " + p.Title
	}
	if p.Number != "" {
		return p.Number
	}
	return name
}

func whoSays(s corpus.Speaker) string {
	if s == "" {
		return ""
	}
	return "  [" + string(s) + "]"
}

// linkName says how a link leads, read from the publication that has it.
func linkName(l research.Link) string {
	names := map[corpus.RelationKind][2]string{
		corpus.Supersedes: {"vervangt", "vervangen door"}, corpus.Revises: {"herziet", "herzien door"},
		corpus.Confirms: {"bevestigt", "bevestigd door"}, corpus.Reply: {"beantwoord met", "antwoord op"},
	}
	name := names[l.Kind]
	if l.Incoming {
		return name[1]
	}
	return name[0]
}
