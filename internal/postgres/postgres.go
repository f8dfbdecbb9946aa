package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxvector "github.com/pgvector/pgvector-go/pgx"
)

// Options tune Open. The zero value serves.
type Options struct {
	// MaxConns bounds the pool. 0 means 8: on few cores more connections only
	// queue inside PostgreSQL instead of in Go.
	MaxConns int
	// Schema, when set, is where Migrate makes the tables and where unqualified
	// names are looked up first. Empty means the database's own search path.
	Schema string
	// Logger receives what migrations do. nil means nothing is logged.
	Logger *slog.Logger
}

// DB is a pool of connections to one database. It is safe for concurrent use.
type DB struct {
	pool   *pgxpool.Pool
	search *pgxpool.Pool // connections on which statements are planned once, by their indexes
	schema string
	logger *slog.Logger
}

const (
	defaultMaxConns = 8
	connectTimeout  = 10 * time.Second
	// idleInTransaction ends transactions whose client forgot them: they would
	// hold locks and keep vacuum from cleaning up.
	idleInTransaction = 10 * time.Minute
)

// Open connects to the database at url (a postgres:// address or a keyword
// string) and checks that it answers. Every connection knows the types of
// pgvector when the extension is there; on a database without it Open succeeds
// all the same, because Migrate is what creates it.
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("parsing the database address: %w", err)
	}
	config.MaxConns = defaultMaxConns
	if opts.MaxConns > 0 {
		config.MaxConns = int32(min(opts.MaxConns, 1000)) // #nosec G115 -- bounded
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	params := config.ConnConfig.RuntimeParams
	setDefault(params, "application_name", "vraagbaak")
	setDefault(params, "idle_in_transaction_session_timeout", strconv.FormatInt(idleInTransaction.Milliseconds(), 10))
	// Compiling a plan costs more than any statement here takes to run.
	setDefault(params, "jit", "off")
	if opts.Schema != "" {
		params["search_path"] = pgx.Identifier{opts.Schema}.Sanitize() + ", public"
	}
	config.AfterConnect = prepare

	logger := opts.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	search, err := openSearchPool(ctx, config)
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return &DB{pool: pool, search: search, schema: opts.Schema, logger: logger}, nil
}

// maxSearchConns bounds the connections that search: they keep processors busy, so
// more of them only queue inside PostgreSQL instead of in Go.
const maxSearchConns = 8

// openSearchPool opens the pool for searching vectors and for reading what was found. It
// connects when it is first used. The planner does not know what a search of a graph
// costs: left alone it sorts all vectors or reads whole tables, and plans anew each
// time, which takes longer than looking ten rows up. So these connections have the
// other ways closed. Settings of the connection cost no round trip, and cannot leak.
func openSearchPool(ctx context.Context, like *pgxpool.Config) (*pgxpool.Pool, error) {
	config := like.Copy()
	config.MaxConns = min(config.MaxConns, maxSearchConns)
	config.MinConns = 0
	for name, value := range map[string]string{
		"hnsw.ef_search": strconv.Itoa(hnswSearch), "hnsw.iterative_scan": "relaxed_order",
		"enable_seqscan": "off", "enable_sort": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "enable_bitmapscan": "off",
		"plan_cache_mode": "force_generic_plan",
		// Tables are joined in the order written, from the few rows asked for, also while
		// nothing is known of how large they are: the plan is kept.
		"join_collapse_limit": "1", "enable_material": "off",
	} {
		config.ConnConfig.RuntimeParams[name] = value
	}
	return pgxpool.NewWithConfig(ctx, config)
}

func setDefault(params map[string]string, name, value string) {
	if _, ok := params[name]; !ok {
		params[name] = value
	}
}

// prepare readies a new connection for pgvector.
func prepare(ctx context.Context, conn *pgx.Conn) error {
	var version string
	err := conn.QueryRow(ctx, `SELECT extversion FROM pg_extension WHERE extname = 'vector'`).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for pgvector: %w", err)
	}
	if olderThan(version, safeParallelBuild) {
		// CVE-2026-3172: a parallel HNSW build can write outside its buffer.
		if _, err := conn.Exec(ctx, `SET max_parallel_maintenance_workers = 0`); err != nil {
			return fmt.Errorf("turning off parallel index builds: %w", err)
		}
	}
	if err := pgxvector.RegisterTypes(ctx, conn); err != nil {
		return fmt.Errorf("registering the types of pgvector: %w", err)
	}
	return nil
}

// Pool gives the connections themselves, for River and for tests.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Close waits until all connections are returned and closes them.
func (db *DB) Close() {
	db.search.Close()
	db.pool.Close()
}

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.pool.Ping(ctx); err != nil {
		return fmt.Errorf("connecting to the database: %w", err)
	}
	return nil
}

// inTx runs f in a transaction that is committed when f returns nil and rolled
// back otherwise.
func (db *DB) inTx(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db.pool, f)
}

// Versions of pgvector from which something needed is there or a known fault is
// mended.
const (
	leastExtension    = "0.8.0" // iterative scans, halfvec
	safeParallelBuild = "0.8.2" // parallel HNSW builds (CVE-2026-3172)
	safeVacuum        = "0.8.4" // vacuum of HNSW indexes
)

// olderThan compares dotted version numbers; what is not a number counts as 0.
func olderThan(version, than string) bool {
	a, b := strings.Split(version, "."), strings.Split(than, ".")
	for i := range max(len(a), len(b)) {
		var x, y int
		if i < len(a) {
			x, _ = strconv.Atoi(a[i])
		}
		if i < len(b) {
			y, _ = strconv.Atoi(b[i])
		}
		if x != y {
			return x < y
		}
	}
	return false
}
