package office_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// as is a gate that lets everybody in as one user.
type as staff.User

func (as) Wrap(h http.Handler) http.Handler { return h }

func (u as) User(*http.Request) (staff.User, bool) { return staff.User(u), u.ID != 0 }

// ask sends a request to an office as somebody with the given role; "" is nobody.
func ask(t *testing.T, cfg office.Config, role staff.Role, method, target, form string) *httptest.ResponseRecorder {
	t.Helper()
	u := staff.User{}
	if role != "" {
		u = staff.User{ID: 1, Name: "Proef", Email: "proef@example.org", Role: role}
	}
	cfg.Gate = as(u)
	o, err := office.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	o.Register(mux)
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func TestHome(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		role   staff.Role
		target string
		status int
		want   string
	}{
		{staff.RoleViewer, "/redactie", http.StatusOK, "<h1"},
		{staff.RoleViewer, "/en/redactie", http.StatusOK, "Staff area"},
		{"", "/redactie", http.StatusSeeOther, ""},
		{staff.RoleAdmin, "/redactie/bestaat-niet", http.StatusNotFound, "Deze pagina is er niet"},
		{"guest", "/redactie", http.StatusSeeOther, ""},
	} {
		w := ask(t, office.Config{}, test.role, http.MethodGet, test.target, "")
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s %q: %d, want %d with %q:\n%s", test.target, test.role, w.Code, test.status, test.want, w.Body)
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s %q: Cache-Control %q", test.target, test.role, got)
		}
	}
}

// busy is a log of changes that too many people read.
type busy struct{ office.AuditLog }

func (busy) Entries(context.Context, staff.AuditFilter) ([]staff.Recorded, error) {
	return nil, &corpus.UserError{Code: corpus.CodeBusy, Message: "for the log", RetryAfter: 1500 * time.Millisecond}
}

// Who comes when it is too busy hears when to try again; a program reads it in the header.
func TestTooBusy(t *testing.T) {
	t.Parallel()
	w := ask(t, office.Config{Log: busy{}}, staff.RoleAdmin, http.MethodGet, "/redactie/logboek", "")
	if body := w.Body.String(); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "2" ||
		!strings.Contains(body, "Het is nu te druk") || strings.Contains(body, "for the log") {
		t.Errorf("%d, Retry-After %q: %s", w.Code, w.Header().Get("Retry-After"), body)
	}
}
