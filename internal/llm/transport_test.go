package llm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestStreamGuard(t *testing.T) {
	const text = `data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}]}` + "\n\n"
	const stop = `data: {"choices":[{"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	const done = "data: [DONE]\n\n"
	for name, test := range map[string]struct {
		stream string
		passed string // data lines that come through
		want   string // in the error; "" for none
		finish string
	}{
		"whole":                 {text + stop + done, text + stop + done, "", "stop"},
		"no space, no new line": {"data:{}\ndata:[DONE]", "data:{}\ndata:[DONE]\n", "", ""},
		"comments and names":    {": waiting\nevent: x\nretry: 3\n" + done, done, "", ""},
		"cut between events":    {text, text, "before it was complete", ""},
		"cut in an event":       {text + `data: {"cho`, text, "not JSON", ""},
		"empty":                 {"", "", "before it was complete", ""},
		"error":                 {text + `data: {"error":{"message":"out of memory"}}` + "\n\n" + done, text, "out of memory", ""},
		"error as text":         {`data: {"error":"no"}` + "\n" + done, "", "no", ""},
		"null error":            {`data: {"error":null}` + "\n\n" + done, `data: {"error":null}` + "\n" + done, "", ""},
		"long line":             {text + "data: \"" + strings.Repeat("x", 10<<20) + "\"\n" + done, text, "more than 60 KB", ""},
		"never a new line":      {strings.Repeat("x", 10<<20), "", "more than 60 KB", ""},
		"nothing after the end": {stop + done + text, stop + done, "", "stop"},
		"anthropic": {
			"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\ndata: {\"type\":\"message_stop\"}\n\n",
			"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\ndata: {\"type\":\"message_stop\"}\n", "", "end_turn",
		},
		"anthropic error": {
			"data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", "", "answered 503: Overloaded", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, body := range []io.Reader{strings.NewReader(test.stream), iotest.HalfReader(strings.NewReader(test.stream))} {
				seen := &outcome{}
				got, err := io.ReadAll(newStreamGuard(io.NopCloser(body), seen))
				if a, b := squeeze(string(got)), squeeze(test.passed); a != b {
					t.Errorf("passed %.200q, want %.200q", a, b)
				}
				if test.want == "" && (err != nil || seen.failure() != nil) {
					t.Errorf("failed: %v, %v", err, seen.failure())
				}
				if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !errors.Is(seen.failure(), err)) {
					t.Errorf("got %v, recorded %v, want %q", err, seen.failure(), test.want)
				}
				if seen.finishReason() != test.finish {
					t.Errorf("finish reason %q, want %q", seen.finishReason(), test.finish)
				}
			}
		})
	}
}

func squeeze(s string) string { return strings.ReplaceAll(s, "\n\n", "\n") }

// Whatever comes in, what goes out is data lines of bounded length, and an end
// without an error means that the stream said it was whole.
func FuzzStreamGuard(f *testing.F) {
	f.Add([]byte("data: {\"choices\":[]}\n\ndata: [DONE]\n\n"))
	f.Add([]byte("data: {\"error\":{\"message\":\"x\"}}\n"))
	f.Add([]byte("data: {\"type\":\"message_stop\"}\n"))
	f.Add([]byte{0xff, 0xfe, '\n'})
	f.Fuzz(func(t *testing.T, stream []byte) {
		seen := &outcome{}
		got, err := io.ReadAll(newStreamGuard(io.NopCloser(bytes.NewReader(stream)), seen))
		for line := range bytes.Lines(got) {
			if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("data:")) || len(line) > maxLine+1 {
				t.Fatalf("passed %q", line)
			}
		}
		if err == nil && !bytes.Contains(got, []byte("[DONE]")) && !bytes.Contains(got, []byte("message_stop")) {
			t.Fatal("passed for whole")
		}
		if fmt.Sprint(err) != fmt.Sprint(seen.failure()) {
			t.Fatalf("returned %v, recorded %v", err, seen.failure())
		}
	})
}
