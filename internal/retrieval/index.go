package retrieval

import (
	"cmp"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Entry is a chunk of the forward index as it is stored.
type Entry struct {
	ChunkID   int64
	VersionID int64
	Document  string // id
	Number    string // of the publication, such as 14/04; may be empty
	Type      string
	Year      int // 0: unknown
	Ordinal   int // within the version
	Terms     []byte
}

// Index is an exact BM25 index in memory. Searching takes no lock; changing it
// swaps in a new snapshot that shares most of the old one.
type Index struct {
	current atomic.Pointer[snapshot]

	mu       sync.Mutex      // one change at a time
	versions map[int64]int32 // live versions → snapshot.documents
}

// NewIndex returns an empty index of words as the analyzer sees them.
func NewIndex(a *Analyzer) *Index {
	x := &Index{versions: make(map[int64]int32)}
	x.current.Store(&snapshot{vocab: newLexicon(a)})
	return x
}

// Change is what a new state of the corpus adds to and removes from the one before.
type Change struct {
	State  int64            // names the new state
	Words  map[int32]string // words that Entries use for the first time
	Add    []Entry          // all chunks of versions that became live; versions already in are passed over
	Remove []int64          // versions that are live no more
}

// knows reports whether the index has met a word id.
func (x *Index) knows(id wordID) bool {
	words := x.current.Load().vocab.words
	return int(id) < len(words) && words[id].text != ""
}

// Has reports whether a version is in the index.
func (x *Index) Has(version int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, ok := x.versions[version]
	return ok
}

// Apply makes a change visible at once and whole. It checks everything first: on an
// error nothing changed.
func (x *Index) Apply(c Change) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	var buf []int32
	for i, e := range c.Add {
		yield(i, yieldChunks)
		var err error
		if buf, _, _, err = DecodeTerms(e.Terms, buf[:0]); err != nil {
			return fmt.Errorf("index chunk %d: %w", e.ChunkID, err)
		}
	}
	old := x.current.Load()
	next := *old
	next.state = c.State
	fresh := make(map[wordID]string)
	for id, text := range c.Words {
		if id < 1 {
			return fmt.Errorf("index word %q: id %d is not positive", text, id)
		}
		if int(id) >= len(old.vocab.words) || old.vocab.words[id].text == "" {
			fresh[id] = text
		}
	}
	if len(fresh) > 0 {
		next.vocab = old.vocab.with(fresh)
	}
	next.df = make([]uint32, len(next.vocab.terms))
	copy(next.df, old.df)
	next.segments, next.dead = slices.Clone(old.segments), slices.Clone(old.dead)
	x.remove(&next, c.Remove)
	x.add(&next, c.Add)
	merge(&next)
	next.measureGrams(old)
	x.current.Store(&next)
	return nil
}

// yield lets searches go on beside a long piece of work, every so many steps of it:
// otherwise one that is ready to go on may wait for a processor for as long as the runtime
// leaves it to a goroutine, which is ten milliseconds.
func yield(step, every int) {
	if step%every == every-1 {
		runtime.Gosched()
	}
}

// yieldChunks is after how many chunks that are read or written: each takes about 10 µs.
const yieldChunks = 32

func (x *Index) remove(s *snapshot, versions []int64) {
	gone, first, last := make([]bool, len(s.documents)), int32(len(s.documents)), int32(-1) // #nosec G115 -- they are numbered so
	for _, v := range versions {
		if d, ok := x.versions[v]; ok {
			gone[d], first, last = true, min(first, d), max(last, d)
			delete(x.versions, v)
		}
	}
	if last < 0 {
		return
	}
	counts := lendCounter(s.vocab)
	defer counts.giveBack()
	for si, seg := range s.segments {
		if first > seg.lastDocument || last < seg.firstDocument {
			continue
		}
		runtime.Gosched()
		copied := false
		for d, c := range seg.chunks {
			if !gone[c.document] || s.isDead(si, d) {
				continue
			}
			if !copied {
				dead := make([]uint64, (len(seg.chunks)+63)/64)
				copy(dead, s.dead[si])
				s.dead[si], copied = dead, true
			}
			s.dead[si][d/64] |= 1 << (d % 64)
			s.words -= float64(counts.add(s.vocab, seg.stream(d)))
			for _, t := range counts.terms {
				s.df[t]--
			}
			counts.reset()
			s.live--
			yield(int(c.ordinal), yieldChunks)
		}
	}
}

func (x *Index) add(s *snapshot, added []Entry) {
	entries := make([]entry, 0, len(added))
	known := int32(len(s.documents)) // versions below are in already
	for _, e := range added {
		d, ok := x.versions[e.VersionID]
		if !ok {
			d = int32(len(s.documents))
			x.versions[e.VersionID] = d
			s.documents = append(s.documents, document{id: e.Document, kind: e.Type, year: e.Year, number: PublicationNumber(e.Number)})
		}
		if d >= known {
			entries = append(entries, entry{chunk{id: e.ChunkID, document: d, ordinal: int32(e.Ordinal)}, e.Terms})
		}
	}
	if len(entries) == 0 {
		return
	}
	counted := make(abbreviationCounter)
	var buf []wordID
	for i, e := range entries {
		yield(i, yieldChunks)
		buf = counted.read(s.vocab, e.tv, buf)
	}
	s.abbreviations = s.abbreviations.with(counted)
	segments := build(s.vocab, entries)
	s.segments = append(s.segments, segments...)
	s.dead = append(s.dead, make([][]uint64, len(segments))...)
	for _, seg := range segments {
		s.live += len(seg.chunks)
		for _, l := range seg.length {
			s.words += float64(l)
		}
		for i, t := range seg.terms {
			s.df[t] += seg.start[i+1] - seg.start[i]
		}
	}
}

// build makes segments of entries, as many at once as there are processors. Within a
// segment chunks stand in order of id.
func build(v *lexicon, entries []entry) []*segment {
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.id, b.id) })
	var parts [][]entry
	for part := range slices.Chunk(entries, maxSegment) {
		parts = append(parts, part)
	}
	segments := make([]*segment, len(parts))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, part := range parts {
		slots <- struct{}{}
		wg.Go(func() {
			segments[i] = newSegment(v, part)
			<-slots
		})
	}
	wg.Wait()
	return segments
}

// mergeAt is how many segments of one kind are joined into one. Those of a kind have up to
// four times as many chunks as one another: joined they are of the next, so that a chunk is
// written anew about once for each kind, and there are few segments.
const mergeAt = 5

func sizeKind(chunks int) int { return bits.Len(uint(chunks)) / 2 } // #nosec G115 -- not negative

// merge joins segments of a kind when there are too many, and rewrites those that are
// mostly dead, so that a query visits few segments and gone chunks free their memory.
func merge(s *snapshot) {
	var chosen []int
	total := 0
	var kinds [bits.UintSize][]int
	living := make([]int, len(s.segments))
	for i, seg := range s.segments {
		living[i] = len(seg.chunks)
		for _, set := range s.dead[i] {
			living[i] -= bits.OnesCount64(set)
		}
		if kind := sizeKind(living[i]); living[i]*2 < len(seg.chunks) {
			chosen = append(chosen, i)
			total += living[i]
		} else if len(seg.chunks) < maxSegment/2 {
			kinds[kind] = append(kinds[kind], i)
		}
	}
	for _, alike := range kinds {
		if len(alike) < mergeAt {
			continue
		}
		for _, i := range alike {
			if total+living[i] <= maxSegment {
				chosen = append(chosen, i)
				total += living[i]
			}
		}
		break // the others have their turn with the next change
	}
	if len(chosen) == 0 {
		return
	}
	slices.Sort(chosen)
	var entries []entry
	for _, i := range chosen {
		seg := s.segments[i]
		for d, c := range seg.chunks {
			if !s.isDead(i, d) {
				entries = append(entries, entry{c, seg.stream(d)})
			}
		}
	}
	var segments []*segment
	var dead [][]uint64
	for i := range s.segments {
		if !slices.Contains(chosen, i) {
			segments, dead = append(segments, s.segments[i]), append(dead, s.dead[i])
		}
	}
	merged := build(s.vocab, entries)
	s.segments = append(segments, merged...)
	s.dead = append(dead, make([][]uint64, len(merged))...)
}

// Stats is the size of the index.
type Stats struct {
	State    int64 // the last corpus change in it
	Chunks   int   // live
	Versions int   // live
	Words    int   // distinct, as written
	Terms    int   // distinct stems
	Segments int
	Bytes    int // memory held, roughly
}

// Stats measures the index as it is now.
func (x *Index) Stats() Stats {
	s := x.current.Load()
	x.mu.Lock()
	versions := len(x.versions)
	x.mu.Unlock()
	st := Stats{State: s.state, Chunks: s.live, Versions: versions, Words: len(s.vocab.words) - 1, Terms: len(s.vocab.terms) - 1, Segments: len(s.segments)}
	for i, seg := range s.segments {
		st.Bytes += seg.bytes() + 8*len(s.dead[i])
	}
	lists := &s.vocab.lists
	st.Bytes += 4 * (len(lists.termAt) + len(lists.termWords) + len(lists.gramAt) + len(lists.gramWords))
	// A word: its record, its letters and about 40 bytes in the look-up map; a stem likewise.
	st.Bytes += len(s.vocab.words)*(32+10+40) + len(s.vocab.terms)*(16+8+40+4) + 4*len(s.vocab.parts) + 4*len(s.gramDF)
	return st
}
