package office

import (
	"context"
	"time"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// ReviewStore keeps what can be reviewed and what reviewers said of it. Errors for
// people are of *corpus.UserError.
type ReviewStore interface {
	// Queue are at most limit answers that f lets through for reviewer, newest first,
	// beginning after a place; the zero ReviewPlace is the beginning.
	Queue(ctx context.Context, f ReviewFilter, reviewer int64, after ReviewPlace, limit int) ([]ReviewItem, error)
	// Count counts what f lets through, up to most.
	Count(ctx context.Context, f ReviewFilter, reviewer int64, most int) (int, error)
	// Review is one answer with its conversation; it is not found when the turn is not
	// one of the conversation, or runs still.
	Review(ctx context.Context, conversation, turn string, reviewer int64) (Review, error)
	// Judge stores a judgement, in the place of an earlier one of the same reviewer of the
	// same answer, and gives its number.
	Judge(ctx context.Context, by staff.User, j evaluate.Judgement) (int64, error)
	// Places are the words at places of documents; places that do not exist are left out.
	Places(ctx context.Context, places []evaluate.Place) ([]corpus.Citation, error)

	// Draw makes a sample of size answers that filter lets through; its name has to be
	// new, and there has to be something to draw from.
	Draw(ctx context.Context, by staff.User, name string, filter ReviewFilter, size int, seed int64) (int64, error)
	// Samples are all samples, newest first, with how far reviewer is.
	Samples(ctx context.Context, reviewer int64) ([]ReviewSample, error)
	Sample(ctx context.Context, id, reviewer int64) (ReviewSample, error)
	// Members are the answers of a sample in their order; those whose conversation is gone
	// have no Turn.
	Members(ctx context.Context, sample, reviewer int64) ([]ReviewItem, error)
	// NextMember is the next answer of a sample that reviewer has not judged, after that
	// of a turn and then from the beginning; false when all are judged or gone.
	NextMember(ctx context.Context, sample, reviewer int64, after string) (ReviewItem, bool, error)

	// Reviewers are those who judged, within a sample or (0) anything, by name.
	Reviewers(ctx context.Context, sample int64) ([]Reviewer, error)
	// Pairs are the answers that two reviewers both judged, within a sample or (0) all.
	Pairs(ctx context.Context, sample, one, other, reader int64) ([]ReviewPair, error)
	// Totals counts verdicts by something, within a sample or (0) all.
	Totals(ctx context.Context, by ReviewGroup, sample int64) ([]ReviewTotal, error)
}

// SourceFinder finds passages. *retrieval.Service implements it.
type SourceFinder interface {
	Search(ctx context.Context, q retrieval.Query) ([]corpus.Passage, error)
}

// ReviewConfig is what the pages of reviews need. Finder may be nil: then no source can
// be picked.
type ReviewConfig struct {
	Store  ReviewStore
	Finder SourceFinder
	// Now is the time, to measure how long a review takes; default time.Now.
	Now func() time.Time
}

// What ReviewFilter.Feedback, Corpus and Judged can be; "" is everything.
const (
	FeedbackNone      = "none"
	FeedbackUseful    = "useful"
	FeedbackNotUseful = "not_useful"
	FeedbackComment   = "comment" // useful or not, with words

	CorpusOlder   = "older"   // made from an earlier state of the corpus than the present
	CorpusPresent = "present" // made since the corpus last changed

	JudgedNotByMe  = "not_by_me"
	JudgedByMe     = "by_me"
	JudgedByNobody = "by_nobody"
	JudgedByOne    = "by_one"
	JudgedByTwo    = "by_two" // or more
)

// ReviewFilter chooses answers to review. Zero fields let everything through.
type ReviewFilter struct {
	Status   corpus.Status `json:"status,omitempty"`
	Lang     string        `json:"lang,omitempty"`
	Words    string        `json:"words,omitempty"` // the question has words that begin with each of these
	Feedback string        `json:"feedback,omitempty"`
	Corpus   string        `json:"corpus,omitempty"`
	Judged   string        `json:"judged,omitempty"`
	From     time.Time     `json:"from,omitzero"` // asked at or after
	Till     time.Time     `json:"till,omitzero"` // and before
	// LowSupport: an answer with a sentence of which less than 0.6 of the words stand in
	// the quotes it cites, or with fewer than five cited words for each sentence.
	LowSupport bool `json:"low_support,omitempty"`
}

// ReviewPlace is a place in the queue, to go on after it.
type ReviewPlace struct {
	Asked time.Time
	Item  int64
}

// ReviewItem is an answer in the queue.
type ReviewItem struct {
	Item         int64 // the number of the answer, which outlives it
	Conversation string
	Turn         string // "" when the conversation is gone
	Question     string // masked, as it is stored
	Lang         string
	Status       corpus.Status
	Asked        time.Time
	Feedback     string // FeedbackUseful, FeedbackNotUseful or "" for none
	Commented    bool
	LowSupport   bool
	Older        bool // made from an earlier state of the corpus
	Judged       int  // by how many
	Mine         evaluate.Verdict
	Position     int // in a sample, from 1
}

// Place is where the item stands in the queue.
func (i ReviewItem) Place() ReviewPlace { return ReviewPlace{Asked: i.Asked, Item: i.Item} }

// VisitorFeedback is what a visitor said of an answer.
type VisitorFeedback struct {
	Useful   bool
	Sentence int    // the sentence that is wrong, from 1; 0: none was named
	Source   int    // the citation that is wrong, by its number; 0: none was named
	Comment  string // masked
}

// Review is everything about one answer.
type Review struct {
	ReviewItem
	Turns    []chat.Turn // of the conversation, oldest first
	Feedback *VisitorFeedback
	Support  *float64  // see ReviewFilter.LowSupport; nil: the answer claims nothing
	Corpus   int64     // the state the answer was made from, 0: unknown
	Since    time.Time // when the corpus came into that state
	Present  int64     // the state of the corpus now
	Mine     *evaluate.Judgement
	// Others are the judgements of other reviewers. Who may judge sees them only after
	// judging: the page sees to it.
	Others []OtherJudgement
}

// OtherJudgement is what somebody else said.
type OtherJudgement struct {
	Name string
	evaluate.Judgement
}

// ReviewSample is a fixed random sample of answers.
type ReviewSample struct {
	ID     int64
	Name   string
	Seed   int64
	Filter ReviewFilter
	Size   int
	By     string
	Made   time.Time
	Gone   int // members whose conversation is gone
	Done   int // members that the reader judged
	Left   int // members that the reader can judge still
}

// Reviewer is somebody who judged.
type Reviewer struct {
	ID     int64
	Name   string
	Judged int // answers
}

// ReviewPair is what two reviewers said of one answer.
type ReviewPair struct {
	Item         int64
	Conversation string
	Turn         string // "" when the conversation is gone
	Question     string
	One, Other   evaluate.Verdict
	// Sentences are the verdicts of both on the sentences that both judged.
	Sentences [][2]evaluate.Verdict
	Judged    bool // by whoever reads this
}

// ReviewGroup is what totals are counted by.
type ReviewGroup string

// The groups.
const (
	GroupMonth  ReviewGroup = "month" // of the judgement
	GroupCorpus ReviewGroup = "corpus"
	GroupModel  ReviewGroup = "model"
	GroupStatus ReviewGroup = "status"
	GroupLang   ReviewGroup = "lang"
)

// ReviewGroups are all groups.
func ReviewGroups() []ReviewGroup {
	return []ReviewGroup{GroupMonth, GroupCorpus, GroupModel, GroupStatus, GroupLang}
}

// ReviewTotal counts judgements of one group.
type ReviewTotal struct {
	Group     string
	Answers   map[evaluate.Verdict]int
	Sentences map[evaluate.Verdict]int
}

// What Draw refuses.
var (
	ErrSampleName  = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "there is a sample with this name already"}
	ErrSampleEmpty = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "no answer passes the filter"}
)
