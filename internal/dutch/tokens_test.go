package dutch

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTokens(t *testing.T) {
	tests := []struct {
		text string
		want []Token
	}{
		{"De SER", []Token{{"de", 0, 2}, {"ser", 3, 6}}},
		{"coördinatie één", []Token{{"coordinatie", 0, 11}, {"een", 12, 15}}},
		{"auto's", []Token{{"auto", 0, 6}}},
		{"foto’s, zo'n", []Token{{"foto", 0, 6}, {"zo", 8, 10}, {"n", 11, 12}}},
		{"€ 1.250.000,50", []Token{{"1250000,50", 2, 14}}},
		{"0,8%.", []Token{{"0,8", 0, 3}}},
		{"artikel 2.1.", []Token{{"artikel", 0, 7}, {"2.1", 8, 11}}},
		{"in 2014.", []Token{{"in", 0, 2}, {"2014", 3, 7}}},
		{"14/04 A4 CO2-heffing", []Token{{"14", 0, 2}, {"04", 3, 5}, {"a4", 6, 8}, {"co2", 9, 12}, {"heffing", 13, 20}}},
		{"Sociaal-Economische", []Token{{"sociaal", 0, 7}, {"economische", 8, 19}}},
		{" \u0301 ", []Token{}},
		{"", []Token{}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Tokens(tt.text)); diff != "" {
			t.Errorf("Tokens(%q) (-want +got):\n%s", tt.text, diff)
		}
	}
}

// Tokens stand in order, do not overlap, are not empty and lie inside the text.
func checkTokens(t interface{ Fatalf(string, ...any) }, text string) {
	length, last := utf8.RuneCountInString(text), 0
	for _, tok := range Tokens(text) {
		if tok.Start < last || tok.End <= tok.Start || tok.End > length || tok.Text == "" {
			t.Fatalf("token %+v after %d in text of %d code points %q", tok, last, length, text)
		}
		if strings.ContainsAny(tok.Text, " \n") {
			t.Fatalf("token %q holds white space", tok.Text)
		}
		last = tok.End
	}
}

func TestTokensAreInsideTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkTokens(t, rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("aÉ'’s.,019/ -ĳ\u0301€")))).Draw(t, "text"))
	})
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"De auto's", "1.250.000,50", "ĳ ß é", "\xff\xfe", "2.1.3a", "''s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { checkTokens(t, text) })
}

func TestStem(t *testing.T) {
	for _, group := range []string{"werkgever werkgevers", "adviezen adviez", "raad raden", "14/04"} {
		words := strings.Fields(group)
		for _, w := range words[1:] {
			if Stem(w) != Stem(words[0]) {
				t.Errorf("Stem(%q) = %q, Stem(%q) = %q", w, Stem(w), words[0], Stem(words[0]))
			}
		}
	}
	if got := StemEnglish("employees"); got != StemEnglish("employee") {
		t.Errorf("StemEnglish(employees) = %q", got)
	}
	if Stem("2014") != "2014" {
		t.Errorf("a number has a stem: %q", Stem("2014"))
	}
}

func TestCompounds(t *testing.T) {
	c := NewCompounds()
	list := "arbeid\nmarkt\nbeleid\nonderneming\nraad\nomgeving\nvergunning\nwet\nkinderen\nkinder\nopvang\ntoeslag\nAmsterdam\nheid\nzonne\n"
	if err := c.Read(strings.NewReader(list)); err != nil {
		t.Fatal(err)
	}
	if c.Knows("amsterdam") {
		t.Error("a name became a part")
	}
	tests := map[string]string{
		"arbeidsmarktbeleid":  "arbeid markt beleid",
		"ondernemingsraad":    "onderneming raad",
		"omgevingswet":        "omgeving wet",
		"kinderopvangtoeslag": "kinder opvang toeslag",
		"arbeid":              "",
		"arbeidxmarkt":        "",
		"beleidsheid":         "",
		"":                    "",
	}
	for word, want := range tests {
		if got := strings.Join(c.Split(word), " "); got != want {
			t.Errorf("Split(%q) = %q, want %q", word, got, want)
		}
	}
}
