package staff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// ProposalStatus is where a proposal stands.
type ProposalStatus string

// What becomes of a proposal.
const (
	ProposalOpen     ProposalStatus = "open"     // waits for a second person
	ProposalApplied  ProposalStatus = "applied"  // the change is made
	ProposalRejected ProposalStatus = "rejected" // somebody said no
	ProposalExpired  ProposalStatus = "expired"  // nobody decided in time
)

// Proposal is a change that the public will see and that may wait for a second person.
type Proposal struct {
	ID      int64
	Kind    string          // the name of a kind that the store can apply: "document.withdraw"
	Object  string          // what it changes, as "kind:id"
	Title   string          // the change in a line, for the one who confirms it
	Change  json.RawMessage // what the kind's function applies; null for none
	Status  ProposalStatus
	By      User // who proposed it
	At      time.Time
	Expires time.Time
	Decided struct { // zero while it is open, and By also when it expired
		By User
		At time.Time
		// Reason is why it was rejected, or that it needed no second person.
		Reason string
	}
}

// FourEyes reports whether a second person made the proposal hold.
func (p Proposal) FourEyes() bool {
	return p.Status == ProposalApplied && p.Decided.By.ID != p.By.ID
}

// ProposalStore keeps proposals and applies them. It is implemented by
// *postgres.Proposals.
type ProposalStore interface {
	// Add stores an open proposal, or one that is applied at once in the same
	// transaction, with its entry in the log.
	Add(ctx context.Context, p Proposal) (Proposal, error)
	// Decide locks the proposal, asks decide what becomes of it, and stores that with
	// its entry in the log; one that becomes applied is applied in the same transaction.
	// An unknown id is an error with corpus.CodeNotFound.
	Decide(ctx context.Context, id int64, decide func(*Proposal) error) (Proposal, error)
	// Proposals are those that are open, or else the last decided, newest first.
	Proposals(ctx context.Context, open bool, limit int) ([]Proposal, error)
	// Expire ends what nobody decided in time.
	Expire(ctx context.Context) (int, error)
}

// Proposals is how changes that the public sees are made: at once, or after somebody
// else confirmed them.
type Proposals struct {
	store    ProposalStore
	fourEyes bool
	now      func() time.Time
}

const (
	// proposalLife is how long a proposal waits for a second person.
	proposalLife = 14 * 24 * time.Hour
	// maxReason bounds the reason of a rejection, in characters.
	maxReason = 1000
	// maxTitle bounds the title of a proposal, in characters.
	maxTitle = 300
)

// NewProposals returns the proposals of a store; with fourEyes each waits for a second
// person.
func NewProposals(store ProposalStore, fourEyes bool) *Proposals {
	return &Proposals{store: store, fourEyes: fourEyes, now: time.Now}
}

// FourEyes reports whether proposals wait for a second person.
func (p *Proposals) FourEyes() bool { return p.fourEyes }

// Propose stores the change of kind to object. It is applied at once unless a second
// person must confirm it: the status of the result tells. By needs MayEdit.
func (p *Proposals) Propose(ctx context.Context, by User, kind, object, title string, change any) (Proposal, error) {
	if !by.May(MayEdit) {
		return Proposal{}, ErrNotAllowed
	}
	body, err := json.Marshal(change)
	if err != nil {
		return Proposal{}, fmt.Errorf("writing a proposal of kind %s: %w", kind, err)
	}
	if title = strings.TrimSpace(title); utf8.RuneCountInString(title) > maxTitle {
		title = string([]rune(title)[:maxTitle-1]) + "…"
	}
	now := p.now()
	made := Proposal{
		Kind: kind, Object: object, Title: title, Change: body,
		Status: ProposalOpen, By: by, At: now, Expires: now.Add(proposalLife),
	}
	if !p.fourEyes {
		made.Status = ProposalApplied
		made.Decided.By, made.Decided.At = by, now
	}
	return p.store.Add(ctx, made)
}

// Confirm applies an open proposal of somebody else. By needs MayPublish.
func (p *Proposals) Confirm(ctx context.Context, by User, id int64) (Proposal, error) {
	return p.decide(ctx, by, id, func(found *Proposal) error {
		if found.By.ID == by.ID {
			return ErrOwnProposal
		}
		found.Status = ProposalApplied
		return nil
	})
}

// Reject ends an open proposal for a reason; whoever made it may take it back so. By
// needs MayPublish.
func (p *Proposals) Reject(ctx context.Context, by User, id int64, reason string) (Proposal, error) {
	if reason = strings.TrimSpace(reason); reason == "" || utf8.RuneCountInString(reason) > maxReason {
		return Proposal{}, ErrNoReason
	}
	return p.decide(ctx, by, id, func(found *Proposal) error {
		found.Status, found.Decided.Reason = ProposalRejected, reason
		return nil
	})
}

func (p *Proposals) decide(ctx context.Context, by User, id int64, decide func(*Proposal) error) (Proposal, error) {
	if !by.May(MayPublish) {
		return Proposal{}, ErrNotAllowed
	}
	return p.store.Decide(ctx, id, func(found *Proposal) error {
		now := p.now()
		if found.Status != ProposalOpen || !now.Before(found.Expires) {
			return ErrDecided
		}
		found.Decided.By, found.Decided.At = by, now
		return decide(found)
	})
}

// Open are the proposals that wait, the oldest last.
func (p *Proposals) Open(ctx context.Context) ([]Proposal, error) {
	if _, err := p.store.Expire(ctx); err != nil {
		return nil, err
	}
	return p.store.Proposals(ctx, true, maxProposals)
}

// Decided are the last proposals that no longer wait.
func (p *Proposals) Decided(ctx context.Context) ([]Proposal, error) {
	return p.store.Proposals(ctx, false, maxDecided)
}

const (
	maxProposals = 500
	maxDecided   = 50
)

// What can be wrong with a proposal; the messages are for programs, pages say it in
// their own words.
var (
	ErrNotAllowed  = errors.New("the role does not allow this")
	ErrOwnProposal = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "somebody else has to confirm this"}
	ErrNoReason    = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "a rejection needs a reason of at most a thousand characters"}
	ErrDecided     = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "this proposal was decided already, or its time is over"}
)
