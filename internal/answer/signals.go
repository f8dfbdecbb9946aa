package answer

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Whether a sentence answers a question is judged by signals: numbers that say how
// far it covers the question, whether it has what the question's form asks for, what
// it lacks and how it is said. Weights learned from question sets (weights.tsv) make
// of them the odds by which sentences are ordered, and the probability that the best
// one answers, by which a question is declined.

// signals of one candidate.
type signals [signalCount]float64

const (
	sigCoverage      = iota // share of the question said by sentence and context
	sigOwn                  // by the sentence alone
	sigNear                 // by the sentence, its headings and the sentence before
	sigHeaded               // by its heading
	sigRank                 // place of its passage, 1 for the first
	sigWorst                // share of the question of the one term it leaves out most
	sigUnknown              // share of the question that no passage says
	sigSaid                 // share of the terms with content that it says itself
	sigFew                  // 1 over the number of such terms
	sigPairs                // share of neighbouring terms of the question that stand together
	sigFocus                // share of its own words that the question has
	sigUnder                // stands under a heading that asks the question
	sigForm                 // what the question's form gives it
	sigSlot                 // it leaves the question's slot open
	sigTopic                // it says only a part of the question's one topic
	sigNameMissing          // names of the question that are not in or beside it
	sigNumberMissing        // numbers of the question
	sigTopicMissing         // what the question holds on to: an office, a follow-up's subject
	sigFactNear             // sigNear where a number, date or duration is asked for
	sigAnother              // its number may be someone else's
	sigAside                // it is on something else than the Council
	sigPredicate            // how far it leaves out what a yes-or-no question asks of its subject
	sigDenies               // it denies where the question does not
	sigForeign              // its document does not name the Council
	sigRow
	sigList
	sigFootnote
	sigAsks
	sigMeta
	sigPoints
	sigOdd     // very long or short
	sigStyle   // see style
	sigGap     // how much coverage is short of what is usually enough
	sigOwnGap  // the same of what the sentence says itself
	sigNew     // how much it says that the question does not, 1 for four words or more
	sigTyped   // it says the thing that the question asks which of, with words to tell it
	sigRefutes // it denies, where it is asked whether something is so
	sigLength  // words, of 80
	sigLeans   // it points at the sentence before, which can be said with it
	sigScore   // the retrieval score of its passage, of the best one's
	sigPartly  // share of the question's terms with content of which every passage says a part at most
	sigBare    // it says how many there are, where it is asked which
	sigFaults  // how many of the things that speak against it hold at once
	signalCount
)

var signalNames = [signalCount]string{
	"coverage", "own", "near", "headed", "rank", "worst", "unknown", "said", "few", "pairs", "focus", "under", "form", "slot", "topic",
	"name_missing", "number_missing", "topic_missing", "fact_near", "another", "aside", "predicate", "denies", "foreign", "row", "list", "footnote",
	"asks", "meta", "points", "odd", "style",
	"gap", "own_gap", "new", "typed", "refutes", "length", "leans", "score", "partly", "bare", "faults",
}

func (g *signals) mark(i int, is bool) {
	if is {
		g[i] = 1
	}
}

// Weights judge sentences. Order is of the odds that order them, Decide of the
// probability that the best of them answers.
type Weights struct {
	Order, Decide [signalCount]float64
	// Of the decision also: the constant, and what the form of question adds.
	Constant float64
	Forms    map[Form]float64
	// Lead is the weight of how far the best sentence is ahead, in odds, of the mean
	// of the next ones.
	Lead float64
	// Least is the probability below which a question is declined.
	Least float64
}

// weightsFile says in its first lines how it is written and made.
//
//go:embed weights.tsv
var weightsFile string

var weights = func() *Weights {
	w, err := ReadWeights(weightsFile)
	if err != nil {
		panic(err) // the program's own file; a test reads it
	}
	return w
}()

// ReadWeights reads weights as Weights.String writes them.
func ReadWeights(text string) (*Weights, error) {
	w := &Weights{Forms: make(map[Form]float64)}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		var values []float64
		for _, f := range fields[1:] {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				return nil, fmt.Errorf("read weights: line %d: %w", n, err)
			}
			values = append(values, v)
		}
		at := slices.Index(signalNames[:], fields[0])
		form, isForm := strings.CutPrefix(fields[0], "form:")
		switch {
		case at >= 0 && len(values) == 2:
			w.Order[at], w.Decide[at] = values[0], values[1]
		case isForm && len(values) == 1:
			w.Forms[Form(form)] = values[0]
		case fields[0] == "constant" && len(values) == 1:
			w.Constant = values[0]
		case fields[0] == "lead" && len(values) == 1:
			w.Lead = values[0]
		case fields[0] == "least" && len(values) == 1:
			w.Least = values[0]
		default:
			return nil, fmt.Errorf("read weights: line %d: %q is no signal with its weights", n, line)
		}
	}
	return w, nil
}

// String is what ReadWeights reads.
func (w *Weights) String() string {
	var b strings.Builder
	b.WriteString("# How the signals of a sentence count: its name, its weight in ordering sentences, and in deciding whether the best one\n" +
		"# answers. Learned from question sets, not written by hand: vraagbaak eval learn --help.\n")
	for i, name := range signalNames {
		fmt.Fprintf(&b, "%s\t%.3f\t%.3f\n", name, w.Order[i], w.Decide[i])
	}
	for _, f := range slices.Sorted(maps.Keys(w.Forms)) {
		fmt.Fprintf(&b, "form:%s\t%.3f\n", f, w.Forms[f])
	}
	fmt.Fprintf(&b, "constant\t%.3f\nlead\t%.3f\nleast\t%.2f\n", w.Constant, w.Lead, w.Least)
	return b.String()
}

// odds order the sentences of one question.
func (g *signals) odds() float64 {
	sum := 0.0
	for i, v := range g {
		sum += v * weights.Order[i]
	}
	return sum
}

// steady are the odds without what searching says of the passage.
func (g *signals) steady() float64 {
	return g.odds() - g[sigRank]*weights.Order[sigRank] - g[sigScore]*weights.Order[sigScore]
}

// answers is the probability, 0 to 1, that the best of the candidates, which are
// sorted by their odds, answers the question.
func (u *Understanding) answers(sorted []*candidate) float64 {
	sum := weights.Constant + weights.Forms[u.Form] + weights.Lead*lead(sorted)
	for i, v := range sorted[0].signals {
		sum += v * weights.Decide[i]
	}
	return 1 / (1 + math.Exp(-sum))
}

// behind is how many sentences the best one is compared with.
const behind = 5

// lead is how far the best candidate is ahead of the mean of the next ones.
func lead(sorted []*candidate) float64 {
	rest := sorted[1:min(len(sorted), 1+behind)]
	if len(rest) == 0 {
		return 0
	}
	sum := 0.0
	for _, c := range rest {
		sum += c.odds
	}
	return sorted[0].odds - sum/float64(len(rest))
}

// pairs is the share of the question's neighbouring terms that stand near each other
// in a candidate too, in either order.
func (u *Understanding) pairs(c *candidate) float64 {
	total, found := 0, 0
	last := -1
	for i, t := range u.terms {
		if t.weight < 0.5 || t.light {
			continue
		}
		if last >= 0 {
			total++
			if c.says[last] >= 0.65 && c.says[i] >= 0.65 && u.close(c, u.terms[last], t) {
				found++
			}
		}
		last = i
	}
	if total == 0 {
		return 0.5
	}
	return float64(found) / float64(total)
}

// nearby is how many words apart neighbouring terms of a question may stand.
const nearby = 4

func (u *Understanding) close(c *candidate, a, b *term) bool {
	at := func(t *term) (out []int) {
		for i := range c.words {
			if t.support(c.view, c.words[i:i+1]) >= 0.6 {
				out = append(out, i)
			}
		}
		return out
	}
	bs := at(b)
	for _, i := range at(a) {
		for _, j := range bs {
			if i-j <= nearby && j-i <= nearby {
				return true
			}
		}
	}
	return false
}

// focus is the share of a candidate's words with content that the question has too.
func (u *Understanding) focus(c *candidate) float64 {
	total, found := 0, 0
	for _, w := range c.words {
		if w.stop || w.number {
			continue
		}
		total++
		if u.mentions(c, w) {
			found++
		}
	}
	if total == 0 {
		return 0
	}
	return float64(found) / float64(total)
}

// fresh is how much a candidate says that the question does not, 1 for four words with
// content or more. A sentence that only says the question again answers nothing.
func (u *Understanding) fresh(c *candidate) float64 {
	const enough = 4
	n := 0
	for _, w := range c.words {
		if !w.stop && !u.mentions(c, w) && !u.inQuestion(w) {
			if n++; n == enough {
				break
			}
		}
	}
	return float64(n) / enough
}

// inQuestion reports whether a word of a candidate stands in the question, small words and
// numbers too.
func (u *Understanding) inQuestion(w word) bool {
	return strings.Contains(" "+u.plain+" ", " "+w.text+" ")
}

// typed reports whether a candidate says the thing that the question asks which of
// (welke commissie, door welke wet), with a word beside it that the question has not.
func (u *Understanding) typed(c *candidate) float64 {
	m := typeWord.FindStringSubmatch(u.spelled)
	if m == nil {
		return 0
	}
	for i, t := range u.terms {
		if t.text != m[1] || c.says[i] < 0.7 {
			continue
		}
		for j := range c.words {
			if t.support(c.view, c.words[j:j+1]) < 0.7 {
				continue
			}
			for k := max(j-2, 0); k < min(j+4, len(c.words)); k++ {
				w := c.words[k]
				if k != j && w.sentence == c.words[j].sentence && (!w.stop && !u.mentions(c, w) || w.number) && !u.inQuestion(w) {
					if w.capital && !w.opening || w.acronym || k > j && strings.ContainsAny(corpusSlice(c.text, c.words[j].end, w.start), "'‘’“\"") {
						return 1
					}
					return 0.5
				}
			}
		}
	}
	return 0
}

// Sample is a sentence as the composer judged it, to learn weights from.
type Sample struct {
	Document string
	Text     string // the sentence
	Said     string // what would be said: the sentence with what belongs to it
	Passage  string
	Signals  []float64 // in the order of SignalNames
}

// SignalNames are the names of the signals, in their order.
func SignalNames() []string { return slices.Clone(signalNames[:]) }

// Samples are the sentences among which the answer to a question is chosen, as far as
// they have what its form asks for, and that form. Questions that are not looked up
// have none.
func (s *Service) Samples(ctx context.Context, req Request) ([]Sample, Form, error) {
	t := &turn{service: s, request: req, began: s.clock()}
	t.u = understand(req)
	if t.u.Intent != IntentAsk {
		return nil, "", nil
	}
	t.takeApart()
	u := &t.u
	if u.inContext != nil {
		u = u.inContext
	}
	fit, err := t.sampled(ctx, u)
	if err != nil {
		return nil, "", err
	}
	for _, r := range u.otherReadings() {
		other, err := t.sampled(ctx, r.u)
		if err != nil {
			return nil, "", err
		}
		if len(other) > 0 && (len(fit) == 0 || r.u.answers(other) > u.answers(fit)-r.favour) {
			u, fit = r.u, other
		}
	}
	var out []Sample
	for _, c := range fit {
		var said strings.Builder
		for _, o := range s.continueWith(u, u.withLead(nil, c, s.limit(u)), s.limit(u)) {
			said.WriteString(o.candidate.text)
			said.WriteByte('\n')
		}
		out = append(out, Sample{Document: c.passage.Document.ID, Text: c.text, Said: said.String(), Passage: c.passage.Text, Signals: slices.Clone(c.signals[:])})
	}
	return out, u.Form, nil
}

// sampled are the candidates for one reading of a question, ranked.
func (t *turn) sampled(ctx context.Context, u *Understanding) ([]*candidate, error) {
	passages, err := t.search(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	cs, views := t.service.reader.candidates(passages)
	u.prepare(cs, views)
	u.views = views
	return u.ranked(cs, len(passages)), nil
}

// reasons are the signals that count most for and against the best candidate, for
// people who look into a turn.
func (u *Understanding) reasons(c *candidate) string {
	type part struct {
		name string
		v    float64
	}
	parts := []part{{string(u.Form), weights.Forms[u.Form]}}
	for i, v := range c.signals {
		parts = append(parts, part{signalNames[i], v * weights.Decide[i]})
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(math.Abs(b.v), math.Abs(a.v)) })
	var b strings.Builder
	for _, p := range parts[:6] {
		fmt.Fprintf(&b, " %s %+.1f", p.name, p.v)
	}
	return strings.TrimSpace(b.String())
}
