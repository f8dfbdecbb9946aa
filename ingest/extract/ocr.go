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
	"unicode"
	"unicode/utf8"
)

// OCROptions says how pages without readable text are read.
type OCROptions struct {
	Off       bool          // leave such pages empty
	Command   string        // default "tesseract", from PATH
	Languages string        // default "nld+eng"
	Deadline  time.Duration // for one page; default 2 minutes
	Whole     time.Duration // for one document; default 30 minutes: pages after that stay unread
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
	if o.Whole <= 0 {
		o.Whole = 30 * time.Minute
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
			if len(pages[i].Lines) == 0 || garbledText(pages[i]) {
				pages[i].Lines = nil
				n++
			}
		}
		if n > 0 {
			warnings = append(warnings, fmt.Sprintf("Geen leesbare tekst op %s. Installeer tesseract (pakketten tesseract-ocr, tesseract-ocr-nld en tesseract-ocr-osd) en bied het document opnieuw aan.", pageList(pages, todo)))
		}
		return warnings, nil
	}
	// leave gives up the pages from the n-th on: what could not be read is no text.
	leave := func(n int) {
		warnings = append(warnings, fmt.Sprintf("Alleen de eerste %d pagina's zonder tekst zijn met OCR gelezen. Splits het document in delen.", n))
		for _, i := range todo[n:] {
			if garbledText(pages[i]) {
				pages[i].Lines = nil
			}
		}
		todo = todo[:n]
	}
	if len(todo) > e.ocr.opts.MaxPages {
		leave(e.ocr.opts.MaxPages)
	}
	var failed []int
	started := time.Now()
	for from := 0; from < len(todo); from += batch {
		if time.Since(started) > e.ocr.opts.Whole {
			leave(from)
			break
		}
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
			if garbledText(pages[i]) {
				pages[i].Lines = nil
			}
		}
	}
	if len(failed) > 0 {
		warnings = append(warnings, fmt.Sprintf("OCR lukte niet op %s.", pageList(pages, failed)))
	}
	return warnings, nil
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
	if len(lines) == 0 || !readable(q.text()) && (garbledText(*p) && confidence < 60 || len(p.Lines) > 0) {
		if len(p.Lines) > 0 && !garbledText(*p) {
			p.Bad = false // a title page: its few words are right as they are
			return nil
		}
		p.Lines = nil
		p.Bad = len(lines) > 0 // an empty sheet needs no OCR
		return nil
	}
	p.Lines, p.Reader, p.Confidence, p.Bad = lines, ReaderOCR, confidence, false
	return nil
}

// tsvWord is one word as tesseract found it, in pixels from the top left.
type tsvWord struct {
	block, par, line         int
	left, top, width, height float64
	confidence               float64
	text                     string
}

// parseTSV reads tesseract's table of words: level, page, block, paragraph,
// line, word, left, top, width, height, confidence, text. scale is points per
// pixel, height that of the image in pixels. The confidence is the mean over
// words, 0 to 100.
func parseTSV(tsv string, scale, height float64) ([]rawLine, float64) {
	var found []tsvWord
	for row := range strings.Lines(tsv) {
		f := strings.Split(strings.TrimRight(row, "\r\n"), "\t")
		if len(f) < 12 || f[0] != "5" {
			continue
		}
		num := make([]float64, 11)
		bad := false
		for i := range num {
			v, err := strconv.ParseFloat(f[i], 64)
			if err != nil || math.IsNaN(v) || math.Abs(v) > 1e6 {
				bad = true
				break
			}
			num[i] = v
		}
		if text := strings.TrimSpace(f[11]); !bad && text != "" {
			found = append(found, tsvWord{int(num[2]), int(num[3]), int(num[4]), num[6], num[7], num[8], num[9], num[10], text})
		}
	}
	var lines []rawLine
	var pars [][2]int // block and paragraph per line
	sum, n, at := 0.0, 0, 0
	for i := 0; i < len(found); {
		j := i
		for j < len(found) && found[j].block == found[i].block && found[j].par == found[i].par && found[j].line == found[i].line {
			if found[j].confidence >= 0 {
				sum += found[j].confidence
				n++
			}
			j++
		}
		l := ocrLine(found[i:j], scale, height)
		pars = append(pars, [2]int{found[i].block, found[i].par})
		l.First = at
		at += utf8.RuneCountInString(l.Text) + 1
		lines = append(lines, l)
		i = j
	}
	steadySizes(lines, pars)
	if n == 0 {
		return lines, 0
	}
	return lines, sum / float64(n)
}

// Shares of the font size that letters reach above and below, measured on the
// common book and office faces.
const (
	xHeight   = 0.47
	ascender  = 0.24
	descender = 0.21
)

// ocrLine makes a line of its words.
func ocrLine(words []tsvWord, scale, height float64) rawLine {
	l := rawLine{Ink: true}
	var sizes, bases []float64
	for i, w := range words {
		if i == 0 && len(words) > 1 && misreadBullet(w.text, words[1].text) {
			w.text = "•"
		}
		if i > 0 {
			l.Text += " "
		}
		x0, x1 := w.left*scale, (w.left+w.width)*scale
		if i == 0 || x0 < l.X0 {
			l.X0 = x0
		}
		l.Words = append(l.Words, rawWord{From: utf8.RuneCountInString(l.Text), X0: x0, X1: x1})
		l.Text += w.text
		l.X1 = max(l.X1, x1)
		up := strings.ContainsAny(w.text, "bdfhijkltABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789éëïóüè")
		down := strings.ContainsAny(w.text, "gjpqy,;()[]")
		share := xHeight
		if up {
			share += ascender
		}
		bottom := height - w.top - w.height
		if down {
			share += descender
			bottom += w.height * descender / share
		}
		if strings.IndexFunc(w.text, unicode.IsLetter) >= 0 || len(words) == 1 {
			sizes = append(sizes, w.height*scale/share)
		}
		bases = append(bases, bottom*scale)
	}
	slices.Sort(sizes)
	slices.Sort(bases)
	l.Y = bases[len(bases)/2]
	if len(sizes) > 0 {
		l.Size = sizes[len(sizes)/2]
	} else {
		l.Size = words[0].height * scale / (xHeight + ascender)
	}
	// A note's raised mark is read as a number that sticks to its first word.
	if d := strings.IndexFunc(l.Text, func(r rune) bool { return r < '0' || r > '9' }); d > 0 && d <= 2 {
		if r, _ := utf8.DecodeRuneInString(l.Text[d:]); unicode.IsUpper(r) {
			l.Marks = append(l.Marks, mark{From: 0, To: d})
		}
	}
	return l
}

// misreadBullet reports the letters that tesseract takes bullets for.
func misreadBullet(s, next string) bool {
	first, _ := utf8.DecodeRuneInString(next)
	return utf8.RuneCountInString(s) == 1 && strings.ContainsAny(s, "e¢«®©o°*»") && unicode.IsUpper(first)
}

// steadySizes gives short lines the size of their paragraph, and lines of
// nearly the body's size that size: what differs is which letters they have.
func steadySizes(lines []rawLine, pars [][2]int) {
	for from := 0; from < len(lines); {
		to := from
		var long []float64
		for to < len(lines) && pars[to] == pars[from] {
			if len(lines[to].Words) >= 4 {
				long = append(long, lines[to].Size)
			}
			to++
		}
		if slices.Sort(long); len(long) > 0 {
			for i := from; i < to; i++ {
				if len(lines[i].Words) < 4 {
					lines[i].Size = long[len(long)/2]
				}
			}
		}
		from = to
	}
	var sizes []float64
	for _, l := range lines {
		for range len(l.Words) {
			sizes = append(sizes, l.Size)
		}
	}
	if len(sizes) == 0 {
		return
	}
	slices.Sort(sizes)
	body := sizes[len(sizes)/2]
	for i := range lines {
		if s := lines[i].Size / body; s > 0.87 && s < 1.13 {
			lines[i].Size = body
		}
	}
}
