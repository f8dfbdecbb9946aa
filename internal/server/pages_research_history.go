package server

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
)

type historyPage struct {
	layout
	Text, From, To string
	Hidden         []field // the other filters
	Error          string
	Shown          bool
	Count, Unread  string
	Partly         bool // nothing is about the whole subject
	Pager          pagerView
	Entries        []entryView
	Drawing        *drawingView
	Choosable      bool // there is something to compare
	SearchURL      string
}

func (page historyPage) with(base layout) any { page.layout = base; return page }

// entryView is a publication of a history, or the years without one before it.
type entryView struct {
	Anchor      string
	Gap         string // the years without; "" for a publication
	Publication publicationView
	Positions   []positionView
	Divisions   []divisionView
	Links       []linkView
	Changed     bool
}

// researchHistory shows a subject through the years.
func (p *Pages) researchHistory(l *locale, w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	q, wrong := l.researchQuery(v)
	page := historyPage{
		layout: layout{Title: l.text("research.history"), Section: "research", NoIndex: len(v) > 0},
		Text:   q.Text, From: v.Get(paramFrom), To: v.Get(paramTo), Error: wrong,
		Hidden: fields(researchValues(q), paramTopic, paramFrom, paramTo, paramSort),
	}
	switch {
	case wrong != "":
		p.render(l, w, r, http.StatusUnprocessableEntity, "research_history", page)
		return
	case q.Text == "": // nothing was asked yet
		p.render(l, w, r, http.StatusOK, "research_history", page)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	history, err := p.research.History(ctx, q.Text, q)
	if err != nil {
		p.researchProblem(l, w, r, err)
		return
	}
	page.Title = l.text("research.history_of", "topic", q.Text)
	page.fill(l, q, history)
	p.render(l, w, r, http.StatusOK, "research_history", page)
}

func (page *historyPage) fill(l *locale, q research.Query, h research.History) {
	page.Shown, page.Choosable = true, len(h.Entries) > 1
	q.Page = 0
	page.Unread, page.Partly, page.SearchURL = l.unread(h.Unread), h.Partly, l.searchURL(q)
	switch len(h.Entries) {
	case 0:
		page.Count = l.text("research.none")
	case 1:
		page.Count = l.text("research.count_one")
	default:
		page.Count = l.text("research.count", "count", len(h.Entries))
	}
	if h.Pages > 1 {
		page.Pager.Text = l.text("research.part", "page", h.Page, "pages", h.Pages)
		if n := len(h.Entries); n > 0 {
			page.Pager.Text += ": " + years(h.Entries[0].Publication.Date.Year(), h.Entries[n-1].Publication.Date.Year())
		}
		if h.Page > 1 {
			page.Pager.Previous = l.historyPartURL(q, h.Page-1)
		}
		if h.Page < h.Pages {
			page.Pager.Next = l.historyPartURL(q, h.Page+1)
		}
	}
	gaps := slices.Clone(h.Gaps)
	for _, e := range h.Entries {
		year := e.Publication.Date.Year()
		for len(gaps) > 0 && gaps[0].From < year {
			page.Entries = append(page.Entries, entryView{Gap: years(gaps[0].From, gaps[0].To)})
			gaps = gaps[1:]
		}
		view := entryView{Anchor: anchorOf(e.Publication.ID), Publication: l.publication(e.Publication), Links: l.links(e.Links), Changed: e.Changed}
		for _, position := range e.Positions {
			view.Positions = append(view.Positions, l.position(position))
		}
		divisions := e.Divisions
		if len(divisions) == 0 && e.Division != nil {
			divisions = []research.Division{*e.Division}
		}
		view.Divisions = l.divisions(divisions)
		view.join()
		page.Entries = append(page.Entries, view)
	}
	for _, gap := range gaps {
		page.Entries = append(page.Entries, entryView{Gap: years(gap.From, gap.To)})
	}
	page.Drawing = l.drawing(h)
}

// join leaves a sentence that states a position and says how the Council stood as one.
func (e *entryView) join() {
	e.Divisions = slices.DeleteFunc(e.Divisions, func(d divisionView) bool {
		for i := range e.Positions {
			if e.Positions[i].URL == d.Source.URL {
				e.Positions[i].Division = d.Text
				return true
			}
		}
		return false
	})
}

// anchorOf names a publication within a page.
func anchorOf(id string) string { return "p-" + url.PathEscape(id) }

// drawingView is a history as a drawing: the years from top to bottom, publications
// as marks where they stand in time, and what one says of another as arcs.
type drawingView struct {
	Width, Height int
	AxisX         int
	Spans         []spanView // where there are publications
	Gaps          []spanView
	Ticks         []tickView
	Marks         []markedEntry
	Arcs          []arcView
	Kinds         []kindView // of the arcs, for the legend
}

type spanView struct {
	Y1, Y2 string
	Text   string
	TextY  string
}

type tickView struct {
	Y    string
	Year int
}

type markedEntry struct {
	Y, LabelY, RowY string
	X               int
	Label, Href     string
	Filled          bool // it can be quoted itself
}

type arcView struct{ Path, Kind string }

type kindView struct{ Kind, Text string }

// Measures of the drawing, in its own units.
const (
	drawWidth   = 320
	drawAxis    = 118 // arcs and years stand left of it, labels right
	drawLabel   = 26  // least distance between two labels
	drawTop     = 20
	drawYear    = 9.0 // height of a year, when there is room
	drawLeast   = 240 // least height of the axis
	drawMost    = 1600
	drawLetters = 24 // code points of a label
)

func (l *locale) drawing(h research.History) *drawingView {
	type dot struct {
		at    float64 // year and part of the year
		entry int
	}
	var dots []dot
	for i, e := range h.Entries {
		if at := moment(e.Publication.Date); at > 0 {
			dots = append(dots, dot{at, i})
		}
	}
	if len(dots) == 0 {
		return nil
	}
	slices.SortStableFunc(dots, func(a, b dot) int { return int(1000*a.at) - int(1000*b.at) })
	first, last := int(dots[0].at), int(dots[len(dots)-1].at)+1
	for _, g := range h.Gaps {
		first, last = min(first, max(g.From, first-30)), max(last, min(g.To+1, last+30))
	}
	height := min(max(float64(last-first)*drawYear, float64(len(dots)*drawLabel), drawLeast), drawMost)
	y := func(at float64) float64 { return drawTop + (at-float64(first))/float64(last-first)*height }
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

	v := &drawingView{Width: drawWidth, AxisX: drawAxis}
	from := float64(first)
	for _, g := range h.Gaps {
		start, end := max(float64(g.From), from), min(float64(g.To+1), float64(last))
		if start >= end {
			continue
		}
		if start > from {
			v.Spans = append(v.Spans, spanView{Y1: number(y(from)), Y2: number(y(start))})
		}
		v.Gaps = append(v.Gaps, spanView{Y1: number(y(start)), Y2: number(y(end)), Text: years(g.From, g.To), TextY: number((y(start) + y(end)) / 2)})
		from = end
	}
	if from < float64(last) {
		v.Spans = append(v.Spans, spanView{Y1: number(y(from)), Y2: number(y(float64(last)))})
	}
	step := 1
	for _, s := range []int{1, 2, 5, 10, 20, 50} {
		if step = s; float64(s)/float64(last-first)*height >= 30 {
			break
		}
	}
	for year := (first + step - 1) / step * step; year <= last; year += step {
		v.Ticks = append(v.Ticks, tickView{number(y(float64(year))), year})
	}

	place := make(map[string]float64, len(dots))
	below := 0.0
	for _, d := range dots {
		p := h.Entries[d.entry].Publication
		at := y(d.at)
		place[p.ID] = at
		label := max(at, below)
		below = label + drawLabel
		text := p.Number + " " + p.Title
		if p.Number == "" {
			text = strconv.Itoa(int(d.at)) + " " + p.Title
		}
		v.Marks = append(v.Marks, markedEntry{Y: number(at), LabelY: number(label), RowY: number(label - drawLabel/2), X: drawAxis,
			Label: drawLabelOf(text), Href: "#" + anchorOf(p.ID), Filled: p.InCorpus && !p.DemoSummary})
	}
	v.Height = int(max(below, drawTop+height) + drawTop)

	for _, key := range relationKeys {
		drawn := false
		for _, e := range h.Entries {
			for _, link := range e.Links {
				a, okA := place[e.Publication.ID]
				b, okB := place[link.Target.ID]
				// Both ends tell of a link; it is drawn from the one that says it.
				if link.Kind != key.kind || link.Incoming || key.incoming || !okA || !okB || a == b {
					continue
				}
				bow := min(70, 14+max(a-b, b-a)/4)
				v.Arcs = append(v.Arcs, arcView{Kind: string(link.Kind),
					Path: "M" + strconv.Itoa(drawAxis) + " " + number(a) + "C" + number(drawAxis-bow) + " " + number(a) + " " + number(drawAxis-bow) + " " + number(b) + " " + strconv.Itoa(drawAxis) + " " + number(b)})
				drawn = true
			}
		}
		if drawn {
			v.Kinds = append(v.Kinds, kindView{string(key.kind), l.text(key.message)})
		}
	}
	return v
}

// drawLabelOf keeps a label within the drawing.
func drawLabelOf(s string) string {
	if runes := []rune(s); len(runes) > drawLetters {
		return strings.TrimSpace(string(runes[:drawLetters-1])) + "…"
	}
	return s
}

// moment is a date as a year with its part, the middle of what it leaves open; 0 when
// there is none.
func moment(d corpus.Date) float64 {
	year := d.Year()
	if year <= 0 {
		return 0
	}
	parts := strings.Split(string(d), "-")
	if len(parts) < 2 {
		return float64(year) + 0.5
	}
	month, err := strconv.Atoi(parts[1])
	if err != nil || month < 1 || month > 12 {
		return float64(year) + 0.5
	}
	return float64(year) + (float64(month)-0.5)/12
}

type publicationPage struct {
	layout
	Publication publicationView
	Data        []datum
	Themes      []chosenView // with the search for it
	Divisions   []divisionView
	Links       []linkView
	Seen        string // where the catalogue has its facts from
	Cites       []referenceView
	CitedBy     []referenceView
}

func (p publicationPage) with(base layout) any { p.layout = base; return p }

// referenceView is the other end of mentions, with the sentences that mention.
type referenceView struct {
	Publication publicationView
	Pages       string
	Sources     []excerptView
}

// researchPublication shows a publication of the catalogue with what it mentions and
// what mentions it.
func (p *Pages) researchPublication(l *locale, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	graph, err := p.research.Graph(ctx, r.PathValue("publication"))
	if err != nil {
		p.researchProblem(l, w, r, err)
		return
	}
	pub := graph.Publication
	page := publicationPage{
		layout:      layout{Title: pub.Title, Section: "research"},
		Publication: l.publication(pub),
		Divisions:   l.divisions(graph.Divisions),
		Links:       l.links(graph.Links),
		Seen:        onlineURL(pub.Seen, ""),
		Cites:       l.references(graph.Cites),
		CitedBy:     l.references(graph.CitedBy),
	}
	add := func(key, value string) {
		if value != "" {
			page.Data = append(page.Data, datum{l.text(key), value})
		}
	}
	add("document.type", pub.Type)
	add("document.number", pub.Number)
	add("document.date", l.date(pub.Date))
	add("research.facet_commission", pub.Commission)
	if key, ok := languageWords[pub.Language]; ok {
		add("document.language", l.text(key))
	}
	for _, theme := range pub.Themes {
		page.Themes = append(page.Themes, chosenView{Text: theme, URL: l.searchURL(research.Query{Themes: []string{theme}})})
	}
	p.render(l, w, r, http.StatusOK, "research_publication", page)
}

func (l *locale) references(list []research.Reference) []referenceView {
	var out []referenceView
	for _, ref := range list {
		v := referenceView{Publication: l.publication(ref.Publication)}
		numbers := make([]string, len(ref.Pages))
		for i, n := range ref.Pages {
			numbers[i] = strconv.Itoa(n)
		}
		switch len(numbers) {
		case 0:
		case 1:
			v.Pages = l.text("source.page", "page", numbers[0])
		default:
			v.Pages = l.text("research.pages", "pages", strings.Join(numbers, ", "))
		}
		for _, c := range ref.Citations {
			v.Sources = append(v.Sources, l.quoted(c))
		}
		out = append(out, v)
	}
	return out
}

type comparePage struct {
	layout
	Text       string
	Error      string
	Chosen     []choiceView // the publications
	Sides      []sideView
	Shared     []string
	HistoryURL string
}

func (p comparePage) with(base layout) any { p.layout = base; return p }

type sideView struct {
	Publication publicationView
	Positions   []positionView
	Division    *divisionView
	Numbers     []string
	Terms       []string
}

// researchCompare lays publications side by side.
func (p *Pages) researchCompare(l *locale, w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	topic := strings.Join(strings.Fields(strings.ToValidUTF8(v.Get(paramTopic), "\uFFFD")), " ")
	var ids []string
	for _, id := range v[paramPublication] {
		if id = strings.ToValidUTF8(strings.TrimSpace(id), "\uFFFD"); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	page := comparePage{
		layout: layout{Title: l.text("research.compare"), Section: "research", NoIndex: true},
		Text:   topic,
	}
	if topic != "" {
		page.HistoryURL = l.historyURL(research.Query{Text: topic})
	}
	switch count := utf8.RuneCountInString(topic); {
	case count > maxTopic:
		page.Error = l.text("research.wrong_topic", "max", maxTopic, "count", count)
	case topic == "":
		page.Error = l.text("research.wrong_no_topic")
	case len(ids) < 2 || len(ids) > maxCompared:
		page.Error = l.text("research.wrong_compared", "max", maxCompared)
	}
	if page.Error != "" {
		for _, id := range ids[:min(len(ids), maxCompared)] {
			page.Chosen = append(page.Chosen, choiceView{Value: id})
		}
		p.render(l, w, r, http.StatusUnprocessableEntity, "research_compare", page)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	c, err := p.research.Compare(ctx, topic, ids)
	if err != nil {
		p.researchProblem(l, w, r, err)
		return
	}
	page.Shared = c.Shared
	for _, side := range c.Sides {
		view := sideView{Publication: l.publication(side.Publication), Numbers: side.Numbers, Terms: side.Terms}
		page.Chosen = append(page.Chosen, choiceView{Value: side.Publication.ID})
		for i, position := range side.Positions {
			pv := l.position(position)
			if i < len(side.Marks) {
				pv.Pieces = l.pieces(pv.Text, side.Marks[i])
			}
			view.Positions = append(view.Positions, pv)
		}
		if side.Division != nil {
			view.Division = &l.divisions([]research.Division{*side.Division})[0]
		}
		page.Sides = append(page.Sides, view)
	}
	p.render(l, w, r, http.StatusOK, "research_compare", page)
}
