package extract

import (
	"strconv"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// pageWriter builds a page's text block by block, so that blocks always cover
// the text, in order, without overlap.
type pageWriter struct {
	text   []byte
	runes  int
	blocks []corpus.Block
}

// add appends one block. Empty text adds nothing.
func (w *pageWriter) add(kind corpus.BlockKind, level int, text string) {
	if text == "" {
		return
	}
	if w.runes > 0 {
		w.text = append(w.text, '\n')
		w.runes++
	}
	start := w.runes
	w.text = append(w.text, text...)
	w.runes += utf8.RuneCountInString(text)
	w.blocks = append(w.blocks, corpus.Block{Kind: kind, Level: level, Start: start, End: w.runes})
}

// page is the page as far as it was written.
func (w *pageWriter) page(number int, reader string) corpus.Page {
	return corpus.Page{
		Number: number,
		Label:  strconv.Itoa(number),
		Text:   string(w.text),
		Reader: reader,
		Blocks: w.blocks,
	}
}

// block is one stretch of text before it has a place on a page.
type block struct {
	kind   corpus.BlockKind
	level  int
	text   string
	anchor string // where a heading of a web page can be linked to
}

// Limits for cutting a file without pages of its own, in code points. A
// citation names a page, and a page of a few thousand characters is what a
// reader can search by eye; headings are where a text may be cut unnoticed.
const (
	softPage = 6000
	hardPage = 12000
)

// paginate lays blocks out over pages: a new one at a heading once the page is
// past softPage (sooner at one with an anchor), or at any block past hardPage.
// The label of a page that begins in a section with an anchor is the anchor.
func paginate(blocks []block, first int, reader string) []corpus.Page {
	var pages []corpus.Page
	from, runes := 0, 0
	label, section := "", ""
	flush := func(to int) {
		for _, p := range onePage(blocks[from:to], first+len(pages), reader) {
			if label != "" {
				p.Label = label
			}
			pages = append(pages, p)
		}
		from, runes = to, 0
	}
	for i, b := range blocks {
		heading := b.kind == corpus.BlockHeading
		if runes > hardPage || heading && runes > softPage || heading && b.anchor != "" && runes > htmlPage {
			flush(i)
		}
		if heading && b.anchor != "" {
			section = b.anchor
		}
		if runes == 0 {
			label = section
		}
		runes += utf8.RuneCountInString(b.text) + 1
	}
	flush(len(blocks))
	return pages
}

// onePage writes blocks to a page, footnotes last; no page without text.
func onePage(blocks []block, number int, reader string) []corpus.Page {
	var w pageWriter
	for _, notes := range []bool{false, true} {
		for _, b := range blocks {
			if (b.kind == corpus.BlockFootnote) == notes {
				w.add(b.kind, b.level, b.text)
			}
		}
	}
	if w.runes == 0 {
		return nil
	}
	return []corpus.Page{w.page(number, reader)}
}
