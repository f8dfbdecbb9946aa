package extract

import (
	"math"
	"slices"
	"unicode"
)

// Boxes round text ("kaders") are drawn: a filled or ruled rectangle, four rules, or a
// shade behind each line. Where no tag sets their text apart, they are found here.

// rect is a rectangle on the page as it is shown, in points from the bottom left.
type rect struct{ X0, Y0, X1, Y1 float64 }

func (r rect) w() float64 { return r.X1 - r.X0 }
func (r rect) h() float64 { return r.Y1 - r.Y0 }

// Measures of what is drawn, in points.
const (
	maxDrawn     = 300 // rectangles and rules of a page that are looked at
	ruleWidth    = 3.0 // of a rule at most
	leastBoxSide = 100.0
	leastBoxHigh = 24.0 // two lines of small print
	leastShade   = 6.0  // height of the shade behind a line
	touching     = 3.0  // closer than this, two edges are one
	maxSegments  = 24   // of the outline of a rectangle, round corners included
)

// drawing is what is drawn on a page that may be part of a box.
type drawing struct {
	panels []rect // rectangles, filled or ruled
	shades []rect // filled rectangles lower than a box
	rules  []rect
}

func (d *drawing) full() bool { return len(d.panels)+len(d.shades)+len(d.rules) >= maxDrawn }

// drawn are the boxes that are drawn on a page.
func (c *calls) drawn(page uint64, f frame) []rect {
	var d drawing
	left := maxLookObjects
	count := min(c.number("FPDFPage_CountObjects", page), maxLookObjects)
	var room [listed]pair
	for from := 0; from < count; from += listed {
		for _, object := range c.list("vb_objects", page, from, min(count-from, listed), &room) {
			c.draw(uint64(object.first), int(object.second), &d, f, matrix{1, 0, 0, 1, 0, 0}, &left, 0)
		}
	}
	return d.boxes()
}

// matrix turns coordinates of an object into those of what it stands in (ISO 32000-1, 8.3.3).
type matrix [6]float64

func (m matrix) point(x, y float64) (float64, float64) {
	return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]
}

func (m matrix) in(n matrix) matrix {
	e, f := n.point(m[4], m[5])
	return matrix{n[0]*m[0] + n[2]*m[1], n[1]*m[0] + n[3]*m[1], n[0]*m[2] + n[2]*m[3], n[1]*m[2] + n[3]*m[3], e, f}
}

func (c *calls) matrixOf(object uint64) (m matrix, ok bool) {
	if !c.yes("FPDFPageObj_GetMatrix", object, c.scratch) {
		return m, false
	}
	for i := range m {
		m[i] = c.float(uint64(4 * i))
	}
	return m, true
}

// draw notes an object of some type, or those of a form, when it may be part of a box.
func (c *calls) draw(object uint64, kind int, d *drawing, f frame, in matrix, left *int, depth int) {
	if *left--; object == 0 || *left < 0 || depth > maxFormDepth || d.full() {
		return
	}
	switch kind {
	case objectForm:
		m, ok := c.matrixOf(object)
		if !ok {
			return
		}
		for i := range min(c.number("FPDFFormObj_CountObjects", object), maxLookObjects) {
			o := c.call("FPDFFormObj_GetObject", object, uint64(i))
			c.draw(o, c.number("FPDFPageObj_GetType", o), d, f, m.in(in), left, depth+1)
		}
	case objectPath:
		if !c.yes("FPDFPageObj_GetBounds", object, c.scratch, c.scratch+4, c.scratch+8, c.scratch+12) {
			return
		}
		r := placed(rect{c.float(0), c.float(4), c.float(8), c.float(12)}, in, f)
		rule := r.w() <= ruleWidth && r.h() >= 2*ruleWidth || r.h() <= ruleWidth && r.w() >= 2*ruleWidth
		if !rule && (r.w() < leastBoxSide || r.h() < leastShade) {
			return
		}
		filled, ruled := c.ink(object)
		switch {
		case !filled && !ruled:
		case rule:
			d.rules = append(d.rules, r)
		case !c.rectangular(object, in, f, r):
		case r.h() >= leastBoxHigh:
			d.panels = append(d.panels, r)
		case filled:
			d.shades = append(d.shades, r)
		}
	}
}

// placed is where a rectangle of an object stands on the page as it is shown.
func placed(r rect, in matrix, f frame) rect {
	x0, y0 := f.point(in.point(r.X0, r.Y0))
	x1, y1 := f.point(in.point(r.X1, r.Y1))
	return rect{min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)}
}

// ink reports how a path is drawn. White is no ink.
func (c *calls) ink(path uint64) (filled, ruled bool) {
	const nearWhite, faint = 250, 8
	if !c.yes("FPDFPath_GetDrawMode", path, c.scratch, c.scratch+4) {
		return false, false
	}
	mode := c.bytes(0, 8)
	filled, ruled = mode[0] != 0, mode[4] != 0
	if filled && c.yes("FPDFPageObj_GetFillColor", path, c.scratch, c.scratch+4, c.scratch+8, c.scratch+12) {
		color := c.bytes(0, 16)
		filled = color[12] >= faint && (color[0] < nearWhite || color[4] < nearWhite || color[8] < nearWhite)
	}
	return filled, ruled
}

// rectangular reports a path all points of which lie at the edges of r: a rectangle,
// its corners round or not.
func (c *calls) rectangular(path uint64, in matrix, f frame, r rect) bool {
	n := c.number("FPDFPath_CountSegments", path)
	m, ok := c.matrixOf(path)
	if n < 4 || n > maxSegments || !ok {
		return false
	}
	m = m.in(in)
	within := max(min(0.2*min(r.w(), r.h()), 14), 2)
	for i := range n {
		s := c.call("FPDFPath_GetPathSegment", path, uint64(i))
		if s == 0 || !c.yes("FPDFPathSegment_GetPoint", s, c.scratch, c.scratch+4) {
			return false
		}
		x, y := f.point(m.point(c.float(0), c.float(4)))
		if min(x-r.X0, r.X1-x, y-r.Y0, r.Y1-y) > within {
			return false
		}
	}
	return true
}

// boxes puts together what belongs together: shades one below the other, four rules, a
// head and what stands below it. Rectangles that stand side by side are cells of a table.
func (d *drawing) boxes() []rect {
	panels := slices.Concat(d.panels, stacked(d.shades), ruledFrames(d.rules))
	panels = slices.DeleteFunc(panels, func(r rect) bool { return r.h() < leastBoxHigh || r.w() < leastBoxSide })
	var out []rect
	for i, r := range panels {
		cell := false
		for k, o := range panels {
			beside := math.Abs(o.X0-r.X1) < touching || math.Abs(r.X0-o.X1) < touching
			overlap := min(r.Y1, o.Y1) - max(r.Y0, o.Y0)
			cell = cell || k != i && beside && 2*overlap > min(r.h(), o.h())
		}
		if !cell && !dividedByRules(r, d.rules) {
			out = append(out, r)
		}
	}
	out = stacked(append(out, heads(d.shades, out)...))
	// The outer one of boxes in each other.
	slices.SortFunc(out, func(a, b rect) int {
		if a.w()*a.h() > b.w()*b.h() {
			return -1
		}
		return 1
	})
	var outer []rect
	for _, r := range out {
		if !slices.ContainsFunc(outer, func(o rect) bool { return o.holds(r.X0, r.Y0) && o.holds(r.X1, r.Y1) }) {
			outer = append(outer, r)
		}
	}
	return outer
}

// holds reports a point within the rectangle, or hardly outside.
func (r rect) holds(x, y float64) bool {
	return x >= r.X0-touching && x <= r.X1+touching && y >= r.Y0-touching && y <= r.Y1+touching
}

// stacked joins rectangles of one width that touch one above the other.
func stacked(rects []rect) []rect {
	rects = slices.Clone(rects)
	slices.SortFunc(rects, func(a, b rect) int {
		if a.Y1 > b.Y1 {
			return -1
		}
		return 1
	})
	var out []rect
	for _, r := range rects {
		joined := false
		for i := range out {
			o := &out[i]
			if math.Abs(o.X0-r.X0) < touching && math.Abs(o.X1-r.X1) < touching && r.Y1 > o.Y0-touching && r.Y0 < o.Y1+touching {
				*o = rect{min(o.X0, r.X0), min(o.Y0, r.Y0), max(o.X1, r.X1), max(o.Y1, r.Y1)}
				joined = true
				break
			}
		}
		if !joined {
			out = append(out, r)
		}
	}
	return out
}

// heads are the shades right above a box, as wide: its title stands in them.
func heads(shades, boxes []rect) []rect {
	var out []rect
	for _, s := range shades {
		if slices.ContainsFunc(boxes, func(b rect) bool {
			return math.Abs(s.X0-b.X0) < touching && math.Abs(s.X1-b.X1) < touching && math.Abs(s.Y0-b.Y1) < touching
		}) {
			out = append(out, s)
		}
	}
	return out
}

// ruledFrames are the rectangles that four rules make, each of one piece or more.
func ruledFrames(rules []rect) []rect {
	var across, up []rect
	for _, r := range rules {
		if r.w() > r.h() {
			across = append(across, r)
		} else {
			up = append(up, r)
		}
	}
	up = stacked(up)
	turned := func(rs []rect) []rect { // stacked joins what is above each other
		out := make([]rect, len(rs))
		for i, r := range rs {
			out[i] = rect{r.Y0, r.X0, r.Y1, r.X1}
		}
		return out
	}
	across = turned(stacked(turned(across)))
	var out []rect
	for _, l := range up {
		for _, r := range up {
			f := rect{l.X0, max(l.Y0, r.Y0), r.X1, min(l.Y1, r.Y1)}
			if f.w() < leastBoxSide || f.h() < leastBoxHigh || math.Abs(l.Y0-r.Y0) > touching || math.Abs(l.Y1-r.Y1) > touching {
				continue
			}
			closed := func(y float64) bool {
				return slices.ContainsFunc(across, func(a rect) bool {
					return math.Abs((a.Y0+a.Y1)/2-y) <= touching && a.X0 <= f.X0+touching && a.X1 >= f.X1-touching
				})
			}
			if closed(f.Y0) && closed(f.Y1) {
				out = append(out, f)
			}
		}
	}
	return out
}

// dividedByRules reports a frame with rules in it from side to side: a table.
func dividedByRules(r rect, rules []rect) bool {
	rows := 0
	for _, o := range rules {
		x, y := (o.X0+o.X1)/2, (o.Y0+o.Y1)/2
		switch {
		case x < r.X0+touching || x > r.X1-touching || y < r.Y0+touching || y > r.Y1-touching:
		case o.h() > o.w() && 2*o.h() > r.h():
			return true
		case o.w() > o.h() && o.w() > 0.95*r.w():
			rows++
		}
	}
	return rows > 2
}

// drawnBoxes sets apart the lines in boxes that are drawn. A rectangle that comes back
// at the same place, or holds all of a page, is how pages look; where most of the text
// stands in some, they say nothing.
func (a *assembler) drawnBoxes() {
	const (
		samePlace   = 3    // pages with a rectangle at the same place
		wholePage   = 0.85 // of its surface
		leastText   = 80   // letters
		mostBoxed   = 0.5  // of the document's letters
		grain       = 4    // points, within which places are the same
		sideBearing = 4    // points that letters may stand outside
	)
	type place [4]int
	at := func(r rect) place {
		round := func(v float64) int { return int(math.Round(v / grain)) }
		return place{round(r.X0), round(r.Y0), round(r.X1), round(r.Y1)}
	}
	pages := map[place]int{}
	for _, p := range a.pages {
		for _, r := range p.Drawn {
			pages[at(r)]++
		}
	}
	letters := func(l *textLine) (n int) {
		for _, r := range l.runes {
			if unicode.IsLetter(r.r) {
				n++
			}
		}
		return n
	}
	total, boxed, id := 0, 0, 0
	var found [][]*textLine
	for _, p := range a.pages {
		for _, l := range p.lines {
			if l.role == "" {
				total += letters(l)
			}
		}
		for _, r := range p.Drawn {
			if pages[at(r)] >= samePlace || r.w()*r.h() > wholePage*p.Width*p.Height {
				continue
			}
			var inside []*textLine
			n, sentence, tables := 0, false, 0
			for _, l := range p.lines {
				if l.role != "" || l.Turned || l.Box != 0 || l.X0 < r.X0-sideBearing || l.X1 > r.X1+sideBearing || l.Y < r.Y0 || l.Y > r.Y1 {
					continue
				}
				inside = append(inside, l)
				n += letters(l)
				sentence = sentence || endsSentence(l)
				if l.Cell.Cell != 0 || len(cellStarts(l)) > 0 {
					tables++
				}
			}
			if len(inside) >= 2 && n >= leastText && sentence && 2*tables < len(inside) {
				found = append(found, inside)
				boxed += n
			}
		}
	}
	if float64(boxed) > mostBoxed*float64(total) {
		return
	}
	for _, lines := range found {
		id--
		for _, l := range lines {
			l.Box = id
		}
	}
}
