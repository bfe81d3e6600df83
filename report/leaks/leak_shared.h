// SPDX-License-Identifier: MIT
//
// leak_shared.h - roots in shared mappings, where the process has not touched a page itself: its
// parent may have, or the kernel has taken the page back. They are read from the file: reading them
// in the process would give memory to what has none.
#ifndef GAIAPROF_LEAK_SHARED_H
#define GAIAPROF_LEAK_SHARED_H

#include "report/leaks/leak_maps.h"
#include "report/leaks/leak_memory.h"
#include "report/leaks/leak_ranges.h"
#include "report/leaks/leak_sweep.h"

#include <stdbool.h>
#include <stdint.h>

// All but the mappings in `own` and those of the file `profile_inode`. False in *ret_complete where
// some could not be read, or are too large. 0 or -ENOMEM.
int leak_shared_sweep(struct leak_sweep *sweep, const struct leak_ranges *own,
                      uint64_t profile_inode, bool *ret_complete);

#endif
