package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/ingest/demo"
)

// Whatever is killed while documents are read, after a restart every document is
// there once and whole.
func TestKillWhileIngesting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	documents := demoCopies(t, 50)
	s, err := serve(dir, "--no-demo")
	if err != nil {
		t.Fatal(err)
	}
	ingest := program(context.Background(), "ingest", "--data-dir", dir, documents)
	if err := ingest.Start(); err != nil {
		t.Fatal(err)
	}
	current := func() (n int) {
		for _, d := range result[documentsResult](t, "documents", "--data-dir", dir, "--json").Documents {
			if d.Status == "current" {
				n++
			}
		}
		return n
	}
	for current() < 5 {
		time.Sleep(100 * time.Millisecond)
	}
	// A reader first, then both processes that work on jobs, then the database.
	killChildren(t, s.cmd.Process.Pid, extractChild)
	_ = ingest.Process.Kill()
	_ = s.cmd.Process.Kill()
	_ = ingest.Wait() // they were killed
	_ = s.cmd.Wait()
	killPostgres(t, dir)
	if s, err = serve(dir, "--no-demo"); err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	before := current()
	if before >= 50 {
		t.Logf("all %d documents were read before the kill", before)
	}
	out, errs, code := vraagbaak(t, "ingest", "--data-dir", dir, documents)
	if code != exitOK {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	all := result[documentsResult](t, "documents", "--data-dir", dir, "--json").Documents
	sources := map[string]bool{}
	for _, d := range all {
		if d.Status != "current" || d.Version != 1 || d.Pages == 0 || d.Chunks == 0 || sources[d.Source] {
			t.Errorf("not there once and whole: %+v", d)
		}
		sources[d.Source] = true
	}
	if len(all) != 50 {
		t.Errorf("%d documents, want 50", len(all))
	}
}

// demoCopies is a folder of n different documents: the demo PDFs under a few
// names, each with bytes of its own after the end of the file, which readers
// pass over.
func demoCopies(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	files, err := fs.Glob(demo.FS(), "*.pdf")
	if err != nil || len(files) == 0 {
		t.Fatal("no demo documents", err)
	}
	for i := range n {
		content, err := fs.ReadFile(demo.FS(), files[i%len(files)])
		if err != nil {
			t.Fatal(err)
		}
		content = fmt.Appendf(content, "\n%% copy %d\n", i)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("copy-%02d.pdf", i)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// killChildren kills the children of a process that have this argument.
func killChildren(t *testing.T, parent int, argument string) {
	t.Helper()
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(parent), "-f", argument).Output()
	if err != nil {
		t.Logf("no child %s to kill: %v", argument, err)
		return
	}
	for _, field := range strings.Fields(string(out)) {
		if pid, err := strconv.Atoi(field); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone by now
		}
	}
}

// killPostgres kills the private server of a data directory, if it still runs.
func killPostgres(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "postgres", "*", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(dir, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, more...) {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // it has just stopped by itself
		}
		first, _, _ := strings.Cut(string(content), "\n")
		if pid, err := strconv.Atoi(first); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone by now
		}
	}
}
