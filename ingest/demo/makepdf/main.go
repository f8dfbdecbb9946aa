// Command makepdf sets the Markdown sources of the demo corpus as PDFs: a title
// block, running header, page numbers, outline, tables and footnotes. The same
// source always gives the same bytes, so that the committed PDFs can be checked.
//
//	go run ./ingest/demo/makepdf -source ingest/demo/source -out ingest/demo
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	from := flag.String("source", "ingest/demo/source", "folder with the Markdown sources")
	to := flag.String("out", "ingest/demo", "folder for the PDFs")
	flag.Parse()
	if err := makeAll(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "makepdf:", err)
		os.Exit(1)
	}
}

// makeAll writes a PDF for every source.
func makeAll(from, to string) error {
	names, err := filepath.Glob(filepath.Join(from, "*.md"))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("no *.md in %s: give the folder with -source", from)
	}
	for _, name := range names {
		out := filepath.Join(to, stem(name)+".pdf")
		content, pages, err := makeOne(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(out, content, 0o644); err != nil { // #nosec G306 -- documents are for everybody to read
			return err
		}
		fmt.Printf("%s: %d pages\n", out, len(pages))
	}
	return nil
}

// makeOne sets one source; it returns the PDF and the text of each page.
func makeOne(name string) ([]byte, []string, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	src, err := parse(content)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	pdf, pages, err := typeset(src)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return pdf, pages, nil
}

// stem is a file's name without folder and extension.
func stem(name string) string {
	return strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
}
