package postgres

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Places come back as they were, within a unit, and never smaller.
func TestPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var places []corpus.Place
		at := 0
		for range rapid.IntRange(0, 50).Draw(t, "words") {
			p := corpus.Place{Start: at + rapid.IntRange(0, 500).Draw(t, "gap")}
			p.End = p.Start + rapid.IntRange(1, 40).Draw(t, "length")
			at = p.End
			p.X, p.Y = rapid.Float64Range(0, 0.99).Draw(t, "x"), rapid.Float64Range(0, 0.99).Draw(t, "y")
			p.Width, p.Height = rapid.Float64Range(0.0001, 1-p.X).Draw(t, "width"), rapid.Float64Range(0.0001, 1-p.Y).Draw(t, "height")
			places = append(places, p)
		}
		got, err := decodePlaces(encodePlaces(places))
		if err != nil || len(got) != len(places) {
			t.Fatalf("%d of %d places, %v", len(got), len(places), err)
		}
		for i, p := range places {
			g := got[i]
			if g.Start != p.Start || g.End != p.End {
				t.Fatalf("[%d,%d) became [%d,%d)", p.Start, p.End, g.Start, g.End)
			}
			const unit, slack = 1.0 / placeUnit, 1e-9
			for _, v := range [][2]float64{{p.X, g.X}, {p.Y, g.Y}, {g.X + g.Width, p.X + p.Width}, {g.Y + g.Height, p.Y + p.Height}} {
				if d := v[0] - v[1]; d < -slack || d > unit+slack {
					t.Fatalf("%+v became %+v", p, g)
				}
			}
		}
	})
}

func FuzzPlaces(f *testing.F) {
	f.Add(encodePlaces([]corpus.Place{{Start: 0, End: 2, X: 0.1, Y: 0.1, Width: 0.1, Height: 0.02}, {Start: 3, End: 7, X: 0.3, Y: 0.1, Width: 0.1, Height: 0.02}}))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1})
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, b []byte) {
		places, err := decodePlaces(b)
		if err != nil && places != nil {
			t.Errorf("%d places with %v", len(places), err)
		}
		at := 0
		for _, p := range places {
			if p.Start < at || p.End < p.Start || p.End > math.MaxInt32 || p.X < 0 || p.X > 1 || p.Width < 0 || p.Width > 1 {
				t.Fatalf("%+v after %d", p, at)
			}
			at = p.End
		}
	})
}
