//go:build linux

package localpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	socketPort = "5432"
	socketName = ".s.PGSQL." + socketPort
	// maxSocketPath is what fits sun_path of a Unix socket address, in bytes.
	maxSocketPath = 107
)

// place is where a private server lives:
//
//	DIR/data         the cluster
//	DIR/run          the socket, if its path is short enough
//	DIR/server.log   what PostgreSQL and the keeper say
//	DIR/keeper.lock  held exclusively by the keeper
//	DIR/users.lock   held shared by everyone who uses the server
type place struct{ dir string }

func newPlace(dataDir string) (place, error) {
	if dataDir == "" {
		return place{}, errors.New("no data directory given")
	}
	dir, err := filepath.Abs(filepath.Join(dataDir, "postgres"))
	if err != nil {
		return place{}, fmt.Errorf("finding the data directory: %w", err)
	}
	return place{dir}, nil
}

func (p place) data() string       { return filepath.Join(p.dir, "data") }
func (p place) log() string        { return filepath.Join(p.dir, "server.log") }
func (p place) keeperLock() string { return filepath.Join(p.dir, "keeper.lock") }
func (p place) usersLock() string  { return filepath.Join(p.dir, "users.lock") }
func (p place) pidFile() string    { return filepath.Join(p.data(), "postmaster.pid") }

// account is the unprivileged user PostgreSQL runs as. Drop is false when this
// process already is that user.
type account struct {
	UID, GID uint32
	Drop     bool
}

func (a account) credential() *syscall.Credential {
	if !a.Drop {
		return nil
	}
	return &syscall.Credential{Uid: a.UID, Gid: a.GID}
}

// prepare makes the directory and says who may work in it.
func (p place) prepare() (account, error) {
	parent := filepath.Dir(p.dir)
	if err := os.MkdirAll(parent, 0o755); err != nil { // #nosec G301 -- holds nothing secret itself
		return account{}, fmt.Errorf("the data directory cannot be made: %w; choose another with --data-dir", err)
	}
	if err := os.Mkdir(p.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return account{}, fmt.Errorf("the data directory is not writable: %w; choose another with --data-dir", err)
	}
	info, err := os.Stat(p.dir)
	if err != nil {
		return account{}, fmt.Errorf("looking at the data directory: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() {
		return account{}, fmt.Errorf("%s is not a directory", p.dir)
	}
	self := uint32(os.Geteuid())                         // #nosec G115 -- a user id
	acc := account{UID: self, GID: uint32(os.Getegid())} // #nosec G115 -- a group id
	switch {
	case self != 0 && owner.Uid != self:
		return account{}, fmt.Errorf("%s belongs to %s: run the command as that user, or choose another directory with --data-dir", p.dir, userName(owner.Uid))
	case self != 0:
	case owner.Uid != 0:
		acc = account{UID: owner.Uid, GID: owner.Gid, Drop: true}
	default: // PostgreSQL refuses to run as root
		if acc, err = unprivileged(); err != nil {
			return account{}, err
		}
		if err := os.Chown(p.dir, int(acc.UID), int(acc.GID)); err != nil {
			return account{}, fmt.Errorf("giving the database directory to %s: %w; choose another with --data-dir", userName(acc.UID), err)
		}
	}
	for _, path := range []string{p.keeperLock(), p.usersLock(), p.log()} {
		if err := touch(path, acc); err != nil {
			return account{}, fmt.Errorf("the data directory is not writable: %w; choose another with --data-dir", err)
		}
	}
	return acc, nil
}

// touch makes sure that the file exists and that acc may write it, also later
// when no root is around.
func touch(path string, acc account) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // #nosec G304 -- in the data directory
	if err != nil {
		return err
	}
	if acc.Drop {
		err = file.Chown(int(acc.UID), int(acc.GID))
	}
	return errors.Join(err, file.Close())
}

func unprivileged() (account, error) {
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(found.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(found.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{UID: uint32(uid), GID: uint32(gid), Drop: true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root and there is no user postgres or nobody to run it as: make one, or run the command as an ordinary user")
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if found, err := user.LookupId(id); err == nil {
		return "user " + found.Username
	}
	return "user " + id
}

// socketDir gives the directory for the socket: in the data directory, or a
// short one under /tmp when the path would not fit or the server's user cannot
// reach it.
func (p place) socketDir(reachable bool) string {
	dir := filepath.Join(p.dir, "run")
	if reachable && len(dir)+1+len(socketName) <= maxSocketPath && !strings.Contains(dir, ",") {
		return dir
	}
	digest := sha256.Sum256([]byte(p.dir))
	return filepath.Join("/tmp", "vraagbaak-"+hex.EncodeToString(digest[:6]))
}

// makeSocketDir makes the directory for acc alone. One that somebody else made
// is refused: whoever owns it could put his own server there.
func makeSocketDir(dir string, acc account) error {
	if err := os.Mkdir(dir, 0o700); err == nil {
		if acc.Drop {
			if err := os.Chown(dir, int(acc.UID), int(acc.GID)); err != nil {
				return fmt.Errorf("giving the socket directory away: %w", err)
			}
		}
		return nil
	} else if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the socket directory: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("looking at the socket directory: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if ok && info.IsDir() && owner.Uid == 0 && acc.Drop {
		// Made by us and killed before it was given away.
		return os.Chown(dir, int(acc.UID), int(acc.GID))
	}
	if !ok || !info.IsDir() || owner.Uid != acc.UID || info.Mode().Perm() != 0o700 {
		return fmt.Errorf("the socket directory %s is not a private directory of %s: remove it", dir, userName(acc.UID))
	}
	return nil
}

// pidFileContent is the part of postmaster.pid that matters here.
type pidFileContent struct {
	pid       int
	socketDir string
	ready     bool
}

// readPidFile reads what PostgreSQL says of itself: its process id (line 1), the
// socket directory (line 5) and its state (line 8).
func (p place) readPidFile() (pidFileContent, error) {
	raw, err := os.ReadFile(p.pidFile())
	if err != nil {
		return pidFileContent{}, err
	}
	lines := strings.Split(string(raw), "\n")
	var c pidFileContent
	if c.pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil {
		return c, fmt.Errorf("reading postmaster.pid: %w", err)
	}
	if len(lines) > 4 {
		c.socketDir = lines[4]
	}
	c.ready = len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready"
	return c, nil
}

// readySocket gives the socket directory of the server that is ready. With a
// pid other than 0 it must be that process: what a predecessor left behind is
// not mistaken for it.
func (p place) readySocket(pid int) (string, bool) {
	c, err := p.readPidFile()
	if err != nil || !c.ready || c.socketDir == "" || (pid != 0 && c.pid != pid) {
		return "", false
	}
	return c.socketDir, true
}

// servers lists the processes of PostgreSQL that work in the data directory:
// each has it as its working directory. The postmaster comes first if its number
// is known.
func (p place) servers() []int {
	data, err := os.Stat(p.data())
	if err != nil {
		return nil
	}
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		comm, err := os.ReadFile(filepath.Join(entry, "comm"))
		if err != nil || !strings.HasPrefix(string(comm), "postgres") {
			continue
		}
		cwd, err := os.Stat(filepath.Join(entry, "cwd"))
		if err != nil || !os.SameFile(data, cwd) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(entry)); err == nil {
			pids = append(pids, pid)
		}
	}
	if c, err := p.readPidFile(); err == nil {
		slices.SortStableFunc(pids, func(a, b int) int {
			switch {
			case a == c.pid && b != c.pid:
				return -1
			case b == c.pid && a != c.pid:
				return 1
			}
			return 0
		})
	}
	return pids
}

// binaries is an installed PostgreSQL.
type binaries struct {
	dir    string
	major  string
	vector bool // pgvector is installed for it
}

func (b binaries) postgres() string { return filepath.Join(b.dir, "postgres") }
func (b binaries) initdb() string   { return filepath.Join(b.dir, "initdb") }

// clusterVersion reads the major version that made the cluster; empty when there
// is none yet.
func (p place) clusterVersion() (string, error) {
	raw, err := os.ReadFile(filepath.Join(p.data(), "PG_VERSION"))
	if err == nil {
		return strings.TrimSpace(string(raw)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		if errors.Is(err, fs.ErrPermission) {
			return "", fmt.Errorf("the database directory is not readable: %w; run the command as the user it belongs to, or choose another directory with --data-dir", err)
		}
		return "", fmt.Errorf("reading the version of the database: %w; choose another directory with --data-dir", err)
	}
	left, err := os.ReadDir(p.data())
	if err == nil && len(left) > 0 {
		return "", fmt.Errorf("%s holds files but no database (no PG_VERSION): move it away; nothing was changed", p.data())
	}
	return "", nil
}

// binaries finds the PostgreSQL that fits the cluster.
func (p place) binaries(ctx context.Context, binDir string) (binaries, error) {
	wanted, err := p.clusterVersion()
	if err != nil {
		return binaries{}, err
	}
	found := installed(ctx, binDir)
	if len(found) == 0 {
		return binaries{}, errors.New("no PostgreSQL found: install the packages postgresql and pgvector (make run does), or give the address of a server in DATABASE_URL")
	}
	if wanted == "" {
		return found[0], nil
	}
	var majors []string
	for _, b := range found {
		if b.major == wanted {
			return b, nil
		}
		majors = append(majors, b.major)
	}
	return binaries{}, fmt.Errorf("the database in %s was made by PostgreSQL %q, but installed is %s: install postgresql-%s, or move the directory away and ingest again; nothing was changed",
		p.data(), wanted, strings.Join(majors, ", "), wanted)
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// installed lists what is there, best first: with pgvector before without, then
// newest first. With a binDir only that one counts.
func installed(ctx context.Context, binDir string) []binaries {
	dirs := []string{binDir}
	if binDir == "" {
		dirs = nil
		for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/usr/local/bin"} {
			matches, _ := filepath.Glob(pattern)
			dirs = append(dirs, matches...)
		}
		if path, err := exec.LookPath("initdb"); err == nil {
			if path, err := filepath.EvalSymlinks(path); err == nil {
				dirs = append(dirs, filepath.Dir(path))
			}
		}
	}
	var found []binaries
	for _, dir := range dirs {
		dir, err := filepath.Abs(dir)
		if err != nil || slices.ContainsFunc(found, func(b binaries) bool { return b.dir == dir }) {
			continue
		}
		b := binaries{dir: dir}
		if info, err := os.Stat(b.initdb()); err != nil || info.IsDir() {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		out, err := exec.CommandContext(ctx, b.postgres(), "--version").Output() // #nosec G204 -- found above
		cancel()
		match := versionPattern.FindSubmatch(out)
		if err != nil || match == nil {
			continue
		}
		b.major = string(match[1])
		b.vector = slices.ContainsFunc([]string{
			"/usr/share/postgresql/" + b.major,
			filepath.Join(dir, "../share"), filepath.Join(dir, "../share/postgresql"),
		}, func(share string) bool {
			_, err := os.Stat(filepath.Join(share, "extension", "vector.control"))
			return err == nil
		})
		found = append(found, b)
	}
	slices.SortStableFunc(found, func(a, b binaries) int {
		if a.vector != b.vector {
			if a.vector {
				return -1
			}
			return 1
		}
		x, _ := strconv.Atoi(a.major)
		y, _ := strconv.Atoi(b.major)
		return y - x
	})
	return found
}
