package main

import (
	"fmt"
	"strings"
)

// colour is red, green, blue, 0 to 255.
type colour [3]int

var (
	black  = colour{26, 26, 26}
	grey   = colour{84, 96, 102}
	white  = colour{255, 255, 255}
	accent = colour{11, 83, 99}
	tint   = colour{230, 240, 242}
)

func (t *typesetter) ink(c colour)  { t.pdf.SetTextColor(c[0], c[1], c[2]) }
func (t *typesetter) fill(c colour) { t.pdf.SetFillColor(c[0], c[1], c[2]) }

// cover is the title block at the head of the first page.
func (t *typesetter) cover() box {
	const size, pad = 22.0, 8.0
	title := t.breakLines(boldWords(t.src.Title), size, right-left-2*pad)
	kind := strings.ToUpper(t.src.Type[:1]) + t.src.Type[1:]
	line := dutchDate(t.src.Date)
	if t.src.Number != "" {
		line = "Bij publicatie " + t.src.Number + " van " + line
	}
	h := height(len(title), size*0.85) + 2*pad + 15
	return box{height: h, text: kind + "\n" + t.src.Title + "\n" + line, draw: func(y float64) {
		t.fill(accent)
		t.pdf.Rect(left, y, right-left, h, "F")
		t.ink(white)
		t.font(regular, 10)
		t.pdf.Text(left+pad, y+pad+2, kind)
		t.drawTight(title, left+pad, y+pad+5, size)
		t.font(regular, 10)
		t.pdf.Text(left+pad, y+h-pad+1, line)
		t.ink(black)
	}}
}

// drawTight draws the lines of a title, closer than body text.
func (t *typesetter) drawTight(lines []line, x, y, size float64) {
	for _, l := range lines {
		y += size * 0.85 * leading * point
		for _, r := range l.runs {
			t.font(r.style, r.size)
			t.pdf.Text(x+r.x, y-2, r.text)
		}
	}
}

func boldWords(s string) []word {
	var words []word
	for _, f := range strings.Fields(s) {
		words = append(words, word{text: f, style: bold})
	}
	return words
}

// drawPage draws page i (from 0): header, body, footnotes, footer.
func (t *typesetter) drawPage(i int) {
	if i > 0 {
		t.pdf.AddPage()
	}
	t.pdf.SetDrawColor(170, 186, 192)
	t.pdf.SetLineWidth(0.2)
	t.ink(grey)
	header := author + " – " + t.src.Title
	for words := strings.Fields(header); len(words) > 1 && t.width(header, regular, smallSize) > right-left; {
		words = words[:len(words)-1]
		header = strings.TrimRight(strings.Join(words, " "), ",:") + " …"
	}
	t.pdf.Text(left, headerY, header)
	t.pdf.Line(left, headerY+3, right, headerY+3)
	t.ink(black)
	for _, b := range t.pages[i].boxes {
		b.draw(b.y)
	}
	if notes := t.pages[i].notes; len(notes) > 0 {
		y := bottom - t.notesHeight(notes) + 3
		t.pdf.SetDrawColor(84, 96, 102)
		t.pdf.Line(left, y, left+40, y)
		y += 2
		for _, n := range notes {
			t.font(regular, noteSize)
			t.pdf.Text(left, y+noteSize*leading*point*0.72, fmt.Sprint(n))
			y = t.drawLines(t.noteLines(n), left+indent, y, noteSize)
		}
	}
	t.ink(grey)
	t.font(regular, smallSize)
	footer := fmt.Sprintf("Pagina %d van %d", i+1, len(t.pages))
	t.pdf.Text(right-t.pdf.GetStringWidth(footer), footerY, footer)
	t.ink(black)
}
