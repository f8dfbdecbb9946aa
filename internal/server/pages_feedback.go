package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// MaxComment is the longest explanation of feedback, in Unicode code points.
const MaxComment = 1000

// Feedback is what a visitor thinks of an answer. There is one for each turn: the
// last one given.
type Feedback struct {
	Conversation, Turn string
	Useful             bool
	Sentence           int    // the sentence that is wrong, counted from 1; 0: none named
	Source             int    // the number of the citation that is wrong; 0: none named
	Comment            string // masked
}

// FeedbackStore keeps feedback with its turn: it is deleted with the conversation.
type FeedbackStore interface {
	// Give stores f in the place of what was given before. A turn without an answer,
	// or of another conversation, is a *corpus.UserError with corpus.CodeNotFound.
	Give(ctx context.Context, f Feedback) error
	// Given is the feedback of a conversation by turn.
	Given(ctx context.Context, conversation string) (map[string]Feedback, error)
}

// feedbackView is the form under an answer.
type feedbackView struct {
	ID string // of the element

	Conversation, Turn string
	Given              bool
	Useful             bool
	Open               bool // the part that asks what is wrong
	Wrong              string
	Choices            []choice
	Comment            string
	Error              string
	Max                int
}

type choice struct {
	Value, Text string
	Chosen      bool
}

func (l *locale) feedback(t chat.Turn, f Feedback, given bool) *feedbackView {
	v := &feedbackView{
		ID:           "oordeel-" + handleOf(t.ID),
		Conversation: t.Conversation, Turn: t.ID,
		Given: given, Useful: f.Useful, Comment: f.Comment, Max: MaxComment,
		Open: given && !f.Useful && f.Comment == "" && f.Sentence == 0 && f.Source == 0,
	}
	for i, s := range t.Answer.Sentences {
		v.Choices = append(v.Choices, choice{
			Value: fmt.Sprintf("z%d", i+1), Chosen: f.Sentence == i+1,
			Text: l.text("feedback.sentence", "n", i+1, "text", isolated(shorten(s.Text))),
		})
	}
	for _, c := range t.Answer.Citations {
		v.Choices = append(v.Choices, choice{
			Value: fmt.Sprintf("b%d", c.N), Chosen: f.Source == c.N,
			Text: l.text("feedback.source", "n", c.N, "text", isolated(shorten(c.Document.Title))),
		})
	}
	return v
}

// shorten keeps a choice on one line of a small screen.
func shorten(s string) string {
	const most = 48
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
}

// given is the feedback of a conversation; none when it cannot be read, because
// the answers matter more.
func (p *Pages) given(ctx context.Context, conversation string) map[string]Feedback {
	if p.feedback == nil || conversation == "" {
		return nil
	}
	given, err := p.feedback.Given(ctx, conversation)
	if err != nil {
		p.log.WarnContext(ctx, "feedback is not shown", "error", err)
	}
	return given
}

// judge stores what a visitor thinks of an answer.
func (p *Pages) judge(l *locale, w http.ResponseWriter, r *http.Request, conversation string) error {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	turns, at, err := p.find(ctx, conversation, r.PostForm.Get("turn"))
	if err != nil {
		return err
	}
	if turns[at].Answer == nil {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "no answer"}
	}
	f, err := parseFeedback(r.PostForm.Get("useful"), r.PostForm.Get("wrong"), *turns[at].Answer)
	if err != nil {
		return err
	}
	f.Conversation, f.Turn = conversation, turns[at].ID
	comment := strings.ToValidUTF8(strings.TrimSpace(strings.ReplaceAll(r.PostForm.Get("comment"), "\x00", "")), "\uFFFD")
	f.Comment, _ = chat.Mask(comment)
	count := utf8.RuneCountInString(f.Comment)
	if count <= MaxComment {
		if err := p.feedback.Give(ctx, f); err != nil {
			return err
		}
	}
	part := r.Header.Get("Accept") == partOfPage
	if count <= MaxComment && !part {
		p.remember(w, r, conversation)
		http.Redirect(w, r, l.conversationURL(conversation)+"#oordeel-"+handleOf(f.Turn), http.StatusSeeOther) //nolint:gosec // a path of ours made of digests
		return nil
	}
	view := l.feedback(turns[at], f, true)
	if count > MaxComment {
		view.Comment, view.Open = comment, true
		view.Error = l.text("feedback.too_long", "max", MaxComment, "count", count)
	}
	if part {
		p.fragment(l, w, r, "home", "feedback", view)
		return nil
	}
	views := p.turns(ctx, l, r, conversation, turns)
	views[at].After.Feedback = view
	p.render(l, w, r, http.StatusUnprocessableEntity, "home", p.talk(ctx, l, r, turns, views, composer{Conversation: conversation}))
	return nil
}

// parseFeedback reads the choices of the form: useful is ja or nee, wrong is empty,
// z and the number of a sentence, or b and the number of a citation of a.
func parseFeedback(useful, wrong string, a corpus.Answer) (Feedback, error) {
	bad := &corpus.UserError{Code: corpus.CodeBadMessage, Message: "feedback"}
	if useful != "ja" && useful != "nee" {
		return Feedback{}, bad
	}
	f := Feedback{Useful: useful == "ja"}
	if wrong == "" {
		return f, nil
	}
	n, err := strconv.Atoi(wrong[1:])
	if err != nil {
		return Feedback{}, bad
	}
	switch {
	case wrong[0] == 'z' && n >= 1 && n <= len(a.Sentences):
		f.Sentence = n
		return f, nil
	case wrong[0] == 'b':
		for _, c := range a.Citations {
			if c.N == n {
				f.Source = n
				return f, nil
			}
		}
	}
	return Feedback{}, bad
}

func isNotFound(err error) bool {
	var user *corpus.UserError
	return errors.As(err, &user) && user.Code == corpus.CodeNotFound
}
