package extract

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

const webPage = `<!DOCTYPE html>
<html lang="nl"><head><meta charset="utf-8"><title>Werken zonder armoede | Raad</title>
<meta property="article:published_time" content="2021-06-02T10:00:00+02:00">
<style>p{color:red}</style><script>var x = "Niet lezen";</script></head>
<body class="page">
<a href="#main" class="skip">Naar de inhoud</a>
<header role="banner"><nav><ul><li><a href="/">Home</a></li><li><a href="/adviezen">Adviezen</a></li></ul></nav></header>
<div class="cookie" hidden>Wij gebruiken cookies.</div>
<main id="main"><div class="intro"><h1>Werken zonder armoede</h1>
<p class="lead">De raad adviseert het kabinet over werkenden met een laag inkomen.<sup><a href="#fn1">1</a></sup> Dat advies kwam op verzoek van de minister, die vroeg hoe werk meer kan lonen.</p></div>
<section id="aanleiding"><h2>Aanleiding</h2>
<p>In 2019 waren er 220.000 werkende armen in Nederland, en onder zelfstandigen was het aandeel met <b>8,6 procent</b> het hoogst van allemaal.</p>
<p>Het oppervlak is 12 m<sup>2</sup> groot, zegt de raad, en dat is volgens de onderzoekers voor een gezin met kinderen te weinig.</p>
<ul><li>een hoger minimumloon;<ul><li>ook voor jongeren</li></ul></li><li>meer zekerheid.</li></ul>
<ol start="2"><li>Tweede punt.</li><li>Derde punt.</li></ol></section>
<h2><a name="cijfers"></a>Cijfers</h2>
<table><caption>Werkende armen per jaar</caption><tr><th>Jaar</th><th>Aantal</th></tr><tr><td>2018</td><td>210.000</td></tr><tr><td>2019</td><td>220.000</td></tr></table>
<blockquote><p>Werk moet lonen, zegt de voorzitter van de raad over dit advies aan het kabinet.</p></blockquote>
<section role="doc-endnotes"><ol><li id="fn1"><p>Kamerstukken II 2019/20, nr. 12. <a href="#ref1">↩︎</a></p></li></ol></section>
<aside><h2>Zie ook</h2><ul><li>Ander advies</li></ul></aside>
</main><footer><p>Over deze site. Bezoekadres Bezuidenhoutseweg.</p></footer></body></html>`

// A saved web page: the article with its headings, lists, tables and notes, and
// nothing of what stands around it.
func TestHTML(t *testing.T) {
	e := newExtractor(t, nil)
	doc := extractOK(t, e, "pagina.html", []byte(webPage))
	type want struct {
		Kind  corpus.BlockKind
		Level int
		Text  string
	}
	var got []want
	for _, p := range doc.Pages {
		for _, b := range p.Blocks {
			got = append(got, want{b.Kind, b.Level, corpus.Slice(p.Text, b.Start, b.End)})
		}
	}
	if d := cmp.Diff([]want{
		{corpus.BlockHeading, 1, "Werken zonder armoede"},
		{corpus.BlockParagraph, 0, "De raad adviseert het kabinet over werkenden met een laag inkomen.¹ Dat advies kwam op verzoek van de minister, die vroeg hoe werk meer kan lonen."},
		{corpus.BlockHeading, 2, "Aanleiding"},
		{corpus.BlockParagraph, 0, "In 2019 waren er 220.000 werkende armen in Nederland, en onder zelfstandigen was het aandeel met 8,6 procent het hoogst van allemaal."},
		{corpus.BlockParagraph, 0, "Het oppervlak is 12 m² groot, zegt de raad, en dat is volgens de onderzoekers voor een gezin met kinderen te weinig."},
		{corpus.BlockList, 0, "een hoger minimumloon;"},
		{corpus.BlockList, 0, "ook voor jongeren"},
		{corpus.BlockList, 0, "meer zekerheid."},
		{corpus.BlockList, 0, "2. Tweede punt."},
		{corpus.BlockList, 0, "3. Derde punt."},
		{corpus.BlockHeading, 2, "Cijfers"},
		{corpus.BlockCaption, 0, "Werkende armen per jaar"},
		{corpus.BlockTable, 0, "Jaar | Aantal\n2018 | 210.000\n2019 | 220.000"},
		{corpus.BlockParagraph, 0, "Werk moet lonen, zegt de voorzitter van de raad over dit advies aan het kabinet."},
		{corpus.BlockFootnote, 0, "¹ Kamerstukken II 2019/20, nr. 12."},
	}, got); d != "" {
		t.Error(d)
	}
	if doc.Title != "Werken zonder armoede" || doc.Language != "nl" || doc.Date != "2021-06-02" || doc.Pages[0].Reader != ReaderHTML {
		t.Errorf("%+v %+v", doc.Metadata, doc.Pages[0])
	}
	// A page without a name, as it comes from an address.
	if doc := extractOK(t, e, "", []byte(webPage)); len(doc.Pages) != 1 {
		t.Errorf("%d pages", len(doc.Pages))
	}
}

// Long pages are cut at headings with an anchor, and each page bears the anchor
// of the section that it begins in.
func TestHTMLAnchors(t *testing.T) {
	para := "<p>" + strings.Repeat("De raad schrijft hier over werk en inkomen in Nederland. ", 40) + "</p>"
	page := "<html><body><main><h1>Lang stuk</h1>" + para + `<h2 id="een">Een</h2>` + para + "<h3>Zonder anker</h3>" + para + para + para +
		`<section id="twee"><h2>Twee</h2>` + para + "</section></main></body></html>"
	doc := extractOK(t, newExtractor(t, nil), "a.htm", []byte(page))
	var labels []string
	for _, p := range doc.Pages {
		labels = append(labels, p.Label)
	}
	if d := cmp.Diff([]string{"1", "een", "twee"}, labels); d != "" {
		t.Error(d)
	}
}

func TestBadHTML(t *testing.T) {
	e := newExtractor(t, nil)
	cases := []struct {
		name, page, code string
	}{
		{"no text", "<html><body><nav>Menu</nav><script>x()</script></body></html>", CodeNoText},
		{"bytes", "<html>\x00\x01\x02", CodeUnsupported},
		{"too many elements", "<p>" + strings.Repeat("<b>x</b>", maxElements), CodeTooLarge},
	}
	for _, c := range cases {
		_, err := e.Extract(context.Background(), "a.html", []byte(c.page))
		if f, ok := AsFailure(err); !ok || f.Code != c.code {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// Pages of the nineties: no structure, layout tables, Windows-1252.
	old := "<HTML><BODY BGCOLOR=white><TABLE><TR><TD>Menu</TD><TD><FONT SIZE=5>Co\xf6rdinatie van beleid</FONT><BR>De raad zegt: \x93nee\x94.<P>Tweede alinea</TABLE>"
	doc := extractOK(t, e, "oud.htm", []byte(old))
	if !strings.Contains(doc.Pages[0].Text, "Coördinatie van beleid") || !strings.Contains(doc.Pages[0].Text, "“nee”.") {
		t.Errorf("%q", doc.Pages[0].Text)
	}
	deep := strings.Repeat("<div>", 5000) + "Diep weggestopte tekst." + strings.Repeat("</div>", 5000)
	if _, err := e.Extract(context.Background(), "a.html", []byte(deep)); err != nil {
		if f, ok := AsFailure(err); !ok || f.Code != CodeDamaged {
			t.Error(err)
		}
	}
}

func FuzzHTML(f *testing.F) {
	f.Add(webPage)
	f.Add("<table><tr><td><h1>x</h1><li id=fn1>1. y<sup>2</sup><p>z<table><td>a<td>b</table>")
	f.Add("<ul><p>a<ol start=-3><li><li>b</ul>c<dl><dt>d<dd>e<br>f<pre>g\nh")
	f.Fuzz(func(t *testing.T, page string) {
		doc, err := readHTML([]byte(page))
		if err != nil {
			if _, ok := AsFailure(err); !ok {
				t.Fatal(err)
			}
			return
		}
		checkPages(t, doc.Pages)
	})
}
