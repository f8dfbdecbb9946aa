package office

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// Editor is what the pages need on which people change what the public sees: documents,
// pinned answers, scope terms, the chat itself, and the account that is given of it. A
// part without its store has no pages. Config.Proposals is required with it.
type Editor struct {
	Corpus         CorpusDesk
	Offers         Offers // nil: documents cannot be handed over here
	Pins           PinDesk
	Search         Searcher // required with Pins
	Public         PublicDesk
	Accountability AccountabilityDesk
	Answerer       Answerer // nil: answers cannot be made again
	Facts          Facts
}

// The kinds of proposals of these pages.
const (
	KindWithdraw    = "document.withdraw" // Withdrawal
	KindRestore     = "document.restore"  // Withdrawal without a reason
	KindPublish     = "document.publish"  // HeldVersion
	KindPin         = "pin.save"          // answer pinned: PinDraft
	KindUnpin       = "pin.remove"        // PinDraft with its ID only
	KindScope       = "scope.save"        // ScopeDraft
	KindScopeRemove = "scope.remove"      // ScopeDraft with its ID only
)

// Withdrawal takes a document out of the answers.
type Withdrawal struct {
	Document string `json:"document"`
	Reason   string `json:"reason,omitempty"`
}

// HeldVersion names a version that is read and waits.
type HeldVersion struct {
	Document string `json:"document"`
	Version  int    `json:"version"`
	ID       int64  `json:"id"` // of this very reading: numbers of discarded versions are given again
}

// CorpusDocument is a document as the staff sees it.
type CorpusDocument struct {
	corpus.Document
	Withdrawn time.Time // zero: it is in the answers
	Reason    string    // why it was withdrawn
	Held      int       // number of the version that waits to be published; 0: none
	Reading   int       // number of the version that is being read; 0: none
}

// CorpusBatch is how far one ingest is, or was when it broke off.
type CorpusBatch struct {
	Total, Done, Failed int
	Started, Seen       time.Time
	Finished            bool
}

// CorpusState is how the corpus stands.
type CorpusState struct {
	Documents []CorpusDocument
	Unopened  []corpus.Document // sources that could not be opened, without an id
	Pending   int               // documents still to be read or being read
	Batches   []CorpusBatch     // those that are not finished, the newest first
	HoldAll   bool              // every new version waits until it is published
}

// VersionText is a version as it was read.
type VersionText struct {
	corpus.DocumentVersion
	ID       int64
	Text     []corpus.Page // Number, Label, Text, Reader
	Headings []string
}

// CorpusDesk looks after the corpus. What does not exist is a *corpus.UserError with
// corpus.CodeNotFound.
type CorpusDesk interface {
	Corpus(ctx context.Context) (CorpusState, error)
	// Document is a document with all its versions, the newest first.
	Document(ctx context.Context, id string) (CorpusDocument, []corpus.DocumentVersion, error)
	// Version is a version that is held, current or superseded.
	Version(ctx context.Context, document string, version int) (VersionText, error)
	// FindIn are the passages of one version, live or not, that hold most of the words
	// of a question, best first.
	FindIn(ctx context.Context, document string, version int, question string, limit int) ([]corpus.Passage, error)
	// Retry reads a failed document again.
	Retry(ctx context.Context, by staff.User, document string) error
	// SetHoldAll sets whether every new version waits.
	SetHoldAll(ctx context.Context, by staff.User, hold bool) error
	// Discard deletes a version that is held.
	Discard(ctx context.Context, by staff.User, v HeldVersion) error
}

// Offered is what became of a document that was handed over.
type Offered struct {
	Document  string
	Unchanged bool   // these bytes are known
	SameAs    string // under this source
}

// Offers takes documents. What is wrong with one is a *corpus.UserError in words for
// people.
type Offers interface {
	Upload(ctx context.Context, by staff.User, name string, content []byte, hold bool) (Offered, error)
	// Address is for a document on the web; again fetches it once more.
	Address(ctx context.Context, by staff.User, address string, hold bool) (Offered, error)
}

const (
	uploadPath = "/documenten/bestand"
	// maxUpload bounds an uploaded document, in bytes, with its form around it.
	maxUpload = 101 << 20
	// uploadTimeout is for sending a document and putting it into the database.
	uploadTimeout = 5 * time.Minute
	// fetchTimeout is for fetching one document from the web.
	fetchTimeout = time.Minute
	// maxReason bounds why a document was withdrawn, in characters.
	maxReason = 500
	// refreshSeconds is how often the page looks how far documents are.
	refreshSeconds = 3
	// statusFaulty is for forms that come back to whoever filled them in.
	statusFaulty = http.StatusUnprocessableEntity
)

// bodyLimit is the largest body that a route takes, in bytes.
func bodyLimit(rt route) int64 {
	if rt.path == uploadPath {
		return maxUpload
	}
	return maxForm
}

func (o *Office) documentRoutes() []route {
	if o.editor == nil || o.editor.Corpus == nil {
		return nil
	}
	all := []route{
		{"GET", "/documenten", staff.MayRead, o.documents},
		{"POST", "/documenten/opnieuw", staff.MayEdit, o.retryDocument},
		{"POST", "/documenten/wachten", staff.MayEdit, o.setHoldAll},
		{"GET", "/documenten/{document}", staff.MayRead, o.document},
		{"POST", "/documenten/{document}/intrekken", staff.MayEdit, o.withdraw},
		{"POST", "/documenten/{document}/terugzetten", staff.MayEdit, o.restore},
		{"GET", "/documenten/{document}/{version}", staff.MayRead, o.preview},
		{"POST", "/documenten/{document}/{version}/publiceren", staff.MayEdit, o.publishHeld},
		{"POST", "/documenten/{document}/{version}/weggooien", staff.MayEdit, o.discardHeld},
	}
	if o.editor.Offers != nil {
		all = append(all,
			route{"POST", uploadPath, staff.MayEdit, o.upload},
			route{"POST", "/documenten/adres", staff.MayEdit, o.fetch})
	}
	return all
}

// documentRow is a document in the list.
type documentRow struct {
	CorpusDocument
	OCRShare int // percent of the pages
}

type documentsPage struct {
	Rows     []documentRow
	Unopened []corpus.Document
	Batches  []CorpusBatch
	Pending  int
	HoldAll  bool
	May      bool // change something
	Offers   bool
	Search   string
	Show     string // the filter: "", wacht, mislukt, ingetrokken
	Total    int
	Refresh  int // seconds; 0: nothing is going on
	Done     doneView
	Fault    string // of a document that was handed over
	Address  string // as typed
}

// doneView tells what was just done. What is empty it does not say.
type doneView struct {
	Text   string
	Waits  bool // a second person has to confirm it
	Object string
}

// done reads from the address what was just done; the keys are fixed, so that an
// address can say nothing else.
func (v *visit) done() doneView {
	q := v.r.URL.Query()
	what := q.Get("gedaan")
	texts := map[string]string{
		"gelezen": "editor.done.offered", "zelfde": "editor.done.unchanged", "opnieuw": "editor.done.retry", "instelling": "editor.done.setting",
		"ingetrokken": "editor.done.withdrawn", "teruggezet": "editor.done.restored", "gepubliceerd": "editor.done.published",
		"weggegooid": "editor.done.discarded", "vastgelegd": "editor.done.pinned", "losgemaakt": "editor.done.unpinned",
		"woord": "editor.done.scope", "woordweg": "editor.done.scope_removed", "verantwoording": "editor.done.register",
	}
	if q.Has("wacht") {
		return doneView{Text: v.text("editor.done.waits"), Waits: true}
	}
	if key, ok := texts[what]; ok {
		return doneView{Text: v.text(key), Object: q.Get("document")}
	}
	return doneView{}
}

// propose makes a change that the public sees and leads on to path, which tells that it
// was done or that it waits.
func (v *visit) propose(kind, object, title string, change any, path, done string) error {
	ctx, cancel := v.database()
	defer cancel()
	p, err := v.o.proposals.Propose(ctx, v.user, kind, object, title, change)
	if err != nil {
		return err
	}
	if p.Status == staff.ProposalOpen {
		return v.to(path + "?wacht")
	}
	return v.to(path + "?gedaan=" + done)
}

func (o *Office) documents(v *visit) error {
	return o.showDocuments(v, http.StatusOK, documentsPage{Done: v.done()})
}

func (o *Office) showDocuments(v *visit, status int, p documentsPage) error {
	ctx, cancel := v.database()
	defer cancel()
	s, err := o.editor.Corpus.Corpus(ctx)
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	p.Search, p.Show = strings.TrimSpace(q.Get("zoek")), q.Get("toon")
	p.Unopened, p.Batches, p.Pending, p.HoldAll, p.Total = s.Unopened, s.Batches, s.Pending, s.HoldAll, len(s.Documents)
	p.May, p.Offers = v.may(staff.MayEdit), o.editor.Offers != nil
	wanted := strings.ToLower(p.Search)
	for _, d := range s.Documents {
		switch {
		case wanted != "" && !strings.Contains(strings.ToLower(d.Title+" "+d.ID+" "+d.Number), wanted),
			p.Show == "wacht" && d.Held == 0,
			p.Show == "mislukt" && d.Failure == nil,
			p.Show == "ingetrokken" && d.Withdrawn.IsZero():
			continue
		}
		row := documentRow{CorpusDocument: d}
		if d.Pages > 0 {
			row.OCRShare = (100*d.OCRPages + d.Pages - 1) / d.Pages
		}
		p.Rows = append(p.Rows, row)
	}
	// What wants a person first: failed, then what waits, then what is being read.
	urgency := func(d documentRow) int {
		switch {
		case d.Failure != nil:
			return 0
		case d.Held > 0:
			return 1
		case d.Reading > 0:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(p.Rows, func(a, b documentRow) int {
		return cmp.Or(cmp.Compare(urgency(a), urgency(b)), cmp.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)), cmp.Compare(a.ID, b.ID))
	})
	if p.Pending > 0 || len(p.Batches) > 0 {
		p.Refresh = refreshSeconds
	}
	return v.show(status, "documents", "documents", v.text("editor.documents.title"), p)
}

func (o *Office) upload(v *visit) error {
	// A large file takes longer than other requests may.
	control := http.NewResponseController(v.w)
	_ = control.SetReadDeadline(time.Now().Add(uploadTimeout)) // only a test's recorder has no deadlines
	_ = control.SetWriteDeadline(time.Now().Add(uploadTimeout + time.Minute))
	content, name, err := v.uploaded()
	if err != nil {
		return err
	}
	if content == nil {
		return o.showDocuments(v, statusFaulty, documentsPage{Fault: v.text("editor.documents.no_file")})
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), uploadTimeout)
	defer cancel()
	offered, err := o.editor.Offers.Upload(ctx, v.user, name, content, v.r.PostForm.Get("wacht") == "ja")
	return o.offered(v, offered, err, "")
}

func (o *Office) fetch(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	control := http.NewResponseController(v.w)
	_ = control.SetReadDeadline(time.Now().Add(2 * fetchTimeout))
	_ = control.SetWriteDeadline(time.Now().Add(2 * fetchTimeout))
	ctx, cancel := context.WithTimeout(v.r.Context(), fetchTimeout)
	defer cancel()
	address := strings.TrimSpace(form.Get("adres"))
	offered, err := o.editor.Offers.Address(ctx, v.user, address, form.Get("wacht") == "ja")
	return o.offered(v, offered, err, address)
}

// offered leads on after a document was handed over, or tells what is wrong with it.
func (o *Office) offered(v *visit, offered Offered, err error, address string) error {
	if message, ok := userMessage(err); ok {
		return o.showDocuments(v, statusFaulty, documentsPage{Fault: message, Address: address})
	}
	if err != nil {
		return err
	}
	done := "gelezen"
	if offered.Unchanged {
		done = "zelfde"
	}
	return v.to("/documenten?gedaan=" + done + "&document=" + url.QueryEscape(offered.Document))
}

// userMessage is what an error says to people, when it is theirs to mend.
func userMessage(err error) (string, bool) {
	user, ok := asUser(err)
	if !ok || user.Code == corpus.CodeInternal {
		return "", false
	}
	return user.Message, true
}

func (o *Office) retryDocument(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if address := form.Get("adres"); address != "" && o.editor.Offers != nil {
		ctx, cancel := context.WithTimeout(v.r.Context(), fetchTimeout)
		defer cancel()
		offered, err := o.editor.Offers.Address(ctx, v.user, address, false)
		return o.offered(v, offered, err, address)
	}
	ctx, cancel := v.database()
	defer cancel()
	if err := o.editor.Corpus.Retry(ctx, v.user, form.Get("document")); err != nil {
		return err
	}
	return v.to("/documenten?gedaan=opnieuw")
}

func (o *Office) setHoldAll(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	ctx, cancel := v.database()
	defer cancel()
	if err := o.editor.Corpus.SetHoldAll(ctx, v.user, form.Get("wacht") == "ja"); err != nil {
		return err
	}
	return v.to("/documenten?gedaan=instelling")
}

type documentPage struct {
	Doc      CorpusDocument
	Versions []corpus.DocumentVersion
	May      bool
	FourEyes bool
	Done     doneView
	Fault    string
	Reason   string
}

func (o *Office) document(v *visit) error {
	return o.showDocument(v, http.StatusOK, documentPage{Done: v.done()})
}

func (o *Office) showDocument(v *visit, status int, p documentPage) error {
	ctx, cancel := v.database()
	defer cancel()
	var err error
	if p.Doc, p.Versions, err = o.editor.Corpus.Document(ctx, v.r.PathValue("document")); err != nil {
		return err
	}
	p.May, p.FourEyes = v.may(staff.MayEdit), o.proposals.FourEyes()
	return v.show(status, "documents", "documents_one", p.Doc.Title, p)
}

func (o *Office) withdraw(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	id, reason := v.r.PathValue("document"), strings.TrimSpace(form.Get("reden"))
	if reason == "" || utf8.RuneCountInString(reason) > maxReason {
		return o.showDocument(v, statusFaulty, documentPage{Fault: v.text("editor.documents.reason_fault", "max", maxReason), Reason: reason})
	}
	return v.propose(KindWithdraw, "document:"+id, v.text("editor.proposal.withdraw", "document", id, "reason", reason),
		Withdrawal{id, reason}, "/documenten/"+url.PathEscape(id), "ingetrokken")
}

func (o *Office) restore(v *visit) error {
	id := v.r.PathValue("document")
	return v.propose(KindRestore, "document:"+id, v.text("editor.proposal.restore", "document", id),
		Withdrawal{Document: id}, "/documenten/"+url.PathEscape(id), "teruggezet")
}

// held is the version that the address names, with the id of the reading that was
// looked at, from the form.
func (v *visit) held() (HeldVersion, error) {
	n, err := strconv.Atoi(v.r.PathValue("version"))
	if err != nil || n < 1 || n > 1<<30 {
		return HeldVersion{}, &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such version", Err: err}
	}
	held := HeldVersion{Document: v.r.PathValue("document"), Version: n}
	if v.r.Method == http.MethodPost {
		form, err := v.form()
		if err != nil {
			return HeldVersion{}, err
		}
		if held.ID, err = strconv.ParseInt(form.Get("id"), 10, 64); err != nil {
			return HeldVersion{}, badForm(err)
		}
	}
	return held, nil
}

func (o *Office) publishHeld(v *visit) error {
	held, err := v.held()
	if err != nil {
		return err
	}
	return v.propose(KindPublish, "document:"+held.Document, v.text("editor.proposal.publish", "document", held.Document, "version", held.Version),
		held, "/documenten/"+url.PathEscape(held.Document), "gepubliceerd")
}

func (o *Office) discardHeld(v *visit) error {
	held, err := v.held()
	if err != nil {
		return err
	}
	ctx, cancel := v.database()
	defer cancel()
	if err := o.editor.Corpus.Discard(ctx, v.user, held); err != nil {
		return err
	}
	return v.to("/documenten?gedaan=weggegooid")
}

// maxTried is how many passages a question finds in a version.
const maxTried = 10

type previewPage struct {
	Doc      CorpusDocument
	Version  VersionText
	Against  VersionText // the current version; its number is 0 when there is none
	Fields   []fieldChange
	Pages    []pageChange
	Same     int // pages that did not change
	More     int // changed pages that are not shown
	Headings []evaluate.Edit
	Question string
	Found    []corpus.Passage
	May      bool
	FourEyes bool
	Waits    bool // it is held
}

// fieldChange is a fact of the document in both versions.
type fieldChange struct {
	Name        string
	Before, Now string
	Changed     bool
}

// preview shows what changed in a version and what questions find in it.
func (o *Office) preview(v *visit) error {
	held, err := v.held()
	if err != nil {
		return err
	}
	ctx, cancel := v.database()
	defer cancel()
	p := previewPage{May: v.may(staff.MayEdit), FourEyes: o.proposals.FourEyes()}
	var versions []corpus.DocumentVersion
	if p.Doc, versions, err = o.editor.Corpus.Document(ctx, held.Document); err != nil {
		return err
	}
	if p.Version, err = o.editor.Corpus.Version(ctx, held.Document, held.Version); err != nil {
		return err
	}
	p.Waits = p.Version.Status == "held"
	against := 0
	for _, other := range versions { // the newest first
		if other.Version != held.Version && (other.Status == "current" || !p.Waits && other.Status == "superseded" && other.Version < held.Version) {
			against = other.Version
			break
		}
	}
	if against > 0 {
		if p.Against, err = o.editor.Corpus.Version(ctx, held.Document, against); err != nil {
			return err
		}
	}
	p.Fields = v.compareFields(p.Against, p.Version)
	p.Pages, p.Same, p.More = comparePages(p.Against.Text, p.Version.Text)
	p.Headings = context8(evaluate.DiffWords(p.Against.Headings, p.Version.Headings, " "))
	if p.Question = strings.TrimSpace(v.r.URL.Query().Get("vraag")); p.Question != "" {
		if p.Found, err = o.editor.Corpus.FindIn(ctx, held.Document, held.Version, p.Question, maxTried); err != nil {
			return err
		}
	}
	return v.page("documents", "documents_preview", p.Version.Title, p)
}

func (l *locale) compareFields(was, now VersionText) []fieldChange {
	var all []fieldChange
	for _, f := range []struct{ key, was, now string }{
		{"editor.field.title", was.Title, now.Title},
		{"editor.field.number", was.Number, now.Number},
		{"editor.field.type", was.Type, now.Type},
		{"editor.field.date", string(was.Date), string(now.Date)},
		{"editor.field.language", was.Language, now.Language},
		{"editor.field.isbn", was.ISBN, now.ISBN},
		{"editor.field.pages", count(was.Pages), count(now.Pages)},
		{"editor.field.chunks", count(was.Chunks), count(now.Chunks)},
		{"editor.field.ocr", count(ocrPages(was.Text)), count(ocrPages(now.Text))},
		{"editor.field.warnings", strings.Join(was.Warnings, " "), strings.Join(now.Warnings, " ")},
	} {
		all = append(all, fieldChange{l.text(f.key), f.was, f.now, f.was != f.now && was.Version > 0})
	}
	return all
}

func count(n int) string { return strconv.Itoa(n) }

func ocrPages(pages []corpus.Page) int {
	n := 0
	for _, p := range pages {
		if p.Reader == corpus.ReaderOCR {
			n++
		}
	}
	return n
}
