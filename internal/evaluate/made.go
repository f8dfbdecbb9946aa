package evaluate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// MadeCorpus makes documents that are like real ones in what searching them costs:
// the frequencies and the growth of the vocabulary, the lengths of chunks, subjects
// that documents share, and vectors that lie in clusters. The same seed makes the
// same documents.
//
// Its vectors are about as hard to search as those that are trained on real text, and
// rather harder. Around questions, 256 dimensions of 13,168 passages about Dutch
// government have an intrinsic dimension of 10 (23 for everyday words), of 30,803
// passages of law 19; with 100 candidates an HNSW graph finds 98 to 100% of the ten nearest,
// with 200 99 to 100% (`eval retrieval`). Those of 60,000 made chunks have one of 21, and
// the graph finds 94% and 99% (`bench retrieval`).
type MadeCorpus struct {
	seed    uint64
	size    int      // of the vocabulary
	words   []string // frequent ones first; function words stand before all others
	content int      // index of the first word that is no function word
	subject [][]int32
	numbers map[string]int32 // word → index in words
	model   madeModel
	first   []int64 // by document: the id of its first chunk; one more at the end
}

// MadeDocument is a document of a MadeCorpus in one of its versions.
type MadeDocument struct {
	Number int // from 0
	Title  string
	Type   string
	Year   int
	Pages  []MadePage
}

// MadePage is a page with the chunks on it.
type MadePage struct {
	Text   string
	Chunks []MadeChunk
}

// MadeChunk is a span of a page, as the forward index and the vectors keep it.
type MadeChunk struct {
	Start, End int // code points
	Words      int // of all fields
	Terms      []byte
	Vector     []float32
}

const (
	mostWords = 300_000 // of the vocabulary, which grows with the corpus
	// About two documents share a main subject, however large the corpus is.
	chunksPerSubject, leastSubjects, mostSubjects = 100, 40, 5000
	subjectWords                                  = 500
	chunksPerPage                                 = 3
	// A chunk has 120 words, give or take 20; of running Dutch text about two in
	// five are function words.
	meanWords, deviation   = 120, 20
	functionShare          = 0.42
	subjectShare           = 0.33
	thirdShare             = 0.25
	leastChunks, moreDrawn = 40, 21
)

// functionWords are the most frequent words of Dutch text, which carry no subject.
var functionWords = strings.Fields(`de van het een en in is dat op te zijn met voor die niet aan er om ook als dan maar bij
	wordt door of uit naar worden heeft over tot deze hebben kan zich meer nog al wel geen moet zo onder tussen waarbij
	daarbij hierbij alsmede zowel wordt zou kunnen werd wat welke binnen dit hun zij wij men omdat indien`)

var madeTypes = []string{"advies", "rapport", "verkenning", "briefadvies", "jaarverslag"}

// NewMadeCorpus prepares documents with about this many chunks in all. list is a word
// list, one word a line; without enough words in it, words are made of syllables.
func NewMadeCorpus(list io.Reader, chunks int, dimensions int, seed uint64) (*MadeCorpus, error) {
	// Heaps' law, as for Dutch reports: the vocabulary grows with the square root, or a
	// little faster.
	size := min(mostWords, int(300*math.Pow(float64(chunks), 0.55)))
	m := &MadeCorpus{seed: seed, size: size, numbers: make(map[string]int32, size)}
	if err := m.readWords(list); err != nil {
		return nil, fmt.Errorf("word list: %w", err)
	}
	rng := m.random(1, 0)
	// Every subject has words of its own, most of them shared with a few others.
	zipf := rand.NewZipf(rng, 1.02, 500, uint64(len(m.words)-m.content-1))
	m.subject = make([][]int32, min(max(chunks/chunksPerSubject, leastSubjects), mostSubjects))
	for s := range m.subject {
		m.subject[s] = make([]int32, subjectWords)
		for i := range m.subject[s] {
			m.subject[s][i] = int32(m.content) + int32(zipf.Uint64()) // #nosec G115 -- a vocabulary
		}
	}
	m.model = newMadeModel(m, dimensions, m.random(2, 0))
	m.first = []int64{1}
	for last := int64(1); last <= int64(chunks); {
		last += int64(leastChunks + m.random(3, uint64(len(m.first))).IntN(moreDrawn))
		m.first = append(m.first, min(last, int64(chunks)+1))
	}
	return m, nil
}

func (m *MadeCorpus) random(purpose, n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(m.seed<<8|purpose, n)) // #nosec G404 -- a measurement must repeat
}

// readWords fills the vocabulary: function words, then words of the list and
// compounds of them, shorter ones before longer ones by and large.
func (m *MadeCorpus) readWords(list io.Reader) error {
	add := func(word string) bool {
		if _, ok := m.numbers[word]; ok || len(m.words) >= m.size {
			return false
		}
		m.numbers[word] = int32(len(m.words)) // #nosec G115 -- a vocabulary
		m.words = append(m.words, word)
		return true
	}
	for _, w := range functionWords {
		add(w)
	}
	m.content = len(m.words)
	rng := m.random(0, 0)
	var read []string
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		w := lines.Text()
		if len(w) < 3 || len(w) > 22 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" || dutch.IsStopWord(w, "nl") {
			continue
		}
		read = append(read, w)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	rng.Shuffle(len(read), func(i, j int) { read[i], read[j] = read[j], read[i] })
	read = read[:min(len(read), m.size*4/5)]
	var short []string // parts of compounds
	for len(read) < m.size/100 || len(short) < 1000 {
		if len(short) == 0 && len(read) > 0 {
			for _, w := range read {
				if len(w) >= 4 && len(w) <= 9 {
					short = append(short, w)
				}
			}
			if len(short) >= 1000 {
				break
			}
		}
		w := syllables(rng, 1+rng.IntN(3))
		read, short = append(read, w), append(short, w)
	}
	for len(read) < m.size {
		read = append(read, short[rng.IntN(len(short))]+short[rng.IntN(len(short))])
	}
	order := make(map[string]float64, len(read))
	for _, w := range read {
		order[w] = float64(len(w)) + 8*rng.Float64()
	}
	slices.SortStableFunc(read, func(a, b string) int {
		if order[a] < order[b] {
			return -1
		}
		return 1
	})
	for _, w := range read {
		add(w)
	}
	return nil
}

func syllables(rng *rand.Rand, n int) string {
	onsets := strings.Fields("b br d dr f g gr h k kl l m n p pr r s sch sl st t tr v w z")
	nuclei := strings.Fields("a aa e ee ei i ie o oe oo ou u ui")
	codas := strings.Fields("d g k l m n ng p r s st t")
	var b strings.Builder
	for range n {
		b.WriteString(onsets[rng.IntN(len(onsets))] + nuclei[rng.IntN(len(nuclei))] + codas[rng.IntN(len(codas))])
	}
	return b.String()
}

// Documents is the number of documents, Chunks that of their chunks.
func (m *MadeCorpus) Documents() int { return len(m.first) - 1 }

// Chunks is the number of chunks of all documents.
func (m *MadeCorpus) Chunks() int { return int(m.first[len(m.first)-1]) - 1 }

// FirstChunk is the id of the first chunk of a document's first version.
func (m *MadeCorpus) FirstChunk(document int) int64 { return m.first[document] }

// Words are the vocabulary; a word's number in encoded terms is its index and 1.
func (m *MadeCorpus) Words() []string { return m.words }

// Slug is the id of a document.
func (*MadeCorpus) Slug(document int) string { return fmt.Sprintf("made-%d", document) }

// Document makes a document in a version, counted from 1: each has the same subject
// and other text.
func (m *MadeCorpus) Document(number, version int) MadeDocument {
	rng := m.random(4, uint64(number)) // #nosec G115 -- not negative
	main, second := rng.IntN(len(m.subject)), rng.IntN(len(m.subject))
	d := MadeDocument{Number: number, Type: madeTypes[rng.IntN(len(madeTypes))], Year: 1950 + rng.IntN(77)}
	rng = m.random(5, uint64(number)<<16|uint64(version)) // #nosec G115 -- not negative
	general := rand.NewZipf(rng, 1.07, 30, uint64(len(m.words)-m.content-1))
	function := rand.NewZipf(rng, 1.1, 3, uint64(m.content-1))
	rank := rand.NewZipf(rng, 1.15, 8, subjectWords-1)
	// What a chunk is about differs from its neighbours: its share of the main subject,
	// and a third subject of its own.
	var mainShare float64
	var third int
	draw := func() int32 {
		switch x := rng.Float64(); {
		case x < functionShare:
			return int32(function.Uint64()) // #nosec G115 -- below len(m.words)
		case x < functionShare+subjectShare:
			about := second
			switch y := rng.Float64(); {
			case y < thirdShare:
				about = third
			case y < thirdShare+mainShare:
				about = main
			}
			return m.subject[about][rank.Uint64()]
		default:
			return int32(m.content) + int32(general.Uint64()) // #nosec G115 -- below len(m.words)
		}
	}
	title := make([]int32, 5)
	for i := range title {
		title[i] = m.subject[main][rank.Uint64()]
	}
	d.Title = m.text(title)
	heading := []int32{m.subject[second][0]}
	n := int(m.first[number+1] - m.first[number])
	var page strings.Builder
	var chunks []MadeChunk
	for i := range n {
		mainShare, third = (1-thirdShare)*(0.3+0.6*rng.Float64()), rng.IntN(len(m.subject))
		ids := make([]int32, max(30, int(meanWords+deviation*rng.NormFloat64())))
		for j := range ids {
			ids[j] = draw()
		}
		if page.Len() > 0 {
			page.WriteString("\n\n")
		}
		if i%8 == 0 {
			heading = []int32{m.subject[main][rank.Uint64()], m.subject[second][rank.Uint64()]}
		}
		start := page.Len()
		page.WriteString(m.text(ids))
		all := slices.Concat(title, heading, ids)
		chunks = append(chunks, MadeChunk{
			Start: start, End: page.Len(), Words: len(all), Terms: m.encode(title, heading, ids), Vector: m.model.embed(all),
		})
		if len(chunks) == chunksPerPage || i == n-1 {
			d.Pages = append(d.Pages, MadePage{page.String(), chunks})
			page.Reset()
			chunks = nil
		}
	}
	return d
}

// text writes words as sentences of about fifteen.
func (m *MadeCorpus) text(ids []int32) string {
	var b strings.Builder
	for i, id := range ids {
		w := m.words[id]
		if i%15 != 0 {
			b.WriteString(" " + w)
			continue
		}
		if i > 0 {
			b.WriteString(". ")
		}
		b.WriteString(strings.ToUpper(w[:1]) + w[1:])
	}
	b.WriteByte('.')
	return b.String()
}

// encode is the forward index entry of words given by number.
func (m *MadeCorpus) encode(fields ...[]int32) []byte {
	spelt := func(ids []int32) []string {
		out := make([]string, len(ids))
		for i, id := range ids {
			out[i] = m.words[id]
		}
		return out
	}
	terms := retrieval.Terms{Title: spelt(fields[0]), Heading: spelt(fields[1]), Text: spelt(fields[2])}
	all, next := slices.Concat(fields...), 0
	// Encode asks for the words in order.
	return terms.Encode(func(string) int32 { next++; return all[next-1] + 1 })
}

// Questions makes n questions, each of words of one chunk and of its subject.
func (m *MadeCorpus) Questions(n int, seed uint64) []string {
	rng := m.random(6, seed)
	out := make([]string, n)
	forms := []string{"Wat zegt de raad over %s en %s?", "Hoe staat het met %s bij %s?", "Welke gevolgen heeft %s voor %s?", "Wanneer werd %s voor het eerst %s?"}
	for i := range out {
		d := m.Document(rng.IntN(m.Documents()), 1)
		page := d.Pages[rng.IntN(len(d.Pages))]
		chunk := page.Chunks[rng.IntN(len(page.Chunks))]
		var content []string
		for _, w := range strings.Fields(page.Text[chunk.Start:chunk.End]) {
			w = strings.ToLower(strings.Trim(w, "."))
			if int(m.numbers[w]) >= m.content && !slices.Contains(content, w) {
				content = append(content, w)
			}
		}
		rng.Shuffle(len(content), func(a, b int) { content[a], content[b] = content[b], content[a] })
		content = content[:min(len(content), 3+rng.IntN(3))]
		if len(content) < 2 {
			content = []string{m.words[m.content], m.words[m.content+1]}
		}
		half := len(content) / 2
		out[i] = fmt.Sprintf(forms[rng.IntN(len(forms))], strings.Join(content[:half], " "), strings.Join(content[half:], " "))
	}
	return out
}

// Model embeds the texts of this corpus.
func (m *MadeCorpus) Model() retrieval.Model { return &m.model }

// madeModel gives every word a vector near that of its subject, and a text the
// weighted sum of its words', as LSA does.
type madeModel struct {
	corpus  *MadeCorpus
	dims    int
	centres [][]float32 // subjects, themselves in clusters
	of      []uint16    // by word: its subject
	weight  []float32   // by word: 0 for function words
}

const (
	clusters  = 20
	ownShare  = 0.5 // the length of what a word's vector has beside its subject's of length 1
	ownValues = 8   // dimensions in which it lies
)

func newMadeModel(m *MadeCorpus, dims int, rng *rand.Rand) madeModel {
	v := madeModel{corpus: m, dims: dims, of: make([]uint16, len(m.words)), weight: make([]float32, len(m.words))}
	around := func(centre []float32, spread float64) []float32 {
		out := make([]float32, dims)
		for i := range out {
			// Singular values fall: the first dimensions tell most.
			out[i] = float32(spread * rng.NormFloat64() * math.Pow(float64(i+1), -0.3))
			if centre != nil {
				out[i] += centre[i]
			}
		}
		unit(out)
		return out
	}
	var tops [][]float32
	for range clusters {
		tops = append(tops, around(nil, 1))
	}
	for range m.subject {
		v.centres = append(v.centres, around(tops[rng.IntN(clusters)], 0.4))
	}
	for w := range v.of {
		v.of[w] = uint16(rng.IntN(len(m.subject))) // #nosec G115 -- below 65536
		if w >= m.content {
			v.weight[w] = float32(math.Log(2 + float64(w-m.content)/50))
		}
	}
	for s, words := range m.subject {
		for _, w := range words[:100] { // the words that make up most of its text
			v.of[w] = uint16(s) // #nosec G115 -- below 65536
		}
	}
	return v
}

// embed is the unit vector of words given by number, nil when all are function words.
func (v *madeModel) embed(ids []int32) []float32 {
	out := make([]float32, v.dims)
	perSubject := make(map[uint16]float32)
	var some bool
	for _, id := range ids {
		w := v.weight[id]
		if w == 0 {
			continue
		}
		some = true
		perSubject[v.of[id]] += w
		hash := uint64(id+1) * 0x9e3779b97f4a7c15 // #nosec G115 -- not negative
		for range ownValues {
			hash ^= hash >> 29
			hash *= 0xbf58476d1ce4e5b9
			value := float32(ownShare / math.Sqrt(ownValues))
			if hash&1 == 1 {
				value = -value
			}
			out[(hash>>33)%uint64(v.dims)] += w * value // #nosec G115 -- positive
		}
	}
	if !some {
		return nil
	}
	subjects := make([]int, 0, len(perSubject))
	for s := range perSubject {
		subjects = append(subjects, int(s))
	}
	sort.Ints(subjects) // the same text must give the same vector
	for _, s := range subjects {
		// What several words agree on counts for more than what one happens to say.
		w := perSubject[uint16(s)] // #nosec G115 -- it was one
		for i, x := range v.centres[s] {
			out[i] += w * x
		}
	}
	unit(out)
	return out
}

func unit(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	scale := float32(1 / math.Sqrt(max(sum, 1e-20)))
	for i := range v {
		v[i] *= scale
	}
}

func (v *madeModel) Name() string    { return "made" }
func (v *madeModel) Dimensions() int { return v.dims }
func (v *madeModel) Digest() string  { return fmt.Sprintf("made-%d-%d", v.corpus.seed, v.dims) }

// EmbedQuery implements retrieval.Embedder.
func (v *madeModel) EmbedQuery(_ context.Context, text string) ([]float32, error) {
	var ids []int32
	for _, t := range dutch.Tokens(text) {
		if id, ok := v.corpus.numbers[t.Text]; ok {
			ids = append(ids, id)
		}
	}
	return v.embed(ids), nil
}

// EmbedDocuments implements retrieval.Embedder.
func (v *madeModel) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		runtime.Gosched() // searches go on meanwhile, as they do beside the product's own model
		var err error
		if out[i], err = v.EmbedQuery(ctx, text); err != nil {
			return nil, err
		}
	}
	return out, nil
}
