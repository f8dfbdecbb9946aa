package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"
)

// heldVectors are one embedder's vectors in memory, a byte a number, with their
// sketches: the nearest of all are found in them, and a query is compared with the
// chunks that its words found. It never changes; the next one shares its blocks.
type heldVectors struct {
	dims     int
	sketcher *sketcher
	blocks   []*heldBlock // in order of chunk id
	rows     int
	over     bool  // they do not fit: none are held
	state    int64 // of the live chunks that they are the vectors of, or unsettled
}

// heldBlock is a run of vectors in order of chunk id.
type heldBlock struct {
	ids      []int64
	scale    []float32 // 1 over the length of values, 0 for a vector of zeros
	values   []int8    // len(ids) × dims
	sketches sketches
	loss     float32 // the most that rounding moved a vector, of length 1
}

const (
	unsettled     = -1
	heldBlockRows = 8192
	// defaultHeld is enough for half a million vectors of 512 numbers.
	defaultHeld = 384 << 20
	holdTimeout = 10 * time.Minute
)

func newHeldBlock(dims, rows int) *heldBlock {
	return &heldBlock{ids: make([]int64, 0, rows), scale: make([]float32, 0, rows), values: make([]int8, 0, rows*dims), sketches: newSketches(rows)}
}

// add rounds a vector. Its sketch is left to sketchAll.
func (b *heldBlock) add(id int64, vector []float32) {
	var most, norm, length float64
	for _, x := range vector {
		most = max(most, math.Abs(float64(x)))
		norm += float64(x) * float64(x)
	}
	from := len(b.values)
	for _, x := range vector {
		var y float64
		if most > 0 {
			y = math.RoundToEven(float64(x) / most * math.MaxInt8)
		}
		b.values = append(b.values, int8(y)) // #nosec G115 -- scaled to fit
		length += y * y
	}
	b.ids, b.scale = append(b.ids, id), append(b.scale, 0)
	if length == 0 {
		return
	}
	scale := 1 / math.Sqrt(length)
	b.scale[len(b.scale)-1] = float32(scale)
	norm = 1 / math.Sqrt(norm)
	var moved float64
	for i, x := range vector {
		d := float64(x)*norm - float64(b.values[from+i])*scale
		moved += d * d
	}
	b.loss = max(b.loss, float32(math.Sqrt(moved)))
}

// take adds row i of another block with its sketch.
func (b *heldBlock) take(o *heldBlock, i, dims int) {
	b.ids, b.scale = append(b.ids, o.ids[i]), append(b.scale, o.scale[i])
	b.values = append(b.values, o.values[i*dims:][:dims]...)
	b.sketches.add(o.sketches.at(i))
	b.loss = max(b.loss, o.loss)
}

// clip gives a block no more memory than it needs.
func (b *heldBlock) clip() {
	b.ids, b.scale, b.values, b.sketches = clipped(b.ids), clipped(b.scale), clipped(b.values), newSketches(len(b.ids))
}

func clipped[T any](s []T) []T { return append(make([]T, 0, len(s)), s...) }

// sketchAll makes the sketches of a block's vectors.
func (b *heldBlock) sketchAll(s *sketcher, dims int) {
	unit, buffer := make([]float32, dims), make([]float32, s.size())
	for i, scale := range b.scale {
		yield(i, yieldChunks)
		for j, x := range b.values[i*dims:][:dims] {
			unit[j] = float32(x) * scale
		}
		b.sketches.add(s.sketch(unit, buffer))
	}
}

// add puts a vector behind all others, into a block from the one numbered from on.
func (h *heldVectors) add(from int, id int64, vector []float32) {
	n := len(h.blocks)
	if n == from || len(h.blocks[n-1].ids) == heldBlockRows {
		h.blocks = append(h.blocks, newHeldBlock(h.dims, heldBlockRows))
		n++
	}
	h.blocks[n-1].add(id, vector)
	h.rows++
}

// spread is the mean of the held vectors, each of length 1, and the variance of each of
// their numbers.
func (h *heldVectors) spread() (centre []float32, variance []float64) {
	sum, squares := make([]float64, h.dims), make([]float64, h.dims)
	for _, b := range h.blocks {
		for i, scale := range b.scale {
			for j, x := range b.values[i*h.dims:][:h.dims] {
				y := float64(x) * float64(scale)
				sum[j] += y
				squares[j] += y * y
			}
		}
	}
	centre = make([]float32, h.dims)
	n := float64(max(h.rows, 1))
	for i, x := range sum {
		centre[i] = float32(x / n)
		squares[i] = max(squares[i]/n-x/n*x/n, 0)
	}
	return centre, squares
}

// sketchFrom makes the sketches of the blocks from one on, on all processors.
func (h *heldVectors) sketchFrom(from int) {
	if h.sketcher == nil {
		h.sketcher = newSketcher(h.spread())
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, b := range h.blocks[from:] {
		slots <- struct{}{}
		wg.Go(func() {
			b.sketchAll(h.sketcher, h.dims)
			<-slots
		})
	}
	wg.Wait()
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
func heldRow(dims int) int { return dims + 8 + 4 + sketchBits/8 }

// heldQuery is a query as held vectors are compared with it.
type heldQuery struct {
	// Sixteen bits a number: its rounding vanishes beside that of what is held.
	values []int16
	scale  float64
}

// round prepares a query; ok is false for one of zeros, which is like nothing.
func round(query []float32) (q heldQuery, ok bool) {
	var most, norm float64
	for _, x := range query {
		most = max(most, math.Abs(float64(x)))
		norm += float64(x) * float64(x)
	}
	if most == 0 {
		return q, false
	}
	q.values, q.scale = make([]int16, len(query)), most/math.MaxInt16/math.Sqrt(norm)
	for i, x := range query {
		q.values[i] = int16(math.RoundToEven(float64(x) / most * math.MaxInt16)) // #nosec G115 -- scaled to fit
	}
	return q, true
}

// similarity is the cosine of the query and row i of a block.
func (q *heldQuery) similarity(b *heldBlock, i int) float64 {
	n := len(q.values)
	return float64(dotBytes(b.values[i*n:][:n], q.values)) * q.scale * float64(b.scale[i])
}

// similar compares a query with the vectors of those of the chunks that are held;
// missing are the others.
func (h *heldVectors) similar(query []float32, chunks iter.Seq[int64]) (near []Near, missing []int64) {
	q, ok := round(query)
	if !ok {
		return nil, nil
	}
	at := heldCursor{h: h}
	// A few are on their way from memory before the first is compared.
	type place struct {
		b *heldBlock
		i int
	}
	var next [8]place
	n := 0
	compare := func(p place) {
		if p.b != nil && p.b.scale[p.i] != 0 { // one of zeros is like nothing
			near = append(near, Near{p.b.ids[p.i], q.similarity(p.b, p.i)})
		}
	}
	for id := range chunks {
		b, i, ok := at.find(id)
		if !ok {
			missing = append(missing, id)
			continue
		}
		prefetchVector(b.values[i*h.dims:][:h.dims])
		compare(next[n%len(next)])
		next[n%len(next)] = place{b, i}
		n++
	}
	for k := range next {
		compare(next[(n+k)%len(next)])
	}
	return near, missing
}

// sketched is how many vectors, those whose sketches are nearest to a query, are compared
// with it themselves, and halfSketched how many of those that are near by the first halves
// of their sketches are looked at whole. Of the ten nearest of 500,000 made chunks these
// numbers bring 97.5%; twice as many of each 98.7%, for half as much again of processor
// time. Where scanning the sketches takes little time, there is enough to look at more.
const (
	sketched, halfSketched       = 400, 4000
	sketchedFew, halfSketchedFew = 2000, 6000
	fewToCompare                 = 100_000 // vectors, at most, for the latter
)

// nearest are about the n nearest of the live chunks, best first: by their sketches
// first, of which the best are compared.
func (h *heldVectors) nearest(query []float32, n int, live func(chunk int64) bool) []Near {
	q, ok := round(query)
	if !ok || h.rows == 0 {
		return nil
	}
	unit := make([]float32, h.dims)
	for i, x := range q.values {
		unit[i] = float32(float64(x) * q.scale)
	}
	all := scans.Get().(*scan)
	defer scans.Put(all)
	all.tables.fill(h.sketcher, unit, make([]float32, h.sketcher.size()))
	h.scan(all)
	want, first := max(sketched, 4*n), halfSketched
	if h.rows <= fewToCompare {
		want, first = max(want, sketchedFew), halfSketchedFew
	}
	for ; ; want *= 8 {
		first = max(first, 3*want)
		rows := all.nearest(h.blocks, first, want)
		// Few of those held are of chunks that went: looking each up while the best are
		// sought would cost more than the best of a few more.
		more := n + n/4 + 8
		top := h.best(&q, rows, more, func(int64) bool { return true })
		full := len(top) == more
		if top = slices.DeleteFunc(top, func(c Near) bool { return !live(c.ChunkID) }); len(top) < n && full {
			top = h.best(&q, rows, n, live)
		}
		if len(top) >= n || want >= h.rows {
			return top[:min(len(top), n)]
		}
	}
}

// scan measures how far the first halves of all sketches lie.
func (h *heldVectors) scan(s *scan) {
	groups := 0
	for _, b := range h.blocks {
		groups += len(b.sketches.first)
	}
	s.distances, s.masks = slices.Grow(s.distances[:0], groups*groupSize)[:groups*groupSize], slices.Grow(s.masks[:0], groups)[:groups]
	out := s.distances
	for _, b := range h.blocks {
		distances(b.sketches.first, &s.tables.first, out)
		out = out[len(b.sketches.first)*groupSize:]
	}
}

// best compares the live chunks of these rows, and returns the n nearest of them, best
// first.
func (h *heldVectors) best(q *heldQuery, rows []int32, n int, live func(chunk int64) bool) []Near {
	const ahead = 8 // rows that are on their way from memory
	top := make([]Near, 0, n)
	from := 0
	for _, b := range h.blocks {
		until := 0
		for until < len(rows) && int(rows[until]) < from+len(b.ids) {
			until++
		}
		for k, row := range rows[:until] {
			if k+ahead < until {
				prefetchVector(b.values[(int(rows[k+ahead])-from)*h.dims:][:h.dims])
			}
			i := int(row) - from
			c := Near{0, q.similarity(b, i)}
			if b.scale[i] == 0 || len(top) == n && c.Similarity < top[n-1].Similarity {
				continue
			}
			c.ChunkID = b.ids[i]
			if len(top) == n && nearer(c, top[n-1]) > 0 || !live(c.ChunkID) {
				continue
			}
			top = keepNearest(top, n, c)
		}
		rows = rows[until:]
		from += len(b.sketches.first) * groupSize
	}
	return top
}

// nearer orders by similarity, the best first.
func nearer(a, b Near) int {
	return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(a.ChunkID, b.ChunkID))
}

// keepNearest puts a chunk among the at most n nearest, best first, in place of the last
// when they are n already, which it has to be nearer than.
func keepNearest(top []Near, n int, c Near) []Near {
	at, _ := slices.BinarySearchFunc(top, c, nearer)
	return slices.Insert(top[:min(len(top), n-1)], at, c)
}

// halfLoss is more than rounding to half precision moves a vector of length 1: the
// store keeps vectors so.
const halfLoss = 1e-3

// among returns those of the chunks that may be among the n nearest when the rounding
// of what is held is allowed for; missing are those that are not held.
func (h *heldVectors) among(query []float32, n int, chunks iter.Seq[int64]) (near []Near, missing []int64) {
	near, missing = h.similar(query, chunks)
	if len(near) <= n {
		return near, missing
	}
	top := make([]Near, 0, n)
	for _, c := range near {
		if len(top) < n || nearer(c, top[n-1]) < 0 {
			top = keepNearest(top, n, c)
		}
	}
	var loss float32
	for _, b := range h.blocks {
		loss = max(loss, b.loss)
	}
	floor := top[n-1].Similarity - 2*(float64(loss)+halfLoss)
	return slices.DeleteFunc(near, func(c Near) bool { return c.Similarity < floor }), missing
}

// heldCursor finds vectors by chunk, fastest when chunks come in order.
type heldCursor struct {
	h     *heldVectors
	block int // where the last one was found
}

// find is where a chunk's vector is held.
func (c *heldCursor) find(id int64) (*heldBlock, int, bool) {
	blocks := c.h.blocks
	if c.block >= len(blocks) || id < blocks[c.block].ids[0] || id > blocks[c.block].ids[len(blocks[c.block].ids)-1] {
		c.block, _ = slices.BinarySearchFunc(blocks, id, func(b *heldBlock, id int64) int { return cmp.Compare(b.ids[len(b.ids)-1], id) })
		if c.block == len(blocks) {
			return nil, 0, false
		}
	}
	// Ids mostly follow one another: what is sought is where it would stand if all did,
	// or before.
	b := blocks[c.block]
	if id < b.ids[0] {
		return b, 0, false
	}
	to := int(min(id-b.ids[0], int64(len(b.ids)-1)))
	from := to
	for step := 1; b.ids[from] > id; step *= 2 {
		to, from = from, max(from-step, 0)
	}
	i, ok := slices.BinarySearch(b.ids[from:to+1], id)
	return b, from + i, ok
}

// Live tells which chunks searches find. *Service implements it.
type Live interface {
	// Live names a state of the corpus and gives the ids of its live chunks, runs of them
	// in order; chunks is nil when they are not known yet.
	Live() (state int64, chunks iter.Seq[int64])
}

// Hold makes the vectors in memory those of the live chunks in the present embedder,
// as far as they fit into VectorsConfig.Held. Until then searches ask the store.
func (v *Vectors) Hold(ctx context.Context, live Live) error {
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
	next, err := v.nextHeld(ctx, p.stored, old, live)
	if err == nil && next.over && old != nil {
		next, err = v.nextHeld(ctx, p.stored, nil, live) // what went may have made room
	}
	if err != nil {
		return fmt.Errorf("hold vectors: %w", err)
	}
	if next == old {
		return nil
	}
	p.held.Store(next)
	switch {
	case next.over:
		v.cfg.Logger.Info("the vectors are too many to be held in memory: the database searches them", "dimensions", next.dims)
	case old == nil:
		v.cfg.Logger.Info("vectors held in memory", "vectors", next.rows, "megabytes", next.bytes()>>20, "took", time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// nextHeld is what is to be held after old, which may be nil; it is old when nothing
// changed.
func (v *Vectors) nextHeld(ctx context.Context, e StoredEmbedder, old *heldVectors, live Live) (*heldVectors, error) {
	next, err := v.readHeld(ctx, e, old)
	if err != nil || next.over {
		return next, err
	}
	if next, err = v.reconcile(ctx, e, next, live); err == nil && next.rows > v.fits(e.Dimensions) {
		next = &heldVectors{dims: e.Dimensions, over: true}
	}
	return next, err
}

// readHeld reads the vectors of chunks beyond those that old, which may be nil, holds.
// It returns old when there are none.
func (v *Vectors) readHeld(ctx context.Context, e StoredEmbedder, old *heldVectors) (*heldVectors, error) {
	next := &heldVectors{dims: e.Dimensions, state: unsettled}
	var after int64
	if old != nil {
		*next = *old
		after, next.blocks, next.state = old.last(), slices.Clip(old.blocks), unsettled
	}
	from, fit := len(next.blocks), v.fits(e.Dimensions)
	err := v.cfg.Store.EachVector(ctx, e, after, nil, fit-next.rows+1, func(id int64, vector []float32) { next.add(from, id, vector) })
	switch {
	case err != nil:
		return nil, err
	case next.rows > fit:
		return &heldVectors{dims: e.Dimensions, over: true}, nil
	case old != nil && next.rows == old.rows:
		return old, nil
	}
	if n := len(next.blocks); n > from {
		next.blocks[n-1].clip()
	}
	next.sketchFrom(from)
	next.join(from)
	return next, nil
}

// fits is how many vectors may be held.
func (v *Vectors) fits(dims int) int { return cmp.Or(v.cfg.Held, defaultHeld) / heldRow(dims) }

const (
	// holesAtOnce bounds the vectors read one by one for a change of what is held.
	holesAtOnce = 10_000
	// goneShare is which part of a block may be of chunks that went before it is
	// written anew without them.
	goneShare = 0.1
)

// reconcile adds the vectors of live chunks that were passed by, because they came
// after those of younger chunks, and drops those of chunks that went, a block at a
// time. It returns h when there is nothing to do.
func (v *Vectors) reconcile(ctx context.Context, e StoredEmbedder, h *heldVectors, live Live) (*heldVectors, error) {
	state, chunks := live.Live()
	if chunks == nil || state == h.state {
		return h, nil
	}
	kept, count := make([][]uint64, len(h.blocks)), make([]int, len(h.blocks))
	for i, b := range h.blocks {
		kept[i] = make([]uint64, (len(b.ids)+63)/64)
	}
	var holes []int64
	at, last := heldCursor{h: h}, h.last()
	looked := 0
	for id := range chunks {
		yield(looked, yieldChunks*128) // looking one up takes less by so much
		looked++
		if _, i, ok := at.find(id); ok {
			kept[at.block][i/64] |= 1 << (i % 64)
			count[at.block]++
		} else if id < last && len(holes) < holesAtOnce {
			holes = append(holes, id)
		}
	}
	found := newHeldBlock(h.dims, len(holes))
	if len(holes) > 0 {
		slices.Sort(holes)
		if err := v.cfg.Store.EachVector(ctx, e, 0, holes, len(holes), found.add); err != nil {
			return nil, err
		}
		found.sketchAll(h.sketcher, h.dims)
	}
	next := &heldVectors{dims: h.dims, sketcher: h.sketcher, state: unsettled}
	if len(found.ids) == len(holes) { // else the others are looked for again
		next.state = state
	}
	same, taken := next.state == h.state, 0
	for i, b := range h.blocks {
		until, _ := slices.BinarySearch(found.ids, b.ids[len(b.ids)-1])
		if count[i] > 0 && until == taken && float64(len(b.ids)-count[i]) <= goneShare*float64(len(b.ids)) {
			next.blocks, next.rows = append(next.blocks, b), next.rows+len(b.ids)
			continue
		}
		same = false
		rewritten := newHeldBlock(h.dims, count[i]+until-taken)
		for k, id := range b.ids {
			for ; taken < until && found.ids[taken] < id; taken++ {
				rewritten.take(found, taken, h.dims)
			}
			if kept[i][k/64]&(1<<(k%64)) != 0 {
				rewritten.take(b, k, h.dims)
			}
		}
		if len(rewritten.ids) > 0 {
			next.blocks, next.rows = append(next.blocks, rewritten), next.rows+len(rewritten.ids)
		}
	}
	if same {
		return h, nil
	}
	next.join(1)
	return next, nil
}

// join puts the blocks from one on together with those before them while they are
// small, so that following one document after another does not make thousands.
func (h *heldVectors) join(from int) {
	joined := slices.Clone(h.blocks[:max(from-1, 0)])
	for _, b := range h.blocks[len(joined):] {
		if n := len(joined); n > 0 && len(joined[n-1].ids)+len(b.ids) <= heldBlockRows {
			a := joined[n-1]
			both := &heldBlock{
				ids: slices.Concat(a.ids, b.ids), scale: slices.Concat(a.scale, b.scale), values: slices.Concat(a.values, b.values),
				sketches: newSketches(len(a.ids) + len(b.ids)), loss: max(a.loss, b.loss),
			}
			for _, part := range []*heldBlock{a, b} {
				for i := range part.sketches.second {
					both.sketches.add(part.sketches.at(i))
				}
			}
			joined[n-1] = both
			continue
		}
		joined = append(joined, b)
	}
	h.blocks = joined
}
