package office

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// accountTodos lead administrators to accounts and the log, everybody to their own.
func (o *Office) accountTodos(_ context.Context, v *visit) ([]todo, error) {
	var all []todo
	if o.signIn != nil && v.may(staff.MayManage) {
		all = append(all, todo{URL: v.url("/accounts"), Title: v.text("account.all"), What: v.text("account.all_todo")})
	}
	if o.auditLog != nil && v.may(staff.MayManage) {
		all = append(all, todo{URL: v.url("/logboek"), Title: v.text("log.title"), What: v.text("log.todo")})
	}
	if o.signIn != nil {
		all = append(all, todo{URL: v.url("/account"), Title: v.text("account.title"), What: v.text("account.todo")})
	}
	return all, nil
}

// partTodos lead to the parts where nothing waits.
func (o *Office) partTodos(_ context.Context, v *visit) ([]todo, error) {
	var all []todo
	for _, part := range []struct {
		first string // part of the address
		need  staff.Permission
		title string
		what  string
	}{
		{"vragenlijsten", staff.MayRead, "sets.title", "office.todo.sets"},
		{"metingen", staff.MayRead, "runs.title", "office.todo.runs"},
		{"cijfers", staff.MayRead, "monitor.title", "office.todo.figures"},
		{"documenten", staff.MayRead, "editor.nav.documents", "office.todo.documents"},
		{"vastgelegd", staff.MayRead, "editor.nav.pins", "office.todo.pins"},
		{"verantwoording", staff.MayRead, "editor.nav.account", "office.todo.account"},
		{"publiek", staff.MayManage, "editor.nav.public", "office.todo.public"},
	} {
		if o.has[part.first] && v.may(part.need) {
			all = append(all, todo{URL: v.url("/" + part.first), Title: v.text(part.title), What: v.text(part.what)})
		}
	}
	return all, nil
}

// accountsView is the page of all accounts.
type accountsView struct {
	Accounts []accountView
	Roles    []roleView
	Provider string // "" for none
	Error    string
	Notice   string
	Made     *madePassword // shown once
	Added    staff.User    // what was written in the form
}

type accountView struct {
	staff.User

	RoleName string
	Self     bool
}

type roleView struct {
	Role       staff.Role
	Name, What string
}

// madePassword is a new password, to hand over.
type madePassword struct{ Email, Password string }

// accountNotices are what was done, by the word in the address.
var accountNotices = map[string]string{
	"rol": "account.done_role", "uit": "account.done_disable", "aan": "account.done_enable",
}

func (o *Office) accountsPage(v *visit) error {
	view := accountsView{}
	if key := accountNotices[v.r.FormValue("gedaan")]; key != "" {
		view.Notice = v.text(key)
	}
	return o.showAccounts(v, http.StatusOK, view)
}

func (o *Office) showAccounts(v *visit, status int, view accountsView) error {
	ctx, cancel := v.database()
	defer cancel()
	all, err := o.signIn.Accounts.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range all {
		view.Accounts = append(view.Accounts, accountView{User: u, RoleName: v.role(u.Role), Self: u.ID == v.user.ID})
	}
	for _, r := range staff.Roles() {
		view.Roles = append(view.Roles, roleView{Role: r, Name: v.role(r), What: v.text("account.what." + string(r))})
	}
	if o.signIn.Provider != nil {
		view.Provider = o.signIn.Provider.Name()
	}
	return v.show(status, "accounts", "accounts", v.text("account.all"), view)
}

// addAccount makes an account with a password that is shown once, or with none for
// somebody who signs in with the provider.
func (o *Office) addAccount(v *visit) error {
	ctx, cancel := context.WithTimeout(v.r.Context(), signInTimeout)
	defer cancel()
	wanted := staff.User{Name: v.r.PostFormValue("naam"), Email: v.r.PostFormValue("email"), Role: staff.Role(v.r.PostFormValue("rol"))}
	password := ""
	if o.signIn.Provider == nil || v.r.PostFormValue("extern") == "" {
		password = staff.GeneratePassword()
	}
	u, err := o.signIn.Accounts.Add(ctx, v.user, wanted, password)
	if text := v.accountFault(err); text != "" {
		return o.showAccounts(v, http.StatusUnprocessableEntity, accountsView{Error: text, Added: wanted})
	}
	if err != nil {
		return err
	}
	view := accountsView{Notice: v.text("account.done_add", "email", u.Email)}
	if password != "" {
		view.Made = &madePassword{Email: u.Email, Password: password}
	}
	return o.showAccounts(v, http.StatusOK, view)
}

// accountFault says in the visitor's words what cannot be done to an account; "" for
// an error that is none of theirs.
func (v *visit) accountFault(err error) string {
	for fault, key := range map[error]string{
		staff.ErrEmailTaken: "account.fault_taken", staff.ErrLastAdmin: "account.fault_last_admin", staff.ErrBadEmail: "account.fault_email",
		staff.ErrBadName: "account.fault_name", staff.ErrBadRole: "account.fault_role",
	} {
		if errors.Is(err, fault) {
			return v.text(key)
		}
	}
	return ""
}

// changeAccount gives an account another role or password, disables it or lets it in again.
func (o *Office) changeAccount(v *visit) error {
	id, err := strconv.ParseInt(v.r.PathValue("id"), 10, 64)
	if err != nil {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such account"}
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), signInTimeout)
	defer cancel()
	accounts, done := o.signIn.Accounts, v.r.PostFormValue("doe")
	switch done {
	case "rol":
		_, err = accounts.SetRole(ctx, v.user, id, staff.Role(v.r.PostFormValue("rol")))
	case "uit":
		_, err = accounts.SetDisabled(ctx, v.user, id, true)
	case "aan":
		_, err = accounts.SetDisabled(ctx, v.user, id, false)
	case "wachtwoord":
		return o.resetPassword(ctx, v, id)
	default:
		return &corpus.UserError{Code: corpus.CodeBadMessage, Message: v.text("office.problem.bad_message")}
	}
	if text := v.accountFault(err); text != "" {
		return o.showAccounts(v, http.StatusUnprocessableEntity, accountsView{Error: text})
	}
	if err != nil {
		return err
	}
	return v.to("/accounts?gedaan=" + done)
}

func (o *Office) resetPassword(ctx context.Context, v *visit, id int64) error {
	password := staff.GeneratePassword()
	u, err := o.signIn.Accounts.SetPassword(ctx, v.user, id, password)
	if err != nil {
		return err
	}
	if u.ID == v.user.ID { // one's own sessions ended as well
		if err := o.signIn.Sessions.Begin(v.r, u, ""); err != nil {
			return err
		}
	}
	return o.showAccounts(v, http.StatusOK, accountsView{
		Notice: v.text("account.done_password", "email", u.Email), Made: &madePassword{Email: u.Email, Password: password},
	})
}
