package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/web"
)

// Asker answers a question and waits for the end of the answer. A failure meant
// for people is a *corpus.UserError.
type Asker interface {
	Ask(ctx context.Context, ask chat.Ask) (corpus.Answer, error)
}

// Conversations reads what was said, oldest turn first. An unknown or deleted
// conversation is a *corpus.UserError with corpus.CodeNotFound.
type Conversations interface {
	Turns(ctx context.Context, conversation string) ([]chat.Turn, error)
	// DeleteConversation deletes it with everything that belongs to it.
	DeleteConversation(ctx context.Context, conversation, lang string) error
}

// SourcePage is one page of one version of a document, with what is needed to
// place it.
type SourcePage struct {
	Document corpus.Document // as it was in that version; Document.Pages is its number of pages
	Page     corpus.Page
	Current  int // the document's current version; 0 when it has none any more
	// Withdrawn is when the document was taken out of the answers; zero when it was
	// not.
	Withdrawn time.Time
}

// Heading is an entry of a document's table of contents.
type Heading struct {
	Level int // 1 is the highest
	Text  string
	Page  int
	Label string
}

// DocumentVersion is a state in which a document was or is in the corpus.
type DocumentVersion struct {
	Number    int
	Published time.Time // when answers began to come from it
	Current   bool
}

// Relation is what the catalogue says of a document and another publication.
type Relation struct {
	Kind     corpus.RelationKind
	Incoming bool // the other one says it of this document
	// The other publication. Document is its id in the corpus, Address where it is
	// elsewhere; either may be empty.
	Title, Number, Type string
	Date                corpus.Date
	Language            string
	Document, Address   string
}

// Original is a document version as it was received.
type Original struct {
	MediaType string
	Digest    string // hexadecimal SHA-256 of Content
	Content   []byte
}

// Library reads the corpus for people. What does not exist is a
// *corpus.UserError with corpus.CodeNotFound.
type Library interface {
	// Documents are those with a current version, by title.
	Documents(ctx context.Context) ([]corpus.Document, error)
	Document(ctx context.Context, id string) (corpus.Document, error)
	Headings(ctx context.Context, document string, version int) ([]Heading, error)
	Page(ctx context.Context, document string, version, page int) (SourcePage, error)
	Original(ctx context.Context, document string, version int) (Original, error)
	// Versions are the versions of a document that can be read, newest first.
	Versions(ctx context.Context, document string) ([]DocumentVersion, error)
	// Relations are those of the catalogue, both ways.
	Relations(ctx context.Context, document string) ([]Relation, error)
	// UpdatedAt is when the corpus came into the state that an answer names, or
	// into its present one when state is ""; the zero time when it was always empty.
	UpdatedAt(ctx context.Context, state string) (time.Time, error)
}

// PagesConfig is what Pages need. Asker, Conversations and Library are required.
type PagesConfig struct {
	Asker         Asker
	Conversations Conversations
	Library       Library
	Feedback      FeedbackStore // default: nobody is asked for feedback
	Shares        ShareStore    // default: conversations cannot be shared
	Pictures      PagePictures  // default: pages are shown as text only
	Research      Research      // default: there are no pages of research
	ReadingLists  ReadingLists  // default: there are no reading lists; needs Research
	Notices       Notices       // default: questions are taken, and there is no banner
	Quality       Quality       // default: there is no page of measured quality
	Logger        *slog.Logger  // default: discards
	AskTimeout    time.Duration // how long a form waits for an answer; default 90 seconds

	// PublicURL is the address of the website as scheme://host, for what must name
	// it in full. Default: as the request names it.
	PublicURL string
	// Operator is who runs the website, as the pages about it say.
	Operator string
	// Contact is how to reach a person there: an e-mail address or an https address.
	Contact string
	// Retention is how long conversations are kept; 0 leaves it unsaid.
	Retention time.Duration
	// FrameOrigins are websites, as scheme://host[:port], that may show the widget.
	// Without any there is no widget.
	FrameOrigins []string
}

// Pages are the website: every page in Dutch, and under /en/ in English. They
// work without scripts.
type Pages struct {
	asker         Asker
	conversations Conversations
	library       Library
	feedback      FeedbackStore // may be nil
	shares        ShareStore    // may be nil
	pictures      PagePictures  // may be nil
	research      Research      // may be nil
	lists         ReadingLists  // may be nil
	notices       Notices       // may be nil
	quality       Quality       // may be nil
	reports       chan struct{} // a place for each answer by period that is being made
	log           *slog.Logger
	askTimeout    time.Duration
	website
	retention time.Duration
	about     about
	frames    []string
	assets    *web.Assets
	locales   map[string]*locale
}

const (
	// maxForm bounds the body of a form, in bytes: far above the longest
	// question, so that a question that is too long comes back to its writer.
	maxForm = 1 << 20
	// readTimeout bounds every look into the database for a page.
	readTimeout = 10 * time.Second
	// pendingRefresh is how many seconds a page without scripts waits before it
	// looks whether an unfinished answer is there.
	pendingRefresh = 3
)

// NewPages parses the templates and reads the built assets.
func NewPages(config PagesConfig) (*Pages, error) {
	if config.Asker == nil || config.Conversations == nil || config.Library == nil {
		return nil, errors.New("pages need an asker, conversations and a library")
	}
	p := &Pages{
		asker:         config.Asker,
		conversations: config.Conversations,
		library:       config.Library,
		feedback:      config.Feedback,
		shares:        config.Shares,
		retention:     config.Retention,
		pictures:      config.Pictures,
		research:      config.Research,
		lists:         config.ReadingLists,
		notices:       config.Notices,
		quality:       config.Quality,
		reports:       make(chan struct{}, mostReports),
		log:           config.Logger,
		askTimeout:    config.AskTimeout,
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.askTimeout <= 0 {
		p.askTimeout = 90 * time.Second
	}
	var err error
	if err = p.configure(config); err != nil {
		return nil, err
	}
	if p.assets, err = web.LoadAssets(); err != nil {
		return nil, err
	}
	if !p.assets.Built() {
		p.log.Warn("the styles and scripts were not built: run make build for the real look")
	}
	if p.locales, err = loadLocales(p.assets); err != nil {
		return nil, err
	}
	return p, nil
}

// Register adds the pages to mux. The pattern "/" gets the page that says an
// address does not exist.
func (p *Pages) Register(mux *http.ServeMux) {
	mux.Handle("GET /static/", p.assets)
	mux.HandleFunc("GET /bron/{document}/{version}", p.original)
	mux.HandleFunc("GET /beeld/{document}/{version}/{page}", p.picture)
	mux.HandleFunc("GET /robots.txt", p.robots)
	mux.HandleFunc("GET /sitemap.xml", p.sitemap)
	mux.HandleFunc("GET /dcat.jsonld", p.catalogue)
	if p.about.Contact != "" {
		mux.HandleFunc("GET /.well-known/security.txt", p.security)
	}
	if len(p.frames) > 0 {
		mux.HandleFunc("GET /widget.js", p.widgetScript)
	}
	for _, lang := range web.Languages() {
		l := p.locales[lang]
		handle := func(method, path string, h func(*locale, http.ResponseWriter, *http.Request)) {
			mux.HandleFunc(method+" "+l.prefix+path, func(w http.ResponseWriter, r *http.Request) { h(l, w, r) })
		}
		handle("GET", "/{$}", p.home)
		handle("POST", "/vraag", p.ask)
		handle("GET", "/vraag", p.toHome)
		handle("GET", "/gesprek/{address}", p.conversation)
		handle("POST", "/gesprek", p.withConversation(p.open))
		handle("POST", "/gesprek/vervolg", p.withConversation(p.after))
		handle("POST", "/gesprek/wis", p.withConversation(p.wipe))
		if p.feedback != nil {
			handle("POST", "/gesprek/oordeel", p.withConversation(p.judge))
		}
		if p.shares != nil {
			handle("POST", "/gesprek/deel", p.withConversation(p.share))
			handle("GET", "/gedeeld/{token}", p.shared)
		}
		handle("GET", "/citaat/{document}/{version}/{page}/{span}", p.passage)
		handle("GET", "/documenten", p.documents)
		handle("GET", "/documenten/{document}", p.document)
		handle("GET", "/documenten/{document}/{version}/{page}", p.passage)
		if p.research != nil {
			p.registerResearch(handle)
			if p.lists != nil {
				p.registerLists(handle)
			}
		}
		if len(p.frames) > 0 {
			handle("GET", "/widget", p.widget)
		}
		if p.quality != nil {
			handle("GET", "/kwaliteit", p.measured)
		}
		for _, page := range textPages {
			handle("GET", page.path, func(l *locale, w http.ResponseWriter, r *http.Request) { p.text(l, w, r, page.name) })
		}
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.Problem(w, r, &corpus.UserError{Code: corpus.CodeNotFound, Message: "no such page"})
	})
}

// Problem answers with a page that says kindly what went wrong and what to do.
// Errors that are not a *corpus.UserError are logged and shown as internal.
func (p *Pages) Problem(w http.ResponseWriter, r *http.Request, err error) {
	p.problem(p.localeOf(r), w, r, err, composer{})
}

func (p *Pages) localeOf(r *http.Request) *locale {
	for _, l := range p.locales {
		if l.prefix != "" && (r.URL.Path == l.prefix || strings.HasPrefix(r.URL.Path, l.prefix+"/")) {
			return l
		}
	}
	return p.locales[web.Languages()[0]]
}

var problemStatus = map[corpus.Code]int{
	corpus.CodeBadMessage:  http.StatusBadRequest,
	corpus.CodeTooLong:     http.StatusRequestEntityTooLarge,
	corpus.CodeRateLimited: http.StatusTooManyRequests,
	corpus.CodeBusy:        http.StatusServiceUnavailable,
	corpus.CodeNotFound:    http.StatusNotFound,
	corpus.CodeInternal:    http.StatusInternalServerError,
}

func (p *Pages) problem(l *locale, w http.ResponseWriter, r *http.Request, err error, c composer) {
	if r.Context().Err() != nil && errors.Is(err, r.Context().Err()) {
		return // the visitor went away
	}
	code := corpus.CodeInternal
	var user *corpus.UserError
	if errors.As(err, &user) {
		code = user.Code
	}
	status, known := problemStatus[code]
	if !known {
		code, status = corpus.CodeInternal, http.StatusInternalServerError
	}
	if code == corpus.CodeInternal {
		p.log.ErrorContext(r.Context(), "page failed", "page", r.Pattern, "error", err)
	}
	if user != nil && user.RetryAfter > 0 {
		seconds := int((user.RetryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	key := "problem." + string(code)
	if code == corpus.CodeTooLong {
		key = "problem." + string(corpus.CodeBadMessage)
	}
	w.Header().Set("Cache-Control", "no-store")
	p.render(l, w, r, status, "problem", problemPage{
		layout:   layout{Title: l.text(key + ".title"), NoIndex: true},
		chatForm: chatForm{Conversation: c.Conversation, Composer: c},
		Heading:  l.text(key + ".title"),
		Message:  l.text(key + ".text"),
	})
}

// render executes a page into memory first, so that a failing template never
// sends half a page.
func (p *Pages) render(l *locale, w http.ResponseWriter, r *http.Request, status int, name string, data pageData) {
	base := data.base()
	base.Lang, base.OtherLang = l.lang, l.other
	base.OtherURL = p.otherURL(l, r)
	base.Title = isolated(base.Title)
	base.Research, base.Lists = p.research != nil, p.research != nil && p.lists != nil
	base.Quality, base.Banner, base.Closed = p.quality != nil, p.banner(l), p.closed(l)
	if status == http.StatusOK && !base.NoIndex {
		base.Alternate = base.OtherURL
	}
	var b bytes.Buffer
	if err := l.pages[name].ExecuteTemplate(&b, "layout", data.with(base)); err != nil {
		p.log.ErrorContext(r.Context(), "template failed", "page", name, "error", err)
		http.Error(w, l.text("problem.internal.text"), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", l.lang)
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	w.WriteHeader(status)
	if _, err := b.WriteTo(w); err != nil {
		p.log.DebugContext(r.Context(), "page not delivered", "page", name, "error", err)
	}
}

// otherURL is the same page in the other language.
func (p *Pages) otherURL(l *locale, r *http.Request) string {
	other := p.locales[l.other]
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return other.url("/")
	}
	u := url.URL{Path: strings.TrimPrefix(r.URL.Path, l.prefix), RawQuery: r.URL.RawQuery}
	if !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") {
		u.Path = "/"
	}
	return other.url(u.String())
}

func (p *Pages) toHome(l *locale, w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, l.url("/"), http.StatusSeeOther)
}

func (p *Pages) home(l *locale, w http.ResponseWriter, r *http.Request) {
	page := p.talk(r.Context(), l, r, nil, nil, composer{})
	if r.URL.Query().Has("gewist") {
		page.Wiped, page.NoIndex = true, true
	}
	page.Updated = p.updated(r.Context(), l, "")
	p.render(l, w, r, http.StatusOK, "home", page)
}

// ask answers a form. The reader is sent on to the address of the conversation,
// so that refresh and back do not ask again.
func (p *Pages) ask(l *locale, w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		code := corpus.CodeBadMessage
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			code = corpus.CodeTooLong
		}
		p.problem(l, w, r, &corpus.UserError{Code: code, Message: "form", Err: err}, composer{})
		return
	}
	c := composer{
		Question:     strings.ToValidUTF8(strings.TrimSpace(r.PostForm.Get("question")), "\uFFFD"),
		Conversation: r.PostForm.Get("conversation"),
	}
	if why := p.closed(l); why != "" {
		p.refuse(l, w, r, why)
		return
	}
	if c.Error = l.questionError(c.Question); c.Error != "" {
		p.composeAgain(l, w, r, c)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.askTimeout)
	defer cancel()
	answer, err := p.asker.Ask(ctx, chat.Ask{Question: c.Question, Conversation: c.Conversation})
	var user *corpus.UserError
	switch {
	case errors.As(err, &user) && user.Code == corpus.CodeNotFound:
		c.Conversation = "" // it is gone: the question can be asked in a new one
		p.problem(l, w, r, err, c)
	case err != nil:
		p.problem(l, w, r, err, c)
	default:
		p.remember(w, r, answer.Conversation)
		http.Redirect(w, r, l.conversationURL(answer.Conversation)+"#t-"+handleOf(answer.ID), http.StatusSeeOther)
	}
}

// composeAgain shows the form with what is wrong and everything that was typed,
// under the conversation it belongs to.
func (p *Pages) composeAgain(l *locale, w http.ResponseWriter, r *http.Request, c composer) {
	var turns []chat.Turn
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	if c.Conversation != "" {
		var err error
		if turns, err = p.conversations.Turns(ctx, c.Conversation); err != nil {
			c.Conversation = ""
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	p.render(l, w, r, http.StatusUnprocessableEntity, "home", p.talk(ctx, l, r, turns, p.turns(ctx, l, r, c.Conversation, turns), c))
}

func (p *Pages) conversation(l *locale, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	w.Header().Set("Cache-Control", "no-store") // what a visitor asked is theirs
	id, err := mine(r)
	var turns []chat.Turn
	if err == nil {
		turns, err = p.conversations.Turns(ctx, id)
	}
	if isNotFound(err) { // nobody learns whether it is there
		p.render(l, w, r, http.StatusNotFound, "problem", problemPage{
			layout:  layout{Title: l.text("problem.conversation.title"), NoIndex: true},
			Heading: l.text("problem.conversation.title"), Message: l.text("problem.conversation.text"),
		})
		return
	}
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	page := p.talk(ctx, l, r, turns, p.turns(ctx, l, r, id, turns), composer{Conversation: id})
	if page.Share != nil && r.URL.Query().Has("deel") {
		page.Share.Open = true
	}
	p.render(l, w, r, http.StatusOK, "home", page)
}

func (p *Pages) documents(l *locale, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	all, err := p.library.Documents(ctx)
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	search := strings.ToValidUTF8(strings.TrimSpace(r.URL.Query().Get("zoek")), "\uFFFD")
	page := l.documentsPage(all, search)
	page.Updated = p.updated(ctx, l, "")
	p.render(l, w, r, http.StatusOK, "documents", page)
}

func (p *Pages) document(l *locale, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	doc, err := p.library.Document(ctx, r.PathValue("document"))
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	headings, err := p.library.Headings(ctx, doc.ID, doc.Version)
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	versions, err := p.library.Versions(ctx, doc.ID)
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	all, err := p.library.Documents(ctx)
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	relations, err := p.library.Relations(ctx, doc.ID)
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	page := l.documentPage(doc, headings, versions, related(doc, all, maxRelated))
	page.addRelations(l, relations)
	if p.research != nil {
		page.ResearchURL = l.url("/onderzoek/publicatie/" + url.PathEscape(doc.ID))
	}
	page.Updated = p.updated(ctx, l, "")
	page.Report = report(p.origin(r), doc, page.Doc.URL)
	p.render(l, w, r, http.StatusOK, "document", page)
}

// passage shows a whole page of a document version, with the quote of a
// citation marked when the address names one.
func (p *Pages) passage(l *locale, w http.ResponseWriter, r *http.Request) {
	notFound := &corpus.UserError{Code: corpus.CodeNotFound, Message: "no such page"}
	version, okVersion := positive(r.PathValue("version"))
	number, okPage := positive(r.PathValue("page"))
	start, end, okSpan := 0, 0, true
	if s := r.PathValue("span"); s != "" {
		start, end, okSpan = parseSpan(s)
	}
	if !okVersion || !okPage || !okSpan {
		p.problem(l, w, r, notFound, composer{})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	source, err := p.library.Page(ctx, r.PathValue("document"), version, number)
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	// Of a withdrawn document only what was cited can be looked up.
	if end > utf8.RuneCountInString(source.Page.Text) || !source.Withdrawn.IsZero() && end == 0 {
		p.problem(l, w, r, notFound, composer{})
		return
	}
	page := l.passagePage(source, start, end)
	if d := source.Document; page.Marked && p.research != nil && p.lists != nil {
		page.Passage = corpus.CitationURL(url.PathEscape(d.ID), d.Version, number, start, end)
	}
	page.Evidence = p.evidence(ctx, l, source, start, end)
	page.Reference = l.pageReference(source, p.origin(r)+r.URL.EscapedPath())
	p.render(l, w, r, http.StatusOK, "passage", page)
}

// wordDocument is the media type of Word documents.
const wordDocument = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// original serves a document as it was received. Only types that a browser
// shows without running anything of the document in our name are served, and Word
// documents, which it saves.
func (p *Pages) original(w http.ResponseWriter, r *http.Request) {
	version, ok := positive(r.PathValue("version"))
	if !ok {
		p.Problem(w, r, &corpus.UserError{Code: corpus.CodeNotFound, Message: "no such version"})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	id := r.PathValue("document")
	o, err := p.library.Original(ctx, id, version)
	if err != nil {
		p.Problem(w, r, err)
		return
	}
	mediaType, ext, disposition := "text/plain; charset=utf-8", "txt", "inline"
	switch {
	case o.MediaType == wordDocument:
		mediaType, ext, disposition = o.MediaType, "docx", "attachment"
	case o.MediaType == "application/pdf":
		mediaType, ext = o.MediaType, "pdf"
	case !strings.HasPrefix(o.MediaType, "text/") || !utf8.Valid(o.Content):
		p.Problem(w, r, &corpus.UserError{Code: corpus.CodeNotFound, Message: "not shown in a browser"})
		return
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", fmt.Sprintf(`%s; filename="%s-v%d.%s"`, disposition, id, version, ext))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("ETag", `"`+o.Digest+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(o.Content))
}

func positive(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0 && n < 1<<31 && strconv.Itoa(n) == s
}

// parseSpan reads "120-231": a start of 0 or more and an end after it.
func parseSpan(s string) (start, end int, ok bool) {
	from, to, found := strings.Cut(s, "-")
	if !found {
		return 0, 0, false
	}
	end, ok = positive(to)
	if from != "0" {
		var okStart bool
		start, okStart = positive(from)
		ok = ok && okStart
	}
	return start, end, ok && start < end
}

// locale is everything of one language.
type locale struct {
	lang, other string
	prefix      string // "" or "/en"
	messages    web.Messages
	pages       map[string]*template.Template
	client      string // the script's messages, as JSON
	topics      []topic
	zone        *time.Location // of the days that are shown
}

func loadLocales(assets *web.Assets) (map[string]*locale, error) {
	catalogue, err := web.LoadMessages()
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		zone = time.UTC // the machine has no time zones; a day is right but for an hour or two
	}
	languages := web.Languages()
	locales := make(map[string]*locale, len(languages))
	for i, lang := range languages {
		l := &locale{lang: lang, other: languages[(i+1)%len(languages)], messages: catalogue[lang], zone: zone}
		if i > 0 {
			l.prefix = "/" + lang
		}
		client, err := json.Marshal(l.messages.WithPrefix("client."))
		if err != nil {
			return nil, fmt.Errorf("messages of the script: %w", err)
		}
		l.client = string(client)
		if l.topics, err = loadTopics(l.messages); err != nil {
			return nil, err
		}
		l.pages, err = web.Templates(web.SiteTemplates, template.FuncMap{
			"t":        l.messages.Text,
			"url":      l.url,
			"asset":    assets.Path,
			"pageLang": func() string { return lang },
			"choice":   newFacetChoice,
			"adding":   func(on bool, v any) adding { return adding{v, on} },
		})
		if err != nil {
			return nil, err
		}
		locales[lang] = l
	}
	return locales, nil
}

// url is the address of a page in this language; path begins with a slash.
func (l *locale) url(path string) string { return l.prefix + path }

// text is a message that is known to exist: a test holds that every key used
// in code and templates is in the catalogue.
func (l *locale) text(key string, args ...any) string {
	s, err := l.messages.Text(key, args...)
	if err != nil {
		return key
	}
	return s
}
