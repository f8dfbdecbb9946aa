package dutch

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Sentences are separated by " | " in want, so that a case reads as one line.
// A line without " | " must stay whole.
func TestSentences(t *testing.T) {
	cases := []string{
		// The plain ones.
		"De SER adviseert. | Het kabinet beslist.",
		"Wie betaalt de SER? | Het bedrijfsleven.",
		"Dat kan niet! | Toch gebeurt het.",
		"Zonder punt aan het eind",
		"Een. | Twee. | Drie.",
		"De raad telt 33 leden. | 11 leden zijn door de Kroon benoemd.",
		// Abbreviations that lead to something.
		"Het gaat o.a. over werk. | Ook over zorg.",
		"Het gaat o.a. Amsterdam aan.",
		"Neem bijv. Rotterdam als voorbeeld.",
		"Dat is nieuw, d.w.z. De Nederlandsche Bank heeft het nog niet gezien.",
		"Zie art. 3 van de wet. | Daar staat het.",
		"Volgens art. 12a Wet op de SER mag dat.",
		"Kamerstukken II 2013/14, 33 818, nr. 3. | De minister schreef dit.",
		"Het advies m.b.t. AI is van prof. mr. dr. Jansen.",
		"Aldus prof.dr. Jansen in 2014. | Hij was kroonlid.",
		"De heer drs. ir. De Boer zat voor.",
		"Mr. G. Verbeet was erbij.",
		"Dr. Veldkamp was minister.",
		"De Wet van 27 januari 1950, Stb. K 22, stelde de raad in.",
		"Het gaat i.h.b. Nederlandse bedrijven aan.",
		"Zie hoofdstuk 2, p. 14 en blz. 20. | Daarna verder.",
		"Bij c.q. Door de raad vast te stellen regels.",
		"Er waren ca. 300 mensen.",
		"Vgl. SER (2006) over de doelstellingen.",
		"Dat geldt t.a.v. Europese regels. | Niet voor andere.",
		// Abbreviations that may stand last.
		"Er is overleg over lonen, pensioenen, enz. | De raad vergadert maandelijks.",
		"Werk, zorg, etc. blijven belangrijk.",
		"Op 3 mei jl. is besloten.",
		"Dat was op 3 mei jl. | SER-leden waren verbaasd.",
		"Het kost 24 mln. euro.",
		"Het kost 24 mln. | Dat is veel.",
		"In de 3e eeuw v.Chr. | Daarna kwam Rome.",
		"Zoals Jansen et al. (2014) laten zien.",
		"De raad is er al. | Het kabinet nog niet.",
		"Wat is het min. 3 procent?",
		"Dat is het min. | Meer mag ook.",
		// Names and companies.
		"K. van Oudenhoven was erbij. | Zij sprak.",
		"Voorzitter J.P. Balkenende opende. | Daarna sprak A.H.M. De Boer.",
		"De heer H. De Vries sprak.",
		"Jansen B.V. heeft geen ondernemingsraad.",
		"Dat is van Jansen B.V. | De raad weet dat.",
		"Philips N.V. Nederland is lid.",
		"Kies voor plan B. | De raad doet dat ook.",
		"Zie bijlage C. | Daarin staat meer.",
		// Numbers, dates, labels.
		"De kosten zijn 1.250.000 euro. | Dat is 0,8 procent.",
		"Op 1 mei 2014 begon het. | In juni 2015 eindigde het.",
		"Het begon op 25-04-2014. | Het eindigde niet.",
		"3.2 Titel van de paragraaf",
		"3.2. Titel van de paragraaf",
		"1. Inleiding",
		"IV. Slotbeschouwing",
		"a. Ten eerste het werk. | Dan de zorg.",
		"Tabel 3. Leden naar geleding",
		"Zie daarvoor hoofdstuk 3. | De slotsom volgt later.",
		"Zie www.ser.nl. | Daar staat alles.",
		"Mail naar info@ser.nl voor vragen.",
		"Versie 2.0 van het plan is klaar.",
		"Om 10.30 uur begint het. | Om 12.00 uur is het klaar.",
		"Het advies is nr. 14/04. | Het is unaniem.",
		// Quotes and brackets.
		"\"Wat is werk?\" vroeg de voorzitter. | Niemand wist het.",
		"\"Dat is klaar.\" | De voorzitter sloot af.",
		"Hij zei: ‘Wij zijn het eens.’ | Daarna ging hij.",
		"„Werk moet lonen.” | Dat vond iedereen.",
		"De raad adviseert (zie hoofdstuk 3. Daar staat meer.) over werk. | Dat is zijn taak.",
		"(Dit is een zin.) | Dit is de volgende.",
		"De raad (opgericht in 1950) adviseert.",
		"Dat is zo (zie p. 3). | Het is bekend.",
		"Dat is onzeker (?) Toch ging men door.",
		"Is dat zo?! | Ja.",
		"Het rapport 'Wat werkt?' is uit.",
		// Ellipsis.
		"En toen ... was het stil.",
		"Hij dacht na... | Het bleef stil.",
		"De raad […] De Jong is lid.",
		"Men zegt [...] Het kan.",
		"Wie weet… | Morgen meer.",
		// Openings that are not a capital letter.
		"Het is laat. | 's Avonds wordt vergaderd.",
		"Dat is zo. | € 24,4 miljoen gaat naar scholing.",
		"Dit telt: • Eerste punt. | • tweede punt.",
		// Footnote marks glued to the stop.
		"Dat zegt de raad.12 | De minister volgt.",
		"Dat zegt de raad.² | De minister volgt.",
		"Dat was in 2014.¹² | De minister volgt.",
		"Op 5 mei 2014.¹ | De raad telt 12 leden¹².",
		"Er waren 12.¹ | 3 leden stemden tegen.",
		"Dat staat in de wet,¹ zegt de raad.",
		"Zie art.3 Wet op de SER.",
		// English.
		"The SER advises. | It was founded in 1950.",
		"Use sources, e.g. Dutch law.",
		"That is i.e. The Hague only.",
		"Mr. Smith and Mrs. Jones met. | They agreed.",
		"The answer is no. | Nobody agreed.",
		"See No. 5 for details.",
		"It was made in the U.S. | The council knew.",
		"Firms (Inc. and Ltd. ones) joined.",
		"It started at 9 a.m. | Everyone was there.",
	}
	for _, want := range cases {
		text := strings.ReplaceAll(want, " | ", " ")
		var got []string
		for _, s := range Sentences(text) {
			got = append(got, string([]rune(text)[s.Start:s.End]))
		}
		if diff := cmp.Diff(want, strings.Join(got, " | ")); diff != "" {
			t.Errorf("%s", diff)
		}
	}
	if len(cases) < 60 {
		t.Errorf("only %d cases", len(cases))
	}
}

func TestSentencesLineBreakEnds(t *testing.T) {
	text := "  Een zin zonder punt\n\n  en de volgende.  Slot \r\nKop"
	want := []string{"Een zin zonder punt", "en de volgende.  Slot", "Kop"}
	var got []string
	for _, s := range Sentences(text) {
		got = append(got, string([]rune(text)[s.Start:s.End]))
	}
	// A capital after two spaces is an end as well.
	want = []string{want[0], "en de volgende.", "Slot", want[2]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// checkPartition holds the promise of Sentences for any text.
func checkPartition(t interface{ Fatalf(string, ...any) }, text string) {
	runes := []rune(text)
	at := 0
	blank := func(from, to int) {
		for _, r := range runes[from:to] {
			if !unicode.IsSpace(r) {
				t.Fatalf("%q: text between sentences at %d: %q", text, from, string(runes[from:to]))
			}
		}
	}
	for _, s := range Sentences(text) {
		if s.Start < at || s.End <= s.Start || s.End > len(runes) {
			t.Fatalf("%q: span %v after %d of %d", text, s, at, len(runes))
		}
		blank(at, s.Start)
		if unicode.IsSpace(runes[s.Start]) || unicode.IsSpace(runes[s.End-1]) {
			t.Fatalf("%q: span %v is not trimmed", text, s)
		}
		for _, r := range runes[s.Start:s.End] {
			if isLineBreak(r) {
				t.Fatalf("%q: span %v crosses a line break", text, s)
			}
		}
		at = s.End
	}
	blank(at, len(runes))
}

func TestSentencesPartitionTheText(t *testing.T) {
	pieces := []string{"De raad", "o.a", "art", "K", "J.P", "3", "1.250.000", "zie p", ".", ". ", "? ", "! ", "...", "…", " ", "\n", "(", ")", "\"",
		"’", "'s ", "é", "€ ", "•", "[", "]", "¹", "12", "B.V", "De", "de", "\u00a0", "\u2028", "𝔄", "\xff"}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(t, "parts")
		checkPartition(t, strings.Join(parts, ""))
		checkPartition(t, rapid.String().Draw(t, "text"))
	})
}

func FuzzSentences(f *testing.F) {
	for _, seed := range []string{"", ".", "De SER (o.a. art. 3). 's Avonds?\nJa.", "\"Wat?\" zei J. de Vries… (", "a.b.c. 1.2. X.12 Y", "\xff. A"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkPartition(t, text) })
}

func BenchmarkSentences(b *testing.B) {
	text := strings.Repeat("De Sociaal-Economische Raad adviseert o.a. het kabinet (zie art. 3) over werk. Wie betaalt dat? ", 50)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Sentences(text)
	}
}
