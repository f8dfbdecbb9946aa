package corpus

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestISBN(t *testing.T) {
	for in, want := range map[string]string{
		"978-94-6134-011-5":   "978-94-6134-011-5",
		"978-90-6587-999-1":   "",
		"90-6587-731-6":       "",
		"0-306-40615-2":       "0-306-40615-2",
		"978-0-306-40615-7":   "978-0-306-40615-7",
		"9780306406157":       "9780306406157",
		"978 0 306 40615 7":   "978-0-306-40615-7",
		"978–0–306–40615–7":   "978-0-306-40615-7",
		"0-8044-2957-x":       "0-8044-2957-X",
		"0-306-40615-3":       "",
		"977-0-306-40615-0":   "",
		"978-0-306-40615-7-1": "",
		"000000000X":          "",
		"0000000000":          "",
		"":                    "",
		"ISBN":                "",
	} {
		if got := ISBN(in); got != want {
			t.Errorf("ISBN(%q) = %q, want %q", in, got, want)
		}
	}
}

// Of all last digits one is right, a single wrong digit is always found, and the
// form is a fixed point.
func TestISBNCheckDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := "978" + rapid.StringMatching(`[0-9]{9}`).Draw(t, "body")
		found := ""
		for d := range 10 {
			if s := ISBN(fmt.Sprintf("%s%d", body, d)); s != "" {
				if found != "" {
					t.Fatalf("%s and %s both hold", found, s)
				}
				found = s
			}
		}
		if found == "" || ISBN(found) != found {
			t.Fatalf("of %s: %q", body, found)
		}
		at := rapid.IntRange(3, 12).Draw(t, "at")
		wrong := rapid.IntRange(1, 9).Draw(t, "off")
		other := found[:at] + string('0'+(found[at]-'0'+byte(wrong))%10) + found[at+1:]
		if ISBN(other) != "" {
			t.Fatalf("%s and %s both hold", found, other)
		}
		if strings.ContainsAny(found, " -") {
			t.Fatalf("hyphens came into %s", found)
		}
	})
}
