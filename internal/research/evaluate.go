package research

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Question is a line of a set of research questions (JSON Lines).
type Question struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"` // history, search, cites or cited_by
	Question string `json:"question"`
	// Of is the publication of cites and cited_by: an id, a number or a title.
	Of string `json:"of,omitempty"`
	// Filters are those of ParseFilters.
	Filters map[string]string `json:"filters,omitempty"`
	// Expect are the publications in order of date, by number, id or title.
	Expect []string `json:"expect"`
	// Positions are, by publication, the patterns (case-insensitive) that one of its
	// positions each must have.
	Positions map[string][]string `json:"positions,omitempty"`
	// Divided are the publications that must be shown as divided, and no other.
	Divided []string `json:"divided,omitempty"`
}

// Case is how one question went.
type Case struct {
	ID     string   `json:"id"`
	Found  []string `json:"found"`
	Missed []string `json:"missed,omitempty"`
	Wrong  []string `json:"wrong,omitempty"`
	Order  bool     `json:"order"` // found in the expected order
	// Unquoted are positions that should have been quoted; Positions counts all that
	// were wanted.
	Unquoted  []string `json:"unquoted,omitempty"`
	Positions int      `json:"positions"`
	// Division lists what was wrongly shown, or not shown, as divided.
	Division []string `json:"division,omitempty"`
}

// Evaluation sums up a set. Recall and precision are of publications over all
// questions together; Quoted is the share of wanted positions that were quoted.
type Evaluation struct {
	Questions int     `json:"questions"`
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
	Ordered   float64 `json:"ordered"`
	Quoted    float64 `json:"quoted"`
	Division  float64 `json:"division"` // share of questions with every division right
	Cases     []Case  `json:"cases"`
}

// ReadQuestions reads a set. Errors name the line.
func ReadQuestions(r io.Reader) ([]Question, error) {
	var out []Question
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var q Question
		d := json.NewDecoder(strings.NewReader(lines.Text()))
		d.DisallowUnknownFields()
		if err := d.Decode(&q); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		switch q.Kind {
		case "history", "search":
		case "cites", "cited_by":
			if q.Of == "" {
				return nil, fmt.Errorf("line %d: a question of kind %s names its publication in of", n, q.Kind)
			}
		default:
			return nil, fmt.Errorf("line %d: kind %q is not history, search, cites or cited_by", n, q.Kind)
		}
		for _, list := range q.Positions {
			for _, p := range list {
				if _, err := regexp.Compile("(?i)" + p); err != nil {
					return nil, fmt.Errorf("line %d: %w", n, err)
				}
			}
		}
		if _, err := ParseFilters(q.Filters); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, q)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading questions: %w", err)
	}
	return out, nil
}

// ParseFilters reads filters as people type them: year=1953-1969, type, commission,
// theme, section, speaker and language with values between commas, and division.
func ParseFilters(fields map[string]string) (q Query, err error) {
	for key, value := range fields {
		values := strings.Split(value, ",")
		for i := range values {
			values[i] = strings.TrimSpace(values[i])
		}
		switch key {
		case "year":
			f, err := corpus.ParseFilter(map[string]string{"year": value})
			if err != nil {
				return q, err
			}
			q.YearFrom, q.YearTo = f.YearFrom, f.YearTo
		case "type":
			q.Types = values
		case "commission":
			q.Commissions = values
		case "theme":
			q.Themes = values
		case "section":
			q.Sections = values
		case "speaker":
			q.Speakers = values
		case "language":
			q.Languages = values
		case "division":
			q.Division = value
		default:
			return q, &corpus.UserError{Code: corpus.CodeBadMessage,
				Message: fmt.Sprintf("unknown filter %q: use year, type, commission, theme, section, speaker, language or division", key)}
		}
	}
	return q, nil
}

// Evaluate asks every question of a set.
func (s *Service) Evaluate(ctx context.Context, set []Question) (Evaluation, error) {
	out := Evaluation{Questions: len(set), Cases: []Case{}}
	expected, found, right, ordered, wanted, quoted, divided := 0, 0, 0, 0, 0, 0, 0
	for _, q := range set {
		c, err := s.ask(ctx, q)
		if err != nil {
			return out, fmt.Errorf("question %s: %w", q.ID, err)
		}
		expected += len(q.Expect)
		found += len(c.Found)
		right += len(q.Expect) - len(c.Missed)
		wanted += c.Positions
		quoted += c.Positions - len(c.Unquoted)
		if c.Order {
			ordered++
		}
		if len(c.Division) == 0 {
			divided++
		}
		out.Cases = append(out.Cases, c)
	}
	share := func(n, of int) float64 {
		if of == 0 {
			return 1
		}
		return float64(n) / float64(of)
	}
	out.Recall, out.Precision, out.Quoted = share(right, expected), share(right, found), share(quoted, wanted)
	out.Ordered, out.Division = share(ordered, len(set)), share(divided, len(set))
	return out, nil
}

// ask asks one question.
func (s *Service) ask(ctx context.Context, q Question) (Case, error) {
	c := Case{ID: q.ID, Found: []string{}}
	n, err := s.refresh(ctx)
	if err != nil {
		return c, err
	}
	place := func(name string) (int, error) {
		if i, ok := n.byTitle[titleKey(name)]; ok && i >= 0 {
			return i, nil
		}
		return n.find(name)
	}
	query, err := ParseFilters(q.Filters)
	if err != nil {
		return c, err
	}
	var got []int
	entries := make(map[int]Entry)
	switch q.Kind {
	case "history":
		h, err := s.History(ctx, q.Question, query)
		if err != nil {
			return c, err
		}
		for _, e := range h.Entries {
			i := n.byID[e.Publication.ID]
			got, entries[i] = append(got, i), e
		}
	case "search":
		query.Limit = MaxLimit
		r, err := s.Search(ctx, query)
		if err != nil {
			return c, err
		}
		for _, h := range r.Publications {
			got = append(got, n.byID[h.Publication.ID])
		}
	default:
		i, err := place(q.Of)
		if err != nil {
			return c, err
		}
		g, err := s.Graph(ctx, n.pubs[i].ID)
		if err != nil {
			return c, err
		}
		list := g.Cites
		if q.Kind == "cited_by" {
			list = g.CitedBy
		}
		for _, r := range list {
			if len(r.Pages) > 0 && r.Publication.ID != "" {
				got = append(got, n.byID[r.Publication.ID])
			}
		}
	}
	var want []int
	for _, name := range q.Expect {
		i, err := place(name)
		if err != nil {
			return c, err
		}
		want = append(want, i)
		if !slices.Contains(got, i) {
			c.Missed = append(c.Missed, name)
		}
		for _, pattern := range q.Positions[name] {
			c.Positions++
			re := regexp.MustCompile("(?i)" + pattern)
			if !slices.ContainsFunc(entries[i].Positions, func(p Position) bool { return re.MatchString(p.Sentence) }) {
				c.Unquoted = append(c.Unquoted, name+": "+pattern)
			}
		}
		if says := entries[i].Division != nil && entries[i].Division.Kind != Unanimous; q.Kind == "history" && says != slices.Contains(q.Divided, name) && q.Divided != nil {
			c.Division = append(c.Division, name)
		}
	}
	var inOrder []int
	for _, i := range got {
		c.Found = append(c.Found, n.pubs[i].ID)
		if slices.Contains(want, i) {
			inOrder = append(inOrder, i)
		} else {
			c.Wrong = append(c.Wrong, n.pubs[i].ID)
		}
	}
	// Expected publications stand in the order of their dates.
	c.Order = slices.Equal(inOrder, slices.DeleteFunc(slices.Clone(want), func(i int) bool { return !slices.Contains(got, i) }))
	return c, nil
}
