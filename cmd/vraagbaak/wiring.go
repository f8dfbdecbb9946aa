package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/evidence"
	"github.com/ser-nl/vraagbaak/internal/llm"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// SearchSettings are the flags of commands that search or embed.
type SearchSettings struct {
	EmbeddingsURL   string        `help:"OpenAI-compatible API for embeddings, ending in /v1; without one, vectors are trained on the corpus." name:"embeddings-url" env:"VRAAGBAAK_EMBEDDINGS_URL" placeholder:"URL"`
	EmbeddingsModel string        `help:"Name of the embedding model." name:"embeddings-model" env:"VRAAGBAAK_EMBEDDINGS_MODEL" placeholder:"NAME"`
	EmbeddingsKey   string        `help:"Key of the embeddings API." name:"embeddings-key" env:"VRAAGBAAK_EMBEDDINGS_KEY" placeholder:"KEY"`
	QueryPrefix     string        `help:"What the model wants before a question." name:"embeddings-query-prefix" env:"VRAAGBAAK_EMBEDDINGS_QUERY_PREFIX" placeholder:"TEXT"`
	DocumentPrefix  string        `help:"What the model wants before a passage." name:"embeddings-document-prefix" env:"VRAAGBAAK_EMBEDDINGS_DOCUMENT_PREFIX" placeholder:"TEXT"`
	RerankURL       string        `help:"API of a reranking model, ending in /v1 (Jina, Cohere, vLLM, llama.cpp), or of text-embeddings-inference; without one, passages keep the order of the search." name:"rerank-url" env:"VRAAGBAAK_RERANK_URL" placeholder:"URL"`
	RerankModel     string        `help:"Name of the reranking model." name:"rerank-model" env:"VRAAGBAAK_RERANK_MODEL" placeholder:"NAME"`
	RerankKey       string        `help:"Key of the reranking API." name:"rerank-key" env:"VRAAGBAAK_RERANK_KEY" placeholder:"KEY"`
	RerankTimeout   time.Duration `help:"How long a search waits for the reranker." name:"rerank-timeout" default:"3s" env:"VRAAGBAAK_RERANK_TIMEOUT" placeholder:"DURATION"`
	Dictionary      string        `help:"Word list for splitting Dutch compounds; the words of the corpus are used besides." default:"/usr/share/dict/dutch" env:"VRAAGBAAK_DICTIONARY" placeholder:"FILE"`
}

// AnswerSettings are the flags of commands that answer.
type AnswerSettings struct {
	SearchSettings
	ModelURL    string `help:"API of a language model that writes the answers, ending in /v1; without one, answers are sentences of the documents." name:"model-url" env:"VRAAGBAAK_MODEL_URL" placeholder:"URL"`
	ModelKind   string `help:"Kind of that API: openai (also Ollama, vLLM, llama.cpp, Mistral) or anthropic." name:"model-kind" default:"openai" enum:"openai,anthropic" env:"VRAAGBAAK_MODEL_KIND"`
	Model       string `help:"Name of the language model." name:"model" env:"VRAAGBAAK_MODEL" placeholder:"NAME"`
	ModelKey    string `help:"Key of the language model's API." name:"model-key" env:"VRAAGBAAK_MODEL_KEY" placeholder:"KEY"`
	ModelWindow int    `help:"Tokens that the model takes in at most, its answer included." name:"model-window" default:"8192" env:"VRAAGBAAK_MODEL_WINDOW" placeholder:"N"`
}

// writer is the configured language model, or nil for extractive answers.
func (s AnswerSettings) writer() (*llm.Chat, error) {
	if s.Model == "" && s.ModelURL == "" {
		return nil, nil
	}
	if s.Model == "" {
		return nil, usagef("--model-url needs the name of a model: add --model")
	}
	chat, err := llm.NewChat(llm.ChatConfig{
		Kind: llm.Kind(s.ModelKind), BaseURL: s.ModelURL, APIKey: s.ModelKey, Model: s.Model, Window: s.ModelWindow,
	})
	if err != nil {
		return nil, usagef("%v", err)
	}
	return chat, nil
}

// engine is the part of the program that finds and answers.
type engine struct {
	db       *database
	analyzer *retrieval.Analyzer
	vectors  *retrieval.Vectors
	search   *retrieval.Service
	answers  *answer.Service
	making   answer.Config // of answers
	writer   *llm.Chat     // nil for extractive answers
	// editorial is what people decided about questions; it knows nothing until it is
	// refreshed, so that measuring looks at the program alone.
	editorial *postgres.Editorial
	stop      func()
}

// open connects to the database and puts an engine on it. Its index is empty
// until load or follow.
func (e *env) open(ctx context.Context, s AnswerSettings, conns int) (*engine, error) {
	analyzer, err := e.newAnalyzer(s.SearchSettings)
	if err != nil {
		return nil, err
	}
	model, err := s.model(ctx)
	if err != nil {
		return nil, err
	}
	writer, err := s.writer()
	if err != nil {
		return nil, err
	}
	reranker, err := s.reranker()
	if err != nil {
		return nil, err
	}
	db, err := e.connect(ctx, conns)
	if err != nil {
		return nil, err
	}
	x := &engine{db: db, analyzer: analyzer, writer: writer, editorial: postgres.NewEditorial(db.DB), stop: func() {}}
	x.vectors = retrieval.NewVectors(retrieval.VectorsConfig{
		Store: postgres.NewVectorStore(db.DB), Model: model, Analyse: analyzer.Terms, Logger: e.log,
	})
	x.search, err = retrieval.NewService(retrieval.Config{
		Store: postgres.NewRetrievalStore(db.DB), Analyzer: analyzer, Neighbours: x.vectors, Reranker: reranker, Logger: e.log,
	})
	if err != nil {
		db.Close(e.log)
		return nil, err
	}
	answers := answer.Config{Retriever: x.search, Catalogue: postgres.NewCatalogue(db.DB), Logger: e.log, Editorial: x.editorial}
	if writer != nil { // a nil *llm.Chat would not be a nil Writer
		answers.Writer = writer
	}
	x.making, x.answers = answers, answer.New(answers)
	return x, nil
}

// model is the configured embedding model, or nil when vectors are trained on the
// corpus.
func (s SearchSettings) model(ctx context.Context) (retrieval.Model, error) {
	if s.EmbeddingsURL == "" {
		return nil, nil
	}
	return llm.NewEmbedder(ctx, llm.EmbedderConfig{
		BaseURL: s.EmbeddingsURL, APIKey: s.EmbeddingsKey, Model: s.EmbeddingsModel,
		QueryPrefix: s.QueryPrefix, DocumentPrefix: s.DocumentPrefix,
	})
}

// reranker is the configured reranking model, or nil for the order of the search.
func (s SearchSettings) reranker() (retrieval.Reranker, error) {
	if s.RerankURL == "" {
		if s.RerankModel != "" {
			return nil, usagef("--rerank-model needs the address of its server: add --rerank-url")
		}
		return nil, nil
	}
	r, err := llm.NewReranker(llm.RerankerConfig{BaseURL: s.RerankURL, APIKey: s.RerankKey, Model: s.RerankModel, Timeout: s.RerankTimeout})
	if err != nil {
		return nil, usagef("%v", err)
	}
	return r, nil
}

// loaded opens an engine and reads the index once, for commands that end by
// themselves.
func (e *env) loaded(ctx context.Context, s AnswerSettings, conns int) (*engine, error) {
	x, err := e.open(ctx, s, conns)
	if err != nil {
		return nil, err
	}
	if err := x.search.Load(ctx); err != nil {
		x.close(e)
		return nil, err
	}
	if err := x.vectors.Refresh(ctx); err != nil {
		e.log.Warn("searching without vectors", "error", err)
	}
	return x, nil
}

// filled is loaded for measuring, which needs documents.
func (e *env) filled(ctx context.Context, s AnswerSettings, conns int) (*engine, error) {
	x, err := e.loaded(ctx, s, conns)
	if err != nil {
		return nil, err
	}
	if x.search.Stats().Chunks == 0 {
		x.close(e)
		return nil, errors.New("there are no documents to answer from: run vraagbaak ingest or serve first")
	}
	if err := x.vectors.Hold(ctx, x.search); err != nil { // as serve does
		e.log.Warn("searching vectors in the database", "error", err)
	}
	return x, nil
}

// follow loads the index in the background and keeps it and the vectors true to
// the database until close.
func (x *engine) follow(ctx context.Context, e *env) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := x.search.Run(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("the index stopped following the corpus", "error", err)
		}
	})
	wg.Go(func() {
		if err := x.vectors.Refresh(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("searching without vectors", "error", err)
		}
		x.vectors.Follow(ctx, x.search)
	})
	wg.Go(func() { x.editorial.Follow(ctx) })
	x.stop = func() { cancel(); wg.Wait() }
}

// caughtUp waits until the index holds what the database held at the call.
func (x *engine) caughtUp(ctx context.Context) error {
	select {
	case <-x.search.Loaded():
	case <-ctx.Done():
		return ctx.Err()
	}
	state, err := postgres.NewRetrievalStore(x.db.DB).State(ctx)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for x.search.Stats().State < state {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// count tells what the language model took since the start.
func (x *engine) count(counter func(name, help string, value func() float64)) {
	if x.writer == nil {
		return
	}
	tell := func(name, help string, of func(prompt, completion int64) int64) {
		counter(name, help, func() float64 { return float64(of(x.writer.Tokens())) })
	}
	tell("vraagbaak_model_prompt_tokens_total", "Tokens that the language model read.", func(prompt, _ int64) int64 { return prompt })
	tell("vraagbaak_model_completion_tokens_total", "Tokens that the language model wrote.", func(_, completion int64) int64 { return completion })
}

// close ends the engine and then its database.
func (x *engine) close(e *env) {
	x.stop()
	x.db.Close(e.log)
}

// newAnalyzer reads the word list. Without one, compounds are split by the words
// of the corpus alone.
func (e *env) newAnalyzer(s SearchSettings) (*retrieval.Analyzer, error) {
	compounds := dutch.NewCompounds()
	list, err := os.Open(s.Dictionary)
	if err != nil {
		e.log.Debug("no word list for splitting compounds", "error", err)
		return retrieval.NewAnalyzer(compounds), nil
	}
	defer func() { _ = list.Close() }() // it was only read
	if err := compounds.Read(list); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Dictionary, err)
	}
	return retrieval.NewAnalyzer(compounds), nil
}

// ingester reads documents into the engine's database with at most workers
// children.
func (x *engine) ingester(e *env, pdf PDFSettings, fetch ingest.FetchOptions, workers int) (*ingest.Ingester, *extract.Extractor, error) {
	store, err := postgres.NewIngestStore(x.db.DB)
	if err != nil {
		return nil, nil, err
	}
	extractor, err := e.extractor(pdf, workers)
	if err != nil {
		return nil, nil, err
	}
	in, err := ingest.New(ingest.Config{
		Store: store, Queue: store, Extractor: extractor, Embedder: x.vectors, Workers: workers, Fetch: fetch, Logger: e.log,
		Index: func(title string, heading []string, text string) ingest.Terms {
			return x.analyzer.Document(title, heading, text)
		},
	})
	if err != nil {
		_ = extractor.Close() // nothing runs yet
		return nil, nil, fmt.Errorf("set up ingesting: %w", err)
	}
	return in, extractor, nil
}

// pictures draws pages in a child of its own, so that neither a long document that
// is being read nor a page that kills its reader keeps visitors waiting.
func (e *env) pictures(library *postgres.Library) (*evidence.Pictures, *extract.Extractor, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("find this program: %w", err)
	}
	drawer, err := extract.New(extract.Options{
		Deadline: pictureDeadline,
		CacheDir: filepath.Join(e.DataDir, "cache"),
		Command:  []string{program, extractChild},
		Logger:   e.log,
		OCR:      extract.OCROptions{Off: true},
	})
	if err != nil {
		return nil, nil, err
	}
	pictures, err := evidence.New(evidence.Config{Library: library, Drawer: drawer, Logger: e.log})
	if err != nil {
		_ = drawer.Close() // nothing runs yet
		return nil, nil, err
	}
	return pictures, drawer, nil
}

// pictureDeadline is for drawing one page: even a full-colour map takes less than
// a tenth of it.
const pictureDeadline = 10 * time.Second

// reading opens an engine with an ingester for a command that ends by itself, and
// closes both after do.
func (e *env) reading(ctx context.Context, s SearchSettings, r ReadSettings, fetch ingest.FetchOptions, do func(*ingest.Ingester) error) error {
	workers := r.workers()
	x, err := e.open(ctx, AnswerSettings{SearchSettings: s}, workers+6)
	if err != nil {
		return err
	}
	defer x.close(e)
	in, extractor, err := x.ingester(e, r.PDFSettings, fetch, workers)
	if err != nil {
		return err
	}
	defer func() { _ = extractor.Close() }() // the children have nothing to lose
	return do(in)
}
