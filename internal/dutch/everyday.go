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

// ResemblesCommon reports whether a word of five letters or more is one letter away
// from an everyday word or a stop word: tegenwordig, tusen.
func ResemblesCommon(word, lang string) bool {
	for _, list := range []map[string]bool{everyday[lang], stopWords[lang]} {
		for w := range list {
			if Resembles(word, w) {
				return true
			}
		}
	}
	return false
}

// Resembles reports whether a word of five letters or more is one letter away from
// another that begins with the same one.
func Resembles(word, other string) bool {
	return len(word) >= 5 && len(other) >= 5 && word[0] == other[0] && Distance(word, other, 1) == 1
}

// IsEveryday reports whether a word as Tokens writes it is one that people use in
// a question about anything (gedoe, snappen, eigenlijk, precies): it says how they
// ask and not what about, so a text that answers need not hold it. lang is "nl"
// or "en".
func IsEveryday(word, lang string) bool { return everyday[lang][word] }
