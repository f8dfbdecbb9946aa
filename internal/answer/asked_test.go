package answer

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

func TestInPlainWords(t *testing.T) {
	for asked, want := range map[string]string{
		"Wie draait er op voor de kosten van de SER?":                "Wie betaalt de SER?",
		"Van wie krijgt de SER z'n centen?":                          "wie betaalt de SER?",
		"Wat moet ik me voorstellen bij een kroonlid?":               "wat is een kroonlid?",
		"Kunt u mij vertellen wie de SER betaalt?":                   "wie de SER betaalt?",
		"Waar kan ik die oude adviezen vinden?":                      "waar staan oude adviezen?",
		"Wat had de SER te zeggen over flexwerk?":                    "Wat vond de SER van flexwerk?",
		"Wie betaalt de SER?":                                        "Wie betaalt de SER?",
		"Hoeveel leden telt de Raad van Toezicht van Draaiorgel BV?": "Hoeveel leden telt de Raad van Toezicht van Draaiorgel BV?",
	} {
		if got := inPlainWords(asked); got != want {
			t.Errorf("%q: %q, want %q", asked, got, want)
		}
	}
}

func FuzzInPlainWords(f *testing.F) {
	for _, q := range []string{"Wie draait er op voor de kosten van de SER?", "klopt dat?", "\xff", "wat is dat nou, ", ""} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, question string) {
		if len(question) > 2000 {
			return
		}
		if said := inPlainWords(question); strings.TrimSpace(said) == "" && strings.TrimSpace(question) != "" {
			t.Errorf("%q became nothing", question)
		}
		readComparison(question)
		asPremise(question)
	})
}

func TestPremisesAreAskedWithoutTheirNumber(t *testing.T) {
	for asked, want := range map[string]string{
		"Klopt het dat de SER 45 leden heeft?":                "de SER hoeveel leden heeft?",
		"De SER heeft 33 leden, klopt dat?":                   "De SER heeft hoeveel leden?",
		"Klopt het dat de SER in 1945 is opgericht?":          "wanneer de SER is opgericht?",
		"Is it true that the SER has 45 members?":             "the SER has how many members?",
		"Klopt het dat de SER onafhankelijk is?":              "",
		"Klopt het dat er tussen 1996 en 2023 iets was?":      "",
		"Is advies 14/04 unaniem?":                            "",
		"Heeft het Jongerenplatform toch ook zetels?":         "",
		"Hoeveel leden heeft de SER?":                         "",
		"Is het waar dat 300 bedrijven meededen in 2023?":     "hoeveel bedrijven meededen in 2023?",
		"Ik dacht dat de SER 12 kroonleden had, is dat waar?": "de SER hoeveel kroonleden had?",
	} {
		u := understand(Request{Question: asked})
		got := ""
		if u.instead != nil {
			got = u.instead.Question
		}
		if got != want {
			t.Errorf("%q: %q, want %q", asked, got, want)
		}
	}
}

func TestReadComparison(t *testing.T) {
	for asked, want := range map[string][4]string{
		"Vergelijk advies 14/04 en 21/08":                                       {"Waar gaat advies 14/04 over?", "Waar gaat advies 21/08 over?", "Advies 14/04", "Advies 21/08"},
		"Wat is het verschil tussen 1996 en 2023 in het aantal leden?":          {"1996 in het aantal leden?", "2023 in het aantal leden?", "1996", "2023"},
		"Vergelijk het advies over ondernemingsraden van 1968 met dat van 1975": {"het advies over ondernemingsraden van 1968?", "het advies over ondernemingsraden van 1975?", "1968", "1975"},
		"Wat is het verschil tussen de SER en de Stichting van de Arbeid?":      {"Wat is de SER?", "Wat is de Stichting van de Arbeid?", "", ""},
		"What is the difference between 2006 and 2021?":                         {"2006 de SER?", "2021 de SER?", "2006", "2021"},
	} {
		c := readComparison(asked)
		if c == nil {
			t.Errorf("%q: no comparison", asked)
			continue
		}
		if got := [4]string{c.questions[0], c.questions[1], c.labels[0], c.labels[1]}; got != want {
			t.Errorf("%q: %q, want %q", asked, got, want)
		}
	}
	for _, asked := range []string{"Wie betaalt de SER?", "Wat maakt het verschil?", "Verschilt dat?"} {
		if c := readComparison(asked); c != nil {
			t.Errorf("%q: %+v", asked, c)
		}
	}
}

func TestFollowUpsKeepToTheirSubject(t *testing.T) {
	talk := func(questions ...string) (h []Exchange) {
		for _, q := range questions {
			h = append(h, Exchange{Question: q, Answer: "Stedin won de prijs in 2013."})
		}
		return h
	}
	for _, tt := range []struct {
		history  []Exchange
		question string
		want     string
	}{
		{talk("Wie won de Award in de categorie mkb?"), "En in de categorie grootbedrijf?", "Wie won de Award in de categorie grootbedrijf?"},
		{talk("Wie won de Award?"), "Wat is dat voor bedrijf?", "Wat is Stedin? bedrijf"},
		{talk("Wat is advies 14/04?"), "Welke commissie bereidde dat voor?", "Welke commissie bereidde dat voor? advies 14/04"},
		{talk("Wie betaalt de SER?"), "En daarvoor?", "Wie betaalt de SER, tot 2013"},
		{talk("Wat is imvo?"), "Wat zei de SER daarover in 2014?", "Wat zei de SER daarover in 2014? imvo"},
		{talk("Wat is imvo?"), "Hoeveel leden heeft de Stichting van de Arbeid?", "Hoeveel leden heeft de Stichting van de Arbeid?"},
	} {
		if got := complete(tt.question, "nl", tt.history).question; got != tt.want {
			t.Errorf("%q: %q, want %q", tt.question, got, tt.want)
		}
	}
}

func TestSentencesNameWhatTheyPointAt(t *testing.T) {
	passage := func(text string, heading ...string) corpus.Passage {
		return corpus.Passage{Document: corpus.DocumentRef{Title: "Het SER Arboplatform"}, Heading: heading, Text: text, PageText: text, End: len([]rune(text))}
	}
	for text, want := range map[string]string{
		"Dit platform geeft informatie over gezond werken.":     "Dit platform [Arboplatform] geeft informatie over gezond werken.",
		"Deze commissie bereidde het advies in een jaar voor.":  "Deze commissie bereidde het advies in een jaar voor.",
		"Het Arboplatform geeft informatie over gezond werken.": "Het Arboplatform geeft informatie over gezond werken.",
	} {
		p := passage(text)
		cs, _ := newReader().candidates([]corpus.Passage{p})
		got := cs[0].named(nil)
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if v := VerifyIn(got, text, contextOf(&p)); !v.OK {
			t.Errorf("%q is not verified: %+v", got, v)
		}
	}
}

func TestSpeakers(t *testing.T) {
	for _, tt := range []struct {
		text    string
		kind    string
		section corpus.SectionKind
		want    corpus.Speaker
	}{
		{"De SER wil meer preventie op het werk.", "uitleg", "", corpus.SpeakerCouncil},
		{"Een minderheid van de SER wil de regels niet veranderen.", "uitleg", "", corpus.SpeakerMinority},
		{"De werkgevers vinden dat de regels te streng zijn.", "uitleg", "", corpus.SpeakerEmployers},
		{"Het kabinet wil de regels in dit jaar veranderen.", "uitleg", "", corpus.SpeakerCabinet},
		{"De regels moeten eenvoudiger worden voor iedereen.", "advies", corpus.SectionConclusion, corpus.SpeakerCouncil},
		{"De regels moeten eenvoudiger worden voor iedereen.", "advies", corpus.SectionMinority, corpus.SpeakerMinority},
		{"De regels moeten eenvoudiger worden voor iedereen.", "advies", corpus.SectionAnnex, ""},
		{"De regels moeten eenvoudiger worden voor iedereen.", "uitleg", "", ""},
		{"De SER telt sinds 2023 in totaal 36 leden.", "advies", "", ""},
	} {
		p := corpus.Passage{Document: corpus.DocumentRef{Type: tt.kind}, Section: tt.section, Text: tt.text, PageText: tt.text}
		cs, _ := newReader().candidates([]corpus.Passage{p})
		if got := cs[0].speaker(); got != tt.want {
			t.Errorf("%q in %s %s: %q, want %q", tt.text, tt.kind, tt.section, got, tt.want)
		}
	}
}

// clockwork is a catalogue that counts how often it is asked.
type clockwork struct {
	asked int
	fail  bool
}

func (c *clockwork) Standing(context.Context) (corpus.Standing, error) {
	c.asked++
	if c.fail {
		return corpus.Standing{}, errors.New("down")
	}
	return corpus.Standing{ReferenceDate: "2026-11-01"}, nil
}

func TestStandingIsKept(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := &clockwork{}
	s := &standing{catalogue: c, log: slog.New(slog.DiscardHandler), clock: func() time.Time { return now }}
	asked := func(state string) corpus.Date { return s.of(t.Context(), state).ReferenceDate }
	var got []corpus.Date
	got = append(got, asked("1"), asked("1"), asked("2"))
	now = now.Add(2 * standingKept)
	c.fail = true
	got = append(got, asked("2"), asked("2"))
	if slices.ContainsFunc(got, func(d corpus.Date) bool { return d != "2026-11-01" }) || c.asked != 4 {
		t.Errorf("%v after asking %d times", got, c.asked)
	}
	if d := (&standing{}).of(t.Context(), "1").ReferenceDate; d != "" {
		t.Errorf("a date %q without a catalogue", d)
	}
}
