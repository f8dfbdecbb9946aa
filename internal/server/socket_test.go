package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/server"
)

const twoSentences = "accepted progress progress progress citation sentence citation sentence done"

func TestSocketTurn(t *testing.T) {
	in := start(t, postgrestest.New(t))
	c := dial(t, in)
	c.ask(t, "Wat is de SER? Mail a@b.nl")
	ms := c.turn(t, 0)
	if got := types(ms); got != twoSentences {
		t.Fatalf("messages %s", got)
	}
	accepted, done := ms[0], ms[len(ms)-1]
	if accepted.ID != "q1" || accepted.Conversation == "" || accepted.Question != "Wat is de SER? Mail [e-mail]" {
		t.Errorf("accepted %+v", accepted)
	}
	var stages []string
	cited := map[int]bool{}
	for _, m := range ms {
		switch m.Type {
		case "progress":
			stages = append(stages, m.Stage)
		case "citation":
			cited[m.N] = true
		case "sentence":
			ns, ok := m.Citations.([]any)
			if !ok || len(ns) != 1 || !cited[int(ns[0].(float64))] {
				t.Errorf("sentence %+v before its citation", m)
			}
		}
	}
	if !cmp.Equal(stages, []string{"searching", "reading", "writing"}) {
		t.Errorf("stages %v", stages)
	}
	if done.ID != done.Turn || done.Conversation != accepted.Conversation || done.Status != "answered" || len(done.Sentences) != 2 ||
		done.Text != "Zin 1. [1] Zin 2. [2]" {
		t.Errorf("done %+v", done)
	}

	// A follow-up in the same conversation, and one in English.
	c.send(t, fmt.Sprintf(`{"type":"ask","question":"En verder?","conversation":%q}`, accepted.Conversation))
	if ms := c.turn(t, 0); ms[0].Conversation != accepted.Conversation || types(ms) != twoSentences {
		t.Errorf("follow-up %+v", ms)
	}
}

// TestSocketRefusals: what is wrong is told in one error, and the connection stays.
func TestSocketRefusals(t *testing.T) {
	in := start(t, postgrestest.New(t))
	c := dial(t, in)
	const unknown = "01890a5d-ac96-774b-bcce-b302099a8057"
	tests := []struct {
		name, text string
		code       corpus.Code
		id, turn   string
		seq        int
	}{
		{"no JSON", `hallo`, corpus.CodeBadMessage, "", "", 1},
		{"nothing", ``, corpus.CodeBadMessage, "", "", 1},
		{"unknown type", `{"type":"shout","id":"a"}`, corpus.CodeBadMessage, "a", "", 1},
		{"wrong field", `{"type":"ask","id":"a","question":1}`, corpus.CodeBadMessage, "a", "", 1},
		{"no question", `{"type":"ask","id":"a"}`, corpus.CodeBadMessage, "a", "", 1},
		{"empty question", `{"type":"ask","id":"a","question":" \n "}`, corpus.CodeBadMessage, "a", "", 1},
		{"too long", `{"type":"ask","id":"a","question":"` + strings.Repeat("é", 2001) + `"}`, corpus.CodeTooLong, "a", "", 1},
		{"far too long", `{"type":"ask","id":"a","question":"` + strings.Repeat("x", 200_000) + `"}`, corpus.CodeTooLong, "a", "", 1},
		{"language", `{"type":"ask","id":"a","question":"Was?","lang":"de"}`, corpus.CodeBadMessage, "a", "", 1},
		{"filter", `{"type":"ask","id":"a","question":"Wat?","filters":{"year":"vroeger"}}`, corpus.CodeBadMessage, "a", "", 1},
		{"conversation", `{"type":"ask","id":"a","question":"Wat?","conversation":"x"}`, corpus.CodeBadMessage, "a", "", 1},
		{"unknown conversation", `{"type":"ask","id":"a","question":"Wat?","conversation":"` + unknown + `"}`, corpus.CodeNotFound, "a", "", 1},
		{"stop without turn", `{"type":"stop"}`, corpus.CodeBadMessage, "", "", 1},
		{"stop unknown turn", `{"type":"stop","turn":"` + unknown + `"}`, corpus.CodeNotFound, "", unknown, 1},
		{"resume unknown turn", `{"type":"resume","turn":"` + unknown + `","after":12}`, corpus.CodeNotFound, "", unknown, 13},
		{"resume before the start", `{"type":"resume","turn":"` + unknown + `","after":-1}`, corpus.CodeBadMessage, "", unknown, 1},
		{"invalid UTF-8", "{\"type\":\"ask\",\"question\":\"\xc3\"}", corpus.CodeBadMessage, "", "", 1},
	}
	for _, tt := range tests {
		c.send(t, tt.text)
		m := c.next(t)
		if m.Type != "error" || m.Code != string(tt.code) || m.Message == "" || m.RetryAfter == nil ||
			m.ID != tt.id || m.Seq != tt.seq || m.Turn == "" || (tt.turn != "" && m.Turn != tt.turn) {
			t.Errorf("%s: %+v", tt.name, m)
		}
	}
	if err := c.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"ask","question":"Wat?"}`)); err != nil {
		t.Fatal(err)
	}
	if m := c.next(t); m.Code != "bad_message" {
		t.Errorf("binary message: %+v", m)
	}
	// 2,000 characters are not too long, whatever they weigh.
	question, err := json.Marshal(map[string]string{"type": "ask", "question": strings.Repeat("😀", 2000)})
	if err != nil {
		t.Fatal(err)
	}
	c.send(t, string(question))
	if ms := c.turn(t, 0); types(ms) != twoSentences {
		t.Errorf("after all that: %s", types(ms))
	}
	// Above the read limit there is only the close code for it.
	if err := c.WriteMessage(websocket.TextMessage, bytes.Repeat([]byte("x"), chat.MaxMessage+1)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.read(); closeCode(err) != websocket.CloseMessageTooBig {
		t.Errorf("a giant message: %v", err)
	}
	if log := in.log.String(); strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("clients' mistakes are logged as ours: %s", log)
	}
}

func TestSocketHandshake(t *testing.T) {
	in := start(t, postgrestest.New(t), func(_ *chat.Config, s *server.Config) { s.Origins = []string{"https://www.ser.nl"} })
	tests := []struct {
		name        string
		subprotocol []string
		origin      string
		status      int
	}{
		{"no browser", []string{"vraagbaak.v1"}, "", 101},
		{"same origin", []string{"vraagbaak.v1"}, "http://" + in.addr, 101},
		{"configured origin", []string{"vraagbaak.v1"}, "https://www.ser.nl", 101},
		{"among others", []string{"vraagbaak.v2", "vraagbaak.v1"}, "", 101},
		{"foreign origin", []string{"vraagbaak.v1"}, "https://example.org", 403},
		{"configured origin without TLS", []string{"vraagbaak.v1"}, "http://www.ser.nl", 403},
		{"sandboxed frame", []string{"vraagbaak.v1"}, "null", 403},
		{"no subprotocol", nil, "", 400},
		{"other subprotocol", []string{"graphql-ws"}, "", 400},
	}
	for _, tt := range tests {
		d := websocket.Dialer{Subprotocols: tt.subprotocol}
		header := http.Header{}
		if tt.origin != "" {
			header.Set("Origin", tt.origin)
		}
		c, resp, err := d.Dial("ws://"+in.addr+"/ws", header)
		if resp == nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if resp.StatusCode != tt.status {
			t.Errorf("%s: status %d, want %d", tt.name, resp.StatusCode, tt.status)
		}
		if err == nil {
			_ = c.Close()
		} else {
			var f chat.Failure
			if err := json.NewDecoder(resp.Body).Decode(&f); err != nil || f.Code != corpus.CodeBadMessage || f.Message == "" {
				t.Errorf("%s: failure %+v, %v", tt.name, f, err)
			}
		}
	}
	if resp, body := request(t, "GET", "http://"+in.addr+"/ws", nil, ""); resp.StatusCode != 400 || !strings.Contains(body, "bad_message") {
		t.Errorf("plain request: %s %s", resp.Status, body)
	}
	if resp, body := request(t, "POST", "http://"+in.addr+"/ws", nil, ""); resp.StatusCode != 405 {
		t.Errorf("POST: %s %s", resp.Status, body)
	}
}

func TestSocketStop(t *testing.T) {
	db := postgrestest.New(t)
	in, other := start(t, db), start(t, db)
	stops := map[string]func(*conn, string){
		"by the same connection": func(c *conn, turn string) { c.send(t, fmt.Sprintf(`{"type":"stop","turn":%q}`, turn)) },
		"by another server": func(_ *conn, turn string) {
			dial(t, other).send(t, fmt.Sprintf(`{"type":"stop","turn":%q}`, turn))
		},
	}
	for name, stop := range stops {
		c := dial(t, in)
		c.ask(t, "zinnen=1000 pauze=20ms")
		var ms []message
		for len(ms) == 0 || !ms[len(ms)-1].ends() {
			m := c.next(t)
			ms = append(ms, m)
			if m.Type == "sentence" && m.Index == 1 {
				stop(c, m.Turn)
			}
			if m.Seq != len(ms) {
				t.Fatalf("%s: message %d has seq %d", name, len(ms), m.Seq)
			}
		}
		shown := 0
		for _, m := range ms {
			if m.Type == "sentence" {
				shown++
			}
		}
		done := ms[len(ms)-1]
		if done.Type != "done" || done.Status != "partial" || done.Completeness != "incomplete" || !done.Stopped ||
			len(done.Sentences) != shown || shown < 2 || shown > 500 {
			t.Errorf("%s: %d shown, done %+v", name, shown, done)
		}
		// Stopping what has ended is no error, and changes nothing.
		stop(c, done.Turn)
		c.send(t, fmt.Sprintf(`{"type":"resume","turn":%q,"after":%d}`, done.Turn, done.Seq-1))
		if again := c.next(t); !cmp.Equal(again, done) {
			t.Errorf("%s: %s", name, cmp.Diff(done, again))
		}
	}
}

// TestSocketResume cuts connections in the middle of answers, again and again, and
// resumes on either of two servers: every client has every event once and in order.
func TestSocketResume(t *testing.T) {
	db := postgrestest.New(t)
	servers := []*instance{start(t, db), start(t, db)}
	const clients = 30
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			in := servers[i%2]
			c := dial(t, in)
			c.ask(t, fmt.Sprintf("zinnen=%d pauze=%dms", 10+random.IntN(30), random.IntN(8)))
			var ms []message
			cuts := 0
			for {
				until := len(ms) + 1 + random.IntN(12)
				for len(ms) < until {
					m, err := c.read()
					if err != nil {
						t.Errorf("client %d after %d messages: %v", i, len(ms), err)
						return
					}
					if m.Seq != len(ms)+1 || m.Type == "error" {
						t.Errorf("client %d: message %d is %+v", i, len(ms)+1, m)
						return
					}
					ms = append(ms, m)
					if m.ends() {
						break
					}
				}
				if ms[len(ms)-1].ends() {
					break
				}
				in.conns.cut(t, c.LocalAddr())
				cuts++
				if random.IntN(3) == 0 {
					time.Sleep(time.Duration(random.IntN(50)) * time.Millisecond)
				}
				in = servers[random.IntN(2)]
				c = dial(t, in)
				c.send(t, fmt.Sprintf(`{"type":"resume","turn":%q,"after":%d}`, ms[0].Turn, len(ms)))
			}
			stored, _, err := db.Chat().Events(context.Background(), ms[0].Turn, 0, 1000)
			if err != nil || len(stored) != len(ms) {
				t.Errorf("client %d: %d events are stored, %d received, %v", i, len(stored), len(ms), err)
				return
			}
			for j, e := range stored {
				var m message
				if err := json.Unmarshal(e.AppendJSON(nil), &m); err != nil {
					t.Error(err)
				}
				if !cmp.Equal(m, ms[j]) {
					t.Errorf("client %d, event %d: %s", i, j+1, cmp.Diff(m, ms[j]))
				}
			}
			if cuts == 0 {
				t.Errorf("client %d was never cut", i)
			}
		})
	}
	wg.Wait()
}

// TestSocketTwoFollowers: two tabs on one turn, and one tab that resumes what it
// already follows.
func TestSocketTwoFollowers(t *testing.T) {
	in := start(t, postgrestest.New(t))
	a, b := dial(t, in), dial(t, in)
	a.ask(t, "zinnen=20 pauze=5ms")
	first := a.next(t)
	b.send(t, fmt.Sprintf(`{"type":"resume","turn":%q}`, first.Turn))
	if diff := cmp.Diff(types(append([]message{first}, a.turn(t, 1)...)), types(b.turn(t, 0))); diff != "" {
		t.Error(diff)
	}
	a.ask(t, "zinnen=20 pauze=5ms")
	first = a.next(t)
	a.send(t, fmt.Sprintf(`{"type":"resume","turn":%q,"after":0}`, first.Turn))
	// What was on its way may come first; then it starts again, whole.
	var ms []message
	for len(ms) == 0 || !ms[len(ms)-1].ends() {
		m := a.next(t)
		if m.Seq == 1 {
			ms = nil
		}
		ms = append(ms, m)
	}
	for i, m := range ms {
		if m.Seq != i+1 {
			t.Errorf("message %d has seq %d", i+1, m.Seq)
		}
	}
}

// TestSocketManyConnections: 200 connections at once, each asking.
func TestSocketManyConnections(t *testing.T) {
	db := postgrestest.New(t)
	in := start(t, db)
	if n := in.websockets(t); n != 0 { // also: the server is up
		t.Fatalf("%d websockets", n)
	}
	before := goleak.IgnoreCurrent()
	const clients = 200
	conns := make([]*conn, clients)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			c, err := tryDial(in)
			if err != nil {
				t.Errorf("client %d: %v", i, err)
				return
			}
			conns[i] = c
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for i, c := range conns {
		wg.Go(func() {
			if err := c.WriteMessage(websocket.TextMessage, []byte(`{"type":"ask","question":"zinnen=5 pauze=2ms","lang":"nl"}`)); err != nil {
				t.Errorf("client %d: %v", i, err)
				return
			}
			for seq := 1; ; seq++ {
				m, err := c.read()
				if err != nil || m.Seq != seq || m.Type == "error" {
					t.Errorf("client %d, message %d: %+v, %v", i, seq, m, err)
					return
				}
				if m.Type == "done" {
					break
				}
			}
			_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
			if _, err := c.read(); closeCode(err) != websocket.CloseNormalClosure {
				t.Errorf("client %d: closed with %v", i, err)
			}
			_ = c.Close()
		})
	}
	wg.Wait()
	var turns, ends int
	if err := db.Pool().QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE status = 'answered') FROM turns`).Scan(&turns, &ends); err != nil {
		t.Fatal(err)
	}
	if turns != clients || ends != clients {
		t.Errorf("%d turns, %d answered, want %d", turns, ends, clients)
	}
	// Nothing of the connections is left.
	if err := goleak.Find(before, // the pool of the database lives on
		goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgconn/internal/bgreader.(*BGReader).bgRead"),
		goleak.IgnoreAnyFunction("github.com/jackc/puddle/v2.(*Pool[...]).initResourceValue"),
		goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck")); err != nil {
		t.Error(err)
	}
}

// TestSocketSlowClient: a client that does not read is closed, without memory or
// the turn paying for it, and finds everything when it comes back.
func TestSocketSlowClient(t *testing.T) {
	db := postgrestest.New(t)
	in := start(t, db, func(_ *chat.Config, s *server.Config) {
		s.Limits = server.Limits{OutQueue: 4, SlowClient: 200 * time.Millisecond, WriteTimeout: time.Second}
	})
	// Buffers that are soon full.
	in.conns.mu.Lock()
	in.conns.small = true
	in.conns.mu.Unlock()
	slow, err := dialWith(in, websocket.Dialer{NetDial: func(network, address string) (net.Conn, error) {
		c, err := net.Dial(network, address)
		if tcp, ok := c.(*net.TCPConn); ok {
			err = tcp.SetReadBuffer(4 << 10)
		}
		return c, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	slow.ask(t, "zinnen=200 lengte=1000")
	first := slow.next(t)

	quick := dial(t, in)
	quick.send(t, fmt.Sprintf(`{"type":"resume","turn":%q}`, first.Turn))
	all := quick.turn(t, 0)
	if len(all) != 405 || all[404].Type != "done" {
		t.Fatalf("%d messages, the last a %s", len(all), all[len(all)-1].Type)
	}
	// The server drops the slow one.
	deadline := time.Now().Add(20 * time.Second)
	for in.websockets(t) != 1 {
		if time.Now().After(deadline) {
			t.Fatal("the slow client is still connected")
		}
		time.Sleep(20 * time.Millisecond)
	}
	back := dial(t, in)
	back.send(t, fmt.Sprintf(`{"type":"resume","turn":%q,"after":1}`, first.Turn))
	if ms := back.turn(t, 1); len(ms) != 404 {
		t.Errorf("%d messages after coming back", len(ms))
	}
}

// websockets reads the gauge of open connections.
func (in *instance) websockets(t testing.TB) int {
	t.Helper()
	_, body := request(t, "GET", "http://"+in.addr+"/metrics", nil, "")
	n := -1
	for line := range strings.Lines(body) {
		_, _ = fmt.Sscanf(line, "vraagbaak_websockets %d", &n)
	}
	return n
}

func TestSocketLimits(t *testing.T) {
	in := start(t, postgrestest.New(t), func(_ *chat.Config, s *server.Config) {
		s.Limits = server.Limits{
			AddressConns: 2, TurnsPerConn: 2, AskBurst: 4, AsksPerSecond: 0.001,
			MessageBurst: 12, MessagesPerSecond: 5,
		}
	})
	c := dial(t, in)
	for range 2 {
		c.ask(t, "zinnen=1000 pauze=50ms")
	}
	c.ask(t, "een te veel")
	var turns []string
	for refused := false; !refused || len(turns) < 2; {
		switch m := c.next(t); m.Type {
		case "accepted":
			turns = append(turns, m.Turn)
		case "error":
			if m.Code != "busy" || m.ID != "q1" || *m.RetryAfter == 0 {
				t.Fatalf("third turn: %+v", m)
			}
			refused = true
		}
	}
	for _, turn := range turns {
		c.send(t, fmt.Sprintf(`{"type":"stop","turn":%q}`, turn))
	}
	for done := 0; done < 2; {
		if c.next(t).Type == "done" {
			done++
		}
	}
	// Two of the four questions are left.
	for range 2 {
		c.ask(t, "zinnen=1")
		c.turn(t, 0)
	}
	c.ask(t, "zinnen=1")
	if m := c.next(t); m.Code != "rate_limited" || *m.RetryAfter == 0 {
		t.Errorf("fifth question: %+v", m)
	}
	// A flood is slowed down and told so.
	for range 10 {
		c.send(t, `{}`)
	}
	codes := map[string]int{}
	for range 10 {
		codes[c.next(t).Code]++
	}
	if codes["rate_limited"] == 0 || codes["bad_message"] == 0 {
		t.Errorf("codes of a flood: %v", codes)
	}
	second := dial(t, in)
	if _, err := tryDial(in); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("third connection: %v", err)
	}
	_ = second.Close()
}

// TestSocketShutdown: turns finish, clients hear the end, and then that the server
// goes away.
func TestSocketShutdown(t *testing.T) {
	db := postgrestest.New(t)
	in := start(t, db, func(_ *chat.Config, s *server.Config) { s.Limits.ShutdownTimeout = 4 * time.Second })
	short, long, idle := dial(t, in), dial(t, in), dial(t, in)
	short.ask(t, "zinnen=10 pauze=20ms")
	long.ask(t, "zinnen=1000 pauze=100ms")
	short.next(t)
	long.next(t)
	in.stop()
	if ms := short.turn(t, 1); ms[len(ms)-1].Type != "done" {
		t.Errorf("the turn that had time ended with %+v", ms[len(ms)-1])
	}
	ms := long.turn(t, 1)
	if last := ms[len(ms)-1]; last.Type != "error" || last.Code != "busy" || *last.RetryAfter == 0 {
		t.Errorf("the turn that had none ended with %+v", last)
	}
	for name, c := range map[string]*conn{"short": short, "long": long, "idle": idle} {
		if _, err := c.read(); closeCode(err) != websocket.CloseGoingAway {
			t.Errorf("%s: closed with %v", name, err)
		}
	}
	if err := <-in.stopped; err != nil {
		t.Error(err)
	}
	in.stopped <- nil
	if _, err := net.Dial("tcp", in.addr); err == nil {
		t.Error("still listening")
	}
	var open int
	if err := db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM turns WHERE finished_at IS NULL`).Scan(&open); err != nil || open != 0 {
		t.Errorf("%d turns without an end, %v", open, err)
	}
}

// TestSocketPing: a client that stops answering is let go, one that answers stays.
func TestSocketPing(t *testing.T) {
	in := start(t, postgrestest.New(t), func(_ *chat.Config, s *server.Config) { s.Limits.PingInterval = 100 * time.Millisecond })
	deaf := dial(t, in)
	deaf.SetPingHandler(func(string) error { return nil })
	if _, err := deaf.read(); err == nil {
		t.Error("a deaf client got a message")
	}
	c := dial(t, in)
	pings := 0
	c.SetPingHandler(func(data string) error {
		pings++
		if pings == 5 {
			// From here: reading is what handles pings.
			if err := c.WriteMessage(websocket.TextMessage, []byte(`{"type":"ask","question":"zinnen=1"}`)); err != nil {
				return err
			}
		}
		return c.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
	})
	if ms := c.turn(t, 0); ms[len(ms)-1].Type != "done" || pings < 5 {
		t.Errorf("after %d pings: %s", pings, types(ms))
	}
}

// TestKilledServer kills the process of a server in the middle of a turn; another
// server ends it.
func TestKilledServer(t *testing.T) {
	url := postgrestest.URL(t)
	db, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	addressFile := filepath.Join(t.TempDir(), "address")
	child := exec.Command(os.Args[0]) // #nosec G204 -- this test itself
	child.Env = append(os.Environ(), envServe+"="+url, envServeOut+"="+addressFile)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
	var address []byte
	for len(address) == 0 {
		time.Sleep(10 * time.Millisecond)
		address, _ = os.ReadFile(addressFile)
		if t.Context().Err() != nil {
			t.Fatal("the child did not start")
		}
	}
	survivor := start(t, db)
	c := dial(t, &instance{addr: string(address)})
	c.ask(t, "zinnen=1000 pauze=20ms")
	var ms []message
	for len(ms) < 10 {
		ms = append(ms, c.next(t))
	}
	// One follower is on the other server already when it happens.
	early := dial(t, survivor)
	early.send(t, fmt.Sprintf(`{"type":"resume","turn":%q}`, ms[0].Turn))
	early.next(t)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := c.read()
		if err != nil {
			break
		}
		ms = append(ms, m)
	}
	late := dial(t, survivor)
	late.send(t, fmt.Sprintf(`{"type":"resume","turn":%q,"after":%d}`, ms[0].Turn, len(ms)))
	for name, rest := range map[string][]message{"early": early.turn(t, 1), "late": late.turn(t, len(ms))} {
		last := rest[len(rest)-1]
		if last.Type != "error" || last.Code != "internal" || last.Message == "" {
			t.Errorf("%s: ended with %+v", name, last)
		}
	}
	var status string
	if err := db.Pool().QueryRow(t.Context(), `SELECT status FROM turns WHERE id = $1`, ms[0].Turn).Scan(&status); err != nil || status != "error" {
		t.Errorf("status %q, %v", status, err)
	}
}

// serveUntilKilled is the process that TestKilledServer kills.
func serveUntilKilled(url, addressFile string) int {
	ctx := context.Background()
	db, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s, err := server.New(server.Config{Chat: chat.New(chat.Config{Store: db.Chat(), Answerer: script{}, Lease: 2 * time.Second})})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.WriteFile(addressFile+".new", []byte(l.Addr().String()), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Rename(addressFile+".new", addressFile); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// A test that fails to kill must not leave a process behind.
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := s.Serve(ctx, l); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
