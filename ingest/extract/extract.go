package extract

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// The PDF readers to choose from.
const (
	ReaderPDFium = "pdfium" // the better reader: 190 to 630 MB of memory
	ReaderLight  = "light"  // 13 MB; its bad pages go to PDFium
)

// Options says how documents are read. The zero value is usable.
type Options struct {
	Reader string // ReaderPDFium (default) or ReaderLight

	Deadline    time.Duration // for reading one document, OCR apart; default 5 minutes
	MemoryPages uint32        // of 64 KiB that PDFium may use; default 16384 (1 GiB)
	MaxPages    int           // of one document; default 10000
	MaxBytes    int           // of one document; default 512 MiB
	Workers     int           // child processes at most; default 1

	CacheDir string       // for compiled WebAssembly; default a folder in the user's cache
	Command  []string     // starts a child; default this program with the argument "extract-child"
	Logger   *slog.Logger // default: none

	OCR OCROptions
}

// Version is that of all that is read here. It goes up by one whenever documents are
// read so much better that those in the corpus are worth reading again: where they
// were read by a lower one, that is done by itself. 0 is the reader before there were
// versions.
const Version = 1

// Document is what was read from one file.
type Document struct {
	corpus.Metadata
	Pages    []corpus.Page
	Warnings []string // for people, in Dutch: what could not be read in full
	// Incomplete: the file was cut off or its list of objects damaged, so that it may
	// have had more pages.
	Incomplete bool
	NeedsOCR   []int // numbers of pages that no reader could read
	Cost       Cost  // of the child that read a PDF
}

// Cost is what reading took of a child process.
type Cost struct {
	CPU     float64 // seconds of processor time
	Started float64 // seconds of processor time since the child began, before it read
	Memory  int64   // bytes resident at most since the child began
}

func (c *Cost) add(d Cost) {
	c.CPU += d.CPU
	c.Started = d.Started
	c.Memory = max(c.Memory, d.Memory)
}

const (
	defaultDeadline    = 5 * time.Minute
	defaultMemoryPages = 16384
	defaultMaxPages    = 10000
	defaultMaxBytes    = 512 << 20
)

func (o Options) withDefaults() Options {
	if o.Reader == "" {
		o.Reader = ReaderPDFium
	}
	if o.Deadline <= 0 {
		o.Deadline = defaultDeadline
	}
	if o.MemoryPages == 0 {
		o.MemoryPages = defaultMemoryPages
	}
	if o.MaxPages <= 0 {
		o.MaxPages = defaultMaxPages
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.Workers <= 0 {
		o.Workers = 1
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.OCR = o.OCR.withDefaults()
	return o
}

// kind is what the first bytes and the name say a file is.
type kind int

const (
	kindUnsupported kind = iota
	kindPDF
	kindMarkdown
	kindText
	kindHTML
	kindDOCX
)

// sniff tells the kind of file. The bytes decide, the name only between kinds
// that look alike; a PDF's signature may stand anywhere in the first 1,024
// bytes (ISO 32000-1, annex H.3.4.1).
func sniff(name string, content []byte) (kind, error) {
	if len(bytes.TrimSpace(content[:min(len(content), 4096)])) == 0 && len(content) <= 4096 {
		return kindUnsupported, fail(CodeEmpty, nil)
	}
	head := content[:min(len(content), 1024)]
	if bytes.Contains(head, []byte("%PDF")) {
		return kindPDF, nil
	}
	ext := strings.ToLower(filepath.Ext(name))
	if ext == ".pdf" {
		if looksLikeHTML(head) {
			f := fail(CodeNotPDF, nil)
			f.Message = "Dit is een webpagina (HTML) die als PDF is opgeslagen, vaak een foutmelding of inlogpagina. Download de PDF zelf en bied die aan."
			return kindUnsupported, f
		}
		return kindUnsupported, fail(CodeNotPDF, nil)
	}
	switch ext {
	case ".md", ".markdown":
		return kindMarkdown, nil
	case ".docx":
		return kindDOCX, nil
	case ".html", ".htm", ".xhtml":
		if isBinary(content) {
			return kindUnsupported, fail(CodeUnsupported, nil)
		}
		return kindHTML, nil
	case ".txt", ".text", "":
		switch {
		case bytes.HasPrefix(content, []byte("PK\x03\x04")) && bytes.Contains(content, []byte("word/document.xml")):
			return kindDOCX, nil
		case looksLikeHTML(head):
			return kindHTML, nil
		case isBinary(content):
			return kindUnsupported, fail(CodeUnsupported, nil)
		}
		return kindText, nil
	case ".doc":
		return kindUnsupported, oldWord(content)
	}
	return kindUnsupported, fail(CodeUnsupported, nil)
}

func looksLikeHTML(head []byte) bool {
	head = bytes.ToLower(bytes.TrimLeft(head, " \t\r\n\uFEFF"))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html")) ||
		(bytes.HasPrefix(head, []byte("<?xml")) && bytes.Contains(head, []byte("<html"))) ||
		(bytes.HasPrefix(head, []byte("<!--")) && bytes.Contains(head, []byte("<html")))
}

// Supported reports whether a file of this name is one that Extract reads:
// walking a folder passes over the others in silence.
func Supported(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".pdf", ".md", ".markdown", ".txt", ".text", ".html", ".htm", ".xhtml", ".docx":
		return true
	}
	return false
}

// Extract reads one file. name decides between kinds that look alike and
// names the document in the log; content is the whole file. What is wrong with
// the document comes back as a *Failure; any other error is ours or ctx's, and
// worth another try.
func (e *Extractor) Extract(ctx context.Context, name string, content []byte) (Document, error) {
	if len(content) > e.opts.MaxBytes {
		return Document{}, fail(CodeTooLarge, nil)
	}
	k, err := sniff(name, content)
	if err != nil {
		return Document{}, err
	}
	var doc Document
	switch k {
	case kindPDF:
		doc, err = e.extractPDF(ctx, name, content)
	case kindMarkdown:
		doc, err = readMarkdown(content)
	case kindText:
		doc, err = readText(content)
	case kindHTML:
		doc, err = readHTML(content)
	case kindDOCX:
		doc, err = readDOCX(content)
	default:
		err = fail(CodeUnsupported, nil)
	}
	if err != nil {
		return Document{}, err
	}
	if !doc.hasText() {
		return Document{}, fail(CodeNoText, nil)
	}
	if doc.Language == "" {
		doc.Language = detectLanguage(doc.Pages)
	}
	return doc, nil
}

func (d Document) hasText() bool {
	for _, p := range d.Pages {
		if p.Text != "" {
			return true
		}
	}
	return false
}
