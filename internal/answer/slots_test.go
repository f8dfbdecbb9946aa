package answer

import (
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// A sentence may say all the words of a question and still not answer it.
func TestOpenSlotsAreDeclined(t *testing.T) {
	s := texts(t, "platform", "# Het Jongerenplatform van de SER\n## Leden\n"+
		"Het Jongerenplatform bestaat uit elf jongerenorganisaties. Drie leden schreven in 2019 een minderheidsnota over stages.\n"+
		"## Vergaderen\nDe eerste vergadering van het Jongerenplatform was op 3 mei 2016. De SER wil schone energie.\n"+
		"## De Stichting\nIn de Stichting van de Arbeid zitten geen kroonleden. Sinds 2023 zijn 12 van de 36 leden van de raad kroonlid.\n"+
		"## Prijs\nDe Award is een prijs voor inclusieve bedrijven. Stedin won de Award in 2023.\n",
		"gebouw", "# De SER\n## Het gebouw\nHet gebouw van de SER staat in Den Haag.\n"+
			"## Taal\nIn 2021 bracht de SER een advies over taal uit, voor 300 scholen.\n"+
			"## Tarief\nDe SER noemde per uur een tariefgrens van 30 tot 35 euro.\n")
	for question, want := range map[string]string{
		"Uit hoeveel organisaties bestaat het Jongerenplatform?":        "elf",
		"Wie zijn de elf jongerenorganisaties in het Jongerenplatform?": "",
		"Noem de namen van de elf jongerenorganisaties.":                "",
		"Hoe heten de drie leden die de minderheidsnota schreven?":      "",
		"Hoeveel leden schreven de minderheidsnota?":                    "Drie",
		"Wanneer was de eerste vergadering van het Jongerenplatform?":   "3 mei 2016",
		"Hoe laat begon de vergadering van het Jongerenplatform?":       "",
		"Wat vindt de SER van schone energie?":                          "schone energie",
		"Wat vindt de SER van kernenergie?":                             "",
		"Hoeveel leden heeft de Stichting van de Arbeid?":               "",
		"Welke bedrijven wonnen de Award?":                              "Stedin",
		"Waar staat het gebouw van de SER?":                             "Den Haag",
		"Wordt het morgen mooi weer in Den Haag?":                       "",
		"In welke straat staat het gebouw van de SER?":                  "",
		"Hoeveel adviezen bracht de SER uit in 2021?":                   "",
		"Wat bracht de SER uit in 2021?":                                "taal",
		"Is het leuk wonen in Den Haag?":                                "",
		"Hoeveel euro per jaar kost de SER?":                            "",
	} {
		a := ask(t, s, Request{Question: question})
		switch {
		case want == "" && len(a.Sentences) > 0:
			t.Errorf("%q: answered %q", question, a.Text)
		case want != "" && (a.Status == corpus.NoAnswer || !strings.Contains(a.Text, want)):
			t.Errorf("%q: %s %q, want %q", question, a.Status, a.Text, want)
		}
	}
}

func TestWhatIsToComeIsInNoDocument(t *testing.T) {
	for question, want := range map[string]Intent{
		"Komt er volgende week een nieuw advies?":                IntentOutside,
		"Will there be a meeting tomorrow?":                      IntentOutside,
		"Wat zegt de SER over de arbeidsmarkt van morgen?":       IntentAsk,
		"Is er aandacht voor de arbeidsmarkt van morgen?":        IntentAsk,
		"Hoeveel vergaderingen waren er in de week van 3 april?": IntentAsk,
	} {
		if got := intent(question); got != want {
			t.Errorf("%q: %s, want %s", question, got, want)
		}
	}
}

// That a programme is for both tells two things not apart; what each is does.
func TestComparisonsTellApart(t *testing.T) {
	l := newLibrary(t)
	l.passages = nil
	l.add("woorden", "2024-01-01", "nl", "# Diversiteit en inclusie bij de SER\n## Woorden\n"+
		"De SER heeft een programma voor diversiteit en inclusie. Diversiteit betekent dat er verschillende mensen werken. Inclusie betekent dat iedereen erbij hoort.\n")
	l.add("mlt2006", "2006-10-20", "nl", "# Middellangetermijnadviezen van de SER\n## Het advies van 2006\n"+
		"In het middellangetermijnadvies van 2006 wilde de SER meer participatie.\n## Het advies van 2021\nIn het middellangetermijnadvies van 2021 wilde de SER minder flexwerk.\n")
	s := New(Config{Retriever: l})
	for question, want := range map[string][]string{
		"Wat is het verschil tussen diversiteit en inclusie?":                   {"verschillende mensen", "erbij hoort"},
		"Hoe verschilt het middellangetermijnadvies van 2006 van dat van 2021?": {"participatie", "flexwerk"},
	} {
		a := ask(t, s, Request{Question: question})
		for _, w := range want {
			if !strings.Contains(a.Text, w) {
				t.Errorf("%q: %s %q, want %q", question, a.Status, a.Text, w)
			}
		}
	}
}

func TestPartsWithPrepositions(t *testing.T) {
	got := parts("Uit hoeveel organisaties bestaat het platform, en op welke vier gebieden hebben zij kennis?")
	if len(got) != 2 || got[1] != "op welke vier gebieden hebben zij kennis?" {
		t.Errorf("%q", got)
	}
}
