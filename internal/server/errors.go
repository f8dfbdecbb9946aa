package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// statusOf is the HTTP status of every code.
var statusOf = map[corpus.Code]int{
	corpus.CodeBadMessage:  http.StatusBadRequest,
	corpus.CodeTooLong:     http.StatusRequestEntityTooLarge,
	corpus.CodeRateLimited: http.StatusTooManyRequests,
	corpus.CodeBusy:        http.StatusServiceUnavailable,
	corpus.CodeNotFound:    http.StatusNotFound,
	corpus.CodeInternal:    http.StatusInternalServerError,
}

// statusError is an error with a status other than that of its code.
type statusError struct {
	status int
	error
}

func (e statusError) Unwrap() error { return e.error }

// failure is what err says to a client and with which HTTP status. It is the one
// place where errors become answers; what is our fault goes to the log.
func (s *Server) failure(ctx context.Context, err error, lang string) (int, chat.Failure) {
	f := chat.FailureOf(err, lang)
	status, ok := statusOf[f.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	var with statusError
	if errors.As(err, &with) {
		status = with.status
	}
	if f.Code == corpus.CodeInternal && ctx.Err() == nil {
		cause := err
		var user *corpus.UserError
		if errors.As(err, &user) && user.Err != nil {
			cause = user.Err
		}
		s.log.Error("a request failed", "request", requestID(ctx), "err", cause)
	}
	return status, f
}

// fail answers a request with an error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, f := s.failure(r.Context(), err, requestLang(r))
	if strings.HasPrefix(r.URL.Path, openAIPrefix) {
		writeOpenAIFailure(w, status, f)
		return
	}
	writeFailure(w, status, f)
}

func writeFailure(w http.ResponseWriter, status int, f chat.Failure) {
	retryAfter(w, f)
	writeJSON(w, status, f)
}

func retryAfter(w http.ResponseWriter, f chat.Failure) {
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // a client that is gone needs no answer
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, chat.ProblemRoute.Err(requestLang(r), nil))
}

func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, statusError{http.StatusMethodNotAllowed, chat.ProblemMethod.Err(requestLang(r), nil)})
}
