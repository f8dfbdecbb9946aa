package evaluate_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

// bucketOf is the bucket of a time as the database counts it: how many bounds are at or
// under it.
func bucketOf(ms float64) int {
	n := 0
	for _, b := range evaluate.LatencyBounds() {
		if b <= ms {
			n++
		}
	}
	return n
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	// Four times from 16 to 19.03 ms and one of 1 s: on a logarithmic scale the second of
	// four is in the middle of its bucket, 16 · 2^(1/8).
	buckets := map[int]int64{bucketOf(17): 4, bucketOf(1000): 1}
	for _, test := range []struct{ q, want float64 }{
		{0.4, 16 * math.Pow(2, 1.0/8)},
		{0.8, 16 * math.Pow(2, 1.0/4)},
		{1, 1024},
	} {
		if got := evaluate.Quantile(buckets, test.q); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("quantile %v is %v, want %v", test.q, got, test.want)
		}
	}
	if got := evaluate.Quantile(nil, 0.5); got != 0 {
		t.Errorf("the quantile of nothing is %v", got)
	}
	if got := evaluate.Quantile(map[int]int64{0: 3}, 0.5); got != 1 {
		t.Errorf("times under a millisecond give %v", got)
	}
	if got := evaluate.Quantile(map[int]int64{bucketOf(1e9): 3}, 0.5); got != math.Pow(2, 20) {
		t.Errorf("times beyond all bounds give %v", got)
	}
}

// The estimate lies in the bucket of the exact quantile: at most 19% off.
func TestQuantileIsNear(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Float64Range(1, 1e6), 1, 200).Draw(t, "times")
		q := rapid.SampledFrom([]float64{0.5, 0.9, 0.95}).Draw(t, "q")
		buckets := make(map[int]int64)
		for _, ms := range times {
			buckets[bucketOf(ms)]++
		}
		slices.Sort(times)
		exact := times[int(math.Ceil(q*float64(len(times))))-1]
		if got := evaluate.Quantile(buckets, q); got > exact*1.1893 || got < exact/1.1893 {
			t.Fatalf("quantile %v of %v is %v, exactly %v", q, times, got, exact)
		}
	})
}
