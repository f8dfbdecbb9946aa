package server

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/web"
)

// maxRelated is how many related documents a page names.
const maxRelated = 5

func (p *Pages) robots(w http.ResponseWriter, r *http.Request) {
	var b strings.Builder
	b.WriteString("User-agent: *\n")
	for _, lang := range web.Languages() { // what visitors asked is theirs
		fmt.Fprintf(&b, "Disallow: %s/gesprek/\n", p.locales[lang].prefix)
	}
	fmt.Fprintf(&b, "Disallow: /api/\nSitemap: %s/sitemap.xml\n", p.origin(r))
	serveText(w, "text/plain; charset=utf-8", b.String())
}

// security is security.txt (RFC 9116).
func (p *Pages) security(w http.ResponseWriter, r *http.Request) {
	now := time.Now().UTC()
	expires := time.Date(now.Year(), now.Month()+6, 1, 0, 0, 0, 0, time.UTC)
	serveText(w, "text/plain; charset=utf-8", fmt.Sprintf(
		"Contact: %s\nExpires: %s\nPreferred-Languages: nl, en\nCanonical: %s/.well-known/security.txt\n",
		p.about.ContactURL, expires.Format(time.RFC3339), p.origin(r)))
}

func serveText(w http.ResponseWriter, mediaType, text string) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write([]byte(text)) //nolint:gosec // never HTML, and nosniff keeps it so; a reader that is gone needs none
}

type sitemapLink struct {
	Rel  string `xml:"rel,attr"`
	Lang string `xml:"hreflang,attr"`
	Href string `xml:"href,attr"`
}

type sitemapURL struct {
	Loc   string        `xml:"loc"`
	Links []sitemapLink `xml:"xhtml:link"`
}

// sitemap names every page that is for everybody, in both languages.
func (p *Pages) sitemap(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	documents, err := p.library.Documents(ctx)
	if err != nil {
		p.Problem(w, r, err)
		return
	}
	paths := []string{"/", "/documenten"}
	for _, page := range textPages {
		paths = append(paths, page.path)
	}
	for _, d := range documents {
		paths = append(paths, "/documenten/"+url.PathEscape(d.ID))
	}
	set := struct {
		XMLName xml.Name     `xml:"urlset"`
		NS      string       `xml:"xmlns,attr"`
		XHTML   string       `xml:"xmlns:xhtml,attr"`
		URLs    []sitemapURL `xml:"url"`
	}{NS: "http://www.sitemaps.org/schemas/sitemap/0.9", XHTML: "http://www.w3.org/1999/xhtml"}
	origin := p.origin(r)
	for _, path := range paths {
		var links []sitemapLink
		for _, lang := range web.Languages() {
			links = append(links, sitemapLink{"alternate", lang, origin + p.locales[lang].url(path)})
		}
		for _, link := range links {
			set.URLs = append(set.URLs, sitemapURL{Loc: link.Href, Links: links})
		}
	}
	b, err := xml.Marshal(set)
	if err != nil {
		p.Problem(w, r, err)
		return
	}
	serveText(w, "application/xml; charset=utf-8", xml.Header+string(b)+"\n")
}

// catalogue describes the corpus as a DCAT catalogue (W3C DCAT 3).
func (p *Pages) catalogue(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	documents, err := p.library.Documents(ctx)
	if err != nil {
		p.Problem(w, r, err)
		return
	}
	updated, err := p.library.UpdatedAt(ctx, "")
	if err != nil {
		p.Problem(w, r, err)
		return
	}
	l, origin := p.locales["nl"], p.origin(r)
	type object = map[string]any
	datasets := make([]object, len(documents))
	for i, d := range documents {
		page := origin + l.url("/documenten/"+url.PathEscape(d.ID))
		set := object{
			"@id": page, "@type": "dcat:Dataset",
			"dct:title": cmp.Or(d.Title, d.ID), "dct:identifier": cmp.Or(d.Number, d.ID),
			"dcat:landingPage": object{"@id": page}, "dcat:version": fmt.Sprint(d.Version),
			"dcat:distribution": object{"@type": "dcat:Distribution", "dcat:accessURL": object{"@id": origin + originalURL(d.ID, d.Version, 0)}},
		}
		if language := languageURI[d.Language]; language != "" {
			set["dct:language"] = object{"@id": language}
		}
		if kind := dateKind(d.Date); kind != "" {
			set["dct:issued"] = object{"@type": kind, "@value": string(d.Date)}
		}
		if d.Type != "" {
			set["dct:type"] = d.Type
		}
		datasets[i] = set
	}
	catalogue := object{
		"@context": object{
			"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/",
			"foaf": "http://xmlns.com/foaf/0.1/", "xsd": "http://www.w3.org/2001/XMLSchema#",
		},
		"@id": origin + "/dcat.jsonld", "@type": "dcat:Catalog",
		"dct:title": l.text("dcat.title"), "dct:description": l.text("dcat.description"),
		"dct:publisher": object{"@type": "foaf:Agent", "foaf:name": cmp.Or(p.about.Operator, l.text("site.name"))},
		"foaf:homepage": object{"@id": origin + l.url("/")},
		"dcat:dataset":  datasets,
	}
	if !updated.IsZero() {
		catalogue["dct:modified"] = object{"@type": "xsd:dateTime", "@value": updated.UTC().Format(time.RFC3339)}
	}
	b, err := json.MarshalIndent(catalogue, "", " ")
	if err != nil {
		p.Problem(w, r, err)
		return
	}
	serveText(w, "application/ld+json", string(b)+"\n")
}

var languageURI = map[string]string{
	"nl": "http://publications.europa.eu/resource/authority/language/NLD",
	"en": "http://publications.europa.eu/resource/authority/language/ENG",
}

// dateKind is the XML Schema type of a date of some precision.
func dateKind(d corpus.Date) string {
	switch len(d) {
	case len("2014"):
		return "xsd:gYear"
	case len("2014-04"):
		return "xsd:gYearMonth"
	case len(time.DateOnly):
		return "xsd:date"
	}
	return ""
}

// report describes a document as a schema.org Report. It stands in the page as
// data: the content security policy is about scripts that run.
func report(origin string, d corpus.Document, path string) template.JS {
	type object = map[string]any
	r := object{
		"@context": "https://schema.org", "@type": "Report",
		"name": cmp.Or(d.Title, d.ID), "url": origin + path, "version": d.Version,
		"encoding":              object{"@type": "MediaObject", "contentUrl": origin + originalURL(d.ID, d.Version, 0)},
		"includedInDataCatalog": object{"@type": "DataCatalog", "url": origin + "/dcat.jsonld"},
	}
	for key, value := range map[string]string{"reportNumber": d.Number, "isbn": d.ISBN, "datePublished": string(d.Date), "inLanguage": d.Language, "genre": d.Type} {
		if value != "" {
			r[key] = value
		}
	}
	b, err := json.Marshal(r) // escapes <, > and &, so it cannot leave its element
	if err != nil {
		return ""
	}
	return template.JS(b) // #nosec G203 -- see above
}

// related are the documents whose titles share the most telling words with that
// of d, at most limit, the nearest first: words weigh by how few titles have them.
func related(d corpus.Document, all []corpus.Document, limit int) []corpus.Document {
	stems := func(title string) map[string]bool {
		out := make(map[string]bool)
		for _, token := range dutch.Tokens(title) {
			if len(token.Text) > 2 && !dutch.IsStopWord(token.Text, "nl") && strings.Trim(token.Text, "0123456789") != "" {
				out[dutch.Stem(token.Text)] = true
			}
		}
		return out
	}
	titles := make([]map[string]bool, len(all))
	count := make(map[string]int)
	for i, other := range all {
		titles[i] = stems(other.Title)
		for stem := range titles[i] {
			count[stem]++
		}
	}
	own := stems(d.Title)
	type scored struct {
		document corpus.Document
		score    float64
	}
	var found []scored
	for i, other := range all {
		if other.ID == d.ID {
			continue
		}
		score := 0.0
		for stem := range own {
			// A word in a quarter of the titles or more says nothing about any of them.
			if titles[i][stem] && (4*count[stem] < len(all) || count[stem] == 2) {
				score += math.Log(float64(len(all)) / float64(count[stem]))
			}
		}
		if score > 0 {
			found = append(found, scored{other, score})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	var out []corpus.Document
	for _, f := range found[:min(limit, len(found))] {
		out = append(out, f.document)
	}
	return out
}
