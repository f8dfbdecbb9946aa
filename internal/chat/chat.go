package chat

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// MaxQuestion is the longest question, in Unicode code points, before and after
// masking.
const MaxQuestion = 2000

// Ask is a question as a visitor puts it.
type Ask struct {
	Question     string
	Conversation string // a uuid; "" starts a new conversation
	Lang         string // "nl", "en", or "" to detect it
	Filter       corpus.Filter
	// ClientID is the client's own name for the question, echoed in accepted; at most
	// 200 bytes. When it is a UUID, the same question asked again under it is the same
	// turn, as long as that is kept: a client that lost its connection before it heard
	// of the turn can ask again without asking twice.
	ClientID string
	// History are earlier turns that the client keeps itself, oldest first, for a
	// question that starts a new conversation. Those beyond Config.History are left
	// out; personal data in them is masked.
	History []answer.Exchange
}

// EventType names a message of a turn.
type EventType string

// The messages of a turn, in the order of the contract. EventDone and EventError
// end it.
const (
	EventAccepted EventType = "accepted"
	EventProgress EventType = "progress"
	EventCitation EventType = "citation"
	EventSentence EventType = "sentence"
	EventDone     EventType = "done"
	EventError    EventType = "error"
)

// Event is one message of a turn.
type Event struct {
	Turn string
	Seq  int // counts from 1 within the turn
	Type EventType
	// Payload is a JSON object with the fields of the message other than type,
	// turn and seq.
	Payload json.RawMessage
}

// Ends reports whether e is the last event of its turn.
func (e Event) Ends() bool { return e.Type == EventDone || e.Type == EventError }

// AppendJSON appends the message as clients receive it: type, turn and seq, and
// the fields of the payload at the top level.
func (e Event) AppendJSON(b []byte) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, e.Type...)
	b = append(b, `","turn":"`...)
	b = append(b, e.Turn...)
	b = append(b, `","seq":`...)
	b = strconv.AppendInt(b, int64(e.Seq), 10)
	if len(e.Payload) > 2 {
		b = append(b, ',')
		return append(b, e.Payload[1:]...)
	}
	return append(b, '}')
}

// MarshalJSON is AppendJSON for encoding/json.
func (e Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// Accepted is the payload of EventAccepted.
type Accepted struct {
	ID           string   `json:"id"` // the client's own name for the question
	Conversation string   `json:"conversation"`
	Question     string   `json:"question"` // as stored and answered: masked
	Lang         string   `json:"lang"`
	Masked       []string `json:"masked,omitempty"` // what was masked: bsn, iban, email, phone
	Notice       string   `json:"notice,omitempty"` // says so, for people
}

// Progress is the payload of EventProgress.
type Progress struct {
	Stage string `json:"stage"` // searching, reading or writing
}

// SentencePayload is the payload of EventSentence.
type SentencePayload struct {
	Index     int            `json:"index"` // from 0
	Text      string         `json:"text"`
	Citations []int          `json:"citations"`
	Speaker   corpus.Speaker `json:"speaker,omitempty"` // who says it
}

// Failure is the payload of EventError, and the body of every error of the API.
type Failure struct {
	ID         string      `json:"id,omitempty"` // the client's own name for the message that was refused
	Code       corpus.Code `json:"code"`
	Message    string      `json:"message"`
	RetryAfter int         `json:"retry_after_s"` // seconds; 0: no advice
}

// Turn is one question of a conversation with what became of it.
type Turn struct {
	ID           string
	Conversation string
	Question     string
	Lang         string
	Filter       corpus.Filter
	Status       corpus.Status  // "" while it runs
	Answer       *corpus.Answer // nil while it runs and when it failed
	Failure      *Failure       // why it failed, when Status is corpus.Error
	CreatedAt    time.Time
}

// Answerer answers one question. It is implemented by *answer.Service.
type Answerer interface {
	// Answer reports events through emit in order; an error of emit or the end of
	// ctx stops it.
	Answer(ctx context.Context, req answer.Request, emit func(answer.Event) error) (corpus.Answer, error)
}

// Errors a Store returns for callers to tell apart.
var (
	// ErrNotFound: there is no such turn or conversation (any more).
	ErrNotFound = errors.New("not found")
	// ErrEnded: the turn has ended or is gone, so nothing can be added to it.
	ErrEnded = errors.New("turn has ended")
	// ErrExists: there is a turn with that id already.
	ErrExists = errors.New("turn exists")
	// ErrMissing: the event before the first one to add is not stored, because a
	// crash of the database took it.
	ErrMissing = errors.New("earlier events of the turn are missing")
)

// NewTurn is a turn to accept.
type NewTurn struct {
	ID              string
	Conversation    string
	NewConversation bool // create the conversation; otherwise it must exist
	Question        string
	Lang            string
	Filter          corpus.Filter
	Lease           time.Duration
}

// Ending is how a turn ends.
type Ending struct {
	Status corpus.Status
	Answer *corpus.Answer // nil with corpus.Error
	// Events are all events of the turn so far and the end: those that a crash of
	// the database took are written again.
	Events []Event
}

// Lease is a renewed hold on a turn.
type Lease struct {
	Turn string
	Stop bool // somebody asked to stop it
}

// SignalKind says what a Signal is about.
type SignalKind string

// The kinds of signal.
const (
	SignalEvent SignalKind = "event" // events up to Seq are stored
	SignalStop  SignalKind = "stop"  // the turn should stop
)

// Signal is what servers on one database tell each other. It may be lost: leases
// and slow polling make up for it.
type Signal struct {
	Kind SignalKind
	Turn string
	Seq  int
}

// Store keeps conversations, turns and their events. Every method is one
// transaction.
type Store interface {
	// Accept stores the turn and its first event durably. ErrNotFound when the
	// conversation does not exist, ErrExists when the turn does; then nothing is stored.
	Accept(ctx context.Context, t NewTurn, accepted Event) error
	// Append stores consecutive events of a running turn; they may be lost when the
	// database crashes. Those that are there already stay as they are. ErrEnded when
	// the turn has ended or is gone, ErrMissing when the events would leave a gap.
	Append(ctx context.Context, turn string, events []Event) error
	// Finish ends a turn durably. ErrEnded when it has ended or is gone.
	Finish(ctx context.Context, turn string, e Ending) error
	// Events returns at most limit events after seq, in order, and whether the turn
	// has ended. ErrNotFound when there is no such turn.
	Events(ctx context.Context, turn string, after, limit int) (events []Event, ended bool, err error)
	// RequestStop marks a turn as to be stopped. ErrNotFound when there is none;
	// no error when it has ended.
	RequestStop(ctx context.Context, turn string) error
	// Renew extends the leases of running turns and returns those that still run.
	Renew(ctx context.Context, turns []string, lease time.Duration) ([]Lease, error)
	// EndExpired ends at most limit turns whose lease ran out with an error event;
	// payload gives its payload by language. It returns the signals to send.
	EndExpired(ctx context.Context, limit int, payload map[string]json.RawMessage) ([]Signal, error)
	// Turns returns the last limit turns of a conversation, oldest first.
	// ErrNotFound when there is no such conversation.
	Turns(ctx context.Context, conversation string, limit int) ([]Turn, error)
	// DeleteConversation deletes a conversation with all its turns and returns the
	// ones that were running. ErrNotFound when there is none.
	DeleteConversation(ctx context.Context, id string) (running []string, err error)
	// DeleteOlder deletes at most limit conversations without running turns that
	// nobody used for age, and at most as many of whatever else is kept for as long. It
	// returns the larger number.
	DeleteOlder(ctx context.Context, age time.Duration, limit int) (int, error)
	// Notify sends signals to every server, this one too.
	Notify(ctx context.Context, signals []Signal) error
	// Listen calls handle for every signal until ctx ends or the connection breaks;
	// ready is called once it hears them.
	Listen(ctx context.Context, ready func(), handle func(Signal)) error
}

// Observer is told about turns, for metrics. Its methods must not block.
type Observer interface {
	TurnEnded(status corpus.Status, code corpus.Code, timing corpus.Timing)
}
