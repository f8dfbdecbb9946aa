package extract

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	readability "codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// ReaderHTML names the reader of web pages.
const ReaderHTML = "html"

const (
	maxHTML     = 16 << 20 // bytes; a page of print is some 5,000
	maxElements = 200_000
	// htmlPage is after how many code points a heading with an anchor begins a new
	// page: its label is the anchor, so smaller pages are better places to link to.
	htmlPage = 1500
)

// readHTML reads the article of a web page: menus, footers and forms are left
// out. Headings keep their anchors; a page's label is the anchor of the section
// that it begins in.
func readHTML(content []byte) (Document, error) {
	if len(content) > maxHTML {
		return Document{}, fail(CodeTooLarge, fmt.Errorf("%d bytes of HTML", len(content)))
	}
	root, err := html.Parse(decodeHTML(content))
	if err != nil {
		return Document{}, damagedHTML(err)
	}
	if n := countElements(root); n > maxElements {
		return Document{}, fail(CodeTooLarge, fmt.Errorf("%d elements", n))
	}
	var doc Document
	doc.Language = languageOf(root)
	heads := metaTags(root)
	whole := mainElement(root)
	article, title := articleOf(root)
	// What readability takes for clutter may be the text: pages of lists, tables
	// or short sections.
	node := article
	if article == nil || 2*textLength(article) < textLength(whole) {
		node = whole
	}
	r := htmlReader{}
	r.blocks(node, 0)
	r.flush()
	headline := cleanText(innerText(first(root, atom.H1)))
	if doc.Title = usableTitle(title); doc.Title == "" || headline != "" && strings.Contains(doc.Title, headline) {
		doc.Title = headline
	}
	if doc.Title != "" && !r.hasHeading(doc.Title) {
		r.out = append([]block{{kind: corpus.BlockHeading, level: 1, text: doc.Title}}, r.out...)
	}
	doc.Pages = paginate(r.out, 1, ReaderHTML)
	stated := map[string]bool{}
	for _, key := range []string{"article:published_time", "dcterms.issued", "dcterms.date", "dc.date", "date", "dcterms.modified"} {
		if len(heads[key]) < len("2006-01-02") {
			continue
		}
		if d, err := corpus.ParseDate(heads[key][:len("2006-01-02")]); err == nil {
			doc.Date, stated["date"] = d, true
			break
		}
	}
	fillFromCover(&doc, stated)
	return doc, nil
}

func damagedHTML(err error) *Failure {
	f := fail(CodeDamaged, err)
	f.Message = "De webpagina is beschadigd en niet te lezen. Sla de pagina opnieuw op en bied die aan."
	return f
}

// decodeHTML gives the page in UTF-8. Pages that say nothing, or the wrong
// thing, of an encoding that is plain to see are read by what is seen.
func decodeHTML(content []byte) io.Reader {
	if utf8.Valid(content) {
		return bytes.NewReader(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")))
	}
	r, err := charset.NewReader(bytes.NewReader(content), "text/html")
	if err != nil { // an encoding that no one knows
		return bytes.NewReader(bytes.ToValidUTF8(content, nil))
	}
	return r
}

// articleOf is the article as readability finds it, nil when it finds none. It
// works on a copy of its own.
func articleOf(root *html.Node) (*html.Node, string) {
	p := readability.NewParser()
	p.MaxElemsToParse = maxElements
	article, err := p.ParseDocument(root, nil)
	if err != nil {
		return nil, ""
	}
	return article.Node, article.Title()
}

func countElements(n *html.Node) int {
	count := 0
	for range n.Descendants() {
		count++
	}
	return count
}

func languageOf(root *html.Node) string {
	if n := first(root, atom.Html); n != nil {
		switch lang := strings.ToLower(attr(n, "lang")); {
		case strings.HasPrefix(lang, "nl"):
			return "nl"
		case strings.HasPrefix(lang, "en"):
			return "en"
		}
	}
	return ""
}

// metaTags are the page's own statements, by lower-case name.
func metaTags(root *html.Node) map[string]string {
	out := map[string]string{}
	for n := range root.Descendants() {
		if n.DataAtom != atom.Meta {
			continue
		}
		name := strings.ToLower(attr(n, "name") + attr(n, "property"))
		if name != "" && out[name] == "" {
			out[name] = strings.TrimSpace(attr(n, "content"))
		}
	}
	return out
}

// mainElement is where the page says that its text is: main, else the only
// article, else the body.
func mainElement(root *html.Node) *html.Node {
	var body, article *html.Node
	articles := 0
	for n := range root.Descendants() {
		switch {
		case n.DataAtom == atom.Main || n.Type == html.ElementNode && attr(n, "role") == "main":
			return n
		case n.DataAtom == atom.Article:
			article = n
			articles++
		case n.DataAtom == atom.Body:
			body = n
		}
	}
	if articles == 1 {
		return article
	}
	if body != nil {
		return body
	}
	return root
}

func first(root *html.Node, a atom.Atom) *html.Node {
	for n := range root.Descendants() {
		if n.DataAtom == a {
			return n
		}
	}
	return nil
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// clutter reports elements that hold no text of the article, and what is
// hidden.
func clutter(n *html.Node) bool {
	if n.Type == html.CommentNode || n.Type == html.DoctypeNode {
		return true
	}
	if n.Type != html.ElementNode {
		return false
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Nav, atom.Aside, atom.Footer, atom.Form, atom.Button,
		atom.Select, atom.Input, atom.Textarea, atom.Iframe, atom.Svg, atom.Head, atom.Dialog, atom.Object, atom.Math, atom.Canvas,
		atom.Audio, atom.Video:
		return true
	}
	switch attr(n, "role") {
	case "navigation", "banner", "contentinfo", "search", "complementary", "dialog", "menu":
		return true
	}
	for _, a := range n.Attr {
		switch {
		case a.Key == "hidden", a.Key == "aria-hidden" && a.Val == "true":
			return true
		case a.Key == "style" && hiddenStyle.MatchString(a.Val):
			return true
		}
	}
	return false
}

var hiddenStyle = regexp.MustCompile(`(?i)display\s*:\s*none|visibility\s*:\s*hidden`)

func textLength(n *html.Node) int {
	if n == nil || clutter(n) {
		return 0
	}
	if n.Type == html.TextNode {
		return len(strings.Join(strings.Fields(n.Data), " "))
	}
	total := 0
	for c := range n.ChildNodes() {
		total += textLength(c)
	}
	return total
}

// htmlReader turns elements into blocks.
type htmlReader struct {
	out    []block
	inline strings.Builder // text outside of any block element
	anchor string          // of the element around what comes next
}

func (r *htmlReader) flush() {
	r.emit(corpus.BlockParagraph, 0, cleanText(r.inline.String()))
	r.inline.Reset()
}

func (r *htmlReader) emit(kind corpus.BlockKind, level int, text string) {
	if text == "" {
		return
	}
	if kind == corpus.BlockParagraph && isCaption(text) {
		kind = corpus.BlockCaption
	}
	b := block{kind: kind, level: level, text: text}
	if kind == corpus.BlockHeading {
		b.anchor, r.anchor = r.anchor, ""
	}
	r.out = append(r.out, b)
}

func (r *htmlReader) hasHeading(text string) bool {
	for _, b := range r.out {
		if b.kind == corpus.BlockHeading && strings.EqualFold(b.text, text) {
			return true
		}
	}
	return false
}

func (r *htmlReader) blocks(n *html.Node, depth int) {
	if n == nil || depth > maxElementDepth || clutter(n) {
		return
	}
	if n.Type == html.TextNode {
		r.inline.WriteString(n.Data)
		return
	}
	if id := anchorOf(n); id != "" && n.Type == html.ElementNode {
		r.anchor = id
	}
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		r.flush()
		for c := range n.Descendants() {
			if id := anchorOf(c); r.anchor == "" && id != "" {
				r.anchor = id
			}
		}
		r.emit(corpus.BlockHeading, int(n.Data[1]-'0'), cleanText(innerText(n)))
		return
	case atom.P, atom.Pre, atom.Address, atom.Dt, atom.Dd, atom.Summary:
		if !holdsBlocks(n) {
			r.flush()
			if isNote(n) {
				r.note(n)
				return
			}
			r.emit(corpus.BlockParagraph, 0, cleanText(innerText(n)))
			return
		}
	case atom.Figcaption, atom.Caption:
		r.flush()
		r.emit(corpus.BlockCaption, 0, cleanText(innerText(n)))
		return
	case atom.Ul, atom.Ol, atom.Menu:
		r.flush()
		r.list(n, depth)
		return
	case atom.Table:
		r.flush()
		if isLayoutTable(n) {
			break
		}
		r.table(n)
		return
	case atom.Br, atom.Hr:
		r.flush()
		return
	}
	apart := isBlock(n)
	if apart {
		r.flush()
		if isNote(n) && !holdsBlocks(n) {
			r.note(n)
			return
		}
	} else if n.Type == html.ElementNode && !holdsBlocks(n) {
		r.inline.WriteString(innerText(n))
		return
	}
	for c := range n.ChildNodes() {
		r.blocks(c, depth+1)
	}
	if apart {
		r.flush()
	}
}

// maxElementDepth is how deep elements are followed; the parser itself stops at
// 512.
const maxElementDepth = 500

func (r *htmlReader) list(n *html.Node, depth int) {
	number := 1
	if start, err := strconv.Atoi(attr(n, "start")); err == nil {
		number = start
	}
	for item := range n.ChildNodes() {
		if item.DataAtom != atom.Li {
			r.blocks(item, depth+1)
			continue
		}
		if isNote(item) || isNote(n) {
			r.note(item)
			number++
			continue
		}
		mark := ""
		if n.DataAtom == atom.Ol {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		// The item's own text first, then the lists and paragraphs in it.
		own := htmlReader{}
		own.children(item, depth+1)
		for i, b := range own.out {
			if i == 0 && b.kind == corpus.BlockParagraph {
				b.kind, b.text = corpus.BlockList, mark+b.text
			}
			r.out = append(r.out, b)
		}
	}
}

// children reads what is in an element, not the element.
func (r *htmlReader) children(n *html.Node, depth int) {
	for c := range n.ChildNodes() {
		r.blocks(c, depth)
	}
	r.flush()
}

// table gives a table's rows, each on its own line, cells separated by " | ".
func (r *htmlReader) table(t *html.Node) {
	var rows []string
	for n := range t.Descendants() {
		switch n.DataAtom {
		case atom.Caption:
			r.emit(corpus.BlockCaption, 0, cleanText(innerText(n)))
		case atom.Tr:
			var cells []string
			for c := range n.ChildNodes() {
				if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
					cells = append(cells, cleanText(innerText(c)))
				}
			}
			if s := strings.Join(cells, cellSeparator); strings.Trim(s, " |") != "" {
				rows = append(rows, strings.TrimSpace(s))
			}
		}
	}
	r.emit(corpus.BlockTable, 0, strings.Join(rows, "\n"))
}

// isLayoutTable reports a table that holds other blocks, or has one column:
// old pages put their text in such tables.
func isLayoutTable(t *html.Node) bool {
	if attr(t, "role") == "presentation" {
		return true
	}
	columns := 0
	for n := range t.Descendants() {
		switch n.DataAtom {
		case atom.Table, atom.H1, atom.H2, atom.H3:
			return true
		case atom.Tr:
			cells := 0
			for c := range n.ChildNodes() {
				if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
					cells++
				}
			}
			columns = max(columns, cells)
		}
	}
	return columns < 2
}

var (
	noteID    = regexp.MustCompile(`(?i)^(fn|fnt|ftn|_ftn|_edn|footnote|noot|voetnoot|eindnoot|cite_note|note)[-_:]?\d+$`)
	noteLabel = regexp.MustCompile(`^[\[(]?(\d{1,3}|\*)[\])]?[.\s]*`)
	backLinks = regexp.MustCompile(`[↩↑↵⏎]\x{fe0e}?`)
)

// isNote reports an element that is a footnote, by its name.
func isNote(n *html.Node) bool {
	if noteID.MatchString(attr(n, "id")) || strings.Contains(attr(n, "role"), "doc-footnote") || strings.Contains(attr(n, "role"), "doc-endnote") {
		return n.DataAtom != atom.A && n.DataAtom != atom.Sup
	}
	return false
}

// note emits a footnote with its mark raised.
func (r *htmlReader) note(n *html.Node) {
	label := strings.TrimLeft(lastDigits(attr(n, "id")), "0")
	text := cleanText(backLinks.ReplaceAllString(plainText(n), ""))
	if m := noteLabel.FindStringSubmatch(text); m != nil {
		label, text = m[1], text[len(m[0]):]
	}
	if text != "" {
		r.emit(corpus.BlockFootnote, 0, strings.TrimSpace(superscript(label)+" "+text))
	}
}

// lastDigits is the number that a name ends in.
func lastDigits(s string) string { return s[len(strings.TrimRight(s, "0123456789")):] }

func anchorOf(n *html.Node) string {
	if n.Type != html.ElementNode {
		return ""
	}
	id := attr(n, "id")
	if id == "" && n.DataAtom == atom.A {
		id = attr(n, "name")
	}
	if id == "" || len(id) > 80 || strings.ContainsAny(id, " \t\n\"<>") || strings.HasPrefix(id, "readability-") || noteID.MatchString(id) {
		return ""
	}
	return cleanText(id)
}

func isBlock(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Main, atom.Header, atom.Blockquote, atom.Ul, atom.Ol, atom.Li, atom.Dl, atom.Dt,
		atom.Dd, atom.Table, atom.Thead, atom.Tbody, atom.Tr, atom.Td, atom.Th, atom.Pre, atom.Figure, atom.Figcaption, atom.Address,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Details, atom.Summary, atom.Fieldset, atom.Hr, atom.Body, atom.Html, atom.Menu:
		return true
	}
	return n.Type == html.DocumentNode
}

func holdsBlocks(n *html.Node) bool {
	for c := range n.Descendants() {
		if isBlock(c) {
			return true
		}
	}
	return false
}

// innerText is the text under an element; digits in a sup that stands after a
// word are a note's mark and become raised digits.
func innerText(n *html.Node) string { return textUnder(n, true) }

// plainText is the text without regard to what is raised.
func plainText(n *html.Node) string { return textUnder(n, false) }

func textUnder(n *html.Node, raise bool) string {
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		if n == nil || depth > maxElementDepth || clutter(n) {
			return
		}
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
			return
		case n.DataAtom == atom.Br:
			b.WriteByte(' ')
			return
		case n.DataAtom == atom.Sup && raise:
			s := strings.Trim(cleanText(plainText(n)), "[]() ")
			if s != "" && len(s) <= 3 && strings.Trim(s, "0123456789") == "" {
				s = superscript(s)
			}
			b.WriteString(s)
			return
		}
		if isBlock(n) {
			b.WriteByte(' ')
		}
		for c := range n.ChildNodes() {
			walk(c, depth+1)
		}
		if isBlock(n) {
			b.WriteByte(' ')
		}
	}
	walk(n, 0)
	return b.String()
}
