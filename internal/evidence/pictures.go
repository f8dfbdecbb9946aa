package evidence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/server"
)

var _ server.PagePictures = (*Pictures)(nil)

// Library reads the corpus. What the public may not see is a *corpus.UserError
// with corpus.CodeNotFound.
type Library interface {
	// PageOriginal names the original that a page was read from, by media type and
	// hexadecimal SHA-256.
	PageOriginal(ctx context.Context, document string, version, page int) (mediaType, digest string, err error)
	// Content are the bytes of an original.
	Content(ctx context.Context, digest string) ([]byte, error)
}

// Drawer looks at the pages of PDF files. It is implemented by
// *extract.Extractor.
type Drawer interface {
	Picture(ctx context.Context, content []byte, page, scale int) ([]byte, error)
	Locate(ctx context.Context, content []byte, page int, text string, start, end int) (extract.Sheet, error)
}

// Config is what Pictures need. Library and Drawer are required.
type Config struct {
	Library Library
	Drawer  Drawer
	Logger  *slog.Logger // default: discards
	// Memory is how many bytes of pictures, and as many of originals, are kept;
	// default 64 MiB.
	Memory int
	// Waiting is how many pages may be drawn or wait to be; default 24. Those that
	// come on top are told to try again.
	Waiting int
	// Deadline is for one page, waiting included; default 15 seconds.
	Deadline time.Duration
	// Forget is how long a page that cannot be drawn is not tried again; default
	// 2 minutes.
	Forget time.Duration
}

const (
	pdf       = "application/pdf"
	maxSheets = 1024 // kept, each with the text of its page
	busyRetry = 3 * time.Second
)

// Pictures shows the pages of the corpus. It is safe for concurrent use.
type Pictures struct {
	cfg       Config
	waiting   chan struct{}
	pictures  *cache[pictureKey, result[[]byte]]
	sheets    *cache[sheetKey, result[extract.Sheet]]
	originals *cache[string, []byte]

	mu   sync.Mutex
	work map[any]*job
}

type pictureKey struct {
	digest      string
	page, scale int
}

// sheetKey holds the text too: another version may have read other text from the
// same bytes.
type sheetKey struct {
	digest           string
	page, start, end int
	text             string
}

// result is what came of one page: a value, or why there is none.
type result[V any] struct {
	value V
	err   error
	until time.Time // for an error
}

// New makes Pictures.
func New(cfg Config) (*Pictures, error) {
	if cfg.Library == nil || cfg.Drawer == nil {
		return nil, errors.New("pictures need a library and a drawer")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Memory <= 0 {
		cfg.Memory = 64 << 20
	}
	if cfg.Waiting <= 0 {
		cfg.Waiting = 24
	}
	if cfg.Deadline <= 0 {
		cfg.Deadline = 15 * time.Second
	}
	if cfg.Forget <= 0 {
		cfg.Forget = 2 * time.Minute
	}
	const overhead = 256 // bytes of a key and its places in a cache
	return &Pictures{
		cfg:       cfg,
		waiting:   make(chan struct{}, cfg.Waiting),
		pictures:  newCache[pictureKey](cfg.Memory, func(r result[[]byte]) int { return len(r.value) + overhead }),
		sheets:    newCache[sheetKey](maxSheets, func(result[extract.Sheet]) int { return 1 }),
		originals: newCache[string](cfg.Memory, func(b []byte) int { return len(b) }),
		work:      map[any]*job{},
	}, nil
}

// Picture is a page of a document version as PNG, at scale 1 (108 dots per inch)
// or 2. A document that is no PDF gives server.ErrNoPicture.
func (p *Pictures) Picture(ctx context.Context, document string, version, page, scale int) (server.Picture, error) {
	digest, err := p.find(ctx, document, version, page)
	if err != nil {
		return server.Picture{}, err
	}
	key := pictureKey{digest, page, scale}
	png, err := do(ctx, p, key, p.pictures, func(ctx context.Context) ([]byte, error) {
		content, err := p.original(ctx, digest)
		if err != nil {
			return nil, err
		}
		return p.cfg.Drawer.Picture(ctx, content, page, scale)
	})
	if err != nil {
		return server.Picture{}, fmt.Errorf("draw page %d of %s: %w", page, document, err)
	}
	return server.Picture{Digest: digest, PNG: png}, nil
}

// Sheet measures a page and finds the places of the code points [start, end) of
// its text: of a page that was read by OCR those that were kept with it, of others
// as its original shows them now.
func (p *Pictures) Sheet(ctx context.Context, source server.SourcePage, start, end int) (server.Sheet, error) {
	d, page := source.Document, source.Page
	digest, err := p.find(ctx, d.ID, d.Version, page.Number)
	if err != nil {
		return server.Sheet{}, err
	}
	key := sheetKey{digest, page.Number, start, end, ""}
	if page.Reader == corpus.ReaderOCR {
		key.start, key.end = 0, 0
	} else if end > start {
		key.text = page.Text
	}
	sheet, err := do(ctx, p, key, p.sheets, func(ctx context.Context) (extract.Sheet, error) {
		content, err := p.original(ctx, digest)
		if err != nil {
			return extract.Sheet{}, err
		}
		return p.cfg.Drawer.Locate(ctx, content, page.Number, page.Text, key.start, key.end)
	})
	if page.Reader == corpus.ReaderOCR {
		sheet.Mark(page.Places, start, end)
	}
	shown := server.Sheet{Width: sheet.Width, Height: sheet.Height}
	for _, b := range sheet.Boxes {
		shown.Boxes = append(shown.Boxes, server.Box(b))
	}
	if err != nil {
		return server.Sheet{}, fmt.Errorf("find a passage on page %d of %s: %w", page.Number, d.ID, err)
	}
	return shown, nil
}

// find names the original of a page that the public may see.
func (p *Pictures) find(ctx context.Context, document string, version, page int) (string, error) {
	mediaType, digest, err := p.cfg.Library.PageOriginal(ctx, document, version, page)
	if err == nil && mediaType != pdf {
		err = server.ErrNoPicture
	}
	return digest, err
}

// original reads the bytes that a page was read from.
func (p *Pictures) original(ctx context.Context, digest string) ([]byte, error) {
	if content, ok := p.originals.get(digest); ok {
		return content, nil
	}
	content, err := p.cfg.Library.Content(ctx, digest)
	if err != nil {
		return nil, err
	}
	p.originals.put(digest, content)
	return content, nil
}

// job is work that several requests may wait for.
type job struct {
	done  chan struct{}
	value any
	err   error
}

// do takes a result from the cache or makes it, once for all who ask meanwhile.
// The work goes on when the one who asked first goes away: others wait for it.
func do[K comparable, V any](ctx context.Context, p *Pictures, key K, kept *cache[K, result[V]], work func(context.Context) (V, error)) (V, error) {
	var none V
	if r, ok := kept.get(key); ok && (r.err == nil || time.Now().Before(r.until)) {
		return r.value, r.err
	}
	p.mu.Lock()
	j := p.work[key]
	if j == nil {
		select {
		case p.waiting <- struct{}{}:
		default:
			p.mu.Unlock()
			return none, &corpus.UserError{Code: corpus.CodeBusy, Message: "too many pages are being drawn", RetryAfter: busyRetry}
		}
		j = &job{done: make(chan struct{})}
		p.work[key] = j
		go func() {
			limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.cfg.Deadline)
			defer cancel()
			value, err := work(limited)
			j.value, j.err = value, err
			_, isFailure := extract.AsFailure(err)
			if err == nil || isFailure {
				kept.put(key, result[V]{value, err, time.Now().Add(p.cfg.Forget)})
			}
			p.mu.Lock()
			delete(p.work, key)
			p.mu.Unlock()
			<-p.waiting
			close(j.done)
		}()
	}
	p.mu.Unlock()
	select {
	case <-j.done:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	if j.err != nil {
		return none, j.err
	}
	return j.value.(V), nil
}
