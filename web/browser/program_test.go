package browser_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// demoTimeout bounds building the program and reading the demo corpus.
const demoTimeout = 8 * time.Minute

var readyAt = regexp.MustCompile(`is ready on (http://\S+)`)

// programDir is the folder of the program that the tests start; run makes and removes it.
var programDir string

// built builds the program, once for all tests.
var built = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), demoTimeout)
	defer cancel()
	program := filepath.Join(programDir, "vraagbaak")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "../../cmd/vraagbaak").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return program, nil
})

// serve has the program serve with these flags until the test ends, and gives its address
// once it is ready.
func serve(t testing.TB, flags ...string) string {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	inTime, late := context.WithTimeout(t.Context(), demoTimeout)
	defer late()
	ctx, cancel := context.WithCancel(context.Background()) // it goes on until it is told to end
	cmd := exec.CommandContext(ctx, program, append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	logs, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	address, done := make(chan string, 1), make(chan struct{})
	last := "" // line that it wrote; read once done
	go func() {
		defer close(done)
		lines := bufio.NewScanner(logs)
		for lines.Scan() {
			if m := readyAt.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
			last = lines.Text()
		}
		_, _ = io.Copy(io.Discard, logs)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = cmd.Wait() // it was told to end
	})
	select {
	case url := <-address:
		return url
	case <-done:
		t.Fatal("the program ended before it was ready: ", last)
	case <-inTime.Done():
		t.Fatal("the program was not ready in time")
	}
	return ""
}
