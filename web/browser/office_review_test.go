package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// reviewConfig lets the staff of a site judge answers.
func reviewConfig(db *postgres.DB) *office.ReviewConfig {
	return &office.ReviewConfig{Store: postgres.NewReviews(db), Finder: pageFinder{}}
}

// pageFinder finds the pages of the corpus of the test that hold a text.
type pageFinder struct{}

func (pageFinder) Search(_ context.Context, q retrieval.Query) (found []corpus.Passage, err error) {
	for i, page := range pageTexts {
		if !strings.Contains(strings.ToLower(page), strings.ToLower(q.Text)) {
			continue
		}
		found = append(found, corpus.Passage{
			Document: corpus.DocumentRef{ID: "financiering-van-de-ser", Title: "Hoe de SER aan zijn geld komt"}, Version: 1,
			Page: i + 1, PageLabel: fmt.Sprint(i + 1), Start: 0, End: min(60, len([]rune(page))), Text: corpus.Slice(page, 0, 60),
		})
	}
	return found, nil
}

// asks has a visitor ask questions, each in a conversation of its own.
func asks(t *testing.T, s *site, questions ...string) {
	t.Helper()
	for _, question := range questions {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/ask", strings.NewReader(fmt.Sprintf(`{"question": %q}`, question)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", question, response.StatusCode)
		}
	}
}

// keys types one key after another, each of which writes nothing when the page takes it
// for itself.
func keys(ctx context.Context, t *testing.T, what, pressed string) {
	t.Helper()
	for _, key := range pressed {
		text := string(key)
		do(ctx, t, what, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
				event := input.DispatchKeyEventParams{Type: kind, Key: text, Text: text, WindowsVirtualKeyCode: int64(strings.ToUpper(text)[0])}
				if kind == input.DispatchKeyEventTypeKeyUp {
					event.Text = ""
				}
				if _, err := cdp.Call(ctx, tab, input.DispatchKeyEvent, event); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

func chosen(ctx context.Context, t *testing.T) string {
	t.Helper()
	return evaluate[string](ctx, t, `[document.querySelector("[name=oordeel]:checked")?.value ?? "-", ...[...document.querySelectorAll("[data-item] select")].map(s => s.value || "-")].join(" ")`)
}

// TestReviewByKeyboard: an answer is chosen, judged with its sentences, given its right
// source and a remark, and the next one comes, without a mouse.
func TestReviewByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	asks(t, s, askDeclined, askAnswered)
	ctx := signedIn(t, s, staff.RoleReviewer, view{width: 1280, height: 900})
	open(ctx, t, s.url+"/redactie/gesprekken?beoordeeld=not_by_me")
	for range 60 {
		do(ctx, t, "pressing Tab", press("Tab"))
		if evaluate[bool](ctx, t, `document.activeElement.matches(".vb-review__question a")`) {
			break
		}
	}
	do(ctx, t, "opening the first", press("Enter"))
	until(ctx, t, "the answer is there with the focus on the verdicts", `document.querySelector("h1 bdi")?.innerText === "Wie betaalt de SER?" && document.activeElement.matches("[name=oordeel]")`)

	keys(ctx, t, "judging the answer", "2")
	keys(ctx, t, "to the first sentence and judging two", "j14")
	if got := chosen(ctx, t); got != "partly right not_supported -" {
		t.Errorf("chosen: %s", got)
	}
	keys(ctx, t, "the rest is right, the second after all not judged", "a"+"k"+"0")
	if got := chosen(ctx, t); got != "partly right - right" {
		t.Errorf("chosen: %s", got)
	}
	keys(ctx, t, "opening the help", "?")
	until(ctx, t, "the help is open", `document.querySelector("[data-keys-help]").open`)
	keys(ctx, t, "closing it", "?")

	keys(ctx, t, "to the search", "s")
	do(ctx, t, "searching", chromedp.KeyEvent("bedrijfsleven"), press("Enter"))
	until(ctx, t, "a source is found and has the focus", `document.activeElement.matches("[name=bron]") && location.pathname.startsWith("/redactie/gesprekken/")`)
	keys(ctx, t, "choosing it", " ")
	if got := chosen(ctx, t); got != "partly right - right" || !evaluate[bool](ctx, t, `document.querySelector("[name=bron]:checked") !== null`) {
		t.Errorf("after the search: %s", got)
	}
	keys(ctx, t, "to the remarks", "t")
	do(ctx, t, "writing", chromedp.KeyEvent("Mail jan@voorbeeld.nl: 17 klopt niet"))
	if got := chosen(ctx, t); got != "partly right - right" {
		t.Errorf("what is written counts as keys: %s", got)
	}
	do(ctx, t, "out of the field", press("Escape"))
	until(ctx, t, "the focus is back", `!document.activeElement.matches("textarea")`)
	snap(ctx, t, "review-filled-1280")
	until(ctx, t, "a second has gone by, so that the time taken is not nought", `Date.now() - document.querySelector("[name=begin]").value > 1100`)
	do(ctx, t, "saving", press("Enter"))
	until(ctx, t, "the next answer is there", `document.querySelector("h1 bdi")?.innerText.startsWith("Onbekend") && document.querySelector("main").innerText.includes("Uw oordeel is bewaard.")`)
	var got string
	err := s.db.Pool().QueryRow(t.Context(), `SELECT j.verdict || ' | ' || j.comment || ' | ' || (SELECT string_agg(s.sentence || ' ' || s.verdict, ', ' ORDER BY s.sentence) FROM sentence_judgements s WHERE s.judgement_id = j.id)
		|| ' | ' || (SELECT count(*) FROM judgement_sources p WHERE p.judgement_id = j.id) || ' | ' || (j.seconds BETWEEN 1 AND 300) FROM judgements j`).Scan(&got)
	if want := "partly | Mail [e-mail]: 17 klopt niet | 1 right, 3 right | 1 | true"; err != nil || got != want {
		t.Errorf("stored %q, %v, want %q", got, err, want)
	}

	// Keys can be switched off, and stay off.
	do(ctx, t, "to the switch", chromedp.Focus(chromedp.CSS("[data-keys-on]")))
	keys(ctx, t, "switching keys off", " ")
	do(ctx, t, "back to the verdicts", chromedp.Focus(chromedp.CSS("[name=oordeel]")))
	keys(ctx, t, "a key that is off", "7")
	if got := chosen(ctx, t); got != "-" {
		t.Errorf("with keys off: %s", got)
	}
	do(ctx, t, "reloading", chromedp.Reload())
	until(ctx, t, "the switch is off", `!document.querySelector("[data-keys]").hidden && !document.querySelector("[data-keys-on]").checked`)
	keys(ctx, t, "a key that is off", "7")
	if got := chosen(ctx, t); got != "-" {
		t.Errorf("with keys off after reloading: %s", got)
	}
	do(ctx, t, "on again", chromedp.Focus(chromedp.CSS("[data-keys-on]")))
	keys(ctx, t, "switching keys on", " ")
	keys(ctx, t, "judging", "7")
	do(ctx, t, "saving", chromedp.Focus(chromedp.CSS("[name=oordeel]:checked")), press("Enter"))
	until(ctx, t, "the queue is done", `location.search.includes("klaar") && document.querySelector("main").innerText.includes("laatste antwoord van deze selectie")`)
}

// TestReviewWithoutScript: the same by forms alone.
func TestReviewWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	asks(t, s, askAnswered)
	ctx := signedIn(t, s, staff.RoleReviewer, view{width: 320, height: 700, noScript: true})
	open(ctx, t, s.url+"/redactie/gesprekken?status=answered")
	choose(ctx, t, "opening the first", ".vb-review__question a")
	until(ctx, t, "the form is there", `document.querySelector("[data-save]") && document.readyState === "complete"`)
	if evaluate[bool](ctx, t, `document.querySelector("[data-keys]").checkVisibility() || (document.querySelector("[data-rest-line]")?.checkVisibility() ?? false)`) {
		t.Error("there is something that needs a script")
	}
	choose(ctx, t, "saving without a verdict", "[data-save]")
	until(ctx, t, "it says what is missing", `document.querySelector("[data-fault]")?.innerText.includes("Kies eerst een oordeel")`)
	choose(ctx, t, "judging", "[name=oordeel][value=wrong_source] + span")
	do(ctx, t, "searching", chromedp.SetValue(chromedp.CSS("#zoek"), "bedrijfsleven"))
	choose(ctx, t, "searching", "[data-find]")
	until(ctx, t, "a source is found", `document.querySelector("[name=bron]") && document.querySelector("[name=oordeel][value=wrong_source]").checked`)
	noSidewaysScroll(ctx, t, "found without script")
	choose(ctx, t, "choosing it", "[name=bron]")
	choose(ctx, t, "saving", "[data-save]")
	until(ctx, t, "it is stored", `location.search.includes("klaar")`)
	if n := s.rows(t, `SELECT count(*) FROM judgements j JOIN judgement_sources p ON p.judgement_id = j.id WHERE j.verdict = 'wrong_source'`); n != 1 {
		t.Errorf("%d stored", n)
	}
}

// TestReviewPages: every page of reviews at every width, in light and dark.
func TestReviewPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	asks(t, s, askAnswered, askDeclined, askPartial, askHostile)
	reviewer, editor := s.team.member(t, staff.RoleReviewer), s.team.member(t, staff.RoleEditor)
	store := postgres.NewReviews(s.db)
	items, err := store.Queue(t.Context(), office.ReviewFilter{}, 0, office.ReviewPlace{}, 10)
	if err != nil || len(items) != 4 {
		t.Fatal(items, err)
	}
	sample, err := store.Draw(t.Context(), editor, "Eerste steekproef", office.ReviewFilter{}, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[corpus.Status][2]string{corpus.Answered: {"right", "partly"}, corpus.Partial: {"wrong", "wrong"}, corpus.NoAnswer: {"should_have_answered", "right"}}
	for _, i := range items[1:] { // the newest is left to be judged
		for k, by := range []staff.User{reviewer, editor} {
			_, err := s.db.Pool().Exec(t.Context(), `INSERT INTO judgements (item, turn_id, reviewer_id, verdict, comment, lang, status, corpus, model, prompt, asked_on)
				SELECT id, turn_id, $2, $3, 'Een toelichting', lang, status, corpus, model, prompt, asked_at::date FROM turn_facts WHERE id = $1`, i.Item, by.ID, verdicts[i.Status][k])
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	address := func(i office.ReviewItem) string { return "/redactie/gesprekken/" + i.Conversation + "/" + i.Turn }
	pages := map[string]string{
		"queue": "/redactie/gesprekken", "queue-filtered": "/redactie/gesprekken?" + url.Values{"woorden": {"wie"}, "steun": {"laag"}}.Encode(), "answer": address(items[0]), "answer-judged": address(items[3]),
		"answer-declined": address(items[2]) + "?steekproef=" + fmt.Sprint(sample), "answer-en": "/en" + address(items[1]), "samples": "/redactie/beoordelingen/steekproeven",
		"sample": fmt.Sprintf("/redactie/beoordelingen/steekproeven/%d", sample), "totals": "/redactie/beoordelingen", "agreement": "/redactie/beoordelingen/overeenstemming",
	}
	signed := signedIn(t, s, staff.RoleEditor, desktop)
	for vname, v := range officeViews {
		t.Run(vname, func(t *testing.T) {
			ctx := look(signed, t, v)
			for name, path := range pages {
				open(ctx, t, s.url+path)
				where := name + " " + vname
				if !evaluate[bool](ctx, t, `document.querySelector(".vb-review") !== null`) {
					t.Fatalf("%s: %s", where, says(ctx))
				}
				noSidewaysScroll(ctx, t, where)
				axe(ctx, t, where)
				snap(ctx, t, "review-"+where)
				if title := evaluate[string](ctx, t, `document.title`); title == "kwaad" {
					t.Errorf("%s: a script of the text ran", where)
				}
			}
		})
	}
}
