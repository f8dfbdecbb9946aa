package office

import (
	"context"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// Text is a text for people in both languages.
type Text struct {
	NL string `json:"nl"`
	EN string `json:"en"`
}

// In is the text in a language: "en", or anything else for Dutch.
func (t Text) In(lang string) string {
	if lang == "en" {
		return t.EN
	}
	return t.NL
}

// PublicState is what staff set for every visitor: whether questions are taken, and a
// banner over every page. The zero value is an open chat without a banner.
type PublicState struct {
	Closed     bool      `json:"closed"`
	ClosedText Text      `json:"closed_text"`
	Banner     Text      `json:"banner"`
	From       time.Time `json:"from,omitzero"`  // of the banner; zero: at once
	Until      time.Time `json:"until,omitzero"` // of the banner; zero: until it is taken away
}

// ClosedIn tells in a language why no questions are taken; "" when they are.
func (s PublicState) ClosedIn(lang string) string {
	if !s.Closed {
		return ""
	}
	return s.ClosedText.In(lang)
}

// BannerIn is the banner of a moment in a language; "" for none.
func (s PublicState) BannerIn(lang string, now time.Time) string {
	if now.Before(s.From) || !s.Until.IsZero() && !now.Before(s.Until) {
		return ""
	}
	return s.Banner.In(lang)
}

// PublicDesk keeps the PublicState. A change is followed by every server within two
// seconds, and stands in the log of changes.
type PublicDesk interface {
	Public(ctx context.Context) (PublicState, error)
	SetPublic(ctx context.Context, by staff.User, s PublicState) error
}

// maxNotice bounds a text for every visitor, in characters.
const maxNotice = 500

func (o *Office) publicRoutes() []route {
	if o.editor == nil || o.editor.Public == nil {
		return nil
	}
	return []route{
		{"GET", "/publiek", staff.MayManage, o.public},
		{"POST", "/publiek", staff.MayManage, o.setPublic},
	}
}

type publicPage struct {
	PublicState
	FromText, UntilText string // as typed
	Faults              []fault
	Saved               bool
	Shown               bool // the banner is shown now
}

// fault is what is wrong with a field of a form.
type fault struct{ Field, Message string }

// FaultOf is what is wrong with a field, or "".
func (p publicPage) FaultOf(field string) string { return faultOf(p.Faults, field) }

func faultOf(faults []fault, field string) string {
	for _, f := range faults {
		if f.Field == field {
			return f.Message
		}
	}
	return ""
}

// noticeField is a text of the form.
type noticeField struct{ Name, Label, Value, Fault string }

func newNoticeField(name, label, value, fault string) noticeField {
	return noticeField{name, label, value, fault}
}

// moment is how forms write a moment, as <input type="datetime-local"> does.
const moment = "2006-01-02T15:04"

func (l *locale) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(l.zone).Format(moment)
}

func (o *Office) public(v *visit) error {
	ctx, cancel := v.database()
	defer cancel()
	s, err := o.editor.Public.Public(ctx)
	if err != nil {
		return err
	}
	return v.page("public", "public", v.text("editor.public.title"), publicPage{
		PublicState: s, FromText: v.moment(s.From), UntilText: v.moment(s.Until),
		Saved: v.r.URL.Query().Has("bewaard"), Shown: s.BannerIn(v.lang, time.Now()) != "",
	})
}

func (o *Office) setPublic(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	text := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	p := publicPage{FromText: text("van"), UntilText: text("tot")}
	p.Closed = form.Get("dicht") == "ja"
	p.ClosedText = Text{text("dicht_nl"), text("dicht_en")}
	p.Banner = Text{text("balk_nl"), text("balk_en")}
	wrong := func(field, key string, args ...any) { p.Faults = append(p.Faults, fault{field, v.text(key, args...)}) }
	for _, f := range []struct{ field, text string }{
		{"dicht_nl", p.ClosedText.NL}, {"dicht_en", p.ClosedText.EN}, {"balk_nl", p.Banner.NL}, {"balk_en", p.Banner.EN},
	} {
		if utf8.RuneCountInString(f.text) > maxNotice {
			wrong(f.field, "editor.fault.long", "max", maxNotice)
		}
	}
	if p.Closed {
		if p.ClosedText.NL == "" {
			wrong("dicht_nl", "editor.fault.empty")
		}
		if p.ClosedText.EN == "" {
			wrong("dicht_en", "editor.fault.empty")
		}
	}
	if (p.Banner.NL == "") != (p.Banner.EN == "") {
		field := "balk_en"
		if p.Banner.NL == "" {
			field = "balk_nl"
		}
		wrong(field, "editor.fault.both")
	}
	var ok bool
	if p.From, ok = v.parseMoment(p.FromText); !ok {
		wrong("van", "editor.fault.moment")
	}
	if p.Until, ok = v.parseMoment(p.UntilText); !ok {
		wrong("tot", "editor.fault.moment")
	} else if !p.Until.IsZero() && !p.Until.After(p.From) {
		wrong("tot", "editor.fault.until")
	}
	if len(p.Faults) > 0 {
		return v.show(statusFaulty, "public", "public", v.text("editor.public.title"), p)
	}
	ctx, cancel := v.database()
	defer cancel()
	if err := o.editor.Public.SetPublic(ctx, v.user, p.PublicState); err != nil {
		return err
	}
	return v.to("/publiek?bewaard")
}

// parseMoment reads what a form says of a moment; "" is none.
func (l *locale) parseMoment(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	t, err := time.ParseInLocation(moment, s, l.zone)
	return t, err == nil
}

// form reads the form of a request.
func (v *visit) form() (url.Values, error) {
	if err := v.r.ParseForm(); err != nil {
		return nil, badForm(err)
	}
	return v.r.PostForm, nil
}

// badForm is the error of a form that cannot be read; one that is too large stays as
// it is.
func badForm(err error) error {
	return &corpus.UserError{Code: corpus.CodeBadMessage, Err: err}
}
