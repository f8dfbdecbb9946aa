package office_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/staff"
)

var madePassword = regexp.MustCompile(`<code class="vb-code">([a-z2-9-]{24})</code>`)

// An administrator makes an account, whose owner signs in with what was handed over;
// gives it another role and password, and blocks it.
func TestManagingAccounts(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	root := h.add(t, "root", staff.RoleAdmin)
	c := browser(t)
	h.enter(t, c, "root")
	post := func(path string, form url.Values) reply {
		t.Helper()
		return fetch(t, c, http.MethodPost, h.URL+"/redactie"+path, form)
	}
	r := post("/accounts", url.Values{"naam": {"Bob <b>"}, "email": {"Bob@example.org"}, "rol": {"viewer"}})
	made := madePassword.FindStringSubmatch(r.body)
	if r.StatusCode != http.StatusOK || made == nil || !strings.Contains(r.body, "Bob &lt;b&gt;") {
		t.Fatalf("%d: %s", r.StatusCode, r.body)
	}
	bob, err := h.accounts.SignIn(t.Context(), "bob@example.org", made[1], "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	one := "/accounts/" + strconv.FormatInt(bob.ID, 10)
	for _, step := range []struct {
		name string
		path string
		form url.Values
		code int
		says string
	}{
		{"twice", "/accounts", url.Values{"naam": {"B"}, "email": {"bob@example.org"}, "rol": {"viewer"}}, 422, "al een account"},
		{"no address", "/accounts", url.Values{"naam": {"Kees"}, "email": {"kees"}, "rol": {"viewer"}}, 422, `value="Kees"`},
		{"no role", "/accounts", url.Values{"naam": {"Kees"}, "email": {"kees@example.org"}}, 422, "Kies een rol"},
		{"another role", one, url.Values{"doe": {"rol"}, "rol": {"editor"}}, 303, ""},
		{"odd role", one, url.Values{"doe": {"rol"}, "rol": {"root"}}, 422, "Kies een rol"},
		{"block", one, url.Values{"doe": {"uit"}}, 303, ""},
		{"let in", one, url.Values{"doe": {"aan"}}, 303, ""},
		{"oneself, the last", "/accounts/" + strconv.FormatInt(root.ID, 10), url.Values{"doe": {"uit"}}, 422, "laatste beheerder"},
		{"oneself, another role", "/accounts/" + strconv.FormatInt(root.ID, 10), url.Values{"doe": {"rol"}, "rol": {"viewer"}}, 422, "laatste beheerder"},
		{"nothing", one, url.Values{}, 422, ""},
		{"nobody", "/accounts/999", url.Values{"doe": {"uit"}}, 404, ""},
		{"no number", "/accounts/x", url.Values{"doe": {"uit"}}, 404, ""},
	} {
		r := post(step.path, step.form)
		if r.StatusCode != step.code || !strings.Contains(r.body, step.says) {
			t.Errorf("%s: %d, want %d with %q:\n%s", step.name, r.StatusCode, step.code, step.says, r.body)
		}
	}
	r = post(one, url.Values{"doe": {"wachtwoord"}})
	if fresh := madePassword.FindStringSubmatch(r.body); fresh == nil || fresh[1] == made[1] {
		t.Errorf("another password: %d %s", r.StatusCode, r.body)
	} else if _, err := h.accounts.SignIn(t.Context(), "bob@example.org", fresh[1], "192.0.2.1"); err != nil {
		t.Error(err)
	}
	// One's own password may be made anew too, and one stays.
	if r := post("/accounts/"+strconv.FormatInt(root.ID, 10), url.Values{"doe": {"wachtwoord"}}); r.StatusCode != http.StatusOK || !h.inside(t, c) {
		t.Errorf("one's own: %d", r.StatusCode)
	}
	bob, err = h.accounts.User(t.Context(), bob.ID)
	if err != nil || bob.Role != staff.RoleEditor || !bob.Disabled.IsZero() {
		t.Errorf("%+v, %v", bob, err)
	}
}

// The log is shown, filtered, in pages and as a file in which nothing is a formula.
func TestLogPages(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.add(t, "root", staff.RoleAdmin)
	eve, err := h.accounts.Add(t.Context(), staff.User{}, staff.User{Email: "eve@example.org", Name: `=cmd|"x"`, Role: staff.RoleAdmin}, password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.db.Pool().Exec(t.Context(), `
		INSERT INTO staff_audit (user_id, user_name, action, object, at) SELECT $1, '=cmd|"x"', 'set.change', 'set:' || n, '2026-03-29 00:30+01' FROM generate_series(1, 150) AS n`, eve.ID); err != nil {
		t.Fatal(err)
	}
	c := browser(t)
	h.enter(t, c, "root")
	get := func(path string) reply {
		t.Helper()
		r := fetch(t, c, http.MethodGet, h.URL+path, nil)
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.body)
		}
		return r
	}
	rows := func(body string) int { return strings.Count(body, `class="vb-rows__row"`) }
	for path, want := range map[string]int{
		"/redactie/logboek":                                                       100,
		"/redactie/logboek?wat=set.":                                              100,
		"/redactie/logboek?wat=account":                                           2,
		"/redactie/logboek?waarvan=set:7":                                         1,
		"/redactie/logboek?van=2026-03-29&tot=2026-03-29":                         100,
		"/redactie/logboek?tot=2026-03-28":                                        0,
		"/redactie/logboek?wat=%25":                                               0,
		"/redactie/logboek?wie=" + strconv.FormatInt(eve.ID, 10) + "&wat=account": 0,
		"/redactie/logboek?wie=x&van=gisteren&voor=-1&wat=account%00":             2,
	} {
		if got := rows(get(path).body); got != want {
			t.Errorf("%s shows %d entries, want %d", path, got, want)
		}
	}
	next := regexp.MustCompile(`href="([^"]*voor=\d+[^"]*)"`).FindStringSubmatch(get("/redactie/logboek?wat=set.").body)
	if next == nil {
		t.Fatal("there is no next page")
	}
	second := get(strings.ReplaceAll(next[1], "&amp;", "&"))
	if rows(second.body) != 50 || strings.Contains(second.body, ">Ouder<") {
		t.Errorf("the second page shows %d entries", rows(second.body))
	}
	file := get("/redactie/logboek.csv?wat=set.")
	if got := file.Header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
		t.Errorf("type %q", got)
	}
	lines := strings.Split(strings.TrimSpace(file.body), "\n")
	if len(lines) != 151 {
		t.Errorf("%d lines, want 151", len(lines))
	}
	if diff := cmp.Diff(`,"'=cmd|""x""",set.change,set:150,`, lines[1][strings.Index(lines[1], `,"'`):]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
