#!/usr/bin/env bash
# Makes pdfium.wasm out of the module that go-pdfium builds: short copies of memory
# without the host, then wasm-opt. Needs wabt and binaryen (Debian's packages of those
# names). Flags that assume what the module does not promise (-tnh, -ffm) are left out;
# -lmu holds for modules of Emscripten, which leave the first kilobyte of memory unused.
set -euo pipefail
cd "$(dirname "$0")"

readonly version=v1.19.8
readonly sum=a9da632fc69e963f94c68dda017eec3e512284c9113d6e3be21f35086de3c0c3
dir=$(GOFLAGS=-mod=mod go mod download -json "github.com/klippa-app/go-pdfium@$version" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
readonly from=$dir/webassembly/pdfium.wasm
echo "$sum  $from" | sha256sum --check --quiet

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wasm2wat --enable-all "$from" -o "$work/pdfium.wat"
# The new function comes after all others, so that their numbers stay.
sed 's/\bmemory\.copy\b/call $copy/' "$work/pdfium.wat" | sed '/^  (table (;0;)/{
	r copy.wat
	N
}' >"$work/copy.wat"
wat2wasm --enable-all "$work/copy.wat" -o "$work/copy.wasm"
wasm-opt -O3 -lmu --enable-bulk-memory --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int \
	"$work/copy.wasm" -o "$work/pdfium.wasm"
mv "$work/pdfium.wasm" pdfium.wasm
chmod 644 pdfium.wasm
