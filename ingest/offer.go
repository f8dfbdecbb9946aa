package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// uploadPrefix is what the names of sources begin with that were handed over by hand.
const uploadPrefix = "upload:"

// Upload is a document that somebody hands over under a file name. The same name again
// is a new version of it.
func Upload(name string, content []byte) Source {
	name = path.Base(strings.ReplaceAll(strings.TrimSpace(name), `\`, "/"))
	s := Source{Name: uploadPrefix + name}
	if !extract.Supported(name) {
		s.open = refused(&failureError{corpus.Failure{Code: CodeUnreadable,
			Message: "Dit soort bestand kan niet worden gelezen. Kies een PDF-, Word-, HTML-, Markdown- of tekstbestand."}, fs.ErrInvalid})
		return s
	}
	s.open = func(context.Context, int64) (file, error) { return file{Name: name, Content: content}, nil }
	return s
}

// Address is the document at an address that begins with http:// or https://; false
// for anything else, a sitemap among it.
func (in *Ingester) Address(address string) (Source, bool) {
	address = strings.TrimSpace(address)
	if !isAddress(address) || isSitemap(address) {
		return Source{}, false
	}
	return in.address(address), true
}

// Offer hands one document to the store, for whoever works on jobs, and does not wait
// until it is read. What is wrong with it is a *corpus.UserError, and remembered where
// it can be tried again.
func (in *Ingester) Offer(ctx context.Context, source Source) (Receipt, error) {
	t := tracker{store: in.cfg.Store, entries: make([]Entry, 1), waiting: make(map[int64][]int), progress: func(Progress) {}}
	if err := in.submit(ctx, &t, 0, source); err != nil {
		return Receipt{}, fmt.Errorf("offering %s: %w", source.Name, err)
	}
	e := t.entries[0]
	if e.Failure != nil {
		return Receipt{}, &corpus.UserError{Code: corpus.CodeBadMessage, Message: e.Failure.Message, Err: errors.New(e.Failure.Code)}
	}
	r := Receipt{Document: e.Document, Result: e.Result, SameAs: e.SameAs}
	for version := range t.waiting {
		r.Version = version
	}
	return r, nil
}
