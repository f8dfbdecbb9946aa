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
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

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
	var sum RetrievalScores
	for _, q := range set.Queries {
		ranked, err := ranker.Rank(ctx, retrieval.Query{Text: q.Text, Limit: rankedPassages})
		if err != nil {
			return RetrievalScores{}, fmt.Errorf("query %s: %w", q.ID, err)
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
		sum.NDCG10 += s.NDCG10
		sum.Recall10 += s.Recall10
		sum.Recall100 += s.Recall100
		sum.MRR10 += s.MRR10
	}
	n := float64(len(set.Queries))
	return RetrievalScores{sum.NDCG10 / n, sum.Recall10 / n, sum.Recall100 / n, sum.MRR10 / n}, nil
}

// RetrievalCorpus is a place of its own in the database for the passages of a set,
// with the tables and indexes that the product searches.
type RetrievalCorpus interface {
	// Load stores passages as the chunks of their documents and returns their chunk
	// ids, in order.
	Load(ctx context.Context, passages []Passage, index func(title string, heading []string, text string) retrieval.Terms) ([]int64, error)
	// TextSearch ranks chunks by PostgreSQL's own full text search.
	TextSearch(ctx context.Context, query string, limit int) ([]retrieval.Ranked, error)
	retrieval.Store
	retrieval.VectorStore
}

// RetrievalRun is what RunRetrieval needs. Set, Corpus and Analyzer are required.
type RetrievalRun struct {
	Set      RetrievalSet
	Corpus   RetrievalCorpus
	Analyzer *retrieval.Analyzer
	Model    retrieval.Model // nil: vectors trained on the set's corpus
	Logger   *slog.Logger
	// Compare measures other rankings beside the product's own: PostgreSQL's full text
	// search, BM25 alone, and without vectors.
	Compare bool
	// Ablate measures the ranking without each of its signals.
	Ablate bool
}

// RetrievalRow is one ranking's scores.
type RetrievalRow struct {
	Ranking string `json:"ranking"`
	RetrievalScores
}

// RetrievalResult is what `eval retrieval` prints: the product's scores, and those of
// the rankings it was compared with.
type RetrievalResult struct {
	RetrievalScores
	Queries  int            `json:"queries"`
	Passages int            `json:"passages"`
	Rankings []RetrievalRow `json:"rankings,omitempty"`
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
	vectors := retrieval.NewVectors(retrieval.VectorsConfig{Store: run.Corpus, Model: run.Model, Analyse: run.Analyzer.Terms, Logger: log})
	if err := vectors.EmbedPending(ctx); err != nil {
		return fail(err)
	}
	measure := func(name string, without ...string) (RetrievalScores, error) {
		service, err := retrieval.NewService(retrieval.Config{Store: run.Corpus, Analyzer: run.Analyzer, Neighbours: vectors, Logger: log, Without: without})
		if err != nil {
			return RetrievalScores{}, err
		}
		if err := service.Load(ctx); err != nil {
			return RetrievalScores{}, err
		}
		scores, err := run.Set.Rank(ctx, service, docs)
		log.Info("ranking measured", "ranking", name, "ndcg@10", math.Round(scores.NDCG10*1e4)/1e4)
		return scores, err
	}
	if result.RetrievalScores, err = measure("ours"); err != nil {
		return fail(err)
	}
	add := func(name string, scores RetrievalScores) {
		result.Rankings = append(result.Rankings, RetrievalRow{name, scores})
	}
	if run.Compare {
		scores, err := run.Set.Rank(ctx, textSearch{run.Corpus}, docs)
		if err != nil {
			return fail(err)
		}
		add("postgresql ts_rank", scores)
		all := retrieval.Signals()
		for _, other := range []struct {
			name    string
			without []string
		}{
			{"bm25", slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == retrieval.LexicalSignal })},
			{"bm25 and vectors", slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == retrieval.LexicalSignal || s == retrieval.VectorSignal })},
			{"ours without vectors", []string{retrieval.VectorSignal}},
		} {
			scores, err := measure(other.name, other.without...)
			if err != nil {
				return fail(err)
			}
			add(other.name, scores)
		}
		add("ours", result.RetrievalScores)
	}
	if run.Ablate {
		for _, signal := range retrieval.Signals() {
			scores, err := measure("without "+signal, signal)
			if err != nil {
				return fail(err)
			}
			add("without "+signal, scores)
		}
	}
	return result, nil
}

// textSearch is PostgreSQL's full text search as a Ranker.
type textSearch struct{ corpus RetrievalCorpus }

func (t textSearch) Rank(ctx context.Context, q retrieval.Query) ([]retrieval.Ranked, error) {
	return t.corpus.TextSearch(ctx, q.Text, q.Limit)
}
