package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"math"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// OCROptions says how pages without readable text are read.
type OCROptions struct {
	Off       bool          // leave such pages empty
	Command   string        // default "tesseract", from PATH
	Languages string        // default "nld+eng"
	Deadline  time.Duration // for one page; default 2 minutes
	Parallel  int           // pages at once over all documents; default 2
	DPI       int           // default 300
	MaxPages  int           // of one document; default 500
}

func (o OCROptions) withDefaults() OCROptions {
	if o.Command == "" {
		o.Command = "tesseract"
	}
	if o.Languages == "" {
		o.Languages = "nld+eng"
	}
	if o.Deadline <= 0 {
		o.Deadline = 2 * time.Minute
	}
	if o.Parallel <= 0 {
		o.Parallel = 2
	}
	if o.DPI <= 0 {
		o.DPI = 300
	}
	if o.MaxPages <= 0 {
		o.MaxPages = 500
	}
	return o
}

// ocr reads images with tesseract.
type ocr struct {
	opts OCROptions
	log  *slog.Logger
	path string // "" when there is none
	slot chan struct{}
}

func newOCR(opts OCROptions, log *slog.Logger) *ocr {
	o := &ocr{opts: opts, log: log, slot: make(chan struct{}, opts.Parallel)}
	if !opts.Off {
		if path, err := exec.LookPath(opts.Command); err == nil {
			o.path = path
		}
	}
	return o
}

// batch is how many pages are drawn at once: an image is some 8 MB.
const batch = 4

// recognise reads the bad pages by OCR, in place. It returns warnings for
// people; its error is ctx's.
func (e *Extractor) recognise(ctx context.Context, name string, content []byte, pages []rawPage) ([]string, error) {
	var todo []int
	for i, p := range pages {
		if p.Bad && p.Broken == "" {
			todo = append(todo, i)
		}
	}
	if len(todo) == 0 {
		return nil, nil
	}
	var warnings []string
	if e.ocr.path == "" {
		// What could not be read is no text.
		n := 0
		for _, i := range todo {
			if len(pages[i].Lines) == 0 || garbled(pages[i]) {
				pages[i].Lines = nil
				n++
			}
		}
		if n > 0 {
			warnings = append(warnings, fmt.Sprintf("Geen leesbare tekst op %s. Installeer tesseract (pakketten tesseract-ocr, tesseract-ocr-nld en tesseract-ocr-osd) en bied het document opnieuw aan.", pageList(pages, todo)))
		}
		return warnings, nil
	}
	if len(todo) > e.ocr.opts.MaxPages {
		warnings = append(warnings, fmt.Sprintf("Alleen de eerste %d pagina's zonder tekst zijn met OCR gelezen. Splits het document in delen.", e.ocr.opts.MaxPages))
		todo = todo[:e.ocr.opts.MaxPages]
	}
	var failed []int
	for from := 0; from < len(todo); from += batch {
		part := todo[from:min(from+batch, len(todo))]
		images, err := e.render(ctx, name, content, pages, part)
		if err != nil {
			return warnings, err
		}
		var wg sync.WaitGroup
		errs := make([]error, len(part))
		for k, i := range part {
			img := images[pages[i].Number]
			if img == nil {
				errs[k] = errors.New("not drawn")
				continue
			}
			wg.Go(func() { errs[k] = e.ocr.read(ctx, img, &pages[i]) })
		}
		wg.Wait()
		if ctx.Err() != nil {
			return warnings, ctx.Err()
		}
		for k, i := range part {
			if errs[k] == nil {
				continue
			}
			failed = append(failed, i)
			e.opts.Logger.Warn("OCR of a page failed", "name", name, "page", pages[i].Number, "error", errs[k])
			if garbled(pages[i]) {
				pages[i].Lines = nil
			}
		}
	}
	if len(failed) > 0 {
		warnings = append(warnings, fmt.Sprintf("OCR lukte niet op %s.", pageList(pages, failed)))
	}
	return warnings, nil
}

// garbled reports a page whose text is not language, as against a page with
// just a few words on it.
func garbled(p rawPage) bool {
	n := len([]rune(p.text()))
	return n >= 25 || n == 0
}

func pageList(pages []rawPage, indices []int) string {
	var b strings.Builder
	b.WriteString("pagina ")
	for k, i := range indices {
		if k > 0 {
			b.WriteString(", ")
		}
		if k == 10 {
			return b.String() + fmt.Sprintf("en nog %d", len(indices)-k)
		}
		b.WriteString(strconv.Itoa(pages[i].Number))
	}
	return b.String()
}

// render draws pages in a child. A page that cannot be drawn is not in the
// result.
func (e *Extractor) render(ctx context.Context, name string, content []byte, pages []rawPage, part []int) (map[int]*image.Gray, error) {
	limited, cancel := context.WithTimeout(ctx, e.opts.Deadline)
	defer cancel()
	images := map[int]*image.Gray{}
	ch, err := e.children.acquire(limited)
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, ErrClosed) {
			return nil, err
		}
		return images, nil
	}
	r := request{Op: opRender, Content: content, DPI: e.ocr.opts.DPI}
	for _, i := range part {
		r.Pages = append(r.Pages, pages[i].Number)
	}
	err = ch.call(limited, r, func(a answer) error {
		if im := a.Image; im != nil {
			if im.Width <= 0 || im.Height <= 0 || im.Width > 1<<14 || im.Height > 1<<14 || len(im.Pix) < im.Width*im.Height {
				return fmt.Errorf("the reading process sent a malformed image of page %d", im.Page)
			}
			images[im.Page] = &image.Gray{Pix: im.Pix, Stride: len(im.Pix) / im.Height, Rect: image.Rect(0, 0, im.Width, im.Height)}
		}
		return nil
	})
	_, isFailure := AsFailure(err)
	e.children.release(ch, err == nil || isFailure)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		e.opts.Logger.Warn("drawing pages for OCR failed", "name", name, "error", err)
	}
	return images, nil
}

// read reads one image and puts its lines on the page.
func (o *ocr) read(ctx context.Context, img *image.Gray, p *rawPage) error {
	select {
	case o.slot <- struct{}{}:
		defer func() { <-o.slot }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, o.opts.Deadline)
	defer cancel()
	var in bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(&in, img); err != nil {
		return fmt.Errorf("encode the image: %w", err)
	}
	dpi := 72 * float64(img.Rect.Dy()) / max(p.Height, 1)
	cmd := exec.CommandContext(ctx, o.path, "stdin", "stdout", "-l", o.opts.Languages, "--psm", "1", "--dpi", strconv.Itoa(int(math.Round(dpi))), "tsv")
	cmd.Env = []string{"OMP_THREAD_LIMIT=1", "LANG=C.UTF-8", "PATH=/usr/bin:/bin:/usr/local/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdin = &in
	var errs tail
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("tesseract: %w (%s)", err, errs.String())
	}
	lines, confidence := parseTSV(string(out), 72/dpi, float64(img.Rect.Dy()))
	q := rawPage{Lines: lines}
	if len(lines) == 0 || !readable(q.text()) && (garbled(*p) && confidence < 60 || len(p.Lines) > 0) {
		if len(p.Lines) > 0 && !garbled(*p) {
			return nil // a title page: its few words are right as they are
		}
		p.Lines = nil
		p.Bad = len(lines) > 0 // an empty sheet needs no OCR
		return nil
	}
	p.Lines, p.Reader, p.Confidence, p.Bad = lines, ReaderOCR, confidence, false
	return nil
}

// parseTSV reads tesseract's table of words: level, page, block, paragraph,
// line, word, left, top, width, height, confidence, text. scale is points per
// pixel. The confidence is the mean over words.
func parseTSV(tsv string, scale, height float64) ([]rawLine, float64) {
	type key struct{ block, par, line int }
	var lines []rawLine
	var cur key
	var heights []float64
	sum, n, at := 0.0, 0, 0
	finish := func() {
		if len(lines) == 0 {
			return
		}
		l := &lines[len(lines)-1]
		if len(heights) > 0 {
			// Boxes of words reach from descender to ascender; the upper
			// quartile of them is some three quarters of the font size.
			slices.Sort(heights)
			l.Size = math.Round(heights[len(heights)*3/4]*scale/0.92*2) / 2
		}
	}
	for row := range strings.Lines(tsv) {
		f := strings.Split(strings.TrimRight(row, "\r\n"), "\t")
		if len(f) < 12 || f[0] != "5" {
			continue
		}
		num := make([]float64, 11)
		bad := false
		for i := range num {
			v, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				bad = true
			}
			num[i] = v
		}
		text := strings.TrimSpace(f[11])
		if bad || text == "" {
			continue
		}
		k := key{int(num[2]), int(num[3]), int(num[4])}
		x0, x1 := num[6]*scale, (num[6]+num[8])*scale
		if k != cur || len(lines) == 0 {
			finish()
			cur, heights = k, nil
			lines = append(lines, rawLine{First: at, X0: x0, Y: (height - num[7] - num[9]) * scale})
		} else {
			lines[len(lines)-1].Text += " "
			at++
		}
		l := &lines[len(lines)-1]
		l.Words = append(l.Words, rawWord{From: at - l.First, X0: x0, X1: x1})
		l.Text += text
		at += len([]rune(text))
		l.X1 = max(l.X1, x1)
		heights = append(heights, num[9])
		if num[10] >= 0 {
			sum += num[10]
			n++
		}
	}
	finish()
	if n == 0 {
		return lines, 0
	}
	return lines, sum / float64(n)
}
