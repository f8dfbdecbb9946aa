package postgres_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/server"
)

func TestFeedback(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	store := postgres.NewFeedback(b.db)
	f := server.Feedback{Conversation: b.turn.Conversation, Turn: b.turn.ID, Sentence: 2, Comment: "Klopt niet 🙂"}
	var user *corpus.UserError
	refused := func(what string, f server.Feedback) {
		t.Helper()
		if err := store.Give(ctx, f); !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("a running turn", f)
	if err := b.store.Finish(ctx, b.turn.ID, chat.Ending{Status: corpus.Answered, Answer: &corpus.Answer{}, Events: []chat.Event{event(b.turn.ID, 2, chat.EventDone)}}); err != nil {
		t.Fatal(err)
	}
	other := f
	other.Conversation = uuid.NewString()
	refused("another conversation", other)

	for _, f := range []server.Feedback{f, {Conversation: f.Conversation, Turn: f.Turn, Useful: true, Source: 1}} {
		if err := store.Give(ctx, f); err != nil {
			t.Fatal(err)
		}
		given, err := store.Given(ctx, f.Conversation)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]server.Feedback{f.Turn: f}, given); diff != "" {
			t.Error(diff)
		}
	}

	if _, err := b.store.DeleteConversation(ctx, f.Conversation); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := b.db.Pool().QueryRow(ctx, `SELECT count(*) FROM feedback`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows left, %v", left, err)
	}
}

func TestLibraryVersionsAndAge(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	lib := postgres.NewLibrary(b.db)
	at, err := lib.UpdatedAt(ctx, "")
	if err != nil || !at.IsZero() {
		t.Errorf("an empty corpus is of %s, %v", at, err)
	}
	addVersion(t, b.db, "a", 1, "superseded", "Eén")
	addVersion(t, b.db, "a", 2, "current", "Twee")
	addVersion(t, b.db, "a", 3, "pending", "Drie")
	versions, err := lib.Versions(ctx, "a")
	if err != nil || len(versions) != 2 || versions[0].Number != 2 || !versions[0].Current || versions[1].Number != 1 || versions[1].Current || versions[1].Published.IsZero() {
		t.Errorf("versions %+v, %v", versions, err)
	}
	var first int64
	days := []time.Time{time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)}
	for i := range days {
		var id int64
		if err := b.db.Pool().QueryRow(ctx, `INSERT INTO corpus_changes (version_id, live, at) SELECT min(id), true, $1 FROM versions RETURNING id`, days[i]).Scan(&id); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = id
		}
	}
	for state, want := range map[string]time.Time{"": days[1], "x": days[1], "999999": days[1], strconv.FormatInt(first, 10): days[0]} {
		if at, err := lib.UpdatedAt(ctx, state); err != nil || !at.Equal(want) {
			t.Errorf("state %q is of %s, %v", state, at, err)
		}
	}
}
