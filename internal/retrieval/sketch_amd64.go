package retrieval

import "golang.org/x/sys/cpu"

//go:noescape
func differencesAVX2(sketches *sketch, n int, q *sketch, out *uint8)

//go:noescape
func dotAVX2(v *int8, q *int16, n int) int64

var hasAVX2 = cpu.X86.HasAVX2

// differences counts in how many signs each sketch differs from q; 256 counts as 255.
// out is as long as sketches.
func differences(sketches []sketch, q *sketch, out []uint8) {
	out = out[:len(sketches)]
	if n := len(sketches) &^ 7; n > 0 && hasAVX2 {
		differencesAVX2(&sketches[0], n, q, &out[0])
		sketches, out = sketches[n:], out[n:]
	}
	differencesGeneric(sketches, q, out)
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
