package retrieval

import (
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Terms is a chunk as the forward index keeps it: its words in order, as
// dutch.Tokens writes them, stop words included. Stems, parts of compounds,
// character n-grams and abbreviations are properties of words, derived when the
// index is built, so a better analysis needs no new ingest.
type Terms struct {
	Title   []string // the document's title
	Heading []string // the path of headings
	Text    []string
}

// Analyzer turns text into words and terms. Document works on a nil Analyzer too.
// It may be used by any number of goroutines.
type Analyzer struct {
	compounds *dutch.Compounds
	learnt    atomic.Pointer[dutch.Compounds] // words of the corpus, in place of none
	off       steps
}

// NewAnalyzer returns an analyzer that splits compounds by these words.
func NewAnalyzer(compounds *dutch.Compounds) *Analyzer { return &Analyzer{compounds: compounds} }

// without is the analyzer without some steps.
func (a *Analyzer) without(off steps) *Analyzer {
	if a == nil || off == (steps{}) {
		return a
	}
	other := &Analyzer{compounds: a.compounds, off: off}
	other.learnt.Store(a.learnt.Load())
	return other
}

// Bounds of the words of a corpus that compounds are split by: words that stand by
// themselves often enough to be no slip, and are long enough to be no ending.
const (
	learntTimes  = 3
	learntLength = 4 // letters
)

// learn takes the words of a corpus for the parts of compounds when there is no
// dictionary. count is how often each word occurs.
func (a *Analyzer) learn(count map[string]int) {
	if a == nil || a.compounds != nil && a.compounds.Len() > 0 {
		return
	}
	words := dutch.NewCompounds()
	for word, n := range count {
		if n >= learntTimes && len(word) >= learntLength && isLetters(word) && !isStop(word) {
			words.Add(word)
		}
	}
	a.learnt.Store(words)
}

// unread reports whether the analyzer has no words to split compounds by.
func (a *Analyzer) unread() bool {
	return a != nil && (a.compounds == nil || a.compounds.Len() == 0)
}

// stem is what the forms and the spellings of a word have in common.
func (a *Analyzer) stem(word string) string {
	if a != nil && !a.off.spellings {
		word = dutch.Spelling(word)
	}
	if a != nil && a.off.stems {
		return word
	}
	return dutch.Stem(word)
}

// Terms counts the terms of a text as the vectors see them: the stems of words that
// are no stop words, and the parts of compounds at half weight.
func (a *Analyzer) Terms(text string) map[string]float32 {
	out := make(map[string]float32)
	for _, w := range words(text) {
		if isStop(w) {
			continue
		}
		out[a.stem(w)]++
		for _, part := range a.parts(w) {
			out[a.stem(part)] += partWeight
		}
	}
	return out
}

// knows reports whether a word is in the dictionary.
func (a *Analyzer) knows(word string) bool {
	return a != nil && a.compounds != nil && a.compounds.Knows(word)
}

// parts are the parts of a compound, nil for other words.
func (a *Analyzer) parts(word string) []string {
	if a == nil || a.off.compounds {
		return nil
	}
	if words := a.learnt.Load(); words != nil {
		return words.Split(word)
	}
	if a.compounds == nil {
		return nil
	}
	return a.compounds.Split(word)
}

// Document is the Terms of a chunk of a document with this title, under these
// headings (outermost first).
func (*Analyzer) Document(title string, heading []string, text string) Terms {
	return Terms{
		Title:   words(title),
		Heading: words(strings.Join(heading, "\n")),
		Text:    words(text),
	}
}

// Words are the distinct words of the chunk.
func (t Terms) Words() []string {
	seen := make(map[string]bool, t.Length())
	out := make([]string, 0, t.Length())
	for _, field := range [...][]string{t.Title, t.Heading, t.Text} {
		for _, w := range field {
			if !seen[w] {
				seen[w] = true
				out = append(out, w)
			}
		}
	}
	return out
}

// Length is the number of words in all fields: chunk_terms.dl.
func (t Terms) Length() int { return len(t.Title) + len(t.Heading) + len(t.Text) }

// encodingVersion is the first byte of every encoded Terms.
const encodingVersion = 1

// ErrEncoding is wrapped by every error about bytes that are no encoded Terms.
var ErrEncoding = errors.New("not an encoded forward index entry")

// Encode writes t as chunk_terms.tv: a version byte, the numbers of words of title
// and heading, then the id of every word in order, all as varints. id must know
// every word of Words and give ids from 1; small ids for frequent words keep it small
// (about 1.7 bytes a word).
func (t Terms) Encode(id func(word string) int32) []byte {
	out := make([]byte, 0, 8+2*t.Length())
	out = append(out, encodingVersion)
	out = binary.AppendUvarint(out, uint64(len(t.Title)))
	out = binary.AppendUvarint(out, uint64(len(t.Heading)))
	for _, field := range [...][]string{t.Title, t.Heading, t.Text} {
		for _, w := range field {
			out = binary.AppendUvarint(out, uint64(id(w)))
		}
	}
	return out
}

// DecodeTerms reads what Encode wrote: the word ids of all fields in order, and how
// many of them are title and heading. ids is appended to buf.
func DecodeTerms(tv []byte, buf []int32) (ids []int32, title, heading int, err error) {
	if len(tv) == 0 || tv[0] != encodingVersion {
		return buf, 0, 0, fmt.Errorf("decode terms: %w: unknown version; ingest the document again", ErrEncoding)
	}
	tv = tv[1:]
	var head [2]int
	for i := range head {
		v, n := binary.Uvarint(tv)
		if n <= 0 || v > 1<<20 {
			return buf, 0, 0, fmt.Errorf("decode terms: %w: bad field length", ErrEncoding)
		}
		head[i], tv = int(v), tv[n:]
	}
	before := len(buf)
	for len(tv) > 0 {
		v, n := binary.Uvarint(tv)
		if n <= 0 || v < 1 || v > 1<<31-1 {
			return buf[:before], 0, 0, fmt.Errorf("decode terms: %w: bad word id", ErrEncoding)
		}
		buf, tv = append(buf, int32(v)), tv[n:]
	}
	if len(buf)-before < head[0]+head[1] {
		return buf[:before], 0, 0, fmt.Errorf("decode terms: %w: cut short", ErrEncoding)
	}
	return buf, head[0], head[1], nil
}

// publicationNumber is an advice number as people write it: 14/04, 2014/04,
// 2014-04 does not count, because it is a month.
var publicationNumber = regexp.MustCompile(`^(?:19|20)?\d\d/\d\d?$`)

// words are the words of a text as the index knows them: dutch.Tokens, but a
// publication number in any of its spellings is the one word yy/nn.
func words(text string) []string {
	tokens := dutch.Tokens(text)
	out := make([]string, 0, len(tokens))
	runes, at, offset := text, 0, 0 // runes[at:] begins at code point offset
	// between is the text from code point a to b; calls come in order.
	between := func(a, b int) string {
		for offset < a {
			at += runeLen(runes[at:])
			offset++
		}
		from, o, end := at, offset, at
		for o < b {
			end += runeLen(runes[end:])
			o++
		}
		return runes[from:end]
	}
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if i+1 < len(tokens) && isDigits(t.Text) && isDigits(tokens[i+1].Text) &&
			tokens[i+1].Start == t.End+1 && (i == 0 || tokens[i-1].End < t.Start-1 || !isDigits(tokens[i-1].Text)) &&
			(i+2 == len(tokens) || tokens[i+2].Start > tokens[i+1].End+1 || !isDigits(tokens[i+2].Text)) {
			if n := PublicationNumber(between(t.Start, tokens[i+1].End)); n != "" {
				out = append(out, n)
				i++
				continue
			}
		}
		out = append(out, t.Text)
	}
	return out
}

// PublicationNumber is an advice number in the one form the index knows, or "" when
// s is none: 14/04 for 14/04, 2014/04 and 14/4, and 53/05 for 1953/05.
func PublicationNumber(s string) string {
	if !publicationNumber.MatchString(s) {
		return ""
	}
	n := corpus.PublicationNumber(s, 0)
	return n[max(0, len(n)-len("yy/nn")):]
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// learn lets the analyzer of an index that is still empty split compounds by the
// words of what is about to come.
func (x *Index) learn(c Change, times map[int32]int) {
	count := make(map[string]int, len(c.Words))
	for id, word := range c.Words {
		count[word] = times[id]
	}
	x.current.Load().vocab.analyzer.learn(count)
}
