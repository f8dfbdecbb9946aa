package retrieval

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Embedder turns texts into vectors. It is the method set of langchaingo's
// embeddings.Embedder. A nil vector means: nothing known about this text.
type Embedder interface {
	EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error)
	EmbedQuery(ctx context.Context, text string) ([]float32, error)
}

// Model is an Embedder with its identity: vectors are compared only within one
// Digest.
type Model interface {
	Embedder
	Name() string
	Dimensions() int
	Digest() string
}

// EmbedderState is where an embedder stands in the life of the corpus.
type EmbedderState string

// A future embedder is being filled, the present one is searched, past ones are
// on their way out.
const (
	FutureEmbedder  EmbedderState = "future"
	PresentEmbedder EmbedderState = "present"
	PastEmbedder    EmbedderState = "past"
)

// StoredEmbedder is an embedder as the store knows it.
type StoredEmbedder struct {
	ID         int
	Name       string
	Dimensions int
	Digest     string
	State      EmbedderState
	TrainedOn  int64 // chunks the model was trained on; 0 for models from elsewhere
	Graph      bool  // its vectors have a graph: the store need not compare all
}

// ChunkText is a chunk as it is embedded.
type ChunkText struct {
	ID      int64
	Title   string
	Heading []string
	Text    string
}

// Embedded is the text a vector is made from: the chunk under its title and
// headings, which say what its sentences leave unsaid.
func (c ChunkText) Embedded() string {
	parts := append([]string{c.Title}, c.Heading...)
	return strings.Join(append(parts, c.Text), "\n")
}

// Near is a chunk with its cosine similarity to a query, -1 to 1.
type Near struct {
	ChunkID    int64
	Similarity float64
}

// VectorStore keeps embedders and vectors.
type VectorStore interface {
	// Exclusive runs f unless another process is running one; ran tells.
	Exclusive(ctx context.Context, f func(context.Context) error) (ran bool, err error)
	Embedders(ctx context.Context) ([]StoredEmbedder, error)
	// AddEmbedder stores a future embedder, in place of any earlier future one.
	AddEmbedder(ctx context.Context, e StoredEmbedder, weights []byte) (id int, err error)
	Weights(ctx context.Context, id int) ([]byte, error)
	// Promote makes a future embedder the present one.
	Promote(ctx context.Context, id int) error
	// BuildGraph builds the graph of an embedder's vectors, or builds it anew while it is
	// searched. Churn is what came and went since, as a share of what it was built of.
	BuildGraph(ctx context.Context, id int) error
	DropGraph(ctx context.Context, id int) error
	Churn(ctx context.Context, id int) (share float64, err error)
	// DropPast deletes embedders that were replaced longer ago than grace, with
	// their vectors and index.
	DropPast(ctx context.Context, grace time.Duration) error
	LiveChunks(ctx context.Context) (int64, error)
	Chunks(ctx context.Context) iter.Seq2[ChunkText, error]
	// LastChange is the number of the last corpus change.
	LastChange(ctx context.Context) (int64, error)
	// DropDead deletes vectors of chunks that are no longer searched, Unembedded returns
	// the first searched chunks, at most limit, with an id above after that have no vector
	// of this embedder. Only versions that changed after a corpus change are looked at, all
	// when since is 0.
	DropDead(ctx context.Context, since int64) error
	Unembedded(ctx context.Context, embedder int, since, after int64, limit int) ([]ChunkText, error)
	SaveVectors(ctx context.Context, embedder StoredEmbedder, ids []int64, vectors [][]float32) error
	// Nearest returns the n chunks the filter allows that are nearest to the query,
	// best first. Chunks that stopped being live a moment ago may be among them.
	Nearest(ctx context.Context, e StoredEmbedder, query []float32, f corpus.Filter, n int) ([]Near, error)
	// Similar is the similarity of those of the chunks that have a vector.
	Similar(ctx context.Context, e StoredEmbedder, query []float32, chunks []int64) ([]Near, error)
	// EachVector calls do with the vectors of chunks beyond one, of these chunks only
	// when chunks is not nil, in order of chunk id, at most limit. do may not keep the
	// vector.
	EachVector(ctx context.Context, e StoredEmbedder, after int64, chunks []int64, limit int, do func(chunk int64, vector []float32)) error
}

// VectorsConfig is what Vectors needs.
type VectorsConfig struct {
	Store   VectorStore
	Model   Model // nil: train LSA on the corpus
	Analyse func(text string) map[string]float32
	LSA     LSAOptions
	// Held is how many bytes Hold may take; 0 means 384 MB. It must be the same for all
	// processes of an installation: it decides whether the store keeps a graph.
	Held   int
	Logger *slog.Logger
}

// Vectors finds chunks by meaning. It keeps every live chunk embedded with one
// model, and changes model without a moment in which nothing can be searched:
// the next model's vectors are made beside the present ones and swapped in when
// complete.
type Vectors struct {
	cfg     VectorsConfig
	present atomic.Pointer[presentModel]
	refresh sync.Mutex
	holding sync.Mutex
	filled  atomic.Pointer[filled]
}

// filled says that all chunks of a state of the corpus had vectors of an embedder: what
// came before need not be looked at again, which takes seconds in a large corpus.
type filled struct {
	embedder int
	change   int64 // the last one of the corpus
}

type presentModel struct {
	stored StoredEmbedder
	model  Embedder
	held   atomic.Pointer[heldVectors] // nil until they were read
}

// HeldBytes is the memory that held vectors take, roughly.
func (v *Vectors) HeldBytes() int {
	if p := v.present.Load(); p != nil {
		if h := p.held.Load(); h != nil {
			return h.bytes()
		}
	}
	return 0
}

// NewVectors returns vectors without a model; Refresh loads the present one.
func NewVectors(cfg VectorsConfig) *Vectors { return &Vectors{cfg: cfg} }

// LSA is the present model when it was trained on the corpus, else nil.
func (v *Vectors) LSA() *LSA {
	if p := v.present.Load(); p != nil {
		m, _ := p.model.(*LSA)
		return m
	}
	return nil
}

// Present is the embedder that is searched, and what makes its vectors; nil when there
// is none.
func (v *Vectors) Present() (StoredEmbedder, Embedder) {
	if p := v.present.Load(); p != nil {
		return p.stored, p.model
	}
	return StoredEmbedder{}, nil
}

// ErrOtherModel is returned when the stored vectors were made by another model
// than the one configured.
var ErrOtherModel = errors.New("the stored vectors were made by another model")

// Refresh takes up the embedder that the store says is present. It returns
// ErrOtherModel, and searches without vectors, while the configured model has not
// yet embedded the corpus.
func (v *Vectors) Refresh(ctx context.Context) error {
	v.refresh.Lock()
	defer v.refresh.Unlock()
	all, err := v.cfg.Store.Embedders(ctx)
	if err != nil {
		return fmt.Errorf("refresh vectors: %w", err)
	}
	for _, e := range all {
		if e.State != PresentEmbedder {
			continue
		}
		if p := v.present.Load(); p != nil && p.stored.ID == e.ID {
			if p.stored != e { // its graph came or went
				v.holding.Lock()
				next := &presentModel{stored: e, model: p.model}
				next.held.Store(p.held.Load())
				v.present.Store(next)
				v.holding.Unlock()
			}
			return nil
		}
		model, err := v.model(ctx, e)
		if err != nil {
			v.present.Store(nil)
			return fmt.Errorf("refresh vectors: %w", err)
		}
		v.present.Store(&presentModel{stored: e, model: model})
		return nil
	}
	v.present.Store(nil)
	return nil
}

// model is the embedder that made e's vectors.
func (v *Vectors) model(ctx context.Context, e StoredEmbedder) (Embedder, error) {
	if e.Name == lsaName {
		weights, err := v.cfg.Store.Weights(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		m, err := LoadLSA(weights, v.cfg.Analyse)
		if err != nil {
			return nil, err
		}
		if m.Digest() != e.Digest {
			return nil, fmt.Errorf("%w: the saved weights of embedder %d are not the ones it was stored with", ErrOtherModel, e.ID)
		}
		return m, nil
	}
	if v.cfg.Model == nil || v.cfg.Model.Digest() != e.Digest {
		return nil, fmt.Errorf("%w (%s): run the worker to embed the corpus with the configured one", ErrOtherModel, e.Name)
	}
	return v.cfg.Model, nil
}

// Embed is the query in the present model; nil without a model, or when it knows
// nothing of the query.
func (v *Vectors) Embed(ctx context.Context, query string) (Meaning, error) {
	p := v.present.Load()
	if p == nil {
		return nil, nil
	}
	vector, err := p.model.EmbedQuery(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("embed a query: %w", err)
	}
	if vector == nil {
		return nil, nil
	}
	return meaning{v.cfg.Store, p, vector}, nil
}

// meaning is a query embedded with one model. It is compared with the vectors of that
// model only, also when another one takes over meanwhile.
type meaning struct {
	store  VectorStore
	model  *presentModel
	vector []float32
}

// mostCompared bounds the vectors that the store is asked to compare one by one.
const mostCompared = 5000

// Nearest implements Meaning. Without a filter the sketches of the held vectors tell
// which to compare. With one all that it lets through are compared in memory, and those
// that may be among the n nearest again in the store, which keeps them more exactly.
func (m meaning) Nearest(ctx context.Context, among Among, n int) ([]Near, error) {
	held := m.model.held.Load()
	if held == nil || held.over {
		return m.store.Nearest(ctx, m.model.stored, m.vector, among.Filter, n)
	}
	if among.Filter.IsZero() {
		return held.nearest(m.vector, n, among.Has), nil
	}
	near, missing := held.among(m.vector, n, among.Each)
	if len(near)+len(missing) > mostCompared {
		return m.store.Nearest(ctx, m.model.stored, m.vector, among.Filter, n)
	}
	for _, c := range near {
		missing = append(missing, c.ChunkID)
	}
	if len(missing) == 0 {
		return nil, nil
	}
	near, err := m.store.Similar(ctx, m.model.stored, m.vector, missing)
	slices.SortFunc(near, nearer)
	return near[:min(len(near), n)], err
}

// Similar implements Meaning.
func (m meaning) Similar(ctx context.Context, chunks []int64) ([]Near, error) {
	held := m.model.held.Load()
	if held == nil || held.over {
		return m.store.Similar(ctx, m.model.stored, m.vector, chunks)
	}
	near, missing := held.similar(m.vector, slices.Values(chunks))
	if len(missing) == 0 {
		return near, nil
	}
	more, err := m.store.Similar(ctx, m.model.stored, m.vector, missing)
	return append(near, more...), err
}

// lsaName marks embedders trained on the corpus; its number changes when the
// training or the analysis does.
const lsaName = "lsa-3"

const (
	// retrainGrowth is how much the corpus may grow before its LSA is trained
	// anew: below half as much again the old subspace still fits.
	retrainGrowth = 1.5
	embedBatch    = 256
	// graphFrom is from which part of what may be held the store keeps a graph: it takes
	// long to build, and is needed when the vectors are too many to be held.
	graphFrom = 0.8
	// rebuildChurn is how much of the corpus may be replaced, as a share of it, before
	// the graph is built anew: what is replaced stays in it as dead ends, and what comes
	// one by one is linked less well than what is built as a whole.
	rebuildChurn = 0.1
	// pastGrace is how long a replaced embedder stays, for searches under way on
	// servers that have not yet taken up its successor.
	pastGrace = 10 * time.Second
)

// EmbedPending brings the vectors up to the corpus: it makes a model when there
// is none or the corpus outgrew it, and embeds what is not embedded. When
// another process is at it, it returns at once.
func (v *Vectors) EmbedPending(ctx context.Context) error {
	_, err := v.cfg.Store.Exclusive(ctx, func(ctx context.Context) error {
		if err := v.cfg.Store.DropPast(ctx, pastGrace); err != nil {
			return err
		}
		target, err := v.target(ctx)
		if err != nil || target == nil {
			return err
		}
		change, err := v.cfg.Store.LastChange(ctx)
		if err != nil {
			return err
		}
		var since int64
		if f := v.filled.Load(); f != nil && f.embedder == target.stored.ID {
			if since = f.change; since == change && target.stored.State == PresentEmbedder {
				return nil
			}
		}
		if err := v.cfg.Store.DropDead(ctx, since); err != nil {
			return err
		}
		if err := v.fill(ctx, target, since); err != nil {
			return err
		}
		v.filled.Store(&filled{target.stored.ID, change})
		if err := v.graph(ctx, target.stored); err != nil || target.stored.State == PresentEmbedder {
			return err
		}
		if err := v.cfg.Store.Promote(ctx, target.stored.ID); err != nil {
			return err
		}
		v.cfg.Logger.Info("vectors are now made by another model", "model", target.stored.Name, "dimensions", target.stored.Dimensions)
		return nil
	})
	if err != nil {
		return fmt.Errorf("embed pending chunks: %w", err)
	}
	return v.Refresh(ctx)
}

// target is the embedder every chunk should have a vector of, made when it does
// not exist. It is nil when the corpus is too small for one.
func (v *Vectors) target(ctx context.Context) (*presentModel, error) {
	all, err := v.cfg.Store.Embedders(ctx)
	if err != nil {
		return nil, err
	}
	live, err := v.cfg.Store.LiveChunks(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if e.State == PastEmbedder || !v.suits(e, live) {
			continue
		}
		if p := v.present.Load(); p != nil && p.stored.ID == e.ID {
			return &presentModel{stored: e, model: p.model}, nil
		}
		model, err := v.model(ctx, e)
		if err != nil {
			v.cfg.Logger.Warn("a stored embedder cannot be used", "embedder", e.ID, "error", err)
			continue
		}
		return &presentModel{stored: e, model: model}, nil
	}
	return v.make(ctx, live)
}

// suits reports whether e is what the configuration and the corpus ask for.
func (v *Vectors) suits(e StoredEmbedder, live int64) bool {
	if v.cfg.Model != nil {
		return e.Digest == v.cfg.Model.Digest()
	}
	return e.Name == lsaName && float64(live) < retrainGrowth*float64(e.TrainedOn)+minTexts
}

func (v *Vectors) make(ctx context.Context, live int64) (*presentModel, error) {
	if v.cfg.Model != nil {
		e := StoredEmbedder{
			Name: v.cfg.Model.Name(), Dimensions: v.cfg.Model.Dimensions(), Digest: v.cfg.Model.Digest(), State: FutureEmbedder,
		}
		id, err := v.cfg.Store.AddEmbedder(ctx, e, nil)
		e.ID = id
		return &presentModel{stored: e, model: v.cfg.Model}, err
	}
	started := time.Now()
	trainer := NewLSATrainer(v.cfg.LSA)
	for chunk, err := range v.cfg.Store.Chunks(ctx) {
		if err != nil {
			return nil, err
		}
		trainer.Add(v.cfg.Analyse(chunk.Embedded()))
	}
	m, err := trainer.Train(ctx, v.cfg.Analyse)
	if errors.Is(err, ErrTooFewTexts) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	weights, err := m.MarshalBinary()
	if err != nil {
		return nil, err
	}
	e := StoredEmbedder{Name: lsaName, Dimensions: m.Dimensions(), Digest: m.Digest(), State: FutureEmbedder, TrainedOn: live}
	if e.ID, err = v.cfg.Store.AddEmbedder(ctx, e, weights); err != nil {
		return nil, err
	}
	v.cfg.Logger.Info("trained vectors on the corpus", "chunks", trainer.Seen(), "dimensions", m.Dimensions(), "took", time.Since(started).Round(time.Millisecond))
	return &presentModel{stored: e, model: m}, nil
}

// graph sees to it that the store has a graph of an embedder's vectors, not older than
// the corpus allows, when they may be too many to be held in memory, and none else.
func (v *Vectors) graph(ctx context.Context, e StoredEmbedder) error {
	live, err := v.cfg.Store.LiveChunks(ctx)
	if err != nil {
		return err
	}
	if float64(live) < graphFrom*float64(v.fits(e.Dimensions)) {
		if e.Graph {
			return v.cfg.Store.DropGraph(ctx, e.ID)
		}
		return nil
	}
	churn := math.Inf(1)
	if e.Graph {
		if churn, err = v.cfg.Store.Churn(ctx, e.ID); err != nil || churn < rebuildChurn {
			return err
		}
	}
	started := time.Now()
	if err := v.cfg.Store.BuildGraph(ctx, e.ID); err != nil {
		return err
	}
	v.cfg.Logger.Info("the graph of the vectors was built", "chunks", live, "churn", math.Round(churn*100)/100, "took", time.Since(started).Round(time.Millisecond))
	return nil
}

// fill embeds every chunk that has no vector yet, of versions that changed since.
func (v *Vectors) fill(ctx context.Context, p *presentModel, since int64) error {
	for after := int64(0); ; {
		chunks, err := v.cfg.Store.Unembedded(ctx, p.stored.ID, since, after, embedBatch)
		if err != nil {
			return err
		}
		if len(chunks) == 0 {
			if after == 0 {
				return nil
			}
			// Ids are taken before they are committed: one that was passed may have come.
			after = 0
			continue
		}
		ids, texts := make([]int64, len(chunks)), make([]string, len(chunks))
		for i, c := range chunks {
			ids[i], texts[i] = c.ID, c.Embedded()
		}
		after = ids[len(ids)-1]
		vectors, err := p.model.EmbedDocuments(ctx, texts)
		if err != nil {
			return err
		}
		if err := v.cfg.Store.SaveVectors(ctx, p.stored, ids, vectors); err != nil {
			return err
		}
	}
}

// refreshEvery is how soon a server takes up a model or vectors that another one made.
const refreshEvery = time.Second

// Follow keeps the present model that of the store, and its vectors of the live chunks
// in memory, until ctx ends. What goes wrong is logged once and tried again.
func (v *Vectors) Follow(ctx context.Context, live Live) {
	ticker := time.NewTicker(refreshEvery)
	defer ticker.Stop()
	var last string
	for ctx.Err() == nil {
		err := v.Refresh(ctx)
		if err != nil {
			err = fmt.Errorf("searching without vectors: %w", err)
		} else {
			err = v.Hold(ctx, live)
		}
		switch {
		case err == nil:
			last = ""
		case ctx.Err() == nil && err.Error() != last:
			last = err.Error()
			v.cfg.Logger.Warn("following the vectors failed; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}
