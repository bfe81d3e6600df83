// SPDX-License-Identifier: MIT
//
// leak_help.h - a copy of what libgaiaprof.so says of itself, in the process, to a leak scan.
#ifndef GAIAPROF_LEAK_HELP_H
#define GAIAPROF_LEAK_HELP_H

#include "preload/profile_format.h"
#include "report/leaks/leak_memory.h"

#include <stddef.h>
#include <stdint.h>

struct leak_help {
    struct profile_scan_help head; // zero: it says nothing
    struct profile_region *regions;
    size_t region_count;
    struct profile_held_thread *held;
    size_t held_count;
};

// At address 0, or where it can't be read, is none. 0 or -ENOMEM.
int leak_help_read(struct leak_help *help, const struct leak_memory *memory, uint64_t address);
void leak_help_release(struct leak_help *help);

// NULL: not one of those held.
const struct profile_held_thread *leak_help_held(const struct leak_help *help, uint32_t tid);

#endif
