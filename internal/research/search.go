package research

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

const (
	// passagesRead is how many passages a search looks at.
	passagesRead = 200
	// passagesShown is how many passages a publication shows.
	passagesShown = 5
)

// check refuses a query that cannot be meant, and fills in its defaults.
func (q *Query) check() error {
	bad := func(format string, args ...any) error {
		return &corpus.UserError{Code: corpus.CodeBadMessage, Message: fmt.Sprintf(format, args...)}
	}
	q.Text = strings.Join(strings.Fields(q.Text), " ")
	switch {
	case !utf8.ValidString(q.Text):
		return bad("Het onderwerp bevat tekens die geen tekst zijn.")
	case utf8.RuneCountInString(q.Text) > maxText:
		return &corpus.UserError{Code: corpus.CodeTooLong, Message: fmt.Sprintf("Het onderwerp is langer dan %d tekens. Maak het korter.", maxText)}
	case q.YearFrom < 0 || q.YearTo < 0 || q.YearFrom > 9999 || q.YearTo > 9999:
		return bad("Een jaar heeft vier cijfers, zoals 2014.")
	case q.YearFrom > 0 && q.YearTo > 0 && q.YearFrom > q.YearTo:
		return bad("De jaren lopen achteruit: van %d tot en met %d.", q.YearFrom, q.YearTo)
	case q.Division != "" && q.Division != Unanimous && q.Division != Divided:
		return bad("Kies bij eensgezindheid %s of %s.", Unanimous, Divided)
	case q.Sort != "" && q.Sort != ByRelevance && q.Sort != ByDate && q.Sort != ByDateDown:
		return bad("Sorteer op %s, %s of %s.", ByRelevance, ByDate, ByDateDown)
	case q.Text == "" && len(q.Speakers) > 0:
		return bad("Geef een onderwerp op om te kiezen wie er spreekt.")
	case q.Page < 0 || q.Limit < 0 || q.Limit > MaxLimit:
		return bad("Een bladzijde heeft 1 tot %d publicaties.", MaxLimit)
	}
	for _, s := range q.Sections {
		if !slices.Contains(corpus.SectionKinds(), corpus.SectionKind(s)) {
			return bad("%q is geen soort hoofdstuk.", s)
		}
	}
	q.Page = max(q.Page, 1)
	q.Limit = cmp.Or(q.Limit, DefaultLimit)
	if q.Sort == "" {
		q.Sort = ByDate
		if q.Text != "" {
			q.Sort = ByRelevance
		}
	}
	return nil
}

// matched are the publications that fit a text.
type matched struct {
	score    []float64 // by publication; 0 does not fit
	passages map[int][]Passage
	topic    topic
	subject  bool      // the text names one
	entries  []float64 // by the words of the entry alone
	least    float64   // share of the topic that they need: enough, or less when none has that
}

// Search finds publications by the words of their entries and of their passages.
// Bad input is a *corpus.UserError.
func (s *Service) Search(ctx context.Context, q Query) (Results, error) {
	if err := q.check(); err != nil {
		return Results{}, err
	}
	q.Text = s.cfg.Mask(q.Text)
	snap, err := s.refresh(ctx)
	if err != nil {
		return Results{}, err
	}
	out := Results{Query: q, Corpus: snap.state, Unread: snap.unread, Publications: []Hit{}}
	var found *matched // nil: all
	if q.Text != "" {
		if found, err = s.match(ctx, snap, q.Text); err != nil {
			return Results{}, err
		}
	}
	out.Partly = found.partly()
	var fit []int
	fit, out.Facets, out.Years = snap.narrow(q, found)
	out.Total = len(fit)
	snap.order(fit, q.Sort, found)
	from := min((q.Page-1)*q.Limit, len(fit))
	for _, i := range fit[from:min(from+q.Limit, len(fit))] {
		hit := Hit{Publication: snap.pubs[i], Passages: []Passage{}}
		if found != nil {
			hit.Score = found.score[i]
			for _, p := range found.passages[i] {
				if len(hit.Passages) < passagesShown && q.takes(p) {
					hit.Passages = append(hit.Passages, p)
				}
			}
		}
		out.Publications = append(out.Publications, hit)
	}
	return out, nil
}

// takes reports whether a passage passes the filters on passages.
func (q *Query) takes(p Passage) bool {
	return (len(q.Sections) == 0 || slices.Contains(q.Sections, string(p.Section))) &&
		(len(q.Speakers) == 0 || slices.Contains(q.Speakers, string(p.Speaker)))
}

// order sorts publications; what scores or dates alike keeps the catalogue's order.
func (n *snapshot) order(list []int, by string, found *matched) {
	slices.SortFunc(list, func(a, b int) int {
		switch {
		case by == ByRelevance && found != nil:
			return cmp.Or(cmp.Compare(found.score[b], found.score[a]), cmp.Compare(a, b))
		case by == ByDateDown:
			return cmp.Or(cmp.Compare(n.pubs[b].Date, n.pubs[a].Date), cmp.Compare(a, b))
		}
		return cmp.Compare(a, b) // they stand by date
	})
}

// match finds the publications that a text is about.
func (s *Service) match(ctx context.Context, n *snapshot, text string) (*matched, error) {
	out := &matched{score: make([]float64, len(n.pubs)), passages: make(map[int][]Passage)}
	t, ok := n.readTopic(text)
	out.topic, out.subject, out.entries, out.least = t, ok, n.entries(t), enough
	for i, score := range out.entries {
		if score >= enough {
			out.score[i] = score
		}
	}
	// A publication that the text names is meant, whatever else it says.
	for _, m := range Mentions(text) {
		if i := n.resolve(m); i >= 0 {
			out.score[i] = max(out.score[i], 1) + 1
		}
	}
	if i, err := n.find(text); err == nil {
		out.score[i] = max(out.score[i], 1) + 1
	} else if i, ok := n.byTitle[titleKey(text)]; ok && i >= 0 {
		out.score[i] = max(out.score[i], 1) + 1
	}
	passages, err := s.passages(ctx, text, corpus.Filter{}, passagesRead)
	if err != nil {
		return nil, err
	}
	best := 0.0
	for _, p := range passages {
		best = max(best, p.Score)
	}
	at := n.byPage()
	for _, p := range passages {
		covered := 1.0
		if ok {
			covered = t.covers(n.terms(p.Text + "\n" + strings.Join(p.Heading, "\n") + "\n" + p.Document.Title))
		}
		if covered < enough || best == 0 {
			continue
		}
		score := covered * p.Score / best
		give := func(i int, about bool) {
			passage := Passage{Citation: cite(p, p.Start, p.End), Section: p.Section, About: about, Score: score}
			passage.Speaker = n.speaks(t, p)
			out.score[i] = max(out.score[i], enough*score) + 0.2*score/float64(1+len(out.passages[i]))
			out.passages[i] = append(out.passages[i], passage)
		}
		own, known := n.document[p.Document.ID]
		if known {
			give(own, false)
		}
		told := make(map[int]bool)
		if i, ok := n.summed[p.Document.ID]; ok {
			told[i] = true
			give(i, true)
		}
		for _, j := range at[PageKey{p.VersionID, p.Page}] {
			f := n.findings[j]
			if f.Kind != FoundMention || f.Row || f.Start < p.Start || f.End > p.End {
				continue
			}
			if i := n.resolve(f.Mention); i >= 0 && i != own && !told[i] {
				// The sentence that mentions it must be about the topic itself.
				if !ok || t.covers(n.terms(corpus.Slice(p.PageText, f.SentenceStart, f.SentenceEnd))) >= enough {
					told[i] = true
					give(i, true)
				}
			}
		}
	}
	if ok && !slices.ContainsFunc(out.score, func(f float64) bool { return f > 0 }) {
		out.loosen()
	}
	for _, list := range out.passages {
		slices.SortStableFunc(list, func(a, b Passage) int { return cmp.Compare(b.Score, a.Score) })
	}
	return out, nil
}

// loosen takes the publications with the most of the topic when none has enough of it,
// and reports whether there are any.
func (m *matched) loosen() bool {
	best := 0.0
	for _, score := range m.entries {
		best = max(best, score)
	}
	if best < partOf {
		return false
	}
	m.least = min(enough, 0.95*best)
	for i, score := range m.entries {
		if score >= m.least {
			m.score[i] = max(m.score[i], score)
		}
	}
	return true
}

// partly reports whether only a part of the topic was asked for in the end.
func (m *matched) partly() bool { return m != nil && m.least < enough }

// passages searches the corpus. While its index is being loaded there are none: the
// catalogue can be searched all the same.
func (s *Service) passages(ctx context.Context, text string, f corpus.Filter, limit int) ([]corpus.Passage, error) {
	found, err := s.cfg.Search.Search(ctx, retrieval.Query{Text: text, Lang: dutch.Detect(text), Filter: f, Limit: limit})
	var user *corpus.UserError
	if errors.As(err, &user) && user.Code == corpus.CodeBusy {
		s.log.WarnContext(ctx, "searching the catalogue alone: the passages are still being loaded")
		return nil, nil
	}
	return found, err
}

// speaks is who says the sentence of a passage that is most about the topic.
func (n *snapshot) speaks(t topic, p corpus.Passage) corpus.Speaker {
	best, said := -1.0, ""
	runes := []rune(p.Text)
	for _, span := range dutch.Sentences(p.Text) {
		sentence := string(runes[span.Start:span.End])
		if covered := t.covers(n.terms(sentence)); covered > best {
			best, said = covered, sentence
		}
	}
	return answer.SpeakerOf(p, said)
}

// byPage are the findings of each page.
func (n *snapshot) byPage() map[PageKey][]int {
	n.paged.Do(func() {
		n.pages = make(map[PageKey][]int)
		for i, f := range n.findings {
			k := PageKey{f.Version, f.Page}
			n.pages[k] = append(n.pages[k], i)
		}
	})
	return n.pages
}

// cite is the citation of a stretch of a passage's page.
func cite(p corpus.Passage, start, end int) corpus.Citation {
	heading := ""
	if len(p.Heading) > 0 {
		heading = p.Heading[len(p.Heading)-1]
	}
	return corpus.Citation{Document: p.Document, Version: p.Version, Page: p.Page, PageLabel: p.PageLabel, Heading: heading,
		Quote: corpus.Slice(p.PageText, start, end), Start: start, End: end,
		URL:    corpus.CitationURL(p.Document.ID, p.Version, p.Page, start, end),
		Reader: p.Reader, OCRConfidence: p.OCRConfidence}
}

// The filters of a query, as bits: a publication is counted by a facet when it fails
// no other one.
const (
	failYear = 1 << iota
	failType
	failCommission
	failTheme
	failSection
	failSpeaker
	failLanguage
	failDivision
)

// row is what a publication is counted by.
type row struct {
	year     int
	language string
	values   []valueOf
}

// valueOf is a value of a facet, by its place in snapshot.values, with the filter that
// its count passes over.
type valueOf struct {
	value, bit int
}

// facetValue is a value of a facet.
type facetValue struct{ facet, name string }

// count makes the rows that facets are counted from.
func (n *snapshot) count() {
	n.rows = make([]row, len(n.pubs))
	places := make(map[facetValue]int)
	for i, p := range n.pubs {
		r := row{year: p.Date.Year(), language: cmp.Or(p.Language, "nl")}
		add := func(facet string, bit int, name string) {
			if name == "" {
				return
			}
			v := facetValue{facet, name}
			at, ok := places[v]
			if !ok {
				at = len(n.values)
				places[v], n.values = at, append(n.values, v)
			}
			if !slices.Contains(r.values, valueOf{at, bit}) {
				r.values = append(r.values, valueOf{at, bit})
			}
		}
		add(FacetType, failType, p.Type)
		add(FacetCommission, failCommission, p.Commission)
		for _, theme := range p.Themes {
			add(FacetTheme, failTheme, theme)
		}
		add(FacetLanguage, failLanguage, r.language)
		add(FacetDivision, failDivision, asFilter(p.Division))
		n.rows[i] = r
	}
}

// asFilter is a division as filters and facets know it.
func asFilter(division string) string {
	if division == Minority {
		return Divided
	}
	return division
}

// narrow applies the filters and counts the facets.
func (n *snapshot) narrow(q Query, found *matched) (fit []int, facets map[string][]Count, years []YearCount) {
	counts := map[string]map[string]int{}
	for _, name := range []string{FacetType, FacetCommission, FacetTheme, FacetSection, FacetSpeaker, FacetLanguage, FacetDivision, FacetCorpus} {
		counts[name] = make(map[string]int)
	}
	perYear := make(map[int]int)
	tally := make([]int, len(n.values))
	wants := func(list []string) map[string]bool {
		m := make(map[string]bool, len(list))
		for _, s := range list {
			m[strings.ToLower(s)] = true
		}
		return m
	}
	types, commissions, themes := wants(q.Types), wants(q.Commissions), wants(q.Themes)
	sections, speakers, languages := wants(q.Sections), wants(q.Speakers), wants(q.Languages)
	look := func(i int) {
		p, r := &n.pubs[i], &n.rows[i]
		fails := 0
		if q.YearFrom > 0 && r.year < q.YearFrom || q.YearTo > 0 && (r.year == 0 || r.year > q.YearTo) {
			fails |= failYear
		}
		if len(types) > 0 && !types[strings.ToLower(p.Type)] {
			fails |= failType
		}
		if len(commissions) > 0 && !commissions[strings.ToLower(p.Commission)] {
			fails |= failCommission
		}
		if len(themes) > 0 && !slices.ContainsFunc(p.Themes, func(s string) bool { return themes[strings.ToLower(s)] }) {
			fails |= failTheme
		}
		if len(languages) > 0 && !languages[r.language] {
			fails |= failLanguage
		}
		if q.Division != "" && asFilter(p.Division) != q.Division {
			fails |= failDivision
		}
		inSections, bySpeakers := n.sections[i], map[string]bool(nil)
		if found != nil {
			inSections = nil
			if passages := found.passages[i]; len(passages) > 0 {
				inSections, bySpeakers = make(map[string]bool), make(map[string]bool)
				for _, passage := range passages {
					inSections[string(passage.Section)] = true
					if passage.Speaker != "" {
						bySpeakers[string(passage.Speaker)] = true
					}
				}
			}
		}
		if len(sections) > 0 && !anyOf(sections, inSections) {
			fails |= failSection
		}
		if len(speakers) > 0 && !anyOf(speakers, bySpeakers) {
			fails |= failSpeaker
		}
		if fails&(fails-1) != 0 {
			return // it fails two: no facet counts it
		}
		if fails == 0 {
			fit = append(fit, i)
			if p.InCorpus {
				counts[FacetCorpus]["in"]++
			} else {
				counts[FacetCorpus]["out"]++
			}
		}
		if fails&^failYear == 0 && r.year > 0 {
			perYear[r.year]++
		}
		for _, v := range r.values {
			if fails&^v.bit == 0 {
				tally[v.value]++
			}
		}
		for section := range inSections {
			if section != "" && fails&^failSection == 0 {
				counts[FacetSection][section]++
			}
		}
		for speaker := range bySpeakers {
			if fails&^failSpeaker == 0 {
				counts[FacetSpeaker][speaker]++
			}
		}
	}
	for i := range n.pubs {
		if found == nil || found.score[i] > 0 {
			look(i)
		}
	}
	for v, k := range tally {
		if k > 0 {
			counts[n.values[v].facet][n.values[v].name] = k
		}
	}
	facets = make(map[string][]Count, len(counts))
	for name, values := range counts {
		list := make([]Count, 0, len(values))
		for value, k := range values {
			list = append(list, Count{value, k})
		}
		slices.SortFunc(list, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Value, b.Value)) })
		facets[name] = list
	}
	years = make([]YearCount, 0, len(perYear))
	for year, k := range perYear {
		years = append(years, YearCount{year, k})
	}
	slices.SortFunc(years, func(a, b YearCount) int { return cmp.Compare(a.Year, b.Year) })
	return fit, facets, years
}

func anyOf(wanted, has map[string]bool) bool {
	for s := range wanted {
		if has[s] {
			return true
		}
	}
	return false
}
