package evaluate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
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

// Comparison sets two runs of the same set beside each other, case by case.
type Comparison struct {
	Before Rates `json:"before"`
	After  Rates `json:"after"`
	// Better and Worse are the cases of which only the later, or only the earlier run is
	// right; Both and Neither are counts.
	Better  []Difference `json:"better"`
	Worse   []Difference `json:"worse"`
	Both    int          `json:"both"`
	Neither int          `json:"neither"`
	// Chance is how likely so uneven a split of better and worse would be if the two
	// were equal: the two-sided sign test over the cases that differ.
	Chance float64 `json:"chance"`
	// Unmatched are the ids that only one run has.
	Unmatched []string `json:"unmatched,omitempty"`
}

// Difference is a case in which two runs differ.
type Difference struct {
	ID       string        `json:"id"`
	Question string        `json:"question"`
	Before   corpus.Status `json:"before"`
	After    corpus.Status `json:"after"`
	Was      string        `json:"was"`
	Is       string        `json:"is"`
}

// right is a case that passes whole: answer and citations, or a decline.
func right(c AnswerCase) bool { return c.Pass && (c.Cited || !c.Answerable) }

// Compare sets two runs beside each other by the ids of their cases.
func Compare(before, after Answers) Comparison {
	out := Comparison{Before: before.Rates, After: after.Rates, Better: []Difference{}, Worse: []Difference{}, Chance: 1}
	earlier := make(map[string]AnswerCase)
	for _, c := range before.Cases {
		earlier[c.ID] = c
	}
	for _, c := range after.Cases {
		b, ok := earlier[c.ID]
		if !ok {
			out.Unmatched = append(out.Unmatched, c.ID)
			continue
		}
		delete(earlier, c.ID)
		d := Difference{ID: c.ID, Question: c.Question, Before: b.Status, After: c.Status, Was: b.Text, Is: c.Text}
		switch was, is := right(b), right(c); {
		case was && is:
			out.Both++
		case is:
			out.Better = append(out.Better, d)
		case was:
			out.Worse = append(out.Worse, d)
		default:
			out.Neither++
		}
	}
	for _, c := range before.Cases {
		if _, left := earlier[c.ID]; left {
			out.Unmatched = append(out.Unmatched, c.ID)
		}
	}
	out.Chance = signTest(len(out.Better), len(out.Worse))
	return out
}

// signTest is the two-sided probability of a split at least as uneven as a against b
// when both are as likely.
func signTest(a, b int) float64 {
	n, k := a+b, min(a, b)
	term := math.Pow(0.5, float64(n)) // of 0 out of n
	sum := 0.0
	for i := 0; i <= k; i++ {
		sum += term
		term *= float64(n-i) / float64(i+1)
	}
	return min(1, 2*sum)
}

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
