package server

import (
	"bytes"
	"io"
	"net/http"
	"net/url"

	"github.com/ser-nl/vraagbaak/internal/chat"
)

// maxMCP bounds one message of an MCP client, in bytes.
const maxMCP = 256 << 10

// mcp lets messages of MCP clients through as /api/ask lets questions: websites that
// may not use the API may not use this either (the protection around all routes), a
// message is bounded, and counts as a question of its address.
func (s *Server) mcp(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lang := requestLang(r)
		// Clients say where they come from on reading requests too, which the protection
		// around all routes does not look at: a website may not read along either.
		if origin := r.Header.Get("Origin"); origin != "" && !s.origins[origin] && !sameHost(origin, r) {
			s.fail(w, r, statusError{http.StatusForbidden, chat.ProblemOrigin.Err(lang, nil)})
			return
		}
		if r.Method == http.MethodPost {
			if err := s.mayAsk(r, lang); err != nil {
				s.fail(w, r, err)
				return
			}
			body, err := readBody(w, r, maxMCP)
			if err != nil {
				s.fail(w, r, err)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			allowAnswer(w)
		}
		next.ServeHTTP(w, r)
	})
}

// sameHost reports whether a website is this one.
func sameHost(origin string, r *http.Request) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}
