package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Limits of sitemaps, those of one file from sitemaps.org.
const (
	maxSitemap   = 50 << 20 // bytes, unpacked
	maxLocations = 50_000   // in one file
	maxSitemaps  = 500      // files of one index, indexes below it included
	maxAddresses = 500_000  // in all
)

// robotsPath is where a website names its sitemaps.
const robotsPath = "/robots.txt"

var errNotSitemap = errors.New("not a sitemap")

// isSitemap tells an address that lists documents from one that is a document.
func isSitemap(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	name := strings.ToLower(path.Base(u.Path))
	return u.Path == robotsPath || strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".xml")
}

// parseSitemap reads the addresses of a sitemap or, when index is true, of the
// sitemaps it consists of.
func parseSitemap(content []byte) (locations []string, index bool, err error) {
	if bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(bytes.NewReader(content))
		if err != nil {
			return nil, false, errNotSitemap
		}
		// However little it was packed in, no more is unpacked than a sitemap may be.
		if content, err = io.ReadAll(io.LimitReader(unpacked, maxSitemap+1)); err != nil {
			return nil, false, errNotSitemap
		}
	}
	if len(content) > maxSitemap {
		return nil, false, fmt.Errorf("%w: over %d bytes", errNotSitemap, maxSitemap)
	}
	decoder := xml.NewDecoder(bytes.NewReader(content))
	var open []string // names of the elements that are open
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && len(open) == 0 && locations != nil {
			return locations, index, nil
		}
		if err != nil {
			return nil, false, errNotSitemap
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch {
			case len(open) == 0 && t.Name.Local != "urlset" && t.Name.Local != "sitemapindex", len(open) > 10:
				return nil, false, errNotSitemap
			case len(open) == 0:
				locations, index = []string{}, t.Name.Local == "sitemapindex"
			}
			open = append(open, t.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			// Not the loc of an image or a video within an address.
			if len(open) != 3 || open[2] != "loc" || (open[1] != "url" && open[1] != "sitemap") {
				continue
			}
			if loc := strings.TrimSpace(string(t)); loc != "" {
				if locations = append(locations, loc); len(locations) > maxLocations {
					return nil, false, fmt.Errorf("%w: over %d addresses", errNotSitemap, maxLocations)
				}
			}
		}
	}
}

// sitemap finds the documents of a sitemap: the addresses on its own host or an
// allowed one that Match lets through. A robots.txt stands for the sitemaps it
// names. A sitemap that cannot be read is a source
// that fails, the others go on.
func (in *Ingester) sitemap(ctx context.Context, address string) []Source {
	var sources []Source
	root, err := url.Parse(address)
	if err != nil {
		return []Source{{Name: address, open: refused(unfetched("Het adres klopt niet. Controleer het.", err)), list: true}}
	}
	seen := map[string]bool{address: true}
	elsewhere := 0
	for queue := []string{address}; len(queue) > 0; queue = queue[1:] {
		locations, index, err := in.readSitemap(ctx, queue[0])
		if ctx.Err() != nil {
			return sources
		}
		if err != nil {
			sources = append(sources, Source{Name: queue[0], open: refused(err), list: true})
			continue
		}
		for _, loc := range locations {
			u, err := url.Parse(loc)
			if err != nil || !isAddress(loc) || !in.fetch.mayLead(root, u) {
				elsewhere++
				continue
			}
			loc = cleanAddress(loc)
			switch {
			case seen[loc], len(sources) >= maxAddresses:
			case index && len(seen) < maxSitemaps:
				queue = append(queue, loc)
			case !index && (in.cfg.Fetch.Match == nil || in.cfg.Fetch.Match.MatchString(loc)):
				sources = append(sources, in.address(loc))
			}
			seen[loc] = true
		}
	}
	if elsewhere > 0 {
		in.cfg.Logger.Info("passed over addresses of a sitemap on other hosts", "sitemap", address, "addresses", elsewhere)
	}
	if len(sources) == 0 {
		return []Source{{Name: address, open: refused(&failureError{corpus.Failure{Code: CodeUnreadable,
			Message: "Deze sitemap noemt geen adres dat wordt opgehaald."}, errNotSitemap}), list: true}}
	}
	return sources
}

func (in *Ingester) readSitemap(ctx context.Context, address string) ([]string, bool, error) {
	reply, err := in.fetch.fetch(ctx, address, Fetched{}, maxSitemap)
	if err != nil {
		return nil, false, err
	}
	if reply.address.Path == robotsPath {
		return parseRobots(reply.content, "").sitemaps, true, nil
	}
	locations, index, err := parseSitemap(reply.content)
	if err != nil {
		return nil, false, &failureError{corpus.Failure{Code: CodeUnreadable,
			Message: "Op dit adres staat geen sitemap. Gebruik het adres van een sitemap of van een document."}, err}
	}
	return locations, index, nil
}

// refused is the open of a source that is known to fail.
func refused(err error) func(context.Context, int64) (file, error) {
	return func(context.Context, int64) (file, error) { return file{}, err }
}
