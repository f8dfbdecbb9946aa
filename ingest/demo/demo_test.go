package demo

import (
	"bytes"
	"io/fs"
	"testing"
)

func TestFSHoldsThePDFs(t *testing.T) {
	names, err := fs.Glob(FS(), "*")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 16 {
		t.Errorf("%d documents, want at least 16", len(names))
	}
	for _, name := range names {
		content, err := fs.ReadFile(FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(content, []byte("%PDF-")) {
			t.Errorf("%s is not a PDF", name)
		}
	}
}
