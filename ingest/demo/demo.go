// Package demo holds the demo corpus: short Dutch texts about the SER, written
// for this project from public facts, so that a fresh installation has
// something to answer from. The texts are in source/*.md; makepdf sets them as
// the PDFs that are embedded here. A catalogue of publications goes with them, most
// of which the corpus does not hold. The package imports nothing of the project.
package demo

import (
	"embed"
	"io/fs"
)

//go:generate go run ./makepdf -source source -out .

//go:embed *.pdf
var pdfs embed.FS

// FS is the demo corpus: its PDFs, all in the root of the file system.
func FS() fs.FS { return pdfs }

//go:embed catalogue.yaml
var catalogue []byte

// Catalogue is the demo catalogue under its file name, as catalogues are ingested.
func Catalogue() (name string, content []byte) { return "catalogue.yaml", catalogue }
