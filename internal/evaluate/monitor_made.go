package evaluate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// MadeConversation is a conversation that nobody had, for measuring.
type MadeConversation struct {
	Turns []MadeTurn
}

// MadeTurn is a question of it with all that came of it.
type MadeTurn struct {
	Asked    time.Time
	Answer   corpus.Answer // Question, Lang and Status too
	Feedback string        // useful, not_useful or "" for none
	Comment  string
	Recheck  Outcome // "" when it is not in the sample
	Verdicts int     // reviewers who judged it: 0, 1 or 2
}

// MadePlace stores made conversations.
type MadePlace interface {
	FillConversations(ctx context.Context, next func() (MadeConversation, bool)) error
}

// MadeConversations gives n conversations of the days before now, one to five turns
// each, the same ones for the same seed: mixed subjects, languages, statuses, models and
// times; a tenth with feedback, a twentieth checked again, a fiftieth judged. words are
// what questions are about, the most frequent first; states is in how many states the
// corpus was.
func MadeConversations(words []string, n, days, states int, now time.Time, seed uint64) func() (MadeConversation, bool) {
	rng := rand.New(rand.NewPCG(seed, 7)) // #nosec G404 -- made data
	word := func() string { return words[min(rng.IntN(len(words)), rng.IntN(len(words)), rng.IntN(len(words)))] }
	ways := []string{"Wat vindt de SER van %s en %s?", "Hoeveel %s zijn er bij %s?", "Wanneer verscheen het advies over %s en %s?", "Wie gaat over %s in %s?", "Klopt het dat %s beter is dan %s?", "Hoe zit het met %s voor %s?"}
	english := []string{"What does the SER say about %s and %s?", "How many %s are there in %s?"}
	pick := func(shares ...float64) int {
		at := rng.Float64()
		for i, s := range shares {
			if at -= s; at < 0 {
				return i
			}
		}
		return len(shares)
	}
	statuses := []corpus.Status{corpus.Answered, corpus.Partial, corpus.NoAnswer, corpus.OutOfScope, corpus.Refused, corpus.Error}
	models := []string{"extractive", "qwen3-30b", "mistral-small"}
	made := 0
	return func() (MadeConversation, bool) {
		if made == n {
			return MadeConversation{}, false
		}
		// Spread evenly, the oldest first.
		back := time.Duration(float64(days) * 24 * float64(time.Hour) * (1 - (float64(made)+rng.Float64())/float64(n)))
		made++
		at := now.Add(-back)
		var c MadeConversation
		for range 1 + pick(0.55, 0.25, 0.12, 0.05) {
			status := statuses[pick(0.64, 0.05, 0.17, 0.08, 0.04)]
			model := models[pick(0.6, 0.25)]
			lang, way := "nl", ways[rng.IntN(len(ways))]
			if rng.Float64() < 0.12 {
				lang, way = "en", english[rng.IntN(len(english))]
			}
			first := 8 + 20*rng.ExpFloat64()
			if model != "extractive" {
				first += 600 + 900*rng.ExpFloat64()
			}
			a := corpus.Answer{
				Question: fmt.Sprintf(way, word(), word()), Lang: lang, Status: status, Completeness: corpus.None, Model: model, AIGenerated: true,
				Corpus: fmt.Sprint(1 + int(float64(states-1)*(1-back.Hours()/float64(24*days)))), Sentences: []corpus.Sentence{}, Citations: []corpus.Citation{},
				Timing: corpus.Timing{Retrieve: 4 + 3*rng.ExpFloat64(), Total: first + 10 + 30*rng.ExpFloat64()},
			}
			if model != "extractive" {
				a.Prompt = "v1"
			}
			if rng.Float64() < 0.02 {
				a.Masked = []string{"email"}
			}
			t := MadeTurn{Asked: at}
			if status == corpus.Answered || status == corpus.Partial {
				a.Completeness, a.Timing.FirstSentence = corpus.Complete, first
				for i := range 1 + rng.IntN(4) {
					said := make([]string, 10+rng.IntN(10))
					for k := range said {
						said[k] = word()
					}
					sentence := "De raad wijst op " + strings.Join(said, " ") + "."
					quote := sentence
					if rng.Float64() < 0.2 {
						quote = "Uit ander onderzoek blijkt " + strings.Join(said[:4], " ") + "."
					}
					start := rng.IntN(3000)
					a.Citations = append(a.Citations, corpus.Citation{
						N: i + 1, Document: corpus.DocumentRef{ID: "made", Title: "Advies over " + word(), Number: "14/04", Type: "advies", Date: "2014-04-25"},
						Version: 1, Page: 1 + rng.IntN(90), PageLabel: "1", Heading: "Over " + word(), Quote: quote, Start: start, End: start + len(quote), URL: "/citaat/made/1",
					})
					a.Sentences = append(a.Sentences, corpus.Sentence{Text: sentence, Citations: []int{i + 1}})
					a.Text += fmt.Sprintf("%s [%d] ", sentence, i+1)
				}
				if rng.Float64() < 0.05 {
					t.Recheck = []Outcome{OutcomeSupported, OutcomeUnsupported, OutcomeWrongCitation}[pick(0.97, 0.02)]
				}
			} else {
				a.Text = "Dat staat niet in de documenten."
			}
			if rng.Float64() < 0.1 {
				t.Feedback = []string{"useful", "not_useful"}[pick(0.7)]
				if rng.Float64() < 0.2 {
					t.Comment = "Het ging mij om " + word()
				}
			}
			if rng.Float64() < 0.02 {
				t.Verdicts = 1 + pick(0.7)
			}
			t.Answer = a
			c.Turns = append(c.Turns, t)
			at = at.Add(time.Duration(20+rng.IntN(200)) * time.Second)
		}
		return c, true
	}
}
