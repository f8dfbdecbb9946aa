package chat

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Telephone numbers as people write them, of many countries.
func TestMaskInternationalTelephones(t *testing.T) {
	for _, number := range []string{
		"+31612345678", "+31 6 1234 5678", "+31-6-12345678", "+31 (0)70 349 94 99", "0031 6 12345678", "0031 70 3499499",
		"+49 30 901820", "+49 (0)30 901820", "0049 30 901820", "+44 20 7946 0958", "0044 20 7946 0958", "+1 212 555 0123", "+1 (212) 555-0123",
		"+32 2 555 12 12", "0032 2 555 12 12", "+33 1 70 18 99 00", "+352 24781", "+90 212 555 01 23", "06.12.34.56.78", "06 - 12 34 56 78", "070/3499499", "(070)3499499", "+31.6.12.34.56.78",
	} {
		got, kinds := Mask("Bel " + number + " na vijven.")
		if got != "Bel [telefoon] na vijven." || len(kinds) != 1 || kinds[0] != MaskPhone {
			t.Errorf("%q became %q %v", number, got, kinds)
		}
	}
}

// What questions about advice hold is no personal data.
func TestMaskLeavesQuestionsAlone(t *testing.T) {
	for _, text := range []string{
		"Wat staat er in advies 14/04, 2014/04 en 1975/14?", "Tussen 1950 en 1996, en van 1996-2023", "Kamerstukken II 2019/20, 35 538, nr. 4", "De kosten: 1.250.000, 24.400.000 en 123 456 789 euro",
		"€ 111.222.333 aan subsidie", "111.222.333 euro aan subsidie", "111.222.333 banen", "111 222 333 inwoners", "op 12-03-2021 en 2021-03-12", "art. 6:162 lid 2 BW, artikel 7.1.12", "EUR 1.234.567,89", "0800-8051 en 14070", "112", "1945 1950 1951 1953 1954", "bladzijde 100 101 102 103",
	} {
		if got, kinds := Mask(text); got != text {
			t.Errorf("%q became %q %v", text, got, kinds)
		}
	}
}

// Every number that passes its test is found, however it is cut by spaces, dots or
// signs that nobody sees.
func TestMaskFindsEveryBSNAndIBAN(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(10000000, 99999999).Draw(t, "n")
		digits := fmt.Sprintf("%08d", n)
		sum := 0
		for i, d := range digits {
			sum += (9 - i) * int(d-'0')
		}
		if sum%11 == 10 {
			t.Skip("no check digit")
		}
		bsn := digits + fmt.Sprint(sum%11)
		sep := rapid.SampledFrom([]string{"", " ", ".", "-", "  ", " - ", "\u00a0", "\u2011", "_", "\u200b"}).Draw(t, "sep")
		written := bsn[:4] + sep + bsn[4:6] + sep + bsn[6:]
		if got, _ := Mask("Mijn bsn: " + written + "."); got != "Mijn bsn: [bsn]." && !strings.Contains(got, "[telefoon]") {
			t.Fatalf("%q became %q", written, got)
		}
		account := fmt.Sprintf("ABNA%010d", rapid.IntRange(0, 999999999).Draw(t, "account"))
		rest := 0
		for _, c := range account + "NL00" {
			if c >= 'A' {
				rest = (rest*100 + int(c-'A') + 10) % 97
			} else {
				rest = (rest*10 + int(c-'0')) % 97
			}
		}
		iban := fmt.Sprintf("NL%02d%s", 98-rest, account)
		spaced := iban[:4] + sep + iban[4:8] + sep + iban[8:12] + sep + iban[12:16] + sep + iban[16:]
		if got, _ := Mask("Naar " + spaced + "!"); got != "Naar [iban]!" {
			t.Fatalf("%q became %q", spaced, got)
		}
	})
}
