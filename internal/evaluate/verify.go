package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ser-nl/vraagbaak/internal/answer"
)

// Pair is a sentence with the passage it is held against, and whether the passage
// supports it.
type Pair struct {
	ID        string `json:"id"`
	Sentence  string `json:"sentence"`
	Passage   string `json:"passage"`
	Supported bool   `json:"supported"`
	// Altered names what was changed in a sentence that is not supported: number,
	// unit, year, name, negation, opposite, citation … It may be empty.
	Altered string `json:"altered,omitempty"`
}

// ReadPairs reads a set of pairs, one JSON object a line.
func ReadPairs(r io.Reader) ([]Pair, error) {
	var pairs []Pair
	seen := make(map[string]int)
	err := eachLine(r, func(line int, raw struct {
		Pair
		Supported *bool `json:"supported"`
	}) error {
		p := raw.Pair
		switch {
		case p.Sentence == "":
			return errors.New(`"sentence" is missing or empty`)
		case raw.Supported == nil:
			return errors.New(`"supported" is missing: say true or false`)
		}
		p.Supported = *raw.Supported
		if p.ID == "" {
			p.ID = fmt.Sprintf("line-%d", line)
		}
		if first, ok := seen[p.ID]; ok {
			return fmt.Errorf("id %q stands on line %d already", p.ID, first)
		}
		seen[p.ID] = line
		pairs = append(pairs, p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read pairs: %w", err)
	}
	if len(pairs) == 0 {
		return nil, errors.New("read pairs: the set is empty")
	}
	return pairs, nil
}

// Verifier judges one sentence, as answer.Verify does.
type Verifier func(sentence, passage string) answer.Verdict

// Verification is how well a verifier tells wrong sentences from true ones.
type Verification struct {
	// RecallWrong is the share of the unsupported sentences that were rejected,
	// PrecisionWrong the share of the rejected ones that are unsupported; both 0 to
	// 1, and 1 when there is nothing to divide by.
	RecallWrong    float64            `json:"recall_wrong"`
	PrecisionWrong float64            `json:"precision_wrong"`
	Pairs          int                `json:"pairs"`
	ByAltered      map[string]float64 `json:"recall_by_altered,omitempty"` // recall per kind of alteration
	// PrecisionByAltered is, by kind, the share of the rejected sentences of that kind
	// and of the true ones that were wrong.
	PrecisionByAltered map[string]float64 `json:"precision_by_altered,omitempty"`
	Cases              []VerificationCase `json:"cases"`
	Injected           *Injected          `json:"injected,omitempty"`
}

// VerificationCase is the verdict on one pair.
type VerificationCase struct {
	ID        string          `json:"id"`
	Sentence  string          `json:"sentence"`
	Passage   string          `json:"passage"`
	Supported bool            `json:"supported"`
	Altered   string          `json:"altered,omitempty"`
	Judged    bool            `json:"judged_supported"`
	Pass      bool            `json:"pass"`
	Reasons   []answer.Reason `json:"reasons,omitempty"`
}

// Verify runs a verifier over pairs. It stops when ctx ends.
func Verify(ctx context.Context, pairs []Pair, verify Verifier) (Verification, error) {
	v := Verification{Pairs: len(pairs), Cases: make([]VerificationCase, 0, len(pairs))}
	wrong, caught, rejected := 0, 0, 0
	kinds := make(map[string][2]int)
	for _, p := range pairs {
		if err := ctx.Err(); err != nil {
			return Verification{}, fmt.Errorf("verify pairs: %w", err)
		}
		verdict := verify(p.Sentence, p.Passage)
		v.Cases = append(v.Cases, VerificationCase{
			ID: p.ID, Sentence: p.Sentence, Passage: p.Passage, Supported: p.Supported, Altered: p.Altered,
			Judged: verdict.OK, Pass: verdict.OK == p.Supported, Reasons: verdict.Reasons,
		})
		if !verdict.OK {
			rejected++
		}
		if p.Supported {
			continue
		}
		wrong++
		k := kinds[p.Altered]
		k[1]++
		if !verdict.OK {
			caught++
			k[0]++
		}
		kinds[p.Altered] = k
	}
	v.RecallWrong = share(caught, wrong)
	v.PrecisionWrong = share(caught, rejected)
	for kind, k := range kinds {
		if kind == "" {
			continue
		}
		if v.ByAltered == nil {
			v.ByAltered, v.PrecisionByAltered = make(map[string]float64), make(map[string]float64)
		}
		v.ByAltered[kind] = share(k[0], k[1])
		v.PrecisionByAltered[kind] = share(k[0], k[0]+rejected-caught)
	}
	return v, nil
}

// share is part of all, and 1 when there is nothing to divide by.
func share(part, all int) float64 {
	if all == 0 {
		return 1
	}
	return float64(part) / float64(all)
}
