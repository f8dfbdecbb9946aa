// Package pdfium runs PDFium, the PDF library of Chromium, as WebAssembly: it compiles
// the module once, makes instances of it and calls their functions. An instance sees
// no files, no network, no clock and no environment, and has a bounded memory of its
// own: what a damaged or hostile document does to it ends in an error here. The module
// is that of github.com/klippa-app/go-pdfium with functions of ours (additions.wat),
// whose names begin with vb_, after wasm-opt (see generate.sh). There
// are two engines: Wasmtime, whose code is about twice as fast, where there is cgo for
// it, and wazero, in Go alone, everywhere. Both give the same results. It imports
// nothing of the project and knows no documents: package extract does.
package pdfium

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"strings"
)

//go:generate ./generate.sh

//go:embed pdfium.wasm
var module []byte

// The names of the engines.
const (
	Wasmtime = "wasmtime"
	Wazero   = "wazero"
)

// Options say how PDFium runs.
type Options struct {
	CacheDir    string // for compiled code, which others must not be able to write; "" keeps none
	MemoryLimit uint64 // bytes of memory an instance may have
	Engine      string // Wasmtime or Wazero; "" is the fastest there is
}

// ErrMemory is why there is no instance when its memory limit is below what the
// module begins with, or the machine has no addresses left for it.
var ErrMemory = errors.New("no memory for an instance of PDFium")

// Engines are the names of the engines that this program has, the fastest first.
func Engines() []string {
	if newWasmtime == nil {
		return []string{Wazero}
	}
	return []string{Wasmtime, Wazero}
}

// Runtime is PDFium compiled for this machine. It is not safe for concurrent use.
type Runtime struct {
	machine machine
	Engine  string // the name of the engine it runs on
}

// machine is what an engine compiled. Its memory use is that of all its instances.
type machine interface {
	instantiate() (instance, error)
	peak() uint64   // bytes of memory that an instance had at most
	exceeded() bool // an instance asked for more than the limit since reset
	reset()
	close() error
}

// instance is one copy of the module with a memory of its own.
type instance interface {
	function(name string) (function, bool)
	// bytes is a view of memory, valid until the next call.
	bytes(at, n uint32) ([]byte, bool)
	close()
}

// function calls into the module: arguments in, result in the first. Values are as
// WebAssembly has them: 32 bits in the lower half, floating point by its bits.
type function func(stack *[8]uint64) error

// New compiles PDFium, or takes it from the cache folder. Compiling takes some ten
// seconds of processor time; from the cache it takes milliseconds.
func New(ctx context.Context, o Options) (*Runtime, error) {
	if o.Engine == "" {
		o.Engine = Engines()[0]
	}
	var m machine
	var err error
	switch {
	case o.Engine == Wazero:
		m, err = newWazero(ctx, o)
	case o.Engine == Wasmtime && newWasmtime != nil:
		m, err = newWasmtime(o)
	default:
		return nil, fmt.Errorf("start PDFium: this program has no engine %q: choose %s", o.Engine, strings.Join(Engines(), " or "))
	}
	if err != nil {
		return nil, fmt.Errorf("start PDFium on %s: %w", o.Engine, err)
	}
	return &Runtime{machine: m, Engine: o.Engine}, nil
}

// Peak is the bytes of memory that an instance had at most so far.
func (r *Runtime) Peak() uint64 { return r.machine.peak() }

// Exceeded reports whether an instance asked for more memory than it may have since
// the last Instance was made.
func (r *Runtime) Exceeded() bool { return r.machine.exceeded() }

// Close frees the compiled code. Instances must be closed before.
func (r *Runtime) Close() error { return r.machine.close() }

// Instance makes a fresh instance and initialises the library in it.
func (r *Runtime) Instance() (*Instance, error) {
	r.machine.reset()
	in, err := r.machine.instantiate()
	if err != nil {
		return nil, fmt.Errorf("make an instance of PDFium: %w", err)
	}
	i := &Instance{in: in, functions: map[string]function{}}
	i.Call("_initialize")
	i.Call("FPDF_InitLibrary")
	if err := i.err; err != nil {
		i.Close()
		return nil, fmt.Errorf("make an instance of PDFium: %w", err)
	}
	return i, nil
}

// Instance is a running copy of PDFium. It is not safe for concurrent use.
type Instance struct {
	in        instance
	functions map[string]function
	stack     [8]uint64
	err       error
}

// Call runs an exported function of at most eight arguments; a pointer, handle or
// number comes back. After a trap every call gives 0 and Err says why.
func (i *Instance) Call(name string, args ...uint64) uint64 {
	if i.err != nil {
		return 0
	}
	f := i.functions[name]
	if f == nil {
		var ok bool
		if f, ok = i.in.function(name); !ok {
			i.err = fmt.Errorf("PDFium has no function %s", name)
			return 0
		}
		i.functions[name] = f
	}
	i.stack[0] = 0
	copy(i.stack[:], args)
	if err := f(&i.stack); err != nil {
		i.err = fmt.Errorf("%s: %w", name, err)
		return 0
	}
	return i.stack[0]
}

// Err is the first trap; the instance is of no use after it.
func (i *Instance) Err() error { return i.err }

// Bytes is a view of n bytes of memory from address at, valid until the next call. It
// reports false when they are not all inside of memory.
func (i *Instance) Bytes(at, n uint64) ([]byte, bool) {
	if i.in == nil || at > math.MaxUint32 || n > math.MaxUint32 {
		return nil, false
	}
	return i.in.bytes(uint32(at), uint32(n))
}

// Close frees the instance with all that is open in it.
func (i *Instance) Close() {
	if i.in != nil {
		i.in.close()
		i.in = nil
	}
	if i.err == nil {
		i.err = errors.New("the instance of PDFium is closed")
	}
}
