#!/usr/bin/env bash
# Makes pdfium.wasm out of the module that go-pdfium builds: with the functions of
# additions.wat, then through wasm-opt, which puts small functions into their callers.
# Needs binaryen (Debian's package of that name; takes some minutes). Flags that assume
# what the module does not promise (-tnh, -ffm) are left out; -lmu holds for modules of
# Emscripten, which leave the first kilobyte of memory unused.
set -euo pipefail
cd "$(dirname "$0")"

readonly version=v1.19.8
readonly sum=a9da632fc69e963f94c68dda017eec3e512284c9113d6e3be21f35086de3c0c3
dir=$(GOFLAGS=-mod=mod go mod download -json "github.com/klippa-app/go-pdfium@$version" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
readonly from=$dir/webassembly/pdfium.wasm
echo "$sum  $from" | sha256sum --check --quiet

readonly features="--enable-bulk-memory --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int --enable-simd"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2086 # several flags
wasm-dis $features "$from" -o "$work/from.wat"

# exported gives the name in the module of the function that it exports as $1.
exported() { sed -n "s/^ (export \"$1\" (func \(\\\$[0-9]*\)))\$/\1/p" "$work/from.wat"; }

# malloc and free get other names, so that all who call them call those of additions.wat.
malloc=$(exported malloc)
free=$(exported free)
sed -e "s/^ (func \\$malloc (/ (func \$dlmalloc (/; s/^ (func \\$free (/ (func \$dlfree (/" \
	-e 's/(memory\.copy$/(call $copy/; /^)$/d' "$work/from.wat" >"$work/pdfium.wat"
names="s/\\\$cached_malloc/$malloc/; s/\\\$cached_free/$free/"
for f in $(grep -o 'call \$FPDF[A-Za-z_]*' additions.wat | cut -c7- | sort -u); do
	names="$names; s/call \\\$$f /call $(exported "$f") /"
done
{
	sed "$names" additions.wat
	echo ')'
} >>"$work/pdfium.wat"
# shellcheck disable=SC2086
wasm-as $features "$work/pdfium.wat" -o "$work/pdfium.wasm"
# shellcheck disable=SC2086
wasm-opt -O3 -lmu -aimfs 12 -fimfs 60 $features "$work/pdfium.wasm" -o "$work/optimised.wasm"
mv "$work/optimised.wasm" pdfium.wasm
chmod 644 pdfium.wasm
