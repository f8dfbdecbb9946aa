package pdfium

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/emscripten"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"golang.org/x/sys/unix"
)

// wazeroMachine runs the module on wazero.
type wazeroMachine struct {
	ctx      context.Context //nolint:containedctx // carries the memory to every instance
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	memory   memoryLimit
}

func newWazero(ctx context.Context, o Options) (_ machine, err error) {
	cache := wazero.NewCompilationCache()
	if o.CacheDir != "" {
		if cache, err = wazero.NewCompilationCacheWithDir(o.CacheDir); err != nil {
			return nil, fmt.Errorf("open the compilation cache %s: %w", o.CacheDir, err)
		}
	}
	m := &wazeroMachine{memory: memoryLimit{most: o.MemoryLimit}}
	// The runtime's own limit would refuse without telling anyone.
	m.ctx = experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(m.memory.allocate))
	m.runtime = wazero.NewRuntimeWithConfig(m.ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache))
	defer func() {
		if err != nil {
			_ = m.runtime.Close(m.ctx) // the error says more
		}
	}()
	if m.compiled, err = m.runtime.CompileModule(m.ctx, module); err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	if _, err = wasi_snapshot_preview1.Instantiate(m.ctx, m.runtime); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	exporter, err := emscripten.NewFunctionExporterForModule(m.compiled)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	env := m.runtime.NewHostModuleBuilder("env")
	exporter.ExportFunctions(env)
	for _, f := range m.compiled.ImportedFunctions() {
		if in, name, _ := f.Import(); in == "env" && strings.HasSuffix(name, "_CB") {
			env.NewFunctionBuilder().WithGoModuleFunction(noCallback, f.ParamTypes(), f.ResultTypes()).Export(name)
		}
	}
	if _, err = env.Instantiate(m.ctx); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	return m, nil
}

// noCallback stands for the functions by which PDFium speaks to a viewer: forms, file
// access, progress. Nothing here gives PDFium the structures that make it call them.
var noCallback = api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) {
	if len(stack) > 0 {
		stack[0] = 0
	}
})

func (m *wazeroMachine) instantiate() (_ instance, err error) {
	// wazero has no answer to memory that cannot be had from the start but to panic.
	defer func() {
		if x := recover(); x != nil {
			if !m.memory.over.Load() {
				panic(x)
			}
			err = ErrMemory
		}
	}()
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions().WithStdout(io.Discard).WithStderr(io.Discard).
		WithFSConfig(wazero.NewFSConfig()) // no folders
	mod, err := m.runtime.InstantiateModule(m.ctx, m.compiled, config)
	if err != nil {
		if m.memory.over.Load() {
			err = ErrMemory
		}
		return nil, err
	}
	return &wazeroInstance{ctx: m.ctx, mod: mod}, nil
}

func (m *wazeroMachine) peak() uint64   { return m.memory.peak.Load() }
func (m *wazeroMachine) exceeded() bool { return m.memory.over.Load() }
func (m *wazeroMachine) reset()         { m.memory.over.Store(false) }
func (m *wazeroMachine) close() error   { return m.runtime.Close(m.ctx) }

type wazeroInstance struct {
	ctx context.Context //nolint:containedctx // the machine's own, which every call must carry
	mod api.Module
}

func (i *wazeroInstance) function(name string) (function, bool) {
	f := i.mod.ExportedFunction(name)
	if f == nil {
		return nil, false
	}
	return func(stack *[8]uint64) error { return f.CallWithStack(i.ctx, stack[:]) }, true
}

func (i *wazeroInstance) bytes(at, n uint32) ([]byte, bool) { return i.mod.Memory().Read(at, n) }

func (i *wazeroInstance) close() { _ = i.mod.Close(i.ctx) } // frees its memory whatever became of it

// memoryLimit gives modules their memory and remembers whether one asked for
// more than it may have. Without it, running out is indistinguishable from any
// other trap of a damaged file.
type memoryLimit struct {
	most uint64 // bytes one module may have
	over atomic.Bool
	peak atomic.Uint64 // bytes
}

// allocate reserves addresses for all the module may ever use; the system
// gives pages as they are touched, so growing copies nothing.
func (m *memoryLimit) allocate(_, most uint64) experimental.LinearMemory {
	buf, err := unix.Mmap(-1, 0, int(min(most, m.most)), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		m.over.Store(true)
		return &linearMemory{limit: m}
	}
	return &linearMemory{limit: m, buf: buf}
}

type linearMemory struct {
	limit *memoryLimit
	buf   []byte
}

// Reallocate implements experimental.LinearMemory.
func (l *linearMemory) Reallocate(size uint64) []byte {
	if size > uint64(len(l.buf)) {
		l.limit.over.Store(true)
		return nil
	}
	for {
		peak := l.limit.peak.Load()
		if size <= peak || l.limit.peak.CompareAndSwap(peak, size) {
			return l.buf[:size]
		}
	}
}

// Free implements experimental.LinearMemory.
func (l *linearMemory) Free() {
	if l.buf != nil {
		_ = unix.Munmap(l.buf) // fails only for memory that was never mapped
		l.buf = nil
	}
}
