package server

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// about is what the pages about the website say of it.
type about struct {
	Operator   string
	Contact    string // as people read it
	ContactURL string // mailto: or https:
	Days       int    // how long conversations are kept; 0 is not said
}

// textPages are the pages that say the same to everybody, by template.
var textPages = []struct{ name, path string }{
	{"about", "/over"},
	{"ai", "/ai"},
	{"privacy", "/privacy"},
	{"accessibility", "/toegankelijkheid"},
	{"contact", "/contact"},
}

type textPage struct {
	layout
	about
}

func (p textPage) with(base layout) any { p.layout = base; return p }

func (p *Pages) text(l *locale, w http.ResponseWriter, r *http.Request, name string) {
	section := ""
	if name == "about" {
		section = name
	}
	of := p.about
	of.Operator = cmp.Or(of.Operator, l.text("about.operator"))
	p.render(l, w, r, http.StatusOK, name, textPage{layout{Title: l.text(name + ".title"), Section: section}, of})
}

// configure checks and takes over the settings of the pages.
func (p *Pages) configure(config PagesConfig) error {
	if config.PublicURL != "" {
		origin, err := parseOrigin(config.PublicURL)
		if err != nil {
			return fmt.Errorf("public address: %w", err)
		}
		p.website = website(origin)
	}
	for _, frame := range config.FrameOrigins {
		origin, err := parseOrigin(frame)
		if err != nil {
			return fmt.Errorf("website that may show the widget: %w", err)
		}
		if !slices.Contains(p.frames, origin) {
			p.frames = append(p.frames, origin)
		}
	}
	contact, err := contactURL(config.Contact)
	if err != nil {
		return err
	}
	p.about = about{
		Operator: strings.TrimSpace(config.Operator), Contact: strings.TrimSpace(config.Contact),
		ContactURL: contact, Days: retentionDays(config.Retention),
	}
	return nil
}

// parseOrigin reads scheme://host[:port], with or without a slash after it.
func parseOrigin(s string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil ||
		strings.ContainsAny(u.Host, "*;, '\"") {
		return "", fmt.Errorf("%q is not of the form https://host", s)
	}
	return u.Scheme + "://" + u.Host, nil
}

// contactURL is where a link to the contact leads.
func contactURL(contact string) (string, error) {
	contact = strings.TrimSpace(contact)
	if contact == "" {
		return "", nil
	}
	if u, err := url.Parse(contact); err == nil && u.Scheme == "https" && u.Host != "" {
		return u.String(), nil
	}
	name, host, found := strings.Cut(contact, "@")
	if !found || name == "" || host == "" || strings.ContainsAny(contact, " ,;<>?&\"\r\n") || strings.Contains(host, "@") {
		return "", errors.New("the contact is neither an e-mail address nor an https address")
	}
	return "mailto:" + contact, nil
}
