package retrieval

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"sync"
)

// A sketch is 256 signs of a vector: which side of 256 random planes it lies on. The
// share of signs in which two sketches differ estimates the angle between their
// vectors (Charikar 2002, Similarity Estimation Techniques from Rounding Algorithms).
// Comparing one takes four exclusive ors, so the nearest among half a million are
// looked for in all of them, and no structure has to be built or kept.
const (
	sketchBits  = 256
	sketchWords = sketchBits / 64
)

type sketch [sketchWords]uint64

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
	for i, x := range v[:sketchBits] {
		if x > 0 {
			out[i/64] |= 1 << (i % 64)
		}
	}
	return out
}

// differencesGeneric is differences for every processor.
func differencesGeneric(sketches []sketch, q *sketch, out []uint8) {
	for i := range sketches {
		s := &sketches[i]
		n := bits.OnesCount64(s[0]^q[0]) + bits.OnesCount64(s[1]^q[1]) + bits.OnesCount64(s[2]^q[2]) + bits.OnesCount64(s[3]^q[3])
		out[i] = uint8(min(n, 255)) // #nosec G115 -- just bounded
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

// byteBuffers lends buffers for the differences of all sketches.
var byteBuffers = sync.Pool{New: func() any { return new([]uint8) }}

// sampleEvery is how many differences stand for one in the count of a large corpus.
const sampleEvery = 8

// atMost is a bound that about n of the differences do not exceed, a few more rather
// than less.
func atMost(differences []uint8, n int) uint8 {
	every := 1
	if len(differences) >= sampleEvery<<12 {
		every = sampleEvery
	}
	var counts [256]int32
	for i := 0; i < len(differences); i += every {
		counts[differences[i]]++
	}
	have := 0
	for bound, count := range counts {
		if have += int(count) * every; have >= n {
			return uint8(bound) // #nosec G115 -- below 256
		}
	}
	return 255
}

// eachAtMost calls do with the index of every difference that does not exceed a bound.
func eachAtMost(differences []uint8, bound uint8, do func(i int)) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	if bound < 127 {
		// Eight at a time: the expression is 0 unless one of them is below bound+1
		// (Anderson, Bit Twiddling Hacks, "Determine if a word has a byte less than n").
		below := ones * uint64(bound+1)
		for ; i+8 <= len(differences); i += 8 {
			w := binary.LittleEndian.Uint64(differences[i:])
			if (w-below)&^w&highs == 0 {
				continue
			}
			for j, d := range differences[i : i+8] {
				if d <= bound {
					do(i + j)
				}
			}
		}
	}
	for ; i < len(differences); i++ {
		if differences[i] <= bound {
			do(i)
		}
	}
}
