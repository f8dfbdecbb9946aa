package ingest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/ingest/extract"
)

const limit = 1000

// site misbehaves in every way a website can.
func site(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	reply := func(pattern, contentType, body string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write([]byte(body))
		})
	}
	reply("/advies.pdf", "application/octet-stream", "%PDF-1.7 …")
	reply("/zonder-naam/", "application/pdf", "%PDF-1.7 …")
	reply("/tekst", "text/plain; charset=utf-8", "Tekst.")
	reply("/opmaak", "text/markdown", "# Kop")
	reply("/pagina", "text/html", "<html>")
	reply("/zogenaamd.pdf", "application/pdf", "<html>") // the reader will say what it is
	mux.HandleFunc("/bijlage", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="../../Eén visie.txt"`)
		_, _ = w.Write([]byte("Tekst."))
	})
	mux.HandleFunc("/rond", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/rond", http.StatusFound) })
	mux.HandleFunc("/door", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/advies.pdf", http.StatusFound) })
	mux.HandleFunc("/naar-bestand", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	})
	mux.HandleFunc("/groot", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", "99999999999")
	})
	mux.HandleFunc("/eindeloos", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(strings.Repeat("meer ", 100))); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/traag", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/breekt.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "500")
		_, _ = w.Write([]byte("half"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestFetch(t *testing.T) {
	server := site(t)
	f := newFetcher(FetchOptions{Timeout: 2 * time.Second, AllowPrivate: true})
	cases := map[string]string{ // path → file name, or code of the failure
		"/advies.pdf":    "advies.pdf",
		"/zonder-naam/":  "zonder-naam",
		"/tekst":         "tekst.txt",
		"/opmaak":        "opmaak.md",
		"/bijlage":       "Eén visie.txt",
		"/door":          "advies.pdf",
		"/zogenaamd.pdf": "zogenaamd.pdf",
		"/pagina":        extract.CodeUnsupported,
		"/rond":          CodeUnreadable,
		"/naar-bestand":  CodeUnreadable,
		"/groot":         extract.CodeTooLarge,
		"/traag":         CodeUnreadable,
		"/breekt.txt":    CodeUnreadable,
		"/weg":           CodeUnreadable,
	}
	for path, want := range cases {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			got, err := f.get(context.Background(), server.URL+path, limit)
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
	t.Run("endless", func(t *testing.T) {
		t.Parallel()
		got, err := f.get(context.Background(), server.URL+"/eindeloos", limit)
		if err != nil || len(got.Content) != limit+1 {
			t.Errorf("%d bytes, %v; want one more than the limit, so that the caller refuses it", len(got.Content), err)
		}
	})
}

func TestFetchRefusesPrivateAddresses(t *testing.T) {
	server := site(t)
	f := newFetcher(FetchOptions{Timeout: 2 * time.Second})
	for _, address := range []string{
		server.URL + "/advies.pdf",
		strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/advies.pdf",
		"http://169.254.169.254/latest/meta-data/",
		"http://[::1]:80/",
		"http://[::ffff:127.0.0.1]:80/",
	} {
		if _, err := f.get(context.Background(), address, limit); !errors.Is(err, errPrivate) {
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
