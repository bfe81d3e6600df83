// SPDX-License-Identifier: MIT
//
// cfi.h - reads the call frame information of a loaded file (.eh_frame by way of .eh_frame_hdr)
// and says how to get from a frame at a code address to its caller. Pure functions over bytes: no
// state, no memory, no calls; any thread, any signal context. Malformed tables give CFI_ODD and
// never a read outside of them.
//
// Sources: DWARF 5, 6.4 "Call Frame Information"; Linux Standard Base 5.0, 10.6 "Exception Frames"
// (.eh_frame, .eh_frame_hdr, augmentations); System V ABI AMD64 for register numbers.
#ifndef GAIAPROF_CFI_H
#define GAIAPROF_CFI_H

#include <stdint.h>

enum cfi_kind {
    CFI_UNKNOWN,  // not looked up yet (never the answer of cfi_rule_at)
    CFI_NONE,     // the tables have no entry for the address
    CFI_SP,       // CFA = sp + offset
    CFI_FP,       // CFA = fp + offset
    CFI_FP_DEREF, // CFA = *(fp + offset), the caller's fp at *fp: gcc's realigned frames
    CFI_SIGNAL,   // signal trampoline: the interrupted frame is in the ucontext at sp
    CFI_END,      // the outermost frame: its return address is undefined
    CFI_ODD,      // anything else: not for this unwinder
};

// How to find the caller's frame. sp and fp are the frame's stack and frame pointer (rsp and rbp on
// x86_64), CFA is the stack pointer of the caller after the return; the return address lies at
// CFA - 8, except where `kind` says otherwise.
struct cfi_rule {
    enum cfi_kind kind;
    int32_t offset; // bytes, multiple of 8
    int32_t
        fp_slot; // CFI_SP, CFI_FP: the caller's fp lies at CFA - 8 * fp_slot; 0: fp is unchanged
};

// Readable memory [start, end) that holds .eh_frame_hdr at `header`, and .eh_frame.
struct cfi_tables {
    uintptr_t start, end;
    uintptr_t header;
};

// The rule for the instruction at `pc`. For a frame that made a call give its return address - 1:
// the return address may belong to another function already.
struct cfi_rule cfi_rule_at(const struct cfi_tables *tables, uintptr_t pc);

// Where the function (or the part of one that has an entry of its own) begins that `pc` is in. 0:
// not known.
uintptr_t cfi_function_at(const struct cfi_tables *tables, uintptr_t pc);

#endif
