package answer

import (
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// maxSentence is the longest sentence worth checking, in bytes. A model that goes
// on without a full stop has lost its way.
const maxSentence = 2000

// cutter cuts a growing text into sentences as soon as it is certain that they
// ended, so that a reader never waits for the next one. Handles after the end mark
// belong to the sentence before it. What a reasoning model thinks before it answers
// is left out.
type cutter struct {
	text  string // not handed out yet
	begun bool   // the answer itself has begun
}

const (
	thinkOpens  = "<think>"
	thinkCloses = "</think>"
)

// handleGroup is one or more handles as models write them: [1], [2, 3], [4-6],
// [bron 7], 【8】.
const handleGroup = `(?:[\[【]\s*(?:(?:bron(?:zin)?|zin|nummer|nr\.?|source|sentence)s?\s*)?\^?\d{1,4}(?:\s*(?:[,;&–-]|en|and)\s*\^?\d{1,4})*\s*[\]】])`

var (
	handles   = regexp.MustCompile(`(?i)` + handleGroup)
	handleRun = regexp.MustCompile(`(?i)\s*` + handleGroup + `(?:[\s,;]*` + handleGroup + `)*`)
	leadRun   = regexp.MustCompile(`(?i)^\s*` + handleGroup + `(?:[\s,;]*` + handleGroup + `)*`)
	lateRun   = regexp.MustCompile(`(?i)([.!?…]+["'”’»)]*)(\s*` + handleGroup + `(?:[ \t,;]*` + handleGroup + `)*)`)
	// marked is a text that ends with a handle and an end mark: nothing can follow.
	marked = regexp.MustCompile(`[\]】]["'”’»)]*[.!?]\s*$`)
	// unclosed is a handle being written.
	unclosed = regexp.MustCompile(`^[\[【][^\]】]*$`)
)

// add takes in more text and returns the sentences that ended with it.
func (c *cutter) add(delta string) []string {
	c.text += delta
	if !c.begin() {
		return nil
	}
	return c.cut(false)
}

// rest returns the sentences that are left when the text is complete.
func (c *cutter) rest() []string {
	if !c.begin() && strings.HasPrefix(c.text, thinkOpens) {
		return nil
	}
	return c.cut(true)
}

// full reports whether what is held back is too long to be a sentence.
func (c *cutter) full() bool { return c.begun && len(c.text) > maxSentence }

// begin skips thoughts. It reports whether the answer has begun.
func (c *cutter) begin() bool {
	if c.begun {
		return true
	}
	text := strings.TrimLeftFunc(c.text, unicode.IsSpace)
	if thoughts, ok := strings.CutPrefix(text, thinkOpens); ok {
		_, after, closed := strings.Cut(thoughts, thinkCloses)
		if !closed {
			// Only the last of it may hold the beginning of the closing tag.
			c.text = thinkOpens + thoughts[max(0, len(thoughts)-len(thinkCloses)):]
			return false
		}
		text = after
	} else if strings.HasPrefix(thinkOpens, text) {
		return false
	}
	c.text, c.begun = text, true
	return true
}

func (c *cutter) cut(whole bool) []string {
	if !whole && !strings.ContainsAny(c.text, ".!?…\n") {
		return nil
	}
	text := lateRun.ReplaceAllString(c.text, "$2$1")
	runes := []rune(text)
	spans := dutch.Sentences(text)
	finished := len(spans)
	if !whole && finished > 0 {
		last := string(runes[spans[finished-1].Start:spans[finished-1].End])
		switch {
		case unclosed.MatchString(last):
			finished -= 2 // it may belong to the sentence before
		case marked.MatchString(c.text), strings.HasSuffix(text, "\n"):
		default:
			finished--
		}
	}
	if finished <= 0 {
		return nil
	}
	out := make([]string, finished)
	for i, s := range spans[:finished] {
		out[i] = string(runes[s.Start:s.End])
	}
	c.text = string(runes[spans[finished-1].End:])
	return out
}

// citedBy separates a sentence from its handles. The handles come in order, each
// once, at most maxHandles; a range counts for all it spans.
func citedBy(sentence string) (text string, cited []int) {
	if own := leadRun.ReplaceAllString(sentence, ""); handles.MatchString(own) {
		sentence = own // a handle in front was a late one of the sentence before
	}
	for _, group := range handles.FindAllString(sentence, -1) {
		numbers := figures.FindAllStringIndex(group, -1)
		last := 0
		for i, at := range numbers {
			n, err := strconv.Atoi(group[at[0]:at[1]])
			if err != nil {
				continue
			}
			from := n
			if i > 0 && strings.ContainsAny(group[numbers[i-1][1]:at[0]], "–-") && n > last && n-last < maxHandles {
				from = last + 1
			}
			for ; from <= n; from++ {
				if !slices.Contains(cited, from) && len(cited) < maxHandles {
					cited = append(cited, from)
				}
			}
			last = n
		}
	}
	return handleRun.ReplaceAllString(sentence, ""), cited
}

// maxHandles is how many sentences one sentence may cite.
const maxHandles = 8

var figures = regexp.MustCompile(`\d{1,4}`)

var (
	hidden    = regexp.MustCompile(`(?is)<(script|style|iframe|svg|object)\b.*?(</(script|style|iframe|svg|object)\s*>|$)|<!--.*?(-->|$)`)
	tags      = regexp.MustCompile(`(?s)</?[a-zA-Z!][^<>]*(>|$)`)
	images    = regexp.MustCompile(`!\[[^\]]*\]\([^)]*\)?`)
	links     = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)?`)
	addresses = regexp.MustCompile(`(?i)\(?\b(?:https?|ftp|javascript|data|mailto):[^\s)]*\)?|\bwww\.[^\s)]+`)
	leads     = regexp.MustCompile(`^\s*(?:#{1,6}\s+|>\s+|[-*•–]\s+|\d{1,2}[.)]\s+)+`)
	emphasis  = regexp.MustCompile("\\*\\*|__|`+|~~|(^|[\\s(])[*_]([^*_\\s])|([^*_\\s])[*_]([\\s.,;:!?)]|$)")
	spaces    = regexp.MustCompile(`\s+`)
	spaceMark = regexp.MustCompile(`\s+([.,;:!?])`)
)

// cleaned is a model's sentence as plain text: no HTML, no links, no markup, no
// invisible characters. It reports false when something is left that plain text
// does not have; such a sentence may not be shown.
func cleaned(sentence string) (string, bool) {
	s := html.UnescapeString(sentence)
	s = hidden.ReplaceAllString(s, " ")
	s = tags.ReplaceAllString(s, "")
	s = images.ReplaceAllString(s, "")
	s = links.ReplaceAllString(s, "$1")
	s = addresses.ReplaceAllString(s, "")
	s = leads.ReplaceAllString(s, "")
	s = emphasis.ReplaceAllString(s, "$1$2$3$4")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r): // joiners, direction marks: can hide what a text says
			return -1
		}
		return r
	}, s)
	s = spaceMark.ReplaceAllString(strings.TrimSpace(spaces.ReplaceAllString(s, " ")), "$1")
	damaged := strings.ContainsFunc(s, func(r rune) bool {
		return r == utf8.RuneError || r == '<' || r == '>' || r == '[' || r == ']' || r == '|' || r == '{' || r == '}' || unicode.IsControl(r) || unicode.Is(unicode.Co, r)
	})
	return s, !damaged && s != ""
}

var marker = regexp.MustCompile(`(?i)\b(GEEN_ANTWOORD|NO_ANSWER)\b`)
