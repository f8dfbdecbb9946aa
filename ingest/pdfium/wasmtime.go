//go:build cgo && linux && (amd64 || arm64)

package pdfium

// #include "wasmtime.h"
// #include <stdlib.h>
// #cgo noescape instance_call
// #cgo nocallback instance_call
import "C"

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	_ "github.com/bytecodealliance/wasmtime-go/v30" // links the library
	"golang.org/x/sys/unix"
)

// newWasmtime makes a machine of Wasmtime; nil where its library cannot be linked.
var newWasmtime = wasmtimeFor

// wasmtimeVersion is that of the library in go.mod: code compiled by another is not
// taken from the cache.
const wasmtimeVersion = "30.0.0"

// wasmtimeMachine runs the module on Wasmtime, through its C interface: the one in Go
// spends more time on a call than PDFium does.
type wasmtimeMachine struct {
	c      *C.machine
	memory *C.memory_limit
}

func wasmtimeFor(o Options) (machine, error) {
	c := C.machine_new(C.uint64_t(o.MemoryLimit))
	if c == nil {
		return nil, ErrMemory
	}
	m := &wasmtimeMachine{c: c, memory: C.machine_memory(c)}
	if err := m.load(o.CacheDir); err != nil {
		C.machine_free(c)
		return nil, err
	}
	return m, nil
}

// load takes the compiled module from the cache folder, or compiles it and puts it
// there. Processes that start together compile it once.
func (m *wasmtimeMachine) load(dir string) error {
	if dir == "" {
		return m.compile()
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("open the cache for compiled code: %w", err)
	}
	sum := sha256.Sum256(module)
	file := filepath.Join(dir, "pdfium-"+hex.EncodeToString(sum[:8])+"-wasmtime-"+wasmtimeVersion+".code")
	if m.loadFile(file) == nil {
		return nil
	}
	lock, err := os.OpenFile(file+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the cache for compiled code: %w", err)
	}
	defer func() { _ = lock.Close() }() // it holds nothing; closing lets go of the lock
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock the cache for compiled code: %w", err)
	}
	// Another process may have been first. What cannot be loaded was compiled for
	// another processor, and is written anew.
	if m.loadFile(file) == nil {
		return nil
	}
	if err := m.compile(); err != nil {
		return err
	}
	return m.save(file)
}

func (m *wasmtimeMachine) loadFile(file string) error {
	if _, err := os.Stat(file); err != nil {
		return err
	}
	name := C.CString(file)
	defer C.free(unsafe.Pointer(name))
	return textError(C.machine_load(m.c, name))
}

func (m *wasmtimeMachine) compile() error {
	if err := textError(C.machine_compile(m.c, (*C.uint8_t)(unsafe.Pointer(&module[0])), C.size_t(len(module)))); err != nil {
		return fmt.Errorf("compile: %w", err)
	}
	return nil
}

// save writes the compiled module whole or not at all: it is code that will be run.
func (m *wasmtimeMachine) save(file string) (err error) {
	var code *C.uint8_t
	var n C.size_t
	if err := textError(C.machine_code(m.c, &code, &n)); err != nil {
		return fmt.Errorf("keep the compiled module: %w", err)
	}
	defer C.free(unsafe.Pointer(code))
	if code == nil {
		return fmt.Errorf("keep the compiled module: %w", ErrMemory)
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+"-*")
	if err != nil {
		return fmt.Errorf("keep the compiled module: %w", err)
	}
	_, err = f.Write(unsafe.Slice((*byte)(unsafe.Pointer(code)), int(n)))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("keep the compiled module: %w", err)
	}
	return nil
}

func (m *wasmtimeMachine) instantiate() (instance, error) {
	var in *C.instance
	if err := textError(C.instance_new(m.c, &in)); err != nil {
		if m.exceeded() {
			err = ErrMemory
		}
		return nil, err
	}
	return &wasmtimeInstance{c: in, stack: (*[8]uint64)(unsafe.Pointer(C.instance_stack(in))), memory: C.instance_memory(in)}, nil
}

func (m *wasmtimeMachine) peak() uint64   { return uint64(m.memory.peak) }
func (m *wasmtimeMachine) exceeded() bool { return bool(m.memory.over) }
func (m *wasmtimeMachine) reset()         { m.memory.over = false }

func (m *wasmtimeMachine) close() error {
	c, last := m.c, *m.memory
	m.c, m.memory = nil, &last // its peak is asked for afterwards too
	C.machine_free(c)
	return nil
}

type wasmtimeInstance struct {
	c      *C.instance
	stack  *[8]uint64 // in C's memory, like what follows
	memory *C.memory_view
}

func (i *wasmtimeInstance) function(name string) (function, bool) {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	n := C.instance_find(i.c, s)
	if n < 0 {
		return nil, false
	}
	return func(stack *[8]uint64) error {
		*i.stack = *stack
		if message := C.instance_call(i.c, n); message != nil {
			return textError(message)
		}
		stack[0] = i.stack[0]
		return nil
	}, true
}

func (i *wasmtimeInstance) bytes(at, n uint32) ([]byte, bool) {
	size := uint64(i.memory.size)
	if uint64(n) > size || uint64(at) > size-uint64(n) {
		return nil, false
	}
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(i.memory.base), at)), int(n)), true
}

func (i *wasmtimeInstance) close() { C.instance_free(i.c) }

// textError makes an error of text of C's, nil of none, and frees it.
func textError(s *C.char) error {
	if s == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(s))
	return errors.New(C.GoString(s))
}
