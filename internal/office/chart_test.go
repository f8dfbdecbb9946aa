package office

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestAxis(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		low, high float64
		ticks     int
		step, top float64
	}{
		{0, 1, 6, 0.2, 1},
		{0, 10, 6, 2, 10},
		{0, 11, 4, 5, 15},
		{0, 0, 6, 0.2, 1},
		{0.8, 1, 5, 0.05, 1},
		{0, 98765, 6, 20000, 100000},
	} {
		ticks, top := axis(test.low, test.high)
		if len(ticks) != test.ticks || math.Abs(ticks[1]-ticks[0]-test.step) > 1e-9 || math.Abs(top-test.top) > 1e-9 {
			t.Errorf("axis(%v, %v) = %v to %v, want %d ticks of %v to %v", test.low, test.high, ticks, top, test.ticks, test.step, test.top)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(0, 1e6).Draw(t, "low")
		high := low + rapid.Float64Range(0, 1e9).Draw(t, "more")
		ticks, top := axis(low, high)
		if len(ticks) < 2 || len(ticks) > 8 || top < high-1e-6*high {
			t.Fatalf("axis(%v, %v) = %v to %v", low, high, ticks, top)
		}
	})
}

// Whatever the values are, bars stand on each other within the drawing, and a value
// twice as large is twice as high.
func TestStackedChart(t *testing.T) {
	t.Parallel()
	whole := func(v float64) string { return strconv.Itoa(int(v)) }
	c := stackedChart("n", "s", []string{"ma", "di"}, [][]float64{{10, 5}, {10, 0}}, []string{"plain", "hatched"}, []string{"a", "b"}, whole)
	if len(c.Bars) != 3 || c.Bars[0].Height != c.Bars[1].Height || c.Bars[0].Look != "plain" || c.Bars[1].Look != "hatched" {
		t.Fatalf("bars %+v", c.Bars)
	}
	number := func(s string) float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if first, third := number(c.Bars[0].Height), number(c.Bars[2].Height); math.Abs(first-2*third) > 0.2 {
		t.Errorf("10 is %v high and 5 is %v", first, third)
	}
	if foot := number(c.Bars[1].Y) + number(c.Bars[1].Height); math.Abs(foot-number(c.Bars[0].Y)) > 0.2 {
		t.Errorf("the second part begins at %v, the first ends at %s", foot, c.Bars[0].Y)
	}
	if c.Bars[2].Title != "di: a 5" {
		t.Errorf("title %q", c.Bars[2].Title)
	}
	if empty := stackedChart("n", "s", nil, [][]float64{nil}, []string{"plain"}, []string{"a"}, whole); len(empty.Bars) != 0 {
		t.Errorf("bars of nothing: %+v", empty.Bars)
	}
}

func TestLineChartLeavesGaps(t *testing.T) {
	t.Parallel()
	at := func(v float64) point { return point{v, v - 0.1, v + 0.1, v < 0.5} }
	c := lineChart("n", "s", []string{"1", "2", "3", "4", "5"}, [][]point{{at(0.9), at(0.4), noPoint, at(0.8), noPoint}}, []string{"a"}, 0, 1,
		func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) })
	if len(c.Lines) != 2 || len(c.Marks) != 3 || len(c.Spans) != 3 {
		t.Fatalf("%d lines, %d marks, %d spans; want 2, 3 and 3", len(c.Lines), len(c.Marks), len(c.Spans))
	}
	if c.Marks[0].Few || !c.Marks[1].Few {
		t.Errorf("marks %+v", c.Marks)
	}
}
