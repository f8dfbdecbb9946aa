package answer

import (
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// decided is what people decided in a test.
type decided struct {
	pins  map[string]Pin
	terms []ScopeTerm
}

func (d decided) Pinned(lang, key string) (Pin, bool) {
	pin, ok := d.pins[lang+":"+key]
	return pin, ok
}
func (d decided) ScopeTerms() []ScopeTerm { return d.terms }

func TestPeopleGoFirst(t *testing.T) {
	t.Parallel()
	question := "Hoeveel leden heeft de SER?"
	pin := Pin{
		Lang: "nl", Written: "2026-11-03", Years: []int{2014},
		Sentences: []corpus.Sentence{{Text: "De SER heeft 33 leden.", Citations: []int{1}}},
		Citations: []corpus.Citation{{N: 1, Document: corpus.DocumentRef{ID: "x", Type: "advies", Date: "2014"}, Quote: "33 leden", URL: "/citaat/x/1/1/0-8"}},
	}
	people := decided{map[string]Pin{"nl:" + PinKey(question, "nl"): pin}, []ScopeTerm{{"eigen pensioen", map[string]string{"nl": "Nee.", "en": "No."}}}}
	s := New(Config{Retriever: newLibrary(t), Editorial: people})
	run := func(req Request) (corpus.Answer, int) {
		t.Helper()
		events := 0
		a, err := s.Answer(t.Context(), req, func(Event) error { events++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		return a, events
	}
	a, events := run(Request{Question: "hoeveel LEDEN heeft de ser"})
	if a.Model != ModelEditorial || a.AIGenerated || a.Status != corpus.Answered || a.Text != "De SER heeft 33 leden. [1]" || events != 2 ||
		a.Notice != "Dit antwoord is geschreven door de redactie, op 03-11-2026." || a.Written != "2026-11-03" {
		t.Errorf("%+v after %d events", a, events)
	}
	for name, req := range map[string]Request{
		"another tense":       {Question: "Hoeveel leden had de SER?"},
		"a word more":         {Question: "Hoeveel leden heeft de SER nu?"},
		"denied":              {Question: "Hoeveel leden heeft de SER niet?"},
		"a filter without it": {Question: question, Filter: corpus.Filter{YearFrom: 2020}},
		"a follow-up":         {Question: "En hoeveel leden heeft de SER?", History: []Exchange{{Question: "Wat is de SER?", Answer: "…"}}},
	} {
		if a, _ := run(req); a.Model == ModelEditorial {
			t.Errorf("%s gets the pinned answer", name)
		}
	}
	if a, _ := run(Request{Question: "Hoe hoog wordt mijn eigen pensioen?"}); a.Status != corpus.OutOfScope || a.Text != "Nee." {
		t.Errorf("%+v", a)
	}
	if a, _ := run(Request{Question: "How about my eigen pensioen?", Lang: "en"}); a.Status != corpus.OutOfScope || a.Text != "No." {
		t.Errorf("%+v", a)
	}
}

// Order, capitals and what is unheard make no difference; one more word that counts does.
func TestPinKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"hoeveel", "leden", "raad", "niet", "voor", "1996", "advies", "werkgevers"}), 1, 8).Draw(t, "words")
		key := PinKey(strings.Join(words, " "), "nl")
		shuffled := append([]string{"De", "het", "graag"}, words...)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] }) // #nosec G404 -- a test
		if got := PinKey(strings.ToUpper(strings.Join(shuffled, " "))+"?", "nl"); got != key {
			t.Fatalf("%q is %q, %q is %q", words, key, shuffled, got)
		}
		if got := PinKey(strings.Join(append(words, "minister"), " "), "nl"); got == key {
			t.Fatalf("a word more makes no difference to %q", words)
		}
	})
	for lang := range unheard {
		if PinKey("   ?!", lang) != "" {
			t.Error("nothing has a key")
		}
	}
}
