package corpus

import (
	"hash/fnv"
	"unicode"
)

// RepeatedDocuments is in how many other documents a paragraph must stand to be
// boilerplate: an address, a disclaimer, what the Council is. The documents that
// had it first keep theirs, so that what it says can still be cited.
const RepeatedDocuments = 3

// fewestRepeated is how many letters a paragraph has at least to be compared;
// shorter ones are rightly said in many documents.
const fewestRepeated = 40

// Fingerprint identifies the words of a paragraph, whatever its figures, case,
// punctuation and spacing. It is 0 for one too short to compare.
func Fingerprint(paragraph string) uint64 {
	h := fnv.New64a()
	letters, digit := 0, false
	buf := make([]byte, 0, 4)
	for _, r := range paragraph {
		switch {
		case unicode.IsLetter(r):
			letters++
			digit = false
			buf = append(buf[:0], string(unicode.ToLower(r))...)
		case unicode.IsDigit(r):
			if digit {
				continue
			}
			digit = true
			buf = append(buf[:0], '#')
		default:
			continue
		}
		_, _ = h.Write(buf) // a hash takes everything
	}
	if letters < fewestRepeated {
		return 0
	}
	return h.Sum64()
}

// mayRepeat reports the kinds of block that may be boilerplate.
func (b Block) mayRepeat() bool {
	return b.Kind == BlockParagraph || b.Kind == BlockList || b.Kind == BlockFootnote
}

// Fingerprints are those of a document's paragraphs, each once, in order: what
// is kept of a document to tell the boilerplate of later ones.
func Fingerprints(pages []Page) []uint64 {
	var out []uint64
	seen := map[uint64]bool{}
	for _, p := range pages {
		for _, b := range p.Blocks {
			if !b.mayRepeat() && b.Kind != BlockBoilerplate {
				continue
			}
			if f := Fingerprint(Slice(p.Text, b.Start, b.End)); f != 0 && !seen[f] {
				seen[f] = true
				out = append(out, f)
			}
		}
	}
	return out
}

// MarkRepeated makes boilerplate of the paragraphs that stand in
// RepeatedDocuments other documents or more; documents says in how many a
// fingerprint is. It changes the blocks of pages in place, never their text, and
// returns how many it marked.
func MarkRepeated(pages []Page, documents func(fingerprint uint64) int) int {
	marked := 0
	for _, p := range pages {
		for i, b := range p.Blocks {
			if !b.mayRepeat() {
				continue
			}
			if f := Fingerprint(Slice(p.Text, b.Start, b.End)); f != 0 && documents(f) >= RepeatedDocuments {
				p.Blocks[i].Kind = BlockBoilerplate
				marked++
			}
		}
	}
	return marked
}
