package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/answer"
)

// madeSentences is a Sampler of made sentences: of ten for every question, the one that holds
// the answer has the most of the first signal. The second signal is noise.
type madeSentences struct {
	random *rand.Rand
	fail   bool
}

func (m *madeSentences) Samples(_ context.Context, req answer.Request) ([]answer.Sample, answer.Form, error) {
	if m.fail {
		return nil, "", errors.New("no database")
	}
	if strings.HasPrefix(req.Question, "hallo") {
		return nil, "", nil
	}
	n := len(answer.SignalNames())
	var out []answer.Sample
	for i := range 10 {
		x := answer.Sample{Document: "document of " + req.ID, Signals: make([]float64, n), Text: "iets anders", Passage: "iets anders"}
		x.Signals[0], x.Signals[1] = 0.6*m.random.Float64(), m.random.Float64()
		if i == 7 && !strings.Contains(req.Question, "onbekend") {
			x.Signals[0], x.Text, x.Passage = 0.7+0.3*m.random.Float64(), "het antwoord", "het antwoord en meer"
		}
		x.Said = x.Text
		out = append(out, x)
	}
	return out, answer.FormOpen, nil
}

func madeSet(t *testing.T, n int) NamedSet {
	t.Helper()
	var lines strings.Builder
	for i := range n {
		if i%4 == 0 {
			fmt.Fprintf(&lines, `{"id":"q%d","question":"iets onbekends %d","answerable":false}`+"\n", i, i)
			continue
		}
		fmt.Fprintf(&lines, `{"id":"q%d","question":"vraag %d","answerable":true,"expect":[["het\\s+antwoord"]]}`+"\n", i, i)
	}
	questions, err := ReadQuestions(strings.NewReader(lines.String()))
	if err != nil {
		t.Fatal(err)
	}
	return NamedSet{Name: "made", Questions: questions}
}

// What tells the answer gets the weight, and what does not gets next to none; the
// cross-validation then finds the answers and declines the rest.
func TestLearnFindsWhatTells(t *testing.T) {
	calls := 0
	learned, err := Learn(t.Context(), []NamedSet{madeSet(t, 160)}, LearnConfig{
		Sampler: &madeSentences{random: rand.New(rand.NewPCG(1, 2))}, Progress: func(done, of int) { calls = done; _ = of },
	})
	if err != nil {
		t.Fatal(err)
	}
	w := learned.Weights
	if w.Order[0] < 3 || w.Order[0] < 5*max(w.Order[1], -w.Order[1]) || w.Decide[0] < 1 {
		t.Errorf("order %.2f and %.2f, decide %.2f", w.Order[0], w.Order[1], w.Decide[0])
	}
	s := learned.Sets[0]
	if calls != 160 || s.Answerable != 120 || s.Unanswerable != 40 || s.Reachable != 1 || s.First < 0.99 || s.Declined < 0.9 || s.WronglyDeclined > 0.08 || w.Least <= 0 {
		t.Errorf("%d calls, %+v, least %v", calls, s, w.Least)
	}
	if len(learned.Cases) != 160 || slices.ContainsFunc(learned.Cases, func(c LearnedCase) bool { return c.Probable < 0 || c.Probable > 1 || c.First == "" }) {
		t.Errorf("%d cases", len(learned.Cases))
	}
	// The higher the bar, the more is declined, rightly and wrongly.
	for i, c := range learned.Curve[1:] {
		if before := learned.Curve[i]; c.Least <= before.Least || c.Declined < before.Declined || c.WronglyDeclined < before.WronglyDeclined {
			t.Errorf("the curve falls: %+v after %+v", c, before)
		}
	}
	again, err := Learn(t.Context(), []NamedSet{madeSet(t, 160)}, LearnConfig{Sampler: &madeSentences{random: rand.New(rand.NewPCG(1, 2))}})
	if err != nil || again.Weights.String() != w.String() {
		t.Errorf("the same sets teach other weights: %v", err)
	}
}

func TestLearnRefuses(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	if _, err := Learn(t.Context(), []NamedSet{madeSet(t, 40)}, LearnConfig{Sampler: &madeSentences{random: random}}); err == nil || !strings.Contains(err.Error(), "larger sets") {
		t.Errorf("40 questions: %v", err)
	}
	if _, err := Learn(t.Context(), []NamedSet{madeSet(t, 40)}, LearnConfig{Sampler: &madeSentences{random: random, fail: true}}); err == nil || !strings.Contains(err.Error(), "no database") || !strings.Contains(err.Error(), "made: q0") {
		t.Errorf("a sampler that fails: %v", err)
	}
}

// Turns of conversations come with what was said before them.
func TestFromConversations(t *testing.T) {
	set := []Conversation{{ID: "a", Turns: []Question{{Question: "een"}, {Question: "twee"}}}, {ID: "b", Turns: []Question{{Question: "drie"}}}}
	got := FromConversations("x", set, Answers{Cases: []AnswerCase{{Text: "1"}, {Text: "2"}, {Text: "3"}}})
	if len(got.Questions) != 3 || len(got.Histories[0]) != 0 || len(got.Histories[2]) != 0 || len(got.Histories[1]) != 1 || got.Histories[1][0] != (answer.Exchange{Question: "een", Answer: "1"}) {
		t.Errorf("%+v", got)
	}
}
