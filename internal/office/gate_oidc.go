package office

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/ser-nl/vraagbaak/internal/staff"
)

// ProviderConfig is how staff sign in with an OpenID provider. Issuer and ClientID are
// required.
type ProviderConfig struct {
	Issuer       string // address of the provider, as its discovery document names it
	ClientID     string
	ClientSecret string
	Name         string // what people call it; default: its host
	// RoleClaim is the claim, with dots for claims within claims, whose values Roles maps
	// to roles; the highest counts. Without it accounts are made here and found by
	// their e-mail address.
	RoleClaim string
	Roles     map[string]staff.Role
	// Timeout bounds each request to the provider; default 10 seconds.
	Timeout time.Duration
	Client  *http.Client // default: a plain one
	Logger  *slog.Logger // default: discards
}

// Provider lets staff sign in with an OpenID provider, by the authorization code flow
// with PKCE (RFC 7636), state and nonce. It is asked for what it offers when somebody
// wants to sign in, so that the website starts without it.
type Provider struct {
	config ProviderConfig
	client *http.Client

	found    atomic.Pointer[discovered]
	mu       sync.Mutex // one asks at a time
	failed   error
	failedAt time.Time
}

// discovered is what the provider says of itself.
type discovered struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	logout   string // where one signs out, "" for nowhere
}

const (
	defaultProviderTimeout = 10 * time.Second
	// tryAgain is how long a failure to reach the provider stands.
	tryAgain = 5 * time.Second
	// flowLife is how long signing in at the provider may take.
	flowLife = 10 * time.Minute
	// maxIDToken bounds the token that is kept for signing out, in bytes.
	maxIDToken = 16 << 10
)

// NewProvider checks the settings; it does not speak to the provider.
func NewProvider(config ProviderConfig) (*Provider, error) {
	u, err := url.Parse(config.Issuer)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return nil, fmt.Errorf("the issuer %q is no address", config.Issuer)
	case config.ClientID == "":
		return nil, errors.New("signing in with a provider needs a client id")
	case (config.RoleClaim == "") != (len(config.Roles) == 0):
		return nil, errors.New("a claim with roles needs a role for its values, and values need the claim")
	}
	for value, role := range config.Roles {
		if !role.Valid() {
			return nil, fmt.Errorf("%q for %q is no role: use viewer, reviewer, editor or admin", role, value)
		}
	}
	if config.Name == "" {
		config.Name = u.Hostname()
	}
	if config.Timeout <= 0 {
		config.Timeout = defaultProviderTimeout
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	client := http.Client{}
	if config.Client != nil {
		client = *config.Client
	}
	client.Timeout = config.Timeout
	return &Provider{config: config, client: &client}, nil
}

// Name is what people call the provider.
func (p *Provider) Name() string { return p.config.Name }

// with is ctx for libraries that find their client in it.
func (p *Provider) with(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

// Check asks the provider what it offers.
func (p *Provider) Check(ctx context.Context) error {
	_, err := p.discover(ctx)
	return err
}

func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	if d := p.found.Load(); d != nil {
		return d, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.found.Load(); d != nil {
		return d, nil
	}
	if p.failed != nil && time.Since(p.failedAt) < tryAgain {
		return nil, p.failed
	}
	// Whoever waits for this must not fail because the first went away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.config.Timeout)
	defer cancel()
	provider, err := oidc.NewProvider(p.with(ctx), p.config.Issuer)
	if err != nil {
		p.failed, p.failedAt = fmt.Errorf("asking the provider what it offers: %w", err), time.Now()
		return nil, p.failed
	}
	var more struct {
		Logout string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, fmt.Errorf("reading what the provider offers: %w", err)
	}
	d := &discovered{provider: provider, verifier: provider.Verifier(&oidc.Config{ClientID: p.config.ClientID}), logout: more.Logout}
	p.found.Store(d)
	return d, nil
}

func (p *Provider) oauth(d *discovered, callback string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, Endpoint: d.provider.Endpoint(),
		RedirectURL: callback, Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}
}

// flow is one way to the provider and back, kept by the browser that goes it.
type flow struct {
	State, Nonce, Verifier string
	Back                   string // the page to show after it
}

// begin is where the browser goes to sign in, and what it must bring back.
func (p *Provider) begin(ctx context.Context, callback, back string) (string, flow, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", flow{}, err
	}
	f := flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Back: back}
	return p.oauth(d, callback).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), f, nil
}

// What can go wrong at the provider; the page says it in its own words.
var (
	errFlow     = errors.New("the answer of the provider belongs to no attempt of this browser")
	errRefused  = errors.New("the provider did not sign in")
	errNoRole   = errors.New("the provider gives no role here")
	errNoEmail  = errors.New("the provider tells no e-mail address")
	errProvider = errors.New("the provider cannot be used")
)

// end is whom the provider vouches for. query is what the browser brought back.
func (p *Provider) end(ctx context.Context, callback string, f flow, query url.Values) (staff.Identity, string, error) {
	if f.State == "" || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(f.State)) != 1 {
		return staff.Identity{}, "", errFlow
	}
	if said := query.Get("error"); said != "" {
		return staff.Identity{}, "", fmt.Errorf("%w: %.100q", errRefused, said)
	}
	ctx, cancel := context.WithTimeout(ctx, 3*p.config.Timeout)
	defer cancel()
	d, err := p.discover(ctx)
	if err != nil {
		return staff.Identity{}, "", errors.Join(errProvider, err)
	}
	token, err := p.oauth(d, callback).Exchange(p.with(ctx), query.Get("code"), oauth2.VerifierOption(f.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError:
		return staff.Identity{}, "", errors.Join(errRefused, err)
	case err != nil:
		return staff.Identity{}, "", errors.Join(errProvider, err)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := d.verifier.Verify(p.with(ctx), raw)
	if err != nil {
		return staff.Identity{}, "", errors.Join(errRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(f.Nonce)) != 1 {
		return staff.Identity{}, "", errors.Join(errRefused, errors.New("the nonce is another"))
	}
	claims := make(map[string]any)
	if err := verified.Claims(&claims); err != nil {
		return staff.Identity{}, "", errors.Join(errProvider, err)
	}
	if p.wants(claims) {
		if err := p.ask(ctx, d, token, claims); err != nil {
			return staff.Identity{}, "", err
		}
	}
	id, err := p.identity(verified.Issuer, verified.Subject, claims)
	if len(raw) > maxIDToken {
		raw = ""
	}
	return id, raw, err
}

// wants reports whether something is missing that the provider may tell when asked.
func (p *Provider) wants(claims map[string]any) bool {
	return claims["email"] == nil || p.config.RoleClaim != "" && claim(claims, p.config.RoleClaim) == nil
}

// ask adds what the provider tells of the person besides.
func (p *Provider) ask(ctx context.Context, d *discovered, token *oauth2.Token, claims map[string]any) error {
	if d.provider.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := d.provider.UserInfo(p.with(ctx), oauth2.StaticTokenSource(token))
	if err != nil {
		return errors.Join(errProvider, err)
	}
	more := make(map[string]any)
	if err := info.Claims(&more); err != nil {
		return errors.Join(errProvider, err)
	}
	if more["sub"] != claims["sub"] { // OpenID Connect Core, 5.3.2
		return errors.Join(errRefused, errors.New("the provider tells of somebody else"))
	}
	for name, value := range more {
		if _, signed := claims[name]; !signed {
			claims[name] = value
		}
	}
	return nil
}

func (p *Provider) identity(issuer, subject string, claims map[string]any) (staff.Identity, error) {
	id := staff.Identity{Issuer: issuer, Subject: subject}
	id.Email, _ = claims["email"].(string)
	id.Name, _ = claims["name"].(string)
	switch verified := claims["email_verified"].(type) {
	case bool:
		id.EmailVerified = verified
	case string: // some providers
		id.EmailVerified = verified == "true"
	}
	if id.Email == "" {
		return id, errNoEmail
	}
	if p.config.RoleClaim == "" {
		return id, nil
	}
	best := -1
	for _, value := range values(claim(claims, p.config.RoleClaim)) {
		best = max(best, slices.Index(staff.Roles(), p.config.Roles[value]))
	}
	if best < 0 {
		return id, errNoRole
	}
	id.Role = staff.Roles()[best]
	return id, nil
}

// claim is the value of a claim; dots in path lead into claims within claims, unless a
// claim has that very name.
func claim(claims map[string]any, path string) any {
	if v, ok := claims[path]; ok {
		return v
	}
	first, rest, found := strings.Cut(path, ".")
	inner, ok := claims[first].(map[string]any)
	if !found || !ok {
		return nil
	}
	return claim(inner, rest)
}

// values are the words of a claim: one, several, or several in one text.
func values(v any) []string {
	switch v := v.(type) {
	case string:
		return append(strings.Fields(v), v)
	case []any:
		var all []string
		for _, one := range v {
			if s, ok := one.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// logoutURL is where one signs out at the provider, "" when it offers no place or
// cannot be reached.
func (p *Provider) logoutURL(ctx context.Context, idToken, after string) string {
	d, err := p.discover(ctx)
	if err != nil || d.logout == "" {
		return ""
	}
	u, err := url.Parse(d.logout)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.config.ClientID)
	q.Set("post_logout_redirect_uri", after)
	if idToken != "" {
		q.Set("id_token_hint", idToken)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// logoutOrigin is the website where one signs out at the provider, as scheme://host; ""
// when it offers none or was not asked yet.
func (p *Provider) logoutOrigin() string {
	d := p.found.Load()
	if d == nil {
		return ""
	}
	u, err := url.Parse(d.logout)
	if err != nil || u.Host == "" || strings.ContainsAny(u.Host, " ;,'") {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// flowCookie is the name of the cookie with a flow.
const flowCookie = "vb_redactie_extern"

// keepFlow gives a flow to the browser, for the address that the provider sends it to.
func (s *SignIn) keepFlow(w http.ResponseWriter, r *http.Request, f flow) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	s.setFlow(w, r, base64.RawURLEncoding.EncodeToString(b), int(flowLife.Seconds()))
	return nil
}

// takeFlow takes the flow from the browser: it serves once.
func (s *SignIn) takeFlow(w http.ResponseWriter, r *http.Request) (f flow) {
	s.setFlow(w, r, "", -1)
	c, err := r.Cookie(flowCookie)
	if err != nil {
		return flow{}
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || json.Unmarshal(b, &f) != nil {
		return flow{}
	}
	return f
}

func (s *SignIn) setFlow(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the site is reached by https
		Name: flowCookie, Value: value, Path: Root + signInPath, MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.Sessions.secure || r.TLS != nil,
	})
}
