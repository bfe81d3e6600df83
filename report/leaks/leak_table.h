// SPDX-License-Identifier: MIT
//
// leak_table.h - reads the live-block table of a process into an index of our own.
#ifndef GAIAPROF_LEAK_TABLE_H
#define GAIAPROF_LEAK_TABLE_H

#include "report/leaks/leak_blocks.h"
#include "report/leaks/leak_memory.h"
#include "report/leaks/leak_ranges.h"

#include <stdint.h>

// `blocks` has been initialised for the table's granules. Adds the table's own memory to `ret_own`.
// 0, -ENOMEM, -E2BIG, or -EIO: the table could not be read.
int leak_table_read(struct leak_blocks *blocks, const struct leak_memory *memory, uint64_t address,
                    struct leak_ranges *ret_own);

#endif
