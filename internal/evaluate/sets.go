package evaluate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Limits of a question set.
const (
	MaxCases = 10_000 // in one version of a set
	maxID    = 100    // characters of a case's id
	maxText  = 4_000  // characters of a question
	maxRules = 200    // expressions of a case
	maxRule  = 1_000  // characters of an expression
)

// FaultCode says what is wrong with a case.
type FaultCode string

// The faults of a case. Detail tells more where there is more to tell.
const (
	FaultJSON       FaultCode = "json"       // the line is not a JSON object
	FaultUTF8       FaultCode = "utf8"       // the line is not UTF-8
	FaultID         FaultCode = "id"         // too long, or with control characters
	FaultTwice      FaultCode = "twice"      // another case has the id
	FaultQuestion   FaultCode = "question"   // missing
	FaultAnswerable FaultCode = "answerable" // missing
	FaultLang       FaultCode = "lang"       // neither nl nor en
	FaultExpect     FaultCode = "expect"     // answerable, and nothing is expected
	FaultGroup      FaultCode = "group"      // empty
	FaultPattern    FaultCode = "pattern"    // not a regular expression
	FaultLength     FaultCode = "length"     // too long
	FaultMany       FaultCode = "many"       // more than MaxCases
	FaultOrigin     FaultCode = "origin"     // not one of the origins
)

// Fault is what is wrong with a case.
type Fault struct {
	Code   FaultCode
	Detail string
}

var faultTexts = map[FaultCode]string{
	FaultJSON:       "this is not a JSON object on one line: %s",
	FaultUTF8:       "the line is not UTF-8: save the file as UTF-8",
	FaultID:         `"id" may have 100 characters and no control characters`,
	FaultTwice:      "the id stands there already: %s already; give each case an id of its own",
	FaultQuestion:   `"question" is missing or empty`,
	FaultAnswerable: `"answerable" is missing: say true or false`,
	FaultLang:       `"lang" is %q: use "nl" or "en"`,
	FaultExpect:     `"expect" is missing: an answerable question needs at least one group`,
	FaultGroup:      "%s: group 1 is empty; put an expression in it or leave it out",
	FaultPattern:    "not a regular expression: %s",
	FaultLength:     "too long: %s",
	FaultMany:       "a set holds at most 10000 cases: make a second one of the rest",
	FaultOrigin:     `"origin" is not known: leave it out`,
}

// Error implements error.
func (f *Fault) Error() string {
	switch f.Code {
	case FaultGroup:
		field, n, _ := strings.Cut(f.Detail, ", ")
		return fmt.Sprintf("%q group %s is empty", field, n)
	case FaultTwice:
		id, line, _ := strings.Cut(f.Detail, ", ")
		return fmt.Sprintf("id %s stands on %s already", id, line)
	}
	if text := faultTexts[f.Code]; strings.Contains(text, "%") {
		return fmt.Sprintf(text, f.Detail)
	}
	return faultTexts[f.Code]
}

// LineFault is a Fault with the line it stands on, counted from 1.
type LineFault struct {
	Line int
	*Fault
}

// LineFaults are all that is wrong with a file.
type LineFaults []LineFault

// Error implements error: the first few of them.
func (f LineFaults) Error() string {
	var b strings.Builder
	for i, one := range f {
		if i == 20 {
			fmt.Fprintf(&b, "\nand %d more", len(f)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "line %d: %v", one.Line, one.Fault)
	}
	return b.String()
}

// OriginKind is where a case comes from.
type OriginKind string

// The origins of cases.
const (
	OriginJudgement OriginKind = "judgement" // somebody judged an answer
	OriginFile      OriginKind = "file"      // imported
	OriginHand      OriginKind = "hand"      // written in the staff area
)

// Origin is where a case comes from. It names no conversation: what it names outlives
// all of them.
type Origin struct {
	Kind OriginKind `json:"kind"`
	Date string     `json:"date"` // 2026-11-22
	// Judgement is the number of the judgement.
	Judgement int64 `json:"judgement,omitempty"`
	// File is the name of the file.
	File string `json:"file,omitempty"`
}

// OriginOn is an origin of this day.
func OriginOn(kind OriginKind, day time.Time) Origin {
	return Origin{Kind: kind, Date: day.Format(time.DateOnly)}
}

func (o Origin) valid() bool {
	_, err := time.Parse(time.DateOnly, o.Date)
	return err == nil && slices.Contains([]OriginKind{OriginJudgement, OriginFile, OriginHand}, o.Kind) && o.Judgement >= 0 &&
		utf8.RuneCountInString(o.File) <= maxID*2 && !strings.ContainsFunc(o.File, unicode.IsControl)
}

// Case is a line of a question set as it is kept: with where it comes from, and with the
// fields that the format does not know, so that nothing of a file is lost.
type Case struct {
	Question
	Origin *Origin                    `json:"origin,omitempty"`
	Notes  map[string]json.RawMessage `json:"-"` // fields of other names
}

// caseFields are the names that are no notes.
var caseFields = []string{"id", "lang", "question", "answerable", "expect", "cite", "sources", "tags", "kind", "origin"}

// MarshalJSON writes the fields in the order of the format, then the notes by name.
func (c Case) MarshalJSON() ([]byte, error) {
	type plain Case // without this method
	var b bytes.Buffer
	if err := encode(&b, plain(c)); err != nil {
		return nil, err
	}
	if len(c.Notes) == 0 {
		return b.Bytes(), nil
	}
	b.Truncate(b.Len() - 1)
	for _, name := range slices.Sorted(maps.Keys(c.Notes)) {
		b.WriteByte(',')
		if err := encode(&b, name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encode(&b, c.Notes[name]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode writes v as JSON without the line break that an Encoder adds.
func encode(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1)
	return nil
}

// UnmarshalJSON reads a case and what else stands beside it.
func (c *Case) UnmarshalJSON(data []byte) error {
	type plain Case
	var p plain
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	*c = Case(p)
	for name, value := range all {
		if slices.ContainsFunc(caseFields, func(f string) bool { return strings.EqualFold(f, name) }) {
			continue
		}
		if c.Notes == nil {
			c.Notes = make(map[string]json.RawMessage)
		}
		c.Notes[name] = value
	}
	return nil
}

// Check tidies a case and readies it to be asked; an error is a *Fault.
func (c *Case) Check() error {
	c.ID = strings.TrimSpace(c.ID)
	c.Question.Question = strings.TrimSpace(c.Question.Question)
	c.Kind = strings.TrimSpace(c.Kind)
	rules := 0
	for _, groups := range [][][]string{c.Expect, c.Cite} {
		for _, g := range groups {
			for _, pattern := range g {
				if rules++; utf8.RuneCountInString(pattern) > maxRule {
					return &Fault{FaultLength, fmt.Sprintf("%.40s… (%d)", pattern, maxRule)}
				}
			}
		}
	}
	switch {
	case c.ID == "" || utf8.RuneCountInString(c.ID) > maxID || strings.ContainsFunc(c.ID, unicode.IsControl):
		return &Fault{Code: FaultID}
	case utf8.RuneCountInString(c.Question.Question) > maxText:
		return &Fault{FaultLength, fmt.Sprintf("question (%d)", maxText)}
	case utf8.RuneCountInString(c.Kind) > maxID:
		return &Fault{FaultLength, fmt.Sprintf("kind (%d)", maxID)}
	case rules > maxRules:
		return &Fault{FaultLength, fmt.Sprintf("expect, cite (%d)", maxRules)}
	case len(c.Tags) > maxRules || len(c.Sources) > maxRules:
		return &Fault{FaultLength, fmt.Sprintf("tags, sources (%d)", maxRules)}
	case c.Origin != nil && !c.Origin.valid():
		return &Fault{Code: FaultOrigin}
	}
	// What is empty is as what is not there.
	if len(c.Expect) == 0 {
		c.Expect = nil
	}
	if len(c.Cite) == 0 {
		c.Cite = nil
	}
	if len(c.Sources) == 0 {
		c.Sources = nil
	}
	if len(c.Tags) == 0 {
		c.Tags = nil
	}
	return c.Prepare()
}

// ReadCases reads a question set with all that stands in it. A file with mistakes gives
// none of its cases and every mistake, as LineFaults. Cases without an id get the number
// of their line, those without an origin the one given.
func ReadCases(r io.Reader, origin Origin) ([]Case, error) {
	var cases []Case
	var faults LineFaults
	seen := make(map[string]int)
	fault := func(line int, f *Fault) { faults = append(faults, LineFault{line, f}) }
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 64<<10), longestLine)
	line := 0
	for scanner.Scan() {
		line++
		text := scanner.Bytes()
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if !utf8.Valid(text) {
			fault(line, &Fault{Code: FaultUTF8})
			continue
		}
		c, f := readCase(text, line)
		if f != nil {
			fault(line, f)
			continue
		}
		if first, ok := seen[c.ID]; ok {
			fault(line, &Fault{FaultTwice, fmt.Sprintf("%q, line %d", c.ID, first)})
			continue
		}
		seen[c.ID] = line
		if c.Origin == nil {
			o := origin
			c.Origin = &o
		}
		if cases = append(cases, c); len(cases) > MaxCases {
			return nil, LineFaults{{line, &Fault{Code: FaultMany}}}
		}
	}
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		fault(line+1, &Fault{FaultLength, fmt.Sprintf("line (%d)", longestLine)})
	case err != nil:
		return nil, fmt.Errorf("read a question set: %w", err)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	if len(cases) == 0 {
		return nil, LineFaults{{1, &Fault{Code: FaultQuestion}}}
	}
	return cases, nil
}

func readCase(text []byte, line int) (Case, *Fault) {
	var c Case
	var there struct {
		Answerable *bool `json:"answerable"`
	}
	err := json.Unmarshal(text, &c)
	if err == nil {
		err = json.Unmarshal(text, &there)
	}
	if err == nil && text[0] != '{' {
		err = errors.New("null")
	}
	if err != nil {
		return c, &Fault{FaultJSON, strings.TrimPrefix(err.Error(), "json: ")}
	}
	if there.Answerable == nil {
		return c, &Fault{Code: FaultAnswerable}
	}
	if strings.TrimSpace(c.ID) == "" {
		c.ID = fmt.Sprintf("line-%d", line)
	}
	if err := c.Check(); err != nil {
		var f *Fault
		if errors.As(err, &f) {
			return c, f
		}
		return c, &Fault{FaultJSON, err.Error()}
	}
	return c, nil
}

// WriteCases writes a question set, one case on a line.
func WriteCases(w io.Writer, cases []Case) error {
	var b bytes.Buffer
	for _, c := range cases {
		if err := encode(&b, c); err != nil {
			return fmt.Errorf("write case %q: %w", c.ID, err)
		}
		b.WriteByte('\n')
		if _, err := w.Write(b.Bytes()); err != nil {
			return fmt.Errorf("write a question set: %w", err)
		}
		b.Reset()
	}
	return nil
}

// Questions are the questions of cases that were checked.
func Questions(cases []Case) []Question {
	out := make([]Question, len(cases))
	for i, c := range cases {
		out[i] = c.Question
	}
	return out
}

// Set is a named question set.
type Set struct {
	ID      int64
	Name    string
	About   string
	Created time.Time
	// Versions are all of them, the newest first. Only the newest can be a draft.
	Versions []SetVersion
}

// Newest is the newest version.
func (s Set) Newest() SetVersion {
	if len(s.Versions) == 0 {
		return SetVersion{}
	}
	return s.Versions[0]
}

// Version is the one with this number; false when there is none.
func (s Set) Version(number int) (SetVersion, bool) {
	for _, v := range s.Versions {
		if v.Number == number {
			return v, true
		}
	}
	return SetVersion{}, false
}

// SetVersion is a version of a set. Once a run used it, it never changes: the next change
// of the set makes the next version.
type SetVersion struct {
	ID      int64
	Number  int // counts from 1
	Cases   int
	Created time.Time
	Used    time.Time // zero: a draft that may change
}

// Draft reports whether the version may still change.
func (v SetVersion) Draft() bool { return v.Used.IsZero() }

// Limits of the names of sets, in characters.
const (
	MaxSetName  = 100
	MaxSetAbout = 2_000
)

// Errors of what people do with question sets and runs.
var (
	ErrRunOpen  = errors.New("the run is not done")
	ErrNoSet    = &corpus.UserError{Code: corpus.CodeNotFound, Message: "Deze vragenlijst is er niet."}
	ErrNoCase   = &corpus.UserError{Code: corpus.CodeNotFound, Message: "Deze vraag staat niet in de lijst."}
	ErrSetNamed = errors.New("there is a question set of that name")
	ErrSetEmpty = errors.New("a question set without cases cannot be asked")
	ErrSetUsed  = errors.New("a question set that was measured is kept")
	ErrSetFull  = fmt.Errorf("a question set holds at most %d cases", MaxCases)
)
