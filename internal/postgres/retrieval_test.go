package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// index writes the forward index of chunks made by addDocuments and announces their
// versions.
func index(t *testing.T, db *postgres.DB, ids []int64, texts []string) {
	t.Helper()
	for i, id := range ids {
		terms := (*retrieval.Analyzer)(nil).Document("T", nil, texts[i])
		numbers := map[string]int32{}
		for _, w := range terms.Words() {
			var n int32
			err := db.Pool().QueryRow(t.Context(), `
				WITH new AS (INSERT INTO terms (term) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id)
				SELECT id FROM new UNION ALL SELECT id FROM terms WHERE term = $1`, w).Scan(&n)
			if err != nil {
				t.Fatal(err)
			}
			numbers[w] = n
		}
		tv := terms.Encode(func(w string) int32 { return numbers[w] })
		if _, err := db.Pool().Exec(t.Context(), `INSERT INTO chunk_terms VALUES ($1, $2, $3)`, id, terms.Length(), tv); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Pool().Exec(t.Context(), `INSERT INTO corpus_changes (version_id, live) SELECT version_id, true FROM chunks WHERE id = $1`, id); err != nil {
			t.Fatal(err)
		}
	}
}

func newService(t *testing.T, db *postgres.DB) *retrieval.Service {
	t.Helper()
	s, err := retrieval.NewService(retrieval.Config{Store: postgres.NewRetrievalStore(db), Analyzer: retrieval.NewAnalyzer(dutch.NewCompounds())})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func documentsOf(passages []corpus.Passage) string {
	var out string
	for _, p := range passages {
		out += p.Document.ID + " "
	}
	return out
}

func TestSearchFollowsTheCorpus(t *testing.T) {
	db := postgrestest.New(t)
	texts := []string{"De Raad vergadert over het één en ander.", "Werkgevers betalen loon.", "Loon en werk; advies 2014/04."}
	index(t, db, addDocuments(t, db, "doc", texts), texts)
	s := newService(t, db)

	var busy *corpus.UserError
	if _, err := s.Search(t.Context(), retrieval.Query{Text: "raad"}); !errors.As(err, &busy) || busy.Code != corpus.CodeBusy {
		t.Fatalf("before loading: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	}()
	select {
	case <-s.Loaded():
	case <-time.After(2 * time.Minute):
		t.Fatal("the index was not loaded")
	}

	passages, err := s.Search(t.Context(), retrieval.Query{Text: "Wat verdient een werkgever aan loon?"})
	if err != nil {
		t.Fatal(err)
	}
	if got := documentsOf(passages); got != "doc-1 doc-2 " {
		t.Fatalf("found %s", got)
	}
	p := passages[0]
	if p.PageText != texts[1] || p.Text != corpus.Slice(p.PageText, p.Start, p.End) || p.Page != 1 || p.Document.Title != "T" || p.Score <= passages[1].Score {
		t.Errorf("passage %+v", p)
	}
	for query, want := range map[string]string{"advies 14/04": "doc-2 ", "advies 14/05": "doc-2 ", "14/05": "", "": "", "de het een": "", "xyzzy": ""} {
		passages, err := s.Search(t.Context(), retrieval.Query{Text: query})
		if err != nil || documentsOf(passages) != want {
			t.Errorf("%q finds %q, %v; want %q", query, documentsOf(passages), err, want)
		}
	}
	filtered, err := s.Search(t.Context(), retrieval.Query{Text: "loon", Filter: corpus.Filter{YearFrom: 1952}})
	if err != nil || documentsOf(filtered) != "doc-2 " {
		t.Errorf("from 1952: %s, %v", documentsOf(filtered), err)
	}

	// A version that stops being current is gone for readers at once, and from the
	// index within moments; a new one is found.
	before := s.State()
	if _, err := db.Pool().Exec(t.Context(), `
		WITH gone AS (UPDATE versions SET status = 'superseded' WHERE document_id = 'doc-1' RETURNING id)
		INSERT INTO corpus_changes (version_id, live) SELECT id, false FROM gone`); err != nil {
		t.Fatal(err)
	}
	if passages, err = s.Search(t.Context(), retrieval.Query{Text: "loon werkgevers"}); err != nil || documentsOf(passages) != "doc-2 " {
		t.Errorf("after doc-1 went: %s, %v", documentsOf(passages), err)
	}
	fresh := []string{"Een splinternieuw woord: loonheffingskorting."}
	index(t, db, addDocuments(t, db, "new", fresh), fresh)
	deadline := time.Now().Add(2 * time.Minute)
	for {
		if passages, err = s.Search(t.Context(), retrieval.Query{Text: "loonheffingskorting"}); err != nil {
			t.Fatal(err)
		}
		if documentsOf(passages) == "new-0 " && s.Stats().Chunks == 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("new text is not found: %s, %+v", documentsOf(passages), s.Stats())
		}
		time.Sleep(10 * time.Millisecond)
	}
	if s.State() == before {
		t.Error("the state has no new name")
	}
}

func TestLoadReadsManyVersions(t *testing.T) {
	db := postgrestest.New(t)
	texts := make([]string, 50)
	for i := range texts {
		texts[i] = fmt.Sprintf("onderwerp%d van het advies", i)
	}
	index(t, db, addDocuments(t, db, "doc", texts), texts)
	s := newService(t, db)
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Chunks != 50 || st.Versions != 50 || st.Bytes == 0 {
		t.Errorf("stats %+v", st)
	}
	passages, err := s.Search(t.Context(), retrieval.Query{Text: "onderwerp33", Limit: 5})
	if err != nil || documentsOf(passages) != "doc-33 " {
		t.Errorf("found %s, %v", documentsOf(passages), err)
	}
}
