package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is a confidence interval.
type Interval struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Level float64 `json:"level"` // the confidence, 0 to 1
}

// Bootstrap is how intervals of statistics are estimated that have no closed form: cases
// are drawn anew, with replacement and whole, so that what is paired stays paired.
type Bootstrap struct {
	Resamples int     // 0 is 10,000
	Seed      uint64  // the same seed gives the same interval
	Level     float64 // the confidence, 0 to 1; 0 is 0.95
}

func (b Bootstrap) withDefaults() Bootstrap {
	if b.Resamples <= 0 {
		b.Resamples = 10_000
	}
	if b.Level <= 0 || b.Level >= 1 {
		b.Level = 0.95
	}
	return b
}

// Intervals are the intervals of statistics that are functions of the sums of the rows'
// columns. f writes them into out, which has n places; NaN is a statistic that these
// rows do not have, such as a rate over nothing. They are bias-corrected and accelerated
// (BCa; Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 14), with
// the acceleration by the jackknife; where no resample or every one lies below the
// estimate, that correction does not exist and the interval is the percentile one. A
// statistic that the rows do not have has NaN for bounds.
func (b Bootstrap) Intervals(rows [][]float64, n int, f func(sums, out []float64)) []Interval {
	return b.intervals(rows, n, f, true)
}

// Percentiles are the percentile intervals (there chapter 13) of the same.
func (b Bootstrap) Percentiles(rows [][]float64, n int, f func(sums, out []float64)) []Interval {
	return b.intervals(rows, n, f, false)
}

func (b Bootstrap) intervals(rows [][]float64, n int, f func(sums, out []float64), corrected bool) []Interval {
	b = b.withDefaults()
	out := make([]Interval, n)
	for i := range out {
		out[i] = Interval{math.NaN(), math.NaN(), b.Level}
	}
	if len(rows) == 0 {
		return out
	}
	kinds, kind := distinct(rows)
	sums, values := make([]float64, len(rows[0])), make([]float64, n)
	whole := make([]int, len(kinds))
	for _, k := range kind {
		whole[k]++
	}
	sum(sums, kinds, whole)
	f(sums, values)
	estimate := slices.Clone(values)

	samples := b.resample(kinds, kind, n, f)
	// Leaving out any row of a kind gives the same, so the jackknife takes as many steps
	// as there are kinds.
	left := make([][]float64, len(kinds))
	for k := range kinds {
		whole[k]--
		sum(sums, kinds, whole)
		f(sums, values)
		left[k] = slices.Clone(values)
		whole[k]++
	}
	for i := range out {
		if math.IsNaN(estimate[i]) || len(samples[i]) == 0 {
			continue
		}
		slices.Sort(samples[i])
		low, high := (1-b.Level)/2, (1+b.Level)/2
		if corrected {
			jackknife := make([]float64, len(kinds))
			for k := range kinds {
				jackknife[k] = left[k][i]
			}
			low, high = correct(samples[i], estimate[i], acceleration(jackknife, whole), low, high)
		}
		out[i].Low, out[i].High = ordered(samples[i], low), ordered(samples[i], high)
	}
	return out
}

// distinct are the different rows, and which of them each row is.
func distinct(rows [][]float64) (kinds [][]float64, kind []int32) {
	known := make(map[string]int32)
	kind = make([]int32, len(rows))
	for i, row := range rows {
		name := fmt.Sprint(row)
		k, ok := known[name]
		if !ok {
			k = int32(len(kinds)) // #nosec G115 -- at most one for each case
			known[name] = k
			kinds = append(kinds, row)
		}
		kind[i] = k
	}
	return kinds, kind
}

// sum adds the columns of the kinds, each as often as it occurs.
func sum(sums []float64, kinds [][]float64, times []int) {
	clear(sums)
	for k, row := range kinds {
		if times[k] == 0 {
			continue
		}
		for j, v := range row {
			sums[j] += float64(times[k]) * v
		}
	}
}

// resample gives the values of every statistic over the resamples that have it.
func (b Bootstrap) resample(kinds [][]float64, kind []int32, n int, f func(sums, out []float64)) [][]float64 {
	random := rand.New(rand.NewPCG(b.Seed, 0x9e3779b97f4a7c15)) // #nosec G404 -- the same figures each time
	samples := make([][]float64, n)
	for i := range samples {
		samples[i] = make([]float64, 0, b.Resamples)
	}
	times, sums, values := make([]int, len(kinds)), make([]float64, len(kinds[0])), make([]float64, n)
	for range b.Resamples {
		clear(times)
		for range kind {
			times[kind[random.IntN(len(kind))]]++
		}
		sum(sums, kinds, times)
		f(sums, values)
		for i, v := range values {
			if !math.IsNaN(v) {
				samples[i] = append(samples[i], v)
			}
		}
	}
	return samples
}

// acceleration is a of BCa: the skewness of the statistic with one row left out, each
// kind of row counted as often as it occurs. It is 0 when that never changes it.
func acceleration(left []float64, times []int) float64 {
	mean, n := 0.0, 0.0
	for k, v := range left {
		if math.IsNaN(v) {
			return 0
		}
		mean += v * float64(times[k])
		n += float64(times[k])
	}
	mean /= n
	var squares, cubes float64
	for k, v := range left {
		d := mean - v
		squares += d * d * float64(times[k])
		cubes += d * d * d * float64(times[k])
	}
	if squares == 0 {
		return 0
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// correct moves the quantiles low and high by bias and acceleration.
func correct(sorted []float64, estimate, a, low, high float64) (correctedLow, correctedHigh float64) {
	below, _ := slices.BinarySearch(sorted, estimate)
	upTo := below
	for upTo < len(sorted) && sorted[upTo] == estimate {
		upTo++
	}
	// Half of what equals the estimate counts as below: rates take few values.
	share := (float64(below) + float64(upTo-below)/2) / float64(len(sorted))
	if share <= 0 || share >= 1 {
		return low, high
	}
	z0 := normalQuantile(share)
	moved := func(p float64) float64 {
		z := z0 + normalQuantile(p)
		return normal(z0 + z/(1-a*z))
	}
	return moved(low), moved(high)
}

// ordered is the value of sorted below which a share p lies: the ⌊(n+1)p⌋th of n.
func ordered(sorted []float64, p float64) float64 {
	i := int(math.Floor(float64(len(sorted)+1)*p)) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

// normal is the distribution function of the standard normal distribution.
func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// normalQuantile is its inverse.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// Wilson is the score interval of a proportion of hits among n, with the given
// confidence (E.B. Wilson, Probable inference, the law of succession, and statistical
// inference, 1927): unlike the plain one it stays between 0 and 1 and has a width when
// all or none are hits. Of nothing it is everything from 0 to 1.
func Wilson(hits, n int, level float64) Interval {
	if n <= 0 {
		return Interval{0, 1, level}
	}
	z, of := normalQuantile((1+level)/2), float64(n)
	p := float64(hits) / of
	middle := (p + z*z/(2*of)) / (1 + z*z/of)
	half := z / (1 + z*z/of) * math.Sqrt(p*(1-p)/of+z*z/(4*of*of))
	out := Interval{max(0, middle-half), min(1, middle+half), level}
	if hits == 0 {
		out.Low = 0
	}
	if hits == n {
		out.High = 1
	}
	return out
}
