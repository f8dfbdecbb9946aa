package retrieval

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Reranker reads a question and texts together and gives each text a score; higher
// is better. internal/llm has one.
type Reranker interface {
	Rerank(ctx context.Context, query string, texts []string) ([]float64, error)
}

var errRerankShape = errors.New("the reranker gave another number of scores than texts")

// reranked is how many of the best passages a reranker reads.
const reranked = 30

// rerank puts the best of a ranking in the order of the reranker. When that fails
// the ranking stays as it was. Scores stay those of the places, so that they still
// fall from the first to the last.
func (s *Service) rerank(ctx context.Context, q Query, ranked []Ranked) []Ranked {
	if s.cfg.Reranker == nil || len(ranked) < 2 {
		return ranked
	}
	top := ranked[:min(len(ranked), reranked)]
	ids := make([]int64, len(top))
	for i, r := range top {
		ids[i] = r.ChunkID
	}
	passages, err := s.cfg.Store.Passages(ctx, ids)
	if err != nil {
		s.log.Warn("ranking without the reranker", "error", err)
		return ranked
	}
	slices.SortFunc(passages, func(a, b corpus.Passage) int { // the best first: some models read in order
		return cmp.Compare(slices.Index(ids, a.ChunkID), slices.Index(ids, b.ChunkID))
	})
	texts := make([]string, len(passages))
	for i, p := range passages {
		texts[i] = strings.Join(append(append([]string{p.Document.Title}, p.Heading...), p.Text), "\n")
	}
	scores, err := s.cfg.Reranker.Rerank(ctx, q.Text, texts)
	if err == nil && len(scores) != len(texts) {
		err = errRerankShape
	}
	if err != nil {
		if ctx.Err() == nil {
			s.log.Warn("ranking without the reranker", "error", err)
		}
		return ranked
	}
	score := make(map[int64]float64, len(passages))
	for i, p := range passages {
		score[p.ChunkID] = scores[i]
	}
	// What went since the snapshot has no text and no score: it keeps behind.
	order := slices.Clone(ids)
	slices.SortStableFunc(order, func(a, b int64) int {
		x, there := score[a]
		y, too := score[b]
		if !there || !too {
			return cmp.Compare(btoi(too), btoi(there))
		}
		return cmp.Compare(y, x)
	})
	out := slices.Clone(ranked)
	for i, id := range order {
		out[i].ChunkID = id
	}
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
