package retrieval

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"sync"
)

// wordTable says of every word whether it has something to do with a question: a
// query reads the forty thousand words of its candidates, of which few do, and
// looking each of them up costs more than all the rest of ranking.
type wordTable struct {
	maybe []uint64 // by wordID, a bit: small enough for the processor's first cache
	// at is, for words that were looked up, an index into found plus 1.
	at    []uint16
	found []wordFound
	lists []uint8  // of all found words: their parts, then their 4-grams
	seen  []wordID // those with an at
}

// wordFound is what a word has of a question, in eight bytes: a query comes by
// thousands of words with a 4-gram of it.
type wordFound struct {
	from  uint32 // into wordTable.lists
	term  uint8  // 1 + the index in question.terms, 0 for none
	parts uint8  // how many parts of a compound, each as term
	grams uint8  // how many 4-grams, each an index of the question's
}

// wordTables lends tables in which nothing is marked.
var wordTables = sync.Pool{New: func() any { return new(wordTable) }}

// mark makes a table of the words that may have to do with the question: those that
// the lexicon lists under one of its terms or 4-grams, and those that came after the
// lists.
func (r *ranking) mark() *wordTable {
	v := r.s.vocab
	t := wordTables.Get().(*wordTable)
	if len(t.at) < len(v.words) {
		t.at = make([]uint16, len(v.words)+len(v.words)/8)
		t.maybe = make([]uint64, len(t.at)/64+1)
	}
	set := func(ids []wordID) {
		for _, id := range ids {
			t.maybe[id/64] |= 1 << (id % 64)
		}
	}
	for _, q := range r.q.terms {
		set(v.lists.ofTerm(q.term))
	}
	for _, entry := range r.grams.table {
		if entry.index != 0 {
			set(v.lists.ofGram(entry.gram))
		}
	}
	set(r.sections)
	set(v.lists.late)
	for id := int(v.lists.upTo); id < len(v.words); id++ {
		t.maybe[id/64] |= 1 << (id % 64)
	}
	return t
}

// giveBack returns the table to those that are lent.
func (r *ranking) giveBack() {
	t := r.words
	clear(t.maybe)
	for _, id := range t.seen {
		t.at[id] = 0
	}
	t.found, t.lists, t.seen = t.found[:0], t.lists[:0], t.seen[:0]
	wordTables.Put(t)
}

// lookUp finds what a marked word has of the question, and whether it has anything.
func (r *ranking) lookUp(id wordID) (wordFound, bool) {
	v, t := r.s.vocab, r.words
	w := &v.words[id]
	f := wordFound{from: uint32(len(t.lists))} // #nosec G115 -- of a query's words
	if !w.stop && w.term != 0 {
		f.term = r.termOf[w.term]
		for _, p := range v.partsOf(w) {
			if n := r.termOf[p]; n != 0 {
				t.lists = append(t.lists, n)
				f.parts++
			}
		}
		before := len(t.lists)
		t.lists = r.grams.of(w.text, t.lists)
		f.grams = uint8(min(len(t.lists)-before, 255)) // #nosec G115 -- just bounded
	}
	if f.term == 0 && f.parts == 0 && f.grams == 0 {
		if !slices.Contains(r.sections, id) {
			t.maybe[id/64] &^= 1 << (id % 64)
		}
		return f, false
	}
	if len(t.found) < 1<<16-1 { // else it is looked up each time
		t.found = append(t.found, f)
		t.at[id] = uint16(len(t.found)) // #nosec G115 -- just compared
		t.seen = append(t.seen, id)
	}
	return f, true
}

// read fills candidates from the forward index.
func (r *ranking) read(candidates []candidate) {
	s, t := r.s, r.words
	marked := t.maybe
	var ok bool
	grams := r.zeros(len(candidates) * len(r.grams.idf))
	matches, from := r.matches, len(r.matches)
	r.ends = slices.Grow(r.ends[:0], len(candidates))
	ends := r.ends[:len(candidates)]
	for ci := range candidates {
		const ahead = 4 // candidates that are on their way from memory
		if ci+ahead < len(candidates) {
			h := candidates[ci+ahead].hit
			seg := s.segments[h.segment]
			at := seg.streamAt[h.local]
			prefetch(&seg.streams[at], int(seg.streamAt[h.local+1]-at)+1)
		}
		c := &candidates[ci]
		seg := s.segments[c.segment]
		c.chunk = seg.chunks[c.local]
		streams, at, end := seg.streams, int(seg.streamAt[c.local])+1, int(seg.streamAt[c.local+1])
		title, n := varint(streams[at:])
		at += n
		heading, n := varint(streams[at:])
		at += n
		c.start = title + heading
		c.grams, grams = grams[:len(r.grams.idf)], grams[len(r.grams.idf):]
		position := int32(0)
		for at < end {
			// The words of eight bytes at a time: each ends in a byte without its highest bit.
			const highest = 0x8080808080808080
			w := binary.LittleEndian.Uint64(streams[at:])
			last := ^w & highest
			if left := end - at; left < 8 {
				last &= 1<<(8*uint(left)) - 1 // #nosec G115 -- just compared
			}
			if last == 0 {
				break // no word is as long as that
			}
			begin := uint(0)
			for ; last != 0; last &= last - 1 {
				until := uint(bits.TrailingZeros64(last)) + 1 // #nosec G115 -- at most 64
				x := w >> (begin & 63) & (1<<((until-begin)&63) - 1)
				begin = until
				id := wordID(x&0x7f | x>>1&0x3f80 | x>>2&0x1fc000 | x>>3&0xfe00000 | x>>4&0x70000000) // #nosec G115 -- it was encoded from one
				here := position
				position++
				if i := int(id / 64); i >= len(marked) || marked[i]&(1<<(id%64)) == 0 {
					continue
				}
				if here < c.start && slices.Contains(r.sections, id) {
					c.section = true
				}
				var f wordFound
				if at := t.at[id]; at != 0 {
					f = t.found[at-1]
				} else if f, ok = r.lookUp(id); !ok {
					continue
				}
				if f.term != 0 {
					matches = append(matches, match{here, f.term - 1, false})
					c.whole.set(f.term - 1)
				}
				lists := t.lists[f.from:]
				for _, p := range lists[:f.parts] {
					matches = append(matches, match{here, p - 1, true})
					c.some.set(p - 1)
				}
				for _, g := range lists[f.parts:][:f.grams] {
					if c.grams[g] < 255 {
						c.grams[g]++
					}
				}
			}
			at += int(begin / 8) // #nosec G115 -- at most 8
		}
		c.length = int(position)
		c.some.join(c.whole)
		ends[ci] = len(matches)
		c.phrases = 0
		for _, phrase := range r.q.phrases {
			if hasPhrase(seg.stream(c.local), phrase) {
				c.phrases++
			}
		}
	}
	r.matches = matches
	for ci, end := range ends {
		candidates[ci].matches = matches[from:end]
		from = end
	}
}

// of adds to found the indexes of the question's 4-grams that a word has, one for
// each time.
func (g *gramSet) of(word string, found []uint8) []uint8 {
	eachGram(word, func(gram uint32) {
		if i := g.table[g.slot(gram)].index; i != 0 {
			found = append(found, i-1)
		}
	})
	return found
}

// varint reads a word id as binary.Uvarint does, without a branch on its length, which
// nobody can foresee. There must be four bytes more than it has: see newSegment.
func varint(b []byte) (id wordID, length int) {
	w := binary.LittleEndian.Uint32(b)
	last := ^w & 0x80808080 // the first byte without its highest bit is the last
	if last == 0 {
		v, n := binary.Uvarint(b)
		return wordID(v), n // #nosec G115 -- it was encoded from one
	}
	length = bits.TrailingZeros32(last)/8 + 1
	w &= uint32(1<<(8*uint(length)) - 1) // #nosec G115 -- at most 32 bits
	return wordID(w&0x7f | w>>1&0x3f80 | w>>2&0x1fc000 | w>>3&0xfe00000), length
}

// termSet is a set of terms of a question, by index.
type termSet [4]uint64

func (t *termSet) set(i uint8) { t[i/64] |= 1 << (i % 64) }

func (t *termSet) has(i uint8) bool { return t[i/64]&(1<<(i%64)) != 0 }

func (t *termSet) join(o termSet) {
	for i := range t {
		t[i] |= o[i]
	}
}
