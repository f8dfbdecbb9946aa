package dutch

import (
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
)

// Stem is the Snowball Dutch stem (Porter and Kraaij) of a word as Tokens writes
// it. Words with a digit and words of more than 60 bytes are their own stem.
func Stem(word string) string { return normal(stem(word, dutch.Stem)) }

// StemEnglish is the Snowball English (Porter2) stem, otherwise as Stem.
func StemEnglish(word string) string { return stem(word, english.Stem) }

func stem(word string, algorithm func(*snowballstem.Env) bool) string {
	if len(word) < 3 || len(word) > 60 {
		return word
	}
	for i := range len(word) {
		if '0' <= word[i] && word[i] <= '9' {
			return word
		}
	}
	env := snowballstem.NewEnv(word)
	algorithm(env)
	return env.Current()
}

// normal evens out what the stemmer leaves of Dutch spelling rules: a doubled last
// consonant (plann, plan), and v and z where f and s stand at a word's end
// (briev, brief; huiz, huis).
func normal(stem string) string {
	n := len(stem)
	if n < 3 {
		return stem
	}
	last := stem[n-1]
	if last == stem[n-2] && last > 'a' && last <= 'z' && last != 'e' && last != 'i' && last != 'o' && last != 'u' {
		stem, n = stem[:n-1], n-1
	}
	switch last {
	case 'v':
		return stem[:n-1] + "f"
	case 'z':
		return stem[:n-1] + "s"
	}
	return stem
}
