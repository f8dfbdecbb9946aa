package office

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// SignIn is how people come into the staff area. Accounts and Sessions are required.
type SignIn struct {
	Accounts *staff.Accounts
	Sessions *Sessions // the Gate too
	Provider *Provider // nil: with a password only
	// NoPasswords leaves only the provider.
	NoPasswords bool
	// Address is where a request comes from, for slowing guessing down. Default: the
	// other end of the connection.
	Address func(*http.Request) string
	// PublicURL is the address of the website as scheme://host, for the provider.
	// Default: as the request names it.
	PublicURL string
}

func (s *SignIn) address(r *http.Request) string {
	if s.Address != nil {
		return s.Address(r)
	}
	return r.RemoteAddr
}

func (s *SignIn) origin(r *http.Request) string {
	switch {
	case s.PublicURL != "":
		return strings.TrimSuffix(s.PublicURL, "/")
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

const (
	signInPath   = "/aanmelden"
	externalPath = signInPath + "/extern"
	callbackPath = signInPath + "/terug"
	signOutPath  = "/afmelden"
)

// signInTimeout bounds what signing in takes: two hashes of a password, and requests to a
// provider.
const signInTimeout = 40 * time.Second

// openRoutes are the addresses for whoever is not signed in yet; their need is "".
func (o *Office) openRoutes() []route {
	if o.signIn == nil {
		return nil
	}
	all := []route{
		{"GET", signInPath, "", o.signInPage},
		{"POST", signOutPath, "", o.signOut},
	}
	if !o.signIn.NoPasswords {
		all = append(all, route{"POST", signInPath, "", o.enter})
	}
	if o.signIn.Provider != nil {
		all = append(all,
			route{"GET", externalPath, "", o.leaveForProvider},
			route{"GET", callbackPath, "", o.backFromProvider})
	}
	return all
}

// accountRoutes are one's own account and, for administrators, those of others.
func (o *Office) accountRoutes() []route {
	if o.signIn == nil {
		return nil
	}
	return []route{
		{"GET", "/account", staff.MayEnter, o.ownAccount},
		{"POST", "/account", staff.MayEnter, o.changeOwnPassword},
		{"GET", "/accounts", staff.MayManage, o.accountsPage},
		{"POST", "/accounts", staff.MayManage, o.addAccount},
		{"POST", "/accounts/{id}", staff.MayManage, o.changeAccount},
	}
}

// signInView is the page to sign in.
type signInView struct {
	Email    string
	Back     string
	Error    string
	Notice   string
	Password bool   // there is a form for it
	Provider string // "" for none
}

func (o *Office) signInView(v *visit) signInView {
	s := signInView{Back: v.back(v.r.FormValue("terug")), Password: !o.signIn.NoPasswords}
	if o.signIn.Provider != nil {
		s.Provider = o.signIn.Provider.Name()
	}
	switch v.r.FormValue("waarom") {
	case "verlopen":
		s.Notice = v.text("account.expired")
	case "afgemeld":
		s.Notice = v.text("account.signed_out")
	}
	return s
}

// back is an address of the staff area to go to after signing in; "" for any other.
func (v *visit) back(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.Contains(address, `\`) {
		return ""
	}
	for _, prefix := range languagePrefixes() {
		rest, ok := strings.CutPrefix(u.Path, prefix+Root)
		if ok && (rest == "" || rest[0] == '/') && !strings.HasPrefix(rest, signInPath) && u.Path == cleanPath(u.Path) {
			return u.RequestURI()
		}
	}
	return ""
}

// cleanPath is a path without the parts that lead elsewhere.
func cleanPath(p string) string {
	if strings.Contains(p, "//") || strings.Contains(p, "/.") {
		return ""
	}
	return p
}

func (o *Office) signInPage(v *visit) error {
	view := o.signInView(v)
	if v.user.ID != 0 {
		return v.goBack(view.Back)
	}
	return v.page("signin", "signin", v.text("account.sign_in"), view)
}

func (v *visit) goBack(back string) error {
	if back == "" {
		return v.to("")
	}
	http.Redirect(v.w, v.r, back, http.StatusSeeOther) //nolint:gosec // visit.back made it
	return nil
}

// enter signs in with a password.
func (o *Office) enter(v *visit) error {
	view := o.signInView(v)
	view.Email = v.r.PostFormValue("email")
	if len(view.Email) > 254 {
		view.Email = ""
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), signInTimeout)
	defer cancel()
	u, err := o.signIn.Accounts.SignIn(ctx, view.Email, v.r.PostFormValue("password"), o.signIn.address(v.r))
	var slow *corpus.UserError
	switch {
	case err == nil:
		if err := o.signIn.Sessions.Begin(v.r, u, ""); err != nil {
			return err
		}
		v.o.log.InfoContext(v.r.Context(), "signed in", "account", u.ID)
		return v.goBack(view.Back)
	case errors.Is(err, staff.ErrBadPassword):
		v.o.log.WarnContext(v.r.Context(), "a sign-in failed")
		view.Error = v.text("account.bad_password")
		return v.show(http.StatusUnprocessableEntity, "signin", "signin", v.text("account.sign_in"), view)
	case errors.As(err, &slow) && slow.Code == corpus.CodeRateLimited:
		v.o.log.WarnContext(v.r.Context(), "a sign-in was put off", "seconds", slow.RetryAfter.Seconds())
		view.Error = v.tooMany(slow.RetryAfter)
		return v.show(http.StatusTooManyRequests, "signin", "signin", v.text("account.sign_in"), view)
	}
	return err
}

// tooMany says how long to wait, and tells programs too.
func (v *visit) tooMany(wait time.Duration) string {
	v.retryAfter(wait)
	if wait < 2*time.Minute {
		return v.text("account.wait_seconds", "n", int(math.Ceil(wait.Seconds())))
	}
	return v.text("account.wait_minutes", "n", int(math.Ceil(wait.Minutes())))
}

// signOut ends the session, here and at the provider when it offers that.
func (o *Office) signOut(v *visit) error {
	known := v.user
	idToken, err := o.signIn.Sessions.End(v.r)
	if err != nil {
		return err
	}
	if known.ID != 0 && known.Provider != "" && o.signIn.Provider != nil && idToken != "" {
		after := o.signIn.origin(v.r) + Root + signInPath
		if address := o.signIn.Provider.logoutURL(v.r.Context(), idToken, after); address != "" {
			http.Redirect(v.w, v.r, address, http.StatusSeeOther)
			return nil
		}
	}
	return v.to(signInPath + "?waarom=afgemeld")
}

func (o *Office) leaveForProvider(v *visit) error {
	address, f, err := o.signIn.Provider.begin(v.r.Context(), o.callback(v.r), v.back(v.r.FormValue("terug")))
	if err != nil {
		return o.providerFailed(v, errors.Join(errProvider, err))
	}
	if f.Back == "" {
		f.Back = v.url("") // in this language
	}
	if err := o.signIn.keepFlow(v.w, v.r, f); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, address, http.StatusSeeOther) //nolint:gosec // the address of the provider, from the settings
	return nil
}

// callback is where the provider sends the browser to: one address, whatever the
// language, because it is registered there.
func (o *Office) callback(r *http.Request) string { return o.signIn.origin(r) + Root + callbackPath }

func (o *Office) backFromProvider(v *visit) error {
	f := o.signIn.takeFlow(v.w, v.r)
	id, idToken, err := o.signIn.Provider.end(v.r.Context(), o.callback(v.r), f, v.r.URL.Query())
	if err != nil {
		return o.providerFailed(v, err)
	}
	ctx, cancel := v.database()
	defer cancel()
	u, err := o.signIn.Accounts.SignInWith(ctx, id)
	var user *corpus.UserError
	if errors.As(err, &user) {
		return o.providerFailed(v, err)
	}
	if err != nil {
		return err
	}
	if err := o.signIn.Sessions.Begin(v.r, u, idToken); err != nil {
		return err
	}
	v.o.log.InfoContext(v.r.Context(), "signed in with the provider", "account", u.ID)
	return v.goBack(v.back(f.Back))
}

// providerFailed shows the page to sign in again with what went wrong.
func (o *Office) providerFailed(v *visit, err error) error {
	status, key := http.StatusUnprocessableEntity, "refused"
	switch {
	case errors.Is(err, errFlow):
		key = "flow"
	case errors.Is(err, errNoRole):
		status, key = http.StatusForbidden, "no_role"
	case errors.Is(err, errNoEmail):
		status, key = http.StatusForbidden, "no_email"
	case errors.Is(err, errProvider):
		status, key = http.StatusBadGateway, "down"
	case !errors.Is(err, errRefused): // the account
		status, key = http.StatusForbidden, "no_account"
	}
	v.o.log.WarnContext(v.r.Context(), "a sign-in with the provider failed", "reason", key, "error", err)
	view := o.signInView(v)
	view.Error = v.text("account.provider."+key, "provider", view.Provider)
	return v.show(status, "signin", "signin", v.text("account.sign_in"), view)
}

// ownAccountView is the page of one's own account.
type ownAccountView struct {
	User   staff.User
	Role   string
	Least  int // characters of a password
	Error  string
	Notice string
}

func (o *Office) ownAccount(v *visit) error {
	view := ownAccountView{User: v.user, Role: v.role(v.user.Role), Least: staff.MinPassword}
	if v.r.FormValue("gedaan") == "wachtwoord" {
		view.Notice = v.text("account.password_changed")
	}
	return v.page("self", "account", v.text("account.title"), view)
}

// role is what a role is called.
func (l *locale) role(r staff.Role) string {
	if !r.Valid() {
		return string(r)
	}
	return l.text("account.role." + string(r))
}

// changeOwnPassword gives the account another password; sessions elsewhere end.
func (o *Office) changeOwnPassword(v *visit) error {
	fail := func(status int, text string) error {
		view := ownAccountView{User: v.user, Role: v.role(v.user.Role), Least: staff.MinPassword, Error: text}
		return v.show(status, "self", "account", v.text("account.title"), view)
	}
	if !v.user.Password {
		return &corpus.UserError{Code: corpus.CodeBadMessage, Message: v.text("account.no_password")}
	}
	fresh := v.r.PostFormValue("nieuw")
	if fresh != v.r.PostFormValue("herhaal") {
		return fail(http.StatusUnprocessableEntity, v.text("account.password_differs"))
	}
	if err := staff.CheckPassword(v.user, fresh); err != nil {
		return fail(http.StatusUnprocessableEntity, v.passwordFault(err))
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), signInTimeout)
	defer cancel()
	u, err := o.signIn.Accounts.ChangePassword(ctx, v.user, v.r.PostFormValue("oud"), fresh, o.signIn.address(v.r))
	var slow *corpus.UserError
	switch {
	case errors.Is(err, staff.ErrBadPassword):
		return fail(http.StatusUnprocessableEntity, v.text("account.old_password"))
	case errors.As(err, &slow) && slow.Code == corpus.CodeRateLimited:
		return fail(http.StatusTooManyRequests, v.tooMany(slow.RetryAfter))
	case err != nil:
		return err
	}
	if err := o.signIn.Sessions.Begin(v.r, u, ""); err != nil {
		return err
	}
	return v.to("/account?gedaan=wachtwoord")
}

// passwordFault says what is wrong with a password.
func (v *visit) passwordFault(err error) string {
	var fault *staff.PasswordError
	if !errors.As(err, &fault) {
		return v.text("account.password.common")
	}
	return v.text("account.password."+string(fault.Fault), "least", staff.MinPassword, "most", staff.MaxPassword)
}
