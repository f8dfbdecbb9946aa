package browser_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	answered = `document.querySelector("[data-log] > :last-child")?.dataset.state === "done"`
	live     = `"live" in document.documentElement.dataset`
)

func open(t *testing.T, ctx context.Context, url string) {
	t.Helper()
	do(t, ctx, "opening "+url, chromedp.Navigate(url))
}

func openLive(t *testing.T, ctx context.Context, url string) {
	t.Helper()
	open(t, ctx, url)
	until(t, ctx, "the script runs", live)
}

func ask(t *testing.T, ctx context.Context, question string) {
	t.Helper()
	do(t, ctx, "asking "+question, chromedp.Focus(chromedp.CSS("#question")), typeInto("#question", question), press("Enter"))
}

// sentences are the sentences of the last answer without their citations.
func sentences(t *testing.T, ctx context.Context) []string {
	t.Helper()
	return evaluate[[]string](t, ctx, `[...document.querySelectorAll("[data-log] > :last-child .vb-sentence > bdi")].map(e => e.textContent)`)
}

func TestAskAndOpenSource(t *testing.T) {
	s := newSite(t)
	ctx := tab(t, desktop)
	openLive(t, ctx, s.url+"/")
	if got := text(t, ctx, "#question-help"); !strings.Contains(got, "U stelt uw vraag aan een AI-systeem. Controleer de antwoorden met de bronnen.") {
		t.Errorf("the notice says %q", got)
	}
	ask(t, ctx, askAnswered)
	until(t, ctx, "the answer is there", answered)
	if got := sentences(t, ctx); len(got) == 0 {
		t.Fatal("no sentences")
	}
	if uncited := evaluate[int](t, ctx, `[...document.querySelectorAll(".vb-sentence")].filter(s => !s.querySelector("a.vb-cite[href^='/citaat/']")).length`); uncited > 0 {
		t.Errorf("%d sentences without a citation", uncited)
	}
	if path := evaluate[string](t, ctx, `location.pathname`); !strings.HasPrefix(path, "/gesprek/") {
		t.Errorf("the address is %s", path)
	}
	quote := evaluate[string](t, ctx, `document.querySelector("[data-quote]").textContent`)
	do(t, ctx, "choosing the first citation", click(".vb-sentence a.vb-cite"))
	until(t, ctx, "the source is open", `document.querySelector("[data-panel] #citaat") !== null`)
	marked := evaluate[string](t, ctx, `[...document.querySelectorAll("[data-panel] mark")].map(m => [...m.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join("")).join(" ")`)
	if strings.Join(strings.Fields(marked), " ") != strings.Join(strings.Fields(quote), " ") {
		t.Errorf("the source marks %q, the answer quotes %q", marked, quote)
	}
	if !evaluate[bool](t, ctx, `(() => { const p = document.querySelector("[data-panel]"), t = document.querySelector("[data-log]"); return p.open && p.getBoundingClientRect().left >= t.getBoundingClientRect().right })()`) {
		t.Error("on a wide screen the source is not beside the conversation")
	}
	until(t, ctx, "the focus is in the source", `document.activeElement.id === "panel-title"`)
	do(t, ctx, "pressing Escape", press("Escape"))
	until(t, ctx, "the source is closed and the focus is back", `!document.querySelector("[data-panel]").open && document.activeElement.matches("a.vb-cite")`)

	// Refresh, back and a second tab show the same.
	before := sentences(t, ctx)
	url := evaluate[string](t, ctx, `location.href`)
	do(t, ctx, "reloading", chromedp.Reload())
	if got := sentences(t, ctx); strings.Join(got, "|") != strings.Join(before, "|") {
		t.Errorf("after a refresh %q, before %q", got, before)
	}
	second := tab(t, desktop)
	open(t, second, url)
	if got := sentences(t, second); strings.Join(got, "|") != strings.Join(before, "|") {
		t.Errorf("in a second tab %q", got)
	}
	do(t, ctx, "going back", chromedp.NavigateBack())
	until(t, ctx, "the home page is back", `location.pathname === "/" && !!document.querySelector(".vb-hero") && document.querySelector(".vb-hero").checkVisibility()`)
}

func TestExampleAndFollowUp(t *testing.T) {
	s := newSite(t)
	ctx := tab(t, desktop)
	openLive(t, ctx, s.url+"/")
	do(t, ctx, "choosing an example", click(".vb-example"))
	until(t, ctx, "the answer is there", answered)
	ask(t, ctx, askAnswered)
	until(t, ctx, "the second answer is there", `document.querySelectorAll("[data-log] > [data-state=done]").length === 2`)
	do(t, ctx, "reloading", chromedp.Reload())
	if n := evaluate[int](t, ctx, `document.querySelectorAll("[data-log] > article").length`); n != 2 {
		t.Errorf("%d turns after a refresh", n)
	}
}

func TestSentencesArriveOneByOneAndStop(t *testing.T) {
	s := newSite(t)
	s.own(t)
	ctx := tab(t, desktop)
	openLive(t, ctx, s.url+"/")
	ask(t, ctx, askSlow)
	for n := 1; n <= 2; n++ {
		until(t, ctx, fmt.Sprintf("%d sentences are there", n), fmt.Sprintf(`document.querySelectorAll(".vb-sentence").length === %d`, n))
		if n < 2 {
			s.scripted.release <- struct{}{}
		}
	}
	if evaluate[string](t, ctx, `document.querySelector("[data-log]").getAttribute("role")`) != "log" {
		t.Error("the conversation is not a log")
	}
	if !evaluate[bool](t, ctx, `document.querySelector("[data-step=writing]").dataset.at === "now"`) {
		t.Error("the step is not shown")
	}
	do(t, ctx, "stopping", click("[data-stop]"))
	until(t, ctx, "the answer ended", answered)
	if got := sentences(t, ctx); len(got) != 2 {
		t.Errorf("after stopping: %q", got)
	}
	if got := text(t, ctx, "[data-note]"); got != "U hebt dit antwoord gestopt." {
		t.Errorf("the note says %q", got)
	}
	if focus := evaluate[string](t, ctx, `document.activeElement.id`); focus != "question" {
		t.Errorf("the focus is on %q", focus)
	}
}

func TestStates(t *testing.T) {
	s := newSite(t)
	s.own(t)
	tests := []struct{ question, state, selector, want string }{
		{askDeclined, "done", "[data-message]", "Dat staat niet in de documenten."},
		{askPartial, "done", "[data-note]", "Dit is een deel van het antwoord."},
		{askBroken, "failed", "[data-note]", "Er ging iets mis"},
	}
	for _, tt := range tests {
		t.Run(tt.question, func(t *testing.T) {
			ctx := tab(t, desktop)
			openLive(t, ctx, s.url+"/")
			ask(t, ctx, tt.question)
			until(t, ctx, "the turn ended", fmt.Sprintf(`document.querySelector("[data-log] > :last-child")?.dataset.state === %q`, tt.state))
			if got := text(t, ctx, tt.selector); !strings.Contains(got, tt.want) {
				t.Errorf("says %q", got)
			}
			axe(t, ctx, tt.question)
			picture(t, ctx, "state-"+tt.state+"-"+strings.ToLower(strings.SplitN(tt.question, ":", 2)[0]), false)
		})
	}
	t.Run("empty", func(t *testing.T) {
		ctx := tab(t, desktop)
		openLive(t, ctx, s.url+"/")
		ask(t, ctx, "")
		until(t, ctx, "the form says so", `document.querySelector("#question-error").innerText === "Typ eerst een vraag."`)
		if !evaluate[bool](t, ctx, `document.activeElement.id === "question" && document.activeElement.getAttribute("aria-invalid") === "true"`) {
			t.Error("the field is not marked")
		}
		axe(t, ctx, "empty question")
		picture(t, ctx, "state-empty", false)
	})
}

func TestLostConnection(t *testing.T) {
	s := newSite(t)
	s.own(t)
	ctx := tab(t, desktop)
	openLive(t, ctx, s.url+"/")
	ask(t, ctx, askSlow)
	for n := 1; n <= 3; n++ {
		until(t, ctx, "a sentence is there", fmt.Sprintf(`document.querySelectorAll(".vb-sentence").length >= %d`, n))
		s.network.cut()
		until(t, ctx, "the loss is said", `!document.querySelector("[data-connection]").hidden`)
		if n == 1 {
			axe(t, ctx, "lost connection")
			picture(t, ctx, "state-lost", false)
		}
		s.scripted.release <- struct{}{} // the answer goes on meanwhile
		s.network.mend()
		until(t, ctx, "the connection is back", `document.querySelector("[data-connection]").hidden`)
	}
	until(t, ctx, "the answer is whole", answered)
	got := sentences(t, ctx)
	if len(got) != 3 || got[2] != lastSentence {
		t.Errorf("sentences %q", got)
	}
	if asked := s.scripted.questions(); len(asked) != 1 {
		t.Errorf("asked %q", asked)
	}
}

func TestRefreshInTheMiddle(t *testing.T) {
	s := newSite(t)
	s.own(t)
	ctx := tab(t, desktop)
	openLive(t, ctx, s.url+"/")
	ask(t, ctx, askSlow)
	until(t, ctx, "the first sentence is there", `document.querySelectorAll(".vb-sentence").length === 1`)
	do(t, ctx, "reloading", chromedp.Reload())
	until(t, ctx, "the first sentence is there again", `document.querySelectorAll(".vb-sentence").length === 1`)
	for range 3 {
		s.scripted.release <- struct{}{}
	}
	until(t, ctx, "the answer is whole", answered)
	if got := sentences(t, ctx); len(got) != 3 {
		t.Errorf("sentences %q", got)
	}
	if got := text(t, ctx, "[data-question]"); got != askSlow {
		t.Errorf("question %q", got)
	}
}

func TestWithoutScript(t *testing.T) {
	s := newSite(t)
	for _, width := range []int64{320, 1440} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			ctx := tab(t, view{width: width, height: 800, noScript: true})
			open(t, ctx, s.url+"/")
			do(t, ctx, "asking", typeInto("#question", askAnswered), click("[data-send]"))
			until(t, ctx, "the conversation is there", `location.pathname.startsWith("/gesprek/") && document.readyState === "complete"`)
			if got := sentences(t, ctx); len(got) == 0 {
				t.Fatal("no sentences")
			}
			noSidewaysScroll(t, ctx, "conversation without script")
			picture(t, ctx, fmt.Sprintf("noscript-%d", width), false)
			do(t, ctx, "opening a source", click(".vb-sentence a.vb-cite"))
			until(t, ctx, "the source is there", `location.pathname.startsWith("/citaat/") && !!document.querySelector("#citaat")`)
			noSidewaysScroll(t, ctx, "source without script")
			do(t, ctx, "asking nothing", chromedp.Navigate(s.url+"/"), click("[data-send]"))
			until(t, ctx, "the form says what is wrong", `document.querySelector("#question-error").innerText === "Typ eerst een vraag."`)
		})
	}
}

func TestKeyboardOnly(t *testing.T) {
	s := newSite(t)
	for _, width := range []int64{320, 1440} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			ctx := tab(t, view{width: width, height: 800})
			openLive(t, ctx, s.url+"/")
			tabTo := func(what, selector string) {
				t.Helper()
				for range 60 {
					do(t, ctx, "pressing Tab", press("Tab"))
					if evaluate[bool](t, ctx, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
						if !evaluate[bool](t, ctx, `(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 || document.activeElement.matches(".nl-skip-link") })()`) {
							t.Errorf("no focus is seen on %s", what)
						}
						return
					}
				}
				t.Fatalf("Tab never comes to %s", what)
			}
			tabTo("the skip link", ".nl-skip-link")
			if !evaluate[bool](t, ctx, `document.activeElement.getBoundingClientRect().top >= 0`) {
				t.Error("the skip link is not seen when it has the focus")
			}
			evaluate[string](t, ctx, `window.untouched = "yes"`)
			do(t, ctx, "skipping", press("Enter"))
			until(t, ctx, "the focus is in the content", `document.activeElement.tagName === "MAIN"`)
			tabTo("the question", "#question")
			do(t, ctx, "typing", chromedp.KeyEvent(askAnswered), press("Enter"))
			until(t, ctx, "the answer is there", answered)
			evaluate[*string](t, ctx, `document.querySelector("main").focus()`)
			if !evaluate[bool](t, ctx, `window.untouched === "yes"`) {
				t.Error("a jump within the page loaded it anew")
			}
			tabTo("a citation", "a.vb-cite")
			do(t, ctx, "opening it", press("Enter"))
			until(t, ctx, "the source is open with the focus", `!!document.querySelector("[data-panel] #citaat") && document.activeElement.id === "panel-title"`)
			if modal := evaluate[bool](t, ctx, `document.querySelector("[data-panel]").matches(":modal")`); modal != (width < 1024) {
				t.Errorf("the dialog is modal: %v", modal)
			}
			axe(t, ctx, "open source")
			noSidewaysScroll(t, ctx, "open source")
			picture(t, ctx, fmt.Sprintf("panel-%d", width), false)
			tabTo("the next page", "[data-panel] a[rel=next]")
			do(t, ctx, "turning the page", press("Enter"))
			until(t, ctx, "the next page is there", `document.querySelector("[data-panel] .vb-passage__page").innerText.includes("3 van 3")`)
			do(t, ctx, "pressing Escape", press("Escape"))
			until(t, ctx, "the focus is back", `!document.querySelector("[data-panel]").open && document.activeElement.matches("a.vb-cite")`)
		})
	}
}

func TestHostileTextIsOnlyText(t *testing.T) {
	s := newSite(t)
	s.own(t)
	ctx := tab(t, view{width: 320, height: 700})
	openLive(t, ctx, s.url+"/")
	ask(t, ctx, askHostile)
	until(t, ctx, "the answer is there", answered)
	check := func(where string) {
		t.Helper()
		if title := evaluate[string](t, ctx, `document.title`); title == "kwaad" {
			t.Errorf("%s: a script of the text ran", where)
		}
		if n := evaluate[int](t, ctx, `document.querySelectorAll("main img, main script:not([type='application/json'])").length`); n > 0 {
			t.Errorf("%s: text became %d elements", where, n)
		}
		noSidewaysScroll(t, ctx, where)
	}
	check("live")
	do(t, ctx, "opening the source", click("a.vb-cite"))
	until(t, ctx, "the source is open", `!!document.querySelector("[data-panel] #citaat")`)
	check("source beside")
	do(t, ctx, "reloading", chromedp.Reload())
	check("reloaded")
	for _, path := range []string{"/documenten", "/documenten/gevaar", "/documenten/gevaar/1/1", "/documenten?zoek=" + "%3Cimg+src%3Dx%3E"} {
		open(t, ctx, s.url+path)
		check(path)
	}
}

func TestEveryPageAtEveryWidth(t *testing.T) {
	s := newSite(t)
	s.own(t)
	citation := cite(1, 2, "De SER wordt betaald door het bedrijfsleven.").URL
	pages := map[string]string{
		"home": "/", "home-en": "/en/", "documents": "/documenten", "document": "/documenten/financiering-van-de-ser",
		"page": "/documenten/financiering-van-de-ser/1/3", "citation": citation, "about": "/over", "privacy": "/privacy", "missing": "/weg",
	}
	views := map[string]view{
		"320": {width: 320, height: 640}, "768": {width: 768, height: 1024}, "1440": desktop,
		"320-dark": {width: 320, height: 640, dark: true}, "1440-dark": {width: 1440, height: 900, dark: true},
		"1440-forced": {width: 1440, height: 900, forced: true},
	}
	for vname, v := range views {
		t.Run(vname, func(t *testing.T) {
			ctx := tab(t, v)
			for name, path := range pages {
				open(t, ctx, s.url+path)
				noSidewaysScroll(t, ctx, name)
				if !v.forced { // axe does not know the system's colours
					axe(t, ctx, name+" at "+vname)
				}
				picture(t, ctx, name+"-"+vname, true)
			}
			openLive(t, ctx, s.url+"/")
			ask(t, ctx, askAnswered)
			until(t, ctx, "the answer is there", answered)
			ask(t, ctx, askSlow)
			until(t, ctx, "a sentence is there", `document.querySelectorAll("[data-log] > :last-child .vb-sentence").length === 1`)
			noSidewaysScroll(t, ctx, "conversation")
			if !v.forced {
				axe(t, ctx, "conversation at "+vname)
			}
			picture(t, ctx, "talk-"+vname, false)
			do(t, ctx, "stopping", click("[data-stop]"))
			until(t, ctx, "the answer ended", answered)
		})
	}
}

// TestLargeText: 200% text, and 400% zoom, which is a window of a quarter.
func TestLargeText(t *testing.T) {
	s := newSite(t)
	ctx := tab(t, view{width: 1280, height: 900})
	openLive(t, ctx, s.url+"/")
	evaluate[string](t, ctx, `document.documentElement.style.fontSize = "200%"`)
	noSidewaysScroll(t, ctx, "home with 200% text")
	ctx = tab(t, view{width: 320, height: 256})
	openLive(t, ctx, s.url+"/")
	ask(t, ctx, askAnswered)
	until(t, ctx, "the answer is there", answered)
	noSidewaysScroll(t, ctx, "conversation at 400% zoom")
	if !evaluate[bool](t, ctx, `getComputedStyle(document.querySelector(".vb-dock")).position !== "sticky"`) {
		t.Error("the form covers the answer at 400% zoom")
	}
}

func noSidewaysScroll(t *testing.T, ctx context.Context, where string) {
	t.Helper()
	type overflow struct {
		Page, Window int
		Widest       string
	}
	o := evaluate[overflow](t, ctx, `(() => {
		const page = document.documentElement.scrollWidth, window = document.documentElement.clientWidth;
		const wide = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > window + 1 && e.checkVisibility()).at(-1);
		return {Page: page, Window: window, Widest: wide ? wide.outerHTML.slice(0, 200) : ""};
	})()`)
	if o.Page > o.Window {
		t.Errorf("%s: the page is %d wide in a window of %d: %s", where, o.Page, o.Window, o.Widest)
	}
}

// axe holds the page against WCAG 2.2 AA and good practice.
func axe(t *testing.T, ctx context.Context, where string) {
	t.Helper()
	source, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
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
	var found []violation
	out := evaluate[string](t, ctx, string(source)+`;axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => JSON.stringify(r.violations))`)
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		for _, n := range v.Nodes {
			t.Errorf("%s: axe %s (%s): %s\n%s\n%s", where, v.ID, v.Impact, v.Help, n.HTML, n.FailureSummary)
		}
	}
}

var unsafeName = regexp.MustCompile(`[^a-z0-9-]+`)

// picture keeps a picture of the window, or of the whole page, when a folder for it is named.
func picture(t *testing.T, ctx context.Context, name string, whole bool) {
	t.Helper()
	dir := os.Getenv(envScreenshots)
	if dir == "" {
		return
	}
	limited, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	shot := chromedp.CaptureScreenshot()
	if whole {
		shot = chromedp.FullScreenshot(100)
	}
	png, err := chromedp.Run(limited, shot)
	if err != nil {
		t.Fatal("taking a picture:", err)
	}
	path := filepath.Join(dir, unsafeName.ReplaceAllString(name, "_")+".png")
	if err := os.WriteFile(path, png, 0o600); err != nil {
		t.Fatal(err)
	}
}
