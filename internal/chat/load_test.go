package chat_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// instant answers at once, so that only the way of a turn is measured.
type instant struct{}

func (instant) Answer(_ context.Context, _ answer.Request, emit func(answer.Event) error) (corpus.Answer, error) {
	a := corpus.Answer{Status: corpus.Answered, Completeness: corpus.Complete, Text: "Ja. [1]",
		Citations: []corpus.Citation{{N: 1, Quote: "Ja.", End: 3}}, Sentences: []corpus.Sentence{{Text: "Ja.", Citations: []int{1}}}}
	for _, e := range []answer.Event{
		answer.Progress{Stage: answer.StageSearching}, answer.Progress{Stage: answer.StageReading}, answer.Progress{Stage: answer.StageWriting},
		a.Citations[0], answer.IndexedSentence{Sentence: a.Sentences[0]},
	} {
		if err := emit(e); err != nil {
			return a, err
		}
	}
	return a, nil
}

func load(t testing.TB, turns int) chat.LoadResult {
	t.Helper()
	db := postgrestest.New(t)
	s := chat.New(chat.Config{Store: db.Chat(), Answerer: instant{}})
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.Close(ctx)
	}()
	r, err := chat.Load{
		Service: s, Conversations: 20, Turns: turns,
		Questions: []string{"Wat is de SER?", "Hoeveel leden heeft de SER?"},
		Bare:      func(ctx context.Context) error { _, err := db.Pool().Exec(ctx, `SELECT 1`); return err },
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// BenchmarkFirstSentence measures what accepting, numbering, storing and following
// add to an answer: 20 conversations at once, beside the bare SQL round trip. With
// the real answerer and the demo corpus: vraagbaak bench chat.
func BenchmarkFirstSentence(b *testing.B) {
	r := load(b, max(b.N, 200))
	b.ReportMetric(r.P95, "p95-ms")
	b.ReportMetric(r.BareP95, "sql-p95-ms")
	b.ReportMetric(r.Ratio, "ratio")
	b.ReportMetric(r.PerSecond, "turns/s")
}

func TestLoad(t *testing.T) {
	r := load(t, 40)
	if r.Turns != 40 || r.WithSentence != 40 || r.P95 < r.P50 || r.Max < r.P95 || r.WholeP95 <= 0 || r.BareP95 <= 0 || r.Ratio <= 0 {
		t.Errorf("%+v", r)
	}
	if _, err := (chat.Load{}).Run(t.Context()); err == nil {
		t.Error("an empty load ran")
	}
}
