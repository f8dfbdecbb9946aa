package answer

import (
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// leadsWith asks questions: the first sentence of each answer has to hold the text.
func leadsWith(t *testing.T, s *Service, cases map[string]string) {
	t.Helper()
	for question, want := range cases {
		a := ask(t, s, Request{Question: question})
		if len(a.Sentences) == 0 || !strings.Contains(a.Sentences[0].Text, want) {
			t.Errorf("%q: %s %q, want %q first", question, a.Status, a.Text, want)
		}
	}
}

// Of sentences with the words of a question, the one that answers comes first.
func TestTheSentenceThatAnswersComesFirst(t *testing.T) {
	s := texts(t, "visserij", "# De SER over visserij\n## Havens\n"+
		"De SER schreef tussen 1990 en 2010 over havens. De SER wil in advies 2009/04 minder havens. "+
		"De SER vroeg in advies 2009/04 ook om een vangnet voor de kustvissers. De commissie Havens bereidde advies 2009/04 voor.\n"+
		"## Begrippen\nEen havenmeester is volgens advies 2009/04 een ambtenaar zonder schip. De havenmeester is al lang in het nieuws.\n",
		"raad", "# De SER en zijn havenplicht\n## Plicht\n"+
			"De regering moet volgens de SER investeren in havens en verplicht haar vissers tot niets. "+
			"Tot 1995 was de regering verplicht om de SER over havens te raadplegen.\n")
	leadsWith(t, s, map[string]string{
		"Wat vindt de SER van havens?":                                   "minder havens",
		"Voor wie vroeg de SER een vangnet?":                             "kustvissers",
		"Wat is volgens advies 2009/04 een havenmeester?":                "ambtenaar zonder schip",
		"Is de regering nog verplicht de SER over havens te raadplegen?": "Tot 1995",
	})
}

// Two sentences that share the words of a question are both said where they answer it
// differently.
func TestBothOfTwoAlikeAreSaid(t *testing.T) {
	s := texts(t, "proef", "# De SER en de proef\n## Vragen\n"+
		"De SER wilde in het advies over de vergeten havens dat sluizen werden bestudeerd. "+
		"De SER wilde in het advies over de vergeten havens ook loodsen laten bestuderen.\n")
	a := ask(t, s, Request{Question: "Wat wilde de SER laten bestuderen over de vergeten havens?"})
	if !strings.Contains(a.Text, "sluizen") || !strings.Contains(a.Text, "loodsen") {
		t.Errorf("%q", a.Text)
	}
}

// What was aimed at is not what was reached, and who is told something does not say it.
func TestWhatOnlySoundsLikeItIsDeclined(t *testing.T) {
	s := texts(t, "doelen", "# De SER en de doelen\n## Energie\n"+
		"Volgens de SER moest 14 procent van de energie in 2020 uit wind komen. Drie leden schreven een nota over wind.\n"+
		"## Versies\nVan de nota over sluizen bestaat een versie voor de minister.\n"+
		"## Leeftijd\nDe premie voor sluiswachters gold volgens de SER voor mensen van 21 tot 65 jaar.\n")
	answersWith(t, s, map[string]string{
		"Hoeveel procent van de energie kwam volgens het doel in 2020 uit wind?": "14 procent",
		"Hoeveel procent energie uit wind is in 2020 gehaald?":                   "",
		"Wat zei de minister over sluizen?":                                      "",
		"Wie schreef een nota over wind?":                                        "Drie leden",
		"Vanaf welke leeftijd gold de premie voor sluiswachters?":                "21 tot 65",
	})
}

func TestAnotherTime(t *testing.T) {
	numbers := func(text string) dutch.Number {
		t.Helper()
		ns := dutch.Numbers(text)
		if len(ns) != 1 {
			t.Fatalf("%q: %d numbers", text, len(ns))
		}
		return ns[0]
	}
	for _, test := range []struct {
		asked, said string
		want        bool
	}{
		{"in 2023", "in 2022", true},
		{"in 2023", "op 3 mei 2023", false},
		{"in december 2023", "in 2023", false},
		{"in december 2023", "in mei 2023", true},
		{"in december 2023", "in december 2022", true},
		{"in de jaren vijftig", "in 1954", false},
		{"in de jaren vijftig", "in 1961", true},
		{"in 1954", "advies 1955/04", false}, // a publication is no time
		{"in 2023", "12 leden", false},
	} {
		if got := anotherTime(numbers(test.asked), numbers(test.said)); got != test.want {
			t.Errorf("%s, %s: %v", test.asked, test.said, got)
		}
	}
}

// A question after the time before a change asks how it was then.
func TestHowItWasBefore(t *testing.T) {
	history := []Exchange{{Question: "Sinds wanneer betaalt het fonds de SER?", Answer: "Sinds 2013 betaalt het fonds de SER. [1]"}}
	u := understand(Request{Question: "En daarvoor?", History: history})
	if u.Form != FormOpen || strings.Contains(u.Question, "wanneer") || !strings.Contains(u.Question, "tot 2013") {
		t.Errorf("%s %q", u.Form, u.Question)
	}
}
