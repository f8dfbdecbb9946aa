package evaluate

import "math"

// Agreement is how far two reviewers agree who judged the same things.
type Agreement struct {
	N int // what both judged
	// Categories are the verdicts that either of them gave, in the order of Verdicts;
	// Table[i][k] counts what the first called Categories[i] and the second
	// Categories[k].
	Categories []Verdict
	Table      [][]int
	Observed   float64 // the share on which they agree
	Expected   float64 // the share on which they would agree by chance
	// Defined: there is chance to correct for. It is false without data, and when both
	// gave one and the same verdict to everything; then Kappa, Low and High are 0.
	Defined bool
	// Kappa is Cohen's kappa for nominal categories (Cohen 1960): (observed − expected)
	// / (1 − expected); 1 is full agreement, 0 what chance would give.
	Kappa float64
	// StandardError is the one for large samples that does not assume that kappa is 0
	// (Fleiss, Cohen and Everitt 1969, formula 13). With fewer than some thirty things
	// it is rough.
	StandardError float64
	Low, High     float64 // the 95% interval, Kappa ± 1.96 standard errors, within −1 to 1
}

// Agree compares pairs of verdicts, the first reviewer's first. Pairs that hold anything
// but Verdicts are left out.
func Agree(pairs [][2]Verdict) Agreement {
	all := Verdicts()
	counts := make([][]int, len(all))
	for i := range counts {
		counts[i] = make([]int, len(all))
	}
	used := make([]bool, len(all))
	var a Agreement
	for _, p := range pairs {
		i, k := p[0].Key()-1, p[1].Key()-1
		if i < 0 || k < 0 {
			continue
		}
		counts[i][k]++
		used[i], used[k] = true, true
		a.N++
	}
	for i, v := range all {
		if !used[i] {
			continue
		}
		a.Categories = append(a.Categories, v)
		var row []int
		for k := range all {
			if used[k] {
				row = append(row, counts[i][k])
			}
		}
		a.Table = append(a.Table, row)
	}
	a.kappa()
	return a
}

// z95 is the quantile of the normal distribution for a two-sided interval of 95%.
const z95 = 1.959964

// kappa fills in the figures from the table.
func (a *Agreement) kappa() {
	if a.N == 0 {
		return
	}
	n := float64(a.N)
	rows, columns := make([]float64, len(a.Table)), make([]float64, len(a.Table))
	for i, row := range a.Table {
		for k, count := range row {
			rows[i] += float64(count) / n
			columns[k] += float64(count) / n
		}
		a.Observed += float64(row[i]) / n
	}
	for i := range rows {
		a.Expected += rows[i] * columns[i]
	}
	if len(a.Categories) < 2 {
		return
	}
	a.Defined = true
	a.Kappa = (a.Observed - a.Expected) / (1 - a.Expected)

	rest := 1 - a.Kappa
	var agreed, differed float64
	for i, row := range a.Table {
		for k, count := range row {
			p := float64(count) / n
			if i == k {
				d := 1 - (rows[i]+columns[i])*rest
				agreed += p * d * d
			} else {
				// What the first called i pairs with what the second calls i, and the other way
				// round.
				s := columns[i] + rows[k]
				differed += p * s * s
			}
		}
	}
	c := a.Kappa - a.Expected*rest
	variance := (agreed + rest*rest*differed - c*c) / (n * (1 - a.Expected) * (1 - a.Expected))
	a.StandardError = math.Sqrt(max(variance, 0))
	a.Low = max(a.Kappa-z95*a.StandardError, -1)
	a.High = min(a.Kappa+z95*a.StandardError, 1)
}
