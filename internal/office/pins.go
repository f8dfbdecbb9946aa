package office

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// PinDraft is an answer that people write for a question.
type PinDraft struct {
	ID        int64         `json:"id"` // 0: a new one
	Lang      string        `json:"lang"`
	Questions []string      `json:"questions"` // the question, and other wordings of it
	Sentences []PinSentence `json:"sentences"`
	Note      string        `json:"note,omitempty"` // for colleagues
}

// PinSentence is a sentence with the passages that show it.
type PinSentence struct {
	Text      string             `json:"text"`
	Citations []corpus.Reference `json:"citations"`
}

// PinSource is a passage that a pin cites, as the corpus has it now.
type PinSource struct {
	corpus.Reference
	Quote, Title, PageLabel string
	Withdrawn, Superseded   bool // the document was withdrawn; there is a newer version
	Gone                    bool // the version or the place on its page is not there
}

// PinItem is a pinned answer with how its sources stand.
type PinItem struct {
	PinDraft
	Version int // 0: it was taken away
	ByName  string
	At      time.Time
	Sources []PinSource // of all sentences, in order
}

// Shown reports whether visitors get the answer.
func (p PinItem) Shown() bool {
	return p.Version > 0 && !slices.ContainsFunc(p.Sources, func(s PinSource) bool { return s.Withdrawn || s.Gone })
}

// Superseded reports whether a source has a newer version.
func (p PinItem) Superseded() bool {
	return slices.ContainsFunc(p.Sources, func(s PinSource) bool { return s.Superseded })
}

// ScopeDraft is a word or phrase that makes a question out of scope.
type ScopeDraft struct {
	ID      int64  `json:"id"`
	Phrase  string `json:"phrase,omitempty"`
	Message Text   `json:"message,omitzero"`
}

// ScopeItem is a scope term with who made it.
type ScopeItem struct {
	ScopeDraft
	ByName string
	At     time.Time
}

// PinDesk keeps pinned answers and scope terms. They are changed by proposals alone.
// What does not exist is a *corpus.UserError with corpus.CodeNotFound.
type PinDesk interface {
	// Pins are the pinned answers, the last changed first, those taken away at the end.
	Pins(ctx context.Context) ([]PinItem, error)
	// Pin is one with all its versions, the newest first.
	Pin(ctx context.Context, id int64) ([]PinItem, error)
	// PinFor is the id of the pin that is shown for a question; 0 for none.
	PinFor(ctx context.Context, lang, key string) (int64, error)
	// Sources are passages as the corpus has them, in the order of refs.
	Sources(ctx context.Context, refs []corpus.Reference) ([]PinSource, error)
	ScopeTerms(ctx context.Context) ([]ScopeItem, error)
	// LastQuestions are the last questions of visitors, masked.
	LastQuestions(ctx context.Context, limit int) ([]string, error)
}

// Searcher finds passages. It is implemented by *retrieval.Service.
type Searcher interface {
	Search(ctx context.Context, q retrieval.Query) ([]corpus.Passage, error)
}

const (
	maxWordings      = 20
	maxPinSentences  = 12
	maxPinCitations  = 4 // of one sentence
	maxPinSentence   = 600
	maxPinNote       = 1000
	maxFoundPassages = 8
	// triedQuestions is how many of the last questions a scope term is tried on.
	triedQuestions = 500
	shownQuestions = 10
	maxPhrase      = 100
)

func (o *Office) pinRoutes() []route {
	if o.editor == nil || o.editor.Pins == nil {
		return nil
	}
	return []route{
		{"GET", "/vastgelegd", staff.MayRead, o.pins},
		{"GET", "/vastgelegd/nieuw", staff.MayEdit, o.newPin},
		{"POST", "/vastgelegd/bewerken", staff.MayEdit, o.editPin},
		{"GET", "/vastgelegd/{pin}", staff.MayRead, o.pin},
		{"POST", "/vastgelegd/{pin}/losmaken", staff.MayEdit, o.unpin},
		{"GET", "/vastgelegd/buiten", staff.MayRead, o.scopeTerms},
		{"POST", "/vastgelegd/buiten", staff.MayEdit, o.addScopeTerm},
		{"POST", "/vastgelegd/buiten/weg", staff.MayEdit, o.removeScopeTerm},
	}
}

type pinsPage struct {
	Pins []PinItem
	May  bool
	Done doneView
}

func (o *Office) pins(v *visit) error {
	ctx, cancel := v.database()
	defer cancel()
	pins, err := o.editor.Pins.Pins(ctx)
	if err != nil {
		return err
	}
	return v.page("pins", "pins", v.text("editor.pins.title"), pinsPage{pins, v.may(staff.MayEdit), v.done()})
}

// pinForm is the page on which a pin is written. All of its state is in the form.
type pinForm struct {
	ID        int64
	Lang      string
	Question  string
	Wordings  string // a line each
	Note      string
	Sentences []pinFormSentence
	Query     string
	Found     []foundPassage
	Searched  bool
	Faults    []fault
	Doubts    bool // a sentence is not wholly in its quotes; it may be placed after a look
	Accepted  bool
	Versions  []PinItem
	Shown     bool // visitors get the version on top of Versions
	May       bool
	FourEyes  bool
	Done      doneView
}

// FaultOf is what is wrong with a field, or "".
func (p pinForm) FaultOf(field string) string { return faultOf(p.Faults, field) }

type pinFormSentence struct {
	N       int // from 1
	Text    string
	Sources []PinSource
	Doubt   string // what the check of the sentence against its quotes found
}

// Field is the name of the sentence's field in the form.
func (s pinFormSentence) Field() string { return "zin" + strconv.Itoa(s.N) }

// foundPassage is a passage with its sentences to pick from.
type foundPassage struct {
	corpus.Passage
	Quotes []PinSource
}

// Where is the passage's heading.
func (f foundPassage) Where() string {
	if n := len(f.Heading); n > 0 {
		return f.Heading[n-1]
	}
	return ""
}

// Key names a source in a form.
func (s PinSource) Key() string {
	return fmt.Sprintf("%s/%d/%d/%d-%d", s.Document, s.Version, s.Page, s.Start, s.End)
}

// parseReference reads what Key wrote.
func parseReference(key string) (corpus.Reference, bool) {
	var r corpus.Reference
	document, rest, ok := strings.Cut(key, "/")
	n, err := fmt.Sscanf(rest, "%d/%d/%d-%d", &r.Version, &r.Page, &r.Start, &r.End)
	r.Document = document
	return r, ok && err == nil && n == 4 && r.Version > 0 && r.Page > 0 && r.Start >= 0 && r.End > r.Start && r.End < 1<<30 && r.Page < 1<<30 && r.Version < 1<<30
}

func (o *Office) newPin(v *visit) error {
	question, _ := chat.Mask(strings.TrimSpace(v.r.URL.Query().Get("vraag")))
	f := pinForm{Lang: "nl", Question: question, Query: question, Sentences: []pinFormSentence{{N: 1}}}
	if question != "" {
		f.Lang = dutch.Detect(question)
		if err := o.find(v, &f); err != nil {
			return err
		}
	}
	return o.showPin(v, http.StatusOK, f)
}

// thePin is the pin of the address with its versions, the newest first.
func (o *Office) thePin(v *visit) (int64, []PinItem, error) {
	id, err := strconv.ParseInt(v.r.PathValue("pin"), 10, 64)
	if err != nil {
		return 0, nil, &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such pin", Err: err}
	}
	ctx, cancel := v.database()
	defer cancel()
	versions, err := o.editor.Pins.Pin(ctx, id)
	return id, versions, err
}

func (o *Office) pin(v *visit) error {
	id, versions, err := o.thePin(v)
	if err != nil {
		return err
	}
	last := versions[0]
	f := pinForm{
		ID: id, Lang: last.Lang, Question: last.Questions[0], Wordings: strings.Join(last.Questions[1:], "\n"), Note: last.Note,
		Versions: versions, Shown: last.Shown(), Done: v.done(),
	}
	sources := last.Sources
	for i, s := range last.Sentences {
		f.Sentences = append(f.Sentences, pinFormSentence{N: i + 1, Text: s.Text, Sources: sources[:len(s.Citations)]})
		sources = sources[len(s.Citations):]
	}
	return o.showPin(v, http.StatusOK, f)
}

func (o *Office) showPin(v *visit, status int, f pinForm) error {
	f.May, f.FourEyes = v.may(staff.MayEdit), o.proposals.FourEyes()
	title := v.text("editor.pin.new")
	if f.ID > 0 {
		title = f.Question
	}
	return v.show(status, "pins", "pin", title, f)
}

// editPin does what the button says that was pressed: look for passages, add or drop a
// sentence or a source, or place the answer. The form comes back until it is placed.
func (o *Office) editPin(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	f, err := o.readPin(v, form)
	if err != nil {
		return err
	}
	do := form.Get("doe")
	switch do {
	case "zoek":
		if err := o.find(v, &f); err != nil {
			return err
		}
		return o.showPin(v, http.StatusOK, f)
	case "zin":
		if len(f.Sentences) < maxPinSentences {
			f.Sentences = append(f.Sentences, pinFormSentence{N: len(f.Sentences) + 1})
		}
		return o.showPin(v, http.StatusOK, f)
	case "plaats":
		return o.placePin(v, f)
	}
	return o.showPin(v, http.StatusOK, f) // a source was picked or dropped
}

// readPin reads the form, its sources as the corpus has them. A sentence without text
// and sources is left out, but for one.
func (o *Office) readPin(v *visit, form url.Values) (pinForm, error) {
	trimmed := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	f := pinForm{
		Lang: form.Get("taal"), Question: trimmed("vraag"), Wordings: trimmed("wordings"), Note: trimmed("notitie"),
		Query: trimmed("zoekvraag"), Accepted: form.Get("akkoord") == "ja",
	}
	if id := form.Get("id"); id != "" {
		var err error
		if f.ID, err = strconv.ParseInt(id, 10, 64); err != nil || f.ID < 0 {
			return f, badForm(errors.New("no id"))
		}
	}
	if f.Lang != "en" {
		f.Lang = "nl"
	}
	var refs []corpus.Reference
	var of []int // the sentence of each
	picked := form["kies"]
	target := 1
	if n, found := strings.CutPrefix(form.Get("doe"), "bij"); found {
		target, _ = strconv.Atoi(n)
	}
	dropped := form.Get("doe")
	for n := 1; n <= maxPinSentences; n++ {
		name := "zin" + strconv.Itoa(n)
		if !form.Has(name) {
			break
		}
		s := pinFormSentence{N: n, Text: trimmed(name)}
		keys := slices.Clone(form[name+"bron"])
		if n == target && strings.HasPrefix(form.Get("doe"), "bij") {
			for _, k := range picked {
				if !slices.Contains(keys, k) {
					keys = append(keys, k)
				}
			}
		}
		for _, k := range keys {
			if dropped == "weg/"+name+"/"+k {
				continue
			}
			r, ok := parseReference(k)
			if !ok {
				return f, badForm(errors.New("no passage: " + k))
			}
			refs, of = append(refs, r), append(of, len(f.Sentences))
		}
		f.Sentences = append(f.Sentences, s)
	}
	if len(f.Sentences) == 0 {
		f.Sentences = []pinFormSentence{{N: 1}}
	}
	if n, found := strings.CutPrefix(dropped, "zinweg"); found {
		at, _ := strconv.Atoi(n)
		if at >= 1 && at <= len(f.Sentences) && len(f.Sentences) > 1 {
			f.Sentences = slices.Delete(f.Sentences, at-1, at)
			var keptRefs []corpus.Reference
			var keptOf []int
			for i, s := range of {
				switch {
				case s < at-1:
					keptRefs, keptOf = append(keptRefs, refs[i]), append(keptOf, s)
				case s > at-1:
					keptRefs, keptOf = append(keptRefs, refs[i]), append(keptOf, s-1)
				}
			}
			refs, of = keptRefs, keptOf
			for i := range f.Sentences {
				f.Sentences[i].N = i + 1
			}
		}
	}
	ctx, cancel := v.database()
	defer cancel()
	sources, err := o.editor.Pins.Sources(ctx, refs)
	if err != nil {
		return f, err
	}
	for i, s := range sources {
		to := &f.Sentences[of[i]]
		to.Sources = append(to.Sources, s)
	}
	if strings.HasPrefix(form.Get("doe"), "bij") || strings.HasPrefix(dropped, "weg/") {
		if err := o.find(v, &f); err != nil { // what was found stays on the page
			return f, err
		}
	}
	return f, nil
}

// find looks for passages in the corpus that answers come from.
func (o *Office) find(v *visit, f *pinForm) error {
	if f.Query == "" {
		return nil
	}
	ctx, cancel := v.database()
	defer cancel()
	passages, err := o.editor.Search.Search(ctx, retrieval.Query{Text: f.Query, Lang: dutch.Detect(f.Query), Limit: maxFoundPassages})
	if err != nil {
		return err
	}
	f.Searched = true
	for _, p := range passages {
		found := foundPassage{Passage: p}
		runes := []rune(p.Text)
		for _, span := range dutch.Sentences(p.Text) {
			found.Quotes = append(found.Quotes, PinSource{
				Reference: corpus.Reference{Document: p.Document.ID, Version: p.Version, Page: p.Page, Start: p.Start + span.Start, End: p.Start + span.End},
				Quote:     string(runes[span.Start:span.End]), Title: p.Document.Title, PageLabel: p.PageLabel,
			})
		}
		f.Found = append(f.Found, found)
	}
	return nil
}

// placePin checks all of the form and proposes the answer.
func (o *Office) placePin(v *visit, f pinForm) error {
	wrong := func(field, key string, args ...any) { f.Faults = append(f.Faults, fault{field, v.text(key, args...)}) }
	draft := PinDraft{ID: f.ID, Lang: f.Lang, Note: f.Note}
	seen := make(map[string]bool)
	ctx, cancel := v.database()
	defer cancel()
	for i, q := range append([]string{f.Question}, strings.Split(f.Wordings, "\n")...) {
		q, _ = chat.Mask(strings.TrimSpace(q))
		field := "wordings"
		if i == 0 {
			field = "vraag"
		} else if q == "" {
			continue
		}
		key := answer.PinKey(q, f.Lang)
		switch {
		case key == "":
			wrong(field, "editor.fault.question")
			continue
		case utf8.RuneCountInString(q) > chat.MaxQuestion:
			wrong(field, "editor.fault.long", "max", chat.MaxQuestion)
			continue
		case seen[key]:
			continue // the same question in other order or spelling
		}
		seen[key] = true
		other, err := o.editor.Pins.PinFor(ctx, f.Lang, key)
		if err != nil {
			return err
		}
		if other != 0 && other != f.ID {
			wrong(field, "editor.fault.pinned", "question", q, "pin", other)
		}
		draft.Questions = append(draft.Questions, q)
	}
	if len(draft.Questions) > maxWordings {
		wrong("wordings", "editor.fault.wordings", "max", maxWordings)
	}
	if utf8.RuneCountInString(f.Note) > maxPinNote {
		wrong("notitie", "editor.fault.long", "max", maxPinNote)
	}
	said := 0
	for i := range f.Sentences {
		s := &f.Sentences[i]
		if s.Text == "" && len(s.Sources) == 0 {
			continue
		}
		said++
		placed := PinSentence{Text: strings.Join(strings.Fields(s.Text), " ")}
		var quotes []string
		for _, source := range s.Sources {
			if source.Gone || source.Withdrawn {
				wrong(s.Field(), "editor.fault.source", "title", source.Title)
			}
			placed.Citations = append(placed.Citations, source.Reference)
			quotes = append(quotes, source.Quote)
		}
		switch {
		case placed.Text == "":
			wrong(s.Field(), "editor.fault.empty")
		case utf8.RuneCountInString(placed.Text) > maxPinSentence:
			wrong(s.Field(), "editor.fault.long", "max", maxPinSentence)
		case len(s.Sources) == 0:
			wrong(s.Field(), "editor.fault.no_source")
		case len(s.Sources) > maxPinCitations:
			wrong(s.Field(), "editor.fault.sources", "max", maxPinCitations)
		default:
			if verdict := answer.Verify(placed.Text, strings.Join(quotes, "\n")); !verdict.OK {
				s.Doubt = v.doubt(verdict)
				f.Doubts = true
			}
		}
		draft.Sentences = append(draft.Sentences, placed)
	}
	if said == 0 {
		wrong("zin1", "editor.fault.empty")
	}
	if len(f.Faults) > 0 || f.Doubts && !f.Accepted {
		return o.showPin(v, statusFaulty, f)
	}
	object := "pin:new"
	path := "/vastgelegd"
	if f.ID > 0 {
		object = "pin:" + strconv.FormatInt(f.ID, 10)
		path += "/" + strconv.FormatInt(f.ID, 10)
	}
	return v.propose(KindPin, object, v.text("editor.proposal.pin", "question", draft.Questions[0]), draft, path, "vastgelegd")
}

// doubt is what the check of a sentence against its quotes found, in words.
func (l *locale) doubt(verdict answer.Verdict) string {
	var what []string
	for _, r := range verdict.Reasons {
		said := l.text("editor.doubt." + string(r.Check))
		if !slices.Contains(what, said) {
			what = append(what, said)
		}
	}
	return strings.Join(what, " ")
}

func (o *Office) unpin(v *visit) error {
	id, versions, err := o.thePin(v)
	if err != nil {
		return err
	}
	return v.propose(KindUnpin, "pin:"+v.r.PathValue("pin"), v.text("editor.proposal.unpin", "question", versions[0].Questions[0]),
		PinDraft{ID: id}, "/vastgelegd", "losgemaakt")
}

type scopePage struct {
	Terms   []ScopeItem
	Draft   ScopeDraft
	Faults  []fault
	Tried   bool
	Matched int
	Of      int
	Shown   []string // some of the questions that match
	May     bool
	Done    doneView
}

// FaultOf is what is wrong with a field, or "".
func (p scopePage) FaultOf(field string) string { return faultOf(p.Faults, field) }

func (o *Office) scopeTerms(v *visit) error {
	p := scopePage{Done: v.done()}
	p.Draft.Message = Text{v.text("editor.scope.example_nl"), v.text("editor.scope.example_en")}
	return o.showScope(v, http.StatusOK, p)
}

func (o *Office) showScope(v *visit, status int, p scopePage) error {
	ctx, cancel := v.database()
	defer cancel()
	var err error
	if p.Terms, err = o.editor.Pins.ScopeTerms(ctx); err != nil {
		return err
	}
	p.May = v.may(staff.MayEdit)
	return v.show(status, "pins", "pins_scope", v.text("editor.scope.title"), p)
}

// addScopeTerm tries a term out on the last questions, and saves it once it was tried.
func (o *Office) addScopeTerm(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	trimmed := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	p := scopePage{Draft: ScopeDraft{Phrase: trimmed("woord"), Message: Text{trimmed("bericht_nl"), trimmed("bericht_en")}}}
	key := answer.ScopeKey(p.Draft.Phrase)
	switch {
	case key == "":
		p.Faults = append(p.Faults, fault{"woord", v.text("editor.fault.question")})
	case utf8.RuneCountInString(p.Draft.Phrase) > maxPhrase:
		p.Faults = append(p.Faults, fault{"woord", v.text("editor.fault.long", "max", maxPhrase)})
	}
	for field, text := range map[string]string{"bericht_nl": p.Draft.Message.NL, "bericht_en": p.Draft.Message.EN} {
		if text == "" {
			p.Faults = append(p.Faults, fault{field, v.text("editor.fault.empty")})
		} else if utf8.RuneCountInString(text) > maxNotice {
			p.Faults = append(p.Faults, fault{field, v.text("editor.fault.long", "max", maxNotice)})
		}
	}
	if len(p.Faults) > 0 {
		return o.showScope(v, statusFaulty, p)
	}
	ctx, cancel := v.database()
	defer cancel()
	terms, err := o.editor.Pins.ScopeTerms(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(terms, func(t ScopeItem) bool { return answer.ScopeKey(t.Phrase) == key }) {
		p.Faults = append(p.Faults, fault{"woord", v.text("editor.fault.term")})
		return o.showScope(v, statusFaulty, p)
	}
	if form.Get("doe") == "bewaar" && form.Get("geprobeerd") == key {
		return v.propose(KindScope, "scope:"+p.Draft.Phrase, v.text("editor.proposal.scope", "phrase", p.Draft.Phrase), p.Draft, "/vastgelegd/buiten", "woord")
	}
	questions, err := o.editor.Pins.LastQuestions(ctx, triedQuestions)
	if err != nil {
		return err
	}
	p.Tried, p.Of = true, len(questions)
	term := answer.ScopeTerm{Phrase: p.Draft.Phrase}
	for _, q := range questions {
		if !term.In(q) {
			continue
		}
		if p.Matched++; len(p.Shown) < shownQuestions {
			p.Shown = append(p.Shown, q)
		}
	}
	return o.showScope(v, http.StatusOK, p)
}

// Key is what tells that a term was tried.
func (p scopePage) Key() string { return answer.ScopeKey(p.Draft.Phrase) }

func (o *Office) removeScopeTerm(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(form.Get("id"), 10, 64)
	if err != nil {
		return badForm(err)
	}
	ctx, cancel := v.database()
	defer cancel()
	terms, err := o.editor.Pins.ScopeTerms(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(terms, func(t ScopeItem) bool { return t.ID == id })
	if i < 0 {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such term"}
	}
	return v.propose(KindScopeRemove, "scope:"+terms[i].Phrase, v.text("editor.proposal.scope_remove", "phrase", terms[i].Phrase),
		ScopeDraft{ID: id, Phrase: terms[i].Phrase}, "/vastgelegd/buiten", "woordweg")
}

// asUser is the error for people in err, if there is one.
func asUser(err error) (*corpus.UserError, bool) {
	var user *corpus.UserError
	ok := errors.As(err, &user)
	return user, ok
}
