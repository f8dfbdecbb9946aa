package answer

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// waterShelf has two documents that disagree because one is older, the older one first.
func waterShelf(older, newer string) shelf {
	var s shelf
	for i, d := range []struct{ id, date, page string }{{"oud", "2005-03-01", older}, {"nieuw", "2021-06-01", newer}} {
		s = append(s, corpus.Passage{
			ChunkID: int64(i + 1), Document: corpus.DocumentRef{ID: d.id, Title: "Het Waterplatform", Type: "advies", Date: corpus.Date(d.date)}, Language: "nl",
			Version: 1, VersionID: int64(i + 1), Page: 1, PageLabel: "1", End: len([]rune(d.page)), Text: d.page, PageText: d.page, Kind: corpus.BlockParagraph, Score: 1,
		})
	}
	return s
}

// What documents of different years say differently is said with its year, newest first,
// whoever composes the answer and whatever a model leaves out of it.
func TestDisagreementOverTime(t *testing.T) {
	const (
		older = "Het secretariaat van het Waterplatform heeft 45 medewerkers. De voorzitter van het Waterplatform is Anna de Boer. Het Waterplatform vergadert vier keer per jaar in Utrecht."
		newer = "Het secretariaat van het Waterplatform heeft 62 medewerkers. De voorzitter van het Waterplatform is Karel Smit. Het Waterplatform vergadert zes keer per jaar in Zwolle."
		count = "Hoeveel medewerkers heeft het secretariaat van het Waterplatform?"
	)
	both := []string{"2021: Het secretariaat van het Waterplatform heeft 62 medewerkers.", "2005: Het secretariaat van het Waterplatform heeft 45 medewerkers."}
	for name, tt := range map[string]struct {
		question  string
		writes    string // a model; "" for none
		rephrased string // what it makes of sentences that were dropped
		fails     error
		want      []string
	}{
		"a number":           {question: count, want: both},
		"a name":             {question: "Wie is de voorzitter van het Waterplatform?", want: []string{"2021: De voorzitter van het Waterplatform is Karel Smit.", "2005: De voorzitter van het Waterplatform is Anna de Boer."}},
		"a frequency":        {question: "Hoe vaak vergadert het Waterplatform?", want: []string{"2021: Het Waterplatform vergadert zes keer per jaar in Zwolle.", "2005: Het Waterplatform vergadert vier keer per jaar in Utrecht."}},
		"in English":         {question: "How many employees does the secretariat of the Waterplatform have?", want: []string{"2021: According to “Het Waterplatform” (p. 1, in Dutch): “Het secretariaat van het Waterplatform heeft 62 medewerkers.”", "2005: According to “Het Waterplatform” (p. 1, in Dutch): “Het secretariaat van het Waterplatform heeft 45 medewerkers.”"}},
		"model, newest only": {question: count, writes: "Het secretariaat heeft 62 medewerkers [4].", want: []string{"2021: Het secretariaat heeft 62 medewerkers.", both[1]}},
		"model, older only":  {question: count, writes: "Het secretariaat heeft 45 medewerkers [1].", want: []string{both[0], "2005: Het secretariaat heeft 45 medewerkers."}},
		"model, older first": {question: count, writes: "Het secretariaat heeft 45 medewerkers [1]. Er zijn 62 medewerkers bij het secretariaat [4].",
			want: []string{both[0], "2005: Het secretariaat heeft 45 medewerkers.", "2021: Er zijn 62 medewerkers bij het secretariaat."}},
		"model, broken off": {question: count, writes: "Het secretariaat heeft 62 medewerkers [4]. Het", fails: errors.New("reset"), want: []string{"2021: Het secretariaat heeft 62 medewerkers.", both[1]}},
		"model, rephrased": {question: count, writes: "Het secretariaat heeft 62 medewerkers [4]. Er zijn 46 medewerkers bij het secretariaat [1].", rephrased: "Er zijn 45 medewerkers bij het secretariaat [1].",
			want: []string{"2021: Het secretariaat heeft 62 medewerkers.", "2005: Er zijn 45 medewerkers bij het secretariaat."}},
		"model, about other": {question: count, writes: "De voorzitter is Karel Smit [5].", want: []string{"De voorzitter is Karel Smit."}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Retriever: waterShelf(older, newer), Catalogue: dated{}}
			w := &scripted{pieces: letters(tt.writes), rephrased: tt.rephrased, err: tt.fails}
			if tt.writes != "" {
				cfg.Writer = w
			}
			result, err := New(cfg).Run(t.Context(), Request{ID: "t", Question: tt.question}, nil)
			if err != nil {
				t.Fatal(err)
			}
			a := result.Answer
			var said []string
			for _, s := range a.Sentences {
				said = append(said, s.Text)
				if len(s.Citations) == 0 {
					t.Errorf("%q has no citation", s.Text)
				}
			}
			if diff := cmp.Diff(tt.want, said); diff != "" {
				t.Errorf("%s by %s: %s", a.Status, a.Model, diff)
			}
			if (a.Notice == noticeContinued.nl+" Let op: ‘Het Waterplatform’ is vervangen door ‘Het nieuwe advies’ (2024-05-01).") != (tt.fails != nil) {
				t.Errorf("notice %q", a.Notice)
			}
		})
	}
	// Of long sentences most is the same.
	long := func(number string) string {
		return "Het secretariaat van het Waterplatform heeft samen met de stichting " + number + " vaste medewerkers in dienst op het kantoor aan de haven."
	}
	a := must(New(Config{Retriever: waterShelf(long("45"), long("62"))}).Answer(t.Context(), Request{Question: "Hoeveel medewerkers heeft het Waterplatform in dienst?"}, nil))
	if want := "2021: " + long("62") + " [1] 2005: " + long("45") + " [2]"; a.Text != want {
		t.Errorf("long sentences: %s", a.Text)
	}
	// What is of one year, of other things, or says its year itself gets none.
	for name, tt := range map[string]struct {
		shelf
		question string
	}{
		"years":        {waterShelf("In 2004 had het secretariaat van het Waterplatform 45 medewerkers.", "Sinds 2020 heeft het secretariaat van het Waterplatform 62 medewerkers."), count},
		"other things": {waterShelf("Het bestuur van het Klimaatberaad heeft 45 medewerkers.", newer), count},
		"agreed":       {waterShelf("Het secretariaat van het Waterplatform heeft precies 62 medewerkers.", newer), count},
		"of the past":  {waterShelf("Het secretariaat van het Waterplatform had toen 45 medewerkers.", newer), count},
		"of what is asked": {
			waterShelf("De commissie Haven schreef het advies over de dijken van het Waterplatform.", "De commissie Kust schreef het advies over de dijken van het Waterplatform."),
			"Wat schreef de commissie Kust van het Waterplatform?",
		},
		"another order": {waterShelf("Het gebouw van het Waterplatform staat in Utrecht.", "De Kustdag was in het gebouw van het Waterplatform."), "Waar staat het gebouw van het Waterplatform?"},
	} {
		a := must(New(Config{Retriever: tt.shelf}).Answer(t.Context(), Request{Question: tt.question}, nil))
		for _, said := range a.Sentences {
			if said.Text[:2] == "20" {
				t.Errorf("%s: %q", name, said.Text)
			}
		}
		if len(a.Sentences) == 0 {
			t.Errorf("%s: %s", name, a.Status)
		}
	}
}

// must is for calls that fail only when the test is wrong.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return v
}

// What was so until a year is not said to be so.
func TestModelKeepsThePastPast(t *testing.T) {
	const page = "Van 1996 tot 2023 telde het Waterplatform 33 leden. Sinds 2023 telt het Waterplatform 36 leden."
	docs := waterShelf("De heffing van het Waterplatform gaat naar de dijken.", page)[1:]
	docs[0].Document.Date = "2026-11-01"
	for says, want := range map[string]string{
		"Het Waterplatform telt 33 leden [1].":                  "",
		"Het Waterplatform heeft 33 leden [1].":                 "",
		"The Waterplatform has 33 members [1].":                 "",
		"Het Waterplatform heeft 33 leden.":                     "",
		"Van 1996 tot 2023 had het Waterplatform 33 leden [1].": "Van 1996 tot 2023 had het Waterplatform 33 leden.",
		"Vroeger telde het Waterplatform 33 leden [1].":         "Vroeger telde het Waterplatform 33 leden.",
		"Het Waterplatform heeft 36 leden [2].":                 "Het Waterplatform heeft 36 leden.",
	} {
		a := must(New(Config{Retriever: docs, Writer: &scripted{pieces: letters(says)}}).Answer(t.Context(), Request{Question: "Hoeveel leden heeft het Waterplatform?", Lang: map[bool]string{true: "en"}[says[:3] == "The"]}, nil))
		if by := map[bool]string{true: "test-model", false: ModelExtractive}[want != ""]; a.Model != by || want != "" && a.Sentences[0].Text != want || len(a.Sentences) == 0 && want != "" {
			t.Errorf("%q by %s: %s", says, a.Model, a.Text)
		}
	}
}
