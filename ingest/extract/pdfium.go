package extract

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/ingest/pdfium"
)

const (
	maxPageChars    = 1_000_000 // of one page; a page of print has some 5,000
	maxOutlineItems = 5000
	maxLineWords    = 80 // that are measured for cells

	// hyphenMark is how PDFium's characters show a hyphen that cuts a word at
	// a line end; its text calls show U+FFFE.
	hyphenMark = '\u0002'
)

// newPDFium starts PDFium on the fastest engine there is, with its compiled code kept
// in the cache folder.
func newPDFium(ctx context.Context, cacheDir string, memoryPages uint32) (*pdfium.Runtime, error) {
	return pdfium.New(ctx, pdfium.Options{CacheDir: cacheDir, MemoryLimit: uint64(memoryPages) << 16})
}

// pdfiumDoc is one open document in an instance of its own.
type pdfiumDoc struct {
	runtime *pdfium.Runtime
	content []byte
	in      *pdfium.Instance
	count   int
	calls   *calls
	tagged  bool     // has a structure tree
	pages   []uint64 // kept open, the oldest first
	fonts   map[string]face
}

// face is what the name of a font tells, remembered per document.
type face struct {
	weight int
	bold   bool
}

// openPDF loads a document. What is wrong with it comes back as a *Failure.
func openPDF(r *pdfium.Runtime, content []byte) (*pdfiumDoc, error) {
	d := &pdfiumDoc{runtime: r, content: content, fonts: map[string]face{}}
	if err := d.load(); err != nil {
		return nil, err
	}
	return d, nil
}

// What FPDF_GetLastError gives (fpdfview.h of PDFium).
const (
	errorPassword = 4
	errorSecurity = 5
)

func (d *pdfiumDoc) load() error {
	in, err := d.runtime.Instance()
	if errors.Is(err, pdfium.ErrMemory) {
		return fail(CodeMemory, err)
	}
	if err != nil {
		return err
	}
	c := &calls{in: in}
	d.in, d.calls = in, c
	err = d.loadInto(c)
	if err == nil {
		return nil
	}
	d.close()
	if d.runtime.Exceeded() {
		return fail(CodeMemory, err)
	}
	return err
}

func (d *pdfiumDoc) loadInto(c *calls) error {
	at := c.call("malloc", uint64(len(d.content)))
	room, ok := c.in.Bytes(at, uint64(len(d.content)))
	if at == 0 || !ok {
		return fail(CodeMemory, errors.Join(c.err(), errors.New("no room for the document")))
	}
	copy(room, d.content)
	if c.doc = c.call("FPDF_LoadMemDocument64", at, uint64(len(d.content)), 0); c.doc == 0 {
		switch code := c.number("FPDF_GetLastError"); code {
		case errorPassword:
			return fail(CodePassword, nil)
		case errorSecurity:
			f := fail(CodePassword, errors.New("the document is protected in a way that is not known"))
			f.Message = "De PDF is beveiligd op een manier die niet wordt herkend. Sla het document op zonder beveiliging en bied het opnieuw aan."
			return f
		default:
			return fail(CodeDamaged, errors.Join(c.err(), fmt.Errorf("PDFium does not open it: error %d", code)))
		}
	}
	if d.count = c.number("FPDF_GetPageCount", c.doc); d.count <= 0 {
		return fail(CodeDamaged, c.err())
	}
	if c.scratch = c.call("malloc", scratchSize); c.scratch == 0 {
		return fmt.Errorf("reserve memory in PDFium: %w", errors.Join(c.err(), errors.New("none left")))
	}
	d.tagged = c.yes("FPDFCatalog_IsTagged", c.doc)
	return nil
}

func (d *pdfiumDoc) close() {
	d.calls, d.pages = nil, nil
	if d.in != nil {
		d.in.Close() // with all that is open in it
		d.in = nil
	}
}

// reopen starts over in a fresh instance after a trap.
func (d *pdfiumDoc) reopen() error {
	d.close()
	return d.load()
}

// info reads what the document says of itself. Nothing in it is needed, so
// nothing in it can fail.
func (d *pdfiumDoc) info() rawDocument {
	c := d.calls
	meta := func(tag string) string {
		const longest = 4096 // bytes
		if !c.put(append([]byte(tag), 0)) {
			return ""
		}
		s := c.long("FPDF_GetMetaText", c.doc, c.scratch)
		return s[:min(len(s), longest)]
	}
	raw := rawDocument{Title: meta("Title"), Subject: meta("Subject"), Keywords: meta("Keywords"), Pages: d.count}
	d.outline(&raw.Outline, 0, 1)
	return raw
}

// outline walks the bookmarks; PDFium does not guard against circular ones.
func (d *pdfiumDoc) outline(out *[]outlineItem, parent uint64, level int) {
	if level > 8 {
		return
	}
	c := d.calls
	for b := c.call("FPDFBookmark_GetFirstChild", c.doc, parent); b != 0 && len(*out) < maxOutlineItems; b = c.call("FPDFBookmark_GetNextSibling", c.doc, b) {
		item := outlineItem{Level: level, Title: cleanText(c.long("FPDFBookmark_GetTitle", b))}
		if dest := c.call("FPDFBookmark_GetDest", c.doc, b); dest != 0 {
			item.Page = max(c.number("FPDFDest_GetDestPageIndex", c.doc, dest)+1, 0)
		}
		*out = append(*out, item)
		d.outline(out, b, level+1)
	}
}

// page reads page number n, from 1. A trap comes back as an error; the document
// must then be reopened.
func (d *pdfiumDoc) page(n int) (rawPage, error) {
	out := rawPage{Number: n, Reader: ReaderPDFium}
	c := d.calls
	out.Label = cleanText(c.wide("FPDF_GetPageLabel", c.doc, uint64(n-1)))
	page := c.call("FPDF_LoadPage", c.doc, uint64(n-1))
	if page == 0 {
		out.Broken = "the page cannot be loaded"
		return out, c.err()
	}
	d.keepOpen(page)
	frame := c.frame(page)
	out.Width, out.Height = frame.w, frame.h
	tp := c.call("FPDFText_LoadPage", page)
	if tp == 0 {
		out.Broken = "the text of the page cannot be loaded"
		return out, c.err()
	}
	defer c.call("FPDFText_ClosePage", tp)
	t := textPage{d: d, c: c, ref: tp, frame: frame, seen: map[int]glyph{}, objects: map[uint64]*typeface{}}
	if d.tagged {
		t.tags = c.tags(page)
	}
	out.Lines = t.lines()
	out.Drawn = c.drawn(page, frame)
	return out, c.err()
}

// openPages is how many pages are kept open behind the one being read. PDFium
// drops a font when the last page that uses it is closed, and reading it anew
// for every page costs as much as reading the page.
const openPages = 8

// keepOpen puts a page among those kept open and closes the oldest.
func (d *pdfiumDoc) keepOpen(page uint64) {
	d.pages = append(d.pages, page)
	if len(d.pages) > openPages {
		d.calls.call("FPDF_ClosePage", d.pages[0])
		d.pages = append(d.pages[:0], d.pages[1:]...)
	}
}

// The types of page objects that matter here (fpdfview.h of PDFium).
const (
	objectPath  = 2
	objectImage = 3
	objectForm  = 5
)

// pictured reports whether the page that was read last may show letters that are no
// text: on an image, or drawn in so many strokes that letters may be among them; and
// whether it looks as if it does. Only then has OCR something to read.
func (d *pdfiumDoc) pictured() bool {
	if len(d.pages) == 0 {
		return true
	}
	const manyStrokes = 100
	page, c := d.pages[len(d.pages)-1], d.calls
	strokes, left := 0, maxLookObjects
	count := c.number("FPDFPage_CountObjects", page)
	found := count > maxLookObjects
	for i := 0; i < count && !found; i++ {
		found = d.letters(c.call("FPDFPage_GetObject", page, uint64(i)), &strokes, &left, 0)
	}
	if !found && strokes < manyStrokes || c.err() != nil {
		return c.err() != nil
	}
	img, err := d.render(page, lookDPI)
	return err != nil || written(img)
}

const (
	maxLookObjects = 2000
	maxFormDepth   = 4
)

// letters reports an image that is large enough for letters, and counts strokes.
func (d *pdfiumDoc) letters(object uint64, strokes, left *int, depth int) bool {
	const leastSide = 6 // points; a line may be an image too
	c := d.calls
	if *left--; object == 0 || *left < 0 || depth > maxFormDepth {
		return *left < 0
	}
	switch c.number("FPDFPageObj_GetType", object) {
	case objectPath:
		*strokes++
	case objectImage:
		if depth > 0 || !c.yes("FPDFPageObj_GetBounds", object, c.scratch, c.scratch+4, c.scratch+8, c.scratch+12) {
			return true // a form has a measure of its own
		}
		return c.float(8)-c.float(0) >= leastSide && c.float(12)-c.float(4) >= leastSide
	case objectForm:
		for i := range min(c.number("FPDFFormObj_CountObjects", object), maxLookObjects) {
			if d.letters(c.call("FPDFFormObj_GetObject", object, uint64(i)), strokes, left, depth+1) {
				return true
			}
		}
	}
	return false
}

// frame turns user space into what a reader sees: the page's origin at 0,0
// after its rotation.
type frame struct {
	left, bottom, w0, h0 float64 // of the unrotated page
	turn                 int     // quarters, clockwise
	w, h                 float64 // as shown
}

func (c *calls) frame(page uint64) frame {
	f := frame{w: 595, h: 842, w0: 595, h0: 842}
	if c.yes("FPDF_GetPageBoundingBox", page, c.scratch) { // left, top, right, bottom
		f.left, f.bottom = c.float(0), c.float(12)
		f.w0, f.h0 = c.float(8)-f.left, c.float(4)-f.bottom
	}
	f.turn = c.number("FPDFPage_GetRotation", page) & 3
	f.w, f.h = f.w0, f.h0
	if f.turn&1 == 1 {
		f.w, f.h = f.h0, f.w0
	}
	return f
}

func (f frame) point(x, y float64) (float64, float64) {
	x, y = x-f.left, y-f.bottom
	switch f.turn {
	case 1:
		return y, f.w0 - x
	case 2:
		return f.w0 - x, f.h0 - y
	case 3:
		return f.h0 - y, x
	}
	return x, y
}

func (f frame) direction(x, y float64) (float64, float64) {
	switch f.turn {
	case 1:
		return y, -x
	case 2:
		return -x, -y
	case 3:
		return -y, x
	}
	return x, y
}

// textPage reads the characters of one page. A trap leaves zeros and shows in
// c.err().
type textPage struct {
	d       *pdfiumDoc
	c       *calls
	ref     uint64
	frame   frame
	seen    map[int]glyph
	objects map[uint64]*typeface // by text object: its characters share their type
	tags    map[int]tag          // by the id of marked content
}

func (t textPage) chars() []rune { return t.c.chars(t.ref) }

func (t textPage) lines() []rawLine {
	runes := t.chars()
	var lines []rawLine
	for start := 0; start < len(runes); {
		end := start
		for end < len(runes) && runes[end] != '\r' && runes[end] != '\n' && runes[end] != hyphenMark {
			end++
		}
		cut := end < len(runes) && runes[end] == hyphenMark
		rows := t.rows(runes, start, end)
		for i, r := range rows {
			if l, ok := t.line(runes, r[0], r[1]); ok {
				l.Cut = cut && i == len(rows)-1
				lines = append(lines, l)
			}
		}
		start = end + 1
	}
	t.measureRows(runes, lines)
	return t.cells(runes, lines)
}

// rows cuts a run of characters where it goes on to another baseline: PDFium
// does not break between lines that stand close together.
func (t textPage) rows(runes []rune, start, end int) [][2]int {
	for start < end && blank(runes[start]) {
		start++
	}
	for end > start && blank(runes[end-1]) {
		end--
	}
	whole := [][2]int{{start, end}}
	if end-start < 2 {
		return whole
	}
	first, last := t.glyph(start), t.glyph(end-1)
	if math.Abs(first.y-last.y) < 0.6*max(first.size, last.size) || first.turned || last.turned {
		return whole
	}
	var out [][2]int
	from, prev := start, first.x
	for i := start + 1; i < end; i++ {
		if blank(runes[i]) || !blank(runes[i-1]) {
			continue
		}
		g := t.glyph(i)
		if g.x < prev { // back to the margin
			out = append(out, [2]int{from, i})
			from = i
		}
		prev = g.x
	}
	return append(out, [2]int{from, end})
}

// line measures the run of characters [start,end).
func (t textPage) line(runes []rune, start, end int) (rawLine, bool) {
	for start < end && blank(runes[start]) {
		start++
	}
	for end > start && blank(runes[end-1]) {
		end--
	}
	if start == end {
		return rawLine{}, false
	}
	l := rawLine{Text: string(runes[start:end]), First: start}
	mid := (start + end) / 2
	for mid < end-1 && blank(runes[mid]) {
		mid++
	}
	first, g, last := t.glyph(start), t.glyph(mid), t.glyph(end-1)
	// The middle speaks for the line unless the line is a few characters with
	// a note's mark among them.
	l.Size, l.Font, l.Weight, l.Bold, l.Turned = g.size, g.font, g.weight, g.bold, g.turned
	l.X0, l.Y = first.x, g.y
	l.Tag, l.Item, l.Box = g.tag.kind, g.tag.item, g.tag.box
	l.Mixed = first.bold != g.bold || last.bold != g.bold || first.weight > g.weight+100 || last.weight+100 < g.weight
	l.X1 = last.x
	if x, ok := t.right(end-1, g.turned); ok {
		l.X1 = x
	}
	t.marks(runes, start, end, &l)
	return l, true
}

func blank(r rune) bool { return r <= ' ' || unicode.IsSpace(r) }

// glyph is the measure of one character.
type glyph struct {
	x, y float64
	*typeface
}

// typeface is what the characters of a text object share.
type typeface struct {
	size   float64
	font   string
	weight int
	bold   bool
	turned bool
	up     bool // of turned text: runs upwards
	tag    tag
}

var boldName = regexp.MustCompile(`(?i)bold|black|heavy|semi?bd|demi|cmbx|[-,]bd\b|-b$|medi$`)

func (t textPage) glyph(i int) glyph {
	if g, ok := t.seen[i]; ok {
		return g
	}
	var g glyph
	c := t.c
	object := c.call("vb_glyph", t.ref, uint64(i), c.scratch)
	x, y, placed := c.double(0), c.double(8), c.bytes(16, 1)[0] != 0
	if object != 0 { // else put in by PDFium: a space, a line end
		g.typeface = t.objects[object]
	}
	if g.typeface == nil {
		g.typeface = t.typeface(i)
		if object != 0 {
			if len(t.tags) > 0 {
				g.tag = t.tags[c.number("FPDFPageObj_GetMarkedContentID", object)]
			}
			t.objects[object] = g.typeface
		}
	}
	if placed {
		g.x, g.y = t.frame.point(x, y)
		if g.turned {
			g.x, g.y = turn(g.x, g.y, g.up)
		}
	}
	t.seen[i] = g
	return g
}

func (t textPage) typeface(i int) *typeface {
	g := &typeface{}
	c := t.c
	a, b, h := 1.0, 0.0, 1.0
	if c.yes("vb_typeface", t.ref, uint64(i), c.scratch) {
		a, b, h = c.float(0), c.float(4), math.Hypot(c.float(8), c.float(12))
	}
	// A font size is often 1.0 with the true size in the text matrix.
	g.size = c.double(24) * h
	dx, dy := t.frame.direction(a, b)
	g.turned, g.up = math.Abs(dy) > math.Abs(dx), dy > 0
	const nameSize = 256
	n := uint64(binary.LittleEndian.Uint32(c.bytes(36, 4)))
	if n == 0 || c.err() != nil {
		return g
	}
	flags := binary.LittleEndian.Uint32(c.bytes(32, 4))
	if n <= nameSize { // a longer one is not written
		g.font = strings.TrimRight(string(c.bytes(40, n)), "\x00")
	}
	if g.font != "" {
		known, ok := t.d.fonts[g.font]
		if !ok {
			known.bold = boldName.MatchString(g.font)
			known.weight = max(c.number("FPDFText_GetFontWeight", t.ref, uint64(i)), 0)
			t.d.fonts[g.font] = known
		}
		g.weight, g.bold = known.weight, known.bold
	}
	const forceBold = 1 << 18 // ISO 32000-1, table 123
	g.bold = g.bold || flags&forceBold != 0
	return g
}

// turn gives coordinates along and across text that runs up or down.
func turn(x, y float64, up bool) (float64, float64) {
	if up {
		return y, -x
	}
	return -y, x
}

// right is where a character ends.
func (t textPage) right(i int, turned bool) (float64, bool) {
	c := t.c
	if !c.yes("FPDFText_GetLooseCharBox", t.ref, uint64(i), c.scratch) { // left, top, right, bottom
		return 0, false
	}
	x0, y0 := t.frame.point(c.float(0), c.float(12))
	x1, y1 := t.frame.point(c.float(8), c.float(4))
	if turned {
		return max(y0, y1), true // running up; running down is rare and only loses cells
	}
	return max(x0, x1), true
}

// marks finds raised digits: at the start of the line (a note) and after a
// word (a reference to one).
func (t textPage) marks(runes []rune, start, end int, l *rawLine) {
	for i := start; i < end; {
		if !isMarkRune(runes[i]) {
			i++
			continue
		}
		j := i
		for j < end && isMarkRune(runes[j]) {
			j++
		}
		if j-i <= 3 && (i == start || !unicode.IsDigit(runes[i-1]) && runes[i-1] != ',' || unicode.IsLetter(runes[i-1])) && l.Size > 0 && end-start > j-i {
			g := t.glyph(i)
			small := g.size > 0 && g.size < 0.86*l.Size
			raised := g.y > l.Y+0.12*l.Size
			if small && g.y > l.Y-0.02*l.Size || raised && g.size <= l.Size {
				l.Marks = append(l.Marks, mark{From: i - start, To: j - start})
			}
		}
		i = j
	}
}

func isMarkRune(r rune) bool { return r >= '0' && r <= '9' || r == '*' || r == '†' }

// measureRows places the words of lines that may be rows of a table: lines
// wider than their characters account for, and their neighbours.
func (t textPage) measureRows(runes []rune, lines []rawLine) {
	var spread []float64
	advance := func(l rawLine) float64 {
		n := utf8.RuneCountInString(l.Text)
		if n < 4 || l.Size <= 0 || l.X1 <= l.X0 {
			return 0
		}
		return (l.X1 - l.X0) / float64(n) / l.Size
	}
	for _, l := range lines {
		if a := advance(l); a > 0 && len(l.Text) > 30 {
			spread = append(spread, a)
		}
	}
	usual := 0.5
	if len(spread) > 4 {
		slices.Sort(spread)
		usual = spread[len(spread)/3]
	}
	done := make([]bool, len(lines))
	var todo []int
	for i, l := range lines {
		if strings.ContainsRune(l.Text, ' ') && advance(l) > 1.22*usual {
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if i < 0 || i >= len(lines) || done[i] {
			continue
		}
		done[i] = true
		t.words(runes, &lines[i])
		if hasCells(lines[i]) { // a row; its neighbours may be rows too
			todo = append(todo, i-2, i-1, i+1, i+2)
		}
	}
}

func hasCells(l rawLine) bool {
	for i := 1; i < len(l.Words); i++ {
		if l.Words[i].X0-l.Words[i-1].X1 > l.cellGap() {
			return true
		}
	}
	return false
}

// words measures the words of one line.
func (t textPage) words(runes []rune, l *rawLine) {
	c := t.c
	end := l.First + utf8.RuneCountInString(l.Text)
	for i := l.First; i < end && len(l.Words) < maxLineWords; {
		if blank(runes[i]) {
			i++
			continue
		}
		j := i
		for j < end && !blank(runes[j]) {
			j++
		}
		if !c.yes("FPDFText_GetCharOrigin", t.ref, uint64(i), c.scratch, c.scratch+8) {
			return
		}
		x0, y0 := t.frame.point(c.double(0), c.double(8))
		if l.Turned {
			x0, _ = turn(x0, y0, true)
		}
		x1, _ := t.right(j-1, l.Turned)
		l.Words = append(l.Words, rawWord{From: i - l.First, X0: x0, X1: x1})
		i = j
	}
}

// render draws a page in grey for OCR. The longest side is bounded, so that a
// page of a poster costs no more than others.
func (d *pdfiumDoc) render(page uint64, dpi int) (*image.Gray, error) {
	const (
		maxSide = 5000 // pixels: A4 at 400 dpi
		grey    = 1    // FPDFBitmap_Gray
		toGrey  = 0x08 // FPDF_GRAYSCALE
	)
	c := d.calls
	points := func(f string) float64 { return math.Float64frombits(c.call(f, page)) }
	wide, high := points("FPDF_GetPageWidth"), points("FPDF_GetPageHeight")
	side := math.Max(wide, high)
	if !(side > 0) || math.IsInf(side, 0) {
		return nil, errors.Join(c.err(), errors.New("the page has no size"))
	}
	scale := float64(max(min(dpi, int(maxSide*72/side)), 10)) / 72
	w, h := int(math.Ceil(wide*scale)), int(math.Ceil(high*scale))
	bitmap := c.call("FPDFBitmap_CreateEx", uint64(w), uint64(h), grey, 0, 0)
	if bitmap == 0 {
		return nil, errors.Join(c.err(), errors.New("no memory for a picture"))
	}
	defer c.call("FPDFBitmap_Destroy", bitmap)
	c.call("FPDFBitmap_FillRect", bitmap, 0, 0, uint64(w), uint64(h), white)
	c.call("FPDF_RenderPageBitmap", bitmap, page, 0, 0, uint64(w), uint64(h), 0, toGrey)
	stride := c.number("FPDFBitmap_GetStride", bitmap)
	buffer := c.call("FPDFBitmap_GetBuffer", bitmap)
	if err := c.err(); err != nil {
		return nil, err
	}
	pix, ok := c.in.Bytes(buffer, uint64(stride)*uint64(h))
	if !ok || stride < w {
		return nil, errors.New("the picture is outside of memory")
	}
	own := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		copy(own.Pix[y*own.Stride:(y+1)*own.Stride], pix[y*stride:y*stride+w])
	}
	return own, nil
}
