package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
)

// unpacked is where llama-server lies for the tests of this process.
var unpacked string

func TestMain(m *testing.M) {
	var err error
	if unpacked, err = os.MkdirTemp("", "vraagbaak-llama-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := postgrestest.Main(m)
	for _, l := range running {
		l.kill()
	}
	_ = os.RemoveAll(unpacked)
	os.Exit(code)
}

// llama is a real llama-server that recites a script.
type llama struct {
	url string // of its API
	pid int
}

// running are the servers that tests share, by their arguments: starting one takes
// seconds.
var (
	running   = make(map[string]*started)
	runningMu sync.Mutex
	firstMu   sync.Mutex // held while the first server is unpacked and started
)

// started is a server that is launched once.
type started struct {
	once sync.Once
	llama
}

// startLlama gives a llama-server with these arguments, started where none runs yet,
// and skips the test where none is at hand. A test that kills it does so with gone.
func startLlama(t testing.TB, args ...string) llama {
	t.Helper()
	start, err := filepath.Abs("../../../shared/llama/start")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(start); err != nil {
		t.Skipf("SKIPPED: no llama-server at %s", start)
	}
	runningMu.Lock()
	s := running[fmt.Sprint(args)]
	if s == nil {
		s = &started{}
		running[fmt.Sprint(args)] = s
	}
	runningMu.Unlock()
	s.once.Do(func() { s.llama = launch(t, start, args...) })
	if s.pid == 0 {
		t.Fatal("another test could not start this server")
	}
	return s.llama
}

// gone kills a server and has the next test start another.
func (l llama) gone() {
	l.kill()
	runningMu.Lock()
	defer runningMu.Unlock()
	maps.DeleteFunc(running, func(_ string, o *started) bool { return o.pid == l.pid })
}

func launch(t testing.TB, start string, args ...string) llama {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	_ = listener.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp(unpacked, "server-") //nolint:usetesting // the server outlives the test
	if err != nil {
		t.Fatal(err)
	}
	// Unpacking, and linking the maker of models, take seconds: done once, and every
	// server has a model of its own.
	maker := filepath.Join(unpacked, "tinygguf")
	firstMu.Lock()
	_, err = os.Stat(maker)
	first := err != nil
	if first {
		defer firstMu.Unlock() // the others wait for what it makes
	} else {
		firstMu.Unlock()
		if err := os.Link(maker, filepath.Join(dir, "tinygguf")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(unpacked, "root"), filepath.Join(dir, "root")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(unpacked, "root"), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(ctx, start, append([]string{dir, fmt.Sprint(port)}, args...)...).Output()
	if err != nil {
		t.Fatalf("start llama-server: %v", err)
	}
	l := llama{url: fmt.Sprintf("http://127.0.0.1:%d/v1", port)}
	if _, err := fmt.Sscan(string(out), &l.pid); err != nil {
		t.Fatal(err)
	}
	if first {
		if err := os.Link(filepath.Join(dir, "tinygguf"), maker); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l llama) kill() { _ = syscall.Kill(l.pid, syscall.SIGKILL) }

// untilIdle waits until the server writes for nobody any more, and tells how long that took.
func (l llama) untilIdle(t testing.TB, after string) {
	t.Helper()
	since := time.Now()
	for l.busy(t) {
		// Left alone, the model would write to the end of its window, for far longer.
		if time.Since(since) > 10*time.Second {
			t.Fatal("the server writes on for nobody")
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Logf("the server was idle %s after %s", time.Since(since), after)
}

// busy reports whether the server is generating. It fails the test when the server
// cannot be asked.
func (l llama) busy(t testing.TB) bool {
	t.Helper()
	response, err := http.Get(strings.TrimSuffix(l.url, "/v1") + "/slots")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var slots []struct {
		Processing bool `json:"is_processing"`
	}
	if err := json.NewDecoder(response.Body).Decode(&slots); err != nil {
		t.Fatal(err)
	}
	for _, s := range slots {
		if s.Processing {
			return true
		}
	}
	return false
}

func (l llama) chat(t testing.TB) *Chat {
	t.Helper()
	// The tokens of this model are letters.
	c, err := NewChat(ChatConfig{BaseURL: l.url, Model: "tiny", Window: 4096, MaxTokens: 400})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLlamaSaysWhatIsTrue(t *testing.T) {
	for name, test := range map[string]struct {
		script, model, says string
	}{
		"true":                {"De SER heeft 33 leden [1].", "tiny", "De SER heeft 33 leden. [1]"},
		"true, wrong handle":  {"De SER heeft 33 leden [2].", "tiny", "De SER heeft 33 leden. [1]"},
		"false number":        {"De SER heeft 34 leden [1].", answer.ModelExtractive, "De SER telt 33 leden. [1]"},
		"false name":          {"De raad vergadert elke maand in Rotterdam [2].", answer.ModelExtractive, "De SER telt 33 leden. [1]"},
		"true and then false": {"De SER heeft 33 leden [1]. Elke maand vergadert raad in Rotterdam [2].", "tiny", "De SER heeft 33 leden. [1]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the servers start side by side
			a := ask(t, startLlama(t, "-script", test.script).chat(t))
			if a.Model != test.model || a.Text != test.says {
				t.Errorf("%s by %s: %s", a.Status, a.Model, a.Text)
			}
			if a.Usage == nil || a.Usage.PromptTokens == 0 || a.Usage.Estimated {
				t.Errorf("usage %+v", a.Usage)
			}
		})
	}
}

// A window that is set too large is found out and put right within the turn.
func TestLlamaWithTooLargeAWindow(t *testing.T) {
	l := startLlama(t, "-script", "De SER heeft 33 leden [1].")
	c, err := NewChat(ChatConfig{BaseURL: l.url, Model: "tiny", Window: 32768, MaxTokens: 400})
	if err != nil {
		t.Fatal(err)
	}
	before := c.Budget()
	_, err = c.Write(t.Context(), answer.Prompt{User: strings.Repeat("wat letters ", 4000)}, func(string) error { return nil })
	if !errors.Is(err, answer.ErrPromptTooLong) || c.Budget() >= before {
		t.Fatalf("budget %d, then %d: %v", before, c.Budget(), err)
	}
	if a := ask(t, c); a.Model != "tiny" {
		t.Errorf("%s by %s", a.Text, a.Model)
	}
}

func TestLlamaStopsWhenHungUp(t *testing.T) {
	l := startLlama(t, "-loop", "-script", "De SER praat door zonder einde")
	c := l.chat(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pieces := 0
	_, err := c.Write(ctx, answer.Prompt{System: "s", User: "u"}, func(string) error {
		if pieces++; pieces == 3 {
			if !l.busy(t) {
				t.Error("the server is not generating while it writes")
			}
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	l.untilIdle(t, "the call ended")
}

// A server that dies in the middle leaves an answer of the documents' own sentences,
// with one end.
func TestLlamaKilled(t *testing.T) {
	l := startLlama(t, "-loop", "-script", "De SER praat door zonder einde")
	c := l.chat(t)
	killer := killing{Chat: c, kill: l.gone}
	a, err := answer.New(answer.Config{Retriever: shelf{}, Writer: &killer}).Answer(t.Context(), answer.Request{Question: "Hoeveel leden telt de SER?"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.Model != answer.ModelExtractive || a.Status != corpus.Answered || a.Notice == "" || !strings.Contains(a.Text, "De SER telt 33 leden.") {
		t.Errorf("%s by %s, notice %q: %s", a.Status, a.Model, a.Notice, a.Text)
	}
	// And it is not there for the next visitor either.
	if a := ask(t, c); a.Model != answer.ModelExtractive || a.Notice == "" {
		t.Errorf("%s by %s", a.Status, a.Model)
	}
}

// A turn of the chat whose server dies in the middle, before its first sentence or after
// it, ends in one done: the documents' own sentences, or what was shown and the rest in
// those; and one that the visitor stops leaves the server idle and keeps what it took.
func TestLlamaInTheChat(t *testing.T) {
	const script = "De SER heeft 33 leden [1]. Verder praat iemand door zonder einde"
	for name, tt := range map[string]struct {
		pieces  int // of text until it happens
		kill    bool
		model   string
		stopped bool
	}{
		"killed at once":           {pieces: 3, kill: true, model: answer.ModelExtractive},
		"killed after a sentence":  {pieces: 60, kill: true, model: "tiny"},
		"stopped at once":          {pieces: 3, stopped: true},
		"stopped after a sentence": {pieces: 60, model: "tiny", stopped: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := startLlama(t, "-loop", "-script", script)
			var service *chat.Service
			turn := make(chan string, 1)
			interrupt := killing{Chat: l.chat(t), at: tt.pieces, kill: l.gone}
			if !tt.kill {
				interrupt.kill = func() {
					if !l.busy(t) {
						t.Error("the server is not generating while it writes")
					}
					if err := service.Stop(context.WithoutCancel(t.Context()), <-turn, "nl"); err != nil {
						t.Error(err)
					}
				}
			}
			service = chat.New(chat.Config{Store: postgrestest.New(t).Chat(), Answerer: answer.New(answer.Config{Retriever: shelf{}, Writer: &interrupt})})
			defer service.Close(t.Context())
			stream, err := service.Ask(t.Context(), chat.Ask{Question: "Hoeveel leden telt de SER?", Lang: "nl"})
			if err != nil {
				t.Fatal(err)
			}
			turn <- stream.Turn()
			var ends []chat.Event
			shown := 0
			for {
				e, err := stream.Next(t.Context())
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				switch e.Type {
				case chat.EventSentence:
					shown++
				case chat.EventDone, chat.EventError:
					ends = append(ends, e)
				}
			}
			if len(ends) != 1 || ends[0].Type != chat.EventDone {
				t.Fatalf("ends: %v", ends)
			}
			var a corpus.Answer
			if err := json.Unmarshal(ends[0].Payload, &a); err != nil {
				t.Fatal(err)
			}
			if a.Model != tt.model || a.Stopped != tt.stopped || shown != len(a.Sentences) {
				t.Errorf("by %q, stopped %t, %d shown: %s", a.Model, a.Stopped, shown, a.Text)
			}
			if a.Usage == nil || a.Usage.PromptTokens == 0 {
				t.Errorf("usage %v", a.Usage)
			}
			if tt.kill && (a.Status != corpus.Answered || a.Notice == "" || !strings.Contains(a.Text, "33 leden. [1]")) {
				t.Errorf("%s, notice %q: %s", a.Status, a.Notice, a.Text)
			}
			if !tt.kill {
				l.untilIdle(t, "the end of the turn")
			}
		})
	}
}

// killing kills the server, or does what else kill does, at the third piece of text, or
// the one that at names.
type killing struct {
	*Chat
	at   int
	kill func()
}

func (k *killing) Write(ctx context.Context, p answer.Prompt, text func(string) error) (answer.Written, error) {
	pieces := 0
	return k.Chat.Write(ctx, p, func(delta string) error {
		if pieces++; pieces == max(k.at, 3) {
			k.kill()
		}
		return text(delta)
	})
}

// BenchmarkFirstSentence measures a whole turn to its first verified sentence beside
// the bare stream to the end of that sentence, on the same server with the same
// prompt: overhead-ms is the difference;
// all are medians.
func BenchmarkFirstSentence(b *testing.B) {
	l := startLlama(b, "-script", "De SER heeft 33 leden [1]. Verder weet niemand iets.")
	c := l.chat(b)
	var prompt answer.Prompt
	keep := keeping{Chat: c, prompt: &prompt}
	service := answer.New(answer.Config{Retriever: shelf{}, Writer: &keep})
	request := answer.Request{Question: "Hoeveel leden telt de SER?"}
	shown := errors.New("shown")
	turn := func() time.Duration {
		start, asked := time.Now(), keep.asked
		_, err := service.Answer(b.Context(), request, func(e answer.Event) error {
			if _, ok := e.(answer.IndexedSentence); ok {
				return shown
			}
			return nil
		})
		if !errors.Is(err, shown) {
			b.Fatal(err)
		}
		if keep.asked == asked {
			b.Fatal("answered without the model")
		}
		return time.Since(start)
	}
	bare := func() time.Duration {
		start := time.Now()
		var text strings.Builder
		_, err := c.Write(b.Context(), prompt, func(delta string) error {
			text.WriteString(delta)
			if strings.HasSuffix(text.String(), "[1].") {
				return shown
			}
			return nil
		})
		if !errors.Is(err, shown) {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	turn() // warms the server's cache of the prompt
	bare()
	var whole, stream, over []time.Duration
	for b.Loop() {
		x, y := bare(), turn()
		stream, whole, over = append(stream, x), append(whole, y), append(over, y-x)
	}
	// Now and then the server makes the next caller wait for one that hung up: medians.
	for name, list := range map[string][]time.Duration{"turn-ms": whole, "stream-ms": stream, "overhead-ms": over} {
		slices.Sort(list)
		b.ReportMetric(list[len(list)/2].Seconds()*1000, name)
	}
}

// keeping keeps the last prompt, and counts.
type keeping struct {
	*Chat
	prompt *answer.Prompt
	asked  int
}

func (k *keeping) Write(ctx context.Context, p answer.Prompt, text func(string) error) (answer.Written, error) {
	*k.prompt = p
	k.asked++
	return k.Chat.Write(ctx, p, text)
}
