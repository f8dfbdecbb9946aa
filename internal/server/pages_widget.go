package server

import (
	"net/http"
	"strings"
)

// widgetQuestions is how many examples the widget shows.
const widgetQuestions = 3

// widget is the conversation for the frame of another website. It is the same page
// without what leads elsewhere; only the configured websites may show it.
func (p *Pages) widget(l *locale, w http.ResponseWriter, r *http.Request) {
	page := l.chatPage("", nil, composer{})
	page.Widget, page.NoIndex = true, true
	page.Wiped = r.URL.Query().Has("gewist")
	var short topic
	for _, t := range l.topics {
		if len(short.Questions) < widgetQuestions {
			short.Questions = append(short.Questions, t.Questions[0])
		}
	}
	page.Topics = []topic{short}
	h := w.Header()
	h.Set("Content-Security-Policy", strings.Replace(contentSecurityPolicy, "frame-ancestors 'none'", "frame-ancestors "+strings.Join(p.frames, " "), 1))
	h.Del("X-Frame-Options") // it knows one website at most, and frame-ancestors goes before it
	p.render(l, w, r, http.StatusOK, "home", page)
}

// widgetScript puts the frame into the page that loads it.
func (p *Pages) widgetScript(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	p.assets.ServeNamed(w, r, "widget.js")
}
