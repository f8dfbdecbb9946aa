package mcp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// Limits of what a tool takes and gives.
const (
	maxQuery    = 1000 // code points
	maxQuote    = 4000 // code points
	maxPages    = 10
	maxPassages = 50
	maxFound    = 50
	inHit       = 3 // passages per publication
)

// tools answers calls, with permalinks on origin.
type tools struct {
	s      *Server
	origin string
}

type narrowed struct {
	YearFrom int      `json:"year_from,omitempty" jsonschema:"first year of publication, such as 1953"`
	YearTo   int      `json:"year_to,omitempty" jsonschema:"last year of publication"`
	Types    []string `json:"types,omitempty" jsonschema:"kinds of publication, such as advies or verkenning"`
}

type searchInput struct {
	Query string `json:"query,omitempty" jsonschema:"words to look for, in Dutch; without them all publications that pass the filters"`
	narrowed
	Commissions []string `json:"commissions,omitempty" jsonschema:"commissions that prepared the publication, as a result names them"`
	Themes      []string `json:"themes,omitempty" jsonschema:"themes, as a result names them"`
	Division    string   `json:"division,omitempty" jsonschema:"unanimous or divided: how the Council stood"`
	Sort        string   `json:"sort,omitempty" jsonschema:"relevance, date (oldest first) or -date (newest first)"`
	Limit       int      `json:"limit,omitempty" jsonschema:"publications wanted, 1 to 50; default 10"`
}

type publication struct {
	ID          string      `json:"id"`
	Document    string      `json:"document,omitempty" jsonschema:"id for the tool document; absent when the text is not here"`
	Number      string      `json:"number,omitempty"`
	Type        string      `json:"type,omitempty"`
	Title       string      `json:"title"`
	Date        corpus.Date `json:"date,omitempty"`
	Commission  string      `json:"commission,omitempty"`
	Themes      []string    `json:"themes,omitempty"`
	Summary     string      `json:"summary,omitempty" jsonschema:"a line of the catalogue, not of the publication"`
	InCorpus    bool        `json:"in_corpus"`
	DemoSummary bool        `json:"demo_summary,omitempty" jsonschema:"the document here is a summary for demonstration, not the publication"`
	Division    string      `json:"division,omitempty"`
	URL         string      `json:"url,omitempty"`
}

type quote struct {
	Quote     string         `json:"quote" jsonschema:"verbatim"`
	Document  string         `json:"document"`
	Title     string         `json:"title"`
	Number    string         `json:"number,omitempty"`
	Type      string         `json:"type,omitempty"`
	Date      corpus.Date    `json:"date,omitempty"`
	Page      int            `json:"page" jsonschema:"page of the file, from 1"`
	PageLabel string         `json:"page_label" jsonschema:"page number as printed"`
	Heading   string         `json:"heading,omitempty"`
	Section   string         `json:"section,omitempty"`
	Speaker   corpus.Speaker `json:"speaker,omitempty" jsonschema:"who says it"`
	// About: see research.Passage.
	About bool   `json:"about,omitempty" jsonschema:"another document says this of the publication"`
	OCR   int    `json:"ocr_confidence,omitempty" jsonschema:"the text was read from a picture: how sure that was, 0 to 100"`
	URL   string `json:"url" jsonschema:"permanent address"`
}

type hit struct {
	publication
	Passages []quote `json:"passages"`
}

type searchOutput struct {
	Total        int                         `json:"total"`
	Publications []hit                       `json:"publications"`
	Facets       map[string][]research.Count `json:"facets"`
}

func (t tools) search(ctx context.Context, in searchInput) (out searchOutput, text string, err error) {
	query, err := words(in.Query, "query", false)
	if err != nil {
		return out, "", err
	}
	limit, err := within("limit", in.Limit, 10, maxFound)
	if err != nil {
		return out, "", err
	}
	results, err := t.s.cfg.Research.Search(ctx, research.Query{
		Text: query, YearFrom: in.YearFrom, YearTo: in.YearTo, Types: in.Types, Commissions: in.Commissions, Themes: in.Themes,
		Division: in.Division, Sort: in.Sort, Limit: limit,
	})
	if err != nil {
		return out, "", err
	}
	out = searchOutput{Total: results.Total, Publications: []hit{}, Facets: results.Facets}
	var b strings.Builder
	fmt.Fprintf(&b, "%d publications, %d shown.\n", results.Total, len(results.Publications))
	for i, h := range results.Publications {
		found := hit{publication: t.publication(h.Publication), Passages: []quote{}}
		fmt.Fprintf(&b, "\n%d. %s\n", i+1, found.line())
		for _, p := range h.Passages[:min(inHit, len(h.Passages))] {
			q := t.quote(p.Citation)
			q.Section, q.Speaker, q.About = string(p.Section), p.Speaker, p.About
			found.Passages = append(found.Passages, q)
			b.WriteString(q.lines("   "))
		}
		out.Publications = append(out.Publications, found)
	}
	if results.Total == 0 {
		b.WriteString("Try other or fewer words, in Dutch, or fewer filters.\n")
	}
	return out, b.String(), nil
}

type passagesInput struct {
	Query string `json:"query" jsonschema:"a question or words, in Dutch or English"`
	narrowed
	Documents []string `json:"documents,omitempty" jsonschema:"ids of documents to look in"`
	Language  string   `json:"language,omitempty" jsonschema:"language of the query: nl (default) or en"`
	Limit     int      `json:"limit,omitempty" jsonschema:"passages wanted, 1 to 50; default 10"`
}

type passagesOutput struct {
	Passages []quote `json:"passages"`
}

func (t tools) passages(ctx context.Context, in passagesInput) (out passagesOutput, text string, err error) {
	query, err := words(in.Query, "query", true)
	if err != nil {
		return out, "", err
	}
	if t.s.cfg.Mask != nil {
		query = t.s.cfg.Mask(query)
	}
	limit, err := within("limit", in.Limit, 10, maxPassages)
	if err != nil {
		return out, "", err
	}
	if in.Language != "" && in.Language != "nl" && in.Language != "en" {
		return out, "", wrong(corpus.CodeBadMessage, "language %q is not known: use nl or en", in.Language)
	}
	if in.YearTo != 0 && in.YearFrom > in.YearTo {
		return out, "", wrong(corpus.CodeBadMessage, "year_from %d is after year_to %d: swap them", in.YearFrom, in.YearTo)
	}
	found, err := t.s.cfg.Search.Search(ctx, retrieval.Query{Text: query, Lang: in.Language, Limit: limit, Filter: corpus.Filter{
		Documents: in.Documents, Types: in.Types, YearFrom: in.YearFrom, YearTo: in.YearTo,
	}})
	if err != nil {
		return out, "", err
	}
	out.Passages = []quote{}
	var b strings.Builder
	for i, p := range found {
		q := t.quote(citationOf(p))
		q.Section = string(p.Section)
		out.Passages = append(out.Passages, q)
		fmt.Fprintf(&b, "%d.\n%s", i+1, q.lines("   "))
	}
	if len(found) == 0 {
		b.WriteString("Nothing found. Try other or fewer words, in Dutch, or fewer filters.\n")
	}
	return out, b.String(), nil
}

type documentInput struct {
	Document string `json:"document" jsonschema:"id of the document, or number of the publication such as 14/04"`
	FromPage int    `json:"from_page,omitempty" jsonschema:"first page wanted, from 1; default 1"`
	Pages    int    `json:"pages,omitempty" jsonschema:"pages wanted, 1 to 10; default 3"`
}

type documentPage struct {
	Page  int    `json:"page"`
	Label string `json:"label"`
	Text  string `json:"text"`
	OCR   int    `json:"ocr_confidence,omitempty"`
	URL   string `json:"url"`
}

type documentOutput struct {
	Document   string         `json:"document"`
	Title      string         `json:"title"`
	Number     string         `json:"number,omitempty"`
	Type       string         `json:"type,omitempty"`
	Date       corpus.Date    `json:"date,omitempty"`
	ISBN       string         `json:"isbn,omitempty"`
	Language   string         `json:"language,omitempty"`
	Commission string         `json:"commission,omitempty"`
	Themes     []string       `json:"themes,omitempty"`
	Version    int            `json:"version"`
	PageCount  int            `json:"page_count"`
	NextPage   int            `json:"next_page,omitempty" jsonschema:"from_page of the next call; absent at the end"`
	Pages      []documentPage `json:"pages"`
}

func (t tools) document(ctx context.Context, in documentInput) (out documentOutput, text string, err error) {
	d, err := t.find(ctx, in.Document)
	if err != nil {
		return out, "", err
	}
	pages, err := within("pages", in.Pages, 3, maxPages)
	if err != nil {
		return out, "", err
	}
	from := cmp.Or(in.FromPage, 1)
	if from < 1 || from > max(d.Pages, 1) {
		return out, "", wrong(corpus.CodeBadMessage, "document %s has pages 1 to %d: use one of those as from_page", d.ID, d.Pages)
	}
	out = documentOutput{
		Document: d.ID, Title: d.Title, Number: d.Number, Type: d.Type, Date: d.Date, ISBN: d.ISBN, Language: d.Language,
		Commission: d.Commission, Themes: d.Themes, Version: d.Version, PageCount: d.Pages, Pages: []documentPage{},
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d pages\n", label(d.Title, d.Type, d.Number, d.Date), d.Pages)
	to := min(from+pages-1, d.Pages)
	for n := from; n <= to; n++ {
		_, p, err := t.s.cfg.Library.Page(ctx, d.ID, d.Version, n)
		if err != nil {
			return out, "", err
		}
		page := documentPage{Page: n, Label: p.Label, Text: p.Text, URL: t.origin + corpus.CitationURL(d.ID, d.Version, n, 0, utf8.RuneCountInString(p.Text))}
		if p.Reader == corpus.ReaderOCR {
			page.OCR = int(p.Confidence)
		}
		out.Pages = append(out.Pages, page)
		fmt.Fprintf(&b, "\n--- page %d (printed %s) %s\n%s\n", n, p.Label, page.URL, p.Text)
	}
	if to < d.Pages {
		out.NextPage = to + 1
		fmt.Fprintf(&b, "\nMore: from_page %d.\n", to+1)
	}
	return out, b.String(), nil
}

// find is the document with this id, or of the publication with this number.
func (t tools) find(ctx context.Context, name string) (corpus.Document, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return corpus.Document{}, wrong(corpus.CodeBadMessage, "document is empty: give an id as search or passages names it, or a number such as 14/04")
	}
	all, err := t.s.cfg.Library.Documents(ctx)
	if err != nil {
		return corpus.Document{}, err
	}
	number := corpus.PublicationNumber(name, 0)
	for _, d := range all {
		if d.ID == name {
			return d, nil
		}
	}
	for _, d := range all {
		if number != "" && d.Number == number {
			return d, nil
		}
	}
	return corpus.Document{}, wrong(corpus.CodeNotFound, "there is no document %q here: look it up with search; the text of some publications is not here", name)
}

type historyInput struct {
	Topic string `json:"topic" jsonschema:"the subject, in Dutch, such as loonpolitiek or AOW-leeftijd"`
	narrowed
	Commissions []string `json:"commissions,omitempty"`
	Themes      []string `json:"themes,omitempty"`
	Division    string   `json:"division,omitempty" jsonschema:"unanimous or divided"`
	Limit       int      `json:"limit,omitempty" jsonschema:"publications wanted, 1 to 50; default 20"`
	Page        int      `json:"page,omitempty" jsonschema:"part of a long history, from 1, the oldest first"`
}

type link struct {
	Kind     corpus.RelationKind `json:"kind" jsonschema:"supersedes, revises, confirms or reply"`
	Target   publication         `json:"target"`
	Incoming bool                `json:"incoming,omitempty" jsonschema:"the target says it of this publication"`
	Citation *quote              `json:"citation,omitempty" jsonschema:"the sentence that says it; absent when the catalogue does"`
}

type entry struct {
	Publication publication `json:"publication"`
	Positions   []quote     `json:"positions" jsonschema:"sentences that state the position, verbatim"`
	Division    string      `json:"division,omitempty" jsonschema:"unanimous, divided or minority; absent when nothing says it"`
	DivisionBy  *quote      `json:"division_by,omitempty" jsonschema:"the passage that shows it"`
	// Parties: see research.Division.
	Parties []corpus.Speaker `json:"parties,omitempty" jsonschema:"groups of the Council that this passage names"`
	Links   []link           `json:"links,omitempty"`
	Changed bool             `json:"changed,omitempty" jsonschema:"a text or the catalogue says that it changed an earlier position"`
}

type historyOutput struct {
	Topic   string         `json:"topic"`
	Entries []entry        `json:"entries"`
	Page    int            `json:"page"`
	Pages   int            `json:"pages" jsonschema:"parts of this history: ask for the next page"`
	Partly  bool           `json:"partly,omitempty" jsonschema:"no publication is about the whole topic; these are about a part of it"`
	Gaps    []research.Gap `json:"gaps" jsonschema:"years of which nothing is known here, which is not to say that nothing happened"`
}

func (t tools) history(ctx context.Context, in historyInput) (out historyOutput, text string, err error) {
	topic, err := words(in.Topic, "topic", true)
	if err != nil {
		return out, "", err
	}
	limit, err := within("limit", in.Limit, 20, maxFound)
	if err != nil {
		return out, "", err
	}
	h, err := t.s.cfg.Research.History(ctx, topic, research.Query{
		YearFrom: in.YearFrom, YearTo: in.YearTo, Types: in.Types, Commissions: in.Commissions, Themes: in.Themes, Division: in.Division, Limit: limit, Page: in.Page,
	})
	if err != nil {
		return out, "", err
	}
	out = historyOutput{Topic: h.Topic, Entries: []entry{}, Gaps: h.Gaps, Page: h.Page, Pages: h.Pages, Partly: h.Partly}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d publications, the oldest first.\n", topic, len(h.Entries))
	if h.Partly {
		b.WriteString("No publication is about the whole topic; these are about a part of it.\n")
	}
	if h.Pages > 1 {
		fmt.Fprintf(&b, "This is part %d of %d: ask for another page.\n", h.Page, h.Pages)
	}
	for _, e := range h.Entries {
		one := entry{Publication: t.publication(e.Publication), Positions: []quote{}, Changed: e.Changed}
		fmt.Fprintf(&b, "\n%s\n", one.Publication.line())
		for _, p := range e.Positions {
			q := t.quote(p.Citation)
			q.Speaker, q.Section, q.About = p.Speaker, string(p.Section), p.Reported
			one.Positions = append(one.Positions, q)
			b.WriteString(q.lines("   "))
		}
		if e.Division != nil {
			q := t.quote(e.Division.Citation)
			one.Division, one.DivisionBy, one.Parties = e.Division.Kind, &q, e.Division.Parties
			fmt.Fprintf(&b, "   The Council was %s:\n%s", e.Division.Kind, q.lines("   "))
		}
		for _, l := range e.Links {
			to := link{Kind: l.Kind, Target: t.publication(l.Target), Incoming: l.Incoming}
			if l.Citation != nil {
				q := t.quote(*l.Citation)
				to.Citation = &q
			}
			one.Links = append(one.Links, to)
			direction := "→"
			if l.Incoming {
				direction = "←"
			}
			fmt.Fprintf(&b, "   %s %s %s\n", l.Kind, direction, to.Target.line())
		}
		out.Entries = append(out.Entries, one)
	}
	for _, g := range h.Gaps {
		fmt.Fprintf(&b, "\nNothing known here of %d–%d.", g.From, g.To)
	}
	if len(h.Entries) == 0 {
		b.WriteString("Nothing found. Try another word for the subject, in Dutch, or fewer filters.\n")
	}
	return out, b.String(), nil
}

type citeInput struct {
	Document string `json:"document,omitempty" jsonschema:"id of the document, or number of the publication"`
	Page     int    `json:"page,omitempty" jsonschema:"page of the file on which the words stand; without it they are looked for"`
	Quote    string `json:"quote,omitempty" jsonschema:"the words to cite, as they stand there"`
	URL      string `json:"url,omitempty" jsonschema:"instead of the above: a permanent address, to get its words"`
	Language string `json:"language,omitempty" jsonschema:"language of the APA reference: nl (default) or en"`
}

type citeOutput struct {
	quote
	Leidraad string `json:"leidraad" jsonschema:"reference after the Leidraad voor juridische auteurs"`
	APA      string `json:"apa"`
}

func (t tools) cite(ctx context.Context, in citeInput) (out citeOutput, text string, err error) {
	var c corpus.Citation
	switch {
	case in.URL != "" && in.Quote == "" && in.Document == "":
		c, err = t.resolve(ctx, in.URL)
	case in.Quote != "" && in.Document != "" && in.URL == "":
		c, err = t.locate(ctx, in)
	default:
		err = wrong(corpus.CodeBadMessage, "give either url, or document and quote")
	}
	if err != nil {
		return out, "", err
	}
	source := research.SourceOf(c, research.ExportOptions{Lang: in.Language, Origin: t.origin, Accessed: t.s.cfg.Clock()})
	out = citeOutput{quote: t.quote(c), Leidraad: research.Plain(source.Leidraad()), APA: research.Plain(source.APA())}
	return out, fmt.Sprintf("%s\nLeidraad: %s\nAPA: %s\n", out.lines(""), out.Leidraad, out.APA), nil
}

// resolve reads the words that a permanent address names.
func (t tools) resolve(ctx context.Context, address string) (corpus.Citation, error) {
	bad := wrong(corpus.CodeBadMessage, "%q is no permanent address of this website: use the url of a quote, such as /citaat/ID/1/13/120-231", corpus.Slice(address, 0, 200))
	_, path, found := strings.Cut(address, "/citaat/")
	parts := strings.Split(path, "/")
	if !found || len(parts) != 4 {
		return corpus.Citation{}, bad
	}
	from, to, _ := strings.Cut(parts[3], "-")
	var numbers [4]int
	for i, s := range []string{parts[1], parts[2], from, to} {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return corpus.Citation{}, bad
		}
		numbers[i] = n
	}
	d, p, err := t.s.cfg.Library.Page(ctx, parts[0], numbers[0], numbers[1])
	if err != nil {
		return corpus.Citation{}, noPage(err, parts[0], numbers[1])
	}
	if numbers[2] >= numbers[3] || numbers[3] > utf8.RuneCountInString(p.Text) {
		return corpus.Citation{}, bad
	}
	return onPage(d, numbers[0], p, numbers[2], numbers[3]), nil
}

// locate finds words in the current version of a document: on the page that is named,
// or on those where the search finds something like them.
func (t tools) locate(ctx context.Context, in citeInput) (corpus.Citation, error) {
	want := strings.TrimSpace(in.Quote)
	if n := utf8.RuneCountInString(want); n > maxQuote {
		return corpus.Citation{}, wrong(corpus.CodeTooLong, "quote has %d characters: cite at most %d at once", n, maxQuote)
	}
	d, err := t.find(ctx, in.Document)
	if err != nil {
		return corpus.Citation{}, err
	}
	pages := []int{in.Page}
	if in.Page == 0 {
		found, err := t.s.cfg.Search.Search(ctx, retrieval.Query{Text: corpus.Slice(want, 0, maxQuery), Limit: 20, Filter: corpus.Filter{Documents: []string{d.ID}}})
		if err != nil {
			return corpus.Citation{}, err
		}
		pages = pages[:0]
		seen := make(map[int]bool)
		for _, p := range found {
			if !seen[p.Page] {
				seen[p.Page], pages = true, append(pages, p.Page)
			}
		}
	}
	for _, n := range pages {
		then, p, err := t.s.cfg.Library.Page(ctx, d.ID, d.Version, n)
		if err != nil {
			return corpus.Citation{}, noPage(err, d.ID, n)
		}
		if start, end, ok := find(p.Text, want); ok {
			return onPage(then, d.Version, p, start, end), nil
		}
	}
	where := "in document " + d.ID
	if in.Page != 0 {
		where = fmt.Sprintf("on page %d of document %s", in.Page, d.ID)
	}
	return corpus.Citation{}, wrong(corpus.CodeNotFound, "these words do not stand %s: quote a part of one page exactly as it stands there, as passages or document gives it; do not cite them otherwise", where)
}

func noPage(err error, document string, page int) error {
	var user *corpus.UserError
	if errors.As(err, &user) && user.Code == corpus.CodeNotFound {
		return wrong(corpus.CodeNotFound, "there is no page %d in that version of document %q: read the document with the tool document", page, document)
	}
	return err
}

func onPage(d corpus.Document, version int, p corpus.Page, start, end int) corpus.Citation {
	c := corpus.Citation{
		Document: corpus.DocumentRef{ID: d.ID, Title: d.Title, Number: d.Number, Type: d.Type, Date: d.Date},
		Version:  version, Page: p.Number, PageLabel: p.Label, Quote: corpus.Slice(p.Text, start, end), Start: start, End: end,
		URL: corpus.CitationURL(d.ID, version, p.Number, start, end), Reader: p.Reader,
	}
	if p.Reader == corpus.ReaderOCR {
		c.OCRConfidence = p.Confidence
	}
	return c
}

// find is where words stand in a text, in code points: the same letters, but for runs
// of white space, quotes and dashes, which assistants write in their own way.
func find(text, want string) (start, end int, ok bool) {
	plainText, at := plain(text)
	plainWant, _ := plain(want)
	if len(plainWant) == 0 {
		return 0, 0, false
	}
	i := strings.Index(string(plainText), string(plainWant))
	if i < 0 {
		return 0, 0, false
	}
	first := utf8.RuneCountInString(string(plainText)[:i])
	return at[first], at[first+len(plainWant)-1] + 1, true
}

// plain writes text for comparing, and where each of its characters came from.
func plain(s string) (out []rune, at []int) {
	n := -1
	for _, r := range s {
		n++
		switch {
		case unicode.IsSpace(r):
			if len(out) == 0 || out[len(out)-1] == ' ' {
				continue
			}
			r = ' '
		case strings.ContainsRune("‘’‚‛′`´", r):
			r = '\''
		case strings.ContainsRune("“”„‟″«»", r):
			r = '"'
		case strings.ContainsRune("‐‑‒–—−", r):
			r = '-'
		}
		out, at = append(out, r), append(at, n)
	}
	for len(out) > 0 && out[len(out)-1] == ' ' {
		out, at = out[:len(out)-1], at[:len(at)-1]
	}
	return out, at
}

func citationOf(p corpus.Passage) corpus.Citation {
	return corpus.Citation{
		Document: p.Document, Version: p.Version, Page: p.Page, PageLabel: p.PageLabel, Heading: strings.Join(p.Heading, " › "),
		Quote: p.Text, Start: p.Start, End: p.End, URL: corpus.CitationURL(p.Document.ID, p.Version, p.Page, p.Start, p.End),
		Reader: p.Reader, OCRConfidence: p.OCRConfidence,
	}
}

func (t tools) quote(c corpus.Citation) quote {
	q := quote{
		Quote: c.Quote, Document: c.Document.ID, Title: c.Document.Title, Number: c.Document.Number, Type: c.Document.Type, Date: c.Document.Date,
		Page: c.Page, PageLabel: c.PageLabel, Heading: c.Heading, URL: t.origin + c.URL,
	}
	if c.Reader == corpus.ReaderOCR {
		q.OCR = int(c.OCRConfidence)
	}
	return q
}

// lines is a quote for people: the words, where they stand, the address.
func (q quote) lines(indent string) string {
	who := ""
	if q.Speaker != "" {
		who = fmt.Sprintf(" [%s]", q.Speaker)
	}
	words := strings.ReplaceAll(q.Quote, "\n", "\n"+indent)
	return fmt.Sprintf("%s“%s”%s\n%s— %s, p. %s\n%s%s\n", indent, words, who, indent, label(q.Title, q.Type, q.Number, q.Date), q.PageLabel, indent, q.URL)
}

func (t tools) publication(p research.Publication) publication {
	out := publication{
		ID: p.ID, Document: p.Document, Number: p.Number, Type: p.Type, Title: p.Title, Date: p.Date, Commission: p.Commission, Themes: p.Themes,
		Summary: p.Summary, InCorpus: p.InCorpus, DemoSummary: p.DemoSummary, Division: p.Division, URL: p.Original,
	}
	if p.Document != "" {
		out.URL = t.origin + "/documenten/" + p.Document
	}
	return out
}

// line is a publication for people.
func (p publication) line() string {
	line := label(p.Title, p.Type, p.Number, p.Date)
	switch {
	case p.DemoSummary:
		line += " [here as a summary for demonstration]"
	case !p.InCorpus:
		line += " [text not here]"
	}
	return line
}

func label(title, kind, number string, date corpus.Date) string {
	line := title
	if about := strings.TrimSpace(kind + " " + number); about != "" {
		line += " (" + about + ")"
	}
	if date != "" {
		line += ", " + string(date)
	}
	return line
}

func words(s, field string, required bool) (string, error) {
	s = strings.TrimSpace(s)
	switch n := utf8.RuneCountInString(s); {
	case s == "" && required:
		return "", wrong(corpus.CodeBadMessage, "%s is empty: say what to look for", field)
	case n > maxQuery:
		return "", wrong(corpus.CodeTooLong, "%s has %d characters: use at most %d", field, n, maxQuery)
	}
	return s, nil
}

func within(field string, n, standard, most int) (int, error) {
	if n == 0 {
		return standard, nil
	}
	if n < 1 || n > most {
		return 0, wrong(corpus.CodeBadMessage, "%s is %d: use 1 to %d", field, n, most)
	}
	return n, nil
}
