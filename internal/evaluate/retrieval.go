package evaluate

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// Passage is a line of a retrieval set's corpus. Doc is what is judged; a document's
// place is that of its best passage.
type Passage struct {
	ID    string `json:"id"`
	Doc   string `json:"doc"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// SetQuery is a line of a retrieval set's queries.
type SetQuery struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// RetrievalSet is a data folder: a corpus, queries, and which documents answer them.
type RetrievalSet struct {
	Passages []Passage
	Queries  []SetQuery
	// Relevance is the grade of a document for a query, by query and document id;
	// documents without one have grade 0.
	Relevance map[string]map[string]int
}

// OpenRetrievalSet reads queries.jsonl, qrels.tsv and corpus.jsonl or corpus.jsonl.gz of
// a folder. corpus, when not empty, is the corpus file to read instead. Queries
// without a relevant document are left out.
func OpenRetrievalSet(dir, corpus string) (RetrievalSet, error) {
	var set RetrievalSet
	if corpus == "" {
		corpus = filepath.Join(dir, "corpus.jsonl.gz")
		if _, err := os.Stat(corpus); errors.Is(err, fs.ErrNotExist) {
			corpus = filepath.Join(dir, "corpus.jsonl")
		}
	}
	for _, file := range []struct {
		name string
		read func(io.Reader) error
	}{
		{corpus, func(r io.Reader) (err error) { set.Passages, err = ReadPassages(r); return err }},
		{filepath.Join(dir, "qrels.tsv"), func(r io.Reader) (err error) { set.Relevance, err = ReadRelevance(r); return err }},
		{filepath.Join(dir, "queries.jsonl"), func(r io.Reader) error {
			return eachLine(r, func(_ int, q SetQuery) error {
				if len(set.Relevance[q.ID]) > 0 {
					set.Queries = append(set.Queries, q)
				}
				return nil
			})
		}},
	} {
		if err := readSetFile(file.name, file.read); err != nil {
			return RetrievalSet{}, fmt.Errorf("retrieval set: %w", err)
		}
	}
	if len(set.Passages) == 0 || len(set.Queries) == 0 {
		return RetrievalSet{}, fmt.Errorf("retrieval set: %s has %d passages and %d judged queries", dir, len(set.Passages), len(set.Queries))
	}
	return set, nil
}

func readSetFile(name string, read func(io.Reader) error) error {
	f, err := os.Open(name) // #nosec G304 -- the user names the folder
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(filepath.Base(name), "corpus.jsonl") {
			return fmt.Errorf("%w (name the corpus with --corpus when it lies elsewhere)", err)
		}
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	if err := read(f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// ReadPassages reads a corpus, gzipped or not. Passages without text stand by their
// title; those without both are left out.
func ReadPassages(r io.Reader) ([]Passage, error) {
	buffered := bufio.NewReader(r)
	if magic, err := buffered.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, err
		}
		buffered = bufio.NewReader(unzipped)
	}
	var out []Passage
	err := eachLine(buffered, func(_ int, p Passage) error {
		if p.Doc == "" {
			p.Doc = p.ID
		}
		if p.Doc == "" {
			return errors.New("a passage has neither id nor doc")
		}
		if p.Text = cmp.Or(p.Text, p.Title); strings.TrimSpace(p.Text) != "" {
			out = append(out, p)
		}
		return nil
	})
	return out, err
}

// ReadRelevance reads judgements: query, document and grade, separated by tabs, under a
// head line or without one. Grades of 0 and less are left out.
func ReadRelevance(r io.Reader) (map[string]map[string]int, error) {
	out := make(map[string]map[string]int)
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(strings.TrimRight(lines.Text(), "\r"), "\t")
		if len(fields) == 1 && strings.TrimSpace(fields[0]) == "" {
			continue
		}
		if len(fields) == 4 { // TREC's own: query, iteration, document, grade
			fields = []string{fields[0], fields[2], fields[3]}
		}
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %d has %d columns, not query, document and grade", n, len(fields))
		}
		grade, err := strconv.Atoi(strings.TrimSpace(fields[2]))
		if err != nil {
			if n == 1 {
				continue // the head
			}
			return nil, fmt.Errorf("line %d: grade %q is no number", n, fields[2])
		}
		if grade <= 0 {
			continue
		}
		if out[fields[0]] == nil {
			out[fields[0]] = make(map[string]int)
		}
		out[fields[0]][fields[1]] = grade
	}
	return out, lines.Err()
}

// RetrievalScores are means over queries, 0 to 1.
type RetrievalScores struct {
	NDCG10    float64 `json:"ndcg@10"`
	Recall10  float64 `json:"recall@10"`
	Recall100 float64 `json:"recall@100"`
	MRR10     float64 `json:"mrr@10"`
}

// scoreRanking measures one query: docs best first, each once.
//
// nDCG has linear gains and a discount of log2(rank+1), as trec_eval's ndcg_cut.
func scoreRanking(docs []string, relevance map[string]int) RetrievalScores {
	var s RetrievalScores
	found10, found100 := 0, 0
	for i, doc := range docs[:min(len(docs), 100)] {
		grade := relevance[doc]
		if grade <= 0 {
			continue
		}
		found100++
		if i < 10 {
			found10++
			s.NDCG10 += float64(grade) / math.Log2(float64(i+2))
			if s.MRR10 == 0 {
				s.MRR10 = 1 / float64(i+1)
			}
		}
	}
	var ideal []int
	for _, grade := range relevance {
		ideal = append(ideal, grade)
	}
	slices.SortFunc(ideal, func(a, b int) int { return b - a })
	var most float64
	for i, grade := range ideal[:min(len(ideal), 10)] {
		most += float64(grade) / math.Log2(float64(i+2))
	}
	if most > 0 {
		s.NDCG10 /= most
		s.Recall10 = float64(found10) / float64(len(ideal))
		s.Recall100 = float64(found100) / float64(len(ideal))
	}
	return s
}

// Ranker ranks chunks. *retrieval.Service is one.
type Ranker interface {
	Rank(ctx context.Context, q retrieval.Query) ([]retrieval.Ranked, error)
}

// rankedPassages is how deep a ranking is looked at: deep enough for a hundred
// documents of several passages each.
const rankedPassages = 1000

// Rank measures a ranker on the set's queries. docs is the document of each chunk.
func (set RetrievalSet) Rank(ctx context.Context, ranker Ranker, docs map[int64]string) (RetrievalScores, error) {
	scores, _, err := set.rank(ctx, ranker, docs)
	return scores, err
}

// rank is Rank with the nDCG@10 of every query.
func (set RetrievalSet) rank(ctx context.Context, ranker Ranker, docs map[int64]string) (RetrievalScores, []float64, error) {
	var sum RetrievalScores
	gains := make([]float64, len(set.Queries))
	for i, q := range set.Queries {
		ranked, err := ranker.Rank(ctx, retrieval.Query{Text: q.Text, Limit: rankedPassages})
		if err != nil {
			return RetrievalScores{}, nil, fmt.Errorf("query %s: %w", q.ID, err)
		}
		seen := make(map[string]bool)
		var order []string
		for _, r := range ranked {
			if doc := docs[r.ChunkID]; !seen[doc] {
				seen[doc] = true
				order = append(order, doc)
			}
		}
		s := scoreRanking(order, set.Relevance[q.ID])
		gains[i] = s.NDCG10
		sum.NDCG10 += s.NDCG10
		sum.Recall10 += s.Recall10
		sum.Recall100 += s.Recall100
		sum.MRR10 += s.MRR10
	}
	n := float64(len(set.Queries))
	return RetrievalScores{sum.NDCG10 / n, sum.Recall10 / n, sum.Recall100 / n, sum.MRR10 / n}, gains, nil
}

// RetrievalCorpus is a place of its own in the database for the passages of a set,
// with the tables and indexes that the product searches.
type RetrievalCorpus interface {
	// Load stores passages as the chunks of their documents and returns their chunk
	// ids, in order.
	Load(ctx context.Context, passages []Passage, index func(title string, heading []string, text string) retrieval.Terms) ([]int64, error)
	// TextSearch ranks chunks by PostgreSQL's own full text search.
	TextSearch(ctx context.Context, query string, limit int) ([]retrieval.Ranked, error)
	Exact(ctx context.Context, e retrieval.StoredEmbedder, query []float32, f corpus.Filter, n int) ([]retrieval.Near, error) // see NeighbourCorpus
	retrieval.Store
	retrieval.VectorStore
}

// RetrievalRun is what RunRetrieval needs. Set, Corpus and Analyzer are required.
type RetrievalRun struct {
	Set      RetrievalSet
	Corpus   RetrievalCorpus
	Analyzer *retrieval.Analyzer
	Model    retrieval.Model // nil: vectors trained on the set's corpus
	LSA      retrieval.LSAOptions
	Reranker retrieval.Reranker // nil: none
	Logger   *slog.Logger
	// Compare measures other rankings beside the product's own: PostgreSQL's full text
	// search, BM25 alone, and without vectors.
	Compare bool
	// Ablate measures what every step of the analysis and every signal brings: one
	// added after the other to plain BM25, and each left out of the whole.
	Ablate bool
}

// Part says what a row of a result is measured for.
type Part string

// The parts of a result.
const (
	PartCompare Part = "compare" // another way to rank
	PartAdded   Part = "added"   // plain BM25 and all that was added up to here
	PartWithout Part = "without" // the whole without one thing
)

// RetrievalRow is one ranking's scores.
type RetrievalRow struct {
	Ranking string `json:"ranking"`
	Part    Part   `json:"part"`
	RetrievalScores
	// Difference is in nDCG@10: from the row above for PartAdded, from the product's
	// ranking for the others. P is how probable a difference as large, either way,
	// would be if the two rankings were alike (Signed).
	Difference float64 `json:"difference"`
	P          float64 `json:"p"`
}

// RetrievalResult is what `eval retrieval` prints: the product's scores, and those of
// the rankings it was compared with.
type RetrievalResult struct {
	RetrievalScores
	Neighbourhood
	Queries  int            `json:"queries"`
	Passages int            `json:"passages"`
	Rankings []RetrievalRow `json:"rankings,omitempty"`
}

// measured is a ranking's scores with those of every query.
type measured struct {
	RetrievalScores
	gains []float64
}

// row compares a ranking with another.
func (m measured) row(name string, part Part, other measured) RetrievalRow {
	return RetrievalRow{Ranking: name, Part: part, RetrievalScores: m.RetrievalScores,
		Difference: m.NDCG10 - other.NDCG10, P: Signed(m.gains, other.gains)}
}

// signTrials is how many ways to exchange the two rankings of each query are tried.
const signTrials = 10_000

// Signed is the two-sided p-value of the paired randomisation test (Fisher; Smucker,
// Allan and Carterette 2007) for a difference in means of scores per query: the
// share of random exchanges of the two that give as large a difference. It is 1 when
// nothing differs, and the same for the same scores.
func Signed(a, b []float64) float64 {
	var differences []float64
	var sum float64
	for i := range a {
		if d := a[i] - b[i]; d != 0 {
			differences = append(differences, d)
			sum += d
		}
	}
	rng := rand.New(rand.NewPCG(1, uint64(len(differences)))) // #nosec G404 -- a statistic, made the same every time
	as := 1
	for range signTrials {
		var other float64
		for _, d := range differences {
			if rng.Uint64()&1 == 0 {
				d = -d
			}
			other += d
		}
		if math.Abs(other) >= math.Abs(sum)-1e-12 {
			as++
		}
	}
	return float64(as) / (signTrials + 1)
}

// RunRetrieval loads a set and measures how the product ranks it.
func RunRetrieval(ctx context.Context, run RetrievalRun) (RetrievalResult, error) {
	log := run.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	fail := func(err error) (RetrievalResult, error) {
		return RetrievalResult{}, fmt.Errorf("evaluate retrieval: %w", err)
	}
	result := RetrievalResult{Queries: len(run.Set.Queries), Passages: len(run.Set.Passages)}
	ids, err := run.Corpus.Load(ctx, run.Set.Passages, run.Analyzer.Document)
	if err != nil {
		return fail(err)
	}
	docs := make(map[int64]string, len(ids))
	for i, id := range ids {
		docs[id] = run.Set.Passages[i].Doc
	}
	log.Info("passages loaded; making vectors", "passages", len(ids))
	vectors := retrieval.NewVectors(retrieval.VectorsConfig{Store: run.Corpus, Model: run.Model, Analyse: run.Analyzer.Terms, LSA: run.LSA, Logger: log})
	if err := vectors.EmbedPending(ctx); err != nil {
		return fail(err)
	}
	product, err := retrieval.NewService(retrieval.Config{Store: run.Corpus, Analyzer: run.Analyzer, Neighbours: vectors, Reranker: run.Reranker, Logger: log})
	if err != nil {
		return fail(err)
	}
	if err := product.Load(ctx); err != nil {
		return fail(err)
	}
	if err := vectors.Hold(ctx, product); err != nil {
		return fail(err)
	}
	rank := func(name string, ranker Ranker) (m measured, err error) {
		m.RetrievalScores, m.gains, err = run.Set.rank(ctx, ranker, docs)
		log.Info("ranking measured", "ranking", name, "ndcg@10", math.Round(m.NDCG10*1e4)/1e4)
		return m, err
	}
	without := func(name string, names []string) (measured, error) {
		service, err := product.Without(names...)
		if err != nil {
			return measured{}, err
		}
		if !service.Ready() {
			if err := service.Load(ctx); err != nil {
				return measured{}, err
			}
		}
		return rank(name, service)
	}
	ours, err := rank("ours", product)
	if err != nil {
		return fail(err)
	}
	result.RetrievalScores = ours.RetrievalScores
	if result.Neighbourhood, err = run.neighbourhood(ctx, vectors, product); err != nil {
		return fail(err)
	}
	if run.Compare {
		rows, err := compareRankings(run, ours, rank, without)
		if err != nil {
			return fail(err)
		}
		result.Rankings = rows
	}
	if run.Ablate {
		rows, err := ablate(ours, without)
		if err != nil {
			return fail(err)
		}
		result.Rankings = append(result.Rankings, rows...)
	}
	return result, nil
}

// everything is all that can be left out, but these.
func everything(but ...string) []string {
	return slices.DeleteFunc(append(retrieval.Steps(), retrieval.Signals()...), func(name string) bool { return slices.Contains(but, name) })
}

// neighbourhood measures the search by vectors, for the set's first queries.
func (run RetrievalRun) neighbourhood(ctx context.Context, vectors *retrieval.Vectors, product *retrieval.Service) (Neighbourhood, error) {
	present, model := vectors.Present()
	if model == nil {
		return Neighbourhood{}, nil
	}
	var texts []string
	var queries [][]float32
	for _, q := range run.Set.Queries[:min(compared, len(run.Set.Queries))] {
		v, err := model.EmbedQuery(ctx, q.Text)
		if err != nil {
			return Neighbourhood{}, err
		}
		texts, queries = append(texts, q.Text), append(queries, v)
	}
	exact, err := exactNeighbours(ctx, run.Corpus, present, queries)
	if err != nil {
		return Neighbourhood{}, err
	}
	return measureNeighbourhood(ctx, product, texts, exact)
}

// compareRankings measures other ways to rank.
func compareRankings(run RetrievalRun, ours measured, rank func(string, Ranker) (measured, error), without func(string, []string) (measured, error)) ([]RetrievalRow, error) {
	var rows []RetrievalRow
	m, err := rank("postgresql ts_rank", textSearch{run.Corpus})
	if err != nil {
		return nil, err
	}
	rows = append(rows, m.row("postgresql ts_rank", PartCompare, ours))
	analysed := append(retrieval.Steps(), retrieval.LexicalSignal)
	for _, other := range []struct {
		name    string
		without []string
	}{
		{"plain bm25", everything(retrieval.LexicalSignal)},
		{"bm25", everything(analysed...)},
		{"bm25 and vectors", everything(append(analysed, retrieval.VectorSignal)...)},
		{"ours without vectors", []string{retrieval.VectorSignal}},
	} {
		m, err := without(other.name, other.without)
		if err != nil {
			return nil, err
		}
		rows = append(rows, m.row(other.name, PartCompare, ours))
	}
	return append(rows, ours.row("ours", PartCompare, ours)), nil
}

// ablate adds every step and signal in turn to plain BM25, the vectors last, and
// leaves each out of the whole.
func ablate(ours measured, without func(string, []string) (measured, error)) ([]RetrievalRow, error) {
	order := append(retrieval.Steps(), slices.DeleteFunc(retrieval.Signals(), func(s string) bool {
		return s == retrieval.LexicalSignal || s == retrieval.VectorSignal
	})...)
	order = append(order, retrieval.VectorSignal)
	have := []string{retrieval.LexicalSignal}
	before, err := without("plain bm25", everything(have...))
	if err != nil {
		return nil, err
	}
	rows := []RetrievalRow{before.row("plain bm25", PartAdded, before)}
	for _, name := range order {
		have = append(have, name)
		m, err := without("+ "+name, everything(have...))
		if err != nil {
			return nil, err
		}
		rows = append(rows, m.row("+ "+name, PartAdded, before))
		before = m
	}
	for _, name := range append([]string{retrieval.LexicalSignal}, order...) {
		m, err := without("without "+name, []string{name})
		if err != nil {
			return nil, err
		}
		rows = append(rows, m.row("without "+name, PartWithout, ours))
	}
	return rows, nil
}

// textSearch is PostgreSQL's full text search as a Ranker.
type textSearch struct{ corpus RetrievalCorpus }

func (t textSearch) Rank(ctx context.Context, q retrieval.Query) ([]retrieval.Ranked, error) {
	return t.corpus.TextSearch(ctx, q.Text, q.Limit)
}
