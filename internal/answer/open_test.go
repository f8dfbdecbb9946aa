package answer

import (
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// A sentence that is about all that is asked and leaves open which, who or how much does not
// answer, and neither does a lesser one beside it.
func TestWhatLeavesItOpenIsNoAnswer(t *testing.T) {
	s := texts(t, "havens", "# De SER en het Havenplatform\n## Wie meedoen\n"+
		"Het Havenplatform bestaat uit zes havenorganisaties. De zes havenorganisaties hebben kennis van twee onderwerpen:\n\n- sluizen;\n- loodsen.\n\n"+
		"Het Havenplatform hield in 2021 de bijeenkomst 'Zout en Zand' samen met de Zeehavenraad.\n"+
		"## Wie betalen\nVijf bedrijven sponsorden de Havendag. Sponsoren van de Havendag is iets anders dan het Charter Haven ondertekenen. "+
		"De Havendag hoort bij het SER-programma Haven en Stad.\n"+
		"## De raad\nSinds 2015 telt de SER 30 leden: 10 namens de ondernemers, 10 namens de werknemers en 10 kroonleden. De onafhankelijke deskundigen heten kroonleden. De SER werkt in een kantoor.\n")
	answersWith(t, s, map[string]string{
		"Welke organisaties zitten er in het Havenplatform?":     "",
		"Welke bedrijven sponsorden de Havendag?":                "",
		"Hoe heten de kroonleden van de SER?":                    "",
		"Hoe heten de onafhankelijke deskundigen in de SER?":     "kroonleden",
		"How many employees work at the SER office?":             "",
		"Waar was 'Zout en Zand'?":                               "",
		"Hoeveel bedrijven sponsorden de Havendag?":              "Vijf",
		"Over welke onderwerpen hebben de organisaties kennis?":  "sluizen",
		"Wie hield de bijeenkomst 'Zout en Zand' als redacteur?": "",
	})
}

// A number counts what stands with it: not whom it is for, and a share of the people counts
// people.
func TestNumbersCountWhatTheyAreOf(t *testing.T) {
	s := texts(t, "vissers", "# Vissers en hun werk\n## Omvang\n"+
		"Minder dan 2 procent van de beroepsbevolking deed visserswerk. De contributie van het Visplatform bedraagt 300 euro per jaar.\n"+
		"## Overzicht\nHet overzicht van de SER noemt uit die tijd tien rapporten: vier uit de jaren vijftig en zes uit de jaren zestig.\n")
	answersWith(t, s, map[string]string{
		"Hoeveel mensen deden visserswerk?":                            "2 procent",
		"Hoeveel mensen werken er bij de SER?":                         "",
		"Hoeveel bedraagt de contributie van het Visplatform?":         "300 euro",
		"Hoeveel rapporten uit de jaren vijftig noemt het overzicht?":  "vier uit de jaren vijftig",
		"Hoeveel rapporten uit de jaren zeventig noemt het overzicht?": "",
	})
}

// A question that names a publication by its title, with marks or without, is answered by
// what is about it: what follows on its title, and a footnote of its page.
func TestPublicationsNamedByTitle(t *testing.T) {
	s := texts(t, "boeken", "# Boeken van de SER\n## Twee rapporten\n"+
		"In 2011 verscheen een rapport over havens. De titel van dat rapport is 'Haven in zicht'. Het rapport telt 41 pagina's.\n"+
		"## Een ander\nIn 2015 verscheen het advies 'Land in zee'. Het advies 'Land in zee' gaat over dijken.\n")
	answersWith(t, s, map[string]string{
		"Hoeveel pagina's telt Haven in zicht?":         "41",
		"Hoeveel pagina's telt het advies Land in zee?": "",
		"Waar gaat het advies Land in zee over?":        "dijken",
	})
}

// What the cabinet or another body thinks is told by a sentence that names it as the one.
func TestOpinionsAreOfWhomIsAsked(t *testing.T) {
	s := texts(t, "reactie", "# Het advies over dijken\n## Reactie\n"+
		"De kabinetsreactie op het advies over dijken kwam op 3 maart 2020. De commissie Dijken bereidde advies 2019/05 over dijken voor. Advies 2019/05 gaat over een Europese wet voor dijken.\n"+
		"## De SER\nDe SER vond in advies 2019/05 hogere dijken nodig. De SER telt vier havenmeesters.\n## Anderen\nDe Stichting van de Haven heeft geen havenmeesters.\n")
	answersWith(t, s, map[string]string{
		"Wat vond het kabinet in zijn reactie van 3 maart 2020 van het advies over dijken?": "",
		"What did the European Commission say about advice 2019/05?":                        "",
		"Wat vond de SER in advies 2019/05 van dijken?":                                     "hogere dijken",
		"Heeft de SER havenmeesters?":                                                       "De SER telt",
		"Wat willen de werkgevers volgens advies 2019/05?":                                  "",
	})
}

// A word is explained by the sentence or row that says what it is, not by those that use it
// or are called after it.
func TestWordsAreExplained(t *testing.T) {
	s := texts(t, "woorden", "# Woorden van de SER\n## Afspraken\n"+
		"Advies 2012/02 heet 'Havenconvenanten'. De SER noemt in 'Havenconvenanten' een havenconvenant nieuw. Een convenant is een afspraak tussen partijen. De SER schreef tussen 1990 en 2010 over elk convenant.\n"+
		"## Beginselen\nHet motto van de SER is 'Denken en Doen'. De volgende hoofdstukken gaan over de regering.\n"+
		"## Het eerste\nHet eerste advies over havens telt 76 pagina's. Advies 2012/02 is het eerste havenadvies van de SER.\n")
	leadsWith(t, s, map[string]string{"Wat is een convenant?": "afspraak tussen partijen"})
	answersWith(t, s, map[string]string{
		"Wat was het eerste advies van de SER?":    "",
		"Moet de regering de hoofdstukken volgen?": "",
	})
	if a := ask(t, s, Request{Question: "Wat is een convenant?"}); strings.Contains(a.Text, "schreef tussen") {
		t.Errorf("%q", a.Text)
	}
}

// Being of one mind counts as what is asked, and a wrong year is put right by a sentence on
// the same subject only.
func TestAgreementAndWrongYears(t *testing.T) {
	s := texts(t, "stelsel", "# De SER en het havenstelsel\n## Standpunten\n"+
		"De SER vond in advies 1966/07 een herziening van het havenstelsel niet nodig. In 1975 was de SER verdeeld over een herziening van de vakbond.\n"+
		"## Werkwijze\nIedereen in de SER praat mee. Als leden het niet eens zijn, wordt hun mening afgedrukt.\n"+
		"## Toen en nu\nHet bureau heet nu Havenbureau. Vroeger heette het bureau Sluisbureau.\n")
	leadsWith(t, s, map[string]string{
		"Wat gebeurt er als niet iedereen het eens is?":                            "mening afgedrukt",
		"Vond de SER in september 1966 een herziening van het havenstelsel nodig?": "niet nodig",
		"Hoe heette het bureau vroeger?":                                           "Sluisbureau",
	})
}

// A numbered list goes on over the page.
func TestListsGoOnOverThePage(t *testing.T) {
	l := &library{}
	l.add("lijst", "2024-01-01", "nl", "# Sluizen\n## Voorbeelden\nDe SER geeft vier voorbeelden van sluizen:\n\n1. De Noordsluis is de oudste.\n2. De Zuidsluis is de breedste.\n")
	next := l.passages[len(l.passages)-1]
	next.Page, next.Start = next.Page+1, 0
	next.PageText = "3. De Oostsluis is de langste.\n4. De Westsluis is de nieuwste.\n\nSluizen kosten geld."
	next.Text, next.End = next.PageText, len([]rune(next.PageText))
	l.passages = append(l.passages, next)
	a, err := New(Config{Retriever: l}).Answer(t.Context(), Request{Question: "Noem de vier voorbeelden van sluizen."}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Noordsluis", "Zuidsluis", "Oostsluis", "Westsluis"} {
		if a.Status != corpus.Answered || !strings.Contains(a.Text, want) {
			t.Errorf("%s %q lacks %q", a.Status, a.Text, want)
		}
	}
	if strings.Contains(a.Text, "kosten geld") {
		t.Errorf("%q goes on behind the list", a.Text)
	}
}

// Two sentences that stand together answer together only where the second is of the first.
func TestTheNextThingIsAnother(t *testing.T) {
	s := texts(t, "anders", "# De SER over vissers\n## Vangst\nDe vangst was in 2012 hoog.\n## Netten\nNetten zijn duur.\n## Vloot\nDe vloot is oud.\n",
		"werkplaats", "# De commissie Havens\n## Werkplaatsen\n"+
			"De werkplaats over sluizen was in april 2023. De SER hield die werkplaats samen met de Waterraad. De werkplaats over dijken was in september 2023. De SER hield die werkplaats samen met het Dijkbureau.\n")
	answersWith(t, s, map[string]string{
		"Wanneer was de werkplaats met de Waterraad?":   "april 2023",
		"Wanneer was de werkplaats met het Dijkbureau?": "september 2023",
	})
	if a := ask(t, s, Request{Question: "Wanneer was de werkplaats met de Waterraad?"}); strings.Contains(a.Text, "september") {
		t.Errorf("%q", a.Text)
	}
}

// Whether the Council is something is decided by what is said of it, what is newest by a
// sentence that says so, and English words by their Dutch ones.
func TestWhatOnlyHasTheWords(t *testing.T) {
	s := texts(t, "overleg", "# Overleg\n## Cao's\nEen cao is een zaak van vakbonden en werkgeversorganisaties. De SER is een adviesorgaan voor de regering.\n"+
		"## Prijzen\nWEAR won de Havenprijs in 2021.\n## Wonen\nDe oudste kaarten zijn scans. De SER schreef in 2021 met het Woonbureau over wonen en prijzen. De SER publiceert zijn adviezen.\n")
	answersWith(t, s, map[string]string{
		"Is de SER een vakbond?":                 "",
		"Is de SER een adviesorgaan?":            "adviesorgaan",
		"Wat is het nieuwste advies van de SER?": "",
		"Wat is het oudste advies van de SER?":   "",
		"Who won the Havenprijs in 2021?":        "WEAR",
	})
	if a := ask(t, s, Request{Question: "Who won the Havenprijs in 2021?"}); strings.Contains(a.Text, "Woonbureau") {
		t.Errorf("%q", a.Text)
	}
}
