package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
)

// Documents that an older reader read are read again from their stored bytes, by
// whoever works and by itself: each once, with what the catalogue says of it, and the
// citations of the old version keep resolving. What is withdrawn, waits or failed is
// left alone, and a reading that fails leaves what there was.
func TestReadAgain(t *testing.T) {
	b := newBench(t, func(c *ingest.Config) { c.Workers = 4 })
	ctx := testContext(t)
	files := map[string]string{"rapport.txt": "De raad telt 33 leden.", "weg.txt": "Dit stuk is ingetrokken.", "stuk.txt": "Dit stuk gaat straks stuk.", "nieuw.txt": "Dit stuk is nieuw."}
	for i := range 40 { // more than may wait at once
		files[fmt.Sprintf("deel-%02d.txt", i)] = fmt.Sprintf("Dit is deel %d van de reeks.", i)
	}
	b.run(t, files)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := b.pool.Exec(ctx, query, args...); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.store.SavePublications(ctx, []corpus.Publication{{ID: "rapport", Metadata: corpus.Metadata{Title: "De samenstelling van de raad", Number: "14/04"}}}); err != nil {
		t.Fatal(err)
	}
	exec(`UPDATE publications SET document_id = 'rapport'`)
	if err := b.store.Withdraw(ctx, "weg"); err != nil {
		t.Fatal(err)
	}
	exec(`UPDATE versions SET reader = 0 WHERE document_id <> 'nieuw'`)
	b.reader.reads, b.reader.fails = "Beter gelezen. ", "straks stuk"

	// An ingest of its own documents does not wait for old ones.
	b.run(t, map[string]string{"klein.txt": "Een klein stuk."})
	var again int
	count := func() int {
		t.Helper()
		var left int
		if err := b.pool.QueryRow(ctx, `
			SELECT count(*) FILTER (WHERE v.status = 'pending' OR v.status = 'current' AND v.reader < $1
					AND NOT EXISTS (SELECT FROM versions f WHERE f.document_id = v.document_id AND f.status = 'failed')),
				count(*) FILTER (WHERE v.number > 1)
			FROM versions v JOIN documents d ON d.id = v.document_id WHERE d.withdrawn_at IS NULL`, extract.Version).Scan(&left, &again); err != nil {
			t.Fatal(err)
		}
		return left
	}
	if count(); again != 0 {
		t.Fatalf("%d documents were read again by an ingest of another", again)
	}
	working, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- b.ingester.Work(working) }()
	for count() > 0 {
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(2500 * time.Millisecond) // one more sweep finds nothing to do
	if left := count(); left != 0 || again != 42 {
		t.Errorf("%d left, %d versions from reading again, want 42", left, again)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	checkWhole(t, b.pool)

	type state struct {
		Number, Reader int
		Status, Title  string
	}
	states := func(document string) (out []state) {
		t.Helper()
		versions, err := b.pool.Query(ctx, `SELECT number, reader, status, title FROM versions WHERE document_id = $1 ORDER BY number`, document)
		if err != nil {
			t.Fatal(err)
		}
		defer versions.Close()
		for versions.Next() {
			var s state
			if err := versions.Scan(&s.Number, &s.Reader, &s.Status, &s.Title); err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		return out
	}
	for document, want := range map[string][]state{
		"rapport": {{1, 0, "superseded", "rapport"}, {2, extract.Version, "current", "De samenstelling van de raad"}},
		"weg":     {{1, 0, "current", "weg"}},
		"nieuw":   {{1, extract.Version, "current", "nieuw"}},
		"stuk":    {{1, 0, "current", "stuk"}, {2, 0, "failed", ""}},
	} {
		if d := cmp.Diff(want, states(document)); d != "" {
			t.Errorf("%s: %s", document, d)
		}
	}
	library := postgres.NewLibrary(b.db)
	for version, want := range map[int]string{1: "De raad telt 33 leden.", 2: "Beter gelezen. De raad telt 33 leden."} {
		page, err := library.Page(ctx, "rapport", version, 1)
		if err != nil {
			t.Fatal(err)
		}
		original, err := library.Original(ctx, "rapport", version)
		if err != nil {
			t.Fatal(err)
		}
		if page.Page.Text != want || page.Current != 2 || string(original.Content) != files["rapport.txt"] {
			t.Errorf("version %d: %q, current %d, original %q", version, page.Page.Text, page.Current, original.Content)
		}
	}
}
