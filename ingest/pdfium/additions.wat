 ;; Copies n bytes, which may overlap: short ones by loads and stores, because engines call
 ;; a function of the host for memory.copy and most copies of PDFium are of some bytes.
 (func $copy (param $to i32) (param $from i32) (param $n i32)
  (local $a i64) (local $b i64) (local $c i64) (local $d i64)
  (local $0 v128) (local $1 v128) (local $2 v128) (local $3 v128)
  (local $4 v128) (local $5 v128) (local $6 v128) (local $7 v128)
  (local $end i32) (local $into i32)
  (if (i32.gt_u (local.get $n) (i32.const 128))
   (block (memory.copy (local.get $to) (local.get $from) (local.get $n)) (return)))
  (if (i32.gt_u (local.get $n) (i32.const 32))
   (block
    (local.set $end (i32.add (local.get $from) (local.get $n)))
    (local.set $into (i32.add (local.get $to) (local.get $n)))
    (local.set $0 (v128.load align=1 (local.get $from)))
    (local.set $1 (v128.load offset=16 align=1 (local.get $from)))
    (local.set $2 (v128.load align=1 (i32.sub (local.get $end) (i32.const 32))))
    (local.set $3 (v128.load align=1 (i32.sub (local.get $end) (i32.const 16))))
    (if (i32.gt_u (local.get $n) (i32.const 64))
     (block
      (local.set $4 (v128.load offset=32 align=1 (local.get $from)))
      (local.set $5 (v128.load offset=48 align=1 (local.get $from)))
      (local.set $6 (v128.load align=1 (i32.sub (local.get $end) (i32.const 64))))
      (local.set $7 (v128.load align=1 (i32.sub (local.get $end) (i32.const 48))))
      (v128.store offset=32 align=1 (local.get $to) (local.get $4))
      (v128.store offset=48 align=1 (local.get $to) (local.get $5))
      (v128.store align=1 (i32.sub (local.get $into) (i32.const 64)) (local.get $6))
      (v128.store align=1 (i32.sub (local.get $into) (i32.const 48)) (local.get $7))))
    (v128.store align=1 (local.get $to) (local.get $0))
    (v128.store offset=16 align=1 (local.get $to) (local.get $1))
    (v128.store align=1 (i32.sub (local.get $into) (i32.const 32)) (local.get $2))
    (v128.store align=1 (i32.sub (local.get $into) (i32.const 16)) (local.get $3))
    (return)))
  (if (i32.gt_u (local.get $n) (i32.const 16))
   (block
    (local.set $0 (v128.load align=1 (local.get $from)))
    (local.set $1 (v128.load align=1 (i32.sub (i32.add (local.get $from) (local.get $n)) (i32.const 16))))
    (v128.store align=1 (local.get $to) (local.get $0))
    (v128.store align=1 (i32.sub (i32.add (local.get $to) (local.get $n)) (i32.const 16)) (local.get $1))
    (return)))
  (if (i32.ge_u (local.get $n) (i32.const 8))
   (block
    (local.set $a (i64.load align=1 (local.get $from)))
    (local.set $b (i64.load align=1 (i32.sub (i32.add (local.get $from) (local.get $n)) (i32.const 8))))
    (i64.store align=1 (local.get $to) (local.get $a))
    (i64.store align=1 (i32.sub (i32.add (local.get $to) (local.get $n)) (i32.const 8)) (local.get $b))
    (return)))
  (if (i32.ge_u (local.get $n) (i32.const 4))
   (block
    (local.set $a (i64.load32_u align=1 (local.get $from)))
    (local.set $b (i64.load32_u align=1 (i32.sub (i32.add (local.get $from) (local.get $n)) (i32.const 4))))
    (i64.store32 align=1 (local.get $to) (local.get $a))
    (i64.store32 align=1 (i32.sub (i32.add (local.get $to) (local.get $n)) (i32.const 4)) (local.get $b))
    (return)))
  (if (local.get $n)
   (block
    (local.set $a (i64.load8_u (local.get $from)))
    (local.set $b (i64.load8_u (i32.add (local.get $from) (i32.shr_u (local.get $n) (i32.const 1)))))
    (local.set $c (i64.load8_u (i32.sub (i32.add (local.get $from) (local.get $n)) (i32.const 1))))
    (i64.store8 (local.get $to) (local.get $a))
    (i64.store8 (i32.add (local.get $to) (i32.shr_u (local.get $n) (i32.const 1))) (local.get $b))
    (i64.store8 (i32.sub (i32.add (local.get $to) (local.get $n)) (i32.const 1)) (local.get $c)))))

 ;; malloc and free keep small blocks that were freed in lists, one per size, as the C
 ;; library of GNU does: PDFium makes and frees some hundred thousand a page. A block of
 ;; dlmalloc, the allocator behind it, has its size in the four bytes before it, a multiple
 ;; of 8 with flags in the lowest three bits; the four bytes at the start of a kept block
 ;; lead to the next of its size. $kept is where the lists begin, 4 bytes for every 8 bytes
 ;; of size; 0 is before the first block was made.
 (global $kept (mut i32) (i32.const 0))
 (func $cached_malloc (param $n i32) (result i32)
  (local $list i32) (local $block i32)
  (if (i32.le_u (local.get $n) (i32.const 500))
   (block
    (local.set $list (i32.add (global.get $kept) (i32.shr_u (select
     (i32.const 16)
     (i32.and (i32.add (local.get $n) (i32.const 11)) (i32.const -8))
     (i32.lt_u (local.get $n) (i32.const 5)))
     (i32.const 1))))
    (if (global.get $kept)
     (block
      (if (local.tee $block (i32.load (local.get $list)))
       (block
        (i32.store (local.get $list) (i32.load (local.get $block)))
        (return (local.get $block)))))
     (block
      (global.set $kept (call $dlmalloc (i32.const 260)))
      (if (global.get $kept) (memory.fill (global.get $kept) (i32.const 0) (i32.const 260)))))))
  (call $dlmalloc (local.get $n)))
 (func $cached_free (param $block i32)
  (local $size i32) (local $list i32)
  (if (i32.eqz (local.get $block)) (return))
  (local.set $size (i32.and (i32.load (i32.sub (local.get $block) (i32.const 4))) (i32.const -8)))
  (if (i32.and (i32.le_u (local.get $size) (i32.const 504)) (i32.ne (global.get $kept) (i32.const 0)))
   (block
    (local.set $list (i32.add (global.get $kept) (i32.shr_u (local.get $size) (i32.const 1))))
    (i32.store (local.get $block) (i32.load (local.get $list)))
    (i32.store (local.get $list) (local.get $block))
    (return)))
  (call $dlfree (local.get $block)))

 ;; What is asked of PDFium hundreds of times a page, in one call of ours (vb_): such a call
 ;; costs more than what PDFium does in it.

 ;; Of $n children of an element of the structure tree, from number $from: the id of the
 ;; marked content or -1, and then the child; 8 bytes each at $out.
 (func $vb_children (param $element i32) (param $from i32) (param $n i32) (param $out i32)
  (local $id i32)
  (block $done
   (loop $next
    (br_if $done (i32.eqz (local.get $n)))
    (local.set $id (call $FPDF_StructElement_GetChildMarkedContentID (local.get $element) (local.get $from)))
    (i32.store (local.get $out) (local.get $id))
    (i32.store offset=4 (local.get $out)
     (if (result i32) (i32.lt_s (local.get $id) (i32.const 0))
      (call $FPDF_StructElement_GetChildAtIndex (local.get $element) (local.get $from))
      (i32.const 0)))
    (local.set $from (i32.add (local.get $from) (i32.const 1)))
    (local.set $out (i32.add (local.get $out) (i32.const 8)))
    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
    (br $next))))

 ;; $n objects of a page from number $from, and of what type they are; 8 bytes each at $out.
 (func $vb_objects (param $page i32) (param $from i32) (param $n i32) (param $out i32)
  (local $object i32)
  (block $done
   (loop $next
    (br_if $done (i32.eqz (local.get $n)))
    (local.set $object (call $FPDFPage_GetObject (local.get $page) (local.get $from)))
    (i32.store (local.get $out) (local.get $object))
    (i32.store offset=4 (local.get $out) (call $FPDFPageObj_GetType (local.get $object)))
    (local.set $from (i32.add (local.get $from) (i32.const 1)))
    (local.set $out (i32.add (local.get $out) (i32.const 8)))
    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
    (br $next))))

 ;; The text object of a character; its origin, two doubles, and whether it has one are at
 ;; $out.
 (func $vb_glyph (param $text i32) (param $i i32) (param $out i32) (result i32)
  (i32.store offset=16 (local.get $out)
   (call $FPDFText_GetCharOrigin (local.get $text) (local.get $i) (local.get $out) (i32.add (local.get $out) (i32.const 8))))
  (call $FPDFText_GetTextObject (local.get $text) (local.get $i)))

 ;; Of a character, at $out: its matrix, six floats; its font size, a double; the flags of its
 ;; font; the length of the font's name; the name when it has at most 256 bytes. Whether it
 ;; has a matrix comes back.
 (func $vb_typeface (param $text i32) (param $i i32) (param $out i32) (result i32)
  (f64.store offset=24 (local.get $out) (call $FPDFText_GetFontSize (local.get $text) (local.get $i)))
  (i32.store offset=36 (local.get $out)
   (call $FPDFText_GetFontInfo (local.get $text) (local.get $i) (i32.add (local.get $out) (i32.const 40)) (i32.const 256)
    (i32.add (local.get $out) (i32.const 32))))
  (call $FPDFText_GetMatrix (local.get $text) (local.get $i) (local.get $out)))

 (export "vb_children" (func $vb_children))
 (export "vb_objects" (func $vb_objects))
 (export "vb_glyph" (func $vb_glyph))
 (export "vb_typeface" (func $vb_typeface))
