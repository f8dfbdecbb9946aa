package research

import (
	"fmt"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// exportRIS writes tagged records of kind RPRT. A line of a note is a tag of its own:
// a value of RIS is one line. The number stands in SN, where reports have it, and in
// IS, where readers look that do not know reports.
func exportRIS(sources []Source) []byte {
	var b strings.Builder
	tag := func(name, value string) {
		if value = oneSpace(printable(value)); value != "" {
			fmt.Fprintf(&b, "%s  - %s\r\n", name, value)
		}
	}
	for _, s := range sources {
		tag("TY", "RPRT")
		tag("ID", s.Key)
		tag("AU", s.Author)
		tag("TI", s.Title)
		if parts := dateParts(s.Date); len(parts) > 0 {
			tag("PY", fmt.Sprintf("%04d", parts[0]))
			da := [3]string{fmt.Sprintf("%04d", parts[0])}
			for i, n := range parts[1:] {
				da[i+1] = fmt.Sprintf("%02d", n)
			}
			tag("DA", strings.Join(da[:], "/"))
		}
		tag("M3", s.Type)
		tag("SN", s.Number)
		tag("IS", s.Number)
		tag("SP", s.Page)
		tag("PB", s.Author)
		tag("CY", s.Place)
		tag("UR", s.URL)
		tag("Y2", s.Accessed.Format("2006/01/02"))
		tag("AB", s.Quote)
		for _, line := range paragraphs(s.Note) {
			tag("N1", line)
		}
		b.WriteString("ER  - \r\n\r\n")
	}
	return []byte(b.String())
}

// exportBibTeX writes @techreport entries with the dates of biblatex, which BibTeX
// passes over. Titles stand in double braces, so that no style changes their letters.
func exportBibTeX(sources []Source) []byte {
	var b strings.Builder
	for i, s := range sources {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "@techreport{%s,\n", s.Key)
		field := func(name, format, value string) {
			if value != "" {
				fmt.Fprintf(&b, "  %s = "+format+",\n", name, value)
			}
		}
		field("author", "{{%s}}", latex(s.Author))
		field("title", "{{%s}}", latex(oneSpace(s.Title)))
		field("institution", "{{%s}}", latex(s.Author))
		field("address", "{%s}", latex(s.Place))
		field("type", "{%s}", latex(s.Type))
		field("number", "{%s}", latex(s.Number))
		if parts := dateParts(s.Date); len(parts) > 0 {
			field("year", "{%s}", fmt.Sprintf("%04d", parts[0]))
			if len(parts) > 1 {
				field("month", "%s", strings.ToLower(time.Month(parts[1]).String()[:3]))
			}
			field("date", "{%s}", string(s.Date))
		}
		field("pages", "{%s}", latex(s.Page))
		field("url", "{%s}", strings.NewReplacer("{", "%7B", "}", "%7D", " ", "%20").Replace(s.URL))
		field("urldate", "{%s}", s.Accessed.Format(time.DateOnly))
		field("abstract", "{%s}", latex(strings.Join(paragraphs(s.Quote), "\n\n")))
		field("note", "{%s}", latex(strings.Join(paragraphs(s.Note), "\n\n")))
		b.WriteString("}\n")
	}
	return []byte(b.String())
}

// latex writes text for a value in braces. A brace without its partner would end the
// value or run on past it, whatever stands before it: it becomes a bracket.
func latex(s string) string {
	s = printable(s)
	paired := pairedBraces(s)
	var b strings.Builder
	var before rune
	for i, r := range s {
		switch r {
		case '&', '%', '$', '#', '_':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '{', '}':
			switch {
			case paired[i]:
				b.WriteByte('\\')
				b.WriteRune(r)
			case r == '{':
				b.WriteByte('(')
			default:
				b.WriteByte(')')
			}
		case '\\':
			b.WriteString(`\textbackslash{}`)
		case '~':
			b.WriteString(`\textasciitilde{}`)
		case '^':
			b.WriteString(`\textasciicircum{}`)
		case '`':
			b.WriteString(`\textasciigrave{}`)
		case '-', '\'': // two of them would become a dash or a quote
			if r == before {
				b.WriteString("{}")
			}
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}

// pairedBraces are the places of braces that have their partner.
func pairedBraces(s string) map[int]bool {
	paired := make(map[int]bool)
	var open []int
	for i, r := range s {
		switch r {
		case '{':
			open = append(open, i)
		case '}':
			if n := len(open); n > 0 {
				paired[open[n-1]], paired[i] = true, true
				open = open[:n-1]
			}
		}
	}
	return paired
}

// Listed is an entry of a bibliography that somebody brings.
type Listed struct {
	Line    int    `json:"line"` // where it begins, from 1
	Title   string `json:"title"`
	Number  string `json:"number,omitempty"` // as written
	Year    int    `json:"year,omitempty"`   // 0: unknown
	Type    string `json:"type,omitempty"`
	Address string `json:"address,omitempty"`
}

// Limits of a bibliography that somebody brings.
const (
	MaxBibliography = 2 << 20 // bytes
	maxListed       = 2000    // entries
	maxListedTitle  = 2000    // bytes, of a title in pieces
)

// ParseBibliography reads RIS or BibTeX, whichever it is. What is neither is a
// *corpus.UserError in lang that says so.
func ParseBibliography(content []byte, lang string) ([]Listed, error) {
	refuse := func(code corpus.Code, nl, en string) ([]Listed, error) {
		if lang == "en" {
			nl = en
		}
		return nil, &corpus.UserError{Code: code, Message: nl}
	}
	if len(content) > MaxBibliography {
		return refuse(corpus.CodeTooLong, "Het bestand is te groot. Een lijst mag 2 MB zijn.", "The file is too large. A list may be 2 MB.")
	}
	text := strings.TrimPrefix(strings.ToValidUTF8(string(content), "\uFFFD"), "\uFEFF")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	listed := parseRIS(text)
	if len(listed) == 0 {
		listed = parseBibTeX(text)
	}
	switch {
	case len(listed) == 0:
		return refuse(corpus.CodeBadMessage, "Er staan geen verwijzingen in het bestand die gelezen kunnen worden. Bewaar de lijst in uw programma als RIS of als BibTeX en probeer het opnieuw.",
			"The file has no references that can be read. Save the list in your program as RIS or BibTeX and try again.")
	case len(listed) > maxListed:
		return refuse(corpus.CodeTooLong, "Er staan te veel verwijzingen in het bestand. Een lijst mag er 2.000 hebben.", "The file has too many references. A list may have 2,000.")
	}
	return listed, nil
}

// parseRIS reads tagged records. A record without its end ends where the next begins.
func parseRIS(text string) []Listed {
	var out []Listed
	var record *Listed
	var numbers map[string]string
	finish := func() {
		if record == nil {
			return
		}
		for _, tag := range []string{"SN", "IS", "M1", "C1", "C6", "VL"} { // where programs put the number of a report
			if n := numbers[tag]; n != "" && (record.Number == "" || corpus.PublicationNumber(n, record.Year) != "" && corpus.PublicationNumber(record.Number, record.Year) == "") {
				record.Number = n
			}
		}
		if record.Title != "" || record.Number != "" {
			out = append(out, *record)
		}
		record = nil
	}
	last := ""
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		tag, value, ok := risLine(line)
		if !ok {
			if record != nil && last == "TI" && len(record.Title) < maxListedTitle && strings.TrimSpace(line) != "" { // programs break long titles
				record.Title = oneSpace(record.Title + " " + line)
			}
			continue
		}
		last = tag
		if tag == "TY" {
			finish()
			record, numbers = &Listed{Line: n}, make(map[string]string)
			continue
		}
		if record == nil {
			continue
		}
		switch tag {
		case "ER":
			finish()
		case "TI", "T1":
			last = "TI"
			record.Title = oneSpace(value)
		case "CT":
			if record.Title == "" {
				record.Title = oneSpace(value)
			}
		case "PY", "Y1", "DA":
			if y := corpus.Date(value).Year(); record.Year == 0 {
				record.Year = y
			}
		case "M3":
			record.Type = oneSpace(value)
		case "UR":
			record.Address = value
		default:
			if numbers[tag] == "" {
				numbers[tag] = oneSpace(value)
			}
		}
	}
	finish()
	return out
}

// risLine splits "TI  - A title". Some programs write fewer spaces.
func risLine(line string) (tag, value string, ok bool) {
	if len(line) < 3 || line[0] < 'A' || line[0] > 'Z' || (line[1] < 'A' || line[1] > 'Z') && (line[1] < '0' || line[1] > '9') {
		return "", "", false
	}
	rest := strings.TrimLeft(line[2:], " ")
	if len(rest) == len(line)-2 || !strings.HasPrefix(rest, "-") {
		return "", "", false
	}
	return line[:2], strings.TrimSpace(rest[1:]), true
}

// parseBibTeX reads entries of any type, with the strings that the file defines. What
// is no entry is passed over, as BibTeX does.
func parseBibTeX(text string) []Listed {
	var out []Listed
	p := bibParser{text: text, line: 1, strings: make(map[string]string)}
	for p.skipTo('@') {
		start := p.line
		kind := strings.ToLower(p.name())
		p.space()
		if !p.take('{') && !p.take('(') {
			continue
		}
		switch kind {
		case "comment", "preamble":
			p.value() // its end is not looked for: the next @ begins the next entry
			continue
		case "string":
			for name, value := range p.fields() {
				p.strings[name] = value
			}
			continue
		}
		for p.pos < len(p.text) && !strings.ContainsRune(",})@", rune(p.text[p.pos])) { // the key
			p.advance()
		}
		if !p.take(',') {
			continue
		}
		f := p.fields()
		l := Listed{Line: start, Title: unlatex(f["title"]), Number: unlatex(f["number"]), Type: unlatex(f["type"]), Address: f["url"]}
		if l.Year = corpus.Date(f["date"]).Year(); l.Year == 0 {
			l.Year = corpus.Date(unlatex(f["year"])).Year()
		}
		if sub := unlatex(f["subtitle"]); sub != "" {
			l.Title += ": " + sub
		}
		if l.Title != "" || l.Number != "" {
			out = append(out, l)
		}
		if len(out) > maxListed {
			break
		}
	}
	return out
}

type bibParser struct {
	text    string
	pos     int
	line    int
	strings map[string]string // by lower-case name
}

func (p *bibParser) advance() {
	if p.text[p.pos] == '\n' {
		p.line++
	}
	p.pos++
}

// skipTo moves past the next c. It reports false when there is none.
func (p *bibParser) skipTo(c byte) bool {
	for p.pos < len(p.text) {
		found := p.text[p.pos] == c
		p.advance()
		if found {
			return true
		}
	}
	return false
}

func (p *bibParser) space() {
	for p.pos < len(p.text) && strings.ContainsRune(" \t\n", rune(p.text[p.pos])) {
		p.advance()
	}
}

func (p *bibParser) take(c byte) bool {
	p.space()
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.advance()
		return true
	}
	return false
}

func (p *bibParser) name() string {
	p.space()
	start := p.pos
	for p.pos < len(p.text) && !strings.ContainsRune(" \t\n{}(),=#\"@", rune(p.text[p.pos])) {
		p.advance()
	}
	return p.text[start:p.pos]
}

// fields reads name = value pairs to the end of the entry. The first of a name counts.
func (p *bibParser) fields() map[string]string {
	fields := make(map[string]string)
	for {
		name := strings.ToLower(p.name())
		if name == "" || !p.take('=') {
			return fields
		}
		value := p.value()
		for p.take('#') {
			value += p.value()
		}
		if _, again := fields[name]; !again {
			fields[name] = value
		}
		if !p.take(',') {
			return fields
		}
	}
}

// value reads {…}, "…", a number or the name of a string. A value that does not end
// reaches to the end of the text.
func (p *bibParser) value() string {
	p.space()
	if p.pos == len(p.text) {
		return ""
	}
	quoted := p.text[p.pos] == '"'
	if !quoted && p.text[p.pos] != '{' {
		name := p.name()
		if value, ok := p.strings[strings.ToLower(name)]; ok {
			return value
		}
		return name
	}
	p.advance()
	start, depth := p.pos, 0
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}' && !quoted, c == '"' && quoted && depth == 0:
			value := p.text[start:p.pos]
			p.advance()
			return value
		}
		p.advance()
	}
	return p.text[start:]
}
