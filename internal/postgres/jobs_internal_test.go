package postgres

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river/rivertype"
)

// Attempts that failed are tried again after 1, 2, 4, 8 … seconds, never later than
// after five minutes, however many there were.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for errors, want := range map[int]time.Duration{
			0: time.Second, 1: 2 * time.Second, 2: 4 * time.Second, 5: 32 * time.Second, 7: 128 * time.Second,
			8: 256 * time.Second, 9: 5 * time.Minute, 10: 5 * time.Minute, 70: 5 * time.Minute, 1000: 5 * time.Minute,
		} {
			job := &rivertype.JobRow{Errors: make([]rivertype.AttemptError, errors)}
			if got := time.Until(backoff{}.NextRetry(job)); got != want {
				t.Errorf("after %d failures it waits %s, want %s", errors, got, want)
			}
		}
		before := time.Duration(0)
		for errors := range 100 {
			wait := time.Until(backoff{}.NextRetry(&rivertype.JobRow{Errors: make([]rivertype.AttemptError, errors)}))
			if wait < before || wait > maxBackoff {
				t.Errorf("after %d failures it waits %s, after one less %s", errors, wait, before)
			}
			before = wait
		}
	})
}
