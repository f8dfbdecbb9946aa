package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
)

// Research follows subjects through the Council's publications. It is implemented by
// *research.Service. Bad input and what does not exist are a *corpus.UserError.
type Research interface {
	Search(ctx context.Context, q research.Query) (research.Results, error)
	History(ctx context.Context, topic string, q research.Query) (research.History, error)
	Graph(ctx context.Context, id string) (research.Graph, error)
	Compare(ctx context.Context, topic string, ids []string) (research.Comparison, error)
	Answer(ctx context.Context, question string, q research.Query) (research.Report, error)
}

// Names of the fields in the addresses of research. An address holds the whole
// search, so that keeping the address keeps the search.
const (
	paramTopic       = "onderwerp"
	paramFrom        = "van"
	paramTo          = "tot"
	paramType        = "soort"
	paramCommission  = "commissie"
	paramTheme       = "thema"
	paramSection     = "deel"
	paramSpeaker     = "spreker"
	paramLanguage    = "taal"
	paramDivision    = "eens"
	paramSort        = "volgorde"
	paramPage        = "bladzijde"
	paramPublication = "p"
)

const (
	// maxTopic is the longest subject, in code points.
	maxTopic = 1000
	// maxChoices is how many values of one facet an address may choose.
	maxChoices = 50
	// maxCompared is how many publications stand side by side.
	maxCompared = 6
	// maxResultPage is the last page of results that may be asked for.
	maxResultPage = 100_000
)

// registerResearch adds the pages of research.
func (p *Pages) registerResearch(handle func(method, path string, h func(*locale, http.ResponseWriter, *http.Request))) {
	handle("GET", "/onderzoek", p.researchSearch)
	handle("GET", "/onderzoek/tijdlijn", p.researchHistory)
	handle("GET", "/onderzoek/publicatie/{publication}", p.researchPublication)
	handle("GET", "/onderzoek/vergelijk", p.researchCompare)
	handle("POST", "/onderzoek/vraag", p.researchReport)
	handle("GET", "/onderzoek/vraag", func(l *locale, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, l.url("/onderzoek#periode"), http.StatusSeeOther)
	})
}

// facet is a facet of the search as the page shows it.
type facet struct {
	name  string // in research.Results
	param string
	title string // key
	field func(*research.Query) *[]string
	words map[string]string // keys of what the values are called; nil: they are words
}

var facets = []facet{
	{research.FacetType, paramType, "research.facet_type", func(q *research.Query) *[]string { return &q.Types }, nil},
	{research.FacetCommission, paramCommission, "research.facet_commission", func(q *research.Query) *[]string { return &q.Commissions }, nil},
	{research.FacetTheme, paramTheme, "research.facet_theme", func(q *research.Query) *[]string { return &q.Themes }, nil},
	{research.FacetSection, paramSection, "research.facet_section", func(q *research.Query) *[]string { return &q.Sections }, sectionWords},
	{research.FacetDivision, paramDivision, "research.facet_division", nil, divisionWords},
	{research.FacetSpeaker, paramSpeaker, "research.facet_speaker", func(q *research.Query) *[]string { return &q.Speakers }, speakerWords},
	{research.FacetLanguage, paramLanguage, "research.facet_language", func(q *research.Query) *[]string { return &q.Languages }, languageWords},
}

var (
	sectionWords = map[string]string{
		string(corpus.SectionSummary):    "research.section_summary",
		string(corpus.SectionPreface):    "research.section_preface",
		string(corpus.SectionChapter):    "research.section_chapter",
		string(corpus.SectionConclusion): "research.section_conclusion",
		string(corpus.SectionMinority):   "research.section_minority",
		string(corpus.SectionAnnex):      "research.section_annex",
		string(corpus.SectionLiterature): "research.section_literature",
		string(corpus.SectionContents):   "research.section_contents",
		string(corpus.SectionColophon):   "research.section_colophon",
	}
	speakerWords = map[string]string{
		string(corpus.SpeakerCouncil):    "research.speaker_council",
		string(corpus.SpeakerEmployers):  "client.speaker_employers",
		string(corpus.SpeakerWorkers):    "client.speaker_workers",
		string(corpus.SpeakerCrown):      "client.speaker_crown_members",
		string(corpus.SpeakerMinority):   "client.speaker_minority",
		string(corpus.SpeakerCommission): "client.speaker_commission",
		string(corpus.SpeakerPlatform):   "client.speaker_platform",
		string(corpus.SpeakerCabinet):    "client.speaker_cabinet",
		string(corpus.SpeakerParliament): "client.speaker_parliament",
	}
	divisionWords = map[string]string{
		research.Unanimous: "research.unanimous",
		research.Divided:   "research.divided",
		research.Minority:  "research.minority",
	}
	languageWords = map[string]string{"nl": "language.nl", "en": "language.en"}
	sortWords     = []struct{ value, key string }{
		{research.ByRelevance, "research.sort_relevance"},
		{research.ByDateDown, "research.sort_newest"},
		{research.ByDate, "research.sort_oldest"},
	}
)

// word is what a value of a facet is called. Those who speak are called as in answers,
// where what they say follows.
func (l *locale) word(words map[string]string, value string) string {
	if key, ok := words[value]; ok {
		return strings.TrimSuffix(l.text(key), ":")
	}
	return value
}

// chosen are the values of a facet that a query chooses.
func (f *facet) chosen(q *research.Query) []string {
	if f.field != nil {
		return *f.field(q)
	}
	if q.Division != "" {
		return []string{q.Division}
	}
	return nil
}

// researchQuery reads a search from an address. What was meant is told apart from what
// cannot be: wrong is a message for who typed it, with all that was typed kept.
func (l *locale) researchQuery(v url.Values) (q research.Query, wrong string) {
	refuse := func(key string, args ...any) {
		if wrong == "" {
			wrong = l.text(key, args...)
		}
	}
	q.Text = strings.Join(strings.Fields(strings.ToValidUTF8(v.Get(paramTopic), "\uFFFD")), " ")
	if n := utf8.RuneCountInString(q.Text); n > maxTopic {
		refuse("research.wrong_topic", "max", maxTopic, "count", n)
	}
	year := func(param string) int {
		s := strings.TrimSpace(v.Get(param))
		if s == "" {
			return 0
		}
		n, ok := positive(s)
		if !ok || n < 1000 || n > 9999 {
			refuse("research.wrong_year")
			return 0
		}
		return n
	}
	q.YearFrom, q.YearTo = year(paramFrom), year(paramTo)
	if q.YearFrom > 0 && q.YearTo > 0 && q.YearFrom > q.YearTo {
		refuse("research.wrong_years", "from", q.YearFrom, "to", q.YearTo)
	}
	for _, f := range facets {
		values := slices.Clone(v[f.param])
		for i := range values {
			values[i] = strings.ToValidUTF8(strings.TrimSpace(values[i]), "\uFFFD")
		}
		slices.Sort(values)
		values = slices.DeleteFunc(slices.Compact(values), func(s string) bool { return s == "" })
		if len(values) > maxChoices {
			values = values[:maxChoices]
			refuse("research.wrong_choice")
		}
		if f.words != nil && slices.ContainsFunc(values, func(s string) bool { _, ok := f.words[s]; return !ok }) {
			refuse("research.wrong_choice")
			continue
		}
		if f.field != nil {
			*f.field(&q) = values
		} else if len(values) == 1 { // both is any
			q.Division = values[0]
		}
	}
	if q.Division == research.Minority {
		q.Division = research.Divided
	}
	if q.Text == "" && len(q.Speakers) > 0 {
		refuse("research.wrong_speaker")
		q.Speakers = nil
	}
	q.Sort = v.Get(paramSort)
	if q.Sort != "" && !slices.ContainsFunc(sortWords, func(s struct{ value, key string }) bool { return s.value == q.Sort }) {
		refuse("research.wrong_choice")
		q.Sort = ""
	}
	q.Page = 1
	if s := v.Get(paramPage); s != "" {
		n, ok := positive(s)
		if !ok || n > maxResultPage {
			refuse("research.wrong_choice")
		} else {
			q.Page = n
		}
	}
	return q, wrong
}

// researchValues is a search as the fields of an address; the first page goes without
// saying.
func researchValues(q research.Query) url.Values {
	v := make(url.Values)
	set := func(name, value string) {
		if value != "" && value != "0" {
			v.Set(name, value)
		}
	}
	set(paramTopic, q.Text)
	set(paramFrom, strconv.Itoa(q.YearFrom))
	set(paramTo, strconv.Itoa(q.YearTo))
	for _, f := range facets {
		if values := f.chosen(&q); len(values) > 0 {
			v[f.param] = slices.Clone(values)
		}
	}
	set(paramSort, q.Sort)
	if q.Page > 1 {
		set(paramPage, strconv.Itoa(q.Page))
	}
	return v
}

func (l *locale) researchURL(path string, v url.Values) string {
	if len(v) == 0 {
		return l.url(path)
	}
	return l.url(path + "?" + v.Encode())
}

func (l *locale) searchURL(q research.Query) string {
	return l.researchURL("/onderzoek", researchValues(q))
}

// historyURL is the address of a timeline, of its first part.
func (l *locale) historyURL(q research.Query) string { return l.historyPartURL(q, 1) }

func (l *locale) historyPartURL(q research.Query, part int) string {
	q.Sort, q.Page = "", part
	return l.researchURL("/onderzoek/tijdlijn", researchValues(q))
}

// field is a field of a form that is not shown.
type field struct{ Name, Value string }

// fields are the fields of an address but those named.
func fields(v url.Values, but ...string) []field {
	var out []field
	for _, f := range append([]string{paramTopic, paramFrom, paramTo, paramSort}, facetParams()...) {
		if slices.Contains(but, f) {
			continue
		}
		for _, value := range v[f] {
			out = append(out, field{f, value})
		}
	}
	return out
}

func facetParams() []string {
	out := make([]string, len(facets))
	for i, f := range facets {
		out[i] = f.param
	}
	return out
}

type researchPage struct {
	layout
	Text, From, To string
	Error          string
	Facets         []facetView
	Sorts          []choiceView
	Chosen         []chosenView
	Chart          *chartView
	Shown          bool // there are results to speak of
	Count          string
	Unread         string
	Partly         bool // nothing is about the whole text
	Hits           []hitView
	Pager          pagerView
	HistoryURL     string // "" without a subject
	ClearURL       string
	Report         reportPage // the form for a question
}

func (page researchPage) with(base layout) any { page.layout = base; return page }

type facetView struct {
	Title, Param string
	Open         bool
	Values       []choiceView
	More         []choiceView // behind a button
}

type choiceView struct {
	Value, Text string
	N           string
	Chosen      bool
}

// facetChoice is a value with the field of the form it belongs to.
type facetChoice struct {
	choiceView
	Param string
}

func newFacetChoice(param string, v choiceView) facetChoice { return facetChoice{v, param} }

// chosenView is a filter that is on, and the address without it.
type chosenView struct{ Title, Text, URL string }

type pagerView struct{ Previous, Next, Text string }

type hitView struct {
	Publication publicationView
	First       []excerptView // at most one
	Rest        []excerptView
	RestText    string
}

// facetShown is how many values of a facet are shown at once, facetMost how many at
// all: more is for the search box.
const (
	facetShown = 8
	facetMost  = 200
)

// researchSearch shows the search of the catalogue.
func (p *Pages) researchSearch(l *locale, w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	q, wrong := l.researchQuery(v)
	page := researchPage{
		layout: layout{Title: l.text("research.title"), Section: "research", NoIndex: len(v) > 0},
		Text:   q.Text, From: v.Get(paramFrom), To: v.Get(paramTo), Error: wrong, ClearURL: l.url("/onderzoek"),
	}
	for _, s := range sortWords {
		chosen := cmp.Or(q.Sort, map[bool]string{true: research.ByRelevance, false: research.ByDate}[q.Text != ""]) == s.value
		page.Sorts = append(page.Sorts, choiceView{Value: s.value, Text: l.text(s.key), Chosen: chosen})
	}
	if wrong != "" {
		p.render(l, w, r, http.StatusUnprocessableEntity, "research", page)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	results, err := p.research.Search(ctx, q)
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	page.fill(l, q, results)
	filters := q
	filters.Text, filters.Sort, filters.Speakers = "", "", nil
	page.Report.Hidden = fields(researchValues(filters))
	page.Report.Filtered = len(page.Report.Hidden) > 0
	p.render(l, w, r, http.StatusOK, "research", page)
}

func (page *researchPage) fill(l *locale, q research.Query, results research.Results) {
	page.Shown = true
	first := q
	first.Page = 0
	switch results.Total {
	case 0:
		page.Count = l.text("research.none")
	case 1:
		page.Count = l.text("research.count_one")
	default:
		page.Count = l.text("research.count", "count", results.Total)
	}
	page.Unread, page.Partly = l.unread(results.Unread), results.Partly
	if q.Text != "" {
		page.HistoryURL = l.historyURL(first)
	}
	for _, f := range facets {
		if view := l.facet(f, first, results.Facets[f.name]); len(view.Values) > 0 {
			page.Facets = append(page.Facets, view)
		}
		for _, value := range f.chosen(&q) {
			without := first
			if f.field != nil {
				*f.field(&without) = slices.DeleteFunc(slices.Clone(*f.field(&without)), func(s string) bool { return s == value })
			} else {
				without.Division = ""
			}
			page.Chosen = append(page.Chosen, chosenView{l.text(f.title), l.word(f.words, value), l.searchURL(without)})
		}
	}
	if q.YearFrom > 0 || q.YearTo > 0 {
		without := first
		without.YearFrom, without.YearTo = 0, 0
		page.Chosen = append(page.Chosen, chosenView{l.text("research.years"), l.yearRange(q.YearFrom, q.YearTo), l.searchURL(without)})
	}
	page.Chart = l.chart(first, results.Years)
	for _, hit := range results.Publications {
		view := hitView{Publication: l.publication(hit.Publication)}
		for i, passage := range hit.Passages {
			e := l.excerpt(passage, q.Text)
			if i == 0 {
				view.First = append(view.First, e)
			} else {
				view.Rest = append(view.Rest, e)
			}
		}
		switch len(view.Rest) {
		case 0:
		case 1:
			view.RestText = l.text("research.more_one")
		default:
			view.RestText = l.text("research.more", "count", len(view.Rest))
		}
		page.Hits = append(page.Hits, view)
	}
	page.Pager = l.pager(q, results)
}

// unread says that documents are still being read; "" when none is.
func (l *locale) unread(n int) string {
	if n == 0 {
		return ""
	}
	return l.text("research.unread", "count", n)
}

func (l *locale) yearRange(from, to int) string {
	switch {
	case from == to:
		return strconv.Itoa(from)
	case to == 0:
		return l.text("research.years_from", "from", from)
	case from == 0:
		return l.text("research.years_to", "to", to)
	}
	return fmt.Sprintf("%d–%d", from, to)
}

func (l *locale) facet(f facet, q research.Query, counts []research.Count) facetView {
	chosen := f.chosen(&q)
	view := facetView{Title: l.text(f.title), Param: f.param, Open: len(chosen) > 0 || f.name == research.FacetType}
	add := func(value, n string) {
		c := choiceView{Value: value, Text: l.word(f.words, value), N: n, Chosen: slices.Contains(chosen, value)}
		if c.Chosen || len(view.Values) < facetShown {
			view.Values = append(view.Values, c)
		} else if len(view.More) < facetMost {
			view.More = append(view.More, c)
		}
	}
	seen := make(map[string]bool)
	for _, c := range counts {
		if f.words == nil || f.words[c.Value] != "" {
			seen[c.Value] = true
			add(c.Value, strconv.Itoa(c.N))
		}
	}
	for _, value := range chosen { // what nothing has any more can still be unchosen
		if !seen[value] {
			add(value, "0")
		}
	}
	return view
}

func (l *locale) pager(q research.Query, results research.Results) pagerView {
	limit := cmp.Or(results.Query.Limit, research.DefaultLimit)
	last := (results.Total + limit - 1) / limit
	if last <= 1 && q.Page <= 1 {
		return pagerView{}
	}
	v := pagerView{Text: l.text("research.page", "page", q.Page, "pages", last)}
	to := func(n int) string {
		other := q
		other.Page = n
		return l.searchURL(other)
	}
	if q.Page > 1 {
		v.Previous = to(max(1, min(q.Page-1, last)))
	}
	if q.Page < last {
		v.Next = to(q.Page + 1)
	}
	return v
}

// researchProblem shows what went wrong with an id or a subject. What research tells
// people it tells in Dutch, so the pages say it in their own words.
func (p *Pages) researchProblem(l *locale, w http.ResponseWriter, r *http.Request, err error) {
	var user *corpus.UserError
	if errors.As(err, &user) && user.Code == corpus.CodeTooLong {
		err = &corpus.UserError{Code: corpus.CodeBadMessage, Message: user.Message, Err: err}
	}
	p.problem(l, w, r, err, composer{})
}
