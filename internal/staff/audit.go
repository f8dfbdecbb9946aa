package staff

import (
	"context"
	"time"
)

// Entry is a line of the log of changes: who did what to what. It holds no personal
// data of visitors: a conversation is named by its id alone.
type Entry struct {
	User   User           // the zero User is the program's own command line
	Action string         // what was done, as "part.verb": "account.add", "pin.withdraw"
	Object string         // to what, as "kind:id": "account:12", "document:…"; "" for the whole service
	Detail map[string]any // what else tells the change, such as the values before and after; JSON values
}

// Recorded is an entry as the log keeps it.
type Recorded struct {
	Entry
	ID int64 // counts up
	At time.Time
}

// Audit is the log of changes. Nothing in it is ever changed or deleted. A store that
// makes a change in its own transaction writes the entry in that transaction; Record
// is for what changes nothing in the database.
type Audit interface {
	Record(ctx context.Context, e Entry) error
}

// AuditFilter says which entries of the log are wanted. Zero fields stand for all.
type AuditFilter struct {
	User        int64  // of this account
	Action      string // that begin with this
	Object      string // about exactly this
	Since, Till time.Time
	Before      int64 // that come before this id, for the next page
	Limit       int   // at most; 0 is 100, and never more than MaxAudit
}

// MaxAudit is how many entries can be read at once.
const MaxAudit = 10_000
