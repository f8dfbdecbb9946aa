package dutch

import "strings"

// Spelling is one form for the spellings that a word has had: the double vowels
// and sch of before 1947 (loonen, mensch, Nederlandsche), the k and c of 1954 to
// 1995 (produktie, aktie, kontrakt), and the hyphen apart, which Tokens splits at. It
// is a key for comparing, not a spelling of its own: all words with a hard c get a k.
// The word is as Tokens writes it.
func Spelling(word string) string {
	if len(word) < 4 {
		return word
	}
	for _, old := range [...][2]string{{"schen", "sen"}, {"sche", "se"}, {"sch", "s"}} {
		// -isch is today's spelling; bosch and such are names.
		if rest, ok := strings.CutSuffix(word, old[0]); ok && len(rest) >= 3 && rest[len(rest)-1] != 'i' {
			word = rest + old[1]
			break
		}
	}
	if !strings.Contains(word, "c") && !strings.Contains(word, "ee") && !strings.Contains(word, "oo") {
		return word
	}
	out := make([]byte, 0, len(word))
	for i := range len(word) {
		c := word[i]
		switch {
		case c == 'c' && i+1 < len(word) && hardens(word[i+1:]):
			c = 'k'
		case (c == 'e' || c == 'o') && i > 0 && word[i-1] == c && i+2 < len(word) && !isVowel(word[i+1]) && isVowel(word[i+2]):
			continue // an open syllable: ver-ee-ni-ging
		}
		out = append(out, c)
	}
	return string(out)
}

// hardens reports whether a c before rest sounds as a k.
func hardens(rest string) bool {
	switch rest[0] {
	case 'a', 'o', 'u', 'l', 'r', 't':
		return true
	case 'c':
		return len(rest) > 1 && strings.IndexByte("aoulr", rest[1]) >= 0
	}
	return false
}

func isVowel(c byte) bool { return strings.IndexByte("aeiouy", c) >= 0 }
