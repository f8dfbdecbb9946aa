package research

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Format is a form in which a reading list leaves.
type Format string

// The formats.
const (
	FormatMarkdown Format = "markdown" // passages and notes, sources as footnotes
	FormatDOCX     Format = "docx"     // the same for Word
	FormatRIS      Format = "ris"
	FormatBibTeX   Format = "bibtex"
	FormatCSLJSON  Format = "csl-json"
	FormatLeidraad Format = "leidraad" // text, after the Leidraad voor juridische auteurs
	FormatAPA      Format = "apa"      // text, after the seventh edition of APA
)

// Formats are all formats.
func Formats() []Format {
	return []Format{FormatDOCX, FormatMarkdown, FormatRIS, FormatBibTeX, FormatCSLJSON, FormatLeidraad, FormatAPA}
}

// fileOf is the media type and the ending of a file of each format.
var fileOf = map[Format]struct{ media, ending string }{
	FormatMarkdown: {"text/markdown; charset=utf-8", "md"},
	FormatDOCX:     {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
	FormatRIS:      {"application/x-research-info-systems; charset=utf-8", "ris"},
	FormatBibTeX:   {"application/x-bibtex; charset=utf-8", "bib"},
	FormatCSLJSON:  {"application/vnd.citationstyles.csl+json; charset=utf-8", "json"},
	FormatLeidraad: {"text/plain; charset=utf-8", "txt"},
	FormatAPA:      {"text/plain; charset=utf-8", "txt"},
}

// File is an exported list.
type File struct {
	Name    string // to save it as
	Media   string
	Content []byte
}

// ExportOptions are what an export needs besides the list.
type ExportOptions struct {
	Lang     string    // "en" or anything else for Dutch
	Origin   string    // scheme://host of the website, for permalinks
	Accessed time.Time // the day the sources were seen
}

// Export writes a list in one of the formats. An unknown format is a
// *corpus.UserError.
func (l List) Export(format Format, o ExportOptions) (File, error) {
	of, ok := fileOf[format]
	if !ok {
		return File{}, &corpus.UserError{Code: corpus.CodeBadMessage, Message: fmt.Sprintf("unknown format %q: use docx, markdown, ris, bibtex, csl-json, leidraad or apa", format)}
	}
	name := "leeslijst"
	if o.Lang == "en" {
		name = "reading-list"
	}
	f := File{Name: name + "." + of.ending, Media: of.media}
	sources := l.Sources(o)
	var err error
	switch format {
	case FormatMarkdown:
		f.Content = exportMarkdown(sources, o)
	case FormatDOCX:
		f.Content, err = exportDOCX(sources, o)
	case FormatRIS:
		f.Content = exportRIS(sources)
	case FormatBibTeX:
		f.Content = exportBibTeX(sources)
	case FormatCSLJSON:
		f.Content, err = exportCSL(sources)
	case FormatLeidraad, FormatAPA:
		f.Content = exportText(sources, format)
	}
	if err != nil {
		return File{}, fmt.Errorf("exporting a list as %s: %w", format, err)
	}
	return f, nil
}

// Source is a passage as bibliographies name it.
type Source struct {
	Key      string // unique within a list, ASCII
	Author   string // an organisation, which is the publisher too
	Place    string // of the publisher; "" when it has none
	Title    string
	Type     string // advies, briefadvies …
	Number   string // normalised
	Date     corpus.Date
	Page     string // as printed
	URL      string // the permalink, in full
	Accessed time.Time
	Quote    string // verbatim
	Note     string // of who made the list
	Lang     string // of Leidraad and APA
}

// Names that every publication here shares.
const (
	council      = "Sociaal-Economische Raad"
	councilShort = "SER"
	councilPlace = "Den Haag"
	cabinet      = "Kabinet"
	// summarist writes the demo summaries, which are no publications of the Council.
	summarist = "Vraagbaak"
)

// SourceOf is the bibliographic description of a citation.
func SourceOf(c corpus.Citation, o ExportOptions) Source {
	s := Source{
		Author: council, Place: councilPlace, Title: oneSpace(c.Document.Title), Type: oneSpace(c.Document.Type), Number: oneSpace(c.Document.Number), Date: c.Document.Date,
		Page: oneSpace(cmp.Or(c.PageLabel, strconv.Itoa(c.Page))), URL: o.Origin + c.URL, Accessed: o.Accessed, Quote: c.Quote, Lang: o.Lang,
	}
	if strings.Contains(strings.ToLower(s.Type), "kabinet") { // its replies are in the catalogue too
		s.Author = cabinet
	}
	if s.Type == demoSummary {
		s.Author, s.Place = summarist, ""
	}
	s.Key = s.key()
	return s
}

// Sources describes the passages of a list, in its order, with keys of their own.
func (l List) Sources(o ExportOptions) []Source {
	sources := make([]Source, len(l.Items))
	used := make(map[string]bool, len(l.Items))
	for i, item := range l.Items {
		s := SourceOf(item.Citation, o)
		s.Note = strings.TrimSpace(strings.ReplaceAll(item.Note, "\r\n", "\n"))
		base := s.Key
		for n := 2; used[s.Key]; n++ {
			s.Key = fmt.Sprintf("%s-%d", base, n)
		}
		used[s.Key] = true
		sources[i] = s
	}
	return sources
}

// key names a source by its number, or else by its title, and its page.
func (s Source) key() string {
	name := "ser-" + strings.ReplaceAll(s.Number, "/", "-")
	if s.Number == "" {
		name = "ser-" + corpus.Slice(string(s.Date), 0, 4) + "-" + corpus.Slice(asciiWords(s.Title), 0, 40)
	}
	return strings.Trim(asciiWords(name+"-p"+s.Page), "-")
}

// asciiWords keeps the letters and digits of a text without their accents, with a
// hyphen between words.
func asciiWords(s string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn))), s)
	if err != nil { // of the transformers none fails on a string
		plain = s
	}
	words := strings.FieldsFunc(strings.ToLower(plain), func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return strings.Join(words, "-")
}

// oneSpace writes text on one line.
func oneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// Span is a stretch of a reference: its words are italic, or an address.
type Span struct {
	Text   string
	Italic bool
	URL    bool
}

// Plain is a reference without its typography.
func Plain(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Leidraad refers to a source as the Leidraad voor juridische auteurs (Deventer:
// Wolters Kluwer) does to reports: author, title in italics with kind and number in
// brackets, place: publisher year, page, and the address with the day it was seen.
// That form is Dutch whatever the language of the list.
func (s Source) Leidraad() []Span {
	spans := []Span{{Text: s.Author + ", "}, {Text: s.Title, Italic: true}}
	var after strings.Builder
	switch {
	case s.Number != "" && s.Author == council:
		fmt.Fprintf(&after, " (%s-%s %s)", councilShort, cmp.Or(s.Type, "publicatie"), s.Number)
	case s.Number != "":
		fmt.Fprintf(&after, " (%s %s)", cmp.Or(s.Type, "publicatie"), s.Number)
	case s.Type != "":
		fmt.Fprintf(&after, " (%s)", s.Type)
	}
	publisher := councilShort
	if s.Author != council {
		publisher = s.Author
	}
	if s.Place != "" {
		publisher = s.Place + ": " + publisher
	}
	fmt.Fprintf(&after, ", %s", publisher)
	if year := s.Date.Year(); year != 0 {
		fmt.Fprintf(&after, " %d", year)
	}
	fmt.Fprintf(&after, ", p. %s, ", s.Page)
	spans = append(spans, Span{Text: after.String()}, Span{Text: s.URL, URL: true})
	return append(spans, Span{Text: fmt.Sprintf(" (laatst geraadpleegd op %s).", day(s.Accessed, "nl"))})
}

// APA refers to a source as the Publication Manual of the American Psychological
// Association (7th edition, 10.4, reports) does, with the page and the day it was
// seen, in the language of the list.
func (s Source) APA() []Span {
	words := struct{ undated, page, seen string }{"z.d.", "p.", "Geraadpleegd op %s, van "}
	if s.Lang == "en" {
		words.undated, words.seen = "n.d.", "Retrieved %s, from "
	}
	spans := []Span{{Text: fmt.Sprintf("%s. (%s). ", s.Author, cmp.Or(apaDate(s.Date, s.Lang), words.undated))}, {Text: s.Title, Italic: true}}
	inside := strings.TrimSpace(s.Type + " " + s.Number)
	if first := []rune(inside); len(first) > 0 {
		inside = string(unicode.ToUpper(first[0])) + string(first[1:]) + ", "
	}
	spans = append(spans, Span{Text: fmt.Sprintf(" (%s%s %s). ", inside, words.page, s.Page)},
		Span{Text: fmt.Sprintf(words.seen, day(s.Accessed, s.Lang))})
	return append(spans, Span{Text: s.URL, URL: true})
}

var monthsNL = [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}

// day writes a day in full.
func day(t time.Time, lang string) string {
	if lang == "en" {
		return t.Format("January 2, 2006")
	}
	return fmt.Sprintf("%d %s %d", t.Day(), monthsNL[t.Month()-1], t.Year())
}

// dateParts are year, month and day, as far as they are known.
func dateParts(d corpus.Date) []int {
	var parts []int
	for part := range strings.SplitSeq(string(d), "-") {
		n, err := strconv.Atoi(part)
		if err != nil || n == 0 || len(parts) == 1 && n > 12 {
			break
		}
		parts = append(parts, n)
	}
	return parts
}

// apaDate writes a date as far as it is known: "2014", "2014, april", "2014, 25 april".
func apaDate(d corpus.Date, lang string) string {
	parts := dateParts(d)
	switch {
	case len(parts) == 0:
		return ""
	case len(parts) == 1:
		return strconv.Itoa(parts[0])
	}
	month := monthsNL[parts[1]-1]
	if lang == "en" {
		month = time.Month(parts[1]).String()
	}
	switch {
	case len(parts) == 2:
		return fmt.Sprintf("%d, %s", parts[0], month)
	case lang == "en":
		return fmt.Sprintf("%d, %s %d", parts[0], month, parts[2])
	}
	return fmt.Sprintf("%d, %d %s", parts[0], parts[2], month)
}

// exportText lists the references of a list, each once.
func exportText(sources []Source, format Format) []byte {
	var lines []string
	for _, s := range sources {
		spans := s.Leidraad()
		if format == FormatAPA {
			spans = s.APA()
		}
		if line := Plain(spans); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if format == FormatAPA { // a list of literature goes by author and date
		slices.Sort(lines)
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// headingOf is what a list is called.
func headingOf(lang string) string {
	if lang == "en" {
		return "Reading list"
	}
	return "Leeslijst"
}

// exportMarkdown writes passages as quotes with footnotes, in the form of pandoc and
// of PHP Markdown Extra, and the notes under them.
func exportMarkdown(sources []Source, o ExportOptions) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", headingOf(o.Lang))
	for i, s := range sources {
		b.WriteByte('\n')
		for j, line := range paragraphs(s.Quote) {
			if j > 0 {
				b.WriteString("\n>\n")
			}
			b.WriteString("> " + markdownText(line))
		}
		fmt.Fprintf(&b, "[^%d]\n", i+1)
		for _, line := range paragraphs(s.Note) {
			b.WriteString("\n" + markdownText(line) + "\n")
		}
	}
	if len(sources) > 0 {
		b.WriteByte('\n')
	}
	for i, s := range sources {
		fmt.Fprintf(&b, "[^%d]: ", i+1)
		for _, span := range s.Leidraad() {
			switch {
			case span.Italic:
				b.WriteString("*" + markdownText(span.Text) + "*")
			case span.URL:
				b.WriteString("<" + markdownAddress(span.Text) + ">")
			default:
				b.WriteString(markdownInline(span.Text))
			}
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// paragraphs are the lines of a text that are not empty.
func paragraphs(s string) []string {
	var out []string
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r", "\n"), "\n") {
		if line = oneSpace(printable(line)); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// printable takes out what XML and other formats cannot hold.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF:
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// markdownText writes a paragraph so that it is read back as the same characters: a
// backslash before every character that means something, and before the dots, dashes
// and quotes that some readers make typographical.
func markdownText(s string) string {
	escaped := markdownInline(s)
	switch {
	case escaped == "":
		return ""
	case strings.ContainsRune("+-=:", rune(escaped[0])): // a list, an underline, a definition
		return `\` + escaped
	}
	// A number with a dot or bracket begins a list: so does a letter for pandoc.
	for i, r := range escaped {
		if r == '.' || r == ')' {
			if i > 0 {
				return escaped[:i] + `\` + escaped[i:]
			}
			break
		}
		if r > unicode.MaxASCII || !unicode.IsDigit(r) && !unicode.IsLetter(r) || i > 8 {
			break
		}
	}
	return escaped
}

func markdownInline(s string) string {
	var b strings.Builder
	var before rune
	for _, r := range s {
		switch {
		case strings.ContainsRune("\\`*_{}[]()<>#|~$^&@\"'!", r),
			(r == '.' || r == '-') && before == r:
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		before = r
	}
	// The first of two dots or dashes stands alone before the escaped second one.
	return b.String()
}

// markdownAddress keeps an address within its brackets.
func markdownAddress(s string) string {
	return strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", "\n", "").Replace(s)
}

// cslItem is a source in CSL-JSON (citationstyles.org, schema 1.0).
type cslItem struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Title     string    `json:"title"`
	Author    []cslName `json:"author"`
	Issued    *cslDate  `json:"issued,omitempty"`
	Number    string    `json:"number,omitempty"`
	Genre     string    `json:"genre,omitempty"`
	Publisher string    `json:"publisher"`
	Place     string    `json:"publisher-place,omitempty"`
	Page      string    `json:"page"`
	URL       string    `json:"URL"`
	Accessed  cslDate   `json:"accessed"`
	Abstract  string    `json:"abstract,omitempty"` // the passage, verbatim
	Note      string    `json:"note,omitempty"`
}

type cslName struct {
	Literal string `json:"literal"`
}

type cslDate struct {
	Parts [][]int `json:"date-parts"`
}

func exportCSL(sources []Source) ([]byte, error) {
	items := make([]cslItem, len(sources))
	for i, s := range sources {
		items[i] = cslItem{
			ID: s.Key, Type: "report", Title: printable(s.Title), Author: []cslName{{s.Author}}, Number: s.Number, Genre: s.Type,
			Publisher: s.Author, Place: s.Place, Page: s.Page, URL: s.URL,
			Accessed: cslDate{[][]int{{s.Accessed.Year(), int(s.Accessed.Month()), s.Accessed.Day()}}},
			Abstract: printable(s.Quote), Note: printable(s.Note),
		}
		if parts := dateParts(s.Date); len(parts) > 0 {
			items[i].Issued = &cslDate{[][]int{parts}}
		}
	}
	b, err := json.MarshalIndent(items, "", "  ")
	return append(b, '\n'), err
}
