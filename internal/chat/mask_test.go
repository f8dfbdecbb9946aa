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
		{"bsn123456782, BSNnr123456782", "bsn[bsn], BSNnr[bsn]", []string{MaskBSN}},
		{"btw-nummer NL123456782B01", "btw-nummer NL[bsn]B01", []string{MaskBSN}},
		{"mijn BSN is 12345672", "mijn BSN is [bsn]", []string{MaskBSN}},
		{"KvK 12345672", "KvK 12345672", nil},
		// Bank accounts.
		{"NL91ABNA0417164300", "[iban]", []string{MaskIBAN}},
		{"naar NL91 ABNA 0417 1643 00 is overgemaakt", "naar [iban] is overgemaakt", []string{MaskIBAN}},
		{"nl91abna0417164300.", "[iban].", []string{MaskIBAN}},
		{"BE68 5390 0754 7034", "[iban]", []string{MaskIBAN}},
		{"DE89-3704-0044-0532-0130-00", "[iban]", []string{MaskIBAN}},
		{"NL92ABNA0417164300", "NL92ABNA0417164300", nil},
		{"NL91ABNA04171643001", "NL91ABNA04171643001", nil},
		{"NL91  ABNA - 0417/1643_00", "[iban]", []string{MaskIBAN}},
		{"IBANNL91ABNA0417164300EUR", "IBAN[iban]EUR", []string{MaskIBAN}},
		{"N L 9 1 A B N A 0 4 1 7 1 6 4 3 0 0", "[iban]", []string{MaskIBAN}},
		{"fr14 2004 1010 0505 0001 3m02 606", "[iban]", []string{MaskIBAN}},
		{"GB29 NWBK 6016 1331 9268 19, mu17bomm0101101030300200000mur", "[iban], [iban]", []string{MaskIBAN}},
		{"SA03 8000 0000 6080 1016 7519", "[iban]", []string{MaskIBAN}},
		{"De 10 leden van de raad en de 12 van nu", "De 10 leden van de raad en de 12 van nu", nil},
		// E-mail.
		{"Mail jan.de-vries+ser@voorbeeld.co.uk of bel", "Mail [e-mail] of bel", []string{MaskEmail}},
		{"<a@b.nl>", "<[e-mail]>", []string{MaskEmail}},
		{"zoë@café.nl", "[e-mail]", []string{MaskEmail}},
		{"jan@ voorbeeld.nl of jan @ voorbeeld.nl", "[e-mail] of [e-mail]", []string{MaskEmail}},
		{"jan(at)voorbeeld.nl, jan [at] voorbeeld [punt] nl", "[e-mail], [e-mail]", []string{MaskEmail}},
		{`"jan jansen"@voorbeeld.nl`, "[e-mail]", []string{MaskEmail}},
		{"o'brien&zn/werk#1@voorbeeld.xn--p1ai", "[e-mail]", []string{MaskEmail}},
		{"jan@[192.168.1.1]", "[e-mail]", []string{MaskEmail}},
		{"mailto:jan%40voorbeeld.nl", "mailto:[e-mail]", []string{MaskEmail}},
		{"Een vraag aan @ser.nl", "Een vraag aan @ser.nl", nil},
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
		{"(+31) 6 12345678", "[telefoon]", []string{MaskPhone}},
		{"+ 31 6 12345678, 31612345678", "[telefoon], [telefoon]", []string{MaskPhone}},
		{"tel0612345678, 06 (12345678)", "tel[telefoon], [telefoon]", []string{MaskPhone}},
		// However the signs are chosen that people do not tell apart.
		{"bsn １２３４５６７８２", "bsn [bsn]", []string{MaskBSN}},
		{"bsn 123\u200b456\u200b782 of 123\u2009456\u2009782", "bsn [bsn] of [bsn]", []string{MaskBSN}},
		{"bsn 123\t456\u2212782", "bsn [bsn]", []string{MaskBSN}},
		{"NL91\u00a0ABNA\u00a00417\u00a01643\u00a000", "[iban]", []string{MaskIBAN}},
		{"ＮＬ91‑ABNA‑0417‑1643‑00", "[iban]", []string{MaskIBAN}},
		{"jan\u200b.de.vries＠voorbeeld.nl", "[e-mail]", []string{MaskEmail}},
		{"06—12345678 of 06_12345678", "[telefoon] of [telefoon]", []string{MaskPhone}},
		// What a question about the SER holds.
		{"op 01-02-2014 12 leden en op 12-03-2021 5", "op 01-02-2014 12 leden en op 12-03-2021 5", nil},
		{"€ 31.612.345.678", "€ 31.612.345.678", nil},
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
		"ＮＬ91 ABNA 0417\u200b 1643 00", `"a b"@[::1]`, "x [at] y [dot] nl", "bsn１２３４５６７８２", "\xff06\xff12345678",
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
