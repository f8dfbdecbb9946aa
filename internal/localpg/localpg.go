//go:build linux

package localpg

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options say which server to start or join.
type Options struct {
	// DataDir is the data directory of the program; the server keeps to its
	// subdirectory "postgres". It is made when it does not exist.
	DataDir string
	// BinDir is the directory with postgres and initdb. Empty means: find the
	// installed version that fits the data, or the newest one with pgvector.
	BinDir string
	// Throwaway is for tests: nothing is flushed to disk, and the keeper removes
	// DataDir when it stops.
	Throwaway bool
	// Logger receives what happens to the server. nil means nothing is logged.
	Logger *slog.Logger
}

const (
	// The database of every private server and its superuser. The permissions of
	// the directories decide who may connect.
	database  = "vraagbaak"
	superuser = "vraagbaak"

	// startTimeout bounds Start when its context has no deadline. Recovery after
	// a crash in the middle of heavy writing takes its time.
	startTimeout = 5 * time.Minute
	pollInterval = 10 * time.Millisecond
	// watchInterval is how soon a command notices that the keeper is gone.
	watchInterval = 250 * time.Millisecond
)

// Instance is the use of a private server by this process.
type Instance struct {
	place  place
	spec   keeperSpec
	logger *slog.Logger
	url    string
	joined bool

	users     *os.File // shared lock: the server stays as long as we hold it
	stopWatch func()
	watching  sync.WaitGroup
	closing   sync.Once
	closeErr  error
}

// Start joins the server that runs on the data directory, or starts one, and
// returns when it accepts connections. Every Instance must be closed.
func Start(ctx context.Context, opts Options) (*Instance, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, startTimeout)
		defer cancel()
	}
	logger := opts.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	place, err := newPlace(opts.DataDir)
	if err != nil {
		return nil, err
	}
	// Before anything is made: a directory that we cannot serve stays untouched.
	bin, err := place.binaries(ctx, opts.BinDir)
	if err != nil {
		return nil, err
	}
	account, err := place.prepare()
	if err != nil {
		return nil, err
	}
	in := &Instance{
		place:  place,
		spec:   keeperSpec{Dir: place.dir, BinDir: bin.dir, Account: account, Throwaway: opts.Throwaway},
		logger: logger,
		joined: true,
	}
	if in.users, err = lockShared(ctx, place.usersLock()); err != nil {
		return nil, fmt.Errorf("joining the private database in %s: %w", place.dir, err)
	}
	if err := in.ensure(ctx); err != nil {
		_ = in.users.Close()
		return nil, fmt.Errorf("starting the private database in %s: %w", place.dir, err)
	}
	in.watch()
	return in, nil
}

// URL is the address of the database.
func (in *Instance) URL() string { return in.url }

// Joined tells whether the server was already running.
func (in *Instance) Joined() bool { return in.joined }

// Close ends the use of the server. If this was the last use, it waits until
// the server has stopped.
func (in *Instance) Close() error {
	in.closing.Do(func() {
		in.stopWatch()
		in.watching.Wait()
		in.closeErr = in.leave()
	})
	return in.closeErr
}

// leave gives up the shared lock and, if nobody else has it, waits for the
// keeper to end.
func (in *Instance) leave() error {
	last := tryFlock(in.users, syscall.LOCK_EX) == nil
	if err := in.users.Close(); err != nil {
		return fmt.Errorf("leaving the private database: %w", err)
	}
	deadline := time.Now().Add(killAfter + 5*time.Second)
	for time.Now().Before(deadline) {
		lock, err := tryLock(in.place.keeperLock(), syscall.LOCK_EX)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			if lock != nil {
				_ = lock.Close()
			}
			return nil
		}
		if !last {
			// The keeper may have taken the exclusive lock while ours was being
			// turned into one; then it is stopping all the same.
			time.Sleep(pollInterval)
			shared, err := tryLock(in.place.usersLock(), syscall.LOCK_SH)
			if err == nil {
				_ = shared.Close()
				return nil // others go on using it
			}
			last = true
		}
		time.Sleep(pollInterval)
	}
	return fmt.Errorf("the private database in %s does not stop; see %s", in.place.dir, in.place.log())
}

// ensure returns when a keeper runs and its server accepts connections.
func (in *Instance) ensure(ctx context.Context) error {
	for {
		lock, err := tryLock(in.place.keeperLock(), syscall.LOCK_EX)
		switch {
		case err == nil:
			err := in.spawn(ctx, lock)
			_ = lock.Close() // the keeper has its own
			if err != nil {
				return err
			}
			in.joined = false
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return err
		}
		if dir, ok := in.place.readySocket(0); ok && answers(ctx, dir) {
			in.spec.SocketDir = dir
			in.url = address(dir)
			return nil
		}
		if err := sleep(ctx, pollInterval); err != nil {
			return fmt.Errorf("it does not become ready: %w; see %s", err, in.place.log())
		}
	}
}

// spawn starts a keeper that inherits the exclusive lock and waits for its
// report.
func (in *Instance) spawn(ctx context.Context, lock *os.File) error {
	spec, err := json.Marshal(in.spec)
	if err != nil {
		return fmt.Errorf("describing the server: %w", err)
	}
	reports, reporter, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	defer func() { _ = reports.Close() }()
	keeper := exec.Cmd{
		// The running program itself, also when its file was replaced meanwhile.
		Path:        "/proc/self/exe",
		Args:        []string{keeperName, string(spec)},
		Dir:         "/",
		ExtraFiles:  []*os.File{lock, reporter},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true}, // Ctrl-C is for us, not for the database
	}
	err = keeper.Start()
	_ = reporter.Close()
	if err != nil {
		return fmt.Errorf("starting its keeper: %w", err)
	}
	go func() { _ = keeper.Wait() }() // leaves no zombie; the lock tells us all we need

	stop := context.AfterFunc(ctx, func() { _ = reports.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	lines := bufio.NewScanner(reports)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return fmt.Errorf("reading the report of its keeper: %w", err)
		}
		switch {
		case r.Error != "":
			return errors.New(r.Error)
		case r.Ready:
			return nil
		default:
			in.logger.InfoContext(ctx, r.Info, "dir", in.place.dir)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("its keeper ended without a word (%w); see %s", cmpErr(lines.Err(), io.ErrUnexpectedEOF), in.place.log())
}

// watch starts a new keeper when the present one was killed.
func (in *Instance) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	in.stopWatch = cancel
	in.watching.Go(func() {
		for sleep(ctx, watchInterval) == nil {
			lock, err := tryLock(in.place.keeperLock(), syscall.LOCK_EX)
			if err != nil {
				continue
			}
			in.logger.WarnContext(ctx, "the keeper of the private database is gone, starting another", "dir", in.place.dir)
			if err := in.spawn(ctx, lock); err != nil && ctx.Err() == nil {
				in.logger.ErrorContext(ctx, "starting the private database again", "error", err)
				_ = sleep(ctx, time.Second)
			}
			_ = lock.Close()
		}
	})
}

// answers tells whether something accepts connections on the socket.
func answers(ctx context.Context, socketDir string) bool {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "unix", filepath.Join(socketDir, socketName))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func address(socketDir string) string {
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Host: "", Path: "/" + database}
	u.RawQuery = url.Values{"host": {socketDir}, "port": {socketPort}}.Encode()
	// A space as + is not understood by every reader of such addresses.
	u.RawQuery = strings.ReplaceAll(u.RawQuery, "+", "%20")
	return u.String()
}

// lockShared takes a shared lock, waiting while a keeper that is stopping has it.
func lockShared(ctx context.Context, path string) (*os.File, error) {
	for {
		lock, err := tryLock(path, syscall.LOCK_SH)
		if err == nil || !errors.Is(err, syscall.EWOULDBLOCK) {
			return lock, err
		}
		if err := sleep(ctx, pollInterval); err != nil {
			return nil, fmt.Errorf("waiting until the previous server has stopped: %w", err)
		}
	}
}

// tryLock opens the lock file and locks it without waiting. The lock lasts until
// every copy of the file is closed.
func tryLock(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0) // #nosec G304 -- in the data directory
	if err != nil {
		return nil, err
	}
	if err := tryFlock(file, how); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

func tryFlock(file *os.File, how int) error {
	for {
		err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
