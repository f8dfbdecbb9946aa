package retrieval

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"sync"
)

// maxSegment is how many chunks one segment holds at most: their local numbers fit
// in 16 bits and a query's scores for them in the processor's cache.
const maxSegment = 1 << 16

// Weights of one occurrence of a word in the index, in halves.
const (
	wholeWord    = 2
	compoundPart = 1
)

// chunk is what the index keeps of a chunk beside its words.
type chunk struct {
	id       int64
	document int32 // into snapshot.documents
	ordinal  int32
}

// segment is an immutable part of the index. Local chunk numbers are positions in
// chunks.
type segment struct {
	chunks []chunk
	// All chunks are of documents from the first to the last.
	firstDocument, lastDocument int32
	// Forward: the encoded Terms of each chunk, for the second stage of ranking.
	streams  []byte
	streamAt []uint32 // len(chunks)+1
	length   []float32
	// Inverted: for terms[i] the postings from start[i] to start[i+1].
	terms []termID
	start []uint32
	local []uint16
	count []uint8 // weighted occurrences in halves, at most 255
	// Bounds for skipping: the highest count and the shortest chunk of a term.
	maxCount []uint8
	minLen   []float32
}

// streamPadding are the bytes behind the last stream, so that eight may be read anywhere.
const streamPadding = 8

// entry is a chunk on its way into a segment.
type entry struct {
	chunk
	tv []byte
}

// newSegment builds a segment from at most maxSegment entries whose words v knows.
// Entries must decode.
func newSegment(v *lexicon, entries []entry) *segment {
	s := &segment{chunks: make([]chunk, len(entries)), streamAt: make([]uint32, len(entries)+1), length: make([]float32, len(entries))}
	size := 0
	for _, e := range entries {
		size += len(e.tv)
	}
	s.streams = make([]byte, 0, size+streamPadding)
	type posting struct {
		term  termID
		local uint16
		count uint8
	}
	postings := make([]posting, 0, size)
	counts, perTerm := lendCounter(v), lendCounter(v)
	defer counts.giveBack()
	defer perTerm.giveBack()
	s.firstDocument = math.MaxInt32
	for i, e := range entries {
		yield(i, yieldChunks)
		s.chunks[i] = e.chunk
		s.firstDocument, s.lastDocument = min(s.firstDocument, e.document), max(s.lastDocument, e.document)
		s.streams = append(s.streams, e.tv...)
		s.streamAt[i+1] = uint32(len(s.streams))
		s.length[i] = float32(counts.add(v, e.tv))
		for _, t := range counts.terms {
			postings = append(postings, posting{t, uint16(i), uint8(min(counts.count[t], 255))})
			perTerm.bump(t, 1)
		}
		counts.reset()
	}
	s.streams = append(s.streams, make([]byte, streamPadding)...)
	// Counting sort by term keeps the chunks of a term in order.
	s.terms = slices.Clone(perTerm.terms)
	slices.Sort(s.terms)
	s.start = make([]uint32, 0, len(s.terms)+1)
	at := perTerm.count
	var sum uint32
	for _, t := range s.terms {
		s.start = append(s.start, sum)
		at[t], sum = sum, sum+at[t]
	}
	s.start = append(s.start, sum)
	s.local, s.count = make([]uint16, sum), make([]uint8, sum)
	for i, p := range postings {
		yield(i, yieldChunks*128) // of which a chunk has about so many
		s.local[at[p.term]], s.count[at[p.term]] = p.local, p.count
		at[p.term]++
	}
	s.maxCount, s.minLen = make([]uint8, len(s.terms)), make([]float32, len(s.terms))
	for i := range s.terms {
		s.minLen[i] = s.length[s.local[s.start[i]]]
		for j := s.start[i]; j < s.start[i+1]; j++ {
			s.maxCount[i] = max(s.maxCount[i], s.count[j])
			s.minLen[i] = min(s.minLen[i], s.length[s.local[j]])
		}
	}
	return s
}

// stream is the encoded Terms of a chunk.
func (s *segment) stream(local int) []byte { return s.streams[s.streamAt[local]:s.streamAt[local+1]] }

// position is where a chunk with an id between the first and the last stands. Ids mostly
// follow one another: what is sought is where it would stand if all did, or before.
func (s *segment) position(id int64) (int, bool) {
	to := int(min(id-s.chunks[0].id, int64(len(s.chunks)-1)))
	from := to
	for step := 1; s.chunks[from].id > id; step *= 2 {
		to, from = from, max(from-step, 0)
	}
	i, ok := slices.BinarySearchFunc(s.chunks[from:to+1], id, func(c chunk, id int64) int { return cmp.Compare(c.id, id) })
	return from + i, ok
}

// find is the position of a term in s.terms, or -1.
func (s *segment) find(t termID) int {
	if i, ok := slices.BinarySearch(s.terms, t); ok {
		return i
	}
	return -1
}

// bytes is the memory the segment holds.
func (s *segment) bytes() int {
	return len(s.chunks)*16 + cap(s.streams) + 4*len(s.streamAt) + 4*len(s.length) + 4*len(s.terms) + 4*len(s.start) +
		2*len(s.local) + len(s.count) + 5*len(s.terms)
}

// counter counts terms.
type counter struct {
	count []uint32 // by termID
	terms []termID // those with a count
}

// counters lends them: emptying one takes less than making one for all terms that there
// are.
var counters = sync.Pool{New: func() any { return new(counter) }}

// lendCounter is an empty counter of the terms of v.
func lendCounter(v *lexicon) *counter {
	c := counters.Get().(*counter)
	if len(c.count) < len(v.terms) {
		c.count = make([]uint32, len(v.terms)+len(v.terms)/8)
	}
	return c
}

// giveBack empties a counter.
func (c *counter) giveBack() {
	c.reset()
	counters.Put(c)
}

func (c *counter) bump(t termID, n uint32) {
	if c.count[t] == 0 {
		c.terms = append(c.terms, t)
	}
	c.count[t] += n
}

// add counts the terms of an encoded chunk, in halves, and returns its length in words.
// Words that v does not know are left out.
func (c *counter) add(v *lexicon, tv []byte) (length int) {
	eachWord(tv, func(_ int, id wordID) {
		if int(id) >= len(v.words) {
			return
		}
		length++
		w := &v.words[id]
		if w.stop || w.term == 0 {
			return
		}
		c.bump(w.term, wholeWord)
		for _, part := range v.partsOf(w) {
			c.bump(part, compoundPart)
		}
	})
	return length
}

func (c *counter) reset() {
	for _, t := range c.terms {
		c.count[t] = 0
	}
	c.terms = c.terms[:0]
}

// fields are the numbers of words of title and heading in encoded Terms, and the
// word ids behind them. tv must decode.
func fields(tv []byte) (title, heading int, rest []byte) {
	tv = tv[1:]
	a, n := binary.Uvarint(tv)
	tv = tv[n:]
	b, n := binary.Uvarint(tv)
	return int(a), int(b), tv[n:]
}

// eachWord calls do with every word of encoded Terms and its position over all
// fields. tv must decode.
func eachWord(tv []byte, do func(position int, id wordID)) {
	_, _, rest := fields(tv)
	for i := 0; len(rest) > 0; i++ {
		id := wordID(rest[0])
		n := 1
		if id >= 0x80 {
			v, m := binary.Uvarint(rest)
			id, n = wordID(v), m
		}
		rest = rest[n:]
		do(i, id)
	}
}

// hit is a chunk with a score, by its place in the index.
type hit struct {
	segment, local int
	score          float32
}

// better orders hits by score, then by chunk id so that ties are stable.
func (s *snapshot) better(a, b hit) bool {
	if a.score != b.score {
		return a.score > b.score
	}
	return s.segments[a.segment].chunks[a.local].id < s.segments[b.segment].chunks[b.local].id
}

// best keeps the n best hits as a heap with the worst on top.
type best struct {
	s    *snapshot
	n    int
	hits []hit
}

func (b *best) Len() int           { return len(b.hits) }
func (b *best) Less(i, j int) bool { return b.s.better(b.hits[j], b.hits[i]) }
func (b *best) Swap(i, j int)      { b.hits[i], b.hits[j] = b.hits[j], b.hits[i] }

// floor is the score that a hit has to reach to be kept.
func (b *best) floor() float32 {
	if len(b.hits) < b.n {
		return 0
	}
	return b.hits[0].score
}

func (b *best) offer(h hit) {
	if len(b.hits) < b.n {
		if b.hits == nil {
			b.hits = make([]hit, 0, min(b.n, 256))
		}
		b.hits = append(b.hits, h)
		for i := len(b.hits) - 1; i > 0; {
			parent := (i - 1) / 2
			if !b.Less(i, parent) {
				break
			}
			b.Swap(i, parent)
			i = parent
		}
		return
	}
	if !b.s.better(h, b.hits[0]) {
		return
	}
	b.hits[0] = h
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(b.hits) {
			break
		}
		if child+1 < len(b.hits) && b.Less(child+1, child) {
			child++
		}
		if !b.Less(child, i) {
			break
		}
		b.Swap(i, child)
		i = child
	}
}

// sorted empties the heap, best first.
func (b *best) sorted() []hit {
	slices.SortFunc(b.hits, func(x, y hit) int {
		if b.s.better(x, y) {
			return -1
		}
		return 1
	})
	return b.hits
}
