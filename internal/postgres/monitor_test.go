package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/server"
	"github.com/ser-nl/vraagbaak/migrations"
)

// ended stores a turn that ended with an answer, through the store of the chat.
func (b *chatBundle) ended(t *testing.T, question string, a corpus.Answer) chat.NewTurn {
	t.Helper()
	turn := chat.NewTurn{
		ID: uuid.Must(uuid.NewV7()).String(), Conversation: uuid.NewString(), NewConversation: true, Question: question, Lang: "nl", Lease: time.Minute,
	}
	accepted := event(turn.ID, 1, chat.EventAccepted)
	if err := b.store.Accept(t.Context(), turn, accepted); err != nil {
		t.Fatal(err)
	}
	if a.Status == "" {
		a.Status = corpus.Answered
	}
	a.ID, a.Conversation, a.Question, a.Lang = turn.ID, turn.Conversation, question, "nl"
	ending := chat.Ending{Status: a.Status, Answer: &a, Events: []chat.Event{accepted, event(turn.ID, 2, chat.EventDone)}}
	if err := b.store.Finish(t.Context(), turn.ID, ending); err != nil {
		t.Fatal(err)
	}
	return turn
}

// figures are the daily figures without their day, as "figure detail status model → n".
func figures(t *testing.T, db *postgres.DB) map[string]int {
	t.Helper()
	rows, err := db.Pool().Query(t.Context(), `
		SELECT concat_ws(' ', figure, nullif(detail, ''), nullif(version, ''), status, nullif(model, ''), nullif(corpus, '')), sum(n)::int
		FROM daily_figures GROUP BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := make(map[string]int)
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		out[name] += n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(out, func(_ string, n int) bool { return n == 0 })
	return out
}

func addUp(t *testing.T, m *postgres.Monitor) {
	t.Helper()
	if err := (evaluate.Figures{Store: m}).Once(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	b := setupChat(t) // with a turn that runs: it counts for nothing yet
	m := postgres.NewMonitor(b.db)
	ctx := t.Context()
	first := b.ended(t, "een", corpus.Answer{Model: "extractive", Corpus: "7", Masked: []string{"bsn", "email"}, Timing: corpus.Timing{FirstSentence: 20, Total: 40}})
	b.ended(t, "twee", corpus.Answer{Model: "extractive", Corpus: "7", Timing: corpus.Timing{FirstSentence: 21, Total: 900}})
	b.ended(t, "drie", corpus.Answer{Status: corpus.NoAnswer, Model: "extractive", Corpus: "8", Timing: corpus.Timing{Total: 5}})
	fourth := b.ended(t, "vier", corpus.Answer{Model: "qwen", Prompt: "v1", Corpus: "8"})

	feedback := postgres.NewFeedback(b.db)
	say := func(turn chat.NewTurn, useful bool) {
		t.Helper()
		if err := feedback.Give(ctx, server.Feedback{Turn: turn.ID, Conversation: turn.Conversation, Useful: useful}); err != nil {
			t.Fatal(err)
		}
	}
	say(first, true)
	say(fourth, true)
	addUp(t, m)
	say(fourth, false) // changed their mind after it was counted
	say(fourth, false) // and says so again
	addUp(t, m)
	addUp(t, m) // nothing twice
	want := map[string]int{
		"turns answered extractive 7": 2, "turns no_answer extractive 8": 1, "turns answered qwen 8": 1,
		"masked bsn answered extractive 7": 1, "masked email answered extractive 7": 1,
		"feedback useful answered extractive 7": 1, "feedback not_useful answered qwen 8": 1,
	}
	if diff := cmp.Diff(want, figures(t, b.db)); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}

	// What is kept of times: the bucket that each falls in.
	buckets := make(map[string]map[int]int64)
	rows, err := b.db.Pool().Query(ctx, `SELECT step, bucket, sum(n)::bigint FROM daily_latencies GROUP BY step, bucket`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var step string
		var bucket int
		var n int64
		if err := rows.Scan(&step, &bucket, &n); err != nil {
			t.Fatal(err)
		}
		if buckets[step] == nil {
			buckets[step] = make(map[int]int64)
		}
		buckets[step][bucket] = n
	}
	bounds := evaluate.LatencyBounds()
	at := func(ms float64) int {
		i, _ := slices.BinarySearch(bounds, ms+1e-9)
		return i
	}
	wantBuckets := map[string]map[int]int64{"first": {at(20): 2}, "total": {at(40): 1, at(900): 1, at(5): 1}}
	if diff := cmp.Diff(wantBuckets, buckets); diff != "" {
		t.Errorf("buckets (-want +got):\n%s", diff)
	}

	// A lost turn counts when it is ended; deleting a conversation takes off nothing.
	if _, err := b.db.Pool().Exec(ctx, `UPDATE turns SET lease_until = now() - interval '1 s' WHERE finished_at IS NULL`); err != nil {
		t.Fatal(err)
	}
	payload := map[string]json.RawMessage{"nl": json.RawMessage(`{}`), "en": json.RawMessage(`{}`)}
	if _, err := b.store.EndExpired(ctx, 10, payload); err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.Pool().Exec(ctx, `DELETE FROM conversations`); err != nil {
		t.Fatal(err)
	}
	addUp(t, m)
	want["turns error"] = 1
	if diff := cmp.Diff(want, figures(t, b.db)); diff != "" {
		t.Errorf("after deleting (-want +got):\n%s", diff)
	}
}

// Many servers add up while turns end, and some are killed in between: every turn
// counts once.
func TestFiguresOnceUnderConcurrency(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	m := postgres.NewMonitor(b.db)
	var asking, adding sync.WaitGroup
	const askers, each = 4, 25
	for range askers {
		asking.Go(func() {
			for i := range each {
				b.ended(t, fmt.Sprint("vraag ", i), corpus.Answer{Model: "extractive", Timing: corpus.Timing{Total: float64(i + 1)}})
			}
		})
	}
	stop := make(chan struct{})
	killed := 0
	for k := range 3 {
		adding.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				ctx, cancel := context.WithCancel(t.Context())
				if k == 0 && i%2 == 0 { // cut off at any moment, as by a kill
					time.AfterFunc(time.Duration(i%9)*200*time.Microsecond, cancel)
				}
				if _, err := m.AddFigures(ctx, 7, "Europe/Amsterdam"); err != nil && ctx.Err() == nil {
					t.Error(err)
				} else if err != nil {
					killed++
				}
				cancel()
			}
		})
	}
	asking.Wait()
	close(stop)
	adding.Wait()
	addUp(t, m)
	if got := figures(t, b.db)["turns answered extractive"]; got != askers*each {
		t.Errorf("%d turns counted of %d; %d attempts were cut off", got, askers*each, killed)
	}
	var times, left int
	if err := b.db.Pool().QueryRow(t.Context(), `SELECT (SELECT sum(n) FROM daily_latencies), (SELECT count(*) FROM figure_events)`).Scan(&times, &left); err != nil {
		t.Fatal(err)
	}
	if times != askers*each || left != 0 {
		t.Errorf("%d times counted, %d events left", times, left)
	}
}

// A day is that of people here, not of the server.
func TestFiguresDay(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	_, err := db.Pool().Exec(t.Context(), `
		INSERT INTO figure_events (at, lang, status, model, prompt, corpus, figure, n)
		VALUES ('2026-06-30 22:30Z', 'nl', 'answered', '', '', '', 'turns', 1), ('2026-12-31 22:30Z', 'nl', 'answered', '', '', '', 'turns', 1)`)
	if err != nil {
		t.Fatal(err)
	}
	addUp(t, postgres.NewMonitor(db))
	var days []string
	if err := db.Pool().QueryRow(t.Context(), `SELECT array_agg(day::text ORDER BY day) FROM daily_figures`).Scan(&days); err != nil {
		t.Fatal(err)
	}
	if want := []string{"2026-07-01", "2026-12-31"}; !slices.Equal(days, want) {
		t.Errorf("days %v, want %v", days, want)
	}
}

const citedText = "De SER is opgericht in 1950. De raad telt 33 leden. Daarvan zijn er elf kroonlid."

// cited is an answer of one sentence that cites a stored page.
func cited(t *testing.T, sentence string) corpus.Answer {
	t.Helper()
	start := strings.Index(citedText, "De raad telt")
	quote := "De raad telt 33 leden."
	return corpus.Answer{
		Model: "extractive", Corpus: "1",
		Sentences: []corpus.Sentence{{Text: sentence, Citations: []int{1}}},
		Citations: []corpus.Citation{{N: 1, Document: corpus.DocumentRef{ID: "a", Title: "Over de raad"}, Version: 1, Page: 1, Quote: quote, Start: start, End: start + len(quote)}},
	}
}

func TestRechecks(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	addVersion(t, b.db, "a", 1, "current", "Over de raad", corpus.Page{Number: 1, Label: "1", Text: citedText, Blocks: []corpus.Block{}})
	m := postgres.NewMonitor(b.db)
	ctx := t.Context()
	right := b.ended(t, "Hoeveel leden?", cited(t, "De raad telt 33 leden."))
	wrong := b.ended(t, "Hoeveel leden telt de raad?", cited(t, "De raad telt 44 leden."))
	moved := cited(t, "De raad telt 33 leden.")
	moved.Citations[0].Start, moved.Citations[0].End = moved.Citations[0].Start+1, moved.Citations[0].End+1
	elsewhere := b.ended(t, "Leden?", moved)
	missing := cited(t, "De raad telt 33 leden.")
	missing.Citations[0].Page = 9
	gone := b.ended(t, "Waar?", missing)
	b.ended(t, "Onbekend?", corpus.Answer{Status: corpus.NoAnswer})

	r := evaluate.NewRechecker(evaluate.RecheckConfig{Store: m, Share: 1, Version: "proef"})
	outcomes := func() map[string]string {
		t.Helper()
		rows, err := b.db.Pool().Query(ctx, `SELECT turn_id::text, coalesce(outcome, 'waits') FROM rechecks WHERE checker = 'verifier'`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		out := make(map[string]string)
		for rows.Next() {
			var turn, outcome string
			if err := rows.Scan(&turn, &outcome); err != nil {
				t.Fatal(err)
			}
			out[turn] = outcome
		}
		return out
	}
	for range 2 { // once more finds nothing new
		if err := r.Once(ctx, evaluate.CheckerVerifier); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{right.ID: "supported", wrong.ID: "unsupported", elsewhere.ID: "wrong_citation", gone.ID: "wrong_citation"}
	if diff := cmp.Diff(want, outcomes()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if got := r.Checked(evaluate.CheckerVerifier, evaluate.OutcomeWrongCitation); got != 2 {
		t.Errorf("%d answers with a wrong citation counted, want 2", got)
	}
	addUp(t, m)
	got := figures(t, b.db)
	maps.DeleteFunc(got, func(name string, _ int) bool { return !strings.HasPrefix(name, "verifier") })
	wantFigures := map[string]int{
		"verifier supported proef answered extractive 1": 1, "verifier unsupported proef answered extractive 1": 1, "verifier wrong_citation proef answered extractive 1": 2,
		"verifier_answers supported proef answered extractive 1": 1, "verifier_answers unsupported proef answered extractive 1": 1, "verifier_answers wrong_citation proef answered extractive 1": 2,
	}
	if diff := cmp.Diff(wantFigures, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}

	// A share of the answers: the same ones, however often and by whomever.
	for range 60 {
		b.ended(t, "Nog een", cited(t, "De raad telt 33 leden."))
	}
	n, err := m.SampleRechecks(ctx, evaluate.CheckerJudge, 0.3, 1000)
	if err != nil || n < 5 || n > 35 {
		t.Errorf("%d of 64 answers are chosen (%v)", n, err)
	}
	if again, err := m.SampleRechecks(ctx, evaluate.CheckerJudge, 0.3, 1000); err != nil || again != 0 {
		t.Errorf("%d more are chosen the second time (%v)", again, err)
	}
	// And no more than may wait.
	if more, err := m.SampleRechecks(ctx, evaluate.CheckerJudge, 1, n+4); err != nil || more != 4 {
		t.Errorf("%d more are chosen where 4 may be (%v)", more, err)
	}
}

// Takers share the work: no answer is checked by two, no more than the hour allows, and
// what was held by one who died is taken by another.
func TestRechecksAreTakenOnce(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	m := postgres.NewMonitor(b.db)
	ctx := t.Context()
	const answers, perHour = 30, 22
	for range answers {
		b.ended(t, "Vraag", corpus.Answer{})
	}
	if _, err := m.SampleRechecks(ctx, evaluate.CheckerVerifier, 1, 100); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	taken := make(map[string]evaluate.RecheckTask)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				tasks, err := m.TakeRechecks(ctx, evaluate.CheckerVerifier, 3, perHour, time.Minute)
				if err != nil {
					t.Error(err)
				}
				if len(tasks) == 0 {
					return
				}
				mu.Lock()
				for _, task := range tasks {
					if _, twice := taken[task.Turn]; twice {
						t.Errorf("turn %s is handed out twice", task.Turn)
					}
					taken[task.Turn] = task
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(taken) != perHour {
		t.Errorf("%d answers are handed out in an hour of at most %d", len(taken), perHour)
	}
	// Their takers die: after a while the answers are free again, at the cost of the hour.
	if _, err := b.db.Pool().Exec(ctx, `UPDATE rechecks SET taken_until = now() - interval '1 s' WHERE attempts > 0; DELETE FROM recheck_hours`); err != nil {
		t.Fatal(err)
	}
	again, err := m.TakeRechecks(ctx, evaluate.CheckerVerifier, 100, 100, time.Minute)
	if err != nil || len(again) != answers {
		t.Fatalf("%d answers are taken after that, want all %d (%v)", len(again), answers, err)
	}
	second := 0
	for _, task := range again {
		if task.Attempt == 2 {
			second++
		}
		old, ok := taken[task.Turn]
		if !ok {
			continue
		}
		// The one who was taken for dead comes back: too late.
		if done, err := m.FinishRecheck(ctx, old, "oud", evaluate.OutcomeSupported, nil); err != nil || done {
			t.Errorf("a result of the first taker is stored (%v, %v)", done, err)
		}
	}
	if second != perHour {
		t.Errorf("%d answers are taken for the second time, want %d", second, perHour)
	}
	if done, err := m.FinishRecheck(ctx, again[0], "nieuw", evaluate.OutcomeSupported, nil); err != nil || !done {
		t.Errorf("the result of the second taker: %v, %v", done, err)
	}
	if done, err := m.FinishRecheck(ctx, again[0], "nieuw", evaluate.OutcomeSupported, nil); err != nil || done {
		t.Errorf("a result is stored twice: %v, %v", done, err)
	}
	if _, err := b.db.Pool().Exec(ctx, `DELETE FROM conversations`); err != nil {
		t.Fatal(err)
	}
	if done, err := m.FinishRecheck(ctx, again[1], "nieuw", evaluate.OutcomeSupported, nil); err != nil || done {
		t.Errorf("a result of a deleted turn: %v, %v", done, err)
	}
}

func TestTopics(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	m := postgres.NewMonitor(b.db)
	for _, q := range []string{"Hoeveel leden heeft de SER?", "Wie zijn leden?", "Hoeveel leden zijn er?"} {
		b.ended(t, q, corpus.Answer{})
	}
	first := b.ended(t, "Hoe hoog is de huurtoeslag?", corpus.Answer{Status: corpus.NoAnswer})
	b.ended(t, "Wanneer komt de huurtoeslag?", corpus.Answer{Status: corpus.NoAnswer})
	var wg sync.WaitGroup
	var mu sync.Mutex
	did := 0
	for range 3 { // of all servers one does it
		wg.Go(func() {
			ok, err := evaluate.Topics{Store: m}.Once(t.Context(), time.Hour)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if ok {
				did++
			}
		})
	}
	wg.Wait()
	if did != 1 {
		t.Errorf("%d servers grouped the questions", did)
	}
	count := func(kind string) (topics, questions int) {
		t.Helper()
		err := b.db.Pool().QueryRow(t.Context(), `SELECT count(DISTINCT p.id), count(q.turn_id) FROM topics p LEFT JOIN topic_questions q ON q.topic_id = p.id WHERE p.kind = $1`, kind).Scan(&topics, &questions)
		if err != nil {
			t.Fatal(err)
		}
		return topics, questions
	}
	if topics, questions := count("asked"); topics != 2 || questions != 5 {
		t.Errorf("%d topics with %d questions, want 2 with 5", topics, questions)
	}
	if topics, questions := count("unanswered"); topics != 1 || questions != 2 {
		t.Errorf("%d unanswered topics with %d questions, want 1 with 2", topics, questions)
	}
	if _, err := b.store.DeleteConversation(t.Context(), first.Conversation); err != nil {
		t.Fatal(err)
	}
	if _, questions := count("unanswered"); questions != 1 {
		t.Errorf("%d questions after one was deleted", questions)
	}
	if ok, err := (evaluate.Topics{Store: m}).Once(t.Context(), 0); err != nil || !ok {
		t.Errorf("grouping again: %v, %v", ok, err)
	}
	if topics, questions := count("unanswered"); topics != 1 || questions != 1 {
		t.Errorf("%d unanswered topics with %d questions, want 1 with 1", topics, questions)
	}
}

// What is shown of topics is what counting question by question gives, for any period,
// also when it cuts conversations and after some were deleted.
func TestTopicsOfAPeriod(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	m := postgres.NewMonitor(b.db)
	type asked struct {
		chat.NewTurn
		at       time.Time
		answered bool
	}
	rng := rand.New(rand.NewPCG(3, 5)) // #nosec G404 -- test data
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	turns := make(map[string]asked)
	var conversations []string
	forms := []string{"leden", "lid", "pensioen", "pensioenen", "huurtoeslag", "scholing", "zorg", "advies", "adviezen", "klimaat"}
	for i := range 90 {
		q := fmt.Sprintf("Wat is er over %s en %s?", forms[rng.IntN(len(forms))], forms[rng.IntN(len(forms))])
		status := []corpus.Status{corpus.Answered, corpus.NoAnswer, corpus.Partial}[rng.IntN(3)]
		turn := asked{b.ended(t, q, corpus.Answer{Status: status}), day.Add(time.Duration(rng.IntN(40)) * 6 * time.Hour), status != corpus.NoAnswer}
		if i < 20 {
			conversations = append(conversations, turn.Conversation)
		}
		turn.Conversation = conversations[rng.IntN(len(conversations))]
		if _, err := b.db.Pool().Exec(ctx, `UPDATE turns SET conversation_id = $2, created_at = $3 WHERE id = $1`, turn.ID, turn.Conversation, turn.at); err != nil {
			t.Fatal(err)
		}
		turns[turn.ID] = turn
	}
	topics := make(map[evaluate.TopicKind][]evaluate.Topic)
	if _, err := m.Regroup(ctx, 0, 1000, func(kind evaluate.TopicKind, questions []evaluate.AskedQuestion) []evaluate.Topic {
		topics[kind] = evaluate.GroupQuestions(questions, 1)
		return topics[kind]
	}); err != nil {
		t.Fatal(err)
	}
	byHand := func(kind evaluate.TopicKind, from, to time.Time, least int) []office.TopicView {
		var views []office.TopicView
		for _, topic := range topics[kind] {
			var view office.TopicView
			all := make(map[string]bool)
			type stem struct {
				weight float64
				having map[string]bool
				forms  map[string]float64
			}
			stems := make(map[string]*stem)
			for _, q := range topic.Questions {
				turn, ok := turns[q.Turn]
				if !ok || turn.at.Before(from) || !turn.at.Before(to) {
					continue
				}
				view.Questions++
				if !turn.answered {
					view.Unanswered++
				}
				all[turn.Conversation] = true
				if len(view.Examples) < 12 {
					view.Examples = append(view.Examples, turn.Question)
				}
				for _, w := range q.Words {
					s := stems[w.Stem]
					if s == nil {
						s = &stem{having: make(map[string]bool), forms: make(map[string]float64)}
						stems[w.Stem] = s
					}
					weight := float64(float32(w.Weight)) // as it is stored
					s.weight, s.having[turn.Conversation], s.forms[w.Word] = s.weight+weight, true, s.forms[w.Word]+weight
				}
			}
			view.Conversations = len(all)
			names := slices.Sorted(maps.Keys(stems))
			sort.SliceStable(names, func(i, j int) bool { return stems[names[i]].weight > stems[names[j]].weight })
			for _, name := range names {
				s := stems[name]
				if len(s.having) < least || len(view.Words) == evaluate.NameWords {
					continue
				}
				word := evaluate.TopicWord{Weight: s.weight, Conversations: len(s.having)}
				for _, form := range slices.Sorted(maps.Keys(s.forms)) {
					if word.Word == "" || s.forms[form] > s.forms[word.Word] {
						word.Word = form
					}
				}
				view.Words = append(view.Words, word)
			}
			if view.Questions > 0 {
				views = append(views, view)
			}
		}
		sort.SliceStable(views, func(i, j int) bool { return views[i].Questions > views[j].Questions })
		return views
	}
	compare := func(when string) {
		t.Helper()
		words := 0
		for range 30 {
			from := day.Add(time.Duration(rng.IntN(40)) * 6 * time.Hour)
			to := from.Add(time.Duration(rng.IntN(40)) * 6 * time.Hour)
			for kind := range topics {
				for _, least := range []int{1, 3} {
					got, err := m.Topics(ctx, kind, from, to, least)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(byHand(kind, from, to, least), got.Topics, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
						t.Fatalf("%s, %s from %s to %s, words of %d conversations (-want +got):\n%s", when, kind, from, to, least, diff)
					}
					for _, topic := range got.Topics {
						words += len(topic.Words)
					}
				}
			}
		}
		if words == 0 {
			t.Errorf("%s: no topic has a word", when)
		}
	}
	compare("as grouped")
	for _, gone := range conversations[:8] {
		if _, err := b.store.DeleteConversation(ctx, gone); err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(turns, func(_ string, turn asked) bool { return turn.Conversation == gone })
	}
	compare("after deleting")
}

// Topics of before the change of their tables are made anew, and also after going back.
func TestTopicsOfAnOlderSchema(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	turn := b.ended(t, "Wie zijn de leden?", corpus.Answer{})
	b.ended(t, "Wie zijn de leden?", corpus.Answer{})
	m := postgres.NewMonitor(b.db)
	group := func(want bool) {
		t.Helper()
		if did, err := (evaluate.Topics{Store: m}).Once(ctx, time.Hour); err != nil || did != want {
			t.Fatalf("grouping: %v (%v), want %v", did, err, want)
		}
	}
	group(true)
	group(false)
	migration, err := migrations.FS.ReadFile("00020_topic_words.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, down, _ := strings.Cut(string(migration), "-- +goose Down")
	for _, statements := range []string{
		down,
		`WITH topic AS (INSERT INTO topics (kind) VALUES ('asked') RETURNING id)
		INSERT INTO topic_questions (topic_id, turn_id, conversation_id, asked_at, answered, closeness, words, weights)
		SELECT id, '` + turn.ID + `', '` + turn.Conversation + `', now(), true, 1, '{leden}', '{0.5}' FROM topic;
		INSERT INTO monitor_jobs (job, done_at) VALUES ('topics', now())`,
		up,
	} {
		if _, err := b.db.Pool().Exec(ctx, statements); err != nil {
			t.Fatal(err)
		}
	}
	b.db.Pool().Reset() // statements of before
	group(true)
	report, err := m.Topics(ctx, evaluate.TopicsAsked, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Topics) != 1 || report.Topics[0].Questions != 2 || report.Topics[0].Conversations != 2 || evaluate.TopicName(report.Topics[0].Words, 2) != "leden" {
		t.Errorf("topics: %+v", report.Topics)
	}
}
