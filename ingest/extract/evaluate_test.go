package extract

import (
	"math"
	"strings"
	"testing"
)

// A file with pages for OCR counts in nobody's speed; the start of the child is told
// apart; folders together are the sum of their files.
func TestSpeeds(t *testing.T) {
	one := Evaluation{Dir: "a", Start: 0.5, Scores: []Score{
		{File: "text.pdf", Reader: ReaderPDFium, Pages: 10, CPU: 0.1},
		{File: "text.pdf", Reader: readerPDFToText, Pages: 10, CPU: 0.05},
		{File: "scan.pdf", Reader: ReaderPDFium, Pages: 7, CPU: 30, Recognised: true},
		{File: "scan.pdf", Reader: readerPDFToText, Pages: 7, CPU: 0.01, Recognised: true},
		{File: "damaged.pdf", Reader: ReaderPDFium, Error: CodeDamaged},
		{File: "damaged.pdf", Reader: readerPDFToText, Pages: 3, CPU: 1},
	}}
	two := Evaluation{Dir: "b", Start: 0.2, Scores: []Score{
		{File: "text.pdf", Reader: ReaderPDFium, Pages: 20, CPU: 0.1},
		{File: "text.pdf", Reader: readerPDFToText, Pages: 20, CPU: 0.1},
	}}
	for _, c := range []struct {
		e              Evaluation
		pdfium, beside float64 // pages a second, of pdftotext on the same files
		text           string
	}{
		{one, 100, 200, "start of the child: 0.50 s of processor time, once; counted in with these 10 pages, PDFium reads 0.08 of pdftotext's\n" +
			"left out of the speed on all sides: 1 files of 7 pages"},
		{two, 200, 200, "counted in with these 20 pages, PDFium reads 0.33 of pdftotext's\n"},
		{Together([]Evaluation{one, two}), 150, 200, "start of the child: 0.50 s of processor time, once; counted in with these 30 pages, PDFium reads 0.21 of pdftotext's\n" +
			"left out of the speed on all sides: 1 files of 7 pages"},
	} {
		if got := c.e.Speed(ReaderPDFium, ReaderPDFium); math.Abs(got-c.pdfium) > 1e-6 {
			t.Errorf("%s: %v pages a second", c.e.Dir, got)
		}
		if got := c.e.Speed(readerPDFToText, ReaderPDFium); math.Abs(got-c.beside) > 1e-6 {
			t.Errorf("%s: pdftotext %v pages a second", c.e.Dir, got)
		}
		if got := c.e.Speeds(); !strings.Contains(got, c.text) {
			t.Errorf("%s:\n%s\nlacks\n%s", c.e.Dir, got, c.text)
		}
	}
}
