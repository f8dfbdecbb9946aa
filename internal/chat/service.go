package chat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Config is what a Service needs. Store and Answerer are required; the other
// fields have working defaults.
type Config struct {
	Store    Store
	Answerer Answerer
	Logger   *slog.Logger // default: discards
	Observer Observer     // default: none
	// Workers is how many turns are answered at once. Default two per processor, at
	// least four: more of them only make each other's first sentence late. An
	// answerer that waits for a model elsewhere wants as many as that model takes.
	Workers int
	// Queue is how many accepted turns may wait for a worker; beyond it a question
	// is refused as busy. Default 512.
	Queue int
	// QueueTimeout ends a turn that waited this long for a worker. Default 1 minute.
	QueueTimeout time.Duration
	// TurnTimeout ends a turn that a worker has had for this long. Default 2 minutes.
	TurnTimeout time.Duration
	// Lease is how long a turn outlives the server that works on it; renewed every
	// third of it. Default 15 seconds.
	Lease time.Duration
	// Poll is how often a follower of a turn looks in the database when it hears
	// nothing: signals may be lost. Default 5 seconds.
	Poll time.Duration
	// Retention is how long a conversation is kept after its last turn; negative
	// keeps it for ever. Default 30 days.
	Retention time.Duration
	// History is how many earlier turns a follow-up question sees. Default 3.
	History int
	// Closed tells in a language why no questions are taken at the moment, and "" when
	// they are. Turns that run go on. Default: questions are always taken.
	Closed func(lang string) string
}

const (
	storeTimeout   = 5 * time.Second // one call of the store
	stopGrace      = 2 * time.Second // for an answerer to notice that it should stop
	retentionEvery = time.Hour
	deleteBatch    = 500 // conversations per transaction of the retention job
	expiredBatch   = 100 // turns per transaction of the reaper
	writeBatch     = 64  // events per transaction of one turn
)

// Service runs turns. It is safe for concurrent use.
type Service struct {
	cfg Config
	log *slog.Logger

	admission chan struct{} // one per accepted and unfinished turn
	slots     chan struct{} // one per turn that a worker has
	waiting   atomic.Int64

	hub *hub
	out *outbox

	mu     sync.Mutex // guards the three below
	active map[string]*run
	closed bool // no new turns
	cutoff bool // turns end now

	turns      sync.WaitGroup // accepted turns
	background sync.WaitGroup // what keep started
	stop       context.CancelFunc
}

// New returns a Service and starts what keeps turns alive; Close stops it.
func New(cfg Config) *Service {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	orDefault(&cfg.Workers, max(4, 2*runtime.GOMAXPROCS(0)))
	orDefault(&cfg.Queue, 512)
	orDefault(&cfg.QueueTimeout, time.Minute)
	orDefault(&cfg.TurnTimeout, 2*time.Minute)
	orDefault(&cfg.Lease, 15*time.Second)
	orDefault(&cfg.Poll, 5*time.Second)
	orDefault(&cfg.Retention, 30*24*time.Hour)
	orDefault(&cfg.History, 3)
	ctx, stop := context.WithCancel(context.Background())
	s := &Service{
		cfg:       cfg,
		log:       cfg.Logger,
		admission: make(chan struct{}, cfg.Workers+cfg.Queue),
		slots:     make(chan struct{}, cfg.Workers),
		hub:       newHub(),
		out:       newOutbox(),
		active:    make(map[string]*run),
		stop:      stop,
	}
	s.keep(ctx)
	return s
}

func orDefault[T int | time.Duration](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

// Close refuses new questions, lets running turns finish until ctx ends, ends the
// rest with an error that asks to try again, and stops everything it started.
func (s *Service) Close(ctx context.Context) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()

	finished := make(chan struct{})
	go func() {
		s.turns.Wait()
		close(finished)
	}()
	select {
	case <-finished:
	case <-ctx.Done():
		s.mu.Lock()
		s.cutoff = true
		for _, r := range s.active {
			r.cancel(errShutdown)
		}
		s.mu.Unlock()
		<-finished
	}
	s.stop()
	s.background.Wait()
}

// Stats is how busy a Service is.
type Stats struct {
	Running   int // turns a worker has
	Waiting   int // accepted turns that wait for one
	Followers int // streams that are open
}

// Stats counts turns and followers of this server.
func (s *Service) Stats() Stats {
	return Stats{Running: len(s.slots), Waiting: int(s.waiting.Load()), Followers: s.hub.len()}
}

// Ask accepts a question and returns the stream of its events from the first. The
// turn goes on when the stream is closed. What is wrong with a question, or the
// moment, is a *corpus.UserError in the language of the question.
func (s *Service) Ask(ctx context.Context, a Ask) (*Stream, error) {
	since := time.Now()
	question, masked, lang, err := prepare(a)
	if err != nil {
		return nil, err
	}
	if why := s.Closed(lang); why != "" {
		return nil, &corpus.UserError{Code: corpus.CodeBusy, Message: why}
	}
	conversation := a.Conversation
	if conversation == "" {
		// Random throughout: whoever knows it may read and delete the conversation.
		conversation = uuid.NewString()
	} else if conversation, err = parseID(conversation); err != nil {
		return nil, ProblemConversationForm.Err(lang, nil)
	}
	id, again, err := turnID(a, question, lang)
	if err != nil {
		return nil, ProblemInternal.Err(lang, fmt.Errorf("making a turn id: %w", err))
	}

	if !s.admit() {
		if again { // it may be running since it was first asked
			if stream, err := s.Resume(ctx, id, 0, lang); err == nil {
				return stream, nil
			}
		}
		return nil, ProblemBusy.Err(lang, nil)
	}
	turn := NewTurn{
		ID:              id,
		Conversation:    conversation,
		NewConversation: a.Conversation == "",
		Question:        question,
		Lang:            lang,
		Filter:          a.Filter,
		Lease:           s.cfg.Lease,
	}
	accepted := Accepted{ID: a.ClientID, Conversation: conversation, Question: question, Lang: lang, Masked: masked}
	if len(masked) > 0 {
		accepted.Notice = MaskNotice(lang)
	}
	first, err := newEvent(turn.ID, 1, EventAccepted, accepted)
	if err == nil {
		storing, cancel := context.WithTimeout(ctx, storeTimeout)
		err = s.cfg.Store.Accept(storing, turn, first)
		cancel()
	}
	if err != nil {
		s.dismiss()
		switch {
		case errors.Is(err, ErrExists):
			return s.Resume(ctx, id, 0, lang)
		case errors.Is(err, ErrNotFound):
			return nil, ProblemConversationGone.Err(lang, nil)
		}
		return nil, ProblemInternal.Err(lang, fmt.Errorf("accepting a turn: %w", err))
	}

	r := newRun(s, turn, masked, since, first)
	if turn.NewConversation {
		r.earlier = earlier(a.History, s.cfg.History)
	}
	stream := newStream(s, turn.ID, lang, 0)
	stream.offer([]Event{first})
	s.hub.add(stream)
	s.mu.Lock()
	s.active[turn.ID] = r
	if s.cutoff {
		r.cancel(errShutdown)
	}
	s.mu.Unlock()
	go r.do()
	return stream, nil
}

// Closed tells in lang why no questions are taken at the moment; "" when they are.
func (s *Service) Closed(lang string) string {
	if s.cfg.Closed == nil {
		return ""
	}
	return s.cfg.Closed(lang)
}

// turnID names the turn of a question. A client that gives a UUID names it itself:
// the id is then a digest of that and the question, so that the same question under
// the same name is the same turn on every server (again is true), another question is
// another turn, and nobody comes to a turn without the client's UUID.
func turnID(a Ask, question, lang string) (id string, again bool, err error) {
	name, err := parseID(a.ClientID)
	if err != nil {
		id, err := uuid.NewV7()
		return id.String(), false, err
	}
	parts, err := json.Marshal([]any{name, a.Conversation, question, lang, a.Filter})
	if err != nil {
		return "", false, err
	}
	// Version 8: of our own making (RFC 9562).
	return uuid.NewHash(sha256.New(), uuid.Nil, parts, 8).String(), true, nil
}

// Answer asks and waits for the end of the turn. A turn that ends with an error
// event gives that error as a *corpus.UserError.
func (s *Service) Answer(ctx context.Context, a Ask) (corpus.Answer, error) {
	stream, err := s.Ask(ctx, a)
	if err != nil {
		return corpus.Answer{}, err
	}
	defer stream.Close()
	return stream.Answer(ctx)
}

// Resume returns the stream of the events of a turn that came after seq after, on
// any server of the installation.
func (s *Service) Resume(ctx context.Context, turn string, after int, lang string) (*Stream, error) {
	id, err := parseID(turn)
	if err != nil {
		return nil, ProblemTurnForm.Err(lang, nil)
	}
	if after < 0 {
		return nil, ProblemAfter.Err(lang, nil)
	}
	stream := newStream(s, id, lang, after)
	// First listen, then read: what is stored in between is in one of the two.
	s.hub.add(stream)
	if err := stream.read(ctx); err != nil {
		stream.Close()
		return nil, err
	}
	return stream, nil
}

// Stop asks to stop a turn, on whatever server it runs. The turn then ends with a
// done that carries what was shown so far: status partial, completeness
// incomplete, stopped true. A turn that has ended stays as it is.
func (s *Service) Stop(ctx context.Context, turn, lang string) error {
	id, err := parseID(turn)
	if err != nil {
		return ProblemTurnForm.Err(lang, nil)
	}
	if s.interrupt(id, errStopped) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	err = s.cfg.Store.RequestStop(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return ProblemTurnGone.Err(lang, nil)
	}
	if err != nil {
		return ProblemInternal.Err(lang, fmt.Errorf("stopping a turn: %w", err))
	}
	s.out.put(Signal{Kind: SignalStop, Turn: id})
	return nil
}

// Turns returns the last 100 turns of a conversation, oldest first.
func (s *Service) Turns(ctx context.Context, conversation string) ([]Turn, error) {
	const lang = "nl"
	id, err := parseID(conversation)
	if err != nil {
		return nil, ProblemConversationGone.Err(lang, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	turns, err := s.cfg.Store.Turns(ctx, id, 100)
	if errors.Is(err, ErrNotFound) {
		return nil, ProblemConversationGone.Err(lang, nil)
	}
	if err != nil {
		return nil, ProblemInternal.Err(lang, fmt.Errorf("reading a conversation: %w", err))
	}
	return turns, nil
}

// DeleteConversation deletes a conversation with everything in it; its running
// turns are stopped.
func (s *Service) DeleteConversation(ctx context.Context, conversation, lang string) error {
	id, err := parseID(conversation)
	if err != nil {
		return ProblemConversationGone.Err(lang, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	running, err := s.cfg.Store.DeleteConversation(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return ProblemConversationGone.Err(lang, nil)
	}
	if err != nil {
		return ProblemInternal.Err(lang, fmt.Errorf("deleting a conversation: %w", err))
	}
	for _, turn := range running {
		if !s.interrupt(turn, errGone) {
			s.out.put(Signal{Kind: SignalStop, Turn: turn})
		}
		s.out.put(Signal{Kind: SignalEvent, Turn: turn, Seq: endOfTurn})
		s.hub.wake(turn, endOfTurn)
	}
	return nil
}

// prepare checks and masks a question and settles its language.
func prepare(a Ask) (question string, masked []string, lang string, err error) {
	question = clean(a.Question)
	lang = a.Lang
	if lang == "" {
		lang = dutch.Detect(question)
	}
	switch {
	case lang != "nl" && lang != "en":
		return "", nil, "", ProblemLang.Err("nl", nil)
	case len(a.ClientID) > 200:
		return "", nil, "", ProblemClientID.Err(lang, nil)
	case question == "":
		return "", nil, "", ProblemEmpty.Err(lang, nil)
	case utf8.RuneCountInString(question) > MaxQuestion:
		return "", nil, "", ProblemTooLong.Err(lang, nil)
	}
	question, masked = Mask(question)
	if utf8.RuneCountInString(question) > MaxQuestion {
		return "", nil, "", ProblemTooLong.Err(lang, nil)
	}
	return question, masked, lang, nil
}

// clean makes valid UTF-8 without control characters (which PostgreSQL and
// terminals cannot hold) and without space around it. A question of nothing
// visible is "".
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.TrimSpace(s)
	if !strings.ContainsFunc(s, unicode.IsGraphic) {
		return ""
	}
	return s
}

// earlier makes of turns that a client brought what a conversation would hold: the
// last n that have a question, masked, none longer than MaxQuestion, or an answer's
// length for answers.
func earlier(history []answer.Exchange, n int) []answer.Exchange {
	const maxAnswer = 4 * MaxQuestion
	var kept []answer.Exchange
	for _, e := range slices.Backward(history) {
		if len(kept) == n {
			break
		}
		question, _ := Mask(corpus.Slice(clean(e.Question), 0, MaxQuestion))
		if question == "" {
			continue
		}
		reply, _ := Mask(corpus.Slice(clean(e.Answer), 0, maxAnswer))
		kept = append(kept, answer.Exchange{Question: question, Answer: reply})
	}
	slices.Reverse(kept)
	return kept
}

func parseID(s string) (string, error) {
	if len(s) != 36 { // uuid.Parse also takes braces, urn: and 32 digits
		return "", errors.New("not a uuid")
	}
	id, err := uuid.Parse(s)
	return id.String(), err
}

func (s *Service) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	select {
	case s.admission <- struct{}{}:
		s.turns.Add(1)
		return true
	default:
		return false
	}
}

func (s *Service) dismiss() {
	<-s.admission
	s.turns.Done()
}

// interrupt ends the turn if it runs here.
func (s *Service) interrupt(turn string, cause error) bool {
	s.mu.Lock()
	r := s.active[turn]
	s.mu.Unlock()
	if r == nil {
		return false
	}
	r.cancel(cause)
	return true
}

// publish hands stored events to the followers here and tells the other servers.
func (s *Service) publish(events []Event) {
	last := events[len(events)-1]
	s.hub.publish(events)
	s.out.put(Signal{Kind: SignalEvent, Turn: last.Turn, Seq: last.Seq})
}

func newEvent(turn string, seq int, kind EventType, payload any) (Event, error) {
	b, err := json.Marshal(payload)
	if err != nil {
		return Event{}, fmt.Errorf("encoding a %s event: %w", kind, err)
	}
	if hasNUL(b) {
		return Event{}, fmt.Errorf("encoding a %s event: text with a NUL character", kind)
	}
	return Event{Turn: turn, Seq: seq, Type: kind, Payload: b}, nil
}

// hasNUL reports whether JSON text holds the escape of U+0000, which jsonb refuses.
func hasNUL(b []byte) bool {
	escape := []byte(`\u0000`)
	for {
		i := bytes.Index(b, escape)
		if i < 0 {
			return false
		}
		slashes := 0
		for j := i - 1; j >= 0 && b[j] == '\\'; j-- {
			slashes++
		}
		if slashes%2 == 0 {
			return true
		}
		b = b[i+len(escape):]
	}
}

// Why a turn ends before its answer is there.
var (
	errStopped  = errors.New("stopped by the visitor")
	errGone     = errors.New("the turn was ended elsewhere or deleted")
	errShutdown = errors.New("the server shuts down")
	errTimeout  = errors.New("the turn took too long")
	errQueue    = errors.New("no worker became free in time")
	errStore    = errors.New("events could not be stored")
)

// run is a turn that this server works on.
type run struct {
	s      *Service
	turn   NewTurn
	masked []string
	since  time.Time
	// earlier are turns that the client brought; nil when the store has them.
	earlier []answer.Exchange

	ctx    context.Context //nolint:containedctx // the life of the turn, which no call spans
	cancel context.CancelCauseFunc
	out    chan Event // to the writer

	mu        sync.Mutex // guards the rest
	closed    bool       // nothing more may be emitted
	events    []Event    // all of the turn
	citations []corpus.Citation
	sentences []corpus.Sentence
	first     time.Duration // until the first sentence
}

func newRun(s *Service, turn NewTurn, masked []string, since time.Time, accepted Event) *run {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &run{
		s: s, turn: turn, masked: masked, since: since,
		ctx: ctx, cancel: cancel,
		out:    make(chan Event, writeBatch),
		events: []Event{accepted},
	}
}

// do takes the turn from accepted to its end.
func (r *run) do() {
	defer r.s.dismiss()
	written := make(chan struct{})
	go r.write(written, r.events[0])

	a, err := r.answer()

	r.mu.Lock()
	r.closed = true
	close(r.out)
	r.mu.Unlock()
	<-written

	r.finish(a, err)
	r.cancel(nil)
	r.s.mu.Lock()
	delete(r.s.active, r.turn.ID)
	r.s.mu.Unlock()
}

// answer waits for a worker and has the question answered.
func (r *run) answer() (corpus.Answer, error) {
	queued := time.NewTimer(r.s.cfg.QueueTimeout)
	defer queued.Stop()
	r.s.waiting.Add(1)
	select {
	case r.s.slots <- struct{}{}:
		r.s.waiting.Add(-1)
	case <-r.ctx.Done():
		r.s.waiting.Add(-1)
		return corpus.Answer{}, context.Cause(r.ctx)
	case <-queued.C:
		r.s.waiting.Add(-1)
		return corpus.Answer{}, errQueue
	}

	ctx, cancel := context.WithTimeoutCause(r.ctx, r.s.cfg.TurnTimeout, errTimeout)
	defer cancel()
	type result struct {
		answer corpus.Answer
		err    error
	}
	done := make(chan result, 1)
	go func() {
		// An answerer that does not listen keeps its place: there is no other way
		// to bound how many run.
		defer func() { <-r.s.slots }()
		a, err := r.guarded(ctx)
		done <- result{a, err}
	}()
	select {
	case res := <-done:
		if res.err != nil && ctx.Err() != nil {
			res.err = context.Cause(ctx)
		}
		return res.answer, res.err
	case <-ctx.Done():
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	var late corpus.Answer // as far as it came
	select {
	case res := <-done:
		if res.err == nil {
			return res.answer, nil // it was just in time
		}
		late = res.answer
	case <-grace.C:
		r.s.log.Error("the answerer did not stop in time", "turn", r.turn.ID)
	}
	return late, context.Cause(ctx)
}

// guarded turns a panic of the answerer into an error.
func (r *run) guarded(ctx context.Context) (a corpus.Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, stack())
		}
	}()
	req := answer.Request{
		ID:           r.turn.ID,
		Conversation: r.turn.Conversation,
		Question:     r.turn.Question,
		Lang:         r.turn.Lang,
		Filter:       r.turn.Filter,
		History:      r.earlier,
	}
	if !r.turn.NewConversation {
		if req.History, err = r.history(ctx); err != nil {
			return corpus.Answer{}, err
		}
	}
	return r.s.cfg.Answerer.Answer(ctx, req, r.emit)
}

func (r *run) history(ctx context.Context) ([]answer.Exchange, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	// One more than wanted: the last one is this turn.
	turns, err := r.s.cfg.Store.Turns(ctx, r.turn.Conversation, r.s.cfg.History+1)
	if err != nil {
		return nil, fmt.Errorf("reading the conversation: %w", err)
	}
	var history []answer.Exchange
	for _, t := range turns {
		if t.Answer != nil && t.ID != r.turn.ID {
			history = append(history, answer.Exchange{Question: t.Question, Answer: t.Answer.Text})
		}
	}
	return history, nil
}

// emit numbers an event and hands it to the writer. It is called by the answerer.
func (r *run) emit(ev answer.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cause := context.Cause(r.ctx); cause != nil {
		return cause
	}
	if r.closed {
		return errTimeout
	}
	var kind EventType
	var payload any
	switch ev := ev.(type) {
	case answer.Progress:
		kind, payload = EventProgress, Progress{Stage: ev.Stage}
	case corpus.Citation:
		kind, payload = EventCitation, ev
	case answer.IndexedSentence:
		if err := r.covers(ev.Citations); err != nil {
			return err
		}
		ev.Citations = notNil(ev.Citations)
		kind, payload = EventSentence, SentencePayload{Index: ev.Index, Text: ev.Text, Citations: ev.Citations, Speaker: ev.Speaker}
	default:
		return fmt.Errorf("answerer sent an unknown event %T", ev)
	}
	event, err := newEvent(r.turn.ID, len(r.events)+1, kind, payload)
	if err != nil {
		return err
	}
	select {
	case r.out <- event:
		r.events = append(r.events, event)
	case <-r.ctx.Done():
		return context.Cause(r.ctx)
	}
	switch ev := ev.(type) {
	case corpus.Citation:
		r.citations = append(r.citations, ev)
	case answer.IndexedSentence:
		if r.first == 0 {
			r.first = time.Since(r.since)
		}
		r.sentences = append(r.sentences, ev.Sentence)
	}
	return nil
}

// covers holds the promise that a citation is sent before a sentence uses it.
func (r *run) covers(citations []int) error {
	for _, n := range citations {
		sent := false
		for _, c := range r.citations {
			sent = sent || c.N == n
		}
		if !sent {
			return fmt.Errorf("answerer sent a sentence before its citation %d", n)
		}
	}
	return nil
}

// write stores events in the order they were emitted, as many at once as are
// there, and publishes them once they are stored.
func (r *run) write(done chan<- struct{}, accepted Event) {
	defer close(done)
	all := []Event{accepted}
	for e := range r.out {
		batch := []Event{e}
	drain:
		for len(batch) < writeBatch {
			select {
			case e, ok := <-r.out:
				if !ok {
					break drain
				}
				batch = append(batch, e)
			default:
				break drain
			}
		}
		all = append(all, batch...)
		err := r.patiently("storing events", func(ctx context.Context) error {
			err := r.s.cfg.Store.Append(ctx, r.turn.ID, batch)
			if errors.Is(err, ErrMissing) {
				err = r.s.cfg.Store.Append(ctx, r.turn.ID, all)
			}
			return err
		})
		if err != nil {
			if errors.Is(err, ErrEnded) {
				r.cancel(errGone)
			} else {
				r.cancel(errStore)
			}
			// What is left is written with the end of the turn.
			for range r.out {
				continue
			}
			return
		}
		r.s.publish(batch)
	}
}

// patiently repeats a call of the store that failed, as long as a lease lasts.
func (r *run) patiently(what string, call func(context.Context) error) error {
	deadline := time.Now().Add(r.s.cfg.Lease)
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), storeTimeout)
		err := call(ctx)
		cancel()
		if err == nil || errors.Is(err, ErrEnded) {
			return err
		}
		r.s.log.Warn(what+" failed", "turn", r.turn.ID, "err", err)
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(wait)
	}
}

// finish stores and publishes the one end of the turn.
func (r *run) finish(a corpus.Answer, cause error) {
	if errors.Is(cause, errGone) {
		r.s.hub.wake(r.turn.ID, endOfTurn)
		return
	}
	if errors.Is(cause, errStopped) {
		a, cause = r.stopped(a), nil
	}
	if cause == nil {
		cause = check(a)
	}
	var (
		ending  Ending
		code    corpus.Code
		last    Event
		err     error
		seq     = len(r.events) + 1
		started = r.since
	)
	a.Timing.Total = milliseconds(time.Since(started))
	a.Timing.FirstSentence = milliseconds(r.first)
	if cause == nil {
		r.complete(&a)
		ending.Status, ending.Answer = a.Status, &a
		last, err = newEvent(r.turn.ID, seq, EventDone, a)
		cause = err
	}
	if cause != nil {
		failure := FailureOf(r.problem(cause), r.turn.Lang)
		code = failure.Code
		ending.Status, ending.Answer = corpus.Error, nil
		if last, err = newEvent(r.turn.ID, seq, EventError, failure); err != nil {
			r.s.log.Error("encoding an error failed", "turn", r.turn.ID, "err", err)
			return
		}
	}
	ending.Events = append(r.events, last)
	err = r.patiently("ending a turn", func(ctx context.Context) error {
		return r.s.cfg.Store.Finish(ctx, r.turn.ID, ending)
	})
	if errors.Is(err, ErrEnded) {
		// Another server ended it, or this one did and the reply was lost: followers
		// read how.
		r.s.hub.wake(r.turn.ID, endOfTurn)
		return
	}
	if err != nil {
		r.s.log.Error("a turn could not be ended; its lease will end it", "turn", r.turn.ID, "err", err)
		return
	}
	r.s.publish([]Event{last})
	if r.s.cfg.Observer != nil {
		r.s.cfg.Observer.TurnEnded(ending.Status, code, a.Timing)
	}
}

// problem is what a visitor hears about cause; what is our fault goes to the log.
func (r *run) problem(cause error) error {
	lang := r.turn.Lang
	switch {
	case errors.Is(cause, errShutdown):
		return ProblemShutdown.Err(lang, cause)
	case errors.Is(cause, errQueue):
		return ProblemBusy.Err(lang, cause)
	case errors.Is(cause, errTimeout):
		r.s.log.Warn("a turn took too long", "turn", r.turn.ID)
		return ProblemTimeout.Err(lang, cause)
	}
	var user *corpus.UserError
	if errors.As(cause, &user) && user.Code != corpus.CodeInternal {
		return user
	}
	r.s.log.Error("a turn failed", "turn", r.turn.ID, "err", cause)
	return ProblemInternal.Err(lang, cause)
}

// stopped is the answer of a turn that the visitor stopped: what was shown so far.
// Its status is partial even when nothing was, because nothing is known of what
// the documents say. What it took of a language model is that of the answer as far as
// it came.
func (r *run) stopped(a corpus.Answer) corpus.Answer {
	var text strings.Builder
	for i, s := range r.sentences {
		if i > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(s.Text)
		for _, n := range s.Citations {
			fmt.Fprintf(&text, " [%d]", n)
		}
	}
	if len(r.sentences) == 0 {
		text.WriteString(stopNotice(r.turn.Lang))
		a.Model = ""
	}
	return corpus.Answer{
		Status:       corpus.Partial,
		Completeness: corpus.Incomplete,
		Text:         text.String(),
		Sentences:    r.sentences,
		Citations:    r.citations,
		Model:        a.Model,
		Prompt:       a.Prompt,
		Usage:        a.Usage,
		Stopped:      true,
	}
}

func stopNotice(lang string) string {
	if lang == "en" {
		return "You stopped this question before there was an answer."
	}
	return "U stopte deze vraag voordat er een antwoord was."
}

// check refuses an answer that is not one.
func check(a corpus.Answer) error {
	switch a.Status {
	case corpus.Answered, corpus.Partial, corpus.NoAnswer, corpus.OutOfScope, corpus.Refused:
		return nil
	}
	return fmt.Errorf("answerer returned status %q without an error", a.Status)
}

// complete fills in what the turn knows and the answerer need not.
func (r *run) complete(a *corpus.Answer) {
	a.ID = r.turn.ID
	a.Conversation = r.turn.Conversation
	a.Question = r.turn.Question
	a.Masked = r.masked
	a.AIGenerated = a.Model != answer.ModelEditorial
	if a.Lang == "" {
		a.Lang = r.turn.Lang
	}
	a.Sentences, a.Citations = notNil(a.Sentences), notNil(a.Citations)
	for i := range a.Sentences {
		a.Sentences[i].Citations = notNil(a.Sentences[i].Citations)
	}
}

// notNil makes an empty list [] in JSON instead of null.
func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}

// Answer reads the stream to its end. An error event gives that error as a
// *corpus.UserError.
func (st *Stream) Answer(ctx context.Context) (corpus.Answer, error) {
	for {
		e, err := st.Next(ctx)
		if errors.Is(err, io.EOF) {
			return corpus.Answer{}, ProblemTurnGone.Err(st.lang, nil)
		}
		if err != nil {
			return corpus.Answer{}, err
		}
		switch e.Type {
		case EventDone:
			var a corpus.Answer
			if err := json.Unmarshal(e.Payload, &a); err != nil {
				return corpus.Answer{}, fmt.Errorf("decoding an answer: %w", err)
			}
			return a, nil
		case EventError:
			var f Failure
			if err := json.Unmarshal(e.Payload, &f); err != nil {
				return corpus.Answer{}, fmt.Errorf("decoding an error: %w", err)
			}
			return corpus.Answer{}, &corpus.UserError{Code: f.Code, Message: f.Message, RetryAfter: time.Duration(f.RetryAfter) * time.Second}
		}
	}
}
