#include "textflag.h"

// The number of ones in every half byte (Muła, Kurz and Lemire 2018, Faster Population
// Counts Using AVX2 Instructions).
DATA ones<>+0(SB)/8, $0x0302020102010100
DATA ones<>+8(SB)/8, $0x0403030203020201
DATA ones<>+16(SB)/8, $0x0302020102010100
DATA ones<>+24(SB)/8, $0x0403030203020201
GLOBL ones<>(SB), RODATA|NOPTR, $32

DATA low<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL low<>(SB), RODATA|NOPTR, $8

// ROW leaves in the four quarters of Y how many bits differ there.
#define ROW(off, Y, T) \
	VPXOR off(SI), Y0, Y \
	VPAND Y, Y15, T \
	VPSRLW $4, Y, Y \
	VPAND Y, Y15, Y \
	VPSHUFB T, Y14, T \
	VPSHUFB Y, Y14, Y \
	VPADDB T, Y, Y \
	VPSADBW Y13, Y, Y

// func differencesAVX2(sketches *sketch, n int, q *sketch, out *uint8)
// n is a multiple of 8 and not 0.
TEXT ·differencesAVX2(SB), NOSPLIT, $0-32
	MOVQ sketches+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ q+16(FP), DX
	MOVQ out+24(FP), DI
	VMOVDQU (DX), Y0
	VMOVDQU ones<>(SB), Y14
	VPBROADCASTQ low<>(SB), Y15
	VPXOR Y13, Y13, Y13

eight:
	ROW(0, Y1, Y9)
	ROW(32, Y2, Y10)
	ROW(64, Y3, Y11)
	ROW(96, Y4, Y12)
	ROW(128, Y5, Y9)
	ROW(160, Y6, Y10)
	ROW(192, Y7, Y11)
	ROW(224, Y8, Y12)
	// Eight times four counts become eight: neighbours are packed and added, then the
	// halves of each register.
	VPACKSSDW Y2, Y1, Y1
	VPACKSSDW Y4, Y3, Y3
	VPACKSSDW Y6, Y5, Y5
	VPACKSSDW Y8, Y7, Y7
	VPHADDD Y3, Y1, Y1
	VPHADDD Y7, Y5, Y5
	VEXTRACTI128 $1, Y1, X2
	VEXTRACTI128 $1, Y5, X6
	VPADDD X2, X1, X1
	VPADDD X6, X5, X5
	VPACKUSDW X5, X1, X1
	VPACKUSWB X1, X1, X1 // 256 becomes 255
	MOVQ X1, (DI)
	ADDQ $256, SI
	ADDQ $8, DI
	SUBQ $8, CX
	JG eight
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
