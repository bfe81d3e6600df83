// SPDX-License-Identifier: MIT
//
// wrappers.h - functions that only pass on what others want, such as the program's own malloc or
// mutex_lock: what they do is rather their callers' doing. No list of names: the profile's stacks
// tell. A set is of one use (allocating, initialising, locking) and lives in the profile's region.
#ifndef GAIAPROF_WRAPPERS_H
#define GAIAPROF_WRAPPERS_H

#include "report/model/profile.h"

#define WRAPPER_LEVELS_MAX 4 // how many of them are passed in one stack

// What makes one.
enum wrapper_evidence {
    WRAPPER_BY_CALLERS, // the function has at least 4 different callers, or a single one that has 8
    WRAPPER_BY_LOCKS,   // the call in it is for at least 3 different locks; or for 2, and as above
};

struct wrapper_use {
    uint32_t stack;
    uint32_t lock;     // the same number for locks that are one row
    const char *owner; // as in user_place()
};

struct wrappers {
    enum wrapper_evidence evidence;
    const struct frame **frames; // in order
    size_t count;
};

struct user_place {
    const struct frame *frame;   // never NULL
    const struct frame *wrapper; // the innermost that was passed; NULL: none
};

// With `evidence` set. Brings the uses into another order. 0 or -ENOMEM.
int wrappers_find(struct wrappers *wrappers, struct profile *profile, struct wrapper_use *uses,
                  size_t count);

// The innermost frame of a stack that is the user's own and no wrapper; else as stack_user_frame().
// Frames of the module `owner` (a path, or NULL) count as the user's, even if it is a runtime's.
struct user_place user_place(struct profile *profile, const struct wrappers *wrappers,
                             uint32_t stack, const char *owner);

// By function, its module included; of code without symbols, by address.
int frame_compare_functions(const struct frame *left, const struct frame *right);
// By line; where lines are unknown, by address.
int frame_compare_sites(const struct frame *left, const struct frame *right);

#endif
