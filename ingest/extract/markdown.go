package extract

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// maxDepth bounds how deep lists and quotes may nest before their content is
// passed over.
const maxDepth = 100

// readMarkdown reads CommonMark with tables and footnotes. The whole file is
// one page unless it has form feeds or is long: see paginate.
func readMarkdown(content []byte) (Document, error) {
	s, err := decodeText(content)
	if err != nil {
		return Document{}, err
	}
	meta, body, stated, warnings := frontMatter(s)
	var doc Document
	doc.Warnings = warnings
	for part := range strings.SplitSeq(body, "\f") {
		doc.Pages = append(doc.Pages, paginate(markdownBlocks([]byte(part)), len(doc.Pages)+1, ReaderMarkdown)...)
	}
	doc.Metadata = meta
	if doc.Title == "" {
		doc.Title = firstHeading(doc.Pages)
	}
	fillFromCover(&doc, stated)
	return doc, nil
}

// markdownBlocks is the blocks of one Markdown text.
func markdownBlocks(source []byte) []block {
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Footnote, extension.Strikethrough))
	root := md.Parser().Parse(text.NewReader(source))
	r := mdReader{source: source}
	r.blocks(root, 0)
	return r.out
}

type mdReader struct {
	source []byte
	out    []block
}

func (r *mdReader) emit(kind corpus.BlockKind, level int, s string) {
	if s != "" {
		r.out = append(r.out, block{kind: kind, level: level, text: s})
	}
}

// blocks walks block nodes in order.
func (r *mdReader) blocks(parent ast.Node, depth int) {
	if depth > maxDepth {
		return
	}
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Heading:
			r.emit(corpus.BlockHeading, n.Level, r.inline(n))
		case *ast.Paragraph:
			if isCaption(r.inline(n)) {
				r.emit(corpus.BlockCaption, 0, r.inline(n))
			} else {
				r.emit(corpus.BlockParagraph, 0, r.inline(n))
			}
		case *ast.TextBlock:
			r.emit(corpus.BlockParagraph, 0, r.inline(n))
		case *ast.List:
			number := n.Start
			for item := n.FirstChild(); item != nil; item = item.NextSibling() {
				mark := ""
				if n.IsOrdered() {
					mark = strconv.Itoa(number) + string(n.Marker) + " "
					number++
				}
				r.item(item, mark, depth)
			}
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			var b strings.Builder
			lines := n.Lines()
			for i := range lines.Len() {
				seg := lines.At(i)
				b.Write(seg.Value(r.source))
				b.WriteByte(' ')
			}
			r.emit(corpus.BlockParagraph, 0, cleanText(b.String()))
		case *east.Table:
			r.emit(corpus.BlockTable, 0, r.table(n))
		case *east.FootnoteList:
			for note := n.FirstChild(); note != nil; note = note.NextSibling() {
				if f, ok := note.(*east.Footnote); ok {
					r.emit(corpus.BlockFootnote, 0, cleanText(superscript(strconv.Itoa(f.Index))+" "+r.flat(f, depth+1)))
				}
			}
		case *ast.HTMLBlock, *ast.ThematicBreak:
			// Markup and rules are no text of the document.
		default:
			r.blocks(n, depth+1)
		}
	}
}

// item emits one list item: its own text first, then what is nested in it.
func (r *mdReader) item(item ast.Node, mark string, depth int) {
	if depth > maxDepth {
		return
	}
	first := item.FirstChild()
	if first != nil {
		switch first.(type) {
		case *ast.Paragraph, *ast.TextBlock:
			r.emit(corpus.BlockList, 0, cleanText(mark+r.inline(first)))
			item.RemoveChild(item, first)
		}
	}
	r.blocks(item, depth+1)
}

// table gives a table's rows, each on its own line, cells separated by " | ".
func (r *mdReader) table(t *east.Table) string {
	var rows []string
	for row := t.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, r.inline(cell))
		}
		if s := strings.TrimSpace(strings.Join(cells, cellSeparator)); strings.Trim(s, " |") != "" {
			rows = append(rows, s)
		}
	}
	return strings.Join(rows, "\n")
}

// flat joins the text of all blocks under n by spaces.
func (r *mdReader) flat(n ast.Node, depth int) string {
	sub := mdReader{source: r.source}
	sub.blocks(n, depth)
	parts := make([]string, 0, len(sub.out))
	for _, b := range sub.out {
		parts = append(parts, strings.ReplaceAll(b.text, "\n", " "))
	}
	return strings.Join(parts, " ")
}

// inline is the readable text under a block: link texts and image
// descriptions, not addresses or markup.
func (r *mdReader) inline(n ast.Node) string {
	var b strings.Builder
	r.writeInline(&b, n, 0)
	return cleanText(b.String())
}

func (r *mdReader) writeInline(b *strings.Builder, parent ast.Node, depth int) {
	if depth > maxDepth {
		return
	}
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(r.source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(r.source))
		case *ast.RawHTML:
		case *east.FootnoteLink:
			b.WriteString(superscript(strconv.Itoa(n.Index)))
		case *east.FootnoteBacklink:
		default:
			r.writeInline(b, n, depth+1)
		}
	}
}

// cellSeparator stands between the cells of a table row.
const cellSeparator = " | "

var superscripts = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
	"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// superscript writes a note's mark the way page texts carry it: raised digits,
// so that no reader or program takes it for a number of the sentence.
func superscript(digits string) string { return superscripts.Replace(digits) }
