package ingest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// The same catalogue in every form.
var forms = map[string]string{
	"a.csv": "\ufeffnummer;titel;datum;type;commissie;thema;taal;editie;kern;origineel;bestand;bron;vervangt;herziet;reactie;verified\r\n" +
		"2014/4;\"Advies; met \"\"haken\"\"\";25-04-2014;SER-advies;IMVO;MVO/ketens;nl;;Kort.;https://example.org/a.pdf;;https://example.org/a;02/05 | 2000/11;-;https://example.org/reactie;page\r\n" +
		"-;Ontwerp van iets;2019-06;(ontwerp)advies;-;;;;;;stukken/b.pdf;;;;;\r\n",
	"a.json": `[
 {"number": "ADVIES 14/04", "title": "Advies; met \"haken\"", "date": "2014-04-25", "type": "advies", "commission": "IMVO",
  "themes": ["MVO", "ketens"], "language": "Nederlands", "edition": null, "summary": "Kort.", "original": "https://example.org/a.pdf",
  "seen": "https://example.org/a", "relations": [{"kind": "supersedes", "target": "2002/05"}, {"kind": "vervangt", "target": "00/11"},
   {"kind": "reply", "target": "https://example.org/reactie"}]},
 {"titel": "Ontwerp van iets", "datum": "2019-06", "type": "ontwerpadvies", "nummer": "?", "original": "stukken/b.pdf"}
]`,
	"a.yaml": `publications:
- nummer: "14/04"
  titel: Advies; met "haken"
  datum: 2014-04-25
  type: advies
  commissie: IMVO
  thema: [MVO, ketens]
  taal: nl
  kern: Kort.
  origineel: https://example.org/a.pdf
  bron: https://example.org/a
  relations:
  - {kind: supersedes, target: 02/05}
  - {soort: supersedes, doel: 00/11}
  - {kind: reactie, target: "https://example.org/reactie"}
- titel: Ontwerp van iets
  datum: juni 2019
  type: advies
  editie: ontwerp
  bestand: stukken/b.pdf
`,
}

func TestParseCatalogueForms(t *testing.T) {
	want := []corpus.Publication{
		{ID: "14-04", Metadata: corpus.Metadata{Title: `Advies; met "haken"`, Number: "14/04", Type: "advies", Date: "2014-04-25", Language: "nl"},
			Commission: "IMVO", Themes: []string{"MVO", "ketens"}, Summary: "Kort.", Original: "https://example.org/a.pdf", Seen: "https://example.org/a",
			Relations: []corpus.Relation{{Kind: "supersedes", Target: "02/05"}, {Kind: "supersedes", Target: "00/11"}, {Kind: "reply", Target: "https://example.org/reactie"}}},
		{ID: "ontwerp-van-iets-2019-draft", Edition: "draft", Metadata: corpus.Metadata{Title: "Ontwerp van iets", Type: "advies", Date: "2019-06"}},
	}
	for name, content := range forms {
		t.Run(name, func(t *testing.T) {
			entries, err := ParseCatalogue(name, []byte(content))
			if err != nil {
				t.Fatal(err)
			}
			var got []corpus.Publication
			for _, e := range entries {
				got = append(got, e.Publication)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if entries[1].File != "stukken/b.pdf" {
				t.Errorf("file %q", entries[1].File)
			}
		})
	}
}

func TestParseCatalogueKnowsWhatIsUnsure(t *testing.T) {
	entries, err := ParseCatalogue("x.json", []byte(`[
		{"nummer":"-","datum":"2025-05/07","type":"advies (MLT)","titel":"Een","commissie":"onbekend","thema":"klimaat/werk"},
		{"nummer":"NR.4","datum":2008,"type":"verkenning/advies","titel":"Twee","thema":"memory"},
		{"nummer":"12/01","datum":"2012","type":"brochure (EN)","titel":"Memory of the council","commissie":"SEB (memory)"},
		{"nummer":"13/01","datum":"2013","type":"advies","titel":"Vier","verified":"memory"}
	]`))
	if err != nil {
		t.Fatal(err)
	}
	var got []corpus.Publication
	for _, e := range entries {
		got = append(got, e.Publication)
	}
	want := []corpus.Publication{
		{ID: "een-2025", Metadata: corpus.Metadata{Title: "Een", Type: "advies", Date: "2025"}, Themes: []string{"klimaat", "werk"}},
		{ID: "08-04", Metadata: corpus.Metadata{Title: "Twee", Number: "08/04", Type: "verkenning", Date: "2008"}},
		{ID: "12-01-en", Metadata: corpus.Metadata{Title: "Memory of the council", Number: "12/01", Type: "brochure", Date: "2012", Language: "en"}},
		{ID: "vier", Metadata: corpus.Metadata{Title: "Vier"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseCatalogueNamesFaults(t *testing.T) {
	for name, c := range map[string]struct{ file, content, want string }{
		"empty":                {"x.csv", "", "leeg"},
		"header only":          {"x.csv", "nummer,titel\n", "leeg"},
		"unknown column":       {"x.csv", "nummer,titel,kleur\n1,2,3\n", `regel 1: "kleur" is geen kolom`},
		"short line":           {"x.csv", "nummer,titel\n14/04,Een\n14/05\n14/06,Drie\n", "regel 3: deze regel heeft meer of minder kolommen"},
		"open quote":           {"x.csv", "nummer,titel\n14/04,\"Een\n", "regel 2: een aanhalingsteken"},
		"number":               {"x.csv", "nummer,titel\n14/04,Een\nveertien,Twee\n", `regel 3: het nummer "veertien"`},
		"several lines":        {"x.csv", "nummer,titel,datum\n14/04,\"Een\nen nog iets\",2014\n14/05,Twee,gisteren\n", `regel 4: de datum "gisteren"`},
		"no such day":          {"x.csv", "titel,datum\nEen,2014-02-30\n", `regel 2: de datum "2014-02-30"`},
		"no title":             {"x.json", "[\n{\"nummer\":\"14/04\"}\n]", "regel 2: er is geen titel"},
		"twice":                {"x.json", "[\n{\"nummer\":\"14/04\",\"titel\":\"a\"},\n{\"nummer\":\"2014/4\",\"titel\":\"b\"}]", "regel 3: dezelfde publicatie (14-04) staat ook op regel 2"},
		"field twice":          {"x.json", "[{\"titel\":\"a\",\n\"title\":\"b\"}]", "regel 2: het veld title staat er twee keer"},
		"no list":              {"x.json", `"tekst"`, "regel 1: een catalogus is een lijst"},
		"object":               {"x.json", `{"documents":[]}`, "regel 1: een catalogus is een lijst"},
		"nested":               {"x.json", `[{"titel":{"nl":"x"}}]`, "een catalogus is een lijst"},
		"broken JSON":          {"x.json", "[\n{\"titel\":\"a\",}\n]", "regel 2: hier is het geen geldige JSON"},
		"cut JSON":             {"x.json", "[\n{\"titel\":\"a\"", "regel 2: hier houdt de JSON te vroeg op"},
		"after the end":        {"x.json", "[{\"titel\":\"a\"}]\n[]", "een catalogus is een lijst"},
		"relation":             {"x.json", `[{"titel":"a","relations":[{"kind":"kent","target":"14/04"}]}]`, `"kent" is geen relatie`},
		"relation to nothing":  {"x.json", `[{"titel":"a","relations":[{"kind":"reply"}]}]`, "met welke publicatie"},
		"relations elsewhere":  {"x.json", `[{"titel":"a","thema":[{"kind":"reply","target":"x"}]}]`, "heeft gewone waarden nodig"},
		"two titles":           {"x.json", `[{"titel":["a","b"]}]`, "meer dan één waarde"},
		"broken YAML":          {"x.yaml", "- titel: [a\n", "geen geldige YAML"},
		"YAML alias":           {"x.yaml", "- &a\n  titel: a\n- *a\n", "regel 3: een catalogus is een lijst"},
		"YAML bomb":            {"x.yaml", "- titel: a\n  thema: &a [x]\n  commissie: *a\n", "regel 3: een catalogus is een lijst"},
		"two YAML documents":   {"x.yaml", "- titel: a\n---\n- titel: b\n", "meer dan één YAML-document"},
		"address":              {"x.csv", "titel,origineel\nEen,ftp://example.org/a.pdf\n", "begint niet met http"},
		"language":             {"x.csv", "titel,taal\nEen,fr\n", `de taal "fr"`},
		"edition":              {"x.csv", "titel,editie\nEen,derde\n", `de editie "derde"`},
		"id":                   {"x.csv", "titel,id\nEen,Een Twee\n", "kan geen id zijn"},
		"address as file":      {"x.csv", "titel,bestand\nEen,https://example.org\n", "zet het in het veld origineel"},
		"not UTF-8":            {"x.csv", "titel\n\xff\xfe\n", "geen UTF-8"},
		"control characters":   {"x.json", `[{"titel":"a\u0000b"}]`, "tekens die geen tekst zijn"},
		"a title of no letter": {"x.json", `[{"titel":"!!"}]`, "kan geen id zijn"},
		"long":                 {"x.csv", "titel\n" + strings.Repeat("x", maxValue+1) + "\n", "langer dan"},
		"many faults":          {"x.csv", "titel,taal\n" + strings.Repeat("Een,fr\n", 1000), "… en meer."},
	} {
		t.Run(name, func(t *testing.T) {
			entries, err := ParseCatalogue(c.file, []byte(c.content))
			var faults *CatalogueError
			if !errors.As(err, &faults) || entries != nil {
				t.Fatalf("%+v, %v", entries, err)
			}
			if !strings.Contains(err.Error(), c.want) || len(faults.Faults) > maxFaults+1 {
				t.Errorf("%d faults:\n%v\nwant %q", len(faults.Faults), err, c.want)
			}
		})
	}
}

// The catalogue of verified publications, where it lies beside the project.
func TestParseCatalogueOfVerifiedPublications(t *testing.T) {
	const name = "../../shared/catalogue/publications.json"
	content, err := os.ReadFile(name)
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	entries, err := ParseCatalogue(name, content)
	if err != nil {
		t.Fatal(err)
	}
	byID := make(map[string]CatalogueEntry)
	numbered := 0
	for _, e := range entries {
		byID[e.ID] = e
		if e.Number != "" {
			numbered++
		}
		if e.Original != "" || e.File != "" {
			t.Errorf("%s: where it was seen is not the document: %+v", e.ID, e)
		}
	}
	if len(entries) < 50 || numbered < 25 {
		t.Errorf("%d publications, %d with a number", len(entries), numbered)
	}
	if e := byID["1953-05"]; e.Title != "Systeem van loonbeheersing (naaste toekomst)" || e.Date != "1953-03-20" || e.Commission != "" {
		t.Errorf("%+v", e)
	}
	if e := byID["00-11"]; e.Number != "00/11" || e.Date.Year() != 2000 {
		t.Errorf("%+v", e)
	}
}

// A catalogue becomes sources: files beside it, addresses, and entries without a
// document. One that is wrong fails by itself.
func TestFindCatalogue(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"goed.csv":  "nummer,titel,origineel\n14/04,Een,stuk.txt\n14/05,Twee,https://example.org/x.pdf#page=3\n14/06,Drie,\n14/07,Vier,stuk.txt\n",
		"fout.json": "[{}]",
		"stuk.txt":  "Tekst.",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := newTestIngester(t, &notebook{}, nil)
	sources, err := in.Find(t.Context(), []string{filepath.Join(dir, "stuk.txt"), filepath.Join(dir, "goed.csv"), filepath.Join(dir, "fout.json")})
	if err != nil {
		t.Fatal(err)
	}
	type brief struct{ Name, Publication, Title string }
	var got []brief
	for _, s := range sources {
		b := brief{Name: strings.TrimPrefix(s.Name, dir+"/"), Title: s.Hints.Title}
		if s.publication != nil {
			b.Publication = s.publication.ID
		}
		got = append(got, b)
	}
	want := []brief{
		{"stuk.txt", "14-04", "Een"}, // what the catalogue knows of it goes first
		{"https://example.org/x.pdf", "14-05", "Twee"},
		{"catalogus:14-06", "14-06", "Drie"},
		{"stuk.txt", "14-07", ""}, // the second publication of one document
		{"fout.json", "", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := in.open(t.Context(), sources[4]); err == nil || asFailure(err).Code != CodeCatalogue || !strings.Contains(asFailure(err).Message, "regel 1: er is geen titel") {
		t.Errorf("%v", err)
	}
}

func FuzzParseCatalogue(f *testing.F) {
	names := []string{"a.csv", "a.json", "a.yaml"}
	for i, name := range names {
		f.Add(i, []byte(forms[name]))
	}
	f.Add(2, []byte("- &a [*a, *a]"))
	f.Fuzz(func(t *testing.T, form int, content []byte) {
		entries, err := ParseCatalogue(names[uint(form)%3], content)
		if err != nil {
			if err.Error() == "" || !utf8.ValidString(err.Error()) {
				t.Errorf("unclear: %q", err)
			}
			return
		}
		seen := make(map[string]bool)
		for _, e := range entries {
			if e.Title == "" || !validID.MatchString(e.ID) || seen[e.ID] {
				t.Errorf("%+v", e)
			}
			seen[e.ID] = true
			if e.Number != "" && corpus.PublicationNumber(e.Number, 0) != e.Number {
				t.Errorf("number %q", e.Number)
			}
		}
	})
}
