package server

import (
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Metrics counts what the service does, in a registry of its own. It is a
// chat.Observer.
type Metrics struct {
	registry *prometheus.Registry
	turns    *prometheus.CounterVec
	total    prometheus.Histogram
	first    prometheus.Histogram
	retrieve prometheus.Histogram
	requests *prometheus.HistogramVec
	messages *prometheus.CounterVec
	closed   *prometheus.CounterVec
}

// NewMetrics returns Metrics with everything at zero.
func NewMetrics() *Metrics {
	seconds := []float64{.005, .01, .025, .05, .1, .15, .25, .5, 1, 2.5, 5, 10, 30, 60, 120}
	histogram := func(name, help string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: seconds})
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vraagbaak_turns_total", Help: "Turns that ended here, by status and error code."}, []string{"status", "code"}),
		total:    histogram("vraagbaak_turn_duration_seconds", "From acceptance to the end of a turn."),
		first:    histogram("vraagbaak_first_sentence_seconds", "From acceptance to the first sentence."),
		retrieve: histogram("vraagbaak_retrieve_duration_seconds", "Finding the passages of a turn."),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vraagbaak_request_duration_seconds", Help: "HTTP requests.", Buckets: seconds}, []string{"route", "method", "status"}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vraagbaak_websocket_messages_total", Help: "Messages of clients, by what became of them."}, []string{"result"}),
		closed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vraagbaak_websocket_closed_total", Help: "Websockets this server closed, by close code."}, []string{"code"}),
	}
	m.registry.MustRegister(m.turns, m.total, m.first, m.retrieve, m.requests, m.messages, m.closed,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// TurnEnded implements chat.Observer.
func (m *Metrics) TurnEnded(status corpus.Status, code corpus.Code, timing corpus.Timing) {
	m.turns.WithLabelValues(string(status), string(code)).Inc()
	m.total.Observe(timing.Total / 1000)
	if timing.FirstSentence > 0 {
		m.first.Observe(timing.FirstSentence / 1000)
	}
	if timing.Retrieve > 0 {
		m.retrieve.Observe(timing.Retrieve / 1000)
	}
}

// Gauge adds a value of another part that is read when somebody looks.
func (m *Metrics) Gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// Counter adds a figure that only grows, read when somebody looks.
func (m *Metrics) Counter(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
}

// observe adds the gauges that are read from the server when somebody looks.
func (m *Metrics) observe(s *Server) {
	gauge := func(name, help string, value func() int) {
		m.Gauge(name, help, func() float64 { return float64(value()) })
	}
	gauge("vraagbaak_turns_running", "Turns being answered here.", func() int { return s.chat.Stats().Running })
	gauge("vraagbaak_turns_waiting", "Accepted turns that wait for a worker here.", func() int { return s.chat.Stats().Waiting })
	gauge("vraagbaak_turn_followers", "Open streams of events here.", func() int { return s.chat.Stats().Followers })
	gauge("vraagbaak_websockets", "Open websockets here.", s.sockets.len)
}

func (m *Metrics) request(route, method string, status int, d time.Duration) {
	if status == http.StatusSwitchingProtocols {
		return // as long as the visit lasts: it says nothing
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodPut, http.MethodOptions, http.MethodPatch:
	default:
		method = "other" // any word may stand there
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(d.Seconds())
}

// watched shows the metrics to whoever may see them; for others they do not exist.
func (s *Server) watched(metrics http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.mayWatch(r) {
			s.notFound(w, r)
			return
		}
		metrics.ServeHTTP(w, r)
	})
}

// mayWatch: with a token whoever brings it, without one a program on this machine
// that asks by itself. A proxy here that passes on the requests of others says so in
// a header; one that does not needs a token.
func (s *Server) mayWatch(r *http.Request) bool {
	if s.token != "" {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		return ok && subtle.ConstantTimeCompare([]byte(given), []byte(s.token)) == 1
	}
	for _, header := range []string{s.addresses.header, "X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via"} {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && remote.Addr().Unmap().IsLoopback()
}

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry, MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}
