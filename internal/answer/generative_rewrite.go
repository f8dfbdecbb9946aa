package answer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Rewriter makes a follow-up question whole from the conversation before it. An error
// means that the question is read by rules.
type Rewriter interface {
	Rewrite(ctx context.Context, history []Exchange, question, lang string) (string, error)
}

// ModelRewriter rewrites with a language model and believes nothing of it: a whole
// question may name only what the conversation names.
type ModelRewriter struct {
	writer Writer
}

var _ Rewriter = (*ModelRewriter)(nil)

// NewRewriter returns a Rewriter that asks a model.
func NewRewriter(w Writer) *ModelRewriter { return &ModelRewriter{writer: w} }

const (
	rewriteVersion = "v1"
	rewriteTime    = 6 * time.Second // a visitor waits for it before anything else
	rewriteHistory = 3               // exchanges a model gets to read
	rewriteAnswer  = 400             // code points of each answer
	longestRewrite = 400             // code points
)

// ErrNotFromConversation is the cause when a model's question holds what neither the
// conversation nor the question has, or leaves out what the question names.
var ErrNotFromConversation = errors.New("the rewritten question does not follow from the conversation")

// Rewrite implements Rewriter. It returns within rewriteTime.
func (r *ModelRewriter) Rewrite(ctx context.Context, history []Exchange, question, lang string) (string, error) {
	whole, _, err := r.rewrite(ctx, history, question, lang)
	return whole, err
}

func (r *ModelRewriter) rewrite(ctx context.Context, history []Exchange, question, lang string) (string, corpus.Usage, error) {
	lang = cmp.Or(lang, dutch.Detect(question))
	history = history[max(0, len(history)-rewriteHistory):]
	data := struct {
		History  []Exchange
		Question string
	}{Question: defused(question)}
	for _, h := range history {
		short := []rune(defused(h.Answer))
		data.History = append(data.History, Exchange{Question: defused(h.Question), Answer: string(short[:min(len(short), rewriteAnswer)])})
	}
	prompt, err := fill("rewrite."+rewriteVersion+"."+lang, data)
	if err != nil {
		return "", corpus.Usage{}, err
	}
	if EstimateTokens(prompt.System)+EstimateTokens(prompt.User) > r.writer.Budget() {
		return "", corpus.Usage{}, ErrPromptTooLong
	}
	ctx, cancel := context.WithTimeout(ctx, rewriteTime)
	defer cancel()
	var text strings.Builder
	long := errors.New("it writes on")
	written, err := r.writer.Write(ctx, prompt, func(delta string) error {
		text.WriteString(delta)
		if utf8.RuneCountInString(text.String()) > longestRewrite {
			return long
		}
		return nil
	})
	if err != nil {
		return "", written.Usage, fmt.Errorf("rewrite question: %w", err)
	}
	whole := strings.TrimSpace(text.String())
	whole = strings.Trim(whole, "\"“”")
	if err := follows(whole, question, history, lang); err != nil {
		return "", written.Usage, err
	}
	return whole, written.Usage, nil
}

// follows checks a rewritten question: one line, no instruction; every number, name
// and most of its content comes from the conversation; what the follow-up itself names
// is still there.
func follows(whole, question string, history []Exchange, lang string) error {
	if whole == "" || strings.ContainsAny(whole, "\n<>[]{}|") || speaksToMachine(whole) {
		return fmt.Errorf("%w: it is no question", ErrNotFromConversation)
	}
	var said strings.Builder
	said.WriteString(question)
	for _, h := range history {
		said.WriteString("\n" + h.Question + "\n" + h.Answer)
	}
	ground := newGround(said.String())
	ground.lang = lang
	mine := words(whole, lang)
	numbers := func(text string) []dutch.Number {
		return slices.DeleteFunc(dutch.Numbers(text), trivial)
	}
	for _, n := range numbers(whole) {
		if !slices.ContainsFunc(ground.numbers, n.Same) {
			return fmt.Errorf("%w: %q is not in it", ErrNotFromConversation, corpusSlice(whole, n.Start, n.End))
		}
	}
	for _, n := range numbers(question) {
		if !slices.ContainsFunc(dutch.Numbers(whole), n.Same) {
			return fmt.Errorf("%w: %q was left out", ErrNotFromConversation, corpusSlice(question, n.Start, n.End))
		}
	}
	content, known := 0, 0
	for i, w := range mine {
		name := (w.capital && !w.opening || w.acronym || places[w.text]) && !w.stop && !w.number
		if weight(w) == 0 && !name || generic[w.text] || weak[w.text] {
			continue
		}
		backed := nearestTo(w, ground.words) >= 0.9 || inFull(w, ground.words) > 0
		if name && !backed && w.text != "ser" {
			return fmt.Errorf("%w: %q is not in it", ErrNotFromConversation, mine[i].text)
		}
		content++
		if backed {
			known++
		}
	}
	if 3*known < 2*content {
		return fmt.Errorf("%w: it is about something else", ErrNotFromConversation)
	}
	for _, w := range words(question, lang) {
		if weight(w) >= 1 && !generic[w.text] && !weak[w.text] && !dutch.IsEveryday(w.text, lang) && nearestTo(w, mine) < 0.65 {
			return fmt.Errorf("%w: %q was left out", ErrNotFromConversation, w.text)
		}
	}
	return nil
}

// rewrite lets the rewriter make a follow-up whole, and keeps what the rules made of it
// when the rewriter fails or says what the conversation does not.
func (t *turn) rewrite(ctx context.Context) string {
	r := t.service.rewriter
	if r == nil || !t.u.FollowUp || t.u.Intent != IntentAsk || len(t.request.History) == 0 {
		return ""
	}
	var (
		whole string
		err   error
	)
	if m, ok := r.(*ModelRewriter); ok {
		var usage corpus.Usage
		whole, usage, err = m.rewrite(ctx, t.request.History, t.request.Question, t.u.Lang)
		t.used(usage)
	} else {
		whole, err = r.Rewrite(ctx, t.request.History, t.request.Question, t.u.Lang)
	}
	if err != nil {
		t.service.log.DebugContext(ctx, "follow-up read by rules", "turn", t.request.ID, "error", err)
		return ", by rules"
	}
	req := t.request
	req.Question, req.History, req.Lang = whole, nil, t.u.Lang
	u := understand(req)
	if u.Intent != IntentAsk {
		return ", by rules" // a model may not turn a question into something else
	}
	u.FollowUp, u.Asked = true, t.u.Asked
	t.u = u
	return ", by the model"
}

// used adds to what the turn took of language models.
func (t *turn) used(u corpus.Usage) {
	if u == (corpus.Usage{}) {
		return
	}
	a := &t.result.Answer
	if a.Usage == nil {
		a.Usage = &corpus.Usage{}
	}
	a.Usage.PromptTokens += u.PromptTokens
	a.Usage.CompletionTokens += u.CompletionTokens
	a.Usage.Estimated = a.Usage.Estimated || u.Estimated
}
