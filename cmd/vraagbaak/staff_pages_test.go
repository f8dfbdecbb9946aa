package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// member is somebody of the staff who is signed in to a site; with role "" nobody.
type member struct {
	*http.Client

	site *site
}

func newMember(t *testing.T, s *site, role staff.Role) member {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	m := member{&http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, s}
	if role == "" {
		return m
	}
	email := string(role) + "@example.org"
	u := result[userJSON](t, "user", "add", "--role", string(role), "--generate", "--json", email, "--data-dir", s.dir)
	if status, _, body := m.send(t, "/aanmelden", formType, strings.NewReader(url.Values{"email": {email}, "password": {u.Password}}.Encode())); status != http.StatusSeeOther {
		t.Fatalf("signing in as %s: %d %s", role, status, body)
	}
	return m
}

const formType = "application/x-www-form-urlencoded"

// send posts to a page of the staff area, or gets it when there is no body.
func (m member) send(t *testing.T, path, contentType string, body io.Reader) (status int, location, page string) {
	t.Helper()
	method := http.MethodPost
	if body == nil {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(t.Context(), method, m.site.url+"/redactie"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	answer, err := m.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, page, found := strings.Cut(string(b), "<main")
	if !found {
		page = string(b)
	}
	return answer.StatusCode, answer.Header.Get("Location"), page
}

func (m member) get(t *testing.T, path string) (int, string) {
	t.Helper()
	status, _, page := m.send(t, path, "", nil)
	return status, page
}

func (m member) form(t *testing.T, path string, values ...string) (status int, location, page string) {
	t.Helper()
	form := make(url.Values)
	for i := 0; i+1 < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return m.send(t, path, formType, strings.NewReader(form.Encode()))
}

// upload hands a file over, with other fields of the form as name and value.
func (m member) upload(t *testing.T, path, name string, content io.Reader, fields ...string) (status int, location, page string) {
	t.Helper()
	var head bytes.Buffer
	w := multipart.NewWriter(&head)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.CreateFormFile("bestand", name); err != nil {
		t.Fatal(err)
	}
	return m.send(t, path, w.FormDataContentType(), io.MultiReader(&head, content, strings.NewReader("\r\n--"+w.Boundary()+"--\r\n")))
}

// nothing is a file of any length.
type nothing struct{}

func (nothing) Read(p []byte) (int, error) { return len(p), nil }

// until gets a page until it holds a text.
func (m member) until(t *testing.T, path, text string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		status, page := m.get(t, path)
		if status == http.StatusOK && strings.Contains(page, text) {
			return page
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s has no %q: %d %s", path, text, status, page)
		}
	}
}

const (
	platformText = "# Het platform van de SER\n\nHet platform van de SER heeft %s leden. Het platform is opgericht in 2015.\n"
	platformAsk  = "Hoeveel leden heeft het platform van de SER?"
)

// What people hand over on the pages of the staff, by whom and whatever it is, and what
// comes of it: an answer that can be reconstructed, and a new version that is looked at
// before anybody else sees it.
func TestDocumentsOfTheStaff(t *testing.T) {
	t.Parallel()
	s, err := serve(filepath.Join(t.TempDir(), "data"), "--no-demo")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	platform := func(members string) io.Reader { return strings.NewReader(fmt.Sprintf(platformText, members)) }
	people := make(map[staff.Role]member)
	for _, role := range []staff.Role{"", staff.RoleViewer, staff.RoleReviewer, staff.RoleEditor, staff.RoleAdmin} {
		m := newMember(t, s, role)
		people[role] = m
		want, where := http.StatusSeeOther, "/redactie/documenten?gedaan=gelezen"
		switch role {
		case "":
			where = "/redactie/aanmelden"
		case staff.RoleViewer, staff.RoleReviewer:
			want, where = http.StatusForbidden, ""
		case staff.RoleAdmin:
			where = "/redactie/documenten?gedaan=zelfde" // the editor handed it over before
		}
		if status, location, page := m.upload(t, "/documenten/bestand", "platform.md", platform("elf")); status != want || !strings.HasPrefix(location, where) {
			t.Errorf("%q hands a document over: %d to %q: %s", role, status, location, page)
		}
		if role != staff.RoleEditor && role != staff.RoleAdmin {
			if status, location, _ := m.form(t, "/documenten/adres", "adres", "http://127.0.0.1/"); status != want || !strings.HasPrefix(location, where) {
				t.Errorf("%q names an address: %d to %q", role, status, location)
			}
		}
	}
	editor, viewer := people[staff.RoleEditor], people[staff.RoleViewer]

	t.Run("bad files", func(t *testing.T) {
		for _, test := range []struct {
			name, file string
			content    io.Reader
			status     int
			says       string
		}{
			{"a kind that cannot be read", "programma.exe", strings.NewReader("MZ"), http.StatusUnprocessableEntity, "Dit soort bestand kan niet worden gelezen"},
			{"no name of a kind", "platform", strings.NewReader("tekst"), http.StatusUnprocessableEntity, "Dit soort bestand kan niet worden gelezen"},
			{"empty", "leeg.pdf", strings.NewReader(""), http.StatusUnprocessableEntity, "Kies"},
			{"too large", "groot.pdf", io.LimitReader(nothing{}, 102<<20), http.StatusRequestEntityTooLarge, "Dit is te groot"},
		} {
			if status, _, page := editor.upload(t, "/documenten/bestand", test.file, test.content); status != test.status || !strings.Contains(page, test.says) {
				t.Errorf("%s: %d, want %d and %q: %s", test.name, status, test.status, test.says, page)
			}
		}
		if status, _, page := editor.form(t, "/documenten/bestand", "bestand", "platform.md"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Kies") {
			t.Errorf("a form without a file: %d: %s", status, page)
		}
		if status, _, page := editor.send(t, "/documenten/bestand", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nafgebroken")); status != http.StatusUnprocessableEntity || strings.Contains(page, "EOF") {
			t.Errorf("a form that broke off: %d: %s", status, page)
		}
	})

	t.Run("bad addresses", func(t *testing.T) {
		var asked atomic.Int32
		inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		defer inside.Close()
		port := inside.URL[strings.LastIndexByte(inside.URL, ':'):]
		for _, address := range []string{
			"", "geen adres", "ftp://example.org/advies.pdf", "file:///etc/passwd", "https://example.org/sitemap.xml",
			inside.URL + "/advies.pdf", "http://localhost" + port + "/advies.pdf", "http://[::1]" + port + "/advies.pdf", "http://[::ffff:127.0.0.1]" + port + "/advies.pdf",
			"http://0.0.0.0" + port + "/advies.pdf", "http://10.0.0.1/advies.pdf", "http://169.254.169.254/latest/meta-data/",
		} {
			status, _, page := editor.form(t, "/documenten/adres", "adres", address)
			if status != http.StatusUnprocessableEntity || !strings.Contains(page, `role="alert"`) {
				t.Errorf("%q: %d: %s", address, status, page)
			}
			if strings.HasPrefix(address, "http://1") && !strings.Contains(page, `value="`+address+`"`) {
				t.Errorf("%q is not kept in the form", address)
			}
		}
		if n := asked.Load(); n != 0 {
			t.Errorf("%d requests reached this machine", n)
		}
	})

	a := askUntil(t, s, platformAsk, func(a corpus.Answer) bool { return strings.Contains(a.Text, "elf leden") })
	reconstruction := "/verantwoording/antwoord/" + a.ID
	t.Run("reconstruction", func(t *testing.T) {
		for role, m := range people {
			status, page := m.get(t, reconstruction)
			if role == "" {
				if status != http.StatusSeeOther || strings.Contains(page, "elf leden") {
					t.Errorf("whoever is not signed in: %d: %s", status, page)
				}
				continue
			}
			for _, part := range []string{platformAsk, "elf leden", a.Citations[0].Quote, "extractive", "<dd>beantwoord</dd>"} {
				if status != http.StatusOK || !strings.Contains(page, part) {
					t.Errorf("%s does not see %q: %d: %s", role, part, status, page)
				}
			}
		}
		for _, turn := range []string{"1", "01890000-0000-7000-8000-00000000000b", "bestaat-niet", "%00", "'"} {
			if status, _ := viewer.get(t, "/verantwoording/antwoord/"+turn); status != http.StatusNotFound {
				t.Errorf("the answer %q: %d", turn, status)
			}
		}
		if status, _, page := viewer.form(t, reconstruction); status != http.StatusOK || !strings.Contains(page, "Hetzelfde antwoord") {
			t.Errorf("answered again: %d: %s", status, page)
		}
	})

	// A new version that waits is to be seen by the staff alone, until it is published.
	if status, _, page := editor.upload(t, "/documenten/bestand", "platform.md", platform("twaalf"), "wacht", "ja"); status != http.StatusSeeOther {
		t.Fatalf("a version that waits: %d: %s", status, page)
	}
	document := "/documenten/" + a.Citations[0].Document.ID
	preview := editor.until(t, document+"/2", "twaalf")
	for _, part := range []string{"elf", "publiceren"} {
		if !strings.Contains(preview, part) {
			t.Errorf("the preview has no %q: %s", part, preview)
		}
	}
	if status, page := viewer.get(t, document+"/2?vraag="+url.QueryEscape(platformAsk)); status != http.StatusOK || !strings.Contains(page, "twaalf leden") || strings.Contains(page, "publiceren\">") {
		t.Errorf("a viewer tries the version: %d: %s", status, page)
	}
	if status, page := get(t, s.url+document+"/2/1"); status != http.StatusNotFound {
		t.Errorf("a visitor sees the version that waits: %d: %s", status, page)
	}
	askUntil(t, s, platformAsk, func(a corpus.Answer) bool {
		if strings.Contains(a.Text, "twaalf") {
			t.Errorf("a version that waits is in an answer: %s", a.Text)
		}
		return true
	})
	id := between(preview, `name="id" value="`, `"`)
	if status, _, page := viewer.form(t, document+"/2/publiceren", "id", id); status != http.StatusForbidden {
		t.Errorf("a viewer publishes: %d: %s", status, page)
	}
	if status, location, page := editor.form(t, document+"/2/publiceren", "id", id); status != http.StatusSeeOther || !strings.Contains(location, "gedaan=gepubliceerd") {
		t.Fatalf("publishing: %d to %s: %s", status, location, page)
	}
	askUntil(t, s, platformAsk, func(a corpus.Answer) bool { return strings.Contains(a.Text, "twaalf leden") })

	// The old answer is reconstructed as it was, and the corpus that changed is named.
	if status, page := viewer.get(t, reconstruction); status != http.StatusOK || !strings.Contains(page, "elf leden") {
		t.Errorf("after a new version: %d: %s", status, page)
	}
	if status, _, page := viewer.form(t, reconstruction); status != http.StatusOK || !strings.Contains(page, "twaalf") || strings.Contains(page, "Hetzelfde antwoord") {
		t.Errorf("answered again from a new version: %d: %s", status, page)
	}
}

// between is what stands after one text and before another.
func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}
