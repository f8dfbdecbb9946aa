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

// maxDiff bounds the work of a Diff, in pairs of words; texts that differ in more are
// shown as wholly different there.
const maxDiff = 4 << 20

// Diff shows word by word how one text became another. What is the same and what was
// deleted together is the first text; what is the same and what was inserted together is
// the second. Among all ways to say it, as many words as can be are the same (longest
// common subsequence).
func Diff(was, is string) []Edit {
	a, b := splitWords(was), splitWords(is)
	var out edits
	first := 0
	for first < len(a) && first < len(b) && a[first] == b[first] {
		first++
	}
	last := 0
	for last < len(a)-first && last < len(b)-first && a[len(a)-1-last] == b[len(b)-1-last] {
		last++
	}
	out.add(EditSame, a[:first]...)
	middle(&out, a[first:len(a)-last], b[first:len(b)-last])
	out.add(EditSame, a[len(a)-last:]...)
	return out
}

// middle says how a became b, which differ in their first and last word.
func middle(out *edits, a, b []string) {
	if len(a) == 0 || len(b) == 0 || len(a)*len(b) > maxDiff {
		out.add(EditDeleted, a...)
		out.add(EditInserted, b...)
		return
	}
	// common[i][j] is how many words a[i:] and b[j:] share at most.
	width := len(b) + 1
	common := make([]int32, (len(a)+1)*width)
	for i, wordA := range slices.Backward(a) {
		for j, wordB := range slices.Backward(b) {
			if wordA == wordB {
				common[i*width+j] = common[(i+1)*width+j+1] + 1
			} else {
				common[i*width+j] = max(common[(i+1)*width+j], common[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			out.add(EditSame, a[i])
			i, j = i+1, j+1
		case common[(i+1)*width+j] >= common[i*width+j+1]:
			out.add(EditDeleted, a[i])
			i++
		default:
			out.add(EditInserted, b[j])
			j++
		}
	}
	out.add(EditDeleted, a[i:]...)
	out.add(EditInserted, b[j:]...)
}

// edits joins neighbours of one kind.
type edits []Edit

func (e *edits) add(kind EditKind, words ...string) {
	if len(words) == 0 {
		return
	}
	text := strings.Join(words, "")
	if n := len(*e); n > 0 && (*e)[n-1].Kind == kind {
		(*e)[n-1].Text += text
		return
	}
	*e = append(*e, Edit{kind, text})
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
