package browser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const (
	afterThere = `(() => { const a = document.querySelector("[data-log] > :last-child [data-after]"); return a && !a.hidden && a.querySelector("[data-feedback]") })()`
	tipShown   = `document.querySelector("[data-tip]").checkVisibility()`
)

// moveTo brings the pointer to the middle of an element.
func moveTo(ctx context.Context, t *testing.T, selector string) {
	t.Helper()
	type point struct{ X, Y float64 }
	at := evaluate[point](ctx, t, fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return {X: r.left + r.width / 2, Y: r.top + r.height / 2} })()`, selector))
	do(ctx, t, "moving to "+selector, command(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: at.X, Y: at.Y}))
}

// choose brings an element into the middle of the window, clear of the form that
// stays in reach, and clicks it.
func choose(ctx context.Context, t *testing.T, what, selector string) {
	t.Helper()
	until(ctx, t, selector+" is there", fmt.Sprintf(`document.querySelector(%q)`, selector))
	evaluate[*string](ctx, t, fmt.Sprintf(`(document.querySelector(%q).scrollIntoView({block: "center"}), null)`, selector))
	do(ctx, t, what, click(selector))
}

// rows counts what the database holds.
func (s *site) rows(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := s.db.Pool().QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestQuoteAtTheNumber(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := tab(t, desktop)
	for _, width := range widths {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			ctx := anew(ctx, t, view{width: width, height: 700})
			openLive(ctx, t, s.url+"/")
			ask(ctx, t, askAnswered)
			until(ctx, t, "what follows is there", afterThere)
			evaluate[*string](ctx, t, `(document.querySelector(".vb-sentence a.vb-cite").scrollIntoView({block: "center"}), null)`)
			quote := text(ctx, t, "[data-quote]")
			moveTo(ctx, t, ".vb-sentence a.vb-cite")
			until(ctx, t, "the quote is shown at the number", tipShown)
			if got := text(ctx, t, "[data-tip-quote]"); got != quote {
				t.Errorf("shows %q of %q", got, quote)
			}
			axe(ctx, t, "quote at the number")
			noSidewaysScroll(ctx, t, "quote at the number")
			picture(ctx, t, fmt.Sprintf("tip-%d", width), false)
			moveTo(ctx, t, "[data-tip-quote]") // it stays for whoever reads it
			if !evaluate[bool](ctx, t, `new Promise(r => setTimeout(() => r(`+tipShown+`), 300))`) {
				t.Error("the quote goes away under the pointer")
			}
			moveTo(ctx, t, ".vb-brand")
			until(ctx, t, "the quote is gone", "!"+tipShown)
			evaluate[*string](ctx, t, `(document.querySelector(".vb-sentence a.vb-cite").focus(), null)`)
			until(ctx, t, "the quote is shown for the focus", tipShown+` && document.activeElement.getAttribute("aria-describedby") === "quote-tip"`)
			do(ctx, t, "pressing Escape", press("Escape"))
			until(ctx, t, "the quote is gone and the focus stays", `!`+tipShown+` && document.activeElement.matches(".vb-cite")`)
		})
	}
}

func TestCopyFeedbackAndWipe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, desktop)
	for _, width := range widths {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			ctx := anew(ctx, t, view{width: width, height: 900})
			openLive(ctx, t, s.url+"/")
			ask(ctx, t, askAnswered)
			until(ctx, t, "what follows is there", afterThere)
			if got := text(ctx, t, ".vb-after__origin"); got != "Dit antwoord is gemaakt door AI. De documenten zijn bijgewerkt tot 1 mei 2024." {
				t.Errorf("the answer says of itself %q", got)
			}
			if links := evaluate[[]string](ctx, t, `[...document.querySelectorAll(".vb-next a")].map(a => a.getAttribute("href"))`); len(links) == 0 || !strings.HasPrefix(links[0], "/documenten/financiering-van-de-ser/1/") {
				t.Errorf("leads on to %v", links)
			}
			picture(ctx, t, fmt.Sprintf("after-%d", width), true)

			evaluate[string](ctx, t, `Object.defineProperty(navigator, "clipboard", {value: {writeText: t => { window.copied = t; return Promise.resolve() }}}) && ""`)
			choose(ctx, t, "copying", "[data-copy]")
			until(ctx, t, "it says so", `document.querySelector(".vb-after__told")?.textContent === "Het antwoord is gekopieerd."`)
			copied := evaluate[string](ctx, t, `window.copied`)
			for _, want := range []string{askAnswered, lastSentence + " [1] [3]", "Antwoord van AI, gemaakt door Vraagbaak op", "[1] Hoe de SER aan zijn geld komt, bladzijde 2", "“De SER wordt betaald door het bedrijfsleven.”", s.url + "/citaat/financiering-van-de-ser/1/2/"} {
				if !strings.Contains(copied, want) {
					t.Errorf("the copy misses %q:\n%s", want, copied)
				}
			}

			turn := evaluate[string](ctx, t, `document.querySelector("[data-turn]").dataset.turn`)
			choose(ctx, t, "saying no", "[data-feedback] button[value=nee]")
			until(ctx, t, "it asks what is wrong", `document.querySelector("[data-feedback] details")?.open && document.activeElement.matches("[data-feedback-title]")`)
			axe(ctx, t, "feedback")
			noSidewaysScroll(ctx, t, "feedback")
			picture(ctx, t, fmt.Sprintf("feedback-%d", width), true)
			evaluate[string](ctx, t, `document.querySelector("[data-feedback] select").value = "z2"`)
			do(ctx, t, "explaining", typeInto("[data-feedback] textarea", "Bel 06 12345678"))
			choose(ctx, t, "explaining", "[data-feedback] [type=submit]")
			until(ctx, t, "it is stored", `document.querySelector("[data-feedback] textarea")?.value === "Bel [telefoon]"`)
			if n := s.rows(t, `SELECT count(*) FROM feedback WHERE turn_id = $1 AND NOT useful AND sentence = 2 AND comment = 'Bel [telefoon]'`, turn); n != 1 {
				t.Errorf("%d rows of feedback", n)
			}

			choose(ctx, t, "asking again", ".vb-after__actions form button")
			until(ctx, t, "the second answer is there", `document.querySelectorAll("[data-log] > [data-state=done]").length === 2 && `+afterThere)
			until(ctx, t, "the conversation has an address", `location.pathname.startsWith("/gesprek/")`)
			path := evaluate[string](ctx, t, `location.pathname`)
			choose(ctx, t, "deleting", "details:has([data-wipe]) summary")
			noSidewaysScroll(ctx, t, "deleting")
			axe(ctx, t, "deleting")
			picture(ctx, t, fmt.Sprintf("wipe-%d", width), false)
			choose(ctx, t, "deleting it all", "[data-wipe] button")
			until(ctx, t, "it is gone", `location.search === "?gewist" && document.querySelector(".utrecht-alert--ok")?.innerText === "Uw gesprek is gewist."`)
			if n := s.rows(t, `SELECT (SELECT count(*) FROM turns WHERE id = $1) + (SELECT count(*) FROM feedback WHERE turn_id = $1)`, turn); n != 0 {
				t.Errorf("%d rows left", n)
			}
			open(ctx, t, s.url+path)
			until(ctx, t, "the address is of nothing", `document.querySelector("h1").innerText === "Dit gesprek is hier niet te zien"`)
		})
	}
}

// TestSharing: only who asks for it shares, and only what was asked before that; with
// and without script.
func TestSharing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, view{width: 320, height: 800})
	openLive(ctx, t, s.url+"/")
	ask(ctx, t, askAnswered)
	until(ctx, t, "the conversation has an address", answered+` && location.pathname.startsWith("/gesprek/")`)
	choose(ctx, t, "opening what is said of sharing", ".vb-share summary")
	if n := s.rows(t, `SELECT count(*) FROM conversation_shares`); n != 0 {
		t.Errorf("%d conversations shared before anybody asked for it", n)
	}
	axe(ctx, t, "before sharing")
	picture(ctx, t, "share-320", false)
	choose(ctx, t, "sharing", "[data-share-form] [value=ja]")
	until(ctx, t, "there is an address", `document.querySelector("[data-share-address]") && document.activeElement.matches(".vb-share summary")`)
	axe(ctx, t, "shared")
	noSidewaysScroll(ctx, t, "shared")
	picture(ctx, t, "shared-320", false)
	address := evaluate[string](ctx, t, `document.querySelector("[data-share-address]").href`)
	ask(ctx, t, askPartial) // afterwards: not shared
	until(ctx, t, "the second answer is there", answered+` && document.querySelectorAll("[data-log] > article").length === 2`)

	for name, v := range map[string]view{"320": {width: 320, height: 640}, "1440-noscript": {width: 1440, height: 900, noScript: true}} {
		stranger := tab(t, v)
		open(stranger, t, address)
		if got := text(stranger, t, ".vb-log"); !strings.Contains(got, lastSentence) || strings.Contains(got, "hoeveel?") {
			t.Errorf("%s: others read %q", name, got)
		}
		if n := evaluate[int](stranger, t, `document.querySelectorAll("form, input, textarea").length`); n != 0 {
			t.Errorf("%s: others can write: %d elements", name, n)
		}
		noSidewaysScroll(stranger, t, "shared conversation")
		axe(stranger, t, "shared conversation")
		picture(stranger, t, "shared-page-"+name, true)
	}

	plain := besides(ctx, t)
	do(plain, t, "switching scripts off", scripts(false))
	open(plain, t, evaluate[string](ctx, t, `location.href`))
	choose(plain, t, "opening what is said of sharing", ".vb-share summary")
	if got := text(plain, t, ".vb-share"); !strings.Contains(got, "Wat u daarna vroeg, is niet gedeeld.") {
		t.Errorf("says %q", got)
	}
	choose(plain, t, "sharing the rest", "[data-share-form] [value=ja]")
	until(plain, t, "it is shared", `document.readyState === "complete" && location.search === "?deel" && !document.querySelector("[data-share-form] [value=ja]") && document.querySelector(".vb-share").open`)
	choose(plain, t, "no longer sharing", "[data-share-form] [value=nee]")
	until(plain, t, "it is not shared", `document.readyState === "complete" && document.querySelector("[data-share-form] [value=ja]") && !document.querySelector("[data-share-address]")`)
	stranger := tab(t, desktop)
	open(stranger, t, address)
	until(stranger, t, "nothing is there", `document.querySelector("h1").innerText === "Deze pagina bestaat niet"`)

	choose(plain, t, "sharing again", "[data-share-form] [value=ja]")
	until(plain, t, "there is another address", `document.readyState === "complete" && document.querySelector("[data-share-address]")`)
	if again := evaluate[string](plain, t, `document.querySelector("[data-share-address]").href`); again == address {
		t.Error("an address that was withdrawn works again")
	}
	choose(plain, t, "deleting", "details:has([data-wipe]) summary")
	choose(plain, t, "deleting", "[data-wipe] button")
	until(plain, t, "it is gone", `location.search === "?gewist"`)
	if n := s.rows(t, `SELECT (SELECT count(*) FROM conversation_shares) + (SELECT count(*) FROM conversations) + (SELECT count(*) FROM turns) + (SELECT count(*) FROM turn_events)`); n != 0 {
		t.Errorf("%d rows left", n)
	}
}

func TestFeedbackAndWipeWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, view{width: 320, height: 800, noScript: true})
	open(ctx, t, s.url+"/en/")
	do(ctx, t, "asking", typeInto("#question", askAnswered), click("[data-send]"))
	until(ctx, t, "the conversation is there", `location.pathname.startsWith("/en/gesprek/") && document.readyState === "complete"`)
	turn := evaluate[string](ctx, t, `document.querySelector("[data-turn]").dataset.turn`)
	choose(ctx, t, "saying no", "[data-feedback] button[value=nee]")
	until(ctx, t, "it asks what is wrong", `location.hash.startsWith("#oordeel-") && document.querySelector("[data-feedback] details")?.open`)
	do(ctx, t, "explaining", typeInto("[data-feedback] textarea", "Not so"))
	choose(ctx, t, "explaining", "[data-feedback] [type=submit]")
	until(ctx, t, "it is kept", `document.readyState === "complete" && document.querySelector("[data-feedback] textarea")?.value === "Not so" && !document.querySelector("[data-feedback] details").open`)
	noSidewaysScroll(ctx, t, "feedback without script")
	picture(ctx, t, "feedback-noscript", true)
	if n := s.rows(t, `SELECT count(*) FROM feedback WHERE turn_id = $1 AND comment = 'Not so'`, turn); n != 1 {
		t.Errorf("%d rows of feedback", n)
	}
	choose(ctx, t, "asking again", ".vb-after__actions form button")
	until(ctx, t, "the second answer is there", `document.readyState === "complete" && document.querySelectorAll("[data-log] > article").length === 2`)
	choose(ctx, t, "deleting", "details:has([data-wipe]) summary")
	choose(ctx, t, "deleting", "[data-wipe] button")
	until(ctx, t, "it is gone", `location.search === "?gewist" && document.querySelector(".utrecht-alert--ok")?.innerText === "Your conversation has been deleted."`)
	if n := s.rows(t, `SELECT count(*) FROM turns WHERE id = $1`, turn); n != 0 {
		t.Errorf("%d turns left", n)
	}
}

func TestDocumentsAsOneTypes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, desktop)
	open(ctx, t, s.url+"/documenten")
	do(ctx, t, "typing", typeInto("#zoek", "diversiteit"))
	until(ctx, t, "the list follows", `document.querySelectorAll(".vb-document").length === 1 && document.querySelector("[data-count]").innerText === "1 document" && location.search === "?zoek=diversiteit"`)
	do(ctx, t, "typing on", typeInto("#zoek", "xyz"))
	until(ctx, t, "nothing is found", `document.querySelector("[data-count]").innerText.startsWith("Geen titel gevonden") && document.activeElement.id === "zoek"`)
	axe(ctx, t, "no document found")
}

// frame is the address that the first frame of the page came to; "" while there is none.
func frame(ctx context.Context, t *testing.T) string {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	var tree page.GetFrameTreeResult
	err := chromedp.Do(limited, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) (err error) {
		tree, err = cdp.Call(ctx, tab, page.GetFrameTree, cdp.Empty{})
		return err
	}))
	if err != nil {
		t.Fatal("reading the frames:", err)
	}
	if len(tree.FrameTree.ChildFrames) == 0 {
		return ""
	}
	return tree.FrameTree.ChildFrames[0].Frame.URL
}

func TestWidget(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	stranger := newHost(t)
	stranger.site = s.url
	for url, want := range map[string]string{s.host.URL: s.url + "/widget", stranger.URL: "chrome-error://chromewebdata/"} {
		elsewhere := tab(t, desktop)
		open(elsewhere, t, url)
		inTime, late := context.WithTimeout(elsewhere, stepTimeout)
		for got := frame(elsewhere, t); got != want; got = frame(elsewhere, t) {
			select {
			case <-inTime.Done():
				t.Fatalf("a website shows the frame %q, want %q", got, want)
			case <-time.After(20 * time.Millisecond):
			}
		}
		late()
		if sandbox := evaluate[string](elsewhere, t, `document.querySelector("iframe").getAttribute("sandbox")`); !strings.Contains(sandbox, "allow-scripts") || strings.Contains(sandbox, "top-navigation") {
			t.Errorf("sandbox %q", sandbox)
		}
		if url == s.host.URL {
			picture(elsewhere, t, "widget-elsewhere", false)
		}
	}

	ctx := tab(t, view{width: 340, height: 640})
	openLive(ctx, t, s.url+"/widget")
	axe(ctx, t, "widget")
	picture(ctx, t, "widget", false)
	choose(ctx, t, "choosing an example", ".vb-example")
	until(ctx, t, "the answer is there", answered)
	if path := evaluate[string](ctx, t, `location.pathname`); path != "/widget" {
		t.Errorf("the frame went to %s", path)
	}
	if whole := evaluate[string](ctx, t, `document.querySelector("[data-whole] [name=conversation]").value`); len(whole) != 36 {
		t.Errorf("leads to %q", whole)
	}
	choose(ctx, t, "opening a source", ".vb-sentence a.vb-cite")
	until(ctx, t, "the source is open", `!!document.querySelector("[data-panel] #citaat")`)
	do(ctx, t, "closing it", press("Escape"))
	noSidewaysScroll(ctx, t, "widget")
	picture(ctx, t, "widget-talk", false)
	choose(ctx, t, "deleting", "details:has([data-wipe]) summary")
	choose(ctx, t, "deleting", "[data-wipe] button")
	until(ctx, t, "it is gone", `location.pathname === "/widget" && location.search === "?gewist" && !!document.querySelector(".utrecht-alert--ok")`)
}
