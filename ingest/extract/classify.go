package extract

import (
	"hash/maphash"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

var (
	leaders      = regexp.MustCompile(`(?:\.{3,}|…|_{4,})\s*(?:\d{1,4}|[ivxl]{1,6})?\s*$`)
	endsInNumber = regexp.MustCompile(`\S\s+\d{1,4}$`)
	contentsHead = regexp.MustCompile(`(?i)^(inhoud|inhoudsopgave|contents|table of contents)$`)
)

// isContentsLine reports a line of a table of contents by its leader dots.
func isContentsLine(l *textLine) bool {
	n := len(l.runes)
	return n > 4 && n < 250 && strings.Contains(l.rawLine.Text, "...") && leaders.MatchString(l.String())
}

// classify says of every block what it is.
func (a *assembler) classify() {
	for i, p := range a.pages {
		contents := false
		for j, b := range p.blocks {
			text := b.text()
			if b.kind == corpus.BlockTable && contents && mostlyNumbered(text) {
				b.kind = corpus.BlockContents
			}
			if b.kind != "" {
				continue
			}
			switch {
			case b.lines[0].Tag == "toci" && endsInNumber.MatchString(text):
				b.kind = corpus.BlockContents
			case isContentsLine(b.lines[0]) || contents && endsInNumber.MatchString(text) && len(b.lines) <= 2:
				b.kind = corpus.BlockContents
			case isCaption(text) || b.lines[0].Tag == "caption" && len(b.lines) <= 4:
				b.kind = corpus.BlockCaption
			case b.item || b.li && b.size < 1.15*a.body:
				b.kind = corpus.BlockList
			case a.taggedHeading(b, text) || a.isHeading(b, text):
				b.kind = corpus.BlockHeading
				if contentsHead.MatchString(text) {
					contents = true
				}
			case b.numIt:
				b.kind = corpus.BlockList
			default:
				b.kind = corpus.BlockParagraph
			}
			if i == 0 {
				a.subtitle(p.blocks, j)
			}
		}
	}
	a.fromOutline()
	a.levels()
	a.boilerplate()
}

// mostlyNumbered reports a table most rows of which end in a number: under the
// heading of a table of contents, those are pages.
func mostlyNumbered(text string) bool {
	rows, numbered := 0, 0
	for row := range strings.SplitSeq(text, "\n") {
		rows++
		if endsInNumber.MatchString(row) {
			numbered++
		}
	}
	return numbered*10 >= rows*6
}

// taggedHeading reports a block that is tagged as a heading, where tags can be
// believed.
func (a *assembler) taggedHeading(b *para, text string) bool {
	return a.headingTags && headingTag(b.lines[0].Tag) >= 0 && utf8.RuneCountInString(text) <= 220 && len(b.lines) <= 5 &&
		strings.IndexFunc(text, unicode.IsLetter) >= 0
}

// believeTags decides whether tags tell headings, items of lists and paragraphs
// apart. Programs exist that tag every line as one, or none.
func (a *assembler) believeTags() {
	headings, items, tagged := 0, 0, 0
	next, within := 0, 0 // lines of another paragraph than the line before; those that go on with its sentence
	for _, p := range a.pages {
		var prev *textLine
		for _, l := range p.lines {
			if l.Tag == "" || l.role != "" {
				continue
			}
			tagged += len(l.runes)
			if prev != nil && prev.Tag == "p" && l.Tag == "p" && prev.Item != l.Item {
				if next++; prev.Cut || !endsSentence(prev) && unicode.IsLower(l.runes[0].r) {
					within++
				}
			}
			prev = l
			switch {
			case headingTag(l.Tag) >= 0:
				headings += len(l.runes)
			case l.Tag == "li":
				items += len(l.runes)
			}
		}
	}
	a.headingTags = headings > 0 && headings*4 <= tagged
	a.paraTags = next > 0 && within*10 <= next
	a.listTags = items > 0 && items*2 <= tagged
}

// isHeading judges a block by its type: larger than the body, or short and
// bold; not ending the way sentences do.
func (a *assembler) isHeading(b *para, text string) bool {
	n := utf8.RuneCountInString(text)
	switch b.lines[0].Tag {
	case "td", "th", "caption", "note", "fenote":
		if a.headingTags {
			return false
		}
	}
	if n < 2 || n > 220 || len(b.lines) > 5 || strings.IndexFunc(text, unicode.IsLetter) < 0 || b.lines[0].Turned {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(text)
	numbered := numberDepth(text) > 0
	if strings.ContainsRune(",;", last) || last == '.' && !numbered {
		return false
	}
	large := b.size >= 1.15*a.body
	if large {
		return true
	}
	if !b.bold || n > 160 || len(b.lines) > 3 || last == ':' && n > 60 {
		return false
	}
	for _, l := range b.lines {
		if l.Mixed {
			return false
		}
	}
	return b.size >= 0.9*a.body
}

// subtitle makes a heading of the short line between the title on the first
// page and the heading after it.
func (a *assembler) subtitle(blocks []*para, j int) {
	if j < 2 || blocks[j].kind != corpus.BlockHeading {
		return
	}
	b, title := blocks[j-1], blocks[j-2]
	if b.kind != corpus.BlockParagraph || title.kind != corpus.BlockHeading || title.size <= a.body*1.05 && !title.bold {
		return
	}
	for _, earlier := range blocks[:j-2] {
		if earlier.kind == corpus.BlockParagraph {
			return
		}
	}
	text := b.text()
	last, _ := utf8.DecodeLastRuneInString(text)
	if n := utf8.RuneCountInString(text); n > 3 && n <= 160 && len(b.lines) <= 2 && !strings.ContainsRune(".,;:?!", last) &&
		strings.IndexFunc(text, unicode.IsLetter) >= 0 {
		b.kind = corpus.BlockHeading
	}
}

// fromOutline makes headings of paragraphs that the bookmarks name.
func (a *assembler) fromOutline() {
	byPage := map[int][]outlineItem{}
	for _, o := range a.raw.Outline {
		byPage[o.Page] = append(byPage[o.Page], o)
	}
	for _, p := range a.pages {
		for _, o := range byPage[p.Number] {
			want := outlineKey(o.Title)
			if want == "" {
				continue
			}
			for _, b := range p.blocks {
				if b.kind != corpus.BlockParagraph && b.kind != corpus.BlockHeading && b.kind != corpus.BlockList || len(b.lines) > 4 {
					continue
				}
				if outlineKey(b.text()) == want {
					b.kind = corpus.BlockHeading
					break
				}
			}
		}
	}
}

func outlineKey(s string) string {
	return strings.ToLower(strings.TrimLeftFunc(strings.Join(strings.Fields(s), ""), func(r rune) bool { return !unicode.IsLetter(r) }))
}

// style is how a heading is set.
type style struct {
	size int // half points
	bold bool
}

// levels gives headings their level: by their number, else by what numbered
// headings in the same type have, else by size.
func (a *assembler) levels() {
	depths := map[style]map[int]int{}
	var sizes []int
	each := func(f func(*para)) {
		for _, p := range a.pages {
			for _, b := range p.blocks {
				if b.kind == corpus.BlockHeading {
					f(b)
				}
			}
		}
	}
	each(func(b *para) {
		s := style{half(b.size), b.bold}
		if !slices.Contains(sizes, s.size) {
			sizes = append(sizes, s.size)
		}
		if d := numberDepth(b.text()); d > 0 {
			if depths[s] == nil {
				depths[s] = map[int]int{}
			}
			depths[s][d]++
		}
	})
	slices.Sort(sizes)
	slices.Reverse(sizes)
	each(func(b *para) {
		s := style{half(b.size), b.bold}
		if d := numberDepth(b.text()); d > 0 {
			b.level = d
			return
		}
		if level := headingTag(b.lines[0].Tag); a.headingTags && level > 0 {
			b.level = level
			return
		}
		if counts := depths[s]; len(counts) > 0 {
			best, most := 0, 0
			for d, n := range counts {
				if n > most || n == most && d < best {
					best, most = d, n
				}
			}
			b.level = best
			return
		}
		b.level = min(slices.Index(sizes, s.size)+1, 6)
		if !b.bold && b.size < 1.1*a.body {
			b.level = min(b.level+1, 6)
		}
	})
}

// boilerplate marks paragraphs that come back word for word on other pages.
func (a *assembler) boilerplate() {
	const least = 20 // runes: shorter ones may rightly be said twice
	type sightings struct {
		pages  int // that it stands on
		last   int // the latest of them, from 1
		blocks []*para
	}
	seen := map[uint64]*sightings{}
	seed := maphash.MakeSeed()
	var room []byte
	for i, p := range a.pages {
		for _, b := range p.blocks {
			if b.kind != corpus.BlockParagraph && b.kind != corpus.BlockFootnote && b.kind != corpus.BlockHeading || len(b.runes) < least {
				continue
			}
			room = appendMasked(room[:0], b.text())
			k := maphash.Bytes(seed, room) // of 64 bits: no two texts of one document share one
			s := seen[k]
			if s == nil {
				s = &sightings{}
				seen[k] = s
			}
			if s.last != i+1 {
				s.last = i + 1
				s.pages++
			}
			s.blocks = append(s.blocks, b)
		}
	}
	for _, s := range seen {
		if s.pages < 3 || float64(s.pages) < 0.3*float64(len(a.pages)) {
			continue
		}
		for _, b := range s.blocks {
			b.kind, b.level = corpus.BlockBoilerplate, 0
		}
	}
}
