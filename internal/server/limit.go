package server

import (
	"container/list"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter gives every key its own token bucket. It remembers a bounded number of
// keys, in memory only; the one not seen for longest is forgotten first.
type limiter struct {
	rate  rate.Limit
	burst int
	size  int

	mu      sync.Mutex
	buckets map[string]*list.Element
	order   list.List // of *bucket, latest seen first
}

type bucket struct {
	key     string
	limiter *rate.Limiter
}

func newLimiter(r rate.Limit, burst, size int) *limiter {
	return &limiter{rate: r, burst: burst, size: size, buckets: make(map[string]*list.Element)}
}

// allow takes a token of key's bucket; when there is none it says when there will
// be.
func (l *limiter) allow(key string) (ok bool, retry time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.buckets[key]
	if e == nil {
		if l.order.Len() >= l.size {
			oldest := l.order.Back()
			delete(l.buckets, oldest.Value.(*bucket).key)
			l.order.Remove(oldest)
		}
		e = l.order.PushFront(&bucket{key: key, limiter: rate.NewLimiter(l.rate, l.burst)})
		l.buckets[key] = e
	} else {
		l.order.MoveToFront(e)
	}
	reservation := e.Value.(*bucket).limiter.Reserve()
	if !reservation.OK() {
		return false, time.Minute
	}
	if delay := reservation.Delay(); delay > 0 {
		reservation.Cancel()
		return false, delay
	}
	return true, 0
}

// addresses finds out which client a request is from.
type addresses struct {
	header  string
	proxies []netip.Prefix
}

// AddressOf tells which client a request is from, as the limits of a Server do that
// believes these proxies.
func AddressOf(header string, proxies []netip.Prefix) func(*http.Request) string {
	return addresses{header: header, proxies: proxies}.of
}

// of is the key of a client: its address, or for IPv6 its /64, because a
// subscriber has all of that. A header is believed only from a trusted proxy, and
// then its last address that is not a trusted proxy itself.
func (a addresses) of(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	address = address.Unmap()
	if a.trusted(address) {
		hops := strings.Split(strings.Join(r.Header.Values(a.header), ","), ",")
		for i := len(hops) - 1; i >= 0; i-- {
			hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break
			}
			address = hop.Unmap()
			if !a.trusted(address) {
				break
			}
		}
	}
	if address.Is6() {
		if prefix, err := address.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}

func (a addresses) trusted(address netip.Addr) bool {
	for _, p := range a.proxies {
		if p.Contains(address) {
			return true
		}
	}
	return false
}
