package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/localpg"
	"github.com/ser-nl/vraagbaak/internal/postgres"
)

// Settings are the flags that every command takes.
type Settings struct {
	DataDir     string `help:"Directory of the private PostgreSQL and of caches." default:"./data" env:"VRAAGBAAK_DATA_DIR" type:"path" placeholder:"DIR"`
	DatabaseURL string `help:"PostgreSQL with pgvector to use in place of the private one." env:"VRAAGBAAK_DATABASE_URL,DATABASE_URL" placeholder:"URL"`
	LogLevel    string `help:"How much to log: debug, info, warn or error; by default info for serve and worker, warn for the others." env:"VRAAGBAAK_LOG_LEVEL" placeholder:"LEVEL"`
	LogFormat   string `help:"Form of the log: text or json." default:"text" enum:"text,json" env:"VRAAGBAAK_LOG_FORMAT"`
}

// logger writes to w what the settings ask for, from standard up when they say
// nothing.
func (s Settings) logger(w io.Writer, standard slog.Level) (*slog.Logger, error) {
	level := standard
	if s.LogLevel != "" {
		if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
			return nil, fmt.Errorf("log level %q: use debug, info, warn or error", s.LogLevel)
		}
	}
	options := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

// PDFSettings are the flags of commands that read documents.
type PDFSettings struct {
	PDFReader string `help:"Reader of PDF files: pdfium, or light for machines with little memory." name:"pdf-reader" default:"pdfium" enum:"pdfium,light" env:"VRAAGBAAK_PDF_READER"`
}

// extractor reads documents in child processes of this program.
func (e *env) extractor(s PDFSettings, workers int) (*extract.Extractor, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return extract.New(extract.Options{
		Reader:   s.PDFReader,
		Workers:  workers,
		CacheDir: filepath.Join(e.DataDir, "cache"),
		Command:  []string{program, extractChild},
		Logger:   e.log,
	})
}

// database is an open database and, when it is the private one, its server.
type database struct {
	*postgres.DB
	private *localpg.Instance
	url     string
}

// Close ends the use of the database and reports what went wrong to the log.
func (x *database) Close(log *slog.Logger) {
	x.DB.Close()
	if x.private != nil {
		if err := x.private.Close(); err != nil {
			log.Error("the private database did not stop cleanly", "error", err)
		}
	}
}

// connect opens the database that the settings name, or the private one, which
// is started when no other command runs it. The private one is always migrated;
// another must have been, by the migrate command.
func (e *env) connect(ctx context.Context, conns int) (*database, error) {
	d, err := e.reach(ctx, conns)
	if err != nil {
		return nil, err
	}
	if err := e.ready(ctx, d); err != nil {
		d.Close(e.log)
		return nil, err
	}
	return d, nil
}

// reach is connect for what needs none of the tables.
func (e *env) reach(ctx context.Context, conns int) (*database, error) {
	d := &database{url: e.DatabaseURL}
	if d.url == "" {
		var err error
		if d.private, err = localpg.Start(ctx, localpg.Options{DataDir: e.DataDir, Logger: e.log}); err != nil {
			return nil, err
		}
		d.url = d.private.URL()
	}
	db, err := postgres.Open(ctx, d.url, postgres.Options{MaxConns: conns, Logger: e.log})
	if err != nil {
		if d.private != nil {
			_ = d.private.Close() // the failure to open says more
		}
		return nil, err
	}
	d.DB = db
	return d, nil
}

// ready makes sure that the schema is the one this program knows.
func (e *env) ready(ctx context.Context, d *database) error {
	if d.private != nil {
		return d.Migrate(ctx)
	}
	current, target, err := d.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if current < target {
		return fmt.Errorf("the database has schema %d, this program needs %d: run vraagbaak migrate", current, target)
	}
	return nil
}

// printJSON writes a result for programs.
func (e *env) printJSON(v any) error {
	encoder := json.NewEncoder(e.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(v)
}

// parseFilters reads --filter k=v flags.
func parseFilters(filters map[string]string) (corpus.Filter, error) {
	f, err := corpus.ParseFilter(filters)
	if err != nil {
		return f, usagef("%v", err)
	}
	return f, nil
}

// oneLine joins words given as separate arguments, so that quotes may be left out.
func oneLine(words []string) string { return strings.TrimSpace(strings.Join(words, " ")) }
