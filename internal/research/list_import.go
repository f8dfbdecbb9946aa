package research

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Match is an entry of a bibliography with its publication.
type Match struct {
	Listed      Listed      `json:"listed"`
	Publication Publication `json:"publication"`
	By          string      `json:"by"` // "number" or "title"
}

// Import is what of a bibliography is known here.
type Import struct {
	Found   []Match  `json:"found"`
	Unknown []Listed `json:"unknown"`
}

// Import looks up the entries of a bibliography in RIS or BibTeX: by number, and else
// by title and year. A file that cannot be read is a *corpus.UserError in lang.
func (s *Service) Import(ctx context.Context, content []byte, lang string) (Import, error) {
	listed, err := ParseBibliography(content, lang)
	if err != nil {
		return Import{}, err
	}
	n, err := s.refresh(ctx)
	if err != nil {
		return Import{}, err
	}
	return lookUp(n.pubs, listed), nil
}

// lookUp finds the publications of entries. A title that several publications have is
// told apart by the year; what remains ambiguous is unknown.
func lookUp(pubs []Publication, listed []Listed) Import {
	byNumber, byTitle := make(map[string][]int), make(map[string][]int)
	for i, p := range pubs {
		if p.Number != "" {
			byNumber[p.Number] = append(byNumber[p.Number], i)
		}
		if t := plainTitle(p.Title); t != "" {
			byTitle[t] = append(byTitle[t], i)
		}
	}
	out := Import{Found: []Match{}, Unknown: []Listed{}}
	for _, l := range listed {
		if number := corpus.PublicationNumber(l.Number, l.Year); number != "" {
			if i, ok := best(pubs, byNumber[number], 0); ok {
				out.Found = append(out.Found, Match{l, pubs[i], "number"})
				continue
			}
		}
		if i, ok := best(pubs, byTitle[plainTitle(l.Title)], l.Year); ok {
			out.Found = append(out.Found, Match{l, pubs[i], "title"})
			continue
		}
		out.Unknown = append(out.Unknown, l)
	}
	return out
}

// best is the one publication of a year (0: of any), or its final edition when there
// are drafts besides.
func best(pubs []Publication, among []int, year int) (int, bool) {
	found, finals := -1, 0
	for _, i := range among {
		if y := pubs[i].Date.Year(); year != 0 && y != 0 && y != year {
			continue
		}
		switch final := pubs[i].Edition == corpus.EditionFinal; {
		case final:
			found, finals = i, finals+1
		case found < 0:
			found = i
		}
	}
	return found, found >= 0 && finals <= 1
}

// plainTitle keeps the letters and digits of a title, for comparing.
func plainTitle(s string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn))), s)
	if err != nil { // of the transformers none fails on a string
		plain = s
	}
	return strings.Join(strings.FieldsFunc(strings.ToLower(plain), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
}
