package evaluate

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/answer"
)

func readPairs(t *testing.T, name string) []Pair {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	pairs, err := ReadPairs(f)
	if err != nil {
		t.Fatal(err)
	}
	return pairs
}

func TestVerifierOnWrittenAndGeneratedPairs(t *testing.T) {
	for _, name := range []string{"pairs-written.jsonl"} {
		v, err := Verify(context.Background(), readPairs(t, name), answer.Verify)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d pairs, recall of wrong %.4f, precision %.4f, %v", name, v.Pairs, v.RecallWrong, v.PrecisionWrong, v.ByAltered)
		if v.RecallWrong < 0.98 || v.PrecisionWrong < 0.97 {
			t.Errorf("%s: recall of wrong %.4f and precision %.4f, want 0.98 and 0.97", name, v.RecallWrong, v.PrecisionWrong)
		}
		for _, c := range v.Cases {
			if !c.Pass {
				t.Logf("%s: %q against %q: judged supported %v, reasons %v", c.ID, c.Sentence, c.Passage, c.Judged, c.Reasons)
			}
		}
	}
}

func TestReadPairsNamesTheLine(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", "empty"},
		{`{"id":"a","sentence":"x","passage":"y","supported":true}` + "\n{", "line 2"},
		{`{"id":"a","passage":"y","supported":true}`, "sentence"},
		{`{"id":"a","sentence":"x","passage":"y"}`, "supported"},
		{`{"id":"a","sentence":"x","supported":true}` + "\n" + `{"id":"a","sentence":"x","supported":true}`, "line 1 already"},
	} {
		if _, err := ReadPairs(strings.NewReader(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ReadPairs(%q): %v, want an error with %q", tt.in, err, tt.want)
		}
	}
}
