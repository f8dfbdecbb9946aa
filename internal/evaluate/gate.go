package evaluate

import (
	"fmt"
	"math"
	"slices"
)

// GateOptions are the rules of a gate.
type GateOptions struct {
	// Level is the chance of a false alarm that is accepted, over all figures together,
	// when nothing got worse: 0 to 0.5. 0 is 0.05.
	Level float64
	// Floors are what the figures must reach, 0 to 1; for MetricWronglyDeclined it is
	// what it must not pass.
	Floors map[Metric]float64
	// Seed is of the intervals that are shown.
	Seed uint64
}

// Gate is the outcome of holding a result against a baseline.
type Gate struct {
	Pass bool `json:"pass"`
	// Level is the accepted chance of a false alarm.
	Level float64 `json:"level"`
	// Matched counts the cases that both have, with the same question.
	Matched int `json:"matched"`
	// Unmatched are the ids that only one has, or whose question differs.
	Unmatched []string    `json:"unmatched,omitempty"`
	Checks    []GateCheck `json:"checks"`
	Floors    []GateFloor `json:"floors,omitempty"`
	// Broken are the cases that were right and are not any more.
	Broken []Difference `json:"broken"`
}

// GateCheck is one figure beside that of the baseline, over the cases that both have.
type GateCheck struct {
	MetricChange
	// Fall: the figure is worse, and by more than chance.
	Fall bool `json:"fall"`
	// P is how likely as many cases would get worse if better and worse were as likely
	// (McNemar's exact test, one-sided); Adjusted is that for all figures together
	// (Holm).
	P        float64 `json:"p"`
	Adjusted float64 `json:"adjusted"`
}

// GateFloor is a figure of the result, over all its cases, beside what it must reach.
type GateFloor struct {
	Metric Metric  `json:"metric"`
	Rate   float64 `json:"rate"`
	Floor  float64 `json:"floor"`
	Pass   bool    `json:"pass"`
}

// HoldAgainst holds a result against a baseline. It fails when fewer than half of the
// baseline's cases are in the result: they would say little of each other.
func HoldAgainst(baseline, result Answers, opts GateOptions) (Gate, error) {
	if opts.Level == 0 {
		opts.Level = 0.05
	}
	if opts.Level < 0 || opts.Level > 0.5 {
		return Gate{}, fmt.Errorf("the level %g: use more than 0 and at most 0.5", opts.Level)
	}
	comparison := CompareSeeded(baseline, result, opts.Seed)
	g := Gate{Pass: true, Level: opts.Level, Unmatched: comparison.Unmatched, Broken: comparison.Worse, Matched: comparison.matched()}
	if 2*g.Matched < len(baseline.Cases) || g.Matched == 0 {
		return Gate{}, fmt.Errorf("only %d of the %d cases of the baseline are in the result: compare results of the same set", g.Matched, len(baseline.Cases))
	}
	for _, m := range comparison.Metrics {
		g.Checks = append(g.Checks, GateCheck{MetricChange: m, P: mcNemar(m.Mended, m.Broken)})
	}
	holm(g.Checks)
	for i := range g.Checks {
		c := &g.Checks[i]
		c.Fall = c.Adjusted <= opts.Level && c.Broken > c.Mended
		g.Pass = g.Pass && !c.Fall
	}
	for _, m := range Metrics() {
		floor, ok := opts.Floors[m]
		if !ok {
			continue
		}
		hits, of := m.count(result.Cases)
		if of == 0 {
			return Gate{}, fmt.Errorf("the result has no cases to measure %q by: leave its floor out", m)
		}
		f := GateFloor{Metric: m, Rate: float64(hits) / float64(of), Floor: floor}
		f.Pass = f.Rate >= floor
		if m.LessIsBetter() {
			f.Pass = f.Rate <= floor
		}
		g.Pass = g.Pass && f.Pass
		g.Floors = append(g.Floors, f)
	}
	return g, nil
}

// mcNemar is the exact one-sided probability of at least so many broken among the cases
// that differ, when mended and broken are as likely (Q. McNemar, 1947; the binomial
// form).
func mcNemar(mended, broken int) float64 {
	n := mended + broken
	// The terms are added as logarithms: half to the power of thousands is 0 otherwise.
	total := 0.0
	for k := broken; k <= n; k++ {
		total += math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
	}
	return min(1, total)
}

func logChoose(n, k int) float64 {
	of := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	return of(n) - of(k) - of(n-k)
}

// holm adjusts the probabilities of several tests for all of them together (S. Holm,
// A simple sequentially rejective multiple test procedure, 1979).
func holm(checks []GateCheck) {
	order := make([]int, len(checks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case checks[a].P < checks[b].P:
			return -1
		case checks[a].P > checks[b].P:
			return 1
		}
		return 0
	})
	before := 0.0
	for rank, i := range order {
		before = max(before, min(1, checks[i].P*float64(len(checks)-rank)))
		checks[i].Adjusted = before
	}
}

// ParseFloors reads floors as "answers=0.95".
func ParseFloors(given map[string]float64) (map[Metric]float64, error) {
	out := make(map[Metric]float64)
	for name, floor := range given {
		m := Metric(name)
		if !slices.Contains(Metrics(), m) {
			return nil, fmt.Errorf("no figure is called %q: use one of %q", name, Metrics())
		}
		if !(floor >= 0 && floor <= 1) {
			return nil, fmt.Errorf("the floor of %s is %g: use 0 to 1", name, floor)
		}
		out[m] = floor
	}
	return out, nil
}
