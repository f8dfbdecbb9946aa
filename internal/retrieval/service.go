package retrieval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Store is the corpus as the service reads it. internal/postgres implements it.
type Store interface {
	// State is the number of the last corpus change, 0 when there was none.
	State(ctx context.Context) (int64, error)
	// Changes are the changes after a state, oldest first, at most limit.
	Changes(ctx context.Context, after int64, limit int) ([]VersionChange, error)
	// Entries calls do with the forward index of these versions, or of all live ones
	// when versions is nil, in order of chunk id.
	Entries(ctx context.Context, versions []int64, do func(Entry) error) error
	// Words calls do with the words of these ids, or with all when ids is nil.
	Words(ctx context.Context, ids []int32, do func(id int32, word string) error) error
	// Passages returns those of the chunks that are live, in any order.
	Passages(ctx context.Context, chunks []int64) ([]corpus.Passage, error)
	// Listen calls wake whenever the corpus may have changed, until ctx ends or it
	// cannot go on.
	Listen(ctx context.Context, wake func()) error
}

// VersionChange is a version that became live or stopped being it.
type VersionChange struct {
	State     int64
	VersionID int64
	Live      bool
}

// Neighbours finds chunks by meaning. *Vectors implements it.
type Neighbours interface {
	// Embed is what a query means, nil when there is no model or it knows nothing of
	// the query.
	Embed(ctx context.Context, query string) (Meaning, error)
}

// Meaning is what a query means in one model.
type Meaning interface {
	// Nearest returns the n nearest chunks, best first, Similar the similarity of those
	// of the chunks that have a vector.
	Nearest(ctx context.Context, among Among, n int) ([]Near, error)
	Similar(ctx context.Context, chunks []int64) ([]Near, error)
}

// Among is the chunks that a search may find: the live ones that its filter lets through.
type Among struct {
	Filter corpus.Filter
	Has    func(chunk int64) bool
	Each   iter.Seq[int64] // runs of ids in order
}

// Config is what a Service needs. Store and Analyzer are required.
type Config struct {
	Store      Store
	Analyzer   *Analyzer
	Neighbours Neighbours // nil: lexical only
	Reranker   Reranker   // nil: none
	Logger     *slog.Logger
	// Without names Signals and Steps to leave out, to measure what they are worth.
	Without []string
}

// Service finds passages. It is safe for concurrent use.
type Service struct {
	cfg     Config
	log     *slog.Logger
	index   *Index
	signals []signal
	off     steps
	ready   atomic.Bool
	loaded  chan struct{}
	once    sync.Once
	slots   chan struct{} // of searches at work in memory
}

// NewService returns a service with an empty index; Run fills it.
func NewService(cfg Config) (*Service, error) {
	s := &Service{cfg: cfg, log: cfg.Logger, loaded: make(chan struct{}), slots: make(chan struct{}, slotsPerProcessor*runtime.GOMAXPROCS(0))}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.leaveOut(cfg.Without); err != nil {
		return nil, err
	}
	return s, nil
}

// Limits of following the corpus.
const (
	// pollInterval is how long a lost notice can keep a change from being seen.
	pollInterval = time.Second
	retryAfter   = time.Second
	// restInterval is how long changes are gathered after some were taken up: each time costs
	// something beside what every version does.
	restInterval = 200 * time.Millisecond
	// changesAtOnce bounds the versions read for one new snapshot.
	changesAtOnce = 500
	loadTimeout   = 10 * time.Minute
	// progressEvery is after how many chunks loading says how far it is.
	progressEvery = 50_000
)

// Run loads the index and follows the corpus until ctx ends; it returns ctx's
// error. Failures are logged and tried again: the index stays as it was.
func (s *Service) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.Load(ctx); err == nil {
			break
		} else if ctx.Err() == nil {
			s.log.Error("loading the search index failed; trying again", "error", err)
			pause(ctx, retryAfter)
		}
	}
	changed := make(chan struct{}, 1)
	wake := func() {
		select {
		case changed <- struct{}{}:
		default: // a look is due already
		}
	}
	var listener sync.WaitGroup
	defer listener.Wait()
	listener.Go(func() {
		for ctx.Err() == nil {
			if err := s.cfg.Store.Listen(ctx, wake); err != nil && ctx.Err() == nil {
				s.log.Warn("listening for corpus changes failed; looking every second meanwhile", "error", err)
				pause(ctx, retryAfter)
			}
		}
	})
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-changed:
		case <-poll.C:
		}
		if err := s.Follow(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("following the corpus failed; trying again", "error", err)
			pause(ctx, retryAfter)
		}
		pause(ctx, restInterval)
	}
	return ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// Load builds the index from the whole forward index and makes the service ready.
func (s *Service) Load(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, loadTimeout)
	defer stop()
	began := time.Now()
	// The state is read first: what changes meanwhile is then met again as a change,
	// and Apply passes over what it has.
	state, err := s.cfg.Store.State(ctx)
	if err != nil {
		return err
	}
	if err := s.apply(ctx, state, nil, nil, true); err != nil {
		return err
	}
	stats := s.index.Stats()
	s.log.Info("search index ready", "chunks", stats.Chunks, "versions", stats.Versions, "words", stats.Words,
		"segments", stats.Segments, "megabytes", stats.Bytes>>20, "took", time.Since(began).Round(time.Millisecond))
	s.once.Do(func() {
		s.ready.Store(true)
		close(s.loaded)
	})
	return nil
}

// Follow takes up the changes of the corpus since the last one known.
func (s *Service) Follow(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, loadTimeout)
	defer stop()
	for {
		changes, err := s.cfg.Store.Changes(ctx, s.index.Stats().State, changesAtOnce)
		if err != nil || len(changes) == 0 {
			return err
		}
		last, left := make(map[int64]bool), make(map[int64]bool)
		for _, c := range changes {
			last[c.VersionID] = c.Live
			left[c.VersionID] = left[c.VersionID] || !c.Live
		}
		var added, removed []int64
		for version, live := range last {
			switch has := s.index.Has(version); {
			case live && !has:
				added = append(added, version)
			case !live && has:
				removed = append(removed, version)
			case live && left[version]: // it came back with other chunks
				removed, added = append(removed, version), append(added, version)
			}
		}
		slices.Sort(added)
		if err := s.apply(ctx, changes[len(changes)-1].State, added, removed, false); err != nil {
			return err
		}
		s.log.Debug("search index changed", "added", len(added), "removed", len(removed))
		if len(changes) < changesAtOnce {
			return nil
		}
	}
}

// apply reads what is new and changes the index.
func (s *Service) apply(ctx context.Context, state int64, added, removed []int64, everything bool) error {
	change := Change{State: state, Remove: removed, Words: make(map[int32]string)}
	if everything || len(added) > 0 {
		unknown, counts := make(map[int32]bool), make(map[int32]int)
		learning := everything && s.cfg.Analyzer.unread()
		var buf []int32
		err := s.cfg.Store.Entries(ctx, added, func(e Entry) error {
			var err error
			if buf, _, _, err = DecodeTerms(e.Terms, buf[:0]); err != nil {
				// One spoilt chunk must not keep the rest from being found.
				s.log.Error("a chunk is left out of the search index", "chunk", e.ChunkID, "error", err)
				return nil
			}
			for _, id := range buf {
				if learning {
					counts[id]++
				}
				if !s.index.knows(id) {
					unknown[id] = true
				}
			}
			change.Add = append(change.Add, e)
			yield(len(change.Add), yieldChunks)
			if len(change.Add)%progressEvery == 0 {
				s.log.Info("reading the search index", "chunks", len(change.Add))
			}
			return nil
		})
		if err != nil {
			return err
		}
		var ids []int32 // nil asks for all
		if len(unknown) < 50_000 {
			ids = make([]int32, 0, len(unknown))
			for id := range unknown {
				ids = append(ids, id)
			}
		}
		if len(unknown) > 0 {
			err := s.cfg.Store.Words(ctx, ids, func(id int32, word string) error {
				if unknown[id] {
					change.Words[id] = word
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if learning {
			s.index.learn(change, counts)
		}
		if n := len(unknown) - len(change.Words); n > 0 {
			return fmt.Errorf("index: %d words of the forward index are not in the vocabulary", n)
		}
	}
	return s.index.Apply(change)
}

// Ready reports whether the index was loaded.
func (s *Service) Ready() bool { return s.ready.Load() }

// Loaded is closed when the index was loaded.
func (s *Service) Loaded() <-chan struct{} { return s.loaded }

// State names the state of the corpus that searches see.
func (s *Service) State() string { return strconv.FormatInt(s.index.current.Load().state, 10) }

// Live implements Live.
func (s *Service) Live() (state int64, chunks iter.Seq[int64]) {
	if !s.Ready() {
		return 0, nil
	}
	snap := s.index.current.Load()
	return snap.state, snap.among(corpus.Filter{}, nil).Each
}

// Stats measures the index.
func (s *Service) Stats() Stats { return s.index.Stats() }

// Numbers of the two stages.
const (
	// Twice as many lexical candidates rank no better: nDCG@10 on questions about Dutch
	// government, the same in everyday words, and titles of laws is .7165, .5136 and
	// .5373 with 150 as with 200 and 300; with 100 it is .5369 for the last.
	lexicalCandidates = 150
	vectorCandidates  = 100
	maxLimit          = 1000
	vectorTimeout     = 2 * time.Second
)

// Search returns the passages that fit the query best, with their page's text.
// An empty or unknown query gives none. Before the index was loaded it fails with
// corpus.CodeBusy. When the vectors fail it goes on without them.
func (s *Service) Search(ctx context.Context, q Query) ([]corpus.Passage, error) {
	if !s.Ready() {
		return nil, &corpus.UserError{Code: corpus.CodeBusy, RetryAfter: 5 * time.Second,
			Message: "De documenten worden nog geladen. Probeer het over een paar seconden opnieuw."}
	}
	limit := min(cmp.Or(max(q.Limit, 0), 10), maxLimit)
	ranked, err := s.rank(ctx, q, limit)
	if err != nil {
		return nil, err
	}
	var out []corpus.Passage
	for len(out) < limit && len(ranked) > 0 {
		// Chunks that went after the snapshot was taken are not returned; the next
		// best take their place.
		ask := ranked[:min(limit-len(out), len(ranked))]
		ranked = ranked[len(ask):]
		ids := make([]int64, len(ask))
		score := make(map[int64]float64, len(ask))
		for i, r := range ask {
			ids[i], score[r.ChunkID] = r.ChunkID, r.Score
		}
		found, err := s.cfg.Store.Passages(ctx, ids)
		if err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		for i := range found {
			found[i].Score = score[found[i].ChunkID]
		}
		slices.SortFunc(found, func(a, b corpus.Passage) int {
			return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ChunkID, b.ChunkID))
		})
		out = wholeParagraphs(append(out, found...))
	}
	return out, nil
}

// Ranked is a chunk's place in the answer to a query.
type Ranked struct {
	ChunkID int64
	Score   float64
}

// Rank is Search without reading the passages: at most limit chunks, best first.
func (s *Service) Rank(ctx context.Context, q Query) ([]Ranked, error) {
	limit := min(cmp.Or(max(q.Limit, 0), 10), maxLimit)
	ranked, err := s.rank(ctx, q, limit)
	return ranked[:min(limit, len(ranked))], err
}

// Nearest is the vectors' part of a search alone: the n chunks nearest to the query,
// best first; none without a model.
func (s *Service) Nearest(ctx context.Context, q Query, n int) ([]Near, error) {
	if s.cfg.Neighbours == nil {
		return nil, nil
	}
	meaning, err := s.cfg.Neighbours.Embed(ctx, vectorText(q))
	if err != nil || meaning == nil {
		return nil, err
	}
	snap := s.index.current.Load()
	return meaning.Nearest(ctx, snap.among(q.Filter, snap.allowed(q.Filter)), n)
}

// rank orders the lexical candidates and the nearest by vector. What is wanted beyond
// those follows in the order of BM25.
func (s *Service) rank(ctx context.Context, q Query, limit int) ([]Ranked, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	meaning, err := s.embed(ctx, q)
	if err != nil && ctx.Err() == nil {
		s.log.Warn("searching without vectors", "error", err)
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ranked := s.rankInMemory(ctx, q, meaning, limit)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.rerank(ctx, q, ranked[:min(len(ranked), max(limit, lexicalCandidates))]), nil
}

// slotsPerProcessor is how many searches a processor works at: more would only take the
// memory that they work in out of its caches. It is more than one because a search may
// wait, for the database or for its other half.
const slotsPerProcessor = 2

// rankInMemory is rank for a query that was embedded and has a slot, which it gives back.
// When ctx ends its result is of no use.
func (s *Service) rankInMemory(ctx context.Context, q Query, meaning Meaning, limit int) []Ranked {
	defer func() { <-s.slots }()
	snap := s.index.current.Load()
	allowed := snap.allowed(q.Filter)
	bounded, stop := context.WithTimeout(ctx, vectorTimeout)
	sought := seek(bounded, meaning, snap.among(q.Filter, allowed))
	defer func() { stop(); sought.wait() }()
	r := s.newRanking(snap, q)
	defer r.release()
	found := snap.bm25(r.q.terms, allowed, max(limit, lexicalCandidates))
	rest := found[min(len(found), lexicalCandidates):]
	for _, h := range found[:len(found)-len(rest)] {
		r.candidates = append(r.candidates, candidate{hit: h})
	}
	r.addNumbered(allowed)
	r.addQuoted(allowed)
	ids := make([]int64, len(r.candidates))
	for i, c := range r.candidates {
		ids[i] = snap.chunkOf(c.hit).id
	}
	sought.compare(bounded, slices.Sorted(slices.Values(ids)))
	r.rank(s.signals, func() {
		near, err := sought.found()
		if err != nil && ctx.Err() == nil {
			s.log.Warn("searching without vectors", "error", err)
		}
		r.addNear(near, ids, allowed)
	})
	out := make([]Ranked, 0, len(r.candidates)+len(rest))
	var seen map[int64]bool // needed when there is a rest
	if len(rest) > 0 {
		seen = make(map[int64]bool, len(r.candidates))
	}
	documents := make([]int32, 0, len(r.candidates))
	lowest := 0.0
	for _, c := range r.candidates {
		if seen != nil {
			seen[c.chunk.id] = true
		}
		out = append(out, Ranked{ChunkID: c.chunk.id, Score: float64(c.total)})
		documents = append(documents, c.chunk.document)
	}
	if diverse(out, documents); len(out) > 0 {
		lowest = out[len(out)-1].Score
	}
	for _, h := range rest {
		if id := snap.chunkOf(h).id; !seen[id] {
			out = append(out, Ranked{ChunkID: id, Score: lowest * float64(h.score/rest[0].score)})
		}
	}
	return out
}

// embed is what a query means, nil when no vectors are asked for.
func (s *Service) embed(ctx context.Context, q Query) (Meaning, error) {
	if s.cfg.Neighbours == nil || !slices.ContainsFunc(s.signals, func(sig signal) bool { return sig.name == VectorSignal }) {
		return nil, nil
	}
	ctx, stop := context.WithTimeout(ctx, vectorTimeout)
	defer stop()
	return s.cfg.Neighbours.Embed(ctx, vectorText(q))
}

// sought is what the vectors say of a query, while its words are looked up. A nil
// sought finds nothing.
type sought struct {
	meaning Meaning
	under   sync.WaitGroup
	near    []Near
	also    []Near
	nearErr error
	alsoErr error
}

// seek begins to look for the chunks nearest to a query.
func seek(ctx context.Context, meaning Meaning, among Among) *sought {
	if meaning == nil {
		return nil
	}
	k := &sought{meaning: meaning}
	k.under.Go(func() { k.near, k.nearErr = meaning.Nearest(ctx, among, vectorCandidates) })
	return k
}

// compare begins to look up how near these chunks are.
func (k *sought) compare(ctx context.Context, ids []int64) {
	if k == nil || len(ids) == 0 {
		return
	}
	k.under.Go(func() { k.also, k.alsoErr = k.meaning.Similar(ctx, ids) })
}

// found waits for all that was looked for. On an error it gives nothing: some chunks
// with and others without a similarity would be ranked wrongly.
func (k *sought) found() ([]Near, error) {
	if k == nil {
		return nil, nil
	}
	k.wait()
	if err := errors.Join(k.nearErr, k.alsoErr); err != nil {
		return nil, err
	}
	return append(k.also, k.near...), nil
}

// wait returns when nothing is under way.
func (k *sought) wait() {
	if k != nil {
		k.under.Wait()
	}
}
