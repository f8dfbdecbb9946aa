package answer

import (
	"context"
	"regexp"
	"strings"
)

// A question may name two of a kind side by side: how many members did the platforms of
// Amsterdam and Rotterdam have? Where no sentence says both, each is asked by itself.

// sideBySide finds two names or years with "en" or "of" between them.
var sideBySide = regexp.MustCompile(`(?P<one>(?:\p{Lu}[\pL\d’'-]*(?: \p{Lu}[\pL\d’'-]*){0,3})|\b(?:19|20)\d\d)(?:,)? (?:en|of|and|or) (?:(?:dat|die|that|those|de|het|the|in|van|bij|voor|uit|of|for|at|ook) ){0,3}(?P<two>(?:\p{Lu}[\pL\d’'-]*(?: \p{Lu}[\pL\d’'-]*){0,3})|(?:19|20)\d\d\b)`)

// spanned comes before two years that are the ends of a stretch of time.
var spanned = regexp.MustCompile(`(?i)\b(tussen|between) (\S+ )?$`)

// halves are the two questions of one that names two of a kind, each of one of them.
func (u *Understanding) halves() (out [2]string, ok bool) {
	q := u.Question
	m := sideBySide.FindStringSubmatchIndex(q)
	if m == nil || u.Form == FormYesNo || u.Form == FormDefinition || u.comparison != nil || spanned.MatchString(q[:m[0]]) {
		return out, false
	}
	one, two := q[m[2]:m[3]], q[m[4]:m[5]]
	if strings.EqualFold(one, two) || (one[0] <= '9') != (two[0] <= '9') || !u.has(one) || !u.has(two) {
		return out, false
	}
	return [2]string{q[:m[3]] + q[m[5]:], q[:m[2]] + two + q[m[5]:]}, true
}

// has reports whether a name is one that an answer has to say, or a year.
func (u *Understanding) has(name string) bool {
	if name[0] <= '9' {
		return true
	}
	for _, w := range words(name, u.Asked) {
		for _, t := range u.terms {
			if t.name && t.text == w.text {
				return true
			}
		}
	}
	return false
}

// byHalves answers both questions of one that names two of a kind, or none.
func (t *turn) byHalves(ctx context.Context, u *Understanding) ([]composed, string, error) {
	halves, ok := u.halves()
	if !ok {
		return nil, "", nil
	}
	var out []composed
	for _, q := range halves {
		half := understand(Request{Question: q, Lang: u.Lang})
		if half.Intent != IntentAsk {
			return nil, "", nil
		}
		found, err := t.search(ctx, &half)
		if err != nil {
			return nil, "", err
		}
		chosen, why := t.service.compose(&half, found)
		if len(chosen) == 0 {
			return nil, why, nil
		}
		for _, c := range directOf(chosen) {
			if !redundant(c.candidate, out) {
				out = append(out, c)
			}
		}
	}
	return out, "each of two by itself", nil
}

// directOf is the sentence of an answer that answers, and what leads to it.
func directOf(chosen []composed) []composed {
	for i, c := range chosen {
		if !c.lead {
			return chosen[:i+1]
		}
	}
	return chosen
}
