package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	loopQuestion = "Hoeveel zetels heeft het waterschap Zuiderlicht?"
	loopBefore   = "# Het waterschap Zuiderlicht\n\nHet waterschap Zuiderlicht is een bestuur dat over dijken gaat. Het waterschap Zuiderlicht vergadert elke maand in het gemaal.\n"
	loopAfter    = loopBefore + "\nHet waterschap Zuiderlicht heeft 27 zetels.\n"
)

// TestLoop goes the whole way through the built program: a visitor asks what the documents
// do not say and says so, a reviewer judges the answer, an editor makes a case of it, the
// run of that fails, a document with the missing fact mends it, and the gate passes.
func TestLoop(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and serves the program")
	}
	ctx := tab(t, desktop)
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	url := serve(t, "--no-demo", "--data-dir", data, "--ask-rate", "1000")
	program := func(stdin string, args ...string) (string, error) {
		inTime, late := context.WithTimeout(t.Context(), stepTimeout)
		defer late()
		cmd := exec.CommandContext(inTime, filepath.Join(programDir, "vraagbaak"), append(args, "--data-dir", data)...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	must := func(stdin string, args ...string) string {
		t.Helper()
		out, err := program(stdin, args...)
		if err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return out
	}
	document := filepath.Join(dir, "zuiderlicht.md")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(document, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		must("", "ingest", document)
	}
	put(loopBefore)
	must(staffPassword+"\n", "user", "add", "--role", "editor", "--name", "Els", "--password-file", "-", "els@example.org")

	// A visitor asks, and says that the answer did not help.
	openLive(ctx, t, url)
	ask(ctx, t, loopQuestion)
	until(ctx, t, "what to do after the answer is there", afterThere)
	choose(ctx, t, "saying no", "[data-feedback] button[value=nee]")
	until(ctx, t, "it asks what is wrong", `document.querySelector("[data-feedback] details")?.open`)

	// A reviewer judges the answer.
	open(ctx, t, url+"/redactie/gesprekken")
	signInAs(ctx, t, "els@example.org", staffPassword)
	until(ctx, t, "the answer is in the queue", `location.pathname === "/redactie/gesprekken" && document.querySelector("main a[href*='/redactie/gesprekken/']")`)
	answer := evaluate[string](ctx, t, `document.querySelector("main a[href*='/redactie/gesprekken/']").href`)
	open(ctx, t, answer)
	until(ctx, t, "the verdicts are there", `document.querySelector("[name=oordeel]")`)
	evaluate[*string](ctx, t, `((document.querySelector("[name=oordeel][value=should_have_answered]") || document.querySelector("[name=oordeel][value=wrong]")).click(), null)`)
	choose(ctx, t, "keeping the verdict", "[data-save]")
	until(ctx, t, "it is kept", `document.querySelector("main").innerText.includes("Uw oordeel is bewaard") || location.search.includes("klaar")`)

	// An editor makes a case of it.
	open(ctx, t, url+"/redactie/vragenlijsten")
	do(ctx, t, "making a set", typeInto("#naam", "Waterschappen"), click(".vb-form button"))
	until(ctx, t, "the set is there", `document.querySelector("h1")?.innerText === "Waterschappen"`)
	set := evaluate[string](ctx, t, `location.href`)
	open(ctx, t, answer)
	choose(ctx, t, "making a case", ".vb-review__case button")
	until(ctx, t, "the case is proposed", `document.querySelector("#vraag")`)
	if got := evaluate[string](ctx, t, `document.querySelector("#vraag").value`); got != loopQuestion {
		t.Errorf("the case asks %q", got)
	}
	evaluate[*string](ctx, t, `(() => { const s = document.querySelector("#lijst"); s.selectedIndex = s.options.length - 1; document.querySelector("[name=beantwoordbaar][value=ja]").checked = true; document.querySelector("#verwacht").value = "\\b27\\b"; return null })()`)
	choose(ctx, t, "keeping it unread", `button[value="bewaar"]`)
	until(ctx, t, "it has to be read first", `document.querySelector("[role=alert]")?.innerText.includes("privépersoon")`)
	do(ctx, t, "confirming", click("[name=akkoord]"), click(`button[value="bewaar"]`))
	until(ctx, t, "it is in the set", `document.querySelector(".vb-case")?.innerText.includes("gemaakt van beoordeling")`)

	// A run fails on it, a document mends it, and the gate tells.
	run := func(want string) {
		t.Helper()
		open(ctx, t, set)
		choose(ctx, t, "starting a run", ".vb-run-start button")
		until(ctx, t, "the run is done", `location.pathname.startsWith("/redactie/metingen/") && document.querySelector("h1 + p")?.innerText.includes("klaar")`)
		if got := text(ctx, t, ".vb-case summary"); !strings.HasPrefix(got, want) {
			t.Errorf("the case is %q, want %s", got, want)
		}
	}
	run("fout")
	if out, err := program("", "eval", "gate", "--baseline", "run:1", "--result", "run:1", "--floor", "right=1"); err == nil || !strings.Contains(out, "FAILED") {
		t.Errorf("the gate says of what is wrong: %v\n%s", err, out)
	}
	put(loopAfter)
	untilAnswered(t, url, loopQuestion, "27")
	run("goed")
	if out, err := program("", "eval", "gate", "--baseline", "run:1", "--result", "run:2", "--floor", "right=1"); err != nil || !strings.Contains(out, "passed") {
		t.Errorf("the gate says of what is mended: %v\n%s", err, out)
	}
	open(ctx, t, url+"/redactie/metingen/vergelijk?voor=1&na=2")
	if got := text(ctx, t, "main"); !strings.Contains(got, "1 hersteld, 0 kapot") {
		t.Errorf("the comparison says %q", got)
	}
}

// untilAnswered asks until an answer holds a text: the server hears of a new document in a
// moment of its own.
func untilAnswered(t *testing.T, url, question, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/ask", strings.NewReader(fmt.Sprintf(`{"question": %q}`, question)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		var a struct{ Text string }
		if err := json.Unmarshal(body, &a); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		if strings.Contains(a.Text, want) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the answer never holds %q, it is %q", want, a.Text)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
