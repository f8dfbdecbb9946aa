package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// ScaleCorpus is a place of its own in the database for made documents, with the
// tables and indexes that the product searches.
type ScaleCorpus interface {
	// Fill stores the first version of all documents, with their vectors.
	Fill(ctx context.Context, m *MadeCorpus, e retrieval.StoredEmbedder) error
	// Renew puts another version of a document in place of its current one and
	// returns the id of that one.
	Renew(ctx context.Context, slug string, d MadeDocument) (old int64, err error)
	// Bare reads the n nearest from the graph and does nothing else.
	Bare(ctx context.Context, e retrieval.StoredEmbedder, query []float32, n int) error
	Exact(ctx context.Context, e retrieval.StoredEmbedder, query []float32, f corpus.Filter, n int) ([]retrieval.Near, error) // see NeighbourCorpus
	// NearestWith is Nearest without a filter, with this many candidates of the graph.
	NearestWith(ctx context.Context, e retrieval.StoredEmbedder, query []float32, n, candidates int) ([]retrieval.Near, error)
	// Sizes are bytes on disk.
	Sizes(ctx context.Context, embedder int) (terms, vectors, graph int64, err error)
	// ServerCPU is the processor time the database used for us so far, if known.
	ServerCPU(ctx context.Context) (time.Duration, bool)
	retrieval.Store
	retrieval.VectorStore
}

// Scale is a measurement of retrieval on a made corpus of a given size. Bare searches
// of the vector graph are measured beside it in the same run, so that figures of
// different machines compare.
type Scale struct {
	Corpus      ScaleCorpus
	Analyzer    *retrieval.Analyzer
	WordList    io.Reader
	Chunks      int
	Dimensions  int
	Queries     int   // of each measurement
	Connections []int // at once, one measurement each
	Seed        uint64
	// Graph also builds a graph of the vectors, and measures bare searches of it and what
	// more candidates bring beside searches as the product does them.
	Graph bool
	// Changes also measures replacing documents: 1% of them during querying, and the
	// recall after 12% of them.
	Changes bool
	// Progress, when set, is told what is done and what comes next: the largest corpora
	// take half an hour.
	Progress func(format string, args ...any)
	Logger   *slog.Logger
}

// Latencies are those of one kind of query at one concurrency, in milliseconds.
type Latencies struct {
	P50       float64 `json:"p50_ms"`
	P95       float64 `json:"p95_ms"`
	PerSecond float64 `json:"per_second"`
	// Processor time per query: of this process, and of the database when it is on
	// this machine.
	CPU         float64 `json:"cpu_ms"`
	DatabaseCPU float64 `json:"database_cpu_ms,omitempty"`
	// Others is the share of all processors, 0 to 1, that other programs took meanwhile,
	// and the host of a virtual machine: what the figures would be without is not known.
	Others float64 `json:"others,omitempty"`
}

// Concurrent is hybrid search, beside bare searches of the graph when there is one.
type Concurrent struct {
	Connections int       `json:"connections"`
	Hybrid      Latencies `json:"hybrid"`
	Bare        Latencies `json:"bare,omitzero"`
	Ratio       float64   `json:"ratio_p95,omitempty"` // Hybrid.P95 / Bare.P95
}

// GraphTrade is what one number of candidates of the graph brings and costs.
type GraphTrade struct {
	Candidates  int     `json:"candidates"`
	Recall      float64 `json:"vector_recall@10"`
	DatabaseCPU float64 `json:"database_cpu_ms,omitempty"` // per query
}

// Replacing is what replacing documents does to queries.
type Replacing struct {
	Documents int       `json:"documents"`
	Seconds   float64   `json:"seconds"`
	Queries   int       `json:"queries"`
	Failed    int       `json:"failed"`
	Deleted   int       `json:"deleted_returned"` // passages of versions that were gone when the query began
	Quiet     Latencies `json:"quiet"`
	During    Latencies `json:"during"`
	Ratio     float64   `json:"ratio_p95"`
}

// ScaleResult is what a Scale measured.
type ScaleResult struct {
	Chunks        int          `json:"chunks"`
	Documents     int          `json:"documents"`
	Dimensions    int          `json:"dimensions"`
	LoadSeconds   float64      `json:"load_seconds"` // storing rows
	RowsPerSecond float64      `json:"chunks_per_second"`
	GraphSeconds  float64      `json:"graph_seconds"`        // building the index of the vectors
	IndexSeconds  float64      `json:"index_seconds"`        // reading the index into memory, and the vectors
	HoldSeconds   float64      `json:"vectors_held_seconds"` // of that, the vectors
	HeldBytes     int          `json:"vectors_held_bytes"`
	TermsBytes    int64        `json:"chunk_terms_bytes"`
	VectorsBytes  int64        `json:"vectors_bytes"`
	GraphBytes    int64        `json:"graph_bytes"`
	IndexBytes    int          `json:"index_memory_bytes"`
	HeapBytes     uint64       `json:"heap_bytes"`
	ResidentBytes int64        `json:"resident_bytes"` // of this process at the most during queries
	Concurrent    []Concurrent `json:"concurrent"`
	Neighbourhood
	Trade         []GraphTrade `json:"graph_candidates"`
	FilterShare   float64      `json:"filter_share"`
	FilterExact   bool         `json:"filter_exact"`
	Replacing     *Replacing   `json:"replacing,omitempty"`
	Churned       int          `json:"churned_chunks,omitempty"`
	ChurnRecall   float64      `json:"churn_vector_recall@10,omitempty"`
	ChurnSeconds  float64      `json:"churn_seconds,omitempty"`   // replacing them, vectors included
	ChurnFailed   int          `json:"churn_failed"`              // queries that failed meanwhile
	ChurnRatio    float64      `json:"churn_ratio_p95,omitempty"` // of queries meanwhile and quiet ones
	Growth        *Growth      `json:"growth,omitempty"`
	ChurnResident int64        `json:"churn_resident_bytes,omitempty"` // of this process at the most from replacing on
}

// Growth is what growing from a smaller corpus cost a search at a time.
type Growth struct {
	Chunks   int     `json:"from_chunks"`
	P50      float64 `json:"from_p50_ms"`
	P95      float64 `json:"from_p95_ms"`
	RatioP50 float64 `json:"ratio_p50"`
	RatioP95 float64 `json:"ratio_p95"`
}

// Growing compares a larger corpus with this one.
func (r ScaleResult) Growing(larger ScaleResult) *Growth {
	small, large := r.Concurrent[0].Hybrid, larger.Concurrent[0].Hybrid
	return &Growth{Chunks: r.Chunks, P50: small.P50, P95: small.P95, RatioP50: large.P50 / small.P50, RatioP95: large.P95 / small.P95}
}

// scaleRun is a Scale under way.
type scaleRun struct {
	Scale
	made      *MadeCorpus
	model     retrieval.Model
	embedder  retrieval.StoredEmbedder
	vectors   *retrieval.Vectors
	service   *retrieval.Service
	questions []string
	queries   [][]float32
	retired   sync.Map // version → when it was replaced
	failed    atomic.Int64
	deleted   atomic.Int64
}

// Run measures. It needs a quiet machine for its figures, not for its ratios.
func (s Scale) Run(ctx context.Context) (result ScaleResult, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("measure retrieval of %d chunks: %w", s.Chunks, err)
		}
	}()
	if s.Chunks < 1 || s.Queries < 1 || s.Dimensions < 1 {
		return result, errors.New("chunks, dimensions and queries must be positive")
	}
	r := &scaleRun{Scale: s}
	if r.made, err = NewMadeCorpus(s.WordList, s.Chunks, s.Dimensions, s.Seed); err != nil {
		return result, err
	}
	result = ScaleResult{Chunks: r.made.Chunks(), Documents: r.made.Documents(), Dimensions: s.Dimensions}
	r.progress("%d chunks of %d documents are made and stored", result.Chunks, result.Documents)
	following, stop := context.WithCancel(ctx)
	var follower sync.WaitGroup
	defer follower.Wait()
	defer stop()
	if err := r.fill(ctx, &result); err != nil {
		return result, err
	}
	began := time.Now()
	follower.Go(func() { _ = r.service.Run(following) }) // ends with following
	if err := r.vectors.Hold(ctx, r.service); err != nil {
		return result, err
	}
	result.HoldSeconds = time.Since(began).Seconds()
	select {
	case <-r.service.Loaded():
	case <-ctx.Done():
		return result, ctx.Err()
	}
	result.IndexSeconds = time.Since(began).Seconds()
	result.IndexBytes, result.HeldBytes = r.service.Stats().Bytes, r.vectors.HeldBytes()
	follower.Go(func() { r.vectors.Follow(following, r.service) })
	debug.FreeOSMemory() // what making the documents left behind is no cost of searching them
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	result.HeapBytes, result.ResidentBytes = m.HeapAlloc, resident()
	r.progress("%d chunks and %d MB of vectors are in memory after %.0f s; queries are measured", r.service.Stats().Chunks, result.HeldBytes>>20, result.IndexSeconds)
	r.questions = r.made.Questions(rounds*r.Queries, 1) // mostly of passages that no cache holds
	for _, q := range r.questions {
		v, err := r.model.EmbedQuery(ctx, q)
		if err != nil {
			return result, err
		}
		r.queries = append(r.queries, v)
	}
	if _, err := r.load(ctx, 8, len(r.questions)/2, r.hybrid); err != nil { // warm caches
		return result, err
	}
	for _, connections := range s.Connections {
		c, err := r.concurrent(ctx, connections)
		if err != nil {
			return result, err
		}
		r.progress("%d connections: p50 %.2f, p95 %.2f ms, %.0f queries/s; processor %.2f ms a query, of the database %.2f; others had %.0f%% of it",
			connections, c.Hybrid.P50, c.Hybrid.P95, c.Hybrid.PerSecond, c.Hybrid.CPU, c.Hybrid.DatabaseCPU, 100*c.Hybrid.Others)
		result.Concurrent = append(result.Concurrent, c)
	}
	result.ResidentBytes = max(result.ResidentBytes, resident())
	var exact [][]retrieval.Near
	if result.Neighbourhood, exact, err = r.compare(ctx); err != nil {
		return result, err
	}
	r.progress("recall@10 of the vectors %.3f; filters are compared", result.Recall)
	if s.Graph {
		if result.Trade, err = r.trade(ctx, exact); err != nil {
			return result, err
		}
		// The product does without, and what follows is to cost what it costs there.
		if err = r.Corpus.DropGraph(ctx, r.embedder.ID); err != nil {
			return result, err
		}
	}
	if result.FilterShare, result.FilterExact, err = r.filtered(ctx); err != nil {
		return result, err
	}
	if s.Changes {
		if result.Replacing, err = r.replacing(ctx, &result); err != nil {
			return result, err
		}
		if err := r.churn(ctx, &result); err != nil {
			return result, err
		}
	}
	return result, nil
}

// progress tells Progress.
func (r *scaleRun) progress(format string, args ...any) {
	if r.Progress != nil {
		r.Progress(format, args...)
	}
}

// fill stores the documents and, where it is wanted, builds the graph.
func (r *scaleRun) fill(ctx context.Context, result *ScaleResult) (err error) {
	r.model = r.made.Model()
	r.embedder = retrieval.StoredEmbedder{Name: r.model.Name(), Dimensions: r.Dimensions, Digest: r.model.Digest(), State: retrieval.FutureEmbedder}
	if r.embedder.ID, err = r.Corpus.AddEmbedder(ctx, r.embedder, nil); err != nil {
		return err
	}
	began := time.Now()
	if err := r.Corpus.Fill(ctx, r.made, r.embedder); err != nil {
		return err
	}
	result.LoadSeconds = time.Since(began).Seconds()
	result.RowsPerSecond = float64(result.Chunks) / result.LoadSeconds
	r.progress("%d chunks stored in %s", result.Chunks, time.Since(began).Round(time.Second))
	if err := r.Corpus.Promote(ctx, r.embedder.ID); err != nil {
		return err
	}
	r.embedder.State = retrieval.PresentEmbedder
	if r.Graph {
		r.progress("the graph of the vectors is built")
		began = time.Now()
		if err := r.Corpus.BuildGraph(ctx, r.embedder.ID); err != nil {
			return err
		}
		result.GraphSeconds = time.Since(began).Seconds()
		r.progress("the graph is built in %s", time.Since(began).Round(time.Second))
	}
	if result.TermsBytes, result.VectorsBytes, result.GraphBytes, err = r.Corpus.Sizes(ctx, r.embedder.ID); err != nil {
		return err
	}
	r.vectors = retrieval.NewVectors(retrieval.VectorsConfig{Store: r.Corpus, Model: r.model, Analyse: r.Analyzer.Terms, Logger: r.Logger})
	if err := r.vectors.Refresh(ctx); err != nil {
		return err
	}
	r.service, err = retrieval.NewService(retrieval.Config{Store: r.Corpus, Analyzer: r.Analyzer, Neighbours: r.vectors, Logger: r.Logger})
	return err
}

// resident is the memory of this process, 0 when the system does not tell.
func resident() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb << 10
		}
	}
	return 0
}

// hybrid is one search as the product does it, up to the text of ten passages.
func (r *scaleRun) hybrid(ctx context.Context, i int) error {
	began := time.Now()
	found, err := r.service.Search(ctx, retrieval.Query{Text: r.questions[i%len(r.questions)], Limit: 10})
	if err != nil {
		return err
	}
	for _, p := range found {
		if at, ok := r.retired.Load(p.VersionID); ok && at.(time.Time).Before(began) {
			r.deleted.Add(1)
		}
	}
	if len(found) == 0 {
		return errors.New("a query about the documents found nothing")
	}
	return nil
}

func (r *scaleRun) bare(ctx context.Context, i int) error {
	return r.Corpus.Bare(ctx, r.embedder, r.queries[i%len(r.queries)], nearestWanted)
}

// load does n queries, connections at a time, and measures them.
func (r *scaleRun) load(ctx context.Context, connections, n int, query func(ctx context.Context, i int) error) (Latencies, error) {
	took := make([]time.Duration, n)
	errs := make([]error, connections)
	var next atomic.Int64
	var wg sync.WaitGroup
	server, known := r.Corpus.ServerCPU(ctx)
	busy, told := busyTime()
	own, began := processorTime(), time.Now()
	for c := range connections {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				started := time.Now()
				if errs[c] = query(ctx, i); errs[c] != nil {
					return
				}
				took[i] = time.Since(started)
			}
		})
	}
	wg.Wait()
	elapsed, used := time.Since(began), processorTime()-own
	if err := errors.Join(errs...); err != nil {
		return Latencies{}, err
	}
	l := latencies(took, elapsed)
	l.CPU = milliseconds(used) / float64(n)
	if after, still := r.Corpus.ServerCPU(ctx); known && still && after > server {
		l.DatabaseCPU = milliseconds(after-server) / float64(n)
		used += after - server
	}
	if all, still := busyTime(); told && still {
		l.Others = max(0, (all-busy-used).Seconds()/elapsed.Seconds()/float64(runtime.NumCPU()))
	}
	return l, nil
}

func latencies(took []time.Duration, elapsed time.Duration) Latencies {
	if len(took) == 0 {
		return Latencies{}
	}
	sorted := slices.Sorted(slices.Values(took))
	at := func(p int) float64 { return milliseconds(sorted[(len(sorted)*p+99)/100-1]) } // nearest rank
	return Latencies{P50: at(50), P95: at(95), PerSecond: float64(len(took)) / elapsed.Seconds()}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// processorTime is what this process used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// busyTime is what all processors of the machine did so far, with what its host withheld
// from them, as Linux counts it.
func busyTime() (time.Duration, bool) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait irq softirq steal …
	if len(fields) < 9 {
		return 0, false
	}
	var ticks int64
	for i, f := range fields[1:9] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, false
		}
		if i != 3 && i != 4 {
			ticks += n
		}
	}
	return time.Duration(ticks) * ClockTick, true
}

// ClockTick is what processor times in /proc are counted in, on every Linux of ours.
const ClockTick = 10 * time.Millisecond

// rounds is into how many turns hybrid and bare searches are divided: a neighbour on
// the machine then slows both.
const rounds = 4

func (r *scaleRun) concurrent(ctx context.Context, connections int) (Concurrent, error) {
	c := Concurrent{Connections: connections}
	n := max(r.Queries, 8*connections)
	for round := range rounds {
		from := round * r.Queries // each asks other questions
		h, err := r.load(ctx, connections, n, func(ctx context.Context, i int) error { return r.hybrid(ctx, from+i) })
		if err != nil {
			return c, err
		}
		c.Hybrid.add(h)
		if !r.Graph {
			continue
		}
		b, err := r.load(ctx, connections, n, func(ctx context.Context, i int) error { return r.bare(ctx, from+i) })
		if err != nil {
			return c, err
		}
		c.Bare.add(b)
	}
	if r.Graph {
		c.Ratio = c.Hybrid.P95 / c.Bare.P95
	}
	return c, nil
}

// add adds a round's share to a mean.
func (l *Latencies) add(o Latencies) {
	l.P50 += o.P50 / rounds
	l.P95 += o.P95 / rounds
	l.PerSecond += o.PerSecond / rounds
	l.CPU += o.CPU / rounds
	l.DatabaseCPU += o.DatabaseCPU / rounds
	l.Others += o.Others / rounds
}

// compared is how many queries recall and filters are measured on: each is compared
// with all chunks.
const compared = 100

// compare measures recall, and returns what exact searches gave.
func (r *scaleRun) compare(ctx context.Context) (n Neighbourhood, exact [][]retrieval.Near, err error) {
	most := min(compared, len(r.queries))
	if exact, err = exactNeighbours(ctx, r.Corpus, r.embedder, r.queries[:most]); err != nil {
		return n, nil, err
	}
	n, err = measureNeighbourhood(ctx, r.service, r.questions[:most], exact)
	return n, exact, err
}

// graphCandidates are the numbers of candidates that the graph is measured with beside
// the product's own.
var graphCandidates = [...]int{40, 70, 100, 150, 200, 300}

// trade measures what more candidates of the graph bring and cost.
func (r *scaleRun) trade(ctx context.Context, exact [][]retrieval.Near) (out []GraphTrade, err error) {
	queries := r.queries[:len(exact)]
	for _, candidates := range graphCandidates {
		t := GraphTrade{Candidates: candidates}
		server, known := r.Corpus.ServerCPU(ctx)
		if t.Recall, err = recall(queries, exact, func(q []float32) ([]retrieval.Near, error) {
			return r.Corpus.NearestWith(ctx, r.embedder, q, nearestWanted, candidates)
		}); err != nil {
			return nil, err
		}
		if after, still := r.Corpus.ServerCPU(ctx); known && still {
			t.DatabaseCPU = milliseconds(after-server) / float64(len(queries))
		}
		out = append(out, t)
	}
	return out, nil
}

// filtered compares searches of one document in a thousand with exact ones.
func (r *scaleRun) filtered(ctx context.Context) (share float64, exact bool, err error) {
	rng := rand.New(rand.NewPCG(r.Seed, 7)) // #nosec G404 -- a measurement must repeat
	exact = true
	chunks := 0
	for i := range min(compared, len(r.queries)) {
		var f corpus.Filter
		for range max(1, r.made.Documents()/1000) {
			d := rng.IntN(r.made.Documents())
			if id := r.made.Slug(d); !slices.Contains(f.Documents, id) {
				f.Documents = append(f.Documents, id)
				chunks += int(r.made.FirstChunk(d+1) - r.made.FirstChunk(d))
			}
		}
		near, err := r.service.Nearest(ctx, retrieval.Query{Text: r.questions[i], Filter: f}, nearestWanted)
		if err != nil {
			return 0, false, err
		}
		want, err := r.Corpus.Exact(ctx, r.embedder, r.queries[i], f, nearestWanted)
		if err != nil {
			return 0, false, err
		}
		same := slices.EqualFunc(near, want, func(a, b retrieval.Near) bool { return a.ChunkID == b.ChunkID })
		if !same {
			r.Logger.Warn("a filtered search differs from the exact one", "query", i, "found", len(near), "exact", len(want))
		}
		exact = exact && same
	}
	return float64(chunks) / float64(min(compared, len(r.queries))) / float64(r.made.Chunks()), exact, nil
}

// during asks one query after another while do runs, and measures them.
func (r *scaleRun) during(ctx context.Context, do func() error) (Latencies, int, error) {
	done := make(chan struct{})
	var took []time.Duration
	var wg sync.WaitGroup
	began := time.Now()
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			started := time.Now()
			if err := r.hybrid(ctx, i); err != nil {
				if ctx.Err() == nil {
					r.Logger.Warn("a query failed", "error", err)
				}
				r.failed.Add(1)
				continue
			}
			took = append(took, time.Since(started))
		}
	})
	err := do()
	close(done)
	wg.Wait()
	return latencies(took, time.Since(began)), len(took), err
}

// second are the second versions of documents from..to, one after another.
func (r *scaleRun) second(from, to int) iter.Seq[MadeDocument] {
	return func(next func(MadeDocument) bool) {
		for d := from; d < to; d++ {
			if !next(r.made.Document(d%r.made.Documents(), 2)) {
				return
			}
		}
	}
}

// renew replaces documents and brings their vectors up to date.
func (r *scaleRun) renew(ctx context.Context, documents iter.Seq[MadeDocument]) (chunks int, err error) {
	for d := range documents {
		old, err := r.Corpus.Renew(ctx, r.made.Slug(d.Number), d)
		if err != nil {
			return 0, err
		}
		r.retired.Store(old, time.Now())
		for _, p := range d.Pages {
			chunks += len(p.Chunks)
		}
	}
	if err := r.vectors.EmbedPending(ctx); err != nil {
		return 0, err
	}
	return chunks, r.vectors.Hold(ctx, r.service) // as Follow does every second
}

// caughtUp waits until the search index and the vectors in memory hold every change made
// so far, which may take a second.
func (r *scaleRun) caughtUp(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	last, err := r.Corpus.LastChange(ctx)
	if err != nil {
		return err
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for r.service.Stats().State < last {
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the search index to reach change %d: %w", last, ctx.Err())
		}
	}
	return r.vectors.Hold(ctx, r.service)
}

// replacing replaces one document in a hundred while queries go on.
func (r *scaleRun) replacing(ctx context.Context, result *ScaleResult) (*Replacing, error) {
	p := &Replacing{Documents: max(1, r.made.Documents()/100)}
	// As a worker does when it starts: from then on it looks at what changed only.
	if err := r.vectors.EmbedPending(ctx); err != nil {
		return nil, err
	}
	// Making them up is no part of replacing them.
	documents := slices.Collect(r.second(0, p.Documents))
	quiet := time.After(max(2*time.Second, time.Duration(r.Queries)*5*time.Millisecond))
	var err error
	if p.Quiet, _, err = r.during(ctx, func() error {
		select {
		case <-quiet:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}); err != nil {
		return nil, err
	}
	began := time.Now()
	if p.During, p.Queries, err = r.during(ctx, func() error { _, err := r.renew(ctx, slices.Values(documents)); return err }); err != nil {
		return nil, err
	}
	p.Seconds = time.Since(began).Seconds()
	p.Failed, p.Deleted = int(r.failed.Swap(0)), int(r.deleted.Swap(0))
	p.Ratio = p.During.P95 / p.Quiet.P95
	result.ChurnResident = resident()
	r.progress("%d documents replaced in %.1f s, %d of %d queries failed, p95 %.2f times; many more are", p.Documents, p.Seconds, p.Failed, p.Queries, p.Ratio)
	return p, nil
}

// churn replaces 12% of the documents, 1% of which went before, while queries go on,
// and measures recall after it.
func (r *scaleRun) churn(ctx context.Context, result *ScaleResult) (err error) {
	from := result.Replacing.Documents
	began := time.Now()
	during, _, err := r.during(ctx, func() (err error) {
		result.Churned, err = r.renew(ctx, r.second(from, from+r.made.Documents()*11/100))
		return err
	})
	if err != nil {
		return err
	}
	result.ChurnSeconds, result.ChurnRatio = time.Since(began).Seconds(), during.P95/result.Replacing.Quiet.P95
	result.ChurnFailed, result.Replacing.Deleted = int(r.failed.Swap(0)), result.Replacing.Deleted+int(r.deleted.Swap(0))
	result.ChurnResident = max(result.ChurnResident, resident())
	r.progress("%d more chunks replaced in %.0f s, p95 %.2f times; recall is measured again", result.Churned, result.ChurnSeconds, result.ChurnRatio)
	if err := r.caughtUp(ctx); err != nil {
		return err
	}
	after, _, err := r.compare(ctx)
	result.ChurnRecall = after.Recall
	return err
}
