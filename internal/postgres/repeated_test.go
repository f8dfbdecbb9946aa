package postgres_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// shared are paragraphs that may stand in any document.
var shared = []string{
	"De Sociaal-Economische Raad adviseert kabinet en parlement over het sociaal-economisch beleid.",
	"Niets uit deze uitgave mag worden overgenomen zonder voorafgaande toestemming van de uitgever.",
	"Deze publicatie is te bestellen bij de afdeling verkoop van het secretariaat in Den Haag.",
}

// state is what a document says: paragraphs of a page by page, and its date.
type state struct {
	date  corpus.Date
	pages [][]string
}

func (s state) read() []corpus.Page {
	var pages []corpus.Page
	for i, paragraphs := range s.pages {
		p := corpus.Page{Number: i + 1, Label: fmt.Sprint(i + 1), Text: strings.Join(paragraphs, "\n"), Reader: "text"}
		at := 0
		for _, text := range paragraphs {
			end := at + len([]rune(text))
			p.Blocks = append(p.Blocks, corpus.Block{Kind: corpus.BlockParagraph, Start: at, End: end})
			at = end + 1
		}
		pages = append(pages, p)
	}
	return pages
}

// publish offers a document and reads it; it returns its id.
func publish(ctx context.Context, store *postgres.IngestStore, source string, s state, stamp int) (string, error) {
	receipt, err := store.Submit(ctx, ingest.Submission{Source: source, Name: source + ".txt", MediaType: "text/plain",
		Content: fmt.Appendf(nil, "%s %d %v", source, stamp, s)})
	if err != nil {
		return "", err
	}
	pages := s.read()
	r := ingest.Reading{Metadata: corpus.Metadata{Title: source, Date: s.date, Language: "nl"}, Pages: pages, Chunks: ingest.Chunks(pages)}
	for _, c := range r.Chunks {
		r.Terms = append(r.Terms, indexChunk(source, c.Heading, c.Text))
	}
	return receipt.Document, store.Publish(ctx, receipt.Version, r)
}

// marks are what the definition of corpus.RepeatedDocuments makes of documents
// when it is read as it stands: per paragraph, as document/page/text, whether it is
// boilerplate.
func marks(live map[string]state) map[string]bool {
	in := map[string][]string{}
	for id, s := range live {
		seen := map[string]bool{}
		for _, page := range s.pages {
			for _, p := range page {
				if !seen[p] {
					in[p] = append(in[p], id)
				}
				seen[p] = true
			}
		}
	}
	newest := func(ids []string) string {
		return slices.MaxFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(live[a].date, live[b].date), cmp.Compare(a, b)) })
	}
	out := map[string]bool{}
	for id, s := range live {
		for i, page := range s.pages {
			for _, p := range page {
				out[fmt.Sprintf("%s/%d/%s", id, i+1, p)] = len(in[p]) >= corpus.RepeatedDocuments && newest(in[p]) != id
			}
		}
	}
	return out
}

// settle does what workers do after documents came and went: it divides versions with
// boilerplate among their text, until there are none.
func settle(ctx context.Context, store *postgres.IngestStore, db *postgres.DB) error {
	for range 20 {
		rows, err := db.Pool().Query(ctx, `SELECT DISTINCT version_id FROM undivided`)
		if err != nil {
			return err
		}
		versions, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil || len(versions) == 0 {
			return err
		}
		for _, v := range versions {
			u, err := store.Undivided(ctx, v)
			if errors.Is(err, ingest.ErrSettled) {
				continue
			}
			if err != nil {
				return err
			}
			chunks := ingest.Chunks(u.Pages, u.Repeated...)
			terms := make([]ingest.Terms, len(chunks))
			for i, c := range chunks {
				terms[i] = indexChunk(u.Title, c.Heading, c.Text)
			}
			if err := store.Divide(ctx, u, chunks, terms); err != nil && !errors.Is(err, ingest.ErrSettled) {
				return err
			}
		}
	}
	return errors.New("dividing comes to no end")
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkMarks compares the database, and the index of a server that follows it,
// with the definition: of every paragraph, though it shared a chunk with others.
func checkMarks(ctx context.Context, t fataler, store *postgres.IngestStore, db *postgres.DB, service *retrieval.Service, live map[string]state) {
	t.Helper()
	if err := settle(ctx, store, db); err != nil {
		t.Fatalf("%v", err)
	}
	rows, err := db.Pool().Query(ctx, `
		SELECT v.document_id || '/' || c.page || '/', c.repeated, substring(p.text, c.start_at + 1, c.end_at - c.start_at)
		FROM chunks c JOIN versions v ON v.id = c.version_id AND v.status = 'current'
		JOIN pages p ON p.version_id = v.id AND p.number = c.page
		JOIN documents d ON d.id = v.document_id AND d.withdrawn_at IS NULL`)
	if err != nil {
		t.Fatalf("%v", err)
	}
	got := map[string]bool{}
	var page, text string
	var repeated bool
	kept, paragraphs := 0, 0
	if _, err := pgx.ForEachRow(rows, []any{&page, &repeated, &text}, func() error {
		for p := range strings.SplitSeq(text, "\n") {
			got[page+p] = repeated
			paragraphs++
		}
		if !repeated {
			kept++
		}
		return nil
	}); err != nil {
		t.Fatalf("%v", err)
	}
	want := marks(live)
	if len(got) != len(want) || paragraphs != len(want) {
		t.Fatalf("%d live paragraphs in chunks, %d of them different, want %d", paragraphs, len(got), len(want))
	}
	for name, w := range want {
		if got[name] != w {
			t.Fatalf("%s: boilerplate %v, want %v", name, got[name], w)
		}
	}
	if err := service.Follow(ctx); err != nil {
		t.Fatalf("%v", err)
	}
	if n := service.Stats().Chunks; n != kept {
		t.Fatalf("the index of a running server has %d chunks, want %d", n, kept)
	}
	for _, text := range shared {
		somewhere := false
		for _, s := range live {
			for _, p := range s.pages {
				somewhere = somewhere || slices.Contains(p, text)
			}
		}
		found, err := service.Search(ctx, retrieval.Query{Text: text, Limit: 50})
		if err != nil {
			t.Fatalf("%v", err)
		}
		copies := 0
		for _, p := range found {
			if strings.Contains(p.Text, text) {
				copies++
			}
			for said := range strings.SplitSeq(p.Text, "\n") {
				if name := fmt.Sprintf("%s/%d/%s", p.Document.ID, p.Page, said); want[name] {
					t.Fatalf("%s is boilerplate and is found", name)
				}
			}
		}
		if (copies > 0) != somewhere {
			t.Fatalf("%q stands in a live document: %v; it is found %d times", text, somewhere, copies)
		}
	}
}

func follower(t *testing.T, db *postgres.DB) (*postgres.IngestStore, *retrieval.Service) {
	t.Helper()
	store, err := postgres.NewIngestStore(db)
	if err != nil {
		t.Fatal(err)
	}
	service := newService(t, db)
	if err := service.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store, service
}

// Whatever order documents come, change and go in, what is boilerplate depends on
// those that are there, and one copy of it is found.
func TestBoilerplateDependsOnTheLiveDocuments(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	store, service := follower(t, db)
	stamp := 0
	rapid.Check(t, func(r *rapid.T) {
		if stamp > 500 {
			return // enough was done: a database is slow
		}
		documents, err := store.Documents(t.Context())
		if err != nil {
			r.Fatal(err)
		}
		for _, d := range documents { // of the round before
			if err := store.Withdraw(t.Context(), d.ID); err != nil {
				r.Fatal(err)
			}
		}
		live, away := map[string]state{}, map[string]state{}
		ids := map[int]string{}
		round := stamp
		for range rapid.IntRange(6, 14).Draw(r, "steps") {
			stamp++
			n := rapid.IntRange(0, 6).Draw(r, "document")
			id, known := ids[n], ids[n] != ""
			switch what := rapid.IntRange(0, 9).Draw(r, "what"); {
			case known && what == 0:
				if err := store.Withdraw(t.Context(), id); err != nil {
					r.Fatal(err)
				}
				if s, ok := live[id]; ok {
					away[id] = s
					delete(live, id)
				}
			case known && what == 1:
				if err := store.Restore(t.Context(), id); err != nil {
					r.Fatal(err)
				}
				if s, ok := away[id]; ok {
					live[id] = s
					delete(away, id)
				}
			default:
				s := state{date: corpus.Date(rapid.SampledFrom([]string{"", "2010", "2010-05", "2014-01-01"}).Draw(r, "date"))}
				for range rapid.IntRange(1, 2).Draw(r, "pages") {
					s.pages = append(s.pages, rapid.SliceOfNDistinct(rapid.SampledFrom(append([]string{
						fmt.Sprintf("Dit document met nummer %d zegt iets dat in geen enkel ander document staat.", n)}, shared...)),
						1, 3, rapid.ID[string]).Draw(r, "page"))
				}
				got, err := publish(t.Context(), store, fmt.Sprintf("d%d-%d", round, n), s, stamp)
				if err != nil {
					r.Fatal(err)
				}
				ids[n] = got
				if _, gone := away[got]; gone {
					away[got] = s
				} else {
					live[got] = s
				}
			}
			if rapid.Bool().Draw(r, "look") {
				checkMarks(t.Context(), r, store, db, service, live)
			}
		}
		checkMarks(t.Context(), r, store, db, service, live)
	})
}

// Documents that are published at the same moment see each other.
func TestBoilerplateOfDocumentsAtOnce(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	store, service := follower(t, db)
	live := map[string]state{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			s := state{date: corpus.Date(fmt.Sprint(2000 + i%5)), pages: [][]string{{shared[0]}, {shared[i%3], fmt.Sprintf("Dit is de eigen tekst van het document met nummer %d in de reeks.", i)}}}
			id, err := publish(t.Context(), store, fmt.Sprintf("tegelijk-%d", i), s, i)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			live[id] = s
		})
	}
	wg.Wait()
	checkMarks(t.Context(), t, store, db, service, live)
	boilerplate := 0
	for _, repeated := range marks(live) {
		if repeated {
			boilerplate++
		}
	}
	// The first in all but the newest, which has it twice; then each of the three of four.
	if want := 11 + 3 + 3 + 3; boilerplate != want {
		t.Errorf("%d paragraphs are boilerplate, want %d", boilerplate, want)
	}
}

// Workers divide what has boilerplate among its text by themselves. Chunks that stay as
// they are keep their vectors, and a citation of the old chunk still resolves.
func TestWorkersDivideBoilerplate(t *testing.T) {
	b := newBench(t)
	ctx := testContext(t)
	own := func(i int) string {
		return fmt.Sprintf("Dit is de eigen tekst van het document met nummer %d in de reeks.", i)
	}
	file := func(i int) map[string]string {
		return map[string]string{fmt.Sprintf("stuk-%d.txt", i): "# Een\nDit is hoofdstuk een van stuk " + fmt.Sprint(i) + ".\n# Twee\n" + own(i) + "\n" + shared[0] + "\nSlot."}
	}
	for i := 1; i < corpus.RepeatedDocuments; i++ {
		b.run(t, file(i))
	}
	// Vectors of the first document.
	if _, err := b.pool.Exec(ctx, `
		WITH e AS (INSERT INTO embedders (name, dimension, digest, state) VALUES ('test', 1, '', 'present') RETURNING id)
		INSERT INTO embeddings (embedder_id, chunk_id, embedding)
		SELECT e.id, c.id, '[1]' FROM e, chunks c JOIN versions v ON v.id = c.version_id WHERE v.document_id = 'stuk-1'`); err != nil {
		t.Fatal(err)
	}
	b.run(t, file(corpus.RepeatedDocuments)) // makes it boilerplate
	working, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- b.ingester.Work(working) }()
	for left := 1; left > 0; time.Sleep(50 * time.Millisecond) {
		if err := b.pool.QueryRow(ctx, `SELECT count(*) FROM undivided`).Scan(&left); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	checkWhole(t, b.pool)
	type chunk struct {
		Text           string
		Repeated, Kept bool
	}
	rows, err := b.pool.Query(ctx, `
		SELECT substring(p.text, c.start_at + 1, c.end_at - c.start_at), c.repeated, EXISTS (SELECT FROM embeddings e WHERE e.chunk_id = c.id)
		FROM versions v JOIN chunks c ON c.version_id = v.id JOIN pages p ON p.version_id = v.id AND p.number = c.page
		WHERE v.document_id = 'stuk-1' ORDER BY c.ordinal`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[chunk])
	if err != nil {
		t.Fatal(err)
	}
	want := []chunk{{"Dit is hoofdstuk een van stuk 1.", false, true}, {own(1), false, false}, {shared[0] + "\nSlot.", true, false}}
	if d := gocmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	page, err := postgres.NewLibrary(b.db).Page(ctx, "stuk-1", 1, 1)
	if err != nil || !strings.Contains(page.Page.Text, own(1)+"\n"+shared[0]) {
		t.Errorf("the page is %q, %v", page.Page.Text, err)
	}
}
