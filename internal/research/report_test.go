package research_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// eavesdropper is a Searcher and a model that remember everything they are asked.
type eavesdropper struct {
	searcher
	lock  sync.Mutex
	heard []string
}

func (e *eavesdropper) Search(ctx context.Context, q retrieval.Query) ([]corpus.Passage, error) {
	e.hear(q.Text)
	return e.searcher.Search(ctx, q)
}
func (e *eavesdropper) Name() string { return "eavesdropper" }
func (e *eavesdropper) Budget() int  { return 8000 }
func (e *eavesdropper) Write(_ context.Context, p answer.Prompt, _ func(string) error) (answer.Written, error) {
	e.hear(p.System)
	e.hear(p.User)
	return answer.Written{}, errors.New("the model is down")
}

func (e *eavesdropper) hear(s string) {
	e.lock.Lock()
	defer e.lock.Unlock()
	e.heard = append(e.heard, s)
}

// reporting is a service that makes reports of a shelf.
func reporting(s *shelf) (*research.Service, *eavesdropper) {
	e := &eavesdropper{searcher: searcher{s}}
	return research.New(research.Config{Store: s, Search: e, Analyse: s.analyser.Terms,
		Answers: answer.New(answer.Config{Retriever: e, Writer: e}),
		Mask:    func(text string) string { masked, _ := chat.Mask(text); return masked }}), e
}

// decades is a subject in three decades: one publication of its own text that is divided,
// one that others tell of, one that nobody tells of.
func decades() *shelf {
	s := newShelf()
	early, middle, silent, other := publication("1953/05", "1953-03-20", "Loonbeheersing", "lonen"), publication("1966/07", "1966-09-23", "Het stelsel van lonen", "lonen"),
		publication("1992/15", "1992-11-16", "Nieuwe doelen voor lonen", "lonen"), publication("14/04", "2014-04-25", "Convenanten over ketens", "imvo")
	middle.Document, silent.Type = "stelsel", "rapport"
	s.catalogue = []corpus.Publication{early, middle, silent, other}
	s.add(corpus.DocumentRef{ID: "stelsel", Title: "Het stelsel van lonen", Number: "1966/07", Type: "advies", Date: "1966-09-23"},
		"# Conclusies\nDe raad vindt dat het stelsel van lonen moet blijven.\nDe ondernemersleden vinden dat de lonen 3 procent mogen stijgen.\nDe raad was verdeeld over de lonen.")
	s.add(corpus.DocumentRef{ID: "overzicht", Title: "Overzicht", Type: "overzicht", Date: "2020"},
		"Advies 1953/05 verscheen op 20 maart 1953. De SER wilde de lonen toen nog niet vrijlaten.\nDe SER wilde in advies 14/04 convenanten over ketens.")
	return s
}

// sentences are those of a report with the publication that each is about.
func sentences(r research.Report) (out []string) {
	for _, p := range r.Periods {
		for i, s := range p.Sentences {
			out = append(out, fmt.Sprintf("%d %s: %s", p.From, p.Publications[i], s.Text))
		}
	}
	return out
}

func TestReportsTellPeriodByPeriod(t *testing.T) {
	t.Parallel()
	shelf := decades()
	s, _ := reporting(shelf)
	r, err := s.Answer(t.Context(), "Wat vond de SER van de lonen?", research.Query{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1950 1953-05: De SER wilde de lonen toen nog niet vrijlaten.",
		"1960 1966-07: De raad vindt dat het stelsel van lonen moet blijven.",
		"1960 1966-07: De ondernemersleden vinden dat de lonen 3 procent mogen stijgen.",
		"1960 1966-07: De raad was verdeeld over de lonen.",
	}
	got := sentences(r)
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) || !strings.HasPrefix(got[0], "1950") {
		t.Errorf("the report says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if r.Status != corpus.Partial || !r.Divided || r.Partly || len(r.Without) != 1 || r.Without[0].Number != "1992/15" {
		t.Errorf("status %s, divided %t, without %+v", r.Status, r.Divided, r.Without)
	}
	if want := []research.Gap{{From: 1954, To: 1965}, {From: 1967, To: 1991}}; !slices.Equal(r.Gaps, want) {
		t.Errorf("gaps %v", r.Gaps)
	}
	for _, p := range r.Periods {
		if p.To-p.From != 9 || p.From%10 != 0 {
			t.Errorf("a period from %d to %d", p.From, p.To)
		}
		for _, said := range p.Sentences {
			if len(said.Citations) != 1 || said.Citations[0] < 1 || said.Citations[0] > len(r.Citations) {
				t.Fatalf("%q cites %v of %d", said.Text, said.Citations, len(r.Citations))
			}
			c := r.Citations[said.Citations[0]-1]
			for _, h := range shelf.held {
				if h.Document.ID == c.Document.ID && corpus.Slice(shelf.pages[h.Version][c.Page-1].Text, c.Start, c.End) != c.Quote {
					t.Errorf("%q is not on its page", c.Quote)
				}
			}
			if !strings.Contains(c.Quote, said.Text) || !answer.Verify(said.Text, c.Quote).OK {
				t.Errorf("%q is not borne by %q", said.Text, c.Quote)
			}
		}
	}
	for i, c := range r.Citations {
		if c.N != i+1 {
			t.Errorf("citation %d has number %d", i+1, c.N)
		}
	}
}

func TestReportsKeepToTheFilters(t *testing.T) {
	t.Parallel()
	s, _ := reporting(decades())
	for _, tt := range []struct {
		q    research.Query
		want []string // publications
	}{
		{research.Query{YearFrom: 1960, YearTo: 1969}, []string{"1966-07"}},
		{research.Query{YearTo: 1959}, []string{"1953-05"}},
		{research.Query{Division: research.Divided}, []string{"1966-07"}},
		{research.Query{Speakers: []string{string(corpus.SpeakerEmployers)}}, []string{"1966-07"}},
		{research.Query{Themes: []string{"imvo"}}, nil},
		{research.Query{Types: []string{"rapport"}}, nil},
	} {
		r, err := s.Answer(t.Context(), "Wat vond de SER van de lonen?", tt.q)
		if err != nil {
			t.Fatalf("%+v: %v", tt.q, err)
		}
		var got []string
		for _, p := range r.Periods {
			got = append(got, p.Publications...)
		}
		if got = slices.Compact(got); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %q, want %q", tt.q, got, tt.want)
		}
		if len(tt.want) == 0 && (r.Status == corpus.Answered || len(r.Citations) > 0) {
			t.Errorf("%+v: status %s with citations %v", tt.q, r.Status, r.Citations)
		}
		if len(tt.q.Speakers) > 0 && (len(r.Periods) != 1 || r.Periods[0].Sentences[0].Speaker != corpus.SpeakerEmployers) {
			t.Errorf("who speaks: %+v", r.Periods)
		}
	}
}

func TestReportsRefuseWhatAnswersRefuse(t *testing.T) {
	t.Parallel()
	s, _ := reporting(decades())
	for question, want := range map[string]corpus.Status{
		"Op welke partij moet ik stemmen vanwege de lonen?": corpus.Refused,
		"Hoe bak ik pannenkoeken?":                          corpus.OutOfScope,
	} {
		r, err := s.Answer(t.Context(), question, research.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != want || len(r.Periods) > 0 || r.Text == "" {
			t.Errorf("%s: status %s, %d periods, %q", question, r.Status, len(r.Periods), r.Text)
		}
	}
}

// What people type about themselves is seen by no search (which may ask a model for a
// vector), no model and no result.
func TestPersonalDataGoesNowhere(t *testing.T) {
	t.Parallel()
	secrets := []string{"111222333", "NL91ABNA0417164300", "jan@voorbeeld.nl", "06-12345678"}
	text := "Mijn BSN is 111222333, rekening NL91ABNA0417164300, mail jan@voorbeeld.nl of bel 06-12345678. Wat vond de SER van de lonen?"
	s, e := reporting(decades())
	report, err := s.Answer(t.Context(), text, research.Query{})
	if err != nil {
		t.Fatal(err)
	}
	history, err := s.History(t.Context(), text, research.Query{})
	if err != nil {
		t.Fatal(err)
	}
	results, err := s.Search(t.Context(), research.Query{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	compared, err := s.Compare(t.Context(), text, []string{"1953/05", "1966/07"})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.heard) < 4 || !slices.ContainsFunc(e.heard, func(s string) bool { return strings.Contains(s, "lonen") }) {
		t.Fatalf("nobody was asked: %q", e.heard)
	}
	all := append(slices.Clone(e.heard), fmt.Sprintf("%+v %+v %+v %+v", report, history, results, compared))
	for _, secret := range secrets {
		for _, heard := range all {
			if strings.Contains(heard, secret) {
				t.Errorf("%s was told in %q", secret, heard)
			}
		}
	}
}
