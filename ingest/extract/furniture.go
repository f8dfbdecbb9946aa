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

// zone is the share of a page, at the top and at the bottom, where running
// headers, footers and page numbers stand.
const zone = 0.15

var pageNumber = regexp.MustCompile(`(?i)^\W*(?:pagina|pag\.?|page|blz\.?|p\.)?\s*(\d{1,4}|[ivxl]{1,7})\s*(?:(?:van|of|/|\|)\s*\d{1,4})?\W*$`)

// edge is a line in one of the zones.
type edge struct {
	page   int // index
	line   *textLine
	inner  *textLine // the next one towards the middle, nil when there is none
	bottom bool
	rank   int    // 0 is the outermost
	key    string // text with digits masked
	apart  bool   // white space sets it off from what is further in
}

// furniture finds what belongs to the sheet and not to the text: headers and
// footers that come back, and page numbers. It sets the pages' labels.
func (a *assembler) furniture() {
	var edges []*edge
	for i, p := range a.pages {
		edges = append(edges, zoneLines(i, p)...)
	}
	a.repeated(edges)
	a.runningHeads(edges)
	a.numbers(edges)
}

func zoneLines(index int, p *layout) []*edge {
	if p.Height <= 0 {
		return nil
	}
	lines := slices.DeleteFunc(slices.Clone(p.lines), func(l *textLine) bool { return l.Turned || l.Size <= 0 })
	slices.SortStableFunc(lines, func(a, b *textLine) int {
		switch {
		case a.Y > b.Y:
			return -1
		case a.Y < b.Y:
			return 1
		}
		return 0
	})
	var edges []*edge
	add := func(l, inner *textLine, rank int, bottom bool) {
		e := &edge{page: index, line: l, inner: inner, bottom: bottom, rank: rank, key: maskDigits(l.String())}
		e.apart = inner == nil || math.Abs(l.Y-inner.Y) > 1.6*max(l.Size, inner.Size)
		edges = append(edges, e)
	}
	rank := 0
	for i, l := range lines {
		if l.Y < p.Height*(1-zone) || rank > 4 {
			break
		}
		if i > 0 && lines[i-1].Y-l.Y > 2 {
			rank++
		}
		add(l, innerLine(lines, i, 1), rank, false)
	}
	rank = 0
	for i := len(lines) - 1; i >= 0; i-- {
		l := lines[i]
		if l.Y > p.Height*zone || rank > 4 {
			break
		}
		if i < len(lines)-1 && l.Y-lines[i+1].Y > 2 {
			rank++
		}
		add(l, innerLine(lines, i, -1), rank, true)
	}
	return edges
}

// innerLine is the next line towards the middle that is not on the same row.
func innerLine(lines []*textLine, i, step int) *textLine {
	for j := i + step; j >= 0 && j < len(lines); j += step {
		if math.Abs(lines[j].Y-lines[i].Y) > 2 {
			return lines[j]
		}
	}
	return nil
}

// maskDigits is s without spaces, in lower case, with one sign for each number.
func maskDigits(s string) string {
	var room [256]byte
	return string(appendMasked(room[:0], s))
}

// appendMasked appends maskDigits of s to dst.
func appendMasked(dst []byte, s string) []byte {
	masked := false
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
		case r >= 'A' && r <= 'Z':
			r += 'a' - 'A'
		case unicode.IsDigit(r):
			if !masked {
				dst = append(dst, '#')
			}
			masked = true
			continue
		case unicode.IsSpace(r):
			continue
		case r >= utf8.RuneSelf:
			r = unicode.ToLower(r)
		}
		masked = false
		if r < utf8.RuneSelf {
			dst = append(dst, byte(r))
		} else {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// enough reports whether something seen on n pages is furniture: on three
// pages, or on most of a shorter document.
func (a *assembler) enough(n int) bool {
	total := len(a.pages)
	return n >= 3 || total >= 2 && total <= 4 && n >= 2 && float64(n) >= 0.6*float64(total)
}

// repeated marks lines whose text, digits masked, comes back at the same edge.
func (a *assembler) repeated(edges []*edge) {
	type place struct {
		key    string
		bottom bool
	}
	groups := map[place][]*edge{}
	for _, e := range edges {
		if strings.IndexFunc(e.key, unicode.IsLetter) >= 0 && !pageNumber.MatchString(e.line.String()) {
			k := place{e.key, e.bottom}
			groups[k] = append(groups[k], e)
		}
	}
	var found [][]*edge
	again := map[*textLine]bool{}
	for _, group := range groups {
		pages := map[int]bool{}
		for _, e := range group {
			pages[e.page] = true
		}
		// Large type that counts is chapter titles.
		large := group[0].line.Size > 1.25*a.body && strings.ContainsRune(group[0].key, '#')
		if a.enough(len(pages)) && !large && a.steadyNumbers(group) {
			found = append(found, group)
			for _, e := range group {
				again[e.line] = true
			}
		}
	}
	for _, group := range found {
		rows := 0
		for _, e := range group {
			if e.isRow() && !again[e.inner] {
				rows++
			}
		}
		if rows*2 > len(group) {
			continue // the header of a table that goes on, or of tables that are alike
		}
		for _, e := range group {
			e.mark()
		}
	}
}

// isRow reports a line that is a row of one table with the line next to it: their
// cells begin or end at the same place.
func (e *edge) isRow() bool {
	if e.inner == nil || math.Abs(e.line.Y-e.inner.Y) > 2.5*e.line.Size {
		return false
	}
	var edges []float64
	for _, i := range cellStarts(e.inner) {
		edges = append(edges, e.inner.Words[i].X0, e.inner.Words[i-1].X1)
	}
	if len(edges) == 0 {
		return false
	}
	edges = append(edges, e.inner.X1)
	for _, i := range cellStarts(e.line) {
		if near(edges, e.line.Words[i].X0, 0.5*e.line.Size) || nearEnd(edges, e.line, i) {
			return true
		}
	}
	return false
}

var digits = regexp.MustCompile(`\d+`)

// steadyNumbers reports that the numbers in lines that are otherwise the same
// stay the same or count pages. Notes at the foot of pages ("Kamerstukken II
// 2010, 123") are alike too, but their numbers are not.
func (a *assembler) steadyNumbers(group []*edge) bool {
	var same, counting []map[int]int
	for _, e := range group {
		for i, s := range digits.FindAllString(e.line.String(), -1) {
			if i == len(same) {
				same, counting = append(same, map[int]int{}), append(counting, map[int]int{})
			}
			n, err := strconv.Atoi(s)
			if err != nil {
				n = 0
			}
			same[i][n]++
			counting[i][n-a.pages[e.page].Number]++
		}
	}
	for i := range same {
		if most := max(highest(same[i]), highest(counting[i])); float64(most) < 0.8*float64(len(group)) {
			return false
		}
	}
	return true
}

func highest(counts map[int]int) int {
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	return most
}

func (e *edge) mark() {
	e.line.role = corpus.BlockHeader
	if e.bottom {
		e.line.role = corpus.BlockFooter
	}
}

// runningHeads marks outermost lines that stand at one height on most pages,
// set off from the text, though their words change with the chapter.
func (a *assembler) runningHeads(edges []*edge) {
	type place struct {
		y      int
		bottom bool
	}
	at := map[place][]*edge{}
	for _, e := range edges {
		if e.rank == 0 && e.apart && len(e.line.runes) <= 120 && e.line.Size <= 1.1*a.body {
			k := place{int(math.Round(e.line.Y / 3)), e.bottom}
			at[k] = append(at[k], e)
		}
	}
	for _, group := range at {
		pages, keys, twice := map[int]bool{}, map[string]bool{}, false
		for _, e := range group {
			pages[e.page] = true
			if keys[e.key] && strings.IndexFunc(e.key, unicode.IsLetter) >= 0 {
				twice = true
			}
			keys[e.key] = true
		}
		if !twice || len(pages) < 3 || float64(len(pages)) < 0.4*float64(len(a.pages)) {
			continue
		}
		for _, e := range group {
			if e.line.role == "" && !pageNumber.MatchString(e.line.String()) {
				e.mark()
			}
		}
	}
}

// numbers finds the printed page numbers: numbers at the edge that run along
// with the pages. Labels in the file win unless they only count.
func (a *assembler) numbers(edges []*edge) {
	type candidate struct {
		e      *edge
		number int
		alone  bool
		roman  bool
	}
	var found []candidate
	votes := map[int]int{}
	for _, e := range edges {
		s := e.line.String()
		if m := pageNumber.FindStringSubmatch(s); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil {
				found = append(found, candidate{e, n, true, false})
			} else if n := fromRoman(strings.ToLower(m[1])); n > 0 {
				found = append(found, candidate{e, n, true, true})
			}
			continue
		}
		if e.line.role == "" {
			continue
		}
		fields := strings.Fields(s)
		for _, f := range []string{fields[0], fields[len(fields)-1]} {
			if n, err := strconv.Atoi(strings.Trim(f, "|.-–()")); err == nil && n > 0 && n < 10000 {
				found = append(found, candidate{e, n, false, false})
			}
		}
	}
	voted := map[[2]int]bool{}
	for _, c := range found {
		if c.roman {
			continue
		}
		off := c.number - a.pages[c.e.page].Number
		if !voted[[2]int{off, c.e.page}] {
			voted[[2]int{off, c.e.page}] = true
			votes[off]++
		}
	}
	best, most := 0, 0
	for off, n := range votes {
		if n > most || n == most && abs(off) < abs(best) {
			best, most = off, n
		}
	}
	accept := func(off, n int) bool {
		return n >= 3 || n >= 2 && len(a.pages) <= 6 || n == 1 && off == 0 && len(a.pages) == 1
	}
	printed := map[int]string{}
	first, last := -1, -1
	for _, c := range found {
		p := a.pages[c.e.page]
		off := c.number - p.Number
		switch {
		case c.roman:
			if c.alone && c.e.rank == 0 && c.e.apart {
				c.e.line.role = corpus.BlockPageNumber
				if printed[c.e.page] == "" {
					printed[c.e.page] = strings.ToLower(strings.Trim(c.e.line.String(), " |.-–"))
				}
			}
		case accept(off, votes[off]):
			if c.alone {
				c.e.line.role = corpus.BlockPageNumber
			}
			printed[c.e.page] = strconv.Itoa(c.number)
			if off == best {
				if first < 0 || c.e.page < first {
					first = c.e.page
				}
				last = max(last, c.e.page)
			}
		}
	}
	counting := true
	for _, p := range a.pages {
		if p.rawPage.Label != "" && p.rawPage.Label != strconv.Itoa(p.Number) {
			counting = false
		}
	}
	for i, p := range a.pages {
		switch {
		case p.rawPage.Label != "" && !counting:
			p.label = p.rawPage.Label
		case printed[i] != "":
			p.label = printed[i]
		case first >= 0 && i > first && i < last && accept(best, most):
			p.label = strconv.Itoa(p.Number + best)
		case p.rawPage.Label != "" && first < 0:
			p.label = p.rawPage.Label
		}
	}
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// fromRoman reads a roman numeral below 90, 0 when it is none.
func fromRoman(s string) int {
	values := map[rune]int{'i': 1, 'v': 5, 'x': 10, 'l': 50}
	n, prev := 0, 0
	for _, r := range s {
		v := values[r]
		n += v
		if prev != 0 && prev < v {
			n -= 2 * prev
		}
		prev = v
	}
	return n
}
