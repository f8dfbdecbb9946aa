package office_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// house is a staff area on a database of its own, behind a real listener.
type house struct {
	*httptest.Server

	db       *postgres.DB
	accounts *staff.Accounts
}

const password = "een fiets zonder bel"

// openHouse opens a staff area; change may alter how one signs in.
func openHouse(t *testing.T, change func(*office.SessionsConfig, *office.SignIn)) *house {
	t.Helper()
	h := &house{db: postgrestest.New(t)}
	h.accounts = staff.NewAccounts(staff.AccountsConfig{
		Store: postgres.NewAccounts(h.db), Attempts: postgres.NewAttempts(h.db), Costs: staff.Costs{Memory: 8, Passes: 1, Threads: 1},
	})
	h.Server = httptest.NewServer(h.another(t, change))
	t.Cleanup(h.Close)
	return h
}

// another is a further server of the same installation.
func (h *house) another(t *testing.T, change func(*office.SessionsConfig, *office.SignIn)) http.Handler {
	t.Helper()
	config := office.SessionsConfig{Store: postgres.NewSessions(h.db), Accounts: h.accounts}
	in := &office.SignIn{Accounts: h.accounts}
	if change != nil {
		change(&config, in)
	}
	in.Sessions = office.NewSessions(config)
	o, err := office.New(office.Config{Gate: in.Sessions, SignIn: in, Log: postgres.NewAudit(h.db), Proposals: staff.NewProposals(postgres.NewProposals(h.db, nil), true)})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	o.Register(mux)
	return mux
}

// add makes an account whose address begins with name.
func (h *house) add(t *testing.T, name string, role staff.Role) staff.User {
	t.Helper()
	u, err := h.accounts.Add(t.Context(), staff.User{}, staff.User{Email: name + "@example.org", Name: name, Role: role}, password)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// browser is a client with cookies of its own that follows no redirects.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// reply is an answer whose body was read.
type reply struct {
	*http.Response

	body string
}

func fetch(t *testing.T, c *http.Client, method, address string, form url.Values, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer, string(b)}
}

// enter signs in.
func (h *house) enter(t *testing.T, c *http.Client, name string) reply {
	t.Helper()
	return fetch(t, c, http.MethodPost, h.URL+"/redactie/aanmelden", url.Values{"email": {name + "@example.org"}, "password": {password}})
}

// inside reports whether the client is signed in.
func (h *house) inside(t *testing.T, c *http.Client) bool {
	t.Helper()
	r := fetch(t, c, http.MethodGet, h.URL+"/redactie", nil)
	if r.StatusCode != http.StatusOK && r.StatusCode != http.StatusSeeOther {
		t.Fatalf("the first page: %d %s", r.StatusCode, r.body)
	}
	return r.StatusCode == http.StatusOK
}

func (h *house) count(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := h.db.Pool().QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func token(r reply) string {
	for _, c := range r.Cookies() {
		if c.Name == "vb_redactie" {
			return c.Value
		}
	}
	return ""
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t, func(c *office.SessionsConfig, _ *office.SignIn) { c.Secure = secure })
			h.add(t, "ann", staff.RoleViewer)
			r := h.enter(t, browser(t), "ann")
			paths := map[string]bool{}
			for _, c := range r.Cookies() {
				paths[c.Path] = true
				if c.Name != "vb_redactie" || len(c.Value) < 40 || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.Domain != "" || c.MaxAge != 0 || !c.Expires.IsZero() {
					t.Errorf("cookie %s", c)
				}
			}
			if diff := cmp.Diff(map[string]bool{"/redactie": true, "/en/redactie": true}, paths); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
			// The database has the hash of the token, not the token.
			if n := h.count(t, `SELECT count(*) FROM staff_sessions WHERE token_hash <> $1 AND position(convert_to($1, 'UTF8') in data) = 0`, token(r)); n != 1 {
				t.Errorf("%d rows without the token, want 1", n)
			}
			if got := r.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control %q", got)
			}
		})
	}
}

// A token that was in the browser before somebody signed in never becomes theirs.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.add(t, "ann", staff.RoleViewer)
	h.add(t, "eve", staff.RoleViewer)
	eve, victim := browser(t), browser(t)
	planted := token(h.enter(t, eve, "eve"))
	at, err := url.Parse(h.URL + "/redactie")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{planted, "made-up-by-somebody"} {
		victim.Jar.SetCookies(at, []*http.Cookie{{Name: "vb_redactie", Value: value, Path: "/redactie"}})
		fresh := token(h.enter(t, victim, "ann"))
		if fresh == "" || fresh == value {
			t.Fatalf("after signing in the token is %q, before it was %q", fresh, value)
		}
		thief := browser(t)
		thief.Jar.SetCookies(at, []*http.Cookie{{Name: "vb_redactie", Value: value, Path: "/redactie"}})
		if h.inside(t, thief) {
			t.Errorf("the token %q from before lets one in", value)
		}
	}
	if h.count(t, `SELECT count(*) FROM staff_sessions`) != 2 { // of the two times that Ann signed in
		t.Error("there are other sessions")
	}
}

// What ends sessions ends them at once, on every server.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(ctx context.Context, h *house, u staff.User) error{
		"disabled": func(ctx context.Context, h *house, u staff.User) error {
			_, err := h.accounts.SetDisabled(ctx, staff.User{}, u.ID, true)
			return err
		},
		"disabled and let in again": func(ctx context.Context, h *house, u staff.User) error {
			if _, err := h.accounts.SetDisabled(ctx, staff.User{}, u.ID, true); err != nil {
				return err
			}
			_, err := h.accounts.SetDisabled(ctx, staff.User{}, u.ID, false)
			return err
		},
		"another role": func(ctx context.Context, h *house, u staff.User) error {
			_, err := h.accounts.SetRole(ctx, staff.User{}, u.ID, staff.RoleViewer)
			return err
		},
		"another password": func(ctx context.Context, h *house, u staff.User) error {
			_, err := h.accounts.SetPassword(ctx, staff.User{}, u.ID, "een tweede lange zin")
			return err
		},
		// The row comes back, as by a request that was on its way: the epoch holds.
		"another password, and the session comes back": func(ctx context.Context, h *house, u staff.User) error {
			pool := h.db.Pool()
			if _, err := pool.Exec(ctx, `CREATE TABLE kept AS TABLE staff_sessions`); err != nil {
				return err
			}
			if _, err := h.accounts.SetPassword(ctx, staff.User{}, u.ID, "een tweede lange zin"); err != nil {
				return err
			}
			_, err := pool.Exec(ctx, `INSERT INTO staff_sessions TABLE kept`)
			return err
		},
		"idle": func(ctx context.Context, h *house, _ staff.User) error {
			_, err := h.db.Pool().Exec(ctx, `UPDATE staff_sessions SET expires_at = now()`)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t, nil)
			second := httptest.NewServer(h.another(t, nil))
			defer second.Close()
			u := h.add(t, "ann", staff.RoleEditor)
			c := browser(t)
			held := token(h.enter(t, c, "ann"))
			elsewhere := browser(t)
			at, err := url.Parse(second.URL + "/redactie")
			if err != nil {
				t.Fatal(err)
			}
			elsewhere.Jar.SetCookies(at, []*http.Cookie{{Name: "vb_redactie", Value: held, Path: "/redactie"}})
			there := func() int {
				return fetch(t, elsewhere, http.MethodGet, second.URL+"/redactie", nil).StatusCode
			}
			if !h.inside(t, c) || there() != http.StatusOK {
				t.Fatal("not signed in on both servers")
			}
			if err := do(t.Context(), h, u); err != nil {
				t.Fatal(err)
			}
			if h.inside(t, c) || there() != http.StatusSeeOther {
				t.Error("still signed in")
			}
		})
	}
}

// A session ends when its longest time is over, however busy, and when nothing happened
// for the idle time.
func TestSessionTimes(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *office.SessionsConfig, _ *office.SignIn) {
		c.Idle, c.Longest = 2*time.Hour, 3*time.Hour
	})
	h.add(t, "ann", staff.RoleViewer)
	c := browser(t)
	h.enter(t, c, "ann")
	left := func() time.Duration {
		t.Helper()
		var seconds float64
		if err := h.db.Pool().QueryRow(t.Context(), `SELECT extract(epoch FROM expires_at - now()) FROM staff_sessions`).Scan(&seconds); err != nil {
			t.Fatal(err)
		}
		return time.Duration(seconds * float64(time.Second)).Round(10 * time.Minute)
	}
	if got := left(); got != 2*time.Hour {
		t.Errorf("at first it lasts %v, want the idle time of 2h", got)
	}
	// Half an hour later a request gives it its idle time again.
	if _, err := h.db.Pool().Exec(t.Context(), `UPDATE staff_sessions SET expires_at = now() + interval '90 minutes'`); err != nil {
		t.Fatal(err)
	}
	h.inside(t, c)
	if got := left(); got != 2*time.Hour {
		t.Errorf("after a request it lasts %v, want 2h", got)
	}
	// A request right after it writes nothing.
	var before, after string
	row := `SELECT xmin::text FROM staff_sessions`
	if err := h.db.Pool().QueryRow(t.Context(), row).Scan(&before); err != nil {
		t.Fatal(err)
	}
	h.inside(t, c)
	if err := h.db.Pool().QueryRow(t.Context(), row).Scan(&after); err != nil || before != after {
		t.Errorf("a request wrote the session again: %s, %s, %v", before, after, err)
	}
	short := openHouse(t, func(c *office.SessionsConfig, _ *office.SignIn) { c.Idle, c.Longest = 2*time.Hour, time.Second })
	short.add(t, "ann", staff.RoleViewer)
	short.enter(t, c, "ann")
	for deadline := time.Now().Add(time.Minute); short.inside(t, c); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a session outlives its longest time")
		}
	}
}

// Whoever signs out is out, also when another request of theirs ends later.
func TestSigningOut(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.add(t, "ann", staff.RoleViewer)
	c := browser(t)
	held := token(h.enter(t, c, "ann"))
	r := fetch(t, c, http.MethodPost, h.URL+"/redactie/afmelden", nil)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/redactie/aanmelden?waarom=afgemeld" || h.inside(t, c) {
		t.Errorf("%d %s", r.StatusCode, r.Header.Get("Location"))
	}
	at, err := url.Parse(h.URL + "/redactie")
	if err != nil {
		t.Fatal(err)
	}
	// Many requests at once, one of which signs out.
	held = token(h.enter(t, c, "ann"))
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			other := browser(t)
			other.Jar.SetCookies(at, []*http.Cookie{{Name: "vb_redactie", Value: held, Path: "/redactie"}})
			if i == 5 {
				fetch(t, other, http.MethodPost, h.URL+"/redactie/afmelden", nil)
				return
			}
			h.inside(t, other)
		})
	}
	wg.Wait()
	if n := h.count(t, `SELECT count(*) FROM staff_sessions`); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

// Forms of other websites are refused, whoever is signed in; those of this one, and of
// programs that are no browsers, are not.
func TestForgedForms(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.add(t, "root", staff.RoleAdmin)
	victim := h.add(t, "bob", staff.RoleAdmin)
	c := browser(t)
	h.enter(t, c, "root")
	disable := h.URL + "/redactie/accounts/" + strconv.FormatInt(victim.ID, 10)
	form := url.Values{"doe": {"uit"}}
	for name, headers := range map[string][]string{
		"another site":                  {"Sec-Fetch-Site", "cross-site", "Origin", "https://kwaad.example"},
		"another site, no origin":       {"Sec-Fetch-Site", "cross-site"},
		"a neighbour":                   {"Sec-Fetch-Site", "same-site", "Origin", "https://elders.example.org"},
		"an old browser":                {"Origin", "https://kwaad.example"},
		"a page in a sandbox":           {"Origin", "null"},
		"the same host, another scheme": {"Origin", "https://elders" + strings.TrimPrefix(h.URL, "http://")},
	} {
		for _, address := range []string{disable, h.URL + "/redactie/aanmelden", h.URL + "/redactie/afmelden", h.URL + "/redactie/account"} {
			r := fetch(t, c, http.MethodPost, address, form, headers...)
			if r.StatusCode != http.StatusForbidden || !strings.Contains(r.body, "andere website") {
				t.Errorf("%s to %s: %d", name, address, r.StatusCode)
			}
		}
	}
	if !h.inside(t, c) || h.count(t, `SELECT count(*) FROM staff_users WHERE disabled_at IS NOT NULL`) != 0 {
		t.Error("a forged form did something")
	}
	for name, headers := range map[string][]string{
		"this site":            {"Sec-Fetch-Site", "same-origin", "Origin", h.URL},
		"this site, no header": {"Origin", h.URL},
		"typed":                {"Sec-Fetch-Site", "none"},
		"no browser":           nil,
	} {
		if r := fetch(t, c, http.MethodPost, disable, form, headers...); r.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
	if h.count(t, `SELECT count(*) FROM staff_users WHERE disabled_at IS NOT NULL`) != 1 {
		t.Error("the form of this site did nothing")
	}
}

// After too many failures the page says how long to wait, to people and to programs.
func TestSignInIsSlowedDown(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(_ *office.SessionsConfig, in *office.SignIn) {
		in.Address = func(r *http.Request) string { return r.Header.Get("X-From") }
	})
	h.add(t, "ann", staff.RoleViewer)
	c := browser(t)
	try := func(from, email, word string) reply {
		return fetch(t, c, http.MethodPost, h.URL+"/en/redactie/aanmelden", url.Values{"email": {email}, "password": {word}}, "X-From", from)
	}
	for range 5 {
		for _, email := range []string{"ann@example.org", "nobody@example.org"} {
			if r := try("192.0.2.1", email, "x"); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(r.body, "is not right") {
				t.Fatalf("%s: %d %s", email, r.StatusCode, r.body)
			}
		}
	}
	if r := try("192.0.2.2", "ann@example.org", password); r.StatusCode != http.StatusSeeOther {
		t.Errorf("from elsewhere: %d", r.StatusCode)
	}
	// Known and unknown accounts are treated alike.
	for _, email := range []string{"ann@example.org", "nobody@example.org"} {
		if _, err := h.db.Pool().Exec(t.Context(), `UPDATE staff_attempts SET closed_until = now() + interval '90 seconds' WHERE failures = 5`); err != nil {
			t.Fatal(err)
		}
		r := try("192.0.2.1", email, password)
		seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
		if err != nil || r.StatusCode != http.StatusTooManyRequests || seconds < 60 || seconds > 91 || !strings.Contains(r.body, "Try again in") {
			t.Errorf("%s: %d, Retry-After %q", email, r.StatusCode, r.Header.Get("Retry-After"))
		}
	}
	// Neither address nor account can be read in what is kept.
	if n := h.count(t, `SELECT count(*) FROM staff_attempts a WHERE a::text LIKE '%192.0.2%' OR a::text LIKE '%ann%' OR length(key) <> 32`); n != 0 {
		t.Errorf("%d rows tell who it was", n)
	}
}

// Where one goes after signing in is always in the staff area.
func TestGoingBack(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.add(t, "ann", staff.RoleViewer)
	for back, want := range map[string]string{
		"/redactie/account":                  "/redactie/account",
		"/en/redactie/account?x=1&y=2":       "/en/redactie/account?x=1&y=2",
		"/redactie":                          "/redactie",
		"":                                   "/redactie",
		"https://kwaad.example/redactie":     "/redactie",
		"//kwaad.example/redactie":           "/redactie",
		`/\kwaad.example/redactie`:           "/redactie",
		`\\kwaad.example/redactie`:           "/redactie",
		"/redactieX":                         "/redactie",
		"/redactie/../vraag":                 "/redactie",
		"/redactie/%2e%2e/vraag":             "/redactie",
		"/redactie//kwaad.example":           "/redactie",
		"/redactie/aanmelden":                "/redactie",
		"/vraag":                             "/redactie",
		"javascript:alert(1)":                "/redactie",
		"/redactie/account\r\nSet-Cookie: x": "/redactie",
	} {
		r := fetch(t, browser(t), http.MethodPost, h.URL+"/redactie/aanmelden", url.Values{"email": {"ann@example.org"}, "password": {password}, "terug": {back}})
		if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != want {
			t.Errorf("%q leads to %q (%d), want %q", back, got, r.StatusCode, want)
		}
	}
	// The page that was asked for is remembered.
	r := fetch(t, browser(t), http.MethodGet, h.URL+"/redactie/logboek?wat=a", nil)
	if got := r.Header.Get("Location"); got != "/redactie/aanmelden?terug="+url.QueryEscape("/redactie/logboek?wat=a") {
		t.Errorf("sent to %q", got)
	}
	// A form that came too late is told so, a script gets a status.
	r = fetch(t, browser(t), http.MethodPost, h.URL+"/redactie/account", nil)
	if got := r.Header.Get("Location"); got != "/redactie/aanmelden?waarom=verlopen" {
		t.Errorf("sent to %q", got)
	}
	if r := fetch(t, browser(t), http.MethodGet, h.URL+"/redactie/account", nil, "Sec-Fetch-Dest", "empty"); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("a script gets %d", r.StatusCode)
	}
}

// One's own password: the old one is needed, sessions elsewhere end, this one goes on.
func TestChangingOnesPassword(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.add(t, "ann", staff.RoleViewer)
	here, elsewhere := browser(t), browser(t)
	before := token(h.enter(t, here, "ann"))
	h.enter(t, elsewhere, "ann")
	const fresh = "twee fietsen zonder bel"
	for name, test := range map[string]struct {
		old, fresh, again, want string
	}{
		"wrong":   {"x", fresh, fresh, "van nu klopt niet"},
		"differs": {password, fresh, fresh + "x", "niet gelijk"},
		"short":   {password, "kort", "kort", "minder dan 12"},
		"common":  {password, "wachtwoord123", "wachtwoord123", "makkelijk te raden"},
		"self":    {password, "ann@example.org", "ann@example.org", "uw naam of e-mailadres"},
	} {
		r := fetch(t, here, http.MethodPost, h.URL+"/redactie/account", url.Values{"oud": {test.old}, "nieuw": {test.fresh}, "herhaal": {test.again}})
		if r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(r.body, test.want) {
			t.Errorf("%s: %d, no %q", name, r.StatusCode, test.want)
		}
	}
	if !h.inside(t, elsewhere) {
		t.Fatal("what was refused ended a session")
	}
	r := fetch(t, here, http.MethodPost, h.URL+"/redactie/account", url.Values{"oud": {password}, "nieuw": {fresh}, "herhaal": {fresh}})
	if r.StatusCode != http.StatusSeeOther || token(r) == "" || token(r) == before {
		t.Errorf("%d, token %q", r.StatusCode, token(r))
	}
	if !h.inside(t, here) || h.inside(t, elsewhere) {
		t.Error("here must stay signed in, elsewhere must not")
	}
	if _, err := h.accounts.SignIn(t.Context(), "ann@example.org", fresh, "192.0.2.7"); err != nil {
		t.Error(err)
	}
	if n := h.count(t, `SELECT count(*) FROM staff_audit WHERE action = 'account.password' AND user_name = 'ann'`); n != 1 {
		t.Errorf("%d entries in the log", n)
	}
}
