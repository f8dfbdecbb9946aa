package answer

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

func TestVerify(t *testing.T) {
	for _, tt := range []struct {
		name, sentence, passage string
		want                    bool
		check                   Check
	}{
		{"thousands", "Het fonds telt 1.250.000 leden.", "Het fonds telt 1,25 miljoen leden.", true, ""},
		{"section is no quantity", "De premie is 0,8 procent.", "Over de premie: zie hoofdstuk 8, paragraaf 0.", false, CheckNumber},
		{"percentage", "87% van de bedrijven doet mee.", "85% van de bedrijven doet mee.", false, CheckNumber},
		{"bound left out", "De nieuwsbrief heeft 5.600 abonnees.", "De nieuwsbrief heeft ruim 5.600 abonnees.", true, ""},
		{"bound added", "De nieuwsbrief heeft ruim 5.600 abonnees.", "De nieuwsbrief heeft 5.600 abonnees.", true, ""},
		{"bound turned", "De nieuwsbrief heeft bijna 5.600 abonnees.", "De nieuwsbrief heeft ruim 5.600 abonnees.", false, CheckNumber},
		{"magnitude", "De kosten zijn € 24,4 miljoen.", "De kosten zijn 24.400.000 euro.", true, ""},
		{"wrong magnitude", "De kosten zijn € 24,4 miljard.", "De kosten zijn 24.400.000 euro.", false, CheckNumber},
		{"number of another", "Rotterdam heeft 163 leden.", "Amsterdam heeft 163 leden, Rotterdam 66.", false, CheckNumber},
		{"year of another", "In 2023 waren er 1.180 meldingen.", "In 2022 waren er 1.180 meldingen, in 2023 waren dat er 1.250.", false, CheckNumber},
		{"name", "TNO maakte de monitor.", "De monitor is gemaakt door het CBS.", false, CheckName},
		{"abbreviation", "De SER geeft advies.", "De Sociaal-Economische Raad geeft advies.", true, ""},
		{"denial put in", "De SER is niet onafhankelijk.", "De SER is onafhankelijk.", false, CheckNegation},
		{"denial left out", "De SER is een overheidsinstelling.", "De SER is geen overheidsinstelling.", false, CheckNegation},
		{"not only is no denial", "De SER geeft niet alleen advies maar helpt ook bij akkoorden.", "De SER geeft advies en helpt ook bij akkoorden.", true, ""},
		{"opposite", "De raad was unaniem over het stelsel.", "De raad was verdeeld over het stelsel.", false, CheckOpposite},
		{"prefix turns around", "De SER is afhankelijk.", "De SER is onafhankelijk.", false, CheckOpposite},
		{"modality", "Bedrijven moeten een catalogus maken.", "Bedrijven kunnen een catalogus maken.", false, CheckModality},
		{"roles", "De regering adviseert de SER.", "De SER adviseert de regering.", false, CheckRoles},
		{"order of a pair is free", "Werknemers en werkgevers overleggen.", "Werkgevers en werknemers overleggen.", true, ""},
		{"another subject", "De kosten van kinderopvang stijgen.", "De nieuwsbrief verschijnt om de twee weken.", false, CheckSupport},
		{"nothing", "…", "De SER geeft advies.", false, CheckEmpty},
		{"no passage", "De SER geeft advies.", "", false, CheckEmpty},
		{"english over dutch", "The SER advises the government and parliament.", "De SER adviseert de regering en het parlement.", true, ""},
		{"english over dutch, altered", "The SER has 33 members.", "De SER telt 36 leden.", false, CheckNumber},
	} {
		v := Verify(tt.sentence, tt.passage)
		if v.OK != tt.want {
			t.Errorf("%s: %v %v, want %v", tt.name, v.OK, v.Reasons, tt.want)
			continue
		}
		found := tt.check == ""
		for _, r := range v.Reasons {
			found = found || r.Check == tt.check
		}
		if !found {
			t.Errorf("%s: reasons %v, want %s among them", tt.name, v.Reasons, tt.check)
		}
	}
}

// Whatever a text is, each of its sentences passes against the whole of it, and a
// sentence with a number that the text does not have fails.
func TestWholeSentencesPass(t *testing.T) {
	parts := []string{
		"De SER telt 36 leden.", "In 2023 kwamen er 69 bedrijven bij.", "Niet alle leden stemden voor.", "De raad was verdeeld.",
		"Zonder draagvlak werkt een advies niet.", "De kosten stegen met 2,1 procent.", "Werkgevers en werknemers overleggen.", "The council has 36 members.",
		"Advies 14/04 verscheen op 25 april 2014.", "De heffing verviel in 2013.",
	}
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for _, p := range rapid.SliceOfN(rapid.SampledFrom(parts), 1, 6).Draw(t, "sentences") {
			text += p + " "
		}
		runes := []rune(text)
		for _, span := range dutch.Sentences(text) {
			s := string(runes[span.Start:span.End])
			if v := Verify(s, text); !v.OK {
				t.Fatalf("%q fails against %q: %v", s, text, v.Reasons)
			}
			if v := Verify(s[:len(s)-1]+" en 777 stemmen.", text); v.OK {
				t.Fatalf("a number from nowhere passes after %q", s)
			}
		}
	})
}

// demoSentences are the paragraphs of the demo texts with their sentences.
func demoSentences(t *testing.T) (paragraphs []string, sentences [][]string) {
	t.Helper()
	sources, err := filepath.Glob("../../ingest/demo/source/*.md")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no demo texts: %v", err)
	}
	for _, name := range sources {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for block := range strings.SplitSeq(string(data), "\n\n") {
			block = strings.Join(strings.Fields(strings.ReplaceAll(block, "*", "")), " ")
			if len(block) < 80 || strings.ContainsAny(block[:1], "#>|-[1") {
				continue
			}
			runes := []rune(block)
			var list []string
			for _, span := range dutch.Sentences(block) {
				list = append(list, string(runes[span.Start:span.End]))
			}
			paragraphs, sentences = append(paragraphs, block), append(sentences, list)
		}
	}
	return paragraphs, sentences
}

// What a composer says word for word is always shown.
func TestVerbatimSentencesPass(t *testing.T) {
	paragraphs, sentences := demoSentences(t)
	n := 0
	for i, p := range paragraphs {
		for _, s := range sentences[i] {
			n++
			if v := Verify(s, p); !v.OK {
				t.Errorf("%q fails in its own paragraph: %v", s, v.Reasons)
			}
			if v := Verify(strings.TrimSuffix(s, "."), p); !v.OK {
				t.Errorf("%q fails without its full stop: %v", s, v.Reasons)
			}
		}
	}
	if n < 300 {
		t.Errorf("%d sentences only", n)
	}
}

// A sentence without its denial, or with another digit, is never shown.
func TestAlteredSentencesNeverPass(t *testing.T) {
	denial := regexp.MustCompile(`(?i) (niet|geen|nooit)\b`)
	digit := regexp.MustCompile(`\d`)
	_, sentences := demoSentences(t)
	denials, digits := 0, 0
	for _, list := range sentences {
		for _, s := range list {
			if at := denial.FindAllStringIndex(s, -1); len(at) == 1 && !strings.Contains(s, "niet alleen") && !strings.Contains(s, "al dan niet") {
				denials++
				if changed := s[:at[0][0]] + s[at[0][1]:]; Verify(changed, s).OK {
					t.Errorf("%q passes for %q", changed, s)
				}
			}
			for n, at := range digit.FindAllStringIndex(s, -1) {
				if (n+len(s))%3 != 0 {
					continue // enough of them
				}
				digits++
				changed := s[:at[0]] + string('0'+(s[at[0]]-'0'+1)%10) + s[at[1]:]
				if Verify(changed, s).OK {
					t.Errorf("%q passes for %q", changed, s)
				}
			}
		}
	}
	if denials < 40 || digits < 200 {
		t.Errorf("%d denials and %d digits only", denials, digits)
	}
}

func TestVerifyIsDeterministic(t *testing.T) {
	paragraphs, sentences := demoSentences(t)
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(paragraphs)-1).Draw(t, "paragraph")
		j := rapid.IntRange(0, len(paragraphs)-1).Draw(t, "other")
		s := rapid.SampledFrom(sentences[i]).Draw(t, "sentence")
		first := Verify(s, paragraphs[j])
		for range 3 {
			if diff := cmp.Diff(first, Verify(s, paragraphs[j])); diff != "" {
				t.Fatalf("%q differs from time to time: %s", s, diff)
			}
		}
	})
}

// A line of ten megabytes is refused, or passes word for word, without being taken to
// pieces.
func TestLongTexts(t *testing.T) {
	long := strings.Repeat("De raad adviseert de regering in 2023 over 36 zaken, en niet over andere. ", 10<<20/74)
	sentence := "De raad adviseert de regering in 2023 over 36 zaken, en niet over andere."
	for _, tt := range []struct {
		name, sentence, passage string
		want                    bool
	}{
		{"long sentence, other passage", long, sentence, false},
		{"long sentence, same passage", long, long, true},
		{"sentence of a long passage", sentence, long, true},
		{"half a sentence of a long passage", "De raad adviseert de regering in 2023", long, false},
		{"no sentence of a long passage", "De raad adviseert het kabinet.", long, false},
		{"long line without sentences", strings.Repeat("raad ", 2<<20), strings.Repeat("ser ", 2<<20), false},
	} {
		if v := Verify(tt.sentence, tt.passage); v.OK != tt.want {
			t.Errorf("%s: %v %v, want %v", tt.name, v.OK, v.Reasons, tt.want)
		}
	}
}

// Each kind of reading: who acts, how sure, what is compared, why and when.
func TestVerifyMeaning(t *testing.T) {
	const passage = "De bond vraagt de inspectie om een oordeel. De fabriek mag het terrein uitbreiden, omdat de provincie een vergunning gaf. In Delft is het verzuim hoger dan in Gouda."
	for _, tt := range []struct {
		sentence string
		want     bool
	}{
		{"De inspectie wordt door de bond om een oordeel gevraagd.", true},
		{"De inspectie vraagt de bond om een oordeel.", false},
		{"De bond wordt door de inspectie om een oordeel gevraagd.", false},
		{"De bond vraagt de inspectie om een spoedig oordeel.", false},
		{"De fabriek moet het terrein uitbreiden.", false},
		{"De fabriek breidt het terrein uit.", false},
		{"De provincie gaf een vergunning, omdat de fabriek het terrein mag uitbreiden.", false},
		{"In Gouda is het verzuim lager dan in Delft.", true},
		{"In Gouda is het verzuim hoger dan in Delft.", false},
		{"In Delft is het verzuim lager dan in Gouda.", false},
	} {
		if v := Verify(tt.sentence, passage); v.OK != tt.want {
			t.Errorf("%q: %v %v, want %v", tt.sentence, v.OK, v.Reasons, tt.want)
		}
	}
}

// What is said of another, of another time, or to another degree, in the words of the
// passage; and the same in other words.
func TestVerifyReadsWholeSentences(t *testing.T) {
	const passage = "Acht winkels kregen een waarschuwing en twee een boete. De keuring is met een halfjaar uitgesteld. Volgend voorjaar controleert de inspectie de winkels opnieuw. De eerdere afspraken zijn te weinig nagekomen. Aanpassing van de regels is wenselijk. In het bestuur zitten drie ambtenaren en vijf juristen. Winkeliers spreken niet namens de fabrikanten. De bond was tegenstander."
	for sentence, want := range map[string]bool{
		"Twee winkels kregen een boete.":                       true,
		"Acht winkels kregen een boete.":                       false,
		"De keuring is met een jaar uitgesteld.":               false,
		"De inspectie heeft de winkels opnieuw gecontroleerd.": false,
		"De eerdere afspraken zijn goed nagekomen.":            false,
		"De regels zijn aangepast.":                            false,
		"In het bestuur zitten meer ambtenaren dan juristen.":  false,
		"In het bestuur zitten meer juristen dan ambtenaren.":  true,
		"Winkeliers vertegenwoordigen de fabrikanten.":         false,
		"De inspectie was tegenstander.":                       false,
	} {
		if v := Verify(sentence, passage); v.OK != want {
			t.Errorf("%q: %v %v, want %v", sentence, v.OK, v.Reasons, want)
		}
	}
}

// A particle before "te" belongs to the verb behind it; compounds with one first part say
// the same when their last parts do.
func TestJoinedAndLikeCompounds(t *testing.T) {
	ws := withVerbs(saidWords("Het is goed om de wet aan te passen.", "nl"))
	if got := joinedVerbs(ws, "nl"); len(got) != 1 || got[0].verb != "aanpassen" {
		t.Errorf("joined verbs %v, want aanpassen", got)
	}
	if ws := withVerbs(saidWords("Zij kwamen om te kijken.", "nl")); len(joinedVerbs(ws, "nl")) > 0 {
		t.Error("om te is no part of a verb")
	}
	if !bears(wordOf("werksfeer"), wordOf("werkklimaat")) || bears(wordOf("werkgever"), wordOf("werknemer")) || bears(wordOf("loonstijging"), wordOf("loonkloof")) {
		t.Error("compounds are not told apart by their last parts")
	}
}

func TestFormsOfVerbs(t *testing.T) {
	for form, want := range map[string]string{
		"geeft": "geven", "raadde": "raden", "gaven": "geven", "reageerde": "reageren", "gereageerd": "reageren", "levert": "leveren", "geleverd": "leveren", "overgenomen": "overnemen", "afgeschaft": "afschaffen",
		"besprak": "bespreken", "vergroot": "vergroten", "steunde": "steunen", "uitgevoerd": "uitvoeren", "opgericht": "oprichten", "bedrijf": "", "het": "", "raad": "raden", "commissie": "",
	} {
		if got := infinitiveOf(form); got != want {
			t.Errorf("%s: %q, want %q", form, got, want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("De SER telt 36 leden.", "De SER telt 33 leden. Niet 36.")
	f.Add("\xff 1,2,3", "€ ½ %")
	f.Add("Niet geen", "zonder")
	f.Fuzz(func(t *testing.T, sentence, passage string) {
		if len(sentence) > 500 || len(passage) > 2000 {
			return
		}
		v := Verify(sentence, passage)
		if v.OK != (len(v.Reasons) == 0) || v.Support < 0 || v.Support > 1 {
			t.Errorf("verdict %+v", v)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	passage := "In 2023 verwelkomde het programma 69 bedrijven. Het aantal ondertekenaars groeide naar 485. Amsterdam telt 163 netwerkleden en Rotterdam 66."
	for b.Loop() {
		Verify("Het charter heeft 485 ondertekenaars.", passage)
	}
}
