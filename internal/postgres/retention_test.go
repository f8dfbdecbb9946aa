package postgres_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/research"
	"github.com/ser-nl/vraagbaak/internal/server"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// echo answers with what was asked, as a careless model would.
type echo struct{ cite corpus.Citation }

func (e echo) Answer(_ context.Context, req answer.Request, emit func(answer.Event) error) (corpus.Answer, error) {
	s := corpus.Sentence{Text: "U vraagt: " + req.Question, Citations: []int{1}}
	a := corpus.Answer{
		ID: req.ID, Conversation: req.Conversation, Question: req.Question, Lang: "nl", Status: corpus.Answered, Model: "echo", Corpus: "1",
		Text: s.Text + " [1]", Sentences: []corpus.Sentence{s}, Citations: []corpus.Citation{e.cite},
	}
	if strings.Contains(req.Question, "weet je niet") {
		a.Status, a.Sentences, a.Citations = corpus.NoAnswer, []corpus.Sentence{}, []corpus.Citation{}
		return a, nil
	}
	if err := emit(e.cite); err != nil {
		return a, err
	}
	return a, emit(answer.IndexedSentence{Sentence: s})
}

// tablesWith are the tables in which any of the texts stands, in whatever column and form:
// as text, in JSON, as the bytes of a text or of an id.
func tablesWith(t *testing.T, db *postgres.DB, texts ...string) map[string][]string {
	t.Helper()
	ctx := t.Context()
	rows, err := db.Pool().Query(ctx, `
		SELECT quote_ident(table_name) FROM information_schema.tables
		WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) < 40 {
		t.Fatalf("only %d tables: %v", len(tables), tables)
	}
	found := make(map[string][]string)
	for _, table := range tables {
		for _, text := range texts {
			forms := []string{text, hex.EncodeToString([]byte(text))}
			if bare := strings.ReplaceAll(text, "-", ""); len(text) == 36 && len(bare) == 32 {
				forms = append(forms, bare) // the bytes of an id
			}
			var n int
			// Of a row as JSON, bytes are hexadecimal and all else is readable.
			err := db.Pool().QueryRow(ctx, `
				SELECT count(*) FROM `+table+` AS t
				WHERE EXISTS (SELECT FROM unnest($1::text[]) AS form WHERE strpos(lower(to_jsonb(t)::text), lower(form)) > 0)`, forms).Scan(&n)
			if err != nil {
				t.Fatalf("%s: %v", table, err)
			}
			if n > 0 {
				found[text] = append(found[text], table)
			}
		}
	}
	return found
}

// Whatever a visitor wrote is gone when their conversation is: after visitors wrote in
// every place they can, and staff judged, checked, grouped and kept it, the deletion job
// leaves nothing of it in any column of any table, but for the case of a question set
// that an editor kept, which names no conversation and holds no personal data.
func TestNothingIsLeftOfAnExpiredConversation(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	const (
		subject = "kwarkzee"     // in the question that is kept as a case
		secret  = "zwamvlierput" // in all else that the visitor writes
	)
	personal := []string{"123456782", "jan.jansen@voorbeeld.nl", "NL91ABNA0417164300", "0612345678"}
	addVersion(t, b.db, "a", 1, "current", "Over de raad", corpus.Page{Number: 1, Label: "1", Text: citedText, Blocks: []corpus.Block{}})
	cite := corpus.Citation{N: 1, Document: corpus.DocumentRef{ID: "a", Title: "Over de raad"}, Version: 1, Page: 1, Quote: "De raad telt 33 leden.", Start: 28, End: 50}

	// The visitor: a question with personal data, follow-ups, feedback, a shared address,
	// a reading list.
	conversations := chat.New(chat.Config{Store: b.store, Answerer: echo{cite}, Retention: -1})
	t.Cleanup(func() {
		closing, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		conversations.Close(closing)
	})
	filter := corpus.Filter{Documents: []string{secret}}
	ask := func(conversation, question string) corpus.Answer {
		t.Helper()
		a, err := conversations.Answer(ctx, chat.Ask{Question: question, Conversation: conversation, Lang: "nl", Filter: filter})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first := ask("", "Wat zegt de SER over "+subject+"? Mijn BSN is "+personal[0]+".")
	second := ask(first.Conversation, "En over "+secret+"? Mail mij op "+personal[1]+" of bel "+personal[3]+".")
	third := ask(first.Conversation, "Dat weet je niet van "+secret+", mijn rekening is "+personal[2])
	others := make([]corpus.Answer, 0, 6) // so that there are topics; one stays
	for range 3 {
		others = append(others, ask("", "Nog iets over "+secret), ask("", "Dat weet je niet van "+secret))
	}
	filter = corpus.Filter{}
	stays := ask("", "Hoeveel leden heeft de raad?")
	feedback := postgres.NewFeedback(b.db)
	if err := feedback.Give(ctx, server.Feedback{Turn: second.ID, Conversation: first.Conversation, Useful: false, Sentence: 1, Comment: "Ik zocht " + secret}); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.NewShares(b.db).Share(ctx, first.Conversation, strings.Repeat("a", 32)); err != nil {
		t.Fatal(err)
	}
	lists := research.New(research.Config{Lists: postgres.NewLists(b.db)})
	list := research.NewListID()
	if err := lists.AddToList(ctx, list, research.Place{Document: "a", Version: 1, Page: 1, Start: 28, End: 50}, "Voor mijn "+secret, "nl"); err != nil {
		t.Fatal(err)
	}

	// The staff: answers are judged and checked again, samples drawn, questions grouped,
	// figures added up, a case kept.
	var reviewer staff.User
	if err := b.db.Pool().QueryRow(ctx, `INSERT INTO staff_users (email, name, role) VALUES ('r@example.org', 'R', 'editor') RETURNING id`).Scan(&reviewer.ID); err != nil {
		t.Fatal(err)
	}
	reviewer.Name, reviewer.Email, reviewer.Role = "R", "r@example.org", staff.RoleEditor
	reviews := postgres.NewReviews(b.db)
	judgement, err := reviews.Judge(ctx, reviewer, evaluate.Judgement{
		Turn: first.ID, Verdict: evaluate.Partly, Sentences: map[int]evaluate.Verdict{1: evaluate.Right}, Comment: "De bezoeker zocht " + secret,
		Sources: []evaluate.Place{{Document: "a", Version: 1, Page: 1, Start: 28, End: 50}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reviews.Judge(ctx, reviewer, evaluate.Judgement{Turn: third.ID, Verdict: evaluate.Right, Comment: "Over " + secret}); err != nil {
		t.Fatal(err)
	}
	if _, err := reviews.Draw(ctx, reviewer, "Steekproef", office.ReviewFilter{}, 5, 1); err != nil {
		t.Fatal(err)
	}
	m := postgres.NewMonitor(b.db)
	if err := evaluate.NewRechecker(evaluate.RecheckConfig{Store: m, Share: 1, Version: "proef"}).Once(ctx, evaluate.CheckerVerifier); err != nil {
		t.Fatal(err)
	}
	if _, err := m.SampleRechecks(ctx, evaluate.CheckerJudge, 1, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := (evaluate.Topics{Store: m}).Once(ctx, time.Hour); err != nil {
		t.Fatal(err)
	}
	addUp(t, m)
	sets := postgres.NewSets(b.db)
	judged, err := sets.Judged(ctx, judgement)
	if err != nil {
		t.Fatal(err)
	}
	set, err := sets.Make(ctx, reviewer, "Uit gesprekken", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := sets.Save(ctx, reviewer, set, "", evaluate.Propose(judged)); err != nil {
		t.Fatal(err)
	}

	// The scan must notice: it finds what is there before the deletion, and personal data
	// not even then.
	conversationIDs := []string{first.Conversation}
	turnIDs := []string{first.ID, second.ID, third.ID}
	for _, a := range others {
		conversationIDs, turnIDs = append(conversationIDs, a.Conversation), append(turnIDs, a.ID)
	}
	before := tablesWith(t, b.db, secret, subject, first.Conversation, first.ID, others[0].ID)
	for text, tables := range map[string][]string{
		secret:             {"feedback", "judgements", "reading_list_items", "topic_words", "turn_events", "turn_facts", "turns"},
		subject:            {"set_cases", "turns"},
		first.Conversation: {"conversation_shares", "conversations", "turn_facts", "turns"},
		first.ID:           {"judgements", "rechecks", "turn_events", "turns"},
		others[0].ID:       {"topic_questions", "topic_words", "turns"},
	} {
		for _, table := range tables {
			if !slices.Contains(before[text], table) {
				t.Errorf("before the deletion %q is in %v, and not in %s", text, before[text], table)
			}
		}
	}
	if masked := tablesWith(t, b.db, personal...); len(masked) > 0 {
		t.Errorf("personal data is stored: %v", masked)
	}

	// Their time is over; the other conversation's is not.
	for _, statement := range []string{
		`UPDATE conversations SET updated_at = now() - interval '31 days' WHERE id <> '` + stays.Conversation + `'`,
		`UPDATE reading_lists SET updated_at = now() - interval '31 days'`,
		`UPDATE turns SET finished_at = now(), status = 'error' WHERE finished_at IS NULL`,
	} {
		if _, err := b.db.Pool().Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	for {
		n, err := b.store.DeleteOlder(ctx, 30*24*time.Hour, 3)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	addUp(t, m)
	gone := append(slices.Concat(conversationIDs, turnIDs, personal), secret, list)
	if left := tablesWith(t, b.db, gone...); len(left) > 0 {
		t.Errorf("this is left: %v", left)
	}
	if left := tablesWith(t, b.db, subject)[subject]; !slices.Equal(left, []string{"set_cases"}) {
		t.Errorf("the subject of the question that was kept is left in %v", left)
	}
	if left := tablesWith(t, b.db, stays.Conversation)[stays.Conversation]; !slices.Contains(left, "turns") {
		t.Errorf("the conversation whose time is not over is in %v", left)
	}

	// What stays is numbers: of the turns, the feedback, the judgements and the rechecks.
	got := figures(t, b.db)
	for name, want := range map[string]int{"turns answered echo 1": 6, "turns no_answer echo 1": 4, "feedback not_useful answered echo 1": 1, "masked bsn answered echo 1": 1} {
		if got[name] != want {
			t.Errorf("figure %q is %d, want %d (%v)", name, got[name], want, got)
		}
	}
	var judgements int
	if err := b.db.Pool().QueryRow(ctx, `SELECT count(*) FROM judgements WHERE turn_id IS NULL AND comment = ''`).Scan(&judgements); err != nil || judgements != 2 {
		t.Errorf("%d judgements without a turn, want 2 (%v)", judgements, err)
	}
	cases, err := casesOf(ctx, sets, set)
	if err != nil || len(cases) != 1 || !strings.Contains(cases[0].Question.Question, subject) || !strings.Contains(cases[0].Question.Question, "[bsn]") {
		t.Errorf("the case that was kept: %+v, %v", cases, err)
	}
}

// casesOf are the cases of a set's draft or only version.
func casesOf(ctx context.Context, sets *postgres.Sets, set int64) ([]evaluate.Case, error) {
	s, err := sets.Set(ctx, set)
	if err != nil {
		return nil, err
	}
	for _, v := range s.Versions {
		if cases, err := sets.Cases(ctx, v.ID); err != nil || len(cases) > 0 {
			return cases, err
		}
	}
	return nil, fmt.Errorf("set %d has no cases", set)
}
