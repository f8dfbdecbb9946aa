package dutch

import "strings"

// Sound is a rough spelling of how a Dutch word sounds, the same for the ways
// people misspell it: stigting and stichting, opgerigt and opgericht, platvorm and
// platform, diversitijt and diversiteit. The word is as Tokens writes it.
func Sound(word string) string {
	w := sounds.Replace(word)
	var b strings.Builder
	for i := 0; i < len(w); i++ {
		c := w[i]
		if i > 0 && c == w[i-1] {
			continue // doubled letters sound as one here
		}
		if i == len(w)-1 && c == 'd' {
			c = 't' // final devoicing
		}
		b.WriteByte(c)
	}
	return b.String()
}

// sounds writes letter groups by one letter each.
var sounds = strings.NewReplacer(
	"sch", "sg", "cht", "gt", "ch", "g", "eau", "o", "eij", "y", "ij", "y", "ei", "y", "ouw", "W", "auw", "W", "ou", "W", "au", "W", "oe", "U",
	"ie", "i", "eu", "E", "ph", "f", "qu", "kw", "ck", "k", "x", "ks", "th", "t", "dt", "t", "ce", "se", "ci", "si", "c", "k", "v", "f", "z", "s",
	"ae", "a", "gg", "g", "tie", "si", "ng", "ng",
)
