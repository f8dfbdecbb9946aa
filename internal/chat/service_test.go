package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// answererFunc makes a function an Answerer.
type answererFunc func(ctx context.Context, req answer.Request, emit func(answer.Event) error) (corpus.Answer, error)

func (f answererFunc) Answer(ctx context.Context, req answer.Request, emit func(answer.Event) error) (corpus.Answer, error) {
	return f(ctx, req, emit)
}

// sentences answers with n sentences, each with a citation of its own, with a pause
// before each.
func sentences(n int, pause time.Duration) answererFunc {
	return func(ctx context.Context, _ answer.Request, emit func(answer.Event) error) (corpus.Answer, error) {
		a := corpus.Answer{Status: corpus.Answered, Completeness: corpus.Complete, Model: "test", Usage: &corpus.Usage{PromptTokens: 7}}
		if err := emit(answer.Progress{Stage: answer.StageSearching}); err != nil {
			return a, err
		}
		for i := range n {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return a, ctx.Err()
			}
			c := corpus.Citation{N: i + 1, Quote: fmt.Sprintf("Zin %d.", i+1), Page: 1}
			s := corpus.Sentence{Text: fmt.Sprintf("Zin %d.", i+1), Citations: []int{i + 1}}
			if err := emit(c); err != nil {
				return a, err
			}
			if err := emit(answer.IndexedSentence{Index: i, Sentence: s}); err != nil {
				return a, err
			}
			a.Citations, a.Sentences = append(a.Citations, c), append(a.Sentences, s)
			a.Text += fmt.Sprintf("%s [%d] ", s.Text, i+1)
		}
		return a, nil
	}
}

// inBubble runs f with a Service in a synctest bubble: time is fake.
func inBubble(t *testing.T, cfg Config, f func(t *testing.T, s *Service, m *memory)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		cfg.Store = m
		s := New(cfg)
		closed := false
		defer func() {
			if !closed {
				s.Close(t.Context())
			}
		}()
		f(t, s, m)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s.Close(ctx)
		closed = true
	})
}

// collect reads a stream to its end and checks the numbering.
func collect(t *testing.T, st *Stream, after int) []Event {
	t.Helper()
	var events []Event
	for {
		e, err := st.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("event after %d: %v", after+len(events), err)
		}
		events = append(events, e)
		if e.Seq != after+len(events) {
			t.Fatalf("event %d has seq %d", after+len(events), e.Seq)
		}
		if e.Turn != st.Turn() {
			t.Fatalf("event of turn %s on the stream of %s", e.Turn, st.Turn())
		}
	}
	return events
}

func kinds(events []Event) string {
	var names []string
	for _, e := range events {
		names = append(names, string(e.Type))
	}
	return strings.Join(names, " ")
}

func payload[T any](t *testing.T, e Event) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(e.Payload, &v); err != nil {
		t.Fatalf("payload of %s: %v", e.Type, err)
	}
	return v
}

// problemOf checks that err is p in Dutch.
func wantProblem(t *testing.T, err error, p Problem) {
	t.Helper()
	var user *corpus.UserError
	want := p.Err("nl", nil)
	if !errors.As(err, &user) || user.Code != want.Code || user.Message != want.Message {
		t.Fatalf("error %v, want %s %q", err, want.Code, want.Message)
	}
}

func TestTurn(t *testing.T) {
	inBubble(t, Config{Answerer: sentences(2, time.Second)}, func(t *testing.T, s *Service, m *memory) {
		st, err := s.Ask(t.Context(), Ask{Question: "  Wat is de SER? Mijn bsn is 123456782  ", ClientID: "q1"})
		if err != nil {
			t.Fatal(err)
		}
		events := collect(t, st, 0)
		if got, want := kinds(events), "accepted progress citation sentence citation sentence done"; got != want {
			t.Fatalf("events %s, want %s", got, want)
		}
		accepted := payload[Accepted](t, events[0])
		if accepted.ID != "q1" || accepted.Question != "Wat is de SER? Mijn bsn is [bsn]" || accepted.Lang != "nl" ||
			!cmp.Equal(accepted.Masked, []string{MaskBSN}) || accepted.Notice == "" {
			t.Errorf("accepted %+v", accepted)
		}
		a := payload[corpus.Answer](t, events[len(events)-1])
		if a.ID != st.Turn() || a.Conversation != accepted.Conversation || a.Question != accepted.Question ||
			a.Status != corpus.Answered || !a.AIGenerated || a.Lang != "nl" || !cmp.Equal(a.Masked, accepted.Masked) {
			t.Errorf("answer %+v", a)
		}
		if a.Timing.FirstSentence != 1000 || a.Timing.Total != 2000 {
			t.Errorf("timing %+v, want 1000 and 2000 ms", a.Timing)
		}
		if m.turns[st.Turn()].Question != accepted.Question {
			t.Errorf("stored question %q is not masked", m.turns[st.Turn()].Question)
		}
		// The wire form has the fields of the payload at the top level.
		var wire map[string]any
		if err := json.Unmarshal(events[0].AppendJSON(nil), &wire); err != nil {
			t.Fatal(err)
		}
		if wire["type"] != "accepted" || wire["turn"] != st.Turn() || wire["seq"] != 1.0 || wire["id"] != "q1" {
			t.Errorf("wire %v", wire)
		}
		// Everything again from everywhere.
		for after := range events {
			again, err := s.Resume(t.Context(), st.Turn(), after, "nl")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(events[after:], collect(t, again, after)); diff != "" {
				t.Errorf("resumed after %d: %s", after, diff)
			}
			again.Close()
		}
		st.Close()
		if n := s.Stats().Followers; n != 0 {
			t.Errorf("%d followers left", n)
		}
	})
}

func TestAskRefuses(t *testing.T) {
	answerer := sentences(1, 0)
	inBubble(t, Config{Answerer: answerer}, func(t *testing.T, s *Service, m *memory) {
		tests := []struct {
			name string
			ask  Ask
			want Problem
		}{
			{"nothing", Ask{}, ProblemEmpty},
			{"space", Ask{Question: " \n\t\u00a0"}, ProblemEmpty},
			{"nothing visible", Ask{Question: "\u200b\u200e\x00"}, ProblemEmpty},
			{"2,001 characters", Ask{Question: strings.Repeat("é", 2001)}, ProblemTooLong},
			{"too long when masked", Ask{Question: strings.Repeat("a@b.nl ", 285)}, ProblemTooLong},
			{"language", Ask{Question: "Was?", Lang: "de"}, ProblemLang},
			{"conversation", Ask{Question: "Wat?", Lang: "nl", Conversation: "x"}, ProblemConversationForm},
			{"conversation in braces", Ask{Question: "Wat?", Lang: "nl", Conversation: "{01890a5d-ac96-774b-bcce-b302099a8057}"}, ProblemConversationForm},
			{"unknown conversation", Ask{Question: "Wat?", Lang: "nl", Conversation: "01890a5d-ac96-774b-bcce-b302099a8057"}, ProblemConversationGone},
			{"client id", Ask{Question: "Wat?", Lang: "nl", ClientID: strings.Repeat("x", 201)}, ProblemClientID},
		}
		for _, tt := range tests {
			_, err := s.Ask(t.Context(), tt.ask)
			var user *corpus.UserError
			if !errors.As(err, &user) {
				t.Fatalf("%s: error %v is not for users", tt.name, err)
			}
			if want := tt.want.Err("nl", nil); user.Code != want.Code || (user.Message != want.Message && user.Message != tt.want.Err("en", nil).Message) {
				t.Errorf("%s: error %v, want %v", tt.name, err, want)
			}
		}
		if len(m.turns) != 0 {
			t.Errorf("%d turns were made", len(m.turns))
		}
		for _, question := range []string{strings.Repeat("é", 2000), "bidi \u202e mark", "\xff\x00?", "😀"} {
			if _, err := s.Answer(t.Context(), Ask{Question: question}); err != nil {
				t.Errorf("question %.20q: %v", question, err)
			}
		}
	})
}

func TestHistory(t *testing.T) {
	var mu sync.Mutex
	var seen []answer.Request
	answerer := answererFunc(func(_ context.Context, req answer.Request, _ func(answer.Event) error) (corpus.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, req)
		return corpus.Answer{Status: corpus.NoAnswer, Text: "antwoord op " + req.Question}, nil
	})
	inBubble(t, Config{Answerer: answerer, History: 2}, func(t *testing.T, s *Service, _ *memory) {
		conversation := ""
		for i := range 4 {
			a, err := s.Answer(t.Context(), Ask{Question: fmt.Sprintf("vraag %d", i), Conversation: conversation, Lang: "nl"})
			if err != nil {
				t.Fatal(err)
			}
			conversation = a.Conversation
		}
		want := []answer.Exchange{{Question: "vraag 1", Answer: "antwoord op vraag 1"}, {Question: "vraag 2", Answer: "antwoord op vraag 2"}}
		if diff := cmp.Diff(want, seen[3].History); diff != "" {
			t.Errorf("history of the fourth question: %s", diff)
		}
		if seen[0].History != nil {
			t.Errorf("history of the first question: %v", seen[0].History)
		}
	})
}

// TestFailures: whatever the answerer does, the turn ends once, in words for people.
func TestFailures(t *testing.T) {
	tests := []struct {
		name     string
		answerer answererFunc
		want     Problem
	}{
		{"error", func(context.Context, answer.Request, func(answer.Event) error) (corpus.Answer, error) {
			return corpus.Answer{}, errBroken
		}, ProblemInternal},
		{"panic", func(context.Context, answer.Request, func(answer.Event) error) (corpus.Answer, error) {
			panic("oops")
		}, ProblemInternal},
		{"no status", func(context.Context, answer.Request, func(answer.Event) error) (corpus.Answer, error) {
			return corpus.Answer{}, nil
		}, ProblemInternal},
		{"sentence before its citation", func(_ context.Context, _ answer.Request, emit func(answer.Event) error) (corpus.Answer, error) {
			return corpus.Answer{}, emit(answer.IndexedSentence{Sentence: corpus.Sentence{Text: "Zo.", Citations: []int{1}}})
		}, ProblemInternal},
		{"unknown event", func(_ context.Context, _ answer.Request, emit func(answer.Event) error) (corpus.Answer, error) {
			return corpus.Answer{}, emit("hallo")
		}, ProblemInternal},
		{"NUL", func(_ context.Context, _ answer.Request, emit func(answer.Event) error) (corpus.Answer, error) {
			return corpus.Answer{}, emit(answer.IndexedSentence{Sentence: corpus.Sentence{Text: "a\x00b"}})
		}, ProblemInternal},
		{"too long", func(ctx context.Context, _ answer.Request, _ func(answer.Event) error) (corpus.Answer, error) {
			<-ctx.Done()
			return corpus.Answer{}, ctx.Err()
		}, ProblemTimeout},
		{"too long and deaf", func(context.Context, answer.Request, func(answer.Event) error) (corpus.Answer, error) {
			time.Sleep(time.Hour)
			return corpus.Answer{}, nil
		}, ProblemTimeout},
		{"error for people", func(context.Context, answer.Request, func(answer.Event) error) (corpus.Answer, error) {
			return corpus.Answer{}, fmt.Errorf("asking: %w", ProblemBusy.Err("nl", nil))
		}, ProblemBusy},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, Config{Answerer: tt.answerer}, func(t *testing.T, s *Service, m *memory) {
				st, err := s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
				if err != nil {
					t.Fatal(err)
				}
				events := collect(t, st, 0)
				f := payload[Failure](t, events[len(events)-1])
				want := tt.want.Err("nl", nil)
				if kinds(events) != "accepted error" || f.Code != want.Code || f.Message != want.Message {
					t.Fatalf("events %s, failure %+v, want %v", kinds(events), f, want)
				}
				if f.RetryAfter != int(want.RetryAfter.Seconds()) {
					t.Errorf("retry after %d s, want %v", f.RetryAfter, want.RetryAfter)
				}
				if m.turns[st.Turn()].status != corpus.Error {
					t.Errorf("status %s", m.turns[st.Turn()].status)
				}
				time.Sleep(2 * time.Hour) // for the deaf one to come back: it can add nothing
				if got := m.turns[st.Turn()].events; len(got) != 2 {
					t.Errorf("%d events after the end", len(got))
				}
			})
		})
	}
}

func TestStop(t *testing.T) {
	inBubble(t, Config{Answerer: sentences(10, time.Second)}, func(t *testing.T, s *Service, m *memory) {
		st, err := s.Ask(t.Context(), Ask{Question: "Wat is de SER?", Lang: "nl"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2500 * time.Millisecond)
		if err := s.Stop(t.Context(), st.Turn(), "nl"); err != nil {
			t.Fatal(err)
		}
		events := collect(t, st, 0)
		if got, want := kinds(events), "accepted progress citation sentence citation sentence done"; got != want {
			t.Fatalf("events %s, want %s", got, want)
		}
		a := payload[corpus.Answer](t, events[len(events)-1])
		if a.Status != corpus.Partial || a.Completeness != corpus.Incomplete || !a.Stopped ||
			a.Text != "Zin 1. [1] Zin 2. [2]" || len(a.Sentences) != 2 || len(a.Citations) != 2 ||
			a.Model != "test" || a.Usage == nil || a.Usage.PromptTokens != 7 {
			t.Errorf("answer %+v", a)
		}
		if err := s.Stop(t.Context(), st.Turn(), "nl"); err != nil {
			t.Errorf("stopping twice: %v", err)
		}
		wantProblem(t, s.Stop(t.Context(), "01890a5d-ac96-774b-bcce-b302099a8057", "nl"), ProblemTurnGone)
		wantProblem(t, s.Stop(t.Context(), "x", "nl"), ProblemTurnForm)

		// Before anything was shown, and by another server: by signal, and when that
		// is lost by the lease.
		other := New(Config{Store: m, Answerer: sentences(1, 0)})
		defer other.Close(t.Context())
		for _, lost := range []error{nil, errBroken} {
			m.setFailing("Notify", lost)
			st, err := s.Ask(t.Context(), Ask{Question: "Wat is de SER?", Lang: "nl"})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(500 * time.Millisecond)
			if err := other.Stop(t.Context(), st.Turn(), "nl"); err != nil {
				t.Fatal(err)
			}
			events := collect(t, st, 0)
			a := payload[corpus.Answer](t, events[len(events)-1])
			if a.Status != corpus.Partial || !a.Stopped || (lost == nil) != (len(a.Sentences) == 0) || a.Text == "" {
				t.Errorf("signals fail with %v: answer %+v", lost, a)
			}
			if len(a.Sentences) > 5 {
				t.Errorf("stopped after %d seconds", len(a.Sentences))
			}
		}
	})
}

func TestQueue(t *testing.T) {
	cfg := Config{Answerer: sentences(1, 40*time.Second), Workers: 1, Queue: 2, QueueTimeout: time.Minute}
	inBubble(t, cfg, func(t *testing.T, s *Service, _ *memory) {
		var streams []*Stream
		for range 3 {
			st, err := s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
			if err != nil {
				t.Fatal(err)
			}
			streams = append(streams, st)
		}
		_, err := s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
		wantProblem(t, err, ProblemBusy)
		synctest.Wait()
		if got, want := s.Stats(), (Stats{Running: 1, Waiting: 2, Followers: 3}); got != want {
			t.Errorf("stats %+v, want %+v", got, want)
		}
		var busy int
		for _, st := range streams {
			events := collect(t, st, 0)
			last := events[len(events)-1]
			if last.Type == EventError && payload[Failure](t, last).Code == corpus.CodeBusy {
				busy++
			}
		}
		if busy != 1 { // the first at 40 s, the second at 80 s, the third gave up at 60 s
			t.Errorf("%d turns waited too long, want 1", busy)
		}
		if _, err := s.Answer(t.Context(), Ask{Question: "Wat?", Lang: "nl"}); err != nil {
			t.Errorf("after the crowd: %v", err)
		}
	})
}

func TestLostServer(t *testing.T) {
	inBubble(t, Config{Answerer: sentences(100, time.Second)}, func(t *testing.T, s *Service, m *memory) {
		// A server that is gone: it accepted, sent something, and renews no more.
		dead := NewTurn{ID: "01890a5d-ac96-774b-bcce-b302099a8057", Conversation: "c", NewConversation: true, Question: "What?", Lang: "en", Lease: 15 * time.Second}
		if err := m.Accept(t.Context(), dead, Event{Turn: dead.ID, Seq: 1, Type: EventAccepted, Payload: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
		if err := m.Append(t.Context(), dead.ID, []Event{{Turn: dead.ID, Seq: 2, Type: EventProgress, Payload: []byte(`{}`)}}); err != nil {
			t.Fatal(err)
		}
		alive, err := s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
		if err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		st, err := s.Resume(t.Context(), dead.ID, 1, "en")
		if err != nil {
			t.Fatal(err)
		}
		events := collect(t, st, 1)
		f := payload[Failure](t, events[len(events)-1])
		if kinds(events) != "progress error" || f.Code != corpus.CodeInternal || f.Message != ProblemLost.Err("en", nil).Message {
			t.Errorf("events %s, failure %+v", kinds(events), f)
		}
		if waited := time.Since(started); waited > 21*time.Second {
			t.Errorf("ended after %v, want at most the lease and a third", waited)
		}
		// The living one is not touched, however long it takes.
		if events := collect(t, alive, 0); events[len(events)-1].Type != EventDone {
			t.Errorf("the living turn ended with %s", kinds(events))
		}
	})
}

func TestDatabaseAway(t *testing.T) {
	inBubble(t, Config{Answerer: sentences(5, 2*time.Second)}, func(t *testing.T, s *Service, m *memory) {
		st, err := s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		for _, method := range []string{"Append", "Finish", "Events", "Renew", "Accept", "EndExpired", "Notify"} {
			m.setFailing(method, errBroken)
		}
		_, err = s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
		wantProblem(t, err, ProblemInternal)
		time.Sleep(7 * time.Second)
		for method := range m.fail {
			m.setFailing(method, nil)
		}
		var events []Event
		for {
			e, err := st.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				events = append(events, e)
			}
		}
		want := "accepted progress" + strings.Repeat(" citation sentence", 5) + " done"
		if kinds(events) != want {
			t.Errorf("events %s, want %s", kinds(events), want)
		}
	})
}

// TestDatabaseLosesEvents: events that a crash of the database took are written
// again before newer ones, so that no follower can see a gap.
func TestDatabaseLosesEvents(t *testing.T) {
	for _, n := range []int{2, 3} { // before the end, and with another sentence to come
		inBubble(t, Config{Answerer: sentences(n, time.Second)}, func(t *testing.T, s *Service, m *memory) {
			st, err := s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(1500 * time.Millisecond)
			m.mu.Lock()
			m.turns[st.Turn()].events = m.turns[st.Turn()].events[:1]
			m.mu.Unlock()
			if n == 3 {
				time.Sleep(time.Second)
			}
			again, err := s.Resume(t.Context(), st.Turn(), 0, "nl")
			if err != nil {
				t.Fatal(err)
			}
			live := collect(t, st, 0)
			if diff := cmp.Diff(live, collect(t, again, 0)); diff != "" {
				t.Error(diff)
			}
			if got := len(m.turns[st.Turn()].events); got != 2*n+3 || got != len(live) {
				t.Errorf("%d events are stored, %d were sent, want %d", got, len(live), 2*n+3)
			}
		})
	}
}

func TestDeleteConversation(t *testing.T) {
	inBubble(t, Config{Answerer: sentences(10, time.Second)}, func(t *testing.T, s *Service, m *memory) {
		st, err := s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
		if err != nil {
			t.Fatal(err)
		}
		first, err := st.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conversation := payload[Accepted](t, first).Conversation
		time.Sleep(1500 * time.Millisecond)
		if err := s.DeleteConversation(t.Context(), conversation, "nl"); err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = st.Next(t.Context())
		}
		wantProblem(t, err, ProblemTurnGone)
		time.Sleep(time.Minute)
		if len(m.turns) != 0 {
			t.Errorf("%d turns came back", len(m.turns))
		}
		wantProblem(t, s.DeleteConversation(t.Context(), conversation, "nl"), ProblemConversationGone)
		_, err = s.Resume(t.Context(), st.Turn(), 0, "nl")
		wantProblem(t, err, ProblemTurnGone)
		_, err = s.Turns(t.Context(), conversation)
		wantProblem(t, err, ProblemConversationGone)
	})
}

func TestRetention(t *testing.T) {
	inBubble(t, Config{Answerer: sentences(1, 0), Retention: 24 * time.Hour}, func(t *testing.T, s *Service, m *memory) {
		if _, err := s.Answer(t.Context(), Ask{Question: "Wat?", Lang: "nl"}); err != nil {
			t.Fatal(err)
		}
		count := func() int {
			m.mu.Lock()
			defer m.mu.Unlock()
			return len(m.turns)
		}
		time.Sleep(23*time.Hour + time.Minute)
		if count() != 1 {
			t.Error("deleted too early")
		}
		time.Sleep(2 * time.Hour)
		if count() != 0 {
			t.Error("kept too long")
		}
	})
}

func TestClose(t *testing.T) {
	inBubble(t, Config{Answerer: sentences(10, time.Second)}, func(t *testing.T, s *Service, _ *memory) {
		short, err := s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		long, err := s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		s.Close(ctx)
		_, err = s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
		wantProblem(t, err, ProblemBusy)
		if events := collect(t, short, 0); events[len(events)-1].Type != EventDone {
			t.Errorf("the turn that had time: %s", kinds(events))
		}
		events := collect(t, long, 0)
		last := events[len(events)-1]
		if last.Type != EventError || payload[Failure](t, last).Message != ProblemShutdown.Err("nl", nil).Message {
			t.Errorf("the turn that had none: %s %s", kinds(events), last.Payload)
		}
	})
}

// TestSlowFollower: one that lags reads from the database, and misses nothing.
func TestSlowFollower(t *testing.T) {
	inBubble(t, Config{Answerer: sentences(400, time.Millisecond)}, func(t *testing.T, s *Service, m *memory) {
		st, err := s.Ask(t.Context(), Ask{Question: "Wat?", Lang: "nl"})
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; ; i++ {
			e, err := st.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || e.Seq != i {
				t.Fatalf("event %d: %+v, %v", i, e, err)
			}
			time.Sleep(time.Duration(i%7) * time.Millisecond)
		}
		if m.calls["Events"] == 0 {
			t.Error("the follower never lagged: the test tests nothing")
		}
	})
}

func TestHasNUL(t *testing.T) {
	for text, want := range map[string]bool{"": false, "a\x00": true, `\u0000`: false, `\` + "\x00": true, `\\u0000`: false, "x": false, `\u0000` + "\x00": true} {
		b, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := hasNUL(b); got != want {
			t.Errorf("hasNUL(%s) = %v", b, got)
		}
	}
}

// TestAskAgain: a question that is sent again under the same UUID is the same turn.
func TestAskAgain(t *testing.T) {
	const name = "6f0fbf7e-9f0e-4a2b-8f83-0a4c1b3d5e7f"
	same := Ask{Question: "Wie betaalt de SER?", Lang: "nl", ClientID: name}
	inBubble(t, Config{Answerer: sentences(2, time.Second), Workers: 1, Queue: 1}, func(t *testing.T, s *Service, m *memory) {
		ask := func(a Ask) *Stream {
			t.Helper()
			st, err := s.Ask(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(st.Close)
			return st
		}
		first := ask(same)
		whole := collect(t, first, 0)
		spaced := same
		spaced.Question = "  Wie betaalt de SER?\n"
		for _, a := range []Ask{same, spaced} { // after its end
			again := ask(a)
			if again.Turn() != first.Turn() {
				t.Fatalf("asked again: turn %s, was %s", again.Turn(), first.Turn())
			}
			if got := collect(t, again, 0); kinds(got) != kinds(whole) {
				t.Errorf("asked again: %s, was %s", kinds(got), kinds(whole))
			}
		}
		for what, a := range map[string]Ask{
			"another question":     {Question: "Wat is de SER?", Lang: "nl", ClientID: name},
			"another name":         {Question: same.Question, Lang: "nl", ClientID: "6f0fbf7e-9f0e-4a2b-8f83-0a4c1b3d5e80"},
			"another language":     {Question: same.Question, Lang: "en", ClientID: name},
			"another conversation": {Question: same.Question, Lang: "nl", ClientID: name, Conversation: payload[Accepted](t, whole[0]).Conversation},
		} {
			if st := ask(a); st.Turn() == first.Turn() {
				t.Errorf("%s is the same turn", what)
			} else {
				collect(t, st, 0)
			}
		}
		plain := Ask{Question: same.Question, Lang: "nl", ClientID: "q1"}
		one, two := ask(plain), ask(plain)
		if one.Turn() == two.Turn() {
			t.Error("a name that anybody may use joins turns")
		}
		// While it runs, and also when nothing new is taken on.
		if _, err := s.Ask(t.Context(), Ask{Question: "Vol?", Lang: "nl"}); err == nil {
			t.Fatal("the service is not full")
		}
		collect(t, one, 0)
		collect(t, two, 0)
		running := same
		running.ClientID = "6f0fbf7e-9f0e-4a2b-8f83-0a4c1b3d5e81"
		a := ask(running)
		ask(plain)
		if b := ask(running); b.Turn() != a.Turn() {
			t.Error("asked again while it runs: another turn")
		} else if got := collect(t, b, 0); kinds(got) != kinds(whole) {
			t.Errorf("asked again while it runs: %s", kinds(got))
		}
		if n := len(m.order); n != 9 {
			t.Errorf("%d turns", n)
		}
	})
}

// TestBroughtHistory: a client that keeps the conversation itself brings it; no more
// of it is taken than a conversation here would give, and it is masked.
func TestBroughtHistory(t *testing.T) {
	var seen answer.Request
	answerer := answererFunc(func(_ context.Context, req answer.Request, _ func(answer.Event) error) (corpus.Answer, error) {
		seen = req
		return corpus.Answer{Status: corpus.NoAnswer, Text: "Nee."}, nil
	})
	inBubble(t, Config{Answerer: answerer, History: 2}, func(t *testing.T, s *Service, _ *memory) {
		_, err := s.Answer(t.Context(), Ask{Question: "En nu?", Lang: "nl", History: []answer.Exchange{
			{Question: "Eerste", Answer: "1"}, {Question: "Bel 0612345678", Answer: "Of a@b.nl\x00"}, {Question: " ", Answer: "niets"}, {Question: strings.Repeat("é", MaxQuestion+1)},
		}})
		if err != nil {
			t.Fatal(err)
		}
		want := []answer.Exchange{{Question: "Bel [telefoon]", Answer: "Of [e-mail]"}, {Question: strings.Repeat("é", MaxQuestion)}}
		if diff := cmp.Diff(want, seen.History); diff != "" {
			t.Error(diff)
		}
	})
}
