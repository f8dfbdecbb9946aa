package postgres

import (
	"strings"
	"testing"
)

func TestOlderThan(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		version, than string
		want          bool
	}{
		{"0.8.0", "0.8.2", true},
		{"0.8.2", "0.8.2", false},
		{"0.8.10", "0.8.4", false},
		{"0.10", "0.8.4", false},
		{"0.8", "0.8.1", true},
		{"1", "0.8.4", false},
	} {
		if got := olderThan(test.version, test.than); got != test.want {
			t.Errorf("olderThan(%q, %q) = %v, want %v", test.version, test.than, got, test.want)
		}
	}
}

func TestJudgeExtension(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		version string
		ok      bool
		says    []string
		silent  []string
	}{
		{"0.6.0", false, []string{"upgrade to 0.8.0"}, nil},
		{"0.8.0", true, []string{"CVE-2026-3172", "REINDEX"}, nil},
		{"0.8.2", true, []string{"REINDEX"}, []string{"CVE"}},
		{"0.8.4", true, nil, []string{"upgrade", "CVE", "REINDEX"}},
	} {
		ok, mend := judgeExtension(test.version)
		if ok != test.ok {
			t.Errorf("%s: ok %v, want %v", test.version, ok, test.ok)
		}
		for _, s := range test.says {
			if !strings.Contains(mend, s) {
				t.Errorf("%s: %q does not say %q", test.version, mend, s)
			}
		}
		for _, s := range test.silent {
			if strings.Contains(mend, s) {
				t.Errorf("%s: %q says %q", test.version, mend, s)
			}
		}
	}
}
