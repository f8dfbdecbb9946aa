package office_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

const (
	reviewConversation = "11111111-1111-4111-8111-111111111111"
	reviewTurn         = "22222222-2222-4222-8222-222222222222"
	nextTurn           = "33333333-3333-4333-8333-333333333333"
	reviewURL          = "/redactie/gesprekken/" + reviewConversation + "/" + reviewTurn
)

// reviews is a store with one answer that somebody else judged.
type reviews struct {
	review  office.Review
	queue   []office.ReviewItem
	count   int
	samples []office.ReviewSample
	pairs   []office.ReviewPair
	totals  []office.ReviewTotal
	next    bool // a sample has a next answer

	filter  office.ReviewFilter // what was asked for last
	after   office.ReviewPlace
	judged  []evaluate.Judgement
	drawn   string
	drawErr error
}

func (s *reviews) Queue(_ context.Context, f office.ReviewFilter, _ int64, after office.ReviewPlace, limit int) ([]office.ReviewItem, error) {
	s.filter, s.after = f, after
	return s.queue[:min(limit, len(s.queue))], nil
}

func (s *reviews) Count(context.Context, office.ReviewFilter, int64, int) (int, error) {
	return s.count, nil
}

func (s *reviews) Review(_ context.Context, conversation, turn string, _ int64) (office.Review, error) {
	if conversation != reviewConversation || turn != reviewTurn {
		return office.Review{}, &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such answer"}
	}
	return s.review, nil
}

func (s *reviews) Judge(_ context.Context, _ staff.User, j evaluate.Judgement) (int64, error) {
	s.judged = append(s.judged, j)
	return 1, j.Check(s.review.Status, 2)
}

func (s *reviews) Places(_ context.Context, places []evaluate.Place) (found []corpus.Citation, err error) {
	for _, p := range places {
		found = append(found, corpus.Citation{Document: corpus.DocumentRef{ID: p.Document, Title: "Gekozen stuk"}, Version: p.Version, Page: p.Page, Start: p.Start, End: p.End, Quote: "De gekozen woorden."})
	}
	return found, nil
}

func (s *reviews) Draw(_ context.Context, _ staff.User, name string, f office.ReviewFilter, size int, _ int64) (int64, error) {
	s.drawn, s.filter = name, f
	return int64(size), s.drawErr
}

func (s *reviews) Samples(context.Context, int64) ([]office.ReviewSample, error) {
	return s.samples, nil
}

func (s *reviews) Sample(_ context.Context, id, _ int64) (office.ReviewSample, error) {
	for _, sample := range s.samples {
		if sample.ID == id {
			return sample, nil
		}
	}
	return office.ReviewSample{}, &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such sample"}
}

func (s *reviews) Members(context.Context, int64, int64) ([]office.ReviewItem, error) {
	return append([]office.ReviewItem{{Item: 99, Position: 1, Judged: 2}}, s.queue...), nil
}

func (s *reviews) NextMember(context.Context, int64, int64, string) (office.ReviewItem, bool, error) {
	return office.ReviewItem{Conversation: reviewConversation, Turn: nextTurn}, s.next, nil
}

func (s *reviews) Reviewers(context.Context, int64) ([]office.Reviewer, error) {
	return []office.Reviewer{{ID: 1, Name: "Anna", Judged: 4}, {ID: 2, Name: "Bram", Judged: 9}, {ID: 3, Name: "Cor", Judged: 2}}, nil
}

func (s *reviews) Pairs(context.Context, int64, int64, int64, int64) ([]office.ReviewPair, error) {
	return s.pairs, nil
}

func (s *reviews) Totals(context.Context, office.ReviewGroup, int64) ([]office.ReviewTotal, error) {
	return s.totals, nil
}

// finder finds one passage and tells what was asked.
type finder struct{ asked string }

func (f *finder) Search(_ context.Context, q retrieval.Query) ([]corpus.Passage, error) {
	f.asked = q.Text
	if q.Text == "niets" {
		return nil, nil
	}
	return []corpus.Passage{{Document: corpus.DocumentRef{ID: "advies-9", Title: "Het betere advies", Number: "15/01"}, Version: 2, Page: 7, PageLabel: "5", Start: 10, End: 40, Text: "Hier staat het antwoord wel."}}, nil
}

var asked = time.Date(2026, 3, 5, 10, 30, 0, 0, time.UTC)

func newReviews() (*reviews, *finder, office.Config) {
	item := office.ReviewItem{
		Item: 12, Conversation: reviewConversation, Turn: reviewTurn, Question: "Wie betaalt de SER? Mail mij: jan@voorbeeld.nl", Lang: "nl", Status: corpus.Answered,
		Asked: asked, Feedback: office.FeedbackNotUseful, Commented: true, LowSupport: true, Older: true, Judged: 1,
	}
	support := 0.5
	answer := &corpus.Answer{
		Status: corpus.Answered, Text: "Het bedrijfsleven betaalt. De leden zijn benoemd.", Model: "extractive", Corpus: "3", Divided: true, ReferenceDate: "2025-01-02",
		Sentences: []corpus.Sentence{{Text: "Het bedrijfsleven betaalt.", Citations: []int{1}}, {Text: "De leden zijn <b>benoemd</b>.", Citations: nil}},
		Citations: []corpus.Citation{{
			N: 1, Document: corpus.DocumentRef{ID: "advies-1", Title: "Over de SER"}, Version: 1, Page: 2, PageLabel: "ii", Quote: "betaald door het bedrijfsleven", Start: 3, End: 33, URL: "/citaat/advies-1/1/2/3-33",
			SupersededBy: &corpus.DocumentRef{Title: "Het nieuwe stuk", Date: "2024-05-06"},
		}},
		Timing: corpus.Timing{Retrieve: 12, FirstSentence: 20, Total: 31},
	}
	s := &reviews{count: 1, review: office.Review{
		ReviewItem: item, Corpus: 3, Present: 9, Since: asked, Support: &support,
		Turns: []chat.Turn{
			{ID: "t0", Question: "Wat is de SER?", Lang: "nl", Status: corpus.NoAnswer, Answer: &corpus.Answer{Text: "Dat weet ik niet."}},
			{ID: reviewTurn, Question: item.Question, Lang: "nl", Status: corpus.Answered, Answer: answer},
		},
		Feedback: &office.VisitorFeedback{Sentence: 2, Source: 1, Comment: "bel 0612345678"},
		Others:   []office.OtherJudgement{{Name: "Bram de Tweede", Judgement: evaluate.Judgement{Verdict: evaluate.WrongSource, Comment: "geheim tot later", Sentences: map[int]evaluate.Verdict{2: evaluate.Wrong}}}},
	}}
	s.queue = []office.ReviewItem{item}
	f := &finder{}
	return s, f, office.Config{Review: &office.ReviewConfig{Store: s, Finder: f, Now: func() time.Time { return asked.Add(40 * time.Second) }}}
}

// holds fails for every text that is not on the page, or that is there behind a "!".
func holds(t *testing.T, what, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		without, not := strings.CutPrefix(text, "!")
		if strings.Contains(page, without) == not {
			t.Errorf("%s: %q there: %v", what, without, !not)
		}
	}
}

func TestReviewQueue(t *testing.T) {
	t.Parallel()
	s, _, cfg := newReviews()
	w := ask(t, cfg, staff.RoleReviewer, http.MethodGet, "/redactie/gesprekken?status=answered&taal=nl&woorden=betaalt&feedback=comment&corpus=older&beoordeeld=not_by_me&steun=laag&van=2026-03-01&tot=2026-03-05&status=x", "")
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Skip(err)
	}
	want := office.ReviewFilter{
		Status: corpus.Answered, Lang: "nl", Words: "betaalt", Feedback: "comment", Corpus: "older", Judged: "not_by_me", LowSupport: true,
		From: time.Date(2026, 3, 1, 0, 0, 0, 0, zone), Till: time.Date(2026, 3, 6, 0, 0, 0, 0, zone),
	}
	if diff := cmp.Diff(want, s.filter); diff != "" {
		t.Error(diff)
	}
	holds(t, "queue", w.Body.String(), "Wie betaalt de SER? Mail mij: [e-mail]", "!jan@voorbeeld.nl", "1 antwoord<", "Niet nuttig, met een opmerking", "Zwakke steun", "1 keer beoordeeld",
		reviewURL+"?beoordeeld=not_by_me&amp;corpus=older", "Trek een steekproef", `name="tot" type="date" value="2026-03-05"`)

	// What cannot be chosen counts as not given; pages follow each other by their last row.
	for range 60 {
		s.queue = append(s.queue, s.queue[0])
	}
	s.count = 1001
	w = ask(t, cfg, staff.RoleViewer, http.MethodGet, "/en/redactie/gesprekken?status=x&taal=fr&feedback=y&van=gisteren&na=rommel", "")
	if !cmp.Equal(s.filter, office.ReviewFilter{}) || s.after.Item != 0 {
		t.Errorf("filter %+v after %+v", s.filter, s.after)
	}
	holds(t, "full queue", w.Body.String(), "More than 1000 answers", "Older answers", "!Draw a sample", "!To the beginning")
	_, next, _ := strings.Cut(w.Body.String(), `rel="next" href="`)
	next, _, _ = strings.Cut(next, `"`)
	w = ask(t, cfg, staff.RoleViewer, http.MethodGet, next, "")
	if want := s.queue[0].Place(); !s.after.Asked.Equal(want.Asked) || s.after.Item != want.Item {
		t.Errorf("went on after %+v, want %+v", s.after, want)
	}
	holds(t, "second page", w.Body.String(), "To the beginning")

	s.queue, s.count = nil, 0
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, "/redactie/gesprekken?klaar=1", "")
	holds(t, "empty queue", w.Body.String(), "0 antwoorden", "geen antwoorden die hierbij passen", "Dit was het laatste", "!Trek de steekproef")
}

func TestReviewAnswer(t *testing.T) {
	t.Parallel()
	s, _, cfg := newReviews()
	all := []string{
		"Wie betaalt de SER? Mail mij: [e-mail]", "!jan@voorbeeld.nl", "!0612345678", "bel [telefoon]", "Het bedrijfsleven betaalt.", "De leden zijn &lt;b&gt;benoemd&lt;/b&gt;.", "betaald door het bedrijfsleven",
		`href="/citaat/advies-1/1/2/3-33"`, "Het nieuwe stuk (2024-05-06)", "verdeeld was", "2025-01-02", "Zin 2 klopt niet", "Bron 1 klopt niet", "Deze zin noemt geen bron", "50%: zwak", "extractive", "stand 3 van", "nu stand 9", "geheel 31 ms",
		"Eerder in dit gesprek (1)", "Dat weet ik niet.",
	}
	w := ask(t, cfg, staff.RoleReviewer, http.MethodGet, reviewURL, "")
	holds(t, "to judge", w.Body.String(), append(all, `name="oordeel" value="right"`, `name="zin-2"`, "!should_have_answered", "Anderen die dit al beoordeelden: 1", "!geheim tot later", "!Bram de Tweede", "!testvraag")...)

	// Who does not judge sees what was said.
	w = ask(t, cfg, staff.RoleViewer, http.MethodGet, reviewURL, "")
	holds(t, "viewer", w.Body.String(), append(all, "!<textarea", "geheim tot later", "Bram de Tweede: Verkeerde bron", "Zin 2: Fout", "!testvraag")...)

	// Who judged sees it too, and an editor can make a test of it.
	s.review.Mine = &evaluate.Judgement{ID: 77, Verdict: evaluate.Partly, Comment: "mijn toelichting", Sentences: map[int]evaluate.Verdict{1: evaluate.Right}, Sources: []evaluate.Place{{Document: "advies-9", Version: 2, Page: 7, Start: 10, End: 40}}}
	w = ask(t, cfg, staff.RoleEditor, http.MethodGet, reviewURL, "")
	holds(t, "judged", w.Body.String(), append(all, "geheim tot later", `value="partly" data-key="2" checked`, "mijn toelichting", `value="2/7/10-40/advies-9" checked`, "De gekozen woorden.",
		`action="/redactie/vragenlijsten/geval"`, `name="judgement" value="77"`, `name="turn" value="`+reviewTurn)...)
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, reviewURL, "")
	holds(t, "judged by a reviewer", w.Body.String(), "geheim tot later", "!testvraag")

	// A declined answer has other verdicts.
	s.review.Status, s.review.Mine = corpus.NoAnswer, nil
	s.review.Turns[1].Answer = &corpus.Answer{Text: "Dat staat niet in de documenten."}
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, reviewURL, "")
	holds(t, "declined", w.Body.String(), "Dat staat niet in de documenten.", "should_have_answered", "!wrong_source", "!zin-1")
	// One that failed has no answer.
	s.review.Status, s.review.Turns[1].Answer = corpus.Error, nil
	s.review.Turns[1].Failure = &chat.Failure{Message: "Er ging iets mis."}
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, reviewURL, "")
	holds(t, "failed", w.Body.String(), "Er ging iets mis.", "Mislukt")

	for _, target := range []string{"/redactie/gesprekken/" + nextTurn + "/" + reviewTurn, "/redactie/gesprekken/x/y", "/redactie/gesprekken/" + reviewConversation + "/1%27--"} {
		if w := ask(t, cfg, staff.RoleAdmin, http.MethodGet, target, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	s, f, cfg := newReviews()
	place := "2/7/10-40/advies-9"
	form := url.Values{
		"oordeel": {"partly"}, "zin-1": {"right"}, "zin-2": {""}, "zin-9": {"wrong"}, "bron": {place}, "toelichting": {"Zie de tabel, vraag jan@voorbeeld.nl\r\nof niet."},
		"zoek": {"wie betaalt"}, "begin": {"1772706600000"}, "doe": {"bewaar"},
	}
	w := ask(t, cfg, staff.RoleReviewer, http.MethodPost, reviewURL+"?status=answered", form.Encode())
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != reviewURL+"?bewaard="+url.QueryEscape(reviewConversation+"/"+reviewTurn)+"&status=answered" {
		t.Errorf("%d to %s", w.Code, w.Header().Get("Location"))
	}
	want := []evaluate.Judgement{{
		Turn: reviewTurn, Verdict: evaluate.Partly, Sentences: map[int]evaluate.Verdict{1: evaluate.Right}, Comment: "Zie de tabel, vraag [e-mail]\nof niet.",
		Sources: []evaluate.Place{{Document: "advies-9", Version: 2, Page: 7, Start: 10, End: 40}}, Took: 40 * time.Second,
	}}
	if diff := cmp.Diff(want, s.judged); diff != "" {
		t.Error(diff)
	}
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, w.Header().Get("Location"), "")
	holds(t, "after saving", w.Body.String(), "Uw oordeel is bewaard.", `href="`+reviewURL+`?status=answered"`)

	// Within a sample the next is of the sample, until there is none.
	s.samples = []office.ReviewSample{{ID: 5, Name: "Maart", Size: 50, Done: 12, Left: 38}}
	s.next = true
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, reviewURL+"?steekproef=5", "")
	holds(t, "in a sample", w.Body.String(), "12 van 50 beoordeeld", "/redactie/beoordelingen/steekproeven/5", "/"+nextTurn+"?steekproef=5")
	w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, reviewURL+"?steekproef=5", form.Encode())
	if got := w.Header().Get("Location"); !strings.Contains(got, nextTurn) || !strings.Contains(got, "steekproef=5") {
		t.Errorf("next is %s", got)
	}
	s.next = false
	w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, reviewURL+"?steekproef=5", form.Encode())
	if got := w.Header().Get("Location"); got != "/redactie/beoordelingen/steekproeven/5?klaar=1" {
		t.Errorf("after the last: %s", got)
	}
	s.queue = nil
	w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, reviewURL+"?taal=nl", form.Encode())
	if got := w.Header().Get("Location"); got != "/redactie/gesprekken?klaar=1&taal=nl" {
		t.Errorf("after the last of the queue: %s", got)
	}

	// Searching stores nothing and keeps what was filled in.
	s.judged = nil
	form.Set("doe", "zoek")
	form.Del("bron")
	w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, reviewURL, form.Encode())
	if f.asked != "wie betaalt" || len(s.judged) > 0 || w.Code != http.StatusOK {
		t.Errorf("searched %q, judged %d, %d", f.asked, len(s.judged), w.Code)
	}
	holds(t, "found", w.Body.String(), `value="`+place+`"`, "Hier staat het antwoord wel.", "Het betere advies", "15/01 · blz. 5", `href="/citaat/advies-9/2/7/10-40"`, `data-key="2" checked`, "Zie de tabel, vraag [e-mail]", `value="right" selected`, `name="begin" value="1772706600000"`)
	form.Set("zoek", "niets")
	w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, reviewURL, form.Encode())
	holds(t, "nothing found", w.Body.String(), "Er is niets gevonden")

	// What does not fit is said, and nothing is lost.
	form.Set("doe", "bewaar")
	form.Del("oordeel")
	w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, reviewURL, form.Encode())
	if w.Code != http.StatusUnprocessableEntity || len(s.judged) > 0 {
		t.Errorf("without a verdict: %d", w.Code)
	}
	holds(t, "without a verdict", w.Body.String(), "Kies eerst een oordeel", "Zie de tabel")
	form.Set("oordeel", "wrong")
	form.Set("toelichting", strings.Repeat("é", evaluate.MaxComment+1))
	w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, reviewURL, form.Encode())
	holds(t, "a long remark", w.Body.String(), "2001 tekens")
	form.Set("toelichting", "")
	form["bron"] = []string{place, place, place, place, place, place}
	w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, reviewURL, form.Encode())
	holds(t, "many sources", w.Body.String(), "Kies hoogstens 5 bronnen")
	form["bron"] = []string{"../../etc"}
	if w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, reviewURL, form.Encode()); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("no source: %d", w.Code)
	}
	form.Del("bron")
	form.Set("oordeel", "should_have_answered")
	if w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, reviewURL, form.Encode()); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a verdict of declined answers: %d", w.Code)
	}
	if w = ask(t, cfg, staff.RoleViewer, http.MethodPost, reviewURL, form.Encode()); w.Code != http.StatusForbidden {
		t.Errorf("a viewer judges: %d", w.Code)
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	s, _, cfg := newReviews()
	w := ask(t, cfg, staff.RoleReviewer, http.MethodGet, "/redactie/beoordelingen/steekproeven", "")
	holds(t, "no samples", w.Body.String(), "nog geen steekproeven")
	form := url.Values{"naam": {"Maart jan@voorbeeld.nl"}, "aantal": {"50"}, "status": {"answered"}, "woorden": {"betaalt"}}
	w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, "/redactie/beoordelingen/steekproeven", form.Encode())
	if got := w.Header().Get("Location"); got != "/redactie/beoordelingen/steekproeven/50" || s.drawn != "Maart [e-mail]" || s.filter.Status != corpus.Answered || s.filter.Words != "betaalt" {
		t.Errorf("to %s, drawn %q of %+v", got, s.drawn, s.filter)
	}
	for _, test := range []struct {
		name, size string
		err        error
		want       string
	}{
		{"", "50", nil, "Geef de steekproef een naam"},
		{strings.Repeat("n", 101), "50", nil, "Geef de steekproef een naam"},
		{"a", "0", nil, "van 1 tot en met 1000"},
		{"a", "veel", nil, "van 1 tot en met 1000"},
		{"a", "1001", nil, "van 1 tot en met 1000"},
		{"a", "5", office.ErrSampleName, "al een steekproef met deze naam"},
		{"a", "5", office.ErrSampleEmpty, "geen antwoorden om uit te loten"},
	} {
		s.drawErr = test.err
		w = ask(t, cfg, staff.RoleReviewer, http.MethodPost, "/redactie/beoordelingen/steekproeven", url.Values{"naam": {test.name}, "aantal": {test.size}, "taal": {"nl"}}.Encode())
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%q %q: %d", test.name, test.size, w.Code)
		}
		holds(t, test.want, w.Body.String(), test.want, `name="taal" value="nl"`, `name="aantal" value="`+test.size+`"`)
	}
	s.samples = []office.ReviewSample{{ID: 5, Name: "Maart", Seed: 42, Size: 50, Done: 12, Left: 37, Gone: 1, By: "Anna", Made: asked, Filter: office.ReviewFilter{Status: corpus.Answered, Words: "klimaat", LowSupport: true}}}
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, "/redactie/beoordelingen/steekproeven", "")
	holds(t, "samples", w.Body.String(), "Maart", "12 van 50 beoordeeld", "Uitkomst: Beantwoord · Woorden in de vraag: klimaat · Alleen antwoorden met zwakke steun")
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, "/redactie/beoordelingen/steekproeven/5", "")
	holds(t, "sample", w.Body.String(), "12 van 50 beoordeeld", "Antwoord 99: het gesprek is verwijderd", reviewURL+"?steekproef=5", "Verder met beoordelen", "1 gesprekken inmiddels verwijderd", "42")
	w = ask(t, cfg, staff.RoleViewer, http.MethodGet, "/redactie/beoordelingen/steekproeven/5?klaar=1", "")
	holds(t, "sample for a viewer", w.Body.String(), "!Verder met beoordelen", "U hebt alle antwoorden")
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, "/redactie", "")
	holds(t, "first page", w.Body.String(), "Maart", "12 van 50")
	for _, target := range []string{"6", "x", "0", "-1"} {
		if w := ask(t, cfg, staff.RoleReviewer, http.MethodGet, "/redactie/beoordelingen/steekproeven/"+target, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestAgreementPage(t *testing.T) {
	t.Parallel()
	s, _, cfg := newReviews()
	const page = "/redactie/beoordelingen/overeenstemming"
	// 20 and 15 of 50 agree: kappa 0.40 with standard error 0.127.
	add := func(n int, one, other evaluate.Verdict) {
		for range n {
			s.pairs = append(s.pairs, office.ReviewPair{Item: int64(len(s.pairs)), Conversation: reviewConversation, Turn: reviewTurn, Question: "Vraag van jan@voorbeeld.nl", One: one, Other: other, Judged: true,
				Sentences: [][2]evaluate.Verdict{{one, other}}})
		}
	}
	add(20, evaluate.Right, evaluate.Right)
	add(5, evaluate.Right, evaluate.Wrong)
	add(10, evaluate.Wrong, evaluate.Right)
	add(15, evaluate.Wrong, evaluate.Wrong)
	w := ask(t, cfg, staff.RoleReviewer, http.MethodGet, page, "")
	holds(t, "the two who judged most", w.Body.String(), `value="2" selected>Bram (9)`, `value="1" selected>Anna (4)`, "0,40", "0,15 tot 0,65", "70%", "50%", "Rijen: Bram. Kolommen: Anna.", "Bram: <strong>Goed</strong>", "Zinnen die verschillen: 1", "!jan@voorbeeld.nl", "!grof")
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, "/en"+page+"?een=1&twee=3", "")
	holds(t, "two others", w.Body.String(), "Anna: <strong>Right</strong>", "Cor: <strong>Wrong</strong>", "0.40", "0.15 to 0.65")
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, page+"?een=1&twee=1", "")
	holds(t, "one and the same", w.Body.String(), "twee verschillende mensen", "!Kappa")

	// What the reader has not judged stays hidden from who may judge, and from nobody else.
	s.pairs = []office.ReviewPair{{Item: 7, Turn: reviewTurn, Conversation: reviewConversation, Question: "De verborgen vraag", One: evaluate.Right, Other: evaluate.Wrong}, {Item: 8, One: evaluate.Right, Other: evaluate.Partly}}
	w = ask(t, cfg, staff.RoleReviewer, http.MethodGet, page, "")
	holds(t, "hidden", w.Body.String(), "Er zijn 1 verschillen", "!De verborgen vraag", "Antwoord 8: het gesprek is verwijderd", "grof")
	w = ask(t, cfg, staff.RoleViewer, http.MethodGet, page, "")
	holds(t, "for a viewer", w.Body.String(), "De verborgen vraag")
	s.pairs = []office.ReviewPair{{Item: 7, One: evaluate.Right, Other: evaluate.Right}}
	w = ask(t, cfg, staff.RoleViewer, http.MethodGet, page, "")
	holds(t, "no chance", w.Body.String(), "niet te berekenen", "Er zijn geen verschillen")
}

func TestReviewTotals(t *testing.T) {
	t.Parallel()
	s, _, cfg := newReviews()
	w := ask(t, cfg, staff.RoleViewer, http.MethodGet, "/redactie/beoordelingen", "")
	holds(t, "nothing", w.Body.String(), "nog niets beoordeeld")
	s.totals = []office.ReviewTotal{
		{Group: "=1+1", Answers: map[evaluate.Verdict]int{evaluate.Right: 3, evaluate.Wrong: 1}, Sentences: map[evaluate.Verdict]int{evaluate.Partly: 2}},
		{Group: "", Answers: map[evaluate.Verdict]int{evaluate.Right: 1}},
	}
	w = ask(t, cfg, staff.RoleViewer, http.MethodGet, "/redactie/beoordelingen?per=model", "")
	holds(t, "totals", w.Body.String(), "<th scope=\"row\">=1&#43;1</th><td>4</td><td>3</td><td>0</td><td>1</td>", "75%", "Onbekend", "<th scope=\"row\">Samen</th><td>5</td><td>4</td>", "80%", "cijfers.csv?per=model")
	w = ask(t, cfg, staff.RoleViewer, http.MethodGet, "/redactie/beoordelingen/cijfers.csv?per=model", "")
	want := "model,of,judgements,right,partly,wrong,not_supported,wrong_source,should_have_declined,should_have_answered\n" +
		"'=1+1,answers,4,3,0,1,0,0,0,0\n'=1+1,sentences,2,0,2,0,0,0,0,0\n,answers,1,1,0,0,0,0,0,0\n,sentences,0,0,0,0,0,0,0,0\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
}

func FuzzReviewQueue(f *testing.F) {
	f.Add("status=answered&na=1772706600000000-12")
	f.Add("na=-5-3&van=0000-00-00&woorden=%00%ff")
	f.Add("steekproef=99999999999999999999")
	_, _, cfg := newReviews()
	cfg.Gate = as(staff.User{ID: 1, Name: "Proef", Role: staff.RoleReviewer})
	o, err := office.New(cfg)
	if err != nil {
		f.Fatal(err)
	}
	mux := http.NewServeMux()
	o.Register(mux)
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/redactie/gesprekken", reviewURL, "/redactie/beoordelingen"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.URL.RawQuery = query
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if w.Code >= http.StatusInternalServerError {
				t.Errorf("%s?%q: %d", path, query, w.Code)
			}
		}
	})
}
