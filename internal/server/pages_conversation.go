package server

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Numbers of what is suggested after an answer.
const (
	maxNextQuestions = 3
	maxNextHeadings  = 3
	maxCitedSources  = 3 // documents whose headings are read
	minHeading       = 4 // letters
	maxHeading       = 90
)

// afterView is what follows an ended answer: where it came from, what to do with
// it, what to ask next, and whether it helped.
type afterView struct {
	Conversation string
	Question     string
	Answered     bool   // there is an answer to copy and to judge
	Written      bool   // by people
	Updated      string // how new the documents were that it was made from; "" when unknown
	Newest       string // the date of the newest of them; "" when unknown
	Questions    []string
	Headings     []nextHeading
	Feedback     *feedbackView // nil when nobody asks
}

// nextHeading leads on in a cited document.
type nextHeading struct {
	Text, URL, Where, Lang string
}

// talk is the page of a conversation, or of none yet.
func (p *Pages) talk(ctx context.Context, l *locale, r *http.Request, turns []chat.Turn, views []turnView, c composer) chatPage {
	page := l.chatPage(c.Conversation, views, c)
	page.Share = p.shareView(ctx, l, r, c.Conversation, turns)
	return page
}

// turns makes the views of a conversation. What stands beside the answers may
// fail: then it is left out, and the answers are shown.
func (p *Pages) turns(ctx context.Context, l *locale, r *http.Request, conversation string, turns []chat.Turn) []turnView {
	views := make([]turnView, len(turns))
	given := p.given(ctx, conversation)
	for i, t := range turns {
		views[i] = l.turn(t, p.origin(r))
		if views[i].State == "pending" {
			continue
		}
		views[i].After = p.afterTurn(ctx, l, t, given)
		if i == len(turns)-1 {
			p.suggest(ctx, l, views[i].After, turns)
		}
	}
	return views
}

func (p *Pages) afterTurn(ctx context.Context, l *locale, t chat.Turn, given map[string]Feedback) *afterView {
	v := &afterView{Conversation: t.Conversation, Question: t.Question}
	if t.Answer == nil {
		return v
	}
	v.Answered, v.Written = len(t.Answer.Sentences) > 0, t.Answer.Model == answer.ModelEditorial
	if v.Answered {
		v.Updated = p.updated(ctx, l, t.Answer.Corpus)
		v.Newest = l.date(t.Answer.ReferenceDate)
	}
	if p.feedback != nil {
		f, ok := given[t.ID]
		v.Feedback = l.feedback(t, f, ok)
	}
	return v
}

// updated is the day on which the corpus came into a state, or "".
func (p *Pages) updated(ctx context.Context, l *locale, state string) string {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	at, err := p.library.UpdatedAt(ctx, state)
	if err != nil {
		p.log.WarnContext(ctx, "the age of the documents is not known", "error", err)
		return ""
	}
	return l.day(at)
}

// suggest adds what the cited documents say besides: headings that are questions
// can be asked, others can be read. Headings near what was cited come first.
func (p *Pages) suggest(ctx context.Context, l *locale, v *afterView, turns []chat.Turn) {
	last := turns[len(turns)-1]
	if last.Answer == nil {
		return
	}
	asked := make(map[string]bool)
	for _, t := range turns {
		asked[strings.ToLower(strings.TrimSpace(t.Question))] = true
	}
	cited := make(map[string]bool) // headings that the answer is from
	var sources []corpus.Citation
	for _, c := range last.Answer.Citations {
		cited[plainHeading(c.Heading)], cited[plainHeading(c.Document.Title)] = true, true
		if len(sources) < maxCitedSources && !slices.ContainsFunc(sources, func(s corpus.Citation) bool { return s.Document.ID == c.Document.ID }) {
			sources = append(sources, c)
		}
	}
	for _, c := range sources {
		headings, err := p.library.Headings(ctx, c.Document.ID, c.Version)
		if err != nil {
			p.log.WarnContext(ctx, "no suggestions from a document", "document", c.Document.ID, "error", err)
			continue
		}
		slices.SortStableFunc(headings, func(a, b Heading) int {
			return cmp.Compare(distance(a.Page, c.Page), distance(b.Page, c.Page))
		})
		for _, h := range headings {
			text := plainHeading(h.Text)
			n := utf8.RuneCountInString(text)
			if n < minHeading || n > maxHeading || !strings.ContainsFunc(text, unicode.IsLetter) || cited[text] {
				continue
			}
			switch question := strings.HasSuffix(text, "?"); {
			case question && len(v.Questions) < maxNextQuestions && !asked[strings.ToLower(text)]:
				v.Questions = append(v.Questions, text)
				asked[strings.ToLower(text)] = true
			case !question && len(v.Headings) < maxNextHeadings:
				v.Headings = append(v.Headings, nextHeading{
					Text: text, URL: l.pageURL(c.Document.ID, c.Version, h.Page), Lang: l.lang,
					Where: cmp.Or(c.Document.Title, c.Document.ID) + ", " + l.text("source.page", "page", cmp.Or(h.Label, strconv.Itoa(h.Page))),
				})
				cited[text] = true
			}
		}
	}
}

// distance puts what comes on the cited page and after it before what came earlier.
func distance(page, cited int) int {
	if page < cited {
		return 2 * (cited - page)
	}
	return 2*(page-cited) - 1
}

// plainHeading is a heading without its number.
func plainHeading(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	number, rest, found := strings.Cut(s, " ")
	if found && strings.Trim(number, "0123456789.") == "" {
		return rest
	}
	return s
}

// digitalSource is how an answer of a model was made, for machines.
func digitalSource(model string) string {
	if model == "" || model == answer.ModelExtractive {
		return "AlgorithmicMediaDigitalSource"
	}
	return "TrainedAlgorithmicMediaDigitalSource"
}

// after is what follows one answer, for the page that showed it arriving.
func (p *Pages) after(l *locale, w http.ResponseWriter, r *http.Request, conversation string) error {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	turns, at, err := p.find(ctx, conversation, r.PostForm.Get("turn"))
	if err != nil {
		return err
	}
	turns = turns[:at+1]
	p.fragment(l, w, r, "home", "after", p.turns(ctx, l, r, conversation, turns)[at])
	return nil
}

// find reads a conversation and the place of one of its turns.
func (p *Pages) find(ctx context.Context, conversation, turn string) ([]chat.Turn, int, error) {
	turns, err := p.conversations.Turns(ctx, conversation)
	if err != nil {
		return nil, 0, err
	}
	at := slices.IndexFunc(turns, func(t chat.Turn) bool { return t.ID == turn })
	if at < 0 {
		return nil, 0, &corpus.UserError{Code: corpus.CodeNotFound, Message: "no such turn"}
	}
	return turns, at, nil
}

// fragment answers with a part of a page.
func (p *Pages) fragment(l *locale, w http.ResponseWriter, r *http.Request, page, part string, data any) {
	var b bytes.Buffer
	if err := l.pages[page].ExecuteTemplate(&b, part, data); err != nil {
		p.log.ErrorContext(r.Context(), "template failed", "page", page, "part", part, "error", err)
		http.Error(w, l.text("problem.internal.text"), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	if _, err := b.WriteTo(w); err != nil {
		p.log.DebugContext(r.Context(), "part of a page not delivered", "part", part, "error", err)
	}
}

// conversationURL is the address of a conversation.
func (l *locale) conversationURL(conversation string) string {
	return l.url(conversationPath(conversation))
}

// retentionDays is a retention in whole days, at least one; 0 when it is not said.
func retentionDays(d time.Duration) int {
	if d <= 0 {
		return 0
	}
	return max(1, int((d+12*time.Hour)/(24*time.Hour)))
}
