package answer

import (
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// texts is a Service over texts of the test's own: id and text, one after the other.
func texts(t testing.TB, idsAndTexts ...string) *Service {
	t.Helper()
	l := &library{}
	for i := 0; i+1 < len(idsAndTexts); i += 2 {
		l.add(idsAndTexts[i], "2024-01-01", "nl", idsAndTexts[i+1])
	}
	return New(Config{Retriever: l})
}

// answersWith asks questions: each answer has to hold the text, or to be declined where
// the text is "".
func answersWith(t *testing.T, s *Service, cases map[string]string) {
	t.Helper()
	for question, want := range cases {
		a := ask(t, s, Request{Question: question})
		switch {
		case want == "" && len(a.Sentences) > 0:
			t.Errorf("%q: answered %q", question, a.Text)
		case want != "" && (a.Status != corpus.Answered || !strings.Contains(a.Text, want)):
			t.Errorf("%q: %s %q, want %q", question, a.Status, a.Text, want)
		}
	}
}

// The word for what a question describes is given by a list of words, by "heet", by a
// definition, or by a compound of what describes it.
func TestTheWordForWhatIsDescribed(t *testing.T) {
	s := texts(t, "overleg", "# Overleg bij de SER\n## Stappen\n"+
		"De minister kan de raad een vraag stellen. Zo'n vraag heet een adviesaanvraag. De minister geeft later een kabinetsreactie op het advies.\n"+
		"## Deelnemers\nEen waarnemer is iemand die meeluistert en niet stemt. De raad vergadert elke maand in het openbaar.\n")
	answersWith(t, s, map[string]string{
		"Hoe noem je een vraag van de minister aan de raad?":          "adviesaanvraag",
		"Hoe heet het antwoord van het kabinet op een advies?":        "kabinetsreactie",
		"Hoe noem je iemand die meeluistert en niet stemt?":           "waarnemer",
		"Hoe heet de vergaderzaal waar de raad elke maand vergadert?": "",
	})
	u := understand(Request{Question: "Hoe heet een brief van burgers met een verzoek?"})
	c := &candidate{sentence: &sentence{text: "Petitie | Een brief van burgers met een verzoek", row: true}, view: &view{analysis: &analysis{}, passage: &corpus.Passage{}}}
	c.words = words(c.text, "nl")
	r := newReader()
	c.analysis.lemmas = r.share("nl", c.words)
	u.prepare([]*candidate{c}, []*view{c.view})
	if got := u.naming(c); got < 0.5 {
		t.Errorf("the row of a list of words gains %.2f", got)
	}
}

// That there are four of something does not say which.
func TestCountingIsNotTelling(t *testing.T) {
	s := texts(t,
		"water", "# Advies over water van de SER\n## Inhoud\nHet advies over water verscheen in mei 2019, met vier aanbevelingen. De commissie Water schreef het advies. In het advies over water staat de boer centraal.\n",
		"bodem", "# Advies over bodem van de SER\n## Inhoud\nHet advies over bodem heeft drie pijlers: meten, herstellen en belonen. De raad nam het advies over bodem aan.\n")
	answersWith(t, s, map[string]string{
		"Wat zijn de vier aanbevelingen van het advies over water?": "",
		"Welke vier aanbevelingen doet het advies over water?":      "",
		"Hoeveel aanbevelingen heeft het advies over water?":        "vier",
		"Welke drie pijlers heeft het advies over bodem?":           "herstellen",
		"What are the three pillars of the advice on soil (bodem)?": "herstellen",
	})
}

// What is asked of a thing has to be said of it.
func TestTheHeadOfAQuestionIsMet(t *testing.T) {
	s := texts(t, "haven", "# Adviezen van de SER\n## Havens\nIn juli 2018 verscheen het advies 'Sterke havens'. De raad koos voor 'Sterke havens' op 3 maart 2018.\n"+
		"## Scholen\nDe brochure over scholen heet 'Samen leren'. In 2012 verscheen een Nederlandstalige brochure over scholen.\n")
	answersWith(t, s, map[string]string{
		"Wanneer verscheen het advies Sterke havens?":                    "juli 2018",
		"Wanneer verscheen de kabinetsreactie op Sterke havens?":         "",
		"Wanneer verscheen de vertaling van het advies Sterke havens?":   "",
		"Wat is de titel van de Nederlandstalige brochure over scholen?": "Samen leren",
	})
}

// Two of a kind are asked after one by one where no sentence says both.
func TestTwoOfAKind(t *testing.T) {
	s := texts(t, "steden", "# Netwerken van de SER\n## Zwolle\nHet netwerk in Zwolle had 41 deelnemers in 2022.\n## Breda\nHet netwerk in Breda had 57 deelnemers in 2022.\n"+
		"## Leden\nIn 1988 telde de raad 50 leden. In 1999 telde de raad 40 leden.\n")
	for question, want := range map[string][]string{
		"Hoeveel deelnemers hadden de netwerken van Zwolle en Breda in 2022?":        {"41", "57"},
		"Welk netwerk had in 2022 meer deelnemers: dat van Zwolle of dat van Breda?": {"41", "57"},
		"Hoeveel leden telde de raad in 1988 en in 1999?":                            {"50", "40"},
	} {
		a := ask(t, s, Request{Question: question})
		for _, w := range want {
			if !strings.Contains(a.Text, w) {
				t.Errorf("%q: %s %q, want %q", question, a.Status, a.Text, w)
			}
		}
	}
	answersWith(t, s, map[string]string{
		"Hoeveel deelnemers hadden de netwerken van Zwolle en Assen in 2022?": "",
		"Hoeveel leden telde de raad in 1988 en in 1968?":                     "",
	})
	for question, want := range map[string]bool{
		"Hoeveel groeide het tussen 1988 en 1999?":   false,
		"Klopt het dat Zwolle en Breda groot zijn?":  false,
		"Hoeveel leden waren er in 1988 of in 1999?": true,
	} {
		u := understand(Request{Question: question})
		if _, ok := u.halves(); ok != want {
			t.Errorf("%q: two questions %v, want %v", question, ok, want)
		}
	}
}

// Who or what place a question takes for true is corrected.
func TestTheRightAgentIsNamed(t *testing.T) {
	s := texts(t, "werk", "# Werk van de SER\n## Verkenning\nDe verkenning over stages is gemaakt door het Jongerenplatform.\n## Kantoor\nHet kantoor van de SER staat in Den Haag.\n"+
		"## Geld\nHet onderzoek naar taal is betaald door het ministerie van Onderwijs.\n")
	answersWith(t, s, map[string]string{
		"Klopt het dat de verkenning over stages door de commissie Onderwijs is gemaakt?": "Jongerenplatform",
		"Staat het kantoor van de SER in Utrecht?":                                        "Den Haag",
		"Is het onderzoek naar taal door de SER betaald?":                                 "ministerie van Onderwijs",
		"Klopt het dat de begroting door de commissie Onderwijs is gemaakt?":              "",
	})
}

func TestStoriesAskNothing(t *testing.T) {
	for message, want := range map[string]string{
		"Wat is het verschil tussen een cao en een akkoord? Ik haal die altijd door elkaar.": "Wat is het verschil tussen een cao en een akkoord?",
		"Ik ben docent. Hoeveel leden heeft de raad?":                                        "Hoeveel leden heeft de raad?",
		"Ik ben docent. Mag dat?":                                                            "Ik ben docent. Mag dat?",
		"Hoeveel leden heeft de raad? En wie zijn dat?":                                      "Hoeveel leden heeft de raad? En wie zijn dat?",
		"De raad telt 36 leden. Hoeveel zijn er kroonlid?":                                   "De raad telt 36 leden. Hoeveel zijn er kroonlid?",
	} {
		if got := withoutStory(message); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}

func TestTheDifferenceOverTwoYears(t *testing.T) {
	s := texts(t, "deeltijd", "# Deeltijdwerk volgens de SER\n## Groei\nHet aandeel deeltijders was 31 procent in 1998. Het aandeel deeltijders was 38 procent in 2007. In negen jaar nam het aandeel deeltijders dus toe met 7 procentpunt.\n"+
		"## Duur\nEr is geen vaste termijn voor een advies over deeltijd.\n")
	answersWith(t, s, map[string]string{
		"Met hoeveel procentpunt steeg het aandeel deeltijders tussen 1998 en 2007?": "7 procentpunt",
		"Met hoeveel procentpunt steeg het aandeel deeltijders tussen 1998 en 2017?": "",
		"Hoe lang duurt een advies over deeltijd?":                                   "geen vaste termijn",
	})
}

// The words of questions are looked for in the words of texts, and not the other way
// round.
func TestQuestionsSayItTheirWay(t *testing.T) {
	s := texts(t,
		"kas", "# Geld van de SER\n## Herkomst\nDe raad krijgt zijn geld uit een fonds voor scholing.\n## Proeven\nIn 2017 deed de raad drie pilots met scholing in bedrijven.\n",
		"inhoud", "# Leden van de SER\n## Wie\nDe SER bestaat uit boeren, bakkers en smeden. De eerste vergadering van de SER was op 4 mei 1952.\n",
		"tekens", "# Het Handvest volgens de SER\n## Aantal\nIn 2020 ondertekenden 12 bedrijven en scholen het Handvest. Het totale aantal ondertekenaars van het Handvest kwam daarmee op 88.\n"+
			"## Loon\nDe SER noemde twee redenen voor het pensioen. Het pensioen begint bij 67 jaar. Een kapper is volgens de wet iemand die haar knipt.\n")
	answersWith(t, s, map[string]string{
		"Uit welk potje krijgt de raad geld?":                "fonds",
		"Hoeveel experimenten deed de raad in 2017?":         "drie",
		"Hoe is de SER opgebouwd?":                           "bakkers",
		"Op welke dag kwam de SER voor het eerst bijeen?":    "4 mei 1952",
		"De eerste vergadering van de SER was toch in 1953?": "1952",
		"Hoeveel bedrijven hebben het Handvest ondertekend?": "88",
		"Hoe hoog is het pensioen?":                          "",
		"Wat zijn de kosten van het Handvest?":               "",
		"In welk jaar is het Handvest begonnen?":             "",
		"Wat is een kapper volgens de SER?":                  "haar knipt",
	})
	asked, said := words("potje", "nl")[0], words("fonds", "nl")[0]
	if c := newComparer(asked); c.related(&said) < 0.8 {
		t.Error("potje does not ask for a fonds")
	}
	if c := newComparer(said); c.related(&asked) > 0 {
		t.Error("fonds asks for a potje")
	}
}

// A word is spelled by the same words whatever was asked before.
func TestLemmasDoNotDependOnOrder(t *testing.T) {
	for _, texts := range [][]string{{"Bij wet.", "Dat staat bij de wet."}, {"Dat staat bij de wet.", "Bij wet."}} {
		r := newReader()
		for _, text := range texts {
			for _, l := range r.share("nl", words(text, "nl")) {
				if l.text == "bij" && l.capital {
					t.Errorf("%q: the first word of a sentence is a name", texts)
				}
			}
		}
	}
}

func TestTwoSentencesAreOfOneThing(t *testing.T) {
	s := texts(t, "nummers", "# Nummers van adviezen van de SER\n## Zonder\nHet advies over havens van 9 juni 1957 heeft geen nummer. Ook bij het advies 'Klei en zand' uit mei 2024 staat geen nummer.\n")
	answersWith(t, s, map[string]string{"Op welke dag verscheen het advies Klei en zand?": "", "Op welke dag in mei 2024 verscheen Klei en zand?": ""})
}

// Who says something, what is asked of a thing and which one in a row it is have to be met.
func TestNearMissesAreDeclined(t *testing.T) {
	s := texts(t,
		"advies", "# Advies 2012/07 van de SER\n## Inhoud\nDe SER wilde in advies 2012/07 minder regels. De minister vond van advies 2012/09 dat het te duur was.\n"+
			"## Leiding\nEen commissie met Jansen als voorzitter bereidde advies 2012/07 voor.\n",
		"dag", "# De Dag van het Water van de SER\n## Toen\nDe Dag van het Water was op 5 mei 2021. In 2021 kwamen 90 bedrijven naar de Dag van het Water. Het platform reikt een prijs uit: de Blauwe Prijs.\n"+
			"## Clubs\nIn het platform zitten negen jongerenorganisaties.\n")
	answersWith(t, s, map[string]string{
		"Wat wilde de SER in advies 2012/07?":                        "minder regels",
		"Wat vond het kabinet van advies 2012/07?":                   "",
		"Wat is de leeftijd van de voorzitter?":                      "",
		"Wanneer was de Dag van het Water?":                          "5 mei 2021",
		"Wanneer was de eerste Dag van het Water?":                   "",
		"Hoeveel bedrijven kwamen naar de eerste Dag van het Water?": "",
		"Wie won de Nobelprijs?":                                     "",
		"Hoeveel clubs zitten er in het platform?":                   "negen",
		"In welke straat was de Dag van het Water?":                  "",
	})
}
