// SPDX-License-Identifier: MIT
//
// leak_vtables.h - which words of a process are addresses of vtables, as far as one can tell: of
// two pointers to code among the first 20 words, with nothing but zeros before them, all in
// mappings of files. That is Memcheck's test. One per thread that scans; answers are remembered.
#ifndef GAIAPROF_LEAK_VTABLES_H
#define GAIAPROF_LEAK_VTABLES_H

#include "report/leaks/leak_maps.h"
#include "report/leaks/leak_memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leak_vtables {
    const struct leak_memory *memory;
    const struct leak_maps *maps;
    uint64_t gap_start, gap_end; // the latest addresses that were in no mapping of a file
    uint64_t *answers;           // open hash: address << 1 | answer
    size_t count, room;
};

void leak_vtables_init(struct leak_vtables *vtables, const struct leak_memory *memory,
                       const struct leak_maps *maps);
void leak_vtables_release(struct leak_vtables *vtables);

bool leak_vtables_has(struct leak_vtables *vtables, uint64_t word);

#endif
