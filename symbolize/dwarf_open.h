// SPDX-License-Identifier: MIT
//
// dwarf_open.h - debug information of one file, made safe to read: libdw takes strings as ended by
// NUL without looking, so no section may end within one.
#ifndef GAIAPROF_SYMBOLIZE_DWARF_OPEN_H
#define GAIAPROF_SYMBOLIZE_DWARF_OPEN_H

#include "symbolize/elf_file.h"

#include <elfutils/libdw.h>

struct dwarf_file {
    Dwarf *dwarf;  // NULL: not open
    void **copies; // of sections, with NULs behind
    size_t copy_count, copy_capacity;
};

// `file` must stay open, and is to be read by libdw alone from now on. False if it has none, or
// without memory; then there is nothing to close.
bool dwarf_file_open(struct dwarf_file *ret_file, const struct elf_file *file);
void dwarf_file_close(struct dwarf_file *file);

// Has it .debug_info, compressed or not?
bool dwarf_is_in(const struct elf_file *file);

#endif
