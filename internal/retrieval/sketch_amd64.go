package retrieval

import "golang.org/x/sys/cpu"

//go:noescape
func distancesAVX2(groups *sketchGroup, n int, t *halfTables, out *uint8)

//go:noescape
func distancesAVX512(groups *sketchGroup, n int, t *halfTables, out *uint8)

// prefetch asks for n bytes that are about to be read, more than none.
//
//go:noescape
func prefetch(b *byte, n int)

//go:noescape
func prefetchInts(v *int8, n int)

//go:noescape
func masksAVX2(distances *uint8, n int, bound uint8, masks *uint32)

//go:noescape
func atLeastAVX2(values *uint16, n int, from uint16, marks *uint64)

//go:noescape
func dotAVX2(v *int8, q *int16, n int) int64

var (
	hasAVX2   = cpu.X86.HasAVX2
	hasAVX512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW
)

// distances sums the tables of a query for all sketches of these groups. out has 32 for
// each group.
func distances(groups []sketchGroup, t *halfTables, out []uint8) {
	out = out[:len(groups)*groupSize]
	switch {
	case len(groups) == 0:
	case hasAVX512:
		distancesAVX512(&groups[0], len(groups), t, &out[0])
	case hasAVX2:
		distancesAVX2(&groups[0], len(groups), t, &out[0])
	default:
		distancesGeneric(groups, t, out)
	}
}

// masksAtMost makes a mask of every 32 distances: a bit for each that does not exceed a
// bound. There are 32 distances for every mask.
func masksAtMost(distances []uint8, bound uint8, masks []uint32) {
	distances = distances[:len(masks)*groupSize]
	switch {
	case len(masks) == 0:
	case hasAVX2:
		masksAVX2(&distances[0], len(masks), bound, &masks[0])
	default:
		masksGeneric(distances, bound, masks)
	}
}

// atLeast makes a mark of every 64 values: a bit for each that is not below from. There
// are 64 values for every mark.
func atLeast(values []uint16, from uint16, marks []uint64) {
	values = values[:64*len(marks)]
	switch {
	case len(marks) == 0:
	case hasAVX2:
		atLeastAVX2(&values[0], len(marks), from, &marks[0])
	default:
		atLeastGeneric(values, from, marks)
	}
}

// prefetchVector asks for a vector that is about to be read.
func prefetchVector(v []int8) {
	if len(v) > 0 {
		prefetchInts(&v[0], len(v))
	}
}

// dotBytes is the inner product; q is as long as v, at most 4096.
func dotBytes(v []int8, q []int16) (product int64) {
	q = q[:len(v)]
	if n := len(v) &^ 31; n > 0 && hasAVX2 {
		product = dotAVX2(&v[0], &q[0], n)
		v, q = v[n:], q[n:]
	}
	return product + dotGeneric(v, q)
}
