package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// redPassage is set in red among black, over three lines.
const (
	blackBefore = "Er staat gewone zwarte tekst voor het citaat, die niet mag worden gemarkeerd. "
	blackAfter  = " En er staat gewone zwarte tekst achter. Die loopt ook weer over een paar regels door."
	redPassage  = "Deze zin is het citaat en hij is zo lang dat hij over meer dan een regel van de bladzijde loopt, om te zien of elke regel een eigen vlak krijgt."
)

// markedPDF is a page with redPassage on it. box goes into its page object: the
// cross-reference table is then off, and readers make a new one.
// Its text is turned by angle degrees against the clock.
func markedPDF(t testing.TB, box string, angle float64) []byte {
	t.Helper()
	p, tr := newPDF()
	p.SetCompression(false)
	p.AddPage()
	p.SetFont("Helvetica", "", 12)
	p.TransformBegin()
	p.TransformRotate(angle, 105, 150)
	p.SetXY(40, 140)
	p.SetLeftMargin(40)
	p.SetRightMargin(60)
	p.Write(6, tr(blackBefore))
	p.SetTextColor(255, 0, 0)
	p.Write(6, tr(redPassage))
	p.SetTextColor(0, 0, 0)
	p.Write(6, tr(blackAfter))
	p.TransformEnd()
	b := pdfBytes(t, p)
	if box != "" {
		b = bytes.Replace(b, []byte("/Type /Page\n"), []byte("/Type /Page\n"+box+"\n"), 1)
		if !bytes.Contains(b, []byte(box)) {
			t.Fatal("the page object was not found")
		}
	}
	return b
}

func decodePNG(t testing.TB, b []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestMarksCoverThePassage: whatever the page's rotation and crop, in its picture
// everything red lies under the boxes and nothing black does.
func TestMarksCoverThePassage(t *testing.T) {
	e := newExtractor(t, nil)
	ctx := context.Background()
	const crop = "/CropBox [70.5 220 500 620]"
	text := []rune(blackBefore + redPassage + blackAfter)
	start := len([]rune(blackBefore))
	tests := []struct {
		box   string
		angle float64
	}{
		{"", 0}, {crop, 0}, {"", 45},
		// Set for the rotation, and against it.
		{"/Rotate 90", 90}, {"/Rotate 180", 180}, {"/Rotate 270", 270}, {"/Rotate -90", -90},
		{"/Rotate 90", 0}, {"/Rotate 180", 0}, {"/Rotate 270", 0}, {"", 90}, {"", 270},
		{crop + " /Rotate 90", 90}, {crop + " /Rotate 180", 0}, {crop + " /Rotate 270", 0},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.box, " ", tt.angle), func(t *testing.T) {
			content := markedPDF(t, tt.box, tt.angle)
			if tt.angle == 0 && !strings.Contains(tt.box, "Rotate") {
				if read := extractOK(t, e, "x.pdf", content).Pages[0].Text; read != string(text) {
					t.Errorf("the page reads %q", read)
				}
			}
			sheet, err := e.Locate(ctx, content, 1, string(text), start, start+len([]rune(redPassage)))
			if err != nil {
				t.Fatal(err)
			}
			if tt.angle == 45 {
				if len(sheet.Boxes) == 0 {
					t.Error("text on a slope is not found")
				}
				return // boxes are level: they cover more than the text
			}
			if n := len(sheet.Boxes); n < 3 || n > 5 {
				t.Errorf("%d boxes for a passage of some three lines: %v", n, sheet.Boxes)
			}
			for scale := 1; scale <= MaxScale; scale++ {
				b, err := e.Picture(ctx, content, 1, scale)
				if err != nil {
					t.Fatal(err)
				}
				img := decodePNG(t, b)
				if got, want := img.Bounds().Size(), image.Pt(sheet.Width*scale, sheet.Height*scale); abs(got.X-want.X) > 1 || abs(got.Y-want.Y) > 1 {
					t.Errorf("the picture is %v, the sheet says %v", got, want)
				}
				coloured, ok := img.(*image.RGBA)
				if !ok {
					t.Fatalf("the picture is %T", img)
				}
				checkMarks(t, coloured, sheet.Boxes)
				if !strings.HasPrefix(tt.box, crop) {
					break // twice as large shows nothing new
				}
			}
		})
	}
}

func checkMarks(t *testing.T, img *image.RGBA, boxes []Box) {
	t.Helper()
	size := img.Bounds().Size()
	marked := func(x, y int, slack float64) bool {
		px, py := float64(x)+0.5, float64(y)+0.5
		for _, b := range boxes {
			x0, y0 := b.X*float64(size.X)-slack, b.Y*float64(size.Y)-slack
			x1, y1 := (b.X+b.Width)*float64(size.X)+slack, (b.Y+b.Height)*float64(size.Y)+slack
			if px >= x0 && px <= x1 && py >= y0 && py <= y1 {
				return true
			}
		}
		return false
	}
	red, black := 0, 0
	for y := range size.Y {
		for x := range size.X {
			c := img.RGBAAt(x, y)
			switch {
			case c.A != 255:
				t.Fatalf("the picture is transparent at %d,%d", x, y)
			case c.R > 200 && c.G < 100:
				if red++; !marked(x, y, 1.5) {
					t.Fatalf("the passage is not marked at %d,%d", x, y)
				}
			case c.R < 100 && c.G < 100:
				if black++; marked(x, y, -1.5) {
					t.Fatalf("other text is marked at %d,%d", x, y)
				}
			}
		}
	}
	if red < 200 || black < 200 {
		t.Errorf("the picture shows %d red and %d black points", red, black)
	}
}

// A page without colour is drawn grey: a quarter of the room.
func TestPicture(t *testing.T) {
	e := newExtractor(t, nil)
	ctx := context.Background()
	content := plainPDF(t, 2)
	one, err := e.Picture(ctx, content, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	img := decodePNG(t, one)
	if img.ColorModel() != color.GrayModel || img.Bounds().Size() != image.Pt(893, 1263) {
		t.Errorf("%v of %T", img.Bounds(), img)
	}
	two, err := e.Picture(ctx, content, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got := decodePNG(t, two).Bounds().Size(); got != image.Pt(1786, 2526) {
		t.Errorf("at scale 2 %v", got)
	}

	big, _ := newPDF()
	big.AddPageFormat("P", struct{ Wd, Ht float64 }{4000, 1000})
	poster, err := e.Picture(ctx, pdfBytes(t, big), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := decodePNG(t, poster).Bounds().Size(); got != image.Pt(pictureSide, pictureSide/4) {
		t.Errorf("a poster is %v", got)
	}
}

func TestShowingFails(t *testing.T) {
	e := newExtractor(t, nil)
	ctx := context.Background()
	good := plainPDF(t, 2)
	for name, tt := range map[string]struct {
		content []byte
		page    int
	}{
		"no such page": {good, 3},
		"page 0":       {good, 0},
		"no PDF":       {[]byte("%PDF-1.4 niets"), 1},
	} {
		if _, err := e.Picture(ctx, tt.content, tt.page, 1); code(err) != CodeDamaged {
			t.Errorf("%s: picture gives %v", name, err)
		}
		if _, err := e.Locate(ctx, tt.content, tt.page, "x", 0, 1); code(err) != CodeDamaged {
			t.Errorf("%s: places give %v", name, err)
		}
	}
	if _, err := e.Picture(ctx, good, 1, 3); err == nil {
		t.Error("scale 3 is drawn")
	}
	sheet, err := e.Locate(ctx, good, 1, "Een heel andere tekst dan er op deze pagina te zien is, xyzzy", 0, 50)
	if err != nil || len(sheet.Boxes) != 0 || sheet.Width != 893 {
		t.Errorf("a passage that is not there: %+v, %v", sheet, err)
	}
	late := newExtractor(t, func(o *Options) { o.Deadline = time.Nanosecond })
	if _, err := late.Picture(ctx, good, 1, 1); code(err) != CodeTimeout {
		t.Errorf("after the deadline: %v", err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := e.Picture(gone, good, 1, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("for who is gone: %v", err)
	}
	if _, err := e.Picture(ctx, good, 1, 1); err != nil { // and still serves others
		t.Error(err)
	}
}

func code(err error) string {
	if f, ok := AsFailure(err); ok {
		return f.Code
	}
	return fmt.Sprint(err)
}

// BenchmarkPicture and BenchmarkLocate are what one view of a page costs, the
// handing over of the document included.
func BenchmarkPicture(b *testing.B) {
	e := newExtractor(b, nil)
	for scale := 1; scale <= MaxScale; scale++ {
		b.Run(fmt.Sprint(scale), func(b *testing.B) {
			contents := benchFiles(b)
			bytes := 0
			for b.Loop() {
				for _, c := range contents {
					out, err := e.Picture(context.Background(), c, 1, scale)
					if err != nil {
						b.Fatal(err)
					}
					bytes += len(out)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N*len(contents)), "ms/page")
			b.ReportMetric(float64(bytes)/1024/float64(b.N*len(contents)), "KB/page")
		})
	}
}

func BenchmarkLocate(b *testing.B) {
	e := newExtractor(b, nil)
	contents := benchFiles(b)
	var pages []corpus.Page
	for _, c := range contents {
		doc, err := e.Extract(context.Background(), "x.pdf", c)
		if err != nil {
			b.Fatal(err)
		}
		pages = append(pages, doc.Pages[0])
	}
	b.ResetTimer()
	for b.Loop() {
		for i, c := range contents {
			if _, err := e.Locate(context.Background(), c, 1, pages[i].Text, 0, 300); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N*len(contents)), "ms/page")
}
