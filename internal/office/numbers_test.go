package office

import (
	"math"
	"testing"
)

func TestNumbers(t *testing.T) {
	t.Parallel()
	nl, en := &locale{lang: "nl"}, &locale{lang: "en"}
	for _, test := range []struct{ got, want string }{
		{nl.count(1234567), "1.234.567"},
		{en.count(-1234), "-1,234"},
		{nl.count(999), "999"},
		{nl.decimal(0.5, 2), "0,50"},
		{en.decimal(-0.5, 2), "-0.50"},
		{en.decimal(-0.001, 2), "0.00"},
		{nl.percent(1), "100,0%"},
		{nl.percent(0.99999), "99,9%"},
		{nl.percent(0.00001), "0,1%"},
		{nl.percent(0), "0,0%"},
		{nl.percent(math.NaN()), ""},
		{nl.wholePercent(0.426), "43%"},
		{nl.signedPercent(0.05), "+5,0%"},
		{nl.signedPercent(-0.05), "−5,0%"},
		{nl.signedPercent(0), "0,0%"},
		{nl.duration(0.25, 1), "0,2 ms"},
		{nl.duration(999, 0), "999 ms"},
		{nl.duration(1234, 1), "1,23 s"},
		{en.duration(1234, 0), "1.2 s"},
		{nl.latency(0), ""},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}
