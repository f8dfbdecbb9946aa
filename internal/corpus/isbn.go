package corpus

import "strings"

// ISBN writes an International Standard Book Number, of ten or thirteen digits, in
// the one form that is stored and shown: digits in the groups that they were written
// in, apart by hyphens. What has a wrong check digit, or is no such number, is "".
// The check digits are those of ISO 2108:2017: of ISBN-13 modulo 10 with weights 1
// and 3, of ISBN-10 modulo 11 with weights 10 to 1 and X for ten.
func ISBN(s string) string {
	var b strings.Builder
	digits := make([]int, 0, 13)
	apart := false
	for _, r := range strings.TrimSpace(s) {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, int(r-'0'))
		case (r == 'X' || r == 'x') && len(digits) == 9:
			r = 'X'
			digits = append(digits, 10)
		case strings.ContainsRune(" -\u00a0\u2010\u2011\u2012\u2013\u2212", r):
			apart = len(digits) > 0
			continue
		default:
			return ""
		}
		if len(digits) > 13 {
			return ""
		}
		if apart {
			b.WriteByte('-')
			apart = false
		}
		b.WriteRune(r)
	}
	sum := 0
	switch len(digits) {
	case 10:
		for i, d := range digits {
			sum += (10 - i) * d
		}
		if sum%11 != 0 {
			return ""
		}
	case 13:
		for i, d := range digits {
			sum += d * (1 + 2*(i&1))
		}
		if sum%10 != 0 || digits[0] != 9 || digits[1] != 7 || digits[2] < 8 || digits[9] > 9 {
			return ""
		}
	default:
		return ""
	}
	if sum == 0 {
		return "" // nothing but zeros
	}
	return b.String()
}
