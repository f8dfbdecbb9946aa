package chat

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"sync"
	"time"
)

func stack() []byte { return debug.Stack() }

// keep starts what keeps turns alive and ends the dead ones.
func (s *Service) keep(ctx context.Context) {
	s.every(ctx, s.cfg.Lease/3, s.renew)
	s.every(ctx, s.cfg.Lease/3, s.reap)
	if s.cfg.Retention > 0 {
		s.every(ctx, retentionEvery, s.expire)
	}
	s.background.Go(func() { s.listen(ctx) })
	s.background.Go(func() { s.send(ctx) })
}

// every runs f now and then at each interval, never twice at once.
func (s *Service) every(ctx context.Context, interval time.Duration, f func(context.Context)) {
	s.background.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			f(ctx)
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
	})
}

// renew extends the leases of the turns that run here and hears which of them
// should stop or are gone.
func (s *Service) renew(ctx context.Context) {
	s.mu.Lock()
	running := make(map[string]*run, len(s.active))
	ids := make([]string, 0, len(s.active))
	for id, r := range s.active {
		running[id] = r
		ids = append(ids, id)
	}
	s.mu.Unlock()
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	leases, err := s.cfg.Store.Renew(ctx, ids, s.cfg.Lease)
	if err != nil {
		if ctx.Err() == nil {
			s.log.Warn("renewing leases failed", "turns", len(ids), "err", err)
		}
		return
	}
	for _, l := range leases {
		if l.Stop {
			running[l.Turn].cancel(errStopped)
		}
		delete(running, l.Turn)
	}
	for _, r := range running {
		r.cancel(errGone) // has no effect on one that just ended here
	}
}

// reap ends turns whose server stopped renewing their lease.
func (s *Service) reap(ctx context.Context) {
	payload := make(map[string]json.RawMessage, 2)
	for _, lang := range []string{"nl", "en"} {
		b, err := json.Marshal(FailureOf(ProblemLost.Err(lang, nil), lang))
		if err != nil {
			s.log.Error("encoding an error failed", "err", err)
			return
		}
		payload[lang] = b
	}
	for ctx.Err() == nil {
		ended, err := s.endExpired(ctx, payload)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Warn("ending lost turns failed", "err", err)
			}
			return
		}
		for _, signal := range ended {
			s.log.Warn("ended a turn whose server was lost", "turn", signal.Turn)
			s.hub.wake(signal.Turn, signal.Seq)
			s.out.put(signal)
		}
		if len(ended) < expiredBatch {
			return
		}
	}
}

func (s *Service) endExpired(ctx context.Context, payload map[string]json.RawMessage) ([]Signal, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return s.cfg.Store.EndExpired(ctx, expiredBatch, payload)
}

// expire deletes conversations that were kept long enough.
func (s *Service) expire(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := s.deleteOlder(ctx)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Warn("deleting old conversations failed", "err", err)
			}
			return
		}
		if n > 0 {
			s.log.Info("deleted old conversations", "conversations", n)
		}
		if n < deleteBatch {
			return
		}
	}
}

func (s *Service) deleteOlder(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return s.cfg.Store.DeleteOlder(ctx, s.cfg.Retention, deleteBatch)
}

// listen hears what other servers tell, and connects again when the connection
// breaks.
func (s *Service) listen(ctx context.Context) {
	for wait := 100 * time.Millisecond; ctx.Err() == nil; wait = min(2*wait, 5*time.Second) {
		err := s.cfg.Store.Listen(ctx, func() {
			wait = 50 * time.Millisecond
			s.hub.wakeAll() // signals sent before now were missed
		}, s.hear)
		if ctx.Err() != nil {
			return
		}
		s.log.Warn("listening for signals failed", "err", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

func (s *Service) hear(signal Signal) {
	switch signal.Kind {
	case SignalStop:
		s.interrupt(signal.Turn, errStopped)
	case SignalEvent:
		s.mu.Lock()
		_, own := s.active[signal.Turn]
		s.mu.Unlock()
		if !own { // own events reached the followers before the signal was sent
			s.hub.wake(signal.Turn, signal.Seq)
		}
	}
}

// send passes signals on, many at once when they come fast.
func (s *Service) send(ctx context.Context) {
	for {
		signals, ok := s.out.take(ctx)
		if !ok {
			return
		}
		sending, cancel := context.WithTimeout(ctx, storeTimeout)
		err := s.cfg.Store.Notify(sending, signals)
		cancel()
		if err != nil && ctx.Err() == nil {
			s.log.Warn("sending signals failed", "signals", len(signals), "err", err)
		}
	}
}

// outbox holds signals to send: per turn at most one of each kind, so it is
// bounded by the turns that run.
type outbox struct {
	mu      sync.Mutex
	pending map[outboxKey]int
	wake    chan struct{}
}

type outboxKey struct {
	kind SignalKind
	turn string
}

func newOutbox() *outbox {
	return &outbox{pending: make(map[outboxKey]int), wake: make(chan struct{}, 1)}
}

func (o *outbox) put(signal Signal) {
	o.mu.Lock()
	key := outboxKey{signal.Kind, signal.Turn}
	o.pending[key] = max(o.pending[key], signal.Seq)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// take waits for signals and removes them; false when ctx ended.
func (o *outbox) take(ctx context.Context) ([]Signal, bool) {
	select {
	case <-o.wake:
	case <-ctx.Done():
		return nil, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	signals := make([]Signal, 0, len(o.pending))
	for key, seq := range o.pending {
		signals = append(signals, Signal{Kind: key.kind, Turn: key.turn, Seq: seq})
	}
	clear(o.pending)
	return signals, true
}
