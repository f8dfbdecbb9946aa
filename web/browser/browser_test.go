package browser_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

const (
	addressed = `location.pathname.startsWith("/gesprek/")`
	answered  = `document.querySelector("[data-log] > :last-child")?.dataset.state === "done"`
	live      = `"live" in document.documentElement.dataset`
)

func open(ctx context.Context, t testing.TB, url string) {
	t.Helper()
	do(ctx, t, "opening "+url, chromedp.Navigate(url))
}

func openLive(ctx context.Context, t testing.TB, url string) {
	t.Helper()
	open(ctx, t, url)
	until(ctx, t, "the script runs", live)
}

// ask puts a question in the form at once; that keys do too is tested by tests of keys.
func ask(ctx context.Context, t testing.TB, question string) {
	t.Helper()
	do(ctx, t, "asking "+question, chromedp.Focus(chromedp.CSS("#question")), command(input.InsertText, input.InsertTextParams{Text: question}), press("Enter"))
}

// sentences are the sentences of the last answer without their citations.
func sentences(ctx context.Context, t *testing.T) []string {
	t.Helper()
	return evaluate[[]string](ctx, t, `[...document.querySelectorAll("[data-log] > :last-child .vb-sentence > bdi")].map(e => e.textContent)`)
}

func TestAskAndOpenSource(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := tab(t, desktop)
	openLive(ctx, t, s.url+"/")
	if got := text(ctx, t, "#question-help"); !strings.Contains(got, "U stelt uw vraag aan een AI-systeem. Controleer de antwoorden met de bronnen.") {
		t.Errorf("the notice says %q", got)
	}
	ask(ctx, t, askAnswered)
	until(ctx, t, "the answer is there", answered)
	if got := sentences(ctx, t); len(got) == 0 {
		t.Fatal("no sentences")
	}
	if uncited := evaluate[int](ctx, t, `[...document.querySelectorAll(".vb-sentence")].filter(s => !s.querySelector("a.vb-cite[href^='/citaat/']")).length`); uncited > 0 {
		t.Errorf("%d sentences without a citation", uncited)
	}
	until(ctx, t, "the conversation has an address", addressed)
	quote := evaluate[string](ctx, t, `document.querySelector("[data-quote]").textContent`)
	do(ctx, t, "choosing the first citation", click(".vb-sentence a.vb-cite"))
	until(ctx, t, "the source is open", `document.querySelector("[data-panel] #citaat") !== null`)
	marked := evaluate[string](ctx, t, `[...document.querySelectorAll("[data-panel] mark")].map(m => [...m.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join("")).join(" ")`)
	if strings.Join(strings.Fields(marked), " ") != strings.Join(strings.Fields(quote), " ") {
		t.Errorf("the source marks %q, the answer quotes %q", marked, quote)
	}
	if !evaluate[bool](ctx, t, `(() => { const p = document.querySelector("[data-panel]"), t = document.querySelector("[data-log]"); return p.open && p.getBoundingClientRect().left >= t.getBoundingClientRect().right })()`) {
		t.Error("on a wide screen the source is not beside the conversation")
	}
	until(ctx, t, "the focus is in the source", `document.activeElement.id === "panel-title"`)
	do(ctx, t, "pressing Escape", press("Escape"))
	until(ctx, t, "the source is closed and the focus is back", `!document.querySelector("[data-panel]").open && document.activeElement.matches("a.vb-cite")`)

	// Refresh, back and a second tab show the same.
	before := sentences(ctx, t)
	url := evaluate[string](ctx, t, `location.href`)
	do(ctx, t, "reloading", chromedp.Reload())
	if got := sentences(ctx, t); strings.Join(got, "|") != strings.Join(before, "|") {
		t.Errorf("after a refresh %q, before %q", got, before)
	}
	second := besides(ctx, t)
	open(second, t, url)
	if got := sentences(second, t); strings.Join(got, "|") != strings.Join(before, "|") {
		t.Errorf("in a second tab %q", got)
	}
	stranger := tab(t, desktop) // the address shows others nothing
	open(stranger, t, url)
	until(stranger, t, "another browser is shown nothing", `document.querySelector("h1").innerText === "Dit gesprek is hier niet te zien" && !document.body.innerText.includes("Wie betaalt")`)
	do(ctx, t, "going back", chromedp.NavigateBack())
	until(ctx, t, "the home page is back", `location.pathname === "/" && !!document.querySelector(".vb-hero") && document.querySelector(".vb-hero").checkVisibility()`)
}

func TestExampleAndFollowUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := tab(t, desktop)
	openLive(ctx, t, s.url+"/")
	do(ctx, t, "choosing an example", click(".vb-example"))
	until(ctx, t, "the answer is there", answered)
	ask(ctx, t, askAnswered)
	until(ctx, t, "the second answer is there", `document.querySelectorAll("[data-log] > [data-state=done]").length === 2 && `+addressed)
	do(ctx, t, "reloading", chromedp.Reload())
	if n := evaluate[int](ctx, t, `document.querySelectorAll("[data-log] > article").length`); n != 2 {
		t.Errorf("%d turns after a refresh", n)
	}
}

func TestSentencesArriveOneByOneAndStop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, desktop)
	openLive(ctx, t, s.url+"/")
	ask(ctx, t, askSlow)
	for n := 1; n <= 2; n++ {
		until(ctx, t, fmt.Sprintf("%d sentences are there", n), fmt.Sprintf(`document.querySelectorAll(".vb-sentence").length === %d`, n))
		if n < 2 {
			s.scripted.release <- struct{}{}
		}
	}
	if evaluate[string](ctx, t, `document.querySelector("[data-log]").getAttribute("role")`) != "log" {
		t.Error("the conversation is not a log")
	}
	if !evaluate[bool](ctx, t, `document.querySelector("[data-step=writing]").dataset.at === "now"`) {
		t.Error("the step is not shown")
	}
	do(ctx, t, "stopping", click("[data-stop]"))
	until(ctx, t, "the answer ended", answered)
	if got := sentences(ctx, t); len(got) != 2 {
		t.Errorf("after stopping: %q", got)
	}
	if got := text(ctx, t, "[data-note]"); got != "U hebt dit antwoord gestopt." {
		t.Errorf("the note says %q", got)
	}
	if focus := evaluate[string](ctx, t, `document.activeElement.id`); focus != "question" {
		t.Errorf("the focus is on %q", focus)
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	tests := []struct{ question, state, selector, want string }{
		{askDeclined, "done", "[data-message]", "Dat staat niet in de documenten."},
		{askPartial, "done", "[data-note]", "Dit is een deel van het antwoord."},
		{askBroken, "failed", "[data-note]", "Er ging iets mis"},
		{askBusy, "failed", "[data-note]", "druk"},
	}
	ctx := tab(t, desktop)
	for _, width := range widths {
		for _, tt := range tests {
			name := strings.ToLower(strings.SplitN(tt.question, ":", 2)[0])
			t.Run(fmt.Sprint(name, " ", width), func(t *testing.T) {
				ctx := anew(ctx, t, view{width: width, height: 900})
				openLive(ctx, t, s.url+"/")
				ask(ctx, t, tt.question)
				until(ctx, t, "the turn ended", fmt.Sprintf(`document.querySelector("[data-log] > :last-child")?.dataset.state === %q`, tt.state))
				if got := text(ctx, t, tt.selector); !strings.Contains(got, tt.want) {
					t.Errorf("says %q", got)
				}
				axe(ctx, t, tt.question)
				noSidewaysScroll(ctx, t, tt.question)
				picture(ctx, t, fmt.Sprintf("state-%s-%s-%d", tt.state, name, width), false)
			})
		}
		t.Run(fmt.Sprint("empty ", width), func(t *testing.T) {
			ctx := anew(ctx, t, view{width: width, height: 900})
			openLive(ctx, t, s.url+"/")
			ask(ctx, t, "")
			until(ctx, t, "the form says so", `document.querySelector("#question-error").innerText === "Typ eerst een vraag."`)
			if !evaluate[bool](ctx, t, `document.activeElement.id === "question" && document.activeElement.getAttribute("aria-invalid") === "true"`) {
				t.Error("the field is not marked")
			}
			axe(ctx, t, "empty question")
			noSidewaysScroll(ctx, t, "empty question")
			picture(ctx, t, fmt.Sprintf("state-empty-%d", width), false)
		})
	}
}

func TestLostConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, desktop)
	openLive(ctx, t, s.url+"/")
	ask(ctx, t, askSlow)
	for n := 1; n <= 3; n++ {
		until(ctx, t, "a sentence is there", fmt.Sprintf(`document.querySelectorAll(".vb-sentence").length >= %d`, n))
		s.network.cut()
		until(ctx, t, "the loss is said", `!document.querySelector("[data-connection]").hidden`)
		if n == 1 {
			axe(ctx, t, "lost connection")
			picture(ctx, t, "state-lost", false)
		}
		s.scripted.release <- struct{}{} // the answer goes on meanwhile
		s.network.mend()
		until(ctx, t, "the connection is back", `document.querySelector("[data-connection]").hidden`)
	}
	until(ctx, t, "the answer is whole", answered)
	got := sentences(ctx, t)
	if len(got) != 3 || got[2] != lastSentence {
		t.Errorf("sentences %q", got)
	}
	if asked := s.scripted.questions(); len(asked) != 1 {
		t.Errorf("asked %q", asked)
	}
}

func TestRefreshInTheMiddle(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, desktop)
	openLive(ctx, t, s.url+"/")
	ask(ctx, t, askSlow)
	until(ctx, t, "the first sentence is there", `document.querySelectorAll(".vb-sentence").length === 1`)
	do(ctx, t, "reloading", chromedp.Reload())
	until(ctx, t, "the first sentence is there again", `document.querySelectorAll(".vb-sentence").length === 1`)
	for range 3 {
		s.scripted.release <- struct{}{}
	}
	until(ctx, t, "the answer is whole", answered)
	if got := sentences(ctx, t); len(got) != 3 {
		t.Errorf("sentences %q", got)
	}
	if got := text(ctx, t, "[data-question]"); got != askSlow {
		t.Errorf("question %q", got)
	}
}

func TestWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := tab(t, desktop)
	for _, width := range widths {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			ctx := anew(ctx, t, view{width: width, height: 800, noScript: true})
			open(ctx, t, s.url+"/")
			do(ctx, t, "asking", typeInto("#question", askAnswered), click("[data-send]"))
			until(ctx, t, "the conversation is there", `location.pathname.startsWith("/gesprek/") && document.readyState === "complete"`)
			if got := sentences(ctx, t); len(got) == 0 {
				t.Fatal("no sentences")
			}
			noSidewaysScroll(ctx, t, "conversation without script")
			picture(ctx, t, fmt.Sprintf("noscript-%d", width), false)
			do(ctx, t, "printing", command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
			printsAddress(ctx, t, s)
			do(ctx, t, "back to the screen", command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "screen"}))
			do(ctx, t, "opening a source", click(".vb-sentence a.vb-cite"))
			until(ctx, t, "the source is there", `location.pathname.startsWith("/citaat/") && !!document.querySelector("#citaat")`)
			noSidewaysScroll(ctx, t, "source without script")
			do(ctx, t, "asking nothing", chromedp.Navigate(s.url+"/"), click("[data-send]"))
			until(ctx, t, "the form says what is wrong", `document.querySelector("#question-error").innerText === "Typ eerst een vraag."`)
		})
	}
}

func TestKeyboardOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := tab(t, desktop)
	for _, width := range widths {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			ctx := anew(ctx, t, view{width: width, height: 800})
			openLive(ctx, t, s.url+"/")
			tabTo := func(what, selector string) {
				t.Helper()
				for range 60 {
					do(ctx, t, "pressing Tab", press("Tab"))
					if evaluate[bool](ctx, t, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
						if !evaluate[bool](ctx, t, `(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 || document.activeElement.matches(".nl-skip-link") })()`) {
							t.Errorf("no focus is seen on %s", what)
						}
						return
					}
				}
				t.Fatalf("Tab never comes to %s", what)
			}
			tabTo("the skip link", ".nl-skip-link")
			if !evaluate[bool](ctx, t, `document.activeElement.getBoundingClientRect().top >= 0`) {
				t.Error("the skip link is not seen when it has the focus")
			}
			evaluate[string](ctx, t, `window.untouched = "yes"`)
			do(ctx, t, "skipping", press("Enter"))
			until(ctx, t, "the focus is in the content", `document.activeElement.tagName === "MAIN"`)
			tabTo("the question", "#question")
			do(ctx, t, "typing", chromedp.KeyEvent(askAnswered), press("Enter"))
			until(ctx, t, "the answer is there", answered)
			evaluate[*string](ctx, t, `document.querySelector("main").focus()`)
			if !evaluate[bool](ctx, t, `window.untouched === "yes"`) {
				t.Error("a jump within the page loaded it anew")
			}
			tabTo("a citation", "a.vb-cite")
			do(ctx, t, "opening it", press("Enter"))
			until(ctx, t, "the source is open with the focus", `!!document.querySelector("[data-panel] #citaat") && document.activeElement.id === "panel-title"`)
			inSight(ctx, t, "the button that closes the source", "[data-panel-close]")
			if evaluate[bool](ctx, t, `document.querySelector("[data-panel] [data-marks] > *") === null`) {
				inSight(ctx, t, "the quote", "#citaat")
			} else { // the printed page is shown: the quote is in sight there or in the text
				until(ctx, t, "the quote is in sight", `(() => {
					const b = document.querySelector("[data-panel-body]").getBoundingClientRect();
					return [...document.querySelectorAll("#citaat, [data-panel] [data-marks] > *")].some(e => {
						const r = e.getBoundingClientRect();
						return r.top >= b.top && r.top < b.bottom;
					});
				})()`)
			}
			if modal := evaluate[bool](ctx, t, `document.querySelector("[data-panel]").matches(":modal")`); modal != (width < 1024) {
				t.Errorf("the dialog is modal: %v", modal)
			}
			axe(ctx, t, "open source")
			noSidewaysScroll(ctx, t, "open source")
			picture(ctx, t, fmt.Sprintf("panel-%d", width), false)
			page := text(ctx, t, "[data-panel] .vb-passage__page")
			tabTo("another page", "[data-panel] a[data-passage-link]")
			do(ctx, t, "turning the page", press("Enter"))
			until(ctx, t, "the other page is there", fmt.Sprintf(`document.querySelector("[data-panel] .vb-passage__page").innerText !== %q`, page))
			do(ctx, t, "pressing Escape", press("Escape"))
			until(ctx, t, "the focus is back", `!document.querySelector("[data-panel]").open && document.activeElement.matches("a.vb-cite")`)
		})
	}
}

func TestHostileTextIsOnlyText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, view{width: 320, height: 700})
	openLive(ctx, t, s.url+"/")
	ask(ctx, t, askHostile)
	until(ctx, t, "the answer is there", answered+" && "+addressed)
	check := func(where string) {
		t.Helper()
		if title := evaluate[string](ctx, t, `document.title`); title == "kwaad" {
			t.Errorf("%s: a script of the text ran", where)
		}
		if n := evaluate[int](ctx, t, `document.querySelectorAll("main img, main script:not([type='application/json'], [type='application/ld+json'])").length`); n > 0 {
			t.Errorf("%s: text became %d elements", where, n)
		}
		noSidewaysScroll(ctx, t, where)
	}
	check("live")
	do(ctx, t, "opening the source", click("a.vb-cite"))
	until(ctx, t, "the source is open", `!!document.querySelector("[data-panel] #citaat")`)
	check("source beside")
	do(ctx, t, "reloading", chromedp.Reload())
	check("reloaded")
	for _, path := range []string{"/documenten", "/documenten/gevaar", "/documenten/gevaar/1/1", "/documenten?zoek=" + "%3Cimg+src%3Dx%3E"} {
		open(ctx, t, s.url+path)
		check(path)
	}
}

func TestEveryPageAtEveryWidth(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	citation := cite(1, 2, "De SER wordt betaald door het bedrijfsleven.").URL
	pages := map[string]string{
		"home": "/", "home-en": "/en/", "documents": "/documenten", "document": "/documenten/financiering-van-de-ser",
		"page": "/documenten/financiering-van-de-ser/1/3", "citation": citation, "about": "/over", "privacy": "/privacy", "missing": "/weg",
		"ai": "/ai", "accessibility": "/toegankelijkheid", "contact": "/contact",
	}
	// Pages of nothing but text: what dark and forced colours do to them shows on the others.
	plain := map[string]bool{"home-en": true, "privacy": true, "missing": true, "ai": true, "accessibility": true, "contact": true, "page": true}
	views := map[string]view{
		"320": {width: 320, height: 640}, "768": {width: 768, height: 1024}, "1440": desktop,
		"320-dark": {width: 320, height: 640, dark: true}, "1440-dark": {width: 1440, height: 900, dark: true},
		"1440-forced": {width: 1440, height: 900, forced: true},
	}
	ctx := tab(t, desktop)
	for vname, v := range views {
		t.Run(vname, func(t *testing.T) {
			ctx := anew(ctx, t, v)
			for name, path := range pages {
				if (v.dark || v.forced) && plain[name] {
					continue
				}
				open(ctx, t, s.url+path)
				noSidewaysScroll(ctx, t, name)
				axe(ctx, t, name+" at "+vname)
				picture(ctx, t, name+"-"+vname, true)
			}
			openLive(ctx, t, s.url+"/")
			ask(ctx, t, askAnswered)
			until(ctx, t, "the answer is there", answered+" && "+afterThere)
			ask(ctx, t, askSlow)
			until(ctx, t, "a sentence is there", `document.querySelectorAll("[data-log] > :last-child .vb-sentence").length === 1`)
			noSidewaysScroll(ctx, t, "conversation")
			axe(ctx, t, "conversation at "+vname)
			picture(ctx, t, "talk-"+vname, false)
			do(ctx, t, "stopping", click("[data-stop]"))
			until(ctx, t, "the answer ended", answered)
		})
	}
}

// TestLargeText: 200% text, and 400% zoom, which is a window of a quarter.
func TestLargeText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := tab(t, view{width: 1280, height: 900})
	openLive(ctx, t, s.url+"/")
	evaluate[string](ctx, t, `document.documentElement.style.fontSize = "200%"`)
	noSidewaysScroll(ctx, t, "home with 200% text")
	ask(ctx, t, askAnswered)
	until(ctx, t, "the answer is there", answered+" && "+afterThere)
	evaluate[string](ctx, t, `document.documentElement.style.fontSize = "200%"`)
	noSidewaysScroll(ctx, t, "conversation with 200% text")
	nothingCut(ctx, t, "conversation with 200% text")
	axe(ctx, t, "conversation with 200% text")
	picture(ctx, t, "large-text", false)
	ctx = tab(t, view{width: 320, height: 256})
	openLive(ctx, t, s.url+"/")
	ask(ctx, t, askAnswered)
	until(ctx, t, "the answer is there", answered)
	noSidewaysScroll(ctx, t, "conversation at 400% zoom")
	nothingCut(ctx, t, "conversation at 400% zoom")
	choose(ctx, t, "opening a source", "a.vb-cite")
	until(ctx, t, "the source is open", `!!document.querySelector("[data-panel] #citaat")`)
	noSidewaysScroll(ctx, t, "source at 400% zoom")
	axe(ctx, t, "source at 400% zoom")
	picture(ctx, t, "zoom-source", false)
	do(ctx, t, "closing it", press("Escape"))
	if !evaluate[bool](ctx, t, `getComputedStyle(document.querySelector(".vb-dock")).position !== "sticky"`) {
		t.Error("the form covers the answer at 400% zoom")
	}
}

// inSight holds that an element is in the window and nothing lies over it.
func inSight(ctx context.Context, t *testing.T, what, selector string) {
	t.Helper()
	until(ctx, t, what+" is in sight", fmt.Sprintf(`(() => {
		const e = document.querySelector(%q), r = e.getClientRects()[0];
		const over = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
		return over !== null && (e.contains(over) || over.contains(e) && over.matches("a, button"));
	})()`, selector))
}

// nothingCut holds that no text is cut off by the box it stands in.
func nothingCut(ctx context.Context, t *testing.T, where string) {
	t.Helper()
	cut := evaluate[[]string](ctx, t, `[...document.querySelectorAll("main *")].filter(e => e.checkVisibility() && !e.matches(".vb-hidden, .vb-hidden *, textarea, select, svg *") &&
		["hidden", "clip"].includes(getComputedStyle(e).overflowX) && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)).map(e => e.outerHTML.slice(0, 160))`)
	if len(cut) > 0 {
		t.Errorf("%s: text is cut off: %q", where, cut)
	}
}

func noSidewaysScroll(ctx context.Context, t *testing.T, where string) {
	t.Helper()
	type overflow struct {
		Page, Window int
		Widest       string
	}
	o := evaluate[overflow](ctx, t, `(() => {
		const page = document.documentElement.scrollWidth, window = document.documentElement.clientWidth;
		const wide = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > window + 1 && e.checkVisibility()).at(-1);
		return {Page: page, Window: window, Widest: wide ? wide.outerHTML.slice(0, 200) : ""};
	})()`)
	if o.Page > o.Window {
		t.Errorf("%s: the page is %d wide in a window of %d: %s", where, o.Page, o.Window, o.Widest)
	}
}

var axeSource = sync.OnceValues(func() ([]byte, error) { return os.ReadFile("../node_modules/axe-core/axe.min.js") })

// axe holds the page against WCAG 2.2 AA and good practice.
func axe(ctx context.Context, t *testing.T, where string) {
	t.Helper()
	source, err := axeSource()
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("NO ACCESSIBILITY CHECK: axe-core is not installed (npm --prefix web ci)")
	}
	if err != nil {
		t.Fatal(err)
	}
	type violation struct {
		ID, Impact, Help string
		Nodes            []struct {
			HTML           string
			FailureSummary string
		}
	}
	v, _ := ctx.Value(viewKey{}).(view)
	if v.noScript { // the page has come without; axe itself is one
		do(ctx, t, "letting axe run", scripts(true))
		defer do(ctx, t, "switching scripts off again", scripts(false))
	}
	// The size of targets is not checked unless one asks. What the system's colours
	// look like axe does not know.
	rules := fmt.Sprintf(`{"target-size": {enabled: true}, "color-contrast": {enabled: %v}}`, !v.forced)
	var result struct {
		Violations []violation
		Ran        []string
	}
	if !evaluate[bool](ctx, t, `"axe" in window`) {
		evaluate[*string](ctx, t, string(source)+`;null`)
	}
	// Of what passes one element is enough: describing them all takes as long as checking.
	out := evaluate[string](ctx, t, `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], rules: `+rules+`}).then(r =>
		JSON.stringify({violations: r.violations, ran: [...r.violations, ...r.passes, ...r.incomplete].map(v => v.id)}))`)
	if err := json.Unmarshal([]byte(out), &result); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(result.Ran, "target-size") || !v.forced && !slices.Contains(result.Ran, "color-contrast") {
		t.Errorf("%s: the size of targets or the contrast was not checked: %v", where, result.Ran)
	}
	for _, v := range result.Violations {
		for _, n := range v.Nodes {
			t.Errorf("%s: axe %s (%s): %s\n%s\n%s", where, v.ID, v.Impact, v.Help, n.HTML, n.FailureSummary)
		}
	}
}
