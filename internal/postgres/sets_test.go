package postgres_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// lines are cases as their ids with their questions.
func caseLines(t *testing.T, store *postgres.Sets, version int64) string {
	t.Helper()
	cases, err := store.Cases(t.Context(), version)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range cases {
		out = append(out, c.ID+" "+c.Question.Question)
	}
	return strings.Join(out, "\n")
}

func someCases(t *testing.T, in string) []evaluate.Case {
	t.Helper()
	cases, err := evaluate.ReadCases(strings.NewReader(in), evaluate.Origin{Kind: evaluate.OriginFile, Date: "2026-11-22", File: "a.jsonl"})
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

const twoCases = `{"id":"a","question":"Een?","answerable":true,"expect":[["x"]],"note":"\u0000 blijft","n":1e999}
{"id":"b","question":"Twee?","answerable":false}`

func actions(t *testing.T, db *postgres.DB) string {
	t.Helper()
	var out string
	if err := db.Pool().QueryRow(t.Context(), `SELECT coalesce(string_agg(action, ' ' ORDER BY id), '') FROM staff_audit`).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSetsHaveVersionsThatStay(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx := t.Context()
	sets, runs := postgres.NewSets(db), postgres.NewRuns(db)
	by := staff.User{}
	id, err := sets.Make(ctx, by, "Leden", "Over wie erin zitten")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sets.Make(ctx, by, "LEDEN", ""); !errors.Is(err, evaluate.ErrSetNamed) {
		t.Errorf("a second set of the name: %v", err)
	}
	if _, err := runs.Start(ctx, by, id, 0, "", evaluate.Settings{}); !errors.Is(err, evaluate.ErrSetEmpty) {
		t.Errorf("asking nothing: %v", err)
	}
	cases := someCases(t, twoCases)
	in, err := sets.Import(ctx, by, id, cases, false)
	if err != nil || in != (office.Imported{Added: 2}) {
		t.Fatalf("%+v, %v", in, err)
	}
	// What was put in comes out again as it was.
	set, err := sets.Named(ctx, "leden")
	if err != nil || set.ID != id || len(set.Versions) != 1 || !set.Newest().Draft() || set.Newest().Cases != 2 || set.About == "" {
		t.Fatalf("%+v, %v", set, err)
	}
	back, err := sets.Cases(ctx, set.Newest().ID)
	if err != nil {
		t.Fatal(err)
	}
	var wrote, read bytes.Buffer
	if err := errors.Join(evaluate.WriteCases(&wrote, cases), evaluate.WriteCases(&read, back)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wrote.String(), read.String()); diff != "" {
		t.Error(diff)
	}

	run, err := runs.Start(ctx, by, id, 0, "eerste", evaluate.Settings{Passages: 7})
	if err != nil {
		t.Fatal(err)
	}
	// The version is used: a change makes the next, and the database refuses all others.
	first := set.Newest().ID
	c := back[0]
	c.Question.Question = "Anders?"
	if err := sets.Save(ctx, by, id, "a", c); err != nil {
		t.Fatal(err)
	}
	c.ID = "b"
	var fault *evaluate.Fault
	if err := sets.Save(ctx, by, id, "", c); !errors.As(err, &fault) || fault.Code != evaluate.FaultTwice {
		t.Errorf("a second case of the id: %v", err)
	}
	if err := sets.Save(ctx, by, id, "a", c); !errors.As(err, &fault) || fault.Code != evaluate.FaultTwice {
		t.Errorf("another case's id: %v", err)
	}
	c.ID = "c"
	if err := sets.Save(ctx, by, id, "", c); err != nil {
		t.Fatal(err)
	}
	if err := sets.Remove(ctx, by, id, "b"); err != nil {
		t.Fatal(err)
	}
	var user *corpus.UserError
	if err := sets.Remove(ctx, by, id, "b"); !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
		t.Errorf("a case that is gone: %v", err)
	}
	if set, err = sets.Set(ctx, id); err != nil || len(set.Versions) != 2 || set.Newest().Number != 2 || !set.Newest().Draft() || set.Versions[1].Draft() {
		t.Fatalf("%+v, %v", set, err)
	}
	if got := caseLines(t, sets, first); got != "a Een?\nb Twee?" {
		t.Errorf("the version that was used became %q", got)
	}
	if got := caseLines(t, sets, set.Newest().ID); got != "a Anders?\nc Anders?" {
		t.Errorf("the draft is %q", got)
	}
	for _, statement := range []string{
		`DELETE FROM set_cases WHERE version_id = $1`, `UPDATE set_cases SET key = 'z' WHERE version_id = $1`,
		`INSERT INTO set_cases (version_id, position, key, line) VALUES ($1, 9, 'z', '{}')`,
	} {
		if _, err := db.Pool().Exec(ctx, statement, first); err == nil || !strings.Contains(err.Error(), "never changes") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if _, err := db.Pool().Exec(ctx, `UPDATE set_cases SET version_id = $1 WHERE version_id = $2`, first, set.Newest().ID); err == nil {
		t.Error("a case moved into a version that was used")
	}

	// The whole set anew, in the order of the file.
	in, err = sets.Import(ctx, by, id, someCases(t, `{"id":"z","question":"Nieuw?","answerable":false}
{"id":"a","question":"Weer anders?","answerable":false}`), true)
	if err != nil || in != (office.Imported{Added: 1, Changed: 1, Removed: 1}) {
		t.Fatalf("%+v, %v", in, err)
	}
	if got := caseLines(t, sets, set.Newest().ID); got != "z Nieuw?\na Weer anders?" {
		t.Errorf("the draft is %q", got)
	}
	if err := sets.Delete(ctx, by, id); !errors.Is(err, evaluate.ErrSetUsed) {
		t.Errorf("deleting a set that was measured: %v", err)
	}
	if got, err := runs.Run(ctx, run); err != nil || got.Version != 1 || got.Of != 2 || got.State != evaluate.RunWaiting || got.Settings.Passages != 7 || got.Note != "eerste" {
		t.Errorf("%+v, %v", got, err)
	}
	if got := actions(t, db); got != "set.make set.import run.start set.case.change set.case.add set.case.remove set.import" {
		t.Errorf("the log has %q", got)
	}

	other, err := sets.Make(ctx, by, "Anders", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := sets.Describe(ctx, by, other, "leden", ""); !errors.Is(err, evaluate.ErrSetNamed) {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := sets.Describe(ctx, by, other, "Iets", "Uitleg"); err != nil {
		t.Error(err)
	}
	if _, err := sets.Import(ctx, by, other, cases, false); err != nil {
		t.Error(err)
	}
	if err := sets.Delete(ctx, by, other); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"reading":    func() error { _, err := sets.Set(ctx, other); return err }(),
		"describing": sets.Describe(ctx, by, other, "x", ""),
		"deleting":   sets.Delete(ctx, by, other),
		"saving":     sets.Save(ctx, by, other, "", c),
		"no set":     func() error { _, err := sets.Set(ctx, 0); return err }(),
	} {
		if !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
			t.Errorf("%s a set that is gone: %v", what, err)
		}
	}
}

func TestSetsAreBounded(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	sets := postgres.NewSets(db)
	id, err := sets.Make(t.Context(), staff.User{}, "Groot", "")
	if err != nil {
		t.Fatal(err)
	}
	many := func(from, n int) []evaluate.Case {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `{"id":"%d","question":"Vraag %d?","answerable":false}`+"\n", from+i, from+i)
		}
		return someCases(t, b.String())
	}
	if in, err := sets.Import(t.Context(), staff.User{}, id, many(0, evaluate.MaxCases), false); err != nil || in.Added != evaluate.MaxCases {
		t.Fatalf("%+v, %v", in, err)
	}
	if _, err := sets.Import(t.Context(), staff.User{}, id, many(evaluate.MaxCases, 1), false); !errors.Is(err, evaluate.ErrSetFull) {
		t.Errorf("one too many: %v", err)
	}
	if set, err := sets.Set(t.Context(), id); err != nil || set.Newest().Cases != evaluate.MaxCases {
		t.Errorf("%+v, %v", set, err)
	}
}

// A case of a judgement: what it is made of can be read while the conversation is there,
// and what was made of it stays without it.
func TestJudgedAnswerBecomesACase(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	sets := postgres.NewSets(b.db)
	addVersion(t, b.db, "wat-is-de-ser", 1, "current", "Wat is de SER?", corpus.Page{Number: 1, Label: "1", Text: "De SER telt 36 leden in drie groepen.", Blocks: []corpus.Block{}})
	a := corpus.Answer{Question: "Wat is de SER?", Lang: "nl", Status: corpus.Answered, Text: "De SER telt 33 leden. [1]", Sentences: []corpus.Sentence{{Text: "De SER telt 33 leden.", Citations: []int{1}}}}
	if err := b.store.Finish(ctx, b.turn.ID, chat.Ending{Status: corpus.Answered, Answer: &a, Events: []chat.Event{event(b.turn.ID, 2, chat.EventDone)}}); err != nil {
		t.Fatal(err)
	}
	var judgement int64
	err := b.db.Pool().QueryRow(ctx, `
		WITH reviewer AS (INSERT INTO staff_users (email, name, role) VALUES ('b@example.org', 'B', 'reviewer') RETURNING id)
		INSERT INTO judgements (item, turn_id, reviewer_id, verdict, lang, status, corpus, model, prompt, asked_on)
		SELECT f.id, f.turn_id, reviewer.id, 'wrong', 'nl', 'answered', 0, '', '', now() FROM turn_facts f, reviewer RETURNING id`).Scan(&judgement)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.Pool().Exec(ctx, `
		INSERT INTO judgement_sources (judgement_id, position, version_id, page, start_at, end_at)
		SELECT $1, 1, id, 1, 0, 37 FROM versions`, judgement); err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.Pool().Exec(ctx, `INSERT INTO sentence_judgements VALUES ($1, 1, 'wrong')`, judgement); err != nil {
		t.Fatal(err)
	}
	judged, err := sets.Judged(ctx, judgement)
	if err != nil {
		t.Fatal(err)
	}
	if judged.Question != b.turn.Question || judged.Verdict != evaluate.Wrong || judged.Sentences[1] != evaluate.Wrong || judged.Answer.Text != a.Text || len(judged.Sources) != 1 || judged.Sources[0].Text != "De SER telt 36 leden in drie groepen." || judged.Sources[0].Document != "wat-is-de-ser" || judged.Sources[0].Page != 1 {
		t.Errorf("%+v", judged)
	}
	c := evaluate.Propose(judged)
	if err := c.Check(); err != nil || c.Origin.Judgement != judgement || !c.Answerable || c.Expect[0][0] != `\b36\b` {
		t.Errorf("%+v, %v", c, err)
	}
	id, err := sets.Make(ctx, staff.User{}, "Beoordeeld", "")
	if err == nil {
		err = sets.Save(ctx, staff.User{}, id, "", c)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.store.DeleteConversation(ctx, b.turn.Conversation); err != nil {
		t.Fatal(err)
	}
	var user *corpus.UserError
	if _, err := sets.Judged(ctx, judgement); !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
		t.Errorf("of a conversation that is gone: %v", err)
	}
	set, err := sets.Set(ctx, id)
	if err != nil || set.Newest().Cases != 1 {
		t.Fatalf("%+v, %v", set, err)
	}
	var held int
	if err := b.db.Pool().QueryRow(ctx, `SELECT count(*) FROM set_cases WHERE line::text LIKE '%' || $1 || '%' OR line::text LIKE '%' || $2 || '%'`, b.turn.ID, b.turn.Conversation).Scan(&held); err != nil || held != 0 {
		t.Errorf("%d cases name the conversation, %v", held, err)
	}
}

func TestRunsAreWorkedOnByOne(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx := t.Context()
	sets, runs := postgres.NewSets(db), postgres.NewRuns(db)
	by := staff.User{}
	set, err := sets.Make(ctx, by, "Set", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sets.Import(ctx, by, set, someCases(t, twoCases), false); err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for range 2 {
		id, err := runs.Start(ctx, by, set, 1, "", evaluate.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if _, err := runs.Start(ctx, by, set, 9, "", evaluate.Settings{}); err == nil {
		t.Error("a version that is not there was started")
	}
	claim := func(who string, want int64) {
		t.Helper()
		run, ok, err := runs.Claim(ctx, who, time.Minute)
		if err != nil || ok != (want != 0) || run.ID != want {
			t.Fatalf("%s got run %d, %v, %v; want %d", who, run.ID, ok, err, want)
		}
	}
	claim("een", ids[0])
	claim("twee", ids[1])
	claim("drie", 0)
	config := evaluate.Configuration{Model: "extractive", Corpus: "4"}
	result := func(id string) evaluate.AnswerCase {
		return evaluate.AnswerCase{ID: id, Question: "Een?", Answerable: true, Status: corpus.Answered, Pass: true, Cited: true, Text: "x\x00"}
	}
	if err := runs.Begin(ctx, ids[0], "een", config); err != nil {
		t.Fatal(err)
	}
	if err := runs.Keep(ctx, ids[0], "een", time.Minute, []evaluate.AnswerCase{result("a")}); err != nil {
		t.Fatal(err)
	}
	// The runner dies: another goes on where it was, and the first may do nothing more.
	if _, err := db.Pool().Exec(ctx, `UPDATE eval_runs SET leased_until = now() - interval '1 second' WHERE id = $1`, ids[0]); err != nil {
		t.Fatal(err)
	}
	claim("vier", ids[0])
	if err := runs.Keep(ctx, ids[0], "een", time.Minute, []evaluate.AnswerCase{result("b")}); !errors.Is(err, evaluate.ErrRunLost) {
		t.Errorf("storing in a run that was taken over: %v", err)
	}
	if err := runs.Begin(ctx, ids[0], "vier", config); err != nil {
		t.Fatal(err)
	}
	cases, done, err := runs.Asked(ctx, ids[0])
	if err != nil || len(cases) != 2 || len(done) != 1 || !done["a"].Pass {
		t.Errorf("%d cases, %+v, %v", len(cases), done, err)
	}
	// With another corpus what was asked is asked again.
	other := config
	other.Corpus = "5"
	if err := runs.Begin(ctx, ids[0], "vier", other); err != nil {
		t.Fatal(err)
	}
	if _, done, err = runs.Asked(ctx, ids[0]); err != nil || len(done) != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	if err := runs.Keep(ctx, ids[0], "vier", time.Minute, []evaluate.AnswerCase{result("b"), result("a")}); err != nil {
		t.Fatal(err)
	}
	results, err := runs.Results(ctx, ids[0])
	if err != nil || len(results) != 2 || results[0].ID != "a" {
		t.Errorf("%+v, %v", results, err)
	}
	summary := evaluate.Summarise(results, evaluate.Prices{})
	summary.Cases, summary.Configuration = nil, &other
	if err := runs.End(ctx, ids[0], "vier", evaluate.Ending{State: evaluate.RunDone, Summary: &summary, CorpusChanged: true}); err != nil {
		t.Fatal(err)
	}
	run, err := runs.Run(ctx, ids[0])
	if err != nil || run.State != evaluate.RunDone || run.Summary == nil || run.Summary.Answers != 1 || run.Config != other || !run.CorpusChanged || run.Finished.IsZero() || run.Done != 2 {
		t.Errorf("%+v, %v", run, err)
	}
	// One is cancelled, one given back.
	if err := runs.Cancel(ctx, by, ids[1]); err != nil {
		t.Fatal(err)
	}
	if err := runs.End(ctx, ids[1], "twee", evaluate.Ending{State: evaluate.RunFailed, Error: "te laat"}); !errors.Is(err, evaluate.ErrRunLost) {
		t.Errorf("ending a run that was stopped: %v", err)
	}
	if err := runs.Cancel(ctx, by, ids[0]); err != nil {
		t.Errorf("stopping what is done: %v", err)
	}
	if run, err := runs.Run(ctx, ids[0]); err != nil || run.State != evaluate.RunDone {
		t.Errorf("%+v, %v", run, err)
	}
	third, err := runs.Start(ctx, by, set, 0, "", evaluate.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	claim("vijf", third)
	if err := runs.End(ctx, third, "vijf", evaluate.Ending{State: evaluate.RunWaiting}); err != nil {
		t.Fatal(err)
	}
	claim("zes", third)
	if err := runs.End(ctx, third, "zes", evaluate.Ending{State: evaluate.RunFailed, Error: "het ging mis\x00"}); err != nil {
		t.Fatal(err)
	}
	all, err := runs.Runs(ctx, set, 10)
	if err != nil || len(all) != 3 || all[0].ID != third || all[0].State != evaluate.RunFailed || all[0].Error == "" || all[1].State != evaluate.RunCancelled {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestPublishedRun(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx := t.Context()
	sets, runs := postgres.NewSets(db), postgres.NewRuns(db)
	var editor staff.User
	if err := db.Pool().QueryRow(ctx, `INSERT INTO staff_users (email, name, role) VALUES ('e@example.org', 'E', 'editor') RETURNING id, name, role`).Scan(&editor.ID, &editor.Name, &editor.Role); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := runs.LatestPublished(ctx); ok || err != nil {
		t.Fatalf("nothing is public, and there is %v, %v", ok, err)
	}
	set, err := sets.Make(ctx, editor, "Set", "")
	if err == nil {
		_, err = sets.Import(ctx, editor, set, someCases(t, twoCases), false)
	}
	if err != nil {
		t.Fatal(err)
	}
	proposals := staff.NewProposals(postgres.NewProposals(db, map[string]postgres.ApplyProposal{office.KindRun: postgres.ApplyRunPublication}), false)
	publish := func(id int64, public bool) error {
		_, err := proposals.Propose(ctx, editor, office.KindRun, "run", "cijfers", office.RunPublication{Run: id, Public: public})
		return err
	}
	var ids []int64
	for range 2 {
		id, err := runs.Start(ctx, editor, set, 0, "", evaluate.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if err := publish(id, true); !errors.Is(err, evaluate.ErrRunOpen) {
			t.Errorf("publishing a run that is not done: %v", err)
		}
		run, _, err := runs.Claim(ctx, "x", time.Minute)
		if err != nil || run.By != "E" {
			t.Fatalf("%+v, %v", run, err)
		}
		config := evaluate.Configuration{Model: "extractive", Corpus: "4", CorpusDate: "2025"}
		results := []evaluate.AnswerCase{
			{ID: "a", Answerable: true, Status: corpus.Answered, Pass: true, Cited: true, TotalMS: 4}, {ID: "b", Status: corpus.Refused, Pass: true},
		}
		summary := evaluate.Summarise(results, evaluate.Prices{})
		if err := errors.Join(runs.Begin(ctx, id, "x", config), runs.Keep(ctx, id, "x", time.Minute, results), runs.End(ctx, id, "x", evaluate.Ending{State: evaluate.RunDone, Summary: &summary})); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		if err := publish(id, true); err != nil {
			t.Fatal(err)
		}
	}
	p, ok, err := runs.LatestPublished(ctx)
	if err != nil || !ok || p.Run != ids[1] || p.Set != "Set" || p.Version != 1 || p.Questions != 2 || p.Answerable != 1 || p.Config.CorpusDate != "2025" || p.Measured.IsZero() || p.Published.IsZero() || len(p.Timings) != 1 {
		t.Fatalf("%+v, %v, %v", p, ok, err)
	}
	if r := p.Rates[0]; r.Metric != evaluate.MetricRight || r.Hits != 2 || r.Of != 2 || r.Rate != 1 || r.Interval != evaluate.Wilson(2, 2, 0.95) {
		t.Errorf("%+v", r)
	}
	if err := publish(ids[1], false); err != nil {
		t.Fatal(err)
	}
	if p, ok, err := runs.LatestPublished(ctx); err != nil || !ok || p.Run != ids[0] {
		t.Errorf("%+v, %v, %v", p, ok, err)
	}
}
