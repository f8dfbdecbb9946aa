package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/staff"
)

var _ staff.Audit = (*Audit)(nil)

// Audit is the log of changes.
type Audit struct{ db *DB }

// NewAudit returns the log of changes of a migrated database.
func NewAudit(db *DB) *Audit { return &Audit{db} }

// Record implements staff.Audit.
func (a *Audit) Record(ctx context.Context, e staff.Entry) error {
	return a.db.inTx(ctx, func(tx pgx.Tx) error { return recordAudit(ctx, tx, e) })
}

// recordAudit writes an entry of the log of changes in the transaction of the change.
func recordAudit(ctx context.Context, tx pgx.Tx, e staff.Entry) error {
	detail := []byte("{}")
	if len(e.Detail) > 0 {
		var err error
		if detail, err = json.Marshal(e.Detail); err != nil {
			return fmt.Errorf("writing %s of %s to the log of changes: %w", e.Action, e.Object, err)
		}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO staff_audit (user_id, user_name, action, object, detail)
		VALUES (nullif($1, 0), $2, $3, $4, $5::jsonb)`, e.User.ID, e.User.Name, e.Action, e.Object, string(detail))
	if err != nil {
		return fmt.Errorf("writing %s of %s to the log of changes: %w", e.Action, e.Object, err)
	}
	return nil
}

// auditLimit is how many entries are read when nothing else is asked.
const auditLimit = 100

// Entries are the entries of the log that f asks for, newest first.
func (a *Audit) Entries(ctx context.Context, f staff.AuditFilter) ([]staff.Recorded, error) {
	limit := min(max(f.Limit, 0), staff.MaxAudit)
	if limit == 0 {
		limit = auditLimit
	}
	rows, err := a.db.pool.Query(ctx, `
		SELECT id, at, coalesce(user_id, 0), user_name, action, object, detail
		FROM staff_audit
		WHERE ($1::bigint = 0 OR user_id = $1)
		  AND action LIKE $2
		  AND ($3::text = '' OR object = $3)
		  AND ($4::timestamptz IS NULL OR at >= $4)
		  AND ($5::timestamptz IS NULL OR at < $5)
		  AND ($6::bigint = 0 OR id < $6)
		ORDER BY id DESC
		LIMIT $7`,
		f.User, likeEscaper.Replace(f.Action)+"%", f.Object, nullTime(f.Since), nullTime(f.Till), f.Before, limit)
	if err != nil {
		return nil, fmt.Errorf("reading the log of changes: %w", err)
	}
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r staff.Recorded, err error) {
		var detail []byte
		if err := row.Scan(&r.ID, &r.At, &r.User.ID, &r.User.Name, &r.Action, &r.Object, &detail); err != nil {
			return r, err
		}
		return r, json.Unmarshal(detail, &r.Detail)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the log of changes: %w", err)
	}
	return entries, nil
}

// nullTime is t for the database: null for the zero time.
func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// likeEscaper takes the meaning from what LIKE gives one.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
