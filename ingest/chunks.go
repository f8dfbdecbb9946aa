package ingest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Sizes of chunks, in words. Passages of 120 to 180 words are about what a
// reader takes in at a glance and hold the few sentences that answer a question
// together with their context.
const (
	fewestWords = 120 // below this a chunk is joined with its neighbours where it may be
	mostWords   = 180 // above this a chunk is divided where it can be
	maxWords    = 250 // never more, not even for one sentence
	// runesPerWord bounds what counts as one word in text without white space.
	runesPerWord = 12
	// repeatedPages is on how many pages of a document the same paragraph makes it
	// boilerplate.
	repeatedPages = 3
)

// Chunks divides pages into the units of retrieval, in reading order. A chunk
// is a stretch of one page under one heading that begins and ends with a
// sentence (or a table row, or a list item); it never holds, even in part, a
// heading, a block that is not citable, or a paragraph that stands on three or
// more pages of the document. Every other sentence is in exactly one chunk.
// What stands in a box and what does not never share one, and headings in a box are not
// those of the text after it, but for a title. Nor do paragraphs with a fingerprint
// among those apart share one with others: boilerplate is then in chunks of its own.
// A chunk that begins below the header of its table has the header for its
// innermost heading. Always corpus.Slice(page.Text, Start, End) == Text.
func Chunks(pages []corpus.Page, apart ...uint64) []corpus.Chunk {
	var (
		chunks  []corpus.Chunk
		path    headings
		outside headings // path of the text round the box that was reached last
		inBox   bool
		table   tableHead
		repeats = repeatedParagraphs(pages)
	)
	for _, page := range pages {
		text := []rune(page.Text)
		blocks := blocksOf(page, text)
		var run []unit
		boxed, lone := false, false // the run is of a box; it stands apart
		alone := standApart(blocks, text, apart)
		flush := func() {
			for _, group := range divide(run) {
				start, end := group[0].start, group[len(group)-1].end
				heading := path.texts()
				section := corpus.Section(heading)
				if h := group[0].head; h != "" {
					heading = append(heading, h)
				}
				chunks = append(chunks, corpus.Chunk{
					Ordinal: len(chunks), Page: page.Number,
					Start: start, End: end,
					Heading: heading,
					Kind:    kindOf(group),
					Section: section,
					Text:    string(text[start:end]),

					Paragraphs: corpus.Paragraphs(text, blocks, start, end),
				})
			}
			run = run[:0]
		}
		at := 0
		for i, b := range blocks {
			between := text[at:b.Start]
			at = b.End
			if strings.TrimSpace(string(between)) != "" {
				flush() // text that belongs to no block: never within a chunk
			}
			table.pass(b.Kind)
			if b.Box != inBox && b.Kind.Citable() && b.Kind != corpus.BlockFootnote {
				if inBox = b.Box; inBox {
					outside = slices.Clone(path)
				} else if !path.begins(outside) {
					flush()
					path = outside
				}
			}
			switch {
			case b.Kind == corpus.BlockHeading:
				flush()
				path.enter(max(b.Level, 1), oneLine(text[b.Start:b.End]))
				continue
			case !b.Kind.Citable() || repeats[oneLine(text[b.Start:b.End])]:
				flush()
				continue
			}
			units := unitsOf(b, text)
			if b.Kind == corpus.BlockTable {
				table.enter(text, units, b.Head)
			}
			if len(run) > 0 && len(units) > 0 && (family(run[len(run)-1].kind) != family(b.Kind) || boxed != b.Box || lone != alone[i]) {
				flush()
			}
			boxed, lone = b.Box, alone[i]
			run = append(run, units...)
		}
		flush()
	}
	return chunks
}

// standApart tells which blocks of a page have a fingerprint that is apart, and the few
// words between and after those, such as a place and a date.
func standApart(blocks []corpus.Block, text []rune, apart []uint64) []bool {
	out := make([]bool, len(blocks))
	if len(apart) == 0 {
		return out
	}
	const few = 5       // times as long must what is apart be as the few words with it
	last, left := -1, 0 // the last block that is apart, and how long those words may be
	for i, b := range blocks {
		length := b.End - b.Start
		f := corpus.Fingerprint(string(text[b.Start:b.End]))
		switch b.Kind {
		case corpus.BlockHeading, corpus.BlockTable, corpus.BlockCaption:
			last = -1
			continue
		}
		switch {
		case slices.Contains(apart, f):
			out[i], last, left = true, i, length/few
		case last >= 0 && f == 0 && length <= left:
			out[i] = true
			left -= length
		default: // what stood between belongs to it
			for k := last + 1; last >= 0 && k < i; k++ {
				out[k] = false
			}
			last = -1
		}
	}
	return out
}

// maxTableHead bounds the header of a table, in code points: a longer first row is
// text that was set in a table.
const maxTableHead = 200

// tableHead is the header of the table that was met last, as long as nothing came
// between: a table goes on at the top of the next page or column.
type tableHead struct {
	text  string
	cells int // of its rows
}

// pass forgets the table when a block cannot stand between two of its rows.
func (h *tableHead) pass(kind corpus.BlockKind) {
	if kind.Citable() && kind != corpus.BlockTable && kind != corpus.BlockFootnote {
		*h = tableHead{}
	}
}

// enter gives the rows of a table their header: its first rows, as many as said or one,
// or that of the table before it when this one says none and goes on with as many
// columns.
func (h *tableHead) enter(text []rune, rows []unit, said int) {
	if len(rows) == 0 {
		return
	}
	header := min(max(said, 1), len(rows))
	first := oneLine(text[rows[0].start:rows[header-1].end])
	cells := 0
	for _, row := range rows[:header] {
		cells = max(cells, strings.Count(string(text[row.start:row.end]), "|")+1)
	}
	if said > 0 || h.text == "" || h.cells != cells || h.text == first {
		*h = tableHead{first, cells}
		rows = rows[header:]
	}
	if utf8.RuneCountInString(h.text) > maxTableHead || h.cells < 2 {
		return
	}
	for i := range rows {
		rows[i].head = h.text
	}
}

// headings is the path of headings above the place that was reached.
type headings []heading

type heading struct {
	level int
	text  string
}

func (h *headings) enter(level int, text string) {
	if text == "" {
		return
	}
	path := *h
	for len(path) > 0 && path[len(path)-1].level >= level {
		path = path[:len(path)-1]
	}
	*h = append(path, heading{level, text})
}

// begins reports a path with a heading of the highest level that was is without: a title
// that stands in a box is the title of what follows too.
func (h headings) begins(was headings) bool {
	return len(h) > 0 && h[0].level == 1 && (len(was) == 0 || was[0] != h[0])
}

func (h headings) texts() []string {
	out := make([]string, len(h))
	for i := range h {
		out[i] = h[i].text
	}
	return out
}

// blocksOf gives the blocks of a page that lie inside its text, in order and
// without overlap; a page that was read without blocks has one for each line.
func blocksOf(page corpus.Page, text []rune) []corpus.Block {
	if len(page.Blocks) > 0 {
		out := make([]corpus.Block, 0, len(page.Blocks))
		at := 0
		for _, b := range page.Blocks {
			if b.Start >= at && b.End > b.Start && b.End <= len(text) {
				out = append(out, b)
				at = b.End
			}
		}
		return out
	}
	var out []corpus.Block
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && text[end] != '\n' {
			end++
		}
		if end > start {
			out = append(out, corpus.Block{Kind: corpus.BlockParagraph, Start: start, End: end})
		}
		start = end + 1
	}
	return out
}

// repeatedParagraphs finds the paragraphs that stand on repeatedPages pages or
// more. Headings and tables may repeat for good reasons.
func repeatedParagraphs(pages []corpus.Page) map[string]bool {
	if len(pages) < repeatedPages {
		return nil
	}
	type seen struct{ page, pages int }
	counts := make(map[string]seen)
	for i, page := range pages {
		text := []rune(page.Text)
		for _, b := range blocksOf(page, text) {
			if b.Kind == corpus.BlockHeading || b.Kind == corpus.BlockTable || !b.Kind.Citable() {
				continue
			}
			key := oneLine(text[b.Start:b.End])
			if s := counts[key]; s.pages == 0 || s.page != i {
				counts[key] = seen{i, s.pages + 1}
			}
		}
	}
	repeated := make(map[string]bool)
	for key, s := range counts {
		if s.pages >= repeatedPages {
			repeated[key] = true
		}
	}
	return repeated
}

func oneLine(text []rune) string { return strings.Join(strings.Fields(string(text)), " ") }

// family groups kinds that may share a chunk: running text with its lists, a
// table with its caption. Footnotes keep to themselves.
func family(k corpus.BlockKind) corpus.BlockKind {
	switch k {
	case corpus.BlockList:
		return corpus.BlockParagraph
	case corpus.BlockCaption:
		return corpus.BlockTable
	}
	return k
}

// kindOf is the kind that has the most words.
func kindOf(group []unit) corpus.BlockKind {
	words := make(map[corpus.BlockKind]int)
	best := group[0].kind
	for _, u := range group {
		words[u.kind] += u.words
		if words[u.kind] > words[best] {
			best = u.kind
		}
	}
	return best
}

// unit is what a chunk is made of: a sentence, a table row, or a piece of a
// sentence that is longer than a chunk may be.
type unit struct {
	start, end int // code points
	words      int
	kind       corpus.BlockKind
	head       string // the header of the table whose row it is, unless it is that header
	// breakCost is what it costs to begin a new chunk before this unit.
	breakCost float64
}

// Costs of beginning a chunk at a place, against 1 for a chunk that holds next
// to nothing. Between paragraphs it is free.
const (
	costInParagraph = 0.15
	costBeforeItem  = 0.20 // between two items of a list
	costInItem      = 0.60
	costAfterLeadIn = 1.00 // between "Dit zijn:" and what it announces
	costInTable     = 0.25 // between rows
	costInSentence  = 2.00
)

func unitsOf(b corpus.Block, text []rune) []unit {
	var spans []dutch.Span
	if b.Kind == corpus.BlockTable {
		spans = lines(text[b.Start:b.End])
	} else {
		spans = dutch.Sentences(string(text[b.Start:b.End]))
	}
	var units []unit
	for i, s := range spans {
		s.Start, s.End = s.Start+b.Start, s.End+b.Start
		cost := 0.0
		switch {
		case i > 0 && b.Kind == corpus.BlockTable:
			cost = costInTable
		case i > 0 && b.Kind == corpus.BlockList:
			cost = costInItem
		case i > 0:
			cost = costInParagraph
		case b.Kind == corpus.BlockList:
			cost = costBeforeItem
		}
		if before := lastVisible(text, s.Start); before == ':' {
			cost = costAfterLeadIn
		}
		for j, piece := range pieces(text, s) {
			if j > 0 {
				cost = costInSentence
			}
			units = append(units, unit{start: piece.Start, end: piece.End, words: countWords(text[piece.Start:piece.End]), kind: b.Kind, breakCost: cost})
		}
	}
	return units
}

// lastVisible is the last code point before at that is not white space, or 0.
func lastVisible(text []rune, at int) rune {
	for at > 0 {
		if at--; !unicode.IsSpace(text[at]) {
			return text[at]
		}
	}
	return 0
}

// lines are the trimmed lines of text that are not empty.
func lines(text []rune) []dutch.Span {
	var out []dutch.Span
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && text[end] != '\n' {
			end++
		}
		from, to := start, end
		for from < to && unicode.IsSpace(text[from]) {
			from++
		}
		for to > from && unicode.IsSpace(text[to-1]) {
			to--
		}
		if to > from {
			out = append(out, dutch.Span{Start: from, End: to})
		}
		start = end + 1
	}
	return out
}

func countWords(text []rune) int {
	words, inWord := 0, false
	for _, r := range text {
		space := unicode.IsSpace(r)
		if !space && !inWord {
			words++
		}
		inWord = !space
	}
	return max(words, (len(text)+runesPerWord-1)/runesPerWord)
}

// pieces divides a sentence of more than maxWords words: after a semicolon,
// colon or comma where there is one in reach, else between words, else anywhere.
func pieces(text []rune, s dutch.Span) []dutch.Span {
	var out []dutch.Span
	for countWords(text[s.Start:s.End]) > maxWords {
		var clause, gap int // the last places to cut
		words, limit := 0, s.Start+mostWords*runesPerWord
		i := s.Start
		for ; i < s.End && i < limit; i++ {
			if !unicode.IsSpace(text[i]) {
				continue
			}
			if words++; words > mostWords {
				break
			}
			gap = i
			if strings.ContainsRune(";:,", text[i-1]) && words >= fewestWords {
				clause = i
			}
			for i+1 < s.End && unicode.IsSpace(text[i+1]) {
				i++
			}
		}
		cut := i
		if clause > 0 {
			cut = clause
		} else if gap > 0 {
			cut = gap
		}
		out = append(out, dutch.Span{Start: s.Start, End: cut})
		for s.Start = cut; s.Start < s.End && unicode.IsSpace(text[s.Start]); {
			s.Start++
		}
	}
	return append(out, s)
}

// divide cuts a run of units that may share a chunk into chunks of at most
// maxWords words so that the sum of the costs of their sizes and of their
// beginnings is least (dynamic programming, as lines of a paragraph are broken
// in typesetting).
func divide(run []unit) [][]unit {
	if len(run) == 0 {
		return nil
	}
	best := make([]float64, len(run)+1) // best[i]: the cheapest division of run[:i]
	from := make([]int, len(run)+1)
	for end := 1; end <= len(run); end++ {
		words := 0
		for start := end - 1; start >= 0; start-- {
			words += run[start].words
			if words > maxWords && start < end-1 {
				break
			}
			cost := best[start] + sizeCost(words)
			if start > 0 {
				cost += run[start].breakCost
			}
			if start == end-1 || cost < best[end] {
				best[end], from[end] = cost, start
			}
		}
	}
	var groups [][]unit
	for end := len(run); end > 0; end = from[end] {
		groups = append(groups, run[from[end]:end])
	}
	for i, j := 0, len(groups)-1; i < j; i, j = i+1, j-1 {
		groups[i], groups[j] = groups[j], groups[i]
	}
	return groups
}

// sizeCost is 0 for a chunk of the size wanted, 1 for one that holds nothing or
// as much as may be.
func sizeCost(words int) float64 {
	switch {
	case words < fewestWords:
		d := float64(fewestWords-words) / fewestWords
		return d * d
	case words > mostWords:
		d := float64(words-mostWords) / (maxWords - mostWords)
		return d * d
	}
	return 0
}
