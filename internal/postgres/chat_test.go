package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
)

// chatBundle is a store with a running turn.
type chatBundle struct {
	db    *postgres.DB
	store *postgres.Chat
	turn  chat.NewTurn
}

func setupChat(t *testing.T) *chatBundle {
	t.Helper()
	b := &chatBundle{db: postgrestest.New(t)}
	b.store = b.db.Chat()
	b.turn = b.accept(t, "", time.Minute)
	return b
}

// accept stores a turn, in a new conversation when none is given.
func (b *chatBundle) accept(t *testing.T, conversation string, lease time.Duration) chat.NewTurn {
	t.Helper()
	turn := chat.NewTurn{
		ID: uuid.Must(uuid.NewV7()).String(), Conversation: conversation, Question: "Wat is de SER?", Lang: "nl",
		Filter: corpus.Filter{Types: []string{"advies"}, YearFrom: 2010}, Lease: lease,
	}
	if conversation == "" {
		turn.Conversation, turn.NewConversation = uuid.NewString(), true
	}
	if err := b.store.Accept(t.Context(), turn, event(turn.ID, 1, chat.EventAccepted)); err != nil {
		t.Fatal(err)
	}
	return turn
}

func event(turn string, seq int, kind chat.EventType) chat.Event {
	return chat.Event{Turn: turn, Seq: seq, Type: kind, Payload: json.RawMessage(fmt.Sprintf(`{"n": %d}`, seq))}
}

func (b *chatBundle) events(t *testing.T, turn string, after int) ([]chat.Event, bool) {
	t.Helper()
	events, ended, err := b.store.Events(t.Context(), turn, after, 100)
	if err != nil {
		t.Fatal(err)
	}
	return events, ended
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

func TestChatTurn(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx, id := t.Context(), b.turn.ID

	all := []chat.Event{
		event(id, 1, chat.EventAccepted), event(id, 2, chat.EventProgress), event(id, 3, chat.EventSentence), event(id, 4, chat.EventDone),
	}
	wantErr(t, "a gap", b.store.Append(ctx, id, all[2:3]), chat.ErrMissing)
	for range 2 { // the second is a repeated call
		if err := b.store.Append(ctx, id, all[1:3]); err != nil {
			t.Fatal(err)
		}
	}
	if events, ended := b.events(t, id, 1); ended || !cmp.Equal(events, all[1:3]) {
		t.Errorf("events %v, ended %v", events, ended)
	}
	if events, ended := b.events(t, id, 1<<40); ended || events != nil {
		t.Errorf("events %v, ended %v", events, ended)
	}

	// Whatever a crash took comes back with the end.
	if _, err := b.db.Pool().Exec(ctx, `DELETE FROM turn_events WHERE seq = 3`); err != nil {
		t.Fatal(err)
	}
	answer := &corpus.Answer{ID: id, Status: corpus.Answered, Text: "De SER adviseert.", Sentences: []corpus.Sentence{}, Citations: []corpus.Citation{}}
	ending := chat.Ending{Status: corpus.Answered, Answer: answer, Events: all}
	if err := b.store.Finish(ctx, id, ending); err != nil {
		t.Fatal(err)
	}
	if events, ended := b.events(t, id, 0); !ended || !cmp.Equal(events, all) {
		t.Errorf("events %v, ended %v", events, ended)
	}
	if events, ended := b.events(t, id, 4); !ended || events != nil {
		t.Errorf("after the end: events %v, ended %v", events, ended)
	}
	if events, _, err := b.store.Events(ctx, id, 0, 2); err != nil || !cmp.Equal(events, all[:2]) {
		t.Errorf("limited events %v, %v", events, err)
	}

	// Nothing follows the end.
	wantErr(t, "append", b.store.Append(ctx, id, []chat.Event{event(id, 5, chat.EventSentence)}), chat.ErrEnded)
	wantErr(t, "finish", b.store.Finish(ctx, id, ending), chat.ErrEnded)
	if err := b.store.RequestStop(ctx, id); err != nil {
		t.Errorf("stop: %v", err)
	}
	if _, err := b.db.Pool().Exec(ctx, `INSERT INTO turn_events VALUES ($1, 5, 'error', '{}')`, id); err == nil {
		t.Error("the schema takes a second end")
	}

	// As history.
	next := b.accept(t, b.turn.Conversation, time.Minute)
	turns, err := b.store.Turns(ctx, b.turn.Conversation, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(turns) != 2 || turns[0].ID != id || turns[1].ID != next.ID {
		t.Fatalf("turns %+v", turns)
	}
	if diff := cmp.Diff(answer, turns[0].Answer); diff != "" {
		t.Error(diff)
	}
	if turns[0].Status != corpus.Answered || turns[1].Status != "" || turns[1].Answer != nil || !cmp.Equal(turns[0].Filter, b.turn.Filter) {
		t.Errorf("turns %+v", turns)
	}
	if turns, err := b.store.Turns(ctx, b.turn.Conversation, 1); err != nil || len(turns) != 1 || turns[0].ID != next.ID {
		t.Errorf("the last turn: %+v, %v", turns, err)
	}
}

func TestChatUnknown(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx, unknown := t.Context(), uuid.NewString()

	turn := b.turn
	turn.ID, turn.Conversation, turn.NewConversation = uuid.NewString(), unknown, false
	wantErr(t, "accept", b.store.Accept(ctx, turn, event(turn.ID, 1, chat.EventAccepted)), chat.ErrNotFound)
	_, _, err := b.store.Events(ctx, unknown, 0, 1)
	wantErr(t, "events", err, chat.ErrNotFound)
	wantErr(t, "stop", b.store.RequestStop(ctx, unknown), chat.ErrNotFound)
	wantErr(t, "append", b.store.Append(ctx, unknown, []chat.Event{event(unknown, 1, chat.EventProgress)}), chat.ErrEnded)
	wantErr(t, "finish", b.store.Finish(ctx, unknown, chat.Ending{Status: corpus.Error}), chat.ErrEnded)
	_, err = b.store.Turns(ctx, unknown, 1)
	wantErr(t, "turns", err, chat.ErrNotFound)
	_, err = b.store.DeleteConversation(ctx, unknown)
	wantErr(t, "delete", err, chat.ErrNotFound)
}

func TestChatLease(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	lost := b.accept(t, "", -time.Second)
	if err := b.store.Append(ctx, lost.ID, []chat.Event{event(lost.ID, 2, chat.EventProgress)}); err != nil {
		t.Fatal(err)
	}
	saved := b.accept(t, "", -time.Second)
	if err := b.store.RequestStop(ctx, saved.ID); err != nil {
		t.Fatal(err)
	}

	leases, err := b.store.Renew(ctx, []string{b.turn.ID, saved.ID, uuid.NewString()}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	stop := map[string]bool{}
	for _, l := range leases {
		stop[l.Turn] = l.Stop
	}
	if diff := cmp.Diff(map[string]bool{b.turn.ID: false, saved.ID: true}, stop); diff != "" {
		t.Errorf("leases: %s", diff)
	}

	payload := map[string]json.RawMessage{"nl": json.RawMessage(`{"code":"internal","message":"helaas","retry_after_s":0}`), "en": json.RawMessage(`{}`)}
	signals, err := b.store.EndExpired(ctx, 10, payload)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]chat.Signal{{Kind: chat.SignalEvent, Turn: lost.ID, Seq: 3}}, signals); diff != "" {
		t.Errorf("signals: %s", diff)
	}
	events, ended := b.events(t, lost.ID, 2)
	if !ended || len(events) != 1 || events[0].Type != chat.EventError {
		t.Errorf("events %v, ended %v", events, ended)
	}
	turns, err := b.store.Turns(ctx, lost.Conversation, 1)
	if err != nil || turns[0].Status != corpus.Error || turns[0].Failure == nil || turns[0].Failure.Message != "helaas" {
		t.Errorf("turns %+v, %v", turns, err)
	}
	if again, err := b.store.EndExpired(ctx, 10, payload); err != nil || len(again) != 0 {
		t.Errorf("ended again: %v, %v", again, err)
	}
	if leases, err := b.store.Renew(ctx, []string{lost.ID}, time.Minute); err != nil || len(leases) != 0 {
		t.Errorf("renewed what ended: %v, %v", leases, err)
	}
}

// TestChatEndedOnce: of many who end a turn at the same moment, one does.
func TestChatEndedOnce(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	for range 20 {
		turn := b.accept(t, "", -time.Second)
		results := make(chan error, 6)
		for range 3 {
			go func() {
				results <- b.store.Finish(t.Context(), turn.ID, chat.Ending{Status: corpus.Error, Events: []chat.Event{event(turn.ID, 2, chat.EventError)}})
			}()
			go func() {
				signals, err := b.store.EndExpired(t.Context(), 10, map[string]json.RawMessage{"nl": json.RawMessage(`{}`), "en": json.RawMessage(`{}`)})
				if err == nil && len(signals) == 0 {
					err = chat.ErrEnded
				}
				results <- err
			}()
		}
		ends := 0
		for range 6 {
			err := <-results
			if err == nil {
				ends++
			} else if !errors.Is(err, chat.ErrEnded) {
				t.Errorf("ending: %v", err)
			}
		}
		events, ended := b.events(t, turn.ID, 0)
		if ends != 1 || !ended || len(events) != 2 {
			t.Errorf("ended %d times with %d events", ends, len(events))
		}
	}
}

func TestChatDelete(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	running, err := b.store.DeleteConversation(ctx, b.turn.Conversation)
	if err != nil || !cmp.Equal(running, []string{b.turn.ID}) {
		t.Errorf("running %v, %v", running, err)
	}

	finish := func(turn chat.NewTurn) {
		t.Helper()
		if err := b.store.Finish(ctx, turn.ID, chat.Ending{Status: corpus.Error, Events: []chat.Event{event(turn.ID, 2, chat.EventError)}}); err != nil {
			t.Fatal(err)
		}
	}
	old, unfinished, fresh := b.accept(t, "", time.Minute), b.accept(t, "", time.Minute), b.accept(t, "", time.Minute)
	finish(old)
	finish(fresh)
	if _, err := b.db.Pool().Exec(ctx, `UPDATE conversations SET updated_at = now() - interval '31 days' WHERE id = ANY ($1::text[]::uuid[])`,
		[]string{old.Conversation, unfinished.Conversation}); err != nil {
		t.Fatal(err)
	}
	if n, err := b.store.DeleteOlder(ctx, 30*24*time.Hour, 10); err != nil || n != 1 {
		t.Errorf("deleted %d, %v", n, err)
	}
	for _, table := range []string{"turns", "turn_events", "conversations"} {
		column := map[string]string{"turns": "id", "turn_events": "turn_id", "conversations": "id"}[table]
		id := map[bool]string{true: old.Conversation, false: old.ID}[table == "conversations"]
		var n int
		if err := b.db.Pool().QueryRow(ctx, `SELECT count(*) FROM `+table+` WHERE `+column+` = $1`, id).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows of the old conversation in %s, %v", n, table, err)
		}
	}
	for _, turn := range []chat.NewTurn{unfinished, fresh} {
		if _, err := b.store.Turns(ctx, turn.Conversation, 1); err != nil {
			t.Errorf("kept conversation: %v", err)
		}
	}
}

func TestChatSignals(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	heard := make(chan chat.Signal, 10)
	ready := make(chan struct{})
	finished := make(chan error, 1)
	go func() {
		finished <- b.store.Listen(ctx, func() { close(ready) }, func(s chat.Signal) { heard <- s })
	}()
	select {
	case <-ready:
	case err := <-finished:
		t.Fatal(err)
	}
	want := []chat.Signal{{Kind: chat.SignalEvent, Turn: b.turn.ID, Seq: 7}, {Kind: chat.SignalStop, Turn: b.turn.ID}}
	if _, err := b.db.Pool().Exec(ctx, `SELECT pg_notify('vraagbaak_turns', 'nonsense')`); err != nil {
		t.Fatal(err)
	}
	if err := b.store.Notify(ctx, want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, []chat.Signal{<-heard, <-heard}); diff != "" {
		t.Error(diff)
	}
	// A broken connection is told, so that the caller listens again.
	if _, err := b.db.Pool().Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`); err != nil {
		t.Fatal(err)
	}
	if err := <-finished; err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a broken connection", err)
	}
}

// TestChatRelaxedCommit: storing events does not wait for the disk, and leaves the
// pool's connections as they were.
func TestChatRelaxedCommit(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	// A throwaway server does not wait for the disk by itself; one in use does.
	if _, err := b.db.Pool().Exec(ctx, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$`); err != nil {
		t.Fatal(err)
	}
	b.db.Pool().Reset()
	// The trigger tells what the setting is within the statement.
	if _, err := b.db.Pool().Exec(ctx, `
		CREATE TABLE seen (setting text);
		CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
		CREATE TRIGGER note AFTER INSERT ON turn_events EXECUTE FUNCTION note()`); err != nil {
		t.Fatal(err)
	}
	for seq := 2; seq < 30; seq++ {
		if err := b.store.Append(ctx, b.turn.ID, []chat.Event{event(b.turn.ID, seq, chat.EventProgress)}); err != nil {
			t.Fatal(err)
		}
		var setting string
		if err := b.db.Pool().QueryRow(ctx, `SELECT current_setting('synchronous_commit')`).Scan(&setting); err != nil || setting != "on" {
			t.Fatalf("synchronous_commit is %s afterwards, %v", setting, err)
		}
	}
	if err := b.store.Finish(ctx, b.turn.ID, chat.Ending{Status: corpus.Error, Events: []chat.Event{event(b.turn.ID, 30, chat.EventError)}}); err != nil {
		t.Fatal(err)
	}
	var off, on int
	if err := b.db.Pool().QueryRow(ctx, `SELECT count(*) FILTER (WHERE setting = 'off'), count(*) FILTER (WHERE setting = 'on') FROM seen`).Scan(&off, &on); err != nil {
		t.Fatal(err)
	}
	if off != 28 || on != 1 {
		t.Errorf("%d statements did not wait for the disk and %d did, want 28 and 1", off, on)
	}
}
