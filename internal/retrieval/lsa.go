package retrieval

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"github.com/x448/float16"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"
)

// LSA is latent semantic analysis (Deerwester et al. 1990): a linear map from
// weighted terms to a few hundred dimensions, trained on the corpus itself, so
// that texts about the same thing in other words come near each other without
// any model from elsewhere. It is safe for concurrent use.
type LSA struct {
	analyse func(text string) map[string]float32
	row     map[string]int32 // term → row of basis
	idf     []float32
	dims    int
	basis   []float32 // len(idf) × dims, row-major: the right singular vectors
	digest  string
}

// LSAOptions bounds the training. The zero value means the defaults.
type LSAOptions struct {
	Dimensions int    // at most; default 256 (see defaultDimensions). Small corpora get a quarter of their texts.
	MaxTerms   int    // vocabulary kept, most frequent first; default 60,000
	MaxTexts   int    // texts trained on, a uniform sample; default 100,000
	Iterations int    // power iterations; default 3
	Seed       uint64 // of the random start; the same seed and texts give the same model
}

// defaultDimensions is as many as ranking gains from: nDCG@10 on questions about Dutch
// government, the same in everyday words, and titles of laws is .7165, .5136 and .5373
// with 256 dimensions and .7179, .5124 and .5400 with 512, which take twice the
// memory and the time to search (`eval retrieval --lsa-dimensions`).
const defaultDimensions = 256

func (o LSAOptions) withDefaults() LSAOptions {
	o.Dimensions = cmp.Or(o.Dimensions, defaultDimensions)
	o.MaxTerms = cmp.Or(o.MaxTerms, 60_000)
	o.MaxTexts = cmp.Or(o.MaxTexts, 100_000)
	o.Iterations = cmp.Or(o.Iterations, 3)
	return o
}

// ErrTooFewTexts is returned when there is too little text to train on.
var ErrTooFewTexts = errors.New("too few texts to train on")

// minTexts is the smallest corpus for which a subspace says more than the terms
// themselves.
const minTexts = 8

// sparse is one text as the training sees it: rows of the basis and unit-length
// weights.
type sparse struct {
	rows    []int32
	weights []float32
}

// LSATrainer collects the terms of texts and trains an LSA on them.
type LSATrainer struct {
	opts  LSAOptions
	rng   *rand.Rand
	seen  int
	texts []map[string]float32
}

// NewLSATrainer returns a trainer without texts.
func NewLSATrainer(opts LSAOptions) *LSATrainer {
	opts = opts.withDefaults()
	return &LSATrainer{opts: opts, rng: rand.New(rand.NewPCG(opts.Seed, 0x5eed))}
}

// Add gives the trainer one text as term counts, which it keeps. Beyond
// MaxTexts it keeps a uniform sample (reservoir sampling, Vitter 1985).
func (t *LSATrainer) Add(terms map[string]float32) {
	t.seen++
	if len(t.texts) < t.opts.MaxTexts {
		t.texts = append(t.texts, terms)
		return
	}
	if i := t.rng.IntN(t.seen); i < len(t.texts) {
		t.texts[i] = terms
	}
}

// Seen is the number of texts added.
func (t *LSATrainer) Seen() int { return t.seen }

// Train computes the model by randomised subspace iteration (Halko, Martinsson
// and Tropp 2011) on the Gram matrix of the terms, so that memory grows with the
// vocabulary and not with the corpus. analyse must be the function that made the
// terms given to Add. It returns ErrTooFewTexts for tiny corpora.
func (t *LSATrainer) Train(ctx context.Context, analyse func(string) map[string]float32) (*LSA, error) {
	if len(t.texts) < minTexts {
		return nil, fmt.Errorf("train lsa on %d texts: %w", len(t.texts), ErrTooFewTexts)
	}
	m := &LSA{analyse: analyse}
	m.row, m.idf = lsaTerms(t.texts, t.opts.MaxTerms)
	texts := make([]sparse, 0, len(t.texts))
	for _, terms := range t.texts {
		if s := m.weigh(terms); len(s.rows) > 0 {
			texts = append(texts, s)
		}
	}
	m.dims = min(t.opts.Dimensions, max(minTexts, len(texts)/4), len(m.idf))
	if len(texts) < minTexts || m.dims < 2 {
		return nil, fmt.Errorf("train lsa on %d texts with %d terms: %w", len(texts), len(m.idf), ErrTooFewTexts)
	}
	// A few more columns than wanted make the last wanted ones accurate.
	width := min(m.dims+16, len(m.idf), len(texts))
	m.dims = min(m.dims, width)
	q := make([]float32, len(m.idf)*width)
	for i := range q {
		q[i] = float32(t.rng.NormFloat64())
	}
	if err := orthonormalise(q, width); err != nil {
		return nil, fmt.Errorf("train lsa: %w", err)
	}
	for range t.opts.Iterations {
		z, err := gramProduct(ctx, texts, q, width)
		if err != nil {
			return nil, fmt.Errorf("train lsa: %w", err)
		}
		if err := orthonormalise(z, width); err != nil {
			return nil, fmt.Errorf("train lsa: %w", err)
		}
		q = z
	}
	basis, err := ritz(ctx, texts, q, width, m.dims)
	if err != nil {
		return nil, fmt.Errorf("train lsa: %w", err)
	}
	// Rounding now, not at saving, keeps a model the same before and after a restart.
	for i, v := range basis {
		basis[i] = float16.Fromfloat32(v).Float32()
	}
	m.basis = basis
	sum := sha256.New()
	if err := m.write(sum); err != nil {
		return nil, fmt.Errorf("train lsa: %w", err)
	}
	m.digest = hex.EncodeToString(sum.Sum(nil))
	return m, nil
}

// lsaTerms keeps the terms of at least two texts, the most frequent first, and
// gives each its inverse document frequency.
func lsaTerms(texts []map[string]float32, limit int) (map[string]int32, []float32) {
	df := make(map[string]int)
	for _, terms := range texts {
		for term := range terms {
			df[term]++
		}
	}
	kept := make([]string, 0, len(df))
	for term, n := range df {
		// A term of one text relates it to no other; one of nearly all separates none.
		if n >= 2 && n <= len(texts)*3/4 {
			kept = append(kept, term)
		}
	}
	slices.SortFunc(kept, func(a, b string) int { return cmp.Or(cmp.Compare(df[b], df[a]), cmp.Compare(a, b)) })
	kept = kept[:min(len(kept), limit)]
	row, idf := make(map[string]int32, len(kept)), make([]float32, len(kept))
	for i, term := range kept {
		row[term] = int32(i)
		idf[i] = float32(math.Log(float64(len(texts)+1) / (float64(df[term]) + 0.5)))
	}
	return row, idf
}

// weigh turns term counts into the unit vector the model works on: saturating
// counts (as BM25's, k1 1.2) times idf.
func (m *LSA) weigh(terms map[string]float32) sparse {
	type entry struct {
		row    int32
		weight float32
	}
	entries := make([]entry, 0, len(terms))
	var norm float64
	for term, n := range terms {
		if r, ok := m.row[term]; ok && n > 0 {
			w := n * 2.2 / (n + 1.2) * m.idf[r]
			entries = append(entries, entry{r, w})
			norm += float64(w) * float64(w)
		}
	}
	// Map order must not reach floating-point sums: the same text gives the same vector.
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.row, b.row) })
	scale := float32(1)
	if norm > 0 {
		scale = float32(1 / math.Sqrt(norm))
	}
	s := sparse{rows: make([]int32, len(entries)), weights: make([]float32, len(entries))}
	for i, e := range entries {
		s.rows[i], s.weights[i] = e.row, e.weight*scale
	}
	return s
}

// gramProduct is AᵀA·q for the texts as the rows of A.
func gramProduct(ctx context.Context, texts []sparse, q []float32, width int) ([]float32, error) {
	workers := min(runtime.GOMAXPROCS(0), 4)
	parts := make([][]float32, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			z, t := make([]float32, len(q)), make([]float32, width)
			// A fixed share per worker keeps the order of additions, and so the model, reproducible.
			for i := len(texts) * w / workers; i < len(texts)*(w+1)/workers; i++ {
				if i&1023 == 0 && ctx.Err() != nil {
					return
				}
				project(t, texts[i], q, width)
				for j, r := range texts[i].rows {
					axpy(texts[i].weights[j], t, z[int(r)*width:][:width])
				}
			}
			parts[w] = z
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, p := range parts[1:] {
		axpy(1, p, parts[0])
	}
	return parts[0], nil
}

// project sets t to the text's coordinates in the columns of q.
func project(t []float32, s sparse, q []float32, width int) {
	clear(t)
	for i, r := range s.rows {
		axpy(s.weights[i], q[int(r)*width:][:width], t)
	}
}

func axpy(a float32, x, y []float32) {
	blas32.Axpy(a, blas32.Vector{N: len(x), Inc: 1, Data: x}, blas32.Vector{N: len(y), Inc: 1, Data: y})
}

// orthonormalise makes the columns of z orthonormal by the eigenvectors of zᵀz;
// it runs twice because one pass loses half the digits of float32.
func orthonormalise(z []float32, width int) error {
	for range 2 {
		vectors, values, err := eigen(gram(z, width), width)
		if err != nil {
			return err
		}
		for j, v := range values {
			scale := 0.0
			if v > values[0]*1e-7 {
				scale = 1 / math.Sqrt(v)
			}
			for i := range width {
				vectors[i*width+j] *= float32(scale)
			}
		}
		copy(z, multiply(z, width, vectors, width))
	}
	return nil
}

// ritz rotates the subspace q to its singular directions, largest first, and
// keeps the first dims.
func ritz(ctx context.Context, texts []sparse, q []float32, width, dims int) ([]float32, error) {
	z, err := gramProduct(ctx, texts, q, width)
	if err != nil {
		return nil, err
	}
	h := blas32.General{Rows: width, Cols: width, Stride: width, Data: make([]float32, width*width)}
	blas32.Gemm(blas.Trans, blas.NoTrans, 1, general(q, width), general(z, width), 0, h)
	vectors, _, err := eigen(h.Data, width)
	if err != nil {
		return nil, err
	}
	first := make([]float32, width*dims)
	for i := range width {
		copy(first[i*dims:][:dims], vectors[i*width:][:dims])
	}
	return multiply(q, width, first, dims), nil
}

func general(a []float32, cols int) blas32.General {
	return blas32.General{Rows: len(a) / cols, Cols: cols, Stride: cols, Data: a}
}

func gram(a []float32, cols int) []float32 {
	out := make([]float32, cols*cols)
	blas32.Gemm(blas.Trans, blas.NoTrans, 1, general(a, cols), general(a, cols), 0, general(out, cols))
	return out
}

func multiply(a []float32, inner int, b []float32, cols int) []float32 {
	out := make([]float32, len(a)/inner*cols)
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, general(a, inner), general(b, cols), 0, general(out, cols))
	return out
}

// eigen returns the eigenvectors (columns) and eigenvalues of a symmetric n×n
// matrix, largest first.
func eigen(a []float32, n int) ([]float32, []float64, error) {
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, (float64(a[i*n+j])+float64(a[j*n+i]))/2)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(sym, true) {
		return nil, nil, errors.New("the eigenvalues did not converge")
	}
	values := e.Values(nil)
	var v mat.Dense
	e.VectorsTo(&v)
	out := make([]float32, n*n)
	for i := range n {
		for j := range n {
			out[i*n+j] = float32(v.At(i, n-1-j))
		}
	}
	slices.Reverse(values)
	return out, values, nil
}

// Dimensions is the length of the model's vectors.
func (m *LSA) Dimensions() int { return m.dims }

// Digest names the exact weights: vectors of another digest cannot be compared.
func (m *LSA) Digest() string { return m.digest }

// Embed is the unit vector of an analysed text, or nil when the model knows none
// of its terms.
func (m *LSA) Embed(terms map[string]float32) []float32 {
	s := m.weigh(terms)
	if len(s.rows) == 0 {
		return nil
	}
	v := make([]float32, m.dims)
	project(v, s, m.basis, m.dims)
	if !normalise(v) {
		return nil
	}
	return v
}

// Term is the model's vector of one term scaled by its idf, and whether the
// model knows the term. The caller must not change it.
func (m *LSA) Term(term string) ([]float32, float32, bool) {
	r, ok := m.row[term]
	if !ok {
		return nil, 0, false
	}
	return m.basis[int(r)*m.dims:][:m.dims], m.idf[r], true
}

func normalise(v []float32) bool {
	n := blas32.Nrm2(blas32.Vector{N: len(v), Inc: 1, Data: v})
	if n < 1e-9 {
		return false
	}
	blas32.Scal(1/n, blas32.Vector{N: len(v), Inc: 1, Data: v})
	return true
}

// EmbedDocuments gives each text its unit vector; a text without a known term
// gets nil. With EmbedQuery it is the method set of langchaingo's Embedder.
func (m *LSA) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		yield(i, 1)
		out[i] = m.Embed(m.analyse(text))
	}
	return out, nil
}

// EmbedQuery is the unit vector of a query, or nil when no term is known.
func (m *LSA) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return m.Embed(m.analyse(text)), nil
}

// lsaMagic marks a saved model and its layout.
const lsaMagic = "vraagbaak-lsa-1\n"

// MarshalBinary saves the model: magic, dimensions, then per term its name, idf
// and half-precision vector.
func (m *LSA) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	if err := m.write(&b); err != nil {
		return nil, fmt.Errorf("save lsa: %w", err)
	}
	return b.Bytes(), nil
}

func (m *LSA) write(w io.Writer) error {
	terms := make([]string, len(m.idf))
	for term, r := range m.row {
		terms[r] = term
	}
	buf := append([]byte(lsaMagic), binary.AppendUvarint(nil, uint64(m.dims))...)
	buf = binary.AppendUvarint(buf, uint64(len(terms)))
	for r, term := range terms {
		buf = binary.AppendUvarint(buf, uint64(len(term)))
		buf = append(buf, term...)
		buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(m.idf[r]))
		for _, v := range m.basis[r*m.dims:][:m.dims] {
			buf = binary.LittleEndian.AppendUint16(buf, float16.Fromfloat32(v).Bits())
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		buf = buf[:0]
	}
	return nil
}

// LoadLSA reads a saved model. analyse must be the analysis it was trained with.
func LoadLSA(saved []byte, analyse func(string) map[string]float32) (*LSA, error) {
	sum := sha256.Sum256(saved)
	m := &LSA{analyse: analyse, digest: hex.EncodeToString(sum[:])}
	rest, ok := bytes.CutPrefix(saved, []byte(lsaMagic))
	if !ok {
		return nil, errors.New("load lsa: not a saved model of this version; train it anew")
	}
	short := errors.New("load lsa: the saved model is cut short; train it anew")
	dims, n := binary.Uvarint(rest)
	if n <= 0 || dims < 1 || dims > 4000 {
		return nil, short
	}
	rest = rest[n:]
	terms, n := binary.Uvarint(rest)
	if n <= 0 || terms > uint64(len(rest))/(2*dims) {
		return nil, short
	}
	rest = rest[n:]
	m.dims = int(dims)
	m.row, m.idf = make(map[string]int32, terms), make([]float32, terms)
	m.basis = make([]float32, int(terms)*m.dims)
	for r := range int(terms) {
		length, n := binary.Uvarint(rest)
		if n <= 0 || length > uint64(len(rest)-n) || uint64(len(rest)-n)-length < 4+2*dims {
			return nil, short
		}
		m.row[string(rest[n:n+int(length)])] = int32(r)
		rest = rest[n+int(length):]
		m.idf[r] = math.Float32frombits(binary.LittleEndian.Uint32(rest))
		rest = rest[4:]
		for d := range m.dims {
			m.basis[r*m.dims+d] = float16.Frombits(binary.LittleEndian.Uint16(rest[2*d:])).Float32()
		}
		rest = rest[2*m.dims:]
	}
	if len(rest) > 0 || len(m.row) != len(m.idf) {
		return nil, short
	}
	return m, nil
}
