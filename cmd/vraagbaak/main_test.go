package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test binary the program itself, so that tests run the whole
// of it in processes of its own.
const asProgram = "VRAAGBAAK_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	// The child that reads documents is started without the environment.
	if os.Getenv(asProgram) != "" || len(os.Args) == 2 && os.Args[1] == extractChild {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
		stop()
		os.Exit(code)
	}
	code := m.Run()
	demoSite.stop()
	os.Exit(code)
}

// program is the program as a process that is not started yet.
func program(ctx context.Context, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err) // no test can run
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "DATABASE_URL=", "VRAAGBAAK_DATABASE_URL=")
	return cmd
}

// vraagbaak runs a command to its end.
func vraagbaak(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := program(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("vraagbaak %s: %v", strings.Join(args, " "), err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// result runs a command that must succeed and decodes the JSON it prints.
func result[T any](t testing.TB, args ...string) T {
	t.Helper()
	out, errs, code := vraagbaak(t, args...)
	if code != exitOK {
		t.Fatalf("vraagbaak %s: exit %d\n%s", strings.Join(args, " "), code, errs)
	}
	var v T
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("vraagbaak %s printed no JSON: %v\n%s", strings.Join(args, " "), err, out)
	}
	return v
}

// site is a running serve.
type site struct {
	dir string
	url string
	cmd *exec.Cmd
	log *bytes.Buffer
	mu  sync.Mutex
}

var readyLine = regexp.MustCompile(`Vraagbaak is ready on (http://\S+)`)

// Write takes what serve says on standard error.
func (s *site) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

func (s *site) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// serve starts a site on a data directory and waits until it is ready.
func serve(dir string, args ...string) (*site, error) {
	s := &site{dir: dir, log: &bytes.Buffer{}}
	s.cmd = program(context.Background(), append([]string{"serve", "--addr", "127.0.0.1:0", "--data-dir", dir}, args...)...)
	s.cmd.Stderr = s
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(5 * time.Minute)
	for time.Now().Before(deadline) {
		if found := readyLine.FindStringSubmatch(s.said()); found != nil {
			s.url = found[1]
			return s, nil
		}
		if s.cmd.Process.Signal(syscall.Signal(0)) != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("serve did not become ready:\n%s", s.said())
}

// stop ends the site as an operator would.
func (s *site) stop() {
	if s == nil || s.cmd == nil || s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may be gone already
	ended := make(chan struct{})
	go func() { _ = s.cmd.Wait(); close(ended) }() // killed or not, it is over
	select {
	case <-ended:
	case <-time.After(40 * time.Second):
		_ = s.cmd.Process.Kill()
		<-ended
	}
}

// sharedSite is one site with the demo corpus for all tests that only read.
type sharedSite struct {
	once sync.Once
	site *site
	err  error
	dir  string
}

var demoSite sharedSite

func (d *sharedSite) get(t testing.TB) *site {
	t.Helper()
	d.once.Do(func() {
		if d.dir, d.err = os.MkdirTemp("", "vraagbaak-test-"); d.err == nil { //nolint:usetesting // it outlives the test that asks first
			d.site, d.err = serve(filepath.Join(d.dir, "data"))
		}
	})
	if d.err != nil {
		t.Fatal(d.err)
	}
	return d.site
}

func (d *sharedSite) stop() {
	d.site.stop()
	if d.dir != "" {
		_ = os.RemoveAll(d.dir) // in the system's temporary directory
	}
}

func get(t testing.TB, url string) (int, string) {
	t.Helper()
	client := http.Client{Timeout: 2 * time.Minute}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// shared is a path in the folder of shared data beside the repository.
func shared(t testing.TB, path ...string) string {
	t.Helper()
	full, err := filepath.Abs(filepath.Join(append([]string{"..", "..", "..", "shared"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(full); err != nil {
		t.Skipf("SKIPPED: %s is not here", full)
	}
	return full
}
