package corpus

import (
	"hash/fnv"
	"unicode"
)

// RepeatedDocuments is in how many live documents a paragraph must stand to be
// boilerplate: an address, a disclaimer, what the Council is. Draft, minister's
// version and final edition of one publication share all that they say, so it is
// one more than these. Of the 2,206 paragraphs of the demo corpus and eight reports
// of Dutch public bodies, those in four documents or more are all of this kind;
// one in two of them is not.
const RepeatedDocuments = 4

// fewestRepeated is how many letters a paragraph has at least to be compared;
// shorter ones are rightly said in many documents.
const fewestRepeated = 40

// Fingerprint identifies the words and figures of a paragraph, whatever its case,
// punctuation and spacing. Figures count: they are the news in a sentence that
// comes back in every year's report. It is 0 for a paragraph too short to compare.
func Fingerprint(paragraph string) uint64 {
	f, letters := fingerprint(paragraph)
	if letters < fewestRepeated {
		return 0
	}
	return f
}

func fingerprint(text string) (f uint64, letters int) {
	h := fnv.New64a()
	buf := make([]byte, 0, 4)
	digit := false
	for _, r := range text {
		isDigit := unicode.IsDigit(r)
		if !isDigit && !unicode.IsLetter(r) {
			digit = false
			continue
		}
		if isDigit && !digit {
			_, _ = h.Write([]byte{0}) // 1 23 is not 12 3
		}
		if digit = isDigit; !isDigit {
			letters++
		}
		buf = append(buf[:0], string(unicode.ToLower(r))...)
		_, _ = h.Write(buf) // a hash takes everything
	}
	return max(h.Sum64(), 1), letters
}

// restShare is the part of a chunk's letters that may stand outside its
// paragraphs without being compared: a date, an ISBN, an order number.
const restShare = 0.25

// Paragraphs are the fingerprints of what a chunk says, each once: of every
// paragraph, list item and footnote that it holds or touches, and of all the rest
// together when that is more than a quarter. When all of them are boilerplate, so
// is the chunk. A chunk of a few words has none and never is. blocks are those of
// the chunk's page, text is the page's text and [start,end) the chunk.
func Paragraphs(text []rune, blocks []Block, start, end int) []uint64 {
	var out []uint64
	seen := make(map[uint64]bool)
	add := func(f uint64) {
		if !seen[f] {
			seen[f] = true
			out = append(out, f)
		}
	}
	var rest []rune
	total := 0
	for _, b := range blocks {
		from, to := max(b.Start, start), min(b.End, end)
		if from >= to {
			continue
		}
		for _, r := range text[from:to] {
			if unicode.IsLetter(r) {
				total++
			}
		}
		var f uint64
		if b.Kind == BlockParagraph || b.Kind == BlockList || b.Kind == BlockFootnote {
			f = Fingerprint(string(text[b.Start:b.End]))
		}
		if f == 0 {
			rest = append(append(rest, text[from:to]...), ' ')
			continue
		}
		add(f)
	}
	if total < fewestRepeated {
		return nil
	}
	if f, letters := fingerprint(string(rest)); float64(letters) > restShare*float64(total) {
		add(f)
	}
	return out
}
