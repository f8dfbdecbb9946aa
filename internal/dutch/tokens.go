package dutch

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Token is one word or number of a text, in the form that words are compared in.
type Token struct {
	Text       string // lower case, without diacritics; see Tokens
	Start, End int    // code points into the text, End exclusive
}

// Tokens splits text into words and numbers: runs of letters and digits. Text is
// lower-cased and its diacritics are folded (coördinatie, coordinatie); a
// possessive or plural 's is dropped (auto's, auto); a number is one token
// without its thousands separators (1.250.000, 1250000) and with its decimals or
// its section parts (0,8, 2.1). Offsets span the token as written.
func Tokens(text string) []Token {
	runes := []rune(text)
	tokens := make([]Token, 0, len(runes)/6+1)
	for i := 0; i < len(runes); {
		switch r := runes[i]; {
		case unicode.IsDigit(r) && (i == 0 || !isWord(runes[i-1])):
			if end, text := number(runes, i); end > i {
				tokens = append(tokens, Token{Text: text, Start: i, End: end})
				i = end
				continue
			}
			fallthrough
		case isWord(r):
			end := i + 1
			for end < len(runes) && isWord(runes[end]) {
				end++
			}
			word := strings.ReplaceAll(fold(runes[i:end]), " ", "") // ͺ folds to a space and a mark
			start := i
			if i = end; possessive(runes, end) {
				i = end + 2
			}
			if word != "" { // a lone combining mark folds to nothing
				tokens = append(tokens, Token{Text: word, Start: start, End: i})
			}
		default:
			i++
		}
	}
	return tokens
}

// Fold is s lower-cased and without diacritics, as Tokens writes words.
func Fold(s string) string { return fold([]rune(s)) }

func isWord(r rune) bool {
	if r < 0x80 {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.Mn)
}

// possessive reports whether runes[at:] is 's at the end of a word.
func possessive(runes []rune, at int) bool {
	return at+1 < len(runes) && (runes[at] == '\'' || runes[at] == '’') &&
		(runes[at+1] == 's' || runes[at+1] == 'S') &&
		(at+2 == len(runes) || !isWord(runes[at+2]))
}

// number reads a number of several groups from runes[at:]: 1.250.000, 0,8 or
// 2.1.3. Its end is at when the digits are a plain run or part of a word.
func number(runes []rune, at int) (end int, text string) {
	digits := func(i int) int {
		for i < len(runes) && '0' <= runes[i] && runes[i] <= '9' {
			i++
		}
		return i
	}
	first := digits(at)
	end = first
	thousands := first-at <= 3
	groups := 0
	for end+1 < len(runes) && runes[end] == '.' {
		next := digits(end + 1)
		if next == end+1 {
			break
		}
		thousands = thousands && next-end == 4
		end = next
		groups++
	}
	if end+1 < len(runes) && runes[end] == ',' && (groups == 0 || thousands) {
		if next := digits(end + 1); next > end+1 {
			end = next
			groups++
		}
	}
	if groups == 0 || (end < len(runes) && isWord(runes[end])) {
		return at, ""
	}
	text = string(runes[at:end])
	if thousands {
		text = strings.ReplaceAll(text, ".", "")
	}
	return end, text
}

// special holds the letters whose plain form Unicode does not give by
// decomposition.
var special = map[rune]string{'ß': "ss", 'ø': "o", 'æ': "ae", 'œ': "oe", 'ł': "l", 'đ': "d", 'ĳ': "ij"}

func fold(runes []rune) string {
	plain := true
	var b strings.Builder
	b.Grow(len(runes))
	for _, r := range runes {
		if r >= 0x80 {
			plain = false
			break
		}
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		b.WriteByte(byte(r))
	}
	if plain {
		return b.String()
	}
	b.Reset()
	for _, r := range norm.NFKD.String(string(runes)) {
		r = unicode.ToLower(r)
		if r < 0x80 {
			b.WriteByte(byte(r))
		} else if s, ok := special[r]; ok {
			b.WriteString(s)
		} else if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
