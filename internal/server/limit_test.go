package server

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1, 2, 3)
		take := func(key string) bool { ok, _ := l.allow(key); return ok }
		for i, want := range []bool{true, true, false} {
			if take("a") != want {
				t.Errorf("take %d of a burst of two: %v", i+1, !want)
			}
		}
		if _, retry := l.allow("a"); retry != time.Second {
			t.Errorf("retry after %v, want a second", retry)
		}
		if !take("b") {
			t.Error("b pays for a")
		}
		time.Sleep(time.Second)
		if !take("a") || take("a") {
			t.Error("one comes back in a second")
		}
		// The table is bounded; who was not seen for longest is forgotten.
		for i := range 1000 {
			take(fmt.Sprint(i))
		}
		if len(l.buckets) != 3 || l.order.Len() != 3 {
			t.Errorf("%d buckets, %d in order, want 3", len(l.buckets), l.order.Len())
		}
		take("keep")
		take("keep")
		for i := range 10 {
			take(fmt.Sprint(i))
			if take("keep") {
				t.Error("an active address was forgotten")
			}
		}
	})
}

func TestAddresses(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"direct", "203.0.113.9:1234", nil, "203.0.113.9"},
		{"direct with a made-up header", "203.0.113.9:1234", []string{"198.51.100.1"}, "203.0.113.9"},
		{"through a proxy", "10.0.0.1:1234", []string{"203.0.113.9"}, "203.0.113.9"},
		{"through two", "10.0.0.1:1234", []string{"203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{"made-up first hop", "10.0.0.1:1234", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{"in two headers", "10.0.0.1:1234", []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		{"broken header", "10.0.0.1:1234", []string{"203.0.113.9, nonsense"}, "10.0.0.1"},
		{"no header", "10.0.0.1:1234", nil, "10.0.0.1"},
		{"IPv6 by subscriber", "[2001:db8:1:2:3:4:5:6]:1234", nil, "2001:db8:1:2::/64"},
		{"IPv6 through a proxy", "[fd00::1]:1234", []string{"2001:db8:1:2::9"}, "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.9]:1234", nil, "203.0.113.9"},
		{"zone", "[fe80::1%eth0]:1234", nil, "fe80::/64"},
		{"no address", "@", nil, "@"},
	}
	for _, tt := range tests {
		r := &http.Request{RemoteAddr: tt.remote, Header: http.Header{"X-Forwarded-For": tt.forwarded}}
		if got := (addresses{header: "X-Forwarded-For", proxies: proxies}).of(r); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
