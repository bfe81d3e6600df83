// SPDX-License-Identifier: MIT
//
// cfi.c - from the bytes of .eh_frame to a rule, see cfi.h. An address leads through the sorted
// table of .eh_frame_hdr to its frame description entry (FDE), that to its common information entry
// (CIE); the instructions of both are run up to the address and leave a *row*: where the CFA, the
// saved frame pointer and the return address are. Every read goes through a cursor, which knows
// where the readable bytes end; work is bounded by the bytes of one entry.
#include "preload/cfi.h"

#include "preload/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

// x86_64 (System V ABI, figure 3.36)
enum { REGISTER_FP = 6, REGISTER_SP = 7, REGISTER_RA = 16 };
#define WORD 8

enum {
    DW_EH_PE_absptr = 0x00,
    DW_EH_PE_uleb128 = 0x01,
    DW_EH_PE_udata2 = 0x02,
    DW_EH_PE_udata4 = 0x03,
    DW_EH_PE_udata8 = 0x04,
    DW_EH_PE_sleb128 = 0x09,
    DW_EH_PE_sdata2 = 0x0a,
    DW_EH_PE_sdata4 = 0x0b,
    DW_EH_PE_sdata8 = 0x0c,
    DW_EH_PE_format = 0x0f,
    DW_EH_PE_pcrel = 0x10,
    DW_EH_PE_datarel = 0x30,
    DW_EH_PE_application = 0x70,
    DW_EH_PE_indirect = 0x80,
    DW_EH_PE_omit = 0xff,
};

enum {
    DW_CFA_advance_loc = 0x40, // upper two bits; the lower six are an operand
    DW_CFA_offset = 0x80,
    DW_CFA_restore = 0xc0,
    DW_CFA_nop = 0x00,
    DW_CFA_set_loc = 0x01,
    DW_CFA_advance_loc1 = 0x02,
    DW_CFA_advance_loc2 = 0x03,
    DW_CFA_advance_loc4 = 0x04,
    DW_CFA_offset_extended = 0x05,
    DW_CFA_restore_extended = 0x06,
    DW_CFA_undefined = 0x07,
    DW_CFA_same_value = 0x08,
    DW_CFA_register = 0x09,
    DW_CFA_remember_state = 0x0a,
    DW_CFA_restore_state = 0x0b,
    DW_CFA_def_cfa = 0x0c,
    DW_CFA_def_cfa_register = 0x0d,
    DW_CFA_def_cfa_offset = 0x0e,
    DW_CFA_def_cfa_expression = 0x0f,
    DW_CFA_expression = 0x10,
    DW_CFA_offset_extended_sf = 0x11,
    DW_CFA_def_cfa_sf = 0x12,
    DW_CFA_def_cfa_offset_sf = 0x13,
    DW_CFA_val_offset = 0x14,
    DW_CFA_val_offset_sf = 0x15,
    DW_CFA_val_expression = 0x16,
    DW_CFA_MIPS_advance_loc8 = 0x1d,
    DW_CFA_GNU_args_size = 0x2e,
    DW_CFA_GNU_negative_offset_extended = 0x2f,
};

enum {
    DW_OP_deref = 0x06,
    DW_OP_const1u = 0x08,
    DW_OP_const1s = 0x09,
    DW_OP_and = 0x1a,
    DW_OP_minus = 0x1c,
    DW_OP_plus = 0x22,
    DW_OP_plus_uconst = 0x23,
    DW_OP_shl = 0x24,
    DW_OP_ge = 0x2a,
    DW_OP_lit0 = 0x30,
    DW_OP_lit31 = 0x4f,
    DW_OP_breg0 = 0x70,
    DW_OP_breg31 = 0x8f,
};

struct cursor {
    uintptr_t at, end;
    bool is_bad; // read past the end, or something that we do not understand
};

static void fail(struct cursor *in)
{
    in->is_bad = true;
    in->at = in->end;
}

static bool is_at_end(const struct cursor *in)
{
    return in->at >= in->end;
}

// Unsigned, in the byte order of the machine.
static uint64_t take(struct cursor *in, size_t bytes)
{
    uint64_t value = 0;

    if (in->end - in->at < bytes) {
        fail(in);
        return 0;
    }
    memcpy(&value, (const void *)in->at, bytes);
    in->at += bytes;
    return value;
}

static void skip(struct cursor *in, uint64_t bytes)
{
    if (in->end - in->at < bytes)
        fail(in);
    else
        in->at += bytes;
}

#define LEB_BITS_MAX (16 * 7) // a number may be padded, but not with all of the section

static uint64_t take_uleb(struct cursor *in)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < LEB_BITS_MAX; shift += 7) {
        uint64_t byte = take(in, 1);

        if (shift < 64)
            value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    fail(in);
    return 0;
}

static int64_t take_sleb(struct cursor *in)
{
    uint64_t value = 0, byte;
    unsigned shift = 0;

    do {
        byte = take(in, 1);
        if (shift < 64)
            value |= (byte & 0x7f) << shift;
        shift += 7;
    } while ((byte & 0x80) && shift < LEB_BITS_MAX);
    if (byte & 0x80)
        fail(in);
    if (shift < 64 && (byte & 0x40))
        value |= UINT64_MAX << shift;
    return (int64_t)value;
}

static int64_t take_signed(struct cursor *in, size_t bytes)
{
    unsigned unused = (unsigned)(64 - 8 * bytes);

    return (int64_t)(take(in, bytes) << unused) >> unused;
}

static uint64_t take_format(struct cursor *in, unsigned format)
{
    switch (format) {
    case DW_EH_PE_absptr:
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
        return take(in, 8);
    case DW_EH_PE_uleb128:
        return take_uleb(in);
    case DW_EH_PE_udata2:
        return take(in, 2);
    case DW_EH_PE_udata4:
        return take(in, 4);
    case DW_EH_PE_sleb128:
        return (uint64_t)take_sleb(in);
    case DW_EH_PE_sdata2:
        return (uint64_t)take_signed(in, 2);
    case DW_EH_PE_sdata4:
        return (uint64_t)take_signed(in, 4);
    default:
        fail(in);
        return 0;
    }
}

// A pointer; `data` is what DW_EH_PE_datarel counts from.
static uint64_t take_pointer(struct cursor *in, unsigned encoding, uintptr_t data)
{
    uintptr_t place = in->at;
    uint64_t value = take_format(in, encoding & DW_EH_PE_format);

    if (encoding & DW_EH_PE_indirect)
        fail(in);
    switch (encoding & DW_EH_PE_application) {
    case DW_EH_PE_absptr:
        return value;
    case DW_EH_PE_pcrel:
        return value + place;
    case DW_EH_PE_datarel:
        return value + data;
    default:
        fail(in);
        return 0;
    }
}

// ---- entries

struct cie {
    struct cursor instructions;
    uint64_t code_align;
    int64_t data_align;
    uint64_t ra_register;
    unsigned pointer_encoding;
    bool has_data; // augmentation 'z': FDEs tell the length of theirs
    bool is_signal;
};

struct fde {
    struct cursor instructions;
    struct cie cie;
    uint64_t first_pc, pc_count;
};

// The entry at `at`: its bytes behind the length field. Returns the width of its id field, 0 at the
// end of the section.
static size_t open_entry(const struct cfi_tables *tables, uintptr_t at, struct cursor *ret_entry)
{
    struct cursor in = {at, tables->end, at < tables->start || at > tables->end};
    size_t id_bytes = 4;
    uint64_t length;

    if (in.is_bad)
        return 0;
    length = take(&in, 4);
    if (length == UINT32_MAX) {
        length = take(&in, 8);
        id_bytes = 8;
    }
    if (in.is_bad || length < id_bytes || in.end - in.at < length)
        return 0;
    *ret_entry = (struct cursor){in.at, in.at + length, false};
    return id_bytes;
}

// Letters that we do not know come after 'z', so that their data can be skipped.
static void parse_augmentation(struct cursor *in, const char *letters, struct cie *cie)
{
    struct cursor data;
    uint64_t bytes;

    cie->pointer_encoding = DW_EH_PE_absptr;
    if (letters[0] == '\0')
        return;
    if (letters[0] != 'z') {
        fail(in);
        return;
    }
    cie->has_data = true;
    bytes = take_uleb(in);
    data = *in;
    skip(in, bytes);
    if (in->is_bad)
        return;
    data.end = in->at;
    for (letters++; *letters; letters++) {
        if (*letters == 'R')
            cie->pointer_encoding = (unsigned)take(&data, 1);
        else if (*letters == 'P') // the bytes only: it may be an indirect one
            take_format(&data, take(&data, 1) & DW_EH_PE_format);
        else if (*letters == 'L')
            take(&data, 1);
        else if (*letters == 'S')
            cie->is_signal = true;
        else if (*letters != 'B') // of another architecture, without data
            return;
        if (data.is_bad)
            fail(in);
    }
}

#define LETTERS_MAX 16

static bool parse_cie(const struct cfi_tables *tables, uintptr_t at, struct cie *cie)
{
    struct cursor in;
    size_t id_bytes = open_entry(tables, at, &in);
    const char *letters;
    uint64_t version;

    memset(cie, 0, sizeof(*cie));
    if (!id_bytes || take(&in, id_bytes) != 0)
        return false;
    version = take(&in, 1);
    letters = (const char *)in.at;
    for (int count = 0; take(&in, 1) != 0; count++)
        if (count == LETTERS_MAX)
            return false;
    if (version == 4) {
        if (take(&in, 1) != WORD) // address bytes
            return false;
        if (take(&in, 1) != 0) // segment selector bytes
            return false;
    } else if (version != 1 && version != 3) {
        return false;
    }
    cie->code_align = take_uleb(&in);
    cie->data_align = take_sleb(&in);
    cie->ra_register = version == 1 ? take(&in, 1) : take_uleb(&in);
    if (in.is_bad)
        return false;
    parse_augmentation(&in, letters, cie);
    cie->instructions = in;
    return !in.is_bad;
}

static bool parse_fde(const struct cfi_tables *tables, uintptr_t at, struct fde *fde)
{
    struct cursor in;
    size_t id_bytes = open_entry(tables, at, &in);
    uintptr_t id_at = in.at;
    uint64_t back;

    if (!id_bytes)
        return false;
    back = take(&in, id_bytes);
    if (back == 0 || back > id_at || !parse_cie(tables, id_at - back, &fde->cie))
        return false;
    fde->first_pc = take_pointer(&in, fde->cie.pointer_encoding, tables->header);
    fde->pc_count = take_format(&in, fde->cie.pointer_encoding & DW_EH_PE_format);
    if (fde->cie.has_data)
        skip(&in, take_uleb(&in));
    fde->instructions = in;
    return !in.is_bad;
}

static bool covers(const struct fde *fde, uintptr_t pc)
{
    return pc - fde->first_pc < fde->pc_count;
}

// ---- finding the entry

enum search {
    SEARCH_FOUND,
    SEARCH_NONE, // no entry covers the address
    SEARCH_BAD,  // the tables can't be read
};

// Every entry in turn: where the linker made no sorted table.
static enum search find_by_scan(const struct cfi_tables *tables, uintptr_t at, uintptr_t pc,
                                struct fde *fde)
{
    struct cursor entry, rest;
    bool is_bad = at < tables->start || at > tables->end;
    size_t id_bytes;

    while ((id_bytes = open_entry(tables, at, &entry)) != 0) {
        uintptr_t end = entry.end;

        if (take(&entry, id_bytes) != 0) { // of a CIE it is 0
            if (!parse_fde(tables, at, fde))
                is_bad = true;
            else if (covers(fde, pc))
                return SEARCH_FOUND;
        }
        at = end;
    }
    rest = (struct cursor){at, tables->end, is_bad};
    if (is_bad || take(&rest, 4) != 0) // a length of 0, or no bytes: the end
        return SEARCH_BAD;
    return SEARCH_NONE;
}

struct table_row { // both counted from the header
    int32_t first_pc;
    int32_t fde;
};

static struct table_row row_at(uintptr_t table, uint64_t index)
{
    struct table_row row;

    memcpy(&row, (const void *)(table + index * sizeof(row)), sizeof(row));
    return row;
}

static enum search find_by_table(const struct cfi_tables *tables, uintptr_t table, uint64_t count,
                                 uintptr_t pc, struct fde *fde)
{
    int64_t wanted = (int64_t)(pc - tables->header);
    uint64_t low = 0, high = count; // rows before `low` begin at or before pc, from `high` on after

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (row_at(table, middle).first_pc <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return SEARCH_NONE;
    if (!parse_fde(tables, tables->header + (uintptr_t)(intptr_t)row_at(table, low - 1).fde, fde))
        return SEARCH_BAD;
    return covers(fde, pc) ? SEARCH_FOUND : SEARCH_NONE;
}

static enum search find_fde(const struct cfi_tables *tables, uintptr_t pc, struct fde *fde)
{
    struct cursor in = {tables->header, tables->end,
                        tables->header < tables->start || tables->header > tables->end};
    unsigned frame_encoding, count_encoding, table_encoding;
    uintptr_t frames;
    uint64_t count;

    if (in.is_bad || take(&in, 1) != 1) // version
        return SEARCH_BAD;
    frame_encoding = (unsigned)take(&in, 1);
    count_encoding = (unsigned)take(&in, 1);
    table_encoding = (unsigned)take(&in, 1);
    frames = take_pointer(&in, frame_encoding, tables->header);
    if (in.is_bad)
        return SEARCH_BAD;
    if (table_encoding != (DW_EH_PE_datarel | DW_EH_PE_sdata4) || count_encoding == DW_EH_PE_omit)
        return find_by_scan(tables, frames, pc, fde);
    count = take_pointer(&in, count_encoding, tables->header);
    if (in.is_bad || count > (in.end - in.at) / sizeof(struct table_row))
        return SEARCH_BAD;
    return find_by_table(tables, in.at, count, pc, fde);
}

// ---- running the instructions

enum place_kind {
    PLACE_SAME,       // unchanged in the caller
    PLACE_OFFSET,     // saved at CFA + offset
    PLACE_EXPRESSION, // saved at what an expression says
    PLACE_UNDEFINED,
    PLACE_OTHER,
};

struct place {
    uint8_t kind;
    int32_t offset; // PLACE_OFFSET: bytes; PLACE_EXPRESSION: bytes from tables->start
};

struct row {
    struct place fp, ra;
    uint8_t cfa_register;
    bool cfa_is_expression;
    bool is_odd;            // has what no rule of ours can say
    int32_t cfa_offset;     // bytes; an expression leaves it as it was
    int32_t cfa_expression; // bytes from tables->start
};

#define REMEMBERED_MAX 8

struct machine {
    const struct cfi_tables *tables;
    const struct cie *cie;
    uintptr_t pc;      // the row of this instruction is wanted
    uint64_t location; // the row is valid from here
    struct row row, initial;
    struct row remembered[REMEMBERED_MAX];
    unsigned remembered_count;
    bool is_done;
};

// Factored offsets may be anything in a malformed table: wraps.
static int64_t multiply(uint64_t factor, int64_t align)
{
    return (int64_t)(factor * (uint64_t)align);
}

static bool fits_int32(int64_t value)
{
    return value == (int32_t)value;
}

static void set_place(struct machine *machine, uint64_t number, enum place_kind kind,
                      int64_t offset)
{
    struct row *row = &machine->row;
    struct place place = {(uint8_t)kind, (int32_t)offset};

    if (!fits_int32(offset))
        place.kind = PLACE_OTHER;
    if (number == REGISTER_FP)
        row->fp = place;
    else if (number == REGISTER_RA)
        row->ra = place;
    else if (number == REGISTER_SP && kind != PLACE_SAME)
        row->is_odd = true; // the caller's is not the CFA
}

static void restore_place(struct machine *machine, uint64_t number)
{
    if (number == REGISTER_FP)
        machine->row.fp = machine->initial.fp;
    else if (number == REGISTER_RA)
        machine->row.ra = machine->initial.ra;
}

static void set_cfa_offset(struct machine *machine, int64_t offset)
{
    machine->row.cfa_offset = (int32_t)offset;
    if (!fits_int32(offset))
        machine->row.is_odd = true;
}

static void set_cfa_expression(struct machine *machine, int64_t at)
{
    machine->row.cfa_is_expression = true;
    machine->row.cfa_expression = (int32_t)at;
    if (!fits_int32(at))
        machine->row.is_odd = true;
}

static void set_cfa(struct machine *machine, uint64_t number, int64_t offset)
{
    machine->row.cfa_register = number > UINT8_MAX ? UINT8_MAX : (uint8_t)number;
    machine->row.cfa_is_expression = false;
    set_cfa_offset(machine, offset);
}

static void advance(struct machine *machine, uint64_t delta)
{
    machine->location += delta * machine->cie->code_align;
    if (machine->location > machine->pc)
        machine->is_done = true;
}

// {length, bytes}: returns where it stands, counted from the tables.
static int64_t take_expression(struct machine *machine, struct cursor *in)
{
    int64_t at = (int64_t)(in->at - machine->tables->start);

    skip(in, take_uleb(in));
    return at;
}

static void remember(struct machine *machine, struct cursor *in)
{
    if (machine->remembered_count == REMEMBERED_MAX)
        fail(in);
    else
        machine->remembered[machine->remembered_count++] = machine->row;
}

static void recall(struct machine *machine, struct cursor *in)
{
    if (machine->remembered_count == 0)
        fail(in);
    else
        machine->row = machine->remembered[--machine->remembered_count];
}

// Instructions about the CFA. False: not one of them.
static bool run_cfa(struct machine *machine, unsigned code, struct cursor *in)
{
    int64_t align = machine->cie->data_align;
    uint64_t number;

    switch (code) {
    case DW_CFA_def_cfa:
        number = take_uleb(in);
        set_cfa(machine, number, (int64_t)take_uleb(in));
        return true;
    case DW_CFA_def_cfa_sf:
        number = take_uleb(in);
        set_cfa(machine, number, multiply((uint64_t)take_sleb(in), align));
        return true;
    case DW_CFA_def_cfa_register:
        set_cfa(machine, take_uleb(in), machine->row.cfa_offset);
        return true;
    case DW_CFA_def_cfa_offset:
        set_cfa_offset(machine, (int64_t)take_uleb(in));
        return true;
    case DW_CFA_def_cfa_offset_sf:
        set_cfa_offset(machine, multiply((uint64_t)take_sleb(in), align));
        return true;
    case DW_CFA_def_cfa_expression:
        set_cfa_expression(machine, take_expression(machine, in));
        return true;
    default:
        return false;
    }
}

// Instructions about where a register is saved. False: not one of them.
static bool run_place(struct machine *machine, unsigned code, uint64_t number, struct cursor *in)
{
    int64_t align = machine->cie->data_align;

    switch (code) {
    case DW_CFA_offset_extended:
        set_place(machine, number, PLACE_OFFSET, multiply(take_uleb(in), align));
        return true;
    case DW_CFA_offset_extended_sf:
        set_place(machine, number, PLACE_OFFSET, multiply((uint64_t)take_sleb(in), align));
        return true;
    case DW_CFA_GNU_negative_offset_extended:
        set_place(machine, number, PLACE_OFFSET, multiply(0 - take_uleb(in), align));
        return true;
    case DW_CFA_restore_extended:
        restore_place(machine, number);
        return true;
    case DW_CFA_undefined:
        set_place(machine, number, PLACE_UNDEFINED, 0);
        return true;
    case DW_CFA_same_value:
        set_place(machine, number, PLACE_SAME, 0);
        return true;
    case DW_CFA_expression:
        set_place(machine, number, PLACE_EXPRESSION, take_expression(machine, in));
        return true;
    case DW_CFA_register:
    case DW_CFA_val_offset:
    case DW_CFA_val_offset_sf:
        take_uleb(in);
        set_place(machine, number, PLACE_OTHER, 0);
        return true;
    case DW_CFA_val_expression:
        take_expression(machine, in);
        set_place(machine, number, PLACE_OTHER, 0);
        return true;
    default:
        return false;
    }
}

// Instructions that move on to the next row. False: not one of them.
static bool run_location(struct machine *machine, unsigned code, struct cursor *in)
{
    switch (code) {
    case DW_CFA_set_loc:
        machine->location =
            take_pointer(in, machine->cie->pointer_encoding, machine->tables->header);
        advance(machine, 0);
        return true;
    case DW_CFA_advance_loc1:
        advance(machine, take(in, 1));
        return true;
    case DW_CFA_advance_loc2:
        advance(machine, take(in, 2));
        return true;
    case DW_CFA_advance_loc4:
        advance(machine, take(in, 4));
        return true;
    case DW_CFA_MIPS_advance_loc8:
        advance(machine, take(in, 8));
        return true;
    default:
        return false;
    }
}

static void run_extended(struct machine *machine, unsigned code, struct cursor *in)
{
    switch (code) {
    case DW_CFA_nop:
        return;
    case DW_CFA_remember_state:
        remember(machine, in);
        return;
    case DW_CFA_restore_state:
        recall(machine, in);
        return;
    case DW_CFA_GNU_args_size:
        take_uleb(in);
        return;
    default:
        if (run_location(machine, code, in) || run_cfa(machine, code, in))
            return;
        if (!run_place(machine, code, take_uleb(in), in))
            fail(in);
    }
}

// Runs instructions until the row of machine->pc is complete. False: malformed, or not known.
static bool run(struct machine *machine, struct cursor in)
{
    while (!machine->is_done && !is_at_end(&in)) {
        unsigned code = (unsigned)take(&in, 1);
        unsigned operand = code & 0x3f;

        switch (code & 0xc0) {
        case DW_CFA_advance_loc:
            advance(machine, operand);
            break;
        case DW_CFA_offset:
            set_place(machine, operand, PLACE_OFFSET,
                      multiply(take_uleb(&in), machine->cie->data_align));
            break;
        case DW_CFA_restore:
            restore_place(machine, operand);
            break;
        default:
            run_extended(machine, code, &in);
        }
    }
    return !in.is_bad;
}

// ---- expressions

// All that expressions of real tables compute is a register plus a number that depends on the pc
// alone, maybe dereferenced.
struct value {
    enum { BASE_NONE, BASE_SP, BASE_FP, BASE_FP_DEREF } base;
    int64_t offset;
};

#define VALUES_MAX 8

struct evaluation {
    struct value values[VALUES_MAX];
    unsigned count;
    uintptr_t pc;
};

static void push(struct evaluation *stack, struct cursor *in, struct value value)
{
    if (stack->count == VALUES_MAX)
        fail(in);
    else
        stack->values[stack->count++] = value;
}

static struct value pop(struct evaluation *stack, struct cursor *in)
{
    if (stack->count == 0) {
        fail(in);
        return (struct value){BASE_NONE, 0};
    }
    return stack->values[--stack->count];
}

static void push_register(struct evaluation *stack, struct cursor *in, unsigned number)
{
    int64_t offset = take_sleb(in);

    if (number == REGISTER_SP)
        push(stack, in, (struct value){BASE_SP, offset});
    else if (number == REGISTER_FP)
        push(stack, in, (struct value){BASE_FP, offset});
    else if (number == REGISTER_RA)
        push(stack, in, (struct value){BASE_NONE, (int64_t)(stack->pc + (uint64_t)offset)});
    else
        fail(in);
}

static int64_t combine(unsigned code, int64_t left, int64_t right)
{
    switch (code) {
    case DW_OP_and:
        return left & right;
    case DW_OP_minus:
        return (int64_t)((uint64_t)left - (uint64_t)right);
    case DW_OP_plus:
        return (int64_t)((uint64_t)left + (uint64_t)right);
    case DW_OP_shl:
        return right < 0 || right > 63 ? 0 : (int64_t)((uint64_t)left << right);
    default: // DW_OP_ge
        return left >= right;
    }
}

static void run_binary(struct evaluation *stack, struct cursor *in, unsigned code)
{
    struct value right = pop(stack, in), left = pop(stack, in);

    // a register may only have numbers added to it
    if (right.base && left.base == BASE_NONE && code == DW_OP_plus) {
        struct value swapped = left;
        left = right;
        right = swapped;
    }
    if (right.base || left.base == BASE_FP_DEREF ||
        (left.base && code != DW_OP_plus && code != DW_OP_minus))
        fail(in);
    push(stack, in, (struct value){left.base, combine(code, left.offset, right.offset)});
}

static void run_operation(struct evaluation *stack, struct cursor *in)
{
    unsigned code = (unsigned)take(in, 1);
    struct value value;

    if (code >= DW_OP_lit0 && code <= DW_OP_lit31) {
        push(stack, in, (struct value){BASE_NONE, code - DW_OP_lit0});
    } else if (code >= DW_OP_breg0 && code <= DW_OP_breg31) {
        push_register(stack, in, code - DW_OP_breg0);
    } else if (code == DW_OP_const1u) {
        push(stack, in, (struct value){BASE_NONE, (int64_t)take(in, 1)});
    } else if (code == DW_OP_const1s) {
        push(stack, in, (struct value){BASE_NONE, take_signed(in, 1)});
    } else if (code == DW_OP_plus_uconst) {
        push(stack, in, (struct value){BASE_NONE, (int64_t)take_uleb(in)});
        run_binary(stack, in, DW_OP_plus);
    } else if (code == DW_OP_deref) {
        value = pop(stack, in);
        if (value.base != BASE_FP)
            fail(in);
        push(stack, in, (struct value){BASE_FP_DEREF, value.offset});
    } else if (code == DW_OP_and || code == DW_OP_minus || code == DW_OP_plus ||
               code == DW_OP_shl || code == DW_OP_ge) {
        run_binary(stack, in, code);
    } else {
        fail(in);
    }
}

// The expression at `offset` from the tables. False: not of the kind that we evaluate.
static bool evaluate(const struct machine *machine, int32_t offset, struct value *ret_value)
{
    struct evaluation stack = {.pc = machine->pc};
    struct cursor in = {machine->tables->start + (uint32_t)offset, machine->tables->end, false};
    uint64_t bytes = take_uleb(&in);

    if (in.is_bad || in.end - in.at < bytes)
        return false;
    in.end = in.at + bytes;
    while (!is_at_end(&in))
        run_operation(&stack, &in);
    if (in.is_bad || stack.count != 1)
        return false;
    *ret_value = stack.values[0];
    return true;
}

// ---- from a row to a rule

static const struct cfi_rule odd = {CFI_ODD, 0, 0};

// gcc's realigned frames keep the caller's stack pointer in the frame, and its fp at fp itself.
static bool has_fp_at_fp(const struct machine *machine)
{
    struct value value;

    return machine->row.fp.kind == PLACE_EXPRESSION &&
           evaluate(machine, machine->row.fp.offset, &value) && value.base == BASE_FP &&
           value.offset == 0;
}

static bool find_cfa(const struct machine *machine, struct cfi_rule *rule)
{
    const struct row *row = &machine->row;
    struct value value = {BASE_NONE, row->cfa_offset};

    if (row->cfa_is_expression) {
        if (!evaluate(machine, row->cfa_expression, &value))
            return false;
    } else if (row->cfa_register == REGISTER_SP) {
        value.base = BASE_SP;
    } else if (row->cfa_register == REGISTER_FP) {
        value.base = BASE_FP;
    }
    if (value.base == BASE_NONE || value.offset % WORD != 0 || !fits_int32(value.offset))
        return false;
    rule->kind = value.base == BASE_SP ? CFI_SP : value.base == BASE_FP ? CFI_FP : CFI_FP_DEREF;
    rule->offset = (int32_t)value.offset;
    return true;
}

static struct cfi_rule rule_of(const struct machine *machine)
{
    const struct row *row = &machine->row;
    struct cfi_rule rule = {CFI_ODD, 0, 0};

    if (machine->cie->is_signal)
        return (struct cfi_rule){CFI_SIGNAL, 0, 0};
    if (row->ra.kind == PLACE_UNDEFINED)
        return (struct cfi_rule){CFI_END, 0, 0};
    if (row->is_odd || row->ra.kind != PLACE_OFFSET || row->ra.offset != -WORD ||
        !find_cfa(machine, &rule))
        return odd;
    if (rule.kind == CFI_FP_DEREF)
        return has_fp_at_fp(machine) ? rule : odd;
    if (row->fp.kind == PLACE_SAME)
        return rule;
    if (row->fp.kind != PLACE_OFFSET || row->fp.offset >= 0 || row->fp.offset % WORD != 0)
        return odd;
    rule.fp_slot = row->fp.offset / -WORD;
    return rule;
}

cold struct cfi_rule cfi_rule_at(const struct cfi_tables *tables, uintptr_t pc)
{
    struct fde fde;
    struct machine machine;

    switch (find_fde(tables, pc, &fde)) {
    case SEARCH_NONE:
        return (struct cfi_rule){CFI_NONE, 0, 0};
    case SEARCH_BAD:
        return odd;
    case SEARCH_FOUND:
        break;
    }
    if (fde.cie.ra_register != REGISTER_RA)
        return odd;
    memset(&machine, 0, sizeof(machine));
    machine.tables = tables;
    machine.cie = &fde.cie;
    machine.pc = pc;
    machine.location = fde.first_pc;
    if (!run(&machine, fde.cie.instructions) || machine.is_done)
        return odd;
    machine.initial = machine.row;
    if (!run(&machine, fde.instructions))
        return odd;
    return rule_of(&machine);
}

cold uintptr_t cfi_function_at(const struct cfi_tables *tables, uintptr_t pc)
{
    struct fde fde;

    return find_fde(tables, pc, &fde) == SEARCH_FOUND ? (uintptr_t)fde.first_pc : 0;
}
