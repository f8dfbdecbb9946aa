package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

var _ staff.AccountStore = (*Accounts)(nil)

// Accounts keeps the accounts of the staff.
type Accounts struct{ db *DB }

// NewAccounts returns the accounts of a migrated database.
func NewAccounts(db *DB) *Accounts { return &Accounts{db} }

// accountColumns are what scanAccount reads.
const accountColumns = `id, name, email, role, disabled_at, created_at, signed_in_at, password_hash IS NOT NULL, coalesce(issuer, ''), epoch`

func scanAccount(row pgx.CollectableRow) (staff.User, error) { return readAccount(row) }

func readAccount(row pgx.Row, more ...any) (u staff.User, err error) {
	var disabled, signedIn *time.Time
	err = row.Scan(append([]any{&u.ID, &u.Name, &u.Email, &u.Role, &disabled, &u.Created, &signedIn, &u.Password, &u.Provider, &u.Epoch}, more...)...)
	if disabled != nil {
		u.Disabled = *disabled
	}
	if signedIn != nil {
		u.SignedIn = *signedIn
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return staff.User{}, &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such account"}
	}
	return u, err
}

// User implements staff.AccountStore.
func (s *Accounts) User(ctx context.Context, id int64) (staff.User, error) {
	u, err := readAccount(s.db.pool.QueryRow(ctx, `SELECT `+accountColumns+` FROM staff_users WHERE id = $1`, id))
	if err != nil {
		return staff.User{}, fmt.Errorf("reading account %d: %w", id, err)
	}
	return u, nil
}

// UserByEmail implements staff.AccountStore.
func (s *Accounts) UserByEmail(ctx context.Context, email string) (staff.User, string, error) {
	var hash string
	u, err := readAccount(s.db.pool.QueryRow(ctx, `SELECT `+accountColumns+`, coalesce(password_hash, '') FROM staff_users WHERE email = $1`, email), &hash)
	if err != nil {
		return staff.User{}, "", fmt.Errorf("reading an account: %w", err)
	}
	return u, hash, nil
}

// UserBySubject implements staff.AccountStore.
func (s *Accounts) UserBySubject(ctx context.Context, issuer, subject string) (staff.User, error) {
	u, err := readAccount(s.db.pool.QueryRow(ctx, `SELECT `+accountColumns+` FROM staff_users WHERE issuer = $1 AND subject = $2`, issuer, subject))
	if err != nil {
		return staff.User{}, fmt.Errorf("reading the account of a subject: %w", err)
	}
	return u, nil
}

// Users implements staff.AccountStore.
func (s *Accounts) Users(ctx context.Context) ([]staff.User, error) {
	rows, err := s.db.pool.Query(ctx, `SELECT `+accountColumns+` FROM staff_users ORDER BY name, id`)
	if err != nil {
		return nil, fmt.Errorf("reading accounts: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanAccount)
	if err != nil {
		return nil, fmt.Errorf("reading accounts: %w", err)
	}
	return all, nil
}

// accountObject is how the log of changes names an account.
func accountObject(id int64) string { return fmt.Sprintf("account:%d", id) }

// uniqueViolation is the SQLSTATE of a value that there may be once.
const uniqueViolation = "23505"

// Add implements staff.AccountStore.
func (s *Accounts) Add(ctx context.Context, by, u staff.User, hash string) (staff.User, error) {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		added, err := readAccount(tx.QueryRow(ctx, `
			INSERT INTO staff_users (email, name, role, password_hash, password_at)
			VALUES ($1, $2, $3, nullif($4, ''), CASE WHEN $4 <> '' THEN now() END)
			RETURNING `+accountColumns, u.Email, u.Name, string(u.Role), hash))
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code == uniqueViolation {
			return staff.ErrEmailTaken
		}
		if err != nil {
			return err
		}
		u = added
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: "account.add", Object: accountObject(u.ID), Detail: map[string]any{
			"email": u.Email, "role": u.Role, "password": u.Password,
		}})
	})
	if err != nil {
		return staff.User{}, fmt.Errorf("adding an account: %w", err)
	}
	return u, nil
}

// Change implements staff.AccountStore.
func (s *Accounts) Change(ctx context.Context, by, u staff.User, action string, keepAdmin bool) (staff.User, error) {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		// Two administrators who demote each other must not both find one left.
		if _, err := tx.Exec(ctx, `LOCK TABLE staff_users IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		was, err := readAccount(tx.QueryRow(ctx, `SELECT `+accountColumns+` FROM staff_users WHERE id = $1`, u.ID))
		if err != nil {
			return err
		}
		if keepAdmin && was.May(staff.MayManage) && !u.May(staff.MayManage) {
			var left bool
			err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM staff_users WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1)`, u.ID).Scan(&left)
			if err != nil {
				return err
			}
			if !left {
				return staff.ErrLastAdmin
			}
		}
		u, err = readAccount(tx.QueryRow(ctx, `
			UPDATE staff_users SET name = $2, role = $3, disabled_at = $4,
			    epoch = epoch + CASE WHEN role <> $3 OR $4::timestamptz IS NOT NULL THEN 1 ELSE 0 END
			WHERE id = $1
			RETURNING `+accountColumns, u.ID, u.Name, string(u.Role), nullTime(u.Disabled)))
		if err != nil {
			return err
		}
		if u.Epoch != was.Epoch {
			if err := endSessions(ctx, tx, u.ID); err != nil {
				return err
			}
		}
		detail := map[string]any{"email": u.Email}
		if u.Role != was.Role {
			detail["from"], detail["to"] = was.Role, u.Role
		}
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: action, Object: accountObject(u.ID), Detail: detail})
	})
	if err != nil {
		return staff.User{}, fmt.Errorf("changing account %d: %w", u.ID, err)
	}
	return u, nil
}

// SetPassword implements staff.AccountStore.
func (s *Accounts) SetPassword(ctx context.Context, by staff.User, id int64, hash string) (u staff.User, err error) {
	err = s.db.inTx(ctx, func(tx pgx.Tx) error {
		u, err = readAccount(tx.QueryRow(ctx, `
			UPDATE staff_users SET password_hash = $2, password_at = now(), epoch = epoch + 1
			WHERE id = $1
			RETURNING `+accountColumns, id, hash))
		if err != nil {
			return err
		}
		if err := endSessions(ctx, tx, id); err != nil {
			return err
		}
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: "account.password", Object: accountObject(id), Detail: map[string]any{"email": u.Email}})
	})
	if err != nil {
		return staff.User{}, fmt.Errorf("changing the password of account %d: %w", id, err)
	}
	return u, nil
}

func endSessions(ctx context.Context, tx pgx.Tx, user int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM staff_sessions WHERE user_id = $1`, user)
	return err
}

// Rehash implements staff.AccountStore.
func (s *Accounts) Rehash(ctx context.Context, id int64, old, hash string) error {
	_, err := s.db.pool.Exec(ctx, `UPDATE staff_users SET password_hash = $3 WHERE id = $1 AND password_hash = $2`, id, old, hash)
	if err != nil {
		return fmt.Errorf("making the hash of account %d anew: %w", id, err)
	}
	return nil
}

// Link implements staff.AccountStore.
func (s *Accounts) Link(ctx context.Context, id int64, issuer, subject string) (u staff.User, err error) {
	err = s.db.inTx(ctx, func(tx pgx.Tx) error {
		u, err = readAccount(tx.QueryRow(ctx, `
			UPDATE staff_users SET issuer = $2, subject = $3
			WHERE id = $1 AND issuer IS NULL
			RETURNING `+accountColumns, id, issuer, subject))
		if err != nil {
			return err
		}
		return recordAudit(ctx, tx, staff.Entry{User: u, Action: "account.link", Object: accountObject(id), Detail: map[string]any{"issuer": issuer}})
	})
	if err != nil {
		return staff.User{}, fmt.Errorf("linking account %d: %w", id, err)
	}
	return u, nil
}

// SawSignIn implements staff.AccountStore.
func (s *Accounts) SawSignIn(ctx context.Context, id int64) error {
	if _, err := s.db.pool.Exec(ctx, `UPDATE staff_users SET signed_in_at = now() WHERE id = $1`, id); err != nil {
		return fmt.Errorf("noting that account %d signed in: %w", id, err)
	}
	return nil
}
