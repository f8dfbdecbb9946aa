package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/goregular"
)

// Measures of the page, in millimetres (A4); type sizes in points.
const (
	pageWidth  = 210.0
	pageHeight = 297.0
	left       = 27.0
	right      = 183.0
	top        = 30.0  // of the text; the running header stands above it
	bottom     = 268.0 // of the text and its footnotes
	headerY    = 17.0
	footerY    = 281.0

	bodySize  = 11.0
	noteSize  = 8.5
	tableSize = 10.0
	smallSize = 8.5
	leading   = 1.5    // line height over type size
	point     = 0.3528 // millimetres in a point
	indent    = 6.0
	cellPad   = 2.0
)

// author stands in every document: these are demo texts, not the Council's.
const author = "Vraagbaak demo"

// issued is the date the demo texts were made: fixed, so that the same source
// always gives the same bytes.
var issued = time.Date(2026, time.November, 1, 9, 0, 0, 0, time.UTC)

// run is text of one style on one line; x and rise are relative to the line.
type run struct {
	x, rise, size float64
	text          string
	style         style
}

// line is a set line with the footnotes marked on it.
type line struct {
	runs  []run
	notes []int
}

// box is a block with its measures, ready to be put on a page.
type box struct {
	before, height float64 // before is left out at the head of a page
	keepNext       bool    // stays on one page with the box after it
	notes          []int
	text           string
	draw           func(y float64)
}

// typesetter sets one document.
type typesetter struct {
	pdf   *fpdf.Fpdf
	src   *source
	pages []page
}

// page is what was put on a page, in reading order, footnotes last and
// without the running header and footer.
type page struct {
	boxes []placed
	notes []int
	text  string
}

type placed struct {
	box
	y float64
}

// newTypesetter opens a document with its metadata and fonts.
func newTypesetter(src *source) *typesetter {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(issued)
	pdf.SetModificationDate(issued)
	pdf.SetProducer(author, true)
	pdf.SetCreator(author, true)
	pdf.SetAuthor(author, true)
	pdf.SetTitle(src.Title, true)
	pdf.SetLang(src.Language)
	pdf.SetKeywords(fmt.Sprintf("type=%s; number=%s; date=%s; language=%s",
		src.Type, src.Number, src.Date, src.Language), true)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(left, top, pageWidth-right)
	// fpdf keeps and cuts the slice it is given: give it its own.
	pdf.AddUTF8FontFromBytes("go", "", bytes.Clone(goregular.TTF))
	pdf.AddUTF8FontFromBytes("go", "B", bytes.Clone(gobold.TTF))
	pdf.AddUTF8FontFromBytes("go", "I", bytes.Clone(goitalic.TTF))

	return &typesetter{pdf: pdf, src: src}
}

// typeset turns a source into a PDF and returns with it the text of each page.
// The same source gives the same bytes.
func typeset(src *source) ([]byte, []string, error) {
	t := newTypesetter(src)
	if err := t.paginate(); err != nil {
		return nil, nil, err
	}
	texts := make([]string, len(t.pages))
	for i := range t.pages {
		t.drawPage(i)
		texts[i] = t.pages[i].text
	}
	var out bytes.Buffer
	if err := t.pdf.Output(&out); err != nil {
		return nil, nil, fmt.Errorf("write pdf: %w", err)
	}
	return out.Bytes(), texts, nil
}

func (t *typesetter) font(st style, size float64) {
	t.pdf.SetFont("go", [...]string{regular: "", bold: "B", italic: "I"}[st], size)
}

func (t *typesetter) width(s string, st style, size float64) float64 {
	t.font(st, size)
	return t.pdf.GetStringWidth(s)
}

// breakLines sets words in lines of at most width millimetres, ragged right.
func (t *typesetter) breakLines(words []word, size, width float64) []line {
	var lines []line
	var cur line
	x := 0.0
	flush := func() {
		if len(cur.runs) > 0 {
			lines = append(lines, cur)
		}
		cur, x = line{}, 0
	}
	space := t.width(" ", regular, size)
	for i := 0; i < len(words); {
		// A word and what is glued to it move to the next line together.
		j, w := i, 0.0
		for ; j < len(words) && (j == i || words[j].glued); j++ {
			w += t.wordWidth(words[j], size)
		}
		if x > 0 && x+space+w > width {
			flush()
		}
		for k := i; k < j; k++ {
			x = t.place(&cur, words[k], x, size, x > 0 && k == i)
		}
		i = j
	}
	flush()
	return lines
}

const noteScale, noteRise = 0.65, 0.36 // of a footnote mark, of the type size

func (t *typesetter) wordWidth(w word, size float64) float64 {
	if w.note > 0 {
		return t.width(w.text, regular, size*noteScale) + 0.4
	}
	return t.width(w.text, w.style, size)
}

// place adds w to the line at x, joined to the run before it when the style is
// the same, and returns the new x.
func (t *typesetter) place(l *line, w word, x, size float64, spaced bool) float64 {
	if w.note > 0 {
		l.notes = append(l.notes, w.note)
		l.runs = append(l.runs, run{x: x + 0.4, rise: size * noteRise * point, size: size * noteScale, text: w.text})
		return x + t.wordWidth(w, size)
	}
	text := w.text
	if spaced {
		text = " " + text
	}
	if n := len(l.runs); n > 0 && l.runs[n-1].style == w.style && l.runs[n-1].rise == 0 {
		l.runs[n-1].text += text
		return l.runs[n-1].x + t.width(l.runs[n-1].text, w.style, size)
	}
	l.runs = append(l.runs, run{x: x, size: size, text: text, style: w.style})
	return x + t.width(text, w.style, size)
}

// drawLines draws lines from the top y and returns the y below them.
func (t *typesetter) drawLines(lines []line, x, y, size float64) float64 {
	step := size * leading * point
	for _, l := range lines {
		baseline := y + step*0.72
		for _, r := range l.runs {
			t.font(r.style, r.size)
			t.pdf.Text(x+r.x, baseline-r.rise, r.text)
		}
		y += step
	}
	return y
}

func notesOf(lines []line) []int {
	var notes []int
	for _, l := range lines {
		notes = append(notes, l.notes...)
	}
	return notes
}

// height is that of n lines of a type size, in millimetres.
func height(n int, size float64) float64 { return float64(n) * size * leading * point }

// compose measures a block.
func (t *typesetter) compose(b block) box {
	switch b.kind {
	case heading:
		size, before := 15.0, 8.0
		if b.level > 1 {
			size, before = 12.8, 5.5
		}
		lines := t.breakLines(b.words, size, right-left)
		text := plain(b.words)
		return box{before: before, height: height(len(lines), size), keepNext: true, text: text,
			draw: func(y float64) {
				t.pdf.Bookmark(text, b.level-1, y)
				t.ink(accent)
				t.drawLines(lines, left, y, size)
				t.ink(black)
			}}
	case item:
		x := left + indent*float64(b.level+1)
		lines := t.breakLines(b.words, bodySize, right-x)
		return box{before: 1.4, height: height(len(lines), bodySize), notes: notesOf(lines),
			text: strings.TrimSpace(b.marker + " " + plain(b.words)),
			draw: func(y float64) {
				t.font(regular, bodySize)
				t.pdf.Text(x-indent+1, y+bodySize*leading*point*0.72, b.marker)
				t.drawLines(lines, x, y, bodySize)
			}}
	case notice:
		const pad = 4.0
		lines := t.breakLines(b.words, bodySize, right-left-2*pad)
		h := height(len(lines), bodySize) + 2*pad - 1
		return box{before: 4, height: h, notes: notesOf(lines), text: plain(b.words),
			draw: func(y float64) {
				t.fill(tint)
				t.pdf.Rect(left, y, right-left, h, "F")
				t.fill(accent)
				t.pdf.Rect(left, y, 1.2, h, "F")
				t.drawLines(lines, left+pad, y+pad-0.5, bodySize)
			}}
	case table:
		return t.composeTable(b)
	}
	lines := t.breakLines(b.words, bodySize, right-left)
	text := plain(b.words)
	return box{before: 2.6, height: height(len(lines), bodySize), notes: notesOf(lines),
		keepNext: strings.HasSuffix(text, ":"), // it announces a list or a table
		text:     text, draw: func(y float64) { t.drawLines(lines, left, y, bodySize) }}
}

// composeTable gives each column a width between its longest word and its
// longest cell, in proportion to what it holds.
func (t *typesetter) composeTable(b block) box {
	columns := len(b.rows[0])
	least, want := make([]float64, columns), make([]float64, columns)
	for _, row := range b.rows {
		for c, words := range row {
			x := 0.0
			for i, w := range words {
				width := t.wordWidth(w, tableSize)
				least[c] = max(least[c], width+2*cellPad+0.1)
				if i > 0 && !w.glued {
					x += t.width(" ", w.style, tableSize)
				}
				x += width
			}
			want[c] = max(want[c], x+2*cellPad+0.2) // a hair over, against rounding
		}
	}
	widths := shareOut(right-left, least, want)
	type cell struct{ lines []line }
	rows := make([][]cell, len(b.rows))
	heights := make([]float64, len(b.rows))
	var text []string
	var notes []int
	total := 0.0
	for r, row := range b.rows {
		var texts []string
		for c, words := range row {
			lines := t.breakLines(words, tableSize, widths[c]-2*cellPad)
			rows[r] = append(rows[r], cell{lines})
			heights[r] = max(heights[r], height(len(lines), tableSize)+2.4)
			notes = append(notes, notesOf(lines)...)
			texts = append(texts, plain(words))
		}
		text = append(text, strings.Join(texts, " "))
		total += heights[r]
	}
	return box{before: 4, height: total + 2, notes: notes, text: strings.Join(text, "\n"),
		draw: func(y float64) {
			for r, row := range rows {
				if r == 0 {
					t.fill(tint)
					t.pdf.Rect(left, y, right-left, heights[r], "F")
				}
				x := left
				for c, cell := range row {
					t.drawLines(cell.lines, x+cellPad, y+1.2, tableSize)
					x += widths[c]
				}
				y += heights[r]
				t.pdf.SetDrawColor(170, 186, 192)
				t.pdf.SetLineWidth(0.2)
				t.pdf.Line(left, y, right, y)
			}
		}}
}

// shareOut divides total over columns. A column that wants no more than an
// equal share of what is left gets what it wants; the others share the rest in
// proportion, none less than its least. What is over goes to the last column.
func shareOut(total float64, least, want []float64) []float64 {
	widths := make([]float64, len(want))
	open, rest := len(want), total
	for settled := true; settled && open > 0; {
		settled = false
		for c := range want {
			if widths[c] == 0 && want[c] <= rest/float64(open) {
				widths[c], settled = want[c], true
				open--
				rest -= want[c]
			}
		}
	}
	sumLeast, sumMore := 0.0, 1e-9 // never divide by zero
	for c := range want {
		if widths[c] == 0 {
			sumLeast += least[c]
			sumMore += want[c] - least[c]
		}
	}
	used := 0.0
	for c := range want {
		if widths[c] == 0 {
			widths[c] = least[c] + (rest-sumLeast)*(want[c]-least[c])/sumMore
		}
		used += widths[c]
	}
	widths[len(widths)-1] += total - used
	return widths
}

// paginate puts the boxes on pages. A block is never broken, so that a
// sentence always stands whole on one page.
func (t *typesetter) paginate() error {
	t.pdf.AddPage() // fpdf measures text only with a page open
	cover := t.cover()
	boxes := []box{cover}
	for _, b := range t.src.blocks {
		boxes = append(boxes, t.compose(b))
	}
	cur, y := page{}, top
	flush := func() {
		t.pages = append(t.pages, cur)
		cur, y = page{}, top
	}
	for i := 0; i < len(boxes); {
		j := i
		for j < len(boxes)-1 && boxes[j].keepNext {
			j++
		}
		need, notes := 0.0, append([]int(nil), cur.notes...)
		for k := i; k <= j; k++ {
			need += boxes[k].before + boxes[k].height
			notes = append(notes, boxes[k].notes...)
		}
		if y+need > bottom-t.notesHeight(notes) {
			if len(cur.boxes) == 0 {
				return fmt.Errorf("%q is too high for a page", boxes[i].text)
			}
			flush()
			continue
		}
		for ; i <= j; i++ {
			if len(cur.boxes) > 0 {
				y += boxes[i].before
			}
			cur.boxes = append(cur.boxes, placed{boxes[i], y})
			cur.notes = append(cur.notes, boxes[i].notes...)
			y += boxes[i].height
		}
	}
	flush()
	for i := range t.pages {
		var text []string
		for _, b := range t.pages[i].boxes {
			text = append(text, b.text)
		}
		for _, n := range t.pages[i].notes {
			if t.src.notes[n] == nil {
				return fmt.Errorf("footnote %d has no text", n)
			}
			text = append(text, plain(t.src.notes[n]))
		}
		t.pages[i].text = strings.Join(text, "\n")
	}
	return nil
}

func (t *typesetter) noteLines(n int) []line {
	return t.breakLines(t.src.notes[n], noteSize, right-left-indent)
}

// notesHeight is what the footnotes of a page take, with the rule above them.
func (t *typesetter) notesHeight(notes []int) float64 {
	if len(notes) == 0 {
		return 0
	}
	h := 5.0
	for _, n := range notes {
		h += height(len(t.noteLines(n)), noteSize)
	}
	return h
}
