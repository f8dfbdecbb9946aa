package corpus

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Date is a calendar date at the precision a publication states: "2014",
// "2014-04" or "2014-04-25". The empty Date means unknown.
type Date string

var datePattern = regexp.MustCompile(`^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$`)

// ParseDate accepts the three precisions of Date and the empty string.
func ParseDate(s string) (Date, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	if !datePattern.MatchString(s) {
		return "", fmt.Errorf("date %q is not of the form YYYY, YYYY-MM or YYYY-MM-DD", s)
	}
	if len(s) == len(time.DateOnly) {
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return "", fmt.Errorf("date %q does not exist: %w", s, err)
		}
	}
	return Date(s), nil
}

var (
	dateInFigures = regexp.MustCompile(`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$`)
	dateInWords   = regexp.MustCompile(`^(?:(\d{1,2})\s+)?(\pL+)\s+(\d{4})$`)
	dateWithTime  = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})[T ].+$`)
	dutchMonths   = []string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}
)

// ReadDate is ParseDate for dates as people and their programs write them in Dutch too:
// "25-4-2014", "25 april 2014", "april 2014", and with a time, which is left out.
func ReadDate(s string) (Date, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if m := dateInFigures.FindStringSubmatch(s); m != nil {
		return ParseDate(fmt.Sprintf("%s-%02s-%02s", m[3], m[2], m[1]))
	}
	if m := dateInWords.FindStringSubmatch(s); m != nil {
		if month := slices.Index(dutchMonths, m[2]) + 1; month > 0 && m[1] != "" {
			return ParseDate(fmt.Sprintf("%s-%02d-%02s", m[3], month, m[1]))
		} else if month > 0 {
			return ParseDate(fmt.Sprintf("%s-%02d", m[3], month))
		}
	}
	if m := dateWithTime.FindStringSubmatch(strings.ToUpper(s)); m != nil {
		s = m[1]
	}
	return ParseDate(s)
}

// Year is the date's year, or 0 when the date is unknown.
func (d Date) Year() int {
	var y int
	if len(d) >= 4 {
		if _, err := fmt.Sscanf(string(d[:4]), "%d", &y); err != nil {
			return 0
		}
	}
	return y
}

// Metadata is what is known of a publication as a whole. Every field may be
// empty: what no source states stays unknown.
type Metadata struct {
	Title    string `json:"title"`
	Number   string `json:"number,omitempty"`   // normalised "14/04" or "1953/05"
	Type     string `json:"type,omitempty"`     // advies, briefadvies, verkenning, rapport, jaarverslag, uitleg …
	Date     Date   `json:"date,omitempty"`     //
	ISBN     string `json:"isbn,omitempty"`     // as ISBN writes it
	Language string `json:"language,omitempty"` // "nl" or "en"
}

// Document is a publication as readers know it, in its current version.
type Document struct {
	ID      string `json:"id"`     // slug, stable over versions
	Source  string `json:"source"` // absolute path, address, or demo:NAME
	Version int    `json:"version"`
	Status  string `json:"status"` // pending, held, current, failed, withdrawn
	Metadata
	// What the catalogue adds: the id of its entry, or "" when it has none.
	Publication string   `json:"publication,omitempty"`
	Commission  string   `json:"commission,omitempty"`
	Themes      []string `json:"themes,omitempty"`

	Pages   int      `json:"pages"`
	Chunks  int      `json:"chunks"`
	Failure *Failure `json:"failure,omitempty"`
	// Warnings tell people, in Dutch, what of the version could not be read in full.
	Warnings []string `json:"warnings,omitempty"`
	// Incomplete: the file was cut off or damaged; the original may have more pages.
	Incomplete bool `json:"incomplete,omitempty"`
	// OCRPages is the number of pages that were read from a picture.
	OCRPages int `json:"ocr_pages,omitempty"`
	// Unread are the numbers of the pages on which no text was read, the first hundred:
	// they are empty, hold pictures only, or could not be read.
	Unread []int `json:"unread,omitempty"`
}

// DocumentVersion is one reading of one state of a document.
type DocumentVersion struct {
	Version int    `json:"version"`
	Status  string `json:"status"` // pending, held, current, superseded, failed
	Metadata
	Digest    string     `json:"digest"` // hexadecimal SHA-256 of the original
	Bytes     int64      `json:"bytes"`
	Pages     int        `json:"pages"`
	Chunks    int        `json:"chunks"`
	Created   time.Time  `json:"created"`
	Published *time.Time `json:"published,omitempty"`
	Failure   *Failure   `json:"failure,omitempty"`
	Warnings  []string   `json:"warnings,omitempty"` // as in Document
}

// Failure is why a document could not be read: a stable code for programs and
// one sentence for people that says what to do.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// BlockKind says what a stretch of a page is.
type BlockKind string

// The kinds of block. Header, footer, page number and boilerplate blocks stay
// in the page's text but never become chunks.
const (
	BlockHeading     BlockKind = "heading"
	BlockParagraph   BlockKind = "paragraph"
	BlockList        BlockKind = "list" // one list item
	BlockTable       BlockKind = "table"
	BlockCaption     BlockKind = "caption"
	BlockFootnote    BlockKind = "footnote"
	BlockHeader      BlockKind = "header"
	BlockFooter      BlockKind = "footer"
	BlockPageNumber  BlockKind = "page_number"
	BlockBoilerplate BlockKind = "boilerplate"
	BlockContents    BlockKind = "contents" // a line of a table of contents
)

// Citable reports whether blocks of this kind become chunks.
func (k BlockKind) Citable() bool {
	switch k {
	case BlockHeader, BlockFooter, BlockPageNumber, BlockBoilerplate, BlockContents:
		return false
	}
	return true
}

// Block is a stretch of a page's text: [Start,End) in Unicode code points.
// Blocks of a page do not overlap and stand in reading order.
type Block struct {
	Kind  BlockKind `json:"kind"`
	Level int       `json:"level,omitempty"` // headings: 1 is the highest
	Start int       `json:"start"`
	End   int       `json:"end"`
	// Head is how many rows of a table are its header, where the document says so; 0 where
	// it does not: then the first row is taken for it.
	Head int `json:"head,omitempty"`
	// Box: it stands apart from the running text, in a box or as a quotation.
	Box bool `json:"box,omitempty"`
}

// Page is one page as it was read. Text is the one truth that every offset of
// the system points into: dehyphenated, lines of a paragraph joined by a space,
// blocks separated by one newline, NFC, no control characters but newline.
type Page struct {
	Number int     `json:"number"` // 1 is the first page of the file
	Label  string  `json:"label"`  // the printed page number, or Number as text
	Text   string  `json:"text"`
	Reader string  `json:"reader"` // pdfium, light, ocr, html, docx, markdown, text
	Blocks []Block `json:"blocks,omitempty"`
	// Confidence is OCR's mean word confidence, 0 to 100; 0 for other readers.
	Confidence float64 `json:"confidence,omitempty"`
	// Places are where the words of a page that was read by OCR stand, in the order
	// of the text. Other pages have none: their places are found in the original.
	Places []Place `json:"-"`
}

// Place is where a word stands: the code points [Start,End) of the page's text,
// and a rectangle in fractions (0 to 1) of the page as it is seen, from the top
// left.
type Place struct {
	Start, End          int
	X, Y, Width, Height float64
}

// ReaderOCR is the Reader of pages that were read from a picture.
const ReaderOCR = "ocr"

// Chunk is the unit of retrieval: whole sentences of one page under one
// heading. Always Slice(page.Text, Start, End) == Text.
type Chunk struct {
	Ordinal int      // position in the document version, from 0
	Page    int      // Page.Number
	Start   int      // code points into Page.Text
	End     int      //
	Heading []string // path of headings above it, outermost first
	Kind    BlockKind
	Section SectionKind // what the headings make of it: Section(Heading)
	Text    string
	// Paragraphs tell boilerplate that repeats across documents: Paragraphs of the
	// page, Start and End.
	Paragraphs []uint64
}

// Slice is s[start:end) counted in Unicode code points. Offsets outside s are
// clamped.
func Slice(s string, start, end int) string {
	start = max(start, 0)
	if end <= start {
		return ""
	}
	from, to, n := len(s), len(s), 0
	for i := range s {
		if n == start {
			from = i
		}
		if n == end {
			to = i
			break
		}
		n++
	}
	return s[from:to]
}
