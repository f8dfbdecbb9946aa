package corpus

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Filter narrows retrieval. The zero Filter lets everything through; values
// within one field are alternatives, fields narrow each other.
type Filter struct {
	Documents []string `json:"document,omitempty"` // document ids
	Types     []string `json:"type,omitempty"`
	YearFrom  int      `json:"year_from,omitempty"` // inclusive; 0 is open
	YearTo    int      `json:"year_to,omitempty"`
}

// IsZero reports whether f lets everything through.
func (f Filter) IsZero() bool {
	return len(f.Documents) == 0 && len(f.Types) == 0 && f.YearFrom == 0 && f.YearTo == 0
}

// Allows reports whether a document with these properties passes.
func (f Filter) Allows(document, kind string, year int) bool {
	return (len(f.Documents) == 0 || slices.Contains(f.Documents, document)) &&
		(len(f.Types) == 0 || slices.Contains(f.Types, kind)) &&
		(f.YearFrom == 0 || year >= f.YearFrom) &&
		(f.YearTo == 0 || (year != 0 && year <= f.YearTo))
}

// ParseFilter reads filters as clients write them: document=ID[,ID],
// type=TYPE[,TYPE], year=2014 or year=2010-2015 (either side may be left out).
func ParseFilter(fields map[string]string) (Filter, error) {
	var f Filter
	for key, value := range fields {
		value = strings.TrimSpace(value)
		if value == "" {
			return Filter{}, &UserError{Code: CodeBadMessage, Message: fmt.Sprintf("filter %s has no value", key)}
		}
		switch key {
		case "document":
			f.Documents = splitList(value)
		case "type":
			f.Types = splitList(value)
		case "year":
			from, to, isRange := strings.Cut(value, "-")
			if !isRange {
				to = from
			}
			var err error
			if f.YearFrom, err = parseYear(from); err != nil {
				return Filter{}, err
			}
			if f.YearTo, err = parseYear(to); err != nil {
				return Filter{}, err
			}
			if f.YearTo != 0 && f.YearFrom > f.YearTo {
				return Filter{}, &UserError{Code: CodeBadMessage, Message: fmt.Sprintf("filter year=%s runs backwards", value)}
			}
		default:
			return Filter{}, &UserError{Code: CodeBadMessage, Message: fmt.Sprintf("unknown filter %q: use document, type or year", key)}
		}
	}
	return f, nil
}

func splitList(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func parseYear(s string) (int, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, nil
	}
	y, err := strconv.Atoi(s)
	if err != nil || y < 1000 || y > 9999 {
		return 0, &UserError{Code: CodeBadMessage, Message: fmt.Sprintf("%q is not a year", s)}
	}
	return y, nil
}
