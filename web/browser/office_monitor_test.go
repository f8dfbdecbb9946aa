package browser_test

import (
	"fmt"
	"testing"
	"time"

	evaluation "github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// A visitor's questions become figures, topics and rechecks that staff can read on a
// telephone and at a desk, in the light and the dark, without colour and without script.
func TestMonitor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	m := postgres.NewMonitor(s.db)
	pages := map[string]string{"use": "/redactie/cijfers", "correctness": "/redactie/cijfers/juistheid", "topics": "/redactie/cijfers/onderwerpen"}

	viewer := signedIn(t, s, staff.RoleViewer, desktop)
	open(viewer, t, s.url+pages["use"])
	axe(viewer, t, "no figures yet")
	until(viewer, t, "that there are no figures is said", `document.querySelector(".vb-monitor__empty") && !document.querySelector(".vb-plot__svg")`)

	asks(t, s, askAnswered, "Wie betaalt de raad?", askDeclined, askPartial)
	if err := evaluation.NewRechecker(evaluation.RecheckConfig{Store: m, Share: 1, Version: "proef"}).Once(t.Context(), evaluation.CheckerVerifier); err != nil {
		t.Fatal(err)
	}
	// Days before, of which only the numbers are left.
	_, err := s.db.Pool().Exec(t.Context(), `
		INSERT INTO figure_events (at, lang, status, model, prompt, corpus, figure, detail, version, n, first_ms, total_ms)
		SELECT now() - make_interval(days => d), 'nl', 'answered', 'extractive', '', '1', f.figure, f.detail, f.version, 5 + (d * 7 + f.n) % 30, CASE WHEN f.figure = 'turns' THEN 20 + d * 9 END, CASE WHEN f.figure = 'turns' THEN 90 + d * 9 END
		FROM generate_series(1, 25) AS d, (VALUES ('turns', '', '', 20), ('feedback', 'useful', '', 9), ('feedback', 'not_useful', '', 2), ('masked', 'email', '', 1),
			('verifier', 'supported', 'proef', 25), ('judge', 'supported', 'model judge.v1', 9), ('judge', 'unsupported', 'model judge.v1', 1)) AS f (figure, detail, version, n)
		WHERE d % 8 <> 3`)
	if err != nil {
		t.Fatal(err)
	}
	if err := (evaluation.Figures{Store: m}).Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := (evaluation.Topics{Store: m}).Once(t.Context(), 0); err != nil {
		t.Fatal(err)
	}

	for _, v := range []view{{width: 320, height: 800}, {width: 320, height: 800, dark: true}, desktop, {width: 1280, height: 900, dark: true}, {width: 1280, height: 900, forced: true}} {
		ctx := look(viewer, t, v)
		for name, path := range pages {
			where := fmt.Sprintf("%s at %d dark %v forced %v", name, v.width, v.dark, v.forced)
			open(ctx, t, s.url+path)
			until(ctx, t, where+" is drawn", `document.querySelector("main svg text")`)
			axe(ctx, t, where)
			fits(ctx, t, where)
			snap(ctx, t, "monitor "+where)
			// Every drawing has its table, and it opens.
			do(ctx, t, "opening the tables", click("details.vb-chart__table summary"))
			until(ctx, t, "the table is there", `document.querySelector("details[open] table tbody tr th[scope=row]")`)
			fits(ctx, t, where+" with a table")
		}
	}

	// Without a script: the chooser of periods is a form, files are links.
	plain := signedIn(t, s, staff.RoleViewer, view{width: 1280, height: 900, noScript: true})
	open(plain, t, s.url+"/redactie/cijfers?van="+time.Now().AddDate(0, 0, -6).Format(time.DateOnly)+"&tot="+time.Now().Format(time.DateOnly))
	if bars := evaluate[int](plain, t, `document.querySelectorAll(".vb-plot__svg rect.vb-plot__bar").length`); bars == 0 {
		t.Error("no bars are drawn without a script")
	}
	lines := evaluate[int](viewer, t, `fetch("/redactie/cijfers/csv/gebruik.csv").then(r => r.text()).then(t => t.trim().split("\r\n").length)`)
	if lines != 31 { // a head and thirty days
		t.Errorf("the file has %d lines, want 31", lines)
	}
}
