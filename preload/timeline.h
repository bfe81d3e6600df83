// SPDX-License-Identifier: MIT
//
// timeline.h - what the process is like from moment to moment (struct profile_moment). No thread
// and no timer of ours: whoever comes along with the time at hand, in a hook, looks whether a
// moment is due, and takes it. The first is taken at the start, then one every millisecond at most,
// or as rarely as it takes for all of them to cost less than half a percent of the time; with
// PROFILE_MOMENTS_MAX of them every other one is dropped, and from then on they come at twice the
// distance.
#ifndef GAIAPROF_TIMELINE_H
#define GAIAPROF_TIMELINE_H

#include "preload/compiler.h"

#include <stdint.h>

// CLOCK_MONOTONIC: when the next moment is due. UINT64_MAX: never, or one is being taken.
extern uint64_t timeline_due_ns;

// Takes a moment if it is due still: other threads, too, have seen that it is. Any thread; a signal
// handler that interrupts it may call it and does nothing. Changes no errno, no memory and, as
// other threads see it, no descriptor of the host.
void timeline_take(void);

// For those who have read a clock, the coarse one will do.
static inline void timeline_look(uint64_t now_ns)
{
    if (unlikely(now_ns >= atomic_get(&timeline_due_ns)))
        timeline_take();
}

// For those who have not.
void timeline_look_now(void);

// When the profile has its header; takes the first moment, if the option says so.
void timeline_start(void);

// Takes the last moment; none is taken afterwards, unless the process goes on.
void timeline_end(void);
void timeline_resume(void);

// In a child made by fork.
void timeline_reset(void);

#endif
