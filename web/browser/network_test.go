package browser_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// bundle makes one file of a program of web/test and the client of the website.
func bundle(t *testing.T, program string) string {
	t.Helper()
	esbuild := "../node_modules/.bin/esbuild"
	if _, err := os.Stat(esbuild); err != nil {
		t.Skip("NO TEST OF THE CLIENT OVER A BROKEN NETWORK: esbuild is not installed (npm --prefix web ci)")
	}
	out := filepath.Join(t.TempDir(), strings.TrimSuffix(program, ".ts")+".mjs")
	ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
	defer cancel()
	build := exec.CommandContext(ctx, esbuild, "../test/"+program, "--bundle", "--format=esm", "--platform=node", "--target=node20", "--outfile="+out)
	if b, err := build.CombinedOutput(); err != nil {
		t.Fatalf("bundling %s: %v\n%s", program, err, b)
	}
	return out
}

// TestInterrupted: two hundred answers over connections that break anywhere, fall
// silent, and pass messages in pieces and late. The client of the website shows every
// sentence once and in order, and no question is asked twice.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	const runs, together = 200, 20
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("NO TEST OF THE CLIENT OVER A BROKEN NETWORK: Node is not installed")
	}
	program := bundle(t, "interrupted.ts")
	s := ownSite(t)
	s.network.harm(42, true)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "--experimental-websocket", program, strings.Replace(s.url, "http", "ws", 1)+"/ws", fmt.Sprint(runs), fmt.Sprint(together))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if strings.Contains(errs.String(), "WebSocket is not defined") || strings.Contains(errs.String(), "bad option") {
			t.Skip("NO TEST OF THE CLIENT OVER A BROKEN NETWORK: this Node is older than 20.10")
		}
		t.Fatalf("%v after %d questions\n%s", err, bytes.Count(out.Bytes(), []byte("\n")), errs.String())
	}
	var texts []any
	for i := range longAnswer {
		texts = append(texts, longSentence(i))
	}
	seen := map[int]bool{}
	connections := 0
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		var r struct {
			N, Connections int
			Heard          []any
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		seen[r.N] = true
		connections += r.Connections
		want := []any{[]any{"accepted", fmt.Sprintf("Lang: vraag %d", r.N)}}
		for i := range longAnswer {
			if i < 3 {
				want = append(want, []any{"citation", float64(i + 1)})
			}
			want = append(want, []any{"sentence", float64(i), longSentence(i), []any{float64(i%3 + 1)}})
		}
		want = append(want, []any{"done", texts})
		if diff := cmp.Diff(want, r.Heard); diff != "" {
			t.Errorf("question %d over %d connections:\n%s", r.N, r.Connections, diff)
		}
	}
	if len(seen) != runs {
		t.Errorf("%d of %d questions ended", len(seen), runs)
	}
	if connections < 2*runs {
		t.Errorf("%d connections for %d questions: the network hardly broke", connections, runs)
	}
	if n := s.rows(t, `SELECT count(*) FROM turns`); n != runs || len(s.scripted.questions()) != runs {
		t.Errorf("%d turns stored and %d answered for %d questions", n, len(s.scripted.questions()), runs)
	}
	t.Logf("%d questions over %d connections", len(seen), connections)
}

// TestInterruptedInTheBrowser is the same with the page around it, a few times.
func TestInterruptedInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	ctx := tab(t, desktop)
	openLive(ctx, t, s.url+"/")
	ask(ctx, t, askAnswered) // a page that never had a connection asks by form instead
	until(ctx, t, "the answer is there", answered+" && "+addressed)
	s.network.harm(7, false)
	for n := 2; n <= 5; n++ {
		s.network.cut() // the good connection, and every one after
		s.network.mend()
		ask(ctx, t, askLong)
		until(ctx, t, "the answer is whole", fmt.Sprintf(`document.querySelectorAll("[data-log] > [data-state=done]").length === %d`, n))
		var want []string
		for i := range longAnswer {
			want = append(want, longSentence(i))
		}
		if diff := cmp.Diff(want, sentences(ctx, t)); diff != "" {
			t.Errorf("answer %d:\n%s", n, diff)
		}
	}
	if n := s.rows(t, `SELECT count(*) FROM turns`); n != 5 {
		t.Errorf("%d turns", n)
	}
}
