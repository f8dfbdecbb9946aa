package retrieval

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// indexOf is an index of texts, each a chunk of a document of its own; a text may
// begin with a publication number and a bar.
func indexOf(t testing.TB, texts ...string) *Index {
	t.Helper()
	a := testAnalyzer(t)
	x, vocab, change := NewIndex(a), vocabularyOf{}, Change{State: 1}
	for i, text := range texts {
		number, rest, ok := strings.Cut(text, "|")
		if !ok {
			number, rest = "", text
		}
		change.Add = append(change.Add, Entry{ChunkID: int64(i + 1), VersionID: int64(i + 1), Document: "d", Number: number,
			Terms: a.Document("", nil, rest).Encode(vocab.id)})
	}
	change.Words = vocab.words()
	if err := x.Apply(change); err != nil {
		t.Fatal(err)
	}
	return x
}

// order is the chunks that a query ranks, best first.
func order(x *Index, text string) []int64 {
	s := x.current.Load()
	q := s.analyse(Query{Text: text}, steps{})
	r := &ranking{desk: new(desk), s: s, q: q}
	for _, h := range s.bm25(q.terms, nil, 100) {
		r.candidates = append(r.candidates, candidate{hit: h})
	}
	r.addNumbered(nil)
	r.rank(allSignals, func() {})
	var ids []int64
	for _, c := range r.candidates {
		ids = append(ids, c.chunk.id)
	}
	return ids
}

func TestMisspeltWordsAreCorrectedToTheCorpus(t *testing.T) {
	x := indexOf(t, "de ondernemingsraad vergadert", "een ondernemingsraad kiezen", "pensioen en pensioenen", "het pensioen", "zeldzaamheid")
	s := x.current.Load()
	tests := map[string]string{
		"ondernemingsraad":  "ondernemingsraad",
		"ondernemigsraad":   "ondernemingsraad", // a letter too few
		"ondernmeingsraad":  "ondernemingsraad", // letters changed places
		"ondernemmingsraat": "ondernemingsraad", // two edits in a long word
		"pensoen":           "pensioen",
		"pnsoen":            "pnsoen", // two edits in a short word
		"zeldzaamheit":      "zeldzaamheit",
		"markt":             "markt", // a word, only not one of the corpus
		"2015":              "2015",
	}
	for text, want := range tests {
		if got := s.ask(text, 1, steps{}).text; got != want {
			t.Errorf("%q is taken for %q, want %q", text, got, want)
		}
	}
}

func TestEditsIsSymmetricAndBounded(t *testing.T) {
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abc")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := edits(a, b, 20)
		if d != edits(b, a, 20) || (d == 0) != (a == b) || d > max(len(a), len(b)) {
			t.Fatalf("edits(%q, %q) = %d, the other way %d", a, b, d, edits(b, a, 20))
		}
		if limited := edits(a, b, 1); d <= 1 && limited != d || d > 1 && limited != 2 {
			t.Fatalf("edits(%q, %q) = %d, limited to 1: %d", a, b, d, limited)
		}
	})
}

func TestAbbreviationsAreReadFromTheCorpus(t *testing.T) {
	x := indexOf(t,
		"De Sociaal-Economische Raad (SER) adviseert.", "Volgens de Sociaal-Economische Raad (SER) klopt dat.",
		"Het Algemeen arbeidsbeleid (AAB) van nu.", "Dat is het algemeen arbeidsbeleid (AAB).",
		"De Wet op de ondernemingen (WOO) geldt.", "De Wet op de ondernemingen (WOO) geldt niet.",
		"Eenmaal het Centraal Bureau Statistiek (CBS).", "raad en markt")
	s := x.current.Load()
	want := map[string][]string{"ser": {"sociaal", "economische", "raad"}, "aab": {"algemeen", "arbeidsbeleid"}, "woo": {"wet", "ondernemingen"}}
	if diff := cmp.Diff(want, s.abbreviations.long); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	words := func(text string) (out []string) {
		q := s.analyse(Query{Text: text}, steps{synonyms: true})
		for _, w := range q.words {
			out = append(out, w.text)
		}
		for _, w := range q.implied {
			out = append(out, w.text)
		}
		return out
	}
	if diff := cmp.Diff([]string{"ser", "sociaal", "economische", "raad"}, words("Wat is de SER?")); diff != "" {
		t.Errorf("short to long (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"sociaal", "economische", "raad", "ser"}, words("sociaal-economische raad")); diff != "" {
		t.Errorf("long to short (-want +got):\n%s", diff)
	}
}

func TestQuotedPhrasesAndNumbersGoFirst(t *testing.T) {
	x := indexOf(t,
		"markt en arbeid, arbeid en markt, en weer arbeid markt en de arbeid op markt",
		"lang verhaal voordat dan toch nog de markt van arbeid wordt genoemd in deze lange tekst over iets anders",
		"2014/04|een heel andere tekst over pensioenen",
		"dit noemt 14/04 en pensioenen")
	if got := order(x, `de "markt van arbeid"`); len(got) == 0 || got[0] != 2 {
		t.Errorf("the quoted phrase ranks %v", got)
	}
	if got := order(x, "pensioenen in advies 14/04"); len(got) != 2 || got[0] != 3 {
		t.Errorf("the numbered publication ranks %v", got)
	}
	if got := order(x, "advies 2014/4"); len(got) != 2 || got[0] != 3 {
		t.Errorf("a number alone ranks %v", got)
	}
	if got := quoted(`een "twee" drie “vier vijf” „zes” "open`); !cmp.Equal(got, []string{"twee", "vier vijf", "zes"}) {
		t.Errorf("quoted: %q", got)
	}
}

func TestExpansionsFindWhatTheQuestionDoesNotSay(t *testing.T) {
	s := indexOf(t, "het advies over arbeid", "iets anders").current.Load()
	q := s.analyse(Query{Text: "labour advice", Expansions: []Expansion{{"arbeid", 0.7}, {"de raad", 0.5}, {"markt", 0}}}, steps{})
	hits := s.bm25(q.terms, nil, 10)
	if len(hits) != 1 || s.chunkOf(hits[0]).id != 1 {
		t.Errorf("hits %+v", hits)
	}
	if got := vectorText(Query{Text: "a", Expansions: []Expansion{{"b", 1}}}); got != "a\nb" {
		t.Errorf("vector text %q", got)
	}
}

// Any text is a question: nothing it holds may stop a search.
func FuzzAnalyse(f *testing.F) {
	for _, s := range []string{"", "Wat is de SER?", `"markt`, "14/04", "arbeidsmarktbeleidsmarktarbeid", "\xff", strings.Repeat("arbeid ", 400)} {
		f.Add(s)
	}
	x := indexOf(f, "de raad geeft advies over arbeid en markt", "14/04|de arbeidsmarkt en het beleid")
	f.Fuzz(func(_ *testing.T, text string) { order(x, text) })
}
