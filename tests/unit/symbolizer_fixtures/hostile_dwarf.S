// SPDX-License-Identifier: MIT
//
// hostile_dwarf.S - debug information in circles: a function that is its own abstract origin, an
// inlined call that is its own next sibling inside it. With DEEP: 200,000 blocks inside one
// another. With DOUBLING: blocks whose next sibling is their own first child, so that whoever
// visits both visits the innermost 2^60 times.

        .text
        .globl  circle
        .type   circle, @function
circle:
        nop
        nop
        ret
        .size   circle, . - circle
.Lend:

        .section .debug_abbrev, "", @progbits
        .uleb128 1, 0x11                // compile unit with children
        .byte   1
        .uleb128 0x03, 0x08             // name, string
        .uleb128 0x11, 0x01             // low_pc, address
        .uleb128 0x12, 0x07             // high_pc, 8 bytes
        .uleb128 0, 0
        .uleb128 2, 0x2e                // subprogram with children
        .byte   1
        .uleb128 0x31, 0x13             // abstract origin, reference
        .uleb128 0x11, 0x01
        .uleb128 0x12, 0x07
        .uleb128 0, 0
        .uleb128 3, 0x1d                // inlined call with children
        .byte   1
        .uleb128 0x31, 0x13
        .uleb128 0x01, 0x13             // sibling, reference
        .uleb128 0x11, 0x01
        .uleb128 0x12, 0x07
        .uleb128 0, 0
        .uleb128 4, 0x0b                // block with children
        .byte   1
        .uleb128 0, 0
        .uleb128 5, 0x0b                // block with children and sibling
        .byte   1
        .uleb128 0x01, 0x13
        .uleb128 0, 0
        .uleb128 0

        .section .debug_info, "", @progbits
.Lunit:
        .long   .Lunit_end - .Lversion
.Lversion:
        .value  4
        .long   0
        .byte   8
        .uleb128 1
        .string "circle.c"
        .quad   circle
        .quad   .Lend - circle
.Lfunction:
        .uleb128 2
        .long   .Lfunction - .Lunit
        .quad   circle
        .quad   .Lend - circle
#ifdef DOUBLING
        .rept   60
        .uleb128 5
        .long   1f - .Lunit
1:
        .endr
        .zero   60
#endif
.Lcall:
        .uleb128 3
        .long   .Lfunction - .Lunit
        .long   .Lcall - .Lunit
        .quad   circle
        .quad   .Lend - circle
#ifdef DEEP
        .rept   200000
        .uleb128 4
        .endr
#endif
        .byte   0, 0, 0
.Lunit_end:

        .section .note.GNU-stack, "", @progbits
