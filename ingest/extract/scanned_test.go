package extract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// tsvRows writes what tesseract would: each row is "par line left top: words", of
// letters ten pixels wide and forty high.
func tsvRows(rows ...string) string {
	var b strings.Builder
	for _, row := range rows {
		head, words, _ := strings.Cut(row, ": ")
		var par, line, left, top int
		if _, err := fmt.Sscan(head, &par, &line, &left, &top); err != nil {
			panic(err)
		}
		for i, w := range strings.Fields(words) {
			fmt.Fprintf(&b, "5\t1\t1\t%d\t%d\t%d\t%d\t%d\t%d\t40\t95\t%s\n", par, line, i+1, left, top, 10*len(w), w)
			left += 10*len(w) + 10
		}
	}
	return b.String()
}

// Words that stand far apart on one line are that line again; columns stay apart.
func TestRowsOfOneLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		rows []string
		want []string
	}{
		{"a piece on the right, after the line below", []string{
			"1 1 100 100: bbbbbbbbbbbbbbb bbbbbbbbbbbbbbb bb bb bbbbb",
			"1 2 100 150: bijeen gedreven",
			"1 3 100 200: dddddddddddddddd dddddddddddddd dd dd ddddd",
			"2 1 460 150: het lid",
		}, []string{"bbbbbbbbbbbbbbb bbbbbbbbbbbbbbb bb bb bbbbb", "bijeen gedreven het lid", "dddddddddddddddd dddddddddddddd dd dd ddddd"}},
		{"a piece within its line", []string{
			"1 1 200 100: het lid",
			"1 2 100 150: bb bb bb bb bb bb bb",
			"2 1 100 100: bh dt",
			"2 1 300 100: hk",
		}, []string{"bh dt het lid hk", "bb bb bb bb bb bb bb"}},
		{"two columns", []string{
			"1 1 100 100: bbbbbbbbbb bbbbbbbb bbbb bb bb", "1 2 100 150: dd dd dd", "1 3 100 200: bbbbbbbbbb bbbbbbbb bbbb bb bb",
			"2 1 500 100: hhhhhhhhhh hhhhhhhh hhhh hh hh", "2 2 500 150: kk kk kk", "2 3 500 200: hhhhhhhhhh hhhhhhhh hhhh hh hh",
		}, []string{"bbbbbbbbbb bbbbbbbb bbbb bb bb", "dd dd dd", "bbbbbbbbbb bbbbbbbb bbbb bb bb", "hhhhhhhhhh hhhhhhhh hhhh hh hh", "kk kk kk", "hhhhhhhhhh hhhhhhhh hhhh hh hh"}},
	} {
		lines, places, _, _ := parseTSV(tsvRows(test.rows...), 0.24, 2480, 3500)
		var got []string
		words := 0
		for _, l := range lines {
			got = append(got, l.Text)
			words += len(l.Words)
			for k := 1; k < len(l.Words); k++ {
				if l.Words[k].X0 < l.Words[k-1].X0 {
					t.Errorf("%s: %q goes back", test.name, l.Text)
				}
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if len(places) != words {
			t.Errorf("%s: %d places of %d words", test.name, len(places), words)
		}
	}
}

// A note of a scanned page is known by its small print and by what OCR made of its
// mark; the number is put there when the note before tells it.
func TestNotesOfScans(t *testing.T) {
	t.Parallel()
	page := rawPage{Number: 1, Width: 595, Height: 842, Reader: ReaderOCR, Confidence: 90}
	at := 0
	add := func(y, size float64, text string, marks ...mark) {
		page.Lines = append(page.Lines, rawLine{Text: text, First: at, X0: 60, X1: 60 + 4*float64(len(text)), Y: y, Size: size, Marks: marks})
		at += len([]rune(text)) + 1
	}
	for i := range 20 {
		add(780-14*float64(i), 10, "De raad vindt dat werkgevers en werknemers samen afspraken maken over scholing.")
	}
	add(120, 8, "1Zie het vorige advies van de raad over dit onderwerp, pagina 12.", mark{0, 1})
	add(108, 8, "SHet gaat hier om bedragen zonder btw, zoals ook in het vorige ad-")
	add(96, 9, "vies werd gedaan.")
	add(84, 8, "! Zie ook bijlage 2 bij dit advies, waarin de cijfers staan.")
	add(60, 10, "A Zonder kleine letters is een regel geen noot.")
	out, _, _ := assemble(rawDocument{Pages: 1}, []rawPage{page})
	var notes []string
	for _, b := range out[0].Blocks {
		if b.Kind == corpus.BlockFootnote {
			notes = append(notes, corpus.Slice(out[0].Text, b.Start, b.End))
		}
	}
	want := []string{
		"¹ Zie het vorige advies van de raad over dit onderwerp, pagina 12.",
		"² Het gaat hier om bedragen zonder btw, zoals ook in het vorige advies werd gedaan.",
		"³ Zie ook bijlage 2 bij dit advies, waarin de cijfers staan.",
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s\n%s", diff, out[0].Text)
	}
}
