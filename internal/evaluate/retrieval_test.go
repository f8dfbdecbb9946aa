package evaluate

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

func TestScoreRanking(t *testing.T) {
	log2 := math.Log2
	tests := []struct {
		name      string
		docs      []string
		relevance map[string]int
		want      RetrievalScores
	}{
		{"first", []string{"a", "b"}, map[string]int{"a": 1}, RetrievalScores{1, 1, 1, 1}},
		{"third", []string{"x", "y", "a"}, map[string]int{"a": 1}, RetrievalScores{1 / log2(4), 1, 1, 1.0 / 3}},
		{"eleventh", strings.Split("b c d e f g h i j k a", " "), map[string]int{"a": 1}, RetrievalScores{0, 0, 1, 0}},
		{"graded", []string{"a", "x", "b"}, map[string]int{"a": 1, "b": 3, "c": 1},
			RetrievalScores{(1 + 3/log2(4)) / (3 + 1/log2(3) + 1/log2(4)), 2.0 / 3, 2.0 / 3, 1}},
		{"nothing found", nil, map[string]int{"a": 1}, RetrievalScores{}},
	}
	for _, tt := range tests {
		got := scoreRanking(tt.docs, tt.relevance)
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestOpenRetrievalSet(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("queries.jsonl", `{"id":"q1","text":"een"}`+"\n"+`{"id":"q2","text":"zonder oordeel"}`+"\n")
	write("qrels.tsv", "query-id\tdoc-id\tscore\nq1\td1\t2\nq1\td2\t0\n")
	if _, err := OpenRetrievalSet(dir, ""); err == nil || !strings.Contains(err.Error(), "--corpus") {
		t.Errorf("a folder without a corpus: %v", err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(`{"id":"d1#0","doc":"d1","title":"T","text":"tekst"}` + "\n" + `{"id":"d2","title":"Alleen een titel","text":""}` + "\n" + `{"id":"d3"}`)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write("corpus.jsonl.gz", zipped.String())
	want := RetrievalSet{
		Passages:  []Passage{{"d1#0", "d1", "T", "tekst"}, {"d2", "d2", "Alleen een titel", "Alleen een titel"}},
		Queries:   []SetQuery{{"q1", "een"}},
		Relevance: map[string]map[string]int{"q1": {"d1": 2}},
	}
	got, err := OpenRetrievalSet(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	write("elsewhere.jsonl", `{"id":"d1","title":"T","text":"tekst"}`)
	if got, err = OpenRetrievalSet(dir, filepath.Join(dir, "elsewhere.jsonl")); err != nil || len(got.Passages) != 1 {
		t.Errorf("a corpus elsewhere: %d passages, %v", len(got.Passages), err)
	}
	write("qrels.tsv", "q1\td1\n")
	if _, err := OpenRetrievalSet(dir, ""); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("judgements of two columns: %v", err)
	}
}

// listRanker ranks every query alike.
type listRanker []int64

func (l listRanker) Rank(context.Context, retrieval.Query) ([]retrieval.Ranked, error) {
	var out []retrieval.Ranked
	for _, id := range l {
		out = append(out, retrieval.Ranked{ChunkID: id})
	}
	return out, nil
}

type brokenRanker struct{}

func (brokenRanker) Rank(context.Context, retrieval.Query) ([]retrieval.Ranked, error) {
	return nil, errors.New("broken")
}

func TestRankCountsDocumentsNotPassages(t *testing.T) {
	set := RetrievalSet{
		Queries:   []SetQuery{{"q1", ""}, {"q2", ""}},
		Relevance: map[string]map[string]int{"q1": {"b": 1}, "q2": {"c": 1}},
	}
	docs := map[int64]string{1: "a", 2: "a", 3: "b", 4: "c"}
	got, err := set.Rank(t.Context(), listRanker{1, 2, 3, 3}, docs)
	if err != nil {
		t.Fatal(err)
	}
	want := RetrievalScores{NDCG10: 1 / math.Log2(3) / 2, Recall10: 0.5, Recall100: 0.5, MRR10: 0.25}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := set.Rank(t.Context(), brokenRanker{}, docs); err == nil || !strings.Contains(err.Error(), "q1") {
		t.Errorf("a ranker that fails: %v", err)
	}
}

func FuzzReadRelevance(f *testing.F) {
	f.Add("query-id\tdoc-id\tscore\nq\td\t1\n")
	f.Add("q 0 d 1\n")
	f.Add("q\t0\td\t-1\r\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadRelevance(strings.NewReader(text))
		if err != nil {
			return
		}
		for q, docs := range got {
			for d, grade := range docs {
				if grade <= 0 {
					t.Fatalf("grade %d of %q for %q", grade, d, q)
				}
			}
		}
	})
}
