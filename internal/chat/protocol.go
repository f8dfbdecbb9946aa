package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// MaxMessage is the largest message of a client, in bytes: a question of
// MaxQuestion characters in its longest JSON spelling, and ample room above it, so
// that a question that is too long is told so instead of being cut off.
const MaxMessage = 256 << 10

// MessageType names a message of a client.
type MessageType string

// The messages of a client.
const (
	MessageAsk    MessageType = "ask"
	MessageStop   MessageType = "stop"
	MessageResume MessageType = "resume"
)

// Message is a message of a client that was found to be well-formed.
type Message struct {
	Type  MessageType
	Ask   Ask    // with MessageAsk
	Turn  string // with MessageStop and MessageResume
	After int    // with MessageResume; 0 or more
}

// Question is the body of POST /api/ask.
type Question struct {
	ID           string            `json:"id"`
	Question     string            `json:"question"`
	Conversation string            `json:"conversation"`
	Lang         string            `json:"lang"`
	Filters      map[string]string `json:"filters"`
}

// Ask checks the form of q; what is in it is checked by Service.Ask.
func (q Question) Ask() (Ask, error) {
	filter, err := corpus.ParseFilter(q.Filters)
	if err != nil {
		return Ask{}, ProblemFilter.Err(q.Lang, err)
	}
	return Ask{
		Question:     q.Question,
		Conversation: q.Conversation,
		Lang:         q.Lang,
		Filter:       filter,
		ClientID:     q.ID,
	}, nil
}

// ParseQuestion reads the body of POST /api/ask. An error is a *corpus.UserError.
func ParseQuestion(b []byte) (Ask, error) {
	if !utf8.Valid(b) {
		return Ask{}, ProblemUTF8.Err("", nil)
	}
	var q Question
	if err := decode(b, &q); err != nil {
		return Ask{}, ProblemJSON.Err(peek(b).Lang, err)
	}
	return q.Ask()
}

// ParseMessage reads a message of a client. On an error, which is a
// *corpus.UserError, the Message has what could be read: Ask.ClientID, Ask.Lang,
// Turn and After, for the reply.
func ParseMessage(b []byte) (Message, error) {
	if !utf8.Valid(b) {
		return Message{}, ProblemUTF8.Err("", nil)
	}
	known := peek(b)
	m := Message{
		Type:  MessageType(known.Type),
		Ask:   Ask{ClientID: known.ID, Lang: known.Lang},
		Turn:  known.Turn,
		After: max(known.After, 0),
	}
	if len(m.Ask.ClientID) > 200 {
		m.Ask.ClientID = ""
		return m, ProblemClientID.Err(known.Lang, nil)
	}
	if !known.valid {
		return m, ProblemJSON.Err(known.Lang, nil)
	}
	switch m.Type {
	case MessageAsk:
		var ask struct {
			Type string `json:"type"`
			Question
		}
		if err := decode(b, &ask); err != nil {
			return m, ProblemJSON.Err(known.Lang, err)
		}
		a, err := ask.Ask()
		if err != nil {
			return m, err
		}
		m.Ask = a
	case MessageStop:
		var stop struct {
			Type string `json:"type"`
			ID   string `json:"id"`
			Lang string `json:"lang"`
			Turn string `json:"turn"`
		}
		if err := decode(b, &stop); err != nil {
			return m, ProblemJSON.Err(known.Lang, err)
		}
		m.Turn = stop.Turn
	case MessageResume:
		var resume struct {
			Type  string `json:"type"`
			ID    string `json:"id"`
			Lang  string `json:"lang"`
			Turn  string `json:"turn"`
			After int    `json:"after"`
		}
		if err := decode(b, &resume); err != nil {
			return m, ProblemJSON.Err(known.Lang, err)
		}
		if resume.After < 0 {
			return m, ProblemAfter.Err(known.Lang, nil)
		}
		m.Turn, m.After = resume.Turn, resume.After
	default:
		return m, ProblemType.Err(known.Lang, nil)
	}
	return m, nil
}

// decode passes over fields it does not know: a newer client may send more. Nothing
// may follow the object.
func decode(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	return nil
}

// peeked is what can be read of a message that may be wrong, for the reply.
type peeked struct {
	Type, ID, Lang, Turn string
	After                int
	valid                bool // it is a JSON object
}

func peek(b []byte) peeked {
	var fields map[string]json.RawMessage
	var p peeked
	if json.Unmarshal(b, &fields) != nil || fields == nil {
		return p
	}
	p.valid = true
	for name, into := range map[string]any{"type": &p.Type, "id": &p.ID, "lang": &p.Lang, "turn": &p.Turn, "after": &p.After} {
		if raw, ok := fields[name]; ok {
			// A field of the wrong type is told by decode.
			_ = json.Unmarshal(raw, into)
		}
	}
	return p
}
