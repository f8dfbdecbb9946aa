package extract

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkRead measures reading with structure, in this process, so that
// profiles show it. BenchmarkPDFToText reads the same files in the same run:
// compare the pages per CPU-second of the two.
func BenchmarkRead(b *testing.B) {
	runtime, err := newPDFium(context.Background(), cacheDir(b), defaultMemoryPages)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = runtime.Close() }()
	contents := benchFiles(b)
	pages := 0
	before := usage(unix.RUSAGE_SELF).CPU
	for b.Loop() {
		for _, c := range contents {
			d, err := openPDF(runtime, c)
			if err != nil {
				b.Fatal(err)
			}
			raw := d.info()
			var all []rawPage
			for n := 1; n <= d.count; n++ {
				p, err := d.page(n)
				if err != nil {
					b.Fatal(err)
				}
				all = append(all, p)
			}
			d.close()
			doc := finish(raw, all)
			pages += len(doc.Pages)
		}
	}
	b.ReportMetric(float64(pages)/(usage(unix.RUSAGE_SELF).CPU-before), "pages/CPU-s")
	b.ReportMetric(float64(runtime.Peak()>>20), "MB")
}

// BenchmarkPDFToText is the yardstick of BenchmarkRead.
func BenchmarkPDFToText(b *testing.B) {
	path, err := exec.LookPath("pdftotext")
	if err != nil {
		b.Skip("SKIPPED: pdftotext is not installed")
	}
	benchFiles(b)
	files, _ := filepath.Glob(filepath.Join(shared(b, "corpus"), "*", "*.pdf"))
	const pages = 244 // in all of them, as BenchmarkRead counts
	n := 0
	before := usage(unix.RUSAGE_CHILDREN).CPU
	for b.Loop() {
		for _, f := range files {
			if err := exec.Command(path, f, "-").Run(); err != nil {
				b.Fatal(err)
			}
		}
		n += pages
	}
	b.ReportMetric(float64(n)/(usage(unix.RUSAGE_CHILDREN).CPU-before), "pages/CPU-s")
}

func benchFiles(b *testing.B) [][]byte {
	files, err := filepath.Glob(filepath.Join(shared(b, "corpus"), "*", "*.pdf"))
	if err != nil || len(files) == 0 {
		b.Fatalf("no files: %v", err)
	}
	var out [][]byte
	for _, f := range files {
		c, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// BenchmarkFinish measures what the parent does with pages that were read: structure
// and metadata.
func BenchmarkFinish(b *testing.B) {
	runtime, err := newPDFium(context.Background(), cacheDir(b), defaultMemoryPages)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = runtime.Close() }()
	d, err := openPDF(runtime, benchFiles(b)[0])
	if err != nil {
		b.Fatal(err)
	}
	defer d.close()
	raw := d.info()
	var all []rawPage
	for n := 1; n <= d.count; n++ {
		p, err := d.page(n)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, p)
	}
	pages := 0
	before := usage(unix.RUSAGE_SELF).CPU
	for b.Loop() {
		again := slices.Clone(all)
		for i := range again {
			again[i].Lines = slices.Clone(again[i].Lines)
		}
		pages += len(finish(raw, again).Pages)
	}
	b.ReportMetric(1000*(usage(unix.RUSAGE_SELF).CPU-before)/float64(pages), "CPU-ms/page")
}
