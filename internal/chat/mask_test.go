package chat

import (
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestMask(t *testing.T) {
	tests := []struct {
		text, want string
		kinds      []string
	}{
		// Citizen service numbers: published test numbers that pass the eleven-test.
		{"Mijn bsn is 111222333.", "Mijn bsn is [bsn].", []string{MaskBSN}},
		{"Mijn bsn is 123456782, help", "Mijn bsn is [bsn], help", []string{MaskBSN}},
		{"1234.56.782", "[bsn]", []string{MaskBSN}},
		{"123-456-782", "[bsn]", []string{MaskBSN}},
		{"123 456 782 uit 2014", "[bsn] uit 2014", []string{MaskBSN}},
		{"in 2014 123456782", "in 2014 [bsn]", []string{MaskBSN}},
		{"bsn:012345672", "bsn:[bsn]", []string{MaskBSN}},
		{"123456789 is geen bsn", "123456789 is geen bsn", nil},
		{"000000000", "000000000", nil},
		{"Het kostte € 123.456.782", "Het kostte € 123.456.782", nil},
		{"a123456782b", "a123456782b", nil},
		// Bank accounts.
		{"NL91ABNA0417164300", "[iban]", []string{MaskIBAN}},
		{"naar NL91 ABNA 0417 1643 00 is overgemaakt", "naar [iban] is overgemaakt", []string{MaskIBAN}},
		{"nl91abna0417164300.", "[iban].", []string{MaskIBAN}},
		{"BE68 5390 0754 7034", "[iban]", []string{MaskIBAN}},
		{"DE89-3704-0044-0532-0130-00", "[iban]", []string{MaskIBAN}},
		{"NL92ABNA0417164300", "NL92ABNA0417164300", nil},
		{"NL91ABNA04171643001", "NL91ABNA04171643001", nil},
		// E-mail.
		{"Mail jan.de-vries+ser@voorbeeld.co.uk of bel", "Mail [e-mail] of bel", []string{MaskEmail}},
		{"<a@b.nl>", "<[e-mail]>", []string{MaskEmail}},
		{"zoë@café.nl", "[e-mail]", []string{MaskEmail}},
		{"dit @ dat.nl", "dit @ dat.nl", nil},
		// Telephone.
		{"Bel 06-12345678 morgen", "Bel [telefoon] morgen", []string{MaskPhone}},
		{"06 12 34 56 78", "[telefoon]", []string{MaskPhone}},
		{"0612345678", "[telefoon]", []string{MaskPhone}},
		{"(070) 349 94 99", "[telefoon]", []string{MaskPhone}},
		{"+31 6 12345678", "[telefoon]", []string{MaskPhone}},
		{"+31 (0)6 12345678", "[telefoon]", []string{MaskPhone}},
		{"0031612345678", "[telefoon]", []string{MaskPhone}},
		{"+32 470 12 34 56", "[telefoon]", []string{MaskPhone}},
		{"0800 1234567", "0800 1234567", nil},
		// What a question about the SER holds.
		{"Wat schreef de SER in 2014 in advies 14/04 over 1.250.000 banen?", "Wat schreef de SER in 2014 in advies 14/04 over 1.250.000 banen?", nil},
		{"Tussen 2010-2015 en op 25-04-2014", "Tussen 2010-2015 en op 25-04-2014", nil},
		{"van 01-01-2014 tot 01-01-2015", "van 01-01-2014 tot 01-01-2015", nil},
		{"€ 24,4 miljoen, 0,8 procent", "€ 24,4 miljoen, 0,8 procent", nil},
		{"isbn 978-90-6587-999-1", "isbn 978-90-6587-999-1", nil},
		{"", "", nil},
		// Several at once.
		{"Ik ben 123456782, a@b.nl, 0612345678", "Ik ben [bsn], [e-mail], [telefoon]", []string{MaskBSN, MaskEmail, MaskPhone}},
	}
	for _, tt := range tests {
		got, kinds := Mask(tt.text)
		if got != tt.want || !slices.Equal(kinds, tt.kinds) {
			t.Errorf("Mask(%q) = %q %v, want %q %v", tt.text, got, kinds, tt.want, tt.kinds)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, seed := range []string{
		"Mijn bsn is 1234.56.782", "NL91 ABNA 0417 1643 00", "a@b.nl@c.nl", "+31 (0)6 12345678",
		"06-12345678123456782", "NL91ABNA0417164300@b.nl", "\xff123456782\xff", "12345678 2", "((070)) 349 94 99",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		masked, kinds := Mask(text)
		if utf8.ValidString(text) && !utf8.ValidString(masked) {
			t.Fatalf("Mask(%q) = %q, which is not UTF-8", text, masked)
		}
		if (masked != text) != (len(kinds) > 0) {
			t.Fatalf("Mask(%q) = %q with kinds %v", text, masked, kinds)
		}
		again, _ := Mask(masked)
		if diff := cmp.Diff(masked, again); diff != "" {
			t.Fatalf("masking %q twice differs: %s", text, diff)
		}
	})
}
