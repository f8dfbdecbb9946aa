package office

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

// What diff says, applied to a, makes b; and nothing is said to stay that did not.
func TestDiffLeadsFromOneToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"de", "raad", "telt", "33", "leden"}), 0, 30)
		a, b := words.Draw(t, "a"), words.Draw(t, "b")
		var was, now []string
		for _, c := range evaluate.DiffWords(a, b, " ") {
			if c.Kind != evaluate.EditInserted {
				was = append(was, strings.Fields(c.Text)...)
			}
			if c.Kind != evaluate.EditDeleted {
				now = append(now, strings.Fields(c.Text)...)
			}
		}
		if !slices.Equal(was, a) && len(was)+len(a) > 0 || !slices.Equal(now, b) && len(now)+len(b) > 0 {
			t.Fatalf("from %q to %q it says %q and %q", a, b, was, now)
		}
	})
}

func TestComparePages(t *testing.T) {
	t.Parallel()
	pages := func(texts ...string) (out []corpus.Page) {
		for i, text := range texts {
			out = append(out, corpus.Page{Number: i + 1, Text: text})
		}
		return out
	}
	changed, same, more := comparePages(pages("een", "de raad telt 33 leden", "drie", "weg"), pages("een", "nieuw", "de raad telt 36 leden", "drie"))
	if same != 2 || more != 0 || len(changed) != 3 {
		t.Fatalf("%+v, %d the same, %d more", changed, same, more)
	}
	if c := changed[0]; c.Before != 2 || c.Now != 2 {
		t.Errorf("first change %+v", c)
	}
	if c := changed[1]; c.Before != 0 || c.Now != 3 {
		t.Errorf("second change %+v", c)
	}
	if c := changed[2]; c.Before != 4 || c.Now != 0 || c.Words[0].Kind != evaluate.EditDeleted {
		t.Errorf("third change %+v", c)
	}
	long := strings.Repeat("woord ", 100)
	changed, _, _ = comparePages(pages(long+"33"), pages(long+"36"))
	if len(changed) != 1 || len(changed[0].Words) != 4 || changed[0].Words[0].Kind != editGap || len(strings.Fields(changed[0].Words[1].Text)) != diffContext {
		t.Errorf("%+v", changed)
	}
}

func TestRecordIsHeldAgainstTheStandard(t *testing.T) {
	t.Parallel()
	facts := Facts{Operator: "Sociaal-Economische Raad", Contact: "info@example.org", Retention: 720 * time.Hour, PublicURL: "https://vraagbaak.example.org", Masked: []string{"bsn"}}
	if faults := DraftRecord(facts).Validate(); len(faults) != 0 {
		t.Fatalf("the record that the program makes: %+v", faults)
	}
	if faults := DraftRecord(Facts{}).Validate(); len(faults) != 2 || faults[0].Field != "organization" || faults[1].Field != "contact_email" {
		t.Errorf("without an operator: %+v", faults)
	}
	facts.Model, facts.ModelHost = "mistral", "model.example.org"
	if got := DraftRecord(facts)["methods_and_models"]; !strings.Contains(got, "mistral") {
		t.Errorf("the model is not named: %s", got)
	}
	for _, test := range []struct{ field, value, kind string }{
		{"name", strings.Repeat("é", 100), ""},
		{"name", strings.Repeat("é", 101), "long"},
		{"name", " ", "missing"},
		{"description_short", strings.Repeat("a", 351), "long"},
		{"status", "in gebruik", "choice"},
		{"publication_category", "Hoog-risico AI-systeem", ""},
		{"category", "Werk\nVerkeer", ""},
		{"category", "Werk\nSport", "choice"},
		{"begin_date", "2026-01", ""},
		{"begin_date", "2026-13", "month"},
		{"begin_date", "januari 2026", "month"},
		{"contact_email", "https://example.org/contact", ""},
		{"contact_email", "bel ons", "contact"},
		{"website", "http://example.org", "url"},
		{"lawful_basis_grouping", "Wet op de SER https://wetten.overheid.nl/BWBR0002058", ""},
		{"lawful_basis_grouping", "Wet op de SER", "links"},
		{"impacttoetsen_grouping", "DPIA", ""},
		{"impacttoetsen_grouping", "DPIA ftp://example.org", "links"},
		{"lang", "eng", "choice"},
	} {
		r := DraftRecord(facts)
		r[test.field] = test.value
		faults := r.Validate()
		switch {
		case test.kind == "" && len(faults) != 0:
			t.Errorf("%s %q: %+v", test.field, test.value, faults)
		case test.kind != "" && (len(faults) != 1 || faults[0].Field != test.field || faults[0].Kind != test.kind):
			t.Errorf("%s %q: %+v, want %s", test.field, test.value, faults, test.kind)
		}
	}
	r := DraftRecord(facts)
	r["begin_date"], r["end_date"] = "2026-05", "2026-04"
	if faults := r.Validate(); len(faults) != 1 || faults[0].Kind != "order" {
		t.Errorf("an end before the beginning: %+v", faults)
	}
}

func TestRecordIsExported(t *testing.T) {
	t.Parallel()
	r := DraftRecord(Facts{Operator: "SER", Contact: "info@example.org"})
	r["lawful_basis_grouping"] = "Wet op de SER https://wetten.overheid.nl/BWBR0002058"
	content, err := json.Marshal(r.Object())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Category []string     `json:"category"`
		Links    []RecordLink `json:"lawful_basis_grouping"`
		Lang     string       `json:"lang"`
		Standard string       `json:"standard_version"`
		End      *string      `json:"end_date"`
	}
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Category) != 2 || len(got.Links) != 1 || got.Links[0] != (RecordLink{"Wet op de SER", "https://wetten.overheid.nl/BWBR0002058"}) ||
		got.Lang != "nld" || got.Standard != "1.0" || got.End != nil {
		t.Errorf("%+v", got)
	}
	table, err := r.CSV()
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil || len(lines) != 2 || len(lines[0]) != len(RecordFields()) || lines[0][0] != "name" || lines[1][0] != "Vraagbaak" {
		t.Errorf("%q, %v", lines, err)
	}
}

func FuzzRecordLinks(f *testing.F) {
	f.Add("Wet https://a.nl\n- x: http://b")
	f.Add("\t://")
	f.Fuzz(func(t *testing.T, value string) {
		for _, l := range recordLinks(value) {
			if l.Title == "" && l.Link == "" {
				t.Errorf("%q gives an empty link", value)
			}
		}
		for _, fault := range (Record{"lawful_basis_grouping": value}).Validate() {
			if fault.Kind == "" {
				t.Errorf("%q gives a fault without a kind", value)
			}
		}
	})
}

func TestAccountTexts(t *testing.T) {
	t.Parallel()
	facts := Facts{Operator: "SER & co <b>", Retention: 48 * time.Hour, Model: "groot", ModelHost: "model.example.org", Masked: []string{"bsn", "iban"}, FourEyes: true}
	for _, name := range []string{"dpia", "verwerkingsregister"} {
		text, err := accountabilityText(name, facts, 12, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"22-11-2026", "SER & co <b>", "model.example.org", "2 dagen", "burgerservicenummers, bankrekeningnummers", "tweede persoon", "[naam en contactgegevens]"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
		if strings.Contains(text, "<no value>") || strings.Contains(text, "{{") {
			t.Errorf("%s is not filled:\n%s", name, text)
		}
		content, err := markdownDOCX(text)
		if err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range z.File {
			part, err := file.Open()
			if err != nil {
				t.Fatal(err)
			}
			decoder := xml.NewDecoder(part)
			var said strings.Builder
			for {
				token, err := decoder.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s in %s.docx: %v", file.Name, name, err)
				}
				if text, ok := token.(xml.CharData); ok {
					said.Write(text)
				}
			}
			if file.Name == "word/document.xml" && !strings.Contains(said.String(), "SER & co <b>") {
				t.Errorf("%s.docx says %s", name, said.String())
			}
		}
	}
	if _, err := accountabilityText("../office", facts, 1, time.Now()); err == nil {
		t.Error("a text that does not exist")
	}
}

func TestBannerHasItsTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s := PublicState{Banner: Text{"Onderhoud", "Maintenance"}}
	for _, test := range []struct {
		from, until time.Time
		shown       bool
	}{
		{time.Time{}, time.Time{}, true},
		{now, time.Time{}, true},
		{now.Add(time.Second), time.Time{}, false},
		{time.Time{}, now, false},
		{now.Add(-time.Hour), now.Add(time.Hour), true},
	} {
		s.From, s.Until = test.from, test.until
		if got := s.BannerIn("en", now); (got == "Maintenance") != test.shown {
			t.Errorf("from %v until %v: %q", test.from, test.until, got)
		}
	}
}

func TestReferencesInForms(t *testing.T) {
	t.Parallel()
	s := PinSource{Reference: corpus.Reference{Document: "een-advies", Version: 2, Page: 3, Start: 0, End: 12}}
	if got, ok := parseReference(s.Key()); !ok || got != s.Reference {
		t.Errorf("%s is read as %+v, %v", s.Key(), got, ok)
	}
	for _, bad := range []string{"", "a", "a/1/2/3", "a/1/2/5-5", "a/0/1/0-1", "a/1/1/-1-4", "a/1/1/0-9999999999999"} {
		if got, ok := parseReference(bad); ok {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
}
