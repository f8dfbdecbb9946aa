package retrieval

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// plainRead is what read does, without any table: every word is looked at.
func plainRead(r *ranking, c *candidate) (matches []match, grams []uint8, section bool, length int) {
	grams = make([]uint8, len(r.grams.idf))
	eachWord(r.s.segments[c.segment].stream(c.local), func(position int, id wordID) {
		length++
		section = section || position < int(c.start) && slices.Contains(r.sections, id)
		if int(id) >= len(r.s.vocab.words) {
			return
		}
		w := &r.s.vocab.words[id]
		if w.stop || w.term == 0 {
			return
		}
		if t := r.termOf[w.term]; t != 0 {
			matches = append(matches, match{int32(position), t - 1, false})
		}
		for _, p := range r.s.vocab.partsOf(w) {
			if t := r.termOf[p]; t != 0 {
				matches = append(matches, match{int32(position), t - 1, true})
			}
		}
		for _, g := range r.grams.of(w.text, nil) {
			grams[g]++
		}
	})
	return matches, grams, section, length
}

// Leaving out the words that have nothing to do with the question changes nothing,
// whether they are in the lexicon's lists or came later.
func TestReadSeesEveryWordOfTheQuestion(t *testing.T) {
	analyzer := testAnalyzer(t)
	rapid.Check(t, func(t *rapid.T) {
		x, vocab := NewIndex(analyzer), vocabularyOf{}
		list := slices.Clone(testWords)
		if rapid.Bool().Draw(t, "many words") { // ids of two bytes and more, and lists
			for i := range 6000 {
				list = append(list, fmt.Sprintf("woord%dachtig", i))
				vocab.id(list[len(list)-1])
			}
		}
		const unknown = "onbekend"
		list = append(list, unknown, "samenvatting")
		id := func(word string) int32 {
			if word == unknown {
				return math.MaxInt32 // five bytes
			}
			return vocab.id(word)
		}
		words := rapid.SliceOfN(rapid.SampledFrom(list), 1, 40)
		for state := range rapid.IntRange(1, 4).Draw(t, "changes") {
			terms := Terms{Title: words.Draw(t, "title")[:1], Heading: words.Draw(t, "heading"), Text: words.Draw(t, "text")}
			if rapid.Bool().Draw(t, "new word") {
				terms.Text = append(terms.Text, fmt.Sprintf("arbeidsraad%d", state))
			}
			e := Entry{ChunkID: int64(state + 1), VersionID: int64(state + 1), Document: "d", Terms: terms.Encode(id)}
			if err := x.Apply(Change{State: int64(state + 1), Words: vocab.words(), Add: []Entry{e}}); err != nil {
				t.Fatal(err)
			}
		}
		s := x.current.Load()
		service := &Service{signals: allSignals}
		r := service.newRanking(s, Query{Text: strings.Join(words.Draw(t, "question"), " ")})
		for si, seg := range s.segments {
			for d := range seg.chunks {
				r.candidates = append(r.candidates, candidate{hit: hit{segment: si, local: d}})
			}
		}
		checked := false
		r.rank(allSignals, func() {
			checked = true
			for i := range r.candidates {
				c := &r.candidates[i]
				matches, grams, section, length := plainRead(r, c)
				if !slices.Equal(c.matches, matches) || !slices.Equal(c.grams, grams) || c.section != section || c.length != length {
					t.Fatalf("chunk %d: read %v %v %t %d, want %v %v %t %d", c.chunk.id, c.matches, c.grams, c.section, c.length, matches, grams, section, length)
				}
			}
		})
		if !checked {
			t.Fatal("nothing was checked")
		}
		for _, bits := range r.words.maybe {
			if bits != 0 {
				t.Fatal("a table was given back with marks")
			}
		}
	})
}

func TestVarintReadsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Int32Range(1, 1<<31-1).Draw(t, "id")
		if rapid.Bool().Draw(t, "small") {
			want >>= rapid.IntRange(0, 30).Draw(t, "shift")
		}
		b := binary.AppendUvarint(nil, uint64(want)) // #nosec G115 -- not negative
		n := len(b)
		b = append(b, rapid.SliceOfN(rapid.Byte(), streamPadding, streamPadding).Draw(t, "what follows")...)
		if id, length := varint(b); id != want || length != n {
			t.Fatalf("%d in %d bytes was read as %d in %d", want, n, id, length)
		}
	})
}
