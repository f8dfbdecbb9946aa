package postgres

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// The two kinds of job have a queue each: vectors are made beside the reading of
// documents, one run at a time.
const (
	readQueue  = "read"
	embedQueue = "embed"
)

type readArgs struct {
	Version int64 `json:"version"`
}

func (readArgs) Kind() string { return "read" }

type divideArgs struct {
	Version int64 `json:"version"`
}

func (divideArgs) Kind() string { return "divide" }

type embedArgs struct{}

func (embedArgs) Kind() string { return "embed" }

const (
	// readFaults bounds how often a document is tried when something passing is in
	// the way, such as a child process that was killed.
	readFaults = 6
	// readAttempts bounds it when attempts end without a word, with the worker
	// itself. Many workers may be killed for reasons of their own.
	readAttempts = 20
	// embedPatience is how long vectors wait for the rest of a batch of documents:
	// one training on all of them is better and cheaper than one after each.
	embedPatience = time.Minute
	// embedQuiet is how long no document must have come in for a batch to be over.
	embedQuiet = time.Second
	// sweepEvery is how soon the jobs of a dead process are taken up again.
	sweepEvery = 2 * time.Second
	// stopTimeout is how long running jobs get to notice that the worker stops.
	stopTimeout = 15 * time.Second
	// maxBackoff bounds the wait between two attempts.
	maxBackoff = 5 * time.Minute
)

// Priorities of reading: what is new goes before what is read again.
const (
	priorityNew   = 1
	priorityAgain = 4
)

// unfinished makes a job unique among those that wait or run.
var unfinished = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
	rivertype.JobStateRunning, rivertype.JobStateScheduled,
}}

// insertRead queues the reading of a version, unless that is queued already.
func (s *IngestStore) insertRead(ctx context.Context, tx pgx.Tx, version int64) error {
	return s.insertReading(ctx, tx, version, priorityNew)
}

func (s *IngestStore) insertReading(ctx context.Context, tx pgx.Tx, version int64, priority int) error {
	_, err := s.river.InsertTx(ctx, tx, readArgs{version}, &river.InsertOpts{
		Queue: readQueue, MaxAttempts: readAttempts + 1, Priority: priority,
		UniqueOpts: unfinished,
	})
	if err != nil {
		return fmt.Errorf("queueing the job: %w", err)
	}
	return nil
}

// insertEmbed queues the making of vectors unless a job waits. One that is
// running does not count: it may have looked for chunks before this transaction
// commits. A second waiting job, from a race, does no harm.
func (s *IngestStore) insertEmbed(ctx context.Context, tx pgx.Tx) error {
	var waiting bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM river_job WHERE kind = 'embed' AND state IN ('available', 'scheduled', 'retryable'))`).Scan(&waiting)
	if err == nil && !waiting {
		_, err = s.river.InsertTx(ctx, tx, embedArgs{}, &river.InsertOpts{Queue: embedQueue})
	}
	if err != nil {
		return fmt.Errorf("queueing the vectors: %w", err)
	}
	return nil
}

// Embedding tells whether a job that makes vectors waits or runs. One that
// failed and waits for its next attempt does not count.
func (s *IngestStore) Embedding(ctx context.Context) (embedding bool, err error) {
	err = s.db.pool.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM river_job WHERE kind = 'embed' AND state IN ('available', 'scheduled', 'running'))`).Scan(&embedding)
	if err != nil {
		return false, fmt.Errorf("looking for vectors in the making: %w", err)
	}
	return embedding, nil
}

// Work runs jobs until ctx ends. Whatever breaks the connection to the database
// makes it give up the running jobs, connect again and go on.
func (s *IngestStore) Work(ctx context.Context, opts ingest.WorkOptions, jobs ingest.Jobs) error {
	const shortest, longest = 100 * time.Millisecond, 10 * time.Second
	wait := shortest
	for {
		began := time.Now()
		err := s.workOnce(ctx, opts, jobs)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it stopped because it was told to
		}
		if time.Since(began) > longest {
			wait = shortest
		}
		s.db.logger.WarnContext(ctx, "the worker lost the database and tries again", "error", err, "wait", wait)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = min(2*wait, longest)
	}
}

// workOnce works under one identity: a session of the database that holds an
// advisory lock for as long as this worker lives. Whoever finds a job whose
// worker's lock is free knows that the worker is gone, however it ended, without
// waiting for a timeout.
func (s *IngestStore) workOnce(ctx context.Context, opts ingest.WorkOptions, jobs ingest.Jobs) error {
	life, err := s.startLife(ctx)
	if err != nil {
		return err
	}
	defer life.end()

	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[readArgs]) error {
		if job.Attempt > readAttempts {
			return s.giveUp(ctx, job.Args.Version)
		}
		return stopped(ctx, jobs.Read(ctx, job.Args.Version, len(job.Errors)+1 >= readFaults))
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[divideArgs]) error {
		if jobs.Divide == nil {
			return nil
		}
		return stopped(ctx, jobs.Divide(ctx, job.Args.Version))
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[embedArgs]) error {
		return stopped(ctx, s.embed(ctx, job.CreatedAt, jobs.Embed))
	}))
	client, err := river.NewClient(riverpgxv5.New(s.db.pool), &river.Config{
		ID:      life.name(),
		Schema:  s.db.schema,
		Workers: workers,
		Queues: map[string]river.QueueConfig{
			readQueue:  {MaxWorkers: max(opts.Workers, 1)},
			embedQueue: {MaxWorkers: 1},
		},
		JobTimeout: opts.Timeout,
		// A net below the sweep, for jobs of clients that are none of ours.
		RescueStuckJobsAfter: opts.Timeout + time.Hour,
		FetchCooldown:        20 * time.Millisecond,
		RetryPolicy:          backoff{},
		ErrorHandler:         errorLog{s.db.logger},
		Logger:               slog.New(quiet{s.db.logger.Handler()}),
	})
	if err != nil {
		return fmt.Errorf("configuring the worker: %w", err)
	}
	if err := s.sweep(ctx); err != nil {
		return err
	}
	if err := s.db.inTx(ctx, func(tx pgx.Tx) error { return s.insertEmbed(ctx, tx) }); err != nil {
		return err
	}
	// River takes the end of the context of Start for a wish to stop softly.
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("starting the worker: %w", err)
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if err := client.StopAndCancel(stopping); err != nil {
			s.db.logger.WarnContext(ctx, "the worker did not stop in time", "error", err)
		}
	}()

	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-life.lost:
			return fmt.Errorf("the session of the worker ended: %w", err)
		case <-tick.C:
			if err := s.sweep(ctx); err != nil {
				return err
			}
			if err := s.readAgain(ctx, opts.Reader); err != nil {
				return err
			}
		}
	}
}

// againAtOnce bounds how many versions are pending while older ones are queued to be
// read again.
const againAtOnce = 32

// readAgain queues documents whose current version was read by an older reader, from
// the bytes they were read from. They get a new version; what the catalogue says of
// them is looked up when it is read. A document of which a version waits or failed is
// left alone: what comes of that is read by this reader too.
func (s *IngestStore) readAgain(ctx context.Context, reader int) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT d.id
			FROM versions v JOIN documents d ON d.id = v.document_id
			WHERE v.status = 'current' AND v.reader < $1 AND d.withdrawn_at IS NULL
				AND NOT EXISTS (SELECT FROM versions o WHERE o.document_id = d.id AND o.published_at IS NULL)
			ORDER BY v.reader, v.id
			LIMIT greatest($2 - (SELECT count(*) FROM versions WHERE status = 'pending'), 0)
			FOR UPDATE OF d SKIP LOCKED`, reader, againAtOnce)
		if err != nil {
			return err
		}
		documents, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, document := range documents {
			var version int64
			// Looked at again: the lock came after the look.
			err := tx.QueryRow(ctx, `
				INSERT INTO versions (document_id, number, digest, file_name, status, language)
				SELECT document_id, (SELECT max(number) + 1 FROM versions WHERE document_id = $1), digest, file_name, 'pending', ''
				FROM versions
				WHERE document_id = $1 AND status = 'current' AND reader < $2
					AND NOT EXISTS (SELECT FROM versions WHERE document_id = $1 AND published_at IS NULL)
				RETURNING id`, document, reader).Scan(&version)
			if errors.Is(err, pgx.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			if err := s.insertReading(ctx, tx, version, priorityAgain); err != nil {
				return err
			}
		}
		if len(documents) > 0 {
			s.db.logger.InfoContext(ctx, "documents of an older reader are read again", "documents", len(documents))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("having documents read again: %w", err)
	}
	return nil
}

// stopped turns the error of a job that was cut off because its worker stops
// into one that does not count as an attempt.
func stopped(ctx context.Context, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return river.JobSnooze(0)
	}
	return err
}

// giveUp fails a version that no worker lived to finish.
func (s *IngestStore) giveUp(ctx context.Context, version int64) error {
	err := s.Fail(ctx, version, corpus.Failure{Code: ingest.CodeInternal,
		Message: "Bij het lezen van dit document stopte het programma steeds. Meld dit bij de beheerder en bied het document later opnieuw aan."})
	if errors.Is(err, ingest.ErrSettled) {
		return nil
	}
	return err
}

// embed runs one making of vectors at a time over all processes, and not while
// documents of the same batch are still to come.
func (s *IngestStore) embed(ctx context.Context, queued time.Time, run func(context.Context) error) error {
	if run == nil {
		return nil
	}
	var more bool
	// Documents may be read as fast as they come, so a moment without one to read is
	// not yet the end of a batch.
	if err := s.db.pool.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM versions WHERE status = 'pending')
			OR coalesce((SELECT at FROM corpus_changes ORDER BY id DESC LIMIT 1) > now() - $1::interval, false)`, embedQuiet).Scan(&more); err != nil {
		return fmt.Errorf("looking for documents to come: %w", err)
	}
	if more && time.Since(queued) < embedPatience {
		return river.JobSnooze(time.Second)
	}
	conn, err := s.db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	// Closing the session frees the lock, whatever state it is in.
	defer func() { _ = conn.Hijack().Close(context.WithoutCancel(ctx)) }()
	var turn bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended('vraagbaak embed job', 0))`).Scan(&turn); err != nil {
		return fmt.Errorf("taking the turn to make vectors: %w", err)
	}
	if !turn {
		return river.JobSnooze(time.Second)
	}
	return run(ctx)
}

// sweep hands out again what nobody works on.
func (s *IngestStore) sweep(ctx context.Context) error {
	_, err := s.db.pool.Exec(ctx, `
		WITH taken AS MATERIALIZED ( -- running jobs with the lock of their worker
			SELECT id, ('x' || right(attempted_by[cardinality(attempted_by)], 16))::bit(64)::bigint AS key
			FROM river_job
			WHERE state = 'running' AND attempted_by[cardinality(attempted_by)] ~ $1
		), alive AS ( -- the locks that are held
			SELECT (classid::bigint << 32) | objid::bigint AS key
			FROM pg_locks
			WHERE locktype = 'advisory' AND objsubid = 1 AND granted
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		)
		UPDATE river_job
		SET state = 'available', scheduled_at = now(), max_attempts = greatest(max_attempts, attempt + 1)
		FROM taken
		WHERE river_job.id = taken.id AND river_job.state = 'running' AND taken.key NOT IN (SELECT key FROM alive)`,
		"^"+lifePrefix+"[0-9a-f]{16}$")
	if err != nil {
		return fmt.Errorf("taking up the jobs of workers that are gone: %w", err)
	}
	// A pending version always has a job; should one be lost all the same, by hand or
	// by a fault, the document must not wait forever.
	rows, err := s.db.pool.Query(ctx, `
		SELECT v.id FROM versions v
		WHERE v.status = 'pending' AND NOT EXISTS (
			SELECT FROM river_job j
			WHERE j.kind = 'read' AND j.args @> jsonb_build_object('version', v.id)
				AND j.state IN ('available', 'running', 'retryable', 'scheduled', 'pending'))`)
	if err != nil {
		return fmt.Errorf("looking for versions without a job: %w", err)
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("looking for versions without a job: %w", err)
	}
	for _, v := range versions {
		if err := s.db.inTx(ctx, func(tx pgx.Tx) error { return s.insertRead(ctx, tx, v) }); err != nil {
			return fmt.Errorf("version %d has no job: %w", v, err)
		}
	}
	return s.queueDivisions(ctx)
}

// divisionsAtOnce bounds how many divisions wait in the queue.
const divisionsAtOnce = 100

// queueDivisions queues the division of versions that boilerplate was found in.
func (s *IngestStore) queueDivisions(ctx context.Context) error {
	rows, err := s.db.pool.Query(ctx, `SELECT DISTINCT version_id FROM undivided ORDER BY version_id LIMIT $1`, divisionsAtOnce)
	if err != nil {
		return fmt.Errorf("looking for versions to divide: %w", err)
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("looking for versions to divide: %w", err)
	}
	for _, v := range versions {
		_, err := s.river.Insert(ctx, divideArgs{v}, &river.InsertOpts{Queue: readQueue, UniqueOpts: unfinished})
		if err != nil {
			return fmt.Errorf("queueing the division of version %d: %w", v, err)
		}
	}
	return nil
}

const lifePrefix = "vraagbaak-"

// life is the database session that shows that a worker is there.
type life struct {
	conn *pgx.Conn
	key  int64
	lost chan error // gets the reason when the session ends
	stop context.CancelFunc
	done chan struct{}
}

func (l *life) name() string { return fmt.Sprintf("%s%016x", lifePrefix, l.key) }

func (s *IngestStore) startLife(ctx context.Context) (*life, error) {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, fmt.Errorf("choosing an identity: %w", err)
	}
	pooled, err := s.db.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	l := &life{
		conn: pooled.Hijack(),
		key:  int64(binary.BigEndian.Uint64(random[:]) >> 1), // #nosec G115 -- one bit less than unsigned
		lost: make(chan error, 1),
		done: make(chan struct{}),
	}
	if _, err := l.conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, l.key); err != nil {
		_ = l.conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("taking the lock of the worker: %w", err)
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	go func() {
		defer close(l.done)
		// Nothing is listened for: this returns when the session breaks.
		for {
			if _, err := l.conn.WaitForNotification(watching); err != nil {
				l.lost <- err
				return
			}
		}
	}()
	return l, nil
}

// end closes the session, which frees the lock. It comes after the worker
// stopped: a job that still runs would be taken up by another.
func (l *life) end() {
	l.stop()
	<-l.done
	closing, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	_ = l.conn.Close(closing)
}

// backoff waits 1, 2, 4, 8 … seconds, at most maxBackoff.
type backoff struct{}

func (backoff) NextRetry(job *rivertype.JobRow) time.Time {
	wait := maxBackoff
	if n := len(job.Errors); n < 9 {
		wait = time.Second << n
	}
	return time.Now().Add(wait)
}

// errorLog is the one place where the error of an attempt is logged.
type errorLog struct{ logger *slog.Logger }

func (l errorLog) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	l.logger.WarnContext(ctx, "a job failed and will be tried again", "kind", job.Kind, "args", string(job.EncodedArgs), "attempt", job.Attempt, "error", err)
	return nil
}

func (l errorLog) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	l.logger.ErrorContext(ctx, "a job panicked and will be tried again", "kind", job.Kind, "args", string(job.EncodedArgs), "attempt", job.Attempt, "panic", value, "trace", trace)
	return nil
}

// quiet passes on River's errors only: lost connections and failed attempts are
// logged here already.
type quiet struct{ slog.Handler }

func (quiet) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }
func (q quiet) WithGroup(name string) slog.Handler       { return quiet{q.Handler.WithGroup(name)} }
