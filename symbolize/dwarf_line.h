// SPDX-License-Identifier: MIT
//
// dwarf_line.h - source positions and inlined calls of one module, from DWARF 2 to 5. Units are
// indexed by their ranges on the first question (.debug_aranges is optional and clang writes
// none); a unit's lines and functions are read when the first address in it is asked for.
#ifndef GAIAPROF_SYMBOLIZE_DWARF_LINE_H
#define GAIAPROF_SYMBOLIZE_DWARF_LINE_H

#include "symbolize/dwarf_scope.h"
#include "symbolize/elf_file.h"

// One source frame. Strings live as long as the dwarf_info.
struct dwarf_frame {
    const char *name;      // linkage name, else the plain one; NULL if unknown
    const char *file;      // as the compiler recorded it; NULL if unknown
    const char *directory; // where the compiler ran; NULL if unknown
    uint32_t line;
    bool inlined;
};

struct dwarf_info;

// Of `file`, which must stay open. NULL without debug information or memory. Files of dwz are
// searched for below `debug_root`.
struct dwarf_info *dwarf_info_new(const struct elf_file *file, const char *debug_root);
void dwarf_info_free(struct dwarf_info *info);

// The frames at `address` as it is in the file, innermost first, the function with the code last.
// At most DWARF_SCOPE_DEPTH_MAX; 0 when nothing is known.
size_t dwarf_info_frames(struct dwarf_info *info, uint64_t address,
                         struct dwarf_frame ret_frames[DWARF_SCOPE_DEPTH_MAX]);

#endif
