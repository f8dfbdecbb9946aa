package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/research"
)

func TestLists(t *testing.T) {
	db := postgrestest.New(t)
	page := corpus.Page{Number: 3, Label: "iii", Text: "Één 🙂 zin. Nog een zin.\nEn één.", Blocks: []corpus.Block{}}
	addVersion(t, db, "a", 1, "superseded", "Oud", page)
	addVersion(t, db, "a", 2, "current", "Nieuw", page)
	addVersion(t, db, "a", 3, "pending", "Straks", page)
	s := research.New(research.Config{Lists: postgres.NewLists(db)})
	ctx, id := t.Context(), research.NewListID()
	first := research.Place{Document: "a", Version: 1, Page: 3, Start: 0, End: 10}
	second := research.Place{Document: "a", Version: 2, Page: 3, Start: 11, End: 23}
	third := research.Place{Document: "a", Version: 2, Page: 3, Start: 24, End: 31}

	// Looking makes no list.
	if list, err := s.List(ctx, id); err != nil || len(list.Items) != 0 {
		t.Fatalf("before: %+v, %v", list, err)
	}
	var n int
	count := func(query string) int {
		t.Helper()
		if err := db.Pool().QueryRow(ctx, query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count(`SELECT count(*) FROM reading_lists`) != 0 {
		t.Error("looking made a list")
	}
	for _, p := range []research.Place{first, second, third, second} {
		if err := s.AddToList(ctx, id, p, "", "nl"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.AddToList(ctx, id, first, "nieuw\r\n\x00 regel ", "nl"); err != nil {
		t.Fatal(err)
	}
	read := func() research.List {
		t.Helper()
		list, err := s.List(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	list := read()
	if len(list.Items) != 3 {
		t.Fatalf("list %+v", list)
	}
	want := corpus.Citation{N: 1, Document: corpus.DocumentRef{ID: "a", Title: "Oud", Number: "14/04", Type: "advies", Date: "2014-04"},
		Version: 1, Page: 3, PageLabel: "iii", Quote: "Één 🙂 zin.", Start: 0, End: 10, URL: "/citaat/a/1/3/0-10", Reader: "pdfium"}
	if diff := cmp.Diff(want, list.Items[0].Citation); diff != "" {
		t.Error(diff)
	}
	if list.Items[0].Note != "nieuw\n  regel" || time.Since(list.Items[0].Added) > time.Hour {
		t.Errorf("item %+v", list.Items[0])
	}
	order := func() string {
		var quotes []string
		for _, item := range read().Items {
			quotes = append(quotes, item.Citation.Quote)
		}
		return strings.Join(quotes, "|")
	}
	const one, two, three = "Één 🙂 zin.", "Nog een zin.", "En één."
	for _, tt := range []struct {
		item, to int
		want     string
	}{
		{0, 2, two + "|" + three + "|" + one},
		{0, 99, two + "|" + three + "|" + one},
		{0, 1, two + "|" + one + "|" + three},
		{2, 0, three + "|" + two + "|" + one},
		{0, -5, one + "|" + three + "|" + two},
	} {
		if err := s.MoveItem(ctx, id, list.Items[tt.item].ID, tt.to, "nl"); err != nil || order() != tt.want {
			t.Errorf("item %d to %d: %s, want %s, %v", tt.item, tt.to, order(), tt.want, err)
		}
	}
	if err := s.SetNote(ctx, id, list.Items[1].ID, "twee", "nl"); err != nil || read().Items[2].Note != "twee" {
		t.Errorf("note: %+v, %v", read(), err)
	}
	if err := s.RemoveItem(ctx, id, list.Items[2].ID, "nl"); err != nil || order() != one+"|"+two {
		t.Errorf("removed: %s, %v", order(), err)
	}

	other := research.NewListID()
	for name, test := range map[string]struct {
		err  error
		code corpus.Code
	}{
		"no such version":        {s.AddToList(ctx, id, research.Place{Document: "a", Version: 9, Page: 3, End: 5}, "", "nl"), corpus.CodeNotFound},
		"not published":          {s.AddToList(ctx, id, research.Place{Document: "a", Version: 3, Page: 3, End: 5}, "", "nl"), corpus.CodeNotFound},
		"no such page":           {s.AddToList(ctx, id, research.Place{Document: "a", Version: 1, Page: 4, End: 5}, "", "nl"), corpus.CodeNotFound},
		"beyond the page":        {s.AddToList(ctx, other, research.Place{Document: "a", Version: 1, Page: 3, End: 99}, "", "nl"), corpus.CodeNotFound},
		"nothing":                {s.AddToList(ctx, id, research.Place{Document: "a", Version: 1, Page: 3, Start: 5, End: 5}, "", "nl"), corpus.CodeNotFound},
		"a list that is guessed": {s.AddToList(ctx, "mijn", first, "", "nl"), corpus.CodeNotFound},
		"a long note":            {s.AddToList(ctx, id, first, strings.Repeat("é", 4001), "en"), corpus.CodeTooLong},
		"removed item":           {s.SetNote(ctx, id, list.Items[2].ID, "x", "nl"), corpus.CodeNotFound},
		"item of another":        {s.RemoveItem(ctx, other, list.Items[0].ID, "nl"), corpus.CodeNotFound},
		"moving for another":     {s.MoveItem(ctx, other, list.Items[0].ID, 1, "nl"), corpus.CodeNotFound},
	} {
		var user *corpus.UserError
		if !errors.As(test.err, &user) || user.Code != test.code || user.Message == "" {
			t.Errorf("%s: %v", name, test.err)
		}
	}
	if count(`SELECT count(*) FROM reading_lists`) != 1 {
		t.Error("a refused passage made a list")
	}
	// A full list stays as it is.
	if err := postgres.NewLists(db).AddToList(ctx, id, third, "", 2); !errors.Is(err, research.ErrListFull) || order() != one+"|"+two {
		t.Errorf("full: %v, %s", err, order())
	}

	// The deleting job takes what nobody used.
	if _, err := db.Pool().Exec(ctx, `UPDATE reading_lists SET updated_at = now() - interval '31 days'`); err != nil {
		t.Fatal(err)
	}
	if deleted, err := db.Chat().DeleteOlder(ctx, 32*24*time.Hour, 10); err != nil || deleted != 0 {
		t.Errorf("deleted %d, %v", deleted, err)
	}
	if deleted, err := db.Chat().DeleteOlder(ctx, 30*24*time.Hour, 10); err != nil || deleted != 1 || count(`SELECT count(*) FROM reading_list_items`) != 0 {
		t.Errorf("deleted %d, %v; %d left", deleted, err, n)
	}
	if err := s.AddToList(ctx, id, first, "", "nl"); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteList(ctx, id); err != nil || len(read().Items) != 0 {
		t.Errorf("deleted list: %+v, %v", read(), err)
	}
}
