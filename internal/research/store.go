package research

import (
	"context"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Store is the catalogue and the corpus as research reads them. internal/postgres
// implements it.
type Store interface {
	// State is another text whenever the catalogue or the live documents changed.
	State(ctx context.Context) (string, error)
	// Publications lists the catalogue by date, the oldest first, relations resolved.
	Publications(ctx context.Context) ([]corpus.Publication, error)
	// Held lists the live documents.
	Held(ctx context.Context) ([]Held, error)
	// Unread lists live versions that were not read with these rules, at most limit,
	// and counts all of them.
	Unread(ctx context.Context, rules, limit int) (versions []int64, total int, err error)
	// VersionPages are the pages of a version with their blocks, in order.
	VersionPages(ctx context.Context, version int64) ([]corpus.Page, error)
	// SaveReading keeps what was read in a version in place of an earlier reading.
	SaveReading(ctx context.Context, version int64, r Reading) error
	// Findings lists what was read in the live versions.
	Findings(ctx context.Context) ([]Finding, error)
	// PageTexts are the texts of pages of live versions, by version and number; a page
	// that is not live is not among them.
	PageTexts(ctx context.Context, keys []PageKey) (map[PageKey]PageText, error)
}

// Held is a live document.
type Held struct {
	Document corpus.DocumentRef
	Version  int64 // id of its current version
	Number   int   // of that version
	Language string
	Sections []corpus.SectionKind // of its chunks
}

// PageKey names a page.
type PageKey struct {
	Version int64
	Page    int
}

// PageText is what a page says.
type PageText struct {
	Label      string
	Text       string
	Reader     string
	Confidence float64
}

// Reading is what was read in one version.
type Reading struct {
	Rules    int // that it was read with
	Findings []Finding
}

// FindingKind says what a finding is.
type FindingKind string

// The kinds of finding.
const (
	FoundMention  FindingKind = "mention"
	FoundDivision FindingKind = "division"
)

// Finding is a stretch of a version's text that research goes by: a mention of a
// publication, or a sentence about how the Council stood. Offsets count code points
// into the page's text.
type Finding struct {
	Version       int64
	Kind          FindingKind
	Page          int
	Start, End    int // of the mention; of the sentence for a division
	SentenceStart int
	SentenceEnd   int
	Row           bool // of a table, a list without sentences or a heading: no sentence
	Mention       Mention
	Section       corpus.SectionKind
	// Division is how the Council stood by the sentence, "" when it says nothing of it.
	Division string
	// Relation is what the sentence says of the mentioned publication: that another one
	// confirms it …; Subject is that other one, nil for the document itself.
	Relation corpus.RelationKind
	Subject  *Mention
}
