package dutch

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSpellingsOfOneWordAreOne(t *testing.T) {
	for _, words := range [][]string{
		{"productie", "produktie"}, {"actie", "aktie"}, {"contract", "kontrakt"}, {"akkoord", "accoord"},
		{"collectieve", "kollektieve"}, {"lonen", "loonen"}, {"vakvereniging", "vakvereeniging"},
		{"mensen", "menschen"}, {"nederlandse", "nederlandsche"}, {"mens", "mensch"}, {"sector", "sektor"},
	} {
		for _, w := range words[1:] {
			if Spelling(w) != Spelling(words[0]) {
				t.Errorf("%s is %s, %s is %s", words[0], Spelling(words[0]), w, Spelling(w))
			}
		}
	}
	for _, w := range []string{"economisch", "economische", "school", "centrum", "tech", "geest", "bosch", "cao", "chemie", "2014"} {
		if w != "economisch" && w != "economische" && Spelling(w) != w {
			t.Errorf("%s became %s", w, Spelling(w))
		}
	}
	if Spelling("economische") != "ekonomische" {
		t.Errorf("economische became %s", Spelling("economische"))
	}
}

// A spelling never grows, so bounds on words hold for it too.
func TestSpellingNeverGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.StringOfN(rapid.RuneFrom([]rune("aceoskthnil")), 0, 12, -1).Draw(t, "word")
		if once := Spelling(w); len(once) > len(w) {
			t.Fatalf("%q became longer: %q", w, once)
		}
	})
}
