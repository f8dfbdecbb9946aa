package extract

import "image"

// A page without text may be a scan, a photograph or an empty sheet. To read it by
// OCR takes seconds; to look whether there are letters on it takes milliseconds.

const (
	lookDPI = 100 // letters of 8 points are 4 pixels high

	// contrast is by how many of 255 shades a stroke differs from what lies around it.
	contrast = 24
	// fewestLetters is how many shapes like letters, side by side, make writing: fewer
	// than in any word worth finding.
	fewestLetters = 4
	// busy is how many shapes are too many to look at one by one.
	busy = 800
)

// shape is a connected piece of ink, in pixels: [x0,x1) by [y0,y1).
type shape struct{ x0, y0, x1, y1 int }

func (s shape) width() int  { return s.x1 - s.x0 }
func (s shape) height() int { return s.y1 - s.y0 }

// written reports whether a page drawn at lookDPI may bear writing, whichever way the
// paper lies and whether dark on light or light on dark: shapes as large as letters
// or words that stand beside others of their size. It says yes when in doubt; a
// photograph full of detail is in doubt.
func written(img *image.Gray) bool {
	mean := neighbourhood(img)
	for _, dark := range []bool{true, false} {
		found := shapes(img, mean, dark)
		if len(found) > busy {
			return true
		}
		n := 0
		for i, s := range found {
			for j, o := range found {
				if i != j && s.beside(o) {
					n++
					break
				}
			}
		}
		if n >= fewestLetters {
			return true
		}
	}
	return false
}

// beside reports two shapes of about one size that stand next to each other along a
// line of text, which may run either way.
func (s shape) beside(o shape) bool {
	along := func(a0, a1, b0, b1, c0, c1, d0, d1 int) bool {
		across, other := c1-c0, d1-d0 // how far they reach across the line
		low, high := min(across, other), max(across, other)
		gap := max(b0-a1, a0-b1)
		overlap := min(c1, d1) - max(c0, d0)
		return high <= 3*low && gap <= 3*high && 3*overlap >= low
	}
	return along(s.x0, s.x1, o.x0, o.x1, s.y0, s.y1, o.y0, o.y1) || along(s.y0, s.y1, o.y0, o.y1, s.x0, s.x1, o.x0, o.x1)
}

// neighbourhood is the mean shade around each pixel, by sums over all that lies above
// and to the left (Crow, "Summed-area tables for texture mapping", 1984).
func neighbourhood(img *image.Gray) []uint8 {
	const reach = 12 // pixels to each side: more than a letter's stroke, less than a shadow
	w, h := img.Rect.Dx(), img.Rect.Dy()
	sums := make([]uint32, (w+1)*(h+1)) // 255 × 5,000² overflows; differences still come out right
	for y := range h {
		row := uint32(0)
		for x := range w {
			row += uint32(img.Pix[y*img.Stride+x])
			sums[(y+1)*(w+1)+x+1] = sums[y*(w+1)+x+1] + row
		}
	}
	out := make([]uint8, w*h)
	for y := range h {
		y0, y1 := max(y-reach, 0), min(y+reach+1, h)
		for x := range w {
			x0, x1 := max(x-reach, 0), min(x+reach+1, w)
			sum := sums[y1*(w+1)+x1] - sums[y0*(w+1)+x1] - sums[y1*(w+1)+x0] + sums[y0*(w+1)+x0]
			out[y*w+x] = uint8(sum / uint32((y1-y0)*(x1-x0)))
		}
	}
	return out
}

// shapes are the connected pieces that are darker, or lighter, than what lies around
// them and no smaller than a letter nor larger than a line of a headline; at most
// busy and one more.
func shapes(img *image.Gray, mean []uint8, dark bool) []shape {
	const (
		least = 3   // pixels
		most  = 100 // pixels across: an inch
	)
	w, h := img.Rect.Dx(), img.Rect.Dy()
	ink := make([]bool, w*h)
	for y := range h {
		for x := range w {
			d := int(mean[y*w+x]) - int(img.Pix[y*img.Stride+x])
			ink[y*w+x] = dark && d > contrast || !dark && d < -contrast
		}
	}
	var out []shape
	var stack []int
	for from := range ink {
		if !ink[from] {
			continue
		}
		ink[from] = false
		stack = append(stack[:0], from)
		s := shape{w, h, 0, 0}
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := at%w, at/w
			s = shape{min(s.x0, x), min(s.y0, y), max(s.x1, x+1), max(s.y1, y+1)}
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					nx, ny := x+dx, y+dy
					if nx >= 0 && nx < w && ny >= 0 && ny < h && ink[ny*w+nx] {
						ink[ny*w+nx] = false
						stack = append(stack, ny*w+nx)
					}
				}
			}
		}
		if small, large := min(s.width(), s.height()), max(s.width(), s.height()); large >= least && small <= most && large <= 12*max(small, 2) {
			if out = append(out, s); len(out) > busy {
				return out
			}
		}
	}
	return out
}
