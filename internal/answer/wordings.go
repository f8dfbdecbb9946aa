package answer

import (
	_ "embed"
	"regexp"
	"strings"
)

// wordingsFile says in its first lines how it is written.
//
//go:embed wordings.tsv
var wordingsFile string

// wording is an everyday way to ask with the plain words for it.
type wording struct {
	said    *pattern       // over the question in small letters: tells most questions apart at once
	pattern *regexp.Regexp // the same whatever the case
	plain   string
}

var wordings = func() []wording {
	var out []wording
	for line := range strings.Lines(wordingsFile) {
		line = strings.TrimRight(line, "\n")
		said, plain, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		out = append(out, wording{re(said), regexp.MustCompile("(?i)" + said), expandable.ReplaceAllString(plain, "$${$1}")})
	}
	return out
}()

// expandable are the groups of a replacement: $2 and what follows it is not $2x.
var expandable = regexp.MustCompile(`\$(\d)`)

// inPlainWords says a question in the words that texts answer in, as far as the list
// of everyday wordings knows them.
func inPlainWords(question string) string {
	out := question
	lower := strings.ToLower(out)
	for _, p := range wordings {
		if p.said.MatchString(lower) {
			out = p.pattern.ReplaceAllString(out, p.plain)
			lower = strings.ToLower(out)
		}
	}
	if out = strings.Join(strings.Fields(out), " "); len(strings.Trim(out, " ?!.,:")) < 3 {
		return question
	}
	return out
}
