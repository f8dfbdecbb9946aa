package extract

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"github.com/ser-nl/vraagbaak/ingest/pdfium"
)

// childEnv marks a process as a child.
const childEnv = "VRAAGBAAK_EXTRACT_CHILD"

// maxReopen bounds how many bad pages of one document may bring the reader
// down before the document is given up.
const maxReopen = 20

// MaybeChild turns this process into an extraction child, and does not return,
// when it was started as one. A program that makes an Extractor without a
// Command calls it first thing in main, and a test binary in TestMain.
func MaybeChild() {
	if os.Getenv(childEnv) != "1" {
		return
	}
	if err := ChildMain(context.Background(), os.Stdin, os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// ChildMain serves a parent over its pipes until they close. It opens no files
// but the compilation cache.
func ChildMain(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	in := bufio.NewReaderSize(stdin, 1<<20)
	var s setup
	if err := newFrameReader(in, 1<<16).read(&s); err != nil {
		return fmt.Errorf("read the setup: %w", err)
	}
	c := &childProcess{setup: s, out: newFrameWriter(stdout)}
	defer c.close()
	frames := newFrameReader(in, frameSlack)
	for {
		var r request
		before := usage(unix.RUSAGE_SELF) // taking the document in counts too
		err := frames.read(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			r.content, err = frames.bytes(r.Size, s.MaxBytes)
		}
		if err != nil {
			return fmt.Errorf("read a request: %w", err)
		}
		if err := c.serve(ctx, r, before); err != nil {
			return err
		}
		if r.Op == opRender || r.Op == opDraw { // pictures are large; what they took is not wanted again soon
			debug.FreeOSMemory()
		}
	}
}

type childProcess struct {
	setup   setup
	out     *frameWriter
	runtime *pdfium.Runtime
}

func (c *childProcess) close() {
	if c.runtime != nil {
		_ = c.runtime.Close() // the process ends
	}
}

// pdfium starts PDFium when it is first needed: the light reader may never
// need it.
func (c *childProcess) pdfium(ctx context.Context) (*pdfium.Runtime, error) {
	if c.runtime == nil {
		r, err := newPDFium(ctx, c.setup.CacheDir, c.setup.MemoryPages)
		if err != nil {
			return nil, err
		}
		c.runtime = r
	}
	return c.runtime, nil
}

// serve answers one request, whose cost counts from before. An error means the
// child is of no more use.
func (c *childProcess) serve(ctx context.Context, r request, before Cost) error {
	var err error
	switch r.Op {
	case opRead:
		err = c.read(ctx, r)
	case opRender:
		err = c.render(ctx, r)
	case opDraw:
		err = c.draw(ctx, r)
	case opLocate:
		err = c.locate(ctx, r)
	default:
		return fmt.Errorf("unknown operation %q", r.Op)
	}
	a := answer{Done: true}
	if f, ok := AsFailure(err); ok {
		a.Code, a.Text = f.Code, f.Message
		if f.Err != nil {
			a.Detail = f.Err.Error()
		}
	} else if err != nil {
		return err
	}
	if c.runtime != nil {
		a.Peak = c.runtime.Peak()
	}
	a.Cost = usage(unix.RUSAGE_SELF)
	a.Cost.CPU -= before.CPU
	a.Cost.Started = before.CPU
	return c.out.write(a)
}

func (c *childProcess) read(ctx context.Context, r request) error {
	if r.Reader == ReaderLight {
		done, err := c.readLight(ctx, r)
		if done || err != nil {
			return err
		}
	}
	d, err := c.open(ctx, r.content)
	if err != nil {
		return err
	}
	defer d.close()
	if d.count > r.MaxPages {
		return fail(CodeTooManyPages, fmt.Errorf("%d pages", d.count))
	}
	info := d.info()
	if err := c.out.write(answer{Info: &info}); err != nil {
		return err
	}
	reopened := 0
	for n := max(r.From, 1); n <= d.count; n++ {
		p, err := d.safePage(n, &reopened)
		if err != nil {
			return err
		}
		if err := c.out.write(answer{Page: &p}); err != nil {
			return err
		}
	}
	return nil
}

// safePage reads a page; one that brings the instance down comes back broken,
// and the document is opened anew for the next.
func (d *pdfiumDoc) safePage(n int, reopened *int) (rawPage, error) {
	p, err := d.page(n)
	if err == nil {
		p.Bad = p.Broken != "" || !readable(p.text()) && (garbledText(p) || d.pictured())
		return p, nil
	}
	over := d.runtime.Exceeded()
	p = rawPage{Number: n, Reader: ReaderPDFium, Broken: firstLine(err), Bad: true}
	if over {
		p.Broken = CodeMemory
	}
	if *reopened++; *reopened > maxReopen {
		if over {
			return p, fail(CodeMemory, err)
		}
		return p, fail(CodeDamaged, err)
	}
	return p, d.reopen()
}

func firstLine(err error) string {
	s := err.Error()
	for i, r := range s {
		if r == '\n' || i > 200 {
			return s[:i]
		}
	}
	return s
}

// open opens a document in PDFium, which is started when it does not run yet.
func (c *childProcess) open(ctx context.Context, content []byte) (*pdfiumDoc, error) {
	runtime, err := c.pdfium(ctx)
	if err != nil {
		return nil, err
	}
	return openPDF(runtime, content)
}

func (c *childProcess) render(ctx context.Context, r request) error {
	d, err := c.open(ctx, r.content)
	if err != nil {
		return err
	}
	defer d.close()
	reopened := 0
	for _, n := range r.Pages {
		if n < 1 || n > d.count {
			continue
		}
		var img *image.Gray
		err := errors.New("the page cannot be loaded")
		if page := d.calls.call("FPDF_LoadPage", d.calls.doc, uint64(n-1)); page != 0 {
			d.keepOpen(page)
			img, err = d.render(page, r.DPI)
		}
		if err != nil {
			if d.calls.err() != nil {
				if reopened++; reopened > maxReopen {
					return fail(CodeDamaged, err)
				}
				if err := d.reopen(); err != nil {
					return err
				}
			}
			continue // the page stays without text
		}
		b := img.Bounds()
		if err := c.out.write(answer{Image: &pageImage{Page: n, Width: b.Dx(), Height: b.Dy()}}); err != nil {
			return err
		}
		if err := c.out.bytes(img.Pix); err != nil {
			return err
		}
	}
	return nil
}
