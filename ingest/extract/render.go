package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// The operations of a child that shows pages.
const (
	opDraw   = "draw"
	opLocate = "locate"
)

// The measures of a page's picture.
const (
	pictureDPI  = 108  // at scale 1: A4 is 893 by 1263 pixels
	pictureSide = 2400 // pixels of the longest side at scale 1, whatever the page's size
	// MaxScale is the largest scale of a picture.
	MaxScale = 2
)

// maxPicture bounds the bytes of one PNG that a child may send.
const maxPicture = 64 << 20

// Sheet is one page of a PDF as it is seen, after its crop and rotation, with
// the places of a passage on it.
type Sheet struct {
	Width, Height int   // of its picture at scale 1, in pixels
	Boxes         []Box // one per line or part of a line, in reading order
}

// Box is a rectangle on a sheet, in fractions (0 to 1) of its width and height,
// from the top left.
type Box struct{ X, Y, Width, Height float64 }

// Picture draws a page, from 1, of a PDF as PNG: at scale 1 with 108 dots per
// inch, less for pages over half a metre; at scale 2 with twice as many. What is
// wrong with the document comes back as a *Failure.
func (e *Extractor) Picture(ctx context.Context, content []byte, page, scale int) ([]byte, error) {
	if scale < 1 || scale > MaxScale {
		return nil, fmt.Errorf("draw page %d: scale %d is not 1 to %d", page, scale, MaxScale)
	}
	var out []byte
	err := e.show(ctx, request{Op: opDraw, content: content, Pages: []int{page}, DPI: scale}, func(a answer) error {
		if a.PNG == nil {
			return nil
		}
		if len(a.PNG) > maxPicture {
			return errors.New("the reading process sent a picture that is too large")
		}
		out = a.PNG
		return nil
	})
	if err == nil && out == nil {
		err = errors.New("the reading process sent no picture")
	}
	if err != nil {
		return nil, fmt.Errorf("draw page %d: %w", page, err)
	}
	return out, nil
}

// Locate measures a page, from 1, of a PDF and finds the places of a passage on
// it: the code points [start, end) of text, which is the page's text as it was
// read, by whichever version of the readers. A passage that is not found has no
// boxes; an empty one (start equal to end) has none either.
func (e *Extractor) Locate(ctx context.Context, content []byte, page int, text string, start, end int) (Sheet, error) {
	var out Sheet
	err := e.show(ctx, request{Op: opLocate, content: content, Pages: []int{page}, Text: text, Start: start, End: end}, func(a answer) error {
		if a.Sheet != nil {
			out = *a.Sheet
		}
		return nil
	})
	if err == nil {
		err = out.check()
	}
	if err != nil {
		return Sheet{}, fmt.Errorf("find a passage on page %d: %w", page, err)
	}
	return out, nil
}

// Mark gives the sheet the places of the code points [start, end) of a page that
// was read by OCR: whole words, joined where they follow each other on a line.
func (s *Sheet) Mark(places []corpus.Place, start, end int) {
	w, h := float64(s.Width), float64(s.Height)
	tall := 0 // long words that are higher than wide: the page lies on its side
	for _, p := range places {
		if p.End-p.Start > 2 {
			if p.Height*h > p.Width*w {
				tall++
			} else {
				tall--
			}
		}
	}
	var boxes []lineBox
	for _, p := range places {
		if p.Start < end && p.End > start && len(boxes) < maxBoxes {
			boxes = append(boxes, lineBox{Box{X: p.X, Y: p.Y, Width: p.Width, Height: p.Height}, tall <= 0})
		}
	}
	s.Boxes = mergeLines(boxes, frame{w: w, h: h})
}

// check holds what the child may not have made up.
func (s Sheet) check() error {
	if s.Width < 1 || s.Height < 1 || s.Width > pictureSide+1 || s.Height > pictureSide+1 || len(s.Boxes) > maxBoxes {
		return errors.New("the reading process sent an impossible page")
	}
	for _, b := range s.Boxes {
		if !(b.X >= 0 && b.Y >= 0 && b.Width > 0 && b.Height > 0 && b.X+b.Width <= 1+1e-9 && b.Y+b.Height <= 1+1e-9) {
			return errors.New("the reading process sent an impossible place")
		}
	}
	return nil
}

// show has a child answer a request within the deadline.
func (e *Extractor) show(ctx context.Context, r request, take func(answer) error) error {
	limited, cancel := context.WithTimeoutCause(ctx, e.opts.Deadline, errDeadline)
	defer cancel()
	ch, err := e.children.acquire(limited)
	if err != nil {
		return deadlineOr(ctx, limited, err)
	}
	err = ch.call(limited, r, take)
	_, isFailure := AsFailure(err)
	e.children.release(ch, err == nil || isFailure)
	switch {
	case err == nil || isFailure:
		return err
	case limited.Err() != nil:
		return deadlineOr(ctx, limited, err)
	case ch.why() == CodeMemory:
		return fail(CodeMemory, err)
	}
	return err
}

// show opens the document in PDFium and lets f look at its page.
func (c *childProcess) show(ctx context.Context, r request, f func(d *pdfiumDoc, page uint64) (answer, error)) error {
	runtime, err := c.pdfium(ctx)
	if err != nil {
		return err
	}
	d, err := openPDF(runtime, r.content)
	if err != nil {
		return err
	}
	defer d.close()
	if len(r.Pages) != 1 || r.Pages[0] < 1 || r.Pages[0] > d.count {
		return fail(CodeDamaged, fmt.Errorf("no page %v of %d", r.Pages, d.count))
	}
	page := d.calls.call("FPDF_LoadPage", d.calls.doc, uint64(r.Pages[0]-1))
	if page == 0 {
		err = errors.New("the page cannot be loaded")
	}
	var a answer
	if err == nil {
		a, err = f(d, page)
	}
	if err = errors.Join(d.calls.err(), err); err != nil {
		if runtime.Exceeded() {
			return fail(CodeMemory, err)
		}
		return fail(CodeDamaged, errors.New(firstLine(err)))
	}
	return c.out.write(a)
}

func (c *childProcess) draw(ctx context.Context, r request) error {
	return c.show(ctx, r, func(d *pdfiumDoc, page uint64) (answer, error) {
		w, h := d.calls.frame(page).picture(min(max(r.DPI, 1), MaxScale))
		img, err := d.calls.drawing(page, w, h)
		if err != nil {
			return answer{}, err
		}
		var out bytes.Buffer
		enc := png.Encoder{}
		if _, grey := img.(*image.Gray); !grey { // a quarter of the time for a tenth more bytes
			enc.CompressionLevel = png.BestSpeed
		}
		if err := enc.Encode(&out, img); err != nil {
			return answer{}, err
		}
		return answer{PNG: out.Bytes()}, nil
	})
}

func (c *childProcess) locate(ctx context.Context, r request) error {
	return c.show(ctx, r, func(d *pdfiumDoc, page uint64) (answer, error) {
		f := d.calls.frame(page)
		w, h := f.picture(1)
		s := Sheet{Width: w, Height: h}
		if r.End > r.Start {
			text := d.calls.call("FPDFText_LoadPage", page)
			if text == 0 {
				return answer{}, errors.New("the text of the page cannot be loaded")
			}
			t := shown{c: d.calls, ref: text, frame: f}
			s.Boxes = t.boxes([]rune(r.Text), r.Start, r.End)
		}
		return answer{Sheet: &s}, nil
	})
}

// picture is the size of a page's picture in pixels.
func (f frame) picture(scale int) (w, h int) {
	zoom := math.Min(pictureDPI/72.0, pictureSide/math.Max(math.Max(f.w, f.h), 1)) * float64(scale)
	side := func(points float64) int {
		return int(math.Round(math.Min(math.Max(points*zoom, 1), float64(pictureSide*scale))))
	}
	return side(f.w), side(f.h)
}

// white is what pages are drawn on: all channels at their most.
const white = 0xFFFFFFFF

// drawing renders a page on white, its annotations included. An image without
// colour comes back grey: it takes a quarter of the room.
func (c *calls) drawing(page uint64, w, h int) (image.Image, error) {
	const (
		annotations = 0x01 // FPDF_ANNOT
		rgb         = 0x10 // FPDF_REVERSE_BYTE_ORDER
	)
	bitmap := c.call("FPDFBitmap_Create", uint64(w), uint64(h), 0)
	if bitmap == 0 {
		return nil, errors.New("no memory for a picture")
	}
	defer c.call("FPDFBitmap_Destroy", bitmap)
	c.call("FPDFBitmap_FillRect", bitmap, 0, 0, uint64(w), uint64(h), white)
	c.call("FPDF_RenderPageBitmap", bitmap, page, 0, 0, uint64(w), uint64(h), 0, annotations|rgb)
	stride := c.number("FPDFBitmap_GetStride", bitmap)
	buffer := c.call("FPDFBitmap_GetBuffer", bitmap)
	if c.err() != nil || stride < 4*w {
		return nil, errors.New("the page cannot be drawn")
	}
	pix, ok := c.in.Bytes(buffer, uint64(stride)*uint64(h))
	if !ok {
		return nil, errors.New("the picture is outside of memory")
	}
	return opaque(pix, stride, w, h), nil
}

// opaque copies pixels of four bytes, red, green, blue and one without meaning,
// out of PDFium's memory.
func opaque(pix []byte, stride, w, h int) image.Image {
	grey := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		row, out := pix[y*stride:y*stride+4*w], grey.Pix[y*grey.Stride:]
		for x := range w {
			r, g, b := row[4*x], row[4*x+1], row[4*x+2]
			if r != g || g != b {
				return coloured(pix, stride, w, h)
			}
			out[x] = r
		}
	}
	return grey
}

func coloured(pix []byte, stride, w, h int) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		row := out.Pix[y*out.Stride : y*out.Stride+4*w]
		copy(row, pix[y*stride:])
		for x := 3; x < len(row); x += 4 {
			row[x] = 0xff
		}
	}
	return out
}
