package browser_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/research"
	"github.com/ser-nl/vraagbaak/internal/server"
)

// subjects has the reading lists of the real service, and a history that the test
// knows.
type subjects struct{ *research.Service }

func subject(number, title string, date corpus.Date) research.Publication {
	return research.Publication{InCatalogue: true, Publication: corpus.Publication{ID: strings.ReplaceAll(number, "/", "-"),
		Commission: "Commissie Arbeidsmarkt", Themes: []string{"lonen"}, Summary: "Over lonen en prijzen.",
		Metadata: corpus.Metadata{Title: title, Number: number, Type: "advies", Date: date, Language: "nl"}}}
}

var wages = func() []research.Publication {
	list := []research.Publication{
		subject("1953/05", "Systeem van loonbeheersing", "1953-03-20"),
		subject("1955/04", "Toekomstige loonpolitiek", "1955-09-16"),
		subject("1966/07", "Het loonpolitieke stelsel van na de wederopbouw en wat daarvan bleef", "1966-09-23"),
	}
	list[1].InCorpus, list[1].Document, list[1].Division = true, "financiering-van-de-ser", research.Divided
	return list
}()

func (subjects) Search(_ context.Context, q research.Query) (research.Results, error) {
	r := research.Results{Query: q, Facets: map[string][]research.Count{
		research.FacetType: {{Value: "advies", N: 3}, {Value: "rapport", N: 1}}, research.FacetTheme: {{Value: "lonen", N: 3}},
		research.FacetDivision: {{Value: research.Divided, N: 1}}, research.FacetLanguage: {{Value: "nl", N: 3}},
	}}
	for _, p := range wages {
		r.Years = append(r.Years, research.YearCount{Year: p.Date.Year(), N: 1})
		if q.YearFrom > 0 && p.Date.Year() < q.YearFrom || q.YearTo > 0 && p.Date.Year() > q.YearTo {
			continue
		}
		hit := research.Hit{Publication: p}
		if q.Text != "" {
			hit.Passages = []research.Passage{
				{Citation: cite(1, 2, "De SER wordt betaald door het bedrijfsleven."), Section: corpus.SectionSummary},
				{Citation: cite(2, 2, lastSentence), Speaker: corpus.SpeakerMinority, About: true},
			}
		}
		r.Publications = append(r.Publications, hit)
	}
	r.Total = len(r.Publications)
	return r, nil
}

func (subjects) History(_ context.Context, topic string, q research.Query) (research.History, error) {
	told := cite(3, 2, lastSentence)
	position := research.Position{Citation: cite(1, 2, "De SER wordt betaald door het bedrijfsleven.")}
	return research.History{Topic: topic, Query: q, Gaps: []research.Gap{{From: 1956, To: 1965}}, Entries: []research.Entry{
		{Publication: wages[0], Positions: []research.Position{position}},
		{Publication: wages[1], Positions: []research.Position{position}, Divisions: []research.Division{{Kind: research.Divided, Citation: told}},
			Links: []research.Link{{Kind: corpus.Confirms, Target: wages[0], Citation: &told}}},
		{Publication: wages[2], Changed: true, Links: []research.Link{{Kind: corpus.Revises, Target: wages[0], InCatalogue: true}}},
	}}, nil
}

func (subjects) Graph(_ context.Context, id string) (research.Graph, error) {
	for _, p := range wages {
		if p.ID == id {
			c := cite(1, 2, lastSentence)
			return research.Graph{Publication: p, Cites: []research.Reference{{Publication: wages[0], Pages: []int{2, 3}, Citations: []corpus.Citation{c}}},
				CitedBy:   []research.Reference{{Publication: wages[2], Pages: []int{2}, Citations: []corpus.Citation{c}}},
				Divisions: []research.Division{{Kind: research.Divided, Citation: c, Parties: []corpus.Speaker{corpus.SpeakerEmployers}}},
				Links:     []research.Link{{Kind: corpus.Revises, Incoming: true, Target: wages[2], InCatalogue: true}}}, nil
		}
	}
	return research.Graph{}, &corpus.UserError{Code: corpus.CodeNotFound, Message: "weg"}
}

func (subjects) Compare(_ context.Context, topic string, ids []string) (research.Comparison, error) {
	c := research.Comparison{Topic: topic, Shared: []string{"lonen"}}
	for i := range ids {
		quote := cite(1, 2, "Het geld komt sinds 2013 uit het Algemeen Werkloosheidsfonds (Awf).")
		year := len([]rune("Het geld komt sinds "))
		c.Sides = append(c.Sides, research.Side{Publication: wages[i%len(wages)], Positions: []research.Position{{Citation: quote}},
			Marks: [][]research.Mark{{{Start: year, End: year + 4, Kind: "number"}, {Start: year + 13, End: year + 21, Kind: "term"}}}, Numbers: []string{"2013"}, Terms: []string{"Algemeen"}})
	}
	return c, nil
}

func (subjects) Answer(_ context.Context, question string, _ research.Query) (research.Report, error) {
	return research.Report{Question: question, Lang: "nl", Status: corpus.Partial, Divided: true,
		Periods: []research.Period{
			{From: 1950, To: 1959, Sentences: []corpus.Sentence{{Text: lastSentence, Citations: []int{1}}}},
			{From: 1960, To: 1969, Sentences: []corpus.Sentence{{Text: lastSentence, Citations: []int{1}, Speaker: corpus.SpeakerEmployers}}}},
		Citations: []corpus.Citation{cite(1, 2, lastSentence)}, Gaps: []research.Gap{{From: 1956, To: 1959}}, Without: wages[2:]}, nil
}

// newResearchSite is a website with research and reading lists; it returns its address.
func newResearchSite(t *testing.T) string {
	t.Helper()
	if chromium.skip != "" {
		t.Skip(chromium.skip)
	}
	db := postgrestest.New(t)
	fill(t, db)
	conversations := chat.New(chat.Config{Store: db.Chat(), Answerer: &scripted{}})
	service := subjects{research.New(research.Config{Store: postgres.NewResearchStore(db), Lists: postgres.NewLists(db),
		Analyse: func(string) map[string]float32 { return nil }})}
	pages, err := server.NewPages(server.PagesConfig{Asker: server.AskerOf(conversations), Conversations: conversations, Library: postgres.NewLibrary(db),
		Research: service, ReadingLists: service})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.New(server.Config{Chat: conversations, Pages: pages})
	if err != nil {
		t.Fatal(err)
	}
	backend := httptest.NewServer(srv.Handler())
	t.Cleanup(func() {
		backend.CloseClientConnections()
		backend.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		conversations.Close(ctx)
	})
	return backend.URL
}

func TestResearchPagesAtEveryWidth(t *testing.T) {
	t.Parallel()
	url := newResearchSite(t)
	pages := map[string]string{
		"search": "/onderzoek?onderwerp=lonen&soort=advies&van=1953", "timeline": "/onderzoek/tijdlijn?onderwerp=lonen", "publication": "/onderzoek/publicatie/1955-04",
		"compare": "/onderzoek/vergelijk?onderwerp=lonen&p=1953-05&p=1955-04", "list-empty": "/onderzoek/lijst", "wrong": "/onderzoek?van=14",
		"search-en": "/en/onderzoek?onderwerp=lonen", "timeline-empty": "/onderzoek/tijdlijn",
	}
	plain := map[string]bool{"list-empty": true, "wrong": true, "search-en": true, "timeline-empty": true, "publication": true}
	ctx := tab(t, desktop)
	for name, v := range map[string]view{
		"320": {width: 320, height: 640}, "768": {width: 768, height: 1024}, "1440": desktop,
		"320-dark": {width: 320, height: 640, dark: true}, "1440-dark": {width: 1440, height: 900, dark: true},
		"1440-forced": {width: 1440, height: 900, forced: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := anew(ctx, t, v)
			for page, path := range pages {
				if plain[page] && (v.dark || v.forced) {
					continue
				}
				open(ctx, t, url+path)
				noSidewaysScroll(ctx, t, page)
				nothingCut(ctx, t, page)
				axe(ctx, t, page+" at "+name)
				picture(ctx, t, "research-"+page+"-"+name, true)
			}
		})
	}
}

// TestResearchWithoutScript: searching, choosing a year, going to the timeline,
// comparing, the reading list and the question by period are forms and links.
func TestResearchWithoutScript(t *testing.T) {
	t.Parallel()
	url := newResearchSite(t)
	ctx := tab(t, view{width: 320, height: 640, noScript: true})
	at := func(where string) string {
		return fmt.Sprintf(`location.pathname === %q`, where)
	}
	scriptless := func(what string, steps ...step) {
		t.Helper()
		do(ctx, t, what, steps...)
	}
	open(ctx, t, url+"/onderzoek")
	scriptless("searching", typeInto("#onderwerp", "lonen"), click(".vb-research__top button"))
	until(ctx, t, "results are there", `location.search.includes("onderwerp=lonen") && document.querySelectorAll(".vb-hit").length === 3`)
	scriptless("opening the table", click(".vb-chart__table summary"))
	scriptless("choosing a year", click(".vb-table tbody a"))
	until(ctx, t, "one year is chosen", `document.querySelectorAll(".vb-hit").length === 1 && document.querySelector("[data-from]").value === "1953"`)
	scriptless("removing the years", click(".vb-chosen__one"))
	until(ctx, t, "all years are back", `document.querySelectorAll(".vb-hit").length === 3`)
	scriptless("putting a passage on the list", click(".vb-add"))
	until(ctx, t, "it is there", at("/onderzoek/lijst")+` && document.querySelectorAll(".vb-list__item").length === 1`)
	scriptless("writing a note", typeInto(".vb-list__form textarea", "Voor de commissie"), click(".vb-list__form [value=notitie]"))
	until(ctx, t, "the note is kept", `document.querySelector(".vb-list__form textarea").defaultValue === "Voor de commissie"`)
	axe(ctx, t, "reading list")
	noSidewaysScroll(ctx, t, "reading list")
	picture(ctx, t, "research-list-320", true)
	scriptless("removing it", click(".vb-list__form [value=weg]"))
	until(ctx, t, "it is gone", `document.querySelectorAll(".vb-list__item").length === 0`)
	open(ctx, t, url+"/onderzoek/tijdlijn?onderwerp=lonen")
	scriptless("comparing", click("#p-1953-05 [name=p]"), click("#p-1955-04 [name=p]"), click(".vb-history__list .nl-button"))
	until(ctx, t, "they stand side by side", at("/onderzoek/vergelijk")+` && document.querySelectorAll(".vb-side").length === 2`)
	if got := text(ctx, t, ".vb-only--number"); !strings.Contains(got, "2013") {
		t.Errorf("the number that differs is %q", got)
	}
	open(ctx, t, url+"/onderzoek?soort=advies")
	scriptless("asking by period", typeInto("#periode-vraag", "Wat vond de SER van lonen?"), click(".vb-report__form button"))
	until(ctx, t, "the answer is there", at("/onderzoek/vraag")+` && document.querySelectorAll(".vb-report__sentences li a.vb-cite[href^='/citaat/']").length === 2`)
	axe(ctx, t, "answer by period")
	noSidewaysScroll(ctx, t, "answer by period")
	picture(ctx, t, "research-report-320", true)
}

// TestResearchByKeyboard: the whole way without a pointer, and what a script adds.
func TestResearchByKeyboard(t *testing.T) {
	t.Parallel()
	url := newResearchSite(t)
	ctx := tab(t, desktop)
	open(ctx, t, url+"/")
	do(ctx, t, "going to research", chromedp.Focus(chromedp.CSS(`.vb-nav__link[href="/onderzoek"]`)), press("Enter"))
	until(ctx, t, "research is there", `location.pathname === "/onderzoek" && !document.querySelector("[data-copy-address]").hidden`)
	do(ctx, t, "searching", chromedp.Focus(chromedp.CSS("#onderwerp")), typeInto("#onderwerp", "lonen"), press("Enter"))
	until(ctx, t, "results are there", `location.search.includes("onderwerp=lonen") && !!document.querySelector("[data-chart][data-brushable]")`)
	do(ctx, t, "adding a passage", chromedp.Focus(chromedp.CSS("[data-add]")), press("Enter"))
	until(ctx, t, "it is told", `document.querySelector("[data-add] ~ [role=status]")?.textContent === "Staat op uw leeslijst."`)
	do(ctx, t, "to the timeline", chromedp.Focus(chromedp.CSS(`.vb-research__links a[href^="/onderzoek/tijdlijn"]`)), press("Enter"))
	until(ctx, t, "the timeline is there", `document.querySelectorAll(".vb-timeline__entry").length === 3 && document.querySelectorAll(".vb-timeline__gap").length === 1`)
	if n := evaluate[int](ctx, t, `document.querySelectorAll(".vb-lines a, .vb-lines__arc").length`); n < 5 {
		t.Errorf("the drawing has %d marks and arcs", n)
	}
	hidden := evaluate[int](ctx, t, `[...document.querySelectorAll("[aria-hidden=true] a")].filter(a => a.tabIndex >= 0).length`)
	if hidden > 0 {
		t.Errorf("%d links of drawings take the keyboard's way", hidden)
	}
	open(ctx, t, url+"/onderzoek/lijst")
	if n := evaluate[int](ctx, t, `document.querySelectorAll(".vb-list__item").length`); n != 1 {
		t.Errorf("%d passages on the list", n)
	}
}

// TestBrush: drawing over the chart fills in the years and searches.
func TestBrush(t *testing.T) {
	t.Parallel()
	url := newResearchSite(t)
	ctx := tab(t, desktop)
	open(ctx, t, url+"/onderzoek?onderwerp=lonen")
	until(ctx, t, "the chart can be drawn on", `!!document.querySelector("[data-chart][data-brushable]")`)
	evaluate[bool](ctx, t, `(() => {
		const c = document.querySelector("[data-chart]"), b = c.getBoundingClientRect();
		c.setPointerCapture = () => {};
		const at = (type, part) => c.dispatchEvent(new PointerEvent(type, {bubbles: true, button: 0, pointerId: 1, clientX: b.left + part * b.width, clientY: b.top + 5}));
		at("pointerdown", 0.01); at("pointermove", 0.3); at("pointerup", 0.3);
		return true;
	})()`)
	until(ctx, t, "the years are chosen", `location.search.includes("van=1953") && location.search.includes("tot=1957") && document.querySelectorAll(".vb-hit").length === 2`)
}
