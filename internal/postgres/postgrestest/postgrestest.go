package postgrestest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ser-nl/vraagbaak/internal/localpg"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/migrations"
)

// EnvURL names the variable with the address of a server to test on, as a user
// who may create databases and extensions.
const EnvURL = "VRAAGBAAK_TEST_DATABASE_URL"

// setupTimeout bounds everything a test waits for before it has its database.
const setupTimeout = 2 * time.Minute

// server is the one server of this test process and its migrated template.
type server struct {
	once     sync.Once
	url      string // of the maintenance database
	template string
	stop     func() error
	err      error
}

var shared server

// Main runs the tests of a package and then stops the private server if a test
// started one. Call it from TestMain: os.Exit(postgrestest.Main(m)).
func Main(m *testing.M) int {
	code := m.Run()
	if shared.stop != nil {
		if err := shared.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "postgrestest: stopping the private server:", err)
			code = max(code, 1)
		}
	}
	return code
}

// URL gives the address of a fresh, migrated database that is dropped when the
// test ends.
func URL(t testing.TB) string {
	t.Helper()
	return create(t, shared.ready(t).template)
}

// EmptyURL gives the address of a fresh database without any schema.
func EmptyURL(t testing.TB) string {
	t.Helper()
	shared.ready(t)
	return create(t, "template0")
}

// New opens a fresh, migrated database; it is closed and dropped when the test
// ends.
func New(t testing.TB) *postgres.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	db, err := postgres.Open(ctx, URL(t), postgres.Options{})
	if err != nil {
		t.Fatalf("opening the test database: %v", err)
	}
	t.Cleanup(db.Close)
	return db
}

// Pool is New for a test that speaks SQL itself.
func Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return New(t).Pool()
}

func (s *server) ready(t testing.TB) *server {
	t.Helper()
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
		defer cancel()
		s.err = s.start(ctx)
	})
	if s.err != nil {
		t.Fatalf("preparing the test database server: %v", s.err)
	}
	return s
}

func (s *server) start(ctx context.Context) error {
	s.url = os.Getenv(EnvURL)
	if s.url == "" {
		dir, err := os.MkdirTemp("", "vraagbaak-test-")
		if err != nil {
			return fmt.Errorf("making a directory for the private server: %w", err)
		}
		// Stopped by Main, and by itself when the process ends in any other way.
		private, err := localpg.Start(ctx, localpg.Options{DataDir: dir, Throwaway: true})
		if err != nil {
			return err
		}
		s.url, s.stop = private.URL(), private.Close
	}
	digest, err := schemaDigest()
	if err != nil {
		return err
	}
	s.template = "vraagbaak_template_" + digest
	return s.makeTemplate(ctx)
}

// makeTemplate migrates the template unless another test process on the same
// server did so before. It becomes visible under its name only when it is whole.
func (s *server) makeTemplate(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()

	// Held until the connection closes. Polling keeps the wait free of a
	// snapshot, see postgres.Migrate.
	for got := false; !got; {
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtext('vraagbaak template'))`).Scan(&got); err != nil {
			return fmt.Errorf("locking: %w", err)
		}
		if !got {
			time.Sleep(20 * time.Millisecond)
		}
	}
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, s.template).Scan(&exists); err != nil {
		return fmt.Errorf("looking for the template: %w", err)
	}
	if exists {
		return nil
	}
	building := s.template + "_building"
	for _, sql := range []string{
		`DROP DATABASE IF EXISTS ` + quote(building) + ` WITH (FORCE)`,
		`CREATE DATABASE ` + quote(building) + ` TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	address, err := withDatabase(s.url, building)
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, address, postgres.Options{MaxConns: 4})
	if err != nil {
		return err
	}
	err = db.Migrate(ctx)
	db.Close()
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `ALTER DATABASE `+quote(building)+` RENAME TO `+quote(s.template)); err != nil {
		return fmt.Errorf("naming the template: %w", err)
	}
	return nil
}

// create makes a database from a template and drops it when the test ends.
func create(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("vraagbaak_test_%d_%s", os.Getpid(), strings.ToLower(rand.Text()[:10]))
	admin := func(sql string) error {
		ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
		defer cancel()
		conn, err := pgx.Connect(ctx, shared.url)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(ctx) }()
		_, err = conn.Exec(ctx, sql)
		return err
	}
	if err := admin(`CREATE DATABASE ` + quote(name) + ` TEMPLATE ` + quote(template)); err != nil {
		t.Fatalf("creating the test database: %v", err)
	}
	t.Cleanup(func() {
		if err := admin(`DROP DATABASE IF EXISTS ` + quote(name) + ` WITH (FORCE)`); err != nil {
			t.Errorf("dropping the test database: %v", err)
		}
	})
	address, err := withDatabase(shared.url, name)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func withDatabase(address, name string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return "", fmt.Errorf("%s must be a postgres:// address", EnvURL)
	}
	u.Path = "/" + name
	return u.String(), nil
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// schemaDigest changes with the migrations, so that a changed schema never
// meets an old template.
func schemaDigest() (string, error) {
	hash := sha256.New()
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return "", fmt.Errorf("listing the migrations: %w", err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			return "", fmt.Errorf("reading migration %s: %w", name, err)
		}
		_, _ = fmt.Fprintf(hash, "%s %d\n%s", name, len(content), content)
	}
	return hex.EncodeToString(hash.Sum(nil))[:12], nil
}
