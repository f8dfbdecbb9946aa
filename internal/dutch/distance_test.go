package dutch

import "testing"

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b        string
		limit, want int
	}{
		{"raad", "raad", 2, 0},
		{"raad", "rad", 2, 1},
		{"raad", "raaad", 2, 1},
		{"raad", "raid", 2, 1},
		{"raad", "arad", 2, 1}, // neighbours exchanged
		{"sociaal", "sosiaal", 2, 1},
		{"advies", "pensioen", 2, 3},
		{"", "ser", 2, 3},
		{"één", "een", 2, 2},
		{"arbeidsongeschiktheidsverzekeringsmaatschappijenoverlegorgaanvoorzitters", "arbeidsongeschiktheidsverzekeringsmaatschappijenoverlegorgaanvoorziter", 2, 2},
	} {
		for _, pair := range [][2]string{{test.a, test.b}, {test.b, test.a}} {
			if got := Distance(pair[0], pair[1], test.limit); got != test.want {
				t.Errorf("Distance(%q, %q, %d) = %d, want %d", pair[0], pair[1], test.limit, got, test.want)
			}
		}
	}
}
