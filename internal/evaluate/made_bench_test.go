package evaluate

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// madeStore is made documents as a retrieval.Store, without a database.
type madeStore struct{ made *MadeCorpus }

func (madeStore) State(context.Context) (int64, error) { return 1, nil }

func (madeStore) Changes(context.Context, int64, int) ([]retrieval.VersionChange, error) {
	return nil, nil
}

func (s madeStore) Entries(_ context.Context, _ []int64, do func(retrieval.Entry) error) error {
	for d := range s.made.Documents() {
		doc := s.made.Document(d, 1)
		id := s.made.FirstChunk(d)
		for _, p := range doc.Pages {
			for _, c := range p.Chunks {
				e := retrieval.Entry{ChunkID: id, VersionID: int64(d + 1), Document: s.made.Slug(d), Type: doc.Type, Year: doc.Year, Terms: c.Terms}
				if err := do(e); err != nil {
					return err
				}
				id++
			}
		}
	}
	return nil
}

func (s madeStore) Words(_ context.Context, _ []int32, do func(int32, string) error) error {
	for i, w := range s.made.Words() {
		if err := do(int32(i+1), w); err != nil {
			return err
		}
	}
	return nil
}

func (madeStore) Passages(context.Context, []int64) ([]corpus.Passage, error) { return nil, nil }

func (madeStore) Listen(ctx context.Context, _ func()) error { <-ctx.Done(); return ctx.Err() }

// BenchmarkRank ranks a made corpus by words alone: VRAAGBAAK_BENCH_CHUNKS chunks, or
// 20,000. The words are those of the machine's dictionary where there is one.
func BenchmarkRank(b *testing.B) {
	chunks := 20_000
	if n, err := strconv.Atoi(os.Getenv("VRAAGBAAK_BENCH_CHUNKS")); err == nil {
		chunks = n
	}
	const dictionary = "/usr/share/dict/dutch"
	text, err := os.ReadFile(dictionary)
	if err != nil {
		b.Logf("no dictionary: %v", err)
	}
	made, err := NewMadeCorpus(strings.NewReader(string(text)), chunks, 8, 1)
	if err != nil {
		b.Fatal(err)
	}
	compounds := dutch.NewCompounds()
	if err := compounds.Read(strings.NewReader(string(text))); err != nil {
		b.Fatal(err)
	}
	service, err := retrieval.NewService(retrieval.Config{Store: madeStore{made}, Analyzer: retrieval.NewAnalyzer(compounds)})
	if err != nil {
		b.Fatal(err)
	}
	if err := service.Load(b.Context()); err != nil {
		b.Fatal(err)
	}
	questions := made.Questions(500, 1)
	b.Run(fmt.Sprint(chunks), func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := service.Rank(b.Context(), retrieval.Query{Text: questions[i%len(questions)], Limit: 10}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
