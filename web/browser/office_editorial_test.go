package browser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	measured "github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
	"github.com/ser-nl/vraagbaak/internal/server"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// notices are what visitors are told, for the pages.
type notices struct{ *postgres.Editorial }

func (n notices) Banner(lang string) string { return n.Current().BannerIn(lang, time.Now()) }

// plainSearch gives the pages of one document as passages, whatever is looked for.
type plainSearch struct{ desk *postgres.CorpusDesk }

func (s plainSearch) Search(ctx context.Context, _ retrieval.Query) ([]corpus.Passage, error) {
	v, err := s.desk.Version(ctx, "financiering-van-de-ser", 1)
	if err != nil {
		return nil, err
	}
	var found []corpus.Passage
	for _, p := range v.Text {
		found = append(found, corpus.Passage{
			Document: corpus.DocumentRef{ID: "financiering-van-de-ser", Title: v.Title}, Version: 1, Page: p.Number, PageLabel: p.Label,
			End: len([]rune(p.Text)), Text: p.Text,
		})
	}
	return found, nil
}

// edits adds the parts on which people change what the public sees.
func (m *team) edits(t testing.TB, db *postgres.DB, editorial *postgres.Editorial) {
	t.Helper()
	store, err := postgres.NewIngestStore(db)
	if err != nil {
		t.Fatal(err)
	}
	desk, pins := postgres.NewCorpusDesk(db, store), postgres.NewPins(db)
	for _, kinds := range []map[string]postgres.ApplyProposal{desk.Kinds(), pins.Kinds()} {
		for name, apply := range kinds {
			m.kinds.Kind(name, apply)
		}
	}
	m.Editor = &office.Editor{
		Corpus: desk, Pins: pins, Search: plainSearch{desk}, Public: editorial, Accountability: postgres.NewAccount(db, 30*24*time.Hour),
		Facts: office.Facts{Operator: "Stichting Voorbeeld", Contact: "hulp@voorbeeld.nl", Retention: 30 * 24 * time.Hour, Program: "v0.8", Masked: []string{"bsn", "email"}},
	}
}

// heldVersion puts a version of a document beside the current one, as an ingest that
// holds it does.
func heldVersion(t *testing.T, s *site) {
	t.Helper()
	_, err := s.db.Pool().Exec(t.Context(), `
		WITH held AS ( -- the current version again, to be looked at
			INSERT INTO versions (document_id, number, digest, file_name, status, title, type, language, date, hold)
			SELECT document_id, (SELECT max(number) + 1 FROM versions o WHERE o.document_id = v.document_id), digest, file_name, 'held', title || ' (herzien)', type, language, date, true
			FROM versions v WHERE document_id = 'financiering-van-de-ser' AND status = 'current'
			RETURNING id, document_id
		), written AS ( -- with one page changed
			INSERT INTO pages (version_id, number, label, text, reader, blocks)
			SELECT held.id, p.number, p.label, CASE WHEN p.number = 2 THEN 'Herzien: ' || p.text ELSE p.text END, p.reader, p.blocks
			FROM held JOIN versions v ON v.document_id = held.document_id AND v.status = 'current' JOIN pages p ON p.version_id = v.id
			RETURNING version_id, number, text
		)
		INSERT INTO chunks (version_id, ordinal, page, start_at, end_at)
		SELECT version_id, row_number() OVER (ORDER BY number) - 1, number, 0, char_length(text) FROM written WHERE text <> ''`)
	if err != nil {
		t.Fatal(err)
	}
}

func TestEditorialPagesLook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	heldVersion(t, s)
	version := s.rows(t, `SELECT max(number) FROM versions WHERE status = 'held'`)
	ctx := signedIn(t, s, staff.RoleAdmin, desktop)
	for name, v := range officeViews {
		if strings.HasPrefix(name, "desk") == v.dark { // each page at both widths and in both lights, once
			continue
		}
		ctx := look(ctx, t, v)
		for _, path := range []string{
			"/documenten", "/documenten/financiering-van-de-ser", fmt.Sprintf("/documenten/financiering-van-de-ser/%d?vraag=wie+betaalt", version),
			"/vastgelegd", "/vastgelegd/nieuw?vraag=Wie+betaalt+de+SER", "/vastgelegd/buiten", "/publiek", "/verantwoording", "/verantwoording/register",
		} {
			open(ctx, t, s.url+"/redactie"+path)
			where := fmt.Sprintf("/redactie%s at %s", path, name)
			evaluate[bool](ctx, t, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) ?? true`)
			axe(ctx, t, where)
			fits(ctx, t, where)
			snap(ctx, t, "editor-"+path+"-"+name)
		}
	}
}

// published are figures that staff made public.
type published struct{}

func (published) LatestPublished(context.Context) (measured.Published, bool, error) {
	rate := func(m measured.Metric, hits, of int) measured.PublishedRate {
		return measured.PublishedRate{Metric: m, Hits: hits, Of: of, Rate: float64(hits) / float64(of), Interval: measured.Wilson(hits, of, 0.95)}
	}
	return measured.Published{
		Set: "Vragen over de SER", Version: 3, Measured: time.Now(), Published: time.Now(), Questions: 120, Answerable: 100,
		Config:  measured.Configuration{Model: "extractive", Corpus: "51", CorpusDate: "2024-05-01", Program: "v0.8"},
		Rates:   []measured.PublishedRate{rate(measured.MetricRight, 110, 120), rate(measured.MetricWronglyDeclined, 3, 100)},
		Timings: []measured.StepTiming{{Name: "total", Cases: 120, P50: 11, P95: 30}},
	}, true, nil
}

func TestQualityLooks(t *testing.T) {
	t.Parallel()
	if chromium.skip != "" {
		t.Skip(chromium.skip)
	}
	s := ownSite(t, func(c *server.PagesConfig) { c.Quality = published{} })
	ctx := tab(t, desktop)
	for name, v := range officeViews {
		ctx := look(ctx, t, v)
		for _, path := range []string{"/kwaliteit", "/en/kwaliteit"} {
			open(ctx, t, s.url+path)
			axe(ctx, t, path+" at "+name)
			fits(ctx, t, path+" at "+name)
			snap(ctx, t, "quality-"+path+"-"+name)
		}
		if !evaluate[bool](ctx, t, `!!document.querySelector('footer a[href$="/kwaliteit"]')`) {
			t.Errorf("the footer at %s does not lead to it", name)
		}
	}
}

// A version is looked at, proposed by one and confirmed by another; then it is current.
func TestPublishHeldVersion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	heldVersion(t, s)
	ctx := signedIn(t, s, staff.RoleEditor, desktop)
	open(ctx, t, s.url+"/redactie/documenten?toon=wacht")
	do(ctx, t, "looking at the version", click(`.vb-rows a[href*="/financiering-van-de-ser/"]`))
	until(ctx, t, "the changes are there", `document.querySelector(".vb-diff ins")?.textContent.includes("Herzien")`)
	do(ctx, t, "publishing", click(`form[action$="/publiceren"] button`))
	until(ctx, t, "it waits", `document.querySelector("[role=status]")?.textContent.includes("tweede persoon")`)
	if n := s.rows(t, `SELECT count(*) FROM versions WHERE status = 'held'`); n != 1 {
		t.Fatalf("%d versions are held before anybody confirmed", n)
	}
	second := signedIn(t, s, staff.RoleAdmin, desktop)
	open(second, t, s.url+"/redactie/voorstellen")
	do(second, t, "confirming", click(`button[value=bevestig]`))
	until(second, t, "it was done", `document.querySelector("[role=status]")`)
	if n := s.rows(t, `SELECT count(*) FROM versions WHERE status = 'current' AND title LIKE '%herzien%'`); n != 1 {
		t.Errorf("%d versions became current", n)
	}
}

// An answer is written with a source that was searched in the same screen, without a
// script, and confirmed by somebody else.
func TestPinAnAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := signedIn(t, s, staff.RoleEditor, desktop)
	open(ctx, t, s.url+"/redactie/vastgelegd/nieuw?vraag=Wie+betaalt+de+SER")
	do(ctx, t, "writing", typeInto("#zin1", "De SER wordt betaald door het bedrijfsleven."))
	do(ctx, t, "placing without a source", click(`button[value=plaats]`))
	until(ctx, t, "a source is asked for", `document.querySelector("[role=alert]")?.textContent.includes("bron")`)
	axe(ctx, t, "a pin without a source")
	do(ctx, t, "searching", click(`button[value=zoek]`))
	until(ctx, t, "passages are there", `document.querySelector("input[name=kies]")`)
	picked := evaluate[string](ctx, t, `(() => { const all = [...document.querySelectorAll("input[name=kies]")];
		const one = all.find((c) => c.parentElement.textContent.includes("bedrijfsleven")) ?? all[0]; one.click(); return one.parentElement.textContent.trim(); })()`)
	do(ctx, t, "adding", click(`button[value=bij1]`))
	until(ctx, t, "the source is with the sentence", `document.querySelector(".vb-pin__source blockquote")`)
	if quote := text(ctx, t, ".vb-pin__source blockquote"); quote != picked {
		t.Errorf("the quote is %q, picked was %q", quote, picked)
	}
	do(ctx, t, "placing", click(`button[value=plaats]`))
	until(ctx, t, "it waits, or wants a look", `document.querySelector("[role=status]") || document.querySelector("[name=akkoord]")`)
	if evaluate[bool](ctx, t, `!!document.querySelector("[name=akkoord]")`) {
		do(ctx, t, "after a look", click(`[name=akkoord]`), click(`button[value=plaats]`))
	}
	until(ctx, t, "it waits", `document.querySelector("[role=status]")?.textContent.includes("tweede persoon")`)
	second := signedIn(t, s, staff.RoleAdmin, desktop)
	open(second, t, s.url+"/redactie/voorstellen")
	do(second, t, "confirming", click(`button[value=bevestig]`))
	until(second, t, "it was done", `document.querySelector("[role=status]")`)
	open(second, t, s.url+"/redactie/vastgelegd")
	if got := text(second, t, "main"); !strings.Contains(got, "Wie betaalt de SER") || !strings.Contains(got, "bedrijfsleven") {
		t.Errorf("the list says %q", got)
	}
}

// untilHome waits for the home page to hold a text: the server follows what staff decide.
func untilHome(t *testing.T, s *site, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
	defer cancel()
	for !strings.Contains(pageOf(ctx, t, s.url+"/"), text) {
		select {
		case <-ctx.Done():
			t.Fatalf("the home page never says %q", text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// The chat is switched off and on: the home page, a form and a live question say so.
func TestOffSwitchAndBanner(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	visitor := tab(t, desktop)
	openLive(visitor, t, s.url+"/")
	ctx := signedIn(t, s, staff.RoleAdmin, desktop)
	open(ctx, t, s.url+"/redactie/publiek")
	do(ctx, t, "switching off", click(`input[name=dicht][value=ja]`), typeInto("#dicht_nl", "Wij zijn even dicht."), click("main button[type=submit]"))
	until(ctx, t, "the other language is asked for", `document.querySelector("#dicht_en[aria-invalid=true]")`)
	do(ctx, t, "in both languages", typeInto("#dicht_en", "We are closed for a moment."), typeInto("#balk_nl", "Morgen onderhoud."), typeInto("#balk_en", "Maintenance tomorrow."), click("main button[type=submit]"))
	until(ctx, t, "it is saved", `document.querySelector("[role=status]")?.textContent.includes("Bewaard")`)
	untilHome(t, s, "Wij zijn even dicht.")
	ask(visitor, t, askAnswered)
	until(visitor, t, "a live question is told", `document.querySelector("[data-log]").textContent.includes("Wij zijn even dicht.")`)
	closed := tab(t, desktop)
	for name, v := range officeViews {
		closed := look(closed, t, v)
		open(closed, t, s.url+"/")
		axe(closed, t, "home, closed, at "+name)
		fits(closed, t, "home, closed, at "+name)
		snap(closed, t, "closed-"+name)
		if evaluate[bool](closed, t, `!!document.querySelector("#question")`) {
			t.Errorf("questions can be typed at %s", name)
		}
		if got := text(closed, t, "body"); !strings.Contains(got, "Wij zijn even dicht.") || !strings.Contains(got, "Morgen onderhoud.") {
			t.Errorf("home says %q", got)
		}
	}
	open(visitor, t, s.url+"/en/documenten")
	if got := text(visitor, t, "body"); !strings.Contains(got, "Maintenance tomorrow.") || !strings.Contains(got, "Jongerenplatform") {
		t.Errorf("documents say %q", got)
	}
	open(ctx, t, s.url+"/redactie/publiek")
	do(ctx, t, "switching on", click(`input[name=dicht][value=nee]`), click("main button[type=submit]"))
	untilHome(t, s, "data-composer")
}
