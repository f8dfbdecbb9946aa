//go:build cgo

package pdfium

const cgo = true
