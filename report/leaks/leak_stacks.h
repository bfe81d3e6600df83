// SPDX-License-Identifier: MIT
//
// leak_stacks.h - which parts of the threads' stacks are in use.
#ifndef GAIAPROF_LEAK_STACKS_H
#define GAIAPROF_LEAK_STACKS_H

#include "report/leaks/leak_help.h"
#include "report/leaks/leak_maps.h"
#include "report/leaks/leak_memory.h"
#include "report/leaks/leak_profile.h"
#include "report/leaks/leak_ranges.h"
#include "report/leaks/leak_stop.h"

// Sets the stack pointers that the process itself knows, and adds its registers. 0, -ENOMEM;
// -EPERM: a thread is there that nobody holds.
int leak_stacks_use_help(struct leak_stop *stop, const struct leak_help *help);

struct leak_stacks {
    const struct leak_memory *memory;
    const struct leak_maps *maps;
    const struct leak_profile *profile;
    const struct leak_help *help;
    const struct leak_stop *stop;
};

// Adds what no thread uses, below its stack pointer or left behind by its end, to `ret_dead`, and
// what a thread uses of our own memory to `ret_extra`. 0 or -ENOMEM.
int leak_stacks_find(const struct leak_stacks *stacks, struct leak_ranges *ret_dead,
                     struct leak_ranges *ret_extra);

#endif
