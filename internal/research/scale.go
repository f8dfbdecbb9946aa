package research

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// ScaleStore is a Store whose catalogue can be written.
type ScaleStore interface {
	Store
	SavePublications(ctx context.Context, publications []corpus.Publication) error
}

// Scale measures research over a made catalogue in a store: what facets, searches and
// timelines take, how long the catalogue takes to load, how long after one changed
// entry, and what facets take while it does.
type Scale struct {
	Store        ScaleStore
	Search       Searcher
	Analyse      func(text string) map[string]float32
	Words        []string // at least 100, that titles are made of
	Publications int
	Queries      int // of each measurement
	Seed         uint64
	Clock        func() time.Time // default: time.Now
}

// ScaleTime is what one kind of question took, in milliseconds.
type ScaleTime struct {
	Name string  `json:"name"`
	P50  float64 `json:"p50_ms"`
	P95  float64 `json:"p95_ms"`
	CPU  float64 `json:"cpu_ms"` // of this process, on average; the database's is not in it
	// Found is how many publications a question found on average.
	Found float64 `json:"found"`
}

// ScaleResult is what Scale measured.
type ScaleResult struct {
	Publications int         `json:"publications"`
	Documents    int         `json:"documents"`
	StoreSeconds float64     `json:"store_seconds"`
	LoadSeconds  float64     `json:"load_seconds"` // the first time
	Times        []ScaleTime `json:"times"`
	// ReloadSeconds is from the change of one entry to the moment it was found, of
	// which ReloadWork was loading and not waiting for the next look.
	ReloadSeconds float64   `json:"reload_seconds"`
	ReloadWork    float64   `json:"reload_work_seconds"`
	ReloadCPU     float64   `json:"reload_cpu_seconds"` // of this process
	During        ScaleTime `json:"during_reload"`
}

// atOnceSaved is how many publications are stored in one transaction.
const atOnceSaved = 5000

// Run measures.
func (s Scale) Run(ctx context.Context) (out ScaleResult, err error) {
	if s.Publications < 100 || s.Queries < 10 || len(s.Words) < 100 {
		return out, errors.New("measure research: at least 100 publications, 10 queries and 100 words are needed")
	}
	if s.Clock == nil {
		s.Clock = time.Now
	}
	random := rand.New(rand.NewPCG(s.Seed, 7)) // #nosec G404 -- made up, the same again
	out.Publications = s.Publications
	made := s.make(random)
	start := s.Clock()
	for batch := range slices.Chunk(made, atOnceSaved) {
		if err := s.Store.SavePublications(ctx, batch); err != nil {
			return out, fmt.Errorf("measure research: %w", err)
		}
	}
	out.StoreSeconds = s.Clock().Sub(start).Seconds()
	held, err := s.Store.Held(ctx)
	if err != nil {
		return out, fmt.Errorf("measure research: %w", err)
	}
	out.Documents = len(held)
	service := New(Config{Store: s.Store, Search: s.Search, Analyse: s.Analyse, Clock: s.Clock})
	for unread := 1; unread > 0; { // documents are read once for all; that is not loading
		snap, err := service.refreshed(ctx, followAtOnce)
		if err != nil {
			return out, fmt.Errorf("measure research: %w", err)
		}
		unread = snap.unread
	}
	began := s.Clock()
	if _, err := service.load(ctx, nil); err != nil {
		return out, fmt.Errorf("measure research: %w", err)
	}
	out.LoadSeconds = s.Clock().Sub(began).Seconds()
	began = s.Clock()
	used := processorTime()
	if _, err := service.load(ctx, service.snap.Load()); err != nil {
		return out, fmt.Errorf("measure research: %w", err)
	}
	out.ReloadWork, out.ReloadCPU = s.Clock().Sub(began).Seconds(), (processorTime() - used).Seconds()

	following, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() { service.Follow(following) })
	word := func() string { return s.Words[random.IntN(len(s.Words))] }
	theme := func() string { return s.Words[random.IntN(scaleThemes)] }
	for _, kind := range []struct {
		name string
		ask  func() (int, error)
	}{
		{"facets", func() (int, error) { return service.facets(ctx, Query{YearFrom: 1950 + random.IntN(40)}) }},
		{"facets of a theme", func() (int, error) { return service.facets(ctx, Query{Themes: []string{theme()}}) }},
		{"search", func() (int, error) { return service.facets(ctx, Query{Text: word() + " en " + theme()}) }},
		{"timeline of years", func() (int, error) {
			return service.entries(ctx, theme(), Query{YearFrom: 1980, YearTo: 1985})
		}},
		{"timeline", func() (int, error) { return service.entries(ctx, theme(), Query{}) }},
	} {
		t, err := s.time(kind.name, kind.ask)
		if err != nil {
			return out, err
		}
		out.Times = append(out.Times, t)
	}

	changed := made[len(made)/2]
	changed.Title = "Hernieuwd " + changed.Title
	began = s.Clock()
	if err := s.Store.SavePublications(ctx, []corpus.Publication{changed}); err != nil {
		return out, fmt.Errorf("measure research: %w", err)
	}
	var took []time.Duration
	for {
		asked := s.Clock()
		if _, err := service.facets(ctx, Query{YearFrom: 1950 + random.IntN(40)}); err != nil {
			return out, err
		}
		took = append(took, s.Clock().Sub(asked))
		p, err := service.Publication(ctx, changed.ID)
		if err != nil {
			return out, err
		}
		if p.Title == changed.Title {
			break
		}
		if err := ctx.Err(); err != nil {
			return out, fmt.Errorf("measure research: the change was not seen: %w", err)
		}
	}
	out.ReloadSeconds = s.Clock().Sub(began).Seconds()
	out.During = scaleTime("facets during a reload", took, 0)
	return out, nil
}

func (s *Service) facets(ctx context.Context, q Query) (int, error) {
	r, err := s.Search(ctx, q)
	return r.Total, err
}

func (s *Service) entries(ctx context.Context, topic string, q Query) (int, error) {
	h, err := s.History(ctx, topic, q)
	return len(h.Entries), err
}

// time asks one kind of question Queries times, after a tenth of that to warm up.
func (s Scale) time(name string, ask func() (int, error)) (ScaleTime, error) {
	var took []time.Duration
	found, used := 0, time.Duration(0)
	for i := range s.Queries + s.Queries/10 {
		began := s.Clock()
		n, err := ask()
		if err != nil {
			return ScaleTime{}, fmt.Errorf("measure research: %s: %w", name, err)
		}
		if i < s.Queries/10 {
			used = processorTime()
		} else {
			took, found = append(took, s.Clock().Sub(began)), found+n
		}
	}
	out := scaleTime(name, took, float64(found)/float64(s.Queries))
	out.CPU = float64((processorTime() - used).Microseconds()) / 1000 / float64(s.Queries)
	return out, nil
}

// processorTime is what this process used so far, 0 when the system does not tell.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func scaleTime(name string, took []time.Duration, found float64) ScaleTime {
	slices.Sort(took)
	at := func(share int) float64 { return float64(took[(len(took)-1)*share/100].Microseconds()) / 1000 }
	return ScaleTime{Name: name, P50: at(50), P95: at(95), Found: found}
}

// scaleThemes is how many themes a made catalogue has: with 100,000 publications each
// theme has thousands.
const scaleThemes = 60

// make makes the catalogue: titles and summaries of the words, three themes of
// scaleThemes and one of 25 commissions each, over 77 years, one in twenty with a
// relation to an earlier one.
func (s Scale) make(random *rand.Rand) []corpus.Publication {
	word := func() string { return s.Words[random.IntN(len(s.Words))] }
	theme := func() string { return s.Words[random.IntN(scaleThemes)] }
	types := []string{"advies", "rapport", "verkenning", "briefadvies"}
	out := make([]corpus.Publication, s.Publications)
	for i := range out {
		p := corpus.Publication{ID: fmt.Sprintf("made-publication-%06d", i), Commission: "Commissie " + s.Words[len(s.Words)-1-random.IntN(25)],
			Summary: fmt.Sprintf("Over %s en %s voor de %s, met %s.", word(), word(), word(), word()),
			Metadata: corpus.Metadata{Title: fmt.Sprintf("%s en %s in de %s", word(), word(), word()), Type: types[random.IntN(len(types))], Language: "nl",
				Date: corpus.Date(fmt.Sprintf("%d-%02d-%02d", 1950+i*77/len(out), 1+random.IntN(12), 1+random.IntN(28)))}}
		for range 3 {
			if t := theme(); !slices.Contains(p.Themes, t) {
				p.Themes = append(p.Themes, t)
			}
		}
		if i > 0 && random.IntN(20) == 0 {
			p.Relations = []corpus.Relation{{Kind: corpus.Revises, Target: out[random.IntN(i)].ID}}
		}
		out[i] = p
	}
	return out
}
