package postgres_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// At a small size the measurement shows that nothing goes wrong: documents are replaced
// while queries go on, recall stays, filters are exact.
func TestSearchingWhileDocumentsAreReplaced(t *testing.T) {
	place, err := postgres.NewEvaluationCorpus(t.Context(), postgrestest.URL(t), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := place.Close(); err != nil {
			t.Error(err)
		}
	}()
	r, err := evaluate.Scale{
		Corpus: place, Analyzer: retrieval.NewAnalyzer(dutch.NewCompounds()), WordList: strings.NewReader(""),
		Chunks: 2400, Dimensions: 32, Queries: 20, Connections: []int{1, 4}, Seed: 3, Graph: true, Changes: true, Logger: slog.New(slog.DiscardHandler),
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Chunks != 2400 || r.IndexBytes == 0 || r.GraphBytes == 0 || len(r.Concurrent) != 2 {
		t.Errorf("measured %+v", r)
	}
	if !r.FilterExact || r.FilterShare <= 0 {
		t.Errorf("filtered by %.4f: exact %t", r.FilterShare, r.FilterExact)
	}
	if r.Replacing.Queries == 0 || r.Replacing.Failed != 0 || r.Replacing.Deleted != 0 || r.ChurnFailed != 0 {
		t.Errorf("while documents were replaced: %+v, %d failed when more were", *r.Replacing, r.ChurnFailed)
	}
	if r.Churned == 0 || r.Recall < .95 || r.ChurnRecall < .95 {
		t.Errorf("%d replaced; recall %.3f, %.3f after", r.Churned, r.Recall, r.ChurnRecall)
	}
}
