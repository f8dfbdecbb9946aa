package server

import "testing"

func TestIsolated(t *testing.T) {
	for in, want := range map[string]string{
		"Advies 21/08 | één":         "Advies 21/08 | één",
		"a\u202eb":                   "\u2068a\u202eb\u2069",
		"שלום":                       "\u2068שלום\u2069",
		"uit\u2069 de \u2066maat":    "\u2068uit de maat\u2069",
		"":                           "",
		"🙂 emoji":                    "🙂 emoji",
		"\u200frechts":               "\u2068\u200frechts\u2069",
		"\u202a\u2069\u2068\u202c x": "\u2068\u202a\u202c x\u2069",
	} {
		if got := isolated(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
