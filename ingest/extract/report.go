package extract

import (
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Report is what `vraagbaak extract --json` prints.
type Report struct {
	Title    string       `json:"title,omitempty"`
	Number   string       `json:"number,omitempty"`
	Type     string       `json:"type,omitempty"`
	Date     corpus.Date  `json:"date,omitempty"`
	Language string       `json:"language,omitempty"`
	ISBN     string       `json:"isbn,omitempty"`
	Warnings []string     `json:"warnings,omitempty"`
	Pages    []PageReport `json:"pages"`
}

// PageReport is one page of a Report.
type PageReport struct {
	Number     int             `json:"number"`
	Label      string          `json:"label"`
	Text       string          `json:"text"`
	Reader     string          `json:"reader"`
	Headings   []HeadingReport `json:"headings"`
	Footnotes  []string        `json:"footnotes"`
	Notes      []NoteReport    `json:"notes,omitempty"`
	Blocks     []corpus.Block  `json:"blocks,omitempty"`
	Confidence float64         `json:"confidence,omitempty"`
}

// HeadingReport is a heading of a page.
type HeadingReport struct {
	Level int    `json:"level"`
	Text  string `json:"text"`
}

// NoteReport is a footnote with the mark that ties it to the text.
type NoteReport struct {
	Mark string `json:"mark"`
	Text string `json:"text"`
	At   int    `json:"at"` // code point of the mark in the page's text; -1 when it is on another page
}

// Report lays the document out for programs: headings and footnotes taken from
// the blocks, footnotes without their marks.
func (d Document) Report() Report {
	r := Report{Title: d.Title, Number: d.Number, Type: d.Type, Date: d.Date, Language: d.Language, ISBN: d.ISBN, Warnings: d.Warnings,
		Pages: make([]PageReport, 0, len(d.Pages))}
	for _, p := range d.Pages {
		out := PageReport{Number: p.Number, Label: p.Label, Text: p.Text, Reader: p.Reader, Blocks: p.Blocks,
			Confidence: p.Confidence, Headings: []HeadingReport{}, Footnotes: []string{}}
		for _, b := range p.Blocks {
			text := corpus.Slice(p.Text, b.Start, b.End)
			switch b.Kind {
			case corpus.BlockHeading:
				out.Headings = append(out.Headings, HeadingReport{b.Level, text})
			case corpus.BlockFootnote:
				mark, rest := splitMark(text)
				out.Footnotes = append(out.Footnotes, rest)
				out.Notes = append(out.Notes, NoteReport{mark, rest, markAt(p, mark)})
			}
		}
		r.Pages = append(r.Pages, out)
	}
	return r
}

// markAt is where the text of a page refers to a note, -1 when it does not.
func markAt(p corpus.Page, label string) int {
	text := []rune(p.Text)
	mark := []rune(superscript(label))
	for _, b := range p.Blocks {
		if b.Kind == corpus.BlockFootnote || len(mark) == 0 {
			continue
		}
		for i := b.Start; i+len(mark) <= b.End; i++ {
			whole := (i == b.Start || superDigit(text[i-1]) == 0) && (i+len(mark) == b.End || superDigit(text[i+len(mark)]) == 0)
			if whole && slices.Equal(text[i:i+len(mark)], mark) {
				return i
			}
		}
	}
	return -1
}

// splitMark takes the mark off a footnote.
func splitMark(s string) (mark, rest string) {
	var b strings.Builder
	for i, r := range s {
		switch d := superDigit(r); {
		case d != 0:
			b.WriteRune(d)
		case r == '*' || r == '†':
			b.WriteRune(r)
		default:
			if b.Len() == 0 {
				return "", s
			}
			return b.String(), strings.TrimLeft(s[i:], " ")
		}
	}
	return "", s
}
