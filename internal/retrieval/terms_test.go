package retrieval

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDocumentReadsNumbersInEverySpelling(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"advies 2014/04", []string{"advies", "14/04"}},
		{"advies 14/04, en 14/4.", []string{"advies", "14/04", "en", "14/04"}},
		{"advies 1953/05", []string{"advies", "53/05"}},
		{"op 12/04/2014", []string{"op", "12", "04", "2014"}},
		{"2013/2014", []string{"2013", "2014"}},
		{"1.250.000 coördinatoren", []string{"1250000", "coordinatoren"}},
		{"é 14/04 é", []string{"e", "14/04", "e"}},
	}
	for _, tt := range tests {
		got := (*Analyzer)(nil).Document("", nil, tt.text).Text
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestTermsSurviveEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.SliceOf(rapid.SampledFrom([]string{"raad", "advies", "de", "14/04", "werk"}))
		in := Terms{Title: field.Draw(t, "title"), Heading: field.Draw(t, "heading"), Text: field.Draw(t, "text")}
		ids := map[string]int32{"raad": 1, "advies": 127, "de": 128, "14/04": 70000, "werk": 1<<31 - 1}
		out, title, heading, err := DecodeTerms(in.Encode(func(w string) int32 { return ids[w] }), nil)
		if err != nil {
			t.Fatal(err)
		}
		var want []int32
		for _, w := range slices.Concat(in.Title, in.Heading, in.Text) {
			want = append(want, ids[w])
		}
		if !slices.Equal(out, want) || title != len(in.Title) || heading != len(in.Heading) {
			t.Fatalf("got %v (%d, %d), want %v (%d, %d)", out, title, heading, want, len(in.Title), len(in.Heading))
		}
	})
}

func FuzzDecodeTerms(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0})
	f.Add([]byte{1, 1, 1, 5, 200, 1, 7})
	f.Add([]byte{1, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200})
	f.Add([]byte{2, 0, 0, 1})
	f.Fuzz(func(t *testing.T, tv []byte) {
		ids, title, heading, err := DecodeTerms(tv, nil)
		if err != nil {
			if len(ids) > 0 {
				t.Fatalf("ids %v beside error %v", ids, err)
			}
			return
		}
		if title+heading > len(ids) {
			t.Fatalf("fields %d+%d of %d words", title, heading, len(ids))
		}
		for _, id := range ids {
			if id < 1 {
				t.Fatalf("id %d", id)
			}
		}
	})
}
