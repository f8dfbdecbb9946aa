package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/ingest/demo"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
	"github.com/ser-nl/vraagbaak/internal/server"
)

type serveCommand struct {
	AnswerSettings
	PriceSettings
	ReadSettings
	StaffSettings
	MonitorSettings
	Addr          string         `help:"Address to listen on." default:":8080" env:"VRAAGBAAK_ADDR"`
	Demo          bool           `help:"Put the demo corpus into an empty database." default:"true" negatable:"" env:"VRAAGBAAK_DEMO"`
	Work          bool           `help:"Work on ingest jobs too; leave it to worker processes with --no-work." default:"true" negatable:"" env:"VRAAGBAAK_WORK"`
	Origins       []string       `help:"Other websites (scheme://host) that may use the chat from a browser." name:"origin" env:"VRAAGBAAK_ORIGINS" placeholder:"ORIGIN"`
	Frames        []string       `help:"Other websites (scheme://host) that may show the widget in a frame." name:"embed-origin" env:"VRAAGBAAK_EMBED_ORIGINS" placeholder:"ORIGIN"`
	PublicURL     string         `help:"Address of the website (scheme://host) for sitemap, DCAT and security.txt; default: as the request names it." name:"public-url" env:"VRAAGBAAK_PUBLIC_URL" placeholder:"URL"`
	Operator      string         `help:"Who runs the website, as its pages on privacy and contact say." env:"VRAAGBAAK_OPERATOR" placeholder:"NAME"`
	Contact       string         `help:"How to reach a person there: an e-mail address or an https address; security.txt names it too." env:"VRAAGBAAK_CONTACT" placeholder:"ADDRESS"`
	Proxies       []netip.Prefix `help:"Addresses of reverse proxies whose word on the visitor's address is believed." name:"trusted-proxy" env:"VRAAGBAAK_TRUSTED_PROXIES" placeholder:"CIDR"`
	AddressHeader string         `help:"Header in which those proxies put the visitor's address." default:"X-Forwarded-For" env:"VRAAGBAAK_ADDRESS_HEADER"`
	Retention     time.Duration  `help:"How long a conversation is kept after its last question." default:"720h" env:"VRAAGBAAK_RETENTION"`
	AskRate       float64        `help:"Questions a second that one address may ask in the long run; 0 is the default of 20." default:"0" env:"VRAAGBAAK_ASK_RATE" placeholder:"N"`
	AskBurst      int            `help:"Questions that one address may ask at once; 0 is the default of 400." default:"0" env:"VRAAGBAAK_ASK_BURST" placeholder:"N"`
	MCP           bool           `help:"Let assistants search, read and cite by the Model Context Protocol, at /mcp." name:"mcp" default:"true" negatable:"" env:"VRAAGBAAK_MCP"`
	MetricsToken  string         `help:"Token that a request for /metrics must bring; without one only this machine may see them." name:"metrics-token" env:"VRAAGBAAK_METRICS_TOKEN" placeholder:"TOKEN"`
	Conns         int            `help:"Connections to the database." name:"database-conns" default:"16" env:"VRAAGBAAK_DATABASE_CONNS" placeholder:"N"`
}

// Help is the command's example.
func (*serveCommand) Help() string {
	return "Example:\n\n  vraagbaak serve --addr :8080 --data-dir /var/lib/vraagbaak"
}

func (c *serveCommand) Run(ctx context.Context, e *env) error {
	limitGarbage()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s (choose another with --addr): %w", c.Addr, err)
	}
	defer func() { _ = listener.Close() }() // the server closes it too
	x, err := e.open(ctx, c.AnswerSettings, c.Conns)
	if err != nil {
		return err
	}
	defer x.close(e)
	if err := c.record(ctx, x); err != nil {
		return err
	}
	x.follow(ctx, e)

	// Jobs end after the last question, before the database.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	corpusReady, err := c.ingest(background, e, x, &wg)
	if err != nil {
		return err
	}

	metrics := server.NewMetrics()
	x.report(metrics.Gauge)
	x.count(metrics.Counter)
	store := x.db.Chat()
	turns := chat.New(chat.Config{
		Store: store, Answerer: x.answers, Logger: e.log, Observer: metrics, Retention: c.Retention, Closed: x.editorial.Closed,
	})
	library := postgres.NewLibrary(x.db.DB)
	pictures, drawer, err := e.pictures(library)
	if err != nil {
		return err
	}
	defer func() {
		if err := drawer.Close(); err != nil {
			e.log.Warn("what draws pages did not stop cleanly", "error", err)
		}
	}()
	subjects := x.research(e)
	wg.Go(func() { subjects.Follow(background) })
	pages, err := server.NewPages(server.PagesConfig{
		Asker: server.AskerOf(turns), Conversations: turns, Library: library, Pictures: pictures, Research: subjects, ReadingLists: subjects, Logger: e.log,
		Feedback: postgres.NewFeedback(x.db.DB), Shares: postgres.NewShares(x.db.DB), Retention: c.Retention, Notices: notices{x.editorial}, Quality: postgres.NewRuns(x.db.DB),
		PublicURL: c.PublicURL, Operator: c.Operator, Contact: c.Contact, FrameOrigins: c.Frames,
	})
	if err != nil {
		return err
	}
	team, err := c.staffArea(e, x.db)
	if err != nil {
		return err
	}
	if err := c.parts(background, e, x, team, metrics, &wg); err != nil {
		return err
	}
	team.review(x)
	area, err := team.open()
	if err != nil {
		return err
	}
	wg.Go(func() { team.sweep(background, e) })
	var assistants http.Handler
	if c.MCP {
		assistants = x.mcp(e, subjects, c.PublicURL).Handler()
	}
	s, err := server.New(server.Config{
		Chat: turns, Pages: pages, Office: area, Metrics: metrics, Logger: e.log,
		MetricsToken: c.MetricsToken, PublicURL: c.PublicURL, MCP: assistants,
		Origins: c.Origins, Proxies: c.Proxies, AddressHeader: c.AddressHeader,
		Limits: server.Limits{AsksPerSecond: rate.Limit(c.AskRate), AskBurst: c.AskBurst},
		Checks: []server.Check{
			{Name: "database", Run: x.db.Ping},
			{Name: "corpus", Run: func(context.Context) error {
				select {
				case <-corpusReady:
					return nil
				default:
					return errors.New("the documents are being read or indexed")
				}
			}},
		},
	})
	if err != nil {
		return err
	}

	wg.Go(func() {
		select {
		case <-corpusReady:
			e.notef("Vraagbaak is ready on %s\n", siteAddress(listener.Addr()))
		case <-background.Done():
		}
	})
	return s.Serve(ctx, listener)
}

// limitGarbage keeps the memory of a process that holds a search index near what it
// uses: the index is large and lives long, so collecting when a fifth of it has come
// on top, and not as much again, costs little. GOGC in the environment goes before it.
func limitGarbage() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(20)
	}
}

// report gives gauges of the search index.
func (x *engine) report(gauge func(name, help string, value func() float64)) {
	for name, g := range map[string]struct {
		help string
		of   func(retrieval.Stats) float64
	}{
		"vraagbaak_index_bytes":    {"Memory of the search index.", func(s retrieval.Stats) float64 { return float64(s.Bytes) }},
		"vraagbaak_index_chunks":   {"Chunks that can be found.", func(s retrieval.Stats) float64 { return float64(s.Chunks) }},
		"vraagbaak_index_segments": {"Parts of the search index.", func(s retrieval.Stats) float64 { return float64(s.Segments) }},
		"vraagbaak_index_state":    {"Number of the last corpus change in the search index: the same on all servers but for a moment.", func(s retrieval.Stats) float64 { return float64(s.State) }},
	} {
		gauge(name, g.help, func() float64 { return g.of(x.search.Stats()) })
	}
	gauge("vraagbaak_held_vectors_bytes", "Memory of the vectors that searches compare with.", func() float64 { return float64(x.vectors.HeldBytes()) })
}

// ingest starts working on jobs and puts in the demo corpus, in the background. The
// channel is closed when the index is loaded and the demo, if it is wanted, in it.
func (c *serveCommand) ingest(ctx context.Context, e *env, x *engine, wg *sync.WaitGroup) (<-chan struct{}, error) {
	if !c.Work && !c.Demo {
		return x.search.Loaded(), nil
	}
	in, extractor, err := x.ingester(e, c.PDFSettings, ingest.FetchOptions{}, c.workers())
	if err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	var jobs sync.WaitGroup
	if c.Work {
		jobs.Go(func() {
			if err := in.Work(ctx); err != nil && ctx.Err() == nil {
				e.log.Error("ingest jobs are no longer worked on", "error", err)
			}
		})
	}
	jobs.Go(func() {
		if c.Demo {
			if err := e.ingestDemo(ctx, in, x.db); err != nil && ctx.Err() == nil {
				e.log.Error("the demo corpus could not be read", "error", err)
			}
		}
		if err := x.caughtUp(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("the index does not follow the corpus", "error", err)
		}
		close(ready)
	})
	wg.Go(func() {
		jobs.Wait()
		if err := extractor.Close(); err != nil {
			e.log.Warn("a reader did not stop cleanly", "error", err)
		}
	})
	return ready, nil
}

// demoPrefix is what the sources of demo documents begin with.
const demoPrefix = "demo:"

// ingestDemo reads the demo corpus into a database that holds nothing else: also
// when an earlier start was broken off half way, or came with an older demo.
func (e *env) ingestDemo(ctx context.Context, in *ingest.Ingester, db *database) error {
	store, err := postgres.NewIngestStore(db.DB)
	if err != nil {
		return err
	}
	present, err := store.Documents(ctx)
	if err != nil {
		return err
	}
	for _, d := range present {
		if !strings.HasPrefix(d.Source, demoPrefix) {
			return nil
		}
	}
	sources, err := ingest.FromFS(demo.FS(), demoPrefix)
	if err != nil {
		return err
	}
	summary, err := e.ingest(ctx, in, sources)
	if err != nil {
		return err
	}
	entries, err := ingest.ParseCatalogue(demo.Catalogue())
	if err != nil {
		return fmt.Errorf("reading the demo catalogue: %w", err)
	}
	catalogue := make([]corpus.Publication, len(entries))
	for i, entry := range entries {
		catalogue[i] = entry.Publication
	}
	if err := store.SavePublications(ctx, catalogue); err != nil {
		return err
	}
	for _, d := range summary.Entries {
		if d.Failure != nil {
			e.log.Error("a demo document could not be read", "source", d.Source, "code", d.Failure.Code, "message", d.Failure.Message)
		}
	}
	if n := summary.Count(ingest.Added) + summary.Count(ingest.Replaced); n > 0 {
		e.log.Info("the demo corpus was read", "documents", n)
	}
	return nil
}

// siteAddress is the address to open in a browser on this machine.
func siteAddress(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return a.String()
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(tcp.Port))
}
