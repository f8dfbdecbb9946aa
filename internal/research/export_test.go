package research

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

var updateExports = flag.Bool("update-exports", false, "write the golden files of exports anew")

// hardList has what formats trip over: signs that mean something, Dutch letters, lines,
// an unknown date, the same passage of two versions.
func hardList() List {
	doc := func(id, title, number, kind string, date corpus.Date) corpus.DocumentRef {
		return corpus.DocumentRef{ID: id, Title: title, Number: number, Type: kind, Date: date}
	}
	cite := func(d corpus.DocumentRef, version, page int, label, quote string) corpus.Citation {
		end := len([]rune(quote))
		return corpus.Citation{Document: d, Version: version, Page: page, PageLabel: label, Quote: quote, End: end, URL: corpus.CitationURL(d.ID, version, page, 0, end)}
	}
	hard := doc("hard", "Werk & {inkomen}: 50% één #1_a $5 ~ a^b \\ c; [d] <e> *f*", "14/04", "advies", "2014-04-25")
	return List{Items: []ListItem{
		{Citation: cite(hard, 2, 13, "11", "De raad & het kabinet: 50% {meer} voor zo'n 1.000 mensen -- of niet…\nTweede alinea; *niet* cursief."), Note: "Mijn notitie:\n- zie ook {art. 2} & #3\n1. telt niet als lijst"},
		{Citation: cite(hard, 3, 13, "11", "Hij zei: “coördinatie”, 'reëel' en ĳverig.")},
		{Citation: cite(doc("oud", "Loonpolitiek", "1953/05", "rapport", "1953"), 1, 1, "i", "+ 3 procent."), Note: "2) één"},
		{Citation: cite(doc("zonder", "Zonder nummer of datum", "", "", ""), 1, 4, "4", "= Titel =")},
		{Citation: cite(doc("brief", "Kabinetsreactie op ‘Werk’", "", "kabinetsreactie", "2015-02"), 1, 2, "2", "Het kabinet stemt in.")},
	}}
}

func options() ExportOptions {
	return ExportOptions{Lang: "nl", Origin: "https://vraagbaak.example", Accessed: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}
}

func TestExportGolden(t *testing.T) {
	for _, format := range Formats() {
		f, err := hardList().Export(format, options())
		if err != nil {
			t.Fatal(err)
		}
		if format == FormatDOCX {
			continue // opened by pandoc below
		}
		golden := filepath.Join("testdata", "export", string(format)+filepath.Ext(f.Name))
		if *updateExports {
			if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, f.Content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(f.Content)); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
	}
	var user *corpus.UserError
	if _, err := hardList().Export("pdf", options()); !errors.As(err, &user) {
		t.Errorf("unknown format: %v", err)
	}
}

// reader runs a program that reads a format. Without it the test is skipped, loudly:
// make test installs it.
func reader(t *testing.T, input []byte, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("NOT TESTED: %s is not installed (.ci/setup test installs it)", name)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdin = bytes.NewReader(input)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, errs.String())
	}
	return out
}

// squeeze compares texts of readers that make quotes typographical and paragraphs of
// their own.
func squeeze(s string) string {
	return oneSpace(strings.NewReplacer("‘", "'", "’", "'", "“", "'", "”", "'", `"`, "'", "<span class='nocase'>", "", "</span>", "").Replace(
		strings.NewReplacer(`<span class="nocase">`, "", "</span>", "").Replace(s)))
}

// joined leaves out all space: readers join paragraphs without any.
func joined(s string) string { return strings.ReplaceAll(squeeze(s), " ", "") }

func TestBibTeXOpensInPandoc(t *testing.T) {
	f, err := hardList().Export(FormatBibTeX, options())
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"bibtex", "biblatex"} {
		var items []cslItem
		if err := json.Unmarshal(reader(t, f.Content, "pandoc", "-f", format, "-t", "csljson"), &items); err != nil {
			t.Fatal(err)
		}
		slices.SortStableFunc(items, func(a, b cslItem) int { return strings.Compare(a.ID, b.ID) })
		sources := hardList().Sources(options())
		slices.SortStableFunc(sources, func(a, b Source) int { return strings.Compare(a.Key, b.Key) })
		if len(items) != len(sources) {
			t.Fatalf("%s: %d of %d", format, len(items), len(sources))
		}
		for i, s := range sources {
			got := items[i]
			issued := []int(nil)
			if got.Issued != nil {
				issued = got.Issued.Parts[0]
			}
			if got.ID != s.Key || got.Type != "report" || squeeze(got.Title) != squeeze(s.Title) || got.Number != s.Number || got.Genre != s.Type ||
				got.URL != s.URL || got.Page != s.Page || got.Author[0].Literal != s.Author || got.Publisher != s.Author || got.Place != s.Place ||
				!cmp.Equal(got.Accessed.Parts[0], []int{2026, 11, 21}) || !cmp.Equal(issued, dateParts(s.Date)) ||
				joined(got.Abstract) != joined(s.Quote) || joined(got.Note) != joined(s.Note) {
				t.Errorf("%s: %+v\nof %+v", format, got, s)
			}
		}
	}
}

func TestRISOpensInBibutils(t *testing.T) {
	f, err := hardList().Export(FormatRIS, options())
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Mods []struct {
			ID        string   `xml:"ID,attr"`
			Title     string   `xml:"titleInfo>title"`
			SubTitle  string   `xml:"titleInfo>subTitle"`
			NonSort   string   `xml:"titleInfo>nonSort"`
			Names     []string `xml:"name>namePart"`
			Issued    string   `xml:"originInfo>dateIssued"`
			Publisher string   `xml:"originInfo>publisher"`
			Place     string   `xml:"originInfo>place>placeTerm"`
			Genre     string   `xml:"genre"`
			Abstract  string   `xml:"abstract"`
			Notes     []string `xml:"note"`
			URL       string   `xml:"location>url"`
			Details   []struct {
				Type   string `xml:"type,attr"`
				Number string `xml:"number"`
			} `xml:"part>detail"`
		} `xml:"mods"`
	}
	if err := xml.Unmarshal(bytes.TrimPrefix(reader(t, f.Content, "ris2xml", "-i", "unicode"), []byte("\xef\xbb\xbf")), &read); err != nil {
		t.Fatal(err)
	}
	sources := hardList().Sources(options())
	if len(read.Mods) != len(sources) {
		t.Fatalf("%d of %d", len(read.Mods), len(sources))
	}
	for i, s := range sources {
		got := read.Mods[i]
		title := got.Title
		if got.SubTitle != "" {
			title += ": " + got.SubTitle
		}
		details := map[string]string{}
		for _, d := range got.Details {
			details[d.Type] = d.Number
		}
		issued := got.Issued
		if len(s.Date) == 4 { // bibutils takes the day of access for a month that is missing
			issued = corpus.Slice(issued, 0, 4)
		}
		notes := append(paragraphs(s.Type), paragraphs(s.Note)...)
		if got.ID != s.Key || got.Genre != "technical report" || oneSpace(got.NonSort+" "+title) != s.Title || strings.Join(got.Names, " ") != s.Author ||
			got.Publisher != s.Author || got.Place != s.Place || issued != string(s.Date) || got.URL != s.URL ||
			details["issue"] != s.Number || details["page"] != s.Page || got.Abstract != oneSpace(s.Quote) || !cmp.Equal(got.Notes, notes) && len(notes)+len(got.Notes) > 0 {
			t.Errorf("%+v\nof %+v", got, s)
		}
	}
}

// pandocWords are the texts of quotes, notes and footnotes that pandoc reads.
func pandocPlain(t *testing.T, content []byte, from string) string {
	t.Helper()
	return string(reader(t, content, "pandoc", "-f", from, "-t", "plain", "--wrap=none"))
}

func TestDocumentsOpenInPandoc(t *testing.T) {
	for format, from := range map[Format]string{FormatDOCX: "docx", FormatMarkdown: "markdown"} {
		f, err := hardList().Export(format, options())
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			Blocks []json.RawMessage `json:"blocks"`
		}
		ast := reader(t, f.Content, "pandoc", "-f", from, "-t", "json")
		if err := json.Unmarshal(ast, &document); err != nil {
			t.Fatal(err)
		}
		sources := hardList().Sources(options())
		if n := bytes.Count(ast, []byte(`{"t":"Note"`)); n != len(sources) {
			t.Errorf("%s has %d footnotes for %d passages", format, n, len(sources))
		}
		// pandoc joins quotes that follow each other in a document of Word.
		if n := bytes.Count(ast, []byte(`{"t":"BlockQuote"`)); n < 3 {
			t.Errorf("%s has %d quotes", format, n)
		}
		for _, kind := range []string{"BulletList", "OrderedList", "RawInline", "RawBlock", "Math", "Cite", "Superscript", "Subscript", "CodeBlock"} {
			if bytes.Contains(ast, []byte(`{"t":"`+kind+`"`)) {
				t.Errorf("%s: text became %s", format, kind)
			}
		}
		plain := squeeze(strings.ReplaceAll(pandocPlain(t, f.Content, from), "_", ""))
		for _, s := range sources {
			texts := append(paragraphs(s.Quote), paragraphs(s.Note)...)
			for _, text := range append(texts, Plain(s.Leidraad())) {
				if !strings.Contains(plain, squeeze(strings.ReplaceAll(text, "_", ""))) {
					t.Errorf("%s lost %q in\n%s", format, text, plain)
				}
			}
		}
		if !bytes.Contains(ast, []byte(`"https://vraagbaak.example/citaat/hard/2/13/0-`)) {
			t.Errorf("%s has no link", format)
		}
	}
}

// What is exported is found again, whoever exported it and whatever is in it.
func TestBibliographyProperty(t *testing.T) {
	signs := []rune("ab é{}&%$#_~^\\;:,\"'`-[]<>@=*\nĳ“”")
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string { return rapid.StringOfN(rapid.RuneFrom(signs), 0, 30, -1).Draw(t, name) }
		list := List{Items: []ListItem{{
			Citation: corpus.Citation{Document: corpus.DocumentRef{ID: "d", Title: "T" + text("title") + "e", Number: "14/04", Type: "advies", Date: "2014-04"}, Version: 1, Page: 1, Quote: text("quote"), URL: "/citaat/d/1/1/0-1"},
			Note:     text("note"),
		}, {Citation: corpus.Citation{Document: corpus.DocumentRef{ID: "e", Title: "Einde", Date: "2000"}, Page: 2}}}}
		for _, format := range []Format{FormatRIS, FormatBibTeX} {
			f, err := list.Export(format, options())
			if err != nil {
				t.Fatal(err)
			}
			listed, err := ParseBibliography(f.Content, "nl")
			if err != nil || len(listed) != 2 || listed[0].Number != "14/04" || listed[0].Year != 2014 || listed[1].Title != "Einde" || listed[1].Year != 2000 {
				t.Fatalf("%s: %+v, %v\n%s", format, listed, err, f.Content)
			}
			if plainTitle(listed[0].Title) != plainTitle(list.Items[0].Citation.Document.Title) {
				t.Fatalf("%s: title %q\n%s", format, listed[0].Title, f.Content)
			}
		}
	})
}

func TestLookUp(t *testing.T) {
	pub := func(id, title, number string, date corpus.Date, edition corpus.Edition) Publication {
		return Publication{Publication: corpus.Publication{ID: id, Metadata: corpus.Metadata{Title: title, Number: number, Date: date}, Edition: edition}}
	}
	pubs := []Publication{
		pub("a", "Werk en inkomen", "14/04", "2014-04-25", ""), pub("a-draft", "Werk en inkomen", "14/04", "2014-03", corpus.EditionDraft),
		pub("b", "Jaarverslag", "", "2010", ""), pub("c", "Jaarverslag", "", "2011", ""), pub("d", "Coördinatie: één", "1953/05", "1953", ""),
	}
	const bib = `% met de hand
@string{ser = "Sociaal-Economische Raad"}
@Comment{niets @techreport{x, title = {Nee}}
@techreport(a, title = "Anders", number = {SER-advies 14/4}, institution = ser # { (SER)})
@book{b, title={{Jaarverslag}}, year = 2011}
@misc{c, title={Jaarverslag}}
@misc{d, title={Co{\"o}rdinatie: {\'e}\'{e}n}, date={1953-01}}
@misc{e, title={Onbekend}, year={1999}
`
	listed, err := ParseBibliography([]byte(bib), "nl")
	if err != nil {
		t.Fatal(err)
	}
	found := lookUp(pubs, listed)
	var got []string
	for _, m := range found.Found {
		got = append(got, m.Publication.ID+" by "+m.By)
	}
	if diff := cmp.Diff([]string{"a by number", "c by title", "d by title"}, got); diff != "" {
		t.Errorf("%s\n%+v", diff, listed)
	}
	var unknown []string
	for _, l := range found.Unknown {
		unknown = append(unknown, l.Title)
	}
	if !slices.Contains(unknown, "Jaarverslag") || !slices.Contains(unknown, "Onbekend") {
		t.Errorf("unknown %q", unknown)
	}
	const ris = "\ufeffTY  - RPRT\r\nT1  - Iets over werk\r\n en inkomen\r\nSN  - 90-6587-000-1\r\nM1  - 2014/04\r\nPY  - 2014///\r\nER  -\r\nTY - BOOK\r\nTI - Jaarverslag\r\nY1 - 2010\r\n"
	listed, err = ParseBibliography([]byte(ris), "nl")
	if err != nil || len(listed) != 2 || listed[0].Title != "Iets over werk en inkomen" || listed[0].Number != "2014/04" || listed[1].Line != 8 {
		t.Fatalf("%+v, %v", listed, err)
	}
	if found := lookUp(pubs, listed); len(found.Found) != 2 || found.Found[0].Publication.ID != "a" || found.Found[1].Publication.ID != "b" {
		t.Errorf("found %+v", found)
	}
	for _, content := range []string{"", "hallo", "@", "%PDF-1.4", strings.Repeat("x", MaxBibliography+1)} {
		var user *corpus.UserError
		if _, err := ParseBibliography([]byte(content), "en"); !errors.As(err, &user) || user.Message == "" {
			t.Errorf("%.20q: %v", content, err)
		}
	}
}

func FuzzParseBibliography(f *testing.F) {
	for _, format := range []Format{FormatRIS, FormatBibTeX} {
		file, err := hardList().Export(format, options())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file.Content)
	}
	for _, seed := range []string{"@a{b,title={c", "@string{x = x # x}@a{b, title=x}", "TY  - \nTI  - x", `@a{b, title="{\"o}\`, "@comment{@a{b,title={c}}}", "@a{b,title={\\\xff}}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		listed, err := ParseBibliography(content, "nl")
		var user *corpus.UserError
		if err != nil && !errors.As(err, &user) {
			t.Fatal(err)
		}
		lines := strings.Count(strings.ReplaceAll(string(content), "\r", "\n"), "\n") + 1
		for _, l := range listed {
			if l.Title == "" && l.Number == "" || strings.ContainsAny(l.Title, "\n\r") || l.Line < 1 || l.Line > lines {
				t.Fatalf("entry %+v of %d lines", l, lines)
			}
		}
		lookUp([]Publication{{}}, listed)
	})
}

// A CSL processor shows every field of every entry.
func TestCSLOpensInCiteproc(t *testing.T) {
	if _, err := os.Stat(filepath.Join("..", "..", "web", "node_modules", "citeproc")); err != nil {
		t.Skip("NOT TESTED: citeproc is not installed (npm ci in web installs it)")
	}
	f, err := hardList().Export(FormatCSLJSON, options())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	if err := json.Unmarshal(reader(t, f.Content, "node", filepath.Join("testdata", "csl", "render.cjs")), &lines); err != nil {
		t.Fatal(err)
	}
	sources := hardList().Sources(options())
	if len(lines) != len(sources) {
		t.Fatalf("%d lines of %d entries", len(lines), len(sources))
	}
	for i, s := range sources {
		var issued []string
		for _, part := range dateParts(s.Date) {
			issued = append(issued, strconv.Itoa(part))
		}
		var want []string
		for _, field := range []string{s.Author, s.Title, s.Type, s.Number, strings.Join(issued, "-"), s.Author, s.Place, s.Page, s.URL, "2026-11-21", s.Quote, s.Note} {
			if field != "" {
				want = append(want, squeeze(field))
			}
		}
		if diff := cmp.Diff(strings.Join(want, " ¦ "), squeeze(lines[i])); diff != "" {
			t.Errorf("%s: %s", s.Key, diff)
		}
	}
}

// A demo summary is no publication of the Council, and no bibliography says it is.
func TestDemoSummariesAreNotTheCouncils(t *testing.T) {
	t.Parallel()
	c := corpus.Citation{Document: corpus.DocumentRef{ID: "d", Title: "Demosamenvatting: lonen", Type: demoSummary, Date: "2026-11-11"}, Version: 1, Page: 1, PageLabel: "1", Quote: "De lonen.", Start: 0, End: 9, URL: "/citaat/d/1/1/0-9"}
	l := List{Items: []ListItem{{ID: 1, Citation: c}}}
	o := ExportOptions{Origin: "https://example.org", Accessed: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	for _, format := range Formats() {
		f, err := l.Export(format, o)
		if err != nil {
			t.Fatal(err)
		}
		content := string(f.Content)
		if format == FormatDOCX {
			continue // its notes are those of Leidraad
		}
		if strings.Contains(content, council) || strings.Contains(content, councilPlace) || format != FormatMarkdown && !strings.Contains(content, summarist) {
			t.Errorf("%s says %s", format, content)
		}
	}
}
