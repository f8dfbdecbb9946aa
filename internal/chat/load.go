package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Load is a measurement: conversations that each ask one question after another,
// all at once, beside bare round trips to the database at the same concurrency in
// the same run, so that figures of different machines compare.
type Load struct {
	Service       *Service
	Conversations int           // at once
	Pause         time.Duration // a reader's, between an answer and the next question
	Questions     []string      // taken in turn
	Turns         int           // in all
	// Bare is one round trip to the database.
	Bare func(ctx context.Context) error
}

// LoadResult is what a Load measured, in milliseconds.
type LoadResult struct {
	Conversations int     `json:"conversations"`
	Turns         int     `json:"turns"`
	WithSentence  int     `json:"with_sentence"` // turns that had one; only those count below
	P50           float64 `json:"first_sentence_p50_ms"`
	P95           float64 `json:"first_sentence_p95_ms"`
	Max           float64 `json:"first_sentence_max_ms"`
	WholeP95      float64 `json:"whole_p95_ms"`
	BareP50       float64 `json:"sql_p50_ms"`
	BareP95       float64 `json:"sql_p95_ms"`
	Ratio         float64 `json:"ratio_p95"` // P95 / BareP95
	PerSecond     float64 `json:"turns_per_second"`
}

// Run asks and measures from the call of Ask to the first sentence in the hands of
// the follower. A turn that ends with an error fails the whole measurement.
func (l Load) Run(ctx context.Context) (LoadResult, error) {
	if l.Conversations < 1 || l.Turns < 1 || len(l.Questions) == 0 {
		return LoadResult{}, errors.New("a load needs conversations, turns and questions")
	}
	bare, _, err := l.each(ctx, 10*l.Turns, func(ctx context.Context, _ int) (first, whole time.Duration, err error) {
		started := time.Now()
		err = l.Bare(ctx)
		return time.Since(started), 0, err
	})
	if err != nil {
		return LoadResult{}, fmt.Errorf("bare round trip: %w", err)
	}
	started := time.Now()
	firsts, wholes, err := l.each(ctx, l.Turns, l.ask)
	if err != nil {
		return LoadResult{}, err
	}
	r := LoadResult{
		Conversations: l.Conversations,
		Turns:         l.Turns,
		WithSentence:  len(firsts),
		P50:           percentile(firsts, 50),
		P95:           percentile(firsts, 95),
		Max:           percentile(firsts, 100),
		WholeP95:      percentile(wholes, 95),
		BareP50:       percentile(bare, 50),
		BareP95:       percentile(bare, 95),
		PerSecond:     float64(l.Turns) / time.Since(started).Seconds(),
	}
	if r.BareP95 > 0 {
		r.Ratio = r.P95 / r.BareP95
	}
	return r, nil
}

// each runs f n times, as many at once as there are conversations, and returns the
// durations that are not 0, sorted.
func (l Load) each(ctx context.Context, n int, f func(ctx context.Context, i int) (first, whole time.Duration, err error)) (firsts, wholes []time.Duration, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	next := 0
	var wg sync.WaitGroup
	for range l.Conversations {
		wg.Go(func() {
			for ctx.Err() == nil {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n {
					return
				}
				first, whole, err := f(ctx, i)
				if err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				if first > 0 {
					firsts = append(firsts, first)
				}
				if whole > 0 {
					wholes = append(wholes, whole)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, nil, err
	}
	slices.Sort(firsts)
	slices.Sort(wholes)
	return firsts, wholes, nil
}

func (l Load) ask(ctx context.Context, i int) (first, whole time.Duration, err error) {
	started := time.Now()
	question := l.Questions[i%len(l.Questions)]
	st, err := l.Service.Ask(ctx, Ask{Question: question})
	if err != nil {
		return 0, 0, fmt.Errorf("asking %q: %w", question, err)
	}
	defer st.Close()
	defer func() {
		select {
		case <-time.After(l.Pause):
		case <-ctx.Done():
		}
	}()
	for {
		e, err := st.Next(ctx)
		if err != nil {
			return 0, 0, fmt.Errorf("asking %q: %w", question, err)
		}
		switch e.Type {
		case EventSentence:
			if first == 0 {
				first = time.Since(started)
			}
		case EventDone:
			return first, time.Since(started), nil
		case EventError:
			return 0, 0, fmt.Errorf("asking %q: %s", question, e.Payload)
		}
	}
}

// percentile of sorted durations by the nearest rank, in milliseconds.
func percentile(sorted []time.Duration, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return milliseconds(sorted[max(0, (len(sorted)*p+99)/100-1)])
}
