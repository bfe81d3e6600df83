// SPDX-License-Identifier: MIT
//
// libunwind.h - libunwind as the other unwinder: for the frames that ours does not know, and to
// compare with. It is slow, wants some KiB of stack and touches signal masks.
#ifndef GAIAPROF_LIBUNWIND_H
#define GAIAPROF_LIBUNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_frame;
struct thread_state;

// Loads the library. From our constructor only: it calls the loader. True if it can be used.
bool libunwind_init(void);

// Whether libunwind_backtrace will find anything.
bool libunwind_is_ready(void);

// The return addresses from `caller` outward, innermost first, in *ret_pcs (memory of the thread,
// good until the next call); one more than options.max_frames at most. 0 if it found nothing. The
// thread must be in a hook. Keeps errno.
size_t libunwind_backtrace(struct thread_state *self, const struct host_frame *caller,
                           uintptr_t **ret_pcs);

// Whether a code address belongs to libunwind or the loader: what they allocate is on our account.
bool libunwind_is_internal(uintptr_t pc);

#endif
