package extract

import (
	"context"
	"sync/atomic"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// memoryLimit gives modules their memory and remembers whether one asked for
// more than it may have. Without it, running out is indistinguishable from any
// other trap of a damaged file.
type memoryLimit struct {
	most uint64 // bytes one module may have
	over atomic.Bool
	peak atomic.Uint64 // bytes
}

func (m *memoryLimit) context(ctx context.Context) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(m.allocate))
}

func (m *memoryLimit) reset()         { m.over.Store(false) }
func (m *memoryLimit) exceeded() bool { return m.over.Load() }

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

// usage is what this process (unix.RUSAGE_SELF), or its children that have
// ended (unix.RUSAGE_CHILDREN), took of the machine so far.
func usage(who int) Cost {
	var r unix.Rusage
	if err := unix.Getrusage(who, &r); err != nil {
		return Cost{}
	}
	return Cost{CPU: float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9, Memory: r.Maxrss << 10}
}
