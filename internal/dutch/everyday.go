package dutch

import (
	_ "embed"
	"strings"
)

//go:embed everyday_nl.txt
var everydayDutch string

//go:embed everyday_en.txt
var everydayEnglish string

var everyday = map[string]map[string]bool{
	"nl": everydayWords(everydayDutch),
	"en": everydayWords(everydayEnglish),
}

// everydayWords reads a list: words on lines, those that begin with # are notes.
func everydayWords(list string) map[string]bool {
	m := make(map[string]bool)
	for line := range strings.Lines(list) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			m[Fold(word)] = true
		}
	}
	return m
}

// IsEveryday reports whether a word as Tokens writes it is one that people use in
// a question about anything (gedoe, snappen, eigenlijk, precies): it says how they
// ask and not what about, so a text that answers need not hold it. lang is "nl"
// or "en".
func IsEveryday(word, lang string) bool { return everyday[lang][word] }

// leastMisspelt is how long a word is at least that may be a misspelt everyday word:
// shorter ones come close to too many.
const leastMisspelt = 7

// LooksEveryday reports whether a word is an everyday one but for a letter:
// tegenwordig. It is for words that nothing else is known of.
func LooksEveryday(word, lang string) bool {
	if len(word) < leastMisspelt {
		return false
	}
	for w := range everyday[lang] {
		if w[0] == word[0] && len(w) >= leastMisspelt && len(w)-len(word) <= 1 && len(word)-len(w) <= 1 && Distance(word, w, 1) <= 1 {
			return true
		}
	}
	return false
}
