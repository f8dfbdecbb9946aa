package extract

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// The test binary is also the child: the real one, and one that misbehaves.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "crashing-child" {
		crashingChild()
	}
	if len(os.Args) > 2 && os.Args[1] == "mortal-child" {
		mortalChild(os.Args[2], os.Args[3:])
	}
	MaybeChild()
	os.Exit(m.Run())
}

// crashingChild reads documents of three pages and dies whenever it comes to
// the second.
func crashingChild() {
	in := bufio.NewReader(os.Stdin)
	var s setup
	if newFrameReader(in, 1<<16).read(&s) != nil {
		os.Exit(1)
	}
	frames, out := newFrameReader(in, frameSlack), newFrameWriter(os.Stdout)
	var r request
	if frames.read(&r) != nil {
		os.Exit(1)
	}
	if _, err := frames.bytes(r.Size, s.MaxBytes); err != nil {
		os.Exit(1)
	}
	if out.write(answer{Info: &rawDocument{Pages: 3}}) != nil {
		os.Exit(1)
	}
	for n := r.From; n <= 3; n++ {
		if n == 2 {
			os.Exit(3)
		}
		p := rawPage{Number: n, Reader: ReaderPDFium, Width: 595, Height: 842, Lines: []rawLine{
			{Text: "Dit is een pagina die wel goed te lezen is.", X0: 50, X1: 300, Y: 700, Size: 10},
		}}
		if out.write(answer{Page: &p}) != nil {
			os.Exit(1)
		}
	}
	if out.write(answer{Done: true}) != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// mortalChild is the real child, but the first ones are killed with nothing
// said when they have written as many bytes as the list says; who comes after
// them lives. Each leaves a file in dir.
func mortalChild(dir string, lives []string) {
	for i, life := range lives {
		f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(i)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			continue // had by one before
		}
		_ = f.Close() // an empty file
		n, err := strconv.Atoi(life)
		if err != nil {
			os.Exit(1)
		}
		if ChildMain(context.Background(), os.Stdin, &mortalWriter{to: os.Stdout, left: n}) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
}

type mortalWriter struct {
	to   io.Writer
	left int
}

func (w *mortalWriter) Write(b []byte) (int, error) {
	if len(b) < w.left {
		w.left -= len(b)
		return w.to.Write(b)
	}
	_, _ = w.to.Write(b[:w.left]) // its last words
	_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	select {}
}
