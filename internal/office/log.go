package office

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/staff"
)

// AuditLog reads the log of changes. It is implemented by *postgres.Audit.
type AuditLog interface {
	Entries(ctx context.Context, f staff.AuditFilter) ([]staff.Recorded, error)
}

func (o *Office) logRoutes() []route {
	if o.auditLog == nil {
		return nil
	}
	return []route{
		{"GET", "/logboek", staff.MayManage, o.logPage},
		{"GET", "/logboek.csv", staff.MayManage, o.logCSV},
	}
}

// logView is the page of the log of changes.
type logView struct {
	Entries []logEntry
	User    int64
	Users   []staff.User
	Action  string
	Object  string
	Since   string // a day, as YYYY-MM-DD
	Till    string
	Next    string // the address of the next page, "" on the last
	CSV     string // the address of all of it as a file
}

type logEntry struct {
	staff.Recorded

	When string
	Who  string
	What string // what was done, in words
	More string // the details in a line
}

// logPageSize is how many entries a page shows.
const logPageSize = 100

// logFilter reads the filter of an address; what cannot be read counts as not given.
func (v *visit) logFilter() (staff.AuditFilter, logView) {
	q := v.r.URL.Query()
	view := logView{Action: clip(q.Get("wat")), Object: clip(q.Get("waarvan"))}
	f := staff.AuditFilter{Action: view.Action, Object: view.Object}
	f.User, _ = strconv.ParseInt(q.Get("wie"), 10, 64)
	f.User = max(f.User, 0)
	view.User = f.User
	if day, err := time.ParseInLocation(time.DateOnly, q.Get("van"), v.zone); err == nil {
		f.Since, view.Since = day, q.Get("van")
	}
	if day, err := time.ParseInLocation(time.DateOnly, q.Get("tot"), v.zone); err == nil {
		f.Till, view.Till = day.AddDate(0, 0, 1), q.Get("tot")
	}
	f.Before, _ = strconv.ParseInt(q.Get("voor"), 10, 64)
	f.Before = max(f.Before, 0)
	return f, view
}

// clip bounds what is looked for.
func clip(s string) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200])
	}
	return s
}

// address is that of a path with the filter.
func (view logView) address(path string, before int64) string {
	q := make(url.Values)
	for key, value := range map[string]string{"wat": view.Action, "waarvan": view.Object, "van": view.Since, "tot": view.Till} {
		if value != "" {
			q.Set(key, value)
		}
	}
	if view.User != 0 {
		q.Set("wie", strconv.FormatInt(view.User, 10))
	}
	if before != 0 {
		q.Set("voor", strconv.FormatInt(before, 10))
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (o *Office) logPage(v *visit) error {
	f, view := v.logFilter()
	f.Limit = logPageSize + 1
	ctx, cancel := v.database()
	defer cancel()
	entries, err := o.auditLog.Entries(ctx, f)
	if err != nil {
		return err
	}
	if o.signIn != nil {
		if view.Users, err = o.signIn.Accounts.Users(ctx); err != nil {
			return err
		}
	}
	if len(entries) > logPageSize {
		entries = entries[:logPageSize]
		view.Next = view.address(v.url("/logboek"), entries[logPageSize-1].ID)
	}
	view.CSV = view.address(v.url("/logboek.csv"), 0)
	for _, e := range entries {
		view.Entries = append(view.Entries, v.logEntry(e))
	}
	return v.page("log", "log", v.text("log.title"), view)
}

func (v *visit) logEntry(e staff.Recorded) logEntry {
	l := logEntry{Recorded: e, When: v.when(e.At), Who: e.User.Name, What: v.actionName(e.Action)}
	if l.Who == "" {
		l.Who = v.text("log.program")
	}
	if len(e.Detail) > 0 {
		b, err := json.Marshal(e.Detail)
		if err == nil {
			l.More = string(b)
		}
	}
	return l
}

// actionName is an action in words; that of a proposal ends with what became of it. One
// that this program does not know, because an earlier one recorded it, keeps its code.
func (l *locale) actionName(action string) string {
	known := func(name string) bool { return !strings.HasPrefix(name, "log.") } // else it is the key
	if name := l.text("log.action." + action); known(name) {
		return name
	}
	if i := strings.LastIndexByte(action, '.'); i > 0 {
		kind, became := l.text("log.action."+action[:i]), l.text("log.proposal."+action[i+1:])
		if known(kind) && known(became) {
			return kind + " (" + became + ")"
		}
	}
	return action
}

func (o *Office) logCSV(v *visit) error {
	f, _ := v.logFilter()
	f.Limit = staff.MaxAudit
	ctx, cancel := v.database()
	defer cancel()
	entries, err := o.auditLog.Entries(ctx, f)
	if err != nil {
		return err
	}
	rows := [][]string{{"id", "at", "user_id", "user", "action", "object", "detail"}}
	for _, e := range entries {
		l := v.logEntry(e)
		rows = append(rows, []string{
			strconv.FormatInt(e.ID, 10), e.At.UTC().Format(time.RFC3339), strconv.FormatInt(e.User.ID, 10),
			harmless(l.Who), e.Action, harmless(e.Object), harmless(l.More),
		})
	}
	content, err := csvLines(rows, ',', false)
	if err != nil {
		return err
	}
	return v.file("logboek.csv", csvType, content)
}
