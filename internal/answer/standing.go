package answer

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

const (
	standingKept = time.Minute     // catalogues change seldom
	standingTime = 2 * time.Second // a turn does not wait longer for it
)

// standing keeps how the corpus stands in time, and asks again when the corpus
// changed or some time went by.
type standing struct {
	catalogue Catalogue
	log       *slog.Logger
	clock     func() time.Time

	mu    sync.Mutex
	kept  corpus.Standing
	state string // of the corpus that was asked after
	until time.Time
}

// of is the standing of a state of the corpus. When the catalogue fails, it is the
// last one known: an answer without a reference date is better than none.
func (s *standing) of(ctx context.Context, state string) corpus.Standing {
	if s.catalogue == nil {
		return corpus.Standing{}
	}
	s.mu.Lock()
	kept, fresh := s.kept, s.state == state && s.clock().Before(s.until)
	if !fresh {
		// The others go on with what is known while one asks.
		s.state, s.until = state, s.clock().Add(standingKept)
	}
	s.mu.Unlock()
	if fresh {
		return kept
	}
	ctx, cancel := context.WithTimeout(ctx, standingTime)
	defer cancel()
	now, err := s.catalogue.Standing(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "the catalogue did not say how the corpus stands", "error", err)
		s.mu.Lock()
		s.until = time.Time{} // ask again at the next turn
		s.mu.Unlock()
		return kept
	}
	s.mu.Lock()
	s.kept = now
	s.mu.Unlock()
	return now
}
