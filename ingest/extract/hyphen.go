package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// vocabulary is how often the words of one document, lower-cased, stand inside lines:
// the witness for how a word cut at a line end is written whole. Words go by their
// hash; at 64 bits, two of one document that share it are not to be expected.
type vocabulary map[uint64]int32

// wordHash is FNV-1a (Fowler, Noll and Vo) over code points.
type wordHash uint64

const emptyHash wordHash = 14695981039346656037

func (h wordHash) with(r rune) wordHash { return (h ^ wordHash(r)) * 1099511628211 }

// count is how often a word, in lower case, was met.
func (v vocabulary) count(word string) int {
	h := emptyHash
	for _, r := range word {
		h = h.with(r)
	}
	return int(v[uint64(h)])
}

// addLine counts the words of a line. Words cut at its end do not count.
func (v vocabulary) addLine(line string, cutAtEnd bool) {
	if cutAtEnd {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		line = line[:max(strings.LastIndexFunc(line, unicode.IsSpace), 0)]
	}
	// What stands before the first and after the last letter or digit of a word is
	// no part of it.
	h, word := emptyHash, emptyHash
	for _, r := range line {
		letter := r >= 'a' && r <= 'z' // most are
		switch {
		case letter:
		case r == ' ' || unicode.IsSpace(r):
			if word != emptyHash {
				v[uint64(word)]++
			}
			h, word = emptyHash, emptyHash
			continue
		default:
			letter = !notWord(r)
			r = unicode.ToLower(r)
		}
		if letter || h != emptyHash {
			h = h.with(r)
		}
		if letter {
			word = h
		}
	}
	if word != emptyHash {
		v[uint64(word)]++
	}
}

func notWord(r rune) bool {
	if r < utf8.RuneSelf {
		return (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9')
	}
	return !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// joint says how two lines meet.
type joint int

const (
	jointSpace  joint = iota // a space between them
	jointClosed              // one word: the hyphen goes
	jointHyphen              // one word with its own hyphen, which stays
)

// dutchClash holds the vowel pairs that would be read as one sound, so that
// Dutch spelling puts a hyphen between the parts of a compound that meet in
// them (Leidraad of the Groene Boekje, 6.C: zee-egel, auto-ongeluk).
var dutchClash = map[string]bool{
	"aa": true, "ae": true, "ai": true, "au": true, "ee": true, "ei": true, "eu": true,
	"ie": true, "ii": true, "ij": true, "oe": true, "oi": true, "oo": true, "ou": true, "ui": true, "uu": true,
}

// hyphenJoint decides what becomes of a hyphen at a line end. left is the line
// up to and without the hyphen, right the next line.
func (v vocabulary) hyphenJoint(left, right string) joint {
	tail := left[strings.LastIndexFunc(left, unicode.IsSpace)+1:]
	head := right
	if i := strings.IndexFunc(right, unicode.IsSpace); i >= 0 {
		head = right[:i]
	}
	last, _ := utf8.DecodeLastRuneInString(tail)
	first, _ := utf8.DecodeRuneInString(head)
	if tail == "" || !unicode.IsLetter(last) && !unicode.IsDigit(last) && last != ')' && last != '’' && last != '\'' {
		return jointSpace // a dash, not a hyphen
	}
	switch strings.ToLower(strings.TrimFunc(head, notWord)) {
	case "en", "of", "tot", "and", "or", "noch": // midden- en kleinbedrijf
		if strings.IndexFunc(head, notWord) < 0 {
			return jointSpace
		}
	}
	if unicode.IsDigit(last) || !unicode.IsLower(first) {
		return jointHyphen // Sociaal-Economische, 2010-2014
	}
	tail = strings.TrimLeftFunc(tail, notWord)
	head = strings.TrimRightFunc(head, notWord)
	closed, open := strings.ToLower(tail+head), strings.ToLower(tail+"-"+head)
	if c, o := v.count(closed), v.count(open); c != o {
		if c > o {
			return jointClosed
		}
		return jointHyphen
	}
	if isAcronym(tail) {
		return jointHyphen // EU-beleid
	}
	// What was the last part of an earlier compound keeps its own hyphen:
	// only the part after it is looked at.
	part := tail[strings.LastIndexByte(tail, '-')+1:]
	if dutchClash[strings.ToLower(string(last))+string(first)] &&
		utf8.RuneCountInString(part) >= 4 && utf8.RuneCountInString(head) >= 4 {
		return jointHyphen
	}
	return jointClosed
}

// isAcronym reports two or more letters, all upper case.
func isAcronym(s string) bool {
	n := 0
	for _, r := range s {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			n++
		}
	}
	return n >= 2
}

// endsInHyphen reports a line end that may cut a word.
func endsInHyphen(s string) bool {
	return strings.HasSuffix(s, "-") || strings.HasSuffix(s, "\u2010") || strings.HasSuffix(s, "\u00ad")
}

// trimHyphen takes the line-end hyphen off.
func trimHyphen(s string) string {
	_, size := utf8.DecodeLastRuneInString(s)
	return s[:len(s)-size]
}

// joinLines makes one paragraph of its lines.
func (v vocabulary) joinLines(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		if i == 0 {
			b.WriteString(line)
			continue
		}
		if line == "" {
			continue
		}
		so := b.String()
		if so != "" && endsInHyphen(so) {
			switch v.hyphenJoint(trimHyphen(so), line) {
			case jointClosed:
				b.Reset()
				b.WriteString(trimHyphen(so))
				b.WriteString(line)
				continue
			case jointHyphen:
				b.WriteString(line)
				continue
			}
		}
		b.WriteByte(' ')
		b.WriteString(line)
	}
	return b.String()
}
