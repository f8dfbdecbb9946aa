package postgres_test

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

func open(t *testing.T, url string, opts postgres.Options) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func TestMigrateFromEmptyByManyAtOnce(t *testing.T) {
	t.Parallel()
	url := postgrestest.EmptyURL(t)
	var wg sync.WaitGroup
	for range 4 {
		db := open(t, url, postgres.Options{MaxConns: 4})
		wg.Go(func() {
			if err := db.Migrate(t.Context()); err != nil {
				t.Error(err)
				return
			}
			var jobs, documents int
			if err := db.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM river_job), (SELECT count(*) FROM documents)`).Scan(&jobs, &documents); err != nil {
				t.Errorf("the schema is not whole: %v", err)
			}
		})
	}
	wg.Wait()
	db := open(t, url, postgres.Options{})
	current, target, err := db.SchemaVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if current != target || current < 1 {
		t.Errorf("schema version %d, want %d", current, target)
	}
}

// A connection that was open before the extension existed must know its types
// afterwards.
func TestMigrateRegistersVectorTypes(t *testing.T) {
	t.Parallel()
	db := open(t, postgrestest.EmptyURL(t), postgres.Options{})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := pgvector.NewHalfVector([]float32{1, 0.5, -2})
	var got pgvector.HalfVector
	if err := db.Pool().QueryRow(t.Context(), `SELECT $1::halfvec`, want).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got.String() != want.String() {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMigrateIntoASchemaOfItsOwn(t *testing.T) {
	t.Parallel()
	url := postgrestest.URL(t)
	db := open(t, url, postgres.Options{Schema: "Trial 1"})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool().Exec(t.Context(), `INSERT INTO terms (term) VALUES ('proef')`); err != nil {
		t.Fatal(err)
	}
	var here, elsewhere int
	if err := db.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM "Trial 1".terms), (SELECT count(*) FROM public.terms)`).Scan(&here, &elsewhere); err != nil {
		t.Fatal(err)
	}
	if here != 1 || elsewhere != 0 {
		t.Errorf("terms in the schema %d, in public %d; want 1 and 0", here, elsewhere)
	}
	if _, err := db.Pool().Exec(t.Context(), `DROP SCHEMA "Trial 1" CASCADE`); err != nil {
		t.Fatal(err)
	}
	var embeddings int
	if err := open(t, url, postgres.Options{}).Pool().QueryRow(t.Context(), `SELECT count(*) FROM embeddings`).Scan(&embeddings); err != nil {
		t.Errorf("dropping the schema hurt the others: %v", err)
	}
}

func TestMigrateLeavesANewerSchemaAlone(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	if _, err := db.Pool().Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context()); !errors.Is(err, postgres.ErrSchemaNewer) {
		t.Errorf("got %v, want %v", err, postgres.ErrSchemaNewer)
	}
}

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	a, b := postgrestest.Pool(t), postgrestest.Pool(t)
	if _, err := a.Exec(t.Context(), `INSERT INTO terms (term) VALUES ('alleen hier')`); err != nil {
		t.Fatal(err)
	}
	var count int
	if err := b.QueryRow(t.Context(), `SELECT count(*) FROM terms`).Scan(&count); err != nil {
		t.Fatal(err)
	}
	if count != 0 {
		t.Errorf("the other database has %d terms, want 0", count)
	}
}

func TestOpenNamesTheFault(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"not an address": "postgres://%zz",
		"nobody there":   "postgres://nobody@127.0.0.1:1/none?connect_timeout=2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := postgres.Open(t.Context(), url, postgres.Options{}); err == nil {
				t.Error("Open succeeded")
			}
		})
	}
}

func TestEveryTableIsExplained(t *testing.T) {
	t.Parallel()
	rows, err := postgrestest.Pool(t).Query(t.Context(), `
		SELECT c.relname FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND obj_description(c.oid, 'pg_class') IS NULL
			AND c.relname NOT LIKE 'river%' AND c.relname NOT LIKE 'goose%'`)
	if err != nil {
		t.Fatal(err)
	}
	bare, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(bare) > 0 {
		t.Errorf("tables without a comment: %v, %v", bare, err)
	}
}

func TestMigrateFillsInSections(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	addDocuments(t, db, "oud", []string{"Een tekst uit de tijd dat er geen afdelingen waren."})
	if _, err := db.Pool().Exec(t.Context(), `UPDATE chunks SET heading = '{"Bijlage 1 Adviesaanvraag"}', section = NULL`); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var section *string
	if err := db.Pool().QueryRow(t.Context(), `SELECT section FROM chunks`).Scan(&section); err != nil {
		t.Fatal(err)
	}
	if section == nil || *section != string(corpus.SectionAnnex) {
		t.Errorf("section %v, want %s", section, corpus.SectionAnnex)
	}
}

// The table allows exactly the kinds of section that there are.
func TestSectionsAreThoseOfTheCorpus(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ids := addDocuments(t, db, "doc", []string{"Een tekst."})
	for _, kind := range corpus.SectionKinds() {
		if _, err := db.Pool().Exec(t.Context(), `UPDATE chunks SET section = $1`, string(kind)); err != nil {
			t.Errorf("%q: %v", kind, err)
		}
		passages, err := postgres.NewRetrievalStore(db).Passages(t.Context(), ids)
		if err != nil || len(passages) != 1 || passages[0].Section != kind {
			t.Errorf("%q is read as %+v, %v", kind, passages, err)
		}
	}
	if _, err := db.Pool().Exec(t.Context(), `UPDATE chunks SET section = 'chapters'`); err == nil {
		t.Error("a section that does not exist was stored")
	}
}
