package evaluate

import (
	"slices"
	"strings"
	"unicode"
)

// EditKind is what became of a stretch of text.
type EditKind string

// The kinds of Edit.
const (
	EditSame     EditKind = "same"
	EditDeleted  EditKind = "deleted"
	EditInserted EditKind = "inserted"
)

// Edit is a stretch of text that two texts share, or that only one of them has.
type Edit struct {
	Kind EditKind `json:"kind"`
	Text string   `json:"text"`
}

// Diff shows word by word how one text became another. What is the same and what was
// deleted together is the first text; what is the same and what was inserted together is
// the second.
func Diff(was, is string) []Edit { return DiffWords(splitWords(was), splitWords(is), "") }

// DiffWords is Diff of texts that are cut into words already; between stands between two
// words of an Edit.
func DiffWords(was, is []string, between string) []Edit {
	var out []Edit
	for _, s := range EditSteps(was, is) {
		words := &was
		if s.Kind == EditInserted {
			words = &is
		}
		out = append(out, Edit{s.Kind, strings.Join((*words)[:s.N], between)})
		*words = (*words)[s.N:]
		if s.Kind == EditSame {
			is = is[s.N:]
		}
	}
	return out
}

// EditStep is what became of the next N elements of a list; N is 1 or more.
type EditStep struct {
	Kind EditKind
	N    int
}

// maxDiff bounds the work of EditSteps, in pairs of elements; lists that differ in more are
// taken as wholly different there.
const maxDiff = 4 << 20

// EditSteps are a shortest way from one list to another: among all ways, as many elements as
// can be stay the same (longest common subsequence, by dynamic programming after what is
// the same at both ends was taken off). No two neighbours are of one kind.
func EditSteps(was, is []string) []EditStep {
	var steps []EditStep
	add := func(kind EditKind, n int) {
		switch last := len(steps) - 1; {
		case n == 0:
		case last >= 0 && steps[last].Kind == kind:
			steps[last].N += n
		default:
			steps = append(steps, EditStep{kind, n})
		}
	}
	head := 0
	for head < len(was) && head < len(is) && was[head] == is[head] {
		head++
	}
	tail := 0
	for tail < len(was)-head && tail < len(is)-head && was[len(was)-1-tail] == is[len(is)-1-tail] {
		tail++
	}
	add(EditSame, head)
	a, b := was[head:len(was)-tail], is[head:len(is)-tail]
	i, j := 0, 0
	if len(a)*len(b) <= maxDiff {
		// common[i*width+j] is how many elements a[i:] and b[j:] share at most.
		width := len(b) + 1
		common := make([]int32, (len(a)+1)*width)
		for i, one := range slices.Backward(a) {
			for j, other := range slices.Backward(b) {
				if one == other {
					common[i*width+j] = common[(i+1)*width+j+1] + 1
				} else {
					common[i*width+j] = max(common[(i+1)*width+j], common[i*width+j+1])
				}
			}
		}
		for i < len(a) && j < len(b) {
			switch {
			case a[i] == b[j]:
				add(EditSame, 1)
				i, j = i+1, j+1
			case common[(i+1)*width+j] >= common[i*width+j+1]:
				add(EditDeleted, 1)
				i++
			default:
				add(EditInserted, 1)
				j++
			}
		}
	}
	add(EditDeleted, len(a)-i)
	add(EditInserted, len(b)-j)
	add(EditSame, tail)
	return steps
}

// splitWords cuts a text into words, white space, and the marks between them: together
// they are the text.
func splitWords(s string) []string {
	var out []string
	class := func(r rune) int {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '\'', r == '’', r == '-':
			return 1
		case unicode.IsSpace(r):
			return 2
		}
		return 3
	}
	from, before := 0, 0
	for i, r := range s {
		c := class(r)
		if i > 0 && (c != before || c == 3) {
			out = append(out, s[from:i])
			from = i
		}
		before = c
	}
	if from < len(s) {
		out = append(out, s[from:])
	}
	return out
}
