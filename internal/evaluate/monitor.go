package evaluate

import (
	"context"
	"log/slog"
	"math"
	"time"
)

// LatencyBounds divide times into the buckets that figures are kept in, in
// milliseconds, ascending: bucket i holds times from bound i-1 up to, not including,
// bound i. Each is a fourth root of 2 times the one before, from 1 ms to 17 minutes, so
// that a quantile read from the buckets is at most 19% off. Stored figures count by
// them: they never change.
func LatencyBounds() []float64 {
	bounds := make([]float64, 81)
	for i := range bounds {
		bounds[i] = math.Pow(2, float64(i)/4)
	}
	return bounds
}

// Quantile estimates the quantile q, 0 to 1, of times counted in the buckets of
// LatencyBounds, in milliseconds: within a bucket they are taken to be spread evenly on
// a logarithmic scale. It is 0 when there are none.
func Quantile(buckets map[int]int64, q float64) float64 {
	bounds := LatencyBounds()
	var all int64
	for _, n := range buckets {
		all += max(n, 0)
	}
	if all == 0 {
		return 0
	}
	rank := q * float64(all)
	var below int64
	for b := 0; b <= len(bounds); b++ {
		n := max(buckets[b], 0)
		if n == 0 || float64(below+n) < rank {
			below += n
			continue
		}
		switch b {
		case 0:
			return bounds[0]
		case len(bounds):
			return bounds[b-1]
		}
		return bounds[b-1] * math.Pow(bounds[b]/bounds[b-1], (rank-float64(below))/float64(n))
	}
	return bounds[len(bounds)-1]
}

// FewCases is the number of cases below which a share says little: half the width of
// its interval may be a fifth.
const FewCases = 20

// FigureStore adds up what happened.
type FigureStore interface {
	// AddFigures adds at most limit events to the daily figures, each exactly once, and
	// returns how many. Days are those of zone.
	AddFigures(ctx context.Context, limit int, zone string) (int, error)
}

// Figures adds up, every while, what happened to daily figures.
type Figures struct {
	Store  FigureStore
	Every  time.Duration // default 20 s
	Logger *slog.Logger
}

const (
	figuresBatch = 20_000
	figuresZone  = "Europe/Amsterdam"
)

// Run adds up until ctx ends.
func (f Figures) Run(ctx context.Context) {
	every := f.Every
	if every <= 0 {
		every = 20 * time.Second
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if err := f.Once(ctx); err != nil && ctx.Err() == nil && f.Logger != nil {
			f.Logger.WarnContext(ctx, "adding up the figures failed", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Once adds up all there is.
func (f Figures) Once(ctx context.Context) error {
	for {
		adding, cancel := context.WithTimeout(ctx, time.Minute)
		n, err := f.Store.AddFigures(adding, figuresBatch, figuresZone)
		cancel()
		if err != nil || n < figuresBatch {
			return err
		}
	}
}
