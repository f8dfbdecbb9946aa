package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math"
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
	if result.Queries != 6 || result.Passages != 120 || len(result.Rankings) != 6+2*len(retrieval.Signals())+2*len(retrieval.Steps()) {
		t.Errorf("result %+v", result)
	}
	var added float64
	for _, row := range result.Rankings {
		if row.NDCG10 == 0 {
			t.Errorf("%s found nothing", row.Ranking)
		}
		if row.P <= 0 || row.P > 1 {
			t.Errorf("%s has p %g", row.Ranking, row.P)
		}
		switch row.Part {
		case evaluate.PartAdded:
			if row.Difference == 0 && added == 0 {
				added = row.NDCG10
			}
			added += row.Difference
		case evaluate.PartCompare, evaluate.PartWithout:
		}
	}
	// Every point above plain BM25 is some step's.
	if math.Abs(added-result.NDCG10) > 1e-9 {
		t.Errorf("the steps add up to %g, the ranking has %g", added, result.NDCG10)
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

// An evaluation that was killed leaves its schema behind until the next one; those
// under way keep theirs, and schemas of others with a name alike are left alone.
func TestEvaluationsLeftBehindAreRemoved(t *testing.T) {
	url := postgrestest.URL(t)
	running, err := postgres.NewEvaluationCorpus(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Pool().Exec(t.Context(), `CREATE SCHEMA evaluation_0123abcd; CREATE TABLE evaluation_0123abcd.t (i int); CREATE SCHEMA evaluation_of_others`); err != nil {
		t.Fatal(err)
	}
	schemas := func() (n int) {
		t.Helper()
		if err := db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'evaluation%'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	next, err := postgres.NewEvaluationCorpus(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := schemas(); n != 3 {
		t.Errorf("%d schemas, want those of the two evaluations and of others", n)
	}
	// What kill -9 does to a process's connections.
	if _, err := db.Pool().Exec(t.Context(), `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	if err := running.Close(); err == nil {
		t.Error("closing without a connection reports nothing")
	}
	_ = next.Close() // likewise
	last, err := postgres.NewEvaluationCorpus(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := schemas(); n != 2 {
		t.Errorf("%d schemas, want that of the last evaluation and of others", n)
	}
	if err := last.Close(); err != nil {
		t.Fatal(err)
	}
	if n := schemas(); n != 1 {
		t.Errorf("%d schemas, want that of others", n)
	}
	cut, stop := context.WithCancel(t.Context())
	stop()
	if _, err := postgres.NewEvaluationCorpus(cut, url, postgres.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cut off at once: %v", err)
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
	if scores.NDCG10 < 0.70 || scores.Recall100 < 0.95 {
		t.Errorf("nDCG@10 %.4f, recall@100 %.4f", scores.NDCG10, scores.Recall100)
	}
}
