package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/server"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// as is a gate that lets everybody in as one user, or nobody.
type as staff.User

func (as) Wrap(h http.Handler) http.Handler { return h }

func (u as) User(*http.Request) (staff.User, bool) { return staff.User(u), u.ID != 0 }

// Marks of what a visitor wrote, and the ids that lead to it.
const (
	markedQuestion = "Vertrouwelijk merkteken van een bezoeker?"
	markedTalk     = "01890000-0000-7000-8000-00000000000a"
	markedTurn     = "01890000-0000-7000-8000-00000000000b"
)

// staffParts is the staff area as serve puts it together, on a database of its own with
// one conversation in it. What serve does in the background does not run.
func staffParts(t *testing.T) (*staffArea, *engine) {
	t.Helper()
	var c serveCommand
	parser, err := kong.New(&c, kong.Exit(func(int) { t.Error("the flags are wrong") }))
	if err == nil {
		_, err = parser.Parse([]string{"--no-demo", "--no-work", "--oidc-issuer=https://idp.example.org", "--oidc-client-id=vraagbaak"})
	}
	if err != nil {
		t.Fatal(err)
	}
	e := &env{Settings: Settings{DataDir: t.TempDir()}, streams: streams{strings.NewReader(""), io.Discard, io.Discard}, log: slog.New(slog.DiscardHandler)}
	x, err := e.open(t.Context(), c.AnswerSettings, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.close(e) })
	team, err := c.staffArea(e, x.db)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	if err := c.parts(ctx, e, x, team, server.NewMetrics(), &wg); err != nil {
		t.Fatal(err)
	}
	cancel()
	wg.Wait()
	_, err = x.db.Pool().Exec(t.Context(), `
		WITH talk AS (
		    INSERT INTO conversations (id) VALUES ($1::uuid)
		)
		INSERT INTO turns (id, conversation_id, question, lang, filters, status, answer, finished_at, lease_until)
		VALUES ($2::uuid, $1::uuid, $3::text, 'nl', '{}', 'answered',
		    jsonb_build_object('id', $2::uuid::text, 'conversation', $1::uuid::text, 'question', $3::text, 'lang', 'nl', 'status', 'answered',
		        'text', 'Dat is zo.', 'sentences', '[{"text":"Dat is zo.","citations":[]}]'::jsonb, 'citations', '[]'::jsonb), now(), now())`,
		markedTalk, markedTurn, markedQuestion)
	if err != nil {
		t.Fatal(err)
	}
	return team, x
}

// A part that is not wired has no addresses and would not be tested.
func missing(v reflect.Value, path string) []string {
	var all []string
	for i := range v.NumField() {
		field, name := v.Field(i), path+v.Type().Field(i).Name
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch field.Kind() {
		case reflect.Pointer, reflect.Interface:
			if field.IsNil() {
				all = append(all, name)
			} else if field.Kind() == reflect.Pointer && field.Elem().Kind() == reflect.Struct && strings.HasSuffix(field.Type().Elem().PkgPath(), "internal/office") {
				all = append(all, missing(field.Elem(), name+".")...)
			}
		default: // a value is always there
		}
	}
	return all
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// fingerprint is what every table holds, in short.
func fingerprint(t *testing.T, x *engine) map[string]string {
	t.Helper()
	rows, err := x.db.Pool().Query(t.Context(), `
		SELECT relname, (xpath('/row/h/text()', query_to_xml(format(
		    'SELECT coalesce(md5(string_agg(r::text, %L ORDER BY r::text)), %L) AS h FROM %s r', ',', 'empty', c.oid::regclass), false, true, '')))[1]::text
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname = 'public' AND relname NOT LIKE 'river%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := make(map[string]string)
	for rows.Next() {
		var name, sum string
		if err := rows.Scan(&name, &sum); err != nil {
			t.Fatal(err)
		}
		all[name] = sum
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 || all["turns"] == "empty" {
		t.Fatalf("tables: %v", all)
	}
	return all
}

// openAddresses are those for whoever is not signed in: no others.
var openAddresses = []string{
	"GET /redactie/aanmelden", "POST /redactie/aanmelden", "POST /redactie/afmelden",
	"GET /redactie/aanmelden/extern", "GET /redactie/aanmelden/terug",
}

// Every address of the staff area, for every role and for nobody.
func TestPermissions(t *testing.T) {
	t.Parallel()
	team, x := staffParts(t)
	if none := missing(reflect.ValueOf(team.Config), ""); len(none) > 0 {
		t.Errorf("parts of the staff area without what they need: %s", strings.Join(none, ", "))
	}
	people := map[staff.Role]staff.User{"": {}, "guest": {ID: 99, Name: "Gast", Role: "guest"}}
	for _, role := range staff.Roles() {
		u, err := team.SignIn.Accounts.Add(t.Context(), staff.User{}, staff.User{Email: string(role) + "@example.org", Role: role}, "")
		if err != nil {
			t.Fatal(err)
		}
		people[role] = u
	}
	muxes := make(map[staff.Role]*http.ServeMux)
	var addresses []office.Address
	for role, u := range people {
		config := team.Config
		config.Gate = as(u)
		o, err := office.New(config)
		if err != nil {
			t.Fatal(err)
		}
		muxes[role], addresses = http.NewServeMux(), o.Addresses()
		o.Register(muxes[role])
	}
	send := func(role staff.Role, a office.Address, prefix, id string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), a.Method, prefix+wildcard.ReplaceAllString(a.Path, id), strings.NewReader(""))
		if a.Method != http.MethodGet {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w := httptest.NewRecorder()
		muxes[role].ServeHTTP(w, r)
		return w
	}
	sentToSignIn := func(w *httptest.ResponseRecorder) bool {
		return w.Code == http.StatusSeeOther && strings.Contains(w.Header().Get("Location"), "/redactie/aanmelden")
	}
	before := fingerprint(t, x)
	var open []string
	refused := 0
	for _, a := range addresses {
		if a.Need == "" {
			open = append(open, a.Method+" "+a.Path)
			continue
		}
		if !slices.Contains(staff.Permissions(), a.Need) {
			t.Errorf("%s %s needs %q, which is no permission", a.Method, a.Path, a.Need)
			continue
		}
		for _, role := range slices.Sorted(maps.Keys(people)) {
			if people[role].May(a.Need) {
				continue
			}
			for _, id := range []string{"1", markedTalk, markedTurn, "bestaat-niet", "%00", "%ff"} {
				for _, prefix := range []string{"", "/en"} {
					w := send(role, a, prefix, id)
					refused++
					where := fmt.Sprintf("%s %s%s (%s) as %q", a.Method, prefix, a.Path, id, role)
					if !people[role].May(staff.MayEnter) {
						if !sentToSignIn(w) {
							t.Errorf("%s: %d, want to sign in", where, w.Code)
						}
					} else if w.Code != http.StatusForbidden {
						t.Errorf("%s: %d, want 403", where, w.Code)
					}
					if strings.Contains(w.Body.String(), markedQuestion) {
						t.Errorf("%s shows what a visitor wrote", where)
					}
				}
			}
		}
	}
	slices.Sort(open)
	if diff := cmp.Diff(slices.Sorted(slices.Values(openAddresses)), open); diff != "" {
		t.Errorf("addresses for everybody (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, fingerprint(t, x)); diff != "" {
		t.Errorf("what was refused changed something (-before +after):\n%s", diff)
	}
	t.Logf("%d addresses, %d requests refused", len(addresses), refused)

	// Whoever is allowed gets the page or hears what is wrong with the form.
	seen := false
	for _, a := range addresses {
		if a.Need == "" {
			continue
		}
		for _, role := range staff.Roles() {
			if !people[role].May(a.Need) || a.Method != http.MethodGet && role != staff.RoleAdmin {
				continue
			}
			for _, id := range []string{"1", markedTalk, markedTurn, "bestaat-niet", "%00", "%ff"} {
				w := send(role, a, "", id)
				if w.Code == http.StatusForbidden || w.Code >= http.StatusInternalServerError || sentToSignIn(w) {
					t.Errorf("%s %s (%s) as %q: %d", a.Method, a.Path, id, role, w.Code)
				}
				seen = seen || strings.Contains(w.Body.String(), markedQuestion)
				if !strings.Contains(a.Path, "{") {
					break
				}
			}
		}
	}
	if !seen {
		t.Error("nobody could see the marked question: that it was shown to none of the others means nothing")
	}
}
