package ingest

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// maxRobots is how much of a robots.txt is read, in bytes (RFC 9309, 2.5).
const maxRobots = 500 << 10

// robots is what a website asks of one visitor in its robots.txt (RFC 9309).
// The zero value allows everything.
type robots struct {
	rules    []robotsRule
	delay    time.Duration // Crawl-delay, which is no part of the RFC; 0 when not said
	sitemaps []string
}

type robotsRule struct {
	pattern string // percent-encoded, may hold * and end in $
	allow   bool
}

// parseRobots reads what holds for agent: the groups that name it, else those
// for everybody.
func parseRobots(content []byte, agent string) robots {
	if len(content) > maxRobots { // and the line that is cut in two
		content = content[:bytes.LastIndexByte(content[:maxRobots], '\n')+1]
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	var (
		named, all robots
		isNamed    bool // a group names the agent
		mine, star bool // the present group is for the agent, for everybody
		inRules    bool // the present group's rules have begun
		sitemaps   []string
	)
	each := func(f func(*robots)) {
		if mine {
			f(&named)
		}
		if star {
			f(&all)
		}
	}
	lines := strings.FieldsFunc(string(content), func(r rune) bool { return r == '\n' || r == '\r' })
	for _, line := range lines {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch key {
		case "user-agent":
			if inRules {
				mine, star, inRules = false, false, false
			}
			switch token := strings.ToLower(value); {
			case token == "*":
				star = true
			case productToken(token) == strings.ToLower(agent):
				mine, isNamed = true, true
			}
		case "allow", "disallow":
			inRules = true
			if value != "" { // an empty rule matches nothing
				each(func(r *robots) {
					r.rules = append(r.rules, robotsRule{encodePath(value), key == "allow"})
				})
			}
		case "crawl-delay":
			inRules = true
			if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds >= 0 && seconds < 1e6 {
				each(func(r *robots) { r.delay = max(r.delay, time.Duration(seconds*float64(time.Second))) })
			}
		case "sitemap":
			sitemaps = append(sitemaps, value)
		}
	}
	r := all
	if isNamed {
		r = named
	}
	r.sitemaps = sitemaps
	return r
}

// productToken is the name of a program without its version.
func productToken(s string) string {
	if i := strings.IndexAny(s, "/ "); i >= 0 {
		s = s[:i]
	}
	return s
}

// allows tells whether a path with its query may be fetched: the longest rule
// that matches decides, and of two as long the one that allows.
func (r robots) allows(path string) bool {
	if path == robotsPath {
		return true
	}
	path = encodePath(path)
	longest, allowed := -1, true
	for _, rule := range r.rules {
		if n := len(rule.pattern); (n > longest || n == longest && rule.allow) && matchesRule(rule.pattern, path) {
			longest, allowed = n, rule.allow
		}
	}
	return allowed
}

// matchesRule matches from the beginning; * stands for anything, $ for the end.
// It takes the leftmost place of every part, so it needs no way back.
func matchesRule(pattern, path string) bool {
	pattern, atEnd := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(path, parts[0])
	if !ok {
		return false
	}
	for i, part := range parts[1:] {
		if i == len(parts)-2 && atEnd {
			return strings.HasSuffix(rest, part)
		}
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return !atEnd || rest == "" || len(parts) > 1
}

// encodePath writes a path with each byte in one of its spellings: letters,
// digits and -._~ as they are, other bytes outside ASCII and existing escapes as
// %XX in upper case.
func encodePath(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				c = byte(v)
				i += 2
				if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
					b.WriteByte(c)
				} else {
					b.Write([]byte{'%', hex[c>>4], hex[c&15]})
				}
				continue
			}
		}
		if c <= ' ' || c >= 0x7f {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
