package office_test

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// The provider of these tests is a certified one (zitadel/oidc), run in this process
// behind a listener of its own.

// idp is an OpenID provider with one person.
type idp struct {
	*storage.Storage

	server *httptest.Server
	op     op.OpenIDProvider
	person storage.User
	claims map[string]any // told of the person besides
	after  string         // where one may go after signing out
	life   time.Duration  // of ID tokens
	asked  atomic.Int32   // how often it was asked for what it offers
}

// GetUserByID implements storage.UserStore.
func (p *idp) GetUserByID(id string) *storage.User {
	if id != p.person.ID {
		return nil
	}
	return &p.person
}

// GetUserByUsername implements storage.UserStore.
func (p *idp) GetUserByUsername(name string) *storage.User {
	if name != p.person.Username {
		return nil
	}
	return &p.person
}

// ExampleClientID implements storage.UserStore.
func (p *idp) ExampleClientID() string { return "service" }

// SetUserinfoFromToken adds what else is told of the person.
func (p *idp) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, subject, origin string) error {
	for name, value := range p.claims {
		info.AppendClaims(name, value)
	}
	return p.Storage.SetUserinfoFromToken(ctx, info, token, subject, origin)
}

// client is one of the provider's with what the tests vary.
type client struct {
	op.Client

	p *idp
}

func (c client) IDTokenLifetime() time.Duration   { return c.p.life }
func (c client) PostLogoutRedirectURIs() []string { return []string{c.p.after} }

// GetClientByClientID gives clients with what the tests vary.
func (p *idp) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := p.Storage.GetClientByClientID(ctx, id)
	return client{c, p}, err
}

// startIDP starts a provider that knows the site at address.
func startIDP(t *testing.T, site string) *idp {
	t.Helper()
	p := &idp{life: time.Hour, after: site + "/redactie/aanmelden", person: storage.User{
		ID: "subject-1", Username: "ann", Password: "verysecure", FirstName: "Ann", LastName: "de Wit", Email: "Ann@example.org", EmailVerified: true,
	}}
	p.Storage = storage.NewStorageWithClients(p, map[string]*storage.Client{
		"vraagbaak": storage.WebClient("vraagbaak", "geheim", site+"/redactie/aanmelden/terug"),
	})
	p.server = httptest.NewUnstartedServer(nil)
	var err error
	p.op, err = op.NewProvider(&op.Config{CryptoKey: [32]byte{1}, CodeMethodS256: true, AuthMethodPost: true, DefaultLogoutRedirectURI: "/"},
		p, op.StaticIssuer("http://"+p.server.Listener.Addr().String()), op.WithAllowInsecure(), op.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	p.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/.well-known/") {
			p.asked.Add(1)
		}
		p.op.ServeHTTP(w, r)
	})
	p.server.Start()
	t.Cleanup(p.server.Close)
	return p
}

// joined is a staff area with a provider.
func joined(t *testing.T, change func(*office.ProviderConfig)) (*house, *idp) {
	t.Helper()
	// The address of the site must be known to the provider, and the provider's to the
	// site: so the site is reached through a listener that is there first.
	var handler http.Handler
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(site.Close)
	p := startIDP(t, site.URL)
	config := office.ProviderConfig{Issuer: p.server.URL, ClientID: "vraagbaak", ClientSecret: "geheim", Name: "Proef-ID", Timeout: 20 * time.Second}
	if change != nil {
		change(&config)
	}
	provider, err := office.NewProvider(config)
	if err != nil {
		t.Fatal(err)
	}
	h := openHouse(t, func(_ *office.SessionsConfig, in *office.SignIn) { in.Provider = provider })
	handler = h.Config.Handler
	h.URL = site.URL
	return h, p
}

// toProvider leaves for the provider, and gives the address it is left for.
func toProvider(t *testing.T, h *house, c *http.Client, back string) *url.URL {
	t.Helper()
	r := fetch(t, c, http.MethodGet, h.URL+"/redactie/aanmelden/extern?terug="+url.QueryEscape(back), nil)
	at, err := url.Parse(r.Header.Get("Location"))
	if err != nil || r.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s: %v", r.StatusCode, r.body, err)
	}
	return at
}

// atProvider signs in there, and gives the address that the browser is sent back to.
func atProvider(t *testing.T, p *idp, c *http.Client, at *url.URL) *url.URL {
	t.Helper()
	r := fetch(t, c, http.MethodGet, at.String(), nil)
	login, err := url.Parse(r.Header.Get("Location"))
	if err != nil || login.Query().Get("authRequestID") == "" {
		t.Fatalf("%d %s %s: %v", r.StatusCode, login, r.body, err)
	}
	id := login.Query().Get("authRequestID")
	if err := p.CheckUsernamePassword(p.person.Username, p.person.Password, id); err != nil {
		t.Fatal(err)
	}
	r = fetch(t, c, http.MethodGet, op.AuthCallbackURL(p.op)(op.ContextWithIssuer(t.Context(), p.server.URL), id), nil)
	back, err := url.Parse(r.Header.Get("Location"))
	if err != nil || back.Query().Get("code") == "" {
		t.Fatalf("%d %s %s: %v", r.StatusCode, back, r.body, err)
	}
	return back
}

func TestProviderSignsIn(t *testing.T) {
	t.Parallel()
	h, p := joined(t, nil)
	u := h.add(t, "ann", staff.RoleReviewer)
	if n := p.asked.Load(); n != 0 {
		t.Errorf("the provider was asked %d times before anybody wanted it", n)
	}
	c := browser(t)
	r := fetch(t, c, http.MethodGet, h.URL+"/redactie/aanmelden", nil)
	if !strings.Contains(r.body, "Aanmelden met Proef-ID") {
		t.Errorf("the page does not offer it: %s", r.body)
	}
	at := toProvider(t, h, c, "/redactie/account?x=1")
	q := at.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": "vraagbaak", "code_challenge_method": "S256", "redirect_uri": h.URL + "/redactie/aanmelden/terug"} {
		if got := q.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(q.Get(name)) < 26 {
			t.Errorf("%s is %q: too short", name, q.Get(name))
		}
	}
	for _, cookie := range fetch(t, browser(t), http.MethodGet, h.URL+"/redactie/aanmelden/extern", nil).Cookies() {
		if cookie.Name != "vb_redactie_extern" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/redactie/aanmelden" || cookie.MaxAge != 600 {
			t.Errorf("cookie %s", cookie)
		}
	}
	back := atProvider(t, p, c, at)
	r = fetch(t, c, http.MethodGet, back.String(), nil)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/redactie/account?x=1" || !h.inside(t, c) {
		t.Fatalf("%d to %s: %s", r.StatusCode, r.Header.Get("Location"), r.body)
	}
	known, err := h.accounts.User(t.Context(), u.ID)
	if err != nil || known.Provider != p.server.URL || known.SignedIn.IsZero() {
		t.Errorf("%+v, %v", known, err)
	}

	// What was brought back serves once.
	if r := fetch(t, c, http.MethodGet, back.String(), nil); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(r.body, "hoort niet bij deze browser") {
		t.Errorf("a second time: %d", r.StatusCode)
	}

	// The next time the account is known by its subject, whatever the address is now.
	p.person.Email, p.person.EmailVerified = "ann.nieuw@example.org", false
	other := browser(t)
	fetch(t, other, http.MethodGet, atProvider(t, p, other, toProvider(t, h, other, "")).String(), nil)
	if !h.inside(t, other) {
		t.Error("not known by subject")
	}

	// Signing out goes by the provider, which is told whom and takes the browser back; the
	// pages let the form lead there.
	r = fetch(t, other, http.MethodPost, h.URL+"/redactie/afmelden", nil)
	out, err := url.Parse(r.Header.Get("Location"))
	if err != nil || r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(out.String(), p.server.URL+"/") || out.Query().Get("id_token_hint") == "" || h.inside(t, other) {
		t.Fatalf("%d to %s: %v", r.StatusCode, out, err)
	}
	if r := fetch(t, other, http.MethodGet, out.String(), nil); !strings.HasPrefix(r.Header.Get("Location"), h.URL+"/redactie/aanmelden") {
		t.Errorf("the provider: %d to %q %s", r.StatusCode, r.Header.Get("Location"), r.body)
	}
}

// What must not sign anybody in.
func TestProviderRefusals(t *testing.T) {
	t.Parallel()
	withRoles := func(c *office.ProviderConfig) {
		c.RoleClaim, c.Roles = "realm_access.roles", map[string]staff.Role{"vb-redactie": staff.RoleEditor, "vb-lezer": staff.RoleViewer}
	}
	// tamper changes what the browser holds of the flow.
	tamper := func(what string) func(*testing.T, *house, *idp, *http.Client, *url.URL) {
		return func(t *testing.T, h *house, _ *idp, c *http.Client, _ *url.URL) {
			at, err := url.Parse(h.URL + "/redactie/aanmelden/terug")
			if err != nil {
				t.Fatal(err)
			}
			for _, cookie := range c.Jar.Cookies(at) {
				if cookie.Name != "vb_redactie_extern" {
					continue
				}
				held, err := base64.RawURLEncoding.DecodeString(cookie.Value)
				if err != nil || !strings.Contains(string(held), `"`+what+`":"`) {
					t.Fatalf("%s, %v", held, err)
				}
				changed := strings.Replace(string(held), `"`+what+`":"`, `"`+what+`":"x`, 1)
				c.Jar.SetCookies(at, []*http.Cookie{{Name: cookie.Name, Value: base64.RawURLEncoding.EncodeToString([]byte(changed)), Path: "/redactie/aanmelden"}})
			}
		}
	}
	query := func(name, value string) func(*testing.T, *house, *idp, *http.Client, *url.URL) {
		return func(_ *testing.T, _ *house, _ *idp, _ *http.Client, back *url.URL) {
			q := back.Query()
			q.Set(name, value)
			back.RawQuery = q.Encode()
		}
	}
	for _, test := range []struct {
		name   string
		config func(*office.ProviderConfig)
		before func(*idp)
		change func(*testing.T, *house, *idp, *http.Client, *url.URL) // before the browser comes back
		status int
		says   string
	}{
		{name: "another state", change: query("state", "x"), status: http.StatusUnprocessableEntity, says: "hoort niet bij deze browser"},
		{name: "no state", change: query("state", ""), status: http.StatusUnprocessableEntity, says: "hoort niet bij deze browser"},
		{name: "another browser", change: func(t *testing.T, _ *house, _ *idp, c *http.Client, _ *url.URL) { c.Jar = browser(t).Jar }, status: http.StatusUnprocessableEntity, says: "hoort niet bij deze browser"},
		{name: "another nonce", change: tamper("Nonce"), status: http.StatusUnprocessableEntity, says: "is niet gelukt"},
		{name: "another verifier", change: tamper("Verifier"), status: http.StatusUnprocessableEntity, says: "is niet gelukt"},
		{name: "another code", change: query("code", "x"), status: http.StatusUnprocessableEntity, says: "is niet gelukt"},
		{name: "refused there", change: query("error", "access_denied"), status: http.StatusUnprocessableEntity, says: "is niet gelukt"},
		{name: "expired", before: func(p *idp) { p.life = -time.Hour }, status: http.StatusUnprocessableEntity, says: "is niet gelukt"},
		{name: "wrong secret", config: func(c *office.ProviderConfig) { c.ClientSecret = "x" }, status: http.StatusUnprocessableEntity, says: "is niet gelukt"},
		{name: "address not verified", before: func(p *idp) { p.person.EmailVerified = false }, status: http.StatusForbidden, says: "geen account voor u"},
		{name: "unknown", before: func(p *idp) { p.person.Email = "eve@example.org" }, status: http.StatusForbidden, says: "geen account voor u"},
		{name: "no address", before: func(p *idp) { p.person.Email = "" }, status: http.StatusForbidden, says: "geen e-mailadres"},
		{name: "no role", config: withRoles, status: http.StatusForbidden, says: "geen rol"},
		{name: "another role", config: withRoles, before: func(p *idp) {
			p.claims = map[string]any{"realm_access": map[string]any{"roles": []string{"iets-anders"}}, "roles": []string{"vb-redactie"}}
		}, status: http.StatusForbidden, says: "geen rol"},
		{name: "disabled", change: func(t *testing.T, h *house, _ *idp, _ *http.Client, _ *url.URL) {
			u, err := h.accounts.UserByEmail(t.Context(), "ann@example.org")
			if err == nil {
				_, err = h.accounts.SetDisabled(t.Context(), staff.User{}, u.ID, true)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, status: http.StatusForbidden, says: "geen account voor u"},
		{name: "gone down", change: func(_ *testing.T, _ *house, p *idp, _ *http.Client, _ *url.URL) { p.server.Close() }, status: http.StatusBadGateway, says: "niet bereikbaar"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h, p := joined(t, test.config)
			h.add(t, "ann", staff.RoleReviewer)
			if test.before != nil {
				test.before(p)
			}
			c := browser(t)
			back := atProvider(t, p, c, toProvider(t, h, c, ""))
			if test.change != nil {
				test.change(t, h, p, c, back)
			}
			r := fetch(t, c, http.MethodGet, back.String(), nil)
			if r.StatusCode != test.status || !strings.Contains(r.body, test.says) {
				t.Errorf("%d, want %d with %q:\n%s", r.StatusCode, test.status, test.says, r.body)
			}
			if h.inside(t, c) || h.count(t, `SELECT count(*) FROM staff_sessions`) != 0 || h.count(t, `SELECT count(*) FROM staff_users`) != 1 {
				t.Error("somebody was let in, or an account was made")
			}
		})
	}
}

// The provider's roles: the highest counts, an account is made, and follows them.
func TestProviderRoles(t *testing.T) {
	t.Parallel()
	h, p := joined(t, func(c *office.ProviderConfig) {
		c.RoleClaim = "realm_access.roles"
		c.Roles = map[string]staff.Role{"vb-redactie": staff.RoleEditor, "vb-lezer": staff.RoleViewer}
	})
	for _, step := range []struct {
		roles []string
		want  staff.Role
	}{{[]string{"vb-lezer", "x", "vb-redactie"}, staff.RoleEditor}, {[]string{"vb-lezer"}, staff.RoleViewer}} {
		p.claims = map[string]any{"realm_access": map[string]any{"roles": step.roles}}
		c := browser(t)
		fetch(t, c, http.MethodGet, atProvider(t, p, c, toProvider(t, h, c, "")).String(), nil)
		u, err := h.accounts.UserByEmail(t.Context(), "ann@example.org")
		if err != nil || u.Role != step.want || u.Name != "Ann de Wit" || u.Password || !h.inside(t, c) {
			t.Errorf("%v: %+v, %v", step.roles, u, err)
		}
	}
	if n := h.count(t, `SELECT count(*) FROM staff_audit WHERE user_name = 'OpenID Connect' AND action IN ('account.add', 'account.role')`); n != 2 {
		t.Errorf("%d entries in the log, want 2", n)
	}
}

// Without its provider the site starts, says so, and takes passwords; when the provider
// comes back it is used.
func TestProviderIsDown(t *testing.T) {
	t.Parallel()
	down := httptest.NewServer(nil)
	address := down.URL
	down.Close()
	h, _ := joined(t, func(c *office.ProviderConfig) { c.Issuer = address })
	h.add(t, "ann", staff.RoleReviewer)
	c := browser(t)
	r := fetch(t, c, http.MethodGet, h.URL+"/en/redactie/aanmelden/extern", nil)
	if r.StatusCode != http.StatusBadGateway || !strings.Contains(r.body, "cannot be reached now") || !strings.Contains(r.body, `id="password"`) {
		t.Errorf("%d: %s", r.StatusCode, r.body)
	}
	if h.enter(t, c, "ann"); !h.inside(t, c) {
		t.Error("no password is taken")
	}
}

func TestProviderSettings(t *testing.T) {
	t.Parallel()
	good := office.ProviderConfig{Issuer: "https://idp.example.org", ClientID: "x"}
	for name, test := range map[string]struct {
		change func(*office.ProviderConfig)
		want   string
	}{
		"good":       {func(*office.ProviderConfig) {}, ""},
		"no address": {func(c *office.ProviderConfig) { c.Issuer = "idp.example.org" }, "no address"},
		"odd scheme": {func(c *office.ProviderConfig) { c.Issuer = "file:///idp" }, "no address"},
		"no client":  {func(c *office.ProviderConfig) { c.ClientID = "" }, "client id"},
		"claim only": {func(c *office.ProviderConfig) { c.RoleClaim = "groups" }, "claim with roles"},
		"roles only": {func(c *office.ProviderConfig) { c.Roles = map[string]staff.Role{"a": staff.RoleAdmin} }, "claim with roles"},
		"no role": {func(c *office.ProviderConfig) {
			c.RoleClaim, c.Roles = "groups", map[string]staff.Role{"a": "root"}
		}, "is no role"},
	} {
		c := good
		test.change(&c)
		p, err := office.NewProvider(c)
		if test.want == "" && (err != nil || p.Name() != "idp.example.org") || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
