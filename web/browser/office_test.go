package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// team is the staff area of a site.
type team struct {
	office.Config

	accounts *staff.Accounts
	kinds    *postgres.Proposals // what can be proposed
}

// newTeam puts a staff area together as serve does, on the database of a site. Each part
// adds its own fields to the configuration before open.
func newTeam(db *postgres.DB) *team {
	accounts := staff.NewAccounts(staff.AccountsConfig{
		Store: postgres.NewAccounts(db), Attempts: postgres.NewAttempts(db), Costs: staff.Costs{Memory: 8, Passes: 1, Threads: 1},
	})
	sessions := office.NewSessions(office.SessionsConfig{Store: postgres.NewSessions(db), Accounts: accounts})
	kinds := postgres.NewProposals(db, nil)
	return &team{accounts: accounts, kinds: kinds, Config: office.Config{
		Gate: sessions, Log: postgres.NewAudit(db), Proposals: staff.NewProposals(kinds, true),
		SignIn: &office.SignIn{Accounts: accounts, Sessions: sessions},
		Review: reviewConfig(db), Monitor: postgres.NewMonitor(db), Evaluation: evaluationConfig(db, kinds),
	}}
}

func (m *team) open(t testing.TB) *office.Office {
	t.Helper()
	o, err := office.New(m.Config)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// staffPassword is that of every account of these tests.
const staffPassword = "een fiets zonder bel"

// member makes an account with a role, once.
func (m *team) member(t testing.TB, role staff.Role) staff.User {
	t.Helper()
	email := string(role) + "@example.org"
	u, err := m.accounts.UserByEmail(t.Context(), email)
	if err != nil {
		u, err = m.accounts.Add(t.Context(), staff.User{}, staff.User{Email: email, Name: strings.ToUpper(string(role)[:1]) + string(role)[1:], Role: role}, staffPassword)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// signedIn opens a tab in which somebody with a role has signed in, on the first page of
// the staff area.
func signedIn(t testing.TB, s *site, role staff.Role, v view) context.Context {
	t.Helper()
	u := s.team.member(t, role)
	ctx := tab(t, v)
	open(ctx, t, s.url+"/redactie")
	signInAs(ctx, t, u.Email, staffPassword)
	until(ctx, t, "the first page is there", `location.pathname === "/redactie" && document.querySelector("main h1")?.textContent === "Redactie"`)
	return ctx
}

// signInAs fills the form to sign in and sends it.
func signInAs(ctx context.Context, t testing.TB, email, password string) {
	t.Helper()
	until(ctx, t, "the form to sign in is there", `document.querySelector("#password")`)
	do(ctx, t, "signing in", typeInto("#email", email), typeInto("#password", password), click("form.vb-form button"))
}

// snap keeps a picture of the whole page when a folder for that is named.
func snap(ctx context.Context, t testing.TB, name string) {
	t.Helper()
	dir := os.Getenv(envScreenshots)
	if dir == "" {
		return
	}
	limited, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	content, err := chromedp.Run(limited, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, unsafeName.ReplaceAllString(name, "_")+".png"), content, 0o600)
	}
	if err != nil {
		t.Fatal("taking a picture:", err)
	}
}

// fits fails the test when the page is wider than the window.
func fits(ctx context.Context, t testing.TB, where string) {
	t.Helper()
	if over := evaluate[int](ctx, t, `document.documentElement.scrollWidth - window.innerWidth`); over > 0 {
		t.Errorf("%s is %d pixels wider than the window", where, over)
	}
}

// officeViews are how pages of the staff area are looked at.
var officeViews = map[string]view{
	"desk light": {width: 1280, height: 900}, "desk dark": {width: 1280, height: 900, dark: true},
	"phone light": {width: 320, height: 640}, "phone dark": {width: 320, height: 640, dark: true},
}

// propose has an editor propose something that changes nothing.
func propose(t *testing.T, s *site) {
	t.Helper()
	s.team.kinds.Kind("note.add", func(context.Context, pgx.Tx, staff.Proposal) error { return nil })
	_, err := s.team.Proposals.Propose(t.Context(), s.team.member(t, staff.RoleEditor), "note.add", "note:1",
		"Een bericht boven elke pagina: “Morgen is de Vraagbaak een uur niet bereikbaar.”", map[string]string{"text": "Morgen"})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	u := s.team.member(t, staff.RoleAdmin)
	propose(t, s)
	ctx := tab(t, desktop)
	open(ctx, t, s.url+"/redactie/logboek?wat=account")
	signInAs(ctx, t, u.Email, "een fiets met een bel")
	until(ctx, t, "it is told what is wrong", `document.querySelector("[role=alert]")?.textContent.includes("klopt niet")`)
	axe(ctx, t, "wrong password")
	if kept := evaluate[string](ctx, t, `document.querySelector("#email").value + document.querySelector("#password").value`); kept != u.Email {
		t.Errorf("the form keeps %q, want the address alone", kept)
	}
	do(ctx, t, "trying again", typeInto("#password", staffPassword), press("Enter"))
	until(ctx, t, "the page that was asked for is there", `location.pathname + location.search === "/redactie/logboek?wat=account"`)
	if got := text(ctx, t, "main"); !strings.Contains(got, "account.add") || !strings.Contains(got, u.Email) {
		t.Errorf("the log says %q", got)
	}

	// The cookie is out of the reach of scripts, and not sent to the website itself.
	if got := evaluate[string](ctx, t, `document.cookie`); got != "" {
		t.Errorf("scripts see %q", got)
	}

	// Somebody who loses the role loses the page in the same moment.
	second := signedIn(t, s, staff.RoleEditor, desktop)
	open(second, t, s.url+"/redactie/accounts")
	if got := text(second, t, "h1"); got != "Dit mag u niet doen" {
		t.Errorf("an editor sees %q", got)
	}
	if _, err := s.team.accounts.SetDisabled(t.Context(), u, s.team.member(t, staff.RoleEditor).ID, true); err != nil {
		t.Fatal(err)
	}
	open(second, t, s.url+"/redactie")
	if got := text(second, t, "h1"); got != "Aanmelden" {
		t.Errorf("a disabled editor sees %q", got)
	}

	open(ctx, t, s.url+"/redactie/account")
	do(ctx, t, "signing out", click(`form[action="/redactie/afmelden"] button`))
	until(ctx, t, "one is signed out", `document.querySelector("[role=status]")?.textContent.includes("afgemeld")`)
	open(ctx, t, s.url+"/redactie/logboek")
	if got := text(ctx, t, "h1"); got != "Aanmelden" {
		t.Errorf("after signing out: %q", got)
	}
}

func TestOfficeLooks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.own(t)
	propose(t, s)
	stranger, admin := tab(t, desktop), signedIn(t, s, staff.RoleAdmin, desktop)
	for name, v := range officeViews {
		ctx := look(stranger, t, v)
		open(ctx, t, s.url+"/redactie/aanmelden")
		axe(ctx, t, "signing in at "+name)
		fits(ctx, t, "signing in at "+name)
		snap(ctx, t, "office-signin-"+name)
		ctx = look(admin, t, v)
		for _, path := range []string{"", "/account", "/accounts", "/logboek", "/voorstellen", "/bestaat-niet"} {
			open(ctx, t, s.url+"/redactie"+path)
			where := fmt.Sprintf("/redactie%s at %s", path, name)
			axe(ctx, t, where)
			fits(ctx, t, where)
			snap(ctx, t, "office-"+path+"-"+name)
		}
	}
}
