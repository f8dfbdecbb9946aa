//go:build linux

package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The test binary is its own second command: with this variable it uses the
// server of that directory until its input ends.
const envHold = "LOCALPG_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(envHold); dir != "" {
		os.Exit(hold(dir))
	}
	os.Exit(m.Run())
}

func hold(dir string) int {
	in, err := Start(context.Background(), Options{DataDir: dir})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("ready", in.Joined(), in.URL())
	_, _ = os.Stdin.Read(make([]byte, 1))
	if err := in.Close(); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

// command is another process that uses the server.
type command struct {
	cmd    *exec.Cmd
	joined bool
	url    string
	end    func() // lets it close the server in good order
}

// run starts another process on dir; what it says first is either its address or
// an error.
func run(t *testing.T, dir string, credential *syscall.Credential) (*command, error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if credential != nil {
		exe = publicCopy(t, exe)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), envHold+"="+dir)
	cmd.Dir = "/"
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &command{cmd: cmd, end: func() { _ = in.Close(); _ = cmd.Wait() }}
	t.Cleanup(c.end)
	buf := make([]byte, 16<<10)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatalf("reading what the command says: %v", err)
	}
	said := strings.TrimSpace(string(buf[:n]))
	if said, ok := strings.CutPrefix(said, "error "); ok {
		return nil, errors.New(said)
	}
	var ready string
	if _, err := fmt.Sscan(said, &ready, &c.joined, &c.url); err != nil {
		t.Fatalf("the command said %q", said)
	}
	return c, nil
}

func mustRun(t *testing.T, dir string) *command {
	t.Helper()
	c, err := run(t, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *command) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait()
}

// publicCopy makes the test binary one that every user may run.
func publicCopy(t *testing.T, exe string) string {
	t.Helper()
	dir := tempDir(t)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "command")
	if err := os.WriteFile(path, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// tempDir is a directory with a short path that every user can reach.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "localpg") //nolint:usetesting // its parents are closed to other users
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func start(t *testing.T, dir string) *Instance {
	t.Helper()
	in, err := Start(t.Context(), Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return in
}

// query runs one statement on a fresh connection, trying again for a while when
// the server is on its way back.
func query(t *testing.T, url, sql string) (result string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := func() error {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			conn, err := pgx.Connect(ctx, url)
			if err != nil {
				return err
			}
			defer func() { _ = conn.Close(ctx) }()
			err = conn.QueryRow(ctx, sql).Scan(&result)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			return err
		}()
		if err == nil {
			return result
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", sql, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func write(t *testing.T, url, text string) {
	t.Helper()
	query(t, url, `CREATE TABLE IF NOT EXISTS notes (note text UNIQUE)`)
	query(t, url, `INSERT INTO notes VALUES ('`+text+`') ON CONFLICT DO NOTHING`)
}

func notes(t *testing.T, url string) string {
	t.Helper()
	return query(t, url, `SELECT string_agg(note, ',' ORDER BY note) FROM notes`)
}

// pids gives the postmaster of dir and its keeper.
func pids(t *testing.T, dir string) (postmaster, keeper int) {
	t.Helper()
	p, err := newPlace(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.readPidFile()
	if err != nil {
		t.Fatal(err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.pid))
	if err != nil {
		t.Fatal(err)
	}
	// pid (comm) state ppid …
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')'):]))
	if keeper, err = strconv.Atoi(fields[2]); err != nil {
		t.Fatal(err)
	}
	return c.pid, keeper
}

func kill(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatalf("killing %d: %v", pid, err)
		}
	}
}

// stopped fails the test unless nothing of the server is left within a while.
func stopped(t *testing.T, dir string) {
	t.Helper()
	p, err := newPlace(dir)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for len(p.servers()) > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("processes %v still work on %s", p.servers(), dir)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Whatever is killed, everything that was committed is there after a new start.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	want := ""
	for i, test := range []struct {
		name string
		kill func(t *testing.T, c *command, postmaster, keeper int)
	}{
		{"the command", func(t *testing.T, c *command, _, _ int) { c.kill(t) }},
		{"postgres and then the command", func(t *testing.T, c *command, postmaster, _ int) {
			kill(t, postmaster)
			c.kill(t)
		}},
		{"the keeper and then the command", func(t *testing.T, c *command, _, keeper int) {
			kill(t, keeper)
			c.kill(t)
		}},
		{"all at once", func(t *testing.T, c *command, postmaster, keeper int) {
			kill(t, c.cmd.Process.Pid, keeper, postmaster)
			_ = c.cmd.Wait()
		}},
	} {
		c := mustRun(t, dir)
		note := strconv.Itoa(i)
		write(t, c.url, note)
		want = strings.TrimPrefix(want+","+note, ",")
		postmaster, keeper := pids(t, dir)
		test.kill(t, c, postmaster, keeper)

		again := mustRun(t, dir)
		if got := notes(t, again.url); got != want {
			t.Errorf("%s killed: notes %s, want %s", test.name, got, want)
		}
		again.end()
		stopped(t, dir)
	}
}

// A command that goes on running gets its server back under the same address.
func TestServerComesBack(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	in := start(t, dir)
	write(t, in.URL(), "kept")
	for _, which := range []string{"postmaster", "keeper", "both"} {
		postmaster, keeper := pids(t, dir)
		switch which {
		case "postmaster":
			kill(t, postmaster)
		case "keeper":
			kill(t, keeper)
		case "both":
			kill(t, keeper, postmaster)
		}
		deadline := time.Now().Add(20 * time.Second)
		p, _ := newPlace(dir)
		for {
			c, err := p.readPidFile()
			if err == nil && c.ready && c.pid != postmaster {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s killed: no new server", which)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if got := notes(t, in.URL()); got != "kept" {
			t.Errorf("%s killed: notes %s, want kept", which, got)
		}
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	stopped(t, dir)
}

// Two commands at once share one server, the first may go first, and the last
// one stops it.
func TestTwoCommandsAtOnce(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	started := make(chan *Instance, 2)
	for range 2 {
		go func() {
			in, err := Start(t.Context(), Options{DataDir: dir})
			if err != nil {
				t.Error(err)
			}
			started <- in
		}()
	}
	a, b := <-started, <-started
	if t.Failed() {
		return
	}
	if a.Joined() == b.Joined() {
		t.Errorf("joined: %v and %v, want one of each", a.Joined(), b.Joined())
	}
	if b.Joined() {
		a, b = b, a
	} // now b is the one that started it
	write(t, a.URL(), "a")
	write(t, b.URL(), "b")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	c := mustRun(t, dir)
	if !c.joined {
		t.Error("the third command did not join")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if got := notes(t, c.url); got != "a,b" {
		t.Errorf("notes %s, want a,b", got)
	}
	c.end()
	p, _ := newPlace(dir)
	if left := p.servers(); len(left) > 0 {
		t.Errorf("the last command left processes %v", left)
	}
}

// Commands that come and go while others come lose no write and get no error.
func TestManyShortCommands(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	first := start(t, dir)
	write(t, first.URL(), "start")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	const workers, rounds = 4, 4
	done := make(chan struct{})
	for w := range workers {
		go func() {
			defer func() { done <- struct{}{} }()
			for r := range rounds {
				in, err := Start(t.Context(), Options{DataDir: dir})
				if err != nil {
					t.Error(err)
					return
				}
				conn, err := pgx.Connect(t.Context(), in.URL())
				if err != nil {
					t.Error(err)
				} else {
					if _, err := conn.Exec(t.Context(), `INSERT INTO notes VALUES ($1)`, fmt.Sprint(w, r)); err != nil {
						t.Error(err)
					}
					_ = conn.Close(t.Context())
				}
				if err := in.Close(); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	for range workers {
		<-done
	}
	in := start(t, dir)
	if got := query(t, in.URL(), `SELECT count(*)::text FROM notes`); got != strconv.Itoa(workers*rounds+1) {
		t.Errorf("%s notes, want %d", got, workers*rounds+1)
	}
}

func TestClusterIsMadeAsItShould(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(tempDir(t), "met spaties, komma's en 'n \"aanhaling\"", strings.Repeat("lang/", 20))
	in := start(t, dir)
	for setting, want := range map[string]string{
		"server_encoding":            "UTF8",
		"lc_collate":                 "C.UTF-8",
		"fsync":                      "on",
		"full_page_writes":           "on",
		"listen_addresses":           "",
		"dynamic_shared_memory_type": "mmap",
		"data_checksums":             "on",
	} {
		if got := query(t, in.URL(), "SELECT current_setting('"+setting+"')"); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	p, _ := newPlace(dir)
	info, err := os.Stat(p.data())
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 && info.Sys().(*syscall.Stat_t).Uid == 0 {
		t.Error("the cluster belongs to root")
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(in.spec.SocketDir); len(left) > 0 {
		t.Errorf("the socket directory %s is left", left)
	}
}

func TestPathWithSpaces(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(tempDir(t), "met spatie")
	in := start(t, dir)
	if want := filepath.Join(dir, "postgres", "run"); in.spec.SocketDir != want {
		t.Errorf("the socket is in %s, want %s", in.spec.SocketDir, want)
	}
	if got := query(t, in.URL(), `SELECT current_user || '@' || current_database()`); got != "vraagbaak@vraagbaak" {
		t.Errorf("connected as %s", got)
	}
}

// Half an initialisation and the lock files of a killed server whose number now
// belongs to another program of the same user do not keep it from starting.
func TestStaleFiles(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	p, _ := newPlace(dir)
	if err := os.MkdirAll(filepath.Join(p.dir, "init-123", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	in := start(t, dir)
	write(t, in.URL(), "kept")
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(p.data())
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	other := exec.Command("sleep", "60")
	if os.Geteuid() == 0 {
		other.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	stale := fmt.Sprintf("%d\n%s\n1700000000\n5432\n%s\n\n  5432001 1\nready   \n", other.Process.Pid, p.data(), in.spec.SocketDir)
	for _, path := range []string{p.pidFile(), filepath.Join(in.spec.SocketDir, socketName+".lock")} {
		if err := os.WriteFile(path, []byte(stale), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	again := start(t, dir)
	if got := notes(t, again.URL()); got != "kept" {
		t.Errorf("notes %s, want kept", got)
	}
	if left, _ := filepath.Glob(filepath.Join(p.dir, "init-*")); len(left) > 0 {
		t.Errorf("half an initialisation is left: %v", left)
	}
}

// snapshot lists everything under dir with size and time of change.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		fmt.Fprintln(&all, path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestRefusesWithoutTouching(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		make func(t *testing.T, data string)
		want []string
	}{
		{"another major version", func(t *testing.T, data string) {
			file(t, filepath.Join(data, "PG_VERSION"), "9\n")
			file(t, filepath.Join(data, "base", "1"), "rows")
		}, []string{`PostgreSQL "9"`, "postgresql-9", "nothing was changed"}},
		{"not a database", func(t *testing.T, data string) {
			file(t, filepath.Join(data, "holiday.jpg"), "x")
		}, []string{"no PG_VERSION", "move it away"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			p, _ := newPlace(dir)
			test.make(t, p.data())
			before := snapshot(t, dir)
			in, err := Start(t.Context(), Options{DataDir: dir})
			if err == nil {
				_ = in.Close()
				t.Fatal("it started")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if after := snapshot(t, dir); after != before {
				t.Errorf("changed from\n%s to\n%s", before, after)
			}
		})
	}
}

func file(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNotWritable(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	var err error
	if os.Geteuid() == 0 {
		// Nothing is closed to root, except what is no directory.
		file(t, filepath.Join(dir, "file"), "")
		_, err = Start(t.Context(), Options{DataDir: filepath.Join(dir, "file")})
		if err == nil || !strings.Contains(err.Error(), "choose another") {
			t.Errorf("error %v does not say to choose another directory", err)
		}
		_, err = run(t, dir, &syscall.Credential{Uid: 65534, Gid: 65534})
	} else {
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		_, err = Start(t.Context(), Options{DataDir: dir})
	}
	if err == nil || !strings.Contains(err.Error(), "not writable") || !strings.Contains(err.Error(), "--data-dir") {
		t.Errorf("error %v does not say that the directory is not writable and what to do", err)
	}
}

func TestNoPostgreSQL(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{DataDir: tempDir(t), BinDir: tempDir(t)})
	if err == nil || !strings.Contains(err.Error(), "DATABASE_URL") {
		t.Errorf("error %v does not say what to do", err)
	}
}

// The server of an ordinary user runs as that user, also when root uses it, and
// is refused to others.
func TestUsers(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root to become other users")
	}
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	dir := tempDir(t)
	if err := os.Chown(dir, int(nobody.Uid), int(nobody.Gid)); err != nil {
		t.Fatal(err)
	}
	c, err := run(t, dir, nobody)
	if err != nil {
		t.Fatal(err)
	}
	write(t, c.url, "of nobody")
	root := start(t, dir)
	if !root.Joined() {
		t.Error("root did not join the server of the user")
	}
	c.end()
	if err := root.Close(); err != nil {
		t.Fatal(err)
	}
	root = start(t, dir)
	if got := notes(t, root.URL()); got != "of nobody" {
		t.Errorf("notes %s", got)
	}
	postmaster, _ := pids(t, dir)
	info, err := os.Stat(fmt.Sprintf("/proc/%d", postmaster))
	if err != nil {
		t.Fatal(err)
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; uid != nobody.Uid {
		t.Errorf("started by root, the server of user %d runs as %d", nobody.Uid, uid)
	}
	if err := root.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err = run(t, dir, nobody); err != nil {
		t.Fatalf("after root used it: %v", err)
	}
	c.end()
	if _, err := run(t, dir, &syscall.Credential{Uid: 65533, Gid: 65533}); err == nil || !strings.Contains(err.Error(), "run the command as") {
		t.Errorf("error %v of another user does not say what to do", err)
	}
}

// Root in a home that is closed to the unprivileged user.
func TestClosedHome(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	home := tempDir(t)
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "data")
	in := start(t, dir)
	write(t, in.URL(), "kept")
	postmaster, keeper := pids(t, dir)
	kill(t, keeper, postmaster)
	if got := notes(t, in.URL()); got != "kept" {
		t.Errorf("notes %s, want kept", got)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
}

func TestThrowawayRemovesItself(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	in, err := Start(t.Context(), Options{DataDir: dir, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := query(t, in.URL(), `SELECT current_setting('fsync')`); got != "off" {
		t.Errorf("fsync is %s, want off", got)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory is still there: %v", err)
	}
}

func TestChecksMakeNothing(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	checks := Checks(t.Context(), dir)
	if !slices.ContainsFunc(checks, func(c Check) bool { return c.OK && strings.Contains(c.Detail, "PostgreSQL") }) {
		t.Errorf("checks %+v", checks)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("made %v, error %v", entries, err)
	}
}

func TestSharedBuffersFitTheMachine(t *testing.T) {
	const mb, gb = 1 << 20, 1 << 30
	for memory, want := range map[int64]int64{0: 128 * mb, 512 * mb: 128 * mb, 8 * gb: gb, 64 * gb: 2 * gb} {
		if got := sharedBuffers(memory); got != want {
			t.Errorf("with %d MB of memory: %d MB, want %d", memory/mb, got/mb, want/mb)
		}
	}
}
