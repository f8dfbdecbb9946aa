package postgres_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-pdf/fpdf"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
)

// envBatch is the number of documents of the full measurement, such as 1000. With
// it one of the workers is killed every ten seconds.
const envBatch = "VRAAGBAAK_TEST_BATCH"

const batchPages = 20

// batchPage is the text of one page of one document: no two are the same.
func batchPage(document, page int) string {
	random := rand.New(rand.NewPCG(uint64(document), uint64(page))) // #nosec G115 G404 -- the same every time
	subjects := []string{"De raad", "Het kabinet", "De commissie", "Een werkgever", "De werknemer", "Het pensioenfonds", "De gemeente"}
	verbs := []string{"adviseert", "onderzoekt", "bespreekt", "verlaagt", "verhoogt", "ondersteunt", "toetst"}
	objects := []string{"de regeling voor scholing", "het minimumloon", "de premie", "arbeid op afroep", "de medezeggenschap", "het klimaatakkoord", "de kinderopvang"}
	var s strings.Builder
	fmt.Fprintf(&s, "Stuk %d op pagina %d.", document, page)
	for n := range 12 {
		fmt.Fprintf(&s, " %s %s %s met %d euro in geval %d van woord%d.", subjects[random.IntN(7)], verbs[random.IntN(7)], objects[random.IntN(7)],
			100+random.IntN(900), n, random.IntN(20_000))
	}
	return s.String()
}

// batchDocument is a document of twenty pages: every twentieth a PDF, the others
// text with form feeds.
func batchDocument(t *testing.T, n int) ingest.Submission {
	t.Helper()
	s := ingest.Submission{Source: fmt.Sprintf("test:stuk-%04d", n), Name: fmt.Sprintf("stuk-%04d.txt", n), MediaType: "text/plain"}
	if n%20 != 0 {
		pages := make([]string, batchPages)
		for i := range pages {
			pages[i] = batchPage(n, i+1)
		}
		s.Content = []byte(strings.Join(pages, "\f"))
		return s
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetFont("Helvetica", "", 11)
	for i := range batchPages {
		pdf.AddPage()
		pdf.MultiCell(0, 6, batchPage(n, i+1), "", "L", false)
	}
	var b bytes.Buffer
	if err := pdf.Output(&b); err != nil {
		t.Fatal(err)
	}
	s.Name, s.MediaType, s.Content = fmt.Sprintf("stuk-%04d.pdf", n), "application/pdf", b.Bytes()
	return s
}

// Two workers read documents while one after the other is killed: every document
// comes in once, whole.
func TestIngestOfManyDocumentsSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	documents, every, delay, limit := 60, 1500*time.Millisecond, 150*time.Millisecond, 5*time.Minute
	if full := os.Getenv(envBatch); full != "" {
		var err error
		if documents, err = strconv.Atoi(full); err != nil || documents < 1 {
			t.Fatalf("%s=%q is no number of documents", envBatch, full)
		}
		every, limit = 10*time.Second, time.Hour
	}
	url := postgrestest.URL(t)
	db, err := postgres.Open(testContext(t), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	store, err := postgres.NewIngestStore(db)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for n := range documents {
		if _, err := store.Submit(t.Context(), batchDocument(t, n)); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d documents handed in after %v", documents, time.Since(began).Round(time.Millisecond))
	began = time.Now()
	workers := [2]*process{startProcess(t, "work-pdf", url, "", delay), startProcess(t, "work-pdf", url, "", delay)}
	kills, hits := 0, 0
	next := time.Now().Add(every)
	for {
		if pending := ask[int](t, db, `SELECT count(*) FROM versions WHERE status = 'pending'`); pending == 0 {
			break
		}
		if time.Since(began) > limit {
			t.Fatalf("it does not end; a worker said:\n%s", workers[0].output)
		}
		if wait := time.Until(next); wait > 0 {
			time.Sleep(min(wait, 100*time.Millisecond))
			continue
		}
		victim := kills % 2
		workers[victim].kill()
		<-workers[victim].ended
		// A job that still counts as running now is one that the worker died on, or
		// that of the other worker.
		if ask[int](t, db, `SELECT count(*) FROM river_job WHERE kind = 'read' AND state = 'running'`) > 1 {
			hits++
		}
		workers[victim] = startProcess(t, "work-pdf", url, "", delay)
		kills++
		next = time.Now().Add(every)
	}
	took := time.Since(began)
	t.Logf("%d documents of %d pages in %v: %.1f pages/s; %d workers killed, %d of them at work", documents, batchPages,
		took.Round(time.Millisecond), float64(documents*batchPages)/took.Seconds(), kills, hits)
	if kills == 0 {
		t.Error("everything was read before the first kill")
	}

	all, err := store.Documents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != documents {
		t.Errorf("%d documents, want %d", len(all), documents)
	}
	for _, d := range all {
		if d.Status != "current" || d.Version != 1 || d.Pages != batchPages || d.Chunks < batchPages || d.Failure != nil {
			t.Errorf("%+v", d)
		}
	}
	if n := ask[int](t, db, `SELECT count(*) FROM versions`); n != documents {
		t.Errorf("%d versions, want %d", n, documents)
	}
	// The words of every page, whatever its reader did with the lines.
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	rows, err := db.Pool().Query(t.Context(), `
		SELECT d.source, p.number, p.text FROM documents d JOIN versions v ON v.document_id = d.id JOIN pages p ON p.version_id = v.id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	pages := 0
	for rows.Next() {
		var source, text string
		var number, document int
		if err := rows.Scan(&source, &number, &text); err != nil {
			t.Fatal(err)
		}
		if document, err = strconv.Atoi(strings.TrimPrefix(source, "test:stuk-")); err != nil {
			t.Fatal(err)
		}
		if pages++; words(text) != batchPage(document, number) {
			t.Errorf("%s, page %d reads %q", source, number, text)
		}
	}
	if rows.Err() != nil || pages != documents*batchPages {
		t.Errorf("%d pages, want %d; %v", pages, documents*batchPages, rows.Err())
	}
	checkWhole(t, db.Pool())
}
