package office

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// Facts are what the program knows of itself and of how it was set up. They hold no
// secrets.
type Facts struct {
	Operator  string // who runs the website
	Contact   string // an e-mail address or an https address
	PublicURL string // scheme://host; "" when it is not set
	Retention time.Duration
	Program   string // version of the program
	Model     string // language model that writes; "" for extractive answers
	ModelHost string // where it runs
	Embedder  string // embedding model; "" when vectors are trained on the corpus
	EmbedHost string
	Reranker  string // "" for none
	RankHost  string
	SignIn    string // issuer of the provider that staff sign in with; "" for local accounts
	FourEyes  bool
	Masked    []string // kinds of personal data that are masked: bsn, iban, email, phone
}

// Generative reports whether a language model writes the answers.
func (f Facts) Generative() bool { return f.Model != "" }

// Days is how long conversations are kept, in days; 0 is for ever.
func (f Facts) Days() int {
	if f.Retention < 0 {
		return 0
	}
	return int((f.Retention + 24*time.Hour - 1) / (24 * time.Hour))
}

// Hosts are the other computers that questions go to.
func (f Facts) Hosts() []string {
	var all []string
	for _, h := range []string{f.ModelHost, f.EmbedHost, f.RankHost} {
		if h != "" && !contains(all, h) {
			all = append(all, h)
		}
	}
	return all
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// Configuration is with what answers were made.
type Configuration struct {
	ID       string            // names it in answers
	Program  string            // version of the program
	Settings map[string]string // by flag; never a secret
	Prompts  map[string]string // texts by file name; empty for extractive answers
	First    time.Time         // when it was first used
}

// Reconstruction is how an answer came about.
type Reconstruction struct {
	Turn          string
	Question      string // as it is stored: masked
	Lang          string
	Filter        corpus.Filter
	At            time.Time
	Answer        corpus.Answer
	History       []answer.Exchange // what was said before in the conversation, oldest first
	Passages      []PinSource       // what the turn read, best first
	Recorded      bool              // the passages were recorded with the turn
	Configuration *Configuration    // nil: it is not known
	Retention     time.Time         // when the conversation will be deleted; zero: not known
	Corpus        string            // the present state of the corpus
}

// AccountabilityDesk keeps what the account of the service is made from.
type AccountabilityDesk interface {
	// Register is what people said for the Algoritmeregister, by field; the rest is
	// generated.
	Register(ctx context.Context) (map[string]string, error)
	SetRegister(ctx context.Context, by staff.User, said map[string]string) error
	// Reconstruct is how an answer came about, as long as its conversation is kept. An
	// unknown turn, or one without an answer, is an error with corpus.CodeNotFound.
	Reconstruct(ctx context.Context, turn string) (Reconstruction, error)
	// Figures are the numbers of documents that answers come from, and of conversations.
	Figures(ctx context.Context) (documents, conversations int, err error)
}

// Answerer answers a question anew. It is implemented by *answer.Service.
type Answerer interface {
	Answer(ctx context.Context, req answer.Request, emit func(answer.Event) error) (corpus.Answer, error)
}

// againTimeout is for answering a question anew.
const againTimeout = 30 * time.Second

func (o *Office) accountabilityRoutes() []route {
	if o.editor == nil || o.editor.Accountability == nil {
		return nil
	}
	all := []route{
		{"GET", "/verantwoording", staff.MayRead, o.accountability},
		{"GET", "/verantwoording/register", staff.MayRead, o.register},
		{"POST", "/verantwoording/register", staff.MayEdit, o.setRegister},
		{"GET", "/verantwoording/register.json", staff.MayRead, o.registerJSON},
		{"GET", "/verantwoording/register.csv", staff.MayRead, o.registerCSV},
		{"GET", "/verantwoording/tekst/{name}", staff.MayRead, o.accountabilityText},
		{"GET", "/verantwoording/antwoord/{turn}", staff.MayRead, o.reconstruct},
	}
	if o.editor.Answerer != nil {
		all = append(all, route{"POST", "/verantwoording/antwoord/{turn}", staff.MayRead, o.answerAgain})
	}
	return all
}

type accountabilityPage struct {
	Facts         Facts
	Faults        []fault // of the record for the Algoritmeregister
	Documents     int
	Conversations int
	Done          doneView
}

// record is the record for the Algoritmeregister: what people said, and else what the
// program knows.
func (o *Office) record(ctx context.Context) (said map[string]string, r Record, err error) {
	if said, err = o.editor.Accountability.Register(ctx); err != nil {
		return nil, Record{}, err
	}
	r = DraftRecord(o.editor.Facts)
	r.Say(said)
	return said, r, nil
}

func (o *Office) accountability(v *visit) error {
	ctx, cancel := v.database()
	defer cancel()
	_, r, err := o.record(ctx)
	if err != nil {
		return err
	}
	p := accountabilityPage{Facts: o.editor.Facts, Faults: v.recordFaults(r), Done: v.done()}
	if p.Documents, p.Conversations, err = o.editor.Accountability.Figures(ctx); err != nil {
		return err
	}
	return v.page("account", "accountability", v.text("editor.account.title"), p)
}

// registerField is a field of the record as the form shows it.
type registerField struct {
	RecordField
	Value string
	Said  bool // by people; else it is generated
	Fault string
}

// Checked reports whether a choice of a list is made.
func (f registerField) Checked(choice string) bool { return contains(recordLines(f.Value), choice) }

// Count is the number of characters.
func (f registerField) Count() int { return len([]rune(f.Value)) }

type registerPage struct {
	Groups []registerGroup
	Faults []registerField
	May    bool
}

type registerGroup struct {
	Title  string
	Fields []registerField
}

func (v *visit) recordFaults(r Record) []fault {
	var out []fault
	for _, f := range r.Validate() {
		out = append(out, fault{f.Field, v.recordFault(f)})
	}
	return out
}

// recordFault is what is wrong with a field, in words.
func (l *locale) recordFault(f RecordFault) string {
	return l.text("editor.register.fault_"+f.Kind, "field", l.text("editor.register.field_"+f.Field), "max", f.Max, "value", f.Value)
}

func (o *Office) register(v *visit) error {
	ctx, cancel := v.database()
	defer cancel()
	said, r, err := o.record(ctx)
	if err != nil {
		return err
	}
	return o.showRegister(v, http.StatusOK, said, r)
}

func (o *Office) showRegister(v *visit, status int, said map[string]string, r Record) error {
	p := registerPage{May: v.may(staff.MayEdit)}
	faults := r.Validate()
	for _, f := range RecordFields() {
		_, by := said[f.Name]
		shown := registerField{RecordField: f, Value: r[f.Name], Said: by}
		for _, wrong := range faults {
			if wrong.Field == f.Name && shown.Fault == "" {
				shown.Fault = v.recordFault(wrong)
				p.Faults = append(p.Faults, shown)
			}
		}
		if n := len(p.Groups); n == 0 || p.Groups[n-1].Title != v.text("editor.register.group_"+f.Group) {
			p.Groups = append(p.Groups, registerGroup{Title: v.text("editor.register.group_" + f.Group)})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Fields = append(g.Fields, shown)
	}
	return v.show(status, "account", "accountability_register", v.text("editor.register.title"), p)
}

// setRegister keeps what differs from what the program would say by itself, also when
// something is wrong with it: a record is written over days.
func (o *Office) setRegister(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	ctx, cancel := v.database()
	defer cancel()
	generated := DraftRecord(o.editor.Facts)
	said := make(map[string]string)
	for _, f := range RecordFields() {
		if f.Fixed || !form.Has(f.Name) && len(f.Choices) == 0 {
			continue
		}
		value := strings.ReplaceAll(strings.TrimSpace(strings.Join(form[f.Name], "\n")), "\r\n", "\n")
		if len(value) > 4*maxRecordText {
			return &corpus.UserError{Code: corpus.CodeTooLong, Message: f.Name}
		}
		if value != generated[f.Name] {
			said[f.Name] = value
		}
	}
	if err := o.editor.Accountability.SetRegister(ctx, v.user, said); err != nil {
		return err
	}
	return v.to("/verantwoording?gedaan=verantwoording")
}

// exported is the record for whoever downloads it; one with faults is refused with what
// is wrong, unless the address asks for it as it is.
func (o *Office) exported(v *visit) (Record, bool, error) {
	ctx, cancel := v.database()
	defer cancel()
	said, r, err := o.record(ctx)
	if err != nil {
		return nil, false, err
	}
	if len(r.Validate()) > 0 && !v.r.URL.Query().Has("concept") {
		return nil, false, o.showRegister(v, statusFaulty, said, r)
	}
	return r, true, nil
}

func (o *Office) registerJSON(v *visit) error {
	r, ok, err := o.exported(v)
	if err != nil || !ok {
		return err
	}
	content, err := json.MarshalIndent(r.Object(), "", "  ")
	if err != nil {
		return fmt.Errorf("writing the record: %w", err)
	}
	return v.file("algoritmeregister.json", "application/json; charset=utf-8", append(content, '\n'))
}

func (o *Office) registerCSV(v *visit) error {
	r, ok, err := o.exported(v)
	if err != nil || !ok {
		return err
	}
	content, err := r.CSV()
	if err != nil {
		return fmt.Errorf("writing the record: %w", err)
	}
	return v.file("algoritmeregister.csv", csvType, content)
}

// accountabilityText is a text of the account as Markdown or for Word, by its file name.
func (o *Office) accountabilityText(v *visit) error {
	name, kind, _ := strings.Cut(v.r.PathValue("name"), ".")
	ctx, cancel := v.database()
	defer cancel()
	documents, _, err := o.editor.Accountability.Figures(ctx)
	if err != nil {
		return err
	}
	text, err := accountabilityText(name, o.editor.Facts, documents, time.Now().In(v.zone))
	if err != nil {
		return err
	}
	switch kind {
	case "md":
		return v.file(name+".md", "text/markdown; charset=utf-8", []byte(text))
	case "docx":
		content, err := markdownDOCX(text)
		if err != nil {
			return fmt.Errorf("writing %s for Word: %w", name, err)
		}
		return v.file(name+".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", content)
	}
	return &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such text"}
}

type reconstructionPage struct {
	Reconstruction
	Outcome   string
	Unchanged bool // the corpus is in the state that the answer was made from
	CanRepeat bool // an extractive answer, and nobody wrote it
	Again     *againView
	May       bool // correct the answer
	Settings  []settingView
	Prompts   []settingView
}

type settingView struct{ Name, Value string }

// againView is what came of answering the question anew.
type againView struct {
	Same    bool
	Outcome string
	Words   []evaluate.Edit // against the answer that was given
}

func (o *Office) reconstruct(v *visit) error { return o.showReconstruction(v, false) }

// answerAgain answers the question anew and lays the answer beside the one given.
func (o *Office) answerAgain(v *visit) error { return o.showReconstruction(v, true) }

func (o *Office) showReconstruction(v *visit, again bool) error {
	ctx, cancel := v.database()
	defer cancel()
	r, err := o.editor.Accountability.Reconstruct(ctx, v.r.PathValue("turn"))
	if err != nil {
		return err
	}
	p := reconstructionPage{Reconstruction: r, Outcome: v.statusText(r.Answer.Status), May: v.may(staff.MayEdit) && o.editor.Pins != nil}
	p.Unchanged = r.Answer.Corpus == r.Corpus
	p.CanRepeat = o.editor.Answerer != nil && r.Answer.Model == answer.ModelExtractive && !r.Answer.Stopped
	if c := r.Configuration; c != nil {
		p.Settings, p.Prompts = sorted(c.Settings), sorted(c.Prompts)
	}
	if again && p.CanRepeat {
		asking, cancel := context.WithTimeout(v.r.Context(), againTimeout)
		defer cancel()
		a, err := o.editor.Answerer.Answer(asking, answer.Request{
			ID: r.Turn, Question: r.Question, Lang: r.Lang, Filter: r.Filter, History: r.History,
		}, nil)
		if err != nil {
			return err
		}
		p.Again = &againView{
			Same: sameAnswer(r.Answer, a), Outcome: v.statusText(a.Status),
			Words: evaluate.DiffWords(strings.Fields(r.Answer.Text), strings.Fields(a.Text), " "),
		}
	}
	return v.page("account", "accountability_answer", v.text("editor.answer.title"), p)
}

// sameAnswer reports whether two answers say the same from the same places.
func sameAnswer(a, b corpus.Answer) bool {
	if a.Status != b.Status || a.Text != b.Text || len(a.Citations) != len(b.Citations) {
		return false
	}
	for i := range a.Citations {
		if a.Citations[i].URL != b.Citations[i].URL || a.Citations[i].Quote != b.Citations[i].Quote {
			return false
		}
	}
	return true
}
