package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Config is what an Ingester is made of.
type Config struct {
	Store     Store     // required
	Queue     Queue     // required
	Extractor Extractor // required
	Index     Index     // required
	Embedder  Embedder  // nil: chunks get no vectors

	Workers  int           // documents read at the same time; default the number of CPUs
	Timeout  time.Duration // for one document, OCR included; default 1 hour
	MaxBytes int64         // of one document; default 100 MiB
	Fetch    FetchOptions
	Logger   *slog.Logger // default: none
}

const (
	defaultTimeout  = time.Hour
	defaultMaxBytes = 100 << 20
	// pollEvery is how often the outcome of submitted documents is looked up.
	pollEvery = 100 * time.Millisecond
)

// The codes of failures that are found outside the reader; see extract for
// its own.
const (
	CodeUnreadable = "unreadable" // the file or address cannot be read
	CodeInternal   = "internal"   // a fault of ours, after several attempts
	CodeOvertaken  = "overtaken"  // the document was offered again meanwhile
	CodeRobots     = "robots"     // the website asks in robots.txt not to fetch it
	CodeCatalogue  = "catalogue"  // a catalogue with faults
)

// Ingester brings documents into the corpus. It may be used by any number of
// goroutines, and any number of processes may run one on the same store.
type Ingester struct {
	cfg   Config
	fetch *fetcher

	mu      sync.Mutex
	working int // calls of Work that are running
}

// New makes an Ingester.
func New(cfg Config) (*Ingester, error) {
	if cfg.Store == nil || cfg.Queue == nil || cfg.Extractor == nil || cfg.Index == nil {
		return nil, errors.New("an ingester needs a store, a queue, an extractor and an index")
	}
	if cfg.Workers <= 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = defaultMaxBytes
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Ingester{cfg: cfg, fetch: newFetcher(cfg.Fetch)}, nil
}

// Work works on jobs until ctx ends, and has documents read again that an older
// reader read. It mends lost connections by itself.
func (in *Ingester) Work(ctx context.Context) error { return in.work(ctx, extract.Version) }

func (in *Ingester) work(ctx context.Context, reader int) error {
	in.count(1)
	defer in.count(-1)
	jobs := Jobs{Read: in.read, Divide: in.divide}
	if in.cfg.Embedder != nil {
		jobs.Embed = in.cfg.Embedder.EmbedPending
	}
	err := in.cfg.Queue.Work(ctx, WorkOptions{Workers: in.cfg.Workers, Timeout: in.cfg.Timeout, Reader: reader}, jobs)
	if err != nil {
		return fmt.Errorf("working on documents: %w", err)
	}
	return nil
}

func (in *Ingester) count(n int) (now int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.working += n
	return in.working
}

// Entry is what became of one document.
type Entry struct {
	Source   string          `json:"source"`
	Document string          `json:"document,omitempty"`
	Title    string          `json:"title,omitempty"`
	Result   Result          `json:"result"`
	SameAs   string          `json:"same_as,omitempty"` // the source of the document with the same bytes
	Version  int             `json:"version,omitempty"`
	Pages    int             `json:"pages,omitempty"`
	Chunks   int             `json:"chunks,omitempty"`
	Failure  *corpus.Failure `json:"failure,omitempty"`
	Warnings []string        `json:"warnings,omitempty"` // what could not be read in full
	Held     bool            `json:"held,omitempty"`     // read, and not in the answers until it is published
}

// Summary is what became of all documents, in the order they were offered.
type Summary struct {
	Entries []Entry `json:"documents"`
	// Publications is the number of entries of catalogues that were stored.
	Publications int `json:"publications,omitempty"`
}

// Count is the number of documents with this result.
func (s Summary) Count(r Result) int {
	n := 0
	for _, e := range s.Entries {
		if e.Result == r {
			n++
		}
	}
	return n
}

// Progress is how far an Ingest is. Entry is the document that was finished
// last, nil when the vectors are being made.
type Progress struct {
	Done, Total int
	Entry       *Entry
}

// Ingest offers the documents to the store and waits until every one is in the
// corpus, failed, or found unchanged; what catalogues say is stored before. When
// no Work of this Ingester runs, it works itself meanwhile. A document that fails
// is an entry, not an error; an error means that ctx ended or the store cannot be
// reached, and what was submitted by then is worked on by whoever works next.
// progress, unless nil, is called after each document, from one goroutine.
func (in *Ingester) Ingest(ctx context.Context, sources []Source, progress func(Progress)) (Summary, error) {
	var publications []corpus.Publication
	var documents []Source
	for _, s := range sources {
		if s.publication != nil {
			publications = append(publications, *s.publication)
		}
		if s.open != nil || s.isAddress {
			documents = append(documents, s)
		}
	}
	if len(publications) > 0 {
		err := persist(ctx, func() error { return in.cfg.Store.SavePublications(ctx, publications) })
		if err != nil {
			return Summary{}, err
		}
	}
	if len(documents) == 0 {
		return Summary{Entries: []Entry{}, Publications: len(publications)}, nil
	}
	summary, err := in.follow(ctx, len(documents), progress, func(ctx context.Context, t *tracker) error {
		for i, source := range documents {
			if err := in.submit(ctx, t, i, source); err != nil {
				return err
			}
			if err := t.now(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	summary.Publications = len(publications)
	return summary, err
}

// Retry reads the failed documents again, and opens what could not be opened, as
// Ingest does.
func (in *Ingester) Retry(ctx context.Context, progress func(Progress)) (Summary, error) {
	var names []string
	err := persist(ctx, func() (err error) { names, err = in.cfg.Store.UnopenedSources(ctx); return err })
	if err != nil {
		return Summary{}, err
	}
	var sources []Source
	for _, name := range names {
		if isAddress(name) {
			sources = append(sources, in.address(name))
		} else {
			sources = append(sources, fileSource(name))
		}
	}
	var queued []Requeued
	err = persist(ctx, func() (err error) { queued, err = in.cfg.Store.Requeue(ctx); return err })
	if err != nil {
		return Summary{}, err
	}
	if len(queued)+len(sources) == 0 {
		return Summary{Entries: []Entry{}}, nil
	}
	return in.follow(ctx, len(queued)+len(sources), progress, func(ctx context.Context, t *tracker) error {
		for i, q := range queued {
			t.entries[i] = Entry{Source: q.Source, Document: q.Document, Result: Replaced}
			t.waiting[q.Version] = append(t.waiting[q.Version], i)
		}
		for i, source := range sources {
			if err := in.submit(ctx, t, len(queued)+i, source); err != nil {
				return err
			}
			if err := t.now(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// follow sees n documents that submit hands in through to their end.
func (in *Ingester) follow(ctx context.Context, n int, progress func(Progress), submit func(context.Context, *tracker) error) (Summary, error) {
	if progress == nil {
		progress = func(Progress) {}
	}
	// A Work that fails ends the wait for what it was to do.
	ctx, give := context.WithCancelCause(ctx)
	var working sync.WaitGroup
	if in.count(0) == 0 {
		working.Go(func() {
			// Who waits for documents does not want to wait for old ones too.
			if err := in.work(ctx, 0); err != nil {
				give(err)
			}
		})
	}
	defer func() {
		give(nil)
		working.Wait()
	}()

	t := tracker{store: in.cfg.Store, entries: make([]Entry, n), waiting: make(map[int64][]int), progress: progress, polled: time.Now()}
	err := persist(ctx, func() (err error) { t.batch, err = t.store.StartBatch(ctx, n); return err })
	if err != nil {
		return Summary{}, err
	}
	if err := submit(ctx, &t); err != nil {
		return Summary{}, err
	}
	for len(t.waiting) > 0 {
		if err := sleep(ctx, pollEvery); err != nil {
			return Summary{}, err
		}
		if err := t.poll(ctx); err != nil {
			return Summary{}, err
		}
	}
	if err := t.record(ctx, true); err != nil {
		return Summary{}, err
	}
	return Summary{Entries: t.entries}, in.awaitVectors(ctx, t)
}

// awaitVectors waits until the new chunks have their vectors, so that who asks
// after an ingest gets what the corpus can give.
func (in *Ingester) awaitVectors(ctx context.Context, t tracker) error {
	if in.cfg.Embedder == nil || t.published == 0 {
		return nil
	}
	t.progress(Progress{Done: t.done, Total: len(t.entries)})
	for {
		var embedding bool
		err := persist(ctx, func() (err error) { embedding, err = in.cfg.Queue.Embedding(ctx); return err })
		if err != nil || !embedding {
			return err
		}
		if err := sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
}

// patience is how long an Ingest waits for a store that does not answer, such as
// a database that is being started again.
const patience = 20 * time.Second

// persist runs f until it succeeds, at most for patience. Everything the store
// does is one transaction and may be done again.
func persist(ctx context.Context, f func() error) error {
	wait := 50 * time.Millisecond
	for began := time.Now(); ; wait = min(2*wait, 2*time.Second) {
		err := f()
		if err == nil || ctx.Err() != nil || time.Since(began) > patience {
			return err
		}
		if sleep(ctx, wait) != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// submit offers one document. Only an error that would meet all others too is
// returned.
func (in *Ingester) submit(ctx context.Context, t *tracker, i int, source Source) error {
	t.entries[i] = Entry{Source: source.Name}
	file, err := in.open(ctx, source)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		failure := asFailure(err)
		if source.optional {
			t.finish(i, Skipped, failure)
			return nil
		}
		t.finish(i, Failed, failure)
		if errors.Is(err, fs.ErrNotExist) || source.list {
			return nil // there is nothing to open another time
		}
		return persist(ctx, func() error { return in.cfg.Store.Unopened(ctx, source.Name, *failure) })
	}
	submission := Submission{Source: source.Name, Name: file.Name, MediaType: file.MediaType, Content: file.Content, Stored: file.stored, Hints: source.Hints, Hold: source.Hold}
	if source.publication != nil {
		submission.Publication = source.publication.ID
	}
	var receipt Receipt
	err = persist(ctx, func() (err error) { receipt, err = in.cfg.Store.Submit(ctx, submission); return err })
	if err != nil {
		return err
	}
	if source.isAddress {
		digest := submission.Digest()
		fetched := Fetched{Digest: digest[:], Name: file.Name, ETag: file.etag, LastModified: file.lastModified}
		err = persist(ctx, func() error { return in.cfg.Store.SetFetched(ctx, source.Name, fetched) })
		if err != nil {
			return err
		}
	}
	e := &t.entries[i]
	e.Document, e.SameAs, e.Result = receipt.Document, receipt.SameAs, receipt.Result
	if receipt.Version == 0 {
		t.finish(i, receipt.Result, nil)
		return nil
	}
	t.waiting[receipt.Version] = append(t.waiting[receipt.Version], i)
	return nil
}

// tracker follows submitted versions to their end.
type tracker struct {
	store     Store
	entries   []Entry
	waiting   map[int64][]int // version → indexes of its entries
	done      int
	failed    int
	published int
	progress  func(Progress)
	batch     int64
	polled    time.Time
	recorded  time.Time
}

// recordEvery is how often the progress is written down.
const recordEvery = time.Second

// now polls when it is time to.
func (t *tracker) now(ctx context.Context) error {
	if time.Since(t.polled) < pollEvery {
		return nil
	}
	return t.poll(ctx)
}

// record writes down how far it is.
func (t *tracker) record(ctx context.Context, finished bool) error {
	if !finished && time.Since(t.recorded) < recordEvery {
		return nil
	}
	t.recorded = time.Now()
	return persist(ctx, func() error { return t.store.UpdateBatch(ctx, t.batch, t.done, t.failed, finished) })
}

func (t *tracker) finish(i int, r Result, f *corpus.Failure) {
	e := &t.entries[i]
	e.Result, e.Failure = r, f
	t.done++
	if r == Failed {
		t.failed++
	}
	t.progress(Progress{Done: t.done, Total: len(t.entries), Entry: e})
}

func (t *tracker) poll(ctx context.Context) error {
	t.polled = time.Now()
	if err := t.record(ctx, false); err != nil || len(t.waiting) == 0 {
		return err
	}
	versions := make([]int64, 0, len(t.waiting))
	for v := range t.waiting {
		versions = append(versions, v)
	}
	var outcomes []Outcome
	err := persist(ctx, func() (err error) { outcomes, err = t.store.Outcomes(ctx, versions); return err })
	if err != nil {
		return err
	}
	found := make(map[int64]Outcome, len(outcomes))
	for _, o := range outcomes {
		found[o.Version] = o
	}
	for _, v := range versions {
		o, ok := found[v]
		if ok && o.Status == "pending" {
			continue
		}
		entries := t.waiting[v]
		delete(t.waiting, v)
		for _, i := range entries {
			switch e := &t.entries[i]; {
			case !ok:
				t.finish(i, Failed, &corpus.Failure{Code: CodeOvertaken,
					Message: "Dit document is intussen opnieuw aangeboden. Kijk bij die nieuwere versie."})
			case o.Status == "failed":
				t.finish(i, Failed, o.Failure)
			default:
				e.Title, e.Version, e.Pages, e.Chunks, e.Warnings = o.Title, o.Number, o.Pages, o.Chunks, o.Warnings
				if e.Held = o.Status == "held"; !e.Held {
					t.published++
				}
				t.finish(i, e.Result, nil)
			}
		}
	}
	return nil
}

// read is the job of one version. A fault of the document ends it; any other
// brings it back until the last attempt.
func (in *Ingester) read(ctx context.Context, version int64, last bool) error {
	err := in.tryRead(ctx, version)
	if err == nil || errors.Is(err, ErrSettled) {
		return nil
	}
	failure := asFailure(err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return err // the worker stops
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		failure = &corpus.Failure{Code: extract.CodeTimeout,
			Message: fmt.Sprintf("Het lezen duurde langer dan %s. Splits het document in delen.", in.cfg.Timeout)}
	case failure.Code == CodeInternal && !last:
		return err
	}
	in.cfg.Logger.WarnContext(ctx, "a document failed", "version", version, "code", failure.Code, "error", err)
	// The failure must be written even when the time for the document is over.
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if err := in.cfg.Store.Fail(writing, version, *failure); err != nil && !errors.Is(err, ErrSettled) {
		return err
	}
	return nil
}

func (in *Ingester) tryRead(ctx context.Context, version int64) error {
	unread, err := in.cfg.Store.Pending(ctx, version)
	if err != nil {
		return err
	}
	doc, err := in.cfg.Extractor.Extract(ctx, unread.Name, unread.Content)
	if err != nil {
		return fmt.Errorf("reading %s: %w", unread.Source, err)
	}
	if err := checkPages(doc.Pages); err != nil {
		return fmt.Errorf("reading %s: %w", unread.Source, err)
	}
	reading := Reading{
		Metadata: complete(unread.Hints, doc.Metadata, unread.Name, doc.Pages),
		Pages:    doc.Pages,
		Chunks:   Chunks(doc.Pages),
		Warnings: doc.Warnings,

		Incomplete: doc.Incomplete,
		Reader:     extract.Version,
	}
	if reading.Terms, err = in.terms(ctx, reading.Metadata.Title, reading.Chunks); err != nil {
		return err
	}
	return in.cfg.Store.Publish(ctx, version, reading)
}

func (in *Ingester) terms(ctx context.Context, title string, chunks []corpus.Chunk) ([]Terms, error) {
	terms := make([]Terms, len(chunks))
	for i, c := range chunks {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		terms[i] = in.cfg.Index(title, c.Heading, c.Text)
	}
	return terms, nil
}

// divide is the job of a version with boilerplate among its text: other documents made
// it that, before it came or after.
func (in *Ingester) divide(ctx context.Context, version int64) error {
	u, err := in.cfg.Store.Undivided(ctx, version)
	if err == nil {
		chunks := Chunks(u.Pages, u.Repeated...)
		var terms []Terms
		if terms, err = in.terms(ctx, u.Title, chunks); err == nil {
			err = in.cfg.Store.Divide(ctx, u, chunks, terms)
		}
	}
	if errors.Is(err, ErrSettled) {
		return nil
	}
	return err
}

// complete joins what was known beforehand with what the document says, and
// fills in the two things a document cannot do without.
func complete(hints, said corpus.Metadata, name string, pages []corpus.Page) corpus.Metadata {
	first := func(a, b string) string {
		if a != "" {
			return a
		}
		return strings.TrimSpace(b)
	}
	m := corpus.Metadata{
		Title:    first(hints.Title, said.Title),
		Number:   first(hints.Number, said.Number),
		Type:     first(hints.Type, said.Type),
		Date:     corpus.Date(first(string(hints.Date), string(said.Date))),
		Language: first(hints.Language, said.Language),
	}
	if m.ISBN = corpus.ISBN(hints.ISBN); m.ISBN == "" {
		m.ISBN = corpus.ISBN(said.ISBN)
	}
	if n := corpus.PublicationNumber(m.Number, m.Date.Year()); n != "" {
		m.Number = n
	}
	if m.Title == "" {
		m.Title = strings.TrimSpace(strings.NewReplacer("_", " ", "-", " ").Replace(strings.TrimSuffix(name, path.Ext(name))))
	}
	if date, err := corpus.ParseDate(string(m.Date)); err != nil {
		m.Date = "" // a document may say anything of itself
	} else {
		m.Date = date
	}
	if m.Language != "nl" && m.Language != "en" {
		var text strings.Builder
		for _, p := range pages {
			if text.WriteString(p.Text); text.Len() > 10_000 {
				break
			}
		}
		m.Language = dutch.Detect(text.String())
	}
	return m
}

// checkPages holds a reader to the promises of corpus.Page that everything
// after it builds on.
func checkPages(pages []corpus.Page) error {
	number := 0
	for _, p := range pages {
		if p.Number <= number {
			return fmt.Errorf("page %d comes after page %d", p.Number, number)
		}
		number = p.Number
		if !utf8.ValidString(p.Text) || strings.ContainsRune(p.Text, 0) {
			return fmt.Errorf("the text of page %d is not valid UTF-8 without zero bytes", p.Number)
		}
		end := 0
		length := utf8.RuneCountInString(p.Text)
		for _, b := range p.Blocks {
			if b.Start < end || b.End < b.Start || b.End > length {
				return fmt.Errorf("block [%d,%d) of page %d lies outside its text or overlaps another", b.Start, b.End, p.Number)
			}
			end = b.End
		}
	}
	return nil
}

// failureError is a Failure on its way up.
type failureError struct {
	corpus.Failure
	err error
}

func (f *failureError) Error() string { return fmt.Sprintf("%s: %v", f.Code, f.err) }
func (f *failureError) Unwrap() error { return f.err }

// asFailure is what to tell people about err.
func asFailure(err error) *corpus.Failure {
	if f, ok := extract.AsFailure(err); ok {
		failure := f.Corpus()
		return &failure
	}
	var f *failureError
	if errors.As(err, &f) {
		return &f.Failure
	}
	return &corpus.Failure{Code: CodeInternal,
		Message: "Er ging iets mis aan onze kant, ook na nieuwe pogingen. Bied het document later opnieuw aan; de oorzaak staat in het logboek."}
}
