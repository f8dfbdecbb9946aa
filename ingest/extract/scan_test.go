package extract

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/go-pdf/fpdf"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// needsTesseract skips a test that reads pictures.
func needsTesseract(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("tesseract"); err != nil {
		t.Skip("SKIPPED: tesseract is not installed")
	}
	if testing.Short() {
		t.Skip("SKIPPED: OCR takes seconds a page")
	}
}

// printed is a page of text, and its picture at 216 dots per inch.
func printed(t testing.TB, e *Extractor) ([]byte, image.Image) {
	t.Helper()
	p, tr := newPDF()
	p.AddPage()
	p.SetFont("Helvetica", "B", 16)
	p.MultiCell(0, 8, tr("1 De raad en het kabinet"), "", "L", false)
	p.SetFont("Times", "", 12)
	for i, s := range []string{
		"De raad adviseert het kabinet en het parlement over de hoofdlijnen van het sociaal en economisch beleid, en doet dat op verzoek of uit eigen beweging.",
		"Ondernemers en werknemers zitten in de raad met elk elf leden; daarnaast zijn er elf leden die door de Kroon zijn benoemd en die zonder last spreken.",
		"In 2014 bracht de raad vier adviezen uit, waarvan twee over de arbeidsmarkt, één over het onderwijs en één over de toekomst van de pensioenen.",
	} {
		p.MultiCell(0, 6, tr(s), "", "L", false)
		p.Ln(3 + float64(i))
	}
	content := pdfBytes(t, p)
	b, err := e.Picture(context.Background(), content, 1, MaxScale)
	if err != nil {
		t.Fatal(err)
	}
	return content, decodePNG(t, b)
}

// turned is a picture after quarter turns with the clock.
func turned(img image.Image, quarters int) *image.Gray {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	out := image.NewGray(image.Rect(0, 0, w, h))
	if quarters%2 == 1 {
		out = image.NewGray(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			c := img.At(x, y)
			switch quarters {
			case 0:
				out.Set(x, y, c)
			case 1:
				out.Set(h-1-y, x, c)
			case 2:
				out.Set(w-1-x, h-1-y, c)
			case 3:
				out.Set(y, w-1-x, c)
			}
		}
	}
	return out
}

// scanned is a PDF of one page with a picture and no text. box goes into its page
// object.
func scanned(t testing.TB, img image.Image, box string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	w, h := float64(img.Bounds().Dx())/216*25.4, float64(img.Bounds().Dy())/216*25.4
	p := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: w, Ht: h}})
	p.SetCreationDate(fixedTime)
	p.SetModificationDate(fixedTime)
	p.AddPage()
	p.RegisterImageOptionsReader("scan", fpdf.ImageOptions{ImageType: "PNG"}, &b)
	p.ImageOptions("scan", 0, 0, w, h, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	content := pdfBytes(t, p)
	if box != "" {
		content = bytes.Replace(content, []byte("/Type /Page\n"), []byte("/Type /Page\n"+box+"\n"), 1)
		if !bytes.Contains(content, []byte(box)) {
			t.Fatal("the page object was not found")
		}
	}
	return content
}

// unturn gives a box on a page that was turned its place on the page before.
func unturn(b Box, quarters int) Box {
	switch quarters {
	case 1:
		return Box{b.Y, 1 - b.X - b.Width, b.Height, b.Width}
	case 2:
		return Box{1 - b.X - b.Width, 1 - b.Y - b.Height, b.Width, b.Height}
	case 3:
		return Box{1 - b.Y - b.Height, b.X, b.Height, b.Width}
	}
	return b
}

// TestMarksOnScans: a page of text is printed, scanned any way round and read by
// OCR. PDFium, which has the text of the print, finds the words of a passage under
// the boxes that the scan's passage gets.
func TestMarksOnScans(t *testing.T) {
	needsTesseract(t)
	e := newExtractor(t, func(o *Options) { o.OCR = OCROptions{} })
	content, picture := printed(t, e)
	runtime, err := newPDFium(context.Background(), cacheDir(t), defaultMemoryPages)
	if err != nil {
		t.Fatal(err)
	}
	d, pages, _ := readPDF(t, runtime, content)
	t.Cleanup(func() { // after the cases, which run beside each other
		d.close()
		_ = runtime.Close()
	})
	paper := textOf(t, d, 1)
	var one sync.Mutex // at a time in PDFium
	for _, tt := range []struct {
		picture int    // quarter turns of the paper in the scanner
		box     string // of the page in the file
		shown   int    // quarter turns of the text as it is seen
	}{
		{0, "", 0}, {1, "", 1}, {2, "", 2}, {0, "/Rotate 270", 3},
	} {
		t.Run(fmt.Sprint(tt.picture, tt.box), func(t *testing.T) {
			t.Parallel()
			scan := scanned(t, turned(picture, tt.picture), tt.box)
			page := extractOK(t, e, "scan.pdf", scan).Pages[0]
			if page.Reader != ReaderOCR || page.Confidence < 80 || len(page.Places) < 70 {
				t.Fatalf("read by %s, confidence %.0f, %d places", page.Reader, page.Confidence, len(page.Places))
			}
			if page.Text != pages[0].Text {
				t.Logf("the scan reads\n%s\nthe print\n%s", page.Text, pages[0].Text)
			}
			sheet, err := e.Locate(context.Background(), scan, 1, page.Text, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			text := []rune(page.Text)
			rnd := rand.New(rand.NewPCG(7, uint64(tt.picture)))
			var all tally
			one.Lock()
			defer one.Unlock()
			for range 60 {
				start, end := randomSpan(rnd, text)
				sheet.Mark(page.Places, start, end)
				if err := sheet.check(); err != nil {
					t.Fatal(err)
				}
				var under []string
				for _, b := range sheet.Boxes {
					under = append(under, paper.under(t, unturn(b, tt.shown)))
				}
				if !all.add(string(text[start:end]), strings.Join(under, " ")) && all.spans-all.exact < 4 {
					t.Logf("passage %q\nunder   %q", string(text[start:end]), under)
				}
			}
			t.Logf("%d passages, %d words: %.4f right, %d to the letter", all.spans, all.words, all.share(), all.exact)
			if all.share() < 0.995 {
				t.Errorf("only %.4f of the words are under the boxes of their passage", all.share())
			}
			if h := page.Blocks[0]; h.Kind != corpus.BlockHeading {
				t.Errorf("the heading is read as %s", h.Kind)
			}
		})
	}
}
