package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// frontMatter is what a source says of its document as a whole. Date is
// YYYY, YYYY-MM or YYYY-MM-DD; Number is empty unless the document is a summary
// of one numbered publication, and then Date is that publication's.
type frontMatter struct {
	Title, Number, Type, Date, Language string
}

// style is how a stretch of text is set.
type style int

const (
	regular style = iota
	bold
	italic
)

// word is text without a space in it. Glued words follow the one before
// without a space: a change of style or a footnote mark inside a word.
type word struct {
	text  string
	style style
	glued bool
	note  int // number of the footnote this word is the mark of, else 0
}

type blockKind int

const (
	heading blockKind = iota
	paragraph
	item
	table
	notice
)

// block is one piece of a document that is never broken over two pages.
type block struct {
	kind   blockKind
	level  int        // of a heading, from 1; of an item, its depth from 0
	marker string     // of an item: a bullet or "3."
	words  []word     // heading, paragraph, item, notice
	rows   [][][]word // table: rows of cells, the first is the header
}

// source is a parsed Markdown file.
type source struct {
	frontMatter
	blocks []block
	notes  map[int][]word // footnotes by number
}

var (
	numberPattern = regexp.MustCompile(`^\d{4}/\d{2}$`)
	datePattern   = regexp.MustCompile(`^\d{4}(-\d{2}(-\d{2})?)?$`)
)

// parse reads a Markdown source: front matter between two lines of ---, then
// headings, paragraphs, lists, tables, quotes (set as notices) and footnotes.
// Anything else is an error, so that no text is lost silently.
func parse(content []byte) (*source, error) {
	meta, body, err := splitFrontMatter(content)
	if err != nil {
		return nil, err
	}
	p := &parser{body: body, out: &source{frontMatter: meta, notes: map[int][]word{}}}
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Footnote))
	root := md.Parser().Parse(text.NewReader(body))
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		if err := p.block(n, 0); err != nil {
			return nil, err
		}
	}
	return p.out, nil
}

func splitFrontMatter(content []byte) (frontMatter, []byte, error) {
	var meta frontMatter
	rest, ok := bytes.CutPrefix(content, []byte("---\n"))
	if !ok {
		return meta, nil, fmt.Errorf("front matter: the first line must be ---")
	}
	head, body, ok := bytes.Cut(rest, []byte("\n---\n"))
	if !ok {
		return meta, nil, fmt.Errorf("front matter: the closing --- is missing")
	}
	fields := map[string]*string{
		"title": &meta.Title, "number": &meta.Number, "type": &meta.Type,
		"date": &meta.Date, "language": &meta.Language,
	}
	for _, line := range strings.Split(string(head), "\n") {
		key, value, ok := strings.Cut(line, ":")
		field := fields[strings.TrimSpace(key)]
		if !ok || field == nil {
			return meta, nil, fmt.Errorf("front matter: do not know %q", line)
		}
		*field = strings.TrimSpace(value)
	}
	switch {
	case meta.Title == "" || meta.Type == "" || meta.Language == "":
		return meta, nil, fmt.Errorf("front matter: title, type and language are required")
	case !datePattern.MatchString(meta.Date):
		return meta, nil, fmt.Errorf("front matter: date %q is not YYYY, YYYY-MM or YYYY-MM-DD", meta.Date)
	case meta.Number != "" && !numberPattern.MatchString(meta.Number):
		return meta, nil, fmt.Errorf("front matter: number %q is not YYYY/NN", meta.Number)
	}
	return meta, body, nil
}

type parser struct {
	body []byte
	out  *source
}

func (p *parser) add(b block) { p.out.blocks = append(p.out.blocks, b) }

func (p *parser) block(n ast.Node, depth int) error {
	switch n := n.(type) {
	case *ast.Heading:
		words, err := p.inline(n)
		if err != nil {
			return err
		}
		for i := range words {
			words[i].style = bold
		}
		p.add(block{kind: heading, level: n.Level, words: words})
	case *ast.Paragraph:
		words, err := p.inline(n)
		if err != nil {
			return err
		}
		p.add(block{kind: paragraph, words: words})
	case *ast.List:
		return p.list(n, depth)
	case *ast.Blockquote:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			words, err := p.inline(c)
			if err != nil {
				return err
			}
			p.add(block{kind: notice, words: words})
		}
	case *extast.Table:
		return p.table(n)
	case *extast.FootnoteList:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			note, ok := c.(*extast.Footnote)
			if !ok || note.ChildCount() != 1 {
				return fmt.Errorf("a footnote must be one paragraph")
			}
			words, err := p.inline(note.FirstChild())
			if err != nil {
				return err
			}
			p.out.notes[note.Index] = words
		}
	default:
		return fmt.Errorf("do not know how to set %s", n.Kind())
	}
	return nil
}

func (p *parser) list(n *ast.List, depth int) error {
	number := n.Start
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		marker := "•"
		if n.IsOrdered() {
			marker = fmt.Sprintf("%d.", number)
			number++
		}
		for part := c.FirstChild(); part != nil; part = part.NextSibling() {
			if sub, ok := part.(*ast.List); ok {
				if err := p.list(sub, depth+1); err != nil {
					return err
				}
				continue
			}
			words, err := p.inline(part)
			if err != nil {
				return err
			}
			p.add(block{kind: item, level: depth, marker: marker, words: words})
			marker = ""
		}
	}
	return nil
}

func (p *parser) table(n *extast.Table) error {
	var rows [][][]word
	for r := n.FirstChild(); r != nil; r = r.NextSibling() {
		var cells [][]word
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			words, err := p.inline(c)
			if err != nil {
				return err
			}
			if _, header := r.(*extast.TableHeader); header {
				for i := range words {
					words[i].style = bold
				}
			}
			cells = append(cells, words)
		}
		rows = append(rows, cells)
	}
	p.add(block{kind: table, rows: rows})
	return nil
}

// inline flattens the inline content of n into words.
func (p *parser) inline(n ast.Node) ([]word, error) {
	var words []word
	space := true // whether a space precedes what comes next
	var walk func(ast.Node, style) error
	walk = func(n ast.Node, st style) error {
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			switch c := c.(type) {
			case *ast.Text:
				s := string(c.Segment.Value(p.body))
				if c.SoftLineBreak() || c.HardLineBreak() {
					s += " "
				}
				for i, f := range strings.Fields(s) {
					glued := i == 0 && !space && !strings.HasPrefix(s, " ")
					words = append(words, word{text: f, style: st, glued: glued})
				}
				if s != "" {
					space = strings.HasSuffix(s, " ")
				}
			case *ast.Emphasis:
				inner := italic
				if c.Level == 2 {
					inner = bold
				}
				if err := walk(c, inner); err != nil {
					return err
				}
			case *extast.FootnoteLink:
				words = append(words, word{text: fmt.Sprint(c.Index), glued: true, note: c.Index})
			case *extast.FootnoteBacklink: // a link on a screen, nothing on paper
			default:
				return fmt.Errorf("do not know how to set %s", c.Kind())
			}
		}
		return nil
	}
	if err := walk(n, regular); err != nil {
		return nil, err
	}
	return words, nil
}

// plain is the text of words as a reader of the page gets it, without
// footnote marks.
func plain(words []word) string {
	var b strings.Builder
	for _, w := range words {
		if w.note > 0 {
			continue
		}
		if b.Len() > 0 && !w.glued {
			b.WriteByte(' ')
		}
		b.WriteString(w.text)
	}
	return b.String()
}

// dutchDate writes a date of any of the three precisions out in Dutch.
func dutchDate(date string) string {
	months := [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli",
		"augustus", "september", "oktober", "november", "december"}
	if t, err := time.Parse(time.DateOnly, date); err == nil {
		return fmt.Sprintf("%d %s %d", t.Day(), months[t.Month()-1], t.Year())
	}
	if t, err := time.Parse("2006-01", date); err == nil {
		return fmt.Sprintf("%s %d", months[t.Month()-1], t.Year())
	}
	return date
}
