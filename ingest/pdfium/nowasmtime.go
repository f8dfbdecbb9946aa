//go:build !(cgo && linux && (amd64 || arm64))

package pdfium

// newWasmtime is nil where Wasmtime's library cannot be linked.
var newWasmtime func(Options) (machine, error)
