package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Config is what a Server needs. Chat is required; the other fields have working
// defaults.
type Config struct {
	Chat *chat.Service
	// Pages is the website: every address that is not one of the API's. Default: none.
	Pages Site
	// Office is the staff area, beside Pages. Default: none.
	Office interface{ Register(mux *http.ServeMux) }
	// Checks must all pass before the server calls itself ready.
	Checks  []Check
	Metrics *Metrics     // default: NewMetrics()
	Logger  *slog.Logger // default: discards
	// Origins are websites, as scheme://host[:port], that may use the websocket and
	// the API from a browser besides the server's own.
	Origins []string
	// Proxies are the addresses of reverse proxies whose AddressHeader is believed.
	Proxies []netip.Prefix
	// AddressHeader is where those proxies put the address of the client. Default
	// X-Forwarded-For.
	AddressHeader string
	Limits        Limits
	// MetricsToken is what a request for the metrics must bring as its bearer token.
	// Without one the metrics are for programs on this machine only.
	MetricsToken string
	// PublicURL is the address of the website as scheme://host, for the addresses that
	// programs are given. Default: as the request names it.
	PublicURL string
	// MCP answers requests to /mcp, each counted as a question; nil: there is no such
	// address.
	MCP http.Handler
}

// Site is the website. It is implemented by *Pages.
type Site interface {
	// Register adds the pages, "/" included, to mux.
	Register(mux *http.ServeMux)
	// Problem answers with a page that says what went wrong and what to do.
	Problem(w http.ResponseWriter, r *http.Request, err error)
}

// Limits bound what one client, and all clients together, can take. Zero values
// stand for the defaults.
type Limits struct {
	AsksPerSecond rate.Limit // questions per address, sustained; default 20
	AskBurst      int        // questions per address at once; default 400
	// PostsPerSecond and PostBurst are for forms that are no questions, such as
	// feedback, per address; default 5 and 100.
	PostsPerSecond rate.Limit
	PostBurst      int
	// RequestsPerSecond and RequestBurst are for all other requests per address;
	// default 100 and 1000.
	RequestsPerSecond rate.Limit
	RequestBurst      int
	Connections       int           // websockets in all; default 10000
	AddressConns      int           // websockets per address; default 500
	TurnsPerConn      int           // turns followed at once by one websocket; default 8
	MessagesPerSecond rate.Limit    // messages per websocket, sustained; default 20
	MessageBurst      int           // messages per websocket at once; default 60
	Addresses         int           // addresses remembered; default 20000
	OutQueue          int           // messages waiting for one slow client; default 64
	SlowClient        time.Duration // a full queue for this long closes the websocket; default 10 seconds
	WriteTimeout      time.Duration // one message to a client; default 10 seconds
	PingInterval      time.Duration // default 25 seconds; no pong within twice that closes
	RequestTimeout    time.Duration // for a client to send its request; default 30 seconds
	ShutdownTimeout   time.Duration // for turns and requests to finish; default 20 seconds
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.AsksPerSecond, 20)
	orDefault(&l.AskBurst, 400)
	orDefault(&l.PostsPerSecond, 5)
	orDefault(&l.PostBurst, 100)
	orDefault(&l.RequestsPerSecond, 100)
	orDefault(&l.RequestBurst, 1000)
	orDefault(&l.Connections, 10_000)
	orDefault(&l.AddressConns, 500)
	orDefault(&l.TurnsPerConn, 8)
	orDefault(&l.MessagesPerSecond, 20)
	orDefault(&l.MessageBurst, 60)
	orDefault(&l.Addresses, 20_000)
	orDefault(&l.OutQueue, 64)
	orDefault(&l.SlowClient, 10*time.Second)
	orDefault(&l.WriteTimeout, 10*time.Second)
	orDefault(&l.PingInterval, 25*time.Second)
	orDefault(&l.RequestTimeout, 30*time.Second)
	orDefault(&l.ShutdownTimeout, 20*time.Second)
	return l
}

func orDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

const (
	readHeaderTimeout = 10 * time.Second
	writeTimeout      = 60 * time.Second // routes that take longer set their own
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
)

// Server serves the web.
type Server struct {
	chat      *chat.Service
	log       *slog.Logger
	metrics   *Metrics
	limits    Limits
	origins   map[string]bool
	addresses addresses
	asks      *limiter
	posts     *limiter
	requests  *limiter
	checks    []Check
	pages     Site   // nil when there is no website
	token     string // for the metrics; "" when only this machine may see them
	sockets   *sockets
	website
	handler http.Handler
}

// website is the address of the website as scheme://host; "" is as requests name it.
type website string

// origin is the address: as configured, or as the request names it.
func (s website) origin(r *http.Request) string {
	switch {
	case s != "":
		return string(s)
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// absolute is an address of this website in full.
func absolute(origin, address string) string {
	if strings.HasPrefix(address, "/") {
		return origin + address
	}
	return address
}

// New returns a Server. An error says which setting is wrong.
func New(cfg Config) (*Server, error) {
	if cfg.Chat == nil {
		return nil, errors.New("server: Config.Chat is required")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics()
	}
	orDefault(&cfg.AddressHeader, "X-Forwarded-For")
	limits := cfg.Limits.withDefaults()
	s := &Server{
		chat:      cfg.Chat,
		log:       cfg.Logger,
		metrics:   cfg.Metrics,
		limits:    limits,
		origins:   make(map[string]bool),
		addresses: addresses{header: cfg.AddressHeader, proxies: cfg.Proxies},
		asks:      newLimiter(limits.AsksPerSecond, limits.AskBurst, limits.Addresses),
		posts:     newLimiter(limits.PostsPerSecond, limits.PostBurst, limits.Addresses),
		requests:  newLimiter(limits.RequestsPerSecond, limits.RequestBurst, limits.Addresses),
		checks:    cfg.Checks,
		pages:     cfg.Pages,
		token:     cfg.MetricsToken,
		sockets:   newSockets(limits.Connections, limits.AddressConns),
	}
	if cfg.PublicURL != "" {
		origin, err := parseOrigin(cfg.PublicURL)
		if err != nil {
			return nil, fmt.Errorf("public address: %w", err)
		}
		s.website = website(origin)
	}
	s.metrics.observe(s)
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, statusError{http.StatusForbidden, chat.ProblemOrigin.Err(requestLang(r), nil)})
	}))
	for _, origin := range cfg.Origins {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Path != "" {
			return nil, fmt.Errorf("origin %q is not of the form https://host", origin)
		}
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("origin %q: %w", origin, err)
		}
		s.origins[u.Scheme+"://"+u.Host] = true
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws", s.socket)
	mux.HandleFunc("POST /api/ask", s.ask)
	mux.HandleFunc("GET /api/turns/{turn}/events", s.turnEvents)
	mux.HandleFunc("DELETE /api/conversations/{conversation}", s.deleteConversation)
	mux.HandleFunc("POST /v1/chat/completions", s.completions)
	mux.HandleFunc("GET /v1/models", s.models)
	mux.HandleFunc("GET /v1/models/{model}", s.model)
	if cfg.MCP != nil {
		mux.Handle("/mcp", s.mcp(cfg.MCP))
	}
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.watched(s.metrics.handler()))
	for _, path := range []string{"/ws", "/api/ask", "/api/turns/{turn}/events", "/api/conversations/{conversation}", "/v1/chat/completions", "/v1/models", "/v1/models/{model}"} {
		mux.HandleFunc(path, s.methodNotAllowed)
	}
	mux.HandleFunc("/api/", s.notFound)
	mux.HandleFunc("/v1/", s.notFound)
	if cfg.Pages != nil {
		mux.Handle("/", s.site(cfg))
	} else {
		mux.HandleFunc("/", s.notFound)
	}
	s.handler = s.wrap(protection.Handler(mux))
	return s, nil
}

// AskerOf asks questions of chat and waits for their answers, for the pages.
func AskerOf(c *chat.Service) Asker { return asker{c} }

type asker struct{ chat *chat.Service }

func (a asker) Ask(ctx context.Context, ask chat.Ask) (corpus.Answer, error) {
	return a.chat.Answer(ctx, ask)
}

// Handler is everything the server serves.
func (s *Server) Handler() http.Handler { return s.handler }

// Serve serves on l until ctx ends. Then it stops accepting, tells websockets to go
// away once their turns are done, and returns when all is finished or the shutdown
// timeout is over. It closes Chat, so that no turn is left without an end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       s.limits.RequestTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(discardAddresses{s.log.Handler()}, slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		s.shutdown(srv)
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	s.shutdown(srv)
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

// shutdown is in order: no new connections and questions; turns finish, or are
// ended with an error that asks to try again, while their clients still hear it;
// websockets are told that the server goes away; requests finish.
func (s *Server) shutdown(srv *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), s.limits.ShutdownTimeout)
	defer cancel()
	s.sockets.refuse()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		// Waits for requests, not for websockets: those are hijacked.
		if err := srv.Shutdown(ctx); err != nil {
			_ = srv.Close()
		}
	}()
	// Leave some of the time to tell the clients.
	turns, cancelTurns := context.WithTimeout(ctx, s.limits.ShutdownTimeout*3/4)
	defer cancelTurns()
	s.chat.Close(turns)
	s.sockets.closeAll(ctx)
	<-stopped
}
