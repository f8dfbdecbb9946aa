package dutch

import "testing"

func TestIsEveryday(t *testing.T) {
	for _, test := range []struct {
		word, lang string
		want       bool
	}{
		{"gedoe", "nl", true},
		{"snappen", "nl", true},
		{"eigenlijk", "nl", true},
		{"ideeen", "nl", true}, // as Tokens folds it
		{"pensioen", "nl", false},
		{"weer", "nl", true},
		{"currently", "en", true},
		{"pension", "en", false},
		{"gedoe", "en", false},
	} {
		if got := IsEveryday(test.word, test.lang); got != test.want {
			t.Errorf("IsEveryday(%q, %q) = %t", test.word, test.lang, got)
		}
	}
}

// A word that a subject of the documents is about must not be passed over.
func TestEverydayWordsAreNoSubjects(t *testing.T) {
	for _, word := range []string{
		"werk", "werknemer", "loon", "advies", "raad", "kabinet", "commissie", "premie", "leden", "lid", "jongeren", "diversiteit",
		"onderneming", "cao", "overleg", "akkoord", "convenant", "scholing", "arbeid", "prijs", "datum", "jaar", "stad", "voorzitter",
	} {
		if IsEveryday(word, "nl") {
			t.Errorf("%q is a subject", word)
		}
	}
}
