// Command vraagbaak answers questions about the SER from the SER's own
// documents. It is the only place where the parts meet: it reads flags, wires
// packages together and turns signals into an orderly end.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/ser-nl/vraagbaak/ingest/extract"
)

// Exit codes, the same for every command.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// extractChild is the hidden argument that makes this program the child process
// in which documents are parsed.
const extractChild = "extract-child"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are the standard streams: results go to out, progress and logs to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// cli is the command line.
type cli struct {
	Settings

	Serve     serveCommand     `cmd:"" help:"Serve the website, the API and the chat."`
	Ingest    ingestCommand    `cmd:"" help:"Read documents into the corpus."`
	Ask       askCommand       `cmd:"" help:"Ask one question and print the cited answer."`
	Search    searchCommand    `cmd:"" help:"Print the passages that fit a query best."`
	History   historyCommand   `cmd:"" help:"Follow a subject through the Council's publications."`
	Documents documentsCommand `cmd:"" help:"List what is in the corpus."`
	Extract   extractCommand   `cmd:"" help:"Print what the ingester reads from a file; nothing is stored."`
	Eval      evalCommand      `cmd:"" help:"Measure answers, retrieval or the verifier."`
	Bench     benchCommand     `cmd:"" help:"Measure speed and extraction beside a baseline in the same run."`
	MCP       mcpCommand       `cmd:"" name:"mcp" help:"Let an assistant search, read and cite by the Model Context Protocol, over standard input and output."`
	Worker    workerCommand    `cmd:"" help:"Work on ingest jobs until stopped."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database schema up to date."`
	User      userCommand      `cmd:"" help:"Make accounts for the staff area and look after them."`
	Doctor    doctorCommand    `cmd:"" help:"Check database, models, OCR and disk, and say how to mend them."`
	Version   versionCommand   `cmd:"" help:"Print the version of this program."`
}

// errReported ends a command with exit code 1 after it said itself what is wrong.
var errReported = errors.New("reported")

// run is the whole program but for the process: it returns the exit code.
func run(ctx context.Context, args []string, std streams) int {
	if len(args) == 1 && args[0] == extractChild {
		if err := extract.ChildMain(ctx, std.in, std.out); err != nil {
			_, _ = fmt.Fprintln(std.err, err)
			return exitFailure
		}
		return exitOK
	}
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("vraagbaak"),
		kong.Description("Answers questions about the SER from the SER's own documents, every sentence with its source."),
		kong.UsageOnError(),
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { exited = code }),
		kong.Resolvers(kong.ResolverFunc(secretFile)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		_, _ = fmt.Fprintln(std.err, "vraagbaak:", err)
		return exitFailure
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		_, _ = fmt.Fprintf(std.err, "vraagbaak: %v\nSee: vraagbaak --help\n", err)
		return exitUsage
	}
	// Commands that end by themselves show their result and what is wrong, no more.
	standard := slog.LevelWarn
	switch command.Command() {
	case "serve", "worker":
		standard = slog.LevelInfo
	}
	logger, err := c.logger(std.err, standard)
	if err != nil {
		_, _ = fmt.Fprintln(std.err, "vraagbaak:", err)
		return exitUsage
	}
	err = command.Run(&env{Settings: c.Settings, streams: std, log: logger})
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFailure
	case errors.As(err, &usage):
		_, _ = fmt.Fprintln(std.err, "vraagbaak:", err)
		return exitUsage
	case ctx.Err() != nil:
		_, _ = fmt.Fprintln(std.err, "vraagbaak: stopped")
		return exitFailure
	default:
		_, _ = fmt.Fprintln(std.err, "vraagbaak:", err)
		return exitFailure
	}
}

// usageError is a wrong use of a command that the parser cannot see.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// secretFile reads a setting from the file that VRAAGBAAK_…_FILE names, so that
// secrets need not stand in the environment.
func secretFile(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		path := os.Getenv(name + "_FILE")
		if path == "" {
			continue
		}
		content, err := os.ReadFile(path) // #nosec G304 G703 -- the operator names the file
		if err != nil {
			return nil, fmt.Errorf("%s_FILE: %w", name, err)
		}
		return strings.TrimSpace(string(content)), nil
	}
	return nil, nil
}

// env is what every command runs with.
type env struct {
	Settings
	streams
	log *slog.Logger
}

func (e *env) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(e.out, format, args...)
}

func (e *env) notef(format string, args ...any) {
	_, _ = fmt.Fprintf(e.err, format, args...)
}
