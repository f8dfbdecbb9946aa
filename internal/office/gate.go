package office

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/staff"
	"github.com/ser-nl/vraagbaak/web"
)

// SessionStore keeps sessions under the hash of their token. It is implemented by
// *postgres.Sessions.
type SessionStore interface {
	Find(ctx context.Context, hash string) (data []byte, found bool, err error)
	// Add stores a new session; Keep what became of one, if it is still there: one that
	// was ended meanwhile does not come back.
	Add(ctx context.Context, hash string, user int64, data []byte, expires time.Time) error
	Keep(ctx context.Context, hash string, data []byte, expires time.Time) error
	End(ctx context.Context, hash string) error
}

// SessionsConfig is what Sessions need. Store and Accounts are required.
type SessionsConfig struct {
	Store    SessionStore
	Accounts *staff.Accounts
	// Idle is how long a session lasts without a request, default 1 hour; Longest how
	// long at most, default 12 hours.
	Idle, Longest time.Duration
	// Secure says that the website is reached by https even where a request does not
	// show it, because a proxy stands before it.
	Secure bool
	Logger *slog.Logger // default: discards
}

// The defaults of SessionsConfig.
const (
	DefaultIdle    = time.Hour
	DefaultLongest = 12 * time.Hour
)

// Sessions know people by the session of their browser. Each request looks at the
// account anew, so that a change of it counts at once and on every server.
type Sessions struct {
	manager  *scs.SessionManager
	accounts *staff.Accounts
	secure   bool
	log      *slog.Logger
}

var _ Gate = (*Sessions)(nil)

// sessionCookie is the name of the cookie with the token.
const sessionCookie = "vb_redactie"

// What a session holds.
const (
	heldUser  = "user"  // int64
	heldEpoch = "epoch" // int64
	heldToken = "id_token"
)

// NewSessions returns the sessions of a store.
func NewSessions(config SessionsConfig) *Sessions {
	s := &Sessions{manager: scs.New(), accounts: config.Accounts, secure: config.Secure, log: config.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.manager.Store = scsStore{config.Store}
	s.manager.Codec = sessionCodec{}
	s.manager.HashTokenInStore = true
	s.manager.IdleTimeout, s.manager.Lifetime = config.Idle, config.Longest
	if s.manager.IdleTimeout <= 0 {
		s.manager.IdleTimeout = DefaultIdle
	}
	if s.manager.Lifetime <= 0 {
		s.manager.Lifetime = DefaultLongest
	}
	return s
}

// visitor is who sends a request, as its context holds it.
type visitor struct {
	user  staff.User
	found string // hash of the token of the session that the request came with
}

type visitorKey struct{}

// User implements Gate.
func (s *Sessions) User(r *http.Request) (staff.User, bool) {
	v, ok := r.Context().Value(visitorKey{}).(*visitor)
	if !ok || v.user.ID == 0 {
		return staff.User{}, false
	}
	return v.user, true
}

// Wrap implements Gate.
func (s *Sessions) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := ""
		if c, err := r.Cookie(sessionCookie); err == nil {
			token = c.Value
		}
		v := &visitor{}
		reading, cancel := context.WithTimeout(context.WithValue(r.Context(), visitorKey{}, v), readTimeout)
		loaded, err := s.manager.Load(reading, token)
		if err == nil {
			v.user, err = s.known(reading, loaded)
		}
		cancel()
		if err != nil {
			s.log.ErrorContext(r.Context(), "the session cannot be read", "error", err)
			http.Error(w, "Probeer het over een minuut opnieuw. / Try again in a minute.", http.StatusServiceUnavailable)
			return
		}
		// What was loaded must not end with the time for loading.
		r = r.WithContext(carried{r.Context(), loaded})
		sw := &sessionWriter{ResponseWriter: w, sessions: s, r: r, had: token != ""}
		next.ServeHTTP(sw, r)
		sw.send()
	})
}

// carried has the values of another context.
type carried struct {
	context.Context //nolint:containedctx // it is one itself

	values context.Context //nolint:containedctx // of the request, and gone with it
}

func (c carried) Value(key any) any { return c.values.Value(key) }

// known is the account of a loaded session as it is now; none when the account may not
// enter any more or all its sessions had to end.
func (s *Sessions) known(ctx context.Context, loaded context.Context) (staff.User, error) {
	id, _ := s.manager.Get(loaded, heldUser).(int64)
	if id == 0 {
		return staff.User{}, nil
	}
	u, err := s.accounts.User(ctx, id)
	var user *corpus.UserError
	if err != nil && (!errors.As(err, &user) || user.Code != corpus.CodeNotFound) {
		return staff.User{}, err
	}
	epoch, _ := s.manager.Get(loaded, heldEpoch).(int64)
	if err != nil || u.Epoch != epoch || !u.May(staff.MayEnter) {
		return staff.User{}, s.manager.Destroy(loaded)
	}
	return u, nil
}

// Begin signs somebody in with a new token: one that stood in the browser before means
// nothing any more. idToken is what the provider gave, "" for none.
func (s *Sessions) Begin(r *http.Request, u staff.User, idToken string) error {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	if err := s.manager.Destroy(ctx); err != nil {
		return err
	}
	s.manager.Put(ctx, heldUser, u.ID)
	s.manager.Put(ctx, heldEpoch, u.Epoch)
	if idToken != "" {
		s.manager.Put(ctx, heldToken, idToken)
	}
	if v, ok := r.Context().Value(visitorKey{}).(*visitor); ok {
		v.user, v.found = u, ""
	}
	return nil
}

// End signs out, and gives what the provider gave at the beginning.
func (s *Sessions) End(r *http.Request) (idToken string, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	idToken = s.manager.GetString(ctx, heldToken)
	if v, ok := r.Context().Value(visitorKey{}).(*visitor); ok {
		v.user = staff.User{}
	}
	return idToken, s.manager.Destroy(ctx)
}

// sessionWriter stores the session and sends its cookie before the first byte.
type sessionWriter struct {
	http.ResponseWriter

	sessions *Sessions
	r        *http.Request
	had      bool // the browser brought a token
	sent     bool
	failed   bool
}

// Unwrap serves http.ResponseController.
func (w *sessionWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *sessionWriter) WriteHeader(status int) {
	if status < http.StatusOK { // not the answer yet
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if !w.send() {
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *sessionWriter) Write(b []byte) (int, error) {
	if !w.send() {
		return len(b), nil // the error is what the browser gets
	}
	return w.ResponseWriter.Write(b)
}

// send reports whether the page may follow.
func (w *sessionWriter) send() bool {
	if w.sent {
		return !w.failed
	}
	w.sent = true
	if err := w.sessions.keep(w.ResponseWriter, w.r, w.had); err != nil {
		w.failed = true
		w.sessions.log.ErrorContext(w.r.Context(), "the session cannot be stored", "error", err)
		h := w.Header()
		h.Del("Content-Length")
		h.Del("Location")
		http.Error(w.ResponseWriter, "Probeer het over een minuut opnieuw. / Try again in a minute.", http.StatusServiceUnavailable)
	}
	return !w.failed
}

// keep stores what the request made of the session. Who is not signed in has none.
func (s *Sessions) keep(w http.ResponseWriter, r *http.Request, had bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), readTimeout)
	defer cancel()
	if id, _ := s.manager.Get(ctx, heldUser).(int64); id == 0 {
		if had {
			s.cookies(w, r, "", -1)
		}
		return nil
	}
	token, _, err := s.manager.Commit(ctx)
	if err != nil {
		return err
	}
	if v, ok := ctx.Value(visitorKey{}).(*visitor); ok && v.found == "" {
		s.cookies(w, r, token, 0)
	}
	return nil
}

// cookies sets the cookie for the staff area in every language, and nowhere else. Lax:
// whoever comes from a provider or from a link in a message is still signed in; a form
// of another website is not. It goes when the browser is closed; when it ends before is
// for the store to say.
func (s *Sessions) cookies(w http.ResponseWriter, r *http.Request, token string, maxAge int) {
	for _, prefix := range languagePrefixes() {
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the site is reached by https
			Name: sessionCookie, Value: token, Path: prefix + Root, MaxAge: maxAge,
			HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure || r.TLS != nil,
		})
	}
}

// languagePrefixes are what the addresses of each language begin with.
func languagePrefixes() []string {
	var all []string
	for i, lang := range web.Languages() {
		prefix := ""
		if i > 0 {
			prefix = "/" + lang
		}
		all = append(all, prefix)
	}
	return all
}

// sessionCodec writes the same session in the same bytes, which those of scs do not: a
// session that did not change is not stored again.
type sessionCodec struct{}

type sessionData struct {
	Deadline time.Time `json:"deadline"`
	User     int64     `json:"user"`
	Epoch    int64     `json:"epoch"`
	Token    string    `json:"id_token,omitempty"`
}

// Encode implements scs.Codec.
func (sessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	d := sessionData{Deadline: deadline}
	d.User, _ = values[heldUser].(int64)
	d.Epoch, _ = values[heldEpoch].(int64)
	d.Token, _ = values[heldToken].(string)
	return json.Marshal(d)
}

// Decode implements scs.Codec.
func (sessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var d sessionData
	if err := json.Unmarshal(b, &d); err != nil {
		return time.Time{}, nil, fmt.Errorf("reading a session: %w", err)
	}
	values := map[string]any{heldUser: d.User, heldEpoch: d.Epoch}
	if d.Token != "" {
		values[heldToken] = d.Token
	}
	return d.Deadline, values, nil
}

// scsStore is a SessionStore as scs wants it.
type scsStore struct{ store SessionStore }

var _ scs.CtxStore = scsStore{}

// errNeedsContext: scs uses the other methods where there are both.
var errNeedsContext = errors.New("the session store needs a context")

func (scsStore) Delete(string) error                    { return errNeedsContext }
func (scsStore) Find(string) ([]byte, bool, error)      { return nil, false, errNeedsContext }
func (scsStore) Commit(string, []byte, time.Time) error { return errNeedsContext }

func (s scsStore) DeleteCtx(ctx context.Context, hash string) error {
	return s.store.End(ctx, hash)
}

// FindCtx gives nothing for what cannot be read: a session of an older program.
func (s scsStore) FindCtx(ctx context.Context, hash string) ([]byte, bool, error) {
	data, found, err := s.store.Find(ctx, hash)
	if err != nil || !found {
		return nil, false, err
	}
	if _, _, err := (sessionCodec{}).Decode(data); err != nil {
		return nil, false, nil //nolint:nilerr // it is no session
	}
	if v, ok := ctx.Value(visitorKey{}).(*visitor); ok {
		v.found = hash
	}
	return data, true, nil
}

func (s scsStore) CommitCtx(ctx context.Context, hash string, data []byte, expires time.Time) error {
	if v, ok := ctx.Value(visitorKey{}).(*visitor); ok && v.found == hash {
		return s.store.Keep(ctx, hash, data, expires)
	}
	_, values, err := sessionCodec{}.Decode(data)
	if err != nil {
		return err
	}
	id, _ := values[heldUser].(int64)
	return s.store.Add(ctx, hash, id, data, expires)
}
