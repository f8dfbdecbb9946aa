package extract

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
)

// FuzzFrames: whatever a child sends, its parent gets an answer, an error or the
// end, and never more than the limit of a frame.
func FuzzFrames(f *testing.F) {
	var b bytes.Buffer
	w := newFrameWriter(&b)
	for _, a := range []answer{
		{Info: &rawDocument{Title: "Advies", Pages: 2, Outline: []outlineItem{{"Kop", 1, 2}}}},
		{Page: &rawPage{Number: 1, Width: 595, Height: 842, Lines: []rawLine{{Text: "De raad", X1: 50, Y: 700, Size: 11}}, Places: []place{{First: 0, Len: 2, Box: Box{0.1, 0.1, 0.1, 0.1}}}}},
		{Sheet: &Sheet{Width: 893, Height: 1263, Boxes: []Box{{0.1, 0.1, 0.5, 0.02}}}},
		{Code: CodeDamaged, Detail: "x", Done: true},
	} {
		if err := w.write(a); err != nil {
			f.Fatal(err)
		}
	}
	if err := w.write(answer{Image: &pageImage{Page: 1, Width: 2, Height: 3}}); err != nil {
		f.Fatal(err)
	}
	if err := w.bytes([]byte("pixels")); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()/2])
	f.Add(binary.BigEndian.AppendUint32(nil, 1<<31))
	f.Add([]byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, sent []byte) {
		const limit = 1 << 16
		r := newFrameReader(bytes.NewReader(sent), limit)
		for {
			var a answer
			err := r.read(&a)
			if err != nil {
				if len(sent) == 0 && !errors.Is(err, io.EOF) {
					t.Errorf("of nothing: %v", err)
				}
				return
			}
			if r.buf.Cap() > 4*limit {
				t.Fatalf("%d bytes held", r.buf.Cap())
			}
			if a.Image != nil {
				pix, err := r.bytes(a.Image.size(), limit)
				if err != nil {
					return
				}
				if len(pix) != a.Image.Width*a.Image.Height || len(pix) > limit {
					t.Fatalf("%d pixels of %+v", len(pix), a.Image)
				}
			}
			if a.Sheet != nil {
				_ = a.Sheet.check() // may refuse, may not fall over
			}
		}
	})
}

// FuzzMetadata: what a document says of itself is read into known forms or left.
func FuzzMetadata(f *testing.F) {
	f.Add("nummer=14/04; datum=2014-04-25; type=advies; taal=nl", "ADVIES 21/08 | Juni 2021\nDiversiteit in de top\nISBN 978-94-6134-098-5")
	f.Add("number: 1953/5; date: 31-02-2010", "NR.4 - 1953\nSOCIAAL-ECONOMISCHE RAAD")
	f.Add("titel=;;=;", "00/11\x00\n")
	f.Fuzz(func(t *testing.T, keywords, cover string) {
		if len(cover) > 20_000 || len(keywords) > 20_000 {
			t.Skip()
		}
		doc, err := readText([]byte(cover))
		if err != nil {
			return
		}
		stated, _ := keywordFields(&doc.Metadata, keywords)
		fillFromCover(&doc, stated)
		m := doc.Metadata
		if len(m.Date) != 0 && len(m.Date) != 4 && len(m.Date) != 7 && len(m.Date) != 10 {
			t.Errorf("date %q", m.Date)
		}
		if m.Language != "" && m.Language != "nl" && m.Language != "en" {
			t.Errorf("language %q", m.Language)
		}
		if err := pagesError(doc.Pages); err != nil {
			t.Error(err)
		}
	})
}

// FuzzUTF16 is for the strings that PDFium hands out.
func FuzzUTF16(f *testing.F) {
	f.Add([]byte{'D', 0, 'e', 0, 0x3d, 0xd8, 0x00, 0xde})
	f.Add([]byte{0x00, 0xd8, 'x'})
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := decodeUTF16(b); len(got) > len(b)/2+1 {
			t.Errorf("%d code points of %d bytes", len(got), len(b))
		}
	})
}
