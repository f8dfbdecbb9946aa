package answer

import (
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// The most direct sentence comes first, and what only shares the question's words is not
// said at all.
func TestTheMostDirectComesFirst(t *testing.T) {
	s := texts(t, "raad", "# De SER\n## Wie er in de raad zitten\n"+
		"In de SER zitten naast ondernemers ook werknemers en kroonleden. De kroonleden zijn onafhankelijk. Kroonleden brengen kennis van buiten mee. ¹ De drie groepen overleggen elke maand. De SER bestaat sinds 1950.\n"+
		"## Waar de raad werkt\nDe SER heeft ook een platform. Jongeren hebben een eigen plaats bij de SER. Het gebouw van de SER staat in Den Haag.\n",
		"dag", "# De Dag van het Gesprek\n## Een drukke dag\n"+
			"De Dag van het Gesprek kreeg in 2023 veel aandacht. De Dag van het Gesprek 2023 was op 5 oktober 2023. Wie praat er mee op de Dag van het Gesprek?\n"+
			"## Voor wie\nDe folder met tips voor sprekers hoort bij de Dag van het Gesprek. Iedereen met een vraag kan bij de Dag van het Gesprek terecht.\n",
		"taal", "# Samen werken aan taal\n## Het advies van de SER\n"+
			"Het advies 'Samen werken aan taal' noemt 2,5 miljoen mensen. Het kabinet wilde advies van de SER over taal op het werk. De SER wil dat bedrijven taal op het werk betalen.\n"+
			"## Wat is het Bureau Taal in Bedrijf?\nHet Bureau Taal in Bedrijf helpt met taal. Taal betekent hoe mensen met elkaar praten.\n")
	for _, tt := range []struct {
		question, first string
		not             string // in no sentence
	}{
		{"Wat is de rol van de kroonleden?", "Kroonleden brengen kennis van buiten mee.", "drie groepen"},
		{"What is the role of the Crown members?", "Kroonleden brengen kennis van buiten mee.", "drie groepen"},
		{"Wat doen kroonleden?", "Kroonleden brengen kennis van buiten mee.", "drie groepen"},
		{"Waar zit de SER?", "in Den Haag", ""},
		{"Welke partijen zitten in de SER?", "In de SER zitten naast ondernemers ook werknemers en kroonleden.", ""},
		{"Wanneer is de Dag van het Gesprek?", "op 5 oktober 2023", ""},
		{"Voor wie is de Dag van het Gesprek?", "Iedereen met een vraag", "?"},
		{"Wat is taal?", "Taal betekent", ""},
		{"Wat vindt de SER van taal op het werk?", "De SER wil dat bedrijven", ""},
	} {
		a := ask(t, s, Request{Question: tt.question})
		if a.Status != corpus.Answered || !strings.Contains(a.Sentences[0].Text, tt.first) || tt.not != "" && strings.Contains(a.Text, tt.not) || strings.Contains(a.Text, "¹") {
			t.Errorf("%q: %s %q, want %q first", tt.question, a.Status, a.Text, tt.first)
		}
	}
	answersWith(t, s, map[string]string{
		"Hoeveel mensen werken er in Nederland?":            "",
		"Kan iedereen meepraten op de Dag van het Gesprek?": "",
	})
}

// An ordinal orders one kind of thing, a short function word is only itself, and a word
// for publications does not say which one.
func TestWhatOnlyLooksAlike(t *testing.T) {
	for _, pair := range [][2]string{{"volgen", "volgens"}, {"eens", "een"}} {
		asked, said := words(pair[0], "nl")[0], words(pair[1], "nl")[0]
		if c := newComparer(asked); c.related(&said) != 0 {
			t.Errorf("%q says %q", pair[1], pair[0])
		}
	}
	s := texts(t, "over", "# Hoe de SER schrijft\n## Boeken\n"+
		"In een gedrukt boek staat de vraag in het eerste hoofdstuk. Een plan betekent veel voor bedrijven. De overheid moet volgens dit advies investeren.\n"+
		"## Pensioen\nHet advies over taal van de SER verscheen in april 2019. Het advies over het pensioen van de SER verscheen in juni 2019.\n")
	for question, not := range map[string]string{
		"Wat was het eerste boek van de SER?":              "hoofdstuk",
		"Wat betekent unaniem?":                            "bedrijven",
		"Wanneer verscheen het pensioenadvies van de SER?": "april",
	} {
		if a := ask(t, s, Request{Question: question}); len(a.Sentences) > 0 && strings.Contains(a.Sentences[0].Text, not) {
			t.Errorf("%q: %q", question, a.Text)
		}
	}
}
