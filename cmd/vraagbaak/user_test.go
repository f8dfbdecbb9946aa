package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The first account is made on the command line beside a running serve, and signs in to
// its website at once.
func TestUserCommands(t *testing.T) {
	t.Parallel()
	s := demoSite.get(t)
	at := func(args ...string) []string { return append(args, "--data-dir", s.dir) }
	root := result[userJSON](t, at("user", "add", "--role", "admin", "--name", "Ann de Wit", "--generate", "--json", "Ann@example.org")...)
	if root.Email != "ann@example.org" || root.Role != "admin" || len(root.Password) != 24 || root.Disabled {
		t.Fatalf("%+v", root)
	}
	signIn := func(email, password string) int {
		t.Helper()
		client := http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/redactie/aanmelden", strings.NewReader(url.Values{"email": {email}, "password": {password}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	if code := signIn("ann@example.org", root.Password); code != http.StatusSeeOther {
		t.Errorf("signing in: %d", code)
	}
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("een fiets zonder bel\r\ntweede regel\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bob := result[userJSON](t, at("user", "add", "--role", "viewer", "--password-file", file, "--json", "bob@example.org")...)
	if bob.Password != "" || bob.Name != "bob" || signIn("bob@example.org", "een fiets zonder bel") != http.StatusSeeOther {
		t.Errorf("%+v", bob)
	}
	if code := signIn("bob@example.org", root.Password); code != http.StatusUnprocessableEntity {
		t.Errorf("with another's password: %d", code)
	}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"add", "--role", "viewer", "--generate", "bob@example.org"}, exitFailure, "already"},
		{[]string{"add", "--role", "viewer", "--generate", "geen adres"}, exitFailure, "no e-mail address"},
		{[]string{"add", "--role", "baas", "--generate", "kees@example.org"}, exitUsage, "must be one of"},
		{[]string{"add", "--generate", "kees@example.org"}, exitUsage, "--role"},
		{[]string{"add", "--role", "viewer", "--generate", "--no-password", "kees@example.org"}, exitUsage, "--generate"},
		{[]string{"add", "--role", "viewer", "kees@example.org"}, exitUsage, "no terminal"},
		{[]string{"add", "--role", "viewer", "--password-file", file + "x", "kees@example.org"}, exitFailure, "no such file"},
		{[]string{"role", "ann@example.org", "viewer"}, exitFailure, "last administrator"},
		{[]string{"disable", "ann@example.org"}, exitFailure, "last administrator"},
		{[]string{"enable", "kees@example.org"}, exitFailure, "no account kees@example.org"},
		{[]string{"password", "--generate", "bob@example.org"}, exitOK, "has another password"},
		{[]string{"role", "bob@example.org", "editor"}, exitOK, "now editor"},
		{[]string{"disable", "bob@example.org"}, exitOK, "disabled"},
	} {
		_, errs, code := vraagbaak(t, at(append([]string{"user"}, test.args...)...)...)
		if code != test.code || !strings.Contains(errs, test.says) {
			t.Errorf("user %s: exit %d, want %d with %q:\n%s", strings.Join(test.args, " "), code, test.code, test.says, errs)
		}
	}
	list := result[struct{ Users []userJSON }](t, at("user", "list", "--json")...)
	state := map[string]string{}
	for _, u := range list.Users {
		state[u.Email] = string(u.Role) + " " + strings.Join(u.SignsInBy, ",")
		if u.Disabled {
			state[u.Email] += " disabled"
		}
	}
	if state["bob@example.org"] != "editor password disabled" || state["ann@example.org"] != "admin password" || len(state) != 2 {
		t.Errorf("%v", state)
	}
	if signIn("bob@example.org", "een fiets zonder bel") != http.StatusUnprocessableEntity {
		t.Error("a disabled account signs in")
	}
}
