package office_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// doneRuns are runs that are done, by number, each with its results.
type doneRuns struct {
	office.RunStore

	results map[int64][]evaluate.AnswerCase
}

func (d doneRuns) Run(_ context.Context, id int64) (evaluate.Run, error) {
	if d.results[id] == nil {
		return evaluate.Run{}, &corpus.UserError{Code: corpus.CodeNotFound}
	}
	return evaluate.Run{ID: id, Set: 1, SetName: "Proef", Version: 1, State: evaluate.RunDone}, nil
}

func (d doneRuns) Results(_ context.Context, id int64) ([]evaluate.AnswerCase, error) {
	return d.results[id], nil
}

func (doneRuns) Runs(context.Context, int64, int) ([]evaluate.Run, error) { return nil, nil }

// What the comparison of two runs says of a difference, and of none.
func TestCompareRuns(t *testing.T) {
	t.Parallel()
	// cases are n answerable ones of which those from and up to a number pass.
	cases := func(n, from, to int) (out []evaluate.AnswerCase) {
		for i := range n {
			right := i >= from && i < to
			out = append(out, evaluate.AnswerCase{ID: fmt.Sprint(i), Question: "Hoeveel?", Answerable: true, Pass: right, Cited: right, Status: corpus.Answered})
		}
		return out
	}
	store := doneRuns{results: map[int64][]evaluate.AnswerCase{1: cases(40, 0, 20), 2: cases(40, 0, 20), 3: cases(40, 2, 22), 4: cases(40, 0, 40), 5: cases(40, 0, 22)}}
	for _, test := range []struct {
		before, after int
		says, figure  string
		not           string
	}{
		{1, 2, "0 hersteld, 0 kapot, 40 hetzelfde.</strong> Er is geen verschil", "<td>0,0%</td><td>0,0% tot 0,0%</td><td>geen verschil</td>", "toeval"},
		{1, 3, "2 hersteld, 2 kapot, 36 hetzelfde.</strong> Er is geen verschil", "<td>0,0%</td><td>−", "toeval"},
		{1, 5, "Dit verschil kan toeval zijn (p = 0,500", "<td>kan toeval zijn</td>", "meer dan toeval"},
		{1, 4, "Dit verschil is meer dan toeval (p = 0,000", "<td>beter</td>", "kan toeval"},
		{4, 1, "Dit verschil is meer dan toeval (p = 0,000", "<td>slechter</td>", "kan toeval"},
	} {
		target := fmt.Sprintf("/redactie/metingen/vergelijk?voor=%d&na=%d", test.before, test.after)
		w := ask(t, office.Config{Evaluation: &office.Evaluation{Runs: store}}, staff.RoleViewer, http.MethodGet, target, "")
		_, page, _ := strings.Cut(w.Body.String(), "<main")
		for _, part := range []string{test.says, test.figure, fmt.Sprintf("<caption class=\"vb-hidden\">Cijfers van meting %d en meting %d naast elkaar</caption>", test.before, test.after)} {
			if w.Code != http.StatusOK || !strings.Contains(page, part) {
				t.Errorf("%d beside %d: %d, no %q: %s", test.before, test.after, w.Code, part, page)
			}
		}
		if figures, _, _ := strings.Cut(page, "</table>"); strings.Contains(figures, test.not) {
			t.Errorf("%d beside %d speaks of %q: %s", test.before, test.after, test.not, figures)
		}
	}
	for query, status := range map[string]int{"?voor=1&na=1": http.StatusUnprocessableEntity, "?voor=1": http.StatusUnprocessableEntity, "?voor=1&na=9": http.StatusNotFound, "?voor=1&na=x": http.StatusNotFound} {
		if w := ask(t, office.Config{Evaluation: &office.Evaluation{Runs: store}}, staff.RoleViewer, http.MethodGet, "/redactie/metingen/vergelijk"+query, ""); w.Code != status {
			t.Errorf("%s: %d, want %d", query, w.Code, status)
		}
	}
}

// A file that is imported leads on to its set, which tells what became of it; a mistake
// in a line changes nothing and is named.
func TestImportSet(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	sets := postgres.NewSets(db)
	u, err := staff.NewAccounts(staff.AccountsConfig{Store: postgres.NewAccounts(db), Attempts: postgres.NewAttempts(db)}).
		Add(t.Context(), staff.User{}, staff.User{Email: "ann@example.org", Role: staff.RoleEditor}, "")
	if err != nil {
		t.Fatal(err)
	}
	o, err := office.New(office.Config{Gate: as(u), Evaluation: &office.Evaluation{Sets: sets, Runs: postgres.NewRuns(db)}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	o.Register(mux)
	id, err := sets.Make(t.Context(), u, "Proef", "")
	if err != nil {
		t.Fatal(err)
	}
	set := fmt.Sprintf("/redactie/vragenlijsten/%d", id)
	send := func(method, target, name, lines string, fields ...string) *httptest.ResponseRecorder {
		t.Helper()
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		for i := 0; i+1 < len(fields); i += 2 {
			if err := form.WriteField(fields[i], fields[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		part, err := form.CreateFormFile("bestand", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(lines)) // a buffer takes all
		_ = form.Close()
		r := httptest.NewRequestWithContext(t.Context(), method, target, &b)
		r.Header.Set("Content-Type", form.FormDataContentType())
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	const (
		one    = `{"id":"leden","question":"Hoeveel leden?","answerable":true,"expect":[["36"]]}`
		two    = `{"id":"weer","question":"Wordt het mooi weer?","answerable":false}`
		broken = `{"id":"half","question":"Hoe`
	)
	for _, test := range []struct {
		name, lines string
		fields      []string
		says        string // on the page that follows
	}{
		{"a file", one + "\n" + two, nil, "Ingelezen: 2 nieuw, 0 veranderd, 0 hetzelfde, 0 weg."},
		{"the same and nothing else", one, []string{"hoe", "vervang"}, "Ingelezen: 0 nieuw, 0 veranderd, 1 hetzelfde, 1 weg."},
		{"lines that were pasted", "", []string{"regels", two}, "Ingelezen: 1 nieuw, 0 veranderd, 0 hetzelfde, 0 weg."},
	} {
		w := send(http.MethodPost, set+"/import", `C:\map\vragen.jsonl`, test.lines, test.fields...)
		location := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(location, set+"?") {
			t.Fatalf("%s: %d to %q: %s", test.name, w.Code, location, w.Body)
		}
		if page := send(http.MethodGet, location, "", "").Body.String(); !strings.Contains(page, test.says) {
			t.Errorf("%s: no %q: %s", test.name, test.says, page)
		}
	}
	if page := send(http.MethodGet, set+"?ingelezen=veel", "", "").Body.String(); strings.Contains(page, "Ingelezen") {
		t.Error("an address says what was imported without an import")
	}
	if page := send(http.MethodGet, set, "", "").Body.String(); !strings.Contains(page, "vragen.jsonl") || strings.Contains(page, "map") {
		t.Errorf("where the cases came from: %s", page)
	}
	for name, lines := range map[string]string{"a line that broke off": broken, "an empty file": "\n", "a zero byte": "{\"id\":\"x\",\"question\":\"A\x00b\",\"answerable\":false}"} {
		if w := send(http.MethodPost, set+"/import", "vragen.jsonl", lines, "regels", lines); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d to %q: %s", name, w.Code, w.Header().Get("Location"), w.Body)
		}
	}
	if w := send(http.MethodPost, set+"/import", "groot.jsonl", strings.Repeat(one+"\n", 110_000)); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a file that is too large: %d", w.Code)
	}
	all, err := sets.Set(t.Context(), id)
	if err != nil || all.Newest().Cases != 2 {
		t.Errorf("%d cases, %v, want 2", all.Newest().Cases, err)
	}
}
