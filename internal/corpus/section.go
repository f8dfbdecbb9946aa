package corpus

import (
	"regexp"
	"strings"
)

// SectionKind says what part of a publication a passage stands in. Who speaks
// differs: a minority note is not the Council's view, an annex may be someone
// else's text, and a colophon answers nothing.
type SectionKind string

// The kinds of section.
const (
	SectionText       SectionKind = ""           // no heading says what it is
	SectionSummary    SectionKind = "summary"    // the whole publication in short
	SectionPreface    SectionKind = "preface"    // before the text, often the chair's own words
	SectionChapter    SectionKind = "chapter"    // the text itself
	SectionConclusion SectionKind = "conclusion" // what the Council concludes and recommends
	SectionMinority   SectionKind = "minority"   // the view of some members, against the others
	SectionAnnex      SectionKind = "annex"      // beside the text: a request, figures, others' contributions
	SectionLiterature SectionKind = "literature" // lists of sources and notes
	SectionContents   SectionKind = "contents"   // lists of chapters, figures, tables
	SectionColophon   SectionKind = "colophon"   // who made and sells the publication
)

// SectionKinds are all there are.
func SectionKinds() []SectionKind {
	return []SectionKind{SectionText, SectionSummary, SectionPreface, SectionChapter, SectionConclusion,
		SectionMinority, SectionAnnex, SectionLiterature, SectionContents, SectionColophon}
}

var (
	sectionNumber = regexp.MustCompile(`^(?:(?:hoofdstuk|deel|chapter|part)\s+)?(?:\d{1,2}(?:\.\d{1,2})*|[ivx]{1,5}|[a-z])[.):\s–—-]+\s*`)
	sectionRules  = []struct {
		kind SectionKind
		is   *regexp.Regexp
	}{
		{SectionSummary, regexp.MustCompile(`^(?:(?:management|publieks|beleids|korte |english |engelse |executive )?(?:samenvatting|summary)|in het kort|het advies in het kort|kern van het advies|hoofdlijnen(?: van het advies)?)(?:$|[:,]|\s+(?:en|and|van|of)\s)`)},
		{SectionPreface, regexp.MustCompile(`^(?:voorwoord|woord vooraf|vooraf|ten geleide|preface|foreword)(?:$|[:,]|\s+(?:van|by|from)\s)`)},
		{SectionAnnex, regexp.MustCompile(`^(?:bijlagen?|appendi(?:x|ces)|annex(?:es)?|addendum)\b`)},
		{SectionLiterature, regexp.MustCompile(`^(?:(?:geraadpleegde |gebruikte |overzicht )?(?:literatuur|bronnen|literatuurlijst|literatuuropgave|literatuurverwijzingen|bronvermelding|bronnenlijst|referenties|bibliografie)|references|bibliography|(?:eind)?noten|(?:end)?notes)(?:$|\s+en\s)`)},
		{SectionConclusion, regexp.MustCompile(`^(?:(?:algemene |samenvattende |belangrijkste |overkoepelende |general |main |key )?(?:slot|eind|deel|hoofd|beleids)?(?:conclusies?|aanbevelingen|aanbeveling|bevindingen|conclusions?|recommendations?)|slotbeschouwing(?:en)?|slotopmerkingen|tot (?:slot|besluit)|ter afsluiting|concluding (?:remarks|observations))(?:$|[:,]|\s+(?:en|and|of|or|van|by|voor|for)\s)`)},
		{SectionContents, regexp.MustCompile(`^(?:inhoud|inhoudsopgave|(?:table of )?contents|(?:lijst van|overzicht van|list of) (?:figuren|tabellen|kaders|figures|tables|boxes)(?: (?:en|and) (?:figuren|tabellen|kaders|figures|tables|boxes))*)$`)},
		{SectionColophon, regexp.MustCompile(`^(?:colofon|colophon|imprint|(?:overzicht van )?(?:recente |eerdere )?publicaties(?: van de ser)?|bestellen|contactgegevens)$`)},
	}
	minorityView = regexp.MustCompile(`\b(?:minderheids\w+|(?:standpunt|opvatting|nota|advies|visie)\s+van\s+(?:de|een)\s+minderheid|minority\s+(?:note|view|opinion|position|report|statement)|dissenting\s+(?:view|opinion)|afwijkend(?:e)?\s+(?:standpunt|mening|opvatting|stemverklaring)|stemverklaring)`)
	numbered     = regexp.MustCompile(`^(?:hoofdstuk|deel|chapter|part)\s+\w+|^\d{1,2}(?:\.\d{1,2})*[.)]?\s+\S`)
)

// Section tells the kind of section from the path of headings above a passage,
// outermost first. A minority note counts wherever it stands; of the other
// kinds the outermost heading decides, so that a summary in an annex is annex.
func Section(heading []string) SectionKind {
	folded := make([]string, len(heading))
	for i, h := range heading {
		folded[i] = strings.ToLower(strings.Join(strings.Fields(h), " "))
		if minorityView.MatchString(folded[i]) {
			return SectionMinority
		}
	}
	chapter := false
	for _, h := range folded {
		bare := sectionNumber.ReplaceAllString(h, "")
		for _, r := range sectionRules {
			if r.is.MatchString(h) || r.is.MatchString(bare) {
				return r.kind
			}
		}
		chapter = chapter || numbered.MatchString(h)
	}
	if chapter {
		return SectionChapter
	}
	return SectionText
}
