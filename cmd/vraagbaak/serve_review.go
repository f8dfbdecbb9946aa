package main

import (
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
)

// review lets staff judge answers, with sources from the search of the engine.
func (a *staffArea) review(x *engine) {
	a.Review = &office.ReviewConfig{Store: postgres.NewReviews(x.db.DB), Finder: x.search}
}
