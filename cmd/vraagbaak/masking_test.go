package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/localpg"
)

// What identifies a person in a question is in no log line, no table and no request to
// a model: asked over HTTP of a server that logs everything it can, with a model, and
// in the terminal; looked for in what both said, in a dump of the whole database and
// in all that the model was sent.
func TestNothingPersonalIsKept(t *testing.T) {
	var (
		mu    sync.Mutex
		sent  bytes.Buffer
		asked int
	)
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked++
		_, _ = io.Copy(&sent, io.LimitReader(r.Body, 1<<20)) // what arrives is what is looked at
		mu.Unlock()
		http.Error(w, "no answer today", http.StatusBadRequest)
	}))
	defer model.Close()
	dir := filepath.Join(t.TempDir(), "data")
	flags := []string{"--log-level", "debug", "--model-url", model.URL + "/v1", "--model", "recorder"}
	s, err := serve(dir, append([]string{"--no-demo"}, flags...)...)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	text := filepath.Join(t.TempDir(), "platform.md")
	if err := os.WriteFile(text, []byte("# Het platform van de SER\n\nHet platform van de SER heeft elf leden. Het platform is opgericht in 2015.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, said, code := vraagbaak(t, "ingest", "--data-dir", dir, text); code != exitOK {
		t.Fatalf("exit %d: %s", code, said)
	}
	// Each in the form it is typed in, and bare.
	personal := []string{"123456782", "1234.56.782", "NL91ABNA0417164300", "NL91 ABNA 0417 1643 00", "jan.jansen@voorbeeld.nl", "06-12345678", "0612345678", "de89 3704 0044 0532 0130 00", "1 2 3 4 5 6 7 8 2", "+31 (0)6 1234"}
	question := "Hoeveel leden heeft het platform van de SER? Mijn bsn is 123456782, of 1234.56.782, mijn rekening NL91 ABNA 0417 1643 00 (NL91ABNA0417164300), " +
		"mail jan.jansen@voorbeeld.nl of bel 06-12345678 of 0612345678 of +31 (0)6 1234 5678, rekening de89 3704 0044 0532 0130 00, bsn 1 2 3 4 5 6 7 8 2"
	body, _ := json.Marshal(map[string]string{"question": question})
	askUntil(t, s, "Hoeveel leden heeft het platform van de SER?", func(a corpus.Answer) bool { return len(a.Sentences) > 0 })
	mu.Lock()
	before := asked
	mu.Unlock()
	response, err := http.Post(s.url+"/api/ask", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answered, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v: %s", response.StatusCode, err, answered)
	}
	stdout, stderr, code := vraagbaak(t, slices.Concat([]string{"ask", "--data-dir", dir, "--json"}, flags, []string{question})...)
	if code != exitOK {
		t.Fatalf("ask: exit %d: %s", code, stderr)
	}
	for place, said := range map[string]string{"the answer": string(answered), "the terminal's answer": stdout} {
		var a corpus.Answer
		if err := json.Unmarshal([]byte(said), &a); err != nil || !slices.Equal(a.Masked, []string{chat.MaskBSN, chat.MaskEmail, chat.MaskIBAN, chat.MaskPhone}) {
			t.Errorf("%s tells that %v were masked (%v)", place, a.Masked, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if asked == before {
		t.Fatalf("the model was not asked; the answer is %s", answered)
	}
	if !strings.Contains(s.said(), "level=DEBUG") {
		t.Fatal("the server did not log what it can")
	}
	dump := dumped(t, dir)
	if !strings.Contains(dump, "[bsn]") {
		t.Fatal("the dump lacks the question")
	}
	for place, said := range map[string]string{
		"the server's log": s.said(), "the terminal's log": stderr, "the terminal's answer": stdout, "the answer": string(answered),
		"the database": dump, "what the model was sent": sent.String(),
	} {
		for _, p := range personal {
			if at := strings.Index(said, p); at >= 0 {
				t.Errorf("%s has %q: …%s…", place, p, said[max(0, at-80):min(len(said), at+80)])
			}
		}
	}
}

// dumped is the whole database of a data directory as SQL.
func dumped(t *testing.T, dir string) string {
	t.Helper()
	db, err := localpg.Start(t.Context(), localpg.Options{DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // the server's goes on
	tool := "pg_dump"
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump"); len(found) > 0 {
		tool = found[len(found)-1]
	}
	out, err := exec.CommandContext(t.Context(), tool, "--inserts", db.URL()).Output() // #nosec G204 -- the tool of the installed PostgreSQL
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	return string(out)
}
