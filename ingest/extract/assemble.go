package extract

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// assembler makes pages out of the lines of a whole document. What a line is
// can only be seen against the others: a heading is larger than the body, a
// running header comes back on other pages.
type assembler struct {
	raw   rawDocument
	pages []*layout

	body        float64 // font size of running text, points
	bodyWeight  int
	bodyBold    bool // running text is set in a face that is called bold
	vocabulary  vocabulary
	leading     map[int]float64 // line distance by font size in half points
	references  map[string]bool // note marks met anywhere
	headingTags bool            // tags tell headings apart
	listTags    bool            // tags tell items of lists apart
	paraTags    bool            // tags tell paragraphs apart
	lastNote    string          // label of the last footnote; numbering may run on over pages
}

// layout is one page being assembled.
type layout struct {
	*rawPage
	lines  []*textLine
	blocks []*para
	label  string
}

// para is a block being made.
type para struct {
	kind  corpus.BlockKind
	level int
	lines []*textLine
	runes []pageRune
	said  string // of runes, once text made it
	size  float64
	bold  bool
	item  bool // began with a list mark, which is taken off
	numIt bool // began with a number or letter of a list, which stays
	li    bool // is tagged as an item of a list
	table int  // number of the table its lines belong to; negative when its tags tell it
	head  int  // rows of the table's header by its tags
}

// text is the text of runes, which stay as they are from the first call on.
func (p *para) text() string {
	if p.said == "" {
		p.said = runesText(p.runes)
	}
	return p.said
}

// assemble makes the pages of a document, and for each the page runes its text
// was written from, and the title it bears.
func assemble(raw rawDocument, pages []rawPage) (out []corpus.Page, runes [][]pageRune, title string) {
	a := &assembler{raw: raw, vocabulary: vocabulary{}, leading: map[int]float64{}, references: map[string]bool{}}
	for i := range pages {
		p := &pages[i]
		p.Lines = attachMarks(p.Lines)
		l := &layout{rawPage: p}
		for j := range p.Lines {
			if line := newTextLine(&p.Lines[j]); len(line.runes) > 0 {
				l.lines = append(l.lines, line)
			}
		}
		a.pages = append(a.pages, l)
	}
	a.measure()
	a.furniture()
	a.believeTags()
	a.drawnBoxes()
	for _, p := range a.pages {
		a.footnotes(p)
		a.tables(p)
		a.group(p)
	}
	a.classify()
	out = make([]corpus.Page, len(a.pages))
	runes = make([][]pageRune, len(a.pages))
	for i, p := range a.pages {
		out[i], runes[i] = a.write(p)
	}
	return out, runes, a.title()
}

// title is the document's title by its looks: the largest heading of the first
// pages, one without a number if there is any. A letter names its subject.
func (a *assembler) title() string {
	var best *para
	better := func(b *para) bool {
		if best == nil {
			return true
		}
		bn, nn := numberDepth(best.text()) > 0, numberDepth(b.text()) > 0
		if bn != nn {
			return bn
		}
		return b.size > 1.05*best.size
	}
	for i, p := range a.pages[:min(len(a.pages), 3)] {
		for j, b := range p.blocks {
			if b.kind != corpus.BlockHeading || len(b.runes) > 200 {
				continue
			}
			text := b.text()
			if i == 0 && subjectLabel.MatchString(text) && j+1 < len(p.blocks) && len(p.blocks[j+1].runes) <= 200 {
				return p.blocks[j+1].text()
			}
			if !contentsHead.MatchString(text) && better(b) {
				best = b
			}
		}
		if best != nil {
			return best.text()
		}
	}
	return ""
}

var subjectLabel = regexp.MustCompile(`(?i)^(onderwerp|betreft|subject)\s*:?$`)

// measure finds the body's size and weight, line distances, the vocabulary and
// the note marks.
func (a *assembler) measure() {
	sizes, weights, bold := map[int]int{}, map[int]int{}, 0
	gaps := map[int][]float64{}
	total := 0
	for _, p := range a.pages {
		var prev *textLine
		for _, l := range p.lines {
			n := len(l.runes)
			a.vocabulary.addLine(l.String(), l.Cut || endsInHyphen(l.String()))
			for _, label := range l.raisedLabels(1) {
				a.references[label] = true
			}
			sizes[half(l.Size)] += n
			if prev != nil && half(prev.Size) == half(l.Size) {
				if d := prev.Y - l.Y; d > 0.5*l.Size && d < 2.2*l.Size {
					gaps[half(l.Size)] = append(gaps[half(l.Size)], d)
				}
			}
			total += n
			prev = l
		}
	}
	most := 0
	for s, n := range sizes {
		if n > most || n == most && float64(s)/2 < a.body {
			most, a.body = n, float64(s)/2
		}
	}
	// The mode is to half a point; the mean of what lies there is exact.
	sum, n := 0.0, 0
	for _, p := range a.pages {
		for _, l := range p.lines {
			if half(l.Size) == half(a.body) {
				sum += l.Size * float64(len(l.runes))
				n += len(l.runes)
				weights[l.Weight] += len(l.runes)
				if l.Bold {
					bold += len(l.runes)
				}
			}
		}
	}
	if n > 0 {
		a.body = sum / float64(n)
		a.bodyBold = bold*2 > n
	}
	most = 0
	for w, n := range weights {
		if n > most || n == most && w < a.bodyWeight {
			most, a.bodyWeight = n, w
		}
	}
	for s, d := range gaps {
		slices.Sort(d)
		a.leading[s] = d[len(d)/2]
	}
	for _, p := range a.pages {
		for _, l := range p.lines {
			l.bold = !a.bodyBold && l.Bold || a.bodyWeight > 0 && l.Weight >= a.bodyWeight+150
		}
	}
}

func half(size float64) int { return int(math.Round(size * 2)) }

// lineGap is the usual distance between lines of a size.
func (a *assembler) lineGap(size float64) float64 {
	usual := 1.25 * size
	if d, ok := a.leading[half(size)]; ok {
		// Lines of few words (headings, tables) may stand far apart by habit.
		return min(d, 1.6*size)
	}
	return usual
}

// footnotes marks the lines of notes: small print that begins with a mark, and
// what follows it in the same print.
func (a *assembler) footnotes(p *layout) {
	onPage := map[string]bool{}
	for _, l := range p.lines {
		if l.role == "" {
			for _, label := range l.raisedLabels(1) {
				onPage[label] = true
			}
		}
	}
	tolerance := 0.06
	if p.Reader == ReaderOCR { // sizes are measured on the letters that a line happens to have
		tolerance = 0.16
	}
	var prev *textLine
	for i, l := range p.lines {
		if l.role != "" || l.Turned {
			continue
		}
		label, raised, _ := l.startsWithMark()
		small := l.Size > 0 && l.Size <= 0.92*a.body
		near := l.Size > 0 && l.Size < 0.985*a.body
		lower := p.Height > 0 && l.Y < 0.45*p.Height
		next := nextLabel(a.lastNote, label)
		note := label != "" && (small && raised && (a.references[label] || lower || next) ||
			small && (lower && (next || onPage[label] || !isNumber(label)) || a.references[label] && next && a.lastNote != "") ||
			near && lower && onPage[label] ||
			raised && lower && onPage[label])
		if !note && p.Reader == ReaderOCR && a.scannedNote(l) {
			// One that stands alone in small print is a note where notes stand.
			note = lower || prev != nil && prev.role == corpus.BlockFootnote || slices.ContainsFunc(p.lines[i+1:min(i+4, len(p.lines))], a.scannedNote)
		}
		switch {
		case note:
			l.role, l.used = corpus.BlockFootnote, true
			if label == "" { // the next number, which was read as some other sign
				label = l.mendMark(a.lastNote)
			}
			a.lastNote = label
		case prev != nil && prev.role == corpus.BlockFootnote && math.Abs(l.Size-prev.Size) < tolerance*prev.Size &&
			l.Size < 0.985*a.body && prev.Y-l.Y > 0 && prev.Y-l.Y < 1.8*l.Size && l.X0 > prev.X0-6*l.Size && l.X0 < prev.X0+6*l.Size:
			l.role = corpus.BlockFootnote
		}
		prev = l
	}
}

// scannedMark is the mark of a note as OCR reads it: a number, or one sign that it
// took for another, before a capital.
var scannedMark = regexp.MustCompile(`^(?:[0-9]{1,3}|[!|¹²³°*†'"”’A-Z]) ?[“"‘']?\p{Lu}\p{Ll}`)

// scannedNote reports a line of a scanned page that looks like the first of a note:
// a raised mark is not seen on it, and the reference in the text is mostly lost.
func (a *assembler) scannedNote(l *textLine) bool {
	return l.role == "" && !l.Turned && l.Size > 0 && l.Size <= 0.88*a.body && scannedMark.MatchString(l.String())
}

// mendMark puts the number after last, that of the note before, where OCR read a sign
// for it, and returns it. The line's places are those of what it reads now.
func (l *textLine) mendMark(last string) string {
	n, err := strconv.Atoi(last)
	if err != nil && (last != "" || unicode.IsLetter(l.runes[0].r)) || n < 0 || n > 998 {
		return last
	}
	label := strconv.Itoa(n + 1)
	index := l.runes[0].index
	var mark []pageRune
	for _, r := range superscript(label) {
		mark = append(mark, pageRune{r, index})
	}
	if l.runes[1].r != ' ' {
		mark = append(mark, pageRune{' ', -1})
	}
	for i := 1; i < len(l.at); i++ {
		l.at[i] += len(mark) - 1
	}
	l.runes, l.text = append(mark, l.runes[1:]...), ""
	return label
}

func nextLabel(last, label string) bool {
	n, err := strconv.Atoi(label)
	if err != nil {
		return false
	}
	if last == "" {
		return n == 1
	}
	m, err := strconv.Atoi(last)
	return err == nil && (n == m+1 || n == 1)
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// group joins the lines of a page to blocks.
func (a *assembler) group(p *layout) {
	rights := a.rightEdges(p)
	items := a.bullets(p)
	var body, notes, heads, feet []*para
	var cur *para
	for i, l := range p.lines {
		switch l.role {
		case corpus.BlockHeader:
			heads = append(heads, &para{kind: l.role, lines: []*textLine{l}})
			continue
		case corpus.BlockFooter, corpus.BlockPageNumber:
			if p.Height > 0 && l.Y > p.Height/2 {
				heads = append(heads, &para{kind: l.role, lines: []*textLine{l}})
			} else {
				feet = append(feet, &para{kind: l.role, lines: []*textLine{l}})
			}
			continue
		case corpus.BlockFootnote:
			if l.used || len(notes) == 0 {
				notes = append(notes, &para{kind: l.role})
			}
			n := notes[len(notes)-1]
			n.lines = append(n.lines, l)
			continue
		case corpus.BlockBoilerplate: // a bullet that found its line
			continue
		}
		bullet, numbered := a.itemMark(l)
		bullet = bullet && (cur == nil || !a.dashInText(cur, l, rights[i])) || items[l]
		if cur == nil || a.breaks(cur, l, rights[i], bullet, numbered) {
			cur = &para{size: l.Size, bold: l.bold, item: bullet, numIt: numbered, li: a.tagged(l), table: l.table()}
			body = append(body, cur)
		}
		cur.lines = append(cur.lines, l)
	}
	p.blocks = slices.Concat(heads, body, notes, feet)
	for _, b := range p.blocks {
		a.joinPara(b)
	}
	p.blocks = slices.DeleteFunc(p.blocks, func(b *para) bool { return len(b.runes) == 0 })
}

// rightEdges is per line how far the lines of its column reach.
func (a *assembler) rightEdges(p *layout) []float64 {
	edges := make([]float64, len(p.lines))
	var ends []float64
	for i, l := range p.lines {
		if i > 0 && l.sameColumn(p.lines[i-1]) && len(ends) > 0 { // the same lines answer for both
			edges[i] = edges[i-1]
			continue
		}
		ends = ends[:0]
		for _, m := range p.lines {
			if (m.tableID < 0) == (l.tableID < 0) && math.Abs(m.X0-l.X0) < 3*max(l.Size, 1) && math.Abs(m.Size-l.Size) < 0.08*max(l.Size, 1) && m.Turned == l.Turned && m.role == l.role {
				ends = append(ends, m.X1)
			}
		}
		slices.Sort(ends)
		edges[i] = l.X1
		if len(ends) > 0 {
			edges[i] = ends[(len(ends)-1)*9/10]
		}
	}
	return edges
}

// sameColumn reports two lines that rightEdges cannot tell apart.
func (l *textLine) sameColumn(o *textLine) bool {
	return l.X0 == o.X0 && l.Size == o.Size && l.Turned == o.Turned && l.role == o.role && (l.tableID < 0) == (o.tableID < 0)
}

// bullets finds the lines that a bullet set apart belongs to, and takes those
// bullets out.
func (a *assembler) bullets(p *layout) map[*textLine]bool {
	items := map[*textLine]bool{}
	for _, l := range p.lines {
		if l.role != "" || len(l.runes) != 1 || !isBullet(l.runes[0].r) {
			continue
		}
		var best *textLine
		for _, m := range p.lines {
			if m != l && m.role == "" && math.Abs(m.Y-l.Y) < 0.4*max(m.Size, l.Size) && m.X0 > l.X0 &&
				(best == nil || m.X0 < best.X0) {
				best = m
			}
		}
		if best != nil && best.X0-l.X0 < 5*max(best.Size, l.Size) {
			items[best] = true
			l.role = corpus.BlockBoilerplate
		}
	}
	return items
}

func isBullet(r rune) bool {
	return strings.ContainsRune("•▪◦‣●○■□▸►✓✔·–—-\uf0b7\uf0a7", r)
}

// itemMark reports how a line begins an item of a list: with a bullet, or with
// a number or letter ("a.", "1)", "(b)").
func (a *assembler) itemMark(l *textLine) (bullet, numbered bool) {
	s := l.rawLine.Text
	r, size := utf8.DecodeRuneInString(s)
	if isBullet(r) || unicode.Is(unicode.Co, r) {
		rest := strings.TrimLeft(s[size:], " \x01\u00a0\t")
		return rest != "" && (len(rest) < len(s[size:]) || !unicode.IsLetter(r) && r != '-' && r != '–' && r != '—' && r != '·'), false
	}
	if (r == 'o' || r == '*') && strings.HasPrefix(s[size:], " ") && len(l.runes) > 3 {
		return r == '*' || l.X0 > 0 && strings.HasPrefix(s, "o ") && unicode.IsUpper(l.runes[2].r), false
	}
	i := 0
	runes := l.runes
	if len(runes) > 0 && runes[0].r == '(' {
		i++
	}
	start := i
	for i < len(runes) && i-start < 2 && unicode.IsDigit(runes[i].r) {
		i++
	}
	if i == start && i < len(runes) && runes[i].r >= 'a' && runes[i].r <= 'z' {
		i++
	}
	if i == start || i+1 >= len(runes) {
		return false, false
	}
	closed := runes[i].r == ')' || runes[i].r == '.' && start == 0
	return false, closed && runes[i+1].r == ' '
}

// tagged reports a line of an item of a list, by its tag.
func (a *assembler) tagged(l *textLine) bool { return a.listTags && l.Tag == "li" }

// dashInText reports a line of running text that happens to begin with a dash: the
// sentence before it is not over, its line is full, and it goes on in lower case.
func (a *assembler) dashInText(cur *para, l *textLine, right float64) bool {
	prev := cur.lines[len(cur.lines)-1]
	if cur.item || cur.numIt || len(l.runes) < 3 || !strings.ContainsRune("–—-", l.runes[0].r) || a.tagged(l) {
		return false
	}
	return l.runes[1].r == ' ' && unicode.IsLower(l.runes[2].r) && !endsSentence(prev) && !short(prev, l, right) &&
		math.Abs(l.X0-prev.X0) < l.Size && math.Abs(prev.Size-l.Size) <= 0.08*l.Size
}

// breaks reports whether line l begins a new block after block cur.
func (a *assembler) breaks(cur *para, l *textLine, right float64, bullet, numbered bool) bool {
	prev := cur.lines[len(cur.lines)-1]
	if t := l.table(); t != 0 || cur.table != 0 {
		return t != cur.table
	}
	if (headingTag(prev.Tag) >= 0) != (headingTag(l.Tag) >= 0) && prev.Tag != "" && l.Tag != "" && !prev.Cut {
		return true
	}
	apart := a.tagged(prev) || a.tagged(l) || prev.Tag == "caption" || l.Tag == "caption"
	if prev.Box != l.Box {
		return true
	}
	apart = apart || a.paraTags && prev.Tag == "p" && l.Tag == "p"
	if apart && prev.Item != l.Item && prev.Tag != "" && l.Tag != "" && !prev.Cut {
		return true
	}
	if l.Size <= 0 || prev.Size <= 0 { // no geometry: every line for itself
		return true
	}
	size := min(l.Size, prev.Size)
	dy := prev.Y - l.Y
	sameRow := math.Abs(dy) < 0.3*size && l.X0 >= prev.X1-size && !l.Turned
	if sameRow && l.X0-prev.X1 < 4*size {
		return false
	}
	if prev.Turned != l.Turned || bullet || isContentsLine(prev) || isContentsLine(l) {
		return true
	}
	if math.Abs(l.Size-prev.Size) > 0.08*max(l.Size, prev.Size) {
		return true
	}
	if prev.bold != l.bold && !prev.Mixed && !l.Mixed {
		return true
	}
	ended := endsSentence(prev)
	if dy < -0.5*size || l.X0 > right+size || dy < 0.3*size && l.X0 > prev.X1 { // another column
		if prev.Cut {
			return false
		}
		first := l.runes[0].r
		return ended || numbered || cur.bold || !unicode.IsLower(first) && !unicode.IsDigit(first) && prev.X1 < right-(right-prev.X0)/4
	}
	gap := a.lineGap(size)
	if l.bold || l.Size > 1.1*a.body { // headings are set wider
		gap = max(gap, 1.25*size)
	}
	if dy > 1.3*gap+0.5 && !(prev.Cut && dy < 2*gap) {
		return true
	}
	if prev.Cut {
		return false
	}
	if numbered && (ended || cur.numIt) {
		return true
	}
	if l.bold && cur.bold && numberDepth(l.String()) > 0 {
		return true
	}
	left := cur.lines[0].X0
	if cur.item || cur.numIt {
		return l.X0 < left-0.5*size && ended || !cur.item && l.X0 < left+0.5*size && ended && short(prev, l, right)
	}
	if l.X0 > prev.X0+0.7*size && l.X0 < prev.X0+6*size && (ended || short(prev, l, right)) && !(len(cur.lines) == 1 && numbered) {
		return true
	}
	if ended && short(prev, l, right) {
		return true
	}
	if dy > 1.12*gap+0.3 && ended {
		return true
	}
	return false
}

// short reports that the first word of next would have fitted on prev: the
// author, not the margin, ended the line.
func short(prev, next *textLine, right float64) bool {
	n := len(next.runes)
	word := n
	for i, r := range next.runes {
		if r.r == ' ' {
			word = i
			break
		}
	}
	width := 0.0
	if n > 0 {
		width = (next.X1 - next.X0) * float64(word) / float64(n)
	}
	return prev.X1+width+0.6*next.Size < right
}

func endsSentence(l *textLine) bool {
	if l.Cut {
		return false
	}
	for i := len(l.runes) - 1; i >= 0; i-- {
		r := l.runes[i].r
		if superDigit(r) != 0 || strings.ContainsRune("’\"”)»'", r) {
			continue
		}
		return strings.ContainsRune(".!?:;", r)
	}
	return false
}

// joinPara makes a block's text out of its lines.
func (a *assembler) joinPara(b *para) {
	if b.table != 0 {
		b.kind = corpus.BlockTable
		if b.table < 0 {
			b.runes, b.head = a.taggedTableText(b.lines)
		} else {
			b.runes = a.tableText(b.lines)
		}
		return
	}
	for i, l := range b.lines {
		runes := l.runes
		if i == 0 && b.item {
			runes = cutItemMark(runes)
		}
		if i == 0 && b.kind == corpus.BlockFootnote {
			runes = spacedMark(l)
		}
		if i > 0 && goesOn(b.lines[i-1], l) {
			b.runes = append(b.runes, runes...)
			continue
		}
		b.runes = a.joinRunes(b.runes, runes, i > 0 && b.lines[i-1].Cut)
	}
	if n := len(b.lines); n > 0 && b.lines[n-1].Cut {
		l := b.lines[n-1]
		b.runes = append(b.runes, pageRune{'-', int32(l.First + utf8.RuneCountInString(l.Text))})
	}
}

// goesOn reports punctuation right after the line before it, on the same row.
func goesOn(prev, l *textLine) bool {
	return len(l.runes) > 0 && strings.ContainsRune(".,;:)”’»", l.runes[0].r) &&
		math.Abs(prev.Y-l.Y) < 0.3*l.Size && l.X0-prev.X1 < 0.2*l.Size && l.X0 > prev.X1-l.Size
}

// joinRunes appends a line to a paragraph.
func (a *assembler) joinRunes(dst, line []pageRune, cut bool) []pageRune {
	if len(dst) == 0 {
		return append(dst, line...)
	}
	if len(line) == 0 {
		return dst
	}
	last := dst[len(dst)-1]
	hyphen := pageRune{'-', last.index + 1}
	if !cut && (last.r == '-' || last.r == '\u2010') && len(dst) > 1 && dst[len(dst)-2].r != ' ' {
		cut, hyphen = true, last
		dst = dst[:len(dst)-1]
	}
	if cut {
		from := max(0, len(dst)-60)
		switch a.vocabulary.hyphenJoint(runesText(dst[from:]), runesText(line[:min(len(line), 60)])) {
		case jointClosed:
			return append(dst, line...)
		case jointHyphen:
			return append(append(dst, hyphen), line...)
		}
		dst = append(dst, hyphen)
	}
	return append(append(dst, pageRune{' ', -1}), line...)
}

func cutItemMark(runes []pageRune) []pageRune {
	if len(runes) > 1 && (isBullet(runes[0].r) || runes[0].r == 'o' || runes[0].r == '*') {
		if runes[1].r == ' ' {
			return runes[2:]
		}
		if strings.ContainsRune("•▪◦‣●○■□▸►✓✔", runes[0].r) {
			return runes[1:]
		}
	}
	return runes
}

// spacedMark is a note's first line with its mark raised and set off.
func spacedMark(l *textLine) []pageRune {
	label, _, rest := l.startsWithMark()
	if label == "" {
		return l.runes
	}
	var out []pageRune
	for i, r := range []rune(superscript(label)) {
		out = append(out, pageRune{r, l.runes[i].index})
	}
	out = append(out, pageRune{' ', -1})
	return append(out, l.runes[rest:]...)
}

// write puts a page's blocks in their final form.
func (a *assembler) write(p *layout) (corpus.Page, []pageRune) {
	var w pageWriter
	var runes []pageRune
	for _, b := range p.blocks {
		text := b.text()
		if text == "" {
			continue
		}
		if len(runes) > 0 {
			runes = append(runes, pageRune{'\n', -1})
		}
		runes = append(runes, b.runes...)
		w.add(b.kind, b.level, text)
		w.blocks[len(w.blocks)-1].Head = b.head
		w.blocks[len(w.blocks)-1].Box = len(b.lines) > 0 && b.lines[0].Box != 0
	}
	page := w.page(p.Number, p.Reader)
	page.Confidence = p.Confidence
	if p.label != "" {
		page.Label = p.label
	}
	return page, runes
}
