package evaluate_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

// pairsOf makes pairs of a table of counts: rows are the first reviewer's verdicts.
func pairsOf(table [][]int) (pairs [][2]evaluate.Verdict) {
	all := evaluate.Verdicts()
	for i, row := range table {
		for k, n := range row {
			for range n {
				pairs = append(pairs, [2]evaluate.Verdict{all[i], all[k]})
			}
		}
	}
	return pairs
}

func near(a, b, by float64) bool { return math.Abs(a-b) <= by }

func TestAgree(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                      string
		table                     [][]int
		observed, expected, kappa float64
		standardError             float64 // -1: not published
		by                        float64 // digits that are published
	}{
		// Cohen 1960, "A coefficient of agreement for nominal scales", table 1.
		{"Cohen 1960", [][]int{{88, 14, 18}, {10, 40, 10}, {2, 6, 12}}, 0.70, 0.41, 0.492, -1, 0.0005},
		// Fleiss, Levin and Paik 2003, "Statistical methods for rates and proportions", table
		// 18.1: diagnoses of 100 people; kappa 0.676 with standard error 0.087 (18.13).
		{"Fleiss, Levin and Paik", [][]int{{75, 1, 4}, {5, 4, 1}, {0, 0, 10}}, 0.89, 0.66, 0.676, 0.087, 0.0008},
		// By hand: 20 and 15 of 50 agree, chance (25·30 + 25·20)/2500. The variance by formula 13:
		// 0.4·0.34² + 0.3·0.46² = 0.10972; 0.6²·(0.1·1.1² + 0.2·0.9²) = 0.10188; (0.4 − 0.5·0.6)² =
		// 0.01; (0.10972 + 0.10188 − 0.01)/(50·0.5²) = 0.016128.
		{"two by two", [][]int{{20, 5}, {10, 15}}, 0.70, 0.50, 0.40, 0.126996, 0.000001},
		{"worse than chance", [][]int{{0, 10}, {10, 0}}, 0, 0.5, -1, 0, 1e-7},
		{"full agreement", [][]int{{7, 0, 0}, {0, 2, 0}, {0, 0, 1}}, 1, 0.54, 1, 0, 1e-7},
	} {
		a := evaluate.Agree(pairsOf(test.table))
		if !a.Defined || !near(a.Observed, test.observed, test.by) || !near(a.Expected, test.expected, test.by) || !near(a.Kappa, test.kappa, test.by) {
			t.Errorf("%s: observed %.4f expected %.4f kappa %.4f, want %v %v %v", test.name, a.Observed, a.Expected, a.Kappa, test.observed, test.expected, test.kappa)
		}
		if test.standardError >= 0 && !near(a.StandardError, test.standardError, test.by) {
			t.Errorf("%s: standard error %.5f, want %v", test.name, a.StandardError, test.standardError)
		}
		if low := max(a.Kappa-1.959964*a.StandardError, -1); !near(a.Low, low, 1e-9) || a.Low > a.Kappa || a.High < a.Kappa || a.High > 1 {
			t.Errorf("%s: interval %v to %v around %v", test.name, a.Low, a.High, a.Kappa)
		}
		if diff := cmp.Diff(test.table, a.Table); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestAgreeWithoutChance(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][][2]evaluate.Verdict{
		"nothing":          nil,
		"one and the same": {{evaluate.Wrong, evaluate.Wrong}, {evaluate.Wrong, evaluate.Wrong}},
		"no verdict":       {{"", evaluate.Wrong}, {evaluate.Wrong, "fine"}},
	} {
		a := evaluate.Agree(pairs)
		if a.Defined || a.Kappa != 0 || a.Low != 0 || a.High != 0 {
			t.Errorf("%s: %+v", name, a)
		}
	}
	a := evaluate.Agree([][2]evaluate.Verdict{{evaluate.Wrong, evaluate.Wrong}})
	if a.Observed != 1 || a.N != 1 {
		t.Errorf("one pair: %+v", a)
	}
	// Only the verdicts that were given stand in the table, in their order.
	a = evaluate.Agree([][2]evaluate.Verdict{{evaluate.ShouldHaveAnswered, evaluate.Right}, {evaluate.Wrong, evaluate.Wrong}})
	if diff := cmp.Diff([]evaluate.Verdict{evaluate.Right, evaluate.Wrong, evaluate.ShouldHaveAnswered}, a.Categories); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]int{{0, 0, 0}, {0, 1, 0}, {1, 0, 0}}, a.Table); diff != "" {
		t.Error(diff)
	}
}

// Whoever is called the first: kappa and its interval are the same, and no figure leaves
// its range.
func TestAgreeIsSymmetric(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		verdict := rapid.SampledFrom(evaluate.Verdicts())
		pairs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]evaluate.Verdict {
			return [2]evaluate.Verdict{verdict.Draw(t, "a"), verdict.Draw(t, "b")}
		}), 1, 60).Draw(t, "pairs")
		swapped := make([][2]evaluate.Verdict, len(pairs))
		for i, p := range pairs {
			swapped[i] = [2]evaluate.Verdict{p[1], p[0]}
		}
		a, b := evaluate.Agree(pairs), evaluate.Agree(swapped)
		if !near(a.Kappa, b.Kappa, 1e-9) || !near(a.StandardError, b.StandardError, 1e-9) {
			t.Fatalf("%+v and %+v", a, b)
		}
		if a.N != len(pairs) || a.Kappa < -1-1e-9 || a.Kappa > 1+1e-9 || a.Low < -1 || a.High > 1 || math.IsNaN(a.StandardError) {
			t.Fatalf("%+v", a)
		}
	})
}

func TestJudgementCheck(t *testing.T) {
	t.Parallel()
	place := evaluate.Place{Document: "advies-1", Version: 1, Page: 2, Start: 3, End: 9}
	for _, test := range []struct {
		name      string
		judgement evaluate.Judgement
		status    corpus.Status
		sentences int
		ok        bool
	}{
		{"right", evaluate.Judgement{Verdict: evaluate.Right}, corpus.Answered, 2, true},
		{"with all", evaluate.Judgement{Verdict: evaluate.WrongSource, Sentences: map[int]evaluate.Verdict{1: evaluate.Right, 2: evaluate.WrongSource}, Sources: []evaluate.Place{place}, Comment: "Zie tabel."}, corpus.Partial, 2, true},
		{"rightly declined", evaluate.Judgement{Verdict: evaluate.Right}, corpus.NoAnswer, 0, true},
		{"wrongly declined", evaluate.Judgement{Verdict: evaluate.ShouldHaveAnswered}, corpus.OutOfScope, 0, true},
		{"none", evaluate.Judgement{}, corpus.Answered, 2, false},
		{"unknown", evaluate.Judgement{Verdict: "fine"}, corpus.Answered, 2, false},
		{"answered, should have been", evaluate.Judgement{Verdict: evaluate.ShouldHaveAnswered}, corpus.Answered, 2, false},
		{"declined with a source", evaluate.Judgement{Verdict: evaluate.WrongSource}, corpus.Refused, 0, false},
		{"no such sentence", evaluate.Judgement{Verdict: evaluate.Right, Sentences: map[int]evaluate.Verdict{3: evaluate.Right}}, corpus.Answered, 2, false},
		{"no sentence zero", evaluate.Judgement{Verdict: evaluate.Right, Sentences: map[int]evaluate.Verdict{0: evaluate.Right}}, corpus.Answered, 2, false},
		{"a sentence declines", evaluate.Judgement{Verdict: evaluate.Right, Sentences: map[int]evaluate.Verdict{1: evaluate.ShouldHaveDeclined}}, corpus.Answered, 2, false},
		{"long", evaluate.Judgement{Verdict: evaluate.Right, Comment: string(make([]rune, evaluate.MaxComment+1))}, corpus.Answered, 2, false},
		{"many sources", evaluate.Judgement{Verdict: evaluate.Right, Sources: make([]evaluate.Place, evaluate.MaxSources+1)}, corpus.Answered, 2, false},
	} {
		if err := test.judgement.Check(test.status, test.sentences); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestVerdictKeys(t *testing.T) {
	t.Parallel()
	for i, v := range evaluate.Verdicts() {
		if v.Key() != i+1 {
			t.Errorf("%s has key %d", v, v.Key())
		}
	}
	if evaluate.Verdict("").Key() != 0 {
		t.Error("no verdict has a key")
	}
}

func FuzzParseSource(f *testing.F) {
	f.Add("1/2/3-9/advies-1")
	f.Add("1/2/3-9/")
	f.Add("-1/2/3-9/a")
	f.Add("1/2/9-3/a b")
	f.Add("01/2/3-9/a")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := evaluate.ParsePlace(s)
		if err != nil {
			return
		}
		if p.String() != s || p.Document == "" || p.Version < 1 || p.Page < 1 || p.Start < 0 || p.End <= p.Start {
			t.Errorf("%q is %+v", s, p)
		}
	})
}
