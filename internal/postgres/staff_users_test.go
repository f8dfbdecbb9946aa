package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// members are the accounts of a database, with hashes that cost nearly nothing.
func members(db *postgres.DB) *staff.Accounts {
	return staff.NewAccounts(staff.AccountsConfig{
		Store: postgres.NewAccounts(db), Attempts: postgres.NewAttempts(db), Costs: staff.Costs{Memory: 8, Passes: 1, Threads: 1},
	})
}

// The last administrator stays one, however many administrators demote each other at the
// same moment.
func TestLastAdministrator(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	accounts := members(db)
	const n = 6
	var all []staff.User
	for i := range n {
		u, err := accounts.Add(t.Context(), staff.User{}, staff.User{Email: fmt.Sprintf("a%d@example.org", i), Role: staff.RoleAdmin}, "")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	kept := 0
	for i := range n {
		wg.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = accounts.SetRole(t.Context(), all[(i+1)%n], all[i].ID, staff.RoleEditor)
			} else {
				_, err = accounts.SetDisabled(t.Context(), all[(i+1)%n], all[i].ID, true)
			}
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, staff.ErrLastAdmin) {
				kept++
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if kept != 1 {
		t.Errorf("%d were kept, want 1", kept)
	}
	left, logged := 0, 0
	err := db.Pool().QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM staff_users WHERE role = 'admin' AND disabled_at IS NULL),
		       (SELECT count(*) FROM staff_audit WHERE action IN ('account.role', 'account.disable'))`).Scan(&left, &logged)
	if err != nil || left != 1 || logged != n-1 {
		t.Errorf("%d administrators are left, %d entries in the log, %v", left, logged, err)
	}
}

// What is changed is in the log with who did it; what failed is not.
func TestAccountsAreLogged(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	accounts, ctx := members(db), t.Context()
	root, err := accounts.Add(ctx, staff.User{}, staff.User{Email: "Root@Example.org", Name: "Root", Role: staff.RoleAdmin}, "een fiets zonder bel")
	if err != nil {
		t.Fatal(err)
	}
	bob, err := accounts.Add(ctx, root, staff.User{Email: "bob@example.org", Name: "Bob", Role: staff.RoleViewer}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, do := range []func() (staff.User, error){
		func() (staff.User, error) { return accounts.SetRole(ctx, root, bob.ID, staff.RoleEditor) },
		func() (staff.User, error) { return accounts.SetRole(ctx, root, bob.ID, staff.RoleEditor) }, // nothing new
		func() (staff.User, error) { return accounts.SetPassword(ctx, root, bob.ID, "twee fietsen zonder bel") },
		func() (staff.User, error) { return accounts.SetDisabled(ctx, root, bob.ID, true) },
		func() (staff.User, error) { return accounts.SetDisabled(ctx, root, bob.ID, false) },
	} {
		if _, err := do(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := accounts.Add(ctx, root, staff.User{Email: "BOB@example.org", Role: staff.RoleViewer}, ""); !errors.Is(err, staff.ErrEmailTaken) {
		t.Errorf("twice: %v", err)
	}
	if _, err := accounts.SetRole(ctx, root, root.ID, staff.RoleViewer); !errors.Is(err, staff.ErrLastAdmin) {
		t.Errorf("the last administrator: %v", err)
	}
	var user *corpus.UserError
	if _, err := accounts.SetRole(ctx, root, 99, staff.RoleViewer); !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
		t.Errorf("unknown: %v", err)
	}
	entries, err := postgres.NewAudit(db).Entries(ctx, staff.AuditFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprint(e.User.Name, " ", e.Action, " ", e.Object, " ", e.Detail))
	}
	want := []string{
		"Root account.enable account:2 map[email:bob@example.org]",
		"Root account.disable account:2 map[email:bob@example.org]",
		"Root account.password account:2 map[email:bob@example.org]",
		"Root account.role account:2 map[email:bob@example.org from:viewer to:editor]",
		"Root account.add account:2 map[email:bob@example.org password:false role:viewer]",
		" account.add account:1 map[email:root@example.org password:true role:admin]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Failed attempts are kept under keyed hashes, for a bounded time and number, and mean
// nothing with the key of another day.
func TestAttempts(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	attempts, ctx := postgres.NewAttempts(db), t.Context()
	keys := []string{"account ann", "address 192.0.2.1"}
	count := func() int {
		t.Helper()
		held := 0
		err := attempts.Count(ctx, keys, func(a []staff.Attempts) error {
			held = a[0].Failures
			for i := range a {
				a[i] = staff.Attempts{Failures: a[i].Failures + 1, Last: time.Now(), Closed: time.Now()}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	if first, second := count(), count(); first != 0 || second != 1 {
		t.Errorf("%d, %d", first, second)
	}
	// What change refuses is not stored.
	stop := errors.New("closed")
	if err := attempts.Count(ctx, keys, func(a []staff.Attempts) error { a[0].Failures = 99; return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
	if held := count(); held != 2 {
		t.Errorf("after a refusal %d", held)
	}
	// Many at once lose none.
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { count() })
	}
	wg.Wait()
	if held := count(); held != 23 {
		t.Errorf("after 20 at once %d, want 23", held)
	}
	if err := attempts.Forget(ctx, keys[:1]); err != nil {
		t.Fatal(err)
	}
	if held := count(); held != 0 {
		t.Errorf("after forgetting %d", held)
	}
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Pool().Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`UPDATE staff_attempt_key SET made_at = now() - interval '25 hours'`)
	if held := count(); held != 0 {
		t.Errorf("with the key of another day %d", held)
	}
	// Old ones go, and the oldest of too many.
	exec(`UPDATE staff_attempts SET failed_at = now() - interval '3 hours'`)
	exec(`INSERT INTO staff_attempts (key, failures, failed_at, closed_until)
		SELECT sha256(n::text::bytea), 1, now() - n * interval '1 ms', now() FROM generate_series(1, 50100) AS n`)
	if err := attempts.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	var n int
	var oldest float64
	err := db.Pool().QueryRow(ctx, `SELECT count(*), max(extract(epoch FROM now() - failed_at)) FROM staff_attempts`).Scan(&n, &oldest)
	if err != nil || n != 50_000 || oldest > 3600 {
		t.Errorf("%d rows, the oldest of %f seconds ago, %v", n, oldest, err)
	}
}
