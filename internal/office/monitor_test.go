package office_test

import (
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// held is a store with a fixed report.
type held struct {
	report office.FigureReport
	topics map[evaluate.TopicKind]office.TopicReport
	wrong  []office.WrongAnswer
	asked  *office.FigureQuery
	err    error
}

func (h held) Figures(_ context.Context, q office.FigureQuery) (office.FigureReport, error) {
	if h.asked != nil {
		*h.asked = q
	}
	return h.report, h.err
}

func (h held) Topics(_ context.Context, kind evaluate.TopicKind, _, _ time.Time, _ int) (office.TopicReport, error) {
	return h.topics[kind], h.err
}

func (h held) WrongAnswers(context.Context, time.Time, time.Time, int) ([]office.WrongAnswer, error) {
	return h.wrong, h.err
}

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

// spread gives a number by everything that a report is by.
func spread(rows []office.FigureRow, f office.FigureRow) []office.FigureRow {
	for _, by := range []string{"period", "model", "corpus", "lang", "version"} {
		row := office.FigureRow{By: by, Status: f.Status, Figure: f.Figure, Detail: f.Detail, N: f.N}
		switch by {
		case "period":
			row.Period = f.Period
		case "model":
			row.Model, row.Prompt = f.Model, f.Prompt
		case "corpus":
			row.Corpus = f.Corpus
		case "lang":
			row.Lang = f.Lang
		case "version":
			row.Version, row.Status = f.Version, ""
		}
		rows = append(rows, row)
	}
	return rows
}

// full is a store with two days: 40 questions of which 30 were answered, 8 of 10
// visitors content, 95 of 100 sentences that still stand.
func full() held {
	since := day("2026-01-05")
	at := time.Date(2026, 1, 4, 9, 30, 0, 0, time.UTC)
	r := office.FigureReport{Since: &since, Models: []string{"extractive", "qwen"}, CorpusAt: map[string]time.Time{"12": at}, Waiting: 3}
	one := func(when, status, figure, detail string, n int64) {
		r.Figures = spread(r.Figures, office.FigureRow{Period: day(when), Model: "extractive", Corpus: "12", Lang: "nl", Version: "v7", Status: status, Figure: figure, Detail: detail, N: n})
	}
	one("2026-01-05", "answered", "turns", "", 20)
	one("2026-01-05", "no_answer", "turns", "", 9)
	one("2026-01-06", "partial", "turns", "", 10)
	one("2026-01-06", "error", "turns", "", 1)
	one("2026-01-05", "answered", "feedback", "useful", 8)
	one("2026-01-05", "answered", "feedback", "not_useful", 2)
	one("2026-01-05", "answered", "masked", "email", 4)
	one("2026-01-05", "answered", "verifier", "supported", 95)
	one("2026-01-05", "answered", "verifier", "unsupported", 3)
	one("2026-01-05", "answered", "verifier", "wrong_citation", 2)
	one("2026-01-05", "answered", "verifier_answers", "unsupported", 2)
	one("2026-01-05", "answered", "judge", "supported", 9)
	one("2026-01-05", "answered", "judge", "unclear", 5)
	one("2026-01-05", "answered", "judge_answers", "failed", 1)
	for _, step := range []string{"first", "total"} {
		r.Latencies = append(r.Latencies, office.LatencyRow{By: "period", Period: day("2026-01-05"), Step: step, Bucket: 20, N: 30})
	}
	h := held{report: r, topics: map[evaluate.TopicKind]office.TopicReport{}}
	words := []evaluate.TopicWord{{Word: "leden", Weight: 5, Conversations: 6}, {Word: "=cmd", Weight: 3, Conversations: 4}, {Word: "jansen", Weight: 2.5, Conversations: 1}}
	h.topics[evaluate.TopicsAsked] = office.TopicReport{MadeAt: &at, Topics: []office.TopicView{
		{Questions: 12, Conversations: 7, Unanswered: 2, Words: words, Examples: []string{"Hoeveel leden?", "hoeveel leden?", "Wie is <b>lid</b>?"}},
		{Questions: 1, Conversations: 1, Words: []evaluate.TopicWord{{Word: "=cmd|'/c calc'!a0", Weight: 1, Conversations: 3}}},
	}}
	h.wrong = []office.WrongAnswer{{
		Conversation: "c", Turn: "t", Question: "Hoeveel leden?", Checker: evaluate.CheckerVerifier, Version: "v7", Outcome: evaluate.OutcomeUnsupported, At: at,
		Sentences: []office.WrongSentence{{Text: "De raad telt 44 leden.", Checked: evaluate.CheckedSentence{Outcome: evaluate.OutcomeUnsupported, Reasons: []answer.Reason{{Check: answer.CheckNumber, Detail: "44"}}}}},
	}}
	return h
}

const twoDays = "?van=2026-01-05&tot=2026-01-06"

func TestMonitorPages(t *testing.T) {
	t.Parallel()
	empty := held{}
	for _, test := range []struct {
		name, target string
		store        held
		status       int
		want         []string
	}{
		{"use", "/redactie/cijfers" + twoDays, full(), 200, []string{
			">40<", "75,0%", "tussen 59,8% en 85,8%", // Wilson of 30 of 40
			"80,0%", "tussen 49,0% en 94,3%", // of 8 of 10
			"minder dan 20 gevallen", "05-01-2026", `aria-current="page"`, "Er zijn cijfers vanaf 05-01-2026",
			"vb-plot__bar--hatched", "vb-plot__mark--few", "E-mailadres", "10,0%",
		}},
		{"english", "/en/redactie/cijfers" + twoDays, full(), 200, []string{"75.0%", "between 59.8% and 85.8%", "Not in the documents"}},
		{"quality", "/redactie/cijfers/juistheid" + twoDays, full(), 200, []string{
			"95,0%", "tussen 88,8% en 97,8%", "de as begint bij 60%", "Stand 12 (04-01-2026 10:30)", "v7",
			"De raad telt 44 leden.", "De bron zegt dit niet", "Controle door een taalmodel", "100,0%", "antwoorden wachten op controle",
		}},
		{"topics", "/redactie/cijfers/onderwerpen" + twoDays, full(), 200, []string{
			"leden, =cmd, jansen", "12 vragen in 7 gesprekken, 2 zonder antwoord", "Wie is &lt;b&gt;lid&lt;/b&gt;?", "Alle vragen over de SER kregen", "Ingedeeld op 04-01-2026 10:30",
		}},
		{"nothing yet", "/redactie/cijfers", empty, 200, []string{"nog geen cijfers"}},
		{"nothing checked yet", "/redactie/cijfers/juistheid", empty, 200, []string{"nog geen cijfers", "geen bewaarde antwoorden die niet klopten"}},
		{"no topics yet", "/redactie/cijfers/onderwerpen", empty, 200, []string{"nog niet ingedeeld", "geen vragen die op elkaar lijken"}},
		{"no day", "/redactie/cijfers?van=gisteren", empty, 422, []string{"“gisteren” is geen dag"}},
		{"a day that is not", "/redactie/cijfers?tot=2026-02-30", empty, 422, []string{"is geen dag"}},
		{"an age", "/redactie/cijfers?van=2000-01-01&tot=2100-01-01", empty, 422, []string{"ten hoogste 20 jaar"}},
		{"a broken store", "/redactie/cijfers", held{err: errors.New("connection lost")}, 500, []string{"Er ging iets mis"}},
		{"no such table", "/redactie/cijfers/csv/geheim.csv", full(), 404, nil},
		{"no such file", "/redactie/cijfers/csv/status", full(), 404, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := ask(t, office.Config{Monitor: test.store}, staff.RoleViewer, http.MethodGet, test.target, "")
			if w.Code != test.status {
				t.Fatalf("status %d, want %d:\n%s", w.Code, test.status, w.Body)
			}
			body := w.Body.String()
			for _, want := range test.want {
				if !strings.Contains(body, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			if test.status == 200 && strings.Contains(body, "hoeveel leden?</li>") {
				t.Error("a question is shown twice")
			}
			if strings.Contains(body, "NaN") || strings.Contains(body, "Inf") || strings.Contains(body, "style=") || strings.Contains(body, "<script>") {
				t.Error("the page holds a number that is none, or style or script that the browser refuses")
			}
			drawings(t, body)
		})
	}
	if w := ask(t, office.Config{}, staff.RoleViewer, http.MethodGet, "/redactie/cijfers", ""); w.Code != http.StatusNotFound {
		t.Errorf("without a store: %d", w.Code)
	}
	if w := ask(t, office.Config{Monitor: full()}, "", http.MethodGet, "/redactie/cijfers", ""); w.Code != http.StatusSeeOther {
		t.Errorf("for nobody: %d", w.Code)
	}
}

// drawings holds that every chart is well-formed and that no id stands twice.
func drawings(t *testing.T, page string) {
	t.Helper()
	for _, svg := range regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1) {
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("a drawing is broken: %v\n%s", err, svg)
			}
		}
	}
	seen := make(map[string]bool)
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if seen[m[1]] {
			t.Errorf("the id %q stands twice", m[1])
		}
		seen[m[1]] = true
	}
}

func TestMonitorCSV(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		target string
		comma  rune
		line   int
		want   []string
	}{
		{"/redactie/cijfers/csv/gebruik.csv" + twoDays, ';', 1, []string{"2026-01-05", "29", "20", "0", "9", "0", "0", "0"}},
		{"/redactie/cijfers/csv/status.csv" + twoDays, ';', 1, []string{"answered", "20", "0,5000", "0,3520 - 0,6480"}},
		{"/en/redactie/cijfers/csv/status.csv" + twoDays, ',', 1, []string{"answered", "20", "0.5000", "0.3520 - 0.6480"}},
		{"/redactie/cijfers/csv/feedback.csv" + twoDays, ';', 2, []string{"2026-01-06", "0", "0", "", ""}},
		{"/redactie/cijfers/csv/talen.csv" + twoDays, ';', 1, []string{"nl", "40", "0,7500", "0,5981 - 0,8581"}},
		{"/redactie/cijfers/csv/controle.csv" + twoDays, ';', 2, []string{"judge", "v7", "9", "0", "0", "5", "1,0000", "0,7009 - 1,0000", "1"}},
		{"/redactie/cijfers/csv/corpus.csv" + twoDays, ';', 1, []string{"12", "40", "0,7500", "0,8000", "100", "0,9500", "0,8882 - 0,9785", "9", "1,0000"}},
		// What a spreadsheet would carry out is text, and what one visitor alone wrote is left out.
		{"/redactie/cijfers/csv/onderwerpen.csv" + twoDays, ';', 1, []string{"leden, =cmd", "12", "7", "2"}},
		{"/redactie/cijfers/csv/onderwerpen.csv" + twoDays, ';', 2, []string{"'=cmd|'/c calc'!a0", "1", "1", "0"}},
	} {
		w := ask(t, office.Config{Monitor: full()}, staff.RoleViewer, http.MethodGet, test.target, "")
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment;") {
			t.Errorf("%s: %d %v", test.target, w.Code, w.Header())
			continue
		}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff")))
		r.Comma = test.comma
		records, err := r.ReadAll()
		if err != nil || len(records) <= test.line {
			t.Errorf("%s: %v\n%s", test.target, err, w.Body)
			continue
		}
		if got := strings.Join(records[test.line], "|"); got != strings.Join(test.want, "|") {
			t.Errorf("%s: line %d is %q, want %q", test.target, test.line, got, test.want)
		}
	}
}

// Long periods come by week and by month, from the first day of each.
func TestMonitorPeriods(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		query, step, from, to string
		rows                  int
	}{
		{"?van=2026-01-05&tot=2026-01-06", "day", "2026-01-05", "2026-01-06", 2},
		{"?van=2026-01-06&tot=2026-01-05", "day", "2026-01-05", "2026-01-06", 2},
		{"?tot=2026-01-30", "day", "2026-01-01", "2026-01-30", 30},
		{"?van=2026-01-01&tot=2026-03-31", "week", "2026-01-01", "2026-03-31", 14},
		{"?van=2024-01-15&tot=2026-01-15", "month", "2024-01-15", "2026-01-15", 25},
		{"?van=2026-01-01&tot=2026-01-01&taal=xx&model=qwen", "day", "2026-01-01", "2026-01-01", 1},
	} {
		var q office.FigureQuery
		store := full()
		store.asked = &q
		w := ask(t, office.Config{Monitor: store}, staff.RoleViewer, http.MethodGet, "/redactie/cijfers/csv/gebruik.csv"+test.query, "")
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", test.query, w.Code)
			continue
		}
		if q.Step != test.step || q.From.Format(time.DateOnly) != test.from || q.To.Format(time.DateOnly) != test.to || q.Lang != "" {
			t.Errorf("%s: asked for %+v", test.query, q)
		}
		if rows := strings.Count(w.Body.String(), "\r\n") - 1; rows != test.rows {
			t.Errorf("%s: %d rows, want %d", test.query, rows, test.rows)
		}
	}
}
