package main

import (
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/research"
)

// research is the part of the engine that follows subjects through the years.
func (x *engine) research(e *env) *research.Service {
	return research.New(research.Config{
		Store: postgres.NewResearchStore(x.db.DB), Search: x.search, Analyse: x.analyzer.Terms, Answers: x.answers, Logger: e.log,
	})
}
