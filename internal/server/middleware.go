package server

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/chat"
)

type contextKey int

const requestIDKey contextKey = iota

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

// contentSecurityPolicy lets pages load only what this server serves: no inline
// script or style, no frames, nothing of others.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// wrap is what every request passes: id, headers, log line, recovery, limit.
func (s *Server) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		id := strings.ToLower(rand.Text()[:16])
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey, id))
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")

		rec := &recorder{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // the very value is the signal
					panic(p)
				}
				s.log.Error("a handler panicked", "request", id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				if !rec.wrote() {
					s.fail(rec, r, chat.ProblemInternal.Err(requestLang(r), nil))
				}
			}
			route := routeOf(r)
			s.metrics.request(route, r.Method, rec.status, time.Since(started))
			// The route, not the address asked for: that may name a conversation.
			s.log.Info("request", "request", id, "method", r.Method, "route", route,
				"status", rec.status, "bytes", rec.bytes, "ms", time.Since(started).Milliseconds())
		}()

		if !s.exempt(r) {
			if ok, retry := s.requests.allow(s.addresses.of(r)); !ok {
				err := chat.ProblemRateLimited.Err(requestLang(r), nil)
				err.RetryAfter = max(err.RetryAfter, retry)
				if s.pages != nil && !forPrograms(r.URL.Path) {
					s.pages.Problem(rec, r, err)
					return
				}
				s.fail(rec, r, err)
				return
			}
		}
		next.ServeHTTP(rec, r)
	})
}

// forPrograms reports whether an address is for programs, which want no pages.
func forPrograms(path string) bool {
	return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, openAIPrefix) || path == "/ws" || path == "/mcp"
}

// exempt: whoever watches over the service must not be limited with the visitors.
func (s *Server) exempt(r *http.Request) bool {
	switch r.URL.Path {
	case "/healthz", "/readyz":
		return true
	case "/metrics":
		return s.mayWatch(r)
	}
	return false
}

// routeOf is the pattern that served the request, so that neither log nor metrics
// hold what a visitor asked for.
func routeOf(r *http.Request) string {
	_, pattern, found := strings.Cut(r.Pattern, " ")
	switch {
	case found:
		return pattern
	case r.Pattern != "":
		return r.Pattern
	}
	return "none"
}

// site limits what forms post: questions as questions, all else by itself, so that
// feedback takes nothing from the questions of a visitor.
func (s *Server) site(cfg Config) http.Handler {
	site := cfg.Pages
	mux := http.NewServeMux()
	site.Register(mux)
	if cfg.Office != nil {
		cfg.Office.Register(mux)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			allowed := s.mayAsk
			if !strings.HasSuffix(r.URL.Path, "/vraag") {
				allowed = s.mayPost
			}
			if err := allowed(r, requestLang(r)); err != nil {
				site.Problem(w, r, err)
				return
			}
			// The form must come within the usual time; then the page waits for the
			// answer.
			r.Body = &thenAllow{ReadCloser: r.Body, allow: func() { allowAnswer(w) }}
		}
		mux.ServeHTTP(w, r)
	})
}

// thenAllow calls allow once when a body was read to its end.
type thenAllow struct {
	io.ReadCloser
	allow func()
}

func (b *thenAllow) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && b.allow != nil {
		b.allow()
		b.allow = nil
	}
	return n, err
}

// mayAsk takes a question from the budget of the client's address.
func (s *Server) mayAsk(r *http.Request, lang string) error {
	return s.may(s.asks, r, lang)
}

// mayPost takes a form that is no question from the budget of the client's address.
func (s *Server) mayPost(r *http.Request, lang string) error {
	return s.may(s.posts, r, lang)
}

func (s *Server) may(budget *limiter, r *http.Request, lang string) error {
	ok, retry := budget.allow(s.addresses.of(r))
	if ok {
		return nil
	}
	err := chat.ProblemRateLimited.Err(lang, nil)
	err.RetryAfter = max(time.Second, retry)
	return err
}

// requestLang is the language for messages when the request itself does not say:
// English when the client prefers it to Dutch, otherwise Dutch.
func requestLang(r *http.Request) string {
	for part := range strings.SplitSeq(strings.ToLower(r.Header.Get("Accept-Language")), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		tag, _, _ = strings.Cut(tag, "-")
		if tag == "nl" || tag == "en" {
			return tag
		}
	}
	return "nl"
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) wrote() bool { return w.status != 0 }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 || status == http.StatusSwitchingProtocols {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap serves http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack serves websockets.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.status = http.StatusSwitchingProtocols
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// discardAddresses keeps the log lines of net/http, which name the client's
// address, out of the log, but for the fact that there was one.
type discardAddresses struct{ slog.Handler }

func (h discardAddresses) Handle(ctx context.Context, r slog.Record) error {
	kind, _, _ := strings.Cut(r.Message, " from ")
	kind, _, _ = strings.Cut(kind, ":")
	if strings.ContainsAny(kind, "0123456789") {
		kind = "http error"
	}
	clean := slog.NewRecord(r.Time, r.Level, kind, r.PC)
	return h.Handler.Handle(ctx, clean)
}
