package answer

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// pattern is a regular expression that is only tried on texts that hold one of the
// strings without which it cannot match. Most questions hold none of those of most
// patterns, and looking for strings is much cheaper.
type pattern struct {
	*regexp.Regexp
	needs []string // one of them has to be there; nil when nothing is known
}

// re compiles a pattern of the program itself; a wrong one is a programming error.
func re(expr string) *pattern {
	p := &pattern{Regexp: regexp.MustCompile(expr)}
	if tree, err := syntax.Parse(expr, syntax.Perl); err == nil {
		p.needs = needs(tree)
	}
	return p
}

// MatchString reports whether the text holds a match.
func (p *pattern) MatchString(text string) bool {
	return p.possible(text) && p.Regexp.MatchString(text)
}

// FindStringSubmatch is that of regexp.
func (p *pattern) FindStringSubmatch(text string) []string {
	if !p.possible(text) {
		return nil
	}
	return p.Regexp.FindStringSubmatch(text)
}

func (p *pattern) possible(text string) bool {
	if p.needs == nil {
		return true
	}
	for _, n := range p.needs {
		if strings.Contains(text, n) {
			return true
		}
	}
	return false
}

// mostExact bounds the strings that a part of an expression is spelled out into.
const mostExact = 64

// exact are all strings that an expression matches, when they are few.
func exactStrings(e *syntax.Regexp) ([]string, bool) {
	switch e.Op {
	case syntax.OpLiteral:
		if e.Flags&syntax.FoldCase != 0 {
			return nil, false
		}
		return []string{string(e.Rune)}, true
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpCapture:
		return exactStrings(e.Sub[0])
	case syntax.OpQuest:
		sub, ok := exactStrings(e.Sub[0])
		return append([]string{""}, sub...), ok
	case syntax.OpCharClass:
		var out []string
		for i := 0; i+1 < len(e.Rune); i += 2 {
			for r := e.Rune[i]; r <= e.Rune[i+1]; r++ {
				if out = append(out, string(r)); len(out) > 8 {
					return nil, false
				}
			}
		}
		return out, true
	case syntax.OpAlternate:
		var out []string
		for _, s := range e.Sub {
			sub, ok := exactStrings(s)
			if out = append(out, sub...); !ok || len(out) > mostExact {
				return nil, false
			}
		}
		return out, true
	case syntax.OpConcat:
		out := []string{""}
		for _, s := range e.Sub {
			sub, ok := exactStrings(s)
			if !ok || len(out)*len(sub) > mostExact {
				return nil, false
			}
			out = joinAll(out, sub)
		}
		return out, true
	}
	return nil, false
}

func joinAll(heads, tails []string) []string {
	var out []string
	for _, h := range heads {
		for _, t := range tails {
			out = append(out, h+t)
		}
	}
	return out
}

// needs are strings of which every match of an expression holds one, or nil.
func needs(e *syntax.Regexp) []string {
	if all, ok := exactStrings(e); ok {
		return telling(all)
	}
	switch e.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return needs(e.Sub[0])
	case syntax.OpRepeat:
		if e.Min > 0 {
			return needs(e.Sub[0])
		}
	case syntax.OpAlternate:
		var out []string
		for _, s := range e.Sub {
			sub := needs(s)
			if sub == nil {
				return nil
			}
			out = append(out, sub...)
		}
		return out
	case syntax.OpConcat:
		var best []string
		run := []string{""}
		take := func(list []string) {
			if shortest(list) > shortest(best) {
				best = list
			}
		}
		for _, s := range e.Sub {
			if s.Op == syntax.OpWordBoundary || s.Op == syntax.OpBeginText || s.Op == syntax.OpEndText {
				continue
			}
			sub, ok := exactStrings(s)
			if ok && len(run)*len(sub) <= mostExact {
				run = joinAll(run, sub)
				continue
			}
			take(telling(run))
			run = []string{""}
			if ok {
				run = sub
			} else {
				take(needs(s))
			}
		}
		take(telling(run))
		return best
	}
	return nil
}

// telling is a list without the strings that hold another one of it, or nil when one
// of them is empty.
func telling(list []string) []string {
	var out []string
	for i, s := range list {
		if s == "" {
			return nil
		}
		held := false
		for j, o := range list {
			held = held || i != j && strings.Contains(s, o) && (s != o || j < i)
		}
		if !held {
			out = append(out, s)
		}
	}
	return out
}

func shortest(list []string) int {
	if len(list) == 0 {
		return 0
	}
	n := len(list[0])
	for _, s := range list {
		n = min(n, len(s))
	}
	return n
}
