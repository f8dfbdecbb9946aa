package answer

import (
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// ModelEditorial is Answer.Model for answers that people wrote.
const ModelEditorial = "redactie"

// Editorial knows what people decided about questions. It is asked before anything
// else, must answer at once, and may be used by many goroutines.
type Editorial interface {
	// Pinned is the answer that people wrote for the question with this PinKey.
	Pinned(lang, key string) (Pin, bool)
	// ScopeTerms are the words that make a question out of scope.
	ScopeTerms() []ScopeTerm
}

// Pin is an answer that people wrote for a question. Its quotes were read from the
// stored pages by code; a pin with a source that is withdrawn or gone is none.
type Pin struct {
	Lang      string
	Written   corpus.Date
	Sentences []corpus.Sentence // each with the numbers of its citations, at least one
	Citations []corpus.Citation
	Years     []int // of the citations' documents, for filters
}

// allowed reports whether a filter lets all sources of the pin through.
func (p Pin) allowed(f corpus.Filter) bool {
	for i, c := range p.Citations {
		if !f.Allows(c.Document.ID, c.Document.Type, p.Years[i]) {
			return false
		}
	}
	return true
}

// unheard are the words that make no difference between two questions: articles, the
// present of to be and to have, and what is said out of politeness. All other words
// count: question words, negations, prepositions, verbs in the past.
var unheard = map[string]map[string]bool{
	"nl": wordSet("de het een den der des er is zijn ben bent heeft heb hebt hebben eigenlijk even graag alstublieft alsjeblieft aub nou"),
	"en": wordSet("the a an is are am has have do does please actually"),
}

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// PinKey is what two questions in lang have in common when one pinned answer serves
// both: the stems of all their words but a few that carry nothing, in any order. It is
// "" for a question of nothing else. Spelling, capitals, accents and punctuation make
// no difference; a word more, fewer or other does.
func PinKey(question, lang string) string {
	stem := dutch.Stem
	if lang == "en" {
		stem = dutch.StemEnglish
	}
	var stems []string
	for _, t := range dutch.Tokens(question) {
		if !unheard[lang][t.Text] {
			stems = append(stems, stem(t.Text))
		}
	}
	slices.Sort(stems)
	return strings.Join(stems, " ")
}

// ScopeTerm is a word or phrase that makes a question out of scope.
type ScopeTerm struct {
	Phrase  string
	Message map[string]string // what is said, by language
}

// ScopeKey is how a phrase of a scope term is compared: its words by stem, in order.
// It is "" for a phrase without a word.
func ScopeKey(phrase string) string { return strings.Join(scopeStems(phrase), " ") }

func scopeStems(text string) []string {
	tokens := dutch.Tokens(text)
	stems := make([]string, len(tokens))
	for i, t := range tokens {
		stems[i] = dutch.Stem(t.Text)
	}
	return stems
}

// In reports whether the term's phrase stands in a question: all its words, by their
// Dutch stems, one after the other.
func (t ScopeTerm) In(question string) bool {
	want := scopeStems(t.Phrase)
	if len(want) == 0 {
		return false
	}
	said := scopeStems(question)
	for i := range said {
		if i+len(want) <= len(said) && slices.Equal(said[i:i+len(want)], want) {
			return true
		}
	}
	return false
}

// editorial ends the turn with what people decided about its question, if they did:
// the answer they wrote, or that it is out of scope. A question that only follows on
// from another is never taken for a pinned one.
func (t *turn) editorial() (decision string, err error) {
	e := t.service.editorial
	if e == nil {
		return "", nil
	}
	if !t.u.FollowUp {
		for _, lang := range []string{"nl", "en"} {
			key := PinKey(t.request.Question, lang)
			if pin, ok := e.Pinned(lang, key); ok && key != "" && pin.allowed(t.request.Filter) {
				return "an answer that people wrote", t.pinned(pin)
			}
		}
	}
	for _, term := range e.ScopeTerms() {
		if term.In(t.request.Question) {
			a := &t.result.Answer
			a.Lang, a.Corpus = t.u.Lang, t.service.retriever.State()
			a.Status, a.Completeness, a.Text = corpus.OutOfScope, corpus.None, term.Message[t.u.Lang]
			t.done = true
			return "out of scope by a term of the staff", nil
		}
	}
	return "", nil
}

// pinned says the answer that people wrote.
func (t *turn) pinned(pin Pin) error {
	a := &t.result.Answer
	a.Lang, a.Corpus, a.Model, a.AIGenerated, a.Written = pin.Lang, t.service.retriever.State(), ModelEditorial, false, pin.Written
	a.Notice = writtenBy(pin)
	sent := 0
	for i, s := range pin.Sentences {
		for _, n := range s.Citations {
			for ; sent < n; sent++ {
				if err := t.emit(pin.Citations[sent]); err != nil {
					return err
				}
			}
		}
		if err := t.emit(IndexedSentence{Index: i, Sentence: s}); err != nil {
			return err
		}
		if i == 0 {
			a.Timing.FirstSentence = t.since()
		}
	}
	a.Sentences, a.Citations = slices.Clone(pin.Sentences), slices.Clone(pin.Citations[:sent])
	a.Status, a.Completeness, a.Text = corpus.Answered, corpus.Complete, text(a.Sentences)
	t.done = true
	return nil
}

// writtenBy tells the reader who wrote the answer and when.
func writtenBy(pin Pin) string {
	day := string(pin.Written)
	if pin.Lang == "en" {
		return "This answer was written by the editors, on " + day + "."
	}
	if len(day) == len("2006-01-02") {
		day = day[8:] + "-" + day[5:7] + "-" + day[:4]
	}
	return "Dit antwoord is geschreven door de redactie, op " + day + "."
}
