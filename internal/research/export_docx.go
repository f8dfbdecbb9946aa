package research

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// Names of WordprocessingML (ECMA-376, part 1).
const (
	wordSpace     = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	relationSpace = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageSpace  = "http://schemas.openxmlformats.org/package/2006/"
	wordMedia     = "application/vnd.openxmlformats-officedocument.wordprocessingml."
	xmlHead       = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
)

// exportDOCX writes passages as quotes with real footnotes, and the notes under them.
func exportDOCX(sources []Source, o ExportOptions) ([]byte, error) {
	lang := "nl-NL"
	if o.Lang == "en" {
		lang = "en-GB"
	}
	var document, footnotes, links strings.Builder
	document.WriteString(paragraphXML("Heading1", runXML(headingOf(o.Lang), "")))
	for i, s := range sources {
		quotes := paragraphs(s.Quote)
		for j, line := range quotes {
			run := runXML(line, "")
			if j == len(quotes)-1 {
				run += fmt.Sprintf(`<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteReference w:id="%d"/></w:r>`, i+1)
			}
			document.WriteString(paragraphXML("Quote", run))
		}
		for _, line := range paragraphs(s.Note) {
			document.WriteString(paragraphXML("BodyText", runXML(line, "")))
		}
		link := fmt.Sprintf("link%d", i+1)
		var note strings.Builder
		note.WriteString(`<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>` + runXML(" ", ""))
		for _, span := range s.Leidraad() {
			switch {
			case span.URL:
				note.WriteString(`<w:hyperlink r:id="` + link + `">` + runXML(span.Text, `<w:rStyle w:val="Hyperlink"/>`) + `</w:hyperlink>`)
				fmt.Fprintf(&links, `<Relationship Id="%s" Type="%s/hyperlink" Target="%s" TargetMode="External"/>`, link, relationSpace, escapeXML(span.Text))
			case span.Italic:
				note.WriteString(runXML(span.Text, `<w:i/>`))
			default:
				note.WriteString(runXML(span.Text, ""))
			}
		}
		fmt.Fprintf(&footnotes, `<w:footnote w:id="%d">%s</w:footnote>`, i+1, paragraphXML("FootnoteText", note.String()))
	}
	spaces := fmt.Sprintf(`xmlns:w="%s" xmlns:r="%s"`, wordSpace, relationSpace)
	files := []struct{ name, content string }{
		{"[Content_Types].xml", `<Types xmlns="` + packageSpace + `content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/word/document.xml" ContentType="` + wordMedia + `document.main+xml"/>` +
			`<Override PartName="/word/styles.xml" ContentType="` + wordMedia + `styles+xml"/>` +
			`<Override PartName="/word/settings.xml" ContentType="` + wordMedia + `settings+xml"/>` +
			`<Override PartName="/word/footnotes.xml" ContentType="` + wordMedia + `footnotes+xml"/>` +
			`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packageSpace + `relationships">` +
			`<Relationship Id="document" Type="` + relationSpace + `/officeDocument" Target="word/document.xml"/>` +
			`<Relationship Id="core" Type="` + packageSpace + `relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`},
		{"docProps/core.xml", `<cp:coreProperties xmlns:cp="` + packageSpace + `metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
			`<dc:title>` + headingOf(o.Lang) + `</dc:title><dc:language>` + lang + `</dc:language></cp:coreProperties>`},
		{"word/document.xml", `<w:document ` + spaces + `><w:body>` + document.String() +
			`<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1417" w:right="1417" w:bottom="1417" w:left="1417" w:header="708" w:footer="708" w:gutter="0"/></w:sectPr></w:body></w:document>`},
		{"word/footnotes.xml", `<w:footnotes ` + spaces + `>` +
			`<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>` +
			`<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>` +
			footnotes.String() + `</w:footnotes>`},
		{"word/settings.xml", `<w:settings ` + spaces + `><w:footnotePr><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr></w:settings>`},
		{"word/styles.xml", `<w:styles ` + spaces + `><w:docDefaults><w:rPrDefault><w:rPr>` +
			`<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:cs="Calibri"/><w:sz w:val="22"/><w:lang w:val="` + lang + `"/></w:rPr></w:rPrDefault>` +
			`<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>` +
			`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>` +
			`<w:style w:type="paragraph" w:styleId="BodyText"><w:name w:val="Body Text"/><w:basedOn w:val="Normal"/></w:style>` +
			`<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="32"/></w:rPr></w:style>` +
			`<w:style w:type="paragraph" w:styleId="Quote"><w:name w:val="Quote"/><w:basedOn w:val="Normal"/><w:pPr><w:ind w:left="567" w:right="567"/></w:pPr></w:style>` +
			`<w:style w:type="paragraph" w:styleId="FootnoteText"><w:name w:val="footnote text"/><w:basedOn w:val="Normal"/><w:rPr><w:sz w:val="18"/></w:rPr></w:style>` +
			`<w:style w:type="character" w:styleId="FootnoteReference"><w:name w:val="footnote reference"/><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>` +
			`<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/><w:rPr><w:color w:val="0563C1"/><w:u w:val="single"/></w:rPr></w:style></w:styles>`},
		{"word/_rels/document.xml.rels", `<Relationships xmlns="` + packageSpace + `relationships">` +
			`<Relationship Id="styles" Type="` + relationSpace + `/styles" Target="styles.xml"/>` +
			`<Relationship Id="settings" Type="` + relationSpace + `/settings" Target="settings.xml"/>` +
			`<Relationship Id="footnotes" Type="` + relationSpace + `/footnotes" Target="footnotes.xml"/></Relationships>`},
		{"word/_rels/footnotes.xml.rels", `<Relationships xmlns="` + packageSpace + `relationships">` + links.String() + `</Relationships>`},
	}
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, f := range files {
		w, err := archive.Create(f.name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write([]byte(xmlHead + f.content)); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func paragraphXML(style, runs string) string {
	return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>` + runs + `</w:p>`
}

func runXML(text, properties string) string {
	if properties != "" {
		properties = `<w:rPr>` + properties + `</w:rPr>`
	}
	return `<w:r>` + properties + `<w:t xml:space="preserve">` + escapeXML(text) + `</w:t></w:r>`
}

func escapeXML(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(printable(s))) // a buffer takes all
	return b.String()
}
