package evaluate

import (
	"context"
	"fmt"
)

// RunBeside asks every question of a set under two configurations, one right after the
// other and every second question in the other order, so that neither has the quieter
// machine. The second result has the comparison with the first.
func RunBeside(ctx context.Context, questions []Question, one, other AnswersConfig) (first, second Answers, err error) {
	one, other = one.withDefaults(), other.withDefaults()
	cases := [2][]AnswerCase{make([]AnswerCase, len(questions)), make([]AnswerCase, len(questions))}
	configs := [2]AnswersConfig{one, other}
	err = one.each(ctx, len(questions), func(i int) {
		for k := range configs {
			k = (k + i) % 2
			cases[k][i], _ = runCase(ctx, questions[i], nil, configs[k])
		}
	})
	if err != nil {
		return Answers{}, Answers{}, fmt.Errorf("run questions: %w", err)
	}
	first, second = Summarise(cases[0], one.Prices), Summarise(cases[1], other.Prices)
	comparison := Compare(first, second)
	second.Comparison = &comparison
	return first, second, nil
}
