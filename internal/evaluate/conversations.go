package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ser-nl/vraagbaak/internal/answer"
)

// Conversation is a line of a set of conversations: questions that build on each
// other, each judged by the rules of a question set.
type Conversation struct {
	ID    string
	Turns []Question
}

// mostTurns bounds a conversation.
const mostTurns = 50

// ReadConversations reads a set of conversations, one JSON object a line:
// {"id","turns":[…]} with lines of a question set as turns. Errors name the line.
func ReadConversations(r io.Reader) ([]Conversation, error) {
	var out []Conversation
	seen := make(map[string]bool)
	err := eachLine(r, func(line int, raw struct {
		ID    string `json:"id"`
		Turns []struct {
			Question
			Answerable *bool `json:"answerable"`
		} `json:"turns"`
	}) error {
		if len(raw.Turns) == 0 || len(raw.Turns) > mostTurns {
			return fmt.Errorf(`"turns" has %d turns: 1 to %d are possible`, len(raw.Turns), mostTurns)
		}
		if raw.ID == "" {
			raw.ID = fmt.Sprintf("line-%d", line)
		}
		if seen[raw.ID] {
			return fmt.Errorf("id %q stands there twice", raw.ID)
		}
		seen[raw.ID] = true
		c := Conversation{ID: raw.ID}
		for i, turn := range raw.Turns {
			q := turn.Question
			switch {
			case q.Question == "":
				return fmt.Errorf(`turn %d: "question" is missing or empty`, i+1)
			case turn.Answerable == nil:
				return fmt.Errorf(`turn %d: "answerable" is missing: say true or false`, i+1)
			case *turn.Answerable && len(q.Expect) == 0:
				return fmt.Errorf(`turn %d: "expect" is missing: an answerable question needs at least one group`, i+1)
			}
			q.Answerable, q.ID = *turn.Answerable, fmt.Sprintf("%s-%d", raw.ID, i+1)
			var err error
			if q.expect, err = compile("expect", q.Expect); err != nil {
				return fmt.Errorf("turn %d: %w", i+1, err)
			}
			if q.cite, err = compile("cite", q.Cite); err != nil {
				return fmt.Errorf("turn %d: %w", i+1, err)
			}
			if len(q.cite) == 0 {
				q.cite = q.expect
			}
			c.Turns = append(c.Turns, q)
		}
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	if len(out) == 0 {
		return nil, errors.New("read conversations: the set is empty")
	}
	return out, nil
}

// RunConversations holds every conversation of a set and counts its turns as
// RunAnswers counts questions; Kinds tells first turns ("first") from the others
// ("follow_up"). It fails only when ctx ends.
func RunConversations(ctx context.Context, set []Conversation, cfg AnswersConfig) (Answers, error) {
	cfg = cfg.withDefaults()
	held := make([][]AnswerCase, len(set))
	if err := cfg.each(ctx, len(set), func(i int) { held[i] = hold(ctx, set[i], cfg) }); err != nil {
		return Answers{}, fmt.Errorf("run conversations: %w", err)
	}
	var out Answers
	kinds := make(map[string][]AnswerCase)
	for _, cases := range held {
		for i, c := range cases {
			kind := "follow_up"
			if i == 0 {
				kind = "first"
			}
			kinds[kind] = append(kinds[kind], c)
			out.Cases = append(out.Cases, c)
		}
	}
	out.Rates, out.Steps, out.Kinds = rates(out.Cases), stepsOf(out.Cases), make(map[string]Rates)
	for kind, part := range kinds {
		out.Kinds[kind] = rates(part)
	}
	return out, nil
}

// hold asks the turns of a conversation one after the other, each with what went
// before.
func hold(ctx context.Context, c Conversation, cfg AnswersConfig) []AnswerCase {
	var cases []AnswerCase
	var history []answer.Exchange
	for _, q := range c.Turns {
		k, _ := runCase(ctx, q, history, cfg)
		cases = append(cases, k)
		history = append(history, answer.Exchange{Question: q.Question, Answer: k.Text})
	}
	return cases
}
