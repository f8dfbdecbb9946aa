package extract

import (
	"bufio"
	"os"
	"testing"
)

// The test binary is also the child: the real one, and one that misbehaves.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "crashing-child" {
		crashingChild()
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
