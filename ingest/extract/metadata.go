package extract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

const maxFrontMatter = 64 << 10 // bytes

// frontMatter takes a YAML head off a text: title, number, type, date and
// language, each of them optional. A head that is no YAML mapping is left in
// the text, because a Markdown file may begin with a rule.
func frontMatter(s string) (m corpus.Metadata, body string, stated map[string]bool, warnings []string) {
	rest, ok := strings.CutPrefix(s, "---\n")
	if !ok {
		return m, s, nil, nil
	}
	end := -1
	for _, mark := range []string{"\n---\n", "\n...\n"} {
		if i := strings.Index(rest, mark); i >= 0 && (end < 0 || i < end) {
			end = i
		}
	}
	switch {
	case end >= 0:
		body = rest[end+len("\n---\n"):]
	case strings.HasSuffix(rest, "\n---"):
		end = len(rest) - len("\n---")
	default:
		return m, s, nil, nil
	}
	if end > maxFrontMatter {
		return m, s, nil, nil
	}
	var fields map[string]yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader([]byte(rest[:end])))
	if err := dec.Decode(&fields); err != nil {
		if errors.Is(err, io.EOF) {
			return m, body, nil, nil
		}
		return m, s, nil, []string{"De kop van het bestand (tussen ---) is geen geldige YAML en is als tekst gelezen."}
	}
	stated = map[string]bool{}
	for key, node := range fields {
		if node.Kind != yaml.ScalarNode {
			continue
		}
		if node.Tag == "!!null" {
			node.Value = ""
		}
		if w := setMetadata(&m, key, node.Value); w != "" {
			warnings = append(warnings, w)
			continue
		}
		stated[field(key)] = true
	}
	return m, body, stated, warnings
}

// setMetadata fills the field that key names, in English or Dutch. It returns
// a warning for a value it cannot use.
func setMetadata(m *corpus.Metadata, key, value string) string {
	value = cleanText(value)
	switch field(key) {
	case "title":
		m.Title = value
	case "number":
		m.Number = normaliseNumber(value)
	case "type":
		m.Type = strings.ToLower(value)
	case "date":
		d, err := corpus.ReadDate(value)
		if err != nil {
			return fmt.Sprintf("De datum %q is niet herkend. Schrijf een datum als 2014, 2014-04 of 2014-04-25.", value)
		}
		m.Date = d
	case "isbn":
		if m.ISBN = corpus.ISBN(value); m.ISBN == "" && value != "" {
			return fmt.Sprintf("Het ISBN %q klopt niet: het controlecijfer is anders. Kijk het na.", value)
		}
	case "language":
		switch v := strings.ToLower(value); {
		case strings.HasPrefix(v, "nl"), v == "nederlands", v == "dutch":
			m.Language = "nl"
		case strings.HasPrefix(v, "en"), v == "engels":
			m.Language = "en"
		}
	}
	return ""
}

// normaliseNumber writes publication numbers one way. What is no such number is
// kept as it is.
func normaliseNumber(s string) string {
	if n := corpus.PublicationNumber(s, 0); n != "" {
		return n
	}
	return s
}

var months = map[string]int{
	"januari": 1, "februari": 2, "maart": 3, "april": 4, "mei": 5, "juni": 6, "juli": 7, "augustus": 8,
	"september": 9, "oktober": 10, "november": 11, "december": 12,
	"january": 1, "february": 2, "march": 3, "may": 5, "june": 6, "july": 7, "august": 8, "october": 10,
}

var (
	coverNumber = regexp.MustCompile(`(?i)\b(advies|briefadvies|ontwerpadvies|verkenning|rapport|publicatie(?:nummer)?|uitgave|nr\.?|nummer)\s*:?\s*(?:nr\.?\s*)?((?:\d{2}|(?:19|20)\d{2})\s*/\s*\d{1,3}[a-z]?)\b`)
	// A number of its year alone: "NR.4", "Publicatienummer 10, 20 oktober 2008".
	yearNumber = regexp.MustCompile(`(?i)^\W*(?:(?:ser-?)?(?:brief|ontwerp)?advies\s+|publicatie\s+|uitgave\s+)?(?:nr|no|nummer|publicatienummer)\b[\s.:]*(\d{1,3})\b(?:\W|$)`)
	bareNumber = regexp.MustCompile(`^\W*((?:\d{2}|(?:19|20)\d{2})\s*/\s*\d{2}[a-z]?)\W*$`)
	coverDate  = regexp.MustCompile(`(?i)\b(?:(\d{1,2})\s+)?(januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december|january|february|march|may|june|july|august|october)\s+((?:19|20)\d{2})\b`)
	coverType  = regexp.MustCompile(`(?i)^\W*(briefadvies|advies|verkenning|jaarverslag|ontwerpadvies|rapport|signalering|convenant|onderzoek|essay|brochure)\b`)
	coverYear  = regexp.MustCompile(`(?i)\b(?:jaarverslag|annual report)\b\D{0,20}((?:19|20)\d{2})\b`)
)

// coverLines is how many blocks of the first two pages count as cover and
// title page.
const coverLines = 40

// fillFromCover reads number, type and date off the first pages where nothing
// better has said them, and takes the lines of the cover that say nothing else
// out of what can be cited. What is stated, be it empty, is known and not
// guessed.
func fillFromCover(doc *Document, stated map[string]bool) {
	found := doc.Metadata
	seen, ofYear := 0, ""
	for i, p := range doc.Pages[:min(len(doc.Pages), 2)] {
		cover := i == 0 && !textual(p.Reader)
		for j, b := range p.Blocks {
			if seen++; seen > coverLines {
				break
			}
			s := corpus.Slice(p.Text, b.Start, b.End)
			if b.Kind == corpus.BlockParagraph && isSentence(s) {
				cover = false
				continue // it mentions a publication, it does not name this one
			}
			switch b.Kind {
			case corpus.BlockFootnote, corpus.BlockTable, corpus.BlockContents:
				continue
			}
			if utf8.RuneCountInString(s) > 160 {
				continue
			}
			fillFromLine(&found, s)
			if ofYear == "" {
				ofYear = numberOfYear(s)
			}
			if cover && b.Kind == corpus.BlockParagraph && isCoverLine(s, found.Type) {
				p.Blocks[j].Kind = corpus.BlockBoilerplate
			}
		}
	}
	if found.Number == "" {
		found.Number = corpus.PublicationNumber(ofYear, found.Date.Year())
	}
	if !stated["number"] {
		doc.Number = found.Number
	}
	if !stated["type"] {
		doc.Type = found.Type
	}
	if !stated["date"] {
		doc.Date = found.Date
	}
	if !stated["isbn"] && doc.ISBN == "" {
		doc.ISBN = isbnOf(doc.Pages)
	}
}

// printedISBN is an ISBN as covers and colophons print it, with what stands between
// the word and the number: "ISBN/EAN: 978-…", "ISBN-13 (pdf) 978 …".
var printedISBN = regexp.MustCompile(`(?i)\bISBN(?:[-‑ ]?1[03])?(?:/EAN)?(?: ?\([^()]{1,20}\))?[ :.]*((?:[0-9][ \x{a0}‐‑‒–−-]{0,2}){9,12}[0-9Xx])`)

// The pages on which a publication may name its own ISBN: cover, title page and
// colophon in front, colophon and cover at the back.
const (
	isbnFront = 6
	isbnBack  = 2
)

// isbnOf is the ISBN that a document names as its own: the first one in front; else
// the one at the back, unless there are several, as in a list of publications.
func isbnOf(pages []corpus.Page) string {
	of := func(pages []corpus.Page) (found []string) {
		for _, p := range pages {
			if !strings.Contains(strings.ToUpper(p.Text), "ISBN") {
				continue
			}
			for _, b := range p.Blocks {
				text := corpus.Slice(p.Text, b.Start, b.End)
				if b.Kind == corpus.BlockFootnote || !strings.Contains(strings.ToUpper(text), "ISBN") {
					continue // a note names somebody else's
				}
				for _, m := range printedISBN.FindAllStringSubmatch(text, -1) {
					if isbn := corpus.ISBN(m[1]); isbn != "" && !slices.Contains(found, isbn) {
						found = append(found, isbn)
					}
				}
			}
		}
		return found
	}
	front := min(isbnFront, len(pages))
	if found := of(pages[:front]); len(found) > 0 {
		return found[0]
	}
	if found := of(pages[max(front, len(pages)-isbnBack):]); len(found) == 1 {
		return found[0]
	}
	return ""
}

// textual reports the readers of files that have no cover.
func textual(reader string) bool {
	return reader == ReaderText || reader == ReaderMarkdown || reader == ReaderHTML
}

// isSentence reports running text: a full stop at the end of a good few words.
func isSentence(s string) bool {
	return strings.ContainsRune(".?!", rune(s[len(s)-1])) && strings.Count(s, " ") >= 5
}

// isCoverLine reports a line that says the document's type, number or date and
// next to nothing besides: "Advies", "Den Haag, 3 november 2026", "ADVIES 21/08
// | Juni 2021".
func isCoverLine(s, documentType string) bool {
	if utf8.RuneCountInString(s) > 80 {
		return false
	}
	rest := coverNumber.ReplaceAllString(coverDate.ReplaceAllString(s, ""), "")
	rest = bareNumber.ReplaceAllString(rest, "")
	said := rest != s
	if m := coverType.FindString(rest); m != "" && strings.IndexFunc(rest[len(m):], unicode.IsLetter) < 0 {
		return true
	}
	if documentType != "" && strings.EqualFold(strings.TrimSpace(rest), documentType) {
		return true
	}
	letters := 0
	for _, r := range rest {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return said && letters <= 16
}

// numberOfYear is the number, such as "nr. 4", that a line of the cover says of the
// publication beside next to nothing but its date; else "".
func numberOfYear(s string) string {
	m := yearNumber.FindStringSubmatchIndex(s)
	if m == nil || utf8.RuneCountInString(s) > 80 || coverNumber.MatchString(s) {
		return ""
	}
	letters := 0
	for _, r := range coverDate.ReplaceAllString(s[m[3]:], "") {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.IsDigit(r) {
			return "" // a number of something else: "Nr. 4 2008-2009"
		}
	}
	if letters > 16 {
		return ""
	}
	return "nr. " + s[m[2]:m[3]]
}

func fillFromLine(m *corpus.Metadata, s string) {
	if c := coverNumber.FindStringSubmatch(s); c != nil {
		if m.Number == "" {
			m.Number = normaliseNumber(c[2])
		}
		if t := coverType.FindStringSubmatch(c[1]); m.Type == "" && t != nil {
			m.Type = strings.ToLower(t[1])
		}
	}
	if m.Number == "" {
		if c := bareNumber.FindStringSubmatch(s); c != nil {
			m.Number = normaliseNumber(c[1])
		}
	}
	if m.Type == "" {
		if c := coverType.FindStringSubmatch(s); c != nil {
			m.Type = strings.ToLower(c[1])
		}
	}
	if m.Date == "" && utf8.RuneCountInString(s) <= 80 {
		if c := coverDate.FindStringSubmatch(s); c != nil {
			m.Date = coverDateOf(c)
		} else if c := coverYear.FindStringSubmatch(s); c != nil {
			m.Date = corpus.Date(c[1])
		}
	}
}

func coverDateOf(c []string) corpus.Date {
	month := months[strings.ToLower(c[2])]
	s := fmt.Sprintf("%s-%02d", c[3], month)
	if c[1] != "" {
		if day, err := strconv.Atoi(c[1]); err == nil {
			if d, err := corpus.ParseDate(fmt.Sprintf("%s-%02d", s, day)); err == nil {
				return d
			}
		}
	}
	return corpus.Date(s)
}

// keywordFields reads "type=advies; number=14/04; date=2014-04-25" out of a
// PDF's Subject or Keywords. A field that is there without a value ("number=")
// says that there is none; stated names the fields that are there.
func keywordFields(m *corpus.Metadata, s string) (stated map[string]bool, warnings []string) {
	stated = map[string]bool{}
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ';' || r == '\n' }) {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		w := ""
		if strings.TrimSpace(value) != "" {
			w = setMetadata(m, key, value)
		}
		if w != "" {
			warnings = append(warnings, w)
			continue
		}
		stated[field(key)] = true
	}
	return stated, warnings
}

// field is the English name of a field of metadata.
func field(key string) string {
	key = strings.ToLower(strings.TrimSpace(key))
	switch key {
	case "titel":
		return "title"
	case "nummer":
		return "number"
	case "soort":
		return "type"
	case "datum":
		return "date"
	case "lang", "taal":
		return "language"
	}
	return key
}

var rubbishTitle = regexp.MustCompile(`(?i)^(microsoft (word|powerpoint|excel)|untitled|naamloos|document\d*$|presentatie\d*$|titel$|title$|printing|scan|img_|dia \d|slide \d|about:blank|powerpoint)|\.(docx?|pdf|dvi|indd|qxp|qxd|rtf|odt|pptx?|xlsx?|tex|html?|ps|eps|pub)$|^[\w.-]*\d{5,}[\w.-]*$|^[a-z0-9_.-]+$`)

// usableTitle is a PDF's own title unless a program made it up.
func usableTitle(s string) string {
	s = cleanText(s)
	if n := utf8.RuneCountInString(s); n < 4 || n > 300 || rubbishTitle.MatchString(s) {
		return ""
	}
	return s
}

var captionMark = regexp.MustCompile(`^(Tabel|Figuur|Grafiek|Kader|Box|Table|Figure|Schema|Bijschrift|Kaart|Chart)\s+\d+([.\-:]\d+)*[a-z]?\b`)

// isCaption reports a short line that names a table, figure or box. "Tabel 3 laat
// zien dat het werk toeneemt." is a sentence about one.
func isCaption(s string) bool {
	if s == "" || !strings.ContainsRune("TFGKBSC", rune(s[0])) { // with which each of its words begins
		return false
	}
	m := captionMark.FindStringIndex(s)
	if m == nil || utf8.RuneCountInString(s) > 250 {
		return false
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s[m[1]:], " "))
	return !unicode.IsLower(first) || !strings.ContainsRune(".;", rune(s[len(s)-1]))
}
