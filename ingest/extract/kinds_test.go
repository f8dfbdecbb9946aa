package extract

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Every kind of block is recognised in the files of every producer: items of
// lists, captions, tables with their header, notes and what refers to them, and
// the numbers printed on pages.
func TestKindsOfEveryProducer(t *testing.T) {
	dir := shared(t, "bench/extraction")
	content, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth struct{ Body, Foot, Table []string }
	if err := json.Unmarshal(content, &truth); err != nil {
		t.Fatal(err)
	}
	var items, captions, rows []string
	for _, s := range truth.Body {
		if strings.HasSuffix(s, ";") {
			items = append(items, plain(s))
		}
	}
	for _, s := range truth.Table {
		if strings.HasPrefix(s, "Tabel ") {
			captions = append(captions, plain(s))
		} else {
			rows = append(rows, plain(s))
		}
	}
	e := newExtractor(t, nil)
	for file, narrow := range map[string]bool{
		"chromium_doc2.pdf": false, "dvips_type1.pdf": false, "lo2_tagged.pdf": false, "v_aes256.pdf": false, "weasy1.pdf": false,
		"xelatex1.pdf": false,
		"groff2.pdf":   true, // the file lacks the last two columns of its tables
	} {
		t.Run(file, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join(dir, file)) // #nosec G304 -- test data
			if err != nil {
				t.Fatal(err)
			}
			doc := extractOK(t, e, file, content)
			for kind, want := range map[corpus.BlockKind][]string{corpus.BlockList: items, corpus.BlockCaption: captions} {
				got := blocksOf(doc.Pages, kind)
				for i := range got {
					got[i] = plain(got[i])
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%s: %s", kind, d)
				}
			}
			var got []string
			for _, table := range blocksOf(doc.Pages, corpus.BlockTable) {
				got = append(got, strings.Split(plain(strings.ReplaceAll(table, " | ", " ")), "\n")...)
			}
			want := rows
			if narrow {
				want = nil
				for _, r := range rows {
					want = append(want, lastColumns.ReplaceAllString(r, ""))
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("rows of tables: %s", d)
			}
			checkNotes(t, doc.Pages)
			for i, p := range doc.Pages {
				if p.Label != strconv.Itoa(i+1) {
					t.Errorf("page %d has the label %q", i+1, p.Label)
				}
			}
		})
	}
}

// Tables, figures and boxes are named by captions; a sentence that begins with such
// a name is none. The lines of a box are text like any other.
func TestCaptions(t *testing.T) {
	lines := []string{
		"Figuur 2.1 Werk in Nederland", "Figuur 2.1 laat zien dat het werk in Nederland toeneemt.",
		"Tabel 3: Uitgaven per sector, in miljoenen euro's", "Kader 4.2 Wat is brede welvaart?",
		"Brede welvaart is alles wat mensen van waarde vinden, nu en later.", "Tabel 3 en figuur 2.1 gaan over hetzelfde jaar.",
		"Grafiek 5 ontwikkeling van de lonen",
	}
	p, tr := newPDF()
	p.AddPage()
	p.SetFont("Times", "", 11)
	var tagged [][2]string
	for i, l := range lines {
		if strings.HasPrefix(l, "Kader") {
			p.Rect(24, p.GetY()-1, 162, 18, "D") // a drawn box around it and the line after
		}
		p.MultiCell(0, 5, tr(l), "", "L", false)
		p.Ln(4)
		kind := "P"
		if slices.Contains([]int{0, 2, 3, 6}, i) {
			kind = "Caption"
		}
		tagged = append(tagged, [2]string{kind, l})
	}
	want := []string{lines[0], lines[2], lines[3], lines[6]}
	e := newExtractor(t, nil)
	for name, content := range map[string][]byte{"drawn": pdfBytes(t, p), "tagged": taggedPDF(tagged)} {
		doc := extractOK(t, e, "a.pdf", content)
		if d := cmp.Diff(want, blocksOf(doc.Pages, corpus.BlockCaption)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if d := cmp.Diff([]string{lines[1], lines[4], lines[5]}, blocksOf(doc.Pages, corpus.BlockParagraph)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// checkNotes holds every note to its mark: each has one of its own, and the text
// refers to it once, before it or on its page.
func checkNotes(t *testing.T, pages []corpus.Page) {
	t.Helper()
	references := map[string]int{}
	notes := 0
	for _, p := range pages {
		for _, b := range p.Blocks {
			if text := corpus.Slice(p.Text, b.Start, b.End); b.Kind != corpus.BlockFootnote {
				for _, m := range raised.FindAllString(text, -1) {
					references[m]++
				}
			}
		}
		for _, b := range p.Blocks {
			if b.Kind != corpus.BlockFootnote {
				continue
			}
			notes++
			mark := raised.FindString(strings.Fields(corpus.Slice(p.Text, b.Start, b.End))[0])
			if mark == "" || references[mark] != 1 {
				t.Errorf("page %d: the text refers %d times to note %q", p.Number, references[mark], mark)
			}
		}
	}
	if notes == 0 {
		t.Error("no notes")
	}
}

var (
	raised      = regexp.MustCompile(`[⁰¹²³⁴⁵⁶⁷⁸⁹]+`)
	lastColumns = regexp.MustCompile(` (?:Aandeel Jaar|[\d,]+% \d{4})$`)
)

// plain is text without what typesetters may differ in.
func plain(s string) string {
	return strings.NewReplacer("'", "’", "\u00a0", " ").Replace(s)
}
