package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/server"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// reviewBundle is a database with answers, two reviewers and one document.
type reviewBundle struct {
	*chatBundle

	reviews   *postgres.Reviews
	reviewers []staff.User
}

func setupReviews(t *testing.T) *reviewBundle {
	t.Helper()
	b := &reviewBundle{chatBundle: setupChat(t)}
	b.reviews = postgres.NewReviews(b.db)
	for _, name := range []string{"Anna", "Bram", "Cor"} {
		u := staff.User{Name: name, Role: staff.RoleReviewer}
		err := b.db.Pool().QueryRow(t.Context(), `INSERT INTO staff_users (email, name, role) VALUES (lower($1) || '@example.org', $1, 'reviewer') RETURNING id`, name).Scan(&u.ID)
		if err != nil {
			t.Fatal(err)
		}
		b.reviewers = append(b.reviewers, u)
	}
	addVersion(t, b.db, "advies-1", 1, "current", "Over de SER", corpus.Page{Number: 1, Label: "1", Text: "De SER wordt betaald door het bedrijfsleven. Dat is zo geregeld.", Blocks: []corpus.Block{}})
	return b
}

// end gives a turn of its own an answer.
func (b *reviewBundle) end(t *testing.T, turn chat.NewTurn, a corpus.Answer) {
	t.Helper()
	ending := chat.Ending{Status: a.Status, Answer: &a, Events: []chat.Event{event(turn.ID, 2, chat.EventDone)}}
	if a.Status == corpus.Error {
		ending.Answer, ending.Events[0].Type = nil, chat.EventError
	}
	if err := b.store.Finish(t.Context(), turn.ID, ending); err != nil {
		t.Fatal(err)
	}
}

// answered is a turn with an answer in a conversation of its own.
func (b *reviewBundle) answered(t *testing.T, question, lang string, a corpus.Answer) chat.NewTurn {
	t.Helper()
	turn := chat.NewTurn{ID: uuid.NewString(), Conversation: uuid.NewString(), NewConversation: true, Question: question, Lang: lang, Lease: time.Minute}
	if err := b.store.Accept(t.Context(), turn, event(turn.ID, 1, chat.EventAccepted)); err != nil {
		t.Fatal(err)
	}
	b.end(t, turn, a)
	return turn
}

// supported is an answer of which every sentence stands in its quote.
func supported() corpus.Answer {
	return corpus.Answer{
		Status: corpus.Answered, Corpus: "0", Model: "extractive",
		Sentences: []corpus.Sentence{{Text: "De SER wordt betaald door het bedrijfsleven.", Citations: []int{1}}},
		Citations: []corpus.Citation{{N: 1, Quote: "De SER wordt betaald\ndoor het bedrijfsleven. Dat is zo geregeld."}},
	}
}

func (b *reviewBundle) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := b.db.Pool().QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// The figures of an answer, with support counted by hand.
func TestTurnFacts(t *testing.T) {
	t.Parallel()
	b := setupReviews(t)
	cite := func(n int, quote string) corpus.Citation { return corpus.Citation{N: n, Quote: quote} }
	say := func(text string, n ...int) corpus.Sentence { return corpus.Sentence{Text: text, Citations: n} }
	for _, test := range []struct {
		name    string
		answer  corpus.Answer
		support float64 // -1: none
		words   int
		low     bool
	}{
		{"word for word, over a line", supported(), 1, 11, false},
		// betaald, door, bedrijfsleven of wordt, betaald, door, rijke, bedrijfsleven and 2014.
		{"half", corpus.Answer{Sentences: []corpus.Sentence{say("De SER wordt betaald door rijke bedrijfsleven in 2014.", 1)}, Citations: []corpus.Citation{cite(1, "Zij werd betaald door het bedrijfsleven")}}, 0.5, 6, true},
		{"just enough", corpus.Answer{Sentences: []corpus.Sentence{say("Alpha bravo gamma delta echoo.", 1)}, Citations: []corpus.Citation{cite(1, "alpha en bravo en gamma, samen")}}, 0.6, 6, false},
		{"the worst sentence counts", corpus.Answer{Sentences: []corpus.Sentence{say("Alpha bravo gamma.", 1), say("Heel iets anders.", 1)}, Citations: []corpus.Citation{cite(1, "alpha bravo gamma delta een twee drie vier vijf zes zeven")}}, 0, 11, true},
		{"two quotes", corpus.Answer{Sentences: []corpus.Sentence{say("Alpha bravo gamma delta.", 1, 2)}, Citations: []corpus.Citation{cite(1, "alpha bravo een"), cite(2, "gamma delta twee")}}, 1, 6, false},
		{"uncited", corpus.Answer{Sentences: []corpus.Sentence{say("Alpha bravo.")}, Citations: []corpus.Citation{cite(1, "alpha bravo gamma delta een twee")}}, 0, 6, true},
		{"few words", corpus.Answer{Sentences: []corpus.Sentence{say("Alpha bravo.", 1)}, Citations: []corpus.Citation{cite(1, "alpha bravo een twee")}}, 1, 4, true},
		{"no words to hold", corpus.Answer{Sentences: []corpus.Sentence{say("Ja, dat is zo!", 1)}, Citations: []corpus.Citation{cite(1, "een twee drie vier vijf zes")}}, 1, 6, false},
		{"claims nothing", corpus.Answer{Status: corpus.NoAnswer}, -1, 0, false},
		{"failed", corpus.Answer{Status: corpus.Error}, -1, 0, false},
	} {
		if test.answer.Status == "" {
			test.answer.Status = corpus.Answered
		}
		turn := b.answered(t, "Vraag?", "nl", test.answer)
		var support *float64
		var words int
		var low bool
		err := b.db.Pool().QueryRow(t.Context(), `SELECT support, cited_words, low_support FROM turn_facts WHERE turn_id = $1`, turn.ID).Scan(&support, &words, &low)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := support; (got == nil) != (test.support < 0) || got != nil && (*got-test.support > 1e-6 || test.support-*got > 1e-6) {
			t.Errorf("%s: support %v, want %v", test.name, show(got), test.support)
		}
		if words != test.words || low != test.low {
			t.Errorf("%s: %d cited words, low %v; want %d, %v", test.name, words, low, test.words, test.low)
		}
	}
	if n := b.count(t, `SELECT count(*) FROM turn_facts WHERE turn_id = $1`, b.turn.ID); n != 0 {
		t.Error("a turn that runs can be reviewed")
	}
}

func show(f *float64) string {
	if f == nil {
		return "none"
	}
	return fmt.Sprint(*f)
}

// Whatever stands in an answer, its turn ends.
func TestOddAnswersEnd(t *testing.T) {
	t.Parallel()
	b := setupReviews(t)
	for _, answer := range []string{
		`{}`, `null`, `[]`, `"x"`, `{"sentences": null, "citations": null, "corpus": null}`, `{"sentences": 3, "citations": "x", "corpus": 7}`, `{"corpus": "99999999999999999999"}`,
		`{"sentences": [null, 1, "x", {}, {"text": null, "citations": null}, {"text": 5, "citations": [null, "1", 1.5, {}]}], "citations": [null, {}, {"n": null, "quote": null}, {"n": "1", "quote": 7}]}`,
		`{"sentences": [{"text": "a (b [c", "citations": [1]}], "citations": [{"n": 1, "quote": "\\ % _ (("}]}`,
	} {
		_, err := b.db.Pool().Exec(t.Context(), `
			WITH c AS (INSERT INTO conversations (id) VALUES (gen_random_uuid()) RETURNING id)
			INSERT INTO turns (id, conversation_id, question, lang, status, answer, lease_until, finished_at)
			SELECT gen_random_uuid(), id, 'Vraag?', 'nl', 'answered', $1::jsonb, now(), now() FROM c`, answer)
		if err != nil {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

func TestReviewQueueFilters(t *testing.T) {
	t.Parallel()
	b := setupReviews(t)
	ctx := t.Context()
	low := supported()
	low.Sentences = append(low.Sentences, corpus.Sentence{Text: "Onzin over vliegtuigen.", Citations: []int{1}})
	turns := map[string]chat.NewTurn{
		"pensioen": b.answered(t, "Wat is het pensioenstelsel van de SER?", "nl", supported()),
		"low":      b.answered(t, "Wie betaalt de SER?", "nl", low),
		"en":       b.answered(t, "Who pays for the Council's pensions?", "en", corpus.Answer{Status: corpus.NoAnswer}),
		"refused":  b.answered(t, "Moet ik op links stemmen?", "nl", corpus.Answer{Status: corpus.Refused}),
		"failed":   b.answered(t, "Stuk?", "nl", corpus.Answer{Status: corpus.Error}),
	}
	names := make(map[string]string)
	for name, turn := range turns {
		names[turn.ID] = name
	}
	for _, f := range []server.Feedback{{Turn: turns["pensioen"].ID, Useful: true}, {Turn: turns["low"].ID, Comment: "Nee"}} {
		f.Conversation = turns[names[f.Turn]].Conversation
		if err := postgres.NewFeedback(b.db).Give(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	// The corpus changed since; one answer is made anew.
	if _, err := b.db.Pool().Exec(ctx, `INSERT INTO corpus_changes (version_id, live) VALUES (1, false), (1, true)`); err != nil {
		t.Fatal(err)
	}
	state := b.count(t, `SELECT max(id) FROM corpus_changes`)
	fresh := supported()
	fresh.Corpus = fmt.Sprint(state)
	turns["fresh"] = b.answered(t, "Wat is een advies?", "nl", fresh)
	names[turns["fresh"].ID] = "fresh"
	judge := func(by int, name string, v evaluate.Verdict) {
		t.Helper()
		if _, err := b.reviews.Judge(ctx, b.reviewers[by], evaluate.Judgement{Turn: turns[name].ID, Verdict: v}); err != nil {
			t.Fatal(err)
		}
	}
	judge(0, "pensioen", evaluate.Right)
	judge(1, "pensioen", evaluate.Partly)
	judge(1, "low", evaluate.Wrong)
	if _, err := b.db.Pool().Exec(ctx, `UPDATE turn_facts SET asked_at = '2020-05-06 12:00Z' WHERE turn_id = $1`, turns["refused"].ID); err != nil {
		t.Fatal(err)
	}
	day := time.Date(2020, 5, 6, 0, 0, 0, 0, time.UTC)

	for _, test := range []struct {
		filter office.ReviewFilter
		want   string // newest first
	}{
		{office.ReviewFilter{}, "fresh failed en low pensioen refused"},
		{office.ReviewFilter{Status: corpus.Answered}, "fresh low pensioen"},
		{office.ReviewFilter{Status: corpus.Error}, "failed"},
		{office.ReviewFilter{Lang: "en"}, "en"},
		{office.ReviewFilter{Words: "PENSIOEN"}, "pensioen"},
		{office.ReviewFilter{Words: "ser wat"}, "pensioen"},
		{office.ReviewFilter{Words: "pensio"}, "en pensioen"},
		{office.ReviewFilter{Words: "stelsel"}, ""},
		{office.ReviewFilter{Words: "' & | ! :* ("}, ""},
		{office.ReviewFilter{Words: "ser' & !x"}, ""},
		{office.ReviewFilter{Words: "  "}, "fresh failed en low pensioen refused"},
		{office.ReviewFilter{Feedback: office.FeedbackNone}, "fresh failed en refused"},
		{office.ReviewFilter{Feedback: office.FeedbackUseful}, "pensioen"},
		{office.ReviewFilter{Feedback: office.FeedbackNotUseful}, "low"},
		{office.ReviewFilter{Feedback: office.FeedbackComment}, "low"},
		{office.ReviewFilter{LowSupport: true}, "low"},
		{office.ReviewFilter{Corpus: office.CorpusPresent}, "fresh"},
		{office.ReviewFilter{Corpus: office.CorpusOlder, Status: corpus.Answered}, "low pensioen"},
		{office.ReviewFilter{Judged: office.JudgedNotByMe}, "fresh failed en low refused"},
		{office.ReviewFilter{Judged: office.JudgedByMe}, "pensioen"},
		{office.ReviewFilter{Judged: office.JudgedByNobody}, "fresh failed en refused"},
		{office.ReviewFilter{Judged: office.JudgedByOne}, "low"},
		{office.ReviewFilter{Judged: office.JudgedByTwo}, "pensioen"},
		{office.ReviewFilter{From: day, Till: day.AddDate(0, 0, 1)}, "refused"},
		{office.ReviewFilter{Till: day}, ""},
		{office.ReviewFilter{Status: corpus.Answered, Lang: "nl", Words: "ser", Feedback: office.FeedbackNotUseful, LowSupport: true, Corpus: office.CorpusOlder, Judged: office.JudgedNotByMe, From: day}, "low"},
	} {
		// Page by page of two: together they are all, each once.
		var got []string
		var after office.ReviewPlace
		for {
			items, err := b.reviews.Queue(ctx, test.filter, b.reviewers[0].ID, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range items {
				got = append(got, names[i.Turn])
				after = i.Place()
			}
			if len(items) < 2 {
				break
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%+v: %q, want %q", test.filter, strings.Join(got, " "), test.want)
		}
		n, err := b.reviews.Count(ctx, test.filter, b.reviewers[0].ID, 4)
		if want := min(len(strings.Fields(test.want)), 4); err != nil || n != want {
			t.Errorf("%+v: counted %d, %v, want %d", test.filter, n, err, want)
		}
	}
	items, err := b.reviews.Queue(ctx, office.ReviewFilter{Words: "pensioenstelsel"}, b.reviewers[0].ID, office.ReviewPlace{}, 5)
	if err != nil || len(items) != 1 {
		t.Fatal(items, err)
	}
	i := items[0]
	i.Asked, i.Item = time.Time{}, 0
	want := office.ReviewItem{
		Conversation: turns["pensioen"].Conversation, Turn: turns["pensioen"].ID, Question: "Wat is het pensioenstelsel van de SER?", Lang: "nl", Status: corpus.Answered,
		Feedback: office.FeedbackUseful, Older: true, Judged: 2, Mine: evaluate.Right,
	}
	if diff := cmp.Diff(want, i); diff != "" {
		t.Error(diff)
	}
}

func TestJudgement(t *testing.T) {
	t.Parallel()
	b := setupReviews(t)
	ctx := t.Context()
	turn := b.answered(t, "Wie betaalt de SER?", "nl", supported())
	place := evaluate.Place{Document: "advies-1", Version: 1, Page: 1, Start: 3, End: 20}
	j := evaluate.Judgement{
		Turn: turn.ID, Verdict: evaluate.WrongSource, Sentences: map[int]evaluate.Verdict{1: evaluate.NotSupported}, Sources: []evaluate.Place{place},
		Comment: "Zie de tabel", Took: 90 * time.Second,
	}
	id, err := b.reviews.Judge(ctx, b.reviewers[0], j)
	if err != nil {
		t.Fatal(err)
	}
	read := func(by int) office.Review {
		t.Helper()
		r, err := b.reviews.Review(ctx, turn.Conversation, turn.ID, b.reviewers[by].ID)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	same := func(got evaluate.Judgement, want evaluate.Judgement) {
		t.Helper()
		got.Judged, got.Changed = time.Time{}, time.Time{}
		want.ID, want.Reviewer, want.Item = id, b.reviewers[0].ID, got.Item
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	r := read(0)
	if r.Mine == nil || len(r.Others) != 0 || len(r.Turns) != 1 || r.Turns[0].Answer == nil || r.Support == nil {
		t.Fatalf("%+v", r)
	}
	same(*r.Mine, j)
	if r = read(1); r.Mine != nil || len(r.Others) != 1 || r.Others[0].Name != "Anna" {
		t.Fatalf("for another: %+v", r)
	}
	same(r.Others[0].Judgement, j)

	// Said again, it takes the place of what was said.
	changed := evaluate.Judgement{Turn: turn.ID, Verdict: evaluate.Right, Sentences: map[int]evaluate.Verdict{}, Sources: []evaluate.Place{}, Took: 2 * time.Hour}
	again, err := b.reviews.Judge(ctx, b.reviewers[0], changed)
	if err != nil || again != id {
		t.Errorf("changed into %d, %v", again, err)
	}
	changed.Took = time.Hour
	same(*read(0).Mine, changed)
	if n := b.count(t, `SELECT judged FROM turn_facts WHERE turn_id = $1`, turn.ID); n != 1 {
		t.Errorf("judged by %d", n)
	}
	var actions []string
	if err := b.db.Pool().QueryRow(ctx, `SELECT array_agg(action || ' ' || (detail->>'verdict') ORDER BY id) FROM staff_audit`).Scan(&actions); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"review.judge wrong_source", "review.change right"}, actions); diff != "" {
		t.Error(diff)
	}

	// What does not fit is refused, and nothing of it stays.
	var user *corpus.UserError
	for name, bad := range map[string]evaluate.Judgement{
		"a sentence too many": {Turn: turn.ID, Verdict: evaluate.Wrong, Sentences: map[int]evaluate.Verdict{2: evaluate.Right}},
		"no such page":        {Turn: turn.ID, Verdict: evaluate.Wrong, Sources: []evaluate.Place{{Document: "advies-1", Version: 1, Page: 2, End: 3}}},
		"beyond the page":     {Turn: turn.ID, Verdict: evaluate.Wrong, Sources: []evaluate.Place{{Document: "advies-1", Version: 1, Page: 1, Start: 3, End: 3000}}},
		"no such turn":        {Turn: uuid.NewString(), Verdict: evaluate.Wrong},
		"a turn that runs":    {Turn: b.turn.ID, Verdict: evaluate.Wrong},
		"declined, not":       {Turn: turn.ID, Verdict: evaluate.ShouldHaveAnswered},
	} {
		if _, err := b.reviews.Judge(ctx, b.reviewers[0], bad); !errors.As(err, &user) {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(*read(0).Mine, changed)
	for _, ids := range [][2]string{{uuid.NewString(), turn.ID}, {turn.Conversation, b.turn.ID}, {b.turn.Conversation, turn.ID}} {
		if _, err := b.reviews.Review(ctx, ids[0], ids[1], b.reviewers[0].ID); !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
			t.Errorf("%v: %v", ids, err)
		}
	}
	found, err := b.reviews.Places(ctx, []evaluate.Place{place, {Document: "weg", Version: 1, Page: 1, End: 3}})
	if err != nil || len(found) != 1 || found[0].Quote != "SER wordt betaald" || found[0].Document.Title != "Over de SER" || found[0].URL != "/citaat/advies-1/1/1/3-20" {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	b := setupReviews(t)
	ctx := t.Context()
	anna, bram := b.reviewers[0], b.reviewers[1]
	for i := range 30 {
		b.answered(t, fmt.Sprintf("Vraag %d over onderwerp?", i), "nl", supported())
	}
	b.answered(t, "A question?", "en", supported())
	filter := office.ReviewFilter{Lang: "nl", Words: "onderwerp"}
	one, err := b.reviews.Draw(ctx, anna, "Maart", filter, 10, 42)
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.reviews.Draw(ctx, bram, "Nog eens", filter, 10, 42)
	if err != nil {
		t.Fatal(err)
	}
	other, err := b.reviews.Draw(ctx, bram, "Anders", filter, 10, 43)
	if err != nil {
		t.Fatal(err)
	}
	turns := func(sample int64) (ids []string) {
		t.Helper()
		members, err := b.reviews.Members(ctx, sample, anna.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range members {
			if m.Position != i+1 || m.Lang != "nl" {
				t.Errorf("member %+v", m)
			}
			ids = append(ids, m.Turn)
		}
		return ids
	}
	if diff := cmp.Diff(turns(one), turns(two)); diff != "" || len(turns(one)) != 10 {
		t.Errorf("the same seed draws others: %s", diff)
	}
	if cmp.Equal(turns(one), turns(other)) {
		t.Error("another seed draws the same")
	}
	if all, err := b.reviews.Draw(ctx, anna, "Alles", filter, 100, 1); err != nil || len(turns(all)) != 30 {
		t.Errorf("of fewer than asked for %d, %v", len(turns(all)), err)
	}
	if _, err := b.reviews.Draw(ctx, anna, "MAART", filter, 10, 1); !errors.Is(err, office.ErrSampleName) {
		t.Errorf("the same name: %v", err)
	}
	if _, err := b.reviews.Draw(ctx, anna, "Leeg", office.ReviewFilter{Words: "nergens"}, 10, 1); !errors.Is(err, office.ErrSampleEmpty) {
		t.Errorf("nothing to draw from: %v", err)
	}

	// One after the other, skipped ones last, until all are judged.
	order := turns(one)
	var walked []string
	at := ""
	for {
		next, ok, err := b.reviews.NextMember(ctx, one, anna.ID, at)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		if at = next.Turn; len(walked) == 0 && next.Turn == order[0] {
			walked = append(walked, "skipped")
			continue
		}
		walked = append(walked, next.Turn)
		if _, err := b.reviews.Judge(ctx, anna, evaluate.Judgement{Turn: next.Turn, Verdict: evaluate.Right}); err != nil {
			t.Fatal(err)
		}
	}
	want := append([]string{"skipped"}, order[1:]...)
	if len(walked) > 0 && walked[len(walked)-1] == order[0] {
		want = append(want, order[0])
	}
	if diff := cmp.Diff(want, walked); diff != "" || len(walked) != 11 {
		t.Errorf("walked %d: %s", len(walked), diff)
	}
	s, err := b.reviews.Sample(ctx, one, anna.ID)
	if err != nil || s.Done != 10 || s.Left != 0 || s.Size != 10 || s.Name != "Maart" || s.By != "Anna" || s.Seed != 42 || !cmp.Equal(s.Filter, filter) {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err = b.reviews.Sample(ctx, one, bram.ID); err != nil || s.Done != 0 || s.Left != 10 {
		t.Errorf("%+v, %v", s, err)
	}
	if all, err := b.reviews.Samples(ctx, bram.ID); err != nil || len(all) != 4 || all[0].Name != "Alles" {
		t.Errorf("%+v, %v", all, err)
	}
	var user *corpus.UserError
	for _, id := range []int64{0, 999} {
		if _, err := b.reviews.Sample(ctx, id, anna.ID); !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
			t.Errorf("%d: %v", id, err)
		}
	}
}

// TestReviewsOutliveWords: when a conversation goes, its words, what was written of it and
// which source was picked go too, by the database itself; the figures and how far
// reviewers agree stay.
func TestReviewsOutliveWords(t *testing.T) {
	t.Parallel()
	b := setupReviews(t)
	ctx := t.Context()
	const marker = "kenmerkend"
	keep := b.answered(t, "Wat is een advies?", "nl", supported())
	gone := b.answered(t, "Wie is "+marker+"?", "nl", supported())
	sample, err := b.reviews.Draw(ctx, b.reviewers[0], "Alles", office.ReviewFilter{}, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	place := evaluate.Place{Document: "advies-1", Version: 1, Page: 1, Start: 3, End: 20}
	for i, v := range []evaluate.Verdict{evaluate.Right, evaluate.Wrong} {
		for _, turn := range []chat.NewTurn{keep, gone} {
			_, err := b.reviews.Judge(ctx, b.reviewers[i], evaluate.Judgement{
				Turn: turn.ID, Verdict: v, Sentences: map[int]evaluate.Verdict{1: v}, Sources: []evaluate.Place{place}, Comment: "Over " + marker,
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := b.store.DeleteConversation(ctx, gone.Conversation); err != nil {
		t.Fatal(err)
	}
	// In every table of the schema, whatever its columns.
	var tables []string
	if err := b.db.Pool().QueryRow(ctx, `SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	holds := make(map[string]int)
	for _, table := range tables {
		if n := b.count(t, `SELECT count(*) FROM "`+table+`" AS r WHERE r::text LIKE '%' || $1 || '%' OR r::text LIKE '%' || $2 || '%'`, gone.ID, gone.Conversation); n > 0 {
			t.Errorf("%s names what is gone", table)
		}
		if n := b.count(t, `SELECT count(*) FROM "`+table+`" AS r WHERE r::text LIKE '%' || $1 || '%'`, marker); n > 0 {
			holds[table] = n
		}
	}
	if diff := cmp.Diff(map[string]int{"judgements": 2}, holds); diff != "" { // those of the answer that stays
		t.Error(diff)
	}
	for query, want := range map[string]int{
		`SELECT count(*) FROM judgements`: 4,
		`SELECT count(*) FROM judgements WHERE turn_id IS NULL AND comment = '' AND status = 'answered' AND lang = 'nl'`: 2,
		`SELECT count(*) FROM sentence_judgements`:   4,
		`SELECT count(*) FROM judgement_sources`:     2,
		`SELECT count(*) FROM review_sample_members`: 2,
		`SELECT count(*) FROM turn_facts`:            1,
	} {
		if n := b.count(t, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	s, err := b.reviews.Sample(ctx, sample, b.reviewers[2].ID)
	if err != nil || s.Gone != 1 || s.Left != 1 || s.Size != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, within := range []int64{0, sample} {
		pairs, err := b.reviews.Pairs(ctx, within, b.reviewers[0].ID, b.reviewers[1].ID, b.reviewers[2].ID)
		if err != nil || len(pairs) != 2 {
			t.Fatalf("%+v, %v", pairs, err)
		}
		for _, p := range pairs {
			if p.One != evaluate.Right || p.Other != evaluate.Wrong || p.Judged || len(p.Sentences) != 1 || (p.Turn == "") != (p.Question == "") {
				t.Errorf("%+v", p)
			}
		}
		totals, err := b.reviews.Totals(ctx, office.GroupStatus, within)
		want := []office.ReviewTotal{{Group: "answered", Answers: map[evaluate.Verdict]int{evaluate.Right: 2, evaluate.Wrong: 2}, Sentences: map[evaluate.Verdict]int{evaluate.Right: 2, evaluate.Wrong: 2}}}
		if diff := cmp.Diff(want, totals); diff != "" || err != nil {
			t.Error(diff, err)
		}
		who, err := b.reviews.Reviewers(ctx, within)
		if diff := cmp.Diff([]office.Reviewer{{ID: b.reviewers[0].ID, Name: "Anna", Judged: 2}, {ID: b.reviewers[1].ID, Name: "Bram", Judged: 2}}, who); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	for _, group := range office.ReviewGroups() {
		if totals, err := b.reviews.Totals(ctx, group, 0); err != nil || len(totals) != 1 {
			t.Errorf("%s: %+v, %v", group, totals, err)
		}
	}
	if _, err := b.reviews.Totals(ctx, "id); DROP TABLE turns; --", 0); err == nil {
		t.Error("counted by anything")
	}
	// And so it goes by age.
	if _, err := b.db.Pool().Exec(ctx, `UPDATE conversations SET updated_at = now() - interval '1 year'`); err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.Pool().Exec(ctx, `UPDATE turns SET finished_at = now(), status = 'error' WHERE finished_at IS NULL`); err != nil {
		t.Fatal(err)
	}
	if _, err := b.store.DeleteOlder(ctx, time.Hour, 100); err != nil {
		t.Fatal(err)
	}
	if n := b.count(t, `SELECT count(*) FROM judgements WHERE turn_id IS NOT NULL OR comment <> ''`) + b.count(t, `SELECT count(*) FROM judgement_sources`) + b.count(t, `SELECT count(*) FROM turn_facts`); n != 0 {
		t.Errorf("%d rows hold something of conversations that are gone", n)
	}
}
