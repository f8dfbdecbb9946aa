package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

type userCommand struct {
	Add      userAddCommand      `cmd:"" help:"Make an account."`
	List     userListCommand     `cmd:"" help:"Print all accounts."`
	Role     userRoleCommand     `cmd:"" help:"Give an account another role; it is signed out everywhere."`
	Password userPasswordCommand `cmd:"" help:"Give an account another password; it is signed out everywhere."`
	Disable  userDisableCommand  `cmd:"" help:"Keep an account from signing in; it is signed out everywhere."`
	Enable   userEnableCommand   `cmd:"" help:"Let a disabled account sign in again."`
}

// Help is the command's example.
func (*userCommand) Help() string {
	return "Example, the first account:\n\n  vraagbaak user add --role admin --name 'Ann de Wit' ann@example.org"
}

// userJSON is an account as --json prints it.
type userJSON struct {
	ID       int64      `json:"id"`
	Email    string     `json:"email"`
	Name     string     `json:"name"`
	Role     staff.Role `json:"role"`
	Disabled bool       `json:"disabled"`
	// SignsInBy is how: by "password", "provider", both, or not yet.
	SignsInBy []string   `json:"signs_in_by"`
	Created   time.Time  `json:"created"`
	SignedIn  *time.Time `json:"signed_in,omitempty"`
	// Password is there when one was made up, and nowhere else.
	Password string `json:"password,omitempty"`
}

func newUserJSON(u staff.User, made string) userJSON {
	j := userJSON{ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role, Disabled: !u.Disabled.IsZero(), SignsInBy: []string{}, Created: u.Created, Password: made}
	if u.Password {
		j.SignsInBy = append(j.SignsInBy, "password")
	}
	if u.Provider != "" {
		j.SignsInBy = append(j.SignsInBy, "provider")
	}
	if !u.SignedIn.IsZero() {
		j.SignedIn = &u.SignedIn
	}
	return j
}

// printUser tells what became of an account.
func (e *env) printUser(asJSON bool, u staff.User, made, did string) error {
	if asJSON {
		return e.printJSON(newUserJSON(u, made))
	}
	e.notef("%s: %s\n", u.Email, did)
	if made != "" {
		e.notef("The password, shown this once:\n")
		e.printf("%s\n", made)
	}
	return nil
}

// withAccounts opens the database for a command on accounts.
func (e *env) withAccounts(ctx context.Context, do func(*staff.Accounts) error) error {
	db, err := e.connect(ctx, 2)
	if err != nil {
		return err
	}
	defer db.Close(e.log)
	return do(db.accounts())
}

// withAccount does something to the account with an address.
func (e *env) withAccount(ctx context.Context, email string, do func(*staff.Accounts, staff.User) error) error {
	return e.withAccounts(ctx, func(accounts *staff.Accounts) error {
		u, err := accounts.UserByEmail(ctx, email)
		var user *corpus.UserError
		if errors.As(err, &user) && user.Code == corpus.CodeNotFound {
			return fmt.Errorf("there is no account %s: see vraagbaak user list", email)
		}
		if err != nil {
			return err
		}
		return do(accounts, u)
	})
}

// said is what is wrong with an account or a password, without what the program did.
func said(err error) error {
	var user *corpus.UserError
	if errors.As(err, &user) {
		return errors.New(user.Message)
	}
	return err
}

// PasswordSettings are where a password comes from; without any it is typed.
type PasswordSettings struct {
	PasswordFile string `help:"File with the password in its first line; - is standard input." name:"password-file" xor:"password" env:"VRAAGBAAK_USER_PASSWORD_FILE" placeholder:"FILE"`
	Generate     bool   `help:"Make up a password and print it." xor:"password"`
}

// maxPasswordFile is far more than a password has, in bytes.
const maxPasswordFile = 64 << 10

// password gets a password for u; made is it when it was made up.
func (s PasswordSettings) password(e *env, u staff.User) (password, made string, err error) {
	switch {
	case s.Generate:
		made = staff.GeneratePassword()
		return made, made, nil
	case s.PasswordFile != "":
		password, err = s.read(e)
	default:
		password, err = typePassword(e)
	}
	if err != nil {
		return "", "", err
	}
	return password, "", staff.CheckPassword(u, password)
}

func (s PasswordSettings) read(e *env) (string, error) {
	from := e.in
	if s.PasswordFile != "-" {
		f, err := os.Open(s.PasswordFile)
		if err != nil {
			return "", fmt.Errorf("--password-file: %w", err)
		}
		defer func() { _ = f.Close() }() // it was only read
		from = f
	}
	content, err := io.ReadAll(io.LimitReader(from, maxPasswordFile))
	if err != nil {
		return "", fmt.Errorf("--password-file: %w", err)
	}
	line, _, _ := strings.Cut(string(content), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", errors.New("--password-file: the first line is empty")
	}
	return line, nil
}

// typePassword asks for a password twice, and does not show it.
func typePassword(e *env) (string, error) {
	terminal, ok := e.in.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) { // #nosec G115 -- a file descriptor
		return "", usagef("there is no terminal to type a password on: use --generate or --password-file")
	}
	var typed [2]string
	for i, prompt := range []string{"Password: ", "Once more: "} {
		e.notef("%s", prompt)
		b, err := term.ReadPassword(int(terminal.Fd())) // #nosec G115 -- a file descriptor
		e.notef("\n")
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		typed[i] = string(b)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords are not the same")
	}
	return typed[0], nil
}

type userAddCommand struct {
	Email string `arg:"" help:"The address one signs in with."`
	Name  string `help:"How people call the person; default: the address up to the @." placeholder:"NAME"`
	Role  string `help:"viewer reads, reviewer judges answers, editor looks after questions and documents, admin does all." enum:"viewer,reviewer,editor,admin" required:"" placeholder:"ROLE"`
	PasswordSettings
	NoPassword bool `help:"Signs in with the OpenID provider only." name:"no-password" xor:"password"`
	JSON       bool `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*userAddCommand) Help() string {
	return "Example:\n\n  vraagbaak user add --role admin --name 'Ann de Wit' ann@example.org\n  vraagbaak user add --role reviewer --generate bob@example.org"
}

func (c *userAddCommand) Run(ctx context.Context, e *env) error {
	u := staff.User{Email: c.Email, Name: c.Name, Role: staff.Role(c.Role)}
	password, made := "", ""
	if !c.NoPassword {
		var err error
		if password, made, err = c.password(e, u); err != nil {
			return err
		}
	}
	return e.withAccounts(ctx, func(accounts *staff.Accounts) error {
		u, err := accounts.Add(ctx, staff.User{}, u, password)
		if err != nil {
			return said(err)
		}
		return e.printUser(c.JSON, u, made, "added as "+string(u.Role))
	})
}

type userListCommand struct {
	JSON bool `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*userListCommand) Help() string { return "Example:\n\n  vraagbaak user list --json" }

func (c *userListCommand) Run(ctx context.Context, e *env) error {
	return e.withAccounts(ctx, func(accounts *staff.Accounts) error {
		all, err := accounts.Users(ctx)
		if err != nil {
			return err
		}
		list := make([]userJSON, len(all))
		for i, u := range all {
			list[i] = newUserJSON(u, "")
		}
		if c.JSON {
			return e.printJSON(struct {
				Users []userJSON `json:"users"`
			}{list})
		}
		w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
		for _, u := range list {
			state, last := "active", "never signed in"
			if u.Disabled {
				state = "disabled"
			}
			if u.SignedIn != nil {
				last = "signed in " + u.SignedIn.Local().Format(time.DateTime)
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", u.Email, u.Role, state, strings.Join(u.SignsInBy, ", "), last, u.Name)
		}
		return w.Flush()
	})
}

type userRoleCommand struct {
	Email string `arg:"" help:"The account."`
	Role  string `arg:"" help:"viewer, reviewer, editor or admin." enum:"viewer,reviewer,editor,admin"`
	JSON  bool   `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*userRoleCommand) Help() string {
	return "Example:\n\n  vraagbaak user role bob@example.org editor"
}

func (c *userRoleCommand) Run(ctx context.Context, e *env) error {
	return e.withAccount(ctx, c.Email, func(accounts *staff.Accounts, u staff.User) error {
		u, err := accounts.SetRole(ctx, staff.User{}, u.ID, staff.Role(c.Role))
		if err != nil {
			return said(err)
		}
		return e.printUser(c.JSON, u, "", "now "+string(u.Role))
	})
}

type userPasswordCommand struct {
	Email string `arg:"" help:"The account."`
	PasswordSettings
	JSON bool `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*userPasswordCommand) Help() string {
	return "Example:\n\n  vraagbaak user password ann@example.org\n  vraagbaak user password --generate ann@example.org"
}

func (c *userPasswordCommand) Run(ctx context.Context, e *env) error {
	return e.withAccount(ctx, c.Email, func(accounts *staff.Accounts, u staff.User) error {
		password, made, err := c.password(e, u)
		if err != nil {
			return err
		}
		if u, err = accounts.SetPassword(ctx, staff.User{}, u.ID, password); err != nil {
			return said(err)
		}
		return e.printUser(c.JSON, u, made, "has another password")
	})
}

type userDisableCommand struct {
	Email string `arg:"" help:"The account."`
	JSON  bool   `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*userDisableCommand) Help() string {
	return "Example:\n\n  vraagbaak user disable bob@example.org"
}

func (c *userDisableCommand) Run(ctx context.Context, e *env) error {
	return e.setDisabled(ctx, c.Email, c.JSON, true, "disabled")
}

type userEnableCommand struct {
	Email string `arg:"" help:"The account."`
	JSON  bool   `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*userEnableCommand) Help() string { return "Example:\n\n  vraagbaak user enable bob@example.org" }

func (c *userEnableCommand) Run(ctx context.Context, e *env) error {
	return e.setDisabled(ctx, c.Email, c.JSON, false, "may sign in again")
}

func (e *env) setDisabled(ctx context.Context, email string, asJSON, disabled bool, did string) error {
	return e.withAccount(ctx, email, func(accounts *staff.Accounts, u staff.User) error {
		u, err := accounts.SetDisabled(ctx, staff.User{}, u.ID, disabled)
		if err != nil {
			return said(err)
		}
		return e.printUser(asJSON, u, "", did)
	})
}
