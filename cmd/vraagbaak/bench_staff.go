package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"syscall"
	"time"

	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

type benchStaffCommand struct {
	Dictionary    string `help:"Word list that questions are made of." default:"/usr/share/dict/dutch" env:"VRAAGBAAK_DICTIONARY" placeholder:"FILE"`
	Conversations int    `help:"Conversations to make." default:"100000"`
	Days          int    `help:"Days they are spread over." default:"30"`
	Requests      int    `help:"Requests of each page." default:"20"`
	Seed          uint64 `help:"The same seed makes the same conversations." default:"1"`
	JSON          bool   `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*benchStaffCommand) Help() string {
	return "The conversations are made up, in a schema of their own that is removed afterwards. Each page is asked for with many filters and periods, one request after the other, and taken whole: queries, charts and HTML.\n\nExample:\n\n  vraagbaak bench staff --conversations 100000"
}

// staffResult is what bench staff measured.
type staffResult struct {
	Conversations int64       `json:"conversations"`
	Turns         int64       `json:"turns"`
	Events        int64       `json:"events"`
	StoreSeconds  float64     `json:"store_seconds"`
	Baseline      staffTime   `json:"baseline"`
	Pages         []staffTime `json:"pages"`
	// SlowestP95 is the p95 of the slowest page, in milliseconds.
	SlowestP95 float64 `json:"slowest_p95_ms"`
}

// staffTime is how long a page took over all its filters, in milliseconds.
type staffTime struct {
	Name     string  `json:"name"`
	Filters  int     `json:"filters"`
	Requests int     `json:"requests"`
	P50      float64 `json:"p50_ms"`
	P95      float64 `json:"p95_ms"`
	// CPU is the mean processor time of a request, of this process and of the database's
	// processes for it together; 0 when the database is elsewhere.
	CPU     float64 `json:"cpu_ms,omitempty"`
	Slowest string  `json:"slowest,omitempty"` // the address with the largest median
	Median  float64 `json:"slowest_median_ms,omitempty"`
}

// benchGate lets one reviewer in.
type benchGate struct{}

func (benchGate) Wrap(h http.Handler) http.Handler { return h }
func (benchGate) User(*http.Request) (staff.User, bool) {
	return staff.User{ID: 1, Name: "Een", Email: "een@example.org", Role: staff.RoleReviewer}, true
}

// sink is a response that is thrown away.
type sink struct {
	header http.Header
	status int
	bytes  int
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(status int) {
	s.status = status
}
func (s *sink) Write(b []byte) (int, error) {
	s.status = cmp.Or(s.status, http.StatusOK)
	s.bytes += len(b)
	return len(b), nil
}

func (c *benchStaffCommand) Run(ctx context.Context, e *env) (err error) {
	if c.Conversations < 100 || c.Days < 2 || c.Requests < 3 {
		return usagef("--conversations must be at least 100, --days 2 and --requests 3")
	}
	db, err := e.reach(ctx, 4)
	if err != nil {
		return err
	}
	defer db.Close(e.log)
	place, err := postgres.NewMadeStaff(ctx, db.url, postgres.Options{Logger: e.log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	list := e.wordList(c.Dictionary)
	defer func() { _ = list.Close() }() // it was only read
	words, err := evaluate.NewMadeCorpus(list, 1000, 8, c.Seed)
	if err != nil {
		return err
	}
	e.notef("making and storing %d conversations\n", c.Conversations)
	began := time.Now()
	content := contentWords(words.Words())
	if err := place.FillConversations(ctx, evaluate.MadeConversations(content, c.Conversations, c.Days, postgres.MadeStates, began, c.Seed)); err != nil {
		return err
	}
	var r staffResult
	r.StoreSeconds = time.Since(began).Seconds()
	if r.Conversations, r.Turns, r.Events, err = place.Stored(ctx); err != nil {
		return err
	}
	area, err := office.New(office.Config{Gate: benchGate{}, Logger: e.log, Monitor: place.Monitor, Review: &office.ReviewConfig{Store: place.Reviews}})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	area.Register(mux)
	if r.Baseline, err = c.time(ctx, place, "one row by its key", []string{""}, func(string) error { return place.Baseline(ctx) }); err != nil {
		return err
	}
	pages, err := c.pages(ctx, place, content)
	if err != nil {
		return err
	}
	for _, p := range pages {
		t, err := c.time(ctx, place, p.name, p.addresses, func(address string) error {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
			if err != nil {
				return err
			}
			w := &sink{header: make(http.Header)}
			mux.ServeHTTP(w, req)
			if w.status != http.StatusOK || w.bytes == 0 {
				return fmt.Errorf("%s: status %d", address, w.status)
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.Pages = append(r.Pages, t)
		r.SlowestP95 = max(r.SlowestP95, t.P95)
	}
	if c.JSON {
		return e.printJSON(r)
	}
	e.printf("%d conversations with %d turns and %d events stored in %.0f s\n", r.Conversations, r.Turns, r.Events, r.StoreSeconds)
	e.printf("%-22s %8s %9s %9s %9s %9s  %s\n", "", "FILTERS", "REQUESTS", "P50 MS", "P95 MS", "CPU MS", "SLOWEST BY ITS MEDIAN")
	for _, t := range append([]staffTime{r.Baseline}, r.Pages...) {
		slowest := ""
		if t.Slowest != "" {
			slowest = fmt.Sprintf("%.1f ms %s", t.Median, t.Slowest)
		}
		e.printf("%-22s %8d %9d %9.2f %9.2f %9.2f  %s\n", t.Name, t.Filters, t.Requests, t.P50, t.P95, t.CPU, slowest)
	}
	return nil
}

type benchPage struct {
	name      string
	addresses []string
}

// pages are the pages to measure with their filters.
func (c *benchStaffCommand) pages(ctx context.Context, place *postgres.MadeStaff, words []string) ([]benchPage, error) {
	today := time.Now()
	day := func(back int) string { return today.AddDate(0, 0, -back).Format(time.DateOnly) }
	with := func(path string, pairs ...string) string {
		q := make(url.Values)
		for i := 0; i+1 < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
		}
		return office.Root + path + "?" + q.Encode()
	}
	var queue, figures, quality, topics, files, answers []string
	for _, filter := range [][]string{
		{}, {"status", "answered"}, {"status", "partial"}, {"status", "no_answer"}, {"status", "refused"}, {"status", "error"},
		{"taal", "en"}, {"feedback", "none"}, {"feedback", "useful"}, {"feedback", "not_useful"}, {"feedback", "comment"}, {"steun", "laag"},
		{"corpus", "older"}, {"corpus", "present"}, {"beoordeeld", "not_by_me"}, {"beoordeeld", "by_me"}, {"beoordeeld", "by_nobody"}, {"beoordeeld", "by_one"}, {"beoordeeld", "by_two"},
		{"woorden", words[0]}, {"woorden", words[len(words)/2]}, {"woorden", "zzzz bestaat niet"}, {"woorden", words[1] + " " + words[2]},
		{"status", "no_answer", "feedback", "not_useful"}, {"status", "answered", "steun", "laag", "feedback", "not_useful"},
		{"corpus", "present", "status", "answered", "beoordeeld", "not_by_me"}, {"status", "partial", "taal", "en", "feedback", "comment"},
	} {
		queue = append(queue, with("/gesprekken", filter...),
			with("/gesprekken", append(slices.Clone(filter), "van", day(c.Days/3), "tot", day(c.Days/5))...))
	}
	for _, days := range []int{1, 7, c.Days, 90, 365, 1825} {
		for _, filter := range [][]string{{}, {"taal", "en"}, {"model", "extractive"}, {"model", "qwen3-30b", "taal", "nl"}, {"model", "unknown"}} {
			period := append([]string{"van", day(days - 1), "tot", day(0)}, filter...)
			figures = append(figures, with("/cijfers", period...))
			quality = append(quality, with("/cijfers/juistheid", period...))
		}
		topics = append(topics, with("/cijfers/onderwerpen", "van", day(days-1), "tot", day(0)))
		for _, part := range []string{"gebruik", "juistheid", "corpus", "onderwerpen", "onbeantwoord"} {
			files = append(files, with("/cijfers/csv/"+part+".csv", "van", day(days-1), "tot", day(0)))
		}
	}
	some, err := place.Turns(ctx, 30)
	if err != nil {
		return nil, err
	}
	for _, t := range some {
		answers = append(answers, office.Root+"/gesprekken/"+t[0]+"/"+t[1])
	}
	pages := []benchPage{
		{"queue", queue}, {"one answer", answers}, {"judgements", []string{office.Root + "/beoordelingen"}},
		{"figures: use", figures}, {"figures: correctness", quality}, {"figures: topics", topics}, {"figures: CSV", files},
	}
	return slices.DeleteFunc(pages, func(p benchPage) bool { return len(p.addresses) == 0 }), nil
}

// time asks for every address as often as c says, in turns, after once to warm up.
func (c *benchStaffCommand) time(ctx context.Context, place *postgres.MadeStaff, name string, addresses []string, ask func(string) error) (staffTime, error) {
	took := make([][]float64, len(addresses))
	var all []float64
	own := processor()
	server, known := place.ServerCPU(ctx)
	for round := range c.Requests + 1 {
		for i, address := range addresses {
			if err := ctx.Err(); err != nil {
				return staffTime{}, err
			}
			began := time.Now()
			if err := ask(address); err != nil {
				return staffTime{}, fmt.Errorf("%s: %w", name, err)
			}
			if ms := float64(time.Since(began)) / float64(time.Millisecond); round > 0 {
				took[i], all = append(took[i], ms), append(all, ms)
			}
		}
	}
	t := staffTime{Name: name, Filters: len(addresses), Requests: len(all), P50: rank(all, 50), P95: rank(all, 95)}
	if after, still := place.ServerCPU(ctx); known && still {
		each := float64(len(addresses) * (c.Requests + 1))
		t.CPU = float64(after-server+processor()-own) / float64(time.Millisecond) / each
	}
	for i, address := range addresses {
		if median := rank(took[i], 50); address != "" && median > t.Median {
			t.Slowest, t.Median = address, median
		}
	}
	return t, nil
}

// processor is the processor time that this process has used.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rank is a percentile by nearest rank.
func rank(values []float64, p int) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)*p+99)/100-1]
}
