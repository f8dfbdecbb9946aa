package staff

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// AccountStore keeps accounts. Each change is written to the log of changes in its own
// transaction, as done by by. It is implemented by *postgres.Accounts. An unknown account
// is an error with corpus.CodeNotFound.
type AccountStore interface {
	User(ctx context.Context, id int64) (User, error)
	// UserByEmail also gives the hash of the password, "" for none.
	UserByEmail(ctx context.Context, email string) (User, string, error)
	UserBySubject(ctx context.Context, issuer, subject string) (User, error)
	// Users are all accounts, by name.
	Users(ctx context.Context) ([]User, error)
	// Add makes an account; ErrEmailTaken when there is one with this address.
	Add(ctx context.Context, by, u User, hash string) (User, error)
	// Change stores role, name and whether the account is disabled. An account that is
	// disabled or gets another role loses its sessions. With keepAdmin the last
	// administrator stays one: ErrLastAdmin.
	Change(ctx context.Context, by, u User, action string, keepAdmin bool) (User, error)
	// SetPassword stores another hash; the account loses its sessions.
	SetPassword(ctx context.Context, by User, id int64, hash string) (User, error)
	// Rehash stores another hash of the same password.
	Rehash(ctx context.Context, id int64, old, hash string) error
	// Link ties an account without one to an account of an OpenID provider.
	Link(ctx context.Context, id int64, issuer, subject string) (User, error)
	// SawSignIn notes that the account signed in.
	SawSignIn(ctx context.Context, id int64) error
}

// What can be wrong with an account; pages say it in their own words.
var (
	ErrEmailTaken  = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "there is an account with this e-mail address already"}
	ErrLastAdmin   = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "this is the last administrator: make another account one first"}
	ErrBadEmail    = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "this is no e-mail address"}
	ErrBadName     = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "a name has 1 to 200 characters"}
	ErrBadRole     = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "a role is viewer, reviewer, editor or admin"}
	ErrBadPassword = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "the e-mail address or the password is not right"}
	ErrNoAccount   = &corpus.UserError{Code: corpus.CodeBadMessage, Message: "there is no account for whom the provider says this is"}
)

// Accounts are the accounts of the staff and how one signs in to them.
type Accounts struct {
	store    AccountStore
	hasher   *hasher
	throttle *throttle
}

// AccountsConfig is what Accounts need.
type AccountsConfig struct {
	Store    AccountStore
	Attempts AttemptStore
	Costs    Costs            // of a password's hash; default: those of RFC 9106
	Now      func() time.Time // default: time.Now
}

// NewAccounts returns the accounts of a store.
func NewAccounts(config AccountsConfig) *Accounts {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Costs == (Costs{}) {
		config.Costs = currentCosts
	}
	return &Accounts{
		store: config.Store, hasher: newHasher(config.Costs),
		throttle: &throttle{store: config.Attempts, now: config.Now},
	}
}

// User is an account as it is now.
func (a *Accounts) User(ctx context.Context, id int64) (User, error) { return a.store.User(ctx, id) }

// UserByEmail is the account with an e-mail address.
func (a *Accounts) UserByEmail(ctx context.Context, email string) (User, error) {
	u, _, err := a.store.UserByEmail(ctx, strings.ToLower(strings.TrimSpace(email)))
	return u, err
}

// Users are all accounts, by name.
func (a *Accounts) Users(ctx context.Context) ([]User, error) { return a.store.Users(ctx) }

// Add makes an account. Without a password it signs in with a provider only.
func (a *Accounts) Add(ctx context.Context, by, u User, password string) (User, error) {
	u, err := tidy(u)
	if err != nil {
		return User{}, err
	}
	hash := ""
	if password != "" {
		if err := CheckPassword(u, password); err != nil {
			return User{}, err
		}
		if hash, err = a.hasher.hash(ctx, password); err != nil {
			return User{}, err
		}
	}
	return a.store.Add(ctx, by, u, hash)
}

// tidy is an account to be made with its fields in order.
func tidy(u User) (User, error) {
	u.Email = strings.ToLower(strings.TrimSpace(u.Email))
	u.Name = strings.Join(strings.Fields(u.Name), " ")
	address, err := mail.ParseAddress(u.Email)
	if err != nil || address.Address != u.Email || len(u.Email) > 254 {
		return u, ErrBadEmail
	}
	if u.Name == "" {
		u.Name, _, _ = strings.Cut(u.Email, "@")
	}
	if utf8.RuneCountInString(u.Name) > 200 || strings.ContainsFunc(u.Name, unicode.IsControl) {
		return u, ErrBadName
	}
	if !u.Role.Valid() {
		return u, ErrBadRole
	}
	return u, nil
}

// SetRole gives an account another role.
func (a *Accounts) SetRole(ctx context.Context, by User, id int64, role Role) (User, error) {
	if !role.Valid() {
		return User{}, ErrBadRole
	}
	u, err := a.store.User(ctx, id)
	if err != nil || u.Role == role {
		return u, err
	}
	u.Role = role
	return a.store.Change(ctx, by, u, "account.role", true)
}

// SetDisabled keeps an account from signing in, or lets it again.
func (a *Accounts) SetDisabled(ctx context.Context, by User, id int64, disabled bool) (User, error) {
	u, err := a.store.User(ctx, id)
	if err != nil || disabled == !u.Disabled.IsZero() {
		return u, err
	}
	action := "account.enable"
	u.Disabled = time.Time{}
	if disabled {
		action, u.Disabled = "account.disable", a.throttle.now()
	}
	return a.store.Change(ctx, by, u, action, true)
}

// SetPassword gives an account another password.
func (a *Accounts) SetPassword(ctx context.Context, by User, id int64, password string) (User, error) {
	u, err := a.store.User(ctx, id)
	if err != nil {
		return User{}, err
	}
	if err := CheckPassword(u, password); err != nil {
		return User{}, err
	}
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return User{}, err
	}
	if u, err = a.store.SetPassword(ctx, by, id, hash); err != nil {
		return User{}, err
	}
	// Whoever gets a new password must not wait for failures with the old one.
	return u, a.throttle.store.Forget(ctx, throttleKeys(u.Email, "")[1:2])
}

// ChangePassword is SetPassword by whoever knows the password of now.
func (a *Accounts) ChangePassword(ctx context.Context, u User, old, password, address string) (User, error) {
	if _, err := a.verify(ctx, u.Email, old, address); err != nil {
		return User{}, err
	}
	return a.SetPassword(ctx, u, u.ID, password)
}

// SignIn is the account with this e-mail address and password. Whatever is wrong with
// them gives ErrBadPassword after the same work, so that nobody learns which accounts
// there are; after many failures the error has corpus.CodeRateLimited. address is where
// the attempt comes from.
func (a *Accounts) SignIn(ctx context.Context, email, password, address string) (User, error) {
	u, err := a.verify(ctx, email, password, address)
	if err != nil {
		return User{}, err
	}
	return u, a.store.SawSignIn(ctx, u.ID)
}

func (a *Accounts) verify(ctx context.Context, email, password, address string) (User, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	keys := throttleKeys(email, address)
	if err := a.throttle.begin(ctx, keys); err != nil {
		return User{}, err
	}
	if utf8.RuneCountInString(password) > MaxPassword {
		password = "" // what no account has
	}
	u, hash, err := a.store.UserByEmail(ctx, email)
	if err != nil && !isNotFound(err) {
		return User{}, err
	}
	if err != nil || !u.Disabled.IsZero() {
		hash = ""
	}
	ok, stale, err := a.hasher.check(ctx, password, hash)
	if err != nil {
		return User{}, fmt.Errorf("signing in: %w", err)
	}
	if !ok {
		return User{}, ErrBadPassword
	}
	if stale {
		fresh, err := a.hasher.hash(ctx, password)
		if err != nil {
			return User{}, err
		}
		if err := a.store.Rehash(ctx, u.ID, hash, fresh); err != nil {
			return User{}, err
		}
	}
	return u, a.throttle.succeeded(ctx, keys)
}

func isNotFound(err error) bool {
	var user *corpus.UserError
	return errors.As(err, &user) && user.Code == corpus.CodeNotFound
}

// Identity is whom an OpenID provider says that somebody is.
type Identity struct {
	Issuer, Subject string
	Email           string
	EmailVerified   bool
	Name            string
	// Role is what the provider says that the account may do. It is "" where accounts
	// are made here.
	Role Role
}

// SignInWith is the account of whom a provider vouches for. An account is known by its
// subject; the first time it is found by its e-mail address, which the provider must
// have verified. Where the provider gives roles, accounts are made as needed and their
// role follows the provider's. The error is ErrNoAccount when there is none.
func (a *Accounts) SignInWith(ctx context.Context, id Identity) (User, error) {
	u, err := a.store.UserBySubject(ctx, id.Issuer, id.Subject)
	if isNotFound(err) {
		u, err = a.introduce(ctx, id)
	}
	if err != nil {
		return User{}, err
	}
	if !u.Disabled.IsZero() {
		return User{}, ErrNoAccount
	}
	if id.Role != "" && id.Role != u.Role {
		u.Role = id.Role
		if u, err = a.store.Change(ctx, User{Name: "OpenID Connect"}, u, "account.role", false); err != nil {
			return User{}, err
		}
	}
	return u, a.store.SawSignIn(ctx, u.ID)
}

// introduce finds or makes the account of somebody who comes with a provider for the
// first time.
func (a *Accounts) introduce(ctx context.Context, id Identity) (User, error) {
	email := strings.ToLower(strings.TrimSpace(id.Email))
	u, _, err := a.store.UserByEmail(ctx, email)
	switch {
	case isNotFound(err) && id.Role != "":
		u, err := tidy(User{Name: id.Name, Email: email, Role: id.Role})
		if err != nil {
			return User{}, err
		}
		if u, err = a.store.Add(ctx, User{Name: "OpenID Connect"}, u, ""); err != nil {
			return User{}, err
		}
		return a.store.Link(ctx, u.ID, id.Issuer, id.Subject)
	case isNotFound(err):
		return User{}, ErrNoAccount
	case err != nil:
		return User{}, err
	case !id.EmailVerified, u.Provider != "", !u.Disabled.IsZero():
		// Anybody could claim an address that was not verified, and an account has one
		// owner at the provider.
		return User{}, ErrNoAccount
	}
	return a.store.Link(ctx, u.ID, id.Issuer, id.Subject)
}
