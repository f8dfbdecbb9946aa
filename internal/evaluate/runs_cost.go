package evaluate

import (
	"math"
	"slices"
)

// StepTiming is how long a step took over the cases that took it, in milliseconds.
type StepTiming struct {
	Name  string  `json:"name"`
	Cases int     `json:"cases"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
}

// timingsOf are the steps in the order in which turns took them, and the whole turn as
// "total". A turn that failed with an error counts for none.
func timingsOf(cases []AnswerCase) []StepTiming {
	var names []string
	took := make(map[string][]float64)
	for _, c := range cases {
		for _, s := range c.Steps {
			if _, known := took[s.Name]; !known {
				names = append(names, s.Name)
			}
			took[s.Name] = append(took[s.Name], s.DurationMS)
		}
		if c.TotalMS > 0 {
			took[""] = append(took[""], c.TotalMS)
		}
	}
	out := make([]StepTiming, 0, len(names)+1)
	for _, name := range append(names, "") {
		values := took[name]
		if len(values) == 0 {
			continue
		}
		slices.Sort(values)
		if name == "" {
			name = "total"
		}
		out = append(out, StepTiming{Name: name, Cases: len(values), P50: percentile(values, 50), P95: percentile(values, 95)})
	}
	return out
}

// percentile is the least of the sorted values that at least p percent of them do not
// pass (nearest rank).
func percentile(sorted []float64, p float64) float64 {
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

// Prices are what a language model costs, in euros for a million tokens.
type Prices struct {
	Prompt     float64 `json:"prompt"`
	Completion float64 `json:"completion"`
}

// Cost is what the answers of a set took of a language model.
type Cost struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	// Estimated: for some answers the server did not say, and characters were counted.
	Estimated bool `json:"estimated,omitempty"`
	// Euros is 0 when no price is known.
	Euros float64 `json:"euros"`
}

// of is what the cases took; nil when no model was asked.
func (p Prices) of(cases []AnswerCase) *Cost {
	var cost *Cost
	for _, c := range cases {
		if c.Usage == nil {
			continue
		}
		if cost == nil {
			cost = &Cost{}
		}
		cost.PromptTokens += c.Usage.PromptTokens
		cost.CompletionTokens += c.Usage.CompletionTokens
		cost.Estimated = cost.Estimated || c.Usage.Estimated
	}
	if cost != nil {
		cost.Euros = (float64(cost.PromptTokens)*p.Prompt + float64(cost.CompletionTokens)*p.Completion) / 1e6
	}
	return cost
}

// Median is the time that half of the turns took at most, in milliseconds; 0 when none
// was measured.
func (a Answers) Median() float64 {
	if n := len(a.Timings); n > 0 {
		return a.Timings[n-1].P50
	}
	return 0
}
