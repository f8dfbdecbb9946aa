package extract

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrClosed is returned by an Extractor that was closed.
var ErrClosed = errors.New("the extractor is closed")

// errChildDied is the end of a child's output before its answer was done.
var errChildDied = errors.New("the reading process ended")

// children keeps up to a fixed number of child processes, started when needed
// and reused, and lends them out one request at a time.
type children struct {
	opts  Options
	slots chan *child // nil entries are children not started

	start   chan func() // run on the thread that children live and die with
	stopped chan struct{}
	once    sync.Once
}

func newChildren(opts Options) *children {
	c := &children{opts: opts, slots: make(chan *child, opts.Workers), start: make(chan func()), stopped: make(chan struct{})}
	for range opts.Workers {
		c.slots <- nil
	}
	return c
}

// run calls f on the one thread that starts children. The system kills a child
// when the thread that started it ends (Pdeathsig), so that thread is kept.
func (c *children) run(ctx context.Context, f func()) error {
	c.once.Do(func() {
		go func() {
			runtime.LockOSThread()
			for {
				select {
				case f := <-c.start:
					f()
				case <-c.stopped:
					return
				}
			}
		}()
	})
	done := make(chan struct{})
	select {
	case c.start <- func() { f(); close(done) }:
		<-done
		return nil
	case <-c.stopped:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close ends all children that are not lent out; those are ended when they
// come back.
func (c *children) close() {
	select {
	case <-c.stopped:
		return
	default:
	}
	for range c.opts.Workers {
		if ch := <-c.slots; ch != nil {
			ch.kill("")
		}
	}
	close(c.stopped)
}

// acquire lends a child, starting one if need be.
func (c *children) acquire(ctx context.Context) (*child, error) {
	select {
	case ch := <-c.slots:
		if ch != nil && ch.alive() {
			return ch, nil
		}
		if ch != nil {
			ch.kill("")
		}
		ch, err := c.spawn(ctx)
		if err != nil {
			c.slots <- nil
			return nil, err
		}
		return ch, nil
	case <-c.stopped:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// release takes a child back. One in an unknown state is ended.
func (c *children) release(ch *child, healthy bool) {
	if !healthy {
		ch.kill("")
		ch = nil
	}
	c.slots <- ch
}

// child is one child process.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	out    *frameWriter
	in     *frameReader
	stderr *tail
	gone   chan struct{} // closed when the process has ended
	allow  atomic.Int64  // bytes of memory it may hold
	reason atomic.Value  // string: why it was killed
}

// memoryBase is what a child may hold beyond PDFium's own memory: the compiled
// module, Go's heap and the document's bytes in passing.
const memoryBase = 512 << 20

func (c *children) spawn(ctx context.Context) (*child, error) {
	command := c.opts.Command
	if len(command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
		command = []string{self, "extract-child"}
	}
	cmd := exec.Command(command[0], command[1:]...) //nolint:noctx // outlives the request; ended by kill
	// Nothing of our environment: a child needs none, and must not see secrets.
	cmd.Env = []string{childEnv + "=1", "GOMEMLIMIT=" + strconv.Itoa(memoryBase/2), "GOGC=400", "GOMAXPROCS=2", "HOME=/", "LANG=C.UTF-8"}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	ch := &child{cmd: cmd, stderr: &tail{}, gone: make(chan struct{})}
	cmd.Stderr = ch.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the reading process: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the reading process: %w", err)
	}
	var startErr error
	if err := c.run(ctx, func() { startErr = cmd.Start() }); err != nil {
		startErr = err
	}
	if startErr != nil {
		return nil, fmt.Errorf("start the reading process %s: %w", command[0], startErr)
	}
	ch.stdin = stdin
	ch.out = newFrameWriter(stdin)
	ch.in = newFrameReader(bufio.NewReaderSize(stdout, 1<<18), maxAnswerFrame)
	ch.allow.Store(int64(c.opts.MemoryPages)<<16 + memoryBase)
	go ch.watch()
	if err := ch.out.write(setup{CacheDir: c.cacheDir(), MemoryPages: c.opts.MemoryPages, MaxBytes: c.opts.MaxBytes}); err != nil {
		ch.kill("")
		return nil, fmt.Errorf("start the reading process %s: %w (%s)", command[0], err, ch.stderr)
	}
	return ch, nil
}

// cacheDir is where compiled WebAssembly is kept. It holds code that will be
// run, so a folder that others may write to will not do.
func (c *children) cacheDir() string {
	dir := c.opts.CacheDir
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(base, "vraagbaak", "wasm")
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		c.opts.Logger.Warn("no cache for compiled WebAssembly: every start takes seconds", "dir", dir, "error", err)
		return ""
	}
	return dir
}

// watch ends the child when it holds more memory than allowed, and reaps it.
func (ch *child) watch() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = ch.cmd.Process.Wait() // its end shows in its output
	}()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			close(ch.gone)
			return
		case <-tick.C:
			if rss := residentBytes(ch.cmd.Process.Pid); rss > ch.allow.Load() {
				ch.reason.CompareAndSwap(nil, CodeMemory)
				_ = unix.Kill(-ch.cmd.Process.Pid, unix.SIGKILL)
			}
		}
	}
}

// residentBytes reads a process's memory from /proc; 0 when it cannot.
func residentBytes(pid int) int64 {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0
	}
	n, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return n * int64(os.Getpagesize())
}

func (ch *child) alive() bool {
	select {
	case <-ch.gone:
		return false
	default:
		return true
	}
}

// kill ends the child and waits until it is gone.
func (ch *child) kill(reason string) {
	if reason != "" {
		ch.reason.CompareAndSwap(nil, reason)
	}
	if ch.alive() {
		_ = unix.Kill(-ch.cmd.Process.Pid, unix.SIGKILL)
	}
	_ = ch.stdin.Close()
	<-ch.gone
}

// why is the reason the child was killed for, "" when it died by itself.
func (ch *child) why() string {
	s, _ := ch.reason.Load().(string)
	return s
}

// call sends a request and hands every answer to take, until the last. It
// returns errChildDied when the child ends before that, and ctx's error when
// ctx ends; the child is then dead.
func (ch *child) call(ctx context.Context, r request, take func(answer) error) error {
	stop := context.AfterFunc(ctx, func() { ch.kill(CodeTimeout) })
	defer stop()
	base := ch.allow.Load()
	ch.allow.Add(3 * int64(len(r.content)))
	defer ch.allow.Store(base)
	r.Size = len(r.content)
	err := ch.out.write(r)
	if err == nil {
		err = ch.out.bytes(r.content)
	}
	for err == nil {
		var a answer
		if err = ch.in.read(&a); err != nil {
			break
		}
		if a.Image != nil {
			if a.Image.pix, err = ch.in.bytes(a.Image.size(), maxAnswerFrame); err != nil {
				break
			}
		}
		if a.Code != "" {
			f := fail(a.Code, nil)
			if a.Text != "" {
				f.Message = a.Text
			}
			if a.Detail != "" {
				f.Err = errors.New(a.Detail)
			}
			return f
		}
		if err := take(a); err != nil {
			ch.kill("")
			return err
		}
		if a.Done {
			return nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// Let the reason of its end come in before it is asked for.
	ch.kill("")
	return fmt.Errorf("%w: %w (%s)", errChildDied, err, ch.stderr)
}

// tail keeps the end of what a child wrote to its standard error.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	const keep = 2048
	t.buf = append(t.buf, p...)
	if len(t.buf) > keep {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-keep:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.buf))
}
