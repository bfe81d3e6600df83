// SPDX-License-Identifier: MIT
//
// hooks_break.c - brk and sbrk called by the host itself (libc's malloc does not come by here):
// what it gets lies between blocks of the heap, and a leak scan must not take it for free memory.
#include "preload/compiler.h"
#include "preload/own_regions.h"
#include "preload/real.h"

#include <stdint.h>
#include <unistd.h>

EXPORT int brk(void *address)
{
    scan_help.moved_break = 1;
    real_find();
    return real.brk(address);
}

EXPORT void *sbrk(intptr_t increment)
{
    if (increment != 0)
        scan_help.moved_break = 1;
    real_find();
    return real.sbrk(increment);
}
