package corpus

import "testing"

func TestPublicationNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		year int
		want string
	}{
		{"14/04", 0, "14/04"}, {"2014/04", 0, "14/04"}, {"14/4", 0, "14/04"}, {" 2014 / 4 ", 0, "14/04"}, {"2014-04", 0, "14/04"},
		{"00/11", 0, "00/11"}, {"2000/11", 0, "00/11"}, {"1953/05", 0, "1953/05"}, {"53/05", 0, "1953/05"}, {"99/3", 0, "1999/03"},
		{"ADVIES 21/08", 0, "21/08"}, {"Ontwerpadvies 21/8", 0, "21/08"}, {"SER-advies 21/08", 0, "21/08"}, {"nr. 14/04", 0, "14/04"}, {"Publicatienummer 4, 2014", 0, ""},
		{"NR.4", 2008, "08/04"}, {"nr 12", 1968, "1968/12"}, {"NR.4", 0, ""}, {"4", 2008, ""}, {"14/04A", 0, "14/04a"},
		{"", 2008, ""}, {"-", 2008, ""}, {"14/00", 0, ""}, {"1880/04", 0, ""}, {"3014/04", 0, ""}, {"14/1234", 0, ""}, {"advies", 2014, ""},
	} {
		if got := PublicationNumber(c.in, c.year); got != c.want {
			t.Errorf("%q of %d: %q, want %q", c.in, c.year, got, c.want)
		}
		if again := PublicationNumber(c.want, 0); again != c.want {
			t.Errorf("%q is written %q the second time", c.want, again)
		}
	}
}

func FuzzPublicationNumber(f *testing.F) {
	for _, s := range []string{"14/04", "NR.4", "1953/05", "ADVIES 21/08"} {
		f.Add(s, 2008)
	}
	f.Fuzz(func(t *testing.T, s string, year int) {
		n := PublicationNumber(s, year)
		if n != "" && PublicationNumber(n, 0) != n {
			t.Errorf("%q of %d: %q is not the form it is stored in", s, year, n)
		}
	})
}
