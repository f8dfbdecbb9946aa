//go:build !amd64

package retrieval

// differences counts in how many signs each sketch differs from q; 256 counts as 255.
// out is as long as sketches.
func differences(sketches []sketch, q *sketch, out []uint8) { differencesGeneric(sketches, q, out) }

// dotBytes is the inner product; q is as long as v.
func dotBytes(v []int8, q []int16) int64 { return dotGeneric(v, q) }
