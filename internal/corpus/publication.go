package corpus

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// firstYear is the year the SER began: a year of two digits below 50 is of this
// century, the others of the last one.
const firstYear = 50

var publicationNumber = regexp.MustCompile(`(?i)^(?:(?:ser[- ]?)?(?:brief|ontwerp)?advies|publicatie(?:nummer)?|uitgave|rapport|verkenning)?\s*(?:nr\.?|no\.?|nummer|number)?\s*:?\s*(?:(\d{4}|\d{2})\s*[/-]\s*)?0*(\d{1,3})([a-z]?)$`)

// PublicationNumber writes the number of a publication in the one form that is
// stored, compared and shown; it stands for one year and number, so that it is the
// key of a publication too: 14/04 for 2014/04, 14/4, "ADVIES 14-04" and "nr. 14/04";
// 1953/05 for 53/05. A number without its year, such as NR.4, is completed by
// year, the year of publication, unless that is 0. What is no such number is "".
func PublicationNumber(s string, year int) string {
	m := publicationNumber.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return ""
	}
	if m[1] == "" && (year == 0 || !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })) {
		return "" // a bare "4" may be anything
	}
	if m[1] != "" {
		var err error
		if year, err = strconv.Atoi(m[1]); err != nil {
			return ""
		}
		switch {
		case len(m[1]) == 2 && year < firstYear:
			year += 2000
		case len(m[1]) == 2:
			year += 1900
		}
	}
	number, err := strconv.Atoi(m[2])
	if err != nil || number == 0 || year < 1900+firstYear || year >= 2000+firstYear {
		return ""
	}
	if year >= 2000 {
		return fmt.Sprintf("%02d/%02d%s", year-2000, number, strings.ToLower(m[3]))
	}
	return fmt.Sprintf("%d/%02d%s", year, number, strings.ToLower(m[3]))
}

// Edition tells the states of a publication apart that may exist side by side.
type Edition string

// The editions of a publication.
const (
	EditionFinal    Edition = ""
	EditionDraft    Edition = "draft"    // for the Council's meeting: ontwerpadvies
	EditionMinister Edition = "minister" // the version that was offered to the minister
)

// RelationKind says how a publication stands to another one.
type RelationKind string

// The kinds of relation.
const (
	Supersedes RelationKind = "supersedes" // takes the place of the other
	Revises    RelationKind = "revises"    // changes the position of the other
	Confirms   RelationKind = "confirms"   // repeats the position of the other
	Reply      RelationKind = "reply"      // is answered by the other: the cabinet's reply
)

// Relation leads from one publication to another.
type Relation struct {
	Kind RelationKind `json:"kind"`
	// Target is a normalised number, the id of a publication, an address, or a
	// title as the catalogue names it.
	Target string `json:"target"`
	// Publication is the id of the publication that Target names, or "" when the
	// catalogue has none or several.
	Publication string `json:"publication,omitempty"`
}

// Publication is an entry of the catalogue: what is known of a publication,
// whether its text is in the corpus or not.
type Publication struct {
	ID string `json:"id"` // stable as long as number, or title and year, stay
	Metadata
	Edition    Edition    `json:"edition,omitempty"`
	Commission string     `json:"commission,omitempty"`
	Themes     []string   `json:"themes,omitempty"`
	Summary    string     `json:"summary,omitempty"`  // one line, in words of the catalogue's makers
	Original   string     `json:"original,omitempty"` // address of the document itself
	Seen       string     `json:"seen,omitempty"`     // address where the entry's facts were seen
	Relations  []Relation `json:"relations,omitempty"`
	// Document is the id of its document in the corpus; "" when that is absent.
	Document string `json:"document,omitempty"`
}
