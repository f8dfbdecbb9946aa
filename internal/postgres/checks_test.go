package postgres_test

import (
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
)

// failed lists the names of the checks that are not all right.
func failed(checks []postgres.Check) string {
	var names []string
	for _, c := range checks {
		if !c.OK {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, " ")
}

func TestChecks(t *testing.T) {
	t.Parallel()
	t.Run("whole", func(t *testing.T) {
		t.Parallel()
		checks := postgrestest.New(t).Checks(t.Context())
		if got := failed(checks); got != "" || len(checks) < 5 {
			t.Errorf("failed: %s in %+v", got, checks)
		}
		if last := checks[len(checks)-1]; !strings.Contains(last.Detail, "index of 0 chunks") {
			t.Errorf("the memory of an empty corpus: %+v", last)
		}
	})
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		db := open(t, postgrestest.EmptyURL(t), postgres.Options{})
		if got := failed(db.Checks(t.Context())); got != "pgvector schema" {
			t.Errorf("failed: %s, want pgvector schema", got)
		}
		var tables int
		if err := db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables); err != nil || tables != 0 {
			t.Errorf("looking made %d tables, error %v", tables, err)
		}
	})
	t.Run("newer", func(t *testing.T) {
		t.Parallel()
		db := postgrestest.New(t)
		if _, err := db.Pool().Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`); err != nil {
			t.Fatal(err)
		}
		if got := failed(db.Checks(t.Context())); got != "schema" {
			t.Errorf("failed: %s, want schema", got)
		}
	})
	t.Run("away", func(t *testing.T) {
		t.Parallel()
		db := postgrestest.New(t)
		db.Close()
		checks := db.Checks(t.Context())
		if got := failed(checks); got != "database" || len(checks) != 1 || checks[0].Mend == "" {
			t.Errorf("checks %+v, want one failed check of the database with its mend", checks)
		}
	})
}
