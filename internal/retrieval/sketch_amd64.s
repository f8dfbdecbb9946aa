#include "textflag.h"

DATA low<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL low<>(SB), RODATA|NOPTR, $8

// ROW looks up eight planes of 32 sketches: Y is the row, then the sums of its tables.
#define ROW(row, table, Y, T, U) \
	VMOVDQU row(SI), Y \
	VBROADCASTI128 table(DX), T \
	VBROADCASTI128 (table+16)(DX), U \
	VPAND Y, Y15, Y14 \
	VPSRLW $4, Y, Y \
	VPAND Y, Y15, Y \
	VPSHUFB Y14, T, T \
	VPSHUFB Y, U, Y \
	VPADDB T, Y, Y

// ROWS adds two rows to the sums: those of odd sketches to Y1, those of even ones, with
// the odd ones 256 times, to Y0.
#define ROWS(row, table) \
	ROW(row, table, Y2, Y3, Y4) \
	ROW(row+32, table+32, Y5, Y6, Y7) \
	VPADDB Y5, Y2, Y2 \
	VPADDW Y2, Y0, Y0 \
	VPSRLW $8, Y2, Y2 \
	VPADDW Y2, Y1, Y1

// STORE writes the distances that the sums are, as distanceShift has it, at most the 255
// in every word of Y13.
#define STORE \
	VPSLLW $8, Y1, Y2 \
	VPSUBW Y2, Y0, Y0 \
	VPSRLW $2, Y0, Y0 \
	VPSRLW $2, Y1, Y1 \
	VPMINUW Y13, Y0, Y0 \
	VPMINUW Y13, Y1, Y1 \
	VPSLLW $8, Y1, Y1 \
	VPOR Y1, Y0, Y0 \
	VMOVDQU Y0, (DI)

// func distancesAVX2(groups *sketchGroup, n int, t *halfTables, out *uint8)
// n is not 0.
TEXT ·distancesAVX2(SB), NOSPLIT, $0-32
	MOVQ groups+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ t+16(FP), DX
	MOVQ out+24(FP), DI
	VPBROADCASTQ low<>(SB), Y15
	VPCMPEQW Y13, Y13, Y13
	VPSRLW $8, Y13, Y13 // 255 in every word

group:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	ROWS(0, 0)
	ROWS(64, 64)
	ROWS(128, 128)
	ROWS(192, 192)
	ROWS(256, 256)
	ROWS(320, 320)
	ROWS(384, 384)
	ROWS(448, 448)
	STORE
	ADDQ $512, SI
	ADDQ $32, DI
	DECQ CX
	JNZ group
	VZEROUPPER
	RET

// PAIR looks up eight planes of 32 sketches and the next eight: Z is their two rows, then
// the sums of the tables in LOW and HIGH.
#define PAIR(rows, LOW, HIGH, Z, T) \
	VMOVDQU64 rows(SI), Z \
	VPANDQ Z, Z15, T \
	VPSRLW $4, Z, Z \
	VPANDQ Z, Z15, Z \
	VPSHUFB T, LOW, T \
	VPSHUFB Z, HIGH, Z \
	VPADDB T, Z, Z

// PAIRS adds two pairs to the sums as ROWS does.
#define PAIRS(rows, L1, H1, L2, H2) \
	PAIR(rows, L1, H1, Z2, Z3) \
	PAIR(rows+64, L2, H2, Z4, Z5) \
	VPADDB Z4, Z2, Z2 \
	VPADDW Z2, Z0, Z0 \
	VPSRLW $8, Z2, Z2 \
	VPADDW Z2, Z1, Z1

// TABLES puts those of two rows into registers, as often as a row is wide.
#define TABLES(tables, LOW, HIGH) \
	VMOVDQU64 tables(DX), Z0 \
	VSHUFI32X4 $0xa0, Z0, Z0, LOW \
	VSHUFI32X4 $0xf5, Z0, Z0, HIGH

// func distancesAVX512(groups *sketchGroup, n int, t *halfTables, out *uint8)
// n is not 0.
TEXT ·distancesAVX512(SB), NOSPLIT, $0-32
	MOVQ groups+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ t+16(FP), DX
	MOVQ out+24(FP), DI
	VPBROADCASTQ low<>(SB), Z15
	VPCMPEQW Y13, Y13, Y13
	VPSRLW $8, Y13, Y13 // 255 in every word
	TABLES(0, Z16, Z17)
	TABLES(64, Z18, Z19)
	TABLES(128, Z20, Z21)
	TABLES(192, Z22, Z23)
	TABLES(256, Z24, Z25)
	TABLES(320, Z26, Z27)
	TABLES(384, Z28, Z29)
	TABLES(448, Z30, Z31)

group:
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1
	PAIRS(0, Z16, Z17, Z18, Z19)
	PAIRS(128, Z20, Z21, Z22, Z23)
	PAIRS(256, Z24, Z25, Z26, Z27)
	PAIRS(384, Z28, Z29, Z30, Z31)
	VEXTRACTI64X4 $1, Z0, Y2
	VEXTRACTI64X4 $1, Z1, Y3
	VPADDW Y2, Y0, Y0
	VPADDW Y3, Y1, Y1
	STORE
	ADDQ $512, SI
	ADDQ $32, DI
	DECQ CX
	JNZ group
	VZEROUPPER
	RET

// func prefetchInts(v *int8, n int)
TEXT ·prefetchInts(SB), NOSPLIT, $0-16
	JMP ·prefetch(SB)

// func prefetch(b *byte, n int)
TEXT ·prefetch(SB), NOSPLIT, $0-16
	MOVQ b+0(FP), SI
	MOVQ n+8(FP), CX

line:
	PREFETCHT0 (SI)
	ADDQ $64, SI
	SUBQ $64, CX
	JG line
	RET

// func masksAVX2(distances *uint8, n int, bound uint8, masks *uint32)
// n is not 0.
TEXT ·masksAVX2(SB), NOSPLIT, $0-32
	MOVQ distances+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ masks+24(FP), DI
	VPBROADCASTB bound+16(FP), Y0

mask:
	VMOVDQU (SI), Y1
	VPMINUB Y1, Y0, Y2
	VPCMPEQB Y1, Y2, Y2
	VPMOVMSKB Y2, AX
	MOVL AX, (DI)
	ADDQ $32, SI
	ADDQ $4, DI
	DECQ CX
	JNZ mask
	VZEROUPPER
	RET

// SIXTEEN leaves ones in the words of Y that are not below those of Y0.
#define SIXTEEN(off, Y) \
	VMOVDQU off(SI), Y \
	VPMAXUW Y, Y0, Y8 \
	VPCMPEQW Y, Y8, Y

// func atLeastAVX2(values *uint16, n int, from uint16, marks *uint64)
// n is not 0.
TEXT ·atLeastAVX2(SB), NOSPLIT, $0-32
	MOVQ values+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ marks+24(FP), DI
	VPBROADCASTW from+16(FP), Y0

mark:
	SIXTEEN(0, Y1)
	SIXTEEN(32, Y2)
	SIXTEEN(64, Y3)
	SIXTEEN(96, Y4)
	// Packing goes by halves of registers: quarters are put in order afterwards.
	VPACKSSWB Y2, Y1, Y1
	VPACKSSWB Y4, Y3, Y3
	VPERMQ $0xd8, Y1, Y1
	VPERMQ $0xd8, Y3, Y3
	VPMOVMSKB Y1, AX
	VPMOVMSKB Y3, BX
	MOVL AX, (DI)
	MOVL BX, 4(DI)
	ADDQ $128, SI
	ADDQ $8, DI
	DECQ CX
	JNZ mark
	VZEROUPPER
	RET

// func dotAVX2(v *int8, q *int16, n int) int64
// n is a multiple of 32 and not 0. The sums of 32 bits hold 4096 products of 8 by 16 bits.
TEXT ·dotAVX2(SB), NOSPLIT, $0-32
	MOVQ v+0(FP), SI
	MOVQ q+8(FP), DI
	MOVQ n+16(FP), CX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1

more:
	VPMOVSXBW (SI), Y2
	VPMOVSXBW 16(SI), Y3
	VPMADDWD (DI), Y2, Y2
	VPMADDWD 32(DI), Y3, Y3
	VPADDD Y2, Y0, Y0
	VPADDD Y3, Y1, Y1
	ADDQ $32, SI
	ADDQ $64, DI
	SUBQ $32, CX
	JG more
	// The sixteen sums become eight of 64 bits, and those one.
	VEXTRACTI128 $1, Y0, X2
	VEXTRACTI128 $1, Y1, X3
	VPMOVSXDQ X0, Y0
	VPMOVSXDQ X1, Y1
	VPMOVSXDQ X2, Y2
	VPMOVSXDQ X3, Y3
	VPADDQ Y1, Y0, Y0
	VPADDQ Y3, Y2, Y2
	VPADDQ Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDQ X1, X0, X0
	VPSRLDQ $8, X0, X1
	VPADDQ X1, X0, X0
	VMOVQ X0, AX
	MOVQ AX, ret+24(FP)
	VZEROUPPER
	RET
