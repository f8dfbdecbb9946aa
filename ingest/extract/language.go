package extract

import (
	"strings"
	"unicode"

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
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’'
	}) {
		if !yield(strings.ToLower(w)) {
			return
		}
	}
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
