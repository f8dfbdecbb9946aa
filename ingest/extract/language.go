package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Function words tell a language and tell language from noise. Short words that
// both languages have ("in", "is", "of", "was", "had") are in neither list.
var (
	dutchWords   = wordSet("de het een en van dat die op te zijn met voor niet aan er om ook als maar bij door over uit naar heeft hebben worden wordt dit deze tot zich hij zij wij kan zal moet meer dan nog wel geen welke onder tussen tegen hun waarin waarbij daarom echter zo")
	englishWords = wordSet("the and to that it for on with as are were be by this from at which or an have has not they their its been would will can more than there also into these between such other should")
	sharedWords  = wordSet("in is of was had we")
)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		set[w] = true
	}
	return set
}

// words gives the lower-cased words of s, letters and digits, to yield.
func words(s string, yield func(string) bool) {
	start, plain := -1, true // of the word at hand; plain is lower case without accents
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		lower := r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '\''
		if lower || r >= 'A' && r <= 'Z' || r == '’' || r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			if start < 0 {
				start, plain = i, true
			}
			plain = plain && lower
		} else if start >= 0 {
			if !yield(lowered(s[start:i], plain)) {
				return
			}
			start = -1
		}
		i += size
	}
	if start >= 0 {
		yield(lowered(s[start:], plain))
	}
}

func lowered(word string, plain bool) string {
	if plain {
		return word
	}
	return strings.ToLower(word)
}

// detectLanguage tells "nl" from "en" by function words over the first 20,000
// words; "" when there is nothing to tell by.
func detectLanguage(pages []corpus.Page) string {
	nl, en, seen := 0, 0, 0
	for _, p := range pages {
		words(p.Text, func(w string) bool {
			seen++
			if dutchWords[w] {
				nl++
			}
			if englishWords[w] {
				en++
			}
			return seen < 20000
		})
		if seen >= 20000 {
			break
		}
	}
	switch {
	case nl == 0 && en == 0:
		return ""
	case en > nl:
		return "en"
	default:
		return "nl"
	}
}
