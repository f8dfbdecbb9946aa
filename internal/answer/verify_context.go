package answer

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Context is where a quote stands: what may explain it, and whose view it gives.
type Context struct {
	Title   string
	Heading []string // outermost first
	Section corpus.SectionKind
}

// contextOf is the context of a passage.
func contextOf(p *corpus.Passage) Context {
	return Context{Title: p.Document.Title, Heading: p.Heading, Section: p.Section}
}

// explained are words that a sentence has in square brackets to name what it points
// at: "Dit platform [Arboplatform]".
var explained = regexp.MustCompile(`\s*\[([^\[\]]*\pL[^\[\]]*)\]`)

// councils are titles and headings of the Council's own texts.
var councils = regexp.MustCompile(`(?i)\b(ser|sociaal-economische raad|social and economic council|(ontwerp|brief)?advies|de raad)\b`)

// VerifyIn is Verify for a quote whose place is known. A name that the sentence adds in
// square brackets has to be in the quote, its headings or its title; and what stands in
// a minority's note is not the view of the Council.
func VerifyIn(sentence, quote string, in Context) Verdict {
	var missing []Reason
	plainly := explained.ReplaceAllStringFunc(sentence, func(m string) string {
		name := explained.FindStringSubmatch(m)[1]
		if !in.names(name, quote) {
			missing = append(missing, Reason{CheckName, "\"" + name + "\" in brackets is not in the quote, its headings or its title"})
		}
		return ""
	})
	if sentence == quote && in.Section != corpus.SectionMinority {
		return Verify(sentence, quote)
	}
	g := newGround(quote)
	g.ours = in.Section != corpus.SectionAnnex && slices.ContainsFunc(append([]string{in.Title}, in.Heading...), councils.MatchString)
	g.minority = in.Section == corpus.SectionMinority
	v := g.verify(plainly)
	if len(missing) > 0 {
		v.OK, v.Reasons = false, append(missing, v.Reasons...)
	}
	return v
}

// names reports whether all words of a name are in the quote, the headings or the
// title.
func (in Context) names(name, quote string) bool {
	have := make(map[string]bool)
	for _, text := range append([]string{quote, in.Title}, in.Heading...) {
		for _, t := range dutch.Tokens(text) {
			have[t.Text], have[dutch.Key(t.Text)] = true, true
		}
	}
	tokens := dutch.Tokens(name)
	for _, t := range tokens {
		if !have[t.Text] && !have[dutch.Key(t.Text)] && !dutch.IsStopWord(t.Text, "nl") && !dutch.IsStopWord(t.Text, "en") {
			return false
		}
	}
	return len(tokens) > 0 && strings.TrimSpace(name) != ""
}
