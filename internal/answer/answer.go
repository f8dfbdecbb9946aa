package answer

import (
	"context"
	"log/slog"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// ModelExtractive is Answer.Model for answers made of the documents' own sentences.
const ModelExtractive = "extractive"

// Retriever finds passages. It is implemented by *retrieval.Service.
type Retriever interface {
	// Search returns passages best first, with PageText filled.
	Search(ctx context.Context, q retrieval.Query) ([]corpus.Passage, error)
	// State names the state of the corpus that Search looks at.
	State() string
}

// Catalogue knows how the corpus stands in time.
type Catalogue interface {
	Standing(ctx context.Context) (corpus.Standing, error)
}

// Exchange is an earlier turn of the same conversation.
type Exchange struct {
	Question string
	Answer   string
}

// Request is one question.
type Request struct {
	ID           string
	Conversation string
	Question     string // as the visitor wrote it
	Lang         string // "nl" or "en"; "" detects it
	Filter       corpus.Filter
	History      []Exchange // oldest first
}

// Event is what a turn reports while it runs, in this order: Progress, and then
// corpus.Citation and IndexedSentence, a citation always before the first sentence
// that uses it. It is one of these three types.
type Event any

// Progress says what the turn is doing: one of the Stage constants.
type Progress struct {
	Stage string
}

// The stages of a turn.
const (
	StageSearching = "searching"
	StageReading   = "reading"
	StageWriting   = "writing"
)

// IndexedSentence is a verified sentence with its place in the answer, from 0.
type IndexedSentence struct {
	Index int
	corpus.Sentence
}

// Config is what a Service needs. Retriever is required; the other fields have
// working defaults.
type Config struct {
	Retriever Retriever
	// Catalogue, when set, gives answers their reference date and names documents that
	// were superseded.
	Catalogue Catalogue
	Logger    *slog.Logger     // default: discards
	Clock     func() time.Time // default: time.Now
	// Passages is how many passages one turn reads. Default DefaultPassages.
	Passages int
	// Sentences is the most sentences an answer has, lists excepted. Default 5.
	Sentences int
	// Writer writes the answers, each sentence verified before it is shown. Without
	// one, and when it fails, answers are made of the documents' own sentences.
	Writer Writer
	// Rewriter makes follow-up questions whole. Default: the Writer's model, when there
	// is one; rules read what it cannot.
	Rewriter Rewriter
	// Editorial, when set, goes before everything else: answers that people wrote, and
	// words that make a question out of scope.
	Editorial Editorial
	// Configuration is put into every answer: the name of the record of what it was
	// made with.
	Configuration string
}

// Service answers questions. It keeps nothing of a turn, only analysed passages, and may be used by
// any number of goroutines at once.
type Service struct {
	retriever Retriever
	standing  *standing
	log       *slog.Logger
	clock     func() time.Time
	passages  int
	sentences int
	writer    Writer
	rewriter  Rewriter
	reader    *reader
	editorial Editorial // may be nil
	made      string    // Config.Configuration
}

// New returns a Service with the defaults of Config filled in.
func New(cfg Config) *Service {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Passages <= 0 {
		cfg.Passages = DefaultPassages
	}
	if cfg.Sentences <= 0 {
		cfg.Sentences = 5
	}
	if cfg.Rewriter == nil && cfg.Writer != nil {
		cfg.Rewriter = NewRewriter(cfg.Writer)
	}
	return &Service{
		retriever: cfg.Retriever,
		standing:  &standing{catalogue: cfg.Catalogue, log: cfg.Logger, clock: cfg.Clock},
		log:       cfg.Logger,
		clock:     cfg.Clock,
		passages:  cfg.Passages,
		sentences: cfg.Sentences,
		writer:    cfg.Writer,
		rewriter:  cfg.Rewriter,
		reader:    newReader(),
		editorial: cfg.Editorial,
		made:      cfg.Configuration,
	}
}

// Answer answers one question. It calls emit for every event, in order, from the
// calling goroutine; an error of emit, or the end of ctx, stops the turn and is
// returned. A nil emit drops the events. Every other way a turn can end is a status
// of the returned answer, not an error; errors are those of the retriever.
func (s *Service) Answer(ctx context.Context, req Request, emit func(Event) error) (corpus.Answer, error) {
	result, err := s.Run(ctx, req, emit)
	return result.Answer, err
}

// Result is an answer with the steps that led to it.
type Result struct {
	Answer corpus.Answer
	Steps  []Step
	// Passages are what the turn looked at, for evaluation.
	Passages []corpus.Passage
	// Dropped counts the sentences that verification took out.
	Dropped int
}

// Step is what one step of a turn decided and how long it took.
type Step struct {
	Name     string
	Duration time.Duration
	Decision string // short, for people who look into a turn
}
