package dutch

import (
	"strings"
	"unicode"
)

// Span is a stretch of a text: [Start,End) in Unicode code points.
type Span struct{ Start, End int }

// Sentences returns the sentences of text in order. Spans have no white space
// at either end, do not overlap, and only white space lies between them: every
// other code point of text belongs to exactly one span. A line break always
// ends a sentence.
//
// The splitter prefers too long over too short: a full stop that may belong to
// an abbreviation, an initial or a list number does not end a sentence, because
// half a sentence can be quoted out of its meaning and a double one cannot.
func Sentences(text string) []Span {
	runes := []rune(text)
	var spans []Span
	for start := 0; start < len(runes); {
		end := start
		for end < len(runes) && !isLineBreak(runes[end]) {
			end++
		}
		spans = splitLine(spans, runes, start, end)
		start = end + 1
	}
	return spans
}

// splitLine appends the sentences of runes[from:to], which holds no line break.
func splitLine(spans []Span, runes []rune, from, to int) []Span {
	aside := asides(runes[from:to])
	start := skipSpace(runes, from, to)
	for i := start; i < to; i++ {
		if !isTerminator(runes[i]) {
			continue
		}
		// Take the whole run: "?!", "...", then closing quotes and brackets, then a
		// footnote mark that is glued to it.
		mark := i
		for i+1 < to && isTerminator(runes[i+1]) {
			i++
		}
		end := i + 1
		for end < to && isCloser(runes[end]) {
			end++
		}
		end = skipFootnoteMark(runes, mark, end, to)
		if end >= to || !unicode.IsSpace(runes[end]) {
			continue
		}
		if closing := aside[mark-from]; closing > 0 && start < from+closing-1 && end <= from+closing && !opensSentence(runes, start, from, aside) {
			continue // within brackets that stand in the middle of a sentence
		}
		if !endsHere(runes, start, mark, i, end, to) {
			continue
		}
		spans = append(spans, Span{start, end})
		start = skipSpace(runes, end, to)
		i = start - 1
	}
	end := to
	for end > start && unicode.IsSpace(runes[end-1]) {
		end--
	}
	if end > start {
		spans = append(spans, Span{start, end})
	}
	return spans
}

// maxAside is the longest bracketed remark, in code points, that is kept
// within one sentence; a longer one is more likely a bracket never closed.
const maxAside = 400

// asides returns for every position inside round brackets the position of the
// outermost bracket that closes them, and 0 elsewhere.
func asides(line []rune) []int {
	inside := make([]int, len(line))
	depth, open := 0, 0
	for i, r := range line {
		switch r {
		case '(':
			if depth == 0 {
				open = i
			}
			depth++
		case ')':
			if depth == 0 {
				continue
			}
			if depth--; depth == 0 && i-open <= maxAside {
				for j := open; j <= i; j++ {
					inside[j] = i
				}
			}
		}
	}
	return inside
}

// opensSentence reports whether the sentence begins with the bracket it stands
// in: "(Dit is een zin. Dit ook.)" is split, "De raad (zie 3. Daar.)" is not.
func opensSentence(runes []rune, start, from int, aside []int) bool {
	return runes[start] == '(' || aside[start-from] > 0
}

// endsHere decides whether the terminators runes[mark:last+1], after which only
// closing marks and then, at end, white space come, end the sentence that began
// at start.
func endsHere(runes []rune, start, mark, last, end, to int) bool {
	next := lookAhead(runes, end, to)
	if next.first == 0 {
		return false // nothing but punctuation follows: it belongs here
	}
	if next.bullet {
		return true
	}
	if mark > start && (runes[mark-1] == '[' || runes[mark-1] == '(') {
		return false // "[...]", "(?)", "(!)"
	}
	if unicode.IsLower(next.first) && !next.apostropheStart {
		return false
	}
	if runes[mark] != '.' || last > mark {
		return true // question, exclamation, ellipsis before a capital or a figure
	}

	word := wordBefore(runes, start, mark)
	if word.text == "" {
		return true
	}
	bare := strings.ToLower(word.text)
	lastPart := bare[strings.LastIndexByte(bare, '.')+1:]
	digit := unicode.IsDigit(next.first)

	switch {
	case word.start == start && isListLabel(word.text):
		return false // "1. Inleiding", "3.2. Titel", "a. ten eerste", "IV. Slot"
	case isNumber(word.text) || isSingleLetter(word.text):
		previous := wordBefore(runes, start, skipSpaceBack(runes, start, word.start))
		if labelWords[strings.ToLower(previous.text)] {
			return previous.start != start // "Tabel 3. Leden" is one, "zie bijlage B. De" ends
		}
		if isNumber(word.text) {
			// "hoofdstuk 3. De raad" and "in 2014. 12 leden stemden tegen" end,
			// "1. 5. 2014" does not.
			return !digit || next.wordFollows
		}
		return !unicode.IsUpper([]rune(word.text)[0]) && !abbreviations[bare].stays(next)
	}
	if kind, known := abbreviations[word.text]; known {
		return !kind.stays(next) // "B.V." is a company, "b.v." an example
	}
	if kind, known := abbreviations[bare]; known {
		return !kind.stays(next)
	}
	if strings.Contains(bare, ".") {
		if isInitials(word.text) {
			return false // "J.P. Balkenende", "mr. A.H.M. De Boer"
		}
		if allAbbreviations(bare) {
			return !abbreviations[lastPart].stays(next) // "prof.dr. Jansen", "art.nr. 3", but not "www.ser.nl."
		}
		if isDotted(bare) {
			return !digit && next.starter // unknown "x.y.z.": only before a plain opening word
		}
	}
	return true
}

// following describes what comes after a possible sentence end.
type following struct {
	first           rune // first letter or figure; 0 when there is none
	bullet          bool // a list bullet comes first
	apostropheStart bool // "'s Avonds", "'t Is"
	starter         bool // a word that seldom stands with a capital inside a sentence
	wordFollows     bool // after leading figures comes a word: "12 leden"
}

func lookAhead(runes []rune, i, to int) following {
	var f following
	for ; i < to; i++ {
		r := runes[i]
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			break
		}
		if isBullet(r) {
			f.bullet = true
		}
		if (r == '\'' || r == '’' || r == '‘') && i+3 < to && strings.ContainsRune("stnk", runes[i+1]) &&
			unicode.IsSpace(runes[i+2]) && unicode.IsUpper(runes[i+3]) {
			f.apostropheStart = true
		}
	}
	if i >= to {
		return f
	}
	f.first = runes[i]
	j := i
	for j < to && !unicode.IsSpace(runes[j]) {
		j++
	}
	f.starter = starters[strings.TrimRight(string(runes[i:j]), ",:;.")]
	k := skipSpace(runes, j, to)
	f.wordFollows = runes[j-1] != '.' && k < to && unicode.IsLower(runes[k])
	return f
}

// word is a run without white space, without the punctuation before it.
type word struct {
	text  string
	start int
}

// maxWord bounds how far back a word is looked for, so that a line without
// white space cannot make the splitter quadratic.
const maxWord = 64

func wordBefore(runes []rune, start, end int) word {
	i := end
	for i > start && end-i < maxWord && !unicode.IsSpace(runes[i-1]) {
		i--
	}
	for i < end && !unicode.IsLetter(runes[i]) && !unicode.IsDigit(runes[i]) {
		i++
	}
	// "en/of", "en bijv.-": what counts is the part after the last slash.
	for j := end - 1; j > i; j-- {
		if runes[j] == '/' && j+1 < end && unicode.IsLetter(runes[j+1]) {
			i = j + 1
			break
		}
	}
	return word{string(runes[i:end]), i}
}

func skipSpace(runes []rune, i, to int) int {
	for i < to && unicode.IsSpace(runes[i]) {
		i++
	}
	return i
}

func skipSpaceBack(runes []rune, from, i int) int {
	for i > from && !unicode.IsLetter(runes[i-1]) && !unicode.IsDigit(runes[i-1]) {
		i--
	}
	return i
}

// skipFootnoteMark passes over one to three figures that are glued to the end
// of a sentence, as footnote marks are in text taken from a PDF: "de raad.12".
// Raised figures are a mark after anything: "in 2014.¹".
func skipFootnoteMark(runes []rune, mark, end, to int) int {
	i := end
	for i < to && i-end < 3 && isSuperscript(runes[i]) {
		i++
	}
	if i > end || mark == 0 || (!unicode.IsLetter(runes[mark-1]) && !isCloser(runes[mark-1])) {
		return i // without raised figures: "3.12" is a number
	}
	for i < to && i-end < 3 && unicode.IsDigit(runes[i]) {
		i++
	}
	if i == end {
		return end
	}
	w := wordBefore(runes, max(0, mark-maxWord), mark)
	_, abbreviation := abbreviations[strings.ToLower(w.text)]
	if abbreviation || len([]rune(w.text)) < 2 || strings.Contains(w.text, ".") {
		return end // "art.3", "p.12"
	}
	return i
}

func isLineBreak(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

func isTerminator(r rune) bool { return r == '.' || r == '?' || r == '!' || r == '…' }

func isCloser(r rune) bool { return strings.ContainsRune(`"'”’“»›)]}`, r) }

func isBullet(r rune) bool { return strings.ContainsRune("•●▪■◦‣∙·►▶✓✔", r) }

func isSuperscript(r rune) bool {
	return r == '¹' || r == '²' || r == '³' || (r >= '⁰' && r <= '⁹')
}

func isSingleLetter(s string) bool {
	r := []rune(s)
	return len(r) == 1 && unicode.IsLetter(r[0])
}

// isNumber reports whether s is figures with points, commas, dashes or slashes.
func isNumber(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case !strings.ContainsRune(".,-–/", r):
			return false
		}
	}
	return digits > 0
}

// isListLabel reports whether s, standing first, numbers what follows it.
func isListLabel(s string) bool {
	if isSingleLetter(s) {
		return true
	}
	if isNumber(s) {
		return len(s) <= 8 && !strings.ContainsAny(s, ",/")
	}
	return len(s) <= 5 && strings.Trim(s, "IVX") == ""
}

// allAbbreviations reports whether every part between points is one by itself.
func allAbbreviations(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if abbreviations[part] == ordinary || len(part) < 2 {
			return false
		}
	}
	return true
}

// isDotted reports whether every part between points is one or two letters, as
// in "o.l.v" and "v.Chr"-like abbreviations that are in no list.
func isDotted(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		r := []rune(part)
		if len(r) == 0 || len(r) > 2 || !unicode.IsLetter(r[0]) {
			return false
		}
	}
	return true
}

// isInitials reports whether s is capitals with points between: "J.P", "A.H.M".
func isInitials(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		r := []rune(part)
		if len(r) == 0 || len(r) > 2 || !unicode.IsUpper(r[0]) {
			return false
		}
	}
	return true
}

// manner says how an abbreviation behaves before a capital or a figure. Before
// a lower-case letter no full stop ends a sentence.
type manner int

const (
	ordinary     manner = iota // not an abbreviation
	leads                      // needs something after it: never ends a sentence
	closes                     // may stand last: ends before a capital, not before a figure
	beforeFigure               // also an ordinary word: an abbreviation only before a figure
	named                      // part of a name: ends only before a plain opening word
)

// stays reports whether the sentence goes on after the abbreviation.
func (m manner) stays(next following) bool {
	digit := unicode.IsDigit(next.first)
	switch m {
	case leads:
		return true
	case closes, beforeFigure:
		return digit
	case named:
		return digit || !next.starter
	}
	return false
}

// abbreviations without their last full stop, in lower case unless the case
// makes the difference. Dutch ones after the list of the Nederlandse Taalunie as
// far as they occur in policy texts; legal sources after the Leidraad voor
// juridische auteurs; English ones after common style guides.
var abbreviations = func() map[string]manner {
	all := make(map[string]manner)
	add := func(m manner, list string) {
		for _, a := range strings.Fields(list) {
			all[a] = m
		}
	}
	add(leads, `a.g.v a.h.w afb afd ald approx arr art artt b.v bc bijv bijz blz bv c.a c.q ca cf d.d d.i d.m.v d.w.z dd dhr
		dr drs ds e.a.o e.g eigenl esp evt excl figs geb ged gev gov hfst hr i.c i.c.m i.e i.g.v i.h.a i.h.b i.h.k.v
		i.p.v i.s.m i.t.t i.v i.v.m incl ing ir jhr jkvr jonkvr m.a.w m.b.t m.b.v m.i m.i.v m.n m.u.v mej mevr mgr mr
		mrs ms mw n.a.v n.l nl nrs o.a o.b.v o.g.v o.i o.l.v o.m onderst opm p.a p.o plm pp prof resp s.l sgt st
		stb stcrt t.a.v t.b.v t.g.v t.h.v t.i.v t.m t.n.v t.o.v t.w telf tgv tov trb u.d v v.a v.w.b verg vert
		vgl viz vnl voorz vs w.i w.o wethl wnd z.g z.i zg zgn zog`)
	add(closes, `a.m a.s a.u.b al apr aug b.sc c.s chr cs dec e.a e.d e.e.a e.v enz et.al etc feb febr ff i.o ibid j.l jan jl
		jr jul jun ll.b ll.m m.m m.sc mdn mld mln mnd mrd mrt n.chr n.t.b n.v.t nagek nov o.t.t oct okt p.j p.m p.p
		p.st p.u ph.d q.q red s.v.p sep sept sr t.z.t u v.chr w.v.t.t.k wnb z.o.z z.s.m zn`)
	add(beforeFigure, `aant bd bijl deel eq fig gem hoofdst jo jrg kamerst lid max min no noot nr ov p pag par paragr pb r.o rb rn
		sec tab tabel tel vol`)
	add(named, `B.A B.V C.V D.C E.U M.K.B N.V S.E.R U.A U.K U.S U.S.A V.O.F V.S bros co corp inc ltd vzw`)
	return all
}()

// labelWords come before a number or letter that belongs to them.
var labelWords = set(`afbeelding annex appendix artikel bijlage bijlagen box bron casus categorie deel fase figuur figure
	grafiek groep hepatitis hoofdstuk kader kolom model niveau onderdeel optie option paragraaf plan punt scenario schema stap
	tabel table type variant vitamine`)

// starters are words that open sentences and seldom have a capital elsewhere.
var starters = set(`De Het Een Dit Dat Deze Die Daar Daarmee Daarnaast Daarom Daarbij Daarvoor Dan Door Echter En Er Ook Maar Want
	Als Bij Binnen Hier Hierbij Hiermee Hij Zij Ze Wij We Ik Je U In Met Na Naar Niet Nu Om Onder Op Over Sinds Te Ten Tegen Tijdens
	Toch Tot Uit Van Vanaf Veel Verder Volgens Voor Vooral Waar Wanneer Wat Wie Zo Zoals Zowel Omdat Hoewel Indien
	The This That These Those It He She They We In On At By For From However But And As If When Where There To With After`)

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
