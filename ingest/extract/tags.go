package extract

import (
	"strings"
	"unicode/utf8"
)

// Limits of a page's structure tree: PDFium guards against circular ones, not
// against large ones.
const (
	maxTagDepth = 60
	maxTags     = 20_000 // elements of one page
)

// tag is what a piece of marked content was tagged as: the innermost element
// that says what kind of block it is, and a number that tells elements apart.
type tag struct {
	kind string
	item int
	box  int // number of the element that sets it apart from the running text; 0 for none
	cell tableCell
}

// tableCell is a place in a table by its tags: the innermost table, row and cell, by the
// numbers of their elements. Zero is no cell.
type tableCell struct {
	Table, Row, Cell int
	Column           int  // counts cells of the row, from 0
	Head             bool // a cell of the header: TH, in a row of THs only or in a THead
}

// boxTags are the structure types of what stands beside the running text.
var boxTags = map[string]bool{"aside": true, "blockquote": true}

// blockTags are the standard structure types that say what a block is (ISO
// 32000-1, 14.8.4), lower-case. Types of the producer's own come back as what
// its role map makes of them.
var blockTags = map[string]bool{
	"h": true, "h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "title": true,
	"p": true, "li": true, "caption": true, "note": true, "fenote": true, "toci": true, "td": true, "th": true,
}

// holds reports the elements that are parts of this one: the paragraphs and items
// of a note or a table of contents, the paragraphs of a list item or a cell.
func (t tag) holds(kind string) bool {
	switch t.kind {
	case "note", "fenote", "toci", "caption":
		return true
	case "li", "td", "th":
		return kind == "p"
	}
	return false
}

// tags are the tags of a page's marked content, by its id; nil when the page
// has none.
func (c *calls) tags(page uint64) map[int]tag {
	tree := c.call("FPDF_StructTree_GetForPage", page)
	if tree == 0 {
		return nil
	}
	defer c.call("FPDF_StructTree_Close", tree)
	out := map[int]tag{}
	count := 0
	var walk func(element uint64, in tag, depth int)
	walk = func(element uint64, in tag, depth int) {
		if count++; element == 0 || depth > maxTagDepth || count > maxTags {
			return
		}
		kind := strings.ToLower(c.wide("FPDF_StructElement_GetType", element))
		switch {
		case boxTags[kind]:
			in.box = count
		case kind == "table":
			in.cell = tableCell{Table: count}
		case kind == "thead":
			in.cell.Head = true
		case kind == "tr" && in.cell.Table != 0:
			in.cell.Row = count
			in.cell.Head = in.cell.Head || c.onlyHeaders(element)
		case blockTags[kind] && !in.holds(kind):
			in.kind, in.item = kind, count
		}
		children := c.number("FPDF_StructElement_CountChildren", element)
		if children <= 0 {
			if id := c.number("FPDF_StructElement_GetMarkedContentID", element); id >= 0 {
				out[id] = in
			}
			return
		}
		if kind == "td" || kind == "th" {
			in.cell.Cell = count
		}
		children = min(children, maxTags-count)
		var room [listed]pair // of this element: those of its children are read in between
		for from := 0; from < children; from += listed {
			for i, child := range c.list("vb_children", element, from, min(children-from, listed), &room) {
				if id := int32(child.first); id >= 0 {
					out[int(id)] = in
					continue
				}
				if kind == "tr" {
					in.cell.Column = from + i
				}
				walk(uint64(child.second), in, depth+1)
			}
		}
	}
	for i := range min(c.number("FPDF_StructTree_CountChildren", tree), maxTags) {
		walk(c.call("FPDF_StructTree_GetChildAtIndex", tree, uint64(i)), tag{}, 0)
	}
	return out
}

// onlyHeaders reports a row of a table all cells of which are tagged as headers.
func (c *calls) onlyHeaders(row uint64) bool {
	headers := 0
	for i := range min(c.number("FPDF_StructElement_CountChildren", row), maxTags) {
		cell := c.call("FPDF_StructElement_GetChildAtIndex", row, uint64(i))
		if cell == 0 { // it has no text on this page
			continue
		}
		if !strings.EqualFold(c.wide("FPDF_StructElement_GetType", cell), "th") {
			return false
		}
		headers++
	}
	return headers > 0
}

// cells gives lines of a table their place in it by the tags, and divides those that run
// through several cells: the reader sees one baseline.
func (t textPage) cells(runes []rune, lines []rawLine) []rawLine {
	tables := false
	for _, tag := range t.tags {
		tables = tables || tag.cell.Cell != 0
	}
	if !tables {
		return lines
	}
	out := make([]rawLine, 0, len(lines))
	found := map[int]*taggedTable{}
	for i, l := range lines {
		start, end := l.First, l.First+utf8.RuneCountInString(l.Text)
		mid := t.cellAt(runes, (start+end)/2, end)
		if mid.Cell == 0 && t.cellAt(runes, start, end).Cell == 0 {
			out = append(out, l)
			continue
		}
		for from := start; from < end; {
			cell := t.cellAt(runes, from, end)
			to := from
			for to < end && t.cellAt(runes, to, end) == cell {
				for to < end && blank(runes[to]) {
					to++
				}
				for to < end && !blank(runes[to]) {
					to++
				}
			}
			piece, ok := l, true
			if from > start || to < end {
				piece, ok = t.line(runes, from, to)
			}
			if from = to; !ok {
				continue
			}
			piece.Cell, piece.Cut = cell, l.Cut && to == end
			piece.whole = i + 1
			out = append(out, piece)
			if cell.Cell != 0 {
				if found[cell.Table] == nil {
					found[cell.Table] = &taggedTable{rows: map[int]map[int]int{}}
				}
				found[cell.Table].add(cell, utf8.RuneCountInString(piece.Text))
			}
		}
	}
	return rejoin(out, lines, found)
}

// rejoin gives back as they were the lines of tables that are none.
func rejoin(pieces, lines []rawLine, found map[int]*taggedTable) []rawLine {
	out := pieces[:0]
	last := 0
	for _, p := range pieces {
		t := found[p.Cell.Table]
		switch {
		case p.whole == 0 || t != nil && t.holds():
			out = append(out, p)
		case p.whole != last:
			out = append(out, lines[p.whole-1])
		}
		last = p.whole
	}
	return out
}

// taggedTable is how much text is in the cells of a table: row → cell → code points.
type taggedTable struct{ rows map[int]map[int]int }

func (t *taggedTable) add(c tableCell, n int) {
	if t.rows[c.Row] == nil {
		t.rows[c.Row] = map[int]int{}
	}
	t.rows[c.Row][c.Cell] += n
}

// holds reports a table that is one. Tables that lay out a page, with one cell in a row
// or whole pieces of text in their cells, are none.
func (t *taggedTable) holds() bool {
	const (
		longCell = 600 // code points; more is a piece of text
		mostLong = 3   // one in so many cells may be one
	)
	wide, long, cells := 0, 0, 0
	for _, row := range t.rows {
		if len(row) > 1 {
			wide++
		}
		for _, n := range row {
			if cells++; n > longCell {
				long++
			}
		}
	}
	return len(t.rows) > 1 && wide > 0 && long*mostLong <= cells
}

// cellAt is the cell of the first visible character from at on.
func (t textPage) cellAt(runes []rune, at, end int) tableCell {
	for at < end && blank(runes[at]) {
		at++
	}
	if at >= end {
		return tableCell{}
	}
	return t.glyph(at).tag.cell
}

// headingTag is the level that a tag gives a heading: 1 to 6, 0 for a heading
// without one, -1 for what is no heading.
func headingTag(kind string) int {
	switch {
	case kind == "title":
		return 1
	case kind == "h":
		return 0
	case len(kind) == 2 && kind[0] == 'h' && kind[1] >= '1' && kind[1] <= '6':
		return int(kind[1] - '0')
	}
	return -1
}
