package extract

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/ledongthuc/pdf"
)

// readLight reads a document with the light reader. Pages that fail the gate
// are read again by PDFium in the same child. It reports false when the light
// reader cannot open the document at all: then PDFium reads all of it. What
// recover cannot catch (running out of memory, looping for ever) ends the
// child, and the parent tries again with PDFium.
func (c *childProcess) readLight(ctx context.Context, r request) (bool, error) {
	doc, err := openLight(r.content)
	if err != nil {
		return false, nil
	}
	count := doc.NumPage()
	if count <= 0 || count > r.MaxPages { // PDFium counts pages better
		return false, nil
	}
	var d *pdfiumDoc
	defer func() {
		if d != nil {
			d.close()
		}
	}()
	info := rawDocument{Pages: count}
	lightInfo(doc, &info)
	if err := c.out.write(answer{Info: &info}); err != nil {
		return true, err
	}
	reopened := 0
	for n := max(r.From, 1); n <= count; n++ {
		p := lightPage(doc, n)
		if p.Bad {
			if d == nil {
				if d, err = c.open(ctx, r.content); err != nil {
					return true, err
				}
			}
			if n <= d.count {
				if p, err = d.safePage(n, &reopened); err != nil {
					return true, err
				}
			}
		}
		if err := c.out.write(answer{Page: &p}); err != nil {
			return true, err
		}
	}
	return true, nil
}

func openLight(content []byte) (doc *pdf.Reader, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("light reader: %v", x)
		}
	}()
	doc, err = pdf.NewReader(bytes.NewReader(content), int64(len(content)))
	if err == nil && doc.NumPage() < 0 {
		err = fmt.Errorf("light reader: no pages")
	}
	return doc, err
}

func lightInfo(doc *pdf.Reader, info *rawDocument) {
	defer func() { _ = recover() }() // nothing in it is needed
	v := doc.Trailer().Key("Info")
	info.Title = v.Key("Title").Text()
	info.Subject = v.Key("Subject").Text()
	info.Keywords = v.Key("Keywords").Text()
}

// lightPage reads one page and judges it.
func lightPage(doc *pdf.Reader, n int) (p rawPage) {
	p = rawPage{Number: n, Reader: ReaderLight, Width: 595, Height: 842}
	defer func() {
		if x := recover(); x != nil {
			p.Lines, p.Broken, p.Bad = nil, fmt.Sprint(x), true
		}
	}()
	page := doc.Page(n)
	if page.V.IsNull() {
		p.Bad = true
		return p
	}
	const deepest = 50 // levels of the page tree; it may be circular
	for v, i := page.V, 0; !v.IsNull() && i < deepest; v, i = v.Key("Parent"), i+1 {
		if box := v.Key("MediaBox"); box.Len() == 4 {
			p.Width = box.Index(2).Float64() - box.Index(0).Float64()
			p.Height = box.Index(3).Float64() - box.Index(1).Float64()
			break
		}
	}
	p.Lines = lightLines(page.Content().Text)
	p.Bad = !readable(p.text())
	return p
}

// lightLines joins glyphs to lines.
func lightLines(glyphs []pdf.Text) []rawLine {
	var lines []rawLine
	var b strings.Builder
	var cur rawLine
	runes, next := 0, 0.0
	flush := func() {
		if cur.Text = strings.TrimRight(b.String(), " "); strings.TrimSpace(cur.Text) != "" {
			cur.X1 = next
			lines = append(lines, cur)
		}
		b.Reset()
		runes = 0
	}
	first := 0
	for _, g := range glyphs {
		if g.S == "\n" || g.S == "" {
			continue
		}
		size := math.Abs(g.FontSize)
		sameLine := runes > 0 && math.Abs(g.Y-cur.Y) < 0.3*max(size, cur.Size) &&
			g.X > next-0.6*size && g.X < next+12*size
		if !sameLine {
			flush()
			if g.S == " " {
				continue
			}
			cur = rawLine{First: first, X0: g.X, Y: g.Y, Size: size, Font: g.Font, Bold: boldName.MatchString(g.Font)}
		} else if g.X > next+0.18*size && !strings.HasSuffix(b.String(), " ") && g.S != " " {
			b.WriteByte(' ')
			runes++
			first++
		}
		if runes > 0 && g.S != " " && boldName.MatchString(g.Font) != cur.Bold {
			cur.Mixed = true
		}
		b.WriteString(g.S)
		n := utf8.RuneCountInString(g.S)
		runes += n
		first += n
		next = g.X + g.W
	}
	flush()
	return lines
}
