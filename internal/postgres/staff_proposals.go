package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

var _ staff.ProposalStore = (*Proposals)(nil)

// ApplyProposal makes the change of a proposal in the transaction that ends it. When it
// fails the proposal stays as it was; an error for people is a *corpus.UserError. The
// proposal's own entry in the log of changes is written by Proposals.
type ApplyProposal func(ctx context.Context, tx pgx.Tx, p staff.Proposal) error

// Proposals keeps changes that may wait for a second person.
type Proposals struct {
	db    *DB
	kinds map[string]ApplyProposal
}

// NewProposals returns the proposals of a migrated database. kinds are what can be
// proposed, by the name of the kind; more can be added with Kind before it is used.
func NewProposals(db *DB, kinds map[string]ApplyProposal) *Proposals {
	p := &Proposals{db: db, kinds: make(map[string]ApplyProposal)}
	for name, apply := range kinds {
		p.kinds[name] = apply
	}
	return p
}

// Kind adds a kind of proposals. It is for setting up, before the first proposal.
func (s *Proposals) Kind(name string, apply ApplyProposal) { s.kinds[name] = apply }

// Add implements staff.ProposalStore.
func (s *Proposals) Add(ctx context.Context, p staff.Proposal) (staff.Proposal, error) {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		if _, known := s.kinds[p.Kind]; !known {
			return fmt.Errorf("no kind of proposals is called %q", p.Kind)
		}
		err := tx.QueryRow(ctx, `
			INSERT INTO staff_proposals (kind, object, title, change, status, by_user, made_at, expires_at, decided_by, decided_at, reason)
			VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, nullif($9, 0), $10, $11)
			RETURNING id`,
			p.Kind, p.Object, p.Title, string(p.Change), string(p.Status), p.By.ID, p.At, p.Expires,
			p.Decided.By.ID, nullTime(p.Decided.At), p.Decided.Reason).Scan(&p.ID)
		if err != nil {
			return err
		}
		return s.settle(ctx, tx, p, p.By)
	})
	if err != nil {
		return staff.Proposal{}, fmt.Errorf("proposing %s of %s: %w", p.Kind, p.Object, err)
	}
	return p, nil
}

// settle applies a proposal that holds, and writes what became of it to the log.
func (s *Proposals) settle(ctx context.Context, tx pgx.Tx, p staff.Proposal, who staff.User) error {
	if p.Status == staff.ProposalApplied {
		apply, known := s.kinds[p.Kind]
		if !known {
			return fmt.Errorf("no kind of proposals is called %q", p.Kind)
		}
		if err := apply(ctx, tx, p); err != nil {
			return err
		}
	}
	detail := map[string]any{"proposal": p.ID, "title": p.Title, "change": p.Change}
	if p.Decided.Reason != "" {
		detail["reason"] = p.Decided.Reason
	}
	if p.FourEyes() {
		detail["proposed_by"] = p.By.Name
	}
	return recordAudit(ctx, tx, staff.Entry{User: who, Action: p.Kind + "." + string(p.Status), Object: p.Object, Detail: detail})
}

// proposalColumns are what scanProposal reads, for selectProposals and for a table of
// the same form.
const proposalColumns = `
SELECT p.id, p.kind, p.object, p.title, p.change, p.status, p.made_at, p.expires_at,
       b.id, b.name, b.email, b.role,
       coalesce(d.id, 0), coalesce(d.name, ''), coalesce(d.email, ''), coalesce(d.role, ''), p.decided_at, p.reason
FROM `

const proposalPeople = ` p
JOIN staff_users b ON b.id = p.by_user
LEFT JOIN staff_users d ON d.id = p.decided_by`

// selectProposals reads whole proposals.
const selectProposals = proposalColumns + `staff_proposals` + proposalPeople

func scanProposal(row pgx.CollectableRow) (p staff.Proposal, err error) {
	var decided *time.Time
	err = row.Scan(&p.ID, &p.Kind, &p.Object, &p.Title, &p.Change, &p.Status, &p.At, &p.Expires,
		&p.By.ID, &p.By.Name, &p.By.Email, &p.By.Role,
		&p.Decided.By.ID, &p.Decided.By.Name, &p.Decided.By.Email, &p.Decided.By.Role, &decided, &p.Decided.Reason)
	if decided != nil {
		p.Decided.At = *decided
	}
	return p, err
}

// Decide implements staff.ProposalStore.
func (s *Proposals) Decide(ctx context.Context, id int64, decide func(*staff.Proposal) error) (staff.Proposal, error) {
	var p staff.Proposal
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectProposals+` WHERE p.id = $1 FOR UPDATE OF p`, id)
		if err != nil {
			return err
		}
		p, err = pgx.CollectExactlyOneRow(rows, scanProposal)
		if errors.Is(err, pgx.ErrNoRows) {
			return &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such proposal"}
		}
		if err != nil {
			return err
		}
		if err := decide(&p); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE staff_proposals SET status = $2, decided_by = nullif($3, 0), decided_at = $4, reason = $5
			WHERE id = $1`, id, string(p.Status), p.Decided.By.ID, p.Decided.At, p.Decided.Reason)
		if err != nil {
			return err
		}
		return s.settle(ctx, tx, p, p.Decided.By)
	})
	if err != nil {
		return staff.Proposal{}, fmt.Errorf("deciding proposal %d: %w", id, err)
	}
	return p, nil
}

// Proposals implements staff.ProposalStore.
func (s *Proposals) Proposals(ctx context.Context, open bool, limit int) ([]staff.Proposal, error) {
	rows, err := s.db.pool.Query(ctx, selectProposals+`
		WHERE (p.status = 'open') = $1
		ORDER BY coalesce(p.decided_at, p.made_at) DESC, p.id DESC
		LIMIT $2`, open, limit)
	if err != nil {
		return nil, fmt.Errorf("reading proposals: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanProposal)
	if err != nil {
		return nil, fmt.Errorf("reading proposals: %w", err)
	}
	return all, nil
}

// Expire implements staff.ProposalStore.
func (s *Proposals) Expire(ctx context.Context) (int, error) {
	n := 0
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			WITH over AS (
			    UPDATE staff_proposals SET status = 'expired', decided_at = expires_at
			    WHERE status = 'open' AND expires_at <= now()
			    RETURNING *
			)`+proposalColumns+`over`+proposalPeople)
		if err != nil {
			return err
		}
		over, err := pgx.CollectRows(rows, scanProposal)
		if err != nil {
			return err
		}
		for _, p := range over {
			if err := s.settle(ctx, tx, p, staff.User{}); err != nil {
				return err
			}
		}
		n = len(over)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("ending proposals that nobody decided: %w", err)
	}
	return n, nil
}
