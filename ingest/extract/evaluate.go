package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"golang.org/x/sys/unix"
	"golang.org/x/text/unicode/norm"

	"github.com/ser-nl/vraagbaak/ingest/pdfium"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// truth is what a folder of test PDFs says they contain, in reading order.
type truth struct {
	Body  []string `json:"body"`
	Foot  []string `json:"foot"`
	Table []string `json:"table"`
	Heads []string `json:"heads"`
}

// Score is how well one reader read one file. All figures are from 0 to 1.
type Score struct {
	File      string  `json:"file"`
	Reader    string  `json:"reader"` // pdfium, light, pdftotext
	Error     string  `json:"error,omitempty"`
	Pages     int     `json:"pages"`
	Words     float64 `json:"word_recall"`      // words of the body found, as a multiset
	InOrder   float64 `json:"in_order"`         // longest common subsequence of words over the words of the body
	Headings  float64 `json:"headings_f1"`      // pdfium and light only
	Footnotes float64 `json:"footnotes_recall"` // pdfium and light only
	Rows      float64 `json:"table_rows"`       // table rows that stand on one line, in order
	OCR       int     `json:"ocr_pages"`
	Partial   bool    `json:"partial,omitempty"` // holds the beginning of the text only: measured against what it can hold
	Seconds   float64 `json:"seconds"`
	CPU       float64 `json:"cpu_seconds"`           // of all processes that took part, with the child already running, OCR apart; the least of several reads; 0 when Recognised
	Memory    int64   `json:"peak_memory,omitempty"` // bytes resident at most in the child; pdfium and light only

	Recognised bool `json:"ocr,omitempty"` // some pages went to OCR, in vain or not: the file says nothing of speed
}

// Evaluation is the table of all readers over all files of a folder.
type Evaluation struct {
	Dir         string  `json:"dir"`
	Truth       bool    `json:"truth"` // words and structure were measured too
	MemoryLimit int64   `json:"memory_limit"`
	Engine      string  `json:"engine"` // that PDFium runs on
	Start       float64 `json:"start"`  // processor time, in seconds, of starting a child with PDFium, once for all it reads
	Scores      []Score `json:"scores"`
}

// How often a file is read for its speed. The least processor time counts: other work
// on the machine adds to a read and never takes off. A read that took longer than
// longRead is not repeated: what other work adds is little of it, or the light reader
// was in a loop until PDFium took over.
const (
	speedReads = 3
	longRead   = 5 * time.Second
)

// benchDeadline is how long the light reader may try one document in an evaluation
// before PDFium reads it: it loops for ever on some.
const benchDeadline = time.Minute

// Evaluate measures the readers on the PDFs in dir and the folders under it:
// PDFium with structure, the light reader behind the page gate, and pdftotext
// where it is installed, one after the other on each file. Speed and memory are
// measured always, words and structure against dir's truth.json when there is
// one. Files with pages that went to OCR are left out of the speed of all readers:
// PDFium draws those pages, and pdftotext finds nothing on them. They are recognised
// once, and not for the light reader. A file whose name begins with "scan" holds the first pages only and is measured
// against as many words as it has.
func Evaluate(ctx context.Context, dir string, opts Options) (out Evaluation, err error) {
	t, err := readTruth(dir)
	if err != nil {
		return out, err
	}
	files, err := pdfFiles(dir)
	if err != nil {
		return out, err
	}
	out = Evaluation{Dir: dir, Truth: t != nil, Engine: pdfium.Engines()[0]}
	var readers []*Extractor
	for _, reader := range []string{ReaderPDFium, ReaderLight} {
		o := opts
		o.Reader = reader
		if reader == ReaderLight && o.Deadline == 0 {
			o.Deadline = benchDeadline
		}
		e, err := New(o)
		if err != nil {
			return out, err
		}
		defer func() { err = errors.Join(err, e.Close()) }()
		start, err := e.warm(ctx, files)
		if err != nil {
			return out, err
		}
		if reader == ReaderPDFium {
			out.Start = start
		}
		out.MemoryLimit = int64(e.opts.MemoryPages)<<16 + memoryBase
		readers = append(readers, e)
	}
	yardstick, _ := exec.LookPath("pdftotext") // without it the table has no rows of it
	for _, f := range files {
		from := len(out.Scores)
		var first Score
		for i, e := range readers {
			if i > 0 && first.Recognised {
				continue // OCR reads the same, whoever found that it must
			}
			s, err := e.score(ctx, f, t)
			if err != nil {
				return out, err
			}
			if !s.Recognised {
				if s.CPU, err = e.speed(ctx, f); err != nil {
					return out, err
				}
			}
			if i == 0 {
				first = s
			}
			out.Scores = append(out.Scores, s)
		}
		if yardstick != "" {
			s := scorePDFToText(ctx, yardstick, f, t)
			for range speedReads - 1 {
				if first.Recognised {
					break
				}
				s.CPU = min(s.CPU, scorePDFToText(ctx, yardstick, f, nil).CPU)
			}
			if err := ctx.Err(); err != nil {
				return out, err
			}
			s.Pages, s.Recognised = first.Pages, first.Recognised // as PDFium counts them
			if s.Recognised {
				s.CPU = 0
			}
			out.Scores = append(out.Scores, s)
		}
		if rel, err := filepath.Rel(dir, f); err == nil { // folders under dir may hold files of one name
			for i := range out.Scores[from:] {
				out.Scores[from+i].File = rel
			}
		}
	}
	return out, nil
}

// speed is the least processor time, in seconds, that reading a file with its
// structure takes of this process and the child, which runs already; OCR apart.
// What is wrong with the document is for score to tell.
func (e *Extractor) speed(ctx context.Context, file string) (float64, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	least := math.Inf(1)
	for range speedReads {
		before, started := usage(unix.RUSAGE_SELF).CPU, time.Now()
		raw, pages, cost, err := e.readPages(ctx, file, content)
		if _, ok := AsFailure(err); err != nil && !ok {
			return 0, err
		}
		if err == nil {
			detectLanguage(finish(raw, pages).Pages)
		}
		least = min(least, cost.CPU+usage(unix.RUSAGE_SELF).CPU-before)
		if time.Since(started) > longRead {
			break
		}
	}
	return least, nil
}

// readTruth is what dir says its files contain, nil when it says nothing.
func readTruth(dir string) (*truth, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the truth: %w", err)
	}
	var t truth
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("read the truth: %w", err)
	}
	return &t, nil
}

// pdfFiles lists the PDFs in dir and the folders under it, by name.
func pdfFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.EqualFold(filepath.Ext(path), ".pdf") {
			files = append(files, path)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = errors.New("there is no PDF in it: name a folder with PDF files")
	}
	if err != nil {
		return nil, fmt.Errorf("list the PDFs of %s: %w", dir, err)
	}
	return files, nil
}

// warm starts the child, so that its start is not taken for reading, and tells the
// processor time, in seconds, that a start takes: what the first read of a child took
// since the process began, less what the same read takes later.
func (e *Extractor) warm(ctx context.Context, files []string) (start float64, err error) {
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			return 0, err
		}
		read := func() (Cost, error) {
			_, _, cost, err := e.readPages(ctx, f, content)
			return cost, err
		}
		// The first child may have to compile PDFium, which is done once on a machine.
		if _, err = read(); err == nil {
			var ch *child
			if ch, err = e.children.acquire(ctx); err == nil {
				e.children.release(ch, false)
				var first Cost
				first, err = read()
				least := math.Inf(1)
				for range speedReads {
					var again Cost
					if err == nil {
						again, err = read()
					}
					least = min(least, again.CPU)
				}
				start = max(first.Started+first.CPU-least, 0)
			}
		}
		if err == nil {
			return start, nil
		}
		if _, ok := AsFailure(err); !ok {
			return 0, err
		}
	}
	return 0, nil
}

// score reads one file with e; t may be nil. Failures of the document are part of the score.
func (e *Extractor) score(ctx context.Context, file string, t *truth) (Score, error) {
	s := Score{File: filepath.Base(file), Reader: e.opts.Reader}
	content, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	start := time.Now()
	doc, err := e.Extract(ctx, file, content)
	s.Seconds = time.Since(start).Seconds()
	s.Memory = doc.Cost.Memory
	if f, ok := AsFailure(err); ok {
		s.Error = f.Code
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Pages = len(doc.Pages)
	s.Recognised = len(doc.NeedsOCR) > 0 // tried in vain
	var body, whole strings.Builder
	var heads, foots []string
	for _, p := range doc.Pages {
		if p.Reader == ReaderOCR {
			s.OCR++
			s.Recognised = true
		}
		whole.WriteString(p.Text + "\n")
		for _, b := range p.Blocks {
			text := corpus.Slice(p.Text, b.Start, b.End)
			switch b.Kind {
			case corpus.BlockHeading:
				heads = append(heads, text)
			case corpus.BlockFootnote:
				_, rest := splitMark(text)
				foots = append(foots, rest)
			}
			if b.Kind.Citable() {
				body.WriteString(text + "\n")
			}
		}
	}
	if t == nil {
		return s, nil
	}
	s.measure(whole.String(), t)
	s.Headings = f1(heads, t.part(t.Heads, s.Partial, whole.String()))
	s.Footnotes = recallOf(foots, t.part(t.Foot, s.Partial, whole.String()))
	return s, nil
}

func scorePDFToText(ctx context.Context, path, file string, t *truth) Score {
	s := Score{File: filepath.Base(file), Reader: readerPDFToText}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	start := time.Now()
	cmd := exec.CommandContext(ctx, path, "-enc", "UTF-8", file, "-")
	out, err := cmd.Output()
	s.Seconds = time.Since(start).Seconds()
	if p := cmd.ProcessState; p != nil {
		s.CPU = (p.UserTime() + p.SystemTime()).Seconds()
	}
	if err != nil {
		s.Error = CodeDamaged
		return s
	}
	if t != nil {
		s.measure(string(out), t)
	}
	return s
}

// measure fills the word measures.
func (s *Score) measure(text string, t *truth) {
	want := benchWords(strings.Join(t.Body, "\n"))
	got := benchWords(text)
	if strings.HasPrefix(s.File, "scan") && len(got) < len(want) {
		s.Partial = true
		// Notes, tables and page furniture are words too: the body's share of
		// what was read is unknown, so the end is where the last known words lie.
		want = want[:lastMatch(want, got)]
	}
	s.Words = multisetRecall(want, got)
	if len(want) > 0 {
		s.InOrder = float64(lcs(want, got)) / float64(len(want))
	}
	rows := 0
	lines := strings.Split(text, "\n")
	keys := make([]string, len(lines))
	for i, l := range lines {
		keys[i] = strings.Join(benchWords(l), " ")
	}
	parts := t.part(t.Table, s.Partial, text)
	for _, row := range parts {
		if slices.Contains(keys, strings.Join(benchWords(row), " ")) {
			rows++
		}
	}
	if len(parts) > 0 {
		s.Rows = float64(rows) / float64(len(parts))
	}
}

// part keeps, of a file that holds only the beginning, what begins in it.
func (t *truth) part(items []string, partial bool, text string) []string {
	if !partial {
		return items
	}
	have := map[string]bool{}
	for _, w := range benchWords(text) {
		have[w] = true
	}
	var out []string
	for _, item := range items {
		n, all := 0, benchWords(item)
		for _, w := range all {
			if have[w] {
				n++
			}
		}
		if len(all) > 0 && n*10 >= len(all)*9 {
			out = append(out, item)
		}
	}
	return out
}

// lastMatch is how far into want the text got reaches: the end of the last run
// of twelve words that occurs once in want and also in got. Shorter runs come
// back in texts of public bodies.
func lastMatch(want, got []string) int {
	const run = 12
	ends := map[string]int{}
	for i := run; i <= len(want); i++ {
		key := strings.Join(want[i-run:i], " ")
		if _, twice := ends[key]; twice {
			ends[key] = 0
			continue
		}
		ends[key] = i
	}
	last := 0
	for i := run; i <= len(got); i++ {
		last = max(last, ends[strings.Join(got[i-run:i], " ")])
	}
	return last
}

// benchWords is how words are compared: lower case, letters and digits, NFC,
// note marks left out, one kind of apostrophe.
func benchWords(s string) []string {
	s = strings.ToLower(norm.NFC.String(s))
	return strings.FieldsFunc(strings.Map(func(r rune) rune {
		if superDigit(r) != 0 {
			return -1
		}
		if r == '’' || r == '‘' || r == '\'' {
			return '\''
		}
		return r
	}, s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '\'' })
}

func multisetRecall(want, got []string) float64 {
	if len(want) == 0 {
		return 0
	}
	have := map[string]int{}
	for _, w := range got {
		have[w]++
	}
	n := 0
	for _, w := range want {
		if have[w] > 0 {
			have[w]--
			n++
		}
	}
	return float64(n) / float64(len(want))
}

// lcs is the length of the longest common subsequence, by bit-parallel dynamic
// programming (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004).
func lcs(a, b []string) int {
	blocks := (len(a) + 63) / 64
	where := map[string][]uint64{}
	for i, w := range a {
		m := where[w]
		if m == nil {
			m = make([]uint64, blocks)
			where[w] = m
		}
		m[i/64] |= 1 << (i % 64)
	}
	v := make([]uint64, blocks)
	for i := range v {
		v[i] = ^uint64(0)
	}
	for _, w := range b {
		m := where[w]
		if m == nil {
			continue
		}
		var carry uint64
		for k := range v {
			u := v[k] & m[k]
			sum := v[k] + u
			c := uint64(0)
			if sum < v[k] {
				c = 1
			}
			sum += carry
			if sum < carry {
				c = 1
			}
			v[k] = sum | (v[k] &^ m[k])
			carry = c
		}
	}
	n := 0
	for i := range a {
		if v[i/64]&(1<<(i%64)) == 0 {
			n++
		}
	}
	return n
}

func itemKey(s string) string { return strings.Join(benchWords(s), " ") }

// recallOf is the share of want that is in got, each used once, compared by
// their words.
func recallOf(got, want []string) float64 {
	if len(want) == 0 {
		return 1
	}
	return float64(hits(got, want)) / float64(len(want))
}

func hits(got, want []string) int {
	have := map[string]int{}
	for _, g := range got {
		have[itemKey(g)]++
	}
	n := 0
	for _, w := range want {
		if k := itemKey(w); have[k] > 0 {
			have[k]--
			n++
		}
	}
	return n
}

func f1(got, want []string) float64 {
	if len(got)+len(want) == 0 {
		return 1
	}
	return 2 * float64(hits(got, want)) / float64(len(got)+len(want))
}

// String is the table for people.
func (e Evaluation) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "file\treader\tpages\twords\tin order\theadings F1\tfootnotes\ttable rows\tOCR\tseconds\tCPU s/page\tpeak MB\t")
	row := func(s Score) {
		structure, memory, words, rows := "\t", "", "\t", ""
		if e.Truth {
			words, rows = fmt.Sprintf("%.4f\t%.4f", s.Words, s.InOrder), fmt.Sprintf("%.3f", s.Rows)
		}
		if s.Reader != readerPDFToText {
			memory = strconv.FormatInt(s.Memory>>20, 10)
			if e.Truth {
				structure = fmt.Sprintf("%.3f\t%.3f", s.Headings, s.Footnotes)
			}
		}
		cpu := ""
		if !s.Recognised {
			cpu = fmt.Sprintf("%.4f", s.CPU/float64(max(s.Pages, 1)))
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%d\t%.2f\t%s\t%s\t\n",
			s.File, s.Reader, s.Pages, words, structure, rows, s.OCR, s.Seconds, cpu, memory)
	}
	for _, s := range e.Scores {
		if s.Error != "" {
			_, _ = fmt.Fprintf(w, "%s\t%s\t\t%s\t\t\t\t\t\t%.2f\t\t\t\n", s.File, s.Reader, s.Error, s.Seconds)
			continue
		}
		row(s)
	}
	readers := []string{ReaderPDFium, ReaderLight, readerPDFToText}
	for _, reader := range readers {
		mean := e.Mean(reader)
		mean.Recognised = true // the speed is told below
		row(mean)
	}
	_ = w.Flush()
	_, _ = fmt.Fprintf(&b, "%s, PDFium on %s\n%s", e.Dir, e.Engine, e.Speeds())
	for _, reader := range readers[:2] {
		_, _ = fmt.Fprintf(&b, "%s: the child held %d MB at most; it is ended above %d MB and three times the document\n", reader, e.Mean(reader).Memory>>20, e.MemoryLimit>>20)
	}
	return b.String()
}

// Speeds are the readers' speeds for people, a line each, and what they leave out.
func (e Evaluation) Speeds() string {
	var b strings.Builder
	for _, reader := range []string{ReaderPDFium, ReaderLight, readerPDFToText} {
		_, _ = fmt.Fprintf(&b, "%s: %.0f pages per CPU-second, %.2f of pdftotext's on the same files\n", reader, e.Speed(reader, reader), e.Speed(reader, reader)/e.Speed(readerPDFToText, reader))
	}
	if pages, cpu := e.read(ReaderPDFium, ReaderPDFium); pages > 0 {
		_, _ = fmt.Fprintf(&b, "start of the child: %.2f s of processor time, once; counted in with these %d pages, PDFium reads %.2f of pdftotext's\n",
			e.Start, pages, float64(pages)/(cpu+e.Start)/e.Speed(readerPDFToText, ReaderPDFium))
	}
	if files, pages := e.recognised(); files > 0 {
		_, _ = fmt.Fprintf(&b, "left out of the speed on all sides: %d files of %d pages, because pages of them went to OCR\n", files, pages)
	}
	return b.String()
}

// Together is one evaluation of the files of several folders, for their speed.
func Together(all []Evaluation) (out Evaluation) {
	for _, e := range all {
		out.Start = max(out.Start, e.Start)
		for _, s := range e.Scores {
			s.File = filepath.Join(e.Dir, s.File) // folders may hold files of one name
			out.Scores = append(out.Scores, s)
		}
	}
	return out
}

// readerPDFToText is the yardstick.
const readerPDFToText = "pdftotext"

// Speed is a reader's pages per second of processor time over the files that among
// could read without OCR; NaN when there are none.
func (e Evaluation) Speed(reader, among string) float64 {
	pages, cpu := e.read(reader, among)
	return float64(pages) / cpu
}

// read is how many pages a reader read, of the files that among could read without OCR,
// and the seconds of processor time that it took.
func (e Evaluation) read(reader, among string) (pages int, cpu float64) {
	counts := map[string]bool{}
	for _, s := range e.Scores {
		if s.Reader == among && s.Error == "" && !s.Recognised {
			counts[s.File] = true
		}
	}
	for _, s := range e.Scores {
		if s.Reader == reader && s.Error == "" && counts[s.File] {
			pages += s.Pages
			cpu += s.CPU
		}
	}
	return pages, cpu
}

// recognised counts the files with pages that went to OCR, and all of their pages.
func (e Evaluation) recognised() (files, pages int) {
	for _, s := range e.Scores {
		if s.Reader == ReaderPDFium && s.Recognised {
			files++
			pages += s.Pages
		}
	}
	return files, pages
}

// Mean is a reader's mean over the files it could read; Pages, OCR, Seconds and
// CPU are sums, Memory is the most.
func (e Evaluation) Mean(reader string) Score {
	m := Score{File: "mean", Reader: reader}
	n := 0.0
	for _, s := range e.Scores {
		if s.Reader != reader || s.Error != "" {
			continue
		}
		n++
		m.Words += s.Words
		m.InOrder += s.InOrder
		m.Headings += s.Headings
		m.Footnotes += s.Footnotes
		m.Rows += s.Rows
		m.Pages += s.Pages
		m.OCR += s.OCR
		m.Seconds += s.Seconds
		m.CPU += s.CPU
		m.Memory = max(m.Memory, s.Memory)
	}
	if n > 0 {
		m.Words, m.InOrder, m.Headings, m.Footnotes, m.Rows = m.Words/n, m.InOrder/n, m.Headings/n, m.Footnotes/n, m.Rows/n
	}
	return m
}
