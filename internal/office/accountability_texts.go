package office

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

//go:embed texts/*.md
var accountabilityTexts embed.FS

// accountabilityData is what the texts of the account are filled with.
type accountabilityData struct {
	Facts
	Day       string
	Documents int
	Kept      string
	Masking   string
	Vectors   string
	Composed  string
}

// accountabilityText is a text of the account (dpia or verwerkingsregister), filled with the
// facts of the program. What people must say themselves stands between square brackets.
func accountabilityText(name string, f Facts, documents int, now time.Time) (string, error) {
	content, err := fs.ReadFile(accountabilityTexts, "texts/"+name+".md")
	if err != nil {
		return "", &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such text", Err: err}
	}
	t, err := template.New(name).Funcs(template.FuncMap{"join": strings.Join, "or": func(a, b string) string {
		if a == "" {
			return b
		}
		return a
	}}).Parse(string(content)) //nolint:gosec // a text of this program
	if err != nil {
		return "", fmt.Errorf("reading the text %s: %w", name, err)
	}
	var b strings.Builder
	data := accountabilityData{
		Facts: f, Day: now.Format("02-01-2006"), Documents: documents,
		Kept: keptSentence(f), Masking: maskedSentence(f), Vectors: vectorsPhrase(f), Composed: composePhrase(f),
	}
	if err := t.Execute(&b, data); err != nil {
		return "", fmt.Errorf("filling the text %s: %w", name, err)
	}
	return b.String(), nil
}
