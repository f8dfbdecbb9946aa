package evaluate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		was, is string
		want    []Edit
	}{
		{"", "", nil},
		{"De SER telt 36 leden.", "De SER telt 33 leden.", []Edit{{EditSame, "De SER telt "}, {EditDeleted, "36"}, {EditInserted, "33"}, {EditSame, " leden."}}},
		{"", "Nieuw", []Edit{{EditInserted, "Nieuw"}}},
		{"Weg hier", "", []Edit{{EditDeleted, "Weg hier"}}},
		{"sociaal-economisch beleid", "sociaal beleid", []Edit{{EditDeleted, "sociaal-economisch"}, {EditInserted, "sociaal"}, {EditSame, " beleid"}}},
		{"a b c d", "b c x d", []Edit{{EditDeleted, "a "}, {EditSame, "b c"}, {EditInserted, " x"}, {EditSame, " d"}}},
	} {
		if diff := cmp.Diff(tt.want, Diff(tt.was, tt.is)); diff != "" {
			t.Errorf("%q to %q: %s", tt.was, tt.is, diff)
		}
	}
}

// longest is the length of the longest common subsequence, tried out.
func longest(a, b []string) int {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	if a[0] == b[0] {
		return 1 + longest(a[1:], b[1:])
	}
	return max(longest(a[1:], b), longest(a, b[1:]))
}

func TestDiffIsTheTwoTexts(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`([abé] ?|[ .,]){0,9}`)
	rapid.Check(t, func(t *rapid.T) {
		was, is := text.Draw(t, "was"), text.Draw(t, "is")
		var before, after strings.Builder
		same, last := 0, EditKind("")
		for _, e := range Diff(was, is) {
			if e.Text == "" || e.Kind == last {
				t.Fatalf("%q to %q: %q after %q", was, is, e, last)
			}
			last = e.Kind
			if e.Kind != EditInserted {
				before.WriteString(e.Text)
			}
			if e.Kind != EditDeleted {
				after.WriteString(e.Text)
			}
			if e.Kind == EditSame {
				same += len(splitWords(e.Text))
			}
		}
		if before.String() != was || after.String() != is {
			t.Fatalf("%q to %q becomes %q to %q", was, is, before.String(), after.String())
		}
		if want := longest(splitWords(was), splitWords(is)); same != want {
			t.Fatalf("%q to %q: %d words are the same, %d could be", was, is, same, want)
		}
	})
	was, is := strings.Repeat("een twee ", 3000), strings.Repeat("drie vier ", 3000)
	if got := Diff(was, is); len(got) != 3 || got[0].Text+got[2].Text != was || got[1].Text+got[2].Text != is {
		t.Errorf("a text too long to compare is cut into %d", len(got))
	}
}
