package extract

import (
	"archive/zip"
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// wordFile packs parts to a Word document.
func wordFile(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const wordSpace = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"`

func wordDocument(body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><w:document` + wordSpace + `><w:body>` + body + `</w:body></w:document>`
}

func wordParagraph(style, text string) string {
	p := "<w:p>"
	if style != "" {
		p += `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return p + `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

var wordParts = map[string]string{
	"word/styles.xml": `<w:styles` + wordSpace + `>
<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="Kop1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Tussenkop"><w:name w:val="Tussenkop SER"/><w:basedOn w:val="Kop2"/></w:style>
<w:style w:type="paragraph" w:styleId="Kop2"><w:name w:val="heading 2"/><w:basedOn w:val="Kop2"/></w:style>
<w:style w:type="paragraph" w:styleId="Opsom"><w:name w:val="List Bullet"/></w:style>
<w:style w:type="paragraph" w:styleId="Inhopg1"><w:name w:val="toc 1"/></w:style></w:styles>`,
	"word/footnotes.xml": `<w:footnotes` + wordSpace + `><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote>
<w:footnote w:id="4"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t> Kamerstukken II 2013/14, nr. 3.</w:t></w:r></w:p></w:footnote></w:footnotes>`,
	"docProps/core.xml": `<cp:coreProperties xmlns:cp="x" xmlns:dc="y"><dc:title>Arbeid en zorg</dc:title><cp:keywords>type=advies; number=14/04</cp:keywords></cp:coreProperties>`,
	"word/document.xml": wordDocument(
		wordParagraph("Titel", "Arbeid en zorg samen") +
			wordParagraph("Inhopg1", "1 Inleiding 3") +
			wordParagraph("Kop1", "1 Inleiding") +
			`<w:p><w:r><w:t>De raad </w:t></w:r><w:del><w:r><w:delText>wil niet</w:delText></w:r></w:del><w:ins><w:r><w:t>wenst dit.</w:t></w:r></w:ins>` +
			`<w:r><w:footnoteReference w:id="4"/></w:r><w:r><w:t xml:space="preserve"> Er zijn 1.250.000 leden</w:t></w:r>` +
			`<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>2</w:t></w:r><w:r><w:t>.</w:t></w:r></w:p>` +
			wordParagraph("Tussenkop", "1.1 Wat er speelt") +
			wordParagraph("Opsom", "meer werk;") +
			`<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr></w:pPr><w:r><w:t>minder zorgen.</w:t></w:r></w:p>` +
			`<w:p><w:r><w:lastRenderedPageBreak/><w:t>Tweede bladzijde met tekst.</w:t></w:r></w:p>` +
			wordParagraph("", "Tabel 1. Leden per jaar") +
			`<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Jaar</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Leden</w:t></w:r></w:p></w:tc></w:tr>` +
			`<w:tr><w:tc><w:p><w:r><w:t>2013</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>33</w:t></w:r></w:p><w:p><w:r><w:t>zetels</w:t></w:r></w:p></w:tc></w:tr></w:tbl>` +
			`<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent>` + wordParagraph("", "Kader met tekst.") +
			`</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent>` + wordParagraph("", "Kader met tekst.") +
			`</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent><w:t>Na het kader.</w:t></w:r></w:p>` +
			`<w:sectPr/>`),
}

// A Word document: what each paragraph is, pages as Word laid them out, notes at
// the end of their page, deleted text left out.
func TestDOCX(t *testing.T) {
	doc := extractOK(t, newExtractor(t, nil), "a.docx", wordFile(t, wordParts))
	type want struct {
		Kind  corpus.BlockKind
		Level int
		Text  string
	}
	var got [][]want
	for _, p := range doc.Pages {
		var page []want
		for _, b := range p.Blocks {
			page = append(page, want{b.Kind, b.Level, corpus.Slice(p.Text, b.Start, b.End)})
		}
		got = append(got, page)
		if p.Reader != ReaderDOCX {
			t.Errorf("reader %s", p.Reader)
		}
	}
	if d := cmp.Diff([][]want{{
		{corpus.BlockHeading, 1, "Arbeid en zorg samen"},
		{corpus.BlockContents, 0, "1 Inleiding 3"},
		{corpus.BlockHeading, 1, "1 Inleiding"},
		{corpus.BlockParagraph, 0, "De raad wenst dit.¹ Er zijn 1.250.000 leden²."},
		{corpus.BlockHeading, 2, "1.1 Wat er speelt"},
		{corpus.BlockList, 0, "meer werk;"},
		{corpus.BlockList, 0, "minder zorgen."},
		{corpus.BlockFootnote, 0, "¹ Kamerstukken II 2013/14, nr. 3."},
	}, {
		{corpus.BlockParagraph, 0, "Tweede bladzijde met tekst."},
		{corpus.BlockCaption, 0, "Tabel 1. Leden per jaar"},
		{corpus.BlockTable, 0, "Jaar | Leden\n2013 | 33 zetels"},
		{corpus.BlockParagraph, 0, "Na het kader."},
		{corpus.BlockParagraph, 0, "Kader met tekst."},
	}}, got); d != "" {
		t.Error(d)
	}
	if doc.Title != "Arbeid en zorg" || doc.Number != "14/04" || doc.Type != "advies" || doc.Language != "nl" {
		t.Errorf("%+v", doc.Metadata)
	}
}

func TestBadDOCX(t *testing.T) {
	small := wordDocument(wordParagraph("", "Tekst van de raad."))
	locked := append(bytes.Clone(oleSignature), []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")...)
	whole := wordFile(t, wordParts)
	cases := []struct {
		name, file string
		content    []byte
		code, says string
	}{
		{"no archive", "a.docx", []byte("gewoon tekst"), CodeDamaged, "Word-bestand"},
		{"cut off", "a.docx", whole[:len(whole)/2], CodeDamaged, "Word-bestand"},
		{"another archive", "a.docx", wordFile(t, map[string]string{"xl/workbook.xml": "<a/>"}), CodeDamaged, "Word-bestand"},
		{"with a password", "a.docx", locked, CodePassword, "wachtwoord"},
		{"of Word 97", "a.doc", oleSignature, CodeUnsupported, ".docx"},
		{"a bomb", "a.docx", wordFile(t, map[string]string{"word/document.xml": wordDocument(strings.Repeat(" ", maxPart) + wordParagraph("", "x"))}), CodeTooLarge, "te groot"},
		{"nested", "a.docx", wordFile(t, map[string]string{"word/document.xml": wordDocument(strings.Repeat("<w:sdt>", 1_000_000))}), CodeDamaged, "Word-bestand"},
		{"broken XML", "a.docx", wordFile(t, map[string]string{"word/document.xml": small[:len(small)-30]}), CodeDamaged, "Word-bestand"},
		{"without text", "a.docx", wordFile(t, map[string]string{"word/document.xml": wordDocument("")}), CodeNoText, "tekst"},
	}
	e := newExtractor(t, nil)
	for _, c := range cases {
		_, err := e.Extract(context.Background(), c.file, c.content)
		f, ok := AsFailure(err)
		if !ok || f.Code != c.code || !strings.Contains(f.Message, c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	doc := extractOK(t, e, "zonder-naam", wordFile(t, map[string]string{"word/document.xml": small}))
	if len(doc.Pages) != 1 || doc.Pages[0].Text != "Tekst van de raad." {
		t.Errorf("%+v", doc)
	}
}

func FuzzDOCX(f *testing.F) {
	f.Add(wordParts["word/document.xml"], wordParts["word/styles.xml"], wordParts["word/footnotes.xml"])
	f.Add(wordDocument(`<w:p><w:r><w:br w:type="page"/><w:footnoteReference w:id="4"/></w:r></w:p></w:p></w:p><w:tbl><w:tr>`), "<w:styles>", "")
	f.Fuzz(func(t *testing.T, document, styles, notes string) {
		doc, err := readDOCX(wordFile(t, map[string]string{"word/document.xml": document, "word/styles.xml": styles, "word/footnotes.xml": notes}))
		if err != nil {
			if _, ok := AsFailure(err); !ok {
				t.Fatal(err)
			}
			return
		}
		checkPages(t, doc.Pages)
	})
}
