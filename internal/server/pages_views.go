package server

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/web"
)

// layout is what the frame around every page shows. render fills the fields
// about language.
type layout struct {
	Lang, OtherLang     string
	OtherURL, Alternate string
	Title               string
	Section             string // of the main menu: documents, research, about
	Research            bool   // there are pages of research
	Lists               bool   // and reading lists
	Widget              bool   // shown in a frame of another website
	Quality             bool   // there is a page of measured quality
	Banner              string // what staff tell everyone; "" for nothing
	Closed              string // why no questions are taken; "" when they are
	Body                string // a modifier of the body's class
	NoIndex             bool
	Refresh             int // seconds, for browsers without scripts; 0 is never
}

// pageData is the data of one page: a layout with the rest around it.
type pageData interface {
	base() layout
	with(layout) any
}

func (l layout) base() layout       { return l }
func (layout) with(base layout) any { return base }

type topic struct {
	Title     string
	Questions []string
}

// loadTopics reads examples.1.title, examples.1.a … from the catalogue.
func loadTopics(m web.Messages) ([]topic, error) {
	var topics []topic
	for i := 1; ; i++ {
		title, ok := m[fmt.Sprintf("examples.%d.title", i)]
		if !ok {
			return topics, nil
		}
		t := topic{Title: title}
		for letter := 'a'; ; letter++ {
			question, ok := m[fmt.Sprintf("examples.%d.%c", i, letter)]
			if !ok {
				break
			}
			t.Questions = append(t.Questions, question)
		}
		if len(t.Questions) == 0 {
			return nil, fmt.Errorf("messages.json: topic %d has no questions", i)
		}
		topics = append(topics, t)
	}
}

// composer is the form with the question.
type composer struct {
	Question     string
	Conversation string
	Error        string
}

// chatForm is what the template of the form needs around the composer.
type chatForm struct {
	Conversation string
	Composer     composer
	Turns        []turnView
}

// MaxLength is the longest question in Unicode code points.
func (chatForm) MaxLength() int { return chat.MaxQuestion }

// isolated keeps the writing direction of a text from the text around it, where no
// element can: in the title of a page and in the choices of a form.
func isolated(s string) string {
	const first, last = '\u2066', '\u2069' // of the marks that isolate
	mark := func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }
	foreign := func(r rune) bool {
		return mark(r) || unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko)
	}
	if strings.IndexFunc(s, foreign) < 0 {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if r >= first && r <= last { // one of these could end ours
			return -1
		}
		return r
	}, s)
	return "\u2068" + s + "\u2069"
}

// questionError says what is wrong with a question, or "".
func (l *locale) questionError(q string) string {
	count := utf8.RuneCountInString(q)
	switch {
	case strings.TrimSpace(q) == "":
		return l.text("composer.empty")
	case count > chat.MaxQuestion:
		return l.text("composer.too_long", "max", chat.MaxQuestion, "count", count)
	}
	return ""
}

// chatPage is the home page and every conversation.
type chatPage struct {
	layout
	chatForm
	Problem     string
	Wiped       bool       // a conversation was deleted just now
	Updated     string     // the date of the newest document state; "" when unknown
	Share       *shareView // nil: nothing can be shared
	Topics      []topic
	EmptyTurn   turnView
	EmptySource sourceView
	Client      template.JS // encoding/json escapes <, > and &, so it cannot leave its element
}

func (p chatPage) with(base layout) any { p.layout = base; return p }

func (l *locale) chatPage(conversation string, turns []turnView, c composer) chatPage {
	page := chatPage{
		layout:    layout{Body: "home"},
		chatForm:  chatForm{Conversation: conversation, Composer: c, Turns: turns},
		Topics:    l.topics,
		EmptyTurn: turnView{State: "done"},
		Client:    template.JS(l.client), // #nosec G203 -- our own catalogue, JSON-encoded
	}
	if len(turns) > 0 {
		page.layout = layout{Title: l.text("conversation.title"), Body: "talk", NoIndex: true}
		if slices.ContainsFunc(page.Turns, func(t turnView) bool { return t.State == "pending" }) {
			page.Refresh = pendingRefresh
		}
	}
	return page
}

type turnView struct {
	ID, Question, Lang string
	Mark               string // names it within the page
	Shared             bool   // shown to others
	Written            bool   // by people, not by a program
	State              string // pending, done or failed
	Sentences          []sentenceView
	Message            string // instead of sentences
	Note               string // beside the answer: partial, stopped, masked
	Notice             string // what the answer itself says went otherwise than usual
	Sources            []sourceView
	DigitalSource      string // how it was made, as a schema.org IPTCDigitalSourceEnumeration
	After              *afterView
}

type sentenceView struct {
	Text      string
	Speaker   string // who says it, when it is not the Council itself and was not said just before
	Citations []sourceView
}

type sourceView struct {
	N       int
	URL     string
	Address string // the same in full, for paper
	Title   string
	Where   string
	Quote   string
	Lang    string
	// Superseded says what took the place of the document; "" when nothing did.
	Superseded string
}

func (l *locale) turn(t chat.Turn, origin string) turnView {
	v := turnView{ID: t.ID, Mark: handleOf(t.ID), Question: t.Question, Lang: t.Lang, State: "done"}
	switch {
	case t.Answer == nil && t.Status == "":
		v.State = "pending"
		return v
	case t.Answer == nil:
		v.State, v.Lang, v.Message = "failed", l.lang, l.text("turn.failed")
		return v
	}
	a := t.Answer
	sources, byNumber := l.sources(origin, a.Citations)
	v.Sources = sources
	before := corpus.SpeakerCouncil
	for _, s := range a.Sentences {
		sentence := sentenceView{Text: s.Text}
		if s.Speaker != "" && s.Speaker != before && s.Speaker != corpus.SpeakerCouncil {
			sentence.Speaker = l.text("client.speaker_" + string(s.Speaker))
		}
		before = s.Speaker
		for _, n := range s.Citations {
			if source, ok := byNumber[n]; ok {
				sentence.Citations = append(sentence.Citations, source)
			}
		}
		v.Sentences = append(v.Sentences, sentence)
	}
	if len(v.Sentences) == 0 {
		v.Message = a.Text
	}
	var notes []string
	if a.Status == corpus.Partial && !a.Stopped {
		notes = append(notes, l.text("turn.partial"))
	}
	if a.Stopped && v.Message == "" {
		notes = append(notes, l.text("turn.stopped"))
	}
	if a.Divided {
		notes = append(notes, l.text("client.divided"))
	}
	if len(a.Masked) > 0 {
		notes = append(notes, l.text("turn.masked"))
	}
	v.Notice, v.DigitalSource, v.Written = a.Notice, digitalSource(a.Model), a.Model == answer.ModelEditorial
	v.Note = strings.Join(notes, " ")
	return v
}

// sources are the views of citations, in order and by their numbers, on the website
// with this origin.
func (l *locale) sources(origin string, citations []corpus.Citation) (list []sourceView, byNumber map[int]sourceView) {
	byNumber = make(map[int]sourceView, len(citations))
	for _, c := range citations {
		s := l.source(origin, c)
		byNumber[c.N] = s
		list = append(list, s)
	}
	return list, byNumber
}

func (l *locale) source(origin string, c corpus.Citation) sourceView {
	where := []string{l.place(c.Reader, c.Page, c.PageLabel)}
	if c.Heading != "" {
		where = append(where, c.Heading)
	}
	where = append(where, l.reference(c.Document.Type, c.Document.Number, c.Document.Date)...)
	if c.Reader == corpus.ReaderOCR {
		where = append(where, l.text("source.ocr", "percent", int(c.OCRConfidence)))
	}
	superseded := ""
	if by := c.SupersededBy; by != nil {
		parts := append([]string{cmp.Or(by.Title, by.Number, by.ID)}, l.reference(by.Type, by.Number, by.Date)...)
		superseded = l.text("client.superseded", "by", strings.Join(parts, ", "))
	}
	address := l.url(corpus.CitationURL(url.PathEscape(c.Document.ID), c.Version, c.Page, c.Start, c.End))
	return sourceView{
		Superseded: superseded,
		N:          c.N,
		URL:        address,
		Address:    absolute(origin, address),
		Title:      cmp.Or(c.Document.Title, c.Document.ID),
		Where:      strings.Join(where, " · "),
		Quote:      c.Quote,
		Lang:       dutch.Detect(c.Quote),
	}
}

// place names a page by the number printed on it, and a part of a web page, which
// has no pages, by its anchor.
func (l *locale) place(reader string, number int, label string) string {
	key := "source.page"
	if isAnchor(reader, number, label) {
		key = "source.section"
	}
	return l.text(key, "page", cmp.Or(label, fmt.Sprint(number)))
}

// isAnchor reports that the label of a page is an anchor of a web page.
func isAnchor(reader string, number int, label string) bool {
	return reader == "html" && label != "" && label != fmt.Sprint(number)
}

// reference is the type, number and date of a document, as far as known.
func (l *locale) reference(kind, number string, date corpus.Date) []string {
	var parts []string
	if s := strings.TrimSpace(kind + " " + number); s != "" {
		parts = append(parts, s)
	}
	if date != "" {
		parts = append(parts, l.date(date))
	}
	return parts
}

var dutchMonths = [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli",
	"augustus", "september", "oktober", "november", "december"}

// date writes a date at its own precision: 2014, april 2014, 25 april 2014.
func (l *locale) date(d corpus.Date) string {
	for _, form := range []string{time.DateOnly, "2006-01"} {
		at, err := time.Parse(form, string(d))
		if err != nil {
			continue
		}
		month := dutchMonths[at.Month()-1]
		if l.lang != "nl" {
			month = at.Month().String()
		}
		if form == time.DateOnly {
			return fmt.Sprintf("%d %s %d", at.Day(), month, at.Year())
		}
		return fmt.Sprintf("%s %d", month, at.Year())
	}
	return string(d)
}

// day writes the day of a moment, as it is in the Netherlands.
func (l *locale) day(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return l.date(corpus.Date(at.In(l.zone).Format(time.DateOnly)))
}

type problemPage struct {
	layout
	chatForm
	Heading, Message string
}

func (p problemPage) with(base layout) any { p.layout = base; return p }

type documentView struct {
	Title, Lang, Where, URL string
	Online                  string // where it is when the corpus does not have it; may be empty
	Pages                   int
}

func (l *locale) documentView(d corpus.Document) documentView {
	where := l.reference(d.Type, d.Number, d.Date)
	if d.Pages > 0 {
		where = append(where, l.pageCount(d.Pages))
	}
	return documentView{
		Title: cmp.Or(d.Title, d.ID),
		Lang:  cmp.Or(d.Language, "nl"),
		Where: strings.Join(where, " · "),
		URL:   l.url("/documenten/" + url.PathEscape(d.ID)),
		Pages: d.Pages,
	}
}

func (l *locale) pageCount(n int) string {
	if n == 1 {
		return l.text("documents.page")
	}
	return l.text("documents.pages", "count", n)
}

type documentsPage struct {
	layout
	Documents []documentView
	Search    string
	Updated   string // "" when unknown
}

func (p documentsPage) with(base layout) any { p.layout = base; return p }

func (l *locale) documentsPage(all []corpus.Document, search string) documentsPage {
	page := documentsPage{
		layout: layout{Title: l.text("documents.title"), Section: "documents", NoIndex: search != ""},
		Search: search,
	}
	words := strings.Fields(strings.ToLower(search))
	for _, d := range all {
		hay := strings.ToLower(d.Title + " " + d.Number + " " + d.Type + " " + string(d.Date))
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(hay, w) }) {
			page.Documents = append(page.Documents, l.documentView(d))
		}
	}
	return page
}

type datum struct{ Key, Value string }

type headingView struct {
	Level      int // 1 to 3
	Text       string
	URL, Label string
}

type documentPage struct {
	layout
	Doc                  documentView
	Data                 []datum
	Notes                []string // how much of it was read, and by what
	ReadURL, OriginalURL string
	ResearchURL          string // "" when there is no research
	Headings             []headingView
	Versions             []versionView
	Related              []documentView
	Relations            []relationsView
	Superseded           []documentView // by these
	Updated              string         // how new the documents are; "" when unknown
	Report               template.JS    // schema.org, for machines
}

type versionView struct {
	Number  int
	Date    string
	URL     string // of its first page
	Current bool
}

// relationsView is everything that stands to a document in one way.
type relationsView struct {
	Title  string
	Others []documentView
}

// relationKeys are the messages of the kinds of relation: what this document does to
// the other, and what the other does to it. The order is that of the page.
var relationKeys = []struct {
	kind      corpus.RelationKind
	incoming  bool
	message   string
	overtaken bool // the other one takes the place of this document
}{
	{corpus.Supersedes, true, "relation.superseded_by", true},
	{corpus.Supersedes, false, "relation.supersedes", false},
	{corpus.Revises, true, "relation.revised_by", false},
	{corpus.Revises, false, "relation.revises", false},
	{corpus.Confirms, true, "relation.confirmed_by", false},
	{corpus.Confirms, false, "relation.confirms", false},
	{corpus.Reply, false, "relation.reply", false},
	{corpus.Reply, true, "relation.reply_to", false},
}

func (p *documentPage) addRelations(l *locale, relations []Relation) {
	known := make(map[string]bool)
	for _, key := range relationKeys {
		view := relationsView{Title: l.text(key.message)}
		for _, r := range relations {
			if r.Kind != key.kind || r.Incoming != key.incoming {
				continue
			}
			other := documentView{Title: r.Title, Lang: cmp.Or(r.Language, "nl"), Where: strings.Join(l.reference(r.Type, r.Number, r.Date), " · ")}
			if r.Document != "" {
				other.URL = l.url("/documenten/" + url.PathEscape(r.Document))
				known[other.URL] = true
			} else {
				other.Where = strings.Join(append(l.reference(r.Type, r.Number, r.Date), l.text("relation.absent")), " · ")
				other.Online = onlineURL(r.Address, "")
			}
			view.Others = append(view.Others, other)
		}
		if len(view.Others) == 0 {
			continue
		}
		p.Relations = append(p.Relations, view)
		if key.overtaken {
			p.Superseded = append(p.Superseded, view.Others...)
		}
	}
	// What the catalogue says is not guessed again from titles.
	p.Related = slices.DeleteFunc(p.Related, func(d documentView) bool { return known[d.URL] })
}

func (p documentPage) with(base layout) any { p.layout = base; return p }

func (l *locale) documentPage(d corpus.Document, headings []Heading, versions []DocumentVersion, alike []corpus.Document) documentPage {
	page := documentPage{
		layout:      layout{Title: cmp.Or(d.Title, d.ID), Section: "documents"},
		Doc:         l.documentView(d),
		ReadURL:     l.pageURL(d.ID, d.Version, 1),
		OriginalURL: originalURL(d.ID, d.Version, 0),
	}
	add := func(key, value string) {
		if value != "" && value != "0" {
			page.Data = append(page.Data, datum{l.text(key), value})
		}
	}
	add("document.type", d.Type)
	add("document.number", d.Number)
	add("document.isbn", d.ISBN)
	add("document.date", l.date(d.Date))
	add("document.pages", fmt.Sprint(d.Pages))
	if d.Language == "nl" || d.Language == "en" {
		add("document.language", l.text("language."+d.Language))
	}
	add("document.version", fmt.Sprint(d.Version))
	page.Notes = l.readingNotes(d)
	for _, v := range versions {
		page.Versions = append(page.Versions, versionView{
			Number: v.Number, Date: l.day(v.Published), URL: l.pageURL(d.ID, v.Number, 1), Current: v.Current,
		})
	}
	for _, other := range alike {
		page.Related = append(page.Related, l.documentView(other))
	}
	for _, h := range headings {
		page.Headings = append(page.Headings, headingView{
			Level: min(max(h.Level, 1), 3),
			Text:  h.Text,
			URL:   l.pageURL(d.ID, d.Version, h.Page),
			Label: cmp.Or(h.Label, fmt.Sprint(h.Page)),
		})
	}
	return page
}

// readingNotes tell visitors how a document was read, as far as it may concern them:
// what to do about it is for those who run the service.
func (l *locale) readingNotes(d corpus.Document) []string {
	var notes []string
	switch d.OCRPages {
	case 0:
	case d.Pages:
		notes = append(notes, l.text("document.ocr_all"))
	default:
		notes = append(notes, l.text("document.ocr", "count", l.pageCount(d.OCRPages)))
	}
	if pages := ranges(d.Unread); pages != "" {
		notes = append(notes, l.text("document.unread", "pages", pages))
	}
	if d.Incomplete {
		notes = append(notes, l.text("document.incomplete"))
	}
	return notes
}

// ranges writes ascending numbers as "1-3, 7"; a long list ends in an ellipsis.
func ranges(numbers []int) string {
	const most = 12
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if len(parts) == most {
			parts = append(parts, "…")
			break
		}
		part := fmt.Sprint(numbers[i])
		if j > i {
			part += "-" + fmt.Sprint(numbers[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

func (l *locale) pageURL(document string, version, page int) string {
	return l.url(fmt.Sprintf("/documenten/%s/%d/%d", url.PathEscape(document), version, page))
}

// originalURL points at a page where the browser's reader can open one; page 0
// is the beginning.
func originalURL(document string, version, page int) string {
	u := fmt.Sprintf("/bron/%s/%d", url.PathEscape(document), version)
	if page > 0 {
		u += fmt.Sprintf("#page=%d", page)
	}
	return u
}

// onlineURL is the address that a document was fetched from, at a place in it; ""
// for a document that came as a file.
func onlineURL(source, at string) string {
	u, err := url.Parse(source)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	u.Fragment = at
	return u.String()
}

type passagePage struct {
	layout
	Doc            documentView
	Number         int
	Label          string // in words, when it differs from Number
	Previous, Next string
	Marked         bool
	Permalink      string
	Passage        string // names it for a reading list; "" when there are none
	Superseded     bool
	Withdrawn      string // when, in words
	OCR            string // says that the text was read by OCR
	Blocks         []blockView
	OriginalURL    string
	OnlineURL      string // where it came from, when that is an address
	Evidence       evidenceView
	Reference      string
}

func (p passagePage) with(base layout) any { p.layout = base; return p }

type blockView struct {
	Tag   string // h3, li or p
	Class string
	Runs  []run
}

// run is a stretch of a block that is marked as a whole or not at all.
type run struct {
	Text                string
	Marked, First, Last bool
}

func (l *locale) passagePage(s SourcePage, start, end int) passagePage {
	d, p := s.Document, s.Page
	page := passagePage{
		layout:      layout{Title: cmp.Or(d.Title, d.ID), Section: "documents", NoIndex: true},
		Doc:         l.documentView(d),
		Number:      p.Number,
		Marked:      end > start,
		Superseded:  s.Current > 0 && s.Current != d.Version,
		Blocks:      blocks(p, start, end),
		OriginalURL: originalURL(d.ID, d.Version, 0),
		OnlineURL:   onlineURL(d.Source, ""),
	}
	switch p.Reader {
	case "pdfium", "light", corpus.ReaderOCR:
		at := fmt.Sprintf("page=%d", p.Number)
		page.OriginalURL, page.OnlineURL = originalURL(d.ID, d.Version, p.Number), onlineURL(d.Source, at)
	}
	switch {
	case isAnchor(p.Reader, p.Number, p.Label):
		page.Label, page.OnlineURL = l.text("passage.section", "label", p.Label), onlineURL(d.Source, p.Label)
	case p.Label != "" && p.Label != fmt.Sprint(p.Number):
		page.Label = l.text("passage.label", "label", p.Label)
	}
	if p.Number > 1 {
		page.Previous = l.pageURL(d.ID, d.Version, p.Number-1)
	}
	if p.Number < d.Pages {
		page.Next = l.pageURL(d.ID, d.Version, p.Number+1)
	}
	if p.Reader == corpus.ReaderOCR {
		page.OCR = l.text("passage.ocr", "percent", int(p.Confidence))
	}
	if !s.Withdrawn.IsZero() {
		page.Withdrawn = l.date(corpus.Date(s.Withdrawn.Format(time.DateOnly)))
		page.Superseded, page.Previous, page.Next, page.OriginalURL, page.OnlineURL = false, "", "", "", ""
	}
	if page.Marked {
		page.Permalink = l.url(corpus.CitationURL(url.PathEscape(d.ID), d.Version, p.Number, start, end))
	}
	return page
}

// blocks cuts the whole text of a page into its blocks, and each block at the
// borders of the quote [start, end). Text outside every block is shown too.
func blocks(p corpus.Page, start, end int) []blockView {
	text := []rune(p.Text)
	var out []blockView
	add := func(from, to int, tag, class string) {
		if from < to && strings.TrimFunc(string(text[from:to]), unicode.IsSpace) != "" {
			out = append(out, blockView{Tag: tag, Class: class, Runs: runs(text, from, to, start, end)})
		}
	}
	// Text of a page without blocks stands in lines.
	loose := func(from, to int) {
		for at := from; at < to; {
			stop := at
			for stop < to && text[stop] != '\n' {
				stop++
			}
			add(at, stop, "p", "text")
			at = stop + 1
		}
	}
	cursor := 0
	for _, b := range p.Blocks {
		from, to := max(b.Start, cursor), min(b.End, len(text))
		if from >= to {
			continue
		}
		loose(cursor, from)
		switch b.Kind {
		case corpus.BlockHeading:
			add(from, to, "h3", "heading")
		case corpus.BlockList:
			add(from, to, "li", "item")
		case corpus.BlockTable:
			add(from, to, "p", "table")
		case corpus.BlockFootnote, corpus.BlockCaption:
			add(from, to, "p", "small")
		case corpus.BlockHeader, corpus.BlockFooter, corpus.BlockPageNumber, corpus.BlockBoilerplate:
			add(from, to, "p", "margin")
		default:
			add(from, to, "p", "text")
		}
		cursor = to
	}
	loose(cursor, len(text))

	var first, last *run
	for i := range out {
		for j := range out[i].Runs {
			if r := &out[i].Runs[j]; r.Marked {
				if first == nil {
					first = r
				}
				last = r
			}
		}
	}
	if first != nil {
		first.First, last.Last = true, true
	}
	return out
}

func runs(text []rune, from, to, start, end int) []run {
	cut := []int{from, min(max(start, from), to), min(max(end, from), to), to}
	var out []run
	for i := range 3 {
		if cut[i] < cut[i+1] {
			out = append(out, run{Text: string(text[cut[i]:cut[i+1]]), Marked: i == 1})
		}
	}
	return out
}
