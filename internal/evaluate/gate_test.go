package evaluate

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// results are n right answers, with those of the given numbers wrong.
func results(n int, wrong ...int) Answers {
	var cases []AnswerCase
	for i := range n {
		cases = append(cases, AnswerCase{ID: fmt.Sprint(i), Question: fmt.Sprint("vraag ", i), Answerable: true, Status: corpus.Answered, Pass: true, Cited: true, Text: "goed"})
	}
	for _, i := range wrong {
		cases[i].Pass, cases[i].Text, cases[i].Why = false, "fout", "the answer lacks x"
	}
	return Summarise(cases, Prices{})
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestMcNemar(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mended, broken int
		want           float64
	}{
		{0, 0, 1}, {0, 1, 0.5}, {0, 5, 1.0 / 32}, {5, 0, 1}, {2, 8, 56.0 / 1024}, // 45+10+1
		{10, 10, 0.5 + 184756.0/1048576/2}, {1, 4, 6.0 / 32},
	} {
		if got := mcNemar(tt.mended, tt.broken); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%d mended, %d broken: %v, want %v", tt.mended, tt.broken, got, tt.want)
		}
	}
	if got := mcNemar(3000, 3000); !(got > 0.5 && got < 0.51) {
		t.Errorf("of thousands: %v", got)
	}
}

func TestHolm(t *testing.T) {
	t.Parallel()
	checks := []GateCheck{{P: 0.04}, {P: 0.01}, {P: 0.03}, {P: 0.005}}
	holm(checks)
	// 4×0.005, 3×0.01, 2×0.03, and 0.04 no lower than the one before.
	for i, want := range []float64{0.06, 0.03, 0.06, 0.02} {
		if math.Abs(checks[i].Adjusted-want) > 1e-12 {
			t.Errorf("%v is adjusted to %v, want %v", checks[i].P, checks[i].Adjusted, want)
		}
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	worse := Summarise(results(40).Cases, Prices{})
	for i := range 8 {
		worse.Cases[i].Status, worse.Cases[i].Pass, worse.Cases[i].Cited = corpus.NoAnswer, false, false
	}
	for name, tt := range map[string]struct {
		before, after Answers
		opts          GateOptions
		pass          bool
		falls         string
		fails         string // an error
	}{
		"the same":              {results(40), results(40), GateOptions{}, true, "", ""},
		"two of forty":          {results(40), results(40, 0, 1), GateOptions{}, true, "", ""},
		"eight of forty":        {results(40), results(40, upTo(8)...), GateOptions{}, false, "right answers", ""},
		"declined":              {results(40), worse, GateOptions{}, false, "right answers wrongly_declined", ""},
		"better":                {results(40, upTo(8)...), results(40), GateOptions{}, true, "", ""},
		"a strict level":        {results(40), results(40, upTo(8)...), GateOptions{Level: 0.001}, true, "", ""},
		"a floor that holds":    {results(40), results(40, 0), GateOptions{Floors: map[Metric]float64{MetricAnswers: 0.95}}, true, "", ""},
		"a floor that breaks":   {results(40), results(40, 0, 1, 2), GateOptions{Floors: map[Metric]float64{MetricAnswers: 0.95}}, false, "", ""},
		"a ceiling that breaks": {worse, worse, GateOptions{Floors: map[Metric]float64{MetricWronglyDeclined: 0.1}}, false, "", ""},
		"another set":           {results(40), results(4), GateOptions{}, false, "", "only 4 of the 40"},
		"nothing to measure":    {results(40), results(40), GateOptions{Floors: map[Metric]float64{MetricDeclined: 1}}, false, "", "no cases"},
		"a level of nonsense":   {results(4), results(4), GateOptions{Level: 2}, false, "", "level"},
	} {
		got, err := HoldAgainst(tt.before, tt.after, tt.opts)
		if tt.fails != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var falls []string
		for _, c := range got.Checks {
			if c.Fall {
				falls = append(falls, string(c.Metric))
			}
		}
		if err != nil || got.Pass != tt.pass || strings.Join(falls, " ") != tt.falls {
			t.Errorf("%s: pass %v, falls %v, %v", name, got.Pass, falls, err)
		}
	}
	got, err := HoldAgainst(results(40), results(40, upTo(8)...), GateOptions{})
	if err != nil || len(got.Broken) != 8 || got.Broken[0].WhyIs == "" {
		t.Errorf("%d broken, %v", len(got.Broken), err)
	}
	// 8 broken of 8 that differ: 2^-8, of the five figures four are there.
	if c := got.Checks[0]; math.Abs(c.P-1.0/256) > 1e-12 || math.Abs(c.Difference+0.2) > 1e-12 || c.Interval.Low > -0.2 || c.Interval.High < -0.2 || c.Interval.High >= 0 {
		t.Errorf("%+v", c)
	}
}

func TestParseFloors(t *testing.T) {
	t.Parallel()
	if got, err := ParseFloors(map[string]float64{"answers": 0.9}); err != nil || got[MetricAnswers] != 0.9 {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []map[string]float64{{"antwoorden": 0.9}, {"answers": 95}, {"answers": math.NaN()}} {
		if _, err := ParseFloors(bad); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}
