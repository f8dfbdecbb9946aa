package evaluate

import (
	"fmt"
	"slices"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Verdict is what a reviewer thinks of an answer or of one sentence of it.
type Verdict string

// The verdicts, in the order of the keys 1 to 7 that give them.
const (
	Right              Verdict = "right"
	Partly             Verdict = "partly" // right as far as it goes, but not all of it or not all that matters
	Wrong              Verdict = "wrong"
	NotSupported       Verdict = "not_supported"        // may be true, but the cited words do not say so
	WrongSource        Verdict = "wrong_source"         // true, but another source should be cited
	ShouldHaveDeclined Verdict = "should_have_declined" // the question is not to be answered, or not from these documents
	ShouldHaveAnswered Verdict = "should_have_answered" // it was declined, and the documents answer it
)

// Verdicts are all verdicts in their order.
func Verdicts() []Verdict {
	return []Verdict{Right, Partly, Wrong, NotSupported, WrongSource, ShouldHaveDeclined, ShouldHaveAnswered}
}

// VerdictsOf are the verdicts that an answer with this status can get: what claims
// nothing cannot have a wrong source, and only what was declined should have been
// answered.
func VerdictsOf(status corpus.Status) []Verdict {
	if status == corpus.Answered || status == corpus.Partial {
		return []Verdict{Right, Partly, Wrong, NotSupported, WrongSource, ShouldHaveDeclined}
	}
	return []Verdict{Right, Wrong, ShouldHaveAnswered}
}

// SentenceVerdicts are the verdicts that one sentence can get.
func SentenceVerdicts() []Verdict { return []Verdict{Right, Partly, Wrong, NotSupported, WrongSource} }

// Key is the number of the key that gives the verdict, from 1; 0 for none.
func (v Verdict) Key() int { return slices.Index(Verdicts(), v) + 1 }

// Place is where the right answer stands: the code points [Start,End) of a page of a
// version of a document.
type Place struct {
	Document string `json:"document"`
	Version  int    `json:"version"`
	Page     int    `json:"page"`
	Start    int    `json:"start"`
	End      int    `json:"end"`
}

// ParsePlace reads what String writes.
func ParsePlace(s string) (Place, error) {
	var p Place
	if _, err := fmt.Sscanf(s, "%d/%d/%d-%d/%s", &p.Version, &p.Page, &p.Start, &p.End, &p.Document); err != nil || p.String() != s {
		return Place{}, fmt.Errorf("%q is not a place in a document", s)
	}
	if p.Version < 1 || p.Page < 1 || p.Start < 0 || p.End <= p.Start {
		return Place{}, fmt.Errorf("%q is not a place in a document", s)
	}
	return p, nil
}

// String is "version/page/start-end/document", for forms.
func (p Place) String() string {
	return fmt.Sprintf("%d/%d/%d-%d/%s", p.Version, p.Page, p.Start, p.End, p.Document)
}

// Limits of a judgement.
const (
	MaxComment = 2000 // code points
	MaxSources = 5
	// MaxTook is the longest time that is counted: whoever took longer was away.
	MaxTook = time.Hour
)

// Judgement is what one reviewer thinks of one answer.
type Judgement struct {
	ID        int64
	Item      int64  // the number of the answer
	Turn      string // "" when the conversation is gone
	Reviewer  int64
	Verdict   Verdict
	Sentences map[int]Verdict // by number, from 1; those without one were not judged by themselves
	Sources   []Place         // where the right answer stands
	Comment   string          // masked
	Took      time.Duration
	Judged    time.Time
	Changed   time.Time
}

// Check holds the judgement against the answer: its status and its number of
// sentences. The error tells what does not fit.
func (j Judgement) Check(status corpus.Status, sentences int) error {
	bad := func(format string, args ...any) error {
		return &corpus.UserError{Code: corpus.CodeBadMessage, Message: fmt.Sprintf(format, args...)}
	}
	if !slices.Contains(VerdictsOf(status), j.Verdict) {
		return bad("an answer with status %s cannot be judged %q", status, j.Verdict)
	}
	for n, v := range j.Sentences {
		if n < 1 || n > sentences {
			return bad("the answer has no sentence %d", n)
		}
		if !slices.Contains(SentenceVerdicts(), v) {
			return bad("a sentence cannot be judged %q", v)
		}
	}
	if n := len([]rune(j.Comment)); n > MaxComment {
		return bad("the comment has %d characters, at most %d fit", n, MaxComment)
	}
	if n := len(j.Sources); n > MaxSources {
		return bad("%d sources were picked, at most %d fit", n, MaxSources)
	}
	return nil
}
