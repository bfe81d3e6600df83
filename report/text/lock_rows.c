// SPDX-License-Identifier: MIT
//
// lock_rows.c - see lock_rows.h.
#include "report/text/lock_rows.h"

#include "report/model/lock_places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// --- rows of places

static int compare_places(const void *left, const void *right)
{
    const struct wait_row *a = left, *b = right;
    return (a->place->number > b->place->number) - (a->place->number < b->place->number);
}

static int compare_waits(const void *left, const void *right)
{
    const struct wait_row *a = left, *b = right;
    if (a->wait_ns != b->wait_ns)
        return a->wait_ns < b->wait_ns ? 1 : -1;
    return compare_places(left, right);
}

// Neighbours of one place become one row.
static size_t merge(struct wait_row *rows, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || rows[kept - 1].place != rows[i].place) {
            rows[kept++] = rows[i];
            continue;
        }
        struct wait_row *row = &rows[kept - 1];
        row->count += rows[i].count;
        row->wait_ns += rows[i].wait_ns;
        if (rows[i].worst_ns > row->worst_ns) {
            row->worst_ns = rows[i].worst_ns;
            row->worst_stack = rows[i].worst_stack;
        }
    }
    return kept;
}

static void finish(struct wait_rows *rows)
{
    qsort(rows->rows, rows->count, sizeof(*rows->rows), compare_places);
    rows->count = merge(rows->rows, rows->count);
    qsort(rows->rows, rows->count, sizeof(*rows->rows), compare_waits);
}

static void add(struct wait_rows *rows, const struct place *place, uint32_t stack, int64_t count,
                int64_t wait_ns)
{
    rows->rows[rows->count++] = (struct wait_row){
        .place = place,
        .count = count,
        .wait_ns = wait_ns,
        .worst_stack = stack,
        .worst_ns = wait_ns,
    };
}

static int init(struct profile *profile, struct wait_rows *rows, size_t room)
{
    *rows = (struct wait_rows){
        .rows = region_array(&profile->region, room + 1, sizeof(*rows->rows)),
    };
    return rows->rows ? 0 : -ENOMEM;
}

static int add_up_waits(struct profile *profile, const struct lock *const *locks, size_t count,
                        struct wait_rows *ret_rows)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += locks[i]->wait_count;
    if (init(profile, ret_rows, room) != 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < locks[i]->wait_count; j++) {
            const struct lock_wait *wait = &locks[i]->waits[j];
            if (!wait->hidden)
                add(ret_rows, wait->place, wait->stack, wait->count, wait->wait_ns);
        }
    finish(ret_rows);
    return 0;
}

static int add_up_holders(struct profile *profile, const struct lock *const *locks, size_t count,
                          struct wait_rows *ret_rows)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += locks[i]->holder_count;
    if (init(profile, ret_rows, room) != 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < locks[i]->holder_count; j++) {
            const struct lock_holder *holder = &locks[i]->holders[j];
            if (!holder->hidden)
                add(ret_rows, holder->place, holder->stack, holder->count, holder->wait_ns);
        }
    finish(ret_rows);
    return 0;
}

int waiters_behind(struct profile *profile, const struct lock_row *row, const struct place *holder,
                   struct wait_rows *ret_rows)
{
    size_t room = 0;
    for (size_t i = 0; i < row->lock_count; i++)
        room += row->locks[i]->pair_count;
    if (init(profile, ret_rows, room) != 0)
        return -ENOMEM;
    for (size_t i = 0; i < row->lock_count; i++) {
        const struct lock *lock = row->locks[i];
        for (size_t j = 0; j < lock->pair_count; j++) {
            const struct lock_pair *pair = &lock->pairs[j];
            const struct lock_wait *wait = &lock->waits[pair->waiter];
            const struct lock_holder *by = &lock->holders[pair->holder];
            if (!wait->hidden && !by->hidden && by->place == holder)
                add(ret_rows, wait->place, wait->stack, pair->count, pair->wait_ns);
        }
    }
    finish(ret_rows);
    return 0;
}

// --- rows of locks

static int compare_locks(const void *left, const void *right)
{
    const struct lock *a = *(const struct lock *const *)left;
    const struct lock *b = *(const struct lock *const *)right;
    int order = lock_compare_rows(a, b);
    if (order == 0 && a->wait_ns != b->wait_ns)
        return a->wait_ns < b->wait_ns ? 1 : -1;
    return order ? order : (a->id > b->id) - (a->id < b->id);
}

static void add_figures(struct lock_row *row, const struct lock *lock)
{
    row->acquisitions += lock->acquisitions;
    row->contentions += lock->contentions;
    row->wait_ns += lock->wait_ns;
    row->holds += lock->holds;
    row->handoff_ns += lock->handoff_ns;
    if (lock->wait_max_ns > row->wait_max_ns)
        row->wait_max_ns = lock->wait_max_ns;
    if (lock->hold_max_ns > row->hold_max_ns)
        row->hold_max_ns = lock->hold_max_ns;
}

static void add_up_histograms(struct lock_row *row)
{
    int64_t histogram[PROFILE_WAIT_BUCKETS] = {0};
    for (size_t i = 0; i < row->lock_count; i++)
        for (size_t j = 0; j < row->locks[i]->wait_count; j++)
            for (size_t k = 0; k < PROFILE_WAIT_BUCKETS; k++)
                histogram[k] += row->locks[i]->waits[j].histogram[k];
    row->wait_p99_ns = wait_percentile(histogram, 99, row->wait_max_ns);
}

static int fill_places(struct profile *profile, struct lock_row *row, bool selective)
{
    if (add_up_waits(profile, row->locks, row->lock_count, &row->waits) != 0 ||
        add_up_holders(profile, row->locks, row->lock_count, &row->holders) != 0)
        return -ENOMEM;
    add_up_histograms(row);
    if (!selective)
        return 0;
    row->contentions = row->wait_ns = 0;
    for (size_t i = 0; i < row->waits.count; i++) {
        row->contentions += row->waits.rows[i].count;
        row->wait_ns += row->waits.rows[i].wait_ns;
    }
    return 0;
}

static int compare_rows(const void *left, const void *right, void *by)
{
    const struct lock_row *a = left, *b = right;
    bool by_count = *(enum sort_by *)by == SORT_COUNT;
    int64_t value_a = by_count ? a->contentions : a->wait_ns;
    int64_t value_b = by_count ? b->contentions : b->wait_ns;
    if (value_a != value_b)
        return value_a < value_b ? 1 : -1;
    return (a->locks[0]->id > b->locks[0]->id) - (a->locks[0]->id < b->locks[0]->id);
}

static int group(struct profile *profile, const struct lock **locks, size_t count, bool selective,
                 struct lock_row *rows, size_t *ret_count)
{
    size_t kept = 0, next;
    for (size_t first = 0; first < count; first = next) {
        struct lock_row row = {.locks = &locks[first]};
        for (next = first; next < count && lock_compare_rows(locks[first], locks[next]) == 0;
             next++)
            add_figures(&row, locks[next]);
        row.lock_count = next - first;
        if (row.contentions == 0)
            continue;
        if (fill_places(profile, &row, selective) != 0)
            return -ENOMEM;
        if (row.contentions != 0)
            rows[kept++] = row;
    }
    *ret_count = kept;
    return 0;
}

int lock_rows_make(struct profile *profile, enum lock_class class, bool selective, enum sort_by by,
                   struct lock_row **ret_rows, size_t *ret_count)
{
    struct region *region = &profile->region;
    const struct lock **locks = region_array(region, profile->lock_count + 1, sizeof(*locks));
    struct lock_row *rows = region_array(region, profile->lock_count + 1, sizeof(*rows));
    size_t count = 0;
    if (!locks || !rows || lock_places_find(profile) != 0)
        return -ENOMEM;
    for (size_t i = 0; i < profile->lock_count; i++)
        if (lock_is_idle_kind(profile->locks[i].kind) == (class == LOCKS_IDLE))
            locks[count++] = &profile->locks[i];
    qsort(locks, count, sizeof(*locks), compare_locks);
    if (group(profile, locks, count, selective, rows, ret_count) != 0)
        return -ENOMEM;
    qsort_r(rows, *ret_count, sizeof(*rows), compare_rows, &by);
    *ret_rows = rows;
    return 0;
}
