// SPDX-License-Identifier: MIT
//
// modules.h - which file was loaded where, in the profile. A module is recorded when the first
// address in it is seen in a stack, found by glibc's _dl_find_object, which takes no lock. The
// generation counts the times a module that we know was unloaded: it is the root of every stack,
// so an address that two libraries use in turn is two things.
#ifndef GAIAPROF_MODULES_H
#define GAIAPROF_MODULES_H

#include "preload/cfi.h"
#include "preload/profile_format.h"

#include <stdbool.h>
#include <stdint.h>

// An address range [start, end).
struct modules_range {
    uintptr_t start, end;
};

// Looks up what recording modules needs. While recording starts.
void modules_init(void);

uint32_t modules_generation(void);

// Makes sure that the module of a code address is in the profile. Returns its record; NULL if there
// is none (JIT code, a wild address). Any thread in a hook.
const struct profile_module *modules_note(uintptr_t pc);

// Where the module of a code address lies; {0, 0} if there is none. No lock, no record.
struct modules_range modules_range_of(uintptr_t pc);

// The code around an address, and how to unwind it. header == 0: no tables. Of a module whose
// program headers can't be found it is known that it is one: the range is empty, without tables.
struct modules_code {
    uintptr_t start, end; // of the executable segment
    bool is_readable;
    struct cfi_tables tables;
};

// False if the address is not in an executable segment of a loaded module. No lock, no record.
bool modules_code_at(uintptr_t pc, struct modules_code *ret_code);

// The file name of the module of a code address; "unknown" if there is none.
const char *modules_name_of(uintptr_t pc);

// Whether a code address is the program's own, not a library's.
bool modules_is_main_program(uintptr_t pc);

// A library has been unloaded (or may have been): starts a new generation if one that we know is
// gone. Any thread, not in a hook.
void modules_unloaded(void);

// In a child made by fork: nothing recorded yet.
void modules_reset(void);

#endif
