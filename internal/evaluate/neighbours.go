package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// NeighbourCorpus searches vectors by comparing all of them.
type NeighbourCorpus interface {
	// Exact compares the query with every live chunk that the filter allows.
	Exact(ctx context.Context, e retrieval.StoredEmbedder, query []float32, f corpus.Filter, n int) ([]retrieval.Near, error)
}

// Neighbourhood is how well the vectors' part of a search finds the nearest, and how
// hard its vectors make that.
type Neighbourhood struct {
	// Recall is the share of the ten nearest of an exact comparison that are among the
	// ten first of the search.
	Recall float64 `json:"vector_recall@10"`
	// Intrinsic is the local intrinsic dimension of the vectors around a query, the mean
	// over queries: the more, the harder they are to search (see intrinsicDimension).
	Intrinsic float64 `json:"vector_intrinsic_dimension"`
}

// nearestWanted is how many neighbours a hybrid search reads.
const nearestWanted = 100

// measureNeighbourhood compares the vectors' part of searches with what exact searches
// gave for these queries.
func measureNeighbourhood(ctx context.Context, s *retrieval.Service, queries []string, exact [][]retrieval.Near) (n Neighbourhood, err error) {
	dimensions := 0
	for _, near := range exact {
		if d := intrinsicDimension(near); d > 0 {
			n.Intrinsic += d
			dimensions++
		}
	}
	n.Intrinsic /= float64(max(dimensions, 1))
	n.Recall, err = recall(queries, exact, func(q string) ([]retrieval.Near, error) {
		return s.Nearest(ctx, retrieval.Query{Text: q}, nearestWanted)
	})
	return n, err
}

// exactAtOnce is how many exact searches run at a time: each reads all vectors.
const exactAtOnce = 2

// exactNeighbours are the nearest of each query, compared with all chunks.
func exactNeighbours(ctx context.Context, c NeighbourCorpus, e retrieval.StoredEmbedder, queries [][]float32) ([][]retrieval.Near, error) {
	out, errs := make([][]retrieval.Near, len(queries)), make([]error, exactAtOnce)
	var wg sync.WaitGroup
	for w := range exactAtOnce {
		wg.Go(func() {
			for i := w; i < len(queries) && errs[w] == nil; i += exactAtOnce {
				if queries[i] != nil {
					out[i], errs[w] = c.Exact(ctx, e, queries[i], corpus.Filter{}, nearestWanted)
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("compare all vectors: %w", err)
	}
	return out, nil
}

// recall is the share of the ten nearest that search has among its first ten.
func recall[Q any](queries []Q, exact [][]retrieval.Near, search func(q Q) ([]retrieval.Near, error)) (float64, error) {
	found, wanted := 0, 0
	for i, q := range queries {
		if len(exact[i]) == 0 {
			continue
		}
		near, err := search(q)
		if err != nil {
			return 0, fmt.Errorf("measure recall: %w", err)
		}
		// What is as near as the tenth is as good.
		ten := min(10, len(exact[i]))
		wanted += ten
		for _, n := range near[:min(10, len(near))] {
			if slices.ContainsFunc(exact[i], func(e retrieval.Near) bool {
				return n.ChunkID == e.ChunkID && e.Similarity >= exact[i][ten-1].Similarity
			}) {
				found++
			}
		}
	}
	return float64(found) / float64(max(wanted, 1)), nil
}

// intrinsicDimension estimates in how many dimensions the neighbours of a query lie,
// from how their distances grow: the maximum likelihood estimator of Levina and
// Bickel (2004), of Euclidean distances between unit vectors. It is 0 when they do
// not differ.
func intrinsicDimension(near []retrieval.Near) float64 {
	if len(near) < 3 {
		return 0
	}
	distance := func(n retrieval.Near) float64 { return math.Sqrt(max(2-2*n.Similarity, 0)) }
	last := distance(near[len(near)-1])
	var sum float64
	count := 0
	for _, n := range near[:len(near)-1] {
		if d := distance(n); d > 0 {
			sum += math.Log(last / d)
			count++
		}
	}
	if sum <= 0 {
		return 0
	}
	return float64(count-1) / sum
}
