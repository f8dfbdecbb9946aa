package evaluate

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The spatial test data of 26 children, and what Efron and Tibshirani (An Introduction
// to the Bootstrap, 1993, tables 14.1 and 14.2) find for their variance Σ(x−x̄)²/n at a
// confidence of 90%: percentile (100.8, 233.9), BCa (115.8, 259.6), with an acceleration
// of 0.061. Theirs come of 2,000 resamples, so the bounds are a few units uncertain.
var spatial = []float64{48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41}

func variance(sums, out []float64) {
	n, x, squares := sums[0], sums[1], sums[2]
	out[0] = squares/n - (x/n)*(x/n)
}

func TestBootstrapAgainstPublishedIntervals(t *testing.T) {
	t.Parallel()
	var rows [][]float64
	for _, x := range spatial {
		rows = append(rows, []float64{1, x, x * x})
	}
	kinds, kind := distinct(rows)
	times := make([]int, len(kinds))
	for _, k := range kind {
		times[k]++
	}
	left := make([]float64, len(kinds))
	for k := range kinds {
		times[k]--
		sums, out := make([]float64, 3), make([]float64, 1)
		sum(sums, kinds, times)
		variance(sums, out)
		left[k] = out[0]
		times[k]++
	}
	if a := acceleration(left, times); math.Abs(a-0.061) > 0.0005 {
		t.Errorf("acceleration %.4f, want 0.061", a)
	}
	b := Bootstrap{Resamples: 100_000, Seed: 7, Level: 0.9}
	for name, tt := range map[string]struct {
		got       Interval
		low, high float64
	}{
		"percentile": {b.Percentiles(rows, 1, variance)[0], 100.8, 233.9},
		"BCa":        {b.Intervals(rows, 1, variance)[0], 115.8, 259.6},
	} {
		if math.Abs(tt.got.Low-tt.low) > 4 || math.Abs(tt.got.High-tt.high) > 4 || tt.got.Level != 0.9 {
			t.Errorf("%s: %+v, want about %v to %v", name, tt.got, tt.low, tt.high)
		}
	}
}

// Of few cases every resample can be made: the intervals are those of all of them.
func TestBootstrapAgainstAllResamples(t *testing.T) {
	t.Parallel()
	mean := func(sums, out []float64) { out[0] = sums[1] / sums[0] }
	for name, values := range map[string][]float64{
		"differences of six": {0.31, -0.12, 0.44, 0.05, 0.27, -0.33},
		"skewed":             {0, 0.01, 0.02, 0.04, 1.3, 2.9},
		"rates":              {1, 0, 0, 1, 1, -1},
	} {
		n := len(values)
		rows := make([][]float64, n)
		for i, v := range values {
			rows[i] = []float64{1, v}
		}
		total := int(math.Pow(float64(n), float64(n)))
		all := make([]float64, total)
		for r := range all {
			pick, s := r, 0.0
			for range n {
				s += values[pick%n]
				pick /= n
			}
			all[r] = math.Round(s*100) / 100 / float64(n) // the same sum in another order is the same
		}
		slices.Sort(all)
		estimate := 0.0
		for _, v := range values {
			estimate += v
		}
		estimate /= float64(n)
		// holds: the bound has the share p of all resamples below it, as well as one of
		// their values can.
		holds := func(what string, bound, p float64) {
			t.Helper()
			const off = 0.004 // of a hundred thousand resamples
			below, upTo := 0.0, 0.0
			for _, v := range all {
				if v < bound-1e-9 {
					below += 1 / float64(total)
				}
				if v <= bound+1e-9 {
					upTo += 1 / float64(total)
				}
			}
			if below > p+off || upTo < p-off {
				t.Errorf("%s, %s: of all resamples %.4f lie below %v and %.4f not above, want %.4f", name, what, below, bound, upTo, p)
			}
		}
		b := Bootstrap{Resamples: 100_000, Seed: 3}
		plain := b.Percentiles(rows, 1, mean)[0]
		holds("percentile", plain.Low, 0.025)
		holds("percentile", plain.High, 0.975)
		low, high := correct(all, estimate, skewness(values), 0.025, 0.975)
		corrected := b.Intervals(rows, 1, mean)[0]
		holds("BCa", corrected.Low, low)
		holds("BCa", corrected.High, high)
	}
}

// skewness is the acceleration of a mean, by hand: a sixth of the skewness of the values
// over the root of their number.
func skewness(values []float64) float64 {
	n, mean := float64(len(values)), 0.0
	for _, v := range values {
		mean += v / n
	}
	squares, cubes := 0.0, 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
		cubes += (v - mean) * (v - mean) * (v - mean)
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

func TestBootstrapWhereThereIsNothingToDraw(t *testing.T) {
	t.Parallel()
	mean := func(sums, out []float64) { out[0] = sums[1] / sums[0] }
	if got := (Bootstrap{Seed: 1}).Intervals([][]float64{{1, 2}, {1, 2}, {1, 2}}, 1, mean)[0]; got.Low != 2 || got.High != 2 {
		t.Errorf("of equal cases: %+v", got)
	}
	if got := (Bootstrap{Seed: 1}).Intervals(nil, 1, mean)[0]; !math.IsNaN(got.Low) {
		t.Errorf("of no cases: %+v", got)
	}
	if got := (Bootstrap{Seed: 1}).Intervals([][]float64{{0, 0}}, 1, mean)[0]; !math.IsNaN(got.Low) {
		t.Errorf("of nothing: %+v", got)
	}
	one := Bootstrap{Seed: 9}.Intervals([][]float64{{1, 2}, {1, 5}, {1, 3}}, 1, mean)
	two := Bootstrap{Seed: 9}.Intervals([][]float64{{1, 2}, {1, 5}, {1, 3}}, 1, mean)
	if one[0] != two[0] {
		t.Errorf("the same seed gives %+v and %+v", one, two)
	}
}

// R.G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in
// Medicine 17 (1998), table I, method 3; 8 of 10 by hand.
func TestWilson(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		hits, n   int
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718},
		{8, 10, 0.4902, 0.9433}, {20, 20, 1 - 0.1611, 1}, {0, 0, 0, 1},
	} {
		got := Wilson(tt.hits, tt.n, 0.95)
		if math.Abs(got.Low-tt.low) > 5e-5 || math.Abs(got.High-tt.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", tt.hits, tt.n, got.Low, got.High, tt.low, tt.high)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5000).Draw(t, "n")
		hits := rapid.IntRange(0, n).Draw(t, "hits")
		got, rate := Wilson(hits, n, 0.95), float64(hits)/float64(n)
		if got.Low < 0 || got.High > 1 || got.Low > rate || got.High < rate {
			t.Fatalf("%d of %d: %+v", hits, n, got)
		}
	})
}
