package extract

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Where a passage stands on its page is found anew each time: nothing is stored
// but the page's text, and that text is laid beside the characters of the one
// page. It holds as well for text that an older program or the light reader
// wrote, and needs no other page of the document.

const (
	maxBoxes = 2000   // of one passage
	maxKeys  = 50_000 // of one page
	maxTried = 24     // places tried for one stretch of text, on each side of the likely one
	// maxSearches bounds how often the whole page is searched for a short stretch.
	maxSearches = 500
)

// shown is the text of one page with the way it is seen.
type shown struct {
	c     *calls
	ref   uint64 // the text page
	frame frame
}

// boxes are the places of the code points [start, end) of the page's text.
func (t shown) boxes(text []rune, start, end int) []Box {
	var out []lineBox
	for _, r := range passageRuns(text, t.c.chars(t.ref), start, end) {
		upright := t.upright(r[0])
		n := t.c.number("FPDFText_CountRects", t.ref, uint64(r[0]), uint64(r[1]-r[0]))
		for i := range min(n, maxBoxes-len(out)) {
			at := t.c.scratch
			if !t.c.yes("FPDFText_GetRect", t.ref, uint64(i), at, at+8, at+16, at+24) { // left, top, right, bottom
				continue
			}
			if b, ok := t.frame.box(t.c.double(0), t.c.double(24), t.c.double(16), t.c.double(8)); ok {
				out = append(out, lineBox{b, upright})
			}
		}
	}
	return mergeLines(out, t.frame)
}

// upright reports whether a character stands on a line that is level, or
// upside down, as the page is seen.
func (t shown) upright(char int) bool {
	angle := float64(math.Float32frombits(uint32(t.c.call("FPDFText_GetCharAngle", t.ref, uint64(char))))) // radians
	dx, dy := t.frame.direction(math.Cos(angle), math.Sin(angle))
	return math.Abs(dx) >= math.Abs(dy)
}

// box turns a rectangle in user space into a part of the sheet.
func (f frame) box(left, bottom, right, top float64) (Box, bool) {
	x0, y0 := f.point(left, bottom)
	x1, y1 := f.point(right, top)
	clip := func(v, most float64) float64 { return math.Min(math.Max(v/most, 0), 1) }
	x0, x1 = clip(math.Min(x0, x1), f.w), clip(math.Max(x0, x1), f.w)
	y0, y1 = clip(math.Min(y0, y1), f.h), clip(math.Max(y0, y1), f.h)
	b := Box{X: x0, Y: 1 - y1, Width: x1 - x0, Height: y1 - y0}
	return b, b.Width > 0 && b.Height > 0 // NaN is neither
}

// lineBox is a box of text on a line that is level or stands on end.
type lineBox struct {
	Box
	upright bool
}

// mergeLines joins boxes that follow each other on one line.
func mergeLines(boxes []lineBox, f frame) []Box {
	var out []Box
	for i, b := range boxes {
		if i == 0 || b.upright != boxes[i-1].upright {
			out = append(out, b.Box)
			continue
		}
		p := &out[len(out)-1]
		right, bottom := math.Max(p.X+p.Width, b.X+b.Width), math.Max(p.Y+p.Height, b.Y+b.Height)
		all := Box{X: math.Min(p.X, b.X), Y: math.Min(p.Y, b.Y)}
		all.Width, all.Height = right-all.X, bottom-all.Y
		// Lengths in points: along the line, and across it.
		gap, overlap := (all.Width-p.Width-b.Width)*f.w, p.Height+b.Height-all.Height
		thick, thin := math.Max(p.Height, b.Height)*f.h, math.Min(p.Height, b.Height)
		if !b.upright {
			gap, overlap = (all.Height-p.Height-b.Height)*f.h, p.Width+b.Width-all.Width
			thick, thin = math.Max(p.Width, b.Width)*f.w, math.Min(p.Width, b.Width)
		}
		if overlap > 0.5*thin && gap < 2.5*thick {
			*p = all
		} else {
			out = append(out, b.Box)
		}
	}
	return out
}

// passageRuns are the runs of characters [from, to) that the code points [start,
// end) of text were read from, in the order of the text. Where less than half of
// the passage or of the page is found, nothing is: a wrong place is worse than
// none.
func passageRuns(text, chars []rune, start, end int) [][2]int {
	start, end = max(start, 0), min(end, len(text))
	if start >= end {
		return nil
	}
	a, b := keysOf(text), keysOf(chars)
	places := alignKeys(a, b)
	var runs [][2]int
	found, all := 0, 0
	for i, place := range places {
		if at := a.at[i]; at < start || at >= end {
			continue
		}
		all++
		if place < 0 {
			continue
		}
		found++
		c := b.at[place]
		if n := len(runs); n > 0 {
			r := &runs[n-1]
			if c >= r[0] && c < r[1] { // the other half of a ligature
				continue
			}
			if c >= r[1] && onlyPassed(chars[r[1]:c]) {
				r[1] = c + 1
				continue
			}
		}
		runs = append(runs, [2]int{c, c + 1})
	}
	if all == 0 || 2*found < all {
		return nil
	}
	// A full stop or a closing dash is no key, but belongs to the passage.
	last := &runs[len(runs)-1]
	rest := end
	for rest > start && isPassed(text[rest-1]) {
		rest--
	}
	for _, r := range text[rest:end] {
		if last[1] < len(chars) && chars[last[1]] == r && !blank(r) {
			last[1]++
		}
	}
	return runs
}

// keys are the characters that text and page have in common however the text was
// cleaned: letters, digits and most punctuation, without accents and height.
type keys struct {
	runes []rune
	at    []int  // index into what they were made from
	begin []bool // begins a word there
}

func keysOf(in []rune) keys {
	k := keys{runes: make([]rune, 0, len(in)), at: make([]int, 0, len(in)), begin: make([]bool, 0, len(in))}
	space := true
	put := func(r rune, i int) {
		k.runes = append(k.runes, r)
		k.at = append(k.at, i)
		k.begin = append(k.begin, space)
		space = false
	}
	for i, r := range in {
		if len(k.runes) >= maxKeys {
			break
		}
		switch {
		case isPassed(r):
			space = space || blank(r)
		case r < 0x80:
			put(r, i)
		default:
			for _, d := range norm.NFKD.String(cleanRune(r)) {
				if d == 'ı' {
					d = 'i'
				}
				if !isPassed(d) && !unicode.Is(unicode.M, d) && !unicode.Is(unicode.Sk, d) {
					put(d, i)
				}
			}
		}
	}
	return k
}

// isPassed reports characters that cleaning adds, moves or takes away: spaces,
// hyphens, bullets, leader dots, the lines between cells.
func isPassed(r rune) bool {
	if r > ' ' && r < 0x7f {
		return r == '.' || r == '-' || r == '|' || r == '`'
	}
	return blank(r) || unicode.IsControl(r) || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Pd, r) ||
		unicode.Is(unicode.Cf, r) || strings.ContainsRune("…•▪◦‣●○■□▸►✓✔·´¨", r) || cleanRune(r) == ""
}

// word is the length of the word that begins at i.
func (k keys) word(i int) int {
	n := 1
	for i+n < len(k.begin) && !k.begin[i+n] {
		n++
	}
	return n
}

func onlyPassed(runes []rune) bool {
	for _, r := range runes {
		if !isPassed(r) {
			return false
		}
	}
	return true
}

// alignKeys gives for each key of a its place in b, or -1; none at all when less
// than half stands in b. It is greedy string tiling
// (Wise 1993), the longest common stretches first, wherever they stand, because
// notes, running headers and cells do not keep their order. Short stretches must
// fit between their neighbours or stand in one place only.
func alignKeys(a, b keys) []int {
	t := tiling{a: a.runes, b: b.runes, place: make([]int, len(a.runes)), used: make([]bool, len(b.runes))}
	for i := range t.place {
		t.place[i] = -1
	}
	for _, least := range []int{24, 10, 5} {
		for range 8 {
			if !t.pass(least) {
				break
			}
		}
	}
	sure := 0
	for _, p := range t.place {
		if p >= 0 {
			sure++
		}
	}
	if 2*sure < len(t.a) && len(t.a) > 10 {
		return nil // another page: single letters are found on any
	}
	for _, least := range []int{3, 2, 1} {
		t.fill(least)
	}
	t.words(a, b)
	return t.place
}

type tiling struct {
	a, b  []rune
	place []int
	used  []bool

	searches int // of the whole page
}

// tile is a stretch that a from i and b from j have in common.
type tile struct{ i, j, n int }

// pass finds stretches of at least least keys and takes the longest first. It
// reports whether any was taken.
func (t *tiling) pass(least int) bool {
	index := map[string][]int{}
	for j := 0; j+least <= len(t.b); j++ {
		if !t.used[j] && !t.used[j+least-1] {
			s := string(t.b[j : j+least])
			index[s] = append(index[s], j)
		}
	}
	var found []tile
	next := 0 // where the text would go on in b
	for i := 0; i+least <= len(t.a); {
		if t.place[i] >= 0 {
			next = t.place[i] + 1
			i++
			continue
		}
		best := tile{i: i}
		for _, j := range around(index[string(t.a[i:i+least])], next) {
			n := 0
			for i+n < len(t.a) && j+n < len(t.b) && t.a[i+n] == t.b[j+n] && t.place[i+n] < 0 && !t.used[j+n] {
				n++
			}
			if n > best.n || n == best.n && apart(j, next) < apart(best.j, next) {
				best.j, best.n = j, n
			}
		}
		if best.n < least {
			i++
			continue
		}
		found = append(found, best)
		i += best.n
		next = best.j + best.n
	}
	slices.SortStableFunc(found, func(x, y tile) int { return y.n - x.n })
	taken := false
	for _, f := range found {
		free := true
		for n := range f.n {
			if t.used[f.j+n] || t.place[f.i+n] >= 0 {
				free = false // a later pass finds what is left of it
				break
			}
		}
		if free {
			t.take(f)
			taken = true
		}
	}
	return taken
}

func (t *tiling) take(f tile) {
	for n := range f.n {
		t.place[f.i+n] = f.j + n
		t.used[f.j+n] = true
	}
}

// fill places what is left in stretches of at least least keys: between the
// places of its neighbours, right after the one before it, right before the one
// after it, or where it is the only one.
func (t *tiling) fill(least int) {
	const window = 40 // keys beyond the neighbours
	for i := 0; i < len(t.a); {
		if t.place[i] >= 0 {
			i++
			continue
		}
		end := i
		for end < len(t.a) && t.place[end] < 0 {
			end++
		}
		from, to := -1, -1
		if i > 0 {
			from = t.place[i-1] + 1
		}
		if end < len(t.a) {
			to = t.place[end]
		}
		switch {
		case from >= 0 && to > from && to-from <= 2*window+2*(end-i):
		case from >= 0:
			to = min(from+window, len(t.b))
		case to >= 0:
			from = max(to-window, 0)
		default:
			from, to = 0, len(t.b)
		}
		at := i
		for at+least <= end {
			f, ok := t.longest(at, end, from, to, least)
			if !ok && least >= 3 && t.searches < maxSearches {
				t.searches++
				f, ok = t.only(at, end, least)
			}
			if !ok {
				at++
				continue
			}
			t.take(f)
			at += f.n
			if f.j >= from && f.j < to {
				from = f.j + f.n
			}
		}
		i = end
	}
}

// words places what is left of whole words, a page number as a rule, that stand
// free as a whole word in one place.
func (t *tiling) words(a, b keys) {
	for i := 0; i < len(t.a); i++ {
		if t.place[i] >= 0 || !a.begin[i] {
			continue
		}
		n := a.word(i)
		var found []int
		for j := 0; j+n <= len(t.b) && t.searches < maxSearches; j++ {
			if b.begin[j] && b.word(j) == n && !slices.Contains(t.used[j:j+n], true) && slices.Equal(t.b[j:j+n], t.a[i:i+n]) {
				found = append(found, j)
			}
		}
		t.searches++
		if len(found) == 1 {
			t.take(tile{i, found[0], n})
		}
	}
}

// longest is the longest free stretch of a from i in b[from:to].
func (t *tiling) longest(i, end, from, to, least int) (tile, bool) {
	best := tile{i: i}
	for j := from; j < to; j++ {
		n := 0
		for i+n < end && j+n < to && !t.used[j+n] && t.a[i+n] == t.b[j+n] {
			n++
		}
		if n > best.n {
			best.j, best.n = j, n
		}
	}
	return best, best.n >= least
}

// only is the stretch of a from i to end, or its beginning, if it stands free in
// one place of b.
func (t *tiling) only(i, end, least int) (tile, bool) {
	var found []tile
	for j := range t.b {
		n := 0
		for i+n < end && j+n < len(t.b) && !t.used[j+n] && t.a[i+n] == t.b[j+n] {
			n++
		}
		if n >= least {
			found = append(found, tile{i, j, n})
		}
	}
	if len(found) != 1 {
		return tile{}, false
	}
	return found[0], true
}

// around are the places of a sorted list around one.
func around(places []int, at int) []int {
	if len(places) <= 2*maxTried {
		return places
	}
	k, _ := slices.BinarySearch(places, at)
	return places[max(k-maxTried, 0):min(k+maxTried, len(places))]
}

func apart(x, y int) int {
	if x > y {
		return x - y
	}
	return y - x
}
