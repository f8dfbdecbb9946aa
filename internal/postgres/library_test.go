package postgres_test

import (
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/server"
)

// addVersion publishes (or fails) a version with the pages given.
func addVersion(t *testing.T, db *postgres.DB, document string, number int, status, title string, pages ...corpus.Page) {
	t.Helper()
	content := []byte("%PDF " + title)
	digest := sha256.Sum256(content)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Pool().Exec(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO originals (digest, media_type, content) VALUES ($1, 'application/pdf', $2) ON CONFLICT DO NOTHING`, digest[:], content)
	exec(`INSERT INTO documents (id, source) VALUES ($1, 'test:' || $1) ON CONFLICT DO NOTHING`, document)
	exec(`INSERT INTO versions (document_id, number, digest, status, title, publication, type, language, date, published_at)
		VALUES ($1, $2, $3, $4, $5, '14/04', 'advies', 'nl', '2014-04', CASE WHEN $4 IN ('current', 'superseded') THEN now() END)`,
		document, number, digest[:], status, title)
	for _, p := range pages {
		exec(`INSERT INTO pages (version_id, number, label, text, reader, blocks)
			SELECT id, $3, $4, $5, 'pdfium', $6 FROM versions WHERE document_id = $1 AND number = $2`,
			document, number, p.Number, p.Label, p.Text, p.Blocks)
	}
}

func TestLibrary(t *testing.T) {
	db := postgrestest.New(t)
	lib := postgres.NewLibrary(db)
	ctx := t.Context()
	old := corpus.Page{Number: 1, Label: "1", Text: "Oud", Blocks: []corpus.Block{}}
	pages := []corpus.Page{
		{Number: 1, Label: "i", Text: "Ümlaut 🙂\nTekst", Reader: "pdfium", Blocks: []corpus.Block{
			{Kind: corpus.BlockHeading, Level: 2, Start: 0, End: 8}, {Kind: corpus.BlockParagraph, Start: 9, End: 14}}},
		{Number: 2, Label: "ii", Text: "Kop twee", Reader: "pdfium", Blocks: []corpus.Block{{Kind: corpus.BlockHeading, Start: 0, End: 8}}},
	}
	addVersion(t, db, "b", 1, "superseded", "Oude titel", old)
	addVersion(t, db, "b", 2, "current", "Beta", pages...)
	addVersion(t, db, "b", 3, "pending", "Straks", old)
	addVersion(t, db, "a", 1, "current", "alfa", old)
	addVersion(t, db, "weg", 1, "current", "Weg", old)
	if _, err := db.Pool().Exec(ctx, `UPDATE documents SET withdrawn_at = now() WHERE id = 'weg'`); err != nil {
		t.Fatal(err)
	}

	docs, err := lib.Documents(ctx)
	if err != nil {
		t.Fatal(err)
	}
	beta := corpus.Document{ID: "b", Source: "test:b", Version: 2, Status: "current", Pages: 2,
		Metadata: corpus.Metadata{Title: "Beta", Number: "14/04", Type: "advies", Date: "2014-04", Language: "nl"}}
	if len(docs) != 2 || docs[0].ID != "a" {
		t.Fatalf("documents %+v", docs)
	}
	if diff := cmp.Diff(beta, docs[1]); diff != "" {
		t.Error(diff)
	}
	one, err := lib.Document(ctx, "b")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(beta, one); diff != "" {
		t.Error(diff)
	}

	headings, err := lib.Headings(ctx, "b", 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []server.Heading{{Level: 2, Text: "Ümlaut 🙂", Page: 1, Label: "i"}, {Level: 1, Text: "Kop twee", Page: 2, Label: "ii"}}
	if diff := cmp.Diff(want, headings); diff != "" {
		t.Error(diff)
	}

	page, err := lib.Page(ctx, "b", 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(server.SourcePage{Document: beta, Page: pages[0], Current: 2}, page); diff != "" {
		t.Error(diff)
	}
	superseded, err := lib.Page(ctx, "b", 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if superseded.Page.Text != "Oud" || superseded.Current != 2 || superseded.Document.Title != "Oude titel" {
		t.Errorf("an older version reads %+v", superseded)
	}

	original, err := lib.Original(ctx, "b", 2)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(server.Original{MediaType: "application/pdf", Content: []byte("%PDF Beta")}, original,
		cmpopts.IgnoreFields(server.Original{}, "Digest")); diff != "" || len(original.Digest) != 64 {
		t.Errorf("digest %q %s", original.Digest, diff)
	}

	kind, digest, err := lib.PageOriginal(ctx, "b", 2, 1)
	if err != nil || kind != "application/pdf" || digest != original.Digest {
		t.Errorf("the page was read from %s %s, %v", kind, digest, err)
	}
	content, err := lib.Content(ctx, digest)
	if err != nil || string(content) != "%PDF Beta" {
		t.Errorf("content %q, %v", content, err)
	}

	withdrawn, err := lib.Page(ctx, "weg", 1, 1)
	if err != nil || withdrawn.Page.Text != "Oud" || withdrawn.Withdrawn.IsZero() {
		t.Errorf("a page of a withdrawn document: %+v, %v", withdrawn, err)
	}

	gone := map[string]func() error{
		"unknown document":  func() error { _, err := lib.Document(ctx, "x"); return err },
		"withdrawn":         func() error { _, err := lib.Document(ctx, "weg"); return err },
		"pending picture":   func() error { _, _, err := lib.PageOriginal(ctx, "b", 3, 1); return err },
		"no such picture":   func() error { _, _, err := lib.PageOriginal(ctx, "b", 2, 9); return err },
		"unknown bytes":     func() error { _, err := lib.Content(ctx, "00"); return err },
		"withdrawn bytes":   func() error { _, err := lib.Original(ctx, "weg", 1); return err },
		"pending version":   func() error { _, err := lib.Page(ctx, "b", 3, 1); return err },
		"page out of range": func() error { _, err := lib.Page(ctx, "b", 2, 9); return err },
		"pending bytes":     func() error { _, err := lib.Original(ctx, "b", 3); return err },
	}
	for name, read := range gone {
		var user *corpus.UserError
		if err := read(); !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
