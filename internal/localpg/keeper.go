//go:build linux

package localpg

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// keeperName is the name under which the program starts itself as a keeper.
const keeperName = "vraagbaak-postgres-keeper"

const (
	// How long PostgreSQL gets to stop: first it ends its sessions and writes a
	// checkpoint, then it is told to drop everything, then it is killed.
	quitAfter = 20 * time.Second
	killAfter = 30 * time.Second

	// maxRestarts is how often in a row PostgreSQL is started again when it ends
	// within settleTime.
	maxRestarts = 5
	settleTime  = time.Minute

	maxLogBytes = 16 << 20
	// maxLogTail is how much of the log goes into an error message.
	maxLogTail = 2 << 10
)

// keeperSpec tells the keeper what to keep.
type keeperSpec struct {
	Dir       string
	BinDir    string
	Account   account
	SocketDir string // of the server before; empty: choose
	Throwaway bool
}

// report is what the keeper tells the one who started it, one JSON object a line.
type report struct {
	Info  string `json:",omitempty"`
	Ready bool   `json:",omitempty"`
	Error string `json:",omitempty"`
}

// init makes every program with this package able to be its own keeper: it takes
// no part in any other start of the program.
func init() {
	if len(os.Args) == 2 && os.Args[0] == keeperName {
		os.Exit(keeperMain(os.Args[1]))
	}
}

// The files a keeper inherits.
const (
	lockFD   = 3
	reportFD = 4
)

type keeper struct {
	place
	spec    keeperSpec
	logger  *slog.Logger
	logFile *os.File
	report  func(report)

	unused <-chan struct{} // closed when the last user is gone
}

func keeperMain(spec string) int {
	// The kernel sends the death signal when the thread that started PostgreSQL
	// ends, so that must be the thread that lives as long as the process.
	runtime.LockOSThread()
	// Children must not keep the lock or the pipe.
	syscall.CloseOnExec(lockFD)
	syscall.CloseOnExec(reportFD)
	// Only the users decide when the end has come. Catching, not ignoring, so
	// that PostgreSQL does not inherit it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)

	reporter := os.NewFile(reportFD, "report")
	k := &keeper{report: func(r report) {
		// The one who started us may be gone; others may still come.
		_ = json.NewEncoder(reporter).Encode(r) //nolint:errchkjson // the error is the pipe's
	}}
	if err := json.Unmarshal([]byte(spec), &k.spec); err != nil {
		k.report(report{Error: "reading what to keep: " + err.Error()})
		return 1
	}
	k.place = place{k.spec.Dir}
	if err := k.keep(); err != nil {
		k.report(report{Error: err.Error()})
		if k.logger != nil {
			k.logger.Error("keeping PostgreSQL", "error", err)
		}
		return 1
	}
	return 0
}

// keep serves until nobody uses the server any more.
func (k *keeper) keep() error {
	if err := k.openLog(); err != nil {
		return err
	}
	unused, err := k.awaitUnused()
	if err != nil {
		return err
	}
	k.unused = unused
	if err := k.initialise(); err != nil {
		return err
	}
	if k.spec.SocketDir == "" {
		k.spec.SocketDir = k.socketDir(k.enters(k.dir))
	}
	if err := makeSocketDir(k.spec.SocketDir, k.spec.Account); err != nil {
		return err
	}
	err = k.supervise()
	if k.spec.SocketDir != filepath.Join(k.dir, "run") {
		_ = os.RemoveAll(k.spec.SocketDir)
	}
	if k.spec.Throwaway {
		_ = os.RemoveAll(filepath.Dir(k.dir))
	}
	return err
}

func (k *keeper) openLog() error {
	if info, err := os.Stat(k.log()); err == nil && info.Size() > maxLogBytes {
		if err := os.Rename(k.log(), k.log()+".1"); err != nil {
			return fmt.Errorf("putting the old log aside: %w", err)
		}
	}
	if err := touch(k.log(), k.spec.Account); err != nil {
		return fmt.Errorf("opening the log: %w", err)
	}
	var err error
	if k.logFile, err = os.OpenFile(k.log(), os.O_RDWR|os.O_APPEND, 0); err != nil {
		return fmt.Errorf("opening the log: %w", err)
	}
	k.logger = slog.New(slog.NewTextHandler(k.logFile, nil)).With("keeper", os.Getpid())
	return nil
}

// awaitUnused waits, beside everything else, for the exclusive lock: it comes
// when the last user is gone, and keeps new ones waiting until we are.
func (k *keeper) awaitUnused() (<-chan struct{}, error) {
	lock, err := os.OpenFile(k.usersLock(), os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("opening the lock of the users: %w", err)
	}
	unused := make(chan struct{})
	go func() {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
		for errors.Is(err, syscall.EINTR) {
			err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
		}
		runtime.KeepAlive(lock)
		close(unused)
	}()
	return unused, nil
}

// command prepares a program of PostgreSQL to run as the account, ended when we
// end.
func (k *keeper) command(path string, args ...string) *exec.Cmd {
	return &exec.Cmd{
		Path: path,
		Args: append([]string{path}, args...),
		Dir:  "/",
		// None of the caller's PG… variables, and messages we can read.
		Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"},
		SysProcAttr: &syscall.SysProcAttr{
			Credential: k.spec.Account.credential(),
			Setpgid:    true,
			Pdeathsig:  syscall.SIGINT,
		},
	}
}

// initialise makes the cluster in a folder of its own and then renames it: half
// an initdb, whatever ended it, is never mistaken for a cluster.
func (k *keeper) initialise() error {
	halves, err := filepath.Glob(filepath.Join(escapeGlob(k.dir), "init-*"))
	if err != nil {
		return fmt.Errorf("looking for what an earlier start left: %w", err)
	}
	for _, half := range halves {
		if err := os.RemoveAll(half); err != nil {
			return fmt.Errorf("removing what an earlier start left: %w", err)
		}
	}
	version, err := k.clusterVersion()
	if err != nil || version != "" {
		return err
	}
	k.report(report{Info: "making a new private database"})
	temp, err := os.MkdirTemp(k.dir, "init-")
	if err != nil {
		return fmt.Errorf("making a folder for the new database: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // gone already when all went well
	if err := giveTo(temp, k.spec.Account); err != nil {
		return err
	}
	if err := k.makeCluster(temp); err != nil {
		return err
	}
	if err := os.Rename(temp, k.data()); err != nil {
		return fmt.Errorf("putting the new database in place: %w", err)
	}
	return syncDir(k.dir)
}

func (k *keeper) makeCluster(dir string) error {
	arg, files, err := k.pathFor(dir)
	if err != nil {
		return err
	}
	defer closeAll(files)
	bin := binaries{dir: k.spec.BinDir}
	args := []string{"--pgdata", arg, "--encoding", "UTF8", "--locale", "C.UTF-8", "--username", superuser, "--auth", "trust", "--data-checksums", "--no-instructions"}
	if k.spec.Throwaway {
		args = append(args, "--no-sync")
	}
	initdb := k.command(bin.initdb(), args...)
	// The database itself is made by PostgreSQL as a single process, before there
	// is a server anybody could meet without it.
	single := k.command(bin.postgres(), "--single", "-D", arg, "-c", "fsync="+onOff(!k.spec.Throwaway), "postgres")
	single.Stdin = strings.NewReader("CREATE DATABASE " + database + "\n")
	for _, cmd := range []*exec.Cmd{initdb, single} {
		cmd.ExtraFiles = files
		if out, err := k.runOrStop(cmd); err != nil {
			return fmt.Errorf("making a new database: %s: %w: %s", filepath.Base(cmd.Path), err, tail(out))
		}
	}
	return nil
}

// ending is how a process ended.
type ending struct{ err error }

// await gives the end of a started process.
func await(cmd *exec.Cmd) <-chan ending {
	ended := make(chan ending, 1)
	go func() { ended <- ending{cmd.Wait()} }()
	return ended
}

// runOrStop runs cmd to its end, or until nobody waits for it any more.
func (k *keeper) runOrStop(cmd *exec.Cmd) ([]byte, error) {
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done := await(cmd)
	select {
	case ended := <-done:
		return []byte(out.String()), ended.err
	case <-k.unused:
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-done
		return nil, errors.New("stopped because nobody waits for it")
	}
}

// pathFor gives the argument by which the account finds dir, with the files the
// command must inherit for it. Under a home that is closed to the account that is
// the open directory: only the rights on the directory itself count then.
func (k *keeper) pathFor(dir string) (string, []*os.File, error) {
	if k.enters(dir) {
		return dir, nil, nil
	}
	file, err := os.Open(dir)
	if err != nil {
		return "", nil, fmt.Errorf("opening the database directory: %w", err)
	}
	return "/proc/self/fd/3", []*os.File{file}, nil
}

// enters tells whether the account can reach dir by its path.
func (k *keeper) enters(dir string) bool {
	if !k.spec.Account.Drop {
		return true
	}
	probe := k.command(binaries{dir: k.spec.BinDir}.postgres(), "--version")
	probe.Dir = dir
	return probe.Run() == nil
}

// supervise runs PostgreSQL until nobody uses it, starting it again when it dies.
func (k *keeper) supervise() error {
	failures := 0
	for {
		if err := k.clearWay(); err != nil {
			return err
		}
		started := time.Now()
		wasReady, err := k.serve()
		if err == nil {
			return nil
		}
		if time.Since(started) > settleTime {
			failures = 0
		}
		failures++
		// A server that never came up is given another chance only when it met
		// what its killed predecessor left.
		if failures > maxRestarts || !wasReady && !errors.Is(err, errLeftovers) && failures == 1 {
			return err
		}
		k.logger.Warn("PostgreSQL ended, starting it again", "error", err, "failures", failures)
		select {
		case <-k.unused:
			return nil
		case <-time.After(100 * time.Millisecond << failures):
		}
	}
}

// errLeftovers says that PostgreSQL met a lock file or shared memory of a
// predecessor that was killed and whose last processes are still ending.
var errLeftovers = errors.New("a predecessor is still ending")

// serve runs PostgreSQL once. It returns nil after it was stopped because nobody
// uses it, and otherwise why it ended and whether it had been ready.
func (k *keeper) serve() (wasReady bool, err error) {
	arg, files, err := k.pathFor(k.data())
	if err != nil {
		return false, err
	}
	defer closeAll(files)
	logStart, err := k.logFile.Seek(0, io.SeekEnd)
	if err != nil {
		return false, fmt.Errorf("reading the log: %w", err)
	}
	postgres := k.command(binaries{dir: k.spec.BinDir}.postgres(), append([]string{"-D", arg}, k.settings()...)...)
	postgres.Stdout, postgres.Stderr = k.logFile, k.logFile
	postgres.ExtraFiles = files
	if err := postgres.Start(); err != nil {
		return false, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	ended := await(postgres)

	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case <-k.unused:
			return wasReady, k.stop(postgres.Process, ended)
		case how := <-ended:
			said := k.logSince(logStart)
			if strings.Contains(said, `lock file "`) || strings.Contains(said, "pre-existing shared memory") {
				return wasReady, fmt.Errorf("%w: %s", errLeftovers, said)
			}
			return wasReady, fmt.Errorf("PostgreSQL ended: %w: %s", cmpErr(how.err, errors.New("without an error")), said)
		case <-tick.C:
			if _, ready := k.readySocket(postgres.Process.Pid); ready {
				wasReady = true
				tick.Stop()
				k.report(report{Ready: true})
			}
		}
	}
}

// settings are given on the command line, so that they hold for clusters made by
// an earlier version of the program as well.
func (k *keeper) settings() []string {
	settings := []string{
		"listen_addresses=",
		"port=" + socketPort,
		`unix_socket_directories="` + strings.ReplaceAll(k.spec.SocketDir, `"`, `""`) + `"`,
		"unix_socket_permissions=0700",
		// Containers give 64 MB of /dev/shm: too little for building an index in
		// parallel.
		"dynamic_shared_memory_type=mmap",
		// Compiling a query costs more than our short queries take.
		"jit=off",
		"timezone=UTC",
		"log_timezone=UTC",
		"fsync=on",
	}
	if k.spec.Throwaway {
		settings = append(settings, "fsync=off", "full_page_writes=off", "synchronous_commit=off")
	} else {
		settings = append(settings, fmt.Sprintf("shared_buffers=%dMB", sharedBuffers(memory())>>20))
	}
	args := make([]string, 0, 2*len(settings))
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

const (
	leastBuffers = 128 << 20 // PostgreSQL's own default
	mostBuffers  = 2 << 30   // holds the vectors of half a million chunks with their graph
)

// sharedBuffers is what PostgreSQL may cache of its own, given the memory there is: an
// eighth, because the same machine runs the program and caches files. A search of the
// graph of vectors reads thousands of pages all over it, and fetching each from the
// system's cache takes several times as long as finding it at hand.
func sharedBuffers(memory int64) int64 { return min(max(memory/8, leastBuffers), mostBuffers) }

// memory is what this machine, or the container we are in, has in bytes; 0 when that
// cannot be known.
func memory() int64 {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return 0
	}
	total := int64(info.Totalram) * int64(info.Unit) // #nosec G115 -- no machine has 2^63 bytes
	limit, err := os.ReadFile("/sys/fs/cgroup/memory.max")
	if err != nil {
		return total
	}
	if n, err := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64); err == nil {
		total = min(total, n)
	}
	return total
}

// stop asks ever more firmly.
func (k *keeper) stop(postgres *os.Process, ended <-chan ending) error {
	for _, step := range []struct {
		signal os.Signal
		wait   time.Duration
	}{
		{syscall.SIGINT, quitAfter},
		{syscall.SIGQUIT, killAfter - quitAfter},
		{syscall.SIGKILL, time.Minute},
	} {
		_ = postgres.Signal(step.signal) // it may have ended by itself
		select {
		case <-ended:
			return nil
		case <-time.After(step.wait):
		}
	}
	return errors.New("PostgreSQL cannot be stopped")
}

// clearWay waits until nothing of a former server works on the data any more and
// removes what would wrongly keep a new one from starting.
func (k *keeper) clearWay() error {
	start := time.Now()
	for {
		pids := k.servers()
		if len(pids) == 0 {
			break
		}
		c, err := k.readPidFile()
		switch postmaster := err == nil && slices.Contains(pids, c.pid); {
		// A postmaster that lost its keeper is shutting down by itself. One that is
		// not was started by somebody else, who must stop it.
		case postmaster && time.Since(start) > quitAfter && c.ready:
			return fmt.Errorf("another PostgreSQL (process %d) works on %s: stop it first", c.pid, k.data())
		case postmaster && time.Since(start) > startTimeout:
			return fmt.Errorf("the previous PostgreSQL (process %d) does not stop", c.pid)
		case postmaster:
		// Sessions of a killed postmaster end as soon as they notice.
		case time.Since(start) > killAfter:
			return fmt.Errorf("processes %v of the previous PostgreSQL do not stop", pids)
		case time.Since(start) > quitAfter:
			signalAll(pids, syscall.SIGKILL)
		case time.Since(start) > quitAfter/4:
			signalAll(pids, syscall.SIGQUIT)
		}
		time.Sleep(50 * time.Millisecond)
	}
	// The number in a lock file of a killed server may by now belong to another
	// process of the same user, which PostgreSQL takes for a running server. If
	// no such process lives, PostgreSQL itself decides what the file means.
	if c, err := k.readPidFile(); err == nil && syscall.Kill(c.pid, 0) == nil {
		k.logger.Warn("removing the lock file of a killed server whose process number is in use by another program", "pid", c.pid)
		if err := os.Remove(k.pidFile()); err != nil {
			return fmt.Errorf("removing a stale lock file: %w", err)
		}
	}
	for _, name := range []string{socketName, socketName + ".lock"} {
		if err := os.Remove(filepath.Join(k.spec.SocketDir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing a stale socket: %w", err)
		}
	}
	return nil
}

func signalAll(pids []int, signal syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, signal) // it may have ended by itself
	}
}

// logSince gives what was logged from offset on, shortened.
func (k *keeper) logSince(offset int64) string {
	raw, err := io.ReadAll(io.NewSectionReader(k.logFile, offset, 1<<20))
	if err != nil {
		return "see " + k.log()
	}
	return tail(raw)
}

// tail gives the last lines as one.
func tail(raw []byte) string {
	text := string(raw[max(0, len(raw)-maxLogTail):])
	return strings.Join(strings.Fields(text), " ")
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func giveTo(path string, acc account) error {
	if !acc.Drop {
		return nil
	}
	if err := os.Chown(path, int(acc.UID), int(acc.GID)); err != nil {
		return fmt.Errorf("giving %s to %s: %w", path, userName(acc.UID), err)
	}
	return nil
}

func syncDir(path string) error {
	dir, err := os.Open(path) // #nosec G304 -- in the data directory
	if err != nil {
		return fmt.Errorf("flushing the data directory: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func closeAll(files []*os.File) {
	for _, file := range files {
		_ = file.Close()
	}
}

// escapeGlob keeps the characters of a path from being read as a pattern.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
