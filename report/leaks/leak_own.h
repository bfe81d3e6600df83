// SPDX-License-Identifier: MIT
//
// leak_own.h - where libgaiaprof.so is in a process. Its pointers to blocks keep nothing reachable.
#ifndef GAIAPROF_LEAK_OWN_H
#define GAIAPROF_LEAK_OWN_H

#include "report/leaks/leak_maps.h"
#include "report/leaks/leak_memory.h"
#include "report/leaks/leak_ranges.h"

#include <stdint.h>

// Adds the library that `address`, a variable of it, is in: with its .bss, which no mapping shows.
void leak_own_find(const struct leak_memory *memory, const struct leak_maps *maps, uint64_t address,
                   struct leak_ranges *ret_own);

#endif
