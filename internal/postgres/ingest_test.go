package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// plainReader reads text of which every line is a paragraph, "# " begins a
// heading and a form feed a page. Lines of its own make it fail.
type plainReader struct {
	mu       sync.Mutex
	attempts map[string]int
	delay    time.Duration
	reads    string // what is read besides, before every text; see TestReadAgain
	fails    string // texts with this in them are damaged
}

func (p *plainReader) Extract(ctx context.Context, name string, content []byte) (extract.Document, error) {
	p.mu.Lock()
	if p.attempts == nil {
		p.attempts = make(map[string]int)
	}
	p.attempts[name]++
	attempt := p.attempts[name]
	p.mu.Unlock()
	select {
	case <-ctx.Done():
		return extract.Document{}, ctx.Err()
	case <-time.After(p.delay):
	}
	text := p.reads + string(content)
	switch {
	case strings.Contains(text, "DAMAGED"), p.fails != "" && strings.Contains(text, p.fails):
		return extract.Document{}, &extract.Failure{Code: extract.CodeDamaged, Message: "Beschadigd."}
	case strings.Contains(text, "PASSING") && attempt < 3:
		return extract.Document{}, errors.New("the child process was killed")
	}
	var doc extract.Document
	for i, body := range strings.Split(text, "\f") {
		page := corpus.Page{Number: i + 1, Label: fmt.Sprint(i + 1), Text: body, Reader: "text"}
		at := 0
		for line := range strings.SplitSeq(body, "\n") {
			end := at + len([]rune(line))
			kind, level := corpus.BlockParagraph, 0
			if strings.HasPrefix(line, "# ") {
				kind, level = corpus.BlockHeading, 1
			}
			if end > at {
				page.Blocks = append(page.Blocks, corpus.Block{Kind: kind, Level: level, Start: at, End: end})
			}
			at = end + 1
		}
		doc.Pages = append(doc.Pages, page)
	}
	return doc, nil
}

func indexChunk(title string, heading []string, text string) ingest.Terms {
	var analyzer retrieval.Analyzer
	return analyzer.Document(title, heading, text)
}

// bench is an ingester on a fresh database.
type bench struct {
	store    *postgres.IngestStore
	ingester *ingest.Ingester
	reader   *plainReader
	pool     *pgxpool.Pool
	db       *postgres.DB
}

func newBench(t *testing.T, options ...func(*ingest.Config)) bench {
	t.Helper()
	db := postgrestest.New(t)
	store, err := postgres.NewIngestStore(db)
	if err != nil {
		t.Fatal(err)
	}
	b := bench{store: store, reader: &plainReader{}, pool: db.Pool(), db: db}
	cfg := ingest.Config{Store: store, Queue: store, Extractor: b.reader, Index: indexChunk, Workers: 2}
	for _, o := range options {
		o(&cfg)
	}
	if b.ingester, err = ingest.New(cfg); err != nil {
		t.Fatal(err)
	}
	return b
}

// testContext bounds what a test waits for by far more than it takes: the machine may be
// busy.
func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// run ingests files given as name → text, under the sources test:NAME.
func (b bench) run(t *testing.T, files map[string]string) map[string]ingest.Entry {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	sources, err := ingest.FromFS(fsys, "test:")
	if err != nil {
		t.Fatal(err)
	}
	summary, err := b.ingester.Ingest(testContext(t), sources, nil)
	if err != nil {
		t.Fatal(err)
	}
	entries := make(map[string]ingest.Entry)
	for _, e := range summary.Entries {
		entries[strings.TrimPrefix(e.Source, "test:")] = e
	}
	return entries
}

func results(entries map[string]ingest.Entry) map[string]ingest.Result {
	out := make(map[string]ingest.Result)
	for name, e := range entries {
		out[name] = e.Result
	}
	return out
}

// texts reads the current chunks of a document, as a reader of the corpus does.
func texts(t *testing.T, pool *pgxpool.Pool, document string) []string {
	t.Helper()
	rows, err := pool.Query(testContext(t), `
		SELECT substring(p.text, c.start_at + 1, c.end_at - c.start_at)
		FROM versions v JOIN chunks c ON c.version_id = v.id JOIN pages p ON p.version_id = v.id AND p.number = c.page
		WHERE v.document_id = $1 AND v.status = 'current' ORDER BY c.ordinal`, document)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return out
}

// checkWhole holds the corpus to its promises, whatever happened before.
func checkWhole(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	for what, query := range map[string]string{
		"documents without a version":     `SELECT id FROM documents d WHERE NOT EXISTS (SELECT FROM versions v WHERE v.document_id = d.id)`,
		"originals without a version":     `SELECT encode(digest, 'hex') FROM originals o WHERE NOT EXISTS (SELECT FROM versions v WHERE v.digest = o.digest)`,
		"published versions without page": `SELECT id::text FROM versions v WHERE published_at IS NOT NULL AND NOT EXISTS (SELECT FROM pages p WHERE p.version_id = v.id)`,
		"unread versions with pages":      `SELECT id::text FROM versions v WHERE status IN ('pending', 'failed') AND EXISTS (SELECT FROM pages p WHERE p.version_id = v.id)`,
		"chunks without terms":            `SELECT id::text FROM chunks c WHERE NOT EXISTS (SELECT FROM chunk_terms t WHERE t.chunk_id = c.id)`,
		"chunks out of their page": `SELECT c.id::text FROM chunks c JOIN pages p ON p.version_id = c.version_id AND p.number = c.page
			WHERE c.end_at > char_length(p.text)`,
		"ordinals with gaps": `SELECT version_id::text FROM chunks GROUP BY version_id HAVING max(ordinal) + 1 <> count(*)`,
		"live versions that the change log does not know": `SELECT v.id::text FROM versions v JOIN documents d ON d.id = v.document_id
			WHERE (v.status = 'current' AND d.withdrawn_at IS NULL) <>
				coalesce((SELECT live FROM corpus_changes c WHERE c.version_id = v.id ORDER BY c.id DESC LIMIT 1), false)`,
		"pending versions without a job": `SELECT id::text FROM versions v WHERE status = 'pending' AND NOT EXISTS (
			SELECT FROM river_job j WHERE j.kind = 'read' AND (j.args->>'version')::bigint = v.id AND j.finalized_at IS NULL)`,
	} {
		var found []string
		if err := pool.QueryRow(testContext(t), `SELECT array(`+query+`)`).Scan(&found); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if len(found) > 0 {
			t.Errorf("%s: %v", what, found)
		}
	}
}

func TestIngestLifeOfADocument(t *testing.T) {
	b := newBench(t)
	first := b.run(t, map[string]string{
		"Wat is de SER.md": "# De SER\nDe SER adviseert het kabinet.\fDe SER heeft 33 leden.",
		"ander.txt":        "Iets anders.",
	})
	want := map[string]ingest.Entry{
		"Wat is de SER.md": {Source: "test:Wat is de SER.md", Document: "wat-is-de-ser", Title: "Wat is de SER", Result: ingest.Added, Version: 1, Pages: 2, Chunks: 2},
		"ander.txt":        {Source: "test:ander.txt", Document: "ander", Title: "ander", Result: ingest.Added, Version: 1, Pages: 1, Chunks: 1},
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Fatal(diff)
	}

	second := b.run(t, map[string]string{
		"Wat is de SER.md": "# De SER\nDe SER adviseert kabinet en parlement.",
		"ander.txt":        "Iets anders.",
		"dubbel.txt":       "Iets anders.",
	})
	if diff := cmp.Diff(map[string]ingest.Result{
		"Wat is de SER.md": ingest.Replaced, "ander.txt": ingest.Unchanged, "dubbel.txt": ingest.Unchanged,
	}, results(second)); diff != "" {
		t.Error(diff)
	}
	if e := second["dubbel.txt"]; e.SameAs != "test:ander.txt" || e.Document != "ander" {
		t.Errorf("the same file under another name: %+v", e)
	}
	if e := second["Wat is de SER.md"]; e.Version != 2 {
		t.Errorf("version %d", e.Version)
	}
	if diff := cmp.Diff([]string{"De SER adviseert kabinet en parlement."}, texts(t, b.pool, "wat-is-de-ser")); diff != "" {
		t.Error(diff)
	}

	// Back to the first text: a third version, because the second was published.
	third := b.run(t, map[string]string{"Wat is de SER.md": "# De SER\nDe SER adviseert het kabinet.\fDe SER heeft 33 leden."})
	if e := third["Wat is de SER.md"]; e.Result != ingest.Replaced || e.Version != 3 {
		t.Errorf("%+v", e)
	}
	documents, err := b.store.Documents(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(documents) != 2 || documents[1].Version != 3 || documents[1].Status != "current" || documents[1].Pages != 2 || documents[1].Chunks != 2 {
		t.Errorf("%+v", documents)
	}
	checkWhole(t, b.pool)
}

func TestIngestFailuresAreNamedAndKeepTheOldVersion(t *testing.T) {
	b := newBench(t)
	b.run(t, map[string]string{"goed.txt": "De oude tekst."})
	got := b.run(t, map[string]string{"goed.txt": "DAMAGED", "kapot.txt": "DAMAGED too", "leeg.txt": "", "lukt later.txt": "PASSING Dit lukt."})
	if diff := cmp.Diff(map[string]ingest.Result{
		"goed.txt": ingest.Failed, "kapot.txt": ingest.Failed, "leeg.txt": ingest.Added, "lukt later.txt": ingest.Added,
	}, results(got)); diff != "" {
		t.Error(diff)
	}
	if f := got["goed.txt"].Failure; f == nil || f.Code != extract.CodeDamaged || f.Message != "Beschadigd." {
		t.Errorf("failure %+v", f)
	}
	if diff := cmp.Diff([]string{"De oude tekst."}, texts(t, b.pool, "goed")); diff != "" {
		t.Errorf("the old version is gone: %s", diff)
	}
	if n := b.reader.attempts["kapot.txt"]; n != 1 {
		t.Errorf("a damaged document was tried %d times", n)
	}
	if n := b.reader.attempts["lukt later.txt"]; n != 3 {
		t.Errorf("a passing fault was tried %d times", n)
	}
	documents, err := b.store.Documents(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	status := make(map[string]string)
	for _, d := range documents {
		status[d.ID] = d.Status
		if (d.Failure != nil) != (d.ID == "goed" || d.ID == "kapot") {
			t.Errorf("%s: failure %+v", d.ID, d.Failure)
		}
	}
	if diff := cmp.Diff(map[string]string{"goed": "current", "kapot": "failed", "leeg": "current", "lukt-later": "current"}, status); diff != "" {
		t.Error(diff)
	}
	// Offered again, a failed document is tried again; a mended one gets in.
	again := b.run(t, map[string]string{"goed.txt": "DAMAGED", "kapot.txt": "Nu heel."})
	if diff := cmp.Diff(map[string]ingest.Result{"goed.txt": ingest.Failed, "kapot.txt": ingest.Added}, results(again)); diff != "" {
		t.Error(diff)
	}
	if n := b.reader.attempts["goed.txt"]; n != 3 {
		t.Errorf("goed.txt was read %d times", n)
	}
	// Back to what is current: the failure is forgotten.
	if diff := cmp.Diff(map[string]ingest.Result{"goed.txt": ingest.Unchanged}, results(b.run(t, map[string]string{"goed.txt": "De oude tekst."}))); diff != "" {
		t.Error(diff)
	}
	checkWhole(t, b.pool)
}

func TestIngestSameBytesInOneBatchShareTheirFate(t *testing.T) {
	b := newBench(t)
	got := b.run(t, map[string]string{"a.txt": "DAMAGED", "b.txt": "DAMAGED", "c.txt": "Heel.", "d.txt": "Heel."})
	if diff := cmp.Diff(map[string]ingest.Result{
		"a.txt": ingest.Failed, "b.txt": ingest.Failed, "c.txt": ingest.Added, "d.txt": ingest.Unchanged,
	}, results(got)); diff != "" {
		t.Error(diff)
	}
	checkWhole(t, b.pool)
}

func TestIngestReadersSeeOldOrNewNeverHalf(t *testing.T) {
	b := newBench(t)
	text := func(n int) string {
		var s strings.Builder
		for p := range 5 + n%3 {
			if p > 0 {
				s.WriteByte('\f')
			}
			fmt.Fprintf(&s, "# Kop\nVersie %d pagina %d.", n, p)
		}
		return s.String()
	}
	b.run(t, map[string]string{"wisselt.txt": text(0)})
	stop := make(chan struct{})
	read := make(chan int, 1)
	go func() {
		reads := 0
		defer func() { read <- reads }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			got := texts(t, b.pool, "wisselt")
			var n int
			if len(got) == 0 {
				t.Error("a reader saw no version at all")
				return
			}
			if _, err := fmt.Sscanf(got[0], "Versie %d", &n); err != nil {
				t.Errorf("chunk %q: %v", got[0], err)
				return
			}
			if len(got) != 5+n%3 {
				t.Errorf("version %d with %d chunks", n, len(got))
				return
			}
			for _, c := range got {
				if !strings.HasPrefix(c, fmt.Sprintf("Versie %d ", n)) {
					t.Errorf("version %d shows %q", n, c)
				}
			}
			reads++
		}
	}()
	for n := 1; n <= 8; n++ {
		if e := b.run(t, map[string]string{"wisselt.txt": text(n)})["wisselt.txt"]; e.Result != ingest.Replaced {
			t.Errorf("%+v", e)
		}
	}
	close(stop)
	if reads := <-read; reads < 8 {
		t.Errorf("only %d reads", reads)
	}
	checkWhole(t, b.pool)
}

// One document offered by many at once, with several texts: the last one wins,
// and nothing is left over.
func TestIngestConcurrentSubmissionsOfOneDocument(t *testing.T) {
	b := newBench(t)
	ctx := testContext(t)
	var wg sync.WaitGroup
	for n := range 12 {
		wg.Go(func() {
			_, err := b.store.Submit(ctx, ingest.Submission{
				Source: fmt.Sprintf("test:%d", n%3), Name: "zelfde.txt", MediaType: "text/plain", Content: fmt.Appendf(nil, "Tekst %d.", n%4)})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b.run(t, map[string]string{"nog een.txt": "Slot."})
	working, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = b.ingester.Work(working) }()
	for pending := 1; pending > 0; time.Sleep(50 * time.Millisecond) {
		if err := b.pool.QueryRow(ctx, `SELECT count(*) FROM versions WHERE status = 'pending'`).Scan(&pending); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	<-done
	documents, err := b.store.Documents(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]bool)
	for _, d := range documents {
		ids[d.ID] = true
		if d.Status != "current" {
			t.Errorf("%+v", d)
		}
	}
	for _, id := range []string{"zelfde", "nog-een"} {
		if !ids[id] {
			t.Errorf("no document %s in %v", id, ids)
		}
	}
	checkWhole(t, b.pool)
}

func TestIngestWithdrawAndRestore(t *testing.T) {
	b := newBench(t)
	ctx := testContext(t)
	b.run(t, map[string]string{"weg.txt": "Straks weg."})
	live := func() (live []bool) {
		if err := b.pool.QueryRow(ctx, `SELECT array(SELECT live FROM corpus_changes ORDER BY id)`).Scan(&live); err != nil {
			t.Fatal(err)
		}
		return live
	}
	for _, step := range []func(context.Context, string) error{b.store.Withdraw, b.store.Withdraw} {
		if err := step(ctx, "weg"); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]bool{true, false}, live()); diff != "" {
		t.Error(diff)
	}
	documents, err := b.store.Documents(ctx)
	if err != nil || documents[0].Status != "withdrawn" {
		t.Errorf("%+v, %v", documents, err)
	}
	// A new version of a withdrawn document does not bring it back.
	b.run(t, map[string]string{"weg.txt": "Toch nieuw."})
	if diff := cmp.Diff([]bool{true, false}, live()); diff != "" {
		t.Error(diff)
	}
	checkWhole(t, b.pool)
	if err := b.store.Restore(ctx, "weg"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]bool{true, false, true}, live()); diff != "" {
		t.Error(diff)
	}
	checkWhole(t, b.pool)
	var user *corpus.UserError
	if err := b.store.Withdraw(ctx, "bestaat-niet"); !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
		t.Errorf("an unknown document: %v", err)
	}
}

func TestIngestHintsGoFirst(t *testing.T) {
	b := newBench(t)
	ctx := testContext(t)
	receipt, err := b.store.Submit(ctx, ingest.Submission{Source: "test:x", Name: "rapport_01.txt", MediaType: "text/plain", Content: []byte("De raad adviseert het kabinet over werk."),
		Hints: corpus.Metadata{Title: "Één visie op 'werk'", Number: "14/04", Type: "advies", Date: "2014-04-25"}})
	if err != nil {
		t.Fatal(err)
	}
	if receipt.Document != "een-visie-op-werk" {
		t.Errorf("document id %q", receipt.Document)
	}
	b.run(t, map[string]string{"rapport_01.txt": "Een ander stuk."}) // works the job above too
	working, stop := context.WithCancel(ctx)
	worked := make(chan error, 1)
	go func() { worked <- b.ingester.Work(working) }()
	for status := ""; status != "current"; time.Sleep(20 * time.Millisecond) {
		outcomes, err := b.store.Outcomes(ctx, []int64{receipt.Version})
		if err != nil {
			t.Fatal(err) // ctx has ended: it was not read
		}
		status = outcomes[0].Status
	}
	stop()
	if err := <-worked; err != nil {
		t.Fatal(err)
	}
	documents, err := b.store.Documents(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := corpus.Document{ID: "een-visie-op-werk", Source: "test:x", Version: 1, Status: "current", Pages: 1, Chunks: 1,
		Metadata: corpus.Metadata{Title: "Één visie op 'werk'", Number: "14/04", Type: "advies", Date: "2014-04-25", Language: "nl"}}
	if diff := cmp.Diff(want, documents[0]); diff != "" {
		t.Error(diff)
	}
	if documents[1].ID != "rapport-01" || documents[1].Title != "rapport 01" {
		t.Errorf("%+v", documents[1])
	}
}

// slowEmbedder counts its runs and whether two overlap.
type slowEmbedder struct {
	mu            sync.Mutex
	running, runs int
	overlap       bool
}

func (e *slowEmbedder) EmbedPending(ctx context.Context) error {
	e.mu.Lock()
	e.running++
	e.runs++
	e.overlap = e.overlap || e.running > 1
	e.mu.Unlock()
	time.Sleep(50 * time.Millisecond)
	e.mu.Lock()
	e.running--
	e.mu.Unlock()
	return ctx.Err()
}

func TestIngestEmbedsOnceABatchIsIn(t *testing.T) {
	embedder := &slowEmbedder{}
	b := newBench(t, func(c *ingest.Config) { c.Embedder = embedder })
	files := make(map[string]string)
	for n := range 20 {
		files[fmt.Sprintf("%02d.txt", n)] = fmt.Sprintf("Tekst nummer %d.", n)
	}
	var vectors int
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	sources, err := ingest.FromFS(fsys, "test:")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int]bool)
	_, err = b.ingester.Ingest(testContext(t), sources, func(p ingest.Progress) {
		if p.Total != 20 {
			t.Errorf("%+v", p)
		}
		if p.Entry == nil {
			vectors++
			return
		}
		if seen[p.Done] {
			t.Errorf("%d is reported twice", p.Done)
		}
		seen[p.Done] = true
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 20 || vectors != 1 {
		t.Errorf("%d documents and %d times vectors reported", len(seen), vectors)
	}
	embedder.mu.Lock()
	defer embedder.mu.Unlock()
	if embedder.runs == 0 || embedder.runs >= 20 || embedder.overlap {
		t.Errorf("%d runs, overlap %v", embedder.runs, embedder.overlap)
	}
}

func TestIngestFilesAndFolders(t *testing.T) {
	b := newBench(t, func(c *ingest.Config) { c.MaxBytes = 1000 })
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.txt": "B.", "a.md": "A.", "a.pdf": "%PDF A.", "a.txt": "Nee: de tekst van a.pdf.", "diep/er/c.txt": "C.", ".verborgen.txt": "Nee.", ".git/d.txt": "Nee.", "plaatje.png": "Nee.",
		"groot.txt": strings.Repeat("Lang. ", 1000),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "nergens"), filepath.Join(dir, "kapot.txt")); err != nil {
		t.Fatal(err)
	}
	sources, err := b.ingester.Find(testContext(t), []string{dir, filepath.Join(dir, "b.txt"), filepath.Join(dir, "weg.pdf")})
	if err != nil {
		t.Fatal(err)
	}
	summary, err := b.ingester.Ingest(testContext(t), sources, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range summary.Entries {
		name, _ := filepath.Rel(dir, e.Source)
		line := name + " " + string(e.Result)
		if e.Failure != nil {
			line += " " + e.Failure.Code
		}
		got = append(got, line)
	}
	want := []string{"a.md added", "a.pdf added", "b.txt added", "diep/er/c.txt added", "groot.txt failed too_large", "kapot.txt failed unreadable", "weg.pdf failed unreadable"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if summary.Count(ingest.Added) != 4 || summary.Count(ingest.Failed) != 3 {
		t.Errorf("%+v", summary)
	}
	empty := t.TempDir()
	if sources, err = b.ingester.Find(testContext(t), []string{empty}); err != nil {
		t.Fatal(err)
	}
	if summary, err = b.ingester.Ingest(testContext(t), sources, nil); err != nil {
		t.Fatal(err)
	}
	if summary.Count(ingest.Failed) != 1 || len(summary.Entries) != 1 || summary.Entries[0].Failure == nil {
		t.Errorf("an empty folder is no failed entry: %+v", summary)
	}
}

// Words numbered by many workers at once: each word gets one number.
func TestIngestNumbersWordsOnce(t *testing.T) {
	b := newBench(t, func(c *ingest.Config) { c.Workers = 4 })
	files := make(map[string]string)
	for n := range 24 {
		var words []string
		for i := range 200 {
			words = append(words, fmt.Sprintf("woord%d", (i*7+n*13)%400))
		}
		files[fmt.Sprintf("%d.txt", n)] = strings.Join(words, " ") + " " + strings.Repeat("x", 5000) + "."
	}
	for name, e := range b.run(t, files) {
		if e.Result != ingest.Added {
			t.Errorf("%s: %+v", name, e)
		}
	}
	var terms, distinct int
	if err := b.pool.QueryRow(testContext(t), `SELECT count(*), count(DISTINCT term) FROM terms WHERE term LIKE 'woord%'`).Scan(&terms, &distinct); err != nil {
		t.Fatal(err)
	}
	if terms != 400 || distinct != 400 {
		t.Errorf("%d terms, %d distinct", terms, distinct)
	}
	rows := make(map[string]int)
	query, err := b.pool.Query(testContext(t), `SELECT term, id FROM terms`)
	if err != nil {
		t.Fatal(err)
	}
	var term string
	var id int
	for query.Next() {
		if err := query.Scan(&term, &id); err != nil {
			t.Fatal(err)
		}
		rows[term] = id
	}
	var tv []byte
	if err := b.pool.QueryRow(testContext(t), `
		SELECT tv FROM chunk_terms JOIN chunks ON id = chunk_id JOIN versions v ON v.id = version_id WHERE document_id = '3' ORDER BY ordinal LIMIT 1`).Scan(&tv); err != nil {
		t.Fatal(err)
	}
	ids, _, _, err := retrieval.DecodeTerms(tv, nil)
	if err != nil {
		t.Fatal(err)
	}
	byID := make(map[int]string)
	for w, i := range rows {
		byID[i] = w
	}
	if len(ids) < 100 || byID[int(ids[1])] != "woord39" {
		t.Errorf("the stored terms begin with %q of %v", byID[int(ids[1])], ids[:4])
	}
	checkWhole(t, b.pool)
}
