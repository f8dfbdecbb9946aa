package office

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/staff"
	"github.com/ser-nl/vraagbaak/web"
)

// recordedActions are the actions that the source of the program records: what looks
// like one in the packages that write to the log, and the kinds of proposals with what
// can become of them.
func recordedActions(t *testing.T) []string {
	t.Helper()
	looks := regexp.MustCompile(`^[a-z]{2,}(\.[a-z]+)+$`)
	found := make(map[string]bool)
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), root))
		writes := folder == "/internal/postgres" || folder == "/internal/staff"
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if of, ok := n.Type.(*ast.SelectorExpr); ok && of.Sel.Name == "Entry" && !writes {
					if x, ok := of.X.(*ast.Ident); ok && x.Name == "staff" {
						t.Errorf("%s writes to the log of changes: look for its actions here too", path)
					}
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); writes && err == nil && n.Kind == token.STRING && looks.MatchString(text) {
					found[text] = true
				}
			case *ast.ValueSpec:
				if len(n.Values) != 1 || folder != "/internal/office" || !strings.HasPrefix(n.Names[0].Name, "Kind") {
					break
				}
				if lit, ok := n.Values[0].(*ast.BasicLit); ok {
					kind, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					for _, became := range []staff.ProposalStatus{staff.ProposalOpen, staff.ProposalApplied, staff.ProposalRejected, staff.ProposalExpired} {
						found[kind+"."+string(became)] = true
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(found))
}

// Every action that is recorded anywhere has a name in both languages, and no name is
// left over.
func TestEveryActionHasAName(t *testing.T) {
	t.Parallel()
	catalogue, err := web.LoadMessages()
	if err != nil {
		t.Fatal(err)
	}
	actions := recordedActions(t)
	for _, known := range []string{"account.add", "account.disable", "public.close", "set.case.change", "pin.save.open", "run.publish.applied"} {
		if !slices.Contains(actions, known) {
			t.Errorf("%s is not found in the source", known)
		}
	}
	for _, lang := range web.Languages() {
		l := &locale{lang: lang, messages: catalogue[lang]}
		for _, action := range actions {
			if name := l.actionName(action); name == action || strings.Contains(name, action) {
				t.Errorf("%s: %s has no name", lang, action)
			}
		}
		for key := range catalogue[lang] {
			if action, ok := strings.CutPrefix(key, "log.action."); ok && !slices.ContainsFunc(actions, func(a string) bool { return a == action || strings.HasPrefix(a, action+".") }) {
				t.Errorf("%s: nothing records %s", lang, action)
			}
		}
		if got := l.actionName("old.verb"); got != "old.verb" {
			t.Errorf("an unknown action is called %q", got)
		}
	}
}
