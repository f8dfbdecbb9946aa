package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
)

// fakeResearch knows two publications, and remembers what it was asked.
type fakeResearch struct {
	query research.Query
	topic string
	ids   []string
	hold  chan struct{} // not nil: answers wait for it
	begun chan struct{}

	list    research.List
	changed string
	err     error // of changes to the list
}

func fakePublication(id string, held bool) research.Publication {
	return research.Publication{InCatalogue: true, InCorpus: held, Publication: corpus.Publication{ID: id, Document: map[bool]string{true: "financiering"}[held],
		Metadata: corpus.Metadata{Title: "Titel <" + id + ">", Number: strings.ReplaceAll(id, "-", "/"), Type: "advies", Date: corpus.Date(id)}}}
}

func (f *fakeResearch) Search(_ context.Context, q research.Query) (research.Results, error) {
	f.query = q
	return research.Results{Query: q, Total: 41, Publications: []research.Hit{{Publication: fakePublication("1955-04", true), Passages: []research.Passage{{Citation: testAnswer().Citations[0]}}},
		{Publication: fakePublication("1966-07", false)}},
		Facets: map[string][]research.Count{research.FacetType: {{Value: "<b>advies", N: 2}}},
		Years:  []research.YearCount{{Year: 1966, N: 2}, {Year: 1955, N: 4}, {Year: 0, N: 9}}}, nil
}

func (f *fakeResearch) History(_ context.Context, topic string, q research.Query) (research.History, error) {
	f.topic, f.query = topic, q
	c := testAnswer().Citations[0]
	if q.Page > 1 || topic == "lang" {
		return research.History{Topic: topic, Page: max(q.Page, 1), Pages: 3, Partly: true, Entries: []research.Entry{{Publication: fakePublication("1955-04", true)}, {Publication: fakePublication("1966-07", false)}}}, nil
	}
	return research.History{Topic: topic, Gaps: []research.Gap{{From: 1956, To: 1965}}, Entries: []research.Entry{
		{Publication: fakePublication("1955-04", true), Positions: []research.Position{{Citation: c}}, Division: &research.Division{Kind: research.Divided, Citation: c}},
		{Publication: fakePublication("1966-07", false), Changed: true, Links: []research.Link{{Kind: corpus.Revises, Target: fakePublication("1955-04", true), InCatalogue: true}}}}}, nil
}

func (f *fakeResearch) Graph(_ context.Context, id string) (research.Graph, error) {
	if id != "1955-04" {
		return research.Graph{}, notFoundErr
	}
	c := testAnswer().Citations[0]
	return research.Graph{Publication: fakePublication(id, true), Divisions: []research.Division{{Kind: research.Divided, Citation: c, Parties: []corpus.Speaker{corpus.SpeakerEmployers, corpus.SpeakerCrown}}}, CitedBy: []research.Reference{{Publication: fakePublication("1966-07", false), Pages: []int{3, 7}}}}, nil
}

func (f *fakeResearch) Compare(_ context.Context, topic string, ids []string) (research.Comparison, error) {
	f.topic, f.ids = topic, ids
	return research.Comparison{Topic: topic}, nil
}

func (f *fakeResearch) Answer(_ context.Context, question string, q research.Query) (research.Report, error) {
	f.topic, f.query = question, q
	if f.hold != nil {
		f.begun <- struct{}{}
		<-f.hold
	}
	return research.Report{Question: question, Status: corpus.Answered, Citations: testAnswer().Citations,
		Periods: []research.Period{{From: 1950, To: 1959, Sentences: []corpus.Sentence{{Text: "De raad <zei> dit.", Citations: []int{1}}}}}}, nil
}

func (f *fakeResearch) List(_ context.Context, id string) (research.List, error) {
	if id != f.list.ID {
		return research.List{ID: id}, nil
	}
	return f.list, nil
}

func (f *fakeResearch) AddToList(_ context.Context, id string, p research.Place, _, _ string) error {
	if f.err != nil {
		return f.err
	}
	f.list.ID = id
	c := testAnswer().Citations[0]
	f.list.Items = append(f.list.Items, research.ListItem{ID: 7, Citation: c, Note: "mijn <notitie>"})
	f.changed = p.Document
	return nil
}
func (f *fakeResearch) SetNote(_ context.Context, _ string, _ int64, note, _ string) error {
	f.changed = "note " + note
	return f.err
}
func (f *fakeResearch) MoveItem(_ context.Context, _ string, _ int64, to int, _ string) error {
	f.changed = "move " + string(rune('0'+to))
	return f.err
}
func (f *fakeResearch) RemoveItem(context.Context, string, int64, string) error {
	f.changed = "remove"
	return f.err
}
func (f *fakeResearch) DeleteList(context.Context, string) error {
	f.list, f.changed = research.List{}, "delete"
	return nil
}
func (f *fakeResearch) Import(_ context.Context, content []byte, _ string) (research.Import, error) {
	return research.Import{Unknown: []research.Listed{{Title: string(content), Year: 1999}}}, nil
}

func newResearchPages(t *testing.T, f *fakeResearch) http.Handler {
	t.Helper()
	site := &fakeSite{}
	p, err := NewPages(PagesConfig{Asker: site, Conversations: site, Library: site, Research: f, ReadingLists: f})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	p.Register(mux)
	return mux
}

func TestResearchPagesShow(t *testing.T) {
	tests := []struct {
		path   string
		status int
		want   []string
	}{
		{"/onderzoek", 200, []string{"41 publicaties", "Bladzijde 1 van 3", `href="/onderzoek?bladzijde=2"`, `data-first="1955" data-last="1966"`, `href="/onderzoek?tot=1966&amp;van=1966"`,
			"Titel &lt;1955-04&gt;", "Alleen in de catalogus", `value="&lt;b&gt;advies"`, `aria-current="page">Onderzoek`, `formaction="/onderzoek/lijst/voeg-toe"`}},
		{"/en/onderzoek?onderwerp=lonen", 200, []string{"41 publications", `href="/en/onderzoek/tijdlijn?onderwerp=lonen"`, "In the catalogue only"}},
		{"/onderzoek?van=1970&tot=1960", 422, []string{"Het eerste jaar (1970) ligt na het laatste jaar (1960).", `value="1970"`}},
		{"/onderzoek?van=vroeger", 422, []string{"Een jaar heeft vier cijfers", `value="vroeger"`}},
		{"/onderzoek?deel=keuken", 422, []string{"bestaat niet"}},
		{"/onderzoek?spreker=cabinet", 422, []string{"Vul een onderwerp in"}},
		{"/onderzoek?bladzijde=0", 422, []string{"bestaat niet"}},
		{"/onderzoek?onderwerp=" + strings.Repeat("a", 1001), 422, []string{"te lang: 1001 tekens"}},
		{"/onderzoek/tijdlijn", 200, []string{"Toon tijdlijn"}},
		{"/onderzoek/tijdlijn?onderwerp=lonen&soort=advies", 200, []string{"Tijdlijn: lonen", `name="soort" value="advies"`, "1956–1965", "De raad was verdeeld", "Hier verandert een eerder standpunt",
			"Herziet", "vb-lines__arc--revises", `href="#p-1955-04"`, `id="p-1955-04"`}},
		{"/onderzoek/tijdlijn?onderwerp=lang", 200, []string{"Deel 1 van 3: 1955–1966", `rel="next" href="/onderzoek/tijdlijn?bladzijde=2&amp;onderwerp=lang"`, "een deel ervan"}},
		{"/onderzoek/tijdlijn?onderwerp=lang&bladzijde=3", 200, []string{"Deel 3 van 3", `rel="prev" href="/onderzoek/tijdlijn?bladzijde=2&amp;onderwerp=lang"`}},
		{"/onderzoek/publicatie/1955-04", 200, []string{"genoemd op bladzijden 3, 7", `href="/documenten/financiering"`,
			`id="eens"`, "De raad was verdeeld", "Deze zin noemt: Werkgevers, Kroonleden", testAnswer().Citations[0].Quote, `href="` + testAnswer().Citations[0].URL}},
		{"/onderzoek/publicatie/weg", 404, []string{"niet"}},
		{"/onderzoek/vergelijk?onderwerp=lonen&p=a", 422, []string{"Kies 2 tot 6 publicaties"}},
		{"/onderzoek/vergelijk?onderwerp=lonen&p=a&p=a&p=b", 200, []string{"Terug naar de tijdlijn"}},
		{"/onderzoek/lijst", 200, []string{"Uw leeslijst is leeg."}},
		{"/onderzoek/lijst/bestand?vorm=exe", 422, []string{"bestaat niet"}},
		{"/documenten/financiering", 200, []string{`href="/onderzoek/publicatie/financiering"`}},
	}
	for _, tt := range tests {
		w := get(newResearchPages(t, &fakeResearch{}), tt.path)
		if w.Code != tt.status {
			t.Errorf("%s: status %d, want %d", tt.path, w.Code, tt.status)
		}
		for _, want := range tt.want {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s misses %q", tt.path, want)
			}
		}
	}
}

// TestResearchAddressIsTheSearch: whatever a search is, its address gives it back.
func TestResearchAddressIsTheSearch(t *testing.T) {
	site := &fakeSite{}
	p, err := NewPages(PagesConfig{Asker: site, Conversations: site, Library: site})
	if err != nil {
		t.Fatal(err)
	}
	l := p.locales["nl"]
	word := rapid.StringMatching(`[a-zéü&=+%#<"]{1,12}( [a-z0-9/]{1,8})?`)
	rapid.Check(t, func(t *rapid.T) {
		q := research.Query{Text: word.Draw(t, "text"), YearFrom: rapid.IntRange(1950, 1990).Draw(t, "from"), YearTo: rapid.SampledFrom([]int{0, 1990, 2020}).Draw(t, "to"),
			Types: rapid.SliceOfNDistinct(word, 0, 3, rapid.ID).Draw(t, "types"), Division: rapid.SampledFrom([]string{"", research.Unanimous, research.Divided}).Draw(t, "division"),
			Sections: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"summary", "minority", "annex"}), 0, 3, rapid.ID).Draw(t, "sections"),
			Sort:     rapid.SampledFrom([]string{"", research.ByDate, research.ByRelevance}).Draw(t, "sort"), Page: rapid.IntRange(1, 9).Draw(t, "page")}
		address := l.searchURL(q)
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		read, wrong := l.researchQuery(u.Query())
		if wrong != "" || l.searchURL(read) != address && len(q.Types)+len(q.Sections) < 2 {
			t.Fatalf("%s was read as %s (%s)", address, l.searchURL(read), wrong)
		}
		again, _ := l.researchQuery(researchValues(read))
		if l.searchURL(again) != l.searchURL(read) {
			t.Fatalf("%s became %s", l.searchURL(read), l.searchURL(again))
		}
	})
}

func TestCutKeepsToItsLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(strings.Fields(strings.Join(rapid.SliceOfN(rapid.StringMatching(`[a-zé]{1,30}`), 0, 60).Draw(t, "words"), " ")), " ")
		topic := rapid.StringMatching(`[a-zé]{1,8}`).Draw(t, "topic")
		got := cut(text, topic, 100)
		if n := len([]rune(got)); n > 134 { // a whole word and dots beyond
			t.Fatalf("%d code points", n)
		}
		if inner := strings.TrimSuffix(strings.TrimPrefix(got, "… "), " …"); !strings.Contains(text, inner) {
			t.Fatalf("%q is not in %q", inner, text)
		}
	})
}

// TestPiecesAreTheText: whatever the marks are, nothing is lost or said twice.
func TestPiecesAreTheText(t *testing.T) {
	site := &fakeSite{}
	p, err := NewPages(PagesConfig{Asker: site, Conversations: site, Library: site})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 40, -1).Draw(t, "text")
		text = strings.ToValidUTF8(text, "?")
		var marks []research.Mark
		for range rapid.IntRange(0, 5).Draw(t, "marks") {
			marks = append(marks, research.Mark{Start: rapid.IntRange(-2, 45).Draw(t, "start"), End: rapid.IntRange(-2, 45).Draw(t, "end"), Kind: "number"})
		}
		var b strings.Builder
		for _, piece := range p.locales["nl"].pieces(text, marks) {
			b.WriteString(piece.Text)
		}
		if b.String() != text {
			t.Fatalf("%q became %q", text, b.String())
		}
	})
}

func TestReadingListForms(t *testing.T) {
	f := &fakeResearch{}
	h := newResearchPages(t, f)
	w := post(h, "/onderzoek/lijst/voeg-toe", url.Values{"passage": {"/citaat/financiering/2/2/1-9"}})
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || f.changed != "financiering" || len(cookies) != 2 || !cookies[0].HttpOnly || cookies[0].Path != "/en/onderzoek" || cookies[1].Path != "/onderzoek" {
		t.Fatalf("status %d, %q, cookies %v", w.Code, f.changed, cookies)
	}
	with := func(method, path string, form url.Values) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(cookies[1])
		h.ServeHTTP(w, r)
		return w
	}
	if body := with("GET", "/onderzoek/lijst", nil).Body.String(); !strings.Contains(body, "mijn &lt;notitie&gt;") || !strings.Contains(body, "/onderzoek/lijst/bestand?vorm=ris") {
		t.Errorf("the list says %s", body)
	}
	if body := get(h, "/onderzoek/lijst").Body.String(); strings.Contains(body, "notitie&gt;") {
		t.Error("a browser without the cookie is shown the list")
	}
	if w := with("GET", "/onderzoek/lijst/bestand?vorm=ris", nil); w.Code != 200 || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") || !strings.Contains(w.Body.String(), "TY  - ") {
		t.Errorf("the file is %d %v", w.Code, w.Header())
	}
	for do, want := range map[string]string{"notitie": "note Nieuw", "omhoog": "move 1", "omlaag": "move 3", "weg": "remove"} {
		if w := with("POST", "/onderzoek/lijst/wijzig", url.Values{"item": {"7"}, "plaats": {"3"}, "doe": {do}, "notitie": {"Nieuw"}}); w.Code != http.StatusSeeOther || f.changed != want {
			t.Errorf("%s: status %d, %q", do, w.Code, f.changed)
		}
	}
	for _, bad := range []url.Values{{"item": {"x"}, "plaats": {"1"}, "doe": {"weg"}}, {"item": {"7"}, "plaats": {"1"}, "doe": {"eet"}}} {
		if w := with("POST", "/onderzoek/lijst/wijzig", bad); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "mijn &lt;notitie&gt;") {
			t.Errorf("%v: status %d", bad, w.Code)
		}
	}
	if w := with("POST", "/onderzoek/lijst/voeg-toe", url.Values{"passage": {"/citaat/../1/2/3-1"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a passage that is none: status %d", w.Code)
	}
	f.err = &corpus.UserError{Code: corpus.CodeTooLong, Message: "De leeslijst is vol."}
	if w := with("POST", "/onderzoek/lijst/voeg-toe", url.Values{"passage": {"/citaat/financiering/2/2/1-9"}}); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "De leeslijst is vol.") {
		t.Errorf("a full list: status %d", w.Code)
	}
	if w := with("POST", "/onderzoek/lijst/inlezen", url.Values{"bestand": {"x"}}); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "Kies eerst een bestand") {
		t.Errorf("no file: status %d", w.Code)
	}
	if w := with("POST", "/onderzoek/lijst/wis", nil); w.Code != http.StatusSeeOther || f.changed != "delete" || w.Result().Cookies()[0].MaxAge >= 0 {
		t.Errorf("deleting: status %d", w.Code)
	}
}

func TestReportForm(t *testing.T) {
	f := &fakeResearch{}
	h := newResearchPages(t, f)
	w := post(h, "/onderzoek/vraag", url.Values{"question": {"Wat vond de SER?"}, "soort": {"advies"}, "spreker": {"cabinet"}})
	if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" || f.topic != "Wat vond de SER?" || len(f.query.Types) != 1 || !strings.Contains(w.Body.String(), "De raad &lt;zei&gt; dit.") || !strings.Contains(w.Body.String(), "1950–1959") {
		t.Errorf("status %d, %+v\n%s", w.Code, f.query, w.Body)
	}
	if w := post(h, "/onderzoek/vraag", url.Values{"question": {" "}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("no question: status %d", w.Code)
	}
	// More at once than may be are refused, and may come back.
	f.hold, f.begun = make(chan struct{}), make(chan struct{}, mostReports)
	done := make(chan int, mostReports)
	for range mostReports {
		go func() { done <- post(h, "/onderzoek/vraag", url.Values{"question": {"Wat?"}}).Code }()
	}
	for range mostReports {
		<-f.begun
	}
	if w := post(h, "/onderzoek/vraag", url.Values{"question": {"Wat?"}}); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("one too many: status %d", w.Code)
	}
	close(f.hold)
	for range mostReports {
		if code := <-done; code != 200 {
			t.Errorf("status %d", code)
		}
	}
}

func FuzzPlaceOf(f *testing.F) {
	for _, s := range []string{"/citaat/a/1/2/3-4", "/citaat/a%2Fb/1/2/3-4", "/citaat/%zz/1/2/3-4", "", "/citaat/a/1/2/4-3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, ok := placeOf(s); ok && (p.Document == "" || p.Version < 1 || p.Page < 1 || p.Start < 0 || p.End <= p.Start) {
			t.Errorf("%q is %+v", s, p)
		}
	})
}
