package research

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// accents are the combining marks of LaTeX's accent commands.
var accents = map[rune]rune{
	'`': 0x300, '\'': 0x301, '^': 0x302, '~': 0x303, '=': 0x304, '.': 0x307, '"': 0x308,
	'u': 0x306, 'r': 0x30A, 'H': 0x30B, 'v': 0x30C, 'c': 0x327, 'k': 0x328,
}

// commands are those of LaTeX that stand for characters in titles.
var commands = map[string]string{
	"textbackslash": `\`, "textasciitilde": "~", "textasciicircum": "^", "textasciigrave": "`", "textquotesingle": "'", "textquotedbl": `"`,
	"textendash": "–", "textemdash": "—", "textquoteleft": "‘", "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”",
	"euro": "€", "texteuro": "€", "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "i": "i", "j": "j", "aa": "å", "AA": "Å",
	"ldots": "…", "dots": "…", "par": " ", "newline": " ", "S": "§", "ij": "ij", "IJ": "IJ",
}

// unlatex reads a value of BibTeX as people see it, on one line.
func unlatex(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == '{' || r == '}' || r == '$':
		case r == '~':
			b.WriteByte(' ')
		case r == '-' && strings.HasPrefix(s[i:], "--"):
			b.WriteString("—")
			i += 2
		case r == '-' && strings.HasPrefix(s[i:], "-"):
			b.WriteString("–")
			i++
		case r == '`' && strings.HasPrefix(s[i:], "`"):
			b.WriteString("“")
			i++
		case r == '\'' && strings.HasPrefix(s[i:], "'"):
			b.WriteString("”")
			i++
		case r == '\\':
			text, n := latexCommand(s[i:])
			b.WriteString(text)
			i += n
		default:
			b.WriteRune(r)
		}
	}
	return oneSpace(norm.NFC.String(b.String()))
}

// latexCommand reads what follows a backslash, and how many bytes it took.
func latexCommand(s string) (string, int) {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return "", 0
	}
	name := s[:size]
	if r <= unicode.MaxASCII && unicode.IsLetter(r) {
		end := strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) })
		if end < 0 {
			end = len(s)
		}
		name = s[:end]
	}
	if text, ok := commands[name]; ok {
		n := len(name)
		if rest := s[n:]; strings.HasPrefix(rest, "{}") {
			n += 2
		} else if len(rest) > 1 && rest[0] == ' ' { // it only ends the name
			n++
		}
		return text, n
	}
	if mark, ok := accents[r]; ok && len(name) == size {
		rest := strings.TrimLeft(s[size:], " {")
		skipped := len(s) - size - len(rest)
		if strings.HasPrefix(rest, `\i`) || strings.HasPrefix(rest, `\j`) { // without their dot, for the accent
			rest, skipped = rest[1:], skipped+1
		}
		if letter, n := utf8.DecodeRuneInString(rest); n > 0 && unicode.IsLetter(letter) {
			return string(letter) + string(mark), size + skipped + n
		}
		return "", size
	}
	if r > unicode.MaxASCII || !unicode.IsLetter(r) {
		return name, size // \& \% \{ …
	}
	return "", len(name) // a command about looks: its argument is what is meant
}
