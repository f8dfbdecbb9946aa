package pdfium

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/pdftest"
)

// cacheDir is kept between runs, because compiling PDFium takes seconds.
func cacheDir(t testing.TB) string {
	t.Helper()
	base, err := os.UserCacheDir()
	if err != nil {
		return t.TempDir()
	}
	return filepath.Join(base, "vraagbaak", "wasm")
}

// each runs a test on every engine.
func each(t *testing.T, limit uint64, f func(t *testing.T, r *Runtime)) {
	for _, engine := range Engines() {
		t.Run(engine, func(t *testing.T) {
			r, err := New(context.Background(), Options{CacheDir: cacheDir(t), MemoryLimit: limit, Engine: engine})
			if err != nil {
				t.Fatal(err)
			}
			if r.Engine != engine {
				t.Errorf("runs on %s", r.Engine)
			}
			f(t, r)
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func newInstance(t *testing.T, r *Runtime) *Instance {
	t.Helper()
	in, err := r.Instance()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.Close)
	return in
}

// place copies bytes into the instance's memory.
func place(t *testing.T, in *Instance, b []byte) uint64 {
	t.Helper()
	at := in.Call("malloc", uint64(len(b)))
	room, ok := in.Bytes(at, uint64(len(b)))
	if at == 0 || !ok {
		t.Fatal("no room:", in.Err())
	}
	copy(room, b)
	return at
}

// A program built with cgo for Linux has the fast engine: a build that quietly lost it
// would be half as fast and nothing else would tell.
func TestEngines(t *testing.T) {
	fast := cgo && runtime.GOOS == "linux" && (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64")
	want := []string{Wazero}
	if fast {
		want = []string{Wasmtime, Wazero}
	}
	if got := Engines(); !slices.Equal(got, want) {
		t.Errorf("engines %v, want %v", got, want)
	}
	if _, err := New(context.Background(), Options{Engine: "v8"}); err == nil || !strings.Contains(err.Error(), Wazero) {
		t.Errorf("an engine that is not there: %v", err)
	}
}

// Numbers of all kinds go in and come out, and instances share nothing.
func TestCalls(t *testing.T) {
	each(t, 256<<20, func(t *testing.T, r *Runtime) {
		in, other := newInstance(t, r), newInstance(t, r)
		content := pdftest.Pages("/Rotate 90", "BT ET", "BT ET")
		doc := in.Call("FPDF_LoadMemDocument64", place(t, in, content), uint64(len(content)), 0)
		if n := in.Call("FPDF_GetPageCount", doc); n != 2 {
			t.Fatalf("%d pages, want 2: %v", n, in.Err())
		}
		page := in.Call("FPDF_LoadPage", doc, 1)
		if w := math.Float64frombits(in.Call("FPDF_GetPageWidth", page)); w != 842 {
			t.Errorf("64 bits of a floating point result: %v, want 842", w)
		}
		if w := math.Float32frombits(uint32(in.Call("FPDF_GetPageHeightF", page))); w != 595 {
			t.Errorf("32 bits of one: %v, want 595", w)
		}
		if n := int32(in.Call("FPDFText_CountChars", 0)); n != -1 {
			t.Errorf("a negative result: %d, want -1", n)
		}
		// Eight arguments: a drawn page is not blank where its rectangle is.
		bitmap := in.Call("FPDFBitmap_Create", 4, 4, 0)
		in.Call("FPDFBitmap_FillRect", bitmap, 0, 0, 4, 4, 0xFF00FF00)
		in.Call("FPDF_RenderPageBitmap", bitmap, page, 0, 0, 4, 4, 0, 0)
		if pix, ok := in.Bytes(in.Call("FPDFBitmap_GetBuffer", bitmap), 64); !ok || pix[1] != 0xFF || pix[0] != 0 {
			t.Errorf("pixels %v", pix)
		}
		if before := other.Call("FPDF_GetPageCount", doc); before != 0 && other.Err() == nil {
			t.Errorf("another instance knows the document: %d pages", before)
		}
		if in.Err() != nil {
			t.Error(in.Err())
		}
	})
}

// What goes wrong inside ends inside: the instance says why and does no more, others
// go on.
func TestTraps(t *testing.T) {
	each(t, 256<<20, func(t *testing.T, r *Runtime) {
		in := newInstance(t, r)
		if _, ok := in.Bytes(1<<31, 8); ok {
			t.Error("memory beyond the end can be seen")
		}
		if _, ok := in.Bytes(math.MaxUint32-3, 8); ok {
			t.Error("memory around the end of addresses can be seen")
		}
		if _, ok := in.Bytes(1<<40, 8); ok {
			t.Error("an address of more than 32 bits was taken for a smaller one")
		}
		if got := in.Call("FPDF_GetPageWidth", 0xFFFFFF00); got != 0 || in.Err() == nil {
			t.Fatalf("a pointer outside of memory gives %d, %v", got, in.Err())
		}
		if !strings.Contains(in.Err().Error(), "out of bounds") {
			t.Errorf("the error does not say what happened: %v", in.Err())
		}
		if in.Call("malloc", 8) != 0 {
			t.Error("an instance that trapped still answers")
		}
		if r.Exceeded() {
			t.Error("a trap is taken for the memory limit")
		}
		second := newInstance(t, r)
		if second.Call("malloc", 8) == 0 {
			t.Error("no instance after a trap:", second.Err())
		}
		if second.Call("FPDF_NoSuchThing"); second.Err() == nil {
			t.Error("a function that is not there can be called")
		}
		second.Close()
		second.Close() // twice does no harm
		if second.Call("malloc", 8) != 0 {
			t.Error("a closed instance answers")
		}
	})
}

// Memory stays below its limit, and running into it is told apart from other ends.
func TestMemoryLimit(t *testing.T) {
	const limit = 64 << 20
	each(t, limit, func(t *testing.T, r *Runtime) {
		in := newInstance(t, r)
		if in.Call("malloc", 16<<20) == 0 || r.Exceeded() {
			t.Fatalf("no 16 MB below a limit of 64 MB: %v", in.Err())
		}
		for range 100 {
			if in.Call("malloc", 8<<20) == 0 {
				break
			}
		}
		if !r.Exceeded() || r.Peak() > limit || r.Peak() < limit/2 {
			t.Errorf("exceeded %t, peak %d MB of %d", r.Exceeded(), r.Peak()>>20, limit>>20)
		}
		if newInstance(t, r); r.Exceeded() {
			t.Error("a fresh instance has not asked for anything yet")
		}
	})
	each(t, 1<<20, func(t *testing.T, r *Runtime) {
		if in, err := r.Instance(); !errors.Is(err, ErrMemory) || in != nil {
			t.Errorf("an instance in less than the module begins with: %v", err)
		}
	})
}
