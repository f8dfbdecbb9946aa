package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/server"
)

func TestAskJSON(t *testing.T) {
	in := start(t, postgrestest.New(t))
	url := "http://" + in.addr + "/api/ask"
	resp, body := request(t, "POST", url, map[string]string{"Content-Type": "application/json"},
		`{"question":"Wat is de SER? Bel 0612345678","conversation":"","lang":"nl","filters":{"year":"2014"}}`)
	var a corpus.Answer
	if err := json.Unmarshal([]byte(body), &a); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s %s %v", resp.Status, body, err)
	}
	if a.ID == "" || a.Conversation == "" || a.Question != "Wat is de SER? Bel [telefoon]" || a.Status != corpus.Answered ||
		len(a.Sentences) != 2 || len(a.Citations) != 2 || !a.AIGenerated || !cmp.Equal(a.Masked, []string{"phone"}) || a.Timing.Total <= 0 {
		t.Errorf("answer %+v", a)
	}
	if resp.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		t.Errorf("header %v", resp.Header)
	}

	// Its conversation can be read by the pages and deleted by the visitor.
	turns, err := in.chat.Turns(t.Context(), a.Conversation)
	if err != nil || len(turns) != 1 || turns[0].Answer == nil || turns[0].Answer.ID != a.ID {
		t.Errorf("turns %+v, %v", turns, err)
	}
	for _, want := range []int{204, 404} {
		if resp, body := request(t, "DELETE", "http://"+in.addr+"/api/conversations/"+a.Conversation, nil, ""); resp.StatusCode != want {
			t.Errorf("delete: %s %s, want %d", resp.Status, body, want)
		}
	}
	if resp, _ := request(t, "GET", "http://"+in.addr+"/api/turns/"+a.ID+"/events", nil, ""); resp.StatusCode != 404 {
		t.Errorf("events of a deleted turn: %s", resp.Status)
	}
}

func TestAskErrors(t *testing.T) {
	in := start(t, postgrestest.New(t), func(_ *chat.Config, s *server.Config) { s.Origins = []string{"https://www.ser.nl"} })
	ask := "http://" + in.addr + "/api/ask"
	tests := []struct {
		name, method, url, body string
		header                  map[string]string
		status                  int
		code                    corpus.Code
		message                 string // part of it
	}{
		{"no JSON", "POST", ask, "hallo", nil, 400, corpus.CodeBadMessage, "JSON"},
		{"nothing", "POST", ask, "", nil, 400, corpus.CodeBadMessage, "JSON"},
		{"in English by the message", "POST", ask, `{"question":"","lang":"en"}`, nil, 400, corpus.CodeBadMessage, "is empty"},
		{"in Dutch by default", "POST", ask, `{"question":""}`, nil, 400, corpus.CodeBadMessage, "is leeg"},
		{"too long", "POST", ask, `{"question":"` + strings.Repeat("a", 2001) + `"}`, nil, 413, corpus.CodeTooLong, "2.000"},
		{"giant", "POST", ask, strings.Repeat("a", chat.MaxMessage+1), nil, 413, corpus.CodeTooLong, "te groot"},
		{"filter", "POST", ask, `{"question":"Wat?","filters":{"x":"y"}}`, nil, 400, corpus.CodeBadMessage, "filter"},
		{"conversation", "POST", ask, `{"question":"Wat?","conversation":"01890a5d-ac96-774b-bcce-b302099a8057"}`, nil, 404, corpus.CodeNotFound, "gesprek"},
		{"a failing answer", "POST", ask, `{"question":"paniek","lang":"nl"}`, nil, 500, corpus.CodeInternal, "onze kant"},
		{"foreign website", "POST", ask, `{"question":"Wat?"}`, map[string]string{"Origin": "https://example.org", "Sec-Fetch-Site": "cross-site"}, 403, corpus.CodeBadMessage, "website"},
		{"foreign delete", "DELETE", "http://" + in.addr + "/api/conversations/x", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, corpus.CodeBadMessage, "website"},
		{"method", "GET", ask, "", nil, 405, corpus.CodeBadMessage, "methode"},
		{"method in English", "GET", ask, "", map[string]string{"Accept-Language": "en-GB,en;q=0.9,nl;q=0.8"}, 405, corpus.CodeBadMessage, "method."},
		{"address", "GET", "http://" + in.addr + "/api/nowhere", "", nil, 404, corpus.CodeNotFound, "adres"},
		{"unknown turn", "GET", "http://" + in.addr + "/api/turns/01890a5d-ac96-774b-bcce-b302099a8057/events", "", nil, 404, corpus.CodeNotFound, "vraag"},
		{"broken turn", "GET", "http://" + in.addr + "/api/turns/x/events", "", nil, 400, corpus.CodeBadMessage, "turn"},
		{"broken after", "GET", "http://" + in.addr + "/api/turns/x/events?after=y", "", nil, 400, corpus.CodeBadMessage, "after"},
		{"unknown conversation", "DELETE", "http://" + in.addr + "/api/conversations/x", "", nil, 404, corpus.CodeNotFound, "gesprek"},
	}
	for _, tt := range tests {
		resp, body := request(t, tt.method, tt.url, tt.header, tt.body)
		var f chat.Failure
		if err := json.Unmarshal([]byte(body), &f); err != nil || resp.StatusCode != tt.status || f.Code != tt.code || !strings.Contains(f.Message, tt.message) {
			t.Errorf("%s: %s %s %v", tt.name, resp.Status, body, err)
		}
		if !strings.Contains(body, `"retry_after_s"`) {
			t.Errorf("%s: %s", tt.name, body)
		}
	}
	if resp, body := request(t, "POST", ask, map[string]string{"Origin": "https://www.ser.nl", "Sec-Fetch-Site": "cross-site"}, `{"question":"Wat?"}`); resp.StatusCode != 200 {
		t.Errorf("configured website: %s %s", resp.Status, body)
	}
}

// event is a server-sent event.
type event struct{ id, kind, data string }

func readEvents(t *testing.T, body string) []event {
	t.Helper()
	var events []event
	var e event
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "data":
			e.data = value
		case "":
			if e != (event{}) {
				events = append(events, e)
			}
			e = event{}
		default:
			t.Fatalf("line %q", line)
		}
	}
	return events
}

func TestAskEvents(t *testing.T) {
	in := start(t, postgrestest.New(t))
	resp, body := request(t, "POST", "http://"+in.addr+"/api/ask", map[string]string{"Accept": "text/event-stream"}, `{"question":"Wat is de SER?"}`)
	if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("%s %v", resp.Status, resp.Header)
	}
	events := readEvents(t, body)
	var names []string
	turn := ""
	for i, e := range events {
		var m message
		if err := json.Unmarshal([]byte(e.data), &m); err != nil {
			t.Fatal(err)
		}
		if e.id != fmt.Sprint(i+1) || m.Seq != i+1 || m.Type != e.kind {
			t.Errorf("event %d: %+v", i+1, e)
		}
		names, turn = append(names, e.kind), m.Turn
	}
	if strings.Join(names, " ") != twoSentences {
		t.Fatalf("events %s", names)
	}
	// Resume as browsers do, and by address.
	last := len(events)
	for name, again := range map[string]func() (*http.Response, string){
		"Last-Event-ID": func() (*http.Response, string) {
			return request(t, "GET", "http://"+in.addr+"/api/turns/"+turn+"/events", map[string]string{"Last-Event-ID": "3"}, "")
		},
		"after": func() (*http.Response, string) {
			return request(t, "GET", "http://"+in.addr+"/api/turns/"+turn+"/events?after=3", nil, "")
		},
	} {
		resp, body := again()
		got := readEvents(t, body)
		if resp.StatusCode != 200 || len(got) != last-3 || got[0].id != "4" || got[len(got)-1].kind != "done" {
			t.Errorf("%s: %s %v", name, resp.Status, got)
		}
	}
	if _, body := request(t, "GET", fmt.Sprintf("http://%s/api/turns/%s/events?after=%d", in.addr, turn, last), nil, ""); body != "" {
		t.Errorf("after the end: %q", body)
	}
}

// TestAskLeaves: a client that leaves does not stop its turn.
func TestAskLeaves(t *testing.T) {
	db := postgrestest.New(t)
	in := start(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "POST", "http://"+in.addr+"/api/ask", strings.NewReader(`{"question":"zinnen=10 pauze=20ms","lang":"nl"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(resp.Body)
	turn := ""
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			var m message
			if err := json.Unmarshal([]byte(data), &m); err != nil {
				t.Fatal(err)
			}
			turn = m.Turn
			break
		}
	}
	cancel()
	_ = resp.Body.Close()
	st, err := in.chat.Resume(t.Context(), turn, 0, "nl")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if a, err := st.Answer(t.Context()); err != nil || len(a.Sentences) != 10 {
		t.Errorf("answer %+v, %v", a, err)
	}
}

// slowForm is a website whose form takes as long as its answer.
type slowForm struct{ chat *chat.Service }

func (f slowForm) Register(mux *http.ServeMux) {
	mux.HandleFunc("POST /vraag", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			f.Problem(w, r, err)
			return
		}
		if _, err := f.chat.Answer(r.Context(), chat.Ask{Question: r.PostForm.Get("question"), Lang: "nl"}); err != nil {
			f.Problem(w, r, err)
		}
	})
}

func (slowForm) Problem(w http.ResponseWriter, _ *http.Request, err error) {
	http.Error(w, err.Error(), http.StatusTeapot)
}

// TestSlowAnswer: the time a client has for sending its request is not the time an
// answer has.
func TestSlowAnswer(t *testing.T) {
	in := start(t, postgrestest.New(t), func(_ *chat.Config, s *server.Config) {
		s.Limits = server.Limits{RequestTimeout: 200 * time.Millisecond, AskBurst: 3, AsksPerSecond: 0.01}
		s.Pages = slowForm{s.Chat}
	})
	const question = "zinnen=3 pauze=300ms"
	for _, accept := range []string{"application/json", "text/event-stream"} {
		resp, body := request(t, "POST", "http://"+in.addr+"/api/ask", map[string]string{"Accept": accept}, `{"question":"`+question+`","lang":"nl"}`)
		if resp.StatusCode != 200 || !strings.Contains(body, "Zin 3.") {
			t.Errorf("%s: %s %s", accept, resp.Status, body)
		}
	}
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	if resp, body := request(t, "POST", "http://"+in.addr+"/vraag", form, "question="+strings.ReplaceAll(question, " ", "+")); resp.StatusCode != 200 {
		t.Errorf("form: %s %s", resp.Status, body)
	}
	// A form counts as a question.
	if resp, body := request(t, "POST", "http://"+in.addr+"/vraag", form, "question=x"); resp.StatusCode != http.StatusTeapot || !strings.Contains(body, "achter elkaar") {
		t.Errorf("fourth question: %s %s", resp.Status, body)
	}
}

func TestHealth(t *testing.T) {
	db := postgrestest.New(t)
	var broken error
	in := start(t, db, func(_ *chat.Config, s *server.Config) {
		s.Checks = append(s.Checks, server.Check{Name: "index", Run: func(context.Context) error { return broken }})
	})
	base := "http://" + in.addr
	if resp, body := request(t, "GET", base+"/healthz", nil, ""); resp.StatusCode != 200 || !strings.Contains(body, "ok") {
		t.Errorf("healthz: %s %s", resp.Status, body)
	}
	ready := func() (int, map[string]string) {
		resp, body := request(t, "GET", base+"/readyz", nil, "")
		var r struct {
			Ready  bool              `json:"ready"`
			Checks map[string]string `json:"checks"`
		}
		if err := json.Unmarshal([]byte(body), &r); err != nil || r.Ready != (resp.StatusCode == 200) {
			t.Errorf("readyz: %s %s %v", resp.Status, body, err)
		}
		return resp.StatusCode, r.Checks
	}
	if status, checks := ready(); status != 200 || !cmp.Equal(checks, map[string]string{"database": "ok", "index": "ok"}) {
		t.Errorf("ready: %d %v", status, checks)
	}
	broken = errors.New("the index is being built")
	if status, checks := ready(); status != 503 || checks["index"] != broken.Error() {
		t.Errorf("not ready: %d %v", status, checks)
	}
}

// TestPrivacy: neither log nor metrics hold who asked or what.
func TestPrivacy(t *testing.T) {
	in := start(t, postgrestest.New(t))
	base := "http://" + in.addr
	_, body := request(t, "POST", base+"/api/ask", map[string]string{"X-Forwarded-For": "203.0.113.9"}, `{"question":"geheimevraag"}`)
	var a corpus.Answer
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatal(err)
	}
	c := dial(t, in)
	c.ask(t, "geheimevraag paniek")
	c.turn(t, 0)
	request(t, "GET", base+"/geheimevraag?q=geheimevraag", nil, "")
	request(t, "DELETE", base+"/api/conversations/"+a.Conversation, nil, "")
	_, metrics := request(t, "GET", base+"/metrics", nil, "")
	for _, want := range []string{
		`vraagbaak_turns_total{code="",status="answered"} 1`, `vraagbaak_turns_total{code="internal",status="error"} 1`,
		"vraagbaak_turn_duration_seconds_count 2", "vraagbaak_first_sentence_seconds_count 1", "vraagbaak_retrieve_duration_seconds_count 1",
		"vraagbaak_turns_waiting 0", "vraagbaak_turns_running 0", "vraagbaak_websockets 1", "go_goroutines",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics miss %s", want)
		}
	}
	log := in.log.String()
	if !strings.Contains(log, `"route":"/api/ask"`) || !strings.Contains(log, `"status":200`) {
		t.Errorf("log: %s", log)
	}
	for _, secret := range []string{"geheimevraag", "127.0.0.1", "203.0.113.9", a.Conversation} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q: %s", secret, log)
		}
		if strings.Contains(metrics, secret) {
			t.Errorf("the metrics have %q", secret)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	in := start(t, postgrestest.New(t))
	ids := map[string]bool{}
	for _, path := range []string{"/", "/healthz", "/api/ask", "/readyz", "/metrics"} {
		resp, _ := request(t, "GET", "http://"+in.addr+path, nil, "")
		h := resp.Header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: %v", path, h)
		}
		id := h.Get("X-Request-Id")
		if id == "" || ids[id] {
			t.Errorf("%s: request id %q", path, id)
		}
		ids[id] = true
		if h.Get("Set-Cookie") != "" {
			t.Errorf("%s sets a cookie", path)
		}
	}
}

func TestRateLimit(t *testing.T) {
	in := start(t, postgrestest.New(t), func(_ *chat.Config, s *server.Config) {
		s.Limits = server.Limits{AskBurst: 2, AsksPerSecond: 0.01, RequestBurst: 8, RequestsPerSecond: 0.01}
	})
	base := "http://" + in.addr
	for i, want := range []int{200, 200, 429} {
		resp, body := request(t, "POST", base+"/api/ask", nil, `{"question":"Wat?","lang":"nl"}`)
		if resp.StatusCode != want {
			t.Errorf("question %d: %s %s", i+1, resp.Status, body)
		}
		if want == 429 && (resp.Header.Get("Retry-After") == "" || !strings.Contains(body, "rate_limited") || strings.Contains(body, `"retry_after_s":0`)) {
			t.Errorf("%v %s", resp.Header, body)
		}
	}
	for i := range 6 {
		want := 404
		if i == 5 {
			want = 429
		}
		if resp, _ := request(t, "GET", base+"/nowhere", nil, ""); resp.StatusCode != want {
			t.Errorf("request %d: %s, want %d", i+4, resp.Status, want)
		}
	}
	// Whoever watches is not limited.
	for range 10 {
		if resp, _ := request(t, "GET", base+"/healthz", nil, ""); resp.StatusCode != 200 {
			t.Errorf("healthz: %s", resp.Status)
		}
	}
}

func TestConfig(t *testing.T) {
	db := postgrestest.New(t)
	c := chat.New(chat.Config{Store: db.Chat(), Answerer: script{}})
	defer c.Close(t.Context())
	for _, origin := range []string{"www.ser.nl", "ftp://ser.nl", "https://ser.nl/pad", "", "https://"} {
		if _, err := server.New(server.Config{Chat: c, Origins: []string{origin}}); err == nil {
			t.Errorf("origin %q is taken", origin)
		}
	}
	if _, err := server.New(server.Config{}); err == nil {
		t.Error("a server without chat")
	}
}
