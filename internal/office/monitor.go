package office

import (
	"cmp"
	"context"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// FigureQuery says which figures are wanted.
type FigureQuery struct {
	From, To time.Time // days, both included
	Step     string    // of the periods: day, week (from Monday) or month
	Lang     string    // "" for all
	Model    string    // "" for all
}

// FigureRow is a number of something, added up by one thing: By names it.
type FigureRow struct {
	By      string    // period, model (with its prompt), corpus, lang or version
	Period  time.Time // first day of the period
	Model   string
	Prompt  string
	Corpus  string
	Lang    string
	Version string // of the verifier or the judge
	Status  string // "" when By is version
	Figure  string // turns, masked, feedback, verifier, verifier_answers, judge, judge_answers
	Detail  string
	N       int64
}

// LatencyRow is the number of times in a bucket of evaluate.LatencyBounds.
type LatencyRow struct {
	By     string // period or model
	Period time.Time
	Model  string
	Step   string // first (sentence) or total
	Bucket int
	N      int64
}

// FigureReport is what there is to tell of a period.
type FigureReport struct {
	Figures   []FigureRow
	Latencies []LatencyRow
	Models    []string             // that answered in the period, whatever the query's model is
	CorpusAt  map[string]time.Time // when the corpus came into a state, where that is known
	Since     *time.Time           // the first day with figures; nil when there are none
	Waiting   int                  // answers that wait to be checked again
}

// TopicView is a topic as it is shown.
type TopicView struct {
	Questions, Conversations, Unanswered int
	Words                                []evaluate.TopicWord // for its name, the most telling first
	Examples                             []string             // questions, masked; some may be the same
}

// TopicReport are the topics of a period, the largest first.
type TopicReport struct {
	Topics []TopicView
	MadeAt *time.Time // nil before the first grouping
}

// WrongAnswer is an answer that did not pass when it was checked again.
type WrongAnswer struct {
	Conversation, Turn string
	Question           string
	Checker            evaluate.Checker
	Version            string
	Outcome            evaluate.Outcome
	At                 time.Time
	Sentences          []WrongSentence
}

// WrongSentence is a sentence of it with why.
type WrongSentence struct {
	Text    string
	Checked evaluate.CheckedSentence
}

// MonitorStore reads figures, topics and rechecks.
type MonitorStore interface {
	Figures(ctx context.Context, q FigureQuery) (FigureReport, error)
	// Topics are those of questions asked from one moment up to another, with words that
	// at least so many conversations have.
	Topics(ctx context.Context, kind evaluate.TopicKind, from, to time.Time, conversations int) (TopicReport, error)
	WrongAnswers(ctx context.Context, from, to time.Time, limit int) ([]WrongAnswer, error)
}

func (o *Office) monitorRoutes() []route {
	if o.monitor == nil {
		return nil
	}
	return []route{
		{"GET", "/cijfers", staff.MayRead, o.monitorUse},
		{"GET", "/cijfers/juistheid", staff.MayRead, o.monitorQuality},
		{"GET", "/cijfers/onderwerpen", staff.MayRead, o.monitorTopics},
		{"GET", "/cijfers/csv/{part}", staff.MayRead, o.monitorCSV},
	}
}

// period is what the visitor chose to look at.
type period struct {
	FigureQuery
	Langs  []choice
	Models []choice
	Quick  []quickPeriod
	From   string // as a form has it
	To     string
	Path   string // of the page
	Pages  []monitorPage
}

type choice struct {
	Value, Text string
	Chosen      bool
}

type quickPeriod struct {
	Text, URL string
	Chosen    bool
}

// monitorPage is a page of figures, for the menu between them.
type monitorPage struct {
	Text, URL string
	Here      bool
}

const (
	defaultDays = 30
	mostDays    = 20 * 366
)

// periodOf reads the period of an address. What cannot be read is told.
func (v *visit) periodOf(path string) (period, error) {
	q := v.r.URL.Query()
	p := period{Path: path}
	today := v.day(time.Now())
	p.FigureQuery.To = today
	p.FigureQuery.From = today.AddDate(0, 0, 1-defaultDays)
	for name, day := range map[string]*time.Time{"van": &p.FigureQuery.From, "tot": &p.FigureQuery.To} {
		if given := strings.TrimSpace(q.Get(name)); given != "" {
			d, err := time.Parse(time.DateOnly, given)
			if err != nil || d.Year() < 2000 || d.Year() > 2200 {
				return p, &corpus.UserError{Code: corpus.CodeBadMessage, Message: v.text("monitor.bad_day", "day", given)}
			}
			*day = d
			if name == "tot" && q.Get("van") == "" {
				p.FigureQuery.From = d.AddDate(0, 0, 1-defaultDays)
			}
		}
	}
	if p.FigureQuery.From.After(p.FigureQuery.To) {
		p.FigureQuery.From, p.FigureQuery.To = p.FigureQuery.To, p.FigureQuery.From
	}
	days := int(p.FigureQuery.To.Sub(p.FigureQuery.From).Hours()/24) + 1
	switch {
	case days > mostDays:
		return p, &corpus.UserError{Code: corpus.CodeBadMessage, Message: v.text("monitor.too_long", "years", mostDays/366)}
	case days <= 62:
		p.Step = "day"
	case days <= 400:
		p.Step = "week"
	default:
		p.Step = "month"
	}
	p.Lang, p.Model = q.Get("taal"), q.Get("model")
	if p.Lang != "nl" && p.Lang != "en" {
		p.Lang = ""
	}
	p.From, p.To = p.FigureQuery.From.Format(time.DateOnly), p.FigureQuery.To.Format(time.DateOnly)
	p.Langs = []choice{{"", v.text("monitor.all"), p.Lang == ""}, {"nl", v.text("monitor.lang.nl"), p.Lang == "nl"}, {"en", v.text("monitor.lang.en"), p.Lang == "en"}}
	for _, n := range []int{7, 30, 90, 365} {
		from := today.AddDate(0, 0, 1-n)
		p.Quick = append(p.Quick, quickPeriod{
			Text: v.text("monitor.days", "n", n), URL: v.url(path) + "?" + p.with(from, today).Encode(),
			Chosen: from.Equal(p.FigureQuery.From) && today.Equal(p.FigureQuery.To),
		})
	}
	for _, page := range []struct{ path, key string }{
		{"/cijfers", "monitor.use"}, {"/cijfers/juistheid", "monitor.quality"}, {"/cijfers/onderwerpen", "monitor.topics"},
	} {
		p.Pages = append(p.Pages, monitorPage{v.text(page.key), v.url(page.path) + "?" + p.query().Encode(), page.path == path})
	}
	return p, nil
}

// choose offers the models of the period.
func (p *period) choose(v *visit, models []string) {
	p.Models = []choice{{"", v.text("monitor.all"), p.Model == ""}}
	if p.Model != "" && !slices.Contains(models, p.Model) {
		models = append(models, p.Model)
	}
	for _, m := range models {
		p.Models = append(p.Models, choice{m, m, m == p.Model})
	}
}

func (p *period) query() url.Values { return p.with(p.FigureQuery.From, p.FigureQuery.To) }

func (p *period) with(from, to time.Time) url.Values {
	q := url.Values{"van": {from.Format(time.DateOnly)}, "tot": {to.Format(time.DateOnly)}}
	if p.Lang != "" {
		q.Set("taal", p.Lang)
	}
	if p.Model != "" {
		q.Set("model", p.Model)
	}
	return q
}

// moments are the period as moments, from the first up to the second.
func (p *period) moments(l *locale) (from, to time.Time) {
	at := func(d time.Time) time.Time { return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, l.zone) }
	return at(p.FigureQuery.From), at(p.FigureQuery.To.AddDate(0, 0, 1))
}

// day is the day of a moment here, as the figures have it.
func (l *locale) day(t time.Time) time.Time {
	t = t.In(l.zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// periods are the first days of all periods, without gaps.
func (q FigureQuery) periods() []time.Time {
	first := q.From
	next := func(d time.Time) time.Time { return d.AddDate(0, 0, 1) }
	switch q.Step {
	case "week":
		first = first.AddDate(0, 0, -(int(first.Weekday())+6)%7)
		next = func(d time.Time) time.Time { return d.AddDate(0, 0, 7) }
	case "month":
		first = time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, time.UTC)
		next = func(d time.Time) time.Time { return d.AddDate(0, 1, 0) }
	}
	var all []time.Time
	for d := first; !d.After(q.To); d = next(d) {
		all = append(all, d)
	}
	return all
}

// short names a period in a chart, long in a table.
func (q FigureQuery) short(d time.Time) string {
	if q.Step == "month" {
		return d.Format("01-2006")
	}
	return d.Format("02-01")
}

func (q FigureQuery) long(d time.Time) string {
	if q.Step == "month" {
		return d.Format("01-2006")
	}
	return d.Format("02-01-2006")
}

// tally adds up figures.
type tally map[tallyKey]int64

type tallyKey struct{ of, figure, detail string }

// by adds up the rows of one kind by what of says; "" is all.
func (r FigureReport) by(kind string, of func(FigureRow) string) tally {
	t := make(tally)
	for _, f := range r.Figures {
		if f.By == kind {
			t[tallyKey{of(f), f.Figure, f.Detail}] += f.N
			if f.Figure == "turns" {
				t[tallyKey{of(f), "status", f.Status}] += f.N
			}
		}
	}
	return t
}

func (t tally) n(of, figure, detail string) int64 { return t[tallyKey{of, figure, detail}] }

// of are the things that were added up by, sorted.
func (t tally) of(figure string) []string {
	seen := make(map[string]bool)
	var all []string
	for k := range t {
		if k.figure == figure && !seen[k.of] {
			seen[k.of] = true
			all = append(all, k.of)
		}
	}
	slices.Sort(all)
	return all
}

// checked are how many sentences were judged, and how many of them were supported.
func (t tally) checked(of string, checker evaluate.Checker) (supported, all int64) {
	n := func(o evaluate.Outcome) int64 { return t.n(of, string(checker), string(o)) }
	supported = n(evaluate.OutcomeSupported)
	return supported, supported + n(evaluate.OutcomeUnsupported) + n(evaluate.OutcomeWrongCitation)
}

func (t tally) found(of string) (answered, all int64) {
	return t.n(of, "status", string(corpus.Answered)) + t.n(of, "status", string(corpus.Partial)), t.n(of, "turns", "")
}

func (t tally) useful(of string) (useful, all int64) {
	useful = t.n(of, "feedback", "useful")
	return useful, useful + t.n(of, "feedback", "not_useful")
}

// confidence is the level of the intervals that are shown.
const confidence = 0.95

// share is a part of all with its interval, as a point, a bar and text.
type share struct{ part, all int64 }

func (s share) of() float64 {
	if s.all <= 0 {
		return math.NaN()
	}
	return float64(s.part) / float64(s.all)
}

func (s share) few() bool { return s.all > 0 && s.all < evaluate.FewCases }

func (s share) interval() evaluate.Interval {
	return evaluate.Wilson(int(max(s.part, 0)), int(max(s.all, 0)), confidence)
}

func (s share) point() point {
	if s.all <= 0 {
		return noPoint
	}
	in := s.interval()
	return point{s.of(), in.Low, in.High, s.few()}
}

func (s share) bar(l *locale, name string) bar {
	in := s.interval()
	b := bar{name: name, value: l.text("monitor.none"), few: s.few()}
	if s.all > 0 {
		b.value, b.share, b.low, b.high, b.span = l.percent(s.of()), s.of(), in.Low, in.High, true
	}
	return b
}

// span is an interval of shares.
func (l *locale) span(s share) string {
	if s.all <= 0 {
		return ""
	}
	in := s.interval()
	return l.text("monitor.span", "low", l.percent(in.Low), "high", l.percent(in.High))
}

// latency is a quantile of times, in milliseconds; "" for none.
func (l *locale) latency(ms float64) string {
	if ms <= 0 {
		return ""
	}
	return l.duration(ms, 0)
}

// latencyOf are the quantiles of a step by period or model.
func (r FigureReport) latencyOf(kind, step string, of func(LatencyRow) string) map[string]map[int]int64 {
	out := make(map[string]map[int]int64)
	for _, row := range r.Latencies {
		if row.By != kind || row.Step != step {
			continue
		}
		k := of(row)
		if out[k] == nil {
			out[k] = make(map[int]int64)
		}
		out[k][row.Bucket] += row.N
	}
	return out
}

func total(buckets map[int]int64) (n int64) {
	for _, b := range buckets {
		n += b
	}
	return n
}

// statuses are the statuses in the order they are shown.
var statuses = []corpus.Status{corpus.Answered, corpus.Partial, corpus.NoAnswer, corpus.OutOfScope, corpus.Refused, corpus.Error}

// panel is a figure with its chart, its table and where to get it as CSV.
type panel struct {
	ID    string
	Title string
	Lead  string
	Time  *timeChart
	Bars  *barChart
	Table *dataset
	CSV   string
}

// figurePage is a page of panels.
type figurePage struct {
	Period period
	Empty  bool
	Cards  []card
	Panels []panel
	Wrong  []wrongView
	Note   string
}

// card is one figure in large.
type card struct{ Value, Text, Span string }

type wrongView struct {
	WrongAnswer
	Checker string
	Outcome string
	URL     string // of the conversation in the review queue; "" when there is none
}

// figures reads the period of the address and its figures.
func (o *Office) figures(v *visit, path string) (period, FigureReport, error) {
	p, err := v.periodOf(path)
	if err != nil {
		return p, FigureReport{}, err
	}
	ctx, cancel := v.database()
	defer cancel()
	report, err := o.monitor.Figures(ctx, p.FigureQuery)
	if err != nil {
		return p, report, err
	}
	p.choose(v, report.Models)
	return p, report, nil
}

// monitorUse shows how much is asked, what comes of it, how fast, and what visitors say.
func (o *Office) monitorUse(v *visit) error {
	p, report, err := o.figures(v, "/cijfers")
	if err != nil {
		return err
	}
	page := figurePage{Period: p, Empty: len(report.Figures) == 0}
	if !page.Empty {
		all := report.by("period", func(FigureRow) string { return "" })
		answered, turns := all.found("")
		useful, said := all.useful("")
		first := report.latencyOf("period", "first", func(LatencyRow) string { return "" })[""]
		page.Cards = []card{
			{v.count(turns), v.text("monitor.card.turns"), ""},
			{cmp.Or(v.percent(share{answered, turns}.of()), "–"), v.text("monitor.card.answered"), v.span(share{answered, turns})},
			{cmp.Or(v.percent(share{useful, said}.of()), "–"), v.text("monitor.card.useful"), v.span(share{useful, said})},
			{cmp.Or(v.latency(evaluate.Quantile(first, 0.95)), "–"), v.text("monitor.card.first"), ""},
		}
		page.Panels = []panel{v.volumePanel(p, report), v.statusPanel(p, report), v.latencyPanel(p, report), v.feedbackPanel(p, report), v.langPanel(p, report), v.maskedPanel(p, report)}
	}
	page.Note = v.since(report)
	return v.page("monitor", "monitor", v.text("monitor.title"), page)
}

// since says from when there are figures.
func (v *visit) since(report FigureReport) string {
	if report.Since == nil {
		return ""
	}
	return v.text("monitor.since", "day", report.Since.Format("02-01-2006"))
}

func (v *visit) panel(p period, id string, table *dataset) panel {
	table.Title = v.text("monitor.panel." + id)
	return panel{
		ID: id, Title: table.Title, Lead: v.text("monitor.lead." + id), Table: table,
		CSV: v.url("/cijfers/csv/"+id+".csv") + "?" + p.query().Encode(),
	}
}

func (v *visit) columns(keys ...string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = v.text("monitor.column." + k)
	}
	return out
}

// names are the periods as charts name them, keys as they were added up by.
func (p period) names() (keys, short, long []string) {
	for _, d := range p.periods() {
		keys, short, long = append(keys, d.Format(time.DateOnly)), append(short, p.short(d)), append(long, p.long(d))
	}
	return keys, short, long
}

func byPeriod(f FigureRow) string { return f.Period.Format(time.DateOnly) }

func (v *visit) volumePanel(p period, r FigureReport) panel {
	t := r.by("period", byPeriod)
	keys, short, long := p.names()
	table := &dataset{Columns: append(v.columns("period", "turns"), v.statusNames()...)}
	parts := make([][]float64, 3)
	for i, k := range keys {
		answered, all := t.found(k)
		failed := t.n(k, "status", string(corpus.Error))
		parts[0], parts[1], parts[2] = append(parts[0], float64(answered)), append(parts[1], float64(all-answered-failed)), append(parts[2], float64(failed))
		row := []cell{text(long[i], k), v.number(all)}
		for _, s := range statuses {
			row = append(row, v.number(t.n(k, "status", string(s))))
		}
		table.add(row...)
	}
	pane := v.panel(p, "gebruik", table)
	pane.Time = stackedChart(pane.Title, pane.Lead, short, parts, []string{"plain", "hatched", "empty"},
		[]string{v.text("monitor.part.answered"), v.text("monitor.part.other"), v.text("monitor.part.error")},
		func(f float64) string { return v.count(int64(math.Round(f))) })
	return pane
}

func (v *visit) statusNames() []string {
	var out []string
	for _, s := range statuses {
		out = append(out, v.text("monitor.status."+string(s)))
	}
	return out
}

func (v *visit) statusPanel(p period, r FigureReport) panel {
	t := r.by("period", func(FigureRow) string { return "" })
	all := t.n("", "turns", "")
	table := &dataset{Columns: v.columns("status", "turns", "share", "interval")}
	var bars []bar
	for _, s := range statuses {
		sh := share{t.n("", "status", string(s)), all}
		name := v.text("monitor.status." + string(s))
		bars = append(bars, sh.bar(v.locale, name))
		table.add(text(name, string(s)), v.number(sh.part), v.share(sh), v.interval(sh))
	}
	pane := v.panel(p, "status", table)
	pane.Bars = newBarChart(pane.Title, pane.Lead, bars)
	return pane
}

func (v *visit) latencyPanel(p period, r FigureReport) panel {
	first := r.latencyOf("period", "first", func(l LatencyRow) string { return l.Period.Format(time.DateOnly) })
	whole := r.latencyOf("period", "total", func(l LatencyRow) string { return l.Period.Format(time.DateOnly) })
	keys, short, long := p.names()
	table := &dataset{Columns: v.columns("period", "answers", "first_p50", "first_p95", "total_p50", "total_p95")}
	lines := make([][]point, 2)
	high := 0.0
	for i, k := range keys {
		n := total(first[k])
		few := n > 0 && n < evaluate.FewCases
		for line, q := range []float64{0.5, 0.95} {
			value := evaluate.Quantile(first[k], q)
			if n == 0 {
				lines[line] = append(lines[line], noPoint)
				continue
			}
			lines[line] = append(lines[line], point{value, math.NaN(), math.NaN(), few})
			high = max(high, value)
		}
		ms := func(buckets map[int]int64, q float64) cell { return v.milliseconds(evaluate.Quantile(buckets, q), few) }
		table.add(text(long[i], k), v.number(n), ms(first[k], 0.5), ms(first[k], 0.95), ms(whole[k], 0.5), ms(whole[k], 0.95))
	}
	pane := v.panel(p, "snelheid", table)
	pane.Time = lineChart(pane.Title, pane.Lead, short, lines, []string{v.text("monitor.line.p50"), v.text("monitor.line.p95")}, 0, high,
		func(f float64) string { return cmp.Or(v.latency(f), "0") })
	return pane
}

func (v *visit) feedbackPanel(p period, r FigureReport) panel {
	t := r.by("period", byPeriod)
	keys, short, long := p.names()
	table := &dataset{Columns: v.columns("period", "useful", "not_useful", "share_useful", "interval")}
	var line []point
	for i, k := range keys {
		useful, all := t.useful(k)
		sh := share{useful, all}
		line = append(line, sh.point())
		table.add(text(long[i], k), v.number(useful), v.number(all-useful), v.share(sh), v.interval(sh))
	}
	pane := v.panel(p, "feedback", table)
	pane.Time = lineChart(pane.Title, pane.Lead, short, [][]point{line}, []string{v.text("monitor.line.useful")}, 0, 1, v.wholePercent)
	return pane
}

func (v *visit) langPanel(p period, r FigureReport) panel {
	t := r.by("lang", func(f FigureRow) string { return f.Lang })
	table := &dataset{Columns: v.columns("lang", "turns", "share_answered", "interval")}
	var bars []bar
	for _, lang := range t.of("turns") {
		answered, all := t.found(lang)
		sh := share{answered, all}
		name := lang
		if lang == "nl" || lang == "en" {
			name = v.text("monitor.lang." + lang)
		}
		bars = append(bars, sh.bar(v.locale, name))
		table.add(text(name, lang), v.number(all), v.share(sh), v.interval(sh))
	}
	pane := v.panel(p, "talen", table)
	pane.Bars = newBarChart(pane.Title, pane.Lead, bars)
	return pane
}

func (v *visit) maskedPanel(p period, r FigureReport) panel {
	t := r.by("period", func(FigureRow) string { return "" })
	all := t.n("", "turns", "")
	table := &dataset{Columns: v.columns("kind", "turns", "share", "interval")}
	var bars []bar
	for _, kind := range []string{"bsn", "email", "iban", "phone"} {
		sh := share{t.n("", "masked", kind), all}
		name := v.text("monitor.masked." + kind)
		bars = append(bars, sh.bar(v.locale, name))
		table.add(text(name, kind), v.number(sh.part), v.share(sh), v.interval(sh))
	}
	pane := v.panel(p, "gemaskeerd", table)
	pane.Bars = newBarChart(pane.Title, pane.Lead, bars)
	return pane
}

// corpusShown is how many states of the corpus are told apart: the newest ones.
const corpusShown = 12

// wrongShown is how many answers that did not pass are shown.
const wrongShown = 10

// monitorQuality shows how many sentences still stand when they are checked again.
func (o *Office) monitorQuality(v *visit) error {
	p, report, err := o.figures(v, "/cijfers/juistheid")
	if err != nil {
		return err
	}
	all := report.by("period", func(FigureRow) string { return "" })
	page := figurePage{Period: p, Note: v.since(report)}
	panels := []panel{v.correctPanel(p, report), v.modelPanel(p, report), v.corpusPanel(p, report), v.checkerPanel(p, report)}
	for _, c := range []evaluate.Checker{evaluate.CheckerVerifier, evaluate.CheckerJudge} {
		supported, n := all.checked("", c)
		if n == 0 && c == evaluate.CheckerJudge {
			continue
		}
		sh := share{supported, n}
		page.Cards = append(page.Cards, card{cmp.Or(v.percent(sh.of()), "–"), v.text("monitor.card." + string(c)), v.span(sh)})
	}
	wrong := int64(0)
	for _, f := range report.Figures {
		if f.By == "version" && strings.HasSuffix(f.Figure, "_answers") && (f.Detail == string(evaluate.OutcomeUnsupported) || f.Detail == string(evaluate.OutcomeWrongCitation)) {
			wrong += f.N
		}
	}
	page.Cards = append(page.Cards, card{v.count(wrong), v.text("monitor.card.wrong"), ""}, card{v.count(int64(report.Waiting)), v.text("monitor.card.waiting"), ""})
	if page.Empty = len(all.of("verifier")) == 0 && len(all.of("judge")) == 0 && len(all.of("turns")) == 0; !page.Empty {
		page.Panels = panels
	}
	ctx, cancel := v.database()
	defer cancel()
	from, to := p.moments(v.locale)
	answers, err := o.monitor.WrongAnswers(ctx, from, to, wrongShown)
	if err != nil {
		return err
	}
	for _, w := range answers {
		view := wrongView{WrongAnswer: w, Checker: v.text("monitor.checker." + string(w.Checker)), Outcome: v.text("monitor.outcome." + string(w.Outcome))}
		if o.has["gesprekken"] {
			view.URL = v.url("/gesprekken/" + url.PathEscape(w.Conversation) + "/" + url.PathEscape(w.Turn))
		}
		page.Wrong = append(page.Wrong, view)
	}
	return v.page("monitor", "monitor_quality", v.text("monitor.quality"), page)
}

func (v *visit) correctPanel(p period, r FigureReport) panel {
	t := r.by("period", byPeriod)
	keys, short, long := p.names()
	table := &dataset{Columns: v.columns("period", "verifier_sentences", "verifier_share", "interval", "judge_sentences", "judge_share", "interval")}
	lines := make([][]point, 2)
	low := 1.0
	for i, k := range keys {
		row := []cell{text(long[i], k)}
		for line, c := range []evaluate.Checker{evaluate.CheckerVerifier, evaluate.CheckerJudge} {
			supported, n := t.checked(k, c)
			sh := share{supported, n}
			point := sh.point()
			if n > 0 {
				low = min(low, point.low)
			}
			lines[line] = append(lines[line], point)
			row = append(row, v.number(n), v.share(sh), v.interval(sh))
		}
		table.add(row...)
	}
	pane := v.panel(p, "juistheid", table)
	names := []string{v.text("monitor.checker.verifier"), v.text("monitor.checker.judge")}
	if !slices.ContainsFunc(lines[1], func(p point) bool { return !math.IsNaN(p.value) }) {
		lines, names = lines[:1], names[:1]
	}
	low = math.Floor(low*5) / 5 // the axis begins at a fifth
	if low > 0.8 {
		low = 0.8
	}
	pane.Time = lineChart(pane.Title, pane.Lead, short, lines, names, low, 1, v.wholePercent)
	if low > 0 {
		pane.Time.Note = v.text("monitor.axis", "from", v.wholePercent(low))
	}
	return pane
}

// compared are correctness, answers and feedback beside each other for the things that
// answers were made with.
func (v *visit) compared(p period, id, column string, t tally, things []string, name func(string) string) panel {
	table := &dataset{Columns: append(v.columns(column, "turns", "share_answered", "share_useful", "verifier_sentences", "verifier_share", "interval"), v.columns("judge_sentences", "judge_share")...)}
	var bars []bar
	for _, thing := range things {
		answered, turns := t.found(thing)
		useful, said := t.useful(thing)
		supported, checked := t.checked(thing, evaluate.CheckerVerifier)
		judged, byJudge := t.checked(thing, evaluate.CheckerJudge)
		sh := share{supported, checked}
		bars = append(bars, sh.bar(v.locale, name(thing)))
		table.add(text(name(thing), thing), v.number(turns), v.share(share{answered, turns}), v.share(share{useful, said}),
			v.number(checked), v.share(sh), v.interval(sh), v.number(byJudge), v.share(share{judged, byJudge}))
	}
	pane := v.panel(p, id, table)
	pane.Bars = newBarChart(pane.Title, pane.Lead, bars)
	return pane
}

func (v *visit) modelPanel(p period, r FigureReport) panel {
	t := r.by("model", func(f FigureRow) string { return strings.TrimSpace(f.Model + " " + f.Prompt) })
	return v.compared(p, "modellen", "model", t, t.of("turns"), func(thing string) string {
		return cmp.Or(thing, v.text("monitor.no_model"))
	})
}

func (v *visit) corpusPanel(p period, r FigureReport) panel {
	number := func(state string) int {
		n, err := strconv.Atoi(state)
		if err != nil {
			return -1
		}
		return n
	}
	all := r.by("corpus", func(f FigureRow) string { return f.Corpus }).of("turns")
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(number(b), number(a)) })
	all = slices.DeleteFunc(all, func(state string) bool { return state == "" })
	shown := all[:min(len(all), corpusShown)]
	t := r.by("corpus", func(f FigureRow) string {
		switch {
		case f.Corpus == "":
			return "none"
		case !slices.Contains(shown, f.Corpus):
			return "older"
		}
		return f.Corpus
	})
	things := slices.Clone(shown)
	if len(all) > len(shown) {
		things = append(things, "older")
	}
	return v.compared(p, "corpus", "corpus", t, things, func(thing string) string {
		if thing == "older" {
			return v.text("monitor.older")
		}
		if at, ok := r.CorpusAt[thing]; ok {
			return v.text("monitor.state", "number", thing, "day", v.when(at))
		}
		return v.text("monitor.state_alone", "number", thing)
	})
}

func (v *visit) checkerPanel(p period, r FigureReport) panel {
	table := &dataset{Columns: v.columns("checker", "version", "supported", "unsupported", "wrong_citation", "unclear", "share_supported", "interval", "failed")}
	var bars []bar
	t := r.by("version", func(f FigureRow) string { return f.Version })
	for _, c := range []evaluate.Checker{evaluate.CheckerVerifier, evaluate.CheckerJudge} {
		versions := t.of(string(c))
		for _, version := range t.of(string(c) + "_answers") {
			if !slices.Contains(versions, version) {
				versions = append(versions, version) // it failed each time
			}
		}
		for _, version := range versions {
			supported, all := t.checked(version, c)
			sh := share{supported, all}
			name := v.text("monitor.checker." + string(c))
			bars = append(bars, sh.bar(v.locale, name+" "+version))
			n := func(o evaluate.Outcome) cell { return v.number(t.n(version, string(c), string(o))) }
			table.add(text(name, string(c)), text(version, version), n(evaluate.OutcomeSupported), n(evaluate.OutcomeUnsupported),
				n(evaluate.OutcomeWrongCitation), n(evaluate.OutcomeUnclear), v.share(sh), v.interval(sh),
				v.number(t.n(version, string(c)+"_answers", string(evaluate.OutcomeFailed))))
		}
	}
	pane := v.panel(p, "controle", table)
	pane.Bars = newBarChart(pane.Title, pane.Lead, bars)
	return pane
}

// topicsPage shows what is asked about, and about what there is nothing.
type topicsPage struct {
	Period period
	Made   string // when the questions were grouped; "" when not yet
	Lists  []topicList
}

type topicList struct {
	panel
	None   string // said when there are no topics
	Topics []topicShown
}

type topicShown struct {
	Name     string
	Counts   string
	Examples []string
}

// topicExamples is how many different questions of a topic are shown.
const topicExamples = 3

// exportedFrom is in how many conversations a word has to be to leave the staff area in
// a file: what one visitor wrote may tell who they are.
const exportedFrom = 3

// topicBars is how many topics the chart shows.
const topicBars = 12

func (o *Office) monitorTopics(v *visit) error {
	p, err := v.periodOf("/cijfers/onderwerpen")
	if err != nil {
		return err
	}
	page := topicsPage{Period: p}
	for _, kind := range []evaluate.TopicKind{evaluate.TopicsAsked, evaluate.TopicsUnanswered} {
		report, err := o.topicReport(v, p, kind, 1)
		if err != nil {
			return err
		}
		if report.MadeAt != nil {
			page.Made = v.when(*report.MadeAt)
		}
		list := topicList{panel: v.topicPanel(p, kind, report, 1), None: v.text("monitor.none." + string(kind))}
		for _, t := range report.Topics {
			shown := topicShown{
				Name:   v.topicName(t, 1),
				Counts: v.text("monitor.topic.counts", "questions", v.count(int64(t.Questions)), "conversations", v.count(int64(t.Conversations)), "unanswered", v.count(int64(t.Unanswered))),
			}
			for _, e := range t.Examples {
				if len(shown.Examples) < topicExamples && !slices.ContainsFunc(shown.Examples, func(s string) bool { return strings.EqualFold(s, e) }) {
					shown.Examples = append(shown.Examples, e)
				}
			}
			list.Topics = append(list.Topics, shown)
		}
		page.Lists = append(page.Lists, list)
	}
	return v.page("monitor", "monitor_topics", v.text("monitor.topics"), page)
}

func (o *Office) topicReport(v *visit, p period, kind evaluate.TopicKind, conversations int) (TopicReport, error) {
	ctx, cancel := v.database()
	defer cancel()
	from, to := p.moments(v.locale)
	return o.monitor.Topics(ctx, kind, from, to, conversations)
}

func (v *visit) topicName(t TopicView, conversations int) string {
	return cmp.Or(evaluate.TopicName(t.Words, conversations), v.text("monitor.unnamed"))
}

// topicParts are the names of the panels of topics.
var topicParts = map[evaluate.TopicKind]string{evaluate.TopicsAsked: "onderwerpen", evaluate.TopicsUnanswered: "onbeantwoord"}

// topicPanel is the chart and table of topics; their names are of words that so many
// conversations have.
func (v *visit) topicPanel(p period, kind evaluate.TopicKind, report TopicReport, conversations int) panel {
	table := &dataset{Columns: v.columns("topic", "questions", "conversations", "unanswered")}
	var bars []bar
	most := 1
	for _, t := range report.Topics {
		most = max(most, t.Questions)
	}
	for i, t := range report.Topics {
		name := v.topicName(t, conversations)
		if i < topicBars {
			bars = append(bars, bar{name: name, value: v.count(int64(t.Questions)), share: float64(t.Questions) / float64(most)})
		}
		table.add(text(name, name), v.number(int64(t.Questions)), v.number(int64(t.Conversations)), v.number(int64(t.Unanswered)))
	}
	pane := v.panel(p, topicParts[kind], table)
	pane.Bars = newBarChart(pane.Title, pane.Lead, bars)
	return pane
}

// monitorCSV gives the table of a panel as a file.
func (o *Office) monitorCSV(v *visit) error {
	part, ok := strings.CutSuffix(v.r.PathValue("part"), ".csv")
	notFound := &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such table"}
	if !ok {
		return notFound
	}
	for kind, name := range topicParts {
		if part != name {
			continue
		}
		p, err := v.periodOf("/cijfers/onderwerpen")
		if err != nil {
			return err
		}
		report, err := o.topicReport(v, p, kind, exportedFrom)
		if err != nil {
			return err
		}
		return v.csv(part, v.topicPanel(p, kind, report, exportedFrom).Table)
	}
	made := map[string]func(*visit, period, FigureReport) panel{
		"gebruik": (*visit).volumePanel, "status": (*visit).statusPanel, "snelheid": (*visit).latencyPanel, "feedback": (*visit).feedbackPanel,
		"talen": (*visit).langPanel, "gemaskeerd": (*visit).maskedPanel, "juistheid": (*visit).correctPanel, "modellen": (*visit).modelPanel,
		"corpus": (*visit).corpusPanel, "controle": (*visit).checkerPanel,
	}[part]
	if made == nil {
		return notFound
	}
	p, report, err := o.figures(v, "/cijfers")
	if err != nil {
		return err
	}
	return v.csv(part+"-"+p.From+"-"+p.To, made(v, p, report).Table)
}
