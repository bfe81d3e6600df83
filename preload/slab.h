// SPDX-License-Identifier: MIT
//
// slab.h - zeroed memory for tables that live as long as the process, cut from few large mappings:
// the kernel limits how many mappings a process may have, and the host needs its own.
#ifndef GAIAPROF_SLAB_H
#define GAIAPROF_SLAB_H

#include <stddef.h>

// Aligned to 64 bytes. NULL without memory. Any thread in a hook. Never given back, except that
// blocks of SLAB_BYTES or more are mappings of their own, which own_regions_unmap() takes.
void *slab_allocate(size_t bytes);

#define SLAB_BYTES ((size_t)256 << 10)

void slab_reset(void); // in a child made by fork: what there is stays, the lock is free

#endif
