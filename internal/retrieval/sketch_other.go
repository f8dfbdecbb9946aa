//go:build !amd64

package retrieval

// distances sums the tables of a query for all sketches of these groups. out has 32 for
// each group.
func distances(groups []sketchGroup, t *halfTables, out []uint8) { distancesGeneric(groups, t, out) }

// masksAtMost makes a mask of every 32 distances: a bit for each that does not exceed a
// bound. There are 32 distances for every mask.
func masksAtMost(distances []uint8, bound uint8, masks []uint32) {
	masksGeneric(distances, bound, masks)
}

// atLeast makes a mark of every 64 values: a bit for each that is not below from. There
// are 64 values for every mark.
func atLeast(values []uint16, from uint16, marks []uint64) { atLeastGeneric(values, from, marks) }

// dotBytes is the inner product; q is as long as v.
func dotBytes(v []int8, q []int16) int64 { return dotGeneric(v, q) }

// prefetch asks for n bytes that are about to be read, more than none.
func prefetch(*byte, int) {}

// prefetchVector asks for a vector that is about to be read.
func prefetchVector([]int8) {}
