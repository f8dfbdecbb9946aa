package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// heldVectors are one embedder's vectors in memory, a byte a number, to compare a
// query with the chunks that its words found: looking hundreds of vectors up in the
// database costs as much as its search of the graph. It never changes; the next one
// shares its blocks.
type heldVectors struct {
	dims   int
	blocks []*heldBlock // in order of chunk id
	rows   int
	loaded int  // rows when all were read last
	over   bool // they do not fit: none are held
	shared int  // blocks that earlier ones have too, and that are not added to
}

// heldBlock is a run of vectors in order of chunk id.
type heldBlock struct {
	ids    []int64
	scale  []float32 // 1 over the length of values, 0 for a vector of zeros
	values []int8    // len(ids) × dims
}

const (
	heldBlockRows = 8192
	// defaultHeld is enough for half a million vectors of 512 numbers.
	defaultHeld = 384 << 20
	// reloadGrowth is by how much what is held may grow before all is read anew, so
	// that vectors of chunks that went free their memory.
	reloadGrowth = 1.1
	holdTimeout  = 10 * time.Minute
)

func (h *heldVectors) add(id int64, vector []float32) {
	n := len(h.blocks)
	if n == h.shared || len(h.blocks[n-1].ids) == heldBlockRows {
		h.blocks = append(h.blocks, &heldBlock{
			ids: make([]int64, 0, heldBlockRows), scale: make([]float32, 0, heldBlockRows), values: make([]int8, 0, heldBlockRows*h.dims),
		})
		n++
	}
	b := h.blocks[n-1]
	var most, length float64
	for _, x := range vector {
		most = max(most, math.Abs(float64(x)))
	}
	for _, x := range vector {
		var y float64
		if most > 0 {
			y = math.RoundToEven(float64(x) / most * math.MaxInt8)
		}
		b.values = append(b.values, int8(y)) // #nosec G115 -- scaled to fit
		length += y * y
	}
	scale := float32(0)
	if length > 0 {
		scale = float32(1 / math.Sqrt(length))
	}
	b.ids, b.scale = append(b.ids, id), append(b.scale, scale)
	h.rows++
}

// clip gives the last block no more memory than it needs.
func (h *heldVectors) clip() {
	if n := len(h.blocks); n > h.shared {
		b := h.blocks[n-1]
		h.blocks[n-1] = &heldBlock{slices.Clip(slices.Clone(b.ids)), slices.Clip(slices.Clone(b.scale)), slices.Clip(slices.Clone(b.values))}
	}
}

// last is the highest chunk id that is held, 0 for none.
func (h *heldVectors) last() int64 {
	if len(h.blocks) == 0 {
		return 0
	}
	b := h.blocks[len(h.blocks)-1]
	return b.ids[len(b.ids)-1]
}

func (h *heldVectors) bytes() int { return h.rows * heldRow(h.dims) }

// heldRow is what a vector takes.
func heldRow(dims int) int { return dims + 8 + 4 }

// similar compares a query with the vectors of those of the chunks that are held;
// missing are the others.
func (h *heldVectors) similar(query []float32, chunks []int64) (near []Near, missing []int64) {
	var most, norm float64
	for _, x := range query {
		most = max(most, math.Abs(float64(x)))
		norm += float64(x) * float64(x)
	}
	if most == 0 {
		return nil, nil
	}
	// Sixteen bits for a number of the query: its rounding vanishes beside that of
	// what is held.
	q := make([]int16, len(query))
	for i, x := range query {
		q[i] = int16(math.RoundToEven(float64(x) / most * math.MaxInt16)) // #nosec G115 -- scaled to fit
	}
	scale := most / math.MaxInt16 / math.Sqrt(norm)
	near = make([]Near, 0, len(chunks))
	for _, id := range chunks {
		b, i, ok := h.find(id)
		switch {
		case !ok:
			missing = append(missing, id)
		case b.scale[i] != 0: // one of zeros is like nothing
			near = append(near, Near{id, float64(dotBytes(b.values[i*h.dims:][:h.dims], q)) * scale * float64(b.scale[i])})
		}
	}
	return near, missing
}

func dotBytes(v []int8, q []int16) (product int64) {
	q = q[:len(v)]
	// Four sums that do not wait for one another.
	var s0, s1, s2, s3 int64
	for len(v) >= 8 && len(q) >= 8 {
		s0 += int64(v[0])*int64(q[0]) + int64(v[4])*int64(q[4])
		s1 += int64(v[1])*int64(q[1]) + int64(v[5])*int64(q[5])
		s2 += int64(v[2])*int64(q[2]) + int64(v[6])*int64(q[6])
		s3 += int64(v[3])*int64(q[3]) + int64(v[7])*int64(q[7])
		v, q = v[8:], q[8:]
	}
	for i, x := range v {
		s0 += int64(x) * int64(q[i])
	}
	return s0 + s1 + s2 + s3
}

// find is where a chunk's vector is held.
func (h *heldVectors) find(id int64) (*heldBlock, int, bool) {
	at, _ := slices.BinarySearchFunc(h.blocks, id, func(b *heldBlock, id int64) int { return cmp.Compare(b.ids[len(b.ids)-1], id) })
	if at == len(h.blocks) {
		return nil, 0, false
	}
	i, ok := slices.BinarySearch(h.blocks[at].ids, id)
	return h.blocks[at], i, ok
}

// Hold reads the present embedder's vectors into memory, or those that came since,
// as far as they fit into VectorsConfig.Held. Until then, and for chunks whose
// vectors are not held, searches ask the store.
func (v *Vectors) Hold(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, holdTimeout)
	defer stop()
	v.holding.Lock()
	defer v.holding.Unlock()
	p := v.present.Load()
	if p == nil {
		return nil
	}
	began := time.Now()
	old := p.held.Load()
	if old != nil && old.over {
		return nil
	}
	next, err := v.readHeld(ctx, p.stored, old)
	if err != nil {
		return fmt.Errorf("hold vectors: %w", err)
	}
	if old != nil && next.rows == old.rows {
		return nil
	}
	if next.over || float64(next.rows) > reloadGrowth*float64(next.loaded)+heldBlockRows {
		if next, err = v.readHeld(ctx, p.stored, nil); err != nil {
			return fmt.Errorf("hold vectors: %w", err)
		}
	}
	p.held.Store(next)
	switch {
	case next.over:
		v.cfg.Logger.Info("the vectors are too many to be held in memory: the database compares them", "dimensions", next.dims)
	case next.loaded == next.rows:
		v.cfg.Logger.Info("vectors held in memory", "vectors", next.rows, "megabytes", next.bytes()>>20, "took", time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// readHeld reads the vectors that old, which may be nil, does not hold.
func (v *Vectors) readHeld(ctx context.Context, e StoredEmbedder, old *heldVectors) (*heldVectors, error) {
	next := &heldVectors{dims: e.Dimensions}
	var after int64
	if old != nil {
		after, next.blocks, next.shared, next.rows = old.last(), slices.Clip(old.blocks), len(old.blocks), old.rows
	}
	fit := cmp.Or(v.cfg.Held, defaultHeld) / heldRow(e.Dimensions)
	err := v.cfg.Store.EachVector(ctx, e, after, fit-next.rows+1, func(id int64, vector []float32) { next.add(id, vector) })
	if err != nil {
		return nil, err
	}
	if next.rows > fit {
		return &heldVectors{dims: e.Dimensions, over: true}, nil
	}
	next.clip()
	if next.loaded = next.rows; old != nil {
		next.loaded = old.loaded
		next.join(len(old.blocks))
	}
	return next, nil
}

// join puts the blocks from one on together with those before them while they are
// small, so that following one document after another does not make thousands.
func (h *heldVectors) join(from int) {
	for from > 0 && from < len(h.blocks) {
		a, b := h.blocks[from-1], h.blocks[from]
		if len(a.ids)+len(b.ids) > heldBlockRows {
			return
		}
		joined := &heldBlock{slices.Concat(a.ids, b.ids), slices.Concat(a.scale, b.scale), slices.Concat(a.values, b.values)}
		h.blocks = slices.Concat(h.blocks[:from-1], []*heldBlock{joined}, h.blocks[from+1:])
	}
}
