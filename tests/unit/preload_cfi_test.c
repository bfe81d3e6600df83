// SPDX-License-Identifier: MIT
//
// preload_cfi_test.c - call frame information of which every byte is known. Each case assembles
// .eh_frame_hdr and .eh_frame on a sheet of memory (low in the address space, so that every pointer
// encoding can say where the code is; the code itself is never read) and asks for rules.
#include "preload/cfi.h"

// clang-format off
// cmocka.h needs the others before it
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

// Instructions (DWARF 5, 7.24); the operands follow as bytes.
#define ADVANCE(delta) (0x40 | (delta))
#define OFFSET(number) (0x80 | (number))
#define RESTORE(number) (0xc0 | (number))
enum {
    SET_LOC = 0x01,
    ADVANCE1 = 0x02,
    ADVANCE2 = 0x03,
    ADVANCE4 = 0x04,
    OFFSET_EXTENDED = 0x05,
    RESTORE_EXTENDED = 0x06,
    UNDEFINED = 0x07,
    SAME_VALUE = 0x08,
    REGISTER = 0x09,
    REMEMBER = 0x0a,
    RECALL = 0x0b,
    DEF_CFA = 0x0c,
    DEF_CFA_REGISTER = 0x0d,
    DEF_CFA_OFFSET = 0x0e,
    DEF_CFA_EXPRESSION = 0x0f,
    EXPRESSION = 0x10,
    OFFSET_EXTENDED_SF = 0x11,
    DEF_CFA_SF = 0x12,
    DEF_CFA_OFFSET_SF = 0x13,
    VAL_OFFSET = 0x14,
    VAL_OFFSET_SF = 0x15,
    VAL_EXPRESSION = 0x16,
    ADVANCE8 = 0x1d, // of MIPS
    GNU_ARGS_SIZE = 0x2e,
    GNU_NEGATIVE_OFFSET = 0x2f,
};
enum { RBX = 3, RBP = 6, RSP = 7, R10 = 10, RIP = 16 };

// rsp + 8 + ((rip & 15) >= first ? 8 : 0), as linkers write it for lazy PLTs
#define PLT(first)                                                                                 \
    DEF_CFA_EXPRESSION, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x30 + (first), 0x2a, 0x33, 0x24, 0x22
// *(rbp + sleb), and the caller's rbp at *rbp
#define DEREF_FP(sleb) DEF_CFA_EXPRESSION, 3, 0x76, sleb, 0x06
#define FP_AT_FP EXPRESSION, RBP, 2, 0x76, 0x00

#define CODE_BYTES 0x1000u

// ---- the assembler

// What of a sheet differs between cases. Zeros: what gcc and ld write.
struct shape {
    const char *augmentation; // NULL: "zR"
    uint8_t version;          // 0: 1
    uint8_t encoding;         // of pointers in FDEs, if the augmentation has an R
    uint8_t frames_encoding;  // of the header's pointer to .eh_frame. 0: pcrel | sdata4
    uint8_t count_encoding;   // 0: udata4
    uint8_t table_encoding;   // 0: datarel | sdata4
    uint8_t is_wide;          // 64-bit lengths
    int8_t data_align;        // 0: -8
    uint8_t personality;      // encoding, if the augmentation has a P
    const uint8_t *cie_code;  // instructions of the CIE. NULL: CFA = rsp + 8, rip at CFA - 8
    size_t cie_code_bytes;
};

static struct {
    uint8_t *bytes;
    size_t at;          // where the next byte goes
    size_t entry;       // the entry under way: its first byte behind the length
    size_t cie;         // of the next FDEs: its length field
    uintptr_t code[64]; // functions, in order of their FDEs, and where those are
    size_t fde[64];
    size_t count;
    struct shape shape;
} sheet;

#define SHEET_BYTES (1u << 16)
#define FRAMES_AT 0x1000u // the header with its table comes before .eh_frame

static uintptr_t header(void)
{
    return (uintptr_t)sheet.bytes;
}

static uintptr_t here(void)
{
    return (uintptr_t)sheet.bytes + sheet.at;
}

static void put(uint64_t value, size_t bytes)
{
    assert_true(sheet.at + bytes <= SHEET_BYTES);
    memcpy(sheet.bytes + sheet.at, &value, bytes);
    sheet.at += bytes;
}

static void put_bytes(const void *bytes, size_t count)
{
    assert_true(sheet.at + count <= SHEET_BYTES);
    memcpy(sheet.bytes + sheet.at, bytes, count);
    sheet.at += count;
}

static void put_leb(int64_t value, bool is_signed)
{
    for (;;) {
        uint8_t byte = value & 0x7f;

        value >>= 7;
        if (is_signed ? value == -(int64_t)(byte >> 6) : value == 0) {
            put(byte, 1);
            return;
        }
        put(byte | 0x80, 1);
    }
}

static void put_pointer(uintptr_t pointer, unsigned encoding)
{
    static const uint8_t widths[16] = {8, 0, 2, 4, 8, 0, 0, 0, 0, 0, 2, 4, 8};
    unsigned format = encoding & 0x0f;

    if ((encoding & 0x70) == 0x10)
        pointer -= here();
    if ((encoding & 0x70) == 0x30)
        pointer -= header();
    if (format == 0x01 || format == 0x09)
        put_leb((int64_t)pointer, format == 0x09);
    else
        put(pointer, widths[format]);
}

static void open_entry(void)
{
    if (sheet.shape.is_wide) {
        put(UINT32_MAX, 4);
        put(0, 8);
    } else {
        put(0, 4);
    }
    sheet.entry = sheet.at;
}

// Pads with nops, then its length is known.
static void close_entry(void)
{
    size_t end;

    while ((sheet.at - sheet.entry) % 4 != 0)
        put(0, 1);
    end = sheet.at;
    sheet.at = sheet.entry - (sheet.shape.is_wide ? 8 : 4);
    put(end - sheet.entry, sheet.shape.is_wide ? 8 : 4);
    sheet.at = end;
}

static size_t id_bytes(void)
{
    return sheet.shape.is_wide ? 8 : 4;
}

static void put_augmentation_data(const char *letters)
{
    size_t length_at = sheet.at;

    put(0, 1);
    for (letters++; *letters; letters++) {
        if (*letters == 'R')
            put(sheet.shape.encoding, 1);
        else if (*letters == 'L')
            put(0x0b, 1); // not that of the FDEs
        else if (*letters == 'P') {
            put(sheet.shape.personality, 1);
            put_pointer(header() + 0x40, sheet.shape.personality & 0x7f);
        }
    }
    sheet.bytes[length_at] = (uint8_t)(sheet.at - length_at - 1);
}

static void put_cie(void)
{
    static const uint8_t usual[] = {DEF_CFA, RSP, 8, OFFSET(RIP), 1};
    const struct shape *shape = &sheet.shape;

    sheet.cie = sheet.at;
    open_entry();
    put(0, id_bytes());
    put(shape->version, 1);
    put_bytes(shape->augmentation, strlen(shape->augmentation) + 1);
    if (shape->version == 4)
        put(8, 2); // bytes of an address, of a segment selector
    put_leb(1, false);
    put_leb(shape->data_align ? shape->data_align : -8, true);
    put_leb(RIP, false);
    if (shape->augmentation[0] == 'z')
        put_augmentation_data(shape->augmentation);
    if (shape->cie_code)
        put_bytes(shape->cie_code, shape->cie_code_bytes);
    else
        put_bytes(usual, sizeof(usual));
    close_entry();
}

static unsigned fde_encoding(void)
{
    return strchr(sheet.shape.augmentation, 'R') ? sheet.shape.encoding : 0;
}

// A function and its instructions.
static void put_fde(uintptr_t code, uint64_t code_bytes, const void *bytes, size_t count)
{
    sheet.code[sheet.count] = code;
    sheet.fde[sheet.count++] = sheet.at;
    open_entry();
    put(sheet.at - sheet.cie, id_bytes());
    put_pointer(code, fde_encoding());
    put_pointer(code_bytes, fde_encoding() & 0x0f);
    if (sheet.shape.augmentation[0] == 'z')
        put(0, 1);
    put_bytes(bytes, count);
    close_entry();
}

static void start_sheet(const struct shape *shape)
{
    uint8_t *bytes = sheet.bytes;

    if (!bytes) {
        bytes = mmap(NULL, SHEET_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
        assert_ptr_not_equal(bytes, MAP_FAILED);
    }
    memset(&sheet, 0, sizeof(sheet));
    memset(bytes, 0, SHEET_BYTES);
    sheet.bytes = bytes;
    sheet.shape = *shape;
    if (!sheet.shape.augmentation)
        sheet.shape.augmentation = "zR";
    if (!sheet.shape.version)
        sheet.shape.version = 1;
    sheet.at = FRAMES_AT;
    put_cie();
}

// The header last: its table is of the FDEs, whose functions must be in ascending order.
static struct cfi_tables finish_sheet(void)
{
    const struct shape *shape = &sheet.shape;
    uint8_t table_encoding = shape->table_encoding ? shape->table_encoding : 0x3b;
    uint8_t count_encoding = shape->count_encoding ? shape->count_encoding : 0x03;
    uint8_t frames_encoding = shape->frames_encoding ? shape->frames_encoding : 0x1b;
    size_t end;

    put(0, 4); // the terminator
    end = sheet.at;
    sheet.at = 0;
    put(1, 1);
    put(frames_encoding, 1);
    put(count_encoding, 1);
    put(table_encoding, 1);
    put_pointer(header() + FRAMES_AT, frames_encoding);
    if (count_encoding != 0xff)
        put_pointer(sheet.count, count_encoding);
    for (size_t i = 0; table_encoding != 0xff && i < sheet.count; i++) {
        put_pointer(sheet.code[i], table_encoding);
        put_pointer(header() + sheet.fde[i], table_encoding);
    }
    sheet.at = end;
    return (struct cfi_tables){header(), header() + end, header()};
}

static uintptr_t code_of(const struct shape *shape)
{
    if (shape->encoding & 0x70)
        return header() + SHEET_BYTES;
    return shape->encoding == 0x02 ? 0x9000 : 0x4000;
}

// ---- asking

static const char *const kind_names[] = {"unknown",  "none",   "sp",  "fp",
                                         "fp_deref", "signal", "end", "odd"};

static void assert_rule(const char *name, const struct cfi_tables *tables, uintptr_t pc,
                        struct cfi_rule wanted)
{
    struct cfi_rule rule = cfi_rule_at(tables, pc);
    bool has_offset = wanted.kind == CFI_SP || wanted.kind == CFI_FP || wanted.kind == CFI_FP_DEREF;

    if (rule.kind != wanted.kind || (has_offset && rule.offset != wanted.offset) ||
        (has_offset && wanted.kind != CFI_FP_DEREF && rule.fp_slot != wanted.fp_slot))
        fail_msg("%s, at %#zx: %s %d %d, not %s %d %d", name, (size_t)pc, kind_names[rule.kind],
                 rule.offset, rule.fp_slot, kind_names[wanted.kind], wanted.offset, wanted.fp_slot);
}

// Malformed: code there may have a rule, but not one that we can read.
static void assert_refused(const char *name, const struct cfi_tables *tables, uintptr_t pc)
{
    enum cfi_kind kind = cfi_rule_at(tables, pc).kind;

    cfi_function_at(tables, pc); // any: what the instructions are is nothing to it
    if (kind != CFI_ODD)
        fail_msg("%s: %s, though malformed", name, kind_names[kind]);
}

// ---- what the instructions mean

struct known {
    const char *name;
    uint8_t code[48];
    uint8_t code_bytes;
    struct {
        uint16_t at; // from the function's start
        struct cfi_rule rule;
    } rows[7]; // until CFI_UNKNOWN
};

#define CODE(...) {__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define SP(at, offset, slot)                                                                       \
    {                                                                                              \
        at,                                                                                        \
        {                                                                                          \
            CFI_SP, offset, slot                                                                   \
        }                                                                                          \
    }
#define FP(at, offset, slot)                                                                       \
    {                                                                                              \
        at,                                                                                        \
        {                                                                                          \
            CFI_FP, offset, slot                                                                   \
        }                                                                                          \
    }
#define DEREF(at, offset)                                                                          \
    {                                                                                              \
        at,                                                                                        \
        {                                                                                          \
            CFI_FP_DEREF, offset, 0                                                                \
        }                                                                                          \
    }
#define END(at)                                                                                    \
    {                                                                                              \
        at,                                                                                        \
        {                                                                                          \
            CFI_END, 0, 0                                                                          \
        }                                                                                          \
    }
#define ODD(at)                                                                                    \
    {                                                                                              \
        at,                                                                                        \
        {                                                                                          \
            CFI_ODD, 0, 0                                                                          \
        }                                                                                          \
    }

static const struct known known[] = {
    {"nothing", CODE(0), {SP(0, 8, 0), SP(CODE_BYTES - 1, 8, 0)}},
    {"push rbp; mov rsp, rbp; leave",
     CODE(ADVANCE(1), DEF_CFA_OFFSET, 16, OFFSET(RBP), 2, ADVANCE(3), DEF_CFA_REGISTER, RBP,
          ADVANCE(5), DEF_CFA, RSP, 8),
     {SP(0, 8, 0), SP(1, 16, 2), SP(3, 16, 2), FP(4, 16, 2), FP(8, 16, 2), SP(9, 8, 2)}},
    {"a deep frame, rbp in its middle",
     CODE(DEF_CFA_OFFSET, 0xb8, 0x10, OFFSET(RBP), 7, OFFSET(RBX), 9),
     {SP(0, 2104, 7), SP(77, 2104, 7)}},
    {"all widths of advance",
     CODE(ADVANCE(63), DEF_CFA_OFFSET, 16, ADVANCE1, 200, DEF_CFA_OFFSET, 24, ADVANCE2, 0x2c, 1,
          DEF_CFA_OFFSET, 32, ADVANCE4, 0xe8, 3, 0, 0, DEF_CFA_OFFSET, 40, ADVANCE8, 10, 0, 0, 0, 0,
          0, 0, 0, DEF_CFA_OFFSET, 48),
     {SP(62, 8, 0), SP(63, 16, 0), SP(262, 16, 0), SP(263, 24, 0), SP(563, 32, 0), SP(1563, 40, 0),
      SP(1573, 48, 0)}},
    {"no advance at all: the later row",
     CODE(DEF_CFA_OFFSET, 16, ADVANCE(0), DEF_CFA_OFFSET, 24),
     {SP(0, 24, 0)}},
    {"nested remembering",
     CODE(ADVANCE(1), DEF_CFA_OFFSET, 16, OFFSET(RBP), 2, REMEMBER, ADVANCE(1), DEF_CFA, RBP, 24,
          REMEMBER, ADVANCE(1), DEF_CFA, R10, 0, OFFSET(RBP), 5, ADVANCE(1), RECALL, ADVANCE(1),
          RECALL),
     {SP(0, 8, 0), SP(1, 16, 2), FP(2, 24, 2), ODD(3), FP(4, 24, 2), SP(5, 16, 2)}},
    {"remembered twice in a row",
     CODE(REMEMBER, ADVANCE(1), DEF_CFA_OFFSET, 16, ADVANCE(1), RECALL, REMEMBER, ADVANCE(1),
          DEF_CFA_OFFSET, 24, ADVANCE(1), RECALL),
     {SP(0, 8, 0), SP(1, 16, 0), SP(2, 8, 0), SP(3, 24, 0), SP(4, 8, 0)}},
    {"restore",
     CODE(OFFSET(RBP), 2, ADVANCE(1), RESTORE(RBP), ADVANCE(1), OFFSET(RBP), 3, ADVANCE(1),
          RESTORE_EXTENDED, RBP, ADVANCE(1), UNDEFINED, RIP, ADVANCE(1), RESTORE(RIP)),
     {SP(0, 8, 2), SP(1, 8, 0), SP(2, 8, 3), SP(3, 8, 0), END(4), SP(5, 8, 0)}},
    {"same value", CODE(OFFSET(RBP), 2, ADVANCE(1), SAME_VALUE, RBP), {SP(0, 8, 2), SP(1, 8, 0)}},
    {"other forms of offset",
     CODE(OFFSET_EXTENDED, RBP, 4, ADVANCE(1), OFFSET_EXTENDED_SF, RBP, 6, ADVANCE(1),
          OFFSET_EXTENDED_SF, RBP, 0x7e, ADVANCE(1), GNU_NEGATIVE_OFFSET, RBP, 2, ADVANCE(1),
          DEF_CFA_SF, RBP, 0x7e, OFFSET(RBP), 2, ADVANCE(1), DEF_CFA_OFFSET_SF, 0x7b),
     {SP(0, 8, 4), SP(1, 8, 6), ODD(2), ODD(3), FP(4, 16, 2), FP(5, 40, 2)}},
    {"below the stack pointer",
     CODE(DEF_CFA_OFFSET_SF, 2, ADVANCE(1), DEF_CFA_SF, RBP, 0x02),
     {SP(0, -16, 0), FP(1, -16, 0)}},
    {"bytes of arguments say nothing",
     CODE(GNU_ARGS_SIZE, OFFSET(RBP), 1, ADVANCE(1), DEF_CFA_OFFSET, 24),
     {SP(0, 8, 0), SP(1, 24, 0)}},
    {"other registers say nothing",
     CODE(OFFSET(RBX), 2, REGISTER, R10, RBX, UNDEFINED, RBX, VAL_OFFSET, RBX, 3, EXPRESSION, 12, 2,
          0x77, 8, VAL_EXPRESSION, 13, 2, 0x77, 8, VAL_OFFSET_SF, 14, 0x7e, ADVANCE(1),
          DEF_CFA_OFFSET, 24),
     {SP(0, 8, 0), SP(1, 24, 0)}},
    {"rip undefined", CODE(ADVANCE(2), UNDEFINED, RIP), {SP(1, 8, 0), END(2), END(CODE_BYTES - 1)}},
    {"rip elsewhere",
     CODE(OFFSET(RIP), 2, ADVANCE(1), REGISTER, RIP, R10, ADVANCE(1), SAME_VALUE, RIP, ADVANCE(1),
          VAL_OFFSET, RIP, 1, ADVANCE(1), OFFSET(RIP), 1),
     {ODD(0), ODD(1), ODD(2), ODD(3), SP(4, 8, 0)}},
    {"rip by an expression",
     CODE(EXPRESSION, RIP, 2, 0x77, 0x78, ADVANCE(1), VAL_EXPRESSION, RIP, 2, 0x77, 0x78),
     {ODD(0), ODD(1)}},
    {"rbp elsewhere",
     CODE(REGISTER, RBP, R10, ADVANCE(1), VAL_OFFSET, RBP, 2, ADVANCE(1), VAL_OFFSET_SF, RBP, 2,
          ADVANCE(1), OFFSET(RBP), 0, ADVANCE(1), OFFSET(RBP), 2),
     {ODD(0), ODD(1), ODD(2), ODD(3), SP(4, 8, 2)}},
    {"rbp by an expression",
     CODE(EXPRESSION, RBP, 2, 0x77, 8, ADVANCE(1), VAL_EXPRESSION, RBP, 2, 0x77, 8, ADVANCE(1),
          FP_AT_FP, ADVANCE(1), OFFSET(RBP), 2),
     {ODD(0), ODD(1), ODD(2), SP(3, 8, 2)}},
    {"the stack pointer elsewhere",
     CODE(REGISTER, RSP, R10, ADVANCE(1), OFFSET(RSP), 3),
     {ODD(0), ODD(1)}},
    {"CFA of other registers",
     CODE(DEF_CFA, R10, 0, ADVANCE(1), DEF_CFA_REGISTER, RBX, ADVANCE(1), DEF_CFA, 0x86, 0x02, 8,
          ADVANCE(1), DEF_CFA, RSP, 16),
     {ODD(0), ODD(1), ODD(2), SP(3, 16, 0)}},
    {"CFA between words",
     CODE(DEF_CFA_OFFSET, 12, ADVANCE(1), DEF_CFA_OFFSET, 16),
     {ODD(0), SP(1, 16, 0)}},
    {"rbp 2 GiB away",
     CODE(OFFSET(RBP), 0x80, 0x80, 0x80, 0x80, 1, ADVANCE(1), OFFSET(RBP), 0x81, 0x80, 0x80, 0x80,
          1),
     {SP(0, 8, 1 << 28), ODD(1)}},
    {"a frame of 2 GiB", CODE(DEF_CFA_OFFSET, 0x80, 0x80, 0x80, 0x80, 0x08), {ODD(0)}},
    {"PLT",
     CODE(DEF_CFA_OFFSET, 16, ADVANCE(6), DEF_CFA_OFFSET, 24, ADVANCE(10), PLT(11)),
     {SP(0, 16, 0), SP(6, 24, 0), SP(16, 8, 0), SP(26, 8, 0), SP(27, 16, 0), SP(31, 16, 0),
      SP(32, 8, 0)}},
    {"PLT with endbr64",
     CODE(PLT(10), ADVANCE(32), PLT(5)),
     {SP(9, 8, 0), SP(10, 16, 0), SP(15, 16, 0), SP(16, 8, 0), SP(36, 8, 0), SP(37, 16, 0)}},
    {"PLT with rbp saved", CODE(OFFSET(RBP), 2, PLT(11)), {SP(10, 8, 2), SP(11, 16, 2)}},
    {"realigned",
     CODE(ADVANCE(5), DEF_CFA, R10, 0, ADVANCE(8), FP_AT_FP, ADVANCE(4), DEREF_FP(0x78), ADVANCE(9),
          DEF_CFA, R10, 0, ADVANCE(2), DEF_CFA, RSP, 8),
     {SP(0, 8, 0), ODD(5), ODD(13), DEREF(17, -8), DEREF(25, -8), ODD(26)}},
    {"realigned, kept elsewhere", CODE(FP_AT_FP, DEREF_FP(0x68)), {DEREF(0, -24)}},
    {"realigned, rbp not at rbp",
     CODE(DEREF_FP(0x78), ADVANCE(1), OFFSET(RBP), 2, ADVANCE(1), EXPRESSION, RBP, 2, 0x76, 0x78),
     {ODD(0), ODD(1), ODD(2)}},
    {"CFA at the stack pointer", CODE(DEF_CFA_EXPRESSION, 3, 0x77, 8, 0x06), {ODD(0)}},
    {"CFA by another register's expression", CODE(DEF_CFA_EXPRESSION, 2, 0x7a, 0), {ODD(0)}},
    {"CFA by unknown operations", CODE(DEF_CFA_EXPRESSION, 3, 0x77, 8, 0x1f), {ODD(0)}},
    {"an expression, then none",
     CODE(DEF_CFA_EXPRESSION, 2, 0x7a, 0, ADVANCE(1), DEF_CFA, RSP, 24, ADVANCE(1), DEF_CFA_OFFSET,
          32),
     {ODD(0), SP(1, 24, 0), SP(2, 32, 0)}},
    {"an expression, then a register: the offset of before", // libgcrypt's assembler
     CODE(DEF_CFA_OFFSET, 56, DEF_CFA_EXPRESSION, 5, 0x77, 0x98, 0x04, 0x06, 0x23, ADVANCE(1),
          DEF_CFA_REGISTER, RSP, ADVANCE(2), DEF_CFA_OFFSET, 48),
     {ODD(0), SP(1, 56, 0), SP(3, 48, 0)}},
    {"other ways to add",
     CODE(DEF_CFA_EXPRESSION, 4, 0x77, 8, 0x23, 16, ADVANCE(1), DEF_CFA_EXPRESSION, 5, 0x76, 0,
          0x08, 40, 0x22, ADVANCE(1), DEF_CFA_EXPRESSION, 5, 0x77, 0, 0x09, 0xf8, 0x1c, ADVANCE(1),
          DEF_CFA_EXPRESSION, 5, 0x08, 16, 0x77, 8, 0x22, ADVANCE(1), DEF_CFA_EXPRESSION, 4, 0x38,
          0x77, 8, 0x1c),
     {SP(0, 24, 0), FP(1, 40, 0), SP(2, 8, 0), SP(3, 24, 0), ODD(4)}},
    {"an instruction that nobody knows", CODE(ADVANCE(1), 0x3e, ADVANCE(1)), {SP(0, 8, 0), ODD(2)}},
};

static void ask_known(const struct known *one, const struct shape *shape)
{
    uintptr_t code;
    struct cfi_tables tables;

    start_sheet(shape);
    code = code_of(shape);
    put_fde(code, CODE_BYTES, one->code, one->code_bytes);
    tables = finish_sheet();
    for (size_t i = 0; i < sizeof(one->rows) / sizeof(one->rows[0]); i++)
        if (one->rows[i].rule.kind != CFI_UNKNOWN)
            assert_rule(one->name, &tables, code + one->rows[i].at, one->rows[i].rule);
}

static void test_instructions(void **state)
{
    struct shape shape = {.encoding = 0x1b};

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        ask_known(&known[i], &shape);
}

static void test_set_loc(void **state)
{
    static const uint8_t encodings[] = {0x00, 0x03, 0x1b, 0x3b};
    struct shape shape = {.encoding = 0};

    (void)state;
    for (size_t i = 0; i < sizeof(encodings); i++) {
        shape.encoding = encodings[i];
        start_sheet(&shape);
        uintptr_t code = code_of(&shape);
        put_fde(code, 64, "", 0);
        // by hand: the pointer counts from its own place
        sheet.fde[sheet.count] = sheet.at;
        sheet.code[sheet.count++] = code + 64;
        open_entry();
        put(sheet.at - sheet.cie, 4);
        put_pointer(code + 64, encodings[i]);
        put_pointer(64, encodings[i] & 0x0f);
        put(0, 1);
        put(SET_LOC, 1);
        put_pointer(code + 64 + 20, encodings[i]);
        put(DEF_CFA_OFFSET, 1);
        put(32, 1);
        close_entry();
        struct cfi_tables tables = finish_sheet();
        assert_rule("before", &tables, code + 64 + 19, (struct cfi_rule){CFI_SP, 8, 0});
        assert_rule("behind", &tables, code + 64 + 20, (struct cfi_rule){CFI_SP, 32, 0});
    }
}

// ---- CIEs and encodings

static void ask_frame(const char *name, const struct shape *shape, struct cfi_rule wanted)
{
    static const uint8_t code_of_frame[] = {ADVANCE(1), DEF_CFA_OFFSET,   16, OFFSET(RBP),
                                            2,          DEF_CFA_REGISTER, RBP};
    struct cfi_tables tables;
    uintptr_t code;

    start_sheet(shape);
    code = code_of(shape);
    put_fde(code, 100, code_of_frame, sizeof(code_of_frame));
    tables = finish_sheet();
    assert_rule(name, &tables, code + 1, wanted);
    assert_rule(name, &tables, code + 99, wanted);
    assert_rule(name, &tables, code + 100, (struct cfi_rule){CFI_NONE, 0, 0});
    assert_rule(name, &tables, code - 1, (struct cfi_rule){CFI_NONE, 0, 0});
}

static const struct cfi_rule frame = {CFI_FP, 16, 2};

static void test_cie_versions(void **state)
{
    static const uint8_t refused[] = {2, 5, 255};
    struct shape shape = {.encoding = 0x1b};

    (void)state;
    for (uint8_t version = 1; version <= 4; version++)
        if (version != 2) {
            shape.version = version;
            ask_frame("version", &shape, frame);
        }
    for (size_t i = 0; i < sizeof(refused); i++) {
        shape.version = refused[i];
        start_sheet(&shape);
        put_fde(code_of(&shape), 100, "", 0);
        struct cfi_tables tables = finish_sheet();
        assert_refused("unknown version", &tables, code_of(&shape));
    }
}

static void test_augmentations(void **state)
{
    static const char *const understood[] = {"", "z", "zR", "zPLR", "zRPL", "zLR", "zRL"};
    static const uint8_t personalities[] = {0x00, 0x03, 0x9b, 0x1b, 0x0c, 0x80};
    static const char *const refused[] = {"R", "eh", "x", "PLR"};

    (void)state;
    for (size_t i = 0; i < sizeof(understood) / sizeof(understood[0]); i++)
        for (size_t j = 0; j < sizeof(personalities); j++) {
            struct shape shape = {.augmentation = understood[i], .personality = personalities[j]};
            shape.encoding = strchr(understood[i], 'R') ? 0x1b : 0;
            ask_frame(understood[i], &shape, frame);
        }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct shape shape = {.augmentation = refused[i], .encoding = 0};
        start_sheet(&shape);
        put_fde(code_of(&shape), 100, "", 0);
        struct cfi_tables tables = finish_sheet();
        assert_refused(refused[i], &tables, code_of(&shape));
    }
}

static void test_signal_frames(void **state)
{
    static const char *const letters[] = {"zRS", "zSR", "zPLRS"};

    (void)state;
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        struct shape shape = {.augmentation = letters[i], .encoding = 0x1b, .personality = 0x9b};
        ask_frame(letters[i], &shape, (struct cfi_rule){CFI_SIGNAL, 0, 0});
    }
}

static void test_pointer_encodings(void **state)
{
    static const uint8_t formats[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x09, 0x0a, 0x0b, 0x0c};
    static const uint8_t relative[] = {0x1b, 0x1c, 0x10, 0x14, 0x3b, 0x3c, 0x30, 0x33};

    (void)state;
    for (size_t i = 0; i < sizeof(formats); i++)
        ask_frame("absolute", &(struct shape){.encoding = formats[i]}, frame);
    for (size_t i = 0; i < sizeof(relative); i++)
        ask_frame("relative", &(struct shape){.encoding = relative[i]}, frame);
}

static void test_wide_lengths(void **state)
{
    (void)state;
    ask_frame("64-bit", &(struct shape){.encoding = 0x1b, .is_wide = 1}, frame);
    ask_frame("64-bit, scanned",
              &(struct shape){
                  .encoding = 0x1b, .is_wide = 1, .table_encoding = 0xff, .count_encoding = 0xff},
              frame);
}

// Instructions of the CIE are the start of every row, and what restore goes back to.
static void test_cie_instructions(void **state)
{
    static const uint8_t cie[] = {DEF_CFA, RBP, 16, OFFSET(RIP), 1, OFFSET(RBP), 2};
    static const uint8_t fde[] = {ADVANCE(1), SAME_VALUE, RBP, ADVANCE(1), RESTORE(RBP)};
    struct shape shape = {.encoding = 0x1b, .cie_code = cie, .cie_code_bytes = sizeof(cie)};

    (void)state;
    start_sheet(&shape);
    put_fde(code_of(&shape), 100, fde, sizeof(fde));
    struct cfi_tables tables = finish_sheet();
    assert_rule("CIE", &tables, code_of(&shape), (struct cfi_rule){CFI_FP, 16, 2});
    assert_rule("CIE", &tables, code_of(&shape) + 1, (struct cfi_rule){CFI_FP, 16, 0});
    assert_rule("CIE", &tables, code_of(&shape) + 2, (struct cfi_rule){CFI_FP, 16, 2});
}

// Offsets are counted in the CIE's unit.
static void test_data_alignment(void **state)
{
    static const uint8_t cie[] = {DEF_CFA, RSP, 8, OFFSET(RIP), 2};
    static const uint8_t fde[] = {OFFSET(RBP), 4,           ADVANCE(1), OFFSET(RBP),       5,
                                  ADVANCE(1),  OFFSET(RBP), 6,          DEF_CFA_OFFSET_SF, 0x7a};
    struct shape shape = {
        .encoding = 0x1b, .data_align = -4, .cie_code = cie, .cie_code_bytes = sizeof(cie)};

    (void)state;
    start_sheet(&shape);
    put_fde(code_of(&shape), 100, fde, sizeof(fde));
    struct cfi_tables tables = finish_sheet();
    assert_rule("whole words", &tables, code_of(&shape), (struct cfi_rule){CFI_SP, 8, 2});
    assert_rule("half a word", &tables, code_of(&shape) + 1, (struct cfi_rule){CFI_ODD, 0, 0});
    assert_rule("whole words", &tables, code_of(&shape) + 2, (struct cfi_rule){CFI_SP, 24, 3});
}

static void test_several_cies(void **state)
{
    static const uint8_t other[] = {DEF_CFA, RSP, 24, OFFSET(RIP), 1};
    struct shape shape = {.encoding = 0x1b};
    uintptr_t code;

    (void)state;
    start_sheet(&shape);
    code = code_of(&shape);
    size_t first = sheet.cie;
    put_fde(code, 16, "", 0);
    sheet.shape.augmentation = "zRS";
    put_cie();
    put_fde(code + 16, 16, "", 0);
    sheet.shape = (struct shape){
        .augmentation = "", .version = 3, .cie_code = other, .cie_code_bytes = sizeof(other)};
    put_cie();
    put_fde(code + 32, 16, "", 0);
    sheet.shape = shape;
    sheet.shape.augmentation = "zR";
    sheet.cie = first;
    put_fde(code + 48, 16, "", 0);
    struct cfi_tables tables = finish_sheet();
    assert_rule("first CIE", &tables, code + 15, (struct cfi_rule){CFI_SP, 8, 0});
    assert_rule("second CIE", &tables, code + 16, (struct cfi_rule){CFI_SIGNAL, 0, 0});
    assert_rule("third CIE", &tables, code + 32, (struct cfi_rule){CFI_SP, 24, 0});
    assert_rule("first CIE again", &tables, code + 63, (struct cfi_rule){CFI_SP, 8, 0});
}

// ---- the header and its table

// `count` functions of 32 bytes with 16 of none between them; the frame of each tells its number.
static struct cfi_tables make_functions(const struct shape *shape, size_t count)
{
    start_sheet(shape);
    for (size_t i = 0; i < count; i++) {
        uint8_t code[] = {DEF_CFA_OFFSET_SF, (uint8_t)(0x7f - i % 64)};
        put_fde(code_of(shape) + i * 48, 32, code, sizeof(code));
    }
    return finish_sheet();
}

static void assert_function(const char *name, const struct cfi_tables *tables, uintptr_t pc,
                            uintptr_t wanted)
{
    uintptr_t function = cfi_function_at(tables, pc);

    if (function != wanted)
        fail_msg("%s: %#zx is in %#zx, not %#zx", name, (size_t)pc, (size_t)function,
                 (size_t)wanted);
}

static void ask_functions(const char *name, const struct shape *shape, size_t count)
{
    struct cfi_tables tables = make_functions(shape, count);
    struct cfi_rule none = {CFI_NONE, 0, 0};

    assert_rule(name, &tables, 0, none);
    assert_rule(name, &tables, UINTPTR_MAX, none);
    assert_function(name, &tables, 0, 0);
    assert_function(name, &tables, UINTPTR_MAX, 0);
    for (size_t i = 0; i < count; i++) {
        uintptr_t code = code_of(shape) + i * 48;
        struct cfi_rule rule = {CFI_SP, 8 * (int32_t)(i % 64 + 1), 0};

        assert_rule(name, &tables, code - 1, none);
        assert_rule(name, &tables, code, rule);
        assert_rule(name, &tables, code + 31, rule);
        assert_rule(name, &tables, code + 32, none);
        assert_function(name, &tables, code - 1, 0);
        assert_function(name, &tables, code, code);
        assert_function(name, &tables, code + 31, code);
        assert_function(name, &tables, code + 32, 0);
    }
}

static void test_search(void **state)
{
    (void)state;
    for (size_t count = 0; count <= 64; count++)
        ask_functions("search", &(struct shape){.encoding = 0x1b}, count);
}

static void test_headers(void **state)
{
    static const struct shape shapes[] = {
        {.encoding = 0x1b, .count_encoding = 0xff, .table_encoding = 0xff},
        {.encoding = 0x1b, .table_encoding = 0xff},
        {.encoding = 0x1b, .table_encoding = 0x3c},
        {.encoding = 0x1b, .table_encoding = 0x33},
        {.encoding = 0x1b, .count_encoding = 0x04},
        {.encoding = 0x1b, .count_encoding = 0x02},
        {.encoding = 0x1b, .frames_encoding = 0x3b},
        {.encoding = 0x1b, .frames_encoding = 0x1c, .table_encoding = 0xff},
        {.encoding = 0x1b, .frames_encoding = 0x04, .table_encoding = 0xff},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        ask_functions("header", &shapes[i], 40);
}

// A function without bytes begins where another one does: that one is meant. ld sorts the empty one
// first; in the other order a table may hide the other, as from libgcc.
static void test_empty_functions(void **state)
{
    struct shape shape = {.encoding = 0x1b};

    (void)state;
    for (int order = 0; order < 4; order++) {
        bool is_first = order % 2 == 0;
        shape.table_encoding = order / 2 ? 0xff : 0;
        start_sheet(&shape);
        uintptr_t code = code_of(&shape);
        put_fde(code - 32, 32, "", 0);
        put_fde(code, is_first ? 0 : 32, "\x0e\x10", 2);
        put_fde(code, is_first ? 32 : 0, "\x0e\x10", 2);
        put_fde(code + 32, 32, "", 0);
        struct cfi_tables tables = finish_sheet();
        if (order == 1 && cfi_rule_at(&tables, code).kind == CFI_NONE)
            continue;
        assert_rule("empty", &tables, code, (struct cfi_rule){CFI_SP, 16, 0});
        assert_rule("empty", &tables, code + 31, (struct cfi_rule){CFI_SP, 16, 0});
        assert_function("empty", &tables, code, code);
        assert_function("empty", &tables, code - 1, code - 32);
    }
}

static void test_header_elsewhere(void **state)
{
    struct shape shape = {.encoding = 0x1b};
    struct cfi_tables tables;

    (void)state;
    tables = make_functions(&shape, 4);
    tables.header = tables.start - 64;
    assert_refused("before the start", &tables, code_of(&shape));
    tables.header = tables.end - 2;
    assert_refused("cut", &tables, code_of(&shape));
    tables.header = tables.end;
    assert_refused("at the end", &tables, code_of(&shape));
    tables.header = tables.end + 64;
    assert_refused("behind the end", &tables, code_of(&shape));
    tables = make_functions(&shape, 4);
    sheet.bytes[0] = 2;
    assert_refused("version", &tables, code_of(&shape));
    assert_function("version", &tables, code_of(&shape), 0);
}

// ---- malformed

struct hostile {
    const char *name;
    uint8_t code[32];
    uint8_t code_bytes;
};

static const struct hostile hostile[] = {
    {"recalls what was never remembered", CODE(RECALL, ADVANCE(1))},
    {"an operand is missing", CODE(0, 0, 0, ADVANCE4, 1, 0)},
    {"a number without an end", CODE(0, DEF_CFA_OFFSET, 0x80, 0x80, 0x80, 0x80, 0x80)},
    {"an expression longer than its entry", CODE(DEF_CFA_EXPRESSION, 100, 0x77, 8)},
    {"an expression of 2^63 bytes",
     CODE(DEF_CFA_EXPRESSION, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0x77, 8)},
    {"an empty expression", CODE(DEF_CFA_EXPRESSION, 0)},
    {"an expression of two values", CODE(DEF_CFA_EXPRESSION, 4, 0x77, 8, 0x77, 8)},
    {"an expression that takes too much", CODE(DEF_CFA_EXPRESSION, 3, 0x77, 8, 0x22)},
    {"an expression that ends in an operand", CODE(DEF_CFA_EXPRESSION, 1, 0x77)},
    {"an expression of too many values",
     CODE(DEF_CFA_EXPRESSION, 21, 0x77, 8, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30,
          0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x30)},
    // offsets are no places of expressions
    {"an offset behind an expression",
     CODE(DEF_CFA_EXPRESSION, 2, 0x7a, 0, DEF_CFA_OFFSET, 0xff, 0xff, 0xff, 0xff, 0x07)},
    {"a small offset behind an expression",
     CODE(DEF_CFA_EXPRESSION, 2, 0x7a, 0, DEF_CFA_OFFSET, 16)},
    {"a negative offset behind an expression",
     CODE(DEF_CFA_EXPRESSION, 2, 0x7a, 0, DEF_CFA_OFFSET_SF, 0xff, 0xff, 0xff, 0xff, 0x03)},
    {"an offset of 2^63 words",
     CODE(OFFSET(RBP), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, DEF_CFA, R10, 0)},
    {"a CFA 2^63 words away", CODE(DEF_CFA_SF, RSP, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                   0x80, 0x7f, DEF_CFA, R10, 0)},
    {"offsets that overflow",
     CODE(OFFSET_EXTENDED_SF, RBP, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f,
          GNU_NEGATIVE_OFFSET, RBP, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)},
    {"rip plus 2^63 - 1", CODE(DEF_CFA_EXPRESSION, 11, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                               0xff, 0xff, 0xff, 0x00)},
};

static void test_hostile_instructions(void **state)
{
    struct shape shape = {.encoding = 0x1b};

    (void)state;
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        start_sheet(&shape);
        put_fde(code_of(&shape), CODE_BYTES, hostile[i].code, hostile[i].code_bytes);
        struct cfi_tables tables = finish_sheet();
        assert_refused(hostile[i].name, &tables, code_of(&shape));
    }
}

// Any depth: right, or refused; never an overflow.
static void test_deep_remembering(void **state)
{
    struct shape shape = {.encoding = 0x1b};
    uint8_t code[1024];

    (void)state;
    for (size_t depth = 1; depth <= 500; depth++) {
        memset(code, REMEMBER, depth);
        memset(code + depth, RECALL, depth);
        start_sheet(&shape);
        put_fde(code_of(&shape), CODE_BYTES, code, 2 * depth);
        struct cfi_tables tables = finish_sheet();
        if (depth <= 4)
            assert_rule("deep", &tables, code_of(&shape), (struct cfi_rule){CFI_SP, 8, 0});
        else if (cfi_rule_at(&tables, code_of(&shape)).kind != CFI_SP)
            assert_refused("deep", &tables, code_of(&shape));
    }
}

static void poke(size_t at, uint64_t value, size_t bytes)
{
    size_t saved = sheet.at;

    sheet.at = at;
    put(value, bytes);
    sheet.at = saved;
}

// One field of a good sheet is replaced. Asked with the table and by scanning.
static void test_hostile_fields(void **state)
{
    static const struct {
        const char *name;
        enum { FROM_HEADER, FROM_CIE, FROM_FDE } from;
        size_t at, bytes;
        uint64_t value;
    } fields[] = {
        {"CIE of no bytes", FROM_CIE, 0, 4, 0},
        {"CIE of 4 bytes", FROM_CIE, 0, 4, 4},
        {"CIE of 2^32 - 2 bytes", FROM_CIE, 0, 4, 0xfffffffe},
        {"CIE of 2^64 - 1 bytes", FROM_CIE, 0, 12, UINT64_MAX},
        {"a CIE that is an FDE", FROM_CIE, 4, 4, 4},
        {"FDE of no bytes", FROM_FDE, 0, 4, 0},
        {"FDE of 2 bytes", FROM_FDE, 0, 4, 2},
        {"FDE beyond the end", FROM_FDE, 0, 4, 0x10000},
        {"FDE of 2^31 bytes", FROM_FDE, 0, 4, 0x80000000},
        {"FDE that is a CIE", FROM_FDE, 4, 4, 0},
        {"FDE whose CIE is itself", FROM_FDE, 4, 4, 4},
        {"FDE whose CIE comes before the tables", FROM_FDE, 4, 4, 0x7fffffff},
        {"FDE whose CIE comes behind", FROM_FDE, 4, 4, 0xfffffff0},
        {"FDE whose data is long", FROM_FDE, 16, 1, 0x7f},
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(fields) / sizeof(fields[0]); i++) {
        struct shape shape = {.encoding = 0x1b, .table_encoding = i % 2 ? 0xff : 0};
        struct cfi_tables tables = make_functions(&shape, 3);
        size_t from = fields[i / 2].from == FROM_CIE ? FRAMES_AT : sheet.fde[1];
        size_t bytes = fields[i / 2].bytes;

        if (i % 2 && fields[i / 2].value == 0)
            continue; // where entries are read in turn, 0 is their end or makes a CIE
        poke(from + fields[i / 2].at, fields[i / 2].value, bytes > 8 ? 8 : bytes);
        if (bytes > 8)
            poke(from + fields[i / 2].at + 8, UINT32_MAX, bytes - 8);
        assert_refused(fields[i / 2].name, &tables, sheet.code[1] + 4);
    }
}

// Bytes of the CIE at other values: offsets are of "zR" with one-byte numbers.
static void test_other_cies(void **state)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t value;
    } bytes[] = {
        {"return address in r15", 14, 15},
        {"an unknown letter before R", 10, 'X'},
        {"pointers of no known format", 16, 0x1f},
        {"pointers of no known format", 16, 0x15},
        {"pointers from the text", 16, 0x2b},
        {"pointers from the function", 16, 0x4b},
        {"aligned pointers", 16, 0x50},
        {"pointers to pointers", 16, 0x9b},
        {"no pointers", 16, 0xff},
        {"data longer than the CIE", 15, 0x7f},
        {"a CIE that advances", 17, ADVANCE(1)},
        {"a CIE with an unknown instruction", 17, 0x3f},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        struct cfi_tables tables = make_functions(&(struct shape){.encoding = 0x1b}, 3);
        poke(FRAMES_AT + bytes[i].at, bytes[i].value, 1);
        assert_refused(bytes[i].name, &tables, sheet.code[1]);
    }
}

static void test_hostile_table(void **state)
{
    static const uint64_t counts[] = {4, 1000, 0x1fffffff, 0x20000000, 0x80000000, 0xffffffff};
    struct shape shape = {.encoding = 0x1b};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct cfi_tables tables = make_functions(&shape, 3);
        poke(8, counts[i], 4);
        cfi_rule_at(&tables, code_of(&shape) + 50);
        cfi_rule_at(&tables, UINTPTR_MAX);
        cfi_function_at(&tables, code_of(&shape) + 50);
        cfi_function_at(&tables, UINTPTR_MAX);
    }
    struct cfi_tables tables = make_functions(&shape, 3);
    poke(12 + 8 + 4, 0x7ffffff0, 4);
    assert_refused("a row that leads behind the end", &tables, sheet.code[1]);
    poke(12 + 8 + 4, 0x80000000, 4);
    assert_refused("a row that leads before the start", &tables, sheet.code[1]);
    poke(12 + 8 + 4, 0, 4);
    assert_refused("a row that leads to the header", &tables, sheet.code[1]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instructions),
        cmocka_unit_test(test_set_loc),
        cmocka_unit_test(test_cie_versions),
        cmocka_unit_test(test_augmentations),
        cmocka_unit_test(test_signal_frames),
        cmocka_unit_test(test_pointer_encodings),
        cmocka_unit_test(test_wide_lengths),
        cmocka_unit_test(test_cie_instructions),
        cmocka_unit_test(test_data_alignment),
        cmocka_unit_test(test_several_cies),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_empty_functions),
        cmocka_unit_test(test_header_elsewhere),
        cmocka_unit_test(test_hostile_instructions),
        cmocka_unit_test(test_deep_remembering),
        cmocka_unit_test(test_hostile_fields),
        cmocka_unit_test(test_other_cies),
        cmocka_unit_test(test_hostile_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
