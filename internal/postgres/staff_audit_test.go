package postgres_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// addStaff puts an account into the database; its name is the part of the address before
// the @.
func addStaff(t testing.TB, db *postgres.DB, email string, role staff.Role) staff.User {
	t.Helper()
	name, _, _ := strings.Cut(email, "@")
	u := staff.User{Name: name, Email: email, Role: role}
	err := db.Pool().QueryRow(t.Context(), `INSERT INTO staff_users (email, name, role) VALUES ($1, $2, $3) RETURNING id`,
		u.Email, u.Name, string(u.Role)).Scan(&u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAudit(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	log := postgres.NewAudit(db)
	ann, bob := addStaff(t, db, "ann@example.org", staff.RoleAdmin), addStaff(t, db, "bob@example.org", staff.RoleEditor)
	for _, e := range []staff.Entry{
		{User: ann, Action: "account.add", Object: "account:2", Detail: map[string]any{"role": "editor"}},
		{User: bob, Action: "set.change", Object: "set:1", Detail: map[string]any{"cases": 3.0}},
		{Action: "account.role", Object: "account:2"},
	} {
		if err := log.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name   string
		filter staff.AuditFilter
		want   []string
	}{
		{"all", staff.AuditFilter{}, []string{" account.role account:2", "bob set.change set:1", "ann account.add account:2"}},
		{"user", staff.AuditFilter{User: bob.ID}, []string{"bob set.change set:1"}},
		{"action", staff.AuditFilter{Action: "account."}, []string{" account.role account:2", "ann account.add account:2"}},
		{"no wildcard", staff.AuditFilter{Action: "%"}, nil},
		{"object", staff.AuditFilter{Object: "account:2", Limit: 1}, []string{" account.role account:2"}},
		{"from later", staff.AuditFilter{Since: time.Now().Add(time.Hour)}, nil},
		{"till now", staff.AuditFilter{Till: time.Now().Add(time.Hour), Limit: 1}, []string{" account.role account:2"}},
	} {
		entries, err := log.Entries(t.Context(), test.filter)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.User.Name+" "+e.Action+" "+e.Object)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	first, err := log.Entries(t.Context(), staff.AuditFilter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	next, err := log.Entries(t.Context(), staff.AuditFilter{Before: first[0].ID})
	if err != nil || len(next) != 2 || next[0].Detail["cases"] != 3.0 {
		t.Errorf("after the first: %+v, %v", next, err)
	}
}

func TestAuditIsNeverChanged(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	log := postgres.NewAudit(db)
	if err := log.Record(t.Context(), staff.Entry{Action: "account.add", Object: "account:1"}); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`UPDATE staff_audit SET action = 'other'`, `DELETE FROM staff_audit`, `TRUNCATE staff_audit`,
	} {
		if _, err := db.Pool().Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "only ever added to") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if entries, err := log.Entries(t.Context(), staff.AuditFilter{}); err != nil || len(entries) != 1 || entries[0].Action != "account.add" {
		t.Errorf("%+v, %v", entries, err)
	}
}
