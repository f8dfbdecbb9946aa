package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Extractor reads documents. It is safe for concurrent use.
type Extractor struct {
	opts     Options
	children *children
	ocr      *ocr
}

// New makes an Extractor. Children start when first needed.
func New(opts Options) (*Extractor, error) {
	opts = opts.withDefaults()
	if opts.Reader != ReaderPDFium && opts.Reader != ReaderLight {
		return nil, fmt.Errorf("unknown PDF reader %q: choose %s or %s", opts.Reader, ReaderPDFium, ReaderLight)
	}
	if opts.MemoryPages > 1<<16 {
		opts.MemoryPages = 1 << 16 // all that WebAssembly can address
	}
	return &Extractor{opts: opts, children: newChildren(opts), ocr: newOCR(opts.OCR, opts.Logger)}, nil
}

// Close ends the children. It waits for documents that are being read.
func (e *Extractor) Close() error {
	e.children.close()
	return nil
}

// maxCrashes is how often the child may die over one document before the
// document is given up.
const maxCrashes = 4

// extractPDF reads a PDF's pages in a child, reads by OCR what has no text, and
// puts the document together.
func (e *Extractor) extractPDF(ctx context.Context, name string, content []byte) (Document, error) {
	raw, pages, cost, err := e.readPages(ctx, name, content)
	if err != nil {
		return Document{}, e.explain(err, content)
	}
	warnings, err := e.recognise(ctx, name, content, pages)
	if err != nil {
		return Document{}, err
	}
	doc := finish(raw, pages)
	doc.Cost = cost
	doc.Warnings = append(doc.Warnings, warnings...)
	var broken []int
	for i, p := range pages {
		if p.Bad {
			doc.NeedsOCR = append(doc.NeedsOCR, p.Number)
		}
		if p.Broken != "" {
			broken = append(broken, i)
		}
	}
	if len(broken) > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("Beschadigd en niet gelezen: %s.", pageList(pages, broken)))
	}
	if w := mended(content); w != "" {
		doc.Warnings = append(doc.Warnings, w)
		doc.Incomplete = true
	}
	if !doc.hasText() {
		for _, p := range pages {
			switch p.Broken {
			case "":
			case CodeMemory:
				return Document{}, fail(CodeMemory, nil)
			default:
				f := fail(CodeDamaged, errors.New(p.Broken))
				f.Message = "Geen enkele pagina van de PDF is te openen: de lijst met pagina's klopt niet. Vraag het bestand opnieuw op bij de maker."
				return Document{}, f
			}
		}
		if f := fail(CodeNoText, nil); e.ocr.path != "" {
			f.Message = "In het document staat geen leesbare tekst, ook niet na tekstherkenning (OCR). Controleer of dit het goede document is."
			return Document{}, f
		}
	}
	return doc, nil
}

// startXRef is where a PDF says that its list of objects begins (ISO 32000-1, 7.5.5).
var startXRef = regexp.MustCompile(`startxref\s+(\d{1,12})\s`)

// mended is what to tell of a PDF whose list of objects is not where it says, so that
// the reader put one together from the objects it found; "" when it is whole.
func mended(content []byte) string {
	tail := content[max(len(content)-endOfFile, 0):]
	if !bytes.Contains(tail, []byte("%%EOF")) {
		return "De PDF is afgebroken: het einde ontbreekt. Wat er was, is gelezen; er kunnen pagina's ontbreken."
	}
	found := startXRef.FindAllSubmatch(tail, -1)
	if len(found) == 0 {
		return brokenList
	}
	at, err := strconv.Atoi(string(found[len(found)-1][1]))
	if err != nil || at == 0 && len(found) > 1 { // the first part of a file made for the web says 0
		return brokenList
	}
	// Offsets count from the signature, which may not come first.
	for _, from := range []int{at, at + max(bytes.Index(content[:min(len(content), 1024)], []byte("%PDF")), 0)} {
		if from < len(content) && xrefBegins.Match(content[from:min(from+64, len(content))]) {
			return ""
		}
	}
	return brokenList
}

const (
	endOfFile  = 2048 // bytes in which a whole file says that it ends
	brokenList = "De lijst met onderdelen van de PDF klopt niet en is bij het lezen hersteld; er kunnen pagina's ontbreken."
)

var xrefBegins = regexp.MustCompile(`^\s*(?:xref\b|\d+\s+\d+\s+obj\b)`)

// explain makes the message of a failure as plain as what is known of it.
func (e *Extractor) explain(err error, content []byte) error {
	f, ok := AsFailure(err)
	if !ok {
		return err
	}
	switch {
	case f.Code == CodeTooManyPages:
		f.Message = fmt.Sprintf("Het document heeft meer dan %d pagina's, of zegt dat. Splits het in delen en bied die apart aan.", e.opts.MaxPages)
	case f.Code == CodeDamaged && !bytes.Contains(content[max(len(content)-endOfFile, 0):], []byte("%%EOF")):
		f.Message = "De PDF is afgebroken: het einde ontbreekt. Download of kopieer het bestand opnieuw."
	}
	return err
}

// readPages reads all pages. When the child dies it goes on in a fresh one
// with the page it died on; a page that kills twice is passed over.
func (e *Extractor) readPages(ctx context.Context, name string, content []byte) (raw rawDocument, pages []rawPage, cost Cost, err error) {
	limited, cancel := context.WithTimeoutCause(ctx, e.opts.Deadline, errDeadline)
	defer cancel()
	reader := e.opts.Reader
	known := false
	diedAt := 0
	for crashes := 0; ; {
		ch, err := e.children.acquire(limited)
		if err != nil {
			return raw, nil, cost, deadlineOr(ctx, limited, err)
		}
		started := time.Now()
		r := request{Op: opRead, Reader: reader, content: content, From: len(pages) + 1, MaxPages: e.opts.MaxPages}
		// The light reader can loop for ever on what PDFium reads: it gets a
		// share of the time.
		attempt, done := limited, context.CancelFunc(func() {})
		if reader == ReaderLight {
			attempt, done = context.WithTimeout(limited, e.opts.Deadline/4)
		}
		err = ch.call(attempt, r, func(a answer) error {
			switch {
			case a.Info != nil:
				raw, known = *a.Info, true
			case a.Page != nil:
				if a.Page.Number != len(pages)+1 || len(pages) >= e.opts.MaxPages {
					return fmt.Errorf("the reading process sent page %d after page %d", a.Page.Number, len(pages))
				}
				pages = append(pages, *a.Page)
			case a.Done:
				cost.add(a.Cost)
				e.opts.Logger.Debug("read a PDF", "name", name, "pages", len(pages), "seconds", time.Since(started).Seconds(), "cpu_seconds", a.Cost.CPU, "pdfium_mb", a.Peak>>20, "resident_mb", a.Cost.Memory>>20)
			}
			return nil
		})
		done()
		_, isFailure := AsFailure(err)
		e.children.release(ch, err == nil || isFailure)
		if err == nil || isFailure {
			if err == nil && len(pages) == 0 {
				err = fail(CodeDamaged, errors.New("no pages"))
			}
			return raw, pages, cost, err
		}
		if limited.Err() != nil {
			return raw, nil, cost, deadlineOr(ctx, limited, err)
		}
		crashes++
		e.opts.Logger.Warn("the process that reads PDFs ended", "name", name, "page", len(pages)+1, "reason", ch.why(), "error", err)
		cause := CodeDamaged
		if ch.why() == CodeMemory {
			cause = CodeMemory
		}
		at := len(pages) + 1
		switch {
		case reader == ReaderLight: // it is the reader's fault until shown otherwise
			reader = ReaderPDFium
		case crashes > maxCrashes || at == diedAt && !known:
			return raw, nil, cost, fail(cause, err)
		case at == diedAt:
			p := rawPage{Number: at, Reader: ReaderPDFium, Bad: true, Broken: cause}
			if pages = append(pages, p); raw.Pages == len(pages) {
				return raw, pages, cost, nil
			}
		}
		diedAt = len(pages) + 1
	}
}

var errDeadline = errors.New("the deadline for one document")

// deadlineOr turns the end of the document's own deadline into a Failure; the
// caller's end stays what it is.
func deadlineOr(ctx, limited context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(context.Cause(limited), errDeadline) {
		return fail(CodeTimeout, nil)
	}
	return err
}

// finish assembles pages and reads the metadata.
func finish(raw rawDocument, pages []rawPage) Document {
	var doc Document
	var title string
	var runes [][]pageRune
	doc.Pages, runes, title = assemble(raw, pages)
	for i := range doc.Pages {
		doc.Pages[i].Places = placesOf(pages[i].Places, runes[i])
	}
	stated, warnings := keywordFields(&doc.Metadata, raw.Subject+";"+raw.Keywords)
	doc.Warnings = warnings
	if doc.Title == "" {
		doc.Title = usableTitle(raw.Title)
	}
	if doc.Title == "" {
		doc.Title = title
	}
	fillFromCover(&doc, stated)
	return doc
}
