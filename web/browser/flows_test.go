package browser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// loaded is everything that the page fetched, with the bytes that went over the wire.
const loaded = `performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource")).map(e => ({Name: e.name, Kind: e.initiatorType, Bytes: e.encodedBodySize}))`

type fetched struct {
	Name, Kind string
	Bytes      int
}

// firstView is the most that script and style of the first view may take together.
const firstView = 60 << 10

// TestSlowNetwork: the chat works on slow 3G, and the first view is small.
func TestSlowNetwork(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	s.network.throttle()
	ctx := tab(t, view{width: 320, height: 640})
	openLive(ctx, t, s.url+"/")
	sum := 0
	for _, f := range evaluate[[]fetched](ctx, t, loaded) {
		if strings.HasSuffix(f.Name, ".js") || strings.HasSuffix(f.Name, ".css") {
			sum += f.Bytes
		}
	}
	if sum == 0 || sum > firstView {
		t.Errorf("script and style of the first view take %d bytes, may be %d", sum, firstView)
	}
	t.Logf("script and style of the first view: %d bytes", sum)
	ask(ctx, t, askAnswered)
	until(ctx, t, "the answer is there", answered)
	if got := sentences(ctx, t); len(got) != 3 || got[2] != lastSentence {
		t.Errorf("sentences %q", got)
	}
	choose(ctx, t, "opening a source", "a.vb-cite")
	until(ctx, t, "the source is open", `!!document.querySelector("[data-panel] #citaat")`)
}

// TestNothingOfOthers: no page fetches anything of anybody else or keeps anything in
// the browser, and no cookie is set before the first question.
func TestNothingOfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, desktop)
	look := func(where string) {
		t.Helper()
		for _, f := range evaluate[[]fetched](ctx, t, loaded) {
			if !strings.HasPrefix(f.Name, s.url+"/") {
				t.Errorf("%s fetches %s", where, f.Name)
			}
		}
		if kept := evaluate[int](ctx, t, `localStorage.length + sessionStorage.length + document.cookie.length`); kept != 0 {
			t.Errorf("%s keeps something that scripts can read", where)
		}
	}
	cookies := func() string {
		return evaluate[string](ctx, t, `fetch("/gesprek/x", {headers: {Accept: "text/html"}}).then(() => document.cookie)`)
	}
	for _, path := range []string{"/", "/documenten", "/documenten/financiering-van-de-ser", cite(1, 2, "De SER wordt betaald door het bedrijfsleven.").URL, "/privacy"} {
		open(ctx, t, s.url+path)
		look(path)
	}
	openLive(ctx, t, s.url+"/")
	ask(ctx, t, askAnswered)
	until(ctx, t, "the answer is there", answered+" && "+afterThere+` && location.pathname.startsWith("/gesprek/")`)
	until(ctx, t, "nothing is kept but the cookie", `sessionStorage.length === 0`)
	look("conversation")
	if got := cookies(); got != "" {
		t.Errorf("scripts can read the cookie %q", got)
	}
}

// TestKeyboardThroughout: what can be done with an answer can be done with keys alone,
// and a source over the conversation keeps the focus and gives it back.
func TestKeyboardThroughout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, view{width: 320, height: 800})
	openLive(ctx, t, s.url+"/")
	tabTo := func(selector string) {
		t.Helper()
		for range 80 {
			do(ctx, t, "pressing Tab", press("Tab"))
			if evaluate[bool](ctx, t, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
				return
			}
		}
		t.Fatalf("Tab never comes to %s", selector)
	}
	// Every change of the log is one whole sentence: that is what is read aloud.
	evaluate[*string](ctx, t, `(() => {
		window.spoken = [];
		new MutationObserver(all => { for (const m of all) for (const n of m.addedNodes) if (n.matches?.(".vb-sentence")) window.spoken.push(n.querySelector("bdi").textContent) })
			.observe(document.querySelector("[data-log]"), {childList: true, subtree: true, characterData: true});
		return null;
	})()`)
	tabTo("#question")
	do(ctx, t, "asking", chromedp.KeyEvent(askAnswered), press("Enter"))
	until(ctx, t, "the answer is there", answered+" && "+afterThere)
	if got, want := evaluate[[]string](ctx, t, `window.spoken`), sentences(ctx, t); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("the log announces %q of %q", got, want)
	}
	if got := evaluate[string](ctx, t, `(l => l.getAttribute("role") + " " + l.getAttribute("aria-live") + " " + l.querySelector("[data-sources]").getAttribute("aria-live") + " " + l.querySelector("[data-after]").getAttribute("aria-live"))(document.querySelector("[data-log]"))`); got != "log polite off off" {
		t.Errorf("announced: %s", got)
	}

	evaluate[*string](ctx, t, `(document.querySelector("main").focus(), null)`)
	tabTo("a.vb-cite")
	do(ctx, t, "opening a source", press("Enter"))
	until(ctx, t, "the source is open with the focus", `!!document.querySelector("[data-panel] #citaat") && document.activeElement.id === "panel-title"`)
	for range 25 { // round and round, or out to the browser itself, never behind it
		do(ctx, t, "pressing Tab", press("Tab"))
		if !evaluate[bool](ctx, t, `document.activeElement === document.body || document.querySelector("[data-panel]").contains(document.activeElement)`) {
			t.Fatalf("the focus went behind the source to %s", evaluate[string](ctx, t, `document.activeElement.outerHTML.slice(0, 100)`))
		}
	}
	do(ctx, t, "pressing Escape", press("Escape"))
	until(ctx, t, "the focus is back", `document.activeElement.matches("a.vb-cite")`)

	evaluate[string](ctx, t, `Object.defineProperty(navigator, "clipboard", {value: {writeText: t => { window.copied = t; return Promise.resolve() }}}) && ""`)
	tabTo("[data-copy]")
	do(ctx, t, "copying", press("Enter"))
	until(ctx, t, "it is copied", `window.copied?.includes("Antwoord van AI")`)
	tabTo("[data-feedback] button[value=ja]")
	do(ctx, t, "judging", press("Enter"))
	until(ctx, t, "it is stored and the focus is there", `document.activeElement.matches("[data-feedback-title]") && document.activeElement.innerText.includes("Bedankt")`)
	tabTo("#question")
	do(ctx, t, "asking on", chromedp.KeyEvent(askSlow), press("Enter"))
	until(ctx, t, "a sentence is there", `document.querySelectorAll("[data-log] > :last-child .vb-sentence").length === 1`)
	tabTo("[data-stop]")
	do(ctx, t, "stopping", press("Enter"))
	until(ctx, t, "it is stopped, and the next question can be typed", answered+` && document.activeElement.id === "question"`)
	evaluate[*string](ctx, t, `(document.querySelector("main").focus(), null)`)
	tabTo(".vb-share summary")
	do(ctx, t, "opening what is said of sharing", press("Enter"))
	tabTo("[data-share-form] [value=ja]")
	do(ctx, t, "sharing", press("Enter"))
	until(ctx, t, "it is shared and the focus is there", `document.querySelector("[data-share-address]") && document.activeElement.matches(".vb-share summary")`)
	tabTo("details:has([data-wipe]) summary")
	do(ctx, t, "opening what is said of deleting", press("Enter"))
	tabTo("[data-wipe] button")
	do(ctx, t, "deleting", press("Enter"))
	until(ctx, t, "it is gone", `location.search === "?gewist"`)
}

// TestTwoTabsAtOnce: two tabs of one browser have a conversation each, at once, and go
// on with the same one.
func TestTwoTabsAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	one := tab(t, desktop)
	openLive(one, t, s.url+"/")
	two := besides(one, t)
	openLive(two, t, s.url+"/")
	for _, ctx := range []context.Context{one, two} {
		ask(ctx, t, askSlow)
		until(ctx, t, "a sentence is there", `document.querySelectorAll(".vb-sentence").length === 1`)
	}
	for range 6 {
		s.scripted.release <- struct{}{}
	}
	for _, ctx := range []context.Context{one, two} {
		until(ctx, t, "the answer is whole", answered+` && location.pathname.startsWith("/gesprek/")`)
		if got := sentences(ctx, t); len(got) != 3 || got[2] != lastSentence {
			t.Errorf("sentences %q", got)
		}
	}
	first, second := evaluate[string](one, t, `location.pathname`), evaluate[string](two, t, `location.pathname`)
	if first == second {
		t.Error("both tabs have the same conversation")
	}
	openLive(two, t, s.url+first)
	ask(two, t, askAnswered)
	until(two, t, "the second answer is there", answered+` && document.querySelectorAll("[data-log] > article").length === 2`)
	ask(one, t, askPartial)
	until(one, t, "the answer is there", answered+` && document.querySelectorAll("[data-log] > article").length === 2`)
	do(one, t, "reloading", chromedp.Reload())
	if n := evaluate[int](one, t, `document.querySelectorAll("[data-log] > article").length`); n != 3 {
		t.Errorf("%d turns after both tabs asked on", n)
	}
}

// TestPrint: on paper are the question, the answer, its label and its sources, and
// nothing that can be pressed.
func TestPrint(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, view{width: 768, height: 1024})
	openLive(ctx, t, s.url+"/")
	ask(ctx, t, askAnswered)
	until(ctx, t, "the answer is there", answered+" && "+afterThere)
	do(ctx, t, "printing", command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
	got := text(ctx, t, "main")
	for _, want := range []string{askAnswered, lastSentence, "Antwoord van AI", "Dit antwoord is gemaakt door AI.", "Hoe de SER aan zijn geld komt", "De SER wordt betaald door het bedrijfsleven."} {
		if !strings.Contains(got, want) {
			t.Errorf("the print misses %q:\n%s", want, got)
		}
	}
	printsAddress(ctx, t, s)
	if n := evaluate[int](ctx, t, `[...document.querySelectorAll("button, textarea, select, summary, nav")].filter(e => e.checkVisibility()).length`); n > 0 {
		t.Errorf("%d things to press are printed", n)
	}
	picture(ctx, t, "print", true)
}

// printsAddress holds a source to being printed with its address in full.
func printsAddress(ctx context.Context, t *testing.T, s *site) {
	t.Helper()
	if got := evaluate[string](ctx, t, `getComputedStyle(document.querySelector("a[data-title]"), "::after").content`); !strings.Contains(got, s.url+"/citaat/") {
		t.Errorf("a source is printed with the address %s", got)
	}
}

// TestHostileDocument: a document that was read from a file with HTML, scripts,
// direction marks, invisible characters, emoji and a word of 100 kB is shown as what
// it is: text.
func TestHostileDocument(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	word := strings.Repeat("lang", 25_000)
	paragraph := `Een alinea met <img src=x onerror="document.title='kwaad'"> en <script>document.title='kwaad'</script> en &lt;b&gt;, ` +
		"\u202eomgekeerd\u202c, \u2066los, nul\u200bbreed en 👩‍👩‍👧‍👦 🇳🇱. Deze alinea is de langste van gewone woorden."
	content := "Gevaarlijk <i>document</i> \u202exyz\n\n" + paragraph + "\n\n" + word + "\n"
	s.scripted.read = s.ingest(t, "kwaad.txt", "text/plain", []byte(content), 1)
	c := &s.scripted.read
	if c.End-c.Start > 1000 { // the word is the longest paragraph: quote the other one
		page := firstPage(t, s, c.Document.ID)
		at := strings.Index(page, "Een alinea met")
		if at < 0 {
			t.Fatalf("the paragraph was not read: %q", page[:min(len(page), 500)])
		}
		c.Start = len([]rune(page[:at]))
		end := at + strings.Index(page[at:], "gewone woorden.") + len("gewone woorden.")
		c.Quote, c.End = page[at:end], len([]rune(page[:end]))
		c.URL = "/citaat/" + c.Document.ID + fmt.Sprintf("/1/1/%d-%d", c.Start, c.End)
	}
	if !strings.Contains(c.Quote, "<script>") || !strings.Contains(c.Quote, "🇳🇱") {
		t.Fatalf("reading changed the text: %q", c.Quote)
	}
	ctx := tab(t, view{width: 320, height: 700})
	check := func(where string) {
		t.Helper()
		if title := evaluate[string](ctx, t, `document.title`); title == "kwaad" {
			t.Errorf("%s: a script of the text ran", where)
		}
		if n := evaluate[int](ctx, t, `document.querySelectorAll("main img, main i, main b, main script:not([type='application/json'], [type='application/ld+json'])").length`); n > 0 {
			t.Errorf("%s: text became %d elements", where, n)
		}
		noSidewaysScroll(ctx, t, where)
		// A line of ours beside the text still runs from left to right.
		if got := evaluate[bool](ctx, t, `getComputedStyle(document.querySelector(".vb-footer__text")).direction === "ltr" && document.querySelector(".vb-footer__text").getBoundingClientRect().left < 40`); !got {
			t.Errorf("%s: the page around the text turned", where)
		}
	}
	openLive(ctx, t, s.url+"/")
	evaluate[*string](ctx, t, fmt.Sprintf(`(document.querySelector("#question").value = %q, document.querySelector("#question").focus(), null)`, askRead+" <b>\u202e\u200b👩‍👩‍👧‍👦</b>"))
	do(ctx, t, "asking", press("Enter"))
	until(ctx, t, "the answer is there", answered)
	if got := text(ctx, t, "[data-question]"); !strings.Contains(got, "<b>") || !strings.Contains(got, "👩‍👩‍👧‍👦") {
		t.Errorf("the question became %q", got)
	}
	if got := evaluate[string](ctx, t, `document.querySelector("[data-quote]").textContent`); got != c.Quote {
		t.Errorf("quotes %q", got)
	}
	check("conversation")
	axe(ctx, t, "hostile text")
	picture(ctx, t, "hostile", false)
	choose(ctx, t, "opening the source", "a.vb-cite")
	until(ctx, t, "the source is open", `!!document.querySelector("[data-panel] #citaat")`)
	check("source beside")
	open(ctx, t, s.url+c.URL)
	check("source")
	if got := evaluate[string](ctx, t, `document.querySelector(".vb-sheet").textContent`); !strings.Contains(got, word) {
		t.Error("the long word is not whole")
	}
	for _, path := range []string{"/documenten", "/documenten/" + c.Document.ID} {
		open(ctx, t, s.url+path)
		check(path)
	}
	openLive(ctx, t, s.url+"/")
	evaluate[string](ctx, t, fmt.Sprintf(`document.querySelector("#question").value = %q.repeat(25000)`, "lang"))
	do(ctx, t, "asking a word of 100 kB", click("[data-send]"))
	until(ctx, t, "it is told", `document.querySelector("#question-error").innerText.includes("100000") && document.querySelector("#question").value.length === 100000`)
	check("a word of 100 kB")
}

// firstPage is the text of the first page of a document.
func firstPage(t *testing.T, s *site, document string) string {
	t.Helper()
	var text string
	if err := s.db.Pool().QueryRow(t.Context(), `SELECT p.text FROM pages p JOIN versions v ON v.id = p.version_id WHERE v.document_id = $1 AND p.number = 1`, document).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
