package chat

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

func TestParseMessage(t *testing.T) {
	const turn = "01890a5d-ac96-774b-bcce-b302099a8057"
	tests := []struct {
		name, text string
		want       Message
		problem    Problem
		fails      bool
	}{
		{name: "ask", text: `{"type":"ask","id":"q1","question":"Wat?","conversation":"","lang":"nl","filters":{}}`,
			want: Message{Type: MessageAsk, Ask: Ask{Question: "Wat?", Lang: "nl", ClientID: "q1"}}},
		{name: "ask with the least", text: `{"type":"ask","question":"Wat?"}`,
			want: Message{Type: MessageAsk, Ask: Ask{Question: "Wat?"}}},
		{name: "ask with filters", text: ` {"filters":{"year":"2010-2015","type":"advies,rapport"},"type":"ask","question":"Wat?"} `,
			want: Message{Type: MessageAsk, Ask: Ask{Question: "Wat?", Filter: corpus.Filter{Types: []string{"advies", "rapport"}, YearFrom: 2010, YearTo: 2015}}}},
		{name: "stop", text: `{"type":"stop","turn":"` + turn + `"}`, want: Message{Type: MessageStop, Turn: turn}},
		{name: "resume", text: `{"type":"resume","turn":"` + turn + `","after":12}`,
			want: Message{Type: MessageResume, Turn: turn, After: 12}},
		{name: "resume from the start", text: `{"type":"resume","turn":"` + turn + `"}`, want: Message{Type: MessageResume, Turn: turn}},
		{name: "a field of a newer protocol", text: `{"type":"resume","turn":"` + turn + `","colour":"red"}`, want: Message{Type: MessageResume, Turn: turn}},

		{name: "nothing", text: ``, fails: true, problem: ProblemJSON},
		{name: "no JSON", text: `hallo`, fails: true, problem: ProblemJSON},
		{name: "half a message", text: `{"type":"ask","question":"Wa`, fails: true, problem: ProblemJSON},
		{name: "two messages", text: `{"type":"stop","turn":"x"}{"type":"stop"}`, fails: true, problem: ProblemJSON},
		{name: "no object", text: `["ask"]`, fails: true, problem: ProblemJSON},
		{name: "null", text: `null`, fails: true, problem: ProblemJSON},
		{name: "no type", text: `{"question":"Wat?"}`, fails: true, problem: ProblemType, want: Message{}},
		{name: "unknown type", text: `{"type":"shout","id":"q2"}`, fails: true, problem: ProblemType,
			want: Message{Type: "shout", Ask: Ask{ClientID: "q2"}}},
		{name: "type of the wrong type", text: `{"type":1}`, fails: true, problem: ProblemType},
		{name: "question of the wrong type", text: `{"type":"ask","id":"q3","question":7}`, fails: true, problem: ProblemJSON,
			want: Message{Type: MessageAsk, Ask: Ask{ClientID: "q3"}}},
		{name: "filter of the wrong type", text: `{"type":"ask","question":"Wat?","filters":{"year":2014}}`, fails: true, problem: ProblemJSON,
			want: Message{Type: MessageAsk}},
		{name: "unknown filter", text: `{"type":"ask","question":"Wat?","filters":{"colour":"red"}}`, fails: true, problem: ProblemFilter,
			want: Message{Type: MessageAsk}},
		{name: "negative after", text: `{"type":"resume","turn":"x","after":-1}`, fails: true, problem: ProblemAfter,
			want: Message{Type: MessageResume, Turn: "x"}},
		{name: "broken after", text: `{"type":"resume","turn":"x","after":1.5}`, fails: true, problem: ProblemJSON,
			want: Message{Type: MessageResume, Turn: "x"}},
		{name: "no UTF-8", text: "{\"type\":\"ask\",\"question\":\"\xff\"}", fails: true, problem: ProblemUTF8},
		{name: "long id", text: `{"type":"ask","question":"Wat?","id":"` + strings.Repeat("i", 201) + `"}`, fails: true, problem: ProblemClientID,
			want: Message{Type: MessageAsk}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseMessage([]byte(tt.text))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if !tt.fails {
				if err != nil {
					t.Fatalf("error %v", err)
				}
				return
			}
			var user *corpus.UserError
			if !errors.As(err, &user) {
				t.Fatalf("error %v is not for users", err)
			}
			want := tt.problem.Err("nl", nil)
			if user.Code != want.Code || user.Message != want.Message {
				t.Errorf("error %s %q, want %s %q", user.Code, user.Message, want.Code, want.Message)
			}
		})
	}
}

func TestProblemsSpeakBothLanguages(t *testing.T) {
	for p := ProblemInternal; p <= ProblemRoute; p++ {
		nl, en := p.Err("nl", nil), p.Err("en", nil)
		if nl.Code == "" || nl.Message == "" || en.Message == "" || nl.Message == en.Message {
			t.Errorf("problem %d: %q, %q, %q", p, nl.Code, nl.Message, en.Message)
		}
	}
	if len(problems) != int(ProblemRoute)+1 {
		t.Errorf("%d problems have words, want %d", len(problems), ProblemRoute+1)
	}
}

func FuzzParseMessage(f *testing.F) {
	for _, seed := range []string{
		`{"type":"ask","id":"q1","question":"Wat?","conversation":"","lang":"nl","filters":{"year":"2014-"}}`,
		`{"type":"stop","turn":"x"}`, `{"type":"resume","turn":"x","after":12}`,
		`{"type":"ask","question":"\ud800"}`, `{"type":"resume","after":1e99}`, `[]`, `{"type":{}}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMessage(b)
		if err != nil {
			var user *corpus.UserError
			if !errors.As(err, &user) || user.Message == "" {
				t.Fatalf("error %v is not for users", err)
			}
			if user.Code == corpus.CodeInternal {
				t.Fatalf("%q is called our fault: %v", b, err)
			}
		}
		if err == nil && m.Type != MessageAsk && m.Type != MessageStop && m.Type != MessageResume {
			t.Fatalf("accepted a message of type %q", m.Type)
		}
		if m.After < 0 || len(m.Ask.ClientID) > 200 {
			t.Fatalf("message %+v", m)
		}
	})
}
