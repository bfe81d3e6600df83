// SPDX-License-Identifier: MIT
//
// range_index.c - a sorted array; a look-up is a binary search and a short walk back, which `reach`
// ends as soon as no earlier range can cover the address.
#include "symbolize/range_index.h"

#include <stdlib.h>

bool grow_array(void **elements, size_t count, size_t *capacity, size_t element_bytes)
{
    if (count < *capacity)
        return true;
    size_t wanted = *capacity ? *capacity * 2 : 16;
    if (wanted >= UINT32_MAX)
        return false;
    void *grown = reallocarray(*elements, wanted, element_bytes);
    if (!grown)
        return false;
    *elements = grown;
    *capacity = wanted;
    return true;
}

bool range_index_add(struct range_index *index, uint64_t low, uint64_t high, uint32_t order,
                     uint32_t item)
{
    if (low >= high)
        return true;
    if (!grow_array((void **)&index->ranges, index->count, &index->capacity, sizeof(struct range)))
        return false;
    index->ranges[index->count++] =
        (struct range){.low = low, .high = high, .order = order, .item = item};
    return true;
}

static int compare_ranges(const void *left, const void *right)
{
    const struct range *a = left, *b = right;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

void range_index_sort(struct range_index *index)
{
    if (index->count == 0)
        return;
    qsort(index->ranges, index->count, sizeof(struct range), compare_ranges);
    uint64_t reach = 0;
    for (size_t i = 0; i < index->count; i++) {
        if (index->ranges[i].high > reach)
            reach = index->ranges[i].high;
        index->ranges[i].reach = reach;
    }
}

// How many ranges start at or before `address`.
static size_t count_started(const struct range_index *index, uint64_t address)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->ranges[middle].low <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct range *range_index_find(const struct range_index *index, uint64_t address)
{
    for (size_t i = count_started(index, address); i > 0; i--) {
        const struct range *range = &index->ranges[i - 1];
        if (range->reach <= address)
            return NULL;
        if (range->high > address)
            return range;
    }
    return NULL;
}

void range_index_release(struct range_index *index)
{
    free(index->ranges);
    *index = (struct range_index){0};
}
