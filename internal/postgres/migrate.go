package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/migrations"
)

// migrationLock is the advisory lock that lets one process at a time migrate a
// database. The number is arbitrary but fixed.
const migrationLock = 0x7672616167 // "vraag"

// ErrSchemaNewer says that the database was migrated by a newer program than
// this one, which therefore leaves it alone.
var ErrSchemaNewer = errors.New("the database has a newer schema than this program knows: update the program")

// Migrate brings the schema up to date: first the project's own migrations,
// then those of River. Any number of processes may call it at the same time on
// one database; they take turns. The connecting user must be allowed to create
// the extension, or it must be there already.
func (db *DB) Migrate(ctx context.Context) error {
	release, err := db.lockMigrations(ctx)
	if err != nil {
		return fmt.Errorf("waiting for another migration: %w", err)
	}
	defer release()

	if db.schema != "" {
		if _, err := db.pool.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS `+pgx.Identifier{db.schema}.Sanitize()); err != nil {
			return fmt.Errorf("creating schema %s: %w", db.schema, err)
		}
	}
	// In public whatever the search path says: dropping a schema of trial data
	// must not drop the extension and with it the vectors of the others.
	if _, err := db.pool.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public`); err != nil {
		return fmt.Errorf("creating the extension vector (is pgvector installed on the database server, and may this user create extensions?): %w", err)
	}
	if err := db.migrateOwn(ctx); err != nil {
		return err
	}
	if err := db.fillSections(ctx); err != nil {
		return err
	}
	if err := db.migrateRiver(ctx); err != nil {
		return err
	}
	// Connections from before the extension do not know its types.
	db.pool.Reset()
	db.search.Reset()
	return nil
}

// lockMigrations polls instead of waiting inside PostgreSQL: a session that
// waits for a lock holds a snapshot, and an index that another migration builds
// concurrently would wait for that snapshot in turn, forever.
func (db *DB) lockMigrations(ctx context.Context) (release func(), err error) {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	for {
		var got bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(migrationLock)).Scan(&got); err != nil {
			conn.Release()
			return nil, err
		}
		if got {
			return func() {
				// Closing the session releases the lock even when ctx has ended.
				closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
				defer cancel()
				_ = conn.Hijack().Close(closing)
			}, nil
		}
		select {
		case <-ctx.Done():
			conn.Release()
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (db *DB) migrateOwn(ctx context.Context) error {
	provider, closeProvider, err := db.goose()
	if err != nil {
		return err
	}
	defer closeProvider()
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	if current > target {
		return fmt.Errorf("schema version %d, program %d: %w", current, target, ErrSchemaNewer)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the schema: %w", err)
	}
	return nil
}

// sectionsAtOnce is how many chunks fillSections reads and writes in one statement.
const sectionsAtOnce = 5000

// fillSections gives chunks from before there were sections theirs: the rules are
// in corpus, not in SQL. Broken off, it goes on the next time.
func (db *DB) fillSections(ctx context.Context) error {
	for {
		rows, err := db.pool.Query(ctx, `SELECT id, heading FROM chunks WHERE section IS NULL ORDER BY id LIMIT $1`, sectionsAtOnce)
		if err != nil {
			return fmt.Errorf("filling in sections: %w", err)
		}
		var ids []int64
		var sections []string
		var id int64
		var heading []string
		if _, err := pgx.ForEachRow(rows, []any{&id, &heading}, func() error {
			ids, sections = append(ids, id), append(sections, string(corpus.Section(heading)))
			return nil
		}); err != nil {
			return fmt.Errorf("filling in sections: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		if _, err := db.pool.Exec(ctx, `
			UPDATE chunks c SET section = given.section
			FROM unnest($1::bigint[], $2::text[]) AS given(id, section)
			WHERE c.id = given.id`, ids, sections); err != nil {
			return fmt.Errorf("filling in sections: %w", err)
		}
	}
}

func (db *DB) goose() (*goose.Provider, func(), error) {
	sqlDB := stdlib.OpenDBFromPool(db.pool)
	provider, err := goose.NewProvider(goose.DialectPostgres, sqlDB, migrations.FS,
		goose.WithSlog(db.logger), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		_ = sqlDB.Close()
		return nil, nil, fmt.Errorf("reading the migrations: %w", err)
	}
	return provider, func() { _ = sqlDB.Close() }, nil
}

func (db *DB) migrateRiver(ctx context.Context) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(db.pool), &rivermigrate.Config{Logger: db.logger, Schema: db.schema})
	if err != nil {
		return fmt.Errorf("reading the migrations of the job queue: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrating the job queue: %w", err)
	}
	return nil
}

// SchemaVersion gives the number of the last migration that was applied, 0 when
// none was, and of the last one this program has. It only reads.
func (db *DB) SchemaVersion(ctx context.Context) (current, target int64, err error) {
	provider, closeProvider, err := db.goose()
	if err != nil {
		return 0, 0, err
	}
	defer closeProvider()
	for _, source := range provider.ListSources() {
		target = max(target, source.Version)
	}
	// Asking goose would make its table when it is not there.
	var there bool
	if err := db.pool.QueryRow(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&there); err != nil {
		return 0, 0, fmt.Errorf("looking for the schema version: %w", err)
	}
	if !there {
		return 0, target, nil
	}
	err = db.pool.QueryRow(ctx, `
		-- last: what was done last with each migration; it may have been taken back
		WITH last AS (
			SELECT DISTINCT ON (version_id) version_id, is_applied
			FROM goose_db_version
			ORDER BY version_id, id DESC
		)
		SELECT coalesce(max(version_id), 0) FROM last WHERE is_applied`).Scan(&current)
	if err != nil {
		return 0, 0, fmt.Errorf("reading the schema version: %w", err)
	}
	return current, target, nil
}
