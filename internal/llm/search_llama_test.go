package llm

import (
	"fmt"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// A real model server from configuration to search: the corpus has vectors of its
// own, is searched while those of the model are made, and then with them; the
// reranker orders what is found; when the servers are gone searching goes on.
func TestSearchWithLlamaServer(t *testing.T) {
	ctx := t.Context()
	embedding := startLlama(t, "--", "--embeddings", "--pooling", "mean", "-b", "4096", "-ub", "4096")
	reranking := startLlama(t, "--", "--reranking", "-b", "4096", "-ub", "4096")
	corpus, err := postgres.NewEvaluationCorpus(ctx, postgrestest.URL(t), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := corpus.Close(); err != nil {
			t.Error(err)
		}
	}()
	subjects := []string{"pensioenen", "lonen", "scholing", "verlof"}
	var passages []evaluate.Passage
	for i := range 40 {
		subject := subjects[i%len(subjects)]
		passages = append(passages, evaluate.Passage{Doc: fmt.Sprint(i), Title: subject,
			// What this model thinks of a text hangs on its last letters.
			Text: fmt.Sprintf("De raad adviseert over %s. Dit stuk gaat over %s en werk%c", subject, subject, 'a'+i/4)})
	}
	analyzer := retrieval.NewAnalyzer(dutch.NewCompounds())
	if _, err := corpus.Load(ctx, passages, analyzer.Document); err != nil {
		t.Fatal(err)
	}
	present := func() retrieval.StoredEmbedder {
		t.Helper()
		all, err := corpus.Embedders(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			if e.State == retrieval.PresentEmbedder {
				return e
			}
		}
		t.Fatal("no embedder is present")
		return retrieval.StoredEmbedder{}
	}
	log := slog.New(slog.DiscardHandler)
	own := retrieval.NewVectors(retrieval.VectorsConfig{Store: corpus, Analyse: analyzer.Terms, Logger: log})
	if err := own.EmbedPending(ctx); err != nil {
		t.Fatal(err)
	}
	trained := present()
	search := func(v *retrieval.Vectors, r retrieval.Reranker) []retrieval.Ranked {
		t.Helper()
		s, err := retrieval.NewService(retrieval.Config{Store: corpus, Analyzer: analyzer, Neighbours: v, Reranker: r})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Load(ctx); err != nil {
			t.Fatal(err)
		}
		ranked, err := s.Rank(ctx, retrieval.Query{Text: "advies over scholing"})
		if err != nil {
			t.Fatal(err)
		}
		if len(ranked) == 0 || (ranked[0].ChunkID-1)%4 != 2 {
			t.Errorf("scholing finds %v", ranked)
		}
		return ranked
	}
	search(own, nil)

	model, err := NewEmbedder(ctx, EmbedderConfig{BaseURL: embedding.url, Model: "tiny"})
	if err != nil {
		t.Fatal(err)
	}
	vectors := retrieval.NewVectors(retrieval.VectorsConfig{Store: corpus, Model: model, Analyse: analyzer.Terms, Logger: log})
	if err := vectors.Refresh(ctx); err != nil || vectors.LSA() == nil {
		t.Errorf("the corpus's own vectors do not serve while those of the model are made: %v", err)
	}
	search(vectors, nil)
	if err := vectors.EmbedPending(ctx); err != nil {
		t.Fatal(err)
	}
	if e := present(); e.ID == trained.ID || e.Digest != model.Digest() || e.Dimensions != model.Dimensions() {
		t.Fatalf("present is %+v, the model %s of %d", e, model.Digest(), model.Dimensions())
	}
	meaning, err := vectors.Embed(ctx, passages[7].Title+"\n"+passages[7].Text)
	if err != nil || meaning == nil {
		t.Fatalf("the model's vectors are not searched: %v", err)
	}
	near, err := meaning.Nearest(ctx, retrieval.Among{}, 3)
	if err != nil || len(near) != 3 || math.Abs(near[0].Similarity-1) > 0.05 {
		t.Errorf("nearest to a passage's own text: %+v, %v", near, err)
	}
	fused := search(vectors, nil)

	reranker, err := NewReranker(RerankerConfig{BaseURL: reranking.url, Model: "tiny", Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if err := reranker.Check(ctx); err != nil {
		t.Fatal(err)
	}
	scores, err := reranker.Rerank(ctx, "scholing", []string{"de raad over scholing", "iets anders a", "de raad over scholing"})
	if err != nil || len(scores) != 3 || scores[0] != scores[2] || scores[0] == scores[1] {
		t.Errorf("scores %v, %v: equal texts have equal scores, others others", scores, err)
	}
	s, err := retrieval.NewService(retrieval.Config{Store: corpus, Analyzer: analyzer, Neighbours: vectors, Reranker: reranker, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Load(ctx); err != nil {
		t.Fatal(err)
	}
	ranked, err := s.Rank(ctx, retrieval.Query{Text: "advies over scholing"})
	if err != nil || len(ranked) != len(fused) {
		t.Fatalf("%d reranked, %d fused: %v", len(ranked), len(fused), err)
	}
	same := true
	for i := range ranked {
		same = same && ranked[i].ChunkID == fused[i].ChunkID
	}
	if same {
		t.Error("a model that knows no Dutch left the order as it was: it was not asked")
	}

	reranking.gone()
	for i, r := range search(vectors, reranker) {
		if r.ChunkID != fused[i].ChunkID {
			t.Errorf("without its server the order is not the fused one at %d", i)
		}
	}
	embedding.gone()
	search(vectors, nil)
}
