package retrieval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func bag(text string) map[string]float32 {
	terms := make(map[string]float32)
	for _, w := range strings.Fields(text) {
		terms[w]++
	}
	return terms
}

// topicTexts are texts of a few topics whose words never mix, so that the
// right neighbours are known.
func topicTexts(n int) []string {
	rng := rand.New(rand.NewPCG(1, 2))
	texts := make([]string, n)
	for i := range texts {
		var b strings.Builder
		for range 12 {
			fmt.Fprintf(&b, "t%dw%d ", i%5, rng.IntN(9))
		}
		texts[i] = b.String()
	}
	return texts
}

func trainedLSA(t testing.TB, texts []string, opts LSAOptions) *LSA {
	t.Helper()
	trainer := NewLSATrainer(opts)
	for _, text := range texts {
		trainer.Add(bag(text))
	}
	m, err := trainer.Train(context.Background(), bag)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLSABringsTopicsTogether(t *testing.T) {
	texts := topicTexts(80)
	m := trainedLSA(t, texts, LSAOptions{Dimensions: 5})
	vectors, err := m.EmbedDocuments(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	// Words that never stand together in one text meet through others of their topic.
	query, err := m.EmbedQuery(t.Context(), "t3w0 t3w8 unknownword")
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vectors {
		got := dot(query, v)
		if same := i%5 == 3; same != (got > 0.5) {
			t.Errorf("text %d of topic %d: cosine %.2f with a question on topic 3", i, i%5, got)
		}
	}
}

func dot(a, b []float32) float64 {
	var s float64
	for i := range a {
		s += float64(a[i]) * float64(b[i])
	}
	return s
}

// The trained subspace must be the one an exact decomposition finds.
func TestLSAAgreesWithExactDecomposition(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	texts := make([]string, 120)
	for i := range texts {
		var b strings.Builder
		for range 20 {
			fmt.Fprintf(&b, "w%d ", int(math.Floor(60*rng.Float64()*rng.Float64()))+i%7)
		}
		texts[i] = b.String()
	}
	const k = 10
	m := trainedLSA(t, texts, LSAOptions{Dimensions: k, Iterations: 12})
	a := mat.NewDense(len(texts), len(m.idf), nil)
	for i, text := range texts {
		s := m.weigh(bag(text))
		for j, r := range s.rows {
			a.Set(i, int(r), float64(s.weights[j]))
		}
	}
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		t.Fatal("exact decomposition failed")
	}
	var v mat.Dense
	svd.VTo(&v)
	// The share of each exact direction that lies in the trained subspace.
	for c := range k - 1 {
		var inside float64
		for d := range k {
			var s float64
			for r := range len(m.idf) {
				s += v.At(r, c) * float64(m.basis[r*k+d])
			}
			inside += s * s
		}
		if inside < 0.98 {
			t.Errorf("direction %d: only %.3f of it was found", c, inside)
		}
	}
}

func TestLSASavesAndLoads(t *testing.T) {
	m := trainedLSA(t, topicTexts(60), LSAOptions{})
	again := trainedLSA(t, topicTexts(60), LSAOptions{})
	if m.Digest() != again.Digest() {
		t.Error("the same texts gave another model")
	}
	saved, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadLSA(saved, bag)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Digest() != m.Digest() || loaded.Dimensions() != m.Dimensions() {
		t.Errorf("loaded model is %s/%d, saved was %s/%d", loaded.Digest(), loaded.Dimensions(), m.Digest(), m.Dimensions())
	}
	want, got := m.Embed(bag("t1w1 t1w2")), loaded.Embed(bag("t1w1 t1w2"))
	if !slices.Equal(want, got) {
		t.Error("the loaded model embeds differently")
	}
	for _, cut := range []int{0, 5, len(lsaMagic), len(saved) / 2, len(saved) - 1} {
		if _, err := LoadLSA(saved[:cut], bag); err == nil {
			t.Errorf("a model cut at %d bytes was accepted", cut)
		}
	}
}

func TestLSARefusesTinyCorpora(t *testing.T) {
	trainer := NewLSATrainer(LSAOptions{})
	trainer.Add(bag("een twee"))
	if _, err := trainer.Train(t.Context(), bag); !errors.Is(err, ErrTooFewTexts) {
		t.Errorf("got %v", err)
	}
}

func TestLSAUnknownWordsHaveNoVector(t *testing.T) {
	m := trainedLSA(t, topicTexts(60), LSAOptions{})
	if v := m.Embed(bag("nergens bekend")); v != nil {
		t.Errorf("got a vector of %d", len(v))
	}
}

func FuzzLoadLSA(f *testing.F) {
	m := trainedLSA(f, topicTexts(40), LSAOptions{Dimensions: 4})
	saved, err := m.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(saved)
	f.Add([]byte(lsaMagic + "\x04\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := LoadLSA(data, bag)
		if err == nil && m.Dimensions()*len(m.idf) != len(m.basis) {
			t.Error("accepted a model whose parts do not fit")
		}
	})
}

func BenchmarkLSATrain(b *testing.B) {
	texts := topicTexts(5000)
	for b.Loop() {
		trainedLSA(b, texts, LSAOptions{Dimensions: 128})
	}
}
