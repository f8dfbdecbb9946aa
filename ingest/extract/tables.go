package extract

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A table shows in the lines as white space: gaps within lines that come back
// at the same place in the lines above and below.

// cellGap is the white space, in font sizes, that no typesetter leaves between
// the words of a sentence.
const cellGap = 1.05

// cellGap is the least gap between cells of the line, in points. Between boxes
// of ink, stretched spaces look wider.
func (l *rawLine) cellGap() float64 {
	if l.Ink {
		return 1.6 * l.Size
	}
	return cellGap * l.Size
}

// table is the number of the table a line belongs to, 0 for none.
func (l *textLine) table() int { return l.tableID }

// tables finds the tables of a page and numbers their lines.
func (a *assembler) tables(p *layout) {
	var lines []*textLine
	for _, l := range p.lines {
		if l.Cell.Cell != 0 && l.role == "" {
			l.tableID = -l.Cell.Table
		}
		if l.tableID == 0 && l.role == "" && !a.tagged(l) && (!a.headingTags || headingTag(l.Tag) < 0) {
			lines = append(lines, l)
		}
	}
	id := 0 // those by their tags have negative numbers
	for i := 0; i < len(lines); {
		if len(cellStarts(lines[i])) == 0 || isContentsLine(lines[i]) {
			i++
			continue
		}
		j, rows := a.tableEnd(lines, i)
		if rows >= 2 {
			id++
			for k := i; k < j; k++ {
				lines[k].tableID = id
			}
			i = j
			continue
		}
		i++
	}
}

// taggedTableText writes the rows of a table by its tags, a row a line, an empty place
// for a cell without text; head is the number of rows its header has, 0 when tags
// name none.
func (a *assembler) taggedTableText(lines []*textLine) (out []pageRune, head int) {
	type cell struct {
		tableCell
		runes []pageRune
		cut   bool
	}
	rows := map[int][]cell{}
	var order []int
	for _, l := range lines {
		row := rows[l.Cell.Row]
		if row == nil {
			order = append(order, l.Cell.Row)
		}
		i := slices.IndexFunc(row, func(c cell) bool { return c.Cell == l.Cell.Cell })
		if i < 0 {
			row = append(row, cell{tableCell: l.Cell})
			i = len(row) - 1
		}
		row[i].runes = a.joinRunes(row[i].runes, l.runes, row[i].cut)
		row[i].cut = l.Cut
		rows[l.Cell.Row] = row
	}
	slices.Sort(order)
	first := 0 // column: one that no row has is no column of the table
	for i, id := range order {
		row := rows[id]
		slices.SortFunc(row, func(a, b cell) int { return a.Cell - b.Cell })
		if i == 0 || row[0].Column < first {
			first = row[0].Column
		}
	}
	for i, id := range order {
		row := rows[id]
		if i > 0 {
			out = append(out, pageRune{'\n', -1})
		}
		column := first
		for _, c := range row {
			for ; column < c.Column; column++ {
				if n := len(out); n > 0 && out[n-1].r != ' ' && out[n-1].r != '\n' {
					out = append(out, pageRune{' ', -1})
				}
				out = append(out, pageRune{'|', -1}, pageRune{' ', -1})
			}
			out = append(out, c.runes...)
		}
		if head == i && row[0].Head {
			head++
		}
	}
	if head == len(order) {
		head = 0
	}
	return out, head
}

// cellStarts is the indices of words that begin a cell after a gap.
func cellStarts(l *textLine) []int {
	if l.justified() {
		return nil
	}
	var out []int
	for i := 1; i < len(l.Words); i++ {
		if l.Words[i].X0-l.Words[i-1].X1 > l.cellGap() && !(i == 1 && l.enumerated()) {
			out = append(out, i)
		}
	}
	return out
}

var enumerator = regexp.MustCompile(`^(?:\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-zA-Z]|[ivx]{1,4})[.)]?|[•▪◦‣●○■□▸►✓✔·–—-])$`)

// enumerated reports a line that begins with the number of a heading or the
// mark of a list item: the space after it makes no cell.
func (l *textLine) enumerated() bool {
	runes := []rune(l.rawLine.Text)
	if len(l.Words) < 2 || l.Words[1].From > len(runes) {
		return false
	}
	return enumerator.MatchString(strings.TrimSpace(string(runes[l.Words[0].From:l.Words[1].From])))
}

// justified reports a line of words stretched to the margins of a narrow
// column: its gaps are wide, but all alike. Figures in columns are alike too.
func (l *textLine) justified() bool {
	if len(l.Words) < 3 {
		return false
	}
	least, most := math.Inf(1), 0.0
	for i := 1; i < len(l.Words); i++ {
		gap := l.Words[i].X0 - l.Words[i-1].X1
		least, most = min(least, gap), max(most, gap)
	}
	letters, others := 0, 0
	for _, r := range l.runes {
		switch {
		case unicode.IsLetter(r.r):
			letters++
		case r.r != ' ':
			others++
		}
	}
	return most-least < 0.15*l.Size && letters > 3*others
}

// tableEnd follows a table from its first row: rows whose cells line up with
// those of another row, and the lines of cells between them.
func (a *assembler) tableEnd(lines []*textLine, from int) (end, rows int) {
	var edges []float64 // where cells begin and end
	note := func(l *textLine) {
		for _, i := range cellStarts(l) {
			edges = append(edges, l.Words[i].X0, l.Words[i-1].X1)
		}
		edges = append(edges, l.Words[len(l.Words)-1].X1, l.X0)
	}
	aligned := func(l *textLine) bool {
		hits := 0
		for _, i := range cellStarts(l) {
			if near(edges, l.Words[i].X0, 0.5*l.Size) || near(edges, l.Words[i-1].X1, 0.3*l.Size) || nearEnd(edges, l, i) {
				hits++
			}
		}
		return hits > 0
	}
	first := lines[from]
	note(first)
	rows, end = 1, from+1
	left, right := first.X0, first.X1
	loose := 0
	for k := from + 1; k < len(lines); k++ {
		l, prev := lines[k], lines[k-1]
		dy := prev.Y - l.Y
		if l.Size <= 0 || l.Turned != first.Turned || math.Abs(l.Size-first.Size) > 0.15*first.Size ||
			dy > 4*first.Size || dy < -12*first.Size || isContentsLine(l) || isCaption(l.String()) {
			break
		}
		if l.X0 > right+2*first.Size || l.X1 < left-first.Size {
			break
		}
		if len(cellStarts(l)) > 0 {
			if !aligned(l) {
				if loose++; loose > 1 {
					break
				}
				continue
			}
			note(l)
			rows++
			end, loose = k+1, 0
			left, right = min(left, l.X0), max(right, l.X1)
			continue
		}
		// A line of one cell belongs to the table when the table goes on
		// after it, or when it continues a later column.
		continues := l.X0 > left+2*l.Size && near(edges, l.X0, 0.5*l.Size) && dy > 0 && dy < 1.8*l.Size && end == k
		if continues {
			end = k + 1
			continue
		}
		if loose++; loose > 3 || l.X1 > right+l.Size {
			break
		}
		if dy < -0.3*l.Size && near(edges, l.X0, 0.5*l.Size) && end >= k-2 {
			rows++
			end, loose = k+1, 0
		}
	}
	return end, rows
}

func near(edges []float64, x, within float64) bool {
	for _, e := range edges {
		if math.Abs(e-x) <= within {
			return true
		}
	}
	return false
}

// nearEnd reports that the cell beginning at word i ends where another does:
// columns of figures are set to the right.
func nearEnd(edges []float64, l *textLine, i int) bool {
	for k := i; k < len(l.Words); k++ {
		if k+1 == len(l.Words) || l.Words[k+1].X0-l.Words[k].X1 > l.cellGap() {
			return near(edges, l.Words[k].X1, 0.4*l.Size)
		}
	}
	return false
}

// cell is a part of a row while the table's text is made.
type cell struct {
	x0, x1 float64
	runes  []pageRune
	cut    bool
}

// tableText writes a table's rows on lines of their own, its cells set apart.
func (a *assembler) tableText(lines []*textLine) []pageRune {
	// Where columns begin, by vote: narrow gaps count there.
	var starts []float64
	for _, l := range lines {
		for _, i := range cellStarts(l) {
			starts = append(starts, l.Words[i].X0)
		}
	}
	column := func(x, size float64) bool {
		n := 0
		for _, s := range starts {
			if math.Abs(s-x) < 0.3*size {
				n++
			}
		}
		return n >= 2
	}
	type row struct {
		top, bottom float64
		cells       []cell
	}
	var rows []*row
	for k, l := range lines {
		cells := splitCells(l, column)
		if len(cells) == 0 {
			continue
		}
		var cur *row
		if len(rows) > 0 {
			cur = rows[len(rows)-1]
		}
		switch {
		case cur != nil && l.Y >= cur.bottom-0.4*l.Size && cells[0].x0 > cur.cells[len(cur.cells)-1].x0+l.Size &&
			l.Y <= cur.top+0.4*l.Size:
			// Back up beside cells that took several lines.
			cur.cells = append(cur.cells, cells...)
			cur.bottom = min(cur.bottom, l.Y)
			continue
		case cur != nil && len(cells) == 1 && a.continuesCell(cur.cells, lines, k):
			i := len(cur.cells) - 1
			cur.cells[i].runes = a.joinRunes(cur.cells[i].runes, cells[0].runes, cur.cells[i].cut)
			cur.cells[i].cut = l.Cut
			cur.bottom = min(cur.bottom, l.Y)
			continue
		case cur != nil && len(cur.cells) == 1 && len(cells) > 1 && startsLower(cells[0].runes) &&
			math.Abs(cells[0].x0-cur.cells[0].x0) < l.Size && cur.bottom-l.Y < 1.8*l.Size:
			// The label began on the line before.
			cur.cells[0].runes = a.joinRunes(cur.cells[0].runes, cells[0].runes, cur.cells[0].cut)
			cur.cells = append(cur.cells, cells[1:]...)
			cur.bottom = l.Y
			continue
		}
		rows = append(rows, &row{top: l.Y, bottom: l.Y, cells: cells})
	}
	var out []pageRune
	for _, r := range rows {
		if len(out) > 0 {
			out = append(out, pageRune{'\n', -1})
		}
		for i, c := range r.cells {
			if i > 0 {
				for _, s := range cellSeparator {
					out = append(out, pageRune{s, -1})
				}
			}
			out = append(out, c.runes...)
		}
	}
	return out
}

// continuesCell reports that line k, a single cell, goes on with the last cell
// of the row so far.
func (a *assembler) continuesCell(cells []cell, lines []*textLine, k int) bool {
	l, prev := lines[k], lines[k-1]
	last := cells[len(cells)-1]
	dy := prev.Y - l.Y
	if dy < 0.5*l.Size || dy > 1.7*l.Size || math.Abs(l.X0-last.x0) > 0.6*l.Size {
		return false
	}
	if len(cells) > 1 || prev.Cut {
		return true // a later column: nothing new begins there
	}
	if startsLower(l.runes) {
		return true
	}
	// The first column: a new row, unless the next line goes back up.
	return k+1 < len(lines) && lines[k+1].Y > l.Y+0.4*l.Size && lines[k+1].X0 > l.X0+l.Size
}

func startsLower(runes []pageRune) bool { return len(runes) > 0 && unicode.IsLower(runes[0].r) }

// splitCells cuts a line at its gaps and at known columns.
func splitCells(l *textLine, column func(x, size float64) bool) []cell {
	if len(l.Words) == 0 {
		if len(l.runes) == 0 {
			return nil
		}
		return []cell{{x0: l.X0, x1: l.X1, runes: l.runes, cut: l.Cut}}
	}
	var out []cell
	from, x0 := 0, l.X0
	for i := 1; i < len(l.Words); i++ {
		gap := l.Words[i].X0 - l.Words[i-1].X1
		if gap <= l.cellGap() && !(gap > 0.2*l.Size && column(l.Words[i].X0, l.Size)) {
			continue
		}
		to := min(l.at[min(l.Words[i].From, len(l.at)-1)], len(l.runes))
		if c := trimRunes(l.runes[min(from, to):to]); len(c) > 0 {
			out = append(out, cell{x0: x0, x1: l.Words[i-1].X1, runes: c})
		}
		from, x0 = to, l.Words[i].X0
	}
	if c := trimRunes(l.runes[min(from, len(l.runes)):]); len(c) > 0 {
		out = append(out, cell{x0: x0, x1: l.X1, runes: c, cut: l.Cut})
	}
	return out
}

func trimRunes(r []pageRune) []pageRune {
	for len(r) > 0 && r[0].r == ' ' {
		r = r[1:]
	}
	for len(r) > 0 && r[len(r)-1].r == ' ' {
		r = r[:len(r)-1]
	}
	return r
}
