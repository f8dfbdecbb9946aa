package research

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// Kinds of division, as filters and divisions name them.
const (
	Unanimous = "unanimous"
	Divided   = "divided"
	Minority  = "minority" // a minority stated a view of its own; divided, for filters
)

// Orders of results.
const (
	ByRelevance = "relevance"
	ByDate      = "date"  // the oldest first
	ByDateDown  = "-date" // the newest first
)

// Names of facets, as keys of Results.Facets.
const (
	FacetType       = "type"
	FacetCommission = "commission"
	FacetTheme      = "theme"
	FacetSection    = "section"
	FacetSpeaker    = "speaker"
	FacetLanguage   = "language"
	FacetDivision   = "division"
	FacetCorpus     = "corpus" // "in" or "out"
)

// Limits of a query.
const (
	DefaultLimit = 20
	MaxLimit     = 200
	maxText      = 1000 // code points
)

// Query is what to look for. Values within a field are alternatives, fields narrow
// each other; the zero Query is the whole catalogue.
type Query struct {
	Text        string   `json:"text,omitempty"`
	YearFrom    int      `json:"year_from,omitempty"` // inclusive; 0 is open
	YearTo      int      `json:"year_to,omitempty"`
	Types       []string `json:"types,omitempty"`
	Commissions []string `json:"commissions,omitempty"`
	Themes      []string `json:"themes,omitempty"`
	Sections    []string `json:"sections,omitempty"` // corpus.SectionKind, of passages
	Speakers    []string `json:"speakers,omitempty"` // corpus.Speaker, of passages
	Languages   []string `json:"languages,omitempty"`
	Division    string   `json:"division,omitempty"` // Unanimous, Divided or "" for any
	Sort        string   `json:"sort,omitempty"`     // default: ByRelevance with a text, else ByDate
	Page        int      `json:"page,omitempty"`     // from 1
	Limit       int      `json:"limit,omitempty"`    // publications on a page, at most MaxLimit
}

// Publication is an entry of the catalogue, or a document of the corpus that the
// catalogue has no entry of.
type Publication struct {
	corpus.Publication
	InCatalogue bool `json:"in_catalogue"`
	// InCorpus: a document of it is in the corpus, so that it can be quoted itself.
	InCorpus bool `json:"in_corpus"`
	// DemoSummary: its document is a demo summary in other words, not the publication,
	// which is not in the corpus itself. Such a summary is a Publication of its own too.
	DemoSummary bool `json:"demo_summary,omitempty"`
	// Division is Unanimous, Minority or Divided where the documents say so, else "".
	Division string `json:"division,omitempty"`
}

// Passage is a stretch of text about a publication, with the address of its words.
type Passage struct {
	Citation corpus.Citation    `json:"citation"`
	Section  corpus.SectionKind `json:"section,omitempty"`
	Speaker  corpus.Speaker     `json:"speaker,omitempty"`
	// About: another document says this of the publication.
	About bool    `json:"about,omitempty"`
	Score float64 `json:"score"`
}

// Hit is a publication that was found with passages about the query.
type Hit struct {
	Publication Publication `json:"publication"`
	Score       float64     `json:"score"` // comparable within one query only
	Passages    []Passage   `json:"passages"`
}

// Count is how many publications a value of a facet has.
type Count struct {
	Value string `json:"value"`
	N     int    `json:"n"`
}

// YearCount is how many publications a year has.
type YearCount struct {
	Year int `json:"year"`
	N    int `json:"n"`
}

// Results is a page of what was found. Each facet counts what the filters of the
// other fields let through, so that a choice shows its alternatives; so do Years.
type Results struct {
	Query        Query              `json:"query"`
	Total        int                `json:"total"`
	Publications []Hit              `json:"publications"`
	Facets       map[string][]Count `json:"facets"`
	Years        []YearCount        `json:"years"`
	// Partly: no publication is about the whole text; these have the most of it.
	Partly bool `json:"partly,omitempty"`
	// Unread is how many documents have not been read for mentions yet.
	Unread int    `json:"unread,omitempty"`
	Corpus string `json:"corpus"` // state of catalogue and corpus
}

// Position is a sentence that states a publication's position, word for word. The
// quote of its citation is longer when the sentence names its publication only by
// pointing back ("dit advies"): it then begins where that is named.
type Position struct {
	Sentence string             `json:"sentence"`
	Citation corpus.Citation    `json:"citation"`
	Speaker  corpus.Speaker     `json:"speaker,omitempty"`
	Section  corpus.SectionKind `json:"section,omitempty"`
	// Reported: another document says it of the publication.
	Reported bool    `json:"reported,omitempty"`
	Score    float64 `json:"score"`
}

// Division is that the Council was of one mind or was not, with the passage that
// shows it.
type Division struct {
	Kind     string          `json:"kind"` // Unanimous, Divided or Minority
	Citation corpus.Citation `json:"citation"`
	// Parties are the groups of the Council that the passage names: SpeakerEmployers,
	// SpeakerWorkers, SpeakerCrown.
	Parties []corpus.Speaker `json:"parties,omitempty"`
	// Reported: another document says it of the publication.
	Reported bool `json:"reported,omitempty"`
}

// Link leads from a publication to another one.
type Link struct {
	Kind   corpus.RelationKind `json:"kind"`
	Target Publication         `json:"target"`
	// Citation is the sentence that says it; nil when the catalogue does.
	Citation    *corpus.Citation `json:"citation,omitempty"`
	InCatalogue bool             `json:"catalogue,omitempty"`
	// Incoming: the target says it of this publication.
	Incoming bool `json:"incoming,omitempty"`
}

// Entry is a publication in the history of a subject.
type Entry struct {
	Publication Publication `json:"publication"`
	Score       float64     `json:"score"`
	Positions   []Position  `json:"positions"`
	// Division is the first of Divisions; nil when nothing says how the Council stood.
	Division  *Division  `json:"division,omitempty"`
	Divisions []Division `json:"divisions,omitempty"`
	Links     []Link     `json:"links,omitempty"`
	// Changed: a link that a text or the catalogue states says that this publication
	// changed an earlier position.
	Changed bool `json:"changed,omitempty"`
}

// Gap is a stretch of years without a publication on the subject.
type Gap struct {
	From int `json:"from"` // first year without
	To   int `json:"to"`   // last year without
}

// History is a subject through the years, the oldest first.
type History struct {
	Topic   string  `json:"topic"`
	Query   Query   `json:"query"`
	Entries []Entry `json:"entries"`
	// Gaps say that nothing is known here of these years, not that nothing happened.
	Gaps []Gap `json:"gaps"`
	// Partly: no publication is about the whole topic; these have the most of it.
	Partly bool `json:"partly,omitempty"`
	// Page is this part of the history, from 1, and Pages how many parts there are:
	// each follows up to Query.Limit publications, MaxLimit unless it says otherwise.
	Page   int    `json:"page"`
	Pages  int    `json:"pages"`
	Unread int    `json:"unread,omitempty"`
	Corpus string `json:"corpus"`
}

// Reference is a publication at one end of mentions in the other's text.
type Reference struct {
	Publication Publication       `json:"publication"`
	Pages       []int             `json:"pages"`
	Citations   []corpus.Citation `json:"citations"` // one for each sentence that mentions it
}

// Graph is what a publication mentions and what mentions it, and what the texts say of
// how the Council stood.
type Graph struct {
	Publication Publication `json:"publication"`
	Cites       []Reference `json:"cites"`
	CitedBy     []Reference `json:"cited_by"`
	Links       []Link      `json:"links"`
	Divisions   []Division  `json:"divisions,omitempty"`
	Corpus      string      `json:"corpus"`
}

// Mark is a stretch of a passage that the others do not have.
type Mark struct {
	Start int    `json:"start"` // code points into the passage's quote
	End   int    `json:"end"`
	Kind  string `json:"kind"` // "number" or "term"
}

// Side is one publication of a comparison.
type Side struct {
	Publication Publication `json:"publication"`
	Positions   []Position  `json:"positions"`
	Marks       [][]Mark    `json:"marks"` // parallel to Positions
	Division    *Division   `json:"division,omitempty"`
	Numbers     []string    `json:"numbers"` // as written, only here
	Terms       []string    `json:"terms"`   // as written, only here
}

// Comparison lays publications on a subject side by side, the oldest first.
type Comparison struct {
	Topic  string   `json:"topic"`
	Sides  []Side   `json:"sides"`
	Shared []string `json:"shared"` // words that all of them use
	Corpus string   `json:"corpus"`
}

// Searcher finds passages. *retrieval.Service implements it.
type Searcher interface {
	Search(ctx context.Context, q retrieval.Query) ([]corpus.Passage, error)
	State() string
}

// Config is what a Service needs. Store, Search and Analyse are required.
type Config struct {
	Store  Store
	Search Searcher
	// Lists keeps reading lists; without it there are none.
	Lists ListStore
	// Analyse counts the terms of a text: stems, and parts of compounds at less weight.
	Analyse func(text string) map[string]float32
	// Mask takes personal data out of what people type, before anything sees it: a model
	// may be asked for its vector, or to answer. Default: nothing is taken out.
	Mask func(text string) string
	// Answers answers questions for reports; without one Answer fails.
	Answers *answer.Service
	Logger  *slog.Logger     // default: discards
	Clock   func() time.Time // default: time.Now
}

// Service follows subjects. It may be used by any number of goroutines at once.
type Service struct {
	cfg  Config
	log  *slog.Logger
	snap atomic.Pointer[snapshot]
	turn chan struct{} // held by who refreshes

	following atomic.Bool // Follow loads what changed

	wordLock sync.RWMutex
	words    map[string]map[string]float32 // terms of words

	keptLock sync.Mutex
	kept     map[string]map[string]float32 // by terms
}

// New returns a Service with the defaults of Config filled in.
func New(cfg Config) *Service {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Mask == nil {
		cfg.Mask = func(text string) string { return text }
	}
	return &Service{cfg: cfg, log: cfg.Logger, turn: make(chan struct{}, 1)}
}

// Publication is the publication with this id, or a *corpus.UserError.
func (s *Service) Publication(ctx context.Context, id string) (Publication, error) {
	snap, err := s.refresh(ctx)
	if err != nil {
		return Publication{}, err
	}
	i, err := snap.find(id)
	if err != nil {
		return Publication{}, err
	}
	return snap.pubs[i], nil
}
