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
