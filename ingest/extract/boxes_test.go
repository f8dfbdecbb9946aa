package extract

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/pdftest"
)

// setText sets lines of text one below the other.
func setText(x, y int, lines ...string) string {
	var b strings.Builder
	for i, l := range lines {
		fmt.Fprintf(&b, "BT /F 10 Tf %d %d Td (%s) Tj ET\n", x, y-13*i, l)
	}
	return b.String()
}

// The text round a box, and in it.
var (
	boxBefore = []string{"De raad schrijft hier over het werk en het inkomen van mensen", "in Nederland, en over wat daarin de komende jaren verandert.", "Dat doet hij op verzoek van het kabinet, na gesprekken in het land."}
	boxInside = []string{"In een kader staat een voorbeeld van een bedrijf dat mensen al", "jaren lang naast hun werk laat leren, en wat dat hun oplevert."}
	boxAfter  = []string{"Daarna gaat het advies verder met wat de raad van dit alles vindt", "en wat het kabinet volgens hem de komende jaren zou moeten doen.", "Ook wat dat kost staat er, per jaar en per maatregel uitgerekend."}
)

// boxPage is a page with text at 700, what is drawn, the text of the box at 600 and more
// text at 500. The box is 60 to 400 by 570 to 620.
func boxPage(drawn string) string {
	return setText(60, 700, boxBefore...) + drawn + "0 g 0 G\n" + setText(70, 600, boxInside...) + setText(60, 500, boxAfter...)
}

func boxedText(pages []corpus.Page) []string {
	var out []string
	for _, p := range pages {
		for _, b := range p.Blocks {
			if b.Box {
				out = append(out, corpus.Slice(p.Text, b.Start, b.End))
			}
		}
	}
	return out
}

// Boxes are known however they are drawn; what is no box is none.
func TestDrawnBoxes(t *testing.T) {
	e := newExtractor(t, nil)
	inside := []string{strings.Join(boxInside, " ")}
	shades := func(x0, x1 int) (s string) {
		for i := range 4 {
			s += fmt.Sprintf("%d %d %d 13 re f\n", x0, 611-13*i-2, x1-x0)
		}
		return s
	}
	for name, c := range map[string]struct {
		page string
		want []string
	}{
		"ruled":                   {boxPage("60 570 340 50 re S\n"), inside},
		"shaded":                  {boxPage("0.9 0.95 1 rg 60 570 340 50 re f\n"), inside},
		"round":                   {boxPage("70 570 m 390 570 l 400 570 400 580 y 400 610 l 400 620 390 620 y 70 620 l 60 620 60 610 y 60 580 l 60 570 70 570 y h S\n"), inside},
		"four rules":              {boxPage("60 570 m 400 570 l S 60 620 m 400 620 l S 60 570 m 60 620 l S 400 570 m 400 620 l S\n"), inside},
		"thin bars":               {boxPage("60 570 340 1 re f 60 620 340 1 re f 60 570 1 25 re f 60 595 1 26 re f 400 570 1 51 re f\n"), inside},
		"a shade each":            {boxPage("0.9 g " + shades(60, 400)), inside},
		"in a form's coordinates": {boxPage("q 0.5 0 0 0.5 0 0 cm 0.9 g 120 1140 680 100 re f Q\n"), inside},
		"with a head": {boxPage("0.2 0.3 0.6 rg 60 620 340 20 re f 0.9 g 60 570 340 50 re f 1 g\n" + setText(70, 626, "Een voorbeeld uit de bouw")),
			append([]string{"Een voorbeeld uit de bouw"}, inside...)},
		"in another": {boxPage("0.9 g 55 565 350 60 re f 1 0.9 0.9 rg 60 570 340 50 re f\n"), inside},

		"nothing":           {boxPage(""), nil},
		"white":             {boxPage("1 g 60 570 340 50 re f\n"), nil},
		"a clip":            {boxPage("q 60 570 340 50 re W n Q\n"), nil},
		"a rule above":      {boxPage("60 620 m 400 620 l S\n"), nil},
		"open":              {boxPage("60 570 m 60 620 l S 60 620 m 400 620 l S 400 620 m 400 570 l S\n"), nil},
		"behind a title":    {boxPage("0.8 g 60 640 340 30 re f 0 g\n" + setText(70, 650, "Wat de raad ziet")), nil},
		"a curve":           {boxPage("60 570 m 200 600 l 300 580 l 350 610 l 400 620 l S\n"), nil},
		"a table":           {boxPage("60 570 340 50 re S 230 570 m 230 620 l S\n"), nil},
		"cells":             {boxPage("0.9 g 60 570 170 50 re f 0.8 g 230 570 170 50 re f\n"), nil},
		"rows":              {boxPage("60 540 340 80 re S 60 560 m 400 560 l S 60 580 m 400 580 l S 60 594 m 400 594 l S\n"), nil},
		"the page's colour": {boxPage("0.95 g 0 0 595 842 re f\n"), nil},
		"most of the text":  {boxPage("60 470 340 260 re S\n"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			for how, content := range map[string][]byte{
				"upright": pdftest.Pages("", c.page),
				"cropped": pdftest.Pages("/CropBox[30 40 560 800]", c.page),
				"turned":  pdftest.Pages("/Rotate 90", "q 0 1 -1 0 595 0 cm 1 0 0 1 0 -150 cm "+c.page+" Q"),
			} {
				if d := cmp.Diff(c.want, boxedText(extractOK(t, e, "a.pdf", content).Pages)); d != "" {
					t.Errorf("%s: %s", how, d)
				}
			}
		})
	}
}

// A rectangle at the same place on every page is how the pages look.
func TestDrawnFurniture(t *testing.T) {
	page := boxPage("60 570 340 50 re S\n")
	other := func(n int) string { return strings.ReplaceAll(page, "kader", fmt.Sprint("kader ", n)) }
	e := newExtractor(t, nil)
	if got := boxedText(extractOK(t, e, "a.pdf", pdftest.Pages("", other(1), other(2))).Pages); len(got) != 2 {
		t.Errorf("on two pages: %q", got)
	}
	if got := boxedText(extractOK(t, e, "a.pdf", pdftest.Pages("", other(1), other(2), other(3))).Pages); len(got) != 0 {
		t.Errorf("on three pages: %q", got)
	}
}

// Four rules make a frame in whatever order, pieces and direction they are drawn.
func TestRuledFramesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rect{rapid.Float64Range(0, 300).Draw(t, "x"), rapid.Float64Range(0, 500).Draw(t, "y"), 0, 0}
		f.X1 = f.X0 + rapid.Float64Range(leastBoxSide+10, 280).Draw(t, "w")
		f.Y1 = f.Y0 + rapid.Float64Range(leastBoxHigh+10, 300).Draw(t, "h")
		thick := rapid.Float64Range(0, 1).Draw(t, "thick")
		var rules []rect
		pieces := func(r rect, up bool) {
			n := rapid.IntRange(1, 4).Draw(t, "pieces")
			for i := range n {
				a, b := float64(i)/float64(n), float64(i+1)/float64(n)
				if up {
					rules = append(rules, rect{r.X0, r.Y0 + a*r.h(), r.X1, r.Y0 + b*r.h()})
				} else {
					rules = append(rules, rect{r.X0 + a*r.w(), r.Y0, r.X0 + b*r.w(), r.Y1})
				}
			}
		}
		pieces(rect{f.X0, f.Y0, f.X1, f.Y0 + thick}, false)
		pieces(rect{f.X0, f.Y1 - thick, f.X1, f.Y1}, false)
		pieces(rect{f.X0, f.Y0, f.X0 + thick, f.Y1}, true)
		pieces(rect{f.X1 - thick, f.Y0, f.X1, f.Y1}, true)
		d := drawing{rules: rapid.Permutation(rules).Draw(t, "order")}
		got := d.boxes()
		if len(got) != 1 || !got[0].holds(f.X0, f.Y0) || !got[0].holds(f.X1, f.Y1) || !f.holds(got[0].X0, got[0].Y0) || !f.holds(got[0].X1, got[0].Y1) {
			t.Fatalf("rules of %v make %v", f, got)
		}
		gap := rapid.IntRange(0, len(rules)-1).Draw(t, "gap")
		d.rules = slices.Delete(slices.Clone(rules), gap, gap+1)
		if got := d.boxes(); rules[gap].w()+rules[gap].h() > 2*ruleWidth+2*touching && len(got) != 0 {
			t.Fatalf("rules with a gap at %v make %v", rules[gap], got)
		}
	})
}
