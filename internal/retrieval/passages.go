package retrieval

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Diversity: passages of one document beyond the first few count for a little less
// each time, so that one long document does not fill the page. The first passage of
// every document keeps its score: which documents are found, and in what order, does
// not change.
const (
	freePassages  = 2
	repeatedWorth = 0.97
	leastRepeated = 0.7
)

// diverse lowers the scores of further passages of one document. documents is the
// document of each.
func diverse(ranked []Ranked, documents []int32) {
	seen := make(map[int32]int, len(ranked))
	for i := range ranked {
		n := seen[documents[i]]
		seen[documents[i]]++
		if n >= freePassages {
			ranked[i].Score *= max(leastRepeated, math.Pow(repeatedWorth, float64(n+1-freePassages)))
		}
	}
	slices.SortStableFunc(ranked, func(a, b Ranked) int { return cmp.Compare(b.Score, a.Score) })
}

// maxWhole bounds a passage that is extended to its paragraphs, in code points.
const maxWhole = 2400

// wholeParagraphs extends passages that begin or end within a paragraph to the whole
// of it, and leaves out those that an earlier one then holds. A passage stays what
// the page says: Text is PageText from Start to End.
func wholeParagraphs(passages []corpus.Passage) []corpus.Passage {
	type place struct {
		version int64
		page    int
	}
	held := make(map[place][][2]int, len(passages))
	out := passages[:0]
	for _, p := range passages {
		at := place{p.VersionID, p.Page}
		if slices.ContainsFunc(held[at], func(h [2]int) bool { return h[0] <= p.Start && p.End <= h[1] }) {
			continue
		}
		p = wholeParagraph(p)
		held[at] = append(held[at], [2]int{p.Start, p.End})
		out = append(out, p)
	}
	return out
}

// wholeParagraph extends one passage.
func wholeParagraph(p corpus.Passage) corpus.Passage {
	from, ok := byteOffset(p.PageText, p.Start)
	if !ok || p.End < p.Start {
		return p
	}
	to, ok := byteOffset(p.PageText[from:], p.End-p.Start)
	if !ok {
		return p
	}
	to += from
	var start, end int
	if i := strings.LastIndex(p.PageText[:from], paragraphBreak); i >= 0 {
		start = i + len(paragraphBreak)
	} else {
		start = 0
	}
	if strings.TrimSpace(p.PageText[start:from]) == "" {
		start = from // it begins with the paragraph
	}
	if i := strings.Index(p.PageText[to:], paragraphBreak); i >= 0 {
		end = to + i
	} else {
		end = len(p.PageText)
	}
	if strings.TrimSpace(p.PageText[to:end]) == "" {
		end = to
	}
	if start == from && end == to {
		return p
	}
	before := utf8.RuneCountInString(p.PageText[start:from])
	after := utf8.RuneCountInString(p.PageText[to:end])
	if before+after+p.End-p.Start > maxWhole {
		return p
	}
	p.Start, p.End, p.Text = p.Start-before, p.End+after, p.PageText[start:end]
	return p
}

// paragraphBreak stands between the paragraphs of a page: ingest writes each on a line.
const paragraphBreak = "\n"

// byteOffset is where code point n of s begins, and whether s is that long.
func byteOffset(s string, n int) (int, bool) {
	for i := range s {
		if n == 0 {
			return i, true
		}
		n--
	}
	return len(s), n == 0
}
