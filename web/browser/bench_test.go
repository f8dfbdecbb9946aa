package browser_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"

	sets "github.com/ser-nl/vraagbaak/internal/evaluate"
)

const (
	benchAsks          = 60              // questions measured, with and without the load
	benchConversations = 50              // others that go on meanwhile
	benchPause         = 5 * time.Second // of those, between an answer and the next question
)

// BenchmarkFirstSentence measures what a visitor waits for: from the stroke of Enter
// to the first sentence on the screen, in a real browser before a real server with the
// demo corpus, alone and with fifty other conversations going on. Each of those reads
// its answer for five seconds before it asks on.
//
//	go test -run '^$' -bench FirstSentence ./web/browser
func BenchmarkFirstSentence(b *testing.B) {
	if chromium.skip != "" {
		b.Skip(chromium.skip)
	}
	questions := answerable(b)
	url := serveAlone(b)
	ctx := tab(b, desktop)
	for b.Loop() {
		firstSentences(ctx, b, url, questions[:5]) // the browser and the server warm up
		alone := firstSentences(ctx, b, url, questions)
		stop := load(b, url, questions)
		with := firstSentences(ctx, b, url, questions)
		asked := stop()
		b.ReportMetric(percentile(alone, 50), "p50-alone-ms")
		b.ReportMetric(percentile(alone, 95), "p95-alone-ms")
		b.ReportMetric(percentile(with, 50), "p50-ms")
		b.ReportMetric(percentile(with, 95), "p95-ms")
		b.ReportMetric(percentile(with, 95)/percentile(alone, 95), "p95/alone")
		b.ReportMetric(asked, "others/s")
		b.ReportMetric(0, "ns/op")
	}
}

// answerable are questions that have an answer, so a first sentence.
func answerable(b *testing.B) []string {
	b.Helper()
	file, err := os.Open("../../ingest/demo/questions.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	set, err := sets.ReadQuestions(file)
	if err != nil {
		b.Fatal(err)
	}
	var questions []string
	for _, q := range set {
		if q.Answerable && q.Lang == "nl" {
			questions = append(questions, q.Question)
		}
	}
	return questions
}

// serveAlone serves with a database of its own.
func serveAlone(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp("", "vraagbaak-bench-") //nolint:usetesting // the database runs as another user, who must come in
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // #nosec G302 -- that user
		b.Fatal(err)
	}
	return serve(b, "--data-dir", filepath.Join(dir, "data"), "--log-level", "error", "--ask-rate", "1000")
}

// firstSentences asks questions one by one, each on a page that was just opened, and
// gives the milliseconds to the first sentence, sorted.
func firstSentences(ctx context.Context, b *testing.B, url string, questions []string) []float64 {
	b.Helper()
	var times []float64
	for i := range min(benchAsks, 12*len(questions)) {
		openLive(ctx, b, url+"/")
		evaluate[*string](ctx, b, fmt.Sprintf(`(() => {
			const field = document.querySelector("#question");
			field.focus();
			field.value = %q;
			let pressed = 0;
			field.addEventListener("keydown", e => { if (e.key === "Enter") pressed = e.timeStamp }, {capture: true});
			window.took = 0;
			new MutationObserver((_, o) => {
				if (!document.querySelector(".vb-sentence")) return;
				o.disconnect();
				requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => window.took = performance.now() - pressed; c.port2.postMessage(0) }); // after it was painted
			}).observe(document.querySelector("[data-log]"), {childList: true, subtree: true});
			return null;
		})()`, questions[i%len(questions)]))
		do(ctx, b, "a moment for the connection", chromedp.Sleep(300*time.Millisecond)) // typing takes longer
		do(ctx, b, "pressing Enter", press("Enter"))
		until(ctx, b, "the answer is there", answered)
		if took := evaluate[float64](ctx, b, `window.took`); took > 0 { // an answer without a sentence has no first one
			times = append(times, took)
		}
	}
	if len(times) == 0 {
		b.Fatal("no question had an answer")
	}
	slices.Sort(times)
	return times
}

// load keeps conversations going until stop, which gives the questions answered a second.
func load(b *testing.B, url string, questions []string) (stop func() float64) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var group sync.WaitGroup
	var mu sync.Mutex
	answers := 0
	var failed error
	started := time.Now()
	for n := range benchConversations {
		group.Go(func() {
			select { // they do not begin at once
			case <-time.After(benchPause * time.Duration(n) / benchConversations):
			case <-ctx.Done():
				return
			}
			err := converse(ctx, url, questions, n, func() { mu.Lock(); answers++; mu.Unlock() })
			if err != nil && ctx.Err() == nil {
				mu.Lock()
				failed = errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	time.Sleep(benchPause) // all of them have begun
	count := func() int { mu.Lock(); defer mu.Unlock(); return answers }
	return func() float64 {
		b.Helper()
		rate := float64(count()) / time.Since(started).Seconds()
		cancel()
		group.Wait()
		if failed != nil {
			b.Fatal("the other conversations: ", failed)
		}
		return rate
	}
}

// converse asks one question after another over a websocket.
func converse(ctx context.Context, url string, questions []string, n int, answered func()) error {
	dialer := websocket.Dialer{Subprotocols: []string{"vraagbaak.v1"}, HandshakeTimeout: 10 * time.Second}
	conn, response, err := dialer.DialContext(ctx, strings.Replace(url, "http", "ws", 1)+"/ws", nil)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	defer func() { _ = conn.Close() }()
	go func() {
		<-ctx.Done()
		_ = conn.Close()
	}()
	for i := n; ; i += 7 {
		if err := conn.WriteJSON(map[string]string{"type": "ask", "id": "q", "question": questions[i%len(questions)], "lang": "nl"}); err != nil {
			return err
		}
		for {
			var m struct{ Type, Code string }
			if err := conn.ReadJSON(&m); err != nil {
				return err
			}
			if m.Type == "error" {
				return fmt.Errorf("a question was refused: %s", m.Code)
			}
			if m.Type == "done" {
				break
			}
		}
		answered()
		select {
		case <-time.After(benchPause):
		case <-ctx.Done():
			return nil
		}
	}
}

// percentile by the nearest rank.
func percentile(sorted []float64, p int) float64 {
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}
