package server

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

const (
	testConversation = "0198f3a0-0000-7000-8000-000000000001"
	testTurn         = "0198f3a0-0000-7000-8000-0000000000a1"
	testPageText     = "1 Financiering\nDe SER wordt betaald door het bedrijfsleven. Het geld komt uit het Awf.\nVoetnoot bij deze bladzijde."
)

// conversationAddress is where the pages show the test's conversation.
var conversationAddress = conversationPath(testConversation)

var notFoundErr = &corpus.UserError{Code: corpus.CodeNotFound, Message: "weg"}

// fakeSite is what the pages read: one document with three pages and two
// versions, and one conversation.
type fakeSite struct {
	asked []chat.Ask
	err   error // of Ask
	turns []chat.Turn
	wiped bool
	given map[string]Feedback

	relations []Relation
	doc       *corpus.Document // nil: testDocument
}

func (f *fakeSite) document() corpus.Document {
	if f.doc != nil {
		return *f.doc
	}
	return testDocument()
}

func (f *fakeSite) Ask(_ context.Context, a chat.Ask) (corpus.Answer, error) {
	f.asked = append(f.asked, a)
	if f.err != nil {
		return corpus.Answer{}, f.err
	}
	answer := testAnswer()
	f.turns = []chat.Turn{{ID: testTurn, Conversation: testConversation, Question: a.Question, Lang: "nl", Status: answer.Status, Answer: &answer}}
	return answer, nil
}

func (f *fakeSite) Turns(_ context.Context, conversation string) ([]chat.Turn, error) {
	if conversation != testConversation {
		return nil, notFoundErr
	}
	return f.turns, nil
}

func (f *fakeSite) DeleteConversation(_ context.Context, conversation, _ string) error {
	if conversation != testConversation || f.wiped {
		return notFoundErr
	}
	f.wiped = true
	return nil
}

func (f *fakeSite) Versions(context.Context, string) ([]DocumentVersion, error) {
	return []DocumentVersion{
		{Number: 2, Published: time.Date(2024, 4, 30, 23, 0, 0, 0, time.UTC), Current: true},
		{Number: 1, Published: time.Date(2023, 1, 2, 12, 0, 0, 0, time.UTC)},
	}, nil
}

func (f *fakeSite) Relations(context.Context, string) ([]Relation, error) { return f.relations, nil }

func (f *fakeSite) UpdatedAt(_ context.Context, state string) (time.Time, error) {
	if state == "7" {
		return time.Date(2024, 1, 2, 12, 0, 0, 0, time.UTC), nil
	}
	return time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC), nil
}

func (f *fakeSite) Give(_ context.Context, feedback Feedback) error {
	if f.given == nil {
		f.given = map[string]Feedback{}
	}
	f.given[feedback.Turn] = feedback
	return nil
}

func (f *fakeSite) Given(context.Context, string) (map[string]Feedback, error) { return f.given, nil }

func testDocument() corpus.Document {
	return corpus.Document{ID: "financiering", Version: 2, Status: "current", Pages: 3,
		Metadata: corpus.Metadata{Title: "De SER & zijn geld", Type: "uitleg", Number: "14/04", Date: "2014-04-25", Language: "nl"}}
}

func (f *fakeSite) Documents(context.Context) ([]corpus.Document, error) {
	return []corpus.Document{testDocument()}, nil
}

func (f *fakeSite) Document(_ context.Context, id string) (corpus.Document, error) {
	if id != "financiering" {
		return corpus.Document{}, notFoundErr
	}
	return f.document(), nil
}

func (f *fakeSite) Headings(context.Context, string, int) ([]Heading, error) {
	return []Heading{
		{Level: 1, Text: "0 Het begin", Page: 1, Label: "i"},
		{Level: 1, Text: "1 Financiering", Page: 2, Label: "ii"},
		{Level: 2, Text: "1.1 Wie houdt toezicht?", Page: 3, Label: "iii"},
		{Level: 2, Text: "123", Page: 3, Label: "iii"},
	}, nil
}

func (f *fakeSite) Page(_ context.Context, document string, version, page int) (SourcePage, error) {
	if document != "financiering" || version > 2 || page > 3 {
		return SourcePage{}, notFoundErr
	}
	d := f.document()
	d.Version = version
	return SourcePage{Document: d, Current: 2, Page: corpus.Page{Number: page, Label: "ii", Text: testPageText, Reader: "pdfium",
		Blocks: []corpus.Block{
			{Kind: corpus.BlockHeading, Level: 1, Start: 0, End: 14},
			{Kind: corpus.BlockParagraph, Start: 15, End: 86},
			{Kind: corpus.BlockFootnote, Start: 87, End: 115},
		}}}, nil
}

func (f *fakeSite) Original(_ context.Context, document string, version int) (Original, error) {
	switch {
	case document == "financiering" && version == 2:
		return Original{MediaType: "application/pdf", Digest: "abc", Content: []byte("%PDF-1.7 test")}, nil
	case document == "tekst":
		return Original{MediaType: "text/markdown", Digest: "def", Content: []byte("<script>alert(1)</script>")}, nil
	case document == "brief":
		return Original{MediaType: wordDocument, Digest: "ghi", Content: []byte("PK\x03\x04")}, nil
	case document == "pagina":
		return Original{MediaType: "application/xhtml+xml", Content: []byte("<html/>")}, nil
	}
	return Original{}, notFoundErr
}

func testAnswer() corpus.Answer {
	return corpus.Answer{
		ID: testTurn, Conversation: testConversation, Question: "Wie betaalt de SER?", Lang: "nl",
		Status: corpus.Answered, Completeness: corpus.Complete, AIGenerated: true, Model: "extractive",
		Text:      "De SER wordt betaald door het bedrijfsleven. [1]",
		Sentences: []corpus.Sentence{{Text: "De SER wordt betaald door het bedrijfsleven.", Citations: []int{1}}},
		Citations: []corpus.Citation{{N: 1, Document: corpus.DocumentRef{ID: "financiering", Title: "De SER & zijn geld", Number: "14/04", Type: "uitleg", Date: "2014-04-25"},
			Version: 2, Page: 2, PageLabel: "ii", Heading: "1 Financiering", Quote: "De SER wordt betaald door het bedrijfsleven.", Start: 15, End: 59,
			URL: corpus.CitationURL("financiering", 2, 2, 15, 59)}},
	}
}

func newTestPages(t *testing.T, site *fakeSite) http.Handler {
	t.Helper()
	p, err := NewPages(PagesConfig{Asker: site, Conversations: site, Library: site})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	p.Register(mux)
	return mux
}

// get asks for a page as the browser does that holds the test's conversation.
func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if strings.HasPrefix(strings.TrimPrefix(path, "/en"), conversationAddress) {
		r.AddCookie(&http.Cookie{Name: conversationCookie, Value: testConversation})
	}
	h.ServeHTTP(w, r)
	return w
}

func post(h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	h.ServeHTTP(w, r)
	return w
}

func TestPagesShow(t *testing.T) {
	answer := testAnswer()
	partial := testAnswer()
	partial.Status, partial.Masked = corpus.Partial, []string{"email"}
	declined := corpus.Answer{Lang: "nl", Status: corpus.NoAnswer, Text: "Dit staat niet in de documenten."}
	site := &fakeSite{turns: []chat.Turn{
		{ID: "a", Question: "Vraag <b>een</b>", Lang: "nl", Status: corpus.Answered, Answer: &answer},
		{ID: "b", Question: "Twee", Lang: "nl", Status: corpus.Partial, Answer: &partial},
		{ID: "c", Question: "Drie", Lang: "nl", Status: corpus.NoAnswer, Answer: &declined},
		{ID: "d", Question: "Vier", Lang: "nl", Status: corpus.Error},
		{ID: "e", Question: "Vijf", Lang: "nl"},
	}}
	h := newTestPages(t, site)
	tests := []struct {
		path   string
		status int
		want   []string
		not    []string
	}{
		{"/", 200, []string{`lang="nl"`, "Stel uw vraag over de SER", "U stelt uw vraag aan een AI-systeem. Controleer de antwoorden met de bronnen.",
			`method="post" action="/vraag"`, "Wie betaalt de SER?", `hreflang="en" href="/en/"`}, []string{"noindex", `http-equiv="refresh"`}},
		{"/en/", 200, []string{`<html lang="en">`, `action="/en/vraag"`, "Who pays for the SER?", `href="/" hreflang="nl"`}, nil},
		{conversationAddress, 200, []string{
			"Vraag &lt;b&gt;een&lt;/b&gt;", `href="/citaat/financiering/2/2/15-59"`, "bladzijde ii · 1 Financiering · uitleg 14/04 · 25 april 2014",
			"De SER &amp; zijn geld", "Dit is een deel van het antwoord.", "persoonlijke gegevens", "Dit staat niet in de documenten.",
			"Er ging iets mis. Er is geen antwoord.", `data-turn="e" data-state="pending"`, `http-equiv="refresh"`, "noindex",
			`name="conversation" value="` + testConversation + `"`, "Stel nog een vraag", `data-ai-generated="true"`}, nil},
		{"/en" + conversationAddress, 200, []string{`href="/en/citaat/financiering/2/2/15-59"`, "page ii", "25 April 2014"}, nil},
		{"/gesprek/anders", 404, []string{"Dit gesprek is hier niet te zien"}, nil},
		{"/gesprek/" + testConversation, 404, []string{"Dit gesprek is hier niet te zien"}, nil},
		{"/citaat/financiering/2/2/15-59", 200, []string{
			`De SER wordt betaald door het bedrijfsleven.<span`, `id="citaat"`, "Bladzijde 2 van 3", "(gedrukt nummer ii)",
			`href="/documenten/financiering/2/1"`, `href="/documenten/financiering/2/3"`, `href="/bron/financiering/2#page=2"`,
			"Het geld komt uit het Awf.", "Voetnoot bij deze bladzijde."}, []string{"oudere versie"}},
		{"/citaat/financiering/1/1/15-59", 200, []string{"oudere versie", "Bekijk de nieuwste versie"}, []string{"Vorige bladzijde"}},
		{"/citaat/financiering/2/2/15-9999", 404, nil, nil},
		{"/citaat/financiering/2/2/59-15", 404, nil, nil},
		{"/citaat/financiering/2/2/15", 404, nil, nil},
		{"/citaat/financiering/2/02/15-59", 404, nil, nil},
		{"/citaat/financiering/9/2/15-59", 404, nil, nil},
		{"/documenten/financiering/2/3", 200, []string{"Bladzijde 3 van 3", "Vorige bladzijde"}, []string{"id=\"citaat\"", "Volgende bladzijde"}},
		{"/documenten", 200, []string{`href="/documenten/financiering"`, "uitleg 14/04 · 25 april 2014 · 3 bladzijden", ">1 document<", "bijgewerkt tot 1 mei 2024"}, nil},
		{"/documenten?zoek=geld+2014", 200, []string{`href="/documenten/financiering"`, `value="geld 2014"`}, nil},
		{"/documenten?zoek=%22%3E%3Cscript%3E", 200, []string{"Geen titel gevonden", "&lt;script&gt;"}, []string{`"><script>`}},
		{"/documenten/financiering", 200, []string{"1 Financiering", `href="/documenten/financiering/2/2"`, "Nederlands", `href="/bron/financiering/2"`}, nil},
		{"/documenten/weg", 404, nil, nil},
		{"/over", 200, []string{"Zo werkt het", `aria-current="page"`}, nil},
		{"/privacy", 200, []string{"Burgerservicenummers"}, nil},
		{"/en/privacy", 200, []string{"Citizen service numbers"}, nil},
		{"/en/weg", 404, []string{"This page does not exist"}, nil},
		{"/weg", 404, []string{"Deze pagina bestaat niet"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			w := get(h, tt.path)
			if w.Code != tt.status {
				t.Fatalf("status %d, want %d", w.Code, tt.status)
			}
			body := w.Body.String()
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("misses %q in\n%s", want, body)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(body, not) {
					t.Errorf("has %q", not)
				}
			}
			if got := w.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
				t.Errorf("Content-Type %q", got)
			}
			if regexp.MustCompile(` (style|on[a-z]+)="`).MatchString(body) {
				t.Error("has an inline style or handler, which the content security policy forbids")
			}
		})
	}
}

func TestFormAsks(t *testing.T) {
	site := &fakeSite{}
	h := newTestPages(t, site)
	w := post(h, "/en/vraag", url.Values{"question": {"  Who pays?  "}, "conversation": {testConversation}})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("status %d", w.Code)
	}
	if got, want := w.Header().Get("Location"), "/en"+conversationAddress+"#t-"+handleOf(testTurn); got != want {
		t.Errorf("sent on to %q, want %q", got, want)
	}
	want := []chat.Ask{{Question: "Who pays?", Conversation: testConversation}}
	if diff := cmp.Diff(want, site.asked); diff != "" {
		t.Error(diff)
	}
	body := get(h, conversationAddress).Body.String()
	if !strings.Contains(body, "De SER wordt betaald door het bedrijfsleven.") {
		t.Error("the conversation does not show the answer")
	}
}

func TestFormKeepsWhatWasTyped(t *testing.T) {
	long := strings.Repeat("é", chat.MaxQuestion+1)
	tests := []struct {
		name, question string
		err            error
		status         int
		want           string
		retry          string
		asked          bool
	}{
		{"empty", " \n ", nil, 422, "Typ eerst een vraag.", "", false},
		{"too long", long, nil, 422, "Nu zijn het er 2001.", "", false},
		{"100 kB word", strings.Repeat("x", 100_000), nil, 422, "Nu zijn het er 100000.", "", false},
		{"limited", "Wie <i>?", &corpus.UserError{Code: corpus.CodeRateLimited, RetryAfter: 1500 * time.Millisecond}, 429, "Even wachten", "2", true},
		{"busy", "Wie?", &corpus.UserError{Code: corpus.CodeBusy}, 503, "Het is druk", "", true},
		{"gone", "Wie?", notFoundErr, 404, "wordt niet meer bewaard", "", true},
		{"broken", "Wie?", errors.New("secret detail"), 500, "Er ging iets mis", "", true},
		{"right to left and emoji", "a\u202Eb 🙂", &corpus.UserError{Code: corpus.CodeBusy}, 503, "🙂", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			site := &fakeSite{err: tt.err}
			w := post(newTestPages(t, site), "/vraag", url.Values{"question": {tt.question}})
			body := w.Body.String()
			if w.Code != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("status %d, want %d with %q", w.Code, tt.status, tt.want)
			}
			if kept := strings.TrimSpace(tt.question); kept != "" {
				kept = strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(kept)
				if !strings.Contains(body, ">"+kept+"</textarea>") {
					t.Error("the question is lost")
				}
			}
			if got := w.Header().Get("Retry-After"); got != tt.retry {
				t.Errorf("Retry-After %q, want %q", got, tt.retry)
			}
			if (len(site.asked) > 0) != tt.asked {
				t.Errorf("asked %v", site.asked)
			}
			if strings.Contains(body, "secret") {
				t.Error("shows the cause of an internal error")
			}
		})
	}
}

func TestFormTooLargeToRead(t *testing.T) {
	w := post(newTestPages(t, &fakeSite{}), "/vraag", url.Values{"question": {strings.Repeat("x", maxForm)}})
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", w.Code)
	}
}

func TestOriginal(t *testing.T) {
	h := newTestPages(t, &fakeSite{})
	tests := []struct {
		path, mediaType string
		status          int
	}{
		{"/bron/financiering/2", "application/pdf", 200},
		{"/bron/tekst/1", "text/plain; charset=utf-8", 200},
		{"/bron/brief/1", wordDocument, 200}, // saved, not shown
		{"/bron/pagina/1", "text/html; charset=utf-8", 404},
		{"/bron/financiering/9", "text/html; charset=utf-8", 404},
		{"/bron/financiering/x", "text/html; charset=utf-8", 404},
	}
	for _, tt := range tests {
		w := get(h, tt.path)
		if w.Code != tt.status || w.Header().Get("Content-Type") != tt.mediaType {
			t.Errorf("%s: %d %s, want %d %s", tt.path, w.Code, w.Header().Get("Content-Type"), tt.status, tt.mediaType)
		}
		if tt.status == 200 {
			if w.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%s: headers %v", tt.path, w.Header())
			}
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/bron/financiering/2", nil)
	r.Header.Set("If-None-Match", `"abc"`)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("unchanged original: status %d", w.Code)
	}
}

// TestBlocksKeepEveryWord: whatever the blocks and the quote, a reader sees
// the whole text of the page once, and exactly the quote is marked.
func TestBlocksKeepEveryWord(t *testing.T) {
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	rapid.Check(t, func(t *rapid.T) {
		text := []rune(rapid.StringOfN(rapid.RuneFrom([]rune("aé€🙂\u202e <&.\n ")), 0, 60, -1).Draw(t, "text"))
		n := len(text)
		start := rapid.IntRange(0, n).Draw(t, "start")
		end := rapid.IntRange(start, n).Draw(t, "end")
		kinds := []corpus.BlockKind{corpus.BlockHeading, corpus.BlockParagraph, corpus.BlockList, corpus.BlockTable, corpus.BlockFooter}
		var bs []corpus.Block
		for range rapid.IntRange(0, 5).Draw(t, "blocks") {
			from := rapid.IntRange(-2, n+2).Draw(t, "from")
			to := rapid.IntRange(-2, n+2).Draw(t, "to")
			bs = append(bs, corpus.Block{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Start: from, End: to})
		}
		var all, marked strings.Builder
		firsts, lasts := 0, 0
		for _, b := range blocks(corpus.Page{Text: string(text), Blocks: bs}, start, end) {
			for _, r := range b.Runs {
				all.WriteString(r.Text)
				if r.Marked {
					marked.WriteString(r.Text)
				}
				if r.First {
					firsts++
				}
				if r.Last {
					lasts++
				}
			}
		}
		if squeeze(all.String()) != squeeze(string(text)) {
			t.Fatalf("shows %q of %q", all.String(), string(text))
		}
		if squeeze(marked.String()) != squeeze(string(text[start:end])) {
			t.Fatalf("marks %q, want %q", marked.String(), string(text[start:end]))
		}
		if marked.Len() > 0 && (firsts != 1 || lasts != 1) {
			t.Fatalf("%d begins and %d ends", firsts, lasts)
		}
	})
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"0-1", "15-59", "-", "1-", "-1", "1-1", "9999999999-99999999999", "1-2-3", "+1-2", "٣-٤"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		start, end, ok := parseSpan(s)
		if ok && (start < 0 || end <= start) {
			t.Errorf("%q is read as %d-%d", s, start, end)
		}
	})
}

// TestEveryMessageIsUsed holds the catalogue against code, templates and
// scripts: no key without a text, no text without a use.
func TestEveryMessageIsUsed(t *testing.T) {
	p, err := NewPages(PagesConfig{Asker: &fakeSite{}, Conversations: &fakeSite{}, Library: &fakeSite{}})
	if err != nil {
		t.Fatal(err)
	}
	messages := p.locales["nl"].messages
	var sources strings.Builder
	read := func(root string, match func(string) bool) {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist") {
				return filepath.SkipDir
			}
			if d.IsDir() || !match(path) {
				return nil
			}
			b, err := os.ReadFile(path) // #nosec G304 -- our own source
			sources.Write(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read("../../web/templates", func(p string) bool { return strings.HasSuffix(p, ".html") })
	read(".", func(p string) bool { return strings.HasPrefix(p, "pages") && !strings.HasSuffix(p, "_test.go") })
	read("../office", func(p string) bool { return strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, "_test.go") })
	var begun []string
	for _, m := range regexp.MustCompile(`(?:\bt |\btext\(|\badd\()"([a-z]+(?:\.[a-z0-9_]+)+\.?)"`).FindAllStringSubmatch(sources.String(), -1) {
		if strings.HasSuffix(m[1], "_") || strings.HasSuffix(m[1], ".") { // the beginning of keys that are put together
			begun = append(begun, m[1])
		} else if _, ok := messages[m[1]]; !ok {
			t.Errorf("no message %q", m[1])
		}
	}
	pages := sources.String()
	sources.Reset()
	read("../../web/src", func(p string) bool { return strings.HasSuffix(p, ".ts") && !strings.HasSuffix(p, ".test.ts") })
	scripts := sources.String()
	for _, m := range regexp.MustCompile(`(?:[^.]say|words)\("([a-z_]+)"`).FindAllStringSubmatch(scripts, -1) {
		if _, ok := messages["client."+m[1]]; !ok {
			t.Errorf("no message %q for the script", m[1])
		}
	}
	made := regexp.MustCompile(`^(examples|problem|language)\.`) // keys put together in code
	for key := range messages {
		if slices.ContainsFunc(begun, func(b string) bool { return strings.HasPrefix(key, b) }) {
			continue
		}
		if short, ok := strings.CutPrefix(key, "client."); ok {
			if !strings.Contains(scripts, `"`+short+`"`) {
				t.Errorf("message %q is not used", key)
			}
		} else if !made.MatchString(key) && !strings.Contains(pages, `"`+key+`"`) {
			t.Errorf("message %q is not used", key)
		}
	}
	for code := range problemStatus {
		if code == corpus.CodeTooLong {
			continue
		}
		for _, part := range []string{".title", ".text"} {
			if _, ok := messages["problem."+string(code)+part]; !ok {
				t.Errorf("no message for problem %s", code)
			}
		}
	}
}
