package office

import (
	"math"
	"strconv"
	"strings"
)

// count is a whole number as people here write it.
func (l *locale) count(n int64) string {
	s, sign := strconv.FormatInt(n, 10), ""
	if strings.HasPrefix(s, "-") {
		s, sign = s[1:], "-"
	}
	separator := "."
	if l.lang == "en" {
		separator = ","
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + separator + s[i:]
	}
	return sign + s
}

// decimal is a number as people here write it; what rounds to nothing has no sign.
func (l *locale) decimal(f float64, digits int) string {
	s := strconv.FormatFloat(f, 'f', digits, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	if l.lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// percent is a share from 0 to 1. What is not all is never written as 100%.
func (l *locale) percent(f float64) string {
	switch {
	case math.IsNaN(f):
		return ""
	case f > 0.999 && f < 1:
		f = 0.999
	case f > 0 && f < 0.001:
		f = 0.001
	}
	return l.decimal(100*f, 1) + "%"
}

// wholePercent is a share from 0 to 1 without decimals.
func (l *locale) wholePercent(f float64) string { return l.decimal(100*f, 0) + "%" }

// signedPercent is by how much a share rose or fell.
func (l *locale) signedPercent(f float64) string {
	sign := ""
	switch {
	case f > 0:
		sign = "+"
	case f < 0:
		sign = "−"
	}
	return sign + l.decimal(100*math.Abs(f), 1) + "%"
}

// duration is a time in milliseconds with so many decimals; seconds have one more.
func (l *locale) duration(ms float64, digits int) string {
	if ms < 1000 {
		return l.decimal(ms, digits) + " ms"
	}
	return l.decimal(ms/1000, digits+1) + " s"
}
