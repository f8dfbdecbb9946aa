package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// scripted answers from a table and notes how many questions run at once.
type scripted struct {
	answers map[string]corpus.Answer
	running atomic.Int32
	most    atomic.Int32
}

func (s *scripted) Answer(_ context.Context, req answer.Request, _ func(answer.Event) error) (corpus.Answer, error) {
	n := s.running.Add(1)
	defer s.running.Add(-1)
	for {
		m := s.most.Load()
		if n <= m || s.most.CompareAndSwap(m, n) {
			break
		}
	}
	a, ok := s.answers[req.ID]
	if !ok {
		return corpus.Answer{}, errors.New("no such answer")
	}
	return a, nil
}

func said(status corpus.Status, text, quote string) corpus.Answer {
	a := corpus.Answer{Status: status, Text: text}
	if quote != "" {
		a.Citations = []corpus.Citation{{N: 1, Quote: quote}}
	}
	return a
}

const set = `
{"id":"right","lang":"nl","question":"Hoeveel?","answerable":true,"expect":[["\\b36\\b","zesendertig"],["leden"]],"tags":["a"],"kind":"plain"}
{"id":"no-group","lang":"nl","question":"Hoeveel?","answerable":true,"expect":[["36"],["kroonleden"]],"tags":["a"]}
{"id":"wrong-quote","lang":"en","question":"How many?","answerable":true,"expect":[["36"]],"cite":[["Zetels"]],"tags":["b"]}
{"id":"silent","lang":"nl","question":"Hoeveel?","answerable":true,"expect":[["36"]],"tags":["b"]}
{"id":"decline","lang":"nl","question":"Weer?","answerable":false,"tags":["b"]}
{"id":"talk","lang":"nl","question":"Weer?","answerable":false,"tags":["b"]}
{"id":"broken","lang":"nl","question":"Hoeveel?","answerable":true,"expect":[["36"]]}
`

func TestRunAnswersCountsByTheRules(t *testing.T) {
	questions, err := ReadQuestions(strings.NewReader(set))
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{answers: map[string]corpus.Answer{
		"right":       said(corpus.Answered, "De SER telt Zesendertig LEDEN.", "De SER telt 36 leden."),
		"no-group":    said(corpus.Answered, "36 leden.", "36 leden."),
		"wrong-quote": said(corpus.Partial, "36 members.", "36 leden."),
		"silent":      said(corpus.NoAnswer, "36 staat er niet in", ""),
		"decline":     said(corpus.OutOfScope, "Nee.", ""),
		"talk":        said(corpus.Answered, "Zon.", "Zon."),
	}}
	got, err := RunAnswers(context.Background(), questions, AnswersConfig{Answerer: s, Parallel: 3})
	if err != nil {
		t.Fatal(err)
	}
	want := Rates{Questions: 7, Answers: 2.0 / 5, Citations: 1.0 / 3, Declined: 1.0 / 2, WronglyDeclined: 1.0 / 5}
	if got.Rates != want {
		t.Errorf("rates %+v, want %+v", got.Rates, want)
	}
	if tag := got.Tags["a"]; tag.Answers != 0.5 || tag.Declined != 1 || tag.WronglyDeclined != 0 {
		t.Errorf("rates of tag a: %+v", tag)
	}
	if s.most.Load() > 3 {
		t.Errorf("%d questions ran at once, want at most 3", s.most.Load())
	}
	if c := got.Cases[6]; c.Status != corpus.Error || c.Pass || c.Why == "" {
		t.Errorf("an error is %+v", c)
	}
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{`"answers":`, `"citations":`, `"declined":`, `"wrongly_declined":`, `"cases":[`} {
		if !strings.Contains(string(data), field) {
			t.Errorf("the JSON has no %s", field)
		}
	}
}

func TestReadQuestionsNamesTheLine(t *testing.T) {
	good := `{"id":"a","question":"x","answerable":true,"expect":[["y"]]}` + "\n"
	for _, tt := range []struct{ in, want string }{
		{"", "empty"},
		{good + `{"id":"b"`, "line 2"},
		{good + `{"id":"b","answerable":true}`, `line 2: "question"`},
		{good + `{"id":"b","question":"x"}`, `line 2: "answerable"`},
		{good + `{"id":"b","question":"x","answerable":true}`, `line 2: "expect"`},
		{good + `{"id":"b","question":"x","answerable":true,"expect":[[]]}`, "group 1 is empty"},
		{good + `{"id":"b","question":"x","answerable":true,"expect":[["("]]}`, "line 2"},
		{good + `{"id":"b","question":"x","lang":"de","answerable":false}`, `"nl" or "en"`},
		{good + good, "line 1 already"},
	} {
		if _, err := ReadQuestions(strings.NewReader(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ReadQuestions(%q): %v, want an error with %q", tt.in, err, tt.want)
		}
	}
}

func TestRunAnswersStopsWithItsContext(t *testing.T) {
	questions, err := ReadQuestions(strings.NewReader(set))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := RunAnswers(ctx, questions, AnswersConfig{Answerer: &scripted{}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// remembering answers with what it was told of the conversation.
type remembering struct{}

func (remembering) Answer(_ context.Context, req answer.Request, _ func(answer.Event) error) (corpus.Answer, error) {
	text := req.Question
	for _, h := range req.History {
		text += " | " + h.Question
	}
	return said(corpus.Answered, text, text), nil
}

func TestRunConversationsKeepsWhatWentBefore(t *testing.T) {
	set, err := ReadConversations(strings.NewReader(`{"id":"a","turns":[{"question":"een","answerable":true,"expect":[["^een$"]]},{"question":"twee","answerable":true,"expect":[["^twee \\| een$"]]}]}
{"id":"b","turns":[{"question":"drie","answerable":false}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := RunConversations(context.Background(), set, AnswersConfig{Answerer: remembering{}})
	if err != nil {
		t.Fatal(err)
	}
	if got.Questions != 3 || got.Answers != 1 || got.Declined != 0 || got.Kinds["follow_up"].Questions != 1 || got.Cases[1].ID != "a-2" {
		t.Errorf("%+v", got)
	}
	for _, tt := range []struct{ in, want string }{
		{"", "empty"},
		{`{"id":"a","turns":[]}`, "0 turns"},
		{`{"id":"a","turns":[{"question":"x"}]}`, `turn 1: "answerable"`},
		{`{"id":"a","turns":[{"question":"x","answerable":true}]}`, `turn 1: "expect"`},
		{`{"id":"a","turns":[{"question":"x","answerable":false}]}` + "\n" + `{"id":"a","turns":[{"question":"x","answerable":false}]}`, "twice"},
	} {
		if _, err := ReadConversations(strings.NewReader(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ReadConversations(%q): %v, want an error with %q", tt.in, err, tt.want)
		}
	}
}

// The conversations over the demo corpus are well formed, and enough.
func TestDemoConversations(t *testing.T) {
	data, err := os.ReadFile("../../ingest/demo/conversations.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	set, err := ReadConversations(strings.NewReader(string(data)))
	if err != nil || len(set) < 30 {
		t.Errorf("%d conversations, %v", len(set), err)
	}
}

func FuzzReadQuestions(f *testing.F) {
	f.Add(set)
	f.Add(`{"id":1}`)
	f.Fuzz(func(t *testing.T, in string) {
		questions, err := ReadQuestions(strings.NewReader(in))
		if err == nil && len(questions) == 0 {
			t.Error("no questions and no error")
		}
	})
}
