package ingest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRobots(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		allowed map[string]bool
	}{
		"empty":       {"", map[string]bool{"/": true, "/a?b=c": true}},
		"everything":  {"User-agent: *\nDisallow: /", map[string]bool{"/": false, "/a": false, "/robots.txt": true}},
		"nothing":     {"User-agent: *\nDisallow:", map[string]bool{"/a": true}},
		"not for us":  {"User-agent: ander\nDisallow: /", map[string]bool{"/a": true}},
		"ours first":  {"User-agent: *\nDisallow: /\nUser-agent: vraagbaak\nDisallow: /geheim", map[string]bool{"/a": true, "/geheim/x": false}},
		"shared":      {"User-agent: ander\nuser-AGENT: VraagBaak/2.1\nDisallow: /x", map[string]bool{"/x": false, "/y": true}},
		"in parts":    {"User-agent: vraagbaak\nDisallow: /x\n\nUser-agent: ander\nDisallow: /\n\nUser-agent: vraagbaak\nDisallow: /y", map[string]bool{"/x": false, "/y": false, "/z": true}},
		"longest":     {"User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c", map[string]bool{"/a/x": false, "/a/b/x": true, "/a/b/c": false}},
		"tie":         {"User-agent: *\nDisallow: /a\nAllow: /a", map[string]bool{"/a": true}},
		"end":         {"User-agent: *\nDisallow: /*.pdf$", map[string]bool{"/x/a.pdf": false, "/a.pdf?b": true, "/a.pdf/b.pdf": false}},
		"exact":       {"User-agent: *\nDisallow: /a$", map[string]bool{"/a": false, "/ab": true}},
		"query":       {"User-agent: *\nDisallow: /*?print=", map[string]bool{"/a?print=1": false, "/a": true}},
		"escapes":     {"User-agent: *\nDisallow: /caf%c3%a9\nDisallow: /%7euser", map[string]bool{"/café": false, "/caf%C3%A9": false, "/~user/x": false}},
		"slash":       {"User-agent: *\nDisallow: /a%2Fb", map[string]bool{"/a/b": true, "/a%2fb": false}},
		"comments":    {"\ufeff# voor wie\nUser-agent: * # allen\r\nDisallow: /a # geheim\r\n", map[string]bool{"/a": false, "/b": true}},
		"before":      {"Disallow: /\nUser-agent: ander\nDisallow: /b", map[string]bool{"/a": true, "/b": true}},
		"many stars":  {"User-agent: *\nDisallow: /" + strings.Repeat("*a", 500) + "$", map[string]bool{"/" + strings.Repeat("a", 400): true, "/" + strings.Repeat("a", 500): false}},
		"web page":    {"<!DOCTYPE html><html><body>Niet gevonden: /</body></html>", map[string]bool{"/a": true}},
		"cut in half": {"User-agent: *\n" + strings.Repeat("#"+strings.Repeat("x", 99)+"\n", maxRobots/101) + "Disallow: /abc" + strings.Repeat("d", 200), map[string]bool{"/a": true}},
	} {
		t.Run(name, func(t *testing.T) {
			r := parseRobots([]byte(c.file), "vraagbaak")
			for path, want := range c.allowed {
				if got := r.allows(path); got != want {
					t.Errorf("%s: %v", path, got)
				}
			}
		})
	}
	r := parseRobots([]byte("Sitemap: https://x/a.xml\nUser-agent: *\nCrawl-delay: 2.5\nSitemap: https://x/b.xml"), "vraagbaak")
	if r.delay.Seconds() != 2.5 || len(r.sitemaps) != 2 {
		t.Errorf("%+v", r)
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*a$\nAllow: /%41", "/A")
	f.Fuzz(func(t *testing.T, file, path string) {
		r := parseRobots([]byte(file), "vraagbaak")
		if r.delay < 0 || !r.allows("/robots.txt") {
			t.Errorf("%+v", r)
		}
		r.allows(path)
		if once := encodePath(path); encodePath(once) != once {
			t.Errorf("%q is written %q, then %q", path, once, encodePath(once))
		}
	})
}

func packed(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func urlset(locations ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url><loc>` +
		strings.Join(locations, `</loc><image:image><image:loc>https://x/y.png</image:loc></image:image></url><url><loc> `) + `</loc></url></urlset>`
}

func TestSitemap(t *testing.T) {
	var server *httptest.Server
	pages := map[string]func() string{
		"/sitemap.xml": func() string {
			return `<sitemapindex><sitemap><loc>` + server.URL + `/a.xml</loc></sitemap><sitemap><loc>` + server.URL + `/b.xml.gz</loc></sitemap>
				<sitemap><loc>` + server.URL + `/sitemap.xml</loc></sitemap><sitemap><loc>` + server.URL + `/stuk.xml</loc></sitemap>
				<sitemap><loc>https://elders.example/c.xml</loc></sitemap></sitemapindex>`
		},
		"/a.xml": func() string {
			return urlset(server.URL+"/een.pdf#page=2", server.URL+"/een.pdf", "https://elders.example/x.pdf", "javascript:alert(1)", server.URL+"/plaat.png")
		},
		"/b.xml.gz":   func() string { return packed(t, urlset(server.URL+"/twee.pdf?a=1&amp;b=2")) },
		"/stuk.xml":   func() string { return "<urlset><url><loc>" },
		"/bom.xml":    func() string { return packed(t, "<urlset>"+strings.Repeat(" ", maxSitemap)+"</urlset>") },
		"/robots.txt": func() string { return "Sitemap: " + server.URL + "/b.xml.gz\nUser-agent: *\nDisallow: /dicht/" },
		"/leeg.xml":   func() string { return "<urlset></urlset>" },
		"/ander.xml":  func() string { return `<!DOCTYPE x [<!ENTITY a "b">]><rss><loc>&a;</loc></rss>` },
		"/xxe.xml": func() string {
			return `<!DOCTYPE urlset [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>`
		},
	}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(page()))
	}))
	defer server.Close()
	in := newTestIngester(t, &notebook{}, nil)
	in.fetch = quick(FetchOptions{})
	in.cfg.Fetch.Match = regexp.MustCompile(`\.pdf`)
	find := func(path string) (got []string) {
		sources, err := in.Find(t.Context(), []string{server.URL + path})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sources {
			name := strings.TrimPrefix(s.Name, server.URL)
			if s.open != nil {
				_, err := s.open(t.Context(), 1)
				name = fmt.Sprintf("%s: %s", name, asFailure(err).Code)
			}
			got = append(got, name)
		}
		return got
	}
	if diff := cmp.Diff([]string{"/een.pdf", "/twee.pdf?a=1&b=2", "/stuk.xml: unreadable"}, find("/sitemap.xml")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/twee.pdf?a=1&b=2"}, find("/robots.txt")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/dicht/x.xml: robots"}, find("/dicht/x.xml")); diff != "" {
		t.Error(diff)
	}
	for _, path := range []string{"/bom.xml", "/leeg.xml", "/ander.xml", "/xxe.xml", "/weg.xml"} {
		if diff := cmp.Diff([]string{path + ": unreadable"}, find(path)); diff != "" {
			t.Error(diff)
		}
	}
}

func FuzzSitemap(f *testing.F) {
	f.Add([]byte(urlset("https://x/a", "https://x/b")))
	f.Add([]byte("<sitemapindex><sitemap><loc>x</loc></sitemap></sitemapindex>"))
	f.Fuzz(func(t *testing.T, content []byte) {
		locations, _, err := parseSitemap(content)
		if err != nil && locations != nil {
			t.Errorf("%d locations with %v", len(locations), err)
		}
		for _, l := range locations {
			if l == "" || l != strings.TrimSpace(l) {
				t.Errorf("%q", l)
			}
		}
	})
}
