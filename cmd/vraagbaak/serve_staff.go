package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/server"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// ProviderSettings are the flags of signing in with an OpenID provider.
type ProviderSettings struct {
	OIDCIssuer    string            `help:"Address of an OpenID provider that staff sign in with." name:"oidc-issuer" env:"VRAAGBAAK_OIDC_ISSUER" placeholder:"URL"`
	OIDCClient    string            `help:"What this service is called there." name:"oidc-client-id" env:"VRAAGBAAK_OIDC_CLIENT_ID" placeholder:"ID"`
	OIDCSecret    string            `help:"Its secret there." name:"oidc-client-secret" env:"VRAAGBAAK_OIDC_CLIENT_SECRET" placeholder:"SECRET"`
	OIDCName      string            `help:"What staff call the provider; default: its host." name:"oidc-name" env:"VRAAGBAAK_OIDC_NAME" placeholder:"NAME"`
	OIDCRoleClaim string            `help:"Claim with the roles of a person, such as groups or realm_access.roles; without it accounts are made here and found by e-mail address." name:"oidc-role-claim" env:"VRAAGBAAK_OIDC_ROLE_CLAIM" placeholder:"CLAIM"`
	OIDCRoles     map[string]string `help:"What its values stand for: value=viewer, reviewer, editor or admin." name:"oidc-roles" env:"VRAAGBAAK_OIDC_ROLES" placeholder:"VALUE=ROLE;…"`
}

// provider is the configured provider, or nil for none.
func (s ProviderSettings) provider(e *env) (*office.Provider, error) {
	if s.OIDCIssuer == "" {
		if s.OIDCClient != "" || s.OIDCRoleClaim != "" {
			return nil, usagef("signing in with a provider needs its address: add --oidc-issuer")
		}
		return nil, nil
	}
	roles := make(map[string]staff.Role)
	for value, role := range s.OIDCRoles {
		roles[value] = staff.Role(role)
	}
	p, err := office.NewProvider(office.ProviderConfig{
		Issuer: s.OIDCIssuer, ClientID: s.OIDCClient, ClientSecret: s.OIDCSecret, Name: s.OIDCName,
		RoleClaim: s.OIDCRoleClaim, Roles: roles, Logger: e.log,
	})
	if err != nil {
		return nil, usagef("--oidc-…: %v", err)
	}
	return p, nil
}

// StaffSettings are the flags of the staff area.
type StaffSettings struct {
	ProviderSettings
	StaffIdle      time.Duration `help:"How long staff stay signed in without doing anything." name:"staff-idle" default:"1h" env:"VRAAGBAAK_STAFF_IDLE"`
	StaffSession   time.Duration `help:"How long staff stay signed in at most." name:"staff-session" default:"12h" env:"VRAAGBAAK_STAFF_SESSION"`
	StaffPasswords bool          `help:"Let staff sign in with a password besides a provider." name:"staff-passwords" default:"true" negatable:"" env:"VRAAGBAAK_STAFF_PASSWORDS"`
	FourEyes       bool          `help:"Let what the public sees change only after a second person confirmed it." name:"four-eyes" env:"VRAAGBAAK_FOUR_EYES"`
}

// staffArea is what the staff area is made of. Each part adds its own fields to the
// configuration, and what it lets people propose to Kinds, before open.
type staffArea struct {
	office.Config

	Kinds    *postgres.Proposals
	sessions *postgres.Sessions
	attempts *postgres.Attempts
}

// accounts are the accounts in the engine's database.
func (x *database) accounts() *staff.Accounts {
	return staff.NewAccounts(staff.AccountsConfig{Store: postgres.NewAccounts(x.DB), Attempts: postgres.NewAttempts(x.DB)})
}

// staffArea puts together how people sign in, and the parts that all others need.
func (c *serveCommand) staffArea(e *env, db *database) (*staffArea, error) {
	provider, err := c.provider(e)
	if err != nil {
		return nil, err
	}
	if provider == nil && !c.StaffPasswords {
		return nil, usagef("--no-staff-passwords needs a provider: add --oidc-issuer")
	}
	if c.StaffIdle <= 0 || c.StaffSession <= 0 {
		return nil, usagef("--staff-idle and --staff-session must be longer than nothing")
	}
	accounts := db.accounts()
	a := &staffArea{
		Kinds: postgres.NewProposals(db.DB, nil), sessions: postgres.NewSessions(db.DB), attempts: postgres.NewAttempts(db.DB),
	}
	sessions := office.NewSessions(office.SessionsConfig{
		Store: a.sessions, Accounts: accounts, Idle: c.StaffIdle, Longest: c.StaffSession,
		Secure: strings.HasPrefix(c.PublicURL, "https://"), Logger: e.log,
	})
	a.Config = office.Config{
		Gate: sessions, Logger: e.log, Log: postgres.NewAudit(db.DB), Proposals: staff.NewProposals(a.Kinds, c.FourEyes),
		SignIn: &office.SignIn{
			Accounts: accounts, Sessions: sessions, Provider: provider, NoPasswords: !c.StaffPasswords,
			Address: server.AddressOf(c.AddressHeader, c.Proxies), PublicURL: c.PublicURL,
		},
	}
	return a, nil
}

// parts gives the staff area its parts. What they do in the background ends with ctx.
func (c *serveCommand) parts(ctx context.Context, e *env, x *engine, team *staffArea, metrics *server.Metrics, wg *sync.WaitGroup) error {
	if err := c.editors(ctx, e, x, team, wg); err != nil {
		return err
	}
	team.review(x)
	if err := c.evaluation(ctx, e, x, team, wg); err != nil {
		return err
	}
	return c.monitor(ctx, e, x.db.DB, team, metrics, wg)
}

// open is the staff area with all its parts.
func (a *staffArea) open() (*office.Office, error) {
	area, err := office.New(a.Config)
	if err != nil {
		return nil, fmt.Errorf("set up the staff area: %w", err)
	}
	return area, nil
}

// sweepEvery is how often is deleted what is over.
const sweepEvery = 10 * time.Minute

// sweep deletes sessions and failed attempts that are over, and ends proposals that
// nobody decided, until ctx ends.
func (a *staffArea) sweep(ctx context.Context, e *env) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		for what, do := range map[string]func(context.Context) error{
			"sessions": a.sessions.Sweep, "attempts to sign in": a.attempts.Sweep,
			"proposals": func(ctx context.Context) error { _, err := a.Kinds.Expire(ctx); return err },
		} {
			inTime, cancel := context.WithTimeout(ctx, time.Minute)
			if err := do(inTime); err != nil && ctx.Err() == nil {
				e.log.Error("what is over in the staff area is not deleted", "what", what, "error", err)
			}
			cancel()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
