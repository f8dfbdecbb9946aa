package research_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
)

// library is a catalogue of several subjects, without documents.
func library() *shelf {
	s := newShelf()
	add := func(number, title, summary string, themes ...string) {
		p := publication(number, "20"+number[:2], title, themes...)
		p.Summary = summary
		s.catalogue = append(s.catalogue, p)
	}
	add("01/01", "Bijzondere verhoging minimumloon", "Weegt de gevolgen voor banen.")
	add("02/01", "Mens en machine", "Over robotisering van fabrieken.", "robotisering")
	add("03/01", "Samen werken met AI", "De mens centraal.", "AI")
	add("04/01", "Wettelijke ouderdomsvoorziening", "Een verplichte verzekering.", "AOW")
	add("05/01", "Arbeidsgeschikt", "Alleen voor wie arbeidsongeschikt is.", "WAO")
	add("06/01", "Zetels in de raad", "Alleen werkgevers en werknemers krijgen een zetel.")
	add("07/01", "Visserij op de Noordzee", "Over quota.", "visserij")
	return s
}

func TestTopicsAreRecognisedHoweverTheyAreSaid(t *testing.T) {
	t.Parallel()
	s := service(library())
	for topic, want := range map[string]string{
		"minimum wage":                           "01/01", // two English words, one Dutch compound
		"het minimum van het loon":               "01/01", // parts of a compound apart
		"robots":                                 "02/01", // a word that another is made of
		"kunstmatige intelligentie":              "03/01", // another name
		"een voorziening voor de oude dag":       "04/01",
		"werknemers die arbeidsongeschikt zijn":  "05/01", // whom all publications concern
		"hoe gaat het eigenlijk met de visserij": "07/01", // how people ask
	} {
		h, err := s.History(t.Context(), topic, research.Query{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range h.Entries {
			got = append(got, e.Publication.Number)
		}
		if !slices.Equal(got, []string{want}) || h.Partly {
			t.Errorf("%s: %q, partly %t, want %s", topic, got, h.Partly, want)
		}
	}
}

func TestNothingAboutTheWholeShowsAPart(t *testing.T) {
	t.Parallel()
	s := service(library())
	h, err := s.History(t.Context(), "visserij in vulkanen", research.Query{})
	if err != nil || !h.Partly || len(h.Entries) != 1 || h.Entries[0].Publication.Number != "07/01" {
		t.Errorf("partly %t, %+v, %v", h.Partly, h.Entries, err)
	}
	r, err := s.Search(t.Context(), research.Query{Text: "visserij in vulkanen"})
	if err != nil || !r.Partly || r.Total != 1 {
		t.Errorf("partly %t, %+v, %v", r.Partly, r.Publications, err)
	}
	if h, err = s.History(t.Context(), "vulkanen", research.Query{}); err != nil || h.Partly || len(h.Entries) > 0 {
		t.Errorf("what nothing is about: partly %t, %+v, %v", h.Partly, h.Entries, err)
	}
}

// A long history comes in parts that together are the whole, and no gap is told that a
// publication of another part fills.
func TestLongHistoriesComeInParts(t *testing.T) {
	t.Parallel()
	shelf := newShelf()
	for i := range 450 {
		p := publication("", fmt.Sprintf("%d-%02d", 1950+i/10, 1+i%10), fmt.Sprintf("Over lonen, deel %d", i), "lonen")
		p.ID = fmt.Sprintf("p%03d", i)
		shelf.catalogue = append(shelf.catalogue, p)
	}
	s := service(shelf)
	var all []string
	for page := 1; page <= 3; page++ {
		h, err := s.History(t.Context(), "lonen", research.Query{Page: page})
		if err != nil || h.Page != page || h.Pages != 3 || len(h.Gaps) > 0 {
			t.Fatalf("part %d of %d, gaps %v, %v", h.Page, h.Pages, h.Gaps, err)
		}
		for _, e := range h.Entries {
			all = append(all, e.Publication.ID)
		}
	}
	if len(all) != 450 || !slices.IsSorted(all) || len(slices.Compact(all)) != 450 {
		t.Errorf("%d publications in three parts", len(all))
	}
	if h, err := s.History(t.Context(), "lonen", research.Query{Page: 99, Limit: 100}); err != nil || h.Page != 5 || len(h.Entries) != 50 {
		t.Errorf("beyond the end: part %d with %d publications, %v", h.Page, len(h.Entries), err)
	}
	if h, err := s.History(t.Context(), "lonen", research.Query{YearTo: 2000, Page: 3}); err != nil || !slices.Equal(h.Gaps, []research.Gap{{From: 1995, To: 2000}}) {
		t.Errorf("gaps at the end: %v, %v", h.Gaps, err)
	}
}

// Marks are about the words that are shown, and words of both sides or that mean
// nothing by themselves are never marked.
func TestComparedWordsAreThoseShown(t *testing.T) {
	t.Parallel()
	s := newShelf()
	s.catalogue = []corpus.Publication{publication("10/04", "2010-10-15", "Zelfstandigen", "zzp"), publication("21/08", "2021-06", "Zekerheid", "zzp")}
	s.add(corpus.DocumentRef{ID: "overzicht", Title: "Overzicht", Type: "overzicht"},
		"Advies 10/04 verscheen in 2010. De SER wilde het tarief van de zzp'er niet verhogen.\nAdvies 21/08 verscheen in juni. De SER wilde een ander tarief voor de zzp'er volgens het nieuwe stelsel.")
	c, err := service(s).Compare(t.Context(), "zzp", []string{"10/04", "21/08"})
	if err != nil {
		t.Fatal(err)
	}
	var marked []string
	for i, side := range c.Sides {
		if len(side.Positions) == 0 {
			t.Fatalf("%s has no position", side.Publication.Number)
		}
		for j, p := range side.Positions {
			if !strings.HasPrefix(p.Citation.Quote, "Advies") {
				t.Errorf("the quote does not name its publication: %q", p.Citation.Quote)
			}
			for _, m := range side.Marks[j] {
				word := strings.ToLower(corpus.Slice(p.Citation.Quote, m.Start, m.End))
				marked = append(marked, word)
				for k, other := range c.Sides {
					for _, q := range other.Positions {
						if k != i && slices.Contains(strings.Fields(strings.ToLower(q.Citation.Quote)), word) {
							t.Errorf("%q is marked, and stands in %q too", word, q.Citation.Quote)
						}
					}
				}
			}
		}
	}
	for _, word := range []string{"het", "de", "niet", "ander", "volgens", "tarief", "verscheen"} {
		if slices.Contains(marked, word) {
			t.Errorf("%q is marked: %q", word, marked)
		}
	}
	for _, word := range []string{"stelsel", "juni", "2010"} {
		if !slices.Contains(marked, word) && !slices.ContainsFunc(c.Sides, func(s research.Side) bool { return slices.Contains(s.Numbers, word) }) {
			t.Errorf("%q is not marked: %q", word, marked)
		}
	}
}

// counting counts how many texts are analysed.
type counting struct {
	*shelf
	texts []string
	slow  time.Duration // loading takes it
}

func (c *counting) Publications(context.Context) ([]corpus.Publication, error) {
	time.Sleep(c.slow)
	return slices.Clone(c.catalogue), nil
}

// Only words that are new are analysed when the catalogue changed, and while it is
// read again that of before serves.
func TestReloadsAreCheapAndWaitedForByNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shelf := &counting{shelf: library()}
		s := research.New(research.Config{Store: shelf, Search: searcher{shelf.shelf}, Analyse: func(text string) map[string]float32 {
			shelf.texts = append(shelf.texts, text)
			return shelf.analyser.Terms(text)
		}})
		first, err := s.Search(t.Context(), research.Query{})
		if err != nil || first.Total != 7 {
			t.Fatal(first.Total, err)
		}
		if len(shelf.texts) < 20 {
			t.Fatalf("%d words analysed at first", len(shelf.texts))
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go s.Follow(ctx)
		synctest.Wait()
		shelf.texts, shelf.slow = nil, time.Minute
		p := publication("08/01", "2008", "Tulpenbollen", "visserij")
		shelf.catalogue = append(shelf.catalogue, p)
		slices.SortFunc(shelf.catalogue, func(a, b corpus.Publication) int { return cmp.Compare(a.Date, b.Date) })
		shelf.state++
		time.Sleep(10 * time.Second) // Follow is reading it
		began := time.Now()
		r, err := s.Search(t.Context(), research.Query{})
		if err != nil || r.Total != 7 || time.Since(began) > 0 {
			t.Errorf("while it is read: %d publications after %s, %v", r.Total, time.Since(began), err)
		}
		time.Sleep(2 * time.Minute)
		if r, err = s.Search(t.Context(), research.Query{}); err != nil || r.Total != 8 || r.Corpus == first.Corpus {
			t.Errorf("after it was read: %d publications, %v", r.Total, err)
		}
		if !slices.Equal(shelf.texts, []string{"tulpenbollen"}) {
			t.Errorf("analysed again: %q", shelf.texts)
		}
		if h, err := s.History(t.Context(), "tulpenbollen", research.Query{}); err != nil || len(h.Entries) != 1 {
			t.Errorf("the new entry is not found: %v, %v", h.Entries, err)
		}
		stop()
		synctest.Wait()
	})
}
