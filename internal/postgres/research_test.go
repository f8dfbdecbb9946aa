package postgres_test

import (
	"context"
	"slices"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/research"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// nothing finds no passages: mentions are what is tested here.
type nothing struct{}

func (nothing) Search(context.Context, retrieval.Query) ([]corpus.Passage, error) { return nil, nil }
func (nothing) State() string                                                     { return "" }

// What mentions what follows the corpus and the catalogue: a replaced text, a
// withdrawn one, an entry that comes later.
func TestMentionsFollowTheCorpus(t *testing.T) {
	b := newBench(t)
	ctx := testContext(t)
	s := research.New(research.Config{Store: &postgres.ResearchStore{IngestStore: b.store}, Search: nothing{}, Analyse: retrieval.NewAnalyzer(dutch.NewCompounds()).Terms})
	state := ""
	citedBy := func(want ...string) {
		t.Helper()
		g, err := s.Graph(ctx, "14/04")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range g.CitedBy {
			for _, c := range r.Citations {
				got = append(got, c.Quote)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("cited by %q, want %q", got, want)
		}
		if g.Corpus == state {
			t.Errorf("the state is still %s", state)
		}
		state = g.Corpus
	}
	catalogue := []corpus.Publication{{ID: "14-04", Metadata: corpus.Metadata{Title: "Convenanten", Number: "14/04", Date: "2014-04-25"}}}
	b.run(t, map[string]string{"a.txt": "De raad las advies 14/04 nog eens."})
	if _, err := s.Graph(ctx, "14/04"); err == nil {
		t.Error("a publication that is in no catalogue was found")
	}
	if err := b.store.SavePublications(ctx, catalogue); err != nil {
		t.Fatal(err)
	}
	citedBy("De raad las advies 14/04 nog eens.")
	b.run(t, map[string]string{"a.txt": "Later las de raad SER-advies 2014/04 opnieuw."})
	citedBy("Later las de raad SER-advies 2014/04 opnieuw.")
	documents, err := b.store.Documents(ctx)
	if err != nil || len(documents) != 1 {
		t.Fatal(documents, err)
	}
	if err := b.store.Withdraw(ctx, documents[0].ID); err != nil {
		t.Fatal(err)
	}
	citedBy()
	if err := b.store.Restore(ctx, documents[0].ID); err != nil {
		t.Fatal(err)
	}
	citedBy("Later las de raad SER-advies 2014/04 opnieuw.")
}
