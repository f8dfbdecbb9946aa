package chat

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// memory is a Store in memory for tests of time and failure; the rules of the real
// one are tested with it in internal/postgres.
type memory struct {
	mu        sync.Mutex
	turns     map[string]*memoryTurn
	order     []string
	listeners map[int]func(Signal)
	next      int
	fail      map[string]error // by method, until removed
	calls     map[string]int
}

type memoryTurn struct {
	NewTurn
	events []Event
	ended  bool
	status corpus.Status
	answer *corpus.Answer
	stop   bool
	lease  time.Time
	used   time.Time
}

func newMemory() *memory {
	return &memory{turns: map[string]*memoryTurn{}, listeners: map[int]func(Signal){}, fail: map[string]error{}, calls: map[string]int{}}
}

// begin counts a call and returns how it should fail.
func (m *memory) begin(method string) error {
	m.mu.Lock()
	m.calls[method]++
	return m.fail[method]
}

func (m *memory) setFailing(method string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail[method] = err
}

func (m *memory) Accept(_ context.Context, t NewTurn, accepted Event) error {
	err := m.begin("Accept")
	defer m.mu.Unlock()
	if err != nil {
		return err
	}
	if !t.NewConversation && !slices.ContainsFunc(m.order, func(id string) bool { return m.turns[id].Conversation == t.Conversation }) {
		return ErrNotFound
	}
	if m.turns[t.ID] != nil {
		return ErrExists
	}
	m.turns[t.ID] = &memoryTurn{NewTurn: t, events: []Event{accepted}, lease: time.Now().Add(t.Lease), used: time.Now()}
	m.order = append(m.order, t.ID)
	return nil
}

func (m *memory) add(turn string, events []Event) error {
	t := m.turns[turn]
	if t == nil || t.ended {
		return ErrEnded
	}
	for _, e := range events {
		if !slices.ContainsFunc(t.events, func(old Event) bool { return old.Seq == e.Seq }) {
			t.events = append(t.events, e)
		}
	}
	slices.SortFunc(t.events, func(a, b Event) int { return a.Seq - b.Seq })
	return nil
}

func (m *memory) Append(_ context.Context, turn string, events []Event) error {
	err := m.begin("Append")
	defer m.mu.Unlock()
	if err != nil {
		return err
	}
	if t := m.turns[turn]; t != nil && t.events[len(t.events)-1].Seq < events[0].Seq-1 {
		return ErrMissing
	}
	return m.add(turn, events)
}

func (m *memory) Finish(_ context.Context, turn string, e Ending) error {
	err := m.begin("Finish")
	defer m.mu.Unlock()
	if err == nil {
		err = m.add(turn, e.Events)
	}
	if err != nil {
		return err
	}
	t := m.turns[turn]
	t.ended, t.status, t.answer = true, e.Status, e.Answer
	return nil
}

func (m *memory) Events(_ context.Context, turn string, after, limit int) ([]Event, bool, error) {
	err := m.begin("Events")
	defer m.mu.Unlock()
	if err != nil {
		return nil, false, err
	}
	t := m.turns[turn]
	if t == nil {
		return nil, false, ErrNotFound
	}
	var events []Event
	for _, e := range t.events {
		if e.Seq > after && len(events) < limit {
			events = append(events, e)
		}
	}
	return events, t.ended, nil
}

func (m *memory) RequestStop(_ context.Context, turn string) error {
	err := m.begin("RequestStop")
	defer m.mu.Unlock()
	if err != nil {
		return err
	}
	if m.turns[turn] == nil {
		return ErrNotFound
	}
	m.turns[turn].stop = true
	return nil
}

func (m *memory) Renew(_ context.Context, turns []string, lease time.Duration) ([]Lease, error) {
	err := m.begin("Renew")
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var leases []Lease
	for _, id := range turns {
		if t := m.turns[id]; t != nil && !t.ended {
			t.lease = time.Now().Add(lease)
			leases = append(leases, Lease{id, t.stop})
		}
	}
	return leases, nil
}

func (m *memory) EndExpired(_ context.Context, limit int, payload map[string]json.RawMessage) ([]Signal, error) {
	err := m.begin("EndExpired")
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var signals []Signal
	for _, t := range m.turns {
		if !t.ended && t.lease.Before(time.Now()) && len(signals) < limit {
			e := Event{Turn: t.ID, Seq: len(t.events) + 1, Type: EventError, Payload: payload[t.Lang]}
			t.events, t.ended, t.status = append(t.events, e), true, corpus.Error
			signals = append(signals, Signal{SignalEvent, t.ID, e.Seq})
		}
	}
	return signals, nil
}

func (m *memory) Turns(_ context.Context, conversation string, limit int) ([]Turn, error) {
	err := m.begin("Turns")
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var turns []Turn
	for _, id := range m.order {
		if t := m.turns[id]; t != nil && t.Conversation == conversation {
			turns = append(turns, Turn{ID: id, Question: t.Question, Lang: t.Lang, Status: t.status, Answer: t.answer})
		}
	}
	if len(turns) == 0 {
		return nil, ErrNotFound
	}
	return turns[max(0, len(turns)-limit):], nil
}

func (m *memory) DeleteConversation(_ context.Context, id string) ([]string, error) {
	err := m.begin("DeleteConversation")
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var running []string
	found := false
	for turn, t := range m.turns {
		if t.Conversation == id {
			found = true
			if !t.ended {
				running = append(running, turn)
			}
			m.drop(turn)
		}
	}
	if !found {
		return nil, ErrNotFound
	}
	return running, nil
}

func (m *memory) drop(turn string) {
	delete(m.turns, turn)
	m.order = slices.DeleteFunc(m.order, func(id string) bool { return id == turn })
}

func (m *memory) DeleteOlder(_ context.Context, age time.Duration, limit int) (int, error) {
	err := m.begin("DeleteOlder")
	defer m.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n := 0
	for id, t := range m.turns {
		if t.ended && time.Since(t.used) > age && n < limit {
			m.drop(id)
			n++
		}
	}
	return n, nil
}

func (m *memory) Notify(_ context.Context, signals []Signal) error {
	err := m.begin("Notify")
	listeners := make([]func(Signal), 0, len(m.listeners))
	for _, l := range m.listeners {
		listeners = append(listeners, l)
	}
	m.mu.Unlock()
	if err != nil {
		return err
	}
	for _, l := range listeners {
		for _, s := range signals {
			l(s)
		}
	}
	return nil
}

func (m *memory) Listen(ctx context.Context, ready func(), handle func(Signal)) error {
	err := m.begin("Listen")
	m.next++
	id := m.next
	if err == nil {
		m.listeners[id] = handle
	}
	m.mu.Unlock()
	if err != nil {
		return err
	}
	ready()
	<-ctx.Done()
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.listeners, id)
	return ctx.Err()
}

var errBroken = errors.New("connection refused")
