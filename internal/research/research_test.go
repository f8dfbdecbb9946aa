package research_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/research"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// shelf is a Store and a Searcher in memory: documents of pages of paragraphs.
type shelf struct {
	catalogue []corpus.Publication
	held      []research.Held
	pages     map[int64][]corpus.Page
	read      map[int64]research.Reading
	state     int
	lock      sync.Mutex
	seen      map[string]map[string]float32 // terms of paragraphs
	analyser  *retrieval.Analyzer
}

func newShelf() *shelf {
	return &shelf{pages: make(map[int64][]corpus.Page), read: make(map[int64]research.Reading), seen: make(map[string]map[string]float32), analyser: retrieval.NewAnalyzer(dutch.NewCompounds())}
}

// add puts in a document; each text is a page, each line of it a paragraph, a line
// that begins with # a heading.
func (s *shelf) add(d corpus.DocumentRef, texts ...string) int64 {
	s.state++
	version := int64(len(s.pages) + 1)
	for i, text := range texts {
		p := corpus.Page{Number: i + 1, Label: fmt.Sprint(i + 1), Reader: "text"}
		at := 0
		for line := range strings.SplitSeq(text, "\n") {
			kind := corpus.BlockParagraph
			if rest, ok := strings.CutPrefix(line, "# "); ok {
				kind, line = corpus.BlockHeading, rest
			}
			p.Text += line + "\n"
			n := len([]rune(line))
			p.Blocks = append(p.Blocks, corpus.Block{Kind: kind, Level: 1, Start: at, End: at + n})
			at += n + 1
		}
		s.pages[version] = append(s.pages[version], p)
	}
	s.held = append(s.held, research.Held{Document: d, Version: version, Number: 1, Language: "nl", Sections: []corpus.SectionKind{""}})
	return version
}

// remove takes a document away, as withdrawing it does.
func (s *shelf) remove(document string) {
	s.state++
	s.held = slices.DeleteFunc(s.held, func(h research.Held) bool { return h.Document.ID == document })
}

func (s *shelf) State(context.Context) (string, error)                      { return fmt.Sprint(s.state), nil }
func (s *shelf) Publications(context.Context) ([]corpus.Publication, error) { return s.catalogue, nil }
func (s *shelf) Held(context.Context) ([]research.Held, error)              { return slices.Clone(s.held), nil }
func (s *shelf) VersionPages(_ context.Context, v int64) ([]corpus.Page, error) {
	return s.pages[v], nil
}
func (s *shelf) SaveReading(_ context.Context, v int64, r research.Reading) error {
	s.read[v] = r
	return nil
}

func (s *shelf) Unread(_ context.Context, rules, limit int) (versions []int64, total int, err error) {
	for _, h := range s.held {
		if s.read[h.Version].Rules != rules {
			versions = append(versions, h.Version)
		}
	}
	return versions[:min(limit, len(versions))], len(versions), nil
}

func (s *shelf) Findings(context.Context) (out []research.Finding, err error) {
	for _, h := range s.held {
		out = append(out, s.read[h.Version].Findings...)
	}
	return out, nil
}

func (s *shelf) PageTexts(_ context.Context, keys []research.PageKey) (map[research.PageKey]research.PageText, error) {
	out := make(map[research.PageKey]research.PageText)
	for _, k := range keys {
		for _, h := range s.held {
			for _, p := range s.pages[k.Version] {
				if h.Version == k.Version && p.Number == k.Page {
					out[k] = research.PageText{Label: p.Label, Text: p.Text, Reader: p.Reader}
				}
			}
		}
	}
	return out, nil
}

// terms are those of a paragraph, kept: a real index has them too.
func (s *shelf) terms(text string) map[string]float32 {
	s.lock.Lock()
	defer s.lock.Unlock()
	of, ok := s.seen[text]
	if !ok {
		of = s.analyser.Terms(text)
		s.seen[text] = of
	}
	return of
}

// Search gives every paragraph that shares a term with the query, the most shared first.
func (s *shelf) Search(_ context.Context, q retrieval.Query) ([]corpus.Passage, error) {
	wanted := s.analyser.Terms(q.Text)
	var out []corpus.Passage
	for _, h := range s.held {
		if !q.Filter.Allows(h.Document.ID, h.Document.Type, h.Document.Date.Year()) {
			continue
		}
		for _, p := range s.pages[h.Version] {
			var heading []string
			for _, b := range p.Blocks {
				text := corpus.Slice(p.Text, b.Start, b.End)
				if b.Kind == corpus.BlockHeading {
					heading = []string{text}
					continue
				}
				score := 0.0
				for term := range s.terms(text + " " + h.Document.Title) {
					score += float64(wanted[term])
				}
				if score > 0 {
					out = append(out, corpus.Passage{Document: h.Document, Language: "nl", VersionID: h.Version, Version: h.Number, Page: p.Number, PageLabel: p.Label,
						Heading: heading, Section: corpus.Section(heading), Kind: b.Kind, Start: b.Start, End: b.End, Text: text, PageText: p.Text, Score: score})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b corpus.Passage) int { return cmp.Compare(b.Score, a.Score) })
	return out[:min(len(out), q.Limit)], nil
}

func service(s *shelf) *research.Service {
	return research.New(research.Config{Store: s, Search: searcher{s}, Analyse: s.analyser.Terms})
}

// searcher is the shelf as a Searcher, whose State is another one.
type searcher struct{ *shelf }

func (searcher) State() string { return "1" }

func publication(number, date, title string, themes ...string) corpus.Publication {
	return corpus.Publication{ID: strings.ReplaceAll(number, "/", "-"), Metadata: corpus.Metadata{Number: number, Date: corpus.Date(date), Title: title, Type: "advies", Language: "nl"}, Themes: themes}
}

// wages is a small corpus on one subject: an advice of its own, one that only another
// text tells of, and one that nothing tells of.
func wages() *shelf {
	s := newShelf()
	early, middle, late := publication("1953/05", "1953-03-20", "Loonbeheersing", "lonen"), publication("1966/07", "1966-09-23", "Het stelsel van lonen", "lonen"), publication("1992/15", "1992-11-16", "Nieuwe doelen voor lonen", "lonen")
	middle.Document = "stelsel"
	s.catalogue = []corpus.Publication{early, middle, late, publication("14/04", "2014-04-25", "Convenanten", "imvo")}
	s.add(corpus.DocumentRef{ID: "stelsel", Title: "Het stelsel van lonen", Number: "1966/07", Type: "advies", Date: "1966-09-23"},
		"# Inleiding\nDe raad is gevraagd om advies over de lonen.",
		"# Conclusies\nDe raad vindt dat het stelsel van lonen moet blijven. Dit bevestigt zijn advies van 20 maart 1953.\nEen minderheid van de raad wil de lonen vrijlaten.")
	s.add(corpus.DocumentRef{ID: "overzicht", Title: "Overzicht", Type: "overzicht", Date: "2020"},
		"Advies 1953/05 verscheen op 20 maart 1953. De SER wilde de lonen toen nog niet vrijlaten. Advies 1992/15 herziet advies 1966/07 over de lonen.\nOp 14/04 was er taart.")
	return s
}

func TestHistoryTellsWhatTheTextsSay(t *testing.T) {
	t.Parallel()
	h, err := service(wages()).History(t.Context(), "lonen", research.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, e := range h.Entries {
		numbers = append(numbers, e.Publication.Number)
	}
	if want := []string{"1953/05", "1966/07", "1992/15"}; !slices.Equal(numbers, want) {
		t.Fatalf("publications %v, want %v", numbers, want)
	}
	early, middle, late := h.Entries[0], h.Entries[1], h.Entries[2]
	if early.Publication.InCorpus || !middle.Publication.InCorpus {
		t.Error("what is in the corpus and what is not are mixed up")
	}
	if len(early.Positions) != 1 || early.Positions[0].Sentence != "De SER wilde de lonen toen nog niet vrijlaten." || !early.Positions[0].Reported ||
		early.Positions[0].Speaker != corpus.SpeakerCouncil || !strings.HasPrefix(early.Positions[0].Citation.Quote, "Advies 1953/05 verscheen") {
		t.Errorf("positions of the first: %+v", early.Positions)
	}
	if early.Division != nil {
		t.Errorf("nothing says how the Council stood in 1953, yet: %+v", early.Division)
	}
	if len(middle.Positions) == 0 || middle.Positions[0].Sentence != "De raad vindt dat het stelsel van lonen moet blijven." || middle.Positions[0].Reported || middle.Positions[0].Section != corpus.SectionConclusion {
		t.Errorf("positions of the second: %+v", middle.Positions)
	}
	if middle.Division == nil || middle.Division.Kind != research.Minority || middle.Division.Citation.Quote != "Een minderheid van de raad wil de lonen vrijlaten." {
		t.Errorf("division of the second: %+v", middle.Division)
	}
	if !slices.ContainsFunc(middle.Links, func(l research.Link) bool {
		return l.Kind == corpus.Confirms && l.Target.Number == "1953/05" && l.Citation != nil && !l.Incoming && l.Citation.Page == 2
	}) || !slices.ContainsFunc(middle.Links, func(l research.Link) bool {
		return l.Kind == corpus.Revises && l.Target.Number == "1992/15" && l.Incoming
	}) {
		t.Errorf("links of the second: %+v", middle.Links)
	}
	if middle.Changed || !late.Changed {
		t.Error("only the third changed a position, by what the texts say")
	}
	if want := []research.Gap{{From: 1954, To: 1965}, {From: 1967, To: 1991}}; !slices.Equal(h.Gaps, want) {
		t.Errorf("gaps %v, want %v", h.Gaps, want)
	}
}

func TestGraphHasBothDirectionsAndForgetsWhatIsWithdrawn(t *testing.T) {
	t.Parallel()
	shelf := wages()
	s := service(shelf)
	g, err := s.Graph(t.Context(), "1953/05")
	if err != nil {
		t.Fatal(err)
	}
	if g.Cites == nil || len(g.Cites) != 0 || len(g.CitedBy) != 2 || g.CitedBy[0].Publication.Number != "1966/07" || !slices.Equal(g.CitedBy[0].Pages, []int{2}) {
		t.Errorf("cited by %+v", g.CitedBy)
	}
	g, err = s.Graph(t.Context(), "stelsel")
	if err != nil || len(g.Cites) != 1 || g.Cites[0].Publication.Number != "1953/05" {
		t.Errorf("cites %+v, %v", g.Cites, err)
	}
	shelf.remove("overzicht")
	if g, err = s.Graph(t.Context(), "1953/05"); err != nil || len(g.CitedBy) != 1 {
		t.Errorf("a withdrawn text is still there: %+v, %v", g.CitedBy, err)
	}
	shelf.remove("stelsel")
	h, err := s.History(t.Context(), "lonen", research.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range h.Entries {
		if len(e.Positions) > 0 || e.Division != nil || len(e.Links) > 0 || e.Publication.InCorpus || e.Publication.Division != "" {
			t.Errorf("with no documents left: %+v", e)
		}
	}
	if _, err := s.Graph(t.Context(), "overzicht"); !isUserError(err, corpus.CodeNotFound) {
		t.Errorf("a withdrawn document is found: %v", err)
	}
}

func isUserError(err error, code corpus.Code) bool {
	var user *corpus.UserError
	return errors.As(err, &user) && user.Code == code
}

func TestCompareMarksWhatDiffers(t *testing.T) {
	t.Parallel()
	s := newShelf()
	a, b := publication("10/04", "2010-10-15", "Zelfstandigen", "zzp"), publication("21/08", "2021-06", "Zekerheid", "zzp")
	a.Document, b.Document = "a", "b"
	s.catalogue = []corpus.Publication{a, b}
	s.add(corpus.DocumentRef{ID: "a", Title: "Zelfstandigen", Number: "10/04", Type: "advies"}, "De SER wil in 2010 een tarief van 20 euro voor elke zzp'er.")
	s.add(corpus.DocumentRef{ID: "b", Title: "Zekerheid", Number: "21/08", Type: "advies"}, "De SER wil een tarief van 35 euro voor zzp'ers met belasting.")
	c, err := service(s).Compare(t.Context(), "zzp", []string{"21/08", "10-04"})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Sides) != 2 || c.Sides[0].Publication.Number != "10/04" {
		t.Fatalf("%+v", c.Sides)
	}
	if !slices.Equal(c.Sides[0].Numbers, []string{"2010", "20 euro"}) || !slices.Equal(c.Sides[1].Numbers, []string{"35 euro"}) {
		t.Errorf("numbers %q and %q", c.Sides[0].Numbers, c.Sides[1].Numbers)
	}
	if !slices.Contains(c.Sides[1].Terms, "belasting") || slices.Contains(c.Sides[1].Terms, "tarief") || !slices.Contains(c.Shared, "tarief") {
		t.Errorf("terms %q, shared %q", c.Sides[1].Terms, c.Shared)
	}
	for _, side := range c.Sides {
		for i, p := range side.Positions {
			for _, m := range side.Marks[i] {
				if m.Start < 0 || m.End > len([]rune(p.Sentence)) || m.Start >= m.End {
					t.Errorf("mark %+v in %q", m, p.Sentence)
				}
			}
		}
	}
	for _, ids := range [][]string{nil, {"10/04"}, {"10/04", "10-04"}, {"10/04", "99/99"}} {
		if _, err := service(s).Compare(t.Context(), "zzp", ids); !isUserError(err, corpus.CodeBadMessage) && !isUserError(err, corpus.CodeNotFound) {
			t.Errorf("comparing %v: %v", ids, err)
		}
	}
}

func TestFacetsCountWhatTheOtherFiltersLetThrough(t *testing.T) {
	t.Parallel()
	s := wages()
	r, err := service(s).Search(t.Context(), research.Query{Themes: []string{"lonen"}, YearFrom: 1960, YearTo: 1970})
	if err != nil {
		t.Fatal(err)
	}
	if r.Total != 1 || r.Publications[0].Publication.Number != "1966/07" {
		t.Fatalf("%+v", r.Publications)
	}
	// Years pass over the filter on years, themes over the one on themes.
	if want := []research.YearCount{{1953, 1}, {1966, 1}, {1992, 1}}; !slices.Equal(r.Years, want) {
		t.Errorf("years %v, want %v", r.Years, want)
	}
	if want := []research.Count{{Value: "lonen", N: 1}}; !slices.Equal(r.Facets[research.FacetTheme], want) {
		t.Errorf("themes %v, want %v", r.Facets[research.FacetTheme], want)
	}
	if want := []research.Count{{Value: "divided", N: 1}}; !slices.Equal(r.Facets[research.FacetDivision], want) {
		t.Errorf("division %v, want %v", r.Facets[research.FacetDivision], want)
	}
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	s := service(wages())
	for _, q := range []research.Query{{YearFrom: 2010, YearTo: 2000}, {Sort: "titel"}, {Division: "misschien"}, {Limit: 1000}, {Page: -1},
		{Sections: []string{"kelder"}}, {Speakers: []string{"council"}}, {Text: strings.Repeat("a", 1001)}, {Text: "\xff"}} {
		if _, err := s.Search(t.Context(), q); !isUserError(err, corpus.CodeBadMessage) && !isUserError(err, corpus.CodeTooLong) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if _, err := s.History(t.Context(), "  ", research.Query{}); !isUserError(err, corpus.CodeBadMessage) {
		t.Errorf("a history of nothing: %v", err)
	}
	if _, err := s.Answer(t.Context(), "lonen?", research.Query{}); err == nil {
		t.Error("a report without an answer service")
	}
}

// Whatever the texts are, everything that is quoted is word for word on its page.
func TestQuotesAreVerbatim(t *testing.T) {
	t.Parallel()
	sentences := []string{"De SER wilde in advies 14/04 hogere lonen.", "De raad was daarover verdeeld.", "Dit advies herziet advies 10/03.", "Volgens ‘Convenanten’ moeten lonen stijgen.",
		"Een minderheid van de raad wil lagere lonen.", "1. De lonen zijn belangrijk", "De SER koos in 2010 voor iets anders.", "Advies 10/03 en advies 14/04 gaan over lonen.", "😀 Unaniem vond de raad in advies 10/03 dat lonen moeten dalen.", "# Conclusies"}
	rapid.Check(t, func(t *rapid.T) {
		s := newShelf()
		a, b := publication("10/03", "2010-05", "Duurzame groei van lonen"), publication("14/04", "2014-04-25", "Convenanten", "lonen")
		a.Document = "d0"
		s.catalogue = []corpus.Publication{a, b}
		for i := range rapid.IntRange(1, 3).Draw(t, "documents") {
			lines := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(sentences), 1, 4), 1, 4).Draw(t, "lines")
			var page []string
			for _, line := range lines {
				page = append(page, strings.Join(line, " "))
			}
			s.add(corpus.DocumentRef{ID: fmt.Sprintf("d%d", i), Title: "Tekst", Type: "advies"}, strings.Join(page, "\n"))
		}
		check := func(c corpus.Citation) {
			for _, h := range s.held {
				if h.Document.ID == c.Document.ID {
					if page := s.pages[h.Version][c.Page-1]; corpus.Slice(page.Text, c.Start, c.End) != c.Quote || c.Quote == "" {
						t.Errorf("quote %q is not at %d-%d of %q", c.Quote, c.Start, c.End, page.Text)
					}
				}
			}
		}
		h, err := service(s).History(t.Context(), "lonen", research.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range h.Entries {
			for _, p := range e.Positions {
				if check(p.Citation); !strings.Contains(p.Citation.Quote, p.Sentence) {
					t.Errorf("%q is not in its quote %q", p.Sentence, p.Citation.Quote)
				}
			}
			for _, d := range e.Divisions {
				check(d.Citation)
			}
			for _, l := range e.Links {
				if l.Citation != nil {
					check(*l.Citation)
				}
			}
		}
	})
}

// bigCatalogue is a made catalogue of n publications of which one in ten is in the
// corpus, with passages for the first thousand of those.
func bigCatalogue(n int) *shelf {
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("arbeid markt lonen pensioen zorg klimaat energie onderwijs wonen belasting handel landbouw vervoer techniek jeugd gezondheid veiligheid europa bestuur recht milieu industrie visserij haven bank verzekering uitkering scholing toezicht regio")
	pick := func() string { return words[random.IntN(len(words))] }
	s := newShelf()
	for i := range n {
		year := 1950 + random.IntN(77)
		p := corpus.Publication{ID: fmt.Sprintf("p%06d", i), Commission: "Commissie " + pick() + " en " + pick(), Themes: []string{pick(), pick()},
			Summary: "Over " + pick() + " en " + pick() + " voor de " + pick() + ".",
			Metadata: corpus.Metadata{Title: fmt.Sprintf("Advies %d over %s en %s", i, pick(), pick()), Type: []string{"advies", "rapport", "verkenning", "briefadvies"}[random.IntN(4)],
				Date: corpus.Date(fmt.Sprintf("%d-%02d-%02d", year, 1+random.IntN(12), 1+random.IntN(28))), Language: "nl"}}
		if i < 1000 {
			p.Document = fmt.Sprintf("d%d", i)
			s.add(corpus.DocumentRef{ID: p.Document, Title: p.Title, Type: p.Type, Date: p.Date},
				"De raad vindt dat "+pick()+" en "+pick()+" meer aandacht nodig hebben. De raad was verdeeld over "+pick()+".")
		}
		s.catalogue = append(s.catalogue, p)
	}
	slices.SortFunc(s.catalogue, func(a, b corpus.Publication) int { return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.ID, b.ID)) })
	return s
}

// BenchmarkCatalogue measures facets, searching and the history of a subject over
// 100,000 publications: go test -bench Catalogue ./internal/research. Beside the mean
// it reports the 95th percentile in milliseconds.
func BenchmarkCatalogue(b *testing.B) {
	s := service(bigCatalogue(100_000))
	ctx := b.Context()
	for snap := 1; snap > 0; { // read the documents first
		r, err := s.Search(ctx, research.Query{})
		if err != nil {
			b.Fatal(err)
		}
		snap = r.Unread
	}
	for name, do := range map[string]func() error{
		"facets": func() error { _, err := s.Search(ctx, research.Query{YearFrom: 1990, YearTo: 2010}); return err },
		"search": func() error { _, err := s.Search(ctx, research.Query{Text: "pensioen en zorg"}); return err },
		"timeline": func() error {
			_, err := s.History(ctx, "pensioen", research.Query{YearFrom: 1980, YearTo: 2000})
			return err
		},
		"timeline of everything": func() error { _, err := s.History(ctx, "klimaat en energie", research.Query{}); return err },
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if err := do(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}
