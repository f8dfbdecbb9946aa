package evaluate_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

func questionsOf(lang string, texts ...string) []evaluate.AskedQuestion {
	var out []evaluate.AskedQuestion
	for i, text := range texts {
		out = append(out, evaluate.AskedQuestion{Turn: fmt.Sprintf("%s%03d", lang, i), Text: text, Lang: lang})
	}
	return out
}

// turnsOf are the turns of each topic, sorted.
func turnsOf(topics []evaluate.Topic) [][]string {
	var out [][]string
	for _, topic := range topics {
		var turns []string
		for _, q := range topic.Questions {
			turns = append(turns, q.Turn)
		}
		slices.Sort(turns)
		out = append(out, turns)
	}
	return out
}

// nameOf is the name of a topic as it is read back when every question is a
// conversation of its own.
func nameOf(topic evaluate.Topic, least int) string {
	told, forms := make(map[string]*evaluate.TopicWord), make(map[string]float64)
	for _, q := range topic.Questions {
		for _, w := range q.Words {
			if told[w.Stem] == nil {
				told[w.Stem] = &evaluate.TopicWord{Word: w.Word}
			}
			told[w.Stem].Weight += w.Weight
			told[w.Stem].Conversations++
			if forms[w.Word] += w.Weight; forms[w.Word] > forms[told[w.Stem].Word] {
				told[w.Stem].Word = w.Word
			}
		}
	}
	var words []evaluate.TopicWord
	for _, stem := range slices.Sorted(maps.Keys(told)) {
		words = append(words, *told[stem])
	}
	sort.SliceStable(words, func(i, j int) bool { return words[i].Weight > words[j].Weight })
	return evaluate.TopicName(words, least)
}

func TestTopicName(t *testing.T) {
	t.Parallel()
	words := []evaluate.TopicWord{{"jansen", 9, 1}, {"pensioen", 5, 8}, {"leeftijd", 4, 3}, {"aow", 1, 4}, {"premie", 1, 2}, {"fonds", 0.9, 9}}
	for _, test := range []struct {
		words []evaluate.TopicWord
		least int
		want  string
	}{
		{words, 1, "jansen, pensioen, leeftijd"},
		{words, 2, "pensioen, leeftijd, aow"},
		{words, 3, "pensioen, leeftijd, aow"},
		{words, 4, "pensioen, aow"}, // fonds tells less than a fifth of what pensioen does
		{words, 9, "fonds"},
		{words, 10, ""},
		{nil, 1, ""},
	} {
		if got := evaluate.TopicName(test.words, test.least); got != test.want {
			t.Errorf("of %d conversations: %q, want %q", test.least, got, test.want)
		}
	}
}

func TestGroupQuestions(t *testing.T) {
	t.Parallel()
	questions := questionsOf("nl",
		"Hoeveel leden heeft de SER?", "Wie zijn de leden van de SER?", "Hoeveel leden telt de raad?",
		"Wat vindt de SER van thuiswerken?", "Adviseert de SER over thuiswerken?", "Is er een advies over hybride thuiswerken?",
		"Hoe hoog is mijn huurtoeslag?", "Wanneer krijg ik huurtoeslag?",
		"Waar kan ik parkeren?",
		"Bel mij op [telefoon] of [e-mail]", "?!")
	questions = append(questions, evaluate.AskedQuestion{Turn: "en000", Text: "How many members does the SER have?", Lang: "en"})
	topics := evaluate.GroupQuestions(questions, 2)
	want := [][]string{{"en000", "nl000", "nl001", "nl002"}, {"nl003", "nl004", "nl005"}, {"nl006", "nl007"}}
	if diff := cmp.Diff(want, turnsOf(topics)); diff != "" {
		t.Errorf("topics (-want +got):\n%s", diff)
	}
	for i, want := range []string{"leden", "thuiswerken", "huurtoeslag"} {
		if name := nameOf(topics[i], 1); !strings.Contains(name, want) {
			t.Errorf("topic %d is named %q, which lacks %q", i, name, want)
		}
	}
	// What one conversation alone says names nothing that leaves the house.
	if name := nameOf(topics[1], 3); name != "thuiswerken" {
		t.Errorf("the name by words of three conversations is %q", name)
	}
	// What is asked once counts where it is about what is lacking.
	singles := evaluate.GroupQuestions(questions, 1)
	if len(singles) <= len(topics) || singles[len(singles)-1].Questions == nil {
		t.Errorf("%d topics of one question or more", len(singles))
	}
	if got := evaluate.GroupQuestions(nil, 1); got != nil {
		t.Errorf("topics of nothing: %v", got)
	}
}

// Many questions: more different ones than are compared with each other.
func TestGroupManyQuestions(t *testing.T) {
	t.Parallel()
	subjects := strings.Fields("pensioen arbeidsmarkt klimaat zorg scholing medezeggenschap migratie huisvesting belasting energie")
	var questions []evaluate.AskedQuestion
	rng := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- test data
	for i := range 6000 {
		questions = append(questions, evaluate.AskedQuestion{
			Turn: fmt.Sprintf("%05d", i), Lang: "nl",
			Text: fmt.Sprintf("Vraag over %s bij %s%s", subjects[i%10], randomWord(rng), randomWord(rng)),
		})
	}
	topics := evaluate.GroupQuestions(questions, 2)
	if len(topics) == 0 || len(topics) > evaluate.MaxTopics {
		t.Fatalf("%d topics", len(topics))
	}
	grouped := 0
	for _, topic := range topics[:min(10, len(topics))] {
		of := make(map[byte]int)
		for _, q := range topic.Questions {
			of[q.Turn[4]]++ // the subject
		}
		most := 0
		for _, n := range of {
			most = max(most, n)
		}
		if most*10 < len(topic.Questions)*9 {
			t.Errorf("a topic of several subjects: %v", of)
		}
		grouped += len(topic.Questions)
	}
	if grouped < 5000 {
		t.Errorf("the ten largest topics hold %d of 6000 questions on ten subjects", grouped)
	}
}

func randomWord(rng *rand.Rand) string {
	b := make([]byte, 5)
	for i := range b {
		b[i] = byte('a' + rng.IntN(26))
	}
	return string(b)
}

func TestGroupingProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SampledFrom(strings.Fields("pensioen pensioenen raad leden lid advies zorg loon cao de het wat 2014 14/04 scholing [bsn] é 🙂"))
		texts := rapid.SliceOfN(rapid.Map(rapid.SliceOfN(words, 0, 6), func(w []string) string { return strings.Join(w, " ") }), 0, 60).Draw(t, "texts")
		questions := questionsOf(rapid.SampledFrom([]string{"nl", "en"}).Draw(t, "lang"), texts...)
		least := rapid.IntRange(1, 3).Draw(t, "least")
		topics := evaluate.GroupQuestions(questions, least)
		if len(topics) > evaluate.MaxTopics {
			t.Fatalf("%d topics", len(topics))
		}
		known := make(map[string]string)
		for _, q := range questions {
			known[q.Turn] = q.Text
		}
		in := make(map[string]int)
		last := len(questions) + 1
		for i, topic := range topics {
			if len(topic.Questions) < least || len(topic.Questions) > last {
				t.Fatalf("topic %d has %d questions, the one before %d", i, len(topic.Questions), last)
			}
			last = len(topic.Questions)
			for _, q := range topic.Questions {
				text, ok := known[q.Turn]
				if !ok {
					t.Fatalf("question %s is in two topics, or in none that were given", q.Turn)
				}
				delete(known, q.Turn)
				in[text] = i
				if q.Closeness < 0 || q.Closeness > 1 || len(q.Words) > 6 {
					t.Fatalf("question %+v", q)
				}
				stems := make(map[string]bool)
				for _, w := range q.Words {
					if !strings.Contains(strings.ToLower(text), w.Word) && questions[0].Lang == "nl" {
						t.Fatalf("%q gives the word %q", text, w.Word)
					}
					if stems[w.Stem] || w.Weight <= 0 {
						t.Fatalf("%q gives %+v, of %+v", text, w, q.Words)
					}
					stems[w.Stem] = true
				}
			}
		}
		for _, q := range questions { // the same words, the same topic
			if i, ok := in[q.Text]; ok {
				for _, other := range topics[i].Questions {
					delete(known, other.Turn)
				}
				if _, outside := known[q.Turn]; outside {
					t.Fatalf("%q stands outside the topic of its like", q.Text)
				}
			}
		}
		shuffled := slices.Clone(questions)
		for i, j := range rapid.Permutation(make([]int, len(shuffled))).Draw(t, "order") {
			_ = j
			k := rapid.IntRange(0, i).Draw(t, "swap")
			shuffled[i], shuffled[k] = shuffled[k], shuffled[i]
		}
		if diff := cmp.Diff(topics, evaluate.GroupQuestions(shuffled, least)); diff != "" {
			t.Fatalf("another order gives other topics:\n%s", diff)
		}
	})
}

func BenchmarkGroupQuestions(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- test data
	var vocabulary []string
	for range 800 {
		vocabulary = append(vocabulary, randomWord(rng))
	}
	var questions []evaluate.AskedQuestion
	for i := range 20_000 {
		var words []string
		for range 5 {
			words = append(words, vocabulary[min(rng.IntN(800), rng.IntN(800))])
		}
		questions = append(questions, evaluate.AskedQuestion{Turn: fmt.Sprint(i), Text: strings.Join(words, " "), Lang: "nl"})
	}
	for b.Loop() {
		evaluate.GroupQuestions(questions, 2)
	}
}
