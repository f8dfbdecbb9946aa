package office

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

func (o *Office) proposalRoutes() []route {
	if o.proposals == nil {
		return nil
	}
	return []route{
		{"GET", "/voorstellen", staff.MayRead, o.proposalsPage},
		{"POST", "/voorstellen/{id}", staff.MayPublish, o.decideProposal},
	}
}

// proposalTodos are the proposals that the visitor may confirm.
func (o *Office) proposalTodos(ctx context.Context, v *visit) ([]todo, error) {
	if o.proposals == nil || !o.proposals.FourEyes() || !v.may(staff.MayPublish) {
		return nil, nil
	}
	open, err := o.proposals.Open(ctx)
	if err != nil {
		return nil, err
	}
	waiting := 0
	for _, p := range open {
		if p.By.ID != v.user.ID {
			waiting++
		}
	}
	return []todo{{URL: v.url("/voorstellen"), Title: v.text("proposals.title"), What: v.text("proposals.todo"), Count: waiting}}, nil
}

// proposalsView is the page of changes that wait, and of the last that did.
type proposalsView struct {
	FourEyes      bool
	Open, Decided []proposalView
	Error, Notice string
	At            int64  // the proposal that Error is about
	Reason        string // what was written there
}

type proposalView struct {
	staff.Proposal

	Made, Until, Done string
	Outcome           string
	Change            string
	MayConfirm        bool // not one's own
	MayReject         bool
}

// proposalNotices are what was done, by the word in the address.
var proposalNotices = map[string]string{"bevestigd": "proposals.done_confirm", "afgewezen": "proposals.done_reject"}

func (o *Office) proposalsPage(v *visit) error {
	view := proposalsView{}
	if key := proposalNotices[v.r.FormValue("gedaan")]; key != "" {
		view.Notice = v.text(key)
	}
	return o.showProposals(v, http.StatusOK, view)
}

func (o *Office) showProposals(v *visit, status int, view proposalsView) error {
	ctx, cancel := v.database()
	defer cancel()
	open, err := o.proposals.Open(ctx)
	if err != nil {
		return err
	}
	decided, err := o.proposals.Decided(ctx)
	if err != nil {
		return err
	}
	view.FourEyes = o.proposals.FourEyes()
	for _, p := range open {
		view.Open = append(view.Open, v.proposal(p))
	}
	for _, p := range decided {
		view.Decided = append(view.Decided, v.proposal(p))
	}
	return v.show(status, "proposals", "proposals", v.text("proposals.title"), view)
}

func (v *visit) proposal(p staff.Proposal) proposalView {
	view := proposalView{
		Proposal: p, Made: v.when(p.At), Until: v.when(p.Expires), Done: v.when(p.Decided.At),
		Outcome: v.text("proposals.status." + string(p.Status)),
	}
	if v.may(staff.MayPublish) {
		view.MayConfirm, view.MayReject = p.By.ID != v.user.ID, true
	}
	if p.Status == staff.ProposalApplied && !p.FourEyes() {
		view.Outcome = v.text("proposals.at_once")
	}
	if b, err := json.MarshalIndent(p.Change, "", "  "); err == nil && string(b) != "null" {
		view.Change = string(b)
	}
	return view
}

// decideProposal confirms or rejects a proposal.
func (o *Office) decideProposal(v *visit) error {
	id, err := strconv.ParseInt(v.r.PathValue("id"), 10, 64)
	if err != nil {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such proposal"}
	}
	ctx, cancel := v.database()
	defer cancel()
	reason, done := v.r.PostFormValue("reden"), "bevestigd"
	switch v.r.PostFormValue("doe") {
	case "bevestig":
		_, err = o.proposals.Confirm(ctx, v.user, id)
	case "wijs_af":
		done = "afgewezen"
		_, err = o.proposals.Reject(ctx, v.user, id, reason)
	default:
		return &corpus.UserError{Code: corpus.CodeBadMessage, Message: v.text("office.problem.bad_message")}
	}
	view := proposalsView{At: id, Reason: reason}
	switch {
	case errors.Is(err, staff.ErrOwnProposal):
		view.Error = v.text("proposals.fault_own")
	case errors.Is(err, staff.ErrNoReason):
		view.Error = v.text("proposals.fault_reason")
	case errors.Is(err, staff.ErrDecided):
		view.Error = v.text("proposals.fault_decided")
	case err != nil:
		return err
	default:
		return v.to("/voorstellen?gedaan=" + done)
	}
	return o.showProposals(v, http.StatusUnprocessableEntity, view)
}
