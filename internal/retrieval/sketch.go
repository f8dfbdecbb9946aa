package retrieval

import (
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
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
	groupSize   = 32 // sketches that stand side by side
)

type sketch [sketchBytes]byte

// sketchGroup is one half of 32 sketches: the first byte of each, the second of each, and
// so on.
type sketchGroup [sketchBytes / 2][groupSize]byte

// sketches are any number of them, in groups of which the last may not be full. Their
// halves stand apart: most second ones need not be read.
type sketches struct {
	halves [2][]sketchGroup
	n      int
}

func newSketches(capacity int) (s sketches) {
	for i := range s.halves {
		s.halves[i] = make([]sketchGroup, 0, groupsOf(capacity))
	}
	return s
}

// groups is how many groups each half has.
func (s *sketches) groups() int { return len(s.halves[0]) }

func groupsOf(rows int) int { return (rows + groupSize - 1) / groupSize }

func (s *sketches) add(k sketch) {
	at := s.n % groupSize
	for h := range s.halves {
		if at == 0 {
			s.halves[h] = append(s.halves[h], sketchGroup{})
		}
		g := &s.halves[h][s.n/groupSize]
		for i := range g {
			g[i][at] = k[h*len(g)+i]
		}
	}
	s.n++
}

func (s *sketches) at(i int) (k sketch) {
	for h := range s.halves {
		g := &s.halves[h][i/groupSize]
		for j := range g {
			k[h*len(g)+j] = g[j][i%groupSize]
		}
	}
	return k
}

// sketcher makes sketches. Vectors are taken from the mean of all, or most of them
// would lie on the same side, and rotated, so that every plane tells as much.
type sketcher struct {
	centre []float32
	flips  [rotations][]float32 // 1 or -1
}

// rotations is how often signs are flipped at random and coordinates mixed by a
// Walsh-Hadamard transform, which takes n log n steps where a random rotation takes n²
// (Ailon and Chazelle 2009, The Fast Johnson-Lindenstrauss Transform).
const rotations = 2

func newSketcher(centre []float32) *sketcher {
	s := &sketcher{centre: centre}
	size := max(sketchBits, 1<<bits.Len(uint(len(centre)-1))) // #nosec G115 -- a number of dimensions
	rng := rand.New(rand.NewPCG(1, uint64(size)))             // #nosec G404 -- must be the same for queries and vectors
	for i := range s.flips {
		s.flips[i] = make([]float32, size)
		for j := range s.flips[i] {
			s.flips[i][j] = float32(1 - 2*rng.IntN(2))
		}
	}
	return s
}

// size is the length of the buffer that sketch wants.
func (s *sketcher) size() int { return len(s.flips[0]) }

// sketch makes the sketch of a unit vector, which stands first in v. It uses v up.
func (s *sketcher) sketch(v []float32) (out sketch) {
	for i, x := range s.rotate(v) {
		if x > 0 {
			out[i/8] |= 1 << (i % 8)
		}
	}
	return out
}

// rotate is how far on which side of the planes a unit vector lies, which stands first
// in v, up to a factor. It uses v up.
func (s *sketcher) rotate(v []float32) []float32 {
	for i, c := range s.centre {
		v[i] -= c
	}
	clear(v[len(s.centre):])
	for _, flips := range s.flips {
		for i, f := range flips {
			v[i] *= f
		}
		for half := 1; half < len(v); half *= 2 {
			for i := 0; i < len(v); i += 2 * half {
				low, high := v[i:i+half], v[i+half:i+2*half]
				for j, a := range low {
					b := high[j]
					low[j], high[j] = a+b, a-b
				}
			}
		}
	}
	return v[:sketchBits]
}

// sketchTables are a query as sketches are compared with it: for every four planes and
// every way to lie beside them, how much less alike that is than the query's own. Those
// of the first half of a sketch and those of the second are summed apart.
type sketchTables [2]halfTables

type halfTables [sketchBits / 8][16]uint8

const (
	// Four entries are summed in a byte, all of both halves in less than the range of the
	// mean of two distances.
	mostEntry     = 255 / 4
	distanceShift = 2 // bits of a half's sum that its distance leaves out
	mostSum       = 2<<(8+distanceShift) - 1
)

// tables makes the tables of a query like those that sketch takes.
func (s *sketcher) tables(v []float32) *sketchTables {
	var most, sum float64
	planes := s.rotate(v)
	for i := 0; i < len(planes); i += 4 {
		var four float64
		for _, x := range planes[i : i+4] {
			four += math.Abs(float64(x))
		}
		most, sum = max(most, four), sum+four
	}
	t := new(sketchTables)
	if sum == 0 {
		return t // it is as like to one as to another
	}
	// Every entry is rounded up by half at most.
	scale := min(mostEntry/(2*most), (mostSum-sketchBits/8)/(2*sum))
	for i := range sketchBits / 4 {
		four, table := planes[4*i:][:4], &t[i/len(t[0])][i%len(t[0])]
		for signs := range table {
			var apart float64
			for j, x := range four {
				if (signs>>j&1 == 1) != (x > 0) {
					apart += 2 * math.Abs(float64(x))
				}
			}
			table[signs] = uint8(apart*scale + .5) // #nosec G115 -- at most mostEntry
		}
	}
	return t
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

// scan is the distances of all sketches to a query.
type scan struct {
	distances, final []uint8 // by first halves of sketches, by both
	masks            []uint32
}

// scans lends memory for them.
var scans = sync.Pool{New: func() any { return new(scan) }}

// halfShare is how many times as many as are wanted are taken for nearest by the first
// halves of their sketches. The second ones of all groups with one of them are read: of
// half a million, those of about every fourth group.
const halfShare = 10

// nearest are the masks of about n of the first rows, those with the least distances.
// blocks are what the distances so far are the first halves of.
func (s *scan) nearest(blocks []*heldBlock, t *sketchTables, rows, n int) []uint32 {
	distances, masks := s.distances[:rows], s.masks[:rows/groupSize]
	final := s.final[:rows]
	masksAtMost(distances, atMost(distances, halfShare*n), masks)
	from := 0
	for _, b := range blocks {
		groups := b.sketches.groups()
		b.sketches.both(distances[from*groupSize:][:groups*groupSize], masks[from:][:groups], &t[1], final[from*groupSize:])
		from += groups
	}
	masksAtMost(final, atMost(final, n), masks)
	return masks
}

// both joins the distances of first halves with those of second ones, where a mask says
// that one of the group is of interest. Others, and what fills up the last group, are
// furthest away.
func (s *sketches) both(first []uint8, masks []uint32, t *halfTables, out []uint8) {
	for from := 0; from < len(masks); {
		wanted := masks[from] != 0
		to := from + 1
		for to < len(masks) && (masks[to] != 0) == wanted {
			to++
		}
		run := out[from*groupSize : to*groupSize]
		if wanted {
			distances(s.halves[1][from:to], t, run)
			means(run, first[from*groupSize:to*groupSize])
		} else {
			for i := 0; i < len(run); i += 8 {
				binary.LittleEndian.PutUint64(run[i:], math.MaxUint64)
			}
		}
		from = to
	}
	for i := s.n; i < len(masks)*groupSize; i++ {
		out[i] = 255
	}
}

// means puts in a the means of what is in a and b, rounded down, eight at a time (Dietz,
// The Aggregate Magic Algorithms, "Average of Integers").
func means(a, b []uint8) {
	for len(a) >= 8 && len(b) >= 8 {
		x, y := binary.LittleEndian.Uint64(a), binary.LittleEndian.Uint64(b)
		binary.LittleEndian.PutUint64(a, x&y+(x^y)>>1&0x7f7f7f7f7f7f7f7f)
		a, b = a[8:], b[8:]
	}
}

// sampleEvery is how many distances stand for one in the count of a large corpus.
const sampleEvery = 8

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
