package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	xunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"
)

// ligatures are the presentation forms that readers of PDF hand out where the
// author wrote letters.
var ligatures = map[rune]string{
	'ﬀ': "ff", 'ﬁ': "fi", 'ﬂ': "fl", 'ﬃ': "ffi", 'ﬄ': "ffl", 'ﬅ': "st", 'ﬆ': "st",
	'ĳ': "ij", 'Ĳ': "IJ",
}

// cleanRune is what a rune becomes in page text: itself, a space, nothing or
// the letters of a ligature.
func cleanRune(r rune) string {
	if r > ' ' && r < 0x7f {
		return string(r)
	}
	if s, ok := ligatures[r]; ok {
		return s
	}
	switch {
	case r == '\t' || r == '\n' || r == '\r' || r == '\v' || r == '\f' || unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
		return " "
	case r == utf8.RuneError, r == '\u00ad', // a soft hyphen is a place to break, not a letter
		r == '\u200b', r == '\u200c', r == '\u200d', r == '\u2060', r == '\ufeff',
		r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f,
		unicode.Is(unicode.Co, r), unicode.IsControl(r), r >= 0xfff0 && r <= 0xffff,
		r&0xfffe == 0xfffe:
		return ""
	}
	return string(r)
}

// joiner makes one emoji of two (zero width joiner). Between letters it says how they
// are drawn and is in the way of search; between emoji it is part of what is said.
const joiner = '\u200d'

// emoji reports a rune that a joiner may stand beside (Unicode Technical Standard 51,
// ED-16): a pictograph or its skin tone, by the blocks they are in, as new ones come
// every year.
func emoji(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff || r == '↔' || r == '↕' || r >= 0x2190 && r <= 0x2bff && unicode.Is(unicode.So, r)
}

// cleanText makes one line of page text: cleaned runes, single spaces, trimmed,
// NFC.
func cleanText(s string) string {
	const picture = '\ufe0f' // shows the rune before it as an emoji
	var b strings.Builder
	b.Grow(len(s))
	space := false
	joins, joined := false, false // the last rune may be joined, and a joiner followed it
	for _, r := range s {
		if r == joiner && joins {
			joined = true
			continue
		}
		if joined && emoji(r) {
			b.WriteRune(joiner)
		}
		joins, joined = emoji(r) || r == picture && joins, false
		c := cleanRune(r)
		if c == " " {
			space = true
			continue
		}
		if c == "" {
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteString(c)
	}
	return norm.NFC.String(b.String())
}

// isBinary reports whether content is not text in any encoding decodeText
// knows.
func isBinary(content []byte) bool {
	head := content[:min(len(content), 8192)]
	if len(head) >= 2 && ((head[0] == 0xff && head[1] == 0xfe) || (head[0] == 0xfe && head[1] == 0xff)) {
		return false
	}
	odd := 0
	for _, c := range head {
		if c == 0 {
			return true
		}
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v' && c != 0x1b {
			odd++
		}
	}
	return odd*20 > len(head)
}

// decodeText reads UTF-8, UTF-16 with a byte order mark, and else Windows-1252,
// the encoding of old Dutch text files. Line ends become "\n".
func decodeText(content []byte) (string, error) {
	if isBinary(content) {
		return "", fail(CodeUnsupported, nil)
	}
	var s string
	switch {
	case len(content) >= 3 && content[0] == 0xef && content[1] == 0xbb && content[2] == 0xbf:
		s = string(content[3:])
	case len(content) >= 2 && ((content[0] == 0xff && content[1] == 0xfe) || (content[0] == 0xfe && content[1] == 0xff)):
		decoded, err := xunicode.UTF16(xunicode.LittleEndian, xunicode.UseBOM).NewDecoder().Bytes(content)
		if err != nil {
			return "", fail(CodeUnsupported, err)
		}
		s = string(decoded)
	case utf8.Valid(content):
		s = string(content)
	default:
		decoded, err := charmap.Windows1252.NewDecoder().Bytes(content)
		if err != nil {
			return "", fail(CodeUnsupported, err)
		}
		s = string(decoded)
	}
	s = strings.ToValidUTF8(s, "")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.ReplaceAll(s, "\r", "\n"), nil
}
