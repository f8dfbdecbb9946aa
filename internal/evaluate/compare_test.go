package evaluate

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

func made(id string, pass, cited, answerable bool) AnswerCase {
	c := AnswerCase{ID: id, Pass: pass, Cited: cited, Answerable: answerable, Status: corpus.Answered}
	if !answerable && pass {
		c.Status = corpus.Refused
	}
	return c
}

func run(cases ...AnswerCase) Answers { return Answers{Rates: rates(cases), Cases: cases} }

func TestCompareGoesCaseByCase(t *testing.T) {
	before := run(made("a", true, true, true), made("b", false, false, true), made("c", true, true, true), made("d", false, false, true), made("e", false, false, false), made("gone", true, true, true))
	after := run(made("a", true, true, true), made("b", true, true, true), made("c", true, false, true), made("d", true, false, true), made("e", true, false, false), made("new", true, true, true))
	got := Compare(before, after)
	ids := func(ds []Difference) (out []string) {
		for _, d := range ds {
			out = append(out, d.ID)
		}
		return out
	}
	if diff := cmp.Diff([]string{"b", "e"}, ids(got.Better)); diff != "" {
		t.Errorf("better: %s", diff)
	}
	if diff := cmp.Diff([]string{"c"}, ids(got.Worse)); diff != "" {
		t.Errorf("worse: %s", diff)
	}
	if got.Both != 1 || got.Neither != 1 || !slices.Equal(got.Unmatched, []string{"new", "gone"}) {
		t.Errorf("%+v", got)
	}
	// 2 against 1: every split of three is at least as uneven.
	if got.Chance != 1 {
		t.Errorf("chance %v, want 1", got.Chance)
	}
}

func TestSignTest(t *testing.T) {
	for _, tt := range []struct {
		a, b int
		want float64
	}{{0, 0, 1}, {1, 0, 1}, {5, 0, 2.0 / 32}, {0, 5, 2.0 / 32}, {8, 2, 2 * 56.0 / 1024}, {3, 3, 1}} {
		if got := signTest(tt.a, tt.b); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%d against %d: %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestRepeatSumsUpRuns(t *testing.T) {
	got := Repeat([]Answers{
		run(made("a", true, true, true), made("b", true, true, true)),
		run(made("a", true, true, true), made("b", false, true, true)),
		run(made("a", true, true, true), made("b", true, true, true)),
	})
	// Rates 1, 0.5, 1: mean 5/6, deviation sqrt((1/36+4/36+1/36)/2) = sqrt(1/12).
	if math.Abs(got.Answers.Mean-5.0/6) > 1e-12 || math.Abs(got.Answers.Deviation-math.Sqrt(1.0/12)) > 1e-12 || got.Answers.Least != 0.5 || got.Answers.Most != 1 {
		t.Errorf("%+v", got.Answers)
	}
	if got.Runs != 3 || !slices.Equal(got.Unsteady, []string{"b"}) {
		t.Errorf("%+v", got)
	}
}

func TestStepsTellWhereAnswersAreLost(t *testing.T) {
	yes, no := true, false
	a, b, c := made("a", true, true, true), made("b", false, false, true), made("c", false, false, true)
	a.Retrieved, a.SourcesNamed, a.SourcesFound = &yes, 2, 1
	b.Retrieved, b.Dropped, b.SourcesNamed, b.SourcesFound = &yes, 2, 1, 1
	c.Retrieved, c.Status, c.SourcesNamed = &no, corpus.NoAnswer, 1
	got := stepsOf([]AnswerCase{a, b, c, made("d", true, false, false), made("e", false, false, false)})
	want := Steps{
		Understanding: map[string]map[corpus.Status]int{"answer": {corpus.Answered: 2, corpus.NoAnswer: 1}, "decline": {corpus.Refused: 1, corpus.Answered: 1}},
		Retrieval:     2.0 / 3, Retrieved: 2, Sources: 0.5, LostInComposition: 1, Dropped: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadAnswers(t *testing.T) {
	data, err := json.Marshal(run(made("a", true, true, true)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ReadAnswers(bytes.NewReader(data)); err != nil || len(got.Cases) != 1 || got.Answers != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "{}", `{"cases":[]}`, "[]"} {
		if _, err := ReadAnswers(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
