// SPDX-License-Identifier: MIT
//
// stuck.h - programs whose threads deadlock: their first thread watches, and ends the process.
#ifndef GAIAPROF_TESTS_LOCKS_STUCK_H
#define GAIAPROF_TESTS_LOCKS_STUCK_H

#include "steps.h"

#define STUCK_STATUS 7

// All of them have arrived and sleep; they will go on so.
static inline void end_stuck(atomic_int *tids, int count)
{
    for (int i = 0; i < count; i++)
        await_asleep(&tids[i]);
    sleep_ms(1500);
    _exit(STUCK_STATUS);
}

#endif
