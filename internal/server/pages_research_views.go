package server

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/research"
)

// publicationView is a publication as the pages of research show it.
type publicationView struct {
	ID, Title, Lang string
	Number          string
	Year            int
	Where           string // type, number and date
	Commission      string
	Summary         string
	URL             string // of its page in research
	DocumentURL     string // in the corpus; "" when it is not there
	Online          string // where it is elsewhere
	Mark            string // that it cannot be quoted itself; "" when it can
	Division        string // how the Council stood; "" when nothing says so
}

func (l *locale) publication(p research.Publication) publicationView {
	v := publicationView{
		ID: p.ID, Title: cmp.Or(p.Title, p.ID), Lang: cmp.Or(p.Language, "nl"), Number: p.Number, Year: p.Date.Year(),
		Where:      strings.Join(l.reference(p.Type, p.Number, p.Date), " · "),
		Commission: p.Commission, Summary: p.Summary,
		URL:    l.url("/onderzoek/publicatie/" + url.PathEscape(p.ID)),
		Online: onlineURL(p.Original, ""),
	}
	if p.Document != "" && p.InCorpus {
		v.DocumentURL = l.url("/documenten/" + url.PathEscape(p.Document))
	}
	switch {
	case !p.InCorpus:
		v.Mark = l.text("research.catalogue_only")
	case p.DemoSummary:
		v.Mark = l.text("research.demo_summary")
	}
	if p.Division != "" {
		v.Division = l.word(divisionWords, p.Division)
	}
	return v
}

// excerptView is a stretch of a document with where it stands.
type excerptView struct {
	Text    string // with … where it was cut
	Lang    string
	Where   string
	URL     string // of its words
	PageURL string // of the whole page
	Note    string // part of the document, who speaks, that another document says it
	Title   string // of the document that says it, when that is another one
	Passage string // names the passage for a reading list
}

// excerptLength is how much of a passage a list of results shows, in code points.
const excerptLength = 420

func (l *locale) excerpt(p research.Passage, topic string) excerptView {
	v := l.quoted(p.Citation)
	v.Text = cut(p.Citation.Quote, topic, excerptLength)
	v.Note = l.notes(p.Section, p.Speaker)
	if p.About {
		v.Title = cmp.Or(p.Citation.Document.Title, p.Citation.Document.ID)
	}
	return v
}

// quoted shows a citation whole.
func (l *locale) quoted(c corpus.Citation) excerptView {
	where := []string{l.place(c.Reader, c.Page, c.PageLabel)}
	if c.Heading != "" {
		where = append(where, c.Heading)
	}
	return excerptView{
		Text: c.Quote, Lang: dutch.Detect(c.Quote), Where: strings.Join(where, " · "),
		Passage: corpus.CitationURL(url.PathEscape(c.Document.ID), c.Version, c.Page, c.Start, c.End),
		URL:     l.url(corpus.CitationURL(url.PathEscape(c.Document.ID), c.Version, c.Page, c.Start, c.End)),
		PageURL: l.pageURL(c.Document.ID, c.Version, c.Page),
	}
}

func (l *locale) notes(section corpus.SectionKind, speaker corpus.Speaker) string {
	var notes []string
	if key, ok := sectionWords[string(section)]; ok && section != corpus.SectionChapter {
		notes = append(notes, l.text(key))
	}
	if speaker != "" && speaker != corpus.SpeakerCouncil {
		notes = append(notes, l.word(speakerWords, string(speaker)))
	}
	return strings.Join(notes, " · ")
}

// cut is the stretch of a text, at most length code points and a few dots long, where
// the words of the topic come first. It begins and ends between words.
func cut(text, topic string, length int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= length {
		return string(runes)
	}
	lower := make([]rune, len(runes))
	for i, r := range runes {
		lower[i] = unicode.ToLower(r)
	}
	at := len(runes)
	for word := range strings.FieldsSeq(topic) {
		stem := []rune(strings.ToLower(strings.Trim(word, `.,;:?!()"'`)))
		if len(stem) < 4 {
			continue
		}
		stem = stem[:min(len(stem), 6)]
		for i := 0; i+len(stem) <= min(at, len(lower)); i++ {
			if (i == 0 || lower[i-1] == ' ') && slices.Equal(lower[i:i+len(stem)], stem) {
				at = i
				break
			}
		}
	}
	if at == len(runes) {
		at = 0
	}
	from := max(0, min(at-length/4, len(runes)-length))
	for from > 0 && runes[from-1] != ' ' {
		from--
	}
	to := min(len(runes), from+length)
	if to < len(runes) {
		for end := to; end > from+length/2; end-- {
			if runes[end] == ' ' {
				to = end
				break
			}
		}
	}
	out := string(runes[from:to])
	if from > 0 {
		out = "… " + out
	}
	if to < len(runes) {
		out += " …"
	}
	return out
}

// chartView is the number of publications per year as a drawing and as a table.
type chartView struct {
	From, To, Middle int
	Width            int // of the drawing; its height is chartHeight
	Bars             []barView
	Rows             []barView // the years with publications
	Selected         bool      // years are chosen
}

type barView struct {
	Year, N             int
	X, Y, Width, Height string
	Chosen              bool
	URL                 string // of this year alone
}

const (
	chartHeight = 100
	chartStep   = 10  // from one year to the next
	chartYears  = 300 // more years than there ever were; a wrong date must not make a page of bars
)

// Height is that of the drawing.
func (chartView) Height() int { return chartHeight }

func (l *locale) chart(q research.Query, years []research.YearCount) *chartView {
	years = slices.DeleteFunc(slices.Clone(years), func(y research.YearCount) bool { return y.Year <= 0 || y.N <= 0 })
	if len(years) == 0 {
		return nil
	}
	slices.SortFunc(years, func(a, b research.YearCount) int { return cmp.Compare(a.Year, b.Year) })
	v := &chartView{From: years[0].Year, To: years[len(years)-1].Year, Selected: q.YearFrom > 0 || q.YearTo > 0}
	v.From = max(v.From, v.To-chartYears)
	v.Middle = (v.From + v.To) / 2
	v.Width = (v.To - v.From + 1) * chartStep
	most := 0
	for _, y := range years {
		most = max(most, y.N)
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
	for _, y := range years {
		if y.Year < v.From {
			continue
		}
		height := max(3, float64(y.N)/float64(most)*chartHeight)
		only := q
		only.YearFrom, only.YearTo = y.Year, y.Year
		b := barView{
			Year: y.Year, N: y.N, URL: l.searchURL(only),
			X: strconv.Itoa((y.Year-v.From)*chartStep + 1), Y: number(chartHeight - height), Width: strconv.Itoa(chartStep - 2), Height: number(height),
			Chosen: (q.YearFrom == 0 || y.Year >= q.YearFrom) && (q.YearTo == 0 || y.Year <= q.YearTo),
		}
		v.Bars = append(v.Bars, b)
	}
	v.Rows = v.Bars
	return v
}

// linkView is what a publication says of another one, or the other of it.
type linkView struct {
	Title       string // what the one does to the other
	Publication publicationView
	Source      *excerptView // the sentence that says it
	Catalogue   bool         // the catalogue says it
}

func (l *locale) links(links []research.Link) []linkView {
	var out []linkView
	for _, key := range relationKeys {
		for _, link := range links {
			if link.Kind != key.kind || link.Incoming != key.incoming {
				continue
			}
			v := linkView{Title: l.text(key.message), Publication: l.publication(link.Target), Catalogue: link.InCatalogue}
			if link.Citation != nil {
				source := l.quoted(*link.Citation)
				source.Title = cmp.Or(link.Citation.Document.Title, link.Citation.Document.ID)
				v.Source = &source
			}
			out = append(out, v)
		}
	}
	return out
}

// divisionView is how the Council stood, with the sentence that says so.
type divisionView struct {
	Text    string
	Parties string // the groups that the sentence names
	Source  excerptView
}

func (l *locale) divisions(list []research.Division) []divisionView {
	var out []divisionView
	for _, d := range list {
		source := l.quoted(d.Citation)
		source.Title = cmp.Or(d.Citation.Document.Title, d.Citation.Document.ID)
		named := make([]string, len(d.Parties))
		for i, party := range d.Parties {
			named[i] = l.word(speakerWords, string(party))
		}
		out = append(out, divisionView{l.word(divisionWords, d.Kind), strings.Join(named, ", "), source})
	}
	return out
}

// adding is something shown with or without a button that puts it on the reading list.
type adding struct {
	Of any
	On bool
}

// positionView is a sentence that states a position.
type positionView struct {
	excerptView
	Division string      // that it says how the Council stood
	Pieces   []pieceView // of Text; nil: nothing in it is marked
}

// pieceView is a stretch of a sentence that is marked as a whole or not at all.
type pieceView struct {
	Text string
	Kind string // "number", "term" or "" when it is not marked
	Alt  string // what the mark means, in words
}

func (l *locale) position(p research.Position) positionView {
	v := positionView{excerptView: l.quoted(p.Citation)}
	v.Text = p.Citation.Quote
	v.Note = l.notes(p.Section, p.Speaker)
	if p.Reported {
		v.Title = cmp.Or(p.Citation.Document.Title, p.Citation.Document.ID)
	}
	return v
}

// pieces cuts a text at its marks. Marks beyond the text or within another are left
// out; together the pieces are the text.
func (l *locale) pieces(text string, marks []research.Mark) []pieceView {
	runes := []rune(text)
	marks = slices.Clone(marks)
	slices.SortStableFunc(marks, func(a, b research.Mark) int { return cmp.Compare(a.Start, b.Start) })
	var out []pieceView
	at := 0
	for _, m := range marks {
		if m.Start < at || m.End > len(runes) || m.Start >= m.End {
			continue
		}
		if at < m.Start {
			out = append(out, pieceView{Text: string(runes[at:m.Start])})
		}
		key := "research.only_term"
		if m.Kind == "number" {
			key = "research.only_number"
		}
		out = append(out, pieceView{Text: string(runes[m.Start:m.End]), Kind: m.Kind, Alt: l.text(key)})
		at = m.End
	}
	if at < len(runes) {
		out = append(out, pieceView{Text: string(runes[at:])})
	}
	return out
}

// years writes a stretch of years.
func years(from, to int) string {
	if from == to {
		return strconv.Itoa(from)
	}
	return fmt.Sprintf("%d–%d", from, to)
}
