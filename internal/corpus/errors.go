package corpus

import "time"

// Code names an error that a user can meet. The codes are part of the
// protocol: clients act on them.
type Code string

// The codes a client can receive.
const (
	CodeBadMessage  Code = "bad_message"
	CodeTooLong     Code = "too_long"
	CodeRateLimited Code = "rate_limited"
	CodeBusy        Code = "busy"
	CodeNotFound    Code = "not_found"
	CodeInternal    Code = "internal"
)

// UserError is an error whose message is meant for the person who caused it.
// Everything else is shown as CodeInternal and goes to the log.
type UserError struct {
	Code       Code
	Message    string        // what is wrong and what to do
	RetryAfter time.Duration // 0: no advice
	Err        error         // cause, for the log; may be nil
}

func (e *UserError) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

func (e *UserError) Unwrap() error { return e.Err }
