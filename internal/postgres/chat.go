package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// turnsChannel is where servers tell each other about turns.
const turnsChannel = "vraagbaak_turns"

// listenCheck is how long a silent connection is trusted to be alive.
const listenCheck = 30 * time.Second

// Chat keeps conversations, turns and their events. It implements chat.Store.
type Chat struct{ db *DB }

var _ chat.Store = (*Chat)(nil)

// Chat gives the store of conversations.
func (db *DB) Chat() *Chat { return &Chat{db} }

const acceptTurn = `
WITH created AS ( -- a new conversation
    INSERT INTO conversations (id)
    SELECT $2 WHERE $3
    RETURNING id
), known AS ( -- or one that exists, which lives longer for being used
    UPDATE conversations SET updated_at = now()
    WHERE id = $2 AND NOT $3
    RETURNING id
), turn AS (
    INSERT INTO turns (id, conversation_id, question, lang, filters, lease_until)
    SELECT $1, id, $4, $5, $6, now() + make_interval(secs => $7)
    FROM (SELECT id FROM created UNION ALL SELECT id FROM known) c
    RETURNING id
)
INSERT INTO turn_events (turn_id, seq, type, payload)
SELECT id, $8, $9, $10 FROM turn`

// Accept implements chat.Store.
func (c *Chat) Accept(ctx context.Context, t chat.NewTurn, accepted chat.Event) error {
	filters, err := json.Marshal(t.Filter)
	if err != nil {
		return fmt.Errorf("encoding filters: %w", err)
	}
	tag, err := c.db.pool.Exec(ctx, acceptTurn, t.ID, t.Conversation, t.NewConversation,
		t.Question, t.Lang, string(filters), t.Lease.Seconds(),
		accepted.Seq, string(accepted.Type), string(accepted.Payload))
	var conflict *pgconn.PgError
	if errors.As(err, &conflict) && conflict.ConstraintName == "turns_pkey" {
		return fmt.Errorf("turn %s: %w", t.ID, chat.ErrExists)
	}
	if err != nil {
		return fmt.Errorf("accepting turn %s: %w", t.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("conversation of turn %s: %w", t.ID, chat.ErrNotFound)
	}
	return nil
}

const appendEvents = `
WITH relaxed AS MATERIALIZED ( -- not worth waiting for the disk: the end of the turn does
    SELECT set_config('synchronous_commit', 'off', true)
), turn AS ( -- locked against whoever would end it
    SELECT t.id FROM turns t, relaxed
    WHERE t.id = $1 AND t.finished_at IS NULL
    FOR SHARE OF t
), joined AS ( -- the event before the first is there
    SELECT FROM turn_events WHERE turn_id = $1 AND seq = $5
), written AS ( -- a conflict is a repeated call whose first reply was lost
    INSERT INTO turn_events (turn_id, seq, type, payload)
    SELECT turn.id, e.seq, e.type, e.payload::jsonb
    FROM turn, unnest($2::int[], $3::text[], $4::text[]) AS e (seq, type, payload)
    WHERE $5 = 0 OR EXISTS (SELECT FROM joined)
    ON CONFLICT (turn_id, seq) DO NOTHING
)
SELECT EXISTS (SELECT FROM turn), $5 = 0 OR EXISTS (SELECT FROM joined)`

// Append implements chat.Store.
func (c *Chat) Append(ctx context.Context, turn string, events []chat.Event) error {
	if len(events) == 0 {
		return nil
	}
	seqs, types, payloads := columns(events)
	var running, joined bool
	err := c.db.pool.QueryRow(ctx, appendEvents, turn, seqs, types, payloads, seqs[0]-1).Scan(&running, &joined)
	switch {
	case err != nil:
		return fmt.Errorf("adding to turn %s: %w", turn, err)
	case !running:
		return fmt.Errorf("adding to turn %s: %w", turn, chat.ErrEnded)
	case !joined:
		return fmt.Errorf("adding to turn %s: %w", turn, chat.ErrMissing)
	}
	return nil
}

const finishTurn = `
WITH ended AS (
    UPDATE turns SET status = $2, answer = $3::jsonb, passages = $7::jsonb, finished_at = now()
    WHERE id = $1 AND finished_at IS NULL
    RETURNING id
), written AS ( -- all events: a crash of the database may have taken some
    INSERT INTO turn_events (turn_id, seq, type, payload)
    SELECT ended.id, e.seq, e.type, e.payload::jsonb
    FROM ended, unnest($4::int[], $5::text[], $6::text[]) AS e (seq, type, payload)
    ON CONFLICT (turn_id, seq) DO NOTHING
)
SELECT EXISTS (SELECT FROM ended)`

// Finish implements chat.Store.
func (c *Chat) Finish(ctx context.Context, turn string, e chat.Ending) error {
	var answer, read *string
	if e.Answer != nil {
		b, err := json.Marshal(e.Answer)
		if err != nil {
			return fmt.Errorf("encoding the answer of turn %s: %w", turn, err)
		}
		s := string(b)
		answer = &s
		if b, err = json.Marshal(e.Answer.Read); err != nil {
			return fmt.Errorf("encoding what turn %s read: %w", turn, err)
		}
		if e.Answer.Read != nil {
			s := string(b)
			read = &s
		}
	}
	seqs, types, payloads := columns(e.Events)
	var running bool
	err := c.db.pool.QueryRow(ctx, finishTurn, turn, string(e.Status), answer, seqs, types, payloads, read).Scan(&running)
	switch {
	case err != nil:
		return fmt.Errorf("ending turn %s: %w", turn, err)
	case !running:
		return fmt.Errorf("ending turn %s: %w", turn, chat.ErrEnded)
	}
	return nil
}

func columns(events []chat.Event) (seqs []int32, types, payloads []string) {
	for _, e := range events {
		seqs = append(seqs, int32(e.Seq)) // #nosec G115 -- a turn has few events
		types = append(types, string(e.Type))
		payloads = append(payloads, string(e.Payload))
	}
	return seqs, types, payloads
}

const readEvents = `
SELECT t.finished_at IS NOT NULL, e.seq, e.type, e.payload
FROM turns t
LEFT JOIN LATERAL ( -- a turn without news still gives a row
    SELECT seq, type, payload FROM turn_events
    WHERE turn_id = t.id AND seq > $2
    ORDER BY seq
    LIMIT $3
) e ON true
WHERE t.id = $1
ORDER BY e.seq`

// Events implements chat.Store.
func (c *Chat) Events(ctx context.Context, turn string, after, limit int) (events []chat.Event, ended bool, err error) {
	after = min(after, 1<<30) // beyond every event, within the column's type
	rows, err := c.db.pool.Query(ctx, readEvents, turn, after, limit)
	if err != nil {
		return nil, false, fmt.Errorf("reading turn %s: %w", turn, err)
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		found = true
		var seq *int
		var kind *string
		var payload []byte
		if err := rows.Scan(&ended, &seq, &kind, &payload); err != nil {
			return nil, false, fmt.Errorf("reading turn %s: %w", turn, err)
		}
		if seq != nil && kind != nil {
			events = append(events, chat.Event{Turn: turn, Seq: *seq, Type: chat.EventType(*kind), Payload: payload})
		}
	}
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("reading turn %s: %w", turn, err)
	}
	if !found {
		return nil, false, fmt.Errorf("turn %s: %w", turn, chat.ErrNotFound)
	}
	return events, ended, nil
}

const requestStop = `
WITH turn AS (
    SELECT id FROM turns WHERE id = $1
), stopped AS (
    UPDATE turns SET stop_requested = true
    WHERE id = $1 AND finished_at IS NULL
)
SELECT EXISTS (SELECT FROM turn)`

// RequestStop implements chat.Store.
func (c *Chat) RequestStop(ctx context.Context, turn string) error {
	var found bool
	if err := c.db.pool.QueryRow(ctx, requestStop, turn).Scan(&found); err != nil {
		return fmt.Errorf("stopping turn %s: %w", turn, err)
	}
	if !found {
		return fmt.Errorf("turn %s: %w", turn, chat.ErrNotFound)
	}
	return nil
}

const renewLeases = `
UPDATE turns SET lease_until = now() + make_interval(secs => $2)
WHERE id = ANY ($1::text[]::uuid[]) AND finished_at IS NULL
RETURNING id::text, stop_requested`

// Renew implements chat.Store.
func (c *Chat) Renew(ctx context.Context, turns []string, lease time.Duration) ([]chat.Lease, error) {
	rows, err := c.db.pool.Query(ctx, renewLeases, turns, lease.Seconds())
	if err != nil {
		return nil, fmt.Errorf("renewing leases: %w", err)
	}
	leases, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l chat.Lease, err error) {
		err = row.Scan(&l.Turn, &l.Stop)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("renewing leases: %w", err)
	}
	return leases, nil
}

const endExpired = `
WITH lost AS ( -- those that another server is ending now are its business
    SELECT id FROM turns
    WHERE finished_at IS NULL AND lease_until < now()
    ORDER BY lease_until
    LIMIT $1
    FOR UPDATE SKIP LOCKED
), ended AS (
    UPDATE turns t SET status = 'error', finished_at = now()
    FROM lost WHERE t.id = lost.id
    RETURNING t.id, t.lang
)
INSERT INTO turn_events (turn_id, seq, type, payload)
SELECT id,
       1 + coalesce((SELECT max(seq) FROM turn_events e WHERE e.turn_id = ended.id), 0),
       'error',
       CASE lang WHEN 'en' THEN $2::jsonb ELSE $3::jsonb END
FROM ended
RETURNING turn_id::text, seq`

// EndExpired implements chat.Store.
func (c *Chat) EndExpired(ctx context.Context, limit int, payload map[string]json.RawMessage) ([]chat.Signal, error) {
	rows, err := c.db.pool.Query(ctx, endExpired, limit, string(payload["en"]), string(payload["nl"]))
	if err != nil {
		return nil, fmt.Errorf("ending lost turns: %w", err)
	}
	signals, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (chat.Signal, error) {
		s := chat.Signal{Kind: chat.SignalEvent}
		err := row.Scan(&s.Turn, &s.Seq)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("ending lost turns: %w", err)
	}
	return signals, nil
}

const readTurns = `
SELECT t.id::text, t.question, t.lang, t.filters, coalesce(t.status, ''), t.answer, e.payload, t.created_at
FROM turns t
LEFT JOIN turn_events e ON e.turn_id = t.id AND e.type = 'error'
WHERE t.conversation_id = $1
ORDER BY t.created_at DESC, t.id DESC
LIMIT $2`

// Turns implements chat.Store.
func (c *Chat) Turns(ctx context.Context, conversation string, limit int) ([]chat.Turn, error) {
	rows, err := c.db.pool.Query(ctx, readTurns, conversation, limit)
	if err != nil {
		return nil, fmt.Errorf("reading conversation %s: %w", conversation, err)
	}
	turns, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (chat.Turn, error) {
		t := chat.Turn{Conversation: conversation}
		var filters, answer, failure []byte
		var status string
		if err := row.Scan(&t.ID, &t.Question, &t.Lang, &filters, &status, &answer, &failure, &t.CreatedAt); err != nil {
			return t, err
		}
		t.Status = corpus.Status(status)
		if err := json.Unmarshal(filters, &t.Filter); err != nil {
			return t, fmt.Errorf("filters of turn %s: %w", t.ID, err)
		}
		if answer != nil {
			t.Answer = new(corpus.Answer)
			if err := json.Unmarshal(answer, t.Answer); err != nil {
				return t, fmt.Errorf("answer of turn %s: %w", t.ID, err)
			}
		}
		if failure != nil {
			t.Failure = new(chat.Failure)
			if err := json.Unmarshal(failure, t.Failure); err != nil {
				return t, fmt.Errorf("error of turn %s: %w", t.ID, err)
			}
		}
		return t, nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading conversation %s: %w", conversation, err)
	}
	if len(turns) == 0 { // a conversation is made with its first turn
		return nil, fmt.Errorf("conversation %s: %w", conversation, chat.ErrNotFound)
	}
	slices.Reverse(turns)
	return turns, nil
}

const deleteConversation = `
WITH running AS (
    SELECT id FROM turns WHERE conversation_id = $1 AND finished_at IS NULL
), gone AS ( -- turns and events go with it
    DELETE FROM conversations WHERE id = $1 RETURNING id
)
SELECT EXISTS (SELECT FROM gone), ARRAY(SELECT id::text FROM running)`

// DeleteConversation implements chat.Store.
func (c *Chat) DeleteConversation(ctx context.Context, id string) (running []string, err error) {
	var found bool
	if err := c.db.pool.QueryRow(ctx, deleteConversation, id).Scan(&found, &running); err != nil {
		return nil, fmt.Errorf("deleting conversation %s: %w", id, err)
	}
	if !found {
		return nil, fmt.Errorf("conversation %s: %w", id, chat.ErrNotFound)
	}
	return running, nil
}

// deleteOlderLists is for reading lists, which are kept as long as conversations.
const deleteOlderLists = `
DELETE FROM reading_lists WHERE id IN (
    SELECT id FROM reading_lists
    WHERE updated_at < now() - make_interval(secs => $1)
    ORDER BY updated_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)`

const deleteOlder = `
DELETE FROM conversations WHERE id IN (
    SELECT id FROM conversations c
    WHERE updated_at < now() - make_interval(secs => $1)
      AND NOT EXISTS (SELECT FROM turns t WHERE t.conversation_id = c.id AND t.finished_at IS NULL)
    ORDER BY updated_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)`

// DeleteOlder implements chat.Store.
func (c *Chat) DeleteOlder(ctx context.Context, age time.Duration, limit int) (int, error) {
	tag, err := c.db.pool.Exec(ctx, deleteOlder, age.Seconds(), limit)
	if err != nil {
		return 0, fmt.Errorf("deleting old conversations: %w", err)
	}
	lists, err := c.db.pool.Exec(ctx, deleteOlderLists, age.Seconds(), limit)
	if err != nil {
		return 0, fmt.Errorf("deleting old reading lists: %w", err)
	}
	return int(max(tag.RowsAffected(), lists.RowsAffected())), nil
}

// Notify implements chat.Store.
func (c *Chat) Notify(ctx context.Context, signals []chat.Signal) error {
	payloads := make([]string, len(signals))
	for i, s := range signals {
		payloads[i] = fmt.Sprintf("%s %s %d", s.Kind, s.Turn, s.Seq)
	}
	if _, err := c.db.pool.Exec(ctx, `SELECT pg_notify($1, p) FROM unnest($2::text[]) AS p`, turnsChannel, payloads); err != nil {
		return fmt.Errorf("sending %d signals: %w", len(signals), err)
	}
	return nil
}

// Listen implements chat.Store. It takes a connection of its own, beside the pool.
func (c *Chat) Listen(ctx context.Context, ready func(), handle func(chat.Signal)) error {
	pooled, err := c.db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("listening for signals: %w", err)
	}
	conn := pooled.Hijack()
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(ctx, `LISTEN `+turnsChannel); err != nil {
		return fmt.Errorf("listening for signals: %w", err)
	}
	ready()
	for {
		n, err := nextNotification(ctx, conn)
		if err != nil {
			return fmt.Errorf("listening for signals: %w", err)
		}
		if n == nil {
			continue
		}
		if s, ok := parseSignal(n.Payload); ok {
			handle(s)
		}
	}
}

// nextNotification waits for a notification; nil when there was none for a while
// and the connection still lives.
func nextNotification(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	waiting, cancel := context.WithTimeout(ctx, listenCheck)
	defer cancel()
	n, err := conn.WaitForNotification(waiting)
	if err == nil || ctx.Err() != nil || !errors.Is(waiting.Err(), context.DeadlineExceeded) {
		return n, err
	}
	ping, cancelPing := context.WithTimeout(ctx, connectTimeout)
	defer cancelPing()
	return nil, conn.Ping(ping)
}

func parseSignal(payload string) (chat.Signal, bool) {
	fields := strings.Fields(payload)
	if len(fields) != 3 {
		return chat.Signal{}, false
	}
	seq, err := strconv.Atoi(fields[2])
	return chat.Signal{Kind: chat.SignalKind(fields[0]), Turn: fields[1], Seq: seq}, err == nil
}
