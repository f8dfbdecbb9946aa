package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// corpusOfTwo is a small corpus: its pages, and what the searches find in them.
type corpusOfTwo struct{}

var (
	fiets = corpus.Document{ID: "fiets", Version: 2, Pages: 3, Metadata: corpus.Metadata{Title: "De fiets & de wet", Number: "14/04", Type: "advies", Date: "2014-04-25", Language: "nl"}}
	oud   = corpus.Document{ID: "oud", Version: 1, Pages: 1, Metadata: corpus.Metadata{Title: "Oud", Number: "1953/05", Type: "rapport", Date: "1953"}}
	texts = map[string][]string{
		"fiets": {"Titel", "De raad telt 33 leden.\nHij ‘adviseert’ het kabinet — 🙂 gevraagd en ongevraagd.", "Slot"},
		"oud":   {"Lonen  stijgen."},
	}
)

func (corpusOfTwo) Documents(context.Context) ([]corpus.Document, error) {
	return []corpus.Document{fiets, oud}, nil
}

func (corpusOfTwo) Page(_ context.Context, document string, version, page int) (corpus.Document, corpus.Page, error) {
	pages := texts[document]
	if page < 1 || page > len(pages) || version < 1 || version > 2 {
		return corpus.Document{}, corpus.Page{}, &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such page"}
	}
	d := fiets
	if document == "oud" {
		d = oud
	}
	p := corpus.Page{Number: page, Label: "i", Text: pages[page-1], Reader: "pdfium"}
	if document == "oud" {
		p.Reader, p.Confidence = corpus.ReaderOCR, 87.6
	}
	return d, p, nil
}

// passages is a Searcher that finds every page that has the first word.
type passages struct{ asked *[]retrieval.Query }

func (s passages) Search(_ context.Context, q retrieval.Query) ([]corpus.Passage, error) {
	*s.asked = append(*s.asked, q)
	first, _, _ := strings.Cut(q.Text, " ")
	switch first {
	case "kapot":
		return nil, errors.New("secret of the database")
	case "traag":
		return nil, context.DeadlineExceeded
	case "paniek":
		panic("as asked")
	}
	var out []corpus.Passage
	for i, text := range texts["fiets"] {
		if strings.Contains(text, first) && q.Filter.Allows("fiets", "advies", 2014) {
			out = append(out, corpus.Passage{Document: corpus.DocumentRef{ID: "fiets", Title: fiets.Title, Number: "14/04", Type: "advies", Date: "2014-04-25"},
				Version: 2, Page: i + 1, PageLabel: "i", Heading: []string{"1", "1.1"}, Start: 0, End: len([]rune(text)), Text: text})
		}
	}
	return out, nil
}

type subjects struct{ asked *[]research.Query }

func (s subjects) Search(_ context.Context, q research.Query) (research.Results, error) {
	*s.asked = append(*s.asked, q)
	if q.Division == "soms" {
		return research.Results{}, &corpus.UserError{Code: corpus.CodeBadMessage, Message: "division: use unanimous or divided"}
	}
	absent := research.Publication{Publication: corpus.Publication{ID: "p1", Metadata: oud.Metadata, Summary: "Een regel."}, InCatalogue: true}
	return research.Results{Total: 2, Publications: []research.Hit{
		{Publication: there(), Passages: []research.Passage{{Citation: sentence(), Speaker: corpus.SpeakerCouncil}}}, {Publication: absent},
	}, Facets: map[string][]research.Count{"type": {{Value: "advies", N: 2}}}}, nil
}

func (s subjects) History(_ context.Context, topic string, q research.Query) (research.History, error) {
	q.Text = topic
	*s.asked = append(*s.asked, q)
	c := sentence()
	return research.History{Topic: topic, Entries: []research.Entry{{
		Publication: there(), Positions: []research.Position{{Sentence: c.Quote, Citation: c, Speaker: corpus.SpeakerCouncil}},
		Division: &research.Division{Kind: research.Divided, Citation: c},
		Links:    []research.Link{{Kind: corpus.Revises, Target: research.Publication{Publication: corpus.Publication{ID: "p1", Metadata: oud.Metadata}}, Citation: &c}},
		Changed:  true,
	}}, Gaps: []research.Gap{{From: 1954, To: 2013}}}, nil
}

func there() research.Publication {
	return research.Publication{Publication: corpus.Publication{ID: "p2", Metadata: fiets.Metadata, Document: "fiets"}, InCorpus: true}
}

func sentence() corpus.Citation {
	return corpus.Citation{Document: corpus.DocumentRef{ID: "fiets", Title: fiets.Title, Number: "14/04", Type: "advies", Date: "2014-04-25"},
		Version: 2, Page: 2, PageLabel: "i", Quote: "De raad telt 33 leden.", Start: 0, End: 22, URL: "/citaat/fiets/2/2/0-22"}
}

type fixture struct {
	server   *Server
	searched []retrieval.Query
	followed []research.Query
	log      strings.Builder
}

func newFixture(publicURL string) *fixture {
	f := &fixture{}
	f.server = New(Config{
		Research: subjects{&f.followed}, Search: passages{&f.searched}, Library: corpusOfTwo{}, PublicURL: publicURL,
		Logger: slog.New(slog.NewTextHandler(&f.log, nil)), Clock: func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) },
	})
	return f
}

// connect is a client of the SDK over in-memory pipes, through the transport of Serve.
func (f *fixture) connect(t *testing.T) *mcp.ClientSession {
	t.Helper()
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- f.server.Serve(ctx, toServer, fromServer) }()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil).Connect(ctx, &mcp.IOTransport{Reader: toClient, Writer: fromClient}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = session.Close()
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return session
}

// call gives the text and the structured result of a tool.
func call(t *testing.T, session *mcp.ClientSession, tool string, arguments map[string]any, into any) string {
	t.Helper()
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil || result.IsError || len(result.Content) != 1 {
		t.Fatalf("%s: %+v, %v", tool, text(result), err)
	}
	b, err := json.Marshal(result.StructuredContent)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text(result)
}

func text(result *mcp.CallToolResult) string {
	if result == nil || len(result.Content) == 0 {
		return ""
	}
	content, ok := result.Content[0].(*mcp.TextContent)
	if !ok {
		return ""
	}
	return content.Text
}

func TestTools(t *testing.T) {
	session := newFixture("https://x.nl").connect(t)
	list, err := session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	required := map[string]string{"search": "null", "passages": `["query"]`, "document": `["document"]`, "history": `["topic"]`, "cite": "null"}
	if len(list.Tools) != len(required) {
		t.Errorf("%d tools", len(list.Tools))
	}
	for _, tool := range list.Tools {
		b, err := json.Marshal(tool.InputSchema)
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Type       string
			Required   json.RawMessage
			Properties map[string]json.RawMessage
		}
		if err := json.Unmarshal(b, &schema); err != nil || schema.Type != "object" || tool.OutputSchema == nil || !tool.Annotations.ReadOnlyHint || tool.Description == "" {
			t.Errorf("%s: %s, %v", tool.Name, b, err)
		}
		if want, got := required[tool.Name], string(schema.Required); got != want && (want != "null" || got != "") {
			t.Errorf("%s requires %s, want %s", tool.Name, got, want)
		}
		if _, ok := schema.Properties["year_from"]; !ok && (tool.Name == "search" || tool.Name == "passages" || tool.Name == "history") {
			t.Errorf("%s has no year_from: %s", tool.Name, b)
		}
	}
	if session.InitializeResult().Instructions == "" {
		t.Error("no instructions")
	}
}

func TestSearchAndHistory(t *testing.T) {
	f := newFixture("https://x.nl")
	session := f.connect(t)
	var found searchOutput
	said := call(t, session, "search", map[string]any{"query": "leden", "year_from": 1950, "types": []string{"advies"}, "division": "divided", "limit": 5}, &found)
	if diff := cmp.Diff([]research.Query{{Text: "leden", YearFrom: 1950, Types: []string{"advies"}, Division: "divided", Limit: 5}}, f.followed); diff != "" {
		t.Error(diff)
	}
	if found.Total != 2 || len(found.Publications) != 2 || found.Publications[0].URL != "https://x.nl/documenten/fiets" ||
		found.Publications[0].Passages[0].URL != "https://x.nl/citaat/fiets/2/2/0-22" || found.Publications[0].Passages[0].Speaker != corpus.SpeakerCouncil ||
		found.Publications[1].InCorpus || found.Facets["type"][0].N != 2 {
		t.Errorf("found %+v", found)
	}
	for _, want := range []string{"“De raad telt 33 leden.” [council]", "https://x.nl/citaat/fiets/2/2/0-22", "Oud (rapport 1953/05), 1953 [text not here]"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %s", want, said)
		}
	}
	var history historyOutput
	said = call(t, session, "history", map[string]any{"topic": "leden", "year_to": 2020}, &history)
	if q := f.followed[1]; q.Text != "leden" || q.YearTo != 2020 || q.Limit != 20 {
		t.Errorf("asked %+v", q)
	}
	if len(history.Entries) != 1 || history.Entries[0].Division != "divided" || history.Entries[0].DivisionBy.Quote != "De raad telt 33 leden." ||
		len(history.Entries[0].Positions) != 1 || history.Entries[0].Links[0].Citation == nil || !history.Entries[0].Changed || history.Gaps[0].To != 2013 {
		t.Errorf("history %+v", history)
	}
	for _, want := range []string{"The Council was divided", "revises → Oud", "Nothing known here of 1954–2013"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %s", want, said)
		}
	}
}

func TestReading(t *testing.T) {
	f := newFixture("https://x.nl")
	session := f.connect(t)
	var found passagesOutput
	call(t, session, "passages", map[string]any{"query": "raad", "documents": []string{"fiets"}, "year_from": 2010, "year_to": 2015}, &found)
	if len(found.Passages) != 1 || found.Passages[0].Quote != texts["fiets"][1] || found.Passages[0].Heading != "1 › 1.1" ||
		!cmp.Equal(f.searched[0].Filter, corpus.Filter{Documents: []string{"fiets"}, YearFrom: 2010, YearTo: 2015}) {
		t.Errorf("passages %+v, asked %+v", found, f.searched)
	}
	var d documentOutput
	call(t, session, "document", map[string]any{"document": "2014/4", "pages": 2}, &d)
	if d.Document != "fiets" || d.PageCount != 3 || len(d.Pages) != 2 || d.NextPage != 3 || d.Pages[1].Text != texts["fiets"][1] || d.Pages[0].URL != "https://x.nl/citaat/fiets/2/1/0-5" {
		t.Errorf("document %+v", d)
	}
	d = documentOutput{}
	call(t, session, "document", map[string]any{"document": "oud"}, &d)
	if d.NextPage != 0 || d.Pages[0].OCR != 87 {
		t.Errorf("document %+v", d)
	}

	// Assistants straighten quotes and dashes and break lines; what they get back is
	// what stands there.
	var c citeOutput
	call(t, session, "cite", map[string]any{"document": "fiets", "quote": "leden. Hij 'adviseert'   het kabinet - 🙂"}, &c)
	if c.Quote != "leden.\nHij ‘adviseert’ het kabinet — 🙂" || c.URL != "https://x.nl/citaat/fiets/2/2/16-54" || corpus.Slice(texts["fiets"][1], 16, 54) != c.Quote ||
		!strings.Contains(c.Leidraad, "SER-advies 14/04") || !strings.Contains(c.APA, "21 november 2026") {
		t.Errorf("citation %+v", c)
	}
	var again citeOutput
	call(t, session, "cite", map[string]any{"url": c.URL}, &again)
	if again.Quote != c.Quote || again.URL != c.URL {
		t.Errorf("resolved %+v", again)
	}
	call(t, session, "cite", map[string]any{"document": "14/04", "page": 2, "quote": "33 leden"}, &c)
	if c.URL != "https://x.nl/citaat/fiets/2/2/13-21" {
		t.Errorf("citation %+v", c)
	}
}

// What is wrong is told to the assistant, as an error of the tool that says what to do;
// what is our fault is logged, and not told.
func TestToolErrors(t *testing.T) {
	f := newFixture("https://x.nl")
	session := f.connect(t)
	long := strings.Repeat("é", 5000)
	for _, tt := range []struct {
		tool      string
		arguments map[string]any
		want      string
	}{
		{"passages", map[string]any{"query": " "}, "say what to look for"},
		{"passages", map[string]any{"query": long}, "at most 1000"},
		{"passages", map[string]any{"query": "raad", "limit": 99}, "use 1 to 50"},
		{"passages", map[string]any{"query": "raad", "language": "de"}, "use nl or en"},
		{"passages", map[string]any{"query": "raad", "year_from": 2020, "year_to": 2010}, "swap them"},
		{"passages", map[string]any{}, "query"},
		{"passages", map[string]any{"query": 5}, "query"},
		{"passages", map[string]any{"query": "raad", "jaar": 5}, "jaar"},
		{"passages", map[string]any{"query": "kapot"}, "went wrong on the server"},
		{"passages", map[string]any{"query": "paniek"}, "went wrong on the server"},
		{"search", map[string]any{"division": "soms"}, "use unanimous or divided"},
		{"document", map[string]any{"document": ""}, "14/04"},
		{"document", map[string]any{"document": "99/99"}, "look it up with search"},
		{"document", map[string]any{"document": "fiets", "from_page": 4}, "pages 1 to 3"},
		{"history", map[string]any{"topic": ""}, "say what to look for"},
		{"cite", map[string]any{"document": "fiets"}, "either url, or document and quote"},
		{"cite", map[string]any{"document": "fiets", "quote": "De raad telt 34 leden."}, "do not cite them otherwise"},
		{"cite", map[string]any{"document": "fiets", "quote": "De raad", "page": 9}, "no page 9"},
		{"cite", map[string]any{"document": "fiets", "quote": long}, "at most 4000"},
		{"cite", map[string]any{"url": "https://x.nl/citaat/fiets/2/2/30-20"}, "permanent address"},
		{"cite", map[string]any{"url": "https://x.nl/citaat/fiets/2/2/0-999"}, "permanent address"},
		{"cite", map[string]any{"url": "https://x.nl/citaat/fiets/7/2/0-9"}, "no page 2"},
		{"cite", map[string]any{"url": "https://x.nl/"}, "permanent address"},
	} {
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tt.tool, Arguments: tt.arguments})
		message := text(result)
		if err != nil { // what the schema refuses may be an error of the protocol
			message = err.Error()
		} else if !result.IsError {
			t.Errorf("%s %v: no error: %s", tt.tool, tt.arguments, message)
		}
		if !strings.Contains(message, tt.want) || strings.Contains(message, "secret") {
			t.Errorf("%s %v: %q, want %q", tt.tool, tt.arguments, message, tt.want)
		}
	}
	if log := f.log.String(); !strings.Contains(log, "secret of the database") || !strings.Contains(log, "as asked") {
		t.Errorf("log: %s", log)
	}
}

func TestHTTP(t *testing.T) {
	f := newFixture("")
	server := httptest.NewServer(f.server.Handler())
	defer server.Close()
	// Two clients at once, each without a session of its own.
	for range 2 {
		session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil).Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: server.URL, MaxRetries: -1, DisableStandaloneSSE: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var found passagesOutput
		call(t, session, "passages", map[string]any{"query": "raad"}, &found)
		if len(found.Passages) != 1 || !strings.HasPrefix(found.Passages[0].URL, server.URL+"/citaat/fiets/2/2/0-") {
			t.Errorf("passages %+v", found)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}
	resp, err := http.Post(server.URL, "application/json", strings.NewReader("hallo"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode < 400 || resp.StatusCode > 499 {
		t.Errorf("no JSON: %s", resp.Status)
	}
}

// Whatever of a page an assistant quotes, and however it spaces it, the words found
// are those of the page.
func TestFindProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		page := rapid.StringOfN(rapid.RuneFrom([]rune("ab é🙂\n‘’'“\"—-  ")), 1, 60, -1).Draw(t, "page")
		n := len([]rune(page))
		start := rapid.IntRange(0, n-1).Draw(t, "start")
		end := rapid.IntRange(start+1, n).Draw(t, "end")
		want := corpus.Slice(page, start, end)
		squeezed := strings.NewReplacer("‘", "'", "’", "'", "—", "-", "“", `"`).Replace(strings.Join(strings.Fields(want), "\n "))
		from, to, ok := find(page, squeezed)
		if strings.TrimSpace(want) == "" {
			if ok {
				t.Fatalf("nothing found at %d-%d", from, to)
			}
			return
		}
		got, _ := plain(corpus.Slice(page, from, to))
		expected, _ := plain(strings.TrimSpace(want))
		if !ok || string(got) != string(expected) {
			t.Fatalf("%q in %q: %q", squeezed, page, corpus.Slice(page, from, to))
		}
	})
}
