package main

import (
	"context"
	"runtime/debug"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/mcp"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/research"
)

type mcpCommand struct {
	SearchSettings
	PublicURL string `help:"Address of the website (scheme://host) where the permalinks lead to." name:"public-url" env:"VRAAGBAAK_PUBLIC_URL" default:"http://localhost:8080" placeholder:"URL"`
}

// Help is the command's example.
func (*mcpCommand) Help() string {
	return "An assistant starts this command and talks with it by the Model Context Protocol; its settings name the command and its arguments.\n\n" +
		"Example:\n\n  vraagbaak mcp --data-dir /var/lib/vraagbaak --public-url https://vraagbaak.example.org"
}

func (c *mcpCommand) Run(ctx context.Context, e *env) error {
	x, err := e.open(ctx, AnswerSettings{SearchSettings: c.SearchSettings}, 4)
	if err != nil {
		return err
	}
	defer x.close(e)
	x.follow(ctx, e)
	if err := x.caughtUp(ctx); err != nil {
		return err
	}
	return x.mcp(e, x.research(e), c.PublicURL).Serve(ctx, e.in, e.out)
}

// mcp is what answers assistants, with permalinks on the website at publicURL.
func (x *engine) mcp(e *env, subjects *research.Service, publicURL string) *mcp.Server {
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	return mcp.New(mcp.Config{
		Research: subjects, Search: x.search, Mask: masked, Library: shelf{postgres.NewLibrary(x.db.DB)},
		Closed:    func() string { return x.editorial.Closed("en") },
		PublicURL: publicURL, Version: version, Logger: e.log,
	})
}

// shelf is the library as assistants read it.
type shelf struct{ *postgres.Library }

// Page implements mcp.Library.
func (s shelf) Page(ctx context.Context, document string, version, page int) (corpus.Document, corpus.Page, error) {
	p, err := s.Library.Page(ctx, document, version, page)
	return p.Document, p.Page, err
}
