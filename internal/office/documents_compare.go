package office

import (
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// wordChange is a run of words that stayed, came or went.
type wordChange struct {
	Kind string // "same", "added", "removed", or "gap" for words that stayed and are left out
	Text string
}

// pageChange is a page that differs between two versions.
type pageChange struct {
	Before, Now int // numbers of the page; 0: it is not there
	Words       []wordChange
}

const (
	// maxShownPages is how many changed pages are shown with their words.
	maxShownPages = 60
	// maxDiffCells bounds the table of one comparison; beyond it all is shown as gone
	// and come.
	maxDiffCells = 4 << 20
	// diffContext is how many words are shown around a change.
	diffContext = 8
)

// comparePages lays the pages of two versions beside each other: those with the same
// text belong together, in order, and between them the others in turn. It returns the
// pages that differ, how many are the same, and how many differ beyond those returned.
func comparePages(was, now []corpus.Page) (changed []pageChange, same, more int) {
	texts := func(pages []corpus.Page) []string {
		out := make([]string, len(pages))
		for i, p := range pages {
			out[i] = p.Text
		}
		return out
	}
	var gone, come []corpus.Page
	flush := func() {
		for i := range max(len(gone), len(come)) {
			var c pageChange
			var a, b []string
			if i < len(gone) {
				c.Before, a = gone[i].Number, strings.Fields(gone[i].Text)
			}
			if i < len(come) {
				c.Now, b = come[i].Number, strings.Fields(come[i].Text)
			}
			if len(changed) == maxShownPages {
				more++
				continue
			}
			c.Words = context8(diffWords(a, b))
			changed = append(changed, c)
		}
		gone, come = nil, nil
	}
	i, j := 0, 0
	for _, run := range diff(texts(was), texts(now)) {
		switch run.kind {
		case '=':
			flush()
			same += run.n
			i, j = i+run.n, j+run.n
		case '-':
			gone = append(gone, was[i:i+run.n]...)
			i += run.n
		default:
			come = append(come, now[j:j+run.n]...)
			j += run.n
		}
	}
	flush()
	return changed, same, more
}

// diffWords is what happened to a list of words, as runs.
func diffWords(was, now []string) []wordChange {
	var out []wordChange
	i, j := 0, 0
	for _, run := range diff(was, now) {
		switch run.kind {
		case '=':
			out = append(out, wordChange{"same", strings.Join(now[j:j+run.n], " ")})
			i, j = i+run.n, j+run.n
		case '-':
			out = append(out, wordChange{"removed", strings.Join(was[i:i+run.n], " ")})
			i += run.n
		default:
			out = append(out, wordChange{"added", strings.Join(now[j:j+run.n], " ")})
			j += run.n
		}
	}
	return out
}

// context8 leaves out what stayed, but for some words beside each change. A list
// without a change is nil.
func context8(all []wordChange) []wordChange {
	if len(all) == 0 || len(all) == 1 && all[0].Kind == "same" {
		return nil
	}
	var out []wordChange
	for i, c := range all {
		words := strings.Fields(c.Text)
		before, after := diffContext, diffContext // words kept at its beginning and end
		if i == 0 {
			before = 0
		}
		if i == len(all)-1 {
			after = 0
		}
		if c.Kind != "same" || len(words) <= before+after {
			out = append(out, c)
			continue
		}
		if before > 0 {
			out = append(out, wordChange{"same", strings.Join(words[:before], " ")})
		}
		out = append(out, wordChange{Kind: "gap"})
		if after > 0 {
			out = append(out, wordChange{"same", strings.Join(words[len(words)-after:], " ")})
		}
	}
	return out
}

// run is n elements that stayed ('='), went ('-') or came ('+').
type run struct {
	kind byte
	n    int
}

// diff is a shortest way from a to b: of runs that go and come at one place, those that
// go are first. It is the longest common subsequence by dynamic programming, after what
// is the same at both ends was taken off.
func diff(a, b []string) []run {
	var runs []run
	add := func(kind byte, n int) {
		if n == 0 {
			return
		}
		if last := len(runs) - 1; last >= 0 && runs[last].kind == kind {
			runs[last].n += n
			return
		}
		runs = append(runs, run{kind, n})
	}
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	add('=', head)
	x, y := a[head:len(a)-tail], b[head:len(b)-tail]
	if len(x)*len(y) > maxDiffCells {
		add('-', len(x))
		add('+', len(y))
		add('=', tail)
		return runs
	}
	// common[i*w+j] is the length of the longest common subsequence of x[i:] and y[j:].
	w := len(y) + 1
	common := make([]int32, (len(x)+1)*w)
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				common[i*w+j] = common[(i+1)*w+j+1] + 1
			} else {
				common[i*w+j] = max(common[(i+1)*w+j], common[i*w+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(x) && j < len(y) {
		switch {
		case x[i] == y[j]:
			add('=', 1)
			i, j = i+1, j+1
		case common[(i+1)*w+j] >= common[i*w+j+1]:
			add('-', 1)
			i++
		default:
			add('+', 1)
			j++
		}
	}
	add('-', len(x)-i)
	add('+', len(y)-j)
	add('=', tail)
	return runs
}
