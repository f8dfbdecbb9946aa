package retrieval

import (
	"cmp"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"
)

// A sketch is 256 signs of a vector: which side of 256 random planes it lies on (Charikar
// 2002, Similarity Estimation Techniques from Rounding Algorithms). A query keeps what its
// signs leave out: its distances to the planes, summed with the signs of a vector, tell
// how alike the two are far better than counting equal signs would (Gao and Long 2024,
// RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound). The sums of
// four planes at a time stand in tables that fit into a register (André, Kermarrec and Le
// Scouarnec 2015, Cache Locality Is Not Enough), so the nearest among half a million are
// looked for in all sketches, and no structure has to be built or kept.
const (
	sketchBits  = 256
	sketchBytes = sketchBits / 8
	groupSize   = 32 // first halves that stand side by side
)

type (
	sketch     [2]halfSketch
	halfSketch [sketchBytes / 2]byte
)

// sketchGroup is the first halves of 32 sketches: the first byte of each, the second of
// each, and so on.
type sketchGroup [sketchBytes / 2][groupSize]byte

// sketches are any number of them. First halves stand in groups, of which the last may
// not be full: all are compared with a query. Second ones are looked up one by one.
type sketches struct {
	first  []sketchGroup
	second []halfSketch
}

func newSketches(capacity int) sketches {
	return sketches{make([]sketchGroup, 0, groupsOf(capacity)), make([]halfSketch, 0, capacity)}
}

func groupsOf(rows int) int { return (rows + groupSize - 1) / groupSize }

func (s *sketches) add(k sketch) {
	n := len(s.second)
	if n%groupSize == 0 {
		s.first = append(s.first, sketchGroup{})
	}
	g := &s.first[n/groupSize]
	for i, b := range k[0] {
		g[i][n%groupSize] = b
	}
	s.second = append(s.second, k[1])
}

func (s *sketches) at(i int) (k sketch) {
	for j := range k[0] {
		k[0][j] = s.first[i/groupSize][j][i%groupSize]
	}
	k[1] = s.second[i]
	return k
}

// sketcher makes sketches. Vectors are taken from the mean of all, or most of them
// would lie on the same side. The half of their numbers that differ most from vector to
// vector make up the first half of a sketch: it tells most of what there is to tell. Each
// half is rotated, so that every plane of it tells as much.
type sketcher struct {
	centre []float32
	order  []int                   // of the numbers of a vector: those that differ most first
	weight [2]float32              // how far vectors lie from the planes of a half
	flips  [2][rotations][]float32 // 1 or -1
}

// rotations is how often signs are flipped at random and coordinates mixed by a
// Walsh-Hadamard transform, which takes n log n steps where a random rotation takes n²
// (Ailon and Chazelle 2009, The Fast Johnson-Lindenstrauss Transform).
const rotations = 2

// newSketcher makes sketches of vectors whose numbers have these means and variances.
func newSketcher(centre []float32, variance []float64) *sketcher {
	s := &sketcher{centre: centre, order: make([]int, len(centre))}
	for i := range s.order {
		s.order[i] = i
	}
	slices.SortStableFunc(s.order, func(a, b int) int { return cmp.Compare(variance[b], variance[a]) })
	half := len(centre) - len(centre)/2
	size := max(sketchBits/2, 1<<bits.Len(uint(half-1))) // #nosec G115 -- a number of dimensions
	rng := rand.New(rand.NewPCG(1, uint64(size)))        // #nosec G404 -- must be the same for queries and vectors
	for h, order := range [][]int{s.order[:half], s.order[half:]} {
		var sum float64
		for _, i := range order {
			sum += variance[i]
		}
		s.weight[h] = float32(math.Sqrt(sum))
		for i := range s.flips[h] {
			s.flips[h][i] = make([]float32, size)
			for j := range s.flips[h][i] {
				s.flips[h][i][j] = float32(1 - 2*rng.IntN(2))
			}
		}
	}
	return s
}

// size is the length of the buffer that rotate wants.
func (s *sketcher) size() int { return 2 * len(s.flips[0][0]) }

// sketch makes the sketch of a unit vector.
func (s *sketcher) sketch(v, buffer []float32) (out sketch) {
	for h, planes := range s.rotate(v, buffer) {
		for i, x := range planes {
			if x > 0 {
				out[h][i/8] |= 1 << (i % 8)
			}
		}
	}
	return out
}

// rotate is how far on which side of the planes of each half a unit vector lies, up to a
// factor. The result lies in buffer.
func (s *sketcher) rotate(v, buffer []float32) (planes [2][]float32) {
	clear(buffer)
	size, half := len(buffer)/2, len(v)-len(v)/2
	for at, i := range s.order {
		if at >= half {
			at += size - half
		}
		buffer[at] = v[i] - s.centre[i]
	}
	for h := range planes {
		part := buffer[h*size:][:size]
		for _, flips := range s.flips[h] {
			for i, f := range flips {
				part[i] *= f
			}
			for half := 1; half < len(part); half *= 2 {
				for i := 0; i < len(part); i += 2 * half {
					low, high := part[i:i+half], part[i+half:i+2*half]
					for j, a := range low {
						b := high[j]
						low[j], high[j] = a+b, a-b
					}
				}
			}
		}
		planes[h] = part[:sketchBits/2]
	}
	return planes
}

// sketchTables are a query as sketches are compared with it: for every four planes and
// every way to lie beside them, how much less alike that is than the query's own. Those of
// the second halves stand by the bytes that they are looked up with.
type sketchTables struct {
	first  halfTables
	second [sketchBytes / 2][256]uint16
}

type halfTables [sketchBits / 8][16]uint8

const (
	// Four entries are summed in a byte.
	mostEntry     = 255 / 4
	distanceShift = 2 // bits of a half's sum that its distance leaves out
	// All entries that a sketch selects sum up to less.
	sumBits = 8 + distanceShift + 1
)

// fill makes the tables of a unit vector.
func (t *sketchTables) fill(s *sketcher, v, buffer []float32) {
	halves := s.rotate(v, buffer)
	var most, sum float64
	for h, planes := range halves {
		for i := range planes {
			planes[i] *= s.weight[h]
		}
		for i := 0; i < len(planes); i += 4 {
			var four float64
			for _, x := range planes[i : i+4] {
				four += math.Abs(float64(x))
			}
			most, sum = max(most, four), sum+four
		}
	}
	if sum == 0 {
		*t = sketchTables{} // it is as like to one as to another
		return
	}
	// Every entry is rounded up by half at most.
	scale := min(mostEntry/(2*most), (1<<sumBits-1-sketchBits/8)/(2*sum))
	var second halfTables
	for h, tables := range []*halfTables{&t.first, &second} {
		for i := range tables {
			four := halves[h][4*i:][:4]
			for signs := range tables[i] {
				var apart float64
				for j, x := range four {
					if (signs>>j&1 == 1) != (x > 0) {
						apart += 2 * math.Abs(float64(x))
					}
				}
				tables[i][signs] = uint8(apart*scale + .5) // #nosec G115 -- at most mostEntry
			}
		}
	}
	for i := range t.second {
		low, high := &second[2*i], &second[2*i+1]
		for signs := range t.second[i] {
			t.second[i][signs] = uint16(low[signs&15]) + uint16(high[signs>>4])
		}
	}
}

// sum is the distance of a second half.
func (t *sketchTables) sum(k *halfSketch) (sum uint16) {
	for i, signs := range k {
		sum += t.second[i][signs]
	}
	return sum
}

// distancesGeneric is distances for every processor.
func distancesGeneric(groups []sketchGroup, t *halfTables, out []uint8) {
	for i := range groups {
		var sums [groupSize]uint16
		for j := range groups[i] {
			low, high := &t[2*j], &t[2*j+1]
			for k, signs := range groups[i][j] {
				sums[k] += uint16(low[signs&15]) + uint16(high[signs>>4])
			}
		}
		for k, sum := range sums {
			out[i*groupSize+k] = uint8(min(sum>>distanceShift, 255)) // #nosec G115 -- just bounded
		}
	}
}

// dotGeneric is dotBytes for every processor.
func dotGeneric(v []int8, q []int16) (product int64) {
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

// scan is the distances of sketches to a query.
type scan struct {
	tables    sketchTables
	distances []uint8 // of all first halves, with what fills up groups
	masks     []uint32
	rows      []int32 // those that may be near, in order
	sums      []uint16
}

// scans lends memory for them.
var scans = sync.Pool{New: func() any { return new(scan) }}

// nearest are about n of the rows, those with the least distances, in order. first is
// how many to take for nearest by the first halves of their sketches; blocks are what
// the distances so far are those of.
func (s *scan) nearest(blocks []*heldBlock, first, n int) []int32 {
	masksAtMost(s.distances, atMost(s.distances, first), s.masks)
	s.rows, s.sums = s.rows[:0], s.sums[:0]
	var counts [1 << (sumBits + 1)]int32
	from := 0
	for _, b := range blocks {
		second, done := b.sketches.second, len(s.rows)
		for g, mask := range s.masks[from/groupSize:][:len(b.sketches.first)] {
			for ; mask != 0; mask &= mask - 1 {
				i := g*groupSize + bits.TrailingZeros32(mask)
				if i >= len(second) {
					break // it fills the group up
				}
				prefetch(&second[i][0], len(second[i]))
				s.rows = append(s.rows, int32(from+i)) // #nosec G115 -- of what fits into memory
			}
		}
		for _, row := range s.rows[done:] {
			sum := uint16(s.distances[row])<<distanceShift + s.tables.sum(&second[int(row)-from])
			counts[sum]++
			s.sums = append(s.sums, sum)
		}
		from += len(b.sketches.first) * groupSize
	}
	bound := 0
	for have := int(counts[0]); have < n && bound < len(counts)-1; have += int(counts[bound]) {
		bound++
	}
	near := s.rows[:0]
	for k, row := range s.rows {
		if int(s.sums[k]) <= bound {
			near = append(near, row)
		}
	}
	return near
}

// sampleEvery is how many distances stand for one in the count of a large corpus.
const sampleEvery = 23

// atMost is a bound that about n of the distances do not exceed, a few more rather
// than less.
func atMost(distances []uint8, n int) uint8 {
	every := 1
	if len(distances) >= sampleEvery<<12 {
		every = sampleEvery
	}
	// Neighbours are counted apart: the same count twice in a row would have to wait.
	var counts [2][256]int32
	i := 0
	for ; i+every < len(distances); i += 2 * every {
		counts[0][distances[i]]++
		counts[1][distances[i+every]]++
	}
	for ; i < len(distances); i += every {
		counts[0][distances[i]]++
	}
	have := 0
	for bound := range counts[0] {
		if have += int(counts[0][bound]+counts[1][bound]) * every; have >= n {
			return uint8(bound) // #nosec G115 -- below 256
		}
	}
	return 255
}

// masksGeneric is masksAtMost for every processor.
func masksGeneric(distances []uint8, bound uint8, masks []uint32) {
	for i := range masks {
		var mask uint32
		for j, d := range distances[i*groupSize:][:groupSize] {
			if d <= bound {
				mask |= 1 << j
			}
		}
		masks[i] = mask
	}
}
