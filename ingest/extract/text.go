package extract

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// ReaderOCR is tesseract.
const ReaderOCR = corpus.ReaderOCR

// ReaderText and ReaderMarkdown name the readers of files without pages.
const (
	ReaderText     = "text"
	ReaderMarkdown = "markdown"
)

// readText reads plain text: pages at form feeds, paragraphs at blank lines
// (or one to a line, when lines are as long as paragraphs), headings where a
// short line without final punctuation stands by itself.
func readText(content []byte) (Document, error) {
	s, err := decodeText(content)
	if err != nil {
		return Document{}, err
	}
	meta, body, stated, warnings := frontMatter(s)
	var doc Document
	doc.Warnings = warnings
	for part := range strings.SplitSeq(body, "\f") {
		doc.Pages = append(doc.Pages, paginate(textBlocks(part), len(doc.Pages)+1, ReaderText)...)
	}
	doc.Metadata = meta
	if doc.Title == "" {
		doc.Title = firstHeading(doc.Pages)
	}
	fillFromCover(&doc, stated)
	return doc, nil
}

// textBlocks finds the blocks of plain text.
func textBlocks(s string) []block {
	raw := strings.Split(s, "\n")
	lines := make([]string, len(raw))
	words := vocabulary{}
	long := 0
	for i, l := range raw {
		lines[i] = cleanText(l)
		if utf8.RuneCountInString(lines[i]) > 150 {
			long++
		}
		words.addLine(lines[i], endsInHyphen(lines[i]))
	}
	unwrapped := long > 0 // lines longer than anyone wraps at
	var blocks []block
	var para []string
	flush := func() {
		if len(para) > 0 {
			text := words.joinLines(para)
			kind := corpus.BlockParagraph
			if rest, ok := cutBullet(text); ok {
				kind, text = corpus.BlockList, rest
			}
			blocks = append(blocks, block{kind: kind, text: text})
			para = nil
		}
	}
	for i, l := range lines {
		if l == "" {
			flush()
			continue
		}
		alone := len(para) == 0
		next := ""
		if i+1 < len(lines) {
			next = lines[i+1]
		}
		standsOff := next == "" || (unwrapped && utf8.RuneCountInString(next) > 100)
		if alone && standsOff && looksLikeHeading(l) && hasTextAfter(lines[i+1:]) {
			level := 2
			if len(blocks) == 0 {
				level = 1
			}
			if depth := numberDepth(l); depth > 0 {
				level = depth
			}
			blocks = append(blocks, block{kind: corpus.BlockHeading, level: level, text: l})
			continue
		}
		if _, ok := cutBullet(l); ok || unwrapped {
			flush()
		}
		para = append(para, l)
	}
	flush()
	return blocks
}

func hasTextAfter(lines []string) bool {
	for _, l := range lines {
		if l != "" {
			return true
		}
	}
	return false
}

// looksLikeHeading reports a short line that starts like a title and does not
// end like a sentence.
func looksLikeHeading(l string) bool {
	if utf8.RuneCountInString(l) > 100 {
		return false
	}
	if _, ok := cutBullet(l); ok {
		return false
	}
	first, _ := utf8.DecodeRuneInString(l)
	last, _ := utf8.DecodeLastRuneInString(l)
	if !unicode.IsUpper(first) && !unicode.IsDigit(first) && !strings.ContainsRune("‘'\"“¿", first) {
		return false
	}
	if strings.IndexFunc(l, unicode.IsLetter) < 0 {
		return false
	}
	return !strings.ContainsRune(".,;:", last)
}

var (
	numberedHeading = regexp.MustCompile(`^(\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+\S`)
	bulletMark      = regexp.MustCompile(`^[•▪◦‣●○■□▸►✓✔·*\x{f0b7}\x{f0a7}–—-]\s+`)
)

// numberDepth is how deep a numbered heading lies: 1 for "2 …", 2 for "2.1 …",
// 0 for one without a number.
func numberDepth(s string) int {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0
	}
	m := numberedHeading.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	return 1 + strings.Count(m[1], ".")
}

// cutBullet takes the mark off a list item.
func cutBullet(s string) (string, bool) {
	if loc := bulletMark.FindStringIndex(s); loc != nil && loc[1] < len(s) {
		return s[loc[1]:], true
	}
	return s, false
}

// firstHeading is the first heading of the highest level on the first page.
func firstHeading(pages []corpus.Page) string {
	if len(pages) == 0 {
		return ""
	}
	best, title := 99, ""
	for _, b := range pages[0].Blocks {
		if b.Kind == corpus.BlockHeading && b.Level < best {
			best, title = b.Level, corpus.Slice(pages[0].Text, b.Start, b.End)
		}
	}
	return title
}
