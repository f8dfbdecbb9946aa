package llm

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

var _ evaluate.Judge = (*Judge)(nil)

// judgePrompt names the prompt files in use. A changed prompt is a new version: what
// judges found is kept by it.
const judgePrompt = "v1"

//go:embed prompts/*.tmpl
var judgeFiles embed.FS

var judgeTemplates = template.Must(template.ParseFS(judgeFiles, "prompts/*.tmpl"))

// Bounds of what a judge reads and writes, in code points.
const (
	judgeSentence = 2_000
	judgeQuotes   = 8_000
	judgeReply    = 2_000
	judgeWhy      = 300
)

// Judge asks a chat model, at temperature 0, whether quotes support a sentence. It is
// safe for concurrent use.
type Judge struct{ chat *Chat }

// NewJudge returns a judge that asks a model; the deadlines are those of chat.
func NewJudge(chat *Chat) *Judge { return &Judge{chat} }

// Version implements evaluate.Judge.
func (j *Judge) Version() string { return j.chat.Name() + " judge." + judgePrompt }

// Judge implements evaluate.Judge. What is too long to be read whole is unclear: a part
// of a quote may leave out what supports the sentence.
func (j *Judge) Judge(ctx context.Context, sentence string, quotes []string) (evaluate.Opinion, error) {
	length := 0
	clean := make([]string, len(quotes))
	for i, q := range quotes {
		length += utf8.RuneCountInString(q)
		clean[i] = withoutTags(q)
	}
	if length > judgeQuotes || utf8.RuneCountInString(sentence) > judgeSentence {
		return evaluate.Opinion{Outcome: evaluate.OutcomeUnclear, Why: "too long to be judged"}, nil
	}
	var system, user strings.Builder
	data := struct {
		Sentence string
		Quotes   []string
	}{withoutTags(sentence), clean}
	if err := judgeTemplates.ExecuteTemplate(&system, "judge."+judgePrompt+".system.tmpl", nil); err != nil {
		return evaluate.Opinion{}, fmt.Errorf("prompt of the judge: %w", err)
	}
	if err := judgeTemplates.ExecuteTemplate(&user, "judge."+judgePrompt+".user.tmpl", data); err != nil {
		return evaluate.Opinion{}, fmt.Errorf("prompt of the judge: %w", err)
	}
	prompt := answer.Prompt{System: system.String(), User: user.String()}
	if answer.EstimateTokens(prompt.System)+answer.EstimateTokens(prompt.User) > j.chat.Budget() {
		return evaluate.Opinion{Outcome: evaluate.OutcomeUnclear, Why: "too long for the model's window"}, nil
	}
	var reply strings.Builder
	enough := errors.New("enough")
	_, err := j.chat.Write(ctx, prompt, func(delta string) error {
		reply.WriteString(delta)
		if reply.Len() > 4*judgeReply {
			return enough // it goes on and on
		}
		return nil
	})
	if err != nil && !errors.Is(err, enough) {
		return evaluate.Opinion{}, err
	}
	return opinion(reply.String()), nil
}

// withoutTags takes the tags of the prompt out of a text, so that none can end its own
// part of it.
func withoutTags(s string) string { return promptTags.ReplaceAllString(s, " ") }

var (
	promptTags = regexp.MustCompile(`(?i)</?\s*(bron|zin)\s*>`)
	thoughts   = regexp.MustCompile(`(?s)<think>.*?(</think>|$)`)
)

// opinion reads what a judge wrote: the word on the first line that is not empty, and
// why on the next. Anything else is unclear.
func opinion(reply string) evaluate.Opinion {
	reply = strings.TrimSpace(thoughts.ReplaceAllString(reply, ""))
	first, rest, _ := strings.Cut(reply, "\n")
	word := strings.ToUpper(strings.Trim(first, " \t\r*_`#.:\"'“”"))
	o := evaluate.Opinion{Why: corpus.Slice(strings.Join(strings.Fields(rest), " "), 0, judgeWhy)}
	switch strings.NewReplacer(" ", "_", "-", "_").Replace(word) {
	case "GEDEKT":
		o.Outcome = evaluate.OutcomeSupported
	case "NIET_GEDEKT":
		o.Outcome = evaluate.OutcomeUnsupported
	case "VERKEERDE_BRON":
		o.Outcome = evaluate.OutcomeWrongCitation
	default:
		o = evaluate.Opinion{Outcome: evaluate.OutcomeUnclear, Why: corpus.Slice(strings.Join(strings.Fields(reply), " "), 0, judgeWhy)}
	}
	return o
}
