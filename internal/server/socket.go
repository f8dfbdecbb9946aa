package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Subprotocol is the websocket subprotocol of this version of the protocol.
const Subprotocol = "vraagbaak.v1"

const (
	handshakeTimeout = 10 * time.Second
	closeGrace       = time.Second // for the other side to answer a close frame
)

// socket is GET /ws.
func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	lang := requestLang(r)
	if !websocket.IsWebSocketUpgrade(r) || !slices.Contains(websocket.Subprotocols(r), Subprotocol) {
		s.fail(w, r, chat.ProblemProtocol.Err(lang, nil))
		return
	}
	if !s.originAllowed(r) {
		s.fail(w, r, statusError{http.StatusForbidden, chat.ProblemOrigin.Err(lang, nil)})
		return
	}
	address := s.addresses.of(r)
	if !s.sockets.reserve(address) {
		s.fail(w, r, chat.ProblemTooManyConnections.Err(lang, nil))
		return
	}
	defer s.sockets.release(address)

	upgrader := websocket.Upgrader{
		HandshakeTimeout: handshakeTimeout,
		ReadBufferSize:   1 << 10,
		WriteBufferSize:  4 << 10,
		WriteBufferPool:  &s.sockets.buffers,
		Subprotocols:     []string{Subprotocol},
		CheckOrigin:      func(*http.Request) bool { return true }, // done above
		Error: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
			s.fail(w, r, statusError{status, chat.ProblemProtocol.Err(lang, reason)})
		},
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // answered by Error
	}
	ctx, cancel := context.WithCancel(r.Context())
	c := &client{
		s: s, conn: conn, address: address, lang: lang,
		ctx: ctx, cancel: cancel,
		out:       make(chan []byte, s.limits.OutQueue),
		messages:  rate.NewLimiter(s.limits.MessagesPerSecond, s.limits.MessageBurst),
		following: make(map[string]*following),
	}
	if !s.sockets.add(c) {
		c.close(websocket.CloseGoingAway, "server is restarting")
	}
	defer s.sockets.remove(c)
	c.serve()
}

// originAllowed: browsers name the website a script is from; it must be this one
// or one of the configured ones. Other programs name none.
func (s *Server) originAllowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	return strings.EqualFold(u.Host, r.Host) || s.origins[u.Scheme+"://"+u.Host]
}

// client is one websocket: a reader, a writer, and a goroutine per turn it follows.
type client struct {
	s       *Server
	conn    *websocket.Conn
	address string
	lang    string // of messages that do not say

	ctx      context.Context //nolint:containedctx // the life of the connection: ends when it must
	cancel   context.CancelFunc
	out      chan []byte // to the writer
	messages *rate.Limiter

	mu        sync.Mutex // guards the rest
	following map[string]*following
	followers sync.WaitGroup
	leaving   bool // follows nothing new
	closeCode int
	reason    string
}

// following is a turn whose events go to a client.
type following struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// serve reads messages until the connection ends.
func (c *client) serve() {
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write()
	}()
	c.read()
	c.close(websocket.CloseNormalClosure, "")
	<-written
	c.mu.Lock()
	c.leaving = true
	c.mu.Unlock()
	c.followers.Wait()
	_ = c.conn.Close()
}

func (c *client) read() {
	c.conn.SetReadLimit(chat.MaxMessage)
	patience := 2 * c.s.limits.PingInterval
	alive := func(string) error { return c.conn.SetReadDeadline(time.Now().Add(patience)) }
	_ = alive("")
	c.conn.SetPongHandler(alive)
	for {
		kind, b, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		_ = alive("")
		c.handle(kind, b)
		if c.ctx.Err() != nil {
			// Closing: read on only for the other side's close frame.
			_ = c.conn.SetReadDeadline(time.Now().Add(closeGrace))
		}
	}
}

// handle does what one message asks, and replies with an error if it cannot.
func (c *client) handle(kind int, b []byte) {
	if !c.messages.Allow() {
		// Wait instead of reading on: a flood is slowed down, and told so.
		if c.messages.Wait(c.ctx) != nil {
			return
		}
		c.refuse(chat.Message{}, chat.ProblemRateLimited.Err(c.lang, nil))
		return
	}
	if kind != websocket.TextMessage {
		c.refuse(chat.Message{}, chat.ProblemBinary.Err(c.lang, nil))
		return
	}
	m, err := chat.ParseMessage(b)
	if err == nil {
		switch m.Type {
		case chat.MessageAsk:
			err = c.ask(m)
		case chat.MessageStop:
			err = c.s.chat.Stop(c.ctx, m.Turn, c.lang)
		case chat.MessageResume:
			err = c.resume(m)
		}
	}
	if err != nil {
		c.refuse(m, err)
		return
	}
	c.s.metrics.messages.WithLabelValues("ok").Inc()
}

func (c *client) ask(m chat.Message) error {
	lang := firstOf(m.Ask.Lang, c.lang)
	c.mu.Lock()
	full := len(c.following) >= c.s.limits.TurnsPerConn
	c.mu.Unlock()
	if full {
		return chat.ProblemTooManyTurns.Err(lang, nil)
	}
	if ok, retry := c.s.asks.allow(c.address); !ok {
		err := chat.ProblemRateLimited.Err(lang, nil)
		err.RetryAfter = max(time.Second, retry)
		return err
	}
	stream, err := c.s.chat.Ask(c.ctx, m.Ask)
	if err != nil {
		return err
	}
	c.unfollow(stream.Turn()) // asked twice under one name
	c.follow(stream, 0)
	return nil
}

// unfollow ends what follows a turn for this client, if anything does.
func (c *client) unfollow(turn string) {
	c.mu.Lock()
	before := c.following[turn]
	c.mu.Unlock()
	if before != nil {
		before.cancel()
		<-before.done
	}
}

func (c *client) resume(m chat.Message) error {
	c.mu.Lock()
	before := c.following[m.Turn]
	full := before == nil && len(c.following) >= c.s.limits.TurnsPerConn
	c.mu.Unlock()
	if full {
		return chat.ProblemTooManyTurns.Err(c.lang, nil)
	}
	c.unfollow(m.Turn) // the client starts again from where it says
	stream, err := c.s.chat.Resume(c.ctx, m.Turn, m.After, c.lang)
	if err != nil {
		return err
	}
	c.follow(stream, m.After)
	return nil
}

// follow sends the events of a stream to the client until the turn ends.
func (c *client) follow(stream *chat.Stream, after int) {
	ctx, cancel := context.WithCancel(c.ctx)
	f := &following{cancel: cancel, done: make(chan struct{})}
	c.mu.Lock()
	if c.leaving {
		c.mu.Unlock()
		cancel()
		stream.Close()
		return
	}
	c.following[stream.Turn()] = f
	c.followers.Add(1)
	c.mu.Unlock()
	go func() {
		defer c.followers.Done()
		defer close(f.done)
		defer func() {
			cancel()
			stream.Close()
			c.mu.Lock()
			delete(c.following, stream.Turn())
			c.mu.Unlock()
		}()
		c.forward(ctx, stream, after)
	}()
}

func (c *client) forward(ctx context.Context, stream *chat.Stream, seq int) {
	for {
		e, err := stream.Next(ctx)
		if errors.Is(err, io.EOF) || (err != nil && ctx.Err() != nil) {
			return
		}
		if err != nil {
			_, f := c.s.failure(ctx, err, c.lang)
			if f.Code == corpus.CodeInternal {
				// The turn is as it was; the client can resume it when the database
				// is back, here or elsewhere.
				c.close(websocket.CloseInternalServerErr, "events cannot be read now; resume later")
				return
			}
			e = errorEvent(stream.Turn(), seq+1, f)
		}
		if !c.send(e) || e.Ends() {
			return
		}
		seq = e.Seq
	}
}

// refuse tells why a message was not done. Every message of the server belongs to
// a turn: when the client named none, the refusal is a turn of its own that nothing
// is kept of.
func (c *client) refuse(m chat.Message, err error) {
	_, f := c.s.failure(c.ctx, err, firstOf(m.Ask.Lang, c.lang))
	c.s.metrics.messages.WithLabelValues(string(f.Code)).Inc()
	f.ID = m.Ask.ClientID
	turn, seq := m.Turn, 1
	if _, err := uuid.Parse(turn); err != nil {
		id, err := uuid.NewV7()
		if err != nil {
			c.close(websocket.CloseInternalServerErr, "")
			return
		}
		turn = id.String()
	} else if m.Type == chat.MessageResume {
		seq = m.After + 1
	}
	c.send(errorEvent(turn, seq, f))
}

func errorEvent(turn string, seq int, f chat.Failure) chat.Event {
	b, err := json.Marshal(f)
	if err != nil {
		b = []byte(`{"code":"internal","message":""}`)
	}
	return chat.Event{Turn: turn, Seq: seq, Type: chat.EventError, Payload: b}
}

// send queues an event for the writer. A client that is too slow for too long is
// closed: its turns go on and can be resumed.
func (c *client) send(e chat.Event) bool {
	b := e.AppendJSON(nil)
	select {
	case c.out <- b:
		return true
	default:
	}
	timer := time.NewTimer(c.s.limits.SlowClient)
	defer timer.Stop()
	select {
	case c.out <- b:
		return true
	case <-c.ctx.Done():
		return false
	case <-timer.C:
		c.close(websocket.CloseTryAgainLater, "client reads too slowly; connect again and resume")
		return false
	}
}

// close ends the connection with a close frame. The first call decides the code.
func (c *client) close(code int, reason string) {
	c.mu.Lock()
	if c.closeCode == 0 {
		c.closeCode, c.reason = code, reason
		c.s.metrics.closed.WithLabelValues(strconv.Itoa(code)).Inc()
	}
	c.mu.Unlock()
	c.cancel()
}

// write is the one goroutine that writes messages and pings.
func (c *client) write() {
	ping := time.NewTicker(c.s.limits.PingInterval)
	defer ping.Stop()
	defer c.farewell()
	for {
		select {
		case b := <-c.out:
			if !c.writeMessage(b) {
				return
			}
		case <-ping.C:
			if c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.s.limits.WriteTimeout)) != nil {
				c.close(websocket.CloseAbnormalClosure, "")
				return
			}
		case <-c.ctx.Done():
			for { // what was queued before the end still goes
				select {
				case b := <-c.out:
					if !c.writeMessage(b) {
						return
					}
					continue
				default:
				}
				return
			}
		}
	}
}

func (c *client) writeMessage(b []byte) bool {
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.s.limits.WriteTimeout))
	if c.conn.WriteMessage(websocket.TextMessage, b) != nil {
		c.close(websocket.CloseAbnormalClosure, "")
		return false
	}
	return true
}

// farewell sends the close frame and gives the other side a moment to answer it.
func (c *client) farewell() {
	c.mu.Lock()
	code, reason := c.closeCode, c.reason
	c.mu.Unlock()
	deadline := time.Now().Add(closeGrace)
	if code == websocket.CloseAbnormalClosure || // writing failed: no frame can follow
		c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), deadline) != nil {
		_ = c.conn.Close()
		return
	}
	_ = c.conn.SetReadDeadline(deadline)
}

// leave closes the connection once the turns it follows have ended, or ctx has.
func (c *client) leave(ctx context.Context, code int, reason string) {
	c.mu.Lock()
	c.leaving = true
	c.mu.Unlock()
	idle := make(chan struct{})
	go func() {
		c.followers.Wait()
		close(idle)
	}()
	select {
	case <-idle:
	case <-ctx.Done():
	}
	c.close(code, reason)
}

// sockets knows the open websockets, by address too.
type sockets struct {
	limit, perAddress int
	buffers           sync.Pool

	mu        sync.Mutex
	open      map[*client]struct{}
	byAddress map[string]int
	reserved  int
	refused   bool
	empty     chan struct{} // closed when refused and the last one is gone
}

func newSockets(limit, perAddress int) *sockets {
	return &sockets{
		limit: limit, perAddress: perAddress,
		open: make(map[*client]struct{}), byAddress: make(map[string]int), empty: make(chan struct{}),
	}
}

// reserve takes a place for a connection from address.
func (s *sockets) reserve(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused || s.reserved >= s.limit || s.byAddress[address] >= s.perAddress {
		return false
	}
	s.reserved++
	s.byAddress[address]++
	return true
}

func (s *sockets) release(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reserved--
	if s.byAddress[address]--; s.byAddress[address] == 0 {
		delete(s.byAddress, address)
	}
	if s.refused && s.reserved == 0 {
		close(s.empty)
	}
}

// add is false when the server goes away.
func (s *sockets) add(c *client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c] = struct{}{}
	return !s.refused
}

func (s *sockets) remove(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

func (s *sockets) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// refuse takes no new connections.
func (s *sockets) refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused {
		return
	}
	s.refused = true
	if s.reserved == 0 {
		close(s.empty)
	}
}

func (s *sockets) refusing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// closeAll tells every client that the server goes away and waits until all are
// gone or ctx ends.
func (s *sockets) closeAll(ctx context.Context) {
	s.refuse()
	s.mu.Lock()
	clients := make([]*client, 0, len(s.open))
	for c := range s.open {
		clients = append(clients, c)
	}
	s.mu.Unlock()
	// Turns of this server have ended; those of others may go on for long.
	last, cancel := context.WithTimeout(ctx, closeGrace)
	defer cancel()
	for _, c := range clients {
		go c.leave(last, websocket.CloseGoingAway, "server is restarting")
	}
	select {
	case <-s.empty:
	case <-ctx.Done():
		for _, c := range clients {
			_ = c.conn.Close()
		}
	}
}
