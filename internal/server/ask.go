package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/chat"
)

const (
	answerTimeout = 4 * time.Minute  // queue and turn have limits below it
	heartbeat     = 15 * time.Second // between comments on a silent event stream
)

// ask is POST /api/ask: the Answer as JSON, or the events of its turn as
// server-sent events. The turn goes on when the client leaves.
func (s *Server) ask(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r, chat.MaxMessage)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	ask, err := chat.ParseQuestion(body)
	if err == nil {
		err = s.mayAsk(r, ask.Lang)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	stream, err := s.chat.Ask(r.Context(), ask)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer stream.Close()
	if wantsEvents(r) {
		s.serveEvents(w, r, stream)
		return
	}
	s.serveAnswer(w, r, stream)
}

// readBody reads a body of at most limit bytes. An error is a *corpus.UserError.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		return body, nil
	}
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return nil, chat.ProblemBodyTooLarge.Err(requestLang(r), err)
	}
	return nil, chat.ProblemJSON.Err(requestLang(r), err)
}

// allowAnswer moves the deadlines of a request past the time an answer may take.
// The one for reading too: net/http takes its passing for a client that left.
func allowAnswer(w http.ResponseWriter) {
	control := http.NewResponseController(w)
	deadline := time.Now().Add(answerTimeout + time.Minute)
	// Only a test's recorder has no deadlines.
	_ = control.SetReadDeadline(deadline)
	_ = control.SetWriteDeadline(deadline)
}

func (s *Server) serveAnswer(w http.ResponseWriter, r *http.Request, stream *chat.Stream) {
	allowAnswer(w)
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	for {
		e, err := stream.Next(ctx)
		if err != nil {
			if r.Context().Err() == nil {
				s.fail(w, r, err)
			}
			return
		}
		switch e.Type {
		case chat.EventDone:
			writeJSON(w, http.StatusOK, e.Payload)
			return
		case chat.EventError:
			var f chat.Failure
			if err := json.Unmarshal(e.Payload, &f); err != nil {
				s.fail(w, r, err)
				return
			}
			writeFailure(w, statusOf[f.Code], f)
			return
		}
	}
}

// turnEvents is GET /api/turns/{turn}/events: resume as server-sent events, after
// the query parameter after or the header Last-Event-ID.
func (s *Server) turnEvents(w http.ResponseWriter, r *http.Request) {
	lang := requestLang(r)
	after := 0
	if text := firstOf(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			s.fail(w, r, chat.ProblemAfter.Err(lang, err))
			return
		}
		after = n
	}
	stream, err := s.chat.Resume(r.Context(), r.PathValue("turn"), after, lang)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer stream.Close()
	s.serveEvents(w, r, stream)
}

// serveEvents writes the events of a turn as server-sent events, with seq as id,
// type as event and the whole message as data.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request, stream *chat.Stream) {
	control := http.NewResponseController(w)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies of the nginx kind hold events back otherwise
	_ = control.SetReadDeadline(time.Time{})
	write := func(b []byte) bool {
		if control.SetWriteDeadline(time.Now().Add(s.limits.WriteTimeout)) != nil {
			return false
		}
		if _, err := w.Write(b); err != nil { //nolint:gosec // an event stream is not HTML, and nosniff keeps it so
			return false
		}
		return control.Flush() == nil
	}
	var buffer []byte
	for {
		ctx, cancel := context.WithTimeout(r.Context(), heartbeat)
		e, err := stream.Next(ctx)
		silent := ctx.Err() != nil
		cancel()
		switch {
		case err == nil:
			buffer = append(buffer[:0], "id: "...)
			buffer = strconv.AppendInt(buffer, int64(e.Seq), 10)
			buffer = append(buffer, "\nevent: "...)
			buffer = append(buffer, e.Type...)
			buffer = append(buffer, "\ndata: "...)
			buffer = e.AppendJSON(buffer)
			buffer = append(buffer, "\n\n"...)
			if !write(buffer) {
				return
			}
		case errors.Is(err, io.EOF):
			return
		case r.Context().Err() != nil:
			return
		case silent:
			if !write([]byte(":\n\n")) {
				return
			}
		default:
			// The status is sent; ending the stream makes the client resume.
			s.failure(r.Context(), err, requestLang(r))
			return
		}
	}
}

// deleteConversation is DELETE /api/conversations/{conversation}.
func (s *Server) deleteConversation(w http.ResponseWriter, r *http.Request) {
	if err := s.chat.DeleteConversation(r.Context(), r.PathValue("conversation"), requestLang(r)); err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func wantsEvents(r *http.Request) bool {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		if kind, _, err := mime.ParseMediaType(part); err == nil && kind == "text/event-stream" {
			return true
		}
	}
	return false
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
