package postgres_test

import (
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/server"
)

func TestRelationsOfADocument(t *testing.T) {
	db := postgrestest.New(t)
	store, err := postgres.NewIngestStore(db)
	if err != nil {
		t.Fatal(err)
	}
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Pool().Exec(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	for id, number := range map[string]string{"oud": "10/01", "nieuw": "20/01"} {
		digest := sha256.Sum256([]byte(id))
		exec(`INSERT INTO originals (digest, media_type, content) VALUES ($1, 'text/plain', 'x')`, digest[:])
		exec(`INSERT INTO documents (id, source) VALUES ($1, 'test:' || $1)`, id)
		exec(`INSERT INTO versions (document_id, number, digest, status, title, publication, type, language, date, published_at)
			VALUES ($1, 1, $2, 'current', $1, $3, 'advies', 'nl', '2010', now())`, id, digest[:], number)
	}
	publication := func(id, number, title, date string, relations ...corpus.Relation) corpus.Publication {
		return corpus.Publication{ID: id, Metadata: corpus.Metadata{Number: number, Title: title, Date: corpus.Date(date), Language: "nl"}, Relations: relations}
	}
	err = store.SavePublications(t.Context(), []corpus.Publication{
		publication("10-01", "10/01", "Oud", "2010", corpus.Relation{Kind: corpus.Reply, Target: "https://example.org/reactie"}),
		publication("20-01", "20/01", "Nieuw", "2020", corpus.Relation{Kind: corpus.Supersedes, Target: "10/01"}, corpus.Relation{Kind: corpus.Confirms, Target: "Ouder"}),
		publication("1990-07", "1990/07", "Ouder", "1990"),
	})
	if err != nil {
		t.Fatal(err)
	}
	l := postgres.NewLibrary(db)
	read := func(document string) []server.Relation {
		t.Helper()
		relations, err := l.Relations(t.Context(), document)
		if err != nil {
			t.Fatal(err)
		}
		return relations
	}
	tests := map[string][]server.Relation{
		"oud": {
			{Kind: corpus.Reply, Title: "https://example.org/reactie"},
			{Kind: corpus.Supersedes, Incoming: true, Title: "Nieuw", Number: "20/01", Date: "2020", Language: "nl", Document: "nieuw"},
		},
		"nieuw": {
			{Kind: corpus.Confirms, Title: "Ouder", Number: "1990/07", Date: "1990", Language: "nl"},
			{Kind: corpus.Supersedes, Title: "Oud", Number: "10/01", Date: "2010", Language: "nl", Document: "oud"},
		},
		"onbekend": {},
	}
	for document, want := range tests {
		if diff := cmp.Diff(want, read(document)); diff != "" {
			t.Errorf("%s: %s", document, diff)
		}
	}
}

func TestShares(t *testing.T) {
	db := postgrestest.New(t)
	ctx := testContext(t)
	shares := postgres.NewShares(db)
	const token, other = "aaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbb"
	turn := chat.NewTurn{ID: uuid.NewString(), Conversation: uuid.NewString(), NewConversation: true, Question: "Wie?", Lang: "nl", Lease: time.Minute}
	missing := func(what string, err error) {
		t.Helper()
		var user *corpus.UserError
		if !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
			t.Errorf("%s: %v, want not found", what, err)
		}
	}
	_, err := shares.Share(ctx, turn.Conversation, token)
	missing("sharing what does not exist", err)
	accepted := chat.Event{Turn: turn.ID, Seq: 1, Type: chat.EventAccepted, Payload: []byte(`{}`)}
	store := db.Chat()
	if err := store.Accept(ctx, turn, accepted); err != nil {
		t.Fatal(err)
	}
	// The same turn is not stored twice, nor the conversation that would come with it.
	again := turn
	again.Conversation = uuid.NewString()
	wantErr(t, "accepting again", store.Accept(ctx, again, accepted), chat.ErrExists)
	if _, err := store.Turns(ctx, again.Conversation, 1); err == nil {
		t.Error("a conversation without a turn is stored")
	}
	_, err = shares.SharedAs(ctx, turn.Conversation)
	missing("before sharing", err)
	first, err := shares.Share(ctx, turn.Conversation, token)
	if err != nil {
		t.Fatal(err)
	}
	second, err := shares.Share(ctx, turn.Conversation, other)
	if err != nil || second.Token != token || !second.At.After(first.At) {
		t.Errorf("shared again: %+v after %+v, %v", second, first, err)
	}
	if got, err := shares.Shared(ctx, token); err != nil || got.Conversation != turn.Conversation {
		t.Errorf("%+v, %v", got, err)
	}
	if err := shares.Unshare(ctx, turn.Conversation); err != nil {
		t.Fatal(err)
	}
	_, err = shares.Shared(ctx, token)
	missing("after it was stopped", err)
	if _, err := shares.Share(ctx, turn.Conversation, other); err != nil {
		t.Fatal(err)
	}
	if _, err := store.DeleteConversation(ctx, turn.Conversation); err != nil {
		t.Fatal(err)
	}
	_, err = shares.Shared(ctx, other)
	missing("after the conversation was deleted", err)
}
