package dutch

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// short writes a number the way the table below does.
func short(n Number) string {
	v := strings.TrimSuffix(fmt.Sprintf("%.4f", n.Value), ".0000")
	if strings.Contains(v, ".") {
		v = strings.TrimRight(v, "0")
	}
	switch n.Kind {
	case Ordinal:
		return v + "e"
	case Year:
		return "jaar " + v
	case Decade:
		return "jaren " + v
	case CalDate:
		return fmt.Sprintf("datum %d-%d-%d", n.Year, n.Month, n.Day)
	case Clock:
		return "tijd " + v
	case Code:
		return fmt.Sprintf("code %d/%s", n.Year, v)
	case Reference:
		return n.Unit + ":" + v
	}
	s := map[Bound]string{AtLeast: ">=", AtMost: "<="}[n.Bound] + v
	if n.Unit != "" {
		s += " " + n.Unit
	}
	if n.Per != "" {
		s += " per " + n.Per
	}
	return s
}

func TestNumbers(t *testing.T) {
	tests := []struct{ text, want string }{
		{"1.250.000 mensen", "1250000"},
		{"0,8 procent", "0.8 %"},
		{"87%", "87 %"},
		{"Dat was 3,5 procent.³ In 2014¹² waren er 12¹ leden.²", "3.5 %|jaar 2014|12"},
		{"87 %", "87 %"},
		{"€ 24,4 miljoen", "24400000 euro"},
		{"24.400.000 euro", "24400000 euro"},
		{"EUR 30-35 per uur", "30 euro per uur|35 euro per uur"},
		{"een tarief van € 35,- per uur", "35 euro per uur"},
		{"ruim 5.600 abonnees", ">=5600"},
		{"meer dan 100 jongeren", ">=100"},
		{"minder dan honderd jongeren", "<=100"},
		{"ten minste twee derde van de leden", ">=66.6667 %"},
		{"twaalf leden, drieëntwintig adviezen", "12|23"},
		{"honderdvijfenzestig en tweeduizend vijfhonderd", "165|2500"},
		{"veertien bedrijven", "14"},
		{"2½ jaar, anderhalf jaar, ½ jaar", "2.5 jaar|1.5 jaar|0.5 jaar"},
		{"de vijfde Diversity Day", "5e"},
		{"de 5e en de 20ste keer, the 3rd", "5e|20e|3e"},
		{"het vijfjarig jubileum", "5 jaar"},
		{"Op 3 oktober 2023 is", "datum 2023-10-3"},
		{"op 3-10-2023 en 2023-10-03", "datum 2023-10-3|datum 2023-10-3"},
		{"on October 3, 2023", "datum 2023-10-3"},
		{"the 3rd of October 2023", "datum 2023-10-3"},
		{"in oktober 2023", "datum 2023-10-0"},
		{"op 21 juli", "datum 0-7-21"},
		{"op 7 en 8 maart 2019", "datum 2019-3-7|datum 2019-3-8"},
		{"eind 2022 en in 2015", "jaar 2022|jaar 2015"},
		{"de periode 2010-2015", "jaar 2010|jaar 2015"},
		{"2021–2025", "jaar 2021|jaar 2025"},
		{"2021/2022", "jaar 2021|jaar 2022"},
		{"3 tot 5 procent", "3 %|5 %"},
		{"van 45 naar 33 leden", "45|33"},
		{"3-5 miljoen euro", "3000000 euro|5000000 euro"},
		{"advies 14/04 en 2014/04", "code 2014/4|code 2014/4"},
		{"advies nr. 00/11", "code 2000/11"},
		{"hoofdstuk 8, paragraaf 0", "hoofdstuk:8|paragraaf:0"},
		{"artikel 3, lid 2", "artikel:3|lid:2"},
		{"§ 2", "paragraaf:2"},
		{"p. 13", "pagina:13"},
		{"om 10.30 uur", "tijd 630"},
		{"8 uur per week", "8 uur per week"},
		{"ChatGPT-4, CO2 en G20", ""},
		{"Arbovisie 2040", "jaar 2040"},
		{"de jaren zestig en de jaren '80", "jaren 1960|jaren 1980"},
		{"the 1960s", "jaren 1960"},
		{"de raad acht het nodig; acht leden", "8"},
		{"een van de leden", ""},
		{"een miljoen euro", "1000000 euro"},
		{"de helft van de leden", "50 %"},
		{"een derde van de mensen", "33.3333 %"},
		{"een derde advies", "3e"},
		{"1,250,000 people and 2.5 per cent", "1250000|2.5 %"},
		{"the council has 5,600 subscribers", "5600"},
		{"twenty-three members", "23"},
		{"one hundred and five members", "105"},
		{"1,5 procentpunt", "1.5 pp"},
		{"1,5% per jaar", "1.5 % per jaar"},
		{"4 miljoen views", "4000000"},
		{"Tweede Kamer en Eerste Kamer", ""},
		{"12 + 12 + 12", "12|12|12"},
		{"ISBN 978-94-6134-011-5", "isbn"},
		{"2000 leden in 2000", "2000|jaar 2000"},
		{"de 25-jarige", "25 jaar"},
		{"16 weken verlof", "16 week"},
	}
	for _, tt := range tests {
		var got []string
		for _, n := range Numbers(tt.text) {
			got = append(got, short(n))
		}
		joined := strings.Join(got, "|")
		if strings.HasPrefix(tt.want, "isbn") {
			for _, n := range Numbers(tt.text) {
				if n.Kind != Reference {
					t.Errorf("Numbers(%q) = %s, want references only", tt.text, joined)
				}
			}
			continue
		}
		if joined != tt.want {
			t.Errorf("Numbers(%q)\n got %s\nwant %s", tt.text, joined, tt.want)
		}
	}
}

func TestNumberSame(t *testing.T) {
	tests := []struct {
		claim, ground string
		want          bool
	}{
		{"1.250.000", "1,25 miljoen", true},
		{"24.400.000 euro", "€ 24,4 miljoen", true},
		{"€ 24,4 miljoen", "24.400.000 euro", true},
		{"24,4 miljard euro", "€ 24,4 miljoen", false},
		{"87%", "85%", false},
		{"0,8 procent", "hoofdstuk 8, paragraaf 0", false},
		{"8 procent", "hoofdstuk 8", false},
		{"ruim 5.600", "5.600 abonnees", true},
		{"5.600 abonnees", "ruim 5.600 abonnees", true},
		{"bijna 5.600", "ruim 5.600", false},
		{"1,5 procent", "1,5 procentpunt", false},
		{"twee jaar", "24 maanden", true},
		{"twee jaar", "twee maanden", false},
		{"2023", "3 oktober 2023", true},
		{"oktober 2023", "3 oktober 2023", true},
		{"3 oktober 2023", "oktober 2023", false},
		{"4 oktober 2023", "3 oktober 2023", false},
		{"advies 14/04", "advies 2014/04", true},
		{"2014", "advies 14/04", true},
		{"vijfde", "5e", true},
		{"vijf leden", "de vijfde", false},
		{"14 bedrijven", "veertien bedrijven", true},
		{"14 procent", "14 bedrijven", false},
		{"14 bedrijven", "14 procent", false},
		{"33 procent", "een derde van de leden", true},
		{"1,5 procent per jaar", "1,5% per maand", false},
		{"2.000 leden", "in 2000", false},
	}
	for _, tt := range tests {
		a, b := Numbers(tt.claim), Numbers(tt.ground)
		if len(a) == 0 || len(b) == 0 {
			t.Fatalf("no number in %q or %q", tt.claim, tt.ground)
		}
		got := false
		for _, n := range b {
			got = got || a[0].Same(n)
		}
		if got != tt.want {
			t.Errorf("%q from %q: %v, want %v", tt.claim, tt.ground, got, tt.want)
		}
	}
}

// groups writes v with Dutch thousands separators.
func groups(v int) string {
	s := fmt.Sprint(v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s
}

func TestNumbersReadBackWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.IntRange(2200, 999_999_999).Draw(t, "value")
		before := rapid.SampledFrom([]string{"", "De raad telt ", "€ ", "ruim ", "(", "Voor ürsula: "}).Draw(t, "before")
		after := rapid.SampledFrom([]string{"", " leden", ".", ", en", " procent", "%", ")"}).Draw(t, "after")
		text := before + groups(v) + after
		found := Numbers(text)
		if len(found) != 1 || found[0].Value != float64(v) {
			t.Fatalf("Numbers(%q) = %+v", text, found)
		}
		runes := []rune(text)
		if got := string(runes[found[0].Start:found[0].End]); !strings.Contains(got, groups(v)) {
			t.Fatalf("span of %q is %q", text, got)
		}
	})
}

// words writes v below a million in Dutch.
func words(v int) string {
	units := []string{"", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf", "dertien", "veertien", "vijftien", "zestien", "zeventien", "achttien", "negentien"}
	tens := []string{"", "", "twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig"}
	switch {
	case v < 20:
		return units[v]
	case v < 100:
		u := units[v%10]
		if u == "" {
			return tens[v/10]
		}
		if strings.HasSuffix(u, "e") {
			return u + "ën" + tens[v/10]
		}
		return u + "en" + tens[v/10]
	case v < 1000:
		head := units[v/100]
		if head == "een" {
			head = ""
		}
		return head + "honderd" + words(v%100)
	}
	head := words(v / 1000)
	if head == "een" {
		head = ""
	}
	return head + "duizend" + words(v%1000)
}

func TestNumberWordsReadBack(t *testing.T) {
	for v := 2; v < 20000; v++ {
		got, ok := cardinal(plainWord(words(v)))
		if !ok || got != float64(v) {
			t.Fatalf("cardinal(%q) = %v, %v; want %d", words(v), got, ok, v)
		}
	}
}

func FuzzNumbers(f *testing.F) {
	for _, s := range []string{"€ 24,4 miljoen", "3 tot 5 procent", "hoofdstuk 8, paragraaf 0", "1.250.000", "3 oktober 2023", "14/04", "2010-2015", "½", "\xff1", "2-2-2-2", "'60", "1..2,,3//4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := utf8.RuneCountInString(text)
		for _, num := range Numbers(text) {
			if num.Start < 0 || num.End < num.Start || num.End > n {
				t.Errorf("span %d-%d outside %d", num.Start, num.End, n)
			}
			if math.IsNaN(num.Value) || math.IsInf(num.Value, 0) {
				t.Errorf("value %v", num.Value)
			}
			if !num.Same(num) {
				t.Errorf("%+v is not itself", num)
			}
		}
	})
}

func TestListsOfDecadesAndAmounts(t *testing.T) {
	found := Numbers("In de jaren zestig en zeventig.")
	if len(found) != 2 || found[0].Kind != Decade || found[1].Kind != Decade || found[1].Value != 1970 {
		t.Errorf("decades: %+v", found)
	}
	found = Numbers("De begroting was 16,2 miljoen euro in 2021, 17,5 miljoen in 2022. Er waren 3 miljoen in de zaal.")
	var units []string
	for _, n := range found {
		if n.Kind == Quantity {
			units = append(units, n.Unit)
		}
	}
	if len(units) != 3 || units[0] != "euro" || units[1] != "euro" || units[2] != "" {
		t.Errorf("units %q of %+v", units, found)
	}
	if found = Numbers("Fewer than one per cent of workers."); len(found) != 1 || found[0].Unit != "%" || found[0].Value != 1 || found[0].Bound != AtMost {
		t.Errorf("%+v", found)
	}
}
