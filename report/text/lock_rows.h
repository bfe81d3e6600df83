// SPDX-License-Identifier: MIT
//
// lock_rows.h - locks as a table for people has them: those that one place made in blocks of its
// own are one row, so are the elements of an array and the generations of one address; stacks that
// waited or held are added up by the user's place (lock_places.h). Hidden stacks are left out.
#ifndef GAIAPROF_LOCK_ROWS_H
#define GAIAPROF_LOCK_ROWS_H

#include "report/formats/view.h"
#include "report/model/profile.h"

struct wait_row {
    const struct place *place;
    int64_t count, wait_ns;
    uint32_t worst_stack;
    int64_t worst_ns;
};

struct wait_rows {
    struct wait_row *rows; // longest first
    size_t count;
};

struct lock_row {
    const struct lock *const *locks; // longest wait first
    size_t lock_count;
    int64_t acquisitions, contentions, wait_ns, wait_max_ns;
    int64_t wait_p99_ns; // -1: unknown
    int64_t handoff_ns, holds, hold_max_ns;
    struct wait_rows waits, holders;
};

enum lock_class { LOCKS_CONTENDED, LOCKS_IDLE };

// The locks of a class that were waited for. With `selective`, contentions and wait_ns count only
// what is shown. All return 0 or -ENOMEM.
int lock_rows_make(struct profile *profile, enum lock_class class, bool selective, enum sort_by by,
                   struct lock_row **ret_rows, size_t *ret_count);

// Who waited behind a holder of a row.
int waiters_behind(struct profile *profile, const struct lock_row *row, const struct place *holder,
                   struct wait_rows *ret_rows);

#endif
