package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/server"
)

// Environment of a test binary that plays a server to be killed.
const (
	envServe    = "VRAAGBAAK_TEST_SERVE_DATABASE"
	envServeOut = "VRAAGBAAK_TEST_SERVE_ADDRESS"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(envServe); url != "" {
		os.Exit(serveUntilKilled(url, os.Getenv(envServeOut)))
	}
	os.Exit(postgrestest.Main(m))
}

// script answers as the question says: "zinnen=3 pauze=10ms lengte=100" gives three
// sentences of about a hundred characters with a pause before each.
type script struct{}

func (script) Answer(ctx context.Context, req answer.Request, emit func(answer.Event) error) (corpus.Answer, error) {
	n, pause, length := 2, time.Duration(0), 0
	for field := range strings.FieldsSeq(req.Question) {
		_, _ = fmt.Sscanf(field, "zinnen=%d", &n)
		_, _ = fmt.Sscanf(field, "lengte=%d", &length)
		if value, ok := strings.CutPrefix(field, "pauze="); ok {
			pause, _ = time.ParseDuration(value)
		}
		if field == "paniek" {
			panic("as asked")
		}
	}
	a := corpus.Answer{Status: corpus.Answered, Completeness: corpus.Complete, Model: "script", Corpus: "test", Timing: corpus.Timing{Retrieve: 1}}
	for _, stage := range []string{answer.StageSearching, answer.StageReading, answer.StageWriting} {
		if err := emit(answer.Progress{Stage: stage}); err != nil {
			return a, err
		}
	}
	var text []string
	for i := range n {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return a, ctx.Err()
		}
		quote := fmt.Sprintf("Zin %d.", i+1) + strings.Repeat("é", length)
		c := corpus.Citation{N: i + 1, Document: corpus.DocumentRef{ID: "doc", Type: "advies"}, Page: 1, Quote: quote, End: len([]rune(quote))}
		s := corpus.Sentence{Text: quote, Citations: []int{i + 1}}
		if err := emit(c); err != nil {
			return a, err
		}
		if err := emit(answer.IndexedSentence{Index: i, Sentence: s}); err != nil {
			return a, err
		}
		a.Citations, a.Sentences = append(a.Citations, c), append(a.Sentences, s)
		text = append(text, fmt.Sprintf("%s [%d]", quote, i+1))
	}
	a.Text = strings.Join(text, " ")
	return a, nil
}

// instance is one running server of an installation.
type instance struct {
	addr    string
	chat    *chat.Service
	log     *logBuffer
	conns   *cutter
	stop    context.CancelFunc
	stopped chan error
}

type setting func(*chat.Config, *server.Config)

// start serves on a free port until the test ends.
func start(t testing.TB, db *postgres.DB, settings ...setting) *instance {
	t.Helper()
	in := &instance{log: &logBuffer{}, stopped: make(chan error, 1)}
	log := slog.New(slog.NewJSONHandler(in.log, nil))
	metrics := server.NewMetrics()
	chatConfig := chat.Config{Store: db.Chat(), Answerer: script{}, Logger: log, Observer: metrics, Lease: 2 * time.Second}
	config := server.Config{Metrics: metrics, Logger: log, Checks: []server.Check{{Name: "database", Run: db.Ping}}}
	for _, set := range settings {
		set(&chatConfig, &server.Config{})
	}
	in.chat = chat.New(chatConfig)
	config.Chat = in.chat
	for _, set := range settings {
		set(&chat.Config{}, &config)
	}
	s, err := server.New(config)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	in.addr = l.Addr().String()
	in.conns = &cutter{Listener: l}
	ctx, cancel := context.WithCancel(context.Background())
	in.stop = cancel
	go func() { in.stopped <- s.Serve(ctx, in.conns) }()
	t.Cleanup(func() {
		cancel()
		if err := <-in.stopped; err != nil {
			t.Errorf("serving: %v", err)
		}
		in.stopped <- nil
	})
	return in
}

// cutter is a listener that can cut its connections as a broken network does.
type cutter struct {
	net.Listener
	small bool // send buffers
	mu    sync.Mutex
	conns map[string]net.Conn // by the client's address
}

func (c *cutter) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.mu.Lock()
		if c.conns == nil {
			c.conns = make(map[string]net.Conn)
		}
		c.conns[conn.RemoteAddr().String()] = conn
		if tcp, ok := conn.(*net.TCPConn); ok && c.small {
			_ = tcp.SetWriteBuffer(4 << 10)
		}
		c.mu.Unlock()
	}
	return conn, err
}

// cut resets the connection from a client's address: no close frame, no FIN.
func (c *cutter) cut(t testing.TB, client net.Addr) {
	t.Helper()
	c.mu.Lock()
	conn := c.conns[client.String()]
	c.mu.Unlock()
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		t.Fatalf("no connection from %s", client)
	}
	_ = tcp.SetLinger(0)
	_ = tcp.Close()
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// message is what a server sends, as a client sees it.
type message struct {
	Type         string            `json:"type"`
	Turn         string            `json:"turn"`
	Seq          int               `json:"seq"`
	ID           string            `json:"id"`
	Conversation string            `json:"conversation"`
	Question     string            `json:"question"`
	Stage        string            `json:"stage"`
	N            int               `json:"n"`
	Index        int               `json:"index"`
	Text         string            `json:"text"`
	Citations    any               `json:"citations"` // numbers in a sentence, citations in done
	Sentences    []corpus.Sentence `json:"sentences"`
	Status       string            `json:"status"`
	Completeness string            `json:"completeness"`
	Stopped      bool              `json:"stopped"`
	Code         string            `json:"code"`
	Message      string            `json:"message"`
	RetryAfter   *int              `json:"retry_after_s"`
}

func (m message) ends() bool { return m.Type == "done" || m.Type == "error" }

// conn is a websocket client.
type conn struct{ *websocket.Conn }

func dial(t testing.TB, in *instance) *conn {
	t.Helper()
	c, err := tryDial(in)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func tryDial(in *instance) (*conn, error) {
	return dialWith(in, websocket.Dialer{})
}

func dialWith(in *instance, d websocket.Dialer) (*conn, error) {
	d.Subprotocols, d.HandshakeTimeout = []string{"vraagbaak.v1"}, 20*time.Second
	c, resp, err := d.Dial("ws://"+in.addr+"/ws", nil)
	if err != nil {
		if resp != nil {
			return nil, fmt.Errorf("%w: %s", err, resp.Status)
		}
		return nil, err
	}
	if c.Subprotocol() != "vraagbaak.v1" {
		return nil, fmt.Errorf("subprotocol %q", c.Subprotocol())
	}
	return &conn{c}, nil
}

func (c *conn) send(t testing.TB, text string) {
	t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func (c *conn) ask(t testing.TB, question string) {
	t.Helper()
	b, err := json.Marshal(map[string]any{"type": "ask", "id": "q1", "question": question, "conversation": "", "lang": "nl", "filters": map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	c.send(t, string(b))
}

// read is the next message; deadlines are only there to end a test that hangs.
func (c *conn) read() (message, error) {
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	kind, b, err := c.ReadMessage()
	if err != nil {
		return message{}, err
	}
	var m message
	if kind != websocket.TextMessage {
		return m, fmt.Errorf("message of kind %d", kind)
	}
	return m, json.Unmarshal(b, &m)
}

func (c *conn) next(t testing.TB) message {
	t.Helper()
	m, err := c.read()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// turn reads one turn to its end and checks its numbering from after.
func (c *conn) turn(t testing.TB, after int) []message {
	t.Helper()
	var ms []message
	for {
		m := c.next(t)
		if m.Seq != after+len(ms)+1 || m.Turn == "" || (len(ms) > 0 && m.Turn != ms[0].Turn) {
			t.Fatalf("message %d: %+v", after+len(ms)+1, m)
		}
		ms = append(ms, m)
		if m.ends() {
			return ms
		}
	}
}

func types(ms []message) string {
	var names []string
	for _, m := range ms {
		names = append(names, m.Type)
	}
	return strings.Join(names, " ")
}

func closeCode(err error) int {
	var ce *websocket.CloseError
	if errors.As(err, &ce) {
		return ce.Code
	}
	return 0
}

// request does one HTTP request and returns status, header and body.
func request(t testing.TB, method, url string, header map[string]string, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}
