package postgres

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

func TestSupersededDocuments(t *testing.T) {
	old := corpus.Publication{ID: "oud", Document: "oud-document"}
	unread := corpus.Publication{ID: "ongelezen"}
	newer := corpus.Publication{ID: "nieuw", Document: "nieuw-document"}
	newer.Title, newer.Date = "Nieuw", "2023"
	newer.Relations = []corpus.Relation{
		{Kind: corpus.Supersedes, Publication: "oud"}, {Kind: corpus.Supersedes, Publication: "ongelezen"},
		{Kind: corpus.Confirms, Publication: "nieuw"}, {Kind: corpus.Supersedes, Target: "onbekend"},
	}
	want := map[string]corpus.DocumentRef{"oud-document": {ID: "nieuw-document", Title: "Nieuw", Date: "2023"}}
	if diff := cmp.Diff(want, superseded([]corpus.Publication{old, unread, newer})); diff != "" {
		t.Error(diff)
	}
}
