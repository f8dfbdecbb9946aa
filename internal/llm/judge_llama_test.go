package llm

import (
	"testing"

	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

// A judge asks a real model server, and makes of what it writes, a piece at a time, one
// opinion; what is no verdict is unclear. The model of the test writes on one line.
func TestJudgeOfARealServer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		args []string
		want evaluate.Opinion
	}{
		{"supported", []string{"-script", "GEDEKT"}, evaluate.Opinion{Outcome: evaluate.OutcomeSupported}},
		{"not supported", []string{"-script", "NIET_GEDEKT"}, evaluate.Opinion{Outcome: evaluate.OutcomeUnsupported}},
		{"no opinion", []string{"-script", "Dat weet ik niet."}, evaluate.Opinion{Outcome: evaluate.OutcomeUnclear, Why: "Dat weet ik niet."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			judge := NewJudge(startLlama(t, test.args...).chat(t))
			got, err := judge.Judge(t.Context(), "De SER heeft 44 leden.", []string{"De SER telt sinds 2023 33 leden."})
			if err != nil || got != test.want {
				t.Errorf("%+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}
