package extract

import (
	"context"
	"sync"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Extractor reads documents. It is safe for concurrent use.
type Extractor struct {
	opts Options
	mu   sync.Mutex
	pool *pdfiumPool
}

// New makes an Extractor. Children start when first needed.
func New(opts Options) (*Extractor, error) {
	return &Extractor{opts: opts.withDefaults()}, nil
}

// Close ends the children.
func (e *Extractor) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pool == nil {
		return nil
	}
	pool := e.pool
	e.pool = nil
	return pool.close()
}

// extractPDF reads a PDF's pages and puts the document together.
func (e *Extractor) extractPDF(ctx context.Context, _ string, content []byte) (Document, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pool == nil {
		p, err := newPDFium(context.WithoutCancel(ctx), e.opts.CacheDir, e.opts.MemoryPages)
		if err != nil {
			return Document{}, err
		}
		e.pool = p
	}
	d, err := e.pool.open(content)
	if err != nil {
		return Document{}, err
	}
	defer d.close()
	if d.count > e.opts.MaxPages {
		return Document{}, fail(CodeTooManyPages, nil)
	}
	raw := d.info()
	var pages []rawPage
	for n := 1; n <= d.count; n++ {
		p, err := d.page(n)
		if err != nil {
			p.Broken = err.Error()
			if err := d.reopen(); err != nil {
				return Document{}, err
			}
		}
		if !readable(p.text()) {
			p.Bad = true
		}
		pages = append(pages, p)
	}
	return finish(raw, pages), nil
}

// finish assembles pages and reads the metadata.
func finish(raw rawDocument, pages []rawPage) Document {
	var doc Document
	doc.Pages, _ = assemble(raw, pages)
	doc.Warnings = keywordFields(&doc.Metadata, raw.Subject+";"+raw.Keywords)
	if doc.Title == "" {
		doc.Title = usableTitle(raw.Title)
	}
	if doc.Title == "" {
		doc.Title = titleFromPages(doc.Pages)
	}
	fillFromCover(&doc)
	return doc
}

// titleFromPages is the first heading of the highest level on the first page
// that has one.
func titleFromPages(pages []corpus.Page) string {
	for i := range pages[:min(len(pages), 3)] {
		if t := firstHeading(pages[i : i+1]); t != "" {
			return t
		}
	}
	return ""
}
