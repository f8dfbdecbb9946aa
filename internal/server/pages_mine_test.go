package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// fakeShares keeps one share.
type fakeShares struct{ share *Share }

func (f *fakeShares) Share(_ context.Context, conversation, token string) (Share, error) {
	if conversation != testConversation {
		return Share{}, notFoundErr
	}
	if f.share == nil {
		f.share = &Share{Conversation: conversation, Token: token}
	}
	f.share.At = time.Now()
	return *f.share, nil
}

func (f *fakeShares) Unshare(context.Context, string) error { f.share = nil; return nil }

func (f *fakeShares) SharedAs(_ context.Context, conversation string) (Share, error) {
	if f.share == nil || f.share.Conversation != conversation {
		return Share{}, notFoundErr
	}
	return *f.share, nil
}

func (f *fakeShares) Shared(_ context.Context, token string) (Share, error) {
	if f.share == nil || f.share.Token != token {
		return Share{}, notFoundErr
	}
	return *f.share, nil
}

// stranger asks for a page without any cookie.
func stranger(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// TestNoCookieBeforeTheFirstQuestion: looking around leaves nothing behind, asking
// leaves a cookie that goes to the conversation only.
func TestNoCookieBeforeTheFirstQuestion(t *testing.T) {
	h := newWholeSite(t, &fakeSite{})
	for _, path := range []string{"/", "/en/", "/documenten", "/documenten/financiering", "/citaat/financiering/2/2/15-59", "/over", "/privacy", "/weg", "/gesprek/weg"} {
		if got := stranger(h, path).Result().Cookies(); len(got) > 0 {
			t.Errorf("%s sets %v", path, got)
		}
	}
	for _, w := range []*httptest.ResponseRecorder{
		post(h, "/vraag", url.Values{"question": {"Wie?"}}),
		post(h, "/gesprek", url.Values{"conversation": {testConversation}}),
	} {
		paths := map[string]bool{}
		for _, c := range w.Result().Cookies() {
			if c.Name != conversationCookie || c.Value != testConversation || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || !c.Secure || c.MaxAge != int((30*24*time.Hour).Seconds()) {
				t.Errorf("cookie %v", c)
			}
			paths[c.Path] = true
		}
		if len(paths) != 2 || !paths[conversationAddress] || !paths["/en"+conversationAddress] {
			t.Errorf("cookies for %v", paths)
		}
		if to := w.Header().Get("Location"); !strings.HasPrefix(to, conversationAddress) || strings.Contains(to, testConversation) || strings.Contains(to, testTurn) {
			t.Errorf("sent on to %q", to)
		}
	}
}

// TestConversationIsOfOneBrowser: its address alone shows nobody anything, and nothing
// at it can be used to find out more.
func TestConversationIsOfOneBrowser(t *testing.T) {
	h := newWholeSite(t, talk(nil))
	unknown := stranger(h, conversationPath("0198f3a0-0000-7000-8000-000000000009"))
	for _, value := range []string{"", "x", handleOf(testConversation), testTurn} {
		r := httptest.NewRequest(http.MethodGet, conversationAddress, nil)
		if value != "" {
			r.AddCookie(&http.Cookie{Name: conversationCookie, Value: value})
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "Wie betaalt") {
			t.Errorf("with cookie %q: status %d", value, w.Code)
		}
		if strings.ReplaceAll(w.Body.String(), conversationAddress, "") != strings.ReplaceAll(unknown.Body.String(), conversationPath("0198f3a0-0000-7000-8000-000000000009"), "") {
			t.Errorf("with cookie %q one can tell that it exists", value)
		}
	}
	if w := get(h, conversationAddress); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Wie betaalt") {
		t.Errorf("its own browser: status %d", w.Code)
	}
	if w := post(h, "/gesprek", url.Values{"conversation": {"0198f3a0-0000-7000-8000-000000000009"}}); w.Code != http.StatusNotFound || len(w.Result().Cookies()) > 0 {
		t.Errorf("opening a conversation that is not there: status %d, cookies %v", w.Code, w.Result().Cookies())
	}
}

func TestWipeTakesTheCookie(t *testing.T) {
	w := post(newWholeSite(t, talk(nil)), "/gesprek/wis", url.Values{"conversation": {testConversation}})
	if got := w.Result().Cookies(); len(got) != 2 || got[0].MaxAge >= 0 || got[0].Value != "" || got[1].MaxAge >= 0 {
		t.Errorf("cookies %v", got)
	}
}

// TestSharing: nothing is shared until the visitor asks; then a separate address shows
// what was asked so far, to read only, until that is stopped.
func TestSharing(t *testing.T) {
	site := talk(nil)
	site.turns[0].CreatedAt = time.Now().Add(-time.Hour)
	h := newWholeSite(t, site)
	if body := get(h, conversationAddress).Body.String(); !strings.Contains(body, "Maak een adres om te delen") || strings.Contains(body, "/gedeeld/") {
		t.Error("shared before it was asked for, or no way to ask for it")
	}
	act := func(what string) {
		t.Helper()
		w := post(h, "/gesprek/deel", url.Values{"conversation": {testConversation}, "delen": {what}})
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != conversationAddress+"?deel" {
			t.Fatalf("status %d, to %q\n%s", w.Code, to, w.Body)
		}
	}
	address := func() string {
		t.Helper()
		body := get(h, conversationAddress+"?deel").Body.String()
		found := regexp.MustCompile(`https://vraagbaak\.example(/gedeeld/[a-z2-7]{26,64})"`).FindStringSubmatch(body)
		if found == nil {
			t.Fatalf("no address in\n%s", body)
		}
		return found[1]
	}
	act("ja")
	shared := address()
	later := site.turns[0]
	later.ID, later.Question, later.CreatedAt = "0198f3a0-0000-7000-8000-0000000000a2", "Later gevraagd", time.Now().Add(time.Hour)
	site.turns = append(site.turns, later)
	for _, path := range []string{shared, "/en" + shared} {
		w := stranger(h, path)
		body := w.Body.String()
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || len(w.Result().Cookies()) > 0 {
			t.Fatalf("%s: status %d, headers %v", path, w.Code, w.Header())
		}
		for _, want := range []string{"Wie betaalt de SER?", "De SER wordt betaald door het bedrijfsleven.", "citaat/financiering/2/2/15-59", "noindex", `data-ai-generated="true"`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s misses %q", path, want)
			}
		}
		for _, not := range []string{testConversation, handleOf(testConversation), testTurn, "Later gevraagd", "<form", "gesprek/"} {
			if strings.Contains(body, not) {
				t.Errorf("%s has %q", path, not)
			}
		}
	}
	if body := get(h, conversationAddress).Body.String(); !strings.Contains(body, "Wat u daarna vroeg, is niet gedeeld.") {
		t.Error("the visitor is not told that the later question is not shared")
	}
	time.Sleep(time.Millisecond)
	site.turns[1].CreatedAt = time.Now()
	act("ja")
	if again := address(); again != shared {
		t.Errorf("shared again at %s, was at %s", again, shared)
	}
	if body := stranger(h, shared).Body.String(); !strings.Contains(body, "Later gevraagd") {
		t.Error("the new question is not shared")
	}
	act("nee")
	if w := stranger(h, shared); w.Code != http.StatusNotFound {
		t.Errorf("after sharing was stopped: status %d", w.Code)
	}
	for _, form := range []url.Values{{"conversation": {testConversation}}, {"delen": {"ja"}}, {"conversation": {testConversation}, "delen": {"misschien"}}} {
		if w := post(h, "/gesprek/deel", form); w.Code < 400 || w.Code >= 500 {
			t.Errorf("%v: status %d", form, w.Code)
		}
	}
}

// TestMetricsAreNotPublic: with a token for whoever brings it, else for this machine.
func TestMetricsAreNotPublic(t *testing.T) {
	tests := []struct {
		name, token, remote string
		header              http.Header
		want                int
	}{
		{"this machine", "", "127.0.0.1:1234", nil, 200},
		{"this machine, IPv6", "", "[::1]:1234", nil, 200},
		{"another machine", "", "192.0.2.1:1234", nil, 404},
		{"through a proxy here", "", "127.0.0.1:1234", http.Header{"X-Forwarded-For": {"192.0.2.1"}}, 404},
		{"through another proxy here", "", "127.0.0.1:1234", http.Header{"Forwarded": {"for=192.0.2.1"}}, 404},
		{"token", "geheim", "192.0.2.1:1234", http.Header{"Authorization": {"Bearer geheim"}}, 200},
		{"wrong token", "geheim", "127.0.0.1:1234", http.Header{"Authorization": {"Bearer geheim2"}}, 404},
		{"no token", "geheim", "127.0.0.1:1234", nil, 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &Server{token: tt.token, addresses: addresses{header: "X-Forwarded-For"}}
			r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			r.RemoteAddr = tt.remote
			for name, values := range tt.header {
				r.Header[name] = values
			}
			w := httptest.NewRecorder()
			s.watched(NewMetrics().handler()).ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("status %d, want %d", w.Code, tt.want)
			}
		})
	}
}

// counted is a website that only says which forms reached it.
type counted struct{}

func (counted) Register(mux *http.ServeMux) {
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
}

func (counted) Problem(w http.ResponseWriter, _ *http.Request, err error) {
	http.Error(w, err.Error(), http.StatusTooManyRequests)
}

// TestFormsHaveTheirOwnLimit: feedback takes nothing from the questions of a visitor,
// nor questions from feedback.
func TestFormsHaveTheirOwnLimit(t *testing.T) {
	const slow = 0.0001
	s := &Server{asks: newLimiter(slow, 1, 10), posts: newLimiter(slow, 2, 10), addresses: addresses{header: "X-Forwarded-For"}}
	h := s.site(Config{Pages: counted{}})
	for _, step := range []struct {
		path string
		want int
	}{
		{"/gesprek/oordeel", 200}, {"/en/gesprek/deel", 200}, {"/gesprek/oordeel", 429},
		{"/vraag", 200}, {"/en/vraag", 429}, {"/gesprek/wis", 429},
	} {
		if w := post(h, step.path, nil); w.Code != step.want {
			t.Errorf("%s: status %d, want %d", step.path, w.Code, step.want)
		}
	}
	if w := get(h, "/vraag"); w.Code != http.StatusOK {
		t.Errorf("reading: status %d", w.Code)
	}
}
