package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// proposing is a database with one kind of proposals, which notes what it was told.
func proposing(t *testing.T) (*postgres.DB, *postgres.Proposals) {
	db := postgrestest.New(t)
	if _, err := db.Pool().Exec(t.Context(), `CREATE TABLE noted (what text)`); err != nil {
		t.Fatal(err)
	}
	return db, postgres.NewProposals(db, map[string]postgres.ApplyProposal{
		"note.add": func(ctx context.Context, tx pgx.Tx, p staff.Proposal) error {
			if _, err := tx.Exec(ctx, `INSERT INTO noted VALUES ($1)`, string(p.Change)); err != nil {
				return err
			}
			if p.Object == "note:bad" {
				return errors.New("cannot be noted")
			}
			return nil
		},
	})
}

// proposalState is what was noted, what the log says, and the statuses of the proposals.
func proposalState(t *testing.T, db *postgres.DB) string {
	t.Helper()
	var s string
	err := db.Pool().QueryRow(t.Context(), `
		SELECT concat_ws(' | ',
		    (SELECT string_agg(what, ',') FROM noted),
		    (SELECT string_agg(user_name || ' ' || action, ',' ORDER BY id) FROM staff_audit),
		    (SELECT string_agg(status, ',' ORDER BY id) FROM staff_proposals))`).Scan(&s)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestProposals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		fourEyes bool
		do       func(ctx context.Context, p *staff.Proposals, ann, bob, viewer staff.User) error
		wrong    error
		want     string
	}{
		{"at once", false, func(ctx context.Context, p *staff.Proposals, ann, _, _ staff.User) error {
			_, err := p.Propose(ctx, ann, "note.add", "note:1", "Noteer", 1)
			return err
		}, nil, "1 | ann note.add.applied | applied"},
		{"waits", true, func(ctx context.Context, p *staff.Proposals, ann, _, _ staff.User) error {
			_, err := p.Propose(ctx, ann, "note.add", "note:1", "Noteer", 1)
			return err
		}, nil, "ann note.add.open | open"},
		{"confirmed by another", true, func(ctx context.Context, p *staff.Proposals, ann, bob, _ staff.User) error {
			made, err := p.Propose(ctx, ann, "note.add", "note:1", "Noteer", "x")
			if err == nil {
				made, err = p.Confirm(ctx, bob, made.ID)
			}
			if err == nil && !made.FourEyes() {
				return errors.New("not seen by four eyes")
			}
			return err
		}, nil, `"x" | ann note.add.open,bob note.add.applied | applied`},
		{"not by oneself", true, func(ctx context.Context, p *staff.Proposals, ann, _, _ staff.User) error {
			made, err := p.Propose(ctx, ann, "note.add", "note:1", "Noteer", 1)
			if err == nil {
				_, err = p.Confirm(ctx, ann, made.ID)
			}
			return err
		}, staff.ErrOwnProposal, "ann note.add.open | open"},
		{"not by a viewer", true, func(ctx context.Context, p *staff.Proposals, ann, _, viewer staff.User) error {
			made, err := p.Propose(ctx, ann, "note.add", "note:1", "Noteer", 1)
			if err == nil {
				_, err = p.Confirm(ctx, viewer, made.ID)
			}
			return err
		}, staff.ErrNotAllowed, "ann note.add.open | open"},
		{"not proposed by a viewer", false, func(ctx context.Context, p *staff.Proposals, _, _, viewer staff.User) error {
			_, err := p.Propose(ctx, viewer, "note.add", "note:1", "Noteer", 1)
			return err
		}, staff.ErrNotAllowed, ""},
		{"rejected", true, func(ctx context.Context, p *staff.Proposals, ann, bob, _ staff.User) error {
			made, err := p.Propose(ctx, ann, "note.add", "note:1", "Noteer", 1)
			if err == nil {
				made, err = p.Reject(ctx, bob, made.ID, " Klopt niet. ")
			}
			if err == nil && made.Decided.Reason != "Klopt niet." {
				return fmt.Errorf("reason %q", made.Decided.Reason)
			}
			return err
		}, nil, "ann note.add.open,bob note.add.rejected | rejected"},
		{"no reason", true, func(ctx context.Context, p *staff.Proposals, ann, bob, _ staff.User) error {
			made, err := p.Propose(ctx, ann, "note.add", "note:1", "Noteer", 1)
			if err == nil {
				_, err = p.Reject(ctx, bob, made.ID, " ")
			}
			return err
		}, staff.ErrNoReason, "ann note.add.open | open"},
		{"twice", true, func(ctx context.Context, p *staff.Proposals, ann, bob, _ staff.User) error {
			made, err := p.Propose(ctx, ann, "note.add", "note:1", "Noteer", 1)
			if err == nil {
				_, err = p.Reject(ctx, ann, made.ID, "toch niet")
			}
			if err == nil {
				_, err = p.Confirm(ctx, bob, made.ID)
			}
			return err
		}, staff.ErrDecided, "ann note.add.open,ann note.add.rejected | rejected"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db, store := proposing(t)
			ann, bob := addStaff(t, db, "ann@example.org", staff.RoleEditor), addStaff(t, db, "bob@example.org", staff.RoleEditor)
			err := test.do(t.Context(), staff.NewProposals(store, test.fourEyes), ann, bob, addStaff(t, db, "vi@example.org", staff.RoleViewer))
			if !errors.Is(err, test.wrong) {
				t.Errorf("error %v, want %v", err, test.wrong)
			}
			if got := proposalState(t, db); got != test.want {
				t.Errorf("state %q, want %q", got, test.want)
			}
		})
	}
}

// What cannot be applied stays as it was: nothing of the change, of the decision or of
// the log is left.
func TestProposalThatFails(t *testing.T) {
	t.Parallel()
	db, store := proposing(t)
	ann, bob := addStaff(t, db, "ann@example.org", staff.RoleEditor), addStaff(t, db, "bob@example.org", staff.RoleEditor)
	if _, err := staff.NewProposals(store, false).Propose(t.Context(), ann, "note.add", "note:bad", "Noteer", 1); err == nil || !strings.Contains(err.Error(), "cannot be noted") {
		t.Errorf("at once: %v", err)
	}
	if got := proposalState(t, db); got != "" {
		t.Errorf("at once left %q", got)
	}
	p := staff.NewProposals(store, true)
	made, err := p.Propose(t.Context(), ann, "note.add", "note:bad", "Noteer", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Confirm(t.Context(), bob, made.ID); err == nil {
		t.Error("confirmed")
	}
	if got := proposalState(t, db); got != "ann note.add.open | open" {
		t.Errorf("left %q", got)
	}
	if _, err := p.Propose(t.Context(), ann, "other", "", "", nil); err == nil || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("unknown kind: %v", err)
	}
	var user *corpus.UserError
	if _, err := p.Confirm(t.Context(), bob, made.ID+1); !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
		t.Errorf("unknown id: %v", err)
	}
}

// Many who confirm at once apply a proposal once.
func TestProposalIsAppliedOnce(t *testing.T) {
	t.Parallel()
	db, store := proposing(t)
	p := staff.NewProposals(store, true)
	made, err := p.Propose(t.Context(), addStaff(t, db, "ann@example.org", staff.RoleEditor), "note.add", "note:1", "Noteer", 1)
	if err != nil {
		t.Fatal(err)
	}
	bob := addStaff(t, db, "bob@example.org", staff.RoleEditor)
	var wg sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[bool]int{}
	for range 8 {
		wg.Go(func() {
			_, err := p.Confirm(t.Context(), bob, made.ID)
			mu.Lock()
			defer mu.Unlock()
			outcomes[err == nil]++
			if err != nil && !errors.Is(err, staff.ErrDecided) {
				t.Errorf("confirming: %v", err)
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(map[bool]int{true: 1, false: 7}, outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if got := proposalState(t, db); got != "1 | ann note.add.open,bob note.add.applied | applied" {
		t.Errorf("state %q", got)
	}
}

func TestProposalsExpire(t *testing.T) {
	t.Parallel()
	db, store := proposing(t)
	p := staff.NewProposals(store, true)
	ann, bob := addStaff(t, db, "ann@example.org", staff.RoleEditor), addStaff(t, db, "bob@example.org", staff.RoleEditor)
	old, err := p.Propose(t.Context(), ann, "note.add", "note:1", "Oud", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Propose(t.Context(), ann, "note.add", "note:2", "Nieuw", 2); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool().Exec(t.Context(), `UPDATE staff_proposals SET expires_at = now() WHERE id = $1`, old.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Confirm(t.Context(), bob, old.ID); !errors.Is(err, staff.ErrDecided) {
		t.Errorf("confirmed too late: %v", err)
	}
	open, err := p.Open(t.Context())
	if err != nil || len(open) != 1 || open[0].Title != "Nieuw" || open[0].By.Email != ann.Email {
		t.Errorf("open: %+v, %v", open, err)
	}
	decided, err := p.Decided(t.Context())
	if err != nil || len(decided) != 1 || decided[0].Status != staff.ProposalExpired || decided[0].Decided.At.IsZero() || decided[0].Decided.By.ID != 0 {
		t.Errorf("decided: %+v, %v", decided, err)
	}
	if got := proposalState(t, db); got != "ann note.add.open,ann note.add.open, note.add.expired | expired,open" {
		t.Errorf("state %q", got)
	}
}
