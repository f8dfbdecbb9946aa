package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"
)

const (
	streamBuffer = 64  // events a follower may lag before it reads from the database
	readLimit    = 100 // events per read
	endOfTurn    = math.MaxInt
)

// Stream follows one turn. Events come from memory as long as the reader keeps up
// and the turn runs on this server, and from the database otherwise; since every
// event is stored before it is offered, none is lost, doubled or out of order.
// Next is for one goroutine; Close is for any.
type Stream struct {
	s    *Service
	turn string
	lang string

	// Only for the goroutine that calls Next:
	cursor  int     // seq of the last event returned
	fetched []Event // read from the database, not yet returned
	ended   bool

	mu     sync.Mutex // guards the rest
	live   []Event    // offered by this server, without a gap
	behind bool       // the database has more than live

	wake   chan struct{} // something changed
	closed chan struct{}
	once   sync.Once
}

func newStream(s *Service, turn, lang string, after int) *Stream {
	return &Stream{
		s: s, turn: turn, lang: lang, cursor: after,
		wake: make(chan struct{}, 1), closed: make(chan struct{}),
	}
}

// Turn is the id of the turn.
func (st *Stream) Turn() string { return st.turn }

// Close stops following; the turn goes on.
func (st *Stream) Close() {
	st.once.Do(func() {
		st.s.hub.remove(st)
		close(st.closed)
	})
}

// Next waits for the next event. After the event that ends the turn it returns
// io.EOF. When ctx ends it returns its error, and may be called again.
func (st *Stream) Next(ctx context.Context) (Event, error) {
	poll := time.NewTimer(st.s.cfg.Poll)
	defer poll.Stop()
	for {
		if st.ended {
			return Event{}, io.EOF
		}
		if e, ok := st.take(); ok {
			st.cursor = e.Seq
			st.ended = e.Ends()
			return e, nil
		}
		st.mu.Lock()
		behind := st.behind
		st.mu.Unlock()
		if !behind {
			select {
			case <-st.wake:
				continue
			case <-poll.C:
				poll.Reset(st.s.cfg.Poll)
			case <-st.closed:
				return Event{}, io.EOF
			case <-ctx.Done():
				return Event{}, ctx.Err()
			}
		}
		if err := st.read(ctx); err != nil {
			return Event{}, err
		}
	}
}

// take returns the next event that is at hand.
func (st *Stream) take() (Event, bool) {
	if len(st.fetched) > 0 {
		e := st.fetched[0]
		st.fetched = st.fetched[1:]
		return e, true
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for len(st.live) > 0 && st.live[0].Seq <= st.cursor {
		st.live = st.live[1:]
	}
	if len(st.live) == 0 {
		return Event{}, false
	}
	if st.live[0].Seq == st.cursor+1 {
		e := st.live[0]
		st.live = st.live[1:]
		return e, true
	}
	// A gap: what is in between is in the database, and so are these.
	st.live, st.behind = nil, true
	return Event{}, false
}

// read fetches what the database has after the cursor.
func (st *Stream) read(ctx context.Context) error {
	// Cleared before reading, so that news that comes meanwhile is not lost.
	st.mu.Lock()
	st.behind = false
	st.mu.Unlock()

	reading, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	events, ended, err := st.s.cfg.Store.Events(reading, st.turn, st.cursor, readLimit)
	switch {
	case errors.Is(err, ErrNotFound):
		return ProblemTurnGone.Err(st.lang, nil)
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return ProblemInternal.Err(st.lang, fmt.Errorf("reading events: %w", err))
	}
	st.fetched = events
	if len(events) == readLimit {
		st.mu.Lock()
		st.behind = true
		st.mu.Unlock()
	}
	// An ended turn without an event left: the reader has seen its end before.
	st.ended = ended && len(events) == 0
	return nil
}

// offer adds events that were just stored.
func (st *Stream) offer(events []Event) {
	st.mu.Lock()
	for _, e := range events {
		if n := len(st.live); n == streamBuffer || (n > 0 && st.live[n-1].Seq+1 != e.Seq) {
			st.live, st.behind = nil, true
			break
		}
		if !st.behind {
			st.live = append(st.live, e)
		}
	}
	st.mu.Unlock()
	st.signal()
}

// lag tells that the database has events up to seq.
func (st *Stream) lag(seq int) {
	st.mu.Lock()
	if n := len(st.live); n == 0 || st.live[n-1].Seq < seq {
		st.behind = true
	}
	st.mu.Unlock()
	st.signal()
}

func (st *Stream) signal() {
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

// hub knows the streams of this server by turn.
type hub struct {
	mu      sync.Mutex
	streams map[string]map[*Stream]struct{}
	count   int
}

func newHub() *hub { return &hub{streams: make(map[string]map[*Stream]struct{})} }

func (h *hub) add(st *Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[st.turn] == nil {
		h.streams[st.turn] = make(map[*Stream]struct{})
	}
	h.streams[st.turn][st] = struct{}{}
	h.count++
}

func (h *hub) remove(st *Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.streams[st.turn][st]; !ok {
		return
	}
	delete(h.streams[st.turn], st)
	if len(h.streams[st.turn]) == 0 {
		delete(h.streams, st.turn)
	}
	h.count--
}

func (h *hub) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count
}

func (h *hub) publish(events []Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for st := range h.streams[events[0].Turn] {
		st.offer(events)
	}
}

// wake makes the followers of a turn look in the database for events up to seq.
func (h *hub) wake(turn string, seq int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for st := range h.streams[turn] {
		st.lag(seq)
	}
}

// wakeAll is for when signals may have been missed.
func (h *hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, streams := range h.streams {
		for st := range streams {
			st.lag(endOfTurn)
		}
	}
}
