package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Whoever knows the id of a conversation may go on with it, read it and delete it.
// So the id stands in no address: the address of a conversation is a digest of it,
// and only a browser that holds the id in a cookie is shown what is there. The
// cookie is set with the first question, and sent to that address alone. Forms carry
// the id in their body, so everything works in a frame without cookies too.

// conversationCookie holds the id of the conversation at whose address it is sent.
const conversationCookie = "gesprek"

// partOfPage is what a script asks for that shows the answer to a form where the
// form stands.
const partOfPage = "text/x-part"

// cookieAge is how long the cookie lives when nothing says how long conversations do.
const cookieAge = 30 * 24 * time.Hour

// handleOf is a name of a conversation or turn that does not give its id away: 132
// bits of a digest.
func handleOf(id string) string {
	sum := sha256.Sum256([]byte("vraagbaak\x00" + id))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:22]
}

// conversationPath is the address of a conversation without its language.
func conversationPath(id string) string { return "/gesprek/" + handleOf(id) }

// remember makes this browser the one that is shown the conversation.
func (p *Pages) remember(w http.ResponseWriter, r *http.Request, conversation string) {
	age := p.retention
	if age <= 0 {
		age = cookieAge
	}
	p.setCookies(w, r, conversation, int(age/time.Second))
}

func (p *Pages) setCookies(w http.ResponseWriter, r *http.Request, conversation string, seconds int) {
	value := conversation
	if seconds < 0 {
		value = ""
	}
	for _, l := range p.locales {
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the site is reached by https
			Name: conversationCookie, Value: value, Path: l.conversationURL(conversation), MaxAge: seconds,
			HttpOnly: true, SameSite: http.SameSiteLaxMode,
			Secure: strings.HasPrefix(p.origin(r), "https://"),
		})
	}
}

// mine is the conversation at the address of the request, if this browser has it.
func mine(r *http.Request) (string, error) {
	for _, c := range r.CookiesNamed(conversationCookie) {
		if handleOf(c.Value) == r.PathValue("address") {
			return c.Value, nil
		}
	}
	return "", &corpus.UserError{Code: corpus.CodeNotFound, Message: "no such conversation here"}
}

// named is the conversation that a form names.
func named(r *http.Request) (string, error) {
	id, err := uuid.Parse(r.PostForm.Get("conversation"))
	if err != nil {
		return "", &corpus.UserError{Code: corpus.CodeNotFound, Message: "no such conversation"}
	}
	return id.String(), nil
}

// form reads the body of a small form.
func form(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return &corpus.UserError{Code: corpus.CodeBadMessage, Message: "form", Err: err}
	}
	return nil
}

// withConversation reads the form of a request and checks the conversation it names.
func (p *Pages) withConversation(h func(l *locale, w http.ResponseWriter, r *http.Request, conversation string) error) func(*locale, http.ResponseWriter, *http.Request) {
	return func(l *locale, w http.ResponseWriter, r *http.Request) {
		err := form(w, r)
		var conversation string
		if err == nil {
			conversation, err = named(r)
		}
		if err == nil {
			w.Header().Set("Cache-Control", "no-store")
			err = h(l, w, r, conversation)
		}
		if err != nil {
			p.problem(l, w, r, err, composer{})
		}
	}
}

// open gives this browser the conversation that a script or a frame began, and its
// address: as JSON for the script, else by going there.
func (p *Pages) open(l *locale, w http.ResponseWriter, r *http.Request, conversation string) error {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	if _, err := p.conversations.Turns(ctx, conversation); err != nil {
		return err
	}
	p.remember(w, r, conversation)
	address := l.conversationURL(conversation)
	if r.Header.Get("Accept") == "application/json" {
		writeJSON(w, http.StatusOK, map[string]string{"address": address})
		return nil
	}
	http.Redirect(w, r, address, http.StatusSeeOther) //nolint:gosec // a path of ours made of a digest
	return nil
}

// wipe deletes a conversation. One that is gone already is as the visitor wants it.
func (p *Pages) wipe(l *locale, w http.ResponseWriter, r *http.Request, conversation string) error {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	if err := p.conversations.DeleteConversation(ctx, conversation, l.lang); err != nil && !isNotFound(err) {
		return err
	}
	p.setCookies(w, r, conversation, -1)
	http.Redirect(w, r, l.url("/?gewist"), http.StatusSeeOther)
	return nil
}

// Share is a conversation that its visitor asked to share.
type Share struct {
	Conversation string
	Token        string    // the secret part of its address
	At           time.Time // turns asked later are not shared
}

// ShareStore keeps which conversations are shared. A share is deleted with its
// conversation. What does not exist is a *corpus.UserError with corpus.CodeNotFound.
type ShareStore interface {
	// Share shares all turns so far at token; a conversation that was shared already
	// keeps its token.
	Share(ctx context.Context, conversation, token string) (Share, error)
	// Unshare makes the address worthless, for good. No error when there is none.
	Unshare(ctx context.Context, conversation string) error
	SharedAs(ctx context.Context, conversation string) (Share, error)
	Shared(ctx context.Context, token string) (Share, error)
}

// shareView is what a visitor sees of sharing.
type shareView struct {
	Conversation string // "": filled in by the script
	Address      string // "": not shared
	New          bool   // turns were asked after it was shared
	Open         bool
}

// shareView is nil where nothing can be shared.
func (p *Pages) shareView(ctx context.Context, l *locale, r *http.Request, conversation string, turns []chat.Turn) *shareView {
	if p.shares == nil {
		return nil
	}
	v := &shareView{Conversation: conversation}
	if conversation == "" {
		return v
	}
	share, err := p.shares.SharedAs(ctx, conversation)
	switch {
	case err == nil:
		v.Address = p.origin(r) + l.url("/gedeeld/"+share.Token)
		v.New = len(turns) > 0 && turns[len(turns)-1].CreatedAt.After(share.At)
	case !isNotFound(err):
		p.log.WarnContext(ctx, "it is not known whether a conversation is shared", "error", err)
		return nil
	}
	return v
}

// share begins, renews or stops sharing.
func (p *Pages) share(l *locale, w http.ResponseWriter, r *http.Request, conversation string) error {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	turns, err := p.conversations.Turns(ctx, conversation)
	if err != nil {
		return err
	}
	switch r.PostForm.Get("delen") {
	case "ja":
		_, err = p.shares.Share(ctx, conversation, strings.ToLower(rand.Text()))
	case "nee":
		err = p.shares.Unshare(ctx, conversation)
	default:
		err = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "share or not"}
	}
	if err != nil {
		return err
	}
	if r.Header.Get("Accept") == partOfPage { // a script shows it where it stands
		v := p.shareView(ctx, l, r, conversation, turns)
		v.Open = true
		p.fragment(l, w, r, "home", "share", v)
		return nil
	}
	p.remember(w, r, conversation)
	http.Redirect(w, r, l.conversationURL(conversation)+"?deel", http.StatusSeeOther) //nolint:gosec // as above
	return nil
}

type sharedPage struct {
	layout
	Turns []turnView
	On    string // the day it was shared
}

func (p sharedPage) with(base layout) any { p.layout = base; return p }

// shared shows a conversation to whoever has its address: what was asked before it
// was shared, to read only.
func (p *Pages) shared(l *locale, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	share, err := p.shares.Shared(ctx, r.PathValue("token"))
	var turns []chat.Turn
	if err == nil {
		turns, err = p.conversations.Turns(ctx, share.Conversation)
	}
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	page := sharedPage{layout: layout{Title: l.text("shared.title"), NoIndex: true}, On: l.day(share.At)}
	for _, t := range turns {
		if v := l.turn(t, p.origin(r)); v.State != "pending" && !t.CreatedAt.After(share.At) {
			v.ID, v.Shared = "", true // the id of a turn opens it
			page.Turns = append(page.Turns, v)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	p.render(l, w, r, http.StatusOK, "shared", page)
}
