package main

import (
	"context"
	"runtime/debug"

	"github.com/ser-nl/vraagbaak/internal/postgres"
)

type migrateCommand struct{}

// Help is the command's example.
func (*migrateCommand) Help() string {
	return "Example:\n\n  vraagbaak migrate --database-url postgres://vraagbaak@db/vraagbaak"
}

func (*migrateCommand) Run(ctx context.Context, e *env) error {
	if e.DatabaseURL == "" {
		// The private database is migrated whenever it is opened.
		d, err := e.connect(ctx, 2)
		if err != nil {
			return err
		}
		defer d.Close(e.log)
		e.notef("The private database in %s is up to date.\n", e.DataDir)
		return nil
	}
	db, err := postgres.Open(ctx, e.DatabaseURL, postgres.Options{MaxConns: 2, Logger: e.log})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	e.notef("The database is up to date.\n")
	return nil
}

type versionCommand struct{}

func (*versionCommand) Run(e *env) error {
	e.printf("vraagbaak %s\n", version())
	return nil
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && (v == "" || v == "(devel)") {
			v = s.Value[:12]
		}
	}
	return v
}
