package retrieval

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// testAnalyzer splits compounds of a few words.
func testAnalyzer(t interface{ Fatal(...any) }) *Analyzer {
	c := dutch.NewCompounds()
	if err := c.Read(strings.NewReader("arbeid\nmarkt\nbeleid\nraad\nonderneming\nadvies\n")); err != nil {
		t.Fatal(err)
	}
	return NewAnalyzer(c)
}

// vocabularyOf numbers words as the terms table does.
type vocabularyOf map[string]int32

func (v vocabularyOf) id(w string) int32 {
	if _, ok := v[w]; !ok {
		v[w] = int32(len(v)*3 + 1) // with gaps
	}
	return v[w]
}

func (v vocabularyOf) words() map[int32]string {
	out := make(map[int32]string)
	for w, id := range v {
		out[id] = w
	}
	return out
}

// plainDoc is a chunk as the plain implementation sees it.
type plainDoc struct {
	id      int64
	version int64
	doc     string
	year    int
	terms   map[string]float64
	length  float64
}

func plainDocument(a *Analyzer, e Entry, t Terms) plainDoc {
	d := plainDoc{id: e.ChunkID, version: e.VersionID, doc: e.Document, year: e.Year, terms: map[string]float64{}}
	for _, w := range slices.Concat(t.Title, t.Heading, t.Text) {
		d.length++
		if isStop(w) {
			continue
		}
		d.terms[a.stem(w)]++
		for _, p := range a.parts(w) {
			d.terms[a.stem(p)] += 0.5
		}
	}
	return d
}

// plainBM25 is the textbook formula over all documents.
func plainBM25(docs []plainDoc, query map[string]float64, allow func(plainDoc) bool) map[int64]float64 {
	var words float64
	df := map[string]float64{}
	for _, d := range docs {
		words += d.length
		for t := range d.terms {
			df[t]++
		}
	}
	average, n := words/float64(len(docs)), float64(len(docs))
	out := map[int64]float64{}
	for _, d := range docs {
		if !allow(d) {
			continue
		}
		var score float64
		for t, w := range query {
			tf := d.terms[t]
			if tf == 0 {
				continue
			}
			idf := math.Log(1 + (n-df[t]+0.5)/(df[t]+0.5))
			score += w * idf * tf * (k1 + 1) / (tf + k1*(1-b+b*d.length/average))
		}
		if score > 0 {
			out[d.id] = score
		}
	}
	return out
}

var testWords = strings.Fields("arbeidsmarkt arbeid markt arbeidsmarktbeleid de het raad ondernemingsraad advies adviezen werk 14/04 loon lonen beleid")

func TestIndexIsExactBM25(t *testing.T) {
	analyzer := testAnalyzer(t)
	rapid.Check(t, func(t *rapid.T) {
		x, vocab := NewIndex(analyzer), vocabularyOf{}
		live := map[int64][]plainDoc{}
		var nextChunk, nextVersion int64
		text := rapid.SliceOfN(rapid.SampledFrom(testWords), 1, 12)
		for state := range rapid.IntRange(1, 14).Draw(t, "changes") {
			change := Change{State: int64(state + 1)}
			for version := range live {
				if rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
					change.Remove = append(change.Remove, version)
				}
			}
			for _, version := range change.Remove {
				delete(live, version)
			}
			for range rapid.IntRange(0, 3).Draw(t, "versions") {
				nextVersion++
				year := rapid.IntRange(1950, 1953).Draw(t, "year")
				for ordinal := range rapid.IntRange(1, 4).Draw(t, "chunks") {
					nextChunk++
					terms := Terms{Title: text.Draw(t, "title")[:1], Text: text.Draw(t, "text")}
					e := Entry{ChunkID: nextChunk, VersionID: nextVersion, Document: fmt.Sprintf("d%d", nextVersion%5),
						Type: "advies", Year: year, Ordinal: ordinal, Terms: terms.Encode(vocab.id)}
					change.Add = append(change.Add, e)
					live[nextVersion] = append(live[nextVersion], plainDocument(analyzer, e, terms))
				}
			}
			change.Words = vocab.words()
			if err := x.Apply(change); err != nil {
				t.Fatal(err)
			}
		}
		var docs []plainDoc
		for _, d := range live {
			docs = append(docs, d...)
		}
		s := x.current.Load()
		if got := x.Stats(); got.Chunks != len(docs) || got.Versions != len(live) {
			t.Fatalf("index has %d chunks of %d versions, want %d of %d", got.Chunks, got.Versions, len(docs), len(live))
		}
		filter := rapid.SampledFrom([]corpus.Filter{{}, {Documents: []string{"d1", "d2"}}, {YearFrom: 1951, YearTo: 1952}, {Types: []string{"rapport"}}}).Draw(t, "filter")
		query := map[string]float64{}
		var terms []weighted
		for _, w := range text.Draw(t, "query") {
			weight := rapid.SampledFrom([]float64{0.5, 1, 2}).Draw(t, "weight")
			term, ok := s.vocab.termIDs.get(testAnalyzer(t).stem(w))
			if !ok || isStop(w) || query[testAnalyzer(t).stem(w)] != 0 {
				continue
			}
			query[testAnalyzer(t).stem(w)] = weight
			terms = append(terms, weighted{term, float32(weight)})
		}
		want := plainBM25(docs, query, func(d plainDoc) bool { return filter.Allows(d.doc, "advies", d.year) })
		n := rapid.IntRange(1, 20).Draw(t, "n")
		got := s.bm25(terms, s.allowed(filter), n)
		if len(got) != min(n, len(want)) {
			t.Fatalf("%d hits, want %d of %d", len(got), min(n, len(want)), len(want))
		}
		scores := make([]float64, 0, len(want))
		for _, score := range want {
			scores = append(scores, score)
		}
		slices.Sort(scores)
		slices.Reverse(scores)
		for i, h := range got {
			id := s.chunkOf(h).id
			if math.Abs(want[id]-float64(h.score)) > 1e-4*(1+want[id]) {
				t.Fatalf("chunk %d scores %v, want %v", id, h.score, want[id])
			}
			if math.Abs(scores[i]-float64(h.score)) > 1e-4*(1+scores[i]) {
				t.Fatalf("hit %d scores %v, the %d best is %v", i, h.score, i, scores[i])
			}
		}
	})
}

// Skipping must not change what is found: with many chunks in several segments the
// best few are those of the plain formula.
func TestSkippingKeepsTheBest(t *testing.T) {
	analyzer := testAnalyzer(t)
	x, vocab := NewIndex(analyzer), vocabularyOf{}
	var docs []plainDoc
	rng := uint32(1)
	next := func(n int) int { rng = rng*1664525 + 1013904223; return int(rng>>8) % n }
	for state := range 6 {
		change := Change{State: int64(state)}
		for i := range 500 {
			var terms Terms
			for range 3 + next(30) {
				terms.Text = append(terms.Text, testWords[min(next(len(testWords)), next(len(testWords)))])
			}
			e := Entry{ChunkID: int64(state*500 + i + 1), VersionID: int64(state + 1), Document: "d", Terms: terms.Encode(vocab.id)}
			change.Add = append(change.Add, e)
			docs = append(docs, plainDocument(analyzer, e, terms))
		}
		change.Words = vocab.words()
		if err := x.Apply(change); err != nil {
			t.Fatal(err)
		}
	}
	s := x.current.Load()
	if len(s.segments) < 2 {
		t.Fatalf("%d segments: nothing to skip", len(s.segments))
	}
	query, terms := map[string]float64{}, []weighted(nil)
	for _, w := range []string{"loon", "raad", "arbeid", "markt", "14/04", "ondernemingsraad"} {
		term, _ := s.vocab.termIDs.get(testAnalyzer(t).stem(w))
		query[testAnalyzer(t).stem(w)] = 1
		terms = append(terms, weighted{term, 1})
	}
	want := plainBM25(docs, query, func(plainDoc) bool { return true })
	scores := make([]float64, 0, len(want))
	for _, score := range want {
		scores = append(scores, score)
	}
	slices.Sort(scores)
	slices.Reverse(scores)
	for i, h := range s.bm25(terms, nil, 10) {
		if math.Abs(scores[i]-float64(h.score)) > 1e-4*scores[i] {
			t.Errorf("hit %d scores %v, want %v", i, h.score, scores[i])
		}
	}
}

func TestApplyRefusesBadEntriesWhole(t *testing.T) {
	x, vocab := NewIndex(testAnalyzer(t)), vocabularyOf{}
	good := Entry{ChunkID: 1, VersionID: 1, Document: "d", Terms: Terms{Text: []string{"raad"}}.Encode(vocab.id)}
	if err := x.Apply(Change{State: 1, Add: []Entry{good}, Words: vocab.words()}); err != nil {
		t.Fatal(err)
	}
	err := x.Apply(Change{State: 2, Remove: []int64{1}, Add: []Entry{{ChunkID: 2, VersionID: 2, Terms: []byte{9}}}})
	if err == nil {
		t.Fatal("bad bytes were indexed")
	}
	if s := x.Stats(); s.State != 1 || s.Chunks != 1 {
		t.Errorf("after a failed change the index is %+v", s)
	}
	// The same version again changes nothing.
	if err := x.Apply(Change{State: 3, Add: []Entry{good}}); err != nil {
		t.Fatal(err)
	}
	if s := x.Stats(); s.State != 3 || s.Chunks != 1 {
		t.Errorf("after the same version again the index is %+v", s)
	}
}

// Readers go on while versions come and go, and never see half a version.
func TestReadersSeeWholeVersions(t *testing.T) {
	x, vocab := NewIndex(testAnalyzer(t)), vocabularyOf{}
	version := func(v int64) []Entry {
		var out []Entry
		for i := range 4 {
			out = append(out, Entry{ChunkID: v*10 + int64(i), VersionID: v, Document: "d", Ordinal: i,
				Terms: Terms{Text: []string{"raad", "advies"}}.Encode(vocab.id)})
		}
		return out
	}
	if err := x.Apply(Change{State: 1, Add: version(1), Words: func() map[int32]string { version(1); return vocab.words() }()}); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				s := x.current.Load()
				q := s.analyse(Query{Text: "raad"}, steps{})
				hits := s.bm25(q.terms, nil, 100)
				seen := map[int64]bool{}
				for _, h := range hits {
					seen[s.chunkOf(h).id/10] = true
				}
				if len(hits) != 4 || len(seen) != 1 {
					t.Errorf("a reader sees %d chunks of %d versions", len(hits), len(seen))
					return
				}
			}
		})
	}
	for v := int64(2); v < 200; v++ {
		if err := x.Apply(Change{State: v, Add: version(v), Remove: []int64{v - 1}}); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	readers.Wait()
	if s := x.Stats(); s.Segments > mergeAt+2 {
		t.Errorf("%d segments are left after churn", s.Segments)
	}
}

// However many small changes come, there are few segments and a chunk is written anew a
// few times only.
func TestSegmentsAreJoinedByTheirSize(t *testing.T) {
	x, vocab := NewIndex(NewAnalyzer(nil)), vocabularyOf{}
	const versions, chunks = 700, 3
	written := 0
	for v := range int64(versions) {
		change := Change{State: v + 1}
		for i := range int64(chunks) {
			change.Add = append(change.Add, Entry{ChunkID: v*chunks + i + 1, VersionID: v + 1, Document: fmt.Sprint("d", v), Terms: Terms{Text: []string{"raad", fmt.Sprint("w", v%50)}}.Encode(vocab.id)})
		}
		change.Words = vocab.words()
		before := x.current.Load().segments
		if err := x.Apply(change); err != nil {
			t.Fatal(err)
		}
		segments := x.current.Load().segments
		for _, s := range segments {
			if !slices.Contains(before, s) {
				written += len(s.chunks)
			}
		}
		kinds := sizeKind(versions*chunks) + 1
		if n := len(segments); n > kinds*mergeAt {
			t.Fatalf("%d segments after %d versions", n, v+1)
		}
	}
	if most := versions * chunks * (sizeKind(versions*chunks) + 1); written > most {
		t.Errorf("%d chunks were written, at most %d are expected", written, most)
	}
	if got := x.Stats().Chunks; got != versions*chunks {
		t.Errorf("%d chunks, want %d", got, versions*chunks)
	}
}
