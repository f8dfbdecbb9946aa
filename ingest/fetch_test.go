package ingest

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/ingest/extract"
)

const limit = 1000

// site misbehaves in every way a website can.
type site struct {
	*httptest.Server
	mu       sync.Mutex
	requests map[string]int         // by path
	at       map[string][]time.Time // by path
}

func (s *site) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[path]
}

func newSite(t *testing.T) *site {
	mux := http.NewServeMux()
	s := &site{requests: make(map[string]int), at: make(map[string][]time.Time)}
	reply := func(pattern, contentType, body string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write([]byte(body))
		})
	}
	reply("/robots.txt", "text/plain", "User-agent: *\nDisallow: /\n\nUser-agent: Vraagbaak/1.0\nDisallow: /geheim\nAllow: /geheim/open.txt$\n")
	reply("/geheim/stuk.txt", "text/plain", "Niet voor ons.")
	reply("/geheim/open.txt", "text/plain", "Wel voor ons.")
	reply("/advies.pdf", "application/octet-stream", "%PDF-1.7 …")
	reply("/zonder-naam/", "application/pdf", "%PDF-1.7 …")
	reply("/tekst", "text/plain; charset=utf-8", "Tekst.")
	reply("/opmaak", "text/markdown", "# Kop")
	reply("/film", "video/mp4", "\x00\x00")
	reply("/archief.zip", "application/zip", "PK\x03\x04")
	reply("/zogenaamd.pdf", "application/pdf", "<html>") // the reader will say what it is
	mux.HandleFunc("/bijlage", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="../../Eén visie.txt"`)
		_, _ = w.Write([]byte("Tekst."))
	})
	redirect := func(pattern, to string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		})
	}
	redirect("/rond", "/rond")
	redirect("/door", "/advies.pdf")
	redirect("/naar-bestand", "file:///etc/passwd")
	redirect("/naar-geheim", "/geheim/stuk.txt")
	redirect("/naar-elders", "http://elders.example/advies.pdf")
	redirect("/naar-poort", "http://127.0.0.1:1/advies.pdf")
	redirect("/naar-onzin", "http://[::/")
	mux.HandleFunc("/groot", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", "99999999999")
	})
	endless := func(w io.Writer, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(strings.Repeat("meer ", 100))); err != nil {
				return
			}
		}
	}
	mux.HandleFunc("/eindeloos", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		endless(w, r)
	})
	mux.HandleFunc("/bom", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		endless(packed, r)
	})
	mux.HandleFunc("/brotli", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Encoding", "br")
		_, _ = w.Write([]byte("\x0b\x02\x80"))
	})
	mux.HandleFunc("/koppen", func(w http.ResponseWriter, _ *http.Request) {
		for i := range 2000 {
			w.Header().Set(fmt.Sprintf("X-Vulling-%d", i), strings.Repeat("x", 1000))
		}
	})
	mux.HandleFunc("/traag", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/druppel.txt", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(50 * time.Millisecond)
		}
	})
	mux.HandleFunc("/breekt.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "500")
		_, _ = w.Write([]byte("half"))
	})
	mux.HandleFunc("/hapert.txt", func(w http.ResponseWriter, _ *http.Request) {
		switch s.count("/hapert.txt") {
		case 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.Header().Set("Content-Length", "500")
			_, _ = w.Write([]byte("half"))
		default:
			_, _ = w.Write([]byte("Heel."))
		}
	})
	mux.HandleFunc("/druk.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	mux.HandleFunc("/zelfde.txt", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"een"`)
		if r.Header.Get("If-None-Match") == `"een"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte("Zelfde."))
	})
	mux.HandleFunc("/ongevraagd.txt", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests[r.URL.Path]++
		s.at[r.URL.Path] = append(s.at[r.URL.Path], time.Now())
		s.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// quick does not make tests wait.
func quick(o FetchOptions) *fetcher {
	o.Timeout, o.Pause, o.AllowPrivate = 2*time.Second, time.Millisecond, true
	if o.Delay == 0 {
		o.Delay = time.Nanosecond
	}
	return newFetcher(o)
}

func TestFetch(t *testing.T) {
	server := newSite(t)
	cases := map[string]string{ // path → file name, or code of the failure
		"/advies.pdf":      "advies.pdf",
		"/zonder-naam/":    "zonder-naam",
		"/tekst":           "tekst.txt",
		"/opmaak":          "opmaak.md",
		"/bijlage":         "Eén visie.txt",
		"/door":            "advies.pdf",
		"/zogenaamd.pdf":   "zogenaamd.pdf",
		"/hapert.txt":      "hapert.txt",
		"/geheim/open.txt": "open.txt",
		"/geheim/stuk.txt": CodeRobots,
		"/naar-geheim":     CodeRobots,
		"/film":            extract.CodeUnsupported,
		"/archief.zip":     extract.CodeUnsupported,
		"/brotli":          extract.CodeUnsupported,
		"/rond":            CodeUnreadable,
		"/naar-bestand":    CodeUnreadable,
		"/naar-elders":     CodeUnreadable,
		"/naar-poort":      CodeUnreadable,
		"/naar-onzin":      CodeUnreadable,
		"/koppen":          CodeUnreadable,
		"/groot":           extract.CodeTooLarge,
		"/traag":           CodeUnreadable,
		"/druppel.txt":     CodeUnreadable,
		"/breekt.txt":      CodeUnreadable,
		"/druk.txt":        CodeUnreadable,
		"/ongevraagd.txt":  CodeUnreadable,
		"/weg":             CodeUnreadable,
	}
	for path, want := range cases {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			got, err := quick(FetchOptions{}).get(t.Context(), server.URL+path, Fetched{}, limit)
			if err != nil {
				failure := asFailure(err)
				if failure.Message == "" || failure.Code == CodeInternal {
					t.Errorf("unclear: %+v of %v", failure, err)
				}
				got.Name = failure.Code
			}
			if diff := cmp.Diff(want, got.Name); diff != "" {
				t.Errorf("%s (%v)", diff, err)
			}
		})
	}
	for _, path := range []string{"/eindeloos", "/bom"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			got, err := quick(FetchOptions{}).get(t.Context(), server.URL+path, Fetched{}, limit)
			if err != nil || len(got.Content) != limit+1 {
				t.Errorf("%d bytes, %v; want one more than the limit, so that the caller refuses it", len(got.Content), err)
			}
		})
	}
}

func TestFetchAsksWhetherItChanged(t *testing.T) {
	server := newSite(t)
	f := quick(FetchOptions{})
	first, err := f.get(t.Context(), server.URL+"/zelfde.txt", Fetched{}, limit)
	if err != nil || first.etag != `"een"` || string(first.Content) != "Zelfde." {
		t.Fatalf("%+v, %v", first, err)
	}
	known := Fetched{Digest: make([]byte, 32), Name: "zelfde.txt", ETag: first.etag}
	again, err := f.get(t.Context(), server.URL+"/zelfde.txt", known, limit)
	if err != nil || again.Content != nil || len(again.stored) != 32 || again.Name != "zelfde.txt" || again.etag != `"een"` {
		t.Errorf("%+v, %v", again, err)
	}
	known.ETag = `"ander"`
	changed, err := f.get(t.Context(), server.URL+"/zelfde.txt", known, limit)
	if err != nil || string(changed.Content) != "Zelfde." || changed.stored != nil {
		t.Errorf("%+v, %v", changed, err)
	}
}

func TestFetchIsPolite(t *testing.T) {
	server := newSite(t)
	const delay = 100 * time.Millisecond
	f := quick(FetchOptions{Delay: delay})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := f.get(t.Context(), server.URL+"/tekst", Fetched{}, limit); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := server.count("/robots.txt"); n != 1 {
		t.Errorf("robots.txt was asked for %d times", n)
	}
	at := server.at["/tekst"]
	if took := at[2].Sub(at[0]); took < 2*delay-20*time.Millisecond {
		t.Errorf("three requests within %v", took)
	}
}

// A host without robots.txt may be read, one whose robots.txt fails may not.
func TestFetchNeedsToKnowWhatIsAllowed(t *testing.T) {
	for status, want := range map[int]bool{404: true, 403: true, 500: false, 429: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				w.WriteHeader(status)
				return
			}
			_, _ = w.Write([]byte("Tekst."))
		}))
		_, err := quick(FetchOptions{}).get(t.Context(), server.URL+"/a.txt", Fetched{}, limit)
		server.Close()
		if (err == nil) != want {
			t.Errorf("robots.txt of status %d: %v", status, err)
		}
	}
}

func TestFetchFollowsToAllowedHosts(t *testing.T) {
	other := newSite(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, other.URL+"/tekst", http.StatusFound)
	}))
	defer server.Close()
	if _, err := quick(FetchOptions{}).get(t.Context(), server.URL+"/a.txt", Fetched{}, limit); !errors.Is(err, errElsewhere) {
		t.Errorf("another port: %v", err)
	}
	if n := other.count("/robots.txt"); n != 0 {
		t.Errorf("the other host was asked %d times", n)
	}
	host := strings.TrimPrefix(other.URL, "http://")
	if _, err := quick(FetchOptions{Hosts: []string{host}}).get(t.Context(), server.URL+"/a.txt", Fetched{}, limit); err != nil {
		t.Errorf("an allowed host: %v", err)
	}
}

func TestFetchLeavesDeadHostsAlone(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	f := quick(FetchOptions{})
	for range 2 {
		if _, err := f.get(t.Context(), address+"/a.txt", Fetched{}, limit); err == nil {
			t.Fatal("a closed port answered")
		}
	}
	if _, err := f.get(t.Context(), address+"/b.txt", Fetched{}, limit); !errors.Is(err, errDead) {
		t.Errorf("%v", err)
	}
}

func TestFetchRefusesPrivateAddresses(t *testing.T) {
	server := newSite(t)
	f := newFetcher(FetchOptions{Timeout: 2 * time.Second})
	for _, address := range []string{
		server.URL + "/advies.pdf",
		strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/advies.pdf",
		"http://169.254.169.254/latest/meta-data/",
		"http://[::1]:80/",
		"http://[::ffff:127.0.0.1]:80/",
	} {
		if _, err := f.get(t.Context(), address, Fetched{}, limit); !errors.Is(err, errPrivate) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestIsPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "145.100.1.1": true, "2a00:1450::1": true,
		"10.0.0.1": false, "172.16.3.4": false, "192.168.1.1": false, "127.0.0.1": false, "169.254.169.254": false, "0.0.0.0": false,
		"100.64.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "::": false, "::1": false, "fe80::1%eth0": false, "fd00::1": false,
		"ff02::1": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false,
	} {
		if got := isPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// A robots.txt that never comes forbids, as one does that cannot be read; what an
// address says of the host it leads to is judged where it is connected to.
func TestFetchWithoutAnAnswer(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			<-r.Context().Done()
			return
		}
		t.Error("a document was asked for without leave")
		_, _ = w.Write([]byte("Tekst."))
	}))
	defer silent.Close()
	f := quick(FetchOptions{})
	f.opts.Timeout = 300 * time.Millisecond
	if _, err := f.get(t.Context(), silent.URL+"/a.txt", Fetched{}, limit); err == nil || asFailure(err).Code == CodeInternal {
		t.Errorf("%v", err)
	}
}

// A redirect into the own network is refused where it is connected to, by name as
// well as by number, even to a host that is allowed.
func TestFetchRefusesRedirectsInside(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("the inside was reached")
		_, _ = w.Write([]byte("geheim"))
	}))
	defer inside.Close()
	for _, host := range []string{"127.0.0.1", "localhost"} {
		f := newFetcher(FetchOptions{Timeout: 2 * time.Second, Delay: time.Nanosecond, Pause: time.Millisecond, Hosts: []string{host}})
		dial := f.client.Transport.(*http.Transport).DialContext
		f.client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "openbaar.example:") { // a public website that is not there
				ours, theirs := net.Pipe()
				go func() {
					defer func() { _ = theirs.Close() }() // the client is served
					request, err := http.ReadRequest(bufio.NewReader(theirs))
					if err != nil {
						return
					}
					if request.URL.Path == "/robots.txt" {
						_, _ = io.WriteString(theirs, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
						return
					}
					to := strings.Replace(inside.URL, "127.0.0.1", host, 1) + "/stuk.txt"
					_, _ = io.WriteString(theirs, "HTTP/1.1 302 Found\r\nLocation: "+to+"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
				}()
				return ours, nil
			}
			return dial(ctx, network, address)
		}
		if _, err := f.get(t.Context(), "http://openbaar.example/a.txt", Fetched{}, limit); !errors.Is(err, errPrivate) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// FuzzReply: whatever a website says of what it sends, it gets a plain file name
// and a bounded wait.
func FuzzReply(f *testing.F) {
	f.Add("https://www.ser.example/a/b.pdf?c=d", `attachment; filename="../../Eén visie.txt"`, "application/pdf; charset=x", "120")
	f.Add("http://x/%2e%2e%2f", `inline; filename*=UTF-8''%2e%2e%2fa`, "text/html", "Sun, 06 Nov 1994 08:49:37 GMT")
	f.Add("HTTP://EXAMPLE:80", `x; filename="."`, ";;", "-1")
	f.Fuzz(func(t *testing.T, address, disposition, kind, after string) {
		if once := cleanAddress(address); cleanAddress(once) != once {
			t.Errorf("%q is written %q, then %q", address, once, cleanAddress(once))
		}
		if d := retryAfter(after); d < 0 {
			t.Errorf("wait %v", d)
		}
		u, err := url.Parse(address)
		if err != nil || !isAddress(address) {
			return
		}
		header := http.Header{"Content-Disposition": {disposition}, "Content-Type": {kind}}
		file, err := named(reply{address: u, header: header, content: []byte("Tekst.")})
		if err == nil && (file.Name == "" || file.Name == "." || file.Name == ".." || strings.ContainsAny(file.Name, "/\x00")) {
			t.Errorf("%q and %q name it %q", address, disposition, file.Name)
		}
	})
}
