package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// pageRune is one code point of page text with the index of the reader's
// character it came from, or -1 for one that was put in between (a space
// between lines, a separator between cells). The code points of a page's text
// and its page runes are the same sequence, so a span of text leads back to
// the characters, and so the places, on the page.
type pageRune struct {
	r     rune
	index int32
}

// textLine is a raw line with its text cleaned.
type textLine struct {
	*rawLine
	text    string // of runes, once String made it
	runes   []pageRune
	at      []int // rune offset in Text → offset in runes, with one more at the end
	bold    bool
	role    corpus.BlockKind // "" for the body
	used    bool             // first line of a footnote
	raised  bool             // raised digits are among runes
	tableID int
}

// String is the text of runes, which stay as they are from the first call on.
func (l *textLine) String() string {
	if l.text == "" {
		l.text = runesText(l.runes)
	}
	return l.text
}

func runesText(runes []pageRune) string {
	var room [512]byte // most lines fit: one allocation, for the string
	b := room[:0]
	for _, r := range runes {
		if r.r < utf8.RuneSelf {
			b = append(b, byte(r.r))
		} else {
			b = utf8.AppendRune(b, r.r)
		}
	}
	return string(b)
}

// newTextLine cleans a line: ligatures apart, accents on their letters, raised
// digits as raised digits, leader dots shortened, NFC.
func newTextLine(raw *rawLine) *textLine {
	l := &textLine{rawLine: raw}
	in := []rune(raw.Text)
	l.at = make([]int, len(in)+1)
	raised := func(i int) bool {
		for _, m := range raw.Marks {
			if i >= m.From && i < m.To {
				return true
			}
		}
		return false
	}
	l.runes = make([]pageRune, 0, len(in))
	space := false
	put := func(r rune, i int) {
		if space && len(l.runes) > 0 {
			l.runes = append(l.runes, pageRune{' ', -1})
		}
		space = false
		l.raised = l.raised || superDigit(r) != 0
		l.runes = append(l.runes, pageRune{r, int32(raw.First + i)})
	}
	dots := 0
	for i := 0; i < len(in); i++ {
		l.at[i] = len(l.runes)
		if space && len(l.runes) > 0 {
			l.at[i]++ // the space that comes before what comes next
		}
		r := in[i]
		if r == '.' || r == '…' {
			if dots++; dots > 3 {
				continue
			}
		} else if !(r == ' ' && dots > 1 && i+1 < len(in) && in[i+1] == '.') {
			dots = 0
		} else {
			continue // ". . . ." is leader dots too
		}
		if c, ok := composeAccent(in, i); ok {
			put(c, i+1)
			i++
			l.at[i] = l.at[i-1]
			continue
		}
		if r >= '0' && r <= '9' && raised(i) {
			put([]rune(superscript(string(r)))[0], i)
			continue
		}
		if r > ' ' && r < 0x7f && r != '`' {
			put(r, i) // itself
			continue
		}
		switch c := cleanRune(r); c {
		case " ":
			space = true
		case "":
		default:
			for _, cr := range c {
				put(cr, i)
			}
		}
	}
	for i := range l.at { // spaces at the end come to nothing
		l.at[i] = min(l.at[i], len(l.runes))
	}
	l.at[len(in)] = len(l.runes)
	l.normalise()
	return l
}

// normalise brings the line to NFC, keeping the index of each letter's base.
func (l *textLine) normalise() {
	plain := true
	for _, r := range l.runes {
		plain = plain && r.r < 0x300 // below the first accent that joins a letter all is NFC
	}
	if plain || norm.NFC.IsNormalString(runesText(l.runes)) {
		return
	}
	out := make([]pageRune, 0, len(l.runes))
	moved := make([]int, len(l.runes)+1)
	from := 0
	for from < len(l.runes) {
		to := from + 1
		for to < len(l.runes) && !norm.NFC.PropertiesString(string(l.runes[to].r)).BoundaryBefore() {
			to++
		}
		for i := from; i < to; i++ {
			moved[i] = len(out)
		}
		for _, r := range norm.NFC.String(runesText(l.runes[from:to])) {
			out = append(out, pageRune{r, l.runes[from].index})
		}
		from = to
	}
	moved[len(l.runes)] = len(out)
	for i, a := range l.at {
		l.at[i] = moved[a]
	}
	l.runes = out
}

// spacingAccents are accents that old typesetters set beside the letter, with
// the combining form that belongs on it.
var spacingAccents = map[rune]rune{
	'¨': '\u0308', '´': '\u0301', '`': '\u0300', 'ˆ': '\u0302', '˜': '\u0303', '¸': '\u0327', 'ˇ': '\u030c',
}

// composeAccent joins an accent at i with the letter after it: "v´o´or" is vóór.
func composeAccent(in []rune, i int) (rune, bool) {
	if in[i] < utf8.RuneSelf && in[i] != '`' {
		return 0, false
	}
	accent, ok := spacingAccents[in[i]]
	if !ok || i+1 >= len(in) {
		return 0, false
	}
	letter := in[i+1]
	if in[i] == '`' && (i == 0 || !unicode.IsLetter(in[i-1])) {
		return 0, false // an opening quote
	}
	if letter == 'ı' {
		letter = 'i'
	}
	if !strings.ContainsRune("aeiouyAEIOUYcCnNsSzZ", letter) {
		return 0, false
	}
	if strings.ContainsRune("cCnNsSzZ", letter) && in[i] != '¸' && in[i] != '˜' && in[i] != 'ˇ' {
		return 0, false
	}
	c, size := utf8.DecodeRuneInString(norm.NFC.String(string([]rune{letter, accent})))
	return c, size > 0 && c != letter
}

// startsWithMark is the note mark a line begins with: "1", "12", "*", "1)" or
// raised; rest is where the note's text begins.
func (l *textLine) startsWithMark() (label string, raised bool, rest int) {
	i := 0
	for i < len(l.runes) && i < 3 {
		r := l.runes[i].r
		if d := superDigit(r); d != 0 {
			label += string(d)
			raised = true
		} else if r >= '0' && r <= '9' && !raised || r == '*' || r == '†' {
			label += string(r)
		} else {
			break
		}
		i++
	}
	if label == "" || i >= len(l.runes) {
		return "", false, 0
	}
	rest = i
	for rest < len(l.runes) && (l.runes[rest].r == ' ' || l.runes[rest].r == ')' && rest == i) {
		rest++
	}
	if !raised && rest == i || rest >= len(l.runes) {
		return "", false, 0
	}
	return label, raised, rest
}

// superDigit is the digit of a raised digit, 0 for any other rune.
func superDigit(r rune) rune {
	if r < '²' || r > '³' && r != '¹' && (r < '⁰' || r > '⁹') {
		return 0
	}
	if i := strings.IndexRune("⁰¹²³⁴⁵⁶⁷⁸⁹", r); i >= 0 {
		return '0' + rune(utf8.RuneCountInString("⁰¹²³⁴⁵⁶⁷⁸⁹"[:i]))
	}
	return 0
}

// raisedLabels are the note references inside a line, as "1", "2".
func (l *textLine) raisedLabels(from int) []string {
	if !l.raised {
		return nil
	}
	var out []string
	label := ""
	for _, r := range l.runes[min(from, len(l.runes)):] {
		if d := superDigit(r.r); d != 0 {
			label += string(d)
			continue
		}
		if label != "" {
			out = append(out, label)
			label = ""
		}
	}
	if label != "" {
		out = append(out, label)
	}
	return out
}

// attachMarks joins lines that are nothing but a raised mark to the line they
// belong to: the one that ends where they begin, or the one that begins where
// they end.
func attachMarks(lines []rawLine) []rawLine {
	out := make([]rawLine, 0, len(lines))
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if !onlyMark(l.Text) || l.Size <= 0 {
			out = append(out, l)
			continue
		}
		n := utf8.RuneCountInString(l.Text)
		if len(out) > 0 {
			p := &out[len(out)-1]
			dy := l.Y - p.Y
			if p.Size > 0 && l.Size < 0.95*p.Size && dy > 0.1*p.Size && dy < 0.8*p.Size && !p.Cut &&
				l.X0 >= p.X1-0.5*p.Size && l.X0 <= p.X1+0.6*p.Size && l.First > p.First {
				// Characters between the two are line ends, which show as
				// nothing; the gap keeps the indices right.
				if joinRaw(p, l) {
					p.Marks = append(p.Marks, mark{From: l.First - p.First, To: l.First - p.First + n})
					if i+1 < len(lines) && continuesAfterMark(*p, lines[i+1]) && joinRaw(p, lines[i+1]) {
						i++
					}
					continue
				}
			}
		}
		if i+1 < len(lines) {
			q := lines[i+1]
			dy := l.Y - q.Y
			if q.Size > 0 && l.Size < 1.02*q.Size && dy > 0.1*q.Size && dy < 0.9*q.Size &&
				q.X0 >= l.X1-0.3*q.Size && q.X0 <= l.X1+1.6*q.Size && q.First > l.First {
				p := l
				if joinRaw(&p, q) {
					p.Y, p.Size, p.Font, p.Weight, p.Bold, p.Mixed, p.Words = q.Y, q.Size, q.Font, q.Weight, q.Bold, q.Mixed, nil
					p.Marks = append(p.Marks, mark{From: 0, To: n})
					out = append(out, p)
					i++
					continue
				}
			}
		}
		out = append(out, l)
	}
	return out
}

// continuesAfterMark reports that a line goes on where the mark left off.
func continuesAfterMark(p, next rawLine) bool {
	d := next.Y - p.Y
	return d < 0.15*p.Size && d > -0.15*p.Size && next.X0 >= p.X1-0.5*p.Size && next.X0 <= p.X1+p.Size && next.First > p.First
}

// joinRaw appends q to p on the same row. Offsets into the text must stay
// indices minus First, so the characters between them are filled in with one
// that cleans to nothing.
func joinRaw(p *rawLine, q rawLine) bool {
	gap := q.First - p.First - utf8.RuneCountInString(p.Text)
	if gap < 0 || gap > 8 {
		return false
	}
	off := q.First - p.First
	p.Text += strings.Repeat("\x01", gap) + q.Text
	for _, m := range q.Marks {
		p.Marks = append(p.Marks, mark{m.From + off, m.To + off})
	}
	for _, w := range q.Words {
		w.From += off
		p.Words = append(p.Words, w)
	}
	p.X1, p.Cut = max(p.X1, q.X1), q.Cut
	return true
}

func onlyMark(s string) bool {
	n := 0
	for _, r := range s {
		if !isMarkRune(r) && r != ' ' {
			return false
		}
		n++
	}
	return n > 0 && n <= 3
}
