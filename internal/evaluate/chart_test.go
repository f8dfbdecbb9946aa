package evaluate

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func chartResult() RetrievalResult {
	scores := func(ndcg float64) RetrievalScores { return RetrievalScores{NDCG10: ndcg, Recall100: 0.9} }
	return RetrievalResult{RetrievalScores: scores(0.7), Queries: 140, Passages: 13168, Rankings: []RetrievalRow{
		{"plain bm25", PartCompare, scores(0.6), -0.1, 0.0001},
		{"ours", PartCompare, scores(0.7), 0, 1},
		{"plain bm25", PartAdded, scores(0.6), 0, 1},
		{"+ stems <&>", PartAdded, scores(0.7), 0.1, 0.012},
		{"without stems <&>", PartWithout, scores(0.6), -0.1, 0.012},
		{"without early", PartWithout, scores(0.69), -0.01, 0.4},
		{"without vectors", PartWithout, scores(0.71), 0.01, 0.2},
	}}
}

func TestChart(t *testing.T) {
	var b bytes.Buffer
	if err := WriteChart(&b, "govfaq <test>", chartResult()); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/chart.svg"
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("the chart changed; -update writes it anew (-want +got):\n%s", diff)
	}
	// It must be read without colour: no fill may have a hue, every row has a bar and a
	// figure of its own.
	bars, texts := 0, 0
	decoder := xml.NewDecoder(&b)
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch element.Name.Local {
		case "rect":
			bars++
		case "text":
			texts++
		}
		for _, a := range element.Attr {
			if hex, is := strings.CutPrefix(a.Value, "#"); is && strings.Trim(hex, hex[:1]) != "" {
				t.Errorf("%s %s is no grey", a.Name.Local, a.Value)
			}
		}
	}
	if n := len(chartResult().Rankings); bars != n+1 || texts != 2*n+3+2 {
		t.Errorf("%d bars and %d texts for %d rows", bars, texts, n)
	}
	var plain bytes.Buffer
	if err := WriteChart(&plain, "x", RetrievalResult{RetrievalScores: RetrievalScores{NDCG10: 0.5}}); err != nil || !strings.Contains(plain.String(), "0.5000") {
		t.Errorf("a result without comparisons: %v\n%s", err, plain.String())
	}
}

func TestSignedTellsDifferenceFromChance(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	a, same, better := make([]float64, 100), make([]float64, 100), make([]float64, 100)
	for i := range a {
		a[i] = rng.Float64()
		same[i] = a[i] + rng.NormFloat64()/10
		better[i] = a[i] + rng.NormFloat64()/10 + 0.1
	}
	if p := Signed(a, a); p != 1 {
		t.Errorf("a ranking against itself: p %g", p)
	}
	if p := Signed(same, a); p < 0.05 {
		t.Errorf("noise: p %g", p)
	}
	if p := Signed(better, a); p > 0.001 || p != Signed(a, better) {
		t.Errorf("a real difference: p %g, the other way %g", p, Signed(a, better))
	}
	// Exactly: two queries that both gained gain by chance in half of the four ways.
	if p := Signed([]float64{1, 1}, []float64{0, 0}); p < 0.48 || p > 0.52 {
		t.Errorf("two gains: p %g, want about 0.5", p)
	}
}
