package main

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sources are the Markdown files of the demo corpus.
func sources(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("../source/*.md")
	if err != nil || len(names) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	return names
}

// TestCommittedPDFs checks that the committed PDFs are what their sources give,
// byte for byte, and that no PDF stands without a source.
func TestCommittedPDFs(t *testing.T) {
	made := map[string]bool{}
	for _, name := range sources(t) {
		made[stem(name)] = true
		got, pages, err := makeOne(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("..", stem(name)+".pdf"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s.pdf is not what its source gives: run go generate ./ingest/demo", stem(name))
		}
		// A demo document is several pages, so that pages matter.
		if len(pages) < 2 || len(pages) > 5 {
			t.Errorf("%s has %d pages, want 2 to 5", stem(name), len(pages))
		}
	}
	pdfs, err := filepath.Glob("../*.pdf")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pdfs {
		if !made[stem(name)] {
			t.Errorf("%s has no source", name)
		}
	}
}

// TestTextOnPages reads the PDFs back with another program: all text is there,
// on the page the typesetter says.
func TestTextOnPages(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext (poppler-utils) is not installed: the PDFs are not read back")
	}
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for _, name := range sources(t) {
		_, pages, err := makeOne(name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), tool, "-raw", filepath.Join("..", stem(name)+".pdf"), "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		read := strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
		if len(read) != len(pages) {
			t.Errorf("%s: %d pages read, want %d", name, len(read), len(pages))
			continue
		}
		for i, page := range pages {
			have := words(read[i])
			for _, block := range strings.Split(page, "\n") {
				// Footnote marks stand in the PDF's text, not in ours, and a
				// table's cells may be read line by line.
				sentence, _, _ := strings.Cut(block, ". ")
				if len(strings.Fields(sentence)) > 6 && !strings.Contains(have, words(sentence)) && !inTable(sentence, read[i]) {
					t.Errorf("%s page %d misses %q", name, i+1, sentence)
				}
			}
		}
	}
}

// inTable reports whether every word of a row is on the page.
func inTable(row, page string) bool {
	for _, w := range strings.Fields(row) {
		if !strings.Contains(page, w) {
			return false
		}
	}
	return true
}

func TestParseRefuses(t *testing.T) {
	head := "---\ntitle: T\nnumber:\ntype: uitleg\ndate: 2026-11-01\nlanguage: nl\n---\n"
	tests := []struct{ name, source, want string }{
		{"no front matter", "# Kop\n", "front matter"},
		{"open front matter", "---\ntitle: T\n", "closing"},
		{"unknown field", "---\nauthor: X\n---\n", "author"},
		{"no title", "---\ntype: uitleg\nlanguage: nl\ndate: 2026\n---\n", "required"},
		{"bad date", strings.Replace(head, "2026-11-01", "morgen", 1), "morgen"},
		{"bad number", strings.Replace(head, "number:", "number: 14", 1), "14"},
		{"raw HTML", head + "<b>x</b>\n\n<div>x</div>\n", "RawHTML"},
		{"code block", head + "```\nx\n```\n", "FencedCodeBlock"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parse([]byte(tt.source)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that names %q", err, tt.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	src, err := parse([]byte("---\ntitle: T: ondertitel\nnumber: 2010/04\ntype: demosamenvatting\ndate: 2010-10-15\nlanguage: nl\n---\n" +
		"# 1 Kop *schuin*\n\nEen **vet** woord,\nnog een*s*.[^a]\n\n- een\n- twee\n\n3. drie\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n> Let op.\n\n[^a]: De noot.\n"))
	if err != nil {
		t.Fatal(err)
	}
	if src.Title != "T: ondertitel" || src.Number != "2010/04" {
		t.Errorf("front matter %+v", src.frontMatter)
	}
	var got []string
	for _, b := range src.blocks {
		s := strings.TrimSpace(b.marker + " " + plain(b.words))
		for _, row := range b.rows {
			for _, cell := range row {
				s += "|" + plain(cell)
			}
		}
		got = append(got, s)
	}
	want := []string{"1 Kop schuin", "Een vet woord, nog eens.", "• een", "• twee", "3. drie", "|A|B|1|2", "Let op."}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("blocks\n%q\nwant\n%q", got, want)
	}
	if plain(src.notes[1]) != "De noot." {
		t.Errorf("footnote %q", plain(src.notes[1]))
	}
}

func TestShareOut(t *testing.T) {
	tests := []struct {
		name              string
		least, want, must []float64
	}{
		{"all fit: the rest goes last", []float64{5, 5}, []float64{20, 30}, []float64{20, 80}},
		{"one is wide", []float64{5, 10, 5}, []float64{20, 200, 20}, []float64{20, 60, 20}},
		{"two are wide", []float64{5, 10, 10}, []float64{20, 110, 60}, []float64{20, 10 + 60.0*100/150, 10 + 60.0*50/150}},
		{"no room to give", []float64{60, 40}, []float64{60, 40}, []float64{60, 40}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := shareOut(100, tt.least, tt.want)
			for c := range got {
				if math.Abs(got[c]-tt.must[c]) > 0.01 {
					t.Errorf("widths %v, want %v", got, tt.must)
					break
				}
			}
		})
	}
}

// TestNothingLeavesThePage checks every line of every document against the
// margins, and every page against its footnotes.
func TestNothingLeavesThePage(t *testing.T) {
	for _, name := range sources(t) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		src, err := parse(content)
		if err != nil {
			t.Fatal(err)
		}
		ts := newTypesetter(src)
		if err := ts.paginate(); err != nil {
			t.Fatal(err)
		}
		for i, p := range ts.pages {
			last := p.boxes[len(p.boxes)-1]
			if end := last.y + last.height; end > bottom-ts.notesHeight(p.notes)+0.01 {
				t.Errorf("%s page %d ends at %.1f mm, over its footnotes", name, i+1, end)
			}
			if last.keepNext && i < len(ts.pages)-1 {
				t.Errorf("%s page %d ends with %q, which belongs to what follows", name, i+1, last.text)
			}
		}
		for _, b := range src.blocks {
			for _, l := range ts.breakLines(b.words, bodySize, right-left) {
				for _, r := range l.runs {
					if end := r.x + ts.width(r.text, r.style, r.size); end > right-left+0.5 {
						t.Errorf("%s: %q runs %.1f mm over the margin", name, r.text, end-(right-left))
					}
				}
			}
		}
	}
}
