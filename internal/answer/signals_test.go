package answer

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The weights in the program are whole: every signal has a line, and the forms of
// question too.
func TestWeightsAreWhole(t *testing.T) {
	for i, name := range signalNames {
		if name == "" || slices.Index(signalNames[:], name) != i {
			t.Errorf("signal %d has no name of its own: %q", i, name)
		}
		if !strings.Contains(weightsFile, "\n"+name+"\t") {
			t.Errorf("weights.tsv has no line for %q", name)
		}
	}
	for _, f := range []Form{FormNumber, FormDate, FormWho, FormDefinition, FormWhere, FormWhy, FormHow, FormList, FormYesNo, FormOpen} {
		if _, ok := weights.Forms[f]; !ok {
			t.Errorf("weights.tsv has no line for form:%s", f)
		}
	}
	if weights.Least <= 0 || weights.Least >= 1 {
		t.Errorf("least is %v: nothing or everything would be declined", weights.Least)
	}
}

func TestReadWeightsRefuses(t *testing.T) {
	for _, line := range []string{"coverage\t1", "coverage\t1\tmuch", "nothing\t1\t2", "constant", "form:who\t1\t2", "least\t0.2\t3"} {
		if _, err := ReadWeights("# a note\n" + line + "\n"); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// What is written is read again as it was.
func TestWeightsKeep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		thousandths := rapid.Map(rapid.IntRange(-99_999, 99_999), func(n int) float64 { return float64(n) / 1000 })
		w := &Weights{Forms: make(map[Form]float64)}
		for i := range w.Order {
			w.Order[i], w.Decide[i] = thousandths.Draw(t, "order"), thousandths.Draw(t, "decide")
		}
		for _, f := range []Form{FormWho, FormOpen} {
			w.Forms[f] = thousandths.Draw(t, "form")
		}
		w.Constant, w.Lead, w.Least = thousandths.Draw(t, "constant"), thousandths.Draw(t, "lead"), float64(rapid.IntRange(0, 100).Draw(t, "least"))/100
		got, err := ReadWeights(w.String())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(w, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestQuestionOnEach(t *testing.T) {
	for question, want := range map[string][]string{
		"Hoeveel leden hebben de platforms van Amsterdam en Rotterdam?":      {"Hoeveel leden hebben de platforms van Amsterdam?", "Hoeveel leden hebben de platforms van Rotterdam?"},
		"Welk platform is groter: dat van Amsterdam of dat van Rotterdam?":   {"Welk platform is groter: dat van Amsterdam?", "Welk platform is groter: dat van Rotterdam?"},
		"Hoeveel leden waren er in 1990 en in 2000?":                         {"Hoeveel leden waren er in 1990?", "Hoeveel leden waren er in 2000?"},
		"Wat doen werkgevers en werknemers?":                                 nil,
		"Wie zijn er lid en wat doen ze?":                                    nil,
		"How many members did Amsterdam and Rotterdam have in these years?":  {"How many members did Amsterdam have in these years?", "How many members did Rotterdam have in these years?"},
		"Wat vond de raad in 1954 en hoe dacht de Stichting daar toen over?": nil,
	} {
		lang := "nl"
		if strings.HasPrefix(question, "How") {
			lang = "en"
		}
		if diff := cmp.Diff(want, onEach(question, lang)); diff != "" {
			t.Errorf("%q: %s", question, diff)
		}
	}
}

func TestOtherReadings(t *testing.T) {
	for question, want := range map[string]string{
		"wie betaalt de SER, gaat dat van mijn belastinggeld?":                                "wie betaalt de SER?",
		"Waar staat het gebouw, weet jij dat?":                                                "",
		"Is de SER oud, en is dat zo gebleven?":                                               "",
		"Wat zegt advies 14/04, over convenanten?":                                            "",
		"Klopt het dat de verkenning 'Hoge verwachtingen' door de commissie IMVO is gemaakt?": "door wie de verkenning 'Hoge verwachtingen' is gemaakt?",
		"Klopt het dat de SER wetten maakt?":                                                  "",
	} {
		u := understand(Request{Question: question, Lang: "nl"})
		got := ""
		for _, r := range u.otherReadings() {
			got = r.u.Question
		}
		if got != want {
			t.Errorf("%q is also read as %q, want %q", question, got, want)
		}
	}
}

// A number that is of the wrong person, a sentence that says only how many there are,
// and one that says the question again do not answer.
func TestAnswersNothingNew(t *testing.T) {
	l := newLibrary(t)
	l.passages = nil
	l.add("advies", "2025-05-01", "nl", "# Het advies over vaardigheden\n## De inhoud\nHet advies over vaardigheden heeft vier aanbevelingen. "+
		"De vergadering over het advies was lang. De commissie Scholing bereidde het advies over vaardigheden voor.\n")
	s := New(Config{Retriever: l})
	for _, tt := range []struct {
		question string
		want     string // "" for none
	}{
		{"Hoeveel aanbevelingen heeft het advies over vaardigheden?", "vier aanbevelingen"},
		{"Welke commissie bereidde het advies over vaardigheden voor?", "commissie Scholing"},
		{"Hoe laat begon de vergadering over het advies over vaardigheden?", ""},
		{"Wat kost het advies over vaardigheden?", ""},
	} {
		a := ask(t, s, Request{Question: tt.question})
		switch {
		case tt.want == "" && len(a.Sentences) > 0:
			t.Errorf("%q: answered %q", tt.question, a.Text)
		case tt.want != "" && (len(a.Sentences) == 0 || !strings.Contains(a.Sentences[0].Text, tt.want)):
			t.Errorf("%q: %s %q, want %q first", tt.question, a.Status, a.Text, tt.want)
		}
	}
}

// Samples are what the answer was chosen among, in the order of the choice.
func TestSamplesAreTheCandidates(t *testing.T) {
	s := New(Config{Retriever: newLibrary(t)})
	req := Request{Question: "Hoeveel leden heeft de SER?"}
	samples, form, err := s.Samples(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	a := ask(t, s, req)
	if form != FormNumber || len(samples) == 0 || len(a.Citations) == 0 || samples[0].Text != a.Citations[0].Quote || !strings.Contains(samples[0].Said, samples[0].Text) {
		t.Fatalf("%s, %d samples, first %+v; answered %q", form, len(samples), samples[:min(1, len(samples))], a.Text)
	}
	for _, x := range samples {
		if len(x.Signals) != len(SignalNames()) {
			t.Fatalf("%d signals, %d names", len(x.Signals), len(SignalNames()))
		}
	}
	if samples, _, err := s.Samples(t.Context(), Request{Question: "hallo"}); err != nil || len(samples) != 0 {
		t.Errorf("a greeting has %d samples, %v", len(samples), err)
	}
}

// What was masked asks nothing, and neither do the sentences it stands in.
func TestMaskedAsksNothing(t *testing.T) {
	for message, want := range map[string]string{
		"Hoeveel leden heeft de SER? Mijn bsn is [bsn], bel [telefoon].": "Hoeveel leden heeft de SER?",
		"Mijn mail is [e-mail]. Wat is de SER?":                          "Wat is de SER?",
		"Hoeveel leden heeft de SER volgens [e-mail]?":                   "Hoeveel leden heeft de SER volgens ?",
		"Mijn rekening is [iban]":                                        "Mijn rekening is",
		"Wat staat er in [deze tekst]?":                                  "Wat staat er in [deze tekst]?",
	} {
		if got := withoutMasked(message); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}
