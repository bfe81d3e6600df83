// SPDX-License-Identifier: MIT
//
// perturbed/preload/compiler.h - takes the place of preload/compiler.h in the sources that the
// scheduler's stress compiles: before every atomic access the thread may lose the processor.
#ifndef GAIAPROF_PERTURBED_COMPILER_H
#define GAIAPROF_PERTURBED_COMPILER_H

// not by its name, which is this file's
#include "../../../../preload/compiler.h"

// Gives way, moves to another processor, or sleeps; most of the time nothing.
void perturb(void);

#define PERTURBED(access)                                                                          \
    __extension__({                                                                                \
        perturb();                                                                                 \
        access;                                                                                    \
    })

#undef atomic_get
#undef atomic_get_acquire
#undef atomic_set
#undef atomic_publish
#undef atomic_add
#undef atomic_swap_if
#define atomic_get(p) PERTURBED(__atomic_load_n((p), __ATOMIC_RELAXED))
#define atomic_get_acquire(p) PERTURBED(__atomic_load_n((p), __ATOMIC_ACQUIRE))
#define atomic_set(p, v) PERTURBED(__atomic_store_n((p), (v), __ATOMIC_RELAXED))
#define atomic_publish(p, v) PERTURBED(__atomic_store_n((p), (v), __ATOMIC_RELEASE))
#define atomic_add(p, v) PERTURBED(__atomic_fetch_add((p), (v), __ATOMIC_RELAXED))
#define atomic_swap_if(p, old, new)                                                                \
    PERTURBED(__atomic_compare_exchange_n((p), (old), (new), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))

#endif
