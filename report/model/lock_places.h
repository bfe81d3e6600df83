// SPDX-License-Identifier: MIT
//
// lock_places.h - what places a table for people names for locks: where they were made, waited for
// and released, past functions that only wrap that; and which locks are elements of one array.
#ifndef GAIAPROF_LOCK_PLACES_H
#define GAIAPROF_LOCK_PLACES_H

#include "report/model/wrappers.h"

struct lock_places {
    struct wrappers blocks, makers, users;
    bool found; // all of it, not only `blocks`
};

// Sets the places of all locks, waits and holders, and in_array; once. 0 or -ENOMEM. Looks at all
// stacks of locks, so it is done when somebody asks for them.
int lock_places_find(struct profile *profile);

// The place a stack stands for that waited for a lock, acquired or released it. After _find.
const struct place *lock_user_place(struct profile *profile, const struct lock *lock,
                                    uint32_t stack);

// Locks that are one row are equal. After _find.
int lock_compare_rows(const struct lock *a, const struct lock *b);

#endif
