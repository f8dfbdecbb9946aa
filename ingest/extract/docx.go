package extract

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// ReaderDOCX names the reader of Word documents (ECMA-376, WordprocessingML).
const ReaderDOCX = "docx"

// Limits of what a Word document may unpack to. The sizes that the archive
// states are not believed: what is read is counted.
const (
	maxPart      = 64 << 20 // bytes of one part
	maxPartDepth = 300      // of elements in elements
	maxParts     = 20_000   // files in the archive
	maxStyles    = 20_000
	maxBasedOn   = 20 // styles based on styles
)

// readDOCX reads a Word document: headings by their style or outline level,
// list items, tables as rows, footnotes at the end of their page. Pages are
// those that Word last laid out, where it has marked them.
func readDOCX(content []byte) (Document, error) {
	if f := oldWord(content); f != nil && bytes.HasPrefix(content, oleSignature) {
		return Document{}, f
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return Document{}, damagedDOCX(err)
	}
	if len(archive.File) > maxParts {
		return Document{}, damagedDOCX(fmt.Errorf("%d files", len(archive.File)))
	}
	parts := map[string]*zip.File{}
	for _, f := range archive.File {
		parts[strings.TrimPrefix(f.Name, "/")] = f
	}
	if parts["word/document.xml"] == nil {
		return Document{}, damagedDOCX(errors.New("no word/document.xml"))
	}
	d := docx{styles: map[string]wordStyle{}, notes: map[string]string{}, marks: map[string]int{}}
	var doc Document
	if err := readPart(parts["word/styles.xml"], d.readStyles); err != nil {
		return Document{}, err
	}
	for _, kind := range []string{"footnote", "endnote"} {
		if err := readPart(parts["word/"+kind+"s.xml"], func(x *wordXML) error { return d.readNotes(x, kind) }); err != nil {
			return Document{}, err
		}
	}
	if err := readPart(parts["word/document.xml"], func(x *wordXML) error { return d.readBody(x) }); err != nil {
		return Document{}, err
	}
	stated := map[string]bool{}
	if err := readPart(parts["docProps/core.xml"], func(x *wordXML) error { return readCore(x, &doc, &stated) }); err != nil {
		return Document{}, err
	}
	doc.Pages = d.pages()
	if doc.Title = usableTitle(doc.Title); doc.Title == "" {
		doc.Title = cleanText(d.title)
	}
	if doc.Title == "" {
		doc.Title = firstHeading(doc.Pages)
	}
	fillFromCover(&doc, stated)
	return doc, nil
}

func damagedDOCX(err error) *Failure {
	f := fail(CodeDamaged, err)
	f.Message = "Het Word-bestand is beschadigd en niet te lezen. Sla het opnieuw op als .docx, of als PDF, en bied het dan aan."
	return f
}

// oleSignature begins the files of Word before 2007, and those with a password.
var oleSignature = []byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}

// oldWord says what to do with a file that is not in the form of Word 2007.
func oldWord(content []byte) *Failure {
	if bytes.Contains(content, []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")) {
		f := fail(CodePassword, nil)
		f.Message = "Het Word-bestand is beveiligd met een wachtwoord. Sla het op zonder wachtwoord en bied het opnieuw aan."
		return f
	}
	f := fail(CodeUnsupported, nil)
	f.Message = "Dit is een Word-bestand in een oude vorm (.doc). Sla het op als .docx of als PDF en bied dat aan."
	return f
}

// wordXML reads one part token by token, within the limits.
type wordXML struct {
	*xml.Decoder
	depth int
}

var errTooDeep = errors.New("elements are nested too deep")

// next is the next token, io.EOF at the end.
func (x *wordXML) next() (xml.Token, error) {
	t, err := x.RawToken()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case xml.StartElement:
		if x.depth++; x.depth > maxPartDepth {
			return nil, errTooDeep
		}
		return t, nil
	case xml.EndElement:
		x.depth--
		return t, nil
	}
	return t, nil
}

// each calls f for every element directly in the current one; f reads it to its
// end, or leaves it to be passed over.
func (x *wordXML) each(f func(xml.StartElement) error) error {
	outer := x.depth
	for {
		t, err := x.next()
		if err != nil {
			if errors.Is(err, io.EOF) && outer == 0 {
				return nil
			}
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			inside := x.depth
			if err := f(t); err != nil {
				return err
			}
			for x.depth >= inside {
				if _, err := x.next(); err != nil {
					return err
				}
			}
		case xml.EndElement:
			if x.depth < outer {
				return nil
			}
		}
	}
}

// text is the characters in the current element.
func (x *wordXML) text() (string, error) {
	var b strings.Builder
	outer := x.depth
	for x.depth >= outer {
		t, err := x.next()
		if err != nil {
			return "", err
		}
		if c, ok := t.(xml.CharData); ok {
			b.Write(c)
		}
	}
	return b.String(), nil
}

func readPart(f *zip.File, read func(*wordXML) error) error {
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return damagedDOCX(err)
	}
	limited := &io.LimitedReader{R: r, N: maxPart}
	d := xml.NewDecoder(limited)
	d.Strict = false
	err = errors.Join(read(&wordXML{Decoder: d}), r.Close())
	if limited.N <= 0 {
		return fail(CodeTooLarge, fmt.Errorf("%s unpacks to more than %d bytes", f.Name, maxPart))
	}
	if err != nil {
		return damagedDOCX(fmt.Errorf("%s: %w", f.Name, err))
	}
	return nil
}

func wordAttr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// wordStyle is what a style says of its paragraphs.
type wordStyle struct {
	name    string // in English, whatever the language of Word
	basedOn string
	outline int // level of heading from 1, 0 for none
	list    bool
}

type docx struct {
	styles map[string]wordStyle
	notes  map[string]string // footnote and endnote texts by kind and id
	marks  map[string]int    // numbers of the notes that were referred to
	blocks []block
	starts []int // index into blocks of pages after the first
	title  string
	// pending: a page began within the paragraph that was read last.
	pending bool
}

func (d *docx) readStyles(x *wordXML) error {
	return x.each(func(_ xml.StartElement) error {
		return x.each(func(e xml.StartElement) error {
			if e.Name.Local != "style" || wordAttr(e, "type") != "paragraph" || len(d.styles) >= maxStyles {
				return nil
			}
			var s wordStyle
			err := x.each(func(p xml.StartElement) error {
				switch p.Name.Local {
				case "name":
					s.name = strings.ToLower(wordAttr(p, "val"))
				case "basedOn":
					s.basedOn = wordAttr(p, "val")
				case "pPr":
					q, err := x.paragraphProperties()
					s.outline, s.list = q.outline, q.list
					return err
				}
				return nil
			})
			d.styles[wordAttr(e, "styleId")] = s
			return err
		})
	})
}

// properties of a paragraph.
type properties struct {
	style   string
	outline int
	list    bool
}

func (x *wordXML) paragraphProperties() (properties, error) {
	var p properties
	err := x.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "pStyle":
			p.style = wordAttr(e, "val")
		case "outlineLvl":
			if n, err := strconv.Atoi(wordAttr(e, "val")); err == nil && n >= 0 && n < 9 {
				p.outline = n + 1
			}
		case "numPr":
			p.list = true
			return x.each(func(n xml.StartElement) error {
				if n.Name.Local == "numId" && wordAttr(n, "val") == "0" {
					p.list = false
				}
				return nil
			})
		}
		return nil
	})
	return p, err
}

// kind is what a paragraph is, by its own properties, then by its style and
// the styles that one is based on.
func (d *docx) kind(p properties) (kind corpus.BlockKind, level int, title bool) {
	level, list := p.outline, p.list
	id := p.style
	for range maxBasedOn {
		s, ok := d.styles[id]
		if !ok {
			s = wordStyle{name: strings.ToLower(id)} // a document without styles.xml
		}
		switch name := strings.ReplaceAll(s.name, " ", ""); {
		case name == "title" || name == "titel":
			return corpus.BlockHeading, 1, true
		case strings.HasPrefix(name, "heading") || strings.HasPrefix(name, "kop"):
			if n, err := strconv.Atoi(strings.TrimLeft(name, "headingkop")); err == nil && n > 0 && n < 10 && level == 0 {
				level = n
			}
		case name == "caption" || name == "bijschrift":
			return corpus.BlockCaption, 0, false
		case strings.HasPrefix(name, "toc") && strings.Trim(name[3:], "0123456789") == "" && name != "toc", strings.HasPrefix(name, "inhopg"):
			return corpus.BlockContents, 0, false
		case strings.HasPrefix(name, "list"):
			list = list || name != "listparagraph"
		}
		if level == 0 {
			level = s.outline
		}
		list = list || s.list
		if !ok || s.basedOn == "" || s.basedOn == id {
			break
		}
		id = s.basedOn
	}
	switch {
	case level > 0:
		return corpus.BlockHeading, min(level, 6), false
	case list:
		return corpus.BlockList, 0, false
	}
	return corpus.BlockParagraph, 0, false
}

// readNotes keeps the texts of footnotes or endnotes.
func (d *docx) readNotes(x *wordXML, kind string) error {
	return x.each(func(_ xml.StartElement) error {
		return x.each(func(e xml.StartElement) error {
			if t := wordAttr(e, "type"); e.Name.Local != kind || t != "" && t != "normal" {
				return nil
			}
			var parts []string
			err := d.story(x, func(_ properties, text string, _ bool) {
				if text = cleanText(text); text != "" {
					parts = append(parts, text)
				}
			}, func(rows []string) { parts = append(parts, rows...) })
			d.notes[kind+wordAttr(e, "id")] = strings.Join(parts, " ")
			return err
		})
	})
}

func (d *docx) readBody(x *wordXML) error {
	return x.each(func(_ xml.StartElement) error {
		return x.each(func(e xml.StartElement) error {
			if e.Name.Local != "body" {
				return nil
			}
			return d.story(x, d.paragraph, func(rows []string) {
				d.put(block{kind: corpus.BlockTable, text: strings.Join(rows, "\n")})
			})
		})
	})
}

func (d *docx) paragraph(p properties, text string, newPage bool) {
	newPage, d.pending = newPage || d.pending, false
	if newPage && len(d.blocks) > 0 && (len(d.starts) == 0 || d.starts[len(d.starts)-1] < len(d.blocks)) {
		d.starts = append(d.starts, len(d.blocks))
	}
	kind, level, title := d.kind(p)
	text = cleanText(text)
	if title && d.title == "" {
		d.title = text
	}
	switch rest, ok := cutBullet(text); {
	case kind == corpus.BlockParagraph && ok:
		kind, text = corpus.BlockList, rest
	case kind == corpus.BlockParagraph && isCaption(text):
		kind = corpus.BlockCaption
	}
	if text != "" {
		d.put(block{kind: kind, level: level, text: text})
	}
}

// put adds a block.
func (d *docx) put(b block) { d.blocks = append(d.blocks, b) }

// story reads paragraphs and tables until the current element ends.
func (d *docx) story(x *wordXML, paragraph func(p properties, text string, newPage bool), table func(rows []string)) error {
	return x.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "p":
			r := run{d: d, x: x}
			if err := r.read(); err != nil {
				return err
			}
			paragraph(r.properties, r.text.String(), r.newPage)
			d.pending = d.pending || r.within
			for _, id := range r.notes {
				if text := d.notes[id]; text != "" {
					d.put(block{kind: corpus.BlockFootnote, text: superscript(strconv.Itoa(d.marks[id])) + " " + text})
					delete(d.notes, id)
				}
			}
			for _, text := range r.boxes {
				paragraph(properties{}, text, false)
			}
		case "tbl":
			rows, err := d.table(x)
			if len(rows) > 0 {
				table(rows)
			}
			return err
		case "sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag":
			return d.story(x, paragraph, table)
		}
		return nil
	})
}

// table gives a table's rows, cells separated by " | ".
func (d *docx) table(x *wordXML) ([]string, error) {
	var rows []string
	err := x.each(func(e xml.StartElement) error {
		if e.Name.Local != "tr" {
			return nil
		}
		var cells []string
		var row func(e xml.StartElement) error
		row = func(e xml.StartElement) error {
			switch e.Name.Local {
			case "sdt", "sdtContent":
				return x.each(row)
			case "tc":
				var parts []string
				err := d.story(x, func(_ properties, text string, _ bool) {
					if text = cleanText(text); text != "" {
						parts = append(parts, text)
					}
				}, func(rows []string) { parts = append(parts, rows...) })
				cells = append(cells, strings.Join(parts, " "))
				return err
			}
			return nil
		}
		err := x.each(row)
		if s := strings.TrimSpace(strings.Join(cells, cellSeparator)); strings.Trim(s, " |") != "" {
			rows = append(rows, s)
		}
		return err
	})
	return rows, err
}

// run reads the text of one paragraph.
type run struct {
	d          *docx
	x          *wordXML
	properties properties
	text       strings.Builder
	newPage    bool     // a page began within or before it
	notes      []string // referred to, in order
	boxes      []string // texts of text boxes anchored in it
	raised     bool
	within     bool // a page began after its first words
}

func (r *run) read() error { return r.x.each(r.element) }

func (r *run) element(e xml.StartElement) error {
	switch e.Name.Local {
	case "pPr":
		p, err := r.x.paragraphProperties()
		r.properties = p
		return err
	case "r":
		r.raised = false
		return r.x.each(r.element)
	case "rPr":
		return r.x.each(func(p xml.StartElement) error {
			if p.Name.Local == "vertAlign" {
				r.raised = wordAttr(p, "val") == "superscript"
			}
			return nil
		})
	case "t":
		s, err := r.x.text()
		if r.raised && s != "" && len(s) <= 3 && strings.Trim(s, "0123456789") == "" {
			s = superscript(s)
		}
		r.text.WriteString(s)
		return err
	case "tab", "cr", "ptab":
		r.text.WriteByte(' ')
	case "br":
		r.text.WriteByte(' ')
		if wordAttr(e, "type") == "page" {
			r.pageBreak()
		}
	case "lastRenderedPageBreak":
		r.pageBreak()
	case "noBreakHyphen":
		r.text.WriteByte('-')
	case "sym":
		r.text.WriteByte(' ')
	case "footnoteReference", "endnoteReference":
		id := strings.TrimSuffix(e.Name.Local, "Reference") + wordAttr(e, "id")
		if r.d.notes[id] != "" || r.d.marks[id] > 0 {
			if r.d.marks[id] == 0 {
				r.d.marks[id] = len(r.d.marks) + 1
			}
			r.notes = append(r.notes, id)
			r.text.WriteString(superscript(strconv.Itoa(r.d.marks[id])))
		}
	case "txbxContent":
		// A text box within the paragraph: its own paragraphs, after this one.
		return r.d.story(r.x, func(_ properties, text string, _ bool) {
			if text = cleanText(text); text != "" {
				r.boxes = append(r.boxes, text)
			}
		}, func(rows []string) { r.boxes = append(r.boxes, strings.Join(rows, " ")) })
	case "del", "moveFrom", "Fallback", "instrText", "delText", "delInstrText", "rt":
		return nil // not the text, or the text for the second time
	default:
		return r.x.each(r.element)
	}
	return nil
}

// pageBreak notes a new page. One that begins within a paragraph leaves the
// paragraph on the page that it began on.
func (r *run) pageBreak() {
	if strings.TrimSpace(r.text.String()) == "" {
		r.newPage = true
	} else {
		r.within = true
	}
}

// pages lays the blocks out over pages: Word's own where it has marked them.
func (d *docx) pages() []corpus.Page {
	var pages []corpus.Page
	from := 0
	for _, to := range append(d.starts, len(d.blocks)) {
		pages = append(pages, paginate(d.blocks[from:to], len(pages)+1, ReaderDOCX)...)
		from = to
	}
	return pages
}

// readCore reads the document's own words about itself.
func readCore(x *wordXML, doc *Document, stated *map[string]bool) error {
	return x.each(func(_ xml.StartElement) error {
		return x.each(func(e xml.StartElement) error {
			switch e.Name.Local {
			case "title":
				s, err := x.text()
				doc.Title = cleanText(s)
				return err
			case "keywords":
				s, err := x.text()
				fields, warnings := keywordFields(&doc.Metadata, s)
				*stated = fields
				doc.Warnings = append(doc.Warnings, warnings...)
				return err
			}
			return nil
		})
	})
}
