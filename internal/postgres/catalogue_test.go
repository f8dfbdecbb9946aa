package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// offer ingests arguments as people type them.
func (b bench) offer(t *testing.T, args ...string) ingest.Summary {
	t.Helper()
	sources, err := b.ingester.Find(testContext(t), args)
	if err != nil {
		t.Fatal(err)
	}
	summary, err := b.ingester.Ingest(testContext(t), sources, nil)
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

func TestCatalogueBeforeWhatDocumentsSay(t *testing.T) {
	b := newBench(t)
	ctx := testContext(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"a.txt": "De raad adviseert.", "b.txt": "De raad onderzoekt.",
		"c.csv": "nummer;titel;datum;commissie;thema;origineel;vervangt;reactie\n" +
			"14/04;Eerste;2014;IMVO;mvo/ketens;a.txt;02/05;https://example.org/reactie\n" +
			"2002/5;Ouder;2002;;;;;\n" +
			"15/01;Tweede;2015;;;;Eerste;\n",
	})
	catalogue := filepath.Join(dir, "c.csv")
	// The second is in the corpus before the catalogue knows of it, by its number.
	receipt, err := b.store.Submit(ctx, ingest.Submission{Source: "test:b", Name: "b.txt", MediaType: "text/plain", Content: []byte("De raad onderzoekt."),
		Hints: corpus.Metadata{Number: "15/01", Language: "nl"}})
	if err != nil {
		t.Fatal(err)
	}
	summary := b.offer(t, catalogue)
	if summary.Publications != 3 || len(summary.Entries) != 1 || summary.Entries[0].Result != ingest.Added {
		t.Fatalf("%+v", summary)
	}
	for {
		if o, err := b.store.Outcomes(ctx, []int64{receipt.Version}); err != nil || o[0].Status == "current" {
			break
		}
		b.run(t, map[string]string{"zomaar.txt": fmt.Sprint("Tekst ", time.Now())})
	}
	publications, err := b.store.Publications(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := []corpus.Publication{
		{ID: "02-05", Metadata: corpus.Metadata{Title: "Ouder", Number: "02/05", Date: "2002"}},
		{ID: "14-04", Metadata: corpus.Metadata{Title: "Eerste", Number: "14/04", Date: "2014"}, Commission: "IMVO", Themes: []string{"mvo", "ketens"},
			Document: "eerste", Relations: []corpus.Relation{
				{Kind: "supersedes", Target: "02/05", Publication: "02-05"}, {Kind: "reply", Target: "https://example.org/reactie"}}},
		{ID: "15-01", Metadata: corpus.Metadata{Title: "Tweede", Number: "15/01", Date: "2015"}, Document: "b",
			Relations: []corpus.Relation{{Kind: "supersedes", Target: "Eerste", Publication: "14-04"}}},
	}
	if diff := cmp.Diff(want, publications); diff != "" {
		t.Error(diff)
	}
	first := func() corpus.Document {
		t.Helper()
		documents, err := b.store.Documents(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range documents {
			if d.ID == "eerste" {
				return d
			}
		}
		t.Fatal("it is gone")
		return corpus.Document{}
	}
	if d := first(); d.Title != "Eerste" || d.Number != "14/04" || d.Publication != "14-04" || d.Commission != "IMVO" || len(d.Themes) != 2 || d.Version != 1 {
		t.Errorf("%+v", d)
	}
	// Nothing new: nothing is read again.
	if s := b.offer(t, catalogue); s.Entries[0].Result != ingest.Unchanged {
		t.Errorf("%+v", s)
	}
	// A corrected title is in the index, so the document is read again.
	write(t, dir, map[string]string{"c.csv": "nummer;titel;datum;origineel\n14/04;Eerste, verbeterd;2014;a.txt\n"})
	if s := b.offer(t, catalogue); s.Entries[0].Result != ingest.Replaced || s.Entries[0].Title != "Eerste, verbeterd" {
		t.Errorf("%+v", s)
	}
	// New bytes that come without the catalogue keep what it said.
	write(t, dir, map[string]string{"a.txt": "De raad adviseert anders."})
	if s := b.offer(t, filepath.Join(dir, "a.txt")); s.Entries[0].Result != ingest.Replaced {
		t.Errorf("%+v", s)
	}
	if d := first(); d.Title != "Eerste, verbeterd" || d.Number != "14/04" || d.Version != 3 {
		t.Errorf("%+v", d)
	}
	versions, err := b.store.Versions(ctx, "eerste")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range versions {
		got = append(got, fmt.Sprint(v.Version, " ", v.Status, " ", v.Title))
	}
	if diff := cmp.Diff([]string{"3 current Eerste, verbeterd", "2 superseded Eerste, verbeterd", "1 superseded Eerste"}, got); diff != "" {
		t.Error(diff)
	}
	var user *corpus.UserError
	if _, err := b.store.Versions(ctx, "bestaat-niet"); !errors.As(err, &user) {
		t.Errorf("%v", err)
	}
	checkWhole(t, b.pool)
}

// newsWebsite has documents that change.
type newsWebsite struct {
	mu       sync.Mutex
	pages    map[string]string
	requests []string // path and status
}

func (w *newsWebsite) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	status := http.StatusOK
	body, ok := w.pages[r.URL.Path]
	etag := fmt.Sprintf("%q", fmt.Sprint(len(body)))
	switch {
	case !ok:
		status = http.StatusNotFound
	case r.Header.Get("If-None-Match") == etag:
		status = http.StatusNotModified
	}
	w.requests = append(w.requests, fmt.Sprint(r.URL.Path, " ", status))
	rw.Header().Set("ETag", etag)
	rw.WriteHeader(status)
	if status == http.StatusOK {
		_, _ = rw.Write([]byte(body))
	}
}

func (w *newsWebsite) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.requests
	w.requests = nil
	return taken
}

func TestFetchedDocumentsAreAskedForOnce(t *testing.T) {
	site := &newsWebsite{pages: map[string]string{"/a.txt": "De raad adviseert.", "/b.txt": "Kapot: DAMAGED", "/c.txt": "De raad adviseert."}}
	server := httptest.NewServer(site)
	defer server.Close()
	b := newBench(t, func(c *ingest.Config) {
		c.Fetch = ingest.FetchOptions{AllowPrivate: true, Delay: time.Nanosecond, Pause: time.Nanosecond}
	})
	ctx := testContext(t)
	entries := func(s ingest.Summary) (got []string) {
		for _, e := range s.Entries {
			code := ""
			if e.Failure != nil {
				code = " " + e.Failure.Code
			}
			got = append(got, fmt.Sprint(strings.TrimPrefix(e.Source, server.URL), " ", e.Result, code))
		}
		return got
	}
	all := []string{server.URL + "/a.txt", server.URL + "/b.txt", server.URL + "/c.txt", server.URL + "/weg.txt"}
	if diff := cmp.Diff([]string{"/a.txt added", "/b.txt failed damaged", "/c.txt unchanged", "/weg.txt failed unreadable"}, entries(b.offer(t, all...))); diff != "" {
		t.Error(diff)
	}
	site.take()
	// What is in is asked for with what is known of it; what failed is fetched again.
	if diff := cmp.Diff([]string{"/a.txt unchanged", "/b.txt failed damaged", "/c.txt unchanged", "/weg.txt failed unreadable"}, entries(b.offer(t, all...))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/a.txt 304", "/b.txt 200", "/c.txt 304", "/weg.txt 404"}, site.take()); diff != "" {
		t.Error(diff)
	}
	unopened, err := b.store.UnopenedDocuments(ctx)
	if err != nil || len(unopened) != 1 || unopened[0].Source != server.URL+"/weg.txt" || unopened[0].Failure.Message == "" {
		t.Errorf("%+v, %v", unopened, err)
	}
	// A catalogue that knows more has it read again from the bytes that are there.
	dir := t.TempDir()
	write(t, dir, map[string]string{"c.json": `[{"titel":"Een advies","origineel":"` + server.URL + `/a.txt"},{"titel":"Onbereikbaar","origineel":"` + server.URL + `/nergens.txt"}]`})
	if diff := cmp.Diff([]string{"/a.txt replaced", "/nergens.txt skipped unreadable"}, entries(b.offer(t, filepath.Join(dir, "c.json")))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/a.txt 304", "/nergens.txt 404"}, site.take()); diff != "" {
		t.Error(diff)
	}
	// Retrying reads what failed and opens what could not be opened.
	site.mu.Lock()
	site.pages["/weg.txt"] = "Er is toch een stuk."
	site.mu.Unlock()
	summary, err := b.ingester.Retry(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/b.txt failed damaged", "/weg.txt added"}, entries(summary)); diff != "" {
		t.Error(diff)
	}
	site.take()
	p, err := b.store.Progress(ctx)
	if err != nil || p.Pending != 0 || p.Failed != 1 || len(p.Batches) != 4 || p.Batches[0].Done != 2 || p.Batches[0].Failed != 1 || p.Batches[0].Finished == nil {
		t.Errorf("%+v, %v", p, err)
	}
	checkWhole(t, b.pool)
}

func TestRetryWithNothingFailed(t *testing.T) {
	b := newBench(t)
	b.run(t, map[string]string{"a.txt": "Tekst."})
	summary, err := b.ingester.Retry(testContext(t), nil)
	if err != nil || len(summary.Entries) != 0 {
		t.Errorf("%+v, %v", summary, err)
	}
}

// A fault that is gone at the next attempt.
func TestRetryAfterTheFaultWasMended(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.txt": "Tekst."})
	name := filepath.Join(dir, "a.txt")
	if err := os.Chmod(name, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(name); err == nil { // #nosec G304 -- our own
		// Whoever may read everything needs another way to be refused.
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := b.store.Unopened(testContext(t), name, corpus.Failure{Code: ingest.CodeUnreadable, Message: "Niet te lezen."}); err != nil {
			t.Fatal(err)
		}
	} else if s := b.offer(t, name); s.Count(ingest.Failed) != 1 {
		t.Fatalf("%+v", s)
	}
	if s, err := b.ingester.Retry(testContext(t), nil); err != nil || s.Count(ingest.Failed) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"a.txt": "Tekst."})
	if s, err := b.ingester.Retry(testContext(t), nil); err != nil || s.Count(ingest.Added) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := b.ingester.Retry(testContext(t), nil); err != nil || len(s.Entries) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSaveManyPublications(t *testing.T) {
	b := newBench(t)
	var publications []corpus.Publication
	for n := range 5000 {
		publications = append(publications, corpus.Publication{ID: fmt.Sprintf("p-%d", n), Metadata: corpus.Metadata{Title: fmt.Sprintf("Titel %d", n)},
			Relations: []corpus.Relation{{Kind: corpus.Confirms, Target: fmt.Sprintf("p-%d", n+1)}}})
	}
	var wg sync.WaitGroup
	for i := range 2 { // two at once, in opposite order
		batch := slices.Clone(publications)
		if i == 1 {
			slices.Reverse(batch)
		}
		wg.Go(func() {
			if err := b.store.SavePublications(context.WithoutCancel(t.Context()), batch); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	stored, err := b.store.Publications(testContext(t))
	if err != nil || len(stored) != 5000 {
		t.Fatalf("%d publications, %v", len(stored), err)
	}
	resolved := 0
	for _, p := range stored {
		for _, r := range p.Relations {
			if r.Publication == r.Target {
				resolved++
			}
		}
	}
	if resolved != 4999 {
		t.Errorf("%d relations lead somewhere", resolved)
	}
}

// Draft, minister's version and final edition share their number and are three
// publications, each with its own document.
func TestEditionsAreKeptApart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := testContext(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"o.txt": "Het ontwerp.", "m.txt": "Voor de minister.", "d.txt": "Het advies.",
		"c.csv": "nummer;titel;datum;editie;bestand\n" +
			"21/08;Werken;2021;ontwerp;o.txt\n21/08;Werken;2021;ministersversie;m.txt\n21/08;Werken;2021;definitief;d.txt\n" +
			"22/01;Wonen;2022;;\n",
	})
	b.offer(t, filepath.Join(dir, "c.csv"))
	// Documents that nobody tied: what says to be a draft is not the final edition.
	loose := func(name, kind string) string {
		receipt, err := b.store.Submit(ctx, ingest.Submission{Source: "test:" + name, Name: name, MediaType: "text/plain", Content: []byte(name)})
		if err != nil {
			t.Fatal(err)
		}
		err = b.store.Publish(ctx, receipt.Version, ingest.Reading{Metadata: corpus.Metadata{Title: name, Number: "22/01", Type: kind, Language: "nl"},
			Pages: []corpus.Page{{Number: 1, Label: "1", Text: "Tekst.", Reader: "text"}}})
		if err != nil {
			t.Fatal(err)
		}
		return receipt.Document
	}
	tied := func() map[string]string {
		publications, err := b.store.Publications(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, p := range publications {
			got[p.ID] = p.Document
		}
		return got
	}
	loose("een ontwerp.txt", "ontwerpadvies")
	if got := tied(); got["22-01"] != "" {
		t.Errorf("the final edition has the document %q of a draft", got["22-01"])
	}
	final := loose("het advies.txt", "advies")
	got := tied()
	if got["22-01"] != final {
		t.Errorf("the final edition has the document %q, want %q", got["22-01"], final)
	}
	editions := map[string]bool{got["21-08"]: true, got["21-08-draft"]: true, got["21-08-minister"]: true}
	if len(editions) != 3 || editions[""] {
		t.Errorf("editions share a document: %v", got)
	}
}
