package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// AskedQuestion is a question as it is kept, masked.
type AskedQuestion struct {
	Turn string
	Text string
	Lang string // "nl" or "en"
}

// Topic is a group of questions that are alike.
type Topic struct {
	Questions []TopicQuestion // those nearest to the middle first
}

// TopicQuestion is a question of a topic.
type TopicQuestion struct {
	Turn      string
	Closeness float64 // cosine with the middle of the topic, 0 to 1
	// Words are words of the question that tell its topic from others, the most telling
	// first. Only the first nameQuestions of a topic have them.
	Words []TellingWord
}

// TellingWord is a word of a question with how much it tells.
type TellingWord struct {
	Stem   string // what its forms have in common; once in a question
	Word   string
	Weight float64
}

// Bounds of grouping.
const (
	// clusteredAtMost is how many different questions are compared with each other:
	// their similarities take 4 bytes each, 16 MB in all. The rest, those asked least,
	// join the topic they are nearest to.
	clusteredAtMost = 2000
	// alike is the least mean cosine between the questions of two groups that are joined.
	alike = 0.28
	// MaxTopics is how many topics a grouping has at most.
	MaxTopics = 60
	// Words that more than one in generalShare of at least generalFrom different questions
	// have, such as the name of the organisation, tell no topics apart; leastRarity is
	// their weight.
	generalShare, generalFrom = 5, 20
	leastRarity               = 0.01
	// aloneWeight is for words that one question alone has: they tell it from all others
	// and connect it with none; and for numbers.
	aloneWeight   = 0.3
	nameQuestions = 200 // questions of a topic that its name is made of
	wordsGiven    = 6   // words that each of them gives
	// NameWords is how many words the name of a topic has at most.
	NameWords = 3
)

// GroupQuestions groups questions that are alike into at most MaxTopics topics of at
// least least questions, the largest first. The result does not depend on the order of
// the questions.
//
// A question is a vector of its words, without those that say how people ask (stop words
// and everyday words): stems, English words as the glossary gives them in Dutch, weighted
// by how rare they are among the questions (tf-idf). Different questions are joined from the bottom up by the mean cosine between
// their groups (average linkage), along chains of nearest neighbours (Murtagh 1983;
// Müllner, "Modern hierarchical, agglomerative clustering algorithms", 2011), until no
// two groups are alike. Equal similarities go to the question asked most, then to the
// first by alphabet. It takes time in proportion to the square of clusteredAtMost and to
// the number of questions.
func GroupQuestions(questions []AskedQuestion, least int) []Topic {
	g := newGrouping(questions)
	groups := g.cluster()
	g.join(groups)
	var topics []Topic
	slices.SortStableFunc(groups, func(a, b *topicGroup) int {
		return cmp.Or(cmp.Compare(b.questions, a.questions), cmp.Compare(a.members[0], b.members[0]))
	})
	for _, one := range groups {
		if one.questions < least || len(topics) == MaxTopics {
			break
		}
		topics = append(topics, g.topic(one))
	}
	return topics
}

// asked are the questions that have the same words.
type asked struct {
	key    string
	turns  []askedTurn
	terms  []string // sorted
	vector map[string]float64
}

type askedTurn struct {
	turn string
	said map[string]string // how the question writes each term
}

type grouping struct {
	different []*asked
	holding   map[string]int // term → questions that have it
	all       int            // questions
}

type topicGroup struct {
	members   []int // in grouping.different, ascending
	questions int
	middle    map[string]float64 // of length 1
}

// masks are what stands in the place of personal data.
var masks = regexp.MustCompile(`\[(bsn|iban|e-mail|telefoon)\]`)

// termsOf are the terms of a question with how it writes them.
func termsOf(q AskedQuestion) map[string]string {
	text := masks.ReplaceAllString(q.Text, " ")
	tokens := dutch.Tokens(text)
	said := make(map[string]string)
	if q.Lang == "en" {
		rest := slices.Clone(tokens)
		for _, tr := range dutch.Translate(tokens) {
			if len(tr.Dutch) == 0 || tr.To-tr.From == 1 && tellsNothing(tokens[tr.From].Text) {
				continue
			}
			for _, w := range dutch.Tokens(tr.Dutch[0]) {
				if !tellsNothing(w.Text) {
					said[topicStem(w.Text)] = w.Text
				}
			}
			for i := tr.From; i < tr.To; i++ {
				rest[i].Text = ""
			}
		}
		tokens = rest
	}
	for _, t := range tokens {
		if len(t.Text) < 2 || tellsNothing(t.Text) {
			continue
		}
		key := topicStem(t.Text)
		if old, ok := said[key]; !ok || t.Text < old {
			said[key] = t.Text
		}
	}
	return said
}

// tellsNothing reports whether a word says how people ask, and not about what.
func tellsNothing(word string) bool {
	return dutch.IsStopWord(word, "nl") || dutch.IsStopWord(word, "en") || dutch.IsEveryday(word, "nl") || dutch.IsEveryday(word, "en")
}

// otherVowel are endings of words whose plural has another vowel, with that plural.
var otherVowel = [][2]string{{"lid", "leden"}, {"stad", "steden"}, {"heid", "heden"}}

// topicStem is what the forms of a word have in common.
func topicStem(word string) string {
	word = dutch.Spelling(word)
	for _, pair := range otherVowel {
		if stem, ok := strings.CutSuffix(word, pair[0]); ok {
			word = stem + pair[1]
			break
		}
	}
	return dutch.Stem(word)
}

// isFigure reports whether a word is a number or code: it tells questions apart, but says
// little of what they are about.
func isFigure(word string) bool { return strings.Trim(word, "0123456789.,") == "" }

func newGrouping(questions []AskedQuestion) *grouping {
	g := &grouping{holding: make(map[string]int)}
	byKey := make(map[string]*asked)
	for _, q := range questions {
		said := termsOf(q)
		if len(said) == 0 {
			continue // nothing to tell it by
		}
		terms := make([]string, 0, len(said))
		for t := range said {
			terms = append(terms, t)
		}
		slices.Sort(terms)
		key := strings.Join(terms, " ")
		a := byKey[key]
		if a == nil {
			a = &asked{key: key, terms: terms}
			byKey[key] = a
			g.different = append(g.different, a)
		}
		a.turns = append(a.turns, askedTurn{q.Turn, said})
		g.all++
		for _, t := range terms {
			g.holding[t]++
		}
	}
	slices.SortFunc(g.different, func(a, b *asked) int {
		return cmp.Or(cmp.Compare(len(b.turns), len(a.turns)), strings.Compare(a.key, b.key))
	})
	// Rarity is counted over different questions: one that is asked often is no less
	// telling for it.
	among := make(map[string]int)
	for _, a := range g.different {
		for _, t := range a.terms {
			among[t]++
		}
	}
	for _, a := range g.different {
		a.vector = make(map[string]float64, len(a.terms))
		for _, t := range a.terms {
			a.vector[t] = max(math.Log(float64(len(g.different))/float64(among[t])), leastRarity)
			if len(g.different) >= generalFrom && among[t]*generalShare > len(g.different) {
				a.vector[t] = leastRarity
			}
			if among[t] == 1 || isFigure(t) {
				a.vector[t] *= aloneWeight
			}
		}
		unitLength(a.vector, a.terms)
		slices.SortFunc(a.turns, func(x, y askedTurn) int { return strings.Compare(x.turn, y.turn) })
	}
	return g
}

// unitLength makes a vector as long as 1. terms are its keys in a fixed order: sums of
// floating-point numbers depend on it.
func unitLength(v map[string]float64, terms []string) {
	sum := 0.0
	for _, t := range terms {
		sum += v[t] * v[t]
	}
	if sum == 0 {
		return
	}
	for _, t := range terms {
		v[t] /= math.Sqrt(sum)
	}
}

// cluster joins the questions asked most until no two groups are alike.
func (g *grouping) cluster() []*topicGroup {
	n := min(len(g.different), clusteredAtMost)
	similarity := g.similarities(n)
	size := make([]int, n)
	members := make([][]int, n)
	active := make([]bool, n)
	for i := range n {
		size[i], members[i], active[i] = 1, []int{i}, true
	}
	nearest := func(i int) (int, float32) {
		best, most := -1, float32(-1)
		for j := range n {
			if active[j] && j != i && similarity[i*n+j] > most {
				best, most = j, similarity[i*n+j]
			}
		}
		return best, most
	}
	var groups []*topicGroup
	var chain []int
	for next := 0; ; {
		if len(chain) == 0 {
			for next < n && !active[next] {
				next++
			}
			if next == n {
				break
			}
			chain = append(chain, next)
		}
		top := chain[len(chain)-1]
		to, how := nearest(top)
		if to < 0 || how < alike {
			// Joining others never brings it nearer to any: it is whole.
			active[top] = false
			slices.Sort(members[top])
			groups = append(groups, &topicGroup{members: members[top]})
			chain = chain[:len(chain)-1]
			continue
		}
		if len(chain) > 1 && similarity[top*n+chain[len(chain)-2]] >= how {
			to = chain[len(chain)-2] // of equals the one before, or the chain would go round
		} else {
			chain = append(chain, to)
			continue
		}
		chain = chain[:len(chain)-2]
		keep, gone := min(top, to), max(top, to)
		a, b := float32(size[keep]), float32(size[gone])
		for k := range n {
			if active[k] && k != keep && k != gone {
				s := (a*similarity[keep*n+k] + b*similarity[gone*n+k]) / (a + b)
				similarity[keep*n+k], similarity[k*n+keep] = s, s
			}
		}
		size[keep] += size[gone]
		members[keep] = append(members[keep], members[gone]...)
		active[gone] = false
	}
	return groups
}

// similarities are the cosines of the first n questions, row by row, worked out by the
// terms that they share.
func (g *grouping) similarities(n int) []float32 {
	out := make([]float32, n*n)
	having := make(map[string][]int)
	for i, a := range g.different[:n] {
		for _, t := range a.terms {
			for _, j := range having[t] {
				s := float32(a.vector[t] * g.different[j].vector[t])
				out[i*n+j] += s
				out[j*n+i] += s
			}
			having[t] = append(having[t], i)
		}
	}
	return out
}

// join works out the middle of every group and adds the questions that were not
// compared to the group they are nearest to.
func (g *grouping) join(groups []*topicGroup) {
	having := make(map[string][]int) // term → groups
	slices.SortFunc(groups, func(a, b *topicGroup) int { return cmp.Compare(a.members[0], b.members[0]) })
	for i, one := range groups {
		one.middle = make(map[string]float64)
		for _, m := range one.members {
			a := g.different[m]
			one.questions += len(a.turns)
			for _, t := range a.terms {
				one.middle[t] += a.vector[t]
			}
		}
		terms := sortedTerms(one.middle)
		unitLength(one.middle, terms)
		for _, t := range terms {
			having[t] = append(having[t], i)
		}
	}
	for m := clusteredAtMost; m < len(g.different); m++ {
		a := g.different[m]
		cosines := make(map[int]float64)
		for _, t := range a.terms {
			for _, i := range having[t] {
				cosines[i] += a.vector[t] * groups[i].middle[t]
			}
		}
		best, most := -1, float64(alike)
		for i, cosine := range cosines {
			if cosine > most || cosine == most && (best < 0 || i < best) {
				best, most = i, cosine
			}
		}
		if best >= 0 {
			groups[best].members = append(groups[best].members, m)
			groups[best].questions += len(a.turns)
		}
	}
}

func sortedTerms[V any](of map[string]V) []string {
	terms := make([]string, 0, len(of))
	for t := range of {
		terms = append(terms, t)
	}
	slices.Sort(terms)
	return terms
}

// topic is a group with its questions in order and the words they give to its name.
func (g *grouping) topic(of *topicGroup) Topic {
	within := make(map[string]int)
	for _, m := range of.members {
		for _, t := range g.different[m].terms {
			within[t] += len(g.different[m].turns)
		}
	}
	// How much a term tells: its part of the distance (Kullback-Leibler) between the
	// questions of the topic and all questions.
	telling := make(map[string]float64)
	for t, n := range within {
		here, all := float64(n)/float64(of.questions), float64(g.holding[t])/float64(g.all)
		// A topic that holds all questions has no term that tells it apart; then what most
		// of them have names it.
		telling[t] = here * (math.Log(here/all) + 1e-6)
		if isFigure(t) {
			telling[t] = 0
		}
	}
	type placed struct {
		TopicQuestion
		asked *asked
		said  map[string]string
	}
	var all []placed
	for _, m := range of.members {
		a := g.different[m]
		closeness := 0.0
		for _, t := range a.terms {
			closeness += a.vector[t] * of.middle[t]
		}
		// Rounded: what differs by the order of adding alone is as close.
		closeness = math.Round(min(max(closeness, 0), 1)*1e6) / 1e6
		for _, turn := range a.turns {
			all = append(all, placed{TopicQuestion{Turn: turn.turn, Closeness: closeness}, a, turn.said})
		}
	}
	slices.SortFunc(all, func(a, b placed) int {
		return cmp.Or(cmp.Compare(b.Closeness, a.Closeness), strings.Compare(a.Turn, b.Turn))
	})
	topic := Topic{Questions: make([]TopicQuestion, 0, len(all))}
	for i, q := range all {
		if i < nameQuestions {
			terms := slices.Clone(q.asked.terms)
			slices.SortStableFunc(terms, func(x, y string) int { return cmp.Compare(telling[y], telling[x]) })
			for _, t := range terms[:min(len(terms), wordsGiven)] {
				if telling[t] > 0 {
					q.Words = append(q.Words, TellingWord{t, q.said[t], telling[t]})
				}
			}
		}
		topic.Questions = append(topic.Questions, q.TopicQuestion)
	}
	return topic
}

// TopicWord is a word of a topic's questions with what its forms tell in all of them: the
// form that tells most.
type TopicWord struct {
	Word          string
	Weight        float64
	Conversations int // that have a form of it
}

// TopicName joins words, the most telling first: at most NameWords, each of at least
// conversations conversations and telling a fifth of what the first tells. "" when there
// are none.
func TopicName(words []TopicWord, conversations int) string {
	var name []string
	most := 0.0
	for _, w := range words {
		if w.Conversations < conversations || w.Weight < most/5 {
			continue
		}
		most = max(most, w.Weight)
		if name = append(name, w.Word); len(name) == NameWords {
			break
		}
	}
	return strings.Join(name, ", ")
}

// TopicKind says of which questions a topic is.
type TopicKind string

// The kinds of topic.
const (
	TopicsAsked      TopicKind = "asked"      // all questions
	TopicsUnanswered TopicKind = "unanswered" // those that the corpus holds no answer to
)

// TopicStore keeps questions and their topics.
type TopicStore interface {
	// Regroup calls group with the newest questions of each kind, at most limit, and puts
	// its topics in the place of the former ones, unless somebody did so within every or
	// is doing so now. It reports whether it did.
	Regroup(ctx context.Context, every time.Duration, limit int, group func(TopicKind, []AskedQuestion) []Topic) (bool, error)
}

// questionsGrouped bounds the questions of each grouping: the newest are taken.
const questionsGrouped = 50_000

// Topics groups the questions anew every while.
type Topics struct {
	Store  TopicStore
	Every  time.Duration // default 30 min
	Logger *slog.Logger
}

// Run groups until ctx ends. Of all servers one does it.
func (t Topics) Run(ctx context.Context) {
	every := cmp.Or(t.Every, 30*time.Minute)
	ticker := time.NewTicker(min(every, time.Minute))
	defer ticker.Stop()
	for {
		if _, err := t.Once(ctx, every); err != nil && ctx.Err() == nil && t.Logger != nil {
			t.Logger.WarnContext(ctx, "grouping the questions failed", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Once groups the questions when that was not done within every.
func (t Topics) Once(ctx context.Context, every time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	did, err := t.Store.Regroup(ctx, every, questionsGrouped, func(kind TopicKind, questions []AskedQuestion) []Topic {
		if kind == TopicsUnanswered {
			return GroupQuestions(questions, 1) // even one tells what the corpus lacks
		}
		return GroupQuestions(questions, 2)
	})
	if err != nil {
		return false, fmt.Errorf("group questions: %w", err)
	}
	return did, nil
}
