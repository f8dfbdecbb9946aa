package extract

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/tetratelabs/wazero/api"
)

// calls speaks to PDFium's module directly, for what is asked hundreds of times
// a page. go-pdfium allocates and frees memory on both sides for every value it
// fetches, which costs more than PDFium's own work on the page; here one
// scratch area and one stack serve all calls. It is not safe for concurrent
// use, like the module itself.
type calls struct {
	ctx       context.Context //nolint:containedctx // the instance's own, which every call into it must carry
	mod       api.Module
	doc       uint64
	functions map[string]api.Function
	stack     [8]uint64
	scratch   uint64 // address of scratchSize bytes
	err       error  // the first trap; the instance is of no use after it
}

const scratchSize = 1024

// errLayout is what a go-pdfium of another version ends in.
var errLayout = errors.New("this version of go-pdfium keeps its module elsewhere: use the version in go.mod")

// newCalls finds the module and the document behind go-pdfium's handles. The
// layout it expects is that of the version in go.mod; without it no document
// can be read, so every test of a PDF holds it.
func newCalls(in pdfium.Pdfium, doc references.FPDF_DOCUMENT) (*calls, error) {
	impl := reflect.Indirect(reflect.ValueOf(in.GetImplementation()))
	if impl.Kind() != reflect.Struct || !impl.FieldByName("Module").IsValid() || !impl.FieldByName("Context").IsValid() {
		return nil, errLayout
	}
	c := &calls{functions: map[string]api.Function{}}
	var ok bool
	if c.mod, ok = impl.FieldByName("Module").Interface().(api.Module); !ok {
		return nil, errLayout
	}
	if c.ctx, ok = impl.FieldByName("Context").Interface().(context.Context); !ok {
		return nil, errLayout
	}
	if c.doc = c.handle(in, "documentRefs", doc); c.doc == 0 {
		return nil, errLayout
	}
	if c.scratch = c.call("malloc", scratchSize); c.scratch == 0 {
		return nil, fmt.Errorf("reserve memory in PDFium: %w", errors.Join(c.err, errors.New("none left")))
	}
	return c, nil
}

// handle is PDFium's own handle behind one of go-pdfium's, 0 when there is none.
func (c *calls) handle(in pdfium.Pdfium, refs string, ref any) uint64 {
	impl := reflect.Indirect(reflect.ValueOf(in.GetImplementation()))
	known := impl.FieldByName(refs)
	if known.Kind() != reflect.Map || known.Type().Key() != reflect.TypeOf(ref) {
		return 0
	}
	entry := known.MapIndex(reflect.ValueOf(ref))
	if !entry.IsValid() {
		return 0
	}
	pointer := reflect.Indirect(reflect.Indirect(entry).FieldByName("handle"))
	if pointer.Kind() != reflect.Uint64 {
		return 0
	}
	return pointer.Uint()
}

// call runs an exported function; a pointer, handle or number comes back. After
// a trap every call gives 0 and err says why.
func (c *calls) call(name string, args ...uint64) uint64 {
	if c.err != nil {
		return 0
	}
	f := c.functions[name]
	if f == nil {
		if f = c.mod.ExportedFunction(name); f == nil {
			c.err = fmt.Errorf("PDFium has no function %s: use the version of go-pdfium in go.mod", name)
			return 0
		}
		c.functions[name] = f
	}
	c.stack[0] = 0
	copy(c.stack[:], args)
	if err := f.CallWithStack(c.ctx, c.stack[:]); err != nil {
		c.err = fmt.Errorf("%s: %w", name, err)
		return 0
	}
	return c.stack[0]
}

// yes is call for functions that report success.
func (c *calls) yes(name string, args ...uint64) bool { return int32(c.call(name, args...)) != 0 }

// number is call for functions that count: negative means failure.
func (c *calls) number(name string, args ...uint64) int { return int(int32(c.call(name, args...))) }

// bytes is n bytes of the scratch area from offset at, valid until the next call.
func (c *calls) bytes(at, n uint64) []byte {
	b, ok := c.mod.Memory().Read(uint32(c.scratch+at), uint32(n))
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
	b, ok := c.mod.Memory().Read(uint32(buffer), uint32(2*(written-1)))
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
