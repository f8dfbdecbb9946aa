package extract

import "strings"

// Limits of a page's structure tree: PDFium guards against circular ones, not
// against large ones.
const (
	maxTagDepth = 60
	maxTags     = 20_000 // elements of one page
)

// tag is what a piece of marked content was tagged as: the innermost element
// that says what kind of block it is, and a number that tells elements apart.
type tag struct {
	kind string
	item int
	box  int // number of the element that sets it apart from the running text; 0 for none
}

// boxTags are the structure types of what stands beside the running text.
var boxTags = map[string]bool{"aside": true, "blockquote": true}

// blockTags are the standard structure types that say what a block is (ISO
// 32000-1, 14.8.4), lower-case. Types of the producer's own come back as what
// its role map makes of them.
var blockTags = map[string]bool{
	"h": true, "h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "title": true,
	"p": true, "li": true, "caption": true, "note": true, "fenote": true, "toci": true, "td": true, "th": true,
}

// holds reports the elements that are parts of this one: the paragraphs and items
// of a note or a table of contents, the paragraphs of a list item or a cell.
func (t tag) holds(kind string) bool {
	switch t.kind {
	case "note", "fenote", "toci", "caption":
		return true
	case "li", "td", "th":
		return kind == "p"
	}
	return false
}

// tags are the tags of a page's marked content, by its id; nil when the page
// has none.
func (c *calls) tags(page uint64) map[int]tag {
	tree := c.call("FPDF_StructTree_GetForPage", page)
	if tree == 0 {
		return nil
	}
	defer c.call("FPDF_StructTree_Close", tree)
	out := map[int]tag{}
	count := 0
	var walk func(element uint64, in tag, depth int)
	walk = func(element uint64, in tag, depth int) {
		if count++; element == 0 || depth > maxTagDepth || count > maxTags {
			return
		}
		switch kind := strings.ToLower(c.wide("FPDF_StructElement_GetType", element)); {
		case boxTags[kind]:
			in.box = count
		case blockTags[kind] && !in.holds(kind):
			in.kind, in.item = kind, count
		}
		children := c.number("FPDF_StructElement_CountChildren", element)
		if children <= 0 {
			if id := c.number("FPDF_StructElement_GetMarkedContentID", element); id >= 0 {
				out[id] = in
			}
			return
		}
		for i := range min(children, maxTags-count) {
			if id := c.number("FPDF_StructElement_GetChildMarkedContentID", element, uint64(i)); id >= 0 {
				out[id] = in
				continue
			}
			walk(c.call("FPDF_StructElement_GetChildAtIndex", element, uint64(i)), in, depth+1)
		}
	}
	for i := range min(c.number("FPDF_StructTree_CountChildren", tree), maxTags) {
		walk(c.call("FPDF_StructTree_GetChildAtIndex", tree, uint64(i)), tag{}, 0)
	}
	return out
}

// headingTag is the level that a tag gives a heading: 1 to 6, 0 for a heading
// without one, -1 for what is no heading.
func headingTag(kind string) int {
	switch {
	case kind == "title":
		return 1
	case kind == "h":
		return 0
	case len(kind) == 2 && kind[0] == 'h' && kind[1] >= '1' && kind[1] <= '6':
		return int(kind[1] - '0')
	}
	return -1
}
