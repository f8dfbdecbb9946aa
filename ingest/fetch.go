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
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// FetchOptions say how addresses are fetched.
type FetchOptions struct {
	Timeout   time.Duration // for the whole of one document; default 2 minutes
	UserAgent string        // also the name looked for in robots.txt; default "vraagbaak"
	// Delay is between two requests to one host; default 1 second. A website may ask
	// for more in its robots.txt, up to 30 seconds.
	Delay time.Duration
	// Hosts may be redirected to, and named by a sitemap, besides the host that was
	// asked for itself.
	Hosts []string
	// Match, unless nil, chooses among the addresses of a sitemap.
	Match *regexp.Regexp
	// Never leaves the documents that a catalogue has an address of where they are.
	Never bool
	// AllowPrivate lets addresses inside the own network through, for an
	// installation whose documents are there. Without it whoever may offer an
	// address could reach what only the server can reach.
	AllowPrivate bool
	// Pause is before the second attempt when something passing is in the way, and
	// doubles after that; default 2 seconds.
	Pause time.Duration
}

const (
	defaultFetchTimeout = 2 * time.Minute
	defaultDelay        = time.Second
	defaultPause        = 2 * time.Second
	maxDelay            = 30 * time.Second // that a website can ask for
	maxRedirects        = 5
	fetchAttempts       = 3
	// robotsFor is how long a robots.txt holds (RFC 9309, 2.4).
	robotsFor = 24 * time.Hour
	// After this many failed connections in a row a host is left alone for a while,
	// so that a hundred documents on a dead host do not take a hundred deadlines.
	deadAfter = 2
	deadFor   = 5 * time.Minute
)

// Fetched is what an address gave the last time. The zero value stands for
// nothing.
type Fetched struct {
	Digest       []byte // of the bytes, which the store still has
	Name         string // of the file
	ETag         string
	LastModified string
}

// fetcher gets documents from addresses, one request per host at a time as far
// as the delay reaches. It may be used by any number of goroutines.
type fetcher struct {
	client *http.Client
	opts   FetchOptions

	mu    sync.Mutex
	hosts map[string]*webHost // by scheme and authority
}

// webHost is what is remembered of a website.
type webHost struct {
	mu       sync.Mutex
	next     time.Time // when the next request may be made
	failures int       // connections in a row that failed
	deadTill time.Time

	reading sync.Mutex // held while robots.txt is being read
	robots  robots
	until   time.Time // robots holds until then
}

var (
	errPrivate   = errors.New("the address is inside a private network")
	errRedirects = errors.New("too many redirects, or one to something that may not be fetched")
	errElsewhere = errors.New("a redirect to another host")
	errRobots    = errors.New("robots.txt forbids it")
	errDead      = errors.New("the host did not answer before")
)

func newFetcher(o FetchOptions) *fetcher {
	if o.Timeout <= 0 {
		o.Timeout = defaultFetchTimeout
	}
	if o.UserAgent == "" {
		o.UserAgent = "vraagbaak"
	}
	if o.Delay <= 0 {
		o.Delay = defaultDelay
	}
	if o.Pause <= 0 {
		o.Pause = defaultPause
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
		opts:  o,
		hosts: make(map[string]*webHost),
		client: &http.Client{
			Transport: &http.Transport{
				// No proxy from the environment: it would connect in our place, unguarded.
				DialContext:            dialer.DialContext,
				TLSHandshakeTimeout:    10 * time.Second,
				ResponseHeaderTimeout:  30 * time.Second,
				MaxResponseHeaderBytes: 256 << 10,
				MaxIdleConnsPerHost:    1,
				IdleConnTimeout:        30 * time.Second,
			},
			// Redirects are followed one by one in step, where each is judged.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
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

// address is the source of a document on the web.
func (in *Ingester) address(address string) Source {
	return Source{Name: cleanAddress(address), isAddress: true}
}

// cleanAddress writes an address in one of its spellings, without a fragment.
func cleanAddress(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	u.Fragment, u.RawFragment = "", ""
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if u.Scheme == "http" && u.Port() == "80" || u.Scheme == "https" && u.Port() == "443" {
		u.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// get fetches a document, at most limit+1 bytes of it. When it is what it was
// the last time, the file has no content but the digest.
func (f *fetcher) get(ctx context.Context, address string, known Fetched, limit int64) (file, error) {
	reply, err := f.fetch(ctx, address, known, limit)
	if err != nil {
		return file{}, err
	}
	if reply.unmodified {
		return file{Name: known.Name, stored: known.Digest, etag: known.ETag, lastModified: known.LastModified}, nil
	}
	named, err := named(reply)
	named.etag, named.lastModified = reply.header.Get("ETag"), reply.header.Get("Last-Modified")
	return named, err
}

// reply is what a website sent in the end.
type reply struct {
	address    *url.URL // after redirects
	header     http.Header
	content    []byte
	unmodified bool
}

// passing is a fault that may be gone at the next attempt.
type passing struct {
	error
	after time.Duration // as the website asks; 0 when it does not say
}

func (p passing) Unwrap() error { return p.error }

// fetch gets what an address holds, at most limit+1 bytes. All of its errors are
// failures that people understand.
func (f *fetcher) fetch(ctx context.Context, address string, known Fetched, limit int64) (reply, error) {
	u, err := url.Parse(address)
	if err != nil || !isAddress(address) {
		return reply{}, unfetched("Het adres klopt niet. Controleer het.", fmt.Errorf("address %q: %w", address, err))
	}
	pause := f.opts.Pause
	for attempt := 1; ; attempt++ {
		r, err := f.follow(ctx, u, known, limit)
		if err == nil {
			return r, nil
		}
		var fault passing
		if !errors.As(err, &fault) || attempt == fetchAttempts || ctx.Err() != nil || fault.after > maxDelay {
			return reply{}, explain(err)
		}
		if err := sleep(ctx, max(pause, fault.after)); err != nil {
			return reply{}, explain(fault)
		}
		pause *= 2
	}
}

// follow makes one attempt, through redirects.
func (f *fetcher) follow(ctx context.Context, u *url.URL, known Fetched, limit int64) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, f.opts.Timeout)
	defer cancel()
	asked := u
	for range maxRedirects + 1 {
		rules, err := f.robotsOf(ctx, u)
		if err != nil {
			return reply{}, err
		}
		if !rules.allows(pathOf(u)) {
			return reply{}, errRobots
		}
		if err := f.host(u).wait(ctx, max(f.opts.Delay, min(rules.delay, maxDelay))); err != nil {
			return reply{}, err
		}
		r, next, err := f.step(ctx, u, request{known: known, limit: limit})
		if err != nil || next == nil {
			return r, err
		}
		switch {
		case next.Scheme != "http" && next.Scheme != "https", u.Scheme == "https" && next.Scheme == "http":
			return reply{}, errRedirects
		case !f.mayLead(asked, next):
			return reply{}, errElsewhere
		}
		u = next
	}
	return reply{}, errRedirects
}

func pathOf(u *url.URL) string {
	p := u.EscapedPath()
	if p == "" {
		p = "/"
	}
	if u.RawQuery != "" {
		p += "?" + u.RawQuery
	}
	return p
}

// mayLead tells whether what stands at one address may lead to another: to the
// same host, with or without www, or to an allowed one.
func (f *fetcher) mayLead(from, to *url.URL) bool {
	bare := func(host string) string { return strings.TrimPrefix(strings.ToLower(host), "www.") }
	// Another port is another service, but for the step from http to https.
	if bare(from.Hostname()) == bare(to.Hostname()) && (from.Port() == to.Port() || from.Scheme != to.Scheme) {
		return true
	}
	for _, host := range f.opts.Hosts {
		if bare(host) == bare(to.Hostname()) || strings.EqualFold(host, to.Host) {
			return true
		}
	}
	return false
}

func (f *fetcher) host(u *url.URL) *webHost {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := u.Scheme + "://" + strings.ToLower(u.Host)
	h := f.hosts[key]
	if h == nil {
		h = &webHost{}
		f.hosts[key] = h
	}
	return h
}

// wait waits for its turn to make a request.
func (h *webHost) wait(ctx context.Context, delay time.Duration) error {
	h.mu.Lock()
	if time.Now().Before(h.deadTill) {
		h.mu.Unlock()
		return errDead
	}
	at := time.Now()
	if h.next.After(at) {
		at = h.next
	}
	h.next = at.Add(delay)
	h.mu.Unlock()
	return sleep(ctx, time.Until(at))
}

// answered keeps count of connections that fail.
func (h *webHost) answered(yes bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if yes {
		h.failures = 0
		return
	}
	if h.failures++; h.failures >= deadAfter {
		h.failures = 0
		h.deadTill = time.Now().Add(deadFor)
	}
}

// robotsOf is what a website asks of us. When it has no robots.txt, everything is
// allowed; when that cannot be told, nothing is.
func (f *fetcher) robotsOf(ctx context.Context, u *url.URL) (robots, error) {
	h := f.host(u)
	h.reading.Lock()
	defer h.reading.Unlock()
	if time.Now().Before(h.until) {
		return h.robots, nil
	}
	at := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: robotsPath}
	for range maxRedirects + 1 {
		if err := h.wait(ctx, 0); err != nil {
			return robots{}, err
		}
		r, next, err := f.step(ctx, at, request{limit: maxRobots, cut: true})
		var status *statusError
		switch {
		case errors.As(err, &status) && status.code < 500 && status.code != http.StatusTooManyRequests:
			h.robots = robots{}
		case err != nil:
			return robots{}, err // a website whose wishes cannot be read is left alone
		case next == nil:
			h.robots = parseRobots(r.content, f.opts.UserAgent)
		case f.mayLead(u, next) && (next.Scheme == "https" || next.Scheme == u.Scheme):
			at = next
			continue
		default:
			h.robots = robots{}
		}
		h.until = time.Now().Add(robotsFor)
		return h.robots, nil
	}
	return robots{}, errRedirects
}

// statusError is an answer that is no document.
type statusError struct {
	code   int
	status string
}

func (e *statusError) Error() string { return e.status }

// request says what is wanted of one address.
type request struct {
	known Fetched
	limit int64 // bytes
	cut   bool  // what is longer is cut off instead of refused
}

// step makes one request. next is where it redirects to.
func (f *fetcher) step(ctx context.Context, u *url.URL, want request) (r reply, next *url.URL, err error) {
	known, limit := want.known, want.limit
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return reply{}, nil, err
	}
	req.Header.Set("User-Agent", f.opts.UserAgent)
	req.Header.Set("Accept", "application/pdf, text/html;q=0.9, text/markdown;q=0.9, text/plain;q=0.8, */*;q=0.1")
	if known.Digest != nil {
		setIf(req.Header, "If-None-Match", known.ETag)
		setIf(req.Header, "If-Modified-Since", known.LastModified)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		if errors.Is(err, errPrivate) {
			return reply{}, nil, err
		}
		f.host(u).answered(false)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return reply{}, nil, context.DeadlineExceeded
		}
		return reply{}, nil, passing{err, 0}
	}
	defer func() { _ = resp.Body.Close() }()
	f.host(u).answered(true)
	r = reply{address: u, header: resp.Header}
	switch {
	case resp.StatusCode == http.StatusNotModified && known.Digest != nil:
		r.unmodified = true
		return r, nil, nil
	case resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.Header.Get("Location") != "":
		if next, err = resp.Location(); err != nil {
			return reply{}, nil, errRedirects
		}
		return r, next, nil
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500:
		return reply{}, nil, passing{&statusError{resp.StatusCode, resp.Status}, retryAfter(resp.Header.Get("Retry-After"))}
	case resp.StatusCode != http.StatusOK:
		return reply{}, nil, &statusError{resp.StatusCode, resp.Status}
	case resp.Header.Get("Content-Encoding") != "" && !strings.EqualFold(resp.Header.Get("Content-Encoding"), "identity"):
		return reply{}, nil, unsupported(fmt.Errorf("content encoding %q", resp.Header.Get("Content-Encoding")))
	case resp.ContentLength > limit && !want.cut:
		return reply{}, nil, tooLarge(limit)
	}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), "/")
	switch strings.ToLower(kind) {
	case "image", "audio", "video", "font":
		return reply{}, nil, unsupported(fmt.Errorf("content type %q", resp.Header.Get("Content-Type")))
	}
	// The transport unpacks gzip while it is read, so the limit also holds for what
	// was packed small.
	if r.content, err = io.ReadAll(io.LimitReader(resp.Body, limit+1)); err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return reply{}, nil, context.DeadlineExceeded
		}
		return reply{}, nil, passing{fmt.Errorf("%w: %w", errBroken, err), 0}
	}
	return r, nil, nil
}

var errBroken = errors.New("the transfer broke off")

func setIf(h http.Header, key, value string) {
	if value != "" {
		h.Set(key, value)
	}
}

// retryAfter reads how long a website wants to be left alone, in seconds or as a
// moment.
func retryAfter(s string) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && seconds >= 0 && seconds < 1e6 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// explain makes an error of fetching a failure that says what to do.
func explain(err error) error {
	var failure *failureError
	if errors.As(err, &failure) {
		return failure
	}
	var status *statusError
	switch {
	case errors.Is(err, errRobots):
		return &failureError{corpus.Failure{Code: CodeRobots,
			Message: "De website vraagt in robots.txt om dit adres niet automatisch op te halen. Vraag de beheerder van de website, of haal het document zelf op."}, err}
	case errors.Is(err, errPrivate):
		return unfetched("Dit adres ligt in een besloten netwerk en wordt niet opgehaald.", err)
	case errors.Is(err, errElsewhere):
		return unfetched("Dit adres verwijst door naar een andere website. Gebruik het adres van het document zelf, of sta die website toe.", err)
	case errors.Is(err, errRedirects):
		return unfetched("Dit adres verwijst te vaak of verkeerd door. Gebruik het adres van het document zelf.", err)
	case errors.Is(err, context.DeadlineExceeded):
		return unfetched("Het ophalen duurde te lang. Probeer het later opnieuw.", err)
	case errors.Is(err, errBroken):
		return unfetched("Het ophalen brak af. Probeer het later opnieuw.", err)
	case errors.As(err, &status):
		return unfetched(fmt.Sprintf("De website gaf geen document, maar de melding %q. Controleer het adres.", status.status), err)
	}
	return unfetched("Het adres is niet te bereiken. Controleer het adres en probeer het later opnieuw.", err)
}

// kinds are the file extensions of what websites send, by media type.
var kinds = map[string]string{
	"application/pdf":       ".pdf",
	"text/markdown":         ".md",
	"text/plain":            ".txt",
	"text/html":             ".html",
	"application/xhtml+xml": ".html",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}

// named gives what was fetched a file name, from which its kind follows where
// the bytes do not tell.
func named(r reply) (file, error) {
	name := fileName(r)
	if mediaType(name, r.content) == "application/pdf" || extract.Supported(name) {
		return file{Name: name, Content: r.content}, nil
	}
	said, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil {
		said = ""
	}
	if ext := kinds[said]; ext != "" && extract.Supported("x"+ext) {
		return file{Name: name + ext, Content: r.content}, nil
	}
	return file{}, unsupported(fmt.Errorf("content type %q", said))
}

func unsupported(err error) error {
	return &failureError{corpus.Failure{Code: extract.CodeUnsupported,
		Message: "Op dit adres staat geen document dat gelezen kan worden. Gebruik het adres van het document zelf."}, err}
}

func fileName(r reply) string {
	if _, params, err := mime.ParseMediaType(r.header.Get("Content-Disposition")); err == nil {
		if name := path.Base(strings.ReplaceAll(params["filename"], `\`, "/")); params["filename"] != "" && name != "." && name != "/" {
			return name
		}
	}
	last, err := url.PathUnescape(path.Base(r.address.Path))
	if err != nil || last == "" || last == "." || last == "/" {
		return r.address.Hostname()
	}
	return path.Base(last)
}

func unfetched(message string, err error) error {
	return &failureError{corpus.Failure{Code: CodeUnreadable, Message: message}, err}
}
