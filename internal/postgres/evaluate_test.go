package postgres_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

func TestRetrievalSetIsMeasuredInASchemaOfItsOwn(t *testing.T) {
	url := postgrestest.URL(t)
	rng := rand.New(rand.NewPCG(1, 2))
	set := evaluate.RetrievalSet{Relevance: map[string]map[string]int{}}
	for i := range 60 {
		doc := fmt.Sprintf("Doc %d/é", i)
		set.Passages = append(set.Passages,
			evaluate.Passage{ID: doc + "#0", Doc: doc, Title: fmt.Sprintf("onderwerp%d", i), Text: topicText(rng, i%6)},
			evaluate.Passage{ID: doc + "#1", Doc: doc, Title: fmt.Sprintf("onderwerp%d", i), Text: topicText(rng, i%6) + "\x00"})
		if i%10 == 0 {
			set.Queries = append(set.Queries, evaluate.SetQuery{ID: fmt.Sprint(i), Text: fmt.Sprintf("Waar gaat onderwerp%d over?", i)})
			set.Relevance[fmt.Sprint(i)] = map[string]int{doc: 1}
		}
	}
	corpus, err := postgres.NewEvaluationCorpus(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := evaluate.RunRetrieval(t.Context(), evaluate.RetrievalRun{Set: set, Corpus: corpus,
		Analyzer: retrieval.NewAnalyzer(dutch.NewCompounds()), Compare: true, Ablate: true})
	if err != nil {
		t.Fatal(err)
	}
	if want := (evaluate.RetrievalScores{NDCG10: 1, Recall10: 1, Recall100: 1, MRR10: 1}); result.RetrievalScores != want {
		t.Errorf("scores %+v", result.RetrievalScores)
	}
	if result.Queries != 6 || result.Passages != 120 || len(result.Rankings) != 5+len(retrieval.Signals()) {
		t.Errorf("result %+v", result)
	}
	for _, row := range result.Rankings {
		if row.NDCG10 == 0 {
			t.Errorf("%s found nothing", row.Ranking)
		}
	}
	if err := corpus.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var schemas, chunks int
	if err := db.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'evaluation%'), (SELECT count(*) FROM chunks)`).Scan(&schemas, &chunks); err != nil {
		t.Fatal(err)
	}
	if schemas != 0 || chunks != 0 {
		t.Errorf("%d schemas are left, %d chunks in the product's own", schemas, chunks)
	}
}

// The floor under the ranking of Dutch government questions, without vectors so that
// it takes seconds: a change that falls through it made searching worse.
func TestRankingOfGovernmentQuestions(t *testing.T) {
	const dir = "../../../shared/bench/govfaq"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED, the ranking is not measured: %v", err)
	}
	set, err := evaluate.OpenRetrievalSet(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	corpus, err := postgres.NewEvaluationCorpus(t.Context(), postgrestest.URL(t), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := corpus.Close(); err != nil {
			t.Error(err)
		}
	}()
	compounds := dutch.NewCompounds()
	if f, err := os.Open("/usr/share/dict/dutch"); err != nil {
		t.Skipf("SKIPPED, compounds are not split without the word list of wdutch: %v", err)
	} else if err := errors.Join(compounds.Read(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	analyzer := retrieval.NewAnalyzer(compounds)
	ids, err := corpus.Load(t.Context(), set.Passages, analyzer.Document)
	if err != nil {
		t.Fatal(err)
	}
	docs := make(map[int64]string, len(ids))
	for i, id := range ids {
		docs[id] = set.Passages[i].Doc
	}
	service, err := retrieval.NewService(retrieval.Config{Store: corpus, Analyzer: analyzer})
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	scores, err := set.Rank(t.Context(), service, docs)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v, %+v", scores, service.Stats())
	if scores.NDCG10 < 0.68 || scores.Recall100 < 0.95 {
		t.Errorf("nDCG@10 %.4f, recall@100 %.4f", scores.NDCG10, scores.Recall100)
	}
}
