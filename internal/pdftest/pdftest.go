// Package pdftest writes PDFs out of their objects, for tests of what no program
// that makes PDFs would write. It is for tests only and imports nothing of the project.
package pdftest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"sync"
)

// Objects is a PDF of these objects, numbered from 1, with a proper
// cross-reference table. The first is its catalogue.
func Objects(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.5\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

// Stream is a stream object; entries are put in its dictionary beside its length.
func Stream(entries, content string) string {
	return fmt.Sprintf("<</Length %d%s>>\nstream\n%s\nendstream", len(content), entries, content)
}

// Helvetica is a font object, in the encoding of Western European text.
const Helvetica = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"

// Pages is a PDF of A4 pages, each of a stream of drawing operators in which /F is
// Helvetica. Page holds more entries for the dictionary of every page, such as /Rotate.
func Pages(page string, contents ...string) []byte {
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>", "", Helvetica}
	var kids bytes.Buffer
	for _, c := range contents {
		fmt.Fprintf(&kids, "%d 0 R ", len(objects)+1)
		objects = append(objects,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]%s/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>>>", page, len(objects)+2),
			Stream("", c))
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids.String(), len(contents))
	return Objects(objects...)
}

var bomb = sync.OnceValue(func() string {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	chunk := bytes.Repeat([]byte("q "), 1<<19)
	for range 1024 {
		_, _ = w.Write(chunk) // a buffer takes everything
	}
	_ = w.Close()
	return Stream("/Filter/FlateDecode", z.String())
})

// Bomb is a PDF of one page whose content of a megabyte unpacks to a gigabyte.
func Bomb() []byte {
	return Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>", bomb())
}
