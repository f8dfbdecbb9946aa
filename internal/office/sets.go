package office

import (
	"bytes"
	"cmp"
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

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// Evaluation is what the pages need on which question sets are kept, asked and compared.
type Evaluation struct {
	Sets    SetStore
	Runs    RunStore
	Judged  JudgedStore     // nil: no cases are made of judgements
	Engine  evaluate.Engine // asks while a case is written
	Demo    []DemoSet       // sets that come with the program
	Choices RunChoices
}

// SetStore keeps question sets. What is not there is evaluate.ErrNoSet or ErrNoCase; every
// metricRow is in the log of changes.
type SetStore interface {
	// Sets are all sets by name.
	Sets(ctx context.Context) ([]evaluate.Set, error)
	Set(ctx context.Context, id int64) (evaluate.Set, error)
	// Cases are those of a version in order.
	Cases(ctx context.Context, version int64) ([]evaluate.Case, error)
	// Make makes a set with an empty draft; evaluate.ErrSetNamed when the name is taken.
	Make(ctx context.Context, by staff.User, name, about string) (int64, error)
	Describe(ctx context.Context, by staff.User, set int64, name, about string) error
	// Delete deletes a set of which no version was used, else evaluate.ErrSetUsed.
	Delete(ctx context.Context, by staff.User, set int64) error
	// Import puts cases into the draft: new ones at the end, others in the place of those
	// with the same id. With replace the draft holds them alone, in their order.
	Import(ctx context.Context, by staff.User, set int64, cases []evaluate.Case, replace bool) (Imported, error)
	// Save puts a case into the draft in the place of the one with id was; "" adds it.
	Save(ctx context.Context, by staff.User, set int64, was string, c evaluate.Case) error
	Remove(ctx context.Context, by staff.User, set int64, id string) error
}

// Imported counts what an import did to the cases of a set.
type Imported struct{ Added, Changed, Same, Removed int }

// JudgedStore finds judged answers.
type JudgedStore interface {
	Judged(ctx context.Context, judgement int64) (evaluate.Judged, error)
}

// DemoSet is a set that comes with the program.
type DemoSet struct {
	Name, About, File string
	Lines             []byte
}

const (
	setsPath = "/vragenlijsten"
	// casesAPage is how many cases a page shows.
	casesAPage = 50
	// tryTimeout bounds what is asked while a case is written.
	tryTimeout = 60 * time.Second
)

func (o *Office) setRoutes() []route {
	if o.evaluation == nil {
		return nil
	}
	return []route{
		{"GET", setsPath, staff.MayRead, o.sets},
		{"POST", setsPath, staff.MayEdit, o.makeSet},
		{"GET", setsPath + "/geval", staff.MayEdit, o.judgedCase},
		{"POST", setsPath + "/geval", staff.MayEdit, o.judgedCase},
		{"GET", setsPath + "/{set}", staff.MayRead, o.set},
		{"POST", setsPath + "/{set}", staff.MayEdit, o.ofSet(o.changeSet)},
		{"GET", setsPath + "/{set}/export", staff.MayRead, o.exportSet},
		{"POST", setsPath + "/{set}/import", staff.MayEdit, o.importSet},
		{"GET", setsPath + "/{set}/geval", staff.MayRead, o.ofSet(o.setCase)},
		{"POST", setsPath + "/{set}/geval", staff.MayEdit, o.ofSet(o.saveCase)},
	}
}

func setPath(id int64) string { return fmt.Sprintf("%s/%d", setsPath, id) }

func casePath(set int64, id string) string {
	return setPath(set) + "/geval?id=" + url.QueryEscape(id)
}

// dayText is a day as people here write it.
func (l *locale) dayText(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return t.Format("02-01-2006")
}

// setsPage is the list of sets.
type setsPage struct {
	Sets  []setRow
	Demo  []DemoSet // that are not there yet
	May   bool
	Error string
	Name  string
	About string
	Max   int
}

type setRow struct {
	URL, Name, About, State string
	Cases                   int
	Version                 int
	Last                    *runRow
}

func (o *Office) sets(v *visit) error { return o.showSets(v, http.StatusOK, setsPage{}) }

func (o *Office) showSets(v *visit, status int, p setsPage) error {
	ctx, stop := v.database()
	defer stop()
	sets, err := o.evaluation.Sets.Sets(ctx)
	if err != nil {
		return err
	}
	runs, err := o.evaluation.Runs.Runs(ctx, 0, maxRuns)
	if err != nil {
		return err
	}
	p.May, p.Max = v.may(staff.MayEdit), evaluate.MaxSetName
	for _, s := range sets {
		newest := s.Newest()
		row := setRow{URL: v.url(setPath(s.ID)), Name: s.Name, About: s.About, Cases: newest.Cases, Version: newest.Number, State: v.versionState(newest)}
		if i := slices.IndexFunc(runs, func(r evaluate.Run) bool { return r.Set == s.ID && r.State == evaluate.RunDone }); i >= 0 {
			last := v.runRow(runs[i])
			row.Last = &last
		}
		p.Sets = append(p.Sets, row)
	}
	for _, d := range o.evaluation.Demo {
		if !slices.ContainsFunc(sets, func(s evaluate.Set) bool { return strings.EqualFold(s.Name, d.Name) }) {
			p.Demo = append(p.Demo, d)
		}
	}
	return v.show(status, "sets", "sets", v.text("sets.title"), p)
}

func (v *visit) versionState(s evaluate.SetVersion) string {
	if s.Draft() {
		return v.text("sets.draft")
	}
	return v.text("sets.used", "when", v.when(s.Used))
}

// makeSet makes an empty set, or those that come with the program.
func (o *Office) makeSet(v *visit) error {
	ctx, stop := v.database()
	defer stop()
	if v.r.PostFormValue("doe") == "demo" {
		return o.importDemo(ctx, v)
	}
	name, about := strings.TrimSpace(v.r.PostFormValue("naam")), strings.TrimSpace(v.r.PostFormValue("over"))
	fault := v.nameFault(name, about)
	var id int64
	if fault == "" {
		var err error
		id, err = o.evaluation.Sets.Make(ctx, v.user, name, about)
		if errors.Is(err, evaluate.ErrSetNamed) {
			fault = v.text("sets.fault_named")
		} else if err != nil {
			return err
		}
	}
	if fault != "" {
		return o.showSets(v, http.StatusUnprocessableEntity, setsPage{Error: fault, Name: name, About: about})
	}
	return v.to(setPath(id))
}

// nameFault is what is wrong with the name of a set or what is said of it.
func (v *visit) nameFault(name, about string) string {
	switch {
	case name == "" || utf8.RuneCountInString(name) > evaluate.MaxSetName:
		return v.text("sets.fault_name", "n", evaluate.MaxSetName)
	case utf8.RuneCountInString(about) > evaluate.MaxSetAbout:
		return v.text("sets.fault_about", "n", evaluate.MaxSetAbout)
	}
	return ""
}

func (o *Office) importDemo(ctx context.Context, v *visit) error {
	for _, d := range o.evaluation.Demo {
		if _, err := ImportDemo(ctx, o.evaluation.Sets, v.user, d); err != nil && !errors.Is(err, evaluate.ErrSetNamed) {
			return err
		}
	}
	return v.to(setsPath)
}

// ImportDemo makes a set of one that comes with the program; evaluate.ErrSetNamed when
// there is one of its name.
func ImportDemo(ctx context.Context, store SetStore, by staff.User, d DemoSet) (int64, error) {
	origin := evaluate.OriginOn(evaluate.OriginFile, time.Now())
	origin.File = d.File
	cases, err := evaluate.ReadCases(bytes.NewReader(d.Lines), origin)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", d.File, err)
	}
	id, err := store.Make(ctx, by, d.Name, d.About)
	if err != nil {
		return 0, err
	}
	_, err = store.Import(ctx, by, id, cases, true)
	return id, err
}

// setPage is a set with the cases of one version.
type setPage struct {
	ID       int64
	URL      string
	Name     string
	About    string
	Number   int
	State    string
	Draft    bool
	Newest   bool
	May      bool
	Versions []versionRow
	Cases    []caseRow
	All      int // cases of the version
	Found    int // that the filter lets through
	Pages    []pageLink
	Filter   setFilter
	Tags     []string
	Kinds    []string
	Origins  []setOption
	NewCase  string
	Export   string
	Runs     []runRow
	Start    startForm
	Usable   bool // may be deleted
	Error    string
	Said     string
	Faults   []string
	Pasted   string
	MaxName  int
}

type versionRow struct {
	URL, State    string
	Number, Cases int
	Here          bool
}

type caseRow struct {
	URL, ID, Question, Kind, Origin string
	Tags                            []string
	Answerable                      bool
}

type pageLink struct {
	URL  string
	N    int
	Here bool
}

type setOption struct {
	Value, Text string
	Chosen      bool
}

// setFilter is which cases are shown.
type setFilter struct{ Words, Tag, Kind, Origin string }

func (f setFilter) lets(c evaluate.Case) bool {
	if f.Tag != "" && !slices.Contains(c.Tags, f.Tag) || f.Kind != "" && c.Kind != f.Kind {
		return false
	}
	if f.Origin != "" && (c.Origin == nil || string(c.Origin.Kind) != f.Origin) {
		return false
	}
	text := strings.ToLower(c.ID + " " + c.Question.Question)
	for word := range strings.FieldsSeq(strings.ToLower(f.Words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// theSet is the set of the address.
func (o *Office) theSet(ctx context.Context, v *visit) (evaluate.Set, error) {
	id, err := strconv.ParseInt(v.r.PathValue("set"), 10, 64)
	if err != nil || id <= 0 {
		return evaluate.Set{}, evaluate.ErrNoSet
	}
	return o.evaluation.Sets.Set(ctx, id)
}

// ofSet serves a page of the set of the address.
func (o *Office) ofSet(serve func(context.Context, *visit, evaluate.Set) error) func(*visit) error {
	return func(v *visit) error {
		ctx, stop := v.database()
		defer stop()
		s, err := o.theSet(ctx, v)
		if err != nil {
			return err
		}
		return serve(ctx, v, s)
	}
}

// theVersion is the version of the address, the newest when it names none.
func (v *visit) theVersion(s evaluate.Set) (evaluate.SetVersion, error) {
	asked := v.r.FormValue("versie")
	if asked == "" {
		return s.Newest(), nil
	}
	n, err := strconv.Atoi(asked)
	if version, ok := s.Version(n); err == nil && ok {
		return version, nil
	}
	return evaluate.SetVersion{}, evaluate.ErrNoSet
}

// theCases are the cases of the version of the address.
func (o *Office) theCases(ctx context.Context, v *visit) (s evaluate.Set, version evaluate.SetVersion, cases []evaluate.Case, err error) {
	if s, err = o.theSet(ctx, v); err != nil {
		return s, version, nil, err
	}
	if version, err = v.theVersion(s); err != nil {
		return s, version, nil, err
	}
	cases, err = o.evaluation.Sets.Cases(ctx, version.ID)
	return s, version, cases, err
}

func (o *Office) set(v *visit) error { return o.showSet(v, http.StatusOK, setPage{Said: v.imported()}) }

// imported tells what an import did, as the address that followed it has it.
func (v *visit) imported() string {
	var in Imported
	if _, err := fmt.Sscanf(v.r.URL.Query().Get("ingelezen"), importedForm, &in.Added, &in.Changed, &in.Same, &in.Removed); err != nil {
		return ""
	}
	return v.text("sets.imported", "added", in.Added, "changed", in.Changed, "same", in.Same, "removed", in.Removed)
}

// importedForm is how an address has what an import did: added, changed, same, removed.
const importedForm = "%d-%d-%d-%d"

func (o *Office) showSet(v *visit, status int, p setPage) error {
	ctx, stop := v.database()
	defer stop()
	s, version, cases, err := o.theCases(ctx, v)
	if err != nil {
		return err
	}
	runs, err := o.evaluation.Runs.Runs(ctx, s.ID, 5)
	if err != nil {
		return err
	}
	p.ID, p.URL, p.Name, p.About = s.ID, v.url(setPath(s.ID)), s.Name, s.About
	p.Number, p.State, p.Draft, p.Newest = version.Number, v.versionState(version), version.Draft(), version.ID == s.Newest().ID
	p.May, p.MaxName, p.All = v.may(staff.MayEdit), evaluate.MaxSetName, len(cases)
	p.Export = v.url(fmt.Sprintf("%s/export?versie=%d", setPath(s.ID), version.Number))
	p.NewCase = v.url(setPath(s.ID) + "/geval")
	p.Usable = !slices.ContainsFunc(s.Versions, func(w evaluate.SetVersion) bool { return !w.Draft() })
	for _, w := range s.Versions {
		p.Versions = append(p.Versions, versionRow{
			URL: v.url(fmt.Sprintf("%s?versie=%d", setPath(s.ID), w.Number)), Number: w.Number, Cases: w.Cases, State: v.versionState(w), Here: w.ID == version.ID,
		})
	}
	p.Runs = v.runRows(runs)
	p.Start = o.startForm(v, s.ID, version.Number)
	v.listCases(&p, cases)
	return v.show(status, "sets", "set", s.Name, p)
}

// listCases fills in the cases that the filter of the address lets through.
func (v *visit) listCases(p *setPage, cases []evaluate.Case) {
	query := v.r.URL.Query()
	p.Filter = setFilter{Words: query.Get("q"), Tag: query.Get("tag"), Kind: query.Get("soort"), Origin: query.Get("herkomst")}
	var found []evaluate.Case
	for _, c := range cases {
		p.Tags = append(p.Tags, c.Tags...)
		p.Kinds = append(p.Kinds, c.Kind)
		if p.Filter.lets(c) {
			found = append(found, c)
		}
	}
	p.Tags, p.Kinds = sortedOnce(p.Tags), sortedOnce(p.Kinds)
	for _, kind := range []evaluate.OriginKind{evaluate.OriginFile, evaluate.OriginHand, evaluate.OriginJudgement} {
		p.Origins = append(p.Origins, setOption{string(kind), v.text("sets.origin_" + string(kind)), p.Filter.Origin == string(kind)})
	}
	p.Found = len(found)
	at, _ := strconv.Atoi(query.Get("pagina"))
	last := max((len(found)+casesAPage-1)/casesAPage, 1)
	at = min(max(at, 1), last)
	for n := 1; n <= last && last > 1; n++ {
		query.Set("pagina", strconv.Itoa(n))
		p.Pages = append(p.Pages, pageLink{v.r.URL.Path + "?" + query.Encode(), n, n == at})
	}
	for _, c := range found[(at-1)*casesAPage : min(at*casesAPage, len(found))] {
		p.Cases = append(p.Cases, caseRow{
			URL: v.url(fmt.Sprintf("%s&versie=%d", casePath(p.ID, c.ID), p.Number)), ID: c.ID, Question: c.Question.Question, Kind: c.Kind, Tags: c.Tags,
			Answerable: c.Answerable, Origin: v.originText(c.Origin),
		})
	}
}

// sortedOnce sorts words, each once and none empty.
func sortedOnce(words []string) []string {
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(s string) bool { return s == "" })
}

func (v *visit) originText(o *evaluate.Origin) string {
	if o == nil {
		return ""
	}
	switch o.Kind {
	case evaluate.OriginJudgement:
		return v.text("sets.from_judgement", "n", o.Judgement, "day", v.dayText(o.Date))
	case evaluate.OriginFile:
		return v.text("sets.from_file", "file", cmp.Or(o.File, "-"), "day", v.dayText(o.Date))
	default:
		return v.text("sets.from_hand", "day", v.dayText(o.Date))
	}
}

// changeSet changes name and description of a set, or deletes it.
func (o *Office) changeSet(ctx context.Context, v *visit, s evaluate.Set) error {
	if v.r.PostFormValue("doe") == "weg" {
		err := o.evaluation.Sets.Delete(ctx, v.user, s.ID)
		if errors.Is(err, evaluate.ErrSetUsed) {
			return o.showSet(v, http.StatusConflict, setPage{Error: v.text("sets.fault_used")})
		}
		if err != nil {
			return err
		}
		return v.to(setsPath)
	}
	name, about := strings.TrimSpace(v.r.PostFormValue("naam")), strings.TrimSpace(v.r.PostFormValue("over"))
	fault := v.nameFault(name, about)
	if fault == "" {
		err := o.evaluation.Sets.Describe(ctx, v.user, s.ID, name, about)
		if errors.Is(err, evaluate.ErrSetNamed) {
			fault = v.text("sets.fault_named")
		} else if err != nil {
			return err
		}
	}
	if fault != "" {
		return o.showSet(v, http.StatusUnprocessableEntity, setPage{Error: fault})
	}
	return v.to(setPath(s.ID))
}

// exportSet sends a version as JSON Lines.
func (o *Office) exportSet(v *visit) error {
	ctx, stop := v.database()
	defer stop()
	s, version, cases, err := o.theCases(ctx, v)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := evaluate.WriteCases(&b, cases); err != nil {
		return err
	}
	return v.file(fmt.Sprintf("vragenlijst-%d-v%d.jsonl", s.ID, version.Number), "application/jsonl", b.Bytes())
}

// importSet puts a file, or lines that were pasted, into the draft. With a mistake in any
// line nothing is put in, and what was pasted stays in the form.
func (o *Office) importSet(v *visit) error {
	content, name, err := v.uploaded()
	if err != nil {
		return err
	}
	pasted := ""
	if content == nil {
		pasted = v.r.FormValue("regels")
		content = []byte(pasted)
	}
	origin := evaluate.OriginOn(evaluate.OriginFile, time.Now().In(v.zone))
	origin.File = clip(name)
	cases, err := evaluate.ReadCases(bytes.NewReader(content), origin)
	var faults evaluate.LineFaults
	if errors.As(err, &faults) {
		p := setPage{Error: v.text("sets.fault_file", "n", len(faults)), Pasted: pasted}
		for i, f := range faults {
			if i == maxFaults {
				p.Faults = append(p.Faults, v.text("sets.more_faults", "n", len(faults)-i))
				break
			}
			p.Faults = append(p.Faults, v.text("sets.line", "n", f.Line)+": "+v.faultText(f.Fault))
		}
		return o.showSet(v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(v.r.Context(), importTimeout)
	defer stop()
	s, err := o.theSet(ctx, v)
	if err != nil {
		return err
	}
	in, err := o.evaluation.Sets.Import(ctx, v.user, s.ID, cases, v.r.FormValue("hoe") == "vervang")
	if errors.Is(err, evaluate.ErrSetFull) {
		return o.showSet(v, http.StatusUnprocessableEntity, setPage{Error: v.text("sets.fault_many"), Pasted: pasted})
	}
	if err != nil {
		return err
	}
	return v.to(setPath(s.ID) + fmt.Sprintf("?ingelezen="+importedForm, in.Added, in.Changed, in.Same, in.Removed))
}

const (
	// maxFaults is how many mistakes of a file are shown.
	maxFaults = 50
	// importTimeout is for putting ten thousand cases in.
	importTimeout = time.Minute
)

// faultText says what is wrong with a case and what to do.
func (v *visit) faultText(f *evaluate.Fault) string {
	return v.text("sets.case_fault."+string(f.Code), "what", f.Detail)
}

// caseForm is the form of one case.
type caseForm struct {
	Set        int64
	SetName    string
	Back       string
	Action     string
	Sets       []setOption // to choose from, for a case of a judgement
	Was        string
	ID         string
	Lang       string
	Question   string
	Answerable bool
	Expect     string
	Cite       string
	Sources    string
	Tags       string
	Kind       string
	Origin     string
	Judgement  int64
	Masked     bool // personal data was taken out of the question
	May        bool
	Used       bool // an older version: to look at only
	NextDraft  bool // keeping it makes the next version
	Error      string
	Tried      *tried
	Agree      bool // they confirmed that nobody is named
}

// tried is what the service answers now.
type tried struct {
	Right    bool
	Why      string
	Status   string
	Text     string
	Quotes   []string
	Retrieve string // whether the passages held it
}

// setCase is the form of a case, or of a new one.
func (o *Office) setCase(ctx context.Context, v *visit, s evaluate.Set) error {
	f := caseForm{Lang: "nl", Answerable: true}
	if id := v.r.FormValue("id"); id != "" {
		version, err := v.theVersion(s)
		if err != nil {
			return err
		}
		c, err := o.caseIn(ctx, version, id)
		if err != nil {
			return err
		}
		f = v.formOf(c)
		f.Was, f.Used = c.ID, version.ID != s.Newest().ID
	} else if !v.may(staff.MayEdit) {
		return errForbidden
	}
	return o.showCase(v, http.StatusOK, s, f)
}

func (o *Office) caseIn(ctx context.Context, version evaluate.SetVersion, id string) (evaluate.Case, error) {
	cases, err := o.evaluation.Sets.Cases(ctx, version.ID)
	if err != nil {
		return evaluate.Case{}, err
	}
	i := slices.IndexFunc(cases, func(c evaluate.Case) bool { return c.ID == id })
	if i < 0 {
		return evaluate.Case{}, evaluate.ErrNoCase
	}
	return cases[i], nil
}

func (o *Office) showCase(v *visit, status int, s evaluate.Set, f caseForm) error {
	f.Set, f.SetName, f.Back = s.ID, s.Name, v.url(setsPath)
	if s.ID != 0 {
		f.Back = v.url(setPath(s.ID))
	}
	if f.Action == "" {
		f.Action = v.url(setPath(s.ID) + "/geval")
	}
	f.May = v.may(staff.MayEdit) && !f.Used
	f.NextDraft = s.ID != 0 && !s.Newest().Draft()
	title := v.text("sets.case_new")
	if f.Was != "" {
		title = v.text("sets.case_title", "id", f.Was)
	}
	return v.show(status, "sets", "set_case", title, f)
}

// between divides the expressions of a group on one line.
const between = " | "

// formOf fills the form with a case.
func (v *visit) formOf(c evaluate.Case) caseForm {
	f := caseForm{
		ID: c.ID, Lang: c.Lang, Question: c.Question.Question, Answerable: c.Answerable, Expect: groupLines(c.Expect), Cite: groupLines(c.Cite),
		Tags: strings.Join(c.Tags, ", "), Kind: c.Kind, Origin: v.originText(c.Origin),
	}
	var sources []string
	for _, s := range c.Sources {
		line := s.Document
		if s.Page != 0 {
			line = fmt.Sprintf("%s, %d", s.Document, s.Page)
		}
		sources = append(sources, line)
	}
	f.Sources = strings.Join(sources, "\n")
	if c.Origin != nil {
		f.Judgement = c.Origin.Judgement
	}
	return f
}

// groupLines writes a group on a line. What would not come back the same is written in
// another way that matches the same.
func groupLines(groups [][]string) string {
	lines := make([]string, len(groups))
	for i, g := range groups {
		patterns := make([]string, len(g))
		for j, p := range g {
			p = strings.NewReplacer("\r", `\r`, "\n", `\n`, between, `\x20|\x20`).Replace(p)
			if strings.HasPrefix(p, " ") {
				p = `\x20` + p[1:]
			}
			if strings.HasSuffix(p, " ") {
				p = p[:len(p)-1] + `\x20`
			}
			patterns[j] = p
		}
		lines[i] = strings.Join(patterns, between)
	}
	return strings.Join(lines, "\n")
}

func groupsOf(text string) [][]string {
	var groups [][]string
	for line := range strings.Lines(text) {
		var g []string
		for p := range strings.SplitSeq(strings.TrimSpace(line), between) {
			if p = strings.TrimSpace(p); p != "" {
				g = append(g, p)
			}
		}
		if len(g) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// posted is the case of the form that was sent.
func (v *visit) posted() (evaluate.Case, caseForm) {
	get := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	f := caseForm{
		Was: v.r.PostFormValue("was"), ID: get("id"), Lang: get("taal"), Question: get("vraag"), Answerable: get("beantwoordbaar") != "nee",
		Expect: get("verwacht"), Cite: get("citaat"), Sources: get("bronnen"), Tags: get("tags"), Kind: get("soort"),
		Agree: get("akkoord") != "",
	}
	f.Judgement, _ = strconv.ParseInt(get("oordeel"), 10, 64)
	c := evaluate.Case{Question: evaluate.Question{
		ID: f.ID, Lang: f.Lang, Question: f.Question, Answerable: f.Answerable, Expect: groupsOf(f.Expect), Cite: groupsOf(f.Cite), Kind: f.Kind,
	}}
	for tag := range strings.SplitSeq(f.Tags, ",") {
		if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(c.Tags, tag) {
			c.Tags = append(c.Tags, tag)
		}
	}
	for line := range strings.Lines(f.Sources) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		s := evaluate.Source{Document: line}
		if i := strings.LastIndexByte(line, ','); i > 0 {
			if page, err := strconv.Atoi(strings.TrimSpace(line[i+1:])); err == nil && page > 0 {
				s = evaluate.Source{Document: strings.TrimSpace(line[:i]), Page: page}
			}
		}
		c.Sources = append(c.Sources, s)
	}
	return c, f
}

// saveCase keeps a case, tries it, or takes it away.
func (o *Office) saveCase(ctx context.Context, v *visit, s evaluate.Set) error {
	if v.r.PostFormValue("doe") == "weg" {
		if err := o.evaluation.Sets.Remove(ctx, v.user, s.ID, v.r.PostFormValue("was")); err != nil {
			return err
		}
		return v.to(setPath(s.ID))
	}
	c, f := v.posted()
	if f.Was != "" { // what the form does not show stays
		was, err := o.caseIn(ctx, s.Newest(), f.Was)
		if err != nil {
			return err
		}
		c.Origin, c.Notes, f.Origin = was.Origin, was.Notes, v.originText(was.Origin)
		f.Judgement = 0
		if was.Origin != nil {
			f.Judgement = was.Origin.Judgement
		}
	}
	return o.keepCase(ctx, v, s, c, f)
}

// keepCase keeps or tries a case that was sent.
func (o *Office) keepCase(ctx context.Context, v *visit, s evaluate.Set, c evaluate.Case, f caseForm) error {
	if c.Origin == nil {
		origin := evaluate.OriginOn(evaluate.OriginHand, time.Now().In(v.zone))
		c.Origin = &origin
	}
	if c.ID == "" {
		c.ID = newCaseID()
		f.ID = c.ID
	}
	if err := c.Check(); err != nil {
		var fault *evaluate.Fault
		if !errors.As(err, &fault) {
			return err
		}
		f.Error = v.faultText(fault)
		return o.showCase(v, http.StatusUnprocessableEntity, s, f)
	}
	if v.r.PostFormValue("doe") == "probeer" {
		result, err := o.try(v, c)
		if err != nil {
			return err
		}
		f.Tried = &result
		return o.showCase(v, http.StatusOK, s, f)
	}
	if c.Origin.Kind == evaluate.OriginJudgement && !f.Agree {
		f.Error = v.text("sets.fault_agree")
		return o.showCase(v, http.StatusUnprocessableEntity, s, f)
	}
	if s.ID == 0 {
		f.Error = v.text("sets.fault_choose")
		return o.showCase(v, http.StatusUnprocessableEntity, s, f)
	}
	err := o.evaluation.Sets.Save(ctx, v.user, s.ID, f.Was, c)
	var fault *evaluate.Fault
	switch {
	case errors.As(err, &fault):
		f.Error = v.faultText(fault)
		return o.showCase(v, http.StatusUnprocessableEntity, s, f)
	case errors.Is(err, evaluate.ErrSetFull):
		f.Error = v.text("sets.fault_many")
		return o.showCase(v, http.StatusUnprocessableEntity, s, f)
	case err != nil:
		return err
	}
	return v.to(setPath(s.ID))
}

// newCaseID is an id for a case that was written without one.
func newCaseID() string { return "vraag-" + strconv.FormatInt(time.Now().UnixMilli(), 36) }

// try asks the service now, as it is configured.
func (o *Office) try(v *visit, c evaluate.Case) (tried, error) {
	ctx, stop := context.WithTimeout(v.r.Context(), tryTimeout)
	defer stop()
	answerer, _, err := o.evaluation.Engine.Configure(ctx, evaluate.Settings{})
	if err != nil {
		return tried{}, err
	}
	result, err := evaluate.RunAnswers(ctx, []evaluate.Question{c.Question}, evaluate.AnswersConfig{Answerer: answerer, Timeout: tryTimeout})
	if err != nil {
		return tried{}, fmt.Errorf("trying a case: %w", err)
	}
	got := result.Cases[0]
	t := tried{
		Right: got.Right(), Why: v.whyText(got), Status: v.statusText(got.Status), Text: got.Text, Quotes: got.Quotes,
	}
	if got.Retrieved != nil && got.Answerable && !t.Right {
		t.Retrieve = v.text("sets.try_not_found")
		if *got.Retrieved {
			t.Retrieve = v.text("sets.try_found")
		}
	}
	return t, nil
}

// judgedCase makes a case of a judged answer: first the form with what is proposed, then
// what the editor made of it.
func (o *Office) judgedCase(v *visit) error {
	if o.evaluation.Judged == nil {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "there are no judgements"}
	}
	judgement, err := strconv.ParseInt(cmp.Or(v.r.FormValue("oordeel"), v.r.FormValue("judgement")), 10, 64)
	if err != nil || judgement <= 0 {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "no judgement is named"}
	}
	ctx, stop := v.database()
	defer stop()
	judged, err := o.evaluation.Judged.Judged(ctx, judgement)
	if err != nil {
		return err
	}
	sets, err := o.evaluation.Sets.Sets(ctx)
	if err != nil {
		return err
	}
	chosen, _ := strconv.ParseInt(v.r.FormValue("lijst"), 10, 64)
	proposed := evaluate.Propose(judged)
	var f caseForm
	var set evaluate.Set
	c := proposed
	sent := v.r.Method == http.MethodPost && v.r.PostFormValue("doe") != ""
	if sent {
		c, f = v.posted()
		c.Origin = proposed.Origin
	}
	// Also what an editor writes is masked: what comes of a conversation holds nothing of
	// a person.
	masked, kinds := chat.Mask(c.Question.Question)
	c.Question.Question = masked
	if sent {
		f.Question = masked
	} else {
		f = v.formOf(c)
	}
	f.Was = ""
	f.Origin, f.Judgement, f.Masked = v.originText(proposed.Origin), judgement, len(kinds) > 0
	f.Action = v.url(setsPath + "/geval")
	for _, s := range sets {
		f.Sets = append(f.Sets, setOption{strconv.FormatInt(s.ID, 10), s.Name, s.ID == chosen})
		if s.ID == chosen {
			set = s
		}
	}
	if !sent {
		return o.showCase(v, http.StatusOK, set, f)
	}
	return o.keepCase(ctx, v, set, c, f)
}
