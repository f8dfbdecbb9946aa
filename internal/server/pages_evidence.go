package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// ErrNoPicture says that a document has no printed pages.
var ErrNoPicture = errors.New("the document has no printed pages")

// PagePictures shows pages as they were printed. What the public may not see is a
// *corpus.UserError with corpus.CodeNotFound, too much at once one with
// corpus.CodeBusy, and a document without printed pages ErrNoPicture.
type PagePictures interface {
	Picture(ctx context.Context, document string, version, page, scale int) (Picture, error)
	// Sheet measures a page and finds the places of the code points [start, end) of
	// its text; none when start equals end.
	Sheet(ctx context.Context, page SourcePage, start, end int) (Sheet, error)
}

// Picture is one page as PNG.
type Picture struct {
	Digest string // hexadecimal SHA-256 of the document it was drawn from
	PNG    []byte
}

// Sheet is a printed page with the places of a passage on it. Width and Height are
// those of its picture at scale 1, in pixels.
type Sheet struct {
	Width, Height int
	Boxes         []Box // in reading order
}

// Box is a rectangle in fractions (0 to 1) of a sheet, from the top left.
type Box struct{ X, Y, Width, Height float64 }

const (
	// sheetTimeout is how long a page with text waits for its picture's measures.
	sheetTimeout = 5 * time.Second
	// pictureTimeout is how long a picture may take, waiting included.
	pictureTimeout = 20 * time.Second
	maxScale       = 2
)

// picture serves /beeld/{document}/{version}/{page}.png, at twice the size with
// ?schaal=2.
func (p *Pages) picture(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, key string) {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, p.localeOf(r).text(key), status)
	}
	version, okVersion := positive(r.PathValue("version"))
	name, okName := strings.CutSuffix(r.PathValue("page"), ".png")
	page, okPage := positive(name)
	scale := 1
	okScale := true
	if s := r.URL.Query().Get("schaal"); s != "" {
		scale, okScale = positive(s)
	}
	if p.pictures == nil || !okVersion || !okName || !okPage || !okScale || scale > maxScale {
		refuse(http.StatusNotFound, "problem.not_found.text")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), pictureTimeout)
	defer cancel()
	picture, err := p.pictures.Picture(ctx, r.PathValue("document"), version, page, scale)
	var user *corpus.UserError
	switch {
	case err == nil:
	case r.Context().Err() != nil:
		return // the visitor went away
	case errors.Is(err, ErrNoPicture) || errors.As(err, &user) && user.Code == corpus.CodeNotFound:
		refuse(http.StatusNotFound, "problem.not_found.text")
		return
	case user != nil && user.Code == corpus.CodeBusy:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(max(user.RetryAfter, time.Second).Seconds()))))
		refuse(http.StatusServiceUnavailable, "problem.busy.text")
		return
	default:
		p.log.WarnContext(ctx, "a page cannot be drawn", "document", r.PathValue("document"), "version", version, "page", page, "error", err)
		refuse(http.StatusBadGateway, "evidence.failed")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("X-Content-Type-Options", "nosniff")
	// A version never changes, so its picture does not either. Only the visitor's
	// own browser keeps it: what is withdrawn must not live on elsewhere.
	h.Set("Cache-Control", "private, max-age=604800, immutable")
	h.Set("ETag", fmt.Sprintf(`"%s-%d-%d"`, picture.Digest, page, scale))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(picture.PNG))
}

// evidenceView is the picture of a page beside its text.
type evidenceView struct {
	Image, Large  string // addresses at scale 1 and 2
	Width, Height int
	Alt           string
	Marks         []markView
	Note          string // why nothing is marked
	Failed        string // instead of the picture
}

// Shown reports whether there is a picture, or should be one.
func (v evidenceView) Shown() bool { return v.Image != "" || v.Failed != "" }

// markView is a rectangle over the picture, in its pixels at scale 1.
type markView struct{ X, Y, Width, Height string }

// evidence is the picture of a page with a passage marked on it; empty for what
// has no printed pages.
func (p *Pages) evidence(ctx context.Context, l *locale, s SourcePage, start, end int) evidenceView {
	if p.pictures == nil {
		return evidenceView{}
	}
	ctx, cancel := context.WithTimeout(ctx, sheetTimeout)
	defer cancel()
	sheet, err := p.pictures.Sheet(ctx, s, start, end)
	if errors.Is(err, ErrNoPicture) {
		return evidenceView{}
	}
	if err != nil {
		p.log.WarnContext(ctx, "a page cannot be shown as printed", "document", s.Document.ID, "version", s.Document.Version, "page", s.Page.Number, "error", err)
		return evidenceView{Failed: l.text("evidence.failed")}
	}
	image := fmt.Sprintf("/beeld/%s/%d/%d.png", url.PathEscape(s.Document.ID), s.Document.Version, s.Page.Number)
	v := evidenceView{Image: image, Large: image + "?schaal=2", Width: sheet.Width, Height: sheet.Height}
	for _, b := range sheet.Boxes {
		v.Marks = append(v.Marks, mark(b, sheet))
	}
	alt := "evidence.alt"
	switch {
	case len(v.Marks) > 0:
		alt = "evidence.alt_marked"
	case end > start && s.Page.Reader == corpus.ReaderOCR:
		v.Note = l.text("evidence.ocr")
	case end > start:
		v.Note = l.text("evidence.unmarked")
	}
	v.Alt = l.text(alt, "page", s.Page.Number)
	return v
}

// mark gives a box a little air: the places of letters end where their ink does.
func mark(b Box, s Sheet) markView {
	w, h := float64(s.Width), float64(s.Height)
	const air = 0.12 // of the shorter side
	pad := math.Max(air*math.Min(b.Width*w, b.Height*h), 1)
	x0, y0 := math.Max(b.X*w-pad, 0), math.Max(b.Y*h-pad, 0)
	x1, y1 := math.Min((b.X+b.Width)*w+pad, w), math.Min((b.Y+b.Height)*h+pad, h)
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	return markView{number(x0), number(y0), number(x1 - x0), number(y1 - y0)}
}

// pageReference is how to refer to a page or a passage in writing.
func (l *locale) pageReference(s SourcePage, address string) string {
	d := s.Document
	parts := append([]string{d.Title}, l.reference(d.Type, d.Number, d.Date)...)
	if d.Title == "" {
		parts[0] = d.ID
	}
	if d.ISBN != "" {
		parts = append(parts, "ISBN "+d.ISBN)
	}
	parts = append(parts, l.place(s.Page.Reader, s.Page.Number, s.Page.Label))
	return strings.Join(parts, ", ") + ". " + address
}
