package evaluate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Judged is an answer with what somebody judged of it.
type Judged struct {
	Judgement int64
	Date      time.Time
	Question  string // as it was stored: masked
	Lang      string
	Answer    corpus.Answer
	Verdict   Verdict
	Sentences map[int]Verdict // by number, from 1
	Sources   []JudgedSource  // where the right answer stands
}

// JudgedSource is a place that the reviewer picked, with its words.
type JudgedSource struct {
	Document string
	Page     int
	Text     string
}

// Propose makes a case of a judged answer, for an editor to look at: what is expected are
// the numbers, names and rarest words of what is right, which is where the reviewer said
// the right answer stands, else the sentences that were judged right.
func Propose(j Judged) Case {
	origin := OriginOn(OriginJudgement, j.Date)
	origin.Judgement = j.Judgement
	c := Case{
		Question: Question{
			ID: fmt.Sprintf("oordeel-%d", j.Judgement), Lang: j.Lang, Question: j.Question,
			Tags: []string{"oordeel"}, Kind: string(j.Verdict),
		},
		Origin: &origin,
	}
	if !slices.Contains(Languages, c.Lang) {
		c.Lang = ""
	}
	declined := !answered(j.Answer.Status)
	switch {
	case j.Verdict == ShouldHaveDeclined, declined && j.Verdict != ShouldHaveAnswered:
		return c // nothing is to be answered
	}
	c.Answerable = true
	var texts []string
	for _, s := range j.Sources {
		texts = append(texts, s.Text)
		c.addSource(Source{s.Document, s.Page})
	}
	if len(texts) == 0 {
		for i, s := range j.Answer.Sentences {
			if !j.rightSentence(i + 1) {
				continue
			}
			texts = append(texts, s.Text)
			for _, n := range s.Citations {
				if n >= 1 && n <= len(j.Answer.Citations) && j.Verdict != WrongSource {
					cite := j.Answer.Citations[n-1]
					c.addSource(Source{cite.Document.ID, cite.Page})
				}
			}
		}
	}
	c.Expect = facts(texts, j.Question)
	return c
}

// Languages are those of questions.
var Languages = []string{"nl", "en"}

// rightSentence reports whether what sentence n says is true: it was judged so, or it was
// not judged and the answer is right.
func (j Judged) rightSentence(n int) bool {
	switch v, judged := j.Sentences[n]; {
	case judged:
		return v == Right || v == WrongSource
	default:
		return j.Verdict == Right || j.Verdict == WrongSource
	}
}

func (c *Case) addSource(s Source) {
	if !slices.Contains(c.Sources, s) {
		c.Sources = append(c.Sources, s)
	}
}

const (
	// maxFacts is how many facts are proposed: an editor takes away what does not matter.
	maxFacts = 6
	// fewFacts is how many there must be before words are no longer added.
	fewFacts = 3
	// longWord is how many letters such a word has at least.
	longWord = 8
)

var (
	citeMark   = regexp.MustCompile(`\[\d+\]`)
	numberText = regexp.MustCompile(`\d+(?:[.,:/-]\d+)*`)
	nameText   = regexp.MustCompile(`\p{Lu}[\p{L}\d]+(?:[ -](?:van |de |der |den |en |voor )*\p{Lu}[\p{L}\d]+)*`)
)

// facts are groups for what the texts say: their numbers, then their names, then their
// longest words, without what the question says already.
func facts(texts []string, question string) [][]string {
	asked := strings.ToLower(question)
	var out [][]string
	seen := make(map[string]bool)
	add := func(word string) {
		low := strings.ToLower(word)
		if len(out) >= maxFacts || seen[low] || strings.Contains(asked, low) {
			return
		}
		seen[low] = true
		pattern := regexp.QuoteMeta(low)
		if numberText.FindString(word) == word {
			pattern = `\b` + pattern + `\b`
		}
		out = append(out, []string{pattern})
	}
	for i, text := range texts {
		texts[i] = citeMark.ReplaceAllString(text, " ")
		for _, n := range numberText.FindAllString(texts[i], -1) {
			add(n)
		}
	}
	for _, text := range texts {
		for _, sentence := range dutch.Sentences(text) {
			said := strings.TrimSpace(string([]rune(text)[sentence.Start:sentence.End]))
			for _, at := range nameText.FindAllStringIndex(said, -1) {
				// The first word of a sentence has its capital anyway.
				name := said[at[0]:at[1]]
				if first, rest, more := strings.Cut(name, " "); more && dutch.IsStopWord(strings.ToLower(first), "nl") {
					name = rest
				}
				if at[0] > 0 || strings.Contains(name, " ") {
					add(name)
				}
			}
		}
	}
	var words []string
	for _, text := range texts {
		letters := []rune(text)
		for _, t := range dutch.Tokens(text) {
			if t.End-t.Start >= longWord && !dutch.IsStopWord(t.Text, "nl") && !dutch.IsStopWord(t.Text, "en") {
				words = append(words, string(letters[t.Start:t.End])) // as it is written: t.Text has no accents
			}
		}
	}
	slices.SortStableFunc(words, func(a, b string) int { return utf8.RuneCountInString(b) - utf8.RuneCountInString(a) })
	for _, w := range words {
		if len(out) >= fewFacts {
			break
		}
		add(w)
	}
	return out
}
