package server

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/web"
)

// newWholeSite has every setting of the pages.
func newWholeSite(t *testing.T, site *fakeSite) http.Handler {
	t.Helper()
	p, err := NewPages(PagesConfig{
		Asker: site, Conversations: site, Library: site, Feedback: site, Shares: &fakeShares{},
		PublicURL: "https://vraagbaak.example/", Operator: "Stichting <Voorbeeld>", Contact: "hulp@voorbeeld.nl",
		Retention: 30 * 24 * time.Hour, FrameOrigins: []string{"https://www.elders.example", "https://www.elders.example/"},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	p.Register(mux)
	return mux
}

func talk(change func(*corpus.Answer)) *fakeSite {
	a := testAnswer()
	a.Corpus = "7"
	if change != nil {
		change(&a)
	}
	return &fakeSite{turns: []chat.Turn{{ID: testTurn, Conversation: testConversation, Question: a.Question, Lang: a.Lang, Status: a.Status, Answer: &a}}}
}

func TestAfterAnAnswer(t *testing.T) {
	tests := []struct {
		name, path string
		change     func(*corpus.Answer)
		want, not  []string
	}{
		{"answered", conversationAddress, nil, []string{
			"Dit antwoord is gemaakt door AI. De documenten zijn bijgewerkt tot 2 januari 2024.", "Kopieer antwoord", "Vraag opnieuw",
			`href="https://schema.org/AlgorithmicMediaDigitalSource"`, `action="/gesprek/oordeel"`, `name="turn" value="` + testTurn + `"`, `name="conversation" value="` + testConversation + `"`,
			"Hebt u iets aan dit antwoord?", `action="/gesprek/wis"`,
			`href="/documenten/financiering/2/1"><bdi>Het begin`, "De SER &amp; zijn geld, bladzijde i", `value="Wie houdt toezicht?"`,
		}, []string{"<bdi>Financiering</bdi>", "123"}},
		{"english", "/en" + conversationAddress, nil, []string{"This answer was made by AI. The documents are up to date until 2 January 2024.", "Ask again"}, nil},
		{"written by a model, with a notice", conversationAddress, func(a *corpus.Answer) { a.Model, a.Notice = "mistral", "Het taalmodel viel <uit>." },
			[]string{"https://schema.org/TrainedAlgorithmicMediaDigitalSource", "Het taalmodel viel &lt;uit&gt;."}, nil},
		{"who says it, and when", conversationAddress, func(a *corpus.Answer) {
			a.ReferenceDate, a.Divided = "2023-11", true
			a.Sentences[0].Speaker = corpus.SpeakerMinority
			a.Citations[0].SupersededBy = &corpus.DocumentRef{Title: "Nieuw <advies>", Type: "advies", Number: "20/01", Date: "2020"}
		}, []string{"Het nieuwste document is van november 2023.", "De raad was hierover verdeeld.", `<span class="vb-speaker" lang="nl">Een deel van de raad:</span>`,
			"dit document is vervangen door Nieuw &lt;advies&gt;, advies 20/01, 2020."}, nil},
		{"declined", conversationAddress, func(a *corpus.Answer) {
			*a = corpus.Answer{Lang: "nl", Status: corpus.NoAnswer, Text: "Dat staat er niet."}
		}, []string{"Vraag opnieuw", "Hebt u iets aan dit antwoord?"}, []string{"Kopieer antwoord", "Verder vragen"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(newWholeSite(t, talk(tt.change)), tt.path)
			if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
				t.Fatalf("status %d, headers %v", w.Code, w.Header())
			}
			for _, want := range tt.want {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("misses %q in\n%s", want, w.Body)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(w.Body.String(), not) {
					t.Errorf("has %q", not)
				}
			}
		})
	}
	h := newWholeSite(t, talk(nil))
	part := post(h, "/gesprek/vervolg", url.Values{"conversation": {testConversation}, "turn": {testTurn}})
	if body := part.Body.String(); part.Code != http.StatusOK || part.Header().Get("Cache-Control") != "no-store" || strings.Contains(body, "<html") || strings.Contains(body, "vb-turn__question") ||
		!strings.Contains(body, "Kopieer antwoord") || !strings.Contains(body, `value="Wie houdt toezicht?"`) {
		t.Errorf("part for a live page: status %d\n%s", part.Code, body)
	}
	if w := post(h, "/gesprek/vervolg", url.Values{"conversation": {testConversation}, "turn": {"anders"}}); w.Code != http.StatusNotFound {
		t.Errorf("of another turn: status %d", w.Code)
	}
}

func TestFeedbackForm(t *testing.T) {
	tests := []struct {
		name   string
		form   url.Values
		status int
		want   Feedback
		says   string // after it
	}{
		{"useful", url.Values{"useful": {"ja"}}, 303, Feedback{Useful: true}, "U had iets aan dit antwoord."},
		{"sentence", url.Values{"useful": {"nee"}, "wrong": {"z1"}, "comment": {" bel 06 12345678 <b> "}}, 303,
			Feedback{Sentence: 1, Comment: "bel [telefoon] <b>"}, `bel [telefoon] &lt;b&gt;</textarea>`},
		{"source", url.Values{"useful": {"nee"}, "wrong": {"b1"}}, 303, Feedback{Source: 1}, `<option value="b1" selected>Bron 1: De SER &amp; zijn geld`},
		{"no choice", url.Values{"comment": {"x"}}, 400, Feedback{}, "Hebt u iets aan dit antwoord?"},
		{"no such sentence", url.Values{"useful": {"nee"}, "wrong": {"z2"}}, 400, Feedback{}, ""},
		{"no such source", url.Values{"useful": {"nee"}, "wrong": {"b9"}}, 400, Feedback{}, ""},
		{"nonsense", url.Values{"useful": {"nee"}, "wrong": {"é"}}, 400, Feedback{}, ""},
		{"too long", url.Values{"useful": {"nee"}, "comment": {strings.Repeat("é", MaxComment+1)}}, 422, Feedback{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			site := talk(nil)
			h := newWholeSite(t, site)
			tt.form.Set("conversation", testConversation)
			tt.form.Set("turn", testTurn)
			w := post(h, "/gesprek/oordeel", tt.form)
			if w.Code != tt.status {
				t.Fatalf("status %d", w.Code)
			}
			if tt.status == http.StatusSeeOther {
				tt.want.Conversation, tt.want.Turn = testConversation, testTurn
				if diff := cmp.Diff(tt.want, site.given[testTurn]); diff != "" {
					t.Error(diff)
				}
				if got, want := w.Header().Get("Location"), conversationAddress+"#oordeel-"+handleOf(testTurn); got != want {
					t.Errorf("sent on to %q", got)
				}
			} else if len(site.given) > 0 {
				t.Errorf("stored %v", site.given)
			}
			if tt.status == http.StatusUnprocessableEntity && (!strings.Contains(w.Body.String(), tt.form.Get("comment")+"</textarea>") || !strings.Contains(w.Body.String(), "Nu zijn het er 1001.")) {
				t.Error("the explanation is lost, or nothing says what is wrong with it")
			}
			if body := get(h, conversationAddress).Body.String(); !strings.Contains(body, tt.says) {
				t.Errorf("then misses %q", tt.says)
			}
		})
	}
	for _, form := range []url.Values{{"conversation": {testConversation}, "turn": {"anders"}}, {"conversation": {"anders"}, "turn": {testTurn}}, {"turn": {testTurn}}} {
		form.Set("useful", "ja")
		if w := post(newWholeSite(t, talk(nil)), "/gesprek/oordeel", form); w.Code != http.StatusNotFound {
			t.Errorf("%v: status %d", form, w.Code)
		}
	}
}

func TestWipe(t *testing.T) {
	site := talk(nil)
	h := newWholeSite(t, site)
	for range 2 { // the second time it is gone already
		w := post(h, "/en/gesprek/wis", url.Values{"conversation": {testConversation}})
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/en/?gewist" || !site.wiped {
			t.Fatalf("status %d, to %q, deleted: %v", w.Code, w.Header().Get("Location"), site.wiped)
		}
	}
	if body := get(h, "/en/?gewist").Body.String(); !strings.Contains(body, "Your conversation has been deleted.") {
		t.Error("nothing says that the conversation is gone")
	}
}

func TestPagesAboutTheSite(t *testing.T) {
	whole, bare := newWholeSite(t, &fakeSite{}), newTestPages(t, &fakeSite{})
	tests := []struct {
		h    http.Handler
		path string
		want []string
	}{
		{whole, "/ai", []string{"artikel 50", "Vraagbaak is een AI-systeem."}},
		{whole, "/toegankelijkheid", []string{"WCAG 2.2", "onafhankelijk bureau"}},
		{whole, "/contact", []string{`href="mailto:hulp@voorbeeld.nl"`, "Stichting &lt;Voorbeeld&gt;"}},
		{bare, "/contact", []string{"Er is nog geen adres ingevuld.", "de beheerder van deze website"}},
		{whole, "/privacy", []string{"30 dagen na uw laatste vraag", "Stichting &lt;Voorbeeld&gt;"}},
		{whole, "/en/over", []string{"<svg", "magnifying glass"}},
		{whole, "/", []string{"De documenten zijn bijgewerkt tot 1 mei 2024.", `href="/toegankelijkheid"`}},
		{whole, "/documenten/financiering", []string{`type="application/ld+json">{"@context":"https://schema.org","@type":"Report"`, `"reportNumber":"14/04"`,
			"Versie 2", "sinds 1 mei 2024", `href="/documenten/financiering/1/1"`}},
	}
	for _, tt := range tests {
		w := get(tt.h, tt.path)
		for _, want := range tt.want {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: status %d, misses %q in\n%s", tt.path, w.Code, want, w.Body)
			}
		}
	}
}

func TestPagesForMachines(t *testing.T) {
	whole, bare := newWholeSite(t, &fakeSite{}), newTestPages(t, &fakeSite{})
	if got := get(whole, "/robots.txt").Body.String(); !strings.Contains(got, "Disallow: /gesprek/\nDisallow: /en/gesprek/\n") || !strings.Contains(got, "Sitemap: https://vraagbaak.example/sitemap.xml") {
		t.Errorf("robots.txt:\n%s", got)
	}
	got := get(whole, "/.well-known/security.txt").Body.String()
	_, rest, _ := strings.Cut(got, "Expires: ")
	expires, err := time.Parse(time.RFC3339, strings.SplitN(rest, "\n", 2)[0])
	if err != nil || !strings.HasPrefix(got, "Contact: mailto:hulp@voorbeeld.nl\n") || time.Until(expires) < 100*24*time.Hour || time.Until(expires) > 366*24*time.Hour {
		t.Errorf("security.txt (%v):\n%s", err, got)
	}
	if w := get(bare, "/.well-known/security.txt"); w.Code != http.StatusNotFound {
		t.Errorf("security.txt without a contact: status %d", w.Code)
	}

	var sitemap struct {
		URLs []struct {
			Loc string `xml:"loc"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal(get(whole, "/sitemap.xml").Body.Bytes(), &sitemap); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, u := range sitemap.URLs {
		path, found := strings.CutPrefix(u.Loc, "https://vraagbaak.example")
		if w := get(whole, path); !found || w.Code != http.StatusOK || seen[u.Loc] {
			t.Errorf("sitemap names %s: status %d", u.Loc, w.Code)
		}
		seen[u.Loc] = true
	}
	if !seen["https://vraagbaak.example/en/documenten/financiering"] {
		t.Errorf("the sitemap names %v", seen)
	}

	var dcat struct {
		Type     string `json:"@type"`
		Modified struct {
			Value string `json:"@value"`
		} `json:"dct:modified"`
		Datasets []struct {
			ID     string `json:"@id"`
			Issued struct {
				Type  string `json:"@type"`
				Value string `json:"@value"`
			} `json:"dct:issued"`
		} `json:"dcat:dataset"`
	}
	w := get(bare, "/dcat.jsonld")
	if err := json.Unmarshal(w.Body.Bytes(), &dcat); err != nil {
		t.Fatal(err)
	}
	if w.Header().Get("Content-Type") != "application/ld+json" || dcat.Type != "dcat:Catalog" || dcat.Modified.Value != "2024-05-01T12:00:00Z" ||
		len(dcat.Datasets) != 1 || dcat.Datasets[0].ID != "http://example.com/documenten/financiering" || dcat.Datasets[0].Issued.Type != "xsd:date" {
		t.Errorf("DCAT %+v", dcat)
	}
}

func TestWidget(t *testing.T) {
	whole := newWholeSite(t, &fakeSite{})
	w := httptest.NewRecorder()
	w.Header().Set("X-Frame-Options", "DENY") // as every page has it from the server
	whole.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/en/widget", nil))
	csp := w.Header().Get("Content-Security-Policy")
	if w.Code != http.StatusOK || w.Header().Get("X-Frame-Options") != "" || !strings.HasSuffix(csp, "; frame-ancestors https://www.elders.example") || strings.Contains(csp, "unsafe") {
		t.Errorf("status %d, headers %v", w.Code, w.Header())
	}
	if body := w.Body.String(); !strings.Contains(body, `<base target="_blank">`) || strings.Contains(body, "vb-header") || !strings.Contains(body, "You are asking an AI system.") {
		t.Errorf("the widget shows\n%s", body)
	}
	bare := newTestPages(t, &fakeSite{})
	for _, path := range []string{"/widget", "/en/widget", "/widget.js"} {
		if w := get(bare, path); w.Code != http.StatusNotFound {
			t.Errorf("%s without websites that may show it: status %d", path, w.Code)
		}
	}
	if w := get(whole, "/widget.js"); w.Code == http.StatusOK && w.Header().Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("headers of the script %v", w.Header())
	}
}

func TestWrongSettings(t *testing.T) {
	for name, config := range map[string]PagesConfig{
		"frame with a path":     {FrameOrigins: []string{"https://elders.example/pad"}},
		"frame with a wildcard": {FrameOrigins: []string{"https://*.example"}},
		"frame that adds":       {FrameOrigins: []string{"https://a; script-src *"}},
		"public address":        {PublicURL: "vraagbaak.example"},
		"contact":               {Contact: "bel ons"},
		"contact over http":     {Contact: "http://voorbeeld.nl"},
		"contact that adds":     {Contact: "a@b?bcc=c@d"},
	} {
		config.Asker, config.Conversations, config.Library = &fakeSite{}, &fakeSite{}, &fakeSite{}
		if _, err := NewPages(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRelated(t *testing.T) {
	doc := func(id, title string) corpus.Document {
		return corpus.Document{ID: id, Metadata: corpus.Metadata{Title: title}}
	}
	all := []corpus.Document{
		doc("a", "SER-advies over pensioenen"), doc("b", "SER-advies over de pensioenen van zelfstandigen"), doc("c", "SER-advies over zelfstandigen zonder personeel"),
		doc("d", "SER-advies over klimaat"), doc("e", "SER-advies 2014"), doc("f", "Jaarverslag 2014"),
	}
	var got []string
	for _, d := range related(all[1], all, 5) {
		got = append(got, d.ID)
	}
	if diff := cmp.Diff([]string{"a", "c"}, got); diff != "" {
		t.Error(diff)
	}
}

// The page of a document says how it was read, in the visitor's language, and nothing of
// what an administrator may do about it.
func TestReadingNotes(t *testing.T) {
	assets, err := web.LoadAssets()
	if err != nil {
		t.Fatal(err)
	}
	locales, err := loadLocales(assets)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		doc  corpus.Document
		lang string
		want []string
	}{
		{"whole", corpus.Document{Pages: 3}, "nl", nil},
		{"a scan", corpus.Document{Pages: 3, OCRPages: 3}, "nl", []string{"Tekst door OCR: een computer heeft dit document uit plaatjes gelezen. Er kunnen leesfouten in staan."}},
		{"a page", corpus.Document{Pages: 3, OCRPages: 1, Unread: []int{3}}, "en", []string{
			"Text by OCR on 1 page: a computer read it from a picture. It may contain reading errors.",
			"No text was read here: page 3 of the file. Look in the original document for it."}},
		{"cut off", corpus.Document{Pages: 9, Unread: []int{1, 2, 3, 5, 8, 9}, Incomplete: true, Warnings: []string{"Installeer tesseract."}}, "nl", []string{
			"Hier is geen tekst gelezen: bladzijde 1-3, 5, 8-9 van het bestand. Kijk daarvoor in het originele document.",
			"Het bestand is niet helemaal in orde. Er kunnen bladzijden ontbreken."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, locales[tt.lang].documentPage(tt.doc, nil, nil, nil).Notes); d != "" {
				t.Error(d)
			}
		})
	}
	if got := ranges([]int{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25}); got != "1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, …" {
		t.Error(got)
	}
	doc := testDocument()
	doc.ISBN, doc.OCRPages, doc.Warnings = "90-6587-123-4", 2, []string{"Installeer tesseract."}
	h := newTestPages(t, &fakeSite{doc: &doc})
	body := get(h, "/documenten/financiering").Body.String()
	for _, want := range []string{"<dt>ISBN</dt><dd><bdi>90-6587-123-4</bdi></dd>", "Tekst door OCR op 2 bladzijden"} {
		if !strings.Contains(body, want) {
			t.Errorf("misses %q in\n%s", want, body)
		}
	}
	if strings.Contains(body, "tesseract") {
		t.Error("a visitor is told to install programs")
	}
	if body := get(h, "/citaat/financiering/2/2/15-59").Body.String(); !strings.Contains(body, "De SER &amp; zijn geld, uitleg 14/04, 25 april 2014, ISBN 90-6587-123-4, bladzijde") {
		t.Errorf("the reference of a passage misses the ISBN:\n%s", body)
	}
}

func TestDocumentRelations(t *testing.T) {
	site := &fakeSite{relations: []Relation{
		{Kind: corpus.Supersedes, Incoming: true, Title: "Nieuw <advies>", Number: "20/01", Type: "advies", Date: "2020-03", Language: "nl", Document: "nieuw"},
		{Kind: corpus.Confirms, Title: "Oud advies", Number: "1980/05", Address: "https://www.elders.example/a.pdf"},
		{Kind: corpus.Reply, Title: "Kamerbrief", Date: "2014-09-01", Address: "javascript:alert(1)"},
	}}
	body := get(newWholeSite(t, site), "/documenten/financiering").Body.String()
	for _, want := range []string{
		"dit document is vervangen", `<a class="nl-link" href="/documenten/nieuw"><bdi lang="nl">Nieuw &lt;advies&gt;</bdi></a>`, "Vervangen door", "advies 20/01 · maart 2020",
		"Bevestigt", `href="https://www.elders.example/a.pdf" rel="external noreferrer"`, "1980/05 · niet bij onze documenten",
		"Reactie van het kabinet", `<bdi lang="nl">Kamerbrief</bdi>`, "De documenten zijn bijgewerkt tot 1 mei 2024.",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("misses %q in\n%s", want, body)
		}
	}
	for _, not := range []string{"javascript:", "Herzie", "Reactie op"} {
		if strings.Contains(body, not) {
			t.Errorf("has %q", not)
		}
	}
	if body := get(newWholeSite(t, &fakeSite{}), "/documenten/financiering").Body.String(); strings.Contains(body, "In het dossier") || strings.Contains(body, "vervangen") {
		t.Error("a document without relations has some")
	}
}
