package server

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Check is a condition for being ready. Run returns why it is not met; the words
// are shown to whoever asks, so they hold no secrets.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
}

const checkTimeout = 3 * time.Second

// health says that the process lives, and nothing more: a database that is away is
// no reason to kill it.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

type readiness struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"` // "ok" or why not
}

// ready says whether questions can be answered.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	result := readiness{Ready: true, Checks: make(map[string]string, len(s.checks))}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, c := range s.checks {
		wg.Go(func() {
			err := c.Run(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				result.Checks[c.Name] = "ok"
				return
			}
			result.Ready = false
			result.Checks[c.Name] = err.Error()
		})
	}
	wg.Wait()
	if s.sockets.refusing() {
		result.Ready = false
		result.Checks["serving"] = "shutting down"
	}
	status := http.StatusOK
	if !result.Ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, result)
}
