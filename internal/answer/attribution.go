package answer

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// advising are words with which the Council's own text tells what ought to be.
var advising = re(`(?i)\b(moet|moeten|zou|zouden|behoort|behoren|dient|dienen|wenselijk|noodzakelijk|aanbeveling|should|ought)\b`)

// speaker tells who says what a candidate says: whom the sentence itself names, or
// else whose text it stands in. It is "" for a sentence that gives no view.
func (c *candidate) speaker() corpus.Speaker {
	if c.passage.Section == corpus.SectionMinority {
		return corpus.SpeakerMinority
	}
	if views := viewsIn(c.words); len(views) == 1 {
		return views[0].by
	} else if len(views) > 1 {
		return "" // of several: the sentence says it itself
	}
	if !advising.MatchString(c.text) || c.passage.Section == corpus.SectionAnnex || c.passage.Section == corpus.SectionPreface {
		return ""
	}
	switch strings.ToLower(c.passage.Document.Type) {
	case "advies", "briefadvies", "ser-advies":
		return corpus.SpeakerCouncil
	case "kabinetsreactie":
		return corpus.SpeakerCabinet
	}
	return ""
}

// divided are sentences that say that the Council, or a body, was not of one mind.
var divided = re(`(?i)\b(verdeeld|verdeeldheid|minderheid|minderheidsnota|minderheidsstandpunt|oneens|niet eens|niet tot één standpunt|eigen standpunt|divided|minority)\b`)

// tellsDivision reports whether a candidate says that the Council was divided: not
// what the word means, nor that nothing is known of it.
func (c *candidate) tellsDivision() bool {
	return c.usable && !c.row && !c.list && divided.MatchString(c.text) && !c.footnote &&
		slices.ContainsFunc(c.words, func(w word) bool {
			return w.text == "ser" || w.text == "raad" || w.text == "leden" || w.text == "minderheid"
		})
}

// withDivision adds to an answer that tells the Council's view in a publication the
// sentence that says that the Council was divided on it, when the passages have one.
func (u *Understanding) withDivision(out []composed, cs []*candidate) []composed {
	if !u.explains() && u.Form != FormYesNo || slices.ContainsFunc(out, func(o composed) bool { return o.candidate.tellsDivision() }) {
		return out
	}
	for _, o := range out {
		codes := publicationsOf(o.candidate)
		if len(codes) != 1 || o.candidate.speaker() != corpus.SpeakerCouncil {
			continue
		}
		for _, c := range cs {
			if c.tellsDivision() && slices.Equal(publicationsOf(c), codes) && !redundant(c, out) {
				return append(out, composed{candidate: c})
			}
		}
	}
	return out
}

// publicationsOf are the numbers of the publications that a candidate names.
func publicationsOf(c *candidate) []string {
	var out []string
	for _, n := range c.numbers {
		if n.Kind != dutch.Code {
			continue
		}
		if code := fmt.Sprintf("%d/%d", n.Year, int(n.Value)); !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

// mostEarlier bounds the earlier states of affairs beside the present one.
const mostEarlier = 2

// overTime adds to the number that holds now those that held before, newest first,
// where the passages disagree because of their dates: each sentence names its years.
func (u *Understanding) overTime(out []composed, fit []*candidate) []composed {
	if u.Form != FormNumber || u.counted == nil || !u.Present || len(u.numbers) > 0 || len(out) == 0 {
		return out
	}
	best := out[0].candidate
	now, ok := u.countIn(best)
	if !ok || latestYear(best) == 0 {
		return out
	}
	values := []float64{now}
	type state struct {
		c    *candidate
		year int
	}
	var earlier []state
	for _, c := range fit {
		v, ok := u.countIn(c)
		year := latestYear(c)
		if !ok || year == 0 || c.row || c.list || slices.Contains(values, v) || c.coverage < best.coverage-0.15 || !period.MatchString(c.plain) || cameIn.MatchString(c.text) {
			continue
		}
		values = append(values, v)
		earlier = append(earlier, state{c, year})
	}
	slices.SortStableFunc(earlier, func(a, b state) int { return cmp.Compare(b.year, a.year) })
	kept := slices.Clone(out)
	for _, e := range earlier[:min(len(earlier), mostEarlier)] {
		if !overlaps(e.c, kept) {
			kept = append(kept, composed{candidate: e.c})
		}
	}
	return kept
}

// period is a stretch of time that a sentence says something held in.
var period = re(`\b(tot|van|tussen|sinds|vanaf|until|from|between|since) (1[5-9]|20)\d\d\b`)

// countIn is how many a candidate says there are of what the question counts, exactly
// by that word.
func (u *Understanding) countIn(c *candidate) (float64, bool) {
	for _, n := range c.numbers {
		if n.Kind == dutch.Quantity && n.Unit == "" && len(n.Noun) > 0 && u.counted.says(words(n.Noun[0], "nl")) >= 0.95 {
			return n.Value, true
		}
	}
	return 0, false
}

func latestYear(c *candidate) int {
	latest := 0
	for _, n := range c.numbers {
		switch n.Kind {
		case dutch.Year:
			latest = max(latest, int(n.Value))
		case dutch.CalDate:
			latest = max(latest, n.Year)
		}
	}
	return latest
}

// pointingAt finds words at the start of a sentence that point at something by its
// kind: Dit platform, deze commissie, dat advies.
var pointingAt = regexp.MustCompile(`^(?i:dit|dat|deze|die|het) (\p{Ll}{4,})\b`)

// named is the sentence of a candidate with the name of what it points at in square
// brackets: "Dit platform [Arboplatform] …". The name comes from the sentences before
// it, its headings or its title; where none has it, or the sentence is said after the
// one it points at, the sentence stays as it is.
func (c *candidate) named(before *candidate) string {
	m := pointingAt.FindStringSubmatchIndex(c.text)
	if m == nil || before != nil && before == c.prev || opensTitle.MatchString(c.text[m[1]:]) {
		return c.text
	}
	kind := c.text[m[2]:m[3]]
	var found string
	// Only what the verifier can see may name it: the headings and the title.
	for _, text := range append([]string{c.passage.Document.Title}, c.passage.Heading...) {
		if name := nameOfKind(text, kind); name != "" {
			found = name
		}
	}
	if found == "" || strings.Contains(c.text, found) {
		return c.text
	}
	return c.text[:m[1]] + " [" + found + "]" + c.text[m[1]:]
}

// opensTitle is a title that says which publication is meant: het advies 'AI en werk'.
var opensTitle = re(`^ ['‘"“]`)

// nameOfKind is what a text names of a kind: Arboplatform for platform, "advies
// 2014/04" for advies, or "".
func nameOfKind(text, kind string) string {
	r := []rune(text)
	ws := words(text, "nl")
	for i, w := range ws {
		raw := string(r[w.start:w.end])
		switch {
		case strings.HasSuffix(w.text, kind) && len(w.text) > len(kind)+2 && unicode.IsUpper(r[w.start]):
			return raw
		case w.text == kind && i+1 < len(ws) && (ws[i+1].capital || ws[i+1].number) && !ws[i+1].wide:
			end := i + 1
			for end+1 < len(ws) && (ws[end+1].capital || ws[end+1].number) && !ws[end+1].wide {
				end++
			}
			return string(r[w.start:ws[end].end])
		}
	}
	return ""
}
