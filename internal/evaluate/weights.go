package evaluate

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/answer"
)

// Sampler gives the sentences among which an answer is chosen, with their signals.
// *answer.Service is one.
type Sampler interface {
	Samples(ctx context.Context, req answer.Request) ([]answer.Sample, answer.Form, error)
}

// LearnConfig is how weights are learned.
type LearnConfig struct {
	Sampler Sampler
	// Folds is the number of parts of the cross-validation. Questions that are
	// answered from one document are in one part. Default 5.
	Folds int
	// WronglyDeclined is the most of the answerable questions, 0 to 1, that may be declined
	// in the cross-validation, by which the least probability is chosen. Default 0.07.
	WronglyDeclined float64
	// Progress, when set, is called after every question.
	Progress func(done, of int)
}

// Learned is what the sets taught, and what it is worth: the rates are those of the
// cross-validation, each question judged by weights learned from other documents.
type Learned struct {
	Weights *answer.Weights `json:"-"`
	Sets    []LearnedSet    `json:"sets"`
	Curve   []CurvePoint    `json:"curve"`
	Cases   []LearnedCase   `json:"cases"`
}

// LearnedCase is a question as the cross-validation judged it.
type LearnedCase struct {
	Set        string  `json:"set"`
	ID         string  `json:"id"`
	Question   string  `json:"question"`
	Answerable bool    `json:"answerable"`
	Reachable  bool    `json:"reachable"`
	First      string  `json:"first"` // the first sentence
	Right      bool    `json:"right"` // it holds the answer, or as much as any
	Probable   float64 `json:"probable"`
	Best       string  `json:"best,omitempty"` // the first that holds it, where First does not
	Signals    string  `json:"signals"`
}

// LearnedSet are the rates of one set, 0 to 1.
type LearnedSet struct {
	Set        string `json:"set"`
	Answerable int    `json:"answerable"`
	// Reachable is the share of the answerable questions of which a sentence holds a
	// part of the answer at least; First, that the first sentence is such a one, or the
	// best there is.
	Reachable       float64 `json:"reachable"`
	First           float64 `json:"first"`
	Unanswerable    int     `json:"unanswerable"`
	Declined        float64 `json:"declined"`
	WronglyDeclined float64 `json:"wrongly_declined"`
	// WronglyAnswered is the share of the answerable questions that are answered by a
	// sentence without the answer.
	WronglyAnswered float64 `json:"wrongly_answered"`
}

// CurvePoint is what a least probability brings over all sets.
type CurvePoint struct {
	Least           float64 `json:"least"`
	Declined        float64 `json:"declined"`
	WronglyDeclined float64 `json:"wrongly_declined"`
	WronglyAnswered float64 `json:"wrongly_answered"`
}

// NamedSet is a question set with its name.
type NamedSet struct {
	Name      string
	Questions []Question
	// Histories are what was said before each question, parallel to Questions; nil for
	// questions that stand alone.
	Histories [][]answer.Exchange
}

// FromConversations makes a question set of the turns of conversations, as they were
// held: each with the questions and answers before it.
func FromConversations(name string, set []Conversation, held Answers) NamedSet {
	out := NamedSet{Name: name}
	at := 0
	for _, c := range set {
		var history []answer.Exchange
		for _, q := range c.Turns {
			out.Questions = append(out.Questions, q)
			out.Histories = append(out.Histories, slices.Clone(history))
			history = append(history, answer.Exchange{Question: q.Question, Answer: held.Cases[at].Text})
			at++
		}
	}
	return out
}

// sampled is a question with the sentences found for it.
type sampled struct {
	set     int
	q       Question
	texts   []string
	fold    int
	form    answer.Form
	right   bool // it is answerable
	signals [][]float64
	good    []bool // parallel to signals: it holds the answer itself, or is said with as much of it as any
	tells   []bool // what is said with it holds as much of the answer as any
	beside  []bool // its passage holds nothing of the answer
	reached bool
}

// Learn learns the weights of the composer from question sets.
func Learn(ctx context.Context, sets []NamedSet, cfg LearnConfig) (Learned, error) {
	if cfg.Folds < 2 {
		cfg.Folds = 5
	}
	if cfg.WronglyDeclined <= 0 || cfg.WronglyDeclined >= 1 {
		cfg.WronglyDeclined = 0.07
	}
	var all []sampled
	total, done := 0, 0
	slices.SortFunc(sets, func(a, b NamedSet) int { return strings.Compare(a.Name, b.Name) })
	for _, set := range sets {
		total += len(set.Questions)
	}
	for i, set := range sets {
		for j, q := range set.Questions {
			req := answer.Request{ID: q.ID, Question: q.Question, Lang: q.Lang}
			if set.Histories != nil {
				req.History = set.Histories[j]
			}
			samples, form, err := cfg.Sampler.Samples(ctx, req)
			if err != nil {
				return Learned{}, fmt.Errorf("%s: %s: %w", set.Name, q.ID, err)
			}
			if s, ok := label(q, samples, cfg.Folds); ok {
				s.set, s.form = i, form
				all = append(all, s)
			}
			if done++; cfg.Progress != nil {
				cfg.Progress(done, total)
			}
		}
	}
	if len(all) < 20*cfg.Folds {
		return Learned{}, errors.New("too few questions to learn from: name larger sets")
	}
	return learn(sets, all, cfg), nil
}

// mostSamples bounds the sentences of one question that are learned from, as ordered
// by the weights that hold now.
const mostSamples = 60

// label says which sentences hold the answer to a question.
func label(q Question, samples []answer.Sample, folds int) (sampled, bool) {
	s := sampled{right: q.Answerable, q: q}
	key := q.ID
	most := 0
	own, said := make([]int, len(samples)), make([]int, len(samples))
	whole := false
	for i, x := range samples {
		if i >= mostSamples {
			break
		}
		s.texts = append(s.texts, x.Said)
		s.signals = append(s.signals, x.Signals)
		beside := true
		for _, g := range q.expect {
			if g.found(x.Text) {
				own[i]++
			}
			if g.found(x.Said) {
				said[i]++
			}
			beside = beside && !g.found(x.Passage)
		}
		s.beside = append(s.beside, beside)
		whole = whole || q.Answerable && own[i] == len(q.expect)
		if said[i] > most {
			most = said[i]
			key = x.Document
		}
	}
	s.good, s.tells = make([]bool, len(s.signals)), make([]bool, len(s.signals))
	for i := range s.signals {
		s.tells[i] = q.Answerable && most > 0 && said[i] == most
		s.good[i] = s.tells[i] && (!whole || own[i] == len(q.expect))
		s.reached = s.reached || s.good[i]
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(key)) // it cannot fail
	s.fold = int(h.Sum32()) % folds
	return s, len(samples) > 0
}

// The strength by which weights are kept small, per question; and what a question
// counts whose answer was taken away, and one that has none.
const (
	orderShrink  = 0.001
	decideShrink = 0.001
	takenAway    = 0.25
	unanswerable = 2.0
)

func learn(sets []NamedSet, all []sampled, cfg LearnConfig) Learned {
	names := answer.SignalNames()
	forms := formsOf(all)
	// Cross-validation: who is judged taught nothing.
	type verdict struct {
		of    *sampled
		p     float64
		right bool // its first sentence holds the answer
	}
	var verdicts []verdict
	var cases []LearnedCase
	for fold := range cfg.Folds {
		var others, mine []*sampled
		for i := range all {
			if all[i].fold == fold {
				mine = append(mine, &all[i])
			} else {
				others = append(others, &all[i])
			}
		}
		order := learnOrder(others, len(names))
		decide := learnDecision(others, order, forms)
		for _, s := range mine {
			row, top := decisionRow(s, order, forms, false)
			v := verdict{of: s, p: logistic(dot(decide, row)), right: top >= 0 && s.tells[top]}
			verdicts = append(verdicts, v)
			k := LearnedCase{Set: sets[s.set].Name, ID: s.q.ID, Question: s.q.Question, Answerable: s.right, Reachable: s.reached, Right: v.right, Probable: v.p, First: s.texts[top]}
			best := -1
			for i := range s.signals {
				if s.good[i] && (best < 0 || dot(order, s.signals[i]) > dot(order, s.signals[best])) {
					best = i
				}
			}
			k.Signals = fmt.Sprintf("%.2f", s.signals[top])
			if best >= 0 && !v.right {
				k.Best = s.texts[best]
				k.Signals += fmt.Sprintf(" best %.2f", s.signals[best])
			}
			cases = append(cases, k)
		}
	}
	out := Learned{Cases: cases}
	point := func(least float64, in func(verdict) bool) (CurvePoint, LearnedSet) {
		c, s := CurvePoint{Least: least}, LearnedSet{}
		var declined, wrongly, answered, reached, first int
		for _, v := range verdicts {
			if !in(v) {
				continue
			}
			no := v.p < least
			if !v.of.right {
				s.Unanswerable++
				if no {
					declined++
				}
				continue
			}
			s.Answerable++
			if v.of.reached {
				reached++
			}
			if v.right {
				first++
			}
			switch {
			case no:
				wrongly++
			case !v.right:
				answered++
			}
		}
		s.Reachable, s.First = share(reached, s.Answerable), share(first, s.Answerable)
		s.Declined, s.WronglyDeclined, s.WronglyAnswered = share(declined, s.Unanswerable), part(wrongly, s.Answerable), part(answered, s.Answerable)
		c.Declined, c.WronglyDeclined, c.WronglyAnswered = s.Declined, s.WronglyDeclined, s.WronglyAnswered
		return c, s
	}
	everything := func(verdict) bool { return true }
	least := 0.0
	for at := 1; at < 100; at++ {
		c, _ := point(float64(at)/100, everything)
		if at%5 == 0 {
			out.Curve = append(out.Curve, c)
		}
		if c.WronglyDeclined <= cfg.WronglyDeclined {
			least = c.Least
		}
	}
	for i, set := range sets {
		_, s := point(least, func(v verdict) bool { return v.of.set == i })
		s.Set = set.Name
		out.Sets = append(out.Sets, s)
	}
	var whole []*sampled
	for i := range all {
		whole = append(whole, &all[i])
	}
	order := learnOrder(whole, len(names))
	decide := learnDecision(whole, order, forms)
	w := &answer.Weights{Forms: make(map[answer.Form]float64), Least: least}
	copy(w.Order[:], order)
	copy(w.Decide[:], decide)
	n := len(names)
	w.Constant, w.Lead = decide[n], decide[n+1]
	for i, f := range forms {
		w.Forms[f] = decide[n+2+i]
	}
	out.Weights = w
	return out
}

func part(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func formsOf(all []sampled) []answer.Form {
	var out []answer.Form
	for _, s := range all {
		if !slices.Contains(out, s.form) {
			out = append(out, s.form)
		}
	}
	slices.Sort(out)
	return out
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// learnOrder finds the weights under which sentences with the answer come first: those
// that make it likeliest that one of them is drawn, each sentence being drawn as often
// as the exponential of its odds says (a conditional logit).
func learnOrder(questions []*sampled, n int) []float64 {
	var from []*sampled
	for _, s := range questions {
		if s.reached {
			from = append(from, s)
		}
	}
	return climb(n, func(w, gradient []float64) {
		for _, s := range from {
			odds := make([]float64, len(s.signals))
			most := math.Inf(-1)
			for i, x := range s.signals {
				odds[i] = dot(w, x)
				most = max(most, odds[i])
			}
			sum, good := 0.0, 0.0
			for i := range odds {
				odds[i] = math.Exp(odds[i] - most)
				sum += odds[i]
				if s.good[i] {
					good += odds[i]
				}
			}
			for i, x := range s.signals {
				k := -odds[i] / sum
				if s.good[i] {
					k += odds[i] / good
				}
				for j, v := range x {
					gradient[j] += k * v
				}
			}
		}
		for j := range gradient {
			gradient[j] = gradient[j]/float64(max(len(from), 1)) - orderShrink*w[j]
		}
	})
}

// decisionRow are the numbers by which it is decided whether a question's first
// sentence answers it, and which sentence that is, -1 for none. With the answer taken
// away, passages that hold any of it are left out.
func decisionRow(s *sampled, order []float64, forms []answer.Form, away bool) ([]float64, int) {
	n := len(order)
	row := make([]float64, n+2+len(forms))
	type scored struct {
		at   int
		odds float64
	}
	var sorted []scored
	for i, x := range s.signals {
		if !away || s.beside[i] {
			sorted = append(sorted, scored{i, dot(order, x)})
		}
	}
	slices.SortStableFunc(sorted, func(a, b scored) int {
		switch {
		case a.odds > b.odds:
			return -1
		case a.odds < b.odds:
			return 1
		}
		return 0
	})
	if len(sorted) == 0 {
		return nil, -1
	}
	copy(row, s.signals[sorted[0].at])
	row[n] = 1
	if rest := sorted[1:min(len(sorted), 6)]; len(rest) > 0 {
		sum := 0.0
		for _, r := range rest {
			sum += r.odds
		}
		row[n+1] = sorted[0].odds - sum/float64(len(rest))
	}
	if i := slices.Index(forms, s.form); i >= 0 {
		row[n+2+i] = 1
	}
	return row, sorted[0].at
}

// learnDecision finds the weights by which it is decided whether the first sentence
// answers, by logistic regression.
func learnDecision(questions []*sampled, order []float64, forms []answer.Form) []float64 {
	type row struct {
		x    []float64
		y, k float64
	}
	var rows []row
	total := 0.0
	for _, s := range questions {
		x, top := decisionRow(s, order, forms, false)
		if top >= 0 {
			r := row{x, 0, 1}
			switch {
			case !s.right:
				r.k = unanswerable
			case s.tells[top]:
				r.y = 1
			}
			rows = append(rows, r)
			total += r.k
		}
		if s.right {
			if x, top := decisionRow(s, order, forms, true); top >= 0 {
				rows = append(rows, row{x, 0, takenAway})
				total += takenAway
			}
		}
	}
	n := len(order) + 2 + len(forms)
	return climb(n, func(w, gradient []float64) {
		for _, r := range rows {
			e := r.k * (r.y - logistic(dot(w, r.x)))
			for j, v := range r.x {
				gradient[j] += e * v
			}
		}
		for j := range gradient {
			gradient[j] = gradient[j]/max(total, 1) - decideShrink*w[j]
		}
	})
}

// climb finds the top of a concave function by its gradient, with steps after Kingma
// and Ba, "Adam" (2015), that grow smaller.
func climb(n int, slope func(w, gradient []float64)) []float64 {
	const (
		steps    = 300
		first    = 0.1
		momentum = 0.9
		scale    = 0.99
	)
	w, m, v := make([]float64, n), make([]float64, n), make([]float64, n)
	gradient := make([]float64, n)
	for step := 1; step <= steps; step++ {
		clear(gradient)
		slope(w, gradient)
		rate := first * (1 - 0.95*float64(step)/steps)
		for j, g := range gradient {
			m[j] = momentum*m[j] + (1-momentum)*g
			v[j] = scale*v[j] + (1-scale)*g*g
			w[j] += rate * (m[j] / (1 - math.Pow(momentum, float64(step)))) / (math.Sqrt(v[j]/(1-math.Pow(scale, float64(step)))) + 1e-8)
		}
	}
	return w
}
