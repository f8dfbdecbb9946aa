package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// FetchOptions say how addresses are fetched.
type FetchOptions struct {
	Timeout   time.Duration // for the whole of one document; default 2 minutes
	UserAgent string        // default "vraagbaak"
	// AllowPrivate lets addresses inside the own network through, for an
	// installation whose documents are there. Without it whoever may offer an
	// address could reach what only the server can reach.
	AllowPrivate bool
}

const (
	defaultFetchTimeout = 2 * time.Minute
	maxRedirects        = 5
)

// fetcher gets documents from addresses.
type fetcher struct {
	client  *http.Client
	timeout time.Duration
	agent   string
}

var (
	errPrivate   = errors.New("the address is inside a private network")
	errRedirects = errors.New("too many redirects, or one to something that is not http")
)

func newFetcher(o FetchOptions) *fetcher {
	if o.Timeout <= 0 {
		o.Timeout = defaultFetchTimeout
	}
	if o.UserAgent == "" {
		o.UserAgent = "vraagbaak"
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !o.AllowPrivate {
		// Control sees the address that is really connected to, after the name was
		// resolved and for every redirect, so a name cannot point inside afterwards.
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			host, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("address %s: %w", address, err)
			}
			if !isPublic(host.Addr()) {
				return errPrivate
			}
			return nil
		}
	}
	return &fetcher{
		timeout: o.Timeout,
		agent:   o.UserAgent,
		client: &http.Client{
			Transport: &http.Transport{
				// No proxy from the environment: it would connect in our place, unguarded.
				DialContext:           dialer.DialContext,
				TLSHandshakeTimeout:   10 * time.Second,
				ResponseHeaderTimeout: 30 * time.Second,
				MaxIdleConnsPerHost:   1,
				IdleConnTimeout:       30 * time.Second,
			},
			CheckRedirect: func(req *http.Request, via []*http.Request) error {
				if len(via) > maxRedirects || (req.URL.Scheme != "http" && req.URL.Scheme != "https") {
					return errRedirects
				}
				return nil
			},
		},
	}
}

// notPublic are the networks beyond those netip knows that are not the
// internet's (IANA special-purpose address registries).
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // an IPv4 address in disguise
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4: an IPv4 address in disguise
	netip.MustParsePrefix("fec0::/10"),
}

func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

func (in *Ingester) address(address string) Source {
	return Source{Name: address, open: func(ctx context.Context, limit int64) (file, error) {
		return in.fetch.get(ctx, address, limit)
	}}
}

// get fetches an address, at most limit+1 bytes of it.
func (f *fetcher) get(ctx context.Context, address string, limit int64) (file, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return file{}, unfetched("Het adres klopt niet. Controleer het.", err)
	}
	req.Header.Set("User-Agent", f.agent)
	req.Header.Set("Accept", "application/pdf, text/markdown, text/plain;q=0.9, */*;q=0.1")
	resp, err := f.client.Do(req)
	if err != nil {
		switch {
		case errors.Is(err, errPrivate):
			return file{}, unfetched("Dit adres ligt in een besloten netwerk en wordt niet opgehaald.", err)
		case errors.Is(err, errRedirects):
			return file{}, unfetched("Dit adres verwijst te vaak of verkeerd door. Gebruik het adres van het document zelf.", err)
		case errors.Is(err, context.DeadlineExceeded):
			return file{}, unfetched("Het ophalen duurde te lang. Probeer het later opnieuw.", err)
		}
		return file{}, unfetched("Het adres is niet te bereiken. Controleer het adres en probeer het later opnieuw.", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return file{}, unfetched(fmt.Sprintf("De website gaf geen document, maar de melding %q. Controleer het adres.", resp.Status), errors.New(resp.Status))
	}
	if resp.ContentLength > limit {
		return file{}, tooLarge(limit)
	}
	content, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return file{}, unfetched("Het ophalen brak af. Probeer het later opnieuw.", err)
	}
	return named(resp, content)
}

// named gives what was fetched a file name, from which its kind follows where
// the bytes do not tell.
func named(resp *http.Response, content []byte) (file, error) {
	name := fileName(resp)
	if mediaType(name, content) == "application/pdf" || extract.Supported(name) {
		return file{Name: name, Content: content}, nil
	}
	said, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		said = ""
	}
	switch said {
	case "text/markdown":
		return file{Name: name + ".md", Content: content}, nil
	case "text/plain":
		return file{Name: name + ".txt", Content: content}, nil
	}
	return file{}, &failureError{corpus.Failure{Code: extract.CodeUnsupported,
		Message: "Op dit adres staat geen PDF, Markdown of platte tekst. Gebruik het adres van het document zelf."},
		fmt.Errorf("content type %q", said)}
}

func fileName(resp *http.Response) string {
	if _, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition")); err == nil {
		if name := path.Base(strings.ReplaceAll(params["filename"], `\`, "/")); params["filename"] != "" && name != "." && name != "/" {
			return name
		}
	}
	last, err := url.PathUnescape(path.Base(resp.Request.URL.Path))
	if err != nil || last == "" || last == "." || last == "/" {
		return resp.Request.URL.Hostname()
	}
	return path.Base(last)
}

func unfetched(message string, err error) error {
	return &failureError{corpus.Failure{Code: CodeUnreadable, Message: message}, err}
}
