package ingest

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// ErrSettled says that a version is no longer pending: another worker finished
// it, or a newer submission took its place. Whoever gets it has nothing to do.
var ErrSettled = errors.New("the version is no longer pending")

// Store keeps documents. Every method is one transaction: it happened whole or
// not at all.
type Store interface {
	// Submit stores the bytes and, when they are new for their source, a pending
	// version with the job that will read it.
	Submit(ctx context.Context, s Submission) (Receipt, error)
	// Pending returns what there is to read of a pending version, or ErrSettled.
	Pending(ctx context.Context, version int64) (Unread, error)
	// Publish makes a pending version the current one of its document, with all of
	// its pages, chunks and terms, and queues the embedding of its chunks. One that was
	// submitted to be held is stored just so, but held. ErrSettled when it is no longer
	// pending.
	Publish(ctx context.Context, version int64, r Reading) error
	// Fail ends a pending version for good; the current one of its document stays.
	// ErrSettled when it is no longer pending.
	Fail(ctx context.Context, version int64, f corpus.Failure) error
	// Outcomes tells where versions stand. Versions that are gone are left out.
	Outcomes(ctx context.Context, versions []int64) ([]Outcome, error)
	// Undivided returns a live version of which a chunk holds boilerplate beside other
	// text, or ErrSettled.
	Undivided(ctx context.Context, version int64) (Undivided, error)
	// Divide puts these chunks in place of those of a live version, where they differ.
	// ErrSettled when it is live no more.
	Divide(ctx context.Context, u Undivided, chunks []corpus.Chunk, terms []Terms) error
	// Requeue makes every failed version pending again, with its job, and returns
	// them with their sources.
	Requeue(ctx context.Context) ([]Requeued, error)

	// SavePublications writes entries of a catalogue, over those with the same id,
	// and ties publications to the documents that have their number.
	SavePublications(ctx context.Context, publications []corpus.Publication) error

	// Fetched is what an address gave the last time, as long as the store has those
	// bytes in a current or pending version; else the zero value.
	Fetched(ctx context.Context, address string) (Fetched, error)
	// SetFetched remembers it.
	SetFetched(ctx context.Context, address string, f Fetched) error
	// Unopened remembers a source that could not be opened, until Submit gets it.
	Unopened(ctx context.Context, source string, f corpus.Failure) error
	// UnopenedSources are those sources.
	UnopenedSources(ctx context.Context) ([]string, error)

	// StartBatch and UpdateBatch write down how far an Ingest is.
	StartBatch(ctx context.Context, total int) (batch int64, err error)
	UpdateBatch(ctx context.Context, batch int64, done, failed int, finished bool) error
}

// Requeued is a version that is read again.
type Requeued struct {
	Version  int64
	Document string
	Source   string
}

// Queue hands out the jobs that Submit and Publish put in, each to one worker
// at a time over all processes; jobs of a process that died are handed out
// again within seconds.
type Queue interface {
	// Work runs jobs until ctx ends and the running ones were given up or finished.
	// Lost connections are mended, not returned.
	Work(ctx context.Context, opts WorkOptions, jobs Jobs) error
	// Embedding tells whether chunks wait for their vectors.
	Embedding(ctx context.Context) (bool, error)
}

// WorkOptions bound a worker process.
type WorkOptions struct {
	Workers int           // documents read at the same time, at least 1
	Timeout time.Duration // of one document, OCR included
	// Reader is the version of the reader: while there is little else to read, current
	// versions that an older one read are read again from their originals. 0: none are.
	Reader int
}

// Jobs are the kinds of work. A nil error ends a job, any other error brings it
// back later; ctx ends at the timeout or when the worker stops.
type Jobs struct {
	// Read turns a pending version into a current or a failed one. last is true
	// when it will not be tried again.
	Read func(ctx context.Context, version int64, last bool) error
	// Embed gives new chunks their vectors.
	Embed func(ctx context.Context) error
	// Divide puts the boilerplate of a live version in chunks of its own.
	Divide func(ctx context.Context, version int64) error
}

// Extractor reads the bytes of a file. What is wrong with the document itself
// comes back as an *extract.Failure; any other error is worth another try.
type Extractor interface {
	Extract(ctx context.Context, name string, content []byte) (extract.Document, error)
}

// Embedder gives chunks without a vector theirs, training its model first where
// the corpus grew enough for that. It may be called at any time from any
// process; a call while another one runs may return at once.
type Embedder interface {
	EmbedPending(ctx context.Context) error
}

// Index makes the forward index entry of a chunk from the title of its
// document, the headings above it and its text.
type Index func(title string, heading []string, text string) Terms

// Terms is a chunk as the lexical index keeps it: the store numbers its words
// and keeps what Encode makes of the numbers.
type Terms interface {
	Words() []string
	Length() int
	Encode(id func(word string) int32) []byte
}

// Submission is a document as it is offered.
type Submission struct {
	Source    string // absolute path, address or demo:NAME; names the document
	Name      string // file name, for its kind and for the document's id
	MediaType string
	Content   []byte
	// Stored is the digest of bytes that the store has already; Content is nil then.
	Stored []byte
	// Hints is what is known of the document beforehand; it goes before what the
	// document says of itself. Bytes that are known already are read again when the
	// hints say something else than what is known.
	Hints corpus.Metadata
	// Publication is the id of the document's entry in the catalogue, or "".
	Publication string
	// Hold keeps what is read of it out of the answers until it is published.
	Hold bool
}

// Digest is the SHA-256 of the content.
func (s Submission) Digest() [sha256.Size]byte {
	if s.Stored != nil {
		return [sha256.Size]byte(s.Stored)
	}
	return sha256.Sum256(s.Content)
}

// Result is what became of a submitted document.
type Result string

// The results of a submission. Until the version is read they are what it is to become.
const (
	Added     Result = "added"     // a new document
	Replaced  Result = "replaced"  // a new version of a known one
	Unchanged Result = "unchanged" // the same bytes as before, or as another document
	Failed    Result = "failed"
	// Skipped is a document of a catalogue that its address does not give; the
	// publication is known all the same.
	Skipped Result = "skipped"
)

// Receipt is the store's answer to a submission.
type Receipt struct {
	Document string
	Version  int64 // the pending version; 0 when there is nothing to wait for
	Result   Result
	// SameAs is the source of the other document that has these bytes, when
	// Unchanged because of it. It may be pending itself, and fail yet.
	SameAs string
}

// Unread is what a worker needs to read a version.
type Unread struct {
	Source  string
	Name    string
	Content []byte
	Hints   corpus.Metadata
}

// Reading is a version as it was read. Terms has one entry per chunk.
type Reading struct {
	Metadata corpus.Metadata
	Pages    []corpus.Page
	Chunks   []corpus.Chunk
	Terms    []Terms
	Warnings []string // what could not be read in full, for people, in Dutch

	Incomplete bool // the file was cut off or damaged
	Reader     int  // version of the reader
}

// Undivided is a live version and its paragraphs that are boilerplate by now, by their
// fingerprints.
type Undivided struct {
	Version  int64
	Mark     int64 // what was asked for up to here is done with
	Title    string
	Pages    []corpus.Page // Number, Text and Blocks only
	Repeated []uint64
}

// Outcome is where a version stands.
type Outcome struct {
	Version  int64
	Number   int
	Status   string // pending, held, current, superseded, failed
	Title    string
	Pages    int
	Chunks   int
	Failure  *corpus.Failure
	Warnings []string // as in Reading
}
