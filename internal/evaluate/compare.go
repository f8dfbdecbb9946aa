package evaluate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Steps is where in a turn right answers are lost.
type Steps struct {
	// Understanding counts questions by what was expected ("answer" or "decline") and
	// what was decided: the status of the answer.
	Understanding map[string]map[corpus.Status]int `json:"understanding"`
	// Understood counts questions by their kind in the set ("" for none) and by what the
	// turn took them for: the form of a question ("number", "list" …) or an intent
	// ("greeting", "voting" …). Empty when the steps were not seen.
	Understood map[string]map[string]int `json:"understood,omitempty"`
	// Retrieval is the share of the answerable questions for which the passages found
	// hold all that their citations have to say; Found counts those questions. Both
	// are 0 when the passages were not seen.
	Retrieval float64 `json:"retrieval_recall"`
	Retrieved int     `json:"retrieved"`
	// Sources is the share of the named sources (document and page) among the passages.
	Sources float64 `json:"source_recall"`
	// LostInComposition counts the questions whose passages hold the answer and whose
	// answer does not.
	LostInComposition int `json:"lost_in_composition"`
	// Dropped counts sentences that verification took out.
	Dropped int `json:"dropped"`
}

// stepsOf counts where right answers were lost.
func stepsOf(cases []AnswerCase) Steps {
	s := Steps{Understanding: make(map[string]map[corpus.Status]int)}
	seen, named, found := 0, 0, 0
	for _, c := range cases {
		expected := "decline"
		if c.Answerable {
			expected = "answer"
		}
		if s.Understanding[expected] == nil {
			s.Understanding[expected] = make(map[corpus.Status]int)
		}
		s.Understanding[expected][c.Status]++
		if as := c.takenFor(); as != "" {
			if s.Understood == nil {
				s.Understood = make(map[string]map[string]int)
			}
			if s.Understood[c.Kind] == nil {
				s.Understood[c.Kind] = make(map[string]int)
			}
			s.Understood[c.Kind][as]++
		}
		s.Dropped += c.Dropped
		if !c.Answerable || c.Retrieved == nil {
			continue
		}
		seen++
		named, found = named+c.SourcesNamed, found+c.SourcesFound
		if *c.Retrieved {
			s.Retrieved++
			if !c.Pass {
				s.LostInComposition++
			}
		}
	}
	if seen > 0 {
		s.Retrieval = float64(s.Retrieved) / float64(seen)
	}
	if named > 0 {
		s.Sources = float64(found) / float64(named)
	}
	return s
}

// takenFor is the form or intent that the turn understood, or "" when its steps were not
// seen: the step's decision begins with the language and then names it.
func (c AnswerCase) takenFor() string {
	for _, step := range c.Steps {
		if step.Name == "understand" {
			if fields := strings.Split(step.Decision, ", "); len(fields) > 1 {
				return fields[1]
			}
		}
	}
	return ""
}

// Spread is a rate over several runs.
type Spread struct {
	Mean float64 `json:"mean"`
	// Deviation is the standard deviation of the sample, 0 for one run.
	Deviation float64 `json:"deviation"`
	Least     float64 `json:"least"`
	Most      float64 `json:"most"`
}

func spreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	s := Spread{Least: values[0], Most: values[0]}
	for _, v := range values {
		s.Mean += v / float64(len(values))
		s.Least, s.Most = min(s.Least, v), max(s.Most, v)
	}
	if n := len(values); n > 1 {
		sum := 0.0
		for _, v := range values {
			sum += (v - s.Mean) * (v - s.Mean)
		}
		s.Deviation = math.Sqrt(sum / float64(n-1))
	}
	return s
}

// Repeated is what several runs of one set gave.
type Repeated struct {
	Runs            int    `json:"runs"`
	Answers         Spread `json:"answers"`
	Citations       Spread `json:"citations"`
	Declined        Spread `json:"declined"`
	WronglyDeclined Spread `json:"wrongly_declined"`
	// Unsteady are the questions that passed in some runs and failed in others.
	Unsteady []string `json:"unsteady"`
}

// Repeat sums up several runs of the same set.
func Repeat(runs []Answers) Repeated {
	of := func(rate func(Rates) float64) Spread {
		values := make([]float64, len(runs))
		for i, r := range runs {
			values[i] = rate(r.Rates)
		}
		return spreadOf(values)
	}
	out := Repeated{
		Runs: len(runs), Unsteady: []string{},
		Answers: of(func(r Rates) float64 { return r.Answers }), Citations: of(func(r Rates) float64 { return r.Citations }),
		Declined: of(func(r Rates) float64 { return r.Declined }), WronglyDeclined: of(func(r Rates) float64 { return r.WronglyDeclined }),
	}
	passed := make(map[string]int)
	for _, r := range runs {
		for _, c := range r.Cases {
			if c.Pass {
				passed[c.ID]++
			}
		}
	}
	if len(runs) > 0 {
		for _, c := range runs[0].Cases {
			if n := passed[c.ID]; n > 0 && n < len(runs) {
				out.Unsteady = append(out.Unsteady, c.ID)
			}
		}
	}
	return out
}

// Metric is a figure of a result.
type Metric string

// The figures, in the order in which they are shown. MetricRight counts cases that are
// right whole: the answer and its citations, or the decline; the others are those of
// Rates.
const (
	MetricRight           Metric = "right"
	MetricAnswers         Metric = "answers"
	MetricCitations       Metric = "citations"
	MetricDeclined        Metric = "declined"
	MetricWronglyDeclined Metric = "wrongly_declined"
)

// Metrics are all figures.
func Metrics() []Metric {
	return []Metric{MetricRight, MetricAnswers, MetricCitations, MetricDeclined, MetricWronglyDeclined}
}

// LessIsBetter reports whether a lower figure is the better one.
func (m Metric) LessIsBetter() bool { return m == MetricWronglyDeclined }

// of reports whether a case counts for the figure, and whether it is a hit.
func (m Metric) of(c AnswerCase) (counts, hit bool) {
	switch m {
	case MetricRight:
		return true, right(c)
	case MetricAnswers:
		return c.Answerable, c.Pass
	case MetricCitations:
		return c.Answerable && answered(c.Status), c.Cited
	case MetricDeclined:
		return !c.Answerable, c.Pass
	case MetricWronglyDeclined:
		return c.Answerable, !answered(c.Status) && c.Status != corpus.Error
	}
	return false, false
}

// count is how many cases are hits, and of how many.
func (m Metric) count(cases []AnswerCase) (hits, of int) {
	for _, c := range cases {
		if counts, hit := m.of(c); counts {
			of++
			if hit {
				hits++
			}
		}
	}
	return hits, of
}

// Comparison sets two runs of the same set beside each other, case by case.
type Comparison struct {
	Before Rates `json:"before"`
	After  Rates `json:"after"`
	// Better and Worse are the cases of which only the later, or only the earlier run is
	// right; Both and Neither are counts, Changed those of them that read otherwise.
	Better  []Difference `json:"better"`
	Worse   []Difference `json:"worse"`
	Changed []Difference `json:"changed,omitempty"`
	Both    int          `json:"both"`
	Neither int          `json:"neither"`
	// Chance is how likely so uneven a split of better and worse would be if the two
	// were equal: McNemar's exact test, two-sided, over the cases that differ.
	Chance float64 `json:"chance"`
	// Metrics are the figures over the cases that both have.
	Metrics []MetricChange `json:"metrics"`
	// Unmatched are the ids that only one run has, or whose question differs.
	Unmatched []string `json:"unmatched,omitempty"`
}

// MetricChange is how a figure differs between two runs of the same cases.
type MetricChange struct {
	Metric     Metric  `json:"metric"`
	Before     float64 `json:"before"`
	After      float64 `json:"after"`
	Difference float64 `json:"difference"` // After less Before
	// Interval is that of the difference: paired bootstrap over the cases (BCa), 95%.
	Interval Interval `json:"interval"`
	// Mended and Broken count the cases, of those that count for the figure in both
	// runs, that got better and worse.
	Mended int `json:"mended"`
	Broken int `json:"broken"`
}

// Chance is how likely so uneven a split of mended and broken would be if the two were
// as likely: McNemar's exact test, two-sided. With few cases that differ the interval,
// which is of the size of the difference, is too narrow to tell whether there is one.
func (m MetricChange) Chance() float64 { return signTest(m.Mended, m.Broken) }

// Difference is a case in which two runs differ.
type Difference struct {
	ID       string        `json:"id"`
	Question string        `json:"question"`
	Before   corpus.Status `json:"before"`
	After    corpus.Status `json:"after"`
	Was      string        `json:"was"`
	Is       string        `json:"is"`
	// Right: this run was right about it; WhyWas and WhyIs are what lacked.
	WhyWas string `json:"why_was,omitempty"`
	WhyIs  string `json:"why_is,omitempty"`
	Right  bool   `json:"right"`
}

// Text shows word by word how the earlier answer became the later.
func (d Difference) Text() []Edit { return Diff(d.Was, d.Is) }

// right is a case that passes whole: answer and citations, or a decline.
func right(c AnswerCase) bool { return c.Pass && (c.Cited || !c.Answerable) }

// Compare sets two runs beside each other by the ids of their cases.
func Compare(before, after Answers) Comparison { return CompareSeeded(before, after, 1) }

// CompareSeeded is Compare with a seed of its own for the intervals.
func CompareSeeded(before, after Answers, seed uint64) Comparison {
	out := Comparison{Before: before.Rates, After: after.Rates, Better: []Difference{}, Worse: []Difference{}, Chance: 1}
	earlier := make(map[string]AnswerCase)
	for _, c := range before.Cases {
		earlier[c.ID] = c
	}
	var pairs [][2]AnswerCase
	for _, c := range after.Cases {
		b, ok := earlier[c.ID]
		if !ok || b.Question != c.Question || b.Answerable != c.Answerable {
			out.Unmatched = append(out.Unmatched, c.ID)
			continue
		}
		delete(earlier, c.ID)
		pairs = append(pairs, [2]AnswerCase{b, c})
		was, is := right(b), right(c)
		d := Difference{
			ID: c.ID, Question: c.Question, Before: b.Status, After: c.Status, Was: b.Text, Is: c.Text,
			WhyWas: b.Why, WhyIs: c.Why, Right: is,
		}
		switch {
		case was && is:
			out.Both++
		case is:
			out.Better = append(out.Better, d)
		case was:
			out.Worse = append(out.Worse, d)
		default:
			out.Neither++
		}
		if was == is && (b.Text != c.Text || b.Status != c.Status) {
			out.Changed = append(out.Changed, d)
		}
	}
	for _, c := range before.Cases {
		if _, left := earlier[c.ID]; left && !slices.Contains(out.Unmatched, c.ID) {
			out.Unmatched = append(out.Unmatched, c.ID)
		}
	}
	out.Chance = signTest(len(out.Better), len(out.Worse))
	out.Metrics = changes(pairs, seed)
	return out
}

// matched counts the cases that both runs have.
func (c Comparison) matched() int { return c.Both + c.Neither + len(c.Better) + len(c.Worse) }

// changes are the figures of pairs of cases, those that have any.
func changes(pairs [][2]AnswerCase, seed uint64) []MetricChange {
	all := Metrics()
	// A row of a pair has for every figure: hits and cases before, hits and cases after.
	rows := make([][]float64, len(pairs))
	out := make([]MetricChange, len(all))
	for i, pair := range pairs {
		row := make([]float64, 4*len(all))
		for j, m := range all {
			counts, hit := [2]bool{}, [2]bool{}
			for k := range pair {
				counts[k], hit[k] = m.of(pair[k])
				if counts[k] {
					row[4*j+2*k+1] = 1
				}
				if counts[k] && hit[k] {
					row[4*j+2*k] = 1
				}
			}
			if counts[0] && counts[1] && hit[0] != hit[1] {
				if hit[1] != m.LessIsBetter() {
					out[j].Mended++
				} else {
					out[j].Broken++
				}
			}
		}
		rows[i] = row
	}
	sums := make([]float64, 4*len(all))
	for _, row := range rows {
		for j, v := range row {
			sums[j] += v
		}
	}
	intervals := Bootstrap{Seed: seed}.Intervals(rows, len(all), func(sums, out []float64) {
		for j := range out {
			out[j] = sums[4*j+2]/sums[4*j+3] - sums[4*j]/sums[4*j+1]
		}
	})
	var had []MetricChange
	for j, m := range all {
		if sums[4*j+1] == 0 || sums[4*j+3] == 0 {
			continue
		}
		c := out[j]
		c.Metric, c.Interval = m, intervals[j]
		if math.IsNaN(c.Interval.Low) { // no resample had it: it says nothing
			c.Interval.Low, c.Interval.High = -1, 1
		}
		c.Before, c.After = sums[4*j]/sums[4*j+1], sums[4*j+2]/sums[4*j+3]
		c.Difference = c.After - c.Before
		had = append(had, c)
	}
	return had
}

// signTest is the two-sided probability of a split at least as uneven as a against b
// when both are as likely.
func signTest(a, b int) float64 { return min(1, 2*mcNemar(min(a, b), max(a, b))) }

// ReadAnswers reads a result as eval answers prints it with --json.
func ReadAnswers(r io.Reader) (Answers, error) {
	var a Answers
	if err := json.NewDecoder(r).Decode(&a); err != nil {
		return Answers{}, fmt.Errorf("read results: %w", err)
	}
	if len(a.Cases) == 0 {
		return Answers{}, errors.New("read results: there are no cases: use what eval answers --json printed")
	}
	return a, nil
}
