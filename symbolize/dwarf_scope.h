// SPDX-License-Identifier: MIT
//
// dwarf_scope.h - the functions and inlined calls of one compilation unit, read from its DIEs in
// one walk. Afterwards "which inlined calls and which function hold this address?" needs no DIE.
#ifndef GAIAPROF_SYMBOLIZE_DWARF_SCOPE_H
#define GAIAPROF_SYMBOLIZE_DWARF_SCOPE_H

#include "symbolize/range_index.h"

#include <elfutils/libdw.h>

#define DWARF_SCOPE_NONE UINT32_MAX
// DIEs nested deeper are not looked at; so no more scopes enclose one another.
#define DWARF_SCOPE_DEPTH_MAX 256

struct dwarf_limits {
    uint64_t code_start; // code below was discarded by the linker
    size_t ranges_left;  // to be read in all; those of a hostile file have no end
};

// A function with code or an inlined call.
struct dwarf_scope {
    Dwarf_Die die;
    uint32_t outer; // the scope it is inlined into, NONE for a function
    bool inlined;
};

struct dwarf_scopes {
    struct dwarf_scope *scopes;
    size_t count, capacity;
    struct range_index index;
};

// Reads those of `unit`.
void dwarf_scopes_read(struct dwarf_scopes *scopes, Dwarf_Die *unit, struct dwarf_limits *limits);

// The innermost scope at `address`, DWARF_SCOPE_NONE if there is none.
uint32_t dwarf_scopes_find(const struct dwarf_scopes *scopes, uint64_t address);

void dwarf_scopes_release(struct dwarf_scopes *scopes);

// Adds the code ranges of `die` to `index` as those of `item`.
void dwarf_add_ranges(struct range_index *index, Dwarf_Die *die, uint32_t order, uint32_t item,
                      struct dwarf_limits *limits);

#endif
