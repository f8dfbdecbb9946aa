package extract

import (
	"bytes"
	"cmp"
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

	"github.com/ser-nl/vraagbaak/internal/corpus"
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
	trustFonts(pages)
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
	var failed, left []int
	if n := e.ocr.opts.MaxPages; len(todo) > n {
		todo, left = todo[:n], todo[n:]
	}
	// The time for the whole document ends what is being read.
	whole, cancel := context.WithTimeout(ctx, e.ocr.opts.Whole)
	defer cancel()
	for from := 0; from < len(todo); from += batch {
		part := todo[from:min(from+batch, len(todo))]
		images, err := e.render(whole, name, content, pages, part)
		if err != nil && whole.Err() == nil {
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
			wg.Go(func() { errs[k] = e.ocr.read(whole, img, &pages[i]) })
		}
		wg.Wait()
		if ctx.Err() != nil {
			return warnings, ctx.Err()
		}
		for k, i := range part {
			if errs[k] == nil {
				continue
			}
			if whole.Err() != nil {
				left = append(left, i)
				continue
			}
			failed = append(failed, i)
			e.opts.Logger.Warn("OCR of a page failed", "name", name, "page", pages[i].Number, "error", errs[k])
			if garbledText(pages[i]) {
				pages[i].Lines = nil
			}
		}
	}
	for _, i := range left { // what could not be read is no text
		if garbledText(pages[i]) {
			pages[i].Lines = nil
		}
	}
	if len(left) > 0 {
		slices.Sort(left)
		warnings = append(warnings, fmt.Sprintf("Niet met OCR gelezen, omdat het document te veel pagina's zonder tekst heeft: %s. Splits het document in delen.", pageList(pages, left)))
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
	r := request{Op: opRender, content: content, DPI: e.ocr.opts.DPI}
	for _, i := range part {
		r.Pages = append(r.Pages, pages[i].Number)
	}
	err = ch.call(limited, r, func(a answer) error {
		if im := a.Image; im != nil {
			images[im.Page] = &image.Gray{Pix: im.pix, Stride: im.Width, Rect: image.Rect(0, 0, im.Width, im.Height)}
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
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // with all that it started
	cmd.WaitDelay = 5 * time.Second
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
	lines, places, turn, confidence := parseTSV(string(out), 72/dpi, float64(img.Rect.Dx()), float64(img.Rect.Dy()))
	q := rawPage{Lines: lines}
	if own := len(p.Lines) > 0; own && (!garbledText(*p) && !readable(q.text()) || agree(p.text(), q.text())) {
		p.Bad = false // a title page, or a list of names: its words are right as they are
		return nil
	} else if len(lines) == 0 || !readable(q.text()) && (own || garbledText(*p) && confidence < 60) {
		p.Lines = nil
		p.Bad = len(lines) > 0 // an empty sheet needs no OCR
		return nil
	}
	p.Lines, p.Places, p.Reader, p.Confidence, p.Bad = lines, places, ReaderOCR, confidence, false
	if turn == textDown || turn == textUp {
		p.Width, p.Height = p.Height, p.Width
	}
	return nil
}

// tsvWord is one word as tesseract found it, in pixels from the top left.
type tsvWord struct {
	block, par, line         int
	left, top, width, height float64
	confidence               float64
	text                     string
}

// The ways that text runs on a page as it is drawn.
const (
	textRight = iota // as it is read
	textDown         // the page lies a quarter turn with the clock
	textLeft         // upside down
	textUp           // a quarter turn against the clock
)

// parseTSV reads tesseract's table of words: level, page, block, paragraph,
// line, word, left, top, width, height, confidence, text. scale is points per
// pixel, width and height are those of the image in pixels. The lines are those of
// the page as it is read, whichever way it lies; the places are on the image. The
// confidence is the mean over words, 0 to 100.
func parseTSV(tsv string, scale, width, height float64) (lines []rawLine, places []place, turn int, confidence float64) {
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
		if text := strings.TrimSpace(f[11]); !bad && text != "" && len(found) < maxKeys {
			found = append(found, tsvWord{int(num[2]), int(num[3]), int(num[4]), num[6], num[7], num[8], num[9], num[10], text})
		}
	}
	turn = runsTo(found)
	whole := frame{w: width, h: height}
	across := height
	if turn == textDown || turn == textUp {
		across = width
	}
	var rows []ocrRow
	sum, n := 0.0, 0
	for i := 0; i < len(found); {
		row := ocrRow{block: found[i].block, par: found[i].par}
		first := found[i]
		for ; i < len(found) && found[i].sameLine(first); i++ {
			if found[i].confidence >= 0 {
				sum += found[i].confidence
				n++
			}
			row.words = append(row.words, seenWord{found[i].upright(turn, width, height), found[i]})
		}
		row.measure(scale, across)
		rows = append(rows, row)
	}
	rows = joinRows(rows, scale, across)
	var pars [][2]int // block and paragraph per line
	at := 0
	for _, row := range rows {
		l := row.line
		l.First = at
		for k, w := range row.words {
			// From counts runes, as the words of the line do.
			if b, ok := whole.box(w.seen.left, height-w.seen.top-w.seen.height, w.seen.left+w.seen.width, height-w.seen.top); ok {
				places = append(places, place{at + l.Words[k].From, l.wordLen(k), b})
			}
		}
		at += utf8.RuneCountInString(l.Text) + 1
		pars = append(pars, [2]int{row.block, row.par})
		lines = append(lines, l)
	}
	steadySizes(lines, pars)
	if n > 0 {
		confidence = sum / float64(n)
	}
	return lines, places, turn, confidence
}

// seenWord is a word as it is read and where it was seen on the image.
type seenWord struct {
	tsvWord

	seen tsvWord
}

// ocrRow is a line as tesseract divides them.
type ocrRow struct {
	block, par int
	words      []seenWord
	line       rawLine
}

func (r *ocrRow) measure(scale, height float64) {
	upright := make([]tsvWord, len(r.words))
	for i, w := range r.words {
		upright[i] = w.tsvWord
	}
	r.line = ocrLine(upright, scale, height)
}

// fragmentWords is how many words a piece of a line has at most, and fragmentReach
// how many rows on its other piece is looked for.
const fragmentWords, fragmentReach = 4, 4

// joinRows puts together what tesseract took apart: in spread-out text it makes rows
// of their own of a few words that stand far from the others of their line. Two rows
// are one line when they stand on one baseline, their words do not overlap, and one
// stands within the other or a line above or below runs on over the gap to the same
// right edge. Columns and cells of tables have no such line.
func joinRows(rows []ocrRow, scale, height float64) []ocrRow {
	for i := 0; i < len(rows); i++ {
		for j := i + 1; j < min(i+1+fragmentReach, len(rows)); j++ {
			if !oneLine(rows, i, j) {
				continue
			}
			rows[i].words = append(rows[i].words, rows[j].words...)
			slices.SortStableFunc(rows[i].words, func(a, b seenWord) int { return cmp.Compare(a.left, b.left) })
			rows[i].measure(scale, height)
			rows = slices.Delete(rows, j, j+1)
			j = i // it may have more than two pieces
		}
	}
	return rows
}

func oneLine(rows []ocrRow, i, j int) bool {
	a, b := rows[i].line, rows[j].line
	if a.X0 > b.X0 {
		a, b = b, a
	}
	size := min(a.Size, b.Size)
	if size <= 0 || math.Abs(a.Y-b.Y) > 0.25*size || max(a.Size, b.Size) > 1.5*size ||
		min(len(a.Words), len(b.Words)) > fragmentWords {
		return false
	}
	for _, w := range a.Words {
		for _, o := range b.Words {
			if min(w.X1, o.X1)-max(w.X0, o.X0) > 0.2*size {
				return false
			}
		}
	}
	if b.X1 <= a.X1 {
		return true
	}
	return slices.ContainsFunc(rows[max(0, i-fragmentReach):min(j+1+fragmentReach, len(rows))], func(r ocrRow) bool {
		off := math.Abs(r.line.Y - a.Y)
		return off > 0.5*size && off < 1.8*size && math.Abs(r.line.X1-b.X1) < size && math.Abs(r.line.X0-a.X0) < 4*size &&
			r.line.X0 < a.X1-size && len(r.line.Words) > fragmentWords
	})
}

func (w tsvWord) sameLine(o tsvWord) bool {
	return w.block == o.block && w.par == o.par && w.line == o.line
}

// runsTo is the way that most words follow the one before them on their line.
func runsTo(found []tsvWord) int {
	var votes [4]int
	for i := 1; i < len(found); i++ {
		a, b := found[i-1], found[i]
		if !a.sameLine(b) {
			continue
		}
		dx, dy := b.left+b.width/2-a.left-a.width/2, b.top+b.height/2-a.top-a.height/2
		switch {
		case math.Abs(dx) >= math.Abs(dy) && dx >= 0:
			votes[textRight]++
		case math.Abs(dx) >= math.Abs(dy):
			votes[textLeft]++
		case dy > 0:
			votes[textDown]++
		default:
			votes[textUp]++
		}
	}
	most := textRight
	for turn, n := range votes {
		if n > votes[most] {
			most = turn
		}
	}
	return most
}

// upright is the word where it stands when the image is turned to be read.
func (w tsvWord) upright(turn int, width, height float64) tsvWord {
	switch turn {
	case textDown:
		w.left, w.top, w.width, w.height = w.top, width-w.left-w.width, w.height, w.width
	case textLeft:
		w.left, w.top = width-w.left-w.width, height-w.top-w.height
	case textUp:
		w.left, w.top, w.width, w.height = height-w.top-w.height, w.left, w.height, w.width
	}
	return w
}

// wordLen is the length of the line's k-th word in code points.
func (l rawLine) wordLen(k int) int {
	end := utf8.RuneCountInString(l.Text)
	if k+1 < len(l.Words) {
		end = l.Words[k+1].From - 1
	}
	return end - l.Words[k].From
}

// placesOf ties the words that OCR found to the text that was made of them.
func placesOf(found []place, runes []pageRune) []corpus.Place {
	if len(found) == 0 {
		return nil
	}
	at := map[int32]int{} // the reader's character → its word
	for i, p := range found {
		for k := range p.Len {
			at[int32(p.First+k)] = i
		}
	}
	var out []corpus.Place
	last := -1
	for i, r := range runes {
		word, ok := at[r.index]
		switch {
		case !ok:
			last = -1
		case word == last:
			out[len(out)-1].End = i + 1
		default:
			b := found[word].Box
			out = append(out, corpus.Place{Start: i, End: i + 1, X: b.X, Y: b.Y, Width: b.Width, Height: b.Height})
			last = word
		}
	}
	return out
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
