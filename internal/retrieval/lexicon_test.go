package retrieval

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Words whose ids come in any order are all looked at, and a view that was made before
// stays as it is.
func TestWordsThatComeLate(t *testing.T) {
	t.Parallel()
	const words, batch = 12_000, 500
	rng := rand.New(rand.NewPCG(1, 2))
	ids := make([]wordID, words)
	for i := range ids {
		ids[i] = wordID(i + 1)
	}
	// Out of order among neighbours, as the ids of several writers are.
	for i := range ids {
		j := min(len(ids)-1, i+rng.IntN(2*batch))
		ids[i], ids[j] = ids[j], ids[i]
	}
	text := func(id wordID) string { return fmt.Sprintf("woord%d", id) }
	v := newLexicon(NewAnalyzer(nil))
	views := []*lexicon{v}
	lists := 0
	for part := range slices.Chunk(ids, batch) {
		fresh := make(map[wordID]string)
		for _, id := range part {
			fresh[id] = text(id)
		}
		next := v.with(fresh)
		if next.lists.upTo != v.lists.upTo {
			lists++
		}
		v = next
		views = append(views, v)
	}
	late := 0
	for n, v := range views {
		known := make(map[wordID]bool)
		for _, id := range ids[:min(n*batch, words)] {
			known[id] = true
		}
		late = max(late, len(v.lists.late))
		for id := wordID(1); int(id) < len(v.words); id++ {
			w := v.words[id]
			if (w.text != "") != known[id] {
				t.Fatalf("view %d: word %d is %q, known %v", n, id, w.text, known[id])
			}
			if known[id] && id < v.lists.upTo && !slices.Contains(v.lists.ofTerm(w.term), id) && !slices.Contains(v.lists.late, id) {
				t.Fatalf("view %d: word %d is in no list", n, id)
			}
		}
	}
	if late == 0 || lists == 0 || lists > 10 {
		t.Errorf("%d words came late, the lists were made %d times", late, lists)
	}
}
