package browser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	evaluation "github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// evaluationConfig lets the staff of a site keep question sets and have them asked.
func evaluationConfig(db *postgres.DB, kinds *postgres.Proposals) *office.Evaluation {
	sets := postgres.NewSets(db)
	kinds.Kind(office.KindRun, postgres.ApplyRunPublication)
	return &office.Evaluation{
		Sets: sets, Runs: postgres.NewRuns(db), Judged: sets, Engine: counting{},
		Demo:    []office.DemoSet{{Name: "Voorbeeldvragen", About: "Vragen over de voorbeelddocumenten.", File: "vragen.jsonl", Lines: []byte(someQuestions)}},
		Choices: office.RunChoices{Passages: 40, Model: "mistral-small", Reranker: "bge-reranker"},
	}
}

const someQuestions = `{"id":"leden","lang":"nl","question":"Hoeveel leden telt de SER?","answerable":true,"expect":[["\\b36\\b","zesendertig"]],"sources":[{"document":"samenstelling","page":2}],"tags":["samenstelling"],"kind":"number"}
{"id":"stad","lang":"nl","question":"In welke stad staat het gebouw van de SER?","answerable":true,"expect":[["den haag"]],"tags":["rol"],"kind":"plain"}
{"id":"weer","lang":"nl","question":"Wat voor weer wordt het morgen?","answerable":false,"tags":["buiten"],"kind":"refusal"}
`

// counting answers that the SER has as many members as it is configured to say
// sentences, and 36 otherwise.
type counting struct{ sentences int }

func (c counting) Configure(_ context.Context, s evaluation.Settings) (evaluation.Answerer, evaluation.Configuration, error) {
	c.sentences = s.Sentences
	return c, evaluation.Configuration{Settings: s, Model: "extractive", Vectors: "lsa-1, 64", Corpus: "12", CorpusDate: "2025-06-01", Program: "v1"}, nil
}

func (c counting) Answer(_ context.Context, req answer.Request, _ func(answer.Event) error) (corpus.Answer, error) {
	a := corpus.Answer{Status: corpus.Answered, Corpus: "12", Usage: &corpus.Usage{PromptTokens: 900, CompletionTokens: 40}}
	a.Timing.Total = 12
	switch {
	case strings.Contains(req.Question, "leden"):
		n := 36
		if c.sentences > 0 {
			n = c.sentences
		}
		a.Text = fmt.Sprintf("Sinds 2023 telt de SER %d leden, verdeeld over drie groepen. [1]", n)
	case strings.Contains(req.Question, "stad"):
		a.Text = "Het gebouw van de SER staat in Den Haag. [1]"
	default:
		a.Status, a.Text = corpus.OutOfScope, "Daar gaat deze dienst niet over."
		return a, nil
	}
	a.Citations = []corpus.Citation{{N: 1, Quote: strings.TrimSuffix(a.Text, " [1]")}}
	return a, nil
}

// works asks the question sets of a site while the test runs.
func works(t *testing.T, s *site) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		evaluation.NewRunner(evaluation.RunnerConfig{Store: postgres.NewRuns(s.db), Engine: counting{}, Name: "test", Poll: 50e6, Prices: evaluation.Prices{Prompt: 0.2, Completion: 0.6}}).Work(ctx)
	}()
	t.Cleanup(func() { stop(); <-done })
}

// TestQuestionSets walks from no set at all to figures that were proposed to be public.
func TestQuestionSets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := signedIn(t, s, staff.RoleEditor, desktop)
	open(ctx, t, s.url+"/redactie/vragenlijsten")
	do(ctx, t, "taking the demo over", click(`button[value="demo"]`))
	until(ctx, t, "the set is there", `document.querySelector(".vb-documents")?.innerText.includes("3 vragen")`)
	do(ctx, t, "opening the set", click(".vb-document__title a"))
	until(ctx, t, "its questions are there", `document.querySelectorAll(".vb-case").length === 3`)
	set := evaluate[string](ctx, t, `location.pathname`)

	// A mistake in a file changes nothing, and what was pasted stays.
	do(ctx, t, "pasting a mistake", typeInto("#regels", `{"id":"x","question":"Nieuw?"}`), click(`form[action$="/import"] button`))
	until(ctx, t, "the line is named", `document.querySelector("[role=alert]")?.innerText.includes("Regel 1")`)
	if kept := evaluate[string](ctx, t, `document.querySelector("#regels").value`); !strings.Contains(kept, "Nieuw?") {
		t.Errorf("what was pasted became %q", kept)
	}
	axe(ctx, t, "a mistake in a file")

	// A case that is tried before it is kept.
	open(ctx, t, s.url+set+"/geval")
	do(ctx, t, "writing a case", typeInto("#vraag", "Hoeveel leden heeft de raad?"), typeInto("#verwacht", "zeventig"), click(`button[value="probeer"]`))
	until(ctx, t, "it is tried in place", `document.querySelector("#proef")?.innerText.includes("ontbreekt: zeventig") && document.querySelector("#vraag").value !== ""`)
	axe(ctx, t, "a case that was tried")
	do(ctx, t, "keeping what was expected", click(`button[value="bewaar"]`))
	until(ctx, t, "it is in the set", `document.querySelectorAll(".vb-case").length === 4`)

	works(t, s)
	start := func(sentences string) {
		t.Helper()
		open(ctx, t, s.url+set)
		do(ctx, t, "setting", click(".vb-run-start summary"), typeInto("#zinnen", sentences), click(".vb-run-start button"))
		until(ctx, t, "the run is done", `location.pathname.startsWith("/redactie/metingen/") && document.querySelector("h1 + p")?.innerText.includes("klaar")`)
	}
	start("1")
	if got := evaluate[string](ctx, t, `document.querySelector("main").textContent`); !strings.Contains(got, "In het antwoord ontbreekt: \\b36\\b | zesendertig") || !strings.Contains(got, "€ 0,0008") {
		t.Errorf("the run says %q", got)
	}
	if first := text(ctx, t, ".vb-case summary"); !strings.HasPrefix(first, "fout") {
		t.Errorf("the first case is %q, want one that failed", first)
	}
	axe(ctx, t, "a run")
	// A fixed version: mending the case makes the next one.
	start("")
	do(ctx, t, "comparing", click(`form[action$="/vergelijk"] button`))
	until(ctx, t, "the comparison is there", `document.querySelector("h1")?.textContent.includes("vergeleken") && document.querySelector(".vb-diff")`)
	if got := text(ctx, t, "main"); !strings.Contains(got, "1 hersteld, 0 kapot, 3 hetzelfde") {
		t.Errorf("the comparison says %q", got)
	}
	if got := evaluate[string](ctx, t, `document.querySelector(".vb-diff").textContent.replace(/\s+/g, " ")`); !strings.Contains(got, "weg: 1 einde weg") || !strings.Contains(got, "nieuw: 36 einde nieuw") {
		t.Errorf("the difference reads %q", got)
	}
	axe(ctx, t, "a comparison")
	do(ctx, t, "back to the run", click(`p.nl-paragraph--lead a:last-of-type`))
	until(ctx, t, "the run is there", `document.querySelector('form[action$="/publiceer"]')`)
	do(ctx, t, "publishing", click(`form[action$="/publiceer"] button`))
	until(ctx, t, "it waits for somebody else", `document.querySelector("[role=status]")?.innerText.includes("wacht tot iemand anders")`)
}

// The pages of question sets in every state, without a script as well.
func TestQuestionSetsLook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	editor := s.team.member(t, staff.RoleEditor)
	sets, runs := postgres.NewSets(s.db), postgres.NewRuns(s.db)
	id, err := office.ImportDemo(t.Context(), sets, editor, s.team.Evaluation.Demo[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, settings := range []evaluation.Settings{{}, {Sentences: 7}} {
		if _, err := runs.Start(t.Context(), editor, id, 0, "Proef", settings); err != nil {
			t.Fatal(err)
		}
	}
	signed := signedIn(t, s, staff.RoleEditor, desktop)
	looks := func(pages ...string) {
		for name, v := range officeViews {
			v.noScript = true
			ctx := look(signed, t, v)
			for _, path := range pages {
				open(ctx, t, s.url+"/redactie"+path)
				where := fmt.Sprintf("/redactie%s at %s", path, name)
				axe(ctx, t, where)
				fits(ctx, t, where)
				snap(ctx, t, "office-sets"+path+"-"+name)
			}
		}
	}
	set := fmt.Sprintf("/vragenlijsten/%d", id)
	looks("/vragenlijsten", set, set+"/geval", set+"/geval?id=leden", "/metingen", "/metingen/1")
	works(t, s)
	ctx := signedIn(t, s, staff.RoleViewer, desktop)
	open(ctx, t, s.url+"/redactie/metingen/2")
	until(ctx, t, "the runs are done", `document.querySelector("h1 + p")?.innerText.includes("klaar")`)
	if got := evaluate[int](ctx, t, `document.querySelectorAll("main form[method=post]").length`); got != 0 {
		t.Errorf("somebody who may only look has %d forms", got)
	}
	looks("/metingen", "/metingen/2", "/metingen/vergelijk?voor=1&na=2", "/metingen/vergelijk")
}
