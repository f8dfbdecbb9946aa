package staff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// memory is an AccountStore and an AttemptStore for tests.
type memory struct {
	mu       sync.Mutex
	users    []User
	hashes   map[int64]string
	subjects map[string]int64
	held     map[string]Attempts
	log      []string
}

func newMemory() *memory {
	return &memory{hashes: map[int64]string{}, subjects: map[string]int64{}, held: map[string]Attempts{}}
}

var errNone = &corpus.UserError{Code: corpus.CodeNotFound, Message: "none"}

func (m *memory) User(_ context.Context, id int64) (User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id < 1 || int(id) > len(m.users) {
		return User{}, errNone
	}
	u := m.users[id-1]
	u.Password = m.hashes[id] != ""
	return u, nil
}

func (m *memory) UserByEmail(ctx context.Context, email string) (User, string, error) {
	for _, u := range m.users {
		if u.Email == email {
			u, err := m.User(ctx, u.ID)
			return u, m.hashes[u.ID], err
		}
	}
	return User{}, "", errNone
}

func (m *memory) UserBySubject(ctx context.Context, issuer, subject string) (User, error) {
	return m.User(ctx, m.subjects[issuer+" "+subject])
}

func (m *memory) Users(context.Context) ([]User, error) { return m.users, nil }

func (m *memory) Add(_ context.Context, by, u User, hash string) (User, error) {
	u.ID = int64(len(m.users) + 1)
	m.users = append(m.users, u)
	m.hashes[u.ID] = hash
	m.log = append(m.log, by.Name+" account.add "+u.Email)
	return u, nil
}

func (m *memory) Change(_ context.Context, by, u User, action string, _ bool) (User, error) {
	m.users[u.ID-1] = u
	m.log = append(m.log, by.Name+" "+action+" "+u.Email+" "+string(u.Role))
	return u, nil
}

func (m *memory) SetPassword(ctx context.Context, _ User, id int64, hash string) (User, error) {
	m.hashes[id] = hash
	return m.User(ctx, id)
}

func (m *memory) Rehash(_ context.Context, id int64, old, hash string) error {
	if m.hashes[id] == old {
		m.hashes[id] = hash
	}
	return nil
}

func (m *memory) Link(_ context.Context, id int64, issuer, subject string) (User, error) {
	m.users[id-1].Provider = issuer
	m.subjects[issuer+" "+subject] = id
	return m.users[id-1], nil
}

func (m *memory) SawSignIn(_ context.Context, id int64) error {
	m.users[id-1].SignedIn = time.Now()
	return nil
}

func (m *memory) Count(_ context.Context, keys []string, change func([]Attempts) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	held := make([]Attempts, len(keys))
	for i, k := range keys {
		held[i] = m.held[k]
	}
	if err := change(held); err != nil {
		return err
	}
	for i, k := range keys {
		m.held[k] = held[i]
	}
	return nil
}

func (m *memory) Forget(_ context.Context, keys []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range keys {
		delete(m.held, k)
	}
	return nil
}

const (
	ann     = "ann@example.org"
	annKnow = "een fiets zonder bel"
)

// accounts are those of a memory with Ann in it, whose hashes cost nearly nothing.
func accounts(t testing.TB, now func() time.Time) (*Accounts, *memory) {
	t.Helper()
	m := newMemory()
	a := NewAccounts(AccountsConfig{Store: m, Attempts: m, Now: now, Costs: Costs{Memory: 8, Passes: 1, Threads: 1}})
	if _, err := a.Add(t.Context(), User{}, User{Email: " Ann@Example.org ", Name: "Ann  de Wit", Role: RoleEditor}, annKnow); err != nil {
		t.Fatal(err)
	}
	return a, m
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	a, m := accounts(t, nil)
	u, err := a.SignIn(t.Context(), "ANN@example.org", annKnow, "10.0.0.1")
	if err != nil || u.Name != "Ann de Wit" || u.Email != ann {
		t.Fatalf("%+v, %v", u, err)
	}
	if m.users[0].SignedIn.IsZero() {
		t.Error("the moment was not noted")
	}
	for name, try := range map[string][2]string{
		"wrong":     {ann, annKnow + "x"},
		"empty":     {ann, ""},
		"unknown":   {"bob@example.org", annKnow},
		"nobody":    {"", ""},
		"very long": {ann, strings.Repeat("x", 1<<20)},
	} {
		if _, err := a.SignIn(t.Context(), try[0], try[1], "10.0.0.1"); !errors.Is(err, ErrBadPassword) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Letters that are one character or two are the same.
	if _, err := a.SetPassword(t.Context(), User{}, u.ID, "een café zonder bel"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SignIn(t.Context(), ann, "een cafe\u0301 zonder bel", "10.0.0.9"); err != nil {
		t.Errorf("the same password typed otherwise: %v", err)
	}
	if _, err := a.SetDisabled(t.Context(), User{}, u.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SignIn(t.Context(), ann, "een café zonder bel", "10.0.0.9"); !errors.Is(err, ErrBadPassword) {
		t.Errorf("disabled: %v", err)
	}
}

// Whatever account is tried, one hash is computed: the time tells nothing.
func TestSignInTakesTheSameWork(t *testing.T) {
	t.Parallel()
	a, m := accounts(t, nil)
	if _, err := a.Add(t.Context(), User{}, User{Email: "elders@example.org", Role: RoleViewer}, ""); err != nil {
		t.Fatal(err)
	}
	m.users = append(m.users, User{ID: 3, Email: "uit@example.org", Role: RoleViewer, Disabled: time.Now()})
	m.hashes[3] = m.hashes[1]
	for _, email := range []string{ann, "elders@example.org", "uit@example.org", "onbekend@example.org"} {
		// The only two slots are taken: whoever must compute a hash waits for one.
		for range cap(a.hasher.slots) {
			a.hasher.slots <- struct{}{}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var user *corpus.UserError
		if _, err := a.SignIn(ctx, email, "een ander wachtwoord", "10.0.0.1"); !errors.As(err, &user) || user.Code != corpus.CodeBusy {
			t.Errorf("%s: %v, want busy", email, err)
		}
		for range cap(a.hasher.slots) {
			<-a.hasher.slots
		}
	}
}

// Whoever comes when too many wait already hears so at once.
func TestSignInQueueIsBounded(t *testing.T) {
	t.Parallel()
	a, _ := accounts(t, nil)
	for range cap(a.hasher.queue) {
		a.hasher.queue <- struct{}{}
	}
	var user *corpus.UserError
	if _, err := a.SignIn(t.Context(), ann, annKnow, "10.0.0.1"); !errors.As(err, &user) || user.Code != corpus.CodeBusy || user.RetryAfter <= 0 {
		t.Errorf("%v, want busy, and when to try again", err)
	}
}

// A hash of other parameters is made anew when its owner signs in, and only then.
func TestHashesAreMadeAnew(t *testing.T) {
	t.Parallel()
	a, m := accounts(t, nil)
	old := m.hashes[1]
	a.hasher.costs = Costs{Memory: 16, Passes: 2, Threads: 1}
	if _, err := a.SignIn(t.Context(), ann, "een ander wachtwoord", "10.0.0.1"); !errors.Is(err, ErrBadPassword) || m.hashes[1] != old {
		t.Errorf("after a wrong password: %v, %s", err, m.hashes[1])
	}
	for range 2 {
		if _, err := a.SignIn(t.Context(), ann, annKnow, "10.0.0.1"); err != nil || !strings.Contains(m.hashes[1], "$m=16,t=2,p=1$") {
			t.Errorf("%v, %s", err, m.hashes[1])
		}
	}
}

// The real parameters, once: a hash that the program of this date makes fits.
func TestRealHash(t *testing.T) {
	t.Parallel()
	h := newHasher(currentCosts)
	made, err := h.hash(t.Context(), annKnow)
	if err != nil || !strings.HasPrefix(made, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Fatalf("%s, %v", made, err)
	}
	if ok, stale, err := h.check(t.Context(), annKnow, made); !ok || stale || err != nil {
		t.Errorf("%v %v %v", ok, stale, err)
	}
	// Made by the reference implementation: argon2 somesalt -id -t 2 -k 256 -p 1 -l 24 -e
	ok, stale, err := h.check(t.Context(), "password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")
	if !ok || !stale || err != nil {
		t.Errorf("the reference implementation: %v %v %v", ok, stale, err)
	}
}

func FuzzParseHash(f *testing.F) {
	for _, s := range []string{"", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$AAAA", "$2a$10$x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, salt, sum, err := parseHash(s)
		if err == nil && (c.Memory > maxMemory || c.Passes > maxPasses || c.Threads == 0 || len(salt) < 8 || len(sum) < 16 || len(sum) > 128) {
			t.Errorf("%q: %+v", s, c)
		}
	})
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	u := User{Email: "ann.de.wit@example.org", Name: "Anneke Oosterhout"}
	for password, want := range map[string]PasswordFault{
		"een fiets zonder bel":       "",
		"Tr0ub4dor&3-langer":         "",
		"elf tekens ":                PasswordTooShort,
		"ééééééééééé":                PasswordTooShort,
		strings.Repeat("abc ", 65):   PasswordTooLong,
		"ann.de.wit@example.org":     PasswordIsYou,
		"Anneke Oosterhout 1":        PasswordIsYou,
		"AnnDeWit-AnnDeWit":          PasswordIsYou,
		"wachtwoord123":              PasswordCommon,
		"W@chtw00rd2026!":            PasswordCommon,
		"Welkom2026!!!":              PasswordCommon,
		"123456789012":               PasswordCommon,
		"aaaaaaaaaaaaaaaa":           PasswordCommon,
		"qwertyuiop123":              PasswordCommon,
		"1qaz2wsx3edc":               PasswordCommon,
		"Zomer2026Zomer2026":         PasswordCommon,
		"passwordpassword":           PasswordCommon,
		"vraagbaak-redactie":         PasswordCommon,
		"welkom bij de bonte koeien": "",
	} {
		var fault *PasswordError
		err := CheckPassword(u, password)
		if want == "" && err != nil || want != "" && (!errors.As(err, &fault) || fault.Fault != want) {
			t.Errorf("%q: %v, want %q", password, err, want)
		}
	}
}

func TestGeneratedPasswords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	used := map[rune]int{}
	for range 2000 {
		p := GeneratePassword()
		if err := CheckPassword(User{Email: ann, Name: "Ann"}, p); err != nil || seen[p] {
			t.Fatalf("%q: %v", p, err)
		}
		seen[p] = true
		for _, r := range p {
			used[r]++
		}
	}
	for _, r := range passwordAlphabet {
		if n := used[r]; n < 1000 || n > 1600 { // 40,000 letters of 31: 1290 ± 36
			t.Errorf("%q stands %d times among 40000", r, n)
		}
	}
}

// clock is a time that stands until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestThrottling(t *testing.T) {
	t.Parallel()
	c := &clock{time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	a, _ := accounts(t, c.now)
	try := func(email, password, address string) string {
		_, err := a.SignIn(t.Context(), email, password, address)
		var user *corpus.UserError
		switch {
		case err == nil:
			return "in"
		case errors.Is(err, ErrBadPassword):
			return "wrong"
		case errors.As(err, &user) && user.Code == corpus.CodeRateLimited:
			return fmt.Sprint("wait ", user.RetryAfter)
		}
		return err.Error()
	}
	var got []string
	for range 5 {
		got = append(got, try(ann, "x", "10.0.0.1"))
	}
	// Closed: the right password is not looked at either, and waiting is not made longer.
	got = append(got, try(ann, annKnow, "10.0.0.1"), try(ann, annKnow, "10.0.0.1"))
	// Somebody else behind the address, and Ann elsewhere, are not kept out.
	got = append(got, try("bob@example.org", "x", "10.0.0.1"), try(ann, annKnow, "10.0.0.2"))
	if diff := cmp.Diff([]string{"wrong", "wrong", "wrong", "wrong", "wrong", "wait 2s", "wait 2s", "wrong", "in"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Each further failure doubles it, up to a quarter of an hour.
	var waits []string
	for range 13 {
		c.at = c.at.Add(15 * time.Minute)
		try(ann, "x", "10.0.0.1")
		waits = append(waits, try(ann, "x", "10.0.0.1"))
	}
	want := []string{"wait 3s", "wait 5s", "wait 9s", "wait 17s", "wait 33s", "wait 1m5s", "wait 2m9s", "wait 4m17s", "wait 8m33s", "wait 15m1s", "wait 15m1s", "wait 15m1s", "wait 15m1s"}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	// Enough time, and the right password ends it.
	c.at = c.at.Add(16 * time.Minute)
	if got := try(ann, annKnow, "10.0.0.1"); got != "in" {
		t.Errorf("after waiting: %s", got)
	}
	if got := try(ann, "x", "10.0.0.1"); got != "wrong" {
		t.Errorf("after success: %s", got)
	}
}

// One account tried from everywhere is slowed down as well, and one address that tries
// every account.
func TestThrottlingFromEverywhere(t *testing.T) {
	t.Parallel()
	c := &clock{time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	a, _ := accounts(t, c.now)
	count := func(email, address func(i int) string) int {
		for i := range 1000 {
			_, err := a.SignIn(t.Context(), email(i), "x", address(i))
			if !errors.Is(err, ErrBadPassword) {
				return i
			}
		}
		return 1000
	}
	one := func(s string) func(int) string { return func(int) string { return s } }
	many := func(format string) func(int) string { return func(i int) string { return fmt.Sprintf(format, i) } }
	if n := count(one(ann), many("10.0.%d.1")); n != 50 {
		t.Errorf("%d addresses could try one account at once, want 50", n)
	}
	if n := count(many("n%d@example.org"), one("10.9.9.9")); n != 50 {
		t.Errorf("one address could try %d accounts at once, want 50", n)
	}
}

// Many attempts at the same moment gain nothing.
func TestThrottlingAtOnce(t *testing.T) {
	t.Parallel()
	c := &clock{time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	a, _ := accounts(t, c.now)
	var wg sync.WaitGroup
	var mu sync.Mutex
	looked := 0
	for range 100 {
		wg.Go(func() {
			_, err := a.SignIn(t.Context(), ann, "x", "10.0.0.1")
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, ErrBadPassword) {
				looked++
			}
		})
	}
	wg.Wait()
	if looked != 5 {
		t.Errorf("%d of 100 attempts were looked at, want 5", looked)
	}
}

// However failures follow each other: waiting is bounded, never negative, and an hour of
// peace forgets.
func TestPatience(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(patiences).Draw(t, "patience")
		now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
		var a Attempts
		for _, gap := range rapid.SliceOfN(rapid.Int64Range(0, int64(2*attemptLife)), 1, 200).Draw(t, "gaps") {
			now = now.Add(time.Duration(gap))
			before := a
			a = p.failed(a, now)
			wait := a.Closed.Sub(now)
			if wait < 0 || wait > p.longest || (wait > 0) != (a.Failures >= p.free) {
				t.Fatalf("%d failures: wait %v", a.Failures, wait)
			}
			if !before.Last.IsZero() && now.Sub(before.Last) > attemptLife && a.Failures != 1 {
				t.Fatalf("%d failures after an hour of peace", a.Failures)
			}
		}
	})
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	a, m := accounts(t, nil)
	for name, test := range map[string]struct {
		user     User
		password string
		want     error
	}{
		"no address":     {User{Email: "ann", Role: RoleViewer}, "", ErrBadEmail},
		"with a name":    {User{Email: "Ann <a@example.org>", Role: RoleViewer}, "", ErrBadEmail},
		"two lines":      {User{Email: "a@example.org\nb", Role: RoleViewer}, "", ErrBadEmail},
		"no role":        {User{Email: "a@example.org"}, "", ErrBadRole},
		"odd role":       {User{Email: "a@example.org", Role: "root"}, "", ErrBadRole},
		"long name":      {User{Email: "a@example.org", Name: strings.Repeat("é", 201), Role: RoleViewer}, "", ErrBadName},
		"short password": {User{Email: "a@example.org", Role: RoleViewer}, "kort", &PasswordError{PasswordTooShort}},
	} {
		_, err := a.Add(t.Context(), User{}, test.user, test.password)
		var fault, wanted *PasswordError
		if errors.As(test.want, &wanted) {
			if !errors.As(err, &fault) || fault.Fault != wanted.Fault {
				t.Errorf("%s: %v", name, err)
			}
		} else if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if len(m.users) != 1 {
		t.Errorf("%d accounts", len(m.users))
	}
}

func TestSignInWith(t *testing.T) {
	t.Parallel()
	const issuer = "https://idp.example.org"
	for _, test := range []struct {
		name  string
		setup func(*memory)
		id    Identity
		want  error
		role  Role
		log   []string
	}{
		{"found by address", nil, Identity{Subject: "1", Email: ann, EmailVerified: true}, nil, RoleEditor, nil},
		{"address not verified", nil, Identity{Subject: "1", Email: ann}, ErrNoAccount, "", nil},
		{"address not verified, with a role", nil, Identity{Subject: "1", Email: ann, Role: RoleAdmin}, ErrNoAccount, "", nil},
		{"unknown", nil, Identity{Subject: "1", Email: "bob@example.org", EmailVerified: true}, ErrNoAccount, "", nil},
		{"unknown, with a role", nil, Identity{Subject: "1", Email: "Bob@example.org", Name: "Bob", Role: RoleReviewer}, nil, RoleReviewer, []string{"OpenID Connect account.add bob@example.org"}},
		{"role of the provider", nil, Identity{Subject: "1", Email: ann, EmailVerified: true, Role: RoleViewer}, nil, RoleViewer, []string{"OpenID Connect account.role ann@example.org viewer"}},
		{"known by subject, another address", func(m *memory) { m.subjects[issuer+" 1"] = 1 }, Identity{Subject: "1", Email: "ann.nieuw@example.org"}, nil, RoleEditor, nil},
		{"somebody else's account", func(m *memory) { m.users[0].Provider = issuer }, Identity{Subject: "2", Email: ann, EmailVerified: true}, ErrNoAccount, "", nil},
		{"disabled", func(m *memory) { m.users[0].Disabled = time.Now() }, Identity{Subject: "1", Email: ann, EmailVerified: true, Role: RoleAdmin}, ErrNoAccount, "", nil},
		{"disabled and known", func(m *memory) { m.users[0].Disabled = time.Now(); m.subjects[issuer+" 1"] = 1 }, Identity{Subject: "1", Email: ann, EmailVerified: true, Role: RoleAdmin}, ErrNoAccount, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, m := accounts(t, nil)
			if test.setup != nil {
				test.setup(m)
			}
			m.log = nil
			test.id.Issuer = issuer
			u, err := a.SignInWith(t.Context(), test.id)
			if !errors.Is(err, test.want) || u.Role != test.role {
				t.Errorf("%+v, %v; want role %q, %v", u, err, test.role, test.want)
			}
			if diff := cmp.Diff(test.log, m.log); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRolesAndPermissions(t *testing.T) {
	t.Parallel()
	may := map[Role][]Permission{
		RoleViewer:   {MayEnter, MayRead},
		RoleReviewer: {MayEnter, MayRead, MayJudge},
		RoleEditor:   {MayEnter, MayRead, MayJudge, MayEdit, MayPublish},
		RoleAdmin:    {MayEnter, MayRead, MayJudge, MayEdit, MayPublish, MayManage},
		"":           nil,
		"guest":      nil,
	}
	for role, allowed := range may {
		for _, p := range Permissions() {
			if got := (User{Role: role}).May(p); got != slices.Contains(allowed, p) {
				t.Errorf("%q may %s: %v", role, p, got)
			}
			if (User{Role: role, Disabled: time.Now()}).May(p) {
				t.Errorf("a disabled %q may %s", role, p)
			}
		}
	}
	if RoleEditor.May("") || (User{Role: RoleEditor}).May("other") {
		t.Error("an unknown permission is given")
	}
}
