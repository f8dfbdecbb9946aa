package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

const module = "github.com/ser-nl/vraagbaak/"

// mayImport is the map of the house: which packages of the project each package
// may import, downward only. A package that is not here has no place yet: give it
// one on purpose.
var mayImport = map[string][]string{
	"cmd/vraagbaak": {
		"ingest", "ingest/demo", "ingest/extract", "internal/answer", "internal/chat", "internal/corpus",
		"internal/dutch", "internal/evaluate", "internal/evidence", "internal/llm", "internal/localpg", "internal/mcp", "internal/office", "internal/postgres",
		"internal/research", "internal/retrieval", "internal/server", "internal/staff",
	},
	"internal/mcp": {"internal/answer", "internal/corpus", "internal/dutch", "internal/research", "internal/retrieval"},
	"internal/server": {
		"internal/answer", "internal/chat", "internal/corpus", "internal/dutch", "internal/evaluate",
		"internal/research", "internal/retrieval", "web",
	},
	"internal/office": {
		"internal/answer", "internal/chat", "internal/corpus", "internal/dutch", "internal/evaluate", "internal/retrieval", "internal/staff", "web",
	},
	"internal/staff":     {"internal/corpus"},
	"internal/chat":      {"internal/answer", "internal/corpus", "internal/dutch", "internal/retrieval"},
	"internal/research":  {"internal/answer", "internal/corpus", "internal/dutch", "internal/retrieval"},
	"internal/evaluate":  {"internal/answer", "internal/corpus", "internal/dutch", "internal/retrieval"},
	"internal/answer":    {"internal/corpus", "internal/dutch", "internal/retrieval"},
	"internal/retrieval": {"internal/corpus", "internal/dutch"},
	"internal/dutch":     {},
	"internal/corpus":    {},

	"ingest":              {"ingest/extract", "internal/corpus", "internal/dutch"},
	"ingest/extract":      {"ingest/pdfium", "internal/corpus", "internal/dutch"},
	"ingest/pdfium":       {},
	"ingest/demo":         {},
	"ingest/demo/makepdf": {},

	// Adapters know the packages whose interfaces they implement.
	"internal/postgres": {
		"ingest", "internal/answer", "internal/chat", "internal/corpus", "internal/dutch", "internal/evaluate",
		"internal/office", "internal/research", "internal/retrieval", "internal/server", "internal/staff", "migrations",
	},
	"internal/llm": {
		"internal/answer", "internal/chat", "internal/corpus", "internal/dutch", "internal/evaluate", "internal/retrieval",
	},
	"internal/evidence": {"ingest/extract", "internal/corpus", "internal/server"},
	"internal/localpg":  {},
	"migrations":        {},
	"web":               {},

	// For tests only.
	"internal/postgres/postgrestest": {"internal/localpg", "internal/postgres", "migrations"},
	"internal/pdftest":               {},
	"web/browser":                    {},
}

// onlyIn says where a library may be used: what is behind a wall stays there.
var onlyIn = map[string][]string{
	"github.com/tmc/langchaingo":          {"internal/llm"},
	"github.com/jackc/pgx":                {"internal/postgres", "internal/postgres/postgrestest"},
	"github.com/pgvector/pgvector-go":     {"internal/postgres", "internal/postgres/postgrestest"},
	"github.com/pressly/goose":            {"internal/postgres"},
	"github.com/riverqueue/river":         {"internal/postgres"},
	"database/sql":                        {"internal/postgres"},
	"github.com/bytecodealliance":         {"ingest/pdfium"},
	"github.com/tetratelabs/wazero":       {"ingest/pdfium"},
	"github.com/ledongthuc/pdf":           {"ingest/extract"},
	"github.com/gorilla/websocket":        {"internal/server"},
	"github.com/prometheus/client_golang": {"internal/server"},
	"github.com/alecthomas/kong":          {"cmd/vraagbaak"},
	"github.com/modelcontextprotocol":     {"internal/mcp"},
	"github.com/openai/openai-go":         {}, // drives the server in tests
	"github.com/alexedwards/scs":          {"internal/office"},
	"github.com/coreos/go-oidc":           {"internal/office"},
	"golang.org/x/oauth2":                 {"internal/office"},
	"golang.org/x/crypto":                 {"internal/staff"},
	"github.com/zitadel/oidc":             {}, // the provider of tests
	"github.com/schollz/progressbar":      {"cmd/vraagbaak"},
	"github.com/chromedp":                 {"web/browser"},
	"testing":                             {"internal/postgres/postgrestest", "web/browser"},
}

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// packages lists the packages of the project without their tests.
func packages(t *testing.T) []listed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "list", "-e", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("reading what go list says: %v", err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

func TestImportsGoDownward(t *testing.T) {
	t.Parallel()
	for _, fault := range importFaults(packages(t)) {
		t.Error(fault)
	}
}

// importFaults names every import that the map does not allow.
func importFaults(all []listed) []string {
	var faults []string
	for _, p := range all {
		name, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue
		}
		allowed, known := mayImport[name]
		if !known {
			faults = append(faults, name+" has no place in the map of the house: give it one in mayImport")
		}
		for _, imported := range p.Imports {
			if inner, ours := strings.CutPrefix(imported, module); ours {
				if known && !slices.Contains(allowed, inner) {
					faults = append(faults, name+" may not import "+inner)
				}
				continue
			}
			for library, places := range onlyIn {
				if (imported == library || strings.HasPrefix(imported, library+"/")) && !slices.Contains(places, name) {
					faults = append(faults, name+" may not import "+imported+": only "+strings.Join(places, ", ")+" may")
				}
			}
		}
		if name == "internal/corpus" {
			for _, dep := range p.Deps {
				if first, _, _ := strings.Cut(dep, "/"); strings.Contains(first, ".") {
					faults = append(faults, name+" depends on "+dep+", but may use the standard library only")
				}
			}
		}
	}
	return faults
}

// The rules themselves must notice what they forbid.
func TestImportRulesNotice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		pkg  listed
		want string // "" is allowed
	}{
		{"upward", listed{ImportPath: module + "internal/retrieval", Imports: []string{module + "internal/answer"}}, "internal/retrieval may not import internal/answer"},
		{"adapter by a consumer", listed{ImportPath: module + "internal/chat", Imports: []string{module + "internal/postgres"}}, "internal/chat may not import internal/postgres"},
		{"test helper", listed{ImportPath: module + "cmd/vraagbaak", Imports: []string{module + "internal/postgres/postgrestest"}}, "cmd/vraagbaak may not import internal/postgres/postgrestest"},
		{"walled library", listed{ImportPath: module + "internal/answer", Imports: []string{"github.com/tmc/langchaingo/llms"}}, "internal/answer may not import github.com/tmc/langchaingo/llms"},
		{"SQL", listed{ImportPath: module + "internal/server", Imports: []string{"github.com/jackc/pgx/v5"}}, "internal/server may not import github.com/jackc/pgx/v5"},
		{"unknown place", listed{ImportPath: module + "internal/util"}, "internal/util has no place"},
		{"impure corpus", listed{ImportPath: module + "internal/corpus", Deps: []string{"strings", "golang.org/x/text/cases"}}, "internal/corpus depends on golang.org/x/text/cases"},
		{"downward", listed{ImportPath: module + "internal/answer", Imports: []string{module + "internal/retrieval", "strings"}}, ""},
		{"similar name", listed{ImportPath: module + "internal/answer", Imports: []string{"testing2"}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			faults := strings.Join(importFaults([]listed{test.pkg}), "\n")
			if test.want == "" && faults != "" || !strings.Contains(faults, test.want) {
				t.Errorf("faults %q, want %q", faults, test.want)
			}
		})
	}
}
