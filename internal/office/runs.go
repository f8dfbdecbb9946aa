package office

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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

// RunStore keeps runs. One that is not there is a *corpus.UserError with
// corpus.CodeNotFound; every change is in the log of changes.
type RunStore interface {
	// Runs are those of a set, or of all for 0, newest first.
	Runs(ctx context.Context, set int64, limit int) ([]evaluate.Run, error)
	Run(ctx context.Context, id int64) (evaluate.Run, error)
	// Results are the results so far, in the order of the set.
	Results(ctx context.Context, run int64) ([]evaluate.AnswerCase, error)
	// Start has a version of a set asked; number 0 is the newest. evaluate.ErrSetEmpty
	// when it has no cases.
	Start(ctx context.Context, by staff.User, set int64, number int, note string, settings evaluate.Settings) (int64, error)
	// Cancel stops a run that has not ended.
	Cancel(ctx context.Context, by staff.User, id int64) error
}

// RunChoices is what can be chosen for a run, as the service is configured.
type RunChoices struct {
	Model    string // name of the language model; "" without
	Reranker string // "" without
	// Passages is how many passages a turn reads when a run says nothing.
	Passages int
}

// KindRun is the kind of proposals that make the figures of a run public, or take them
// back: RunPublication.
const KindRun = "run.publish"

// RunPublication makes the figures of a run public, or takes them back.
type RunPublication struct {
	Run    int64 `json:"run"`
	Public bool  `json:"public"`
}

const (
	runsPath = "/metingen"
	// maxRuns is how many runs the list shows.
	maxRuns = 200
	// maxNote bounds the note of a run, in characters.
	maxNote = 200
)

func (o *Office) runRoutes() []route {
	if o.evaluation == nil {
		return nil
	}
	all := []route{
		{"GET", runsPath, staff.MayRead, o.runs},
		{"POST", runsPath, staff.MayEdit, o.startRun},
		{"GET", runsPath + "/vergelijk", staff.MayRead, o.compareRuns},
		{"GET", runsPath + "/{run}", staff.MayRead, o.ofRun(o.run)},
		{"GET", runsPath + "/{run}/export", staff.MayRead, o.ofRun(o.exportRun)},
		{"POST", runsPath + "/{run}/stop", staff.MayEdit, o.ofRun(o.stopRun)},
	}
	if o.proposals != nil {
		all = append(all, route{"POST", runsPath + "/{run}/publiceer", staff.MayPublish, o.ofRun(o.publishRun)})
	}
	return all
}

func runPath(id int64) string { return fmt.Sprintf("%s/%d", runsPath, id) }

// runRow is a run in a list.
type runRow struct {
	ID                         int64
	URL, Set, SetURL, Note     string
	Version                    int
	State, By, When, Settings  string
	Done, Of                   int
	Finished, Running, Failing bool
	Public                     bool
	Rates                      []rateText
}

// rateText is a rate with its uncertainty, as text.
type rateText struct {
	Name, Rate, Of, Low, High string
	Metric                    string
}

func (v *visit) runRow(r evaluate.Run) runRow {
	row := runRow{
		ID: r.ID, URL: v.url(runPath(r.ID)), Set: r.SetName, SetURL: v.url(fmt.Sprintf("%s?versie=%d", setPath(r.Set), r.Version)), Version: r.Version,
		Note: r.Note, State: v.text("runs.state_" + string(r.State)), By: r.By, When: v.when(r.Created), Done: r.Done, Of: r.Of,
		Finished: r.State.Ended(), Running: r.State == evaluate.RunRunning, Failing: r.State == evaluate.RunFailed, Public: !r.Published.IsZero(),
		Settings: v.settingsText(r.Settings),
	}
	if r.Summary != nil {
		row.Rates = v.ratesOf(r.Summary.Rates)
	}
	return row
}

func (v *visit) ratesOf(r evaluate.Rates) []rateText {
	out := []rateText{{Name: v.metric(evaluate.MetricAnswers), Rate: v.percent(r.Answers)}, {Name: v.metric(evaluate.MetricCitations), Rate: v.percent(r.Citations)}}
	return append(out, rateText{Name: v.metric(evaluate.MetricDeclined), Rate: v.percent(r.Declined)}, rateText{Name: v.metric(evaluate.MetricWronglyDeclined), Rate: v.percent(r.WronglyDeclined)})
}

func (v *visit) metric(m evaluate.Metric) string { return v.text("runs.metric_" + string(m)) }

func (v *visit) runRows(runs []evaluate.Run) []runRow {
	rows := make([]runRow, len(runs))
	for i, r := range runs {
		rows[i] = v.runRow(r)
	}
	return rows
}

// settingsText is what a run changes.
func (v *visit) settingsText(s evaluate.Settings) string {
	var said []string
	if s.Extractive {
		said = append(said, v.text("runs.set_extractive"))
	}
	if s.NoVectors {
		said = append(said, v.text("runs.set_no_vectors"))
	}
	if s.NoReranker {
		said = append(said, v.text("runs.set_no_reranker"))
	}
	if s.Passages != 0 {
		said = append(said, v.text("runs.set_passages", "n", s.Passages))
	}
	if s.Sentences != 0 {
		said = append(said, v.text("runs.set_sentences", "n", s.Sentences))
	}
	if len(said) == 0 {
		return v.text("runs.set_none")
	}
	return strings.Join(said, ", ")
}

// startForm is the form to start a run with.
type startForm struct {
	Action                      string
	Set                         int64
	Version                     int
	Choices                     RunChoices
	MaxPassages, MaxSentences   int
	MaxNote                     int
	Passages, Sentences         int
	Note                        string
	Extractive, NoVectors, NoRe bool
}

func (o *Office) startForm(v *visit, set int64, version int) startForm {
	return startForm{
		Action: v.url(runsPath), Set: set, Version: version, Choices: o.evaluation.Choices,
		MaxPassages: evaluate.MaxPassages, MaxSentences: evaluate.MaxSentences, MaxNote: maxNote,
	}
}

// runsPage is the list of runs.
type runsPage struct {
	Runs    []runRow
	Compare string
	Two     bool // there are two to compare
	Error   string
}

func (o *Office) runs(v *visit) error { return o.showRuns(v, http.StatusOK, "") }

func (o *Office) showRuns(v *visit, status int, fault string) error {
	ctx, stop := v.database()
	defer stop()
	runs, err := o.evaluation.Runs.Runs(ctx, 0, maxRuns)
	if err != nil {
		return err
	}
	p := runsPage{Runs: v.runRows(runs), Compare: v.url(runsPath + "/vergelijk"), Error: fault}
	done := 0
	for _, r := range runs {
		if r.State == evaluate.RunDone {
			done++
		}
	}
	p.Two = done > 1
	return v.show(status, "runs", "runs", v.text("runs.title"), p)
}

func (o *Office) startRun(v *visit) error {
	number := func(name string) int {
		text := strings.TrimSpace(v.r.PostFormValue(name))
		if text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return -1
		}
		return n
	}
	settings := evaluate.Settings{
		Extractive: v.r.PostFormValue("model") == "uit", NoVectors: v.r.PostFormValue("vectoren") == "uit", NoReranker: v.r.PostFormValue("herordenen") == "uit",
		Passages: number("passages"), Sentences: number("zinnen"),
	}
	set, err := strconv.ParseInt(v.r.PostFormValue("lijst"), 10, 64)
	if err != nil {
		return evaluate.ErrNoSet
	}
	note := strings.TrimSpace(v.r.PostFormValue("notitie"))
	if settings.Check() != nil || utf8.RuneCountInString(note) > maxNote || number("versie") < 0 {
		return o.showRuns(v, http.StatusUnprocessableEntity, v.text("runs.fault_settings", "passages", evaluate.MaxPassages, "sentences", evaluate.MaxSentences, "note", maxNote))
	}
	ctx, stop := v.database()
	defer stop()
	id, err := o.evaluation.Runs.Start(ctx, v.user, set, number("versie"), note, settings)
	if errors.Is(err, evaluate.ErrSetEmpty) {
		return o.showRuns(v, http.StatusUnprocessableEntity, v.text("runs.fault_empty"))
	}
	if err != nil {
		return err
	}
	return v.to(runPath(id))
}

// ofRun serves a page of the run of the address.
func (o *Office) ofRun(serve func(context.Context, *visit, evaluate.Run) error) func(*visit) error {
	return func(v *visit) error {
		ctx, stop := v.database()
		defer stop()
		run, err := o.runNumbered(ctx, v.r.PathValue("run"))
		if err != nil {
			return err
		}
		return serve(ctx, v, run)
	}
}

func (o *Office) runNumbered(ctx context.Context, number string) (evaluate.Run, error) {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id <= 0 {
		return evaluate.Run{}, &corpus.UserError{Code: corpus.CodeNotFound, Message: "no run is called " + number}
	}
	return o.evaluation.Runs.Run(ctx, id)
}

func (o *Office) stopRun(ctx context.Context, v *visit, run evaluate.Run) error {
	if err := o.evaluation.Runs.Cancel(ctx, v.user, run.ID); err != nil {
		return err
	}
	return v.to(runPath(run.ID))
}

func (o *Office) publishRun(ctx context.Context, v *visit, run evaluate.Run) error {
	if run.State != evaluate.RunDone {
		return o.showRun(ctx, v, run, http.StatusConflict, v.text("runs.fault_open"))
	}
	public := v.r.PostFormValue("doe") != "terug"
	title := "runs.propose_publish"
	if !public {
		title = "runs.propose_withdraw"
	}
	return v.propose(KindRun, fmt.Sprintf("run:%d", run.ID), v.text(title, "set", run.SetName, "id", run.ID), RunPublication{run.ID, public}, runPath(run.ID), "meting")
}

// exportRun sends a run as `vraagbaak eval answers --json` prints one.
func (o *Office) exportRun(ctx context.Context, v *visit, run evaluate.Run) error {
	results, err := o.evaluation.Runs.Results(ctx, run.ID)
	if err != nil {
		return err
	}
	out := evaluate.Answers{Cases: results}
	if run.Summary != nil {
		out = *run.Summary
		out.Cases = results
	}
	content, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return fmt.Errorf("exporting run %d: %w", run.ID, err)
	}
	return v.file(fmt.Sprintf("meting-%d.json", run.ID), "application/json", content)
}

// runPage is one run.
type runPage struct {
	runRow
	Error, Said   string
	Fault         string // why the run failed
	CorpusChanged bool
	Config        []runFact
	Figures       []rateText
	Parts         []runPart
	Timings       []stepRow
	Cost          string
	Steps         []runFact
	Share         int // percent done
	MayEdit       bool
	MayPublish    bool
	FourEyes      bool
	Export        string
	Cases         []resultRow
	All, Found    int
	Pages         []pageLink
	Filter        resultFilter
	Outcomes      []setOption
	Tags, Kinds   []string
	Others        []setOption // runs to compare with
	Compare       string
}

type runFact struct{ Name, Text string }

// runPart is the figures of the cases with one tag or of one kind.
type runPart struct {
	Name, URL string
	Questions int
	Figures   []rateText
}

type stepRow struct {
	Name, P50, P95 string
	Cases          int
}

type resultRow struct {
	ID, Question, Status, Text, Why, Kind string
	Tags, Quotes                          []string
	Right                                 bool
	Steps                                 []runFact
	Total                                 string
}

// resultFilter is which results are shown.
type resultFilter struct{ Outcome, Tag, Kind, Words string }

func (f resultFilter) lets(c evaluate.AnswerCase) bool {
	switch {
	case f.Outcome == "fout" && c.Right(), f.Outcome == "goed" && !c.Right():
		return false
	case f.Tag != "" && !slices.Contains(c.Tags, f.Tag), f.Kind != "" && c.Kind != f.Kind:
		return false
	}
	text := strings.ToLower(c.ID + " " + c.Question + " " + c.Text)
	for word := range strings.FieldsSeq(strings.ToLower(f.Words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

func (o *Office) run(ctx context.Context, v *visit, run evaluate.Run) error {
	return o.showRun(ctx, v, run, http.StatusOK, "")
}

func (o *Office) showRun(ctx context.Context, v *visit, run evaluate.Run, status int, fault string) error {
	results, err := o.evaluation.Runs.Results(ctx, run.ID)
	if err != nil {
		return err
	}
	p := runPage{
		runRow: v.runRow(run), Error: fault, Fault: run.Error, CorpusChanged: run.CorpusChanged, Config: v.config(run),
		MayEdit: v.may(staff.MayEdit), MayPublish: v.may(staff.MayPublish) && o.proposals != nil,
		Export: v.url(runPath(run.ID) + "/export"), Compare: v.url(runsPath + "/vergelijk"), All: len(results),
	}
	p.FourEyes = p.MayPublish && o.proposals.FourEyes()
	if v.r.URL.Query().Has("wacht") {
		p.Said = v.text("runs.proposed")
	}
	if run.Of > 0 {
		p.Share = 100 * run.Done / run.Of
	}
	for _, r := range evaluate.PublicRates(results) {
		p.Figures = append(p.Figures, rateText{
			Metric: string(r.Metric), Name: v.metric(r.Metric), Rate: v.percent(r.Rate), Of: v.text("runs.of", "hits", r.Hits, "of", r.Of),
			Low: v.percent(r.Interval.Low), High: v.percent(r.Interval.High),
		})
	}
	if run.Summary != nil {
		v.summary(&p, run)
	}
	v.listResults(&p, results)
	others, err := o.evaluation.Runs.Runs(ctx, run.Set, maxRuns)
	if err != nil {
		return err
	}
	for _, other := range others {
		if other.ID != run.ID && other.State == evaluate.RunDone && run.State == evaluate.RunDone {
			p.Others = append(p.Others, setOption{Value: strconv.FormatInt(other.ID, 10), Text: v.runName(other)})
		}
	}
	return v.show(status, "runs", "run", v.text("runs.one", "id", run.ID), p)
}

// runName tells a run from others in a list to choose from.
func (v *visit) runName(r evaluate.Run) string {
	name := fmt.Sprintf("%d · %s v%d · %s · %s", r.ID, r.SetName, r.Version, v.when(r.Created), v.settingsText(r.Settings))
	if r.Note != "" {
		name += " · " + r.Note
	}
	return name
}

// config is what answered.
func (v *visit) config(run evaluate.Run) []runFact {
	facts := []runFact{{v.text("runs.settings"), v.settingsText(run.Settings)}}
	if c := run.Config; c.Model != "" {
		add := func(key, text string) {
			if text != "" {
				facts = append(facts, runFact{v.text(key), text})
			}
		}
		add("runs.model", c.Model)
		add("runs.prompt", c.Prompt)
		vectors := c.Vectors
		if vectors == "" {
			vectors = v.text("runs.without")
		}
		add("runs.vectors", vectors)
		add("runs.reranker", c.Reranker)
		add("runs.passages", strconv.Itoa(c.Passages))
		add("runs.corpus", c.Corpus)
		add("runs.corpus_date", string(c.CorpusDate))
		add("runs.program", c.Program)
	}
	if !run.Started.IsZero() {
		facts = append(facts, runFact{v.text("runs.started"), v.when(run.Started)})
	}
	if !run.Finished.IsZero() {
		facts = append(facts, runFact{v.text("runs.finished"), v.when(run.Finished)})
		if !run.Started.IsZero() {
			facts = append(facts, runFact{v.text("runs.took"), run.Finished.Sub(run.Started).Round(100 * time.Millisecond).String()})
		}
	}
	return facts
}

// stepNames are the steps of a turn as they are measured.
func (v *visit) stepName(name string) string {
	switch name {
	case "understand", "retrieve", "compose", "say", "total":
		return v.text("runs.step_" + name)
	}
	return name
}

func (v *visit) summary(p *runPage, run evaluate.Run) {
	s := run.Summary
	for _, t := range s.Timings {
		p.Timings = append(p.Timings, stepRow{v.stepName(t.Name), v.duration(t.P50, 1), v.duration(t.P95, 1), t.Cases})
	}
	p.Steps = []runFact{
		{v.text("runs.retrieval"), v.text("runs.retrieval_text", "share", v.percent(s.Steps.Retrieval), "sources", v.percent(s.Steps.Sources))},
		{v.text("runs.composition"), v.text("runs.composition_text", "n", s.Steps.LostInComposition)},
		{v.text("runs.verification"), v.text("runs.verification_text", "n", s.Steps.Dropped)},
	}
	if s.Cost != nil {
		key := "runs.cost_text"
		if s.Cost.Estimated {
			key = "runs.cost_estimated"
		}
		p.Cost = v.text(key, "prompt", s.Cost.PromptTokens, "completion", s.Cost.CompletionTokens, "euros", v.decimal(s.Cost.Euros, 4))
	}
	parts := func(of map[string]evaluate.Rates, query string) {
		for _, name := range slices.Sorted(maps.Keys(of)) {
			p.Parts = append(p.Parts, runPart{Name: name, Questions: of[name].Questions, Figures: v.ratesOf(of[name]), URL: p.URL + "?" + query + "=" + url.QueryEscape(name)})
		}
	}
	parts(s.Kinds, "soort")
	parts(s.Tags, "tag")
}

func (v *visit) listResults(p *runPage, results []evaluate.AnswerCase) {
	query := v.r.URL.Query()
	p.Filter = resultFilter{Outcome: query.Get("uitslag"), Tag: query.Get("tag"), Kind: query.Get("soort"), Words: query.Get("q")}
	for _, outcome := range []string{"", "fout", "goed"} {
		p.Outcomes = append(p.Outcomes, setOption{outcome, v.text("runs.outcome_" + cmp.Or(outcome, "alle")), outcome == p.Filter.Outcome})
	}
	var wrong, right []evaluate.AnswerCase // failed first
	for _, c := range results {
		p.Tags = append(p.Tags, c.Tags...)
		p.Kinds = append(p.Kinds, c.Kind)
		switch {
		case !p.Filter.lets(c):
		case c.Right():
			right = append(right, c)
		default:
			wrong = append(wrong, c)
		}
	}
	p.Tags, p.Kinds = sortedOnce(p.Tags), sortedOnce(p.Kinds)
	found := append(wrong, right...)
	p.Found = len(found)
	at, _ := strconv.Atoi(query.Get("pagina"))
	last := max((len(found)+casesAPage-1)/casesAPage, 1)
	at = min(max(at, 1), last)
	for n := 1; n <= last && last > 1; n++ {
		query.Set("pagina", strconv.Itoa(n))
		p.Pages = append(p.Pages, pageLink{v.url(runPath(p.ID)) + "?" + query.Encode(), n, n == at})
	}
	for _, c := range found[(at-1)*casesAPage : min(at*casesAPage, len(found))] {
		row := resultRow{
			ID: c.ID, Question: c.Question, Status: v.statusText(c.Status), Text: c.Text, Why: v.whyText(c), Kind: c.Kind, Tags: c.Tags, Quotes: c.Quotes,
			Right: c.Right(), Total: v.duration(c.TotalMS, 1),
		}
		for _, s := range c.Steps {
			row.Steps = append(row.Steps, runFact{v.stepName(s.Name), v.duration(s.DurationMS, 1) + " – " + s.Decision})
		}
		p.Cases = append(p.Cases, row)
	}
}

// statusText is how an answer ended.
func (v *visit) statusText(s corpus.Status) string {
	if s == "" {
		s = corpus.Error
	}
	return v.text("runs.status_" + string(s))
}

// whyText is what a case that fails lacks.
func (v *visit) whyText(c evaluate.AnswerCase) string {
	if c.Why == "" {
		return ""
	}
	switch c.Why {
	case evaluate.WhyAnswered:
		return v.text("runs.why_answered")
	case evaluate.WhyDeclined:
		return v.text("runs.why_declined")
	}
	if what, ok := strings.CutPrefix(c.Why, evaluate.WhyAnswer); ok {
		return v.text("runs.why_answer", "what", what)
	}
	if what, ok := strings.CutPrefix(c.Why, evaluate.WhyQuotes); ok {
		return v.text("runs.why_quotes", "what", what)
	}
	return v.text("runs.why_error", "what", c.Why)
}

// comparePage is two runs beside each other.
type comparePage struct {
	Before, After         runRow
	OtherSet              bool
	Mended, Broken, Same  int
	Verdict               string // whether the difference is more than chance
	Changes               []metricRow
	Groups                []differenceGroup
	Unmatched             []string
	Differs               []configRow
	ShownChanged, Changed int
}

// configRow is a part of the configuration in which two runs differ.
type configRow struct{ Name, Before, After string }

// metricRow is how a figure differs.
type metricRow struct {
	Name, Before, After, Difference, Low, High, Verdict string
}

// chance is from what probability on a difference is called chance.
const chance = 0.05

// verdict is the part of a message that says what a difference means.
func verdict(m evaluate.MetricChange) string {
	switch {
	case m.Difference == 0:
		return "none"
	case m.Chance() >= chance:
		return "chance"
	case m.Difference > 0 != m.Metric.LessIsBetter():
		return "better"
	}
	return "worse"
}

// differenceGroup is the cases that got better, got worse, or only read otherwise.
type differenceGroup struct {
	Title string
	Rows  []differenceRow
}

type differenceRow struct {
	ID, Question, Before, After string
	WhyWas, WhyIs               string
	Edits                       []evaluate.Edit
}

// maxChanged is how many cases that only read otherwise are shown.
const maxChanged = 100

func (o *Office) compareRuns(v *visit) error {
	ctx, stop := v.database()
	defer stop()
	query := v.r.URL.Query()
	if query.Get("voor") == "" || query.Get("na") == "" {
		return o.showRuns(v, http.StatusUnprocessableEntity, v.text("runs.fault_two"))
	}
	before, err := o.runNumbered(ctx, query.Get("voor"))
	if err != nil {
		return err
	}
	after, err := o.runNumbered(ctx, query.Get("na"))
	if err != nil {
		return err
	}
	if before.ID == after.ID || before.State != evaluate.RunDone || after.State != evaluate.RunDone {
		return o.showRuns(v, http.StatusUnprocessableEntity, v.text("runs.fault_two"))
	}
	earlier, err := o.evaluation.Runs.Results(ctx, before.ID)
	if err != nil {
		return err
	}
	later, err := o.evaluation.Runs.Results(ctx, after.ID)
	if err != nil {
		return err
	}
	c := evaluate.Compare(evaluate.Summarise(earlier, evaluate.Prices{}), evaluate.Summarise(later, evaluate.Prices{}))
	p := comparePage{
		Before: v.runRow(before), After: v.runRow(after), OtherSet: before.Set != after.Set,
		Mended: len(c.Better), Broken: len(c.Worse), Same: c.Both + c.Neither, Verdict: v.text("runs.unsure", "p", v.decimal(c.Chance, 3)),
		Unmatched: c.Unmatched, Changed: len(c.Changed), Differs: v.differs(before, after),
		ShownChanged: min(len(c.Changed), maxChanged),
	}
	switch {
	case p.Mended == p.Broken:
		p.Verdict = v.text("runs.no_difference")
	case c.Chance < chance:
		p.Verdict = v.text("runs.sure", "p", v.decimal(c.Chance, 3))
	}
	for _, g := range []struct {
		title string
		of    []evaluate.Difference
	}{{"runs.broken", c.Worse}, {"runs.mended", c.Better}, {"runs.changed", c.Changed[:p.ShownChanged]}} {
		if len(g.of) > 0 {
			p.Groups = append(p.Groups, differenceGroup{fmt.Sprintf("%s (%d)", v.text(g.title), len(g.of)), v.differences(g.of)})
		}
	}
	for _, m := range c.Metrics {
		p.Changes = append(p.Changes, metricRow{
			Name: v.metric(m.Metric), Before: v.percent(m.Before), After: v.percent(m.After), Difference: v.signedPercent(m.Difference),
			Low: v.signedPercent(m.Interval.Low), High: v.signedPercent(m.Interval.High),
			Verdict: v.text("runs.verdict_" + verdict(m)),
		})
	}
	return v.page("runs", "run_compare", v.text("runs.compare_title"), p)
}

// differs are the parts of the configurations in which two runs differ.
func (v *visit) differs(before, after evaluate.Run) []configRow {
	a, b := before.Config, after.Config
	var out []configRow
	add := func(key, before, after string) {
		if before != after {
			out = append(out, configRow{v.text(key), before, after})
		}
	}
	add("runs.set", fmt.Sprintf("%s v%d", before.SetName, before.Version), fmt.Sprintf("%s v%d", after.SetName, after.Version))
	add("runs.settings", v.settingsText(before.Settings), v.settingsText(after.Settings))
	add("runs.model", a.Model, b.Model)
	add("runs.prompt", a.Prompt, b.Prompt)
	add("runs.vectors", a.Vectors, b.Vectors)
	add("runs.reranker", a.Reranker, b.Reranker)
	add("runs.corpus", a.Corpus, b.Corpus)
	add("runs.corpus_date", string(a.CorpusDate), string(b.CorpusDate))
	add("runs.program", a.Program, b.Program)
	return out
}

func (v *visit) differences(of []evaluate.Difference) []differenceRow {
	rows := make([]differenceRow, len(of))
	for i, d := range of {
		rows[i] = differenceRow{
			ID: d.ID, Question: d.Question, Before: v.statusText(d.Before), After: v.statusText(d.After), Edits: d.Text(),
			WhyWas: v.whyText(evaluate.AnswerCase{Why: d.WhyWas}), WhyIs: v.whyText(evaluate.AnswerCase{Why: d.WhyIs}),
		}
	}
	return rows
}
