// SPDX-License-Identifier: MIT
//
// leak_ranges.c - see leak_ranges.h.
#include "report/leaks/leak_ranges.h"

#include <stdlib.h>

void leak_ranges_release(struct leak_ranges *set)
{
    free(set->ranges);
    *set = (struct leak_ranges){0};
}

void leak_ranges_add(struct leak_ranges *set, uint64_t start, uint64_t end)
{
    if (start >= end)
        return;
    if (set->count == set->room) {
        size_t room = set->room ? 2 * set->room : 64;
        struct leak_range *ranges = reallocarray(set->ranges, room, sizeof(ranges[0]));
        if (!ranges) {
            set->out_of_memory = true;
            return;
        }
        set->ranges = ranges;
        set->room = room;
    }
    set->ranges[set->count++] = (struct leak_range){start, end};
}

static int by_start(const void *a, const void *b)
{
    const struct leak_range *one = a, *other = b;
    return (one->start > other->start) - (one->start < other->start);
}

void leak_ranges_sort(struct leak_ranges *set)
{
    if (set->count == 0)
        return;
    qsort(set->ranges, set->count, sizeof(set->ranges[0]), by_start);
    size_t last = 0;
    for (size_t i = 1; i < set->count; i++) {
        struct leak_range *range = &set->ranges[i];
        if (range->start > set->ranges[last].end)
            set->ranges[++last] = *range;
        else if (range->end > set->ranges[last].end)
            set->ranges[last].end = range->end;
    }
    set->count = last + 1;
}

void leak_ranges_subtract(struct leak_ranges *ret_set, const struct leak_ranges *from,
                          const struct leak_ranges *without)
{
    size_t hole = 0;
    for (size_t i = 0; i < from->count; i++) {
        uint64_t at = from->ranges[i].start, end = from->ranges[i].end;
        while (hole < without->count && without->ranges[hole].end <= at)
            hole++;
        for (size_t j = hole; j < without->count && without->ranges[j].start < end; j++) {
            leak_ranges_add(ret_set, at, without->ranges[j].start);
            if (without->ranges[j].end > at)
                at = without->ranges[j].end;
        }
        leak_ranges_add(ret_set, at, end);
    }
    ret_set->out_of_memory |= from->out_of_memory || without->out_of_memory;
}

const struct leak_range *leak_ranges_find(const struct leak_ranges *set, uint64_t address)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->ranges[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < set->count && set->ranges[low].start <= address;
    return found ? &set->ranges[low] : NULL;
}
