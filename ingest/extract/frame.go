package extract

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
)

// Parent and child speak in frames: four bytes of length, big endian, then one
// gob value. Documents and images follow the value that announces them in a frame of
// their own bytes: to encode them would copy them four times. A frame longer than the receiver's limit ends the conversation:
// the child reads bytes from strangers and may not be believed.

const (
	maxAnswerFrame = 256 << 20 // from child to parent: one page, or its image
	frameSlack     = 1 << 20   // of a request, its document apart
)

// The operations of a request.
const (
	opRead   = "read"
	opRender = "render"
)

// setup is the first frame to a child.
type setup struct {
	CacheDir    string
	MemoryPages uint32
	MaxBytes    int
}

// request asks the child for one document.
type request struct {
	Op       string
	Reader   string
	Size     int   // bytes of the document, which follows
	From     int   // first page to read, from 1
	MaxPages int   // more is a failure
	Pages    []int // to render
	DPI      int   // of pages to render; the scale of pages to draw

	// Of the passage to find on a page: its text, and [Start, End) in it.
	Text       string
	Start, End int

	content []byte // the document
}

// answer is one of several frames that answer a request; the last has Done.
type answer struct {
	Info   *rawDocument
	Page   *rawPage
	Image  *pageImage
	PNG    []byte
	Sheet  *Sheet
	Code   string // of a failure
	Detail string
	Text   string // of the failure, for people, when it is not the code's own
	Done   bool
	Peak   uint64 // bytes of PDFium's memory at most so far
	Cost   Cost   // of this answer; Memory is the most of the child's life
}

// pageImage is a page drawn in grey, one byte a pixel; the pixels follow it.
type pageImage struct {
	Page, Width, Height int
	pix                 []byte
}

// size is how many bytes its pixels are; -1 for an impossible image.
func (p pageImage) size() int {
	const maxSide = 1 << 14
	if p.Width <= 0 || p.Height <= 0 || p.Width > maxSide || p.Height > maxSide {
		return -1
	}
	return p.Width * p.Height
}

type frameWriter struct {
	w   io.Writer
	buf bytes.Buffer
	enc *gob.Encoder
}

func newFrameWriter(w io.Writer) *frameWriter {
	f := &frameWriter{w: w}
	f.enc = gob.NewEncoder(&f.buf)
	return f
}

func (f *frameWriter) write(v any) error {
	f.buf.Reset()
	f.buf.Write([]byte{0, 0, 0, 0})
	if err := f.enc.Encode(v); err != nil {
		return fmt.Errorf("encode a frame: %w", err)
	}
	b := f.buf.Bytes()
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	_, err := f.w.Write(b)
	if f.buf.Cap() > 8<<20 { // after a large document
		f.buf = bytes.Buffer{}
	}
	return err
}

// bytes writes a frame that is b and nothing else.
func (f *frameWriter) bytes(b []byte) error {
	if _, err := f.w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b)))); err != nil {
		return err
	}
	_, err := f.w.Write(b)
	return err
}

type frameReader struct {
	r     io.Reader
	limit int
	buf   bytes.Buffer
	dec   *gob.Decoder
}

func newFrameReader(r io.Reader, limit int) *frameReader {
	f := &frameReader{r: r, limit: limit}
	f.dec = gob.NewDecoder(&f.buf)
	return f
}

var errFrameTooLong = errors.New("a frame is longer than allowed")

// next is the length of the frame that follows.
func (f *frameReader) next() (int64, error) {
	var head [4]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		return 0, err
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n > int64(f.limit) {
		return 0, errFrameTooLong
	}
	return n, nil
}

func (f *frameReader) read(v any) error {
	n, err := f.next()
	if err != nil {
		return err
	}
	f.buf.Reset()
	if _, err := io.CopyN(&f.buf, f.r, n); err != nil {
		return err
	}
	if err := f.dec.Decode(v); err != nil {
		return fmt.Errorf("decode a frame: %w", err)
	}
	return nil
}

// bytes reads a frame of n bytes and nothing else, at most most.
func (f *frameReader) bytes(n, most int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		return nil, err
	}
	if n < 0 || n > most || int64(binary.BigEndian.Uint32(head[:])) != int64(n) {
		return nil, errFrameLength
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(f.r, b); err != nil {
		return nil, err
	}
	return b, nil
}

var errFrameLength = errors.New("a frame is not as long as was said")
