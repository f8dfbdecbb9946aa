package extract

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Emoji that are joined stay one; a joiner anywhere else, and every other character
// without width, is gone, so that a word is found however it was typed.
func TestJoinedEmoji(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Gezin 👨‍👩‍👧‍👦 in huis", "Gezin 👨‍👩‍👧‍👦 in huis"},
		{"👩🏽‍⚕️ zorg", "👩🏽‍⚕️ zorg"},
		{"🙂‍↔️ nee", "🙂‍↔️ nee"},
		{"🏳️‍🌈", "🏳️‍🌈"},
		{"ar\u200dbeid", "arbeid"},
		{"👩\u200d en 👩", "👩 en 👩"},
		{"👩\u200d\u200d👩", "👩\u200d👩"},
		{"👩\u200d\u200b👩", "👩👩"},
		{"\u200d👩", "👩"},
		{"loon\u200b\u2060\ufeff\u00adbeleid", "loonbeleid"},
	} {
		if got := cleanText(c.in); got != c.want {
			t.Errorf("%q became %q, want %q", c.in, got, c.want)
		}
		for name, content := range map[string]string{"a.txt": c.in, "a.md": c.in, "a.html": "<!DOCTYPE html><html><body><p>" + c.in + "</p></body></html>"} {
			doc := extractOK(t, newExtractor(t, nil), name, []byte("Dit is een zin voor de rest.\n\n"+content+"\n"))
			if !strings.Contains(doc.Pages[0].Text, c.want) {
				t.Errorf("%s: %q is not in %q", name, c.want, doc.Pages[0].Text)
			}
		}
	}
}

// Whatever comes: cleaning twice changes nothing, joiners stand between emoji only, and
// without them and the zero-width characters the text is that of the same input without any.
func TestJoinersProperty(t *testing.T) {
	pieces := []string{"👩", "🏽", "❤\ufe0f", "⚕\ufe0f", "↔\ufe0f", "💻", "\u200d", "\u200d", "\u200d", "\u200b", "\u200c", "\u2060", "\ufeff", "\u00ad", "a", "é", "e\u0301", " ", "क्", "ष", "1", "\ufffc", "𝅗𝅥"}
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(pieces), rapid.String())).Draw(t, "in"), "")
		got := cleanText(in)
		if again := cleanText(got); again != got {
			t.Fatalf("%q became %q and then %q", in, got, again)
		}
		runes := []rune(got)
		for i, r := range runes {
			if r != joiner {
				continue
			}
			before := i - 1
			for before >= 0 && runes[before] == '\ufe0f' {
				before--
			}
			if before < 0 || i+1 == len(runes) || !emoji(runes[before]) || !emoji(runes[i+1]) {
				t.Fatalf("%q keeps a joiner that joins nothing: %q", in, got)
			}
		}
		without := strings.NewReplacer(string(joiner), "")
		if a, b := without.Replace(got), cleanText(without.Replace(in)); a != b {
			t.Fatalf("%q reads as %q, without joiners as %q", in, a, b)
		}
	})
}
