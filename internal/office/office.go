package office

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"html/template"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/staff"
	"github.com/ser-nl/vraagbaak/web"
)

// Root is what every address of the staff area begins with, after the language.
const Root = "/redactie"

// Gate knows who sends a request.
type Gate interface {
	// Wrap gives the handler what it needs to know people by, such as a session.
	Wrap(http.Handler) http.Handler
	// User is who is signed in; false when nobody is.
	User(r *http.Request) (staff.User, bool)
}

// Config is what an Office needs. Gate is required; a part without its store has no
// pages.
type Config struct {
	Gate   Gate
	Logger *slog.Logger // default: discards

	SignIn    *SignIn          // signing in, one's own account and those of others
	Log       AuditLog         // the log of changes
	Proposals *staff.Proposals // changes that may wait for a second person
	Monitor   MonitorStore     // figures, topics, answers that were checked again
	Editor    *Editor          // what the public sees: documents, pinned answers, the chat itself; needs Proposals
	// Evaluation is question sets and what they are answered.
	Evaluation *Evaluation

	// Review lets staff judge answers; nil: they cannot.
	Review *ReviewConfig
}

// Office is the staff area.
type Office struct {
	gate    Gate
	log     *slog.Logger
	assets  *web.Assets
	locales []*locale
	has     map[string]bool // the parts that exist, by the first part of their address
	// origins lets no other website send forms, also none that may use the chat.
	origins *http.CrossOriginProtection

	signIn     *SignIn
	auditLog   AuditLog
	proposals  *staff.Proposals
	editor     *Editor
	evaluation *Evaluation
	monitor    MonitorStore

	review *ReviewConfig
}

// New parses the templates and reads the built assets.
func New(config Config) (*Office, error) {
	if config.Gate == nil {
		return nil, errors.New("the staff area needs a gate")
	}
	o := &Office{gate: config.Gate, log: config.Logger, signIn: config.SignIn, auditLog: config.Log, proposals: config.Proposals, monitor: config.Monitor, review: config.Review, editor: config.Editor, evaluation: config.Evaluation}
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if o.assets, err = web.LoadAssets(); err != nil {
		return nil, err
	}
	if o.locales, err = loadLocales(o.assets); err != nil {
		return nil, err
	}
	o.origins = http.NewCrossOriginProtection()
	o.has = make(map[string]bool)
	for _, r := range o.routes() {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
		o.has[first] = true
	}
	return o, nil
}

// route is an address of the staff area with what one must be allowed to use it.
type route struct {
	method string
	path   string // after Root: "" or "/…", with the wildcards of http.ServeMux
	need   staff.Permission
	serve  func(*visit) error
}

// routes are all addresses but those to sign in and out.
func (o *Office) routes() []route {
	var all []route
	for _, part := range [][]route{
		{{"GET", "", staff.MayEnter, o.home}},
		o.accountRoutes(),
		o.logRoutes(),
		o.proposalRoutes(),
		o.monitorRoutes(),
		o.reviewRoutes(),
		o.publicRoutes(),
		o.documentRoutes(),
		o.pinRoutes(),
		o.accountabilityRoutes(),
		o.setRoutes(),
		o.runRoutes(),
	} {
		all = append(all, part...)
	}
	return all
}

// Address is an address of the staff area and what one must be allowed to use it.
type Address struct {
	Method string
	Path   string           // in the default language, with the wildcards of http.ServeMux
	Need   staff.Permission // "" for the addresses to sign in and out, which are for everybody
}

// Addresses are all addresses of the staff area.
func (o *Office) Addresses() []Address {
	var all []Address
	for _, r := range append(o.openRoutes(), o.routes()...) {
		all = append(all, Address{Method: r.method, Path: Root + r.path, Need: r.need})
	}
	return all
}

// todos are what the parts have to do for the visitor, for the first page. A part whose
// look into the database fails is left out.
func (o *Office) todos(v *visit) []todo {
	ctx, cancel := v.database()
	defer cancel()
	var all []todo
	for _, part := range []func(context.Context, *visit) ([]todo, error){
		o.proposalTodos,
		o.partTodos,
		o.accountTodos,
		o.reviewTodos,
	} {
		found, err := part(ctx, v)
		if err != nil {
			o.log.ErrorContext(ctx, "the first page misses a part", "error", err)
			continue
		}
		all = append(all, found...)
	}
	return all
}

// todo is an entry of the first page: a part with what waits there.
type todo struct {
	URL, Title, What string
	Count            int // how many wait; 0 for none or for a part where nothing does
}

// Register adds the staff area to mux, in every language.
func (o *Office) Register(mux *http.ServeMux) {
	for _, l := range o.locales {
		for _, r := range append(o.openRoutes(), o.routes()...) {
			handler := o.guard(l, r)
			mux.Handle(r.method+" "+l.prefix+Root+r.path, o.gate.Wrap(handler))
		}
		mux.Handle(l.prefix+Root+"/", o.gate.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v := o.visit(l, w, r)
			v.problem(&corpus.UserError{Code: corpus.CodeNotFound, Message: "no such page"})
		})))
	}
}

// guard serves a route to those who may use it. Whoever is not signed in is sent to
// sign in, and comes back here after it when this was a page to look at.
func (o *Office) guard(l *locale, rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := o.visit(l, w, r)
		switch {
		case o.origins.Check(r) != nil:
			v.problem(errOrigin)
		case rt.need != "" && v.user.ID == 0:
			v.signIn()
		case rt.need != "" && !v.user.May(rt.need):
			v.problem(errForbidden)
		default:
			if r.Method == http.MethodPost {
				r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(rt))
			}
			err := v.readForm()
			if err == nil {
				err = rt.serve(v)
			}
			if err != nil {
				v.problem(err)
			}
		}
	})
}

// readForm reads the form, if there is one. What no browser sends and the database cannot
// hold, zero bytes and what is not UTF-8, is taken out of it and of the address; where it
// names something, there is no such thing.
func (v *visit) readForm() error {
	if v.r.URL.Path != plain(v.r.URL.Path) {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "no such page"}
	}
	query := v.r.URL.Query() // without what cannot be read
	plainValues(query)
	v.r.URL.RawQuery = query.Encode()
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	plainValues(v.r.Form)
	plainValues(v.r.PostForm)
	return nil
}

func plainValues(form url.Values) {
	for _, values := range form {
		for i := range values {
			values[i] = plain(values[i])
		}
	}
}

// plain is a text without what the database cannot hold.
func plain(s string) string { return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD") }

const (
	// maxForm bounds the body of a form, in bytes: a question set of ten thousand
	// lines fits.
	maxForm = 8 << 20
	// readTimeout bounds every look into the database for a page.
	readTimeout = 10 * time.Second
)

// errOrigin is what a form of another website gets.
var errOrigin = errors.New("sent by another website")

// errForbidden is what somebody gets whose role does not allow what they asked.
var errForbidden = errors.New("not allowed")

// visit is one request to the staff area.
type visit struct {
	*locale

	o    *Office
	w    http.ResponseWriter
	r    *http.Request
	user staff.User
}

func (o *Office) visit(l *locale, w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{locale: l, o: o, w: w, r: r}
	if u, ok := o.gate.User(r); ok && u.May(staff.MayEnter) {
		v.user = u
	}
	// What stands here is for the one who is signed in.
	w.Header().Set("Cache-Control", "no-store")
	return v
}

// database bounds a look into the database for a page.
func (v *visit) database() (context.Context, context.CancelFunc) {
	return context.WithTimeout(v.r.Context(), readTimeout)
}

// signIn sends the visitor to sign in. A form that came too late is not stored, and the
// page says so; a script is only told, because it cannot show a page.
func (v *visit) signIn() {
	if v.r.Header.Get("Sec-Fetch-Dest") == "empty" {
		http.Error(v.w, v.text("account.expired"), http.StatusUnauthorized)
		return
	}
	query := "?waarom=verlopen"
	if v.r.Method == http.MethodGet {
		query = ""
		if back := v.r.URL.RequestURI(); back != v.url("") {
			query = "?terug=" + url.QueryEscape(back)
		}
	}
	http.Redirect(v.w, v.r, v.url(signInPath)+query, http.StatusSeeOther) //nolint:gosec // a path of ours
}

// retryAfter tells programs how long to wait.
func (v *visit) retryAfter(wait time.Duration) {
	if s := int(math.Ceil(wait.Seconds())); s > 0 {
		v.w.Header().Set("Retry-After", strconv.Itoa(s))
	}
}

// to sends the visitor to another page after a form; path is one of the staff area's.
func (v *visit) to(path string) error {
	http.Redirect(v.w, v.r, v.url(path), http.StatusSeeOther) //nolint:gosec // a path of the staff area
	return nil
}

// may reports whether the visitor is allowed p; p is the name of a permission.
func (v *visit) may(p staff.Permission) bool { return v.user.May(p) }

// allowForm lets the form to sign out lead to the provider, which the policy of the
// website forbids.
func (v *visit) allowForm() {
	if v.o.signIn == nil || v.o.signIn.Provider == nil || v.user.Provider == "" {
		return
	}
	if origin := v.o.signIn.Provider.logoutOrigin(); origin != "" {
		h := v.w.Header()
		h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "form-action 'self'", "form-action 'self' "+origin, 1))
	}
}

// frame is what the layout shows around every page.
type frame struct {
	Title   string
	Section string // the entry of the menu that the page belongs to
	Lang    string
	Other   string // the other language
	Switch  string // this page in it
	User    staff.User
	Has     map[string]bool // the parts that exist, by the first part of their address
	Page    any
}

// May reports for templates whether the visitor has a permission.
func (f frame) May(p staff.Permission) bool { return f.User.May(p) }

// page shows a page. section names the entry of the menu, name the template, data is
// its dot.
func (v *visit) page(section, name, title string, data any) error {
	return v.show(http.StatusOK, section, name, title, data)
}

// show executes a page into memory first, so that a failing template never sends half
// a page.
func (v *visit) show(status int, section, name, title string, data any) error {
	f := frame{Title: title, Section: section, Lang: v.lang, Other: v.other.lang, User: v.user, Has: v.o.has, Page: data}
	f.Switch = v.other.prefix + strings.TrimPrefix(v.r.URL.RequestURI(), v.prefix)
	if v.r.Method != http.MethodGet {
		f.Switch = v.other.url("")
	}
	var b bytes.Buffer
	if err := v.pages[name].ExecuteTemplate(&b, "layout", f); err != nil {
		return err
	}
	h := v.w.Header()
	v.allowForm()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.lang)
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	v.w.WriteHeader(status)
	if _, err := b.WriteTo(v.w); err != nil {
		v.o.log.DebugContext(v.r.Context(), "page not delivered", "page", name, "error", err)
	}
	return nil
}

// problem says kindly what went wrong and what to do. What is not meant for people is
// logged and shown as an internal error.
func (v *visit) problem(err error) {
	if v.r.Context().Err() != nil && errors.Is(err, v.r.Context().Err()) {
		return // the visitor went away
	}
	status, key, said := http.StatusInternalServerError, "internal", ""
	var user *corpus.UserError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errForbidden):
		status, key = http.StatusForbidden, "forbidden"
	case errors.Is(err, errOrigin):
		status, key = http.StatusForbidden, "origin"
	case errors.As(err, &tooLarge):
		status, key = http.StatusRequestEntityTooLarge, "too_long"
	case errors.As(err, &user):
		said = user.Message
		switch user.Code {
		case corpus.CodeNotFound:
			status, key, said = http.StatusNotFound, "not_found", ""
		case corpus.CodeBadMessage:
			status, key = http.StatusUnprocessableEntity, "bad_message"
		case corpus.CodeTooLong:
			status, key = http.StatusRequestEntityTooLarge, "too_long"
		case corpus.CodeRateLimited:
			status, key = http.StatusTooManyRequests, "rate_limited"
			v.retryAfter(user.RetryAfter)
		case corpus.CodeBusy:
			status, key, said = http.StatusServiceUnavailable, "busy", ""
			v.retryAfter(cmp.Or(user.RetryAfter, time.Minute))
		default:
			said = ""
		}
	}
	if status == http.StatusInternalServerError {
		v.o.log.ErrorContext(v.r.Context(), "page of the staff area failed", "page", v.r.Pattern, "error", err)
	}
	title := v.text("office.problem." + key)
	err = v.show(status, "", "problem", title, struct{ Title, Said, What string }{title, said, v.text("office.problem." + key + ".what")})
	if err != nil {
		v.o.log.ErrorContext(v.r.Context(), "template failed", "page", "problem", "error", err)
		http.Error(v.w, title, http.StatusInternalServerError)
	}
}

// home is the first page: what one may do here.
func (o *Office) home(v *visit) error {
	return v.page("home", "home", v.text("office.home.title"), struct {
		Name, Role string
		Todos      []todo
	}{v.user.Name, v.role(v.user.Role), o.todos(v)})
}

// locale is everything of one language.
type locale struct {
	lang     string
	prefix   string // "" or "/en"
	other    *locale
	messages web.Messages
	pages    map[string]*template.Template
	zone     *time.Location // of the days that are shown
}

func loadLocales(assets *web.Assets) ([]*locale, error) {
	catalogue, err := web.LoadMessages()
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		zone = time.UTC // the machine has no time zones; a day is right but for an hour or two
	}
	var all []*locale
	for i, lang := range web.Languages() {
		l := &locale{lang: lang, messages: catalogue[lang], zone: zone}
		if i > 0 {
			l.prefix = "/" + lang
		}
		l.pages, err = web.Templates(web.OfficeTemplates, template.FuncMap{
			"t":     l.messages.Text,
			"url":   l.url,
			"site":  func(path string) string { return l.prefix + path },
			"asset": assets.Path,
			"when":  l.when,
			"field": newNoticeField, "percent": l.wholePercent, "registerLabel": func(name string) string { return l.text("editor.register.field_" + name) },
		})
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	for i, l := range all {
		l.other = all[(i+1)%len(all)]
	}
	return all, nil
}

// url is the address of a page of the staff area; path is "" or begins with a slash.
func (l *locale) url(path string) string { return l.prefix + Root + path }

// text is a message that is known to exist: a test holds that every key used in code
// and templates is in the catalogue.
func (l *locale) text(key string, args ...any) string {
	s, err := l.messages.Text(key, args...)
	if err != nil {
		return key
	}
	return s
}

// when is a moment to the minute, as people here write it; "" for none.
func (l *locale) when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(l.zone).Format("02-01-2006 15:04")
}
