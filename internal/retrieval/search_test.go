package retrieval

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// shelf is a small corpus in memory, as a Store.
type shelf struct {
	entries  []Entry
	words    vocabularyOf
	passages map[int64]corpus.Passage
}

// book is a chunk of a shelf.
type book struct {
	document, number, heading, text string
	year                            int
}

func (s *shelf) State(context.Context) (int64, error)                         { return 1, nil }
func (s *shelf) Changes(context.Context, int64, int) ([]VersionChange, error) { return nil, nil }
func (s *shelf) Listen(ctx context.Context, _ func()) error                   { <-ctx.Done(); return ctx.Err() }
func (s *shelf) Entries(_ context.Context, _ []int64, do func(Entry) error) error {
	for _, e := range s.entries {
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) Words(_ context.Context, _ []int32, do func(int32, string) error) error {
	for id, w := range s.words.words() {
		if err := do(id, w); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) Passages(_ context.Context, chunks []int64) (out []corpus.Passage, _ error) {
	for _, id := range chunks {
		if p, ok := s.passages[id]; ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// searchOf is a service over some books, with a list of words to split compounds by
// when one is given.
func searchOf(t testing.TB, cfg Config, dictionary string, books ...book) *Service {
	t.Helper()
	compounds := dutch.NewCompounds()
	if err := compounds.Read(strings.NewReader(dictionary)); err != nil {
		t.Fatal(err)
	}
	cfg.Analyzer = NewAnalyzer(compounds)
	s := &shelf{words: vocabularyOf{}, passages: map[int64]corpus.Passage{}}
	versions := map[string]int64{}
	for i, b := range books {
		if b.document == "" {
			b.document = fmt.Sprint("d", i+1)
		}
		if versions[b.document] == 0 {
			versions[b.document] = int64(len(versions) + 1)
		}
		id := int64(i + 1)
		var heading []string
		if b.heading != "" {
			heading = []string{b.heading}
		}
		s.entries = append(s.entries, Entry{ChunkID: id, VersionID: versions[b.document], Document: b.document, Number: b.number,
			Year: b.year, Ordinal: i, Terms: cfg.Analyzer.Document("", heading, b.text).Encode(s.words.id)})
		s.passages[id] = corpus.Passage{ChunkID: id, VersionID: versions[b.document], Page: i + 1, Heading: heading,
			PageText: b.text, Text: b.text, End: len([]rune(b.text))}
	}
	cfg.Store = s
	service, err := NewService(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return service
}

// found are the chunks that a query finds, best first.
func found(t testing.TB, s *Service, q Query) (ids []int64) {
	t.Helper()
	passages, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range passages {
		ids = append(ids, p.ChunkID)
	}
	return ids
}

const fillers = 6

// filler is text that has nothing to do with a question, so that idf means something.
func filler() []book {
	var out []book
	for i := range fillers {
		out = append(out, book{text: fmt.Sprintf("Iets heel anders over fietsen en tuinen, stuk %c.", 'a'+i)})
	}
	return out
}

// What a question does not say literally is found, and is not found when the step that
// finds it is left out.
func TestEveryStepFindsWhatItIsThereFor(t *testing.T) {
	const list = "arbeid\nmarkt\nbeleid\nsociaal\neconomische\nraad\n"
	for _, tt := range []struct {
		step, query, lang, text string
	}{
		{"stems", "fabrieken", "", "De fabriek staat er."},
		{"compounds", "beleid voor arbeid", "", "Het arbeidsmarktbeleid verandert."},
		{"compounds", "arbeidsmarkt", "", "De markt voor arbeid verandert."},
		{"spelling variants", "productie", "", "De produktie stijgt."},
		{"spelling variants", "mensen", "", "De menschen bestaan."},
		{"spelling variants", "arbeids voorziening", "", "De arbeidsvoorziening bestaat."},
		{"spelling variants", "loon-akkoord", "", "Het loonaccoord bestaat."},
		{"synonyms", "werkgevers", "", "De ondernemers stemden in."},
		{"typing errors", "pensionfonds", "", "Het pensioenfonds. Een pensioenfonds."},
		{"abbreviations", "kvz", "", "De kamer voor zaken betaalt."},
		{"numbers and dates", "dertig", "", "Er zijn 30 leden."},
		{"numbers and dates", "25-04-2014", "", "Dat was in april, jaren geleden."},
	} {
		t.Run(tt.step+" "+tt.query, func(t *testing.T) {
			books := append(filler(), book{text: tt.text}, book{text: tt.text + " Nogmaals."},
				book{text: "De kamer voor zaken (kvz)."}, book{text: "Zie de kamer voor zaken (kvz)."})
			cfg := Config{}
			if tt.step != "typing errors" { // which would mend what the others find
				cfg.Without = []string{"typing errors"}
			}
			whole := searchOf(t, cfg, list, books...)
			if !slices.Contains(found(t, whole, Query{Text: tt.query, Lang: tt.lang}), fillers+1) {
				t.Errorf("%q does not find %q", tt.query, tt.text)
			}
			lame, err := whole.Without(tt.step)
			if err != nil {
				t.Fatal(err)
			}
			if !lame.Ready() {
				if err := lame.Load(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if slices.Contains(found(t, lame, Query{Text: tt.query, Lang: tt.lang}), fillers+1) {
				t.Errorf("%q finds %q without %s too", tt.query, tt.text, tt.step)
			}
		})
	}
}

func TestPublicationNumbersInEverySpelling(t *testing.T) {
	s := searchOf(t, Config{}, "", append(filler(),
		book{number: "14/04", text: "Een tekst over pensioenen zonder zijn nummer."},
		book{number: "13/04", text: "Advies nr. 4 over pensioenen uit 2013, en 2014 komt ook."},
		book{number: "1953/05", text: "Een oud stuk over lonen."})...)
	for query, want := range map[string]int64{
		"advies 14/04": 1, "advies 2014/04": 1, "advies 2014/4": 1, "SER-advies nr. 4 uit 2014": 1, "advies 14-04": 1,
		"advies 2014-04": 1, "2014, nr. 4": 1, "publicatienummer 14/04": 1, "nummer 4 van 2014": 1, "advisory report 14/04": 1,
		"Wat zegt advies 4 (2014) over pensioenen?": 1, "advies 1953/05": 3, "advies nr. 5 uit 1953": 3, "advies 13/4": 2,
	} {
		if got := found(t, s, Query{Text: query}); len(got) == 0 || got[0] != fillers+want {
			t.Errorf("%q finds %v, want %d first", query, got, fillers+want)
		}
	}
}

func TestQuotedPhrasesAreHonoured(t *testing.T) {
	// Far more chunks with the words than are looked at for the question as a whole.
	var books []book
	for i := range 400 {
		books = append(books, book{text: fmt.Sprintf("markt arbeid markt arbeid beleid beleid beleid beleid, stuk %d", i)})
	}
	books = append(books, book{text: "Een lang stuk over van alles en nog wat, waarin toch de markt van arbeid staat, na lang zoeken."})
	s := searchOf(t, Config{}, "", books...)
	if got := found(t, s, Query{Text: `beleid "markt van arbeid"`, Limit: 3}); len(got) == 0 || got[0] != 401 {
		t.Errorf("the phrase is found at %v", got)
	}
}

func TestEnglishQuestionsGoThroughTheGlossary(t *testing.T) {
	s := searchOf(t, Config{}, "", append(filler(), book{text: "De werkgevers betalen de raad."}, book{text: "De leden van de raad."})...)
	if got := found(t, s, Query{Text: "Who are the members of the council?", Lang: "en"}); len(got) == 0 || got[0] != fillers+2 {
		t.Errorf("members: %v", got)
	}
	if got := found(t, s, Query{Text: "What do employers pay?", Lang: "en"}); len(got) == 0 || got[0] != fillers+1 {
		t.Errorf("employers: %v", got)
	}
}

func TestNowPrefersWhatIsNew(t *testing.T) {
	s := searchOf(t, Config{}, "", append(filler(),
		book{text: "De voorzitter van de raad leidt.", year: 1960}, book{text: "De voorzitter van de raad leidt.", year: 2024})...)
	for query, want := range map[string]int64{
		"Wie is de huidige voorzitter van de raad?": 2, "Wie is nu voorzitter van de raad?": 2, "Wie is momenteel voorzitter?": 2,
		"Wie was voorzitter van de raad?": 1, // alike: the first
	} {
		if got := found(t, s, Query{Text: query}); len(got) == 0 || got[0] != fillers+want {
			t.Errorf("%q finds %v", query, got)
		}
	}
	if got := found(t, s, Query{Text: "Who is currently chair?", Lang: "en", Expansions: []Expansion{{"voorzitter", 1}}}); len(got) == 0 || got[0] != fillers+2 {
		t.Errorf("currently: %v", got)
	}
}

func TestSummariesGoBeforeTheirChapters(t *testing.T) {
	s := searchOf(t, Config{}, "", append(filler(),
		book{heading: "Pensioen", text: "De raad wil pensioen voor allen."}, book{heading: "Samenvatting", text: "De raad wil pensioen voor allen."})...)
	if got := found(t, s, Query{Text: "raad allen"}); len(got) == 0 || got[0] != fillers+2 {
		t.Errorf("found %v", got)
	}
}

func TestDocumentsFollowOneAnother(t *testing.T) {
	var books []book
	for i := range 12 {
		books = append(books, book{document: "lang", text: fmt.Sprintf("Pensioen en raad, pensioen en raad, deel %d.", i)})
	}
	books = append(books, book{document: "kort", text: "Over pensioen en raad staat hier ook een heel klein beetje meer, naast al het andere."})
	s := searchOf(t, Config{}, "", books...)
	got := found(t, s, Query{Text: "pensioen raad", Limit: 10})
	if !slices.Contains(got, int64(13)) {
		t.Errorf("one document takes all places: %v", got)
	}
	// Which documents come, and in what order, stays as it was.
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(t, "n")
		ranked, documents := make([]Ranked, n), make([]int32, n)
		of := map[int64]int32{}
		score := 100.0
		for i := range n {
			score -= rapid.Float64Range(0, 5).Draw(t, "step")
			ranked[i], documents[i] = Ranked{int64(i), max(score, 0)}, rapid.Int32Range(0, 4).Draw(t, "document")
			of[int64(i)] = documents[i]
		}
		firsts := func(r []Ranked) (out []int32) {
			for _, one := range r {
				if d := of[one.ChunkID]; !slices.Contains(out, d) {
					out = append(out, d)
				}
			}
			return out
		}
		before := firsts(ranked)
		diverse(ranked, documents)
		if after := firsts(ranked); !slices.Equal(before, after) {
			t.Fatalf("documents %v became %v", before, after)
		}
	})
}

// However a page is cut, a passage stays what its page says and only grows.
func TestWholeParagraphs(t *testing.T) {
	const page = "Kop\nEén zin. Twee zinnen. Drie zinnen.\nEen volgende alinea."
	p := corpus.Passage{PageText: page, Start: 13, End: 25}
	p.Text = corpus.Slice(page, p.Start, p.End)
	if got := wholeParagraph(p); got.Text != "Eén zin. Twee zinnen. Drie zinnen." || corpus.Slice(page, got.Start, got.End) != got.Text {
		t.Errorf("%q at %d-%d", got.Text, got.Start, got.End)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("aé. \n"))).Draw(t, "page")
		n := len([]rune(text))
		var in []corpus.Passage
		for range rapid.IntRange(1, 4).Draw(t, "passages") {
			start := rapid.IntRange(0, n).Draw(t, "start")
			end := rapid.IntRange(start, n).Draw(t, "end")
			in = append(in, corpus.Passage{PageText: text, Start: start, End: end, Text: corpus.Slice(text, start, end)})
		}
		out := wholeParagraphs(slices.Clone(in))
		for _, p := range out {
			if corpus.Slice(text, p.Start, p.End) != p.Text {
				t.Fatalf("%q is not what stands from %d to %d in %q", p.Text, p.Start, p.End, text)
			}
		}
		for _, p := range in {
			if !slices.ContainsFunc(out, func(o corpus.Passage) bool { return o.Start <= p.Start && p.End <= o.End }) {
				t.Fatalf("%d-%d of %q is in no passage", p.Start, p.End, text)
			}
		}
	})
}

// lastFirst is a reranker that turns the order around.
type lastFirst struct {
	err  error
	seen []string
}

func (r *lastFirst) Rerank(_ context.Context, _ string, texts []string) ([]float64, error) {
	r.seen = texts
	scores := make([]float64, len(texts))
	for i := range scores {
		scores[i] = float64(i)
	}
	return scores, r.err
}

func TestRerankerOrdersAndItsFailureDoesNot(t *testing.T) {
	books := []book{{heading: "Kop", text: "pensioen pensioen pensioen"}, {text: "pensioen en loon"}, {text: "pensioen en nog veel meer dan dat alleen"}}
	plain := found(t, searchOf(t, Config{}, "", books...), Query{Text: "pensioen"})
	var log bytes.Buffer
	turned := &lastFirst{}
	s := searchOf(t, Config{Reranker: turned, Logger: slog.New(slog.NewTextHandler(&log, nil))}, "", books...)
	got := found(t, s, Query{Text: "pensioen"})
	slices.Reverse(got)
	if !slices.Equal(got, plain) || len(plain) != 3 {
		t.Errorf("reranked %v (turned back), plain %v", got, plain)
	}
	if !slices.ContainsFunc(turned.seen, func(s string) bool { return strings.Contains(s, "Kop") }) {
		t.Errorf("the reranker reads no headings: %q", turned.seen)
	}
	passages, err := s.Search(t.Context(), Query{Text: "pensioen"})
	if err != nil || !slices.IsSortedFunc(passages, func(a, b corpus.Passage) int { return int(b.Score*1e6) - int(a.Score*1e6) }) {
		t.Errorf("scores do not fall: %v", err)
	}
	turned.err = errors.New("out of order")
	if got := found(t, s, Query{Text: "pensioen"}); !slices.Equal(got, plain) || !strings.Contains(log.String(), "out of order") {
		t.Errorf("with a reranker that fails: %v, log %s", got, log.String())
	}
}

// Without a list of words compounds are split by the words that the corpus has by
// themselves.
func TestCompoundsAreSplitByTheCorpusWithoutADictionary(t *testing.T) {
	books := append(filler(), book{text: "Het havenbeheer verandert."})
	for range 3 {
		books = append(books, book{text: "De haven en het beheer."})
	}
	s := searchOf(t, Config{}, "", books...)
	if got := found(t, s, Query{Text: "beheer van havens"}); !slices.Contains(got, fillers+1) {
		t.Errorf("found %v", got)
	}
	s = searchOf(t, Config{Without: []string{"compounds"}}, "", books...)
	if got := found(t, s, Query{Text: "beheer van havens"}); slices.Contains(got, fillers+1) {
		t.Errorf("found without compounds: %v", got)
	}
	// Words that were hardly seen split nothing.
	s = searchOf(t, Config{}, "", append(filler(), book{text: "Het havenbeheer verandert."}, book{text: "De haven en het beheer."})...)
	if got := found(t, s, Query{Text: "beheer van havens"}); slices.Contains(got, fillers+1) {
		t.Errorf("found by words seen once: %v", got)
	}
}
