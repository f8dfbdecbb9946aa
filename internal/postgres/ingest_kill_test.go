package postgres_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/localpg"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
)

// What the test binary does when it is started as a process of its own.
const (
	envRole   = "VRAAGBAAK_TEST_INGEST_ROLE" // ingest, ingest-pdf, work or work-pdf
	envURL    = "VRAAGBAAK_TEST_INGEST_URL"
	envFolder = "VRAAGBAAK_TEST_INGEST_FOLDER"
	envDelay  = "VRAAGBAAK_TEST_INGEST_DELAY" // to read one document
)

// TestIngestProcess is no test but the process that the tests below kill.
func TestIngestProcess(t *testing.T) {
	role := os.Getenv(envRole)
	if role == "" {
		t.Skip("only runs as a process of the kill tests")
	}
	delay, err := time.ParseDuration(os.Getenv(envDelay))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	db, err := postgres.Open(ctx, os.Getenv(envURL), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := postgres.NewIngestStore(db)
	if err != nil {
		t.Fatal(err)
	}
	var reader ingest.Extractor = &plainReader{delay: delay}
	workers := 2
	if role == "ingest-pdf" || role == "work-pdf" {
		workers = 1
		pdfs, err := extract.New(extract.Options{})
		if err != nil {
			t.Fatal(err)
		}
		reader = slowReader{pdfs, delay}
	}
	ingester, err := ingest.New(ingest.Config{Store: store, Queue: store, Extractor: reader, Index: indexChunk, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	if role == "work" || role == "work-pdf" {
		if err := ingester.Work(ctx); err != nil {
			t.Fatal(err)
		}
		return
	}
	sources, err := ingester.Find(ctx, []string{os.Getenv(envFolder)})
	if err != nil {
		t.Fatal(err)
	}
	summary, err := ingester.Ingest(ctx, sources, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range summary.Entries {
		if e.Result == ingest.Failed {
			t.Errorf("%s: %+v", e.Source, e.Failure)
		}
	}
}

// slowReader takes its time before it reads, so that kills find it at work.
type slowReader struct {
	ingest.Extractor
	delay time.Duration
}

func (r slowReader) Extract(ctx context.Context, name string, content []byte) (extract.Document, error) {
	select {
	case <-ctx.Done():
		return extract.Document{}, ctx.Err()
	case <-time.After(r.delay):
		return r.Extractor.Extract(ctx, name, content)
	}
}

// process is a running TestIngestProcess.
type process struct {
	cmd    *exec.Cmd
	output *strings.Builder
	ended  chan error
}

func startProcess(t *testing.T, role, url, folder string, delay time.Duration) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], "-test.run=^TestIngestProcess$", "-test.v"), output: &strings.Builder{}, ended: make(chan error, 1)} // #nosec G204 -- ourselves
	p.cmd.Env = append(os.Environ(), envRole+"="+role, envURL+"="+url, envFolder+"="+folder, envDelay+"="+delay.String())
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.output
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	lines := bufio.NewScanner(stdout)
	ready := make(chan struct{})
	go func() {
		opened := false
		for lines.Scan() {
			if lines.Text() == "ready" && !opened {
				opened = true
				close(ready)
				continue
			}
			p.output.WriteString(lines.Text() + "\n")
		}
		p.ended <- p.cmd.Wait()
		if !opened {
			close(ready)
		}
	}()
	<-ready
	return p
}

// kill is kill -9; killing twice is fine.
func (p *process) kill() { _ = p.cmd.Process.Kill() }

func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil { // #nosec G306 -- a test file
			t.Fatal(err)
		}
	}
}

// ask runs a query until the database, which may just have been killed, answers.
func ask[T any](t *testing.T, db *postgres.DB, query string, args ...any) (answer T) {
	t.Helper()
	ctx := testContext(t)
	for {
		err := db.Pool().QueryRow(ctx, query, args...).Scan(&answer)
		if err == nil {
			return answer
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// inSince counts the versions that were published since a moment.
func inSince(t *testing.T, db *postgres.DB, moment time.Time) int {
	t.Helper()
	return ask[int](t, db, `SELECT count(*) FROM versions WHERE published_at > $1`, moment)
}

// killPostgres is kill -9 of the postmaster.
func killPostgres(t *testing.T, db *postgres.DB) {
	t.Helper()
	backend := ask[int](t, db, `SELECT pg_backend_pid()`)
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", backend))
	if err != nil {
		t.Fatal(err)
	}
	// pid (comm) state ppid …
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	postmaster, err := strconv.Atoi(fields[1])
	if err != nil || postmaster <= 1 {
		t.Fatalf("no postmaster in %q", stat)
	}
	if err := syscall.Kill(postmaster, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// generated makes the texts of version v of 50 documents.
func generated(v int) map[string]string {
	files := make(map[string]string)
	for n := range 50 {
		var s strings.Builder
		for page := range 1 + n%4 {
			if page > 0 {
				s.WriteByte('\f')
			}
			fmt.Fprintf(&s, "# Hoofdstuk %d\n", page)
			for sentence := range 10 + n%7 {
				fmt.Fprintf(&s, "Document %d in versie %d zegt op pagina %d zin %d iets over woord%d en woord%d. ", n, v, page, sentence, n*sentence, page)
			}
		}
		files[fmt.Sprintf("document %02d.txt", n)] = s.String()
	}
	return files
}

func TestIngestSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a database server and kills it")
	}
	pg, err := localpg.Start(testContext(t), localpg.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Close(); err != nil {
			t.Error(err)
		}
	})
	db, err := postgres.Open(testContext(t), pg.URL(), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Migrate(testContext(t)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()

	// Some documents have a version already, so that kills hit replacements too.
	folder := t.TempDir()
	old, current := generated(1), generated(2)
	for name := range old {
		var n int
		if _, err := fmt.Sscanf(name, "document %d.txt", &n); err != nil {
			t.Fatal(err)
		}
		if n%3 != 0 {
			delete(old, name)
		}
	}
	write(t, folder, old)
	first := startProcess(t, "ingest", pg.URL(), folder, 0)
	if err := <-first.ended; err != nil {
		t.Fatalf("the first ingest: %v\n%s", err, first.output)
	}
	checkWhole(t, db.Pool())
	write(t, folder, current)

	const slow = 200 * time.Millisecond
	began := time.Now()
	// A worker that is never killed has to live through the kills of postgres.
	worker := startProcess(t, "work", pg.URL(), "", slow)
	midway := 0
	for round := range 6 {
		ask[int](t, db, `SELECT 1`)
		p := startProcess(t, "ingest", pg.URL(), folder, slow)
		time.Sleep(time.Duration(100+rand.IntN(300)) * time.Millisecond)
		done := inSince(t, db, began)
		t.Logf("round %d: %d of %d documents are in", round, done, len(current))
		if done < len(current) {
			midway++
		}
		if round%2 == 1 {
			killPostgres(t, db)
			time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
		}
		p.kill()
		<-p.ended
	}
	if midway < 3 {
		t.Errorf("only %d kills came before all documents were in", midway)
	}
	ask[int](t, db, `SELECT 1`)
	// The last one is left alone, but not its database: it goes on by itself.
	named, err := url.Parse(pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	query := named.Query()
	query.Set("application_name", "last")
	named.RawQuery = query.Encode()
	last := startProcess(t, "ingest", named.String(), folder, slow)
	for deadline := time.Now().Add(time.Minute); ask[int](t, db, `SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'last'`) == 0; {
		if time.Now().After(deadline) {
			t.Fatalf("the last ingest did not connect within a minute\n%s", last.output)
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(slow)
	killPostgres(t, db)
	if err := <-last.ended; err != nil {
		t.Fatalf("the last ingest: %v\n%s", err, last.output)
	}
	select {
	case err := <-worker.ended:
		t.Errorf("the worker ended: %v\n%s", err, worker.output)
	default:
	}

	ask[int](t, db, `SELECT 1`) // connections from before the kill are gone
	store, err := postgres.NewIngestStore(db)
	if err != nil {
		t.Fatal(err)
	}
	documents, err := store.Documents(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(documents) != len(current) {
		t.Errorf("%d documents, want %d", len(documents), len(current))
	}
	for _, d := range documents {
		name := filepath.Base(d.Source)
		want := 1
		if _, ok := old[name]; ok {
			want = 2
		}
		if d.Status != "current" || d.Version != want || d.Failure != nil {
			t.Errorf("%+v, want version %d", d, want)
		}
		var read []string
		if err := db.Pool().QueryRow(ctx, `
			SELECT array(SELECT text FROM pages p JOIN versions v ON v.id = p.version_id
				WHERE v.document_id = $1 AND v.status = 'current' ORDER BY p.number)`, d.ID).Scan(&read); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(current[name], strings.Join(read, "\f")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	var versions, unfinished int
	if err := db.Pool().QueryRow(ctx, `
		SELECT (SELECT count(*) FROM versions), (SELECT count(*) FROM versions WHERE status NOT IN ('current', 'superseded'))`).Scan(&versions, &unfinished); err != nil {
		t.Fatal(err)
	}
	if versions != len(current)+len(old) || unfinished != 0 {
		t.Errorf("%d versions, want %d; %d of them unfinished", versions, len(current)+len(old), unfinished)
	}
	checkWhole(t, db.Pool())
}

// A document is taken over from a killed worker long before any timeout.
func TestIngestTakesOverFromAKilledWorker(t *testing.T) {
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
	ctx := testContext(t)
	receipt, err := store.Submit(ctx, ingest.Submission{Source: "test:a", Name: "a.txt", MediaType: "text/plain", Content: []byte("Tekst.")})
	if err != nil {
		t.Fatal(err)
	}
	running := func() (n int) {
		if err := db.Pool().QueryRow(ctx, `SELECT count(*) FROM river_job WHERE kind = 'read' AND state = 'running'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	victim := startProcess(t, "work", url, "", time.Hour)
	for running() == 0 {
		time.Sleep(20 * time.Millisecond)
	}
	ingester, err := ingest.New(ingest.Config{Store: store, Queue: store, Extractor: &plainReader{}, Index: indexChunk})
	if err != nil {
		t.Fatal(err)
	}
	working, stop := context.WithCancel(ctx)
	worked := make(chan error, 1)
	go func() { worked <- ingester.Work(working) }()
	defer func() {
		stop()
		if err := <-worked; err != nil {
			t.Error(err)
		}
	}()
	// As long as the first worker lives, its document is left to it.
	time.Sleep(3 * time.Second)
	if running() != 1 {
		t.Error("the document was taken from a living worker")
	}
	victim.kill()
	<-victim.ended
	for {
		outcomes, err := store.Outcomes(ctx, []int64{receipt.Version})
		if err != nil {
			t.Fatal(err) // ctx has ended: nobody took over
		}
		if outcomes[0].Status == "current" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	checkWhole(t, db.Pool())
}

// A document that takes every worker with it is given up in the end.
func TestIngestGivesUpOnADocumentThatKills(t *testing.T) {
	b := newBench(t)
	ctx := testContext(t)
	receipt, err := b.store.Submit(ctx, ingest.Submission{Source: "test:gif", Name: "gif.txt", MediaType: "text/plain", Content: []byte("Gif.")})
	if err != nil {
		t.Fatal(err)
	}
	// As if a worker without a lock had it, twenty times over.
	if _, err := b.pool.Exec(ctx, `
		UPDATE river_job SET state = 'running', attempt = 20, attempted_at = now(), attempted_by = array['vraagbaak-00000000deadbeef']
		WHERE kind = 'read'`); err != nil {
		t.Fatal(err)
	}
	e := b.run(t, map[string]string{"gif.txt": "Gif."})["gif.txt"]
	if e.Result != ingest.Failed {
		t.Errorf("%+v", e)
	}
	outcomes, err := b.store.Outcomes(ctx, []int64{receipt.Version})
	if err != nil {
		t.Fatal(err)
	}
	if len(outcomes) != 1 || outcomes[0].Status != "failed" || outcomes[0].Failure.Code != ingest.CodeInternal {
		t.Errorf("%+v", outcomes)
	}
	if n := b.reader.attempts["gif.txt"]; n != 0 {
		t.Errorf("it was read %d times more", n)
	}
	checkWhole(t, b.pool)
}

// The test binary is its own extraction child.
func init() { extract.MaybeChild() }

// childrenOf finds the processes that a process started.
func childrenOf(t *testing.T, pid int) (children []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) < 2 || fields[0] == "Z" || fields[1] != strconv.Itoa(pid) {
			continue
		}
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		children = append(children, child)
	}
	return children
}

// The process that parses PDFs is killed while it reads: the document is read
// all the same.
func TestIngestSurvivesTheKillingOfItsReader(t *testing.T) {
	if testing.Short() {
		t.Skip("reads PDFs in child processes")
	}
	const demo = "../../ingest/demo"
	names, err := filepath.Glob(filepath.Join(demo, "*.pdf"))
	if err != nil || len(names) < 8 {
		t.Fatalf("%d demo documents, %v", len(names), err)
	}
	folder := t.TempDir()
	for _, name := range names[:8] {
		content, err := os.ReadFile(name) // #nosec G304 -- a file of the project
		if err != nil {
			t.Fatal(err)
		}
		write(t, folder, map[string]string{filepath.Base(name): string(content)})
	}
	url := postgrestest.URL(t)
	db, err := postgres.Open(testContext(t), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	p := startProcess(t, "ingest-pdf", url, folder, 0)
	began := time.Now()
	kills, last, next := 0, 0, 0
	killing := time.NewTicker(5 * time.Millisecond)
	defer killing.Stop()
	limit := time.After(5 * time.Minute)
	for done := false; !done; {
		select {
		case err := <-p.ended:
			if err != nil {
				t.Fatalf("%v\n%s", err, p.output)
			}
			done = true
		case <-limit:
			t.Fatalf("it does not end\n%s", p.output)
		case <-killing.C:
			// A document that kills its reader twice is held to be at fault: not again
			// before the one that was hit is in, and the one that may have been on its way
			// in just then.
			children := childrenOf(t, p.cmd.Process.Pid)
			if kills == 3 || len(children) == 0 || children[0] == last || inSince(t, db, began) < next {
				continue
			}
			time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
			if syscall.Kill(children[0], syscall.SIGKILL) == nil {
				kills++
				last, next = children[0], inSince(t, db, began)+2
			}
		}
	}
	if kills == 0 {
		t.Error("no reader was killed")
	}
	t.Logf("%d readers killed", kills)
	store, err := postgres.NewIngestStore(db)
	if err != nil {
		t.Fatal(err)
	}
	documents, err := store.Documents(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range documents {
		if d.Status != "current" || d.Version != 1 || d.Pages == 0 || d.Chunks == 0 {
			t.Errorf("%+v", d)
		}
	}
	if len(documents) != 8 {
		t.Errorf("%d documents", len(documents))
	}
	checkWhole(t, db.Pool())
}
