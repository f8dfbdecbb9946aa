package browser_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
)

// startDemo builds the program, serves the demo corpus with its catalogue from a
// fresh database, and waits until research has read it. It returns its address.
func startDemo(t *testing.T) string {
	t.Helper()
	if chromium.skip != "" {
		t.Skip(chromium.skip)
	}
	database := postgrestest.URL(t)
	ctx, cancel := context.WithTimeout(context.Background(), demoTimeout)
	t.Cleanup(cancel)
	url := serve(t, "--data-dir", t.TempDir(), "--database-url", database)
	// All documents are read when the newest of the catalogue's history is quoted.
	for {
		body := pageOf(ctx, t, url+"/onderzoek/tijdlijn?onderwerp=loonpolitiek")
		if strings.Count(body, `class="vb-timeline__entry"`) == 7 && strings.Contains(pageOf(ctx, t, url+"/onderzoek/publicatie/1955-04"), "Onafhankelijk en openbaar") && strings.Contains(pageOf(ctx, t, url+"/onderzoek/publicatie/2010-04"), `href="/citaat/`) {
			return url
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the demo corpus was not read in time:\n%s", body)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func pageOf(ctx context.Context, t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "" // not yet
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestResearchOverTheDemoCorpus goes the whole way over the real documents and their
// catalogue, by keyboard: search, facet, timeline, publication, comparison, reading
// list, export. Every page passes axe and fits.
func TestResearchOverTheDemoCorpus(t *testing.T) {
	t.Parallel()
	url := startDemo(t)
	ctx := tab(t, desktop)
	for _, v := range []view{{width: 320, height: 640}, desktop} {
		t.Run(fmt.Sprint(v.width), func(t *testing.T) {
			ctx := anew(ctx, t, v)
			// on puts the keyboard where it must be able to come, and strikes a key there.
			on := func(what, selector, key string) {
				t.Helper()
				until(ctx, t, what+": it is there", fmt.Sprintf(`document.querySelector(%q)?.checkVisibility()`, selector))
				if n := evaluate[int](ctx, t, fmt.Sprintf(`document.querySelector(%q).tabIndex`, selector)); n < 0 {
					t.Errorf("%s: the keyboard does not come to %s", what, selector)
				}
				do(ctx, t, what, chromedp.Focus(chromedp.CSS(selector)))
				if key == " " {
					do(ctx, t, what, chromedp.SendKeys(chromedp.CSS(selector), " "))
				} else {
					do(ctx, t, what, press(key))
				}
			}
			sound := func(where string) {
				t.Helper()
				axe(ctx, t, where)
				noSidewaysScroll(ctx, t, where)
				nothingCut(ctx, t, where)
			}
			open(ctx, t, url+"/onderzoek")
			do(ctx, t, "typing a subject", typeInto("#onderwerp", "loonpolitiek"))
			on("searching", "#onderwerp", "Enter")
			until(ctx, t, "results are there", `location.search.includes("loonpolitiek") && document.querySelectorAll(".vb-hit").length > 6`)
			sound("results")

			folded := `document.querySelector("[data-filters] > summary").checkVisibility()`
			if narrow := evaluate[bool](ctx, t, folded); narrow != (v.width < 768) {
				t.Errorf("the filters fold: %t", narrow)
			} else if narrow {
				if evaluate[bool](ctx, t, `document.querySelector("[name=soort]").checkVisibility({contentVisibilityAuto: true})`) {
					t.Error("the filters stand open before the results")
				}
				on("opening the filters", "[data-filters] > summary", "Enter")
				until(ctx, t, "they are open", `document.querySelector("[data-filters]").open`)
				sound("open filters")
			}
			on("choosing advices", `[name=soort][value=advies]`, " ")
			on("applying", ".vb-research__apply button", "Enter")
			until(ctx, t, "only advices are left", `location.search.includes("soort=advies") && document.querySelectorAll(".vb-hit").length === 5 && document.querySelectorAll(".vb-chosen__one").length === 1`)
			if v.width < 768 && text(ctx, t, "[data-filters] > summary") != "Filters (1)" {
				t.Errorf("the folded filters say %q", text(ctx, t, "[data-filters] > summary"))
			}
			on("going to the timeline", `.vb-research__links a[href^="/onderzoek/tijdlijn"]`, "Enter")
			until(ctx, t, "the timeline is there", `location.pathname === "/onderzoek/tijdlijn" && document.querySelectorAll(".vb-timeline__entry").length === 5 && document.readyState === "complete"`)
			sound("timeline")
			if years := evaluate[string](ctx, t, `[...document.querySelectorAll(".vb-timeline__year")].map(e => e.textContent).join(" ")`); years != "1953 1955 1962 1966 1969" {
				t.Errorf("the years are %s", years)
			}

			on("opening a publication", `#p-1955-04 h2 a`, "Enter")
			until(ctx, t, "the publication is there", `location.pathname === "/onderzoek/publicatie/1955-04" && document.readyState === "complete"`)
			divisions := evaluate[[]string](ctx, t, `[...document.querySelectorAll("#eens ~ .vb-division")].filter(e => e.querySelector("a[href^='/citaat/']")).map(e => e.querySelector("q").textContent)`)
			if !strings.Contains(strings.Join(divisions, "|"), "Over de uitvoering van de loonpolitiek was de SER in advies 1955/04 verdeeld.") {
				t.Errorf("what shows the division is %q", divisions)
			}
			sound("publication")
			on("opening the passage", `#eens ~ .vb-division a`, "Enter")
			until(ctx, t, "the words are marked on their page", `location.pathname.startsWith("/citaat/") && document.querySelector("mark")?.textContent.includes("1955/04")`)

			open(ctx, t, url+"/onderzoek/tijdlijn?onderwerp=loonpolitiek&soort=advies")
			on("choosing one", `#p-1955-04 [name=p]`, " ")
			on("choosing another", `#p-1966-07 [name=p]`, " ")
			on("comparing", ".vb-research__apply button", "Enter")
			until(ctx, t, "they stand side by side", `location.pathname === "/onderzoek/vergelijk" && document.querySelectorAll(".vb-side").length === 2`)
			sound("comparison")
			both := evaluate[[]string](ctx, t, `(() => {
				const words = s => [...s.querySelectorAll(".vb-quote")].map(q => { q = q.cloneNode(true); q.querySelectorAll(".vb-hidden").forEach(e => e.remove()); return q.textContent.toLowerCase(); }).join(" ").split(/[^\p{L}\d]+/u);
				const [a, b] = document.querySelectorAll(".vb-side");
				const marked = s => [...s.querySelectorAll("mark")].map(m => m.firstChild.textContent.toLowerCase());
				return [...marked(a).filter(w => words(b).includes(w)), ...marked(b).filter(w => words(a).includes(w)), ...[...marked(a), ...marked(b)].filter(w => ["het", "de", "een", "niet", "van"].includes(w))];
			})()`)
			if len(both) > 0 || evaluate[int](ctx, t, `document.querySelectorAll(".vb-side mark").length`) == 0 {
				t.Errorf("marked though both have it, or it tells nothing: %q", both)
			}

			open(ctx, t, url+"/onderzoek/tijdlijn?onderwerp=loonpolitiek")
			on("putting a passage on the list", `#p-1953-05 [data-add]`, "Enter")
			until(ctx, t, "it is told", `document.querySelector("#p-1953-05 [data-add] ~ [role=status]")?.textContent === "Staat op uw leeslijst."`)
			open(ctx, t, url+"/onderzoek/lijst")
			until(ctx, t, "it is on the list", `document.querySelectorAll(".vb-list__item").length === 1`)
			do(ctx, t, "writing a note", typeInto(".vb-list__form textarea", "Voor de vergadering"))
			on("keeping the note", `.vb-list__form [value=notitie]`, "Enter")
			until(ctx, t, "the note is kept", `document.querySelector(".vb-list__form textarea")?.defaultValue === "Voor de vergadering"`)
			sound("reading list")
			quote := evaluate[string](ctx, t, `document.querySelector(".vb-list__item .vb-quote").textContent`)
			for form, want := range map[string]string{"ris": "TY  - ", "bibtex": "@", "markdown": quote, "csl-json": `"title"`} {
				link := fmt.Sprintf(`.vb-research__tools a[href$="vorm=%s"]`, form)
				if got := evaluate[string](ctx, t, fmt.Sprintf(`fetch(document.querySelector(%q).href).then(r => r.text())`, link)); !strings.Contains(got, want) {
					t.Errorf("the file as %s lacks %q:\n%s", form, want, got)
				}
			}
		})
	}
}
