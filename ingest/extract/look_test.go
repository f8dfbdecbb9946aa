package extract

import (
	"image"
	"math"
	"testing"
)

// sheet is a page drawn at lookDPI, of one shade.
func sheet(shade uint8) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, 827, 1169))
	for i := range img.Pix {
		img.Pix[i] = shade
	}
	return img
}

func fill(img *image.Gray, x0, y0, x1, y1 int, shade uint8) {
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			img.Pix[y*img.Stride+x] = shade
		}
	}
}

func TestWritten(t *testing.T) {
	word := func(paper, ink uint8, upright bool, w, h int) *image.Gray {
		img := sheet(paper)
		for i := range 6 {
			x, y := 300+i*(w+2), 500
			if upright {
				x, y = 500, 300+i*(h+2)
			}
			fill(img, x, y, x+w, y+h, ink)
		}
		return img
	}
	gradient := sheet(255)
	for y := range 1169 {
		for x := range 827 {
			gradient.Pix[y*gradient.Stride+x] = uint8(128 + 100*math.Sin(float64(x)/90)*math.Cos(float64(y)/130))
		}
	}
	ruled := sheet(255)
	fill(ruled, 0, 60, 827, 64, 40)    // a line across
	fill(ruled, 80, 1100, 85, 1110, 0) // a page number
	specks := sheet(250)
	for i := range 400 {
		fill(specks, 7+(i*97)%800, 9+(i*61)%1100, 9+(i*97)%800, 11+(i*61)%1100, 120)
	}
	for name, c := range map[string]struct {
		img  *image.Gray
		want bool
	}{
		"empty":                {sheet(255), false},
		"black":                {sheet(0), false},
		"a line and a number":  {ruled, false},
		"a soft photograph":    {gradient, false},
		"specks":               {specks, false},
		"small print":          {word(255, 0, false, 3, 4), true},
		"faint print":          {word(230, 180, false, 4, 6), true},
		"a headline":           {word(255, 0, false, 30, 45), true},
		"light on dark":        {word(20, 240, false, 4, 6), true},
		"a sheet on its side":  {word(255, 0, true, 6, 4), true},
		"words, not letters":   {word(240, 60, false, 40, 7), true},
		"three marks, no word": {func() *image.Gray { i := sheet(255); fill(i, 9, 9, 14, 15, 0); fill(i, 16, 9, 21, 15, 0); return i }(), false},
	} {
		if got := written(c.img); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}

func BenchmarkWritten(b *testing.B) {
	img := sheet(250)
	for y := 100; y < 1000; y += 16 {
		for x := 80; x < 740; x += 9 {
			fill(img, x, y, x+6, y+8, 10)
		}
	}
	for b.Loop() {
		if !written(img) {
			b.Fatal("a full page of letters is not seen")
		}
	}
}

// A page of names is kept when its fonts give language elsewhere; one in a font of
// its own, or without vowels, is not.
func TestTrustFonts(t *testing.T) {
	lines := func(font string, n int, text string) (out []rawLine) {
		for range n {
			out = append(out, rawLine{Text: text, Font: font})
		}
		return out
	}
	const prose = "De raad is van mening dat het beleid voor de lange termijn niet op orde is."
	const names = "Vermeulen Jansen Bakker Rabobank Philips"
	const shifted = "GHUDDG LVYDQ PHQLQJ GDWKHW EHOHLG YRRU"
	for name, c := range map[string]struct {
		page rawPage
		bad  bool
	}{
		"names in the font of the text": {rawPage{Bad: true, Lines: lines("A+Text", 12, names)}, false},
		"names in another font":         {rawPage{Bad: true, Lines: lines("B+Text", 12, names)}, true},
		"no vowels":                     {rawPage{Bad: true, Lines: lines("A+Text", 12, shifted)}, true},
		"broken":                        {rawPage{Bad: true, Broken: "x", Lines: lines("A+Text", 12, names)}, true},
		"a scan":                        {rawPage{Bad: true}, true},
	} {
		if len(c.page.Lines) > 0 && c.page.Broken == "" && !garbledText(c.page) {
			t.Fatalf("%s: the gate lets it pass", name)
		}
		pages := []rawPage{{Reader: ReaderPDFium, Lines: lines("A+Text", 10, prose)}, c.page}
		if trustFonts(pages); pages[1].Bad != c.bad {
			t.Errorf("%s: bad is %t", name, pages[1].Bad)
		}
	}
}

func TestAgree(t *testing.T) {
	for _, c := range []struct {
		own, seen string
		want      bool
	}{
		{"Bakker Rabobank Vermeulen Philips", "Bakker Rabobank Vermeu1en Philips", true},
		{"%DNNHU 5DEREDQN", "Bakker Rabobank", false},
		{"", "Bakker", false},
		{"1 2 3", "1 2 3", false},
	} {
		if got := agree(c.own, c.seen); got != c.want {
			t.Errorf("agree(%q, %q) = %t", c.own, c.seen, got)
		}
	}
}
