package corpus

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSliceCountsCodePoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		runes := []rune(rapid.String().Draw(t, "text"))
		if !utf8.ValidString(string(runes)) {
			t.Skip("offsets are of valid text")
		}
		start := rapid.IntRange(-2, len(runes)+2).Draw(t, "start")
		end := rapid.IntRange(-2, len(runes)+2).Draw(t, "end")
		from, to := min(max(start, 0), len(runes)), min(max(end, 0), len(runes))
		want := ""
		if from < to {
			want = string(runes[from:to])
		}
		if got := Slice(string(runes), start, end); got != want {
			t.Errorf("Slice(%q, %d, %d) = %q, want %q", string(runes), start, end, got, want)
		}
	})
}

func TestParseDate(t *testing.T) {
	for _, test := range []struct {
		text string
		ok   bool
		year int
	}{
		{"2014-04-25", true, 2014},
		{"2014-04", true, 2014},
		{"1953", true, 1953},
		{"", true, 0},
		{" 2014 ", true, 2014},
		{"2014-02-30", false, 0},
		{"2014-13", false, 0},
		{"25-04-2014", false, 0},
		{"-", false, 0},
	} {
		d, err := ParseDate(test.text)
		if (err == nil) != test.ok || d.Year() != test.year {
			t.Errorf("ParseDate(%q) = %q of year %d, %v", test.text, d, d.Year(), err)
		}
	}
}

func TestParseFilter(t *testing.T) {
	for _, test := range []struct {
		name     string
		fields   map[string]string
		ok       bool
		document string
		kind     string
		year     int
		allowed  bool
	}{
		{"nothing", nil, true, "a", "advies", 0, true},
		{"one year", map[string]string{"year": "2014"}, true, "a", "advies", 2014, true},
		{"another year", map[string]string{"year": "2014"}, true, "a", "advies", 2015, false},
		{"range", map[string]string{"year": "2010-2015"}, true, "a", "advies", 2012, true},
		{"from", map[string]string{"year": "2010-"}, true, "a", "advies", 2026, true},
		{"until", map[string]string{"year": "-2010"}, true, "a", "advies", 1953, true},
		{"until, year unknown", map[string]string{"year": "-2010"}, true, "a", "advies", 0, false},
		{"type", map[string]string{"type": "advies, rapport"}, true, "a", "rapport", 0, true},
		{"document", map[string]string{"document": "b"}, true, "a", "advies", 0, false},
		{"both", map[string]string{"document": "a", "type": "rapport"}, true, "a", "advies", 0, false},
		{"backwards", map[string]string{"year": "2015-2010"}, false, "", "", 0, false},
		{"no year", map[string]string{"year": "vorig jaar"}, false, "", "", 0, false},
		{"unknown field", map[string]string{"kleur": "rood"}, false, "", "", 0, false},
		{"no value", map[string]string{"type": " "}, false, "", "", 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := ParseFilter(test.fields)
			if (err == nil) != test.ok {
				t.Fatal(err)
			}
			if err == nil && f.Allows(test.document, test.kind, test.year) != test.allowed {
				t.Errorf("%+v allows: %t, want %t", f, !test.allowed, test.allowed)
			}
			if err == nil && f.IsZero() != (len(test.fields) == 0) {
				t.Errorf("IsZero of %+v is %t", f, f.IsZero())
			}
		})
	}
}

func TestReadDate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Date{
		"": "", "2014": "2014", "2014-04": "2014-04", " 2014-04-25 ": "2014-04-25", "2014-04-25T10:00:00Z": "2014-04-25", "2014-04-25 10:00": "2014-04-25",
		"25-4-2014": "2014-04-25", "25/04/2014": "2014-04-25", "5.4.2014": "2014-04-05", "25 april 2014": "2014-04-25", "5 Mei 2014": "2014-05-05", "Juni 2021": "2021-06",
	} {
		if got, err := ReadDate(in); err != nil || got != want {
			t.Errorf("%q is %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"gisteren", "31-2-2014", "4-25-2014", "25 brumaire 2014", "april", "14-4-25", "25-4-14", "lente 2014"} {
		if got, err := ReadDate(in); err == nil {
			t.Errorf("%q is %q", in, got)
		}
	}
}
