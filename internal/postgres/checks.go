package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Check is the outcome of one check of the database.
type Check struct {
	Name   string // what was looked at
	OK     bool
	Detail string // what was found
	Mend   string // what to do about it; may advise even when OK
}

// leastServer is the oldest major version of PostgreSQL the schema is tested on.
const leastServer = 15

// checkTimeout bounds each check.
const checkTimeout = 15 * time.Second

// Checks looks at what the program needs of its database and changes nothing.
// When the database does not answer, that is the only check.
func (db *DB) Checks(ctx context.Context) []Check {
	checks := []Check{run(ctx, db.checkServer)}
	if !checks[0].OK {
		return checks
	}
	checks = append(checks, run(ctx, db.checkExtension), run(ctx, db.checkSchema), run(ctx, db.checkIndexes))
	if checks[2].OK {
		checks = append(checks, run(ctx, db.checkMemory))
	}
	return checks
}

func run(ctx context.Context, check func(context.Context) Check) Check {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return check(ctx)
}

func (db *DB) checkServer(ctx context.Context) Check {
	check := Check{Name: "database", Mend: "start the database, and see whether address, user and password in DATABASE_URL are right"}
	var number int
	var version, encoding, name string
	start := time.Now()
	err := db.pool.QueryRow(ctx, `
		SELECT current_setting('server_version_num')::int, current_setting('server_version'),
		       current_setting('server_encoding'), current_database()`).Scan(&number, &version, &encoding, &name)
	if err != nil {
		check.Detail = err.Error()
		return check
	}
	check.Detail = fmt.Sprintf("%s on PostgreSQL %s, answers in %s", name, version, time.Since(start).Round(100*time.Microsecond))
	switch {
	case number/10000 < leastServer:
		check.Mend = fmt.Sprintf("upgrade to PostgreSQL %d or newer", leastServer)
	case encoding != "UTF8":
		check.Detail += ", encoding " + encoding
		check.Mend = "make the database with ENCODING 'UTF8'"
	default:
		check.OK, check.Mend = true, ""
	}
	return check
}

func (db *DB) checkExtension(ctx context.Context) Check {
	check := Check{Name: "pgvector"}
	var version string
	err := db.pool.QueryRow(ctx, `SELECT extversion FROM pg_extension WHERE extname = 'vector'`).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		check.Detail = "the extension vector is not in this database"
		check.Mend = "install pgvector on the database server and run vraagbaak migrate as a user who may create extensions"
		return check
	}
	if err != nil {
		check.Detail = err.Error()
		return check
	}
	check.Detail = "version " + version
	check.OK, check.Mend = judgeExtension(version)
	return check
}

// judgeExtension says whether a version of pgvector serves, and what to know
// about its faults.
func judgeExtension(version string) (ok bool, mend string) {
	if olderThan(version, leastExtension) {
		return false, fmt.Sprintf("upgrade to %s or newer, then ALTER EXTENSION vector UPDATE: filtered searches lose results without iterative scans", leastExtension)
	}
	var faults []string
	if olderThan(version, safeParallelBuild) {
		faults = append(faults, fmt.Sprintf("before %s parallel index builds can write outside their memory (CVE-2026-3172): this program builds serially, others should too", safeParallelBuild))
	}
	if olderThan(version, safeVacuum) {
		faults = append(faults, fmt.Sprintf("before %s vacuum can damage HNSW indexes: after deleting or replacing many documents run REINDEX INDEX CONCURRENTLY on them", safeVacuum))
	}
	if len(faults) > 0 {
		return true, "upgrade pgvector when you can, then ALTER EXTENSION vector UPDATE; " + strings.Join(faults, "; ")
	}
	return true, ""
}

func (db *DB) checkSchema(ctx context.Context) Check {
	check := Check{Name: "schema"}
	current, target, err := db.SchemaVersion(ctx)
	if err != nil {
		check.Detail = err.Error()
		return check
	}
	check.Detail = fmt.Sprintf("version %d of %d", current, target)
	switch {
	case current < target:
		check.Mend = "run vraagbaak migrate"
	case current > target:
		check.Mend = "the database was migrated by a newer program: update this one"
	default:
		check.OK = true
	}
	return check
}

// checkMemory tells what searching takes of every server's memory.
func (db *DB) checkMemory(ctx context.Context) Check {
	check := Check{Name: "memory of searching"}
	var chunks, index, vectors int64
	// Per chunk its encoded words twice (as they stand and by word: three bytes each) and
	// what is noted of it; per word its letters and where it is listed; per vector a
	// byte a number, a sketch and what is noted of it. vraagbaak_index_bytes of a server's metrics is exact.
	err := db.pool.QueryRow(ctx, `
		WITH entries AS ( -- the forward index
			SELECT count(*) AS n, coalesce(sum(octet_length(tv) + 3 * dl), 0)::bigint AS bytes FROM chunk_terms
		)
		SELECT n, bytes + 28 * n + 200 * (SELECT count(*) FROM terms),
			(SELECT coalesce(sum(e.dimension + 44), 0) FROM embeddings v JOIN embedders e ON e.id = v.embedder_id AND e.state = 'present')
		FROM entries`).Scan(&chunks, &index, &vectors)
	if err != nil {
		check.Detail = err.Error()
		return check
	}
	check.OK = true
	check.Detail = fmt.Sprintf("about %d MB for the index of %d chunks and %d MB for their vectors, in every server", index>>20, chunks, vectors>>20)
	return check
}

// checkIndexes finds indexes whose building was broken off: they cost writing time
// and are never read.
func (db *DB) checkIndexes(ctx context.Context) Check {
	check := Check{Name: "indexes"}
	rows, err := db.pool.Query(ctx, `
		SELECT c.relname
		FROM pg_index i
		JOIN pg_class c ON c.oid = i.indexrelid
		JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE NOT i.indisvalid AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
		ORDER BY 1`)
	if err != nil {
		check.Detail = err.Error()
		return check
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		check.Detail = err.Error()
		return check
	}
	if len(names) > 0 {
		check.Detail = "not valid: " + strings.Join(names, ", ")
		check.Mend = "REINDEX INDEX CONCURRENTLY them, or drop those that end in _ccnew or _ccold"
		return check
	}
	check.OK, check.Detail = true, "all valid"
	return check
}
