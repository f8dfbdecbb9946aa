package extract

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/ingest/pdfium"
)

// calls asks PDFium about one document, much of it hundreds of times a page: one
// scratch area serves all answers that do not come back as a number. It is not safe
// for concurrent use, like the instance itself.
type calls struct {
	in      *pdfium.Instance
	doc     uint64
	scratch uint64 // address of scratchSize bytes
}

const scratchSize = 1024

// maxLong is the longest text in bytes that PDFium is asked for beyond the scratch area.
const maxLong = 1 << 20

// call runs an exported function; a pointer, handle or number comes back. After
// a trap every call gives 0 and err says why.
func (c *calls) call(name string, args ...uint64) uint64 { return c.in.Call(name, args...) }

// err is the first trap; the instance is of no use after it.
func (c *calls) err() error { return c.in.Err() }

// yes is call for functions that report success.
func (c *calls) yes(name string, args ...uint64) bool { return int32(c.call(name, args...)) != 0 }

// number is call for functions that count: negative means failure.
func (c *calls) number(name string, args ...uint64) int { return int(int32(c.call(name, args...))) }

// bytes is n bytes of the scratch area from offset at, valid until the next call.
func (c *calls) bytes(at, n uint64) []byte {
	b, ok := c.in.Bytes(c.scratch+at, n)
	if !ok {
		return make([]byte, n)
	}
	return b
}

// double and float read a number off the scratch area.
func (c *calls) double(at uint64) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(c.bytes(at, 8)))
}

func (c *calls) float(at uint64) float64 {
	return float64(math.Float32frombits(binary.LittleEndian.Uint32(c.bytes(at, 4))))
}

// wide calls a function whose last two arguments are a buffer for UTF-16 and
// its size in bytes and which returns the size of the whole, and gives the
// text. Text beyond the scratch area is left out.
func (c *calls) wide(name string, args ...uint64) string {
	n := c.call(name, append(args, c.scratch, scratchSize)...)
	if n = uint64(uint32(n)); n < 4 || n > scratchSize { // 2 is the end of the text
		return ""
	}
	return strings.TrimRight(string(decodeUTF16(c.bytes(0, n))), "\x00")
}

// long is wide for text of any length up to maxLong.
func (c *calls) long(name string, args ...uint64) string {
	n := uint64(uint32(c.call(name, append(args, 0, 0)...)))
	if n <= scratchSize || n > maxLong {
		return c.wide(name, args...)
	}
	buffer := c.call("malloc", n)
	if buffer == 0 {
		return ""
	}
	defer c.call("free", buffer)
	c.call(name, append(args, buffer, n)...)
	b, ok := c.in.Bytes(buffer, n)
	if !ok {
		return ""
	}
	return strings.TrimRight(string(decodeUTF16(b)), "\x00")
}

// pair is two numbers of 32 bits that the module gives of one thing.
type pair struct{ first, second uint32 }

// listed is how many pairs are asked for at once.
const listed = scratchSize / 8

// list calls a function of the module that gives pairs of n things from number from on,
// at most listed.
func (c *calls) list(name string, of uint64, from, n int, room *[listed]pair) []pair {
	c.call(name, of, uint64(from), uint64(n), c.scratch)
	b := c.bytes(0, uint64(8*n))
	for i := range n {
		room[i] = pair{binary.LittleEndian.Uint32(b[8*i:]), binary.LittleEndian.Uint32(b[8*i+4:])}
	}
	if c.err() != nil {
		return nil
	}
	return room[:n]
}

// put writes at most scratchSize bytes into the scratch area.
func (c *calls) put(b []byte) bool {
	room, ok := c.in.Bytes(c.scratch, scratchSize)
	return ok && copy(room, b) == len(b)
}

func decodeUTF16(b []byte) []rune {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return utf16.Decode(units)
}

// text is n characters of a text page, "" when there is no memory for them.
func (c *calls) text(textPage uint64, n int) []rune {
	size := uint64(2 * (n + 1))
	buffer := c.call("malloc", size)
	if buffer == 0 {
		return nil
	}
	defer c.call("free", buffer)
	written := c.number("FPDFText_GetText", textPage, 0, uint64(n), buffer)
	if written <= 1 || written > n+1 {
		return nil
	}
	b, ok := c.in.Bytes(buffer, uint64(2*(written-1)))
	if !ok {
		return nil
	}
	return decodeUTF16(b)
}

// chars gives all characters of a text page; index i in the result is PDFium's
// character index.
func (c *calls) chars(textPage uint64) []rune {
	n := min(c.number("FPDFText_CountChars", textPage), maxPageChars)
	if n <= 0 {
		return nil
	}
	// One call gives the text, but leaves out characters that have no Unicode
	// value: it serves only when nothing was left out.
	if runes := c.text(textPage, n); len(runes) == n {
		for i, r := range runes {
			if r == '\ufffe' {
				runes[i] = hyphenMark
			}
		}
		return runes
	}
	runes := make([]rune, n)
	for i := range runes {
		if runes[i] = rune(c.number("FPDFText_GetUnicode", textPage, uint64(i))); runes[i] <= 0 {
			runes[i] = utf8.RuneError // a glyph the file has no letter for
		}
	}
	return runes
}
